"""Sterile-neutrino dark matter at and beyond the ends of its ranges: an answer or one line, and nothing written outside an array.

Values without another source come from mpmath with 30 digits or more.
"""

import math
import random
from dataclasses import replace

import numpy as np
import pytest

import nubounds
from close import close
from nubounds import config, registry
from nubounds.answers import evaluation
from nubounds.constraints.dm_production import data, laboratory, opacity, phase_space, production, scans
from nubounds.constraints.dm_production import medium as media
from nubounds.constraints.dm_production.conventions import resolve
from nubounds.constraints.dm_production.inputs import Bath, Choices, Wanted
from nubounds.constraints.dm_production.ranges import HOTTEST_MEV
from nubounds.contract import REQUIRED, InputError, Status
from nubounds.kernels import dm_production as kernel
from nubounds.kernels import dm_thermal

M4, S2, TARGET = 7.1e-3, 7e-11, 0.12
PHYSICAL = resolve("physical")
QUANTITIES = {name.split(".")[1]: quantity for name, quantity in registry.get("dm_production").quantities.items()}


def respond(name, **args):
    return evaluation.respond(f"dm_production.{name}", args)


# evolution that begins or ends beyond the tables of ln(m/T)


@pytest.mark.parametrize(
    "m, beyond, accuracy",
    [
        (100, {"T_max_MeV": 1e15}, 1e-9),
        (100, {"T_max_MeV": HOTTEST_MEV, "z_max": 1e9}, 1e-9),
        (1e-6, {"T_max_MeV": 1e7}, 1e-6),
        (1e5, {"z_max": 2e7}, 1e-8),
        (1e10, {"z_max": 1e9}, 1e-8),
    ],
)
def test_evolution_beyond_the_tables_adds_nothing_where_nothing_happens(m, beyond, accuracy):
    args = {"model": "scalar", "coupling": 1e-5, "m_mediator_MeV": m}
    answer = respond("relic_density", **args, **beyond)["value"]
    assert answer == close(respond("relic_density", **args)["value"], rel=accuracy)
    if m == 100:
        assert answer == close(0.0992312, rel=1e-6)


@pytest.mark.parametrize("flux", ["moller", "root"])
@pytest.mark.parametrize("far", [-27.0, -24.0, -20.0, 20.0, 21.0, 27.0])
def test_powers_beyond_the_tables_are_those_of_the_kernel(flux, far):
    x, log_mu = np.array([1e-3, 0.1, 1.0, 24.0]), np.array([far])

    def filled(at):
        v, a, b = np.empty((4, 1)), np.empty((4, 1)), np.empty((3, 4, 1))
        dm_thermal.fill(x, at, dm_thermal.FLUXES[flux], v, a, b, 0, 1)
        return v, a, b

    inside, excess = media.within_range(log_mu)
    assert abs(inside[0]) <= media.LOG_MU_KERNEL and inside[0] + excess[0] == far
    for extended, direct in zip(media.beyond_range(flux, excess, *filled(inside)), filled(log_mu), strict=True):
        np.testing.assert_allclose(extended, direct, rtol=3e-7)


@pytest.mark.parametrize("flux", ["moller", "root"])
def test_columns_of_a_table_do_not_depend_on_where_it_is_entered(flux):
    x, end = np.array([0.5, 2.0]), round(media.LOG_MU_KERNEL / 0.5)
    table = media.ThermalTables(x, flux, 0.5)
    across, late = table.columns(end - 3, end + 3), media.ThermalTables(x, flux, 0.5)
    beyond = late.columns(end + 1, end + 3)
    np.testing.assert_array_equal(table.v[:, across][:, -3:], late.v[:, beyond])
    np.testing.assert_array_equal(table.b[..., across][..., -3:], late.b[..., beyond])
    np.testing.assert_allclose(np.diff(np.log(-table.v[:, across])), -4 * 0.5, rtol=1e-9)
    early = table.columns(-end - 3, -end + 3)
    np.testing.assert_allclose(table.v[:, early] * 16 * x[:, None], 1, rtol=1e-8)
    np.testing.assert_allclose(np.diff(np.log(table.a[:, early])), {"moller": 1, "root": 0.5}[flux], rtol=1e-7)
    np.testing.assert_allclose(np.diff(np.log(table.b[1, :, early])), -1, rtol=1e-6)


def test_nothing_outside_the_tables_reaches_the_kernel():
    table = media.ThermalTables(np.array([1.0]), "moller", 0.5)
    for first, last in ((-121, 0), (0, 91), (5, 4)):
        with pytest.raises(InputError, match="must lie between -60 and 45"):
            table.columns(first, last)
    with pytest.raises(InputError, match="m_mediator_MeV"):
        production.relic_densities("scalar", 1e-300, PHYSICAL, [1e-5], M4, S2)
    for m, ends in ((1e-6, {"T_max_MeV": HOTTEST_MEV}), (1e10, {"z_max": 1e9})):
        around = media.medium("scalar", m, replace(PHYSICAL, **ends), media.COARSE)
        assert np.all(np.isfinite(around.v)) and np.all(np.isfinite(around.b))


def test_single_momenta_reach_as_far_as_the_sums():
    far = replace(PHYSICAL, T_max_MeV=1e19)
    for x in (0.3, 2.0):
        near, wide = (
            phase_space.boltzmann(phase_space.line(x, "vector", 100.0, each), M4, 1e-5, S2, False)[0][0]
            for each in (PHYSICAL, far)
        )
        assert wide == close(near, rel=1e-6)
        near, wide = (phase_space.redshifted([x], "vector", 1e-5, each, M4, 1e-5, S2)[0][0] for each in (PHYSICAL, far))
        assert wide == close(near, rel=1e-6)


def test_a_kernel_refuses_arrays_that_do_not_fit():
    grid, around = media.momentum_grid(20), media.medium("scalar", 100.0, PHYSICAL, media.COARSE)
    row, room = np.array([[1e-5, M4, S2]]), (np.empty(1), np.empty(1), np.empty(1, dtype=np.int8))

    def run(grid, around, room=room):
        kernel.evaluate(kernel.Evolution(grid, around), row, *room)

    run(grid, around)
    along = ("log_z", "z", "T", "source", "v_sm", "gamma_sm", "v", "a", "b")
    two = {name: getattr(around, name)[..., :2].copy() for name in along}
    wrong = [
        (grid, replace(around, **two)),
        (grid, replace(around, v=around.v[:, 1:])),
        (grid, replace(around, a=np.asfortranarray(around.a))),
        (grid, replace(around, source=around.source[1:].copy())),
        (grid, replace(around, T=around.T[1:].copy())),
        (grid, replace(around, gamma_sm=around.gamma_sm[1:])),
        (media.momentum_grid(28), around),
        (grid, around, (np.empty(2), np.empty(1), room[2])),
    ]
    for arguments in wrong:
        with pytest.raises(ValueError, match="dm_production: "):
            run(*arguments)
    at = kernel.Evolution(grid, around)
    with pytest.raises(ValueError, match="momenta"):
        kernel.spectrum(at, 1e-5, M4, S2, np.empty(3), np.empty(3))
    with pytest.raises(ValueError, match="shift"):
        kernel.moments(at, row, np.empty(3), np.empty(1), np.empty(1))
    with pytest.raises(ValueError, match="dm_thermal"):
        dm_thermal.fill(grid.x, np.zeros(3), 0, np.empty((19, 3)), np.empty((19, 3)), np.empty((3, 19, 3)), 0, 4)


# one line for what cannot be

EVOLUTIONS = [
    ({"T_max_MeV": 1e-5}, "z_max=10: must be at least 2/T_max_MeV"),
    ({"z_max": 1.5e-5}, "z_max=1.5e-05: must be at least"),
    ({"T_max_MeV": 5e-324}, "z_max"),
    ({"T_max_MeV": 1e20}, "T_max_MeV"),
    ({"z_max": 1e12}, "z_max"),
    ({"z_max": 1e-5}, "z_max"),
    ({"rate_coefficient": 1e300}, "rate_coefficient"),
]


@pytest.mark.parametrize("args, word", EVOLUTIONS)
def test_an_evolution_that_cannot_be_is_one_line_in_every_way_in(args, word):
    for name in ("relic_density", "mixing_band", "self_interacting_density", "relic_mixing"):
        with pytest.raises(InputError, match=word) as caught:
            nubounds.evaluate(f"dm_production.{name}", **args)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=word):
        resolve("deck", **args)
    with pytest.raises(InputError, match=word):
        replace(PHYSICAL, **args)
    given = {"constraints": ["dm_production"], "dm_production": {"inputs": args}}
    with pytest.raises(InputError, match=next(iter(args)) if "least" not in word else "z_max") as caught:
        config.check_inputs(config.complete(given, "config.yaml"))
    assert "\n" not in str(caught.value)


def test_the_shortest_evolution_is_computed():
    for ends in ({"T_max_MeV": 1.0, "z_max": 2.0}, {"T_max_MeV": HOTTEST_MEV, "z_max": 1.01e-5}):
        assert respond("relic_density", model="scalar", coupling=1e-3, m_mediator_MeV=1.0, **ends)["value"] > 0
        assert respond("self_interacting_density", **ends)["value"] > 0
        assert respond("time_scales", model="sm", **ends)["note"]


@pytest.mark.parametrize(
    "name, args, word",
    [
        ("coupling_limit", {"m_mediator_MeV": 1e-300}, "m_mediator_MeV"),
        ("limit_ratio", {"m_mediator_MeV": 1e-300}, "m_mediator_MeV"),
        ("fermi_line", {"m_mediator_MeV": 1e300}, "m_mediator_MeV"),
        ("resonance_time", {"m_mediator_MeV": 5e-324}, "m_mediator_MeV"),
        ("self_interacting_density", {"m_mediator_MeV": 1e-300}, "m_mediator_MeV"),
        ("mixing_band", {"m4_keV": 1e12}, "m4_keV"),
        ("relic_couplings", {"m_mediator_MeV": 100, "z_max": 1e12}, "z_max"),
        ("relic_couplings", {"m_mediator_MeV": 100, "target": 5e-324}, "target"),
        ("relic_over_limit", {"m_mediator_MeV": 100, "kappa": 5e-324}, "kappa"),
        ("coupling_limit", {"probe": "lifetime", "m_mediator_MeV": 1, "sin2_2theta": 5e-324}, "sin2_2theta"),
    ],
)
def test_arguments_beyond_their_range_are_named(name, args, word):
    with pytest.raises(InputError, match=word) as caught:
        respond(name, **args)
    assert "\n" not in str(caught.value)


def test_no_mixing_is_an_answer():
    for name, args in (
        ("relic_mixing", {"m4_keV": 1e-3, "target": 10}),
        ("relic_mixing", {"rate_coefficient": 0}),
        ("mixing_band", {"target": 1e6, "m4_keV": 1e-3}),
    ):
        answer = respond(name, **args)
        assert answer["value"] is None and "mixing" in answer["note"]
    points = {
        "convention": np.array(["physical"] * 2),
        "flavour": np.array(["mu"] * 2),
        "m4_keV": np.array([1e-3, 7.1]),
    }
    block = scans.dodelson_widrow(points, Wanted(target_relic_density=10), Bath())
    assert list(block.status) == [Status.NO_SOLUTION, Status.OK]
    assert np.isnan(block.values["sin2_2theta_dw"][0]) and block.values["sin2_2theta_dw"][1] < 1e-5


def test_a_large_mixing_gives_its_own_density():
    answer = respond("relic_mixing", m4_keV=1e-3, target=0.5)
    density = respond("relic_density", m4_keV=1e-3, sin2_2theta=answer["value"])["value"]
    assert answer["value"] > 0.1 and density == close(0.5, rel=1e-6)
    assert answer["error"] < 1e-4 * answer["value"]


def test_no_production_is_no_value():
    names = ("mean_momentum", "hardness", "production_peak", "production_slope", "density_matrix_ratio", "sensitivity")
    for name in names:
        answer = respond(name, model="sm", rate_coefficient=0)
        assert answer["value"] is None and "nothing is produced" in answer["note"]


def _ends(parameter):
    low = parameter.minimum if parameter.minimum is not None else math.nextafter(parameter.above, math.inf)
    return low, 1e308 if parameter.maximum is None else parameter.maximum


def _drawn(parameter, draw):
    if parameter.kind == "choice":
        return draw.choice(parameter.choices)
    if parameter.kind == "flag":
        return draw.random() < 0.5
    low, high = _ends(parameter)
    inner = math.exp(draw.uniform(math.log(max(low, 1e-30)), math.log(high)))
    return draw.choice((low, high, min(max(inner, low), high)))


def drawable(quantity):
    """Its own arguments and the inputs that it depends on, as far as they are single values."""
    every = (*quantity.parameters, *quantity.inputs.values())
    return [parameter for parameter in every if parameter.kind in ("number", "choice", "flag")]


SLOW = ("mixing_band", "turning_masses", "self_interacting_density")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", QUANTITIES)
def test_any_declared_arguments_give_a_value_or_one_line(name):
    draw = random.Random(name)
    for _ in range(1 if name in SLOW else 8):
        args = {
            parameter.name: _drawn(parameter, draw)
            for parameter in drawable(QUANTITIES[name])
            if parameter.default in (REQUIRED, None) or draw.random() < 0.4
        }
        try:
            answer = respond(name, **args)
        except InputError as problem:
            assert "\n" not in str(problem)
        else:
            assert answer["value"] is not None or answer["note"]


# stated errors

POTENTIALS = [
    (40, 0.0001, 0.00156240054662822),
    (39.9, 1e-08, 0.00156641603012814),
    (41, 0.0001, 0.00152429321622257),
    (600, 1e-08, 0.000104166666003521),
    (20, 0.0001, 0.00312480109326624),
    (1, 1e-08, 0.0624999996021126),
    (1e-06, 0.001, 47969.3593028198),
]


@pytest.mark.parametrize("x, mu, expected", POTENTIALS)
def test_stated_error_of_the_potential_covers(x, mu, expected):
    value, error, status = dm_thermal.potential_at(x, mu)
    assert status == Status.OK and abs(value - expected) <= error + 4e-16 * abs(expected)
    assert error < 1e-8 * abs(expected)


# limits just below the threshold

THRESHOLDS = [
    ("w_width", 1000.0, 0.15532241882938067),
    ("w_width", 67000.0, 293.4985021973743),
    ("w_width", 67500.0, 323.5349011752717),
    ("w_width", 80300.0, 115129126.5254987),
    ("w_width", 80370.0, 26287018187.59405),
    ("w_width", 80378.999, 2.0200389897144526e20),
    ("higgs_invisible", 1000.0, 0.021754938052956092),
    ("higgs_invisible", 104000.0, 37.50480268398757),
    ("higgs_invisible", 105000.0, 42.292740043240066),
    ("higgs_invisible", 125240.0, 7719993872.380248),
    ("higgs_invisible", 125249.999, 7.719942443404704e19),
]


@pytest.mark.parametrize("probe, m, expected", THRESHOLDS)
def test_limits_up_to_the_threshold(probe, m, expected):
    assert laboratory.coupling_limit(probe, m) == close(expected, rel=2e-12)


@pytest.mark.parametrize("m, expected", [(388.0186, 26244538486.733013), (388.01862549, 2.401488013695068e16)])
def test_stated_error_of_a_meson_limit_covers_near_the_threshold(m, expected):
    answer = respond("coupling_limit", probe="kaon", m_mediator_MeV=m)
    assert abs(answer["value"] - expected) <= answer["error"] < 1e-2 * expected
    assert (
        respond("coupling_limit", probe="kaon", m_mediator_MeV=np.nextafter(laboratory.threshold("kaon"), 0))["value"]
        is None
    )


# a user's g*(T)

ROWS = [
    (0.001, 3.36, 3.91),
    (0.1, 3.36, 3.91),
    (1, 10.6, 10.6),
    (100, 17.25, 17.25),
    (200, 61.75, 61.75),
    (1000, 75.75, 75.75),
    (1e5, 106.75, 106.75),
]


def written(folder, rows):
    file = folder / "g_star.csv"
    file.write_text("T_MeV,g_rho,g_s\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    return str(file)


def test_between_monotone_rows_nothing_leaves_them(tmp_path):
    choices = resolve("physical", g_star_file=written(tmp_path, ROWS))
    T = np.geomspace(1e-4, 1e6, 4001)
    g_rho, g_s, J = data.degrees_of_freedom(choices.g_star_file)(np.log(T))
    for g, column in ((g_rho, 1), (g_s, 2)):
        values = np.array([row[column] for row in ROWS])
        assert np.all(np.diff(g) >= -1e-12) and g.min() == values[0] and g.max() == values[-1]
        rows = data.degrees_of_freedom(choices.g_star_file)(np.log([row[0] for row in ROWS]))[column - 1]
        np.testing.assert_allclose(rows, values, rtol=1e-12)
    assert J.min() >= 1 and J.max() < data.STRETCH[1]
    # J is the slope of what is interpolated
    h = 1e-5
    at = np.log(np.array([0.5, 30.0, 150.0, 5e3]))
    ends = [np.log(data.degrees_of_freedom(choices.g_star_file)(at + side)[1]) for side in (-h, h)]
    np.testing.assert_allclose(
        data.degrees_of_freedom(choices.g_star_file)(at)[2] - 1, (ends[1] - ends[0]) / (6 * h), rtol=1e-6
    )
    # and couplings are found again
    roots, _, status = production.relic_couplings("scalar", 100.0, choices, M4, S2, TARGET)
    usual, _, _ = production.relic_couplings("scalar", 100.0, PHYSICAL, M4, S2, TARGET)
    assert status == Status.OK and len(roots) == len(usual)
    np.testing.assert_allclose(roots, usual, rtol=0.3)


def test_monotone_cubic_against_scipy():
    from scipy.interpolate import PchipInterpolator

    x, y = np.log10([row[0] for row in ROWS]), np.array([3, 2, 8, 8, 7, 9, 30.0])
    mine, oracle, at = data.MonotoneCubic.through(x, y), PchipInterpolator(x, y), np.linspace(x[1], x[-2], 301)
    np.testing.assert_allclose(mine(at)[0], oracle(at), rtol=1e-12)
    np.testing.assert_allclose(mine(at)[1], oracle(at, 1), rtol=1e-9, atol=1e-9)
    outside, flat = mine(np.array([-9.0, 9.0]))
    assert list(outside) == [3, 30] and not flat.any()


def test_many_rows_of_the_embedded_table_give_its_answer(tmp_path):
    log_T = np.linspace(0, 5.45, 400) * np.log(10)
    g_rho, g_s, _ = data.degrees_of_freedom()(log_T)
    choices = resolve("physical", g_star_file=written(tmp_path, zip(np.exp(log_T), g_rho, g_s, strict=True)))
    for point in (("scalar", 500.0, 0.02), ("sm", 1.0, 0.0)):
        mine, table = (
            production.relic_densities(*point[:2], each, [point[2]], M4, S2)[0][0] for each in (choices, PHYSICAL)
        )
        assert mine == close(table, rel=1e-4)


@pytest.mark.parametrize(
    "rows, words",
    [
        (
            [*ROWS[:4], (150, 17.25, 17.25), (150.001, 61.75, 61.75), *ROWS[5:]],
            "g_star.csv:7: column g_rho: .* too steep",
        ),
        ([*ROWS[:4], (150, 18, 61.75), (200, 18, 18), *ROWS[5:]], "g_star.csv:7: column g_s: .* too steep"),
        ([(1, 10, 10), (150, 10, 60), (200, 10, 20), (1e4, 90, 90)], "g_star.csv:4: column g_s: .* too steep"),
        ([(1, 10, 10)], "two rows"),
        ([(1, 10, 10), (1, 10, 10)], "g_star.csv:3: column T_MeV: must increase"),
        ([(150, 10, 10), (math.nextafter(150, 151), 10, 10)], "g_star.csv:3: column T_MeV: must increase"),
        ([(1, 1e300, 10), (10, 1e300, 10)], "g_star.csv:2: column g_rho: must lie between"),
        ([(1, 10, 0.5), (10, 10, 10)], "g_star.csv:2: column g_s: must lie between"),
        ([(1e-300, 10, 10), (10, 10, 10)], "g_star.csv:2: column T_MeV: must lie between"),
    ],
)
def test_what_cannot_be_interpolated_is_found_by_check(tmp_path, rows, words):
    inputs = {"g_star_file": written(tmp_path, rows)}
    given = {"constraints": ["dm_production"], "allow_outside_files": True, "dm_production": {"inputs": inputs}}
    with pytest.raises(InputError, match=words) as caught:
        config.check_inputs(config.complete(given, "config.yaml"))
    assert "\n" not in str(caught.value)


def test_a_step_that_is_wide_enough_works(tmp_path):
    step = [*ROWS[:4], (140, 17.25, 17.25), (190, 61.75, 61.75), *ROWS[5:]]
    choices = resolve("physical", g_star_file=written(tmp_path, step))
    coarse, fine = (
        production.relic_densities("sm", 1.0, choices, [0.0], M4, 1e-9, resolution)
        for resolution in (media.STANDARD, media.FINEST)
    )
    assert abs(coarse[0][0] - fine[0][0]) <= coarse[1][0] + fine[1][0]
    assert coarse[1][0] < 0.02 * coarse[0][0]


def test_an_opacity_beyond_any_use_is_refused(tmp_path):
    file = tmp_path / "y.csv"
    for row, words in (("1e5,1e300", "column y: must lie"), ("1e300,1", "column T_MeV: must lie")):
        file.write_text(f"T_MeV,y\n0.1,1.27\n{row}\n")
        with pytest.raises(InputError, match=f"y.csv:3: {words}"):
            opacity.read.__wrapped__(str(file))


def test_choices_made_by_hand_are_checked():
    with pytest.raises(InputError, match="z_max"):
        Choices(z_max=math.nan)
