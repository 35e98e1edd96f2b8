"""What a constraint provides: parameters, data, and ln L, gradient and maximum on arrays of parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nubounds.inputs.priors import Normal


@dataclass(frozen=True)
class LikelihoodParameter:
    """A parameter of a likelihood.

    Parameters
    ----------
    name : str
        Its name, with the unit at the end.
    unit : str
        Unit; "1" for a pure number.
    meaning : str
        What it is, in a line.
    prior : nubounds.inputs.priors.Normal, optional
        Of a nuisance, a Gaussian that is part of the likelihood; None for a parameter of interest.
    minimum, maximum : float
        Inclusive bounds; the likelihood is zero outside.
    """

    name: str
    unit: str
    meaning: str
    prior: Normal | None = None
    minimum: float = -math.inf
    maximum: float = math.inf

    @property
    def nuisance(self) -> bool:
        """Whether profiles are maximised over it, unless it is given."""
        return self.prior is not None


@dataclass(frozen=True, eq=False)
class Data:
    """One data set or many: what was seen in each bin, and where the priors of the nuisances are centred.

    Parameters
    ----------
    values : numpy.ndarray
        Counts or measured values, shape (bins,) or (sets, bins).
    centres : numpy.ndarray
        Centres of the priors, shape (nuisances,) or (sets, nuisances).
    """

    values: np.ndarray
    centres: np.ndarray

    @property
    def many(self) -> bool:
        """Whether there is an axis of data sets."""
        return self.values.ndim == 2

    def __len__(self) -> int:
        return len(self.values) if self.many else 1

    def __getitem__(self, which: int | slice) -> Data:
        return Data(self.values[which], self.centres[which])

    def __iter__(self) -> Iterator[Data]:
        return (self[k] for k in range(len(self)))


@dataclass(frozen=True)
class Fit:
    """A maximum of the likelihood; NaN where no fit converged.

    Parameters
    ----------
    log_likelihood : numpy.ndarray
        The maximum of ln L.
    parameters : dict of str to numpy.ndarray
        All parameters there, by name, in the same shape.
    """

    log_likelihood: np.ndarray
    parameters: dict[str, np.ndarray]


class Model:
    """What a constraint knows of a likelihood; the arguments of its constructor make it again in another process.

    Attributes
    ----------
    parameters : those of interest first
    data : one data set, as observed
    sigma : shape (bins,), standard deviations of Gaussian values; None for counts, which are Poisson distributed
    held : names of parameters that no fit can be free in
    note : what there is to say of the likelihood
    """

    parameters: tuple[LikelihoodParameter, ...]
    data: Data
    sigma: np.ndarray | None = None
    held: tuple[str, ...] = ()
    note: str = ""

    def __init__(self, *arguments: Any):
        self._arguments = arguments

    def __reduce__(self) -> tuple:
        return type(self), self._arguments

    def log_likelihood(self, theta: np.ndarray, data: Data) -> np.ndarray:
        """ln L, priors of the nuisances included, shape (n, sets), at `theta`, shape (n, d), within the bounds."""
        raise NotImplementedError

    def gradient(self, theta: np.ndarray, data: Data, wanted: np.ndarray) -> np.ndarray:
        """Derivatives of ln L, shape (n, sets, d); nobody looks at those of parameters that are not `wanted`."""
        raise NotImplementedError

    def maximise(self, theta: np.ndarray, free: np.ndarray, data: Data) -> tuple[np.ndarray, np.ndarray]:
        """Largest ln L, shape (n, sets), and where, shape (n, sets, d), over the parameters that are `free`."""
        raise NotImplementedError

    def expected(self, theta: np.ndarray) -> np.ndarray:
        """Expected values of the bins, shape (n, bins)."""
        raise NotImplementedError


def log_priors(parameters: Iterable[LikelihoodParameter], theta: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Logarithm of the priors of the nuisances without their norms.

    Parameters
    ----------
    parameters : parameters of the likelihood, in the order of the columns of `theta`
    theta : shape (n, d);  centres : shape (sets, nuisances)
    centres : centres of the priors, shape (sets, nuisances)

    Returns
    -------
    shape (n, sets)
    """
    found = np.zeros((len(theta), len(centres)))
    for k, (column, sd) in enumerate(nuisance_columns(parameters)):
        found -= 0.5 * ((theta[:, column, None] - centres[:, k]) / sd) ** 2
    return found


def nuisance_columns(parameters: Iterable[LikelihoodParameter]) -> list[tuple[int, float]]:
    """Place and standard deviation of each nuisance."""
    return [(k, one.prior.sd) for k, one in enumerate(parameters) if one.prior is not None]


def log_slope(function: Callable[[np.ndarray], np.ndarray], x: np.ndarray, step: float = 2e-3) -> np.ndarray:
    """Derivative of `function`, from an array of shape (n,) to one whose first axis is n, at x >= 0.

    A central difference of fourth order in ln x; 0 at x = 0, for functions of the square of x.

    Parameters
    ----------
    function : what to differentiate
    x : where, shape (n,)
    step : of the difference, in ln x

    Returns
    -------
    The derivative, of the shape that `function` returns.
    """
    e = math.exp(step)
    there = [function(x * factor) for factor in (e, 1 / e, e * e, 1 / (e * e))]
    change = (8.0 * (there[0] - there[1]) - (there[2] - there[3])) / (12.0 * step)
    size = x.reshape(-1, *([1] * (change.ndim - 1)))
    return np.divide(change, size, out=np.zeros_like(change), where=size > 0)
