"""Draw a plane, and write its caption beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nubounds import registry, style
from nubounds.config import Config
from nubounds.contract import EDGES, Curve, Side
from nubounds.face.limit import shade
from nubounds.files import digests, tables
from nubounds.files.layout import CAPTION, NUMBERS, PUBLISHED_LIMITS, Layout
from nubounds.numerics import units
from nubounds.planes import collect, words, yours
from nubounds.planes.collect import PUBLISHED, YOURS, Limit
from nubounds.planes.declaration import Plane, get
from nubounds.style import drawn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PUBLISHED_COLOUR, GUIDE_COLOUR = "0.35", "0.45"
ALLOWED_HATCH = "...."
BEST = {"linewidth": 2.4, "alpha": 0.35}  # today's best physics beside the paper's
AXES_HEIGHT, ROOM = 4.6, {"left": 0.62, "right": 0.15, "bottom": 0.42, "top": 0.25}  # inches
SECOND_AXIS = 0.51  # room for its numbers and its name


def _colours(found: list[Limit]) -> dict[str, str]:
    """The colour of each paper: the same in every plane and every run, whichever papers are in it."""
    known = registry.names()
    groups = [*known, *dict.fromkeys(limit.group for limit in found if limit.group not in known)]
    return {group: style.COLOURS[index % 6] for index, group in enumerate(groups)}


def _looks(found: list[Limit]) -> list[dict]:
    """One look per limit: colour by origin, line style by family; projections are thin, variants thinner, today's best
    beside the paper's is thick and pale.
    """
    colours = _colours(found)
    families = list(dict.fromkeys(limit.family for limit in found))
    looks = []
    for limit in found:
        index = [family for family in families if family[0] == limit.group].index(limit.family)
        if limit.kind == PUBLISHED:
            colour, width = PUBLISHED_COLOUR, 0.7
        elif limit.kind == YOURS:
            colour, width = "black", 1.8
        else:
            colour, width = colours[limit.group], 1.2 if limit.curve.observed else 0.8
        dash = style.LINE_STYLES[index % len(style.LINE_STYLES)]
        thickness = {"linewidth": 0.35 if limit.variant else width}
        if limit.other_preset and limit.curve.preset == "best":
            thickness = BEST
        looks.append({"color": colour, "linestyle": dash, **thickness})
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


def _shade(ax, found: list[Limit], looks: list[dict]) -> None:
    """Tint closed excluded regions and dot allowed ones.  A tint stays clear where several lie above each other."""
    for region in _regions(found, looks):
        bottom, top, colour = region["bottom"], region["top"], region["colour"]
        if bottom.allowed:
            _fill(ax, bottom, top, facecolor="none", edgecolor=(colour, 0.35), hatch=ALLOWED_HATCH)
        else:
            _fill(ax, bottom, top, facecolor=(colour, 0.12))


def _bands(ax, found: list[Limit], looks: list[dict]) -> None:
    """Shade the bands of the main limits."""
    for limit, look in zip(found, looks, strict=True):
        if limit.band is not None and not limit.variant and limit.curve.side is not Side.LINE:
            shade(ax, limit.band, look["color"])


def _axes(plane: Plane):
    from matplotlib import pyplot

    width, height = style.TWO_COLUMNS, ROOM["bottom"] + AXES_HEIGHT + ROOM["top"]
    figure = pyplot.figure(figsize=(width, height))
    right = ROOM["right"] + (SECOND_AXIS if plane.right else 0)
    across = (ROOM["left"] / width, 1 - (ROOM["left"] + right) / width)
    ax = figure.add_axes((across[0], ROOM["bottom"] / height, across[1], AXES_HEIGHT / height))
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
    return figure, ax


def _once(plane: Plane, found: list[Limit], numbered: dict[str, str]):
    """The figure with these labels replaced by numbers; returns it and the labels that collide."""
    figure, ax = _axes(plane)
    looks = _looks(found)
    for guide in plane.guides:
        x = np.geomspace(*plane.x["range"], 50)
        y = guide["coefficient"] * x ** guide["power"]
        ax.plot(x, y, color=GUIDE_COLOUR, linewidth=0.6, linestyle=(0, (4, 2)))
        style.label_curve(ax, x, y, guide["label"], at=0.3, color=GUIDE_COLOUR, fontsize=5.5)
    families: dict[tuple, list] = {}
    for limit, look in zip(found, looks, strict=True):
        strokes = [] if limit.variant else style.towards_excluded(limit.curve)
        ax.plot(limit.curve.x, limit.curve.y, **look, path_effects=strokes)
        if not limit.variant:
            families.setdefault((limit.family, look["color"]), []).append(limit.curve)
    for ((_, label), colour), curves in families.items():
        x, y = (np.concatenate([[*getattr(curve, axis), np.nan] for curve in curves]) for axis in "xy")
        shown = numbered.get(label, style.typeset(label))
        above = curves[0].side in ("line", "top")  # where no strokes are
        style.label_curve(ax, x, y, shown, at=0.5 / len(curves), above=above, color=colour, fontsize=6)
    _shade(ax, found, looks)
    _bands(ax, found, looks)
    if not found:
        ax.text(0.5, 0.5, "no limits in this plane yet", transform=ax.transAxes, ha="center", color="0.5")
    return figure, style.finish(figure)


def figure_of(plane: Plane, found: list[Limit]) -> tuple[Figure, str]:
    """A plane's figure and its caption.  Labels that find no free place along their curves become numbers, which the
    caption explains.

    Parameters
    ----------
    plane : the plane
    found : its limits

    Returns
    -------
    Figure and caption.
    """
    from matplotlib import pyplot

    numbered: dict[str, str] = {}
    labels = {limit.curve.label for limit in found}
    for _ in range(4):
        figure, colliding = _once(plane, found, numbered)
        new = [label for label in dict.fromkeys(colliding) if label in labels and label not in numbered]
        if not new:
            break
        pyplot.close(figure)
        numbered |= {label: f"({len(numbered) + 1 + index})" for index, label in enumerate(new)}
    else:
        figure, _ = _once(plane, found, numbered)
    return figure, words.caption(plane, found, numbered)


def draw(config: Config, name: str, variants: bool, log: Callable[[str], None], bands: bool = False) -> None:
    """Draw a plane as pdf and png and write its caption; variants of its limits only where they are wanted, or have the
    inputs of another preset.

    With `bands` the limits are those of ensembles, in a plane of its own beside the other.

    Parameters
    ----------
    config : the config
    name : name of the plane
    variants : whether to draw every variant of a limit
    log : called with lines for the user
    bands : whether to draw the limits of the ensembles, with their bands
    """
    style.setup()
    plane, layout = get(name), Layout(config.results)
    files = collect.read_files(config, bands)
    path_of = layout.comparison_with_bands if bands else layout.comparison
    found = [
        limit
        for limit in collect.collect(plane, config, files=files)
        if variants or limit.other_preset or not limit.variant
    ]
    figure, caption = figure_of(plane, found)
    with digests.noting(layout, "comparison", f"{name}_bands" if bands else name):
        drawn.write(figure, path_of(name, NUMBERS), [f"{plane.title}; {plane.convention}"])
        style.save_all(figure, partial(path_of, name))
        tables.write_text(path_of(name, CAPTION), caption)
    log(f"{name}: {len(found)} limits")
    for line in yours.unknown(files.mine, config.user_limits, files.indexes):
        log(line)
    if not any(limit.kind == PUBLISHED for limit in found):
        log(f"{name}: no published limits of others in {PUBLISHED_LIMITS}: drawn without them (make published-limits)")
