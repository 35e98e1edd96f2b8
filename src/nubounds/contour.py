"""From values on a grid to boundaries: crossings of a level along a line, edges of a region in a plane, contour lines
of a map.
"""

from __future__ import annotations

import numpy as np


def crossings(x, values, level: float, *, log_x: bool = True, log_values: bool = False) -> list[float]:
    """All x where `values` crosses `level`, by linear interpolation between neighbours (in ln x if `log_x`), ascending.

    Parameters
    ----------
    x, values : arrays of shape (n,), x ascending; a pair of neighbours with a value that is not finite is skipped.
    log_values : interpolate ln(values) against ln(level) instead, for values that are powers of x.
    """
    u = np.log(x) if log_x else np.asarray(x, float)
    v = np.log(values) - np.log(level) if log_values else np.asarray(values, float) - level
    found = []
    for i in range(len(u) - 1):
        a, b = v[i], v[i + 1]
        if not (np.isfinite(a) and np.isfinite(b)):
            continue
        if a == 0.0:
            found.append(u[i])
        elif a * b < 0.0:
            found.append(u[i] + (u[i + 1] - u[i]) * a / (a - b))
    if len(v) and v[-1] == 0.0:
        found.append(u[-1])
    return [float(np.exp(value)) if log_x else float(value) for value in found]


def edges(x, y, values, level: float, *, log_y: bool = True, log_values: bool = False):
    """Lower and upper edge in y of the region where `values` exceeds `level`, for every x.

    Parameters
    ----------
    x : shape (m,);  y : shape (n,), ascending;  values : shape (m, n)

    Returns
    -------
    (x_bottom, bottom, x_top, top)
        The x that have that edge, and the edge: the first crossing from below, the last crossing from above.
    """
    bottom, top = [], []
    for position, row in zip(x, np.asarray(values, float), strict=True):
        found = crossings(y, row, level, log_x=log_y, log_values=log_values)
        if not found:
            continue
        finite = row[np.isfinite(row)]
        if finite[0] <= level:
            bottom.append((position, found[0]))
        if finite[-1] <= level:
            top.append((position, found[-1]))
    split = [np.array([pair[k] for pair in pairs], dtype=float) for pairs in (bottom, top) for k in (0, 1)]
    return tuple(split)


def contour_lines(x, y, values, level: float, *, log: bool = True) -> list[tuple[np.ndarray, np.ndarray]]:
    """Lines on which `values` (shape (len(y), len(x))) equals `level`: a list of (x, y) arrays, longest first."""
    from contourpy import contour_generator

    u, v = (np.log(x), np.log(y)) if log else (np.asarray(x, float), np.asarray(y, float))
    masked = np.ma.masked_invalid(np.asarray(values, float))
    lines = contour_generator(u, v, masked).lines(level)
    lines.sort(key=len, reverse=True)
    return [tuple(np.exp(line.T)) if log else tuple(line.T) for line in lines]
