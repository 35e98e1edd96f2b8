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

PUBLISHED_COLOUR, GUIDE_COLOUR = "0.35", "0.6"
TEXT_SIZE, TEXT_WIDTH, LINE_HEIGHT = 5.8, 165, 0.098  # points, letters in a line, inches per line
AXES_HEIGHT, ROOM = 4.6, {"left": 0.62, "right": 0.66, "bottom": 0.42, "top": 0.25}  # inches


def _looks(found: list[Limit]) -> list[dict]:
    """Colour by origin and line style within it, one entry per limit; projected curves are thinner."""
    groups = list(dict.fromkeys(limit.group for limit in found if limit.kind not in (PUBLISHED, YOURS)))
    counts: dict[str, int] = {}
    drawn: dict[tuple, dict] = {}
    looks = []
    for limit in found:
        key = (limit.group, limit.curve.region or limit.curve.name)
        if key not in drawn:
            index = counts[limit.group] = counts.get(limit.group, -1) + 1
            if limit.kind == PUBLISHED:
                look = {"color": PUBLISHED_COLOUR, "linewidth": 0.7}
            elif limit.kind == YOURS:
                look = {"color": "black", "linewidth": 1.8}
            else:
                look = {
                    "color": style.COLOURS[groups.index(limit.group) % 6],
                    "linewidth": 1.2 if limit.curve.observed else 0.8,
                }
            drawn[key] = look | {"linestyle": style.LINE_STYLES[index % len(style.LINE_STYLES)]}
        looks.append(drawn[key])
    return looks


def _shade(ax, found: list[Limit], looks: list[dict]) -> None:
    """Closed regions with a hatch, and what observed limits exclude with a light colour."""
    top = ax.get_ylim()[1]
    regions: dict[tuple, dict] = {}
    for limit, look in zip(found, looks, strict=True):
        curve = limit.curve
        if curve.side in ("bottom", "top") and curve.region:
            regions.setdefault((limit.group, curve.region), {"look": look})[curve.side] = curve
        elif curve.side == "upper" and curve.observed and limit.kind == COMPUTED and (np.diff(curve.x) > 0).all():
            ax.fill_between(curve.x, curve.y, top, color=look["color"], alpha=0.05, linewidth=0)
    for index, region in enumerate(regions.values()):
        if "bottom" in region and "top" in region:
            bottom, high = region["bottom"], region["top"]
            forward = bottom.x[0] <= bottom.x[-1]
            same = (high.x[0] <= high.x[-1]) == forward
            x = np.concatenate([bottom.x, high.x[::-1] if same else high.x])
            y = np.concatenate([bottom.y, high.y[::-1] if same else high.y])
            colour = region["look"]["color"]
            ax.fill(
                x,
                y,
                facecolor=colour,
                edgecolor=colour,
                alpha=0.15,
                linewidth=0,
                hatch=style.HATCHES[index % len(style.HATCHES)],
            )


def _axes(plane: Plane, lines: int):
    text = 0.1 + LINE_HEIGHT * lines
    width, height = style.TWO_COLUMNS, ROOM["bottom"] + AXES_HEIGHT + ROOM["top"] + text
    figure = style.plt.figure(figsize=(width, height), layout="none")
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
    for limit, look in zip(found, looks, strict=True):
        curve = limit.curve
        ax.plot(curve.x, curve.y, **look)
        key = (limit.group, curve.region or curve.name)
        if key not in labelled:
            labelled.add(key)
            style.label_curve(
                ax, curve.x, curve.y, numbered.get(curve.label, curve.label), color=look["color"], fontsize=6
            )
    _shade(ax, found, looks)
    if not found:
        ax.text(0.5, 0.5, "no limits in this plane yet", transform=ax.transAxes, ha="center", color="0.5")
    below.text(
        0,
        1,
        "\n".join(lines).replace("$", r"\$"),
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
        numbered |= {label: str(len(numbered) + 1 + index) for index, label in enumerate(new)}
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
