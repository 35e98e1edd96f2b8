"""Verdicts."""

import pytest

from close import close
from nubounds import cli
from nubounds.contract import InputError
from nubounds.steps import scorecard

HEADER = ",".join(scorecard.SOURCE_COLUMNS)


@pytest.mark.parametrize(
    ("computed", "published", "tolerance", "expected"),
    [
        (1.04, 1.0, "5%", True),
        (1.0499, 1.0, "5%", True),
        (1.0501, 1.0, "5%", False),
        (-1.04, -1.0, "5%", True),
        (1.0, 0.0, "x3", False),
        (0.4, 1.0, "x3", True),
        (0.3, 1.0, "x3", False),
        (-1.0, 1.0, "x3", False),
        (10.4, 10.0, "+-0.5", True),
        (10.6, 10.0, "+-0.5", False),
        (0.9, 1.0, "<", True),
        (1.1, 1.0, "<", False),
        (1.1, 1.0, ">", True),
        (0.9, 1.0, ">", False),
    ],
)
def test_agrees(computed, published, tolerance, expected):
    assert scorecard.agrees(computed, published, tolerance) is expected


def test_unreadable_tolerance():
    with pytest.raises(InputError, match="tolerance 'about' must be like"):
        scorecard.agrees(1.0, 1.0, "about")


def entry(**changes):
    fields = dict(
        item="i",
        where="w",
        quantity="q",
        args={},
        component="",
        unit="1",
        published=1.0,
        tolerance="5%",
        choice="",
        remark="",
    )
    return scorecard.Entry(**(fields | changes))


def test_judge():
    assert scorecard.judge(entry(), 1.0) == scorecard.REPRODUCED
    assert scorecard.judge(entry(choice="with that reading"), 1.0) == scorecard.BY_CHOICE
    assert scorecard.judge(entry(choice="with that reading"), 2.0) == scorecard.NOT_REPRODUCED
    assert scorecard.judge(entry(), None) == scorecard.NOT_REPRODUCED
    assert scorecard.judge(entry(quantity=""), None) == scorecard.NOT_COMPUTABLE


@pytest.mark.parametrize("tolerance", ["<", "x3"])
def test_a_bound_that_holds_reproduces_no_number(tolerance):
    assert scorecard.judge(entry(tolerance=tolerance), 0.7) == scorecard.HOLDS
    assert scorecard.judge(entry(tolerance=tolerance, choice="so read"), 0.7) == scorecard.HOLDS
    assert scorecard.judge(entry(tolerance=tolerance), 7.0) == scorecard.NOT_REPRODUCED


def test_an_erratum_needs_the_derived_number_to_come_out():
    wrong = entry(correct="2.17 1%", remark="density of fermions")
    assert scorecard.judge(wrong, 2.175) == scorecard.ERRATUM
    assert scorecard.judge(wrong, 2.3) == scorecard.NOT_REPRODUCED  # neither the paper's number nor the derivation's
    assert scorecard.judge(wrong, 1.0) == scorecard.REPRODUCED  # the paper was right after all
    assert scorecard.judge(entry(correct="2.17"), 2.1749) == scorecard.ERRATUM  # within its own digits
    assert scorecard.judge(entry(correct="2.17"), 2.1751) == scorecard.NOT_REPRODUCED


@pytest.mark.parametrize(
    ("printed", "half"), [("12.3", 0.05), ("12", 0.5), ("1.23e-7", 5e-10), ("0.30", 0.005), ("4e38", 5e37), ("", 0.0)]
)
def test_the_last_printed_digit(printed, half):
    assert scorecard.last_digit(printed) == close(half)


def test_a_number_that_rounds_to_the_printed_one_is_reproduced():
    rounded = entry(published=3.42, tolerance="digits", digits=scorecard.last_digit("3.42"))
    assert scorecard.judge(rounded, 3.4249) == scorecard.REPRODUCED
    assert scorecard.judge(rounded, 3.4251) == scorecard.NOT_REPRODUCED


def test_changed_new_and_vanished_verdicts_are_lines(tmp_path):
    rows = [
        dict.fromkeys(scorecard.COLUMNS, "") | {"item": item, "where": "p. 1", "verdict": verdict}
        for item, verdict in (("same", "reproduced"), ("worse", "not reproduced"), ("new", "erratum"))
    ]
    old = [rows[0], rows[1] | {"verdict": "reproduced"}, rows[2] | {"item": "gone"}]
    (tmp_path / "old.csv").write_text(scorecard.to_csv(old))
    assert scorecard.changes(rows, scorecard.verdicts(tmp_path / "old.csv")) == [
        "worse (p. 1): reproduced before, not reproduced now",
        "gone (p. 1): erratum before, not there now",
        "new (p. 1): not there before, erratum now",
    ]
    assert scorecard.changes(old, scorecard.verdicts(tmp_path / "old.csv")) == []
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"other\.csv: no scorecard of nubounds"):
        scorecard.verdicts(tmp_path / "other.csv")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('i,w,q.x,"{",,1,1,5%,,', "scorecard.csv:2: Expecting property name"),
        ("i,w,q.x,{},,1,,5%,,", "scorecard.csv:2: a row with a quantity needs a published number"),
        ("i,w,q.x,{},,1,1,nearly,,", "scorecard.csv:2: tolerance 'nearly'"),
        ("i,w,q.x,{},,1,1,5%,,,two,", "scorecard.csv:2: correct 'two' must be a number and a tolerance"),
    ],
)
def test_malformed_rows_are_named(tmp_path, row, message):
    path = tmp_path / "scorecard.csv"
    extra = ",correct,missing" if row.endswith("two,") else ""
    path.write_text(f"{HEADER}{extra}\n{row}\n")
    with pytest.raises(InputError, match=message):
        scorecard.read(path)


def test_select():
    assert scorecard.select({"a": 1.0}, "a") == 1.0
    assert scorecard.select([1.0, 2.0], "1") == 2.0
    assert scorecard.select([1.0], "4") is None
    assert scorecard.select(3.0, "") == 3.0


def test_the_program_fails_where_a_verdict_changes(tmp_path, capsys, monkeypatch):
    config, results = tmp_path / "c.yaml", tmp_path / "results/neutron_star/scorecard.csv"
    config.write_text(f"constraints: [neutron_star]\nresults: {tmp_path}/results\nallow_outside_files: true\n")
    command = ["scorecard", "neutron_star", "--config", str(config)]
    rows = [dict.fromkeys(scorecard.COLUMNS, "") | {"item": "a", "where": "p. 1", "verdict": "reproduced"}]
    monkeypatch.setattr(scorecard, "compute", lambda name: rows)
    assert cli.main([*command, "--fail-on", "changed"]) == 2
    assert "no scorecard to compare with" in capsys.readouterr().err
    assert cli.main(command) == 0
    assert cli.main([*command, "--fail-on", "changed"]) == 0
    kept = tmp_path / "kept.csv"
    kept.write_text(results.read_text())
    rows[0]["verdict"] = "not reproduced"
    assert cli.main([*command, "--fail-on", "changed"]) == 1
    assert "a (p. 1): reproduced before, not reproduced now" in capsys.readouterr().out
    assert cli.main([*command, "--fail-on", "changed"]) == 0  # that is the last one now
    assert cli.main([*command, "--fail-on", "changed", "--against", str(kept)]) == 1
