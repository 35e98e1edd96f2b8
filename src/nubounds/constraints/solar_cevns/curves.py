"""From the table of limits to limit curves, and the regenerated Table 1."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from nubounds.constraints.solar_cevns import inputs as declared
from nubounds.constraints.solar_cevns.inputs import DATA, PROJECTIONS
from nubounds.contract import Curve, Run

X_LABEL = "sterile neutrino mass $m_4$ [MeV]"
Y_LABEL = r"transition moment $\mu/\mu_B$"
SCENARIO_WORDS = {
    "current": "CDEX-10",
    "next_generation": "next generation",
    "future_1": "future 1",
    "future_2": "future 2",
}
FLAVOUR_WORDS = {"all": "one moment for all flavours", "e": "nu_e alone", "mu": "nu_mu alone", "tau": "nu_tau alone"}


def read_words(name: str) -> list[dict]:
    """Rows of a csv of ours that holds words beside numbers."""
    import csv

    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def printed_limits() -> dict[tuple[str, str, str], float]:
    """The paper's limits on mu/mu_B by (scenario, flavour, flux)."""
    rows = read_words("published_limits.csv")
    return {(row["scenario"], row["flavour"], row["flux"]): float(row["mu_muB"]) for row in rows}


def is_inferred(inputs, scenario: str) -> bool:
    """Whether the data behind a limit are inferred from the paper's own limits."""
    return scenario == "current" and inputs["cdex_data"] is None


def scenario_words(inputs, scenario: str) -> str:
    """The scenario's name, marked where its data are inferred."""
    return SCENARIO_WORDS[scenario] + (" (inferred)" if is_inferred(inputs, scenario) else "")


def curve_name(scenario: str, flavour: str, statistics: str, flux: str = "all") -> str:
    """Name of a curve; the statistics make no difference to `current`."""
    parts = [scenario, flavour, *([] if scenario == "current" else [statistics]), *([] if flux == "all" else [flux])]
    return "_".join(parts)


def confidence_level(inputs) -> str:
    """The confidence level as words, such as 90%."""
    return f"{100 * inputs['confidence_level']:g}%"


def target_words(inputs) -> str:
    """What recoils: Ge, an isotope mix of it, or the name of a user's file."""
    name = inputs["target"] if inputs["target_file"] is None else Path(inputs["target_file"]).name
    mix = ", ".join(f"{A}: {fraction:g}" for A, fraction in inputs["isotope_mix"].items())
    return f"{name} ({mix})" if mix else name


def changed_inputs(inputs) -> list[str]:
    """Names of the inputs that differ from the paper's."""
    given, paper = declared.complete(inputs), declared.complete({})
    return [name for name in paper if given[name] != paper[name]]


def _assumptions(inputs, scenario: str) -> str:
    """Under what a limit holds, in words for its file."""
    words = [f"{inputs['degrees_of_freedom']} d.o.f.", f"target {target_words(inputs)}"]
    if scenario in PROJECTIONS:
        complete = declared.complete(inputs)
        words += [
            f"recoils above {complete['threshold_keV'][scenario]:g} keV",
            f"{complete['exposure_ton_yr'][scenario]:g} ton yr",
            f"background {complete['background_per_keVee_kg_d'][scenario]:g} /(keVee kg d)",
            "Asimov data: the Standard Model",
        ]
    elif is_inferred(inputs, scenario):
        words.append("data inferred from the paper's own limits, not public")
    else:
        words.append("measured spectrum given by the user")
    return "; ".join(words)


def limits(run: Run) -> list[Curve]:
    """A curve for every scenario, flavour and statistics; flavour-blind, also for each flux alone (Fig. 10).

    The comparison plane gets one reading of the statistics, the first of the grid.
    """
    table = run.tables["limits"]
    table = table[table["status"] == "OK"]
    curves, names = [], set()
    for (scenario, flavour, statistics, flux), rows in table.groupby(
        ["scenario", "flavour", "statistics", "flux"], sort=False
    ):
        name = curve_name(scenario, flavour, statistics, flux)
        if name in names or (flux != "all" and flavour != "all"):
            continue
        names.add(name)
        on_plane = flux == "all" and statistics == table["statistics"].iloc[0]
        curves.append(_curve(run.inputs, name, scenario, flavour, statistics, flux, rows, on_plane))
    return curves


def _curve(inputs, name, scenario, flavour, statistics, flux, rows, on_plane) -> Curve:
    current = scenario == "current"
    words = ["solar CEvNS", scenario_words(inputs, scenario)]
    if flux != "all":
        words.append(f"{flux.upper()} flux" if flux == "8b" else f"{flux} flux")
    return Curve(
        name=name,
        label=", ".join(words),
        x=rows["m4_MeV"].to_numpy(),
        y=rows["mu_muB"].to_numpy(),
        x_name="m4_MeV",
        y_name="mu_muB",
        x_label=X_LABEL,
        y_label=Y_LABEL,
        confidence_level=confidence_level(inputs),
        observed=current,
        convention=f"L = (mu/2) nubar sigma F nu4; {FLAVOUR_WORDS[flavour]}"
        + ("" if current else f"; statistics: {statistics}"),
        assumptions=_assumptions(inputs, scenario),
        source="Demirci and Mustamin (2025), Eq. (22)",
        plane="magnetic_moment" if on_plane else "",
        note="inferred" if is_inferred(inputs, scenario) else "",
    )


def _nano(value: float) -> float:
    """A printed value in 1e-9, with the digits that were printed."""
    return float(f"{1e9 * value:.6g}")


def table1(run: Run):
    """Table 1: limits at the smallest mass of the grid beside the printed ones, in 1e-9 mu_B."""
    import pandas

    printed, table = printed_limits(), run.tables["limits"]
    table = table[(table["status"] == "OK") & (table["flux"] == "all")]
    table = table[table["m4_MeV"] == table["m4_MeV"].min()].set_index(["flavour", "scenario"]).sort_index()
    rows = []
    for flavour, scenario in product(("e", "mu", "tau", "all"), ("current", *PROJECTIONS)):
        if (flavour, scenario) not in table.index:
            continue
        paper, mine = printed[scenario, flavour, "all"], table.loc[[(flavour, scenario)]]
        row = {
            "flavour": flavour,
            "limit": scenario_words(run.inputs, scenario),
            "m4_MeV": float(mine["m4_MeV"].iloc[0]),
            "paper_1e-9_muB": _nano(paper),
        }
        for statistics, value in zip(mine["statistics"], mine["mu_muB"], strict=True):
            row[f"{statistics}_1e-9_muB"] = 1e9 * value
            row[f"{statistics}_over_paper"] = value / paper
        rows.append(row)
    for entry in read_words("other_limits.csv"):
        name, mu = f"{entry['name']} (quoted)", _nano(float(entry["mu_muB"]))
        rows.append({"flavour": entry["flavour"], "limit": name, "paper_1e-9_muB": mu})
    return pandas.DataFrame(rows)


TABLES = {"table1": table1}
