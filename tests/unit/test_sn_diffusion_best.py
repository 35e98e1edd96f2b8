"""Supernova diffusion beyond the paper: each piece of physics against a separate program, and its refusals."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from close import close
from nubounds import answer
from nubounds.answers import evaluation
from nubounds.constraints.sn_diffusion import (
    charged,
    collisions,
    electrons,
    form_factors,
    neutral,
    opacity,
    processes,
    rosseland,
    scans,
)
from nubounds.constraints.sn_diffusion.correlations import axial_suppression
from nubounds.constraints.sn_diffusion.inputs import Correlations, Currents, Interaction, Opacity
from nubounds.constraints.sn_diffusion.shells import PAPER
from nubounds.contract import InputError, Status
from nubounds.inputs.declare import defaults

STANDARD = {"axial": 1.2754, "strange_axial": -0.05, "sin2_theta_w": 0.23863}


def value(name, **args):
    return evaluation.evaluate(f"sn_diffusion.{name}", **args)


# ---- reference values: from a separate program, whose amplitudes were checked against numerical Dirac traces ---------


@pytest.mark.parametrize(
    ("current", "nucleon", "expected"),
    [
        ("em", "p", {"F1": 0.91420, "F2": 1.58869}),
        ("em", "n", {"F1": -0.001148, "F2": -1.71328}),
        ("z", "n", {"F1": -0.45712, "FA": 0.56866}),
        ("z", "p", {"F1": 0.02136, "FA": -0.61507}),
    ],
)
def test_form_factors(current, nucleon, expected):
    found = value("form_factor", Q2_GeV2=0.04, current=current, nucleon=nucleon, preset="best")
    assert {name: found[name] for name in expected} == close(expected, rel=5e-4)
    assert (found["FA"] is None) == (current == "em")


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"process": "neutral_n", "weight": "total"}, 0.94257),
        ({"process": "neutral_n"}, 0.80954),
        ({"process": "neutral_n", "neutrino": "nubar"}, 0.61754),
        ({"process": "neutral_p", "neutrino": "nubar"}, 0.43565),
        ({"process": "charged", "weight": "total"}, 10.9986),
        ({"process": "charged"}, 11.4739),
        ({"process": "charged", "neutrino": "nubar", "shell": 3}, 0.66979),
        ({"process": "charged", "snapshot_s": 5, "shell": 5, "E_nu_MeV": 30}, 0.39581),
        ({"process": "charged", "neutrino": "majorana_thermal", "snapshot_s": 5, "shell": 5}, 0.22711),
        ({"process": "electron", "weight": "total"}, 0.89000),
        ({"process": "electron"}, 0.79554),
        ({"process": "electron", "neutrino": "nubar", "snapshot_s": 5, "shell": 4, "E_nu_MeV": 60}, 0.046621),
        (
            {"process": "electron", "neutrino": "nubar", "snapshot_s": 5, "shell": 4, "E_nu_MeV": 60, "flavour": "x"},
            0.015057,
        ),
        ({"neutrino": "nubar", "shell": 2, "correlations": "rpa_static"}, 0.71032),
        ({"neutrino": "nubar", "shell": 2, "correlations": "horowitz2017"}, 0.35038),
    ],
)
def test_opacity(args, expected):
    assert value("opacity", **{"preset": "best", "correlations": "none"} | args) == close(expected, rel=2e-5)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({}, 0.69315),
        ({"weight": "total"}, 0.89468),
        ({"weight": "total", "form_factors": "point"}, 0.95504),
        ({"weight": "total", "weak_magnetism": False}, 1.00722),
    ],
)
def test_opacity_at_a_given_energy(args, expected):
    shell = {"snapshot_s": 5, "shell": 3, "neutrino": "nubar", "process": "neutral_n", "E_nu_MeV": 100}
    assert value("opacity", preset="best", correlations="none", **shell, **args) == close(expected, rel=2e-5)


@pytest.mark.parametrize(
    ("correlations", "expected"),
    [
        ("horowitz2017", "0.069 0.148 0.337 0.601 0.572 0.562 0.119 0.161 0.228 0.293 0.272"),
        # the separate program's table has 0.733, 0.826, 0.486 at 1 s k=4, 6 and 5 s k=1; adaptive quadrature decides
        ("rpa_static", "0.481 0.509 0.572 0.732 0.759 0.825 0.485 0.505 0.528 0.576 0.641"),
    ],
)
def test_axial_suppression_of_the_shells(correlations, expected):
    states = [PAPER.state(*key, "nu", "solved", 2.0) for key in PAPER.dirac]
    found = [axial_suppression(s.T, s.m_eff, s.mu_n, s.mu_p, correlations, 0.6) for s in states]
    assert found == close(list(map(float, expected.split())), rel=0, abs=5e-4)  # half of the last printed digit


@pytest.mark.parametrize("key", [(1, 1), (1, 4), (1, 6), (5, 1), (5, 5)])
def test_static_correlations_by_adaptive_quadrature(key):
    state, steps = PAPER.state(*key, "nu", "solved", 2.0), []
    for mu in (state.mu_n, state.mu_p):

        def susceptibility(k, mu=mu):
            energies = (math.hypot(k, state.m_eff) - mu, math.hypot(k, state.m_eff) + mu)
            blocked = sum(1 / (4 * math.cosh(min(energy / (2 * state.T), 300)) ** 2) for energy in energies)
            return (k / math.pi) ** 2 * blocked / state.T

        surface = math.sqrt(max(mu**2 - state.m_eff**2, 0)) + 1.0
        top = math.sqrt((max(mu, state.m_eff) + 40 * state.T) ** 2 - state.m_eff**2)
        steps += [quad(susceptibility, *ends, epsrel=1e-10, limit=200)[0] for ends in ((0, surface), (surface, top))]
    expected = 1 / (1 + 0.6 * 4 * math.pi * 0.08 / 139.57**2 * sum(steps))
    found = axial_suppression(state.T, state.m_eff, state.mu_n, state.mu_p, "rpa_static", 0.6)
    assert found == close(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("snapshot_s", "shell", "expected"),
    [
        (1, 1, (0.1205, 4.543, 4.78, 6.71)),
        (1, 3, (0.0459, 1.02, 0.663, 1.45)),
        (1, 4, (0.0925, 0.966, 0.7037, 1.63)),
        (5, 4, (0.0484, 1.655, 0.938, 1.95)),
    ],
)
def test_rosseland_means(snapshot_s, shell, expected):
    found = value("diffusion_coefficient", snapshot_s=snapshot_s, shell=shell, preset="best")
    assert list(found) == ["nu", "nubar", "nu_x", "nubar_x"]
    assert list(found.values()) == close(expected, rel=3e-3)


def test_rosseland_means_of_numbers():
    found = value("diffusion_coefficient", snapshot_s=5, shell=1, preset="best", rosseland_power=2)
    assert [found["nu"], found["nubar"]] == close([0.0451, 2.47], rel=3e-3)


def test_gauss_rule_integrates_polynomials():
    x = np.linspace(0.5, 9.0, 200)
    weight = np.exp(-x) * x
    nodes, weights = rosseland.gauss_rule(x, weight, 6)
    for power in range(12):
        assert weights @ nodes**power == close(weight @ x**power, rel=1e-11)


def test_weights_of_the_spectrum_add_up():
    """Int x^n e^x/(1 + e^x)^2 dx = n! eta(n), at mu_nu = 0."""
    expected = {2: math.pi**2 / 6, 3: 9 * 1.2020569031595942 / 2, 4: 7 * math.pi**4 / 30}
    for power, precision, level in itertools.product(expected, rosseland.NODES, range(2)):
        energies, weight = rosseland.energies(0.0, 12.0, power, precision, level)
        assert weight.sum() / 12.0 ** (power + 1) == close(expected[power], rel=1e-4)
        assert np.all(energies > 0)


def test_other_flavours_are_not_absorbed():
    with pytest.raises(InputError, match="process=charged: only electron neutrinos"):
        value("opacity", process="charged", flavour="x")


def test_chemical_potentials_with_charged_currents():
    for key, expected in (((1, 1), (114.26, 320.08)), ((5, 4), (62.17, 150.61))):
        state = PAPER.state(*key, "nu", "solved", 2.0)
        found = charged.potential_difference(state), charged.electron_potential(state)
        assert found == close(expected, rel=1e-4)


def limits(model, criterion, chosen):
    return [
        value("coupling_limit", model=model, criterion=criterion, m_mediator_MeV=m, **chosen)
        for m in (0.1, 10, 100, 1000)
    ]


# Antineutrinos, pieces added one after another: diffusion times at 1 s and 5 s, then limits at four masses.
CUMULATIVE = [
    (
        STANDARD,
        (1.541, 0.870),
        (2.667e-5, 2.630e-4, 9.201e-4, 6.468e-3),
        (1.721e-5, 1.638e-4, 5.172e-4, 3.379e-3),
        (5.876e-4, 8.138e-4, 1.538e-3, 8.943e-3),
        (4.232e-4, 5.629e-4, 9.279e-4, 4.688e-3),
    ),
    (
        {"weak_magnetism": True},
        (1.237, 0.749),
        (2.676e-5, 2.639e-4, 9.233e-4, 6.492e-3),
        (1.629e-5, 1.540e-4, 4.803e-4, 3.126e-3),
        (5.896e-4, 8.165e-4, 1.543e-3, 8.973e-3),
        (4.005e-4, 5.327e-4, 8.783e-4, 4.437e-3),
    ),
    (
        {"form_factors": "dipole"},
        (1.107, 0.692),
        (2.680e-5, 2.646e-4, 9.348e-4, 6.676e-3),
        (1.584e-5, 1.496e-4, 4.718e-4, 3.140e-3),
        (5.914e-4, 8.221e-4, 1.581e-3, 9.401e-3),
        (3.908e-4, 5.232e-4, 8.830e-4, 4.611e-3),
    ),
    (
        {"weight": "transport"},
        (0.861, 0.543),
        (4.734e-4, 6.675e-4, 1.254e-3, 7.405e-3),
        (2.905e-4, 3.842e-4, 6.344e-4, 3.393e-3),
        (9.607e-4, 9.942e-4, 1.620e-3, 8.966e-3),
        (6.069e-4, 6.191e-4, 8.646e-4, 4.128e-3),
    ),
    (
        {"electrons": True},
        (1.044, 0.701),
        (4.573e-4, 6.371e-4, 1.166e-3, 6.787e-3),
        (2.930e-4, 3.809e-4, 6.081e-4, 3.185e-3),
        (9.566e-4, 9.900e-4, 1.613e-3, 8.928e-3),
        (6.369e-4, 6.497e-4, 9.073e-4, 4.332e-3),
    ),
    (
        {"charged_currents": True},
        (1.344, 0.716),
        (4.571e-4, 6.369e-4, 1.165e-3, 6.784e-3),
        (3.144e-4, 4.110e-4, 6.616e-4, 3.472e-3),
        (9.562e-4, 9.896e-4, 1.613e-3, 8.925e-3),
        (6.784e-4, 6.921e-4, 9.666e-4, 4.615e-3),
    ),
]


@pytest.mark.parametrize("count", range(1, len(CUMULATIVE) + 1))
def test_times_and_limits_piece_by_piece(count):
    chosen = {"states": "solved", "neutrino": "nubar"}
    for step in CUMULATIVE[:count]:
        chosen |= step[0]
    _, times, *expected = CUMULATIVE[count - 1]
    assert [value("diffusion_time", snapshot_s=t, **chosen) for t in (1, 5)] == close(times, rel=1e-3)
    kinds = [(model, criterion) for model in ("b_minus_l", "lnc_scalar") for criterion in ("duration_10s", "twice_sm")]
    for (model, criterion), numbers in zip(kinds, expected, strict=True):
        assert limits(model, criterion, chosen) == close(numbers, rel=1e-3)


def test_majorana_piece_by_piece():
    chosen = {"states": "solved", "neutrino": "majorana_thermal", "weak_magnetism": True, "form_factors": "dipole"}
    chosen |= STANDARD
    times = [value("diffusion_time", snapshot_s=t, **chosen) for t in (1, 5)]
    assert times == close([0.659, 0.595], rel=1e-3)
    chosen["weight"] = "transport"
    times = [value("diffusion_time", snapshot_s=t, **chosen) for t in (1, 5)]
    assert times == close([0.662, 0.569], rel=1e-3)
    expected = [9.254e-4, 9.560e-4, 1.586e-3, 9.624e-3]
    assert limits("lnv_scalar", "duration_10s", chosen) == close(expected, rel=1e-3)
    chosen["electrons"] = True
    times = [value("diffusion_time", snapshot_s=t, **chosen) for t in (1, 5)]
    assert times == close([0.748, 0.721], rel=1e-3)
    chosen["charged_currents"] = True
    times = [value("diffusion_time", snapshot_s=t, **chosen) for t in (1, 5)]
    assert times == close([4.995, 8.238], rel=1e-3)
    expected = [6.085e-4, 6.286e-4, 1.043e-3, 6.327e-3]
    assert limits("lnv_scalar", "duration_10s", chosen) == close(expected, rel=1e-3)


def test_transport_alone():
    chosen = {"weight": "transport", "neutrino": "nubar"}
    times = [value("diffusion_time", snapshot_s=t, **chosen) for t in (1, 5)]
    assert times == close([1.8628, 0.9997], rel=1e-4)
    expected = {"b_minus_l": [4.668e-4, 6.559e-4, 1.214e-3], "lnc_scalar": [9.398e-4, 9.716e-4, 1.555e-3]}
    for model, numbers in expected.items():
        assert limits(model, "duration_10s", chosen)[:3] == close(numbers, rel=1e-3)


# ---- structure ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("neutrino", ["nu", "nubar", "majorana_thermal"])
@pytest.mark.parametrize("shell", [1, 4, 6])
def test_point_nucleons_are_the_papers_formula(neutrino, shell):
    """With every option as in the paper the sum over nodes is the kernel's own."""
    state = PAPER.state(1, shell, neutrino, "printed", 2.0)
    masses = [0.01, 1.0, 300.0]
    found, errors, status = neutral.by_nucleon([state], neutrino, masses, Interaction(), "paper")
    expected, _, _ = opacity.coefficients(
        [state], neutrino, masses, convention="standard", axial=1.47, precision="paper"
    )
    assert np.all(status == Status.OK)
    assert found.sum(axis=1) == close(expected, rel=1e-10)
    assert np.all(errors < 1e-3 * np.abs(found).max(axis=2, keepdims=True))


@pytest.mark.parametrize("nucleon", ["n", "p"])
def test_form_factors_begin_at_charges_and_moments(nucleon):
    Q2 = np.array([0.0])
    for kind in ("point", "dipole"):
        charge, anomalous = form_factors.electromagnetic(Q2, nucleon, kind)
        assert charge + anomalous == close(form_factors.MAGNETIC_MOMENTS[nucleon], rel=1e-14)
        assert charge == close(1.0 if nucleon == "p" else 0.0, rel=1e-14)
    vector, _, axial = form_factors.weak_neutral(Q2, nucleon, Currents())
    assert vector == close({"n": -0.5, "p": 0.0375}[nucleon], rel=1e-14)
    assert axial == close({"n": 0.735, "p": -0.735}[nucleon], rel=1e-14)


def test_weak_magnetism_splits_neutrinos_and_antineutrinos():
    """It adds to neutrinos' scattering and takes from antineutrinos'; more so with the effective mass."""
    ratios = {}
    for mass in ("vacuum", "effective"):
        for neutrino in ("nu", "nubar"):
            with_it = value("opacity", neutrino=neutrino, states="solved", weak_magnetism=True, pauli_mass=mass)
            ratios[neutrino, mass] = with_it / value("opacity", neutrino=neutrino, states="solved")
    assert ratios["nubar", "vacuum"] < 1 < ratios["nu", "vacuum"] < ratios["nu", "effective"]


def test_transport_of_light_exchange_is_flat_in_the_mass():
    """Forward scattering does not count: below 0.1 MeV the limit no longer falls with the mass."""
    light, lighter = (
        value("coupling_limit", model="b_minus_l", m_mediator_MeV=m, weight="transport") for m in (0.1, 0.01)
    )
    assert 0.6 < lighter / light < 1
    assert math.isfinite(light)


def test_the_note_says_why_a_limit_is_weaker():
    found = answer("sn_diffusion.coupling_limit", model="b_minus_l", m_mediator_MeV=0.1, weight="transport")
    assert "scatters forward" in found.note
    heavy = answer("sn_diffusion.coupling_limit", model="b_minus_l", m_mediator_MeV=1000, weight="transport")
    assert heavy.note == ""


def test_correlations_vanish_where_there_is_nothing():
    for correlations in ("rpa_static", "horowitz2017"):
        thin = value("axial_suppression", T_MeV=30, n_B_per_fm3=1e-6, Y_p=0.1, correlations=correlations)
        assert 0.999 < thin <= 1
    assert value("axial_suppression", T_MeV=30, n_B_per_fm3=0.1, Y_p=0.1) == 1
    free = {"T_MeV": 30, "n_B_per_fm3": 0.1, "Y_p": 0.1, "correlations": "rpa_static"}
    assert value("axial_suppression", **free, g_prime=0) == 1


@pytest.mark.parametrize("chosen", [{"convention": "paper"}, {"azimuth": "eq18_sum"}])
def test_only_the_standard_reading_goes_beyond_the_paper(chosen):
    with pytest.raises(InputError, match=r"weight=transport: goes with convention=standard and azimuth=exact"):
        value("mean_free_path", weight="transport", **chosen)


def test_lambda_0_stays_the_papers():
    with pytest.raises(InputError, match="form_factors=dipole"):
        value("medium_enhancement", form_factors="dipole")


@pytest.mark.parametrize(
    "args", [{"E_nu_MeV": 0.5}, {"E_nu_MeV": 2e3}, {"strange_axial": 2}, {"sin2_theta_w": -1}, {"g_prime": 3}]
)
def test_ranges(args):
    with pytest.raises(InputError, match=next(iter(args))):
        value("opacity", **args)


def test_the_error_covers_the_distance_to_the_reference():
    chosen = Opacity(interaction=Interaction(currents=Currents(form_factors="dipole", weak_magnetism=True)))
    fine = replace(chosen, accuracy=replace(chosen.accuracy, precision="reference"))
    chosen = replace(chosen, interaction=replace(chosen.interaction, medium=Correlations("rpa_static")))
    fine = replace(fine, interaction=chosen.interaction)
    states = [PAPER.state(5, shell, "nubar", "printed", 2.0) for shell in (1, 5)]
    found, error, _ = processes.coefficients(states, "nubar", [0.1, 100.0], chosen, "standard")
    finer, _, _ = processes.coefficients(states, "nubar", [0.1, 100.0], fine, "standard")
    assert np.all(np.abs(found - finer) <= error + 1e-9 * np.abs(finer))


def test_electron_neutrinos_have_no_limit_from_ten_seconds():
    """Charged currents alone keep them in for longer."""
    for snapshot_s, expected in ((1, 13.3), (5, 17.3)):
        single = {"neutrino": "nu", "average": "single", "correlations": "none"}
        assert value("diffusion_time", snapshot_s=snapshot_s, preset="best", **single) == close(expected, rel=3e-3)
    limit = answer("sn_diffusion.coupling_limit", model="b_minus_l", m_mediator_MeV=1, neutrino="nu", preset="best")
    assert limit.value is None
    assert "the Standard Model alone exceeds" in limit.note


def test_antineutrinos_below_threshold_are_not_absorbed():
    state = replace(PAPER.state(1, 1, "nubar", "solved", 2.0), E_nu=50.0)
    assert charged.rate(state, "nubar", Interaction(), "paper") == (0.0, 0.0)


def test_electrons_agree_with_twice_the_nodes():
    masses = np.array([1e-2, 1.0, 100.0])
    state = PAPER.state(5, 2, "nu", "solved", 2.0)
    for weight in ("total", "transport"):
        chosen = Interaction(weight=weight)
        found, error = electrons.parts(state, "nu", masses, chosen, "paper")
        finer, _ = electrons.parts(state, "nu", masses, chosen, "reference")
        assert np.all(np.abs(found - finer) <= error + 1e-9 * np.abs(finer))
        assert found[:, :3] == close(finer[:, :3], rel=5e-4)


def test_a_scan_of_the_best_physics():
    """The standard reading agrees with the quantities; the paper's rows are left out."""
    best = defaults(Opacity, "best")
    points = {"convention": ["standard", "paper"], "snapshot_s": [1, 1], "neutrino": ["nubar"] * 2, "shell": [2, 2]}
    columns = {name: np.array(column) for name, column in points.items()} | {"m_mediator_MeV": np.array([1.0, 1.0])}
    block = scans.coefficients_scan(columns, best)
    assert list(block.status) == [Status.OK, Status.OUT_OF_DOMAIN]
    path = value("mean_free_path", shell=2, neutrino="nubar", preset="best", average="single")
    assert 1 / block.values["sm_per_m"][0] == close(path, rel=1e-12)


@pytest.mark.parametrize("key", [(1, 1), (1, 6), (5, 2)])
@pytest.mark.parametrize("neutrino", ["nu", "nubar"])
def test_charged_currents_agree_with_more_nodes(key, neutrino):
    state, chosen = PAPER.state(*key, neutrino, "solved", 2.0), defaults(Interaction, "best")
    (found, error), (finer, _) = (charged.rate(state, neutrino, chosen, name) for name in ("paper", "reference"))
    assert abs(found - finer) <= error + 1e-7 * finer
    assert error < (1e-4 if neutrino == "nu" else 1e-2) * found


def test_without_charge_exchange_moments_are_the_kernels():
    """Equal potentials and Delta = 0: the kernel's table of neutral currents, summed on the nodes of charged ones."""
    state = PAPER.state(1, 4, "nubar", "solved", 2.0)
    nodes = charged.nodes_of(state.E_nu, 0.0, state.m_eff, state.mu_n, state.mu_n, state.T, 20)
    E_out = state.E_nu - nodes.u * nodes.q
    M = collisions.moments(nodes, state.T, state.E_nu, E_out, state.m_eff, state.mu_n, state.mu_n)
    X = nodes.v * nodes.q**2
    weight = collisions.prefactor(nodes, state.E_nu) * collisions.empty_share(E_out, state.mu_nu, state.T)
    found = weight @ (2 * M.s2 - X * M.s + (X**2 / 4 - state.m_eff**2 * X / 2) * M.one)
    row = (state.T, state.m_eff, state.mu_n, state.E_nu, state.mu_nu, 0, 0)
    assert found == close(opacity.response(row, "paper").integrals(np.array([1.0]))[0][0, 0], rel=1e-4)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("nuclear_state", {"T_MeV": [15.0, 30.0, 0.05], "n_B_per_fm3": [0.5, 0.06, 0.3], "Y_L": 0.2}),
        ("form_factor", {"Q2_GeV2": [0.0, 0.1, 3.0], "current": "em", "form_factors": "dipole"}),
        ("form_factor", {"Q2_GeV2": [0.0, 0.1, 3.0], "preset": "best", "current": "z"}),
        ("axial_suppression", {"T_MeV": [10.0, 30.0], "n_B_per_fm3": 0.1, "Y_p": 0.1, "correlations": "rpa_static"}),
        ("axial_suppression", {"T_MeV": [10.0, 30.0], "n_B_per_fm3": 0.1, "Y_p": 0.1, "correlations": "horowitz2017"}),
        ("mean_free_path", {"model": "b_minus_l", "coupling": [1e-5, 1e-3], "m_mediator_MeV": [1.0, 100.0]}),
        ("diffusion_time", {"model": "lnc_scalar", "coupling": [1e-4, 1e-3], "m_mediator_MeV": 1.0}),
        ("diffusion_time", {"snapshot_s": [1.0, 5.0, 1.0], "neutrino": "nubar"}),
        ("optical_depth", {"model": "b_minus_l", "coupling": [1e-5, 1e-3], "m_mediator_MeV": 1.0}),
        ("medium_enhancement", {"model": "b_minus_l", "coupling": [1e-5, 1e-3], "m_mediator_MeV": [1.0, 100.0]}),
    ],
    ids=lambda one: one if isinstance(one, str) else "-".join(one),
)
def test_arrays_have_the_digits_of_single_points(name, arguments):
    many = answer(f"sn_diffusion.{name}", **arguments)
    spread = {key: values for key, values in arguments.items() if isinstance(values, list)}
    for place, point in enumerate(zip(*spread.values(), strict=True)):
        one = answer(f"sn_diffusion.{name}", **arguments | dict(zip(spread, point, strict=True)))
        assert many.status[place] is one.status
        if one.value is None:
            one = replace(one, value=math.nan, error=math.nan)
        for found, alone in ((many.value, one.value), (many.error, one.error)):
            if isinstance(found, dict) and isinstance(alone, dict):
                pairs = [(values[place], alone[key]) for key, values in found.items()]
            else:
                pairs = [(one[place], alone) for one in (found.values() if isinstance(found, dict) else [found])]
            for mine, single in pairs:
                np.testing.assert_array_equal(mine, math.nan if single is None else single)
