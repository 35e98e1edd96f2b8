"""What a telescope sees of a warm star: spectral flux density, peak wavelength, and which instruments cover it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from nubounds.constraints.neutron_star.star import C_LIGHT, EV_PER_ERG, HBAR, K_B, Star

PARSEC = 3.0856775814913673e18  # [cm]
JANSKY = 1e-23  # [erg s^-1 cm^-2 Hz^-1]
WIEN = 4.965114231744276  # x of the maximum of B_lambda, x = h c/(lambda k T)

# Wavelength coverage of imaging instruments [um].  NIRCam: archive.stsci.edu/jwst; MIRI: its imaging filters F560W to
# F2550W; MICADO: mpia.de, final design review, 2024; METIS: Brandl et al., The Messenger 182 (2021) 22; WFOS, IRIS:
# tmt.org/page/wfos, tmt.org/page/iris.
BANDS = {
    "JWST NIRCam": (0.6, 5.0),
    "JWST MIRI": (5.6, 25.5),
    "ELT MICADO": (0.8, 2.4),
    "ELT METIS": (3.0, 13.3),
    "TMT WFOS": (0.31, 1.0),
    "TMT IRIS": (0.84, 2.4),
}


def planck(nu_Hz: float, T_K: float) -> float:
    """B_nu(T) [erg s^-1 cm^-2 Hz^-1 sr^-1]."""
    h = 2 * math.pi * HBAR / EV_PER_ERG  # [erg s]
    x = 2 * math.pi * HBAR * nu_Hz / (K_B * T_K)
    return 2 * h * nu_Hz**3 / C_LIGHT**2 / math.expm1(x) if x < 700 else 0.0


def flux_density(star: Star, T_inf_K: float, distance_pc: float, wavelength_um: float, radius: str = "star") -> float:
    """Spectral flux density [Jy], pi B_nu (R/d)^2, with R the radius or (`apparent`) gamma R as seen from far away."""
    seen = star.R * (star.gamma if radius == "apparent" else 1.0)
    return math.pi * planck(C_LIGHT / (wavelength_um * 1e-4), T_inf_K) * (seen / (distance_pc * PARSEC)) ** 2 / JANSKY


def peak_wavelength(T_inf_K: float) -> float:
    """Wavelength [um] where B_lambda is largest."""
    return 2 * math.pi * HBAR * C_LIGHT / (WIEN * K_B * T_inf_K) * 1e4


def instruments(wavelength_um: float, bands: Mapping[str, tuple[float, float]] = BANDS) -> list[str]:
    """Names of the instruments whose band contains a wavelength."""
    return [name for name, (low, high) in bands.items() if low <= wavelength_um <= high]
