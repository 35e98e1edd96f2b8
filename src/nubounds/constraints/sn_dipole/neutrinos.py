"""Energy distributions of the active neutrinos: pinched spectra whose moments are those of a Fermi-Dirac
gas.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.sn_dipole.rates import gauss

EMPTY = 700.0  # states so many temperatures above the Fermi energy hold e^-700


def fermi_moments(eta: ArrayLike, powers: Sequence[int] = (2, 3, 4), order: int = 40) -> list[np.ndarray]:
    """F_k(eta) = Int_0^inf y^k / (e^(y - eta) + 1) dy, by Gauss-Legendre below, around and above the Fermi energy.

    Parameters
    ----------
    eta : array of degeneracy parameters mu/T
    powers : the powers k, ascending
    order : Gauss nodes on each of four panels

    Returns
    -------
    F_k, each of the shape of `eta`.
    """
    eta = np.asarray(eta, float)[..., None]
    nodes, weights = gauss(order)
    edges = [
        0.0,
        *(np.maximum(eta + shift, 0.0) + floor for shift, floor in ((-8.0, 0.0), (0.0, 0.0), (8.0, 8.0), (45.0, 45.0))),
    ]
    totals = [0.0 for _ in powers]
    for low, high in itertools.pairwise(edges):
        y = 0.5 * (low + high) + 0.5 * (high - low) * nodes
        occupation = 0.5 * (high - low) * weights / (1.0 + np.exp(np.minimum(y - eta, EMPTY)))
        for i, step in enumerate(np.diff(powers, prepend=0).tolist()):
            occupation = occupation * y**step
            totals[i] = totals[i] + occupation.sum(-1)
    return totals


_log_gamma = np.frompyfunc(math.lgamma, 1, 1)


def log_norm(Eb: ArrayLike, a: float | np.ndarray) -> np.ndarray:
    """ln of (1/Eb) (1+a)^(1+a)/Gamma(1+a), the constant of the normalised shape.

    Parameters
    ----------
    Eb : mean energy [MeV]
    a : pinching

    Returns
    -------
    ln of the constant [1/MeV], of the broadcast shape.
    """
    return (1 + a) * np.log1p(a) - np.asarray(_log_gamma(1 + a), float) - np.log(Eb)


def shape(E: np.ndarray, Eb: float | np.ndarray, a: float | np.ndarray) -> np.ndarray:
    """(1/Eb) (1+a)^(1+a)/Gamma(1+a) (E/Eb)^a e^(-(1+a) E/Eb) [1/MeV], all arguments broadcast.

    Parameters
    ----------
    E : energy [MeV]
    Eb : mean energy [MeV]
    a : pinching

    Returns
    -------
    Spectrum of one neutrino [1/MeV], of the broadcast shape.
    """
    return np.exp(log_norm(Eb, a) + a * np.log(E / Eb) - (1 + a) * E / Eb)


@dataclass(frozen=True)
class Gas:
    """Neutrinos of one kind in many zones: density [MeV^3] of all copies, mean energy Eb [MeV], pinching a, arrays of
    shape (zones,).
    """

    density: np.ndarray
    Eb: np.ndarray
    a: np.ndarray

    @cached_property
    def _log_front(self):
        return np.log(self.density) + log_norm(self.Eb, self.a) - self.a * np.log(self.Eb)

    def per_energy(self, E) -> np.ndarray:
        """dn/dE [MeV^2], shape (zones, energies)."""
        a = self.a[:, None]
        return np.exp(self._log_front[:, None] + a * np.log(E) - (1 + a) / self.Eb[:, None] * E)

    def occupation_shape(self, share) -> np.ndarray:
        """ln c, a, b of the occupation c E^(a - 2) e^(-b E) of which `share` is left, shape (zones, 3)."""
        with np.errstate(divide="ignore"):
            log_c = np.log(2 * np.pi**2 * share) + self._log_front
        return np.stack([log_c, self.a, (1 + self.a) / self.Eb], axis=1)


def gas(T: np.ndarray, mu: float | np.ndarray, copies: int = 1) -> Gas:
    """One helicity (times `copies`) of a Fermi-Dirac gas at temperatures T and chemical potentials mu [MeV] (or 0),
    reduced to its first moments.

    a = (2 - r)/(r - 1) with r = <E^2>/<E>^2, so that the shape has the gas's mean and mean square.

    Parameters
    ----------
    T : temperature [MeV]
    mu : chemical potential [MeV], of the shape of `T`, or 0
    copies : how many species alike

    Returns
    -------
    The gas: its density [MeV^3], mean energy [MeV] and pinching have the shape of `T`.
    """
    F2, F3, F4 = (np.broadcast_to(moment, T.shape) for moment in fermi_moments(mu / T if np.ndim(mu) else np.zeros(1)))
    r = np.where(F3 > 1e-100, F4 * F2 / np.maximum(F3, 1e-100) ** 2, 4 / 3)  # so rare ones are a Maxwell-Boltzmann gas
    return Gas(copies * T**3 * F2 / (2 * np.pi**2), T * F3 / F2, (2 - r) / (r - 1))
