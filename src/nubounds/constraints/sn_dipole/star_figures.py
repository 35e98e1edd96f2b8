"""The figure of limits by star."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nubounds.constraints.sn_dipole.curves import REGIONS
from nubounds.constraints.sn_dipole.inputs import Star, Stars, stem
from nubounds.contract import Curve, Run
from nubounds.style import COLOURS, LINE_STYLES, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 4
WIDE = 10  # factor between ratios from which on their axis is logarithmic
OWN = {"color": "black", "linestyle": "-", "linewidth": 1.3}
WITHOUT_BLACK = [colour for colour in COLOURS if colour != "#000000"]
NOTHING = "no other stars in this run"
TITLES = {
    "smm": r"SN1987A ($\gamma$), SMM",
    "kamiokande_imb": r"SN1987A ($\nu$), above 70 MeV",
    "low_energy": r"SN1987A ($\nu$), 10 to 50 MeV",
    "cooling": "energy loss",
    "diffuse": r"diffuse $\gamma$",
    "deposition": "low-energy supernovae",
    "fermi_223": "Fermi-LAT, 223 s",
    "fermi_3600": "Fermi-LAT, 3600 s",
    "eastrogam": "e-ASTROGAM, 3600 s",
    "eastrogam_223": "e-ASTROGAM, 223 s",
    "hyperk": "Hyper-Kamiokande",
    "dune": "DUNE",
}


def _edges(run: Run, name: str) -> tuple[Curve | None, Curve | None]:
    """The lower and the upper edge of a limit, where there are any."""
    return run.curves.get(f"{name}_bottom", run.curves.get(name)), run.curves.get(f"{name}_top")


def _draw(upper: Axes, lower: Axes, run: Run, probe: str, looks: dict[str, dict]) -> None:
    """The limits of one probe in every star, and the lower edges over that of the run."""
    own = _edges(run, probe)[0]
    for name, look in looks.items():
        bottom, top = _edges(run, probe + name)
        if bottom is None:
            continue
        upper.plot(bottom.x, bottom.y, **look)
        if top is not None:
            upper.plot(top.x, top.y, **{**look, "label": None, "linewidth": 0.6})
        if own is not None:
            log_own = np.interp(np.log(bottom.x), np.log(own.x), np.log(own.y), left=np.nan, right=np.nan)
            lower.plot(bottom.x, bottom.y / np.exp(log_own), **look)
    low, high = lower.get_ylim()
    if high > WIDE * max(low, 1e-300):
        lower.set_yscale("log")


def limits_by_star(run: Run, star: Star, others: Stars) -> Figure:
    """Limits in several stars, and their ratio to those in the star of the run.

    Parameters
    ----------
    run : with the limit curves
    star : the proto-neutron star of the run
    others : stars that stand beside it

    Returns
    -------
    The figure; without other stars it says so.
    """
    names = list(others.stars or ())
    ends = [f"_star_{stem(name)}" for name in names]
    probes = [probe for probe in REGIONS if any(_edges(run, probe + end)[0] for end in ends)]
    if not probes:
        figure, ax = new_figure(width=4.6, height=1.0)
        ax.set_axis_off()
        ax.text(0.5, 0.5, NOTHING, ha="center", va="center", fontsize=8, color="0.35")
        return figure
    looks = {"": OWN | {"label": star.name}} | {
        end: {"color": WITHOUT_BLACK[i % len(WITHOUT_BLACK)], "linestyle": LINE_STYLES[(i + 1) % len(LINE_STYLES)]}
        | {"linewidth": 1.0, "label": name}
        for i, (end, name) in enumerate(zip(ends, names, strict=True))
    }
    columns = min(COLUMNS, len(probes))
    blocks = -(-len(probes) // columns)
    figure, axes = new_figure(
        2 * blocks,
        columns,
        width=max(3.4, 1.9 * columns),
        height=3.4 * blocks,
        sharex=True,
        squeeze=False,
        height_ratios=[2, 1] * blocks,
    )
    for place, ax in enumerate(axes.T.reshape(columns, blocks, 2).transpose(1, 0, 2).reshape(-1, 2)):
        if place >= len(probes):
            for one in ax:
                one.set_axis_off()
            continue
        _draw(*ax, run, probes[place], looks)
        ax[0].set(xscale="log", yscale="log", title=TITLES[probes[place]])
        ax[1].set(xscale="log", xlabel="$M_N$ [MeV]")
        if place % columns == 0:
            ax[0].set_ylabel("transition moment $d$ [1/MeV]")
            ax[1].set_ylabel(f"ratio to\n{star.name}")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4, frameon=False)
    return figure


FIGURES = {"limits_by_star": limits_by_star}
