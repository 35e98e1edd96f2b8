"""XENONnT: rates, fold, likelihood, profile and limits against the plain implementation and reference values."""

import dataclasses
import os
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas
import pytest
from scipy.special import xlogy

from close import close
from nubounds import registry, solar
from nubounds.answers import evaluation
from nubounds.constraints.xenon_cevns import checks, expectation, flux_fits, physics, rates, scans, templates, toys
from nubounds.constraints.xenon_cevns import likelihood as fits
from nubounds.constraints.xenon_cevns.inputs import (
    Fluxes,
    FormFactor,
    Release,
    Search,
    Shapes,
    Systematics,
    Toys,
    Xenon,
    XenonScattering,
)
from nubounds.contract import DataFile, InputError, Status
from nubounds.kernels import xenon_cevns as kernel
from nubounds.solar.inputs import WeakMixing

ROOT = Path(__file__).resolve().parents[2]
FILE = Path(os.environ.get("NUBOUNDS_XENONNT") or ROOT.parent / "shared/public/xenonnt/xenonnt_2026.npz")
needs_release = pytest.mark.skipif(not FILE.is_file(), reason="the data release is not here")


@cache
def search(analysis="counting", **changes):
    release = Release(DataFile.of(str(FILE))) if analysis == "binned" else Release()
    return Search(release=release, systematics=Systematics(**changes))


def ask(name, **arguments):
    if arguments.get("analysis", "binned") == "binned" and name not in ("recoil_rate",):
        arguments["data_file"] = str(FILE)
    return evaluation.respond(f"xenon_cevns.{name}", arguments)


def limit(m4, analysis="counting", **arguments):
    return ask("moment_limit", m4_MeV=m4, analysis=analysis, **arguments)["value"]


# ---- rates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        ({"T_keV": 1}, 236.33025),
        ({"T_keV": 2, "flux": "hep"}, 0.32166979),
        ({"T_keV": 1.5, "component": "dipole", "m4_MeV": 1, "flavour": "e"}, 18.128624),
    ],
)
def test_reference_rates(arguments, value):
    assert ask("recoil_rate", **arguments)["value"] == close(value, rel=5e-8)


@pytest.mark.parametrize("flavour", ["all", "e", "mu", "tau"])
@pytest.mark.parametrize(("T", "m4"), [(0.6, 0.1), (1.5, 3.0), (3.0, 8.0), (0.9, 12.0), (1.2, 16.0)])
def test_rates_against_plain_integration(T, m4, flavour):
    for component in ("sm", "dipole"):
        found = ask("recoil_rate", T_keV=T, component=component, m4_MeV=m4, flavour=flavour)
        plain = physics.recoil_rate(T, component, m4, 1e-9, flavour)
        assert found["value"] == close(plain, rel=2e-7)
        assert abs(found["value"] - plain) <= max(10 * found["error"], 2e-7 * plain)


def test_flavours_add_up_to_all():
    parts = [ask("recoil_rate", T_keV=1, component="dipole", flavour=f)["value"] for f in ("all", "e", "mu", "tau")]
    assert parts[0] == close(sum(parts[1:]), rel=1e-12)


def test_fold_against_plain_integration():
    source = templates.counting()
    efficiency = source.signal[:, 24, 2, 0]
    found = ask("expected_counts", component="dipole", runs="sr2", m4_MeV=2.0, analysis="counting")["value"]
    plain = source.exposure_ton_yr[2] * physics.folded(source.energy_keV, efficiency, "dipole", m4=2.0)
    assert found == close(plain, rel=1e-6)


def test_weights_do_not_change_with_more_nodes_even_close_to_an_end_point():
    energy, masses = templates.counting().energy_keV, np.array([0.0, 1.0, 9.0, 12.0, 14.9, 17.0, 18.5, 18.7])
    found, error = rates.template_weights(Shapes(), energy, masses)
    fine = dataclasses.replace(Shapes(), accuracy=dataclasses.replace(Shapes().accuracy, precision="reference"))
    finer, _ = rates.template_weights(fine, energy, masses)
    assert found.sum(axis=-1) == close(finer.sum(axis=-1), rel=1e-7, abs=1e-300)
    assert (np.abs(found - finer) <= error + 1e-9 * finer).all()


def test_a_mass_does_not_depend_on_its_neighbours():
    energy, masses = templates.counting().energy_keV, np.geomspace(0.1, 18, 40)
    together, _ = rates.template_weights(Shapes(), energy, masses)
    for k in (0, 13, 39):
        alone, _ = rates.template_weights(Shapes(), energy, masses[k : k + 1])
        assert alone[0].tobytes() == together[k].tobytes()


def test_weights_of_a_flat_spectrum_are_hats():
    """The hats add up to one: the weights' sum is the integral of the rate over the whole range."""
    energy = templates.counting().energy_keV
    value, _ = rates.template_weights(Shapes(), energy, [1.0])
    x, w = np.polynomial.legendre.leggauss(12)
    edges = np.linspace(0.5, 5.0, 46)
    T = (edges[:-1, None] + 0.05 * (1 + x)).ravel()
    rate, _ = rates.recoil_rates(Shapes(), T, 1.0)
    plain = np.tensordot(np.tile(0.05 * w, 45), rate[:, :, rates.DIPOLE], (0, 0))
    assert value[0].sum(axis=-1) == close(plain, rel=1e-7)


# ---- templates and counts ------------------------------------------------------------------------------------------


def test_embedded_table_and_its_seven_by_seven():
    source = templates.counting()
    assert source.signal.shape == (46, 49, 3, 1) and source.observed.sum() == 62
    assert (source.signal >= 0).all() and source.signal[:, 24].max() == close(0.176, abs=5e-4)
    assert source.signal[10, 24, 0, 0] == 0.0317096


@needs_release
def test_release_and_table_agree_in_their_sums():
    binned, counting = templates.templates(search("binned").release, "binned"), templates.counting()
    assert (binned.observed.sum(axis=1) == counting.observed[:, 0]).all()
    for name in ("ac", "er"):
        assert getattr(binned, name).sum(axis=1) == close(getattr(counting, name)[:, 0], rel=1e-5)
    assert binned.signal[:, 24].sum(axis=-1) == close(counting.signal[:, 24, :, 0], rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "binned", "counting"),
    [
        ({"run": "sr2", "E_keV": 1.5}, 0.026012577, 0.0260126),
        ({"run": "sr1", "E_keV": 1.23, "t_ly": 0.4, "t_qy": -0.6}, 0.015262276, 0.015262302),
    ],
)
@needs_release
def test_reference_efficiencies(arguments, binned, counting):
    assert ask("efficiency", **arguments)["value"] == close(binned, rel=4e-8)
    assert ask("efficiency", **arguments, analysis="counting")["value"] == close(counting, rel=4e-8)


COUNTS = [
    ({"component": "sm", "runs": "sr0"}, 3.4146784),
    ({"component": "sm", "runs": "sr1"}, 6.2977394),
    ({"component": "sm", "runs": "sr2"}, 7.6044789),
    ({"component": "sm", "runs": "sr0_2", "flux": "hep"}, 0.27077043),
    ({"component": "dipole", "m4_MeV": 0.1}, 14.565981),
    ({"component": "dipole", "m4_MeV": 10}, 1.3792965),
    ({"component": "total", "runs": "sr0", "bin": 14}, 0.14054681),
    ({"component": "total", "mu_muB": 1.5e-9, "f_eff": 0.7, "t_ly": -0.8, "t_qy": -0.7}, 67.911916),
]


@pytest.mark.parametrize(("arguments", "value"), COUNTS)
@needs_release
def test_reference_counts(arguments, value):
    found = ask("expected_counts", **arguments)
    assert found["value"] == close(value, rel=6e-8)
    assert 0 <= found["error"] < 1e-7 * value


@needs_release
def test_table_of_the_runs():
    """Section 5 of the physics note: observed and expected counts of each run."""
    expected = {"sr0": (3.364, 0.051, 2.865), "sr1": (6.204, 0.093, 5.282), "sr2": (7.478, 0.127, 6.419)}
    background = {"sr0": (7.482, 0.126, 0.171), "sr1": (17.767, 0.549, 0.405), "sr2": (14.865, 0.524, 0.175)}
    for run in expected:
        found = [ask("expected_counts", component="sm", runs=run, flux=flux)["value"] for flux in ("8b", "hep")]
        found.append(ask("expected_counts", component="dipole", runs=run)["value"])
        assert found == close(expected[run], abs=6e-4)
        found = [ask("expected_counts", component=part, runs=run)["value"] for part in ("ac", "er", "neutron")]
        assert found == close(background[run], abs=6e-4)


def test_counts_add_up_and_scale():
    def counts(**arguments):
        return ask("expected_counts", analysis="counting", **arguments)["value"]

    parts = [counts(component=part) for part in ("sm", "dipole", "ac", "er", "neutron")]
    assert counts() == close(sum(parts), rel=1e-13)
    assert counts(component="dipole", mu_muB=3e-9) == close(9 * parts[1], rel=1e-13)
    assert counts(component="sm", f_eff=0.5) == close(0.5 * parts[0], rel=1e-13)
    assert sum(counts(component="sm", runs=run) for run in ("sr0", "sr1", "sr2")) == close(parts[0], rel=1e-13)
    assert counts(component="dipole", flux_8b="bs05") > parts[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bin": 3}, "bins are those of one run"),
        ({"bin": 3, "runs": "sr0"}, "analysis=counting has 1 bins a run"),
        ({"t_ly": 3.5}, "t_ly=3.5: must be at most 3"),
    ],
)
def test_counts_that_make_no_sense_are_one_line(arguments, message):
    with pytest.raises(InputError, match=message):
        ask("expected_counts", analysis="counting", **arguments)


# ---- the likelihood ------------------------------------------------------------------------------------------------


@needs_release
def test_reference_likelihoods():
    place = {"f_eff": 0.65, "t_ly": -0.8, "t_qy": -0.7, "f_ac_sr1": 1.05, "f_neutron": 0.9}
    assert ask("log_likelihood")["value"] == close(-138.101424, abs=1e-6)
    assert ask("log_likelihood", mu_muB=1.5e-9, **place)["value"] == close(-140.635495, abs=1e-6)
    assert ask("log_likelihood", analysis="counting")["value"] == close(131.076602, abs=1e-6)


@needs_release
def test_reference_statistics():
    assert ask("test_statistic", mu_muB=1.5e-9)["value"] == close(4.410621, abs=1e-6)
    assert ask("test_statistic", runs="sr0_1")["value"] == close(0.0168280, abs=1e-6)
    q = ask("test_statistic", m4_MeV=10, mu_muB=5e-9, flavour="tau", analysis="counting")
    assert q["value"] == close(0.698281, abs=1e-6)


def plain_arrays(analysis, m4):
    """Arguments of physics.expected for one moment of all flavours, y in dipole events."""
    made = search(analysis)
    source = templates.templates(made.release, analysis)
    at = expectation.response(made.release, analysis, "sr0_2", True)
    found = expectation.signals(made, at, expectation.weights(made, analysis, [m4]), "all")
    shape = (7, 7, 3, source.bins)

    def block(rows):
        return rows[:, at.totals :].reshape(shape)

    dipole = found.dipole[0] / found.events[0]
    signals = np.stack([block(found.sm[0]), block(found.sm[1]), block(dipole[0]), block(dipole[1])])
    return source.observed, (signals, source.neutron.reshape(shape), source.ac, source.er)


@pytest.mark.parametrize("analysis", ["counting", pytest.param("binned", marks=needs_release)])
def test_likelihood_and_gradient_against_plain_ones(analysis):
    observed, arrays = plain_arrays(analysis, 2.0)
    of = fits.likelihood(search(analysis), 2.0, "all", "sr0_2", analysis)
    random = np.random.default_rng(3)
    theta = np.concatenate([random.uniform(0, 40, (30, 1)), random.uniform(0.5, 1.5, (30, 8))], axis=1)
    theta = np.concatenate([theta, random.uniform(-2.9, 2.9, (30, 2))], axis=1)
    value, slope = of(theta, gradient=True)

    def plain(point):
        p = dict(zip(fits.NUISANCES, point[1:], strict=True))
        return physics.log_likelihood(observed, physics.expected(*arrays, point[0], p), p)

    assert value == close([plain(point) for point in theta], rel=1e-12)
    step = 1e-6
    for k in range(theta.shape[1]):
        up, down = theta.copy(), theta.copy()
        up[:, k] += step
        down[:, k] -= step
        inside = np.floor(up[:, k]) == np.floor(down[:, k])
        numeric = (of(up) - of(down)) / (2 * step)
        good = inside & np.isfinite(numeric)
        assert slope[good, k] == close(numeric[good], rel=1e-6, abs=1e-6), fits.PARAMETERS[k]


def test_likelihood_is_zero_outside_its_bounds():
    of = fits.likelihood(search(sigma_f_er=0.0), 1.0, "all", "sr0_2", "counting")
    for changed in ({"f_eff": 0.4}, {"f_neutron": -0.1}, {"t_ly": 3.1}, {"f_er": 0.9}, {"dipole_events": -1.0}):
        assert of(fits.nominal(changed)[None])[0] == -np.inf
    assert np.isfinite(of(fits.nominal({})[None])[0])
    with pytest.raises(InputError, match="no such nuisance: nonsense"):
        fits.nominal({"nonsense": 1.0})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"f_eff": 1.7}, "f_eff=1.7: the likelihood is zero outside 0.5 to 1.5"),
        ({"f_er": 2, "sigma_f_er": 0}, "f_er=2: sigma_f_er = 0 fixes it at 1"),
    ],
)
def test_likelihoods_that_are_zero_are_one_line(arguments, message):
    with pytest.raises(InputError, match=message):
        ask("log_likelihood", analysis="counting", **arguments)


@pytest.mark.parametrize("analysis", ["counting", pytest.param("binned", marks=needs_release)])
@pytest.mark.parametrize("events", [None, 33.0])
def test_profile_against_a_fit_in_every_cell(analysis, events):
    observed, arrays = plain_arrays(analysis, 0.1)
    of = fits.likelihood(search(analysis), 0.1, "all", "sr0_2", analysis)
    value, theta, status = of.profile([np.nan if events is None else events])
    assert status[0] == Status.OK
    plain = physics.profile(observed, arrays, events, list(product((2, 3), repeat=2)))  # the four around the origin
    assert value[0] >= plain - 1e-7  # never below what the slow fit finds
    assert value[0] == close(plain, abs=2e-5)
    assert of(theta)[0] == close(value[0], abs=1e-10)


@pytest.mark.parametrize("analysis", ["counting", pytest.param("binned", marks=needs_release)])
def test_no_random_start_finds_a_better_fit(analysis):
    of = fits.likelihood(search(analysis), 0.1, "all", "sr0_2", analysis)
    random = np.random.default_rng(5)
    starts = np.ascontiguousarray(random.uniform(-2.5, 2.5, (60, 2)))
    one = np.zeros(1, dtype=np.intc)
    for events in (np.nan, 10.0, 33.0):
        found = of.profile([events])[0][0]
        fit = (of.model, of.data, fits.nuisances(of.search), fits.centres(1), one, one)
        best = kernel.profiles(*fit, fits.holding(fits.EVENTS, [events]), starts)[0][0]
        assert found == close(best, abs=1e-9)


def test_kinks_do_not_stop_a_fit():
    """A minimum on an edge is one: small steps in any direction are worse."""
    of = fits.likelihood(search(), 0.1, "all", "sr0", "counting")
    for events in (0.0, 5.0, 15.0, 40.0):
        value, theta, _ = of.profile([events])
        for name in fits.NUISANCES:
            for step in (-1e-4, 1e-4):
                moved = theta.copy()
                moved[0, fits.PARAMETERS.index(name)] += step
                assert of(moved)[0] <= value[0] + 1e-11, (events, name, step)


@pytest.mark.parametrize("mu", [0.0, 1e-9, 1e-8, 1e-6, 1e-3, 1.0])
def test_the_error_of_the_statistic_is_that_of_the_fit(mu):
    """A moment that expects 1e18 events is fitted with no flux at all: nothing of that is uncertain."""
    coarse, fine = (
        ask("test_statistic", mu_muB=mu, analysis="counting", m4_MeV=10, precision=precision)
        for precision in ("draft", "reference")
    )
    assert abs(coarse["value"] - fine["value"]) <= coarse["error"] + fine["error"]
    assert fine["error"] <= 1e-6 * fine["value"] + 1e-6


def test_statistic_grows_above_the_best_moment_and_is_not_cut_below_it():
    q = [ask("test_statistic", mu_muB=mu, analysis="counting", m4_MeV=12)["value"] for mu in np.linspace(0, 3e-8, 13)]
    best = int(np.argmin(q))
    assert (np.diff(q[best:]) > 0).all()
    of = fits.likelihood(search(), 12.0, "all", "sr0_2", "counting")
    value, theta, _ = of.profile([np.nan, 0.0])
    if theta[0, 0] > 0:
        assert 2 * (value[0] - value[1]) > 0


# ---- limits --------------------------------------------------------------------------------------------------------

MASSES = (0.01, 0.1, 1, 3, 5, 8, 10, 12, 14)
LIMITS = [  # flavour, dof, runs, analysis, limits [1e-9]
    ("all", 2, "sr0_2", "binned", (1.5303, 1.5304, 1.5444, 1.6647, 1.9532, 3.0827, 5.2749, 12.886, 48.448)),
    ("e", 2, "sr0_2", "binned", (2.7119, 2.7122, 2.7371, 2.9527, 3.4696, 5.4941, 9.4212, 22.990, 83.942)),
    ("mu", 2, "sr0_2", "binned", (2.8333, 2.8335, 2.8592, 3.0808, 3.6121, 5.6925, 9.7312, 23.784, 90.682)),
    ("all", 1, "sr0_2", "binned", (1.2158, 1.2159, 1.2270, 1.3231, 1.5536, 2.4574, 4.2142, 10.310, 38.033)),
    ("all", 2, "sr0_2", "counting", (1.7731, 1.7732, 1.7888, 1.9231, 2.2440, 3.4900, 5.8773, 14.056, 55.557)),
    ("all", 2, "sr0_1", "binned", (1.8099, 1.8101, 1.8272, 1.9744, 2.3269, 3.7003, 6.3405, 15.338, 55.462)),
    ("all", 2, "sr0", "binned", (1.9753, 1.9755, 1.9935, 2.1486, 2.5201, 3.9656, 6.7367, 16.175, 60.852)),
]


@pytest.mark.parametrize(("flavour", "dof", "runs", "analysis", "expected"), LIMITS)
def test_reference_limits(flavour, dof, runs, analysis, expected):
    if analysis == "binned" and not FILE.is_file():
        pytest.skip("the data release is not here")
    made = search(analysis)
    value, error, status = fits.moment_limits(
        made, expectation.weights(made, analysis, MASSES), flavour, runs, analysis, "observed", (dof,)
    )
    assert (status == Status.OK).all()
    assert [float(f"{1e9 * x:.5g}") for x in value[:, 0]] == list(expected)  # all five digits
    assert (error < 1e-6 * value).all()


@needs_release
def test_reference_limits_with_more_digits():
    for arguments, value in (
        ({"data": "asimov"}, 1.5936504e-9),
        ({"data": "asimov", "dof": 1}, 1.2745217e-9),
        ({"flux_8b": "b16"}, 1.5175138e-9),
        ({"flux_8b": "bs05"}, 1.5022641e-9),
    ):
        assert limit(0.1, "binned", **arguments) == close(value, rel=3e-8)
    assert limit(0.01, runs="sr0") == close(1.8727e-9, rel=3e-5)


# Two entries were first noted as 5.026 and 1.526.  The slow fit in every cell gives q = 2.70615 instead of 2.70554 and
# 4.60861 instead of 4.60517 there, and the quantile at the values below.
VARIATIONS = [
    ({"sigma_f_eff": 0.35}, (1.829, 1.427, 6.297, 5.0255)),
    ({"sigma_f_eff": 0.10}, (1.327, 1.084, 4.563, 3.742)),
    ({"sigma_f_eff": 0.0}, (1.299, 1.063, 4.463, 3.668)),
    ({"sigma_t_ly": 0.0, "sigma_t_qy": 0.0}, (1.376, 1.097, 4.622, 3.710)),
    ({"sigma_t_ly": 0.0, "sigma_t_qy": 0.0, "sigma_f_eff": 0.0}, (1.020, 0.872, 3.358, 2.895)),
    ({"flux_8b": "b16"}, (1.518, 1.199, 5.232, 4.159)),
    ({"flux_8b": "bs05"}, (1.502, 1.180, 5.180, 4.096)),
    ({"sigma_f_ac_sr2": 0.03}, (1.532, None, 5.278, None)),
    ({"sigma_f_ac_sr2": 0.12}, (1.5255, None, 5.261, None)),
    ({"sigma_f_ac_sr2": 0.25}, (1.512, None, 5.223, None)),
    ({"data": "asimov"}, (1.594, 1.275, 5.187, 4.130)),
]


@pytest.mark.parametrize(("change", "expected"), VARIATIONS)
@needs_release
def test_reference_variations(change, expected):
    found = [limit(m4, "binned", dof=dof, **change) for m4 in (0.1, 10) for dof in (2, 1)]
    for value, reference in zip(found, expected, strict=True):
        assert reference is None or 1e9 * value == close(reference, abs=5.1e-4)


def test_limits_of_mu_and_tau_keep_the_ratio_of_the_mixing():
    ratio = limit(3.0, flavour="mu") / limit(3.0, flavour="tau")
    assert ratio == close(np.sqrt(0.572 / 0.428), rel=1e-9)


def test_a_limit_is_where_the_statistic_says():
    for dof, rise in fits.RISE.items():
        mu = limit(5.0, dof=dof)
        assert ask("test_statistic", mu_muB=mu, m4_MeV=5.0, analysis="counting")["value"] == close(rise, rel=1e-8)


def test_heavy_neutrinos_have_no_limit_and_say_why():
    assert limit(18.7) > limit(18.0) > limit(16.0)
    for m4 in (18.79, 25.0, 1e5):
        answer = ask("moment_limit", m4_MeV=m4, analysis="counting")
        assert answer["value"] is None and "no flux makes recoils" in answer["note"]
    assert ask("moment_limit", m4_MeV=16, analysis="counting", flux_hep_per_cm2_s=0)["value"] is None


def test_a_massless_neutrino_has_the_limit_of_a_light_one():
    assert limit(0.0) == close(limit(1e-4), rel=1e-7)


# ---- the flux ------------------------------------------------------------------------------------------------------

FITS = [  # runs, analysis, value, down, up [1e6], significance
    ("sr0", "binned", 5.095, 3.387, 5.718, 1.724),
    ("sr0_1", "binned", 5.892, 2.827, 4.675, 2.708),
    ("sr0_2", "binned", 4.915, 2.112, 3.510, 3.246),
    ("sr0", "counting", 1.827, 1.827, 5.933, 0.396),
    ("sr0_1", "counting", 5.378, 3.354, 5.026, 1.723),
    ("sr0_2", "counting", 5.932, 2.756, 4.301, 2.665),
]


@pytest.mark.parametrize(("runs", "analysis", "value", "down", "up", "significance"), FITS)
def test_reference_fluxes(runs, analysis, value, down, up, significance):
    if analysis == "binned" and not FILE.is_file():
        pytest.skip("the data release is not here")
    found = ask("flux_fit", runs=runs, analysis=analysis)["value"]
    flux = found["flux_8b"]
    assert np.array([flux, flux - found["lower"], found["upper"] - flux]) / 1e6 == close([value, down, up], abs=6e-4)
    assert found["significance"] == close(significance, abs=6e-4)


@needs_release
def test_reference_fluxes_with_more_digits():
    for arguments, values in (
        ({"runs": "sr0_1"}, (5.891997e6, 3.064904e6, 10.566642e6, 2.708037)),
        ({"runs": "sr0_2", "analysis": "counting"}, (5.931695e6, 3.175816e6, 10.232685e6, 2.665325)),
    ):
        assert list(ask("flux_fit", **arguments)["value"].values()) == close(values, rel=2e-7)


def test_flux_fit_does_not_depend_on_the_flux_that_is_assumed():
    fluxes = [ask("flux_fit", analysis="counting", flux_8b=name)["value"]["flux_8b"] for name in ("sno", "bs05")]
    assert fluxes[0] == close(fluxes[1], rel=1e-9)


def test_profile_of_the_flux_meets_its_fit():
    fit = flux_fits.flux_fit(search(), "sr0_2", "counting")
    tested = [fit.flux_8b, fit.lower, fit.upper, 0.0]
    value, error, status = flux_fits.flux_profile(search(), "sr0_2", "counting", tested)
    assert (status == Status.OK).all()
    assert value == close([0, 1, 1, fit.significance**2], abs=1e-8)
    assert (error < 1e-5).all()


# ---- inputs --------------------------------------------------------------------------------------------------------


def test_without_the_release_the_binned_analysis_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("NUBOUNDS_DATA", str(tmp_path))
    with pytest.raises(InputError, match="analysis=binned needs the data release: nubounds published-data xenonnt"):
        evaluation.respond("xenon_cevns.moment_limit", {})
    points = {"m4_MeV": [1.0, 1.0], "flavour": ["all"] * 2, "runs": ["sr0"] * 2, "data": ["observed"] * 2}
    points = {axis: np.array(values) for axis, values in (points | {"analysis": ["binned", "counting"]}).items()}
    assert scans.limits(points, Search()).status.tolist() == [Status.OUT_OF_DOMAIN, Status.OK]


def test_user_spectra_enter(tmp_path):
    E = np.linspace(0.0, 15.2, 400)
    shape = E**2 * (15.2 - E) ** 2.5
    path = tmp_path / "8b.csv"
    path.write_text(
        "E_MeV,intensity\n" + "\n".join(f"{x!r},{y!r}" for x, y in zip(E.tolist(), shape.tolist(), strict=True))
    )
    changed = limit(5.0, spectrum_8b=str(path))
    assert changed != limit(5.0) and changed == close(limit(5.0), rel=0.5)
    path.write_text(path.read_text().replace("E_MeV", "E_keV"))
    with pytest.raises(InputError, match="no column E_MeV"):
        limit(5.0, spectrum_8b=str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Z,A,mass_u,fraction\n54,131,130.9,0.7\n", "add up to 0.7"),
        ("Z,A,mass_u,fraction\n54,131,13.09,1\n", "are inconsistent"),
    ],
)
def test_targets_that_make_no_sense_are_one_line(tmp_path, text, message):
    path = tmp_path / "target.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        limit(5.0, target_file=str(path))


def test_a_lighter_target_changes_the_limit(tmp_path):
    path = tmp_path / "target.csv"
    path.write_text("Z,A,mass_u,fraction\n54,124,123.9058852,1\n")
    assert limit(1.0, target_file=str(path)) != limit(1.0)


def test_files_that_make_no_sense_are_found_before_anything_runs(tmp_path):
    path = tmp_path / "target.csv"
    path.write_text("Z,A,mass_u,fraction\n54,131,130.9,0.7\n")
    target = Xenon(target_file=DataFile.of(str(path)))
    with pytest.raises(InputError, match="the fractions of the isotopes add up"):
        checks.check(Shapes(scattering=XenonScattering(target=target)), Release())
    with pytest.raises(InputError, match="damaged or not the repacked release"):
        checks.check(Shapes(), Release(DataFile.of(str(path))))
    checks.check(Shapes(), Release())


def test_an_isotope_can_be_enriched():
    """A lighter nucleus recoils further, to where more of the recoils are seen."""
    light, heavy = (limit(1.0, isotope_mix={A: 1.0}) for A in ("124", "136"))
    assert light < limit(1.0) < heavy < 1.5 * light
    with pytest.raises(InputError, match="no isotope of mass number 76"):
        limit(1.0, isotope_mix={"76": 1.0})


def test_weak_charge_and_radius_are_inputs():
    plain = rates.recoil_rates(Shapes(), [1.0], [0.0])[0][0, 0, 0]
    point = rates.recoil_rates(
        Shapes(form_factor=FormFactor(nuclear_radius_fm=0.0, yukawa_range_fm=0.0)), [1.0], [0.0]
    )[0][0, 0, 0]
    assert point > plain
    stronger = Shapes(scattering=XenonScattering(weak_mixing=WeakMixing(sin2_theta_W=0.25)))  # Q grows in size
    assert rates.recoil_rates(stronger, [1.0], [0.0])[0][0, 0, 0] > plain
    assert Fluxes(flux_8b_per_cm2_s=1e6).totals == (1e6, 7.93e3)
    assert Fluxes(flux_8b="b16").sigmas == (0.12, 0.30)


@needs_release
def test_goodness_of_fit_without_a_moment():
    """Deviance and share of toys beyond it, from the expected counts of every bin at the best fit."""
    made = search("binned")
    source, weights = templates.templates(made.release, "binned"), expectation.weights(made, "binned", [0.1])
    totals = np.array(made.fluxes.totals)[:, None]
    theta = fits.likelihood(made, 0.1, "all", "sr0_2", "binned").profile([0.0])[1][0]
    at = dict(zip(fits.NUISANCES, theta[1:].tolist(), strict=True))
    parts = expectation.expected(source, totals * weights.sm, totals * weights.dipole[0, :, 0], 0.0, at)
    content = sum(parts.values())

    def deviance(counts):
        return 2 * np.sum(content - counts + xlogy(counts, counts / content), axis=(-2, -1))

    observed = deviance(source.observed)
    assert observed == close(176.9, abs=0.05)
    toys = np.random.default_rng(1).poisson(content, (4000, *content.shape))
    assert np.mean(deviance(toys) > observed) == close(0.45, abs=0.03)


def test_statements_say_which_analysis_they_come_from(tmp_path, monkeypatch):
    monkeypatch.setenv("NUBOUNDS_DATA", str(tmp_path))
    answer = evaluation.respond("xenon_cevns.best_flux_fit", {"runs": "sr0_1"})
    assert answer["note"] == "counting analysis"
    assert answer["value"]["significance"] == close(1.723, abs=6e-4)
    if FILE.is_file():
        answer = evaluation.respond("xenon_cevns.best_flux_fit", {"runs": "sr0_1", "data_file": str(FILE)})
        assert answer["note"] == "binned analysis" and answer["value"]["significance"] == close(2.708, abs=6e-4)


def test_a_release_that_was_installed_is_computed(tmp_path, monkeypatch):
    """The code's hash follows what is installed, so that a table without it is out of date."""
    monkeypatch.setenv("NUBOUNDS_DATA", str(tmp_path))
    constraint = registry.get("xenon_cevns")
    before = constraint.code_hash("scans")
    path = constraint.releases["xenonnt"].installed
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a release")
    after = constraint.code_hash("scans")
    assert before != after
    path.unlink()
    assert constraint.code_hash("scans") == before


def test_shared_tables_belong_to_the_hash():
    constraint = registry.get("xenon_cevns")
    before, path = constraint.code_hash("scans"), solar.DATA / "a_table.csv"
    path.write_text("# made up\n")
    try:
        assert constraint.code_hash("scans") != before
    finally:
        path.unlink()


@pytest.mark.parametrize("analysis", ["counting", pytest.param("binned", marks=needs_release)])
def test_fits_of_toys_find_the_lowest_minimum(analysis):
    """Counts and centres thrown; with the moment free and held, against forty random starts."""
    made, n = search(analysis), 150
    at = expectation.response(made.release, analysis, "sr0_2", True)
    found = expectation.signals(made, at, expectation.weights(made, analysis, [0.1]), "all")
    of, random = expectation.model(at, found), np.random.default_rng(2)
    expected = (
        fits.asimov(at, found)[0] + found.dipole[0, :, expectation.NOMINAL, at.totals :].sum(axis=0) * (1.2e-9) ** 2
    )
    data = fits.counts(at, of, random.poisson(expected, (n, len(expected))).astype(float))
    sigma = np.array([0.0, *(fits.sigmas(made)[name] for name in fits.NUISANCES)])
    centre = np.ascontiguousarray(fits.centres(n) + sigma * random.standard_normal((n, 11)))
    which, one = np.arange(n, dtype=np.intc), np.zeros(n, dtype=np.intc)
    fit = (of, data, fits.nuisances(made), centre, one, which)
    many = np.ascontiguousarray(random.uniform(-2.5, 2.5, (40, 2)))
    free, theta, status = kernel.profiles(*fit, fits.holding(fits.EVENTS, [np.nan] * n), fits.STARTS)
    held, _, held_status = kernel.profiles(*fit, fits.holding(fits.EVENTS, [20.0] * n), fits.STARTS)
    assert not status.any() and not held_status.any()
    assert (free >= held - 1e-9).all() and (theta[:, 0] >= 0).all()
    for value, events in ((free, np.nan), (held, 20.0)):
        best = kernel.profiles(*fit, fits.holding(fits.EVENTS, [events] * n), many)[0]
        assert (value >= best - 1e-8).all()


def test_a_fit_does_not_depend_on_its_neighbours():
    of = fits.likelihood(search(), 0.1, "all", "sr0_2", "counting")
    events = np.array([np.nan, 0.0, 5.0, 30.0])
    together = of.profile(events)
    for k in range(len(events)):
        alone = of.profile(events[k : k + 1])
        assert alone[0].tobytes() == together[0][k : k + 1].tobytes()
        assert alone[1].tobytes() == together[1][k : k + 1].tobytes()


def test_what_does_not_fit_together_never_reaches_the_loops():
    of = fits.likelihood(search(), 0.1, "all", "sr0_2", "counting")
    theta, one = fits.nominal({})[None], np.zeros(1, dtype=np.intc)
    pulls = fits.nuisances(of.search)
    with pytest.raises(ValueError, match="no such signal"):
        kernel.log_likelihoods(of.model, of.data, pulls, theta, fits.centres(1), one + 1, one)
    with pytest.raises(ValueError, match="different lengths"):
        kernel.log_likelihoods(of.model, of.data, pulls, theta, fits.centres(2), one, one)
    with pytest.raises(ValueError, match="do not fit together"):
        kernel.Counts([0, 1], [99], [1.0], of.model)
    with pytest.raises(ValueError, match="do not fit together"):
        kernel.Counts([0, 2, 1], [3, 4], [1.0, 1.0], of.model)
    with pytest.raises(ValueError, match="do not fit together"):
        kernel.Model(np.zeros((1, 49, 2, 5)), [0, 3], [1.0, 1.0], [1.0, 1.0], 1)
    with pytest.raises(ValueError, match="between -3 and 3"):
        kernel.Nuisances(np.zeros(11), np.tile([-4.0, 4.0], (11, 1)))


# ---- toys ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("m4", "ratio", "beyond_1dof", "beyond_2dof"),
    [(0.1, 1.0, 0.0864, 0.0234), (10.0, 1.0, 0.0943, 0.0260), (0.1, 0.0, 0.0514, None)],
)
@needs_release
def test_shares_of_toys_beyond_the_quantiles(m4, ratio, beyond_1dof, beyond_2dof):
    """Against 10,000 toys of another program."""
    points = {
        "toy_m4_MeV": [m4] * 4,
        "tested_over_limit": [ratio] * 4,
        "analysis": ["binned"] * 4,
        "toy_block": range(4),
    }
    points = {axis: np.array(list(values)) for axis, values in points.items()}
    block = scans.SCANS["toys"](points, search("binned"), Toys(toys_per_block=500))
    assert (block.status == Status.OK).all() and not block.values["failed"].any()
    thrown = block.values["toys"].sum()
    for name, share in (("above_1dof", beyond_1dof), ("above_2dof", beyond_2dof)):
        if share is not None:
            spread = np.sqrt(share * (1 - share) * (1 / thrown + 1e-4))
            assert block.values[name].sum() / thrown == close(share, abs=4 * spread)


def test_blocks_of_toys_are_different_ones():
    points = {"toy_m4_MeV": [0.1, 0.1, 0.1, 19.0], "tested_over_limit": [1.0, 1.0, 0.9, 1.0], "toy_block": [0, 1, 0, 0]}
    points = {axis: np.array(values) for axis, values in (points | {"analysis": ["counting"] * 4}).items()}
    block = scans.SCANS["toys"](points, search(), Toys())
    assert block.status.tolist() == [Status.OK] * 3 + [Status.NO_SOLUTION]
    counts = {tuple(block.values[name][k] for name in toys.COUNTED) for k in range(3)}
    assert len(counts) == 3
    again = scans.SCANS["toys"](points, search(), Toys(toy_seed=2))
    assert any((again.values[name] != block.values[name])[:3].any() for name in toys.COUNTED)
    assert block.values["q_observed"][0] == close(2.7055434540954155, rel=1e-6)
    assert (block.values["above_2dof"][:3] <= block.values["above_1dof"][:3]).all()


def test_limits_by_toys_lie_where_the_share_falls_through_ten_percent():
    rows = pandas.DataFrame(
        {"tested_over_limit": [0, 0.5, 0.9, 1.0, 1.2], "share": [1, 0.4, 0.12, 0.08, 0.02], "error": [0.01] * 5}
    )
    assert toys.upper_limit(rows, "share", "error") == close((0.95, 0.025), rel=1e-9)
    assert np.isnan(toys.upper_limit(rows[:3], "share", "error")).all()
    assert np.isnan(toys.upper_limit(rows[4:], "share", "error")).all()


def test_blocks_add_up_with_binomial_errors():
    one = {"analysis": "counting", "toy_m4_MeV": 1.0, "tested_over_limit": 1.0, "mu_muB": 1e-9, "q_observed": 2.7}
    counted = {"toys": 100, "failed": 0, "above_1dof": 8, "above_2dof": 0, "as_far": 10, "as_far_below": 6}
    rows = [one | counted | {"as_far_below_without_signal": 50, "status": "OK", "toy_block": k} for k in (0, 1)]
    found = toys.together(pandas.DataFrame(rows)).iloc[0]
    assert (found["toys"], found["above_1dof_share"], found["cls"]) == (200, 0.08, close(0.12))
    assert found["above_1dof_error"] == close(np.sqrt(0.08 * 0.92 / 200), rel=0.05)
    assert found["above_2dof_share"] == 0 and 0.003 < found["above_2dof_error"] < 0.01
    assert found["cls_error"] == close(0.12 * np.hypot(1 / np.sqrt(12), 1 / np.sqrt(200)), rel=0.1)
