"""The shells of the proto-neutron star: Tables I and II, and the TM1 state of their matter."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from nubounds.constants import HBARC_MEV_FM
from nubounds.contract import InputError, Status
from nubounds.kernels import sn_diffusion as kernel

SNAPSHOTS = (1, 5)  # seconds after bounce
NEUTRINOS = ("nu", "nubar", "majorana_thermal", "majorana_degenerate")
M_NUCLEON = 939.0  # vacuum mass [MeV]; 938 leaves every m* and mu* of the tables about 1 MeV low

# TM1: Sugahara and Toki, NPA 579 (1994) 557.  Masses and g2 in MeV, the scalar field counted positive, g_rho for tau_3.
TM1 = {
    "M": M_NUCLEON,
    "m_sigma": 511.198,
    "g_sigma": 10.0289,
    "g2": 7.2325 * HBARC_MEV_FM,
    "g3": 0.6183,
    "m_omega": 783.0,
    "g_omega": 12.6139,
    "c3": 71.3075,
    "m_rho": 770.0,
    "g_rho": 4.6322,
    "m_e": 0.511,
}


@dataclass(frozen=True)
class State:
    """What the mean free path needs to know of one shell and one kind of neutrino; energies in MeV."""

    T: float
    m_eff: float
    mu_n: float
    mu_p: float
    E_nu: float
    mu_nu: float  # in the final state's blocking factor: the opposite sign for antineutrinos, 0 for Majorana neutrinos


def _read(name: str) -> dict[tuple[int, int], dict[str, float]]:
    """A table of data/ by (snapshot, shell), numbers only."""
    with open(Path(__file__).parent / "data" / name, encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {
            (int(row["snapshot_s"]), int(row["shell"])): {
                key: float(text) for key, text in row.items() if key != "correction"
            }
            for row in rows
        }


DIRAC = _read("table1.csv")
MAJORANA = _read("table2.csv")


def shells(snapshot_s: int) -> list[int]:
    """Numbers of the shells of a snapshot, from the centre outwards."""
    return [shell for snapshot, shell in DIRAC if snapshot == snapshot_s]


def check_shell(snapshot_s: int, shell: int) -> None:
    """InputError if that snapshot has no such shell."""
    if (snapshot_s, shell) not in DIRAC:
        raise InputError(f"shell={shell}: the snapshot at {snapshot_s} s has shells 1 to {len(shells(snapshot_s))}")


def radii_m(snapshot_s: int) -> np.ndarray:
    """Outer radii of the shells of a snapshot [m], after a leading 0."""
    return 1e3 * np.array([0.0, *(DIRAC[snapshot_s, shell]["R_km"] for shell in shells(snapshot_s))])


@cache
def nuclear_matter(T: float, n_B: float, Y_L: float | None, g_nu: float = 2.0) -> tuple[np.ndarray, np.ndarray, Status]:
    """TM1 matter at temperature T [MeV] and baryon density n_B [fm^-3].

    Parameters
    ----------
    Y_L : total lepton fraction; None for beta equilibrium with mu_nu = 0 (Majorana neutrinos)
    g_nu : neutrino helicities that share the chemical potential

    Returns
    -------
    value, error : m*, mu*_n, mu*_p, mu_nu [MeV], Y_p; status
    """
    row = [T, n_B * HBARC_MEV_FM**3, 0.0 if Y_L is None else Y_L, g_nu, Y_L is None]
    value, error, status = kernel.nuclear_matter(np.array([row], dtype=float), TM1)
    return value[0], error[0], Status(int(status[0]))


def _solved(row: dict[str, float], dirac: bool, g_nu: float) -> dict[str, float]:
    """The TM1 solution for a row of Table I, as the row itself would give it."""
    Y_L = row["Y_L_solved"] if dirac and math.isfinite(row["Y_L_solved"]) else None
    value, _, status = nuclear_matter(row["T_MeV"], row["n_B_per_fm3"], Y_L, g_nu)
    if status is not Status.OK:
        raise InputError(
            f"g_nu={g_nu}: no TM1 state at T={row['T_MeV']} MeV, n_B={row['n_B_per_fm3']} fm^-3, Y_L={Y_L}"
        )
    return dict(zip(("m_eff_MeV", "mu_n_MeV", "mu_p_MeV", "mu_nu_MeV"), map(float, value), strict=False))


@cache
def shell_state(snapshot_s: int, shell: int, neutrino: str, states: str = "printed", g_nu: float = 2.0) -> State:
    """The state of a shell as seen by one kind of neutrino.

    `states` is ``printed`` (Tables I and II as they stand) or ``solved`` (TM1 at the printed T, n_B and the row's Y_L).
    Neutrino energies: mu_nu + pi T; for Majorana neutrinos pi T (thermal) or Table I's mu_nu + pi T (degenerate).
    """
    check_shell(snapshot_s, shell)
    row = DIRAC[snapshot_s, shell]
    T = row["T_MeV"]
    dirac = row if states == "printed" else _solved(row, True, g_nu)
    if neutrino in ("nu", "nubar"):
        matter, mu_nu = dirac, dirac["mu_nu_MeV"]
        E_nu, blocking = mu_nu + math.pi * T, mu_nu if neutrino == "nu" else -mu_nu
    else:
        matter = MAJORANA[snapshot_s, shell] if states == "printed" else _solved(row, False, g_nu)
        E_nu = math.pi * T + (dirac["mu_nu_MeV"] if neutrino == "majorana_degenerate" else 0.0)
        blocking = 0.0
    return State(T, matter["m_eff_MeV"], matter["mu_n_MeV"], matter["mu_p_MeV"], E_nu, blocking)
