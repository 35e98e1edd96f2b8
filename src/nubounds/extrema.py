"""The largest values of functions over an interval, and the edges of what is allowed there.

A walk over a grid finds the brackets; here they are closed, all at once, so that a function of arrays is called a few
times with few places.  The ends of the interval are for the caller to try: they are not brackets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_PART = 0.5 * (3 - np.sqrt(5))  # of a bracket, on either side of the golden section
_PARTS = (1e-12, 1 - 1e-12)  # of a bracket between which the next place lies
_ROUNDS = 100  # of either search; they need ten, and bisection of a bracket in double precision fifty


def grid(low: float, high: float, points: int, tolerance: float) -> np.ndarray:
    """Equal steps with one more place close to either end: it tells a maximum just inside from one at the end."""
    return np.concatenate([[low, low + tolerance], np.linspace(low, high, points)[1:-1], [high - tolerance, high]])


def rise(t: np.ndarray, values: np.ndarray) -> np.ndarray:
    """How much higher than at each of its places a concave curve through the places may be next to it.

    Parameters
    ----------
    t : the grid, ascending, shape (n,), n at least 3
    values : of all functions, shape (rows, n); -inf where there is nothing

    Returns
    -------
    Shape (rows, n): by the two neighbours of a place, or at an end by the next two places; 0 where a neighbour is
    higher, and at an end where the curve would have to be bent twice as much as it is there to turn before it.
    """
    step, found = np.diff(t), np.zeros(values.shape)
    with np.errstate(invalid="ignore"):
        left, right = values[:, 1:-1] - values[:, :-2], values[:, 1:-1] - values[:, 2:]
        found[:, 1:-1] = np.maximum(left * step[1:] / step[:-1], right * step[:-1] / step[1:])
        found[:, 1:-1] = np.where((left >= 0) & (right >= 0), found[:, 1:-1], 0.0)
        for end, first, second, ratio in ((0, 1, 2, step[0] / step[1]), (-1, -2, -3, step[-1] / step[-2])):
            outer, inner = values[:, end] - values[:, first], values[:, first] - values[:, second]
            bend = ratio * inner - outer
            found[:, end] = np.where((outer >= 0) & (bend > outer), bend, 0.0)
    return found


def maxima(
    f: Callable,
    t: np.ndarray,
    values: np.ndarray,
    tolerance: float,
    wanted: np.ndarray | None = None,
    room: float = np.inf,
) -> np.ndarray:
    """Where the functions have their local maxima inside the interval, by Brent's method: parabolas, and the golden
    section where they do not help.

    Parameters
    ----------
    f : maps places, shape (k,), to the values of all functions, shape (rows, k)
    t : the grid, ascending, shape (n,); see `grid`
    values : f(t), shape (rows, n); -inf where there is nothing
    tolerance : how far from the maximum a place may be
    wanted : shape (rows, n): False where a maximum between the neighbours of a place is of no interest
    room : a bracket is given up when its function, risen `room` times as far as a concave one may, would stay below
        the highest value of its row

    Returns
    -------
    Places, shape (maxima,); a maximum that falls off again before the next place of the grid is not seen.
    """
    middle = values[:, 1:-1]
    bracketed = (middle >= values[:, :-2]) & (middle > values[:, 2:]) & np.isfinite(middle)
    row, k = np.nonzero(bracketed if wanted is None else bracketed & wanted[:, 1:-1])
    if not k.size:
        return np.empty(0)
    low, x, high, at_x = t[k], t[k + 1], t[k + 2], values[row, k + 1]
    # w and v are the places second and third in height; `before` is the last step but one
    left_is_w = values[row, k] > values[row, k + 2]
    w, v = np.where(left_is_w, (low, high), (high, low))
    at_w, at_v = np.where(left_is_w, (values[row, k], values[row, k + 2]), (values[row, k + 2], values[row, k]))
    at_low, at_high, best = values[row, k], values[row, k + 2], values.max(axis=1)
    before, step, least = high - low, 0.5 * (high - low), 0.5 * tolerance
    for _ in range(_ROUNDS):
        going = np.abs(x - 0.5 * (low + high)) + 0.5 * (high - low) > tolerance
        if room < np.inf:
            np.maximum.at(best, row, at_x)
            part = (x - low) / (high - x)
            going &= at_x + room * np.maximum((at_x - at_low) / part, (at_x - at_high) * part) >= best[row]
        if not going.any():
            break
        step, before = _next_step(x, at_x, w, at_w, v, at_v, low, high, before, step, least)
        u, at_u = x + step, at_x.copy()
        at_u[going] = f(u[going])[row[going], np.arange(np.count_nonzero(going))]
        first = going & (at_u > at_x)
        second = going & ~first & ((at_u >= at_w) | (w == x))
        third = going & ~first & ~second & ((at_u >= at_v) | (v == x) | (v == w))
        end, rest = np.where(first, x, u), np.where(first, u, x)  # of the bracket, and a place inside it
        at_end = np.where(first, at_x, at_u)
        low, at_low = np.where(going & (end < rest), (end, at_end), (low, at_low))
        high, at_high = np.where(going & (end > rest), (end, at_end), (high, at_high))
        v, at_v = np.where(first | second, (w, at_w), np.where(third, (u, at_u), (v, at_v)))
        w, at_w = np.where(first, (x, at_x), np.where(second, (u, at_u), (w, at_w)))
        x, at_x = np.where(first, (u, at_u), (x, at_x))
    return x


def _next_step(
    x: Any, at_x: Any, w: Any, at_w: Any, v: Any, at_v: Any, low: Any, high: Any, before: Any, step: Any, least: float
) -> Any:
    """Brent's next step from the highest place x, at least `least` long, and the step before it."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        r, q = (x - w) * (at_x - at_v), (x - v) * (at_x - at_w)
        p, q = (x - v) * q - (x - w) * r, 2 * (q - r)
        parabola = -p / q
        good = (np.abs(parabola) < 0.5 * np.abs(before)) & (x + parabola > low) & (x + parabola < high)
    middle = 0.5 * (low + high)
    longer = np.where(x >= middle, low - x, high - x)
    near_end = (x + parabola - low < 2 * least) | (high - x - parabola < 2 * least)
    parabola = np.where(near_end, np.copysign(least, middle - x), parabola)
    move = np.where(good, parabola, _PART * longer)
    move = np.where(np.abs(move) < least, np.copysign(least, move), move)
    return move, np.where(good, step, longer)


def crossings(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The neighbours on a grid of which one is allowed (a value below 0) and the other is not.

    Parameters
    ----------
    values : shape (rows, n)

    Returns
    -------
    (row, index of the allowed place, index of the forbidden one) of every edge.
    """
    row, k = np.nonzero((values[:, :-1] < 0) != (values[:, 1:] < 0))
    inside = np.where(values[row, k] < 0, k, k + 1)
    return row, inside, 2 * k + 1 - inside


def edges(excess: Callable, t: np.ndarray, values: np.ndarray, tolerance: float = 1e-9) -> np.ndarray:
    """The last allowed place before each edge between allowed and forbidden places of a grid.

    Parameters
    ----------
    excess : maps places, shape (k,), to values below 0 where they are allowed; continuous
    t : the grid, ascending, shape (n,)
    values : excess(t), shape (n,)
    tolerance : below 0 to which the excess at an edge comes
    """
    _, inside, outside = crossings(values[None, :])
    return closed(lambda places, _: excess(places), t[inside], values[inside], t[outside], values[outside], tolerance)


def closed(
    excess: Callable, inside: np.ndarray, below: np.ndarray, outside: np.ndarray, above: np.ndarray, tolerance: float
) -> np.ndarray:
    """The last allowed place between `inside`, where the excess is `below` 0, and `outside`, where it is `above`.

    Chandrupatla's method (Adv. Eng. Software 28 (1997) 145): inverse quadratic interpolation, and bisection where it
    does not help.  All arrays have the shape (k,).

    Parameters
    ----------
    excess : maps places and the indices of their brackets to the excess; continuous
    tolerance : below 0 to which the excess comes
    """
    # what is sought is the middle of the tolerance, so that it does not matter from which side it is found
    aim = 0.5 * tolerance
    a, at_a, b, at_b = inside, below + aim, outside, above + aim
    part = np.clip(at_a / (at_a - at_b), *_PARTS)
    found, searched = a.copy(), np.flatnonzero(np.abs(at_a) >= aim)
    a, at_a, b, at_b, part = (each[searched] for each in (a, at_a, b, at_b, part))
    for _ in range(_ROUNDS):
        if not searched.size:
            break
        x = a + part * (b - a)
        at_x = excess(x, searched) + aim
        same = (at_x < 0) == (at_a < 0)
        c, at_c = np.where(same, a, b), np.where(same, at_a, at_b)
        b, at_b = np.where(same, b, a), np.where(same, at_b, at_a)
        a, at_a = x, at_x
        there = np.abs(at_x) < aim
        found[searched] = np.where(at_a < aim, a, b)
        searched, keep = searched[~there], ~there
        a, at_a, b, at_b, c, at_c = (each[keep] for each in (a, at_a, b, at_b, c, at_c))
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            xi, phi = (a - b) / (c - b), (at_a - at_b) / (at_c - at_b)
            quadratic = at_a / (at_b - at_a) * at_c / (at_b - at_c)
            quadratic += (c - a) / (b - a) * at_a / (at_c - at_a) * at_b / (at_c - at_b)
            part = np.where((phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi), np.clip(quadratic, *_PARTS), 0.5)
    return found
