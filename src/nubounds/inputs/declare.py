"""Inputs, declared once: typed records from which everything else about an input is read.

    @dataclass(frozen=True)
    class Star(Inputs):
        \"\"\"The neutron star.\"\"\"

        R_km: float = given(10.0, "km", "radius of the star", above=0, source="the paper")

Config schema and shipped configs, arguments of quantities, what a scan depends on, fingerprints, priors and the
report's tables read these fields.  A function says by its annotations which records it uses (``star: Star``); it is
given these objects, and depends on nothing else.  A record may contain another one: ``star: Star = part(Star)`` keeps
its keys flat in the config, ``smm: Telescope = given(Telescope(...), ...)`` makes a mapping of keys.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self, TypeVar

from nubounds.inputs.parameter import REQUIRED, DataFile, InputError, Named, NamedFiles, Parameter, hint, plain

PRESETS = ("paper", "best")  # the paper's value of every input, or today's best-supported one
PRECISIONS = ("draft", "paper", "reference")  # choices of an input called precision, which the config sets for all


_F = TypeVar("_F", bound=Callable[..., Any])


def _once(function: _F) -> _F:
    """`functools.cache`, whose type does not know that classes can be keys."""
    return typing.cast(_F, functools.cache(function))


class DeclarationError(TypeError):
    """A record is declared in a way that cannot be read: a mistake of the programmer."""


def given(
    default: Any = REQUIRED,
    unit: str = "1",
    meaning: str = "",
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    below: float | None = None,
    choices: Iterable[Any] = (),
    aliases: Mapping[Any, Any] | None = None,
    length: int | None = None,
    columns: str = "",
    prior: Any = None,
    best: Any = REQUIRED,
    source: str = "",
) -> Any:
    """An input as a field of a record; its type is the field's annotation.

    The annotation is ``float``, ``int``, ``bool``, ``str`` (with `choices`: one of them), ``DataFile | None``,
    ``tuple[float, ...]``, ``tuple[str, ...]``, ``Named`` (numbers by names that the user chooses),
    ``NamedFiles | None`` (a list of files, or files by name; with `choices` also these words) or another record.
    With ``| None`` the value may be missing.

    Parameters
    ----------
    default : object
        The paper's value; left out: the user must give one.
    unit : str
        Unit; "1" for a pure number.
    meaning : str
        What it is, in a line.
    minimum, maximum : float, optional
        Inclusive bounds, of every number in a list or mapping.
    above, below : float, optional
        Exclusive bounds.
    choices : iterable
        The valid values.
    aliases : mapping, optional
        Further spellings, each with the value that it means.
    length : int, optional
        Number of entries of a list of numbers.
    columns : str
        What a file must hold, in words.
    prior : Normal or another prior, optional
        How uncertain the value is.
    best : object
        Today's best-supported value, which ``preset: best`` takes.
    source : str
        Who says so.

    Returns
    -------
    dataclasses.Field
        The field, with the declaration in its metadata.
    """
    declared = {
        "unit": unit,
        "meaning": " ".join(meaning.split()),
        "minimum": minimum,
        "maximum": maximum,
        "above": above,
        "below": below,
        "choices": tuple(choices),
        "aliases": tuple((aliases or {}).items()),
        "length": length,
        "columns": columns,
        "prior": prior,
        "best": best,
        "source": source,
    }
    if default is REQUIRED:
        return dataclasses.field(metadata={"input": declared})
    return dataclasses.field(default=default, metadata={"input": declared})


def part(record: type[Inputs]) -> Any:
    """Another record inside this one, whose keys stay flat in the config.

    Parameters
    ----------
    record : type
        Class of the record.

    Returns
    -------
    dataclasses.Field
        The field.
    """
    return dataclasses.field(default_factory=record, metadata={"part": record})


@dataclasses.dataclass(frozen=True)
class Inputs:
    """Base of all records of inputs: values are converted and checked wherever a record is made.

    Raises
    ------
    InputError
        For a value that does not fit its declaration, or values that do not fit together (:meth:`check`).
    """

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.__hash__ = Inputs.__hash__  # type: ignore[method-assign]  # dataclass keeps what is there

    def __hash__(self) -> int:
        """The hash of all values, kept: records are keys of caches that are asked thousands of times."""
        return self._hash

    @functools.cached_property
    def _hash(self) -> int:
        return hash(tuple(getattr(self, field.name) for field in dataclasses.fields(self)))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_hash"}  # which no other process shares

    def __post_init__(self) -> None:
        for name, parameter in own_parameters(type(self)).items():
            object.__setattr__(self, name, parameter.convert(getattr(self, name)))
        self.check()

    def check(self) -> None:
        """Raise InputError for values that do not fit together; records override this."""

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], start: Any = REQUIRED) -> Self:
        """The record of flat values.

        Parameters
        ----------
        values : mapping
            By key; what they leave out keeps the value of `start`, else its default.
        start : Inputs, optional
            A record to start from.

        Returns
        -------
        Inputs
            The record.

        Raises
        ------
        InputError
            For an unknown key, or a value that does not fit.
        """
        known = parameters(cls)
        for key in values:
            if key not in known:
                raise InputError(f"{key}: unknown key{hint(key, known)}")
        return build(cls, values, start=None if start is REQUIRED else start)

    def as_plain(self) -> dict[str, Any]:
        """The values by key, as a config writes them.

        Returns
        -------
        dict
            Numbers, words, lists and mappings.
        """
        found: dict[str, Any] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            found |= value.as_plain() if "part" in field.metadata else {field.name: plain(value)}
        return found

    def __str__(self) -> str:
        declared, values = parameters(type(self)), self.as_plain()
        width = max(map(len, values), default=0)
        lines = [f"  {key:<{width}} = {value} [{declared[key].unit}]" for key, value in values.items()]
        return "\n".join([type(self).__name__, *lines])


def _kind(annotation: Any, choices: tuple, where: str) -> tuple[str, bool, Any]:
    """Kind of a parameter, whether it may be missing, and the class of a nested record."""
    optional = False
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        kept = [entry for entry in typing.get_args(annotation) if entry is not type(None)]
        optional = len(kept) < len(typing.get_args(annotation))
        annotation = kept[0] if len(kept) == 1 else str
        if len(kept) > 1 and not choices:
            raise DeclarationError(f"{where}: several types need choices")
    if isinstance(annotation, type) and issubclass(annotation, Inputs):
        return "record", optional, annotation
    lists = {(float, ...): "numbers", (str, ...): "words"}
    kinds = {float: "number", int: "integer", bool: "flag", str: "text"}
    kinds |= {DataFile: "file", NamedFiles: "files", Named: "mapping"}
    if typing.get_origin(annotation) is tuple and typing.get_args(annotation) in lists:
        return lists[typing.get_args(annotation)], optional, None
    if annotation not in kinds:
        raise DeclarationError(f"{where}: no kind of input has the type {annotation}")
    return ("choice" if choices and annotation is not NamedFiles else kinds[annotation]), optional, None


@_once
def own_parameters(record: type[Inputs]) -> dict[str, Parameter]:
    """The parameters that `record` itself declares, by name.

    Raises
    ------
    DeclarationError
        For a field without a declaration or meaning, or of an unknown type.
    """
    hints, found = typing.get_type_hints(record), {}
    for field in dataclasses.fields(record):
        where = f"{record.__name__}.{field.name}"
        if "part" in field.metadata:
            continue
        if "input" not in field.metadata:
            raise DeclarationError(f"{where}: declare it with given(...) or part(...)")
        declared = dict(field.metadata["input"])
        if not declared["meaning"]:
            raise DeclarationError(f"{where}: says no meaning")
        kind, optional, nested = _kind(hints[field.name], declared["choices"], where)
        default = REQUIRED if field.default is dataclasses.MISSING else field.default
        found[field.name] = Parameter(field.name, kind, default=default, optional=optional, record=nested, **declared)
    return found


@_once
def parts(record: type[Inputs]) -> dict[str, type[Inputs]]:
    """The records inside `record` whose keys are flat, by field."""
    return {field.name: field.metadata["part"] for field in dataclasses.fields(record) if "part" in field.metadata}


@_once
def parameters(record: type[Inputs]) -> dict[str, Parameter]:
    """All parameters of `record` by key, those of its parts included, in the order of declaration."""
    found: dict[str, Parameter] = {}
    for field in dataclasses.fields(record):
        inside = parts(record).get(field.name)
        if inside is None:
            found[field.name] = own_parameters(record)[field.name]
        else:
            found |= parameters(inside)
    return found


def merged(records: Iterable[type[Inputs]]) -> dict[str, Parameter]:
    """Parameters of several records by key; DeclarationError if two of them declare one key differently."""
    found: dict[str, Parameter] = {}
    for record in records:
        for key, parameter in parameters(record).items():
            if found.setdefault(key, parameter) is not parameter:
                raise DeclarationError(f"{record.__name__}.{key}: another record declares the same key")
    return found


@_once
def defaults(record: type[Inputs], preset: str = "paper") -> Inputs:
    """The record with the values of a preset: the paper's, or the best-supported one where one is declared.

    Parameters
    ----------
    record : class of the record
    preset : ``paper`` or ``best``

    Returns
    -------
    The record.
    """
    changes: dict[str, Any] = {name: defaults(inside, preset) for name, inside in parts(record).items()}
    if preset == "best":
        declared = own_parameters(record).items()
        changes |= {name: parameter.best for name, parameter in declared if parameter.best is not REQUIRED}
    return record(**changes)


def nest(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with dotted keys (``smm.counts``) as mappings."""
    if not any("." in key for key in values):
        return dict(values)
    found: dict[str, Any] = {}
    for key, value in values.items():
        first, _, rest = key.partition(".")
        if not rest:
            found[first] = value
        else:
            inside = found.get(first) or {}
            if not isinstance(inside, Mapping):
                raise InputError(f"{key}: {first} is given as a whole too")
            found[first] = nest({**inside, rest: value})
    return found


def build(record: type[Inputs], values: Mapping[str, Any], preset: str = "paper", start: Any = None) -> Any:
    """The record with `values` by key, and the preset's (or `start`'s) for what they leave out; other keys are
    left alone.

    Parameters
    ----------
    record : class of the record
    values : inputs by key; keys that the record does not have are ignored
    preset : ``paper`` or ``best``
    start : a record of this class to start from, instead of the preset's

    Returns
    -------
    The record; `start` itself if nothing changes.
    """
    start = defaults(record, preset) if start is None else start
    changes: dict[str, Any] = {}
    for name, inside in parts(record).items():
        before = getattr(start, name)
        after = build(inside, values, preset, before)
        if after is not before:
            changes[name] = after
    for name, parameter in own_parameters(record).items():
        if name in values:
            value = values[name]
            if parameter.kind == "record" and isinstance(value, Mapping):
                value = dataclasses.replace(parameter, default=getattr(start, name)).convert(value)
            changes[name] = value
    return dataclasses.replace(start, **changes) if changes else start


@_once
def records_of(function: Callable) -> dict[str, type[Inputs]]:
    """The records that `function` uses, by argument: those whose annotation is a record's class.

    Raises
    ------
    InputError
        For an annotation that names nothing: file, line and what may be meant.
    """
    found, names = {}, inspect.unwrap(function).__globals__
    for name, argument in inspect.signature(function).parameters.items():
        annotation = argument.annotation
        if isinstance(annotation, str):
            try:
                annotation = eval(annotation, names)
            except NameError:
                code = inspect.unwrap(function).__code__
                known = [key for key, value in names.items() if isinstance(value, type) and issubclass(value, Inputs)]
                where = f"{code.co_filename}:{code.co_firstlineno}: {function.__name__}: {name}"
                raise InputError(f"{where}: no record {annotation}{hint(annotation, known)}") from None
        if isinstance(annotation, type) and issubclass(annotation, Inputs):
            found[name] = annotation
    return found


def bind(function: Callable, values: Mapping[str, Any], preset: str = "paper") -> dict[str, Inputs]:
    """The records that `function` uses, made of flat `values`, by argument.

    Parameters
    ----------
    function : whatever is annotated with classes of records
    values : inputs by key
    preset : ``paper`` or ``best``: the value of every input that is not given

    Returns
    -------
    argument -> record
    """
    return {name: build(record, values, preset) for name, record in records_of(function).items()}


@_once
def inputs_of(function: Callable) -> dict[str, Parameter]:
    """The inputs that `function` depends on, by key."""
    return merged(records_of(function).values())
