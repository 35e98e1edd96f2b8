"""How every figure looks: sizes, fonts, colours with a second channel, labels in place."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

# Okabe and Ito's colours, distinguishable with the common colour-vision deficiencies; always paired with a line style.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999933")
LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1)), (0, (3, 1, 1, 1)))
HATCHES = ("///", "\\\\\\", "...", "xxx", "+++", "ooo")
ONE_COLUMN, TWO_COLUMNS = 3.4, 7.0  # widths in inches

RC = {
    "font.size": 8,
    "axes.labelsize": 9,
    "axes.titlesize": 8,
    "legend.fontsize": 7,
    "lines.linewidth": 1.2,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "hatch.linewidth": 0.5,
    "pdf.fonttype": 42,
    "figure.constrained_layout.use": True,
    "savefig.dpi": 200,
    "mathtext.fontset": "dejavusans",
}
plt.rcParams.update(RC)


def new_figure(rows=1, columns=1, *, width=None, height=None, **options):
    """A figure and its axes; `width` in inches defaults to one or two columns of a journal page."""
    width = width or (ONE_COLUMN if columns == 1 else TWO_COLUMNS)
    height = height or 0.8 * width / columns * rows
    return plt.subplots(rows, columns, figsize=(width, height), **options)


def line(index: int) -> dict:
    """Colour and line style number `index`, as keywords for `Axes.plot`."""
    return {"color": COLOURS[index % len(COLOURS)], "linestyle": LINE_STYLES[index % len(LINE_STYLES)]}


def _visible(ax, x, y):
    """The points of a curve inside the axes, in display coordinates."""
    xy = ax.transData.transform(np.column_stack([x, y]).astype(float))
    (x0, y0), (x1, y1) = ax.transAxes.transform([(0, 0), (1, 1)])
    inside = np.isfinite(xy).all(axis=1)
    inside &= (xy[:, 0] > x0) & (xy[:, 0] < x1) & (xy[:, 1] > y0) & (xy[:, 1] < y1)
    return xy, inside


def label_curve(ax, x, y, text, *, at=0.5, above=True, color="black", **options):
    """Write `text` along a curve, at the fraction `at` of its visible part, turned to its slope.

    Call it after the axes' limits and scales are set.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if x.size < 2:
        return None
    xy, inside = _visible(ax, x, y)
    index = np.flatnonzero(inside)
    if index.size == 0:
        return None
    i = index[min(int(at * index.size), index.size - 1)]
    lo, hi = max(i - 1, 0), min(i + 1, x.size - 1)
    dx, dy = xy[hi] - xy[lo]
    angle = float(np.degrees(np.arctan2(dy, dx))) if np.isfinite(dx + dy) else 0.0
    angle = (angle + 90) % 180 - 90
    return ax.annotate(
        text,
        (x[i], y[i]),
        xytext=(0, 3 if above else -3),
        textcoords="offset points",
        ha="center",
        va="bottom" if above else "top",
        rotation=angle,
        rotation_mode="anchor",
        color=color,
        fontsize=options.pop("fontsize", 6.5),
        **options,
    )


def shade_region(ax, x, low, high, index=0, *, alpha=0.18, label=None, **options):
    """Fill between two curves with a colour and a hatch, so that regions differ without colour too."""
    colour = COLOURS[index % len(COLOURS)]
    return ax.fill_between(
        x, low, high, facecolor=colour, alpha=alpha, edgecolor=colour, hatch=HATCHES[index % len(HATCHES)], label=label, linewidth=0, **options
    )


def note_convention(ax, text, corner="lower right"):
    """The convention a figure is drawn in, small, in a corner."""
    vertical, horizontal = corner.split()
    ax.text(
        0.98 if horizontal == "right" else 0.02,
        0.02 if vertical == "lower" else 0.98,
        text,
        transform=ax.transAxes,
        ha=horizontal,
        va="bottom" if vertical == "lower" else "top",
        fontsize=5.5,
        color="0.35",
    )


def draw_user_limits(ax, limits, x_name, y_name, start=3):
    """Draw a user's curves for this plane (see nubounds.user_limits), each labelled in place; returns their labels."""
    drawn = []
    for index, limit in enumerate(limits):
        if (limit.x_name, limit.y_name) != (x_name, y_name):
            continue
        ax.plot(limit.x, limit.y, **line(start + index), linewidth=0.9)
        label_curve(ax, limit.x, limit.y, limit.label, color=COLOURS[(start + index) % len(COLOURS)], at=0.3)
        drawn.append(limit.label)
    return drawn
