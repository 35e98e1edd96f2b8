"""The figure of a waterfall: how limits move as pieces of physics are switched on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDE = 3.0  # ratio of the highest to the lowest step from which an axis is logarithmic


def staircase(
    ax: Axes, steps: Sequence[str], limits: Mapping[str, Mapping[str, float]], looks: Mapping[str, dict]
) -> None:
    """Draw limits over their value at the first step, one step beside the other.

    Parameters
    ----------
    ax : where to draw
    steps : in the order in which they are switched on
    limits : label -> value by step; one without a value at the first step is left out, missing steps are gaps
    looks : label -> options of the line
    """
    ax.axhline(1, color="0.6", linewidth=0.6)
    places, drawn = np.arange(len(steps)), []
    for label, values in limits.items():
        found = np.array([values.get(step, np.nan) for step in steps], dtype=float)
        if found.size and np.isfinite(found[0]):
            drawn.append(found / found[0])
            ax.step(places, drawn[-1], where="mid", label=label, **looks[label])
    low, high = (extreme(drawn) if drawn else 1.0 for extreme in (np.nanmin, np.nanmax))
    ax.set(yscale="log" if high > WIDE * low else "linear", ylabel="limit / paper's")
    ax.set_xticks(places, [step.replace("_", " ") for step in steps], rotation=40, ha="right")
