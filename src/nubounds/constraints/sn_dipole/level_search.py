"""Where a signal reaches a level: the smallest or largest coupling d, also next to the tip of a region."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from nubounds.contract import Status

D_RANGE = (1e-24, 1e-4)  # where a limit is looked for [1/MeV]
PER_DECADE = 16
SCANNED = 32  # values of d at a time, at most
FIRST = 4  # and in the beginning
CLEARLY = 1e-6  # below the level, relative
NEARLY = math.log(2.0)  # as high as the highest signal
CLOSED = 1e-10  # how far a signal may be from its level, relative
TIP_ROUNDS = 5  # of a search for a maximum between two values of d: each looks 15 times closer
LOW, LOW_ROUNDS = -0.1, 2  # so many do for one that stays so far below 0
REGION_PER_DECADE = 4  # where both edges are asked for, of signals that are smooth but cost more
REGION_TIP = 9  # values of d of each round there


@dataclass(frozen=True)
class Limit:
    """d [1/MeV] and its error, or None with the reason: there is none (status OK), or it could not be computed.

    highest : where the signal stays below its level, the largest share of it that it reaches
    """

    value: float | None
    error: float | None = None
    note: str = ""
    status: Status = Status.OK
    highest: float | None = None


@dataclass(frozen=True)
class Region:
    """Both edges of what is excluded at one mass.

    lower, upper : the edges;  peak : d [1/MeV] at which the signal is highest (nan where nothing could be computed);
    share : that signal over its level, below 1 where nothing is excluded
    """

    lower: Limit
    upper: Limit
    peak: float = math.nan
    share: float = math.nan


def failed(what: str, status: Status) -> Limit:
    """No limit, because something that it needs could not be computed.

    Parameters
    ----------
    what : what could not be computed, in words
    status : why

    Returns
    -------
    The limit without a value.
    """
    return Limit(None, None, f"the {what} could not be computed: {status.name}", status)


def tip(excess: Callable[[np.ndarray], np.ndarray], a: float, b: float, points: int = SCANNED) -> tuple[float, float]:
    """Place and height of the highest point between a and b, or of the first one found above 0: grids inside grids.

    Parameters
    ----------
    excess : the function, of an array of ln d
    a, b : ends of the interval in ln d
    points : of each grid

    Returns
    -------
    Place and height.
    """
    for done in range(1, TIP_ROUNDS + 1):
        grid = np.linspace(a, b, points)
        values = excess(grid)
        top = int(np.argmax(values))
        if values[top] > 0 or (done >= LOW_ROUNDS and values[top] < LOW):
            break
        a, b = grid[max(top - 1, 0)], grid[min(top + 1, points - 1)]
    return float(grid[top]), float(values[top])


def bracket(
    excess: Callable[[np.ndarray], np.ndarray], grid: np.ndarray, values: np.ndarray, points: int = SCANNED
) -> tuple[Any, Any]:
    """((a, b), (excess at a, at b)) with a the first point along `grid` that is above 0 and b one before it that is
    not, b None if there is none; or the highest point and its height, if it is not above 0.

    The signal may rise above 0 and fall again between two nodes, so each local maximum of the scan is looked at.

    Parameters
    ----------
    excess : the function, of an array of ln d
    grid : nodes in ln d, from the side where the search begins, shape (n,)
    values : excess there, shape (n,)
    points : of the grids that look closer

    Returns
    -------
    Places in ln d, and the excess there; or one place, and the height there.
    """
    above = np.flatnonzero(values > 0)
    first = int(above[0]) if above.size else values.size
    best = (float(grid[np.argmax(values)]), float(values.max()))
    scanned = values[:first]
    maxima = 1 + np.flatnonzero((scanned[1:-1] >= scanned[:-2]) & (scanned[1:-1] > scanned[2:]))
    for i in maxima:
        top, height = tip(excess, grid[i - 1], grid[i + 1], points)
        if height > 0:
            return (top, float(grid[i - 1])), (height, float(values[i - 1]))
        best = max(best, (top, height), key=lambda point: point[1])
    if first == values.size:
        return best
    if first == 0:
        return (float(grid[0]), None), (float(values[0]), None)
    return (float(grid[first]), float(grid[first - 1])), (float(values[first]), float(values[first - 1]))


def shift(error: float, slope: float, bend: float) -> float:
    """How far a root moves when the function does by `error`: error/slope, and more near a tip, where the function
    bends back (or no farther than across it).

    Parameters
    ----------
    error : of the function at the root
    slope : size of the first derivative there
    bend : size of the second derivative, by which it bends back

    Returns
    -------
    Distance to the root of the shifted function.
    """
    inside = slope * slope - 2 * bend * error
    return 2 * error / (slope + math.sqrt(inside)) if inside > 0 else (slope + math.sqrt(2 * bend * error)) / bend


def _ceiling(signal: Callable, grid: np.ndarray, level: float) -> np.ndarray:
    """By how much, in ln, the signal may be above its level at the nodes of a scan; inf where that is not known."""
    if not hasattr(signal, "ceiling"):
        return np.full(grid.size, math.inf)
    with np.errstate(divide="ignore"):
        return np.log(signal.ceiling(np.exp(grid))) + 2 * grid - math.log(level)


def _scan(
    excess: Callable[[np.ndarray], np.ndarray], grid: np.ndarray, ceiling: np.ndarray, whole: bool = False
) -> np.ndarray:
    """Excess at the nodes, no farther than to the first one that is above 0, unless the whole is asked for; if there is
    none, where it may be largest.

    Nodes whose ceiling, and that of their neighbours, is clearly below 0 are left out: -inf.
    """
    heard = ceiling > -CLEARLY
    near = heard.copy()
    near[1:] |= heard[:-1]
    near[:-1] |= heard[1:]
    nodes = np.flatnonzero(near)
    values, done, step = np.full(grid.size, -math.inf), np.zeros(grid.size, bool), FIRST
    for highest in (False, True):
        if highest:
            nodes = np.flatnonzero(~done)
            nodes = nodes[np.argsort(-ceiling[nodes], kind="stable")]
        while nodes.size and not (np.any(values > 0) and (highest or not whole)):
            if highest and ceiling[nodes[0]] < values.max() - NEARLY:
                break
            some, nodes, step = nodes[:step], nodes[step:], min(2 * step, SCANNED)
            values[some], done[some] = excess(grid[some]), True
    return values


def solve(
    signal: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    level: float,
    last: bool = False,
    relative_error: float = 0.0,
    rising: bool = False,
) -> Limit:
    """Smallest (or, with `last`, largest) d with d^2 signal(d) = level.

    A scan in ln d, and a closer look at its maxima, find the bracket, secants close it.

    Parameters
    ----------
    signal : of an array of d [1/MeV], giving (value, error) of the same shape; it may have a method `ceiling`, an
        upper bound of the value that costs little: the scan leaves out where that is below the level
    level : what d^2 signal(d) must reach
    last : whether the largest d is asked for
    relative_error : what is to be added to the signal's error
    rising : whether d^2 signal(d) rises with d, so that the ends of the range are a bracket

    Returns
    -------
    d and its error [1/MeV], or a reason why there is none
    """
    excess, grid = _excess(signal, level), _grid(PER_DECADE)
    if rising:
        grid = grid[[0, -1]]
    if last:
        grid = grid[::-1]

    values = _scan(excess, grid, np.full(2, math.inf) if rising else _ceiling(signal, grid, level))
    if np.any(np.isnan(values) | (values == math.inf)):
        return failed("signal", Status.NOT_FINITE)
    ends, heights = bracket(excess, grid, values)
    if not isinstance(ends, tuple):
        share = math.exp(heights)
        return _below(share)
    return _closed(signal, excess, ends, heights, relative_error)


@cache
def _grid(per_decade: int) -> np.ndarray:
    """Nodes in ln d over the whole range, not to be changed."""
    low, high = np.log(D_RANGE[0]), np.log(D_RANGE[1])
    return np.linspace(low, high, round((high - low) / math.log(10) * per_decade) + 1)


def _excess(signal, level: float) -> Callable[[np.ndarray], np.ndarray]:
    """ln of d^2 signal over its level, as a function of an array of ln d."""

    def excess(log_d):
        with np.errstate(divide="ignore"):  # no signal at all: -inf
            return np.log(signal(np.exp(log_d))[0]) + 2 * log_d - math.log(level)

    return excess


def _below(share: float) -> Limit:
    note = f"the signal stays below the limit for every d (at most {share:.6g} of it)"
    return Limit(None, None, note, highest=share)


def _beyond(d: float) -> Limit:
    return Limit(None, None, f"the signal exceeds the limit up to the edge of the range, d = {d:.3g} per MeV")


def _closed(signal, excess, ends, heights, relative_error: float) -> Limit:
    """The root between the ends of a bracket."""
    (a, b), (fa, fb) = ends, heights
    if b is None:
        return _beyond(math.exp(a))
    side = 0  # of the end that was moved last: the other end counts half if it stays twice (Illinois rule)
    for _ in range(60):
        c = a - fa * (b - a) / (fb - fa)
        if not min(a, b) < c < max(a, b):
            c = 0.5 * (a + b)
        fc = float(excess(np.array([c]))[0])
        if fc > 0:
            a, fa, fb, side = c, fc, fb * (0.5 if side > 0 else 1.0), 1
        else:
            b, fb, fa, side = c, fc, fa * (0.5 if side < 0 else 1.0), -1
        if abs(fc) < CLOSED or abs(a - b) < 1e-11:
            break
    step = 1e-4
    places = np.array([c - step, c, c + step])
    values, errors = signal(np.exp(places))
    below, at, above = (np.log(values) + 2 * places).tolist()
    slope, bend = abs(above - below) / (2 * step), abs(above - 2 * at + below) / step**2
    d = math.exp(c)
    error = d * shift(float(errors[1] / values[1]) + relative_error + CLOSED, slope, bend)
    return Limit(d, error) if math.isfinite(error) else failed("signal", Status.NOT_FINITE)


def region(
    signal: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], level: float, relative_error: float = 0.0
) -> Region:
    """The smallest and the largest d with d^2 signal(d) = level, from one scan, and where the signal is highest.

    Parameters
    ----------
    signal, level, relative_error : as for :func:`solve`

    Returns
    -------
    The edges; an edge beyond the range of d has no value
    """
    excess, grid = _excess(signal, level), _grid(REGION_PER_DECADE)
    values = _scan(excess, grid, _ceiling(signal, grid, level), whole=True)
    if np.any(np.isnan(values) | (values == math.inf)):
        nothing = failed("signal", Status.NOT_FINITE)
        return Region(nothing, nothing)
    found = bracket(excess, grid, values, REGION_TIP)
    if not isinstance(found[0], tuple):
        place, share = math.exp(found[0]), math.exp(found[1])
        return Region(_below(share), _below(share), place, share)
    from_above = bracket(excess, grid[::-1], values[::-1], REGION_TIP)
    edges = []
    for ends, heights in (found, from_above):
        if ends[1] is None:
            edges.append(_beyond(math.exp(ends[0])))
        else:
            edges.append(_closed(signal, excess, ends, heights, relative_error))
    top = max((found[0][0], found[1][0]), _top(excess, grid, values), key=lambda point: point[1])
    return Region(*edges, math.exp(top[0]), math.exp(top[1]))


def _top(excess, grid: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Place and height of the highest point of a scan, looked at once more closely."""
    i = int(np.argmax(values))
    closer = np.linspace(grid[max(i - 1, 0)], grid[min(i + 1, len(grid) - 1)], REGION_TIP)
    return max(zip(closer.tolist(), excess(closer).tolist(), strict=True), key=lambda point: point[1])
