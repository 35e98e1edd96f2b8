"""Charged currents: nu n -> e- p and antinu p -> e+ n, with the nucleons' mean-field energies.

Kinetic energies are sqrt(p^2 + m*^2); the potentials differ by Delta = U_n - U_p (TM1's rho meson). With
q~0 = E - E_e + Delta, Q~^2 = |q|^2 - q~0^2, K = k.k' = (|q|^2 - (E - E_e)^2)/2 and s = p.k

    p.k' = s - Q~^2/2 + Delta e,   p'.k = s - K + Delta E,   p'.k' = p.k' + K + Delta E_e
    |M|^2 = G_F^2 V_ud^2 {16 [(a + h A)^2 (p.k)(p'.k') + (a - h A)^2 (p.k')(p'.k) - (a^2 - A^2) m*^2 K]
            + 4 [c^2 (1 + Q~^2/(4 m*^2)) - 2 a c] [2 (2 s + ga)(2 p.k' + de) - (4 m*^2 + Q~^2) K]}

with a = V + f, c = f, form factors at Q^2 = 2 K, ga = Delta E - K, de = K + Delta E_e. Left out: the 1.293 MeV between
n and p, the electron's mass, correlations.
"""

from __future__ import annotations

import math

import numpy as np

from nubounds.constraints.sn_diffusion import form_factors
from nubounds.constraints.sn_diffusion.collisions import (
    CUT,
    Nodes,
    empty_share,
    gauss,
    in_eta,
    moments,
    prefactor,
)
from nubounds.constraints.sn_diffusion.correlations import density
from nubounds.constraints.sn_diffusion.inputs import Interaction
from nubounds.constraints.sn_diffusion.states import M_NUCLEON, TM1, State
from nubounds.numerics.constants import G_F_PER_MEV2

V_UD = 0.97435
SIGN = {"nu": 1, "nubar": -1}
NODES = {"draft": 10, "paper": 20, "reference": 28}  # in each panel of eta; three times as many in |q|


def potential_difference(state: State) -> float:
    """U_n - U_p [MeV] in TM1 matter.

    Parameters
    ----------
    state : of one shell

    Returns
    -------
    2 g_rho^2 (n_n - n_p)/m_rho^2 [MeV]
    """
    excess = density(state.T, state.m_eff, state.mu_n) - density(state.T, state.m_eff, state.mu_p)
    return 2 * TM1["g_rho"] ** 2 * excess / TM1["m_rho"] ** 2


def electron_potential(state: State) -> float:
    """mu_e [MeV] of beta equilibrium, so that detailed balance is exact.

    Parameters
    ----------
    state : of one shell, with the electron neutrinos' mu_nu in equilibrium

    Returns
    -------
    mu_nu + mu*_n - mu*_p + U_n - U_p [MeV]
    """
    return state.mu_nu_e + state.mu_n - state.mu_p + potential_difference(state)


def nodes_of(E: float, Delta: float, m: float, mu_i: float, mu_f: float, T: float, count: int) -> Nodes:
    """eta split at 0, at the larger Fermi surface and half-way; |q| between its limits for a massless lepton.

    Parameters
    ----------
    E, Delta : energy of the neutrino, U_i - U_f [MeV]
    m, mu_i, mu_f, T : effective mass, effective chemical potentials before and after, temperature [MeV]
    count : nodes in each panel of eta; three times as many in |q|

    Returns
    -------
    the nodes, arrays of shape (n,)
    """
    highest = max(mu_i, mu_f, m) + CUT * T
    fermi = math.acosh(max(mu_i, mu_f, m + 3 * T) / m)
    low, high = math.acosh(highest / m), math.acosh((highest + E + abs(Delta)) / m)
    u, v, weight = in_eta([-low, -fermi, -fermi / 2, 0, fermi / 2, fermi, max(high, 1.1 * fermi)], count)
    top = (2 * E + Delta) / (1 + u)
    top = np.minimum(top, (CUT * T + abs(mu_i - mu_f)) / np.maximum(-u, 1e-30))
    bottom = Delta / (1 + u) if Delta > 0 else -Delta / (1 - u)
    q, weight_q = (array[0] for array in gauss([bottom, np.maximum(bottom, top)], 3 * count))
    shape = q.shape
    spread = (np.broadcast_to(array[:, None], shape).ravel() for array in (u, v))
    return Nodes(*spread, q.ravel(), (weight[:, None] * weight_q).ravel())


def _absorption(state: State, sign: int, mu_e: float, Delta: float, chosen: Interaction, count: int) -> float:
    """1/lambda [MeV] of neutrinos (sign +1) or antineutrinos (-1) on one grid."""
    E, T, m = state.E_nu, state.T, state.m_eff
    mu_i, mu_f = (state.mu_n, state.mu_p) if sign > 0 else (state.mu_p, state.mu_n)
    Delta, mu_e = sign * Delta, sign * mu_e
    if 2 * E + Delta <= 0:
        return 0.0
    nodes = nodes_of(E, Delta, m, mu_i, mu_f, T, count)
    q, transfer = nodes.q, nodes.u * nodes.q
    E_e = E + Delta - transfer
    Qt2, K = nodes.v * q**2, np.maximum(q**2 - (E - E_e) ** 2, 0) / 2
    M = moments(nodes, T, E, E_e, m, mu_i, mu_f)
    V, F2, F_A = form_factors.charged(2 * K, chosen.currents.form_factors)
    f = chosen.currents.pauli_factor(m, M_NUCLEON) * F2
    a, A, h = V + f, -F_A, sign
    ga, de = Delta * E - K, K + Delta * E_e
    # p.k' = s + out + Delta e
    out = -Qt2 / 2
    forward = M.s2 + (out + de) * M.s + Delta * M.se
    backward = M.s2 + (out + ga) * M.s + Delta * M.se + ga * (out * M.one + Delta * M.e)
    moment = 4 * M.s2 + 2 * (2 * out + de) * M.s + 4 * Delta * M.se
    moment += ga * (2 * M.s + (2 * out + de) * M.one + 2 * Delta * M.e)
    squared = 16 * ((a + h * A) ** 2 * forward + (a - h * A) ** 2 * backward - (a**2 - A**2) * m**2 * K * M.one)
    pauli = f**2 * (1 + Qt2 / (4 * m**2)) - 2 * a * f
    squared += 4 * pauli * (2 * moment - (4 * m**2 + Qt2) * K * M.one)
    squared = np.where((E_e > 0) & (nodes.weight > 0), squared * empty_share(E_e, mu_e, T), 0.0)
    return float(prefactor(nodes, E) @ squared) * (G_F_PER_MEV2 * V_UD) ** 2


def rate(state: State, neutrino: str, chosen: Interaction, precision: str) -> tuple[float, float]:
    """1/lambda by charged currents; for Majorana neutrinos the mean of both helicities.

    Parameters
    ----------
    state : of one shell, with the neutrino's energy
    neutrino : nu, nubar, or a Majorana kind
    chosen : form factors and weak magnetism
    precision : a key of NODES

    Returns
    -------
    value, error : [MeV]; the error from a coarser grid.  Exactly 0 for antineutrinos below threshold.
    """
    Delta, mu_e, fine = potential_difference(state), electron_potential(state), NODES[precision]
    signs = (SIGN[neutrino],) if neutrino in SIGN else (+1, -1)
    value, coarse = (
        sum(_absorption(state, sign, mu_e, Delta, chosen, count) for sign in signs) / len(signs)
        for count in (fine, fine * 2 // 3)
    )
    return value, abs(value - coarse)
