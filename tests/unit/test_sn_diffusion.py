"""Supernova diffusion: kernel against the independent physics, traces, reference values, limits and refusals."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nubounds import evaluation
from nubounds.constants import G_F_PER_MEV2, HBARC_MEV_FM
from nubounds.constraints.sn_diffusion import limits, model, opacity, physics, shells, states
from nubounds.constraints.sn_diffusion.shells import PAPER
from nubounds.contract import InputError, Run, Status
from nubounds.kernels import sn_diffusion as kernel

MAJORANA = ("majorana_thermal", "majorana_degenerate")


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
    assert list(value("nuclear_state", **args).values()) == pytest.approx(expected, rel=2e-5, abs=5e-4)


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
    assert value("mean_free_path", **args) == pytest.approx(expected, rel=2e-5)


@pytest.mark.parametrize(
    ("azimuth", "expected"), [("exact", 0.6150), ("eq18_sum", 0.6654), ("eq18_plus", 0.7563), ("eq18_average", 0.7236)]
)
def test_mean_free_path_with_eq18_taken_literally(azimuth, expected):
    path = value("mean_free_path", snapshot_s=5, convention="paper", azimuth=azimuth)
    assert path == pytest.approx(expected, rel=1e-3)


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
    assert value("diffusion_time", **args) == pytest.approx(expected, rel=4e-4)


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
    assert found == pytest.approx(expected, rel=5e-4)


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
    assert value("medium_enhancement", **args) == pytest.approx(expected, rel=2e-4)


@pytest.mark.parametrize(("axial", "nu", "nubar"), [(1.47, 3.0766e-42, 3.0264e-42), (1.27, 2.4040e-42, 2.3606e-42)])
def test_vacuum_cross_section_on_a_neutron_at_rest(axial, nu, nubar):
    E, M = 10.0, 939.0
    pk, Q2_max = E * M, 4 * E**2 * M / (M + 2 * E)
    x, w = np.polynomial.legendre.leggauss(4)
    for handedness, expected in ((1, nu), (-1, nubar)):
        amplitude = physics.squared_amplitudes(pk, -Q2_max * (1 + x) / 2, M, -0.5, axial / 2, 1.0, handedness)["sm"]
        sigma = Q2_max / 2 * np.sum(w * amplitude) / (64 * math.pi * pk**2)
        assert sigma * (HBARC_MEV_FM * 1e-13) ** 2 == pytest.approx(expected, rel=2e-5)


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
    assert ours["sm"] == pytest.approx(z**2 * product((weak, weak), (current, current)), rel=1e-9)
    assert g**4 * ours["vector"] == pytest.approx(z_prime**2 * product((half, half), ((1, 0), (1, 0))), rel=1e-9)
    interference = 2 * z * z_prime * product((weak, half), (current, (1, 0)))
    assert g**2 * ours["interference"] == pytest.approx(interference, rel=1e-9)
    # the scalar flips the helicity: Tr[k'_slash P k_slash] = 2 k.k' with the projector P
    nucleons = np.trace((slash(p_out) + m * np.eye(4)) @ (slash(p) + m * np.eye(4))).real / 2
    assert ours["scalar"] == pytest.approx(nucleons * 2 * (k @ (METRIC * k_out)) / (q2 - mediator**2) ** 2, rel=1e-9)


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
    state = PAPER.state(snapshot_s, shell, neutrino)
    parts, errors, status = opacity.coefficients([state], neutrino, [mass], convention=convention, vacuum=vacuum)
    slow = physics.inverse_mean_free_path(state, mass, neutrino, convention=convention, vacuum=vacuum)
    assert status[0, 0] == Status.OK
    assert parts[0, 0] == pytest.approx(list(slow.values()), rel=3e-6)
    assert np.all(errors[0, 0] < 1e-4 * np.abs(parts[0, 0]))


@settings(max_examples=15, deadline=None)
@given(
    T=st.floats(3, 45),
    m_eff=st.floats(200, 930),
    degeneracy=st.floats(-4, 12),
    mu_nu=st.floats(-150, 150),
    log_mass=st.floats(-3, 4),
)
def test_kernel_is_as_accurate_as_it_says(T, m_eff, degeneracy, mu_nu, log_mass):
    row = [T, m_eff, m_eff + degeneracy * T, abs(mu_nu) + math.pi * T, mu_nu, 0, 0]
    mass = np.array([10**log_mass])
    measured, error, status = kernel.Response(row).integrals(mass)
    finer, _, _ = kernel.Response(row, kernel.Quadrature(32, 24, 72, 48, 40, 20)).integrals(mass)
    assert status[0] == Status.OK
    assert np.all(np.abs(measured - finer) <= error + 1e-6 * np.abs(finer))
    assert measured[0, 5:] == pytest.approx(finer[0, 5:], rel=1e-5)


def test_eq18_by_brute_force():
    """The same integral with quasi-random points, and with the roots found by scanning theta_12."""
    from scipy.stats import qmc

    state = PAPER.state(5, 3, "nu")
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
    assert 2 * vector == pytest.approx(total, rel=0.02)


@pytest.mark.parametrize(
    ("T", "n_B", "Y_L"), [(15, 0.5, 0.3), (7, 0.008, 0.05), (40, 0.3, 0.4), (28, 0.15, None), (3, 1.0, 0.2)]
)
def test_nuclear_state_agrees_with_scipy(T, n_B, Y_L):
    solved, error, status = states.nuclear_matter(T, n_B, Y_L)
    assert status is Status.OK
    assert solved == pytest.approx(physics.nuclear_state(T, n_B, Y_L), rel=0, abs=1e-6)
    assert np.all(error < 1e-6)


@settings(max_examples=20, deadline=None)
@given(T=st.floats(1, 60), n_B=st.floats(1e-3, 1.2), Y_L=st.floats(0.01, 0.6), g_nu=st.floats(0, 3))
def test_nuclear_state_has_an_answer_everywhere(T, n_B, Y_L, g_nu):
    (m_eff, mu_n, mu_p, mu_nu, Y_p), _, status = states.nuclear_matter(T, n_B, Y_L, g_nu)
    assert status is Status.OK
    assert 0 < m_eff < 939 and 0 < Y_p < 1 and mu_p > 0 and mu_n > 0
    n_nu = g_nu * (mu_nu**3 + (math.pi * T) ** 2 * mu_nu) / (6 * math.pi**2)
    assert Y_p + n_nu / (n_B * HBARC_MEV_FM**3) == pytest.approx(Y_L, abs=1e-9)


# ---- structure -------------------------------------------------------------------------------------------------------


def test_scaling_with_the_mediator_mass():
    state = PAPER.state(5, 1, "nubar")
    parts, _, _ = opacity.coefficients([state], "nubar", [1e-3, 2e-3, 1e5, 2e5])
    vector, scalar = parts[0, :, 2], parts[0, :, 3]
    assert vector[0] / vector[1] == pytest.approx(4, rel=1e-3)
    assert vector[2] / vector[3] == pytest.approx(16, rel=1e-3)
    assert scalar[2] / scalar[3] == pytest.approx(16, rel=1e-3)
    assert 1 < scalar[0] / scalar[1] < 1.2  # logarithmic


def test_axial_coupling_is_free():
    """1/lambda of the Standard Model is quadratic in the axial coupling."""
    state = PAPER.state(1, 2, "nu")
    rates = [opacity.coefficients([state], "nu", [1.0], axial=axial)[0][0, 0, 0] for axial in (0.0, 0.5, 1.0, 1.5)]
    assert np.diff(rates, 3) == pytest.approx([0], abs=1e-12 * rates[-1])
    assert value("mean_free_path", shell=2, axial=1.47) < value("mean_free_path", shell=2, axial=1.27)


@pytest.mark.parametrize("convention", list(opacity.CONVENTIONS))
@pytest.mark.parametrize("mass", [0.01, 3.0, 800.0])
def test_limit_meets_its_criterion(convention, mass):
    common = {"model": "b_minus_l", "neutrino": "nubar", "m_mediator_MeV": mass, "convention": convention}
    for criterion, snapshot_s in (("duration_10s", 5), ("twice_sm", 1)):
        coupling = value("coupling_limit", criterion=criterion, **common)
        time = value("diffusion_time", snapshot_s=snapshot_s, coupling=coupling, **common)
        standard = value("diffusion_time", snapshot_s=snapshot_s, neutrino="nubar", convention=convention)
        assert time == pytest.approx(10 if criterion == "duration_10s" else 2 * standard, rel=1e-9)


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
    inputs = {"shells": None, "axial": 1.47, "states": "printed", "g_nu": 2.0}
    return columns, model.SCANS["coefficients"](columns, inputs)


def test_scan_marks_the_shell_that_is_not_there():
    columns, block = scan([1.0], snapshot_s=[5.0], convention=["standard"])
    missing = columns["shell"] == 6
    assert np.all(block.status[missing] == Status.OUT_OF_DOMAIN) and np.all(block.status[~missing] == Status.OK)
    assert np.all(np.isnan(block.values["sm_per_m"][missing]))


def test_kernel_refuses_what_it_cannot_compute():
    good = [10.0, 500.0, 520.0, 60.0, 0.0, 0, 0]
    rows = [good, [-1.0, *good[1:]], [np.nan, *good[1:]], [*good[:6], 9]]
    values, errors, status = kernel.medium([kernel.Response(row) for row in rows], np.array([1e-9, 1.0]))
    assert status.tolist() == [[Status.OUT_OF_DOMAIN, Status.OK]] + 3 * [[Status.OUT_OF_DOMAIN] * 2]
    assert np.all(np.isnan(values) == (status != Status.OK)[:, :, None])
    assert np.all(np.isnan(errors) == np.isnan(values))


@pytest.fixture(scope="module")
def run():
    import pandas

    columns, block = scan([0.01, 1.0, 100.0])
    table = pandas.DataFrame({**columns, **block.values, "status": [Status(int(s)).name for s in block.status]})
    inputs = {
        "shells": None,
        "axial": 1.47,
        "states": "printed",
        "g_nu": 2.0,
        "limit_snapshot_s": 1,
        "neutrino": "nubar",
    }
    inputs |= {"duration_s": limits.DURATION_S, "factor": limits.FACTOR, "interactions": limits.INTERACTIONS}
    return Run(inputs | {"transport": "eq21"}, {"coefficients": table})


def test_curves_are_the_quantities(run):
    curves = {curve.name: curve for curve in model.limits(run)}
    assert len(curves) == 24
    for convention in opacity.CONVENTIONS:
        curve = curves[f"b_minus_l_twice_sm_{convention}"]
        args = {"model": "b_minus_l", "criterion": "twice_sm", "convention": convention}
        assert curve.y == pytest.approx([value("coupling_limit", m_mediator_MeV=m, **args) for m in curve.x], rel=1e-9)
        bottom, top = (curves[f"lnc_scalar_{edge}_{convention}"] for edge in ("free_streaming", "trapping"))
        assert (bottom.side, top.side) == ("bottom", "top") and bottom.region == top.region
        assert np.all(bottom.y < top.y)
        assert curves[f"lnv_scalar_thermal_free_streaming_{convention}"].side == "line"


def test_a_table_without_all_shells_gives_no_limit(run):
    table = run.tables["coefficients"]
    assert model.limits(Run(run.inputs, {"coefficients": table[table["shell"] != 3]})) == []


def test_regenerated_tables(run):
    table = model.TABLES["table1"](run)
    assert table["m_eff_MeV_ratio"].to_numpy() == pytest.approx(1, abs=2e-3)
    assert table["lambda_nu_m_ours"][0] == pytest.approx(0.55223, rel=2e-5)
    assert model.TABLES["table2"](run)["m_eff_MeV_ratio"][2] == pytest.approx(1.568, abs=1e-3)  # the erroneous row
