"""The largest values of functions over an interval, and the edges of what is allowed there.

A walk over a grid finds the brackets; here they are closed, all at once, so that a function of arrays is called a few
times with few places.  The ends of the interval are for the caller to try: they are not brackets.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_PART = 0.5 * (3 - np.sqrt(5))  # of a bracket, on either side of the golden section
_ROUNDS = 60  # of regula falsi; it needs ten


def grid(low: float, high: float, points: int, tolerance: float) -> np.ndarray:
    """Equal steps with one more place close to either end: it tells a maximum just inside from one at the end."""
    return np.concatenate([[low, low + tolerance], np.linspace(low, high, points)[1:-1], [high - tolerance, high]])


def maxima(f: Callable, t: np.ndarray, values: np.ndarray, tolerance: float) -> np.ndarray:
    """Where the functions have their local maxima inside the interval, by golden section.

    Parameters
    ----------
    f : maps places, shape (k,), to the values of all functions, shape (rows, k)
    t : the grid, ascending, shape (n,); see `grid`
    values : f(t), shape (rows, n); -inf where there is nothing
    tolerance : length to which each bracket, two steps of the grid, is closed

    Returns
    -------
    Places, shape (maxima,); a maximum that falls off again before the next place of the grid is not seen.
    """
    middle = values[:, 1:-1]
    row, k = np.nonzero((middle >= values[:, :-2]) & (middle > values[:, 2:]) & np.isfinite(middle))
    if not k.size:
        return np.empty(0)
    here = np.arange(k.size)

    def of_own(places: np.ndarray) -> np.ndarray:
        return f(places)[row, here]

    low, high = t[k], t[k + 2]
    a, b = low + _PART * (high - low), high - _PART * (high - low)
    at_a, at_b = of_own(a), of_own(b)
    while np.max(high - low) > tolerance:
        left = at_a >= at_b  # the maximum lies left of b
        low, high = np.where(left, low, a), np.where(left, b, high)
        new = np.where(left, low + _PART * (high - low), high - _PART * (high - low))
        at_new = of_own(new)
        a, b = np.where(left, new, b), np.where(left, a, new)
        at_a, at_b = np.where(left, at_new, at_b), np.where(left, at_a, at_new)
    return np.where(at_a >= at_b, a, b)


def edges(excess: Callable, t: np.ndarray, values: np.ndarray, tolerance: float = 1e-9) -> np.ndarray:
    """The last allowed place before each edge between allowed and forbidden places of a grid, by regula falsi.

    Parameters
    ----------
    excess : maps places, shape (k,), to values below 0 where they are allowed; continuous
    t : the grid, ascending, shape (n,)
    values : excess(t), shape (n,)
    tolerance : below 0 to which the excess at an edge comes
    """
    k = np.flatnonzero((values[:-1] < 0) != (values[1:] < 0))
    if not k.size:
        return np.empty(0)
    inside = np.where(values[k] < 0, k, k + 1)
    outside = 2 * k + 1 - inside
    within, below, beyond, above = t[inside], values[inside], t[outside], values[outside]
    weight_below, weight_above = below, above  # Illinois: the end that stays counts half
    for _ in range(_ROUNDS):
        if np.all(below > -tolerance):
            break
        middle = (within * weight_above - beyond * weight_below) / (weight_above - weight_below)
        new = excess(middle)
        there = new < 0
        weight_below, weight_above = (
            np.where(there, new, 0.5 * weight_below),
            np.where(there, 0.5 * weight_above, new),
        )
        within, below = np.where(there, middle, within), np.where(there, new, below)
        beyond = np.where(there, beyond, middle)
    return within
