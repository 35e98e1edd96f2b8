"""Inverse mean free paths as polynomials in the coupling: 1/lambda = a + b g^2 + c g^4, from the kernel's integrals.

The squared matrix elements, with V = F_1 and A = -F_A (A -> +F_A for antineutrinos), X = Q^2 = -q^2 and s = p.k:

    Standard Model    16 G_F^2 [(V + A)^2 s^2 + (V - A)^2 (s - X/2)^2 - (V^2 - A^2) m*^2 X/2]
    interference      -4 sqrt(2) G_F g^2/(X + m^2) [F_1 B +- F_A (X^2 - 4 X s)], upper sign nu        Eqs. (10), (11)
    Z'                2 g^4 B/(X + m^2)^2,  B = 8 s^2 - X (2 m*^2 - X + 4 s)                          Eq. (9)
    scalar            Y^4 X (4 m*^2 + X)/(X + m^2)^2                                                  Eq. (6)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.sn_diffusion.states import M_NUCLEON, State
from nubounds.contract import InputError, Status
from nubounds.kernels import sn_diffusion as kernel
from nubounds.numerics.constants import G_F_PER_MEV2, HBARC_MEV_FM

F_1 = (-0.5, 0.075 / 2)  # vector form factors of n and p at q^2 = 0
MODELS = ("sm", "b_minus_l", "lnc_scalar", "lnv_scalar")
PARTS = ("sm", "interference", "vector", "scalar")  # powers 0, 2, 4, 4 of the coupling
MEV_TO_PER_M = 1.0 / (HBARC_MEV_FM * 1e-15)


@dataclass(frozen=True)
class Convention:
    """A reading of the paper."""

    flux: str  # relative_velocity: E_N E_nu in the denominator of Eq. (19); pk: as printed
    axial_sign: tuple[int, int]  # signs of F_A of n and p
    interference_sign: int  # +1: derived from the charges; -1: as printed


CONVENTIONS = {
    "standard": Convention("relative_velocity", (+1, -1), +1),
    "paper": Convention("pk", (-1, -1), -1),
}


def check_model(model: str, neutrino: str) -> None:
    """InputError for a pair of model and neutrino that do not go together.

    Parameters
    ----------
    model : sm, b_minus_l, lnc_scalar, lnv_scalar
    neutrino : species

    Raises
    ------
    InputError
        With the neutrinos that go with the model.
    """
    majorana = neutrino.startswith("majorana")
    if model != "sm" and majorana != (model == "lnv_scalar"):
        majorana = "majorana_thermal or majorana_degenerate, or majorana_all"
        wanted = majorana if model == "lnv_scalar" else "nu or nubar, or all"
        raise InputError(f"neutrino={neutrino}: {model} goes with {wanted}")


def _couplings(neutrino: str, convention: str, axial: float) -> list[tuple[int, str, str, float]]:
    """(species, part, kernel integral, factor): what each of the kernel's integrals contributes to which part.

    For Majorana neutrinos the average of neutrino and antineutrino: the products V A drop out.
    """
    reading = CONVENTIONS[convention]
    handedness = {"nu": 1.0, "nubar": -1.0}.get(neutrino, 0.0)
    weak, mixed = 16 * G_F_PER_MEV2**2, -reading.interference_sign * 4 * math.sqrt(2) * G_F_PER_MEV2
    factors = []
    for species in range(2):
        V, F_A = F_1[species], reading.axial_sign[species] * axial / 2
        factors += [
            (species, "sm", "sm_vv", weak * V**2),
            (species, "sm", "sm_aa", weak * F_A**2),
            (species, "sm", "sm_va", -weak * handedness * V * F_A),
            (species, "interference", "interference_v", mixed * V),
            (species, "interference", "interference_a", mixed * handedness * F_A),
            (species, "vector", "vector", 2.0),
            (species, "scalar", "scalar", 1.0),
        ]
    return factors


# Numbers of nodes in units of the paper's: errors of 3e-4, 1e-6, 1e-9 at their worst (docs/benchmarks.md).
SCALE = {"draft": 0.6, "paper": 1.0, "reference": 1.5}


@lru_cache(maxsize=256)  # about 0.2 MB each; the paper's scan has 176 of them
def response(row: tuple, precision: str) -> kernel.Response:
    """The medium's response for one row of the kernel, shared by all mediator masses asked for in this process.

    Parameters
    ----------
    row : columns as in kernel.STATE [MeV]
    precision : a key of SCALE

    Returns
    -------
    the table of the medium, on two grids
    """
    return kernel.Response(row, scale=SCALE[precision])


def coefficients(
    states: Sequence[State],
    neutrino: str,
    m_mediator_MeV: ArrayLike,
    *,
    convention: str,
    axial: float,
    precision: str,
    azimuth: str = "exact",
    vacuum: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parts of the inverse mean free path, Eq. (19), or of 1/lambda_0 of Figs. 2 and 3 (`vacuum`).

    Parameters
    ----------
    states : n shells; m_mediator_MeV : m masses
    neutrino : nu, nubar, or a Majorana kind
    m_mediator_MeV : m masses
    convention, axial : the reading
    precision : a key of SCALE; 1/lambda_0 is cheap and always the best
    azimuth : exact, or eq18_sum, eq18_plus, eq18_average with the roots of Eq. (18) taken literally
    vacuum : whether to give the parts of 1/lambda_0

    Returns
    -------
    value, error : (n, m, 4) in 1/m, parts as in PARTS, couplings taken out; status : (n, m)
    """
    flux, angle = kernel.FLUX[CONVENTIONS[convention].flux], kernel.AZIMUTH[azimuth]
    rows = [
        (state.T, state.m_eff, mu, state.E_nu, state.mu_nu, flux, angle)
        for state in states
        for mu in (state.mu_n, state.mu_p)
    ]
    masses = np.ascontiguousarray(m_mediator_MeV, dtype=float).reshape(-1)
    if vacuum:
        value, error, status = kernel.vacuum_like(np.array(rows, dtype=float), masses, M_NUCLEON)
    else:
        value, error, status = kernel.medium([response(row, precision) for row in rows], masses)
    integrals = (len(states), 2, masses.size, len(kernel.INTEGRALS))
    value, error, status = value.reshape(integrals), error.reshape(integrals), status.reshape(integrals[:3])
    parts, part_errors = np.zeros((2, len(states), masses.size, len(PARTS)))
    for species, part, integral, factor in _couplings(neutrino, convention, axial):
        i, j = PARTS.index(part), kernel.INTEGRALS.index(integral)
        parts[..., i] += MEV_TO_PER_M * factor * value[:, species, :, j]
        part_errors[..., i] += MEV_TO_PER_M * abs(factor) * error[:, species, :, j]
    return parts, part_errors, status.max(axis=1)


def powers(model: str, coupling: float) -> np.ndarray:
    """The powers of the coupling that multiply the four parts in the total 1/lambda of a model.

    Parameters
    ----------
    model : sm, b_minus_l, lnc_scalar, lnv_scalar
    coupling : g or Y

    Returns
    -------
    (4,) in the order of PARTS
    """
    if model == "sm":
        return np.array([1.0, 0.0, 0.0, 0.0])
    if model == "b_minus_l":
        return np.array([1.0, coupling**2, coupling**4, 0.0])
    return np.array([1.0, 0.0, 0.0, coupling**4])


def require_finite(status: np.ndarray) -> None:
    """InputError if a kernel point could not be computed.

    Parameters
    ----------
    status : of any shape

    Raises
    ------
    InputError
        With the worst of them in words.
    """
    worst = Status(int(np.max(status)))
    if worst is not Status.OK:
        raise InputError(f"the mean free path cannot be computed here: {worst.name.lower().replace('_', ' ')}")
