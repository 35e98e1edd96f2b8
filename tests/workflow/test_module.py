"""The workflow as a module of somebody else's: a prefix before its rules' names and before its paths."""

import pytest

HOST = """
configfile: "host.yaml"

module bounds:
    snakefile: "{snakefile}"
    config: config["bounds"]
    prefix: "physics"

use rule * from bounds as bounds_*

rule all:
    default_target: True
    input: "counted.txt"

rule count:
    input: rules.bounds_papers.input
    output: "counted.txt"
    run:  # in a process of its own, which reads all of this again
        with open(output[0], "w") as file:
            file.write(f"{{len(input)}} {{rules.bounds_compute_scorecard.output[0]}}")
"""
CONFIG = """
mine: nothing that nubounds knows
bounds:
  resolution: toy
  results: made/results
  constraints: [lens]
"""


def host(project):
    (project.folder / "host.yaml").write_text(CONFIG)
    (project.folder / "host.smk").write_text(HOST.format(snakefile=project.folder / "workflow/Snakefile"))


def run(project, *words, status=0):
    return project.run("snakemake", "-s", "host.smk", "--cores", "2", *words, status=status)


def test_a_prefix_for_names_and_paths(project):
    host(project)
    run(project)
    results = project.folder / "physics/made/results"
    assert (results / "lens/tables/focal_length.csv").is_file() and (results / ".nubounds/plan.json").is_file()
    assert list((results / "logs/lens").glob("*.log"))
    assert not (project.folder / "made").exists() and not (project.folder / "results").exists()
    count, scorecard = (project.folder / "counted.txt").read_text().split()
    assert int(count) > 5 and scorecard.startswith("physics/made/results/")
    assert "Nothing to be done" in run(project)


@pytest.mark.thorough
def test_an_edit_of_its_config_computes_what_depends_on_it(project):
    host(project)
    run(project)
    path = project.folder / "host.yaml"
    path.write_text(path.read_text() + "  lens: {grid: {a_cm: {values: [30]}}}\n")
    assert "bounds_scan_chunk" in run(project, "-n")
    run(project)
    table = (project.folder / "physics/made/results/lens/tables/focal_length.csv").read_text()
    assert {line.split(",")[1] for line in table.splitlines() if line[0].islower()} == {"a_cm", "30.0"}


def test_its_config_is_checked_like_any_other(project):
    host(project)
    path = project.folder / "host.yaml"
    path.write_text(path.read_text() + "  lense: {}\n")
    output = run(project, "-n", status=2)
    assert "config of the module bounds: unknown key lense" in output and "Traceback" not in output


def test_without_a_prefix_results_stay_where_the_config_says(project):
    host(project)
    path = project.folder / "host.smk"
    path.write_text(path.read_text().replace('    prefix: "physics"\n', ""))
    run(project, "made/results/lens/limits/index.json")
    assert (project.folder / "made/results/lens/limits/index.json").is_file()
