"""Figures 3, 5, 6 and 7 of the paper, and the map behind Figure 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nubounds.constraints.neutron_star import elastic, overlays
from nubounds.constraints.neutron_star.constants import K_B
from nubounds.constraints.neutron_star.inputs import Walkers
from nubounds.constraints.neutron_star.scans import CHECKPOINTS, WATERFALL_KEV
from nubounds.contract import Run
from nubounds.style import (
    COLOURS,
    draw_user_limits,
    label_curve,
    line,
    new_figure,
    note_convention,
    towards_excluded,
    window,
)
from nubounds.style.staircase import staircase
from nubounds.waterfall import CONFIGURED, nearest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MASS_LABEL, MIXING_LABEL = "sterile neutrino mass $m_s$ [keV]", r"mixing $\sin^2\theta$"
MASS_WINDOW, MIXING_WINDOW = (0.1, 1000), (1e-15, 1)
READING_LABELS = {"literal": "Eq. (13) as printed, with electrons", "single_scatter": "single scatter on neutrons"}
BROWN = "#8c510a"
PALE = {"linewidth": 3.0, "alpha": 0.35, "zorder": 2.5}  # today's best physics
GREY = {"color": "0.4", "linewidth": 0.6, "zorder": 2.5}


def _logarithmic(ax, x_limits, y_limits, x_label, y_label):
    ax.set(xscale="log", yscale="log", xlim=x_limits, ylim=y_limits, xlabel=x_label, ylabel=y_label)


def fig3(run):
    """Contours of T_infinity for both readings, with the lines and fits that go with them.

    Returns
    -------
    The matplotlib figure.
    """
    readings = list(dict.fromkeys(run.tables["mixing_limits"]["reading"]))
    figure, axes = new_figure(
        1, len(readings), width=7.0 if len(readings) > 1 else 4.0, height=3.6, sharey=True, squeeze=False
    )
    for ax, reading in zip(axes[0], readings, strict=True):
        _logarithmic(ax, MASS_WINDOW, MIXING_WINDOW, MASS_LABEL, MIXING_LABEL if ax is axes[0][0] else "")
        ax.set_title(READING_LABELS[reading])
        _overlays(ax, run)
        for index, region in enumerate(_regions(run, reading)):
            bottom = run.curves[f"{region}_bottom"]
            for preset, look in (("best", PALE), ("paper", GREY)):
                if f"{region}_{preset}_inputs_bottom" in run.curves:
                    ax.plot(*_outline(run, f"{region}_{preset}_inputs"), **{**line(index), **look})
            ax.plot(*_outline(run, region), **line(index), zorder=3, path_effects=towards_excluded(bottom))
            ax.annotate(
                bottom.label.removeprefix("neutron star at ").replace(" K", r"$\,$K"),
                (0.13, bottom.y[0]),
                xytext=(0, -2),
                textcoords="offset points",
                va="top",
                fontsize=6.5,
                color=COLOURS[index],
            )
        draw_user_limits(ax, run.user_limits, "m_keV", "sin2theta", start=4)
    presets = {"best": "pale: today's best physics", "paper": "thin: the paper's inputs"}
    drawn = {curve.preset for curve in run.curves.values()}
    others = [words for preset, words in presets.items() if preset in drawn]
    note_convention(axes[0][0], "\n".join(["grey: fits of published curves", *others]), "lower left")
    return figure


def _regions(run, reading):
    """The regions of a reading with the run's own inputs."""
    mine = (c for c in run.curves.values() if c.region.startswith(f"heating_{reading}") and not c.preset)
    return list(dict.fromkeys(curve.region for curve in mine))


def _outline(run, region):
    """The lower edge of a region and back along the upper one, as far as that lies below the largest mixing."""
    bottom, top = (run.curves[f"{region}_{side}"] for side in ("bottom", "top"))
    below = top.y < MIXING_WINDOW[1]
    return np.concatenate([bottom.x, top.x[below][::-1]]), np.concatenate([bottom.y, top.y[below][::-1]])


def _overlays(ax, run):
    """Lifetime, seesaw, DES, and the fits to TRISTAN and HUNTER."""
    m = np.geomspace(0.1, 1000, 200)
    if "lifetime" in run.curves:
        ax.plot(m, overlays.lifetime_line(m), color=BROWN, linestyle="--", linewidth=1)
        label_curve(ax, m, overlays.lifetime_line(m), r"$\tau=\tau_U$", at=0.72, above=False, color=BROWN)
    ax.plot(m, overlays.seesaw_line(m), color="0.3", linestyle=":", linewidth=0.9)
    label_curve(ax, m, overlays.seesaw_line(m), "seesaw, 0.05 eV", at=0.22, above=False, color="0.3")
    ax.axvline(overlays.DES_KEV, color="0.3", linestyle="-.", linewidth=0.8)
    ax.annotate("DES", (overlays.DES_KEV, 4e-15), xytext=(3, 0), textcoords="offset points", fontsize=6, color="0.3")
    x, y = overlays.tristan()
    ax.plot(x, y, color="0.55", linestyle="--", linewidth=0.8)
    label_curve(ax, x, y, "TRISTAN (fit)", at=0.4, color="0.45", fontsize=5.5)
    for name, (low, high, value) in overlays.HUNTER.items():
        x, y = np.geomspace(low, high, 20), np.full(20, value)
        ax.plot(x, y, color="0.55", linestyle=(0, (2, 1)), linewidth=0.8)
        label_curve(ax, x, y, f"{name} (fit)", at=0.5, color="0.45", fontsize=5.5)


def fig3_map(run):
    """T_infinity over the plane with the contours of Figure 3, one panel for each reading.

    Returns
    -------
    The matplotlib figure.
    """
    frame = run.tables["temperature_map"]
    readings = list(dict.fromkeys(frame["reading"]))
    figure, axes = new_figure(
        1, len(readings), width=7.0 if len(readings) > 1 else 4.0, height=3.2, sharey=True, squeeze=False
    )
    mesh = None
    for ax, reading in zip(axes[0], readings, strict=True):
        grid = frame[frame["reading"] == reading].pivot(index="sin2theta", columns="m_keV", values="temperature_K")
        _logarithmic(ax, window(grid.columns, MASS_WINDOW), window(grid.index, MIXING_WINDOW), MASS_LABEL, MIXING_LABEL)
        ax.set_title(READING_LABELS[reading])
        values = np.log10(np.maximum(grid.to_numpy(), 1.0))
        mesh = ax.pcolormesh(
            grid.columns, grid.index, values, shading="gouraud", vmin=1, vmax=3.5, cmap="inferno", rasterized=True
        )
        for region in _regions(run, reading):
            x, y = _outline(run, region)
            ax.plot(x, y, color="white", linewidth=0.8)
            words = run.curves[f"{region}_bottom"].label.removeprefix("neutron star at ")
            label_curve(ax, x, y, words, at=0.15, above=False, color="white", fontsize=6)
    axes[0][-1].set_ylabel("" if len(readings) > 1 else MIXING_LABEL)
    figure.colorbar(mesh, ax=axes[0].tolist(), label=r"$\log_{10}(T_\infty/\mathrm{K})$", extend="min")
    return figure


def fig5(run):
    """Elastic cross sections on free targets against energy.

    Returns
    -------
    The matplotlib figure.
    """
    frame = run.tables["elastic_scattering"]
    figure, ax = new_figure(width=4.6, height=3.6)
    E = np.sort(frame["E_free_eV"].unique())
    _logarithmic(
        ax, window(E, (1e3, 1e10)), (1e-50, 1e-37), r"neutrino energy $E_\nu$ [eV]", r"cross section $\sigma$ [cm$^2$]"
    )
    shown = (
        ("neutron", "e", "nu", r"$\nu n$", "#009E73", "-", 0.9, True),
        ("proton", "e", "nu", r"$\nu p$", "#009E73", (0, (5, 1, 1, 1, 1, 1)), 0.72, True),
        ("neutron", "e", "nubar", r"$\bar\nu n$", "#009E73", ":", 0.9, False),
        ("electron", "e", "nu", r"$\nu_e e$", "#D55E00", "-", 0.75, False),
        ("electron", "mu", "nu", r"$\nu_\mu e$", "#D55E00", (0, (5, 1, 1, 1, 1, 1)), 0.9, False),
    )
    for target, flavour, lepton, label, colour, style, at, above in shown:
        part = frame[(frame["target"] == target) & (frame["flavour"] == flavour) & (frame["lepton"] == lepton)]
        if len(part):
            ax.plot(part["E_free_eV"], part["sigma_cm2"], color=colour, linestyle=style)
            label_curve(ax, part["E_free_eV"], part["sigma_cm2"], label, at=at, above=above, color=colour, fontsize=7)
    for form, style, label, at in (
        ("linear", "-.", r"$2G_F^2m_eE_\nu/\pi$", 0.3),
        ("quadratic", "--", r"$G_F^2E_\nu^2/\pi$", 0.92),
    ):
        ax.plot(E, elastic.approximation(form, E), color="black", linestyle=style, linewidth=0.9)
        label_curve(ax, E, elastic.approximation(form, E), label, at=at, fontsize=7)
    return figure


def fig6(run):
    """Mean energy transfer against energy for each temperature, and all of them as one curve.

    Returns
    -------
    The matplotlib figure.
    """
    frame = run.tables["energy_transfer"]
    frame = frame[frame["daughter"] == frame["daughter"].iloc[0]]
    figure, (left, right) = new_figure(1, 2, height=3.0)
    paper = frame[frame["amplitude"] == frame["amplitude"].iloc[0]]
    for index, (T, part) in enumerate(paper.groupby("T_K")):
        left.plot(part["E_eV"], part["transfer_eV"], **line(index))
        sign_change = np.flatnonzero(np.diff(np.sign(part["transfer_eV"])))
        if sign_change.size:
            x = part["E_eV"].iloc[sign_change[0]]
            left.annotate(
                f"{T:g} K",
                (x, 0),
                xytext=(-2, 0),
                textcoords="offset points",
                rotation=90,
                ha="right",
                va="center",
                fontsize=6,
                color=COLOURS[index],
            )
    left.axhline(0, color="0.6", linewidth=0.6)
    left.set(xscale="log", xlim=window(frame["E_eV"], (1e-2, 1e3)), xlabel=r"neutrino energy $E_\nu$ [eV]")
    left.set_yscale("symlog", linthresh=1e-3)
    left.set_ylabel(r"$\langle\Delta E\rangle$ [eV]  (positive: heats the star)")
    frame = frame[frame["T_K"] > 0]
    ratio = frame["E_eV"] / (K_B * frame["T_K"])
    part_of_energy = frame["transfer_eV"] / frame["E_eV"]
    lowest, _ = window(part_of_energy, (-1.0, 0.0), log=False)
    right.set(xscale="log", xlim=window(ratio, (1e-1, 1e6)), ylim=(1.1 * min(lowest, 0.0) or -0.2, 0.2))
    right.set(xlabel=r"$E_\nu/T_\mathrm{NS}$", ylabel=r"$\langle\Delta E\rangle/E_\nu$")
    for index, amplitude in enumerate(dict.fromkeys(frame["amplitude"])):
        mine = (frame["amplitude"] == amplitude).to_numpy()
        order = np.argsort(ratio[mine].to_numpy())
        x, y = ratio[mine].to_numpy()[order], part_of_energy[mine].to_numpy()[order]
        right.plot(x, y, **line(index))
        label_curve(right, x, y, f"{amplitude} amplitude", at=0.8, above=index == 0, color=COLOURS[index])
    right.axhline(0, color="0.6", linewidth=0.6)
    note_convention(right, "all temperatures together")
    return figure


def fig7(run: Run, simulation: Walkers) -> Figure:
    """Escape probability against the number of collisions: solved and simulated.

    Parameters
    ----------
    run : with the tables `survival` and `walkers`
    simulation : number of walkers, seed and mean free path

    Returns
    -------
    The matplotlib figure.
    """
    solved, simulated = run.tables["survival"], run.tables["walkers"]
    figure, ax = new_figure(width=4.2, height=3.2)
    ax.set(
        xlim=(0, max(1, solved["collisions"].max())),
        ylim=(0, 1),
        xlabel="number of collisions $n$",
        ylabel=r"escape probability $1-S_n$",
    )
    checkpoints = np.array(CHECKPOINTS)
    for index, (key, part) in enumerate(solved.groupby(["step", "entry"], sort=False)):
        ax.plot(part["collisions"], 1 - part["survival"], **line(index), label=f"{key[0]} steps, {key[1]} entry")
        blocks = simulated[(simulated["step"] == key[0]) & (simulated["entry"] == key[1])]
        total = len(blocks) * simulation.walkers_per_block
        if total:
            inside = np.array([blocks[f"survivors_{n}"].sum() for n in CHECKPOINTS]) / total
            ax.errorbar(
                checkpoints,
                1 - inside,
                np.sqrt(inside * (1 - inside) / total),
                fmt=".",
                color=COLOURS[index],
                markersize=4,
                linewidth=0.8,
            )
    ax.axhline(0.75, color="0.7", linewidth=0.6, linestyle=":")
    ax.annotate(
        "the paper: 75% after 50 collisions",
        (50, 0.75),
        xytext=(12, -22),
        textcoords="offset points",
        fontsize=6,
        color="0.3",
        arrowprops={"arrowstyle": "-", "color": "0.4", "linewidth": 0.6},
    )
    ax.legend(
        loc="lower right", bbox_to_anchor=(1, 0.06), frameon=False
    )  # two of the curves lie too close for labels in place
    path = simulation.walk.mfp_over_radius
    where = f"a mean free path of {path:g} radii" if path else "a mean free path far below the radius"
    note_convention(ax, f"points: {total} simulated walkers each, {where}")
    return figure


def waterfall(run):
    """Smallest mixings over the paper's, with pieces of physics switched on from left to right.

    Returns
    -------
    The matplotlib figure.
    """
    table = run.tables["pieces"]
    table = table[table["physics"] != CONFIGURED]
    steps = list(dict.fromkeys(table["physics"]))
    table = table[table["m_keV"].isin(nearest(table["m_keV"], [WATERFALL_KEV]))]
    figure, ax = new_figure(width=4.6, height=3.2)
    limits, looks = {}, {}
    for place, (reading, dash) in enumerate(zip(dict.fromkeys(table["reading"]), ("-", "--"), strict=False)):
        for index, (T, mine) in enumerate(table[table["reading"] == reading].groupby("T_inf_K")):
            label = f"{T:g} K" + (", single scatter" if reading == "single_scatter" else "")
            limits[label] = dict(zip(mine["physics"], mine["sin2theta_bottom"], strict=True))
            looks[label] = line(index) | {"linestyle": dash, "linewidth": 1.4 - 0.5 * place}
    staircase(ax, steps, limits, looks)
    if ax.lines[1:]:
        ax.legend(ncol=2, fontsize=5.5, frameon=False)
    return figure


FIGURES = {"fig3": fig3, "fig3_map": fig3_map, "fig5": fig5, "fig6": fig6, "fig7": fig7, "waterfall": waterfall}
