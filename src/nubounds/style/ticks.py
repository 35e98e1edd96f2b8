"""Small ticks without numbers, which one by one cost a quarter of a figure's time: not measured, and drawn together.

A logarithmic axis has some forty of them.  Where a tick has no number it takes no room, so the layout is found without
them; and all of them along an axis are one line of markers, whose picture is the same to the pixel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator


class _Together(Artist):
    """Lines that are no curves of their axes: nothing that reads the curves of a figure sees them."""

    def __init__(self, lines: list[Line2D], zorder: float):
        super().__init__()
        self.lines = lines
        self.set(zorder=zorder, in_layout=False)

    def draw(self, renderer) -> None:
        """Draw the lines."""
        for line in self.lines:
            line.draw(renderer)


def _without_numbers(axes: Iterable[Axes]) -> list[tuple[Axes, Axis]]:
    """The axes with small ticks, none of which has a number."""
    found = [(ax, axis) for ax in axes if ax.axison for axis in (ax.xaxis, ax.yaxis)]
    return [
        (ax, axis)
        for ax, axis in found
        if not isinstance(axis.get_minor_locator(), NullLocator)
        and not any(axis.get_minor_formatter().format_ticks(axis.get_minorticklocs()))
    ]


@contextmanager
def unmeasured(axes: Iterable[Axes]) -> Iterator[None]:
    """Leave small ticks without numbers out for a while: they take no room.

    Parameters
    ----------
    axes : all axes of a figure
    """
    locators = [(axis, axis.get_minor_locator()) for _, axis in _without_numbers(axes)]
    for axis, _ in locators:
        axis.set_minor_locator(NullLocator())
    yield
    for axis, locator in locators:
        axis.set_minor_locator(locator)


def _in_view(axis: Axis) -> np.ndarray:
    """Places of the small ticks inside the limits of an axis."""
    places, transform = axis.get_minorticklocs(), axis.get_transform()
    low, high = np.sort(transform.transform(axis.get_view_interval()))
    at, close = transform.transform(np.asarray(places, float)), 1e-10 * (high - low)
    return np.asarray(places)[(at >= low - close) & (at <= high + close)]


def draw_together(axes: Iterable[Axes]) -> None:
    """Replace small ticks without numbers by markers that are drawn together; for a figure that no longer changes.

    Parameters
    ----------
    axes : all axes of the figure
    """
    found = [(ax, axis, _in_view(axis)) for ax, axis in _without_numbers(axes)]
    for ax, axis, places in found:
        tick, lines = axis.get_minor_ticks(1)[0], []
        for pattern in (tick.tick1line, tick.tick2line):
            if len(places) and pattern.get_visible():
                across = np.full(
                    len(places), np.ravel(pattern.get_ydata() if axis is ax.xaxis else pattern.get_xdata())
                )
                line = Line2D(*((places, across) if axis is ax.xaxis else (across, places)))
                line.update_from(pattern)
                line.set(transform=pattern.get_transform(), figure=ax.figure)
                line.axes = ax
                lines.append(line)
        # As before where ticks cross in a corner: below the large ticks of both axes, or above them.
        ax.add_artist(_Together(lines, axis.get_zorder() + (1e-6 if axis is ax.yaxis else 0)))
    for _, axis, _ in found:  # axes that are shared have one locator
        axis.set_minor_locator(NullLocator())
