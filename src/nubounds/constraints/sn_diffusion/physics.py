"""The physics to read, and a slow second implementation that shares nothing with the kernel.

Validity: nucleons are quasi-particles of mass m* and chemical potential mu* in a mean field, form factors are taken
at q^2 = 0 (|q^2| < 0.15 GeV^2), one neutrino energy per shell; no correlations, no weak magnetism, no charged
currents, no electrons. Natural units, MeV.

Conventions. `standard`: a rate has E_N E_nu in the denominator, F_A = +a/2 for n and -a/2 for p, and Z and Z'
interfere constructively on neutrons. `paper`: Eq. (19) with p.k in the denominator, F_A = -a/2 for both, Eqs. (10)
and (11) with their printed sign.

Where the kernel integrates Eq. (19) over (q0, |q|) with closed forms, this module integrates over the nucleon's
momentum and the scattering angles in the centre of mass: no delta function, no azimuth around q, no Eqs. (16)-(19).
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from nubounds.constraints.sn_diffusion.states import TM1, State
from nubounds.numerics.constants import G_F_PER_MEV2, HBARC_MEV_FM


def fermi(E: np.ndarray, mu: float, T: float) -> np.ndarray:
    """Fermi-Dirac distribution.

    Parameters
    ----------
    E : energy [MeV]
    mu : chemical potential [MeV]
    T : temperature [MeV]

    Returns
    -------
    Occupation, between 0 and 1.
    """
    return 0.5 * (1 - np.tanh((E - mu) / (2 * T)))


def squared_amplitudes(
    pk: np.ndarray, q2: np.ndarray, m: float, V: float, F_A: float, mediator: float, handedness: int, sign: int = +1
) -> dict[str, np.ndarray]:
    """Spin-averaged squared matrix elements without the powers of the coupling.

    Parameters
    ----------
    pk, q2 : p.k and q^2 < 0 [MeV^2]
    m : nucleon mass [MeV]
    V, F_A : vector and axial form factors
    mediator : its mass [MeV]
    handedness : +1 neutrino, -1 antineutrino, 0 their average
    sign : of the interference

    Returns
    -------
    dict : sm; interference, Eqs. (10), (11), per g^2; vector, Eq. (9), per g^4; scalar, Eq. (6), per Y^4
    """
    A = -F_A
    left, right = V**2 + A**2 + 2 * handedness * V * A, V**2 + A**2 - 2 * handedness * V * A
    B = 8 * pk**2 + q2 * (2 * m**2 + q2 + 4 * pk)
    axial = handedness * F_A * (q2**2 + 4 * q2 * pk)
    return {
        "sm": 16 * G_F_PER_MEV2**2 * (left * pk**2 + right * (pk + q2 / 2) ** 2 + (V**2 - A**2) * m**2 * q2 / 2),
        "interference": sign * 4 * math.sqrt(2) * G_F_PER_MEV2 * (V * B + axial) / (q2 - mediator**2),
        "vector": 2 * B / (q2 - mediator**2) ** 2,
        "scalar": -q2 * (4 * m**2 - q2) / (q2 - mediator**2) ** 2,
    }


def _gauss(edges, n):
    """Gauss-Legendre nodes and weights on consecutive intervals."""
    x, w = np.polynomial.legendre.leggauss(n)
    edges = np.asarray(edges, float)
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    return (middle[:, None] + half[:, None] * x).ravel(), (half[:, None] * w).ravel()


def inverse_mean_free_path(
    state: State,
    mediator: float,
    neutrino: str,
    *,
    convention: str = "standard",
    axial: float = 1.47,
    vacuum: bool = False,
    nodes: tuple[int, int, int, int] = (24, 24, 48, 24),
) -> dict[str, float]:
    """Parts of 1/lambda [1/m]: sum over n, p of Int 2 d^3p/(2 pi)^3 f dPhi_2 (1 - f')(1 - f_nu') |M|^2/(4 FLUX).

    The two-body phase space is (s - m^2)/(32 pi^2 s) dOmega in the centre of mass, with cos(theta) exchanged for
    ln(Q^2 + m_mediator^2).
    `vacuum`: 1/lambda_0 of Figs. 2 and 3: no blocking, mass M in kinematics and |M|^2, m* only in the distribution.
    `nodes`: per interval of |p| (there are three), in the angle between p and k, in Q^2, in the azimuth.

    Parameters
    ----------
    state : temperature, effective masses, chemical potentials, and the energy of the neutrino
    mediator : its mass [MeV]
    neutrino : nu, nubar, or any other word for the average of both
    convention : paper or standard: sign of the neutrons' axial coupling and of the interference, and the flux
    axial : axial coupling of the neutral current
    vacuum : as above
    nodes : as above

    Returns
    -------
    Parts by name [1/m]: sm, interference, vector, scalar, couplings taken out.
    """
    handedness = {"nu": 1, "nubar": -1}.get(neutrino, 0)
    standard = convention == "standard"
    T, E_nu = state.T, state.E_nu
    cosine, w_cosine = _gauss([-1, 1], nodes[1])
    unit, w_unit = _gauss([0, 1], nodes[2])
    azimuth = 2 * math.pi * (np.arange(nodes[3]) + 0.5) / nodes[3]
    total = dict.fromkeys(("sm", "interference", "vector", "scalar"), 0.0)
    for mu, V, F_A in (
        (state.mu_n, -0.5, axial / 2 if standard else -axial / 2),
        (state.mu_p, 0.0375, -axial / 2),
    ):
        energies = [max(state.m_eff, mu + step * T) for step in (-35, -6, 6)] + [max(state.m_eff, mu) + 35 * T]
        edges = np.unique([0.0, *(math.sqrt(E**2 - state.m_eff**2) for E in energies)])
        m = TM1["M"] if vacuum else state.m_eff
        for p, w_p in zip(*_gauss(edges, nodes[0]), strict=True):
            E = math.sqrt(p**2 + m**2)
            density = w_p * p**2 / (2 * math.pi**2) * fermi(math.sqrt(p**2 + state.m_eff**2), mu, T)
            c, t, phi = cosine[:, None, None], unit[None, :, None], azimuth[None, None, :]
            pk = E_nu * (E - p * c)
            s = m**2 + 2 * pk
            k_cm = pk / np.sqrt(s)
            log_range = np.log1p(4 * k_cm**2 / mediator**2)
            Q2 = mediator**2 * np.expm1(log_range * t)
            jacobian = log_range * (Q2 + mediator**2) / (2 * k_cm**2)
            # the centre of mass moves with gamma: q0 is what the scattering changes along its velocity
            gamma = (E + E_nu) / np.sqrt(s)
            pull = np.sqrt(gamma**2 - 1)
            cos_k = np.clip((E_nu - gamma * k_cm) / (pull * k_cm), -1, 1)
            cos_theta = 1 - Q2 / (2 * k_cm**2)
            sines = np.sqrt(np.maximum((1 - cos_theta**2) * (1 - cos_k**2), 0))
            q0 = pull * k_cm * (cos_k - cos_theta * cos_k - sines * np.cos(phi))
            weight = density * w_cosine[:, None, None] * w_unit[None, :, None] / nodes[3] * jacobian
            weight = weight * 2 * math.pi * (s - m**2) / (32 * math.pi**2 * s)
            weight = weight / (4 * (E * E_nu if standard else pk))
            holes = fermi(-E - q0, -mu, T) * fermi(q0 - E_nu, -state.mu_nu, T)
            weight = weight * (np.ones_like(holes) if vacuum else holes)
            amplitudes = squared_amplitudes(pk, -Q2, m, V, F_A, mediator, handedness, +1 if standard else -1)
            for part, amplitude in amplitudes.items():
                total[part] += float(np.sum(weight * amplitude))
    return {part: value / (HBARC_MEV_FM * 1e-15) for part, value in total.items()}


def nuclear_state(T: float, n_B: float, Y_L: float | None, g_nu: float = 2.0) -> np.ndarray:
    """m*, mu*_n, mu*_p, mu_nu [MeV], Y_p of TM1 matter: all equations at once, densities by adaptive quadrature.

    n_B in fm^-3; Y_L = None: beta equilibrium with mu_nu = 0.  Unknowns: m*, mu*_n, mu*_p, mu_e in units of 100 MeV.

    Parameters
    ----------
    T : temperature [MeV]
    n_B : baryon density [fm^-3]
    Y_L : total lepton fraction; None for beta equilibrium with mu_nu = 0
    g_nu : neutrino helicities that share the chemical potential

    Returns
    -------
    m*, mu*_n, mu*_p, mu_nu [MeV] and Y_p, shape (5,).
    """
    from scipy.integrate import quad
    from scipy.optimize import root

    n_B = n_B * HBARC_MEV_FM**3

    def integral(m, mu, function):
        k_F = math.sqrt(max(mu**2 - m**2, 0.0))
        reach = math.sqrt((max(mu, m) + 45 * T) ** 2 - m**2)
        marks = sorted({0.0, max(k_F - 8 * T, 0.0), k_F, min(k_F + 8 * T, reach), reach})
        return sum(quad(function, a, b, epsabs=1e-13 * n_B, epsrel=1e-11)[0] for a, b in pairwise(marks))

    def number(m, mu):
        def of_k(k):
            E = math.hypot(k, m)
            return k**2 * (fermi(E, mu, T) - fermi(E, -mu, T)) / math.pi**2

        return integral(m, mu, of_k)

    def scalar(m, mu):
        def of_k(k):
            E = math.hypot(k, m)
            return k**2 * m / E * (fermi(E, mu, T) + fermi(E, -mu, T)) / math.pi**2

        return integral(m, mu, of_k)

    def equations(x):
        m, mu_n, mu_p, mu_e = 100 * x
        s = (TM1["M"] - m) / TM1["g_sigma"]
        n_n, n_p = number(m, mu_n), number(m, mu_p)
        field = TM1["m_sigma"] ** 2 * s + TM1["g2"] * s**2 + TM1["g3"] * s**3
        rho = TM1["g_rho"] * (n_p - n_n) / TM1["m_rho"] ** 2
        mu_nu = mu_e + mu_p - mu_n + 2 * TM1["g_rho"] * rho
        n_nu = g_nu * (mu_nu**3 + math.pi**2 * T**2 * mu_nu) / (6 * math.pi**2)
        leptons = mu_nu / 100 if Y_L is None else n_p / n_B + n_nu / n_B - Y_L
        return [
            field / (TM1["g_sigma"] * n_B) - (scalar(m, mu_n) + scalar(m, mu_p)) / n_B,
            (n_n + n_p) / n_B - 1,
            (number(TM1["m_e"], mu_e) - n_p) / n_B,
            leptons,
        ], (m, mu_n, mu_p, mu_nu, n_p / n_B)

    k_F = (1.5 * math.pi**2 * n_B) ** (1 / 3)
    m_guess = TM1["M"] / (1 + 6 * n_B / HBARC_MEV_FM**3)
    E_F = math.hypot(m_guess, k_F)
    guess = np.array([m_guess, E_F, E_F - 50, k_F * 0.6]) / 100
    solution = root(lambda x: equations(x)[0], guess, tol=1e-13)
    return np.array(equations(solution.x)[1])


def roots_of_eq18(A: np.ndarray, B: np.ndarray, C: np.ndarray, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """All theta_12 in [0, pi] with A sin + B cos + C = 0, by scanning: (angles, valid), each of shape (..., 2).

    Parameters
    ----------
    A, B, C : coefficients, shape (...)
    n : intervals of the scan

    Returns
    -------
    Angles, and which of them are roots, each of shape (..., 2).
    """
    grid = np.linspace(0, math.pi, n + 1)
    values = A[..., None] * np.sin(grid) + B[..., None] * np.cos(grid) + C[..., None]
    change = (values[..., 1:] >= 0) != (values[..., :-1] >= 0)
    order = np.argsort(~change, axis=-1, kind="stable")[..., :2]
    low, high = (np.take_along_axis(values, order + step, -1) for step in (0, 1))
    fraction = np.where(high != low, low / np.where(high != low, low - high, 1), 0)
    return grid[order] + fraction * (grid[1] - grid[0]), np.take_along_axis(change, order, -1)
