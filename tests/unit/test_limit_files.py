"""Limit files: what they say, that they read back, and that HEPData's own validator accepts the submission."""

import json
import types

import numpy as np
import pytest

from nubounds.contract import Coordinate, Curve, InputError
from nubounds.steps import hepdata, limits

PAPER = {"authors": "A. Nobody", "title": "On nothing", "reference": "unpublished", "arxiv": "0000.00000"}
X = np.array([0.1, 1.0, 10.0])


def curve(name, **fields):
    axes = Coordinate("m4_MeV", "MeV", "sterile mass $m_4$"), Coordinate("mu_muB", "1", "moment $\\mu$")
    return Curve(name, f"label of {name}", X, 1e-9 * X / 3, *axes, **fields)


CURVES = [
    curve("plain", confidence_level="90%", convention="poisson", plane="magnetic_moment", source="Eq. (1)"),
    curve("low", side="bottom", region="island", observed=False),
    curve("high", side="top", region="island", observed=False, assumptions="flavour mu", note="closed"),
]


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A results folder with the limit files and the submission of a made-up constraint."""
    monkeypatch.setattr(
        limits.registry,
        "get",
        lambda name: types.SimpleNamespace(name=name, folders=[tmp_path], declaration={"paper": PAPER}, inputs={}),
    )
    config = types.SimpleNamespace(
        results=tmp_path, sections={"thing": None}, effective=lambda: {"thing": {"inputs": {}, "grid": {}}}
    )
    (tmp_path / "constraint.yaml").write_text("an input")
    limits.write(config, "thing", CURVES, lambda line: None)
    hepdata.write(config, "thing", CURVES, lambda line: None)
    return config


def test_text_has_three_header_lines_with_provenance_and_reads_as_two_columns(written, tmp_path):
    text = (tmp_path / "thing/limits/plain.txt").read_text()
    header = [line for line in text.splitlines() if line.startswith("#")]
    assert len(header) == 3
    assert header[0] == "# label of plain, 90% C.L., observed, upper"
    for word in ("arXiv:0000.00000", "convention: poisson", "commit ", "config ", "inputs of 20"):
        assert word in header[1]
    assert header[2] == "# m4_MeV  mu_muB"
    np.testing.assert_array_equal(np.loadtxt(tmp_path / "thing/limits/plain.txt").T, [X, CURVES[0].y])


def test_a_region_has_a_bottom_and_a_top_file(written, tmp_path):
    assert {path.stem for path in (tmp_path / "thing/limits").glob("*.txt")} == {"plain", "island_bottom", "island_top"}


def test_json_reads_back_with_all_digits(written, tmp_path):
    again, source = limits.read(tmp_path / "thing/limits/island_top.json")
    assert again.name == "high" and again.note == "closed" and not again.observed
    assert again.y.tobytes() == CURVES[2].y.tobytes()
    assert set(source) == {"constraint", "commit", "config", "inputs_date", "reference"}


def test_files_of_curves_that_are_gone_go(written, tmp_path):
    limits.write(written, "thing", CURVES[:1], lambda line: None)
    hepdata.write(written, "thing", CURVES[:1], lambda line: None)
    assert [path.stem for path in limits.files(tmp_path / "thing/limits")] == ["plain"]
    assert {path.name for path in (tmp_path / "thing/limits/hepdata").iterdir()} == {"submission.yaml", "plain.yaml"}


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"name": "x"})])
def test_something_else_is_no_limit_file(tmp_path, content):
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"other.json: (not a limit file|damaged)"):
        limits.read(path)


def test_the_list_names_every_file(written):
    lines = limits.listing(written)
    said = "label of plain; 90% C.L., observed; poisson  [m4_MeV, mu_muB]  3 points"
    assert len(lines) == 3 and said in lines[0] and "projected" in lines[1]


def test_a_table_of_plain_numbers_is_the_text_that_yaml_gives():
    values = [1e-05, 1.5e-300, 1e22, 5e-324, 0.1, -0.0, 3.0, 123456789.0, 1e16, 2.5e-7]
    made = hepdata.table(
        curve("plain", note="with: a colon"), {"commit": "c", "config": "4e5", "inputs_date": "2020-01-01"}
    )
    for variables in made.values():
        variables[0]["values"] = [{"value": value} for value in values]
    assert hepdata.dump_table(made) == hepdata.dump([made])


def test_hepdata_validator_accepts_the_submission(written, tmp_path):
    full = pytest.importorskip(
        "hepdata_validator.full_submission_validator", reason="hepdata-validator is not installed"
    )
    validator = full.FullSubmissionValidator()
    assert validator.validate(directory=str(tmp_path / "thing/limits/hepdata")), validator.get_messages()


def test_a_column_has_words_and_a_unit():
    mass = Coordinate("m4_MeV", "MeV", "sterile mass $m_4$")
    assert hepdata.column(mass) == {"name": "sterile mass $m_4$", "units": "MeV"}
    assert mass.label == "sterile mass $m_4$ [MeV]"
    assert hepdata.column(Coordinate("s", "1", "mixing")) == {"name": "mixing"}
    assert hepdata.column(Coordinate("s", "1", "")) == {"name": "s"}


def test_a_side_that_there_is_not_is_refused_where_the_curve_is_made():
    with pytest.raises(ValueError, match="above"):
        curve("wrong", side="above")


def test_observed_and_projected_are_told_apart(written, tmp_path):
    """In the text, in JSON and in the submission."""
    kinds = {"plain": "90% C.L., observed", "island_top": "no confidence level (a criterion), projected"}
    for stem, kind in kinds.items():
        word = kind.split(", ")[1]
        folder = tmp_path / "thing/limits"
        assert f", {word}, " in (folder / f"{stem}.txt").read_text().splitlines()[0]
        assert json.loads((folder / f"{stem}.json").read_text())["observed"] is (word == "observed")
        assert f"value: {kind}\n" in (folder / f"hepdata/{stem}.yaml").read_text()
        assert word in (folder / "hepdata/submission.yaml").read_text()
