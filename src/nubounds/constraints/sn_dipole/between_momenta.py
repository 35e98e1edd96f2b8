"""Spectra of N between the momenta at which they are computed: cubic splines of their logarithm in ln k, at places that
stay the same while the spectra change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nubounds.kernels import sn_dipole_nodes as kernel

NOBODY = 1e-290


@dataclass(frozen=True, eq=False)
class Splines:
    """Splines in ln k that are 1 at one of the momenta and 0 at the others: what is asked for is a sum of them.

    log_k : the momenta, ascending, shape (momenta,);  coefficients : of each, the third power first, and two intervals
    more: a straight line below the momenta and a constant above, shape (4, momenta + 1, momenta)
    """

    log_k: np.ndarray
    coefficients: np.ndarray

    @classmethod
    def through(cls, k: np.ndarray) -> Splines:
        """Splines through momenta k [MeV], ascending, shape (momenta,)."""
        from scipy.interpolate import CubicSpline

        log_k = np.log(k)
        curves = CubicSpline(log_k, np.eye(k.size))
        first, zero = curves.c[:, :1], np.zeros((1, k.size))
        below = np.stack([zero, zero, first[2], first[3]])
        above = np.stack([zero, zero, zero, np.eye(k.size)[-1:]])
        return cls(log_k, np.ascontiguousarray(np.concatenate([curves.c, below, above], axis=1)))

    def places(self, k: np.ndarray, factor: np.ndarray) -> Places:
        """Places at some momenta [MeV] at which spectra are multiplied with a factor, both of shape (n,)."""
        log_k = np.log(np.maximum(k, 1e-300))
        last = self.log_k.size - 2
        inside = np.clip(np.searchsorted(self.log_k, log_k, side="right") - 1, 0, last)
        at = np.where(log_k < self.log_k[0], last + 1, np.where(log_k > self.log_k[-1], last + 2, inside))
        begin = np.append(self.log_k[:-1], [self.log_k[0], self.log_k[-1]])
        return Places(self.coefficients, at.astype(np.int64), log_k - begin[at], np.ascontiguousarray(factor))


@dataclass(frozen=True, eq=False)
class Places:
    """Where spectra are asked for.

    coefficients : as of the splines;  at : interval of each place;  u : how far it is from its beginning in ln k;
    factor : what the spectrum there is multiplied with; shape (n,)
    """

    coefficients: np.ndarray
    at: np.ndarray
    u: np.ndarray
    factor: np.ndarray

    def of(self, spectra: np.ndarray) -> np.ndarray:
        """Spectra times the factor there, from spectra at the momenta: shape (m, momenta) to (m, n)."""
        logarithms = np.log(np.maximum(spectra, NOBODY))
        return kernel.spectra_at(logarithms, self.coefficients, self.at, self.u, self.factor)
