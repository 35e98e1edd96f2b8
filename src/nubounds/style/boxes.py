"""Geometry of labels in a figure: turned boxes, and what lies inside or meets them.  All in pixels.

A label has some hundred places to choose from, and all of them are looked at together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

MARGIN, BETWEEN = 2.0, 10.0  # pixels kept free around a label, and before and behind it where the next one may begin
CELL = 16.0  # pixels; points are looked for in the cells that a box touches


@dataclass(frozen=True)
class Boxes:
    """Turned rectangles.

    Attributes
    ----------
    origin : a point of each in pixels, shape (n, 2)
    along : unit vectors along the text, shape (n, 2)
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


def _each(first: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers first, first + 1, ... of each row, `counts` of them, and the row that each belongs to."""
    row = np.repeat(np.arange(len(counts)), counts)
    return first[row] + np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts), row


class Points:
    """Points in pixels by the cells that they lie in, because few of them are near a box."""

    def __init__(self, points: np.ndarray):
        cells = np.floor(points / CELL).astype(int)
        self.first = cells.min(axis=0, initial=0)
        self.shape = cells.max(axis=0, initial=0) - self.first + 1
        number = (cells - self.first) @ [self.shape[1], 1]
        self.points = points[np.argsort(number, kind="stable")]
        self.starts = np.concatenate([[0], np.cumsum(np.bincount(number, minlength=self.shape.prod()))])

    def inside(self, boxes: Boxes) -> np.ndarray:
        """How many points lie in each box or within a margin around it."""
        reach = MARGIN + 1.0
        low, high = (
            np.clip(np.floor(ends / CELL).astype(int) - self.first, 0, self.shape - 1)
            for ends in (boxes.corners.min(axis=1) - reach, boxes.corners.max(axis=1) + reach)
        )
        column, box = _each(low[:, 0], high[:, 0] - low[:, 0] + 1)
        first, end = (self.starts[column * self.shape[1] + row] for row in (low[box, 1], high[box, 1] + 1))
        point, strip = _each(first, end - first)
        box = box[strip]
        x, y = (self.points[point] - boxes.origin[box]).T
        (along_x, along_y), (left, right, bottom, top) = boxes.along[box].T, boxes.edges[box].T
        u, v = x * along_x + y * along_y, y * along_x - x * along_y
        within = (u > left - MARGIN) & (u < right + MARGIN) & (v > bottom - MARGIN) & (v < top + MARGIN)
        return np.bincount(box[within], minlength=len(boxes))
