"""`nubounds run`: the way in that takes configs from strangers, and what Snakemake makes of the same files."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

HARMFUL = {
    "brackets": ("lens: " + "[" * 100_000 + "]" * 100_000).encode(),
    "laughs": (
        "a: &a [l, l]\n"
        + "".join(
            f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
        )
    ).encode(),
    "binary": bytes(range(256)) * 100,
    "recursive": b"results: &a [*a]\n",
    "folder": None,
    "tag": b"results: !!python/object/apply:os.system [touch pwned]\n",
    "expression": b"__use_yte__: true\nresults: ?__import__('os').system('touch pwned') or 'x'\n",
}


def environment(project, name):
    """The variables under which Snakemake itself is told of a config."""
    return {"NUBOUNDS_CONFIG": str(project.folder / name)}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_config_is_one_line_in_both_ways_in(project, name):
    path = project.folder / "harmful.yaml"
    path.mkdir() if HARMFUL[name] is None else path.write_bytes(HARMFUL[name])
    start = time.monotonic()
    ours = project.nubounds("run", "--config", "harmful.yaml", status=2)
    theirs = project.run("snakemake", "--profile", "profiles/local", status=2, **environment(project, "harmful.yaml"))
    assert time.monotonic() - start < 40
    assert ours.startswith("nubounds: harmful.yaml:") and len(ours.splitlines()) == 1
    assert ours.removeprefix("nubounds: ") in theirs and "Traceback" not in theirs
    assert project.nubounds("check", "harmful.yaml", status=2) == ours
    assert not (project.folder / "pwned").exists()
    assert not (project.folder / "results").exists()


def test_an_empty_file_means_all_defaults_to_both(project):
    (project.folder / "config").mkdir()
    (project.folder / "config/config.yaml").write_text("# nothing\n")
    assert "rule scan_chunk:" in project.nubounds("run", "-n", "--", "--quiet", "host")
    output = project.run("snakemake", "--profile", "profiles/local", "-n", "--quiet", "host")
    assert "rule scan_chunk:" in output and "constraint=mirror" in output


def test_run_does_what_snakemake_does(project, finished_project):
    project.nubounds("run", "--config", "lens.yaml", "--", "--quiet", "all")
    assert (project.folder / "results/report/index.html").is_file()
    reference = finished_project.bytes_of("lens/**/*.csv")
    found = project.bytes_of("lens/**/*.csv")
    assert found and found == {name: reference[name] for name in found}
    assert "Nothing to be done" in project.nubounds("run", "--config", "lens.yaml")
    assert "Nothing to be done" in project.snakemake()


def test_targets_a_profile_and_options_are_passed_on(project):
    (project.folder / "slurm").symlink_to("profiles/slurm")
    plan = project.nubounds("run", "-n", "--config", "lens.yaml", "--profile", "slurm")
    assert "rule scan_chunk:" in plan
    assert "never awaited" not in plan
    target = "results/lens/limits/index.json"
    project.nubounds(
        "run", "--config", "lens.yaml", "--profile", "profiles/local", target, "--", "--set-threads", "x=1"
    )
    assert (project.folder / target).is_file() and not (project.folder / "results/report").exists()
    assert "nowhere" in project.nubounds("run", "-n", "--config", "lens.yaml", "--profile", "nowhere", status=1)


def test_a_figure_can_be_named(project):
    project.constraints = "lens, mirror"
    project.config()
    message = project.nubounds("run", "--config", "lens.yaml", "fig1", status=2)
    assert message == "nubounds: fig1: several papers have this figure; use one of lens/fig1, mirror/fig1\n"
    project.nubounds("run", "--config", "lens.yaml", "mirror/fig1")
    assert {Path(name).name for name in project.bytes_of("mirror/figures/*")} == {"fig1.pdf", "fig1.png", "fig1.csv"}
    assert not project.bytes_of("lens/figures/*") and not project.bytes_of("report/*")
    header, *rows = project.rows("mirror/figures/fig1.csv")
    assert header.startswith("panel,x_name,y_name,kind,curve,x,y") and len(rows) > 3
    project.nubounds("run", "--config", "lens.yaml", "papers")  # what was drawn alone is no obstacle
    assert project.bytes_of("lens/figures/fig1.csv") and project.bytes_of("lens/scorecard.csv")


def test_planes_without_a_limit_are_not_drawn(project):
    for name, planes in (("lens", "[]"), ("mirror", "[scalar]")):
        declaration = project.folder / f"src/nubounds/constraints/{name}/constraint.yaml"
        declaration.write_text(f"{declaration.read_text()}planes: {planes}\n")
    dry_run = ("run", "-n", "--config", "lens.yaml", "--", "--quiet", "host")
    assert "comparison/" not in project.nubounds(*dry_run)
    project.constraints = "lens, mirror"
    project.config()
    output = project.nubounds(*dry_run)
    assert "comparison/scalar.csv" in output and "comparison/b_minus_l" not in output
    (project.folder / "config/user_limits").mkdir(parents=True)
    limit = "# label: a\n# columns: m_mediator_MeV coupling_g\n# confidence_level: 90%\n1 1e-3\n10 1e-3\n"
    (project.folder / "config/user_limits/a.txt").write_text(limit)
    assert "comparison/b_minus_l.csv" in project.nubounds(*dry_run)


def test_a_change_on_the_command_line_is_read_like_a_file(project):
    changes = ["--config", "results=results/elsewhere", "lens={grid: {a_cm: {values: [010, 2e1]}}}"]
    limits = "results/elsewhere/lens/limits/index.json"
    project.nubounds("run", "--config", "lens.yaml", limits, "--", *changes)
    plain = json.loads((project.folder / "results/elsewhere/.nubounds/config.json").read_text())
    assert plain["lens"]["grid"]["a_cm"] == {"values": [10, 20.0]}
    assert (project.folder / limits).is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--config", "nowhere.yaml"], "no config file nowhere.yaml"),
        (["--", "--configfile", "lens.yaml"], "--configfile: give the config as --config FILE, before --"),
        (["--", "--configfile=lens.yaml"], "--configfile: give the config as --config FILE, before --"),
        (["--profile"], "--profile: expected one argument"),
    ],
)
def test_mistakes_are_one_line(project, words, message):
    words = words if "--config" in words else ["--config", "lens.yaml", *words]
    output = project.nubounds("run", *words, status=2)
    assert message in output and len(output.splitlines()) == 1


def test_outside_a_project_run_says_so(project, tmp_path):
    (tmp_path / "lens.yaml").write_text("{}")
    done = subprocess.run(
        [sys.executable, "-m", "nubounds", "run", "--config", "lens.yaml"],
        cwd=tmp_path,
        env=project.env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("nubounds: no Snakefile in ") and len(done.stderr.splitlines()) == 1


def test_a_module_of_the_users_folder_does_not_get_in_the_way(project):
    (project.folder / "yaml.py").write_text("raise SystemExit('the wrong yaml')")
    command = [
        str(sys.executable),
        "-P",
        "-m",
        "nubounds",
        "run",
        "--config",
        "lens.yaml",
        "-n",
        "--",
        "--quiet",
        "all",
    ]
    assert "the wrong yaml" not in project.run(*command)


def test_octal_and_sixty_in_a_config(project):
    project.config("lens: {grid: {a_cm: {values: [010, 020]}}}")
    assert "focal_length 2 points" in project.nubounds("check", "lens.yaml")
    project.nubounds("run", "--config", "lens.yaml", "results/lens/tables/focal_length.csv")
    assert {line.split(",")[1] for line in project.rows()[1:]} == {"10.0", "20.0"}
    for word, shown in (("1:30", "'1:30'"), ("2021-01-01", "'2021-01-01'"), ("1_000", "'1_000'"), ("no", "'no'")):
        project.config(f"lens: {{inputs: {{b_cm: {word}}}}}")
        message = project.nubounds("check", "lens.yaml", status=2)
        assert message == f"nubounds: lens.yaml: lens.inputs.b_cm: must be a number, not {shown}\n"
    project.config("allow_outside_files: yes")
    assert "must be true or false, not 'yes'" in project.nubounds("check", "lens.yaml", status=2)


PROBE = """
include: "Snakefile"

if workflow.is_main_process:
    Path("lens.yaml").write_text("nonsense: [")

rule probe:
    output: "probe.txt"
    run:
        Path(output[0]).write_text(f"{CONFIG} {workflow.is_main_process} {' '.join(map(str, workflow.overwrite_configfiles))}")
"""


@pytest.mark.parametrize("way", ["run", "configfile"])
def test_jobs_of_their_own_read_the_config_that_was_checked(project, way):
    """A job in a process of its own, as on a cluster, reads the Snakefile again: after the user has changed the file."""
    project.config("results: results/mine")
    (project.folder / "probe.smk").write_text(PROBE)
    if way == "run":
        project.nubounds("run", "--config", "lens.yaml", "probe.txt", "--", "-s", "probe.smk")
    else:
        project.snakemake("probe.txt", "-s", "probe.smk")
    effective = "results/mine/.nubounds/config.json"
    assert (project.folder / "probe.txt").read_text() == f"{effective} False {project.folder / effective}"


def test_snakemakes_own_option_means_the_same_for_an_honest_file(project):
    (project.folder / "more.yaml").write_text("lens: {grid: {a_cm: {values: [010]}}}\nresults: results/more")
    table = "results/more/lens/tables/focal_length.csv"
    project.run("snakemake", table, "--profile", "profiles/local", "--configfile", "lens.yaml", "more.yaml")
    plain = json.loads((project.folder / "results/more/.nubounds/config.json").read_text())
    assert plain["lens"]["grid"]["a_cm"] == {"values": [10]}  # Snakemake's reader says 8
    (project.folder / "evil.yaml").write_bytes(HARMFUL["expression"])
    output = project.run("snakemake", "-n", "-c1", "--configfile", "evil.yaml", status=2)
    assert "evil.yaml: unknown key __use_yte__" in output


def test_a_stale_variable_does_not_outrank_a_named_file(project):
    output = project.snakemake("-n", "--quiet", "host", **environment(project, "nowhere.yaml"))
    assert "rule scan_chunk:" in output
    assert os.environ.get("NUBOUNDS_CONFIG") is None
