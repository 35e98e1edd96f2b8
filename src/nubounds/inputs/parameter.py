"""One value that a user can set: its kind, unit, bounds, choices and meaning, and the conversion of what was typed.

An input of a constraint (:mod:`nubounds.inputs.declare`) and an argument of a quantity are both a :class:`Parameter`;
the config's schema, ``nubounds list`` and the docs read it.
"""

from __future__ import annotations

import difflib
import hashlib
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

REQUIRED = object()  # default of a parameter that has none
KINDS = ("number", "integer", "choice", "flag", "text", "numbers", "words", "mapping", "file", "files", "record")
BOUNDS = (  # attribute, refused if, in words
    ("above", lambda value, bound: value <= bound, "above"),
    ("minimum", lambda value, bound: value < bound, "at least"),
    ("below", lambda value, bound: value >= bound, "below"),
    ("maximum", lambda value, bound: value > bound, "at most"),
)
FLAGS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
ENTRY = re.compile(r"\w[\w .+-]{0,39}(?<! )")  # what an entry of a list of files may be called
DIGITS = 12  # of a digest, which tell one content from another


class InputError(ValueError):
    """Something the user gave cannot be used; the message says what, where, and the valid choices.

    Each argument becomes one line: what a user wrote is quoted in it, and a line break or an escape sequence of a
    terminal in that is shown as in Python, not sent on.

    Parameters
    ----------
    *lines : str
        The lines of the message.
    """

    def __init__(self, *lines: str):
        super().__init__("\n".join(map(_one_line, lines)))


class Entries(Mapping):
    """Values by names that the user chooses, in the user's order; hashable, unlike a dict."""

    def __init__(self, entries: Mapping[str, Any]):
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> Any:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __hash__(self) -> int:
        return hash(tuple(self._entries.items()))

    def __repr__(self) -> str:
        return repr(plain(self))


class Named(Entries):
    """Numbers by name, as a user lists them; it cannot be changed, so results may be cached by it.

    Parameters
    ----------
    entries : mapping of str to float
        The numbers.
    """


@dataclass(frozen=True)
class DataFile(os.PathLike):
    """A user's file, with the time stamp and size it had when it was named, so that caches notice a change.

    Parameters
    ----------
    path : str
        Path as the user gave it.
    stamp : tuple of int
        Time of the last change [ns] and size [bytes].
    """

    path: str
    stamp: tuple[int, int] = field(repr=False)

    @classmethod
    def of(cls, path: str | os.PathLike) -> DataFile:
        """The file at a path.

        Parameters
        ----------
        path : str or os.PathLike
            Where it lies.

        Returns
        -------
        DataFile
            The file with its present stamp.

        Raises
        ------
        InputError
            Where there is no such file.
        """
        text = os.fspath(path)
        try:
            if not Path(text).is_file():
                raise InputError(f"no file {_shown(text)}")
            found = Path(text).stat()
        except (OSError, ValueError) as problem:
            if isinstance(problem, InputError):
                raise
            raise InputError(f"{getattr(problem, 'strerror', problem)}: {_shown(text)}") from None
        return cls(text, (found.st_mtime_ns, found.st_size))

    def __fspath__(self) -> str:
        return self.path

    def __str__(self) -> str:
        return self.path


class NamedFiles(Entries):
    """A user's files by name, in the user's order; in place of a file may stand a word that the input declares.

    Parameters
    ----------
    entries : mapping of str to DataFile or str
        The files and words.
    """

    @property
    def labels(self) -> dict[str, str]:
        """Labels that change with what they stand for, each with the name of its entry.

        A label is the name, ``@``, and the beginning of the SHA-256 of the file's content, or the word.
        """
        return {
            f"{name}@{entry if isinstance(entry, str) else sha256(entry)[:DIGITS]}": name
            for name, entry in self._entries.items()
        }


def sha256(path: str | os.PathLike) -> str:
    """The SHA-256 of a file's content.

    Parameters
    ----------
    path : str or os.PathLike
        The file.

    Returns
    -------
    str
        In hexadecimal.
    """
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Parameter:
    """One value that a user can set.

    Parameters
    ----------
    name : str
        Its key, with the unit at the end (``R_km``).
    kind : str
        One of ``number``, ``integer``, ``choice``, ``flag``, ``text``, ``numbers``, ``words``, ``mapping``, ``file``,
        ``files``, ``record``.
    unit : str
        Unit; "1" for a pure number.
    default : object
        Value where none is given; ``REQUIRED`` where one must be.
    choices : tuple
        The valid values of a choice, or of every word of a list; words that may stand in place of a file of a list.
    minimum : float, optional
        Inclusive lower bound, of every number in a list or mapping.
    maximum : float, optional
        Inclusive upper bound.
    above : float, optional
        Exclusive lower bound.
    meaning : str
        What it is, in a line.
    below : float, optional
        Exclusive upper bound.
    aliases : tuple of (spelling, value)
        Further spellings, each with the value that it means.
    optional : bool
        Whether ``none`` (null) is an answer.
    length : int, optional
        Number of entries of a list of numbers.
    columns : str
        What a file must hold, in words.
    prior : Normal or another prior, optional
        How uncertain the value is.
    best : object
        Today's best-supported value; ``REQUIRED`` where none is declared.
    source : str
        Who says so.
    record : type, optional
        Class of a nested record.
    """

    name: str
    kind: str
    unit: str = "1"
    default: Any = REQUIRED
    choices: tuple = ()
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    meaning: str = ""
    below: float | None = None
    aliases: tuple[tuple[Any, Any], ...] = ()
    optional: bool = False
    length: int | None = None
    columns: str = ""
    prior: Any = None
    best: Any = REQUIRED
    source: str = ""
    record: Any = None

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest number that it takes; infinite where there is no bound."""
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        if self.above is not None:
            low = max(low, math.nextafter(self.above, math.inf))
        if self.below is not None:
            high = min(high, math.nextafter(self.below, -math.inf))
        return low, high

    def convert(self, value: Any) -> Any:
        """A value (from Python, a config or the command line) in the parameter's type.

        Parameters
        ----------
        value : object
            What was given.

        Returns
        -------
        object
            The value as a float, int, bool, str, tuple, :class:`Named`, :class:`DataFile`, :class:`NamedFiles` or
            record; None where it may be missing and is.

        Raises
        ------
        InputError
            If it does not fit: one line with the name, the value and what would be valid.
        """
        for alias, meant in self.aliases:
            if value == alias and type(value) is type(alias):
                value = meant
        missing = value is None or (isinstance(value, str) and value == "none" and "none" not in self.choices)
        if missing and (self.optional or self.default is None):
            return None
        return getattr(self, f"_{self.kind}")(value)

    def _refuse(self, value: Any, what: str) -> InputError:
        unit = f" [{self.unit}]" if self.kind in ("number", "integer", "numbers", "mapping") else ""
        return InputError(f"{self.name}={_shown(value)}: must be {what}{unit}")

    def _bounded(self, value: Any, number: float) -> float:
        for attribute, refused, words in BOUNDS:
            bound = getattr(self, attribute)
            if bound is not None and refused(number, bound):
                raise self._refuse(value, f"{words} {bound}")
        return number

    def _number(self, value: Any) -> float:
        try:
            if isinstance(value, bool):
                raise TypeError
            number = float(value)
        except (TypeError, ValueError):
            raise self._refuse(value, "a number") from None
        except OverflowError:  # a whole number beyond the range of a float
            number = math.inf
        if not math.isfinite(number):
            raise self._refuse(value, "finite")
        return self._bounded(value, number)

    def _integer(self, value: Any) -> int:
        number = self._number(value)
        if number != int(number):
            raise InputError(f"{self.name}={_shown(value)}: must be a whole number")
        return int(value) if isinstance(value, int) else int(number)

    def _choice(self, value: Any) -> Any:
        for choice in self.choices if not isinstance(value, bool) else ():
            if value == choice or str(value) == str(choice):
                return choice
            if isinstance(choice, int | float):
                try:
                    if float(value) == choice:
                        return choice
                except (TypeError, ValueError, OverflowError):
                    pass
        raise InputError(f"{self.name}={_shown(value)}: must be one of {', '.join(map(str, self.choices))}")

    def _flag(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        if str(value).lower() not in FLAGS:
            raise InputError(f"{self.name}={_shown(value)}: must be true or false")
        return FLAGS[str(value).lower()]

    def _text(self, value: Any) -> str:
        if not isinstance(value, str):
            raise InputError(f"{self.name}={_shown(value)}: must be text")
        return value

    def _listed(self, value: Any) -> list:
        """Entries of a list, or of a line of text with commas."""
        if isinstance(value, str):
            return [word.strip() for word in value.strip("[]").split(",") if word.strip()]
        if isinstance(value, Mapping) or not hasattr(value, "__iter__"):
            raise InputError(f"{self.name}={_shown(value)}: must be a list")
        return list(value)

    def _numbers(self, value: Any) -> tuple[float, ...]:
        numbers = tuple(self._number(entry) for entry in self._listed(value))
        if self.length is not None and len(numbers) != self.length:
            raise InputError(f"{self.name}: needs {self.length} numbers, not {len(numbers)}")
        return numbers

    def _words(self, value: Any) -> tuple[str, ...]:
        words = tuple(self._choice(word) if self.choices else self._text(word) for word in self._listed(value))
        if not words:
            raise InputError(f"{self.name}: name at least one of {', '.join(self.choices)}")
        return words

    def _mapping(self, value: Any) -> Named:
        if not isinstance(value, Mapping):
            raise InputError(f"{self.name}={_shown(value)}: must be a mapping of names to numbers")
        return Named(
            {str(key): replace(self, name=f"{self.name}.{key}")._number(entry) for key, entry in value.items()}
        )

    def _file(self, value: Any) -> DataFile:
        if isinstance(value, DataFile):
            return value
        if not isinstance(value, str | os.PathLike):
            raise InputError(f"{self.name}={_shown(value)}: must be the name of a file")
        try:
            return DataFile.of(value)
        except InputError as problem:
            raise InputError(f"{self.name}: {problem}") from None

    def _files(self, value: Any) -> NamedFiles | None:
        """Files by name, or a list of them, which are called as the files are without their endings; none: None."""
        if isinstance(value, NamedFiles):
            return value
        if isinstance(value, Mapping):
            named = [(str(name), entry) for name, entry in value.items()]
        else:
            named = [(self._stem(entry), entry) for entry in self._listed(value)]
        entries: dict[str, DataFile | str] = {}
        for name, entry in named:
            if not ENTRY.fullmatch(name):
                raise InputError(
                    f"{self.name}: {_shown(name)}: a name has 1 to 40 letters, digits, blanks or any of _ . + -; "
                    f"give one, {self.name}: {{name: file}}"
                )
            if name in entries:
                raise InputError(f"{self.name}: two are called {name}; give names, {self.name}: {{name: file}}")
            entries[name] = entry if entry in self.choices else self._file(entry)
        return NamedFiles(entries) if entries or not self.optional else None

    def _stem(self, entry: Any) -> str:
        return str(entry) if entry in self.choices or not isinstance(entry, str | os.PathLike) else Path(entry).stem

    def paths(self, value: Any) -> list[Path]:
        """The user's files that a value names.

        Parameters
        ----------
        value : object
            The value, as a config writes it or converted.

        Returns
        -------
        list of pathlib.Path
            None for a value that names none, or is of another kind.
        """
        if value is None or self.kind not in ("file", "files"):
            return []
        single = isinstance(value, str | os.PathLike)
        entries = value.values() if isinstance(value, Mapping) else [value] if single else value
        return [Path(entry) for entry in entries if isinstance(entry, str | os.PathLike) and entry not in self.choices]

    def _record(self, value: Any) -> Any:
        """A nested record: an instance of its class, or a mapping in which what is left out keeps its default."""
        if isinstance(value, self.record):
            return value
        if not isinstance(value, Mapping):
            raise InputError(f"{self.name}={_shown(value)}: must be a mapping of keys")
        try:
            return self.record.from_mapping(value, self.default)
        except InputError as problem:
            raise InputError(f"{self.name}.{problem}") from None


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in str(text))


def _shown(value: Any) -> str:
    text = str(value) if not isinstance(value, int) or abs(value) < 10**40 else f"{'-' * (value < 0)}1e40 and more"
    return text if len(text) <= 60 else f"{text[:60]}..."


def plain(value: Any) -> Any:
    """`value` as YAML and JSON write it."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, tuple | list):
        return [plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    return value.as_plain() if hasattr(value, "as_plain") else value


def hint(word: str, valid: Iterable[Any]) -> str:
    """`` (did you mean ...?)`` for a word that is close to a valid one, and the list of these.

    Parameters
    ----------
    word : what was given
    valid : the valid words

    Returns
    -------
    The words to append to an error message.
    """
    valid = list(valid)
    close = difflib.get_close_matches(str(word), list(map(str, valid)), 1, 0.6)
    meant = f" (did you mean {close[0]}?)" if close else ""
    return f"{meant}; valid: {', '.join(map(str, valid))}"


def number(
    name: str,
    unit: str = "1",
    default: Any = REQUIRED,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    below: float | None = None,
    meaning: str = "",
) -> Parameter:
    """A real argument of a quantity.

    Parameters
    ----------
    name : str
        Its name, with the unit at the end.
    unit : str
        Unit; "1" for a pure number.
    default : object
        Value where none is given; left out: one must be.
    minimum, maximum : float, optional
        Inclusive bounds.
    above, below : float, optional
        Exclusive bounds.
    meaning : str
        What it is, in a line.

    Returns
    -------
    Parameter
        What :func:`nubounds.contract.quantity` takes.
    """
    return Parameter(name, "number", unit, default, (), minimum, maximum, above, meaning, below)


def integer(
    name: str,
    default: Any = REQUIRED,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    meaning: str = "",
) -> Parameter:
    """A whole-number argument of a quantity.

    Parameters
    ----------
    name : str
        Its name.
    default : object
        Value where none is given; left out: one must be.
    minimum, maximum : int, optional
        Inclusive bounds.
    meaning : str
        What it is, in a line.

    Returns
    -------
    Parameter
        What :func:`nubounds.contract.quantity` takes.
    """
    return Parameter(name, "integer", "1", default, (), minimum, maximum, None, meaning)


def choice(
    name: str,
    choices: Iterable[Any],
    default: Any = REQUIRED,
    meaning: str = "",
    aliases: Mapping[Any, Any] | None = None,
) -> Parameter:
    """An argument with a closed list of values.

    Parameters
    ----------
    name : str
        Its name.
    choices : iterable
        The valid values, words or numbers.
    default : object
        Value where none is given; left out: one must be.
    meaning : str
        What it is, in a line.
    aliases : mapping, optional
        Further spellings, each with the value that it means.

    Returns
    -------
    Parameter
        What :func:`nubounds.contract.quantity` takes.
    """
    spellings = tuple((aliases or {}).items())
    return Parameter(name, "choice", "1", default, tuple(choices), meaning=meaning, aliases=spellings)


def flag(name: str, default: Any = REQUIRED, meaning: str = "") -> Parameter:
    """An argument that is true or false.

    Parameters
    ----------
    name : str
        Its name.
    default : bool
        Value where none is given; left out: one must be.
    meaning : str
        What it is, in a line.

    Returns
    -------
    Parameter
        What :func:`nubounds.contract.quantity` takes.
    """
    return Parameter(name, "flag", "1", default, (), meaning=meaning)
