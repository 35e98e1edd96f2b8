"""Where a result comes from: versions, commit, config."""

from __future__ import annotations

import datetime
import hashlib
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

from nubounds import __version__
from nubounds.sources import PROJECT

PACKAGES = ("numpy", "scipy", "pandas", "matplotlib", "mpi4py", "cython", "snakemake")


@cache
def commit() -> str:
    """The commit of the project's checkout, with ``+changes`` if files differ from it; ``unknown`` outside a
    checkout.
    """
    try:
        word = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=True
        ).stdout.strip()
        dirty = subprocess.run(
            ["git", "status", "--porcelain", "-uno"], cwd=PROJECT, capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{word}+changes" if dirty else word


def versions() -> dict[str, str]:
    """Versions of nubounds and of what it computes with."""
    return {"nubounds": __version__, **{name: version(name) for name in PACKAGES}}


def inputs_date(folders: list[Path], given: list[Path] = ()) -> str:
    """Date (UTC, ISO) of a constraint's newest input: the last commit that touched its folders, or a user's file.

    Outside a checkout, or with uncommitted changes, the newest file of the folders counts.
    """
    names = list(map(str, folders))
    try:
        done = subprocess.run(
            ["git", "log", "-1", "--format=%ct", "--", *names],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        )
        times = [float(done.stdout)]
        dirty = subprocess.run(
            ["git", "status", "--porcelain", "--", *names], cwd=PROJECT, capture_output=True, text=True, check=True
        ).stdout
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
