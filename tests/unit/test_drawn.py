"""The numbers behind a figure are those that were drawn, each under its name."""

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot

from nubounds import read_table, style
from nubounds.style import drawn

matplotlib.use("Agg")


@pytest.fixture
def figure():
    with style.context():
        figure, (left, right) = style.new_figure(1, 2)
        yield figure, left, right
    pyplot.close(figure)


def rows(figure, **wanted):
    table = drawn.numbers(figure)
    mine = np.ones(len(table["x"]), dtype=bool)
    for name, value in wanted.items():
        mine &= table[name] == value
    return {name: column[mine] for name, column in table.items()}


def test_a_curve_has_the_name_that_is_written_along_a_part_of_it(figure):
    figure, left, right = figure
    x = np.linspace(1.0, 2.0, 7)
    left.plot(x, x**2)
    style.label_curve(left, x[2:5], x[2:5] ** 2, "$x^2$ of #1")
    right.plot(x, -x, label="minus")
    right.plot(x, np.where(x > 1.5, x, np.nan))
    right.set(xlabel=r"energy $E_\nu$ [MeV]", ylabel="rate")
    curve = rows(figure, panel=1)
    assert set(curve["curve"]) == {"x^2 of no. 1"} and np.array_equal(curve["y"], x**2)
    assert np.array_equal(rows(figure, curve="minus")["y"], -x)
    unnamed = rows(figure, panel=2, curve="2")
    assert np.array_equal(unnamed["x"], x[x > 1.5]) and np.isnan(unnamed["value"]).all()
    assert set(unnamed["x_name"]) == {"energy E_ν [MeV]"}


def test_maps_contours_regions_bars_and_points(figure):
    figure, left, right = figure
    x, y = np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0])
    values = x * y[:, None]
    left.pcolormesh(x, y, values, shading="nearest")
    left.contour(x, y, values, [30.0])
    assert np.array_equal(rows(figure, kind="map")["value"], values.ravel())
    contour = rows(figure, kind="contour")
    assert set(contour["value"]) == {30.0} and np.all((contour["x"] >= 1) & (contour["x"] <= 3))
    right.fill_between(x, x, 2 * x, label="between")
    right.fill([0, 1, 1], [0, 0, 1], label="corner")
    right.bar([1, 2], [3, 4], bottom=[0, 1], label="bars")
    right.errorbar(x, x, 0.5 * x, fmt="o", label="data")
    right.axhspan(0, 1)
    region = rows(figure, kind="region", curve="between")
    assert {*zip(region["x"].tolist(), region["y"].tolist(), strict=True)} >= {(1.0, 1.0), (3.0, 6.0)}
    assert {*rows(figure, kind="region")["curve"]} == {"between", "corner"}
    bars = rows(figure, kind="bar")
    assert (bars["x"].tolist(), bars["y"].tolist(), bars["value"].tolist()) == ([1, 2], [3, 5], [3, 4])
    assert np.array_equal(rows(figure, kind="points")["y"], x)
    assert np.array_equal(rows(figure, kind="error bar")["y"], np.outer(x, [0.5, 1.5]).ravel())


def test_an_inset_is_a_panel_and_lines_across_the_axes_are_none(figure):
    figure, left, right = figure
    inset = left.inset_axes([0.5, 0.5, 0.4, 0.4])
    inset.plot([1, 2], [3, 4])
    left.axvline(5)
    right.axhline(5)
    left.secondary_yaxis("right")
    assert rows(figure)["panel"].tolist() == [2, 2]


def test_a_table_is_read_back(figure, tmp_path):
    figure, left, _ = figure
    left.plot([1.0, 0.1 + 0.2], [1e-300, 2.0], label='"a", b')
    left.set_title("first\npanel")
    drawn.write(figure, tmp_path / "fig.csv", ["what it shows"])
    frame = read_table(tmp_path / "fig.csv")
    assert list(frame.columns) == list(drawn.COLUMNS)
    assert frame["x"].tolist() == [1.0, 0.1 + 0.2] and frame["y"].tolist() == [1e-300, 2.0]
    assert set(frame["curve"]) == {'"a", b'} and frame.attrs["header"] == ["what it shows", "panel 1: first panel"]


def test_an_empty_figure_has_an_empty_table(figure, tmp_path):
    drawn.write(figure[0], tmp_path / "fig.csv", [])
    frame = read_table(tmp_path / "fig.csv")
    assert list(frame.columns) == list(drawn.COLUMNS) and frame.empty


def test_laying_out_a_figure_changes_no_number(figure):
    figure, left, _ = figure
    x = np.geomspace(1.0, 100.0, 30)
    left.set(xscale="log", yscale="log")
    left.plot(x, x**2)
    style.label_curve(left, x, x**2, "square")
    left.plot([10.0], [3.0])  # a single point gets a marker
    inset = left.inset_axes([0.6, 0.1, 0.3, 0.3])
    inset.plot(x, x)
    style.label_curve(inset, x, x, "line")
    before = drawn.numbers(figure)
    style.finish(figure)
    after = drawn.numbers(figure)
    assert before.keys() == after.keys() and len(before["x"]) == 61
    for name, column in before.items():
        assert column.tolist() == after[name].tolist() or np.array_equal(column, after[name], equal_nan=True)
