"""Neutrino cross sections on water and argon, and the counting statistics of Eq. (7)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.sn_dipole.constants import AVOGADRO, KILOTON_G
from nubounds.contract import DataFile
from nubounds.files.tables import read_csv
from nubounds.numerics import roots

# Own fits to the tables of SNOwGLoBES (oxygen: Kolbe et al. 2002): sigma = 1e-40 cm2 exp(sum c_i ln(E/50 MeV)^i) up to
# E0, then (E/E0)^n.  The continuation is a guess.
FITS = {
    "nue_O": ((-0.6514, 5.7804, -1.9873, 1.3446, -1.1739), 100.0, 2.3),
    "nuebar_O": ((-0.8477, 4.4146, -1.4372, 0.3729), 100.0, 2.3),
    "nue_Ar": ((1.9981, 2.9892, -0.1047, -0.2028), 200.0, 1.5),
    "nuebar_Ar": ((-0.3818, 4.1176, -1.1840, 0.2445), 200.0, 1.8),
}
MOLAR_MASS = {"water": 18.015, "argon": 39.948}  # [g/mol]
BREAKS = {"water": (100.0,), "argon": (200.0,)}  # where the fits end [MeV]
PROTON_NEUTRON_MEV = 1.293


def nuclear(E: np.ndarray, name: str) -> np.ndarray:
    """Cross section [cm2] of one of `FITS` at E [MeV] (array).

    Parameters
    ----------
    E : energy of the neutrino [MeV]
    name : a key of `FITS`

    Returns
    -------
    Cross section [cm2], of the shape of `E`.
    """
    coefficients, E0, power = FITS[name]
    value = 1e-40 * np.exp(np.polynomial.polynomial.polyval(np.log(np.minimum(E, E0) / 50.0), coefficients))
    return value * np.maximum(E / E0, 1.0) ** power


def inverse_beta(E: ArrayLike, m_electron: float = 0.51099895) -> np.ndarray:
    """Cross section [cm2] of anti-nu_e p -> e+ n (Strumia and Vissani's formula) at E [MeV] (array).

    Parameters
    ----------
    E : energy of the antineutrino [MeV]
    m_electron : mass of the positron [MeV]

    Returns
    -------
    Cross section [cm2], of the shape of `E`; 0 below the threshold.
    """
    E = np.asarray(E, float)
    positron = E - PROTON_NEUTRON_MEV
    momentum = np.sqrt(np.maximum(positron**2 - m_electron**2, 0.0))
    L = np.log(E)
    return np.where(
        positron > m_electron, 1e-43 * momentum * positron * E ** (-0.07056 + 0.02018 * L - 0.001953 * L**3), 0.0
    )


def per_molecule(target: str, file: DataFile | None = None) -> Callable[[np.ndarray], np.ndarray]:
    """Function E [MeV] -> summed cross section [cm2] of nu_e and anti-nu_e per H2O molecule or Ar atom; `file`: a
    user's csv instead, ln-ln.

    Parameters
    ----------
    target : water or argon
    file : csv with the columns E_MeV and sigma_cm2; None for the built-in cross sections

    Returns
    -------
    The function; 0 outside the energies of a user's csv.
    """
    if file:
        table = read_csv(file, ["E_MeV", "sigma_cm2"], ascending="E_MeV", minimum={"E_MeV": 1e-9, "sigma_cm2": 1e-300})
        x, y = np.log(table["E_MeV"]), np.log(table["sigma_cm2"])
        return lambda E: np.where((np.log(E) >= x[0]) & (np.log(E) <= x[-1]), np.exp(np.interp(np.log(E), x, y)), 0.0)
    if target == "water":
        return lambda E: nuclear(E, "nue_O") + nuclear(E, "nuebar_O") + 2 * inverse_beta(E)
    return lambda E: nuclear(E, "nue_Ar") + nuclear(E, "nuebar_Ar")


def molecules(target: str, kilotons: float) -> float:
    """Molecules of H2O or atoms of Ar in a mass.

    Parameters
    ----------
    target : a key of `MOLAR_MASS`
    kilotons : mass [kt]

    Returns
    -------
    Their number.
    """
    return kilotons * KILOTON_G / MOLAR_MASS[target] * AVOGADRO


def log_likelihood_ratio(S: float, B: float) -> float:
    """q(S) = 2 [S - B ln(1 + S/B)], Eq. (7) with N_obs = B and N_exp = B + S.

    Parameters
    ----------
    S : counts of the signal
    B : counts of the background, taken as observed

    Returns
    -------
    q(S).
    """
    if B <= 1e-100 * S:
        return 2 * S
    ratio = S / B
    return (
        2 * B * (ratio - math.log1p(ratio) if ratio > 1e-4 else ratio * ratio * (0.5 - ratio / 3 + ratio * ratio / 4))
    )


@lru_cache(maxsize=64)
def signal_limit(experiments: tuple[tuple[float, float], ...], threshold: float) -> float:
    """Common signal I with sum of q(share I) = threshold over `experiments`, a tuple of (share, background).

    The sum grows with I: bisection from a bracket, to rounding.  Infinite where no share is above 0.

    Parameters
    ----------
    experiments : (share of the signal, background counts) of each
    threshold : what q must reach

    Returns
    -------
    I; infinite where no share is above 0.
    """

    def total(I):
        return sum(log_likelihood_ratio(share * I, B) for share, B in experiments)

    seen = sum(share for share, _ in experiments)
    if not seen > 0:
        return math.inf
    low = threshold / (2 * seen)
    high = low
    while total(high) < threshold:
        high *= 2
    return 0.5 * sum(roots.boundary(lambda I: total(I) < threshold, low, high))


def count_limit(N_obs: float, threshold: float) -> float:
    """Signal counts S with q(S) = threshold on N_obs observed, Eq. (7).

    Parameters
    ----------
    N_obs : counts observed
    threshold : what q must reach

    Returns
    -------
    S in counts.
    """
    return signal_limit(((1.0, N_obs),), threshold)
