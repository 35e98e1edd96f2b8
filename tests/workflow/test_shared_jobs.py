"""Scans that together fill no more than a job share one, and each is computed anew only where it has to be."""

from pathlib import Path

from nubounds import config, registry
from nubounds.steps import plan
from project import Project

ROOT = Path(__file__).resolve().parents[2]
NAME = "neutron_star"
SCANS = list(registry.get(NAME).scans)


def shared(points_per_job: dict, chunks: dict) -> list[list[str]]:
    section = {"points_per_job": points_per_job}
    checked = config.complete({"resolution": "toy", "constraints": [NAME], NAME: section}, "config")
    return plan.shared_jobs(checked, {NAME: {scan: chunks.get(scan, ["all"]) for scan in SCANS}})[NAME]


def test_a_job_is_filled_up_to_its_points():
    sizes = {"mixing_limits": 52, "pieces": 260, "temperature_map": 156, "sterile_kernel": 20}  # of the toy grid
    assert shared({}, {}) == [SCANS]
    assert shared({scan: 2 * size for scan, size in sizes.items()}, {}) == [SCANS[:2], SCANS[2:4], SCANS[4:]]
    apart = dict.fromkeys(SCANS[1:], 1) | {SCANS[2]: 1000, SCANS[-1]: 1000}
    assert shared(apart, {}) == [[SCANS[0], SCANS[2], SCANS[-1]]]  # a large one between them has a job of its own
    assert shared({}, {scan: ["0", "1"] for scan in SCANS[1:]}) == []  # two chunks are two jobs, and one scan is left
    assert shared({}, {"pieces": ["0", "1"]}) == [[scan for scan in SCANS if scan != "pieces"]]


def test_what_has_not_changed_is_not_computed_again(tmp_path):
    here, results = Project(ROOT), tmp_path / "results"
    options = ["--profile", "profiles/local", "--configfile", str(tmp_path / "toy.yaml")]
    tables = [f"{results}/{NAME}/tables/{scan}.csv" for scan in SCANS]

    def run(inputs: str) -> dict[str, str]:
        (tmp_path / "toy.yaml").write_text(
            f"resolution: toy\nresults: {results}\nallow_outside_files: true\n"
            f"constraints: [{NAME}]\n{NAME}: {{inputs: {{{inputs}}}}}\n"
        )
        output = here.run("snakemake", *tables, *options)
        assert f"scan_{NAME}_{SCANS[0]}_and_others" in output and "scan_chunk" not in output
        logs = {scan: (results / f"logs/{NAME}/scan_{scan}_all.log").read_text() for scan in SCANS}
        return {scan: log.split("computed ")[1].split(" points")[0] for scan, log in logs.items()}

    first = run("seed: 1")
    assert first["walkers"] == "4, reused 0 of 4" and first["pieces"] == "260, reused 0 of 260"
    again = run("seed: 2")  # which walkers alone depend on
    assert again.pop("walkers") == "4, reused 0 of 4"
    assert all(said.startswith("0, reused") for said in again.values())
    ranks = here.run("snakemake", *tables, *options, "--forcerun", "scan_chunk", "--set-threads", "scan_chunk=2", "-n")
    assert "and_others" not in ranks and "scan_chunk" in ranks  # what is said of scan_chunk holds for all scans
