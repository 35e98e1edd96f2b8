"""What a telescope sees of a warm star: spectral flux density and peak wavelength."""

from __future__ import annotations

import math

import numpy as np

from nubounds.constraints.neutron_star.constants import C_LIGHT, EV_PER_ERG, HBAR, K_B
from nubounds.constraints.neutron_star.inputs import Star

PARSEC = 3.0856775814913673e18  # [cm]
JANSKY = 1e-23  # [erg s^-1 cm^-2 Hz^-1]
WIEN = 4.965114231744276  # x of the maximum of B_lambda, x = h c/(lambda k T)


def planck(nu_Hz: float, T_K: float) -> float:
    """B_nu(T) [erg s^-1 cm^-2 Hz^-1 sr^-1].

    Parameters
    ----------
    nu_Hz, T_K : frequency, temperature

    Returns
    -------
    a number; 0 far beyond the maximum
    """
    h = 2 * math.pi * HBAR / EV_PER_ERG  # [erg s]
    x = 2 * math.pi * HBAR * nu_Hz / (K_B * T_K)
    return 2 * h * nu_Hz**3 / C_LIGHT**2 / math.expm1(x) if x < 700 else 0.0


def flux_density(star: Star, T_inf_K: float, distance_pc: float, wavelength_um: float, radius: str = "star") -> float:
    """Spectral flux density [Jy], pi B_nu (R/d)^2, with R the radius or (`apparent`) gamma R as seen from far away.

    Parameters
    ----------
    star : the star
    T_inf_K, distance_pc, wavelength_um : temperature at infinity, distance, wavelength
    radius : star or apparent

    Returns
    -------
    [Jy]
    """
    seen = star.R * (star.gamma if radius == "apparent" else 1.0)
    return math.pi * planck(C_LIGHT / (wavelength_um * 1e-4), T_inf_K) * (seen / (distance_pc * PARSEC)) ** 2 / JANSKY


def flux_densities(
    star: Star, T_inf_K: np.ndarray, distance_pc: float, wavelength_um: float, radius: str = "star"
) -> np.ndarray:
    """The same at temperatures of shape (n,), with the same digits.

    Parameters
    ----------
    star : the star
    T_inf_K : temperatures at infinity [K], shape (n,)
    distance_pc : distance [pc]
    wavelength_um : wavelength [um]
    radius : star or apparent

    Returns
    -------
    Spectral flux densities [Jy], shape (n,).
    """
    nu_Hz = C_LIGHT / (wavelength_um * 1e-4)
    brightness = np.array([planck(nu_Hz, T) for T in T_inf_K.tolist()])
    seen = star.R * (star.gamma if radius == "apparent" else 1.0)
    return math.pi * brightness * (seen / (distance_pc * PARSEC)) ** 2 / JANSKY


def peak_wavelength(T_inf_K: float) -> float:
    """Wavelength [um] where B_lambda is largest.

    Parameters
    ----------
    T_inf_K : temperature

    Returns
    -------
    [um], exact but for rounding
    """
    return 2 * math.pi * HBAR * C_LIGHT / (WIEN * K_B * T_inf_K) * 1e4
