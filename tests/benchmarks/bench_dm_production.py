"""dm_production: kernels beside scipy's quad and solve_ivp, each with the accuracy it reaches.  `make bench`."""

import numpy as np
import pytest

from nubounds.constraints.dm_production import medium as media
from nubounds.constraints.dm_production import phase_space, physics, production, self_interaction
from nubounds.constraints.dm_production.conventions import resolve
from nubounds.kernels import dm_thermal

CHOICES, CONSTANT = resolve("physical"), resolve("physical", g_star=10.75)
M4, S2, TARGET = 7.1e-3, 7e-11, 0.12
COUPLINGS = np.geomspace(1e-7, 1, 200)


def test_thermal_potential_of_the_kernel(benchmark):
    """One value and its error from a second step; 1e-9."""
    benchmark(dm_thermal.potential_at, 1.0, 3.0)


def test_thermal_potential_with_quad(benchmark):
    """Eq. (7) of the Letter, split at the singularities of its logarithms."""
    benchmark(physics.thermal_potential, 1.0, 3.0)


@pytest.mark.parametrize("flux", ["moller", "root"])
def test_tables_of_one_mediator(benchmark, flux):
    """Potential and rates on 47 x and 692 times; goal: below one second."""
    grid = media.momentum_grid(media.STANDARD[0])
    log_mu = np.arange(692) * media.STANDARD[1] + np.log(1e-5 * 500)
    size = (len(grid.x), 692)
    v, a, b = np.zeros(size), np.zeros(size), np.zeros((3, *size))
    benchmark.pedantic(dm_thermal.fill, (grid.x, log_mu, dm_thermal.FLUXES[flux], v, a, b, 0, 692), rounds=3)


@pytest.mark.parametrize("resolution", [media.FAST, media.STANDARD], ids=["fast", "standard"])
def test_200_densities_of_one_mediator(benchmark, resolution):
    """Error estimates included; goal: 0.1 ms each at 1e-3, tables there."""
    args = ("scalar", 500.0, CHOICES, COUPLINGS, M4, S2, resolution)
    production.relic_densities(*args)
    benchmark(production.relic_densities, *args)


def test_map_of_200_masses_and_200_couplings(benchmark):
    """Tables included where they are new; goal: below 5 seconds."""

    def draw():
        for m in np.geomspace(1, 1e4, 200):
            production.relic_densities("scalar", m, CHOICES, COUPLINGS, M4, S2, media.FAST)

    benchmark.pedantic(draw, rounds=1)


def test_all_roots_at_100_masses(benchmark):
    """Goal: below one second."""

    def find():
        for m in np.geomspace(1, 1e4, 100):
            production.relic_couplings("scalar", m, CHOICES, M4, S2, TARGET, media.FAST)

    benchmark.pedantic(find, rounds=1, warmup_rounds=1)


@pytest.mark.parametrize(
    "coupling, m, m4, s2", [(0.02, 500.0, M4, S2), (1e-3, 10.0, 50e-3, 1e-15)], ids=["B", "narrow"]
)
def test_density_matrix_of_one_momentum(benchmark, coupling, m, m4, s2):
    """Goal: below 20 ms at rtol 1e-6, the medium there; two runs, the second for the error."""
    at = phase_space.line(1.0, "scalar", m, CONSTANT)
    benchmark(phase_space.density_matrix, at, m4, coupling, s2)


@pytest.mark.parametrize("method", ["boltzmann", "density_matrix"])
def test_self_interacting_bath(benchmark, method):
    """400 coupled momenta, with the coarser run of the error estimate."""
    benchmark.pedantic(self_interaction.evolve, (M4, S2, 3e-5, 1.0, CONSTANT, method, 400, 0.02), rounds=1)


# one momentum by the usual ODE solver: the rate is interpolated, so that only the solver differs
ODE = {"B": (0.02, 500.0, M4, S2), "DW": (0.0, 500.0, M4, S2), "narrow": (1e-3, 10.0, 50e-3, 1e-15)}


def ode_and_exact(name):
    """Rate df/dln z as a function and the integral that the kernel gives."""
    coupling, m, m4, s2 = ODE[name]
    at = phase_space.line(1.0, "scalar", m, CONSTANT, 0.002)
    D, d, gamma = (rate[0] for rate in at.rates(m4, coupling, s2))
    t, f_a = at.around.log_z, at.grid.f_a[0]

    def rate(now):
        D_, d_, g_ = (np.interp(now, t, values) for values in (D, d, gamma))
        return 0.25 * g_ * D_**2 * s2 / (D_**2 * s2 + 0.25 * g_**2 + d_**2) * f_a

    return rate, phase_space.boltzmann(at, m4, coupling, s2, False)[0][0]


SETTINGS = {
    "LSODA default": {"rtol": 1e-3, "atol": 1e-6},
    "RK45 default": {"method": "RK45", "rtol": 1e-3, "atol": 1e-6},
    "LSODA default, max_step 0.05": {"rtol": 1e-3, "atol": 1e-6, "max_step": 0.05},
    "LSODA rtol 1e-6, atol 1e-12": {"rtol": 1e-6, "atol": 1e-12},
    "LSODA rtol 1e-6, atol 1e-12, max_step 0.05": {"rtol": 1e-6, "atol": 1e-12, "max_step": 0.05},
    "LSODA rtol 1e-8, atol 1e-30": {"rtol": 1e-8, "atol": 1e-30},
    "LSODA rtol 1e-8, atol 1e-30, max_step 0.005": {"rtol": 1e-8, "atol": 1e-30, "max_step": 0.005},
}


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("name", ODE)
def test_one_momentum_with_solve_ivp(benchmark, name, settings):
    """`ratio` to the kernel: wrong without a word unless tolerances are tightened by hand."""
    rate, exact = ode_and_exact(name)
    ends = (np.log(1e-5), np.log(10.0))
    value = benchmark.pedantic(physics.final_distribution, (rate, ends), SETTINGS[settings], rounds=1)
    benchmark.extra_info["ratio"] = value / exact


def test_one_momentum_with_the_kernel(benchmark):
    """The same integral, with its medium."""

    def one():
        at = phase_space.line(1.0, "scalar", 500.0, CONSTANT)
        return phase_space.boltzmann(at, M4, 0.02, S2, False)

    benchmark(one)
