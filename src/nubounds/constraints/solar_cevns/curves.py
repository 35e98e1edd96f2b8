"""From the table of limits to limit curves, and the words for what they were computed for."""

from __future__ import annotations

from pathlib import Path

from nubounds.constraints.solar_cevns.inputs import PROJECTIONS, Confidence, Current, Measurement, Projections
from nubounds.contract import Coordinate, Curve, Run
from nubounds.solar.inputs import Target

MASS = Coordinate("m4_MeV", "MeV", "sterile neutrino mass $m_4$")
MOMENT = Coordinate("mu_muB", "1", r"transition moment $\mu/\mu_B$")
SCENARIO_WORDS = {
    "current": "CDEX-10",
    "next_generation": "next generation",
    "future_1": "future 1",
    "future_2": "future 2",
}
FLUX_WORDS = {"8b": "8B flux", "hep": "hep flux"}
FLAVOUR_WORDS = {"all": "one moment for all flavours", "e": "nu_e alone", "mu": "nu_mu alone", "tau": "nu_tau alone"}


def scenario_words(scenario: str, current: Current) -> str:
    """The scenario's name, marked where its data are inferred.

    Parameters
    ----------
    scenario : current or a projection
    current : what is known of the data of `current`

    Returns
    -------
    Such as CDEX-10 (inferred).
    """
    return SCENARIO_WORDS[scenario] + (" (inferred)" if _inferred(scenario, current) else "")


def _inferred(scenario: str, current: Current) -> bool:
    return scenario == "current" and current.is_inferred


def curve_name(scenario: str, flavour: str, statistics: str, flux: str = "all") -> str:
    """Name of a curve; the statistics make no difference to `current`.

    Parameters
    ----------
    scenario, flavour, statistics, flux : a point's words in the scan

    Returns
    -------
    The words joined, without those that make no difference.
    """
    parts = [scenario, flavour, *([] if scenario == "current" else [statistics]), *([] if flux == "all" else [flux])]
    return "_".join(parts)


def confidence_level(confidence: Confidence) -> str:
    """The confidence level as words.

    Parameters
    ----------
    confidence : whose level is meant

    Returns
    -------
    Such as 90%.
    """
    return f"{100 * confidence.confidence_level:g}%"


def target_words(target: Target) -> str:
    """What recoils: Ge, an isotope mix of it, or the name of a user's file.

    Parameters
    ----------
    target : the nuclei that recoil

    Returns
    -------
    Such as Ge, or Ge (76: 1).
    """
    name = target.target if target.target_file is None else Path(target.target_file).name
    mix = ", ".join(f"{A}: {fraction:g}" for A, fraction in target.isotope_mix.items())
    return f"{name} ({mix})" if mix else name


def changed_inputs(measurement: Measurement) -> list[str]:
    """Names of the inputs that differ from the paper's.

    Parameters
    ----------
    measurement : the inputs of a run

    Returns
    -------
    Names, in the order of the declarations.
    """
    given, paper = measurement.as_plain(), Measurement().as_plain()
    return [name for name in paper if given[name] != paper[name]]


def _assumptions(
    scenario: str, target: Target, projections: Projections, confidence: Confidence, current: Current
) -> str:
    """Under what a limit holds, in words for its file."""
    words = [f"{confidence.degrees_of_freedom} d.o.f.", f"target {target_words(target)}"]
    if scenario in PROJECTIONS:
        words += [
            f"recoils above {projections.threshold_keV[scenario]:g} keV",
            f"{projections.exposure_ton_yr[scenario]:g} ton yr",
            f"background {projections.background_per_keVee_kg_d[scenario]:g} /(keVee kg d)",
            "Asimov data: the Standard Model",
        ]
    elif current.is_inferred:
        words.append("data inferred from the paper's own limits, not public")
    else:
        words.append("measured spectrum given by the user")
    return "; ".join(words)


def limits(run: Run, target: Target, projections: Projections, confidence: Confidence, current: Current) -> list[Curve]:
    """A curve for every scenario, flavour and statistics; flavour-blind, also for each flux alone (Fig. 10).

    The comparison plane gets one reading of the statistics, the first of the grid.

    Parameters
    ----------
    run : with the table `limits`
    target, projections, confidence, current : what the limits were computed for, for the words of their files

    Returns
    -------
    The curves, in the order of the table.
    """
    table = run.tables["limits"]
    table = table[table["status"] == "OK"]
    curves: dict[str, Curve] = {}
    axes = ["scenario", "flavour", "statistics", "flux"]
    for (scenario, flavour, statistics, flux), rows in table.groupby(axes, sort=False):
        name = curve_name(scenario, flavour, statistics, flux)
        if name in curves or (flux != "all" and flavour != "all"):
            continue
        inferred = _inferred(scenario, current)
        words = ["solar CEvNS", scenario_words(scenario, current), *([] if flux == "all" else [FLUX_WORDS[flux]])]
        convention = f"L = (mu/2) nubar sigma F nu4; {FLAVOUR_WORDS[flavour]}"
        on_plane = flux == "all" and statistics == table["statistics"].iloc[0]
        curves[name] = Curve(
            name=name,
            label=", ".join(words),
            x=rows["m4_MeV"].to_numpy(),
            y=rows["mu_muB"].to_numpy(),
            x_axis=MASS,
            y_axis=MOMENT,
            confidence_level=confidence_level(confidence),
            observed=scenario == "current",
            convention=convention + ("" if scenario == "current" else f"; statistics: {statistics}"),
            assumptions=_assumptions(scenario, target, projections, confidence, current),
            source="Demirci and Mustamin (2025), Eq. (22)",
            plane="magnetic_moment" if on_plane else "",
            note="inferred" if inferred else "",
        )
    return list(curves.values())
