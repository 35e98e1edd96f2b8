"""A star from a user's csv: read, checked with line and reason, interpolated, and cut into zones; and
PNS-8.8A written in the same columns.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from nubounds.constraints.sn_dipole import pns_8_8
from nubounds.constraints.sn_dipole.inputs import Star
from nubounds.constraints.sn_dipole.profile import (
    EDGE_DENSITY,
    RHO_MIN,
    T_MIN_MEV,
    Zones,
    baryon_density,
    chemical_potential,
    gauss,
    make_zones,
)
from nubounds.contract import DataFile
from nubounds.files.tables import read_user_table

REQUIRED = ("t_s", "r_km", "rho_gcc", "T_MeV", "Ye", "Ynu")
OPTIONAL = ("mu_e_MeV", "mu_nue_MeV")
RANGES = {  # what a star may have; beyond is another unit (ms, K, cm, kg/m3, log10) or a slip
    "t_s": (1e-6, 100.0),
    "r_km": (0.0, 1e4),
    "rho_gcc": (100.0, 1e16),
    "T_MeV": (1e-3, 100.0),
    "Ye": (0.0, 1.0),
    "Ynu": (-1.0, 1.0),
    "mu_e_MeV": (-1e3, 1e3),
    "mu_nue_MeV": (-1e3, 1e3),
}
TIME_ORDER, RADIUS_ORDER = 2, 3  # Gauss nodes on a piece of the time between two rows (in ln t) and of the radius
LONGEST = 0.5  # piece of time, in ln t
STEEPEST = (0.07, 0.2)  # largest change of ln T over a piece of time, of radius: production goes as T^10 or so


@dataclass(frozen=True)
class UserProfile:
    """Columns on a rectangular grid: t [s] (times,), r [km] (radii,), each quantity (times, radii)."""

    t: np.ndarray
    r: np.ndarray
    columns: dict[str, np.ndarray]

    @cached_property
    def _tables(self) -> dict[str, np.ndarray]:
        """What is interpolated linearly in (ln t, r): ln rho, ln T, the rest as it is."""
        return {
            name: np.log(values) if name in ("rho_gcc", "T_MeV") else values for name, values in self.columns.items()
        }

    def at(self, t: float, r) -> dict[str, np.ndarray]:
        """All columns at one time and radii `r` [km], clamped at the ends of the grid."""
        log_t = np.log(self.t)
        i = int(np.clip(np.searchsorted(log_t, np.log(t)) - 1, 0, max(len(log_t) - 2, 0)))
        j = min(i + 1, len(log_t) - 1)
        share = float(np.clip((np.log(t) - log_t[i]) / (log_t[j] - log_t[i]), 0.0, 1.0)) if j > i else 0.0
        found = {
            name: np.interp(r, self.r, (1 - share) * table[i] + share * table[j])
            for name, table in self._tables.items()
        }
        return found | {name: np.exp(found[name]) for name in ("rho_gcc", "T_MeV")}

    def edge(self, t: float, density: float = EDGE_DENSITY) -> float:
        """R(t) [km], the outermost radius with a density [g/cm3], by default the edge's (ln rho is linear between
        radii); the first radius if there is none.
        """
        excess = np.log(self.at(t, self.r)["rho_gcc"] / density)
        dense = np.flatnonzero(excess >= 0)
        if dense.size == 0:
            return float(max(self.r[0], 1e-3))
        i = int(dense[-1])
        if i == len(self.r) - 1:
            return float(self.r[-1])
        return float(self.r[i] + (self.r[i + 1] - self.r[i]) * excess[i] / (excess[i] - excess[i + 1]))

    @property
    def thickest_end(self) -> float:
        """Density at the last radius [g/cm3], at the time at which that is largest."""
        return float(self.columns["rho_gcc"][:, -1].max())

    def changes(self, axis: int) -> np.ndarray:
        """Largest change of ln T of matter that is hot enough, from one time (axis 0) or radius (1) to the next."""
        log_T = np.maximum(np.log(self.columns["T_MeV"]), math.log(T_MIN_MEV))
        return np.abs(np.diff(log_T, axis=axis)).max(axis=1 - axis)

    def _times(self, finer: float) -> tuple[np.ndarray, np.ndarray]:
        """Gauss nodes in ln t and their shares of the duration, which they add up to."""
        log_t, nodes = np.log(self.t), []
        heat = self.changes(axis=0)
        for low, high, change in zip(log_t[:-1], log_t[1:], heat, strict=True):
            edges = np.linspace(low, high, 1 + _pieces(finer * max((high - low) / LONGEST, change / STEEPEST[0])))
            for a, b in itertools.pairwise(edges):
                t, weight = gauss(a, b, TIME_ORDER)
                share = weight * np.exp(t)
                nodes.append((np.exp(t), share * ((np.exp(b) - np.exp(a)) / share.sum())))
        return tuple(np.concatenate(column) for column in zip(*nodes, strict=True))

    def _radii(self, finer: float) -> tuple[np.ndarray, np.ndarray]:
        """Gauss nodes and weights from the centre (where the first radius' matter goes on) [km]."""
        radii, change = self.r, self.changes(axis=1)
        if radii[0] > 0:
            radii, change = np.append(0.0, radii), np.append(0.0, change)
        parts = [
            gauss(a, b, RADIUS_ORDER)
            for low, high, steep in zip(radii[:-1], radii[1:], change, strict=True)
            for a, b in itertools.pairwise(np.linspace(low, high, 1 + _pieces(finer * steep / STEEPEST[1])))
        ]
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

    def zones(self, finer: float = 1.0) -> Zones:
        """Gauss nodes between all times and radii, on pieces over which the star does not change much."""
        r, dr = self._radii(finer)
        rows = []
        for t, dt in zip(*self._times(finer), strict=True):
            state = self.at(float(t), r)
            one = np.ones_like(r)
            names = [name for name in (*REQUIRED[2:], *OPTIONAL) if name in state]
            rows.append((dt * one, r, dr, self.edge(float(t)) * one, *(state[name] for name in names)))
        columns = [np.concatenate(column) for column in zip(*rows, strict=True)]
        extra = dict(zip(names[4:], columns[8:], strict=True))
        return make_zones(*columns[:8], mu_e=extra.get("mu_e_MeV"), mu_nu=extra.get("mu_nue_MeV"))


def _pieces(share: float) -> int:
    return max(1, math.ceil(share - 1e-9))


def read(path: str | Path) -> UserProfile:
    """A profile from a csv with the columns `REQUIRED` and perhaps `OPTIONAL`, on a rectangular grid: all radii of the
    first time, then of the next.

    Raises
    ------
    InputError
        With file, line and reason: missing or unknown column, a field that is no finite number, times or radii that do
        not increase, a gap in the grid, a density or temperature that is not positive, a value outside `RANGES`, no
        matter that makes N.
    """
    table = read_user_table(path, REQUIRED, OPTIONAL)
    refuse = table.refuse
    positive = {"t_s": "time after bounce", "rho_gcc": "density", "T_MeV": "temperature"}
    for name, meaning in positive.items():
        table.require(name, table[name] > 0, f"{meaning} must be positive")
    for name, (low, high) in RANGES.items():
        if name not in table.columns:
            continue
        bad = np.flatnonzero((table[name] < low) | (table[name] > high))
        if bad.size:
            refuse(bad[0], f"column {name}: {table[name][bad[0]]:g} is outside {low:g}...{high:g}")
    t, r = table["t_s"], table["r_km"]
    starts = np.concatenate([[0], np.flatnonzero(np.diff(t) != 0) + 1])
    for start in starts[1:]:
        if t[start] < t[start - 1]:
            refuse(start, f"column t_s: time must increase, but {t[start]:g} s follows {t[start - 1]:g} s")
    radii = r[: starts[1] if len(starts) > 1 else len(r)]
    for start, stop in zip(starts, [*starts[1:], len(t)], strict=True):
        steps = np.flatnonzero(np.diff(r[start:stop]) <= 0)
        if steps.size:
            row = start + int(steps[0]) + 1
            refuse(row, f"column r_km: radius must increase within one time, but {r[row]:g} follows {r[row - 1]:g} km")
        expected = radii[: stop - start]
        different = np.flatnonzero(r[start : start + len(expected)] != expected)
        if different.size:
            k = int(different[0])
            refuse(
                start + k,
                f"gap in the grid: radius {radii[k]:g} km expected as at the first time, not {r[start + k]:g}",
            )
        if stop - start != len(radii):
            counts = f"{stop - start} radii at t = {t[start]:g} s, {len(radii)} at the first time"
            refuse(stop - 1, f"gap in the grid: {counts}")
    if len(starts) < 2 or len(radii) < 2:
        refuse(len(t) - 1, "a profile needs at least two times and two radii")
    shape = (len(starts), len(radii))
    columns = {name: values.reshape(shape) for name, values in table.columns.items() if name not in ("t_s", "r_km")}
    profile = UserProfile(t[starts], radii, columns)
    if profile.zones().T.size == 0:
        hottest = int(np.argmax(table["T_MeV"]))
        refuse(
            hottest,
            f"no matter is left above {T_MIN_MEV:g} MeV and {RHO_MIN:g} g/cm3, where N are made; "
            f"the hottest has {table['T_MeV'][hottest]:g} MeV and {table['rho_gcc'][hottest]:g} g/cm3",
        )
    return profile


@lru_cache(maxsize=8)
def of(file: DataFile) -> UserProfile:
    """The profile in a file, read again only if the file has changed (see :func:`read`)."""
    return read(file)


def embedded_columns(times: int = 34, radii: int = 81, T0_MeV: float = Star().T0_MeV) -> dict[str, np.ndarray]:
    """PNS-8.8A in the columns of such a csv: logarithmic times, equidistant radii.

    Parameters
    ----------
    times : number of times
    radii : number of radii
    T0_MeV : temperature that sets the scale of the profile [MeV]

    Returns
    -------
    Column -> values, shape (times radii,).
    """
    t = np.geomspace(pns_8_8.T_START_S, pns_8_8.T_STOP_S, times)
    r = np.linspace(0.0, pns_8_8.R_STOP_KM, radii)
    states = [np.stack(pns_8_8.Snapshot(float(time), T0_MeV).state(r)) for time in t]
    columns = dict(zip(REQUIRED[2:], np.concatenate(states, axis=1), strict=True))
    n = baryon_density(columns["rho_gcc"])
    potentials = (
        chemical_potential(n * columns["Ye"], columns["T_MeV"], 2),
        chemical_potential(n * columns["Ynu"], columns["T_MeV"], 1),
    )
    return {
        "t_s": np.repeat(t, radii),
        "r_km": np.tile(r, times),
        **columns,
        **dict(zip(OPTIONAL, potentials, strict=True)),
    }


def embedded_csv(times: int = 34, radii: int = 81, T0_MeV: float = Star().T0_MeV, potentials: bool = False) -> str:
    """PNS-8.8A as the text of such a csv.

    Parameters
    ----------
    times : number of times
    radii : number of radii
    T0_MeV : temperature that sets the scale of the profile [MeV]
    potentials : whether to write the chemical potentials too

    Returns
    -------
    The text.
    """
    columns = embedded_columns(times, radii, T0_MeV)
    names = [*REQUIRED, *(OPTIONAL if potentials else ())]
    lines = [
        "# PNS-8.8A, a model of a cooling proto-neutron star in closed form, written by nubounds",
        "# time after bounce [s], radius [km], density [g/cm3], temperature [MeV], net electrons per baryon [1],",
        "# net electron neutrinos per baryon [1], perhaps their chemical potentials [MeV]",
        ",".join(names),
    ]
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    return "\n".join([*lines, *(",".join(map(repr, row)) for row in rows)]) + "\n"
