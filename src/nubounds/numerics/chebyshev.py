"""A positive function that is asked for often: its logarithm as Chebyshev polynomials on panels, checked there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

ORDER = 20  # polynomials of a panel
GOOD = 1e-11  # what the last coefficients may be; where they are more, the function itself is asked
LEAST = 1e-250  # smaller values have no logarithm to speak of


class Panels:
    """A function between two ends; called with an array, it gives values to a relative accuracy of 1e-10.

    Parameters
    ----------
    function : from an array of shape (n,) to values, shape (n,), none negative
    low, high : the ends
    count : number of panels

    Notes
    -----
    A panel's error is estimated from its last three coefficients, whose sum is to be below `GOOD`.  In panels where it
    is not, or where the function vanishes, the function is evaluated.
    """

    def __init__(self, function: Callable[[np.ndarray], np.ndarray], low: float, high: float, count: int):
        self.function, self.low, self.count = function, low, count
        self.width = (high - low) / count
        angles = np.pi * (np.arange(ORDER) + 0.5) / ORDER
        places = low + self.width * (np.arange(count)[:, None] + 0.5 * (1.0 + np.cos(angles)))
        values = function(places.ravel()).reshape(count, ORDER)
        usable = (values > LEAST).all(axis=1)
        transform = np.cos(np.outer(angles, np.arange(ORDER))) * (2.0 / ORDER)
        transform[:, 0] *= 0.5
        self.coefficients = np.zeros((count, ORDER))
        self.coefficients[usable] = np.log(values[usable]) @ transform
        self.good = usable & (np.abs(self.coefficients[:, -3:]).sum(axis=1) < GOOD)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Values at `x`, shape (n,)."""
        place = (x - self.low) / self.width
        panel = np.clip(place.astype(int), 0, self.count - 1)
        good = self.good[panel]
        t = 2.0 * (place - panel) - 1.0
        rows = self.coefficients[panel].T
        above, twice = np.zeros_like(t), np.zeros_like(t)
        for row in rows[:0:-1]:  # Clenshaw
            above, twice = row + 2.0 * t * above - twice, above
        value = np.exp(rows[0] + t * above - twice)
        if not good.all():
            value[~good] = self.function(x[~good])
        return value
