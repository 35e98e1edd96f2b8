"""Speed of the neutron-star kernel beside the usual ways to do the same integrals."""

import math

import numpy as np
import pytest

from nubounds.constraints.neutron_star import heating, medium, physics, walk
from nubounds.constraints.neutron_star.star import K_B, Star
from nubounds.kernels import neutron_star as kernel

STAR = Star()
E, T_K = 1.0, 1000.0
M, T = E / STAR.gamma, T_K * K_B
K = math.sqrt((E - M) * (E + M))


def literal_integrand(transfer, q, u):
    """Integrand of the literal rate in energy transfer, q and u = (E_n - mu)/T, constant coherence factor."""
    mu = math.hypot(STAR.p_F, physics.M_N)
    if abs(transfer) >= q or mu + T * u < physics.threshold_energy(transfer, q):
        return 0.0
    E_n, w = mu + T * u, transfer / T
    p_along = (transfer**2 + 2 * E_n * transfer - q**2) / (2 * q)
    k_along = (q**2 - transfer**2 + 2 * E * transfer) / (2 * q)
    b2 = max((E_n - physics.M_N) * (E_n + physics.M_N) - p_along**2, 0) * max(K**2 - k_along**2, 0)
    a = E * E_n - k_along * p_along
    window = 1 / (math.exp(u) + 1) / (math.exp(-(u + w)) + 1)
    return T * window * (a * (a + K * E_n) + b2 / 2) * physics.G_F**2 / (8 * math.pi**3 * E * K)


def q_range(transfer):
    K_out = math.sqrt(max((E - transfer - M) * (E - transfer + M), 0))
    return [max(abs(K - K_out), abs(transfer) / STAR.v_F), max(K + K_out, abs(transfer) / STAR.v_F)]


def kernel_rate(count=1):
    return medium.collisions(STAR, np.full(count, E), T_K, "paper", "equal_mass", "constant").rate


@pytest.mark.benchmark(group="one thermal rate")
def test_kernel(benchmark):
    value, m, T_ = np.full(10_000, E), np.full(10_000, M), np.full(10_000, T)
    args = (STAR.v_F, STAR.E_max, STAR.T_max, 1.0, "paper", "equal_mass", "constant")
    benchmark(kernel.collision_moments, value, m, T_, *args)
    if benchmark.stats:
        benchmark.extra_info["microseconds_per_rate"] = benchmark.stats["min"] / 10_000 * 1e6


@pytest.mark.benchmark(group="one thermal rate")
def test_scipy_nquad_of_the_windowed_literal_integral(benchmark):
    from scipy.integrate import nquad

    options = {"epsrel": 1e-4, "limit": 60}
    end = 2 * STAR.v_F * (K + STAR.v_F * E) / (1 - STAR.v_F**2)

    def both_sides():
        window = [-40, 40]
        return sum(
            nquad(lambda u, q, w: literal_integrand(w, q, u), [window, lambda w: q_range(w), side], opts=[options] * 3)[
                0
            ]
            for side in ([-end, 0.0], [0.0, E - M])
        )

    value = benchmark.pedantic(both_sides, rounds=1, iterations=1)
    assert value == pytest.approx(kernel_rate()[0], rel=2e-3)


@pytest.mark.benchmark(group="one thermal rate")
def test_vegas_of_the_windowed_literal_integral(benchmark):
    vegas = pytest.importorskip("vegas")
    end = 2 * STAR.v_F * (K + STAR.v_F * E) / (1 - STAR.v_F**2)

    def integrand(point):
        transfer, fraction, u = point
        low, high = q_range(transfer)
        return (high - low) * literal_integrand(transfer, low + (high - low) * fraction, u)

    def run():
        integrator = vegas.Integrator([[-end, E - M], [0, 1], [-40, 40]])
        integrator(integrand, nitn=5, neval=4000)
        return integrator(integrand, nitn=8, neval=10_000)

    value = benchmark.pedantic(run, rounds=1, iterations=1)
    assert abs(value.mean - kernel_rate()[0]) < 6 * value.sdev


@pytest.mark.benchmark(group="one thermal rate")
def test_literal_integral_on_fixed_panels(benchmark):
    benchmark(physics.literal_rate, "paper", E, M, M, T, STAR.p_F, np.ones_like)


@pytest.mark.benchmark(group="heating map, 600 x 600")
def test_temperature_map(benchmark):
    m, s = (a.ravel() for a in np.meshgrid(np.geomspace(0.1, 1000, 600), np.geomspace(1e-15, 1, 600)))
    mass, where = np.unique(m, return_inverse=True)
    full4, s_sat, b, _, _ = heating.Heating(STAR).by_mass(mass)
    full4, s_sat, b = (np.ascontiguousarray(a[where]) for a in (full4, s_sat, b))
    benchmark(kernel.heating_map, s, full4, s_sat, b, 0.0, "min", "exponential")


@pytest.mark.benchmark(group="contours, 4 x 600")
def test_mixing_limits(benchmark):
    m, T_inf = (a.ravel() for a in np.meshgrid(np.geomspace(0.1, 1000, 600), [100.0, 500.0, 1000.0, 2000.0]))
    benchmark(heating.Heating(STAR).mixing, T_inf, m)


@pytest.mark.benchmark(group="walk, 100 collisions")
@pytest.mark.parametrize("step", kernel.STEPS)
def test_walk_solved(benchmark, step):
    def solve():
        walk.survival.cache_clear()
        return walk.survival(step, "radial", 0.0, 100)

    _, error = benchmark(solve)
    assert error.max() < 1e-7


@pytest.mark.benchmark(group="walk, 1e5 walkers, 50 collisions")
@pytest.mark.parametrize("step", kernel.STEPS)
def test_walkers(benchmark, step):
    benchmark(kernel.walkers, 1, 0, 100_000, 50, 0.0, step, "radial")


@pytest.mark.benchmark(group="walk, 1e5 walkers, 50 collisions")
def test_walkers_numpy(benchmark):
    def run():
        rng = np.random.default_rng(1)
        depth, inside = np.ones(100_000), []
        for _ in range(50):
            depth = depth + rng.uniform(-1, 1, depth.size)
            depth = depth[depth > 0]
            inside.append(depth.size)
        return inside

    benchmark.pedantic(run, rounds=3, iterations=1)
