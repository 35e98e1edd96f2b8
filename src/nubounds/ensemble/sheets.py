"""Curves of all members on a common grid: one number per member and place, infinite where a member has no limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from nubounds.numerics import straight
from nubounds.steps.limits import no_limit

ON_GRID = 0.5  # share of a curve's places that lie on the axis' grid if it is made of the scan's points


@dataclass(frozen=True)
class Sheet:
    """One curve, or one branch of a curve that turns back.

    `nominal` has the shape of `x`, `members` (members, places).  No limit is +inf for what excludes upwards or starts a
    region, -inf for what excludes downwards or ends a region: nothing is excluded there.
    """

    name: str
    about: Mapping[str, Any]
    x: np.ndarray
    nominal: np.ndarray
    members: np.ndarray
    branch: int = 0  # number of a branch, counted from 1

    @property
    def positive(self) -> bool:
        """Whether every number there is lies above 0, so that logarithms are what varies."""
        there = self.members[np.isfinite(self.members)]
        return bool(there.size) and bool(np.all(there > 0))


def branches(x: np.ndarray) -> list[slice]:
    """Parts of a curve in which `x` strictly rises or falls; parts share the places where it turns back."""
    if len(x) < 2:
        return [slice(0, len(x))] if len(x) else []
    sign = np.sign(np.diff(x))
    turns = np.flatnonzero(sign[1:] != sign[:-1]) + 1
    edges = [0, *turns.tolist(), len(x) - 1]
    parts = [slice(low, high + 1) for low, high in pairwise(edges)]
    return [part for part in parts if sign[part.start] != 0] or [slice(0, 1)]


def _at(x: np.ndarray, y: np.ndarray, places: np.ndarray, exact: bool, missing: float) -> np.ndarray:
    """A rising or falling curve at `places`, with `exact` at its own points alone; `missing` elsewhere."""
    heights, own = straight.between(x, y, places)
    there = own if exact else ~np.isnan(heights)
    return np.where(there, heights, missing)


def sheets(
    nominal: Mapping[str, tuple], members: Iterable[Mapping[str, tuple]], grid: Mapping[str, list]
) -> list[Sheet]:
    """The sheets of all curves, in the nominal order, those that only members have by name behind them.

    Parameters
    ----------
    nominal, members : name -> (x, y, what it is), of the nominal member and of all members that came out
    grid : axis -> values; a curve against an axis whose values it has is taken at these values alone

    Returns
    -------
    The sheets; a curve that turns back gives one for each branch.
    """
    members = list(members)
    names = [*nominal, *sorted({name for member in members for name in member} - set(nominal))]
    return [sheet for name in names for sheet in _sheets_of(name, nominal, members, grid)]


def _sheets_of(name: str, nominal: Mapping, members: list[Mapping], grid: Mapping[str, list]) -> list[Sheet]:
    empty = (np.zeros(0), np.zeros(0), {})
    curves = [nominal.get(name, empty), *(member.get(name, empty) for member in members)]
    about = next(said for _, _, said in curves if said)
    parts = [branches(x) for x, _, _ in curves]
    count = max(map(len, parts))
    values = grid.get(about["x_axis"]["name"], [])
    values = np.array([value for value in values if not isinstance(value, str)], dtype=float)
    everywhere = np.concatenate([x for x, _, _ in curves])
    exact = bool(values.size) and bool(np.isin(everywhere, values).mean() >= ON_GRID) if everywhere.size else False
    missing, found = no_limit(about["side"]), []
    for branch in range(count):
        pieces = [
            (x[mine[branch]], y[mine[branch]]) if branch < len(mine) else (np.zeros(0), np.zeros(0))
            for (x, y, _), mine in zip(curves, parts, strict=True)
        ]
        places = values if exact else np.sort(next(x for x, _ in pieces if x.size))
        table = np.array([_at(x, y, places, exact, missing) for x, y in pieces])
        there = np.isfinite(table).any(axis=0)
        title = name if count == 1 else f"{name} [{branch + 1}]"
        number = branch + 1 if count > 1 else 0
        found.append(Sheet(title, about, places[there], table[0, there], table[1:, there], number))
    return [sheet for sheet in found if sheet.x.size]
