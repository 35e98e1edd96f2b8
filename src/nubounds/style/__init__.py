"""How every figure looks: sizes, fonts, colours with a second channel, labels in place.

Matplotlib takes a second to import, and every run looks at the functions that draw: it is imported where something is
drawn.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from nubounds.files import tables
from nubounds.style import labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation

ENDINGS = ("png", "pdf")  # png first: drawn at the resolution of the figure itself
METADATA = {"CreationDate": None, "Producer": None, "Creator": "nubounds"}  # of a pdf
COMPRESSION = 2  # of a png, half the time of the usual 6; without an alpha channel files are smaller all the same

# Okabe and Ito's colours, distinguishable with the common colour-vision deficiencies; always paired with a line style.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999933")
LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1)), (0, (3, 1, 1, 1)))
HATCHES = ("///", "\\\\\\", "...", "xxx", "+++", "ooo")
EMPTY = "no point of the grid in this window"
ONE_COLUMN, TWO_COLUMNS = 3.4, 7.0  # widths in inches
STYLE_SHEET = Path(__file__).with_name("nubounds.mplstyle")


def context():
    """The style for the figures drawn inside of it; what else is drawn in this process stays as it is.

    Returns
    -------
    contextlib.AbstractContextManager
        For a ``with`` statement.
    """
    from matplotlib import style

    return style.context(STYLE_SHEET)


def _kept(parse: Callable) -> Callable:
    """A parser of formulae that keeps what it has found, for all figures: these differ in their parser alone."""
    found: dict[tuple, Any] = {}

    def kept(parser, *words):
        key = (parser._output_type, *words)
        if key not in found:
            found[key] = parse(parser, *words)
        return found[key]

    return kept


@cache
def setup() -> None:
    """Make this process one that draws our figures into files: called by the steps of the program, never at import."""
    from matplotlib import artist

    # A third of the import is spent on documentation of classes, which no reader of figures sees.
    artist.Artist._update_set_signature_and_docstring = classmethod(lambda cls: None)
    artist.kwdoc = lambda _: ""

    import matplotlib.style
    from fontTools import subset
    from matplotlib import font_manager
    from matplotlib.mathtext import MathTextParser

    matplotlib.use("Agg")
    matplotlib.style.use(STYLE_SHEET)
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # dates inside font files do not matter to a reader
    # A pdf says where each letter stands; without the rules of typesetting a font is embedded in a third of the time.
    # The list is private to fontTools: an update that renames it fails here.
    subset.Options._drop_tables_default += ["GSUB", "GPOS", "GDEF", "MATH"]
    if hasattr(subset, "_compact_layout_tables"):  # of fontTools 4.68 on: reads those tables before they are dropped
        subset._compact_layout_tables = lambda font, **options: nullcontext()
    # Each formula is looked at several times; matplotlib keeps the last fifty, fewer than a paper has, of each figure.
    MathTextParser._parse_cached = _kept(MathTextParser._parse_cached.__wrapped__)
    # So are the files of a font, several times for each text.
    files = cache(font_manager.fontManager._find_fonts_by_props)
    font_manager.fontManager._find_fonts_by_props = lambda font, *options: files(font.copy(), *options)


def new_figure(
    rows: int = 1, columns: int = 1, *, width: float | None = None, height: float | None = None, **options: Any
) -> tuple[Figure, Any]:
    """A figure and its axes.

    Parameters
    ----------
    rows, columns : int
        Number of axes.
    width, height : float, optional
        Inches; the width of one or two columns of a journal page by default.
    **options : dict
        Further options of :func:`matplotlib.pyplot.subplots`.

    Returns
    -------
    figure : matplotlib.figure.Figure
        The figure.
    axes : matplotlib.axes.Axes or numpy.ndarray
        Its axes.
    """
    width = width or (ONE_COLUMN if columns == 1 else TWO_COLUMNS)
    height = height or 0.8 * width / columns * rows
    from matplotlib import pyplot

    return pyplot.subplots(rows, columns, figsize=(width, height), **{"layout": "constrained"} | options)


def line(index: int) -> dict:
    """Colour and line style of a curve: the one goes with the other.

    Parameters
    ----------
    index : int
        Number of the curve, from 0.

    Returns
    -------
    dict
        Keywords for ``Axes.plot``.
    """
    return {"color": COLOURS[index % len(COLOURS)], "linestyle": LINE_STYLES[index % len(LINE_STYLES)]}


def typeset(text: str) -> str:
    """A text of a user as matplotlib can draw it: formulae that it cannot read stay as they are typed.

    Parameters
    ----------
    text : str
        Words with formulae between dollars.

    Returns
    -------
    str
        The text, with dollars escaped where there is no formula.
    """
    from matplotlib import mathtext

    try:
        mathtext.MathTextParser("path").parse(text)
    except (ValueError, RecursionError):
        return text.replace("$", r"\$")
    return text


def window(values: ArrayLike, default: tuple[float, float], log: bool = True) -> tuple[float, float]:
    """Limits of an axis that show all values, with room around a single one.

    Parameters
    ----------
    values : array_like
        What is drawn; only finite values count, and only positive ones on a logarithmic axis.
    default : tuple of float
        The limits where there is no such value.
    log : bool
        Whether the axis is logarithmic.

    Returns
    -------
    tuple of float
        Lower and upper limit.
    """
    values = np.asarray(values, float)
    values = values[np.isfinite(values) & (values > 0 if log else True)]
    if not values.size:
        return default
    low, high = float(values.min()), float(values.max())
    if low < high:
        return low, high
    return (low / 3, high * 3) if log else (low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0))


def label_curve(
    ax: Axes,
    x: ArrayLike,
    y: ArrayLike,
    text: str,
    *,
    at: float = 0.5,
    above: bool = True,
    color: str = "black",
    **options: Any,
) -> Annotation | None:
    """Write a text along a curve, turned to its slope.

    The final place, clear of other curves and labels, is found by :func:`finish` when everything is drawn.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where the curve is drawn.
    x, y : array_like
        The curve.
    text : str
        The label.
    at : float
        Where it would best stand, as a fraction of the curve's visible part.
    above : bool
        On which side.
    color : str
        Colour of the text.
    **options : dict
        Further options of ``Axes.annotate``.

    Returns
    -------
    matplotlib.text.Annotation or None
        The label; None where the curve has no visible part.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    path = labels.sample(ax.transData, x, y) if x.size > 1 else np.empty((0, 2))
    if not len(path):
        return None
    x_at, y_at = ax.transData.inverted().transform(path[int(at * (len(path) - 1))])
    annotation = ax.annotate(
        text,
        (x_at, y_at),
        xytext=(0, 3 if above else -3),
        textcoords="offset points",
        ha="center",
        va="bottom" if above else "top",
        color=color,
        fontsize=options.pop("fontsize", 6.5),
        annotation_clip=True,
        **options,
    )
    labels.remember(annotation, x, y, at, above)
    return annotation


def _lay_out(figure) -> None:
    """Let the layout engine do its work once: labels have their places, so it must not work again for every format."""
    from matplotlib import rc_context

    from nubounds.style import ticks

    engine = figure.get_layout_engine()
    if engine is not None:
        with ticks.unmeasured(labels.all_axes(figure)):
            engine.execute(figure)
        with rc_context({"figure.constrained_layout.use": False}):
            figure.set_layout_engine(None)


def _say_if_empty(ax) -> None:
    """A word in axes without any curve or map inside their limits: a grid may lie elsewhere."""
    from matplotlib.collections import QuadMesh

    if not ax.axison or ax.images or any(isinstance(artist, QuadMesh) for artist in ax.collections):
        return
    if not labels.shows_curves(ax):
        words = {"ha": "center", "va": "center", "fontsize": 6.5, "color": "0.35", "transform": ax.transAxes}
        ax.text(0.5, 0.5, EMPTY, **words)


def _show_single_points(ax) -> None:
    """A curve of one point would be invisible: it gets a marker."""
    for curve in ax.lines:
        x, y = (np.asarray(part, float) for part in curve.get_data())
        if np.count_nonzero(np.isfinite(x) & np.isfinite(y)) == 1 and curve.get_marker() == "None":
            curve.set(marker="o", markersize=2.5)


def finish(figure) -> list[str]:
    """Lay a figure out, say where axes are empty, and find the places of all labels.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure, with everything drawn.

    Returns
    -------
    list of str
        Labels that still touch something; they get a light background.
    """
    from nubounds.style.artists import label_powers

    for ax in labels.all_axes(figure):
        label_powers(ax)
        for spine in ax.spines.values():
            spine.set_in_layout(False)  # ticks point inwards
        _show_single_points(ax)
        _say_if_empty(ax)
    _lay_out(figure)
    colliding = labels.place(figure)
    for annotation in colliding:
        annotation.set_bbox({"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.4})
    return [annotation.get_text() for annotation in colliding]


def _write_png(figure, file) -> None:
    """Write a figure as pixels; nothing in it is transparent."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = figure.canvas if isinstance(figure.canvas, FigureCanvasAgg) else FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    picture.save(file, "png", dpi=(figure.dpi, figure.dpi), compress_level=COMPRESSION)


def save(figure: Figure, path: Path, ending: str) -> None:
    """Write a figure without a date, so that the same curves give the same bytes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    path : pathlib.Path
        Where to.
    ending : str
        ``png`` or ``pdf``.
    """
    with tables.write_aside(path, "wb") as file:
        if ending == "png":
            _write_png(figure, file)
        else:
            figure.savefig(file, format=ending, metadata=METADATA)


def save_all(figure: Figure, path_of: Callable[[str], Path]) -> None:
    """Write a figure in every format and close it.

    The first drawing has found the places of the axes' names; the others keep them instead of measuring all numbers
    along the axes again.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    path_of : callable
        Path by ending.
    """
    from matplotlib import pyplot

    from nubounds.style import ticks

    first, *others = ENDINGS
    ticks.draw_together(labels.all_axes(figure))
    save(figure, path_of(first), first)
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            pixels = axis.label.get_transform().transform(axis.label.get_position())
            axis.set_label_coords(*figure.transFigure.inverted().transform(pixels), transform=figure.transFigure)
    for ending in others:
        save(figure, path_of(ending), ending)
    pyplot.close(figure)


def shade_region(
    ax: Axes,
    x: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    index: int = 0,
    *,
    alpha: float = 0.18,
    label: str | None = None,
    **options: Any,
) -> PolyCollection:
    """Fill between two curves with a colour and a hatch, so that regions differ without colour too.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to.
    x, low, high : array_like
        The region.
    index : int
        Number of the colour and hatch, from 0.
    alpha : float
        Opacity of the colour.
    label : str, optional
        For a legend.
    **options : dict
        Further options of ``Axes.fill_between``.

    Returns
    -------
    matplotlib.collections.PolyCollection
        The filled region.
    """
    colour = COLOURS[index % len(COLOURS)]
    return ax.fill_between(
        x,
        low,
        high,
        facecolor=colour,
        alpha=alpha,
        edgecolor=colour,
        hatch=HATCHES[index % len(HATCHES)],
        label=label,
        linewidth=0,
        **options,
    )


def towards_excluded(curve) -> list:
    """Strokes from a limit curve to the side that it excludes.

    Parameters
    ----------
    curve : nubounds.contract.Curve
        The limit.

    Returns
    -------
    list
        ``path_effects`` of ``Axes.plot``; none for a line, a sketch, an allowed region or a single point.
    """
    from matplotlib.patheffects import Normal

    from nubounds.style.artists import Strokes

    if curve.side == "line" or curve.allowed or curve.sketch or len(curve.x) < 2:
        return []
    above = curve.side in ("upper", "bottom")
    left = above == bool(curve.x[-1] >= curve.x[0])  # of a walker along the curve
    return [Normal(), Strokes(1 if left else -1)]


def note_convention(ax: Axes, text: str, corner: str = "lower right") -> None:
    """The convention a figure is drawn in, small, in a corner.

    Parameters
    ----------
    ax : where to draw
    text : the convention
    corner : ``upper`` or ``lower``, then ``left`` or ``right``
    """
    vertical, horizontal = corner.split()
    ax.text(
        0.98 if horizontal == "right" else 0.02,
        0.02 if vertical == "lower" else 0.98,
        text,
        transform=ax.transAxes,
        ha=horizontal,
        va="bottom" if vertical == "lower" else "top",
        fontsize=5.5,
        color="0.35",
    )


def draw_user_limits(ax: Axes, limits: Sequence[Any], x_name: str, y_name: str, start: int = 3) -> list[str]:
    """Draw a user's curves for one plane, each labelled in place.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to.
    limits : sequence
        ``run.user_limits``.
    x_name, y_name : str
        Columns of the plane; limits in others are passed over.
    start : int
        Number of the first line style.

    Returns
    -------
    list of str
        Labels of what was drawn.
    """
    drawn = []
    for index, limit in enumerate(limits):
        if (limit.x_name, limit.y_name) != (x_name, y_name):
            continue
        ax.plot(limit.x, limit.y, **line(start + index), linewidth=0.9)
        label_curve(ax, limit.x, limit.y, typeset(limit.label), color=COLOURS[(start + index) % len(COLOURS)], at=0.3)
        drawn.append(limit.label)
    return drawn
