"""Tables on disk: the compact ones of the workflow (npz), the csv that people open, and the csv that people bring.

Everything is written aside, synced and renamed, so a reader never sees half a file.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import os
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

import numpy as np

from nubounds.contract import InputError

if TYPE_CHECKING:
    import pandas

_UNIT = re.compile(r"(?:^|; )(\w+) \[([^\]]*)\]", re.MULTILINE)  # in the header of a table
MOST_BYTES = 256 * 2**20  # of a file that people bring
_watching: list[list[Path]] = []


@contextmanager
def watching() -> Iterator[list[Path]]:
    """A list that receives the path of every file that is written inside of this."""
    written: list[Path] = []
    _watching.append(written)
    try:
        yield written
    finally:
        _watching.pop()


@contextmanager
def write_aside(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """Open a file next to `path` for writing; on success it is synced and takes the place of `path`, on failure it is
    gone.

    Parameters
    ----------
    path : the file to be written
    mode : ``w`` for text in UTF-8, ``wb`` for bytes

    Yields
    ------
    The open file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        encoding, newline = (None, None) if "b" in mode else ("utf-8", "")
        with aside.open(mode, encoding=encoding, newline=newline) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        for written in _watching:
            written.append(path)
    finally:
        aside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically.

    Parameters
    ----------
    path : pathlib.Path
        Where to; its folder is made.
    text : str
        What.
    """
    with write_aside(path) as file:
        file.write(text)


def write_if_changed(path: Path, content: str | bytes) -> bool:
    """Write `content` unless the file holds it already; returns whether it was written.  Keeps time stamps of
    unchanged files.

    Parameters
    ----------
    path : the file
    content : text (written in UTF-8) or bytes

    Returns
    -------
    Whether it was written.
    """
    data = content.encode() if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == data:
        return False
    with write_aside(path, "wb") as file:
        file.write(data)
    return True


def pack(columns: dict[str, np.ndarray]) -> bytes:
    """Arrays of numbers or words as the bytes of an npz file (no pickle; the same arrays give the same bytes)."""
    buffer = io.BytesIO()
    np.savez(buffer, **columns)  # type: ignore[arg-type]
    return buffer.getvalue()


def read_packed(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an npz file; InputError if it is damaged (every member carries a checksum) or holds anything but
    plain arrays.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (
        OSError,
        ValueError,
        KeyError,
        EOFError,
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,
    ) as problem:
        raise InputError(f"{path}: damaged or not a table ({problem})") from None


def write_csv(path: Path, frame: Any, header: list[str]) -> None:
    """Write a DataFrame with comment lines on top; numbers with all their digits.

    Parameters
    ----------
    path : pathlib.Path
        Where to; its folder is made.
    frame : pandas.DataFrame
        The rows.
    header : list of str
        Lines above them, without their ``#``.
    """
    text = "".join(f"# {line}\n" for line in header) + frame.to_csv(index=False, lineterminator="\n")
    with write_aside(path) as file:
        file.write(text)


def write_columns(path: Path, columns: dict[str, np.ndarray], header: list[str]) -> None:
    """The csv of :func:`write_csv` from arrays, without pandas, which takes long to load.

    Parameters
    ----------
    path : pathlib.Path
        Where to; its folder is made.
    columns : dict of str to numpy.ndarray
        Arrays of equal length, by name.
    header : list of str
        Lines above them, without their ``#``.
    """
    with write_aside(path) as file:
        file.writelines(f"# {line}\n" for line in header)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*(_cells(values) for values in columns.values()), strict=True))


def _cells(values: np.ndarray) -> list[Any]:
    """What the writer makes into numbers with all their digits, nothing for NaN, and words as they are."""
    if values.dtype.kind == "f" and np.isnan(values).any():
        return [None if value != value else value for value in values.tolist()]
    return values.tolist()


def read_table(path: str | Path) -> pandas.DataFrame:
    """A csv of this project as a DataFrame (words that are no numbers stay words).

    Parameters
    ----------
    path : str or pathlib.Path
        A table, a scorecard, or any other csv that a run writes.

    Returns
    -------
    pandas.DataFrame
        The rows; the comment lines above them in ``attrs["header"]``, and what these, or the names of the columns, say
        of units in ``attrs["units"]``.

    Raises
    ------
    InputError
        For a file that is missing or no table.

    Examples
    --------
    >>> import nubounds as nb
    >>> table = nb.read_table("results/neutron_star/tables/mixing_limits.csv")  # doctest: +SKIP
    >>> table.attrs["units"]["m_keV"]  # doctest: +SKIP
    'keV'
    """
    import pandas

    try:
        frame = pandas.read_csv(path, comment="#", keep_default_na=False, na_values=["", "nan"])
        with open(path, encoding="utf-8") as file:
            header = [line[1:].strip() for line in itertools.takewhile(lambda line: line.startswith("#"), file)]
    except (ValueError, FileNotFoundError) as problem:
        raise InputError(f"{path}: damaged or not a table ({_first_line(problem)})") from None
    said = dict(_UNIT.findall("\n".join(header)))
    said |= {f"{name}_error": unit for name, unit in said.items()}
    frame.attrs = {"header": header, "units": {name: said[name] for name in frame.columns if name in said}}
    return frame


def read_words(path: Path) -> dict[str, list[str]]:
    """The columns of a csv of this project as the words that stand in it, without pandas.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    dict of str to list of str
        The words by the name of their column; nothing for a missing number.

    Raises
    ------
    InputError
        For a file that is missing or no table.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            names, *rows = csv.reader(line for line in file if not line.startswith("#"))
            columns = list(zip(*rows, strict=True)) or [()] * len(names)
            return {
                name: ["" if word == "nan" else word for word in words]
                for name, words in zip(names, columns, strict=True)
            }
    except (ValueError, FileNotFoundError) as problem:
        raise InputError(f"{path}: damaged or not a table ({_first_line(problem)})") from None


def share(path: Path, other: Path) -> None:
    """Give a finished file a second name, with its bytes on disk once where the file system has links.

    Parameters
    ----------
    path : the finished file
    other : its second name
    """
    aside = other.with_name(f".{other.name}.{os.getpid()}")
    other.parent.mkdir(parents=True, exist_ok=True)
    try:
        aside.unlink(missing_ok=True)
        os.link(path, aside)
    except OSError:
        shutil.copyfile(path, aside)
    aside.replace(other)


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, floats with all their digits, NaN refused.

    Parameters
    ----------
    path : pathlib.Path
        Where to; its folder is made.
    value : object
        What.
    """
    write_text(path, json.dumps(value, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """The value of a JSON file of this project.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    object
        Its value.

    Raises
    ------
    InputError
        For a file that is missing or damaged.
    """
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError, FileNotFoundError) as problem:
        raise InputError(f"{path}: damaged or not JSON ({_first_line(problem)})") from None


def _first_line(problem: Exception) -> str:
    return str(problem).partition("\n")[0]


def require_size(path: Path) -> None:
    """Refuse a file that people bring if reading it would take more memory than any such table needs.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Raises
    ------
    InputError
        If it has more than `MOST_BYTES`.
    """
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"{path}: more than {MOST_BYTES // 2**20} MB")


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of every line of a csv that is neither empty nor a comment."""
    require_size(path)
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
                if text and not text.startswith("#"):
                    yield number, [field.strip() for field in next(csv.reader([text]))]
            except (UnicodeDecodeError, csv.Error) as problem:
                raise InputError(f"{path}:{number}: not text in UTF-8 with fields between commas: {problem}") from None


def header_of(path: Path) -> list[str]:
    """The names of the columns of a user's csv.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    list of str
        The names; nothing for an empty file.
    """
    return next((fields for _, fields in _rows(path)), [])


@dataclass(frozen=True)
class UserTable:
    """The numbers of a user's csv, and the line of the file that each row stands in.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    columns : dict of str to numpy.ndarray
        Float arrays of equal length, by name; ``table[name]`` is one of them.
    lines : list of int
        Line of each row, counted from 1.
    """

    path: Path
    columns: dict[str, np.ndarray]
    lines: list[int]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def refuse(self, row: int, reason: str) -> NoReturn:
        """Raise InputError with file and line.

        Parameters
        ----------
        row : int
            Place of the row, from 0.
        reason : str
            What is wrong with it.
        """
        raise InputError(f"{self.path}:{self.lines[row]}: {reason}")

    def require(self, name: str, good: np.ndarray, reason: str) -> None:
        """Raise InputError with file, line, column, reason and value at the first row that is not good.

        Parameters
        ----------
        name : str
            The column.
        good : numpy.ndarray
            Whether each row is, shape (n,).
        reason : str
            What a value must be.
        """
        bad = np.flatnonzero(~good)
        if bad.size:
            self.refuse(bad[0], f"column {name}: {reason}, not {self[name][bad[0]]:g}")


def read_user_table(
    path: str | os.PathLike,
    required: Sequence[str],
    optional: Sequence[str] = (),
    *,
    minimum: Mapping[str, float] | None = None,
) -> UserTable:
    """A csv with a header line that names its columns, as a user brings it (see :func:`read_csv`).

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    required : sequence of str
        Columns that must be there, in any order.
    optional : sequence of str
        Columns that may be there.
    minimum : mapping of str to float, optional
        Smallest allowed value, by column.

    Returns
    -------
    UserTable
        The columns, with the line of each row.

    Raises
    ------
    InputError
        With file, line and column, for a missing or unknown column, or a field that is no finite number.
    """
    path, minimum = Path(path), minimum or {}
    if not path.is_file():
        raise InputError(f"no file {path}")
    lines = list(_rows(path))
    if not lines:
        raise InputError(f"{path}: empty; the first line must name the columns {', '.join(required)}")
    (header_line, header), rows = lines[0], lines[1:]
    for name in required:
        if name not in header:
            raise InputError(f"{path}:{header_line}: no column {name}; found: {', '.join(header)}")
    for name in header:
        if header.count(name) > 1:
            raise InputError(f"{path}:{header_line}: duplicate column {name}")
        if name not in (*required, *optional):
            raise InputError(f"{path}:{header_line}: unknown column {name}; valid: {', '.join((*required, *optional))}")
    if not rows:
        raise InputError(f"{path}:{header_line}: no rows below the header")
    columns = {name: np.empty(len(rows)) for name in header}
    for index, (line, fields) in enumerate(rows):
        if len(fields) != len(header):
            raise InputError(f"{path}:{line}: {len(fields)} fields where the header has {len(header)}")
        for name, field in zip(header, fields, strict=True):
            try:
                value = float(field)
            except ValueError:
                raise InputError(f"{path}:{line}: column {name}: {field!r} is not a number") from None
            if not math.isfinite(value):
                raise InputError(f"{path}:{line}: column {name}: {field} is not finite")
            if name in minimum and value < minimum[name]:
                raise InputError(f"{path}:{line}: column {name}: {field} is below {minimum[name]}")
            columns[name][index] = value
    return UserTable(path, columns, [line for line, _ in rows])


def read_csv(
    path: str | os.PathLike,
    required: Sequence[str],
    optional: Sequence[str] = (),
    *,
    ascending: str | None = None,
    minimum: Mapping[str, float] | None = None,
) -> dict[str, np.ndarray]:
    """Numbers from a csv with a header line that names its columns, as a user brings it.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    required : sequence of str
        Columns that must be there, in any order.
    optional : sequence of str
        Columns that may be there.
    ascending : str, optional
        Name of a column that must increase strictly from row to row.
    minimum : mapping of str to float, optional
        Smallest allowed value, by column.

    Returns
    -------
    dict of str to numpy.ndarray
        One float array per column that is there.

    Raises
    ------
    InputError
        With file, line and column, for a missing or unknown column, a field that is no finite number, or a broken
        order.
    """
    table = read_user_table(path, required, optional, minimum=minimum)
    if ascending:
        steps = np.flatnonzero(np.diff(table[ascending]) <= 0)
        if steps.size:
            table.refuse(steps[0] + 1, f"column {ascending} must increase from row to row")
    return table.columns
