"""Solar neutrino spectra, their flavour at Earth, and the cumulative moments that the kernel interpolates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from nubounds import solar
from nubounds.constants import M_ELECTRON_MEV
from nubounds.constraints.xenon_cevns.inputs import FLUXES, Oscillation, Spectra
from nubounds.contract import InputError
from nubounds.kernels import solar_cevns as kernel
from nubounds.tables import read_csv

STEP = 0.005  # distance of knots in s = sqrt(top - E) [MeV^(1/2)]: interpolation to 1e-10, near an end point to 1e-8
MATTER_EV2 = 1.52651e-7  # 2 sqrt(2) G_F N_A cm^-3 [eV^2 per MeV of energy and unit of n_e/(N_A cm^-3)]
DENSEST = 1000.0  # several times the Sun's centre (about 100); a larger n_e/(N_A cm^-3) is in another unit
END_POINT_RANGE = {"8b": (13.0, 18.0), "hep": (17.0, 21.0)}  # [MeV], what the end of a user's spectrum may be
MEAN_ENERGY_RANGE = {"8b": (5.0, 9.0), "hep": (8.0, 12.0)}  # [MeV]


@dataclass(frozen=True)
class Branches:
    """A sum of allowed beta spectra E^2 (y + m_e) sqrt(y (y + 2 m_e)), y = Q - E, each normalised to its share."""

    end_point: np.ndarray
    share: np.ndarray

    @property
    def edges(self) -> np.ndarray:
        """Energies that bound the segments of the table [MeV]."""
        return np.concatenate([[0.0], self.end_point])

    @property
    def breaks(self) -> np.ndarray:
        """Energies at which the spectrum is not smooth, ascending [MeV]."""
        return self.end_point

    def densities(self, top: float, depth) -> np.ndarray:
        """phi E^-n for n = 0, 1, 2 at E = top - depth, shape (3, ...).

        `depth` stands apart so that y = Q - E keeps its digits next to an end point.
        """
        E = top - depth
        over_E2 = np.zeros(np.shape(depth))
        for Q, factor in zip(self.end_point, self.factors, strict=True):
            y = np.maximum((Q - top) + depth, 0.0)
            over_E2 += factor * (y + M_ELECTRON_MEV) * np.sqrt(y * (y + 2.0 * M_ELECTRON_MEV))
        return np.stack([E * E * over_E2, E * over_E2, over_E2])

    @cached_property
    def factors(self) -> np.ndarray:
        """Shares divided by the integrals of the shapes."""
        x, w = np.polynomial.legendre.leggauss(80)
        Q = self.end_point[:, None]
        s = 0.5 * np.sqrt(Q) * (1.0 + x)  # y = s^2
        shape = (Q - s * s) ** 2 * (s * s + M_ELECTRON_MEV) * s * np.sqrt(s * s + 2.0 * M_ELECTRON_MEV)
        return self.share / (0.5 * np.sqrt(self.end_point) * ((2.0 * s * shape) @ w))


@dataclass(frozen=True)
class Tabulated:
    """A spectrum with linear interpolation, normalised by its trapezoids; zero outside its table."""

    energy: np.ndarray
    intensity: np.ndarray

    @property
    def edges(self) -> np.ndarray:
        """Energies that bound the segments of the table [MeV]; E^-2 is finite at the first one."""
        return np.concatenate([[max(self.energy[0], min(1e-3, 0.5 * self.energy[1]))], self.energy[1:]])

    @property
    def breaks(self) -> np.ndarray:
        """The end of the table [MeV]."""
        return self.energy[-1:]

    def densities(self, top: float, depth) -> np.ndarray:
        """phi E^-n for n = 0, 1, 2 at E = top - depth, shape (3, ...)."""
        E = top - depth
        phi = np.interp(E, self.energy, self.intensity / np.trapezoid(self.intensity, self.energy))
        return np.stack([phi, phi / E, phi / E**2])


def load_spectrum(spectra: Spectra, flux: str) -> Branches | Tabulated:
    """The normalised spectrum of `flux` (8b or hep).

    Raises
    ------
    InputError
        For a file that is malformed, negative or not ascending, or whose mean energy and end point say that it is in
        another unit.
    """
    path = getattr(spectra, f"spectrum_{flux}")
    if path is None:
        table = read_csv(solar.DATA / f"spectrum_{flux}.csv", ["end_point_MeV", "share"])
        return Branches(table["end_point_MeV"], table["share"])
    table = read_csv(path, ["E_MeV", "intensity"], ascending="E_MeV", minimum={"E_MeV": 0, "intensity": 0})
    E, intensity = table["E_MeV"], table["intensity"]
    if len(E) < 10:
        raise InputError(f"{path}: {len(E)} rows are too few for a spectrum with linear interpolation")
    norm = np.trapezoid(intensity, E)
    if not norm > 0:
        raise InputError(f"{path}: the spectrum integrates to {norm:g}; there is nothing to normalise")
    last = E[np.flatnonzero(intensity)[-1] : np.flatnonzero(intensity)[-1] + 2][-1]  # where it reaches zero
    for what, value, (low, high) in (
        ("end point", last, END_POINT_RANGE[flux]),
        ("mean energy", np.trapezoid(E * intensity, E) / norm, MEAN_ENERGY_RANGE[flux]),
    ):
        if not low <= value <= high:
            raise InputError(
                f"{path}: wrong unit or another spectrum: its {what} is {value:.6g} MeV, "
                f"that of the {flux} spectrum lies between {low:g} and {high:g} MeV"
            )
    return Tabulated(E[last >= E], intensity[last >= E])


def load_production(spectra: Spectra, flux: str) -> tuple[np.ndarray, np.ndarray]:
    """Densities n_e/(N_A cm^-3) and normalised weights of the production zone of `flux`, shape (k,) each.

    Raises
    ------
    InputError
        For a malformed file, or one in another unit.
    """
    path = getattr(spectra, f"production_{flux}") or solar.DATA / f"production_{flux}.csv"
    table = read_csv(path, ["density", "weight"], minimum={"density": 0, "weight": 0})
    if table["density"].max() > DENSEST:
        raise InputError(
            f"{path}: density {table['density'].max():g}: "
            "n_e/(N_A cm^-3) is at most about 100 in the Sun; is the unit right?"
        )
    total = table["weight"].sum()
    if not 0 < total < np.inf:
        raise InputError(f"{path}: the weights add up to {total:g}")
    return table["density"], table["weight"] / total


def survival_probability(E_MeV, density, weight, mixing: Oscillation) -> np.ndarray:
    """P_ee after adiabatic conversion, averaged over the production zone.

    Parameters
    ----------
    E_MeV : any shape
    density, weight : shape (k,), n_e/(N_A cm^-3) and its weights, which add up to 1
    """
    s12, s13, dm21, dm3l = mixing.sin2_theta12, mixing.sin2_theta13, mixing.dm2_21_eV2, mixing.dm2_3l_eV2
    dm_ee = dm3l - s12 * dm21 if dm3l > 0 else dm3l + (1.0 - s12) * dm21
    cos12, sin12_squared = 1.0 - 2.0 * s12, 4.0 * s12 * (1.0 - s12)
    cos13, sin13_squared = 1.0 - 2.0 * s13, 4.0 * s13 * (1.0 - s13)
    P = np.zeros(np.shape(E_MeV))
    for n, w in zip(density, weight, strict=True):
        A = MATTER_EV2 * n * np.asarray(E_MeV, float)
        D12, D13 = cos12 - A * (1.0 - s13) / dm21, cos13 - A / dm_ee
        cos12m = D12 / np.hypot(D12, np.sqrt(sin12_squared))
        c13m = 0.5 * (1.0 + D13 / np.hypot(D13, np.sqrt(sin13_squared)))
        P += w * ((1.0 - s13) * c13m * (0.5 + 0.5 * cos12m * cos12) + s13 * (1.0 - c13m))
    return P


def moment_table(spectrum: Branches | Tabulated, survival) -> kernel.MomentTable:
    """Cumulative moments of a normalised spectrum, whole and weighted with `survival(E)`, for the kernel."""
    bottom, top = spectrum.edges[:-1], spectrum.edges[1:]
    n_steps = 2 * np.maximum(1, np.ceil(np.sqrt(top - bottom) / (2 * STEP)).astype(int))  # even, for the coarser rule
    step = np.sqrt(top - bottom) / n_steps
    x, w = np.polynomial.legendre.leggauss(8)

    def columns(k, s):
        whole = spectrum.densities(top[k], s * s)
        return 2.0 * s * np.concatenate([whole, whole * survival(top[k] - s * s)])

    above, parts = np.zeros(6), []
    for k in reversed(range(len(top))):
        s = step[k] * (np.arange(n_steps[k])[:, None] + 0.5 * (1.0 + x))
        pieces = 0.5 * step[k] * (columns(k, s) @ w)
        values = above[:, None] + np.concatenate([np.zeros((6, 1)), np.cumsum(pieces, axis=1)], axis=1)
        parts.insert(0, np.concatenate([values, columns(k, step[k] * np.arange(n_steps[k] + 1))]).T)
        above = values[:, -1]
    return kernel.MomentTable(bottom, top, step, n_steps, np.ascontiguousarray(np.concatenate(parts)), spectrum.breaks)


@dataclass(frozen=True)
class Sources:
    """8B and hep neutrinos of unit flux: moments for the kernel, and where spectra break or end [MeV]."""

    tables: list
    breaks: np.ndarray


@lru_cache(maxsize=8)
def sources(spectra: Spectra, mixing: Oscillation) -> Sources:
    """The two fluxes; InputError for files that make no sense."""
    tables, breaks = [], []
    for flux in FLUXES:
        spectrum = load_spectrum(spectra, flux)
        density, weight = load_production(spectra, flux)
        tables.append(moment_table(spectrum, lambda E, n=density, w=weight: survival_probability(E, n, w, mixing)))
        breaks.append(spectrum.breaks)
    return Sources(tables, np.concatenate(breaks))
