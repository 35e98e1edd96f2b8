"""Limits that a user drops into a folder, to be drawn beside ours.

A file has comment lines with its meaning and two columns of numbers::

    # label: COHERENT CsI
    # columns: m_mediator_MeV coupling_Y
    # source: arXiv:1804.09459
    # figures: sn_diffusion/fig4 comparison/b_minus_l   (optional: all figures and planes with these columns)
    # side: upper                                       (optional: upper, lower or line)
    # confidence_level: 90%                             (optional)
    0.1   3.2e-5
    1.0   3.3e-5

The names of the columns are those of the limit files under results/*/limits, with their units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nubounds.contract import InputError

ENDINGS = (".txt", ".csv", ".dat", ".tsv")  # in small letters or capitals
OTHERS = (".md",)  # the folder's README
LONGEST_LABEL = 200  # letters: what finds room along a curve is far shorter
DEEPEST_FORMULA = 10  # brackets within brackets: each costs the typesetter a few calls of itself
KEYS = ("label", "columns", "source", "figures", "side", "confidence_level")
PLANES = "comparison"  # what a file writes before the name of a plane
SIDES = ("upper", "lower", "line")


@dataclass(frozen=True)
class UserLimit:
    """One curve of a user's file."""

    label: str
    x: np.ndarray
    y: np.ndarray
    x_name: str
    y_name: str
    source: str
    figures: tuple[str, ...]
    path: Path
    side: str = "upper"
    confidence_level: str = ""


def read(path: Path) -> UserLimit:
    """One file; InputError with file and line for anything that cannot be understood."""
    header, rows = {}, []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as problem:
        raise InputError(f"{path}: not text in UTF-8: byte {problem.start}") from None
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text.startswith("#"):
            key, colon, value = text.lstrip("# ").partition(":")
            if colon and key.strip().lower() in KEYS:
                header[key.strip().lower()] = value.strip()
            continue
        if not text:
            continue
        fields = text.partition("#")[0].replace(",", " ").split()
        try:
            x, y = map(float, fields)
        except ValueError:
            raise InputError(f"{path}:{number}: {text!r} is not two numbers") from None
        if not (np.isfinite(x) and np.isfinite(y)):
            raise InputError(f"{path}:{number}: not finite")
        if x <= 0 or y <= 0:
            raise InputError(f"{path}:{number}: masses and couplings must be positive")
        rows.append((x, y))
    for key in ("label", "columns"):
        if not header.get(key):
            raise InputError(f"{path}: no line '# {key}: ...' (see the README of that folder)")
    names = header["columns"].replace(",", " ").split()
    if len(names) != 2:
        raise InputError(f"{path}: '# columns:' must name two columns, found {len(names)}")
    if len(rows) < 2:
        raise InputError(f"{path}: needs at least two rows of numbers")
    x, y = np.array(rows).T
    _check_label(path, header["label"])
    figures = tuple(header.get("figures", "").replace(",", " ").split())
    side = header.get("side", "upper")
    if side not in SIDES:
        raise InputError(f"{path}: '# side: {side}' must be one of {', '.join(SIDES)}")
    return UserLimit(
        header["label"], x, y, *names, header.get("source", ""), figures, path, side, header.get("confidence_level", "")
    )


def _check_label(path: Path, label: str) -> None:
    depth = deepest = 0
    for letter in label:
        depth += (letter == "{") - (letter == "}")
        deepest = max(deepest, depth)
    if len(label) > LONGEST_LABEL or deepest > DEEPEST_FORMULA:
        raise InputError(
            f"{path}: '# label: {label[:30]}...' has {len(label)} letters and brackets {deepest} deep; "
            f"at most {LONGEST_LABEL} and {DEEPEST_FORMULA} can be drawn"
        )
    if not label.isprintable():
        raise InputError(f"{path}: '# label:' holds control characters")


def _of_folder(folder: Path) -> list[Path]:
    """The files of a folder, without those that editors and systems hide: .swp, ._mine.txt, ~$mine.csv."""
    return [path for path in sorted(folder.glob("*")) if not path.name.startswith((".", "~$")) and path.is_file()]


def files(folder: Path) -> list[Path]:
    """The limit files of a folder (none if there is no folder), in alphabetical order of their names."""
    return [path for path in _of_folder(folder) if path.suffix.lower() in ENDINGS]


def not_read(folder: Path) -> list[str]:
    """A line for each file of the folder that is passed over because of its ending."""
    passed_over = [path for path in _of_folder(folder) if path.suffix.lower() not in (*ENDINGS, *OTHERS)]
    return [f"{path}: not read: limit files end in {', '.join(ENDINGS)}" for path in passed_over]


def read_folder(folder: Path) -> list[UserLimit]:
    """All limits of a folder, in alphabetical order of the files' names."""
    return [read(path) for path in files(folder)]


def for_figure(limits: list[UserLimit], constraint: str, figure: str) -> list[UserLimit]:
    """The limits that may appear in a figure."""
    return [limit for limit in limits if not limit.figures or f"{constraint}/{figure}" in limit.figures]


def of_figures(
    limits: list[UserLimit], constraint: str, figures: Mapping, declared: Mapping | None
) -> dict[str, list[UserLimit]]:
    """The limits that each figure of a constraint gets to see.

    Parameters
    ----------
    figures : the figures' names
    declared : what the constraint declares as `user_limits`: the two columns that a figure draws, by its name; None
        where it declares nothing, so that all its figures may draw all limits
    """
    seen = {}
    for figure in figures:
        meant = for_figure(limits, constraint, figure)
        if declared is not None:
            meant = [limit for limit in meant if [limit.x_name, limit.y_name] == declared.get(figure)]
        seen[figure] = meant
    return seen


def fit(columns: Mapping, x_name: str, y_name: str) -> bool:
    """Whether a plane that knows `columns`, each of its axis x or y, can draw a limit with these two."""
    return (columns.get(x_name, {}).get("axis"), columns.get(y_name, {}).get("axis")) == ("x", "y")
