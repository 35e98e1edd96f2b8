"""From nuclear recoil energy T to electron-equivalent energy T_ee = Y(T) T, Eqs. (18)-(21), and back.

A model is a list of branches, each with T_ee increasing in T.  Lindhard's has one.  The pair that the paper describes,
Eq. (20) at 15-254 eV and Lindhard above, does not join: at 254 eV T_ee falls from 44.1 to 37.2 eVee.  So a T_ee between
them belongs to two recoil energies and a bin of T_ee to two intervals of T, whose rates add.  Limits use Lindhard
everywhere unless the input says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nubounds.constraints.solar_cevns.inputs import Quenching
from nubounds.contract import DataFile, InputError
from nubounds.files.tables import read_csv

LOWEST_KEV, JOINT_KEV = 0.015, 0.254  # where Eq. (20) holds
HIGHEST_KEV = 1e5  # no solar neutrino gives a nucleus more


@dataclass(frozen=True)
class Branch:
    """T_ee(T) on T_low..T_high [keV], increasing."""

    T_low: float
    T_high: float
    T_ee: Callable

    def recoil(self, T_ee: float | np.ndarray) -> np.ndarray:
        """T with T_ee(T) = `T_ee`, by bisection in ln T; the end of the branch where `T_ee` lies beyond it.

        Parameters
        ----------
        T_ee : electron-equivalent energies [keVee], any shape

        Returns
        -------
        T [keV] in the shape of `T_ee`, relative error 1e-14.
        """
        T_ee = np.asarray(T_ee, float)
        low = np.full(T_ee.shape, np.log(max(self.T_low, 1e-12)))
        high = np.full(T_ee.shape, np.log(self.T_high))
        for _ in range(80):
            middle = 0.5 * (low + high)
            below = self.T_ee(np.exp(middle)) < T_ee
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        T = np.exp(0.5 * (low + high))
        T = np.where(T_ee <= self.T_ee(self.T_low) if self.T_low > 0 else T_ee <= 0, self.T_low, T)
        return np.where(T_ee >= self.T_ee(self.T_high), self.T_high, T)

    def slope(self, T: float | np.ndarray) -> np.ndarray:
        """dT_ee/dT = Y + T dY/dT, the denominator of Eq. (21), by central differences.

        Parameters
        ----------
        T : recoil energies [keV], any shape

        Returns
        -------
        In the shape of `T`, relative error 1e-11 where T_ee is smooth.
        """
        T = np.asarray(T, float)
        h = 1e-4 * T
        return (8.0 * (self.T_ee(T + h) - self.T_ee(T - h)) - (self.T_ee(T + 2 * h) - self.T_ee(T - 2 * h))) / (
            12.0 * h
        )


def lindhard(T_keV: float | np.ndarray, Z: float, k: float) -> np.ndarray:
    """Lindhard's Y.

    Parameters
    ----------
    T_keV : recoil energies, any shape
    Z : charge of the nucleus
    k : Lindhard's k

    Returns
    -------
    The share of the recoil that is seen as ionisation, in the shape of `T_keV`.

    References
    ----------
    Demirci and Mustamin (2025), Eq. (19).
    """
    e = 11.5 * Z ** (-7.0 / 3.0) * np.asarray(T_keV, float)
    g = 3.0 * e**0.15 + 0.7 * e**0.6 + e
    return k * g / (1.0 + k * g)


def low_energy(T_keV: float | np.ndarray) -> np.ndarray:
    """Y of germanium at low energies.

    Parameters
    ----------
    T_keV : recoil energies, any shape

    Returns
    -------
    The share of the recoil that is seen as ionisation, in the shape of `T_keV`; measured at 0.015 to 0.254 keV.

    References
    ----------
    Demirci and Mustamin (2025), Eq. (20), where T is in eV.
    """
    return 0.18 * (1.0 - np.exp((15.0 - 1e3 * np.asarray(T_keV, float)) / 71.03))


def branches(choice: Quenching, Z: float) -> list[Branch]:
    """The branches of the model that the inputs choose, for recoils of a nucleus.

    Parameters
    ----------
    choice : the model and its parameters
    Z : charge of the nucleus

    Returns
    -------
    One branch, or two that overlap in T_ee.

    Raises
    ------
    InputError
        For a malformed or decreasing table, or the low-energy form on a target other than germanium.
    """
    if choice.quenching_file is not None:
        return [_tabulated(choice.quenching_file)]
    model, k = choice.quenching, choice.lindhard.lindhard_k
    if model == "constant":
        return [Branch(0.0, HIGHEST_KEV, lambda T: choice.quenching_factor * np.asarray(T, float))]
    upper = Branch(JOINT_KEV if model == "low_energy" else 0.0, HIGHEST_KEV, lambda T: lindhard(T, Z, k) * T)
    if model == "lindhard":
        return [upper]
    if Z != 32:
        raise InputError(
            "quenching: low_energy is a measurement on germanium; "
            "use lindhard, constant or a quenching_file for another target"
        )
    return [Branch(LOWEST_KEV, JOINT_KEV, lambda T: low_energy(T) * T), upper]


def _tabulated(path: DataFile) -> Branch:
    table = read_csv(path, ["T_keV", "Y"], ascending="T_keV", minimum={"T_keV": 0, "Y": 0})
    T, Y = table["T_keV"], table["Y"]
    if len(T) < 2:
        raise InputError(f"{path}: needs at least two rows")
    if Y.max() > 1:
        raise InputError(f"{path}: column Y: {Y.max():g} is above 1")
    fine = np.unique(np.concatenate([T, np.linspace(T[0], T[-1], 20 * len(T))]))
    if np.any(np.diff(fine * np.interp(fine, T, Y)) <= 0):
        raise InputError(f"{path}: T_ee = Y T does not increase with T, so it has no inverse")
    return Branch(float(T[0]), float(T[-1]), lambda energy: np.interp(energy, T, Y) * energy)


def electron_equivalent(model: list[Branch], T_keV: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """T_ee and dT_ee/dT.  At a joint the upper branch counts.

    Parameters
    ----------
    model : its branches
    T_keV : recoil energies, any shape

    Returns
    -------
    T_ee [keVee] and its slope, in the shape of `T_keV`; zero outside every branch.

    References
    ----------
    Demirci and Mustamin (2025), Eq. (18).
    """
    T = np.asarray(T_keV, float)
    value, slope = np.zeros(T.shape), np.zeros(T.shape)
    for branch in model:
        inside = (branch.T_low <= T) & (branch.T_high >= T)
        value = np.where(inside, branch.T_ee(T), value)
        slope = np.where(inside, branch.slope(T), slope)
    return value, slope


def recoil_intervals(model: list[Branch], edges_keVee: np.ndarray) -> list[tuple[int, float, float]]:
    """All the recoils that fall into bins of T_ee.

    Parameters
    ----------
    model : the branches of a nucleus
    edges_keVee : shape (bins, 2)

    Returns
    -------
    (bin, T_low, T_high) [keV], sorted; a bin may have two intervals.
    """
    found = []
    for branch in model:
        T = branch.recoil(edges_keVee)
        found += [(bin, low, high) for bin, (low, high) in enumerate(T.tolist()) if high > low]
    return sorted(found)
