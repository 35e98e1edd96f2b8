"""Which folders a run may write to.

Snakemake removes the files that it is about to make, so a run may only use a folder that holds nothing else.
"""

from __future__ import annotations

from pathlib import Path

from nubounds.code.sources import PACKAGE, PROJECT
from nubounds.files.layout import PUBLISHED_LIMITS

# Folders of a project, besides its installed package, that hold what a person or another program keeps.
KEPT = (
    ".ci",
    ".git",
    ".github",
    ".snakemake",
    ".venv",
    "build",
    "config",
    "cython_ext",
    "docs",
    "profiles",
    "src",
    "tests",
    "workflow",
    str(PUBLISHED_LIMITS),
)
GIT, STATE = ".git", ".nubounds"


def taken(results: Path, others: dict[str, Path]) -> str | None:
    """Return why a run may not write to the folder `results`, or None if it may.

    Parameters
    ----------
    results : the results folder, or a folder or link below it that the run would write to
    others : further folders that a run must leave alone, by their description

    Returns
    -------
    The reason, with advice, or None.
    """
    place, here = results.resolve(), Path.cwd().resolve()
    if here.is_relative_to(place):
        return f"{results} holds the project; use a separate folder"
    if GIT in place.parts or STATE in place.parts:
        return f"{results} lies inside {GIT if GIT in place.parts else STATE}; use a separate folder"
    kept = [(f"{name}/ of the project", root / name) for root in (here, PROJECT) for name in KEPT]
    for what, folder in [*kept, ("the program", PACKAGE), *others.items()]:
        folder = folder.resolve()
        if place.is_relative_to(folder) or folder.is_relative_to(place):
            relation = "is" if place == folder else "lies inside" if place.is_relative_to(folder) else "holds"
            return f"{results} {relation} {what}; use a separate folder"
    return None


def links(results: Path, names: list[str]) -> list[Path]:
    """Find the symbolic links among the folders that a run writes to.

    Parameters
    ----------
    results : the results folder
    names : names of the folders in it

    Returns
    -------
    Those of the folders and of their entries that are links.
    """
    folders = [results / name for name in names]
    return [path for folder in folders for path in (folder, *folder.glob("*")) if path.is_symlink()]
