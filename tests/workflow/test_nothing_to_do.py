"""A run with nothing to do ends without Snakemake, which is asked as soon as anything is not as it was left."""

import fcntl
import os
import shutil
import signal
from pathlib import Path

import pytest

from project import copy

ASKED, NOTHING = "Snakemake was asked", "Nothing to be done"
LIMIT = "# label: mine\n# columns: {}\n1 1e-3\n50 1e-3\n"


@pytest.fixture(scope="module")
def recorded(finished_project, tmp_path_factory):
    """The finished project after a run that found nothing to do."""
    project = copy(finished_project, tmp_path_factory.mktemp("recorded") / "project")
    assert NOTHING in project.nubounds("run", "--config", "lens.yaml")
    return project


@pytest.fixture
def left(recorded, tmp_path):
    """A copy of that project with a stand-in for Snakemake, which says that it was asked and fails."""
    project = copy(recorded, tmp_path / "project")
    project.constraints = "lens, mirror"
    stand_in = project.folder / "stand_in/snakemake"
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").touch()
    (stand_in / "__main__.py").write_text(f"raise SystemExit('{ASKED}')\n")
    return project


def is_asked(project, *words, **env):
    """Whether a run asks Snakemake; if not, it has to say that nothing is to be done."""
    path = os.pathsep.join([str(project.folder / "stand_in"), project.env["PYTHONPATH"]])
    output = project.nubounds("run", "--config", "lens.yaml", *words, status=None, PYTHONPATH=path, **env)
    assert (ASKED in output) != (output.splitlines()[-1].startswith(NOTHING)), output
    return ASKED in output


def append(project, name, text):
    with (project.folder / name).open("a") as file:
        file.write(text)


def change_a_digit(path):
    """Change the last digit of a file, but neither its size nor its time."""
    data, status = bytearray(path.read_bytes()), path.stat()
    place = max(index for index, byte in enumerate(data) if chr(byte).isdigit())
    data[place] = ord("0") + (data[place] - ord("0") + 1) % 10
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def cut(path):
    """Cut the end of a file, and leave its time."""
    status = path.stat()
    os.truncate(path, status.st_size - 9)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_what_has_no_effect_asks_nobody(left):
    assert not is_asked(left)
    for file in (
        "cython_ext/lens.pyx",
        "src/nubounds/contract.py",
        "lens.yaml",
        "Snakefile",
        "profiles/local/config.yaml",
    ):
        os.utime(left.folder / file)
    append(left, "lens.yaml", "# a comment\n")
    shutil.rmtree(left.folder / "results/logs")
    (left.folder / "results/lens/limits/mine.txt").write_text("my own\n")
    assert not is_asked(left)
    assert not is_asked(left, "--profile", "profiles/local")
    assert (left.folder / "results/lens/limits/mine.txt").is_file()


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("lens/tables/focal_length.csv", change_a_digit),
        ("lens/limits/index.json", Path.unlink),
        ("lens/limits/focal_length.txt", Path.unlink),  # which the rules do not know by name
        ("lens/limits/focal_length.txt", change_a_digit),
        ("mirror/scorecard.csv", cut),
        ("comparison/scalar.csv", Path.unlink),
        ("report/lens.html", cut),
        ("lens/figures/fig1.pdf", os.utime),
        ("lens/chunks/focal_length/all.npz", os.utime),
        (".nubounds/fingerprints/lens/report.txt", os.utime),
    ],
)
def test_a_result_that_is_not_as_it_was_left(left, name, damage):
    damage(left.folder / "results" / name)
    assert is_asked(left)


CHANGES = {
    "an input": lambda left: left.config("lens: {inputs: {scale: 2.0}}"),
    "a grid": lambda left: left.config("lens: {grid: {a_cm: {values: [1, 2]}}}"),
    "a constraint less": lambda left: (left.folder / "lens.yaml").write_text("resolution: toy\nconstraints: [lens]\n"),
    "another results folder": lambda left: left.config("results: results/other"),
    "a module": lambda left: append(left, "src/nubounds/constraints/lens/scans.py", "# edited\n"),
    "a module of no constraint": lambda left: append(left, "src/nubounds/files/layout.py", "# edited\n"),
    "a declaration": lambda left: append(left, "src/nubounds/constraints/mirror/constraint.yaml", "planes: []\n"),
    "a template": lambda left: append(left, "src/nubounds/report/page.css", "/* edited */\n"),
    "a scorecard": lambda left: append(left, "src/nubounds/constraints/lens/scorecard.csv", "\n"),
    "a rule": lambda left: append(left, "workflow/rules/report.smk", "# edited\n"),
    "the Snakefile": lambda left: append(
        left, "Snakefile", "\n\nrule more:\n    output: 'more'\n    shell: 'touch more'\n"
    ),
    "the profile": lambda left: append(left, "profiles/local/config.yaml", "forceall: true\n"),
    "a profile by default": lambda left: shutil.copytree(
        left.folder / "profiles/local", left.folder / "profiles/default"
    ),
    "a limit of a figure": lambda left: dropped(left, "a_cm f_cm"),
    "a limit of a plane": lambda left: dropped(left, "m_mediator_MeV coupling_g"),
    "a damaged record": lambda left: (left.folder / "results/.nubounds/done.json").write_text("{"),
    "no record": lambda left: (left.folder / "results/.nubounds/done.json").unlink(),
}


def dropped(left, columns):
    (left.folder / "config/user_limits").mkdir(parents=True)
    (left.folder / "config/user_limits/mine.txt").write_text(LIMIT.format(columns))


@pytest.mark.parametrize("change", CHANGES)
def test_a_change(left, change):
    CHANGES[change](left)
    assert is_asked(left)


def test_a_data_file_of_the_config(left):
    left.constraints, table = "lens", left.folder / "table.csv"
    table.write_text("a_cm,factor\n1,1\n")
    left.config("lens: {inputs: {table: table.csv}}")
    left.nubounds("run", "--config", "lens.yaml", "--", "--quiet", "all")
    left.nubounds("run", "--config", "lens.yaml")
    assert not is_asked(left)
    change_a_digit(table)
    assert is_asked(left)


@pytest.mark.parametrize(
    "words",
    [
        ["-n"],
        ["results/lens/scorecard.csv"],
        ["lens/fig1"],
        ["--", "--forceall"],
        ["--", "-R", "write_report"],
        ["--", "--config", "results=results/other"],
        ["--profile", "slurm"],
        ["--profile", "nowhere"],
    ],
)
def test_a_run_with_other_words(left, words):
    assert is_asked(left, *words)


def test_a_variable_that_snakemake_heeds(left):
    assert is_asked(left, SNAKEMAKE_OUTPUT_CACHE="somewhere")


def test_a_stale_kernel_and_a_lock_of_another_run_are_named(left):
    with (left.folder / "results/.nubounds/lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another run uses results" in left.nubounds("run", "--config", "lens.yaml", status=2)
    append(left, "cython_ext/lens.pyx", "# edited\n")
    assert "out of date: lens" in left.nubounds("run", "--config", "lens.yaml", status=2)


def test_a_run_leaves_a_record_only_where_it_made_everything(recorded, tmp_path):
    project = copy(recorded, tmp_path / "project")
    run, record = ("run", "--config", "lens.yaml"), project.folder / "results/.nubounds/done.json"
    for words in (["results/lens/scorecard.csv"], ["-n"], ["--", "--until", "compute_scorecard"]):
        project.nubounds(*run, *words)
        assert not record.exists()
    project.constraints = "lens"
    project.config("lens: {inputs: {scale: 2}}")
    assert "figures, tables, limit files" in project.nubounds(*run)  # Snakemake's way to say that jobs were run
    assert record.exists() and NOTHING in project.nubounds(*run)
    settings = {
        "set-threads: scan_chunk=2": True,
        "forcerun: write_report": False,
        "until: papers": False,
        "dry-run: true": False,
    }
    for setting, is_left in settings.items():
        shutil.rmtree(project.folder / "profiles/mine", ignore_errors=True)
        shutil.copytree(project.folder / "profiles/local", project.folder / "profiles/mine")
        append(project, "profiles/mine/config.yaml", f"{setting}\n")
        project.nubounds(*run, "--profile", "mine")
        assert record.exists() == is_left


def test_a_record_that_cannot_be_removed_is_named(recorded, tmp_path):
    project = copy(recorded, tmp_path / "project")
    (project.folder / "results/.nubounds/done.json").unlink()
    (project.folder / "results/.nubounds/done.json").mkdir()
    output = project.nubounds("run", "--config", "lens.yaml", status=2)
    assert "done.json: cannot be removed" in output and "Traceback" not in output


def test_a_killed_run_leaves_none(recorded, tmp_path):
    project = copy(recorded, tmp_path / "project")
    project.config("lens: {inputs: {b_cm: 11, pause_s: 9}}")
    process = project.start("nubounds", "run", "--config", "lens.yaml")
    project.wait_for(project.ranks)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for rank in project.ranks():
        os.kill(rank, signal.SIGKILL)
    assert not (project.folder / "results/.nubounds/done.json").exists()
    project.config()  # Snakemake sees that all is as it was
    assert NOTHING in project.nubounds("run", "--config", "lens.yaml")
    assert (project.folder / "results/.nubounds/done.json").exists()


def test_damaged_results_are_made_again(recorded, tmp_path):
    project = copy(recorded, tmp_path / "project")
    reference = project.bytes_of("lens/**/*.csv")
    change_a_digit(project.folder / "results/lens/tables/focal_length.csv")
    output = project.nubounds("run", "--config", "lens.yaml")
    assert output.count("focal_length.csv: changed or truncated since it was written: it will be recomputed") == 1
    assert project.bytes_of("lens/**/*.csv") == reference
    assert NOTHING in project.nubounds("run", "--config", "lens.yaml")
