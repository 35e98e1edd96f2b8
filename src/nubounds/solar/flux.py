"""Solar neutrino spectra and their cumulative moments, tabulated for the kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from nubounds.contract import InputError
from nubounds.files.tables import read_csv
from nubounds.kernels import solar_cevns as kernel
from nubounds.numerics.constants import M_ELECTRON_MEV
from nubounds.solar import DATA
from nubounds.solar.inputs import FLUXES, Oscillations, Production, Spectra
from nubounds.solar.oscillations import production_zone, survival_probability

STEP = 0.005  # distance of knots in s = sqrt(top - E) [MeV^(1/2)]: interpolation to 1e-10, near an end point to 1e-8
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

    def densities(self, top: float, depth: np.ndarray) -> np.ndarray:
        """phi E^-n of the normalised spectrum at E = top - depth.

        Parameters
        ----------
        top : energy [MeV] that `depth` is counted from
        depth : any shape [MeV]; it stands apart so that y = Q - E keeps its digits next to an end point

        Returns
        -------
        Shape (3, ...), for n = 0, 1, 2 [MeV^-(1 + n)].
        """
        E = top - depth
        over_E2 = np.zeros(np.shape(depth))
        for Q, share in zip(self.end_point, self.factors, strict=True):
            y = np.maximum((Q - top) + depth, 0.0)
            over_E2 += share * (y + M_ELECTRON_MEV) * np.sqrt(y * (y + 2.0 * M_ELECTRON_MEV))
        return np.stack([E * E * over_E2, E * over_E2, over_E2])

    @cached_property
    def factors(self) -> np.ndarray:
        """Shares divided by the integrals of the shapes."""
        x, w = np.polynomial.legendre.leggauss(80)
        s = 0.5 * np.sqrt(self.end_point)[:, None] * (1.0 + x)  # y = s^2
        integrand = (
            2.0
            * s
            * (self.end_point[:, None] - s * s) ** 2
            * (s * s + M_ELECTRON_MEV)
            * s
            * np.sqrt(s * s + 2.0 * M_ELECTRON_MEV)
        )
        return self.share / (0.5 * np.sqrt(self.end_point) * (integrand @ w))


@dataclass(frozen=True)
class Tabulated:
    """A spectrum with linear interpolation, normalised by its trapezoids; zero outside its table."""

    energy: np.ndarray
    intensity: np.ndarray

    @property
    def edges(self) -> np.ndarray:
        low = max(
            self.energy[0], min(1e-3, 0.5 * self.energy[1])
        )  # E^-2 is finite there; recoils below 3e-8 keV see the same flux
        return np.concatenate([[low], self.energy[1:]])

    @property
    def breaks(self) -> np.ndarray:
        return self.energy[-1:]

    def densities(self, top: float, depth: np.ndarray) -> np.ndarray:
        """phi E^-n as :meth:`Branches.densities` gives it.

        Parameters
        ----------
        top : energy [MeV] that `depth` is counted from
        depth : any shape [MeV]

        Returns
        -------
        Shape (3, ...), for n = 0, 1, 2 [MeV^-(1 + n)].
        """
        E = top - depth
        norm = np.trapezoid(self.intensity, self.energy)
        phi = np.interp(E, self.energy, self.intensity / norm)
        return np.stack([phi, phi / E, phi / E**2])


@lru_cache(maxsize=32)
def spectrum_of(spectra: Spectra, flux: str) -> Branches | Tabulated:
    """A normalised spectrum, read once.

    Parameters
    ----------
    spectra : the files of a user, or none for the embedded spectra
    flux : 8b or hep

    Returns
    -------
    The spectrum, with an integral of 1.

    Raises
    ------
    InputError
        For a file that is malformed, negative or not ascending, or whose mean energy and end point say that it is in
        another unit.
    """
    path = getattr(spectra, f"spectrum_{flux}")
    if path is None:
        table = read_csv(DATA / f"spectrum_{flux}.csv", ["end_point_MeV", "share"])
        return Branches(table["end_point_MeV"], table["share"])
    table = read_csv(path, ["E_MeV", "intensity"], ascending="E_MeV", minimum={"E_MeV": 0, "intensity": 0})
    E, intensity = table["E_MeV"], table["intensity"]
    if len(E) < 10:
        raise InputError(f"{path}: {len(E)} rows are too few for a spectrum with linear interpolation")
    norm = np.trapezoid(intensity, E)
    if not norm > 0:
        raise InputError(f"{path}: the spectrum integrates to {norm:g}; there is nothing to normalise")
    last = E[np.flatnonzero(intensity)[-1] : np.flatnonzero(intensity)[-1] + 2][-1]  # where it reaches zero
    mean = np.trapezoid(E * intensity, E) / norm
    for what, value, (low, high) in (
        ("end point", last, END_POINT_RANGE[flux]),
        ("mean energy", mean, MEAN_ENERGY_RANGE[flux]),
    ):
        if not low <= value <= high:
            raise InputError(
                f"{path}: wrong unit or another spectrum: normalised (integral {norm:.4g}) "
                f"its {what} is {value:.6g} MeV, "
                f"that of the {flux} spectrum lies between {low:g} and {high:g} MeV"
            )
    keep = last >= E
    return Tabulated(E[keep], intensity[keep])


def moment_table(spectrum: Branches | Tabulated, survival: Callable[[np.ndarray], np.ndarray]) -> kernel.MomentTable:
    """Cumulative moments of a spectrum, whole and weighted with the survival probability, for the kernel.

    Parameters
    ----------
    spectrum : normalised
    survival : E_MeV -> probability that an electron neutrino stays one, in the shape of its argument

    Returns
    -------
    The table, whole flux and electron flavour.

    Notes
    -----
    Interpolated moments are exact to 1e-10, next to an end point to 1e-8; the coarser table of every second knot shows
    it.
    """
    edges = spectrum.edges
    bottom, top = edges[:-1], edges[1:]
    n_steps = 2 * np.maximum(
        1, np.ceil(np.sqrt(top - bottom) / (2 * STEP)).astype(int)
    )  # even: every second knot is the coarser rule
    step = np.sqrt(top - bottom) / n_steps
    x, w = np.polynomial.legendre.leggauss(8)
    above, parts = np.zeros(6), []
    for k in reversed(range(len(top))):
        s = step[k] * (np.arange(n_steps[k])[:, None] + 0.5 * (1.0 + x))
        pieces = 0.5 * step[k] * np.einsum("cij,ij,j->ci", _columns(spectrum, survival, top[k], s * s), 2.0 * s, w)
        values = above[:, None] + np.concatenate([np.zeros((6, 1)), np.cumsum(pieces, axis=1)], axis=1)
        s = step[k] * np.arange(n_steps[k] + 1)
        derivatives = 2.0 * s * _columns(spectrum, survival, top[k], s * s)
        parts.insert(0, np.concatenate([values, derivatives]).T)
        above = values[:, -1]
    return kernel.MomentTable(bottom, top, step, n_steps, np.ascontiguousarray(np.concatenate(parts)), spectrum.breaks)


def _columns(spectrum, survival, top, depth):
    whole = spectrum.densities(top, depth)
    return np.concatenate([whole, whole * survival(top - depth)])


@dataclass(frozen=True)
class Component:
    """One component of the solar flux: 8B or hep, with the moments of its normalised spectrum."""

    name: str
    end_point_MeV: float
    moments: kernel.MomentTable


@lru_cache(maxsize=32)
def components_of(spectra: Spectra, production: Production, oscillations: Oscillations) -> tuple[Component, ...]:
    """The components of the solar flux with their moments, made once.

    Parameters
    ----------
    spectra, production, oscillations : shapes, where neutrinos are produced, and their mixing

    Returns
    -------
    8B and hep, in this order.
    """
    components = []
    for name in FLUXES:
        spectrum, zone = spectrum_of(spectra, name), production_zone(production, name)
        moments = moment_table(spectrum, lambda E, zone=zone: survival_probability(E, zone, oscillations))
        components.append(Component(name, float(spectrum.breaks[-1]), moments))
    return tuple(components)
