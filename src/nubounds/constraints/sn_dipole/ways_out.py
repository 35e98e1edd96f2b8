"""How many N leave by all ways out together, as a function of the coupling: a sum over places and directions.

Everything is per d^2: N leave with e^(-d^2 depth).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nubounds.constraints.sn_dipole.constants import SMALLEST
from nubounds.kernels import sn_dipole_escape

DEPTH_STEP = 0.1  # of bins in ln(optical depth)
SHARES, SHARE_STEP = 24, 1.0  # couplings at which the share of N that leave is kept, and their distance in ln d


@dataclass(frozen=True, eq=False)
class WaysOut:
    """Ways out of a star, each with what is made there.

    sources : what each place adds to dN/dE [MeV], shape (places, momenta);  depths : tau/d^2 from there in some
    directions [MeV^2], shape (places, directions, momenta);  shares : of the directions, shape (directions,)
    """

    sources: np.ndarray
    depths: np.ndarray
    shares: np.ndarray

    def spectra(self, d: np.ndarray) -> np.ndarray:
        """dN/dE [MeV] per d^2 of N that leave at d [1/MeV], shape (n,), kept for the next probe; shape (n, momenta)."""
        asked = d.tolist()
        new = list(dict.fromkeys(one for one in asked if one not in self._spectra))
        if new:
            self._spectra.update(zip(new, sn_dipole_escape.leaving(*self._bins, np.square(new)), strict=True))
        return np.array([self._spectra[one] for one in asked]).reshape(-1, self.sources.shape[1])

    @cached_property
    def _spectra(self) -> dict[float, np.ndarray]:
        return {}

    @cached_property
    def _bins(self) -> tuple[np.ndarray, np.ndarray]:
        """Sources and depths in bins of ln(depth), shape (rows, momenta): two depths in each bin with the mean and the
        variance of all, so that e^(-depth) is right to (depth DEPTH_STEP)^4/4000.
        """
        return sn_dipole_escape.bins(self.sources, self.depths, self.shares, DEPTH_STEP)

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
        return some, np.append(1.0, (self.spectra(some[1:]) / made).max(axis=1))
