"""Values of axes, and defaults of keys that a config leaves out."""

import json
from decimal import Context, Decimal

import numpy as np
import pytest

from nubounds import config, registry
from nubounds.config import axes


def test_values_of_a_range():
    assert axes.values({"min": 1, "max": 100, "points": 3}) == [1.0, 10.0, 100.0]
    assert axes.values({"min": 0, "max": 1, "points": 5, "spacing": "linear"}) == [0, 0.25, 0.5, 0.75, 1]
    assert axes.values({"min": 1, "max": 100, "points": 3, "extra": [7, 10]}) == [1.0, 7.0, 10.0, 100.0]
    assert axes.values({"values": ["b", "a"]}) == ["b", "a"]


def test_a_value_between_two_roundings_is_settled_in_decimals():
    """sqrt(high) is close to a tie in the twelfth digit: a floating-point power may land on either side of it."""
    root = Decimal("3.000000000005")
    high = float(root**2)
    exact = Decimal(high).sqrt(Context(prec=40))
    assert abs(exact - root) < 2e-15
    assert axes.values({"min": 1, "max": high, "points": 3})[1] == float(f"{exact:.12g}")
    assert axes.values({"min": 1e-300, "max": 1e300, "points": 3}) == [1e-300, 1.0, 1e300]


def test_a_refined_grid_keeps_its_points():
    coarse, fine = ({"min": 0.01, "max": 1000, "points": points} for points in (101, 401))
    assert set(axes.values(coarse)) <= set(axes.values(fine))


def test_count_is_what_values_has():
    for spec in (
        {"min": 1, "max": 2, "points": 7},
        {"values": [1, 2]},
        {"min": 1, "max": 2, "points": 3, "extra": [9]},
    ):
        assert axes.count(spec) == len(axes.values(spec))


@pytest.mark.parametrize("resolution", ["paper", "toy", "hires"])
def test_the_effective_config_says_the_same_with_all_defaults_written_out(resolution):
    first = config.complete({"resolution": resolution, "points_per_job": 7}, "x")
    again = config.complete(json.loads(json.dumps(first.effective())), "x")
    assert again.sections == first.sections
    assert (again.results, again.user_limits) == (first.results, first.user_limits)


def test_a_sealed_config_is_not_checked_again_until_it_changes(tmp_path, monkeypatch):
    file = tmp_path / "config.json"
    checked = config.complete({"resolution": "toy", "results": "results/x"}, str(file))
    file.write_text(json.dumps(checked.effective()))
    file.with_suffix(config.SEALED).write_text(config.sealed(file, checked.sections))
    looked = []
    monkeypatch.setattr(config.schema, "problems", lambda *_: looked.append(1) or ["looked at"])
    assert config.load(file) == checked and not looked
    file.write_text(file.read_text().replace("results/x", "results/y"))
    with pytest.raises(config.ConfigError, match="looked at"):
        config.load(file)
    file.with_suffix(config.SEALED).write_bytes(b"\xa8\x00")
    with pytest.raises(config.ConfigError, match="looked at"):
        config.load(file)


def test_a_job_looks_at_the_declaration_of_its_own_constraint(tmp_path, monkeypatch):
    first, second = registry.names()[:2]
    file, edited, files = tmp_path / "config.json", tmp_path / "inputs.py", registry.declaring_files
    edited.write_text("")
    monkeypatch.setattr(registry, "declaring_files", lambda name: files(name) | ({edited} if name == first else set()))
    checked = config.complete({"resolution": "toy", "constraints": [first, second]}, str(file))
    file.write_text(json.dumps(checked.effective()))
    file.with_suffix(config.SEALED).write_text(config.sealed(file, checked.sections))
    edited.write_text("# edited")
    looked = []
    monkeypatch.setattr(config, "complete", lambda *_: looked.append(1))
    assert config.load(file, second) == checked and not looked
    for name in (first, None):
        config.load(file, name)
    assert len(looked) == 2


def test_declarations_survive_the_file_beside_a_config(tmp_path):
    file = tmp_path / "config.json"
    file.write_text("{}")
    _, declarations = json.loads(config.sealed(file, registry.names()))
    assert declarations == {constraint.name: constraint.declaration for constraint in registry.all_constraints()}


def test_points_per_job_for_a_scan_a_constraint_or_all():
    name = registry.names()[0]
    scans = list(registry.get(name).scans)
    declared = {scan: registry.get(name).scans[scan]["points_per_job"] for scan in scans}

    def of(**given):
        return config.complete({"constraints": [name], **given}, "x").sections[name].points_per_job

    assert of() == declared
    assert of(points_per_job=5) == dict.fromkeys(scans, 5)
    assert of(points_per_job=5, **{name: {"points_per_job": 6}}) == dict.fromkeys(scans, 6)
    assert of(points_per_job=5, **{name: {"points_per_job": {scans[0]: 7}}}) == dict.fromkeys(scans, 5) | {scans[0]: 7}


def test_numbers_that_the_command_line_keeps_as_strings():
    assert config._numbers({"a": ["1e-5", "wide", "e", "+1E3"], "b": 2**70}) == {
        "a": [1e-5, "wide", "e", 1000.0],
        "b": float(2**70),
    }
    assert np.isinf(config._numbers(10**400))


def test_precision_for_all_and_for_one():
    given = {"precision": "draft", "sn_diffusion": {"inputs": {"precision": "reference"}}}
    sections = config.complete(given, "mine").sections
    assert sections["sn_diffusion"].inputs["precision"] == "reference"
    assert sections["solar_cevns"].inputs["precision"] == "draft"
    assert config.complete({}, "mine").sections["solar_cevns"].inputs["precision"] == "paper"
    with pytest.raises(config.ConfigError, match="precision: 'best' is not one of draft, paper, reference"):
        config.complete({"precision": "best"}, "mine")
