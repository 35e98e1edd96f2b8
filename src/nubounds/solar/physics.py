"""Recoils of solar neutrinos on nuclei, slow and plain: what kernels and rates are tested against.

Nothing here uses a kernel, its tables or its closed forms: spectra are integrated branch by branch, and cross sections
are written out.  Energies in MeV, lengths in cm unless a name says otherwise; T is the nuclear recoil energy, M the
nuclear mass, x = mu/mu_B.  Equation numbers are those of Demirci and Mustamin (2025); corrections to it are marked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np

from nubounds.numerics.constants import ALPHA, G_F_PER_MEV2, HBARC_MEV_FM, M_ELECTRON_MEV, YEAR_S
from nubounds.solar import DATA

HBARC2 = (HBARC_MEV_FM * 1e-13) ** 2  # MeV^2 cm^2
U_MEV, N_A = 931.49410242, 6.02214076e23
SIN2_THETA_W = 0.23857
S12, S23, S13, DM21, DM3L = 0.307, 0.572, 0.02203, 7.41e-5, 2.511e-3  # NuFIT 5.3, normal ordering


@cache
def _columns(name: str):
    lines = [line for line in (DATA / name).read_text().splitlines() if not line.startswith("#")]
    return np.array([[float(field) for field in line.split(",")] for line in lines[1:]]).T


def isotopes(target: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The isotopes of a natural element.

    Parameters
    ----------
    target : Ge, Xe, Si, CsI or Ar

    Returns
    -------
    Z, A, nuclear mass [MeV] and nuclei per ton, each of shape (isotopes,).
    """
    Z, A, mass, fraction = _columns(f"target_{target}.csv")
    fraction = fraction / fraction.sum()
    return Z, A, mass * U_MEV - Z * M_ELECTRON_MEV, N_A * 1e6 / (fraction @ mass) * fraction


# ---- cross sections, in cm^2/MeV -----------------------------------------------------------------------------------


def form_factor(T: float | np.ndarray, A: float | np.ndarray, M: float | np.ndarray) -> float | np.ndarray:
    """F of Eq. (4) with R = 1.23 A^(1/3) fm; corrected: R is the hard-sphere radius, not the rms radius.

    Parameters
    ----------
    T, A, M : recoil energy [MeV], mass number and mass [MeV] of the nucleus

    Returns
    -------
    F, in the common shape.
    """
    from scipy.special import spherical_jn

    q = np.sqrt(2 * M * T) / HBARC_MEV_FM
    y = q * 1.23 * A ** (1 / 3)
    return 3 * spherical_jn(1, y) / y / (1 + (0.7 * q) ** 2)


def minimum_energy(T: float | np.ndarray, m4: float | np.ndarray, M: float | np.ndarray) -> float | np.ndarray:
    """Eq. (13), from which Eq. (9) follows for T << M (corrected: E stands outside the root of Eq. (9)).

    Parameters
    ----------
    T, m4, M : recoil energy, mass of the heavy neutrino, mass of the nucleus [MeV]

    Returns
    -------
    Smallest neutrino energy [MeV], in the common shape.
    """
    return (m4**2 + 2 * M * T) / (2 * (np.sqrt(T * (T + 2 * M)) - T))


def sm_cross_section(
    E: float | np.ndarray, T: float | np.ndarray, Z: float | np.ndarray, A: float | np.ndarray, M: float | np.ndarray
) -> np.ndarray:
    """Coherent scattering, Eqs. (1)-(3).

    Parameters
    ----------
    E, T : energies of neutrino and recoil [MeV]
    Z, A, M : charge, mass number and mass [MeV] of the nucleus

    Returns
    -------
    In cm^2/MeV, in the common shape; zero below the E_min of Eq. (12).
    """
    Q = (0.5 - 2 * SIN2_THETA_W) * Z - 0.5 * (A - Z)
    value = G_F_PER_MEV2**2 * M / np.pi * Q**2 * form_factor(T, A, M) ** 2 * (1 - M * T / (2 * E**2)) * HBARC2
    return np.where(minimum_energy(T, 0.0, M) <= E, value, 0.0)


def dipole_cross_section(
    E: float | np.ndarray,
    T: float | np.ndarray,
    m4: float | np.ndarray,
    x: float | np.ndarray,
    Z: float | np.ndarray,
    A: float | np.ndarray,
    M: float | np.ndarray,
    spin: str = "half",
    cut: bool = True,
) -> np.ndarray:
    """Eqs. (8) and (10) as printed.

    Parameters
    ----------
    E, T, m4 : energies of neutrino and recoil, and mass [MeV]
    x : moment mu/mu_B
    Z, A, M : charge, mass number and mass [MeV] of the nucleus
    spin : half or zero
    cut : whether it is zero where E < E_min; the bracket stays positive outside phase space

    Returns
    -------
    In cm^2/MeV, in the common shape.
    """
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


def survival_probability(E: float | np.ndarray, flux: str) -> float | np.ndarray:
    """P_ee, Eq. (17) with a plus sign (corrected), from the mixing angles in matter where the neutrino was produced.

    Parameters
    ----------
    E : energy [MeV], any shape
    flux : 8b or hep, which fixes where in the Sun neutrinos are produced

    Returns
    -------
    P_ee in the shape of `E`.
    """
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


def flavour_probability(E: float | np.ndarray, flux: str, flavour: str) -> float | np.ndarray:
    """Share of a flavour at Earth, Eqs. (14)-(16).

    Parameters
    ----------
    E : energy [MeV], any shape
    flux : 8b or hep
    flavour : all, e, mu or tau; `all` is 1

    Returns
    -------
    In the shape of `E`.
    """
    if flavour == "all":
        return np.ones(np.shape(E))
    P = survival_probability(E, flux)
    return {"e": P, "mu": (1 - P) * (1 - S23), "tau": (1 - P) * S23}[flavour]


def beta_shape(E: float | np.ndarray, Q: float) -> float | np.ndarray:
    """Allowed beta spectrum of the neutrino.

    Parameters
    ----------
    E, Q : energy of the neutrino and end point [MeV]

    Returns
    -------
    In the shape of `E`, without a norm.
    """
    y = np.maximum(Q - E, 0.0)
    return E**2 * (y + M_ELECTRON_MEV) * np.sqrt(y * (y + 2 * M_ELECTRON_MEV))


@cache
def branches(flux: str) -> list[tuple[float, float]]:
    """The branches of a flux, and what their shapes are multiplied by at a total flux of 1.

    Parameters
    ----------
    flux : 8b or hep

    Returns
    -------
    End point [MeV] and factor of each branch.
    """
    from scipy.integrate import quad

    end_points, shares = _columns(f"spectrum_{flux}.csv")
    norms = [
        quad(lambda s, Q=Q: 2 * s * beta_shape(Q - s * s, Q), 0, np.sqrt(Q), epsabs=0, epsrel=1e-12)[0]
        for Q in end_points
    ]
    return list(zip(end_points, shares / norms, strict=True))


def flux_integral(function: Callable, E_min: float, flux: str, flavour: str, adaptive: bool = True) -> float:
    """Int_{E_min} phi P f(E) dE at a total flux of 1, branch by branch in s, E = Q - s^2.

    Parameters
    ----------
    function : f of the energy [MeV], an array to an array
    E_min : lower end [MeV]
    flux : 8b or hep
    flavour : all, e, mu or tau
    adaptive : whether to integrate adaptively, or with 48 Gauss nodes

    Returns
    -------
    In the unit of f.
    """
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
    """Eq. (11) on a natural element.

    Parameters
    ----------
    target : Ge, Xe, Si, CsI or Ar
    fluxes : flux -> its size [1/(cm2 s)]
    T_keV : recoil energy
    component : sm or dipole
    m4, x : mass [MeV] and moment mu/mu_B
    flavour : all, e, mu or tau
    adaptive : as for :func:`flux_integral`

    Returns
    -------
    In 1/(keV ton yr), relative error 1e-10 if adaptive.
    """
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
