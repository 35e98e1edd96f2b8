"""One quantity at a point or at many: the same kernels as the workflow, in Python and as JSON objects."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from nubounds import registry
from nubounds.answers import arrays
from nubounds.code import build
from nubounds.contract import Answer, InputError, Quantity


def find(name: str) -> Quantity:
    """The quantity `name` (``constraint.quantity``); InputError naming the valid ones if there is none."""
    constraint_name = str(name).split(".")[0]
    if constraint_name not in registry.names():
        raise InputError(f"unknown quantity {name}; valid: names that begin with {', '.join(registry.names())}")
    build.require_fresh()
    quantities = registry.get(constraint_name).quantities
    if name not in quantities:
        raise InputError(f"unknown quantity {name}; valid: {', '.join(quantities)}")
    return quantities[name]


def ask(quantity: Quantity, given: Mapping[str, Any], config: Mapping[str, Any] | None = None) -> Answer:
    """The answer at a point, or at all points of arguments that are arrays; `config` has the inputs of a config.

    Parameters
    ----------
    quantity : what to evaluate
    given : arguments and inputs by name
    config : inputs that a config sets, by key; they give way to `given`

    Returns
    -------
    Value, error, note and status.

    Raises
    ------
    InputError
        For a wrong name, argument, unit or range, and where the arguments lead out of the numbers there are.
    """
    spread = arrays.of(quantity, given)
    if spread:
        return arrays.ask(quantity, given, config, spread)
    return _call(quantity, quantity.bind(given, config))


def _call(quantity: Quantity, bound: Mapping[str, Any]) -> Answer:
    try:
        return arrays.call(quantity, bound)
    except ArithmeticError as problem:  # one line of a batch must not take the others down
        raise InputError(f"{quantity.name}: no finite value at these arguments ({problem})") from None


def evaluate(name: str, /, **arguments: Any) -> Any:
    """Value of a quantity.

    Parameters
    ----------
    name : str
        ``constraint.quantity``; ``nubounds list`` names all, with arguments and units.
    **arguments : number, word, or array
        The quantity's own and any input of its constraint that it depends on, and ``preset`` (paper or best) for inputs
        that are not given.  Every one may be an array or a list: they broadcast as in numpy.

    Returns
    -------
    float, None, list, dict or numpy.ndarray
        The value in the quantity's unit: a number, None (no such limit), or a list or dict of numbers.  With arrays a
        float array of their shape (a dict of arrays, or with one more axis for a list), NaN where there is none.

    Raises
    ------
    InputError
        For a wrong name, argument, unit or range.

    Examples
    --------
    >>> import nubounds as nb
    >>> nb.evaluate("sn_diffusion.coupling_limit", model="b_minus_l", m_mediator_MeV=[1.0, 10.0]).shape
    (2,)
    """
    return ask(find(name), arguments).value


def answer(name: str, /, **arguments: Any) -> Answer:
    """The value of a quantity with its error, status, note and unit, and all arguments that it depends on.

    Parameters
    ----------
    name : str
        ``constraint.quantity``.
    **arguments : number, word, or array
        As for :func:`evaluate`.

    Returns
    -------
    Answer
        The value and what there is to say about it.

    Raises
    ------
    InputError
        For a wrong name, argument, unit or range.

    Examples
    --------
    >>> import nubounds as nb
    >>> nb.answer("neutron_star.flux_density", T_inf_K=1000).unit
    'Jy'
    """
    return complete(find(name), arguments)


def complete(quantity: Quantity, given: Mapping[str, Any], config: Mapping[str, Any] | None = None) -> Answer:
    """The answer of :func:`ask` with unit and arguments; those that are arrays as lists.

    Parameters
    ----------
    quantity : what to evaluate
    given : arguments and inputs by name
    config : inputs that a config sets, by key; they give way to `given`

    Returns
    -------
    The answer; its arguments include every input that it depends on.
    """
    spread = arrays.of(quantity, given)
    if spread:
        found = arrays.ask(quantity, given, config, spread)
        arguments = {name: arrays.as_list(values) for name, values in spread.items()}
        single = {name: value for name, value in given.items() if name not in spread}
        first = arrays.first(spread)
        if first:
            arguments = quantity.written_out(quantity.bind({**single, **first}, config)) | arguments
    else:
        bound = quantity.bind(given, config)
        found, arguments = _call(quantity, bound), quantity.written_out(bound)
    return replace(found, status=arrays.status_of(found), unit=quantity.unit, arguments=arguments)


def _plain(value: Any) -> Any:
    """`value` with numpy's scalars as python's, and without NaN."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple) or getattr(value, "ndim", 0):
        return [_plain(entry) for entry in value]
    number = float(value)
    return number if math.isfinite(number) else None


def respond(name: str, args: dict[str, Any], config: Mapping[str, Mapping] | None = None) -> dict[str, Any]:
    """The JSON object of a quantity at one point: name, value, unit, error, args, and a note where there is one.

    `config` maps a constraint to the inputs that a config sets.

    Parameters
    ----------
    name : name of the quantity, ``constraint.quantity``
    args : arguments and inputs by name
    config : constraint -> inputs that a config sets

    Returns
    -------
    The object, ready for JSON.
    """
    found = complete(find(name), args, (config or {}).get(name.split(".")[0]))
    value, note = _plain(found.value), found.note
    if value is None and not note:
        note = "no finite value at this point"
    response = {"name": name, "value": value, "unit": found.unit, "error": _plain(found.error), "args": found.arguments}
    return {**response, "note": note} if note else response


def without_repetition(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A dict of (key, value) pairs; InputError for a duplicate key: nobody can tell which value was meant."""
    found = {}
    for key, value in pairs:
        if key in found:
            raise InputError(f"{key} is given twice")
        found[key] = value
    return found


def respond_batch(lines: Iterable[str], config: Mapping[str, Mapping] | None = None) -> Iterator[dict[str, Any]]:
    """One response per line ``{"name": ..., "args": {...}}``; for a bad line ``{"name", "message"}`` in its place.

    Empty lines are passed over.

    Parameters
    ----------
    lines : lines of JSON
    config : constraint -> inputs that a config sets

    Yields
    ------
    One object for each line that is not empty.
    """
    for line in lines:
        if not line.strip():
            continue
        name = None
        try:
            request = _parse(line)
            name = request.get("name") if isinstance(request, dict) else None
            _check_request(request)
            yield respond(name, request.get("args", {}), config)
        except InputError as problem:
            yield {"name": name, "message": str(problem)}
        except Exception as problem:  # a defect of a quantity: the other lines are still answered
            yield {"name": name, "message": f"failed: {type(problem).__name__}: {problem}"}


def _parse(line: str) -> Any:
    try:
        return json.loads(line, object_pairs_hook=without_repetition)
    except InputError:
        raise
    except (ValueError, RecursionError) as problem:
        raise InputError(f"not JSON: {problem}") from None


def _check_request(request: Any) -> None:
    if (
        not isinstance(request, dict)
        or not isinstance(request.get("name"), str)
        or not isinstance(request.get("args", {}), dict)
        or not set(request) <= {"name", "args"}
    ):
        raise InputError('a line must be {"name": NAME, "args": {...}}')
