"""The comparison planes as a page: the figures, and a viewer that needs nothing but the page itself."""

from __future__ import annotations

import json
from html import escape

import numpy as np

from nubounds.config import Config
from nubounds.layout import Layout
from nubounds.mathtext import to_html, to_text
from nubounds.planes import collect, declaration, words, yours
from nubounds.planes.collect import Limit
from nubounds.planes.declaration import Plane
from nubounds.report import html
from nubounds.steps import limits

FILE = "planes.html"
DIGITS = 7  # of the viewer's numbers; the limit files have all


def _rounded(values) -> list[float]:
    return [float(f"{value:.{DIGITS}g}") for value in values.tolist()]


def _curve(limit: Limit, found: list[Limit]) -> dict:
    curve = limit.curve
    label = f"{curve.label} ({', '.join(words.differences(limit, found))})" if limit.variant else curve.label
    return {
        "label": to_text(label),
        "html": to_html(label),
        "family": curve.label,
        "variant": limit.variant,
        "group": limit.reference,
        "side": curve.side,
        "level": limits.kind(curve),
        "said": "; ".join(word for word in (curve.convention, curve.assumptions, curve.source, curve.note) if word),
        "columns": ", ".join(limit.columns),
        "x": _rounded(curve.x),
        "y": _rounded(curve.y),
    }


def _guide(plane: Plane, guide: dict) -> dict:
    x = np.geomspace(*plane.x["range"], 50)
    label = {"label": to_text(guide["label"]), "html": to_html(guide["label"]), "family": guide["label"]}
    kind = {"variant": True, "group": "guide lines", "side": "line", "level": "a line that excludes nothing"}
    names = {"said": plane.convention, "columns": f"{plane.x['name']}, {plane.y['name']}"}
    return label | kind | names | {"x": _rounded(x), "y": _rounded(guide["coefficient"] * x ** guide["power"])}


def data(plane: Plane, found: list[Limit]) -> dict:
    """What the viewer gets to know of a plane."""
    curves = [_curve(limit, found) for limit in found]
    return {
        "name": plane.name,
        "title": plane.title,
        "convention": plane.convention,
        "x": {"name": plane.x["name"], "label": to_html(plane.x["label"]), "range": plane.x["range"]},
        "y": {"name": plane.y["name"], "label": to_html(plane.y["label"]), "range": plane.y["range"]},
        "curves": curves + ([_guide(plane, guide) for guide in plane.guides] if curves else []),
    }


def page(config: Config, layout: Layout) -> str:
    """The page of all planes."""
    known = []
    figures = []
    for name in declaration.names():
        plane = declaration.get(name)
        known.append(data(plane, collect.collect(plane, config)))
        figures.append(
            f'<figure id="{name}">{html.image(layout.comparison(name, "png").read_bytes(), plane.title)}<figcaption>'
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
        f"{''.join(f'<p><b>{escape(line)}</b></p>' for line in yours.unknown(config))}"
        f'<div class="viewer" data-viewer></div><script type="application/json" id="planes">{content}</script>'
        f'<h2 id="figures">Figures</h2>{"".join(figures)}'
    )
    return html.page("nubounds: comparison planes", body, html.asset("viewer.js"))


def summary(layout: Layout) -> str:
    """The planes on the overview."""
    names = declaration.names()
    pictures = html.thumbnails([layout.comparison(name, "png") for name in names])
    figures = "".join(
        f'<figure><a href="{FILE}#{name}">{html.image(picture, name)}</a>'
        f"<figcaption>{escape(declaration.get(name).title)}</figcaption></figure>"
        for name, picture in zip(names, pictures, strict=True)
    )
    links = f'<h2><a href="{FILE}">Comparison planes</a></h2><p><a href="{FILE}">Interactive viewer</a></p>'
    return f'{links}<div class="thumbnails">{figures}</div>'
