"""Likelihoods as other programs use them: values, bounds, shapes, gradients, profiles, toys, and the limits they make."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln
from scipy.stats import chi2, norm, poisson

import nubounds as nb
from close import close
from nubounds import registry
from nubounds.constraints.sn_dipole import criteria
from nubounds.constraints.sn_dipole.inputs import Analysis
from nubounds.constraints.sn_dipole.production import spectrum
from nubounds.constraints.solar_cevns import physics as plain_germanium
from nubounds.constraints.solar_cevns.counts import counts_of
from nubounds.constraints.solar_cevns.inputs import Counting
from nubounds.contract import InputError
from nubounds.likelihood import Data, log_slope, toy_test

ROOT = Path(__file__).resolve().parents[2]
FILE = Path(os.environ.get("NUBOUNDS_XENONNT") or ROOT.parent / "shared/public/xenonnt/xenonnt_2026.npz")
needs_release = pytest.mark.skipif(not FILE.is_file(), reason="the data release is not here")

# constraint, likelihood, arguments; the quantity that gives its limit, with its arguments; rise of 2 ln L at the limit
XENON = ("xenon_cevns", "xenonnt")
CASES = {
    "xenon_counting": (*XENON, {"analysis": "counting"}, "moment_limit", {"analysis": "counting"}, 4.605170185988092),
    "xenon_sr0_1_tau": (
        *XENON,
        {"analysis": "counting", "runs": "sr0_1", "flavour": "tau", "flux_8b": "b16"},
        "moment_limit",
        {"analysis": "counting", "runs": "sr0_1", "flavour": "tau", "flux_8b": "b16", "dof": 1},
        2.7055434540954155,
    ),
    "xenon_binned": pytest.param(
        (*XENON, {"data_file": str(FILE)}, "moment_limit", {"data_file": str(FILE)}, 4.605170185988092),
        marks=needs_release,
    ),
    **{
        f"solar_{scenario}": (
            "solar_cevns",
            scenario,
            {"flavour": "e"},
            "moment_limit",
            {"scenario": scenario, "flavour": "e"},
            4.605170185988092,
        )
        for scenario in ("next_generation", "future_1", "future_2", "current")
    },
    "solar_hep": (
        "solar_cevns",
        "next_generation",
        {"flux": "hep", "flux_uncertainty_8b": 0},
        "moment_limit",
        {"scenario": "next_generation", "flavour": "all", "flux": "hep", "flux_uncertainty_8b": 0},
        4.605170185988092,
    ),
    "sn_neutrinos": ("sn_dipole", "kamiokande_imb", {}, "coupling_limit", {"probe": "kamiokande_imb"}, 3.841),
    "sn_photons": ("sn_dipole", "smm", {}, "coupling_limit", {"probe": "smm"}, 3.841),
    "sn_photons_bound": (
        "sn_dipole",
        "smm",
        {"delay": "bound", "smm.counts": 60},
        "coupling_limit",
        {"probe": "smm", "delay": "bound", "smm.counts": 60},
        3.841,
    ),
}
MASS = {"xenon_cevns": ("m4_MeV", 3.0), "solar_cevns": ("m4_MeV", 3.0), "sn_dipole": ("M_MeV", 3.0)}
SMALL = ("xenon_counting", "solar_next_generation", "sn_photons")


def made(case):
    """The likelihood, its first parameter, its mass by name, the limit, and the rise there."""
    case = case.values[0] if hasattr(case, "values") else case
    name, likelihood, given, quantity, arguments, rise = case
    mass, value = MASS[name]
    limit = nb.evaluate(f"{name}.{quantity}", **arguments, **{mass: value})
    like = nb.constraint(name).likelihood(likelihood, **given)
    return like, like.names[0], {mass: value}, limit, rise


@pytest.fixture(params=[pytest.param(key, marks=getattr(case, "marks", ())) for key, case in CASES.items()])
def case(request):
    return made(CASES[request.param])


@pytest.fixture(params=SMALL)
def small(request):
    return made(CASES[request.param])


def place(like, interest, limit, mass):
    """A place away from centres, bounds and kinks, shape (d,)."""
    values = {interest: 0.9 * limit} | mass
    for k, one in enumerate(p for p in like.parameters if p.nuisance):
        values[one.name] = one.prior.mean + (0.31, -0.22)[k % 2] * min(one.prior.sd, 1.0)
    return np.array([values[name] for name in like.names])


# ---- the limits ----------------------------------------------------------------------------------------------------


def test_the_profile_rises_to_the_threshold_at_the_limit(case):
    like, interest, mass, limit, rise = case
    rose = 2 * (like.profile(**mass) - like.profile(**mass, **{interest: limit}))
    assert rose == close(rise, rel=1e-6)


def test_reference_values_of_the_xenon_likelihood():
    like = nb.constraint("xenon_cevns").likelihood("xenonnt", analysis="counting")
    assert like(mu_muB=0.0, m4_MeV=0.1) == close(131.076602, abs=1e-6)
    if FILE.is_file():
        like = nb.constraint("xenon_cevns").likelihood("xenonnt", data_file=str(FILE))
        assert like.note.startswith("binned")
        assert like(mu_muB=0.0, m4_MeV=0.1) == close(-138.101424, abs=1e-6)
        at = {"f_eff": 0.65, "t_ly": -0.8, "t_qy": -0.7, "f_ac_sr1": 1.05, "f_neutron": 0.9}
        assert like(mu_muB=1.5e-9, m4_MeV=0.1, **at) == close(-140.635495, abs=1e-6)


def test_without_the_release_the_counting_analysis_answers_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("NUBOUNDS_DATA", str(tmp_path))
    study = nb.constraint("xenon_cevns")
    assert study.likelihood("xenonnt").note.startswith("counting analysis")
    with pytest.raises(InputError, match="analysis=binned needs the data release"):
        study.likelihood("xenonnt", analysis="binned")


def test_chi_square_against_plain_least_squares():
    like = nb.constraint("solar_cevns").likelihood("next_generation")
    counts = counts_of(Counting())
    sm = np.array([[5.691e6], [7.93e3]]) * counts.sm_rates("next_generation")
    signal = like.expected(mu_muB=1e-9, m4_MeV=3.0) - sm.sum(axis=0)
    variance = (sm.sum(axis=0) + 0.01 * 0.1 * 365250) / 0.15
    for mu in (0.0, 1e-9, 3e-9):
        y = (mu / 1e-9) ** 2
        plain = plain_germanium.chi_square(y, signal, variance, 0.16 * sm, np.zeros(len(variance)))
        assert -2 * like.profile(mu_muB=mu, m4_MeV=3.0) == close(plain, rel=1e-9, abs=1e-12)
        at = {"f_8b": 1.1, "f_hep": 0.7}
        shift = (at["f_8b"] - 1) * sm[0] + (at["f_hep"] - 1) * sm[1]
        direct = np.sum((y * signal + shift) ** 2 / variance) + (0.1 / 0.16) ** 2 + (0.3 / 0.16) ** 2
        assert -2 * like(mu_muB=mu, m4_MeV=3.0, **at) == close(direct, rel=1e-12)


@pytest.mark.parametrize("edge", ["lower", "upper"])
def test_neutrino_counts_of_n_that_do_not_leave_freely(edge):
    """With absorption and decay on the way out the likelihood has both edges of the limit."""
    like = nb.constraint("sn_dipole", preset="best").likelihood("kamiokande_imb")
    limit = nb.evaluate("sn_dipole.coupling_limit", probe="kamiokande_imb", M_MeV=100.0, preset="best", edge=edge)
    none = like(d_per_MeV=1e-16, M_MeV=100.0)
    assert 2 * (none - like(d_per_MeV=limit, M_MeV=100.0)) == close(3.841, rel=1e-5)


def test_neutrino_counts_against_poisson_probabilities():
    analysis = Analysis()
    like, d = nb.constraint("sn_dipole").likelihood("kamiokande_imb"), 2e-13
    shared = (
        d**2 * criteria.neutrino_signal(spectrum(3.0, analysis.production), "kamiokande_imb", analysis, "full")(d)[0]
    )
    background = 2.0 / 6.8 * np.array([2.14, 6.8])
    signal = shared * np.array([2.14 * 0.93, 6.8 * 0.95]) * 1e9 / 18.015 * 6.02214076e23
    assert like.data.values == close(background, rel=1e-12)
    assert like.expected(d_per_MeV=d, M_MeV=3.0) == close(background + signal, rel=1e-9)
    counts = np.array([1.0, 3.0])
    logs = like.with_data(counts)(d_per_MeV=[d, 1e-30], M_MeV=3.0)
    odds = poisson.logpmf(counts, background + signal).sum() - poisson.logpmf(counts, background).sum()
    assert logs[0] - logs[1] == close(odds, rel=1e-9)
    assert logs[1] == close(poisson.logpmf(counts, background).sum() + gammaln(counts + 1).sum(), rel=1e-12)


def test_photons_with_a_background_of_ones_own():
    like = nb.constraint("sn_dipole").likelihood("smm", background=1393)
    limit = nb.evaluate("sn_dipole.coupling_limit", probe="smm", M_MeV=1.0)
    rose = 2 * (like.profile(M_MeV=1.0) - like.profile(M_MeV=1.0, d_per_MeV=limit))
    assert rose == close(2 * (76 - 1393 * np.log1p(76 / 1393)), rel=1e-6)  # 4.0: the paper says 3.841
    assert "1393" in like.note


# ---- bounds, shapes, names -----------------------------------------------------------------------------------------


def test_out_of_bounds_is_minus_infinity_and_nan_stays(case):
    like, interest, mass, limit, _ = case
    theta = np.tile(place(like, interest, limit, mass), (5, 1))
    theta[1, 0], theta[2, 0], theta[3, 0], theta[4, 1] = np.nan, -limit, np.inf, -1.0
    value = like(theta)
    assert np.isfinite(value[0]) and np.isnan(value[1]) and (value[2:] == -np.inf).all()
    slope = like.gradient(theta)
    assert np.isfinite(slope[0]).all() and np.isnan(slope[1:]).all()
    profile = like.profile(**mass, **{interest: theta[:4, 0]})
    assert np.isfinite(profile[0]) and np.isnan(profile[1]) and (profile[2:] == -np.inf).all()


def test_bounds_are_inclusive():
    like = nb.constraint("xenon_cevns").likelihood("xenonnt", analysis="counting")
    for one in like.parameters:
        for end, inside in ((one.minimum, 1), (one.maximum, -1)):
            if np.isfinite(end) and one.nuisance:
                at = {"mu_muB": 1e-9, "m4_MeV": 1.0}
                assert np.isfinite(like(**at, **{one.name: end}))
                assert like(**at, **{one.name: end - inside * 1e-9}) == -np.inf


def test_shapes(small):
    like, interest, mass, limit, _ = small
    theta = place(like, interest, limit, mass)
    many = np.tile(theta, (7, 1))
    assert np.shape(like(theta)) == () and like(many).shape == (7,) and like(many[:0]).shape == (0,)
    assert like.gradient(theta).shape == theta.shape and like.gradient(many).shape == many.shape
    named = like(**mass, **{interest: limit * np.ones((2, 3))})
    assert named.shape == (2, 3) and (named == named[0, 0]).all()
    (key, value), *_ = mass.items()
    assert like(**{interest: [0.5 * limit, limit], key: np.full((4, 1), value)}).shape == (4, 2)
    sets = like.with_data(like.toys(3, 1, **mass, **{interest: limit}))
    assert sets(theta).shape == (3,) and sets(many).shape == (7, 3)
    assert sets.gradient(many).shape == (7, 3, len(theta)) and sets.profile(**mass).shape == (3,)
    assert sets.profile(**mass, **{interest: np.full((2, 1), limit)}).shape == (2, 1, 3)
    assert sets.log_prior(many).shape == (7, 3)


def test_mistakes_are_one_line(small):
    like, interest, mass, limit, _ = small
    key = next(iter(mass))
    d = len(like.parameters)
    for call, message in (
        (lambda: like(np.zeros((3, d + 1))), rf"theta has shape \(3, {d + 1}\), not \(n, {d}\)"),
        (lambda: like(np.zeros((2, 3, d))), "theta has shape"),
        (lambda: like(["a"] * d), "theta: must be a number"),
        (lambda: like([[1.0], [1.0, 2.0]]), "theta: must be a number"),
        (lambda: like(np.zeros(d), **mass), "as an array or by name"),
        (lambda: like(**mass), f"needs {interest}"),
        (lambda: like(nothing=1.0), f"no parameter nothing; valid: {interest}"),
        (lambda: like(**{interest: [1.0, 2.0], key: [1.0, 2.0, 3.0]}), "do not fit together"),
        (lambda: like.profile(**{interest: limit}), f"the profile needs {key}"),
        (lambda: like.fixed(**{interest: -1.0}), "must be between"),
        (lambda: like.fixed(**{interest: [limit]}), "no arrays"),
        (lambda: like.toys(0, 1, **mass), "whole numbers"),
        (lambda: like.toys(3, 0.5, **mass), "whole numbers"),
        (lambda: like.toys(10**12, 1, **mass, **{interest: 1e-13}), "at most"),
        (lambda: like.toys(3, 1, **mass), f"needs {interest}"),
        (lambda: like.toys(3, 1, **{interest: -1.0, **mass}), "outside of its bounds"),
        (lambda: like.with_data(np.zeros(1000)), "there are"),
        (lambda: like.with_data(np.full(like.data.values.shape, np.nan)), "finite"),
    ):
        with pytest.raises(InputError, match=message) as raised:
            call()
        assert "\n" not in str(raised.value)


def test_counts_below_zero_and_too_many_are_refused():
    like = nb.constraint("sn_dipole").likelihood("smm")
    with pytest.raises(InputError, match="not be below 0"):
        like.with_data([-1.0])
    xenon = nb.constraint("xenon_cevns").likelihood("xenonnt", analysis="counting")
    with pytest.raises(InputError, match="too many to be thrown"):
        xenon.toys(1, 1, mu_muB=1.0, m4_MeV=0.1)


def test_criteria_are_no_likelihoods():
    with pytest.raises(InputError, match="sn_diffusion has no likelihood: its limits are criteria"):
        nb.constraint("sn_diffusion").likelihood("duration_10s")
    with pytest.raises(InputError, match="no likelihood cooling; valid: kamiokande_imb, smm; criteria"):
        nb.constraint("sn_dipole").likelihood("cooling")
    assert nb.constraint("sn_diffusion").likelihoods == {}
    with pytest.raises(InputError, match="has no argument analysis; valid: flavour"):
        nb.constraint("solar_cevns").likelihood("current", analysis="counting")


def test_names_and_what_they_are():
    for name in registry.names():
        study = nb.constraint(name)
        for key, words in study.likelihoods.items():
            assert words and key.isidentifier()
    assert list(nb.constraint("sn_dipole").likelihoods) == ["kamiokande_imb", "smm"]
    assert list(nb.constraint("xenon_cevns").likelihoods) == ["xenonnt"]
    scenarios = ["next_generation", "future_1", "future_2", "current"]
    assert list(nb.constraint("solar_cevns").likelihoods) == scenarios


def test_parameters_are_described(case):
    like, interest, mass, *_ = case
    assert like.names[:2] == (interest, *mass)
    for one in like.parameters:
        assert one.minimum < one.maximum and one.unit and one.meaning
        assert one.nuisance == (one.prior is not None)
    assert all(one.nuisance for one in like.parameters[2:])
    assert like.centres == {one.name: one.prior.mean for one in like.parameters[2:]}


def test_what_a_sigma_of_zero_fixes_is_no_parameter():
    inputs = {"sigma_f_eff": 0, "sigma_t_ly": 0}
    like = nb.constraint("xenon_cevns", inputs=inputs).likelihood("xenonnt", analysis="counting")
    assert "f_eff" not in like.names and "t_ly" not in like.names and "t_qy" in like.names
    limit = nb.evaluate("xenon_cevns.moment_limit", m4_MeV=1.0, analysis="counting", **inputs)
    assert 2 * (like.profile(m4_MeV=1.0) - like.profile(m4_MeV=1.0, mu_muB=limit)) == close(4.605170185988092)


# ---- gradients and profiles ----------------------------------------------------------------------------------------


def test_gradients_are_those_of_the_values(case):
    like, interest, mass, limit, _ = case
    theta = place(like, interest, limit, mass)
    found = like.gradient(theta)
    for k, x in enumerate(theta):
        h = 3e-4 * abs(x)
        step = h * np.eye(len(theta))[k]
        numbers = [like(theta + i * step) for i in (1, -1, 2, -2)]
        plain = (8 * (numbers[0] - numbers[1]) - (numbers[2] - numbers[3])) / (12 * h)
        assert found[k] == close(plain, rel=1e-5, abs=1e-6 * max(abs(found * theta)) / abs(x))


def test_log_slopes_are_of_fourth_order():
    x = np.array([0.0, 1e-9, 2.0, 3e7])
    assert log_slope(lambda x: x**2, x) == close(2 * x, rel=1e-9, abs=1e-300)
    assert log_slope(lambda x: np.sin(x), x[:3]) == close([0.0, 1.0, np.cos(2.0)], rel=1e-9)
    assert log_slope(lambda x: np.stack([x, x**3], axis=1), x[1:]) == close(
        np.stack([x[1:] ** 0, 3 * x[1:] ** 2], axis=1), rel=1e-9
    )


def test_the_profile_is_the_maximum(small):
    """Against a simplex of scipy's, from the centres; and no place around the fit is higher."""
    like, interest, mass, limit, _ = small
    like = like.with_data(like.toys(2, 5, **mass, **{interest: limit}))
    held = mass | {interest: 1.2 * limit}
    for one in (like.with_data(data) for data in like.data):
        left = one.fixed(**held)
        fit = one.fit(**held)
        assert one(**{name: float(x) for name, x in fit.parameters.items()}) == close(
            float(fit.log_likelihood), rel=1e-12
        )
        if not left.parameters:
            continue
        start = np.array([one.prior.mean for one in left.parameters])
        options = {"maxiter": 40000, "maxfev": 40000, "xatol": 1e-7, "fatol": 1e-10, "adaptive": True}
        plain = minimize(lambda x, left=left: -left(x), start, method="Nelder-Mead", options=options)
        assert -plain.fun <= fit.log_likelihood + 1e-9
        assert -plain.fun == close(float(fit.log_likelihood), abs=0.02)  # a simplex stops at kinks


def test_free_fits_are_never_lower_than_held_ones(small):
    like, interest, mass, limit, _ = small
    like = like.with_data(like.toys(40, 3, **mass, **{interest: limit}))
    free = like.fit(**mass)
    held = like.profile(
        **mass,
        **{interest: limit * np.array([[0.0 if like.parameters[0].minimum == 0 else 1e-6], [0.5], [1.0], [2.0]])},
    )
    assert (held <= free.log_likelihood + 1e-9).all()
    again = np.array(
        [
            one.profile(**mass, **{interest: float(x)})
            for one, x in zip(map(like.with_data, like.data), free.parameters[interest], strict=True)
        ]
    )
    assert again == close(free.log_likelihood, abs=1e-8)


def test_nuisances_may_be_held():
    like = nb.constraint("xenon_cevns").likelihood("xenonnt", analysis="counting")
    at = {"mu_muB": 1e-9, "m4_MeV": 1.0}
    fit = like.fit(**at, f_8b=[1.1, 0.9], t_ly=0.4)
    assert (fit.parameters["f_8b"] == [1.1, 0.9]).all() and (fit.parameters["t_ly"] == 0.4).all()
    assert (fit.log_likelihood < like.profile(**at)).all()
    everything = dict(like.centres) | at
    assert like.profile(**everything) == close(float(like(**everything)), rel=1e-14)


def test_a_heavy_neutrino_changes_nothing():
    like = nb.constraint("xenon_cevns").likelihood("xenonnt", analysis="counting")
    assert like(mu_muB=1e-3, m4_MeV=25.0) == like(mu_muB=0.0, m4_MeV=25.0)
    fit = like.fit(m4_MeV=25.0)
    assert fit.parameters["mu_muB"] == 0 and fit.log_likelihood == close(float(like.profile(m4_MeV=25.0, mu_muB=0.1)))
    solar = nb.constraint("solar_cevns").likelihood("future_1")
    assert solar.profile(m4_MeV=25.0) == close(float(solar.profile(m4_MeV=25.0, mu_muB=0.1)), abs=1e-12)


def test_more_masses_than_are_kept():
    like = nb.constraint("xenon_cevns").likelihood("xenonnt", analysis="counting", runs="sr0")
    masses = np.append(np.linspace(0.1, 8.0, 90), 0.1)
    value = like(mu_muB=2e-9, m4_MeV=masses)
    assert value[0] == value[-1] and (np.diff(value[:-1]) != 0).all()
    alone = nb.constraint("xenon_cevns").likelihood("xenonnt", analysis="counting", runs="sr0")
    for k in (0, 40, 89):
        assert alone(mu_muB=2e-9, m4_MeV=masses[k]) == value[k] == like(mu_muB=2e-9, m4_MeV=masses[k])


def test_fixed_parameters_leave(small):
    like, interest, mass, limit, _ = small
    theta = place(like, interest, limit, mass)
    left = like.fixed(**mass)
    where = [k for k, name in enumerate(like.names) if name not in mass]
    assert left.names == tuple(like.names[k] for k in where)
    assert left(theta[where]) == like(theta)
    assert (left.gradient(theta[where]) == like.gradient(theta)[where]).all()
    assert left.profile(**{interest: limit}) == like.profile(**mass, **{interest: limit})
    with pytest.raises(InputError, match="has no parameter"):
        left(**mass)


def test_log_prior_is_the_part_of_the_nuisances():
    like = nb.constraint("xenon_cevns").likelihood("xenonnt", analysis="counting")
    theta = np.array([1e-9, 1.0, *like.centres.values()])
    assert like.log_prior(theta) == 0
    theta[2:] += 0.1
    sds = np.array([one.prior.sd for one in like.parameters[2:]])
    assert like.log_prior(theta) == close(np.sum(norm.logpdf(0.1 / sds) - norm.logpdf(0.0)), rel=1e-9)


# ---- data sets -----------------------------------------------------------------------------------------------------


def test_toys_are_those_of_the_seed_and_the_fewer_begin_the_more(small):
    like, interest, mass, limit, _ = small
    truth = mass | {interest: limit}
    many, few, others = (like.toys(n, seed, **truth) for n, seed in ((50, 4), (20, 4), (20, 5)))
    assert (many.values[:20] == few.values).all() and (many.centres[:20] == few.centres).all()
    assert (others.values != few.values).any()


def test_toys_are_thrown_at_the_truth(case):
    like, interest, mass, limit, _ = case
    truth = mass | {interest: limit}
    nuisances = {one.name: one.prior.mean + 0.3 * min(one.prior.sd, 1.0) for one in like.parameters if one.nuisance}
    toys, n = like.toys(4000, 7, **truth, **nuisances), 4000
    expected = like.expected(**truth, **nuisances)
    spread = toys.values.std(axis=0) / np.sqrt(n)
    assert (abs(toys.values.mean(axis=0) - expected) < 5 * np.maximum(spread, 1e-3)).all()
    if like._model.sigma is None:  # counts
        assert (toys.values == np.round(toys.values)).all()
        assert toys.values.sum(axis=1).var() == close(expected.sum(), rel=0.12)
    for k, (name, value) in enumerate(nuisances.items()):
        sd = next(one.prior.sd for one in like.parameters if one.name == name)
        assert toys.centres[:, k].mean() == close(value, abs=5 * sd / np.sqrt(n))
        assert toys.centres[:, k].std() == close(sd, rel=0.06)


def test_many_sets_are_each_of_them(small):
    like, interest, mass, limit, _ = small
    sets = like.with_data(like.toys(4, 2, **mass, **{interest: limit}))
    theta = np.tile(place(like, interest, limit, mass), (3, 1))
    theta[:, 0] *= [0.5, 1.0, 2.0]
    alone = [like.with_data(one) for one in sets.data]
    assert (sets(theta) == np.stack([one(theta) for one in alone], axis=1)).all()
    assert sets.gradient(theta) == close(np.stack([one.gradient(theta) for one in alone], axis=1), rel=1e-12)
    assert sets.profile(**mass) == close(np.array([one.profile(**mass) for one in alone]), rel=1e-12)
    assert len(sets.data) == 4 and len(like.data) == 1


def test_expected_data_bring_the_truth_back(case):
    like, interest, mass, limit, _ = case
    fit = like.with_data(like.expected(**mass, **{interest: limit})).fit(**mass)
    assert fit.parameters[interest] == close(limit, rel=1e-5)
    for name, centre in like.centres.items():
        assert fit.parameters[name] == close(centre, rel=1e-5, abs=1e-5)


def test_the_same_in_another_process(small):
    like, interest, mass, limit, _ = small
    like = like.fixed(**mass).with_data(like.toys(3, 1, **mass, **{interest: limit}))
    again = pickle.loads(pickle.dumps(like))
    assert again.names == like.names
    assert (again.profile(**{interest: limit}) == like.profile(**{interest: limit})).all()


def test_coverage_of_toys_is_that_of_the_chi_square():
    """Far from the boundary 2 ln L follows chi-square with one degree of freedom: Gaussian bins, so exactly."""
    like = nb.constraint("solar_cevns").likelihood("next_generation").fixed(m4_MeV=3.0)
    sets = like.with_data(like.toys(4000, 11, mu_muB=5e-9))
    q = 2 * (sets.profile() - sets.profile(mu_muB=5e-9))
    assert np.mean(q > 2.705543) == close(0.10, abs=5 * np.sqrt(0.09 / 4000))
    assert np.mean(q > 4.605170) == close(0.0319, abs=5 * np.sqrt(0.031 / 4000))


@needs_release
def test_toys_of_xenon_over_cover_as_the_reference_says():
    """P(q > 2.706) = 0.0866 at m4 = 0.1 MeV, mu = 1.530e-9 with profiled nuisances and thrown centres."""
    like = nb.constraint("xenon_cevns").likelihood("xenonnt", data_file=str(FILE)).fixed(m4_MeV=0.1)
    fit = like.fit(mu_muB=1.5304e-9)
    toys = like.toys(2000, 1, **{name: float(x) for name, x in fit.parameters.items() if name in like.names})
    sets = like.with_data(toys)
    q = 2 * (sets.profile() - sets.profile(mu_muB=1.5304e-9))
    assert np.isfinite(q).all() and (q > -1e-8).all()
    assert np.mean(q > 2.705543) == close(0.0866, abs=5 * np.sqrt(0.08 / 2000))


def test_data_without_centres_keep_the_declared_ones():
    like = nb.constraint("xenon_cevns").likelihood("xenonnt", analysis="counting").fixed(m4_MeV=1.0)
    same = like.with_data(like.data.values)
    assert same(mu_muB=1e-9) == like(mu_muB=1e-9)
    many = like.with_data(np.tile(like.data.values, (2, 1)))
    assert (many(mu_muB=1e-9) == like(mu_muB=1e-9)).all()
    with pytest.raises(InputError, match="there are 3 bins and 10 nuisances"):
        like.with_data(Data(like.data.values, np.ones(9)))


def test_likelihood_functions_bind_like_quantities():
    for name in registry.names():
        for made_by in registry.get(name).likelihoods.values():
            assert made_by.name.startswith(f"{name}.") and made_by.summary
            assert set(made_by.inputs) <= set(registry.get(name).inputs)


# ---- tests by toys -------------------------------------------------------------------------------------------------


def test_toy_tests_far_from_bounds_are_those_of_the_chi_square():
    """1453 photons and a signal of several standard deviations: q is a chi-square with one degree of freedom."""
    like = nb.constraint("sn_dipole").likelihood("smm").fixed(M_MeV=1.0)
    limit = nb.evaluate("sn_dipole.coupling_limit", probe="smm", M_MeV=1.0)
    like = like.with_data(np.round(like.expected(d_per_MeV=2 * limit)))
    tested = 1.9 * limit
    found = toy_test(like, "d_per_MeV", tested, nothing=1e-30, count=4000, seed=1)
    q = 2 * (like.profile() - like.profile(d_per_MeV=tested))
    assert found.observed == close(float(q)) and found.observed_above == 0.0
    assert found.p_value == close(chi2.sf(float(q), 1), abs=0.03)
    assert found.cls == 1.0  # the best value lies above: nothing speaks against the tested one
    above = toy_test(like, "d_per_MeV", 2.2 * limit, nothing=1e-30, count=4000, seed=1)
    assert above.observed_above == above.observed > 0
    assert above.p_value == close(chi2.sf(above.observed, 1), abs=0.03)
    assert above.cls == close(0.5 * above.p_value, abs=0.02)


def test_toy_tests_are_those_of_their_seed():
    like = nb.constraint("solar_cevns").likelihood("future_1").fixed(m4_MeV=3.0)
    one, same, other = (toy_test(like, "mu_muB", 1e-9, 0.0, 50, seed) for seed in (1, 1, 2))
    assert (one.tested == same.tested).all() and (one.nothing_above == same.nothing_above).all()
    assert (one.tested != other.tested).any()
    assert (one.tested >= one.tested_above).all() and (one.tested_above >= 0).all()
