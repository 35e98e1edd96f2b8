"""Verdicts."""

import pytest

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
    assert scorecard.judge(entry(choice="with that reading"), 2.0) == scorecard.CONTRADICTED
    assert scorecard.judge(entry(), None) == scorecard.CONTRADICTED
    assert scorecard.judge(entry(quantity=""), None) == scorecard.NOT_COMPUTABLE


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('i,w,q.x,"{",,1,1,5%,,', "scorecard.csv:2: Expecting property name"),
        ("i,w,q.x,{},,1,,5%,,", "scorecard.csv:2: a row with a quantity needs a published number"),
        ("i,w,q.x,{},,1,1,nearly,,", "scorecard.csv:2: tolerance 'nearly'"),
    ],
)
def test_malformed_rows_are_named(tmp_path, row, message):
    path = tmp_path / "scorecard.csv"
    path.write_text(f"{HEADER}\n{row}\n")
    with pytest.raises(InputError, match=message):
        scorecard.read(path)


def test_select():
    assert scorecard.select({"a": 1.0}, "a") == 1.0
    assert scorecard.select([1.0, 2.0], "1") == 2.0
    assert scorecard.select([1.0], "4") is None
    assert scorecard.select(3.0, "") == 3.0
