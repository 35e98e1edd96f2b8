"""Ensembles: what a config may say, members, bands and causes against closed forms."""

import dataclasses
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.figure import Figure
from scipy.special import ndtri

import nubounds as nb
from close import close
from nubounds import config, registry, report
from nubounds.config.ensemble import Varied, variable
from nubounds.contract import InputError
from nubounds.ensemble import bands, blocks, causes, chaos, collect, member, plan, sampling, shares, sheets
from nubounds.ensemble.sheets import Sheet
from nubounds.files import chains, tables, yaml_reader
from nubounds.inputs import priors
from nubounds.inputs.parameter import number
from nubounds.planes import collect as planes_collect
from nubounds.planes import declaration
from nubounds.planes import draw as drawing
from nubounds.steps import limits

NAME = "neutron_star"


def complete(**ensemble):
    return config.complete({"constraints": [NAME], "ensemble": ensemble}, "here")


def problems(**ensemble):
    with pytest.raises(config.ConfigError) as caught:
        complete(**ensemble)
    return caught.value.problems


# What a config may say


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"member": 3}, "ensemble: unknown key member (did you mean members?)"),
        ({"members": 1}, "ensemble.members: 1 is less than the minimum of 2"),
        ({"vary": {NAME: ["R_kn"]}}, "is not one of"),
        ({"vary": {NAME: ["p_F_MeV"]}}, "p_F_MeV has no prior: give one in priors.neutron_star.p_F_MeV"),
        ({"priors": {NAME: {"R_kn": {"normal": {"mean": 1, "sd": 1}}}}}, "did you mean R_km?"),
        ({"priors": {NAME: {"R_km": {"normall": {"mean": 1, "sd": 1}}}}}, "did you mean normal?"),
        ({"priors": {NAME: {"R_km": {"normal": {"mean": 12}}}}}, "R_km.normal: no sd"),
        ({"priors": {NAME: {"R_km": {"normal": {"mean": 12, "sd": -1}}}}}, "R_km: normal: sd must not be below 0"),
        (
            {"priors": {NAME: {"R_km": {"normal": {"mean": -12, "sd": 1}}}}},
            "only 0 % of it lies within the input's bounds",
        ),
        ({"priors": {NAME: {"R_km": {"uniform": {"low": 2, "high": 1}}}}}, "low must not be above high"),
        ({"priors": {NAME: {"R_km": {"lognormal": {"median": 0, "factor": 2}}}}}, "median must be above 0"),
        ({"priors": {NAME: {"R_km": {"samples": {"file": "no.csv", "column": "a"}}}}}, "no file no.csv"),
        ({"priors": {NAME: {"amplitude": {"choice": {"papr": 1}}}}}, "must be one of paper, exact"),
        ({"priors": {NAME: {"amplitude": {"uniform": {"low": 0, "high": 1}}}}}, "only a choice"),
        ({"priors": {NAME: {"R_km": {}}}}, "must be one of normal"),
        (
            {"priors": {NAME: {"correlated": [{"inputs": ["R_km", "M_Msun"], "correlation": [[1, 2], [2, 1]]}]}}},
            "must be positive definite",
        ),
        (
            {"priors": {NAME: {"correlated": [{"inputs": ["R_km", "M_Msun"], "correlation": [[1, 0.5]]}]}}},
            "must be 2 rows of 2 numbers",
        ),
        ({"grid": {NAME: {"m_keV": {"values": [2, 1]}}}}, "grid.neutron_star.m_keV.values: must be strictly ascending"),
        ({"constraints": ["sn_diffusion"]}, "sn_diffusion is not among the constraints of this config"),
    ],
)
def test_a_mistake_is_one_line(given, words):
    found = problems(**given)
    assert len(found) == 1 and words in found[0] and "\n" not in found[0]


def test_what_is_left_out_is_declared():
    ensemble = complete().ensemble
    assert (ensemble.members, ensemble.seed) == (256, 1)
    assert "R_km" in ensemble.constraints[NAME].priors
    assert len(ensemble.constraints[NAME].grid["m_keV"]) == 21
    assert ensemble == config.complete({"constraints": [NAME]}, "here").ensemble


def test_an_effective_config_says_the_same():
    given = {
        "R_km": {"triangular": {"low": 9, "mode": 11, "high": 14}},
        "amplitude": {"choice": {"paper": 1, "exact": 2}},
    }
    given["correlated"] = [{"inputs": ["R_km", "M_Msun"], "correlation": [[1, 0.3], [0.3, 1]]}]
    first = complete(members=64, priors={NAME: given})
    plain = json.loads(json.dumps(first.effective()))
    assert config.complete(plain, "there").ensemble == first.ensemble


@pytest.mark.parametrize("name", registry.names())
def test_declared_priors_can_be_drawn(name):
    found = config.complete({"constraints": [name], "ensemble": {}}, "here").ensemble.constraints
    for varied in found.values():
        _, drawn = sampling.draw(name, varied, variable(registry.get(name)), 1, 0, 4)
        assert set(drawn) == set(varied.priors) and all(len(values) == 4 for values in drawn.values())


# Members


def varied(correlated=(), **given):
    return Varied({name: priors.as_plain(prior) for name, prior in given.items()}, list(correlated), {})


def draw(mine, count, seed=1, first=0, **bounds):
    inputs = {name: number(name, **bounds.get(name, {})) for name in mine.priors}
    return sampling.draw("toy", mine, inputs, seed, first, count)


EVERY = {
    "normal": priors.Normal(3.0, 0.5),
    "lognormal": priors.LogNormal(2.0, 1.5),
    "uniform": priors.Uniform(1.0, 2.0),
    "loguniform": priors.LogUniform(1.0, 100.0),
    "triangular": priors.Triangular(0.0, 1.0, 4.0),
}


def test_more_members_begin_with_these_and_blocks_are_the_same():
    mine = varied([{"inputs": ["normal", "uniform"], "correlation": [[1, 0.6], [0.6, 1]]}], **EVERY)
    _, many = draw(mine, 512)
    _, few = draw(mine, 256)
    assert {name: values[:256] for name, values in many.items()} == few
    blocks = [draw(mine, first + 37, first=first)[1] for first in range(0, 259, 37)]
    assert {name: [value for block in blocks for value in block[name]] for name in few} == {
        n: v[:259] for n, v in many.items()
    }


def test_another_constraint_or_seed_has_other_members():
    assert not np.any(sampling.uniforms(1, "a", 2, 0, 8) == sampling.uniforms(1, "b", 2, 0, 8))
    assert not np.any(sampling.uniforms(1, "a", 2, 0, 8) == sampling.uniforms(2, "a", 2, 0, 8))


@pytest.mark.parametrize("kind", EVERY)
def test_members_follow_their_prior(kind):
    _, drawn = draw(varied(**{kind: EVERY[kind]}), 1024)
    shares = np.sort(EVERY[kind].cdf(np.array(drawn[kind])))
    assert np.max(np.abs(shares - (np.arange(1024) + 0.5) / 1024)) < 1 / 1024
    assert np.std(drawn[kind]) == close(EVERY[kind].sd, rel=0.02)


def test_a_prior_is_cut_off_and_never_clipped():
    _, drawn = draw(varied(x=priors.Normal(0.0, 1.0)), 1024, x={"above": 0.0, "maximum": 1.0})
    values = np.array(drawn["x"])
    assert values.min() > 0 and values.max() < 1 and len(np.unique(values)) == 1024
    inside = (priors.Normal(0, 1).cdf(values) - 0.5) / (priors.Normal(0, 1).cdf(1.0) - 0.5)
    assert np.max(np.abs(np.sort(inside) - (np.arange(1024) + 0.5) / 1024)) < 1 / 1024


def test_choices_come_with_their_weights():
    mine = Varied({"amplitude": {"choice": {"exact": 3, "paper": 1}}}, [], {})
    _, drawn = sampling.draw(NAME, mine, variable(registry.get(NAME)), 1, 0, 256)
    assert (drawn["amplitude"].count("exact"), drawn["amplitude"].count("paper")) == (192, 64)


def test_correlated_inputs_have_the_correlation_of_their_copula():
    mine = varied(
        [{"inputs": ["b", "a"], "correlation": [[1, -0.7], [-0.7, 1]]}], a=priors.Normal(0, 1), b=priors.Normal(5, 2)
    )
    _, drawn = draw(mine, 4096)
    assert np.corrcoef(drawn["a"], drawn["b"])[0, 1] == close(-0.7, rel=0.01)


def test_samples_are_drawn_from_their_file(tmp_path):
    (tmp_path / "chain.csv").write_text("weight,x\n" + "".join(f"1,{value}\n" for value in (3, 1, 2, 9)))
    mine = varied(x=priors.Samples(str(tmp_path / "chain.csv"), "x"))
    _, drawn = draw(mine, 256, x={"maximum": 5.0})
    assert {drawn["x"].count(value) for value in (1, 2, 3)} == {85, 86}


# Bands


def sheet(values, x=(1.0,), **about):
    values = np.asarray(values, dtype=float).reshape(-1, len(x))
    return Sheet("f", {"side": "upper", **about}, np.array(x), values[0], values)


def test_no_limit_counts_as_infinity():
    found = bands.quantiles(np.array([1.0, 2.0, 3.0, np.inf]).reshape(-1, 1))
    assert found["q500"][0] == 2.5 and found["q840"][0] == np.inf
    assert bands.quantiles(np.array([-np.inf, -np.inf, 3.0]).reshape(-1, 1))["q500"][0] == -np.inf
    assert np.isnan(bands.median_error(np.full((4, 1), np.inf))[0])


def test_zero_width_changes_nothing():
    _, drawn = draw(varied(x=priors.Normal(0.1, 0.0), y=priors.Uniform(3.0, 3.0)), 16)
    assert set(drawn["x"]) == {0.1} and set(drawn["y"]) == {3.0}
    limit = 0.1 * 3.0
    found = bands.quantiles(np.array(drawn["x"]).reshape(-1, 1) * np.array(drawn["y"]).reshape(-1, 1))
    assert all(values[0] == limit for values in found.values())


def test_branches_share_the_places_where_a_curve_turns():
    assert sheets.branches(np.array([1, 2, 3, 2.5, 1, 2])) == [slice(0, 3), slice(2, 5), slice(4, 6)]
    assert sheets.branches(np.array([3, 2, 1])) == [slice(0, 3)]
    assert sheets.branches(np.array([])) == []


def test_missing_points_of_the_grid_are_no_limits():
    about = {"side": "upper", "x_axis": {"name": "m"}, "y_axis": {"name": "y"}}
    whole = {"c": (np.array([1.0, 2, 3]), np.array([1.0, 2, 3]), about)}
    gap = {"c": (np.array([1.0, 3]), np.array([1.0, 3]), about)}
    (found,) = sheets.sheets(whole, [whole, gap], {"m": [1.0, 2.0, 3.0]})
    assert found.members.tolist() == [[1, 2, 3], [1, np.inf, 3]]
    (found,) = sheets.sheets(whole, [gap], {})
    assert found.members[0] == close([1, np.exp(np.log(3) * np.log(2) / np.log(3)), 3])


def test_the_lower_edge_of_nothing_excludes_nothing():
    top = {"side": "top", "x_axis": {"name": "m"}, "y_axis": {"name": "y"}}
    there = {"c": (np.array([1.0]), np.array([1.0]), top)}
    (found,) = sheets.sheets(there, [there, {}], {"m": [1.0]})
    assert found.members[:, 0].tolist() == [1, -np.inf]


def exposure_limits(count, seed):
    """A limit that goes as exposure^(-1/4), for a lognormal exposure."""
    _, drawn = draw(varied(exposure=priors.LogNormal(100.0, 2.0), other=priors.Uniform(0, 1)), count, seed=seed)
    return (np.array(drawn["exposure"]) ** -0.25).reshape(-1, 1)


def test_quantiles_of_a_closed_form():
    found = bands.quantiles(exposure_limits(1024, 1))
    for name, share in bands.QUANTILES.items():
        exact = (100.0 * 2.0 ** ndtri(1 - share)) ** -0.25
        assert found[name][0] == close(exact, rel=5e-3), name
    error = bands.median_error(exposure_limits(1024, 1))[0]
    assert abs(found["q500"][0] - 100**-0.25) < error < 0.01 * found["q500"][0]


def several_limits(count, seed):
    """A limit that several inputs move alike, with the median 1."""
    _, drawn = draw(varied(**{f"x{i}": priors.Normal(0.0, 1.0) for i in range(4)}), count, seed=seed)
    return np.exp(0.2 * sum(np.array(values) for values in drawn.values())).reshape(-1, 1)


@pytest.mark.parametrize(("limits", "exact"), [(exposure_limits, 100**-0.25), (several_limits, 1.0)])
@pytest.mark.parametrize("count", [32, 128])
def test_the_error_of_the_median_covers_over_200_seeds(limits, exact, count):
    off = []
    for seed in range(200):
        members = limits(count, seed)
        off += [abs(bands.quantiles(members)["q500"][0] - exact) / bands.median_error(members)[0]]
    assert np.mean(np.array(off) <= 1) >= 0.68 and np.mean(np.array(off) <= 2) >= 0.93


def test_the_error_of_the_median_is_that_of_independent_members():
    numbers = np.random.default_rng(1).normal(10, 1, (100, 1000))
    inside = np.abs(bands.quantiles(numbers)["q500"] - 10) <= bands.median_error(numbers)
    assert 0.60 < inside.mean() < 0.76


# Causes


def analysed(function, count, seed=1, correlated=(), **given):
    """Indices (first, error, total, error) by cause, and the analysis."""
    mine = varied(correlated, **given)
    inputs = {name: number(name) for name in mine.priors}
    cube, drawn = sampling.draw("toy", mine, inputs, seed, 0, count)
    found = causes.design(mine, inputs, cube, drawn)
    values = function(**{name: np.array(column) for name, column in drawn.items()})
    basis = chaos.Basis(found.axes, found.drawn, count)
    analysis = causes.analyse(basis, sheet(values), 0)
    table = causes.indices(basis, analysis, found.causes)
    return {cause.name: row for cause, row in zip(found.causes, table, strict=True)}, analysis


def test_a_linear_model_is_exact():
    given = {"a": priors.Normal(1.0, 0.5), "b": priors.Uniform(0.0, 2.0), "c": priors.Normal(0.0, 0.2)}
    found, analysis = analysed(lambda a, b, c: -50 + 3 * a - 2 * b + 4 * c, 64, **given)
    parts = {"a": 9 * 0.25, "b": 4 * 4 / 12, "c": 16 * 0.04}
    for name, part in parts.items():
        first, first_error, total, total_error = found[name]
        assert first == close(part / sum(parts.values()), rel=1e-12) and total == close(first, rel=1e-12)
        assert max(first_error, total_error) < 1e-12
    assert analysis.q2 == close(1.0, rel=1e-12)


def test_every_prior_has_orthonormal_functions():
    for prior in EVERY.values():
        axis = chaos.axis_of("x", prior, (-np.inf, np.inf))
        values, weights = chaos._nodes(prior, (-np.inf, np.inf), None)
        functions = axis.functions(values)
        assert np.max(np.abs((functions * weights[:, None]).T @ functions - np.eye(functions.shape[1]))) < 1e-10
        mean = weights @ values
        assert np.sqrt(weights @ (values - mean) ** 2) == close(prior.sd, rel=1e-6)


def test_a_choice_has_its_share():
    mine = Varied({"a": {"choice": {"1": 1, "2": 1, "5": 2}}, "b": {"normal": {"mean": 0, "sd": 1}}}, [], {})
    inputs = {name: number(name) for name in mine.priors}
    cube, drawn = sampling.draw("toy", mine, inputs, 1, 0, 64)
    found = causes.design(mine, inputs, cube, drawn)
    basis = chaos.Basis(found.axes, found.drawn, 64)
    values = -100 + np.array(drawn["a"]) ** 2 + 3 * np.array(drawn["b"])
    table = causes.indices(basis, causes.analyse(basis, sheet(values), 0), found.causes)
    spread = np.average([1, 16, 625], weights=[1, 1, 2]) - np.average([1, 4, 25], weights=[1, 1, 2]) ** 2
    assert table[:, 0] == close([spread / (spread + 9), 9 / (spread + 9)], rel=1e-10)


def test_correlated_inputs_have_one_share_together():
    group = [{"inputs": ["a", "b"], "correlation": [[1, 0.5], [0.5, 1]]}]
    given = {"a": priors.Normal(0.0, 1.0), "b": priors.Normal(0.0, 1.0), "c": priors.Normal(0.0, 1.0)}
    found, _ = analysed(lambda a, b, c: -50 + a + b + c, 64, correlated=group, **given)
    assert set(found) == {"a + b", "c"}
    assert found["a + b"][0] == close(3 / 4, rel=1e-9) and found["c"][2] == close(1 / 4, rel=1e-9)


def test_a_limit_that_does_not_vary_has_no_causes():
    found, analysis = analysed(lambda a: -7 + 0 * a, 16, a=priors.Normal(0.0, 1.0))
    assert analysis.flat and found["a"].tolist() == [0, 0, 0, 0]


ANGLE = priors.Uniform(-np.pi, np.pi)
ISHIGAMI = {"a": (0.31391, 0.55759), "b": (0.44241, 0.44241), "c": (0.0, 0.24368)}  # a = 7, b = 0.1: first, total


def ishigami(count, seed):
    return analysed(
        lambda a, b, c: -100 + np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a),
        count,
        seed,
        a=ANGLE,
        b=ANGLE,
        c=ANGLE,
    )


def test_errors_of_the_indices_cover():
    inside = []
    for seed in range(30):
        found, _ = ishigami(128, seed)
        for name, (first, total) in ISHIGAMI.items():
            inside += [abs(found[name][0] - first) <= found[name][1], abs(found[name][2] - total) <= found[name][3]]
    assert np.mean(inside) >= 0.68


def test_a_surrogate_says_how_far_it_lies_off():
    _, analysis = ishigami(256, 3)
    assert 0.99 < analysis.q2 < 1 and analysis.deviation < analysis.largest and analysis.tested == 64
    _, rough = analysed(
        lambda a, b: np.where(a * b > 0.3, 1.0, 2.0), 64, a=priors.Uniform(0, 1), b=priors.Uniform(0, 1)
    )
    assert rough.q2 < causes.GOOD


# Of a real constraint


def small(tmp_path, per_job=4, **ensemble):
    """The config of a small ensemble of a real constraint."""
    given = {"members": 4, "members_per_job": per_job, "grid": {NAME: {"m_keV": {"values": [1, 10, 100]}}}} | ensemble
    plain = {"constraints": [NAME], "results": str(tmp_path), "allow_outside_files": True, "ensemble": given}
    return config.complete(plain, "here")


def run(tmp_path, **ensemble):
    """The tables of a small ensemble of a real constraint, without the workflow."""
    made = small(tmp_path, **ensemble)
    for block in plan.blocks(made)[NAME]:
        blocks.compute(made, NAME, block, 1, None, [])
    collect.collect(made, NAME, lambda line: None)
    folder = tmp_path / NAME / "ensemble"
    return {name: tables.read_table(folder / f"{name}.csv") for name in ("members", "bands", "sensitivity")}


def test_a_prior_of_no_width_changes_no_limit(tmp_path):
    found = run(tmp_path, vary={NAME: ["M_Msun"]}, priors={NAME: {"M_Msun": {"normal": {"mean": 1.5, "sd": 0}}}})
    band = found["bands"]
    assert len(band) > 10 and set(found["members"]["M_Msun"]) == {1.5}
    for name in bands.QUANTILES:
        assert np.array_equal(band[name], band["nominal"]), name
    assert set(band["error"][np.isfinite(band["nominal"])]) == {0.0}


def test_a_member_that_cannot_be_is_counted_and_left_out(tmp_path):
    # A star of 0.1 km would be a black hole.
    prior = {"R_km": {"choice": {"10": 1, "0.1": 1}}}
    found = run(tmp_path, vary={NAME: ["R_km"]}, priors={NAME: prior})
    failed = found["members"]["status"] != "OK"
    assert failed.sum() == 2 and all("Schwarzschild" in word for word in found["members"]["status"][failed])
    assert set(found["bands"]["members"]) == {2}


def test_inputs_inside_of_others_vary():
    inputs = {"a": {"b": 1.0, "c": 2.0}, "d": 3.0}
    assert member.changed(inputs, {"a.b": 5.0, "d": 4.0}) == {"a": {"b": 5.0, "c": 2.0}, "d": 4.0}
    assert inputs["a"]["b"] == 1.0
    for name in registry.names():
        constraint = registry.get(name)
        plain = config.complete({"constraints": [name]}, "here").sections[name].inputs
        drawn = {key: 0.5 for key in variable(constraint) if "." in key}
        assert all(f"'{key.split('.')[-1]}': 0.5" in str(member.changed(plain, drawn)) for key in drawn)


# Files that priors name


def test_samples_that_cannot_be_read_are_found_before_a_run(tmp_path):
    chain = tmp_path / "chain.csv"
    given = {"R_km": {"samples": {"file": str(chain), "column": "R"}}}
    plain = {"constraints": [NAME], "allow_outside_files": True, "ensemble": {"priors": {NAME: given}}}
    for content, words in (
        (bytes(range(256)), "chain.csv:"),
        (b"", "no column R"),
        (b"M\n1\n", "no column R; found: M"),
        (b"R\nten\n", "'ten' is not a number"),
        (b"R\n-5\n", "no value between"),
    ):
        chain.write_bytes(content)
        made = config.complete(plain, "here")
        with pytest.raises(InputError) as caught:
            plan.check(made)
        assert str(caught.value).startswith("here: ensemble.priors.neutron_star.R_km: ") and words in str(caught.value)
        assert "\n" not in str(caught.value)
        chains.samples.cache_clear()  # the next content has the same second, if not the same stamp
    chain.write_bytes(b"R\n11\n12\n")
    plan.check(config.complete(plain, "here"))


def stars(folder, *scales):
    """A folder of samples: shells of a supernova, one file for each scale of the published temperatures."""
    folder.mkdir()
    known = tables.read_table(registry.get("sn_diffusion").folder / "data/table1.csv")
    shells = known[["snapshot_s", "R_km", "T_MeV", "n_B_per_fm3", "Y_L"]]
    for scale in scales:
        shells.assign(T_MeV=shells["T_MeV"] * scale).to_csv(folder / f"T_{scale}.csv", index=False)
    return {str(path): 1 for path in sorted(folder.glob("*.csv"))}


def folder_of_stars(folder, choice):
    given = {"members": 8, "members_per_job": 8, "priors": {"sn_diffusion": {"shells": {"choice": choice}}}}
    given |= {"vary": {"sn_diffusion": ["shells"]}}
    plain = {"constraints": ["sn_diffusion"], "resolution": "toy", "results": str(folder), "ensemble": given}
    return config.complete(plain | {"allow_outside_files": True}, "here")


def test_a_folder_of_files_is_a_prior(tmp_path):
    choice = stars(tmp_path / "stars", 0.9, 1.0, 1.1)
    made = folder_of_stars(tmp_path / "results", choice)
    plan.check(made)
    laboratory = member.Laboratory(registry.get("sn_diffusion"), made.ensemble.constraints["sn_diffusion"].grid)
    made_of = {path: laboratory.curves({**made.sections["sn_diffusion"].inputs, "shells": path})[0] for path in choice}
    blocks.compute(made, "sn_diffusion", "0_7", 1, None, [])
    collect.collect(made, "sn_diffusion", lambda line: None)
    folder = tmp_path / "results/sn_diffusion/ensemble"
    drawn = tables.read_table(folder / "members.csv")
    assert set(drawn["status"]) == {"OK"} and set(drawn["shells"]) == set(choice)
    band = tables.read_table(folder / "bands.csv")
    curve = made_of[next(iter(choice))][0]
    place = len(curve.x) // 2
    values = sorted(next(c for c in made_of[path] if c.name == curve.name).y[place] for path in drawn["shells"])
    row = band[(band["curve"] == curve.name) & (band["x"] == curve.x[place])].iloc[0]
    assert row["q500"] == close(0.5 * (values[3] + values[4])) and len(set(values)) == 3


def test_a_file_of_a_choice_that_the_constraint_refuses_is_found_before_a_run(tmp_path):
    choice = stars(tmp_path / "stars", 0.9, 1.0)
    (tmp_path / "stars/T_0.9.csv").write_bytes(bytes(range(256)))
    with pytest.raises(InputError) as caught:
        plan.check(folder_of_stars(tmp_path / "results", choice))
    assert str(caught.value).startswith("here: ensemble.priors.sn_diffusion.shells: ") and "T_0.9" in str(caught.value)


class World:
    """Ranks as threads, in the part of MPI that blocks use."""

    def __init__(self, rank, meeting, said):
        self.rank, self.meeting, self.said = rank, meeting, said

    def Get_rank(self):
        return self.rank

    def Get_size(self):
        return len(self.said)

    def allgather(self, mine):
        self.said[self.rank] = mine
        self.meeting.wait()
        everything = list(self.said)
        self.meeting.wait()
        return everything

    def gather(self, mine):
        everything = self.allgather(mine)
        return None if self.rank else everything


class Desk(member.Laboratory):
    """A laboratory whose members need a table of their own, and one that each has together with three others."""

    def __init__(self):
        self.rows, self.made = {}, []

    def key(self, scan, inputs):
        return scan, str(inputs["n"] if scan == "own" else inputs["n"] // 4)

    def compute(self, scan, inputs):
        key = self.key(scan, inputs)
        if key not in self.rows:
            self.made.append(key)
            self.rows[key] = {}
        return self.rows[key]

    def curves(self, inputs):
        for scan in ("own", "common"):
            self.compute(scan, inputs)
        return [], ["own", "common"]


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_ranks_share_members_and_tables_evenly(ranks):
    meeting, said = threading.Barrier(ranks, timeout=30), [None] * ranks
    asked = [(n, f"key {n}", {"n": n}) for n in range(-1, 23)]
    works = [blocks._Work(World(rank, meeting, said), Desk()) for rank in range(ranks)]
    with ThreadPoolExecutor(ranks) as pool:
        complete, *others = pool.map(lambda work: (work.members(asked), work.tables()), works)
    assert sorted(one.number for one in complete[0]) == list(range(-1, 23))
    assert all(members is None for members, _ in others)
    own, common = (
        [[key for scan, key in work.laboratory.made if scan == wanted] for work in works]
        for wanted in ("own", "common")
    )
    assert [len(mine) for mine in own] == [24 // ranks] * ranks and len(set().union(*own)) == 24
    common = [key for mine in common for key in mine]
    # Of the first members each rank makes its own; of the others nothing is made twice.
    assert len(set(common)) == 7 and len(common) - len(set(common)) <= max(0, ranks - 2)
    assert {tables for _, tables in (complete, *others)} == {24 + 7}


def test_a_missing_block_says_what_to_run(tmp_path):
    made = complete(members=4)
    with pytest.raises(InputError) as caught:
        collect.read_members(made, NAME)
    assert "`nubounds run --config here ensemble`" in str(caught.value) and "--block 0_3" in str(caught.value)


# Errors of quantiles and limit files with bands


@pytest.mark.parametrize("quantile", [name for name in bands.QUANTILES if name != "q500"])
@pytest.mark.parametrize(("limits", "scale"), [(exposure_limits, 0.25 * np.log(2.0)), (several_limits, 0.4)])
def test_the_errors_of_quantiles_cover_over_200_seeds(limits, scale, quantile):
    """Both limits are lognormal: of medians 100^(-1/4) and 1."""
    exact = {exposure_limits: 100**-0.25, several_limits: 1.0}[limits]
    exact *= np.exp(scale * ndtri(bands.QUANTILES[quantile]))
    off = []
    for seed in range(200):
        members = limits(128, seed)
        off += [abs(bands.quantiles(members)[quantile][0] - exact) / bands.quantile_errors(members)[quantile][0]]
    assert np.mean(np.array(off) <= 1) >= 0.68 and np.mean(np.array(off) <= 2) >= 0.93


def test_errors_of_quantiles_of_independent_members():
    numbers = np.random.default_rng(2).normal(10, 1, (100, 2000))
    for name, share in bands.QUANTILES.items():
        error = bands.quantile_errors(numbers)[name]
        inside = np.abs(bands.quantiles(numbers)[name] - 10 - ndtri(share)) <= error
        assert 0.6 < inside[np.isfinite(error)].mean() < 0.9, name


def test_too_few_members_for_a_tail_have_no_error_there():
    errors = bands.quantile_errors(np.random.default_rng(3).normal(10, 1, (16, 1)))
    assert np.isnan(errors["q025"][0]) and np.isnan(errors["q975"][0]) and errors["q500"][0] > 0


@pytest.fixture(scope="module")
def limit_files(tmp_path_factory):
    """Folder of the limit files of an ensemble of 32 members, and its table of bands."""
    folder = tmp_path_factory.mktemp("ensemble")
    found = run(folder, per_job=32, members=32)
    return folder / NAME / "ensemble/limits", found["bands"]


def test_limit_files_hold_the_bands(limit_files):
    folder, band = limit_files
    for limit in nb.read_limits(folder):
        rows = band[band["curve"] == limit.name]
        table = limit.to_pandas()
        np.testing.assert_array_equal(table["m_keV"], rows["x"])
        nominal = rows["nominal"].to_numpy()
        np.testing.assert_array_equal(table[limit.y_name], np.where(np.isfinite(nominal), nominal, np.nan))
        for name in (*bands.QUANTILES, "without_limit", "q160_error"):
            np.testing.assert_array_equal(table[name], rows[name])
        assert limit.band.members == 32 and limit.provenance["ensemble"]["members"] == 32
        written = tables.read_table(folder / f"{limits.file_stem(limit)}.csv")
        np.testing.assert_array_equal(written["q840"], rows["q840"])


def test_hepdata_validator_accepts_the_uncertainties(limit_files):
    full = pytest.importorskip(
        "hepdata_validator.full_submission_validator", reason="hepdata-validator is not installed"
    )
    folder, band = limit_files
    validator = full.FullSubmissionValidator()
    assert validator.validate(directory=str(folder / "hepdata")), validator.get_messages()
    name = band["curve"].iloc[0]
    (limit,) = (limit for limit in nb.read_limits(folder) if limit.name == name)
    table = yaml_reader.read(folder / "hepdata" / f"{limits.file_stem(limit)}.yaml")
    median = table["dependent_variables"][1]["values"][0]
    row = band.iloc[0]
    assert median["value"] == row["q500"] and [one["label"] for one in median["errors"]] == [
        "inputs, 68 %",
        "inputs, 95 %",
    ]
    assert median["value"] + median["errors"][0]["asymerror"]["plus"] == close(row["q840"])
    assert median["value"] + median["errors"][1]["asymerror"]["minus"] == close(row["q025"])


def test_a_limit_draws_its_band(limit_files):
    folder, _ = limit_files
    (limit, *_) = nb.read_limits(folder)
    axes = limit.plot(Figure().add_subplot())
    outer, inner = axes.collections
    for shade, low, high in ((outer, "q025", "q975"), (inner, "q160", "q840")):
        heights = np.concatenate([path.vertices[:, 1] for path in shade.get_paths()])
        edges = np.array([limit.band.columns[low], limit.band.columns[high]])
        edges = edges[:, np.isfinite(edges).all(axis=0)]
        assert heights.min() == close(edges.min()) and heights.max() == close(edges.max())


def test_a_band_reads_back_with_what_has_no_limit():
    columns = {name: np.array([1.0, np.inf]) for name in bands.QUANTILES} | {"error": np.array([0.1, np.nan])}
    band = limits.Band(np.array([1.0, 2.0]), columns, 8)
    plain = json.loads(json.dumps(band.plain("m"), allow_nan=False))
    assert plain["q500"] == [1.0, None]
    again = limits.Band.of(plain, "m", "upper")
    for name, values in columns.items():
        np.testing.assert_array_equal(again.columns[name], values)
    assert limits.Band.of(plain, "m", "top").columns["q500"][1] == -np.inf


# Maps of the share of members that exclude a point


def test_the_map_of_a_limit_is_the_distribution_of_its_edge():
    (one,) = shares.maps([sheet([[1.0], [2.0], [4.0], [np.inf]])])
    for height, share in zip(one.y, one.share[:, 0], strict=True):
        assert share == np.mean(np.array([1, 2, 4, np.inf]) <= height)
    assert one.y[0] < 1 and one.y[-1] > 4 and one.share.min() == 0 and one.share.max() == 0.75
    (lower,) = shares.maps([sheet([[1.0], [2.0]], side="lower")])
    assert lower.share[0, 0] == 1 and lower.share[-1, 0] == 0


def test_the_map_of_a_region_takes_both_edges_of_each_member():
    # At x = 1 two members with regions side by side, at x = 2 one of them has none.
    bottom = sheet([[1.0, 1.0], [10.0, np.inf]], (1.0, 2.0), side="bottom", region="island")
    top = sheet([[5.0, 5.0], [50.0, -np.inf]], (1.0, 2.0), side="top", region="island")
    (one,) = shares.maps([bottom, top])
    assert one.name == "island" and one.x.tolist() == [1, 2]
    between = (one.y > 5) & (one.y < 10)
    assert between.any() and np.all(one.share[between] == 0)  # of no member, though between the outermost edges
    assert set(one.share[:, 0]) == {0, 0.5} and np.all(one.share[one.y > 5, 1] == 0)


def test_lines_and_edges_without_a_partner_exclude_nothing():
    assert list(shares.maps([sheet([[1.0], [2.0]], side="line"), sheet([[1.0]], side="top", region="r")])) == []


def test_a_plane_shows_the_bands(limit_files):
    folder, band = limit_files
    made = small(folder.parents[2], per_job=32, members=32)
    files = planes_collect.read_files(made, bands=True)
    plane = declaration.get("sterile_mixing")
    found = planes_collect.collect(plane, made, folder / "none", files)
    for limit in found:
        rows = band[band["curve"] == limit.curve.name]
        np.testing.assert_array_equal(limit.band.columns["q500"], rows["q500"])
    figure, caption = drawing.figure_of(plane, found)
    shaded = [one for one in figure.axes[0].collections if isinstance(one, FillBetweenPolyCollection)]
    main = [limit for limit in found if not limit.variant and limit.curve.side != "line"]
    assert len(shaded) == 2 * len(main) > 0 and "95 % of 32 members" in caption
    without, caption = drawing.figure_of(plane, [dataclasses.replace(limit, band=None) for limit in found])
    assert not any(isinstance(one, FillBetweenPolyCollection) for one in without.axes[0].collections)
    assert "members" not in caption


def test_the_explorer_shows_planes_and_a_page_its_priors(limit_files):
    folder, _ = limit_files
    made = small(folder.parents[2], per_job=32, members=32)
    for name in declaration.names():
        drawing.draw(made, name, False, lambda line: None, bands=True)
    report.write_explorer(made, lambda line: None)
    report.write_ensemble(made, NAME, lambda line: None)
    explorer, page = (
        (folder.parents[2] / f"report/{name}.html").read_text() for name in ("explorer", f"{NAME}_ensemble")
    )
    assert 'id="sterile_mixing"' in explorer and 'id="scalar"' not in explorer  # a plane without limits is left out
    for key, one in variable(registry.get(NAME)).items():
        assert (f"<td>{key}</td>" in page) == (one.prior is not None)
    assert priors.in_words(priors.Normal(12.0, 0.8)) in page
