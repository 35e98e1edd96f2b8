"""Figs. 2-10 of the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nubounds.constraints.solar_cevns import average_nucleus, physics
from nubounds.constraints.solar_cevns.curves import (
    MASS,
    MOMENT,
    changed_inputs,
    confidence_level,
    curve_name,
    scenario_words,
    target_words,
)
from nubounds.constraints.solar_cevns.inputs import PROJECTIONS, Measurement
from nubounds.constraints.solar_cevns.published import printed_limits, read_words
from nubounds.constraints.solar_cevns.scans import REFERENCE_MU
from nubounds.contract import Run
from nubounds.numerics.constants import HBARC_MEV_FM
from nubounds.numerics.units import MU_B_PER_MEV
from nubounds.solar import physics as plain
from nubounds.solar.flux import Branches, spectrum_of
from nubounds.solar.inputs import FLUXES, SolarFluxes, Spectra, Target
from nubounds.style import draw_user_limits, label_curve, line, new_figure, note_convention, towards_excluded

if TYPE_CHECKING:
    from matplotlib.figure import Figure

T_LABEL = "nuclear recoil energy $T$ [keV]"
MASSES = (0.5, 5.0, 10.0)  # of Figs. 2-4 [MeV]
FLAVOUR_LABELS = {"e": r"$\nu_e$", "mu": r"$\nu_\mu$", "tau": r"$\nu_\tau$", "all": "all flavours"}
STATISTICS_WORDS = {
    "poisson": "variance of counts",
    "fractional": "fixed relative uncertainty of a bin",
    "fitted": "variance: a fixed share of the background",
}
EARTH_RADIUS_M = 6.371e6


def fig2(run: Run) -> Figure:
    """E_min against T: falling to m4 + m4^2/(2 M), then joining the massless case.

    Parameters
    ----------
    run : not looked at: the figure is a formula

    Returns
    -------
    The figure.

    References
    ----------
    Demirci and Mustamin (2025), Fig. 2 and Eq. (13).
    """
    figure, ax = new_figure()
    ax.set(xscale="log", yscale="log", xlim=(1e-3, 1e2), ylim=(0.1, 100))
    ax.set(xlabel=T_LABEL, ylabel=r"minimum energy $E_{\nu_4}^{\min}$ [MeV]")
    M = average_nucleus.M_MEV
    T = np.geomspace(1e-3, 1e2, 400)
    for index, m4 in enumerate((0.0, *MASSES)):
        E = plain.minimum_energy(1e-3 * T, m4, M)
        ax.plot(T, E, **line(index))
        words = f"$m_4={m4:g}$ MeV" if m4 else "Standard Model"
        at = {0.0: 0.7, 0.5: 0.13, 5.0: 0.12, 10.0: 0.42}[m4]
        label_curve(ax, T, E, words, at=at, above=m4 > 0, color=line(index)["color"])
        if m4:
            ax.plot(1e3 * m4**2 / (2 * (M + m4)), m4 + m4**2 / (2 * M), "o", ms=2.5, color=line(index)["color"])
    note_convention(ax, "dots: minimum $m_4+m_4^2/(2M)$")
    return figure


def _components(fluxes: SolarFluxes, spectra: Spectra):
    """Name, energies and flux of every component of Fig. 3: spectra [1/(cm2 s MeV)], lines [1/(cm2 s)].

    Lines and the ends of spectra reach down to no flux.
    """
    for row in read_words("solar_fluxes.csv"):
        E, flux = float(row["energy_MeV"]), float(row["flux_per_cm2_s"]) * float(row["share"])
        if row["kind"] == "line":
            yield row["name"], np.array([E, E]), np.array([0.0, flux])
        else:
            yield row["name"], *_spectrum(Branches(np.array([E]), np.array([1.0])), flux)
    for name, total in zip(FLUXES, fluxes.of("all"), strict=True):
        yield name, *_spectrum(spectrum_of(spectra, name), total)


def _spectrum(spectrum, total):
    top = float(spectrum.breaks[-1])
    E = np.concatenate([np.geomspace(0.05, 0.9 * top, 300), top - np.geomspace(0.1 * top, 1e-4 * top, 200)[1:]])
    return np.append(E, top), np.append(total * spectrum.densities(top, top - E)[0], 0.0)


def fig3(run: Run, fluxes: SolarFluxes, spectra: Spectra) -> Figure:
    """Solar fluxes, with the minimum energies at T = 1.16 keV in the inset.

    Parameters
    ----------
    run : not looked at
    fluxes, spectra : 8B and hep; the other components are those of BS05(OP)

    Returns
    -------
    The figure.

    References
    ----------
    Demirci and Mustamin (2025), Fig. 3.
    """
    figure, ax = new_figure(width=4.6, height=3.7)
    ax.set(xscale="log", yscale="log", xlim=(0.1, 22), ylim=(1, 1e12))
    ax.set(
        xlabel=r"neutrino energy $E_\nu$ [MeV]",
        ylabel=r"flux [cm$^{-2}$ s$^{-1}$ MeV$^{-1}$]; lines: [cm$^{-2}$ s$^{-1}$]",
    )
    inset = ax.inset_axes([0.61, 0.60, 0.375, 0.34])
    inset.set(yscale="log", xlim=(5, 19.5), ylim=(10, 1e8))
    inset.tick_params(labelsize=5.5)
    names = {"8b": "$^8$B", "hep": "hep", "7Be": "$^7$Be", "13N": "$^{13}$N", "15O": "$^{15}$O", "17F": "$^{17}$F"}
    where = {"pp": 0.4, "13N": 0.25, "15O": 0.2, "17F": 0.3, "8b": 0.3, "hep": 0.3}
    seen = {}
    for name, E, flux in _components(fluxes, spectra):
        style = line(seen.setdefault(name, len(seen)))
        words = names.get(name, name)
        ax.plot(E, flux, **style, label=words)
        if name == "pep":  # its top lies on the CNO spectra, and beside it these end
            leader = {"arrowstyle": "-", "shrinkA": 0, "shrinkB": 0, "color": style["color"], "linewidth": 0.5}
            ax.annotate(words, (E[1], 30), (2.6, 30), va="center", arrowprops=leader, fontsize=6.5)
        elif len(E) == 2:
            ax.annotate(words, (E[1], flux[1]), xytext=(0, 2), textcoords="offset points", ha="center", fontsize=6.5)
        else:
            label_curve(ax, E, flux, words, at=where[name], above=name != "15O", color=style["color"])
        if name in ("8b", "hep"):
            inset.plot(E, flux, **style, label=words)
            label_curve(inset, E, flux, words, at=0.3, color=style["color"], fontsize=5.5)
    M = average_nucleus.M_MEV
    for index, m4 in enumerate(MASSES):
        E = float(plain.minimum_energy(1.16e-3, m4, M))
        inset.axvline(E, ymax=0.8, color="0.4", linestyle=(":", "--", "-.")[index], linewidth=0.8)
        inset.text(E, 1e7, f"{m4:g}", fontsize=5.5, ha=("right", "left", "center")[index], va="bottom")
    inset.set_title(r"$E_{\nu_4}^{\min}(1.16\,\mathrm{keV})$ for $m_4$ [MeV]", fontsize=5.5, pad=2)
    return figure


def fig4(run: Run) -> Figure:
    """Dipole cross section at E = 10 MeV and the difference between spins; dotted where phase space is closed.

    Parameters
    ----------
    run : not looked at: the figure is a formula

    Returns
    -------
    The figure.

    References
    ----------
    Demirci and Mustamin (2025), Fig. 4, Eqs. (8), (10) and (23).
    """
    figure, axes = new_figure(2, 1, width=4.0, height=5.0, sharex=True, height_ratios=(1.5, 1))
    M, Z, A, E, x = average_nucleus.M_MEV, average_nucleus.Z, average_nucleus.A, 10.0, 3e-9
    T = np.geomspace(1e-3, 1e2, 1500)
    axes[0].set(xscale="log", yscale="log", xlim=(1e-3, 1e2), ylim=(1e-42, 1e-35))
    axes[0].set(ylabel=r"$d\sigma/dT$ [cm$^2$/keV]")
    axes[1].set(yscale="log", ylim=(1e-16, 1e-4), xlabel=T_LABEL, ylabel=r"$\delta$, Eq. (23)")
    end = 1e3 * physics.recoil_range(E, 0.0, M)[1]
    for ax in axes:
        ax.axvspan(end, 1e2, color="0.92", linewidth=0)
    for index, m4 in enumerate(MASSES):
        style = line(index)
        args = (E, 1e-3 * T, m4, x, Z, A, M)
        half, extra = 1e-3 * plain.dipole_cross_section(*args, cut=False), 1e-3 * _spin_term(*args)
        positive = half > 0
        T_drawn, half, extra = T[positive], half[positive], extra[positive]
        allowed = plain.minimum_energy(1e-3 * T_drawn, m4, M) <= E
        words = f"$m_4={m4:g}$ MeV"
        for ax, values in ((axes[0], half), (axes[1], np.abs(extra) / half)):
            ax.plot(T_drawn, values, color=style["color"], linestyle=":", linewidth=0.7, label=f"{words}, formula")
            ax.plot(T_drawn[allowed], values[allowed], **style, label=words)
        words += "" if allowed.any() else ": not allowed"
        label_curve(axes[0], T_drawn, half, words, at=(0.15, 0.3, 0.4)[index], above=index == 0, color=style["color"])
        dip = 1e3 * m4**2 / M
        place = ((1.2 * dip, 2e-16), (dip, 2e-13), (0.95 * end, 3e-12))[index]  # below what is drawn of each dip
        options = {"fontsize": 5.5, "color": style["color"], "ha": "right" if index else "left"}
        axes[1].text(*place, f"dip at {dip:.2g} keV", **options)
    axes[0].text(end * 1.2, 4e-36, "no recoil", fontsize=5.5, color="0.35")
    note_convention(
        axes[0], r"$E_\nu=10$ MeV, $\mu=3\times10^{-9}\,\mu_B$" + "\ndotted: formula outside phase space", "lower left"
    )
    return figure


def _spin_term(E, T, m4, x, Z, A, M):
    """Eq. (10) minus Eq. (8) [cm^2/MeV] as one product; the difference of the two would have no digits left."""
    product = (m4**2 + 2 * M * T) * (M * T - m4**2) / (8 * M**2 * T * E**2)
    unit = plain.dipole_cross_section(E, T, 0.0, x, Z, A, M, cut=False) / (1 / T - 1 / E)
    return unit * product


def fig5(run: Run, target: Target) -> Figure:
    """Recoil spectra: Standard Model, and with the dipole for two moments and two masses.

    Parameters
    ----------
    run : with the table `spectra`
    target : for the titles

    Returns
    -------
    The figure.

    References
    ----------
    Demirci and Mustamin (2025), Fig. 5.
    """
    figure, axes = new_figure(2, 2, height=6.0, sharex=True, sharey=True)
    table = run.tables["spectra"]
    for ax, flavour, panel in zip(axes.flat, ("e", "mu", "tau", "all"), "abcd", strict=True):
        ax.set(xscale="log", yscale="log", xlim=(0.01, 10), ylim=(1, 1e6))
        ax.set_title(f"({panel}) {_title(flavour, target)}")
        rows = table[(table["flavour"] == flavour) & (table["status"] == "OK")]
        drawn_sm = False
        for number, (m4, part) in enumerate(rows.groupby("spectrum_m4_MeV")):
            T, sm = part["T_keV"].to_numpy(), part["sm_per_keV_ton_yr"].to_numpy()
            if not drawn_sm:
                ax.plot(T, sm, color="black")
                label_curve(ax, T, sm, "Standard Model", at=0.3, above=False)
                drawn_sm = True
            for k, (mu, words) in enumerate(((3e-9, r"3\times10^{-9}"), (5e-10, r"5\times10^{-10}"))):
                total = sm + (mu / REFERENCE_MU) ** 2 * part["dipole_per_keV_ton_yr"].to_numpy()
                style = line(2 * number + k)
                ax.plot(T, total, **style)
                text = rf"${words}\,\mu_B$, $m_4={m4:g}$ MeV"
                if number:  # close to the Standard Model: the label stands apart
                    T_at, place = ((0.45, (0.05, 0.2)), (2.5, (0.05, 0.1)))[k]
                    options = {"textcoords": "axes fraction", "color": style["color"], "fontsize": 5.5}
                    arrow = {"arrowstyle": "-", "shrinkB": 0, "color": style["color"], "linewidth": 0.5}
                    ax.annotate(text, (T_at, np.interp(T_at, T, total)), place, arrowprops=arrow, **options)
                else:
                    label_curve(ax, T, total, text, at=0.25, color=style["color"], fontsize=5.5)
    for ax in axes[1]:
        ax.set_xlabel(T_LABEL)
    for ax in axes[:, 0]:
        ax.set_ylabel("rate [1/(keV ton yr)]")
    return figure


# ---- limits --------------------------------------------------------------------------------------------------------


def _limit_axes(ax, low):
    ax.set(xscale="log", yscale="log", xlim=(1e-2, 30), ylim=(low, 1e-6), xlabel=MASS.label, ylabel=MOMENT.label)


def _statistics(run):
    """The reading of the variance that is drawn: poisson, unless the run has only others."""
    computed = run.tables["limits"]["statistics"].unique().tolist()
    return "poisson" if "poisson" in computed else computed[0]


def _draw_scenarios(ax, run, measurement, flavour, scenarios, flux="all"):
    """Our curves, labelled on their plateau, with the printed limits as bars at the left."""
    printed = printed_limits()
    for scenario in scenarios:
        curve = run.curves.get(curve_name(scenario, flavour, _statistics(run), flux))
        if curve is None:
            continue
        style = line(("current", *PROJECTIONS).index(scenario))
        ax.plot(curve.x, curve.y, **style, path_effects=towards_excluded(curve))
        words = scenario_words(scenario, measurement.counting.current)
        plateau = curve.x < 3
        x, y = (curve.x[plateau], curve.y[plateau]) if plateau.sum() > 1 else (curve.x, curve.y)
        label_curve(ax, x, y, words, at=0.82, above=False, color=style["color"])  # strokes stand above
        bar = {"color": style["color"], "linewidth": 2.5, "solid_capstyle": "butt", "label": f"{words}, printed"}
        ax.plot([1e-2, 1.6e-2], [printed[scenario, flavour, flux]] * 2, **bar)


def _footnote(run, measurement):
    confidence = measurement.confidence
    level = f"{confidence_level(confidence)} C.L., {confidence.degrees_of_freedom} d.o.f."
    words = f"{level}; {STATISTICS_WORDS[_statistics(run)]}; bars at the left: printed"
    changed = changed_inputs(measurement)
    return words + (f"\nnot the paper's: {', '.join(changed)}" if changed else "")


def _title(flavour, target):
    return f"{FLAVOUR_LABELS[flavour]} on {target_words(target)}"


def _limits_a(flavour):
    def draw(run: Run, measurement: Measurement):
        figure, ax = new_figure(width=4.0, height=3.4)
        _limit_axes(ax, 1e-10)
        _draw_scenarios(ax, run, measurement, flavour, ("current", *PROJECTIONS))
        ax.set_title(_title(flavour, measurement.counting.scattering.target))
        note_convention(ax, _footnote(run, measurement))
        return figure

    draw.__doc__ = f"Limits on the moment, flavour {flavour}: CDEX-10 as inferred and three projections."
    return draw


def _limits_b(flavour):
    def draw(run: Run, measurement: Measurement):
        figure, ax = new_figure(width=4.6, height=3.9)
        _limit_axes(ax, 1e-11)
        _draw_scenarios(ax, run, measurement, flavour, PROJECTIONS)
        _draw_quoted(ax, flavour)
        _draw_decay(ax)
        draw_user_limits(ax, run.user_limits, "m4_MeV", "mu_muB", start=4)
        ax.set_title(_title(flavour, measurement.counting.scattering.target))
        note_convention(ax, _footnote(run, measurement) + "\ndotted: quoted in Table 1 (at small masses)")
        return figure

    draw.__doc__ = f"Projections for flavour {flavour} beside limits of other experiments."
    return draw


def _draw_quoted(ax, flavour):
    """Limits that Table 1 quotes from other papers, as constants at small masses."""
    rows = [row for row in read_words("other_limits.csv") if row["flavour"] == flavour or flavour == "all"]
    end, height = 0.08, 0.0  # of the lines, of the last label: labels stand above each other where lines are close
    leader = {"arrowstyle": "-", "shrinkA": 0, "shrinkB": 0, "color": "0.35", "linewidth": 0.4}
    for mu, row in sorted((float(row["mu_muB"]), row) for row in rows):
        words = row["name"] + (f" {FLAVOUR_LABELS[row['flavour']]}" if flavour == "all" else "")
        words += f" ({row['remark']})" if row["remark"] else ""
        ax.plot([1e-2, end], [mu, mu], color="0.35", linestyle=":", linewidth=1, label=words)
        height = mu / 1.6 if row["remark"] else max(1.25 * mu, 1.45 * height)
        ax.annotate(words, (end, mu), (1.6 * end, height), color="0.35", fontsize=5.5, va="center", arrowprops=leader)


def _draw_decay(ax):
    """Where a heavy neutrino of 10 MeV decays within the Earth: Gamma = mu^2 m4^3/(16 pi)."""
    m4 = 10.0 - np.geomspace(9.9, 1e-2, 200)
    length_per_MeV = EARTH_RADIUS_M * 1e15 / HBARC_MEV_FM
    x = np.sqrt(np.sqrt((10.0 - m4) * (10.0 + m4)) * 16 * np.pi / (m4**4 * length_per_MeV)) / MU_B_PER_MEV
    ax.plot(m4, x, color="0.6", linewidth=0.7)
    label_curve(
        ax, m4, x, r"$\nu_4\to\nu\gamma$: decay length $R_\oplus$ at 10 MeV", at=0.25, color="0.45", fontsize=5.5
    )


def fig10(run: Run, measurement: Measurement) -> Figure:
    """Flavour-blind limits from the 8B and the hep flux alone.

    Parameters
    ----------
    run : with the limit curves and the table `limits`
    measurement : what they were computed for, in the note

    Returns
    -------
    The figure.

    References
    ----------
    Demirci and Mustamin (2025), Fig. 10.
    """
    figure, axes = new_figure(1, 2, height=3.3, sharey=True)
    title = _title("all", measurement.counting.scattering.target)
    for ax, flux, panel in zip(axes, ("8b", "hep"), "ab", strict=True):
        _limit_axes(ax, 1e-10)
        _draw_scenarios(ax, run, measurement, "all", ("current", *PROJECTIONS), flux)
        ax.set_title(f"({panel}) {'$^8$B' if flux == '8b' else 'hep'} flux, {title}")
    axes[1].set_ylabel("")
    if curve_name("future_2", "all", _statistics(run), "hep") in run.curves:
        printed = printed_limits()["future_2", "all", "hep"]
        axes[1].text(1.8e-2, printed, "printed; $2.60\\times10^{-9}$ must be meant", va="center", fontsize=5.5)
    note_convention(axes[0], _footnote(run, measurement))
    return figure


FIGURES = {
    "fig2": fig2,
    "fig3": fig3,
    "fig4": fig4,
    "fig5": fig5,
    **{f"fig{6 + k}a": _limits_a(flavour) for k, flavour in enumerate(("e", "mu", "tau", "all"))},
    **{f"fig{6 + k}b": _limits_b(flavour) for k, flavour in enumerate(("e", "mu", "tau", "all"))},
    "fig10": fig10,
}
