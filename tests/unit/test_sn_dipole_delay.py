"""Which photons of decaying N arrive in time: the whole geometry against integrals that know nothing of proper times,
limits near the tip of a region, and calls at the corners of what is declared.
"""

import math
import random
import time

import numpy as np
import pytest

import nubounds
from close import close
from nubounds import registry
from nubounds.answers.evaluation import respond
from nubounds.constraints.sn_dipole import (
    criteria,
    decay,
    detectors,
    inputs,
    level_search,
    low_energy,
    monte_carlo,
    production,
    scans,
    statements,
)
from nubounds.constraints.sn_dipole.constants import C_CM_PER_S, HBARC_MEV_CM, KPC_CM
from nubounds.constraints.sn_dipole.inputs import Analysis, MonteCarlo, Production, SolarMaximum, Telescopes
from nubounds.contract import REQUIRED, InputError, Status
from nubounds.inputs import declare

PAPER, DEFAULT = Analysis(), Production()


def evaluate(name, **args):
    return nubounds.evaluate(f"sn_dipole.{name}", **args)


# The whole geometry.


def lateness(L1, E_g, E, M, D):
    """How far a photon is behind light [cm] when it crosses the sphere of radius D, from the triangle of star, decay
    and Earth; inf where its angle does not exist.
    """
    E_N, p = E + M * M / (4 * E), E - M * M / (4 * E)
    K, forward = M * M / (2 * E_g * p), M * M / (p * (E_N + p))  # 1/beta - cos(alpha), 1/beta - 1
    sine = np.maximum((K - forward) * (2 - K + forward), 0.0)
    return L1 * K - L1 * L1 * sine / (D + np.sqrt(D * D - L1 * L1 * sine))


def composite(edges, order=8):
    """Gauss nodes and weights on many panels."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    half = 0.5 * np.diff(edges)[:, None]
    return ((edges[1:] + edges[:-1])[:, None] / 2 + half * nodes).ravel(), (half * weights).ravel()


def fluence_by_hand(parents, M, d, E_min, E_max, window_s, D, R):
    """Photons per area: the least energy in time at each (E, L1) by bisection (harder photons of one decay are always
    earlier), then sums over both, with nodes that crowd at the star and at the Earth.
    """
    T = C_CM_PER_S * window_s
    log_E, dE = composite(np.linspace(math.log(max(E_min, parents.E_span[0])), math.log(1500.0), 110))
    u, du = composite(np.linspace(math.log(R / D), 30.0, 80))  # L1/D = 1/(1 + e^-u)
    E, L1 = np.exp(log_E)[:, None], D / (1 + np.exp(-u))
    low, high = np.broadcast_to(np.maximum(M * M / (4 * E), E_min), (E.size, L1.size)), np.minimum(E, E_max)
    seen = lateness(L1, high, E, M, D) <= T
    everything = lateness(L1, low, E, M, D) <= T
    a, b = low, np.broadcast_to(high, low.shape)
    for _ in range(45):
        middle = 0.5 * (a + b)
        early = lateness(L1, middle, E, M, D) <= T
        a, b = np.where(early, a, middle), np.where(early, middle, b)
    photons = np.where(seen, high - np.where(everything, low, b), 0.0)
    p = E - M * M / (4 * E)
    L = p / M * HBARC_MEV_CM / (6 * d**2 * M**3 / (4 * math.pi))
    law = np.exp(-L1 / L) * L1 / L / (1 + np.exp(u))  # dL1 = L1/(1 + e^u) du
    made = (photons * law) @ du
    return float((parents(E[:, 0]) / p[:, 0] * made * E[:, 0]) @ dE) / (4 * math.pi * D**2)


@pytest.mark.parametrize(("M", "d"), [(1e-3, 1e-12), (4e-3, 1e-10), (0.05, 1e-14), (80.0, 1e-15)])
def test_fluence_is_the_integral_over_the_triangle(M, d):
    parents, D = decay.AlphaFit(M), 51.4 * KPC_CM
    found, error = decay.photons(parents, 25, 100, decay.Window(3e12, D, 223))(d)
    assert found[0] == close(fluence_by_hand(parents, M, d, 25, 100, 223, D, 3e12), rel=2e-5)
    assert error[0] < 1e-5 * found[0]


def test_fluences_of_the_whole_geometry_and_to_leading_order():
    smm = {"M_MeV": 1e-3, "d_per_MeV": 1e-12, "source": "alpha_fit"}
    assert evaluate("photon_fluence", **smm) == close(348.93, rel=1e-4)
    assert evaluate("photon_fluence", delay="leading", **smm) == close(282.91, rel=1e-4)
    long = {"M_MeV": 0.01, "d_per_MeV": 1e-13, "source": "alpha_fit", "window_s": 3600, "distance_kpc": 10}
    long |= {"E_min_MeV": 1, "E_max_MeV": 1e4}
    assert evaluate("photon_fluence", **long) == close(2.1949e5, rel=2e-4)
    assert evaluate("photon_fluence", delay="leading", **long) == close(1.8630e5, rel=1e-4)
    star = {"M_MeV": 1e-3, "d_per_MeV": 8.8e-14}
    assert evaluate("photon_fluence", **star) == close(1.5174, rel=3e-4)
    assert evaluate("photon_fluence", delay="leading", **star) == close(1.1976, rel=3e-4)


@pytest.mark.parametrize(
    ("M", "d", "probe"),
    [(1e-3, 8.8e-14, "smm"), (3e-3, 1e-13, "eastrogam"), (0.03, 1e-14, "fermi_3600"), (1.0, 1e-14, "eastrogam")],
)
def test_monte_carlo_agrees_with_the_default(M, d, probe):
    parents, telescope, distance = production.spectrum(M, DEFAULT), Telescopes().of(probe), PAPER.distances.of(probe)
    followed = monte_carlo.simulate(parents, telescope, d, 3e12, distance, 5, 0, 400000)
    window = decay.Window(3e12, distance, telescope.window_s)
    value, _ = decay.photons(parents, telescope.E_min_MeV, telescope.E_max_MeV, window)(d)
    assert abs(followed.fluence - value[0]) < 4 * followed.error
    assert followed.error < 0.01 * value[0]


@pytest.mark.parametrize("M", [1e-6, 1e-3, 0.01, 0.1, 3.0, 100.0, 400.0])
@pytest.mark.parametrize("R", [0.0, 5e-324, 1e-12, 3e12])
def test_stated_error_covers_finer_panels(monkeypatch, M, R):
    parents, d = production.spectrum(M, DEFAULT), np.geomspace(1e-20, 1e-8, 25)
    for name in ("smm", "eastrogam"):
        telescope = Telescopes().of(name)
        window = decay.Window(R, PAPER.distances.of(name), telescope.window_s)
        signal = decay.photons(parents, telescope.E_min_MeV, telescope.E_max_MeV, window)
        with monkeypatch.context() as patch:
            patch.setattr(decay, "LONG_PANEL", 0.15)
            fine = decay.photons(parents, telescope.E_min_MeV, telescope.E_max_MeV, window)(d)[0]
        value, error = signal(d)
        seen = fine > 1e-30 * fine.max()
        assert np.all(np.abs(value - fine)[seen] <= error[seen] + 1e-7 * fine[seen])
        assert np.all(error[seen] < 0.05 * value[seen])


@pytest.mark.parametrize("M", [30.0, 200.0])
def test_heavy_particles_know_leading_order_alone(M):
    """L1/D is tiny: also at couplings so small that a false second stretch of the way would outshine all else."""
    parents, d = production.spectrum(M, DEFAULT), np.array([1e-22, 1e-18, 1e-15])
    for delay in ("full", "leading"):
        window = decay.Window(3e12, 51.4 * KPC_CM, 223, delay)
        photons = decay.photons(parents, 25, 100, window)(d)[0]
        spectrum = [decay.daughters_per_energy(parents, [60.0], window, one)[0, 0] for one in d]
        if delay == "full":
            whole = photons, spectrum
    assert whole[0] == close(photons, rel=1e-6) and whole[1] == close(spectrum, rel=1e-6)


def test_photons_of_a_band_are_the_integral_of_the_spectrum():
    """Two roads: nodes in proper time, and stretches of the way of each photon energy."""
    for M, d in ((2e-3, 1e-13), (0.02, 1e-14), (150.0, 1e-16)):
        parents, window = production.spectrum(M, DEFAULT), decay.Window(3e12, 10 * KPC_CM, 3600)
        band, _ = decay.photons(parents, 25, 100, window)(d)
        _, E, weight, _ = decay.panels(25, 100, [[0.5 * M]])
        assert weight @ decay.daughters_per_energy(parents, E, window, d)[:, 0] == close(band[0], rel=1e-4)


@pytest.mark.parametrize(("M", "key"), [(0.03, "kamiokande_imb"), (0.05, "hyperk"), (0.1, "dune")])
def test_neutrinos_from_finer_panels(monkeypatch, M, key):
    parents, d = production.spectrum(M, DEFAULT), np.geomspace(1e-18, 1e-11, 15)
    signal = criteria.neutrino_signal(parents, key, PAPER, "full")
    monkeypatch.setattr(decay.panels, "__defaults__", (0.06, decay.RULE))
    fine = criteria.neutrino_signal(parents, key, PAPER, "full")(d)[0]
    value, error = signal(d)
    assert np.all(np.abs(value - fine) <= error) and value == close(fine, rel=1e-4)


def test_limits_move_where_the_way_is_long():
    for probe, M, change in (
        ("smm", 1e-3, 8.3096e-14 / 8.8160e-14),
        ("eastrogam", 0.01, 7.3409e-16 / 7.6872e-16),
        ("hyperk", 0.1, 3.3207e-14 / 3.3980e-14),
    ):
        whole, leading = (evaluate("coupling_limit", probe=probe, M_MeV=M, delay=one) for one in ("full", "leading"))
        assert whole / leading == close(change, rel=2e-4)
        assert evaluate("coupling_limit", probe=probe, M_MeV=M) == whole
        assert evaluate("coupling_limit", probe=probe, M_MeV=M, delay="exact") == leading
    assert evaluate("coupling_limit", probe="smm", M_MeV=1e-3) == close(8.310e-14, rel=2e-4)


def test_scan_uses_the_whole_geometry():
    points = {"M_MeV": np.array([0.01])}
    whole, leading = (
        scans.scan_limits(points, Analysis.from_mapping({"full_geometry": chosen})).values for chosen in (True, False)
    )
    for probe in ("smm", "eastrogam", "hyperk"):
        column = f"d_{probe}_per_MeV"
        assert whole[column][0] == evaluate("coupling_limit", probe=probe, M_MeV=0.01)
        for words in ({"delay": "leading"}, {"full_geometry": False}):
            assert leading[column][0] == evaluate("coupling_limit", probe=probe, M_MeV=0.01, **words)
    assert whole["d_smm_bound_per_MeV"] == leading["d_smm_bound_per_MeV"]
    simulation = MonteCarlo(mc_particles=10, mc_moment=8.8e-14)
    compared = scans.scan_monte_carlo(
        {"check_M_MeV": np.array([1e-3]), "block": np.zeros(1)}, DEFAULT, SolarMaximum(), simulation
    )
    assert compared.values["closed_form_per_cm2"][0] == close(1.5174, rel=3e-4)


# Tips of regions.


def test_limit_on_the_tip_of_a_region():
    """The signal passes the level between two nodes of the scan: 9614.2 counts at 1.602e-15."""
    tip = {"M_MeV": 200, "SMM_counts": 9585.47}
    assert evaluate("coupling_limit", probe="smm", **tip) == close(1.5558e-15, rel=3e-4)
    assert evaluate("coupling_limit", probe="smm_upper", **tip) == close(1.6494e-15, rel=3e-4)
    beyond = respond("sn_dipole.coupling_limit", {"probe": "smm", "M_MeV": 200, "SMM_counts": 9620})
    assert beyond["value"] is None and "at most 0.9994" in beyond["note"]


@pytest.mark.parametrize("place", np.linspace(0, 1, 7))
@pytest.mark.parametrize("height", [1e-2, 1e-4, 1e-8])
def test_tips_of_any_height_are_found(place, height):
    """d^2 signal = (1 + height) exp(-4 (ln d/d0)^2), d0 anywhere between two nodes."""
    top = math.log(1e-13) + place * math.log(10) / level_search.PER_DECADE

    def signal(d):
        return (1 + height) * np.exp(-4 * (np.log(d) - top) ** 2) / d**2, np.zeros_like(d)

    half = math.sqrt(math.log1p(height) / 4)
    for last, sign in ((False, -1), (True, 1)):
        limit = level_search.solve(signal, 1.0, last=last, relative_error=1e-12)
        assert abs(math.log(limit.value) - top - sign * half) < limit.error / limit.value < 1e-2 * half
    assert level_search.solve(signal, 1.0 + 2 * height).value is None


def test_small_region_before_a_large_one():
    def signal(d):
        x = np.log10(d)
        small, large = (height * np.exp(-w * (x - at) ** 2) for height, w, at in ((1.01, 40, -15.03), (100, 1, -11)))
        return (small + large * (x > -14)) / d**2, np.zeros_like(d)

    assert math.log10(level_search.solve(signal, 1.0).value) == close(-15.03 - math.sqrt(math.log(1.01) / 40), abs=1e-6)


def test_error_of_a_limit_on_a_tip_covers_what_the_signals_error_does():
    def limit_of(counts):
        return criteria.coupling_limit("smm", 200.0, "full", Analysis.from_mapping({"smm": {"counts": counts}}))

    limit = limit_of(9614.0)
    for share in (1 - 2e-5, 1 + 2e-5):
        other = limit_of(9614.0 * share)
        assert other.value is None or abs(other.value - limit.value) < limit.error


# Corners of what is declared.


def test_counts_at_the_ends():
    assert detectors.log_likelihood_ratio(3.0, 5e-324) == 6.0
    for N, threshold in ((1e12, 1e-6), (1e12, 1e6), (0, 1e-6), (5e-324, 1e6), (1e-3, 1e-6)):
        S = evaluate("count_limit", N_obs=N, threshold=threshold)
        assert detectors.log_likelihood_ratio(S, N) == close(threshold, rel=1e-9)
    with pytest.raises(InputError, match="threshold=5e-324: must be at least"):
        evaluate("count_limit", N_obs=0, threshold=5e-324)


def test_detector_without_efficiency_has_no_limit(monkeypatch):
    given = {"detector_efficiency": {"kamiokande": 0, "imb": 0.95, "hyperk": 1, "dune": 0}}
    values = scans.scan_limits({"M_MeV": np.array([1.0])}, Analysis.from_mapping(given)).values
    assert values["d_dune_per_MeV"][0] == 0.0 and values["d_hyperk_per_MeV"][0] > 0
    monkeypatch.setitem(criteria.SEARCHES, "kamiokande_imb", ("imb",))
    alone = criteria.coupling_limit("kamiokande_imb", 1.0, "full", PAPER)
    assert values["d_kamiokande_imb_per_MeV"][0] == close(alone.value, rel=1e-3)


def drawn(rng, low, high, default=None):
    """An end, the default, or something between."""
    kind = rng.random()
    if kind < 0.25 and isinstance(default, int | float):
        return default
    if kind < 0.45:
        return low
    if kind < 0.65:
        return high
    if low > 0:
        return min(max(math.exp(rng.uniform(math.log(low), math.log(high))), low), high)
    return rng.choice((math.copysign(1, low) * 5e-324, rng.uniform(low, high), high * math.exp(-rng.uniform(0, 60))))


def ends(declared):
    """Least and largest value that a declaration lets through."""
    low = declared.minimum
    if low is None and declared.above is not None:
        low = math.nextafter(declared.above, math.inf)
    assert low is not None and declared.maximum is not None, f"{declared.name} has no range"
    return low, declared.maximum


def argument(rng, parameter):
    """A value of an argument or an input, from the range that it declares."""
    default = None if parameter.default is REQUIRED else parameter.default
    if parameter.kind == "record":
        inside = declare.parameters(parameter.record).values()
        return {
            one.name: rng.choice(one.choices) if one.choices else drawn(rng, *ends(one), getattr(default, one.name))
            for one in inside
        }
    if parameter.kind == "numbers":
        values = [drawn(rng, *ends(parameter), one) for one in default]
        return sorted(values) if "band" in parameter.name else values
    if parameter.kind == "files":
        return None
    if parameter.kind == "words":
        return rng.sample(parameter.choices, rng.randint(1, len(parameter.choices)))
    if parameter.kind == "choice":
        return rng.choice([*parameter.choices, *(alias for alias, _ in parameter.aliases)])
    if parameter.kind == "flag":
        return rng.random() < 0.5
    if parameter.default is None and rng.random() < 0.5:
        return None
    if parameter.name == "T0_MeV":
        return rng.choice((5, 33, 33, 100))  # each is another star, to be made first
    value = drawn(rng, *ends(parameter), default)
    return int(value) if parameter.kind == "integer" else value


def finite(value):
    if isinstance(value, dict):
        return all(map(finite, value.values()))
    return value is None or math.isfinite(value)


STAR = ("profile", "T0_MeV", "screening", "pauli", "protons", "neutrino_potential", "precision")
STAR += ("targets", "kinematics", "neutrinos", "photon_mass", "absorption", "gravity")
FIXED = ("precision", "protons")  # what is slow
SLOW = ("sn_dipole.crossover_mass", "sn_dipole.yield", "sn_dipole.mean_energy", "sn_dipole.coupling_limit")


@pytest.mark.thorough
@pytest.mark.parametrize("quantity", registry.get("sn_dipole").quantities.values(), ids=lambda quantity: quantity.name)
def test_every_quantity_answers_at_its_corners(quantity):
    """A finite value, none with a reason, or one line, within ten seconds of this process."""
    rng = random.Random(quantity.name)
    for _ in range(3 if quantity.name in SLOW else 25):
        args = {parameter.name: argument(rng, parameter) for parameter in quantity.parameters}
        free = [one for one in quantity.inputs.values() if one.kind != "file" and one.name not in FIXED]
        args |= {one.name: argument(rng, one) for one in rng.sample(free, min(len(free), rng.randint(0, 3)))}
        start = time.process_time()
        try:
            answer = respond(quantity.name, args)
        except InputError as error:
            assert "\n" not in str(error)
            continue
        finally:
            assert time.process_time() - start < 10, args
        assert finite(answer["value"]) and finite(answer["error"]), args
        assert answer["value"] is not None or answer["note"] not in ("", "no finite value at this point"), args


def try_scan(rng):
    """One scan at one mass with some inputs anywhere in their ranges: None if they were refused in one line."""
    declared = registry.get("sn_dipole").inputs.values()
    free = [one for one in declared if one.kind != "file" and one.name not in STAR]
    given = {one.name: argument(rng, one) for one in rng.sample(free, rng.randint(1, 6))}
    given["mc_particles"] = min(given.get("mc_particles", 1000), 1000)
    try:
        for record in inputs.RECORDS:
            declare.build(record, given)
        limits, simulation = (declare.bind(scans.SCANS[name], given) for name in ("limits", "monte_carlo"))
    except InputError as error:
        assert "\n" not in str(error)
        return None
    M = np.array([rng.choice((1e-6, 1e-3, 0.05, 1.0, 30.0, 1000.0))])
    start = time.process_time()
    block = scans.scan_limits({"M_MeV": M}, **limits)
    followed = scans.scan_monte_carlo({"check_M_MeV": M, "block": np.zeros(1)}, **simulation)
    assert time.process_time() - start < 10, given
    for one in (block, followed):
        assert one.status[0] == Status.OK, given
        assert all(np.isfinite(column[0]) for column in (*one.values.values(), *one.errors.values())), given
    return given


def test_every_input_of_a_scan_may_be_at_its_ends():
    rng = random.Random(11)
    tried = [try_scan(rng) for _ in range(40)]
    assert sum(given is not None for given in tried) > 15


@pytest.mark.parametrize(
    "change",
    [
        {"smm": {"E_min_MeV": 25, "E_max_MeV": 100, "window_s": 223, "area_cm2": 63, "counts": 5e-324}},
        {"fermi_223": {"E_min_MeV": 100, "E_max_MeV": 1e300, "window_s": 223, "area_cm2": 9500, "counts": 2.5}},
        {"detector_mass_kt": {"kamiokande": 1e300, "imb": 6.8, "hyperk": 187, "dune": 40}},
        {"comptel": {"norm": 1e300, "index": 2.4}},
        {"photon_benchmarks": [1e-9, 1e-14, 100, 1e-15]},
        {"diffuse_benchmark": [1.0, 2.0]},
    ],
)
def test_inputs_beyond_their_ranges_are_refused_in_one_line(change):
    with pytest.raises(InputError, match=r"must be (between|at least|at most)") as refused:
        for record in inputs.RECORDS:
            declare.build(record, change)
    assert "\n" not in str(refused.value)


def test_low_energy_analysis_knows_all_delays():
    parents, where = production.spectrum(2e-3, DEFAULT), (PAPER.neutrinosphere, PAPER.distances.sn1987a)
    full, leading, bound = (
        low_energy.limit(parents, delay, PAPER.low_energy, *where).value for delay in ("full", "leading", "bound")
    )
    assert bound < full < leading
    ratios = [
        statements.limit_ratio(probe="low_energy", reference="cooling", M_MeV=2e-3, delay=delay).value
        for delay in ("exact", "leading")
    ]
    assert ratios[0] == ratios[1]


class _WithoutCeiling:
    """A signal alone."""

    def __init__(self, signal):
        self.signal = signal

    def __call__(self, d):
        return self.signal(d)


@pytest.mark.parametrize("delay", decay.DELAYS)
@pytest.mark.parametrize("M", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("probe", ["smm", "eastrogam", "kamiokande_imb"])
def test_ceilings_hold_and_change_no_limit(probe, M, delay):
    signal, level = criteria.criterion(probe, decay.AlphaFit(M), PAPER, delay)
    d = np.geomspace(*level_search.D_RANGE, 200)
    assert np.all(signal(d)[0] <= signal.ceiling(d) * (1 + 1e-12))
    level *= decay.AlphaFit.total * 1e-80
    for last in (False, True):
        assert level_search.solve(signal, level, last) == level_search.solve(_WithoutCeiling(signal), level, last)


def test_ceiling_of_the_low_energy_analysis_holds():
    parents = decay.AlphaFit(1.0, total=1e80)
    how = (PAPER.low_energy, PAPER.neutrinosphere, PAPER.distances.sn1987a)
    strength = low_energy.nodes(parents.M, parents.E_span, "full", *how).of(parents)
    d = np.geomspace(1e-15, 1e-9, 100)
    assert np.all(strength(d)[0] <= strength.ceiling(d) * (1 + 1e-12))
    assert np.max(strength(d)[0] / strength.ceiling(d)) > 0.5


def test_limits_do_not_depend_on_the_masses_beside():
    """Nor on their order: what is kept between masses is the same for all."""
    masses = np.array([0.05, 1.0, 100.0])
    together = scans.scan_limits({"M_MeV": masses}, PAPER)
    for alone in (masses[::-1][:1], masses[:2][::-1]):
        [cache.cache_clear() for cache in (production.spectrum, production._expanded_spectra)]
        found = scans.scan_limits({"M_MeV": alone}, PAPER)
        rows = np.searchsorted(masses, alone)
        for name, values in found.values.items():
            assert np.array_equal(values, together.values[name][rows])
            assert np.array_equal(found.errors[name], together.errors[name][rows])
