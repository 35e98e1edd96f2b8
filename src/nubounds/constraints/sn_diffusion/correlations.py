"""Factor S_A on the axial rate of neutral currents from correlations between nucleons; the vector rate keeps 1."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from nubounds.numerics.constants import HBARC_MEV_FM

PION_MASS = 139.57  # MeV
CORRELATED_SHARE = 0.08  # of f^2 in the Landau-Migdal force, V_A = g' 4 pi f^2/m_pi^2
NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)


@lru_cache(maxsize=4096)
def _moments(T: float, m_eff: float, mu: float) -> tuple[float, float]:
    """Net density [MeV^3] of one species and its derivative by mu* at fixed m* [MeV^2], antiparticles included."""
    fermi_momentum = math.sqrt(max(mu**2 - m_eff**2, 0.0))
    speed = max(fermi_momentum, math.sqrt(m_eff * T)) / max(mu, m_eff)
    width = T / speed  # of the Fermi surface in momentum
    top = math.sqrt((max(mu, m_eff) + 40 * T) ** 2 - m_eff**2)
    inner = [fermi_momentum + step * width for step in (-12, -6, -2, 0, 2, 6, 12)]
    edges = np.array([0.0, *(k for k in inner if 0 < k < top), top])
    half = np.diff(edges) / 2
    k = (edges[:-1] + half)[:, None] + half[:, None] * NODES
    weight, E = half[:, None] * WEIGHTS * k**2 / math.pi**2, np.hypot(k, m_eff)
    particle, antiparticle = (0.5 * (1 - np.tanh((E - sign * mu) / (2 * T))) for sign in (+1, -1))
    blocked = particle * (1 - particle) + antiparticle * (1 - antiparticle)
    return float(np.sum(weight * (particle - antiparticle))), float(np.sum(weight * blocked)) / T


def density(T: float, m_eff: float, mu: float) -> float:
    """Net density [MeV^3] of nucleons of one species; arguments in MeV.

    Parameters
    ----------
    T, m_eff, mu : temperature, effective mass, effective chemical potential [MeV]

    Returns
    -------
    n - nbar [MeV^3], by quadrature good to rounding
    """
    return _moments(T, m_eff, mu)[0]


def rpa_static(T: float, m_eff: float, mu_n: float, mu_p: float, g_prime: float) -> float:
    """1/(1 + V_A (chi_n + chi_p)): ring sum at zero transfer, chi = dn/dmu*; energies in MeV.

    Parameters
    ----------
    T, m_eff, mu_n, mu_p : temperature, effective mass, effective chemical potentials [MeV]
    g_prime : Landau-Migdal parameter

    Returns
    -------
    S_A
    """
    V_A = g_prime * 4 * math.pi * CORRELATED_SHARE / PION_MASS**2
    return 1 / (1 + V_A * sum(_moments(T, m_eff, mu)[1] for mu in (mu_n, mu_p)))


def horowitz2017(T: float, n_B_per_fm3: float, Y_p: float) -> float:
    """Fit of Horowitz et al., PRC 95 (2017) 025801, T in MeV.

    It joins the virial expansion to Burrows and Sawyer's RPA, for elastic rates without Pauli blocking: where nucleons
    are degenerate it counts their blocking twice here, and is a lower bound.

    Parameters
    ----------
    T : temperature [MeV]
    n_B_per_fm3 : baryon density [fm^-3]
    Y_p : protons per baryon

    Returns
    -------
    Axial response over that of free nucleons, between 0 and 1.
    """
    n, product = n_B_per_fm3, Y_p * (1 - Y_p)
    A = 920 * n * (1 - product) / T**1.22
    B = 3.05 / T**0.75
    C = 6140 * n * product / T**0.5 + 1.5e13 * n**4 / T**6
    return 1 / (1 + A * (1 + B * math.exp(-C)))


def axial_suppression(T: float, m_eff: float, mu_n: float, mu_p: float, correlations: str, g_prime: float) -> float:
    """S_A of nucleons of mass m*, chemical potentials mu* [MeV] and temperature T [MeV].

    Parameters
    ----------
    T, m_eff, mu_n, mu_p : temperature, effective mass, effective chemical potentials [MeV]
    correlations : none, rpa_static, horowitz2017
    g_prime : of rpa_static

    Returns
    -------
    S_A; 1 without correlations
    """
    if correlations == "none":
        return 1.0
    if correlations == "rpa_static":
        return rpa_static(T, m_eff, mu_n, mu_p, g_prime)
    neutrons, protons = (density(T, m_eff, mu) for mu in (mu_n, mu_p))
    n_B = neutrons + protons
    return horowitz2017(T, n_B / HBARC_MEV_FM**3, protons / n_B)
