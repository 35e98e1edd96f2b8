"""Evaluate a quantity at many points: arguments broadcast as in numpy, and the answers are arrays."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from nubounds.contract import Answer, InputError, Quantity, Status
from nubounds.inputs.parameter import Parameter

SPREAD = ("number", "integer", "choice", "flag", "text", "file")  # kinds of argument that may vary from point to point


def is_array(value: Any) -> bool:
    """Return whether `value` is a list, an array or a column of a table rather than a single value."""
    if isinstance(value, str | bytes | Mapping):
        return False
    return isinstance(value, list | tuple) or bool(getattr(value, "shape", ()))


def of(quantity: Quantity, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that are given as arrays although the parameter takes a single value.

    Parameters
    ----------
    quantity : the quantity whose parameters decide
    given : arguments by name; a string that spells a JSON list counts as an array

    Returns
    -------
    The arrays, by name.
    """
    found = {}
    for name, value in given.items():
        if isinstance(value, float | int):  # the common case
            continue
        if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
            value = _from_json(value)
        if is_array(value):
            parameter = _parameters(quantity).get(name)
            if parameter is not None and parameter.kind in SPREAD:
                found[name] = value
    return found


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _parameters(quantity: Quantity) -> dict[str, Parameter]:
    return {**quantity.inputs, **{parameter.name: parameter for parameter in quantity.parameters}}


def _columns(quantity: Quantity, arrays: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[int, ...]]:
    """Broadcast the arrays; return them flattened and converted to their parameters' types, and their shape."""
    import numpy as np

    parameters = _parameters(quantity)
    try:
        raw = {
            name: np.asarray(value, dtype=None if parameters[name].kind in ("number", "integer") else object)
            for name, value in arrays.items()
        }
        shape = np.broadcast_shapes(*(array.shape for array in raw.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {_shape(value)}" for name, value in arrays.items())
        raise InputError(f"{quantity.name}: arguments do not broadcast: {shapes}") from None
    flat = {name: np.broadcast_to(array, shape).ravel() for name, array in raw.items()}
    return {name: _converted(parameters[name], values) for name, values in flat.items()}, shape


def _shape(value: Any) -> str:
    return str(getattr(value, "shape", f"({len(value)}, ...)"))


def _converted(parameter: Parameter, values: Any) -> Any:
    """Convert `values` to the parameter's type.

    Bounds need checking at the extremes only, and each distinct word needs converting only once.
    """
    import numpy as np

    if parameter.kind == "number" and values.dtype.kind in "fiu":
        numbers = values.astype(float)
        wrong = numbers[~np.isfinite(numbers)]
        for value in (*wrong[:1], *((numbers.min(), numbers.max()) if numbers.size else ())):
            parameter.convert(float(value))
        return numbers
    known: dict[Any, Any] = {}
    for value in values.tolist():
        try:
            if (type(value), value) not in known:
                known[type(value), value] = parameter.convert(value)
        except TypeError:  # a list within the list
            raise InputError(f"{parameter.name}={value}: must be one value at each point") from None
    converted = [known[type(value), value] for value in values.tolist()]
    return np.array(converted, dtype={"number": float, "integer": int}.get(parameter.kind, object))


def ask(quantity: Quantity, given: Mapping[str, Any], config: Mapping[str, Any] | None, spread: dict) -> Answer:
    """Evaluate a quantity at every point of the broadcast arrays `spread`.

    Parameters
    ----------
    quantity : the quantity
    given : all arguments by name, the arrays included
    config : inputs of each constraint from a config, by name; None for the defaults
    spread : the arguments that are arrays, see :func:`of`

    Returns
    -------
    Answer whose `value` and `error` are float arrays of the broadcast shape, NaN where there is no value: a dict of
    arrays if the quantity returns a dict, with one more axis if it returns a list.  `status` is an array of
    :class:`Status`; `note` collects the notes of the points without a value.

    Raises
    ------
    InputError
        If the arguments do not broadcast, or are invalid at some point.
    """
    import numpy as np

    columns, shape = _columns(quantity, spread)
    rest = {name: value for name, value in given.items() if name not in spread}
    count = len(next(iter(columns.values())))
    if not count:
        empty = np.full(shape, np.nan)
        return Answer(empty, empty, "", empty.astype(object))
    own = {parameter.name for parameter in quantity.parameters}
    of_inputs = [name for name in columns if name not in own]
    parts = []
    for key, members in _groups([columns[name] for name in of_inputs], count):
        changed = {**rest, **dict(zip(of_inputs, key, strict=True))}
        points = {name: column[members] for name, column in columns.items() if name in own}
        bound = quantity.bind({**changed, **{name: column[0] for name, column in points.items()}}, config)
        parts += [(members[inner], found) for inner, found in _parts(quantity, bound, points, len(members))]
    return Answer(
        _joined([(members, found.value) for members, found in parts], shape),
        _joined([(members, found.error) for members, found in parts], shape),
        "; ".join(dict.fromkeys(found.note for _, found in parts if found.note)),
        _joined([(members, found.status) for members, found in parts], shape, object),
    )


def _parts(quantity: Quantity, bound: dict, points: dict[str, Any], count: int) -> Iterator[tuple[Any, Answer]]:
    """Yield (positions, answer as arrays) for points that share their inputs.

    The quantity's vectorised function is used if it has one; otherwise the points are evaluated one at a time.
    """
    import numpy as np

    numbers = {parameter.name for parameter in quantity.parameters if parameter.kind == "number"}
    if quantity.many is None or not numbers & set(points):
        yield np.arange(count), _one_by_one(quantity, bound, points, count)
        return
    words = [name for name in points if name not in numbers]
    for key, members in _groups([points[name] for name in words], count):
        arguments = {**bound, **dict(zip(words, key, strict=True))}
        arguments |= {name: column[members] for name, column in points.items() if name in numbers}
        with np.errstate(all="ignore"):
            found = quantity.many(**arguments)
        status = np.zeros(len(members), dtype=int) if isinstance(found.status, Status) else np.array(found.status)
        if found.error is not None and not isinstance(found.value, dict):
            status[(status == Status.OK) & np.isfinite(found.value) & ~np.isfinite(found.error)] = Status.NOT_FINITE
        missing = status != Status.OK
        value, error = (_without(missing, one) for one in (found.value, found.error))
        yield members, Answer(value, error, found.note, _STATUSES[status])


def _without(missing: Any, values: Any) -> Any:
    """Arrays, or a dict of them, with NaN at the points that are missing."""
    import numpy as np

    if isinstance(values, dict):
        return {key: _without(missing, one) for key, one in values.items()}
    return None if values is None else np.where(missing, np.nan, values)


def _one_by_one(quantity: Quantity, bound: dict, points: dict[str, Any], count: int) -> Answer:
    lists, names, arguments = [column.tolist() for column in points.values()], tuple(points), dict(bound)
    answers = []
    for values in zip(*lists, strict=True) if lists else [()] * count:
        arguments.update(zip(names, values, strict=True))
        answers.append(_guarded(quantity, arguments))
    return Answer(
        _stacked([answer.value for answer in answers]),
        _stacked([answer.error for answer in answers]),
        "; ".join(dict.fromkeys(answer.note for answer in answers if answer.value is None and answer.note)),
        _objects([status_of(answer) for answer in answers]),
    )


def call(quantity: Quantity, arguments: Mapping[str, Any]) -> Answer:
    """Evaluate a quantity at one point.

    A value whose error is not finite is discarded, because nothing is known of its accuracy.  Overflow and invalid
    operations are reported by the status, not by numpy's warnings.

    Parameters
    ----------
    quantity : the quantity
    arguments : all of its arguments, converted

    Returns
    -------
    The answer; status NOT_FINITE and no value if the error is not finite.
    """
    import numpy as np

    with np.errstate(all="ignore"):
        answer = quantity.function(**arguments)
    value, error = answer.value, answer.error
    if isinstance(value, float) and isinstance(error, float) and value == value and not math.isfinite(error):
        return Answer(None, None, "the numerical error of the value at this point is not finite", Status.NOT_FINITE)
    return answer


def _guarded(quantity: Quantity, arguments: Mapping[str, Any]) -> Answer:
    try:
        return call(quantity, arguments)
    except ArithmeticError as problem:
        return Answer(None, None, f"no finite value ({problem})", Status.NOT_FINITE)


def as_list(values: Any) -> list:
    """Return an array as nested lists."""
    return values.tolist() if hasattr(values, "tolist") else list(values)


def first(spread: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first value of each array, or an empty dict if any of them is empty."""
    import numpy as np

    flat = {name: np.asarray(values, dtype=object).ravel() for name, values in spread.items()}
    return {name: values[0] for name, values in flat.items()} if all(map(len, flat.values())) else {}


def status_of(answer: Answer) -> Any:
    """Return the status of an answer; NOT_FINITE for a value of NaN whose status says OK."""
    value = answer.value
    return Status.NOT_FINITE if isinstance(value, float) and value != value and not answer.status else answer.status


def _groups(columns: list[Any], count: int) -> Iterator[tuple[tuple, Any]]:
    """Yield (values, positions) for each group of points with the same values in all columns."""
    import numpy as np

    if not columns:
        yield (), np.arange(count)
        return
    found: dict[tuple, list[int]] = {}
    for position, key in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        found.setdefault(key, []).append(position)
    for key, members in found.items():
        yield key, np.array(members)


def _objects(values: list) -> Any:
    import numpy as np

    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _stacked(parts: list) -> Any:
    """Stack the points' values, NaN for None; dicts become a dict of arrays, lists become another axis."""
    import numpy as np

    example = next((part for part in parts if part is not None), None)
    if isinstance(example, dict):
        keys = dict.fromkeys(key for part in parts if part is not None for key in part)
        return {key: _stacked([None if part is None else part.get(key) for part in parts]) for key in keys}
    if isinstance(example, list | tuple) or getattr(example, "ndim", 0):
        longest = max(len(part) for part in parts if part is not None)
        rows = [[*(() if part is None else part), *[np.nan] * longest][:longest] for part in parts]
        return np.array(rows, dtype=float)
    return np.array([np.nan if part is None else part for part in parts], dtype=float)


def _joined(parts: list[tuple[Any, Any]], shape: tuple[int, ...], kind: type = float) -> Any:
    """Assemble an array of `shape` (plus the points' own axes, if any) from pairs (positions, arrays)."""
    import numpy as np

    arrays = [array for _, array in parts if array is not None]
    if any(isinstance(array, dict) for array in arrays):
        keys = dict.fromkeys(key for array in arrays if isinstance(array, dict) for key in array)
        return {
            key: _joined([(where, a.get(key) if isinstance(a, dict) else None) for where, a in parts], shape, kind)
            for key in keys
        }
    further = max((array.shape[1:] for array in arrays), default=())
    whole = np.full((sum(len(where) for where, _ in parts), *further), np.nan, dtype=kind)
    for where, array in parts:
        if array is not None:
            whole[(where, *(slice(length) for length in array.shape[1:]))] = array
    return whole.reshape(*shape, *further)


_STATUSES = _objects(list(Status))
