"""Constants and conversions against scipy's CODATA values, and against their definitions."""

import math

import pytest
from scipy.constants import physical_constants

from close import close
from nubounds.numerics import constants, units

MEV_J = physical_constants["electron volt"][0] * 1e6


@pytest.mark.parametrize(
    ("ours", "name", "factor"),
    [
        (constants.HBARC_MEV_FM, "reduced Planck constant times c in MeV fm", 1),
        (constants.HBAR_MEV_S, "reduced Planck constant in eV s", 1e-6),
        (constants.C_M_PER_S, "speed of light in vacuum", 1),
        (constants.G_F_PER_MEV2, "Fermi coupling constant", 1e-6),
        (constants.ALPHA, "fine-structure constant", 1),
        (constants.M_ELECTRON_MEV, "electron mass energy equivalent in MeV", 1),
        (constants.K_B_EV_PER_K, "Boltzmann constant in eV/K", 1),
    ],
)
def test_constants(ours, name, factor):
    assert ours == close(physical_constants[name][0] * factor, rel=1e-7)


def test_the_year_is_julian():
    assert constants.YEAR_S == 365.25 * 86400


def test_bohr_magneton():
    """mu_B = e/(2 m_e) in natural units, e^2 = 4 pi alpha; mu = 2 d."""
    mu_B = math.sqrt(4 * math.pi * constants.ALPHA) / (2 * constants.M_ELECTRON_MEV)
    assert mu_B == close(units.MU_B_PER_MEV, rel=3e-6)
    assert units.d_per_MeV_to_mu_muB(3.0) == close(2 * 3.0 / mu_B, rel=3e-6)
    assert units.mu_muB_to_d_per_MeV(units.d_per_MeV_to_mu_muB(0.7)) == close(0.7)
    assert units.d_per_GeV_to_mu_muB(1e3) == close(units.d_per_MeV_to_mu_muB(1.0))


@pytest.mark.parametrize("theta", [1e-9, 1e-3, 0.3, 0.7])
def test_mixing(theta):
    s, s2 = math.sin(theta) ** 2, math.sin(2 * theta) ** 2
    assert units.sin2theta_to_sin2_2theta(s) == close(s2, rel=1e-12)
    assert units.sin2_2theta_to_sin2theta(s2) == close(s, rel=1e-12)


def test_masses():
    assert (units.GeV_to_MeV(2.0), units.keV_to_MeV(2.0), units.MeV_to_keV(2.0), units.GeV_to_keV(2.0)) == (
        2e3,
        2e-3,
        2e3,
        2e6,
    )
