"""The formulae to read, and a slow, plain second implementation that shares no integral with the kernels.

arXiv:2302.10965.  Lagrangian (Eq. 1): d Nbar sigma_munu nu F^munu + h.c., so that the transition moment is mu = 2 d; d
is the same for all flavours, N and the neutrinos are Majorana particles.  Natural units, MeV.  Valid for light N in a
star that N leaves freely (d below ~5e-11/MeV).

Production, Eqs. (2), (A1), (A2):

    nu e -> N e      dsigma/dQ2 = 2 alpha d^2 {2/Q2 - 2/S + M^2 (Q2 - 2S - 2m^2)/(S^2 Q2) + M^4 (Q2 - 2m^2)/(S^2 Q2^2)}
    [Q2/(Q2 + k^2)]^2,  S = s - m^2
    rate             Gamma(E1) = Int 2 d^3p2/(2 pi)^3 f(E2) S/(2 E1 E2) Int dQ2 dsigma/dQ2 <1 - f(E4)>_phi
    gamma nu -> N    dN/(dV dt dE_N) = sum_nu d^2 M^4/(4 pi^3) Int dE1 f_nu(E1)/(e^((E_N - E1)/T) - 1), E1 between (E_N
    -+ p)/2
    spectrum         dN/dE_N = (E/p) Int dV dt (dn/dE) Gamma(E), E = (E_N + p)/2; the paper leaves E/p = dE/dE_N out

The kernel integrates the rate over (Q2, x) with the electron's energy in closed form; here it is the four-dimensional
integral as it stands, with Gauss rules in (E2, cos12, ln(Q2 + k^2), phi).

Decay, Eqs. (3)-(6): Gamma_N = 6 d^2 M^3/4 pi, box of daughters M^2/4E ... E, each photon late by L1 (1/beta - cos
alpha)/c = L1 M^2/(2 E_g p c) to leading order in L1/D.  The paper bounds L1 by beta dt/(1 - beta) for all photons
(`bound`), which holds for the hardest photon only.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np

from nubounds.constraints.sn_dipole.constants import C_CM_PER_S, HBARC_MEV_CM
from nubounds.constraints.sn_dipole.history import collapses, expansion
from nubounds.constraints.sn_dipole.inputs import History
from nubounds.numerics.constants import ALPHA, HBAR_MEV_S, M_ELECTRON_MEV


def differential_cross_section(
    Q2: float | np.ndarray, S: float | np.ndarray, M: float, m: float = M_ELECTRON_MEV, k2: float = 0.0
) -> np.ndarray:
    """(dsigma/dQ2)/d^2 [1/MeV^2], arrays broadcast.

    Parameters
    ----------
    Q2 : minus the squared momentum transfer [MeV^2]
    S : s - m^2 [MeV^2]
    M : mass of N [MeV]
    m : mass of the target [MeV]
    k2 : screening [MeV^2]

    Returns
    -------
    [1/MeV^2], of the broadcast shape.
    """
    bracket = 2 / Q2 - 2 / S + M**2 * (Q2 - 2 * S - 2 * m**2) / (S**2 * Q2) + M**4 * (Q2 - 2 * m**2) / (S**2 * Q2**2)
    return 2 * ALPHA * bracket * (Q2 / (Q2 + k2)) ** 2


def transfer_limits(S: float | np.ndarray, M: float, m: float = M_ELECTRON_MEV) -> tuple[np.ndarray, np.ndarray]:
    """Q2_min, Q2_max [MeV^2]; nan below the threshold s = (M + m)^2.

    Parameters
    ----------
    S : s - m^2 [MeV^2]
    M : mass of N [MeV]
    m : mass of the target [MeV]

    Returns
    -------
    Both limits, of the shape of `S`.
    """
    s = S + m**2
    with np.errstate(invalid="ignore"):
        k1, E3 = S / (2 * np.sqrt(s)), (s + M**2 - m**2) / (2 * np.sqrt(s))
        high = np.where(s > (M + m) ** 2, 2 * k1 * (E3 + np.sqrt(E3**2 - M**2)) - M**2, np.nan)
    return M**4 * m**2 / (s * high), high


def vacuum_cross_section(s: float, M: float, k: float, m: float = M_ELECTRON_MEV) -> float:
    """sigma/d^2 by adaptive quadrature in ln(Q2 + k^2).

    Parameters
    ----------
    s : square of the centre-of-mass energy [MeV^2]
    M : mass of N [MeV]
    k : screening wave number [MeV]
    m : mass of the target [MeV]

    Returns
    -------
    sigma/d^2, a pure number; 0 below the threshold.
    """
    from scipy.integrate import quad

    low, high = (float(edge) for edge in transfer_limits(s - m**2, M, m))
    if not high > low:
        return 0.0
    return quad(
        lambda t: differential_cross_section(math.exp(t) - k**2, s - m**2, M, m, k**2) * math.exp(t),
        math.log(low + k**2),
        math.log(high + k**2),
        epsrel=1e-11,
    )[0]


def _gauss(low, high, order):
    nodes, weights = np.polynomial.legendre.leggauss(order)
    low, high = np.asarray(low)[..., None], np.asarray(high)[..., None]
    return 0.5 * (low + high) + 0.5 * (high - low) * nodes, 0.5 * (high - low) * weights


def medium_rate(
    E1: float,
    T: float,
    mu: float,
    M: float,
    k2: float,
    pauli: bool = True,
    orders: tuple[int, int, int, int] = (16, 16, 24, 8),
) -> float:
    """Gamma/d^2 [MeV^3] as the four-dimensional integral over (E2, cos12, Q2, phi).

    Parameters
    ----------
    E1, T, mu, M : floats [MeV]
    k2 : screening [MeV^2]
    pauli : whether electrons in the final state are blocked
    orders : nodes in E2 (per panel), cos12, ln(Q2 + k2), phi

    Returns
    -------
    Gamma/d^2 [MeV^3].
    """
    m, total = M_ELECTRON_MEV, 0.0
    S_min = M * (M + 2 * m)
    X = max(S_min / (2 * E1), m)
    least = 0.5 * (X + m**2 / X)  # electron energy at the threshold, hit head-on
    edges = [least, *sorted(edge for edge in (mu - 6 * T, mu, mu + 5 * T) if edge > least), max(mu, least) + 22 * T]
    phi = (np.arange(orders[3]) + 0.5) * np.pi / orders[3]
    for low, high in itertools.pairwise(edges):
        for E2, w2 in zip(*_gauss(low, high, orders[0]), strict=True):
            p2 = math.sqrt(E2**2 - m**2)
            c_max = min(1.0, (E2 - S_min / (2 * E1)) / p2)
            if c_max <= -1:
                continue
            c12, wc = _gauss(-1.0, c_max, orders[1])
            S = 2 * E1 * (E2 - p2 * c12)
            s = S + m**2
            low_Q2, high_Q2 = transfer_limits(S, M)
            t, wt = _gauss(np.log(low_Q2 + k2), np.log(high_Q2 + k2), orders[2])
            Q2 = np.exp(t) - k2
            sigma = differential_cross_section(Q2, S[:, None], M, m, k2) * np.exp(t) * wt
            if pauli:
                W, k1 = E1 + E2, S / (2 * np.sqrt(s))
                E3 = (s + M**2 - m**2) / (2 * np.sqrt(s))
                k3, P = np.sqrt(np.maximum(E3**2 - M**2, 0)), np.sqrt(np.maximum(W**2 - s, 0))
                cos_a = ((2 * k1 * E3 - M**2)[:, None] - Q2) / (2 * k1 * k3)[:, None]
                cos_b = ((E1 * np.sqrt(s) - W * k1) / (P * k1))[:, None]
                sines = np.sqrt(np.clip(1 - cos_a**2, 0, None) * np.clip(1 - cos_b**2, 0, None))
                c3 = (cos_a * cos_b)[..., None] + sines[..., None] * np.cos(phi)
                E4 = (W * (np.sqrt(s) - E3)[:, None, None] - (P * k3)[:, None, None] * c3) / np.sqrt(s)[:, None, None]
                sigma = sigma * (1 / (1 + np.exp(-np.clip((E4 - mu) / T, -700, 700)))).mean(-1)
            inner = (wc * S / (2 * E1 * E2) * sigma.sum(-1)).sum()
            total += w2 * p2 * E2 / (2 * np.pi**2) / (1 + math.exp(min((E2 - mu) / T, 700.0))) * inner
    return total


def fermi_dirac_density(E: float | np.ndarray, T: float, mu: float) -> np.ndarray:
    """dn/dE [MeV^2] of one helicity of a Fermi-Dirac gas, not the pinched fit to it.

    Parameters
    ----------
    E : energy [MeV]
    T : temperature [MeV]
    mu : chemical potential [MeV]

    Returns
    -------
    [MeV^2], of the shape of `E`.
    """
    return E**2 / (2 * np.pi**2) / (1 + np.exp(np.clip((E - mu) / T, -700, 700)))


def inverse_decay_rate(E_N: float, M: float, T: float, dn_dE: Callable[[float], float]) -> float:
    """dN/(dV dt dE_N)/d^2 [1/(cm3 s) MeV] of gamma nu -> N at one place; dn_dE(E) [MeV^2] summed over the species.

    Parameters
    ----------
    E_N : energy of N [MeV], above M
    M : mass of N [MeV]
    T : temperature [MeV]
    dn_dE : neutrinos per volume and energy [MeV^2], all species

    Returns
    -------
    [1/(cm3 s) MeV].
    """
    from scipy.integrate import quad

    least = M**2 / (2 * (E_N + math.sqrt(E_N**2 - M**2)))  # energy of the softest neutrino or photon

    def integrand(E1, E_g):
        return 2 * math.pi**2 * dn_dE(E1) / E1**2 / math.expm1(E_g / T)

    ends = math.log(least), math.log(E_N / 2)
    soft_neutrinos = quad(lambda t: math.exp(t) * integrand(math.exp(t), E_N - math.exp(t)), *ends, epsrel=1e-9)[0]
    soft_photons = quad(lambda t: math.exp(t) * integrand(E_N - math.exp(t), math.exp(t)), *ends, epsrel=1e-9)[0]
    value = soft_neutrinos + soft_photons
    return M**4 / (4 * math.pi**3) * value / HBAR_MEV_S / HBARC_MEV_CM**3


def decay_length(E: float, M: float, d: float) -> float:
    """L_N [cm] of N with (E_N + p)/2 = E.

    Parameters
    ----------
    E : (E_N + p)/2 [MeV]
    M : mass of N [MeV]
    d : coupling [1/MeV]

    Returns
    -------
    [cm]
    """
    p = E - M**2 / (4 * E)
    return p / M * HBARC_MEV_CM / (6 * d**2 * M**3 / (4 * math.pi))


def photon_fluence(
    parents: Callable[[float], float],
    M: float,
    d: float,
    E_min: float,
    E_max: float,
    window_s: float,
    D_cm: float,
    R_cm: float,
    delay: str,
    E_top: float,
) -> float:
    """Phi [1/cm2] of Eq. (6) integrated over a band, by nested adaptive quadrature; `parents(E)` is dN/dE over E =
    (E_N + p)/2.

    Parameters
    ----------
    parents : dN/dE [1/MeV]
    M : mass of N [MeV]
    d : coupling [1/MeV]
    E_min : lower end of the band [MeV]
    E_max : upper end of the band [MeV]
    window_s : longest delay [s]
    D_cm : distance of the supernova [cm]
    R_cm : radius inside of which decays are not seen [cm]
    delay : which daughters arrive in time
    E_top : largest E of the parents [MeV]

    Returns
    -------
    Fluence [1/cm2].
    """
    from scipy.integrate import quad

    def arriving(E):
        p, L = E - M**2 / (4 * E), decay_length(E, M, d)
        per_energy = 2 * p * C_CM_PER_S * window_s / M**2
        low, high = max(E_min, M**2 / (4 * E)), min(E_max, E)
        if not high > low or not p > 0:
            return 0.0

        def bracket(E_g):
            longest = min(per_energy * (E if delay == "bound" else E_g), D_cm)
            return math.exp(-R_cm / L) * -math.expm1(-(longest - R_cm) / L) if longest > R_cm else 0.0

        kinks = [x / per_energy for x in (R_cm, D_cm) if low < x / per_energy < high]
        return quad(bracket, low, high, points=kinks or None, epsrel=1e-9)[0] * float(parents(np.array([E]))[0]) / p

    kinks = sorted({x for x in (E_min, E_max, M**2 / (4 * E_min), M**2 / (4 * E_max)) if 0.5 * M < x < E_top})
    edges, total = [max(0.5 * M, E_min) * (1 + 1e-12), *kinks, E_top], 0.0
    for low, high in itertools.pairwise(edges):
        if high > low:
            total += quad(
                lambda t: arriving(math.exp(t)) * math.exp(t), math.log(low), math.log(high), epsrel=1e-8, limit=200
            )[0]
    return total / (4 * math.pi * D_cm**2)


def diffuse_flux(
    parents: Callable[[float], float], M: float, d: float, E: float, history: History, E_top: float
) -> float:
    """dPhi/dE dOmega [1/(MeV cm2 s sr)] of Eq. (9), by nested adaptive quadrature.

    Parameters
    ----------
    parents : dN/dE of one supernova [1/MeV]
    M : mass of N [MeV]
    d : coupling [1/MeV]
    E : observed energy of the daughter [MeV]
    history : star formation and expansion of the Universe
    E_top : largest E of the parents [MeV]

    Returns
    -------
    [1/(MeV cm2 s sr)]
    """
    from scipy.integrate import quad

    width = 6 * d**2 * M**3 / (4 * math.pi) / HBAR_MEV_S

    def at(z):
        age = (1 + z) * quad(lambda x: 1 / ((1 + x) ** 2 * expansion(x, history)), 0, z, epsrel=1e-10)[0]
        emitted = (1 + z) * E
        low = max(emitted, M**2 / (4 * emitted))

        def boxes(t):
            parent = math.exp(t)
            shift = M**2 / (4 * parent)
            decayed = -math.expm1(-M * width / (parent + shift) * age)
            return parent * float(parents(np.array([parent]))[0]) * decayed / (parent - shift)

        if low >= E_top:
            return 0.0
        return (
            collapses(z, history)
            / expansion(z, history)
            * quad(boxes, math.log(low), math.log(E_top), epsrel=1e-8, limit=200)[0]
        )

    value = sum(quad(at, low, high, epsrel=1e-7)[0] for low, high in ((0, 0.5), (0.5, 2), (2, history.z_max)))
    return C_CM_PER_S / (4 * math.pi) * value
