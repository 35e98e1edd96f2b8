"""Read YAML by the rules of YAML 1.2's core schema, safely, from any source.

PyYAML follows YAML 1.1, in which 010 is 8, 1:30 is 90, ``no`` is false and 1e-5 is a string; deeply nested brackets or
references can also exhaust it.  Here only its parser is used, event by event and without recursion.  The result is
always plain data, whoever wrote the file: no tag constructs an object, and the limits on size and depth are far beyond
any real config.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NoReturn

import yaml

from nubounds.contract import InputError

MOST_BYTES = 32 * 2**20
MOST_ENTRIES = 200_000  # values and collections; those behind a reference count each time they are referred to
DEEPEST = 64
PARSER = getattr(yaml, "CLoader", yaml.Loader)

_INTEGER, _FLOAT = re.compile(r"[-+]?[0-9]+"), re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_OTHER_BASES = {16: re.compile(r"0x[0-9a-fA-F]+"), 8: re.compile(r"0o[0-7]+")}
_INFINITE, _NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)"), (".nan", ".NaN", ".NAN")
_WORDS = {word: value for value, name in ((True, "true"), (False, "false"), (None, "null")) for word in
          (name, name.capitalize(), name.upper())} | {"~": None, "": None}  # fmt: skip
_TAG = "tag:yaml.org,2002:"
_TYPES = {"int": {int}, "float": {float, int}, "bool": {bool}, "null": {type(None)}}
_MERGE = object()  # the key <<


def scalar(text: str) -> Any:
    """Convert a plain scalar to a number, a bool, None or a string.

    Raises
    ------
    ValueError
        For an integer with thousands of digits.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _INFINITE.fullmatch(text):
        return float(text.replace(".", ""))
    if text in _NO_NUMBER:
        return float("nan")
    for base, pattern in _OTHER_BASES.items():
        if pattern.fullmatch(text):
            return int(text, base)
    return text


class _Frame:
    """An open list, or an open mapping with alternating keys and values."""

    def __init__(self, event, counted: int):
        self.anchor, self.mark, self.counted = event.anchor, event.start_mark, counted
        self.entries, self.marks = [], []
        self.is_mapping = isinstance(event, yaml.MappingStartEvent)


class _Builder:
    """Build plain data from a stream of events."""

    def __init__(self, name: str):
        self.name, self.count = name, 0
        self.frames, self.documents = [], []
        self.anchors: dict[str, tuple[Any, int]] = {}  # each with the number of its entries

    def refuse(self, mark, reason: str) -> NoReturn:
        raise InputError(f"{self.name}:{mark.line + 1}:{mark.column + 1}: not YAML: {reason}")

    def add(self, event) -> None:
        """Process the next event."""
        if isinstance(event, yaml.CollectionStartEvent):
            self._check_tag(event, event.tag, "map" if isinstance(event, yaml.MappingStartEvent) else "seq")
            self._counted(1)
            self.frames.append(_Frame(event, self.count))
            self.anchors.pop(event.anchor, None)
            if len(self.frames) > DEEPEST:
                raise InputError(f"{self.name}: nested too deeply")
        elif isinstance(event, yaml.CollectionEndEvent):
            frame = self.frames.pop()
            value = self._mapping(frame) if frame.is_mapping else frame.entries
            self._place(frame.mark, value, frame.anchor, self.count - frame.counted + 1)
        elif isinstance(event, yaml.ScalarEvent):
            self._counted(1)
            self._place(event.start_mark, self._scalar(event), event.anchor, 1)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                inside = any(frame.anchor == event.anchor for frame in self.frames)
                reason = "refers to itself" if inside else "is not an anchor"
                self.refuse(event.start_mark, f"*{event.anchor} {reason}")
            value, size = self.anchors[event.anchor]
            self._counted(size)
            self._place(event.start_mark, value, None, size)
        elif isinstance(event, yaml.DocumentStartEvent) and self.documents:
            self.refuse(event.start_mark, "a second document begins")

    def _counted(self, size: int) -> None:
        self.count += size
        if self.count > MOST_ENTRIES:
            raise InputError(f"{self.name}: more than {MOST_ENTRIES} entries, references included")

    def _place(self, mark, value: Any, anchor: str | None, size: int) -> None:
        if anchor is not None:
            self.anchors[anchor] = ("<<" if value is _MERGE else value, size)
        if not self.frames:
            self.documents.append(value)
            return
        self.frames[-1].entries.append(value)
        if self.frames[-1].is_mapping:
            self.frames[-1].marks.append(mark)

    def _check_tag(self, event, tag: str | None, kind: str) -> None:
        if tag not in (None, "!", _TAG + kind):
            self.refuse(event.start_mark, f"could not determine a constructor for the tag {tag!r}")

    def _scalar(self, event) -> Any:
        plain, tag = event.implicit[0], event.tag
        try:
            if tag is None:
                if not plain:
                    return event.value
                key = self.frames and self.frames[-1].is_mapping and len(self.frames[-1].entries) % 2 == 0
                return _MERGE if key and event.value == "<<" else scalar(event.value)
            kind = tag.removeprefix(_TAG)
            if tag == "!" or kind == "str":
                return event.value
            value = scalar(event.value) if kind in _TYPES else None
        except ValueError as problem:
            raise InputError(f"{self.name}: {problem}") from None
        if type(value) not in _TYPES.get(kind, ()):
            self._check_tag(event, tag, "")
        return float(value) if kind == "float" else value

    def _mapping(self, frame: _Frame) -> dict:
        found, merged = {}, {}
        for key, value, mark in zip(frame.entries[::2], frame.entries[1::2], frame.marks[::2], strict=True):
            if key is _MERGE:
                for other in reversed(value if isinstance(value, list) else [value]):
                    if not isinstance(other, dict):
                        self.refuse(mark, "<< needs a mapping")
                    merged |= other
                continue
            if isinstance(key, dict | list):
                self.refuse(mark, "found unhashable key")
            if key in found:
                raise InputError(f"{self.name}:{mark.line + 1}: key given twice: {key}")
            found[key] = value
        return merged | found


def parse(text: str, name: str) -> Any:
    """Parse YAML.

    Parameters
    ----------
    text : the YAML (or JSON)
    name : name of the text in messages

    Returns
    -------
    Plain data; None for an empty text.

    Raises
    ------
    InputError
        One line with the position, for invalid YAML, a duplicate key, a tag outside the core schema, a reference to
        itself, more than `MOST_ENTRIES` entries, or collections nested more than `DEEPEST` deep.
    """
    builder = _Builder(name)
    try:
        for event in yaml.parse(text, Loader=PARSER):
            builder.add(event)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        reason = getattr(problem, "problem", None) or str(problem).splitlines()[0]
        if mark is not None:
            builder.refuse(mark, reason)
        raise InputError(f"{name}: not YAML: {reason}") from None
    return builder.documents[0] if builder.documents else None


def read(path: Path) -> Any:
    """Read a YAML file, see :func:`parse`; InputError also for a folder, an oversized file, or one not in UTF-8."""
    if path.is_dir():
        raise InputError(f"{path}: a folder, not a file")
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"{path}: more than {MOST_BYTES // 2**20} MB")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError(f"{path}: not text in UTF-8: byte {problem.start}") from None
    return parse(text, str(path))
