"""Convert downloaded files to limits in the coordinates of their planes, using the units given in the table."""

from __future__ import annotations

import re

import numpy as np

from nubounds.contract import Curve, InputError
from nubounds.planes import declaration
from nubounds.published.table import COUPLING_COLUMNS, MASS_COLUMNS, Row

# Units in a file's own header.  They are only compared with the table, never trusted: some headers are mere copies.
_MASS = re.compile(r"\bm_?4?\s*\[(keV|MeV|GeV)\]", re.IGNORECASE)
_COUPLINGS = {
    "d in 1/GeV": re.compile(r"1/GeV|GeV\^?\{?-1"),
    "d in 1/MeV": re.compile(r"1/MeV|MeV\^?\{?-1"),
    "mu_B": re.compile(r"mu_\{?B"),
}


def _check_header(row: Row, header: str) -> None:
    mass = _MASS.search(header)
    if mass and mass.group(1).lower() != row.mass_unit.lower():
        raise InputError(
            f"{row.where}: masses in {mass.group(1)} according to the file, in {row.mass_unit} according to the table: "
            "a unit has changed"
        )
    said = [word for word, pattern in _COUPLINGS.items() if pattern.search(header)]
    if said and row.coupling not in said:
        raise InputError(
            f"{row.where}: couplings as {' or '.join(said)} according to the file, as {row.coupling} according to the "
            "table: a unit has changed"
        )


def numbers(row: Row, text: str) -> tuple[np.ndarray, np.ndarray]:
    """Read the two columns of a file.

    Parameters
    ----------
    row : the file's row in the table
    text : content of the file

    Returns
    -------
    Masses and couplings, each of shape (n,), in the units of the table.

    Raises
    ------
    InputError
        With the row and the line, for a line that is not two positive numbers, or units that differ from the table's.
    """
    _check_header(row, "\n".join(line for line in text.splitlines() if line.lstrip().startswith("#")))
    pairs = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].replace(",", " ").split()
        if not words:
            continue
        try:
            x, y = map(float, words)
        except ValueError:
            raise InputError(f"{row.where}: line {number} is not two numbers: {line.strip()[:60]!r}") from None
        if not (np.isfinite(x) and np.isfinite(y) and x > 0 and y > 0):
            raise InputError(f"{row.where}: line {number}: must be positive and finite")
        pairs.append((x, y))
    if len(pairs) < 2:
        raise InputError(f"{row.where}: fewer than two points")
    return tuple(np.array(pairs).T)


def curve(row: Row, text: str) -> Curve:
    """Convert a file to a curve in the coordinates of its plane.

    Parameters
    ----------
    row : the file's row in the table
    text : content of the file

    Returns
    -------
    The curve.

    Raises
    ------
    InputError
        As :func:`numbers`, and for couplings outside the range of the plane's coordinate.
    """
    plane = declaration.get(row.plane)
    mass, coupling = numbers(row, text)
    x = plane.convert(MASS_COLUMNS[row.mass_unit], "x", mass, row.where)
    y = plane.convert(COUPLING_COLUMNS[row.coupling], "y", coupling, row.where)
    if not np.isfinite(y).all():
        raise InputError(f"{row.where}: {row.coupling} has values that no {plane.y['name']} corresponds to")
    flavour = f" ({row.flavour})" if row.flavour not in ("", "all") else ""
    return Curve(
        row.stem,
        f"{row.label}{flavour}",
        x,
        y,
        plane.coordinate("x"),
        plane.coordinate("y"),
        side=row.side,
        region=row.region,
        confidence_level=row.confidence_level,
        observed="projection" not in row.remark,
        source=row.source,
        plane=plane.name,
        assumptions="" if row.side in ("bottom", "top") else row.remark,  # an edge's remark only says which edge it is
    )
