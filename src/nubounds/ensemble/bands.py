"""Quantiles of every curve over all members, with their sampling errors."""

from __future__ import annotations

import math

import numpy as np

from nubounds.ensemble.sheets import Sheet

QUANTILES = {"q025": 0.025, "q160": 0.16, "q500": 0.5, "q840": 0.84, "q975": 0.975}
PARTS, LEAST_PART = 8, 8  # of the sequence, and members in one
STUDENT = 1.077  # 68 % of Student's distribution for PARTS - 1 degrees of freedom


def between(ordered: np.ndarray, position: float) -> np.ndarray:
    """Ascending columns at a row that need not be a whole number; infinite where it touches an infinite entry.

    Parameters
    ----------
    ordered : shape (rows, columns), each column ascending
    position : the row, counted from 0; clipped to the rows that there are

    Returns
    -------
    One row, shape (columns,).
    """
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
    """Sampling error of the median [68 %], from the scatter of the medians of `PARTS` parts of the sequence.

    The error is that of independent parts, which those of a scrambled sequence nearly are where several inputs matter;
    it is no smaller than the distance of the members next to the median.  For few members, or parts without a limit:
    half the distance of the order statistics that lie a binomial standard deviation from the median.  NaN where the
    median has no limit; infinite where one of the two has none.
    """
    count = len(members)
    ordered, step = np.sort(members, axis=0), 0.5 * math.sqrt(count)
    low, high = (between(ordered, 0.5 * count - 0.5 + sign * step) for sign in (-1, 1))
    with np.errstate(invalid="ignore"):
        error = np.where(np.isfinite(between(ordered, 0.5 * count - 0.5)), 0.5 * (high - low), np.nan)
    if count < PARTS * LEAST_PART:
        return error
    medians = np.array([_median(part) for part in np.array_split(members, PARTS)])
    with np.errstate(invalid="ignore"):
        scatter = STUDENT * np.std(medians, axis=0, ddof=1) / math.sqrt(PARTS)
        spacing = 0.5 * (between(ordered, 0.5 * count + 0.5) - between(ordered, 0.5 * count - 1.5))
        scatter = np.hypot(scatter, spacing)
    return np.where(np.isfinite(medians).all(axis=0), scatter, error)


def quantile_errors(members: np.ndarray) -> dict[str, np.ndarray]:
    """Sampling errors of the quantiles [68 %], the median's from :func:`median_error`.

    Of the others: the larger distance to the order statistics that lie a binomial standard deviation away, the error of
    independent members, which those of a scrambled sequence do not exceed.  NaN where the quantile is no limit, and
    where there are too few members for such order statistics (fewer than about 80 for a share of 2.5 %); infinite where
    one of them has no limit.
    """
    count, ordered = len(members), np.sort(members, axis=0)
    errors = {}
    for name, share in QUANTILES.items():
        middle, step = share * count - 0.5, math.sqrt(count * share * (1 - share))
        found = between(ordered, middle)
        known = np.isfinite(found) & (middle - step >= 0) & (middle + step <= count - 1)
        with np.errstate(invalid="ignore"):
            ways = [np.abs(between(ordered, middle + sign * step) - found) for sign in (-1, 1)]
        errors[name] = np.where(known, np.maximum(*ways), np.nan)
    return errors | {"q500": median_error(members)}


def _median(members: np.ndarray) -> np.ndarray:
    return between(np.sort(members, axis=0), 0.5 * len(members) - 0.5)


def columns_of(sheet: Sheet) -> dict[str, np.ndarray]:
    """What a band says at every place of a sheet: quantiles and their errors, members, and those without a limit."""
    errors = quantile_errors(sheet.members)
    return {
        **quantiles(sheet.members),
        "error": errors["q500"],
        "members": np.full(len(sheet.x), len(sheet.members)),
        "without_limit": np.sum(~np.isfinite(sheet.members), axis=0),
        **{f"{name}_error": values for name, values in errors.items() if name != "q500"},
    }


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
            **columns_of(sheet),
        }
        for name, values in columns.items():
            parts.setdefault(name, []).append(values)
    return {name: np.concatenate(values) for name, values in parts.items()}
