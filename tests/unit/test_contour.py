"""Crossings, edges and contour lines of functions with known ones."""

import numpy as np

from close import close
from nubounds import contour


def test_crossings_of_a_power_law_are_exact_in_logarithms():
    x = np.geomspace(1e-3, 1e3, 7)
    found = contour.crossings(x, 5 * x**-2, 20.0, log_values=True)
    assert found == close([0.5])


def test_crossings_skip_what_is_not_finite():
    values = np.array([0.0, 2.0, np.nan, 0.0, 1.0])
    assert contour.crossings(np.arange(1.0, 6.0), values, 1.0, log_x=False) == close([1.5, 5.0])


def test_edges_of_a_band_and_of_an_open_region():
    x, y = np.array([1.0, 10.0]), np.geomspace(1e-4, 1, 401)
    band = np.exp(-((np.log(y / 1e-2)) ** 2))
    x_bottom, bottom, x_top, top = contour.edges(x, y, [band, np.where(y > 0.1, 1.0, 0.0)], np.exp(-1.0))
    assert bottom[0] == close(1e-2 / np.e, rel=1e-3)
    assert top == close([1e-2 * np.e], rel=1e-3)
    assert (x_bottom.tolist(), x_top.tolist()) == ([1.0, 10.0], [1.0])


def test_contour_line_of_a_product_is_a_hyperbola():
    x, y = np.geomspace(0.1, 10, 41), np.geomspace(0.1, 10, 51)
    ((line_x, line_y),) = contour.contour_lines(x, y, np.log(np.outer(y, x)), 0.0)
    assert line_x * line_y == close(np.ones_like(line_x))


def test_an_edge_on_the_level_itself_is_an_edge():
    y = np.array([1.0, 2.0, 3.0, 4.0])
    x_bottom, bottom, x_top, top = contour.edges([5.0], y, [[1.0, 2.0, 2.0, 1.0]], 1.0, log_y=False)
    assert (x_bottom.tolist(), bottom.tolist()) == ([5.0], [1.0])
    assert (x_top.tolist(), top.tolist()) == ([5.0], [4.0])


def test_contour_lines_come_longest_first():
    x = np.linspace(-4, 4, 81)
    small, large = np.exp(-((x - 2.5) ** 2) * 8), np.exp(-((x + 1) ** 2))
    bumps = np.exp(-(x[:, None] ** 2)) * (small + large)
    for values in (bumps, bumps[:, ::-1], bumps.T, bumps.T[::-1]):
        lengths = [len(line_x) for line_x, _ in contour.contour_lines(x, x, values, 0.3, log=False)]
        assert len(lengths) == 2
        assert lengths[0] > lengths[1]
