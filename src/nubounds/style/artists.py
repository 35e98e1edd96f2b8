"""What our figures draw otherwise than matplotlib does: strokes along a curve, powers of ten as text."""

from __future__ import annotations

import re

from matplotlib.patheffects import TickedStroke
from matplotlib.ticker import LogFormatterSciNotation

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
STROKE_POINTS, STROKE_SPACING = 4.2, 12.0  # length and distance


class Strokes(TickedStroke):
    """Strokes along a curve, to the left (1) or to the right (-1) of who walks along it."""

    def __init__(self, side: int):
        solid = {"dash_offset": 0, "dash_list": None}
        look = {"spacing": STROKE_SPACING, "length": STROKE_POINTS / STROKE_SPACING, "linewidth": 0.5, "dashes": solid}
        super().__init__(angle=60 * side, **look)
        self.offset_points = side * STROKE_POINTS  # of their ends


class PowersOfTen(LogFormatterSciNotation):
    """Labels of a logarithmic axis as plain text, 2×10⁻³; set as formulae they cost a sixth of a figure's time."""

    def __call__(self, x, pos=None):
        formula = super().__call__(x, pos)
        found = re.fullmatch(r"\$\\mathdefault\{(?:(.*)\\times)?10\^\{(-?\d+)\}\}\$", formula)
        if not found:
            return formula
        factor, exponent = found.groups()
        return (f"{factor}×" if factor else "") + "10" + exponent.translate(SUPERSCRIPTS)


def label_powers(ax) -> None:
    """Give the logarithmic axes of `ax` labels in plain text."""
    for axis in (ax.xaxis, ax.yaxis):
        for old, change in (
            (axis.get_major_formatter(), axis.set_major_formatter),
            (axis.get_minor_formatter(), axis.set_minor_formatter),
        ):
            if type(old) is LogFormatterSciNotation:
                change(PowersOfTen(labelOnlyBase=old.labelOnlyBase, minor_thresholds=old.minor_thresholds))
