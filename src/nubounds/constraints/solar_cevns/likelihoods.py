"""The chi-square of Eq. (22) as a likelihood for other programs, ln L = -chi^2/2, one for each scenario."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from nubounds.constraints.solar_cevns import experiment
from nubounds.constraints.solar_cevns.chi_square import chi_square_of
from nubounds.constraints.solar_cevns.inputs import PROJECTIONS, SCENARIOS, STATISTICS, Measurement
from nubounds.constraints.solar_cevns.quantities import FLAVOUR, FLUX
from nubounds.contract import InputError, Quantity, Status, choice, quantity
from nubounds.inputs.priors import Normal
from nubounds.likelihood import Data, Likelihood, LikelihoodParameter, Model, log_slope
from nubounds.solar.inputs import FLUXES

M4_BOUNDS_MEV = (0.0, 1e6)
LIGHTEST_MEV = 1e-6  # where a bin begins at no recoil at all, in which the rate of a massless neutrino diverges
MASSES = 1024  # whose signals are kept
WORDS = {"8b": "8B flux", "hep": "hep flux"}


class ChiSquareModel(Model):
    """Eq. (22): Gaussian bins, whose Standard Model rates the fluxes scale; the dipole is added to them.

    Parameters
    ----------
    measurement : every input;  scenario, flavour, statistics, flux : as for the limits
    """

    held = ("m4_MeV",)

    def __init__(self, measurement: Measurement, scenario: str, flavour: str, statistics: str, flux: str):
        super().__init__(measurement, scenario, flavour, statistics, flux)
        self.scenario, chi, counting = scenario, chi_square_of(measurement), measurement.counting
        self.counts, totals = chi.counts, measurement.fluxes.of(flux)
        refused = chi.refusal(scenario, statistics, flux, 1.0)
        if refused and refused[0] == Status.OUT_OF_DOMAIN:
            raise InputError(f"{scenario}: {refused[1]}")
        self.weights = self.counts.rates.combination(flavour, totals)
        sm = np.array(totals)[:, None] * self.counts.sm_rates(scenario)
        if scenario in PROJECTIONS:
            variance = experiment.variance(counting.projections, counting.bins, scenario, statistics, sm.sum(axis=0))
            residual, efficiency = np.zeros(len(variance)), np.ones(len(variance))
        else:
            variance, residual, efficiency = chi._measured(sm.sum(axis=0))
            if measurement.counting.current.is_inferred:
                self.note = "inferred: the data of CDEX-10 are not public; uncertainties from the paper's own limits"
        # A bin with neither background nor Standard Model lies beyond the end point: it has no signal and no weight.
        self.seen = variance > 0
        self.efficiency, self.sigma = efficiency[self.seen], np.sqrt(variance[self.seen])
        self.sm = (efficiency * sm)[:, self.seen]
        uncertainties = zip(FLUXES, measurement.uncertainties.of_fluxes, strict=True)
        self.pulled = [k for k, (_, sigma) in enumerate(uncertainties) if sigma > 0]
        self.parameters = (*self._interest(), *self._nuisances(measurement))
        self.sds = np.array([one.prior.sd for one in self.parameters[2:] if one.prior])
        self.data = Data(residual[self.seen] + self.sm.sum(axis=0), np.ones(len(self.pulled)))
        self.signal = lru_cache(maxsize=MASSES)(self._signal)

    def _interest(self) -> tuple[LikelihoodParameter, ...]:
        low, high = M4_BOUNDS_MEV
        low = low if self.counts.binning(self.scenario).intervals[:, 0].all() else LIGHTEST_MEV
        return (
            LikelihoodParameter("mu_muB", "1", "transition moment mu/mu_B", None, 0.0, 1.0),
            LikelihoodParameter("m4_MeV", "MeV", "mass of the heavy neutrino", None, low, high),
        )

    def _nuisances(self, measurement: Measurement) -> list[LikelihoodParameter]:
        """The fluxes: Gaussian without bounds, as the pulls of Eq. (22) are."""
        sigmas = measurement.uncertainties.of_fluxes
        return [
            LikelihoodParameter(
                f"f_{FLUXES[k]}", "1", f"{WORDS[FLUXES[k]]} over the nominal value", Normal(1.0, sigmas[k])
            )
            for k in self.pulled
        ]

    def _signal(self, m4_MeV: float) -> np.ndarray:
        """Dipole rate in the bins at mu_B, shape (bins,)."""
        rates, _ = self.counts.signals(self.scenario, np.array([m4_MeV]))
        return self.efficiency * np.einsum("fcb,fc->b", rates[0], self.weights)[self.seen]

    def _signals(self, m4_MeV: np.ndarray) -> np.ndarray:
        """The same for many masses, shape (n, bins), few of them different."""
        masses, place = np.unique(m4_MeV, return_inverse=True)
        return np.array([self.signal(m4) for m4 in masses.tolist()])[place]

    def expected(self, theta: np.ndarray) -> np.ndarray:
        f = np.ones((len(theta), len(self.sm)))
        f[:, self.pulled] = theta[:, 2:]
        return theta[:, :1] ** 2 * self._signals(theta[:, 1]) + f @ self.sm

    def _pulls(self, theta: np.ndarray, data: Data) -> tuple[np.ndarray, np.ndarray]:
        """Deviations in standard deviations, of the bins, shape (n, sets, bins), and of the fluxes, at `theta`, shape
        (n, sets or 1, d).
        """
        expected = self.expected(theta.reshape(-1, theta.shape[-1])).reshape(*theta.shape[:2], -1)
        return (data.values - expected) / self.sigma, (theta[..., 2:] - data.centres) / self.sds

    def log_likelihood(self, theta: np.ndarray, data: Data) -> np.ndarray:
        return _half_squares(*self._pulls(theta[:, None], data))

    def gradient(self, theta: np.ndarray, data: Data, wanted: np.ndarray) -> np.ndarray:
        found = np.empty((len(theta), len(data), len(self.parameters)))
        bins, fluxes = self._pulls(theta[:, None], data)
        bins /= self.sigma
        found[:, :, 0] = np.einsum("nsb,nb->ns", bins, 2.0 * theta[:, :1] * self._signals(theta[:, 1]))
        if wanted[1]:
            slope = theta[:, :1] ** 2 * log_slope(self._signals, theta[:, 1])
            found[:, :, 1] = np.einsum("nsb,nb->ns", bins, slope)
        found[:, :, 2:] = bins @ self.sm[self.pulled].T - fluxes / self.sds
        return found

    def maximise(self, theta: np.ndarray, free: np.ndarray, data: Data) -> tuple[np.ndarray, np.ndarray]:
        where = np.repeat(np.where(free, 0.0, theta)[:, None], len(data), axis=1)
        for m4 in np.unique(theta[:, 1]).tolist():
            mine, moment = theta[:, 1] == m4, bool(free[0])
            there = self._least_squares(where[mine], m4, free, data, moment)
            if moment and (there[..., 0] < 0).any():  # y = mu^2 cannot be: the moment is zero there
                none = self._least_squares(where[mine], m4, free, data, False)
                there = np.where(there[..., :1] < 0, none, there)
            if moment:
                there[..., 0] = np.sqrt(there[..., 0])
            where[mine] = there
        return _half_squares(*self._pulls(where, data)), where

    def _least_squares(self, theta: np.ndarray, m4: float, free: np.ndarray, data: Data, moment: bool) -> np.ndarray:
        """`theta`, shape (n, sets, d), with the free parameters at the minimum of chi^2, y = mu^2 in the place of mu
        where the `moment` is free.
        """
        signal, sds = self.signal(m4), self.sds
        scale = float(np.sqrt(np.sum((signal / self.sigma) ** 2)))
        moment = moment and scale > 0
        columns = np.flatnonzero(free[2:])
        rows = [np.append(signal / self.sigma / scale, np.zeros(len(sds)))] if moment else []
        rows += [np.append(self.sm[self.pulled[k]] / self.sigma, np.eye(len(sds))[k] / sds[k]) for k in columns]
        found = theta.copy()
        if not rows:
            return found
        bins, pulls = self._pulls(theta, data)
        target = np.concatenate([bins, -pulls], axis=-1).reshape(-1, len(rows[0]))
        best = np.linalg.lstsq(np.array(rows).T, target.T, rcond=None)[0].T.reshape(*theta.shape[:2], -1)
        if moment:
            found[..., 0] = best[..., 0] / scale
            best = best[..., 1:]
        found[..., 2 + columns] += best
        return found


def _half_squares(bins: np.ndarray, fluxes: np.ndarray) -> np.ndarray:
    """-chi^2/2 of deviations in standard deviations, shape (n, sets, ...)."""
    return -0.5 * (np.einsum("nsb,nsb->ns", bins, bins) + np.einsum("nsf,nsf->ns", fluxes, fluxes))


STATISTICS_CHOICE = choice(
    "statistics", STATISTICS, "poisson", "how a projection's variance is read; current ignores it"
)


def _declared(scenario: str) -> Quantity:
    @quantity(f"solar_cevns.{scenario}", FLAVOUR, STATISTICS_CHOICE, FLUX, unit="1", source="Eq. (22)")
    def made(flavour, statistics, flux, measurement: Measurement):
        """Chi-square of Eq. (22), ln L = -chi^2/2, on the Standard Model's rates or on data of CDEX-10."""
        return Likelihood(ChiSquareModel(measurement, scenario, flavour, statistics, flux))

    return made


LIKELIHOODS = {scenario: _declared(scenario) for scenario in SCENARIOS}
