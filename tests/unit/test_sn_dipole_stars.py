"""Any star: sums over its zones, its time, the ends of its spectra, what a user may give, and the errors that are
stated.
"""

import itertools
from dataclasses import replace

import numpy as np
import pytest

import nubounds
from close import close
from nubounds.answers.evaluation import respond
from nubounds.constraints.sn_dipole import (
    criteria,
    decay,
    physics,
    pns_8_8,
    production,
    profile,
    quantities,
    rates,
    representative_zones,
    star_sum,
    user_profile,
)
from nubounds.constraints.sn_dipole.inputs import CHANNELS, Analysis, Arrival, History, Production, SolarMaximum, Star
from nubounds.contract import InputError, Status
from nubounds.kernels import sn_dipole_star as kernel
from some_stars import STARS, ball, isentrope, of_star, write

DEFAULT = Production()


def star(T, mu_e, seed=1):
    """Zones of any states."""
    rng, one = np.random.default_rng(seed), np.ones_like(T)
    return profile.Zones(1e15 * rng.uniform(0.1, 1, T.size), T, mu_e, 100 * rng.uniform(0, 1, T.size), 1e4 * one, one)


# Sums over all zones.


@pytest.mark.parametrize("M", [1.0, 200.0])
@pytest.mark.parametrize("name", STARS)
def test_any_star_is_the_sum_of_its_zones(name, M):
    zones, E = star(*STARS[name]), np.array([3.0, 30.0, 120.0, 300.0])
    E = E[M / 2 < E]

    def rate(T, mu_e):
        return rates.medium_rate(E, T[:, None], mu_e[:, None], M)

    def weights(part):
        return production._rate_weights(part, E)

    value, error, status = star_sum.total(star_sum.Part(zones), weights, rate)
    direct = (weights(zones) * rate(zones.T, zones.mu_e)[0]).sum(0)
    assert status == Status.OK
    assert np.all(np.abs(value - direct) <= error + 1e-12 * direct) and np.all(np.abs(value / direct - 1) < 1e-3)
    assert np.all(error < 1e-2 * direct)  # most of it is that of the rates in cold, dense matter


def test_dependent_polynomials_have_no_representatives():
    """On a line only as many polynomials are left as a line tells apart: weights do not blow up."""
    T, mu_e = STARS["curve"]
    some = representative_zones.choose(T, mu_e)
    weights, _ = some.weights(some.moments(T, mu_e, np.ones((T.size, 1))))
    assert some.T.size < 30 and np.abs(weights).sum() < 3 * T.size


def test_a_function_that_is_no_polynomial_is_followed():
    """A step in the middle of the star: witnesses see it, and parts are divided until they do not."""
    zones = star(*STARS["plane"])

    def step(T, mu_e):
        value = np.where(T[:, None] + 0.1 * mu_e[:, None] > 25, 1.0, 1e-3)
        return value, 0.0 * value, np.zeros(value.shape, int)

    sums = star_sum.Part(zones), lambda part: part.volume_cm3_s[:, None]
    value, error, _ = star_sum.total(*sums, step)
    direct = (zones.volume_cm3_s[:, None] * step(zones.T, zones.mu_e)[0]).sum(0)
    assert value == close(direct, rel=1e-3) and abs(value - direct) <= error + 1e-12 * direct

    whole = sums[0].sums(sums[1], step)
    assert star_sum.needs_more(whole) and abs(star_sum.added([whole])[0] - direct) > error
    assert star_sum.total(*sums, step, whole=whole)[:2] == (value, error)


def test_a_longer_expansion_asks_additional_representatives_alone():
    """Of a function that it contains and the usual one does not; nothing has to be divided."""
    part, asked = star_sum.Part(star(*STARS["plane"])), []

    def ninth(T, mu_e):
        asked.append(T.size)
        value = 1 + 3e-3 * np.cos(9 * np.arccos(np.clip((T - 21) / 19, -1, 1)))[:, None]
        return value, 0.0 * value, np.zeros(value.shape, int)

    def weights(zones):
        return zones.volume_cm3_s[:, None]

    value, error, _ = star_sum.total(part, weights, ninth)
    usual, longer = part.rule, part.longer
    assert asked == [usual.T.size, 16, longer.T.size - usual.T.size, 16]
    assert np.array_equal(longer.T[: usual.T.size], usual.T)
    direct = (weights(part.zones) * ninth(part.zones.T, part.zones.mu_e)[0]).sum(0)
    assert value == close(direct, rel=1e-8) and error < 1e-3 * direct
    whole = part.sums(weights, ninth)
    assert star_sum.needs_more(whole) and abs(whole.value / direct - 1) > 1e-6


def test_sums_over_a_whole_star_that_will_do_are_not_asked_for_again():
    part = star_sum.Part(star(*STARS["plane"]))

    def smooth(T, mu_e):
        value = (T**2 + mu_e)[:, None]
        return value, 0.0 * value, np.zeros(value.shape, int)

    whole = part.sums(lambda part: part.volume_cm3_s[:, None], smooth)
    assert not star_sum.needs_more(whole)
    assert star_sum.total(part, None, None, whole=whole) == star_sum.added([whole])


def test_a_sum_that_would_cost_too_much_says_so(monkeypatch):
    monkeypatch.setattr(star_sum, "MOST", 0)
    T, mu_e = STARS["wide"]
    zones = star(T, mu_e)

    def wild(T, mu_e):
        value = 1 + np.sin(40 * T + mu_e)[:, None]
        return value, 0.0 * value, np.zeros(value.shape, int)

    value, error, _ = star_sum.total(star_sum.Part(zones), lambda part: part.volume_cm3_s[:, None], wild)
    direct = (zones.volume_cm3_s[:, None] * wild(T, mu_e)[0]).sum(0)
    assert error > 0.3 * direct and abs(value - direct) < error


def test_the_embedded_star_is_not_divided(monkeypatch):
    """So its spectra cost 61 rates per energy, and 16 at witnesses of some."""
    asked = []

    def counted(grids, T, *choices):
        asked.append(np.size(T))
        return star_rates(grids, T, *choices)

    star_rates = rates.star_rates
    monkeypatch.setattr(rates, "star_rates", counted)
    production._expanded_spectra.cache_clear()
    for M in (0.6, 3.0, 150.0, 400.0):
        E = np.geomspace(max(1.0, M / 2), 1000, production.ENERGIES)
        production.electron_spectrum(E, M, DEFAULT)
    assert asked == [61] * 4


@pytest.mark.parametrize("M", [0.0, 0.6, 100.0, 400.0])
def test_rates_in_stars(M):
    """Rates that share their integrals, against Gauss rules with twice the usual nodes; errors cover the difference."""
    E, rule = np.geomspace(max(1.0, M / 2), 1000, production.ENERGIES), production._star(DEFAULT).rule
    T, mu_e = rule.T[::4], rule.mu_e[::4]
    ((value, error, status),) = rates.star_rates([(E, M)], T, mu_e, DEFAULT.scattering, "paper")
    finer = rates.medium_rate(E, T[:, None], mu_e[:, None], M, orders=(20, 0))[0]
    assert np.all(status == Status.OK)
    missed = np.abs(value - finer)
    assert np.all(missed < 3e-5 * finer)
    assert np.mean(missed > error) < 0.05
    assert np.all(missed.sum(0) < error.sum(0))


@pytest.mark.parametrize(
    "changed", [{"screening": "plasmon"}, {"pauli": False}, {"screening": "none"}], ids=["plasmon", "no Pauli", "bare"]
)
def test_rates_in_stars_with_other_choices(changed):
    scattering = replace(DEFAULT.scattering, **changed)
    E, T, mu_e = np.array([3.0, 40.0, 300.0]), np.array([3.0, 12.0, 30.0]), np.array([2.0, 150.0, 200.0])
    ((value, error, _),) = rates.star_rates([(E, 5.0)], T, mu_e, scattering, "paper")
    finer = rates.medium_rate(E, T[:, None], mu_e[:, None], 5.0, scattering, (24, 0))[0]
    assert value == close(finer, rel=1e-4 if changed.get("screening") == "none" else 2e-5)
    assert np.all(np.abs(value - finer) < error + 1e-5 * finer)


def test_rates_do_not_depend_on_what_they_are_computed_with():
    T, mu_e = np.array([3.0, 25.0]), np.array([60.0, 120.0])
    grids = [(np.geomspace(max(1.0, M / 2), top, 30), M) for M, top in ((0.6, 1e3), (40.0, 2e3), (300.0, 4e3))]
    rule = rates.RULES["paper"][0]
    together = rates.rates_of_grids(grids, T, mu_e, DEFAULT.scattering, rule)
    for (E, M), (value, status) in zip(grids, together, strict=True):
        for state in (0, 1):
            alone = rates.rates_of_grids(
                [(E[4:9], M)], T[state : state + 1], mu_e[state : state + 1], DEFAULT.scattering, rule
            )
            assert np.array_equal(alone[0][0][0], value[state, 4:9])
            assert np.array_equal(alone[0][1][0], status[state, 4:9])


@pytest.mark.parametrize("width", [2, 4])
def test_digits_of_shared_rates_do_not_depend_on_the_vectors(width):
    states, points = np.array([[20.0, 120.0, 60.0]]), np.array([[1.0, 0.5], [60.0, 100.0], [700.0, 30.0]])
    found = [
        kernel.evaluate(states, points, 0.511, 1 / 137, True, 0.45, 0.25, *rates.polylogarithm_series(), width=w)
        for w in (8, width)
    ]
    assert np.array_equal(found[0][0], found[1][0])


def test_rates_beyond_the_shared_ones_are_computed_one_by_one():
    """Matter that is too cold and dense, energies beyond the nodes, electrons that need too much energy."""
    E, T, mu_e = np.array([250.0, 3000.0]), np.array([1.0, 2.0]), np.array([150.0, 5.0])
    ((value, status),) = rates.rates_of_grids([(E, 400.0)], T, mu_e, DEFAULT.scattering, rates.RULES["paper"][0])
    direct = rates.medium_rate(E, T[:, None], mu_e[:, None], 400.0, orders=(rates.FINE, 0))[0]
    assert np.array_equal(value, direct) and np.all(status == Status.OK)


@pytest.mark.parametrize(
    ("states", "points", "message"),
    [((1, 2), (1, 2), "states"), ((1, 3), (1, 3), "points"), ((1, 3), (1, 2), "steps")],
)
def test_the_kernel_refuses_what_it_cannot_take(states, points, message):
    steps = (0.0, 0.2) if message == "steps" else (0.4, 0.2)
    with pytest.raises(ValueError, match=message):
        kernel.evaluate(np.ones(states), np.ones(points), 0.5, 1 / 137, True, *steps, *rates.polylogarithm_series())


def test_yields_of_an_isentrope(tmp_path):
    """Against the sum over all zones; it is the same at all times, so those of two of the eight do."""
    options = of_star(write(tmp_path, isentrope()))
    zones = production.zones_of(options)
    some = type(zones)(*(getattr(zones, name)[: zones.T.size // 4] for name in zones.__dataclass_fields__))
    share = zones.volume_cm3_s.sum() / some.volume_cm3_s.sum()
    nodes, weight = np.polynomial.legendre.leggauss(60)
    for M in (1.0, 100.0):
        low, high = np.log(max(1.0, M / 2)), np.log(1000.0)
        E = np.exp(0.5 * (low + high) + 0.5 * (high - low) * nodes)
        rate = rates.medium_rate(E, some.T[:, None], some.mu_e[:, None], M)[0]
        G = share * (production._rate_weights(some, E) * rate).sum(0)
        direct = 0.5 * (high - low) * (G * E) @ weight
        parents = production.spectrum(M, options)
        value, error = parents.moment("scattering")
        assert parents.status == Status.OK
        assert abs(value / direct - 1) < 1e-4 and abs(value - direct) < error + 2e-5 * direct


@pytest.fixture
def rates_of_large_error(monkeypatch):
    """Rates that are known to 40 % only, above 50 MeV."""

    def doubtful(grids, *choices):
        return [
            (value, (0.4 if M > 50 else 0.0) * value + error, status)
            for (_, M), (value, error, status) in zip(grids, star_rates(grids, *choices), strict=True)
        ]

    star_rates, caches = rates.star_rates, (production.spectrum, production._expanded_spectra)
    [cache.cache_clear() for cache in caches]
    monkeypatch.setattr(rates, "star_rates", doubtful)
    yield
    [cache.cache_clear() for cache in caches]


def test_numbers_that_nobody_should_use_are_not_given(rates_of_large_error):
    assert production.spectrum(20.0, DEFAULT).status == Status.OK
    assert production.spectrum(60.0, DEFAULT).status == Status.NOT_CONVERGED
    assert respond("sn_dipole.yield", {"M_MeV": 60})["value"] is None
    answer = respond("sn_dipole.coupling_limit", {"M_MeV": 60, "probe": "cooling"})
    assert answer["value"] is None and "NOT_CONVERGED" in answer["note"]


# Time.

VOLUME_CM3 = 4 * np.pi / 3 * 12e5**3


@pytest.mark.parametrize("times", [(1.0, 2.0), (0.1, 3.1), (0.001, 10.0), (1e-6, 100.0), (0.5, 0.7, 1.9, 9.0)])
def test_a_constant_star_goes_with_its_duration(tmp_path, times):
    path, duration = write(tmp_path, ball(times)), times[-1] - times[0]
    zones = user_profile.read(path).zones()
    assert zones.volume_cm3_s.sum() == close(VOLUME_CM3 * duration, rel=1e-12)
    options = of_star(path)
    for M, per_second in ((1.0, 1.25286e80), (100.0, 5.5550e79)):  # the rate of one zone, by another quadrature
        assert production.spectrum(M, options).moment("scattering")[0] == close(per_second * duration, rel=2e-5)


def test_the_rate_of_the_constant_star(tmp_path):
    """By the formulae: four-dimensional rate, Fermi-Dirac neutrinos (the pinched fit is within 0.15 %)."""
    profile_ = user_profile.read(write(tmp_path, ball((1.0, 2.0))))
    zone = profile_.zones()
    T, mu_e, M = 30.0, float(zone.mu_e[0]), 100.0
    nodes, weights = np.polynomial.legendre.leggauss(24)
    low, high = np.log(M / 2), np.log(800.0)
    E = np.exp(0.5 * (low + high) + 0.5 * (high - low) * nodes)
    k2 = float(rates.screening_k2(T, mu_e, "debye"))
    rate = np.array([physics.medium_rate(e, T, mu_e, M, k2, orders=(8, 8, 12, 6)) for e in E])
    density = 6 * physics.fermi_dirac_density(E, T, 0.0)
    found = 0.5 * (high - low) * (weights * E * density * rate).sum() * VOLUME_CM3 * production.PER_VOLUME_AND_TIME
    assert found == close(5.5550e79, rel=2e-3)


def small_steps(edges):
    """Gauss nodes and weights, three in each step."""
    parts = [profile.gauss(a, b, 3) for a, b in itertools.pairwise(edges)]
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def cooling():
    """A star that cools by a factor of six in few rows."""
    shape = ((0.0, 1.0), (6.0, 1.2), (12.0, 0.4), (20.0, 0.1))
    return [
        (t, r, 3e14 * np.exp(-((r / 8) ** 2)), T * x, 0.1, 0.02)
        for t, T in ((0.3, 30.0), (3.0, 12.0), (10.0, 5.0))
        for r, x in shape
    ]


@pytest.mark.parametrize("rows", [cooling(), isentrope((0.1, 4.0))], ids=["cooling", "isentrope"])
def test_zones_of_a_coarse_star(tmp_path, rows):
    """Integrals over a star of few rows, whose production changes by orders of magnitude between them, against sums in
    small steps; what is left is stated.
    """
    path = write(tmp_path, rows)
    star_ = user_profile.read(path)
    r, dr = small_steps(np.linspace(0, star_.r[-1], 301))
    times, dt = small_steps(np.geomspace(star_.t[0], star_.t[-1], 301))
    zones = star_.zones()
    for E in (30.0, 100.0, 300.0):

        def made(T, mu_nu, E=E):
            return T**3 * (physics.fermi_dirac_density(E, T, mu_nu) + 4 * physics.fermi_dirac_density(E, T, 0.0))

        fine = 0.0
        for t, step in zip(times, dt, strict=True):
            state = star_.at(float(t), r)
            T = state["T_MeV"]
            inside = (profile.T_MIN_MEV <= T) & (state["rho_gcc"] >= profile.RHO_MIN)
            mu_nu = profile.chemical_potential(profile.baryon_density(state["rho_gcc"]) * state["Ynu"], T, 1)
            fine += step * (4 * np.pi * r**2 * dr * 1e15 * made(T, mu_nu) * inside).sum()
        value = (zones.volume_cm3_s * made(zones.T, zones.mu_nu)).sum()
        error = production._zone_error(of_star(path).star)(np.array([E]))[0]
        assert abs(value / fine - 1) < max(1e-4, 1.2 * error)


def test_zones_state_their_error_at_any_mass(monkeypatch):
    """At 1000 MeV N come from the hottest matter alone, e^(-1000/33) of it: the zones are too coarse for 1e-4."""
    embedded = profile.embedded_zones
    for M in (100.0, 1000.0):
        usual = {channel: production.spectrum(M, DEFAULT).moment(channel) for channel in CHANNELS}
        with monkeypatch.context() as patch:
            patch.setattr(profile, "embedded_zones", lambda T0: embedded(T0, (20, 22, 12, 12), 6))
            names = ("_zones", "_star", "_coalescence", "_expanded_spectra", "spectrum")
            caches = [getattr(production, name) for name in names]
            [cache.cache_clear() for cache in caches]
            finer = {channel: production.spectrum(M, DEFAULT).moment(channel)[0] for channel in CHANNELS}
        [cache.cache_clear() for cache in caches]
        for channel, (value, error) in usual.items():
            assert abs(value - finer[channel]) < error < 3e-3 * value


# The ends of spectra.


@pytest.mark.parametrize(
    ("M", "T0", "channel", "number", "energy"),
    [
        (1000.0, 100.0, "inverse_decay", 2.14374e82, 2.43319e85),
        (1000.0, 60.0, "inverse_decay", 7.80606e78, 8.45609e81),
        (1000.0, 33.0, "inverse_decay", 7.68683e72, 8.04261e75),
        (200.0, 100.0, "inverse_decay", 3.82707e83, 1.214518e86),
        (1.0, 100.0, "scattering", 2.275520e82, 5.816168e84),
        (1000.0, 100.0, "scattering", 4.04722e79, 4.37483e82),
    ],
)
def test_hot_stars_and_heavy_particles(M, T0, channel, number, energy):
    """Values: sums over all zones, nested quadratures of the formulae up to M + 40 T."""
    parents = production.spectrum(M, Production.from_mapping({"T0_MeV": T0}))
    for power, expected in enumerate((number, energy)):
        value, error = parents.moment(channel, power)
        assert value == close(expected, rel=1e-5) and error < 2e-3 * value


@pytest.mark.parametrize("E", [600.0, 999.0])
def test_diffuse_flux_at_high_energies(E):
    parents = production.spectrum(100.0, DEFAULT, 1500.0)
    expected = 1e-28 * physics.diffuse_flux(parents, 100.0, 1e-14, E, History(), parents.E_top)
    answer = respond("sn_dipole.diffuse_flux", {"E_MeV": E, "M_MeV": 100, "d_per_MeV": 1e-14})
    assert abs(answer["value"] - expected) < 1e-4 * expected and 1e-5 < answer["error"] / expected < 2e-3


def test_photons_of_high_energies_have_all_their_parents():
    """Spectra go on where someone asks for what is above, and are the same below."""
    usual, longer = production.spectrum(1.0, DEFAULT), production.spectrum(1.0, DEFAULT, 1500.0)
    E = np.array([5.0, 100.0, 400.0])
    assert usual.E_top == 1000 and longer.E_top > 2000
    assert longer(E) == close(usual(E), rel=1e-5)
    for E in (700.0, 999.0):
        arguments = {"E_MeV": E, "M_MeV": 1, "d_per_MeV": 1e-14, "delay": "exact"}
        answer = respond("sn_dipole.photon_spectrum", arguments)
        window = quantities.sn1987a_window(223.0, "leading", SolarMaximum(), Arrival())
        ((per_d2, _),) = decay.daughters_per_energy(longer, [E], window, 1e-14)
        assert answer["value"] == close(1e-28 * per_d2, rel=1e-6)
        assert answer["error"] > 1e-4 * answer["value"]
    assert (
        respond("sn_dipole.photon_fluence", {"E_min_MeV": 900, "E_max_MeV": 2000, "M_MeV": 1, "d_per_MeV": 1e-14})[
            "value"
        ]
        > 0
    )
    with pytest.raises(InputError, match="nothing to speak of above 1000 MeV"):
        nubounds.evaluate("sn_dipole.photon_fluence", E_min_MeV=1500, E_max_MeV=2000, M_MeV=1, d_per_MeV=1e-14)


def test_a_telescope_of_high_energies_sees_all_parents():
    changes = {"smm": {"E_min_MeV": 900.0, "E_max_MeV": 2000.0, "area_cm2": 63e3, "counts": 1e-6}}
    analysis = Analysis.from_mapping(changes)
    limit = criteria.coupling_limit("smm", 1.0, "leading", analysis)
    longer = production.spectrum(1.0, DEFAULT, 2000.0)
    signal, level = criteria.criterion("smm", longer, analysis, "leading")
    assert limit.value**2 * signal(limit.value)[0][0] == close(level, rel=1e-6)
    cut = criteria.criterion("smm", production.spectrum(1.0, DEFAULT), analysis, "leading")[0]
    assert cut(limit.value)[0][0] < 0.99 * signal(limit.value)[0][0]


def test_spectra_follow_the_potential_of_the_neutrinos(tmp_path):
    rows = [(*row, 0.0, 700.0) for row in ball((1.0, 2.0), T=40.0)]
    options = of_star(write(tmp_path, rows, "t_s,r_km,rho_gcc,T_MeV,Ye,Ynu,mu_e_MeV,mu_nue_MeV"))
    parents = production.spectrum(1.0, options)
    assert parents.E_top == close(1700.0)
    assert float(parents(np.array([parents.E_top]))[0]) < 1e-5 * float(parents(np.array([700.0]))[0])


def test_content_reaches_the_edge_of_the_young_star():
    """At 5 ms the edge is at 48.6 km, farther than N are followed."""
    snapshot = pns_8_8.Snapshot(0.005, Star().T0_MeV)
    r = np.linspace(0, snapshot.R_km, 200001)
    mass = np.trapezoid(4 * np.pi * r**2 * 1e15 * snapshot.state(r)[0], r) / 1.98847e33
    found = nubounds.evaluate("sn_dipole.profile_content", t_s=0.005)
    assert snapshot.R_km > 48 and found["baryon_mass_Msun"] == close(mass, rel=1e-6)


# What a user may give.


def scaled(column, factor):
    rows = np.array(cooling())
    rows[:, column] = factor(rows[:, column])
    return rows.tolist()


@pytest.mark.parametrize(
    ("rows", "line", "reason"),
    [
        (scaled(0, lambda t: 1e3 * t), 2, "column t_s: 300 is outside 1e-06...100"),
        (scaled(2, np.log10), 2, "column rho_gcc: 14.4771 is outside 100...1e"),
        (scaled(3, lambda T: 1e-3 * T), 13, "column T_MeV: 0.0005 is outside 0.001...100"),
        (ball((1.0, 2.0), T=0.03), 2, "no matter is left above 1.5 MeV .* the hottest has 0.03 MeV and 3e"),
        (scaled(2, lambda rho: 1e-5 * rho), 3, "no matter is left .* the hottest has 36 MeV"),
    ],
    ids=["ms", "log10", "GeV", "GeV everywhere", "thin"],
)
def test_stars_in_other_units_are_refused_in_one_line(tmp_path, rows, line, reason):
    with pytest.raises(InputError, match=rf"^\S*star\.csv:{line}: ({reason})") as refusal:
        user_profile.read(write(tmp_path, rows))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("mu_e", [-1000.0, 0.0, 1000.0])
@pytest.mark.parametrize("mu_nu", [-1000.0, 1000.0])
@pytest.mark.parametrize("T", [1.5, 100.0])
def test_corners_of_what_a_star_may_have(tmp_path, T, mu_e, mu_nu):
    """A number, or a status that says that there is none."""
    rows = [(*row, mu_e, mu_nu) for row in ball((1.0, 2.0), T=T)]
    options = of_star(write(tmp_path, rows, "t_s,r_km,rho_gcc,T_MeV,Ye,Ynu,mu_e_MeV,mu_nue_MeV"))
    parents = production.spectrum(20.0, options)
    for channel in CHANNELS:
        value, error = parents.moment(channel)
        if parents._tables(channel)[-1] == Status.OK:
            assert value > 1e-200 and 0 < error < 0.3 * value
        else:
            assert np.isnan(value)
    assert parents._tables("inverse_decay")[-1] == Status.OK
    assert (parents.status == Status.OK) == (T == 100 or mu_e > -1000)


# Arrays of masses.


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("coupling_limit", {"probe": "smm", "edge": "upper", "inverse_decay": False}),
        ("low_energy_limit", {"delay": "bound"}),
        ("yield", {"channel": "inverse_decay"}),
        ("mean_energy", {}),
        ("photon_fluence", {"d_per_MeV": 1e-14}),
    ],
    ids=["coupling_limit", "low_energy_limit", "yield", "mean_energy", "photon_fluence"],
)
def test_arrays_of_masses_are_the_points(name, more):
    masses = [300.0, 1.0, 20.0]
    answer = respond(f"sn_dipole.{name}", {"M_MeV": masses, **more})
    for i, M in enumerate(masses):
        alone = respond(f"sn_dipole.{name}", {"M_MeV": M, **more})
        for part in ("value", "error"):
            assert answer[part][i] == alone[part], (part, M)


def test_arrays_of_masses_share_their_rates(monkeypatch):
    """One sum over the electrons of the star for all masses, and one at the witnesses."""
    calls, star_rates = [], rates.star_rates
    monkeypatch.setattr(
        rates, "star_rates", lambda grids, *choices: calls.append(len(grids)) or star_rates(grids, *choices)
    )
    production._expanded_spectra.cache_clear()
    production.spectrum.cache_clear()
    respond("sn_dipole.coupling_limit", {"probe": "cooling", "M_MeV": [0.01, 0.02, 3.0, 70.0]})
    assert calls == [4]  # 0 and LIGHT_MEV, of which light N are made up, 3 and 70


def test_what_is_kept_of_spectra_has_an_end(monkeypatch):
    """A sampler's masses do not pile up, and what is dropped is found again."""
    masses, kept = [0.3, 4.0, 11.0, 60.0], production._expanded_spectra(DEFAULT)
    together = respond("sn_dipole.coupling_limit", {"probe": "cooling", "M_MeV": masses})["value"]
    assert len(kept) >= 5  # 0 and LIGHT_MEV, of which light N are made up
    monkeypatch.setattr(production, "SPECTRA", 3)
    production.spectrum.cache_clear()
    kept.clear()
    for M, expected in zip([*masses, 0.3], [*together, together[0]], strict=True):
        assert respond("sn_dipole.coupling_limit", {"probe": "cooling", "M_MeV": M})["value"] == expected
        assert 0 < len(kept) <= 5
