"""Figures of excluded regions, paper and best side by side, and of what each piece of physics does to their edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nubounds.constraints.sn_dipole.curves import MASS, MOMENT
from nubounds.constraints.sn_dipole.inputs import EnergyLoss, Production
from nubounds.constraints.sn_dipole.tables import edges
from nubounds.contract import Run
from nubounds.style import (
    COLOURS,
    draw_user_limits,
    label_curve,
    line,
    new_figure,
    note_convention,
    towards_excluded,
)
from nubounds.style.staircase import staircase
from nubounds.waterfall import CONFIGURED, other_presets

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MASSES, TOP = (1e-2, 500), 1e-6
ABSORBED = ("absorption", "gravity", "cooling_criterion")  # steps at which all limits have an upper edge
# probe -> number of its colour, label, where it stands along the lower edge in the left and right panel
SHOWN = {
    "smm": (0, r"SN1987A ($\gamma$), SMM", 0.35),
    "kamiokande_imb": (5, r"SN1987A ($\nu$)", 0.6),
    "cooling": (6, "energy loss", 0.3),
    "deposition": (1, "low-energy supernovae", 0.45),
}


def _region(ax: Axes, run: Run, name: str, index: int, text: str, at: float) -> None:
    """One limit: its inside is tinted, up to the frame where it has no upper edge."""
    curves, look = run.curves, {"color": COLOURS[index], "linewidth": 0.9}
    lower = curves.get(f"{name}_bottom", curves.get(name))
    if lower is None:
        return
    upper = curves.get(f"{name}_top")
    x, top = lower.x, np.full_like(lower.y, TOP)
    if upper is not None:
        top = np.exp(np.interp(np.log(x), np.log(upper.x), np.log(upper.y), left=np.log(TOP)))
        ax.plot(upper.x, upper.y, **look, path_effects=towards_excluded(upper))
    ax.fill_between(x, lower.y, np.maximum(top, lower.y), facecolor=COLOURS[index], alpha=0.1, linewidth=0)
    ax.plot(x, lower.y, **look, path_effects=towards_excluded(lower))
    label_curve(ax, x, lower.y, text, at=at, above=False, color=COLOURS[index])


def _titles(production: Production, loss: EnergyLoss) -> list[tuple[str, str]]:
    """Title and ending of the curves of each panel: the paper's first, and the run's own if it is at no preset."""
    others = [preset for preset, _ in other_presets(production, loss)]
    words = {"paper": "the paper's inputs", "best": "today's best inputs"}
    panels = [(text, f"_{preset}_inputs" if preset in others else "") for preset, text in words.items()]
    return panels if len(others) < 2 else [("as configured", ""), panels[1]]


def regions(run: Run, production: Production, loss: EnergyLoss) -> Figure:
    """Excluded regions with the paper's and with today's best inputs.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    production : how a supernova makes sterile neutrinos
    loss : how much energy sterile neutrinos may carry away

    Returns
    -------
    The figure.
    """
    figure, axes = new_figure(1, 2, height=3.9, sharey=True)
    for ax, (title, ending) in zip(axes, _titles(production, loss), strict=True):
        ax.set(xscale="log", yscale="log", xlim=MASSES, ylim=(1e-17, TOP), xlabel=MASS.label, title=title)
        for probe, (index, text, at) in SHOWN.items():
            _region(ax, run, f"{probe}{ending}", index, text, at)
        draw_user_limits(ax, run.user_limits, "M_MeV", "d_per_MeV")
    axes[0].set_ylabel(MOMENT.label)
    star = production.star.name
    note_convention(axes[0], star, "lower right")
    return figure


def waterfall(run: Run) -> Figure:
    """Edges over those of the paper, or of the step with absorption, with pieces of physics switched on from left to
    right.

    Parameters
    ----------
    run : with the tables of the scans

    Returns
    -------
    The figure.
    """
    frame = edges(run.tables["pieces"])
    frame = frame[frame["physics"] != CONFIGURED]
    steps = list(dict.fromkeys(frame["physics"]))
    figure, axes = new_figure(2, 1, width=7.0, height=6.0)
    panels = (("lower", steps, "paper"), ("upper", [step for step in steps if step in ABSORBED], "first one"))
    for ax, (edge, shown, first) in zip(axes, panels, strict=True):
        limits, looks = {}, {}
        for (probe, M), mine in frame[frame["edge"] == edge].groupby(["probe", "M_MeV"], sort=False):
            index, name, _ = SHOWN.get(probe, (2, probe, 0.5))
            label = f"{name}, {M:g} MeV"
            limits[label] = dict(zip(mine["physics"], mine["d_per_MeV"], strict=True))
            looks[label] = line(index) | {"linestyle": "-" if M < 10 else "--"}
        staircase(ax, shown, limits, looks)
        ax.set_ylabel(f"{edge} edge / {first}")
    if axes[0].lines[1:]:
        axes[0].legend(ncol=2, fontsize=5.5, frameon=False)
    return figure


FIGURES = {"regions": regions, "waterfall": waterfall}
