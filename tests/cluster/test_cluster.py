"""The workflow on a real SLURM cluster of three nodes, which these tests start on this machine.

After each fault one rerun gives the same bytes as a local run.
"""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from nubounds import registry

SCRIPT = Path(__file__).with_name("cluster.sh")
ROOT = SCRIPT.parents[2]
pytestmark = pytest.mark.cluster
TABLE = "results/lens/tables/focal_length.csv"


def cluster(*words):
    return subprocess.run(["bash", SCRIPT, *words], capture_output=True, text=True)


@pytest.fixture(scope="module")
def slurm():
    """The running cluster, or the reason why there is none."""
    os.environ.pop("SLURM_CONF", None)  # a site's own; ours is found where SLURM looks first
    started = cluster("start")
    if started.returncode == 3:
        pytest.skip(started.stderr.strip().splitlines()[-1])
    assert started.returncode == 0, started.stderr
    yield
    cluster("stop")


@pytest.fixture
def site(slurm, project):
    """A project on the cluster."""
    (project.folder / "slurm").symlink_to("profiles/slurm")
    return project


def on_cluster(project, *arguments, **options):
    """Run the workflow on the cluster up to the lens's table."""
    return project.run(*project.workflow(TABLE, *arguments, profile="slurm"), **options)


def chunk(**changes):
    """Resources of a chunk as options; on the command line they take the place of all of the profile's."""
    resources = {"tasks": 2, "mpi": "'srun --mpi=pmi2'", "mem_mb_per_cpu": 500, "runtime": 5} | changes
    return ["--set-resources", *(f"scan_chunk:{name}={value}" for name, value in resources.items())]


def queue(word="%i %T"):
    text = subprocess.run(["squeue", "-h", "-o", word], capture_output=True, text=True).stdout
    return [line.split() for line in text.splitlines()]


def running_jobs():
    return [job for job, state in queue() if state == "RUNNING"]


def slurm_logs(project):
    """What the jobs printed."""
    return "".join(path.read_text() for path in (project.folder / ".snakemake/slurm_logs").rglob("*.log"))


def test_tables_are_those_of_a_local_run(site, done):
    site.config("points_per_job: 2")
    on_cluster(site)
    assert site.bytes_of("lens/tables/focal*.csv") == done.bytes_of("lens/tables/focal*.csv")
    log = next((site.folder / "results/logs/lens").glob("scan_*.log")).read_text()
    assert "2 ranks" in log
    assert "Nothing to be done" in site.snakemake(TABLE)


def test_ranks_on_different_nodes_join(site, done):
    """Four ranks do not fit on a node of two."""
    on_cluster(site, *chunk(tasks=4))
    assert "4 ranks" in (site.folder / "results/logs/lens/scan_focal_length_all.log").read_text()
    assert site.rows() == done.rows()


def test_worlds_of_one_rank_stop_the_job(site, done):
    output = on_cluster(site, *chunk(mpi="'srun --mpi=none'"), "--retries", "0", status=None)
    logs = output + slurm_logs(site)
    assert "2 MPI ranks were asked for, but this process sees a world of 1" in logs
    assert not site.bytes_of("lens/tables/*.csv")
    on_cluster(site)
    assert site.rows() == done.rows()


def test_missing_launcher_is_named(site):
    output = on_cluster(site, *chunk(mpi="nosuchrun"), "--retries", "0", status=None)
    logs = output + slurm_logs(site)
    assert "nosuchrun: command not found" in logs


def test_too_few_slots_are_refused_at_submission(site):
    output = on_cluster(site, *chunk(tasks=50), "--retries", "0", status=None)
    assert re.search(
        r"[Rr]equested node configuration is not available|More processors requested than permitted", output
    )


ENSEMBLE = """
ensemble:
  members: 16
  priors:
    lens: {b_cm: {normal: {mean: 10, sd: 1}}}
    mirror: {b_cm: {choice: {9: 1, 11: 3}}}
  grid: {lens: {a_cm: {values: [1, 3, 10, 30]}}}
"""


@pytest.fixture
def ensemble(site):
    """The project with an ensemble of two constraints, and what makes their bands."""
    site.constraints = "lens, mirror"
    site.config(ENSEMBLE)
    return site, [f"results/{name}/ensemble/bands.csv" for name in ("lens", "mirror")]


def test_an_ensemble_is_that_of_a_local_run(ensemble):
    """Blocks, bands, causes and limit files, from two ranks on a node and from one here."""
    site, bands = ensemble
    site.run(*site.workflow(*bands, profile="slurm"))
    for name in ("lens", "mirror"):
        assert "2 ranks" in (site.folder / f"results/logs/{name}/ensemble_0_15.log").read_text()
    on_slurm = site.bytes_of("*/ensemble/**/*.*")
    (site.folder / "results").rename(site.folder / "on_slurm")
    site.snakemake(*bands)
    assert on_slurm and site.bytes_of("*/ensemble/**/*.*") == on_slurm


@pytest.mark.slow
def test_a_whole_ensemble(ensemble):
    """With planes, pages and the explorer: each waits for the one before, which takes minutes on a cluster."""
    site, _ = ensemble
    site.run(*site.workflow("ensemble", profile="slurm"))
    assert {"report/lens_ensemble.html", "report/explorer.html"} <= set(site.bytes_of("report/*.html"))
    assert "Nothing to be done" in site.snakemake("ensemble")


def scontrol(*words):
    subprocess.run(["scontrol", *words], check=True)


@pytest.fixture
def put_right():
    """Partition and nodes are at work again after a test that took them away."""
    yield
    scontrol("update", "PartitionName=main", "State=UP")
    for node in ("n1", "n2", "n3"):
        subprocess.run(
            ["scontrol", "update", f"NodeName={node}", "State=RESUME"], stderr=subprocess.DEVNULL
        )  # if drained


def finish(running, project, seconds=300):
    """The output of a run that has to end well."""
    try:
        status = running.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        raise AssertionError((project.folder / "output.txt").read_text()) from None
    output = (project.folder / "output.txt").read_text()
    assert status == 0, output
    return output


def test_a_partition_that_is_down_is_said(site, done, put_right):
    """In the run itself, and by the program; when it is up again the run goes on."""
    scontrol("update", "PartitionName=main", "State=DOWN")
    running = site.start(*site.workflow(TABLE, profile="slurm"))
    site.wait_for(lambda: "jobs: 1 pending: PartitionDown" in (site.folder / "output.txt").read_text(), 120)
    assert site.nubounds("jobs") == "1 pending: PartitionDown\n"
    scontrol("update", "PartitionName=main", "State=UP")
    finish(running, site)
    assert site.bytes_of("lens/tables/focal*.csv") == done.bytes_of("lens/tables/focal*.csv")
    assert site.nubounds("jobs") == "no jobs from this folder\n"


@pytest.mark.slow
def test_drained_nodes(site, done, put_right):
    """While no node is left the reason says so; with one of them back the run ends on that one."""
    scontrol("update", "NodeName=n[1-3]", "State=DRAIN", "Reason=disk")
    running = site.start(*site.workflow(TABLE, profile="slurm"))
    site.wait_for(lambda: queue(), 120)
    site.wait_for(lambda: "DRAINED" in site.nubounds("jobs"), 60)
    site.wait_for(lambda: "DRAINED" in (site.folder / "output.txt").read_text(), 60)
    scontrol("update", "NodeName=n2", "State=RESUME")
    site.wait_for(lambda: queue("%N") == [["n2"]], 60)
    finish(running, site)
    assert site.bytes_of("lens/tables/focal*.csv") == done.bytes_of("lens/tables/focal*.csv")


@pytest.mark.slow
def test_a_requeued_job_starts_again(site, done):
    running = start_slow(site, "--retries", "0")
    before = site.ranks()
    scontrol("requeue", *running_jobs())
    site.wait_for(lambda: not set(before) & set(site.ranks()), 30)
    site.wait_for(site.ranks, 60)
    finish(running, site)
    assert site.rows() == done.rows()


@pytest.mark.slow
def test_a_controller_that_restarts(site, done):
    """Away until the plugin has given up a round of questions; the job ends meanwhile."""
    running = start_slow(site, "--retries", "0")
    cluster("controller-down")
    site.wait_for(lambda: not site.ranks(), 120)
    site.wait_for(lambda: "jobs: SLURM does not answer" in (site.folder / "output.txt").read_text(), 120)
    time.sleep(30)
    assert running.poll() is None
    cluster("controller-up")
    finish(running, site)
    assert site.rows() == done.rows()


SLOW = "lens: {inputs: {pause_s: 3}}\n"


def start_slow(site, *arguments, text=SLOW):
    site.config(text)
    running = site.start(*site.workflow(TABLE, *arguments, profile="slurm"))
    site.wait_for(lambda: site.ranks(), 60)
    return running


@pytest.mark.slow
def test_scancel_and_a_rerun(site, done):
    running = start_slow(site, "--retries", "0")
    subprocess.run(["scancel", *running_jobs()], check=True)
    assert running.wait(120) != 0
    site.config()
    on_cluster(site)
    assert site.rows() == done.rows()


@pytest.mark.slow
def test_node_crash_is_retried(site, done):
    running = start_slow(site, "--retries", "2")
    (nodes,) = {tuple(words) for words in queue("%N")}
    number = nodes[0].removeprefix("n")[:1].replace("[", "1")
    cluster("crash", number)
    time.sleep(1)
    cluster("resume", number)
    assert running.wait(400) == 0, (site.folder / "output.txt").read_text()
    assert site.rows() == done.rows()


def test_job_over_its_memory_is_ended_and_said(site, done):
    """Ranks that take four times what they asked for.

    All at once, so that the daemon of the job's step sees it first: SLURM 22.05 also adds up whole jobs now and then, but the
    message by which it ends these carries an uninitialised job number (seen in slurmctld's log: kill_job_step: invalid JobId).
    """
    site.config("lens: {inputs: {pause_s: 5, memory_MB: 2000}}")
    output = on_cluster(site, *chunk(), "--retries", "0", status=None)
    logs = output + slurm_logs(site)
    assert re.search(r"exceeded memory limit|OUT_OF_MEMORY|oom", logs, re.IGNORECASE)
    assert not site.bytes_of("lens/tables/*.csv")
    site.config()
    on_cluster(site)
    assert site.rows() == done.rows()


@pytest.mark.slow
def test_job_over_its_time_is_ended(site, done):
    site.config("lens: {inputs: {pause_s: 200}}")
    output = on_cluster(site, *chunk(runtime=1), "--retries", "0", status=None)
    logs = output + slurm_logs(site)
    assert re.search(r"TIME ?LIMIT|Timeout", logs, re.IGNORECASE)
    site.config()
    on_cluster(site)
    assert site.rows() == done.rows()


@pytest.mark.slow
def test_ctrl_c_cancels_the_jobs(site, done):
    running = start_slow(site)
    os.kill(running.pid, signal.SIGINT)
    assert running.wait(60) != 0
    site.wait_for(lambda: not running_jobs(), 30)
    site.config()
    on_cluster(site)
    assert site.rows() == done.rows()


@pytest.mark.slow
def test_toy_config_of_every_constraint(site, tmp_path):
    """Tables from the cluster and from this machine, byte by byte."""
    here = type(site)(ROOT)
    tables = {}
    for profile in ("profiles/local", "slurm"):
        results = tmp_path / profile.replace("/", "_")
        config = tmp_path / "toy.yaml"
        config.write_text(f"resolution: toy\nresults: {results}\nallow_outside_files: true\n")
        targets = [
            str(results / name / "tables" / f"{scan}.csv")
            for name in registry.names()
            for scan in registry.get(name).scans
        ]
        here.run("snakemake", *targets, "--profile", profile, "--configfile", str(config))
        tables[profile] = {
            str(path.relative_to(results)): path.read_bytes() for path in sorted(results.glob("*/tables/*.csv"))
        }
    assert tables["slurm"] == tables["profiles/local"]
    assert tables["slurm"]
