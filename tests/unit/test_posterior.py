"""Posteriors of a config: what they ask for, how work is dealt out, and that the sampler finds what a grid finds."""

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import nubounds as nb
from close import close
from nubounds import config
from nubounds.contract import InputError
from nubounds.files.layout import Layout
from nubounds.posterior import figures, plan, ranks, sample

TWO = [f"sigma_{name}" for name in ("t_ly", "t_qy", "f_er", "f_neutron", "f_hep", "f_eff")]
TWO += [f"sigma_f_ac_sr{k}" for k in range(3)]  # what is left: the moment and the 8B flux
ENTRY = {
    "constraint": "xenon_cevns",
    "likelihood": "xenonnt",
    "inputs": {"analysis": "counting", **dict.fromkeys(TWO, 0)},
    "fixed": {"m4_MeV": 0.1},
    "priors": {"mu_muB": {"uniform": {"low": 0, "high": 5e-9}}},
    "n_live": 100,
    "n_eff": 500,
    "n_networks": 0,
}


def made(folder, **changes):
    given = {"results": str(folder), "allow_outside_files": True, "resolution": "toy", "constraints": ["xenon_cevns"]}
    return config.complete({**given, "posteriors": {"flux": {**ENTRY, **changes}}}, "c.yaml")


def problem(folder, **changes):
    with pytest.raises(InputError) as raised:
        plan.check(made(folder, **changes))
    (line,) = str(raised.value).splitlines()
    return line


# ---- the section ---------------------------------------------------------------------------------------------------

WRONG = {
    "likelihood": (
        {"likelihood": "xenon"},
        "posteriors.flux: xenon_cevns has no likelihood xenon (did you mean xenonnt?)",
    ),
    "constraint": ({"constraint": "solar_cevns"}, "solar_cevns is not among the constraints of this config"),
    "no_likelihood": ({"constraint": "sn_diffusion"}, "posteriors.flux.constraint: 'sn_diffusion' is not one of"),
    "parameter": ({"priors": {"mu": {"uniform": {"low": 0, "high": 1e-9}}}}, "mu_muB: needs a prior in priors"),
    "unknown": (
        {"priors": ENTRY["priors"] | {"mu": {"uniform": {"low": 0, "high": 1e-9}}}},
        "no parameter of interest mu; valid: mu_muB",
    ),
    "free_mass": ({"fixed": {}}, "posteriors.flux: m4_MeV: needs a prior in priors, or a value in fixed"),
    "bounds": ({"priors": {"mu_muB": {"uniform": {"low": 0, "high": 2}}}}, "must lie in 0 to 1"),
    "empty": ({"priors": {"mu_muB": {"uniform": {"low": 1e-9, "high": 1e-9}}}}, "uniform: low must be below high"),
    "logarithm": ({"priors": {"mu_muB": {"loguniform": {"low": 0, "high": 1}}}}, "loguniform: low must be above 0"),
    "kind": (
        {"priors": {"mu_muB": {"normal": {"mean": 0, "sd": 1}}}},
        "unknown key normal (did you mean uniform?); valid: uniform, loguniform",
    ),
    "input": ({"inputs": {"sigma_f_ef": 0.1}}, "sigma_f_ef"),
    "file": ({"inputs": {"data_file": "nowhere.npz"}}, "posteriors.flux.inputs.data_file: no file nowhere.npz"),
    "one_parameter": (
        {"inputs": ENTRY["inputs"] | {"flux_8b": "sno", "sigma_f_8b": 0}},
        "the sampler needs at least two parameters",
    ),
    "live_points": ({"n_live": 10}, "posteriors.flux.n_live: 10 is less than the minimum of 100"),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_sampled_is_one_line(tmp_path, changes, message):
    assert message in problem(tmp_path / "results", **changes)


def test_the_checked_config_is_the_same_config(tmp_path):
    first = made(tmp_path / "results", priors={"mu_muB": {"loguniform": {"low": 1e-11, "high": 5e-9}}})
    again = config.complete(first.effective(), "c.yaml")
    assert again.posteriors == first.posteriors
    assert first.posteriors["flux"].ranges == {"mu_muB": (1e-11, 5e-9)}
    assert first.posteriors["flux"].logarithmic == {"mu_muB"}


def test_a_change_of_the_question_is_another_fingerprint(tmp_path):
    found = [plan.fingerprint(made(tmp_path / "results", **change), "flux") for change in ({}, {}, {"seed": 2})]
    assert found[0] == found[1] != found[2]


def test_without_the_sampler_there_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "NEEDED", {"no_such_module": "no-such-package"})
    with pytest.raises(InputError, match=r"no-such-package not installed here: pip install 'nubounds\[sample\]'"):
        sample.sample(made(tmp_path / "results"), "flux", 1, None, [])
    with pytest.raises(InputError, match="no posterior mass; valid: flux"):
        sample.sample(made(tmp_path / "results"), "mass", 1, None, [])


# ---- ranks ---------------------------------------------------------------------------------------------------------


class World:
    """MPI's scatter and gather among threads."""

    def __init__(self, size):
        self.size, self.barrier, self.slots = size, threading.Barrier(size), [None] * size
        self.rank = threading.local()

    def Get_size(self):
        return self.size

    def _exchange(self, change):
        self.barrier.wait(20)
        change()
        self.barrier.wait(20)

    def scatter(self, parts):
        mine = self.rank.number
        self._exchange(lambda: self.slots.__setitem__(slice(None), parts) if mine == 0 else None)
        return self.slots[mine]

    def gather(self, part):
        mine = self.rank.number
        self._exchange(lambda: self.slots.__setitem__(mine, part))
        return list(self.slots) if mine == 0 else None


class Counter:
    """A function that changes the object that it belongs to."""

    def __init__(self):
        self.calls = 0

    def add(self, x):
        self.calls += 1
        return self.calls, x


@pytest.mark.parametrize("size", [1, 2, 3])
def test_results_do_not_depend_on_the_number_of_ranks(size):
    world = World(size) if size > 1 else None
    work = ranks.Ranks(world, lambda x: 10 * x)

    def other(number):
        world.rank.number = number
        work.serve()

    threads = [threading.Thread(target=other, args=(number,)) for number in range(1, size)]
    for thread in threads:
        thread.start()
    if world:
        world.rank.number = 0
    of_likelihood, of_sampler = ranks.Pool(work, of_likelihood=True), ranks.Pool(work)
    for tasks in ([], [1], list(range(7))):
        assert of_likelihood.map(None, tasks) == [10 * x for x in tasks]
        assert of_sampler.map(Counter().add, tasks) == [(1, x) for x in tasks]
    work.dismiss()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


# ---- what is written -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A results folder with samples that no sampler made: the folder's config, points and weights."""
    checked = made(tmp_path_factory.mktemp("written") / "results")
    like, random = plan.likelihood(checked, "flux"), np.random.default_rng(1)
    points = np.stack([random.uniform(0, 5e-9, 4000), random.normal(1.0, 0.04, 4000)], axis=1)
    weights = np.exp(-0.5 * (points[:, 0] / 1e-9) ** 2)
    alone = like(points) - like.log_prior(points)
    sample.write(Layout(checked.results), "flux", like, checked.posteriors["flux"], points, weights, alone, -1.0)
    return checked, points, weights


def summary(checked):
    return nb.read_table(checked.results / "posterior/flux/summary.csv").set_index("parameter")


def test_the_summary_is_that_of_the_points(written):
    checked, points, weights = written
    found = summary(checked)
    assert list(found.index) == ["mu_muB", "f_8b"]
    mean = np.average(points, axis=0, weights=weights)
    assert found["mean"].to_numpy() == close(mean, rel=1e-12)
    assert found["sd"]["f_8b"] == close(0.04, rel=0.05)
    assert found["q500"]["mu_muB"] == close(0.6745e-9, rel=0.05)  # half a Gaussian
    assert found["q975"]["mu_muB"] == close(2.2414e-9, rel=0.05)


def test_quantiles_of_equal_weights_are_the_usual_ones():
    values = np.random.default_rng(2).normal(size=1001)
    for share in (0.025, 0.5, 0.84):
        found = sample.quantile(values, np.full(1001, 0.3), share)
        assert found == close(np.quantile(values, share, method="hazen"), rel=1e-10)


def test_the_corner_plot_is_drawn_and_names_its_chain(written, tmp_path):
    checked, *_ = written
    figures.draw(checked, "flux", lambda line: None)
    for ending in ("pdf", "png"):
        assert Layout(checked.results).posterior_corner("flux", ending).stat().st_size > 5000
    with pytest.raises(InputError, match="run `nubounds posterior flux` first"):
        figures.draw(made(tmp_path / "results"), "flux", print)


# ---- the sampler ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sampled(tmp_path_factory):
    pytest.importorskip("nautilus", reason="nautilus-sampler is not installed")
    checked = made(tmp_path_factory.mktemp("sampled") / "results")
    sample.sample(checked, "flux", 1, None, [])
    return checked


def expected(checked):
    """Mean and standard deviation of the moment from a grid, and ln of the evidence."""
    like = plan.likelihood(checked, "flux")
    mu, f = np.meshgrid(np.linspace(0, 5e-9, 1000), np.linspace(0.8, 1.2, 200), indexing="ij")
    log_l = like(mu_muB=mu, f_8b=f)
    weights = np.exp(log_l - log_l.max())
    area = (mu[1, 0] / 5e-9) * (f[0, 1] - f[0, 0]) / (like.parameters[1].prior.sd * np.sqrt(2 * np.pi))
    mean = np.average(mu, weights=weights)
    sd = np.sqrt(np.average((mu - mean) ** 2, weights=weights))
    return mean, sd, log_l.max() + np.log(weights.sum() * area)


def assert_is_the_posterior(checked):
    mean, sd, evidence = expected(checked)
    found = summary(checked).loc["mu_muB"]
    assert found["mean"] == close(mean, abs=5 * sd / np.sqrt(500))
    assert found["sd"] == close(sd, rel=5 / np.sqrt(1000))
    header = (checked.results / "posterior/flux/summary.csv").read_text()
    assert float(header.split("ln evidence ")[1].split(",")[0]) == close(evidence, abs=0.3)


def test_the_sampler_finds_what_a_grid_finds(sampled):
    assert_is_the_posterior(sampled)


class KilledError(Exception):
    pass


def test_a_killed_run_goes_on(sampled, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sample, "CHECKPOINT_S", 1e-3)
    checked, replace, count = made(tmp_path / "results"), Path.replace, [0]

    def counting(path, target):
        replace(path, target)
        count[0] += 1
        if count[0] == 5:
            raise KilledError

    monkeypatch.setattr(Path, "replace", counting)
    with pytest.raises(KilledError):
        sample.sample(checked, "flux", 1, None, [])
    monkeypatch.undo()
    capsys.readouterr()
    sample.sample(checked, "flux", 1, None, [])
    assert re.search(r"goes on after [1-9]\d+ evaluations", capsys.readouterr().err)
    assert_is_the_posterior(checked)
    for path in checked.results.glob("posterior/flux/*"):
        path.unlink()
    (checkpoint,) = (checked.results / ".nubounds/posterior").glob("*.h5")
    checkpoint.write_bytes(checkpoint.read_bytes()[:2000])
    sample.sample(checked, "flux", 1, None, [])
    assert "begins anew" in capsys.readouterr().err
    chain = "posterior/flux/flux_1.txt"
    assert (checked.results / chain).read_bytes() == (sampled.results / chain).read_bytes()


@pytest.mark.slow
def test_two_ranks_write_the_same_bytes(sampled, tmp_path):
    pytest.importorskip("mpi4py", reason="mpi4py is not installed")
    checked = made(tmp_path / "results")
    (tmp_path / "c.json").write_text(json.dumps(checked.effective()))
    launcher = [str(Path(sys.executable).with_name("mpiexec")), "-n", "2", sys.executable, "-m", "mpi4py"]
    command = [*launcher, "-m", "nubounds", "posterior", "flux", "--ranks", "2", "--config", str(tmp_path / "c.json")]
    pinned = [sys.executable, "-m", "nubounds", "posterior", "flux", "--config", str(tmp_path / "one.json")]
    (tmp_path / "one.json").write_text(json.dumps({**checked.effective(), "results": str(tmp_path / "one")}))
    for words in (command, pinned):
        done = subprocess.run(words, capture_output=True, text=True, env=os.environ, timeout=300)
        assert done.returncode == 0, done.stderr
    for path in Layout(checked.results).posterior_files("flux"):
        one = tmp_path / "one" / path.relative_to(checked.results)
        assert path.read_bytes() == one.read_bytes(), path
