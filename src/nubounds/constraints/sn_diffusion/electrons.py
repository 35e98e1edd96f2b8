"""Scattering on electrons and positrons: Z and W exchange, and the Z' of B-L, to which electrons couple with -g.

The formulae of `neutral.py` for point particles of mass m_e with V = C_V = 2 sin^2 theta_W + 1/2 and A = C_A = 1/2
(mu and tau neutrinos: both less by 1) and with V_B = -1, so that the interference has the opposite sign. Positrons:
mu_e -> -mu_e, nu and antinu change places. The scalars do not couple to electrons.
"""

from __future__ import annotations

import math

import numpy as np

from nubounds.constants import G_F_PER_MEV2
from nubounds.constraints.sn_diffusion.charged import electron_potential
from nubounds.constraints.sn_diffusion.collisions import (
    CUT,
    Nodes,
    empty_share,
    gauss,
    in_eta,
    moments,
    prefactor,
)
from nubounds.constraints.sn_diffusion.inputs import Interaction
from nubounds.constraints.sn_diffusion.states import TM1, State
from nubounds.kernels import sn_diffusion as kernel

W_EXCHANGE = {"e": 0.5, "x": -0.5}  # C_A, and C_V - 2 sin^2 theta_W
HELICITY = {"nu": 1.0, "nubar": -1.0}
SCALE = {"draft": 0.7, "paper": 1.0, "reference": 1.5}
WEAK, MIXED = 16 * G_F_PER_MEV2**2, -16 * math.sqrt(2) * G_F_PER_MEV2
EDGE = 0.9  # |u| beyond which eta is the better variable: nearly collinear collisions
LIGHTEST = 1e-4  # MeV: |q| = LIGHTEST sinh t for a light mediator
NO_POSITRONS = 25.0  # mu_e/T from which there are none: e^-25 of a rate


def _nodes(E: float, T: float, scale: float) -> Nodes:
    """u split at 0, eta in the collinear corners; |q| logarithmic below a tenth of its top, linear above."""

    def number(count: int) -> int:
        return math.ceil(scale * count)

    inner, weight = (array.ravel() for array in gauss([-EDGE, 0, EDGE], number(16)))
    corner = math.atanh(EDGE) + np.array([0, 2.5, 6.0])
    pieces = [in_eta(corner, number(10)), in_eta(-corner[::-1], number(10)), (inner, 1 - inner**2, weight)]
    u, v, weight = (np.concatenate(arrays) for arrays in zip(*pieces, strict=True))
    top = np.minimum(2 * E / (1 + u), CUT * T / np.maximum(-u, 1e-30))
    t, weight_t = (array[0] for array in gauss([0 * top, np.arcsinh(0.1 * top / LIGHTEST)], number(26)))
    q, weight_q = (array[0] for array in gauss([0.1 * top, top], number(14)))
    q = np.concatenate([LIGHTEST * np.sinh(t), q], axis=1)
    weight_q = np.concatenate([LIGHTEST * np.cosh(t) * weight_t, weight_q], axis=1)
    spread = (np.broadcast_to(array[:, None], q.shape).ravel() for array in (u, v))
    return Nodes(*spread, q.ravel(), (weight[:, None] * weight_q).ravel())


def _parts(state: State, neutrino: str, masses: np.ndarray, chosen: Interaction, scale: float) -> np.ndarray:
    """Parts (m, 4) of 1/lambda [MeV] on one grid."""
    E, T, m = state.E_nu, state.T, TM1["m_e"]
    nodes = _nodes(E, T, scale)
    X, E_out = nodes.v * nodes.q**2, E - nodes.u * nodes.q
    weight = prefactor(nodes, E) * empty_share(E_out, state.mu_nu, T)
    if chosen.weight == "transport":
        weight = weight * X / (2 * E * E_out)
    mu_e, h = electron_potential(state), HELICITY.get(neutrino, 0.0)
    C_V, C_A = 2 * chosen.currents.sin2_theta_w + W_EXCHANGE[state.flavour], W_EXCHANGE[state.flavour]
    sm = both = vector = 0.0
    for sign in (+1, -1) if mu_e < NO_POSITRONS * T else (+1,):
        M = moments(nodes, T, E, E_out, m, sign * mu_e, sign * mu_e)
        C, mass = 2 * M.s2 - X * M.s + X**2 / 4 * M.one, m**2 * X / 2 * M.one
        mixed = sign * h * 2 * X * (M.s - X / 4 * M.one)
        sm = sm + C_V**2 * (C - mass) + C_A**2 * (C + mass) + C_A * C_V * mixed
        both = both - C_V * (C - mass) - 0.5 * C_A * mixed
        vector = vector + C - mass
    exchanged = np.stack([X, MIXED * weight * both, 8 * weight * vector, np.zeros_like(X)])
    return np.column_stack([np.full(masses.size, WEAK * (weight @ sm)), kernel.exchanges(exchanged, masses)])


def parts(
    state: State, neutrino: str, masses: np.ndarray, chosen: Interaction, precision: str, with_error: bool = True
):
    """Parts of 1/lambda of scattering on electrons and positrons.

    Parameters
    ----------
    state : of one shell, with the neutrino's energy and flavour
    neutrino : nu, nubar, or a Majorana kind
    masses : of the mediator [MeV], (m,)
    chosen : couplings and weight
    precision : a key of SCALE
    with_error : False leaves the errors at 0

    Returns
    -------
    value, error : (m, 4) [MeV], parts as in opacity.PARTS, couplings taken out, the error from a coarser grid
    """
    value = _parts(state, neutrino, masses, chosen, SCALE[precision])
    if not with_error:
        return value, np.zeros_like(value)
    return value, np.abs(value - _parts(state, neutrino, masses, chosen, 0.75 * SCALE[precision]))
