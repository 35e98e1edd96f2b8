"""A curve between its points: straight in a plane of logarithms, or in a linear one where a number is not above 0."""

from __future__ import annotations

import numpy as np


def between(x: np.ndarray, y: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The heights of a rising or falling curve.

    Parameters
    ----------
    x, y : the curve's points, shape (n,); an axis with zero or less is linear
    places : where it is asked for, any shape

    Returns
    -------
    heights : shape of `places`, NaN outside the curve; a point of the curve comes back with all its digits
    own : which places are points of the curve
    """
    if not len(x):
        return np.full(places.shape, np.nan), np.zeros(places.shape, dtype=bool)
    order = np.argsort(x)
    x, y = x[order], y[order]
    inside = (places >= x[0]) & (places <= x[-1])
    safe = np.where(inside, places, x[0])
    scale = np.log if np.all(x > 0) else np.asarray
    heights, back = (np.log(y), np.exp) if np.all(y > 0) else (y, np.asarray)
    found = back(np.interp(scale(safe), scale(x), heights))
    point = np.searchsorted(x, safe)
    own = inside & (x[point] == safe)
    return np.where(inside, np.where(own, y[point], found), np.nan), own
