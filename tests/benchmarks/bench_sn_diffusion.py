"""Eq. (19): one integral of Z' exchange over q0, |q| and E_N with the azimuth done."""

import math

import harness
import numpy as np

from nubounds.constraints.sn_diffusion import physics
from nubounds.constraints.sn_diffusion.shells import PAPER
from nubounds.kernels import sn_diffusion as kernel

MASS = 10.0
FINEST = (40, 32, 96, 64, 48, 20)


def state_and_row():
    state = PAPER.state(5, 1, "nubar", "printed", 1.0)
    return state, [state.T, state.m_eff, state.mu_n, state.E_nu, state.mu_nu, 0, 0]


def integrand(x, state):
    """Eq. (19) with FLUX = E_N E_nu on the unit cube; x has shape (n, 3)."""
    T, m, mu, E_nu = state.T, state.m_eff, state.mu_n, state.E_nu
    q0 = E_nu - (E_nu + 12 * T) * x[:, 0]
    width = 2 * E_nu - q0 - np.abs(q0)
    q = np.abs(q0) + width * x[:, 1]
    Q2 = np.maximum(q**2 - q0**2, 1e-12)
    E = -q0 / 2 + q / 2 * np.sqrt(1 + 4 * m**2 / Q2)
    reach = np.maximum(mu + np.maximum(0, -q0) - E, 0) + 25 * T
    E = E + reach * x[:, 2]
    p = np.sqrt(np.maximum(E**2 - m**2, 1e-12))
    cos_p = np.clip((q0**2 + 2 * q0 * E - q**2) / (2 * q * p), -1, 1)
    cos_k = np.clip((2 * E_nu * q0 + Q2) / (2 * E_nu * q), -1, 1)
    a = E_nu * (E - p * cos_p * cos_k)
    b2 = (p * E_nu) ** 2 * (1 - cos_p**2) * (1 - cos_k**2)
    amplitude = (8 * (a**2 + b2 / 2) - Q2 * (2 * m**2 - Q2 + 4 * a)) / (Q2 + MASS**2) ** 2
    holes = physics.fermi(-E - q0, -mu, T) * physics.fermi(q0 - E_nu, -state.mu_nu, T)
    jacobian = (E_nu + 12 * T) * width * reach
    return jacobian * physics.fermi(E, mu, T) * holes * amplitude / (8 * (2 * math.pi) ** 3 * E_nu**2)


def kernel_way():
    _, row = state_and_row()
    vector, one, many = kernel.INTEGRALS.index("vector"), np.array([MASS]), np.append(np.geomspace(1e-3, 1e4, 99), MASS)

    def run(masses=one):
        return float(kernel.Response(row).integrals(masses)[0][-1, vector])

    way = harness.Way("kernel, one mass: seven integrals with error estimates", run, results=7)
    return way, harness.Way("kernel, 100 masses at once", lambda: run(many), results=700)


def numba_way(state, n=32):
    """The same integrand compiled, on Gauss nodes, with q0 split where blocking sets in and small |q| - |q0| resolved."""
    import numba

    T, m, mu, E_nu, mu_nu = state.T, state.m_eff, state.mu_n, state.E_nu, state.mu_nu

    @numba.njit
    def fermi(y):
        return 1 / (math.exp(y) + 1) if y < 700 else 0.0

    @numba.njit
    def total(x, w):
        result = 0.0
        for i in range(2 * x.size):
            length = E_nu if i < x.size else -12 * T
            q0 = length * x[i % x.size]
            width = 2 * E_nu - q0 - abs(q0)
            for j in range(x.size):
                q = abs(q0) + width * x[j] ** 3
                Q2 = max(q**2 - q0**2, 1e-12)
                low = -q0 / 2 + q / 2 * math.sqrt(1 + 4 * m**2 / Q2)
                reach = max(mu + max(0.0, -q0) - low, 0.0) + 25 * T
                cos_k = min(max((2 * E_nu * q0 + Q2) / (2 * E_nu * q), -1.0), 1.0)
                for k in range(x.size):
                    E = low + reach * x[k]
                    p = math.sqrt(max(E**2 - m**2, 1e-12))
                    cos_p = min(max((q0**2 + 2 * q0 * E - q**2) / (2 * q * p), -1.0), 1.0)
                    a = E_nu * (E - p * cos_p * cos_k)
                    b2 = (p * E_nu) ** 2 * (1 - cos_p**2) * (1 - cos_k**2)
                    amplitude = (8 * (a**2 + b2 / 2) - Q2 * (2 * m**2 - Q2 + 4 * a)) / (Q2 + MASS**2) ** 2
                    occupied = fermi((E - mu) / T) * fermi(-(E + q0 - mu) / T) * fermi(-(E_nu - q0 - mu_nu) / T)
                    weight = abs(length) * w[i % x.size] * w[j] * 3 * x[j] ** 2 * w[k]
                    result += weight * width * reach * occupied * amplitude
        return result / (8 * (2 * math.pi) ** 3 * E_nu**2)

    x, w = harness.gauss(n)
    return harness.Way(f"numba, {2 * n} x {n} x {n} Gauss nodes", lambda: (total(x, w), 2 * n**3))


def core():
    state, row = state_and_row()
    finest = kernel.Response(row, kernel.Quadrature(*FINEST)).integrals(np.array([MASS]))[0]
    one, many = kernel_way()

    def batch(x):
        return integrand(x, state)

    return harness.Core(
        "sn_diffusion",
        "Z' exchange, neutrons of the innermost shell at 5 s, antineutrinos, mediator of 10 MeV: three dimensions. Any "
        "further mass costs the kernel only the sum over its table.",
        float(finest[0, kernel.INTEGRALS.index("vector")]),
        one,
        [
            harness.nquad(batch, 3, 200_000, 1e-3),
            harness.cubature(batch, 3, 1e-4, 1000),
            harness.vegas(batch, 3, 20_000),
            numba_way(state),
        ],
        [many],
    )


def test_table():
    harness.store(harness.compare(core()))
