"""Things that break while the workflow runs on one machine.

After each fault one rerun gives the same bytes as an undisturbed run, computes only what was lost, and the message said what happened.
"""

import os
import re
import signal
import subprocess
import time

import pytest

SLOW = "lens: {inputs: {pause_s: 0.4}}\npoints_per_job: 3\n"
pytestmark = pytest.mark.faults
RANKS = ("--set-threads", "scan_chunk=2", "--cores", "2", "papers")


@pytest.fixture
def reference(done):
    """The tables of an undisturbed run of the same grid."""
    return done.rows()


def check_rerun(project, reference, *arguments):
    project.snakemake(*arguments)
    assert project.rows() == reference
    assert "Nothing to be done" in project.snakemake("papers")


@pytest.fixture
def slow(project):
    project.config(SLOW)
    return project


def test_killed_rank_ends_the_job_and_a_rerun_repairs(slow, reference):
    running = slow.start(*slow.workflow(*RANKS))
    slow.wait_for(lambda: len(slow.ranks()) >= 2)
    time.sleep(0.3)
    os.kill(slow.ranks()[-1], signal.SIGKILL)
    assert running.wait(120) != 0
    text = (slow.folder / "output.txt").read_text()
    assert "Killed (signal 9)" in text
    assert "nubounds scan lens focal_length --chunk" in text
    assert not slow.ranks()
    check_rerun(slow, reference, *RANKS)


def test_hanging_rank_meets_its_time_limit(done):
    done.config("lens: {inputs: {pause_s: 30}, grid: {a_cm: {values: [1, 2]}}}")
    done.snakemake("--dry-run")
    job = (
        "nubounds scan lens focal_length --chunk all --ranks 2 --time-limit 0.03 --config results/.nubounds/config.json"
    )
    start = time.monotonic()
    output = done.run("mpiexec", "-n", "2", "python", "-m", "mpi4py", "-m", *job.split(), status=None)
    assert "Timeout (0:00:01" in output
    assert time.monotonic() - start < 20
    assert not done.ranks()


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL], ids=["ctrl_c", "kill_9"])
def test_end_of_snakemake(slow, reference, kind):
    running = slow.start(*slow.workflow("papers"))
    slow.wait_for(lambda: slow.ranks())
    os.kill(running.pid, kind)
    assert running.wait(60) != 0
    check_rerun(slow, reference, "papers")


def test_two_runs_in_one_folder(slow, reference):
    running = slow.start(*slow.workflow("papers"))
    slow.wait_for(lambda: slow.ranks())
    assert re.search(
        r"another run uses results \(process \d+ on .+\); wait for it or end it", slow.snakemake("papers", status=2)
    )
    assert running.wait(120) == 0
    check_rerun(slow, reference, "papers")


def test_clock_that_jumps(done, reference):
    """Files from the future (a clock that was wrong) neither loop nor hide an edit."""
    tomorrow = time.time() + 86400
    for path in (done.folder / "results").rglob("*"):
        os.utime(path, (tomorrow, tomorrow))
    assert "Nothing to be done" in done.snakemake()
    done.config("lens: {grid: {a_cm: {min: 1, max: 100, points: 6, spacing: log, extra: [7.5]}}}")
    done.snakemake()
    assert "7.5" in (done.folder / "results/lens/tables/focal_length.csv").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small file system")
def test_full_disk(project, reference):
    disk = project.folder / "results"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip("cannot mount a tmpfs here")
    try:
        (disk / "ballast").write_bytes(b"x" * 20000)
        output = project.snakemake("papers", status=None)
        assert "No space left on device" in output
        assert not list(disk.rglob("*.part"))
        (disk / "ballast").unlink()
        subprocess.run(["mount", "-o", "remount,size=16m", disk], check=True)
        check_rerun(project, reference, "papers")
    finally:
        subprocess.run(["umount", disk], check=True)


def test_damaged_cache_is_ignored(done, reference):
    cache = done.folder / "results/.nubounds/cache/lens/focal_length/all.npz"
    cache.write_bytes(cache.read_bytes()[:100])
    (done.folder / "results/lens/chunks/focal_length/all.npz").unlink()
    (done.folder / "results/lens/tables/focal_length.csv").unlink()
    output = done.snakemake()
    assert "cache file ignored" in output
    assert "computed 6, reused 0" in output
    assert done.rows() == reference
