"""Figures: fonts in the file, sizes, labels that keep clear."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest

from close import close
from nubounds import style
from nubounds.contract import Coordinate, Curve
from nubounds.style import artists, labels, ticks

style.setup()
X = np.geomspace(1, 1000, 80)


def crossing_curves(count=6):
    """A figure with labelled curves that cross each other."""
    figure, ax = style.new_figure()
    ax.set(xscale="log", yscale="log", xlim=(1, 1000), ylim=(1e-6, 1e2))
    for i in range(count):
        y = 10 ** (-4 + 0.8 * i) * X ** (0.5 * np.cos(2 * i))
        ax.plot(X, y, **style.line(i))
        style.label_curve(ax, X, y, f"curve {i}")
    return figure


def test_labels_find_places_clear_of_curves_and_each_other():
    figure = crossing_curves()
    assert style.finish(figure) == []
    assert labels.overlaps(figure) == []
    plt.close(figure)


def test_overlaps_sees_a_label_on_a_curve():
    figure = crossing_curves(1)
    style.finish(figure)
    label = figure.axes[0].texts[0]
    label.set_position((0, 0))
    label.set_va("center")
    assert labels.overlaps(figure) == ["curve 0"]
    plt.close(figure)


def test_a_label_that_finds_no_room_is_named_and_stays_readable():
    figure, ax = style.new_figure()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    for level in np.linspace(0, 1, 60):
        ax.plot([0, 1], [level, level])
    style.label_curve(ax, [0, 1], [0.5, 0.5], "no room at all")
    assert style.finish(figure) == ["no room at all"]
    assert ax.texts[0].get_bbox_patch() is not None
    plt.close(figure)


def test_a_curve_outside_the_axes_gets_no_label():
    figure, ax = style.new_figure()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    style.label_curve(ax, [2, 3], [2, 3], "elsewhere")
    style.finish(figure)
    assert [text.get_text() for text in ax.texts if text.get_visible()] == [style.EMPTY]
    assert style.label_curve(ax, [2], [2], "one point") is None
    plt.close(figure)


@pytest.mark.parametrize(("columns", "width"), [(1, style.ONE_COLUMN), (2, style.TWO_COLUMNS)])
def test_files_have_the_size_of_a_column_and_embedded_fonts(tmp_path, columns, width):
    from matplotlib.image import imread

    figure, axes = style.new_figure(1, columns)
    np.atleast_1d(axes)[0].plot([1, 2], [1, 2], label="text")
    for ending in style.ENDINGS:
        style.save(figure, tmp_path / f"figure.{ending}", ending)
    plt.close(figure)
    assert imread(tmp_path / "figure.png").shape[1] == close(200 * width, abs=1)
    pdf = (tmp_path / "figure.pdf").read_bytes()
    assert b"/FontFile2" in pdf and b"/Type3" not in pdf
    assert b"CreationDate" not in pdf


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        figure = crossing_curves(3)
        style.finish(figure)
        for ending in style.ENDINGS:
            style.save(figure, tmp_path / f"{name}.{ending}", ending)
        plt.close(figure)
    for ending in style.ENDINGS:
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_a_png_has_the_pixels_that_matplotlib_writes_and_no_alpha_channel(tmp_path):
    from PIL import Image

    figure = crossing_curves(2)
    style.finish(figure)
    style.save(figure, tmp_path / "ours.png", "png")
    figure.savefig(tmp_path / "usual.png")
    plt.close(figure)
    with Image.open(tmp_path / "ours.png") as ours, Image.open(tmp_path / "usual.png") as usual:
        assert (ours.mode, usual.mode) == ("RGB", "RGBA") and ours.info["dpi"] == usual.info["dpi"]
        pixels = np.asarray(usual)
        assert (pixels[..., 3] == 255).all() and (np.asarray(ours) == pixels[..., :3]).all()


def test_formulae_of_all_figures_are_parsed_once(monkeypatch):
    from matplotlib import _mathtext

    parsed, parse = [], _mathtext.Parser.parse
    monkeypatch.setattr(
        _mathtext.Parser, "parse", lambda self, text, *options: parsed.append(text) or parse(self, text, *options)
    )
    for _ in range(3):
        figure, ax = style.new_figure()
        ax.set_xlabel("$x_{once}$")
        figure.savefig(io.BytesIO(), format="pdf")
        figure.savefig(io.BytesIO(), format="png")
        plt.close(figure)
    assert parsed == ["$x_{once}$"] * 2  # for pdf and png


def test_every_curve_has_a_second_channel():
    looks = [(style.line(i)["color"], str(style.line(i)["linestyle"])) for i in range(len(style.COLOURS))]
    assert len({style for _, style in looks}) == len({colour for colour, _ in looks}) == len(looks)


@pytest.mark.parametrize("text", ["costs 5$ to 6$", "$\\frac$", "$\\alpha", "$x_$ and $y$", "plain", "$\\mu_B$"])
def test_any_label_of_a_user_can_be_drawn(text):
    figure, ax = style.new_figure()
    ax.plot([1, 2], [1, 2])
    style.label_curve(ax, [1, 2], [1, 2], style.typeset(text))
    style.finish(figure)
    figure.savefig(io.BytesIO(), format="pdf")
    assert style.typeset("$\\mu_B$") == "$\\mu_B$"


def test_labels_of_logarithmic_axes_are_plain_text():
    figure, ax = style.new_figure()
    ax.loglog([1e-3, 1e3], [0.2, 0.9])
    style.finish(figure)
    figure.draw_without_rendering()
    assert "10⁻³" in [label.get_text() for label in ax.get_xticklabels()]
    written = [label.get_text() for label in ax.get_yticklabels(which="both")]
    assert "3×10⁻¹" in written and not any("$" in text for text in written)


def test_names_of_axes_lie_inside_the_figure_and_outside_the_axes():
    figure, axes = style.new_figure(1, 2, sharey=True)
    mesh = axes[0].pcolormesh(np.linspace(0, 1e4, 3), np.geomspace(1e-9, 1, 3), np.ones((2, 2)))
    axes[0].set(xlabel="mass [MeV]", ylabel="coupling", yscale="log")
    figure.colorbar(mesh, ax=axes.tolist(), label="a long name of a colour")
    style.finish(figure)
    figure.savefig(io.BytesIO(), format="png")
    renderer = figure.canvas.get_renderer()
    names = [axes[0].xaxis.label, axes[0].yaxis.label, figure.axes[2].yaxis.label]
    for name in names:
        box = name.get_window_extent(renderer)
        assert box.width > 5 and figure.bbox.containsx(box.x0) and figure.bbox.containsx(box.x1)
        assert figure.bbox.containsy(box.y0) and figure.bbox.containsy(box.y1)
        assert not any(box.overlaps(ax.get_window_extent(renderer)) for ax in figure.axes)


def test_a_label_keeps_clear_of_strokes():
    figure, ax = style.new_figure()
    x = np.linspace(0.0, 1.0, 50)
    curve = Curve("c", "c", x, np.full(50, 0.5), Coordinate("x", "1", "x"), Coordinate("y", "1", "y"))
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.plot(curve.x, curve.y, path_effects=style.towards_excluded(curve))
    label = style.label_curve(ax, curve.x, curve.y, "a limit", above=True)
    assert style.finish(figure) == []
    box = label.get_window_extent(figure.canvas.get_renderer())
    height, reach = ax.transData.transform((0, 0.5))[1], artists.STROKE_POINTS * figure.dpi / 72
    assert box.y0 > height + reach or box.y1 < height  # the strokes stand above
    plt.close(figure)


def test_labels_keep_clear_of_insets_and_find_places_in_them():
    figure, ax = style.new_figure()
    x = np.linspace(0.0, 1.0, 50)
    inset = ax.inset_axes([0.3, 0.5, 0.4, 0.45])
    for each in (ax, inset):
        each.set(xlim=(0, 1), ylim=(0, 1))
        each.plot(x, np.full(50, 0.45))
    inside = style.label_curve(inset, x, np.full(50, 0.45), "in")
    outside = style.label_curve(ax, x, np.full(50, 0.45), "out", at=0.5)
    assert style.finish(figure) == []
    renderer = figure.canvas.get_renderer()
    frame, box = inset.get_tightbbox(renderer), outside.get_window_extent(renderer)
    assert not frame.overlaps(box)
    assert inset.get_window_extent(renderer).contains(*inside.get_window_extent(renderer).min)
    plt.close(figure)


def test_small_ticks_that_are_drawn_together_make_the_same_picture(tmp_path):
    def drawn(change):
        figure, (left, right) = style.new_figure(1, 2)
        for ax, top in ((left, 1e3), (right, 3)):  # a long axis has no small numbers, a short one has
            ax.set(xscale="log", yscale="log", xlim=(1, 1e4), ylim=(0.3, top))
            ax.plot(X, np.sqrt(X))
        right.tick_params(top=False, which="both")
        style.finish(figure)
        change(figure.axes)
        with io.BytesIO() as file:
            figure.savefig(file, format="png")
            ticks = [len(axis.get_minorticklocs()) for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)]
            plt.close(figure)
            return file.getvalue(), ticks, [len(ax.lines) for ax in (left, right)]

    usual, before, lines = drawn(lambda axes: None)
    together, after, same_lines = drawn(ticks.draw_together)
    assert together == usual and lines == same_lines == [1, 1]
    assert min(before) > 0 and after[:3] == [0, 0, 0] and after[3] == before[3]
