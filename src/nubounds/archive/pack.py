"""Pack a finished run into one file, and verify such a file."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

from nubounds.archive import crate
from nubounds.archive.crate import METADATA, Member
from nubounds.archive.stream import Damaged, opened, shown
from nubounds.code.sources import PROJECT
from nubounds.config import Config
from nubounds.contract import InputError
from nubounds.files import digests, tables
from nubounds.files.layout import Layout
from nubounds.steps import limits

ROOT = "nubounds-run"  # the top-level folder of an archive
MANIFEST = "manifest-sha256.txt"
WORKFLOW = "workflow/Snakefile"
PROJECT_FILES = (WORKFLOW, "environment.yml", "requirements.lock", "pyproject.toml", "LICENSE", "CITATION.cff")
LEFT_OUT = ("chunks", "cache", "points", "digests")  # folders that only a later run would need
MOST_DESCRIBED, MOST_PROBLEMS = 32_000_000, 100  # bytes of the manifest or the metadata; lines in a message
_MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def _results(layout: Layout) -> dict[str, Path]:
    """Return the files of a run to keep, by path in the archive."""
    found = {}
    for path in sorted(layout.root.rglob("*")):
        inner = path.relative_to(layout.root)
        hidden = any(part.startswith(".") and part != layout.state.name for part in inner.parts)
        if (
            path.is_file()
            and not hidden
            and not set(inner.parts) & set(LEFT_OUT)
            and path.suffix not in (".part", ".lock")
        ):
            found[f"results/{inner.as_posix()}"] = path
    return found


def _project() -> dict[str, Path]:
    """Return the workflow and the files that specify its software, by path in the archive."""
    paths = [PROJECT / name for name in PROJECT_FILES] + sorted((PROJECT / "workflow").rglob("*.smk"))
    return {path.relative_to(PROJECT).as_posix(): path for path in paths if path.is_file()}


def _commits(layout: Layout) -> list[str]:
    """Return the commits that made the limit files; several if the run was continued after a change."""
    found = set()
    for path in (path for folder in layout.root.glob("*/limits") for path in limits.files(folder)):
        try:
            found.add(str(limits.read(path)[1]["commit"]))
        except (InputError, KeyError):  # the user's own file beside ours
            continue
    return sorted(found)


def _require_own(paths: list[Path], layout: Layout) -> None:
    """Raise InputError with a line for each link to a file outside the project and the results.

    An archive is passed on to others, so it must not contain private files by accident.
    """
    homes = [Path.cwd().resolve(), layout.root.resolve()]
    problems = [
        f"{path}: a link to {path.resolve()}, outside the project; replace it by a copy, or remove it"
        for path in paths
        if path.is_symlink() and not any(path.resolve().is_relative_to(home) for home in homes)
    ]
    if problems:
        raise InputError(*problems)


def _require_unchanged(layout: Layout) -> None:
    """Raise InputError with a line for each result that changed after it was written: the manifest vouches for all."""
    folder = layout.digests("", "").parent
    for path in sorted(folder.rglob("*.json")):
        of, *step = path.relative_to(folder).with_suffix("").parts
        digests.require(layout, of, "/".join(step))


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add a file without owner or date, so that the same run gives the same bytes."""
    info = tarfile.TarInfo(f"{ROOT}/{name}")
    info.size, info.mode = len(content), 0o644
    archive.addfile(info, io.BytesIO(content))


def pack(config: Config, target: Path, log: Callable[[str], None]) -> None:
    """Write the archive of a finished run.

    Parameters
    ----------
    config : config of the run
    target : path of the archive
    log : called with a line that says what was written

    Raises
    ------
    InputError
        If the run has no report (it is unfinished), a result has changed since, or a link points outside the project.
    """
    layout = Layout(config.results)
    if not layout.report.is_file():
        raise InputError(f"{config.results}: no report in it; finish the run first (make paper)")
    results, project = _results(layout), _project()
    user = {f"user_limits/{path.name}": path for path in sorted(config.user_limits.glob("*")) if path.is_file()}
    _require_own([*user.values(), *results.values(), *layout.root.rglob("*")], layout)
    _require_unchanged(layout)
    for name in (*user, *results):
        if not name.isprintable():
            raise InputError(f"{shown(name)}: file names in an archive must be printable; rename the file")
    contents = {name: path.read_bytes() for name, path in {**project, **user, **results}.items()}
    members = [Member(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in contents.items()]
    times = [path.stat().st_mtime for path in layout.root.glob("logs/*/*.log")] or [layout.report.stat().st_mtime]
    effective = f"results/{layout.effective_config.relative_to(layout.root).as_posix()}"
    inputs = [name for name in (effective, *user) if name in contents]
    made = [name for name in results if name not in inputs]
    described = crate.metadata(members, WORKFLOW, inputs, made, min(times), max(times), _commits(layout)).encode()
    contents[METADATA] = described
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(contents.items())]
    with (
        tables.write_aside(target, "wb") as file,
        gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        _add(archive, MANIFEST, "".join(lines).encode())
        for name, data in sorted(contents.items()):
            _add(archive, name, data)
    megabytes = target.stat().st_size / 1e6
    log(f"{target}: {len(contents)} files, {megabytes:.1f} MB; verify it with: nubounds verify {target}")


def _read_whole(stream: Iterator[bytes], name: str) -> bytes:
    """Return the content of a file that has to be read into memory."""
    content = bytearray()
    for piece in stream:
        content += piece
        if len(content) > MOST_DESCRIBED:
            raise Damaged(f"{name} is larger than {MOST_DESCRIBED} bytes")
    return bytes(content)


def _hash(stream: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in stream:
        digest.update(piece)
    return digest.hexdigest()


def _checksums(manifest: bytes, path: Path) -> dict[str, str]:
    """Return the checksums in a manifest by file; InputError for an invalid line or a duplicate file."""
    try:
        lines = manifest.decode("utf-8").removesuffix("\n").split("\n")
    except UnicodeDecodeError:
        raise InputError(f"{path}: {MANIFEST}: not text in UTF-8") from None
    wanted = {}
    for number, line in enumerate(lines, 1):
        found = _MANIFEST_LINE.fullmatch(line)
        if not found:
            raise InputError(f"{path}: {MANIFEST}:{number}: not a checksum and a file: {shown(line)}")
        if found[2] in wanted:
            raise InputError(f"{path}: {MANIFEST}:{number}: {shown(found[2])} is listed twice")
        wanted[found[2]] = found[1]
    return wanted


def _description(metadata: bytes, path: Path) -> list[str]:
    """Return the metadata's description of the run; InputError if there is none."""
    try:
        graph = {entity["@id"]: entity for entity in json.loads(metadata)["@graph"]}
        run, workflow = graph["#run"], graph[graph["./"]["mainEntity"]["@id"]]
        version, start, end, words = workflow["version"], run["startTime"], run["endTime"], run["description"]
        if not all(isinstance(word, str) for word in (version, start, end, words)):
            raise TypeError("not text")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as problem:
        reason = shown(f"{type(problem).__name__}: {problem}")
        raise InputError(f"{path}: {METADATA}: does not describe a run ({reason})") from None
    return [f"nubounds {shown(version)}; run from {shown(start)} to {shown(end)}", shown(words)]


def verify(path: Path) -> list[str]:
    """Compare every file of an archive with its manifest.

    Nothing is unpacked, and only the manifest and the metadata are held in memory.

    Parameters
    ----------
    path : path of the archive

    Returns
    -------
    A few lines that describe the archive.

    Raises
    ------
    InputError
        With one line for each file that is damaged, missing or not in the manifest, up to a maximum number.
    """
    if not path.is_file():
        raise InputError(f"no file {path}")
    found, kept = {}, {}
    with opened(path, ROOT) as members:
        for name, pieces in members:
            if name in (MANIFEST, METADATA):
                kept[name] = _read_whole(pieces, name)
                pieces = iter([kept[name]])
            found[name] = _hash(pieces)
    if set(kept) != {MANIFEST, METADATA}:
        raise InputError(f"{path}: {MANIFEST} or {METADATA} is missing: not an archive of a run")
    wanted = _checksums(kept[MANIFEST], path)
    del found[MANIFEST]
    problems = [f"{path}: {shown(name)}: missing" for name in sorted(wanted.keys() - found.keys())]
    problems += [f"{path}: {shown(name)}: not in the manifest" for name in sorted(found.keys() - wanted.keys())]
    problems += [
        f"{path}: {shown(name)}: differs from the manifest"
        for name in sorted(wanted.keys() & found.keys())
        if found[name] != wanted[name]
    ]
    if problems:
        more = [f"{path}: and {len(problems) - MOST_PROBLEMS} more"] if len(problems) > MOST_PROBLEMS else []
        raise InputError(*problems[:MOST_PROBLEMS], *more)
    return [f"{path}: {len(found)} files, all as the manifest says", *_description(kept[METADATA], path)]
