"""From momenta to structure: streaming, half mode, the thermal relic with the same half mode, published limits.

Cosmology of all fits: h = 0.6736, omega_b = 0.02237, omega_dm = 0.12, flat, all dark matter in sterile neutrinos.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache

import numpy as np

from nubounds.constraints.dm_production import data
from nubounds.constraints.dm_production.inputs import Choices
from nubounds.numerics.constants import HBARC_MEV_FM, K_B_EV_PER_K

T_CMB_K = 2.7255  # Fixsen 2009
T_CMB_EV = T_CMB_K * K_B_EV_PER_K
HBARC_EV_CM = HBARC_MEV_FM * 1e-7
CRITICAL_EV_PER_CM3 = 1.05367e4  # rho_c/h^2, Planck's value and that of CLASS; the papers have 1.05e4
CRITICAL_MSUN_PER_MPC3 = 2.77537e11  # the same in h^2 M_sun/Mpc^3
HUBBLE_LENGTH = 2997.92458  # c/H0 [Mpc/h]
LITTLE_H, OMEGA_B_H2, OMEGA_DM_H2 = 0.6736, 0.02237, 0.12  # Planck 2018
OMEGA_R_H2 = 4.1823e-5  # photons and 3.044 massless neutrinos
OMEGA_M, OMEGA_R = (OMEGA_B_H2 + OMEGA_DM_H2) / LITTLE_H**2, OMEGA_R_H2 / LITTLE_H**2
ZETA_3 = 1.2020569031595942

# k_hm = A/(u ln(B/u)) h/Mpc times (q_rms/<q>)^power, fitted to 30 runs of CLASS 3.4.1; worst deviation within FITTED
FITS = {"mean": (8.06e-6, 1.31e-4, 0.0, 0.008), "two": (7.73e-6, 1.166e-4, 0.208, 0.005)}
FITTED, TRUSTED = (8.0, 140.0), (2.0, 500.0)  # k_hm [h/Mpc] of the runs, and how far the fit is carried
SHAPE, SHAPE_ERROR = 1.08, 0.03  # nu of T^2, and its error where T^2 > 0.03
THERMAL_MEAN = 7 * math.pi**4 / (180 * ZETA_3)  # <q> of a Fermi-Dirac distribution, 3.15137
MAPPINGS = ("class", "vogel", "viel")


def degrees_at_1_MeV(choices: Choices) -> float:
    """g_s at 1 MeV: the constant, or that of the table.

    Parameters
    ----------
    choices : switches, all settled (see `conventions.resolve`)

    Returns
    -------
    number
    """
    if choices.g_star != "table":
        return float(choices.g_star)
    return float(data.entropy_degrees_at_1_MeV(choices.g_star_file))


def temperature_ratio(choices: Choices) -> float:
    """T_ncdm/T_gamma today: the entropy s0 of the constants over that at 1 MeV.

    Parameters
    ----------
    choices : switches, all settled (see `conventions.resolve`)

    Returns
    -------
    number; 0.7152 with the embedded table
    """
    s_0 = data.ENTROPY_TODAY_PER_CM3 * (HBARC_EV_CM / T_CMB_EV) ** 3
    return (s_0 / (2 * math.pi**2 / 45) / degrees_at_1_MeV(choices)) ** (1 / 3)


def velocity(mean_q: float, m4_keV: float, ratio: float) -> float:
    """<v>/c today, u = <q> T_ncdm T_gamma/m4.

    Parameters
    ----------
    mean_q : <p>/T at 1 MeV
    m4_keV : mass of the sterile neutrino [keV]
    ratio : T_ncdm/T_gamma today

    Returns
    -------
    number
    """
    return mean_q * ratio * T_CMB_EV / (1e3 * m4_keV)


def free_streaming(u: float, nodes: int = 200) -> float:
    """Comoving length [Mpc/h] streamed from a = 0 to today: Gauss-Legendre in asinh(a/u), where the integrand is flat;
    `nodes` = 200 is converged to 1e-12 for 1e-12 < u < 1e-2.

    Parameters
    ----------
    u : <v>/c today
    nodes : of the quadrature

    Returns
    -------
    length [Mpc/h]
    """
    point, weight = np.polynomial.legendre.leggauss(nodes)
    end = math.asinh(1 / u)
    a = u * np.sinh(0.5 * end * (point + 1))
    expansion = OMEGA_R + OMEGA_M * a + (1 - OMEGA_M - OMEGA_R) * a**4
    return float(HUBBLE_LENGTH * u * 0.5 * end * np.sum(weight / np.sqrt(expansion)))


def half_mode(u: float, width: float = 1.0, moments: str = "mean") -> float:
    """k_hm [h/Mpc], where T^2 = 1/4; `width` is q_rms/<q>; 0 where u is beyond the fit altogether.

    Parameters
    ----------
    u : <v>/c today
    width : q_rms/<q>
    moments : a key of FITS

    Returns
    -------
    wavenumber [h/Mpc]
    """
    A, B, power, _ = FITS[moments]
    return A / (u * math.log(B / u)) * width**power if u < B / math.e else 0.0


def half_mode_error(k: float, moments: str = "mean") -> float:
    """Relative error of `half_mode`: its worst deviation from CLASS, growing outside the runs.

    A run at 197 h/Mpc is 1.4 % off the fit, for which this gives 1.6 %.

    Parameters
    ----------
    k : half mode [h/Mpc]
    moments : a key of FITS

    Returns
    -------
    number
    """
    outside = max(0.0, math.log(FITTED[0] / k), math.log(k / FITTED[1]))
    return FITS[moments][3] * (1 + 3 * outside)


@lru_cache(maxsize=64)
def velocity_of(k: float) -> float:
    """The u of a half mode [h/Mpc], the inverse of `half_mode`.

    Parameters
    ----------
    k : half mode [h/Mpc]

    Returns
    -------
    <v>/c today
    """
    B = FITS["mean"][1]
    return math.exp(_root(lambda log_u: half_mode(math.exp(log_u)) - k, math.log(1e-13), math.log(B / 3)))


def _root(function, low: float, high: float) -> float:
    """Where a falling `function` vanishes, by bisection to the last digits."""
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return 0.5 * (low + high)


def half_mode_mass(k: float) -> float:
    """M_hm [M_sun] = (4 pi/3) Omega_m rho_c (pi/k_hm)^3.

    Parameters
    ----------
    k : half mode [h/Mpc]

    Returns
    -------
    mass [M_sun]
    """
    return 4 * math.pi / 3 * OMEGA_M * CRITICAL_MSUN_PER_MPC3 * (math.pi / k) ** 3 / LITTLE_H


@cache
def thermal_velocity() -> float:
    """<v>/c today of a thermal relic of 1 keV, spin 1/2, that is all dark matter: u falls with m^(-4/3).

    Returns
    -------
    <v>/c
    """
    number = OMEGA_DM_H2 * CRITICAL_EV_PER_CM3 / 1e3 * HBARC_EV_CM**3
    return THERMAL_MEAN * (number * math.pi**2 / (1.5 * ZETA_3)) ** (1 / 3) / 1e3


def transfer(k: float | np.ndarray, k_hm: float) -> float | np.ndarray:
    """T^2 = P/P_CDM at `k` [h/Mpc], (1 + (2^(nu/5) - 1) (k/k_hm)^(2 nu))^(-10/nu).

    Parameters
    ----------
    k : wavenumber [h/Mpc], a number or an array
    k_hm : half mode [h/Mpc]

    Returns
    -------
    T^2, of the shape of `k`
    """
    return (1 + (2 ** (SHAPE / 5) - 1) * (k / k_hm) ** (2 * SHAPE)) ** (-10 / SHAPE)


def _scale(mapping: str) -> tuple[float, float, float]:
    """alpha [Mpc/h] at 1 keV, its power of the mass, and nu, of T = (1 + (alpha k)^(2 nu))^(-5/nu)."""
    if mapping == "vogel":  # arXiv:2210.10753, spin 1/2, at its own cosmology
        return 0.0437, -1.188, 1.049
    return (
        0.049 * (OMEGA_DM_H2 / LITTLE_H**2 / 0.25) ** 0.11 * (LITTLE_H / 0.7) ** 1.22,
        -1.11,
        1.12,
    )  # astro-ph/0501562


def thermal_half_mode(m_keV: float, mapping: str) -> float:
    """k_hm [h/Mpc] of a thermal relic.

    Parameters
    ----------
    m_keV : mass of the thermal relic [keV]
    mapping : one of MAPPINGS

    Returns
    -------
    wavenumber [h/Mpc]
    """
    if mapping == "class":
        return half_mode(thermal_velocity() * m_keV ** (-4 / 3))
    alpha, power, nu = _scale(mapping)
    return (2 ** (nu / 5) - 1) ** (0.5 / nu) / (alpha * m_keV**power)


def thermal_mass(u: float, mapping: str = "class") -> float:
    """Mass [keV] of the thermal relic with the half mode that belongs to u.

    Parameters
    ----------
    u : <v>/c today
    mapping : one of MAPPINGS

    Returns
    -------
    mass [keV]
    """
    if mapping == "class":
        return (thermal_velocity() / u) ** 0.75
    alpha, power, nu = _scale(mapping)
    return (half_mode(u) * alpha / (2 ** (nu / 5) - 1) ** (0.5 / nu)) ** (-1 / power)
