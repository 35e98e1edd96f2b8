"""How many N leave by all ways out together, as a function of the coupling: a sum over places and directions.

Everything is per d^2: N leave with e^(-d^2 depth).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nubounds.kernels import sn_dipole_matter

DEPTH_STEP = 0.1  # of bins in ln(optical depth)
SHARES, SHARE_STEP = 24, 1.0  # couplings at which the share of N that leave is kept, and their distance in ln d
SMALLEST = 1e-300


@dataclass(frozen=True, eq=False)
class WaysOut:
    """Ways out of a star, each with what is made there.

    sources : what each place adds to dN/dE [MeV], shape (places, momenta);  depths : tau/d^2 from there in some
    directions [MeV^2], shape (places, directions, momenta);  shares : of the directions, shape (directions,)
    """

    sources: np.ndarray
    depths: np.ndarray
    shares: np.ndarray

    def spectrum(self, d: float) -> np.ndarray:
        """dN/dE [MeV] per d^2 of N that leave at one d [1/MeV], shape (momenta,), kept for the next probe."""
        if d not in self._spectra:
            sources, depths = self._bins
            self._spectra[d] = sn_dipole_matter.leaving(sources, depths[:, None], np.ones(1), d**2)
        return self._spectra[d]

    @cached_property
    def _spectra(self) -> dict[float, np.ndarray]:
        return {}

    @cached_property
    def _bins(self) -> tuple[np.ndarray, np.ndarray]:
        """Sources and depths in bins of ln(depth), shape (rows, momenta): two depths in each bin with the mean and the
        variance of all, so that e^(-depth) is right to (depth DEPTH_STEP)^4/4000.
        """
        momenta = self.sources.shape[1]
        sources = (self.sources[:, None] * self.shares[:, None]).reshape(-1, momenta)
        depths = self.depths.reshape(sources.shape)
        numbers = np.floor(np.log(np.maximum(depths, SMALLEST)) / DEPTH_STEP).astype(int)
        first, last = int(numbers.min()), int(numbers.max())
        size = last - first + 1
        relative = depths / np.exp((numbers + 0.5) * DEPTH_STEP)
        place = ((numbers - first) + size * np.arange(momenta)).ravel()
        total, mean, square = (
            np.bincount(place, (sources * relative**power).ravel(), size * momenta).reshape(-1, size).T
            for power in (0, 1, 2)
        )
        some = np.maximum(total, SMALLEST)
        mean, square = mean / some, square / some
        spread, middle = (
            np.sqrt(np.maximum(square - mean**2, 0.0)),
            np.exp((np.arange(first, last + 1) + 0.5) * DEPTH_STEP),
        )
        rows = np.any(total > 0, axis=1)
        pairs = [middle[:, None] * (mean + sign * spread) for sign in (-1, 1)]
        halves = np.concatenate([0.5 * total[rows]] * 2)
        return halves, np.ascontiguousarray(np.concatenate([pair[rows] for pair in pairs]))

    @cached_property
    def free_below(self) -> float:
        """d [1/MeV] below which all N leave, to 1e-6."""
        return math.sqrt(1e-6 / max(float(self.depths.max()), SMALLEST))

    def most_left(self, d) -> np.ndarray:
        """An upper bound of the share of N of any energy that leave at couplings d [1/MeV], shape (n,): it falls with
        d, so that at a few smaller d serves.
        """
        some, shares = self._most
        return shares[np.maximum(np.searchsorted(some, d, side="right") - 1, 0)]

    @cached_property
    def _most(self) -> tuple[np.ndarray, np.ndarray]:
        some = self.free_below * np.exp(SHARE_STEP * np.arange(SHARES))
        made = np.maximum(self.sources.sum(0), SMALLEST)
        spectra = np.array([self.spectrum(d) for d in some[1:].tolist()])
        return some, np.append(1.0, (spectra / made).max(axis=1))
