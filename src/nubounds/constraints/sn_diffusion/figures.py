"""Figs. 2-6 of the paper: the standard convention in colour, the formulae as printed beside it in grey."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nubounds.constraints.sn_diffusion.curves import MODEL_WORDS, Y_LABEL, other_shells, parts_of
from nubounds.constraints.sn_diffusion.inputs import (
    Criteria,
    Fig2,
    Fig3,
    LimitAxes,
    Matter,
    RatioAxis,
    Species,
    Spectrum,
    Transport,
)
from nubounds.constraints.sn_diffusion.opacity import PARTS, powers
from nubounds.constraints.sn_diffusion.shells import star_of
from nubounds.contract import Run
from nubounds.style import (
    draw_user_limits,
    label_curve,
    line,
    new_figure,
    note_convention,
    shade_region,
    towards_excluded,
)
from nubounds.style.staircase import staircase
from nubounds.waterfall import CONFIGURED, nearest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TWICE = (0, (5, 1, 1, 1))  # line style of twice the Standard Model's time, beside the solid one of the burst's
GREY = {"color": "0.55", "linewidth": 0.6}
PALE = {"linewidth": 3.0, "alpha": 0.35, "zorder": 1.5}  # today's best physics
BEHIND = {
    "facecolor": "white",
    "alpha": 0.8,
    "linewidth": 0,
    "pad": 0.2,
}  # behind labels that would lie on a grey line or on strokes
SPECIES = {"nu": "Dirac neutrinos", "nubar": "Dirac antineutrinos"}
DT_SM = r"$2\,\Delta t^{\rm SM}$"
MASS = "mediator mass $m$ [MeV]"
TRANSPORT = {"eq21": "Eq. (21)", "eq27": "Eq. (27)"}


def _rates(run, star, convention):
    """Masses and parts of 1/lambda and 1/lambda_0 for neutrinos at 5 s (None where the table lacks them)."""
    late = star.nearest(5)
    medium = parts_of(run, star, convention, late, "nu")
    free = parts_of(run, star, convention, late, "nu", vacuum=True)
    return None if medium is None or free is None else (medium[0], medium[1], free[1])


def _scientific(value):
    """A coupling as mathematical text."""
    mantissa, exponent = f"{value:.3e}".split("e")
    factor = "" if float(mantissa) == 1 else rf"{float(mantissa):g} \times "
    return rf"${factor}10^{{{int(exponent)}}}$"


def _note(run, matter):
    """The lines in a figure's corner: whose shells, and which conventions the table holds."""
    words = {"standard": "colours: corrected formulae", "paper": "grey: formulae as the paper prints them"}
    drawn = set(run.tables["coefficients"]["convention"])
    text = "; ".join(words[convention] for convention in words if convention in drawn)
    return "\n".join(filter(None, (other_shells(matter), text)))


def _presets(run):
    """A line for each preset whose limits are drawn beside the others."""
    words = {"best": "pale: today's best physics", "paper": "grey: the paper's inputs"}
    drawn = {curve.preset for curve in run.curves.values()}
    return [text for preset, text in words.items() if preset in drawn]


def _ratio_axes(ax, axis, top):
    from matplotlib.ticker import MaxNLocator

    ax.set(xscale="log", xlim=axis.fig2_mass_range_MeV, ylim=(0, top))
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 4, 5, 10]))


def fig2(run: Run, matter: Matter, shown: Fig2, axis: RatioAxis) -> Figure:
    """lambda_k/lambda_k^0 for five shells, two models, two couplings each.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    matter : the shells of the star
    shown : the couplings, and the range of the ratio
    axis : range of the mediator's mass

    Returns
    -------
    The matplotlib figure.
    """
    figure, axes = new_figure(2, 2, sharex=True, sharey=True)
    rows = (("b_minus_l", "fig2_b_minus_l", "B-L, $g_{B-L}$"), ("lnc_scalar", "fig2_scalar", "LNC scalar, $Y$"))
    for row, (model, name, title) in enumerate(rows):
        for column, coupling in enumerate(getattr(shown, name)):
            ax = axes[row, column]
            _ratio_axes(ax, axis, shown.fig2_ratio_max)
            ax.set_title(f"{title} = {_scientific(coupling)}")
            for convention in ("paper", "standard"):
                if (rates := _rates(run, star_of(matter), convention)) is None:
                    continue
                masses, medium, free = rates
                ratios = (free @ powers(model, coupling)) / (medium @ powers(model, coupling))
                for k, ratio in enumerate(ratios):
                    if convention == "paper":
                        ax.plot(masses, ratio, **GREY, linestyle=line(k)["linestyle"])
                        continue
                    ax.plot(masses, ratio, **line(k))
                    # k = 4 and 5 nearly coincide: both labels below, at different places
                    at, above = 0.08 + 0.1 * (k % 9), k < 3
                    label_curve(
                        ax, masses, ratio, f"$k={k + 1}$", at=at, above=above, color=line(k)["color"], bbox=BEHIND
                    )
    for ax in axes[1]:
        ax.set_xlabel(MASS)
    for ax in axes[:, 0]:
        ax.set_ylabel(r"$\lambda_k/\lambda_k^0$")
    note_convention(axes[0, 0], _note(run, matter), "upper right")
    return figure


def fig3(run: Run, matter: Matter, shown: Fig3, axis: RatioAxis) -> Figure:
    """The same ratio for each part alone in the innermost shell.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    matter : the shells of the star
    shown : the couplings, and the range of the ratio
    axis : range of the mediator's mass

    Returns
    -------
    The matplotlib figure.
    """
    figure, axes = new_figure(1, 2, sharey=True)
    panels = (
        ("B-L", (("sm", "Standard Model"), ("interference", "interference"), ("vector", "$Z'$"))),
        ("LNC scalar", (("sm", "Standard Model"), ("scalar", "scalar"))),
    )
    for ax, (title, components) in zip(axes, panels, strict=True):
        _ratio_axes(ax, axis, shown.fig3_ratio_max)
        ax.set(title=title, xlabel=MASS)
        for convention in ("paper", "standard"):
            if (rates := _rates(run, star_of(matter), convention)) is None:
                continue
            masses, medium, free = rates
            for index, (part, words) in enumerate(components):
                ratio = free[0, :, PARTS.index(part)] / medium[0, :, PARTS.index(part)]
                if convention == "paper":
                    ax.plot(masses, ratio, **GREY, linestyle=line(index)["linestyle"])
                    continue
                ax.plot(masses, ratio, **line(index))
                below = part == "vector"
                label_curve(ax, masses, ratio, words, at=0.35, above=not below, color=line(index)["color"], bbox=BEHIND)
    axes[0].set_ylabel(r"$\tilde\lambda_1/\tilde\lambda_1^0$")
    note_convention(axes[0], _note(run, matter), "upper left")
    return figure


def _limit_axes(plane, model):
    figure, ax = new_figure(width=4.6, height=3.9)
    ax.set(xscale="log", yscale="log", xlabel=MASS, ylabel=Y_LABEL[model])
    ax.set(xlim=plane.fig4_mass_range_MeV, ylim=plane.fig4_coupling_range)
    return figure, ax


def _time_words(targets):
    duration, factor = targets.duration_s, targets.factor
    return {
        "duration_10s": rf"$\Delta t = {duration:g}$ s",
        "twice_sm": rf"$\Delta t = {factor:g}\,\Delta t^{{\rm SM}}$",
    }


def _draw(ax, run, name, words, style, **where):
    """One limit in both conventions, and with the paper's or today's best inputs where the run has others; only the
    standard one is labelled.
    """
    printed, curve = run.curves.get(f"{name}_paper"), run.curves.get(f"{name}_standard")
    if printed is not None:
        ax.plot(printed.x, printed.y, **GREY, linestyle=style["linestyle"])
    for preset, look in (("best", PALE), ("paper", GREY)):
        other = run.curves.get(f"{name}_{preset}_inputs")
        if other is not None:
            ax.plot(other.x, other.y, **{**style, **look})
    if curve is not None:
        ax.plot(curve.x, curve.y, **style, path_effects=towards_excluded(curve))
        label_curve(ax, curve.x, curve.y, words, color=style["color"], bbox=BEHIND, **where)


def _finish(ax, run, matter, y_name, text):
    draw_user_limits(ax, run.user_limits, "m_mediator_MeV", y_name)
    note_convention(ax, "\n".join([text, *_presets(run), _note(run, matter)]))


def _whose(species, spectrum):
    """The neutrinos whose limits those on Dirac neutrinos are, in words."""
    if (spectrum.species, spectrum.average) == ("all", "rosseland"):
        return "all six species in parallel"
    return SPECIES[species.neutrino] + (", spectrum" if spectrum.average == "rosseland" else "")


def fig4(run: Run, matter: Matter, targets: Criteria, plane: LimitAxes) -> Figure:
    """Limits on the lepton-number violating scalar.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    matter : the shells of the star
    targets : what excludes a coupling
    plane : ranges of mass and coupling

    Returns
    -------
    The matplotlib figure.
    """
    figure, ax = _limit_axes(plane, "lnv_scalar")
    # where each label stands along its curve: (10 s, twice the Standard Model, one interaction)
    energies = (
        ("thermal", r"$\pi T$", line(0), (0.2, 0.45, 0.2)),
        ("degenerate", r"$\mu_\nu^D + \pi T$", line(1), (0.6, 0.9, 0.55)),
    )
    for energy, words, style, (long, double, once) in energies:
        solid, dashed, twice = (style | {"linestyle": dash} for dash in ("-", "--", TWICE))
        time, name = _time_words(targets), f"lnv_scalar_{energy}"
        _draw(ax, run, f"{name}_duration_10s", rf"{time['duration_10s']}, $E_\nu=$ {words}", solid, at=long)
        above = energy == "thermal"
        text = f"{time['twice_sm']}, {words}" if above else time["twice_sm"]  # little room at the degenerate one
        _draw(ax, run, f"{name}_twice_sm", text, twice, at=double, above=False)
        _draw(ax, run, f"{name}_free_streaming", f"one interaction, {words}", dashed, at=once, above=above)
    for criterion, text in _time_words(targets).items():  # of a spectrum, with all flavours
        style = line(2) | {"linestyle": TWICE if criterion == "twice_sm" else "-"}
        _draw(ax, run, f"lnv_scalar_{criterion}", f"{text}, spectrum", style, at=0.3, above=criterion == "duration_10s")
    _finish(ax, run, matter, "coupling_Y", "Majorana neutrinos")
    return figure


def fig5(
    run: Run,
    matter: Matter,
    targets: Criteria,
    species: Species,
    spectrum: Spectrum,
    transport: Transport,
    plane: LimitAxes,
) -> Figure:
    """Limits on the lepton-number conserving scalar.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    matter : the shells of the star
    targets : what excludes a coupling
    species : whose limits the curves are
    spectrum : whose mean free paths a limit is made of
    transport : how the scalar's neutrinos get out
    plane : ranges of mass and coupling

    Returns
    -------
    The matplotlib figure.
    """
    figure, ax = _limit_axes(plane, "lnc_scalar")
    bottom, top = (run.curves.get(f"lnc_scalar_{edge}_standard") for edge in ("free_streaming", "trapping"))
    if bottom is not None and top is not None and np.array_equal(bottom.x, top.x):
        shade_region(ax, bottom.x, bottom.y, top.y, 0)
        colour = line(0)["color"]
        ax.text(0.3, 0.25, r"energy loss to $\nu_R$", transform=ax.transAxes, color=colour, fontsize=8, va="center")
    for criterion, text in _time_words(targets).items():
        style = line(0) | {"linestyle": TWICE if criterion == "twice_sm" else "-"}
        _draw(ax, run, f"lnc_scalar_{criterion}", text, style, at=0.3, above=criterion == "duration_10s")
    edges = (("free_streaming", "one interaction during diffusion"), ("trapping", r"$\nu_R$ trapped"))
    for criterion, text in edges:
        style = line(0) | {"linestyle": "--" if criterion == "free_streaming" else "-."}
        _draw(ax, run, f"lnc_scalar_{criterion}", text, style, at=0.3, above=criterion == "trapping")
    text = f"{_whose(species, spectrum)}, diffusion by {TRANSPORT[transport.transport]}"
    _finish(ax, run, matter, "coupling_Y", text)
    return figure


def fig6(run: Run, matter: Matter, targets: Criteria, species: Species, spectrum: Spectrum, plane: LimitAxes) -> Figure:
    """Limits on the B-L gauge boson.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    matter : the shells of the star
    targets : what excludes a coupling
    species : whose limits the curves are
    spectrum : whose mean free paths a limit is made of
    plane : ranges of mass and coupling

    Returns
    -------
    The matplotlib figure.
    """
    figure, ax = _limit_axes(plane, "b_minus_l")
    for index, (criterion, text) in enumerate(_time_words(targets).items()):
        _draw(ax, run, f"b_minus_l_{criterion}", text, line(index), at=0.35, above=criterion == "duration_10s")
    _finish(ax, run, matter, "coupling_g", _whose(species, spectrum))
    return figure


WATERFALL_MEV = (0.1, 10.0, 1000.0)


def waterfall(run):
    """Couplings over the paper's, with pieces of physics switched on from left to right.

    Returns
    -------
    The matplotlib figure.
    """
    table = run.tables["pieces"]
    table = table[table["physics"] != CONFIGURED]
    steps, near = list(dict.fromkeys(table["physics"])), nearest(table["m_mediator_MeV"], WATERFALL_MEV)
    figure, axes = new_figure(2, 1, width=7.0, height=5.6, sharex=True)
    for ax, criterion, words in zip(axes, ("duration_10s", "twice_sm"), ("10 s", DT_SM), strict=True):
        limits, looks = {}, {}
        for index, (model, name) in enumerate(MODEL_WORDS.items()):
            for mass, dash in zip(near, ("-", "--", ":"), strict=False):
                mine = table[
                    (table["criterion"] == criterion) & (table["model"] == model) & (table["m_mediator_MeV"] == mass)
                ]
                label = f"{name}, {mass:.3g} MeV"
                limits[label] = dict(zip(mine["physics"], mine["coupling"], strict=True))
                looks[label] = line(index) | {"linestyle": dash}
        staircase(ax, steps, limits, looks)
        ax.set_ylabel(f"limit / paper's, {words}")
    if axes[0].lines[1:]:
        axes[0].legend(ncol=3, fontsize=5.5, frameon=False)
    return figure


FIGURES = {"fig2": fig2, "fig3": fig3, "fig4": fig4, "fig5": fig5, "fig6": fig6, "waterfall": waterfall}
