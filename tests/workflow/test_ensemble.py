"""A toy ensemble of two constraints: the same bytes with one and two ranks and for two sizes of blocks; what is known
of a member is used again.
"""

import csv
import json
import re

import pytest

from close import close

ENSEMBLE = """
ensemble:
  members: {members}
  members_per_job: {per_job}
  priors:
    lens:
      b_cm: {{normal: {{mean: 10, sd: {sd}}}}}
      scale: {{lognormal: {{median: 1, factor: 1.1}}}}
    mirror:
      b_cm: {{choice: {{9: 1, 11: 3}}}}
  grid: {{lens: {{a_cm: {{values: [1, 3, 10, 30]}}}}}}
results: {results}
"""


def configure(project, members=16, per_job=16, sd=1, results="results"):
    project.constraints = "lens, mirror"
    project.config(ENSEMBLE.format(members=members, per_job=per_job, sd=sd, results=results))


def run(project, ranks=1):
    """Everything that an ensemble makes."""
    return project.snakemake("ensemble", "--set-threads", f"ensemble_block={ranks}", "--cores", "2")


def run_bands(project, ranks=1, results="results", constraints=("lens", "mirror")):
    """What a constraint's ensemble makes, without the pages and planes that show it."""
    targets = [f"{results}/{name}/ensemble/bands.csv" for name in constraints]
    return project.snakemake(*targets, "--set-threads", f"ensemble_block={ranks}", "--cores", "2")


def files(project, folder=""):
    found = project.bytes_of(f"{folder}*/ensemble/*.*")
    return {name.removeprefix(folder): data for name, data in found.items()}


def limit_files(project, folder=""):
    """Limit files with bands, with the submission; what they say of the ensemble's config aside."""
    found = project.bytes_of(f"{folder}*/ensemble/limits/**/*.*")
    assert len(found) == 2 * 5
    return {name.removeprefix(folder): re.sub(rb'"config": "\w+"', b"", data) for name, data in found.items()}


def log(project, constraint, block, results="results"):
    return (project.folder / f"{results}/logs/{constraint}/ensemble_{block}.log").read_text()


def table(project, name):
    lines = (project.folder / "results" / name).read_text().splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.fixture(scope="module")
def computed(built_project, tmp_path_factory):
    """A project after an ensemble of 16 members in one block, on one rank."""
    from project import copy

    project = copy(built_project, tmp_path_factory.mktemp("ensemble") / "project", "results", ".snakemake")
    configure(project)
    run(project)
    return project


@pytest.fixture
def ensemble(computed, tmp_path):
    """A copy of it."""
    from project import copy

    return copy(computed, tmp_path / "copy")


def test_same_bytes_for_any_ranks_and_blocks(computed):
    reference = files(computed)
    assert len(reference) == 2 * 11
    reference |= limit_files(computed)
    # Blocks of 9 and 7 members, neither of which two ranks share evenly: both splits against one block on one rank.
    configure(computed, per_job=9, results="results/split")
    run_bands(computed, ranks=2, results="results/split")
    again = files(computed, "split/") | limit_files(computed, "split/")
    assert set(again) == set(reference)
    assert [name for name in reference if again[name] != reference[name]] == []
    for name in ("lens", "mirror"):
        for block in ("0_8", "9_15"):
            assert "2 ranks" in log(computed, name, block, "results/split")
    configure(computed)


def test_bands_and_causes_of_the_lens(ensemble):
    rows = [row for row in table(ensemble, "lens/ensemble/bands.csv") if float(row["x"]) == 10]
    assert len(rows) == 1 and rows[0]["members"] == "16" and rows[0]["without_limit"] == "0"
    assert float(rows[0]["nominal"]) == close(5)
    quantiles = [float(rows[0][name]) for name in ("q025", "q160", "q500", "q840", "q975")]
    assert quantiles == sorted(quantiles) and abs(quantiles[2] - 5) < float(rows[0]["error"])
    # f = s/(1/a + 1/b): d ln f = d ln s + (f/b) d ln b, so near a = b = 10 half of the spread of ln b counts.
    shares = {
        r["input"]: float(r["first"]) for r in table(ensemble, "lens/ensemble/sensitivity.csv") if r["x"] == "10.0"
    }
    b, s = (0.5 * 0.1) ** 2, 0.0953**2
    assert shares["b_cm"] == close(b / (b + s), abs=0.03)
    assert sum(shares.values()) == close(1, abs=0.01)
    members = table(ensemble, "mirror/ensemble/members.csv")
    assert len(members) == 16 and {row["b_cm"] for row in members} == {"9.0", "11.0"}
    assert "computed 17, reused 0 members, 0 failed, 3 tables" in log(ensemble, "mirror", "0_15")


def test_limit_files_have_bands_and_the_plain_ones_know_nothing_of_them(ensemble):
    content = json.loads((ensemble.folder / "results/lens/ensemble/limits/focal_length.json").read_text())
    row = next(row for row in table(ensemble, "lens/ensemble/bands.csv") if float(row["x"]) == 10)
    place = content["band"]["a_cm"].index(10)
    assert content["band"]["q840"][place] == float(row["q840"]) and content["f_cm"][content["a_cm"].index(10)] == 5
    ensemble.snakemake("results/lens/limits/index.json", "--cores", "1")
    with_ensemble = ensemble.bytes_of("lens/limits/*.*")
    ensemble.config("results: results/plain")
    ensemble.snakemake("results/plain/lens/limits/index.json", "--cores", "1")
    plain = ensemble.bytes_of("plain/lens/limits/*.*")
    assert {name.removeprefix("plain/"): data for name, data in plain.items()} == with_ensemble


def test_an_ensemble_of_nothing_says_so(ensemble):
    ensemble.config()
    output = ensemble.snakemake("ensemble", "--cores", "1")
    assert "no input of these constraints has a prior" in output
    assert "no file" not in output and "Traceback" not in output


def test_more_members_compute_the_new_ones_only(ensemble):
    before = table(ensemble, "lens/ensemble/members.csv")
    configure(ensemble, members=32, per_job=32)
    run_bands(ensemble, constraints=["lens"])
    assert "computed 16, reused 17 members" in log(ensemble, "lens", "0_31")
    assert table(ensemble, "lens/ensemble/members.csv")[:16] == before


def test_another_prior_of_one_constraint_leaves_the_other_alone(ensemble):
    configure(ensemble, sd=2)
    shown = {"draw_plane_with_bands", "write_ensemble_page", "write_explorer"}
    assert rules(ensemble) == {"ensemble_block", "ensemble_bands_lens"} | shown
    mirror = ensemble.bytes_of("mirror/ensemble/*")
    run(ensemble)
    assert "computed 16, reused 1 members" in log(ensemble, "lens", "0_15")
    assert ensemble.bytes_of("mirror/ensemble/*") == mirror
    assert rules(ensemble) == set()


def test_a_damaged_block_is_made_again(ensemble):
    reference = files(ensemble)
    block = ensemble.folder / "results/lens/ensemble/blocks/0_15.npz"
    block.unlink()
    block.write_bytes(b"nothing")
    output = run(ensemble)  # which names the blocks too
    assert "changed or truncated" in output and "reused 17 members" in log(ensemble, "lens", "0_15")
    assert files(ensemble) == reference


def test_a_member_that_fails_is_counted(ensemble):
    # Above 90 cm the points of the lens are out of domain; a broken one is a failure.
    ensemble.config(
        "ensemble:\n  members: 8\n  constraints: [lens]\n  priors: {lens: {b_cm: {uniform: {low: 1, high: 2}}}}\n"
        "  grid: {lens: {a_cm: {values: [1, 95]}}}"
    )
    run_bands(ensemble, constraints=["lens"])
    rows = table(ensemble, "lens/ensemble/bands.csv")
    assert [float(row["x"]) for row in rows] == [1.0]
    ensemble.config(
        "ensemble:\n  members: 8\n  constraints: [lens]\n  priors: {lens: {b_cm: {uniform: {low: 1, high: 3}}}}\n"
        "  grid: {lens: {a_cm: {values: [1, 60]}}}"
    )
    command = ensemble.workflow("results/lens/ensemble/bands.csv", "--cores", "1")
    output = ensemble.run(*command, status=1, LENS_BROKEN="1")
    assert "no limits with the inputs of the config" in output and "Traceback" not in output


def rules(project):
    output = project.snakemake("ensemble", "--dry-run", "--quiet", "host")
    words = [line.split() for line in output.splitlines()]
    found = {word[1].rstrip(":") for word in words if len(word) == 2 and word[0] in ("rule", "localrule")}
    return found - {"ensemble"}
