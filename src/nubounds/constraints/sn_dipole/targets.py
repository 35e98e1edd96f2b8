"""The gases that neutrinos meet, as the kernel of both directions wants them: chemical potentials of free nucleons,
electromagnetic form factors, and the screening of the photon between.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

import numpy as np

from nubounds.constraints.sn_dipole.constants import M_NEUTRON_MEV, M_PROTON_MEV
from nubounds.constraints.sn_dipole.rates import gauss, screening_k2
from nubounds.numerics.constants import ALPHA, M_ELECTRON_MEV

MAGNETIC = {"proton": 2.7928, "neutron": -1.91304}  # magnetic moments [nuclear magnetons]
DIPOLE_PER_MEV2 = 1 / 0.71e6  # of the nucleons' form factors, (1 + Q2/0.71 GeV2)^-2
MASS_MEV = {
    "electron": M_ELECTRON_MEV,
    "positron": M_ELECTRON_MEV,
    "proton": M_PROTON_MEV,
    "neutron": M_NEUTRON_MEV,
}
TARGETS = tuple(MASS_MEV)
NEWTON_STEPS, CONVERGED = 60, 1e-14
NODES = 32  # of the density of nucleons, on each of four panels
DAWSON_STEP, DAWSON_END = 1 / 64, 12.0


@dataclass(frozen=True)
class Matter:
    """The state of matter at n places, arrays of shape (n,).

    T, mu_e : [MeV];  protons, neutrons : densities [MeV^3]
    """

    T: np.ndarray
    mu_e: np.ndarray
    protons: np.ndarray
    neutrons: np.ndarray


def net_electrons(T: float | np.ndarray, mu_e: float | np.ndarray) -> float | np.ndarray:
    """Net density [MeV^3] of massless electrons: (mu^3 + pi^2 T^2 mu)/3 pi^2; arrays [MeV] broadcast.

    Parameters
    ----------
    T : temperature [MeV]
    mu_e : chemical potential of the electrons [MeV]

    Returns
    -------
    [MeV^3], of the broadcast shape.
    """
    return mu_e * (mu_e**2 + (np.pi * T) ** 2) / (3 * np.pi**2)


def matter(T: np.ndarray, mu_e: np.ndarray, Ye: float | np.ndarray) -> Matter:
    """Neutral matter of free nucleons with Ye electrons per nucleon.

    Parameters
    ----------
    T, mu_e : temperature, chemical potential of the electrons, shape (n,) [MeV]
    Ye : net electrons per nucleon, in (0, 1]

    Returns
    -------
    Matter; no nucleons where positrons outnumber electrons
    """
    protons = np.maximum(net_electrons(T, mu_e), 0.0)
    return Matter(T, mu_e, protons, protons * (1 - Ye) / Ye)


def _density(eta, T, m):
    """Density [MeV^3] of a free gas of spin 1/2 at mu = m + eta T, and its derivative with respect to eta.

    (1/pi^2) Int dE E p f; in y, E = m + T y^2, nothing has a root.
    """
    nodes, weights = gauss(NODES)
    positive = np.sqrt(np.maximum(eta, 0.0))
    edges = [np.zeros_like(eta), np.sqrt(np.maximum(eta - 8, 0.0)), positive]
    edges += [np.sqrt(positive**2 + 8), np.sqrt(positive**2 + 45)]
    total = slope = 0.0
    for low, high in itertools.pairwise(edges):
        y = 0.5 * (low + high)[:, None] + 0.5 * (high - low)[:, None] * nodes
        E = m + T[:, None] * y * y
        p = y * np.sqrt(T[:, None] * (E + m))
        share = 0.5 * (high - low)[:, None] * weights * 2 * T[:, None] * y * E * p / np.pi**2
        f = np.exp(-np.logaddexp(0.0, y * y - eta[:, None]))
        total, slope = total + (share * f).sum(1), slope + (share * f * (1 - f)).sum(1)
    return total, slope


def nucleons(density: np.ndarray, T: np.ndarray, m: float) -> tuple[np.ndarray, np.ndarray]:
    """Chemical potential of a free gas of nucleons with the vacuum's mass.

    Parameters
    ----------
    density, T : shape (n,) [MeV^3], [MeV]
    m : mass [MeV]

    Returns
    -------
    mu (with the mass), d density/d mu : shape (n,) [MeV], [MeV^2]; -inf and 0 where there are none
    """
    some = density > 0
    n, T = np.where(some, density, 1.0), np.asarray(T, float)
    x = n / (2 * (m * T / (2 * np.pi)) ** 1.5)
    thin, thick = np.log(x) + x / np.sqrt(8) - 0.005 * x**2, (0.75 * np.sqrt(np.pi) * x) ** (2 / 3)
    eta = np.where(x < 8, thin, thick)  # of slow nucleons: a series of the thin gas, or its Fermi energy
    for _ in range(NEWTON_STEPS):  # in ln n, which is concave: they come to the root from one side
        found, slope = _density(eta, T, m)
        step = np.log(n / found) * found / slope
        eta = eta + step
        if np.all(np.abs(step) < CONVERGED * np.maximum(np.abs(eta), 1.0)):
            break
    slope = _density(eta, T, m)[1]
    return np.where(some, m + eta * T, -np.inf), np.where(some, slope / T, 0.0)


@cache
def dawson_table() -> np.ndarray:
    """Dawson's integral at 0, DAWSON_STEP, ...; shape (points,)."""
    from scipy.special import dawsn

    return dawsn(np.arange(0.0, DAWSON_END + 2 * DAWSON_STEP, DAWSON_STEP))


def gases(
    found: Matter, screening: str, form_factors: bool, targets: Collection[str] = TARGETS
) -> dict[str, np.ndarray]:
    """The kernel's rows of each target.

    Parameters
    ----------
    found : the matter at n places
    screening : debye, plasmon, none or rpa
    form_factors : whether the nucleons' are dipoles in Q2, or constant
    targets : the targets that are wanted

    Returns
    -------
    target -> array of shape (n, 9): T, mu, m [MeV], G_E, G_M, 1/scale^2 [1/MeV2], k^2, k_p^2 [MeV2], 1/v
    """
    T, mu_e = found.T, found.mu_e
    k2 = screening_k2(T, mu_e, "debye" if screening == "rpa" else screening)
    density = {"proton": found.protons, "neutron": found.neutrons}
    potential = {"electron": mu_e, "positron": -mu_e}
    k2_protons, over_v = np.zeros_like(T), np.ones_like(T)
    for name in ("proton", "neutron"):
        if name in targets or (name == "proton" and screening == "rpa"):
            mu, per_mu = nucleons(density[name], T, MASS_MEV[name])
            potential[name] = mu
            if name == "proton" and screening == "rpa":
                k2_protons = 4 * math.pi * ALPHA * per_mu
                some = per_mu > 0  # v^2 = 2 T_p/m_p, T_p = n/(dn/dmu)
                v2 = 2 * np.where(some, found.protons, 1.0) / np.where(some, per_mu, 1.0) / M_PROTON_MEV
                over_v = np.where(some, v2**-0.5, 1.0)
    rows = {}
    for name in targets:
        charge = 0.0 if name == "neutron" else 1.0
        moment, dipole = MAGNETIC.get(name, 1.0), DIPOLE_PER_MEV2 if form_factors and name in MAGNETIC else 0.0
        mu = np.where(np.isfinite(potential[name]), potential[name], MASS_MEV[name] - 1e4 * T)  # nobody there
        columns = (T, mu, MASS_MEV[name], charge, moment, dipole, k2, k2_protons, over_v)
        rows[name] = np.ascontiguousarray(np.stack(np.broadcast_arrays(*columns), axis=-1), dtype=float)
    return rows
