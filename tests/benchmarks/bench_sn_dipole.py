"""Rate of nu e -> N e in a hot electron gas, Eq. (A1): four dimensions, two of which the kernel does in closed form."""

import math

import harness
import numpy as np

from nubounds.constraints.sn_dipole import physics, rates
from nubounds.kernels import sn_dipole as kernel

E1, T, MU, M = 150.0, 25.0, 120.0, 50.0
K2 = float(rates.screening_k2(T, MU, "debye"))
LEAST = 0.5 * (M * (M + 2 * physics.M_ELECTRON_MEV) / (2 * E1))  # a little below the least electron energy
TOP = MU + 22 * T


def integrand(x):
    """The rate on the unit cube in E2, cos12, ln(Q2 + k2) and azimuth; x has shape (n, 4)."""
    m, S_min = physics.M_ELECTRON_MEV, M * (M + 2 * physics.M_ELECTRON_MEV)
    E2 = LEAST + (TOP - LEAST) * x[:, 0]
    p2 = np.sqrt(np.maximum(E2**2 - m**2, 1e-12))
    c_max = np.minimum(1.0, (E2 - S_min / (2 * E1)) / p2)
    c12 = -1 + (c_max + 1) * x[:, 1]
    S = 2 * E1 * (E2 - p2 * c12)
    s = S + m**2
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = physics.transfer_limits(S, M)
        first, length = np.log(low + K2), np.log((high + K2) / (low + K2))
        Q2 = np.exp(first + length * x[:, 2]) - K2
        sigma = physics.differential_cross_section(Q2, S, M, m, K2) * (Q2 + K2) * length
        W, k1, E3 = E1 + E2, S / (2 * np.sqrt(s)), (s + M**2 - m**2) / (2 * np.sqrt(s))
        k3, P = np.sqrt(np.maximum(E3**2 - M**2, 0)), np.sqrt(np.maximum(W**2 - s, 0))
        cos_a, cos_b = (2 * k1 * E3 - M**2 - Q2) / (2 * k1 * k3), (E1 * np.sqrt(s) - W * k1) / (P * k1)
        sines = np.sqrt(np.clip(1 - cos_a**2, 0, None) * np.clip(1 - cos_b**2, 0, None))
        c3 = cos_a * cos_b + sines * np.cos(np.pi * x[:, 3])
        E4 = (W * (np.sqrt(s) - E3) - P * k3 * c3) / np.sqrt(s)
        hole = 1 / (1 + np.exp(-np.clip((E4 - MU) / T, -700, 700)))
        occupied = 1 / (1 + np.exp(np.minimum((E2 - MU) / T, 700.0)))
        value = (TOP - LEAST) * p2 * E2 / (2 * np.pi**2) * occupied * (c_max + 1) * S / (2 * E1 * E2) * sigma * hole
    return np.where((c_max > -1) & np.isfinite(value), value, 0.0)


def numba_way(n=24, n_phi=8):
    """The same integrand compiled, on Gauss nodes (E2 in two panels) and the trapezoidal rule in the azimuth."""
    import numba

    m, alpha = physics.M_ELECTRON_MEV, physics.ALPHA
    S_min = M * (M + 2 * m)
    X = max(S_min / (2 * E1), m)
    edges = np.array([0.5 * (X + m**2 / X), MU, TOP])
    cosines = np.cos((np.arange(n_phi) + 0.5) * math.pi / n_phi)

    @numba.njit
    def total(x, w):
        result = 0.0
        for i in range(2 * x.size):
            low, high = edges[i // x.size], edges[i // x.size + 1]
            E2 = low + (high - low) * x[i % x.size]
            p2 = math.sqrt(E2**2 - m**2)
            c_max = min(1.0, (E2 - S_min / (2 * E1)) / p2)
            if c_max <= -1:
                continue
            outer = (
                (high - low) * w[i % x.size] * p2 * E2 / (2 * math.pi**2) / (1 + math.exp((E2 - MU) / T)) * (c_max + 1)
            )
            for j in range(x.size):
                S = 2 * E1 * (E2 - p2 * (-1 + (c_max + 1) * x[j]))
                s = S + m**2
                root, W = math.sqrt(s), E1 + E2
                k1, E3 = S / (2 * root), (s + M**2 - m**2) / (2 * root)
                k3, P = math.sqrt(max(E3**2 - M**2, 0.0)), math.sqrt(max(W**2 - s, 0.0))
                Q2_high = 2 * k1 * (E3 + k3) - M**2
                Q2_low = M**4 * m**2 / (s * Q2_high)
                first, length = math.log(Q2_low + K2), math.log((Q2_high + K2) / (Q2_low + K2))
                cos_b = (E1 * root - W * k1) / (P * k1)
                for k in range(x.size):
                    shifted = math.exp(first + length * x[k])
                    Q2 = shifted - K2
                    bracket = 2 / Q2 - 2 / S + M**2 * (Q2 - 2 * S - 2 * m**2) / (S**2 * Q2)
                    bracket += M**4 * (Q2 - 2 * m**2) / (S**2 * Q2**2)
                    cos_a = (2 * k1 * E3 - M**2 - Q2) / (2 * k1 * k3)
                    sines = math.sqrt(max(1 - cos_a**2, 0.0) * max(1 - cos_b**2, 0.0))
                    hole = 0.0
                    for c in cosines:
                        E4 = (W * (root - E3) - P * k3 * (cos_a * cos_b + sines * c)) / root
                        hole += 1 / (1 + math.exp(-(E4 - MU) / T))
                    sigma = 2 * alpha * bracket * (Q2 / shifted) ** 2 * shifted * length * hole / cosines.size
                    result += outer * w[j] * S / (2 * E1 * E2) * sigma * w[k]
        return result

    x, w = harness.gauss(n)
    name = f"numba, 2 x {n} x {n} x {n} Gauss nodes x {n_phi}"
    return harness.Way(name, lambda: (total(x, w), 2 * n**3 * n_phi), repeats=3)


def kernel_way(n=200, orders=(rates.FINE, rates.COARSE)):
    E = np.full(n, E1)

    def run():
        return float(rates.medium_rate(E, T, MU, M, orders=orders)[0][-1])

    return harness.Way(f"kernel, {orders[0]} and {orders[1]} nodes per panel, with error estimate", run, results=n)


def narrow_way(width, n=200):
    """The same with fewer numbers in a vector than the processor may have."""
    rows = np.tile([E1, T, MU, K2, M], (n, 1))
    rules, series = (rates.gauss(rates.FINE), rates.gauss(rates.COARSE)), rates.polylogarithm_series()

    def run():
        values = kernel.evaluate(rows, physics.M_ELECTRON_MEV, physics.ALPHA, True, *rules, *series, width=width)[0]
        return float(values[-1])

    return harness.Way(f"kernel, the same, vectors of {width} at most", run, results=n)


def core():
    return harness.Core(
        "sn_dipole",
        "Neutrino of 150 MeV, sterile neutrino of 50 MeV, electrons at T = 25 MeV and mu = 120 MeV, Debye screening, "
        "Pauli blocking: four dimensions.",
        float(rates.medium_rate(E1, T, MU, M, orders=(48, 40))[0]),
        kernel_way(),
        [
            harness.Way(
                "numpy, four-dimensional Gauss rules", lambda: physics.medium_rate(E1, T, MU, M, K2), repeats=3
            ),
            harness.nquad(integrand, 4, 100_000, 1e-3),
            harness.cubature(integrand, 4, 1e-4, 300),
            harness.vegas(integrand, 4, 20_000),
            numba_way(),
        ],
        [narrow_way(4), narrow_way(2), kernel_way(orders=(8, 6))],
    )


def test_table():
    harness.store(harness.compare(core()))
