"""Supernova diffusion: kernel against the independent physics, traces, reference values, limits and refusals."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from close import close
from nubounds import config
from nubounds.answers import evaluation
from nubounds.constraints.sn_diffusion import criteria, curves, opacity, physics, scans, shells, states, tables
from nubounds.constraints.sn_diffusion.inputs import (
    TRANSPORTS,
    Criteria,
    Interaction,
    Matter,
    Opacity,
    Species,
    Spectrum,
    Transport,
)
from nubounds.constraints.sn_diffusion.shells import PAPER, star_of
from nubounds.contract import InputError, Run, Status
from nubounds.kernels import sn_diffusion as kernel
from nubounds.numerics.constants import G_F_PER_MEV2, HBARC_MEV_FM

MAJORANA = ("majorana_thermal", "majorana_degenerate")


def coefficients(states, neutrino, masses, **chosen):
    """The parts of 1/lambda in the paper's reading, but for what is chosen."""
    reading = {"convention": "standard", "axial": Interaction().axial, "precision": "paper"}
    return opacity.coefficients(states, neutrino, masses, **reading | chosen)


def value(name, **args):
    return evaluation.evaluate(f"sn_diffusion.{name}", **args)


# ---- reference values: from a separate program, confirmed there by quasi-random phase-space integrals ----------------


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"T_MeV": 15, "n_B_per_fm3": 0.5, "Y_L": 0.3}, (249.938, 497.976, 403.555, 105.099, 0.28774)),
        ({"T_MeV": 10, "n_B_per_fm3": 0.05, "Y_L": 0.035}, (805.279, 831.941, 786.397, -2.1535, 0.035188)),
        ({"T_MeV": 28, "n_B_per_fm3": 0.15, "neutrino": "majorana"}, (600.682, 663.932, 583.217, 0, 0.12029)),
    ],
)
def test_nuclear_state(args, expected):
    assert list(value("nuclear_state", **args).values()) == close(expected, rel=2e-5, abs=5e-4)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({}, 0.55223),
        ({"neutrino": "nubar"}, 0.43383),
        ({"convention": "paper"}, 0.84438),
        ({"shell": 6, "neutrino": "nubar"}, 47.712),
        ({"shell": 4, "neutrino": "majorana_thermal"}, 0.74361),
        ({"snapshot_s": 5, "neutrino": "nubar"}, 0.49813),
        ({"snapshot_s": 5, "neutrino": "nubar", "axial": 1.27}, 0.63430),
        ({"snapshot_s": 5, "neutrino": "nubar", "convention": "paper"}, 0.43209),
        ({"snapshot_s": 5, "shell": 4, "neutrino": "majorana_degenerate"}, 0.66947),
        ({"snapshot_s": 5, "neutrino": "nubar", "model": "b_minus_l", "coupling": 1e-4, "m_mediator_MeV": 10}, 0.39506),
        (
            {"snapshot_s": 5, "neutrino": "nubar", "model": "lnc_scalar", "coupling": 1e-3, "m_mediator_MeV": 10},
            0.06693,
        ),
    ],
)
def test_mean_free_path(args, expected):
    assert value("mean_free_path", **args) == close(expected, rel=2e-5)


@pytest.mark.parametrize(
    ("azimuth", "expected"), [("exact", 0.6150), ("eq18_sum", 0.6654), ("eq18_plus", 0.7563), ("eq18_average", 0.7236)]
)
def test_mean_free_path_with_eq18_taken_literally(azimuth, expected):
    path = value("mean_free_path", snapshot_s=5, convention="paper", azimuth=azimuth)
    assert path == close(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"neutrino": "nu"}, 2.231),
        ({"neutrino": "majorana_degenerate"}, 2.264),
        ({"neutrino": "nubar", "convention": "paper"}, 2.450),
        ({"states": "solved"}, 2.2304),
        ({"neutrino": "majorana_degenerate", "states": "solved"}, 2.2327),
        ({"snapshot_s": 5, "neutrino": "nubar", "mean_free_paths": "printed"}, 1.265),
    ],
)
def test_diffusion_time(args, expected):
    assert value("diffusion_time", **args) == close(expected, rel=4e-4)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"model": "b_minus_l", "criterion": "duration_10s"}, (8.347e-5, 9.147e-4)),
        ({"model": "b_minus_l", "criterion": "twice_sm"}, (5.791e-5, 5.676e-4)),
        ({"model": "lnc_scalar", "criterion": "duration_10s"}, (6.535e-4, 1.527e-3)),
        ({"model": "lnc_scalar", "criterion": "duration_10s", "transport": "eq27"}, (6.637e-4, 1.551e-3)),
        ({"model": "lnc_scalar", "criterion": "twice_sm", "transport": "eq27"}, (5.568e-4, 1.100e-3)),
        ({"model": "lnc_scalar", "criterion": "free_streaming", "snapshot_s": 5}, (2.944e-6, 5.729e-6)),
        ({"model": "lnc_scalar", "criterion": "trapping"}, (1.255e-4, 2.324e-4)),
        ({"model": "lnv_scalar", "criterion": "twice_sm"}, (3.447e-4, 8.269e-4)),
        ({"model": "lnv_scalar", "criterion": "free_streaming", "neutrino": MAJORANA[1]}, (2.972e-6, 5.147e-6)),
    ],
)
def test_coupling_limit(args, expected):
    found = [value("coupling_limit", m_mediator_MeV=mass, **args) for mass in (1, 100)]
    assert found == close(expected, rel=5e-4)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"shell": 1}, 8.674),
        ({"shell": 5}, 2.333),
        ({"convention": "paper"}, 9.971),
        ({"model": "b_minus_l", "component": "interference", "m_mediator_MeV": 100}, 6.431),
        ({"model": "b_minus_l", "component": "new_physics", "m_mediator_MeV": 100}, 5.056),
        ({"model": "lnc_scalar", "component": "new_physics", "m_mediator_MeV": 100}, 17.347),
        ({"model": "b_minus_l", "coupling": 1e-4, "m_mediator_MeV": 10, "convention": "paper"}, 9.319),
    ],
)
def test_medium_enhancement(args, expected):
    assert value("medium_enhancement", **args) == close(expected, rel=2e-4)


@pytest.mark.parametrize(("axial", "nu", "nubar"), [(1.47, 3.0766e-42, 3.0264e-42), (1.27, 2.4040e-42, 2.3606e-42)])
def test_vacuum_cross_section_on_a_neutron_at_rest(axial, nu, nubar):
    E, M = 10.0, 939.0
    pk, Q2_max = E * M, 4 * E**2 * M / (M + 2 * E)
    x, w = np.polynomial.legendre.leggauss(4)
    for handedness, expected in ((1, nu), (-1, nubar)):
        amplitude = physics.squared_amplitudes(pk, -Q2_max * (1 + x) / 2, M, -0.5, axial / 2, 1.0, handedness)["sm"]
        sigma = Q2_max / 2 * np.sum(w * amplitude) / (64 * math.pi * pk**2)
        assert sigma * (HBARC_MEV_FM * 1e-13) ** 2 == close(expected, rel=2e-5)


# ---- matrix elements against explicit Dirac traces -------------------------------------------------------------------

PAULI = [np.array([[0, 1], [1, 0]], complex), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1]).astype(complex)]
GAMMA = [np.kron(np.diag([1, -1]), np.eye(2)).astype(complex)]
GAMMA += [np.kron(np.array([[0, 1], [-1, 0]]), sigma) for sigma in PAULI]
GAMMA5 = 1j * GAMMA[0] @ GAMMA[1] @ GAMMA[2] @ GAMMA[3]
METRIC = np.array([1, -1, -1, -1])


def slash(p):
    return sum(METRIC[mu] * p[mu] * GAMMA[mu] for mu in range(4))


def tensor(final, initial, left, right):
    """Tr[final left^mu initial bar(right^nu)] for vertices gamma^mu (v - a gamma5) given as (v, a)."""
    vertex = [[g @ (v * np.eye(4) - a * GAMMA5) for g in GAMMA] for v, a in (left, right)]
    bar = [GAMMA[0] @ x.conj().T @ GAMMA[0] for x in vertex[1]]
    return np.array([[np.trace(final @ vertex[0][mu] @ initial @ bar[nu]) for nu in range(4)] for mu in range(4)])


@pytest.mark.parametrize("antineutrino", [False, True])
def test_squared_amplitudes_are_the_traces(antineutrino):
    m, mediator, V, F_A, g = 600.0, 40.0, -0.5, 0.7, 1e-3
    p = np.array([math.sqrt(m**2 + 300**2), 0, 180.0, 240.0])
    k = np.array([100.0, 0, 0, 100.0])
    # an outgoing neutrino of the same energy in the centre of mass
    total = p + k
    beta, gamma = total[1:] / total[0], total[0] / math.sqrt(total @ (METRIC * total))
    boost = np.eye(4)
    boost[0, 0], boost[0, 1:], boost[1:, 0] = gamma, -gamma * beta, -gamma * beta
    boost[1:, 1:] += (gamma - 1) * np.outer(beta, beta) / (beta @ beta)
    k_cm = (boost @ k)[0]
    k_out = np.linalg.inv(boost) @ np.array([k_cm, 0.48 * k_cm, -0.6 * k_cm, 0.64 * k_cm])
    p_out = total - k_out
    pk, q2 = p @ (METRIC * k), (k - k_out) @ (METRIC * (k - k_out))

    lower = METRIC[:, None] * METRIC[None, :]
    weak, half = (1, 1), (0.5, 0.5)  # vertices of the left-handed neutrino in Z and in Z' exchange
    nucleon, lepton = (slash(p_out) + m * np.eye(4), slash(p) + m * np.eye(4)), (slash(k_out), slash(k))
    if antineutrino:
        lepton = lepton[::-1]
    z, z_prime = G_F_PER_MEV2 / math.sqrt(2), -(g**2) / (mediator**2 - q2)  # Z' charges +g and -g
    current = (V, -F_A)

    def product(leptons, nucleons):
        return np.sum(tensor(*lepton, *leptons) * lower * tensor(*nucleon, *nucleons)).real / 2

    ours = physics.squared_amplitudes(pk, q2, m, V, F_A, mediator, -1 if antineutrino else 1)
    assert ours["sm"] == close(z**2 * product((weak, weak), (current, current)), rel=1e-9)
    assert g**4 * ours["vector"] == close(z_prime**2 * product((half, half), ((1, 0), (1, 0))), rel=1e-9)
    interference = 2 * z * z_prime * product((weak, half), (current, (1, 0)))
    assert g**2 * ours["interference"] == close(interference, rel=1e-9)
    # the scalar flips the helicity: Tr[k'_slash P k_slash] = 2 k.k' with the projector P
    nucleons = np.trace((slash(p_out) + m * np.eye(4)) @ (slash(p) + m * np.eye(4))).real / 2
    assert ours["scalar"] == close(nucleons * 2 * (k @ (METRIC * k_out)) / (q2 - mediator**2) ** 2, rel=1e-9)


# ---- kernel against the independent implementation -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("snapshot_s", "shell", "neutrino", "mass", "convention", "vacuum"),
    [
        (1, 1, "nu", 1e-2, "standard", False),
        (1, 1, "nubar", 30.0, "paper", False),
        (1, 3, "majorana_degenerate", 0.3, "standard", False),
        (1, 6, "nubar", 200.0, "paper", False),
        (5, 1, "nubar", 10.0, "standard", False),
        (5, 2, "nu", 1.0, "paper", False),
        (5, 5, "majorana_thermal", 1e4, "standard", False),
        (5, 1, "nu", 50.0, "standard", True),
        (1, 4, "nubar", 0.5, "paper", True),
    ],
)
def test_kernel_agrees_with_phase_space_integral(snapshot_s, shell, neutrino, mass, convention, vacuum):
    state = PAPER.state(snapshot_s, shell, neutrino, "printed", 2.0)
    parts, errors, status = coefficients([state], neutrino, [mass], convention=convention, vacuum=vacuum)
    slow = physics.inverse_mean_free_path(state, mass, neutrino, convention=convention, vacuum=vacuum)
    assert status[0, 0] == Status.OK
    assert parts[0, 0] == close(list(slow.values()), rel=3e-6)
    assert np.all(errors[0, 0] < 1e-4 * np.abs(parts[0, 0]))


DOUBLED = kernel.Quadrature(32, 28, 72, 48, 36, 20)
EXTREMES = np.array([1e-3, 1e4])
SHELLS = sorted(PAPER.dirac)


@pytest.mark.parametrize("neutrino", shells.NEUTRINOS)
@pytest.mark.parametrize("flux", kernel.FLUX)
def test_doubling_the_rule_changes_no_shell_at_the_extreme_masses(flux, neutrino):
    for key in SHELLS if flux == "relative_velocity" else SHELLS[::5]:
        state = PAPER.state(*key, neutrino, "printed", 2.0)
        for mu in (state.mu_n, state.mu_p):
            row = [state.T, state.m_eff, mu, state.E_nu, state.mu_nu, kernel.FLUX[flux], 0]
            measured, _, _ = kernel.Response(row).integrals(EXTREMES)
            doubled, _, _ = kernel.Response(row, DOUBLED).integrals(EXTREMES)
            assert measured == close(doubled, rel=2e-6)


@pytest.mark.parametrize(
    ("snapshot_s", "shell", "neutrino", "mass"),
    [(1, 1, "nu", 1e4), (5, 3, "nubar", 30.0), (1, 4, "majorana_thermal", 1e-3)],
)
def test_kernel_agrees_with_quasi_random_points_of_the_untransformed_integral(snapshot_s, shell, neutrino, mass):
    """Sum over n, p of Int 2 d^3p/(2 pi)^3 dOmega' with the outgoing neutrino's direction in the star's frame: neither
    Eq. (19) nor the centre of mass.
    """
    from scipy.stats import qmc

    state = PAPER.state(snapshot_s, shell, neutrino, "printed", 2.0)
    handedness = {"nu": 1, "nubar": -1}.get(neutrino, 0)
    T, m, E_nu = state.T, state.m_eff, state.E_nu
    x = qmc.Sobol(4, seed=3).random(2**18).T
    angle = 2 * math.pi * x[3]
    cosine, small = 2 * x[1] - 1, min((mass / E_nu) ** 2, 1.0)  # of p and k
    log_range = math.log1p(2 / small)
    turn = small * np.expm1(log_range * x[2])  # 1 - cos of k' and k, crowding where a light mediator is on its shell
    weight_angles = 2 * 2 * math.pi * log_range * (turn + small)
    total = dict.fromkeys(("sm", "interference", "vector", "scalar"), 0.0)
    for mu, V, F_A in ((state.mu_n, -0.5, 1.47 / 2), (state.mu_p, 0.0375, -1.47 / 2)):
        p_max = math.sqrt((max(mu, m) + 25 * T) ** 2 - m**2)
        p = p_max * x[0]
        E = np.hypot(p, m)
        pk = E_nu * (E - p * cosine)
        sine, sine_out = np.sqrt(1 - cosine**2), np.sqrt(turn * (2 - turn))
        along = p * (cosine * (1 - turn) + sine * sine_out * np.cos(angle)) + E_nu * (1 - turn)  # (p + k).k'/E'
        E_out = pk / (E + E_nu - along)
        phase_space = E_out / (16 * math.pi**2 * (E + E_nu - along))
        blocking = physics.fermi(E, mu, T) * physics.fermi(-(E + E_nu - E_out), -mu, T)
        blocking *= physics.fermi(-E_out, -state.mu_nu, T)
        weight = 2 * p_max * 2 * math.pi * p**2 / (2 * math.pi) ** 3 * weight_angles * phase_space * blocking
        amplitudes = physics.squared_amplitudes(pk, -2 * E_nu * E_out * turn, m, V, F_A, mass, handedness)
        for part, amplitude in amplitudes.items():
            total[part] += np.mean(weight * amplitude / (4 * E * E_nu)) / (HBARC_MEV_FM * 1e-15)
    parts, _, _ = coefficients([state], neutrino, [mass])
    assert parts[0, 0] == close(list(total.values()), rel=2e-3)  # what the points reach


STATES = {
    "T": st.floats(3, 45),
    "m_eff": st.floats(200, 930),
    "degeneracy": st.floats(-4, 12),
    "mu_nu": st.floats(-150, 150),
    "log_mass": st.floats(-3, 4),
}


def row_of(T, m_eff, degeneracy, mu_nu, flux=0):
    return [T, m_eff, m_eff + degeneracy * T, abs(mu_nu) + math.pi * T, mu_nu, flux, 0]


@settings(max_examples=15, deadline=None)
@given(**STATES)
def test_kernel_is_as_accurate_as_it_says(T, m_eff, degeneracy, mu_nu, log_mass):
    row, mass = row_of(T, m_eff, degeneracy, mu_nu), np.array([10**log_mass])
    measured, error, status = kernel.Response(row).integrals(mass)
    finer, _, _ = kernel.Response(row, DOUBLED).integrals(mass)
    assert status[0] == Status.OK
    assert np.all(np.abs(measured - finer) <= error + 1e-6 * np.abs(finer))
    assert measured[0, 5:] == close(finer[0, 5:], rel=1e-5)


POSITIVE = [kernel.INTEGRALS.index(name) for name in ("sm_vv", "sm_aa", "interference_v", "vector", "scalar")]
PROPAGATOR = [kernel.INTEGRALS.index(name) for name in ("interference_v", "vector", "scalar")]


def by_name(integrals):
    return dict(zip(kernel.INTEGRALS, np.moveaxis(integrals, -1, 0), strict=True))


@settings(max_examples=25, deadline=None)
@given(flux=st.sampled_from([0, 1]), **STATES)
def test_rates_are_positive_for_any_couplings(T, m_eff, degeneracy, mu_nu, log_mass, flux):
    """As quadratic forms: in V and A, and in the amplitudes of Z and Z' (Cauchy and Schwarz)."""
    integrals, _, _ = kernel.Response(row_of(T, m_eff, degeneracy, mu_nu, flux)).integrals(np.array([10**log_mass]))
    assert np.all(integrals[0, POSITIVE] > 0)
    of = by_name(integrals[0])
    assert of["sm_va"] ** 2 <= 4 * of["sm_vv"] * of["sm_aa"]
    assert of["interference_v"] ** 2 <= 4 * of["sm_vv"] * of["vector"] * (1 + 1e-9)


@settings(max_examples=25, deadline=None)
@given(step=st.floats(1.01, 30), **STATES)
def test_rates_fall_with_the_mediator_mass(T, m_eff, degeneracy, mu_nu, log_mass, step):
    mass = 10**log_mass * np.array([1.0, step])
    light, heavy = kernel.Response(row_of(T, m_eff, degeneracy, mu_nu)).integrals(mass)[0][:, PROPAGATOR]
    assert np.all(heavy < light)
    powers = np.array([2, 4, 4])  # of the mass, taken out: a contact interaction is the strongest
    assert np.all(heavy * mass[1] ** powers > light * mass[0] ** powers)


@settings(max_examples=15, deadline=None)
@given(**{name: strategy for name, strategy in STATES.items() if name != "log_mass"})
def test_heavy_and_light_mediators(T, m_eff, degeneracy, mu_nu):
    """Heavy: a contact interaction, Z' like the vector part of Z. Light: Z' rates as 1/m^2, the scalar's logarithmic."""
    masses = np.array([1e-3, 2e-3, 4e-3, 1e7])
    of = by_name(kernel.Response(row_of(T, m_eff, degeneracy, mu_nu)).integrals(masses)[0])
    assert of["vector"][3] * masses[3] ** 4 == close(4 * of["sm_vv"][3], rel=1e-6)
    assert of["interference_v"][3] * masses[3] ** 2 == close(4 * of["sm_vv"][3], rel=1e-6)
    assert of["vector"][0] / of["vector"][1] == close(4, rel=2e-3)
    steps = -np.diff(of["scalar"][:3])
    assert steps[0] > 0 and steps[1] == close(steps[0], rel=2e-3)


@settings(max_examples=25, deadline=None)
@given(flux=st.sampled_from([0, 1]), more=st.floats(1, 100), **STATES)
def test_blocking_only_lengthens_the_mean_free_path(T, m_eff, degeneracy, mu_nu, log_mass, flux, more):
    """Against the same nucleons without any blocking, and against fewer neutrinos in the final state."""
    row, mass = row_of(T, m_eff, degeneracy, mu_nu, flux), np.array([10**log_mass])
    blocked = kernel.Response(row).integrals(mass)[0][0, POSITIVE]
    free, _, _ = kernel.vacuum_like(np.array([row]), mass, m_eff)
    assert np.all(blocked < free[0, 0, POSITIVE])
    crowded = [*row[:4], row[4] + more, *row[5:]]
    assert np.all(kernel.Response(crowded).integrals(mass)[0][0, POSITIVE] <= blocked)


@settings(max_examples=15, deadline=None)
@given(T=STATES["T"], m_eff=STATES["m_eff"], log_mass=STATES["log_mass"], flux=st.sampled_from([0, 1]))
def test_a_thin_gas_does_not_block(T, m_eff, log_mass, flux):
    """Medium and vacuum integrals, which share no line, meet where nothing is occupied."""
    row, mass = [T, m_eff, m_eff - 16 * T, math.pi * T, -20 * T, flux, 0], np.array([10**log_mass])
    thin, _, _ = kernel.Response(row).integrals(mass)
    free, _, _ = kernel.vacuum_like(np.array([row]), mass, m_eff)
    assert thin[0] == close(free[0, 0], rel=1e-5)


@settings(max_examples=50, deadline=None)
@given(
    a=st.floats(1e-3, 1e3),
    b=st.floats(-1, 3),
    log_c=st.floats(-30, 30),
    criterion=st.sampled_from(["duration_10s", "twice_sm"]),
    transport=st.sampled_from(TRANSPORTS),
)
def test_the_limit_solves_its_polynomial(a, b, log_c, criterion, transport):
    """One shell with any parts; b in units of sqrt(4 a c), where -1 makes the time touch zero."""
    c = 10.0**log_c
    parts, radii = np.array([[a, b * math.sqrt(4 * a * c), c, 0.0]]), np.array([0.0, 1e4])
    weight = criteria.diffusion_weights(radii)[0]
    g = criteria.coupling_limit(parts, radii, "b_minus_l", criterion, transport, Criteria())
    target = 10.0 if criterion == "duration_10s" else 2 * weight * a
    start = weight * a * (0.5 if transport == "eq27" else 1)
    assert np.isnan(g) == (start >= target)
    if start < target:
        time = start + weight * (parts[0, 1] * g**2 + c * g**4)
        assert time == close(target, rel=1e-9, abs=1e-9 * weight * c * g**4)


@settings(max_examples=8, deadline=None)
@given(
    T=st.floats(0.55, 10),
    m_eff=st.floats(200, 900),
    depth=st.floats(0, 150),
    mu_nu=st.floats(0, 150),
    log_mass=STATES["log_mass"],
)
@example(T=1.0, m_eff=200.0, depth=7.0, mu_nu=136.0, log_mass=0.0)  # sharp in |q| alone
@example(T=0.55, m_eff=300.0, depth=150.0, mu_nu=150.0, log_mass=1.0)
@example(T=8.0, m_eff=200.0, depth=89.0, mu_nu=134.0, log_mass=4.0)
@example(T=8.0, m_eff=200.0, depth=0.0, mu_nu=59.0, log_mass=0.0)
def test_cold_degenerate_matter_gets_finer_grids(T, m_eff, depth, mu_nu, log_mass):
    """Far beyond the paper's shells (17): a user's may be as degenerate as 288."""
    row, mass = [T, m_eff, m_eff + depth, mu_nu + math.pi * T, mu_nu, 0, 0], np.array([10**log_mass])
    doublings = max(0, math.ceil(math.log2(max(depth, row[3]) / T / kernel.DEGENERATE)))
    measured, error, status = kernel.Response(row).integrals(mass)
    fine = kernel.Quadrature(24 << doublings, 20 << doublings, 54, 200, 18, 20)
    finer, _, _ = kernel.Response(row, fine).integrals(mass)
    assert status[0] == Status.OK
    assert measured[0, POSITIVE] == close(finer[0, POSITIVE], rel=1e-5)
    assert np.all(np.abs(measured - finer) <= error + 1e-9 * np.abs(finer))


@pytest.mark.parametrize("flux", kernel.FLUX)
@pytest.mark.parametrize("T, degeneracy", [(28.0, 2.0), (1.0, 100.0), (1.0, -50.0)])
def test_digits_do_not_depend_on_the_width_of_vectors(T, degeneracy, flux):
    row, masses = row_of(T, 600.0, degeneracy, 80.0, kernel.FLUX[flux]), np.geomspace(1e-4, 1e12, 9)
    for scale in (0.5, 0.55):  # 30 and 34 nodes along |q|: neither fills vectors of eight
        widest, *others = (kernel.Response(row, scale=scale, width=width).integrals(masses) for width in (8, 4, 2))
        assert np.all(widest[2] == Status.OK) and np.all(widest[0][:, POSITIVE] > 0)
        for other in others:
            assert [part.tobytes() for part in other] == [part.tobytes() for part in widest]


def test_more_nodes_than_a_line_holds_are_refused():
    """The most degenerate states at the best precision do not need so many."""
    assert kernel.DEGENERATE * 2**4 == kernel.MOST_DEGENERATE
    assert len(kernel.grids(4, max(opacity.SCALE.values()))) == 2
    with pytest.raises(ValueError, match="at most 256 nodes"):
        kernel.Quadrature(4, 4, 200, 100, 8, 8)
    with pytest.raises(ValueError, match="at most 256 nodes"):
        kernel.Quadrature(4, 4, 20, 10, 300, 8)


def test_eq18_by_brute_force():
    """The same integral with quasi-random points, and with the roots found by scanning theta_12."""
    from scipy.stats import qmc

    state = PAPER.state(5, 3, "nu", "printed", 2.0)
    x = qmc.Sobol(4, seed=1).random(2**14).T
    T, m, mu, E_nu = state.T, state.m_eff, state.mu_n, state.E_nu
    q0 = E_nu - (E_nu + 8 * T) * x[0]
    q = np.abs(q0) + (2 * E_nu - q0 - np.abs(q0)) * x[1]
    volume = (E_nu + 8 * T) * (2 * E_nu - q0 - np.abs(q0)) * 20 * T * 2 * math.pi
    Q2 = q**2 - q0**2
    E = -q0 / 2 + q / 2 * np.sqrt(1 + 4 * m**2 / Q2) + 20 * T * x[2]
    p, E_out, phi = np.sqrt(E**2 - m**2), E_nu - q0, 2 * math.pi * x[3]
    cos13 = (E_nu**2 + E_out**2 - q**2) / (2 * E_nu * E_out)
    sin13 = np.sqrt(np.maximum(1 - cos13**2, 0))
    C = (q0**2 + 2 * q0 * E - q**2) / (2 * p)
    angles, valid = physics.roots_of_eq18(E_out * np.sin(phi) * sin13, E_out * cos13 - E_nu, C)
    blocking = physics.fermi(E, mu, T) * physics.fermi(-E - q0, -mu, T) * physics.fermi(-E_out, -state.mu_nu, T)
    total, heavy = 0.0, 1e6
    for root in range(2):
        pk = E_nu * (E - p * np.cos(angles[:, root]))
        amplitude = physics.squared_amplitudes(pk, -Q2, m, 1.0, 0.0, heavy, 0)["vector"]
        weight = np.where(valid[:, root], volume * E * blocking / (8 * (2 * math.pi) ** 4 * E_nu * pk), 0)
        total += np.mean(weight * amplitude)
    response = kernel.Response([T, m, mu, E_nu, state.mu_nu, kernel.FLUX["pk"], kernel.AZIMUTH["eq18_sum"]])
    vector = response.integrals(np.array([heavy]))[0][0, kernel.INTEGRALS.index("vector")]
    assert 2 * vector == close(total, rel=0.02)


@pytest.mark.parametrize(
    ("T", "n_B", "Y_L"), [(15, 0.5, 0.3), (7, 0.008, 0.05), (40, 0.3, 0.4), (28, 0.15, None), (3, 1.0, 0.2)]
)
def test_nuclear_state_agrees_with_scipy(T, n_B, Y_L):
    solved, error, status = states.nuclear_matter(T, n_B, Y_L, 2.0)
    assert status is Status.OK
    assert solved == close(physics.nuclear_state(T, n_B, Y_L), rel=0, abs=1e-6)
    assert np.all(error < 1e-6)


@settings(max_examples=20, deadline=None)
@given(T=st.floats(1, 60), n_B=st.floats(1e-3, 1.2), Y_L=st.floats(0.01, 0.6), g_nu=st.floats(0, 3))
def test_nuclear_state_has_an_answer_everywhere(T, n_B, Y_L, g_nu):
    (m_eff, mu_n, mu_p, mu_nu, Y_p), _, status = states.nuclear_matter(T, n_B, Y_L, g_nu)
    assert status is Status.OK
    assert 0 < m_eff < 939 and 0 < Y_p < 1 and mu_p > 0 and mu_n > 0
    n_nu = g_nu * (mu_nu**3 + (math.pi * T) ** 2 * mu_nu) / (6 * math.pi**2)
    assert Y_p + n_nu / (n_B * HBARC_MEV_FM**3) == close(Y_L, abs=1e-9)


# ---- structure -------------------------------------------------------------------------------------------------------


def test_scaling_with_the_mediator_mass():
    state = PAPER.state(5, 1, "nubar", "printed", 2.0)
    parts, _, _ = coefficients([state], "nubar", [1e-3, 2e-3, 1e5, 2e5])
    vector, scalar = parts[0, :, 2], parts[0, :, 3]
    assert vector[0] / vector[1] == close(4, rel=1e-3)
    assert vector[2] / vector[3] == close(16, rel=1e-3)
    assert scalar[2] / scalar[3] == close(16, rel=1e-3)
    assert 1 < scalar[0] / scalar[1] < 1.2  # logarithmic


def test_axial_coupling_is_free():
    """1/lambda of the Standard Model is quadratic in the axial coupling."""
    state = PAPER.state(1, 2, "nu", "printed", 2.0)
    rates = [coefficients([state], "nu", [1.0], axial=axial)[0][0, 0, 0] for axial in (0.0, 0.5, 1.0, 1.5)]
    assert np.diff(rates, 3) == close([0], abs=1e-12 * rates[-1])
    assert value("mean_free_path", shell=2, axial=1.47) < value("mean_free_path", shell=2, axial=1.27)


@pytest.mark.parametrize("convention", list(opacity.CONVENTIONS))
@pytest.mark.parametrize("mass", [0.01, 3.0, 800.0])
def test_limit_meets_its_criterion(convention, mass):
    common = {"model": "b_minus_l", "neutrino": "nubar", "m_mediator_MeV": mass, "convention": convention}
    for criterion, snapshot_s in (("duration_10s", 5), ("twice_sm", 1)):
        coupling = value("coupling_limit", criterion=criterion, **common)
        time = value("diffusion_time", snapshot_s=snapshot_s, coupling=coupling, **common)
        standard = value("diffusion_time", snapshot_s=snapshot_s, neutrino="nubar", convention=convention)
        assert time == close(10 if criterion == "duration_10s" else 2 * standard, rel=1e-9)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"model": "b_minus_l", "criterion": "free_streaming"}, "right-handed"),
        ({"model": "b_minus_l", "criterion": "trapping"}, "right-handed"),
        ({"model": "lnv_scalar", "criterion": "trapping"}, "right-handed"),
        ({"model": "lnc_scalar", "criterion": "duration_10s", "duration_s": 1.0}, "exceeds"),
    ],
)
def test_limits_that_do_not_exist(args, words):
    answer = evaluation.respond("sn_diffusion.coupling_limit", {"m_mediator_MeV": 1, **args})
    assert answer["value"] is None and words in answer["note"]


@pytest.mark.parametrize(
    ("name", "args", "words"),
    [
        ("mean_free_path", {"snapshot_s": 5, "shell": 6}, "shells 1 to 5"),
        ("mean_free_path", {"model": "b_minus_l"}, "needs the argument m_mediator_MeV"),
        ("mean_free_path", {"model": "b_minus_l", "m_mediator_MeV": 1}, "needs the argument coupling"),
        ("mean_free_path", {"model": "lnv_scalar", "coupling": 1, "m_mediator_MeV": 1}, "majorana_thermal"),
        ("diffusion_time", {"model": "lnc_scalar", "neutrino": MAJORANA[0]}, "nu or nubar"),
        ("coupling_limit", {"model": "b_minus_l", "m_mediator_MeV": 1, "transport": "eq27"}, "lnc_scalar"),
        ("coupling_limit", {"model": "b_minus_l", "m_mediator_MeV": 0}, "at least"),
        ("medium_enhancement", {"model": "lnc_scalar", "component": "interference"}, "no such part"),
        ("nuclear_state", {"T_MeV": 15, "n_B_per_fm3": 0.1}, "Y_L"),
    ],
)
def test_refusals(name, args, words):
    with pytest.raises(InputError, match=words):
        value(name, **args)


def scan(masses, **chosen):
    axes = {
        "convention": ["standard", "paper"],
        "snapshot_s": [1.0, 5.0],
        "neutrino": list(shells.NEUTRINOS),
        "shell": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "m_mediator_MeV": masses,
    } | chosen
    points = list(itertools.product(*axes.values()))
    columns = {name: np.array([point[i] for point in points]) for i, name in enumerate(axes)}
    return columns, scans.coefficients_scan(columns, Opacity())


def test_scan_marks_the_shell_that_is_not_there():
    columns, block = scan([1.0], snapshot_s=[5.0], convention=["standard"])
    missing = columns["shell"] == 6
    assert np.all(block.status[missing] == Status.OUT_OF_DOMAIN) and np.all(block.status[~missing] == Status.OK)
    assert np.all(np.isnan(block.values["sm_per_m"][missing]))


def test_kernel_refuses_what_it_cannot_compute():
    good = [10.0, 500.0, 520.0, 60.0, 0.0, 0, 0]
    cold = [0.5 * good[3] / kernel.MOST_DEGENERATE, *good[1:]]
    rows = [good, [-1.0, *good[1:]], [np.nan, *good[1:]], [*good[:6], 9], cold]
    values, errors, status = kernel.medium([kernel.Response(row) for row in rows], np.array([1e-9, 1.0]))
    assert status.tolist() == [[Status.OUT_OF_DOMAIN, Status.OK]] + 4 * [[Status.OUT_OF_DOMAIN] * 2]
    assert np.all(np.isnan(values) == (status != Status.OK)[:, :, None])
    assert np.all(np.isnan(errors) == np.isnan(values))


@pytest.fixture(scope="module")
def run():
    import pandas

    columns, block = scan([0.01, 1.0, 100.0])
    table = pandas.DataFrame({**columns, **block.values, "status": [Status(int(s)).name for s in block.status]})
    return Run({"coefficients": table})


def limits_of(run, matter=None):
    """The curves by name, with the paper's inputs but for the matter."""
    found = curves.limits(run, Opacity(matter=matter or Matter()), Spectrum(), Criteria(), Species(), Transport())
    return {curve.name: curve for curve in found}


def test_curves_are_the_quantities(run):
    found = limits_of(run)
    assert len(found) == 24
    for convention in opacity.CONVENTIONS:
        curve = found[f"b_minus_l_twice_sm_{convention}"]
        args = {"model": "b_minus_l", "criterion": "twice_sm", "convention": convention}
        assert curve.y == close([value("coupling_limit", m_mediator_MeV=m, **args) for m in curve.x], rel=1e-9)
        bottom, top = (found[f"lnc_scalar_{edge}_{convention}"] for edge in ("free_streaming", "trapping"))
        assert (bottom.side, top.side) == ("bottom", "top") and bottom.region == top.region
        assert np.all(bottom.y < top.y)
        assert found[f"lnv_scalar_thermal_free_streaming_{convention}"].side == "line"


def test_a_table_without_all_shells_gives_no_limit(run):
    table = run.tables["coefficients"]
    assert limits_of(Run({"coefficients": table[table["shell"] != 3]})) == {}


def test_regenerated_tables(run):
    table = tables.table1(run, Matter())
    assert table["m_eff_MeV_ratio"].to_numpy() == close(1, abs=2e-3)
    assert table["lambda_nu_m_ours"][0] == close(0.55223, rel=2e-5)
    assert tables.table2(run, Matter())["m_eff_MeV_ratio"][2] == close(1.568, abs=1e-3)  # the erroneous row


# ---- a user's shells --------------------------------------------------------------------------------------------------


@pytest.fixture
def shells_csv(run, tmp_path):
    """The paper's shells as a user's file."""
    path = tmp_path / "shells.csv"
    path.write_text("# a comment\n" + tables.shells(run, Matter()).to_csv(index=False))
    return path


def test_the_shells_table_gives_back_the_solved_states(shells_csv):
    star = shells.read(shells_csv, 2.0)
    assert list(star.dirac) == list(PAPER.dirac)
    for key, neutrino in itertools.product(PAPER.dirac, shells.NEUTRINOS):
        ours, theirs = star.state(*key, neutrino, "solved", 2.0), PAPER.state(*key, neutrino, "solved", 2.0)
        assert vars(ours) == close(vars(theirs), abs=1e-6)


def run_with(path, masses):
    """A run whose grid has as many shells as the file needs."""
    import pandas

    star = shells.read(path, 2.0)
    keys = [(c, *key, n) for c in opacity.CONVENTIONS for key in star.dirac for n in shells.NEUTRINOS]
    points = [(*key, mass) for key in keys for mass in masses]
    names = ("convention", "snapshot_s", "shell", "neutrino", "m_mediator_MeV")
    columns = {name: np.array([point[i] for point in points]) for i, name in enumerate(names)}
    block = scans.coefficients_scan(columns, Opacity(matter=Matter(shells=path)))
    assert np.all(block.status == Status.OK)
    return Run({"coefficients": pandas.DataFrame({**columns, **block.values})})


def test_limits_from_a_users_shells(shells_csv):
    """The paper's star cut into twice as many shells gives the same limits; a hotter one gives others."""
    header, *lines = shells_csv.read_text().splitlines()[1:]
    finer, inner = [header], {}
    for line in lines:
        snapshot_s, R, rest = line.split(",", 2)
        middle = (inner.get(snapshot_s, 0.0) + float(R)) / 2
        finer += [f"{snapshot_s},{middle},{rest}", line]
        inner[snapshot_s] = float(R)
    shells_csv.write_text("\n".join(finer))
    run = run_with(shells_csv, [0.1, 100.0])
    found = limits_of(run, Matter(shells=shells_csv))
    assert len(found) == 24
    for criterion in ("duration_10s", "twice_sm"):
        curve = found[f"b_minus_l_{criterion}_standard"]
        args = {"model": "b_minus_l", "criterion": criterion, "states": "solved"}
        expected = [value("coupling_limit", m_mediator_MeV=mass, **args) for mass in curve.x]
        assert curve.y == close(expected, rel=1e-7)
        assert "solved shells of shells.csv" in curve.assumptions and "printed" not in curve.assumptions
    table = tables.table1(run, Matter(shells=shells_csv))
    assert len(table) == 22 and not any(name.endswith("_paper") for name in table)

    shells_csv.write_text(bad("\n".join([header, *lines]), "5,5.0,25.0", "5,5.0,35.0"))
    hotter = limits_of(run_with(shells_csv, [0.1, 100.0]), Matter(shells=shells_csv))
    ratio = hotter["b_minus_l_duration_10s_standard"].y / found["b_minus_l_duration_10s_standard"].y
    assert np.all((ratio > 0.8) & (ratio < 0.99))


def bad(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("1,5.0,15.0", "1,5.0,-15.0", r"shells.csv:3: column T_MeV: must be between 1 and 200, not -15"),
        ("1,5.0,15.0", "1,5.0,warm", r"shells.csv:3: column T_MeV: 'warm' is not a number"),
        ("1,7.5,20.0,0.3", "1,7.5,20.0,nan", r"shells.csv:4: column n_B_per_fm3: nan is not finite"),
        ("1,7.5,", "1,4.5,", r"shells.csv:4: column R_km: outer radii must increase"),
        (",0.28", ",28", r"shells.csv:4: column Y_L: must be between 0 and 1, not 28"),
        ("\n5,5.0", "\n-3,5.0", r"shells.csv:9: column snapshot_s: must be between 0 and 1000, not -3"),
        ("Y_L", "Ye", "shells.csv:2: no column Y_L; found: "),
        ("1,20.0,7.0,0.008,0.05", "1,20.0,1.0,0.5,0.0", "shells.csv:8: column Y_L: 0 is so small"),
        ("R_km", "R_km,note", "unknown column note"),
    ],
)
def test_bad_shells_are_refused_with_file_line_and_reason(shells_csv, old, new, words):
    shells_csv.write_text(bad(shells_csv.read_text(), old, new))
    with pytest.raises(InputError, match=words):
        shells.read(shells_csv, 2.0)


def test_both_snapshots_and_all_shells_are_needed(shells_csv):
    def check(numbers):
        section = {"inputs": {"shells": str(shells_csv)}, "grid": {"shell": {"values": numbers}}}
        given = {"constraints": ["sn_diffusion"], "allow_outside_files": True, "sn_diffusion": section}
        config.check_inputs(config.complete(given, "cfg.yaml"))

    check([1, 2, 3, 4, 5, 6, 7])
    with pytest.raises(InputError, match=r"cfg.yaml: sn_diffusion: grid.shell: .*missing here: \[5, 6\]"):
        check([1, 2, 3, 4])
    shells_csv.write_text(shells_csv.read_text().replace("\n5,", "\n4,"))
    with pytest.raises(InputError, match=r"grid.snapshot_s: .*shells.csv has snapshots that are missing here: \[4.0\]"):
        check([1, 2, 3, 4, 5, 6, 7])


def test_scaled_shells():
    """Twice the radii at the same matter: four times the time. A scale of temperature solves the states anew."""
    plain, larger, hotter = (
        value("diffusion_time", snapshot_s=5, **scales) for scales in ({}, {"R_scale": 2}, {"T_scale": 1.1})
    )
    assert larger == close(4 * plain, rel=1e-12)
    solved = value("diffusion_time", snapshot_s=5, states="solved")
    nearly = value("diffusion_time", snapshot_s=5, T_scale=1 + 1e-9)
    assert nearly == close(solved, rel=1e-6)
    assert hotter != close(solved, rel=1e-2)
    assert star_of(Matter(T_scale=1.1)).dirac[1, 1]["T_MeV"] == close(1.1 * PAPER.dirac[1, 1]["T_MeV"], rel=1e-15)
    with pytest.raises(InputError, match="Tables I and II"):
        value("diffusion_time", mean_free_paths="printed", n_B_scale=1.01)
