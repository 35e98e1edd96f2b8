"""Core collapses and the expansion of the Universe as functions of the redshift."""

from __future__ import annotations

import numpy as np

from nubounds.constants import YEAR_S
from nubounds.constraints.sn_dipole.constants import C_CM_PER_S, C_KM_PER_S, MPC_CM
from nubounds.constraints.sn_dipole.inputs import History


def star_formation(z, history: History):
    """Rate of star formation [Msun/yr/Mpc3] at redshifts z of any shape: three power laws of 1 + z, joined smoothly."""
    a, b, c = history.star_formation_slopes
    second, third = history.star_formation_breaks
    h, x = history.star_formation_smoothness, 1 + z
    return history.star_formation * (x ** (a * h) + (x / second) ** (b * h) + (x / third) ** (c * h)) ** (1 / h)


def expansion(z, history: History):
    """H(z) [1/s] of a flat universe."""
    matter = history.matter
    return history.hubble / C_KM_PER_S * C_CM_PER_S / MPC_CM * np.sqrt(matter * (1 + z) ** 3 + 1 - matter)


def collapses(z, history: History):
    """Core collapses [1/cm3/s] per comoving volume."""
    return history.collapses_per_Msun * star_formation(z, history) / YEAR_S / MPC_CM**3
