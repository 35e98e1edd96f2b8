"""The figures of the three works on the slides, in the convention of `figure_convention`; the other one in grey."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nubounds.constraints.dm_production import coupling_planes as planes
from nubounds.constraints.dm_production import (
    curves,
    evolution_features,
    opacity,
    production,
    self_interaction,
    structure,
    validity,
    xrays,
)
from nubounds.constraints.dm_production.conventions import IN_WORDS, resolve
from nubounds.constraints.dm_production.coupling_planes import GREY, PLAIN, POINT_LINES
from nubounds.constraints.dm_production.inputs import (
    POINTS,
    Anatomy,
    Choices,
    CurvePoints,
    Evolution,
    Flavour,
    Opacity,
    Sample,
    SelfInteraction,
    Shown,
    Structure,
    Wanted,
)
from nubounds.constraints.dm_production.scans import (
    CONSTANT_G_STAR,
    named_point,
    self_interacting_choices,
)
from nubounds.contract import Run
from nubounds.style import (
    COLOURS,
    draw_user_limits,
    label_curve,
    line,
    new_figure,
    note_convention,
    shade_region,
    window,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LETTER_MIXINGS = (1e-20, 1e-5)  # of L-Fig. 5
BATHS = {"boltzmann": "Boltzmann equations", "density_matrix": "density matrix"}


def _untrusted(model, choices: Choices, points: CurvePoints, wanted: Wanted):
    """Words for those of A, B, C that lie outside validity, for a note; empty where none does."""
    found = {name: named_point(name, model, choices, points, wanted) for name in POINTS}
    m4 = points.point_m4_keV
    flagged = [name for name, point in found.items() if point and validity.outside(m4, *point).any()]
    return "; outside validity: " + ", ".join(flagged) if flagged else ""


def dw_sketch(run: Run, shown: Shown, sample: Sample, momentum: Anatomy, switches: Choices) -> Figure:
    """Rates of the Standard Model at one x along the evolution, and where its production peaks.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    shown : what the figures show
    sample : the mass and mixing of the points A, B, C
    momentum : the momentum of the evolution plots
    switches : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    The figure.
    """
    figure, (top, bottom) = new_figure(2, 1, sharex=True, height=4.2, width=3.6, gridspec_kw={"height_ratios": [3, 2]})
    convention, x = shown.figure_convention, momentum.anatomy_x
    log_z = np.log(np.geomspace(1e-5, 10, 400))
    args = ("sm", resolve(convention, switches), *sample.pair, 0.0, 1.0)
    found, z = evolution_features.history(x, log_z, *args), np.exp(log_z)
    rates = {
        r"$|V_T|/H \propto T^3$": np.abs(found["potential_over_H"]),
        r"$\Gamma/H \propto T^3$": found["gamma_over_H"],
        r"$\Delta/H \propto T^{-3}$": found["splitting_over_H"],
    }
    top.set(xscale="log", yscale="log", xlim=(1e-5, 10), ylim=(1e-3, 1e16), ylabel=f"rates over $H$, $x$ = {x:g}")
    for k, (text, values) in enumerate(rates.items()):
        top.plot(z, values, **line(k))
        label_curve(top, z, values, text, at=0.25 if k < 2 else 0.75, color=COLOURS[k])
    top.axhline(1, color="0.4", linewidth=0.6)
    top.text(1.5e-5, 1.6, "$H$", fontsize=7)
    rate = found["df_dlnz"] / z
    bottom.set(xscale="log", yscale="log", xlim=(1e-5, 10), ylim=(1e-6 * rate.max(), 3 * rate.max()))
    bottom.set(xlabel="$z$ = MeV/$T$", ylabel=r"$\mathrm{d}f_s/\mathrm{d}z$")
    bottom.plot(z, rate, **line(3))
    peak, _ = evolution_features.production_peak(x, *args)
    bottom.axvline(peak, color="0.4", linewidth=0.6)
    bottom.text(peak / 1.6, rate.max(), f"peak at $z$ = {peak:.2g}", fontsize=6.5, ha="right", va="center")
    note_convention(bottom, f"{IN_WORDS[convention]}; {opacity.in_words(args[1])}", "upper right")
    return figure


def letter_fig3(
    run: Run, shown: Shown, points: CurvePoints, wanted: Wanted, momentum: Anatomy, switches: Choices
) -> Figure:
    """Production along the evolution at one x: A, B, C and the Standard Model.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    shown : what the figures show
    points : the points A, B, C of the S-curve
    wanted : how much dark matter there is
    momentum : the momentum of the evolution plots
    switches : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    The figure.
    """
    figure, ax = new_figure(height=2.9)
    convention = shown.figure_convention
    _evolution(ax, run, convention, "scalar", "df_dz", range_=1e-5)
    ax.set(
        xlabel="$z$ = MeV/$T$",
        ylabel=r"$\mathrm{d}f_s/\mathrm{d}z$ at $x$ = " + f"{momentum.anatomy_x:g}",
        xlim=(1e-3, 1),
    )
    untrusted = _untrusted("scalar", resolve(convention, switches), points, wanted)
    said = f"{IN_WORDS[convention]}; scalar; {opacity.in_words(switches)}{untrusted}"
    note_convention(ax, said, "upper left")
    return figure


def _evolution(ax, run, convention, model, column, range_=None, points=(*POINTS, "DW")):
    """One column of the anatomy scan against z for every point, labelled."""
    table = run.tables["anatomy"]
    rows = table[(table["anatomy_model"] == model) & (table["convention"] == convention) & (table["status"] == "OK")]
    drawn = {}
    for name in points:
        mine = rows[rows["point"] == name]
        if not len(mine):
            continue
        z = mine["z"].to_numpy(float)
        y = mine["df_dlnz"].to_numpy(float) / z if column == "df_dz" else mine[column].to_numpy(float)
        drawn[name] = (z, y)
        ax.plot(z, y, **POINT_LINES[name])
    ax.set(xscale="log", yscale="log", xlim=(1e-3, 1))
    if range_ and drawn:
        shown = np.concatenate([y[(z > 1e-3) & (z < 1)] for z, y in drawn.values()])
        _, top = window(shown, (0.0, 1.0))
        ax.set_ylim(range_ * top, 3 * top)
    for k, (name, (z, y)) in enumerate(drawn.items()):
        label_curve(ax, z, y, name, at=0.25 + 0.15 * k, color=POINT_LINES[name]["color"])
    return drawn


def letter_fig4(run: Run, shown: Shown, points: CurvePoints, wanted: Wanted, switches: Choices) -> Figure:
    """Spectra at 1 MeV: x^2 f_s normalised.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    shown : what the figures show
    points : the points A, B, C of the S-curve
    wanted : how much dark matter there is
    switches : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    The figure.
    """
    figure, ax = new_figure(height=2.7)
    table, convention = run.tables["spectra"], shown.figure_convention
    top = 0.0
    for k, name in enumerate((*POINTS, "DW")):
        rows = table[(table["convention"] == convention) & (table["point"] == name) & (table["status"] == "OK")]
        if not len(rows):
            continue
        x, y = rows["x"].to_numpy(float), rows["x2_f_normalised"].to_numpy(float)
        ax.plot(x, y, **POINT_LINES[name])
        top = max(top, y.max())
        ax.set(xlim=(0, 12), ylim=(0, 1.15 * top or 1.0))
        label_curve(ax, x, y, name, at=0.3 + 0.12 * k, color=POINT_LINES[name]["color"])
    ax.set(xlabel="$x = p/T$ at 1 MeV", ylabel=r"$x^2 f_s$, normalised")
    untrusted = _untrusted("scalar", resolve(convention, switches), points, wanted)
    said = f"{IN_WORDS[convention]}; scalar; {opacity.in_words(switches)}{untrusted}"
    note_convention(ax, said, "upper right")
    return figure


def letter_fig5(run: Run, shown: Shown, seen: Structure, switches: Choices) -> Figure:
    """Mixing against mass: Dodelson-Widrow line, where no scalar makes dark matter, X-rays, structure, phase space.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    shown : what the figures show
    seen : what structure in the universe says of the streaming of dark matter
    switches : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    The figure.
    """
    figure, ax = new_figure(width=4.4, height=3.6)
    heaviest = max(1000.0, run.tables["mixing_band"]["m4_keV"].astype(float).max())
    lowest, highest = LETTER_MIXINGS
    ax.set(
        xscale="log",
        yscale="log",
        xlim=(1, heaviest),
        ylim=LETTER_MIXINGS,
        xlabel=r"sterile mass $m_4$ [keV]",
        ylabel=r"mixing $\sin^2 2\theta$",
    )
    convention = shown.figure_convention
    bottom, top = (run.curves.get(f"scalar_band_{convention}_{side}") for side in ("bottom", "top"))
    if bottom is not None and top is not None:
        for curve, edge in ((bottom, lowest), (top, highest)):  # hatched as in the Letter: outside the band
            ax.fill_between(curve.x, curve.y, edge, facecolor="none", edgecolor=COLOURS[1], hatch="\\\\\\", linewidth=0)
            ax.plot(curve.x, curve.y, color=COLOURS[1], linewidth=0.8)
        label_curve(ax, bottom.x, bottom.y, "below: no scalar makes dark matter", at=0.75, color=COLOURS[1])
    _draw_xrays(ax, run)
    dw = run.curves.get(f"dodelson_widrow_mu_{convention}")
    if dw is not None:
        ax.plot(dw.x, dw.y, **line(6))
        label_curve(ax, dw.x, dw.y, "Dodelson-Widrow", at=0.75)
    _draw_structure(ax, run, convention)
    if heaviest > 1000:
        shade_region(ax, [1000, heaviest], [lowest] * 2, [1] * 2, 7, alpha=0.1)
        ax.text(
            np.sqrt(1000 * heaviest), 10 * lowest, "not relativistic", rotation=90, ha="center", va="bottom", **PLAIN
        )
    ax.errorbar(
        [7.1], [7e-11], xerr=[0.07], yerr=[[4e-11], [4e-11]], fmt="o", markersize=3, color="black", linewidth=0.8
    )
    ax.annotate("3.5 keV line", (7.1, 7e-11), xytext=(6, -3), textcoords="offset points", **PLAIN)
    draw_user_limits(ax, run.user_limits, "m4_keV", "sin2_2theta")
    said = f"{IN_WORDS[convention]}; 5 MeV < $m_\\phi$ < 10 GeV; {opacity.in_words(switches)}; if all dark matter"
    if seen.published is not None:
        said += f"\nstructure: {seen.published.label}"
    ax.set_title(said, fontsize=6.5)
    return figure


def _draw_xrays(ax, run):
    """Published limits that are embedded; the sketch in grey, as a fallback where no X-ray curve of a user is there."""
    for source, at in (("xrism", 0.5), ("spi", 0.5), ("diffuse", 0.2)):
        curve = run.curves.get(f"xray_{source}")
        if curve is None:
            continue
        if source == "xrism":  # a single mass
            place = float(np.sqrt(curve.x[0] * curve.x[-1])), float(np.sqrt(curve.y[0] * curve.y[-1]))
            ax.plot(*place, "v", markersize=4, color=COLOURS[0])
            words = {"fontsize": 6.5, "color": COLOURS[0], "va": "center"}
            ax.annotate(xrays.SHORT[source], place, xytext=(5, 1), textcoords="offset points", **words)
            continue
        shade_region(ax, curve.x, curve.y, np.full(curve.x.shape, 1.0), 0, alpha=0.12)
        ax.plot(curve.x, curve.y, **line(0))
        label_curve(ax, curve.x, curve.y, xrays.SHORT[source], at=at, above=False, color=COLOURS[0])
    sketch = run.curves.get("xray_sketch")
    if sketch is not None and not any(limit.x_name == "m4_keV" for limit in run.user_limits):
        ax.plot(sketch.x, sketch.y, **GREY, linestyle="--")
        label_curve(ax, sketch.x, sketch.y, "X-rays, sketch (fallback)", at=0.6, above=False, color="0.4")


def _draw_structure(ax, run, convention):
    """What is too light: phase space, and the published limit on warm dark matter for the coolest scalar."""
    lowest, highest = LETTER_MIXINGS
    shade_region(ax, [1, 2], [lowest] * 2, [1] * 2, 3, alpha=0.1)
    ax.text(1.4, 10 * lowest, "phase space", rotation=90, ha="center", va="bottom", **PLAIN)
    curve = run.curves.get(f"structure_{convention}")
    if curve is not None:
        # lighter ones are excluded at every mixing; the curve ends where no scalar makes dark matter of its mass
        y, x = np.r_[lowest, curve.y, highest], np.r_[curve.x.min(), curve.x, curve.x.min()]
        ax.fill_betweenx(y, 2, x, facecolor=COLOURS[2], alpha=0.15, linewidth=0)
        ax.plot(curve.x, curve.y, **line(2))
        label_curve(ax, curve.x, curve.y, "structure", at=0.3, color=COLOURS[2])


def transfer(
    run: Run, shown: Shown, seen: Structure, points: CurvePoints, wanted: Wanted, switches: Choices
) -> Figure:  # no figure on the slides
    """Power over that of cold dark matter for A, B, C and without new interactions, and what is published.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    shown : what the figures show
    seen : what structure in the universe says of the streaming of dark matter
    points : the points A, B, C of the S-curve
    wanted : how much dark matter there is
    switches : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    The figure.
    """
    figure, ax = new_figure(height=2.9)
    choices = resolve(shown.figure_convention, switches)
    m4, s2 = points.pair
    k = np.geomspace(1, 300, 200)
    ax.set(xscale="log", xlim=(k[0], k[-1]), ylim=(0, 1.05), xlabel="$k$ [$h$/Mpc]", ylabel=r"$T^2 = P/P_{\rm CDM}$")
    for name in (*POINTS, "DW"):
        point = named_point(name, "scalar", choices, points, wanted)
        if point is None:
            continue
        coupling, m = point
        model = "sm" if name == "DW" else "scalar"
        mean, _ = production.mean_momentum(model, m, choices, m4, coupling, s2)
        k_hm = structure.half_mode(structure.velocity(mean, 1e3 * m4, structure.temperature_ratio(choices)))
        T2 = structure.transfer(k, k_hm)
        ax.plot(k, T2, **POINT_LINES[name])
        label_curve(ax, k, T2, name, at=0.5, color=POINT_LINES[name]["color"])
    if seen.published is not None:
        T2 = structure.transfer(k, seen.published.k_hm)
        ax.plot(k, T2, **GREY)
        label_curve(ax, k, T2, seen.published.name, at=0.6, color="0.4")
    ax.axhline(0.25, color="0.4", linewidth=0.6)
    ax.text(1.1, 0.26, "half mode", fontsize=6.5)
    words = f"{curves.pair_words(points.point_m4_keV, points.point_sin2_2theta)}\n"
    words += f"{IN_WORDS[shown.figure_convention]}; {opacity.in_words(switches)}"
    if seen.published is not None:
        words += f"\ngrey: {seen.published.name}\n({seen.published.source})"
    note_convention(ax, words, "lower left")
    return figure


# V section III.A: symbol, meaning, and where in its panel it is written
SCALES = {
    "z0": ("$z_0$", r"$z_0$: $\Gamma = H$", 0.97, "top"),
    "z1": ("$z_1$", r"$z_1$: $\Delta = \max(|V|, \Gamma)$", 0.03, "bottom"),
    "z2": ("$z_2$", "$z_2$ = MeV/$m$", 0.97, "top"),
}
SAME = 1.15  # ratio of time scales up to which they share a line


def vector_fig5(
    run: Run, shown: Shown, points: CurvePoints, wanted: Wanted, momentum: Anatomy, switches: Choices
) -> Figure:
    """Anatomy of A, B, C: rate over expansion, mixing, production, against z.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    shown : what the figures show
    points : the points A, B, C of the S-curve
    wanted : how much dark matter there is
    momentum : the momentum of the evolution plots
    switches : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    The figure.
    """
    figure, axes = new_figure(3, 1, sharex=True, width=3.6, height=5.6)
    convention = shown.figure_convention
    columns = (
        ("gamma_over_H", r"$\Gamma/H$", 1e-18),
        ("mixing_ratio", r"$\sin^2 2\theta_{\rm eff}/\sin^2 2\theta$", 1e-9),
        ("df_dlnz", r"$\mathrm{d}f_s/\mathrm{d}\ln z$", 1e-6),
    )
    for ax, (column, label, range_) in zip(axes, columns, strict=True):
        _evolution(ax, run, convention, "vector", column, range_, POINTS)
        ax.set_ylabel(label)
        ax.set_xlim(1e-4, 10)
    axes[0].axhline(1, color="0.4", linewidth=0.6)
    low, high = axes[-1].get_ylim()
    axes[-1].set_ylim(low, 30 * high)  # room for the words at the time scales
    choices, scales = resolve(convention, switches), {}
    for name in POINTS:
        point = named_point(name, "vector", choices, points, wanted)
        if point is not None:
            args = ("vector", choices, *points.pair, *point)
            scales[name] = evolution_features.time_scales(momentum.anatomy_x, *args)
    for ax, key in zip(axes, SCALES, strict=True):
        _mark_scale(ax, key, {name: found[key] for name, found in scales.items() if found[key] is not None})
    axes[-1].set_xlabel("$z$ = MeV/$T$")
    untrusted = _untrusted("vector", choices, points, wanted)
    note_convention(axes[0], f"{IN_WORDS[convention]}; {opacity.in_words(choices)}{untrusted}", "lower left")
    return figure


def _mark_scale(ax, key, places):
    """A time scale of some points as dotted lines that say what and whose it is; nearly equal ones share a line."""
    symbol, meaning, height, va = SCALES[key]
    while places:
        z = min(places.values())
        together = [name for name, other in places.items() if other < SAME * z]
        places = {name: other for name, other in places.items() if name not in together}
        ax.axvline(z, color="0.4", linewidth=0.7, linestyle=":")
        words = f"{symbol} of {', '.join(together)}"
        where = {"rotation": 90, "ha": "left", "va": va, "transform": ax.get_xaxis_transform()}
        ax.text(1.03 * z, height, words, fontsize=5.5, color="0.25", **where)
    ax.text(0.98, height, meaning, fontsize=5.5, color="0.25", ha="right", va=va, transform=ax.transAxes)


def self_interaction_figure(
    run: Run,
    sample: Sample,
    sterile: SelfInteraction,
    wanted: Wanted,
    flavour: Flavour,
    weak: Opacity,
    evolution: Evolution,
) -> Figure:
    """Sterile self-interaction: distribution for three couplings, and relic density against the coupling.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    sample : the mass and mixing of the points A, B, C
    sterile : how sterile neutrinos scatter on each other
    wanted : how much dark matter there is
    flavour : what the sterile neutrino mixes with
    weak : collisions of active neutrinos in the Standard Model
    evolution : when production begins and ends

    Returns
    -------
    The figure.
    """
    figure, (left, right) = new_figure(1, 2, height=2.8)
    choices, m = self_interacting_choices(flavour, weak, evolution), sterile.self_mediator_MeV
    left.set(yscale="log", xlim=(0, 12), ylim=(1e-8, 1), xlabel="$x = p/T$", ylabel=r"$x f_{22}(x)$")
    for k, coupling in enumerate((0.0, 1e-5, 3e-5, 5e-5)):
        bath = self_interaction.evolve(*sample.pair, coupling, m, choices, sterile.self_method, n=200, step=0.04)
        left.plot(bath.x, bath.x * bath.f22, **line(k))
        text = "no self-interaction" if coupling == 0 else rf"$\lambda_s = {coupling * 1e5:g}\times 10^{{-5}}$"
        label_curve(left, bath.x, bath.x * bath.f22, text, at=0.35 + 0.1 * k, color=COLOURS[k])
    thermal = bath.x / (np.exp(bath.x) + 1)
    left.plot(bath.x, thermal, **GREY)
    label_curve(left, bath.x, thermal, "thermal", at=0.7, color="0.5")
    table = run.tables["self_interaction"]
    rows = table[(table["status"] == "OK") & (table["coupling_sterile"] > 0)]
    right.set(xscale="log", yscale="log", xlabel=r"sterile self-coupling $\lambda_s$", ylabel=r"$\Omega h^2$")
    right.plot(rows["coupling_sterile"], rows["omega_h2"], **line(1), marker="o", markersize=2.5)
    right.axhline(wanted.target_relic_density, color="0.4", linewidth=0.6)
    low, _high = right.get_xlim()
    right.text(low * 1.1, wanted.target_relic_density * 1.1, "dark matter", fontsize=6.5)
    note_convention(
        right,
        f"$m_\\phi$ = {m:g} MeV, $g_*$ = {CONSTANT_G_STAR:g}, {BATHS[sterile.self_method]}",
        "lower right",
    )
    return figure


FIGURES = {
    "dw_sketch": dw_sketch,
    "letter_fig2": planes.letter_fig2,
    "letter_fig3": letter_fig3,
    "letter_fig4": letter_fig4,
    "letter_fig5": letter_fig5,
    "vector_fig4": planes.vector_fig4,
    "vector_fig5": vector_fig5,
    "vector_fig6": planes.vector_fig6,
    "vector_fig7": planes.vector_fig7,
    "vector_fig8": planes.vector_fig8,
    "density_map": planes.density_map,
    "self_interaction": self_interaction_figure,
    "transfer": transfer,
}
