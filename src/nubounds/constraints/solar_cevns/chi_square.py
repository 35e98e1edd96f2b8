"""Limits on the transition moment from the chi-square of Eq. (22)."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from nubounds.constraints.solar_cevns import experiment
from nubounds.constraints.solar_cevns.counts import counts_of
from nubounds.constraints.solar_cevns.inputs import PROJECTIONS, Confidence, Measurement
from nubounds.contract import Status
from nubounds.kernels import solar_cevns as kernel

INTERPOLATION = 1e-9  # relative error of the interpolated moments that the coarser table does not see
FLUX_WORDS = {"all": "8B and hep", "8b": "8B", "hep": "hep"}


def delta_chi2(confidence: Confidence) -> float:
    """Rise of chi^2 at the limit, for the confidence level and the degrees of freedom."""
    level, dof = confidence.confidence_level, confidence.degrees_of_freedom
    if dof == 2:
        return -2.0 * math.log1p(-level)
    from scipy.special import gammaincinv

    return 2.0 * float(gammaincinv(0.5 * dof, level))


class ChiSquare:
    """Eq. (22) for every scenario; made by :func:`chi_square_of`."""

    def __init__(self, measurement: Measurement):
        self.measurement = measurement
        self.counts = counts_of(measurement.counting)

    def limits(self, scenario: str, flavour: str, statistics: str, flux: str, signal, signal_error):
        """Upper limits on mu/mu_B.

        Parameters
        ----------
        signal, signal_error : shape (n, fluxes, 2, bins), rows of :meth:`Counts.signals` for the scenario

        Returns
        -------
        Limits, their errors, and the status, each of shape (n,).
        """
        counting, totals = self.measurement.counting, self.measurement.fluxes.of(flux)
        weights = self.counts.rates.combination(flavour, totals)
        rate = np.einsum("nfcb,fc->nb", signal, weights)
        rate_error = np.einsum("nfcb,fc->nb", signal_error, np.abs(weights))
        sm = np.array(totals)[:, None] * self.counts.sm_rates(scenario)
        pull = np.array(self.measurement.uncertainties.of_fluxes)[:, None] * sm
        if scenario in PROJECTIONS:
            variance = experiment.variance(counting.projections, counting.bins, scenario, statistics, sm.sum(axis=0))
            residual, efficiency = np.zeros(len(variance)), np.ones(len(variance))
        else:
            variance, residual, efficiency = self._measured(sm.sum(axis=0))
        # A bin with neither background nor Standard Model lies beyond the end point: it has no signal and no weight.
        weight = np.divide(1.0, variance, out=np.zeros_like(variance), where=variance > 0)
        arrays = (rate * efficiency, rate_error * efficiency, weight, pull * efficiency, residual)
        rise = delta_chi2(self.measurement.confidence)
        return kernel.evaluate_limits(*(np.ascontiguousarray(array) for array in arrays), rise)

    def _measured(self, sm: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Variance, residual and efficiency of the bins of `current`."""
        data, counting = self.counts.data, self.measurement.counting
        if data is None:
            sigma = counting.current.current_sigma_per_keVee_kg_d
            per_bin = sigma * counting.bins.bin_width_keVee * experiment.PER_TON_YR
            return np.full(sm.shape, per_bin**2), np.zeros(sm.shape), np.ones(sm.shape)
        return data.sigma**2, data.rate - data.background - data.efficiency * sm, data.efficiency

    def refusal(self, scenario: str, statistics: str, flux: str, m4_MeV: float) -> tuple[Status, str] | None:
        """Why there is no limit at this point before any rate is looked at, or None."""
        counting, rates = self.measurement.counting, self.counts.rates
        totals = self.measurement.fluxes.of(flux)
        if (
            scenario != "current"
            and statistics == "fitted"
            and experiment.background_per_bin(counting.projections, counting.bins, scenario) == 0
        ):
            return Status.OUT_OF_DOMAIN, "the fitted variance is a share of the background, which is 0"
        if scenario == "current" and self.counts.data is None and not rates.nuclei.are_germanium:
            return (
                Status.OUT_OF_DOMAIN,
                "the inferred data of `current` belong to germanium; give cdex_data for another target",
            )
        if m4_MeV == 0 and not self.counts.binning(scenario).intervals[:, 0].all():
            return Status.OUT_OF_DOMAIN, "the dipole rate of a massless neutrino diverges in a bin that begins at 0"
        if rates.end_point(totals) == 0:
            return Status.NO_SOLUTION, f"the {FLUX_WORDS[flux]} flux is set to 0"
        if m4_MeV >= rates.largest_mass(totals):
            end = f"the {FLUX_WORDS[flux]} flux ends at {rates.end_point(totals):g} MeV"
            return Status.NO_SOLUTION, f"m4 = {m4_MeV:g} MeV: {end} and cannot produce the heavy neutrino"
        return None

    def limit(self, scenario: str, flavour: str, m4_MeV: float, statistics: str, flux: str):
        """Limit on mu/mu_B at one point: value, error, status, reason; value and error None where there is none."""
        refused = self.refusal(scenario, statistics, flux, m4_MeV)
        if refused:
            return None, None, *refused
        signal, signal_error = self.counts.signals(scenario, np.array([m4_MeV]))
        values, errors, status = self.limits(scenario, flavour, statistics, flux, signal, signal_error)
        if status[0] != Status.OK:
            reason = f"m4 = {m4_MeV:g} MeV: the dipole adds no recoil to the bins of {scenario}"
            return None, None, Status(int(status[0])), reason
        value = float(values[0])
        return value, float(errors[0]) + INTERPOLATION * value, Status.OK, ""


@lru_cache(maxsize=32)
def chi_square_of(measurement: Measurement) -> ChiSquare:
    """The :class:`ChiSquare` that a record describes, made once.

    Raises
    ------
    InputError
        For data files that make no sense.
    """
    return ChiSquare(measurement)
