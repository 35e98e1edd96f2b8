"""Collision rate of a relic neutrino in the degenerate neutron sea, (B37), and the walk of a neutrino out of it."""

import math

import harness
import numpy as np

from nubounds.constraints.neutron_star import heating, physics, random_walk
from nubounds.constraints.neutron_star.constants import K_B
from nubounds.constraints.neutron_star.inputs import Capture, Halo, Star
from nubounds.kernels import neutron_star as kernel

STAR = Star()
E, T_K = 1.0, 1000.0
M, T = E / STAR.gamma, T_K * K_B
K = math.sqrt((E - M) * (E + M))
MU = math.hypot(STAR.p_F, physics.M_N)
LAST = 2 * STAR.v_F * (K + STAR.v_F * E) / (1 - STAR.v_F**2)  # largest energy that the star gives
PREFACTOR = T * physics.G_F**2 / (8 * math.pi**3 * E * K)
FLIGHTS, WALKERS = 50, 100_000


def integrand(x):
    """The rate on the unit cube in energy transfer w, momentum transfer q and u = (E_n - mu)/T; x has shape (n, 3)."""
    w = -LAST + (LAST + E - M) * x[:, 0]
    K_out = np.sqrt(np.maximum((E - w - M) * (E - w + M), 0))
    low = np.maximum(np.abs(K - K_out), np.abs(w) / STAR.v_F)
    width = np.maximum(K + K_out, low) - low
    q, u = low + width * x[:, 1], -40 + 80 * x[:, 2]
    E_n = MU + T * u
    p_along, k_along = (w**2 + 2 * E_n * w - q**2) / (2 * q), (q**2 - w**2 + 2 * E * w) / (2 * q)
    b2 = np.maximum((E_n - physics.M_N) * (E_n + physics.M_N) - p_along**2, 0) * np.maximum(K**2 - k_along**2, 0)
    a = E * E_n - k_along * p_along
    with np.errstate(over="ignore", invalid="ignore"):
        window = 1 / (np.exp(u) + 1) / (np.exp(-(u + w / T)) + 1)
        inside = (np.abs(w) < q) & (T * u + MU >= physics.threshold_energy(w, q))
    jacobian = (LAST + E - M) * width * 80
    return np.where(inside, jacobian * PREFACTOR * window * (a * (a + K * E_n) + b2 / 2), 0.0)


def numba_way(n=48):
    """The same integrand compiled, on Gauss nodes, with w split at 0 and u at both Fermi surfaces."""
    import numba

    v_F, m_n = STAR.v_F, physics.M_N

    @numba.njit
    def total(x, weight):
        result, edge = 0.0, np.empty(4)
        for side in range(2):
            length = E - M if side else -LAST
            for i in range(x.size):
                w = length * x[i]
                K_out = math.sqrt(max((E - w - M) * (E - w + M), 0.0))
                low = max(abs(K - K_out), abs(w) / v_F)
                width = max(K + K_out, low) - low
                edge[1], edge[2] = min(0.0, -w / T), max(0.0, -w / T)
                edge[0], edge[3] = edge[1] - 40, edge[2] + 40
                for j in range(x.size):
                    q = low + width * x[j]
                    for piece in range(3):
                        reach = edge[piece + 1] - edge[piece]
                        for k in range(x.size):
                            u = edge[piece] + reach * x[k]
                            E_n = MU + T * u
                            p_along, k_along = (
                                (w**2 + 2 * E_n * w - q**2) / (2 * q),
                                (q**2 - w**2 + 2 * E * w) / (2 * q),
                            )
                            b2 = max((E_n - m_n) * (E_n + m_n) - p_along**2, 0.0) * max(K**2 - k_along**2, 0.0)
                            a = E * E_n - k_along * p_along
                            window = 1 / (math.exp(min(u, 700.0)) + 1) / (math.exp(min(-(u + w / T), 700.0)) + 1)
                            volume = abs(length) * width * reach * weight[i] * weight[j] * weight[k]
                            result += volume * window * (a * (a + K * E_n) + b2 / 2)
        return result * PREFACTOR

    x, weight = harness.gauss(n)
    return harness.Way(f"numba, 2 x {n} x {n} x 3 x {n} Gauss nodes", lambda: (total(x, weight), 6 * n**3), repeats=3)


def kernel_way(n=10_000):
    E_, M_, T_ = np.full(n, E), np.full(n, M), np.full(n, T)
    factor = STAR.rate_factor(E, E * math.sqrt(STAR.compactness))

    def run():
        value, _, _ = kernel.collision_moments(
            E_, M_, T_, STAR.v_F, STAR.E_max, STAR.T_max, 1.0, "paper", "equal_mass", "constant"
        )
        return float(factor * value[-1, 0])

    return harness.Way("kernel, three moments with error estimates", run, results=n)


def map_way(n=300):
    """A temperature map of the paper's Fig. 5 with n x n points."""
    m, s = (a.ravel() for a in np.meshgrid(np.geomspace(0.1, 1000, n), np.geomspace(1e-15, 1, n)))
    mass, where = np.unique(m, return_inverse=True)
    full4, s_sat, b, _, _ = heating.Heating(STAR, Halo(), Capture(), "literal").by_mass(mass)
    arrays = [np.ascontiguousarray(a[where]) for a in (full4, s_sat, b)]

    def run():
        kernel.heating_map(s, *arrays, 0.0, "min", "exponential")

    return harness.Way("kernel, a point of the temperature map", run, results=n * n)


def core():
    reference = physics.literal_rate("paper", E, M, M, T, STAR.p_F, np.ones_like, moments=1, order=24)[0]
    return harness.Core(
        "neutron_star",
        "Relic neutrino of 1 eV at 1000 K, paper's amplitude, N_C = 1: three dimensions. The kernel's form is "
        "one-dimensional, to leading order in q/p_F; the others integrate the literal form.",
        float(reference),
        kernel_way(),
        [
            harness.Way(
                "numpy, literal form on fixed Gauss panels",
                lambda: physics.literal_rate("paper", E, M, M, T, STAR.p_F, np.ones_like, moments=1)[0],
            ),
            harness.nquad(integrand, 3, 100_000, 1e-4),
            harness.cubature(integrand, 3, 1e-4, 300),
            harness.vegas(integrand, 3, 20_000),
            numba_way(),
        ],
        [map_way()],
    )


def walk_way():
    def run():
        random_walk.survival.cache_clear()
        return float(random_walk.survival("fixed", "radial", 0.0, FLIGHTS, "paper")[0][FLIGHTS - 1])

    return harness.Way("kernel, equation solved", run)


def sample_way(walkers=WALKERS):
    def run():
        return kernel.walkers(1, 0, walkers, FLIGHTS, 0.0, "fixed", "radial")[-1] / walkers

    return harness.Way(f"kernel, {walkers} walkers", run, repeats=3)


def walk_core():
    """Probability to be inside after many flights in a half-space, fixed steps, radial entry."""
    import numba

    def numpy_walkers():
        rng = np.random.default_rng(1)
        depth = np.ones(WALKERS)
        for _ in range(FLIGHTS - 1):
            depth = depth + rng.uniform(-1, 1, depth.size)
            depth = depth[depth > 0]
        return depth.size / WALKERS

    @numba.njit
    def compiled(walkers, flights):
        np.random.seed(1)
        inside = 0
        for _ in range(walkers):
            depth, flight = 1.0, 1
            while depth > 0 and flight < flights:
                depth += 2 * np.random.random() - 1
                flight += 1
            inside += depth > 0
        return inside / walkers

    sample = f"{WALKERS} walkers"
    return harness.Core(
        "neutron_star walk",
        f"Probability to be inside after {FLIGHTS} flights of fixed length that begin at the surface. The kernel "
        "solves the integral equation for all numbers of flights at once; the others sample.",
        float(random_walk._fixed("radial", 0.0, 64, 20)[FLIGHTS - 1]),
        walk_way(),
        [
            harness.Way(f"numpy, {sample}", numpy_walkers, repeats=3),
            harness.Way(f"numba, {sample}", lambda: compiled(WALKERS, FLIGHTS), repeats=3),
        ],
        [sample_way()],
    )


def test_table():
    harness.store(harness.compare(core()))


def test_walk_table():
    harness.store(harness.compare(walk_core()))
