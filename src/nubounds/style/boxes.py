"""Geometry of labels in a figure: turned boxes, and what lies inside or meets them.  All in pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

MARGIN, BETWEEN = 2.0, 10.0  # pixels kept free around a label, and before and behind it where the next one may begin


@dataclass(frozen=True)
class Box:
    """A turned rectangle: `origin` and unit vector `along` in pixels, the four edges in its own frame."""

    origin: np.ndarray
    along: np.ndarray
    left: float
    right: float
    low: float
    high: float

    def local(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates of points (n, 2) in the frame of the box."""
        shifted = points - self.origin
        return shifted @ self.along, shifted @ np.array([-self.along[1], self.along[0]])

    def with_gap(self) -> Box:
        """The box together with the space between it and its curve."""
        edges = (min(self.left, 0.0), max(self.right, 0.0), min(self.low, 0.0), max(self.high, 0.0))
        return Box(self.origin, self.along, *edges)

    def count(self, points: np.ndarray) -> int:
        """How many of the points lie inside."""
        if not len(points):
            return 0
        u, v = self.local(points)
        inside = (
            (u > self.left - MARGIN) & (u < self.right + MARGIN) & (v > self.low - MARGIN) & (v < self.high + MARGIN)
        )
        return int(np.count_nonzero(inside))

    @cached_property
    def corners(self) -> np.ndarray:
        left, right = self.left - BETWEEN, self.right + BETWEEN
        ends = [(left, self.low), (right, self.low), (right, self.high), (left, self.high)]
        return self.origin + np.array(ends) @ self.axes.T

    @cached_property
    def axes(self) -> np.ndarray:
        """Directions of the edges, as columns."""
        return np.array([[self.along[0], -self.along[1]], [self.along[1], self.along[0]]])


class Points:
    """Points in pixels, sorted, because thousands of places are tried and few points are near one."""

    def __init__(self, points: np.ndarray):
        self.points = points[np.argsort(points[:, 0], kind="stable")]

    def inside(self, box: Box) -> int:
        """How many points lie in `box`."""
        x, reach = box.corners[:, 0], MARGIN + 1.0
        first, last = np.searchsorted(self.points[:, 0], (x.min() - reach, x.max() + reach))
        return box.count(self.points[first:last])


class Obstacles:
    """What a label should not touch: points of curves and boxes of other texts."""

    def __init__(self, curves: np.ndarray, boxes: list[Box]):
        self.curves = Points(curves)
        self.corners = np.array([box.corners for box in boxes]).reshape(-1, 4, 2)
        self.axes = np.array([box.axes for box in boxes]).reshape(-1, 2, 2)
        self.low, self.high = self.corners.min(axis=1), self.corners.max(axis=1)
        own = self.corners @ self.axes  # in the frame of each box itself
        self.own_low, self.own_high = own.min(axis=1), own.max(axis=1)

    def boxes_met(self, box: Box) -> int:
        """How many boxes overlap with `box`: no edge direction of either separates the two."""
        near = ((self.low <= box.corners.max(axis=0)) & (self.high >= box.corners.min(axis=0))).all(axis=1)
        if not near.any():
            return 0
        mine, theirs = box.corners @ box.axes, self.corners[near] @ box.axes
        apart = (theirs.max(axis=1) < mine.min(axis=0)) | (mine.max(axis=0) < theirs.min(axis=1))
        mine = box.corners @ self.axes[near]
        apart |= (mine.max(axis=1) < self.own_low[near]) | (self.own_high[near] < mine.min(axis=1))
        return int(np.count_nonzero(~apart.any(axis=1)))
