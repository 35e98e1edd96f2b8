"""What the priors of inputs do to one number, to first order: each input by itself, one standard deviation either way.

Sums and products of inputs that are not small, and correlations, are what ensembles are for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nubounds.contract import Parameter
from nubounds.files.chains import chain
from nubounds.inputs import priors

DERIVATIVE_STEP = 1e-3  # of a standard deviation's, in which elasticities are taken: errors of its square
QUANTILES = (0.5, 0.15865525393145707, 0.8413447460685429)  # middle, and a standard deviation either way

Ask = Callable[[dict[str, Any]], float | None]


@dataclass(frozen=True)
class Effect:
    """What one input does to a number y.

    Attributes
    ----------
    input, value, prior : name, value and prior of the input; inside of records and mappings with dots
    elasticity : d ln y/d ln x, central difference; NaN at x = 0, for whole numbers and for a choice
    shift : relative change of y for one standard deviation, half of the difference between one up and one down; of a
        choice the standard deviation of y over its values by their weights, relative to y.  NaN where y has no value
    """

    input: str
    value: Any
    prior: priors.Prior
    elasticity: float
    shift: float


def _number(found: float | None) -> float:
    return math.nan if found is None else float(found)


def flat_values(inputs: Iterable[str], *nested: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every key, which may have dots, in the first of `nested` that has it; None where none has.

    Parameters
    ----------
    inputs : keys
    *nested : mappings to search, in this order

    Returns
    -------
    key -> value
    """
    found = {}
    for key in inputs:
        ways = [(place, word) for place in nested for word in ([key], key.split("."))]
        found[key] = next((value for place, word in ways if (value := _inside(place, word)) is not None), None)
    return found


def _inside(place: Any, words: list[str]) -> Any:
    for word in words:
        place = place.get(word) if isinstance(place, Mapping) else getattr(place, word, None)
    return place


def effects(
    ask: Ask, centre: float, inputs: Mapping[str, Parameter], values: Mapping[str, Any], elasticities: bool = True
) -> Iterator[Effect]:
    """The effect of every input that has a prior.

    Parameters
    ----------
    ask : the number for other values of inputs, by key; None where there is none
    centre : the number with `values`, not zero
    inputs : the inputs that it may depend on, flat, those inside of others by dotted keys
    values : theirs, by the same keys
    elasticities : whether they are wanted, which costs as much again

    Yields
    ------
    The effect of one input on the number.
    """
    for key, parameter in inputs.items():
        value = values[key]
        if isinstance(parameter.prior, priors.Choice):
            yield Effect(key, value, parameter.prior, math.nan, _between(ask, centre, key, parameter))
        elif isinstance(parameter.prior, priors.Prior) and isinstance(value, float | int):
            shift = _shift(ask, centre, key, parameter, float(value))
            slope = _elasticity(ask, centre, key, parameter, float(value)) if elasticities else math.nan
            yield Effect(key, value, parameter.prior, slope, shift)


def _between(ask: Ask, centre: float, key: str, parameter: Parameter) -> float:
    """Relative standard deviation over the values of a choice."""
    weights = np.array([weight for _, weight in parameter.prior.weights])
    found = np.array([_number(ask({key: parameter.convert(value)})) for value, _ in parameter.prior.weights])
    mean = np.average(found, weights=weights)
    return float(np.sqrt(np.average((found - mean) ** 2, weights=weights)) / abs(centre))


def _shift(ask: Ask, centre: float, key: str, parameter: Parameter, value: float) -> float:
    low, high = one_deviation(parameter, value)
    if parameter.kind == "integer":
        low, high = round(low), round(high)
    return (_number(ask({key: high})) - _number(ask({key: low}))) / 2 / centre


def _elasticity(ask: Ask, centre: float, key: str, parameter: Parameter, value: float) -> float:
    low, high = one_deviation(parameter, value)
    below, above = value - DERIVATIVE_STEP * (value - low), value + DERIVATIVE_STEP * (high - value)
    if not above > below or not value or parameter.kind == "integer":
        return math.nan
    slope = (_number(ask({key: above})) - _number(ask({key: below}))) / (above - below)
    return slope * value / centre


def one_deviation(parameter: Parameter, value: float) -> tuple[float, float]:
    """`value` one standard deviation of the prior down and up, inside of the input's bounds.

    Parameters
    ----------
    parameter : the input, with a prior
    value : its value

    Returns
    -------
    The lower and the upper value.
    """
    prior = parameter.prior
    if isinstance(prior, priors.Samples):
        middle, low, high = np.quantile(chain(prior, parameter), QUANTILES).tolist()
    else:
        middle, low, high = (float(prior.quantile(u)) for u in QUANTILES)
    down, up = value - (middle - low), value + (high - middle)
    least, most = parameter.ends
    edge = 1e-9  # what lies at an exclusive bound itself need not make sense
    down = max(down, least + edge * (value - least)) if down <= least else down
    return down, min(up, most - edge * (most - value)) if up >= most else up
