"""The figures: limits, what they are made of, and the 8B flux; each says which of the two analyses it shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nubounds.constraints.xenon_cevns import expectation
from nubounds.constraints.xenon_cevns import likelihood as fits
from nubounds.constraints.xenon_cevns import toys as of_toys
from nubounds.constraints.xenon_cevns.curves import MASS, MOMENT, RUN_WORDS, best_analysis, curve_name
from nubounds.constraints.xenon_cevns.inputs import RUNS, SNO_FLUX, Release, Search
from nubounds.constraints.xenon_cevns.tables import PUBLISHED_FLUX
from nubounds.constraints.xenon_cevns.templates import available, templates
from nubounds.contract import Run
from nubounds.solar.inputs import FLAVOURS
from nubounds.style import draw_user_limits, label_curve, line, new_figure, note_convention, shade_region

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FLAVOUR_TEXT = {"all": "all flavours", "e": r"$\nu_e$", "mu": r"$\nu_\mu$", "tau": r"$\nu_\tau$"}
ANALYSIS_TEXT = {
    "counting": "counting: one bin a run (embedded table)",
    "binned": "binned: 81 bins a run (data release)",
    None: "no limits in the table",
}
AXIS_TEXT = ("cS2", r"S2$_{\rm pre}$ quantile", "S1 score", "S2 score")
SHAPES = {"binned": "o", "counting": "s"}  # of limits by toys
DATA_MASS = 0.1  # MeV, of the dipole in the figure of the data


def _plane():
    figure, ax = new_figure(width=4.6, height=3.9)
    ax.set(xscale="log", yscale="log", xlabel=MASS.label, ylabel=MOMENT.label, xlim=(0.01, 30), ylim=(5e-10, 1e-5))
    return figure, ax


def limits(run):
    """Limits by flavour in the better of the two analyses.

    Parameters
    ----------
    run : what a run has computed

    Returns
    -------
    matplotlib figure
    """
    figure, ax = _plane()
    analysis = best_analysis(run)
    for index, (flavour, at) in enumerate(zip(FLAVOURS, (0.2, 0.35, 0.55, 0.75), strict=True)):
        curve = run.curves.get(curve_name("sr0_2", flavour, analysis or "", "observed", 2))
        if curve is not None:
            ax.plot(curve.x, curve.y, **line(index))
            label_curve(ax, curve.x, curve.y, FLAVOUR_TEXT[flavour], at=at, above=flavour != "all", **_colour(index))
    draw_user_limits(ax, run.user_limits, "m4_MeV", "mu_muB")
    note_convention(ax, f"XENONnT SR0-2, 90 % C.L., 2 d.o.f.\n{ANALYSIS_TEXT[analysis]}", "upper left")
    return figure


def _colour(index):
    return {"color": line(index)["color"]}


def analyses(run):
    """Parts of the data, both analyses, the expected limit: the limits, and their ratio to that of all runs.

    Parameters
    ----------
    run : what a run has computed

    Returns
    -------
    matplotlib figure
    """
    figure, (left, right) = new_figure(1, 2, height=3.2)
    best = best_analysis(run)
    drawn = [
        ("sr0_2", best, "observed", 2, "SR0-2", 0.15),
        ("sr0", best, "observed", 2, "SR0", 0.3),
        ("sr0_1", best, "observed", 2, "SR0-1", 0.5),
        ("sr0_2", best, "asimov", 2, "SR0-2 expected", 0.35),
        ("sr0_2", best, "observed", 1, "SR0-2, 1 d.o.f.", 0.35),
    ]
    if best == "binned":
        drawn.append(("sr0_2", "counting", "observed", 2, "SR0-2 counting", 0.1))
        drawn.append(("sr0_2", "counting", "observed", 1, "SR0-2 counting, 1 d.o.f.", 0.6))
    curves = [
        run.curves.get(curve_name(runs, "all", analysis or "", data, dof)) for runs, analysis, data, dof, *_ in drawn
    ]
    for index, (curve, (*_, words, at)) in enumerate(zip(curves, drawn, strict=True)):
        if curve is None:
            continue
        left.loglog(curve.x, curve.y, **line(index))
        if curves[0] is not None and np.array_equal(curve.x, curves[0].x):
            right.semilogx(curve.x, curve.y / curves[0].y, **line(index))
            label_curve(right, curve.x, curve.y / curves[0].y, words, at=at, **_colour(index))
    if curves[0] is not None:
        _limits_by_toys(right, run, curves[0])
    left.set(xlabel=MASS.label, ylabel=MOMENT.label, xlim=(0.01, 30), ylim=(5e-10, 1e-5))
    right.set(xlabel=MASS.label, ylabel="limit over that of SR0-2", xlim=(0.01, 30), ylim=(0.6, 1.5))
    draw_user_limits(left, run.user_limits, "m4_MeV", "mu_muB")
    shown = [best] if best != "binned" else ["binned", "counting"]
    text = "\n".join(ANALYSIS_TEXT[analysis] for analysis in shown)
    note_convention(left, f"one moment for all flavours, 90 % C.L., 2 d.o.f. unless stated\n{text}", "upper left")
    return figure


def _limits_by_toys(ax, run, nominal):
    """Upper ends of the intervals of Feldman and Cousins, over a curve, with statistical errors."""
    rows, drawn = of_toys.together(run.tables["toys"]), []
    for analysis, mark in SHAPES.items():
        for m4, part in rows[rows["analysis"] == analysis].groupby("toy_m4_MeV"):
            at_limit = part.loc[part["tested_over_limit"] == 1, "mu_muB"]
            ratio, doubt = of_toys.upper_limit(part, "as_far_share", "as_far_error")
            if at_limit.empty or not np.isfinite(ratio):
                continue
            unit = at_limit.iloc[0] / np.exp(np.interp(np.log(m4), np.log(nominal.x), np.log(nominal.y)))
            label = None if analysis in drawn else f"toys, {analysis}, 1 d.o.f."
            look = {"fmt": mark, "markersize": 3.5, "linewidth": 0.8, "color": "black", "label": label}
            ax.errorbar([m4], [ratio * unit], [doubt * unit], **look)
            drawn.append(analysis)
    if drawn:
        ax.legend(frameon=False, fontsize=5.5, loc="upper left")


def efficiency(run: Run, release: Release) -> Figure:
    """Efficiency against recoil energy, with the yields one standard deviation up and down.

    Parameters
    ----------
    run : what a run has computed
    release : which data

    Returns
    -------
    matplotlib figure
    """
    analysis = "binned" if available(release, "binned") else "counting"
    figure, ax = new_figure(width=4.6)
    source = templates(release, analysis)
    total, middle = source.signal.sum(axis=-1), expectation.NOMINAL
    low, high = middle - 8, middle + 8  # both yields at -1, at +1
    for index, name in enumerate(RUNS):
        shade_region(ax, source.energy_keV, total[:, low, index], total[:, high, index], index, alpha=0.12)
        ax.plot(source.energy_keV, total[:, middle, index], **line(index))
        label_curve(
            ax, source.energy_keV, total[:, middle, index], RUN_WORDS[name], at=0.6 + 0.12 * index, **_colour(index)
        )
    ax.set(xlabel="nuclear recoil energy [keV]", ylabel="efficiency", xlim=(0.5, 5), ylim=(0, 0.22))
    note_convention(ax, f"bands: both yields at $\\pm 1$\n{ANALYSIS_TEXT[analysis]}", "upper left")
    return figure


def data(run: Run, search: Search) -> Figure:
    """Observed events and the fit at the limit, by run and axis.

    Parameters
    ----------
    run : what a run has computed
    search : every input

    Returns
    -------
    matplotlib figure
    """
    analysis = "binned" if available(search.release, "binned") else "counting"
    found = fits.fit_at_limit(search, DATA_MASS, "all", "sr0_2", analysis)
    observed = templates(search.release, analysis).observed
    if analysis == "counting":
        figure, ax = new_figure(width=3.4)
        _stack(ax, [RUN_WORDS[name] for name in RUNS], {part: n[:, 0] for part, n in found.items()}, observed[:, 0])
        ax.set_ylabel("events")
        ax.legend(frameon=False)
        note_convention(ax, ANALYSIS_TEXT[analysis], "upper left")
        return figure
    figure, axes = new_figure(3, 4, height=5.0, sharey="row")
    for row, name in enumerate(RUNS):
        for column, text in enumerate(AXIS_TEXT):
            others = tuple(axis for axis in range(4) if axis != column)
            parts = {part: n[row].reshape(3, 3, 3, 3).sum(axis=others) for part, n in found.items()}
            ax = axes[row, column]
            _stack(ax, ["1", "2", "3"], parts, observed[row].reshape(3, 3, 3, 3).sum(axis=others))
            if row == 2:
                ax.set_xlabel(f"{text}: quantile" if column != 1 else text)
            if column == 0:
                ax.set_ylabel(f"events, {RUN_WORDS[name]}")
    axes[0, 0].legend(frameon=False, fontsize=5.5)
    note_convention(
        axes[0, 3], f"fit at the limit on $\\mu$, $m_4$ = 0.1 MeV\n{ANALYSIS_TEXT[analysis]}", "upper right"
    )
    return figure


def _stack(ax, names, parts, observed):
    """Stacked expectations and observed counts with Poisson errors."""
    words = {
        "ac": "accidentals",
        "er": "electronic recoils",
        "neutron": "neutrons",
        "sm": r"$^8$B, hep",
        "dipole": "dipole",
    }
    place, below = np.arange(len(names)), np.zeros(len(names))
    hatches = {"ac": "", "er": "...", "neutron": "xxx", "sm": "///", "dipole": "\\\\\\"}
    for index, (part, text) in enumerate(words.items()):
        ax.bar(place, parts[part], 0.9, below, color=line(index)["color"], alpha=0.45, hatch=hatches[part], label=text)
        below = below + parts[part]
    ax.errorbar(place, observed, np.sqrt(observed), fmt="ko", markersize=3, linewidth=0.8, label="observed")
    ax.set_xticks(place, names)
    ax.set_ylim(0, 1.6 * max(below.max(), (observed + np.sqrt(observed)).max()))


def flux(run):
    """2 ln L against the 8B flux.

    Parameters
    ----------
    run : what a run has computed

    Returns
    -------
    matplotlib figure
    """
    figure, ax = new_figure(width=4.6)
    table = run.tables["flux"]
    table = table[table["status"] == "OK"]
    analysis = next((name for name in ("binned", "counting") if name in set(table["analysis"])), None)
    for index, (runs, at) in enumerate((("sr0_1", 0.2), ("sr0_2", 0.85))):
        rows = table[(table["runs"] == runs) & (table["analysis"] == analysis)]
        x, y = 1e-6 * rows["tested_flux_per_cm2_s"].to_numpy(), rows["two_delta_ln_L"].to_numpy()
        ax.plot(x, y, **line(index))
        label_curve(ax, x, y, RUN_WORDS[runs], at=at, **_colour(index))
    for height, text in ((1.0, "68 %"), (2.71, "90 %")):
        ax.axhline(height, color="0.7", linewidth=0.6)
        ax.text(14.9, height, text, ha="right", va="bottom", fontsize=6, color="0.4")
    ax.axvline(1e-6 * SNO_FLUX, color="0.3", linewidth=0.8, linestyle=":")
    ax.text(1e-6 * SNO_FLUX + 0.1, 10.6, "SNO", fontsize=6, color="0.3")
    value, minus, plus, _ = (1e-6 * number for number in PUBLISHED_FLUX["sr0_1"])
    ax.errorbar([value], [0.35], xerr=[[minus], [plus]], fmt="k^", markersize=4, linewidth=0.8)
    ax.text(value + plus + 0.15, 0.35, "published, SR0-1", fontsize=6, va="center")
    ax.set(
        xlabel=r"$^8$B flux [$10^6$/(cm$^2$ s)]", ylabel=r"$2\,(\ln L_{\rm best} - \ln L)$", xlim=(0, 15), ylim=(0, 12)
    )
    note_convention(ax, ANALYSIS_TEXT[analysis], "upper right")
    return figure


def toys(run):
    """Coverage of the asymptotic limit by toys, and limits by toys over it.

    Parameters
    ----------
    run : what a run has computed

    Returns
    -------
    matplotlib figure
    """
    figure, (left, right) = new_figure(1, 2, height=3.0)
    rows = of_toys.together(run.tables["toys"])
    masses = sorted(set(rows["toy_m4_MeV"]))
    for index, m4 in enumerate(masses):
        for analysis, mark in SHAPES.items():
            part = rows[(rows["toy_m4_MeV"] == m4) & (rows["analysis"] == analysis)]
            if part.empty:
                continue
            style = {"fmt": mark, "markersize": 3.5, "linewidth": 0.8, "color": line(index)["color"]}
            words = f"{m4:g} MeV, {analysis}"
            x = part["tested_over_limit"]
            left.errorbar(x, part["above_1dof_share"], part["above_1dof_error"], label=words, **style)
            left.errorbar(x, part["above_2dof_share"], part["above_2dof_error"], alpha=0.5, **style)
            for place, (share, error) in enumerate((("as_far_share", "as_far_error"), ("cls", "cls_error"))):
                ratio, doubt = of_toys.upper_limit(part, share, error)
                shift = 0.1 * (index - 1) + (0.03 if analysis == "counting" else 0.0)
                right.errorbar([place + shift], [ratio], [doubt], **style)
    for rise, text in ((fits.RISE[1], "q > 2.706"), (fits.RISE[2], "q > 4.605")):
        level = math.erfc(math.sqrt(0.5 * rise))
        left.axhline(level, color="0.5", linewidth=0.7, linestyle="--")
        left.text(0.02, level, text, fontsize=6, color="0.4", va="bottom")
    right.axhline(1.0, color="0.5", linewidth=0.7, linestyle="--")
    left.set(xlabel=r"tested $\mu$ over asymptotic limit", ylabel="share of toys", xlim=(-0.05, 1.3), ylim=(0, 0.16))
    right.set(ylabel="limit by toys over asymptotic limit", xlim=(-0.5, 1.5), ylim=(0.8, 1.2))
    right.set_xticks([0, 1], ["Feldman-Cousins", r"CL$_s$"])
    if masses:
        left.legend(frameon=False, fontsize=5.5, loc="upper left", ncols=2)
    note_convention(right, "one moment for all flavours, SR0-2\n90 % C.L., 1 d.o.f.", "upper left")
    return figure


FIGURES = {"limits": limits, "analyses": analyses, "efficiency": efficiency, "data": data, "flux": flux, "toys": toys}
