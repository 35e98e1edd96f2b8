"""Turned boxes: what lies in them and meets them, against a look at each pair by itself."""

import numpy as np

from nubounds.style.boxes import MARGIN, Boxes, Points

RNG = np.random.default_rng(7)


def some_boxes(count):
    angle = np.append(RNG.uniform(-np.pi / 2, np.pi / 2, count - 2), [np.pi / 2, 0.0])
    size = RNG.uniform(5, 60, (count, 2))
    edges = np.stack([-size[:, 0], size[:, 0], 2.0 + 0 * angle, 2.0 + size[:, 1]], axis=1)
    return Boxes(RNG.uniform(-50, 300, (count, 2)), np.column_stack([np.cos(angle), np.sin(angle)]), edges)


def inside(points, box, margin):
    """Points inside a single box, by the sides of its edges."""
    x, y = (points - box.origin[0]).T
    (c, s), (left, right, low, high) = box.along[0], box.edges[0]
    u, v = c * x + s * y, c * y - s * x
    return (u > left - margin) & (u < right + margin) & (v > low - margin) & (v < high + margin)


def test_points_in_boxes_are_counted_as_one_by_one():
    boxes, points = some_boxes(200), RNG.uniform(0, 250, (3000, 2))
    expected = [np.count_nonzero(inside(points, boxes[i : i + 1], MARGIN)) for i in range(len(boxes))]
    assert Points(points).inside(boxes).tolist() == expected and max(expected) > 50 and min(expected) == 0


def test_nothing_is_in_a_box_without_points_and_no_box_meets_none():
    boxes = some_boxes(3)
    assert Points(np.empty((0, 2))).inside(boxes).tolist() == [0, 0, 0]
    assert boxes.met_by(Boxes.together([])).tolist() == [0, 0, 0]
    assert len(boxes.met_by(boxes[:0])) == 3 and len(boxes[:0].met_by(boxes)) == 0


def test_boxes_that_meet_are_those_that_share_points():
    boxes, others = some_boxes(30), some_boxes(20)
    u, v = np.meshgrid(np.linspace(0, 1, 120), np.linspace(0, 1, 120))

    def filled(box):
        corner, right, _, up = box.corners[0]
        return corner + u.reshape(-1, 1) * (right - corner) + v.reshape(-1, 1) * (up - corner)

    def with_room(box, room):
        low, high = box.corners[0, 0], box.corners[0, 2]
        edges = np.concatenate([(end - box.origin[0]) @ box.axes[0] for end in (low, high)])[[0, 2, 1, 3]]
        return Boxes(box.origin, box.along, edges[None] + [[-room, room, -room, room]])

    for i in range(len(boxes)):
        for j in range(len(others)):
            box, other = boxes[i : i + 1], others[j : j + 1]
            touched, clear = (inside(filled(box), with_room(other, room), 0).any() for room in (-1.0, 1.0))
            met = bool(box.met_by(other)[0])
            assert met or not touched  # what shares points by a pixel is met
            assert clear or not met  # what is a pixel apart is not
    counts = boxes.met_by(others)
    assert counts.tolist() == [sum(boxes[i : i + 1].met_by(others[j : j + 1])[0] for j in range(20)) for i in range(30)]
    assert 0 < counts.sum() < 600
