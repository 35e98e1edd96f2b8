"""Constants of this constraint, the table of degrees of freedom, and the tables that a user brings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from nubounds.contract import DataFile, InputError
from nubounds.files import tables
from nubounds.numerics.constants import M_ELECTRON_MEV

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
AGE_S = 4.35e17  # age of the universe [s]
BBN_MASS_MEV = 5.0  # mediators below it disturb nucleosynthesis
DEGREES = (1.0, 1e4)  # of freedom in a user's table
STRETCH = (0.1, 5.0)  # of 1 + (1/3) dln g/dln T there: entropy never falls, and a step takes seven steps in ln z

FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Spline:
    """Cubic spline with not-a-knot ends through (x, y); outside the nodes the value at the nearest end, with no
    slope.
    """

    x: np.ndarray
    y: np.ndarray
    cubics: np.ndarray  # coefficients of the powers of the distance from the node before, shape (n - 1, 4)

    @classmethod
    def through(cls, x: ArrayLike, y: ArrayLike) -> Spline:
        """The spline of at least four points.

        Parameters
        ----------
        x : places, ascending, shape (n,)
        y : values there, shape (n,)

        Returns
        -------
        the interpolant
        """
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
        curvature = np.linalg.solve(system, right)
        linear = np.diff(y) / h - h * (2 * curvature[:-1] + curvature[1:]) / 6
        return cls(x, y, np.stack([y[:-1], linear, curvature[:-1] / 2, np.diff(curvature) / (6 * h)], axis=1))

    def __call__(self, at):
        """Value and slope at `at` (array)."""
        inside = np.minimum(np.maximum(at, self.x[0]), self.x[-1])
        i = np.minimum(np.searchsorted(self.x, inside, side="right") - 1, len(self.x) - 2)
        t, (constant, linear, square, cube) = inside - self.x[i], self.cubics[i].T
        value = constant + t * (linear + t * (square + t * cube))
        return value, np.where(inside == at, linear + t * (2 * square + 3 * t * cube), 0.0)


@dataclass(frozen=True)
class MonotoneCubic:
    """Cubic Hermite interpolation through (x, y) that is monotone between any two points (Fritsch and Carlson 1980,
    with the slopes of Fritsch and Butland 1984); outside the points the value at the nearest end, with no slope.
    """

    x: np.ndarray
    y: np.ndarray
    slope: np.ndarray

    @classmethod
    def through(cls, x: ArrayLike, y: ArrayLike) -> MonotoneCubic:
        """The interpolant of at least two points.

        Parameters
        ----------
        x : places, ascending, shape (n,)
        y : values there, shape (n,)

        Returns
        -------
        the interpolant
        """
        x, y = np.asarray(x, float), np.asarray(y, float)
        h, secant = np.diff(x), np.diff(y) / np.diff(x)
        slope = np.zeros(len(x))
        slope[0], slope[-1] = secant[0], secant[-1]
        left, right = secant[:-1], secant[1:]
        turns = left * right <= 0
        weight = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
        safe_left, safe_right = np.where(turns, 1.0, left), np.where(turns, 1.0, right)
        mean = (weight[0] + weight[1]) / (weight[0] / safe_left + weight[1] / safe_right)
        slope[1:-1] = np.where(turns, 0.0, mean)
        return cls(x, y, slope)

    def __call__(self, at):
        """Value and slope at `at` (array)."""
        inside = np.clip(at, self.x[0], self.x[-1])
        i = np.clip(np.searchsorted(self.x, inside, side="right") - 1, 0, len(self.x) - 2)
        h = self.x[i + 1] - self.x[i]
        u, step = (inside - self.x[i]) / h, self.y[i + 1] - self.y[i]
        m0, m1 = h * self.slope[i], h * self.slope[i + 1]
        c2, c3 = 3 * step - 2 * m0 - m1, m0 + m1 - 2 * step
        value = self.y[i] + u * (m0 + u * (c2 + u * c3))
        return value, np.where(inside == at, (m0 + u * (2 * c2 + 3 * u * c3)) / h, 0.0)


@dataclass(frozen=True)
class DegreesOfFreedom:
    """g_rho and g_s as functions of ln T: the embedded table by a spline, a user's by what never leaves its rows."""

    g_rho: Spline | MonotoneCubic
    g_s: Spline | MonotoneCubic

    def __call__(self, log_T):
        """g_rho, g_s and J = 1 + (1/3) dln g_s/dln T at ln(T/MeV)."""
        log10_T = np.asarray(log_T) / np.log(10.0)
        g_rho, _ = self.g_rho(log10_T)
        g_s, slope = self.g_s(log10_T)
        return g_rho, g_s, 1 + slope / (3 * np.log(10.0) * g_s)


@lru_cache(maxsize=8)
def degrees_of_freedom(path: DataFile | None = None) -> DegreesOfFreedom:
    """The embedded table, or a user's csv with columns T_MeV, g_rho, g_s (clipped at its ends).

    Parameters
    ----------
    path : a user's file, or None for the embedded table

    Returns
    -------
    g_rho, g_s and the stretch of time as a function of ln T
    """
    if path is not None:
        return _degrees_of_a_user(path)
    table = tables.read_csv(FOLDER / "g_star.csv", ["log10_T_MeV", "g_rho", "g_rho_over_g_s"], ascending="log10_T_MeV")
    log10_T, g_rho, g_s = table["log10_T_MeV"], table["g_rho"], table["g_rho"] / table["g_rho_over_g_s"]
    return DegreesOfFreedom(Spline.through(log10_T, g_rho), Spline.through(log10_T, g_s))


@lru_cache(maxsize=8)
def entropy_degrees_at_1_MeV(path: DataFile | None = None) -> float:
    """g_s at 1 MeV, to which momenta are red-shifted.

    Parameters
    ----------
    path : a user's file, or None for the embedded table

    Returns
    -------
    number
    """
    return degrees_of_freedom(path)(0.0)[1]


def _degrees_of_a_user(path: DataFile) -> DegreesOfFreedom:
    table = tables.read_user_table(path, ["T_MeV", "g_rho", "g_s"])
    require_temperatures(table)
    for name in ("g_rho", "g_s"):
        table.require(name, (table[name] >= DEGREES[0]) & (table[name] <= DEGREES[1]), "must lie between 1 and 1e4")
    if len(table.lines) < 2:
        raise InputError(f"{path}: needs at least two rows, has {len(table.lines)}")
    log10_T = np.log10(table["T_MeV"])
    curves = {name: MonotoneCubic.through(log10_T, table[name]) for name in ("g_rho", "g_s")}
    for name, curve in curves.items():
        _require_gentle(table, name, log10_T, curve)
    return DegreesOfFreedom(**curves)


def require_temperatures(table: tables.UserTable, ascending: bool = True) -> None:
    """InputError unless T_MeV lies in a range that means something, and increases from row to row if `ascending`.

    Parameters
    ----------
    table : rows of the file
    ascending : whether rows must ascend in T_MeV
    """
    T = table["T_MeV"]
    table.require("T_MeV", (T >= 1e-10) & (T <= 1e22), "must lie between 1e-10 and 1e22")
    if not ascending:
        return
    # as logarithms, in which neighbours may coincide that differ in their last digit
    table.require("T_MeV", np.append(True, np.diff(np.log10(T)) > 0), "must increase from row to row")


def _require_gentle(table: tables.UserTable, name: str, log10_T, curve: MonotoneCubic) -> None:
    """InputError where 1 + (1/3) dln g/dln T (which for g_s is J, the stretch of time) leaves the range STRETCH."""
    value, slope = curve(log10_T[:-1, None] + np.diff(log10_T)[:, None] * np.linspace(0, 1, 33))
    stretch = 1 + slope / (3 * np.log(10.0) * value)
    steep = np.flatnonzero(((stretch < STRETCH[0]) | (stretch > STRETCH[1])).any(axis=1))
    if steep.size:
        (T0, T1), (g0, g1) = (table[column][steep[0] : steep[0] + 2] for column in ("T_MeV", name))
        table.refuse(
            steep[0] + 1,
            f"column {name}: from {g0:g} at T_MeV = {T0:.7g} to {g1:g} at {T1:.7g} is too steep (1 + dln g/dln T/3 "
            f"must stay between {STRETCH[0]:g} and {STRETCH[1]:g}); spread the step over a wider range of T",
        )
