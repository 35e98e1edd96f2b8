"""Limit files that a user puts in a folder, to be drawn alongside ours.

A file has comment lines with metadata, and two columns of numbers::

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
from nubounds.files import tables

ENDINGS = (".txt", ".csv", ".dat", ".tsv")  # in lower or upper case
OTHERS = (".md",)  # the folder's README
LONGEST_LABEL = 200  # characters; far more than fits along a curve
DEEPEST_FORMULA = 10  # nested brackets; the typesetter recurses at each level
KEYS = ("label", "columns", "source", "figures", "side", "confidence_level")
PLANES = "comparison"  # prefix of the name of a plane in a file
SIDES = ("upper", "lower", "line")


@dataclass(frozen=True)
class UserLimit:
    """A curve from a user's file.

    Attributes
    ----------
    label : name in figures
    x, y : the points, each of shape (n,), n at least 2, positive, in the units of their columns
    x_name, y_name : names of the columns
    source : reference; may be empty
    figures : figures (``constraint/figure``) and planes (``comparison/plane``) to draw it in; empty for all
    path : the file
    side : upper, lower or line
    confidence_level : as written in the file; may be empty
    """

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
    """Read a limit file.

    Raises
    ------
    InputError
        With file and line, if anything in the file is invalid.
    """
    header, rows = {}, []
    tables.require_size(path)
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
            f"{path}: '# label: {label[:30]}...' has {len(label)} characters and brackets nested {deepest} deep; "
            f"at most {LONGEST_LABEL} and {DEEPEST_FORMULA} are allowed"
        )
    if not label.isprintable():
        raise InputError(f"{path}: '# label:' contains control characters")


def _of_folder(folder: Path) -> list[Path]:
    """Return the files of a folder, without the hidden ones of editors and systems: .swp, ._mine.txt, ~$mine.csv."""
    return [path for path in sorted(folder.glob("*")) if not path.name.startswith((".", "~$")) and path.is_file()]


def files(folder: Path) -> list[Path]:
    """Return the limit files of a folder (none if it does not exist), in alphabetical order."""
    return [path for path in _of_folder(folder) if path.suffix.lower() in ENDINGS]


def not_read(folder: Path) -> list[str]:
    """Return a line for each file of the folder that is ignored because of its extension."""
    passed_over = [path for path in _of_folder(folder) if path.suffix.lower() not in (*ENDINGS, *OTHERS)]
    return [f"{path}: not read: limit files end in {', '.join(ENDINGS)}" for path in passed_over]


def read_folder(folder: Path) -> list[UserLimit]:
    """Read all limit files of a folder, in alphabetical order."""
    return [read(path) for path in files(folder)]


def for_figure(limits: list[UserLimit], constraint: str, figure: str) -> list[UserLimit]:
    """Return the limits that may be drawn in a figure.

    Parameters
    ----------
    limits : all limits of the user
    constraint : name of the constraint; `PLANES` for a comparison plane
    figure : name of the figure or plane

    Returns
    -------
    The limits that name the figure, and those that name no figure at all.
    """
    return [limit for limit in limits if not limit.figures or f"{constraint}/{figure}" in limit.figures]


def of_figures(
    limits: list[UserLimit], constraint: str, figures: Mapping, declared: Mapping | None
) -> dict[str, list[UserLimit]]:
    """Return the limits that each figure of a constraint receives.

    Parameters
    ----------
    limits : all limits of the user
    constraint : name of the constraint
    figures : its figures by name
    declared : the `user_limits` that the constraint declares: the two columns that each figure draws; None if nothing
        is declared, in which case every figure may draw any limit

    Returns
    -------
    The limits by figure.
    """
    seen = {}
    for figure in figures:
        meant = for_figure(limits, constraint, figure)
        if declared is not None:
            meant = [limit for limit in meant if [limit.x_name, limit.y_name] == declared.get(figure)]
        seen[figure] = meant
    return seen


def fit(columns: Mapping, x_name: str, y_name: str) -> bool:
    """Return whether a plane can draw a limit with two columns.

    Parameters
    ----------
    columns : the columns that the plane accepts, by name, each with its ``axis`` (x or y)
    x_name, y_name : columns of the limit

    Returns
    -------
    Whether they belong to the plane's x axis and y axis.
    """
    return (columns.get(x_name, {}).get("axis"), columns.get(y_name, {}).get("axis")) == ("x", "y")
