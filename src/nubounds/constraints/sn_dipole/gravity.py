"""The lapse alpha inside and around a star: a clock at r runs alpha times as fast as a distant one, and a particle that
has the energy E far away has E/alpha there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.sn_dipole.constants import C_CM_PER_S

NEWTON_CGS = 6.67430e-8  # constant of gravitation [cm3/(g s2)], CODATA 2018
PER_G_CM = NEWTON_CGS / C_CM_PER_S**2  # G/c^2 [cm/g]
ROUNDS, SETTLED = 60, 1e-12  # of the pressure, which adds to its own weight


@dataclass(frozen=True)
class Gravity:
    """Lapse and compactness of one snapshot.

    radii : [km], ascending from 0, shape (n,);  log_lapse, compactness : ln alpha and 2 G m/r there
    """

    radii: np.ndarray
    log_lapse: np.ndarray
    compactness: np.ndarray

    def lapse(self, r_km) -> np.ndarray:
        """alpha at radii [km]; of a vacuum outside."""
        r = np.asarray(r_km, float)
        outside = 0.5 * np.log1p(-self.compactness[-1] * self.radii[-1] / np.maximum(r, self.radii[-1]))
        return np.exp(np.where(r < self.radii[-1], np.interp(r, self.radii, self.log_lapse), outside))

    def stretch(self, r_km) -> np.ndarray:
        """(1 - 2 G m/r)^(-1/2), proper length per radius."""
        r = np.asarray(r_km, float)
        outside = self.compactness[-1] * self.radii[-1] / np.maximum(r, self.radii[-1])
        return (1 - np.where(r < self.radii[-1], np.interp(r, self.radii, self.compactness), outside)) ** -0.5


def none(r_out_km: float) -> Gravity:
    """No gravity at all."""
    return Gravity(np.array([0.0, r_out_km]), np.zeros(2), np.zeros(2))


def of_density(radii: ArrayLike, rho: ArrayLike) -> Gravity:
    """The lapse of a star in hydrostatic equilibrium: its pressure follows from that.

    Parameters
    ----------
    radii : [km], ascending from 0, shape (n,)
    rho : density there [g/cm3]; nothing outside

    Returns
    -------
    Gravity; with phi = ln alpha and P in units of a density, from outside in

        dP/dr = -(rho + P) phi',   phi' = G (m + 4 pi r^3 P)/[r^2 (1 - 2 G m/r)]

    Notes
    -----
    Errors below 1e-5 with a few hundred radii.  Mass is that of the baryons: some 8 % more than the gravitating one.
    """
    from scipy.interpolate import CubicSpline

    r = np.asarray(radii, float) * 1e5
    inner = np.maximum(r, r[1] * 1e-3)

    def integral(values):
        return CubicSpline(r, values).antiderivative()(r)

    mass = np.maximum(integral(4 * np.pi * r**2 * rho), 0.0)
    compactness = 2 * PER_G_CM * mass / inner
    P = np.zeros_like(r)
    for _ in range(ROUNDS):
        slope = PER_G_CM * (mass + 4 * np.pi * r**3 * P) / (inner**2 * (1 - compactness))
        weight = integral((rho + P) * slope)
        P, before = weight[-1] - weight, P
        if np.max(np.abs(P - before)) < SETTLED * np.max(P):
            break
    phi = integral(slope)
    return Gravity(r * 1e-5, phi - phi[-1] + 0.5 * np.log1p(-compactness[-1]), compactness)
