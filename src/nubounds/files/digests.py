"""Digests of everything that a run writes, so that a file changed or truncated afterwards is never used.

Each step records the SHA-256 of the files that it wrote in a small file of its own, because many jobs write at the
same time: `.nubounds/digests/<constraint>/<step>.json`, with names relative to the results folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nubounds.code.sources import file_hash
from nubounds.contract import InputError
from nubounds.files import tables
from nubounds.files.layout import Layout

CHANGED = "changed or truncated since it was written"


def read_note(note: Path, root: Path) -> dict[Path, str]:
    """Read the digests recorded in a note.

    Parameters
    ----------
    note : path of the note
    root : folder that the names in the note are relative to

    Returns
    -------
    The digest of each file; empty if the note is missing or damaged.  Names that point outside `root` are ignored,
    because the files that a note names may be removed.
    """
    try:
        noted = tables.read_json(note)
    except InputError:
        return {}
    names = noted if isinstance(noted, dict) else {}
    inside = [name for name in names if not Path(name).is_absolute() and ".." not in Path(name).parts]
    return {root / name: noted[name] for name in inside}


def read(layout: Layout, of: str, step: str) -> dict[Path, str]:
    """Read the digests that a step recorded.

    Parameters
    ----------
    layout : paths of the results
    of : the constraint
    step : the step that wrote the files

    Returns
    -------
    The digest of each file that the step wrote.
    """
    return read_note(layout.digests(of, step), layout.root)


@contextmanager
def noting(layout: Layout, of: str, step: str) -> Iterator[None]:
    """Record the digests of all files written within this context.

    A file that the step wrote earlier but not this time stays on record while it is unchanged; otherwise it is gone,
    or now belongs to the user.

    Parameters
    ----------
    layout : paths of the results
    of : the constraint
    step : the step that writes the files
    """
    with tables.watching() as written:
        yield
    noted = {path: file_hash(path) for path in written}
    for path, digest in read(layout, of, step).items():
        if path not in noted and is_as_noted(path, digest):
            noted[path] = digest
    names = {path.relative_to(layout.root).as_posix(): digest for path, digest in sorted(noted.items())}
    tables.write_json(layout.digests(of, step), names)


def is_as_noted(path: Path, digest: str | None) -> bool:
    """Check a file against its digest.

    Parameters
    ----------
    path : path of the file
    digest : the recorded digest; None matches no file

    Returns
    -------
    Whether the file exists and has this digest.
    """
    try:
        return file_hash(path) == digest
    except OSError:
        return False


def ours(layout: Layout, of: str, step: str) -> Iterator[Path]:
    """Return the files that may be removed: those that a step wrote and nobody has changed since.

    Parameters
    ----------
    layout : paths of the results
    of : the constraint
    step : the step that wrote the files

    Returns
    -------
    Iterator over the paths.
    """
    return (path for path, digest in read(layout, of, step).items() if is_as_noted(path, digest))


def require(layout: Layout, of: str, step: str, paths: Iterable[Path] | None = None) -> None:
    """Raise InputError with a line for each file of a step that was changed since it was written.

    A file without a record passes: someone made it by hand.

    Parameters
    ----------
    layout : paths of the results
    of : the constraint
    step : the step that wrote the files
    paths : check only these files
    """
    noted = read(layout, of, step)
    wrong = [
        path
        for path in (noted if paths is None else paths)
        if path in noted and path.exists() and not is_as_noted(path, noted[path])
    ]
    if wrong:
        raise InputError(*(f"{path}: {CHANGED}; run `nubounds {step} {of}` to recompute it" for path in wrong))


def repair(layout: Layout, outputs: dict[tuple[str, str], list[Path]]) -> list[str]:
    """Remove every result that is not as its step wrote it, so that the workflow makes it again.

    Parameters
    ----------
    layout : paths of the results
    outputs : (constraint, step) -> the files whose absence makes the workflow run that step; all of them are removed
        if a file that the workflow does not know by name (a limit file, a page of the report) is missing or differs

    Returns
    -------
    A line for each existing result that will be recomputed.
    """
    lines = []
    for (of, step), declared in outputs.items():
        noted = read(layout, of, step)
        unknown = [path for path in declared if path not in noted and path.exists()]
        wrong = [path for path, digest in noted.items() if not is_as_noted(path, digest)]
        lines += [f"{path}: no record of how it was made: it will be recomputed" for path in unknown]
        lines += [f"{path}: {CHANGED}: it will be recomputed" for path in wrong if path.exists()]
        if not set(wrong) <= set(declared):
            wrong += declared
        for path in (*unknown, *wrong):
            path.unlink(missing_ok=True)
    return lines
