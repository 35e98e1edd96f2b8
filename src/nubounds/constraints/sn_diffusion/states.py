"""TM1 matter, and what a neutrino sees of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from nubounds.contract import Status
from nubounds.kernels import sn_diffusion as kernel
from nubounds.numerics.constants import HBARC_MEV_FM

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
    mu_nu_e: float  # of the electron neutrinos in equilibrium with the matter
    flavour: str  # e, or x: mu and tau


def matter_at(
    T_MeV: ArrayLike, n_B_per_fm3: ArrayLike, Y_L: ArrayLike | None, g_nu: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """TM1 matter at n temperatures and densities.

    Parameters
    ----------
    T_MeV, n_B_per_fm3 : numbers or arrays
    Y_L : total lepton fraction; None for beta equilibrium with mu_nu = 0 (Majorana neutrinos)
    g_nu : neutrino helicities that share the chemical potential

    Returns
    -------
    value, error : (n, 5) m*, mu*_n, mu*_p, mu_nu [MeV], Y_p; the error is the difference to a coarser quadrature
    status : (n,)
    """
    alone = Y_L is None
    columns = (T_MeV, np.asarray(n_B_per_fm3) * HBARC_MEV_FM**3, 0.0 if alone else Y_L, g_nu, float(alone))
    rows = np.column_stack([column.astype(float) for column in np.broadcast_arrays(*map(np.atleast_1d, columns))])
    return kernel.nuclear_matter(rows, TM1)


@lru_cache(maxsize=1024)
def nuclear_matter(T: float, n_B: float, Y_L: float | None, g_nu: float) -> tuple[np.ndarray, np.ndarray, Status]:
    """TM1 matter at temperature T [MeV] and baryon density n_B [fm^-3], as :func:`matter_at`.

    Parameters
    ----------
    T : temperature [MeV]
    n_B : baryon density [fm^-3]
    Y_L : total lepton fraction; None for beta equilibrium with mu_nu = 0
    g_nu : neutrino helicities that share the chemical potential

    Returns
    -------
    value, error : m*, mu*_n, mu*_p, mu_nu [MeV], Y_p; status
    """
    value, error, status = matter_at(T, n_B, Y_L, g_nu)
    return value[0], error[0], Status(int(status[0]))
