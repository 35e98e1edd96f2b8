"""Members: the first so many of a scrambled Sobol sequence, mapped through the priors of the inputs.

A member's values depend on the seed, the constraint, its varied inputs and its number alone: twice as many members
begin with these, and any block of them can be drawn without the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import qmc

from nubounds.config.ensemble import Varied
from nubounds.contract import Parameter
from nubounds.files.chains import chain
from nubounds.inputs import priors

BITS = 30  # of a number of the sequence, which is a whole multiple of 2^-BITS


def _stream(seed: int, name: str) -> np.random.Generator:
    """Random numbers of a constraint: another constraint, or none beside it, leaves its members alone."""
    word = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, word])))


def uniforms(seed: int, name: str, dimensions: int, first: int, last: int) -> np.ndarray:
    """Members `first` to `last` (not included) as points of the unit cube, shape (members, dimensions), inside of it:
    each stands in the middle of its cell of 2^-30.

    Parameters
    ----------
    seed : seed of the ensemble
    name : name of the constraint, which gives it a stream of its own
    dimensions : number of inputs that vary
    first, last : numbers of the first member and of the one after the last

    Returns
    -------
    Points strictly inside the unit cube, shape (members, dimensions).
    """
    sequence = qmc.Sobol(dimensions, scramble=True, bits=BITS, seed=_stream(seed, name))
    if first == last:
        return np.empty((0, dimensions))
    if first:
        sequence.fast_forward(first)
    start = sequence.random(1)  # SciPy warns of a first draw of other numbers than powers of 2
    points = np.concatenate([start, sequence.random(last - first - 1)])
    return points + 0.5 ** (BITS + 1)


def correlate(cube: np.ndarray, names: list[str], groups: list[dict]) -> np.ndarray:
    """The points of `cube` with the Gaussian copulas of `groups`; other columns stay as they are.

    Parameters
    ----------
    cube : independent points of the unit cube, shape (members, inputs)
    names : the inputs, in the order of the columns
    groups : correlated inputs (``inputs``) and their correlation matrix (``correlation``)

    Returns
    -------
    Points of the same shape, uniform in each column.
    """
    moved = cube.copy()
    for group in groups:
        columns = [names.index(name) for name in group["inputs"]]
        root = np.linalg.cholesky(np.array(group["correlation"], dtype=float))
        # Sums in a fixed order: a product of matrices may add up differently for blocks of other sizes.
        normal = ndtri(cube[:, columns])
        for row, column in enumerate(columns):
            total = root[row, 0] * normal[:, 0]
            for k in range(1, row + 1):
                total = total + root[row, k] * normal[:, k]
            moved[:, column] = ndtr(total)
    return moved


def values(parameter: Parameter, prior: Any, shares: np.ndarray) -> list:
    """Values of an input, in its type, at the shares of its prior that lie within the input's bounds.

    Parameters
    ----------
    parameter : the input
    prior : its prior
    shares : cumulative probabilities in (0, 1), shape (members,)

    Returns
    -------
    One value for each share.
    """
    low, high = parameter.ends
    if isinstance(prior, priors.Choice):
        drawn = prior.quantile(shares)
    elif isinstance(prior, priors.Samples):
        known = chain(prior, parameter)
        drawn = known[np.minimum((shares * known.size).astype(int), known.size - 1)]
    else:
        drawn = priors.truncated(prior, shares, low, high)
    if parameter.kind == "integer":
        drawn = np.rint(drawn)
    return [parameter.convert(value) for value in np.asarray(drawn).tolist()]


def draw(
    name: str, varied: Varied, inputs: Mapping[str, Parameter], seed: int, first: int, last: int
) -> tuple[np.ndarray, dict[str, list]]:
    """Members `first` to `last` (not included) of a constraint.

    Parameters
    ----------
    name : name of the constraint, which gives it a stream of its own
    varied : priors and correlations of the inputs that vary
    inputs : declarations of the inputs, by key
    seed : seed of the ensemble
    first, last : numbers of the first member and of the one after the last

    Returns
    -------
    cube : shape (members, inputs), the independent shares of the priors
    drawn : input -> its values, in the input's type
    """
    names = list(varied.priors)
    cube = uniforms(seed, name, len(names), first, last)
    shares = correlate(cube, names, varied.correlated)
    drawn = {
        key: values(inputs[key], priors.read(plain), shares[:, column])
        for column, (key, plain) in enumerate(varied.priors.items())
    }
    return cube, drawn
