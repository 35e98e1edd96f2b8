"""The posteriors of a config as a target of the workflow."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
results: {folder}/results
allow_outside_files: true
resolution: toy
constraints: [solar_cevns]
"""
POSTERIOR = """
posteriors:
  germanium:
    constraint: solar_cevns
    likelihood: next_generation
    fixed: {m4_MeV: 2, f_hep: 1}
    priors: {mu_muB: {uniform: {low: 0, high: 1.0e-8}}}
    n_live: 100
    n_eff: 300
    n_networks: 0
"""


def run(built_project, folder, more, *options):
    here = type(built_project)(ROOT)
    (folder / "c.yaml").write_text(CONFIG.format(folder=folder) + more)
    return here.nubounds("run", "--config", str(folder / "c.yaml"), "posterior", *options)


def test_the_target_samples_and_draws(built_project, tmp_path):
    output = run(built_project, tmp_path, POSTERIOR, "-n")
    assert "sample_posterior" in output and "draw_posterior" in output and "scan_chunk" not in output


@pytest.mark.slow
def test_the_target_on_two_ranks_and_what_is_left_to_do(built_project, tmp_path):
    pytest.importorskip("nautilus", reason="nautilus-sampler is not installed")
    run(built_project, tmp_path, POSTERIOR, "--", "--set-threads", "sample_posterior=2", "--cores", "2")
    found = {path.name for path in (tmp_path / "results/posterior/germanium").iterdir()}
    chain = {"germanium_1.txt", "germanium.paramnames", "germanium.ranges", "germanium.nc"}
    assert found == chain | {"summary.csv", "corner.pdf", "corner.png"}
    assert "2 ranks" in (tmp_path / "results/logs/posterior/germanium.log").read_text()
    (tmp_path / "results/posterior/germanium/corner.png").write_bytes(b"changed")
    output = run(built_project, tmp_path, POSTERIOR)
    assert "corner.png: changed or truncated since it was written: it will be recomputed" in output
    assert "effective ones" not in output
    assert "Nothing to be done" in run(built_project, tmp_path, POSTERIOR)


@pytest.mark.thorough
def test_without_posteriors_the_target_says_so(built_project, tmp_path):
    assert "no posterior: the config has none" in run(built_project, tmp_path, "")
