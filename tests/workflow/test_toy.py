"""The toy config of the real constraints: the same bytes with one and two ranks and for two ways to split the grids."""

from pathlib import Path

import pytest

from nubounds import registry

ROOT = Path(__file__).resolve().parents[2]
# The costly ones are compared on the cluster (tests/cluster).
CHEAP = [
    name
    for name in registry.names()
    if all(scan["points_per_job"] >= 1000 for scan in registry.get(name).scans.values())
]


def tables(project, folder, per_job, ranks):
    """Scan tables of the cheap constraints from a run in the checkout itself."""
    project.run("mkdir", "-p", str(folder))
    config = folder / "toy.yaml"
    config.write_text(
        f"resolution: toy\nresults: {folder}/results\nallow_outside_files: true\npoints_per_job: {per_job}\nconstraints: [{', '.join(CHEAP)}]\n"
    )
    targets = [f"{folder}/results/{name}/tables/{scan}.csv" for name in CHEAP for scan in registry.get(name).scans]
    options = ["--set-threads", f"scan_chunk={ranks}", "--cores", "2"]
    project.run("snakemake", *targets, *options, "--profile", "profiles/local", "--configfile", str(config))
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted((folder / "results").glob("*/tables/*.csv"))
    }


@pytest.mark.skipif(not CHEAP, reason="no constraint is cheap enough")
def test_tables_do_not_depend_on_ranks_and_chunks(built_project, tmp_path):
    here = type(built_project)(ROOT)
    one = tables(here, tmp_path / "one", 10**6, 1)
    two = tables(here, tmp_path / "two", 1500, 2)
    assert one == two
    assert len(one) == sum(len(registry.get(name).scans) for name in CHEAP)
