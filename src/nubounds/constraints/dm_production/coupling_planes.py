"""The planes of coupling against mediator mass: the S-curves, what limits them, and where the calculation is not to be
trusted; the map of the relic density behind them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nubounds.constraints.dm_production import curves, data, opacity, validity
from nubounds.constraints.dm_production.conventions import IN_WORDS, resolve
from nubounds.constraints.dm_production.inputs import (
    POINTS,
    Benchmarks,
    Choices,
    CurvePoints,
    Map,
    Shown,
    Structure,
    Wanted,
)
from nubounds.constraints.dm_production.production import COUPLING_RANGE
from nubounds.constraints.dm_production.scans import named_point
from nubounds.contract import EDGES, Run
from nubounds.style import (
    COLOURS,
    draw_user_limits,
    label_curve,
    line,
    new_figure,
    note_convention,
    shade_region,
    towards_excluded,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GREY = {"color": "0.6", "linewidth": 0.8}
POINT_LINES = {name: line(k) for k, name in enumerate((*POINTS, "DW"))}
PLAIN = {"fontsize": 6.5, "color": "black"}
MAPPED = ("omega_h2", "outside_validity")
HIGHEST_COUPLING = COUPLING_RANGE[1]  # of the search for roots


def other(convention):
    """The convention that is drawn in grey."""
    return "deck" if convention == "physical" else "physical"


def _s_curve(run, model, convention, number):
    """The whole S as one path (m, coupling): C upwards in mass, B back, A upwards again."""
    path = []
    for branch in curves.BRANCHES:
        curve = run.curves.get(f"{model}_relic_{number}_{branch}_{convention}")
        if curve is not None:
            path.append((curve.x[::-1], curve.y[::-1]) if branch == "B" else (curve.x, curve.y))
    return tuple(np.concatenate(part) for part in zip(*path, strict=True)) if path else (np.zeros(0), np.zeros(0))


def _plane(ax, run, model, masses, lowest_coupling):
    """Axes over the slides' range of masses, further down if the run goes there, with the regions outside validity."""
    scanned = run.tables["relic_roots"]["m_mediator_MeV"].astype(float)
    low, high = min(masses[0], scanned.min()), masses[1]
    ax.set(xscale="log", yscale="log", xlim=(low, high), ylim=(lowest_coupling, HIGHEST_COUPLING))
    ax.set(xlabel=curves.mass_of(model).label, ylabel=curves.Y_LABEL[model])
    shade_region(ax, [low, data.BBN_MASS_MEV], [1e-30] * 2, [1e30] * 2, 5)
    ax.text(
        np.sqrt(low * data.BBN_MASS_MEV), 2 * lowest_coupling, "BBN", rotation=90, ha="center", va="bottom", **PLAIN
    )
    shade_region(ax, [low, high], [1] * 2, [HIGHEST_COUPLING] * 2, 7, alpha=0.1)
    ax.text(1.2 * data.BBN_MASS_MEV, np.sqrt(HIGHEST_COUPLING), "not perturbative", ha="left", va="center", **PLAIN)


def _draw_s(ax, run, shown: Shown, model, number, index, text, at=0.12):
    """One benchmark's S in colour, the same in the other convention in grey; returns its path."""
    convention = shown.figure_convention
    x, y = _s_curve(run, model, other(convention), number)
    ax.plot(x, y, **GREY)
    x, y = _s_curve(run, model, convention, number)
    ax.plot(x, y, **line(index), linewidth=1.5)
    if x.size:
        label_curve(ax, x, y, text, at=at, color=COLOURS[index])
    return x, y


def _note(ax, shown: Shown, switches: Choices, *more, corner="lower right"):
    """Which line is which, what `more` says, and the opacity."""
    convention = shown.figure_convention
    said = (*more, f"colour: {IN_WORDS[convention]}; grey: {IN_WORDS[other(convention)]}; {opacity.in_words(switches)}")
    note_convention(ax, "\n".join(said), corner)


def _mark_points(ax, model, choices: Choices, points: CurvePoints, wanted: Wanted):
    """A, B, C on their curve, with the settled `choices`."""
    found = {}
    for name in POINTS:
        point = named_point(name, model, choices, points, wanted)
        if point is None:
            continue
        coupling, m = found[name] = point
        ax.plot([m], [coupling], "o", markersize=4, color=POINT_LINES[name]["color"])
        ax.annotate(
            name,
            (m, coupling),
            xytext=(-11, -7) if name == "B" else (5, -7),  # the S runs to the right of B, to the left of A and C
            textcoords="offset points",
            fontsize=8,
            color=POINT_LINES[name]["color"],
        )
    return found


def _pair(benchmarks: Benchmarks, number):
    """A benchmark point in words, and whether it lies outside validity."""
    m4, s2 = benchmarks.pair(number)
    return curves.pair_words(m4, s2) + (", outside validity" if validity.outside(m4, None, None).any() else "")


def _mass(benchmarks: Benchmarks, number):
    """What is written along the S of a benchmark point; the note in the corner has its mixing."""
    return f"{benchmarks.pair(number)[0]:g} keV"


def _draw_structure(ax, run, shown: Shown, seen: Structure, model, benchmarks: Benchmarks, number, index) -> str:
    """The couplings that structure excludes at a benchmark point, as their edges with strokes towards what is
    excluded; returns words instead where it excludes every coupling that is searched.
    """
    region = f"{model}_structure_{number}_{shown.figure_convention}"
    edges = [run.curves.get(f"{region}_{side}") for side in EDGES]
    if None in edges or seen.published is None:
        return ""
    bottom, top = edges
    lowest, highest = COUPLING_RANGE
    if np.all(bottom.y < 1.01 * lowest) and np.all(top.y > 0.99 * highest):
        return f"{_mass(benchmarks, number)}: excluded by structure, if all dark matter"
    for edge in edges:
        inside = (edge.y > 1.01 * lowest) & (edge.y < 0.99 * highest)
        x, y = edge.x[inside], edge.y[inside]
        ax.plot(x, y, color=COLOURS[index], linewidth=0.7, path_effects=towards_excluded(edge))
    label_curve(ax, bottom.x, bottom.y, f"structure, {_mass(benchmarks, number)}", at=0.5, color=COLOURS[index])
    return ""


def _source(seen: Structure) -> list[str]:
    """What says which spectra are too hard for structure, if anything does, as lines of a note."""
    return [] if seen.published is None else [f"structure: {seen.published.label}"]


def letter_fig2(
    run: Run,
    shown: Shown,
    seen: Structure,
    benchmarks: Benchmarks,
    points: CurvePoints,
    wanted: Wanted,
    choices: Choices,
) -> Figure:
    """The S-curve of the scalar: regimes with guide slopes (left), limits (right).

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    shown : what the figures show
    seen : what structure in the universe says of the streaming of dark matter
    benchmarks : the pairs of mass and mixing of the S-curves
    points : the points A, B, C of the S-curve
    wanted : how much dark matter there is
    choices : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    The figure.
    """
    figure, (left, right) = new_figure(1, 2, sharey=True, height=3.4)
    for ax in (left, right):
        _plane(ax, run, "scalar", (1, 1e4), 1e-7)
        _draw_s(ax, run, shown, "scalar", 1, 0, _mass(benchmarks, 1), at=0.3)
    marked = _mark_points(left, "scalar", resolve(shown.figure_convention, choices), points, wanted)
    for name, power, text in (("A", 2 / 3, r"$m^{2/3}$"), ("B", -5 / 2, r"$m^{-5/2}$"), ("C", 1 / 2, r"$m^{1/2}$")):
        if name in marked:
            coupling, m = marked[name]
            masses = m * np.geomspace(0.05, 10, 30) if name != "B" else m * np.geomspace(0.35, 3, 30)
            guide = 1.4 * coupling * (masses / m) ** power
            left.plot(masses, guide, color=POINT_LINES[name]["color"], linestyle=":", linewidth=0.9)
            label_curve(left, masses, guide, text, at=0.85 if name != "B" else 0.15, color=POINT_LINES[name]["color"])
    limits = [
        ("scalar_kaon", 2, r"$K^+\to\mu^+$ invisible"),
        ("scalar_lifetime_1", 1, r"lifetime of $\nu_4$"),
        ("scalar_fermi_line", 3, r"$\lambda^2/m^2 = G_F$"),
    ]
    for name, index, text in limits:
        if name in run.curves:
            curve = run.curves[name]
            right.plot(curve.x, curve.y, **line(index))
            if curve.side == "upper":
                shade_region(right, curve.x, curve.y, np.full(len(curve.x), 10.0), index, alpha=0.1)
            label_curve(right, curve.x, curve.y, text, at=0.45, color=COLOURS[index])
    draw_user_limits(right, run.user_limits, "m_mediator_MeV", "coupling_lambda")
    right.set_ylabel("")
    _note(left, shown, choices, _pair(benchmarks, 1))
    words = _draw_structure(right, run, shown, seen, "scalar", benchmarks, 1, 4)
    note_convention(right, "\n".join([*([words] if words else []), *_source(seen)]))
    return figure


def vector_fig4(
    run: Run, shown: Shown, benchmarks: Benchmarks, points: CurvePoints, wanted: Wanted, choices: Choices
) -> Figure:
    """The S-curve of the neutrinophilic vector with the points A, B, C.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    shown : what the figures show
    benchmarks : the pairs of mass and mixing of the S-curves
    points : the points A, B, C of the S-curve
    wanted : how much dark matter there is
    choices : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    The figure.
    """
    figure, ax = new_figure(height=3.0)
    _plane(ax, run, "vector", (1, 1e4), 1e-7)
    _draw_s(ax, run, shown, "vector", 1, 0, _mass(benchmarks, 1), at=0.3)
    _mark_points(ax, "vector", resolve(shown.figure_convention, choices), points, wanted)
    _note(ax, shown, choices, _pair(benchmarks, 1))
    return figure


def _coupling_plane(run, shown: Shown, seen: Structure, benchmarks: Benchmarks, switches: Choices, model):
    figure, ax = new_figure(width=4.4, height=3.6)
    _plane(ax, run, model, (1, 1e5), 1e-6)
    if model == "vector":
        limits = (
            ("higgs_invisible", 3, "invisible Higgs"),
            ("higgs_invisible_hllhc", 4, "invisible Higgs, HL-LHC"),
            ("kaon", 1, "$K$"),
            ("pion", 5, r"$\pi$"),
            ("w_width", 2, "$W$ width"),
        )
        for probe, index, text in limits:
            curve = run.curves.get(f"vector_{probe}")
            if curve is None:
                continue
            ax.plot(curve.x, curve.y, **line(index), linewidth=0.9)
            if curve.observed and probe == "higgs_invisible":
                shade_region(ax, curve.x, curve.y, np.full(len(curve.x), 10.0), index, alpha=0.08)
            label_curve(ax, curve.x, curve.y, text, at=0.45, color=COLOURS[index])
    said = []
    for number in (1, 2):
        if benchmarks.pair(number) is not None:
            _draw_s(ax, run, shown, model, number, (0, 6)[number - 1], _mass(benchmarks, number), at=0.25)
            words = _draw_structure(ax, run, shown, seen, model, benchmarks, number, 7)
            said += [_pair(benchmarks, number), *([words] if words else [])]
    draw_user_limits(ax, run.user_limits, "m_mediator_MeV", curves.Y_NAME[model])
    _note(ax, shown, switches, *said, *_source(seen))
    return figure


def vector_fig6(run: Run, shown: Shown, seen: Structure, benchmarks: Benchmarks, switches: Choices) -> Figure:
    """Coupling plane of the neutrinophilic vector, with the limits that have a formula.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    shown : what the figures show
    seen : what structure in the universe says of the streaming of dark matter
    benchmarks : the pairs of mass and mixing of the S-curves
    switches : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    The figure.
    """
    return _coupling_plane(run, shown, seen, benchmarks, switches, "vector")


def vector_fig7(run: Run, shown: Shown, seen: Structure, benchmarks: Benchmarks, switches: Choices) -> Figure:
    """Coupling plane of gauged L_mu - L_tau.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    shown : what the figures show
    seen : what structure in the universe says of the streaming of dark matter
    benchmarks : the pairs of mass and mixing of the S-curves
    switches : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    The figure.
    """
    return _coupling_plane(run, shown, seen, benchmarks, switches, "lmu_ltau")


def vector_fig8(run: Run, shown: Shown, seen: Structure, benchmarks: Benchmarks, switches: Choices) -> Figure:
    """Coupling plane of gauged B-L.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    shown : what the figures show
    seen : what structure in the universe says of the streaming of dark matter
    benchmarks : the pairs of mass and mixing of the S-curves
    switches : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    The figure.
    """
    return _coupling_plane(run, shown, seen, benchmarks, switches, "b_minus_l")


def density_map(run: Run, shown: Shown, mapped: Map, wanted: Wanted) -> Figure:
    """Relic density over coupling and mediator mass, for the first mass and mixing of the map; hatched where the
    calculation is not to be trusted.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    shown : what the figures show
    mapped : the map of the relic density
    wanted : how much dark matter there is

    Returns
    -------
    The figure; empty if the table lacks the convention of the figures.
    """
    figure, ax = new_figure(width=4.4, height=3.4)
    table, convention, model = run.tables["density"], shown.figure_convention, mapped.map_model
    m4, s2 = (float(table[name].iloc[0]) for name in ("m4_point_keV", "sin2_2theta"))
    rows = table[(table["convention"] == convention) & (table["m4_point_keV"] == m4) & (table["sin2_2theta"] == s2)]
    if not len(rows):
        return figure
    rows = rows.assign(omega_h2=rows["omega_h2"].where(rows["status"] == "OK"))
    ax.set(xscale="log", yscale="log", xlabel=curves.mass_of(model).label)
    ax.set_ylabel(curves.Y_LABEL[model])
    density, outside = (rows.pivot(index="coupling", columns="m_mediator_MeV", values=name) for name in MAPPED)
    x, y = density.columns.to_numpy(float), density.index.to_numpy(float)
    levels = np.log10(density.to_numpy(float) / wanted.target_relic_density)
    shading = "gouraud" if np.isfinite(levels).all() else "nearest"  # what is missing stays an empty cell
    drawn = ax.pcolormesh(x, y, levels, cmap="PuOr_r", vmin=-6, vmax=6, shading=shading, rasterized=True)
    figure.colorbar(drawn, ax=ax, label=r"$\log_{10}$ of $\Omega h^2$ over the wanted density", extend="both")
    if min(levels.shape) > 1:
        ax.contour(x, y, levels, [0.0], colors="black", linewidths=1.2)
        ax.contourf(x, y, outside.to_numpy(float), [0.5, 1.5], colors="none", hatches=["////"])
    ax.set_title(curves.pair_words(m4, s2) + "; hatched: outside validity", fontsize=6.5)
    note_convention(ax, IN_WORDS[convention], "lower right")
    return figure
