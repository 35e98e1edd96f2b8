"""Energy distributions of the active neutrinos (note 2.3): pinched spectra whose moments are those of a Fermi-Dirac gas."""

from __future__ import annotations

import math

import numpy as np


def fermi_moments(eta, powers=(2, 3, 4), order: int = 40) -> list[np.ndarray]:
    """F_k(eta) = Int_0^inf y^k / (e^(y - eta) + 1) dy, by Gauss-Legendre below, around and above the Fermi energy.

    Parameters
    ----------
    eta : array of degeneracy parameters mu/T
    """
    eta = np.asarray(eta, float)[..., None]
    nodes, weights = np.polynomial.legendre.leggauss(order)
    edges = [0.0, *(np.maximum(eta + shift, 0.0) + floor for shift, floor in ((-8.0, 0.0), (0.0, 0.0), (8.0, 8.0), (45.0, 45.0)))]
    totals = [0.0 for _ in powers]
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        y = 0.5 * (low + high) + 0.5 * (high - low) * nodes
        occupation = 0.5 * (high - low) * weights * np.exp(-np.logaddexp(0.0, y - eta))
        totals = [total + (occupation * y**k).sum(-1) for total, k in zip(totals, powers, strict=True)]
    return totals


def pinched(density, mean, mean_square):
    """Density, mean energy Eb and pinching a = (2 - r)/(r - 1), r = <E^2>/<E>^2, of the shape in note 2.3."""
    r = mean_square / mean**2
    return density, mean, (2 - r) / (r - 1)


def gas(T, mu):
    """(density [MeV^3], Eb [MeV], a) of one helicity of a Fermi-Dirac gas at temperature T and chemical potential mu [MeV] (arrays)."""
    F2, F3, F4 = fermi_moments(mu / T)
    return pinched(T**3 * F2 / (2 * np.pi**2), T * F3 / F2, T**2 * F4 / F2)


_log_gamma = np.frompyfunc(math.lgamma, 1, 1)


def shape(E, Eb, a):
    """Normalised (1/Eb) (1+a)^(1+a)/Gamma(1+a) (E/Eb)^a e^(-(1+a) E/Eb) [1/MeV], all arguments broadcast."""
    constant = (1 + a) * np.log1p(a) - np.asarray(_log_gamma(1 + a), float) - np.log(Eb)
    return np.exp(constant + a * np.log(E / Eb) - (1 + a) * E / Eb)


def spectrum_of_zones(zones, E) -> np.ndarray:
    """dn/dE [MeV^2] summed over six species, shape (zones, energies): nu_e, anti-nu_e and four nu_x, diluted outside their surface."""
    total = 0.0
    for mu, copies in ((zones.mu_nu, 1), (-zones.mu_nu, 1), (np.zeros_like(zones.T), 4)):
        density, Eb, a = (values[:, None] for values in gas(zones.T, mu))
        total = total + copies * density * shape(E[None, :], Eb, a)
    return zones.dilution[:, None] * total
