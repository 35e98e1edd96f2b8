"""The one nucleus of statements on germanium that need no isotopes: A = 72.63, the standard atomic weight."""

from __future__ import annotations

import numpy as np

from nubounds.kernels import solar_cevns as kernel
from nubounds.numerics.constants import HBARC_MEV_FM, M_ELECTRON_MEV
from nubounds.solar.target import A_KN_FM, R0_FM, U_MEV

Z, A = 32, 72.63
M_MEV = A * U_MEV - Z * M_ELECTRON_MEV
RADIUS_FM = R0_FM * float(np.cbrt(A))


def together(*numbers) -> list[np.ndarray]:
    """Numbers and arrays as arrays of one length that kernels take.

    Parameters
    ----------
    numbers : numbers, or arrays of shape (n,)

    Returns
    -------
    An array of shape (n,) for each of the numbers.
    """
    return [np.ascontiguousarray(array, dtype=float) for array in np.broadcast_arrays(*map(np.atleast_1d, numbers))]


def squared_form_factor(T_keV: float | np.ndarray) -> np.ndarray:
    """F^2 of Eq. (4).

    Parameters
    ----------
    T_keV : recoil energies, one or shape (n,)

    Returns
    -------
    Shape (n,), relative error 1e-14.
    """
    nucleus = np.array([[M_MEV, RADIUS_FM, 0.0, 0.0]])
    return kernel.form_factors(1e-3 * np.atleast_1d(T_keV), nucleus, A_KN_FM, HBARC_MEV_FM)[:, 0]


def dipole_brackets(
    E_MeV: float | np.ndarray, T_keV: float | np.ndarray, m4_MeV: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The brackets of Eq. (8) and of what Eq. (10) adds for spin 0, both zero outside phase space.

    Parameters
    ----------
    E_MeV, T_keV, m4_MeV : energy of the neutrino, of the recoil, and mass, one or shape (n,)

    Returns
    -------
    Two arrays [1/MeV] of shape (n,); errors of 1e-14/T.
    """
    E, T, m4 = together(E_MeV, T_keV, m4_MeV)
    half, extra = kernel.dipole_brackets(E, 1e-3 * T, m4, M_MEV).T
    return half, extra
