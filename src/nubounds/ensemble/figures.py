"""Figures of an ensemble: limits with their bands, and what moves them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from nubounds import style
from nubounds.contract import Side
from nubounds.ensemble.bands import quantiles
from nubounds.ensemble.shares import ShareMap
from nubounds.ensemble.sheets import Sheet

MOST_CURVES, MOST_PANELS = 5, 4  # in one panel, in one figure


def _some(entries: list, most: int) -> list:
    """A few of many, from the whole list: neighbours in it are much the same."""
    places = np.unique(np.linspace(0, len(entries) - 1, min(most, len(entries))).round().astype(int))
    return [entries[place] for place in places]


def _shown(sheets: list[Sheet]) -> list[Sheet]:
    """The curves that a reader would look at: limits before lines, of more than one place."""
    return [s for s in sheets if len(s.x) > 1 and s.about["side"] != Side.LINE] or [s for s in sheets if len(s.x) > 1]


def _scales(ax, sheets: list[Sheet]) -> None:
    if all(np.all(sheet.x > 0) for sheet in sheets):
        ax.set_xscale("log")
    if _positive(sheets):
        ax.set_yscale("log")


def _positive(sheets: list[Sheet]) -> bool:
    return all(sheet.positive for sheet in sheets)


def _finite(y: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(y), y, np.nan)


def _drawable(y: np.ndarray, bottom: float, top: float) -> np.ndarray:
    """An edge of a band that reaches the frame where there is no limit."""
    return np.clip(y, bottom, top)


def _label(coordinate: Mapping[str, str]) -> str:
    return coordinate["words"] + ("" if coordinate["unit"] == "1" else f" [{coordinate['unit']}]")


def bands(sheets: list[Sheet]):
    """Medians with the bands of 68 and 95 % of the members, and the nominal limits (dashed), one panel for each pair
    of coordinates.
    """
    panels: dict[tuple[str, str], list[Sheet]] = {}
    for sheet in _shown(sheets):
        panels.setdefault((_label(sheet.about["x_axis"]), _label(sheet.about["y_axis"])), []).append(sheet)
    chosen = list(panels.items())[:MOST_PANELS]
    figure, axes = style.new_figure(1, max(1, len(chosen)), squeeze=False)
    for ax, ((x_label, y_label), all_of_them) in zip(axes[0], chosen, strict=False):
        mine = _some(all_of_them, MOST_CURVES)
        _scales(ax, mine)
        heights = style.window(np.concatenate([sheet.members.ravel() for sheet in mine]), (0, 1), _positive(mine))
        ax.set_ylim(heights)
        for index, sheet in enumerate(mine):
            found, colour = quantiles(sheet.members), style.line(index)["color"]
            for low, high, alpha in (("q025", "q975", 0.15), ("q160", "q840", 0.3)):
                edges = _drawable(found[low], *heights), _drawable(found[high], *heights)
                ax.fill_between(sheet.x, *edges, color=colour, alpha=alpha, linewidth=0)
            ax.plot(sheet.x, _finite(found["q500"]), color=colour, label=sheet.name)
            ax.plot(sheet.x, _finite(sheet.nominal), "--", color=colour, lw=0.8)
        ax.set(xlabel=x_label, ylabel=y_label)
        left = len(all_of_them) - len(mine)
        ax.set_title(f"{len(mine)} of {len(all_of_them)} limits" if left else "", fontsize="small")
        ax.legend(fontsize="xx-small")
    return figure


def shares(maps: list[ShareMap]):
    """The share of the members that exclude a point, a panel a limit; lines are quantiles of each edge."""
    chosen = _some([one for one in maps if len(one.x) > 1], MOST_PANELS)
    rows, columns = max(1, (len(chosen) + 1) // 2), 1 if len(chosen) == 1 else 2
    figure, axes = style.new_figure(rows, columns, height=2.6 * rows, squeeze=False)
    for ax, one in zip(axes.flat, chosen, strict=False):
        if np.all(one.x > 0):
            ax.set_xscale("log")
        if np.all(one.y > 0):
            ax.set_yscale("log")
        ax.pcolormesh(one.x, one.y, one.share, cmap="Blues", vmin=0, vmax=1, shading="gouraud", rasterized=True)
        for edge in one.edges:
            for height in quantiles(edge.members).values():
                ax.plot(edge.x, _finite(height), color="black", linewidth=0.4)
        about = one.edges[0].about
        ax.set(xlabel=_label(about["x_axis"]), ylabel=_label(about["y_axis"]), ylim=(one.y[0], one.y[-1]))
        ax.set_title(one.name, fontsize="x-small")
    for ax in axes.flat[len(chosen) :]:
        ax.set_axis_off()
    return figure


def causes(sheets: list[Sheet], shares: Mapping[str, np.ndarray]) -> Figure:
    """Share of the variance by input: against the curve's coordinate (stacked first-order indices times the share that
    the expansion explains; what is missing to 1 are inputs acting together, or not explained), and as bars of total
    indices with errors at one place.

    Parameters
    ----------
    sheets : curves of the members
    shares : columns of ``sensitivity.csv``: Sobol indices by curve, place and input

    Returns
    -------
    The figure.
    """
    named = {sheet.name: sheet for sheet in _shown(sheets)}
    there = [name for name in named if np.any(shares["curve"] == name)]
    chosen = _some(there, MOST_PANELS)
    shown = np.isin(shares["curve"], chosen)
    weights: dict[str, float] = {}
    for one, first in zip(shares["input"][shown], shares["first"][shown], strict=True):
        weights[one] = weights.get(one, 0.0) + first
    ranks = sorted(weights, key=lambda one: -weights[one])
    rows = max(1, len(chosen))
    figure, axes = style.new_figure(rows, 2, height=2.2 * rows, squeeze=False)
    for (left, right), name in zip(axes, chosen, strict=False):
        mine = {key: values[shares["curve"] == name] for key, values in shares.items()}
        inputs = list(dict.fromkeys(mine["input"].tolist()))
        x = np.unique(mine["x"])
        first = np.array([mine["first"][mine["input"] == one] for one in inputs])
        names = sorted(inputs, key=ranks.index)  # one colour for an input in all rows
        order = [inputs.index(one) for one in names]
        colours = [style.COLOURS[index % len(style.COLOURS)] for index in range(len(names))]
        explained = np.clip([mine["q2"][mine["x"] == place][0] for place in x], 0, 1)
        first = first * explained
        left.stackplot(x, first[order], colors=colours, labels=names, alpha=0.8)
        left.plot(x, np.cumsum(first[order], axis=0).T, color="white", linewidth=0.6)
        left.set(xlabel=_label(named[name].about["x_axis"]), ylabel="share of the variance", ylim=(0, 1.01))
        if np.all(x > 0):
            left.set_xscale("log")
        left.set_title(f"{name}: {100 * np.median(explained):.3g} % explained", fontsize="small")
        middle = x[len(x) // 2]
        at = mine["x"] == middle
        by_name = {one: (mine["total"][at & (mine["input"] == one)][0],
                         mine["total_error"][at & (mine["input"] == one)][0]) for one in names}  # fmt: skip
        totals, errors = np.array(list(by_name.values())).T
        right.barh(names[::-1], totals[::-1], xerr=errors[::-1], color=colours[::-1], alpha=0.8)
        right.plot(totals, np.arange(len(names))[::-1], "k.", markersize=2)
        right.tick_params(labelsize="xx-small")
        right.set(xlabel=f"share with interactions, at {middle:g}", xlim=(0, 1.01))
    return figure
