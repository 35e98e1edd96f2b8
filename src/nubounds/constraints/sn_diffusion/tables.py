"""Tables I and II again: the paper's value, ours and their ratio, cell by cell; and the shells as a user's file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nubounds import waterfall
from nubounds.constraints.sn_diffusion.curves import parts_of
from nubounds.constraints.sn_diffusion.inputs import Matter
from nubounds.constraints.sn_diffusion.shells import PAPER, STATE_COLUMNS, USER_COLUMNS, Star, star_of
from nubounds.constraints.sn_diffusion.states import nuclear_matter
from nubounds.contract import Run

if TYPE_CHECKING:
    import pandas


def _mean_free_paths(run: Run, star: Star, neutrino: str) -> dict[tuple[int, int], float]:
    """Standard Model mean free paths [m] by (snapshot, shell), standard convention, where the table has them."""
    paths = {}
    for snapshot_s in star.snapshots:
        found = parts_of(run, star, "standard", snapshot_s, neutrino)
        if found is not None:
            paths |= {(snapshot_s, shell): 1 / found[1][k, 0, 0] for k, shell in enumerate(star.shells(snapshot_s))}
    return paths


def _compare(run: Run, matter: Matter, printed, neutrinos, dirac: bool):
    """The table with three columns (paper, ours, ratio) for every quantity; ours alone for a user's shells."""
    import pandas

    star, g_nu = star_of(matter), matter.helicities.g_nu
    columns = STATE_COLUMNS if dirac else STATE_COLUMNS[:3]
    paths = {neutrino: _mean_free_paths(run, star, neutrino) for neutrino in neutrinos}
    rows = []
    for key, shell in star.dirac.items():
        solved, _, _ = nuclear_matter(shell["T_MeV"], shell["n_B_per_fm3"], shell["Y_L"] if dirac else None, g_nu)
        ours = dict(zip(columns, solved, strict=False))
        ours |= {f"lambda_{neutrino}_m": paths[neutrino].get(key, np.nan) for neutrino in neutrinos}
        line = {"snapshot_s": key[0], "shell": key[1], "R_km": shell["R_km"], "T_MeV": shell["T_MeV"]}
        line |= {"n_B_per_fm3": shell["n_B_per_fm3"]} | ({"Y_L": shell["Y_L"]} if dirac else {})
        for name, value in ours.items():
            if star is not PAPER:
                line[f"{name}_ours"] = float(value)
                continue
            paper = printed[key][name]
            line[f"{name}_paper"], line[f"{name}_ours"] = paper, float(value)
            line[f"{name}_ratio"] = float(value) / paper if paper else np.nan
        rows.append(line)
    return pandas.DataFrame(rows)


def table1(run: Run, matter: Matter) -> pandas.DataFrame:
    """Table I: TM1 solved at the printed T, n_B and lepton fraction; lambda from the scan.

    Parameters
    ----------
    run : with the tables of the scans
    matter : the shells

    Returns
    -------
    a DataFrame with a row for each shell
    """
    return _compare(run, matter, PAPER.dirac, ("nu", "nubar"), True)


def table2(run: Run, matter: Matter) -> pandas.DataFrame:
    """Table II: beta equilibrium with mu_nu = 0.

    Parameters
    ----------
    run : with the tables of the scans
    matter : the shells

    Returns
    -------
    a DataFrame with a row for each shell
    """
    return _compare(run, matter, PAPER.majorana, ("majorana_thermal", "majorana_degenerate"), False)


def shells(run: Run, matter: Matter) -> pandas.DataFrame:
    """The shells as a user's file that gives back their solved states: where mu_nu = 0, Y_L is the proton fraction.

    Parameters
    ----------
    run : with the tables of the scans
    matter : the shells

    Returns
    -------
    a DataFrame with a row for each shell
    """
    import pandas

    rows = []
    for (snapshot_s, _), shell in star_of(matter).dirac.items():
        Y_L = shell["Y_L_solved"]
        if not math.isfinite(Y_L):
            Y_L = float(nuclear_matter(shell["T_MeV"], shell["n_B_per_fm3"], None, matter.helicities.g_nu)[0][4])
        row = (snapshot_s, shell["R_km"], shell["T_MeV"], shell["n_B_per_fm3"], Y_L)
        rows.append(dict(zip(USER_COLUMNS, row, strict=True)))
    return pandas.DataFrame(rows)


SHOWN_MEV = (0.1, 1.0, 10.0, 100.0, 1000.0)


def _next_to(table, masses=SHOWN_MEV):
    """The rows at the masses of the grid that are nearest to `masses`."""
    return table[table["m_mediator_MeV"].isin(waterfall.nearest(table["m_mediator_MeV"], masses))]


def pieces(run: Run):
    """The limits after each piece of physics, from the paper's to the best.

    Parameters
    ----------
    run : with the tables of the scans

    Returns
    -------
    see :func:`nubounds.waterfall.table`
    """
    return waterfall.table(_next_to(run.tables["pieces"]), ("model", "criterion", "m_mediator_MeV"), "coupling")


def series(run: Run):
    """Diffusion times and limits at every snapshot.

    Parameters
    ----------
    run : with the tables of the scans

    Returns
    -------
    a DataFrame with a row for each limit and snapshot
    """
    limits = _next_to(run.tables["evolution"])
    limits = limits[limits["status"] == "OK"].merge(run.tables["times"], on=["snapshot_s", "model"])
    names = ["model", "snapshot_s", "standard_time_s", "criterion", "m_mediator_MeV", "coupling"]
    return limits[names].sort_values([names[0], names[3], names[4], names[1]], kind="stable").reset_index(drop=True)


TABLES = {
    "table1": table1,
    "table2": table2,
    "waterfall": pieces,
    "series": series,
    "shells": shells,
}
