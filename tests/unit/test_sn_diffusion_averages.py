"""Supernova diffusion of a spectrum of all species: means over energies, the limits that follow, and a series in time."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

import nubounds
from close import close
from nubounds import answer
from nubounds.answers import evaluation
from nubounds.constraints.sn_diffusion import averages, opacity, paths, processes, rosseland, spectra, tables
from nubounds.constraints.sn_diffusion.inputs import Criteria, Opacity, Spectrum
from nubounds.constraints.sn_diffusion.shells import PAPER
from nubounds.contract import InputError, Run, Status
from nubounds.inputs.declare import defaults
from nubounds.kernels import sn_diffusion as kernel
from nubounds.kernels import sn_diffusion_spectrum as spectrum_kernel

MASSES = [0.1, 10.0, 100.0, 1000.0]
BEST = defaults(Opacity, "best")
ROSSELAND = defaults(Spectrum, "best")


def value(name, **args):
    return evaluation.evaluate(f"sn_diffusion.{name}", **{"preset": "best"} | args)


# ---- reference values: from a separate program; its average agrees with the Boltzmann equation's solution ------------

PATHS = {  # 1 s k=1..6, 5 s k=1..5
    "nu": "0.121 0.0646 0.0459 0.0925 0.694 28.1 0.0299 0.0237 0.0188 0.0484 1.48",
    "nubar": "4.54 2.41 1.02 0.966 5.90 129 1.19 0.990 0.788 1.65 22.6",
    "nu x": "4.78 1.78 0.663 0.704 4.54 112 0.989 0.687 0.451 0.938 17.6",
    "nubar x": "6.71 3.07 1.45 1.63 7.31 133 1.71 1.34 1.03 1.95 23.5",
    "all": "0.230 0.223 0.302 0.790 4.24 70.8 0.658 0.585 0.519 1.09 17.7",
    "majorana_thermal": "0.121 0.0736 0.0720 0.165 1.21 48.1 0.0412 0.0354 0.0317 0.0861 2.75",
    "majorana_thermal x": "5.62 2.31 0.947 0.980 5.60 122 1.26 0.912 0.630 1.26 20.0",
    "majorana_all": "3.79 1.56 0.655 0.708 4.14 97.7 0.851 0.620 0.430 0.872 14.3",
}
# Of the flux of numbers.  The separate program has 603 m for antineutrinos at 1 s k=6; Gauss rules in ln E from 3 keV
# on, with integrals at each energy, give 599.52.
NUMBERS = {
    "nu": "0.132 0.0775 0.0711 0.231 2.34 89.9 0.0451 0.0374 0.0317 0.106 5.82",
    "nubar": "10.4 5.69 2.88 2.56 19.8 599.5 2.47 1.99 1.54 3.83 68.4",
}


def rosseland_paths(of, **args):
    neutrino, _, flavour = of.partition(" ")
    shells = [(1, range(1, 7)), (5, range(1, 6))]
    mine = {"neutrino": neutrino, "flavour": flavour or "e", **args}
    return [
        value("mean_free_path", snapshot_s=time, shell=shell, **mine) for time, numbers in shells for shell in numbers
    ]


def printed(text):
    """Numbers and the half of their last digits."""
    words = text.split()
    digits = [0.5 * 10.0 ** -(len(word.partition(".")[2])) for word in words]
    return np.array(list(map(float, words))), np.array(digits)


@pytest.mark.parametrize("of", PATHS)
def test_rosseland_paths(of):
    expected, rounding = printed(PATHS[of])
    assert np.all(np.abs(rosseland_paths(of) - expected) < rounding + 1e-3 * expected)


@pytest.mark.parametrize("of", NUMBERS)
def test_rosseland_paths_of_numbers(of):
    expected, rounding = printed(NUMBERS[of])
    assert np.all(np.abs(rosseland_paths(of, rosseland_power=2) - expected) < rounding + 3e-3 * expected)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"shell": 1, "neutrino": "nu"}, 0.1205),
        ({"shell": 1, "neutrino": "nubar"}, 4.543),
        ({"shell": 4, "neutrino": "nubar", "snapshot_s": 5}, 1.655),
        ({"shell": 4, "neutrino": "nu", "flavour": "x"}, 0.7037),
    ],
    ids=["nu", "nubar", "nubar_5s", "nu_x"],
)
def test_mean_free_path(args, expected):
    assert value("mean_free_path", **args) == close(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({}, (1.909, 0.772)),
        ({"neutrino": "all"}, (1.909, 0.772)),
        ({"neutrino": "nubar"}, (0.685, 0.484)),
        ({"neutrino": "nu"}, (10.39, 18.96)),
        ({"neutrino": "nu", "flavour": "x"}, (0.951, 0.773)),
        ({"neutrino": "nubar", "flavour": "x"}, (0.443, 0.373)),
        ({"neutrino": "majorana_all"}, (0.969, 0.837)),
        ({"neutrino": "majorana_thermal"}, (6.889, 11.84)),
        ({"neutrino": "majorana_thermal", "flavour": "x"}, (0.691, 0.572)),
        ({"rosseland_power": 2}, (0.568, 0.360)),
        ({"rosseland_power": 3}, (1.171, 0.558)),
        ({"neutrino": "nubar", "correlations": "none"}, (0.876, 0.715)),
        ({"neutrino": "nubar", "correlations": "horowitz2017"}, (0.583, 0.350)),
    ],
    ids=lambda args: "-".join(map(str, args.values())) or "default" if isinstance(args, dict) else "",
)
def test_diffusion_time(args, expected):
    found = [value("diffusion_time", snapshot_s=time, **args) for time in (1, 5)]
    assert found == close(expected, rel=2e-3)


LIMITS = [
    (
        "nubar without correlations",
        {"neutrino": "nubar", "correlations": "none"},
        ("5.186e-4 6.821e-4 1.174e-3 6.889e-3", "2.272e-4 3.013e-4 5.784e-4 3.701e-3"),
        ("1.161e-3 1.177e-3 1.669e-3 8.856e-3", "5.174e-4 5.278e-4 8.028e-4 4.529e-3"),
    ),
    (
        "nubar",
        {"neutrino": "nubar"},
        ("5.265e-4 6.910e-4 1.182e-3 6.924e-3", "2.113e-4 2.783e-4 5.297e-4 3.388e-3"),
        ("1.179e-3 1.195e-3 1.688e-3 8.911e-3", "4.852e-4 4.949e-4 7.520e-4 4.256e-3"),
    ),
    (
        "nubar with horowitz2017",
        {"neutrino": "nubar", "correlations": "horowitz2017"},
        ("5.304e-4 6.952e-4 1.186e-3 6.938e-3", "2.014e-4 2.637e-4 4.985e-4 3.191e-3"),
        ("1.189e-3 1.205e-3 1.697e-3 8.942e-3", "4.655e-4 4.747e-4 7.193e-4 4.086e-3"),
    ),
    (
        "all species",
        {},
        ("4.832e-4 6.357e-4 1.090e-3 6.338e-3", "2.367e-4 3.114e-4 5.646e-4 3.515e-3"),
        ("1.102e-3 1.116e-3 1.562e-3 8.203e-3", "5.487e-4 5.577e-4 8.060e-4 4.458e-3"),
    ),
]


@pytest.mark.parametrize(("args", "b_minus_l", "scalar"), [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS])
def test_limits(args, b_minus_l, scalar):
    for model, of_criteria in (("b_minus_l", b_minus_l), ("lnc_scalar", scalar)):
        for criterion, text in zip(("duration_10s", "twice_sm"), of_criteria, strict=True):
            found = value("coupling_limit", model=model, criterion=criterion, m_mediator_MeV=MASSES, **args)
            assert list(found) == close(list(map(float, text.split())), rel=1e-3)


def test_limits_on_the_lepton_number_violating_scalar():
    """The default is majorana_all."""
    for criterion, text in (
        ("duration_10s", "1.107e-3 1.122e-3 1.586e-3 8.393e-3"),
        ("twice_sm", "5.106e-4 5.203e-4 7.762e-4 4.342e-3"),
    ):
        found = value("coupling_limit", model="lnv_scalar", criterion=criterion, m_mediator_MeV=MASSES)
        assert list(found) == close(list(map(float, text.split())), rel=1e-3)


@pytest.mark.parametrize(
    ("model", "criterion", "expected"),
    [
        ("b_minus_l", "duration_10s", (5.336e-4, 1.090e-3)),
        ("b_minus_l", "twice_sm", (2.610e-4, 5.646e-4)),
        ("lnc_scalar", "duration_10s", (1.102e-3, 1.562e-3)),
        ("lnv_scalar", "duration_10s", (1.107e-3, 1.586e-3)),
    ],
)
def test_limits_at_1_and_100_MeV(model, criterion, expected):
    found = value("coupling_limit", model=model, criterion=criterion, m_mediator_MeV=[1, 100])
    assert list(found) == close(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("criterion", "expected"), [("free_streaming", (6.76e-6, 8.20e-6)), ("trapping", (1.838e-4, 2.648e-4))]
)
def test_right_handed_neutrinos(criterion, expected):
    args = {"model": "lnc_scalar", "criterion": criterion, "m_mediator_MeV": [1, 100]}
    assert list(value("coupling_limit", neutrino="nubar", **args)) == close(expected, rel=2e-3)
    assert "about one kind of neutrino" in answer("sn_diffusion.coupling_limit", preset="best", **args).note


def test_electron_neutrinos_alone_have_no_limit():
    found = answer("sn_diffusion.coupling_limit", model="b_minus_l", m_mediator_MeV=1, neutrino="nu", preset="best")
    assert found.value is None and found.status == Status.NO_SOLUTION
    assert "the Standard Model alone exceeds" in found.note


def test_spread_of_limits_over_correlations():
    """10 s limits vary by less than 5 %, 2 dt_SM by up to 31 %."""
    of_criteria = {}
    for criterion in ("duration_10s", "twice_sm"):
        args = {"model": "b_minus_l", "criterion": criterion, "m_mediator_MeV": 0.1}
        of_criteria[criterion] = [
            value("coupling_limit", correlations=kind, **args) for kind in ("none", "rpa_static", "horowitz2017")
        ]
    assert max(of_criteria["duration_10s"]) < 1.05 * min(of_criteria["duration_10s"])
    assert of_criteria["twice_sm"][:2] == close([2.82e-4, 2.37e-4], rel=3e-3)
    assert of_criteria["twice_sm"][2] == close(1.95e-4, rel=3e-3)


# ---- against independent calculations ------------------------------------------------------------------------------


def single(asked, E, mass):
    """Parts of 1/lambda at one energy."""
    return paths.parts(replace(asked, spectrum=Spectrum(), E_nu_MeV=E), [mass])[0][0, 0]


@pytest.mark.parametrize("power", [2, 3, 4])
@pytest.mark.parametrize("neutrino", ["nu", "nubar"])
def test_mean_path_by_adaptive_quadrature(power, neutrino):
    """A Z' of 1 MeV in the shell at 33 MeV, whose neutrinos are mildly degenerate."""
    coupling, mass = 5e-4, 1.0
    asked = paths.Question(1, neutrino, BEST, ROSSELAND, shells=(4,))
    (state,) = paths.states(BEST.matter, 1, neutrino, (4,))
    powers = opacity.powers("b_minus_l", coupling)

    def weight(E):
        x = math.exp(-abs(E - state.mu_nu) / state.T)
        return E**power * x / (1 + x) ** 2

    edges = [1.0, 40.0, 120.0, 300.0, 900.0]
    pieces = [
        [quad(function, *ends, epsrel=1e-5, limit=60)[0] for ends in itertools.pairwise(edges)]
        for function in (lambda E: weight(E) / (single(asked, E, mass) @ powers), weight)
    ]
    expected = sum(pieces[0]) / sum(pieces[1])
    args = {"shell": 4, "neutrino": neutrino, "model": "b_minus_l", "coupling": coupling, "m_mediator_MeV": mass}
    found = answer("sn_diffusion.mean_free_path", preset="best", rosseland_power=power, **args)
    assert found.value == close(expected, rel=1e-3)
    assert abs(found.value - expected) < 3 * found.error


@pytest.mark.parametrize("model", ["b_minus_l", "lnc_scalar"])
@pytest.mark.parametrize("transport", ["eq21", "eq27"])
def test_limits_are_roots_of_the_diffusion_time(model, transport):
    if (model, transport) == ("b_minus_l", "eq27"):
        with pytest.raises(InputError, match="eq27"):
            value("coupling_limit", model=model, m_mediator_MeV=1, transport=transport)
        return
    asked = paths.Question(5, "nubar", BEST, ROSSELAND)
    mean = paths.averaged(asked, [3.0])
    weights = np.diff(asked.radii_m**2) / 299792458.0

    def time(coupling):
        powers = opacity.powers(model, coupling)
        powers *= [0.5 if transport == "eq27" else 1, 1, 1, 1]
        of_shells = zip(mean.fine.weights, mean.fine.parts[:, 0].transpose(1, 0, 2), strict=True)
        rate = [1 / (weight @ (1 / (powers @ parts))) for weight, parts in of_shells]
        return weights @ rate

    expected = brentq(lambda u: math.log(time(math.exp(u)) / 10), math.log(1e-6), math.log(1), xtol=1e-13)
    found = value("coupling_limit", model=model, m_mediator_MeV=3.0, neutrino="nubar", transport=transport)
    assert found == close(math.exp(expected), rel=1e-10)


def test_one_energy_is_the_closed_form():
    """With a single energy of weight 1 the root is that of the quadratic."""
    states = paths.states(BEST.matter, 5, "nubar")
    masses = np.array([0.01, 1.0, 300.0])
    value_, _, status = processes.coefficients(states, "nubar", masses, BEST, "standard")
    lanes = spectrum_kernel.LANES
    weights, parts = np.zeros((len(states), lanes)), np.ones((4, masses.size, len(states), lanes))
    weights[:, 0], parts[..., 0] = 1, value_.transpose(2, 1, 0)
    level = averages.Level(weights, parts)
    mean = averages.Averages(PAPER.radii_m(5), level, level, 0.0, status.max(axis=0))
    for model, criterion in itertools.product(("b_minus_l", "lnc_scalar"), ("duration_10s", "twice_sm")):
        found, _ = mean.coupling_limit(model, criterion, "eq21", Criteria())
        args = {"model": model, "criterion": criterion, "neutrino": "nubar", "average": "single"}
        if criterion == "duration_10s":
            assert list(found) == close(list(value("coupling_limit", m_mediator_MeV=masses, **args)), rel=1e-12)


def test_dt_rises_with_the_coupling():
    for neutrino, model in (("nu", "b_minus_l"), ("nubar", "b_minus_l"), ("nubar", "lnc_scalar")):
        couplings = np.geomspace(1e-7, 1e-2, 40)
        args = {"neutrino": neutrino, "model": model, "m_mediator_MeV": 1.0, "snapshot_s": 5, "flavour": "x"}
        times = value("diffusion_time", coupling=couplings, **args)
        assert np.all(np.diff(times) >= 0)


def kind_of(state, neutrino):
    return spectra.Kind(neutrino, state.flavour, state.mu_nu)


# snapshot and shell, neutrino, flavour, process
PROCESSES = [
    (key, neutrino, flavour, process)
    for key in ((1, 1), (1, 6), (5, 2))
    for neutrino, flavour in (("nu", "e"), ("nubar", "e"), ("nu", "x"), ("majorana_thermal", "e"))
    for process in ("nucleons", "electrons", "charged_currents")
    if (flavour, process) != ("x", "charged_currents")
]


@pytest.mark.parametrize(
    ("key", "neutrino", "flavour", "process"),
    PROCESSES,
    ids=["-".join([f"{key[0]}s_{key[1]}", *words]) for key, *words in PROCESSES],
)
def test_all_energies_at_once_are_single_energies(key, neutrino, flavour, process):
    """Tables in Q and eta against the other grids, process by process, with the best physics otherwise; single energies
    need more nodes than means, so those of the reference.
    """
    state = PAPER.state(*key, neutrino, "solved", 2.0)
    if flavour == "x":
        state = rosseland.as_flavour_x(state)
    masses, rule, kind = np.array([0.01, 1.0, 300.0]), spectra.Rule(4, "reference", 0), kind_of(state, neutrino)
    chosen = replace(BEST.interaction, electrons=process == "electrons", charged_currents=process == "charged_currents")
    some = [3, 9, 17]
    E, _ = rule.energies(kind.mu, state.T)
    states = [replace(state, E_nu=float(E[place])) for place in some]
    wanted = processes.wanted_by(chosen, flavour)
    found = spectra.parts(state, (kind,), masses, chosen, rule)[:, :, some]
    expected, _, status = processes.by_process(states, neutrino, masses, chosen, "paper", wanted)
    assert np.all(status == Status.OK)
    together = expected.sum(axis=1).transpose(2, 1, 0)
    assert found[:, 1:] == close(together[:, 1:], rel=2e-4)
    assert found[:, 0] == close(together[:, 0], rel=1e-3)  # exchange of a light mediator between electrons


@pytest.mark.parametrize("power", [2, 3])
def test_errors_cover_more_nodes_with_other_weights(power):
    args = {"snapshot_s": 1, "rosseland_power": power}
    found, finer = (
        answer("sn_diffusion.diffusion_time", preset="best", precision=name, **args) for name in ("paper", "reference")
    )
    assert abs(found.value - finer.value) < found.error < 3e-3 * found.value


def test_errors_of_cold_shells_cover_more_nodes(tmp_path):
    """Fermi surfaces of 5 MeV, which the nodes resolve less well."""
    path = tmp_path / "cold.csv"
    path.write_text("snapshot_s,R_km,T_MeV,n_B_per_fm3,Y_L\n1,10,5,0.3,0.3\n1,12,5,0.05,0.1\n")
    args = {"snapshot_s": 1, "shells": path}
    for neutrino in ("nu", "nubar"):
        found, finer = (
            answer("sn_diffusion.diffusion_time", preset="best", precision=name, neutrino=neutrino, **args)
            for name in ("paper", "reference")
        )
        assert abs(found.value - finer.value) < found.error + finer.error < 0.05 * found.value


def exchanged(X, columns, masses, width=8):
    """Sums over rows with propagators for each of the columns, (3, m, s)."""
    places, values = np.arange(len(columns)), np.empty((3, len(masses), len(columns)))
    ones = np.ones(len(columns))
    spectrum_kernel.exchanges(X, columns, masses, places, ones, ones, values, width)
    return values


def test_digits_do_not_depend_on_the_vectors():
    state, rules = PAPER.state(1, 2, "nubar", "solved", 2.0), [np.array(np.polynomial.legendre.leggauss(5))] * 2
    T, mu, out = state.T, state.mu_n, state.mu_p
    Q, weight = spectra.momenta(T, 300.0, 6, 4)
    energies, masses, found = np.linspace(20.0, 180.0, 8), np.array([0.1, 10.0]), []
    factors = np.random.default_rng(1).normal(size=(3, 6, 3, Q.size))
    charged = {"helicity": 1, "pauli": 0.8, "running": 1, "M": 939.0, "vector_mass2": 7e5, "axial_mass2": 1e6}
    charged |= {"moment_p": 2.8, "moment_n": -1.9, "g_A": 1.27}
    for width in (2, 4, 8):
        arguments = (kernel.polylogarithms(), Q, weight, 200.0, *rules)
        neutral = spectrum_kernel.Collisions((T, state.m_eff, mu, mu, 0.0), *arguments, width=width)
        changed = spectrum_kernel.Collisions((T, state.m_eff, mu, out, 80.0), *arguments, charged, width)
        sums = [neutral.sums(energies, 40.0, True), neutral.sums(energies, 40.0, False)]
        sums += [changed.sums(energies, 100.0, False)]
        for kinds, transport in itertools.product((1, 2, 3), (True, False)):
            columns = np.zeros((kinds, energies.size, 6, Q.size))
            neutral.add(energies, np.linspace(-50.0, 50.0, kinds), transport, factors[:kinds], columns)
            sums.append(columns)
        parts = exchanged(Q**2, columns.reshape(-1, 6, Q.size)[:8], masses, width)
        diffusion = (np.full((1, 8), 1 / 8), np.ones(1), np.abs(parts)[:, :, None].copy())
        target = 2 * np.cumsum(diffusion[2][0, :, 0], axis=1)[:, -1]
        root = spectrum_kernel.couplings(*diffusion, 1, 2, 1.0, target, np.full(2, np.nan), width)
        found.append(np.concatenate([*(array.ravel() for array in (*sums, parts)), root]))
    assert np.isfinite(found[0]).all() and np.any(found[0])
    assert all(np.array_equal(found[0], other) for other in found[1:])


@pytest.mark.parametrize("transport", [True, False])
def test_kinds_together_are_kinds_alone(transport):
    """Columns are sums times factors, and one division for three kinds gives the numbers of three."""
    state, rules = PAPER.state(1, 4, "nu", "solved", 2.0), [np.array(np.polynomial.legendre.leggauss(6))] * 2
    Q, weight = spectra.momenta(state.T, 500.0, 6, 6)
    gas, top = (state.T, state.m_eff, state.mu_n, state.mu_n, 0.0), 400.0
    table = spectrum_kernel.Collisions(gas, kernel.polylogarithms(), Q, weight, top, *rules)
    energies, mu = np.array([5.0, 60.0, 350.0]), np.array([state.mu_nu, -state.mu_nu, 0.0])
    factors = np.random.default_rng(2).normal(size=(3, 6, 3, Q.size))
    for given in (factors, factors[:1]):
        columns = np.ones((3, energies.size, 6, Q.size))
        table.add(energies, mu, transport, given, columns)
        for kind in range(3):
            sums = table.sums(energies, mu[kind], transport)
            terms = given[kind % len(given)][None] * sums[:, None]
            assert columns[kind] == close(1 + terms.sum(axis=2), rel=1e-12, abs=1e-12 * np.abs(terms).max())


def test_kinds_alone_have_the_parts_that_they_have_together():
    state = PAPER.state(1, 3, "nu", "solved", 2.0)
    mu, rule, masses = state.mu_nu_e, spectra.Rule(4, "paper", 0), np.array([0.1, 30.0])
    kinds = (("nu", "e", mu), ("nubar", "e", -mu), ("nu", "x", 0.0), ("nubar", "x", 0.0))
    kinds = tuple(spectra.Kind(*one) for one in kinds)
    together = spectra.parts(state, kinds, masses, BEST.interaction, rule)
    alone = [spectra.parts(state, (kind,), masses, BEST.interaction, rule) for kind in kinds]
    assert together == close(np.concatenate(alone, axis=2), rel=1e-12)


def test_new_masses_reuse_the_tables(monkeypatch):
    masses = np.array([0.3, 7.0])
    first = value("coupling_limit", model="b_minus_l", m_mediator_MeV=[1.0])
    monkeypatch.setattr(spectra, "_table", None)
    further = value("coupling_limit", model="b_minus_l", m_mediator_MeV=[1.0, *masses])
    assert further[0] == first[0] and np.all(np.isfinite(further))


def test_errors_cover_the_distance_to_more_nodes():
    args = {"model": "b_minus_l", "m_mediator_MeV": [0.1, 100.0], "neutrino": "nubar"}
    found = answer("sn_diffusion.coupling_limit", preset="best", **args)
    finer = answer("sn_diffusion.coupling_limit", preset="best", precision="reference", **args)
    assert np.all(np.abs(found.value - finer.value) <= found.error + finer.error)
    assert np.all(found.error < 1e-3 * found.value)


def test_many_couplings_have_the_digits_of_one():
    args = {"model": "b_minus_l", "m_mediator_MeV": 2.0, "shell": 2, "neutrino": "nubar"}
    couplings = np.geomspace(1e-6, 1e-2, 5)
    together = value("mean_free_path", coupling=couplings, **args)
    assert list(together) == [value("mean_free_path", coupling=float(one), **args) for one in couplings]


# ---- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"neutrino": "majorana_degenerate", "model": "lnv_scalar"}, "needs average=single"),
        ({"neutrino": "all", "average": "single"}, "neutrino=all: needs average=rosseland"),
        ({"convention": "paper", "preset": "paper", "average": "rosseland"}, "average=rosseland: goes with"),
        ({"convention": "paper", "preset": "paper", "flavour": "x"}, "flavour=x: goes with"),
        ({"neutrino": "all", "model": "lnv_scalar"}, "majorana_all"),
        ({"neutrino": "majorana_all", "model": "b_minus_l"}, "nu or nubar"),
    ],
    ids=lambda one: "" if isinstance(one, str) else "-".join(map(str, one.values())),
)
def test_refusals(args, words):
    with pytest.raises(InputError, match=words):
        value("diffusion_time", coupling=1e-4, m_mediator_MeV=1.0, **args)


def test_an_energy_goes_with_no_mean():
    with pytest.raises(InputError, match="E_nu_MeV: goes with average=single"):
        value("mean_free_path", E_nu_MeV=30)


def test_one_species_where_nothing_is_averaged():
    """species=all means nothing there."""
    found = value("diffusion_time", average="single")
    assert found == value("diffusion_time", average="single", neutrino="nu")


# ---- a series in time ------------------------------------------------------------------------------------------------

TIMES = (0.5, 1, 2, 4.5, 9)


@pytest.fixture
def series(tmp_path):
    """A star that cools: the paper's first snapshot with its temperatures falling."""
    rows = ["snapshot_s,R_km,T_MeV,n_B_per_fm3,Y_L"]
    for time, shell in itertools.product(TIMES, range(1, 7)):
        row = PAPER.dirac[1, shell]
        T = row["T_MeV"] * (1 + time) ** -0.2
        rows.append(f"{time},{row['R_km']},{T},{row['n_B_per_fm3']},{row['Y_L_solved']}")
    path = tmp_path / "series.csv"
    path.write_text("\n".join(rows))
    return path


def test_times_of_a_series(series):
    times = evaluation.evaluate("sn_diffusion.diffusion_time", snapshot_s=TIMES, shells=series, neutrino="nubar")
    assert len(times) == len(TIMES) and np.all(np.diff(times) < 0)
    with pytest.raises(InputError, match=r"snapshot_s=5: the star has no such snapshot; valid: 0.5, 1, 2, 4.5, 9"):
        value("diffusion_time", snapshot_s=5, shells=series)


def test_limits_of_a_series_are_taken_at_the_nearest_snapshot(series):
    args = {"model": "b_minus_l", "m_mediator_MeV": 10, "shells": series, "preset": "paper"}
    for criterion, near in (("duration_10s", 4.5), ("twice_sm", 1)):
        nearest = value("coupling_limit", criterion=criterion, **args)
        assert nearest == value("coupling_limit", criterion=criterion, snapshot_s=near, **args)
        assert nearest != value("coupling_limit", criterion=criterion, snapshot_s=2, **args)
    along = value("coupling_limit", snapshot_s=list(TIMES), **args)
    assert list(along) == [value("coupling_limit", snapshot_s=time, **args) for time in TIMES]


def test_the_papers_snapshots_are_those_of_its_criteria():
    args = {"model": "b_minus_l", "m_mediator_MeV": 10, "preset": "paper"}
    assert value("coupling_limit", snapshot_s=1, **args) == value("coupling_limit", **args)


# ---- scans, curves and tables ------------------------------------------------------------------------------------------

GRID = {
    "m_mediator_MeV": {"values": [10.0]},
    "physics": {"values": ["configured", "paper", "weight", "species"]},
    "model": {"values": ["b_minus_l"]},
    "criterion": {"values": ["duration_10s"]},
    "neutrino": {"values": ["nubar"]},
}


UPTO_WEIGHT = {
    "states": "solved",
    "axial": 1.2754,
    "strange_axial": -0.05,
    "sin2_theta_w": 0.23863,
    "form_factors": "dipole",
    "weak_magnetism": True,
    "correlations": "rpa_static",
    "weight": "transport",
}


@pytest.fixture(scope="module", params=["paper", "best"])
def study(request):
    """One limit at one mass, in a run of the paper and in one of the best."""
    return request.param, nubounds.constraint(
        "sn_diffusion", config={"sn_diffusion": {"grid": GRID}}, preset=request.param
    )


def test_first_and_last_piece_are_the_presets(study):
    preset, run = study
    table = run.scan("pieces").set_index("physics")["coupling"]
    args = {"model": "b_minus_l", "m_mediator_MeV": 10.0}
    assert table["paper"] == close(value("coupling_limit", preset="paper", **args), rel=1e-12)
    assert table["species"] == close(value("coupling_limit", **args), rel=1e-12)
    assert table["configured"] == table["paper" if preset == "paper" else "species"]
    weight = value("coupling_limit", preset="paper", **args, **UPTO_WEIGHT)
    assert table["weight"] == close(weight, rel=1e-12)


def test_curves_of_both_presets(study):
    preset, run = study
    found = {limit.name: limit for limit in run.limits()}
    other = {"paper": "best", "best": "paper"}[preset]
    mine, theirs = found["b_minus_l_duration_10s_standard"], found[f"b_minus_l_duration_10s_{other}_inputs"]
    assert (mine.preset, theirs.preset) == ("", other)
    expected = {
        one: value("coupling_limit", model="b_minus_l", m_mediator_MeV=10.0, preset=one) for one in (preset, other)
    }
    assert mine.y[0] == close(expected[preset], rel=1e-12) and theirs.y[0] == close(expected[other], rel=1e-12)
    species = {"paper": "Dirac antineutrinos", "best": "all six species in parallel"}
    assert mine.assumptions.startswith(species[preset]) and theirs.assumptions.startswith(species[other])
    assert ("average=rosseland" in mine.assumptions) == (preset == "best")


def test_tables_of_a_series(series):
    grid = GRID | {"snapshot_s": {"values": list(TIMES)}, "physics": {"values": ["configured"]}}
    config = {"allow_outside_files": True, "sn_diffusion": {"grid": grid, "inputs": {"shells": str(series)}}}
    run = nubounds.constraint("sn_diffusion", config=config)
    scans = {name: run.scan(name) for name in ("evolution", "times")}
    table = tables.series(Run(scans))
    assert list(table["snapshot_s"]) == list(TIMES) and np.all(np.diff(table["standard_time_s"]) < 0)
    args = {"shells": series, "preset": "paper"}
    for row in table.itertuples():
        limit = value("coupling_limit", model="b_minus_l", m_mediator_MeV=10, snapshot_s=row.snapshot_s, **args)
        assert row.coupling == close(limit, rel=1e-12)
        time = value("diffusion_time", neutrino="nubar", snapshot_s=row.snapshot_s, **args)
        assert row.standard_time_s == close(time, rel=1e-12)
    with pytest.raises(InputError, match="snapshots that are missing here"):
        nubounds.constraint("sn_diffusion", inputs={"shells": str(series)})


def test_rows_that_do_not_fill_a_vector_are_refused():
    columns = np.ones((1, 6, spectrum_kernel.LANES + 1))
    with pytest.raises(ValueError, match="a multiple of 8 rows"):
        exchanged(np.ones(columns.shape[2]), columns, np.ones(1))


def test_columns_that_do_not_fit_are_refused():
    lanes = spectrum_kernel.LANES
    with pytest.raises(ValueError, match="columns of weights do not fit"):
        exchanged(np.ones(lanes), np.ones((1, 5, lanes)), np.ones(1))
    arguments = (np.ones(lanes), np.ones((1, 6, lanes)), np.ones(1))
    for source in (1, -1):
        with pytest.raises(ValueError, match="no such columns"):
            spectrum_kernel.exchanges(*arguments, np.array([source]), np.ones(1), np.ones(1), np.empty((3, 1, 1)))
    rule = np.array(np.polynomial.legendre.leggauss(3))
    gas = (10.0, 900.0, 900.0, 900.0, 0.0)
    table = spectrum_kernel.Collisions(gas, kernel.polylogarithms(), np.ones(lanes), np.ones(lanes), 50.0, rule, rule)
    for kinds, factors in ((4, 4), (2, 3)):
        with pytest.raises(ValueError, match=r"neutral currents|do not fit"):
            shapes = np.ones((factors, 6, 3, lanes)), np.zeros((kinds, 1, 6, lanes))
            table.add(np.ones(1), np.zeros(kinds), True, *shapes)
