"""Which folders a run may fill: Snakemake removes what it is about to make, so none where anything else lives."""

from __future__ import annotations

from pathlib import Path

from nubounds.layout import PUBLISHED_LIMITS
from nubounds.sources import PACKAGE, PROJECT

# Of a project, besides its installed package: what a person or another program keeps there.
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
    """Why a run may not fill the folder `results`; None if it may.

    Parameters
    ----------
    results : the folder, or a folder or link below it that the run would fill
    others : further folders that are not a run's, by what they are
    """
    place, here = results.resolve(), Path.cwd().resolve()
    if here.is_relative_to(place):
        return f"{results} holds the project; name a folder of its own"
    if GIT in place.parts or STATE in place.parts:
        return f"{results} lies inside {GIT if GIT in place.parts else STATE}; name a folder of its own"
    kept = {f"{name}/ of the project": root / name for root in {here, PROJECT} for name in KEPT}
    kept |= {"the program": PACKAGE} | others
    for what, folder in kept.items():
        folder = folder.resolve()
        if place.is_relative_to(folder) or folder.is_relative_to(place):
            relation = "is" if place == folder else "lies inside" if place.is_relative_to(folder) else "holds"
            return f"{results} {relation} {what}; name a folder of its own"
    return None


def links(results: Path, names: list[str]) -> list[Path]:
    """Links among the folders that a run fills: `names` below the results folder, and what stands in these."""
    folders = [results / name for name in names]
    return [path for folder in folders for path in (folder, *folder.glob("*")) if path.is_symlink()]
