"""Photons and neutrinos from all past supernovae (Eq. 9), and the measured backgrounds to compare with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from nubounds.constants import HBAR_MEV_S, YEAR_S
from nubounds.constraints.sn_dipole.constants import C_CM_PER_S, C_KM_PER_S, MPC_CM
from nubounds.constraints.sn_dipole.decay import rules
from nubounds.kernels import sn_dipole_flux as kernel
from nubounds.tables import read_csv

REDSHIFT_EDGES = (0.0, 0.05, 0.3, 0.7, 1.2, 2.0, 3.2, 4.5, 6.0)
REDSHIFT_ORDER = 4
M_MAX_MEV = 10.0  # Eq. (9) holds up to here: heavier N are not relativistic and decay inside their star
LONGEST = 0.8  # longest panel in ln E


@dataclass(frozen=True)
class History:
    """Star formation and expansion (Yuksel et al. 2008, ref. 73).

    collapses_per_Msun;  rate_0 [Msun/yr/Mpc3], slopes a, b, c below, between and above the breaks of (1 + z)/5000 and
    (1 + z)/9;  H0 [km/s/Mpc]
    """

    collapses_per_Msun: float = 0.0070
    rate_0: float = 0.02
    slopes: tuple[float, float, float] = (3.4, -0.3, -3.5)
    scales: tuple[float, float] = (5000.0, 9.0)
    smoothness: float = -10.0
    H0: float = 70.0
    matter: float = 0.3
    z_max: float = 6.0

    def star_formation(self, z):
        """Msun/yr/Mpc3."""
        a, b, c = self.slopes
        h, x = self.smoothness, 1 + z
        return self.rate_0 * (x ** (a * h) + (x / self.scales[0]) ** (b * h) + (x / self.scales[1]) ** (c * h)) ** (
            1 / h
        )

    def expansion(self, z):
        """H(z) [1/s]."""
        return self.H0 / C_KM_PER_S * C_CM_PER_S / MPC_CM * np.sqrt(self.matter * (1 + z) ** 3 + 1 - self.matter)

    def collapses(self, z):
        """Core collapses [1/cm3/s]."""
        return self.collapses_per_Msun * self.star_formation(z) / YEAR_S / MPC_CM**3


@cache
def _redshifts(history: History):
    """z, R_cc/H dz [1/cm3] and Int_0^z dz' (1 + z)/((1 + z')^2 H) [s], the proper time of light N up to E_N/M."""
    nodes, weights = np.polynomial.legendre.leggauss(REDSHIFT_ORDER)
    edges = np.array([e for e in REDSHIFT_EDGES if e < history.z_max] + [history.z_max])
    half = 0.5 * np.diff(edges)[:, None]
    z = (0.5 * (edges[1:] + edges[:-1])[:, None] + half * nodes).ravel()
    inner, inner_weights = np.polynomial.legendre.leggauss(24)
    steps = 0.5 * z[:, None] * (inner + 1)
    time = (0.5 * z[:, None] * inner_weights / ((1 + steps) ** 2 * history.expansion(steps))).sum(1) * (1 + z)
    return z, (half * weights).ravel() * history.collapses(z) / history.expansion(z), time


def flux_nodes(parents, E: float, history: History) -> np.ndarray:
    """Nodes of `kernel.decays` for dPhi/dE dOmega [1/MeV/cm2/s/sr] at the observed energy E [MeV] (Eq. 9)."""
    M = parents.M
    low, high = parents.E_span
    z, weight, time = _redshifts(history)
    emitted = (1 + z) * E
    start = np.maximum(np.maximum(low, emitted), 0.25 * M * M / emitted)
    length = np.maximum(np.log(high / start), 0.0)
    pieces = np.ceil(length / LONGEST).astype(int)
    shell = np.repeat(np.arange(z.size), pieces)  # redshift of each panel in ln E
    number = np.arange(shell.size) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    nodes, weights, coarse = rules()
    width = (length[shell] / pieces[shell])[:, None]
    parent = start[shell, None] * np.exp(width * (number[:, None] + 0.5 * (1 + nodes)))
    shift = 0.25 * M * M / parent
    source = parents(parent.ravel()).reshape(parent.shape) / (parent - shift)
    share = C_CM_PER_S / (4 * math.pi) * weight[shell, None] * source * 0.5 * width * parent
    age = 6 * M**4 / (4 * math.pi * HBAR_MEV_S) * time[shell, None] / (parent + shift)  # M Gamma_N t/(E_N d^2)
    columns = (np.zeros_like(parent), age, share * weights, share * coarse)
    return np.ascontiguousarray(np.stack([column.ravel() for column in columns], axis=1))


def flux(parents, energies, d: float, history: History) -> np.ndarray:
    """dPhi/dE dOmega [1/MeV/cm2/s/sr] of photons at `energies` [MeV]; without d^2 for parents per d^2.  One sixth of
    it is anti-nu_e.
    """
    return np.array(
        [float(kernel.decays(np.array([d]), flux_nodes(parents, energy, history))[0][0]) for energy in energies]
    )


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


def read_background(path: str) -> tuple[Table]:
    """A csv with the columns E_MeV, flux_per_cm2_s_sr_MeV."""
    columns = read_csv(
        path,
        ["E_MeV", "flux_per_cm2_s_sr_MeV"],
        ascending="E_MeV",
        minimum={"E_MeV": 1e-9, "flux_per_cm2_s_sr_MeV": 1e-300},
    )
    return (Table(tuple(columns["E_MeV"]), tuple(columns["flux_per_cm2_s_sr_MeV"])),)


def read_neutrino_limit(path: str) -> tuple[np.ndarray, np.ndarray]:
    """E [MeV] and flux [1/cm2/s/MeV] of a user's upper limit on diffuse anti-nu_e."""
    columns = read_csv(
        path, ["E_MeV", "flux_per_cm2_s_MeV"], ascending="E_MeV", minimum={"E_MeV": 1e-9, "flux_per_cm2_s_MeV": 1e-300}
    )
    return columns["E_MeV"], columns["flux_per_cm2_s_MeV"]


class Excess:
    """Largest ratio of the diffuse photon flux to the backgrounds, as a function of d (per d^2)."""

    def __init__(self, parents, backgrounds, history: History, spacing: float = 0.14):
        self.log_E, self.nodes, self.backgrounds, self.segments = [], [], [], []
        for background in backgrounds:
            count = max(2, math.ceil(math.log(background.E_max / background.E_min) / spacing) + 1)
            grid = np.geomspace(background.E_min, background.E_max, count)
            self.segments.append(slice(len(self.log_E), len(self.log_E) + count))
            self.log_E += np.log(grid).tolist()
            self.nodes += [flux_nodes(parents, float(E), history) for E in grid]
            self.backgrounds += [float(background(E)) for E in grid]

    def __call__(self, d) -> tuple[np.ndarray, np.ndarray]:
        """max over E of flux/background, and its error, for an array of d; the maximum by a parabola in ln-ln through
        the best node.
        """
        d = np.ascontiguousarray(np.atleast_1d(d), dtype=float)
        ratios = np.array(
            [kernel.decays(d, nodes)[0] / level for nodes, level in zip(self.nodes, self.backgrounds, strict=True)]
        )
        best, error = np.zeros(d.size), np.zeros(d.size)
        for segment in self.segments:
            part, log_E = ratios[segment], self.log_E[segment]
            for k in range(d.size):
                i = int(np.argmax(part[:, k]))
                top = part[i, k]
                if 0 < i < len(log_E) - 1 and np.all(part[i - 1 : i + 2, k] > 0):
                    a, b, c = np.log(part[i - 1 : i + 2, k])
                    top = math.exp(b + (a - c) ** 2 / (8 * max(2 * b - a - c, 1e-12)))
                if top > best[k]:
                    best[k], error[k] = top, abs(top - part[i, k])
        return best, error
