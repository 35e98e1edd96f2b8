"""Where a result comes from: versions, commit, config."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from nubounds import __version__
from nubounds.sources import CHECKOUT, PROJECT

PACKAGES = ("numpy", "scipy", "pandas", "matplotlib", "mpi4py", "cython", "snakemake")
COMMIT = PROJECT / "commit.txt"  # of an installed copy, written when it was built


def _git(*words: str) -> str:
    """What git says in our checkout; OSError or CalledProcessError if there is none."""
    if CHECKOUT is None:
        raise FileNotFoundError
    return subprocess.run(["git", *words], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout


@cache
def commit() -> str:
    """The commit of the project's checkout, with ``+changes`` if files differ from it, or the one that an installed
    copy was built from; ``unknown`` without one.
    """
    try:
        word = _git("rev-parse", "--short=12", "HEAD").strip()
        dirty = _git("status", "--porcelain", "-uno")
    except (OSError, subprocess.CalledProcessError):
        return COMMIT.read_text(encoding="utf-8").strip() if COMMIT.is_file() else "unknown"
    return f"{word}+changes" if dirty else word


def versions() -> dict[str, str]:
    """Versions of nubounds and of what it computes with, as far as that is installed."""
    found = {"nubounds": __version__}
    for name in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def inputs_date(folders: list[Path], given: list[Path] = ()) -> str:
    """Date (UTC, ISO) of a constraint's newest input: the last commit that touched its folders, or a user's file.

    Outside a checkout, or with uncommitted changes, the newest file of the folders counts.
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
    """SHA-256 of a text, its first 16 digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_hash(path: Path) -> str:
    """SHA-256 of a file's content, its first 16 digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
