"""Largest and smallest values over an interval: the ends count, narrow places are found, errors cover."""

import math

import numpy as np
import pytest

from close import close
from nubounds.constraints.dm_production import evolution_features, laboratory, production, s_curve_turns
from nubounds.constraints.dm_production import mixing_range as band
from nubounds.constraints.dm_production.conventions import resolve
from nubounds.constraints.dm_production.medium import STANDARD, limits_of
from nubounds.constraints.sn_dipole import diffuse
from nubounds.constraints.sn_dipole.inputs import History, Production
from nubounds.constraints.sn_dipole.production import spectrum
from nubounds.constraints.solar_cevns import average_nucleus, physics
from nubounds.constraints.solar_cevns.statements import low_recoil_cutoff, spin_difference_range
from nubounds.numerics import extrema

TARGET = 0.12
BAND_POINTS = [
    ("deck", 464.159, 6.29508),
    ("deck", 100.0, 5 * 2000 ** (26 / 33)),
    ("physical", 20.0, 10.0),
    ("physical", 7.1, 5.0),
    ("physical", 1000.0, 387.9),
    ("deck", 1.0, 1e4),
]


def test_maxima_finds_those_inside_and_next_to_an_end():
    t = extrema.grid(0.0, 1.0, 11, 1e-4)

    def f(places):
        return np.stack([-((places - 0.033) ** 2), -np.abs(places - 0.61), places])

    assert np.sort(extrema.maxima(f, t, f(t), 1e-6)) == close([0.033, 0.61], abs=1e-6)


def test_maxima_closes_only_the_brackets_that_are_wanted():
    t, asked = np.linspace(0.0, 1.0, 11), []

    def f(places):
        asked.append(places.size)
        return np.cos(40 * places)[None, :]

    wanted = np.zeros((1, 11), dtype=bool)
    wanted[0, 3] = True
    found = extrema.maxima(f, t, np.cos(40 * t)[None, :], 1e-6, wanted)
    assert found == close([4 * math.pi / 40], abs=1e-6)
    assert set(asked) == {1} and len(asked) < 15


@pytest.mark.parametrize("sharp", [1e-3, 1.0, 1e3])
def test_a_concave_curve_stays_below_what_it_may_rise_to(sharp):
    t = np.array([0.0, 0.1, 0.4, 0.5, 0.9, 1.0])
    for top in np.linspace(-0.2, 1.2, 57):
        values = -np.logaddexp(sharp * (t - top), sharp * (top - t))[None, :] + math.log(2)
        reach = np.max(values + extrema.rise(t, values))
        assert reach >= (0.0 if t[1] <= top <= t[-2] else np.max(values)) - 1e-12


def test_maxima_passes_over_places_without_a_value():
    t = np.linspace(0.0, 1.0, 11)

    def f(places):
        return np.where(places < 0.5, -np.inf, places)[None, :]

    assert extrema.maxima(f, t, f(t), 1e-6).size == 0


@pytest.mark.parametrize("steep", [1.0, 1e-3, 1e3])
def test_edges_are_allowed_and_close(steep):
    t = np.linspace(0.0, 3.0, 31)

    def excess(places):
        return steep * np.sinh(np.cos(3 * places) - 0.2)

    found = extrema.edges(excess, t, excess(t), 1e-9 * steep)
    first = math.acos(0.2) / 3
    assert np.all(excess(found) < 0)
    assert np.sort(found) == close([first, 2 * math.pi / 3 - first, 2 * math.pi / 3 + first], rel=1e-7)


def test_several_edges_are_closed_at_once_by_what_each_asks_for():
    aims, ones = np.array([0.2, -0.5, 0.7]), np.ones(3)

    def excess(places, k):
        return np.tanh(5 * (places - aims[k]))

    ends = (-2 * ones, excess(-2 * ones, slice(None)), ones, excess(ones, slice(None)))
    found = extrema.closed(excess, *ends, 1e-9)
    assert np.all(excess(found, slice(None)) < 0)
    assert found == close(aims, abs=1e-9)


@pytest.mark.parametrize(
    ("convention", "m4_keV", "m", "most"), [(*BAND_POINTS[0], 2.4835e-19), (*BAND_POINTS[1], 5.914e-15)]
)
def test_the_smallest_mixing_is_at_the_edge_of_the_lifetime(convention, m4_keV, m, most):
    lowest, _, error, _ = band.mixing_range(m, resolve(convention), 1e-3 * m4_keV, TARGET)
    assert 0.98 * most < lowest <= most
    assert error > 0


def test_the_range_of_mixings_without_errors_is_the_same():
    convention, m4_keV, m = BAND_POINTS[0]
    args = m, resolve(convention), 1e-3 * m4_keV, TARGET
    lowest, highest, *errors = band.mixing_range(*args, errors=False)
    assert (lowest, highest) == band.mixing_range(*args)[:2]
    assert np.all(np.isnan(errors))


@pytest.mark.parametrize(("convention", "m4_keV", "m"), BAND_POINTS)
def test_the_range_of_mixings_is_that_of_a_dense_walk(convention, m4_keV, m):
    """The walk cannot go beyond the range, and comes as near to it as its steps allow."""
    choices = resolve(convention)
    lowest, highest, *_ = band.mixing_range(m, choices, 1e-3 * m4_keV, TARGET)
    top = min(1.0, laboratory.coupling_limit("kaon", m) or 1.0)
    couplings = np.geomspace(band.COUPLINGS[0], top, 4001)
    log_mixing, _ = band.wanted_mixing(m, choices, 1e-3 * m4_keV, TARGET, couplings)
    allowed = couplings < laboratory.lifetime_limit(m, m4_keV, 1.0) * np.exp(-0.25 * log_mixing)
    walked = np.exp(log_mixing[allowed])
    assert lowest * (1 - 1e-6) < walked.min() < 1.03 * lowest
    assert 0.97 * highest < walked.max() < highest * (1 + 1e-6)


@pytest.mark.parametrize(("convention", "m4_keV", "m"), BAND_POINTS[:3])
def test_the_errors_of_the_range_cover_a_finer_grid(convention, m4_keV, m):
    fast, fine = (
        band.mixing_range(m, resolve(convention), 1e-3 * m4_keV, TARGET, **grid)
        for grid in ({}, {"resolution": STANDARD})
    )
    for value, better, error, rest in zip(fast[:2], fine[:2], fast[2:], fine[2:], strict=True):
        assert abs(value - better) <= error + rest


def test_each_mixing_makes_the_wanted_density_by_itself():
    """Omega h^2 is not linear in mixings of order one."""
    choices, coupling = resolve(T_max_MeV=3.0), np.array([1e-5, 1e-2])
    log_mixing, _ = band.wanted_mixing(1000.0, choices, 5e-3, TARGET, coupling)
    density, _, _ = production.relic_densities("scalar", 1000.0, choices, coupling, 5e-3, np.exp(log_mixing), band.FAST)
    assert density == close(TARGET, rel=1e-5)


def test_the_highest_mixing_of_all_mediators_lies_between_those_that_were_walked():
    lowest, highest, errors = band.overall_range(resolve(), 20e-3, TARGET)
    assert 4.804e-9 < highest < 4.81e-9
    assert lowest < 1.9283e-18
    assert 0 < errors["highest"] < 1e-3 * highest
    assert 0 < errors["lowest"] < 1e-2 * lowest


@pytest.mark.parametrize(
    ("convention", "of", "m4_keV", "s2", "coupling", "m", "want"),
    [
        ("physical", "coupling", 8.69, 4.1e-12, 9.46e-5, 54.5, 2.10589),
        ("physical", "m4", 237.0, 6.9e-12, 0.00265, 95.4, 0.83839),
        ("deck", "m4", 119.0, 2.7e-15, 2.82e-4, 55.6, 0.99558),
    ],
)
def test_the_error_of_a_slope_covers_near_a_resonance(convention, of, m4_keV, s2, coupling, m, want):
    """Wanted: on steps of 0.01 in ln z and 96 intervals in x."""
    value, error = evolution_features.scaling_exponent(
        of, "scalar", resolve(convention), 1e-3 * m4_keV, s2, coupling, m
    )
    assert abs(value - want) < error < 0.2


def test_a_peak_at_the_end_of_the_evolution_is_the_end():
    choices = resolve(z_max=0.00212)
    value, error = evolution_features.production_peak(1.0, "scalar", choices, 7.1e-3, 7e-11, 1e-5, 5.0)
    assert value == close(math.exp(limits_of(choices)[1]))
    assert error > 0


@pytest.mark.parametrize("x", [0.3, 1.0, 5.0])
def test_the_error_of_a_peak_covers(x):
    args = ("scalar", resolve("deck"), 7.1e-3, 7e-11, 1e-3, 100.0)
    value, error = evolution_features.production_peak(x, *args)
    log_z = math.log(value) + np.linspace(-0.02, 0.02, 4001)
    rate = np.log(evolution_features.history(x, log_z, *args)["df_dlnz"]) - log_z
    assert abs(math.exp(log_z[np.argmax(rate)]) - value) <= error + 1e-5 * value


@pytest.mark.parametrize(
    ("m4_MeV", "fraction", "want"), [(1.3, 0.3, 5.529e-5), (0.5, 0.5, 1.50e-6), (10.0, 0.5, 0.24904062)]
)
def test_recoils_are_sought_from_the_least_that_phase_space_allows(m4_MeV, fraction, want):
    found = low_recoil_cutoff(m4_MeV=m4_MeV, fraction=fraction, flavour="all", flux="all").value
    assert found["T_keV"] == close(want, rel=1e-4)


@pytest.mark.parametrize(("m4_MeV", "fraction"), [(1e-5, 0.5), (0.02, 0.1), (15.35, 1e-4), (10.0, 1e-6), (18.7, 1.0)])
def test_the_cutoff_has_its_share_in_the_second_implementation(m4_MeV, fraction):
    answer = low_recoil_cutoff(m4_MeV=m4_MeV, fraction=fraction, flavour="all", flux="all")
    cutoff, peak = answer.value["T_keV"], answer.value["peak_keV"]

    def rate(T):
        return physics.recoil_rate(T, "dipole", m4_MeV, 1.0)

    assert rate(cutoff) / rate(peak) == close(fraction, rel=1e-8)
    assert rate(1.01 * peak) < rate(peak) > rate(0.99 * peak)
    assert 0 < answer.error["T_keV"] < 1e-3 * cutoff


@pytest.mark.parametrize("m4_MeV", [0.0, 1e-40, 30.0])
def test_no_cutoff_is_said_in_words(m4_MeV):
    answer = low_recoil_cutoff(m4_MeV=m4_MeV, fraction=0.5, flavour="all", flux="all")
    assert answer.value is None
    assert answer.note


def test_spins_differ_most_at_an_end_of_phase_space_which_rounding_may_put_outside():
    M = average_nucleus.M_MEV
    threshold = 20.0 / (1 + math.sqrt(1 + 20.0 / M)) * (1 - 1e-14)
    for m4_MeV in (9.0, 9.9, threshold):
        largest = spin_difference_range(E_MeV=10.0, m4_MeV=m4_MeV).value["largest"]
        nearby = spin_difference_range(E_MeV=10.0, m4_MeV=m4_MeV * (1 - 1e-8)).value["largest"]
        assert largest == close(nearby, rel=3e-3)


def test_a_narrow_dip_of_a_measured_background_is_where_the_flux_exceeds_it_most():
    background = diffuse.Table((1.0, 7.45, 7.5, 7.55, 300.0), (1e-4, 1e-6, 1e-9, 1e-6, 1e-9))
    parents, history = spectrum(0.1, Production()), History()
    value, error = diffuse.excess(parents, (background,), history)(np.array([1e-13]))
    at_dip = diffuse.flux(parents, np.array([7.5]), history)(np.array([1e-13]))[0, 0] / 1e-9
    assert abs(value[0] - at_dip) <= error[0]


def test_a_peak_between_uneven_places_is_that_of_the_parabola():
    log_E = np.array([-1.0, 0.3, 0.5])
    top, added = diffuse._peak(log_E, np.exp(2 - 3 * (log_E - 0.2) ** 2))
    assert top == close(math.exp(2.0))
    assert added == close(math.exp(2.0) - math.exp(2 - 0.03))


def test_an_s_that_closes_between_two_masses_is_found(monkeypatch):
    def depth(model, m, *args):
        return 0.02 - abs(math.log(m / 523.4)), 1e-3

    monkeypatch.setattr(s_curve_turns, "depth_of_s", depth)
    values, errors = s_curve_turns.turning_masses("scalar", resolve(), 7.1e-3, 7e-11, TARGET)
    for name, sign in (("lightest", -1), ("heaviest", 1)):
        assert values[name] == close(523.4 * math.exp(0.02 * sign), rel=1e-4)
        assert errors[name] == close(1.1e-3 * values[name], rel=1e-3)
