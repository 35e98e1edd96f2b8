"""The comparison planes as a page: the figures, and a viewer that needs nothing but the page itself."""

from __future__ import annotations

import json
from html import escape

from nubounds.config import Config
from nubounds.layout import Layout
from nubounds.mathtext import to_html, to_text
from nubounds.planes import collect, declaration
from nubounds.planes.collect import Limit
from nubounds.planes.declaration import Plane
from nubounds.report import html

FILE = "planes.html"
DIGITS = 7  # of the viewer's numbers; the limit files have all


def _rounded(values) -> list[float]:
    return [float(f"{value:.{DIGITS}g}") for value in values.tolist()]


def _curve(limit: Limit, main: bool) -> dict:
    curve = limit.curve
    label = curve.label if main or not curve.convention else f"{curve.label} ({curve.convention})"
    level = f"{curve.confidence_level} C.L." if curve.confidence_level else "criterion, no C.L."
    return {
        "label": to_text(label),
        "group": limit.reference,
        "kind": limit.kind,
        "side": curve.side,
        "level": f"{level}, {'observed' if curve.observed else 'projected'}",
        "said": "; ".join(word for word in (curve.convention, curve.assumptions, curve.source, curve.note) if word),
        "columns": ", ".join(limit.columns),
        "x": _rounded(curve.x),
        "y": _rounded(curve.y),
    }


def data(plane: Plane, found: list[Limit]) -> dict:
    """What the viewer gets to know of a plane."""
    return {
        "name": plane.name,
        "title": plane.title,
        "convention": plane.convention,
        "x": {"name": plane.x["name"], "label": to_html(plane.x["label"]), "range": plane.x["range"]},
        "y": {"name": plane.y["name"], "label": to_html(plane.y["label"]), "range": plane.y["range"]},
        "curves": [
            _curve(limit, main)
            for limit, main in zip(found, collect.main_curves(found), strict=True)
            if len(limit.curve.x) > 1
        ],
    }


def page(config: Config, layout: Layout) -> str:
    """The page of all planes."""
    known = []
    figures = []
    for name in declaration.names():
        plane = declaration.get(name)
        known.append(data(plane, collect.collect(plane, config)))
        figures.append(
            f'<figure id="{name}">{html.image(layout.comparison(name, "png"), plane.title)}<figcaption>'
            f"<b>{escape(plane.title)}.</b> "
            f'{escape(plane.convention)} <a href="../comparison/{name}.pdf">pdf</a></figcaption></figure>'
        )
    known.sort(key=lambda entry: not entry["curves"])
    content = json.dumps(known, allow_nan=False).replace("<", "\\u003c")  # no label ends or comments out the script
    body = (
        '<nav><a href="index.html">all papers</a><a href="#figures">figures</a></nav><h1>Comparison planes</h1>'
        "<p>Limits of all papers of this run in common coordinates, with limits of other experiments and "
        "your own where files are there. "
        "Point at a curve to read its limit; drag to zoom, double-click to return.</p>"
        f'<div class="viewer" data-viewer></div><script type="application/json" id="planes">{content}</script>'
        f'<h2 id="figures">Figures</h2>{"".join(figures)}'
    )
    return html.page("nubounds: comparison planes", body, html.asset("viewer.js"))


def summary(layout: Layout) -> str:
    """The planes on the overview."""
    figures = "".join(
        f'<figure><a href="{FILE}#{name}">{html.image(layout.comparison(name, "png"), name)}</a>'
        f"<figcaption>{escape(declaration.get(name).title)}</figcaption></figure>"
        for name in declaration.names()
    )
    links = f'<h2><a href="{FILE}">Comparison planes</a></h2><p><a href="{FILE}">Interactive viewer</a></p>'
    return f'{links}<div class="thumbnails">{figures}</div>'
