"""solar_cevns: kernel beside adaptive quadrature.  `make bench`."""

import numpy as np
import pytest

from nubounds.constraints.solar_cevns import physics
from nubounds.constraints.solar_cevns.flux import load_fluxes
from nubounds.constraints.solar_cevns.inputs import FLAVOURS, SCENARIOS, defaults
from nubounds.constraints.solar_cevns.setup import setup

MASSES = np.geomspace(0.01, 18.7, 200)


def test_one_recoil_rate_of_the_kernel(benchmark):
    """Five isotopes, two fluxes, all flavours; goal: below 20 microseconds a point (here per 1000 points)."""
    made, rng = setup(), np.random.default_rng(1)
    T, m4 = 10 ** rng.uniform(-2, 0.9, 1000), rng.uniform(0, 15, 1000)
    benchmark(made.rates, T, m4)


def test_one_recoil_rate_with_scipy_quad(benchmark):
    """The same number once, by adaptive quadrature over every branch."""
    benchmark.pedantic(physics.recoil_rate, (1.0, "dipole", 5.0), rounds=3)


def test_all_limit_curves_of_the_kernel(benchmark):
    """200 masses, 4 flavours, 4 scenarios, limits included; goal: below one second."""
    made = setup()

    def curves():
        for scenario in SCENARIOS:
            signal, error = made.signals(scenario, MASSES)
            for flavour in FLAVOURS:
                made.limits(scenario, flavour, "poisson", "all", signal, error)

    benchmark.pedantic(curves, rounds=3, warmup_rounds=1)


@pytest.mark.slow
def test_one_bin_with_scipy_quad(benchmark):
    """One bin of one mass: nested adaptive quadrature."""
    benchmark.pedantic(physics.binned_rate, (1.0, 1.49, "dipole", 5.0), rounds=1)


def test_moment_tables(benchmark):
    """What a change of spectrum, production zone or oscillation parameters costs."""
    benchmark(load_fluxes, defaults())
