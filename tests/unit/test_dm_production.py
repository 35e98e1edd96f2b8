"""Sterile-neutrino dark matter: reference values, the kernels against physics.py, roots, density matrix, and
properties.

Reference values without another source come from independent calculations with the same inputs.
"""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nubounds
from close import close
from nubounds import config, registry
from nubounds.answers import evaluation
from nubounds.constraints.dm_production import (
    curves,
    data,
    laboratory,
    opacity,
    phase_space,
    physics,
    production,
    s_curve_turns,
    scans,
    self_interaction,
)
from nubounds.constraints.dm_production import medium as media
from nubounds.constraints.dm_production.conventions import resolve
from nubounds.constraints.dm_production.inputs import Choices, Wanted
from nubounds.contract import InputError, Status
from nubounds.kernels import dm_production as kernel
from nubounds.kernels import dm_thermal

M4, S2, TARGET = 7.1e-3, 7e-11, Wanted().target_relic_density
PHYSICAL, DECK = resolve("physical"), resolve("deck")
QUANTITIES = registry.get("dm_production").quantities


def evaluate(name, **args):
    return nubounds.evaluate(f"dm_production.{name}", **args)


# thermal potential and rates

POINTS = [
    (1, 1),
    (3, 3),
    (1, 10),
    (0.3, 100),
    (0.01, 0.1),
    (15, 1e-3),
    (0.05, 8),
    (5, 60),
    (1e-3, 1),
    (0.25, 1),
    (0.2501, 1),
    (30, 0.02),
]


@pytest.mark.parametrize("x, mu", POINTS)
def test_potential_agrees_with_the_logarithmic_form(x, mu):
    value, error, status = dm_thermal.potential_at(x, mu)
    expected = physics.thermal_potential(x, mu)
    assert status == Status.OK
    assert value == close(expected, rel=2e-9, abs=1e-12)
    assert abs(value - expected) < max(10 * error, 2e-9 * abs(expected))


@given(st.floats(-2, 1.3), st.floats(-2.5, 1.8))
@settings(max_examples=25, deadline=None)
def test_potential_agrees_anywhere(log_x, log_mu):
    x, mu = 10**log_x, 10**log_mu
    assert dm_thermal.potential_at(x, mu)[0] == close(physics.thermal_potential(x, mu), rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("x, mu, expected", [(1, 1, 0.038586239), (3, 3, 0.0054198348), (1, 10, -7.8682635e-5)])
def test_potential_reference(x, mu, expected):
    assert evaluate("thermal_potential", x=x, m_over_T=mu) == close(expected, rel=2e-8)
    assert evaluate("thermal_potential", x=x, m_over_T=mu, model="vector") == close(2 * expected, rel=2e-8)


@pytest.mark.parametrize("x", [0.05, 1.0, 7.0])
def test_potential_limits(x):
    assert dm_thermal.potential_at(x, 1e-6)[0] * 16 * x == close(1, rel=1e-5)
    assert dm_thermal.potential_at(x, 3e3)[0] / (-7 * np.pi**2 * x / 90 / 3e3**4) == close(1, rel=1e-5)


@pytest.mark.parametrize("x, zero", [(0.3, 1.563), (1, 2.968), (3, 5.025), (10, 8.896)])
def test_potential_zero(x, zero):
    assert evaluate("potential_zero", x=x) == close(zero, rel=3e-4)


@pytest.mark.parametrize("flux", ["moller", "root"])
@pytest.mark.parametrize("x, mu", POINTS[:6])
def test_rates_agree_with_quadrature(x, mu, flux):
    a, b, _, _ = dm_thermal.rates_at(x, mu, dm_thermal.FLUXES[flux])
    assert a == close(physics.on_shell_rate(x, mu, flux), rel=1e-9, abs=1e-100)
    for channel, index in dm_thermal.CHANNELS.items():
        assert b[index] == close(physics.off_shell_rate(x, mu, channel, flux), rel=2e-7)


@pytest.mark.parametrize(
    "x, mu, physical, deck",
    [
        (1, 1, (0.011458, 3.53124e-4), (0.0254466, 4.12408e-4)),
        (3, 3, (0.00769655, 1.29695e-5), (0.0116946, -9.5658e-6)),
        (1, 10, (2.76292e-11, 1.44558e-6), (2.81713e-11, 1.72189e-6)),
    ],
)
def test_rate_reference(x, mu, physical, deck):
    for convention, (a, b) in (("physical", physical), ("deck", deck)):
        for part, expected in (("on_shell", a), ("off_shell", b)):
            assert evaluate("collision_rate", x=x, m_over_T=mu, part=part, convention=convention) == close(
                expected, rel=1e-5
            )


@pytest.mark.parametrize("x, mu", [(1.0, 1.0), (1.0, 10.0), (3.0, 20.0), (0.3, 12.0)])
def test_on_shell_rate_of_the_deck_is_a_series(x, mu):
    """Int_w^inf sqrt(t)/(e^t + 1) dt = sum (-1)^(n+1) Gamma(3/2, n w)/n^(3/2): also where it is exponentially small."""
    from scipy.special import gamma, gammaincc

    w, n = mu**2 / (4 * x), np.arange(1, 2000)
    tail = np.sum((-1.0) ** (n + 1) * gamma(1.5) * gammaincc(1.5, n * w) / n**1.5)
    expected = np.pi * np.sqrt(w) * tail / (4 * np.pi**2 * x)
    assert evaluate("collision_rate", x=x, m_over_T=mu, convention="deck") == close(expected, rel=1e-8)


@pytest.mark.parametrize("coupling, accuracy", [(0.1, 1e-6), (0.3, 1e-5), (1.0, 1e-3)])
def test_narrow_width_against_breit_wigner(coupling, accuracy):
    """The finite part plus the on-shell delta are the whole resonance, up to terms of the width over the mass."""
    x, mu = 1.0, 1.5
    full = physics.off_shell_rate(x, mu, "scalar", width=coupling**2 / (32 * np.pi))
    a, b, _, _ = dm_thermal.rates_at(x, mu, dm_thermal.FLUXES["moller"])
    assert coupling**2 * a + coupling**4 * b[0] == close(coupling**4 * full, rel=accuracy)


def test_deck_limits_of_the_slides():
    """L(5), V(3.8), V(3.10) hold with the deck's flux (and the factor 2 for vectors); L(6) is its Boltzmann limit."""
    x, mu = 1.0, 1e3
    b = dm_thermal.rates_at(x, mu, dm_thermal.FLUXES["root"])[1]
    assert b[dm_thermal.CHANNELS["scalar"]] == close(7 * np.pi * x / (1440 * mu**4), rel=1e-4)
    assert 2 * b[dm_thermal.CHANNELS["vector"]] == close(7 * np.pi * x / (45 * mu**4), rel=1e-4)
    assert b[dm_thermal.CHANNELS["flavour"]] / b[dm_thermal.CHANNELS["vector"]] == close(0.5, rel=1e-4)
    light = dm_thermal.rates_at(x, 1e-4, dm_thermal.FLUXES["root"])[1]
    assert 2 * light[dm_thermal.CHANNELS["vector"]] == close(1.2020569 / np.pi**3 / 1e-8, rel=1e-3)
    w = 30.0
    boltzmann = (2 * w / np.pi * math.exp(-w) + math.sqrt(w / np.pi) * math.erfc(math.sqrt(w))) / 8
    assert dm_thermal.rates_at(1.0, 2 * math.sqrt(w), dm_thermal.FLUXES["root"])[0] == close(boltzmann, rel=1e-9)


@pytest.mark.parametrize("flux", dm_thermal.FLUXES)
def test_digits_of_the_tables_do_not_depend_on_vectors(flux):
    """Nor on how a line lies through the table."""
    x, log_mu = np.geomspace(1e-3, 24, 7), np.linspace(-12, 12, 33)
    found = set()
    try:
        for width in (8, 4, 2):
            dm_thermal.use_width(width)
            for lines in (False, True):
                v, a, b = (np.empty((*first, 7, 33)) for first in ((), (), (3,)))
                if lines:
                    across = np.repeat(x[:, None], 33, axis=1)
                    dm_thermal.fill_lines(across, log_mu, dm_thermal.FLUXES[flux], v, a, b)
                else:
                    dm_thermal.fill(x, log_mu, dm_thermal.FLUXES[flux], v, a, b, 0, 33)
                found.add(v.tobytes() + a.tobytes() + b.tobytes())
    finally:
        dm_thermal.use_width(8)
    assert len(found) == 1


@pytest.mark.parametrize("ratio", [1e-3, 0.3, 1.0, 5.0, 20.0, 100.0])
def test_lepton_density(ratio):
    out = np.empty(1)
    dm_thermal.lepton_density(np.array([ratio]), out)
    # A share of the massless lepton's density: added to one, so what is below 1e-12 is nothing.
    assert out[0] == close(physics.lepton_density(ratio), rel=1e-8, abs=1e-12)


def test_the_table_of_lepton_densities():
    z = np.geomspace(1e-9, 1e3, 501)
    expected = np.empty(len(z))
    dm_thermal.lepton_density(data.LEPTON_MASS_MEV["mu"] * z, expected)
    assert np.abs(media.lepton_density("mu", z) - expected).max() < 1e-12


def test_spline_is_the_not_a_knot_spline():
    from scipy.interpolate import CubicSpline

    table = data.degrees_of_freedom()
    grid = np.linspace(0.0, 5.45, 400)
    oracle = CubicSpline(table.g_rho.x, table.g_rho.y)
    value, slope = table.g_rho(grid)
    np.testing.assert_allclose(value, oracle(grid), rtol=1e-12)
    assert np.allclose(slope, oracle(grid, 1), rtol=1e-9, atol=1e-9)
    outside, flat = table.g_rho(np.array([-1.0, 7.0]))
    assert list(outside) == [10.71, 104.98] and not flat.any()


# relic density

DENSITIES = [
    ("scalar", 7.1, 7e-11, 5e-6, 100, 0.0257995, 0.0446633, 3e-4),
    ("scalar", 7.1, 7e-11, 0.02, 500, 0.382135, 0.444148, 3e-4),
    ("scalar", 7.1, 7e-11, 0.12, 1000, 0.0951221, 0.119241, 3e-4),
    ("scalar", 50, 1e-15, 1e-3, 10, 1.25491, 1.84852, 3e-3),
    ("vector", 7.1, 7e-11, 0.005, 800, 0.204936, 0.283544, 3e-4),
    ("vector", 7.1, 7e-11, 0.1, 2000, 0.13954, 0.192209, 3e-4),
    ("lmu_ltau", 7.1, 7e-11, 0.04, 1000, 0.06644, None, 3e-4),
    ("b_minus_l", 7.1, 7e-11, 0.04, 1000, 0.1221, None, 3e-4),
    ("sm", 7.1, 1e-9, None, None, 0.0189865, 0.0255808, 3e-5),
]


@pytest.mark.parametrize("model, m4, s2, coupling, m, physical, deck, accuracy", DENSITIES)
def test_relic_density_reference(model, m4, s2, coupling, m, physical, deck, accuracy):
    for convention, expected in (("physical", physical), ("deck", deck)):
        if expected is not None:
            value = evaluate(
                "relic_density",
                model=model,
                m4_keV=m4,
                sin2_2theta=s2,
                coupling=coupling,
                m_mediator_MeV=m,
                convention=convention,
            )
            assert value == close(expected, rel=accuracy)


@pytest.mark.parametrize(
    "flavour, physical, deck", [("mu", 6.320e-9, 4.691e-9), ("tau", 4.711e-9, None), ("e", 4.597e-9, None)]
)
def test_relic_mixing_reference(flavour, physical, deck):
    assert evaluate("relic_mixing", m4_keV=7.1, flavour=flavour) == close(physical, rel=2e-4)
    if deck:
        assert evaluate("relic_mixing", m4_keV=7.1, convention="deck") == close(deck, rel=2e-4)


def test_mixing_is_what_the_density_needs():
    mixing = evaluate("relic_mixing", m4_keV=12.0)
    assert evaluate("relic_density", m4_keV=12.0, sin2_2theta=mixing) == close(TARGET, rel=1e-6)


def test_density_against_a_plain_ode():
    """One momentum of the Standard Model and one with a mediator, by LSODA with a limited step, against the kernel;
    and LSODA left to itself.
    """
    for coupling, low, high, step in ((0.0, -8.0, -3.0, 0.1), (0.02, -4.5, -3.4, 0.25)):
        choices = resolve("physical", g_star=10.75, T_max_MeV=math.exp(-low), z_max=math.exp(high))

        def rate(t, coupling=coupling):
            return physics.production_rate(t, 1.0, M4, S2, coupling, 500.0)

        at = phase_space.line(1.0, "scalar", 500.0, choices)
        value = phase_space.boltzmann(at, M4, coupling, S2, False)[0][0]
        assert value == close(
            physics.final_distribution(rate, (low, high), max_step=step), rel=1e-4 if coupling == 0 else 1e-3
        )


def test_density_of_the_standard_model_grows_with_the_opacity():
    single, double = (
        production.relic_densities("sm", 1.0, resolve("physical", rate_coefficient=y), [0.0], M4, S2)[0][0]
        for y in (0.92, 1.84)
    )
    assert 1.9 < double / single < 2.0


def resonance_by_substitution(x, m, coupling, m4, s2, choices):
    """f_s of one narrow crossing of d = 0 from quad in the variable d/B around it: no grid of the kernel involved."""
    from scipy.integrate import quad
    from scipy.optimize import brentq

    def parts(t):
        at = phase_space.at_times(x, np.array([t]), "scalar", m, choices)
        D, d, gamma = (rate[0, 0] for rate in at.rates(m4, coupling, s2))
        return D, d, gamma, at.grid.f_a[0]

    def rate(t):
        D, d, gamma, f_a = parts(t)
        return 0.25 * gamma * D**2 * s2 / (D**2 * s2 + 0.25 * gamma**2 + d**2) * f_a

    grid = np.linspace(-11.5, 2.3, 800)
    signs = np.array([parts(t)[1] for t in grid])
    total, edges = 0.0, [grid[0]]
    for k in np.flatnonzero(signs[:-1] * signs[1:] < 0):
        centre = brentq(lambda t: parts(t)[1], grid[k], grid[k + 1], xtol=1e-15, rtol=1e-15)
        D, _, gamma, _ = parts(centre)
        slope = abs(parts(centre + 1e-5)[1] - parts(centre - 1e-5)[1]) / 2e-5
        width = math.sqrt(D**2 * s2 + 0.25 * gamma**2) / slope
        span = math.asinh(0.2 / width)

        def stretched(v, centre=centre, width=width):
            return rate(centre + width * math.sinh(v)) * width * math.cosh(v)

        total += sum(quad(stretched, *ends, epsrel=1e-7, limit=200)[0] for ends in ((-span, 0), (0, span)))
        edges += [centre - 0.2, centre + 0.2]
    edges.append(grid[-1])
    for low, high in zip(edges[::2], edges[1::2], strict=True):
        total += quad(rate, low, high, epsrel=1e-7, limit=400)[0]
    return total


@pytest.mark.parametrize("m4, s2, coupling, m", [(50e-3, 1e-15, 1e-3, 10.0), (M4, S2, 3e-4, 10.0)])
def test_narrow_resonance_against_substitution(m4, s2, coupling, m):
    choices = resolve("physical", g_star=10.75)
    value = phase_space.boltzmann(phase_space.line(1.0, "scalar", m, choices), m4, coupling, s2, False)[0][0]
    assert value == close(resonance_by_substitution(1.0, m, coupling, m4, s2, choices), rel=5e-4)


ENDING = [  # narrow resonances whose two crossings merge at some x: the production ends there like 1/sqrt(x_c - x)
    ("scalar", 40.0, 6.25e-5, 3.63e-3, 2.13e-16),
    ("vector", 13.0, 2.44e-5, 1.33e-3, 2.92e-9),
    ("scalar", 7.0, 7.01e-5, 3.92e-3, 1.42e-12),
]


@pytest.mark.parametrize("model, m, coupling, m4, s2", ENDING)
def test_density_where_a_narrow_resonance_ends_within_the_momenta(model, m, coupling, m4, s2):
    n, step = 384, 0.02  # so many momenta, each by itself: a plain rule, whose own error falls like 1/sqrt(n) here
    around = media.medium(model, m, PHYSICAL, (n, step))
    plain = replace(media.momentum_grid(n), cells=False)
    sums = production._sums(plain, around, coupling, m4, s2, 1.0)[0]
    expected = sums * PHYSICAL.helicities * production.OMEGA_PER_YIELD_AND_MEV * m4
    args = (model, m, PHYSICAL, [coupling], m4, s2)
    assert production.relic_densities(*args, media.STANDARD)[0][0] == close(expected, rel=4e-3)
    dense = production.relic_densities(*args, (n, step))[0][0]
    for resolution, accuracy in ((media.FAST, 4e-3), (media.STANDARD, 1e-3), (media.FINE, 4e-4)):
        assert production.relic_densities(*args, resolution)[0][0] == close(dense, rel=accuracy)


def test_a_map_is_right_to_a_thousandth():
    couplings, deviations = np.geomspace(1e-6, 0.5, 60), []
    for m in (3.0, 100.0, 300.0, 3000.0):
        args = ("scalar", m, PHYSICAL, couplings, M4, S2)
        value = production.relic_densities_within(1e-3, *args)[0]
        finest = production.relic_densities(*args, media.FINEST)[0]
        deviations.extend(np.abs(value / finest - 1))
    assert np.quantile(deviations, 0.95) < 5e-4
    assert np.quantile(deviations, 0.99) < 1e-3
    assert max(deviations) < 2e-3


@given(
    st.floats(0, 4.5),
    st.floats(-7, 0),
    st.floats(-3, 0),
    st.sampled_from(["scalar", "vector", "lmu_ltau", "b_minus_l"]),
)
@settings(max_examples=12, deadline=None)
def test_error_estimate_covers_a_finer_grid(log_m, log_coupling, log_m4, model):
    args = (model, 10**log_m, PHYSICAL, [10**log_coupling], 10**log_m4, 1e-12)
    value, error, status = production.relic_densities(*args, media.FAST)
    finer, finer_error, _ = production.relic_densities(*args, media.STANDARD)
    assert status[0] == Status.OK
    assert abs(value[0] / finer[0] - 1) < 3 * (error[0] + finer_error[0]) / finer[0] + 1e-3


def test_density_is_linear_in_mixing():
    small, large = (
        production.relic_densities("scalar", 500.0, PHYSICAL, [0.01], M4, s2)[0][0] / s2 for s2 in (1e-16, 1e-9)
    )
    assert large == close(small, rel=1e-5)


def test_values_without_errors_are_the_same():
    at = production.evolution("scalar", 500.0, PHYSICAL, media.FAST)
    couplings = np.geomspace(1e-6, 1, 9)
    with_errors, without = (production.yields(at, couplings, M4, S2, errors=each) for each in (True, False))
    assert with_errors[0].tobytes() == without[0].tobytes() and np.all(np.isnan(without[1]))


def test_digits_of_densities_do_not_depend_on_vectors():
    """Of densities with their errors, of what is produced at single momenta, and of moments."""
    couplings, x, found = np.geomspace(1e-6, 1, 25), [0.1, 1.0, 3.0, 10.0], set()
    line = phase_space.line(x, "scalar", 10.0, PHYSICAL)
    try:
        for width in (8, 4, 2):
            kernel.use_width(width)
            parts = [
                *(np.concatenate(phase_space.boltzmann(line, M4, each, S2, False)) for each in couplings),
                *phase_space.redshifted(x, "scalar", 10.0, PHYSICAL, M4, 1e-3, S2),
            ]
            for m in (10.0, 600.0):
                parts += production.relic_densities("scalar", m, PHYSICAL, couplings, M4, S2, media.FAST)[:2]
                parts += production.mean_momenta("vector", m, PHYSICAL, couplings, M4, S2)
            found.add(b"".join(part.tobytes() for part in parts))
    finally:
        kernel.use_width(8)
    assert len(found) == 1


@pytest.mark.parametrize(("m", "m4"), [(56.0, 1e-3), (100.0, 1e-3), (1000.0, 1.0), (1e4, 7.1e-3)])
def test_walks_are_right_to_less_than_a_per_cent(m, m4):
    """Though they leave out ends of the evolution, and take more steps for resonant."""
    couplings = np.geomspace(*production.COUPLING_RANGE, 131)
    walk, plain = (
        production.yields(production.evolution("vector", m, PHYSICAL, media.COARSE, each), couplings, m4, S2)[0]
        for each in (True, False)
    )
    assert walk == close(plain, rel=5e-3)
    assert np.any(walk != plain)


def test_opacities_share_the_passage_of_a_mediator():
    """Members of an ensemble that differ in the opacity alone, and models at one mass."""
    scaled = replace(PHYSICAL, rate_scale=1.3)
    one, other = (media.medium("b_minus_l", 321.0, choices, media.FAST) for choices in (PHYSICAL, scaled))
    assert one.log_z is other.log_z is media.medium("scalar", 321.0, scaled, media.FAST).log_z
    assert one.b.tobytes() == other.b.tobytes()
    assert other.gamma_sm == close(1.3 * one.gamma_sm, rel=1e-12)


def test_a_shared_walk_finds_the_roots_of_an_own_one():
    """Three couplings, one, and where the weak rate alone makes dark matter; at the edges of what shares a walk."""
    lowest, highest = production.COUPLING_RANGE
    for m, scale, target in ((600.0, 0.7, 0.117), (600.0, 1.6, 0.126), (30.0, 1.6, 0.12), (1400.0, 0.65, 0.12)):
        point = ("scalar", m, replace(PHYSICAL, rate_scale=scale), M4, S2, target, media.FAST)
        shared, evaluations, status = production.relic_couplings(*point)
        own, more, same = production.relic_couplings(*point, between=(lowest * (1 + 1e-12), highest))
        assert status == same and len(shared) == len(own) and evaluations < 0.7 * more
        assert shared == close(own, rel=2 * production.ROOT_TOLERANCE)


def test_rows_do_not_know_each_other():
    couplings = np.geomspace(1e-7, 1, 20)
    together = production.relic_densities("scalar", 321.0, PHYSICAL, couplings, M4, S2)[0]
    production.evolution.cache_clear()
    media.medium.cache_clear()
    media.thermal_tables.cache_clear()
    alone = [production.relic_densities("scalar", 321.0, PHYSICAL, [c], M4, S2)[0][0] for c in couplings[::-1]]
    assert list(together) == alone[::-1]


def test_single_choices():
    """Sensitivity of the physical density to each choice at A, B, C, by an independent calculation."""
    points = {"A": (0.12, 1000.0), "B": (0.005, 1000.0), "C": (1e-5, 100.0)}
    expected = {
        ("flux", "root"): (1.20, 1.04, 1.41),
        ("v_sm", "printed"): (1.0, 1.0, 1.0),
        ("g_star", 10.75): (1.05, 1.84, 1.22),
        ("off_shell", False): (0.003, 1.0, 1.0),
        ("z_max", 1.0): (1.0, 1.0, 1.0),
        ("T_max_MeV", 1000.0): (1.0, 1.0, 1.0),
        ("helicities", 1): (0.5, 0.5, 0.5),
    }
    for (coupling, m), *ratios in zip(points.values(), *expected.values(), strict=True):
        standard = production.relic_densities("scalar", m, PHYSICAL, [coupling], M4, S2)[0][0]
        for (name, value), ratio in zip(expected, ratios, strict=True):
            changed = production.relic_densities("scalar", m, resolve("physical", **{name: value}), [coupling], M4, S2)[
                0
            ][0]
            assert changed / standard == close(ratio, rel=0.01, abs=2e-3), (name, m)


def test_all_switches_together_are_the_deck():
    switches = {"flux": "root", "g_star": 10.75, "v_sm": "printed", "helicities": 1, "doubling": 2}
    assert resolve("physical", **switches) == DECK


# roots

ROOTS = [
    ("scalar", "physical", [3.1905e-6], [1.1108e-4, 4.8696e-3, 0.12956]),
    ("scalar", "deck", [2.6039e-6], [5.9177e-5, 6.3704e-3, 0.12026]),
    ("vector", "physical", [2.2560e-6], [7.8542e-5, 3.4436e-3, 0.05846]),
    ("vector", "deck", [1.8412e-6], [4.1845e-5, 4.5057e-3, 0.05375]),
    ("lmu_ltau", "physical", [2.2560e-6], [7.854e-5, 3.444e-3, 0.04891]),
    ("b_minus_l", "physical", [2.2560e-6], [7.854e-5, 3.4445e-3, 0.03977]),
]


@pytest.mark.parametrize("model, convention, light, heavy", ROOTS)
def test_relic_couplings_reference(model, convention, light, heavy):
    for m, expected in ((10, light), (1000, heavy)):
        roots = evaluate("relic_couplings", model=model, convention=convention, m_mediator_MeV=m)
        assert roots == close(expected, rel=1.5e-4)


def crossings(m, choices, model="scalar", points=1200):
    """Number of crossings of the target on a map of couplings, far finer than the search's own walk."""
    couplings = np.geomspace(*production.COUPLING_RANGE, points)
    above = production.relic_densities(model, m, choices, couplings, M4, S2, media.FAST)[0] > TARGET
    return int(np.count_nonzero(above[1:] != above[:-1]))


@pytest.mark.parametrize(
    "grids, tolerance", [((media.STANDARD,), 2e-4), (media.LADDERS["paper"], production.ROOT_ACCURACY)]
)
@pytest.mark.parametrize("model, m4, s2", [("scalar", M4, S2), ("scalar", 50e-3, 1e-15), ("lmu_ltau", M4, S2)])
def test_branches_meet_at_their_turning_points(model, m4, s2, grids, tolerance):
    """From a grid whose last masses with three couplings are far from the turns."""
    masses = np.geomspace(30, 3e4, 12)
    roots = np.zeros((len(masses), scans.N_ROOTS))
    for row, m in zip(roots, masses, strict=True):
        found = production.relic_couplings(model, m, PHYSICAL, m4, s2, TARGET)[0]
        row[: len(found)] = found
    masses, roots = s_curve_turns.with_turning_points(masses, roots, model, PHYSICAL, m4, s2, TARGET, grids)
    branch = {name: (x, y) for name, x, y in curves.branches(masses, roots)}
    (x_c, y_c), (x_b, y_b), (x_a, y_a) = (branch[name] for name in "CBA")
    assert (x_c[-1], y_c[-1]) == (x_b[-1], y_b[-1])
    assert (x_b[0], y_b[0]) == (x_a[0], y_a[0])
    turns, _ = s_curve_turns.turning_masses(model, PHYSICAL, m4, s2, TARGET)
    assert (x_b[0], x_b[-1]) == close((turns["lightest"], turns["heaviest"]), rel=3e-4)
    for x, y in branch.values():
        density = [production.relic_densities(model, m, PHYSICAL, [c], m4, s2)[0][0] for m, c in zip(x, y, strict=True)]
        np.testing.assert_allclose(density, TARGET, rtol=tolerance)


@pytest.mark.parametrize("convention", ["physical", "deck"])
def test_no_branch_lost_or_invented_near_the_turning_points(convention):
    choices = resolve(convention)
    turning, _ = s_curve_turns.turning_masses("scalar", choices, M4, S2, TARGET)
    for mass in turning.values():
        for offset in (0.97, 0.9995, 1.0005, 1.03):
            m = mass * offset
            roots, _, _ = production.relic_couplings("scalar", m, choices, M4, S2, TARGET, media.FAST)
            density = production.relic_densities("scalar", m, choices, roots, M4, S2, media.FAST)[0]
            assert density == close(TARGET, rel=1e-4)
            if abs(offset - 1) > 1e-3:
                assert len(roots) == crossings(m, choices), m
            inside = turning["lightest"] < m < turning["heaviest"]
            assert len(roots) == (3 if inside else 1)


@pytest.mark.parametrize("m", [1.3, 37.0, 610.0, 2500.0, 3e4])
def test_roots_match_a_map(m):
    roots, _, _ = production.relic_couplings("vector", m, PHYSICAL, M4, S2, TARGET, media.FAST)
    assert len(roots) == crossings(m, PHYSICAL, "vector")


@pytest.mark.parametrize("moved, searched", [(1.0, False), (30.0, True)], ids=["one root in each", "none in one"])
def test_roots_in_given_ranges_are_those_of_the_whole_range(monkeypatch, moved, searched):
    point = ("vector", 1000.0, PHYSICAL, M4, S2)
    whole, _, _ = production.relic_couplings_on((media.FAST,), TARGET, *point)
    assert len(whole) == 3
    ranges, asked, search = [(0.8 * root, 1.3 * root) for root in whole], [], production.relic_couplings
    ranges[1] = (0.8 * whole[1] / moved, 1.3 * whole[1] / moved)
    monkeypatch.setattr(
        production, "relic_couplings", lambda *given, **more: (asked.append(given[-1]), search(*given, **more))[1]
    )
    roots, errors, status = production.relic_couplings_on((media.FAST,), TARGET, *point, one_in_each=ranges)
    assert asked == [*ranges, *[production.COUPLING_RANGE] * searched]
    assert roots == close(whole, rel=3 * production.ROOT_TOLERANCE)
    assert len(errors) == 3 and status == Status.OK


def test_switches_that_were_the_key_of_a_cache_resolve_to_the_same_choices():
    choices = resolve("deck")
    hash(choices)
    assert resolve("deck", choices) == choices


def test_no_root_is_an_empty_list_with_a_note():
    none = evaluation.respond("dm_production.relic_couplings", {"m_mediator_MeV": 1e6, "sin2_2theta": 1e-16})
    assert none["value"] == [] and "no coupling" in none["note"]


# phase space and density matrix

PHASE_SPACE = [
    (0.02, 500, 2.78322e-4, 2.78178e-4, 2.78178e-4),
    (0.12, 1000, 3.50898e-4, 3.5067e-4, 3.50648e-4),
    (3e-4, 10, 8.25, 0.268941, 0.268941),
]


@pytest.mark.parametrize("coupling, m, plain, back, matrix", PHASE_SPACE)
def test_phase_space_reference(coupling, m, plain, back, matrix):
    args = {"x": 1, "model": "scalar", "coupling": coupling, "m_mediator_MeV": m, "g_star": 10.75}
    assert evaluate("phase_space", **args) == close(plain, rel=2e-3)
    assert evaluate("phase_space", **args, back_reaction=True) == close(back, rel=2e-4)
    assert evaluate("phase_space", **args, method="density_matrix") == close(matrix, rel=2e-4)


@pytest.mark.parametrize("choices", [PHYSICAL, DECK, resolve("physical", g_star=10.75)])
@pytest.mark.parametrize("x", [0.3, 1.0, 6.0])
@pytest.mark.parametrize(
    "coupling, m, m4, s2",
    [(0.02, 500.0, M4, S2), (1e-3, 10.0, 50e-3, 1e-15), (5e-6, 100.0, M4, S2), (0.1, 50.0, 1e-3, 1e-8)],
)
def test_density_matrix_is_boltzmann_with_back_reaction(choices, x, coupling, m, m4, s2):
    at = phase_space.line(x, "scalar", m, choices)
    expected, _ = phase_space.boltzmann(at, m4, coupling, s2, True)
    value, error, steps, status = phase_space.density_matrix(at, m4, coupling, s2)
    assert status == Status.OK and steps[0] < 5000
    assert value[0] == close(expected[0], rel=5e-4)
    assert error[0] < 1e-4 * value[0]


def test_density_matrix_against_radau_of_scipy():
    from scipy.integrate import solve_ivp

    at = phase_space.line(1.0, "scalar", 500.0, resolve("physical", g_star=10.75))
    D, d, gamma = (rate[0] for rate in at.rates(M4, 0.02, S2))
    t, f_a = at.around.log_z, at.grid.f_a[0]

    def at_time(now):
        return (np.interp(now, t, rate) for rate in (D, d, gamma))

    def slope(now, y):
        D_, d_, g_ = at_time(now)
        return [-d_ * y[1] - g_ / 2 * y[0], d_ * y[0] - g_ / 2 * y[1] + D_ / 2 * (f_a - S2 * y[2]), D_ * y[1]]

    def jacobian(now, y):
        D_, d_, g_ = at_time(now)
        return [[-g_ / 2, -d_, 0], [d_, -g_ / 2, -D_ * S2 / 2], [0, D_, 0]]

    D0, d0, g0 = at_time(-8.0)
    over = 0.5 * D0 * f_a / (g0**2 / 4 + d0**2)
    solution = solve_ivp(
        slope,
        (-8.0, np.log(10)),
        [-over * d0, over * g0 / 2, 0],
        method="Radau",
        jac=jacobian,
        rtol=1e-6,
        atol=1e-8,
        max_step=0.05,
    )
    assert S2 * solution.y[2, -1] == close(phase_space.density_matrix(at, M4, 0.02, S2)[0][0], rel=1e-3)


SELF_INTERACTION = [(0.0, 4.712e-3), (1e-5, 6.434e-3), (3e-5, 0.1452)]


@pytest.mark.parametrize("coupling, expected", SELF_INTERACTION)
def test_sterile_self_interaction_reference(coupling, expected):
    value = evaluate("self_interacting_density", coupling_sterile=coupling, g_star=10.75)
    assert value == close(expected, rel=3e-3)


@pytest.mark.parametrize("convention", ["physical", "deck"])
def test_without_self_interaction_the_bath_is_that_of_dodelson_and_widrow(convention):
    point = {"m4_keV": 7.1, "sin2_2theta": 7e-11, "convention": convention}
    expected = evaluate("relic_density", model="sm", **point)
    assert evaluate("self_interacting_density", coupling_sterile=0.0, **point) == close(expected, rel=1e-4)


@pytest.mark.parametrize(
    "coupling, choices, accuracy",
    [(3e-5, {"g_star": 10.75}, 2e-4), (4e-5, {"g_star": 10.75}, 1e-3), (3e-5, {}, 2e-4)],  # it runs away above 3e-5
)
def test_sterile_self_interaction_against_a_plain_ode(coupling, choices, accuracy):
    """All momenta by LSODA, the rate at each by a spline through f22 on a grid of physical momenta."""
    from scipy.integrate import solve_ivp
    from scipy.interpolate import CubicSpline

    chosen = resolve("physical", **choices)
    u = np.arange(1, 101) / 100
    y, measure = 24 * u**2, 48 * u  # comoving, in units of the temperature at 1 MeV
    at_1_MeV = data.degrees_of_freedom()(0.0)[1]

    def rate(t, f):
        around = media.background(np.array([t]), chosen)
        T, H = math.exp(-t), around.hubble[0]
        x = y * (1.0 if choices else (around.g_s[0] / at_1_MeV) ** (1 / 3))  # p/T
        cumulative = CubicSpline(np.r_[0, u], np.r_[0, f * measure * x / y]).antiderivative()
        lowest = 1.0 / T**2 / (4 * x)  # of the other momentum, mediator of 1 MeV
        at = np.minimum(np.sqrt(lowest * y / x / 24), 1.0)
        gamma = x * opacity.weak_rate(x, np.array([t]), chosen)[0]
        gamma = gamma + T * coupling**2 / T**2 / (8 * np.pi * x**2) * np.maximum(cumulative(1.0) - cumulative(at), 0)
        D = M4**2 / (2 * x * T)
        d = D * math.sqrt(1 - S2) - x * around.v_sm[0]
        return gamma / (4 * H) * D**2 * S2 / (D**2 * S2 + gamma**2 / 4 + d**2) * (1 / (np.exp(x) + 1) - f)

    solution = solve_ivp(
        rate, (math.log(1e-5), math.log(10)), np.zeros(100), method="LSODA", rtol=1e-7, atol=1e-14, max_step=0.05
    )
    assert solution.success
    bath = self_interaction.evolve(M4, S2, coupling, 1.0, chosen)
    expected = CubicSpline(u, y**2 * solution.y[:, -1] * measure).integrate(u[0], 1)
    found = np.sum(bath.x**2 * bath.f22 * np.sqrt(bath.x)) * 48 / math.sqrt(24) / len(bath.x)
    assert found == close(expected, rel=accuracy)
    assert abs(found / expected - 1) < bath.error / bath.relic_density


def test_sterile_self_interaction_by_density_matrix_and_in_equilibrium():
    choices = resolve("physical", g_star=10.75)
    args = (M4, S2, 3e-5, 1.0, choices)
    quasi_static = self_interaction.evolve(*args, n=200, step=0.04)
    matrix = self_interaction.evolve(*args, "density_matrix", n=200, step=0.04)
    assert matrix.status == Status.OK
    assert matrix.relic_density == close(quasi_static.relic_density, rel=1e-4)
    strong = self_interaction.evolve(M4, S2, 1e-2, 1.0, choices, n=200, step=0.04)
    assert strong.status == Status.OK
    assert np.all(strong.f22 <= 1 / (np.exp(strong.x) + 1) * (1 + 1e-12))


def test_mean_momenta():
    deck = {"A": (0.12, 1000, 3.16), "C": (5e-6, 100, 2.68)}
    for coupling, m, expected in deck.values():
        value = evaluate("mean_momentum", model="scalar", coupling=coupling, m_mediator_MeV=m, convention="deck")
        assert value == close(expected, rel=0.01)
    assert evaluate("mean_momentum", convention="deck") == close(3.15, rel=2e-3)
    assert evaluate("mean_momentum") == close(2.74, rel=2e-3)


def test_no_error_of_a_spectrum_is_zero_by_chance():
    """Twice the step gave the same digits at some momenta, and the error said nothing was left."""
    y = np.linspace(0.1, 15.0, 60)
    (rough, error), (fine, rest) = (
        phase_space.redshifted(y, "scalar", 500.0, PHYSICAL, M4, 0.02, S2, step=step) for step in (0.02, 0.01)
    )
    assert np.all(error >= 1e-9 * rough) and np.all(np.abs(rough - fine) <= error + rest)


def test_redshifted_spectrum_has_the_number_and_momentum_of_the_sums():
    y, w = np.polynomial.legendre.leggauss(24)
    u, w = 0.5 * (y + 1), 0.5 * w
    p = 24 * u**2
    f = phase_space.redshifted(p, "scalar", 500.0, PHYSICAL, M4, 0.02, S2, step=0.04)[0]
    measure = w * 48 * u * p**2
    mean = np.sum(measure * p * f) / np.sum(measure * f)
    assert mean == close(production.mean_momentum("scalar", 500.0, PHYSICAL, M4, 0.02, S2)[0], rel=1e-3)


# laboratory

LIMITS = [
    ({"probe": "higgs_invisible", "m_mediator_MeV": 100}, 2.1755e-3),
    ({"probe": "higgs_invisible_hllhc", "m_mediator_MeV": 100}, 6.199e-4),
    ({"probe": "w_width", "m_mediator_MeV": 1000}, 0.15532),
    ({"probe": "kaon", "m_mediator_MeV": 10}, 6.426e-3),
    ({"probe": "kaon", "m_mediator_MeV": 200}, 0.02261),
    ({"probe": "kaon", "m_mediator_MeV": 100, "model": "vector"}, 5.557e-3),
    ({"probe": "pion", "m_mediator_MeV": 10, "model": "vector"}, 0.01571),
    ({"probe": "lifetime", "m_mediator_MeV": 1}, 9.775e-4),
    ({"probe": "lifetime", "m_mediator_MeV": 1, "m4_keV": 50, "sin2_2theta": 1e-15}, 1.386e-3),
]


@pytest.mark.parametrize("args, expected", LIMITS)
def test_coupling_limit_reference(args, expected):
    assert evaluate("coupling_limit", **args) == close(expected, rel=3e-4)


@pytest.mark.parametrize("probe, m", [("kaon", 388.1), ("w_width", 80379), ("higgs_invisible", 2e5), ("pion", 40)])
def test_closed_decays_have_no_limit(probe, m):
    answer = evaluation.respond("dm_production.coupling_limit", {"probe": probe, "m_mediator_MeV": m})
    assert answer["value"] is None and "closed" in answer["note"]


@pytest.mark.parametrize("model, power", [("scalar", 0), ("vector", 2)])
def test_meson_width_for_a_massless_muon(model, power):
    """lambda^2 G_F^2 V^2 f^2 M^3/(768 pi^3), and M^5/(3072 pi^3 m^2): closed forms of the Dalitz integral."""
    m, M, f, ckm = 0.5, data.M_KAON_MEV, data.F_KAON_MEV, data.V_US
    closed = (
        laboratory.G_F_PER_MEV2**2
        * ckm**2
        * f**2
        * M ** (3 + power)
        / ((768 if model == "scalar" else 3072) * np.pi**3 * m**power)
    )
    assert laboratory.meson_width("kaon", model, m, m_lepton=1e-3) == close(closed, rel=1e-4)


def test_meson_width_against_a_full_dalitz_integral():
    """Both invariants integrated numerically with four-vectors' scalar products, m_mu included."""
    m, mu = 100.0, data.LEPTON_MASS_MEV["mu"]
    M, f, ckm, _, _ = laboratory.MESONS["kaon"]
    nodes, weights = np.polynomial.legendre.leggauss(400)
    total = 0.0
    low, high = m, M - mu
    for Q, weight in zip(0.5 * (low + high) + 0.5 * (high - low) * nodes, 0.5 * (high - low) * weights, strict=True):
        Q2, r = Q * Q, mu**2 / Q**2
        q = 0.5 * (Q2 - m * m) / Q  # energy of the neutrino in the frame of Q
        E_k = (M**2 - Q2 - mu**2) / (2 * Q)
        k = np.sqrt(E_k**2 - mu**2)
        cos = nodes
        kq = E_k * q - k * q * cos
        kQ = E_k * Q
        qQ = q * Q
        kp, pQ, qp = kQ - kq, Q2 - qQ, 0.5 * (Q2 - m * m)
        factor = 2 * r * (1 + kQ / Q2)
        squared = (1 - r) * kq + factor * qQ + 2 * qp / m**2 * ((1 - r) * kp + factor * pQ)
        total += weight * 2 * Q * np.sum(weights * squared) * 2 * k * q  # ds = 2 k q dcos
    expected = 4 * laboratory.G_F_PER_MEV2**2 * ckm**2 * f**2 * total / (256 * np.pi**3 * M**3)
    assert laboratory.meson_width("kaon", "vector", m) == close(expected, rel=1e-6)


def test_xray_rate_and_fermi_line():
    assert evaluate("xray_rate") == close(1.72e-28, rel=2e-3)
    assert evaluate("xray_rate", m4_keV=50, sin2_2theta=1e-15) == close(4.25e-29, rel=2e-3)
    assert evaluate("fermi_line", m_mediator_MeV=1) == close(3.415e-6, rel=1e-3)


def test_sm_potential_coefficients():
    assert evaluate("potential_coefficient", flavour="e")["per_GeV4"] == close(10.9e-9, rel=2e-3)
    assert evaluate("potential_coefficient", flavour="mu")["per_GeV4"] == close(3.05e-9, rel=2e-3)


@pytest.mark.parametrize("channel", ["scalar", "vector", "flavour"])
@pytest.mark.parametrize("u", [1e-6, 1e-3, 0.1, 0.1999, 0.2001, 0.9, 1.3, 40.0, 1e7])
def test_cross_sections(channel, u):
    exact = physics.scattering(channel, u) / (u - 1) ** 2
    assert evaluate("cross_section", s_over_m2=u, channel=channel) == close(exact, rel=1e-9 if u > 0.05 else 2e-3)


# refusals and flags


@pytest.mark.parametrize(
    "name, args, word",
    [
        ("relic_density", {"model": "scalar"}, "coupling"),
        ("relic_density", {"model": "scalar", "coupling": 0.1}, "m_mediator_MeV"),
        ("relic_density", {"m4_keV": -1}, "above"),
        ("relic_couplings", {"model": "sm", "m_mediator_MeV": 10}, "model"),
        ("thermal_potential", {"x": 1, "m_over_T": 1, "model": "b_minus_l"}, "model"),
        ("thermal_potential", {"x": 0, "m_over_T": 1}, "x"),
    ],
)
def test_refusals_name_the_argument(name, args, word):
    with pytest.raises(InputError, match=word):
        evaluate(name, **args)


@pytest.mark.parametrize(
    "args, word",
    [
        ({"m4_keV": 2000}, "1 MeV"),
        ({"coupling": 2.0, "m_mediator_MeV": 5e4, "model": "scalar"}, "perturbative"),
        ({"coupling": 1e-5, "m_mediator_MeV": 2, "model": "scalar"}, "nucleosynthesis"),
    ],
)
def test_points_outside_validity_are_computed_and_flagged(args, word):
    answer = evaluation.respond("dm_production.relic_density", args)
    assert answer["value"] > 0 and word in answer["note"]
    json.dumps(answer)


def test_user_tables(tmp_path):
    g_star = tmp_path / "g.csv"
    g_star.write_text("T_MeV,g_rho,g_s\n" + "".join(f"{T},10.75,10.75\n" for T in (1e-2, 1, 1e2, 1e5)))
    constant = resolve("physical", g_star=10.75)
    with_file = resolve("physical", g_star_file=str(g_star))
    point = ("scalar", 500.0)
    assert production.relic_densities(*point, with_file, [0.02], M4, S2)[0] == close(
        production.relic_densities(*point, constant, [0.02], M4, S2)[0], rel=1e-9
    )
    y = tmp_path / "y.csv"
    y.write_text("T_MeV,y\n0.1,1.27\n1e5,1.27\n")
    assert production.relic_densities("sm", 1.0, resolve("physical", opacity_file=str(y)), [0.0], M4, S2)[0] == close(
        production.relic_densities("sm", 1.0, resolve("physical", rate_coefficient=1.27), [0.0], M4, S2)[0], rel=1e-9
    )
    y.write_text("T_MeV,y\n1,1\n0.5,2\n")
    with pytest.raises(InputError, match="increase"):
        opacity.read.__wrapped__(str(y))


@pytest.mark.parametrize(
    "file, other, value", [("g_star_file", "g_star", 10.75), ("opacity_file", "rate_coefficient", 1.27)]
)
def test_a_table_that_would_not_be_read_is_refused(tmp_path, file, other, value):
    table = tmp_path / "some.csv"
    table.touch()
    with pytest.raises(InputError, match=f"{file}: would not be read, because {other} is {value}"):
        Choices(**{file: table, other: value})


# inputs


def test_a_switch_that_is_left_open_follows_the_convention():
    for left_open in (None, "convention"):
        assert Choices(flux=left_open) == Choices()
        assert resolve("deck", Choices(flux=left_open)).flux == "root"
    given = {"constraints": ["dm_production"], "dm_production": {"inputs": {"flux": None, "g_star": 10.75}}}
    inputs = config.complete(given, "config.yaml").sections["dm_production"].inputs
    assert (inputs["flux"], inputs["g_star"]) == ("convention", 10.75)


def test_quantities_use_the_inputs_that_they_are_given():
    point = {"m4_keV": 7.1, "m_mediator_MeV": 1000}
    assert evaluate("relic_mixing", m4_keV=7.1, target_relic_density=0.06) == close(
        evaluate("relic_mixing", m4_keV=7.1, target=0.06), rel=1e-12
    )
    assert evaluate("limit_ratio", m_mediator_MeV=1000, kappa=0.5) == close(
        2 * evaluate("limit_ratio", m_mediator_MeV=1000), rel=1e-12
    )
    assert evaluate("potential_coefficient", flavour="e") != evaluate("potential_coefficient")
    assert evaluate("self_interacting_density", self_mediator_MeV=2.0) == evaluate(
        "self_interacting_density", m_mediator_MeV=2.0
    )
    swapped = {"benchmark_m4_keV": [50, 7.1], "benchmark_sin2_2theta": [1e-15, 7e-11]}
    there, back = (
        evaluate("benchmark_ratio", m_mediator_MeV=100),
        evaluate("benchmark_ratio", m_mediator_MeV=100, **swapped),
    )
    assert there * back == close(1, rel=1e-12)
    assert evaluate("relic_couplings", **point, v_sm="printed") != evaluate("relic_couplings", **point)


def test_the_scale_of_the_opacity_is_a_factor_on_y(tmp_path):
    scaled = evaluate("relic_density", rate_scale=1.15)
    assert scaled == close(evaluate("relic_density", rate_coefficient=1.15 * 0.92), rel=1e-12)
    table = tmp_path / "y.csv"
    table.write_text("T_MeV,y\n0.1,0.92\n1e5,0.92\n")
    assert evaluate("relic_density", rate_scale=1.15, opacity_file=table) == close(scaled, rel=1e-9)
    with pytest.raises(InputError, match="rate_coefficient=1e\\+06: times rate_scale=10"):
        evaluate("relic_density", rate_coefficient=1e6, rate_scale=10)


# many points at once


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("relic_density", {"m4_keV": [7.1, 50.0], "sin2_2theta": 1e-10}),
        (
            "relic_density",
            {
                "model": "scalar",
                "coupling": [5e-6, 0.02, 0.12, 1e-3, 0.0],
                "m_mediator_MeV": [100.0, 500.0, 1000.0, 10.0, 100.0],
                "m4_keV": [7.1, 7.1, 7.1, 50.0, 7.1],
            },
        ),
        ("relic_density", {"model": ["scalar", "vector"], "coupling": [1e-3, 1e-2], "m_mediator_MeV": 800.0}),
        ("relic_mixing", {"m4_keV": [0.01, 1.0, 7.1]}),
        ("relic_mixing", {"m4_keV": 7.1, "target": [0.1, 0.12, 1e5]}),
    ],
    ids=["sm", "scalar", "models", "mixing", "target"],
)
def test_many_points_have_the_digits_of_single_ones(name, arguments):
    many = nubounds.answer(f"dm_production.{name}", **arguments)
    count = max(len(value) for value in arguments.values() if isinstance(value, list))
    for k in range(count):
        single = {key: value[k] if isinstance(value, list) else value for key, value in arguments.items()}
        one = nubounds.answer(f"dm_production.{name}", **single)
        assert many.status[k] == one.status
        if one.value is None:
            assert math.isnan(many.value[k])
        else:
            assert (many.value[k], many.error[k]) == (one.value, one.error)


def plain_parts(value):
    if isinstance(value, dict):
        return [part for entry in value.values() for part in plain_parts(entry)]
    return [part for entry in value for part in plain_parts(entry)] if isinstance(value, list) else [value]


SAMPLE = {"model": "scalar", "coupling": 0.0393945, "m_mediator_MeV": 500.0, "x": 1.0, "q": 1.0, "m_over_T": 1.0}
SLOW = ("mixing_band", "self_interacting_density", "turning_masses", "coolest_mass_limit", "class_input")


@pytest.mark.parametrize("name", [name for name in sorted(QUANTITIES) if name.split(".")[1] not in SLOW])
def test_answers_are_plain_numbers(name):
    quantity = QUANTITIES[name]
    own = {parameter.name: parameter for parameter in quantity.parameters}
    given = {key: value for key, value in SAMPLE.items() if key in own and value in (own[key].choices or (value,))}
    if "s_over_m2" in own:
        given["s_over_m2"] = 2.0
    answer = quantity(**given)
    for part in (*plain_parts(answer.value), *plain_parts(answer.error)):
        assert part is None or type(part) is float
