"""Core collapses and the expansion of the Universe as functions of the redshift."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.sn_dipole.constants import C_CM_PER_S, C_KM_PER_S, MPC_CM
from nubounds.constraints.sn_dipole.inputs import History
from nubounds.numerics.constants import YEAR_S


def star_formation(z: ArrayLike, history: History) -> np.ndarray:
    """Rate of star formation [Msun/yr/Mpc3] at redshifts z of any shape: three power laws of 1 + z, joined smoothly.

    Parameters
    ----------
    z : redshift, of any shape
    history : star formation and expansion of the Universe (Yuksel et al. 2008, ref. 73)

    Returns
    -------
    [Msun/yr/Mpc3], of the shape of `z`.
    """
    h, x = history.star_formation_smoothness, 1 + np.asarray(z, dtype=float)
    scales = (1.0, *history.star_formation_breaks)
    laws = [(x / scale, slope * h) for scale, slope in zip(scales, history.star_formation_slopes, strict=True)]
    with np.errstate(over="ignore"):
        total = sum(base**power for base, power in laws)
    joined = total ** (1 / h)
    if not np.all(np.isfinite(total)):  # steep laws, far from their scale: by logarithms
        logs = np.logaddexp.reduce([power * np.log(base) for base, power in laws])
        joined = np.where(np.isfinite(total), joined, np.exp(logs / h))
    return history.star_formation * joined


def expansion(z: float | np.ndarray, history: History) -> float | np.ndarray:
    """H(z) [1/s] of a flat universe.

    Parameters
    ----------
    z : redshift, of any shape
    history : star formation and expansion of the Universe (Yuksel et al. 2008, ref. 73)

    Returns
    -------
    [1/s], of the shape of `z`.
    """
    matter = history.matter
    return history.hubble / C_KM_PER_S * C_CM_PER_S / MPC_CM * np.sqrt(matter * (1 + z) ** 3 + 1 - matter)


def collapses(z: ArrayLike, history: History) -> np.ndarray:
    """Core collapses [1/cm3/s] per comoving volume.

    Parameters
    ----------
    z : redshift, of any shape
    history : star formation and expansion of the Universe (Yuksel et al. 2008, ref. 73)

    Returns
    -------
    [1/cm3/s], of the shape of `z`.
    """
    return history.collapses_per_Msun * star_formation(z, history) / YEAR_S / MPC_CM**3
