"""The numbers that a figure shows, read from the figure itself: so they are what was drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nubounds.files import tables
from nubounds.mathtext import to_text
from nubounds.style import labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = ("panel", "x_name", "y_name", "kind", "curve", "x", "y", "value")


class Shape(NamedTuple):
    """What is drawn in one go: points of a curve or a map, corners of a region."""

    kind: str  # curve, points, region, map, contour, bar, error bar
    curve: str
    x: np.ndarray
    y: np.ndarray
    value: np.ndarray | float = np.nan


def panels(figure: Figure) -> list[Axes]:
    """The axes of a figure with their insets, without colour bars and empty places."""
    return [ax for ax in labels.all_axes(figure) if ax.axison and not hasattr(ax, "_colorbar")]


def numbers(figure: Figure) -> dict[str, np.ndarray]:
    """The points that a figure draws, in the order of drawing.

    Lines that only guide the eye (their place is a part of the axes, not of the data) and colour bars are left out.

    Parameters
    ----------
    figure : a figure of a constraint or a plane

    Returns
    -------
    An array for each of :data:`COLUMNS`, all of the same length: `x` and `y` in the units of the axes, `value` the
    colour of a map, the level of a contour, the height of a bar.
    """
    parts: list[tuple] = []
    for panel, ax in enumerate(panels(figure), 1):
        where = (panel, _word(ax.get_xlabel()), _word(ax.get_ylabel()))
        for shape in _shapes(ax):
            good = np.isfinite(shape.x) & np.isfinite(shape.y)
            values = np.broadcast_to(shape.value, shape.x.shape)[good]
            repeated = [np.full(len(values), word) for word in (*where, shape.kind, shape.curve)]
            parts.append((*repeated, shape.x[good], shape.y[good], values))
    if not parts:
        return {name: np.empty(0) for name in COLUMNS}
    return {name: np.concatenate(columns) for name, columns in zip(COLUMNS, zip(*parts, strict=True), strict=True)}


def write(figure: Figure, path: Path, header: list[str]) -> None:
    """Write the table of :func:`numbers` with comment lines above it, which name the panels that have a title.

    Parameters
    ----------
    figure : the figure, as drawn
    path : path of the csv
    header : comment lines to put above the numbers
    """
    titles = [(panel, ax.get_title()) for panel, ax in enumerate(panels(figure), 1) if ax.get_title()]
    lines = header + [f"panel {panel}: {title}" for panel, title in titles]
    tables.write_columns(path, numbers(figure), [_word(line) for line in lines])


def _word(text: str) -> str:
    """A text without formulae, in one line, and without the sign that begins a comment in a csv."""
    return to_text(text).replace("\n", " ").replace("#", "no. ")


def _plain(values: Any) -> np.ndarray:
    return np.ma.filled(np.ma.asarray(values, dtype=float), np.nan)


def _shapes(ax: Axes) -> Iterator[Shape]:
    """What is drawn in data coordinates."""
    from matplotlib.container import BarContainer
    from matplotlib.patches import Polygon

    written = labels.written(ax)
    for number, line in enumerate((line for line in ax.lines if line.get_transform() is ax.transData), 1):
        x, y = (_plain(part).ravel() for part in line.get_data())
        yield Shape("curve" if line.get_linestyle() != "None" else "points", _label(line, written, x, y, number), x, y)
    for number, collection in enumerate(ax.collections, 1):
        yield from _of_collection(ax, collection, number)
    for number, patch in enumerate((patch for patch in ax.patches if isinstance(patch, Polygon)), 1):
        if patch.get_transform() == patch.get_patch_transform() + ax.transData:
            yield Shape("region", _name(patch, number), *patch.get_xy().T)
    for number, bars in enumerate((each for each in ax.containers if isinstance(each, BarContainer)), 1):
        boxes = np.array([[bar.get_x(), bar.get_y(), bar.get_width(), bar.get_height()] for bar in bars.patches])
        yield Shape("bar", _name(bars, number), boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 1] + boxes[:, 3], boxes[:, 3])


def _of_collection(ax: Axes, collection: Any, number: int) -> Iterator[Shape]:
    from matplotlib.collections import LineCollection, PathCollection, PolyCollection, QuadMesh
    from matplotlib.contour import ContourSet

    name = _name(collection, number)
    if isinstance(collection, QuadMesh):
        corners = np.asarray(collection.get_coordinates(), dtype=float)
        centres = 0.25 * (corners[:-1, :-1] + corners[1:, :-1] + corners[:-1, 1:] + corners[1:, 1:])
        values = _plain(collection.get_array()).ravel()
        if values.size != centres[..., 0].size:  # of the corners
            centres = corners
        yield Shape("map", name, centres[..., 0].ravel(), centres[..., 1].ravel(), values)
    elif isinstance(collection, ContourSet):
        if not collection.filled:  # a filled one is a hatch over a map
            for level, path in zip(collection.levels, collection.get_paths(), strict=True):
                yield Shape("contour", name, *path.vertices.T, float(level))
    elif isinstance(collection, PathCollection) and collection.get_offset_transform() is ax.transData:
        yield Shape("points", name, *_plain(collection.get_offsets()).T)
    elif isinstance(collection, PolyCollection | LineCollection) and collection.get_transform() is ax.transData:
        kind = "region" if isinstance(collection, PolyCollection) else "error bar"
        for path in collection.get_paths():
            yield Shape(kind, name, *path.vertices.T)


def _name(artist: Any, number: int) -> str:
    label = str(artist.get_label())
    return str(number) if label.startswith("_") or not label else _word(label)


def _label(line: Any, written: list, x: np.ndarray, y: np.ndarray, number: int) -> str:
    """The label of a line: the legend's, or what is written along it or along a part of it."""
    points = set(zip(x.tolist(), y.tolist(), strict=True))
    for text, label_x, label_y in written:
        beside = [pair for pair in zip(label_x.tolist(), label_y.tolist(), strict=True) if pair[0] == pair[0]]
        if beside and points.issuperset(beside):
            return _word(text)
    return _name(line, number)
