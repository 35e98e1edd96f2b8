"""The figures of the three works on the slides, in the convention of `figure_convention`; the other one in grey."""

from __future__ import annotations

import numpy as np

from nubounds.constraints.dm_production import coupling_planes as planes
from nubounds.constraints.dm_production import evolution_features, laboratory, self_interaction, validity
from nubounds.constraints.dm_production.conventions import resolve
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
    Wanted,
)
from nubounds.constraints.dm_production.scans import (
    CONSTANT_G_STAR,
    named_point,
    self_interacting_choices,
)
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


def _untrusted(model, choices: Choices, points: CurvePoints, wanted: Wanted):
    """Words for those of A, B, C that lie outside validity, for a note; empty where none does."""
    found = {name: named_point(name, model, choices, points, wanted) for name in POINTS}
    m4 = points.point_m4_keV
    flagged = [name for name, point in found.items() if point and validity.outside(m4, *point).any()]
    return "; outside validity: " + ", ".join(flagged) if flagged else ""


def dw_sketch(run, shown: Shown, sample: Sample, momentum: Anatomy, switches: Choices):
    """Rates of the Standard Model at one x along the evolution, and where its production peaks."""
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
    bottom.text(peak * 1.2, 2e-6 * rate.max(), f"peak at $z$ = {peak:.2g}", fontsize=6.5)
    note_convention(bottom, convention, "upper right")
    return figure


def letter_fig3(run, shown: Shown, points: CurvePoints, wanted: Wanted, momentum: Anatomy, switches: Choices):
    """Production along the evolution at one x: A, B, C and the Standard Model."""
    figure, ax = new_figure(height=2.9)
    convention = shown.figure_convention
    _evolution(ax, run, convention, "scalar", "df_dz", range_=1e-5)
    ax.set(
        xlabel="$z$ = MeV/$T$",
        ylabel=r"$\mathrm{d}f_s/\mathrm{d}z$ at $x$ = " + f"{momentum.anatomy_x:g}",
        xlim=(1e-3, 1),
    )
    untrusted = _untrusted("scalar", resolve(convention, switches), points, wanted)
    note_convention(ax, f"{convention}; scalar{untrusted}", "upper left")
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


def letter_fig4(run, shown: Shown, points: CurvePoints, wanted: Wanted, switches: Choices):
    """Spectra at 1 MeV: x^2 f_s normalised."""
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
    note_convention(ax, f"{convention}; scalar{untrusted}", "upper right")
    return figure


def letter_fig5(run, shown: Shown):
    """Mixing against mass: Dodelson-Widrow line, the band that a scalar opens, X-rays, phase space."""
    figure, ax = new_figure(width=4.4, height=3.6)
    heaviest = max(1000.0, run.tables["mixing_band"]["m4_keV"].astype(float).max())
    ax.set(
        xscale="log",
        yscale="log",
        xlim=(1, heaviest),
        ylim=(1e-20, 1e-5),
        xlabel=r"sterile mass $m_4$ [keV]",
        ylabel=r"mixing $\sin^2 2\theta$",
    )
    convention = shown.figure_convention
    bottom, top = (run.curves.get(f"scalar_band_{convention}_{side}") for side in ("bottom", "top"))
    if bottom is not None and top is not None:
        shade_region(ax, bottom.x, bottom.y, top.y, 2, alpha=0.12)
        for curve in (bottom, top):
            ax.plot(curve.x, curve.y, color=COLOURS[2], linewidth=0.8)
        label_curve(ax, bottom.x, bottom.y, "some scalar makes all of the dark matter", at=0.4, color=COLOURS[2])
    x = np.geomspace(1.4, 98, 41)
    y = laboratory.xray_bound(x)
    shade_region(ax, x, y, np.full(x.shape, 1.0), 0, alpha=0.12)
    ax.plot(x, y, **line(0))
    label_curve(ax, x, y, "X-rays (sketch)", at=0.7, color=COLOURS[0])
    dw = run.curves.get(f"dodelson_widrow_mu_{convention}")
    if dw is not None:
        ax.plot(dw.x, dw.y, **line(6))
        label_curve(ax, dw.x, dw.y, "Dodelson-Widrow", at=0.75)
    shade_region(ax, [1, 2], [1e-20] * 2, [1] * 2, 3, alpha=0.1)
    ax.text(1.4, 1e-19, "phase space", rotation=90, ha="center", va="bottom", **PLAIN)
    if heaviest > 1000:
        shade_region(ax, [1000, heaviest], [1e-20] * 2, [1] * 2, 7, alpha=0.1)
        ax.text(np.sqrt(1000 * heaviest), 1e-19, "not relativistic", rotation=90, ha="center", va="bottom", **PLAIN)
    ax.errorbar(
        [7.1], [7e-11], xerr=[0.07], yerr=[[4e-11], [4e-11]], fmt="o", markersize=3, color="black", linewidth=0.8
    )
    ax.annotate("3.5 keV line", (7.1, 7e-11), xytext=(6, -3), textcoords="offset points", **PLAIN)
    draw_user_limits(ax, run.user_limits, "m4_keV", "sin2_2theta")
    note_convention(ax, f"{convention}; 5 MeV < $m_\\phi$ < 10 GeV", "lower right")
    return figure


def vector_fig5(run, shown: Shown, points: CurvePoints, wanted: Wanted, momentum: Anatomy, switches: Choices):
    """Anatomy of A, B, C: rate over expansion, mixing, production, against z."""
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
    choices = resolve(convention, switches)
    for name in POINTS:
        point = named_point(name, "vector", choices, points, wanted)
        if point is not None:
            args = ("vector", choices, *points.pair, *point)
            scales = evolution_features.time_scales(momentum.anatomy_x, *args)
            _mark_scales(axes, scales, POINT_LINES[name]["color"])
    axes[-1].set_xlabel("$z$ = MeV/$T$")
    marks = "marks: $z_0$ (top), $z_1$ (middle), $z_2$ (bottom)"
    note_convention(axes[0], f"{convention}; {marks}{_untrusted('vector', choices, points, wanted)}", "lower left")
    return figure


def _mark_scales(axes, scales, color):
    """z0, z1, z2 as ticks at the lower edge of the panel that each belongs to."""
    for ax, name in zip(axes, ("z0", "z1", "z2"), strict=True):
        if scales[name] is not None:
            ax.plot([scales[name]] * 2, [0, 0.08], color=color, linewidth=1.6, transform=ax.get_xaxis_transform())


def self_interaction_figure(
    run,
    sample: Sample,
    sterile: SelfInteraction,
    wanted: Wanted,
    flavour: Flavour,
    opacity: Opacity,
    evolution: Evolution,
):
    """Sterile self-interaction: distribution for three couplings, and relic density against the coupling."""
    figure, (left, right) = new_figure(1, 2, height=2.8)
    choices, m = self_interacting_choices(flavour, opacity, evolution), sterile.self_mediator_MeV
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
        f"$m_\\phi$ = {m:g} MeV, $g_*$ = {CONSTANT_G_STAR:g}, {sterile.self_method.replace('_', ' ')}",
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
}
