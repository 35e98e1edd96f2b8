"""The numbers that a figure shows, read from the figure itself: so they are what was drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from nubounds.mathtext import to_text
from nubounds.style import labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = ("panel", "x_name", "y_name", "kind", "curve", "x", "y", "value")


def numbers(figure: Figure) -> list[tuple]:
    """A row of :data:`COLUMNS` for each point that a figure draws, in the order of drawing.

    Lines that only guide the eye (their place is a part of the axes, not of the data) and colour bars are left out.
    """
    rows = []
    panels = [ax for ax in figure.axes if ax.axison and not hasattr(ax, "_colorbar")]
    for panel, ax in enumerate(panels, 1):
        where = (panel, to_text(ax.get_xlabel()), to_text(ax.get_ylabel()))
        for kind, curve, x, y, value in _artists(ax):
            rows += [
                (*where, kind, curve, *point)
                for point in zip(x.tolist(), y.tolist(), value.tolist(), strict=True)
                if np.isfinite(point[0]) and np.isfinite(point[1])
            ]
    return rows


def _artists(ax: Axes) -> Iterator[tuple[str, str, Any, Any, Any]]:
    """Kind, label, x, y and value of what is drawn in data coordinates."""
    from matplotlib.collections import PathCollection, PolyCollection, QuadMesh

    written = labels.written(ax)
    for number, line in enumerate((line for line in ax.lines if line.get_transform() == ax.transData), 1):
        x, y = (np.ma.filled(np.ma.asarray(part, dtype=float), np.nan).ravel() for part in line.get_data())
        yield "curve", _label(line, written, x, y, number), x, y, np.full(x.shape, np.nan)
    for number, shape in enumerate(ax.collections, 1):
        if isinstance(shape, QuadMesh):
            corners = np.asarray(shape.get_coordinates(), dtype=float)
            centres = 0.25 * (corners[:-1, :-1] + corners[1:, :-1] + corners[:-1, 1:] + corners[1:, 1:])
            values = np.ma.filled(np.ma.asarray(shape.get_array(), dtype=float), np.nan).ravel()
            if values.size != centres[..., 0].size:  # of the corners
                centres = corners
            yield "map", _name(shape, number), centres[..., 0].ravel(), centres[..., 1].ravel(), values
        elif isinstance(shape, PathCollection) and shape.get_offset_transform() == ax.transData:
            x, y = np.ma.filled(np.ma.asarray(shape.get_offsets(), dtype=float), np.nan).T
            yield "points", _name(shape, number), x, y, np.full(x.shape, np.nan)
        elif isinstance(shape, PolyCollection) and shape.get_transform() == ax.transData:
            for path in shape.get_paths():
                x, y = path.vertices.T
                yield "region", _name(shape, number), x, y, np.full(x.shape, np.nan)


def _name(artist: Any, number: int) -> str:
    label = str(artist.get_label())
    return str(number) if label.startswith("_") or not label else to_text(label)


def _label(line: Any, written: list, x: Any, y: Any, number: int) -> str:
    """The label of a line: the legend's, or what is written along it."""
    for text, label_x, label_y in written:
        if label_x.shape == x.shape and np.array_equal(label_x, x) and np.array_equal(label_y, y, equal_nan=True):
            return to_text(text)
    return _name(line, number)
