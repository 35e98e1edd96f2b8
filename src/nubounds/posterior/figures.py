"""The corner plot of a posterior: every parameter alone, and all pairs of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nubounds import style
from nubounds.config import Config
from nubounds.contract import InputError
from nubounds.files import digests
from nubounds.files.layout import Layout
from nubounds.posterior import plan

CELLS = 30  # of an axis
SHARES = (0.954, 0.683)  # of the posterior inside contours
PANEL = 1.15  # inches
FAR = 3.0  # standard deviations that panels show


def draw(config: Config, name: str, log: Callable[[str], None]) -> None:
    """Draw the corner plot of a posterior from its chains.

    Parameters
    ----------
    config : the config
    name : of the posterior
    log : called with lines for the user

    Raises
    ------
    InputError
        For an unknown posterior, or one that was not sampled.
    """
    if name not in config.posteriors:
        raise InputError(f"{config.source}: no posterior {name}; valid: {', '.join(config.posteriors) or 'none'}")
    layout = Layout(config.results)
    chain, names, *_ = layout.posterior_files(name)
    if not chain.is_file():
        raise InputError(f"no chain {chain}; run `nubounds posterior {name}` first")
    digests.require(layout, name, plan.SAMPLES, [chain, names])
    weights, _, *columns = np.loadtxt(chain, ndmin=2).T
    like = plan.likelihood(config, name)
    units = [f"{one.name} [{one.unit}]" if one.unit != "1" else one.name for one in like.parameters]
    style.setup()
    with digests.noting(layout, name, plan.CORNER):
        figure = corner(np.array(columns), weights, units)
        style.save_all(figure, partial(layout.posterior_corner, name))
    log(f"{name}: corner plot of {len(columns)} parameters")


def corner(columns: np.ndarray, weights: np.ndarray, labels: list[str]) -> Figure:
    """Distributions of all parameters, and contours of 68 and 95 % of the posterior of all pairs.

    Parameters
    ----------
    columns : shape (d, n)
    weights : shape (n,)
    labels : of the parameters

    Returns
    -------
    The figure.
    """
    count = len(columns)
    size = PANEL * count + 0.6
    figure, axes = style.new_figure(count, count, width=size, height=size, squeeze=False)
    ranges = [_range(values, weights) for values in columns]
    for row in range(count):
        for column in range(count):
            ax = axes[row, column]
            if column > row:
                ax.set_axis_off()
                continue
            if column == row:
                _alone(ax, columns[row], weights, ranges[row])
            else:
                _pair(ax, columns[column], columns[row], weights, (ranges[column], ranges[row]))
            _ticks(ax, row, column, count, labels)
    return figure


def _range(values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    mean = np.average(values, weights=weights)
    sd = np.sqrt(np.average((values - mean) ** 2, weights=weights))
    return max(float(values.min()), mean - FAR * sd), min(float(values.max()), mean + FAR * sd)


def _ticks(ax: Axes, row: int, column: int, count: int, labels: list[str]) -> None:
    ax.locator_params(nbins=3)
    ax.tick_params(labelsize=5, labelbottom=row == count - 1, labelleft=column == 0 and row > 0)
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_offset_text().set_size(5)
    if row == count - 1:
        ax.set_xlabel(labels[column], fontsize=6)
    if column == 0 and row > 0:
        ax.set_ylabel(labels[row], fontsize=6)


def _alone(ax: Axes, values: np.ndarray, weights: np.ndarray, ends: tuple[float, float]) -> None:
    heights, edges = np.histogram(values, CELLS, ends, weights=weights)
    ax.stairs(heights / heights.max(), edges, color=style.COLOURS[0])
    ax.set(xlim=ends, ylim=(0, 1.1), yticks=[])


def _pair(
    ax: Axes, x: np.ndarray, y: np.ndarray, weights: np.ndarray, ends: tuple[tuple[float, float], tuple[float, float]]
) -> None:
    heights, x_edges, y_edges = np.histogram2d(x, y, CELLS, ends, weights=weights)
    smooth = _smoothed(heights)
    descending = np.sort(smooth.ravel())[::-1]
    inside = np.cumsum(descending) / descending.sum()
    levels = [float(descending[np.searchsorted(inside, share)]) for share in SHARES]
    middles = [0.5 * (edges[1:] + edges[:-1]) for edges in (x_edges, y_edges)]
    if levels[0] < levels[1]:
        shades = [style.COLOURS[5], style.COLOURS[0]]
        ax.contourf(*middles, smooth.T, levels=[*levels, smooth.max() * 1.01], colors=shades, alpha=0.6)
        ax.contour(*middles, smooth.T, levels=levels, colors=style.COLOURS[0], linewidths=0.6)
    ax.set(xlim=ends[0], ylim=ends[1])


def _smoothed(heights: np.ndarray) -> np.ndarray:
    """Of one cell's width, with what lies beyond an edge mirrored: a posterior may end there."""
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(heights, 1.0, mode="reflect")
