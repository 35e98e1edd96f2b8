"""solar_cevns: reference values, the kernel against the slow formulae, properties, inputs that change
and inputs that are refused.

The values marked "fit" come from an independent direct integration with the same inputs, quoted to five or six digits.
"""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nubounds.kernels.solar_cevns import evaluate_limits
from scipy.integrate import quad

import nubounds
from close import close
from nubounds import config, registry
from nubounds.answers import evaluation
from nubounds.constraints.solar_cevns import curves, experiment, physics, quenching, scans, tables
from nubounds.constraints.solar_cevns.checks import check
from nubounds.constraints.solar_cevns.chi_square import chi_square_of
from nubounds.constraints.solar_cevns.counts import counts_of
from nubounds.constraints.solar_cevns.inputs import PROJECTIONS, Bins, Counting, Current, Measurement, Quenching
from nubounds.contract import InputError, Run, Status
from nubounds.inputs import declare
from nubounds.solar import DATA
from nubounds.solar import physics as plain
from nubounds.solar.inputs import FLAVOURS, TARGETS, Scattering, SolarFluxes, Target
from nubounds.solar.rates import ORDERS, quadrature_rule, rates_of
from nubounds.solar.target import nuclei_of

M_GE = 67638.0647  # nuclear mass of A = 72.63 [MeV]


def measurement(**changes):
    return declare.build(Measurement, changes)


def rates(**changes):
    return rates_of(declare.build(Scattering, changes))


def value(name, **args):
    return nubounds.evaluate(f"solar_cevns.{name}", **args)


# ---- reference values ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("T", "m4", "E"),
    [
        (1.16, 5, 7.261926),
        (1.16, 0.5, 6.2740),
        (1.16, 10, 10.2558),
        (1e3 * 25 / (2 * (M_GE + 5)), 5, 5 + 25 / (2 * M_GE)),
    ],
)
def test_minimum_energy(T, m4, E):
    assert value("min_energy", T_keV=T, m4_MeV=m4) == close(E, rel=1e-5)


@pytest.mark.parametrize(
    ("T", "m4", "sigma"),
    [(0.1, 0.5, 2.292621e-38), (1, 0.5, 2.248047e-39), (0.1, 5, 1.885678e-38), (1, 5, 2.082824e-39)],
)
def test_cross_section(T, m4, sigma):
    assert value("cross_section", E_MeV=10, T_keV=T, m4_MeV=m4, mu_muB=3e-9) == close(sigma, rel=5e-7)


@pytest.mark.parametrize(
    ("E", "flux", "P"),
    [
        (5, "8b", 0.388787),
        (10, "8b", 0.324057),
        (12, "8b", 0.31460),
        (15, "8b", 0.30649),
        (5, "hep", 0.45242),
        (8, "hep", 0.405550),
        (15, "hep", 0.34804),
    ],
)
def test_survival_probability(E, flux, P):
    """The values are those of the whole production zone; its Gauss nodes cost 1e-6 (8B) and up to 3e-4 of P (hep)."""
    assert value("survival_probability", E_MeV=E, flux=flux) == close(P, abs=6e-6 if flux == "8b" else 3e-4 * P)


@pytest.mark.parametrize(
    ("args", "rate"),
    [
        ({"T_keV": 0.1}, 559.209),
        ({"T_keV": 1}, 184.948),
        ({"T_keV": 3}, 14.7078),
        ({"T_keV": 1, "flux": "8b"}, 184.479),
        ({"T_keV": 1, "flux": "hep"}, 0.468730),
        ({"T_keV": 0.1, "component": "dipole"}, 3706.25),
        ({"T_keV": 1, "component": "dipole", "flavour": "e"}, 77.7694),
        ({"T_keV": 1, "component": "dipole", "m4_MeV": 5}, 160.180),
        ({"T_keV": 0.5, "component": "dipole", "m4_MeV": 10}, 46.0692),
        ({"T_keV": 2, "component": "dipole", "m4_MeV": 15}, 0.0121079),
        ({"T_keV": 1, "component": "dipole", "flux": "8b"}, 228.891),
        ({"T_keV": 1, "component": "dipole", "flux": "hep"}, 0.432752),
    ],
)
def test_recoil_rate(args, rate):
    assert value("recoil_rate", **args) == close(rate, rel=5e-6)


@pytest.mark.parametrize(
    ("args", "rate"),
    [
        ({"T_min_keV": 1}, 149.230),
        ({"T_min_keV": 1, "component": "dipole"}, 161.703),
        ({"T_min_keV": 1, "component": "dipole", "flavour": "e"}, 53.3418),
        ({"T_min_keV": 0.1, "component": "dipole", "m4_MeV": 10}, 52.1692),
    ],
)
def test_event_rate(args, rate):
    assert value("event_rate", **args) == close(rate, rel=4e-6)


@pytest.mark.parametrize(
    ("statistics", "flux", "flavour", "limits"),
    [
        ("poisson", "all", "all", (1.1348, 0.70798, 0.35674)),
        ("poisson", "all", "e", (1.9659, 1.2263, 0.59233)),
        ("poisson", "all", "mu", (2.1241, 1.3253, 0.68299)),
        ("poisson", "all", "tau", (1.8374, 1.1464, 0.59080)),
        ("fractional", "all", "all", (1.0214, 0.56639, 0.23413)),
        ("fitted", "all", "all", (0.85854, 0.61065, 0.29463)),
        ("poisson", "8b", "all", (1.1360, 0.70873, 0.35697)),
        ("poisson", "hep", "all", (22.518, 12.663, 5.7410)),
        ("fractional", "8b", "all", (1.0224, 0.56697, 0.23421)),
        ("fractional", "hep", "all", (19.376, 6.1273, 2.7786)),
        ("fitted", "hep", "all", (17.108, 9.6208, 4.3611)),
    ],
)
def test_limits_of_the_projections(statistics, flux, flavour, limits):
    for scenario, limit in zip(PROJECTIONS, limits, strict=True):
        x = value("moment_limit", scenario=scenario, flavour=flavour, m4_MeV=0.01, statistics=statistics, flux=flux)
        assert 1e9 * x == close(limit, rel=2e-4)


@pytest.mark.parametrize(
    ("flavour", "flux", "limit"),
    [
        ("all", "all", 16.10),
        ("e", "all", 27.83),
        ("mu", "all", 30.17),
        ("tau", "all", 26.10),
        ("all", "8b", 16.12),
        ("all", "hep", 342.6),
    ],
)
def test_limits_of_the_inferred_data(flavour, flux, limit):
    answer = evaluation.respond(
        "solar_cevns.moment_limit", {"scenario": "current", "m4_MeV": 0.01, "flavour": flavour, "flux": flux}
    )
    assert 1e9 * answer["value"] == close(limit, rel=2e-4)
    assert "inferred" in answer["note"]


@pytest.mark.parametrize(
    ("m4", "flux"), [(18.7815, "all"), (18.78, "all"), (25, "all"), (15.29, "8b"), (18.7791, "hep")]
)
def test_no_limit_beyond_the_end_point(m4, flux):
    answer = evaluation.respond("solar_cevns.moment_limit", {"m4_MeV": m4, "flux": flux})
    assert answer["value"] is None
    assert "ends at" in answer["note"]


def test_shape_of_the_limit():
    def limit(m4):
        return value("moment_limit", m4_MeV=m4)

    plateau = limit(0.01)
    assert limit(1) / plateau == close(1.007, abs=2e-3)
    assert limit(5) / plateau == close(1.20, abs=2e-2)
    assert limit(10) / plateau == close(2.7, abs=0.05)
    assert limit(14) / plateau == close(35, rel=0.02)
    assert limit(18.7785) < math.inf


# ---- the kernel against the slow formulae --------------------------------------------------------------------------


@pytest.mark.parametrize("spin", ["half", "zero"])
@pytest.mark.parametrize(
    ("E", "T", "m4"), [(10, 1e-4, 0.5), (10, 1e-3, 5), (15, 2e-3, 10), (5000, 1.0, 3.0), (300, 1e-2, 50.0)]
)
def test_cross_section_against_traces(E, T, m4, spin):
    expected = physics.traced_cross_section(E, T, m4, 1e-9, 32, 72.63, M_GE, spin)
    assert plain.dipole_cross_section(E, T, m4, 1e-9, 32, 72.63, M_GE, spin) == close(expected, rel=1e-11)
    assert 1e3 * value("cross_section", E_MeV=E, T_keV=1e3 * T, m4_MeV=m4, mu_muB=1e-9, spin=spin) == close(
        expected, rel=1e-8
    )


@pytest.mark.parametrize("flux", ["8b", "hep"])
def test_survival_against_angles_in_matter(flux):
    for E in (0.0, 0.5, 3.0, 11.0, 18.7):
        assert value("survival_probability", E_MeV=E, flux=flux) == close(
            plain.survival_probability(E, flux), abs=1e-13
        )


RATE_POINTS = [
    (0.02, 0.1, "all"),
    (0.22, 0.5, "mu"),
    (1.7, 12.0, "tau"),
    (0.7, 8.0, "e"),
    (1.7, 15.28, "tau"),
    (2.5, 18.2, "e"),
    (2.5, 18.7, "mu"),
    (2.59, 18.77, "all"),
]


@pytest.mark.parametrize(("T", "m4", "flavour"), RATE_POINTS)
def test_dipole_rate_against_adaptive_quadrature(T, m4, flavour):
    answer = evaluation.respond(
        "solar_cevns.recoil_rate", {"T_keV": T, "component": "dipole", "m4_MeV": m4, "flavour": flavour}
    )
    expected = physics.recoil_rate(T, "dipole", m4, 1e-9, flavour)
    assert answer["value"] == close(expected, rel=1e-7)
    assert abs(answer["value"] - expected) <= answer["error"] + 1e-10 * expected


@pytest.mark.parametrize("T", [1e-3, 0.05, 0.9, 5.0, 9.9, 10.3])
def test_sm_rate_against_adaptive_quadrature(T):
    assert value("recoil_rate", T_keV=T) == close(physics.recoil_rate(T, "sm"), rel=1e-7)


@pytest.mark.parametrize(
    ("low", "high", "m4", "flux"), [(0.1, 0.7, 1.0, "hep"), (1.0, 3.0, 18.6, "hep"), (0.9, 1.0, 14.5, "8b")]
)
def test_binned_rate_against_adaptive_quadrature(low, high, m4, flux):
    expected = physics.binned_rate(low, high, "dipole", m4, 1e-9, "e", (flux,))
    result = value("event_rate", T_min_keV=low, T_max_keV=high, component="dipole", m4_MeV=m4, flavour="e", flux=flux)
    assert result == close(expected, rel=1e-6)


@pytest.mark.parametrize("m4", [0.01, 3.0])
def test_a_wide_interval_is_the_sum_of_its_parts(m4):
    """A threshold far below the paper's makes a first bin over decades of a rate like 1/T."""
    args = {"component": "dipole", "m4_MeV": m4, "flavour": "mu"}
    edges = np.geomspace(1e-5, 0.6, 200).tolist()
    parts = sum(value("event_rate", T_min_keV=a, T_max_keV=b, **args) for a, b in pairwise(edges))
    whole = evaluation.respond("solar_cevns.event_rate", {"T_min_keV": 1e-5, "T_max_keV": 0.6, **args})
    assert whole["value"] == close(parts, rel=1e-8)
    assert abs(whole["value"] - parts) < whole["error"] < 2e-6 * parts


def test_bin_edges_against_root_finding():
    made = counts_of(Counting())
    for scenario, start in (("next_generation", physics.quenching(1.0)), ("current", 0.16)):
        binning = made.binning(scenario)
        first = 1e3 * binning.intervals[binning.places[:, 1] == 0]
        edges = physics.recoil_edges(start)
        np.testing.assert_allclose(first, np.column_stack([edges[:-1], edges[1:]]), rtol=1e-12)


@pytest.mark.parametrize("residual", [0.0, 0.5, -0.5])
def test_closed_form_limit_against_minimisation(residual):
    rng = np.random.default_rng(4)
    signal, variance, pulls = rng.uniform(1, 5, 12), rng.uniform(1, 4, 12), rng.uniform(0, 1, (2, 12))
    residual = residual * signal + rng.normal(0, 0.1, 12)
    values, _, status = evaluate_limits(signal[None], np.zeros((1, 12)), 1 / variance, pulls, residual, 4.605)
    assert status[0] == Status.OK
    assert values[0] == close(physics.upper_limit(signal, variance, pulls, residual, 4.605), rel=1e-8)


def test_rule_integrates_polynomials_and_square_roots():
    position, fine, coarse = quadrature_rule(ORDERS["paper"]).T
    for k in range(5):
        assert fine @ position**k == close(1 / (k + 1), rel=1e-13)
    assert fine @ (1 - position) ** 1.5 == close(0.4, rel=1e-7)
    assert coarse.sum() == close(1, rel=1e-13)


# ---- what the paper states beside its limits ------------------------------------------------------------------------


def test_kinematics_of_fig_4():
    for m4, low, high in ((0.5, 1.156e-6, 2.952), (5, 0.01327, 2.573)):
        answer = value("recoil_range", E_MeV=10, m4_MeV=m4)
        assert answer["T_min_keV"] == close(low, rel=1e-3)
        assert answer["T_max_keV"] == close(high, rel=1e-3)
        by_angles = 1e3 * np.array(physics.recoil_range(10, m4, M_GE))
        assert [answer["T_min_keV"], answer["T_max_keV"]] == close(by_angles.tolist(), rel=1e-3)
    assert value("recoil_range", E_MeV=10, m4_MeV=10) is None
    assert value("spin_difference_range", E_MeV=10, m4_MeV=0.5)["largest"] == close(2.2e-8, rel=0.02)
    assert value("spin_difference_range", E_MeV=10, m4_MeV=5)["dip_keV"] == close(0.3696, rel=1e-3)
    assert value("spin_difference", E_MeV=5000, T_keV=1e4, m4_MeV=1) == close(
        physics.traced_cross_section(5000, 10, 1, 1, 32, 72.63, M_GE, "zero")
        / physics.traced_cross_section(5000, 10, 1, 1, 32, 72.63, M_GE)
        - 1,
        rel=1e-5,
    )


@pytest.mark.parametrize(("T", "loss"), [(0.1, 0.00217), (1, 0.0215), (3, 0.0632), (8, 0.161)])
def test_form_factor(T, loss):
    answer = value("form_factor", T_keV=T)
    assert 1 - answer["F2"] == close(loss, rel=5e-3)
    assert answer["F2"] == close(plain.form_factor(1e-3 * T, 72.63, M_GE) ** 2, rel=1e-8)


def test_rms_radius_is_the_slope_of_the_form_factor():
    """F^2 = 1 - q^2 <r^2>/3 at small q, with q^2 = 2 M T."""
    answer = value("form_factor", T_keV=1e-3)
    q2 = 2 * M_GE * 1e-6 / plain.HBARC_MEV_FM**2
    assert answer["rms_fm"] == close(math.sqrt(3 * (1 - answer["F2"]) / q2), rel=1e-4)


def test_quenching_against_the_slow_formulae():
    assert value("quenching", T_keV=1)["Y"] == close(physics.quenching(1.0), rel=1e-14)
    assert value("quenching", T_keV=0.1, model="low_energy")["Y"] == close(physics.low_energy_quenching(0.1))
    assert value("recoil_energy", T_ee_keVee=0.16) == [close(0.92167, abs=1e-5)]
    assert len(value("recoil_energy", T_ee_keVee=0.04, model="low_energy")) == 2


def test_electron_equivalent_spectrum_keeps_the_counts():
    T = np.linspace(1.0, 1.2, 41)
    T_ee = [value("quenching", T_keV=t)["T_ee_keVee"] for t in T.tolist()]
    rates = [value("electron_equivalent_rate", T_ee_keVee=e) for e in T_ee]
    assert np.trapezoid(rates, T_ee) == close(value("event_rate", T_min_keV=1.0, T_max_keV=1.2), rel=1e-4)


def test_shape_of_the_heavy_dipole_spectrum():
    half = value("low_recoil_cutoff", m4_MeV=10)
    assert half["peak_keV"] == close(0.509, abs=1e-3)
    assert half["T_keV"] == close(0.249, abs=1e-3)
    assert value("low_recoil_cutoff", m4_MeV=10, fraction=0.01)["T_keV"] == close(0.128, abs=1e-3)


@pytest.mark.parametrize(
    ("scenario", "statistics", "mass"),
    [
        ("next_generation", "poisson", 16.7),
        ("future_2", "poisson", 17.4),
        ("next_generation", "fitted", 17.1),
        ("future_2", "fitted", 17.7),
    ],
)
def test_mass_where_donut_is_crossed(scenario, statistics, mass):
    reach = value("mass_reach", mu_muB=3.9e-7, scenario=scenario, flavour="tau", statistics=statistics)
    assert reach == close(mass, abs=0.05)
    limit = value("moment_limit", m4_MeV=reach, scenario=scenario, flavour="tau", statistics=statistics)
    assert limit == close(3.9e-7, rel=1e-6)


def test_mass_where_the_limit_deteriorates():
    mass = value("deterioration_mass", scenario="future_1", flavour="mu", factor=3)
    assert value("limit_growth", scenario="future_1", flavour="mu", m4_MeV=mass) == close(3, rel=1e-6)


def test_sum_rules():
    assert value("sum_rule", scenario="current", source="printed")["implied"] == close(12.9e-9, rel=2e-3)
    assert value("sum_rule", scenario="future_2", over="fluxes", source="printed")["implied"] == close(
        1.98e-10, rel=3e-3
    )
    for scenario in (*PROJECTIONS, "current"):
        assert value("sum_rule", scenario=scenario)["ratio"] == close(1, abs=1e-4)
        assert value("flavour_ratios", scenario=scenario)["mu_over_tau"] == close(math.sqrt(0.572 / 0.428), rel=1e-6)


def test_counts_of_the_next_generation():
    counts = value("expected_counts")
    assert counts["sm"] == close(22.4, abs=0.05)
    assert counts["background"] == close(1095.75)


# ---- properties ----------------------------------------------------------------------------------------------------

recoils, masses = st.floats(0.01, 10), st.floats(0, 18.7)


@given(T=recoils, m4=masses)
@settings(max_examples=40, deadline=None)
def test_flavours_add_up_and_fluxes_too(T, m4):
    def rate(flavour, flux="all"):
        return value("recoil_rate", T_keV=T, component="dipole", m4_MeV=m4, flavour=flavour, flux=flux)

    whole = rate("all")
    assert rate("e") + rate("mu") + rate("tau") == close(whole, rel=1e-12, abs=1e-30)
    assert rate("all", "8b") + rate("all", "hep") == close(whole, rel=1e-12, abs=1e-30)
    assert rate("tau") == close(rate("mu") * 0.572 / 0.428, rel=1e-9, abs=1e-30)


@given(E=st.floats(1, 20), T=st.floats(1e-3, 20), m4=masses)
@settings(max_examples=60, deadline=None)
def test_cross_section_is_cut_and_positive(E, T, m4):
    sigma = value("cross_section", E_MeV=E, T_keV=T, m4_MeV=m4, mu_muB=1e-9)
    allowed = value("min_energy", T_keV=T, m4_MeV=m4) <= E
    assert (sigma > 0) == allowed


@given(m4=masses, scale=st.floats(0.1, 10))
@settings(max_examples=20, deadline=None)
def test_rate_is_quadratic_in_the_moment(m4, scale):
    base = value("recoil_rate", T_keV=1, component="dipole", m4_MeV=m4)
    assert value("recoil_rate", T_keV=1, component="dipole", m4_MeV=m4, mu_muB=scale * 1e-9) == close(
        scale**2 * base, rel=1e-12
    )


def test_total_is_the_sum():
    args = {"T_keV": 0.3, "m4_MeV": 2, "mu_muB": 2e-9, "flavour": "tau", "flux": "8b"}
    parts = value("recoil_rate", component="sm", **args) + value("recoil_rate", component="dipole", **args)
    assert value("recoil_rate", component="total", **args) == close(parts, rel=1e-14)


def test_the_massless_rate_from_zero_is_refused_or_finite():
    assert value("event_rate", T_min_keV=0) == close(value("event_rate", T_min_keV=1e-6), rel=1e-5)
    assert value("event_rate", T_min_keV=0, component="dipole", m4_MeV=1) > value(
        "event_rate", T_min_keV=0.1, component="dipole", m4_MeV=1
    )
    with pytest.raises(InputError, match="diverges"):
        value("event_rate", T_min_keV=0, component="dipole", m4_MeV=0)
    with pytest.raises(InputError, match="above T_min_keV"):
        value("event_rate", T_min_keV=3, T_max_keV=2)


def grid(masses, scenario=("next_generation",), flavour=("all",), statistics=("poisson",), flux=("all",)):
    axes = np.meshgrid(masses, flavour, scenario, statistics, flux, indexing="ij")
    return dict(
        zip(("m4_MeV", "flavour", "scenario", "statistics", "flux"), (axis.ravel() for axis in axes), strict=True)
    )


def test_a_point_does_not_depend_on_its_neighbours():
    points = grid(
        [0.01, 3.0, 10.0, 15.29, 18.6, 19.0],
        ("current", *PROJECTIONS),
        FLAVOURS,
        ("poisson", "fitted"),
        ("all", "8b", "hep"),
    )
    whole = scans.limits(points, Measurement())
    rng = np.random.default_rng(1)
    some = rng.permutation(len(points["m4_MeV"]))[:40]
    part = scans.limits({axis: values[some] for axis, values in points.items()}, Measurement())
    np.testing.assert_array_equal(part.values["mu_muB"], whole.values["mu_muB"][some])
    np.testing.assert_array_equal(part.status, whole.status[some])
    assert set(whole.status) == {Status.OK, Status.NO_SOLUTION}
    assert np.all(np.isnan(whole.values["mu_muB"]) == (whole.status == Status.NO_SOLUTION))


def test_the_scan_is_the_quantity():
    block = scans.limits(grid([7.3], ("future_2",), ("mu",), ("fractional",)), Measurement())
    assert block.values["mu_muB"][0] == value(
        "moment_limit", scenario="future_2", flavour="mu", m4_MeV=7.3, statistics="fractional"
    )


# ---- what a physicist changes --------------------------------------------------------------------------------------


def limit_with(scenario="next_generation", m4=0.01, **changes):
    block = scans.limits(grid([m4], (scenario,)), measurement(**changes))
    assert block.status[0] == Status.OK
    return block.values["mu_muB"][0]


def test_confidence_level_and_degrees_of_freedom():
    assert limit_with(confidence_level=0.95) / limit_with() == close((5.9915 / 4.6052) ** 0.25, rel=1e-5)
    assert limit_with(degrees_of_freedom=1) / limit_with() == close((2.7055 / 4.6052) ** 0.25, rel=1e-5)


def test_exposure_background_threshold_and_flux():
    base = limit_with()
    assert limit_with(exposure_ton_yr={"next_generation": 1.5}) == close(limit_with("future_1"), rel=1e-12)
    assert limit_with(background_per_keVee_kg_d={"next_generation": 0.0}) < 0.7 * base
    assert limit_with(threshold_keV={"next_generation": 0.1}) < base < limit_with(threshold_keV={"next_generation": 2})
    assert limit_with(flux_8b_per_cm2_s=5.691e7, flux_hep_per_cm2_s=7.93e4) < base
    assert limit_with(flux_uncertainty_8b=1.0) > base > limit_with(flux_uncertainty_8b=0.0)
    assert limit_with(quenching="constant", quenching_factor=0.25) > 0
    assert limit_with(lindhard_k=0.2) != base


@pytest.mark.parametrize(("target", "share"), [("Xe", 5.2), ("Si", 0.4), ("CsI", 5.0), ("Ar", 0.7)])
def test_other_targets(target, share):
    """The Standard Model rate per ton at low recoil goes like N^2 M/A."""
    nuclei, totals = nuclei_of(Target(target)), SolarFluxes().of("all")
    mine, germanium = (rates(**changes).recoil(0.01, 0.0)[0][0, :, 0] @ totals for changes in ({"target": target}, {}))
    rate = mine / germanium
    N2 = np.average((nuclei.A - nuclei.Z) ** 2, weights=nuclei.per_ton) / 40.7**2
    assert rate == close(N2, rel=0.1)
    assert limit_with(target=target) > 0


@pytest.mark.parametrize(
    ("target", "weight"),
    [("Ge", 72.630), ("Xe", 131.293), ("Si", 28.085), ("CsI", 0.5 * (126.90447 + 132.90545)), ("Ar", 39.948)],
)
def test_isotopes_make_the_standard_atomic_weight(target, weight):
    """IUPAC's standard atomic weights come from other measurements than the table of each target: a wrong mass or
    abundance of an isotope that matters shows up in the fifth digit."""
    made = nuclei_of(Target(target))
    mass_u = (made.M_MeV + made.Z * 0.51099895) / 931.49410242
    assert np.all(np.abs(mass_u - made.A) < 0.1)
    assert np.average(mass_u, weights=made.per_ton) == close(weight, rel=2e-5)
    assert made.per_ton.sum() == close(6.02214076e29 / weight, rel=2e-5)


def test_isotope_mix_and_target_file(tmp_path):
    assert nuclei_of(Target(isotope_mix={70: 1.0})).A.tolist() == [70]
    path = tmp_path / "enriched.csv"
    path.write_text("Z,A,mass_u,fraction\n32,70,69.92424875,1\n")
    assert limit_with(target_file=str(path)) == limit_with(isotope_mix={"70": 1.0})


def test_user_spectrum_close_to_the_embedded_one(tmp_path):
    E = np.linspace(0.0, 15.3, 1531)
    shape = sum(factor * plain.beta_shape(E, Q) for Q, factor in plain.branches("8b"))
    path = tmp_path / "spectrum.csv"
    path.write_text(
        "E_MeV,intensity\n" + "".join(f"{e!r},{i!r}\n" for e, i in zip(E.tolist(), (1e3 * shape).tolist(), strict=True))
    )
    assert limit_with(spectrum_8b=str(path), m4=1.0) == close(limit_with(m4=1.0), rel=1e-4)
    assert limit_with(spectrum_8b=str(path), m4=14.0) == close(limit_with(m4=14.0), rel=1e-2)


def test_rate_of_a_user_spectrum_against_adaptive_quadrature(tmp_path):
    """Linear interpolation between the rows, normalised by trapezoids, integrated row by row."""
    E = np.sort(np.concatenate([[0.0, 15.9], np.random.default_rng(5).uniform(0.1, 15.8, 40)]))
    phi = E**2 * (16.0 - E) ** 2.5
    path = tmp_path / "spectrum.csv"
    path.write_text(
        "E_MeV,intensity\n" + "".join(f"{e!r},{i!r}\n" for e, i in zip(E.tolist(), phi.tolist(), strict=True))
    )
    made, T, m4 = rates(spectrum_8b=str(path), isotope_mix={"72": 1.0}), 1.1e-3, 6.0
    M, nuclei = made.nuclei.M_MeV[0], made.nuclei.per_ton[0]
    E_min = plain.minimum_energy(T, m4, M)
    edges = [E_min, *E[E_min < E]]

    def rate(e):
        section = plain.dipole_cross_section(e, T, m4, 1.0, 32, 72, M)
        return np.interp(e, E, phi) * plain.survival_probability(e, "8b") * section

    pieces = [quad(rate, a, b, epsabs=0, epsrel=1e-11)[0] for a, b in pairwise(edges)]
    expected = 1e-3 * nuclei * plain.YEAR_S * sum(pieces) / np.trapezoid(phi, E)
    assert made.recoil(1e3 * T, m4)[0][0, 0, 2] == close(expected, rel=1e-8)


def test_a_flux_set_to_zero_has_no_limit_of_its_own():
    made = chi_square_of(measurement(flux_8b_per_cm2_s=0.0))
    assert made.refusal("next_generation", "poisson", "8b", 0.1) == (Status.NO_SOLUTION, "the 8B flux is set to 0")
    assert limit_with(flux_8b_per_cm2_s=0.0) == close(value("moment_limit", m4_MeV=0.01, flux="hep"), rel=1e-9)


def test_inverted_ordering_and_production_zone(tmp_path):
    path = tmp_path / "production.csv"
    path.write_text("density,weight\n90,2\n")
    inverted = rates(production_8b=str(path), dm2_3l_eV2=-2.498e-3)
    assert inverted.recoil(1.0, 0.1)[0][0, 0, 2] == close(rates().recoil(1.0, 0.1)[0][0, 0, 2], rel=1e-2)


def test_low_energy_quenching_has_two_branches():
    model = quenching.branches(Quenching("low_energy"), 32.0)
    assert [round(1e3 * float(branch.T_ee(0.254)), 1) for branch in model] == [44.1, 37.2]
    found = quenching.recoil_intervals(model, [[0.036, 0.040], [0.040, 0.050]])
    assert [bin for bin, _, _ in found] == [0, 0, 1, 1]
    assert found[0][2] < 0.254 < found[1][2]
    assert limit_with("future_2", quenching="low_energy") == close(limit_with("future_2"), rel=0.2)


def test_user_data(tmp_path):
    """Data that equal the inferred default give its limit; an excess weakens it; efficiency 0.5 weakens it by sqrt 2."""
    edges = experiment.current_edges(Current(), Bins())
    sm = SolarFluxes().of("all") @ counts_of(Counting()).sm_rates("current") / (experiment.PER_TON_YR * 0.1)

    def write(rate, tail="", header=""):
        path = tmp_path / "data.csv"
        rows = [
            f"{low!r},{high!r},{r!r},0.34{tail}" for (low, high), r in zip(edges.tolist(), rate.tolist(), strict=True)
        ]
        path.write_text("T_lo_keVee,T_hi_keVee,rate,sigma" + header + "\n" + "\n".join(rows) + "\n")
        return str(path)

    base = limit_with("current")
    assert limit_with("current", cdex_data=write(sm)) == close(base, rel=1e-9)
    assert limit_with("current", cdex_data=write(sm + 0.3, ",1,0.3", ",efficiency,background")) == close(base, rel=1e-9)
    assert limit_with("current", cdex_data=write(0.5 * sm, ",0.5", ",efficiency")) == close(
        base * math.sqrt(2), rel=1e-5
    )
    assert limit_with("current", cdex_data=write(sm + 0.3)) > base


def small_run(**changes):
    """A run on two masses, computed with changed inputs."""
    points = grid([0.01, 5.0], ("current", "next_generation"), ("e", "all"), ("poisson", "fitted"))
    block = scans.limits(points, measurement(**changes))
    status = [Status(code).name for code in block.status]
    table = pd.DataFrame(points | {"mu_muB": block.values["mu_muB"], "status": status})
    return Run({"limits": table})


def limit_curves(**changes):
    records = declare.bind(curves.limits, changes)
    return {curve.name: curve for curve in curves.limits(small_run(**changes), **records)}


def test_a_limit_says_what_it_was_computed_for():
    paper = limit_curves()
    assert paper["current_all"].note == "inferred"
    assert not paper["next_generation_all_poisson"].observed
    words = paper["next_generation_all_poisson"].assumptions
    assert "target Ge; recoils above 1 keV; 0.15 ton yr; background 0.01 /(keVee kg d)" in words
    changed = limit_curves(target="Xe", exposure_ton_yr={"next_generation": 5}, degrees_of_freedom=1)
    assert not any(name.startswith("current") for name in changed)
    words = changed["next_generation_all_poisson"].assumptions
    assert words.startswith("1 d.o.f.; target Xe; recoils above 1 keV; 5 ton yr")
    assert "target Ge (70: 1)" in limit_curves(isotope_mix={"70": 1.0})["current_all"].assumptions


def test_table_1_sets_the_printed_limits_beside_ours():
    table = tables.table1(small_run(), Current()).set_index(["flavour", "limit"])
    mine = table.loc["e", "next generation"]
    assert mine["paper_1e-9_muB"] == 1.5
    assert mine["poisson_1e-9_muB"] == close(1.9659, rel=2e-4)
    assert mine["fitted_over_paper"] == close(mine["fitted_1e-9_muB"] / 1.5)
    assert table.loc["all", "CDEX-10 (inferred)"]["paper_1e-9_muB"] == 15.9
    assert table.loc["tau", "FLArE100 (quoted)"]["paper_1e-9_muB"] == 0.28
    assert ("mu", "next generation") not in table.index  # not in this run's grid


def test_a_massless_neutrino_in_a_bin_from_zero_is_refused():
    block = scans.limits(grid([0.0, 0.1], ("current",)), measurement(current_start_keVee=0.0))
    assert block.status.tolist() == [Status.OUT_OF_DOMAIN, Status.OK]
    assert limit_with("current", current_start_keVee=0.0) < limit_with("current", current_start_keVee=0.001)


def test_inferred_data_belong_to_germanium():
    block = scans.limits(grid([0.1], ("current",)), measurement(target="Xe"))
    assert block.status[0] == Status.OUT_OF_DOMAIN


# ---- what is refused -----------------------------------------------------------------------------------------------

FILES = [
    ("spectrum_8b", "E_MeV,intensity\n1,1\n2,-1\n3,1\n", "below 0"),
    ("spectrum_8b", "E_MeV,intensity\n1,1\n3,1\n2,1\n", "increase"),
    ("spectrum_8b", "E_MeV,intensity\n" + "".join(f"{1000 * i},{i * (16 - i)}\n" for i in range(17)), "wrong unit"),
    ("spectrum_hep", "E_MeV,intensity\n" + "".join(f"{i},{i * (16 - i)}\n" for i in range(17)), "another spectrum"),
    ("spectrum_8b", "E_MeV,intensity\n" + "".join(f"{i},0\n" for i in range(17)), "nothing to normalise"),
    ("production_8b", "density,weight\n6e25,1\n", "unit"),
    ("target_file", "Z,A,mass_u,fraction\n32,70,69.9,0.4\n32,72,71.9,0.4\n", "add up to 0.8"),
    ("target_file", "Z,A,mass_u,fraction\n32,70,65123.0,1\n", "are inconsistent"),
    ("quenching_file", "T_keV,Y\n0.1,0.3\n1,0.02\n", "no inverse"),
    ("cdex_data", "T_lo_keVee,T_hi_keVee,rate,sigma\n0.2,0.3,1,0\n", "sigma"),
    ("cdex_data", "T_lo_keVee,T_hi_keVee,rate,sigma\n0.2,0.3,1,1\n0.25,0.4,1,1\n", "overlap"),
]


def check_inputs(**changes):
    check(**declare.bind(check, changes))


@pytest.mark.parametrize(("name", "text", "words"), FILES)
def test_bad_files(tmp_path, name, text, words):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        check_inputs(**{name: str(path)})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"threshold_keV": {"future_1": 12.0}}, "threshold_keV.future_1: 12 keV is at or above the end point"),
        ({"threshold_keV": {"future_9": 1.0}}, "threshold_keV.future_9: unknown key"),
        ({"isotope_mix": {"70": 0.5, "76": 0.4}}, "add up to 0.9"),
        ({"isotope_mix": {"71": 1.0}}, "no isotope of mass number 71"),
        ({"target": "Pb"}, "must be one of Ge, Xe, Si, CsI, Ar"),
        ({"target": "Xe", "quenching": "low_energy"}, "germanium"),
        ({"dm2_3l_eV2": 5e-5}, "larger in magnitude than dm2_21_eV2"),
        ({"flux_8b_per_cm2_s": 0.0, "flux_hep_per_cm2_s": 0.0}, "both fluxes"),
    ],
)
def test_bad_inputs(changes, words):
    with pytest.raises(InputError, match=words):
        check_inputs(**changes)


def test_good_inputs_pass():
    check_inputs()
    check_inputs(target="Xe", threshold_keV={"future_2": 0.3})


# ---- inputs as arguments -------------------------------------------------------------------------------------------


def test_every_target_has_a_file():
    assert {path.stem for path in DATA.glob("target_*.csv")} == {f"target_{name}" for name in TARGETS}


def test_a_scenario_that_is_left_out_keeps_the_papers_number():
    given = {"solar_cevns": {"inputs": {"exposure_ton_yr": {"future_1": 3}}}, "constraints": ["solar_cevns"]}
    inputs = config.complete(given, "mine").sections["solar_cevns"].inputs
    assert inputs["exposure_ton_yr"] == {"next_generation": 0.15, "future_1": 3.0, "future_2": 1.5}
    name, args = "solar_cevns.moment_limit", {"scenario": "future_1", "m4_MeV": 0.01}
    answer = evaluation.respond(name, args | {"exposure_ton_yr.future_1": 3}, {"solar_cevns": {"target": "Xe"}})
    assert answer["args"]["exposure_ton_yr"] == inputs["exposure_ton_yr"]
    assert answer["value"] == limit_with("future_1", target="Xe", exposure_ton_yr={"future_1": 3.0})


CHANGES = {  # an input, a value, and a quantity that must notice
    "precision": ("draft", "moment_limit", {}),
    "target": ("Xe", "recoil_rate", {"T_keV": 1}),
    "isotope_mix": ({"76": 1.0}, "event_rate", {"T_min_keV": 1}),
    "sin2_theta_W": (0.23, "weak_charge", {}),
    "threshold_keV.next_generation": (0.5, "moment_limit", {}),
    "exposure_ton_yr.next_generation": (1.0, "expected_counts", {}),
    "background_per_keVee_kg_d.next_generation": (0.1, "limit_ratio", {}),
    "fractional_uncertainty.next_generation": (0.2, "moment_limit", {"statistics": "fractional"}),
    "bins": (10, "expected_counts", {}),
    "bin_width_keVee": (0.2, "moment_limit", {}),
    "quenching": ("constant", "electron_equivalent_rate", {"T_ee_keVee": 0.2}),
    "lindhard_k": (0.179, "quenching_joint", {}),
    "flux_8b_per_cm2_s": (5e6, "recoil_rate", {"T_keV": 1}),
    "flux_hep_per_cm2_s": (9e3, "moment_limit", {"flux": "hep"}),
    "flux_uncertainty_8b": (0.5, "moment_limit", {}),
    "flux_uncertainty_hep": (0.5, "moment_limit", {"flux": "hep"}),
    "sin2_theta12": (0.32, "survival_probability", {"E_MeV": 10}),
    "sin2_theta23": (0.47, "flavour_ratios", {}),
    "sin2_theta13": (0.03, "survival_probability", {"E_MeV": 10}),
    "dm2_21_eV2": (7e-5, "survival_probability", {"E_MeV": 10}),
    "dm2_3l_eV2": (2e-3, "survival_probability", {"E_MeV": 10}),
    "confidence_level": (0.95, "moment_limit", {}),
    "degrees_of_freedom": (1, "mass_reach", {"mu_muB": 1e-8}),
    "current_start_keVee": (0.5, "moment_limit", {"scenario": "current"}),
    "current_sigma_per_keVee_kg_d": (0.5, "moment_limit", {"scenario": "current"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_input_is_an_argument(name):
    changed, quantity, args = CHANGES[name]
    args = {"m4_MeV": 0.01, **args} if quantity == "moment_limit" else args
    assert value(quantity, **args, **{name: changed}) != value(quantity, **args)


def test_every_number_that_can_change_is_tried():
    numbers = {key for key, parameter in registry.get("solar_cevns").inputs.items() if parameter.kind != "file"}
    assert {name.partition(".")[0] for name in CHANGES} == numbers - {"quenching_factor"}


def test_the_model_of_an_argument_goes_before_the_input():
    low = value("quenching", T_keV=0.1, model="low_energy")["Y"]
    assert value("quenching", T_keV=0.1, quenching="low_energy")["Y"] == low
    assert value("quenching", T_keV=0.1, quenching="low_energy", model="lindhard") == value("quenching", T_keV=0.1)
    assert value("quenching", T_keV=0.1, quenching="constant", quenching_factor=0.3)["Y"] == close(0.3)


def test_each_element_of_a_compound_is_quenched_by_itself():
    """Counts between two energies that are seen: the spectra of caesium and iodine add, each with its own recoils."""
    T_ee = np.linspace(0.05, 0.06, 101)
    seen = [value("electron_equivalent_rate", T_ee_keVee=e, target="CsI") for e in T_ee.tolist()]
    expected = 0.0
    made, totals = rates(target="CsI"), SolarFluxes().of("all")
    for Z in (53.0, 55.0):
        (branch,) = quenching.branches(Quenching(), Z)
        T = np.linspace(*branch.recoil(T_ee[[0, -1]]), 201)
        expected += np.trapezoid(made.recoil(T, 0.0, Z)[0][:, :, 0] @ totals, T)
    assert np.trapezoid(seen, T_ee) == close(expected, rel=1e-5)


def test_one_set_of_inputs_is_worked_out_once():
    assert chi_square_of(measurement()) is chi_square_of(Measurement())
    assert chi_square_of(measurement(confidence_level=0.95)).counts is chi_square_of(Measurement()).counts
    assert chi_square_of(measurement(flux_8b_per_cm2_s=5e6)).counts is counts_of(Counting())
    assert counts_of(declare.build(Counting, {"bins": 5})).rates is rates()


def test_a_limit_that_is_missing_is_said_everywhere():
    nothing = {"scenario": "next_generation", "statistics": "fitted", "background_per_keVee_kg_d.next_generation": 0}
    for name in ("limit_ratio", "limit_growth", "sum_rule", "flavour_ratios", "mass_reach", "deterioration_mass"):
        args = {"limit_growth": {"m4_MeV": 1}, "mass_reach": {"mu_muB": 1e-9}}.get(name, {})
        answer = evaluation.respond(f"solar_cevns.{name}", nothing | args)
        assert answer["value"] is None
        assert "share of the background" in answer["note"]
    unprinted = evaluation.respond("solar_cevns.limit_ratio", {"flavour": "e", "flux": "hep", "source": "printed"})
    assert "prints no such limit" in unprinted["note"]
    none = evaluation.respond("solar_cevns.moment_limit", {"m4_MeV": 1, "flavour": "tau", "sin2_theta23": 0})
    assert none["value"] is None
    assert "the dipole adds no recoil" in none["note"]
    off = evaluation.respond("solar_cevns.flux_end_point", {"flux": "hep", "flux_hep_per_cm2_s": 0})
    assert "set to 0" in off["note"]


# ---- many points at once -------------------------------------------------------------------------------------------

MASSES = [0.01, 0.0, 6.0, 30.0, 6.0, 14.2]  # massless, repeated, beyond the end points, in no order
MANY = {
    "min_energy": {"T_keV": [0.1, 3.0, 1e-3], "m4_MeV": [0.0, 5.0, 20.0]},
    "cross_section": {"E_MeV": [5.0, 10.0, 1.0], "T_keV": 0.2, "m4_MeV": 1.0, "spin": ["half", "zero", "half"]},
    "spin_difference": {"E_MeV": 10.0, "T_keV": [1e-6, 0.3, 2.0, 5.0], "m4_MeV": 2.0},
    "survival_probability": {"E_MeV": [0.0, 2.0, 14.0], "flux": ["8b", "hep", "8b"]},
    "recoil_rate": {"T_keV": [0.1, 1.0, 4.0], "m4_MeV": [0.0, 3.0, 12.0], "mu_muB": 2e-9, "component": "total"},
    "event_rate": {
        "T_min_keV": [0.1, 0.1, 0.5, 0.5],
        "T_max_keV": [3.0, 3.0, 1.0, 9.0],
        "m4_MeV": [1.0, 8.0, 8.0, 0.0],
        "mu_muB": [1e-9, 0.0, 1e-9, 3e-9],
        "component": "total",
    },
    "moment_limit": {"m4_MeV": MASSES, "flavour": ["e", "e", "e", "e", "tau", "tau"]},
    "limit_growth": {"m4_MeV": MASSES, "scenario": "future_1"},
}


@pytest.mark.parametrize("name", MANY)
def test_many_points_have_the_answers_of_single_ones(name):
    arguments = MANY[name]
    together = nubounds.answer(f"solar_cevns.{name}", **arguments)
    count = max(len(column) for column in arguments.values() if isinstance(column, list))
    assert np.isfinite(together.value).any()
    for k in range(count):
        point = {key: column[k] if isinstance(column, list) else column for key, column in arguments.items()}
        alone = nubounds.answer(f"solar_cevns.{name}", **point)
        assert together.status[k] == alone.status
        for many, one in ((together.value[k], alone.value), (together.error[k], alone.error)):
            assert many == one or (one is None and np.isnan(many))


def test_masses_without_a_limit_are_counted():
    found = nubounds.answer("solar_cevns.moment_limit", m4_MeV=[1.0, 30.0, 40.0])
    assert found.note.startswith("2 of 3 masses without a limit, the first: m4 = 30 MeV: the 8B and hep flux ends at")
    assert found.status.tolist() == [Status.OK, Status.NO_SOLUTION, Status.NO_SOLUTION]


def test_wrong_ends_among_many_are_refused_as_one_would_be():
    for wrong in ({"T_min_keV": [0.1, 5.0], "T_max_keV": 5.0}, {"T_min_keV": [0.1, 0.0], "m4_MeV": 0.0}):
        with pytest.raises(InputError, match="T_m"):
            value("event_rate", component="dipole", **wrong)


def test_limits_at_many_masses_are_those_of_the_scan():
    m4 = np.geomspace(0.01, 16.0, 9)
    points = {axis: np.repeat(word, 9) for axis, word in (("scenario", "future_2"), ("flavour", "mu"), ("flux", "8b"))}
    block = scans.limits({**points, "m4_MeV": m4, "statistics": np.repeat("poisson", 9)}, measurement())
    found = value("moment_limit", m4_MeV=m4, scenario="future_2", flavour="mu", flux="8b")
    assert np.array_equal(found, block.values["mu_muB"], equal_nan=True)


def test_the_kernel_is_asked_once_for_all_masses_and_flavours(monkeypatch):
    asked = []
    chi_square = chi_square_of(measurement(bins=7))
    rates_at = chi_square.counts._rates
    monkeypatch.setattr(chi_square.counts, "_rates", lambda *args: asked.append(args) or rates_at(*args))
    flavours = np.array(FLAVOURS)[:, None]
    found = value("moment_limit", m4_MeV=np.geomspace(0.01, 10, 5), flavour=flavours, bins=7)
    assert found.shape == (len(FLAVOURS), 5) and np.isfinite(found).all()
    assert sum(not sm for *_, sm in asked) == 1
