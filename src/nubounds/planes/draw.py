"""Draw a plane."""

from __future__ import annotations

import textwrap

import numpy as np

from nubounds import style, units
from nubounds.config import Config
from nubounds.layout import PUBLISHED_LIMITS, Layout
from nubounds.planes import collect, words
from nubounds.planes.collect import COMPUTED, PUBLISHED, YOURS, Limit
from nubounds.planes.declaration import Plane, get

PUBLISHED_COLOUR, GUIDE_COLOUR = "0.35", "0.45"
TEXT_SIZE, TEXT_WIDTH, LINE_HEIGHT = 5.8, 155, 0.098  # points, letters in a line, inches per line
AXES_HEIGHT, ROOM = 4.6, {"left": 0.62, "right": 0.66, "bottom": 0.42, "top": 0.25}  # inches


def _looks(found: list[Limit]) -> list[dict]:
    """Colour by origin and line style within it, one entry per limit; projections and variants are thinner."""
    groups = list(dict.fromkeys(limit.group for limit in found if limit.kind == COMPUTED))
    counts: dict[str, int] = {}
    drawn: dict[tuple, dict] = {}
    looks = []
    for limit, main in zip(found, collect.main_curves(found), strict=True):
        curve = limit.curve
        key = (limit.group, curve.region or curve.name) if main else (limit.group, curve.label)
        if key not in drawn:
            index = counts[limit.group] = counts.get(limit.group, -1) + 1
            if limit.kind == PUBLISHED:
                look = {"color": PUBLISHED_COLOUR, "linewidth": 0.7}
            elif limit.kind == YOURS:
                look = {"color": "black", "linewidth": 1.8}
            else:
                colour = style.COLOURS[groups.index(limit.group) % 6]
                look = {"color": colour, "linewidth": 1.2 if curve.observed else 0.8}
            drawn[key] = look | {"linestyle": style.LINE_STYLES[index % len(style.LINE_STYLES)]}
            drawn.setdefault((limit.group, curve.label), drawn[key] | {"linewidth": 0.4})
        looks.append(drawn[key])
    return looks


def _edges(found: list[Limit], looks: list[dict]) -> list[dict]:
    """Closed regions: the edges that belong together, with their look."""
    regions: dict[tuple, dict] = {}
    for limit, look, main in zip(found, looks, collect.main_curves(found), strict=True):
        if main and limit.curve.side in ("bottom", "top") and limit.curve.region:
            regions.setdefault((limit.group, limit.curve.region), {"look": look})[limit.curve.side] = limit.curve
    return [region for region in regions.values() if "bottom" in region and "top" in region]


def _shade(ax, plane: Plane, found: list[Limit], looks: list[dict]) -> None:
    """A hatch in closed regions; a light colour above the strongest of the observed limits of each paper."""
    for index, region in enumerate(_edges(found, looks)):
        bottom, top = region["bottom"], region["top"]
        same = (top.x[0] <= top.x[-1]) == (bottom.x[0] <= bottom.x[-1])
        x = np.concatenate([bottom.x, top.x[::-1] if same else top.x])
        y = np.concatenate([bottom.y, top.y[::-1] if same else top.y])
        hatch, colour = style.HATCHES[index % len(style.HATCHES)], region["look"]["color"]
        ax.fill(x, y, facecolor=(colour, 0.1), edgecolor=(colour, 0.25), linewidth=0, hatch=hatch)
    x = np.geomspace(*plane.x["range"], 400)
    for group in dict.fromkeys(limit.group for limit in found if limit.kind == COMPUTED):
        lowest, colour = np.full(x.size, np.inf), None
        for limit, look in zip(found, looks, strict=True):
            curve = limit.curve
            if limit.group == group and curve.side == "upper" and curve.observed and (np.diff(curve.x) > 0).all():
                y = np.interp(np.log(x), np.log(curve.x), np.log(curve.y), left=np.inf, right=np.inf)
                lowest, colour = np.minimum(lowest, np.exp(y)), look["color"]
        if colour:
            excluded = np.isfinite(lowest)
            ax.fill_between(x, np.where(excluded, lowest, np.nan), plane.y["range"][1], color=colour, alpha=0.1, lw=0)


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
        with np.errstate(
            invalid="ignore"
        ):  # a new axis begins with limits of its own, outside the range of some functions
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
    labelled = set()
    for guide in plane.guides:
        x = np.geomspace(*plane.x["range"], 50)
        y = guide["coefficient"] * x ** guide["power"]
        ax.plot(x, y, color=GUIDE_COLOUR, linewidth=0.6, linestyle=(0, (4, 2)))
        style.label_curve(ax, x, y, guide["label"], at=0.3, color=GUIDE_COLOUR, fontsize=5.5)
    for limit, look, main in zip(found, looks, collect.main_curves(found), strict=True):
        curve = limit.curve
        ax.plot(curve.x, curve.y, **look)
        key = (limit.group, curve.region or curve.name)
        if main and key not in labelled:
            labelled.add(key)
            style.label_curve(
                ax, curve.x, curve.y, numbered.get(curve.label, curve.label), color=look["color"], fontsize=6
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
    found = [limit for limit in found if len(limit.curve.x) > 1]
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
    plane, layout = get(name), Layout(config.results)
    found = collect.collect(plane, config)
    figure = figure_of(plane, found)
    for ending in style.ENDINGS:
        style.save(figure, layout.comparison(name, ending), ending)
    style.plt.close(figure)
    log(f"{name}: {len(found)} limits")
    if not any(limit.kind == PUBLISHED for limit in found):
        log(f"{name}: no published limits of others in {PUBLISHED_LIMITS}: drawn without them (make published-limits)")
