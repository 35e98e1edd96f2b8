"""What a ``constraint.yaml`` may say: checked when it is read, so that a slip is one line with file, line and key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nubounds.inputs.parameter import InputError, hint

AXIS_KINDS = ("number", "choice", "entries")
BOUNDS = ("minimum", "maximum", "above", "below")
RESOLUTIONS = ("paper", "toy", "hires")


@dataclass(frozen=True)
class Text:
    """A line of text, one of `choices` where there are some."""

    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Number:
    """A number, or a whole one."""

    whole: bool = False


@dataclass(frozen=True)
class Flag:
    """True or false."""


@dataclass(frozen=True)
class Listed:
    """A list of `entry`, or of anything."""

    entry: Any = None


@dataclass(frozen=True)
class Keys:
    """A mapping with keys that must, and keys that may be there."""

    needed: Mapping[str, Any]
    optional: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Each:
    """A mapping of names to `entry`."""

    entry: Any


GRID = Keys(
    {},
    {
        "min": Number(),
        "max": Number(),
        "points": Number(whole=True),
        "spacing": Text(("log", "linear")),
        "extra": Listed(Number()),
        "values": Listed(),
    },
)
AXIS = Keys(
    {
        "kind": Text(AXIS_KINDS),
        "label": Text(),
        "meaning": Text(),
    },
    {
        "grid": Keys({"paper": GRID}, {"toy": GRID, "hires": GRID, "ensemble": GRID}),
        "of": Text(),
        "unit": Text(),
        "choices": Listed(),
        **{bound: Number() for bound in BOUNDS},
    },
)
COLUMN = Keys({"unit": Text(), "meaning": Text()}, {"exact": Flag()})
SCAN = Keys(
    {"summary": Text(), "axes": Listed(Text()), "points_per_job": Number(whole=True), "columns": Each(COLUMN)},
)
PAPER = Keys({"authors": Text(), "title": Text(), "reference": Text()}, {"arxiv": Text(), "doi": Text(), "url": Text()})
ERRATUM = Keys({"where": Text(), "printed": Text(), "correct": Text(), "reason": Text()})
CONSTRAINT = Keys(
    {"title": Text(), "paper": PAPER, "summary": Text(), "axes": Each(AXIS), "scans": Each(SCAN)},
    {
        "figures": Each(Text()),
        "planes": Listed(Text()),
        "user_limits": Each(Listed(Text())),
        "words": Each(Text()),
        "tables": Each(Text()),
        "errata": Listed(ERRATUM),
    },
)


class _Wrong(Exception):
    """What is wrong, and at which path of keys."""

    def __init__(self, path: tuple, reason: str):
        self.path, self.reason = path, reason


def _check(value: Any, shape: Any, path: tuple) -> None:
    match shape:
        case None:
            return
        case Keys():
            _check_keys(value, shape, path)
        case Each(entry):
            _require(isinstance(value, dict), path, "must be a mapping of names")
            for name, inner in value.items():
                _check(inner, entry, (*path, name))
        case Listed(entry):
            _require(isinstance(value, list), path, "must be a list")
            for place, inner in enumerate(value):
                _check(inner, entry, (*path, place))
        case Text(choices):
            _require(isinstance(value, str), path, "must be text")
            _require_known(value, choices or [value], path, f"{value}: unknown")
        case Number(whole):
            number = isinstance(value, int) or (isinstance(value, float) and not whole)
            _require(number and not isinstance(value, bool), path, f"must be a {'whole ' * whole}number")
        case Flag():
            _require(isinstance(value, bool), path, "must be true or false")


def _check_keys(value: Any, shape: Keys, path: tuple) -> None:
    _require(isinstance(value, dict), path, "must be a mapping of keys")
    valid = {**shape.needed, **shape.optional}
    for key in value:
        _require_known(key, valid, (*path, key), f"unknown key {key}")
    for key in shape.needed:
        _require(key in value, path, f"no {key}")
    for key, inner in value.items():
        _check(inner, valid[key], (*path, key))


def _require(good: bool, path: tuple, reason: str) -> None:
    if not good:
        raise _Wrong(path, reason)


def _require_known(word: Any, valid: Iterable[str], path: tuple, reason: str) -> None:
    if word not in valid:  # a hint takes longer than the check, and every process checks
        raise _Wrong(path, f"{reason}{hint(word, valid)}")


def _check_references(declaration: dict) -> None:
    """What one part says of another: a scan's axes, an axis' choices, the files of scans and of tables."""
    for name, axis in declaration["axes"].items():
        _require((axis["kind"] == "choice") == ("choices" in axis), ("axes", name), "choices belong to the kind choice")
        entries = axis["kind"] == "entries"
        _require(entries == ("of" in axis), ("axes", name), "of (an input) belongs to the kind entries")
        _require(entries != ("grid" in axis), ("axes", name), "no grid" if not entries else "its input is its grid")
    for name, scan in declaration["scans"].items():
        for axis in scan["axes"]:
            known = declaration["axes"]
            _require_known(axis, known, ("scans", name, "axes"), f"unknown axis {axis}")
    for name in declaration.get("tables", {}):
        _require(name not in declaration["scans"], ("tables", name), "a scan has that name, and with it the file")


def _line(text: str, path: tuple) -> int:
    """The line of the deepest key of `path` that is there, counted from 1."""
    import yaml

    node = yaml.compose(text, yaml.SafeLoader)
    line = node.start_mark.line
    for key in path:
        if isinstance(node, yaml.MappingNode):
            found = [(k, v) for k, v in node.value if k.value == str(key)]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int):
            found = [(node.value[key], node.value[key])]
        else:
            break
        if not found:
            break
        line, node = found[0][0].start_mark.line, found[0][1]
    return line + 1


def check(declaration: Any, file: Path) -> dict:
    """The declaration of a constraint, with the parts that may be left out.

    Parameters
    ----------
    declaration : object
        What was read from the file.
    file : pathlib.Path
        The ``constraint.yaml``.

    Returns
    -------
    dict
        The declaration, complete.

    Raises
    ------
    InputError
        For a missing or unknown key, a wrong kind, or an axis that is not there: file, line, key and what is meant.
    """
    try:
        _check(declaration, CONSTRAINT, ())
        _check_references(declaration)
    except _Wrong as wrong:
        line = _line(file.read_text(encoding="utf-8"), wrong.path)
        where = ".".join(map(str, wrong.path))
        raise InputError(f"{file}:{line}: {f'{where}: ' if where else ''}{wrong.reason}") from None
    left_out = {"figures": {}, "planes": None, "user_limits": None, "words": {}, "tables": {}, "errata": []}
    return left_out | declaration
