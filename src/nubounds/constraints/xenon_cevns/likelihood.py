"""The extended binned Poisson likelihood: data, nuisances, ln L, profiles and limits on the moment.

Parameters stand in the order of `PARAMETERS`; the first one is the number of dipole events at nominal nuisances, which
is mu^2 times `events` of :class:`expectation.Signals`: a minimiser likes that better than mu^2 itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.xenon_cevns import expectation
from nubounds.constraints.xenon_cevns.inputs import Search
from nubounds.constraints.xenon_cevns.templates import templates
from nubounds.contract import InputError, Status
from nubounds.kernels import xenon_cevns as kernel
from nubounds.solar.oscillations import flavour_shares

NUISANCE_WORDS = {
    "f_eff": "efficiency of the signal",
    "f_8b": "8B flux",
    "f_hep": "hep flux",
    "f_ac_sr0": "accidental coincidences in SR0",
    "f_ac_sr1": "accidental coincidences in SR1",
    "f_ac_sr2": "accidental coincidences in SR2",
    "f_er": "electronic recoils",
    "f_neutron": "neutrons",
}
NUISANCES = (*NUISANCE_WORDS, "t_ly", "t_qy")
PARAMETERS = ("dipole_events", *NUISANCES)
CENTRES = {name: 0.0 if name.startswith("t_") else 1.0 for name in NUISANCES}
EVENTS, F_8B = PARAMETERS.index("dipole_events"), PARAMETERS.index("f_8b")
F_EFF_BOUNDS = (0.5, 1.5)
YIELD_BOUND = 3.0  # the templates end there
# Where searches begin, from the yields' centres.
STARTS = np.array([[0.0, 0.0], [0.7, 0.7], [0.7, -0.7], [-0.7, 0.7], [-0.7, -0.7]])
RISE = {1: 2.7055434540954155, 2: 4.605170185988092}  # 90 % quantiles of chi-square, by degrees of freedom
SIGNALS_AT_ONCE = 32
ROOT = 1e-10  # relative accuracy of roots of the profile


# ---- data and nuisances --------------------------------------------------------------------------------------------


def counts(at: expectation.Response, of: kernel.Model, data: np.ndarray) -> kernel.Counts:
    """Data sets, shape (sets, bins of the response), for the kernel.

    Parameters
    ----------
    at : rows of the response, all bins or those in which something was observed
    of : the kernel's model of these rows
    data : shape (sets, bins)

    Returns
    -------
    the occupied bins of each set
    """
    where = [np.flatnonzero(row) for row in data]
    first = np.concatenate([[0], np.cumsum([len(found) for found in where])])
    values = np.concatenate([row[found] for row, found in zip(data, where, strict=True)])
    return kernel.Counts(first, np.concatenate(where) + at.totals, values, of)


def asimov(at: expectation.Response, found: expectation.Signals) -> np.ndarray:
    """Expected counts of every bin without a moment, at nominal nuisances, shape (1, bins).

    Parameters
    ----------
    at : rows of the response
    found : signals in them

    Returns
    -------
    shape (1, bins)
    """
    expected = found.sm[:, expectation.NOMINAL].sum(axis=0) + at.ac + at.er + at.neutron[expectation.NOMINAL]
    return expected[None, at.totals :]


def sigmas(search: Search) -> dict[str, float]:
    """Standard deviations of the nuisances, by name.

    Parameters
    ----------
    search : every input

    Returns
    -------
    dict by nuisance; 0 fixes one
    """
    of_8b, of_hep = search.fluxes.sigmas
    systematics = search.systematics.as_plain()
    return {"f_8b": of_8b, "f_hep": of_hep} | {name.removeprefix("sigma_"): v for name, v in systematics.items()}


def nuisances(search: Search, *, free_8b: bool = False) -> kernel.Nuisances:
    """The pulls for the kernel; a nuisance without uncertainty is fixed, f_8b without constraint if it is `free_8b`.

    Parameters
    ----------
    search : every input
    free_8b : whether the 8B flux has no constraint

    Returns
    -------
    weights and bounds of the 11 parameters
    """
    weight, bounds = np.zeros(len(PARAMETERS)), np.zeros((len(PARAMETERS), 2))
    bounds[EVENTS] = 0.0, np.inf
    for name, sigma in sigmas(search).items():
        place = PARAMETERS.index(name)
        if free_8b and name == "f_8b":
            bounds[place] = 0.0, np.inf
        elif sigma == 0:
            bounds[place] = CENTRES[name]
        else:
            weight[place] = 1.0 / sigma**2
            bounds[place] = (-YIELD_BOUND, YIELD_BOUND) if name.startswith("t_") else (0.0, np.inf)
            if name == "f_eff":
                bounds[place] = F_EFF_BOUNDS
    return kernel.Nuisances(weight, bounds)


def centres(n: int) -> np.ndarray:
    """The centres of the pulls, shape (n, 11).

    Parameters
    ----------
    n : how many fits

    Returns
    -------
    shape (n, 11), in the order of `PARAMETERS`
    """
    return np.tile([0.0, *CENTRES.values()], (n, 1))


def holding(place: int, values: ArrayLike) -> np.ndarray:
    """What a profile holds: one parameter at `values`, shape (n,), NaN where it is free; shape (n, 11).

    Parameters
    ----------
    place : index in `PARAMETERS`
    values : values of this parameter, one for each fit, shape (n,)

    Returns
    -------
    Values that are held, shape (n, 11), NaN where free.
    """
    held = np.full((len(values), len(PARAMETERS)), np.nan)
    held[:, place] = values
    return held


# ---- what is asked for ---------------------------------------------------------------------------------------------


def same(n: int, value: int = 0) -> np.ndarray:
    """One index for all of n fits.

    Parameters
    ----------
    n : number of fits
    value : the index

    Returns
    -------
    Indices, shape (n,).
    """
    return np.full(n, value, dtype=np.intc)


def moment_limits(
    search: Search, made: expectation.Weights, flavour: str, runs: str, analysis: str, data: str, dof: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Upper limits on mu/mu_B.

    Parameters
    ----------
    search : every input
    made : weights at n masses
    flavour : all, e, mu or tau: whose moment
    runs : run or runs
    analysis : counting or binned
    data : observed or asimov
    dof : shape (d,) of 1 and 2

    Returns
    -------
    value, error, status : shape (n, d); NO_SOLUTION where there is no signal
    """
    at = expectation.response(search.release, analysis, runs, data == "asimov")
    n, rises = len(made.dipole), np.array([RISE[number] for number in dof])
    value, error = np.full((2, n, len(rises)), np.nan)
    status = np.full((n, len(rises)), Status.NO_SOLUTION, dtype=np.int8)
    for start in range(0, n, SIGNALS_AT_ONCE):
        part = slice(start, start + SIGNALS_AT_ONCE)
        found = expectation.signals(search, at, made.of_masses(part), flavour)
        there = np.flatnonzero(found.events > 0)
        if not there.size:
            continue
        of = expectation.model(at, found)
        sets = counts(at, of, asimov(at, found) if data == "asimov" else at.observed[None, at.totals :])
        which, n_there = there.astype(np.intc), len(there)
        roots, _, states = kernel.crossings(
            of, sets, nuisances(search), centres(n_there), which, same(n_there), EVENTS, rises, 1, STARTS
        )
        sm, places = found.sm[:, expectation.NOMINAL, : at.totals].sum(), start + there
        value[places] = np.sqrt(roots / found.events[there, None])
        # a relative error r of the spectra moves the limit by r/2 (1 + Standard Model/dipole) at most
        error[places] = value[places] * (0.5 * found.uncertainty[there, None] * (1.0 + sm / roots) + ROOT)
        status[places] = states
    return value, error, status


@dataclass(frozen=True)
class Likelihood:
    """ln L of the observed counts at one mass, vectorised over parameters.

    Attributes
    ----------
    signals : of this mass alone
    """

    search: Search
    response: expectation.Response
    model: kernel.Model
    data: kernel.Counts
    signals: expectation.Signals

    @property
    def events(self) -> float:
        """Dipole counts for mu = mu_B at nominal nuisances."""
        return float(self.signals.events[0])

    def __call__(self, theta, *, gradient: bool = False):
        """ln L at `theta`, shape (n, 11) in the order of `PARAMETERS`, -inf outside the bounds; the gradient, too."""
        theta = np.ascontiguousarray(theta, dtype=float)
        n = len(theta)
        value, slope = kernel.log_likelihoods(
            self.model, self.data, nuisances(self.search), theta, centres(n), same(n), same(n), gradient
        )
        column = {name: theta[:, k] for k, name in enumerate(PARAMETERS)}
        factors = np.min([values for name, values in column.items() if not name.startswith("t_")], axis=0)
        inside = (factors >= 0) & (column["f_eff"] >= F_EFF_BOUNDS[0]) & (column["f_eff"] <= F_EFF_BOUNDS[1])
        inside &= (np.abs(column["t_ly"]) <= YIELD_BOUND) & (np.abs(column["t_qy"]) <= YIELD_BOUND)
        for name, sigma in sigmas(self.search).items():
            if sigma == 0:
                inside &= column[name] == CENTRES[name]
        value = np.where(inside, value, -np.inf)
        return (value, slope) if gradient else value

    def profile(self, events):
        """ln L maximised over the nuisances with the dipole's events held, over these too where they are NaN.

        Parameters
        ----------
        events : shape (n,)

        Returns
        -------
        value : shape (n,);  theta : shape (n, 11);  status : shape (n,)
        """
        n = len(events)
        fit = (self.model, self.data, nuisances(self.search), centres(n), same(n), same(n))
        return kernel.profiles(*fit, holding(EVENTS, events), STARTS)

    def error(self, theta: np.ndarray) -> float:
        """How far ln L may be off at `theta`, shape (11,), and, to first order, a maximum of it that lies there: a
        relative error r of the signal S changes lambda - N ln lambda by r (S + N).

        Parameters
        ----------
        theta : shape (11,)

        Returns
        -------
        absolute error of ln L
        """
        at, totals = dict(zip(PARAMETERS, theta.tolist(), strict=True)), self.response.totals
        mu2 = at["dipole_events"] / self.events if self.events > 0 else 0.0
        corners = expectation.bilinear(at["t_ly"], at["t_qy"])
        lattice = (self.signals.sm + mu2 * self.signals.dipole[0])[:, :, :totals].sum(axis=-1)
        of_8b, of_hep = (float(sum(share * row[anchor] for anchor, share in corners)) for row in lattice)
        signal = at["f_eff"] * (at["f_8b"] * of_8b + at["f_hep"] * of_hep)
        observed = float(self.response.observed[:totals].sum())
        return float(self.signals.uncertainty[0]) * (signal + observed) + 1e-12


def likelihood(search: Search, m4_MeV: float, flavour: str, runs: str, analysis: str) -> Likelihood:
    """The likelihood of the observed counts for one mass.

    Parameters
    ----------
    search : every input
    m4_MeV : mass of the heavy neutrino
    flavour, runs, analysis : choices, as for the limits

    Returns
    -------
    :class:`Likelihood`
    """
    at = expectation.response(search.release, analysis, runs, False)
    found = expectation.signals(search, at, expectation.weights(search, analysis, [m4_MeV]), flavour)
    of = expectation.model(at, found)
    data = counts(at, of, at.observed[None, at.totals :])
    return Likelihood(search, at, of, data, found)


def nominal(values: dict[str, float]) -> np.ndarray:
    """Parameters with `values` by name and the centres of all others, shape (11,).

    Parameters
    ----------
    values : by name, of `PARAMETERS`

    Returns
    -------
    shape (11,)
    """
    unknown = set(values) - set(PARAMETERS)
    if unknown:
        raise InputError(f"no such nuisance: {', '.join(sorted(unknown))}; valid: {', '.join(NUISANCES)}")
    return np.array([values.get(name, CENTRES.get(name, 0.0)) for name in PARAMETERS])


def fit_at_limit(search: Search, m4_MeV: float, flavour: str, runs: str, analysis: str) -> dict[str, np.ndarray]:
    """Expected counts of every bin by component where the moment is at its limit, 0 if it has none, and the nuisances
    fit best.

    Parameters
    ----------
    search : every input
    m4_MeV : mass of the heavy neutrino
    flavour, runs, analysis : choices, as for the limits

    Returns
    -------
    dict of arrays of shape (3, bins): sm, dipole, ac, er, neutron
    """
    made = expectation.weights(search, analysis, [m4_MeV])
    mu = moment_limits(search, made, flavour, runs, analysis, "observed", (2,))[0][0, 0]
    mu = mu if np.isfinite(mu) else 0.0
    of = likelihood(search, m4_MeV, flavour, runs, analysis)
    theta = of.profile([mu**2 * of.events])[1][0]
    whole, electron = flavour_shares(search.shapes.scattering.oscillations)[flavour]
    totals = np.array(search.fluxes.totals)[:, None]
    dipole = totals * (whole * made.dipole[0, :, 0] + electron * made.dipole[0, :, 1])
    at = dict(zip(NUISANCES, theta[1:].tolist(), strict=True))
    return expectation.expected(templates(search.release, analysis), totals * made.sm, dipole, mu**2, at)
