"""Geometry of labels in a figure: turned boxes, and what lies inside or meets them.  All in pixels.

A label has some hundred places to choose from, and all of them are looked at together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

MARGIN, BETWEEN = 2.0, 10.0  # pixels kept free around a label, and before and behind it where the next one may begin
CELL, FAR = 16.0, 1e6  # pixels; points are looked for in the cells that a box touches; cells beyond which none is


@dataclass(frozen=True)
class Boxes:
    """Turned rectangles.

    Attributes
    ----------
    origin : a point of each in pixels, shape (n, 2)
    along : unit vectors along the text, from left to right or upright, shape (n, 2)
    edges : left, right, low and high edge, in the frame of each box itself, shape (n, 4)
    """

    origin: np.ndarray
    along: np.ndarray
    edges: np.ndarray

    @classmethod
    def one(cls, origin: np.ndarray, along: np.ndarray, *edges: float) -> Boxes:
        """A single box."""
        return cls(np.array([origin]), np.array([along]), np.array([edges]))

    @classmethod
    def together(cls, parts: Sequence[Boxes]) -> Boxes:
        """All boxes of several collections."""
        nothing = cls(np.empty((0, 2)), np.empty((0, 2)), np.empty((0, 4)))
        columns = zip(*((part.origin, part.along, part.edges) for part in (nothing, *parts)), strict=True)
        return cls(*(np.concatenate(column) for column in columns))

    def __len__(self) -> int:
        return len(self.origin)

    def __getitem__(self, rows) -> Boxes:
        return Boxes(self.origin[rows], self.along[rows], self.edges[rows])

    def with_gap(self) -> Boxes:
        """The boxes together with the space between them and their curve."""
        low, high = np.minimum(self.edges[:, ::2], 0.0), np.maximum(self.edges[:, 1::2], 0.0)
        return Boxes(self.origin, self.along, np.stack([low, high], axis=2).reshape(-1, 4))

    @cached_property
    def corners(self) -> np.ndarray:
        """The corners in pixels with room before and behind the text, shape (n, 4, 2)."""
        left, right, low, high = self.edges.T
        left, right = left - BETWEEN, right + BETWEEN
        ends = np.stack([left, low, right, low, right, high, left, high], axis=1).reshape(-1, 4, 2)
        return self.origin[:, None, :] + ends @ self.axes.transpose(0, 2, 1)

    @cached_property
    def axes(self) -> np.ndarray:
        """Directions of the edges, as columns, shape (n, 2, 2)."""
        x, y = self.along.T
        return np.stack([x, -y, y, x], axis=1).reshape(-1, 2, 2)

    def met_by(self, others: Boxes) -> np.ndarray:
        """How many of the others overlap with each box: no edge direction of either separates the two."""
        low, high, other_low, other_high = (
            end(boxes.corners, axis=1) for boxes in (self, others) for end in (np.min, np.max)
        )
        near = ((other_low <= high[:, None]) & (other_high >= low[:, None])).all(axis=2)
        mine, theirs = np.nonzero(near)
        apart = np.zeros(len(mine), dtype=bool)
        for axes in (self.axes[mine], others.axes[theirs]):
            here, there = self.corners[mine] @ axes, others.corners[theirs] @ axes
            apart |= ((there.max(axis=1) < here.min(axis=1)) | (here.max(axis=1) < there.min(axis=1))).any(axis=1)
        return np.bincount(mine[~apart], minlength=len(self))


class Points:
    """Points in pixels by the cells that they lie in, because few of them are near a box."""

    def __init__(self, points: np.ndarray):
        cells = np.floor(points / CELL).astype(int)
        self.first = cells.min(axis=0, initial=0)
        self.shape = cells.max(axis=0, initial=0) - self.first + 1
        number = (cells - self.first) @ [self.shape[1], 1]
        self.x, self.y = points[np.argsort(number, kind="stable")].T.copy()
        self.starts = np.concatenate([[0], np.cumsum(np.bincount(number, minlength=self.shape.prod()))])

    def _cells(self, pixels: np.ndarray, axis: int) -> np.ndarray:
        """Numbers of the cells along an axis; what lies beyond the points is in the first or the last."""
        cells = np.floor(np.clip(pixels / CELL, -FAR, FAR)).astype(int) - self.first[axis]
        return np.clip(cells, 0, self.shape[axis] - 1)

    def _near(self, boxes: Boxes) -> tuple[np.ndarray, np.ndarray]:
        """The points in cells that a box touches, and the box of each."""
        reach = MARGIN + 1.0
        low, high = boxes.corners.min(axis=1) - reach, boxes.corners.max(axis=1) + reach
        first = self._cells(low[:, 0], 0)
        column, box = _each(first, self._cells(high[:, 0], 0) - first + 1)
        # Where a column of cells cuts a box that is turned: its lower and its upper edge are lines of one slope.
        (cos, sin), origin = boxes.along.T, boxes.origin[box]
        cos = np.maximum(cos, 1e-9)  # no text stands on its head
        ends = [((column + self.first[0] + side) * CELL - origin[:, 0]) * (sin / cos)[box] for side in (0, 1)]
        lower = origin[:, 1] + np.minimum(*ends) + ((boxes.edges[:, 2] - reach) / cos)[box]
        upper = origin[:, 1] + np.maximum(*ends) + ((boxes.edges[:, 3] + reach) / cos)[box]
        row = column * self.shape[1]
        start = self.starts[row + self._cells(np.maximum(lower, low[box, 1]), 1)]
        end = self.starts[row + self._cells(np.minimum(upper, high[box, 1]), 1) + 1]
        point, strip = _each(start, np.maximum(end - start, 0))
        return point, box[strip]

    def inside(self, boxes: Boxes) -> np.ndarray:
        """How many points lie in each box or within a margin around it."""
        point, box = self._near(boxes)
        x, y = self.x[point], self.y[point]
        (cos, sin), (left, right, low, high) = boxes.along.T, boxes.edges.T
        middle = (boxes.origin[:, None] @ boxes.axes)[:, 0] + np.column_stack([left + right, low + high]) / 2
        (u, v), reach = middle.T, MARGIN + np.stack([right - left, high - low]) / 2
        within = np.abs(x * cos[box] + y * sin[box] - u[box]) < reach[0][box]
        within &= np.abs(y * cos[box] - x * sin[box] - v[box]) < reach[1][box]
        return np.bincount(box[within], minlength=len(boxes))


def _each(first: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers first, first + 1, ... of each row, `counts` of them, and the row that each belongs to."""
    row = np.repeat(np.arange(len(counts)), counts)
    return first[row] + np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts), row
