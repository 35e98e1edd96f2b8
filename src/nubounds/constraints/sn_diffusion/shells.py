"""The shells of the proto-neutron star: Tables I and II, or a user's file."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from nubounds.constraints.sn_diffusion.inputs import Matter
from nubounds.constraints.sn_diffusion.states import State, nuclear_matter
from nubounds.contract import InputError, Status
from nubounds.files.tables import read_user_table

NEUTRINOS = ("nu", "nubar", "majorana_thermal", "majorana_degenerate")
STATE_COLUMNS = ("m_eff_MeV", "mu_n_MeV", "mu_p_MeV", "mu_nu_MeV")
USER_COLUMNS = ("snapshot_s", "R_km", "T_MeV", "n_B_per_fm3", "Y_L")
USER_RANGES = {
    "snapshot_s": (0.0, 1000.0),
    "R_km": (1e-3, 1e6),
    "T_MeV": (1.0, 200.0),
    "n_B_per_fm3": (1e-6, 2.0),
    "Y_L": (0.0, 1.0),
}

Rows = dict[tuple[float, int], dict[str, float]]  # by (snapshot, shell); shells count from 1 at the centre


def _solve(row: dict[str, float], Y_L: float | None, g_nu: float) -> dict[str, float]:
    """m*, mu*_n, mu*_p and mu_nu [MeV] of TM1 at a row's temperature and density; Y_L = None: mu_nu = 0."""
    value, _, status = nuclear_matter(row["T_MeV"], row["n_B_per_fm3"], Y_L, g_nu)
    if status is not Status.OK:
        raise InputError(
            f"g_nu={g_nu}: no TM1 state at T={row['T_MeV']} MeV, n_B={row['n_B_per_fm3']} fm^-3, Y_L={Y_L}"
        )
    return dict(zip(STATE_COLUMNS, map(float, value), strict=False))


@dataclass(frozen=True)
class Star:
    """A proto-neutron star in shells.

    dirac : R_km, T_MeV, n_B_per_fm3, Y_L_solved (nan: beta equilibrium with mu_nu = 0) and, if printed, the state
    majorana : the printed states for Majorana neutrinos; None where no states are printed and TM1 is always solved
    """

    dirac: Rows
    majorana: Rows | None = None

    @property
    def snapshots(self) -> list[float]:
        """Times [s] of the snapshots, ascending."""
        return sorted({snapshot for snapshot, _ in self.dirac})

    def nearest(self, time_s: float) -> float:
        """The snapshot nearest to a time [s]; the earlier of two."""
        return min(self.snapshots, key=lambda snapshot: abs(snapshot - time_s))

    def shells(self, snapshot_s: float) -> list[int]:
        """Numbers of the shells of a snapshot, from the centre outwards.

        Raises
        ------
        InputError
            For a time without a snapshot, naming those there are.
        """
        found = [shell for snapshot, shell in self.dirac if snapshot == snapshot_s]
        if not found:
            times = self.snapshots
            shown = ", ".join(f"{time:g}" for time in times[:12]) + (f", ... {times[-1]:g}" if len(times) > 12 else "")
            raise InputError(f"snapshot_s={snapshot_s:g}: the star has no such snapshot; valid: {shown}")
        return found

    def require(self, snapshot_s: float, shell: int) -> None:
        """InputError if there is no such snapshot, or no such shell in it."""
        if (snapshot_s, shell) not in self.dirac:
            count = len(self.shells(snapshot_s))
            raise InputError(f"shell={shell}: the snapshot at {snapshot_s:g} s has shells 1 to {count}")

    def radii_m(self, snapshot_s: float) -> np.ndarray:
        """Outer radii of the shells of a snapshot [m], after a leading 0."""
        return 1e3 * np.array([0.0, *(self.dirac[snapshot_s, shell]["R_km"] for shell in self.shells(snapshot_s))])

    def state(self, snapshot_s: float, shell: int, neutrino: str, states: str, g_nu: float) -> State:
        """The state of a shell as seen by one kind of neutrino.

        `states` is ``printed`` (Tables I and II as they stand) or ``solved`` (TM1 at the row's T, n_B and Y_L).
        Energies: mu_nu + pi T; for Majorana neutrinos pi T (thermal) or the Dirac neutrinos' mu_nu + pi T (degenerate).
        """
        self.require(snapshot_s, shell)
        row = self.dirac[snapshot_s, shell]
        solved = states == "solved" or self.majorana is None
        Y_L = row["Y_L_solved"]
        dirac = _solve(row, Y_L if math.isfinite(Y_L) else None, g_nu) if solved else row
        T, mu_nu = row["T_MeV"], dirac["mu_nu_MeV"]
        if neutrino in ("nu", "nubar"):
            matter, E_nu, blocking = dirac, mu_nu + math.pi * T, mu_nu if neutrino == "nu" else -mu_nu
            equilibrium = mu_nu
        else:
            matter = _solve(row, None, g_nu) if solved else self.majorana[snapshot_s, shell]
            E_nu, blocking = math.pi * T + (mu_nu if neutrino == "majorana_degenerate" else 0.0), 0.0
            equilibrium = 0.0
        return State(T, matter["m_eff_MeV"], matter["mu_n_MeV"], matter["mu_p_MeV"], E_nu, blocking, equilibrium, "e")


def _printed(name: str) -> Rows:
    """A table of data/, numbers only."""
    with open(Path(__file__).parent / "data" / name, encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {
            (int(row["snapshot_s"]), int(row["shell"])): {
                key: float(text) for key, text in row.items() if key != "correction"
            }
            for row in rows
        }


PAPER = Star(_printed("table1.csv"), _printed("table2.csv"))


def read(path: str | Path, g_nu: float) -> Star:
    """A star from a csv with the columns `USER_COLUMNS`.

    Parameters
    ----------
    path : one line per shell, from the centre outwards; any number of snapshots, of a file that may mix them
    g_nu : neutrino helicities that share the chemical potential

    Returns
    -------
    The star; every state of its matter has a solution.

    Raises
    ------
    InputError
        With file, line and reason: missing or unknown column, a field that is no finite number or out of range, radii
        that do not increase, a state without a TM1 solution or with mu_nu < -pi T.
    """
    table = read_user_table(path, USER_COLUMNS)
    for name, (low, high) in USER_RANGES.items():
        inside = (table[name] >= low) & (table[name] <= high)
        table.require(name, inside, f"must be between {low:g} and {high:g}")
    rows, lines, times = {}, {}, table["snapshot_s"]
    for snapshot_s in map(float, np.unique(times)):
        members = np.flatnonzero(times == snapshot_s)
        inward = np.flatnonzero(np.diff(table["R_km"][members]) <= 0)
        if inward.size:
            table.refuse(members[inward[0] + 1], "column R_km: outer radii must increase from shell to shell")
        for shell, line in enumerate(members, 1):
            row = {name: float(table[name][line]) for name in USER_COLUMNS[1:]}
            rows[snapshot_s, shell], lines[snapshot_s, shell] = row | {"Y_L_solved": row["Y_L"]}, line
    star = Star(rows)
    for key, line in lines.items():
        try:
            energies = [star.state(*key, neutrino, "solved", g_nu).E_nu for neutrino in NEUTRINOS]
        except InputError as problem:
            table.refuse(line, str(problem))
        if min(energies) <= 0:
            table.refuse(line, f"column Y_L: {rows[key]['Y_L']:g} is so small that mu_nu + pi T is negative")
    return star


@lru_cache(maxsize=64)
def star_of(matter: Matter) -> Star:
    """The star that the inputs name: a user's file or the paper's, with its temperatures, densities and radii scaled.

    Raises
    ------
    InputError
        For a malformed file, or scaled shells without a TM1 state.
    """
    star = PAPER if matter.shells is None else read(matter.shells, matter.helicities.g_nu)
    scales = {"R_km": matter.R_scale, "T_MeV": matter.T_scale, "n_B_per_fm3": matter.n_B_scale}
    if set(scales.values()) == {1.0}:
        return star
    rows = {key: row | {name: scale * row[name] for name, scale in scales.items()} for key, row in star.dirac.items()}
    return Star(rows, star.majorana if matter.as_published else None)
