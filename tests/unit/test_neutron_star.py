"""Neutron stars: the kernel against physics.py, reference values, limits, and the edges of the domain."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from close import close
from nubounds import answer, evaluate
from nubounds.answers.evaluation import respond
from nubounds.constraints.neutron_star import (
    checks,
    curves,
    elastic,
    heating,
    medium,
    photometry,
    physics,
    random_walk,
    scans,
)
from nubounds.constraints.neutron_star.constants import K_B
from nubounds.constraints.neutron_star.inputs import Capture, Halo, Instruments, Star, Walk, Walkers
from nubounds.contract import InputError, Run, Status
from nubounds.kernels import neutron_star as kernel
from nubounds.numerics import roots

STAR = Star()


def heated(reading, **choices):
    """A calculation with the paper's star and halo."""
    return heating.Heating(STAR, Halo(), Capture(**choices), reading)


AMPLITUDES = ("paper", "exact", "unpolarised")


def ns(name, **args):
    return evaluate(f"neutron_star.{name}", **args)


# Reference values: independent calculations with the formulae of arXiv:2408.01484, to all digits that they are good for.
REFERENCES = [
    ("cross_section", {"target": "neutron", "E_eV": 1e3}, 1.834450e-50),
    ("cross_section", {"target": "neutron", "antineutrino": True, "E_eV": 1e3}, 1.834439e-50),
    ("cross_section", {"target": "proton", "E_eV": 1e3}, 2.761202e-50),
    ("cross_section", {"target": "electron", "E_eV": 1e3}, 2.818527e-50),
    ("cross_section", {"target": "electron", "flavour": "mu", "E_eV": 1e3}, 1.259043e-50),
    ("cross_section", {"target": "neutron", "E_eV": 1e9}, 1.813561e-39),
    ("cross_section", {"target": "neutron", "antineutrino": True, "E_eV": 1e9}, 8.796854e-40),
    ("cross_section", {"target": "proton", "E_eV": 1e9}, 1.938328e-39),
    ("cross_section", {"target": "electron", "E_eV": 1e9}, 9.518007e-42),
    ("cross_section", {"target": "electron", "flavour": "mu", "E_eV": 1e9}, 1.551990e-42),
    ("thermal_cross_section", {"m_keV": 10}, 1.2785988e-37),
    ("thermal_cross_section", {"m_keV": 10, "amplitude": "exact"}, 1.2918364e-37),
    ("thermal_cross_section", {"m_keV": 10, "amplitude": "unpolarised"}, 7.703085e-38),
    ("thermal_cross_section", {"m_keV": 0.001, "T_K": 1000}, 1.7664791e-37),
    ("sterile_energy_transfer", {"m_keV": 10}, 0.16510909),
    ("sterile_energy_transfer", {"m_keV": 10, "amplitude": "exact"}, 0.15668062),
    ("sterile_energy_transfer", {"m_keV": 10, "amplitude": "unpolarised"}, 0.16133216),
    ("mean_energy_transfer", {"E_eV": 0.1, "T_K": 1000}, -2.788081e-2),
    ("mean_energy_transfer", {"E_eV": 3, "T_K": 1000}, 0.3347989),
    ("mean_energy_transfer", {"E_eV": 1, "T_K": 4000}, -0.1900646),
    ("mean_energy_transfer", {"E_eV": 1, "T_K": 1000, "amplitude": "exact"}, 1.335957e-2),
    ("mean_energy_transfer", {"E_eV": 1, "T_K": 1000, "daughter": "massless"}, 0.1484127),
    ("mean_free_path", {"m_eV": 0.1, "T_K": 1000}, 1.688971e-3),
    ("mean_free_path", {"m_eV": 1, "T_K": 1000}, 6.195866e-4),
    ("temperature_at_infinity", {"m_keV": 10, "sin2theta": 1e-9}, 902.7247),
    ("temperature_at_infinity", {"m_keV": 10, "sin2theta": 1e-9, "reading": "single_scatter"}, 1353.0606),
    ("survival_probability", {"collisions": 10}, 0.518961),
    ("survival_probability", {"collisions": 50}, 0.250397),
    ("survival_probability", {"collisions": 50, "step": "exponential"}, 0.225469),
    ("flux_density", {}, 4.62e-10),
    ("flux_density", {"radius": "apparent"}, 8.33e-10),
    ("flux_density", {"T_inf_K": 1000}, 1.23e-11),
]


@pytest.mark.parametrize("name, args, expected", REFERENCES)
def test_reference_values(name, args, expected):
    digits = len(f"{abs(expected):.12e}".split("e")[0].rstrip("0")) - 2
    assert ns(name, **args) == close(expected, rel=0.51 * 10.0**-digits)


def test_relic_cooling_reference():
    expected = {
        "v_rel_km_s": 19587.46,
        "b_max_cm": 1.372072e7,
        "capture_rate_per_s": 6.487385e25,
        "luminosity_ratio": 9.427415e-9,
    }
    value = ns("relic_cooling")
    assert {name: value[name] for name in expected} == close(expected, rel=3e-7)
    assert value["overdensity_needed"] == close(1.060736e8, rel=1e-6)


@pytest.mark.parametrize(
    "reading, branch, expected",
    [
        ("literal", "lower", [1.505835e-13, 9.411473e-11, 1.505842e-9, 2.409512e-8]),
        ("single_scatter", "lower", [2.983525e-14, 1.864703e-11, 2.983528e-10, 4.773709e-9]),
        ("literal", "upper", [4.311744e-3, 2.182827e-3, 1.265953e-3, 3.490786e-4]),
        ("single_scatter", "upper", [4.311744e-3, 2.182827e-3, 1.265953e-3, 3.490786e-4]),
    ],
)
def test_mixing_limit_reference(reading, branch, expected):
    found = [ns("mixing_limit", T_inf_K=T, m_keV=10, branch=branch, reading=reading) for T in (100, 500, 1000, 2000)]
    assert found == close(expected, rel=5e-7)


# ---- collisions against the literal integral, a Monte Carlo, and their limits --------------------------------------


def coherence(name):
    return {"constant": np.ones_like, "sphere": lambda q: q**-3}[name]


@pytest.mark.parametrize(
    "daughter, sphere", [("equal_mass", "constant"), ("massless", "constant"), ("massless", "sphere")]
)
@pytest.mark.parametrize("amplitude", AMPLITUDES)
@pytest.mark.parametrize("E, T_K", [(0.02, 4000), (0.7, 1000), (3.0, 1000), (2e3, 1e5), (200.0, 100.0)])
def test_rate_equals_the_literal_integral(daughter, sphere, amplitude, E, T_K):
    m = E / STAR.gamma
    found = medium.collisions(STAR, E, T_K, amplitude, daughter, sphere)
    rate, moment = physics.literal_rate(
        amplitude, E, m, m if daughter == "equal_mass" else 0.0, T_K * K_B, STAR.p_F, coherence(sphere)
    )
    assert found.rate[0] == close(rate, rel=2e-6)
    assert found.transfer[0] == close(moment / rate, rel=2e-6, abs=2e-6 * E)


@pytest.mark.parametrize("amplitude, daughter", [("paper", "equal_mass"), ("exact", "massless")])
def test_rate_equals_full_kinematics_monte_carlo(amplitude, daughter):
    E, T_K = 0.5, 2000.0
    m = E / STAR.gamma
    found = medium.collisions(STAR, E, T_K, amplitude, daughter, "constant")
    rate, error, transfer = physics.monte_carlo_rate(
        amplitude, E, m, m if daughter == "equal_mass" else 0.0, T_K * K_B, STAR.p_F, np.ones_like, 400_000, 11
    )
    assert abs(rate - found.rate[0]) < 4 * error
    assert error < 0.01 * rate
    assert transfer == close(found.transfer[0], rel=0.03)


def test_leading_order_is_good_to_a_per_cent_at_the_edge_of_its_domain():
    E, T = 0.999 * STAR.E_max, 1e6 * K_B
    found = medium.collisions(STAR, E, 1e6, "exact", "massless", "sphere").rate[0]
    full = physics.literal_rate("exact", E, E / STAR.gamma, 0.0, T, STAR.p_F, coherence("sphere"))[0]
    assert 1.001 < full / found < 1.01


def test_closed_form_at_zero_temperature_is_the_limit():
    cold, warm = (medium.collisions(STAR, 1e4, T, "paper", "massless", "sphere") for T in (0.0, 1e-3))
    assert cold.rate[0] == close(warm.rate[0], rel=1e-8)
    assert cold.transfer[0] == close(warm.transfer[0], rel=1e-8)


@pytest.mark.parametrize("daughter", ["equal_mass", "massless"])
@pytest.mark.parametrize("log_ratio", [-6, -3, 3, 6])
def test_extreme_ratios_of_energy_and_temperature(daughter, log_ratio):
    """T >> E: Gamma ~ T; T << E: Gamma does not depend on T."""
    E = np.array([1.0, 2.0]) * 10.0 ** min(0, log_ratio)
    T_K = E * 10.0**-log_ratio / K_B
    for sphere in ["constant"] + (["sphere"] if daughter == "massless" else []):
        found = medium.collisions(STAR, E, T_K, "paper", daughter, sphere)
        assert (found.status == 0).all()
        assert (found.rate_error < 1e-8 * found.rate).all()
        assert found.transfer[1] / found.transfer[0] == close(2, rel=1e-10)
        power = 3 if sphere == "constant" else 0  # Gamma ~ E^3 N_C times a function of E/T
        assert found.rate[1] / found.rate[0] == close(2**power, rel=1e-10)


def test_limits_of_the_energy_transfer():
    """Independent values for E >> T, and for both masses going to zero, where it vanishes at E/T = 4.818."""
    assert ns("mean_energy_transfer", E_eV=1e5, T_K=10) / 1e5 == close(0.13580, abs=6e-6)
    assert ns("mean_energy_transfer", E_eV=1e5, T_K=10, amplitude="exact") / 1e5 == close(0.13131, abs=6e-6)

    def massless(E, T, amplitude):
        value, _, _ = kernel.collision_moments(
            np.array([E]),
            np.array([1e-4 * E]),
            np.array([T]),
            STAR.v_F,
            1e9,
            1e9,
            1.0,
            amplitude,
            "equal_mass",
            "constant",
        )
        return value[0, 1] / value[0, 0] / E

    assert massless(1.0, 1e-6, "paper") == close(0.27689, abs=1e-5)
    assert massless(1.0, 1e-6, "exact") == close(0.26694, abs=1e-5)
    assert massless(4.818, 1.0, "paper") == close(0, abs=3e-5)


@given(ratio=st.floats(-6, 6), exponent=st.floats(-3, 5), amplitude=st.sampled_from(AMPLITUDES))
@settings(max_examples=60, deadline=None)
def test_sterile_kernel_depends_on_mass_over_temperature_only(ratio, exponent, amplitude):
    T = 10.0 ** (exponent - max(0, ratio))
    m = 10.0**ratio * T
    mass = np.array([m, 3 * m]) * 1e-3
    sigma, error, part, _, status = medium.sterile_cross_section(STAR, mass[:1], T / K_B, amplitude)
    other = medium.sterile_cross_section(STAR, mass[1:], 3 * T / K_B, amplitude)
    assert status[0] == other[4][0]
    if status[0] == 0:
        assert sigma[0] > 0 and error[0] < 1e-7 * sigma[0]
        assert other[0][0] == close(sigma[0], rel=1e-9)
        assert other[2][0] == close(part[0], rel=1e-8, abs=1e-8)


@given(
    M=st.floats(0.3, 2.2),
    R=st.floats(8, 20),
    p_F=st.floats(50, 1500),
    E_over_T=st.floats(-2, 3),
    amplitude=st.sampled_from(AMPLITUDES),
)
@settings(max_examples=40, deadline=None)
def test_any_star(M, R, p_F, E_over_T, amplitude):
    """Neutrons slower and faster than the neutrino: the kernel against the literal integral."""
    star = Star(M, R, p_F)
    E, T = 1.0, 10.0**-E_over_T
    for daughter in ("equal_mass", "massless"):
        value, _error, _ = kernel.collision_moments(
            np.array([E]),
            np.array([E / star.gamma]),
            np.array([T]),
            star.v_F,
            1e9,
            1e9,
            1.0,
            amplitude,
            daughter,
            "constant",
        )
        rate = physics.literal_rate(
            amplitude, 1.0, 1 / star.gamma, (daughter == "equal_mass") / star.gamma, T, star.p_F, np.ones_like
        )
        assert value[0, 0] * star.rate_factor(E, math.sqrt(star.compactness)) == close(rate[0], rel=5e-5)


def test_mean_relative_velocity():
    assert medium.relative_velocity(STAR) == close(0.701276, abs=5e-7)
    assert medium.relative_velocity(STAR) == close(
        physics.relative_velocity(math.sqrt(STAR.compactness), STAR.p_F), rel=1e-10
    )
    slow = Star(R_km=40.0, p_F_MeV=900.0)  # neutrons on both sides of the neutrino's velocity
    assert medium.relative_velocity(slow) == close(
        physics.relative_velocity(math.sqrt(slow.compactness), slow.p_F), rel=1e-4
    )


def test_mean_free_path_scaling():
    assert ns("mean_free_path", m_eV=0.3, T_K=300) == close(
        3**-0.75 * ns("mean_free_path", m_eV=0.1, T_K=100), rel=1e-8
    )


# ---- elastic scattering --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("E_eV", [1.0, 1e5, 3e7, 4e8, 2.7e9, 1e10])
@pytest.mark.parametrize("antineutrino", [False, True])
def test_elastic_against_quadrature(E_eV, antineutrino):
    to_cm2 = 1.973269804e-14**2
    for target in ("neutron", "proton"):
        expected = (
            physics.nucleon_cross_section(target, antineutrino, E_eV * 1e-9, elastic.sachs_coefficients()) * to_cm2
        )
        assert ns("cross_section", target=target, antineutrino=antineutrino, E_eV=E_eV) == close(expected, rel=1e-8)
    for flavour in ("e", "mu", "tau"):
        expected = physics.electron_cross_section(flavour, antineutrino, E_eV * 1e-9) * to_cm2
        found = ns("cross_section", target="electron", flavour=flavour, antineutrino=antineutrino, E_eV=E_eV)
        assert found == close(expected, rel=1e-9)


@pytest.mark.parametrize("target, E_eV, Q2_max", [("neutron", 5e8, 0.4844), ("electron", 1e7, None)])
def test_differential_integrates_to_total(target, E_eV, Q2_max):
    m = 0.93956542052 if target == "neutron" else 0.00051099895
    E = E_eV * 1e-9
    end = 4 * E**2 * m / (m + 2 * E)
    assert Q2_max is None or end == close(Q2_max, rel=1e-3)
    x, w = np.polynomial.legendre.leggauss(40)
    Q2 = 0.5 * end * (1 + x)
    value, _, _ = elastic.cross_section(target, "e", False, E_eV, Q2)
    assert np.sum(0.5 * end * w * value) == close(ns("cross_section", target=target, E_eV=E_eV), rel=1e-9)


def test_low_energy_limit_of_elastic_scattering():
    quadratic = elastic.approximation("quadratic", 1.0)
    assert ns("cross_section", target="neutron", E_eV=1.0) / quadratic == close(1.08794, abs=5e-6)
    assert ns("cross_section", target="proton", E_eV=1.0) / quadratic == close(1.63756, abs=5e-6)


# ---- heating -------------------------------------------------------------------------------------------------------


@given(log_y=st.floats(-290, math.log10(0.3678)), b=st.floats(1e-3, 1e12))
@settings(max_examples=100, deadline=None)
def test_lambert_roots(log_y, b):
    y = 10.0**log_y
    lower, upper, status = kernel.mixing_edges(np.array([y]), np.array([1 / b]), np.array([b]), "min", "exponential")
    assert status[0] == 0
    u = lower[0] * b
    assert u * math.exp(-u) == close(y, rel=1e-12)
    assert upper[0] * b == close(max(1.0, -math.log(y)), rel=1e-12)
    # far above saturation the second branch of u e^-u = y applies
    lower, upper, status = kernel.mixing_edges(
        np.array([y * 1e-3]), np.array([1e3 / b]), np.array([b]), "min", "exponential"
    )
    w = upper[0] * b
    expected = w - math.log(w) if w < 1e3 * (1 - 1e-12) else w - math.log(1e3)
    assert expected == close(-math.log(y), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("capture", ["min", "exponential"])
@pytest.mark.parametrize("decay", ["exponential", "cut", "none"])
@pytest.mark.parametrize("m_keV, T", [(3.0, 700.0), (20.0, 1500.0), (54.0, 1900.0), (90.0, 1000.0)])
def test_mixing_limit_inverts_the_map(capture, decay, m_keV, T):
    for reading in heating.READINGS:
        calculation = heated(reading, T_NS_K=300.0, capture=capture, decay=decay)
        lower, upper, _, status = (a[0] for a in calculation.mixing(T, m_keV))
        if status == Status.NO_SOLUTION:
            continue
        assert calculation.temperature(m_keV, lower)[0][0] == close(T, rel=1e-9)
        if decay == "exponential" and upper < 1:
            assert calculation.temperature(m_keV, upper)[0][0] == close(T, rel=1e-9)
            assert lower <= upper
        if decay == "cut":
            assert heating.decay_exponent(m_keV, upper) == close(1)


@pytest.mark.parametrize("m_keV, T", [(2.0, 100.0), (10.0, 1000.0), (40.0, 2000.0), (300.0, 100.0)])
def test_mixing_limit_against_root_finding(m_keV, T):
    full4, s_sat, b, _, _ = (float(np.ravel(a)[0]) for a in heated("single_scatter").by_mass(m_keV))
    lower, upper = physics.mixing_by_root_finding(T, full4**0.25, s_sat, b)
    assert ns("mixing_limit", T_inf_K=T, m_keV=m_keV, reading="single_scatter") == close(lower, rel=1e-11)
    if upper <= 1:
        assert ns("mixing_limit", T_inf_K=T, m_keV=m_keV, branch="upper", reading="single_scatter") == close(
            upper, rel=1e-11
        )


@pytest.mark.parametrize(
    "reading, tips", [("literal", [604.6, 166.8, 95.8, 55.0]), ("single_scatter", [835.8, 230.6, 132.5, 76.1])]
)
def test_tips_of_the_contours(reading, tips):
    for T, tip in zip((100, 500, 1000, 2000), tips, strict=True):
        assert ns("mixing_limit", T_inf_K=T, m_keV=tip - 0.06, reading=reading) is not None
        assert ns("mixing_limit", T_inf_K=T, m_keV=tip + 0.06, reading=reading) is None


def test_right_edge_runs_along_the_lifetime_line():
    """At fixed mixing the right edges lie at these multiples of the mass with tau = tau_U (an independent calculation)."""
    for T, ratio in ((2000, 1.011), (1000, 1.308), (500, 1.459), (100, 1.671)):
        m = 10.0
        s = ns("mixing_limit", T_inf_K=T, m_keV=m, branch="upper")
        m_line = m * heating.decay_exponent(m, s) ** -0.2
        assert m / m_line == close(ratio, abs=6e-4)


def test_bookkeeping_at_infinity_and_full_capture():
    hottest = ns("temperature_at_infinity", m_keV=1, sin2theta=1e-5, decay="none")
    assert hottest == close(2603.995, abs=6e-4)
    conserved = ns("temperature_at_infinity", m_keV=1, sin2theta=1e-5, decay="none", bookkeeping="infinity")
    assert conserved == close(2419, abs=0.5)
    assert hottest / conserved == close(STAR.gamma**0.25, rel=1e-12)


# ---- the walk ------------------------------------------------------------------------------------------------------


def test_walk_exact_values():
    assert [ns("survival_probability", collisions=n) for n in (0, 1, 2)] == close([1, 1, 7 / 8], rel=1e-13)
    assert ns("survival_probability", collisions=0, step="exponential", entry="radial", mfp_over_radius=0.5) == close(
        1 - math.exp(-4)
    )
    assert ns("survival_probability", collisions=0, entry="cosine", mfp_over_radius=0.5) == close(1 - 0.5**2 / 4)
    # one isotropic step of length l from the centre of a star with R < l < 2R always leaves, and never for l < R
    assert ns("survival_probability", collisions=1, mfp_over_radius=1.2) == 0
    assert ns("survival_probability", collisions=1, mfp_over_radius=1.0) == 1


def test_fixed_steps_against_cumulative_sums():
    assert random_walk.survival("fixed", "radial", 0.0, 60, "paper")[0][:61] == close(
        physics.survival_by_cumulative_sums(60, 200), abs=1e-6
    )


@pytest.mark.parametrize("entry", ["radial", "cosine"])
def test_exponential_steps_against_chandrasekhar(entry):
    assert random_walk.survival("exponential", entry, 0.0, 100, "paper")[0][:101] == close(
        physics.survival_by_chandrasekhar(100, entry), abs=5e-9
    )


@pytest.mark.parametrize("l", [0.0, 0.04, 0.31, 0.9, 1.4])
@pytest.mark.parametrize("step", ["fixed", "exponential"])
@pytest.mark.parametrize("entry", ["radial", "cosine"])
def test_walkers_agree_with_the_equation(step, entry, l):
    count = 60_000
    exact = random_walk.survival(step, entry, l, 16, "paper")[0][:11]
    found = kernel.walkers(5, 0, count, 11, l, step, entry) / count
    error = np.sqrt(exact * (1 - exact) / count) + 1e-12
    assert np.max(np.abs(found - exact) / np.maximum(error, 3 / count)) < 4.5


@given(first=st.integers(0, 2**40), cut=st.integers(0, 300), seed=st.integers(0, 2**64 - 1))
@settings(max_examples=20, deadline=None)
def test_walkers_do_not_depend_on_the_split(first, cut, seed):
    whole = kernel.walkers(seed, first, 300, 20, 0.1, "exponential", "cosine")
    parts = kernel.walkers(seed, first, cut, 20, 0.1, "exponential", "cosine") + kernel.walkers(
        seed, first + cut, 300 - cut, 20, 0.1, "exponential", "cosine"
    )
    assert (whole == parts).all()


def test_survival_decreases_and_the_star_joins_the_half_space():
    value, _ = random_walk.survival("exponential", "cosine", 0.0, 200, "paper")
    assert (np.diff(value) < 0).all()
    for step in kernel.STEPS:
        flat = random_walk.survival(step, "radial", 0.0, 50, "paper")[0][50]
        assert random_walk.survival(step, "radial", 1e-7, 50, "paper")[0][50] == close(flat, rel=1e-5)
    # solved with and without the centre of the star: the same answer on both sides of the switch
    thin = [random_walk.survival("fixed", "cosine", l, 16, "paper")[0][16] for l in (2 / 18.001, 2 / 17.999)]
    assert thin[0] == close(thin[1], rel=2e-4)
    assert random_walk.survival("fixed", "radial", 0.0, 2000, "paper")[0][2000] * math.sqrt(2000) == close(
        1.81, abs=0.05
    )


@pytest.mark.parametrize("entry", ["radial", "cosine"])
@pytest.mark.parametrize(
    "step, l", [("fixed", 0.3), ("fixed", 0.7), ("fixed", 0.97), ("exponential", 1.0), ("exponential", 10.0)]
)
def test_small_probabilities_keep_their_digits(step, entry, l):
    """After many collisions each one takes the same part away, down to 1e-100: no rounding floor, no negative value."""
    value, error = random_walk.survival(step, entry, l, 128, "paper")
    assert (value[:129] > 0).all() and (error[:129] < 1e-6 * value[:129]).all()
    assert value[128] / value[127] == close(value[40] / value[39], rel=1e-4)
    assert value[128] / value[127] == close(value[120] / value[119], rel=1e-9)


def test_a_flight_that_ends_on_the_surface_ends_inside():
    """The walkers' convention (d < 0 is outside), which makes S_n continuous from below at l = 1 and l = 2."""
    for l, survivors in ((1.0, [1, 1, 0.25]), (2.0, [1, 0, 0]), (1 + 1e-9, [1, 0, 0])):
        assert random_walk.survival("fixed", "radial", l, 16, "paper")[0][:3] == close(survivors, abs=1e-12)
        assert kernel.walkers(1, 0, 10, 1, l, "fixed", "radial")[0] == 10


# ---- light, domain, batches ----------------------------------------------------------------------------------------


def test_light():
    assert photometry.peak_wavelength(2897.771955) == close(1.0, rel=1e-6)  # Wien's constant, CODATA 2018
    assert Instruments().covering(2.0) == ["JWST NIRCam", "ELT MICADO", "TMT IRIS"]
    total = sum(math.pi * photometry.planck(nu, 2000.0) * 1e12 for nu in np.arange(0.5e12, 3e15, 1e12))
    assert total == close(5.670374419e-5 * 2000**4, rel=1e-5)


@pytest.mark.parametrize(
    "name, args, words",
    [
        ("thermal_cross_section", {"m_keV": 10, "R_km": 4}, "Schwarzschild radius"),
        ("thermal_cross_section", {"m_keV": 10, "T_K": -1}, "at least 0"),
        ("thermal_cross_section", {"m_keV": 2e4}, "above"),
        ("mixing_limit", {"m_keV": 2e4, "T_inf_K": 100}, "leading order"),
        ("mean_energy_transfer", {"E_eV": 1, "T_K": 1e11}, "degenerate"),
        ("cross_section", {"E_eV": 1e11}, "form factors"),
        ("relic_cooling", {"m_eV": 1e-5}, "relativistic"),
        ("survival_probability", {"collisions": -1}, "at least 0"),
        ("temperature_at_infinity", {"m_keV": 1, "sin2theta": 1.5}, "at most 1"),
    ],
)
def test_refusals_say_why(name, args, words):
    with pytest.raises(InputError, match=words):
        ns(name, **args)


@pytest.mark.parametrize(
    "args, words",
    [
        ({"T_inf_K": 3000, "m_keV": 10}, "no mixing"),
        ({"T_inf_K": 1000, "m_keV": 0.5, "branch": "upper"}, "exceeds sin2theta = 1"),
        ({"T_inf_K": 1000, "m_keV": 200}, "no mixing"),
        ({"T_inf_K": 1000, "m_keV": 10, "T_NS_K": 1500}, "without dark matter"),
        ({"T_inf_K": 1000, "m_keV": 10, "branch": "upper", "decay": "none"}, "exceeds"),
    ],
)
def test_missing_limits_are_null_with_a_note(args, words):
    response = respond("neutron_star.mixing_limit", args)
    assert response["value"] is None
    assert words in response["note"]


def test_kernel_status_instead_of_exceptions():
    E = np.array([1.0, 1.0, -1.0, 1e9, math.nan, 1.0])
    m = np.array([0.5, 2.0, 0.5, 1.0, 0.5, 0.5])
    T = np.array([1.0, 1.0, 1.0, 1.0, 1.0, -1.0])
    _, _, status = kernel.collision_moments(E, m, T, 0.4, 1e7, 1e6, 1.0, "paper", "massless", "sphere")
    assert status.tolist() == [0, 1, 1, 1, 1, 1]
    _, _, status = kernel.collision_moments(E, m, T, 0.4, 1e7, 1e6, 1.0, "paper", "equal_mass", "sphere")
    assert (status == Status.OUT_OF_DOMAIN).all()  # q^-3 diverges where q reaches 0


def collisions(count=3000):
    """Arguments of the kernel for energies, masses and temperatures of all sizes, with a cap above all momenta."""
    random = np.random.default_rng(5)
    E = 10 ** random.uniform(-3, 6, count)
    m, T = E * random.uniform(1e-3, 0.9999, count), E * 10 ** random.uniform(-4, 2, count)
    T[::3] = 0.0
    return E, m, T, 1e3 * E


@pytest.mark.parametrize("daughter", ["equal_mass", "massless"])
def test_stated_errors_cover_the_difference_to_finer_rules(daughter):
    """A cap above all momenta is none, but its pieces are split and its nodes denser: 24 and 32 for 16 and 24."""
    E, m, T, cap = collisions()
    for i in range(len(E)):
        one = [np.array([x]) for x in (E[i], m[i], T[i])]
        value, error, status = kernel.collision_moments(*one, 0.35, 1e9, 1e9, 1.0, "paper", daughter, "constant")
        for above in (cap[i], 1e9 * E[i]):  # rounding is not multiplied by (cap/q)^3
            finer, finer_error, finer_status = kernel.collision_moments(
                *one, 0.35, 1e9, 1e9, above, "paper", daughter, "capped"
            )
            assert status == finer_status == Status.OK
            assert (np.abs(value - finer) <= error + finer_error).all()
            assert value[0, 0] == close(finer[0, 0], rel=1e-9)


def test_vectors_of_any_width_give_the_same_bytes():
    E, m, T, _ = collisions()
    for daughter, coherence in [("equal_mass", "constant"), ("equal_mass", "capped"), ("massless", "sphere")]:
        widest, *others = (
            kernel.collision_moments(E, m, T, 0.35, 1e9, 1e9, 50.0, "exact", daughter, coherence, width=width)
            for width in (8, 4, 2)
        )
        assert (widest[2] == Status.OK).mean() > 0.5
        for other in others:
            assert [part.tobytes() for part in other] == [part.tobytes() for part in widest]


def test_a_point_does_not_depend_on_its_batch():
    m = np.geomspace(0.01, 900, 40)
    s = np.geomspace(1e-14, 1, 40)
    calculation = heated("literal", T_NS_K=50.0)
    together = calculation.temperature(m, s)[0]
    alone = np.array([calculation.temperature(a, b)[0][0] for a, b in zip(m, s, strict=True)])
    assert (together == alone).all()


def test_contours_close_at_their_tips():
    import pandas

    m = np.geomspace(0.5, 1000, 24)
    points = {"reading": np.array(["literal"] * 24), "T_inf_K": np.full(24, 1000.0), "m_keV": m}
    block = scans.mixing_limits(points, Star(), Halo(), Capture())
    frame = pandas.DataFrame({**points, **block.values, "status": [Status(value).name for value in block.status]})
    made = {curve.name: curve for curve in curves.limits(Run({"mixing_limits": frame}), Star(), Halo(), Capture())}
    bottom, top = (made[f"heating_literal_1000K_{side}"] for side in ("bottom", "top"))
    assert bottom.region == top.region == "heating_literal_1000K"
    assert bottom.x[-1] == top.x[-1] == close(95.8, abs=0.06)
    assert bottom.y[-1] == top.y[-1]
    assert (bottom.y <= top.y).all() and top.y.max() <= 1
    assert heating.decay_exponent(made["lifetime"].x, made["lifetime"].y) == close(1)


def test_tips_found_together_have_the_digits_of_each_alone():
    calculation, T = heated("literal"), np.array([100.0, 500.0, 2000.0])

    def reached(T_inf_K):
        return lambda m_keV: calculation.mixing(T_inf_K, m_keV)[3][0] == Status.OK

    together, _ = curves.tips(calculation, T, np.full(3, 40.0), np.full(3, 900.0))
    assert together.tolist() == [roots.boundary(reached(one), 40.0, 900.0, geometric=True)[0] for one in T]


def test_contour_stays_open_where_the_validity_ends():
    """A star of 1 K probes masses beyond 10 MeV: the last point is one of the grid, not a tip."""
    import pandas

    m = np.array([1e3, 5e3, 2e4])
    points = {"reading": np.array(["literal"] * 3), "T_inf_K": np.full(3, 1.0), "m_keV": m}
    block = scans.mixing_limits(points, Star(), Halo(), Capture())
    assert block.status.tolist() == [Status.OK, Status.OK, Status.OUT_OF_DOMAIN]
    frame = pandas.DataFrame({**points, **block.values, "status": [Status(value).name for value in block.status]})
    for curve in curves.limits(Run({"mixing_limits": frame}), Star(), Halo(), Capture()):
        if curve.region:
            assert curve.x.tolist() == [1e3, 5e3]


def test_inputs_that_do_not_fit_are_refused():
    checks.check(Star(), Capture())
    bands = Instruments()
    for refused, words in (
        (lambda: Star(R_km=4), "Schwarzschild"),
        (lambda: checks.check(Star(), Capture(T_NS_K=1e12)), "degenerate"),
        (lambda: Instruments(band_min_um={"JWST NIRCam": 0.6}), "same instruments"),
        (lambda: Instruments(band_min_um={**bands.band_min_um, "TMT IRIS": 3.0}), "TMT IRIS"),
        (lambda: Star(R_km=0), "above 0"),
    ):
        with pytest.raises(InputError, match=words):
            refused()


def test_walker_blocks_are_one_sample():
    simulation = Walkers(Walk(0.0), seed=3, walkers_per_block=500)
    points = {"step": np.array(["fixed"] * 4), "entry": np.array(["radial"] * 4), "walker_block": np.arange(4.0)}
    whole = kernel.walkers(3, 0, 2000, 101, 0.0, "fixed", "radial")
    block = scans.walkers(points, simulation)
    assert block.values["survivors_50"].sum() == whole[50]
    backwards = scans.walkers({name: values[::-1] for name, values in points.items()}, simulation)
    assert (backwards.values["survivors_10"] == block.values["survivors_10"][::-1]).all()


@pytest.mark.parametrize(("bookkeeping", "T_K"), [("surface", 2044), ("infinity", 1900), ("undilated", 1766)])
def test_kinetic_heating_as_different_authors_count(bookkeeping, T_K):
    """A star of 1.5 true solar masses; the paper's unit is 2e33 g."""
    found = ns(
        "kinetic_temperature",
        M_Msun=1.5 * 1.98841e33 / 2e33,
        rho_DM_GeV_per_cm3=0.42,
        v_DM_km_s=230,
        bookkeeping=bookkeeping,
    )
    assert found == close(T_K, abs=1)


@pytest.mark.parametrize("v_star", [0.0, 1e-5, 0.3, 207.0, 900.0])
def test_mean_inverse_speed_of_a_shifted_maxwellian(v_star):
    from scipy.integrate import quad

    v0 = 230.0

    def density(v):
        if v_star < 1e-3:
            return 4 * v**2 / (math.sqrt(math.pi) * v0**3) * math.exp(-((v / v0) ** 2))
        plus, minus = math.exp(-(((v + v_star) / v0) ** 2)), math.exp(-(((v - v_star) / v0) ** 2))
        return v / (math.sqrt(math.pi) * v0 * v_star) * (minus - plus)

    mean = quad(lambda v: density(v) / v, 0, v_star + 10 * v0, points=[v_star or v0], epsabs=0, epsrel=1e-11)[0]
    assert Halo(velocities="maxwell", v_star_km_s=v_star).focusing_speed_km_s == close(1 / mean, rel=1e-8)


def test_the_best_preset_takes_todays_choices():
    args = {"m_keV": 10.0, "sin2theta": 1e-8}
    best = ns("temperature_at_infinity", preset="best", **args)
    chosen = {"bookkeeping": "infinity", "capture": "exponential", "velocities": "maxwell"}
    assert best == ns("temperature_at_infinity", **chosen, **args)
    assert best != ns("temperature_at_infinity", **args)
    kept = ns("temperature_at_infinity", preset="best", bookkeeping="surface", **args)
    assert kept > best


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("cross_section", {"E_eV": np.geomspace(1e3, 1e10, 7), "target": "proton"}),
        ("cross_section", {"E_eV": np.geomspace(1e3, 1e10, 7), "target": "electron", "antineutrino": True}),
        ("differential_cross_section", {"E_eV": 1e9, "Q2_GeV2": np.linspace(0, 3, 7)}),
        ("thermal_cross_section", {"m_keV": np.geomspace(0.1, 1e3, 5), "T_K": [0, 10, 100, 1e3, 1e4]}),
        ("sterile_energy_transfer", {"m_keV": np.geomspace(0.1, 1e3, 5), "T_K": 1000}),
        ("mean_energy_transfer", {"E_eV": np.geomspace(0.1, 1e3, 5), "T_K": 1000}),
        ("mean_free_path", {"m_eV": np.geomspace(0.1, 1e3, 5), "T_K": 1000}),
        ("relic_cooling", {"m_eV": [0.05, 0.1, 1.0], "T_K": [500, 1000, 1500], "velocity": "printed"}),
    ],
    ids=lambda one: one if isinstance(one, str) else "-".join(one),
)
def test_arrays_have_the_digits_of_single_points(name, arguments):
    many = answer(f"neutron_star.{name}", **arguments)
    spread = {key: values for key, values in arguments.items() if not isinstance(values, str | float | bool | int)}
    for place, point in enumerate(zip(*spread.values(), strict=True)):
        one = answer(f"neutron_star.{name}", **arguments | dict(zip(spread, map(float, point), strict=True)))
        for found, alone in ((many.value, one.value), (many.error, one.error)):
            if isinstance(alone, dict):
                assert {key: values[place] for key, values in found.items()} == alone
            else:
                assert found[place] == alone
        assert many.status[place] is one.status


def test_a_point_of_an_array_out_of_range_is_named():
    with pytest.raises(InputError, match=r"E_eV=20000000000.0: the neutron's form factors"):
        evaluate("neutron_star.cross_section", E_eV=[1e9, 2e10])
    with pytest.raises(InputError, match="mass above"):
        evaluate("neutron_star.thermal_cross_section", m_keV=[1.0, 1e6])
    with pytest.raises(InputError, match=r"m_eV=1e-05: relic neutrinos"):
        evaluate("neutron_star.relic_cooling", m_eV=[0.1, 1e-5])
