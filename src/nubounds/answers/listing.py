"""Descriptions of the quantities, as text: name, unit, source, meaning, and every argument."""

from __future__ import annotations

from nubounds import registry
from nubounds.answers import evaluation
from nubounds.contract import InputError, Quantity
from nubounds.inputs import priors
from nubounds.inputs.parameter import BOUNDS, REQUIRED, Parameter, plain

MORE = "arguments, units, defaults: nubounds list NAME; search: nubounds list WORD; everything: nubounds list --long"


def having(beginning: str) -> list[Quantity]:
    """Return all quantities whose names start with `beginning`."""
    return [
        quantity
        for constraint in registry.all_constraints()
        if constraint.name.startswith(beginning.split(".")[0])
        for name, quantity in constraint.quantities.items()
        if name.startswith(beginning)
    ]


def about(word: str) -> list[Quantity]:
    """Return all quantities with `word`, in any case, in their name, meaning, source, arguments or inputs."""
    return [quantity for quantity in having("") if word.lower() in _all_words(quantity).lower()]


def _all_words(quantity: Quantity) -> str:
    arguments = [*quantity.parameters, *quantity.inputs.values()]
    words = [quantity.name, quantity.summary, quantity.source, *(argument.name for argument in arguments)]
    return " ".join([*words, *(argument.meaning for argument in arguments)])


def lines(word: str, long: bool = False) -> list[str]:
    """Return the lines that ``nubounds list`` prints.

    Parameters
    ----------
    word : beginning of names, to describe these quantities with their arguments; any other word searches for it and
        gives one line per quantity found; empty for all quantities, one line each
    long : show the arguments in any case

    Returns
    -------
    The lines.

    Raises
    ------
    InputError
        With the valid names, if nothing is found.
    """
    named = having(word)
    found = named or about(word) or [evaluation.find(word)]
    if long or (word and named):
        return [line for quantity in found for line in describe(quantity)]
    printed: list[str] = []
    for constraint in dict.fromkeys(quantity.name.split(".")[0] for quantity in found):
        mine = [quantity for quantity in found if quantity.name.split(".")[0] == constraint]
        printed += [f"{constraint}: {registry.get(constraint).declaration['title']}"]
        printed += [f"  {quantity.name} [{quantity.unit}]  {quantity.summary}" for quantity in mine]
    return [*printed, *([] if word else [MORE])]


def priors_of(beginning: str) -> list[str]:
    """Return a line for each input with a prior, for the constraints whose names start with `beginning`.

    Raises
    ------
    InputError
        With the valid names, if there is no such constraint.
    """
    found = [c for c in registry.all_constraints() if c.name.startswith(beginning)]
    if not found:
        raise InputError(f"no constraint begins with {beginning}; valid: {', '.join(registry.names())}")
    return [
        f"{constraint.name}.{key} [{one.unit}] = {_word(plain(one.default))}  {priors.in_words(one.prior)}"
        for constraint in found
        for key, one in constraint.inputs.items()
        if one.prior is not None
    ]


def describe(quantity: Quantity) -> list[str]:
    """Describe a quantity: a line with its name, unit and source, one with its meaning, and one per argument.

    The quantity's own arguments are followed by the inputs of its constraint that it depends on.
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
    """Return name, unit, default, valid values and meaning; an argument without a default is required."""
    unit = f" [{parameter.unit}]" if parameter.kind not in ("choice", "flag", "text", "words", "file", "files") else ""
    default = "" if parameter.default is REQUIRED else f" = {_word(plain(parameter.default))}"
    bounds = {word: getattr(parameter, attribute) for attribute, _, word in BOUNDS}
    valid = [f"{word} {value:g}" for word, value in bounds.items() if value is not None]
    if parameter.choices or parameter.kind == "flag":
        valid = ["/".join(map(_word, parameter.choices or (True, False)))]
    limits = f" ({', '.join(valid)})" if valid else ""
    return f"{parameter.name}{unit}{default}{limits}  {parameter.meaning}".rstrip()


def _word(value) -> str:
    """Return a value as it is typed on the command line."""
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)
