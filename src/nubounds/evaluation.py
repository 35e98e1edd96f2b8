"""One quantity at one point: the same kernels as the workflow, answered as JSON objects."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nubounds import build, registry
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


def evaluate(name: str, /, **args) -> Any:
    """Value of a quantity: a float, None, a list or a dict of floats (see ``nubounds list`` for names and units).

    Raises
    ------
    InputError
        For a wrong name, argument, unit or range.
    """
    return find(name)(**args).value


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
    """
    quantity = find(name)
    bound = quantity.bind(args, (config or {}).get(name.split(".")[0]))
    try:
        answer: Answer = quantity.function(**bound)
    except ArithmeticError as problem:  # one line of a batch must not take the others down
        raise InputError(f"{name}: no finite value at these arguments ({problem})") from None
    value, note = _plain(answer.value), answer.note
    if value is None and not note:
        note = "no finite value at this point"
    response = {
        "name": name,
        "value": value,
        "unit": quantity.unit,
        "error": _plain(answer.error),
        "args": quantity.written_out(bound),
    }
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
