"""Elastic scattering on free nucleons and electrons (Appendix A)."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.neutron_star.constants import G_F, HBARC, M_ELECTRON, M_NEUTRON, M_PROTON, SIN2_THETA_W
from nubounds.kernels import neutron_star as kernel

E_MAX_NUCLEON = 1e10  # [eV]; beyond, Q^2 runs towards a pole of the fitted form factors (at 41 GeV^2)
MU_P, MU_N = 2.793, -1.913  # magnetic moments, Eq. (A10)
A_GEN, B_GEN = 0.942, 4.61  # neutron's electric form factor, Eq. (A12)
M_V, M_A = 0.843, 1.012  # vector and axial mass [GeV], Eqs. (A11), (A14)
G_A, DELTA_S, F1_S, F2_S = -1.267, -0.21, 0.53, -0.40  # axial constant and strange form factors, Eqs. (A14)-(A17)


@cache
def sachs_coefficients() -> np.ndarray:
    """Table I: rows G_E^p, G_M^p, G_M^n, columns Q^2 ... Q^12 [GeV^-2 ... GeV^-12]."""
    from nubounds.files.tables import read_csv

    names = ["G_E_p", "G_M_p", "G_M_n"]
    table = read_csv(Path(__file__).parent / "data" / "form_factors.csv", ["order", *names], ascending="order")
    return np.ascontiguousarray([table[name] for name in names])


def parameters() -> np.ndarray:
    """The numbers that the kernel needs, in its order.

    Returns
    -------
    (15,) constants of Appendix A; masses in GeV, G_F^2 in GeV^-4
    """
    masses = [M_NEUTRON * 1e-9, M_PROTON * 1e-9, M_ELECTRON * 1e-9]
    return np.array(
        [(G_F * 1e18) ** 2, SIN2_THETA_W, MU_P, MU_N, A_GEN, B_GEN, M_V, M_A, G_A, DELTA_S, F1_S, F2_S, *masses]
    )


def cross_section(
    target: str, flavour: str, antineutrino: bool, E_eV: ArrayLike, Q2_GeV2: ArrayLike = -1.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Total cross section [cm^2], or where Q2_GeV2 is not negative the differential one [cm^2/GeV^2].

    Parameters
    ----------
    target : neutron, proton or electron
    flavour : e, mu or tau; it matters for electrons only
    antineutrino : whether it is an antineutrino that scatters
    E_eV : neutrino energies in the rest frame of the target [eV], shape (n,)
    Q2_GeV2 : squared momentum transfer [GeV^2], broadcasts with `E_eV`; negative for the total cross section

    Returns
    -------
    value, error, status : arrays of shape (n,)
    """
    E, Q2 = (np.array(a, dtype=float) for a in np.broadcast_arrays(np.atleast_1d(E_eV) * 1e-9, Q2_GeV2))
    value, error, status = kernel.elastic_cross_section(
        E,
        Q2,
        parameters(),
        sachs_coefficients(),
        E_MAX_NUCLEON * 1e-9 * (1 + 1e-12),
        target,
        flavour == "e",
        antineutrino,
    )
    to_cm2 = (HBARC * 1e-9) ** 2
    return value * to_cm2, error * to_cm2, status


def approximation(form: str, E_eV: float | np.ndarray) -> float | np.ndarray:
    """The paper's approximations [cm^2]: linear, 2 G^2 m_e E/pi (A24); quadratic, G^2 E^2/pi (A25).

    Parameters
    ----------
    form : linear or quadratic
    E_eV : a number or an array

    Returns
    -------
    [cm^2], of the shape of `E_eV`
    """
    return G_F**2 * HBARC**2 / math.pi * (2 * M_ELECTRON * E_eV if form == "linear" else np.square(E_eV))
