"""Rates at all places of a star from those at a few."""

from dataclasses import replace

import numpy as np
import pytest

from close import close
from nubounds.constraints.sn_dipole import emission, exchange, few_places, place_rates, targets
from nubounds.constraints.sn_dipole.inputs import Accuracy, Production
from nubounds.inputs import declare
from nubounds.kernels import sn_dipole_places as kernel
from some_stars import STARS, ball, isentrope, of_star, write

BEST = declare.defaults(Production, "best")
ALL = Accuracy("reference")  # with which every place is worked out
BASE = 1.5e-3  # stated besides what is missed


def star(T, mu_e):
    """Places in these states, with neutrinos and a lapse that follow them."""
    found = targets.matter(np.maximum(T, 0.5), np.asarray(mu_e, float), 0.15)
    around = exchange.thermal_neutrinos(0.5 * found.mu_e, np.where(found.T > 3, 1.0, 0.3))
    lapse = 0.95 - 0.2 * found.T / found.T.max()
    rows = targets.gases(found, "rpa", True, ("electron", "positron", "proton", "neutron"))
    return place_rates.AllPlaces(found, around, lapse, rows, few_places.choose(found, around, lapse, "paper"))


@pytest.mark.parametrize("name", STARS)
def test_rates_follow_in_any_star(name):
    """Whatever states there are: sums over places to what is stated, single rates to a tenth."""
    at = star(*STARS[name])
    masses = [1.0, 100.0]
    grids = [place_rates.momenta(M, BEST) for M in masses]
    followed = place_rates._scattering(at, masses, grids, BEST)
    whole = place_rates._scattering(replace(at, few=None), masses, grids, BEST)
    for some, every in zip(followed, whole, strict=True):
        for kind, rates in every.items():
            made, missed = rates.made.sum(0), some[kind].missed
            off = np.abs(some[kind].made.sum(0) - made)[made > 1e-6 * made.max()]
            assert np.all(off <= (BASE + 2 * missed) * made[made > 1e-6 * made.max()]), (kind, missed)
            assert np.all(np.abs(some[kind].taken - rates.taken) <= 0.1 * rates.taken), kind
            assert 0 <= missed <= place_rates.MISSED


def test_few_places_do_where_states_are_few():
    assert star(*STARS["point"]).few.known.size == 1
    assert star(*STARS["curve"]).few.known.size < 30
    assert star(*STARS["wide"]).few.known.size > 100
    T, mu_e = STARS["curve"]
    assert star(T[: few_places.FEWEST - 1], mu_e[: few_places.FEWEST - 1]).few is None


def test_a_place_unlike_all_others_is_known():
    T, mu_e = STARS["one hot zone"]
    assert int(np.argmax(T)) in star(T, mu_e).few.known


def test_states_all_over_are_worked_out_one_by_one():
    rng, (T, mu_e) = np.random.default_rng(2), STARS["plane"]
    found = targets.matter(T, mu_e, 0.15)
    around = exchange.thermal_neutrinos(mu_e * rng.uniform(0, 1, T.size), rng.uniform(0.05, 1, T.size))
    assert few_places.choose(found, around, rng.uniform(0.7, 1, T.size), "paper") is None


@pytest.mark.parametrize("M", [0.1, 3.0, 30.0, 100.0, 300.0])
def test_the_embedded_star(M):
    """What leaves it, against all places, at couplings from free to trapped."""
    few, every = emission.emission(M, BEST), emission.emission(M, replace(BEST, accuracy=ALL))
    assert place_rates.all_places(few.found, BEST).few.known.size < 250  # of 1,008
    d = np.geomspace(1e-13, 1e-9, 9)
    some, energy = few.energy(d), every.energy(d)
    assert np.all(np.abs(some - energy) <= 0.3 * few.error(d, some) * energy + 1e-12 * energy[0])
    assert some[0] == close(energy[0], rel=3e-4)


@pytest.mark.parametrize(
    "rows",
    [
        isentrope(np.geomspace(0.01, 5, 12)),
        [
            (t, r, rho, 20 / t * (1 + 3 * (t == 1)), 0.2, 0.02)
            for t in (0.9, 1, 1.1, 2)
            for r, rho in ((0, 3e14), (20, 1e9))
        ],
        ball((0.1, 1.0, 3.0)),
    ],
    ids=["isentrope", "flash", "ball"],
)
def test_stars_of_users(tmp_path, rows):
    own = replace(BEST, star=of_star(write(tmp_path, rows)).star)
    d = np.geomspace(1e-13, 1e-9, 5)
    for M in (1.0, 100.0):
        few, every = emission.emission(M, own), emission.emission(M, replace(own, accuracy=ALL))
        some, energy = few.energy(d), every.energy(d)
        assert np.all(np.abs(some - energy) <= 0.5 * few.error(d, some) * energy + 1e-12 * energy[0])


def test_what_is_missed_too_much_is_worked_out(monkeypatch):
    every = emission.Emission(30.0, replace(BEST, accuracy=ALL), emission.emission(30.0, BEST).found)
    monkeypatch.setattr(place_rates, "MISSED", 0.0)
    place_rates._shared.cache_clear()
    own = emission.Emission(30.0, BEST, every.found)
    assert own.energy([1e-10]) == every.energy([1e-10])
    assert all(rates.missed == 0 for rates in own._rates.values())
    place_rates._shared.cache_clear()


def known_places():
    """Arguments of the kernel: two known places of three."""
    E = np.array([[5.0, 40.0, 900.0]] * 3)
    made = np.array([[1e-3, 2e-4, 0.0], [1e-2, 0.0, 1e-200]])
    near, weights = np.array([[0, 1]] * 3, dtype=np.int32), np.array([[1.0, 0.0], [0.4, 0.6], [0.0, 1.0]])
    T, around, shapes = np.array([5.0, 6.0, 7.0]), np.array([[1.0, 1.0], [2.0, 0.5], [0.0, 1.0]]), np.empty((3, 0))
    return [made, 3 * made, np.array([0, 2], dtype=np.int32), near, weights, E, T, around, shapes]


def test_the_kernel_copies_and_interpolates():
    given = known_places()
    made, absorbed, known, *_, E, T, around, _ = given
    found, taken = kernel.everywhere(*given)
    assert np.array_equal(found[known], made) and np.array_equal(taken[known], absorbed)
    neutrinos = exchange.thermal_neutrinos(*around.T).thermal(E, T)
    ratio = (made[:, 0] / neutrinos[known, 0]) ** np.array([0.4, 0.6])
    assert found[1, 0] == close(neutrinos[1, 0] * ratio.prod(), rel=1e-13)
    assert taken[1, 0] == close(absorbed[0, 0] ** 0.4 * absorbed[1, 0] ** 0.6, rel=1e-13)
    nothing = [0 * made, 0 * made, *given[2:]]
    assert not np.any(kernel.everywhere(*nothing))


def test_pinched_neutrinos_make_what_follows():
    given = known_places()
    given[-1] = np.array([[0.0, 2.0, 0.2, -1.0, 3.0, 0.3, 0.5, 2.5, 0.1]] * 3)
    neutrinos = exchange.Neutrinos(*given[7].T, given[-1]).present(given[5], given[6])
    ratio = (given[0][:, 0] / neutrinos[given[2], 0]) ** np.array([0.4, 0.6])
    assert kernel.everywhere(*given)[0][1, 0] == close(neutrinos[1, 0] * ratio.prod(), rel=1e-13)


def test_digits_do_not_depend_on_the_vectors():
    answers = [np.stack(kernel.everywhere(*known_places(), width)) for width in (8, 4, 2)]
    assert np.array_equal(answers[0], answers[1]) and np.array_equal(answers[0], answers[2])


@pytest.mark.parametrize(
    ("number", "other", "message"),
    [
        (0, np.ones((3, 3)), "a row for each known place"),
        (2, np.array([0, 3], dtype=np.int32), "some of all"),
        (3, np.array([[0, 2]] * 3, dtype=np.int32), "some of the known"),
        (3, np.array([[0, -1]] * 3, dtype=np.int32), "some of the known"),
        (4, np.ones((3, 1)), "a weight each"),
        (6, np.ones(2), "a row for each place"),
        (8, np.empty((3, 4)), "or none"),
    ],
)
def test_the_kernel_refuses_what_it_cannot_take(number, other, message):
    given = known_places()
    given[number] = other
    with pytest.raises(ValueError, match=message):
        kernel.everywhere(*given)


def test_no_places_no_rates():
    made, absorbed = kernel.everywhere(*(part[:0] if part.ndim else part for part in known_places()))
    assert made.shape == absorbed.shape == (0, 3)
