"""Limits on the mixing from X-rays: a limit on the rate of nu4 -> nu gamma, or on its lifetime, as published facts.

All assume that nu4 is all dark matter; the line lies at half the mass.
"""

from __future__ import annotations

import math

from nubounds.constraints.dm_production import laboratory
from nubounds.numerics.constants import YEAR_S

PUBLISHED = ("xrism", "spi", "diffuse")
SOURCES = ("sketch", *PUBLISHED)
OMEGA_DM = 0.2645  # Omega_s of the diffuse limit if nu4 is all dark matter
# masses [keV] for which each says something; the line of XRISM is a single one
RANGES = {"sketch": (1.4, 98.0), "xrism": (7.05, 7.15), "spi": (40.0, 14e3), "diffuse": (1.0, 100.0)}
NOTES = {
    "sketch": "a power law through published limits with a scatter of 0.4 dex: a sketch, the fallback where no "
    "published curve is at hand, not a limit to use",
    "xrism": "Gamma < 1.0e-27/s, 3 sigma, ten clusters, at 7.1 keV only (arXiv:2510.24560)",
    "spi": "lifetime > 1e20 yr, the weak end of the published 1e20 to 1e21 (arXiv:2211.06200)",
    "diffuse": "extragalactic background: Omega sin^2 2theta < 3e-5 (m4/keV)^-5 (astro-ph/0512509)",
}
REFERENCES = {"xrism": "arXiv:2510.24560", "spi": "arXiv:2211.06200", "diffuse": "astro-ph/0512509"}
SHORT = {"xrism": "XRISM", "spi": "SPI", "diffuse": "X-ray background"}
LEVELS = {"xrism": "3 sigma", "spi": "", "diffuse": ""}  # confidence, where it is said


def mixing_limit(m4_keV: float, source: str) -> float | None:
    """Largest sin^2 2theta allowed, or None outside the masses that `source` speaks of.

    Parameters
    ----------
    m4_keV : mass of the sterile neutrino [keV]
    source : one of SOURCES

    Returns
    -------
    sin^2 2theta, or None
    """
    low, high = RANGES[source]
    if not low <= m4_keV <= high:
        return None
    if source == "sketch":
        return float(laboratory.xray_bound(m4_keV))
    if source == "diffuse":
        return 3e-5 * m4_keV**-5 / OMEGA_DM
    rate = 1.0e-27 if source == "xrism" else 1 / (1e20 * YEAR_S)
    return rate / laboratory.xray_rate(m4_keV, 1.0)


def line_flux(m4_keV: float, s2: float, column_GeV_per_cm2: float) -> float:
    """Photons per cm^2, s and sr of nu4 -> nu gamma along a column of sterile neutrinos: Gamma/(4 pi m4) Int rho ds.

    Parameters
    ----------
    m4_keV : mass of the sterile neutrino [keV]
    s2 : sin^2 2theta
    column_GeV_per_cm2 : integral of the density along the line of sight

    Returns
    -------
    flux [1/(cm2 s sr)]
    """
    return laboratory.xray_rate(m4_keV, s2) * column_GeV_per_cm2 / (4 * math.pi * 1e-6 * m4_keV)
