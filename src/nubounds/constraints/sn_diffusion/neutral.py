"""Neutral currents beyond the paper: form factors, weak magnetism, correlations and the weight of transport.

With V, f = F_2 m*/939 MeV and A = -F_A of the nucleon's current, X = Q^2, s = p.k, C = 2 s^2 - X s + X^2/4 and h = +1
for nu, -1 for nubar, 0 for Majorana neutrinos (average of both), by traces with the vertex
gamma^mu (V + A gamma5) + i F_2 sigma^mu_nu q_nu/(2 M):

    Standard Model  16 G_F^2 [V^2 (C - m*^2 X/2) + A^2 (C + m*^2 X/2) + 2 h X A (V + f) (s - X/4)
                              + f^2 X (m*^2 X + 2 C - X^2/2)/(8 m*^2) + V f X^2/2]
    interference    -16 sqrt(2) G_F g^2/(X + m^2) times the same, bilinear in the Z's and the Z' 's currents
    Z'              8 g^4/(X + m^2)^2 times the same with the baryon current
    scalar          Y^4 G^2 X (4 m*^2 + X)/(X + m^2)^2

All of it are factors at the nodes in (q0, |q|) on which the kernel has tabulated the medium's response.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.sn_diffusion import form_factors, opacity
from nubounds.constraints.sn_diffusion.correlations import axial_suppression
from nubounds.constraints.sn_diffusion.inputs import Interaction
from nubounds.constraints.sn_diffusion.states import M_NUCLEON, State
from nubounds.contract import Status
from nubounds.kernels import sn_diffusion as kernel
from nubounds.numerics.constants import G_F_PER_MEV2

HELICITY = {"nu": 1.0, "nubar": -1.0}
WEAK = 16 * G_F_PER_MEV2**2
MIXED = -16 * math.sqrt(2) * G_F_PER_MEV2


@lru_cache(maxsize=256)  # about 0.1 MB each; neutrinos and antineutrinos of a flavour and an energy share them
def _columns(row: tuple, precision: str, level: int, nucleon: str, S_A: float, chosen: Interaction):
    """Weights of the nodes of one grid, for helicity 0 and what a helicity of +1 adds.

    Returns
    -------
    sm : (2, n) for the Standard Model
    exchanged : (4, n) Q^2 [MeV^2], and the weights of interference, vector and scalar exchange before the propagators
    mixed : (n,) what is added to those of interference
    None for a state that has no table.
    """
    tables = opacity.response(row, precision).nodes()
    if tables is None:
        return None
    _, m_eff, _, E_nu, *_ = row
    X, vector, axial, scalar, q0 = tables[level]
    m2, currents = m_eff**2, chosen.currents
    S0X = scalar / (4 * m2 + X)  # X S_0
    without, mass = 0.25 * vector, 0.5 * m2 * S0X  # C - m*^2 X/2; m*^2 X/2
    opposite, mixed = without + 2 * mass, -0.5 * axial  # C + m*^2 X/2; 2 X (s - X/4)

    known = form_factors.nucleons(X, currents.form_factors)
    V, F2, F_A = form_factors.weak_neutral(X, nucleon, currents, known)
    V_B, F2_B = form_factors.baryon(X, currents, known)
    moment = currents.pauli_factor(m_eff, M_NUCLEON)
    A, root = -F_A, math.sqrt(S_A) * mixed
    sm, both, baryon = V**2 * without + S_A * A**2 * opposite, V * V_B * without, V_B**2 * without
    vector_sum, baryon_sum = V, V_B
    if moment:
        f, f_B = moment * F2, moment * F2_B
        pauli = X / (8 * m2) * (m2 * S0X + 2 * (without + mass) - 0.5 * X * S0X)
        cross = 0.5 * X * S0X
        sm += f * (f * pauli + V * cross)
        both += f * f_B * pauli + 0.5 * (V * f_B + V_B * f) * cross
        baryon += f_B * (f_B * pauli + V_B * cross)
        vector_sum, baryon_sum = V + f, V_B + f_B
    scalar = form_factors.dipole(X, currents.form_factors) ** 2 * scalar
    columns = np.stack([sm, root * A * vector_sum, both, baryon, scalar, 0.5 * root * A * baryon_sum])
    columns *= np.array([WEAK, WEAK, MIXED, 8.0, 1.0, MIXED])[:, None]
    if chosen.weight == "transport":  # 1 - cos(theta), from Q^2 without cancellation
        columns *= X / (2 * E_nu * (E_nu - q0))
    return columns[:2], np.stack([X, *columns[2:5]]), columns[5]


def _parts(found, helicity: float, masses: np.ndarray) -> np.ndarray:
    """The parts (m, 4) in 1/m for mediator masses (m,), from the columns of the nodes."""
    sm, exchanged, mixed = found
    if helicity:
        exchanged = exchanged.copy()
        exchanged[1] += helicity * mixed
    standard = sm[0].sum() + helicity * sm[1].sum()
    parts = np.column_stack([np.full(masses.size, standard), kernel.exchanges(exchanged, masses)])
    return opacity.MEV_TO_PER_M * parts


def by_nucleon(
    states: Sequence[State],
    neutrino: str,
    m_mediator_MeV: ArrayLike,
    chosen: Interaction,
    precision: str,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parts of 1/lambda of scattering on n and p, with 1 - cos(theta) where that is the weight.

    Parameters
    ----------
    states : n shells, or energies in a shell
    neutrino : nu, nubar, or a Majorana kind
    m_mediator_MeV : m masses
    chosen : couplings, form factors, correlations, weight
    precision : a key of opacity.SCALE

    Returns
    -------
    value, error : (n, 2, m, 4) in 1/m, parts as in PARTS, couplings taken out, the error from a coarser grid
    status : (n, m)
    """
    masses = np.ascontiguousarray(m_mediator_MeV, dtype=float).reshape(-1)
    value, error = np.full((2, len(states), 2, masses.size, len(opacity.PARTS)), np.nan)
    status = np.full((len(states), masses.size), Status.OUT_OF_DOMAIN)
    helicity, exact = HELICITY.get(neutrino, 0.0), (kernel.FLUX["relative_velocity"], kernel.AZIMUTH["exact"])
    fit = chosen.medium
    for i, state in enumerate(states):
        S_A = axial_suppression(state.T, state.m_eff, state.mu_n, state.mu_p, fit.correlations, fit.g_prime)
        for j, (nucleon, mu) in enumerate((("n", state.mu_n), ("p", state.mu_p))):
            row = (state.T, state.m_eff, mu, state.E_nu, state.mu_nu, *exact)
            levels = [_columns(row, precision, level, nucleon, S_A, chosen) for level in range(2)]
            if levels[0] is None:
                break
            fine, coarse = (_parts(level, helicity, masses) for level in levels)
            value[i, j], error[i, j] = fine, np.abs(fine - coarse)
        finite = np.isfinite(value[i] + error[i]).all(axis=(0, 2))
        inside = masses >= kernel.LIGHTEST_MEDIATOR
        status[i] = np.where(inside & finite, Status.OK, np.where(inside, Status.NOT_FINITE, Status.OUT_OF_DOMAIN))
    return value, error, status
