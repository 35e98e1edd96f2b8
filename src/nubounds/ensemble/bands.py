"""Quantiles of every curve over all members, with the sampling error of the median."""

from __future__ import annotations

import math

import numpy as np

from nubounds.ensemble.sheets import Sheet

QUANTILES = {"q025": 0.025, "q160": 0.16, "q500": 0.5, "q840": 0.84, "q975": 0.975}


def between(ordered: np.ndarray, position: float) -> np.ndarray:
    """Ascending columns at a row that need not be a whole number; infinite where it touches an infinite entry."""
    position = min(max(position, 0.0), len(ordered) - 1.0)
    low = int(position)
    rest = position - low
    if rest == 0:
        return ordered[low]
    a, b = ordered[low], ordered[low + 1]
    with np.errstate(invalid="ignore"):
        inner = a + rest * (b - a)
    return np.where(np.isfinite(a) & np.isfinite(b), inner, np.where(np.isfinite(a), b, a))


def quantiles(members: np.ndarray) -> dict[str, np.ndarray]:
    """Quantiles of columns of `members` (members, places), "no limit" as the infinity that it is."""
    ordered = np.sort(members, axis=0)
    return {name: between(ordered, share * len(ordered) - 0.5) for name, share in QUANTILES.items()}


def median_error(members: np.ndarray) -> np.ndarray:
    """Sampling error of the median [68 %]: half the distance of the order statistics that lie a binomial standard
    deviation from it.

    This is the error for independent members.  Those of a Sobol sequence are spread more evenly, so it is an upper
    bound for smooth limits.  NaN where the median has no limit; infinite where one of the two has none.
    """
    ordered, count = np.sort(members, axis=0), len(members)
    step = 0.5 * math.sqrt(count)
    low, high = (between(ordered, 0.5 * count - 0.5 + sign * step) for sign in (-1, 1))
    median = between(ordered, 0.5 * count - 0.5)
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(median), 0.5 * (high - low), np.nan)


def rows(sheets: list[Sheet]) -> dict[str, np.ndarray]:
    """The columns of ``bands.csv``."""
    parts: dict[str, list[np.ndarray]] = {}
    for sheet in sheets:
        count = len(sheet.x)
        said = {"x_name": sheet.about["x_axis"]["name"], "y_name": sheet.about["y_axis"]["name"]}
        columns = {
            "curve": np.full(count, sheet.name, dtype=object),
            "x_name": np.full(count, said["x_name"], dtype=object),
            "x": sheet.x,
            "y_name": np.full(count, said["y_name"], dtype=object),
            "nominal": sheet.nominal,
            **quantiles(sheet.members),
            "error": median_error(sheet.members),
            "members": np.full(count, len(sheet.members)),
            "without_limit": np.sum(~np.isfinite(sheet.members), axis=0),
        }
        for name, values in columns.items():
            parts.setdefault(name, []).append(values)
    return {name: np.concatenate(values) for name, values in parts.items()}
