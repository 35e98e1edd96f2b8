"""What the viewer of the comparison planes gets to know."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence

import numpy as np
from markupsafe import Markup

from nubounds import registry
from nubounds.contract import Side
from nubounds.mathtext import to_html, to_text
from nubounds.planes import words
from nubounds.planes.collect import Limit
from nubounds.planes.declaration import Plane
from nubounds.report.gather import PlaneFigure
from nubounds.steps import limits
from nubounds.steps.limits import Band

FILE = "planes.html"
DIGITS = 7  # of the viewer's numbers; the limit files have all


def _rounded(values) -> list[float]:
    return [float(f"{value:.{DIGITS}g}") for value in values.tolist()]


def _band(band: Band) -> dict:
    """A band: what the reader of a limit file with a band gets, and null for no limit."""
    columns = {name: _rounded(values) for name, values in band.quantiles.items()}
    finite = {name: [value if math.isfinite(value) else None for value in values] for name, values in columns.items()}
    return {"members": band.members, "x": _rounded(band.x), **finite}


def _bands(limit: Limit, ensembles: Sequence[Limit]) -> list[dict]:
    """The bands of a limit: one for each branch if it turns back; a line that excludes nothing has none."""
    if limit.curve.side is Side.LINE:
        return []
    return [
        _band(other.band)
        for other in ensembles
        if other.band and (other.group, other.curve.name.partition(" [")[0]) == (limit.group, limit.curve.name)
    ]


def _curve(limit: Limit, found: list[Limit], ensembles: Sequence[Limit]) -> dict:
    curve, known = limit.curve, registry.names()
    label = f"{curve.label} ({', '.join(words.differences(limit, found))})" if limit.variant else curve.label
    return {
        "label": to_text(label),
        "html": to_html(label),
        "family": curve.label,
        "region": curve.region,
        "variant": limit.variant,
        "group": limit.reference,
        "paper": known.index(limit.group) if limit.group in known else -1,
        "side": curve.side,
        "excludes": curve.observed and not curve.allowed and not curve.sketch,
        "level": limits.kind(curve),
        "said": "; ".join(filter(None, (*words.said(limit), curve.source, curve.note))),
        "columns": ", ".join(limit.columns),
        "x": _rounded(curve.x),
        "y": _rounded(curve.y),
        "bands": _bands(limit, ensembles),
    }


def _guide(plane: Plane, guide: dict) -> dict:
    x = np.geomspace(*plane.x["range"], 50)
    label = {"label": to_text(guide["label"]), "html": to_html(guide["label"]), "family": guide["label"]}
    kind = {"variant": True, "group": "guide lines", "side": "line", "level": "a line that excludes nothing"}
    names = {"said": plane.convention, "columns": f"{plane.x['name']}, {plane.y['name']}"}
    plain = {"region": "", "excludes": False, "paper": -1, "bands": []}
    values = {"x": _rounded(x), "y": _rounded(guide["coefficient"] * x ** guide["power"])}
    return label | kind | names | plain | values


def _conversion(plane: Plane, column: str, axis: str) -> float | str:
    """The factor from a column to the plane's coordinate, or the name of the function where it is none."""
    function = plane.columns[column].get("convert", "")
    one, two = (plane.convert(column, axis, np.array([value]), column)[0] / value for value in (1e-4, 1e-1))
    return float(f"{one:.15g}") if abs(two / one - 1) < 1e-12 else function


def _axis(plane: Plane, axis: str) -> dict:
    declared = getattr(plane, axis)
    columns = [column for column, entry in plane.columns.items() if entry["axis"] == axis]
    return {
        "name": declared["name"],
        "label": to_html(declared["label"]),
        "words": to_text(declared["label"]),
        "range": declared["range"],
        "columns": {column: _conversion(plane, column, axis) for column in columns},
    }


def data(plane: Plane, found: list[Limit], ensembles: Sequence[Limit] = ()) -> dict:
    """A plane as the viewer draws it: axes with the columns of limit files that they accept, and curves.

    Parameters
    ----------
    plane : the plane
    found : its limits
    ensembles : the limits of ensembles in it, whose bands go to those of the same name

    Returns
    -------
    What the viewer reads, ready for JSON.
    """
    curves = [_curve(limit, found, ensembles) for limit in found]
    return {
        "name": plane.name,
        "title": plane.title,
        "convention": plane.convention,
        "x": _axis(plane, "x"),
        "y": _axis(plane, "y"),
        "curves": curves + ([_guide(plane, guide) for guide in plane.guides] if curves else []),
    }


def script_data(planes: Iterable[PlaneFigure]) -> Markup:
    """The planes as JSON inside a script, those with limits first; no label ends or comments out the script."""
    known = sorted(
        (data(entry.plane, entry.found, entry.bands) for entry in planes), key=lambda plane: not plane["curves"]
    )
    return Markup(json.dumps(known, allow_nan=False).replace("<", "\\u003c"))
