"""From the table of limits to limit curves, and the regenerated Table 1."""

from __future__ import annotations

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


def curve_name(scenario: str, flavour: str, statistics: str, flux: str = "all") -> str:
    """Name of a curve; the statistics make no difference to `current`."""
    parts = [scenario, flavour, *([] if scenario == "current" else [statistics]), *([] if flux == "all" else [flux])]
    return "_".join(parts)


def confidence_level(inputs) -> str:
    """The confidence level as words, such as 90%."""
    return f"{100 * inputs['confidence_level']:g}%"


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
    inferred = current and inputs["cdex_data"] is None
    words = ["solar CEvNS", SCENARIO_WORDS[scenario] + (" (inferred)" if inferred else "")]
    if flux != "all":
        words.append(f"{flux.upper()} flux" if flux == "8b" else f"{flux} flux")
    data = (
        "data inferred from the paper's own limits, not public" if inferred else "measured spectrum given by the user"
    )
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
        assumptions=f"{inputs['degrees_of_freedom']} d.o.f.; "
        + (data if current else "Asimov data: the Standard Model"),
        source="Demirci and Mustamin (2025), Eq. (22)",
        plane="magnetic_moment" if on_plane else "",
        note="inferred" if inferred else "",
    )


def _nano(value: float) -> float:
    """A printed value in 1e-9, with the digits that were printed."""
    return float(f"{1e9 * value:.6g}")


def table1(run: Run):
    """Table 1: limits at the smallest mass of the grid beside the printed ones, in 1e-9 mu_B."""
    import pandas

    printed = {(r["scenario"], r["flavour"], r["flux"]): float(r["mu_muB"]) for r in read_words("published_limits.csv")}
    table = run.tables["limits"]
    table = table[(table["status"] == "OK") & (table["flux"] == "all")]
    table = table[table["m4_MeV"] == table["m4_MeV"].min()]
    rows = []
    for flavour in (f for f in ("e", "mu", "tau", "all") if f in set(table["flavour"])):
        for scenario in (s for s in ("current", *PROJECTIONS) if s in set(table["scenario"])):
            mine = table[(table["flavour"] == flavour) & (table["scenario"] == scenario)].set_index("statistics")[
                "mu_muB"
            ]
            paper = printed[scenario, flavour, "all"]
            row = {
                "flavour": flavour,
                "scenario": scenario,
                "m4_MeV": float(table["m4_MeV"].min()),
                "paper_1e-9_muB": _nano(paper),
            }
            for statistics, value in mine.items():
                row[f"{statistics}_1e-9_muB"] = 1e9 * value
                row[f"{statistics}_over_paper"] = value / paper
            rows.append(row)
    for entry in read_words("other_limits.csv"):
        rows.append(
            {
                "flavour": entry["flavour"],
                "scenario": f"{entry['name']} (quoted)",
                "paper_1e-9_muB": _nano(float(entry["mu_muB"])),
            }
        )
    return pandas.DataFrame(rows)


TABLES = {"table1": table1}
