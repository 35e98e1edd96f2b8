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
    """Rise of chi^2 at the limit.

    Parameters
    ----------
    confidence : confidence level and degrees of freedom

    Returns
    -------
    The quantile of the chi-square distribution, exact to rounding.

    References
    ----------
    Demirci and Mustamin (2025), below Eq. (22): 4.61 at 90% with 2 degrees of freedom.
    """
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

    def limits(
        self, scenario: str, flavour: str, statistics: str, flux: str, signal: np.ndarray, signal_error: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Upper limits on mu/mu_B.

        Parameters
        ----------
        scenario, flavour, statistics, flux : as in the scan; `current` has no statistics
        signal, signal_error : shape (n, fluxes, 2, bins) [1/(ton yr)], rows of :meth:`Counts.signals` for the scenario

        Returns
        -------
        Limits, their errors, and the status, each of shape (n,).

        Notes
        -----
        An error holds what the quadrature of the bins may be off by; the caller adds that of the tabulated moments,
        `INTERPOLATION`.

        References
        ----------
        Demirci and Mustamin (2025), Eq. (22), with the pulls eliminated.
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
        """Why there is no limit at this point before any rate is looked at.

        Parameters
        ----------
        scenario, statistics, flux : as in the scan
        m4_MeV : mass of the heavy neutrino

        Returns
        -------
        Status and reason, or None where a limit may exist.
        """
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

    def refused(self, scenario: str, statistics: str, flux: str, m4_MeV: np.ndarray) -> np.ndarray:
        """The statuses of :meth:`refusal` alone, OK where a limit may exist.

        Parameters
        ----------
        scenario, statistics, flux : as in the scan
        m4_MeV : shape (n,)

        Returns
        -------
        Shape (n,).
        """
        found = [self.refusal(scenario, statistics, flux, mass) for mass in m4_MeV.tolist()]
        return np.array([Status.OK if one is None else one[0] for one in found], dtype=np.int8)

    def at_masses(
        self, scenario: str, flavour: str, m4_MeV: np.ndarray, statistics: str, flux: str
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
        """Limits on mu/mu_B.

        Parameters
        ----------
        scenario, flavour, statistics, flux : as in the scan
        m4_MeV : shape (n,)

        Returns
        -------
        Limits, their errors (NaN where there is none) and the status, each of shape (n,), and in words why the first
        mass without a limit has none.
        """
        masses, where = np.unique(m4_MeV, return_inverse=True) if len(m4_MeV) > 1 else (m4_MeV, np.zeros(1, int))
        value, error = np.full((2, len(masses)), np.nan)
        refused = [self.refusal(scenario, statistics, flux, mass) for mass in masses.tolist()]
        status = np.array([Status.OK if one is None else one[0] for one in refused], dtype=np.int8)
        asked = np.flatnonzero(status == Status.OK)
        if len(asked):
            signal, signal_error = self.counts.signals(scenario, masses[asked])
            found, found_error, found_status = self.limits(scenario, flavour, statistics, flux, signal, signal_error)
            value[asked], error[asked], status[asked] = found, found_error + INTERPOLATION * found, found_status
        reason = ""
        for k in where[status[where] != Status.OK][:1]:
            nothing = f"m4 = {masses[k]:g} MeV: the dipole adds no recoil to the bins of {scenario}"
            reason = refused[k][1] if refused[k] else nothing
        return value[where], error[where], status[where], reason

    def limit(
        self, scenario: str, flavour: str, m4_MeV: float, statistics: str, flux: str
    ) -> tuple[float | None, float | None, Status, str]:
        """Limit on mu/mu_B at one mass.

        Parameters
        ----------
        scenario, flavour, statistics, flux : as in the scan
        m4_MeV : mass of the heavy neutrino

        Returns
        -------
        Value, error, status, and in words why there is none; value and error None where there is none.
        """
        values, errors, status, reason = self.at_masses(scenario, flavour, np.array([m4_MeV]), statistics, flux)
        if status[0] != Status.OK:
            return None, None, Status(int(status[0])), reason
        return float(values[0]), float(errors[0]), Status.OK, ""


@lru_cache(maxsize=32)
def chi_square_of(measurement: Measurement) -> ChiSquare:
    """The :class:`ChiSquare` that a record describes, made once.

    Parameters
    ----------
    measurement : everything that a limit depends on

    Returns
    -------
    The same object for equal records.

    Raises
    ------
    InputError
        For inconsistent data files.
    """
    return ChiSquare(measurement)
