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

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nubounds.contract import InputError

ENDINGS = (".txt", ".csv", ".dat")
KEYS = ("label", "columns", "source", "figures", "side", "confidence_level")
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
    figures = tuple(header.get("figures", "").replace(",", " ").split())
    side = header.get("side", "upper")
    if side not in SIDES:
        raise InputError(f"{path}: '# side: {side}' must be one of {', '.join(SIDES)}")
    return UserLimit(
        header["label"], x, y, *names, header.get("source", ""), figures, path, side, header.get("confidence_level", "")
    )


def read_folder(folder: Path) -> list[UserLimit]:
    """All limit files of a folder (none if there is no folder), in alphabetical order of their names."""
    return [read(path) for path in sorted(folder.glob("*")) if path.suffix in ENDINGS and path.is_file()]


def for_figure(limits: list[UserLimit], constraint: str, figure: str) -> list[UserLimit]:
    """The limits that may appear in a figure."""
    return [limit for limit in limits if not limit.figures or f"{constraint}/{figure}" in limit.figures]
