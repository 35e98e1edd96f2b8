"""Recoils of solar neutrinos on nuclei, slow and plain: what kernels and rates are tested against.

Nothing here uses a kernel, its tables or its closed forms: spectra are integrated branch by branch, and cross sections
are written out.  Energies in MeV, lengths in cm unless a name says otherwise; T is the nuclear recoil energy, M the
nuclear mass, x = mu/mu_B.  Equation numbers are those of Demirci and Mustamin (2025); corrections to it are marked.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from nubounds.constants import ALPHA, G_F_PER_MEV2, HBARC_MEV_FM, M_ELECTRON_MEV, YEAR_S
from nubounds.solar import DATA

HBARC2 = (HBARC_MEV_FM * 1e-13) ** 2  # MeV^2 cm^2
U_MEV, N_A = 931.49410242, 6.02214076e23
SIN2_THETA_W = 0.23857
S12, S23, S13, DM21, DM3L = 0.307, 0.572, 0.02203, 7.41e-5, 2.511e-3  # NuFIT 5.3, normal ordering


@cache
def _columns(name):
    lines = [line for line in (DATA / name).read_text().splitlines() if not line.startswith("#")]
    return np.array([[float(field) for field in line.split(",")] for line in lines[1:]]).T


def isotopes(target):
    """Z, A, nuclear mass [MeV] and nuclei per ton of a natural element."""
    Z, A, mass, fraction = _columns(f"target_{target}.csv")
    fraction = fraction / fraction.sum()
    return Z, A, mass * U_MEV - Z * M_ELECTRON_MEV, N_A * 1e6 / (fraction @ mass) * fraction


# ---- cross sections, in cm^2/MeV -----------------------------------------------------------------------------------


def form_factor(T, A, M):
    """F of Eq. (4) with R = 1.23 A^(1/3) fm; corrected: R is the hard-sphere radius, not the rms radius."""
    from scipy.special import spherical_jn

    q = np.sqrt(2 * M * T) / HBARC_MEV_FM
    y = q * 1.23 * A ** (1 / 3)
    return 3 * spherical_jn(1, y) / y / (1 + (0.7 * q) ** 2)


def minimum_energy(T, m4, M):
    """Eq. (13), from which Eq. (9) follows for T << M (corrected: E stands outside the root of Eq. (9))."""
    return (m4**2 + 2 * M * T) / (2 * (np.sqrt(T * (T + 2 * M)) - T))


def sm_cross_section(E, T, Z, A, M):
    """Eqs. (1)-(3), zero below the E_min of Eq. (12)."""
    Q = (0.5 - 2 * SIN2_THETA_W) * Z - 0.5 * (A - Z)
    value = G_F_PER_MEV2**2 * M / np.pi * Q**2 * form_factor(T, A, M) ** 2 * (1 - M * T / (2 * E**2)) * HBARC2
    return np.where(minimum_energy(T, 0.0, M) <= E, value, 0.0)


def dipole_cross_section(E, T, m4, x, Z, A, M, spin="half", cut=True):
    """Eqs. (8) and (10) as printed, cut where E < E_min: the bracket stays positive outside phase space."""
    bracket = (
        1 / T
        - 1 / E
        - m4**2 / (2 * T * E * M) * (1 - T / (2 * E) + M / (2 * E))
        - m4**4 / (8 * M * T**2 * E**2) * (1 - T / M)
    )
    if spin == "zero":
        bracket = bracket + T / (4 * E**2) - m4**2 / (8 * M * E**2) * (1 + m4**2 / (M * T))
    value = np.pi * ALPHA**2 / M_ELECTRON_MEV**2 * HBARC2 * (x * Z * form_factor(T, A, M)) ** 2 * bracket
    return np.where(minimum_energy(T, m4, M) <= E, value, 0.0) if cut else value


# ---- the flux ------------------------------------------------------------------------------------------------------


def survival_probability(E, flux):
    """P_ee, Eq. (17) with a plus sign (corrected), from the mixing angles in matter where the neutrino was produced."""
    total = 0.0
    for density, weight in _columns(f"production_{flux}.csv").T:
        A = 1.52651e-7 * density * E
        theta12, theta13 = np.arcsin(np.sqrt(S12)), np.arcsin(np.sqrt(S13))
        theta12m = 0.5 * np.arctan2(np.sin(2 * theta12), np.cos(2 * theta12) - A * np.cos(theta13) ** 2 / DM21)
        theta13m = 0.5 * np.arctan2(np.sin(2 * theta13), np.cos(2 * theta13) - A / (DM3L - S12 * DM21))
        two = 0.5 + 0.5 * np.cos(2 * theta12m) * np.cos(2 * theta12)
        total = total + weight * (
            (np.cos(theta13) * np.cos(theta13m)) ** 2 * two + (np.sin(theta13) * np.sin(theta13m)) ** 2
        )
    return total


def flavour_probability(E, flux, flavour):
    """Eqs. (14)-(16), share of a flavour at Earth; `all` is 1."""
    if flavour == "all":
        return np.ones(np.shape(E))
    P = survival_probability(E, flux)
    return {"e": P, "mu": (1 - P) * (1 - S23), "tau": (1 - P) * S23}[flavour]


def beta_shape(E, Q):
    """Allowed beta spectrum of the neutrino, without its norm."""
    y = np.maximum(Q - E, 0.0)
    return E**2 * (y + M_ELECTRON_MEV) * np.sqrt(y * (y + 2 * M_ELECTRON_MEV))


@cache
def branches(flux):
    """End points [MeV] of the branches of a flux, and what their shapes are multiplied by at a total flux of 1."""
    from scipy.integrate import quad

    end_points, shares = _columns(f"spectrum_{flux}.csv")
    norms = [
        quad(lambda s, Q=Q: 2 * s * beta_shape(Q - s * s, Q), 0, np.sqrt(Q), epsabs=0, epsrel=1e-12)[0]
        for Q in end_points
    ]
    return list(zip(end_points, shares / norms, strict=True))


def flux_integral(function, E_min, flux, flavour, adaptive=True):
    """Int_{E_min} phi P f(E) dE at a total flux of 1, branch by branch in s, E = Q - s^2; adaptively or with 48 Gauss
    nodes."""
    from scipy.integrate import quad

    total = 0.0
    for Q, factor in branches(flux):
        if E_min >= Q:
            continue

        def integrand(s, Q=Q):
            E = Q - s * s
            return 2 * s * beta_shape(E, Q) * flavour_probability(E, flux, flavour) * function(E)

        top = np.sqrt(Q - E_min)
        if adaptive:
            total += factor * quad(integrand, 0, top, epsabs=0, epsrel=1e-10, limit=200)[0]
        else:
            x, w = np.polynomial.legendre.leggauss(48)
            total += factor * 0.5 * top * (w @ integrand(0.5 * top * (1 + x)))
    return total


def recoil_rate(
    target: str,
    fluxes: Mapping[str, float],
    T_keV: float,
    component: str,
    m4: float = 0.0,
    x: float = 1e-9,
    flavour: str = "all",
    adaptive: bool = True,
) -> float:
    """Eq. (11) on a natural element in 1/(keV ton yr), for the component sm or dipole; `fluxes` in 1/(cm2 s)."""
    T, total = 1e-3 * T_keV, 0.0
    for Z, A, M, nuclei in zip(*isotopes(target), strict=True):
        if component == "sm":
            E_min, seen = minimum_energy(T, 0.0, M), "all"

            def section(E, Z=Z, A=A, M=M):
                return sm_cross_section(E, T, Z, A, M)
        else:
            E_min, seen = minimum_energy(T, m4, M), flavour

            def section(E, Z=Z, A=A, M=M):
                return dipole_cross_section(E, T, m4, x, Z, A, M)

        parts = (size * flux_integral(section, E_min, flux, seen, adaptive) for flux, size in fluxes.items())
        total += nuclei * YEAR_S * 1e-3 * sum(parts)
    return total
