"""Sparse polynomial chaos: an output of the members as a sum of products of orthonormal polynomials of its inputs.

Each input has a basis that is orthonormal under its own prior, so a coefficient's square is its share of the variance:
Sobol indices are sums of them.  Terms are picked one by one, the one that explains most of what is left first
(orthogonal matching pursuit), until the leave-one-out error stops falling.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import ndtr

from nubounds.inputs import priors

NODES, REACH = np.polynomial.legendre.leggauss(400), 8.2  # nodes of a prior in a Gaussian variable, and how far out
SPREAD = 1e-12  # relative variance below which an output counts as the same for all members
MOST_DEGREE, HYPERBOLA = 10, 0.75  # of a term, and the norm of its degrees
MOST_CANDIDATES = 500
PATIENCE = 6  # terms that may be added without a gain
ENOUGH = 1e-8  # share of the variance below which what is left is not pursued
TERMS_PER_MEMBER = 1 / 3


@dataclass(frozen=True)
class Axis:
    """The basis of one input: a germ that is linear in the input or in its logarithm, or the values of a choice.

    `rotate` maps powers of the germ (or indicators of the values) to orthonormal functions, the first of which is 1.
    """

    name: str
    kind: str  # linear, log, choice
    centre: float
    width: float
    values: tuple
    rotate: np.ndarray

    @property
    def degrees(self) -> int:
        """Number of functions besides 1."""
        return self.rotate.shape[1] - 1

    def raw(self, values: Any) -> np.ndarray:
        """Powers or indicators at values of the input, shape (n, degrees + 1)."""
        if self.kind == "choice":
            return np.array([[float(value == known) for known in self.values] for value in values])
        values = np.asarray(values, dtype=float)
        germ = ((np.log(values) if self.kind == "log" else values) - self.centre) / self.width
        return np.vander(germ, self.degrees + 1, increasing=True)

    def functions(self, values: Any) -> np.ndarray:
        """The orthonormal functions at values of the input, shape (n, degrees + 1)."""
        return self.raw(values) @ self.rotate


def _nodes(prior: Any, bounds: tuple[float, float], chain: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Values of an input and weights that integrate over its prior."""
    if chain is not None:
        return chain, np.full(chain.size, 1.0 / chain.size)
    z, weights = NODES[0] * REACH, NODES[1] * np.exp(-0.5 * (NODES[0] * REACH) ** 2)
    return priors.truncated(prior, ndtr(z), *bounds), weights / weights.sum()


def axis_of(name: str, prior: Any, bounds: tuple[float, float], chain: np.ndarray | None = None) -> Axis | None:
    """The basis of an input; None for one that does not vary.

    Parameters
    ----------
    name : key of the input
    prior : Normal, LogNormal, Uniform, LogUniform, Triangular, Choice or Samples
    bounds : the smallest and largest value of the input
    chain : all values of a prior that is made of samples

    Returns
    -------
    The basis, or None.
    """
    if isinstance(prior, priors.Choice):
        if len(prior.weights) == 1:
            return None
        weights = np.array([weight for _, weight in prior.weights])
        return Axis(name, "choice", 0, 1, tuple(value for value, _ in prior.weights), _orthonormal(
            np.eye(len(weights)), weights / weights.sum(), constant=True
        ))  # fmt: skip
    values, weights = _nodes(prior, bounds, chain)
    kind = "log" if isinstance(prior, priors.LogNormal | priors.LogUniform) else "linear"
    germ = np.log(values) if kind == "log" else values
    centre = float(weights @ germ)
    width = float(np.sqrt(weights @ (germ - centre) ** 2))
    if width <= SPREAD * abs(centre):
        return None
    degree = min(MOST_DEGREE, len(np.unique(germ)) - 1)
    raw = np.vander((germ - centre) / width, degree + 1, increasing=True)
    return Axis(name, kind, centre, width, (), _orthonormal(raw, weights))


def _orthonormal(raw: np.ndarray, weights: np.ndarray, constant: bool = False) -> np.ndarray:
    """The rotation that makes the columns of `raw` orthonormal under `weights`, 1 first."""
    change = np.eye(raw.shape[1])
    if constant:  # indicators add up to 1: that function takes the place of the first
        change[:, 0] = 1.0
    _, upper = np.linalg.qr(raw @ change * np.sqrt(weights)[:, None])
    rotate = change @ np.linalg.inv(upper)
    return rotate * np.sign(np.diag(upper))


@dataclass(frozen=True)
class Expansion:
    """A fitted sum: terms (degree of each input) and their coefficients; `q2` from members left out one at a time."""

    terms: np.ndarray
    coefficients: np.ndarray
    q2: float
    residuals: np.ndarray  # of members left out

    @cached_property
    def variance(self) -> float:
        """Of the expansion."""
        return float(np.sum(self.coefficients[1:] ** 2))


class Basis:
    """All products of the axes' functions up to a degree that the number of members can carry, at the members."""

    def __init__(self, axes: list[Axis], drawn: list[Any], members: int):
        self.axes = axes
        functions = [axis.functions(values) for axis, values in zip(axes, drawn, strict=True)]
        self.terms = candidates([axis.degrees for axis in axes], [axis.kind for axis in axes], members)
        self.matrix = np.ones((members, len(self.terms)))
        for column, part in enumerate(functions):
            self.matrix *= part[:, self.terms[:, column]]

    def columns(self, expansion: Expansion, members: np.ndarray) -> np.ndarray:
        """The terms of an expansion at members, shape (members, terms)."""
        place = {tuple(term): column for column, term in enumerate(self.terms.tolist())}
        return self.matrix[np.ix_(members, [place[tuple(term)] for term in expansion.terms.tolist()])]

    def fit(self, output: np.ndarray, members: np.ndarray) -> Expansion:
        """The sparse expansion of an output, shape (members,), of those members that `members` picks."""
        matrix = self.matrix[members]
        chosen, residuals, error = _pursue(matrix, output)
        coefficients, *_ = np.linalg.lstsq(matrix[:, chosen], output, rcond=None)
        spread = float(np.var(output))
        q2 = 1.0 - error / spread if spread > 0 else 1.0
        return Expansion(self.terms[chosen], coefficients, q2, residuals)


def candidates(degrees: list[int], kinds: list[str], members: int) -> np.ndarray:
    """Degrees of all terms, shape (terms, inputs), the constant first: the highest total degree whose hyperbola has
    fewer terms than there is room for, at least 1.  A value of a choice counts as one degree.

    Parameters
    ----------
    degrees : highest degree of each input
    kinds : ``linear``, ``log`` or ``choice``, for each input
    members : number of members, which limits the number of terms

    Returns
    -------
    Integer degrees, shape (terms, inputs).
    """
    room = min(MOST_CANDIDATES, 8 * members)
    costs = [
        [0.0, *((1 if kind == "choice" else degree) ** HYPERBOLA for degree in range(1, most + 1))]
        for most, kind in zip(degrees, kinds, strict=True)
    ]
    found = _hyperbola(costs, 1.0, math.inf)
    for degree in range(2, MOST_DEGREE + 1):
        more = _hyperbola(costs, degree**HYPERBOLA, room)
        if more is None:
            break
        found = more
    return np.array(found, dtype=np.int64).reshape(-1, len(degrees))


def _hyperbola(costs: list[list[float]], limit: float, room: float) -> list[tuple[int, ...]] | None:
    """Terms whose costs add up to `limit` at most, the cheapest first; None for more than there is room for."""
    found: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    for cost in costs:
        found = [
            (spent + one, (*term, degree))
            for spent, term in found
            for degree, one in enumerate(cost)
            if spent + one <= limit * (1 + 1e-12)
        ]
        if len(found) > room:
            return None
    return [term for _, term in sorted(found, key=lambda entry: (round(entry[0], 9), entry[1]))]


def _pursue(matrix: np.ndarray, output: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Columns of the best expansion, its leave-one-out residuals, and their corrected mean square.

    The correction for few members is that of Chapelle, Vapnik and Bengio (2002) for least squares.
    """
    n = len(output)
    most = max(1, min(int(n * TERMS_PER_MEMBER), matrix.shape[1]))
    norms = np.linalg.norm(matrix, axis=0)
    basis = np.empty((n, most))
    basis[:, 0] = matrix[:, 0] / norms[0]
    chosen, left = [0], output - output.mean()
    leverage = np.full(n, 1.0 / n)
    # What of each column the chosen ones do not explain, squared; columns that they do explain are out.
    projected = basis[:, 0] @ matrix
    free = norms**2 - projected**2
    best = ([0], left / (1 - leverage), float(np.mean((left / (1 - leverage)) ** 2)) * n / (n - 1))
    scale = float(left @ left)
    since = 0
    for count in range(1, most):
        if float(left @ left) <= 1e-24 * scale:
            break
        gain = np.where(free > 1e-8 * norms**2, (left @ matrix) ** 2 / np.maximum(free, 1e-300), 0.0)
        gain[chosen] = 0.0
        column = int(np.argmax(gain))
        if gain[column] <= 0:
            break
        direction = matrix[:, column].copy()
        for _ in range(2):  # once more, for what rounding leaves
            direction -= basis[:, :count] @ (basis[:, :count].T @ direction)
        direction /= np.linalg.norm(direction)
        basis[:, count] = direction
        chosen.append(column)
        left = left - (left @ direction) * direction
        leverage = leverage + direction**2
        free = free - (direction @ matrix) ** 2
        out = left / np.maximum(1 - leverage, 1e-9)
        correction = n / (n - count - 1) * (1 + (count + 1) / n)
        error = float(np.mean(out**2)) * correction
        if error < best[2]:
            best, since = (list(chosen), out, error), 0
            if error <= ENOUGH * scale / n:
                break
        else:
            since += 1
            if since > PATIENCE:
                break
    return np.array(best[0]), best[1], best[2]


def among(expansion: Expansion, places: list[int]) -> np.ndarray:
    """The terms in which any of some inputs stands, as a mask.

    Parameters
    ----------
    expansion : the fitted expansion
    places : indices of these inputs

    Returns
    -------
    Boolean mask, shape (terms,).
    """
    return expansion.terms[:, places].any(axis=1)


def alone(expansion: Expansion, places: list[int]) -> np.ndarray:
    """The terms in which only they stand.

    Parameters
    ----------
    expansion : the fitted expansion
    places : indices of these inputs

    Returns
    -------
    Boolean mask, shape (terms,).
    """
    others = np.setdiff1d(np.arange(expansion.terms.shape[1]), places)
    return among(expansion, places) & ~expansion.terms[:, others].any(axis=1)
