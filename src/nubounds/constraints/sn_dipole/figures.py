"""Figures 1, 3, 4, 5 and 6 of the paper (2 is a sketch), toys of the counts, and those of region_figures.py and
star_figures.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nubounds.constraints.sn_dipole import decay, diffuse, neutrinos, region_figures, star_figures
from nubounds.constraints.sn_dipole import toys as of_toys
from nubounds.constraints.sn_dipole.curves import MASS, MOMENT
from nubounds.constraints.sn_dipole.inputs import (
    Arrival,
    DiffuseBackground,
    DiffuseBenchmark,
    HighEnergySearch,
    History,
    NeutrinoLimit,
    PhotonBenchmarks,
    Photosphere,
    Production,
    Scattering,
    Sn1987a,
    SpectrumMoment,
    Star,
    Telescopes,
)
from nubounds.constraints.sn_dipole.production import spectrum
from nubounds.contract import Run
from nubounds.likelihood import shares
from nubounds.style import (
    COLOURS,
    LINE_STYLES,
    draw_user_limits,
    label_curve,
    new_figure,
    note_convention,
    towards_excluded,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Emitted by the paper's run, integrated over time: number, mean energy [MeV], pinching (own fit), and how many
# species of that kind.
EMITTED = {
    "nue": (1.970e57, 9.583, 2.984, 1),
    "nuebar": (1.442e57, 11.556, 2.490, 1),
    "nux": (1.419e57, 11.529, 2.100, 4),
}
SCREENING_WORDS = {
    "debye": "Debye screening",
    "plasmon": "plasmon screening",
    "none": "no screening",
    "rpa": "dynamic screening",
}


def _style(index: int, **more):
    return {"color": COLOURS[index], "linestyle": LINE_STYLES[0], **more}


def _log_axes(ax, x, y, x_label, y_label):
    ax.set(xscale="log", yscale="log", xlim=x, ylim=y, xlabel=x_label, ylabel=y_label)


def _power(value: float) -> str:
    """A number as LaTeX: 2e-14 as 2 x 10^-14."""
    exponent = int(np.floor(np.log10(value) + 1e-9))
    front = value / 10.0**exponent
    return ("" if abs(front - 1) < 1e-6 else rf"{front:.3g}\times ") + rf"10^{{{exponent}}}"


def fig1(run: Run, star: Star, scattering: Scattering, arrival: Arrival) -> Figure:
    """Limits and sensitivities in the plane of mass and moment.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    star : the proto-neutron star: PNS-8.8A, or a user's
    scattering : how neutrinos scatter in the star
    arrival : which daughters arrive in time

    Returns
    -------
    The figure.
    """
    figure, ax = new_figure(width=4.6, height=4.2)
    curves = run.curves
    closed = "cooling_top" in curves  # N are absorbed on their way out: every limit has two edges
    top = 1e-6 if closed else 1e-11
    _log_axes(ax, (1e-3, 400), (1e-18, top), MASS.label, MOMENT.label)

    def fill(name, index, text, at):
        lower = curves.get(f"{name}_bottom", curves.get(name))
        if lower is None:
            return
        above = np.full_like(lower.y, top)
        edge = curves.get(f"{name}_top")
        if edge is not None:
            ax.plot(edge.x, edge.y, **_style(index, linewidth=0.9), path_effects=towards_excluded(edge))
            above = np.exp(
                np.interp(np.log(lower.x), np.log(edge.x), np.log(edge.y), left=np.log(top), right=np.log(edge.y[-1]))
            )
        ax.fill_between(lower.x, lower.y, above, facecolor=COLOURS[index], alpha=0.1, linewidth=0)
        ax.plot(lower.x, lower.y, **_style(index, linewidth=0.9), path_effects=towards_excluded(lower))
        label_curve(ax, lower.x, lower.y, text, at=at, above=False, color=COLOURS[index])  # strokes stand above

    fill("smm", 0, r"SN1987A ($\gamma$), SMM", 0.42)
    fill("diffuse", 3, r"diffuse $\gamma$", 0.21)
    fill("kamiokande_imb", 5, r"SN1987A ($\nu$)", 0.55)
    fill("cooling", 6, "energy loss", 0.12)
    fill("deposition", 1, "low-energy supernovae", 0.45)
    forecasts = (
        ("fermi_223", 0, 1, "Fermi-LAT 223 s", 0.42, True),
        ("fermi_3600", 0, 2, "Fermi-LAT 3600 s", 0.78, False),
        ("eastrogam", 6, 1, "e-ASTROGAM", 0.3, False),
        ("hyperk", 4, 1, "Hyper-K", 0.22, False),
        ("dune", 1, 2, "DUNE", 0.66, True),
    )
    for name, colour, dash, text, at, above in forecasts:
        look = {"color": COLOURS[colour], "linestyle": LINE_STYLES[dash], "linewidth": 1.0}
        drawn = [curves[one] for one in (name, f"{name}_bottom", f"{name}_top") if one in curves]
        for curve in drawn:
            ax.plot(curve.x, curve.y, **look, path_effects=towards_excluded(curve))
        if drawn:
            label_curve(ax, drawn[0].x, drawn[0].y, text, at=at, above=above, color=COLOURS[colour])
    line = curves["leptoquark"]
    ax.plot(line.x, line.y, color=COLOURS[2], linestyle=LINE_STYLES[3])
    label_curve(ax, line.x, line.y, "leptoquark model", at=0.22, color=COLOURS[2])
    draw_user_limits(ax, run.user_limits, "M_MeV", "d_per_MeV")
    convention = f"{star.name}, {SCREENING_WORDS[scattering.screening]}, {arrival.description}"
    note_convention(ax, convention, "lower right")
    return figure


def _label_beside(ax, x, y, text, color, left):
    """Text to the left or right of a steeply rising curve, with a line to where it passes 3e-5 of its peak."""
    i = int(np.argmax(y > 3e-5 * y.max()))
    leader = {"arrowstyle": "-", "shrinkA": 0, "shrinkB": 0, "color": color, "linewidth": 0.5}
    place = {"xytext": (-14 if left else 14, 0), "textcoords": "offset points", "ha": "right" if left else "left"}
    ax.annotate(text, (x[i], y[i]), va="center", fontsize=5.5, color=color, arrowprops=leader, **place)


def fig3(
    run: Run,
    production: Production,
    arrival: Arrival,
    photosphere: Photosphere,
    sn1987a: Sn1987a,
    telescopes: Telescopes,
    shown: PhotonBenchmarks,
) -> Figure:
    """Photon spectra at the Earth in two windows.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    production : how a supernova makes sterile neutrinos
    arrival : which daughters arrive in time
    photosphere : where photons get out
    sn1987a : the supernova that was seen
    telescopes : all counts of photons
    shown : the spectra of Fig. 3

    Returns
    -------
    The figure.
    """
    figure, ax = new_figure(width=4.2, height=3.6)
    energies = np.geomspace(1.0, 1000.0, 140)
    _log_axes(
        ax,
        (1, 1000),
        (1e-5, 1e3),
        r"photon energy $E_\gamma$ [MeV]",
        r"$\mathrm{d}N/\mathrm{d}E\,\mathrm{d}A$ [1/(MeV cm$^2$)]",
    )
    short, long = telescopes.fermi_223.window_s, telescopes.fermi_3600.window_s
    benchmarks, thick = shown.photon_benchmarks, arrival.delay
    for index, (M, d) in enumerate(zip(benchmarks[::2], benchmarks[1::2], strict=True)):
        parents = spectrum(M, production)
        for window_s, dash in ((short, "-"), (long, "--")):
            for delay, width in ((thick, 1.4), ("bound", 0.6)):
                window = decay.Window(photosphere.photosphere_cm, sn1987a.distance_cm, window_s, delay)
                flux = d**2 * decay.daughters_per_energy(parents, energies, window, d)[:, 0]
                text = rf"$M={M:g}$ MeV,{' ' if index == 0 else chr(10)}{window_s:g} s"
                name = text if delay == thick else f"{text}, the paper's bound"
                ax.plot(energies, flux, color=COLOURS[index], linestyle=dash, linewidth=width, label=name)
                if delay == thick and index == 0:
                    label_curve(ax, energies, flux, text, at=0.2, color=COLOURS[0], fontsize=5.5)
                elif delay == thick:
                    _label_beside(ax, energies, flux, text, COLOURS[index], dash == "--")
    moments = ", ".join(
        rf"$d={_power(d)}$/MeV at {M:g} MeV" for M, d in zip(benchmarks[::2], benchmarks[1::2], strict=True)
    )
    note_convention(ax, f"{moments}\nthick: {arrival.description}, thin: the paper's bound", "upper left")
    return figure


def fig4(
    run: Run, production: Production, history: History, measured: DiffuseBackground, shown: DiffuseBenchmark
) -> Figure:
    """Diffuse photons and the measured background.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    production : how a supernova makes sterile neutrinos
    history : star formation and expansion of the Universe (Yuksel et al. 2008, ref. 73)
    measured : the measured diffuse photons
    shown : the particle of Figs. 4 and 6

    Returns
    -------
    The figure.
    """
    figure, ax = new_figure(width=4.2, height=3.4)
    M, d = shown.diffuse_benchmark
    energies = np.geomspace(1.0, 300.0, 60)
    flux = energies**2 * d**2 * diffuse.flux(spectrum(M, production), energies, history)(d)[0]
    _log_axes(
        ax,
        (1, 300),
        (1e-5, 2e-2),
        r"photon energy $E_\gamma$ [MeV]",
        r"$E^2\,\mathrm{d}\Phi/\mathrm{d}E\,\mathrm{d}\Omega$ [MeV/(cm$^2$ s sr)]",
    )
    ax.plot(energies, flux, **_style(0))
    label_curve(ax, energies, flux, rf"$M={M:g}$ MeV, $d={_power(d)}$/MeV", at=0.3, color=COLOURS[0])
    names = ("user's background",) if measured.diffuse_background else ("COMPTEL", "EGRET")
    for index, (background, name) in enumerate(zip(diffuse.backgrounds_of(measured), names, strict=True)):
        E = np.geomspace(background.E_min, background.E_max, 50)
        level = E**2 * background(E)
        ax.plot(E, level, color=COLOURS[(2, 3)[index]], linestyle=LINE_STYLES[index + 1])
        label_curve(ax, E, level, name, at=(0.5, 0.75)[index], color=COLOURS[(2, 3)[index]])
    return figure


def fig5(run: Run, production: Production, shown: SpectrumMoment) -> Figure:
    """Active and sterile neutrinos of a supernova.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    production : how a supernova makes sterile neutrinos
    shown : the coupling of Fig. 5

    Returns
    -------
    The figure.
    """
    figure, ax = new_figure(width=4.2, height=3.4)
    energies = np.geomspace(1.0, 500.0, 160)
    d = shown.spectrum_moment
    _log_axes(
        ax, (1, 500), (1e50, 2e57), r"energy $E_\nu$ or $E_N$ [MeV]", r"$\mathrm{d}\mathcal{N}/\mathrm{d}E$ [1/MeV]"
    )
    active = sum(copies * number * neutrinos.shape(energies, Eb, a) for number, Eb, a, copies in EMITTED.values())
    ax.plot(energies, active, **_style(0))
    label_curve(ax, energies, active, "active, emitted", at=0.2, color=COLOURS[0])
    for M, index, dash, at in ((1.0, 1, 1, 0.35), (100.0, 2, 2, 0.55)):
        parents = spectrum(M, production)
        rapidity = np.linspace(0.02, np.arccosh(500.0 / M), 200)
        E_N, p = M * np.cosh(rapidity), M * np.sinh(rapidity)
        E = 0.5 * (E_N + p)
        made = d**2 * parents(E) * E / p  # dE/dE_N = E/p
        look, name = {"color": COLOURS[index], "linestyle": LINE_STYLES[dash]}, rf"sterile, $M={M:g}$ MeV"
        ax.plot(E_N, made, **look, linewidth=1.3)
        ax.plot(E_N, d**2 * parents.rate(E), **look, linewidth=0.6, label=f"{name}, Eq. (2) as printed")
        label_curve(ax, E_N, made, name, at=at, above=M > 1, color=COLOURS[index])
    note_convention(ax, rf"$d={_power(d)}$/MeV; thin: Eq. (2) as printed, no inverse decay", "upper right")
    return figure


def fig6(
    run: Run,
    production: Production,
    history: History,
    shown: DiffuseBenchmark,
    other: SpectrumMoment,
    measured: NeutrinoLimit,
) -> Figure:
    """Diffuse electron antineutrinos.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    production : how a supernova makes sterile neutrinos
    history : star formation and expansion of the Universe (Yuksel et al. 2008, ref. 73)
    shown : the particle of Figs. 4 and 6
    other : the coupling of Fig. 5
    measured : a measured limit to compare with

    Returns
    -------
    The figure.
    """
    figure, ax = new_figure(width=4.2, height=3.4)
    M, d = shown.diffuse_benchmark
    parents = spectrum(M, production)
    energies = np.geomspace(5.0, 100.0, 40)
    file = measured.diffuse_neutrino_limit
    limit = diffuse.read_neutrino_limit(file) if file else None
    top = max(1e-2, 3 * limit[1].max()) if limit else 1e-2
    _log_axes(
        ax, (5, 100), (1e-7, top), r"energy $E_{\bar\nu_e}$ [MeV]", r"$\mathrm{d}\Phi/\mathrm{d}E$ [1/(MeV cm$^2$ s)]"
    )
    for index, moment in enumerate((d, other.spectrum_moment)):
        flux = 4 * np.pi / 6 * moment**2 * diffuse.flux(parents, energies, history)(moment)[0]
        ax.plot(energies, flux, color=COLOURS[index], linestyle=LINE_STYLES[index])
        label_curve(ax, energies, flux, rf"$M={M:g}$ MeV, $d={_power(moment)}$/MeV", at=0.4, color=COLOURS[index])
    if limit:
        ax.plot(*limit, color="black", linestyle=LINE_STYLES[2])
        label_curve(ax, *limit, "measured upper limit", at=0.5)
    return figure


PROBE_WORDS = {"kamiokande_imb": "K-II and IMB", "smm": "SMM"}


def toys(run: Run, search: HighEnergySearch) -> Figure:
    """How limits from counts cover, and limits by toys over them.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    search : the threshold

    Returns
    -------
    The figure.
    """
    figure, (left, right) = new_figure(1, 2, height=3.0)
    rows, level = of_toys.together(run.tables["toys"]), of_toys.level_of(search.threshold.threshold)
    for index, M in enumerate(sorted(set(rows["toy_M_MeV"]))):
        for mark, (probe, words) in zip("os", PROBE_WORDS.items(), strict=True):
            part = rows[(rows["toy_M_MeV"] == M) & (rows["counted_by"] == probe)]
            if part.empty:
                continue
            look = {"fmt": mark, "markersize": 3.5, "linewidth": 0.8, "color": COLOURS[index % len(COLOURS)]}
            values = part[f"{of_toys.ABOVE}_share"], part[f"{of_toys.ABOVE}_error"]
            left.errorbar(part["tested_over_limit"], *values, label=f"{M:g} MeV, {words}", **look)
            for place, (share, error) in enumerate((("as_far_share", "as_far_error"), ("cls", "cls_error"))):
                ratio, doubt = shares.upper_limit(part, share, error, level)
                shift = 0.1 * (index - 1) + (0.03 if mark == "s" else 0.0)
                right.errorbar([place + shift], [ratio], [doubt], **look)
    left.axhline(level, color="0.5", linewidth=0.7, linestyle="--")
    right.axhline(1.0, color="0.5", linewidth=0.7, linestyle="--")
    left.set(xlabel="tested coupling over limit", ylabel="share of toys beyond the threshold", ylim=(0, 2.2 * level))
    right.set(ylabel="limit by toys over limit", xlim=(-0.5, 1.5), ylim=(0.8, 1.2))
    right.set_xticks([0, 1], ["Feldman-Cousins", r"CL$_s$"])
    if len(rows):
        left.legend(frameon=False, fontsize=5.5, loc="upper left", ncols=2)
    note_convention(right, f"{100 * (1 - level):.3g} % C.L., 1 d.o.f.", "upper left")
    return figure


FIGURES = {"fig1": fig1, "fig3": fig3, "fig4": fig4, "fig5": fig5, "fig6": fig6, "toys": toys}
FIGURES |= region_figures.FIGURES | star_figures.FIGURES
