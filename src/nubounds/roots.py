"""Where something changes from true to false: bisection without assumptions about the function."""

from __future__ import annotations

import math
from collections.abc import Callable


def boundary(
    test: Callable[[float], bool], inside: float, outside: float, steps: int = 60, geometric: bool = False
) -> tuple[float, float]:
    """The edge between `inside`, where `test` holds, and `outside`, where it does not, after `steps` halvings.

    Parameters
    ----------
    geometric : halve the ratio (both ends above 0) instead of the distance

    Returns
    -------
    The last point inside and the first outside; with the default of 60 steps they are neighbours in double precision.
    """
    for _ in range(steps):
        middle = math.sqrt(inside * outside) if geometric else 0.5 * (inside + outside)
        inside, outside = (middle, outside) if test(middle) else (inside, middle)
    return inside, outside
