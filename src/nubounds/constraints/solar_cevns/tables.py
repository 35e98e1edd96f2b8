"""Table 1, regenerated."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from nubounds.constraints.solar_cevns.curves import scenario_words
from nubounds.constraints.solar_cevns.inputs import PROJECTIONS, Current
from nubounds.constraints.solar_cevns.published import printed_limits, read_words
from nubounds.contract import Run

if TYPE_CHECKING:
    import pandas


def _nano(value: float) -> float:
    """A printed value in 1e-9, with the digits that were printed."""
    return float(f"{1e9 * value:.6g}")


def table1(run: Run, current: Current) -> pandas.DataFrame:
    """Limits at the smallest mass of the grid beside the printed ones.

    Parameters
    ----------
    run : with the table `limits`
    current : whether the data of CDEX-10 are inferred

    Returns
    -------
    A row for each limit, in 1e-9 mu_B.

    References
    ----------
    Demirci and Mustamin (2025), Table 1.
    """
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
            "limit": scenario_words(scenario, current),
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
