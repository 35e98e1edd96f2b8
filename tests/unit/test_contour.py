"""Crossings, edges and contour lines of functions with known ones."""

import numpy as np
import pytest

from nubounds import contour


def test_crossings_of_a_power_law_are_exact_in_logarithms():
    x = np.geomspace(1e-3, 1e3, 7)
    found = contour.crossings(x, 5 * x**-2, 20.0, log_values=True)
    assert found == pytest.approx([0.5])


def test_crossings_skip_what_is_not_finite():
    values = np.array([0.0, 2.0, np.nan, 0.0, 1.0])
    assert contour.crossings(np.arange(1.0, 6.0), values, 1.0, log_x=False) == pytest.approx([1.5, 5.0])


def test_edges_of_a_band_and_of_an_open_region():
    x, y = np.array([1.0, 10.0]), np.geomspace(1e-4, 1, 401)
    band = np.exp(-((np.log(y / 1e-2)) ** 2))
    x_bottom, bottom, x_top, top = contour.edges(x, y, [band, np.where(y > 0.1, 1.0, 0.0)], np.exp(-1.0))
    assert bottom[0] == pytest.approx(1e-2 / np.e, rel=1e-3)
    assert top == pytest.approx([1e-2 * np.e], rel=1e-3)
    assert (x_bottom.tolist(), x_top.tolist()) == ([1.0, 10.0], [1.0])


def test_contour_line_of_a_product_is_a_hyperbola():
    x, y = np.geomspace(0.1, 10, 41), np.geomspace(0.1, 10, 51)
    ((line_x, line_y),) = contour.contour_lines(x, y, np.log(np.outer(y, x)), 0.0)
    assert line_x * line_y == pytest.approx(np.ones_like(line_x))
