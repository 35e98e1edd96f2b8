"""Bins, variances and data of the scenarios, Eq. (22) and Sec. 3.3."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nubounds.constraints.solar_cevns import quenching
from nubounds.constraints.solar_cevns.inputs import Bins, Current, Projections, Quenching
from nubounds.contract import DataFile, InputError
from nubounds.files.tables import read_csv
from nubounds.solar.target import Nuclei

PER_TON_YR = 1e3 * 365.25  # kg d in a ton yr
FITTED_SHARE = 1.0 / 3.0  # V = B/(3 X): adjusted to the paper's projections


@dataclass(frozen=True)
class Binning:
    """Bins in electron-equivalent energy and what they are in recoil energy.

    Attributes
    ----------
    edges_keVee : shape (bins, 2)
    intervals : shape (k, 2) [MeV];  places : shape (k, 2), bin and isotope of each, sorted by isotope
    """

    edges_keVee: np.ndarray
    intervals: np.ndarray
    places: np.ndarray

    @property
    def n_bins(self) -> int:
        return len(self.edges_keVee)


@dataclass(frozen=True)
class Data:
    """Measured bins: rate, uncertainty, efficiency and background, per bin in 1/(ton yr)."""

    edges_keVee: np.ndarray
    rate: np.ndarray
    sigma: np.ndarray
    efficiency: np.ndarray
    background: np.ndarray


def binning_of(nuclei: Nuclei, quench: Quenching, edges_keVee: np.ndarray) -> Binning:
    """Bins in electron-equivalent energy as recoil energies: each element has its own for the same T_ee.

    Parameters
    ----------
    nuclei : the isotopes of the target
    quench : how much of a recoil is seen
    edges_keVee : shape (bins, 2)

    Returns
    -------
    The bins with the recoil energies of each isotope that fall into them.
    """
    edges = np.asarray(edges_keVee, float)
    of_element = {Z: quenching.recoil_intervals(quenching.branches(quench, Z), edges) for Z in nuclei.elements}
    intervals, places = [], []
    for isotope, Z in enumerate(nuclei.Z.tolist()):
        for bin, T_low, T_high in of_element[Z]:
            intervals.append((1e-3 * T_low, 1e-3 * T_high))
            places.append((bin, isotope))
    return Binning(edges, np.array(intervals).reshape(-1, 2), np.array(places, dtype=np.intc).reshape(-1, 2))


def projected_edges(nuclei: Nuclei, quench: Quenching, bins: Bins, threshold_keV: float) -> np.ndarray:
    """Bins of a projection, equally wide from the T_ee of the threshold, of the element where that is largest.

    So no recoil below the threshold counts, whatever nucleus recoils.

    Parameters
    ----------
    nuclei : the isotopes of the target
    quench : how much of a recoil is seen
    bins : their number and width
    threshold_keV : in recoil energy

    Returns
    -------
    Shape (bins, 2) [keVee].

    References
    ----------
    Demirci and Mustamin (2025), Sec. 3.3.
    """
    starts = [quenching.electron_equivalent(quenching.branches(quench, Z), threshold_keV)[0] for Z in nuclei.elements]
    return _equal_bins(max(map(float, starts)), bins)


def current_edges(current: Current, bins: Bins) -> np.ndarray:
    """Bins of CDEX-10 as inferred: equally wide from the analysis threshold.

    Parameters
    ----------
    current : where the analysis begins
    bins : their number and width

    Returns
    -------
    Shape (bins, 2) [keVee].
    """
    return _equal_bins(current.current_start_keVee, bins)


def _equal_bins(start_keVee: float, bins: Bins) -> np.ndarray:
    edges = start_keVee + bins.bin_width_keVee * np.arange(bins.bins + 1)
    return np.column_stack([edges[:-1], edges[1:]])


def load_data(path: DataFile) -> Data:
    """A user's measured spectrum.

    Parameters
    ----------
    path : csv with T_lo_keVee, T_hi_keVee, rate and sigma [1/(keVee kg d)], and efficiency and background where known

    Returns
    -------
    The bins with everything per bin in 1/(ton yr).

    Raises
    ------
    InputError
        For malformed rows, overlapping bins or a sigma that is not positive.
    """
    required, optional = ["T_lo_keVee", "T_hi_keVee", "rate", "sigma"], ["efficiency", "background"]
    table = read_csv(
        path, required, optional, ascending="T_lo_keVee", minimum={"T_lo_keVee": 0, "efficiency": 0, "background": 0}
    )
    low, high = table["T_lo_keVee"], table["T_hi_keVee"]
    if np.any(high <= low):
        raise InputError(f"{path}: the upper edge of a bin is not above its lower edge (T_hi_keVee <= T_lo_keVee)")
    if np.any(low[1:] < high[:-1] * (1 - 1e-9)):
        raise InputError(f"{path}: bins overlap")
    if np.any(table["sigma"] <= 0):
        raise InputError(f"{path}: column sigma must be above 0")
    efficiency = table.get("efficiency", np.ones(len(low)))
    if efficiency.max() > 1:
        raise InputError(f"{path}: column efficiency: {efficiency.max():g} is above 1")
    per_bin = (high - low) * PER_TON_YR
    background = table.get("background", np.zeros(len(low))) * per_bin
    return Data(np.column_stack([low, high]), table["rate"] * per_bin, table["sigma"] * per_bin, efficiency, background)


def variance(projections: Projections, bins: Bins, scenario: str, statistics: str, sm: np.ndarray) -> np.ndarray:
    """Variance of a projection's bins.

    Parameters
    ----------
    projections, bins : exposure, background and width of the bins
    scenario : a projection
    statistics : poisson, fractional or fitted
    sm : Standard Model rates [1/(ton yr)], shape (bins,)

    Returns
    -------
    Shape (bins,) [1/(ton yr)^2].

    Notes
    -----
    The paper states no uncertainty of its projections; `fitted` is a share of the background that comes closest to its
    limits.
    """
    background, exposure = background_per_bin(projections, bins, scenario), projections.exposure_ton_yr[scenario]
    if statistics == "poisson":
        return (sm + background) / exposure
    if statistics == "fractional":
        return (projections.fractional_uncertainty[scenario] * (sm + background)) ** 2
    return np.full(sm.shape, background * FITTED_SHARE / exposure)


def background_per_bin(projections: Projections, bins: Bins, scenario: str) -> float:
    """Background of a projection in each bin.

    Parameters
    ----------
    projections, bins : background and width of the bins
    scenario : a projection

    Returns
    -------
    In 1/(ton yr).
    """
    return projections.background_per_keVee_kg_d[scenario] * bins.bin_width_keVee * PER_TON_YR
