"""The 8B flux from the likelihood without a moment and without a constraint on the flux."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.xenon_cevns import expectation
from nubounds.constraints.xenon_cevns import likelihood as fits
from nubounds.constraints.xenon_cevns.inputs import SNO_FLUX, Fluxes, Search
from nubounds.constraints.xenon_cevns.rates import INTERPOLATION
from nubounds.constraints.xenon_cevns.templates import templates
from nubounds.contract import Status
from nubounds.kernels import xenon_cevns as kernel


@dataclass(frozen=True)
class FluxFit:
    """8B flux [1/(cm2 s)] from the data, its 68 % interval, the significance of 8B neutrinos, and a relative error."""

    flux_8b: float
    lower: float
    upper: float
    significance: float
    uncertainty: float
    status: Status


@dataclass(frozen=True)
class _FluxModel:
    """The likelihood without a moment and without a constraint on the 8B flux, f_8b in units of `SNO_FLUX`."""

    model: kernel.Model
    data: kernel.Counts
    pulls: kernel.Nuisances
    uncertainty: float  # relative numerical error of the signal
    expected: float  # signal counts at f_8b = 1
    observed: float


def _flux_model(search: Search, runs: str, analysis: str) -> _FluxModel:
    fluxes = Fluxes(**search.fluxes.as_plain() | {"flux_8b_per_cm2_s": SNO_FLUX})
    search, at = replace(search, fluxes=fluxes), expectation.response(search.release, analysis, runs, False)
    energies = tuple(templates(search.release, analysis).energy_keV.tolist())
    sm, sm_error = expectation.sm_weights(search.shapes, energies)
    nothing = np.zeros((1, 2, 2, len(energies)))
    found = expectation.signals(search, at, expectation.Weights(sm, sm_error, nothing, nothing), "all")
    of = expectation.model(at, found, only_sm=True)
    return _FluxModel(
        of,
        fits.counts(at, of, at.observed[None, at.totals :]),
        fits.nuisances(search, free_8b=True),
        float(sm_error.sum() / sm.sum()) + INTERPOLATION + fits.ROOT,
        float(found.sm[:, expectation.NOMINAL, : at.totals].sum()),
        float(at.observed[: at.totals].sum()),
    )


def flux_fit(search: Search, runs: str, analysis: str) -> FluxFit:
    """Fit of the 8B flux without a moment and without a constraint on the flux.

    Parameters
    ----------
    search : every input
    runs, analysis : choices, as for the limits

    Returns
    -------
    :class:`FluxFit`
    """
    of = _flux_model(search, runs, analysis)
    fit = (of.model, of.data, of.pulls, fits.centres(1), fits.same(1), fits.same(1))
    best, theta, state = kernel.profiles(*fit, fits.holding(fits.F_8B, [np.nan]), fits.STARTS)
    none, _, state_none = kernel.profiles(*fit, fits.holding(fits.F_8B, [0.0]), fits.STARTS)
    lower, _, state_low = kernel.crossings(*fit, fits.F_8B, np.ones(1), -1, fits.STARTS)
    upper, _, state_high = kernel.crossings(*fit, fits.F_8B, np.ones(1), 1, fits.STARTS)
    status = Status(max(states.max() for states in (state, state_none, state_low, state_high)))
    significance = float(np.sqrt(max(0.0, 2.0 * (best[0] - none[0]))))
    best_flux, low, high = (SNO_FLUX * float(x) for x in (theta[0, fits.F_8B], lower[0, 0], upper[0, 0]))
    return FluxFit(best_flux, low, high, significance, of.uncertainty, status)


def flux_profile(
    search: Search, runs: str, analysis: str, flux_8b: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """2 (ln L_best - ln L) of the 8B flux.

    Parameters
    ----------
    search : every input
    runs : run or runs
    analysis : counting or binned
    flux_8b : shape (n,) [1/(cm2 s)]

    Returns
    -------
    value, error, status : shape (n,)
    """
    of, f_8b = _flux_model(search, runs, analysis), np.asarray(flux_8b, dtype=float) / SNO_FLUX
    held, n = np.append(f_8b, np.nan), len(f_8b) + 1
    fit = (of.model, of.data, of.pulls, fits.centres(n), fits.same(n), fits.same(n))
    value, _, status = kernel.profiles(*fit, fits.holding(fits.F_8B, held), fits.STARTS)
    # a relative error r of the signal changes lambda - N ln lambda by r (S + N), in both fits
    error = 4.0 * of.uncertainty * ((1.0 + f_8b) * of.expected + of.observed)
    return 2.0 * (value[-1] - value[:-1]), error, np.maximum(status[:-1], status[-1])
