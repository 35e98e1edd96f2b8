"""What a scorecard says: how many statements have which verdict, why, and where in the paper they stand."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from dataclasses import dataclass

from nubounds.files.layout import Layout
from nubounds.steps import scorecard

_PLACE = re.compile(r"(?:Table|Tab\.|Figs?\.|Figure|Eqs?\.|Sec\.|Section|App\.)\s*~?\(?[\w.]+", re.IGNORECASE)
_DECADES = 1.0  # the strip of ratios shows a factor of ten to either side
WIDTH, HEIGHT = 640, 70  # of the strip
EXPLAINED = (scorecard.NOT_REPRODUCED, scorecard.ERRATUM)  # verdicts whose reasons stand on the first page


def read(layout: Layout, name: str) -> list[dict]:
    """The scorecard of a constraint as words, each row with its verdict in one word as ``kind``.

    Parameters
    ----------
    layout : paths of the results
    name : name of the constraint

    Returns
    -------
    Rows of the scorecard, by column.
    """
    with layout.scorecard(name).open(encoding="utf-8", newline="") as file:
        return [row | {"kind": scorecard.KINDS[row["verdict"]]} for row in csv.DictReader(file)]


@dataclass(frozen=True)
class Count:
    """How many statements have a verdict."""

    verdict: str
    kind: str
    count: int


def counts(rows: list[dict]) -> list[Count]:
    """How many statements have which verdict, those without any included."""
    found = Counter(row["verdict"] for row in rows)
    return [Count(verdict, kind, found[verdict]) for verdict, kind in scorecard.KINDS.items()]


@dataclass(frozen=True)
class Reason:
    """Why numbers are not as printed, in words that need no row, and for how many statements it holds."""

    kind: str
    words: str
    count: int


def reasons(rows: list[dict], most: int) -> tuple[list[Reason], int]:
    """The reasons given most often for numbers that are not as printed, and how many statements have others.

    Parameters
    ----------
    rows : rows of the scorecard
    most : how many reasons to tell

    Returns
    -------
    The reasons, most frequent first, and the number of statements with others.
    """
    members: dict[tuple[str, str], list[dict]] = {}
    for row in rows:
        if row["verdict"] in EXPLAINED:
            key = f"not stated: {row['missing']}." if row["missing"] else row["remark"]
            members.setdefault((row["kind"], key), []).append(row)
    ranked = sorted(members.items(), key=lambda pair: -len(pair[1]))
    told = []
    for (kind, words), found in ranked[:most]:
        first = found[0]["where"] if len(found) > 1 else f"{found[0]['item']} ({found[0]['where']})"
        said = f"{first}: {words}"
        told.append(Reason(kind, said, len(found)))
    return told, sum(len(found) for _, found in ranked[most:])


@dataclass(frozen=True)
class Point:
    """A number on the strip of ratios."""

    x: float
    y: float
    ratio: float
    kind: str
    item: str


def _across(value: float) -> float:
    return WIDTH * (0.5 + 0.47 * max(-1.0, min(1.0, math.log10(value) / _DECADES)))


def strip(rows: list[dict]) -> list[Point]:
    """Computed over published for every number that is stated as such (no bound), placed on a log axis."""
    points: list[Point] = []
    for row in rows:
        if row["tolerance"] in scorecard.BOUNDS or not row["ratio"]:
            continue
        ratio = float(row["ratio"])
        if ratio > 0 and math.isfinite(ratio):
            y = 10 + 36 * ((len(points) * 0.618034) % 1)
            points.append(Point(_across(ratio), y, ratio, row["kind"], row["item"]))
    return points


TICKS = {text: _across(float(text)) for text in ("0.1", "0.5", "1", "2", "10")}


def place(where: str) -> str:
    """The table, figure, equation or section that a statement stands in, without the finer words."""
    found = _PLACE.search(where)
    return re.sub(r"[\s~]+", " ", found.group(0)).rstrip(".,").replace("(", "") if found else where


def by_place(rows: list[dict]) -> dict[str, list[dict]]:
    """Statements with a published and a computed number, by their place, where there are at least two."""
    groups: dict[str, list[dict]] = {}
    for row in rows:
        if row["published"] and row["computed"]:
            groups.setdefault(place(row["where"]), []).append(row)
    return {where: members for where, members in groups.items() if len(members) > 1}
