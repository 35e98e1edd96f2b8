"""Find local maxima of functions over an interval, and the edges of the allowed parts of an interval.

A scan over a grid finds the brackets.  All brackets are then refined together, so that a function of arrays is called
a few times with a few points.  The ends of the interval are not brackets; the caller must evaluate them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_PART = 0.5 * (3 - np.sqrt(5))  # smaller fraction of a golden section
_PARTS = (1e-12, 1 - 1e-12)  # range of the next point, as a fraction of the bracket
_ROUNDS = 100  # iteration limit; a search needs about ten, bisection down to double precision fifty


def grid(low: float, high: float, points: int, tolerance: float) -> np.ndarray:
    """Return an equidistant grid with an extra point close to each end.

    The extra points tell a maximum just inside the interval from one at its end.

    Parameters
    ----------
    low, high : ends of the interval
    points : number of equidistant points, ends included
    tolerance : distance of the extra points from the ends

    Returns
    -------
    The grid, ascending, shape (points + 2,).
    """
    return np.concatenate([[low, low + tolerance], np.linspace(low, high, points)[1:-1], [high - tolerance, high]])


def rise(t: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Bound how far concave functions may rise above their values at the grid points, next to each point.

    Parameters
    ----------
    t : the grid, ascending, shape (n,), n at least 3
    values : values of the functions, shape (rows, n); -inf where a function is undefined

    Returns
    -------
    Bounds on the rise, shape (rows, n), from the two neighbours of a point, or from the next two points at an end.
    0 where a neighbour is higher, and at an end where the curve would need twice its local curvature to turn over
    before the end.
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
    """Find the local maxima of functions inside an interval by Brent's method.

    Brent's method interpolates by parabolas and falls back to the golden section.

    Parameters
    ----------
    f : maps points, shape (k,), to the values of all functions, shape (rows, k)
    t : the grid, ascending, shape (n,); see `grid`
    values : f(t), shape (rows, n); -inf where a function is undefined
    tolerance : maximum distance of a returned point from the true maximum
    wanted : shape (rows, n); False where a maximum between the neighbours of a point is of no interest
    room : a bracket is abandoned if its function would stay below the highest value of its row even after rising
        `room` times as far as a concave function may

    Returns
    -------
    Positions of the maxima, shape (maxima,).  A maximum narrower than the grid spacing can be missed.
    """
    middle = values[:, 1:-1]
    bracketed = (middle >= values[:, :-2]) & (middle > values[:, 2:]) & np.isfinite(middle)
    row, k = np.nonzero(bracketed if wanted is None else bracketed & wanted[:, 1:-1])
    if not k.size:
        return np.empty(0)
    low, x, high, at_x = t[k], t[k + 1], t[k + 2], values[row, k + 1]
    # w and v are the second and third highest points; `before` is the last step but one
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
        end, rest = np.where(first, x, u), np.where(first, u, x)  # new end of the bracket, and a point inside it
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
    """Return Brent's next step from the highest point x, at least `least` long, and the previous step."""
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
    """Find neighbouring grid points of which one is allowed (value below 0) and the other is not.

    Parameters
    ----------
    values : shape (rows, n)

    Returns
    -------
    Row, index of the allowed point and index of the forbidden point of every edge, each of shape (edges,).
    """
    row, k = np.nonzero((values[:, :-1] < 0) != (values[:, 1:] < 0))
    inside = np.where(values[row, k] < 0, k, k + 1)
    return row, inside, 2 * k + 1 - inside


def edges(excess: Callable, t: np.ndarray, values: np.ndarray, tolerance: float = 1e-9) -> np.ndarray:
    """Find the last allowed point before each edge between allowed and forbidden points of a grid.

    Parameters
    ----------
    excess : continuous function of points, shape (k,); below 0 where they are allowed
    t : the grid, ascending, shape (n,)
    values : excess(t), shape (n,)
    tolerance : the excess at a returned point lies between minus `tolerance` and 0

    Returns
    -------
    The edges, shape (edges,).
    """
    _, inside, outside = crossings(values[None, :])
    return closed(lambda places, _: excess(places), t[inside], values[inside], t[outside], values[outside], tolerance)


def closed(
    excess: Callable, inside: np.ndarray, below: np.ndarray, outside: np.ndarray, above: np.ndarray, tolerance: float
) -> np.ndarray:
    """Find the last allowed point between an allowed and a forbidden one, for many brackets at once.

    Parameters
    ----------
    excess : continuous function of points and of the indices of their brackets, each of shape (m,), m at most k
    inside, outside : allowed and forbidden ends of the brackets, shape (k,)
    below, above : the excess at these ends, below 0 and not below 0, shape (k,)
    tolerance : the excess at a returned point lies between minus `tolerance` and 0

    Returns
    -------
    The edges, shape (k,).

    References
    ----------
    T. R. Chandrupatla, Adv. Eng. Software 28 (1997) 145: inverse quadratic interpolation with bisection as a fallback.
    """
    # aim at the middle of the tolerance, so that it does not matter from which side the edge is approached
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
