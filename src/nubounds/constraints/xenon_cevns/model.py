"""The likelihood on arrays of mu, m4 and the nuisances, on the observed counts or on toys."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nubounds.constraints.xenon_cevns import expectation
from nubounds.constraints.xenon_cevns import likelihood as fits
from nubounds.constraints.xenon_cevns.inputs import ANALYSIS_WORDS, Search
from nubounds.contract import Status
from nubounds.inputs.priors import Normal
from nubounds.kernels import xenon_cevns as kernel
from nubounds.likelihood import Data, LikelihoodParameter, Model, log_slope

MASSES = 64  # whose signals are kept, half a megabyte each
AT_ONCE = 32  # whose spectra are integrated together
INTEREST = (
    LikelihoodParameter("mu_muB", "1", "transition moment mu/mu_B", None, 0.0, 1.0),
    LikelihoodParameter("m4_MeV", "MeV", "mass of the heavy neutrino", None, 0.0, 1e6),
)
YIELD_WORDS = {"t_ly": "light yield in standard deviations", "t_qy": "charge yield in standard deviations"}


def _nuisance(name: str, sigma: float) -> LikelihoodParameter:
    low, high = 0.0, np.inf
    if name in YIELD_WORDS:
        low, high = -fits.YIELD_BOUND, fits.YIELD_BOUND
    elif name == "f_eff":
        low, high = fits.F_EFF_BOUNDS
    words = YIELD_WORDS.get(name) or f"{fits.NUISANCE_WORDS[name]} over the nominal value"
    return LikelihoodParameter(name, "1", words, Normal(fits.CENTRES[name], sigma), low, high)


class Xenon(Model):
    """The extended binned Poisson likelihood; signals of the masses that were asked for last are kept.

    Parameters
    ----------
    search : every input;  flavour, runs, analysis : as for the limits
    """

    held = ("m4_MeV",)

    def __init__(self, search: Search, flavour: str, runs: str, analysis: str):
        super().__init__(search, flavour, runs, analysis)
        self.search, self.flavour, self.analysis = search, flavour, analysis
        self.rows = expectation.response(search.release, analysis, runs, True)
        sigmas = {name: sigma for name, sigma in fits.sigmas(search).items() if sigma > 0}
        nuisances = tuple(_nuisance(name, sigmas[name]) for name in fits.NUISANCES if name in sigmas)
        self.parameters = (*INTEREST, *nuisances)
        self.columns = np.array([fits.PARAMETERS.index(one.name) for one in nuisances], dtype=int)  # of the kernel
        self.pulls = fits.nuisances(search)
        self.data = Data(self.rows.observed[self.rows.totals :], fits.centres(1)[0, self.columns])
        self.note = ANALYSIS_WORDS[analysis]
        self._kept: dict[float, tuple[kernel.Model, expectation.Signals]] = {}  # by mass, the last ones
        self._last: tuple[Data | None, kernel.Counts | None] = (None, None)

    def signal(self, m4_MeV: float) -> tuple[kernel.Model, expectation.Signals]:
        """The kernel's model of a mass, and the signals in it."""
        if m4_MeV not in self._kept:
            self._keep([m4_MeV])
        return self._kept[m4_MeV]

    def _keep(self, masses: list[float]) -> None:
        """Signals of at most `MASSES`; spectra of many masses at once cost a quarter."""
        made = expectation.weights(self.search, self.analysis, masses)
        for k, m4 in enumerate(masses):
            found = expectation.signals(self.search, self.rows, made.of_masses([k]), self.flavour)
            self._kept[m4] = expectation.model(self.rows, found), found
        for m4 in list(self._kept)[:-MASSES]:
            del self._kept[m4]

    def _masses(self, theta: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
        """Each mass and which rows have it."""
        masses = np.unique(theta[:, 1]).tolist()
        for start in range(0, len(masses), AT_ONCE):
            part = masses[start : start + AT_ONCE]
            missing = [m4 for m4 in part if m4 not in self._kept]
            if missing:
                self._keep(missing)
            for m4 in part:
                yield m4, theta[:, 1] == m4

    def _counts(self, of: kernel.Model, data: Data) -> kernel.Counts:
        """The data for the kernel, those of the last call again if they are the same."""
        if self._last[0] is not data:
            self._last = data, fits.counts(self.rows, of, data.values)
        return self._last[1]

    def _centres(self, data: Data, n: int) -> np.ndarray:
        """Centres of the kernel's pulls for n places and every data set, shape (n * sets, 11)."""
        found = fits.centres(len(data))
        found[:, self.columns] = data.centres
        return np.tile(found, (n, 1))

    def _kernel_rows(self, theta: np.ndarray, events: float, data: Data) -> np.ndarray:
        """The kernel's parameters, shape (n * sets, 11); those without uncertainty at their centres."""
        rows = fits.centres(len(theta))
        rows[:, fits.EVENTS] = theta[:, 0] ** 2 * events
        rows[:, self.columns] = theta[:, 2:]
        return np.repeat(rows, len(data), axis=0)

    def _fit(self, of: kernel.Model, data: Data, n: int) -> tuple:
        """What the kernel needs besides parameters, for n places and every data set."""
        sets = np.tile(np.arange(len(data), dtype=np.intc), n)
        return self._centres(data, n), fits.same(n * len(data)), sets

    def _at_mass(self, m4_MeV: float, theta: np.ndarray, data: Data, gradient: bool):
        """ln L, shape (n, sets), and its slopes, shape (n, sets, 11), at one mass."""
        of, found = self.signal(m4_MeV)
        centres, same, sets = self._fit(of, data, len(theta))
        rows = self._kernel_rows(theta, found.events[0], data)
        value, slope = kernel.log_likelihoods(
            of, self._counts(of, data), self.pulls, rows, centres, same, sets, gradient
        )
        shape = (len(theta), len(data))
        return value.reshape(shape), None if slope is None else slope.reshape(*shape, -1)

    def log_likelihood(self, theta: np.ndarray, data: Data) -> np.ndarray:
        value = np.empty((len(theta), len(data)))
        for m4, mine in self._masses(theta):
            value[mine] = self._at_mass(m4, theta[mine], data, False)[0]
        return value

    def gradient(self, theta: np.ndarray, data: Data, wanted: np.ndarray) -> np.ndarray:
        found = np.full((len(theta), len(data), len(self.parameters)), np.nan)
        for m4, mine in self._masses(theta):
            slope = self._at_mass(m4, theta[mine], data, True)[1]
            events = self.signal(m4)[1].events[0]
            found[mine, :, 0] = slope[..., fits.EVENTS] * (2.0 * events * theta[mine, 0])[:, None]
            found[mine, :, 2:] = slope[..., self.columns]
        if wanted[1]:
            found[:, :, 1] = log_slope(lambda m4: self.log_likelihood(_with_masses(theta, m4), data), theta[:, 1])
        return found

    def maximise(self, theta: np.ndarray, free: np.ndarray, data: Data) -> tuple[np.ndarray, np.ndarray]:
        shape = (len(theta), len(data))
        value, where = np.full(shape, np.nan), np.full((*shape, len(self.parameters)), np.nan)
        for m4, mine in self._masses(theta):
            of, found = self.signal(m4)
            events, n = found.events[0], int(mine.sum())
            held = self._kernel_rows(np.where(free, np.nan, theta[mine]), events, data)
            if events == 0:  # no recoils, whatever the moment
                held[:, fits.EVENTS] = 0.0
            best, at, status = kernel.profiles(
                of, self._counts(of, data), self.pulls, *self._fit(of, data, n), held, fits.STARTS
            )
            good = (status == Status.OK).reshape(n, -1)
            at = at.reshape(n, len(data), -1)
            moment = np.sqrt(at[..., fits.EVENTS] / events) if events > 0 else np.zeros(good.shape)
            value[mine] = np.where(good, best.reshape(n, -1), np.nan)
            there = np.where(
                free, np.dstack([moment, np.full(good.shape, m4), at[..., self.columns]]), theta[mine][:, None]
            )
            where[mine] = np.where(good[..., None], there, np.nan)
        return value, where

    def expected(self, theta: np.ndarray) -> np.ndarray:
        rows, bins = self.rows, slice(self.rows.totals, None)
        found = np.empty((len(theta), len(rows.ac) - rows.totals))
        for k, place in enumerate(theta):
            at = dict(fits.CENTRES) | {one.name: x for one, x in zip(self.parameters, place.tolist(), strict=True)}
            signal = self.signal(at["m4_MeV"])[1]
            fluxes = np.array([at["f_8b"], at["f_hep"]])[:, None, None]
            corners = expectation.bilinear(at["t_ly"], at["t_qy"])
            anchors, shares = ([corner[i] for corner in corners] for i in (0, 1))
            here = (fluxes * (signal.sm + at["mu_muB"] ** 2 * signal.dipole[0])[:, anchors]).sum(axis=0)
            content = np.array(shares) @ (at["f_eff"] * here + at["f_neutron"] * rows.neutron[anchors])
            f_ac = np.array([at[f"f_ac_sr{run}"] for run in range(3)])[rows.run]
            found[k] = (content + f_ac * rows.ac + at["f_er"] * rows.er)[bins]
        return found


def _with_masses(theta: np.ndarray, m4: np.ndarray) -> np.ndarray:
    changed = theta.copy()
    changed[:, 1] = m4
    return changed
