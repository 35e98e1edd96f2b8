"""Flat priors for parameters of interest, and ln L in the forms in which samplers take it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from nubounds.inputs.parameter import InputError, hint
from nubounds.likelihood import Likelihood

Ranges = Mapping[str, tuple[float, float]]


def flat_ranges(like: Likelihood, given: Ranges | None = None) -> dict[str, tuple[float, float]]:
    """Range of each parameter of interest: the given one, or its bounds.

    Parameters
    ----------
    like : with what is not to be sampled fixed
    given : ranges by name; a parameter without one has its bounds

    Returns
    -------
    name -> (lower end, upper end)

    Raises
    ------
    InputError
        For an unknown name, a range that is empty or leaves the bounds, or bounds that are infinite.
    """
    interest, given = {one.name: one for one in like.parameters if not one.nuisance}, dict(given or {})
    for name in given:
        if name not in interest:
            raise InputError(f"ranges: no parameter of interest {name}{hint(name, interest)}")
    found = {name: tuple(map(float, given.get(name, (one.minimum, one.maximum)))) for name, one in interest.items()}
    for name, (low, high) in found.items():
        one = interest[name]
        if not (one.minimum <= low < high <= one.maximum and math.isfinite(high - low)):
            raise InputError(f"ranges: {name}=({low:g}, {high:g}): must lie in {one.minimum:g} to {one.maximum:g}")
    return found


class Posterior:
    """ln L with flat priors: -inf outside the ranges; for one place or many, shape (d,) or (n, d)."""

    def __init__(self, like: Likelihood, ranges: Ranges | None = None):
        self.like, flat = like, flat_ranges(like, ranges)
        self.low, self.high = (np.array([flat.get(n, (-np.inf, np.inf))[k] for n in like.names]) for k in (0, 1))

    def __call__(self, theta: np.ndarray) -> Any:
        inside = ((theta >= self.low) & (theta <= self.high)).all(axis=-1)
        return np.where(inside, self.like(theta), -np.inf)[()]


class WithoutPriors:
    """ln L without the priors of its nuisances, for samplers that draw nuisances from them."""

    def __init__(self, like: Likelihood):
        self.like = like

    def __call__(self, theta: np.ndarray) -> Any:
        return self.like(theta) - self.like.log_prior(theta)
