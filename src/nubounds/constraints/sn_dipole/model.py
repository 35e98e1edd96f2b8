"""The counts of Eq. (7) as a likelihood of coupling and mass: Poisson counts with a known background.

As in Eq. (7) what was observed is the expected background, which need not be a whole number; toys are whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from nubounds.constraints.sn_dipole import criteria, detectors
from nubounds.constraints.sn_dipole.decay import Signal
from nubounds.constraints.sn_dipole.inputs import D_MAX, D_MIN, E_MAX_MEV, M_MIN_MEV, Analysis
from nubounds.constraints.sn_dipole.level_search import D_RANGE, PER_DECADE
from nubounds.constraints.sn_dipole.production import spectrum_beyond
from nubounds.contract import InputError, Status
from nubounds.likelihood import Data, LikelihoodParameter, Model, log_slope
from nubounds.numerics import roots
from nubounds.numerics.chebyshev import Panels

MASSES = 256  # whose signals are kept
HALVINGS, OF_COUPLINGS = 60, 48  # of bisections; the latter leave 3e-13 of a coupling
MOST_BACKGROUND = 1e12
PANELS = 120  # of ln d between its bounds, for signals that are asked for often


class CountsModel(Model):
    """Poisson counts of one or two detectors, signal and known background.

    Parameters
    ----------
    analysis : every input;  probe : kamiokande_imb or smm;  delay : which daughters arrive in time
    background : counts of background of the SMM, None for those that belong to its counts at the limit
    """

    held = ("M_MeV",)

    def __init__(self, analysis: Analysis, probe: str, delay: str, background: float | None = None):
        super().__init__(analysis, probe, delay, background)
        self.analysis, self.probe, self.delay = analysis, probe, delay
        if probe in criteria.SEARCHES:
            self.seen, self.background = _neutrino_detectors(analysis, probe)
            self.note = "observed: the expected background, atmospheric neutrinos"
        else:
            telescope = analysis.telescopes.of(probe)
            given = _background_at_limit(telescope.counts, analysis) if background is None else background
            self.seen, self.background = np.array([telescope.area_cm2]), np.array([given])
            words = "for which the counts at the limit reach the threshold" if background is None else "as given"
            self.note = f"observed: {given:.6g} photons of background, {words}"
        self.parameters = (
            LikelihoodParameter("d_per_MeV", "1/MeV", "coupling; the moment is 2 d", None, D_MIN, D_MAX),
            LikelihoodParameter("M_MeV", "MeV", "mass of the sterile neutrino", None, M_MIN_MEV, E_MAX_MEV),
        )
        self.data = Data(self.background, np.empty(0))
        self.signal = lru_cache(maxsize=MASSES)(self._signal)
        self.peak = lru_cache(maxsize=MASSES)(self._peak)

    def _signal(self, M_MeV: float) -> Callable[[np.ndarray], np.ndarray] | None:
        """Signal per d^2 as a function of d, None where the spectrum could not be computed."""
        found = self._whole_signal(M_MeV)
        if found is None:
            return None
        if not isinstance(found, Signal):
            return lambda d: found(d)[0]
        smooth = Panels(lambda log_d: found(np.exp(log_d))[0], np.log(D_MIN), np.log(D_MAX), PANELS)
        return lambda d: smooth(np.log(d))

    def _whole_signal(self, M_MeV: float):
        """The same with its error."""
        if not self.analysis.production.of_the_paper:
            return criteria.signal_of_leaving(self.probe, M_MeV, self.delay, self.analysis)
        searched = self.probe in criteria.SEARCHES
        threshold = 0.0 if searched else self.analysis.telescopes.of(self.probe).E_min_MeV
        parents = spectrum_beyond(threshold, M_MeV, self.analysis.production)
        if parents.status != Status.OK:
            return None
        return criteria.criterion(self.probe, parents, self.analysis, self.delay)[0]

    def _common(self, d: np.ndarray, M: np.ndarray) -> np.ndarray:
        """The signal that detectors share, shape (n,), in units of one over `seen`."""
        found = np.empty(len(d))
        for mass in np.unique(M).tolist():
            mine, signal = mass == M, self.signal(mass)
            found[mine] = np.nan if signal is None else d[mine] ** 2 * signal(d[mine])
        return found

    def _peak(self, M_MeV: float) -> tuple[float, float]:
        """ln d of the largest signal, and that signal."""
        low, high = np.log(D_RANGE)
        grid = np.linspace(low, high, round((high - low) / np.log(10) * PER_DECADE) + 1)
        for _ in range(4):  # a grid inside the grid
            values = self._common(np.exp(grid), np.full(len(grid), M_MeV))
            top = int(np.argmax(values))
            best = float(grid[top]), float(values[top])
            grid = np.linspace(grid[max(top - 1, 0)], grid[min(top + 1, len(grid) - 1)], 33)
        return best

    def expected(self, theta: np.ndarray) -> np.ndarray:
        return self.background + self.seen * self._common(theta[:, 0], theta[:, 1])[:, None]

    def log_likelihood(self, theta: np.ndarray, data: Data) -> np.ndarray:
        return _log_poisson(data.values, self.expected(theta)[:, None])

    def gradient(self, theta: np.ndarray, data: Data, wanted: np.ndarray) -> np.ndarray:
        d, M = theta.T
        content = self.expected(theta)[:, None]
        rising = np.divide(data.values, content, out=np.zeros((len(theta), *data.values.shape)), where=content > 0)
        per_signal = ((rising - 1.0) * self.seen).sum(axis=-1)
        found = np.full((*per_signal.shape, 2), np.nan)
        if wanted[0]:
            found[..., 0] = per_signal * log_slope(lambda d: self._common(d, M), d)[:, None]
        if wanted[1]:
            found[..., 1] = per_signal * log_slope(lambda M: self._common(d, M), M)[:, None]
        return found

    def maximise(self, theta: np.ndarray, free: np.ndarray, data: Data) -> tuple[np.ndarray, np.ndarray]:
        if not free[0]:
            value = self.log_likelihood(theta, data)
            return value, np.repeat(theta[:, None], len(data), axis=1)
        best = self._best_signals(data.values)
        value, where = np.full((len(theta), len(data)), np.nan), np.repeat(theta[:, None], len(data), axis=1)
        for k, M in enumerate(theta[:, 1].tolist()):
            if self.signal(M) is None:
                continue
            signal = np.minimum(best, self.peak(M)[1])
            value[k] = _log_poisson(data.values, self.background + self.seen * signal[:, None])
            where[k, :, 0] = self._couplings(signal, M)
        return value, where

    def _best_signals(self, counts: np.ndarray) -> np.ndarray:
        """The common signal that fits counts best, shape (sets,): where the slope of ln L, which falls, is zero."""
        seeing = self.seen > 0
        seen, background = self.seen[seeing], self.background[seeing]
        counts, place = np.unique(counts[:, seeing], axis=0, return_inverse=True)  # few of them are different
        low = np.zeros(len(counts))
        high = np.maximum((counts - background) / seen, 0.0).max(axis=1, initial=0.0)
        for _ in range(HALVINGS if len(seen) > 1 else 0):
            middle = 0.5 * (low + high)
            content = background + seen * middle[:, None]
            ratio = np.divide(counts, content, out=np.zeros(content.shape), where=content > 0)
            rises = ((ratio - 1.0) * seen).sum(axis=1) > 0
            low, high = np.where(rises, middle, low), np.where(rises, high, middle)
        return high[place.ravel()]

    def _couplings(self, signal: np.ndarray, M: float) -> np.ndarray:
        """Couplings below that of the largest signal which give `signal`, shape (sets,)."""
        wanted, place = np.unique(signal, return_inverse=True)
        of_mass = self.signal(M)
        low, high = np.full(len(wanted), np.log(D_MIN)), np.full(len(wanted), self.peak(M)[0])
        for _ in range(OF_COUPLINGS):
            middle = 0.5 * (low + high)
            d = np.exp(middle)
            below = d**2 * of_mass(d) < wanted
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.exp(high)[place]


def _neutrino_detectors(analysis: Analysis, probe: str) -> tuple[np.ndarray, np.ndarray]:
    """Molecules times efficiency, and background, of each detector of a search."""
    search, names = analysis.high_energy, criteria.SEARCHES[probe]
    masses = [getattr(search.masses.detector_mass_kt, name) for name in names]
    efficiencies = [getattr(search.detector_efficiency, name) for name in names]
    molecules = [detectors.molecules(criteria.TARGETS[name], kt) for name, kt in zip(names, masses, strict=True)]
    return np.multiply(molecules, efficiencies), search.background_per_kt * np.array(masses)


def _background_at_limit(counts: float, analysis: Analysis) -> float:
    """Background on which `counts` of signal have -2 ln L at the threshold."""
    threshold = analysis.high_energy.threshold.threshold

    def excess(log_background: float) -> float:
        return detectors.log_likelihood_ratio(counts, float(np.exp(log_background))) - threshold

    low, high = np.log(1e-12 * counts), np.log(MOST_BACKGROUND)
    if not excess(low) > 0 > excess(high):
        raise InputError(f"counts={counts:g}: no background has -2 ln L = {threshold:g} for as many; give background")
    return float(np.exp(0.5 * sum(roots.boundary(lambda x: excess(x) > 0, low, high))))


def _log_poisson(counts: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """ln L without ln N!, summed over detectors in the last axis."""
    logs = np.log(expected, out=np.full(expected.shape, -np.inf), where=expected > 0)
    with np.errstate(invalid="ignore"):  # 0 ln 0 is 0
        return (np.where(counts > 0, counts * logs, 0.0) - expected).sum(axis=-1)
