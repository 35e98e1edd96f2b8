"""Where a curve's label goes: along its curve, clear of every other curve and label.

A label is asked for before the figure is complete, so the place is found in two steps: :func:`remember` keeps the
wish, and :func:`place`, called once all is drawn, tries places along each curve and takes the one with the fewest
collisions.  All geometry is in pixels; a label is a box in the frame of its own text (origin on the curve, first axis
along the text).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike

from nubounds.style.boxes import Boxes, Points

if TYPE_CHECKING:
    from matplotlib.text import Annotation
    from matplotlib.transforms import Transform

GAPS_POINTS = (2.0, 5.0, 9.0, 14.0)  # distance between a curve and its label
SPOTS = 61  # places tried along a curve
STEP = 5.0  # pixels between the sampled points of a curve
MARGIN = 4.0  # pixels that a label keeps from the frame
OUTSIDE, ON_LABEL, ON_CURVE = 1000.0, 1000.0, 10.0  # what a collision costs; what is only not as wished costs less
CELL, REACH = 2.0, 5  # pixels; cells from a curve within which all points are taken for its own
LEVEL = np.array([1.0, 0.0])  # direction of a text that is not turned
BLOCK = 48  # candidates that are looked at together; most labels find a place among the first
STEEP = 70.0  # degrees above which a label does not follow its curve


@dataclass(frozen=True)
class Wish:
    """What was asked for: the curve, the fraction of its visible part, and the side."""

    x: np.ndarray
    y: np.ndarray
    at: float
    above: bool


_WISHES: WeakKeyDictionary = WeakKeyDictionary()


def remember(annotation: Annotation, x: ArrayLike, y: ArrayLike, at: float, above: bool) -> None:
    """Keep what was asked for, for :func:`place`.

    Parameters
    ----------
    annotation : the label
    x, y : the curve that it belongs to, in data coordinates
    at : where it would best stand, as a fraction of the curve's visible part
    above : on which side of the curve
    """
    _WISHES[annotation] = Wish(np.asarray(x, float), np.asarray(y, float), at, above)


def written(ax) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """What is written along curves of `ax`: text, x and y of the curve."""
    known = [(text, _WISHES[text]) for text in ax.texts if text in _WISHES]
    return [(text.get_text(), wish.x, wish.y) for text, wish in known]


def all_axes(figure) -> list:
    """The axes of a figure, each followed by its insets."""
    from matplotlib.axes import Axes  # a second axis along an edge is none

    return [each for ax in figure.axes for each in (ax, *(inset for inset in ax.child_axes if type(inset) is Axes))]


def sample(transform: Transform, x: ArrayLike, y: ArrayLike, step: float = STEP) -> np.ndarray:
    """A curve as points (n, 2) in pixels, at most `step` apart; pieces that are not finite are left out.

    Parameters
    ----------
    transform : from data coordinates to pixels
    x, y : the curve, in data coordinates
    step : largest distance between neighbours, in pixels

    Returns
    -------
    Points in pixels, shape (n, 2).
    """
    with np.errstate(all="ignore"):
        xy = transform.transform(np.column_stack([np.asarray(x, float), np.asarray(y, float)]))
    start, end = xy[:-1], xy[1:]
    whole = np.isfinite(start).all(axis=1) & np.isfinite(end).all(axis=1)
    start, end = start[whole], end[whole]
    if not len(start):
        return np.empty((0, 2))
    counts = np.clip(np.hypot(*(end - start).T) / step, 1, 2000).astype(int)
    piece = np.repeat(np.arange(len(counts)), counts)
    fraction = (np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts, counts)) / counts[piece]
    return np.concatenate([start[piece] + fraction[:, None] * (end - start)[piece], end[-1:]])


def _frame(ax) -> tuple[float, float, float, float]:
    (x0, y0), (x1, y1) = ax.transAxes.transform([(0, 0), (1, 1)])
    return x0, y0, x1, y1


def _inside(points: np.ndarray, frame) -> np.ndarray:
    x0, y0, x1, y1 = frame
    return (points[:, 0] > x0) & (points[:, 0] < x1) & (points[:, 1] > y0) & (points[:, 1] < y1)


def _curves(ax) -> np.ndarray:
    """All lines of the axes as points inside the frame."""
    points = [sample(line.get_transform(), *line.get_data()) for line in ax.lines if line.get_visible()]
    together = np.concatenate(points) if points else np.empty((0, 2))
    return together[_inside(together, _frame(ax))]


def _strokes(ax, pixels_per_point: float) -> np.ndarray:
    """The ends of strokes along lines, as points inside the frame; what carries strokes has an `offset_points`."""
    points = [np.empty((0, 2))]
    for line in ax.lines:
        path = sample(line.get_transform(), *line.get_data())
        for effect in line.get_path_effects():
            if hasattr(effect, "offset_points") and len(path) > 1:
                along = np.gradient(path, axis=0)
                along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
                points.append(path + effect.offset_points * pixels_per_point * along[:, ::-1] * [-1, 1])
    together = np.concatenate(points)
    return together[_inside(together, _frame(ax))]


def shows_curves(ax) -> bool:
    """Whether any part of a line in data coordinates (no guide across the axes) lies inside the frame."""
    lines = [line for line in ax.lines if line.get_visible() and line.get_transform() is ax.transData]
    return any(_inside(_places(ax, line), _frame(ax)).any() for line in lines)


def _places(ax, line) -> np.ndarray:
    """A line as points in pixels, single markers too."""
    path = sample(ax.transData, *line.get_data())
    with np.errstate(all="ignore"):
        return np.concatenate([path, ax.transData.transform(np.column_stack(line.get_data()).astype(float))])


def _size(annotation, renderer) -> tuple[float, float]:
    """Width and height of the text itself in pixels."""
    turned = annotation.get_rotation()
    annotation.set_rotation(0)
    box = annotation.get_window_extent(renderer)
    annotation.set_rotation(turned)
    return box.width, box.height


def _still(ax, renderer) -> list[Boxes]:
    """Texts of the axes that are no curve's label, the legend, and insets with what is written around them."""
    boxes = []
    insets = [inset for inset in ax.child_axes if type(inset) is type(ax)]
    for artist in [*ax.texts, *([ax.get_legend()] if ax.get_legend() else []), *insets]:
        if artist not in _WISHES and artist.get_visible():
            extent = artist.get_tightbbox(renderer) if artist in insets else artist.get_window_extent(renderer)
            boxes.append(Boxes.one((extent.x0, extent.y0), LEVEL, 0.0, extent.width, 0.0, extent.height))
    return boxes


def _spots(path: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places along a path in pixels: fractions, points, directions of the text in degrees."""
    fraction = np.linspace(0.02, 0.98, SPOTS)
    index = (fraction * (len(path) - 1)).astype(int)
    reach = max(int(0.4 * width / STEP), 1)
    before, after = path[np.maximum(index - reach, 0)], path[np.minimum(index + reach, len(path) - 1)]
    dx, dy = (after - before).T
    jumps = np.hypot(dx, dy) > 4 * reach * STEP  # from one piece of the curve to the next: no direction to follow
    return fraction, path[index], np.where(jumps, 90.0, (np.degrees(np.arctan2(dy, dx)) + 90) % 180 - 90)


# How a label can stand at a spot: along its curve or level, gap in points, above or to the right, or opposite.
MANNERS = [(along, gap, first) for along in (True, False) for gap in GAPS_POINTS for first in (True, False)]


class _Candidates:
    """Possible places of a label, what was asked for first.

    Attributes
    ----------
    cost : of not being what was asked for, shape (n,)
    boxes : what the label would fill
    angles : of the text in degrees, shape (n,)
    manners : how each stands at its spot, as numbers in MANNERS, shape (n,)
    """

    def __init__(self, wish: Wish, path: np.ndarray, width: float, height: float, pixels_per_point: float):
        along, gap, first = (np.array(column) for column in zip(*MANNERS, strict=True))
        fraction, point, angle = (values[:, None] for values in _spots(path, width))
        steep = np.abs(angle) > STEEP
        refused = np.where(along, 0.5 * (first != wish.above), np.where(steep, 0.3, 2.0))
        cost = 2.0 * np.abs(fraction - wish.at) + 0.15 * gap + refused
        spot, manner = np.nonzero(~(steep & along))
        order = np.argsort(cost[spot, manner], kind="stable")
        spot, manner = spot[order], manner[order]
        away = gap * pixels_per_point
        start = np.where(first, away, -away - np.where(along, height, width))
        left, low = np.where(along, -width / 2, start), np.where(along, start, -height / 2)
        edges = np.stack([left, left + width, low, low + height], axis=1)
        self.cost, self.manners = cost[spot, manner], manner
        self.angles = np.where(along[manner], angle[spot, 0], 0.0)
        turn = np.radians(self.angles)
        self.boxes = Boxes(point[spot, 0], np.column_stack([np.cos(turn), np.sin(turn)]), edges[manner])

    def how(self, number: int) -> tuple[float, tuple[float, float], str, str]:
        """Angle, gap in points and alignment of a candidate."""
        along, gap, first = MANNERS[self.manners[number]]
        away = gap if first else -gap
        if along:
            return self.angles[number], (0.0, away), "center", "bottom" if first else "top"
        return 0.0, (away, 0.0), "left" if first else "right", "center"


def _other_points(curves: np.ndarray, path: np.ndarray) -> np.ndarray:
    """The points of other curves than the one that runs along `path`."""
    if not len(curves):
        return curves
    corner = np.minimum(curves.min(axis=0), path.min(axis=0))
    cells, others = (((points - corner) / CELL).astype(int) + REACH for points in (path, curves))
    near = np.zeros(np.maximum(cells.max(axis=0), others.max(axis=0)) + REACH + 1, dtype=bool)
    for right in range(-REACH, REACH + 1):
        for up in range(abs(right) - REACH, REACH - abs(right) + 1):
            near[cells[:, 0] + right, cells[:, 1] + up] = True
    return curves[~near[others[:, 0], others[:, 1]]]


def _outside(boxes: Boxes, frame) -> np.ndarray:
    """How many corners of each box are not inside the frame with a margin."""
    left, bottom, right, top = frame
    clear = left + MARGIN, bottom + MARGIN, right - MARGIN, top - MARGIN
    return np.count_nonzero(~_inside(boxes.corners.reshape(-1, 2), clear).reshape(-1, 4), axis=1)


class _Places:
    """What the candidates of a label cost, worked out as far as it is asked for, and once."""

    def __init__(self, candidates: _Candidates, frame, lines: Points, others: Points):
        self.candidates, self.frame, self.lines, self.others = candidates, frame, lines, others
        self.fixed: list[np.ndarray] = []  # costs that do not depend on other labels, of blocks of candidates

    def _block(self, number: int) -> tuple[Boxes, np.ndarray]:
        """The candidates of a block, and what they cost beside other labels."""
        rows = slice(number * BLOCK, (number + 1) * BLOCK)
        boxes = self.candidates.boxes[rows]
        if number == len(self.fixed):
            # A point of another curve between a curve and its label counts as a collision.
            hits = self.lines.inside(boxes) + self.others.inside(boxes.with_gap())
            beside = OUTSIDE * _outside(boxes, self.frame) + ON_CURVE * hits
            self.fixed.append(self.candidates.cost[rows] + beside)
        return boxes, self.fixed[number]

    def cheapest(self, taken: Boxes) -> tuple[float, int]:
        """Cost and number of the cheapest candidate where these boxes are taken."""
        least, best = np.inf, 0
        for number, wished in enumerate(self.candidates.cost[::BLOCK]):
            if wished >= least:
                break  # wishes only grow from here
            boxes, fixed = self._block(number)
            cost = fixed + ON_LABEL * boxes.met_by(taken)
            if cost.min() < least:
                least, best = float(cost.min()), number * BLOCK + int(np.argmin(cost))
        return least, best


def place(figure) -> list:
    """Move every remembered label of a figure to its best place; returns those that still collide with something.

    Call it when everything is drawn, and the limits and the places of the axes are final.
    """
    renderer = figure.canvas.get_renderer()
    pixels_per_point = figure.dpi / 72
    colliding = []
    for ax in all_axes(figure):
        frame, curves = _frame(ax), _curves(ax)
        lines = Points(np.concatenate([curves, _strokes(ax, pixels_per_point)]))
        known = {}
        for annotation in (text for text in ax.texts if text in _WISHES and text.get_visible()):
            path = sample(ax.transData, _WISHES[annotation].x, _WISHES[annotation].y)
            path = path[_inside(path, frame)]
            if len(path) < 2:
                annotation.set_visible(False)
                continue
            annotation.xy = tuple(ax.transData.inverted().transform(path[0]))  # outside the frame it has no size
            size = _size(annotation, renderer)
            candidates = _Candidates(_WISHES[annotation], path, *size, pixels_per_point)
            known[annotation] = _Places(candidates, frame, lines, Points(_other_points(curves, path)))
        still, boxes, costs = _still(ax, renderer), {}, {}
        for _ in range(2):  # the second time each label knows where all the others are
            for annotation, places in known.items():
                taken = [*still, *(box for key, box in boxes.items() if key is not annotation)]
                costs[annotation], best = places.cheapest(Boxes.together(taken))
                boxes[annotation] = places.candidates.boxes[best : best + 1]
                _put(annotation, ax, boxes[annotation], *places.candidates.how(best))
        colliding += [annotation for annotation, cost in costs.items() if cost >= ON_CURVE]
    return colliding


def _put(annotation, ax, box: Boxes, angle: float, gap: tuple[float, float], horizontal: str, vertical: str) -> None:
    annotation.xy = tuple(ax.transData.inverted().transform(box.origin[0]))
    annotation.set_position(tuple(box.axes[0] @ np.array(gap)))
    annotation.set(rotation=angle, rotation_mode="anchor", ha=horizontal, va=vertical)


def overlaps(figure) -> list[str]:
    """Labels that touch a curve, another text or the frame: what the eye would complain about."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    found = []
    for ax in all_axes(figure):
        frame, points, still = _frame(ax), Points(_curves(ax)), _still(ax, renderer)
        boxes = {}
        for text in ax.texts:
            if text in _WISHES and text.get_visible():
                boxes[text] = _present_box(text, ax, renderer, figure.dpi / 72)
        for text, box in boxes.items():
            others = still + [other for key, other in boxes.items() if key is not text]
            if (_outside(box, frame) + box.met_by(Boxes.together(others)) + points.inside(box)).any():
                found.append(text.get_text())
    return found


def _present_box(annotation, ax, renderer, pixels_per_point: float) -> Boxes:
    """The box that a label fills as it stands."""
    width, height = _size(annotation, renderer)
    angle = np.radians(annotation.get_rotation())
    along = np.array([np.cos(angle), np.sin(angle)])
    origin = ax.transData.transform(annotation.xy) + pixels_per_point * np.array(annotation.get_position())
    left = {"center": -width / 2, "left": 0.0, "right": -width}[annotation.get_ha()]
    low = {"center": -height / 2, "bottom": 0.0, "top": -height}[annotation.get_va()]
    return Boxes.one(origin, along, left, left + width, low, low + height)
