"""Tables I and II again: the paper's value, ours and their ratio, cell by cell."""

from __future__ import annotations

import numpy as np

from nubounds.constraints.sn_diffusion.curves import parts_of
from nubounds.constraints.sn_diffusion.states import DIRAC, MAJORANA, SNAPSHOTS, nuclear_matter, shells
from nubounds.contract import Run

STATE_COLUMNS = ("m_eff_MeV", "mu_n_MeV", "mu_p_MeV", "mu_nu_MeV")


def _mean_free_paths(run: Run, neutrino: str) -> dict[tuple[int, int], float]:
    """Standard Model mean free paths [m] by (snapshot, shell), standard convention, where the table has them."""
    paths = {}
    for snapshot_s in SNAPSHOTS:
        found = parts_of(run.tables["coefficients"], "standard", snapshot_s, neutrino)
        if found is not None:
            paths |= {(snapshot_s, shell): 1 / found[1][k, 0, 0] for k, shell in enumerate(shells(snapshot_s))}
    return paths


def _compare(run: Run, printed, neutrinos, dirac: bool):
    """The table with three columns (paper, ours, ratio) for every printed quantity."""
    import pandas

    paths = {neutrino: _mean_free_paths(run, neutrino) for neutrino in neutrinos}
    rows = []
    for key, row in printed.items():
        shell = DIRAC[key]
        solved, _, _ = nuclear_matter(
            shell["T_MeV"], shell["n_B_per_fm3"], shell["Y_L"] if dirac else None, float(run.inputs["g_nu"])
        )
        ours = dict(zip(STATE_COLUMNS, solved, strict=False))
        ours |= {f"lambda_{neutrino}_m": paths[neutrino].get(key, np.nan) for neutrino in neutrinos}
        line = {"snapshot_s": key[0], "shell": key[1], "R_km": shell["R_km"], "T_MeV": shell["T_MeV"]}
        line |= {"n_B_per_fm3": shell["n_B_per_fm3"]} | ({"Y_L": shell["Y_L"]} if dirac else {})
        for name, value in ours.items():
            if name in row:
                line[f"{name}_paper"], line[f"{name}_ours"] = row[name], float(value)
                line[f"{name}_ratio"] = float(value) / row[name] if row[name] else np.nan
        rows.append(line)
    return pandas.DataFrame(rows)


def table1(run: Run):
    """Table I: TM1 solved at the printed T, n_B and lepton fraction; lambda from the scan."""
    return _compare(run, DIRAC, ("nu", "nubar"), True)


def table2(run: Run):
    """Table II: beta equilibrium with mu_nu = 0."""
    return _compare(run, MAJORANA, ("majorana_thermal", "majorana_degenerate"), False)
