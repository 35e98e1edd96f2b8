"""The formulae of arXiv:2408.01484, corrected where the errata say so, plain and slow: the tests' oracle.

Nothing here shares code with the kernel or with the quantities.  The kernel integrates a one-dimensional form of the
leading order in q/p_F; here the literal integral over energy transfer, momentum transfer and neutron energy is done
with full kinematics, and once more as a Monte Carlo over neutron momenta and outgoing directions.  Energies in eV,
natural units, angles in radians.

Validity: neutrons free and degenerate (T << p_F^2/2m); neutrino energies up to a few MeV for the leading order, any
energy for the literal integral. Conventions: metric (+,-,-,-); helicity -1; |M|^2 summed over outgoing and averaged
over the neutron's spins with a factor 2 for them in the rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

G_F = 1.1663787e-23  # [eV^-2]
M_N = 0.93956542052e9  # neutron [eV]


def squared_amplitude(
    name: str, pk: np.ndarray, p_k_out: np.ndarray, E_n: np.ndarray, E: float, k: float
) -> np.ndarray:
    """|M|^2/(8 G^2): (B8) with k'.p' = k.p + (m_i^2 - m_f^2)/2, and the spin vector contracted in one of three ways.

    paper: S.p replaced by S^0 p^0, which gives k.p + k E_n; exact: the full product, ((E + k)/k) (k.p - (E - k) E_n);
    unpolarised: k.p.

    Parameters
    ----------
    name : paper, exact or unpolarised: how the neutron's spin enters
    pk : product p.k of the incoming momenta [eV^2]
    p_k_out : product p'.k' of the outgoing momenta [eV^2]
    E_n : energy of the incoming neutron [eV]
    E : energy of the incoming neutrino [eV]
    k : its momentum [eV]

    Returns
    -------
    Of the shape of `pk` [eV^4].
    """
    spin = {"paper": pk + k * E_n, "exact": (E + k) / k * (pk - (E - k) * E_n), "unpolarised": pk}[name]
    return p_k_out * spin


# ---- Appendix B: the literal integral ------------------------------------------------------------------------------


def threshold_energy(transfer: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Least energy of a neutron that can take up (transfer, q), (B21) in a form without cancellation.

    Parameters
    ----------
    transfer : energy transfer to the neutron [eV], between -q and q
    q : momentum transfer [eV]

    Returns
    -------
    Energy, mass included [eV], of the shape of both.
    """
    return -0.5 * transfer + 0.5 * q * np.sqrt(1 + 4 * M_N**2 / ((q - transfer) * (q + transfer)))


def _panels(edges, order=16):
    """Gauss-Legendre nodes and weights on consecutive intervals; edges of shape (..., n + 1) give (..., n order)."""
    x, w = np.polynomial.legendre.leggauss(order)
    edges = np.asarray(edges, dtype=float)
    half, middle = 0.5 * np.diff(edges, axis=-1)[..., None], 0.5 * (edges[..., 1:] + edges[..., :-1])[..., None]
    shape = (*edges.shape[:-1], -1)
    return (middle + half * x).reshape(shape), (half * w).reshape(shape)


def neutron_integral(
    name: str, transfer: np.ndarray, q: np.ndarray, E: float, k: float, D: float, T: float, p_F: float
) -> np.ndarray:
    """B/(16 pi G^2) of (B30), Int dE_n f(E_n) [1 - f(E_n + transfer)] |M|^2/(8 G^2) averaged over azimuth [eV^5].

    The neutron's energy is u = (E_n - mu)/T: the Fermi window, 1e-10 of mu wide, is then of order one.

    Parameters
    ----------
    name : paper, exact or unpolarised: how the neutron's spin enters
    transfer : energy transfer to the neutron [eV]
    q : momentum transfer [eV], of the same shape
    E : energy of the incoming neutrino [eV]
    k : its momentum [eV]
    D : m_in^2 - m_out^2 of the neutrinos [eV^2]
    T : temperature [eV]
    p_F : Fermi momentum of the neutrons [eV]

    Returns
    -------
    The integral [eV^5], of the shape of `transfer`.
    """
    mu = math.hypot(p_F, M_N)
    w = transfer / T
    lowest = (threshold_energy(transfer, q) - mu) / T
    first, last, middle = np.minimum(0, -w), np.maximum(0, -w), -0.5 * w  # the two Fermi surfaces
    edges = np.stack(
        [first - 40, first, np.minimum(first + 40, middle), np.maximum(last - 40, middle), last, last + 40], axis=-1
    )
    u, du = _panels(np.maximum(edges, lowest[..., None]), 24)
    transfer, q, w = transfer[..., None], q[..., None], w[..., None]
    with np.errstate(over="ignore"):
        window = 1 / (np.exp(u) + 1) / (np.exp(-(u + w)) + 1)
    E_n = mu + T * u
    p_along = (transfer**2 + 2 * E_n * transfer - q**2) / (2 * q)  # (B19)
    k_along = (q**2 - transfer**2 + 2 * E * transfer - D) / (2 * q)  # (B26), for any mass of the daughter
    p_across2 = np.maximum(p_F**2 + 2 * mu * T * u + (T * u) ** 2 - p_along**2, 0)
    k_across2 = np.maximum(k**2 - k_along**2, 0)
    a, b2 = E * E_n - k_along * p_along, p_across2 * k_across2  # k.p = a - sqrt(b2) cos(phi)
    averaged = squared_amplitude(name, a, a + 0.5 * D, E_n, E, k) + 0.5 * b2 * ((E + k) / k if name == "exact" else 1)
    return np.sum(du * T * window * averaged, axis=-1)


def literal_rate(
    name: str,
    E: float,
    m_in: float,
    m_out: float,
    T: float,
    p_F: float,
    coherence: Callable[[np.ndarray], np.ndarray],
    moments: int = 2,
    order: int = 12,
) -> np.ndarray:
    """Rate (B37) and moments of the energy transfer with it as weight: Gamma <transfer^n> [eV^(n+1)], n < `moments`.

    `coherence` is a function of q [eV].  Leading power of the kinematics is not assumed: q and T may be of the order
    of p_F.

    Parameters
    ----------
    name : paper, exact or unpolarised: how the neutron's spin enters
    E : energy of the incoming neutrino [eV]
    m_in : mass of the incoming neutrino [eV]
    m_out : mass of the outgoing neutrino [eV]
    T : temperature [eV]
    p_F : Fermi momentum of the neutrons [eV]
    coherence : N_C as a function of the momentum transfer q [eV]
    moments : number of moments
    order : Gauss-Legendre nodes in each panel of q and of transfer/q

    Returns
    -------
    Gamma <transfer^n> [eV^(n+1)], shape (moments,).
    """
    k, D = math.sqrt((E - m_in) * (E + m_in)), m_in**2 - m_out**2
    v = p_F / math.hypot(p_F, M_N)
    scale = min(0.3, T / E) * v
    reach = min(0.999, v + 45 * T / p_F + E / p_F)  # a little beyond v_F the neutrons are thermally excited
    slow = [k / E] if k / E < v and D == 0 else []  # neutrons overtake a neutrino slower than this
    positive = np.unique(np.concatenate([[0], np.geomspace(scale / 8, v, 9), slow, [reach]]))
    total = np.zeros(moments)
    for side in (-1, 1):
        x, dx = _panels(positive, order)
        x = side * x
        root = np.sqrt(np.maximum((k - E * x) ** 2 + D * (1 - x * x), 0))
        high = np.maximum(k - E * x + root, 0) / (1 - x * x)
        low = (
            D / (k + E * x + np.sqrt((k + E * x) ** 2 + D * (1 - x * x)))
            if D
            else np.maximum(-2 * (k + E * x), 0) / (1 - x * x)
        )
        x, dx, low, high = (a[high > low] for a in (x, dx, low, high))
        fractions = [0, 0.01, 0.1, 0.4, 1] if not D else [0, 0.3, 1]
        q, dq = _panels(low[:, None] + (high - low)[:, None] * np.array(fractions), order)
        transfer = x[:, None] * q
        value = dx[:, None] * dq * q * coherence(q) * neutron_integral(name, transfer, q, E, k, D, T, p_F)
        total += [np.sum(value * transfer**n) for n in range(moments)]
    return total * G_F**2 / (8 * math.pi**3 * E * k)


def monte_carlo_rate(
    name: str,
    E: float,
    m_in: float,
    m_out: float,
    T: float,
    p_F: float,
    coherence: Callable[[np.ndarray], np.ndarray],
    events: int,
    seed: int,
) -> tuple[float, float, float]:
    """Rate (C3), its statistical error and the mean energy transfer [eV], from neutrons drawn near the Fermi surface.

    Two-body phase space in the centre-of-mass frame, boosted back with exact kinematics.

    Parameters
    ----------
    name : paper, exact or unpolarised: how the neutron's spin enters
    E : energy of the incoming neutrino [eV]
    m_in : mass of the incoming neutrino [eV]
    m_out : mass of the outgoing neutrino [eV]
    T : temperature [eV]
    p_F : Fermi momentum of the neutrons [eV]
    coherence : N_C as a function of the momentum transfer q [eV]
    events : number of events
    seed : seed of the random numbers

    Returns
    -------
    Rate, its statistical error and the mean energy transfer, all in eV.
    """
    rng = np.random.default_rng(seed)
    k, mu = math.sqrt((E - m_in) * (E + m_in)), math.hypot(p_F, M_N)
    width = (3.5 * E + 40 * T) * mu / p_F
    low, high = max(0.0, p_F - width), p_F + width
    p = rng.uniform(low, high, events)
    cos_p, cos_out, phi_out = rng.uniform(-1, 1, events), rng.uniform(-1, 1, events), rng.uniform(0, 2 * np.pi, events)
    E_n = np.hypot(p, M_N)
    above = (p - p_F) * (p + p_F) / (E_n + mu)  # E_n - mu
    pk = E * E_n - k * p * cos_p
    s = M_N**2 + m_in**2 + 2 * pk
    root_s = np.sqrt(s)
    E_star = (2 * pk + m_in**2 + m_out**2) / (2 * root_s)
    k_star = np.sqrt((E_star - m_out) * (E_star + m_out))
    # along the total momentum P, at an angle alpha to the incoming neutrino; isotropic direction in the rest frame of P
    P_z, P_x = p * cos_p + k, p * np.sqrt(1 - cos_p**2)
    P, E_total = np.hypot(P_z, P_x), E + E_n
    along = (E_total * k_star * cos_out + P * E_star) / root_s
    E_out = (E_total * E_star + P * k_star * cos_out) / root_s
    across = k_star * np.sqrt(1 - cos_out**2)
    k_z = along * P_z / P - across * np.cos(phi_out) * P_x / P
    k_x = along * P_x / P + across * np.cos(phi_out) * P_z / P
    q = np.sqrt((k - k_z) ** 2 + k_x**2 + (across * np.sin(phi_out)) ** 2)
    transfer = E - E_out
    with np.errstate(over="ignore"):
        blocking = 1 / (np.exp(above / T) + 1) / (np.exp(-(above + transfer) / T) + 1)
    amplitude = 8 * G_F**2 * squared_amplitude(name, pk, pk + 0.5 * (m_in**2 - m_out**2), E_n, E, k)
    neutrons, phase_space = p**2 / (4 * np.pi**2 * E_n) * (high - low), 2 * k_star / root_s / (8 * np.pi)
    weight = neutrons * phase_space * amplitude * blocking * coherence(q) / E
    return weight.mean(), weight.std() / math.sqrt(events), np.sum(weight * transfer) / np.sum(weight)


def relative_velocity(v: float, p_F: float) -> float:
    """<v_rel> of (B17) at zero temperature, by brute force over the Fermi sphere and the angle.

    Parameters
    ----------
    v : velocity of the neutrino, in units of c
    p_F : Fermi momentum of the neutrons [eV]

    Returns
    -------
    <v_rel>, in units of c.
    """
    p, dp = _panels(np.linspace(0, p_F, 9))
    c, dc = _panels(np.linspace(-1, 1, 33))
    u = (p / np.hypot(p, M_N))[:, None]
    flow = np.sqrt((1 - v * u * c) ** 2 - (1 - v * v) * (1 - u * u))
    return float(np.sum(dp[:, None] * p[:, None] ** 2 * dc * flow) / (2 * p_F**3 / 3))


# ---- Appendix A: free targets --------------------------------------------------------------------------------------


def nucleon_cross_section(target: str, antineutrino: bool, E: float, sachs: np.ndarray) -> float:
    """sigma [GeV^-2] of (A18) at E [GeV], by quadrature of (A1); `sachs`: Table I, rows G_E^p, G_M^p, G_M^n.

    Parameters
    ----------
    target : proton or neutron
    antineutrino : whether it is an antineutrino that scatters
    E : energy of the neutrino [GeV]
    sachs : coefficients of the Sachs form factors, shape (3, 6)

    Returns
    -------
    sigma [GeV^-2].
    """
    from scipy.integrate import quad

    m = 0.93827208816 if target == "proton" else 0.93956542052
    mu_p, mu_n, w = 2.793, -1.913, 1 - 4 * 0.23122

    def form_factors(Q2):
        tau = Q2 / (4 * m**2)
        dipole, axial = (1 + Q2 / 0.843**2) ** -2, (1 + Q2 / 1.012**2) ** -2
        GEp, GMp, GMn = (
            g / (1 + np.dot(row, Q2 ** np.arange(1, 7))) for g, row in zip((1, mu_p, mu_n), sachs, strict=True)
        )
        GEn = -mu_n * 0.942 * tau / (1 + 4.61 * tau) * dipole
        F1 = {"proton": (GEp + tau * GMp) / (1 + tau), "neutron": (GEn + tau * GMn) / (1 + tau)}
        F2 = {"proton": (GMp - GEp) / (1 + tau), "neutron": (GMn - GEn) / (1 + tau)}
        other = {"proton": "neutron", "neutron": "proton"}[target]
        F1_weak = 0.5 * (w * F1[target] - F1[other] - 0.53 * Q2 * dipole / (1 + tau))
        F2_weak = 0.5 * (w * F2[target] - F2[other] + 0.40 * Q2 * dipole / (1 + tau))
        return tau, F1_weak, F2_weak, 0.5 * axial * ((-1.267 if target == "proton" else 1.267) - 0.21)

    def differential(Q2):
        tau, F1, F2, FA = form_factors(Q2)
        su = (4 * m * E - Q2) / m**2
        A = 4 * tau * ((1 + tau) * FA**2 - (1 - tau) * F1**2 + tau * (1 - tau) * F2**2 + 4 * tau * F1 * F2)
        B, C = 4 * tau * FA * (F1 + F2), 0.25 * (FA**2 + F1**2 + tau * F2**2)
        return A + (B if antineutrino else -B) * su + C * su**2

    Q2_max = 4 * E**2 * m / (m + 2 * E)
    integral = quad(differential, 0, Q2_max, epsabs=0, epsrel=1e-10, limit=200)[0]
    return m**2 * (G_F * 1e18) ** 2 / (8 * math.pi * E**2) * integral


def electron_cross_section(flavour: str, antineutrino: bool, E: float) -> float:
    """sigma [GeV^-2] of (A22) at E [GeV], by quadrature over the outgoing energy of (A20).

    Parameters
    ----------
    flavour : e, mu or tau
    antineutrino : whether it is an antineutrino that scatters
    E : energy of the neutrino [GeV]

    Returns
    -------
    sigma [GeV^-2].
    """
    m, s2 = 0.00051099895, 0.23122
    left, right = s2 + (0.5 if flavour == "e" else -0.5), s2
    if antineutrino:
        left, right = right, left
    E_out, dE = _panels(np.linspace(m * E / (m + 2 * E), E, 5))
    shape = left**2 + right**2 * (E_out / E) ** 2 - left * right * m / E * (1 - E_out / E)
    return float(m / (4 * math.pi) * 8 * (G_F * 1e18) ** 2 * np.sum(dE * shape))


# ---- Appendix D: the walk ------------------------------------------------------------------------------------------


def survival_by_cumulative_sums(flights: int, per_step: int = 400) -> np.ndarray:
    """S_n, n = 0 .. flights, for fixed steps straight into a half-space: trapezoidal sums, error O(per_step^-2).

    Parameters
    ----------
    flights : number of flights
    per_step : points of the grid in one step

    Returns
    -------
    S_n, shape (flights + 1,).
    """
    size = (flights + 3) * per_step + 1
    phi, survival = np.ones(size), [1.0]
    for _ in range(flights):
        survival.append(phi[per_step])
        sums = np.concatenate([[0], np.cumsum(0.5 * (phi[1:] + phi[:-1]))]) / per_step
        below = np.concatenate([np.zeros(per_step), sums[:-per_step]])
        above = np.concatenate([sums[per_step:], sums[-1] + np.arange(1, per_step + 1) / per_step])
        phi = 0.5 * (above - below)
    # the loop records phi_(n-1) at depth 1 before stepping, so the list holds S_0, S_0' = phi_0(1) = 1, phi_1(1), ...
    return np.array([survival[0], *survival[2:], phi[per_step]])


def survival_by_chandrasekhar(flights: int, entry: str, terms: int = 1024) -> np.ndarray:
    """S_n, n = 0 .. flights, for exponential steps into a half-space: Sum S_n w^n = H(mu; w)/sqrt(1 - w), by FFT.

    On a circle |w| < 1;  ln H(mu; w) = -(mu/pi) Int_0^inf dt ln(1 - w arctan(t)/t)/(1 + mu^2 t^2);
    for the cosine entry H is averaged with 2 mu d(mu).

    Parameters
    ----------
    flights : number of flights
    entry : radial or cosine: straight inwards, or with the angles of an isotropic flux
    terms : points on the circle, more than `flights`

    Returns
    -------
    S_n, shape (flights + 1,).
    """
    radius = 10 ** (-12 / terms)
    w = radius * np.exp(2j * np.pi * np.arange(terms) / terms)
    theta, dtheta = _panels(np.concatenate([[0], np.pi / 2 * (1 - 2.0 ** -np.arange(1, 30)), [np.pi / 2]]), 12)
    t = np.tan(theta)
    mu, weight = (np.array([1.0]), np.array([1.0])) if entry == "radial" else _panels([0, 0.001, 0.01, 0.1, 0.5, 1])
    if entry == "cosine":
        weight = weight * 2 * mu
    log_factor = np.log(1 - w[:, None] * (np.arctan(t) / t))
    generating = np.zeros(terms, dtype=complex)
    for direction, share in zip(mu, weight, strict=True):
        kernel = dtheta / (np.cos(theta) ** 2 + direction**2 * np.sin(theta) ** 2)
        generating += share * np.exp(-direction / np.pi * (log_factor @ kernel))
    coefficients = np.fft.fft(generating / np.sqrt(1 - w)) / terms
    return coefficients.real[: flights + 1] * radius ** -np.arange(flights + 1.0)


# ---- Section V: heating --------------------------------------------------------------------------------------------


def heated_temperature(s: float, T_full: float, s_saturated: float, decay_per_s: float, T_NS: float = 0.0) -> float:
    """Temperature at infinity [K] of (12): (T_NS^4 + T_full^4 min(1, s/s_sat) e^(-b s))^(1/4).

    Parameters
    ----------
    s : mixing sin^2(theta)
    T_full : temperature that full capture would keep up [K]
    s_saturated : mixing at which every neutrino that hits the star is captured
    decay_per_s : exponent b of the decay, per unit of mixing
    T_NS : temperature of the star without heating [K]

    Returns
    -------
    [K]
    """
    return (T_NS**4 + T_full**4 * min(1, s / s_saturated) * math.exp(-decay_per_s * s)) ** 0.25


def mixing_by_root_finding(T_inf: float, T_full: float, s_saturated: float, decay_per_s: float) -> tuple[float, float]:
    """Both mixings with the temperature T_inf at T_NS = 0, by bracketing around the maximum.

    Parameters
    ----------
    T_inf : temperature at infinity [K]
    T_full : temperature that full capture would keep up [K]
    s_saturated : mixing at which every neutrino that hits the star is captured
    decay_per_s : exponent b of the decay, per unit of mixing

    Returns
    -------
    The smaller and the larger mixing sin^2(theta).
    """
    from scipy.optimize import brentq

    peak = min(s_saturated, 1 / decay_per_s)

    def excess(log_s):
        return 4 * math.log(heated_temperature(math.exp(log_s), T_full, s_saturated, decay_per_s) / T_inf)

    low = brentq(excess, math.log(peak) - 60, math.log(peak), xtol=1e-14)
    high = brentq(excess, math.log(peak), math.log(peak) + math.log(600 / (decay_per_s * peak)), xtol=1e-14)
    return math.exp(low), math.exp(high)
