"""Why jobs wait, according to the output of `squeue`."""

import asyncio
from types import SimpleNamespace

import pytest

from nubounds.contract import InputError
from nubounds.running import waiting


@pytest.fixture
def squeue(tmp_path, monkeypatch):
    """Put a fake `squeue` with the given output on the path."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    def answers(text, status=0, stream=1):
        program = tmp_path / "squeue"
        program.write_text(f"#!/bin/sh\ncat >&{stream} <<'END'\n{text}\nEND\nexit {status}\n")
        program.chmod(0o755)

    return answers


def test_jobs_of_this_folder_by_state_and_reason(squeue, tmp_path):
    here = tmp_path / "a|b"
    lines = [f"PENDING|{here}|PartitionDown"] * 3
    lines += [f"RUNNING|{here}|None", f"PENDING|{here}|(ReqNodeNotAvail, UnavailableNodes:n[1-2])"]
    lines += [f"PENDING|{tmp_path}/other|Priority"]
    squeue("\n".join(lines))
    assert list(waiting.jobs(here).values()) == [
        "1 pending: (ReqNodeNotAvail, UnavailableNodes:n[1-2])",
        "3 pending: PartitionDown",
        "1 running",
    ]


def test_a_controller_that_is_down_is_one_line(squeue, tmp_path):
    squeue("slurm_load_jobs error: Unable to contact slurm controller (connect failure)", status=1, stream=2)
    with pytest.raises(InputError, match=r"^SLURM does not answer: slurm_load_jobs error: Unable to contact [^\n]*$"):
        waiting.jobs(tmp_path)


def test_no_squeue_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="no squeue here"):
        waiting.jobs(tmp_path)


def test_each_reason_is_reported_once_while_it_lasts(tmp_path, monkeypatch):
    answers = [
        {},
        {"pending: Priority": "9 pending: Priority", "running": "1 running"},
        {"pending: Priority": "4 pending: Priority"},
        InputError("SLURM does not answer: down"),
        InputError("SLURM does not answer: down"),
        {"pending: Priority": "2 pending: Priority"},
    ]

    def jobs(folder):
        if not answers:
            raise StopIteration
        answer = answers.pop(0)
        if isinstance(answer, InputError):
            raise answer
        return answer

    monkeypatch.setattr(waiting, "jobs", jobs)
    monkeypatch.setattr(waiting.time, "sleep", lambda seconds: None)
    told = []
    with pytest.raises(StopIteration):
        waiting.watch(tmp_path, told.append)
    assert told == ["jobs: 9 pending: Priority", "jobs: SLURM does not answer: down", "jobs: 2 pending: Priority"]


def active(executor, jobs):
    """Return the jobs that are still active after a round of queries."""

    async def collect():
        return [job async for job in executor.check_active_jobs(jobs)]

    return asyncio.run(collect())


def test_jobs_are_kept_when_slurm_does_not_answer(monkeypatch):
    """The real plugin, with a query that fails, then one that reports that the second of two jobs has ended."""
    plugin = pytest.importorskip("snakemake_executor_plugin_slurm")
    answers = []

    async def query(command, logger):
        return answers.pop(0) if answers else (None, None)

    class Throttle:
        async def __aenter__(self):
            pass

        async def __aexit__(self, *details):
            pass

    class Executor(plugin.Executor):
        def __init__(self):
            settings = SimpleNamespace(
                status_attempts=2,
                init_seconds_before_status_checks=5,
                status_command="squeue",
                keep_successful_logs=True,
            )
            self.workflow = SimpleNamespace(executor_settings=settings)
            self.logger = SimpleNamespace(debug=print, info=print, warning=print)
            self.run_uuid, self.status_rate_limiter, self.ended = "run", Throttle(), []
            self.next_seconds_between_status_checks = 5
            self._status_query_calls = self._status_query_failures = 0
            self._status_query_total_seconds, self._status_query_cycle_rows = 0.0, []
            self._status_query_min_seconds, self._status_query_max_seconds = None, 0.0

        def get_status_command(self):
            return "squeue"

        def report_job_success(self, job):
            self.ended.append(job)

    monkeypatch.setattr(plugin, "query_job_status", query)
    monkeypatch.setattr(plugin, "get_min_job_age", lambda: None)
    jobs = [SimpleNamespace(external_jobid=number, aux={}) for number in ("1", "2")]
    executor = Executor()
    assert active(executor, jobs) == []  # otherwise the plugin has been fixed and the patch is obsolete
    waiting.keep_jobs(Executor)
    assert active(executor, jobs) == jobs
    answers.append(({"1": "RUNNING", "2": "COMPLETED"}, 0.1))
    assert active(executor, jobs) == jobs[:1]
    assert executor.ended == jobs[1:]
    answers.append(({"1": "COMPLETED"}, 0.1))
    assert active(executor, jobs[:1]) == []
