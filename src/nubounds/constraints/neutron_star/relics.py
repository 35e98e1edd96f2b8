"""Relic neutrinos (Sections III, IV): capture, cooling against the photons, and the numbers stated along the way."""

from __future__ import annotations

import math

import numpy as np

from nubounds.constraints.neutron_star.constants import C_LIGHT, EV_PER_ERG, G_F, HBARC, K_B, SIGMA_SB
from nubounds.constraints.neutron_star.heating import capture_parameter
from nubounds.constraints.neutron_star.inputs import Star
from nubounds.contract import InputError

T_CMB = 2.7255  # [K], Fixsen 2009
ZETA_3 = 1.2020569031595942
T_NU = (4 / 11) ** (1 / 3) * T_CMB * K_B  # temperature of the relic neutrinos [eV]
VELOCITIES = ("maxwell_mean", "printed", "fermi_dirac")


def velocity(m_eV: float | np.ndarray, which: str) -> float | np.ndarray:
    """Velocity of relic neutrinos.

    Parameters
    ----------
    m_eV : mass, a number or an array
    which : maxwell_mean, sqrt(8T/pi m), gives the number of the paper; printed, sqrt(3T/2m), its formula; fermi_dirac
        is <p>/m of the real, frozen spectrum

    Returns
    -------
    [km/s], of the shape of `m_eV`

    Raises
    ------
    InputError
        Where the non-relativistic formula exceeds the velocity of light.
    """
    ratio = T_NU / m_eV
    beta = {
        "maxwell_mean": np.sqrt(8 * ratio / math.pi),
        "printed": np.sqrt(1.5 * ratio),
        "fermi_dirac": mean_thermal_energy() * ratio,
    }[which]
    if np.any(beta >= 1):
        raise InputError(
            f"m_eV={np.min(m_eV)}: relic neutrinos as light as this are relativistic (T_nu = {T_NU:.3g} eV), "
            "the capture formula needs slow ones"
        )
    return beta * C_LIGHT * 1e-5


def density_per_state() -> float:
    """Relic neutrinos per cm^3 and per state, 3 zeta(3)/(4 pi^2) T^3.

    Returns
    -------
    [1/cm^3]
    """
    return 0.75 * ZETA_3 / math.pi**2 * (T_NU / HBARC) ** 3


def mean_thermal_energy() -> float:
    """Mean energy over T of massless fermions without chemical potential, 7 pi^4/(180 zeta(3)).

    Returns
    -------
    3.1514
    """
    return 7 * math.pi**4 / (180 * ZETA_3)


def cooling(
    star: Star,
    m_eV: float | np.ndarray,
    T_K: float | np.ndarray,
    which: str,
    n_nu_per_cm3: float | np.ndarray,
    energy_over_T: float = 3.0,
    fraction: float = 0.25,
) -> dict[str, float | np.ndarray]:
    """Capture and cooling by one mass eigenstate, Eqs. (4), (5), (7), (10), every captured neutrino scattering.

    Parameters
    ----------
    star : the star
    m_eV, T_K, n_nu_per_cm3 : mass, temperature of the star, density per state; numbers or arrays
    which : velocity, see :func:`velocity`
    energy_over_T, fraction : energy that a collision takes over T, and the part of captured neutrinos that collide

    Returns
    -------
    v_rel_km_s, b_max_cm, capture_rate_per_s, luminosity_ratio, overdensity_needed
    """
    v = velocity(m_eV, which)
    b_max = capture_parameter(star, v)
    rate = math.pi * b_max**2 * v * 1e5 * n_nu_per_cm3
    ratio = (
        fraction
        * rate
        * energy_over_T
        * K_B
        * T_K
        / EV_PER_ERG
        / (4 * math.pi * star.R**2 * SIGMA_SB * np.square(np.square(T_K)))
    )
    return {
        "v_rel_km_s": v,
        "b_max_cm": b_max,
        "capture_rate_per_s": rate,
        "luminosity_ratio": ratio,
        "overdensity_needed": 1 / ratio,
    }


def coherence(star: Star, q_eV: float) -> tuple[float, float]:
    """Wavelength 2 pi/q [cm] and number of neutrons in a sphere of that radius, Eq. (3).

    Parameters
    ----------
    star : the star
    q_eV : momentum transfer

    Returns
    -------
    wavelength [cm], number
    """
    return 2 * math.pi * HBARC / q_eV, star.kappa / q_eV**3


def weak_potential(n_per_cm3: float) -> float:
    """G n/(2 sqrt 2) [eV], Eq. (6) for neutrons.

    Returns
    -------
    [eV]
    """
    return G_F * n_per_cm3 * HBARC**3 / (2 * math.sqrt(2))


def pauli_factor(star: Star, T_eV: float) -> dict[str, float]:
    """Part of the neutrons that takes part in scattering with E << T: 3 T E_F/p_F^2, and as printed T/p_F.

    Parameters
    ----------
    star : the star
    T_eV : temperature [eV]

    Returns
    -------
    The factor, as derived and as printed.
    """
    return {"derived": 3 * T_eV * star.E_F / star.p_F**2, "printed": T_eV / star.p_F}


def dark_matter_velocity(v_DM_km_s: float, v_NS_km_s: float) -> dict[str, float]:
    """Relative velocity [km/s] of a star and dark matter (Maxwellian, most probable speed v_DM), in three ways.

    quadrature: sqrt(v_DM^2 + v_NS^2); mean: the exact mean relative speed; mean_quadrature: the mean halo speed 2
    v_DM/sqrt(pi) instead of v_DM.

    Parameters
    ----------
    v_DM_km_s : most probable speed of the dark matter [km/s]
    v_NS_km_s : velocity of the star in the halo [km/s]

    Returns
    -------
    Relative velocity [km/s], by name of the average.
    """
    y = v_NS_km_s / v_DM_km_s
    mean = (
        v_DM_km_s * ((y + 1 / (2 * y)) * math.erf(y) + math.exp(-y * y) / math.sqrt(math.pi))
        if y > 0
        else 2 * v_DM_km_s / math.sqrt(math.pi)
    )
    halo = 2 * v_DM_km_s / math.sqrt(math.pi)
    return {
        "quadrature": math.hypot(v_DM_km_s, v_NS_km_s),
        "mean": mean,
        "mean_quadrature": math.hypot(halo, v_NS_km_s),
    }
