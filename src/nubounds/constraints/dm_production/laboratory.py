"""Laboratory and cosmological limits on the mediator that the slides give formulae for, and the decays of the sterile
neutrino.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache, lru_cache

import numpy as np

from nubounds.constraints.dm_production import data
from nubounds.constraints.dm_production.inputs import HiggsCoupling
from nubounds.numerics.constants import ALPHA, G_F_PER_MEV2, HBAR_MEV_S

HIGGS_WIDTH_MEV = 4.0  # Standard Model width as the text uses it, V after Eq. (3.19)
HIGGS_INVISIBLE, HIGGS_INVISIBLE_HLLHC = 0.24, 0.025  # branching ratios, present and expected
W_WIDTH_UNCERTAINTY_MEV = 42.0  # V after Eq. (3.20)

# meson -> mass, decay constant, CKM element, lifetime, and the limit on the branching ratio by model
MESONS = {
    "kaon": (data.M_KAON_MEV, data.F_KAON_MEV, data.V_US, data.TAU_KAON_S, {"scalar": 1e-6, "vector": 2.4e-6}),
    "pion": (data.M_PION_MEV, data.F_PION_MEV, data.V_UD, data.TAU_PION_S, {"scalar": 5e-6, "vector": 5e-6}),
}
MESON_ROOM = 1e-12  # below its threshold a decay counts as closed this close: its width is rounding there
AS_PRINTED = HiggsCoupling()
PROBES = ("higgs_invisible", "higgs_invisible_hllhc", "w_width", "kaon", "pion", "lifetime")


gauss = cache(np.polynomial.legendre.leggauss)


# Three-body phase space Sum p_n h^n + ln(h) Sum q_n h^n with h = m^2/M^2: (p, q).  Near the threshold h = 1 all of it
# cancels but (6/5) (1 - h)^5 for the Higgs and (2/5) (1 - h)^5 for the W, and what follows.
HIGGS_PHASE_SPACE = ((1, 0, 72, -64, -9), (0, 0, 36, 48))
W_PHASE_SPACE = ((1, -8, 0, 8, -1), (0, 0, -12))
NEAR_THRESHOLD = 0.3  # 1 - h below which the series in it is summed
TERMS = 60  # of the series: 0.3^55 is below the last digit


def below(m: float, M: float) -> float:
    """1 - m^2/M^2 without cancellation.

    Parameters
    ----------
    m : mass of the mediator [MeV]
    M : mass of what decays [MeV], above m

    Returns
    -------
    number
    """
    return (M - m) * (M + m) / M**2


@cache
def threshold_series(p: tuple, q: tuple) -> tuple[float, ...]:
    """Coefficients of 1, (1 - h), (1 - h)^2 ... of Sum p_n h^n + ln(h) Sum q_n h^n, by exact arithmetic.

    Parameters
    ----------
    p : coefficients of the powers of h
    q : those beside ln(h)

    Returns
    -------
    coefficients of the powers of 1 - h
    """

    def in_powers(polynomial):  # of 1 - h
        return [
            sum(Fraction(c) * math.comb(n, k) * (-1) ** k for n, c in enumerate(polynomial))
            for k in range(len(polynomial))
        ]

    logarithm = in_powers(q)
    total = in_powers(p) + [Fraction(0)] * (TERMS - len(p))
    for n in range(TERMS):
        total[n] -= sum(c / (n - k) for k, c in enumerate(logarithm) if n > k)  # ln h = -Sum (1 - h)^j/j
    return tuple(map(float, total))


def near_threshold(phase_space: tuple, d: float) -> float:
    """The phase space of HIGGS_PHASE_SPACE or W_PHASE_SPACE at h = 1 - d, to the last digits for d < 0.3.

    Parameters
    ----------
    phase_space : HIGGS_PHASE_SPACE or W_PHASE_SPACE
    d : 1 - h

    Returns
    -------
    number
    """
    total = 0.0
    for coefficient in reversed(threshold_series(*phase_space)):
        total = total * d + coefficient
    return total


def higgs_width(m: float) -> float:
    """Gamma(h -> nu nubar V)/coupling^2 [MeV] of a vector of mass m [MeV], V(3.19) with the single power of G_F that
    its dimension asks for.

    Parameters
    ----------
    m : mass of the mediator [MeV]

    Returns
    -------
    width [MeV] over coupling^2
    """
    h, d = (m / data.M_HIGGS_MEV) ** 2, below(m, data.M_HIGGS_MEV)
    if d < NEAR_THRESHOLD:
        bracket = near_threshold(HIGGS_PHASE_SPACE, d)
    else:
        bracket = 1 + 12 * h**2 * (6 + (3 + 4 * h) * math.log(h)) - 64 * h**3 - 9 * h**4
    return G_F_PER_MEV2 * data.M_HIGGS_MEV**5 / (3072 * math.sqrt(2) * math.pi**3 * m**2) * bracket


def w_width(m: float) -> float:
    """Gamma(W -> mu nu V)/coupling^2 [MeV], V(3.20) with G_F^1 and 1 - 8w (printed: G_F^2 and 1 - w); massless muon.

    Parameters
    ----------
    m : mass of the mediator [MeV]

    Returns
    -------
    width [MeV] over coupling^2
    """
    w, d = (m / data.M_W_MEV) ** 2, below(m, data.M_W_MEV)
    if d < NEAR_THRESHOLD:
        bracket = near_threshold(W_PHASE_SPACE, d)
    else:
        bracket = 1 - 8 * w - 12 * w**2 * math.log(w) + 8 * w**3 - w**4
    return G_F_PER_MEV2 * data.M_W_MEV**5 / (512 * math.sqrt(2) * math.pi**3 * m**2) * bracket


@lru_cache(maxsize=4096)
def meson_width(
    meson: str, model: str, m: float, m_lepton: float = data.LEPTON_MASS_MEV["mu"], nodes: int = 64
) -> float:
    """Gamma(meson -> mu nubar mediator)/coupling^2 [MeV] from Sum |M|^2 = 4 G_F^2 V^2 f^2 [q.K (+ 2 (q.p)(K.p)/m^2
    for a vector)].

    K = (1 - r) k + 2 r (1 + k.Q/Q^2) Q with r = m_mu^2/Q^2 and k, q, p the momenta of muon, neutrino and mediator, Q
    = q + p.  |M|^2 is linear in
    s_(mu nu), so its integral is the midpoint times the length of the range; the one over ln Q^2 is Gauss-Legendre in
    an angle, which softens both ends.

    Parameters
    ----------
    meson : kaon or pion
    model : scalar or vector
    m : mass of the mediator [MeV]
    m_lepton : mass of the charged lepton [MeV]
    nodes : of the quadrature

    Returns
    -------
    width [MeV] over coupling^2
    """
    M, f, ckm, _, _ = MESONS[meson]
    low, high = m**2, (M - m_lepton) ** 2
    angle, weight = gauss(nodes)
    phase = 0.5 * np.pi * (angle + 1)
    span = np.log(high / low)
    Q2 = low * np.exp(0.5 * span * (1 - np.cos(phase)))
    measure = weight * 0.5 * np.pi * 0.5 * span * np.sin(phase) * Q2
    r = m_lepton**2 / Q2
    kQ = 0.5 * (M**2 - Q2 - m_lepton**2)
    qQ = 0.5 * (Q2 - m**2)  # q.Q = q.p
    pQ = 0.5 * (Q2 + m**2)
    momentum = np.sqrt(np.maximum(kQ**2 - m_lepton**2 * Q2, 0.0))
    k_q = kQ * qQ / Q2  # k.q at the middle of the Dalitz plot, where q is transverse to k in the rest frame of Q
    k_p = kQ * pQ / Q2
    factor = 2 * r * (1 + kQ / Q2)
    q_K = (1 - r) * k_q + factor * qQ
    length = 4 * momentum * qQ / Q2  # of the range of s_(mu nu) = m_mu^2 + 2 k.q
    squared = q_K if model == "scalar" else q_K + 2 * qQ * ((1 - r) * k_p + factor * pQ) / m**2  # q.p = q.Q
    total = np.sum(measure * length * squared)
    return float(4 * G_F_PER_MEV2**2 * ckm**2 * f**2 * total / (256 * np.pi**3 * M**3))


def threshold(probe: str) -> float:
    """Mediator mass [MeV] from which on the decay is closed (infinite for the lifetime).

    Parameters
    ----------
    probe : one of PROBES

    Returns
    -------
    mass [MeV]
    """
    if probe.startswith("higgs"):
        return data.M_HIGGS_MEV
    if probe == "w_width":
        return data.M_W_MEV
    return MESONS[probe][0] - data.LEPTON_MASS_MEV["mu"] if probe in MESONS else math.inf


def coupling_limit(
    probe: str,
    m: float,
    model: str = "scalar",
    m4_keV: float = 7.1,
    s2: float = 7e-11,
    higgs: HiggsCoupling = AS_PRINTED,
) -> float | None:
    """Largest coupling allowed at a mediator mass m [MeV], or None where the decay is closed.

    Parameters
    ----------
    probe : one of PROBES
    m : mass of the mediator [MeV]
    model : scalar or vector
    m4_keV : mass of the sterile neutrino [keV]
    s2 : sin^2 2theta
    higgs : how the mediator couples to the Higgs boson

    Returns
    -------
    coupling, or None
    """
    room = threshold(probe) - m
    if room <= (MESON_ROOM * m if probe in MESONS else 0):
        return None
    if probe == "lifetime":
        return lifetime_limit(m, m4_keV, s2)
    if probe.startswith("higgs"):
        branching = HIGGS_INVISIBLE_HLLHC if probe.endswith("hllhc") else HIGGS_INVISIBLE
        return higgs.kappa * math.sqrt(HIGGS_WIDTH_MEV * branching / (1 - branching) / higgs_width(m))
    if probe == "w_width":
        return math.sqrt(W_WIDTH_UNCERTAINTY_MEV / w_width(m))
    *_, lifetime, branching = MESONS[probe]
    return math.sqrt(branching[model] * HBAR_MEV_S / lifetime / meson_width(probe, model, m))


def lifetime_limit(m: float, m4_keV: float, s2: float) -> float:
    """Coupling of a scalar with which nu4 -> 3 nu takes the age of the universe: Gamma = lambda^4 sin^2(theta)
    m4^5/(6144 pi^3 m^4), sin^2(theta) = s2/4.

    Parameters
    ----------
    m : mass of the mediator [MeV]
    m4_keV : mass of the sterile neutrino [keV]
    s2 : sin^2 2theta

    Returns
    -------
    coupling
    """
    width = HBAR_MEV_S / data.AGE_S
    return (width * 6144 * math.pi**3 * m**4 / (s2 / 4 * (m4_keV * 1e-3) ** 5)) ** 0.25


def limit_error(probe: str, m: float) -> float:
    """Relative error of `coupling_limit`; just below the threshold of a meson it grows as the room is lost.

    Parameters
    ----------
    probe : one of PROBES
    m : mass of the mediator [MeV]

    Returns
    -------
    number
    """
    end = threshold(probe)
    return 1e-9 + (1e-15 * end / (end - m) if probe in MESONS else 0.0)


def fermi_line(m: float) -> float:
    """Coupling with coupling^2/m^2 = G_F.

    Parameters
    ----------
    m : mass of the mediator [MeV]

    Returns
    -------
    coupling
    """
    return math.sqrt(G_F_PER_MEV2) * m


def xray_rate(m4_keV: float, s2: float) -> float:
    """Gamma(nu4 -> nu gamma) [1/s] = 9 alpha G_F^2 sin^2(2 theta) m4^5/1024 pi^4; the line is at m4/2.

    Parameters
    ----------
    m4_keV : mass of the sterile neutrino [keV]
    s2 : sin^2 2theta

    Returns
    -------
    rate [1/s]
    """
    return 9 * ALPHA * G_F_PER_MEV2**2 * s2 * (m4_keV * 1e-3) ** 5 / (1024 * math.pi**4) / HBAR_MEV_S


def xray_bound(m4_keV: float | np.ndarray) -> float | np.ndarray:
    """sin^2 2theta allowed by X-ray telescopes, 1.4-98 keV: a power law through published limits (scatter 0.4 dex), a
    sketch and no substitute for them.

    Parameters
    ----------
    m4_keV : mass of the sterile neutrino [keV], a number or an array

    Returns
    -------
    sin^2 2theta, of the shape of `m4_keV`
    """
    return 6.6e-7 * np.asarray(m4_keV) ** -4.95


def mediator_width(model: str, m: float, coupling: float) -> float:
    """Total width [MeV] to leptons: lambda^2 m/32 pi (scalar, nu nu), g^2 m/24 pi (vector, V(3.11)), V(4.6) and its
    analogue for B-L without hadrons.

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m : mass of the mediator [MeV]
    coupling : lambda or g

    Returns
    -------
    width [MeV]
    """
    if model == "scalar":
        return coupling**2 * m / (32 * math.pi)
    if model == "vector":
        return coupling**2 * m / (24 * math.pi)
    neutrinos, leptons = (2, ("mu", "tau")) if model == "lmu_ltau" else (3, ("e", "mu", "tau"))
    total = neutrinos / 2
    for lepton in leptons:
        r = (data.LEPTON_MASS_MEV[lepton] / m) ** 2
        total += (1 + 2 * r) * math.sqrt(1 - 4 * r) if 4 * r < 1 else 0.0
    return coupling**2 * m / (12 * math.pi) * total
