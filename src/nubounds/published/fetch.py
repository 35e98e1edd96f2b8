"""Fetch published limits: checksums verified, tries repeated, nothing half written, every problem with its row."""

from __future__ import annotations

import datetime
import hashlib
import http.client
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from nubounds import limits, tables
from nubounds.contract import InputError
from nubounds.layout import PUBLISHED_LIMITS
from nubounds.published import convert
from nubounds.published.table import Row

BASE_URL = "https://raw.githubusercontent.com"
TRIES, PAUSE_S, TIMEOUT_S, MOST_BYTES = 4, 0.5, 30, 5_000_000


def address(row: Row, base_url: str = BASE_URL) -> str:
    """Where a file lies: base/repository/commit/path."""
    return f"{base_url.rstrip('/')}/{row.repository}/{row.commit}/{urllib.parse.quote(row.path)}"


def download(row: Row, base_url: str, pause_s: float = PAUSE_S) -> bytes:
    """A file's content, after its checksum agreed.

    Raises
    ------
    InputError
        With the row, for a file that is gone, that differs from its checksum, or a server that does not answer.
    """
    url, problem = address(row, base_url), None
    for attempt in range(TRIES):
        if attempt:
            time.sleep(pause_s * 2 ** (attempt - 1))
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:
                content = response.read(MOST_BYTES)
                announced = int(response.headers.get("Content-Length") or len(content))
            if len(content) == announced:
                break
            problem = f"{len(content)} of {announced} bytes arrived"
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429:
                raise InputError(f"{row.where}: {url}: {error.code} {error.reason}: the file has moved") from None
            problem = f"{error.code} {error.reason}"
        except (OSError, http.client.HTTPException) as error:
            problem = getattr(error, "reason", error)
    else:
        raise InputError(f"{row.where}: {url}: no answer after {TRIES} tries ({problem})")
    found = hashlib.sha256(content).hexdigest()
    if found != row.sha256:
        raise InputError(f"{row.where}: wrong checksum: expected {row.sha256}, found {found}")
    return content


def _content(row: Row, folder: Path, base_url: str, pause_s: float) -> bytes:
    """A file's content from the folder, if it is there and whole, else from the network."""
    path = folder / "downloads" / row.repository.replace("/", "__") / row.path
    if path.is_file():
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() == row.sha256:
            return content
    content = download(row, base_url, pause_s)
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
    """The same in the format of config/user_limits, for those who want it in the papers' own figures too."""
    side = curve.side if curve.side in ("upper", "lower") else "line"
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


def fetch(
    rows: list[Row],
    log,
    *,
    folder: Path = PUBLISHED_LIMITS,
    base_url: str = BASE_URL,
    unlicensed: bool = False,
    pause_s: float = PAUSE_S,
) -> None:
    """Fetch, verify and convert all rows; rows without a licence only if asked for.

    Raises
    ------
    InputError
        After all rows were tried, with one line for each that could not be had.
    """
    problems, kept = [], set()
    for row in rows:
        target = folder / row.plane / row.stem
        if not row.licensed and not unlicensed:
            log(f"{row.where}: not fetched: licence {row.licence} (--unlicensed fetches it for your own use)")
            continue
        try:
            content = _content(row, folder, base_url, pause_s)
            if not row.settled:
                log(
                    f"{row.where}: fetched, not drawn: the meaning of its columns is not settled "
                    f"({row.mass_unit}; {row.coupling})"
                )
                continue
            curve = convert.curve(row, content.decode("utf-8", errors="replace"))
            tables.write_text(target.with_suffix(".txt"), _as_user_limit(row, curve))
            tables.write_json(target.with_suffix(".json"), limits.as_json(curve, _source(row)))
            kept.add(target)
            log(
                f"{row.where}: {len(curve.x)} points, {row.mass_unit} and {row.coupling} to {curve.x_name} "
                f"and {curve.y_name}"
            )
        except InputError as problem:
            problems.append(str(problem))
    for path in [*folder.glob("*/*.json"), *folder.glob("*/*.txt")]:
        if path.parent.name != "downloads" and path.with_suffix("") not in kept:
            path.unlink()
    log(f"{len(kept)} published limits in {folder}, {len(problems)} problems")
    if problems:
        raise InputError("\n".join(problems))
