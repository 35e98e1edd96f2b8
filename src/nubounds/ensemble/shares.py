"""The share of the members that exclude a point of a plane: a map for every limit.

A closed region is between its two edges in each member.  A branch of a curve that turns back is an edge by itself: its
map says in what share of the members the branch lies on the side of the point that it excludes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nubounds.contract import EDGES, Side
from nubounds.ensemble.sheets import Sheet
from nubounds.steps.limits import no_limit

HEIGHTS = 48  # places along y


@dataclass(frozen=True)
class ShareMap:
    """One limit: `share` of the members that exclude (x, y), shape (len(y), len(x)), and its edges."""

    name: str
    edges: tuple[Sheet, ...]
    x: np.ndarray
    y: np.ndarray
    share: np.ndarray


def maps(sheets: list[Sheet]) -> Iterator[ShareMap]:
    """The maps of all limits; lines exclude nothing, and an edge without its partner bounds nothing."""
    tops = {_region(sheet): sheet for sheet in sheets if sheet.about["side"] == Side.TOP}
    for sheet in sheets:
        side = sheet.about["side"]
        if side == Side.BOTTOM and _region(sheet) in tops:
            yield _region_map(sheet, tops[_region(sheet)])
        elif side not in (*EDGES, Side.LINE):
            y = _heights(sheet.members)
            share = [np.mean(_excluded(sheet.members, height, side), axis=0) for height in y]
            yield ShareMap(sheet.name, (sheet,), sheet.x, y, np.array(share).reshape(len(y), len(sheet.x)))


def _region(sheet: Sheet) -> tuple[str, int]:
    return sheet.about["region"], sheet.branch


def _region_map(bottom: Sheet, top: Sheet) -> ShareMap:
    """Between two edges; where one of them has no place at an x, no member has the region there."""
    x = np.union1d(bottom.x, top.x)
    low, high = (_spread(edge, x) for edge in (bottom, top))
    y = _heights(np.concatenate([low, high]))
    share = [np.mean(_excluded(low, height, Side.UPPER) & _excluded(high, height, Side.LOWER), axis=0) for height in y]
    return ShareMap(bottom.about["region"], (bottom, top), x, y, np.array(share).reshape(len(y), len(x)))


def _spread(edge: Sheet, x: np.ndarray) -> np.ndarray:
    """The members of an edge at the places `x`, which hold its own."""
    members = np.full((len(edge.members), len(x)), no_limit(edge.about["side"]))
    members[:, np.searchsorted(x, edge.x)] = edge.members
    return members


def _excluded(members: np.ndarray, height: float, side: str) -> np.ndarray:
    """Whether each member excludes `height` at each place; where it has no limit it does not."""
    return members >= height if side == Side.LOWER else members <= height


def _heights(members: np.ndarray) -> np.ndarray:
    """Heights from below the lowest to above the highest limit of a member, even in the logarithm where all are > 0."""
    found = members[np.isfinite(members)]
    if not found.size:
        return np.zeros(0)
    low, high = float(found.min()), float(found.max())
    if low > 0:
        margin = (high / low) ** 0.1 if high > low else 2.0
        return np.geomspace(low / margin, high * margin, HEIGHTS)
    margin = 0.1 * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, HEIGHTS)


def rows(found: list[ShareMap]) -> dict[str, np.ndarray]:
    """The columns of ``shares.csv``."""
    parts: dict[str, list] = {name: [] for name in ("curve", "x_name", "x", "y_name", "y", "share")}
    for one in found:
        y, x = (grid.ravel() for grid in np.meshgrid(one.y, one.x, indexing="ij"))
        said = {"curve": one.name} | {f"{axis}_name": one.edges[0].about[f"{axis}_axis"]["name"] for axis in "xy"}
        for name, word in said.items():
            parts[name].append(np.full(len(x), word, dtype=object))
        for name, values in {"x": x, "y": y, "share": one.share.ravel()}.items():
            parts[name].append(values)
    return {name: np.concatenate(values) if values else np.zeros(0) for name, values in parts.items()}
