"""Install public data releases that constraints can use: fetch them, or take them from a folder, and convert them."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from functools import partial
from pathlib import Path

from nubounds import registry
from nubounds.contract import InputError
from nubounds.files import tables
from nubounds.files.data_release import DataRelease, Folder, digest
from nubounds.inputs.parameter import hint
from nubounds.published import transfer

TIMEOUT_S, LONGEST_S = 60, 3600  # time limits of a socket, and of the whole transfer with all attempts
BLOCK, MOST_BYTES = 1 << 20, 300_000_000  # bytes read at a time, and maximum size of an archive


def releases() -> dict[str, DataRelease]:
    """Return all data releases that constraints declare, by name."""
    found: dict[str, DataRelease] = {}
    for constraint in registry.all_constraints():
        found |= constraint.releases
    return found


def get(name: str) -> DataRelease:
    """Return the release `name`; InputError with the valid names if it does not exist."""
    known = releases()
    if name not in known:
        raise InputError(f"unknown data release {name}{hint(name, known)}")
    return known[name]


def _tag_of(part: Path) -> Path:
    """Where the server's name of the version that a part belongs to is kept."""
    return part.with_name(f"{part.name}.tag")


def _asked(part: Path, have: int) -> dict[str, str]:
    """Headers of a request for the rest, if it is still that of the same version."""
    tag = _tag_of(part)
    same = {"If-Range": tag.read_text(encoding="utf-8")} if tag.is_file() else {}
    return {"Range": f"bytes={have}-", **same} if have else {}


def _begin(part: Path, headers: Message) -> None:
    """Note which version a transfer that begins is of; a weak tag does not promise the same bytes."""
    tag, version = _tag_of(part), headers.get("ETag") or ""
    tag.unlink(missing_ok=True)
    if version.startswith('"') and version.isascii() and version.isprintable():
        tag.write_text(version, encoding="utf-8")


def _continue(url: str, path: Path) -> None:
    """Append the missing part of `url` to `path`; OSError if the connection breaks again."""
    have = path.stat().st_size if path.is_file() else 0
    request = urllib.request.Request(url, headers=_asked(path, have))
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            resumed = response.status == 206
            have = have if resumed else 0
            if not resumed:
                _begin(path, response.headers)
            announced = response.headers.get("Content-Length")
            left = None if announced is None else int(announced)
            with path.open("ab" if resumed else "wb") as file:
                while block := response.read(BLOCK):
                    have += len(block)
                    if have > MOST_BYTES:
                        raise InputError(f"{url}: larger than {MOST_BYTES} bytes: not the release")
                    file.write(block)
                    left = None if left is None else left - len(block)
    except InputError:
        for made in (path, _tag_of(path)):
            made.unlink(missing_ok=True)
        raise
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # nothing is missing
            return
        raise
    if left:
        raise OSError(f"the connection broke after {have} bytes")


def download(url: str, path: Path, pause_s: float = transfer.PAUSE_S, longest_s: float = LONGEST_S) -> Path:
    """Fetch a URL, resuming an earlier attempt that was interrupted.

    Parameters
    ----------
    url : address of the file
    path : where to store it
    pause_s : pause before the second attempt, doubled before each further one
    longest_s : time limit, all attempts included

    Returns
    -------
    `path`.

    Raises
    ------
    InputError
        If the server does not answer, does not have the file or takes too long, or the file is too large.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    advice = "; --from FOLDER takes a copy of the release"
    transfer.repeated(partial(_continue, url, part), url, "release", longest_s, pause_s, advice)
    _tag_of(part).unlink(missing_ok=True)
    return part.replace(path)


def _arrays(release: DataRelease, source: Path):
    if not source.exists():
        raise InputError(f"--from: no file or folder {source}")
    if source.is_dir() and (source / release.file).is_file():
        source = source / release.file
    return release.read(source) if source.suffix == ".npz" else release.convert(Folder(source))


def _fetched(release: DataRelease, archive: Path):
    """The arrays of a fetched archive; one that is not the release is removed, so that it can be fetched again."""
    try:
        return _arrays(release, archive)
    except InputError:
        archive.unlink()
        raise


def install(release: DataRelease, log: Callable[[str], None], *, source: Path | None = None, address: str = "") -> Path:
    """Convert a release and store it in the folder of published data.

    Parameters
    ----------
    release : the release
    log : called with lines for the user
    source : a checkout or a zip archive of the release, the repacked file, or a folder with it; None to fetch it
    address : URL of the archive, instead of the release's own

    Returns
    -------
    Path of the converted file.

    Raises
    ------
    InputError
        If the source does not exist or is not this release.
    """
    target = release.installed
    folder = target.parent
    log(f"{release.title}: licence {release.licence}")
    log(f"Cite: {release.citation}")
    if source is None:
        if address:
            transfer.check_base_url(address)
        archive = folder / "downloads" / f"{release.name}.zip"
        if not archive.is_file():
            download(address or release.address, archive)
        arrays = _fetched(release, archive)
    else:
        arrays = _arrays(release, source)
    same = digest(arrays) == release.sha256
    with tables.write_aside(target, "wb") as file:
        file.write(tables.pack(arrays))
    words = [release.title, f"licence: {release.licence}", f"cite: {release.citation}", f"from: {release.address}"]
    tables.write_text(folder / "LICENCE.txt", "\n".join(words) + "\n")
    checked = "checksum correct" if same else "sums agree with the embedded table, but the checksum differs"
    log(f"{target}: {checked}")
    return target
