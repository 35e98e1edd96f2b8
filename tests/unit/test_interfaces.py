"""Likelihoods in the hands of the real programs: the same ln L, the same fits, the same posteriors."""

import pickle

import numpy as np
import pytest

import nubounds as nb
from close import close
from nubounds.contract import InputError
from nubounds.interfaces import chains, posterior

RANGES = {"mu_muB": (0.0, 5e-9)}
SAMPLED = ("mu_muB", "f_8b")


@pytest.fixture(scope="module")
def like():
    return nb.constraint("xenon_cevns").likelihood("xenonnt", analysis="counting").fixed(m4_MeV=0.1)


def theta_of(like, **values):
    return np.array([{**like.centres, "mu_muB": 1e-9, **values}[name] for name in like.names])


def summary(samples, weights=None):
    """Means and standard deviations of (mu, f_8b), shape (2, 2)."""
    mean = np.average(samples, axis=0, weights=weights)
    return np.array([mean, np.sqrt(np.average((samples - mean) ** 2, axis=0, weights=weights))])


def emcee_samples(like, steps=5000):
    emcee = pytest.importorskip("emcee", reason="emcee is not installed")
    from nubounds.interfaces import emcee as adapter

    made = adapter.sampler(like, 64, RANGES, moves=emcee.moves.DEMove())
    made.random_state = np.random.RandomState(1).get_state()
    made.run_mcmc(adapter.start(like, 64, 1, RANGES), steps)
    chain = made.get_chain(discard=steps // 5)[:, :, [like.names.index(name) for name in SAMPLED]]
    times = emcee.autocorr.integrated_time(chain, quiet=True)
    return chain.reshape(-1, 2), chain.shape[0] * chain.shape[1] / times.max()


def direct_samples(like):
    """Nuisances from their priors with the likelihood as weight: no sampler at all."""
    random, n = np.random.default_rng(3), 400000
    columns = [
        random.uniform(*RANGES[one.name], n) if one.prior is None else random.normal(one.prior.mean, one.prior.sd, n)
        for one in like.parameters
    ]
    theta = np.stack(columns, axis=1)
    log_weight = posterior.WithoutPriors(like)(theta)
    weights = np.exp(log_weight - log_weight.max())
    return theta[:, [like.names.index(name) for name in SAMPLED]], weights


def test_emcee_samples_the_posterior(like):
    chain, effective = emcee_samples(like)
    assert effective > 1000
    samples, weights = direct_samples(like)
    expected = summary(samples, weights)
    size = np.sqrt(1 / effective + np.sum(weights**2) / np.sum(weights) ** 2)
    assert (abs(summary(chain) - expected) < 5 * size * expected[1]).all()


@pytest.mark.slow
def test_nautilus_and_emcee_give_the_same_posterior(like):
    pytest.importorskip("nautilus", reason="nautilus-sampler is not installed")
    from nubounds.interfaces import nautilus as adapter

    made = adapter.sampler(like, RANGES, n_live=400, n_networks=1, seed=1)
    assert made.run(n_eff=3000, f_live=0.05)
    points, log_weights, _ = made.posterior()
    weights = np.exp(log_weights)
    found = summary(points[:, [like.names.index(name) for name in SAMPLED]], weights)
    chain, effective = emcee_samples(like)
    expected = summary(chain)
    size = np.sqrt(1 / effective + np.sum(weights**2) / np.sum(weights) ** 2)
    assert (abs(found - expected) < 5 * size * expected[1]).all()


def test_nautilus_gets_priors_within_bounds(like):
    pytest.importorskip("nautilus", reason="nautilus-sampler is not installed")
    from nubounds.interfaces import nautilus as adapter

    made = adapter.prior(like, RANGES)
    assert tuple(made.keys) == like.names
    low, middle, high = (made.unit_to_physical(np.full(len(like.names), u)) for u in (0.0, 0.5, 1.0))
    for k, one in enumerate(like.parameters):
        least, most = RANGES.get(one.name, (one.minimum, one.maximum))
        assert sorted([low[k], high[k]]) == close([least, most], rel=1e-9, abs=1e-15)
    assert middle[like.names.index("f_8b")] == close(1.0, abs=1e-6)


@pytest.mark.parametrize("scenario", ["next_generation", "current"])
def test_iminuit_finds_the_profile(scenario):
    iminuit = pytest.importorskip("iminuit", reason="iminuit is not installed")
    from nubounds.interfaces.iminuit import minuit

    like = nb.constraint("solar_cevns").likelihood(scenario).fixed(m4_MeV=2.0)
    limit = nb.evaluate("solar_cevns.moment_limit", scenario=scenario, flavour="all", m4_MeV=2.0)
    like = like.with_data(like.toys(1, 3, mu_muB=2 * limit)[0])
    made = minuit(like, mu_muB=limit)
    made.migrad()
    fit = like.fit()
    assert made.valid and made.fval == close(-float(fit.log_likelihood), abs=1e-3)
    assert made.values["mu_muB"] == close(float(fit.parameters["mu_muB"]), rel=1e-3)
    low, high = (
        made.values["mu_muB"] + error
        for error in (made.minos("mu_muB").merrors["mu_muB"].lower, made.merrors["mu_muB"].upper)
    )
    for edge in (low, high):
        assert fit.log_likelihood - like.profile(mu_muB=edge) == close(0.5, abs=0.01)
    assert made.errordef == iminuit.Minuit.LIKELIHOOD


def test_iminuit_fits_xenon(like):
    pytest.importorskip("iminuit", reason="iminuit is not installed")
    from nubounds.interfaces.iminuit import minuit

    held = like.fixed(mu_muB=1e-9)
    made = minuit(held)
    made.migrad()
    assert -made.fval == close(float(like.profile(mu_muB=1e-9)), abs=1e-3)
    with pytest.raises(InputError, match="where do mu_muB begin"):
        minuit(like)
    with pytest.raises(InputError, match="is zero where the fit begins"):
        minuit(like, mu_muB=2.0)


COBAYA = {
    "likelihood": {
        "nubounds.interfaces.cobaya.Likelihood": {
            "constraint": "xenon_cevns",
            "likelihood": "xenonnt",
            "inputs": {"analysis": "counting", "sigma_f_er": 0},
        }
    },
    "params": {"mu_muB": {"prior": {"min": 0, "max": 5e-9}}, "m4_MeV": 0.1},
}


def test_cobaya_knows_parameters_and_priors():
    model = pytest.importorskip("cobaya.model", reason="cobaya is not installed")
    like = nb.constraint("xenon_cevns").likelihood("xenonnt", analysis="counting", sigma_f_er=0).fixed(m4_MeV=0.1)
    made = model.get_model(COBAYA)
    assert set(made.parameterization.sampled_params()) == set(like.names)
    places = [{**like.centres, "mu_muB": mu, "f_8b": f, "f_eff": e} for mu, f, e in ((0.0, 1.0, 1.0), (1e-9, 0.9, 1.2))]
    found = [made.logposterior(place) for place in places]
    expected = [float(like(**place)) for place in places]
    assert found[1].logpost - found[0].logpost == close(expected[1] - expected[0], rel=1e-9)
    for one, place in zip(found, places, strict=True):
        alone = float(like(**place) - like.log_prior(**place))
        assert one.loglikes[0] == close(alone, rel=1e-12)
    outside = made.logposterior({**places[0], "f_eff": 1.6})
    assert outside.logpost == -np.inf


def test_cobaya_samples_the_posterior():
    """Two parameters by Metropolis and by a grid."""
    run = pytest.importorskip("cobaya.run", reason="cobaya is not installed")
    others = {
        "f_eff": 1.0,
        "f_hep": 1.0,
        "f_ac_sr0": 1.0,
        "f_ac_sr1": 1.0,
        "f_ac_sr2": 1.0,
        "f_neutron": 1.0,
        "t_ly": 0.0,
        "t_qy": 0.0,
    }
    mu = {"prior": {"min": 0, "max": 5e-9}, "ref": 7e-10, "proposal": 5e-10}
    sampler = {"mcmc": {"max_samples": 4000, "seed": 1, "Rminus1_stop": 0.0, "Rminus1_cl_stop": 0.0, "burn_in": 0}}
    info = {**COBAYA, "params": {**COBAYA["params"], **others, "mu_muB": mu}, "sampler": sampler, "debug": 50}
    _, made = run.run(info, no_mpi=True)
    chain = made.products(skip_samples=0.2)["sample"]
    like = (
        nb.constraint("xenon_cevns")
        .likelihood("xenonnt", analysis="counting", sigma_f_er=0)
        .fixed(m4_MeV=0.1, **others)
    )
    mu, f = np.meshgrid(np.linspace(0, 5e-9, 400), np.linspace(0.8, 1.2, 200), indexing="ij")
    weights = np.exp(like(mu_muB=mu, f_8b=f) - like(mu_muB=mu, f_8b=f).max())
    expected = summary(np.stack([mu.ravel(), f.ravel()], axis=1), weights.ravel())
    found = summary(chain[list(SAMPLED)].to_numpy(), chain["weight"].to_numpy())
    assert (abs(found - expected) < 0.15 * expected[1]).all()


def test_ranges_that_make_no_sense_are_one_line(like):
    for ranges, message in (
        ({"mu": (0, 1e-9)}, "no parameter of interest mu; valid: mu_muB"),
        ({"mu_muB": (0, 2)}, "must lie in 0 to 1"),
        ({"mu_muB": (1e-9, 1e-9)}, "must lie in"),
    ):
        with pytest.raises(InputError, match=message):
            posterior.flat_ranges(like, ranges)
    assert posterior.flat_ranges(like) == {"mu_muB": (0.0, 1.0)}


def test_posteriors_are_flat_inside_their_ranges_and_travel(like):
    of = pickle.loads(pickle.dumps(posterior.Posterior(like, RANGES)))
    theta = np.stack([theta_of(like), theta_of(like, mu_muB=6e-9), theta_of(like, f_eff=1.7)])
    assert of(theta)[0] == like(theta[0]) == of(theta[0]) and (of(theta)[1:] == -np.inf).all()
    alone = posterior.WithoutPriors(like)(theta[:1])
    assert alone + like.log_prior(theta[:1]) == close(like(theta[:1]), rel=1e-12)


def test_chains_are_read_by_getdist(like, tmp_path):
    getdist = pytest.importorskip("getdist", reason="getdist is not installed")
    random = np.random.default_rng(1)
    points = random.normal(1.0, 0.1, (500, len(like.parameters)))
    points[:, 0] = random.uniform(0, 5e-9, 500)
    weights = random.uniform(0, 1, 500)
    weights[::7] = 0.0
    files = chains.write(tmp_path / "folder/xenon", like, points, like(points), weights, RANGES)
    assert [file.name for file in files] == ["xenon_1.txt", "xenon.paramnames", "xenon.ranges"]
    found = getdist.loadMCSamples(str(tmp_path / "folder/xenon"))
    assert tuple(found.getParamNames().list()) == like.names
    assert found.numrows == 500 - len(weights[::7])
    assert found.mean("f_8b") == close(np.average(points[:, like.names.index("f_8b")], weights=weights), rel=1e-8)
    assert found.ranges.getLower("mu_muB") == 0 and found.ranges.getUpper("mu_muB") == 5e-9
    assert found.ranges.getUpper("f_8b") is None and found.ranges.getLower("f_eff") == 0.5
    assert found.loglikes[0] == close(-float(like(points[1])), rel=1e-9)  # the first row has no weight


def test_draws_are_read_by_arviz(like, tmp_path):
    arviz = pytest.importorskip("arviz", reason="arviz is not installed")
    path, points, weights = weighted_draws(like, tmp_path)
    found = arviz.from_netcdf(path)
    count = int(weights.sum() ** 2 / np.sum(weights**2))
    assert tuple(found.posterior.data_vars) == tuple(sorted(like.names))
    assert found.posterior["f_8b"].dims == ("chain", "draw") and found.posterior["f_8b"].shape == (1, count)
    assert found.posterior["f_8b"].attrs["units"] == "1"
    mean = float(arviz.summary(found, var_names=["f_8b"], round_to="none")["mean"].iloc[0])
    k, sd = like.names.index("f_8b"), 0.1
    assert mean == close(np.average(points[:, k], weights=weights), abs=5 * sd / np.sqrt(count))
    here = {name: found.posterior[name].values[0, 0] for name in like.names}
    assert found.sample_stats["lp"].values[0, 0] == close(float(like(**here)), rel=1e-9)


def weighted_draws(like, folder):
    """A file of draws of weighted points, the points, and their weights."""
    random = np.random.default_rng(2)
    points = random.normal(1.0, 0.1, (3000, len(like.parameters)))
    points[:, 0] = random.uniform(0, 5e-9, 3000)
    weights = random.uniform(0, 1, 3000)
    weights[::7] = 0.0
    chains.write_netcdf(folder / "draws.nc", like, points, like(points), weights, seed=3)
    return folder / "draws.nc", points, weights


def test_draws_are_as_many_as_weights_are_worth(like, tmp_path):
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    path, points, weights = weighted_draws(like, tmp_path)
    first = path.read_bytes()
    with h5py.File(path) as file:
        drawn = file["posterior/f_8b"][0]
        assert [scale[0].name for scale in file["posterior/f_8b"].dims] == ["/posterior/chain", "/posterior/draw"]
    assert len(drawn) == int(weights.sum() ** 2 / np.sum(weights**2))
    column = points[:, like.names.index("f_8b")]
    times = np.array([np.count_nonzero(drawn == x) for x in column])
    expected = len(drawn) * weights / weights.sum()
    assert (np.abs(times - expected) <= 1.0).all()  # each as often as its weight says, but for rounding
    weighted_draws(like, tmp_path)
    assert path.read_bytes() == first


def test_chains_of_another_shape_are_one_line(like, tmp_path):
    with pytest.raises(InputError, match="do not fit together"):
        chains.write(tmp_path / "x", like, np.ones((3, 2)), np.ones(3))
    files = chains.write(tmp_path / "x", like, np.ones((3, len(like.names))), np.ones(3))
    assert np.loadtxt(files[0]).shape == (3, len(like.names) + 2)
