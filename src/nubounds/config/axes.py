"""Axes of a grid as given in a config: a range {min, max, points, spacing, extra} or a list {values}."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from itertools import pairwise

from nubounds.contract import InputError

DIGITS = 12  # to which values are rounded, so that a point is found in the cache again when a grid is refined
RANGE_KEYS = ("min", "max", "points", "spacing")


def check(spec: dict, where: str) -> None:
    """Check an axis.

    Parameters
    ----------
    spec : the range or list, already valid by the schema
    where : place of the axis in the config, for messages

    Raises
    ------
    InputError
        If the range or list is empty, unsorted or contradictory.
    """
    if "values" in spec:
        _check_list(spec, where)
    else:
        _check_range(spec, where)


def _check_list(spec: dict, where: str) -> None:
    for key in RANGE_KEYS:
        if key in spec:
            raise InputError(f"{where}.{key}: an axis has either values or a range (min, max, points), not both")
    listed = spec["values"]
    if isinstance(listed[0], str):
        if len(set(listed)) != len(listed):
            raise InputError(f"{where}.values: duplicate value")
    elif any(b <= a for a, b in pairwise(listed)):
        raise InputError(f"{where}.values: must be strictly ascending")


def _check_range(spec: dict, where: str) -> None:
    for key in ("min", "max", "points"):
        if key not in spec:
            raise InputError(f"{where}.{key}: missing (an axis needs min, max and points, or values)")
    low, high, points = spec["min"], spec["max"], spec["points"]
    if not low < high:
        raise InputError(f"{where}: the range is empty: min {low} is not below max {high}")
    if spec.get("spacing", "log") == "log" and low <= 0:
        raise InputError(f"{where}.min: {low} must be above 0 for log spacing")
    if (high - low) / (points - 1) < 10.0**-DIGITS * max(abs(low), abs(high)):
        raise InputError(f"{where}: {points} points from {low} to {high} are not distinct to {DIGITS} digits")


def count(spec: dict) -> int:
    """Return the number of values of an axis; values given twice are counted twice."""
    return (len(spec["values"]) if "values" in spec else int(spec["points"])) + len(spec.get("extra", ()))


def values(spec: dict) -> list:
    """Return the distinct values of an axis in ascending order, or strings as they are listed."""
    if "values" in spec:
        listed = spec["values"]
        if isinstance(listed[0], str):
            return listed
    else:
        low, high, last = float(spec["min"]), float(spec["max"]), int(spec["points"]) - 1
        if spec.get("spacing", "log") == "log":
            listed = [_log_spaced(low, high, i, last) for i in range(last + 1)]
        else:
            listed = [low + (high - low) * i / last for i in range(last + 1)]
    return sorted({_rounded(value) for value in [*listed, *spec.get("extra", [])]})


def _rounded(value) -> float:
    return float(f"{value:.{DIGITS}g}")


def _log_spaced(low: float, high: float, i: int, last: int) -> float:
    """Return low (high/low)^(i/last) rounded to `DIGITS` digits, the same on every machine.

    The last bit of a power differs between machines.  Where it could decide the last digit, decimals are used.
    """
    value, slack = low * (high / low) ** (i / last), 1e-15 * (1 + math.log(high / low))
    if _rounded(value * (1 - slack)) == _rounded(value * (1 + slack)):
        return _rounded(value)
    with localcontext(prec=40):
        return _rounded(Decimal(low) * ((Decimal(high) / Decimal(low)).ln() * i / last).exp())
