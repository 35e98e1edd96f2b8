"""Unit conversions shared by several constraints, named ``A_to_B``; all accept arrays."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

Value = TypeVar("Value", float, np.ndarray)
MU_B_PER_MEV = 0.296304  # Bohr magneton e/(2 m_e) [1/MeV], with e = sqrt(4 pi alpha)


def d_per_MeV_to_mu_muB(d: Value) -> Value:
    """Transition moment mu/mu_B for a coupling d [1/MeV] in L = d nubar sigma F N, with mu = 2 d."""
    return 2.0 * d / MU_B_PER_MEV


def mu_muB_to_d_per_MeV(mu: Value) -> Value:
    """Coupling d [1/MeV] in L = d nubar sigma F N for a transition moment mu/mu_B, with mu = 2 d."""
    return 0.5 * mu * MU_B_PER_MEV


def sin2theta_to_sin2_2theta(s: Value) -> Value:
    """sin^2(2 theta) from sin^2(theta)."""
    return 4.0 * s * (1.0 - s)


def sin2_2theta_to_sin2theta(s: Value) -> Value:
    """sin^2(theta) from sin^2(2 theta), for theta below pi/4; stable for small mixing, NaN for s above 1."""
    with np.errstate(invalid="ignore"):
        return 0.5 * s / (1.0 + np.sqrt(1.0 - s))


def GeV_to_MeV(m: Value) -> Value:
    """Mass in MeV from a mass in GeV."""
    return 1e3 * m


def keV_to_MeV(m: Value) -> Value:
    """Mass in MeV from a mass in keV."""
    return 1e-3 * m


def MeV_to_keV(m: Value) -> Value:
    """Mass in keV from a mass in MeV."""
    return 1e3 * m


def GeV_to_keV(m: Value) -> Value:
    """Mass in keV from a mass in GeV."""
    return 1e6 * m


def d_per_GeV_to_mu_muB(d: Value) -> Value:
    """Transition moment mu/mu_B for a coupling d [1/GeV] in L = d nubar sigma F N, with mu = 2 d."""
    return d_per_MeV_to_mu_muB(1e-3 * d)
