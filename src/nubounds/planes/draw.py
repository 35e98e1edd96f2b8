"""Draw a plane."""

from __future__ import annotations

import textwrap
from functools import partial

import numpy as np

from nubounds import digests, style, units
from nubounds.config import Config
from nubounds.contract import EDGES, Curve, Side
from nubounds.layout import PUBLISHED_LIMITS, Layout
from nubounds.planes import collect, words, yours
from nubounds.planes.collect import COMPUTED, PUBLISHED, YOURS, Limit
from nubounds.planes.declaration import Plane, get

PUBLISHED_COLOUR, GUIDE_COLOUR = "0.35", "0.45"
TEXT_SIZE, TEXT_WIDTH, LINE_HEIGHT = 5.8, 155, 0.098  # points, letters in a line, inches per line
STRIP = 0.03  # width of the strip beside an observed limit, as a part of the axis
ALLOWED_HATCH = "...."
AXES_HEIGHT, ROOM = 4.6, {"left": 0.62, "right": 0.66, "bottom": 0.42, "top": 0.25}  # inches


def _looks(found: list[Limit]) -> list[dict]:
    """One look per limit: colour by origin, line style by family; projections are thin, variants thinner."""
    groups = list(dict.fromkeys(limit.group for limit in found if limit.kind == COMPUTED))
    families = list(dict.fromkeys(limit.family for limit in found))
    looks = []
    for limit in found:
        index = [family for family in families if family[0] == limit.group].index(limit.family)
        if limit.kind == PUBLISHED:
            colour, width = PUBLISHED_COLOUR, 0.7
        elif limit.kind == YOURS:
            colour, width = "black", 1.8
        else:
            colour, width = style.COLOURS[groups.index(limit.group) % 6], 1.2 if limit.curve.observed else 0.8
        dash = style.LINE_STYLES[index % len(style.LINE_STYLES)]
        looks.append({"color": colour, "linestyle": dash, "linewidth": 0.35 if limit.variant else width})
    return looks


def _regions(found: list[Limit], looks: list[dict]) -> list[dict]:
    """Closed regions with their two edges and their colour; projected ones stay empty and are left out."""
    regions: dict[tuple, dict] = {}
    for limit, look in zip(found, looks, strict=True):
        curve = limit.curve
        if not limit.variant and curve.side in EDGES and (curve.observed or curve.allowed):
            regions.setdefault((limit.group, curve.region), {"colour": look["color"]})[curve.side] = curve
    return [region for region in regions.values() if "bottom" in region and "top" in region]


def _fill(ax, bottom: Curve, top: Curve, **look) -> None:
    """Fill between two edges; where one begins or ends before the other, the fill ends upright."""
    steps = [1 if edge.x[0] <= edge.x[-1] else -1 for edge in (bottom, top)]
    x1, y1, x2, y2 = bottom.x[:: steps[0]], bottom.y[:: steps[0]], top.x[:: steps[1]], top.y[:: steps[1]]
    x = np.concatenate([x1, x1[-1:], x2[::-1], x1[:1]])
    y = np.concatenate([y1, y2[-1:], y2[::-1], y2[:1]])
    ax.fill(x, y, linewidth=0, **look)


def _shade(ax, plane: Plane, found: list[Limit], looks: list[dict]) -> None:
    """Hatch closed excluded regions, dot allowed ones, and mark the excluded side of the strongest observed limits of
    each paper with a strip: how far an exclusion reaches is not known from its edge.
    """
    for index, region in enumerate(_regions(found, looks)):
        bottom, top, colour = region["bottom"], region["top"], region["colour"]
        if bottom.allowed:
            _fill(ax, bottom, top, facecolor="none", edgecolor=(colour, 0.35), hatch=ALLOWED_HATCH)
        else:
            hatch = style.HATCHES[index % 2]
            _fill(ax, bottom, top, facecolor=(colour, 0.1), edgecolor=(colour, 0.25), hatch=hatch)
    x, (low, high) = np.geomspace(*plane.x["range"], 400), plane.y["range"]
    strongest: dict[str, np.ndarray] = {}  # by the colour of a paper
    for limit, look in zip(found, looks, strict=True):
        curve = limit.curve
        marked = limit.kind == COMPUTED and not limit.variant and curve.side is Side.UPPER and curve.observed
        if marked and (np.diff(curve.x) > 0).all():
            y = np.exp(np.interp(np.log(x), np.log(curve.x), np.log(curve.y), left=np.nan, right=np.nan))
            strongest[look["color"]] = np.fmin(strongest.get(look["color"], np.nan), y)
    for colour, edge in strongest.items():
        ax.fill_between(x, edge, edge * (high / low) ** STRIP, color=colour, alpha=0.2, linewidth=0)


def _axes(plane: Plane, lines: int):
    text = 0.1 + LINE_HEIGHT * lines
    width, height = style.TWO_COLUMNS, ROOM["bottom"] + AXES_HEIGHT + ROOM["top"] + text
    figure = style.plt.figure(figsize=(width, height))
    across = (ROOM["left"] / width, 1 - (ROOM["left"] + ROOM["right"]) / width)
    ax = figure.add_axes((across[0], (text + ROOM["bottom"]) / height, across[1], AXES_HEIGHT / height))
    below = figure.add_axes((0.1 / width, 0, 1 - 0.2 / width, text / height))
    below.set_axis_off()
    ax.set(
        xscale="log",
        yscale="log",
        xlim=plane.x["range"],
        ylim=plane.y["range"],
        xlabel=plane.x["label"],
        ylabel=plane.y["label"],
    )
    ax.set_title(plane.title)
    if plane.right:
        ax.tick_params(right=False, which="both")
        functions = tuple(getattr(units, plane.right[word]) for word in ("forward", "backward"))
        ax.secondary_yaxis("right", functions=functions).set_ylabel(plane.right["label"])
    return figure, ax, below


def _lines_of(plane: Plane, found: list[Limit], numbered: dict[str, str]) -> list[str]:
    lines = []
    for heading, text in words.below(plane, found, numbered):
        lines += textwrap.wrap(f"{heading}: {text}" if heading else text, TEXT_WIDTH, break_long_words=False)
    return lines


def _once(plane: Plane, found: list[Limit], numbered: dict[str, str]):
    """The figure with these labels replaced by numbers; returns it and the labels that collide."""
    lines = _lines_of(plane, found, numbered)
    figure, ax, below = _axes(plane, len(lines))
    looks = _looks(found)
    for guide in plane.guides:
        x = np.geomspace(*plane.x["range"], 50)
        y = guide["coefficient"] * x ** guide["power"]
        ax.plot(x, y, color=GUIDE_COLOUR, linewidth=0.6, linestyle=(0, (4, 2)))
        style.label_curve(ax, x, y, guide["label"], at=0.3, color=GUIDE_COLOUR, fontsize=5.5)
    families: dict[tuple, list] = {}
    for limit, look in zip(found, looks, strict=True):
        ax.plot(limit.curve.x, limit.curve.y, **look)
        if not limit.variant:
            families.setdefault((limit.family, look["color"]), []).append(limit.curve)
    for ((_, label), colour), curves in families.items():
        x, y = (np.concatenate([[*getattr(curve, axis), np.nan] for curve in curves]) for axis in "xy")
        style.label_curve(
            ax, x, y, numbered.get(label, style.typeset(label)), at=0.5 / len(curves), color=colour, fontsize=6
        )
    _shade(ax, plane, found, looks)
    if not found:
        ax.text(0.5, 0.5, "no limits in this plane yet", transform=ax.transAxes, ha="center", color="0.5")
    below.text(
        0,
        1,
        "\n".join(lines),
        fontsize=TEXT_SIZE,
        va="top",
        transform=below.transAxes,
        linespacing=1.15,
    )
    return figure, style.finish(figure)


def figure_of(plane: Plane, found: list[Limit]):
    """A plane's figure.  Labels that find no free place along their curves become numbers, explained below."""
    numbered: dict[str, str] = {}
    labels = {limit.curve.label for limit in found}
    for _ in range(4):
        figure, colliding = _once(plane, found, numbered)
        new = [label for label in dict.fromkeys(colliding) if label in labels and label not in numbered]
        if not new:
            return figure
        style.plt.close(figure)
        numbered |= {label: f"({len(numbered) + 1 + index})" for index, label in enumerate(new)}
    return _once(plane, found, numbered)[0]


def draw(config: Config, name: str, log) -> None:
    """Draw a plane as pdf and png."""
    style.setup()
    plane, layout = get(name), Layout(config.results)
    found = collect.collect(plane, config)
    figure = figure_of(plane, found)
    with digests.noting(layout, "comparison", name):
        style.save_all(figure, partial(layout.comparison, name))
    log(f"{name}: {len(found)} limits")
    for line in yours.unknown(config):
        log(line)
    if not any(limit.kind == PUBLISHED for limit in found):
        log(f"{name}: no published limits of others in {PUBLISHED_LIMITS}: drawn without them (make published-limits)")
