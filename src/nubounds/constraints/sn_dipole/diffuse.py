"""Photons and neutrinos from all past supernovae (Eq. 9), and the measured backgrounds to compare with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.sn_dipole.constants import C_CM_PER_S
from nubounds.constraints.sn_dipole.decay import Nodes, Span
from nubounds.constraints.sn_dipole.history import collapses, expansion
from nubounds.constraints.sn_dipole.inputs import DiffuseBackground, History
from nubounds.constraints.sn_dipole.rates import gauss
from nubounds.contract import DataFile
from nubounds.files.tables import read_csv
from nubounds.kernels import sn_dipole_flux as kernel
from nubounds.numerics.constants import HBAR_MEV_S

REDSHIFT_EDGES = (0.0, 0.05, 0.3, 0.7, 1.2, 2.0, 3.2, 4.5, 6.0)
REDSHIFT_ORDER = 4
M_MAX_MEV = 10.0  # Eq. (9) holds up to here: heavier N are not relativistic and decay inside their star
ORDER, LONGEST = 3, 0.2  # Gauss nodes, and longest panel
STEEP_MEV = 300.0  # energies above need shorter ones and more redshifts: the parents fall as e^(-E/T)
SHORTER, MORE = 0.25, 3
THRESHOLD = 1e-9  # at E = M/2 (N at rest) the flux has a logarithmic peak; how near it is looked at
FLUX_ERROR = 1e-4  # of the rule over redshifts, which is the largest


@lru_cache(maxsize=32)
def _redshifts(history: History, order: int):
    """z, R_cc/H dz [1/cm3] and Int_0^z dz' (1 + z)/((1 + z')^2 H) [s], the proper time of light N up to E_N/M."""
    nodes, weights = gauss(order)
    edges = np.array([e for e in REDSHIFT_EDGES if e < history.z_max] + [history.z_max])
    half = 0.5 * np.diff(edges)[:, None]
    z = (0.5 * (edges[1:] + edges[:-1])[:, None] + half * nodes).ravel()
    inner, inner_weights = gauss(24)
    steps = 0.5 * z[:, None] * (inner + 1)
    time = (0.5 * z[:, None] * inner_weights / ((1 + steps) ** 2 * expansion(steps, history))).sum(1) * (1 + z)
    return z, (half * weights).ravel() * collapses(z, history) / expansion(z, history), time


def _pieces_of(counts) -> tuple[np.ndarray, np.ndarray]:
    """Intervals that are cut into `counts` pieces (shape (n,)): number of the interval of each piece, and of the piece
    in it.
    """
    interval = np.repeat(np.arange(counts.size), counts)
    return interval, np.arange(interval.size) - np.repeat(np.cumsum(counts) - counts, counts)


@dataclass(frozen=True)
class Flux:
    """dPhi/dE dOmega [1/MeV/cm2/s/sr] of photons at some energies (Eq. 9); one sixth of it is anti-nu_e.

    Called with an array of d it gives an array of shape (d, energies), without d^2 for parents per d^2.

    nodes : rows of `kernel.decays`, shape (n, 4);  ends : of those between two energies, in ascending order;
    place : of each energy in that order
    """

    nodes: np.ndarray
    ends: np.ndarray
    place: np.ndarray

    def __call__(self, d) -> np.ndarray:
        d = np.ascontiguousarray(np.atleast_1d(d), dtype=float)
        parts, _ = kernel.decays_in_parts(d, self.nodes, self.ends)
        return np.cumsum(parts[:, ::-1], axis=1)[:, ::-1][:, self.place]


def flux_nodes(M: float, span: Span, energies: ArrayLike, history: History) -> Nodes:
    """The flux at some energies.

    A parent feeds all energies inside its box.  So, from one energy to the next, the flux changes by the parents
    between the ends of the two integrals alone, and one pass over the parents serves all energies.  They are integrated
    in v = ln sqrt(E^2 - M^2/4), with dE/p = dv: the 1/p of slow N needs no care.

    Parameters
    ----------
    M : mass of the parents [MeV]
    span : range of their (E_N + p)/2 [MeV]
    energies : of the photons [MeV], shape (n,)
    history : supernovae of the past

    Returns
    -------
    Nodes of a :class:`Flux`

    References
    ----------
    Eq. (9).
    """
    mid, (low, high) = 0.25 * M**2, span
    steep = np.max(energies) > STEEP_MEV
    z, weight, time = _redshifts(history, REDSHIFT_ORDER * (MORE if steep else 1))
    energies, place = np.unique(energies, return_inverse=True)
    emitted = (1 + z) * energies[:, None]
    lowest = max(low, 0.5 * M * (1 + THRESHOLD))
    least = np.clip(np.maximum(emitted, mid / emitted), lowest, high)  # E of the parents, shape (energies, z)
    bounds = 0.5 * np.log(np.concatenate([least, np.full((1, z.size), high)]) ** 2 - mid)
    length = np.diff(bounds, axis=0)  # negative where the lower end of the box recedes
    pieces = np.ceil(np.abs(length) / (LONGEST * (SHORTER if steep else 1)) - 1e-9).astype(int)
    ends = np.concatenate([[0], np.cumsum(pieces.sum(1) * ORDER)])  # of the nodes between two energies
    interval, number = _pieces_of(pieces.ravel())
    width = (length.ravel()[interval] / pieces.ravel()[interval])[:, None]
    nodes, weights = gauss(ORDER)
    v = bounds[:-1].ravel()[interval, None] + width * (number[:, None] + 0.5 * (1 + nodes))
    parent, shell = np.sqrt(np.exp(2 * v) + mid), interval % z.size
    share = C_CM_PER_S / (4 * math.pi) * weight[shell, None] * 0.5 * width * weights
    age = 6 * M**4 / (4 * math.pi * HBAR_MEV_S) * time[shell, None] / (parent + mid / parent)  # M Gamma t/(E_N d^2)
    E, shares, ages = parent.ravel(), share.ravel(), age.ravel()

    def signal(density):
        source = density * shares  # no coarser rule: FLUX_ERROR is larger
        rows = np.stack([np.zeros_like(ages), ages, source, source], axis=1)
        return Flux(np.ascontiguousarray(rows), ends, place)

    return Nodes(E, signal)


def flux(parents: Any, energies: ArrayLike, history: History) -> Flux:
    """The same of parents.

    Parameters
    ----------
    parents : spectrum of N (decay.py)
    energies : of the photons [MeV], shape (n,)
    history : supernovae of the past

    Returns
    -------
    The flux as a function of d
    """
    return flux_nodes(parents.M, parents.E_span, energies, history).of(parents)


@dataclass(frozen=True)
class PowerLaw:
    """norm (E/pivot)^-index [1/cm2/s/sr/MeV] between two energies [MeV]."""

    norm: float
    pivot: float
    index: float
    E_min: float
    E_max: float

    def __call__(self, E):
        return self.norm * (E / self.pivot) ** -self.index


@dataclass(frozen=True)
class Table:
    """A user's background, straight lines in ln-ln."""

    E: tuple[float, ...]
    flux: tuple[float, ...]

    @property
    def E_min(self):
        return self.E[0]

    @property
    def E_max(self):
        return self.E[-1]

    def __call__(self, E):
        return np.exp(np.interp(np.log(E), np.log(self.E), np.log(self.flux)))


def backgrounds_of(background: DiffuseBackground) -> tuple[PowerLaw, ...] | tuple[Table]:
    """The measured background: the user's table, or COMPTEL and EGRET.

    Raises
    ------
    InputError
        For a table that cannot be used, with file and line.
    """
    if background.diffuse_background:
        return read_background(background.diffuse_background)
    comptel, egret = background.comptel, background.egret
    return (
        PowerLaw(comptel.norm, 5.0, comptel.index, 1.0, 30.0),
        PowerLaw(egret.norm, 451.0, egret.index, 30.0, 300.0),
    )


def read_background(path: DataFile) -> tuple[Table]:
    """A csv with the columns E_MeV, flux_per_cm2_s_sr_MeV."""
    columns = read_csv(
        path,
        ["E_MeV", "flux_per_cm2_s_sr_MeV"],
        ascending="E_MeV",
        minimum={"E_MeV": 1e-9, "flux_per_cm2_s_sr_MeV": 1e-300},
    )
    return (Table(tuple(columns["E_MeV"]), tuple(columns["flux_per_cm2_s_sr_MeV"])),)


def read_neutrino_limit(path: DataFile) -> tuple[np.ndarray, np.ndarray]:
    """E [MeV] and flux [1/cm2/s/MeV] of a user's upper limit on diffuse anti-nu_e."""
    columns = read_csv(
        path, ["E_MeV", "flux_per_cm2_s_MeV"], ascending="E_MeV", minimum={"E_MeV": 1e-9, "flux_per_cm2_s_MeV": 1e-300}
    )
    return columns["E_MeV"], columns["flux_per_cm2_s_MeV"]


def _peak(log_E, values) -> tuple[float, float]:
    """Largest of some values on a grid in ln E, by a parabola in ln-ln through the best three, and what that adds."""
    i = int(np.argmax(values))
    best = float(values[i])
    if not 0 < i < len(values) - 1 or not min(values[i - 1], values[i + 1]) > 0:
        return best, 0.0
    down, up = log_E[i] - log_E[i - 1], log_E[i + 1] - log_E[i]
    left, right = math.log(best / values[i - 1]) / down, math.log(best / values[i + 1]) / up  # slopes, both >= 0
    bend = (left + right) / (down + up)
    slope = (left * up - right * down) / (down + up)
    top = best * math.exp(slope**2 / (4 * max(bend, 1e-12)))
    return top, top - best


def _energies(background, spacing: float) -> np.ndarray:
    """Equal steps in ln E over a background, and the corners of one that a user gives as a table."""
    steps = max(2, math.ceil(math.log(background.E_max / background.E_min) / spacing) + 1)
    grid = np.geomspace(background.E_min, background.E_max, steps)
    return np.union1d(grid[1:-1], background.E) if isinstance(background, Table) else grid


@dataclass(frozen=True)
class Excess:
    """Largest ratio of the diffuse photon flux to the backgrounds, as a function of d (per d^2).

    flux : at all energies at which it is compared;  levels : the backgrounds there;  starts : of all but the first one;
    log_E : ln of the energies of each
    """

    flux: Flux
    levels: np.ndarray
    starts: np.ndarray
    log_E: list[np.ndarray]

    def ceiling(self, d) -> np.ndarray:
        """The value itself, at an array of d."""
        return self(d)[0]

    def __call__(self, d) -> tuple[np.ndarray, np.ndarray]:
        """max over E of flux/background, and its error, for an array of d."""
        found = np.empty((2, np.size(d)))
        for k, ratios in enumerate(self.flux(d) / self.levels):
            peaks = np.array([_peak(*part) for part in zip(self.log_E, np.split(ratios, self.starts), strict=True)])
            best = np.argmax(peaks[:, 0])
            found[:, k] = peaks[best, 0], peaks[best, 1] + FLUX_ERROR * peaks[best, 0]
        return found[0], found[1]


def excess_nodes(M: float, span: Span, backgrounds: tuple, history: History, spacing: float = 0.14) -> Nodes:
    """The largest ratio of the flux to backgrounds.

    Parameters
    ----------
    M : mass of the parents [MeV]
    span : range of their (E_N + p)/2 [MeV]
    backgrounds : what the flux is compared with
    history : supernovae of the past
    spacing : of the energies at which it is, in ln E

    Returns
    -------
    Nodes of an :class:`Excess`
    """
    grids = [_energies(one, spacing) for one in backgrounds]
    starts = np.cumsum([grid.size for grid in grids])[:-1]
    levels = np.concatenate([one(grid) for one, grid in zip(backgrounds, grids, strict=True)])
    log_E = np.split(np.log(np.concatenate(grids)), starts)
    nodes = flux_nodes(M, span, np.concatenate(grids), history)
    return Nodes(nodes.E, lambda density: Excess(nodes.signal(density), levels, starts, log_E))


def excess(parents: Any, backgrounds: tuple, history: History, spacing: float = 0.14) -> Excess:
    """The same of parents.

    Parameters
    ----------
    parents : spectrum of N (decay.py)
    backgrounds : what the flux is compared with
    history : supernovae of the past
    spacing : of the energies at which it is, in ln E

    Returns
    -------
    The excess as a function of d
    """
    return excess_nodes(parents.M, parents.E_span, backgrounds, history, spacing).of(parents)
