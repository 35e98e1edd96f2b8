"""The one nucleus of statements on germanium that need no isotopes: A = 72.63, the standard atomic weight."""

from __future__ import annotations

import numpy as np

from nubounds.constants import HBARC_MEV_FM, M_ELECTRON_MEV
from nubounds.kernels import solar_cevns as kernel
from nubounds.solar.target import A_KN_FM, R0_FM, U_MEV

Z, A = 32, 72.63
M_MEV = A * U_MEV - Z * M_ELECTRON_MEV
RADIUS_FM = R0_FM * float(np.cbrt(A))


def squared_form_factor(T_keV: float) -> float:
    """F^2 of Eq. (4) at a recoil energy [keV]."""
    nucleus = np.array([[M_MEV, RADIUS_FM, 0.0, 0.0]])
    return float(kernel.form_factors(np.array([1e-3 * T_keV]), nucleus, A_KN_FM, HBARC_MEV_FM)[0, 0])


def dipole_brackets(E_MeV: float, T_keV: float, m4_MeV: float) -> tuple[float, float]:
    """The brackets [1/MeV] of Eq. (8) and of what Eq. (10) adds for spin 0."""
    half, extra = kernel.dipole_brackets(np.array([E_MeV]), np.array([1e-3 * T_keV]), np.array([m4_MeV]), M_MEV)[0]
    return float(half), float(extra)
