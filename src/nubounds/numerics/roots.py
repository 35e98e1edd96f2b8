"""Find where a condition changes from true to false, by bisection without assumptions about the function."""

from __future__ import annotations

import math
from collections.abc import Callable


def boundary(
    test: Callable[[float], bool], inside: float, outside: float, steps: int = 60, geometric: bool = False
) -> tuple[float, float]:
    """Bracket the edge between a point where `test` holds and one where it does not.

    Parameters
    ----------
    test : the condition
    inside, outside : points where the condition holds and where it does not, in either order
    steps : number of bisections
    geometric : bisect in the logarithm; both ends must be above 0

    Returns
    -------
    The last point inside and the first outside; with the default of 60 steps they are neighbours in double precision.
    """
    for _ in range(steps):
        middle = math.sqrt(inside * outside) if geometric else 0.5 * (inside + outside)
        inside, outside = (middle, outside) if test(middle) else (inside, middle)
    return inside, outside
