"""Find where a condition changes from true to false, by bisection without assumptions about the function."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np


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


def boundaries(
    test: Callable[[np.ndarray], np.ndarray],
    inside: np.ndarray,
    outside: np.ndarray,
    steps: int = 60,
    geometric: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """As :func:`boundary`, of many edges with one call of `test` for all of them.

    Parameters
    ----------
    test : the condition at points of shape (n,), each by itself; gives flags of shape (n,)
    inside, outside : shape (n,), points where the condition holds and where it does not, in either order
    steps : number of bisections
    geometric : bisect in the logarithm; both ends must be above 0

    Returns
    -------
    The last points inside and the first outside, each with the digits that it has alone, shape (n,).
    """
    for _ in range(steps):
        middle = np.sqrt(inside * outside) if geometric else 0.5 * (inside + outside)
        if np.all((middle == inside) | (middle == outside)):  # neighbours: nothing would change any more
            break
        holds = test(middle)
        inside, outside = np.where(holds, middle, inside), np.where(holds, outside, middle)
    return inside, outside
