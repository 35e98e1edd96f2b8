"""The same bytes for any number of ranks and any split, and loud ends where something is wrong."""

import time

import pytest

# Rank 1 is interrupted while it waits in MPI_Init for rank 0.
INTERRUPTED = """
import os, subprocess, time
from nubounds.steps.scan import communicator
if os.environ["PMI_RANK"] == "1":
    subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -INT {os.getpid()}"])
else:
    time.sleep(0.6)
communicator(2).barrier()
time.sleep(60)
"""


def test_tables_do_not_depend_on_ranks_or_split(done):
    project = done
    project.constraints = "lens"
    reference = project.bytes_of("lens/tables/*.csv")
    assert len(reference) == 2
    for ranks, per_job, folder in ((2, 3, "a"), (2, 1000, "b"), (1, 1, "c")):
        project.config(f"points_per_job: {per_job}\nresults: results/{folder}")
        tables = [f"results/{folder}/{name}" for name in reference]
        project.snakemake(*tables, "--set-threads", f"scan_chunk={ranks}", "--cores", "2")
        again = {
            name.removeprefix(f"{folder}/"): data
            for name, data in project.bytes_of(f"{folder}/lens/tables/*.csv").items()
        }
        assert again == reference


def test_wrong_number_of_ranks_stops_the_job(done):
    arguments = [
        "scan",
        "lens",
        "focal_length",
        "--chunk",
        "all",
        "--config",
        "results/.nubounds/config.json",
        "--ranks",
        "2",
    ]
    message = done.nubounds(*arguments, status=2)
    assert "2 MPI ranks were asked for" in message
    assert "srun --mpi=pmi2" in message


def test_interrupt_while_ranks_meet_ends_all(project):
    start = time.monotonic()
    project.run("mpiexec", "-n", "2", "python", "-c", INTERRUPTED, status=2)
    assert time.monotonic() - start < 20


def test_all_scans_by_hand_on_two_ranks(project, finished_project):
    command = ["mpiexec", "-n", "2", "python", "-m", "mpi4py", "-m", "nubounds", "scan", "lens"]
    output = project.run(*command, "--config", "lens.yaml", "--ranks", "2")
    assert "computed 6, reused 0 of 6 points, 2 ranks" in output
    tables = project.bytes_of("lens/tables/focal_length.csv")
    assert tables and tables == finished_project.bytes_of("lens/tables/focal_length.csv")


def test_steps_by_hand_name_what_is_not_there(project):
    for words, message in (
        (["scan", "nothing"], "lens.yaml: no constraint nothing; valid: lens"),
        (["limits", "mirror"], "lens.yaml: no constraint mirror; valid: lens"),
        (["scan", "lens", "nothing", "--chunk", "all"], "lens has no scan nothing; valid: focal_length"),
        (["scan", "lens", "focal_length", "--chunk", "all"], "no chunk all in the plan of results"),
        (["contour", "lens"], "no table results/lens/tables/focal_length.csv; run `nubounds scan lens` first"),
    ):
        output = project.nubounds(*words, "--config", "lens.yaml", status=2)
        assert message in output and len(output.splitlines()) == 1


def test_log_begins_with_the_command_that_repeats_the_step(done):
    log = (done.folder / "results/logs/lens/scan_focal_length_all.log").read_text().splitlines()
    assert log[0].startswith("$ nubounds scan lens focal_length --chunk all")
    assert "computed 6, reused 0 of 6 points" in log[-2]
    words = log[0][2:].split()[1:]
    assert "reused 6 of 6" in done.nubounds(*words)


def test_status_is_kept_and_failed_points_are_refused(done):
    project = done
    project.constraints = "lens"
    table = (project.folder / "results/lens/tables/focal_length.csv").read_text()
    assert table.count("OUT_OF_DOMAIN") == 1
    project.config("results: results/broken\nlens: {grid: {a_cm: {values: [1, 60, 80]}}}")
    output = project.snakemake("papers", status=None, LENS_BROKEN="1")
    assert (
        "2 points failed, the first at side=left, a_cm=60.0 (NOT_FINITE); no limit is drawn from this table" in output
    )
    assert not list((project.folder / "results/broken/lens/limits").glob("*"))


@pytest.mark.thorough
def test_damaged_chunk_is_named_and_computed_again_by_the_same_run(done):
    reference = done.bytes_of("lens/tables/*.csv")
    chunk = done.folder / "results/lens/chunks/focal_length/all.npz"
    shorter, changed = (
        lambda data: data[: len(data) // 2],
        lambda data: data[:900] + bytes([data[900] ^ 0xFF]) + data[901:],
    )
    # The cache shares the file of its chunk: written over in place both are damaged, replaced one is.
    for damage, in_place, counts in (
        (shorter, False, "computed 0, reused 6"),
        (changed, False, "computed 0, reused 6"),
        (changed, True, "computed 6, reused 0"),
    ):
        data = damage(chunk.read_bytes())
        if not in_place:
            chunk.unlink()
        chunk.write_bytes(data)
        (done.folder / "results/lens/tables/focal_length.csv").unlink()
        assert "all.npz: changed or truncated since it was written: it will be recomputed" in done.snakemake()
        assert done.bytes_of("lens/tables/*.csv") == reference
        assert counts in (done.folder / "results/logs/lens/scan_focal_length_all.log").read_text()


def test_each_step_runs_by_hand(done):
    project = done
    project.constraints = "lens"
    reference = project.bytes_of("lens/**/*.csv")
    limits = project.bytes_of("lens/limits/*")
    project.config("results: results/hand")
    for step in ("scan", "contour", "limits", "figures", "scorecard"):
        project.nubounds(step, "lens", "--config", "lens.yaml")
    by_hand = {name.removeprefix("hand/"): data for name, data in project.bytes_of("hand/lens/**/*.csv").items()}
    assert {name: by_hand[name] for name in reference} == reference
    assert len(project.bytes_of("hand/lens/limits/*")) == len(limits)
    for plane in sorted((project.folder / "src/nubounds/planes").glob("*.yaml")):
        project.nubounds("planes", plane.stem, "--config", "lens.yaml")
    project.nubounds("report", "--config", "lens.yaml")
    assert "focal length" in project.nubounds("limits", "--list", "--config", "lens.yaml")
    assert (project.folder / "results/hand/report/index.html").is_file()


def test_one_job_per_point(project):
    project.config("points_per_job: 1\nlens: {grid: {a_cm: {values: [1, 2, 3]}}}")
    output = project.snakemake("--dry-run", "--quiet", "host")
    assert output.count("rule scan_chunk:") == 3


def test_plain_snakemake_and_the_slurm_profile_are_found(project):
    (project.folder / "slurm").symlink_to("profiles/slurm")
    plan = project.run("snakemake", "-c2", "--configfile", "lens.yaml", "--dry-run", "--quiet", "host")
    assert "rule scan_chunk:" in plan
    plan = project.run("snakemake", "--profile", "slurm", "--configfile", "lens.yaml", "--dry-run", "--quiet", "host")
    assert "srun --mpi=pmi2" in plan or "rule scan_chunk:" in plan
