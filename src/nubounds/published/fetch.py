"""Fetch published limits: verify checksums, repeat failed attempts, write atomically, name the row of any problem."""

from __future__ import annotations

import datetime
import hashlib
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

from nubounds.code.sources import file_hash
from nubounds.contract import InputError, Side
from nubounds.files import digests, tables
from nubounds.files.layout import PUBLISHED_LIMITS
from nubounds.published import convert, transfer
from nubounds.published.table import Row
from nubounds.published.transfer import PAUSE_S
from nubounds.steps import limits

BASE_URL = "https://raw.githubusercontent.com"
TIMEOUT_S, MOST_BYTES = 30, 5_000_000
LONGEST_S, LONGEST_ALL_S = 120, 1200  # time limits for one file with all attempts, and for all files
NOTE = ".made.json"  # digests of the files that we wrote in the folder; only these may be removed


def address(row: Row, base_url: str = BASE_URL) -> str:
    """Return the URL of a file.

    Parameters
    ----------
    row : the file's row in the table
    base_url : address of the server

    Returns
    -------
    base/repository/commit/path, with special characters quoted.
    """
    return f"{base_url.rstrip('/')}/{row.repository}/{row.commit}/{urllib.parse.quote(row.path)}"


def _answer(url: str) -> bytes:
    """Return the content of a URL; OSError if it is shorter than the server announced."""
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:
        content = response.read(MOST_BYTES)
        announced = int(response.headers.get("Content-Length") or len(content))
    if len(content) != announced:
        raise OSError(f"{len(content)} of {announced} bytes arrived")
    return content


def download(row: Row, base_url: str, pause_s: float = PAUSE_S, longest_s: float = LONGEST_S) -> bytes:
    """Fetch a file and verify its checksum.

    Parameters
    ----------
    row : the file's row in the table
    base_url : address of the server
    pause_s : pause before the second attempt, doubled before each further one
    longest_s : time limit, all attempts included

    Returns
    -------
    Content of the file.

    Raises
    ------
    InputError
        With the row, if the file no longer exists or its checksum differs, or the server does not answer, sends an
        invalid response, or takes too long.
    """
    url = address(row, base_url)
    content = transfer.repeated(partial(_answer, url), f"{row.where}: {url}", "file", longest_s, pause_s)
    found = hashlib.sha256(content).hexdigest()
    if found != row.sha256:
        raise InputError(f"{row.where}: wrong checksum: expected {row.sha256}, found {found}")
    return content


def _content(row: Row, folder: Path, base_url: str, pause_s: float, longest_s: float) -> bytes:
    """Return a file's content from the folder, if its checksum is correct there, else from the network."""
    path = folder / "downloads" / row.repository.replace("/", "__") / row.path
    if path.is_file():
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() == row.sha256:
            return content
    content = download(row, base_url, pause_s, longest_s)
    with tables.write_aside(path, "wb") as file:
        file.write(content)
    return content


def _source(row: Row) -> dict:
    return {
        "repository": row.repository,
        "commit": row.commit,
        "path": row.path,
        "sha256": row.sha256,
        "licence": row.licence,
        "converted_from": [row.mass_unit, row.coupling],
        "inputs_date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "reference": {"reference": row.source or row.repository, "arxiv": row.source.removeprefix("arXiv:")},
    }


def _as_user_limit(row: Row, curve) -> str:
    """Return a limit in the format of config/user_limits, for those who want it in the papers' own figures too."""
    side = curve.side if curve.side in (Side.UPPER, Side.LOWER) else Side.LINE
    lines = [
        f"# label: {curve.label}",
        f"# columns: {curve.x_name} {curve.y_name}",
        f"# source: {row.source} via {row.repository} ({row.licence})",
        f"# side: {side}",
        f"# confidence_level: {curve.confidence_level}",
    ]
    return (
        "\n".join([*lines, *(f"{x!r} {y!r}" for x, y in zip(curve.x.tolist(), curve.y.tolist(), strict=True))]) + "\n"
    )


def _remove_others(folder: Path, made: dict[str, str]) -> None:
    """Remove the files written earlier but not this time, unless someone has changed them; record those written now."""
    note = folder / NOTE
    for path, digest in digests.read_note(note, folder).items():
        if path.relative_to(folder).as_posix() not in made and digests.is_as_noted(path, digest):
            path.unlink()
    tables.write_json(note, made)


def fetch(
    rows: list[Row],
    log: Callable[[str], None],
    *,
    folder: Path = PUBLISHED_LIMITS,
    base_url: str = BASE_URL,
    unlicensed: bool = False,
    pause_s: float = PAUSE_S,
    longest_s: float = LONGEST_S,
) -> None:
    """Fetch, verify and convert published limits.

    Parameters
    ----------
    rows : rows of the table
    log : called with a line for each row
    folder : where to store the limits
    base_url : address of the server
    unlicensed : also fetch files without a licence
    pause_s : pause before the second attempt at a file, doubled before each further one
    longest_s : time limit for a file, all attempts included

    Raises
    ------
    InputError
        For an invalid base URL; otherwise after all rows were tried, with one line for each that failed.
    """
    transfer.check_base_url(base_url)
    problems, made, end = [], {}, time.monotonic() + LONGEST_ALL_S
    for row in rows:
        target = folder / row.plane / row.stem
        if not row.licensed and not unlicensed:
            log(f"{row.where}: not fetched: licence {row.licence} (--unlicensed fetches it for your own use)")
            continue
        try:
            content = _content(row, folder, base_url, pause_s, min(longest_s, max(end - time.monotonic(), 0.0)))
            if not row.settled:
                log(
                    f"{row.where}: fetched, not drawn: the meaning of its columns is not confirmed "
                    f"({row.mass_unit}; {row.coupling})"
                )
                continue
            curve = convert.curve(row, content.decode("utf-8", errors="replace"))
            with tables.watching() as written:
                tables.write_text(target.with_suffix(".txt"), _as_user_limit(row, curve))
                tables.write_json(target.with_suffix(".json"), limits.as_json(curve, _source(row)))
            made |= {path.relative_to(folder).as_posix(): file_hash(path) for path in written}
            log(
                f"{row.where}: {len(curve.x)} points, {row.mass_unit} and {row.coupling} to {curve.x_name} "
                f"and {curve.y_name}"
            )
        except InputError as problem:
            problems.append(str(problem))
    _remove_others(folder, made)
    log(f"{len(made) // 2} published limits in {folder}, {len(problems)} problems")
    if problems:
        raise InputError(*problems)
