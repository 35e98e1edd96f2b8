"""From the paper to the best, piece by piece: quantities, tables of scans, figures, and what limit files say of it."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pandas
import pytest

import nubounds as nb
from close import close
from nubounds import registry, waterfall
from nubounds.answers import evaluation
from nubounds.constraints.neutron_star.inputs import Capture, Halo, Star
from nubounds.contract import Coordinate, Curve, InputError, Inputs, given
from nubounds.inputs import declare
from nubounds.steps import limits

HOT = {"m_keV": 10, "sin2theta": 1e-9}
TEMPERATURE = "neutron_star.temperature_at_infinity"
PIECES = ["velocities", "capture", "bookkeeping"]
WITH_PIECES = [name for name in registry.names() if "physics" in registry.get(name).axes]


def test_steps_switch_on_one_input_after_another():
    found = nb.constraint("neutron_star").waterfall("temperature_at_infinity", **HOT)
    assert list(found.columns) == ["step", "input", "paper", "best", "value", "ratio"]
    assert list(found["input"]) == ["paper", *PIECES] and list(found["step"]) == [0, 1, 2, 3]
    assert list(found["best"]) == ["", "maxwell", "exponential", "infinity"]
    on, values = {}, [nb.evaluate(TEMPERATURE, **HOT)]
    for row in found.itertuples():
        if row.step:
            on[row.input] = row.best
            values.append(nb.evaluate(TEMPERATURE, **HOT, **on))
    assert list(found["value"]) == values
    assert values[-1] == nb.evaluate(TEMPERATURE, **HOT, preset="best")
    assert found["ratio"].prod() == close(values[-1] / values[0], rel=1e-12)
    assert found.attrs == {"unit": "K", "notes": {}}


def test_what_is_given_stays():
    star = nb.constraint("neutron_star", inputs={"bookkeeping": "undilated"})
    found = star.waterfall("temperature_at_infinity", capture="min", **HOT)
    assert list(found["input"]) == ["paper", "velocities"]
    assert found["value"][0] == nb.evaluate(TEMPERATURE, bookkeeping="undilated", **HOT)


def test_a_study_of_the_best_begins_at_the_paper_too():
    found = nb.constraint("neutron_star", preset="best").waterfall("temperature_at_infinity", **HOT)
    assert found["value"][0] == nb.evaluate(TEMPERATURE, **HOT)
    assert found["value"][3] == nb.evaluate(TEMPERATURE, **HOT, preset="best")


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("temperature_at_infinity", {"preset": "best", **HOT}, "goes from the paper to the best"),
        ("cross_section", {"E_eV": 1e3}, "no input that it depends on has a best value"),
        ("temperature_at_infinity", {"m_keV": [1, 2], "sin2theta": 1e-9}, "needs a single number"),
        ("temperature_at_infinity", {"m_keV": -1, "sin2theta": 1e-9}, "m_keV"),
    ],
    ids=["preset", "no pieces", "array", "refused by the quantity"],
)
def test_refusals(name, arguments, words):
    with pytest.raises(InputError, match=words):
        nb.constraint("neutron_star").waterfall(name, **arguments)


def test_a_limit_that_is_lost_on_the_way_says_why():
    """Full capture heats a star to 2604 K in the paper's bookkeeping, to 2419 K with energy conserved at infinity."""
    found = nb.constraint("neutron_star").waterfall("mixing_limit", T_inf_K=2500, m_keV=10, velocities="single")
    assert list(found["input"]) == ["paper", "capture", "bookkeeping"]
    assert np.isfinite(found["value"][0]) and np.isnan(found["value"][2]) and np.isnan(found["ratio"][2])
    assert "no mixing heats the star to 2500" in found.attrs["notes"][2]


@dataclasses.dataclass(frozen=True)
class Thing(Inputs):
    """Made up."""

    plain: float = given(1.0, meaning="without a best value")
    first: float = given(1.0, meaning="one", best=2.0)
    same: float = given(3.0, meaning="best as it is", best=3.0)
    second: str = given("a", meaning="two", choices=("a", "b", "c"), best="b")


def test_pieces_are_inputs_with_another_best_value():
    inputs = declare.parameters(Thing)
    assert waterfall.pieces(inputs) == ["first", "second"]
    assert waterfall.changes(inputs, "first", {}) == {"first": 2.0, "second": "a"}
    assert waterfall.changes(inputs, "second", {"second": "c"}) == {"first": 2.0}
    assert waterfall.changes(inputs, "paper", {"first": 2.0}, fixed=["second"]) == {"first": 1.0}
    with pytest.raises(InputError, match="third: no piece of physics; valid: paper, first, second"):
        waterfall.changes(inputs, "third", {})


def test_records_at_a_step():
    mine = Thing(plain=5.0)
    assert waterfall.at("configured", mine) == (mine,)
    assert waterfall.at("second", mine) == (Thing(5.0, 2.0, 3.0, "b"),)
    assert waterfall.other_presets(mine) == [("best", "second")]
    assert waterfall.other_presets(Thing(first=2.0)) == [("paper", "paper"), ("best", "second")]
    assert waterfall.other_presets(Thing(first=7.0, second="c")) == []


def test_which_preset_inputs_are():
    inputs = declare.parameters(Thing)
    for mine, name in ((Thing(), "paper"), (Thing(9.0, 2.0, 3.0, "b"), "best"), (Thing(first=2.0), "between")):
        assert waterfall.preset(inputs, mine.as_plain()).startswith(name)
    assert waterfall.preset({}, {}) == "paper"


def test_table_of_a_scan():
    frame = pandas.DataFrame(
        {
            "physics": ["configured", "paper", "first", "second"] * 2,
            "model": ["x"] * 4 + ["y"] * 4,
            "limit": [1.0, 1.0, 2.0, 3.0] + [np.nan] * 4,
        }
    )
    found = waterfall.table(frame, ["model"], "limit")
    assert list(found.columns) == ["model", "step", "physics", "limit", "ratio"]
    assert found["physics"].tolist() == ["paper", "first", "second"] and set(found["model"]) == {"x"}
    assert found["ratio"].tolist()[1:] == [2.0, 1.5] and np.isnan(found["ratio"][0])


@pytest.mark.parametrize("name", WITH_PIECES)
def test_axes_name_all_pieces(name):
    """The choices of the axis `physics` are those of the records that the scan of pieces depends on."""
    constraint = registry.get(name)
    inputs = declare.inputs_of(constraint.scan_functions["pieces"])
    axis = constraint.axes["physics"]
    assert axis["choices"] == ["configured", "paper", *waterfall.pieces(inputs)]
    assert axis["grid"]["paper"]["values"] == axis["choices"]
    assert "waterfall" in constraint.declaration["tables"] and "waterfall" in constraint.declaration["figures"]


def test_the_last_piece_is_the_best_and_the_first_the_paper():
    grid = {"m_keV": {"values": [1.0, 10.0]}, "T_inf_K": {"values": [1000]}, "reading": {"values": ["literal"]}}
    config = {"neutron_star": {"grid": grid}}
    names = [f"heating_literal_1000K{ending}_bottom" for ending in ("", "_best_inputs", "_paper_inputs")]
    found = {}
    for preset in ("paper", "best"):
        study = nb.constraint("neutron_star", config=config, preset=preset)
        found[preset] = {limit.name: limit for limit in study.limits()}
    paper, best = found["paper"], found["best"]
    assert set(names) & set(paper) == set(names[:2]) and set(names) & set(best) == {names[0], names[2]}
    assert paper[names[1]].y.tolist() == best[names[0]].y.tolist()
    assert best[names[2]].y.tolist() == paper[names[0]].y.tolist()
    assert [paper[names[1]].preset, best[names[2]].preset, paper[names[0]].preset] == ["best", "paper", ""]


def curve(**changes):
    axes = Coordinate("m_keV", "keV", "mass"), Coordinate("sin2theta", "1", "mixing")
    return Curve("thing", "a thing", np.array([1.0, 2.0]), np.array([3.0, 4.0]), *axes, **changes)


@pytest.mark.parametrize(
    ("run", "of_curve", "said"),
    [({}, "", ""), ({}, "best", "best"), ({"preset": "best"}, "", "best"), ({"preset": "best"}, "paper", "")],
    ids=["paper", "best beside the paper", "best", "paper beside the best"],
)
def test_limit_files_say_their_preset_where_it_is_not_the_papers(tmp_path, run, of_curve, said):
    source = {"reference": {"arxiv": "1"}, "commit": "c", "config": "f", "inputs_date": "2026-01-01", **run}
    text, content = limits.as_text(curve(preset=of_curve), source), limits.as_json(curve(preset=of_curve), source)
    assert ("preset" in text) == bool(said) and content.get("preset", "") == said
    if said:
        assert text.splitlines()[1].endswith(f", inputs of 2026-01-01, preset {said}")
    (tmp_path / "thing.json").write_text(json.dumps(content))
    assert limits.read(tmp_path / "thing.json")[0].preset == said


def test_on_the_command_line():
    command = [sys.executable, "-m", "nubounds", "waterfall"]
    done = subprocess.run([*command, TEMPERATURE, "m_keV=10", "sin2theta=1e-9"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    head, names, *rows = done.stdout.splitlines()
    assert head == f"{TEMPERATURE} [K]" and names.split() == list(waterfall.COLUMNS)
    assert [row.split()[1] for row in rows] == ["paper", *PIECES]
    assert float(rows[0].split()[-2]) == close(nb.evaluate(TEMPERATURE, **HOT), rel=1e-5)
    wrong = subprocess.run([*command, TEMPERATURE, "m_keV"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "key=value" in wrong.stderr


def test_steps_work_on_records_as_on_quantities():
    """The scan's records at a step give what the quantity gives with the same inputs switched on."""
    quantity = evaluation.find("neutron_star.mixing_limit")
    point = {"T_inf_K": 1000, "m_keV": 10}
    for one in waterfall.steps(evaluation.ask, quantity, point):
        _, halo, capture = waterfall.at(one.input, Star(), Halo(), Capture())
        same = {"velocities": halo.velocities, "capture": capture.capture, "bookkeeping": capture.bookkeeping}
        assert one.value == nb.evaluate("neutron_star.mixing_limit", **point, **same)
