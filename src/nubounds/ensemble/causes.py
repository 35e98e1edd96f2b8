"""What moves a limit: Sobol indices of every curve and place, and the surrogate, both from the same members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from nubounds.config.ensemble import Varied
from nubounds.contract import Parameter
from nubounds.ensemble import chaos
from nubounds.ensemble.sheets import Sheet
from nubounds.files.chains import chain
from nubounds.inputs import priors
from nubounds.inputs.parameter import plain

MOST_WITHOUT = 0.1  # share of members without a limit above which no cause is named
SEEN = 0.75  # share of the members that a surrogate is made from; the others test it
GOOD = 0.99  # Q2 from which a surrogate may stand for the limit
LEAST_MEMBERS = 8


@dataclass(frozen=True)
class Cause:
    """An input, or a group of correlated ones, which only have a share together."""

    name: str
    places: list[int]


@dataclass(frozen=True)
class Design:
    """The members as seen by an expansion: axes of what varies, their values, and the causes they make up."""

    axes: list[chaos.Axis]
    drawn: list[Any]
    causes: list[Cause]
    still: list[str]  # inputs whose priors have no width

    @property
    def members(self) -> int:
        """How many there are."""
        return len(self.drawn[0]) if self.drawn else 0


def design(varied: Varied, inputs: Mapping[str, Parameter], cube: np.ndarray, drawn: Mapping[str, list]) -> Design:
    """The design of members with the shares `cube` (members, inputs) and the values `drawn`.

    Correlated inputs enter by the independent Gaussian variables of their copula.

    Parameters
    ----------
    varied : priors and correlations of the inputs that vary
    inputs : declarations of the inputs, by key
    cube : independent shares of the priors, shape (members, inputs)
    drawn : input -> its value in each member

    Returns
    -------
    Axes, values and causes.
    """
    names, axes, columns, causes, still = list(varied.priors), [], [], [], []
    grouped = {name: place for place, group in enumerate(varied.correlated) for name in group["inputs"]}
    groups: dict[int, Cause] = {}
    for column, (name, said) in enumerate(varied.priors.items()):
        prior = priors.read(said)
        if name in grouped:
            axis, values = chaos.axis_of(name, priors.Normal(0.0, 1.0), (-np.inf, np.inf)), ndtri(cube[:, column])
        else:
            axis, values = _axis(name, prior, inputs[name]), drawn[name]
        if axis is None:
            still.append(name)
            continue
        if name in grouped:
            members = varied.correlated[grouped[name]]["inputs"]
            cause = groups.setdefault(grouped[name], Cause(" + ".join(n for n in names if n in members), []))
            if not cause.places:
                causes.append(cause)
            cause.places.append(len(axes))
        else:
            causes.append(Cause(name, [len(axes)]))
        axes.append(axis)
        columns.append(values)
    return Design(axes, columns, causes, still)


def _axis(name: str, prior: Any, parameter: Parameter) -> chaos.Axis | None:
    known = None
    if isinstance(prior, priors.Choice):
        prior = priors.Choice(tuple((parameter.convert(value), weight) for value, weight in prior.weights))
    elif isinstance(prior, priors.Samples):
        known = chain(prior, parameter)
    elif prior.sd == 0:
        return None
    return chaos.axis_of(name, prior, parameter.ends, known)


@dataclass(frozen=True)
class Analysis:
    """One curve at one place: an expansion from all members with a limit there, and one from the first of them that was
    tested at the others.

    `deviation`, `largest` : root mean square and largest deviation at those `tested` members
    `unexplained` : share of the variance that the expansions leave, the larger of two estimates
    """

    rows: np.ndarray
    expansion: chaos.Expansion
    tested_one: chaos.Expansion
    deviation: float
    largest: float
    tested: int
    spread: float

    @property
    def flat(self) -> bool:
        """Whether the limit is the same for all members."""
        return self.spread == 0

    @property
    def q2(self) -> float:
        """Share of the variance of members not seen that an expansion explains."""
        return 1.0 if self.flat else 1.0 - (self.deviation / self.spread) ** 2

    @property
    def unexplained(self) -> float:
        """Share of the variance that may belong to any input: of members not seen, or left out one at a time."""
        return 0.0 if self.flat else max(0.0, 1.0 - self.q2, 1.0 - self.expansion.q2)


def analyse(basis: chaos.Basis, sheet: Sheet, place: int) -> Analysis | None:
    """The limit of a sheet at a place (its logarithm where all are above 0); None for too few members with one.

    Parameters
    ----------
    basis : values of the orthonormal polynomials at the members
    sheet : one curve of all members
    place : index of the place on the sheet's grid

    Returns
    -------
    The analysis, or None.
    """
    column = sheet.members[:, place]
    rows = np.flatnonzero(np.isfinite(column))
    if len(rows) < max(LEAST_MEMBERS, (1 - MOST_WITHOUT) * len(column)):
        return None
    values = np.log(column[rows]) if sheet.positive else column[rows]
    seen = int(SEEN * len(rows))
    spread = float(np.std(values))
    if spread <= chaos.SPREAD * float(np.max(np.abs(values))):
        spread, values = 0.0, np.full_like(values, values[0])
    tested_one = basis.fit(values[:seen], rows[:seen])
    off = values[seen:] - basis.columns(tested_one, rows[seen:]) @ tested_one.coefficients
    deviation, largest = float(np.sqrt(np.mean(off**2))), float(np.max(np.abs(off)))
    return Analysis(rows, basis.fit(values, rows), tested_one, deviation, largest, len(off), spread)


def analyse_all(sheets: list[Sheet], found: Design) -> dict[tuple[str, float], Analysis]:
    """The analysis of every curve and place where there is one.

    Parameters
    ----------
    sheets : curves of the members on a common grid
    found : the design of the members

    Returns
    -------
    (name of the sheet, x) -> analysis
    """
    if not found.axes:
        return {}
    basis, analyses = chaos.Basis(found.axes, found.drawn, found.members), {}
    for sheet in sheets:
        for place, x in enumerate(sheet.x.tolist()):
            analysis = analyse(basis, sheet, place)
            if analysis is not None:
                analyses[sheet.name, x] = analysis
    return analyses


def indices(basis: chaos.Basis, analysis: Analysis, causes: list[Cause]) -> np.ndarray:
    """First-order and total indices with their errors, shape (causes, 4): first, error, total, error.

    An error is the scatter of the coefficients, to first order, with the deviations at members not seen, plus the share
    of the variance that the expansion leaves unexplained, which may belong to any input.

    Parameters
    ----------
    basis : values of the orthonormal polynomials at the members
    analysis : the expansion of one limit
    causes : the inputs, or groups of correlated ones, that may be to blame

    Returns
    -------
    First-order Sobol index, its error, total index and its error, by cause.
    """
    expansion, found = analysis.expansion, np.zeros((len(causes), 4))
    if analysis.flat or expansion.variance == 0:
        found[:, [1, 3]] = 0.0 if analysis.flat else 1.0
        return found
    inverse = np.linalg.pinv(basis.columns(expansion, analysis.rows))
    squares = expansion.residuals**2
    mean = float(np.mean(squares))
    if mean > 0:
        squares = squares * max(1.0, analysis.unexplained * analysis.spread**2 / mean)
    scatter = (inverse * squares) @ inverse.T
    for row, cause in enumerate(causes):
        for column, inside in ((0, chaos.alone(expansion, cause.places)), (2, chaos.among(expansion, cause.places))):
            share = float(np.sum(expansion.coefficients[inside] ** 2)) / expansion.variance
            slope = 2 * expansion.coefficients * (inside - share) / expansion.variance
            slope[0] = 0.0
            error = float(np.sqrt(max(0.0, slope @ scatter @ slope)))
            found[row, column : column + 2] = share, error + analysis.unexplained
    return found


def sensitivities(analyses: Mapping[tuple[str, float], Analysis], found: Design) -> dict[str, np.ndarray]:
    """The columns of ``sensitivity.csv``: Sobol indices of the limit (of its logarithm where it is positive).

    Parameters
    ----------
    analyses : (name of the sheet, x) -> analysis
    found : the design of the members

    Returns
    -------
    Column -> values, one row for each curve, place and input.
    """
    names, rows = ("curve", "x", "input", "first", "first_error", "total", "total_error", "q2"), []
    basis = chaos.Basis(found.axes, found.drawn, found.members) if found.axes else None
    for (curve, x), analysis in analyses.items():
        table = indices(basis, analysis, found.causes)
        rows += [
            (curve, x, cause.name, *line, analysis.q2) for cause, line in zip(found.causes, table.tolist(), strict=True)
        ]
        rows += [(curve, x, name, 0.0, 0.0, 0.0, 0.0, analysis.q2) for name in found.still]
    return {name: np.array([row[place] for row in rows]) for place, name in enumerate(names)}


def surrogate(
    sheets: list[Sheet], analyses: Mapping[tuple[str, float], Analysis], found: Design, correlated: list[dict]
) -> dict[str, Any]:
    """What the sliders of the report evaluate: for every curve and place the expansion from the first members, with its
    deviations at the others: Q2 (None where the limit does not vary), the largest, their root mean square.

    Parameters
    ----------
    sheets : curves of the members on a common grid
    analyses : (name of the sheet, x) -> analysis
    found : the design of the members
    correlated : groups of correlated inputs, each with its correlation matrix

    Returns
    -------
    What goes into ``surrogate.json``.
    """
    inputs = [
        {
            "name": axis.name,
            "kind": axis.kind,
            "centre": axis.centre,
            "width": axis.width,
            "values": [plain(value) for value in axis.values],
            "rotate": axis.rotate.tolist(),
        }
        for axis in found.axes
    ]
    curves: dict[str, dict] = {}
    logarithm = {sheet.name: sheet.positive for sheet in sheets}
    for (curve, x), analysis in analyses.items():
        said = curves.setdefault(curve, {"logarithm": logarithm[curve], "points": []})
        said["points"].append(
            {
                "x": x,
                "terms": analysis.tested_one.terms.tolist(),
                "coefficients": analysis.tested_one.coefficients.tolist(),
                "q2": None if analysis.flat else analysis.q2,
                "largest": analysis.largest,
                "rms": analysis.deviation,
                "tested": analysis.tested,
            }
        )
    return {"inputs": inputs, "correlated": correlated, "good": GOOD, "curves": curves}
