"""The extended binned Poisson likelihood: expected counts, ln L, profiles, limits on the moment and fits of the flux.

Parameters stand in the order of `PARAMETERS`; the first one is the number of dipole events at nominal nuisances, which
is mu^2 times :attr:`Signals.events`: a minimiser likes that better than mu^2 itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from nubounds.constraints.xenon_cevns.inputs import RUN_SETS, SNO_FLUX, Fluxes, Search
from nubounds.constraints.xenon_cevns.rates import INTERPOLATION, largest_mass, shares, template_weights
from nubounds.constraints.xenon_cevns.spectra import sources
from nubounds.constraints.xenon_cevns.templates import Templates, templates
from nubounds.contract import InputError, Status
from nubounds.kernels import xenon_cevns as kernel

NUISANCES = ("f_eff", "f_8b", "f_hep", "f_ac_sr0", "f_ac_sr1", "f_ac_sr2", "f_er", "f_neutron", "t_ly", "t_qy")
PARAMETERS = ("dipole_events", *NUISANCES)
CENTRES = {name: 0.0 if name.startswith("t_") else 1.0 for name in NUISANCES}
EVENTS, F_8B = PARAMETERS.index("dipole_events"), PARAMETERS.index("f_8b")
F_EFF_BOUNDS = (0.5, 1.5)
YIELD_BOUND = 3.0  # the templates end there
NOMINAL = 24  # of the 49 anchors, t_ly = t_qy = 0
# Where searches begin, from the yields' centres.
STARTS = np.array([[0.0, 0.0], [0.7, 0.7], [0.7, -0.7], [-0.7, 0.7], [-0.7, -0.7]])
RISE = {1: 2.7055434540954155, 2: 4.605170185988092}  # 90 % quantiles of chi-square, by degrees of freedom
SIGNALS_AT_ONCE = 32
ROOT = 1e-10  # relative accuracy of roots of the profile


# ---- expected counts -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Response:
    """Templates as rows: first the sum over the bins of each run, then bins, those of one run after the other.

    Attributes
    ----------
    signal : shape (46, 49, rows), expected counts for weights of 1/(t yr);  neutron : shape (49, rows)
    run, ac, er, observed : shape (rows,)
    totals : how many rows are sums
    """

    signal: np.ndarray
    neutron: np.ndarray
    run: np.ndarray
    ac: np.ndarray
    er: np.ndarray
    observed: np.ndarray
    totals: int


@lru_cache(maxsize=8)
def response(release, analysis: str, runs: str, every_bin: bool) -> Response:
    """The rows of some runs: all their bins, or only those in which something was observed."""
    source, chosen = templates(release, analysis), list(RUN_SETS[runs])
    run = np.repeat(chosen, source.bins)
    signal = source.signal[:, :, chosen] * source.exposure_ton_yr[chosen][:, None]
    keep = np.ones(len(run), bool) if every_bin else source.observed[chosen].ravel() > 0

    def rows(values):
        flat = values.reshape(*values.shape[:-2], -1)[..., keep]
        return np.ascontiguousarray(np.concatenate([values.sum(axis=-1), flat], axis=-1))

    return Response(
        rows(signal),
        rows(source.neutron[:, chosen]),
        np.concatenate([chosen, run[keep]]),
        rows(source.ac[chosen]),
        rows(source.er[chosen]),
        rows(source.observed[chosen]),
        len(chosen),
    )


@lru_cache(maxsize=4)
def _sm_weights(shapes, energies: tuple[float, ...]):
    """Weights of the Standard Model for unit fluxes, shape (2, 46): it is flavour-blind."""
    value, error = template_weights(shapes, np.array(energies), [0.0], sm=True)
    return value[0, :, 0], error[0, :, 0]


@dataclass(frozen=True)
class Weights:
    """Weights of the templates for unit fluxes [cm2 s/(t yr)] at n masses.

    Attributes
    ----------
    sm : shape (2, 46);  dipole : shape (n, 2, 2, 46), 8B and hep; all flavours and nu_e; with errors of equal shape
    """

    sm: np.ndarray
    sm_error: np.ndarray
    dipole: np.ndarray
    dipole_error: np.ndarray

    def of_masses(self, which) -> Weights:
        """The same for some of the masses, by index or slice."""
        return replace(self, dipole=self.dipole[which], dipole_error=self.dipole_error[which])


@lru_cache(maxsize=4)
def _dipole_weights(shapes, energies: tuple[float, ...], masses: tuple[float, ...]):
    return template_weights(shapes, np.array(energies), masses)


def weights(search: Search, analysis: str, m4_MeV) -> Weights:
    """The weights at masses `m4_MeV`, shape (n,); both analyses have templates at the same energies and share them."""
    energies = tuple(templates(search.release, analysis).energy_keV.tolist())
    masses = tuple(float(m4) for m4 in m4_MeV)
    return Weights(*_sm_weights(search.shapes, energies), *_dipole_weights(search.shapes, energies, masses))


@dataclass(frozen=True)
class Signals:
    """Standard Model and dipole in the rows of a response, at n masses.

    Attributes
    ----------
    sm : shape (2, 49, rows), counts of 8B and hep
    dipole : shape (n, 2, 49, rows), counts for mu = mu_B
    events : shape (n,), dipole counts of all rows for mu = mu_B and nominal nuisances
    uncertainty : shape (n,), relative numerical error of both
    """

    sm: np.ndarray
    dipole: np.ndarray
    events: np.ndarray
    uncertainty: np.ndarray


def signals(search: Search, at: Response, made: Weights, flavour: str) -> Signals:
    """The signals of one flavour."""
    whole, electron = shares(search.shapes.oscillation, flavour)
    totals = np.array(search.fluxes.totals)
    n = len(made.dipole)
    mixed = totals[:, None] * (whole * made.dipole[:, :, 0] + electron * made.dipole[:, :, 1])
    doubt = totals[:, None] * (abs(whole) * made.dipole_error[:, :, 0] + abs(electron) * made.dipole_error[:, :, 1])
    folded = kernel.fold(np.ascontiguousarray(mixed.reshape(2 * n, -1)), at.signal)
    sm = kernel.fold(np.ascontiguousarray(totals[:, None] * made.sm), at.signal)
    nominal = np.ascontiguousarray(at.signal[:, NOMINAL, : at.totals].sum(axis=-1))
    dipole = folded.reshape(n, 2, *folded.shape[1:])
    events, error = (_sum(values.sum(axis=1), nominal) for values in (mixed, doubt))
    relative = np.divide(error, events, out=np.zeros(n), where=events > 0)
    return Signals(sm, dipole, events, relative + INTERPOLATION)


def _sum(values, factors):
    """Sums over energies, each row by itself."""
    total = np.zeros(len(values))
    for k, factor in enumerate(factors):
        total += values[:, k] * factor
    return total


def model(at: Response, found: Signals, *, only_sm: bool = False) -> kernel.Model:
    """Expected counts for the kernel, a signal for each mass; dipole counts per event."""
    n = 1 if only_sm else len(found.dipole)
    lattice = np.zeros((n, *at.neutron.shape, 5))
    lattice[..., 0], lattice[..., 1], lattice[..., 4] = found.sm[0], found.sm[1], at.neutron
    if not only_sm:
        scale = np.divide(1.0, found.events, out=np.zeros(n), where=found.events > 0)[:, None, None]
        lattice[..., 2], lattice[..., 3] = found.dipole[:, 0] * scale, found.dipole[:, 1] * scale
    return kernel.Model(lattice, at.run, at.ac, at.er, at.totals)


# ---- data and nuisances --------------------------------------------------------------------------------------------


def counts(at: Response, of: kernel.Model, data: np.ndarray) -> kernel.Counts:
    """Data sets, shape (sets, bins of the response), for the kernel."""
    where = [np.flatnonzero(row) for row in data]
    first = np.concatenate([[0], np.cumsum([len(found) for found in where])])
    values = np.concatenate([row[found] for row, found in zip(data, where, strict=True)])
    return kernel.Counts(first, np.concatenate(where) + at.totals, values, of)


def asimov(at: Response, found: Signals) -> np.ndarray:
    """Expected counts of every bin without a moment, at nominal nuisances, shape (1, bins)."""
    expected = found.sm[:, NOMINAL].sum(axis=0) + at.ac + at.er + at.neutron[NOMINAL]
    return expected[None, at.totals :]


def sigmas(search: Search) -> dict[str, float]:
    """Standard deviations of the nuisances, by name."""
    of_8b, of_hep = search.fluxes.sigmas
    systematics = search.systematics.as_plain()
    return {"f_8b": of_8b, "f_hep": of_hep} | {name.removeprefix("sigma_"): v for name, v in systematics.items()}


def nuisances(search: Search, *, free_8b: bool = False) -> kernel.Nuisances:
    """The pulls for the kernel; a nuisance without uncertainty is fixed, f_8b without constraint if it is `free_8b`."""
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
    """The centres of the pulls, shape (n, 11)."""
    return np.tile([0.0, *CENTRES.values()], (n, 1))


# ---- what is asked for ---------------------------------------------------------------------------------------------


def _same(n: int, value: int = 0) -> np.ndarray:
    return np.full(n, value, dtype=np.intc)


def reachable(search: Search, m4_MeV) -> np.ndarray:
    """Whether a flux that is not zero can make neutrinos of these masses, shape (n,)."""
    end_points = sources(search.shapes.spectra, search.shapes.oscillation).end_points
    largest = [
        largest_mass(search.shapes, end)
        for end, total in zip(end_points, search.fluxes.totals, strict=True)
        if total > 0
    ]
    return np.asarray(m4_MeV) < max(largest, default=0.0)


def moment_limits(search: Search, made: Weights, flavour: str, runs: str, analysis: str, data: str, dof):
    """Upper limits on mu/mu_B.

    Parameters
    ----------
    made : weights at n masses;  data : observed or asimov;  dof : shape (d,) of 1 and 2

    Returns
    -------
    value, error, status : shape (n, d); NO_SOLUTION where there is no signal
    """
    at = response(search.release, analysis, runs, data == "asimov")
    n, rises = len(made.dipole), np.array([RISE[number] for number in dof])
    value, error = np.full((2, n, len(rises)), np.nan)
    status = np.full((n, len(rises)), Status.NO_SOLUTION, dtype=np.int8)
    for start in range(0, n, SIGNALS_AT_ONCE):
        part = slice(start, start + SIGNALS_AT_ONCE)
        found = signals(search, at, made.of_masses(part), flavour)
        there = np.flatnonzero(found.events > 0)
        if not there.size:
            continue
        of = model(at, found)
        sets = counts(at, of, asimov(at, found) if data == "asimov" else at.observed[None, at.totals :])
        which, n_there = there.astype(np.intc), len(there)
        roots, _, states = kernel.crossings(
            of, sets, nuisances(search), centres(n_there), which, _same(n_there), EVENTS, rises, 1, STARTS
        )
        sm, places = found.sm[:, NOMINAL, : at.totals].sum(), start + there
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
    events : dipole counts for mu = mu_B;  uncertainty : relative numerical error of the signal
    """

    search: Search
    response: Response
    model: kernel.Model
    data: kernel.Counts
    events: float
    uncertainty: float
    expected_sm: float

    def __call__(self, theta, *, gradient: bool = False):
        """ln L at `theta`, shape (n, 11) in the order of `PARAMETERS`, -inf outside the bounds; the gradient, too."""
        theta = np.ascontiguousarray(theta, dtype=float)
        n = len(theta)
        value, slope = kernel.log_likelihoods(
            self.model, self.data, nuisances(self.search), theta, centres(n), _same(n), _same(n), gradient
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
        events = np.ascontiguousarray(events, dtype=float)
        n = len(events)
        return kernel.profiles(
            self.model, self.data, nuisances(self.search), centres(n), _same(n), _same(n), EVENTS, events, STARTS
        )

    def error(self, events: float) -> float:
        """How far ln L may be off: a relative error r of the signal changes lambda - N ln lambda by r (S + N)."""
        observed = float(self.response.observed[: self.response.totals].sum())
        return self.uncertainty * (self.expected_sm + events + observed) + 1e-12


def likelihood(search: Search, m4_MeV: float, flavour: str, runs: str, analysis: str) -> Likelihood:
    """The likelihood of the observed counts for one mass."""
    at = response(search.release, analysis, runs, False)
    found = signals(search, at, weights(search, analysis, [m4_MeV]), flavour)
    of = model(at, found)
    data = counts(at, of, at.observed[None, at.totals :])
    sm = float(found.sm[:, NOMINAL, : at.totals].sum())
    return Likelihood(search, at, of, data, float(found.events[0]), float(found.uncertainty[0]), sm)


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
    search, at = replace(search, fluxes=fluxes), response(search.release, analysis, runs, False)
    energies = tuple(templates(search.release, analysis).energy_keV.tolist())
    sm, sm_error = _sm_weights(search.shapes, energies)
    nothing = np.zeros((1, 2, 2, len(energies)))
    found = signals(search, at, Weights(sm, sm_error, nothing, nothing), "all")
    of = model(at, found, only_sm=True)
    return _FluxModel(
        of,
        counts(at, of, at.observed[None, at.totals :]),
        nuisances(search, free_8b=True),
        float(sm_error.sum() / sm.sum()) + INTERPOLATION + ROOT,
        float(found.sm[:, NOMINAL, : at.totals].sum()),
        float(at.observed[: at.totals].sum()),
    )


def flux_fit(search: Search, runs: str, analysis: str) -> FluxFit:
    """Fit of the 8B flux without a moment and without a constraint on the flux."""
    of = _flux_model(search, runs, analysis)
    fit = (of.model, of.data, of.pulls, centres(1), _same(1), _same(1), F_8B)
    best, theta, state = kernel.profiles(*fit, np.array([np.nan]), STARTS)
    none, _, state_none = kernel.profiles(*fit, np.array([0.0]), STARTS)
    lower, _, state_low = kernel.crossings(*fit, np.ones(1), -1, STARTS)
    upper, _, state_high = kernel.crossings(*fit, np.ones(1), 1, STARTS)
    status = Status(max(states.max() for states in (state, state_none, state_low, state_high)))
    significance = float(np.sqrt(max(0.0, 2.0 * (best[0] - none[0]))))
    best_flux, low, high = (SNO_FLUX * float(x) for x in (theta[0, F_8B], lower[0, 0], upper[0, 0]))
    return FluxFit(best_flux, low, high, significance, of.uncertainty, status)


def flux_profile(search: Search, runs: str, analysis: str, flux_8b):
    """2 (ln L_best - ln L) of the 8B flux.

    Parameters
    ----------
    flux_8b : shape (n,) [1/(cm2 s)]

    Returns
    -------
    value, error, status : shape (n,)
    """
    of, f_8b = _flux_model(search, runs, analysis), np.asarray(flux_8b, dtype=float) / SNO_FLUX
    held, n = np.append(f_8b, np.nan), len(f_8b) + 1
    fit = (of.model, of.data, of.pulls, centres(n), _same(n), _same(n), F_8B)
    value, _, status = kernel.profiles(*fit, held, STARTS)
    # a relative error r of the signal changes lambda - N ln lambda by r (S + N), in both fits
    error = 4.0 * of.uncertainty * ((1.0 + f_8b) * of.expected + of.observed)
    return 2.0 * (value[-1] - value[:-1]), error, np.maximum(status[:-1], status[-1])


def nominal(values: dict[str, float]) -> np.ndarray:
    """Parameters with `values` by name and the centres of all others, shape (11,)."""
    unknown = set(values) - set(PARAMETERS)
    if unknown:
        raise InputError(f"no such nuisance: {', '.join(sorted(unknown))}; valid: {', '.join(NUISANCES)}")
    return np.array([values.get(name, CENTRES.get(name, 0.0)) for name in PARAMETERS])


def expected(source: Templates, sm, dipole, mu2: float, at: dict[str, float]) -> dict[str, np.ndarray]:
    """Expected counts of every bin by component, shape (3, B) each.

    Parameters
    ----------
    sm, dipole : weights of 8B and hep, shape (2, 46), fluxes included, the dipole's for mu = mu_B
    mu2 : (mu/mu_B)^2
    at : nuisances by name
    """
    flux_factors = np.array([at["f_8b"], at["f_hep"]])[:, None]
    corners = bilinear(at["t_ly"], at["t_qy"])
    efficiency = sum(share * source.signal[:, anchor] for anchor, share in corners)
    per_weight = at["f_eff"] * source.exposure_ton_yr[:, None] * efficiency
    f_ac = np.array([at[f"f_ac_sr{run}"] for run in range(3)])[:, None]
    return {
        "sm": np.tensordot((flux_factors * sm).sum(axis=0), per_weight, 1),
        "dipole": mu2 * np.tensordot((flux_factors * dipole).sum(axis=0), per_weight, 1),
        "ac": f_ac * source.ac,
        "er": at["f_er"] * source.er,
        "neutron": at["f_neutron"] * sum(share * source.neutron[anchor] for anchor, share in corners),
    }


def bilinear(t_ly: float, t_qy: float):
    """The four anchors around a place and their shares."""
    a, b = (int(min(max(np.floor(t + 3), 0), 5)) for t in (t_ly, t_qy))
    u, v = t_ly + 3 - a, t_qy + 3 - b
    return [(7 * (a + i) + b + j, (u if i else 1 - u) * (v if j else 1 - v)) for i in (0, 1) for j in (0, 1)]


def fit_at_limit(search: Search, m4_MeV: float, flavour: str, runs: str, analysis: str) -> dict[str, np.ndarray]:
    """Expected counts of every bin by component where the moment is at its limit, 0 if it has none, and the nuisances
    fit best.
    """
    made = weights(search, analysis, [m4_MeV])
    mu = moment_limits(search, made, flavour, runs, analysis, "observed", (2,))[0][0, 0]
    mu = mu if np.isfinite(mu) else 0.0
    of = likelihood(search, m4_MeV, flavour, runs, analysis)
    theta = of.profile([mu**2 * of.events])[1][0]
    whole, electron = shares(search.shapes.oscillation, flavour)
    totals = np.array(search.fluxes.totals)[:, None]
    dipole = totals * (whole * made.dipole[0, :, 0] + electron * made.dipole[0, :, 1])
    at = dict(zip(NUISANCES, theta[1:].tolist(), strict=True))
    return expected(templates(search.release, analysis), totals * made.sm, dipole, mu**2, at)
