"""Constants of this constraint, the table of degrees of freedom, and the tables that a user brings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from nubounds import tables
from nubounds.constants import M_ELECTRON_MEV
from nubounds.contract import InputError

M_PLANCK_MEV = 1.22089e22  # Planck mass [MeV], PDG 2020
M_W_MEV = 80379.0  # W mass [MeV], PDG 2020
M_Z_MEV = 91187.6  # Z mass [MeV], PDG 2020
M_HIGGS_MEV = 125250.0  # Higgs mass [MeV], PDG 2022
M_KAON_MEV = 493.677  # K+ mass [MeV], PDG 2020
M_PION_MEV = 139.57039  # pi+ mass [MeV], PDG 2020
TAU_KAON_S = 1.238e-8  # K+ lifetime [s], PDG 2020
TAU_PION_S = 2.6033e-8  # pi+ lifetime [s], PDG 2020
F_KAON_MEV = 155.7  # K+ decay constant [MeV], PDG 2020
F_PION_MEV = 130.2  # pi+ decay constant [MeV], PDG 2020
V_US, V_UD = 0.2243, 0.97373  # CKM elements, PDG 2020 and 2022
LEPTON_MASS_MEV = {"e": M_ELECTRON_MEV, "mu": 105.6583745, "tau": 1776.86}  # CODATA 2018 and PDG 2020
ENTROPY_TODAY_PER_CM3 = 2891.2  # s_0, as the Letter gives it after Eq. (7)
CRITICAL_DENSITY_GEV_PER_CM3 = 1.05e-5  # rho_c/h^2, as the Letter gives it after Eq. (7)
TARGET_RELIC_DENSITY = 0.12  # Omega h^2 of dark matter
AGE_S = 4.35e17  # age of the universe [s]
BBN_MASS_MEV = 5.0  # mediators below it disturb nucleosynthesis

FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Spline:
    """Cubic spline with not-a-knot ends through (x, y); outside the nodes the value at the nearest end, with no
    slope.
    """

    x: np.ndarray
    y: np.ndarray
    curvature: np.ndarray

    @classmethod
    def through(cls, x, y) -> Spline:
        """The spline of at least four points."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        n, h = len(x), np.diff(x)
        system, right = np.zeros((n, n)), np.zeros(n)
        for i in range(1, n - 1):
            system[i, i - 1 : i + 2] = h[i - 1], 2 * (h[i - 1] + h[i]), h[i]
            right[i] = 6 * ((y[i + 1] - y[i]) / h[i] - (y[i] - y[i - 1]) / h[i - 1])
        system[0, :3] = (
            h[1],
            -(h[0] + h[1]),
            h[0],
        )  # the third derivative is continuous at the second and the last but one node
        system[-1, -3:] = h[-1], -(h[-2] + h[-1]), h[-2]
        return cls(x, y, np.linalg.solve(system, right))

    def __call__(self, at):
        """Value and slope at `at` (array)."""
        inside = np.clip(at, self.x[0], self.x[-1])
        i = np.clip(np.searchsorted(self.x, inside, side="right") - 1, 0, len(self.x) - 2)
        h = self.x[i + 1] - self.x[i]
        b = (inside - self.x[i]) / h
        a = 1 - b
        low, high = self.curvature[i], self.curvature[i + 1]
        value = a * self.y[i] + b * self.y[i + 1] + ((a**3 - a) * low + (b**3 - b) * high) * h**2 / 6
        slope = (self.y[i + 1] - self.y[i]) / h + ((1 - 3 * a**2) * low + (3 * b**2 - 1) * high) * h / 6
        return value, np.where(inside == at, slope, 0.0)


@dataclass(frozen=True)
class DegreesOfFreedom:
    """g_rho and g_s as functions of ln T."""

    g_rho: Spline
    g_s: Spline

    def __call__(self, log_T):
        """g_rho, g_s and J = 1 + (1/3) dln g_s/dln T at ln(T/MeV)."""
        log10_T = np.asarray(log_T) / np.log(10.0)
        g_rho, _ = self.g_rho(log10_T)
        g_s, slope = self.g_s(log10_T)
        return g_rho, g_s, 1 + slope / (3 * np.log(10.0) * g_s)


@cache
def degrees_of_freedom(path: str | None = None) -> DegreesOfFreedom:
    """The embedded table, or a user's csv with columns T_MeV, g_rho, g_s (clipped at its ends)."""
    if path is None:
        table = tables.read_csv(
            FOLDER / "g_star.csv", ["log10_T_MeV", "g_rho", "g_rho_over_g_s"], ascending="log10_T_MeV"
        )
        log10_T, g_rho, g_s = table["log10_T_MeV"], table["g_rho"], table["g_rho"] / table["g_rho_over_g_s"]
    else:
        table = tables.read_csv(
            path, ["T_MeV", "g_rho", "g_s"], ascending="T_MeV", minimum={"T_MeV": 1e-6, "g_rho": 1, "g_s": 1}
        )
        log10_T, g_rho, g_s = np.log10(table["T_MeV"]), table["g_rho"], table["g_s"]
        if len(log10_T) < 4:
            raise InputError(f"{path}: needs at least four rows for a cubic spline, has {len(log10_T)}")
    return DegreesOfFreedom(Spline.through(log10_T, g_rho), Spline.through(log10_T, g_s))


@cache
def opacity(path: str) -> tuple[np.ndarray, np.ndarray]:
    """A user's csv with columns T_MeV, y (Gamma_SM = y G_F^2 E T^4) as (ln T, y)."""
    table = tables.read_csv(path, ["T_MeV", "y"], ascending="T_MeV", minimum={"T_MeV": 1e-6, "y": 0})
    return np.log(table["T_MeV"]), table["y"]
