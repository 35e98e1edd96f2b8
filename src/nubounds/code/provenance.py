"""The provenance of results: versions, commit, dates and hashes of the inputs."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from nubounds import __version__
from nubounds.code.sources import CHECKOUT, PROJECT

PACKAGES = ("numpy", "scipy", "pandas", "matplotlib", "mpi4py", "cython", "snakemake")
COMMIT = PROJECT / "commit.txt"  # the commit of an installed copy, written when it was built


def _git(*words: str) -> str:
    """Return the output of a git command in our checkout; OSError or CalledProcessError without one."""
    if CHECKOUT is None:
        raise FileNotFoundError
    return subprocess.run(["git", *words], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout


@cache
def commit() -> str:
    """Return the commit of the running code.

    Returns
    -------
    The commit of the checkout, with ``+changes`` if files differ from it; for an installed copy, the commit that it
    was built from; ``unknown`` if there is neither.
    """
    try:
        word = _git("rev-parse", "--short=12", "HEAD").strip()
        dirty = _git("status", "--porcelain", "-uno")
    except (OSError, subprocess.CalledProcessError):
        return COMMIT.read_text(encoding="utf-8").strip() if COMMIT.is_file() else "unknown"
    return f"{word}+changes" if dirty else word


def versions() -> dict[str, str]:
    """Return the versions of nubounds and of those of `PACKAGES` that are installed."""
    found = {"nubounds": __version__}
    for name in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def inputs_date(folders: list[Path], given: list[Path] = ()) -> str:
    """Return the date of a constraint's newest input.

    Parameters
    ----------
    folders : folders of the constraint; their last commit counts or, outside a checkout or with uncommitted changes,
        their newest file
    given : the user's own input files

    Returns
    -------
    Date in UTC, as YYYY-MM-DD.
    """
    names = list(map(str, folders))
    try:
        times = [float(_git("log", "-1", "--format=%ct", "--", *names))]
        dirty = _git("status", "--porcelain", "--", *names)
    except (OSError, ValueError, subprocess.CalledProcessError):
        times, dirty = [], True
    if dirty:
        files = [path for folder in folders for path in folder.rglob("*") if "__pycache__" not in path.parts]
        times += [path.stat().st_mtime for path in files if path.is_file()]
    times += [path.stat().st_mtime for path in given]
    return datetime.datetime.fromtimestamp(max(times), datetime.UTC).strftime("%Y-%m-%d")


def text_hash(text: str) -> str:
    """Return the first 16 digits of the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_hash(path: Path) -> str:
    """Return the first 16 digits of the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
