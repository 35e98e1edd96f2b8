"""Scattering on electrons and positrons: Z and W exchange, and the Z' of B-L, to which electrons couple with -g.

The formulae of `neutral.py` for point particles of mass m_e with V = C_V = 2 sin^2 theta_W + 1/2 and A = C_A = 1/2
(mu and tau neutrinos: both less by 1) and with V_B = -1, so that the interference has the opposite sign. Positrons:
mu_e -> -mu_e, nu and antinu change places. The scalars do not couple to electrons.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

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
from nubounds.numerics.constants import G_F_PER_MEV2

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


@lru_cache(maxsize=256)  # about 0.1 MB each; kinds of neutrinos of one energy share them
def _tables(E: float, T: float, mu_nu: float, mu_e: float, transport: bool, scale: float):
    """Q^2 (n,) of the nodes, and their weights (3, n) of C - m^2 X/2, C + m^2 X/2 and 2 X (s - X/4), on electrons and
    positrons together.
    """
    nodes, m = _nodes(E, T, scale), TM1["m_e"]
    X, E_out = nodes.v * nodes.q**2, E - nodes.u * nodes.q
    weight = prefactor(nodes, E) * empty_share(E_out, mu_nu, T)
    if transport:
        weight = weight * X / (2 * E * E_out)
    columns = np.zeros((3, X.size))
    for sign in (+1, -1) if mu_e < NO_POSITRONS * T else (+1,):
        M = moments(nodes, T, E, E_out, m, sign * mu_e, sign * mu_e)
        C, mass = 2 * M.s2 - X * M.s + X**2 / 4 * M.one, m**2 * X / 2 * M.one
        columns += np.stack([C - mass, C + mass, sign * 2 * X * (M.s - X / 4 * M.one)])
    return X, weight * columns


def _parts(state: State, neutrino: str, masses: np.ndarray, chosen: Interaction, scale: float) -> np.ndarray:
    """Parts (m, 4) of 1/lambda [MeV] on one grid."""
    mu_e, transport = electron_potential(state), chosen.weight == "transport"
    X, (without, opposite, mixed) = _tables(state.E_nu, state.T, state.mu_nu, mu_e, transport, scale)
    C_A, h = W_EXCHANGE[state.flavour], HELICITY.get(neutrino, 0.0)
    C_V = 2 * chosen.currents.sin2_theta_w + C_A
    sm = C_V**2 * without.sum() + C_A**2 * opposite.sum() + h * C_A * C_V * mixed.sum()
    both = -C_V * without - 0.5 * h * C_A * mixed
    exchanged = np.stack([X, MIXED * both, 8 * without, np.zeros_like(X)])
    return np.column_stack([np.full(masses.size, WEAK * sm), kernel.exchanges(exchanged, masses)])


def parts(
    state: State, neutrino: str, masses: np.ndarray, chosen: Interaction, precision: str
) -> tuple[np.ndarray, np.ndarray]:
    """Parts of 1/lambda of scattering on electrons and positrons.

    Parameters
    ----------
    state : of one shell, with the neutrino's energy and flavour
    neutrino : nu, nubar, or a Majorana kind
    masses : of the mediator [MeV], (m,)
    chosen : couplings and weight
    precision : a key of SCALE

    Returns
    -------
    value, error : (m, 4) [MeV], parts as in opacity.PARTS, couplings taken out, the error from a coarser grid
    """
    value = _parts(state, neutrino, masses, chosen, SCALE[precision])
    return value, np.abs(value - _parts(state, neutrino, masses, chosen, 0.75 * SCALE[precision]))
