"""The quantities that anyone can ask for, in words: name, unit, source, meaning, and every argument."""

from __future__ import annotations

from nubounds import evaluation, registry
from nubounds.contract import Quantity
from nubounds.parameter import BOUNDS, REQUIRED, Parameter, plain


def having(beginning: str) -> list[Quantity]:
    """All quantities whose names begin so; InputError that names the valid ones if there is none."""
    found = [
        quantity
        for constraint in registry.all_constraints()
        if constraint.name.startswith(beginning.split(".")[0])
        for name, quantity in constraint.quantities.items()
        if name.startswith(beginning)
    ]
    return found or [evaluation.find(beginning)]


def describe(quantity: Quantity) -> list[str]:
    """A quantity in a line for its name, unit and source, one for its meaning, and one for each argument; behind
    the quantity's own arguments stand the inputs of its constraint that it depends on.
    """
    own = {parameter.name for parameter in quantity.parameters}
    inputs = [parameter for name, parameter in quantity.inputs.items() if name not in own]
    return [
        f"{quantity.name}  [{quantity.unit}]  {quantity.source}",
        f"    {quantity.summary}",
        *(f"      {_argument(parameter)}" for parameter in quantity.parameters),
        *(["    inputs of the constraint:"] if inputs else []),
        *(f"      {_argument(parameter)}" for parameter in inputs),
    ]


def _argument(parameter: Parameter) -> str:
    """Name, unit, default, valid values and meaning; an argument without a default must be given."""
    unit = f" [{parameter.unit}]" if parameter.kind not in ("choice", "flag", "text", "words", "file") else ""
    default = "" if parameter.default is REQUIRED else f" = {_word(plain(parameter.default))}"
    bounds = {word: getattr(parameter, attribute) for attribute, _, word in BOUNDS}
    valid = [f"{word} {value:g}" for word, value in bounds.items() if value is not None]
    if parameter.choices or parameter.kind == "flag":
        valid = ["/".join(map(_word, parameter.choices or (True, False)))]
    limits = f" ({', '.join(valid)})" if valid else ""
    return f"{parameter.name}{unit}{default}{limits}  {parameter.meaning}".rstrip()


def _word(value) -> str:
    """A value as one types it."""
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)
