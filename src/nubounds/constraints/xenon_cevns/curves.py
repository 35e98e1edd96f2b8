"""From the table of limits to limit curves, each with the words that say which analysis it is."""

from __future__ import annotations

from nubounds.constraints.xenon_cevns.inputs import ANALYSIS_WORDS, Search
from nubounds.contract import Coordinate, Curve, Run

MASS = Coordinate("m4_MeV", "MeV", "sterile neutrino mass $m_4$")
MOMENT = Coordinate("mu_muB", "1", r"transition moment $\mu/\mu_B$")
RUN_WORDS = {"sr0": "SR0", "sr1": "SR1", "sr2": "SR2", "sr0_1": "SR0-1", "sr0_2": "SR0-2"}
FLAVOUR_WORDS = {"all": "one moment for all flavours", "e": "nu_e alone", "mu": "nu_mu alone", "tau": "nu_tau alone"}
COLUMN = {2: "mu_muB", 1: "mu_1dof_muB"}


def curve_name(runs: str, flavour: str, analysis: str, data: str, dof: int) -> str:
    """Name of a curve, such as sr0_2_all_binned or sr0_2_all_counting_expected.

    Parameters
    ----------
    runs, flavour, analysis, data : values of the axes
    dof : degrees of freedom, 1 or 2

    Returns
    -------
    str, the same in figures, tables and limit files
    """
    parts = [runs, flavour, analysis, *(["expected"] if data == "asimov" else []), *(["1dof"] if dof == 1 else [])]
    return "_".join(parts)


def best_analysis(run: Run) -> str | None:
    """binned where the table has limits of it, else counting; None where it has neither.

    Parameters
    ----------
    run : what a run has computed

    Returns
    -------
    str or None
    """
    table = run.tables["limits"]
    there = set(table["analysis"][table["status"] == "OK"])
    return next((analysis for analysis in ("binned", "counting") if analysis in there), None)


def _wanted(runs: str, flavour: str, data: str, dof: int) -> bool:
    """All flavours for all runs; parts of the data, the expected limit and 1 degree of freedom for `all` alone."""
    changed = (runs != "sr0_2") + (flavour != "all") + (data != "observed") + (dof != 2)
    return changed <= 1


def limits(run: Run, search: Search) -> list[Curve]:
    """The curves of the figures; the comparison plane gets all runs in the better of the two analyses.

    Parameters
    ----------
    run : what a run has computed
    search : every input

    Returns
    -------
    list of :class:`Curve`: mu/mu_B against m4 [MeV], only points with status OK
    """
    table = run.tables["limits"]
    table, curves = table[table["status"] == "OK"], []
    best = best_analysis(run)
    for (runs, flavour, analysis, data), rows in table.groupby(["runs", "flavour", "analysis", "data"], sort=False):
        for dof, column in COLUMN.items():
            if not _wanted(runs, flavour, data, dof):
                continue
            on_plane = (runs, data, dof, analysis) == ("sr0_2", "observed", 2, best)
            curves.append(
                Curve(
                    name=curve_name(runs, flavour, analysis, data, dof),
                    label=f"XENONnT {RUN_WORDS[runs]}, {analysis}" + (", expected" if data == "asimov" else ""),
                    x=rows["m4_MeV"].to_numpy(),
                    y=rows[column].to_numpy(),
                    x_axis=MASS,
                    y_axis=MOMENT,
                    confidence_level="90%",
                    observed=data == "observed",
                    convention=f"L = (mu/2) nubar sigma F nu4; {FLAVOUR_WORDS[flavour]}; {dof} d.o.f.",
                    assumptions=f"{ANALYSIS_WORDS[analysis]}; profile likelihood, asymptotic; "
                    f"8B flux {search.fluxes.totals[0]:g} /(cm2 s); efficiency uncertain by "
                    f"{100 * search.systematics.sigma_f_eff:g} %",
                    source="this project from arXiv:2604.06002, doi:10.5281/zenodo.20576156 (CC-BY-4.0)",
                    plane="magnetic_moment" if on_plane else "",
                    note=analysis,
                )
            )
    return curves
