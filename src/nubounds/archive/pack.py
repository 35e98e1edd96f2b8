"""Pack a finished run into one file, and verify such a file."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from nubounds import limits, tables
from nubounds.archive import crate
from nubounds.archive.crate import METADATA, Member
from nubounds.config import Config
from nubounds.contract import InputError
from nubounds.layout import Layout
from nubounds.sources import PROJECT

ROOT = "nubounds-run"  # the one folder that an archive unpacks to
MANIFEST = "manifest-sha256.txt"
WORKFLOW = "Snakefile"
PROJECT_FILES = (WORKFLOW, "environment.yml", "pyproject.toml", "LICENSE", "CITATION.cff")
LEFT_OUT = ("chunks", "cache", "points")  # folders of a run that only a later run would need


def _results(layout: Layout) -> dict[str, Path]:
    """Every file of a run worth keeping, by its path in the archive."""
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
    """The workflow and what says which software it needs."""
    paths = [PROJECT / name for name in PROJECT_FILES] + sorted((PROJECT / "workflow").rglob("*.smk"))
    return {path.relative_to(PROJECT).as_posix(): path for path in paths if path.is_file()}


def _commits(layout: Layout) -> list[str]:
    """The commits that made the limit files: more than one if a run was continued after a change."""
    paths = [path for folder in layout.root.glob("*/limits") for path in limits.files(folder)]
    return sorted({limits.read(path)[1]["commit"] for path in paths})


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """A member without owner or date, so that the same run gives the same bytes."""
    info = tarfile.TarInfo(f"{ROOT}/{name}")
    info.size, info.mode = len(content), 0o644
    archive.addfile(info, io.BytesIO(content))


def pack(config: Config, target: Path, log) -> None:
    """Write the archive of a finished run.

    Raises
    ------
    InputError
        If the run has no report: it is not finished.
    """
    layout = Layout(config.results)
    if not layout.report.is_file():
        raise InputError(f"{config.results}: no report there; finish the run first (make paper)")
    results, project = _results(layout), _project()
    user = {f"user_limits/{path.name}": path for path in sorted(config.user_limits.glob("*")) if path.is_file()}
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


def _read(path: Path) -> dict[str, bytes]:
    """All files of an archive by their paths; InputError for anything that is no plain file inside its folder."""
    contents = {}
    try:
        with gzip.open(path) as packed:
            whole = packed.read()  # to its end, where the checksum of the whole stands
        with tarfile.open(fileobj=io.BytesIO(whole)) as archive:
            for info in archive:
                parts = PurePosixPath(info.name).parts
                if not info.isfile() or parts[0] != ROOT or len(parts) < 2 or ".." in parts:
                    raise InputError(f"{path}: {info.name} is not a plain file of {ROOT}")
                name = "/".join(parts[1:])
                if name in contents:
                    raise InputError(f"{path}: {name} is there twice")
                contents[name] = archive.extractfile(info).read()
    except (OSError, EOFError, tarfile.TarError, zlib.error) as problem:
        raise InputError(f"{path}: damaged or not an archive ({problem})") from None
    return contents


def verify(path: Path) -> list[str]:
    """Compare every file of an archive with its manifest; nothing is computed or unpacked.

    Returns
    -------
    What the archive is, in a few lines.

    Raises
    ------
    InputError
        With one line for each file that is damaged, missing or not in the manifest.
    """
    if not path.is_file():
        raise InputError(f"no file {path}")
    contents = _read(path)
    if MANIFEST not in contents or METADATA not in contents:
        raise InputError(f"{path}: no {MANIFEST} or no {METADATA} in it: not an archive of a run")
    wanted = {}
    for line in contents.pop(MANIFEST).decode("utf-8").splitlines():
        digest, _, name = line.partition("  ")
        wanted[name] = digest
    problems = [f"{path}: {name}: missing" for name in sorted(wanted.keys() - contents.keys())]
    problems += [f"{path}: {name}: not in the manifest" for name in sorted(contents.keys() - wanted.keys())]
    problems += [
        f"{path}: {name}: differs from the manifest"
        for name in sorted(wanted.keys() & contents.keys())
        if hashlib.sha256(contents[name]).hexdigest() != wanted[name]
    ]
    if problems:
        raise InputError("\n".join(problems))
    graph = {entity["@id"]: entity for entity in json.loads(contents[METADATA])["@graph"]}
    run, workflow = graph["#run"], graph[graph["./"]["mainEntity"]["@id"]]
    return [
        f"{path}: {len(contents)} files, all as the manifest says",
        f"nubounds {workflow['version']}; run of {run['startTime']} to {run['endTime']}",
        run["description"],
    ]
