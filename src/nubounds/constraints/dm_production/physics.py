"""Production of sterile-neutrino dark matter with secret interactions of the active neutrinos: the formulae to read,
slow and plain.

Active neutrinos oscillate into a sterile state of mass m4 (mixing sin^2 2theta) while they collide; a mediator of
mass m (complex scalar, coupling lambda,
or vector, coupling g) adds a thermal potential and collisions.  Labels: L(n) the Letter on the scalar, V(n.m) the
paper on vectors, D(n) the density matrix.

Natural units, MeV.  E = x T, D = m4^2/2E, s = sin 2theta, c = cos 2theta, z = MeV/T.

    df_s/dln z = (Gamma/4H) J D^2 s^2/(D^2 s^2 + Gamma^2/4 + (D c - V)^2) f_a           V(2.8), L(3), L(4); J = 1 +
    (1/3) dln g_s/dln T
    V_SM = -2.1712 G_F (2 eta/M_W^2 + 1/M_Z^2) E T^4                                    V(2.6) with the energy density
    of fermions; printed 3.72
    Gamma_SM = y G_F^2 E T^4                                                            V(2.7); y holds at 1-20 MeV
    and grows above
    V = coupling^2/(16 pi^2 E^2) Int dp {...}                                           L(7), V(3.3) with the overall
    sign of their own limits
    sigma(nu nu), sigma(nu nubar)                                                       L(5), V(3.5); on shell
    V(3.11), D(33)
    Omega h^2 = Y s_0 m4/(rho_c/h^2), Y = N_h Sum_x x^2 f_s/(2 pi^2) T^3/S              Letter, after Eq. (7)

Valid for 1 keV < m4 < 1 MeV, mediators above 5 MeV, couplings below 1, and f_s << f_a (or with back-reaction).  Left
out: Pauli and Bose factors, hadrons,
the momentum dependence of y, neutrino decoupling below 1 MeV.  Conventions: see conventions.py.

Nothing here shares code or variables with the kernel: logarithms instead of principal values, scattering angles
instead of w, adaptive quadrature, an ODE solver.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from nubounds.constraints.dm_production import data
from nubounds.numerics.constants import G_F_PER_MEV2


def thermal_potential(x: float, mu: float) -> float:
    """V/(coupling^2 T) of the scalar, L(7) with the opposite sign, mu = m/T: quad between the singularities of the
    logarithms.

    Parameters
    ----------
    x : E/T of the neutrino
    mu : mass of the mediator over the temperature

    Returns
    -------
    V/(coupling^2 T).
    """
    from scipy.integrate import quad

    E, m2 = x, mu * mu

    def fermion(p):
        if p == 0 or p > 600:
            return 0.0
        u = 4 * p * E / m2
        bracket = 4 * E * p - 0.5 * m2 * np.log((u + 1) / max(abs(u - 1), 1e-17))
        if u < 0.05:  # the bracket cancels: -m^2 (u^3/3 + u^5/5 + ...)
            bracket = -m2 * sum(u**n / n for n in (3, 5, 7, 9, 11))
        return bracket / (np.exp(p) + 1)

    def boson(p):
        omega = np.hypot(p, mu)
        if p == 0 or omega > 600:
            return 0.0
        less = m2 / (omega + p)  # omega - p without cancellation
        above = (2 * E * (p + omega) + m2) * max(abs(m2 - 2 * E * less), 1e-17)
        below = (m2 + 2 * E * less) * max(abs(m2 - 2 * E * (p + omega)), 1e-17)
        return (4 * E * p * p / omega - m2 * p / (2 * omega) * np.log(above / below)) / np.expm1(omega)

    edges = sorted(
        {0.0, *(k for k in (mu, m2 / (4 * E), abs(m2 / (4 * E) - E), 1.0, 5.0, 20.0, 60.0) if 0 < k < 60), 60.0}
    )
    total = 0.0
    for low, high in itertools.pairwise(edges):
        middle = 0.5 * (low + high)
        for a, b in ((low, middle), (middle, high)):
            # t^4 towards the end that may be singular
            end, length = (low, b - a) if a == low else (high, a - b)

            def part(t, end=end, length=length):
                return (fermion(end + length * t**4) + boson(end + length * t**4)) * 4 * t**3 * abs(length)

            total += quad(part, 0, 1, epsabs=1e-14, epsrel=1e-11, limit=400)[0]
    return total / (16 * np.pi**2 * x * x)


def scattering(model: str, u: float | np.ndarray) -> float | np.ndarray:
    """(u - 1)^2 times the off-shell cross section in coupling^4/m^2, both channels summed: scalar, vector L(5),
    V(3.5), or one more flavour (docs/dm_production.md, Conventions).

    Parameters
    ----------
    model : scalar, vector, or any other word for one more flavour of a vector
    u : s/m^2

    Returns
    -------
    A pure number, of the shape of `u`.
    """
    if model == "scalar":
        t_channel = (u * (u + 2) / (u + 1) - 2 * np.log1p(u)) / (16 * np.pi * u * u)
        return u / (32 * np.pi) + t_channel * (u - 1) ** 2
    if model == "vector":
        like = u / (u + 1) + 2 * np.log1p(u) / (u + 2)
        unlike = u * u - 4 + 4 * (1 - u * u) * np.log1p(u) / u + 10 * u / 3
        return (like * (u - 1) ** 2 + unlike) / (4 * np.pi)
    left_right = (u * (u + 1) - 2 * (u + 1) * np.log1p(u) + u) / (4 * np.pi * u * u)
    return (u / (4 * np.pi * (u + 1)) + left_right) * (u - 1) ** 2 + u / (12 * np.pi)


def _thermal_weight(S: float, x: float, flux: str) -> float:
    """Weight of the cross section in Int dS: the other neutrino's momentum k >= S/4x integrated numerically, S = 2 x
    k (1 - cos) in units of T^2.
    """
    from scipy.integrate import quad

    low = S / (4 * x)
    if low > 600:
        return 0.0
    if flux == "moller":  # d^3k/(2 pi)^3 f (1 - cos) = k^2 dk dcos f (1 - cos)/(4 pi^2), dcos = dS/(2 x k)
        return quad(lambda k: (S / (2 * x)) / (2 * x) / (np.exp(k) + 1), low, low + 40, epsrel=1e-11, epsabs=0)[0] / (
            4 * np.pi**2
        )
    return quad(
        lambda k: k * np.sqrt(2 * S / (2 * x * k)) / (2 * x) / (np.exp(k) + 1), low, low + 40, epsrel=1e-11, epsabs=0
    )[0] / (4 * np.pi**2)


def on_shell_rate(x: float, mu: float, flux: str = "moller") -> float:
    """Gamma/(coupling^2 T) of the scalar from sigma = pi coupling^2 delta(s - m^2), D(33).

    Parameters
    ----------
    x : E/T of the neutrino
    mu : mass of the mediator over the temperature
    flux : how two neutrinos meet: ``moller`` for 1 - cos, any other word for sqrt(2 (1 - cos))

    Returns
    -------
    Gamma/(coupling^2 T).
    """
    return np.pi * _thermal_weight(mu * mu, x, flux)


def off_shell_rate(x: float, mu: float, model: str, flux: str = "moller", width: float | None = None) -> float:
    """Gamma/(coupling^4 T): finite part of the double pole, or with `width` = Gamma/m the pole as (u - 1)^2 +
    width^2.

    Parameters
    ----------
    x : E/T of the neutrino
    mu : mass of the mediator over the temperature
    model : scalar, vector, or any other word for one more flavour of a vector
    flux : how two neutrinos meet: ``moller`` for 1 - cos, any other word for sqrt(2 (1 - cos))
    width : width of the mediator over its mass; None for the finite part

    Returns
    -------
    Gamma/(coupling^4 T).
    """
    from scipy.integrate import quad

    def integrand(u):
        return mu * mu * scattering(model, u) / (mu * mu) * _thermal_weight(mu * mu * u, x, flux)

    h = 1e-4
    value, slope = integrand(1.0), (integrand(1 + h) - integrand(1 - h)) / (2 * h)
    far = max(3.0, 160 * x / mu**2)
    peak = 4 * x / mu**2  # where the thermal weight cuts off
    inner = [1e-9, 1e-3 * min(1.0, peak), *(k * peak for k in (0.1, 1, 4, 10, 40) if k * peak < 0.5), 0.5]
    if width is not None:
        spots = [1 - 50 * width, 1 - width, 1.0, 1 + width, 1 + 50 * width]
        edges = [1e-9, *(s for s in spots if 0 < s < 2), 2.0, *np.geomspace(2, far, 6)[1:]]
        pieces = itertools.pairwise(edges)
        return sum(
            quad(lambda u: integrand(u) / ((u - 1) ** 2 + width**2), a, b, epsrel=1e-9, limit=200)[0] for a, b in pieces
        )

    def subtracted(u):
        return (integrand(u) - value - slope * (u - 1)) / (u - 1) ** 2 if abs(u - 1) > 1e-3 else curvature

    curvature = (integrand(1 + 3e-3) - 2 * value + integrand(1 - 3e-3)) / (2 * 9e-6)
    edges = [*inner, 1 - 1e-3, 1 + 1e-3, 2.0]
    near = sum(quad(subtracted, a, b, epsrel=1e-9, limit=200)[0] for a, b in itertools.pairwise(edges))
    outer = [2.0, *np.geomspace(2, far, 3 + int(2 * np.log(far / 2)))[1:]]
    rest = sum(
        quad(lambda u: integrand(u) / (u - 1) ** 2, a, b, epsrel=1e-9, limit=200)[0]
        for a, b in itertools.pairwise(outer)
    )
    return near + rest - 2 * value  # fp Int_0^2 du/(u - 1)^2 = -2; the odd term cancels


def lepton_density(mass_over_T: float) -> float:
    """Energy density of a charged lepton over that of a massless one."""
    from scipy.integrate import quad

    def density(q):
        energy = np.hypot(q, mass_over_T)
        return q * q * energy / (np.exp(energy) + 1) if energy < 600 else 0.0

    return quad(density, 0, 60 + 3 * mass_over_T, epsrel=1e-11, limit=200)[0] / (7 * np.pi**4 / 120)


def production_rate(
    log_z: float, x: float, m4: float, s2: float, coupling: float, m: float, *, g_star: float = 10.75, y: float = 0.92
) -> float:
    """df_s/dln z of V(2.8) for the scalar in the `physical` reading but constant g*, masses in MeV.

    Parameters
    ----------
    log_z : ln(MeV/T)
    x : E/T of the neutrino
    m4 : mass of the sterile neutrino [MeV]
    s2 : sin^2 2theta
    coupling : lambda
    m : mass of the scalar [MeV]
    g_star : degrees of freedom
    y : factor of the Standard Model's rate, V(2.7)

    Returns
    -------
    df_s/dln z, a pure number.
    """
    T = np.exp(-log_z)
    H = np.sqrt(8 * np.pi**3 * g_star / 90) * T**2 / data.M_PLANCK_MEV
    D = m4**2 / (2 * x * T)
    eta = lepton_density(data.LEPTON_MASS_MEV["mu"] / T)
    V = -7 * np.sqrt(2) * np.pi**2 / 45 * G_F_PER_MEV2 * (2 * eta / data.M_W_MEV**2 + 1 / data.M_Z_MEV**2) * x * T**5
    gamma = y * G_F_PER_MEV2**2 * x * T**5
    if coupling:
        V += coupling**2 * T * thermal_potential(x, m / T)
        gamma += coupling**2 * T * on_shell_rate(x, m / T) + coupling**4 * T * off_shell_rate(x, m / T, "scalar")
    mixing = D**2 * s2 / (D**2 * s2 + gamma**2 / 4 + (D * np.sqrt(1 - s2) - V) ** 2)
    return gamma / (4 * H) * mixing / (np.exp(x) + 1)


def final_distribution(
    rate: Callable[[float], float],
    log_z: Sequence[float],
    *,
    method: str = "LSODA",
    max_step: float = np.inf,
    rtol: float = 1e-8,
    atol: float = 1e-30,
) -> float:
    """f_s at the end by an ODE solver.

    With the solver's own tolerances (rtol 1e-3, atol 1e-6) it jumps over the production and says nothing: f_s is far
    below atol, and a resonance is narrower than any step.

    Parameters
    ----------
    rate : df_s/dln z as a function of ln z
    log_z : ln z at the beginning and at the end
    method : of scipy.integrate.solve_ivp
    max_step : largest step in ln z
    rtol : relative tolerance
    atol : absolute tolerance

    Returns
    -------
    f_s, a pure number.
    """
    from scipy.integrate import solve_ivp

    solution = solve_ivp(lambda t, f: [rate(t)], log_z, [0.0], method=method, rtol=rtol, atol=atol, max_step=max_step)
    return float(solution.y[0, -1])
