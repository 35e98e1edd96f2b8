"""Interpolate a curve between its points: linearly in logarithms, or in the values if some are not above 0."""

from __future__ import annotations

import numpy as np


def between(x: np.ndarray, y: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Interpolate a single-valued curve.

    Parameters
    ----------
    x, y : the curve's points in any order, shape (n,); an axis with a value of zero or less is linear, others
        logarithmic
    places : x values at which to interpolate, any shape

    Returns
    -------
    heights : y values, shape of `places`; NaN outside the curve; at a point of the curve exactly its y
    own : whether each place is a point of the curve, shape of `places`
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
