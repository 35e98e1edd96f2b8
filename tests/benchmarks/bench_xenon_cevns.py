"""XENONnT's likelihood, yields held: beside plain numpy with iminuit, and pyhf with the same model (`pip install pyhf`)."""

import harness
import numpy as np
import pytest
import xenon_peers

PLACE = {"mu_muB": 1.1e-9, "f_8b": 1.02, "f_hep": 0.9, "f_er": 1.3, "f_neutron": 0.8, "f_eff": 0.85}
PLACE |= {"f_ac_sr0": 1.05, "f_ac_sr1": 0.97, "f_ac_sr2": 1.02}
CENTRE = {"mu_muB": 0.0, **dict.fromkeys(xenon_peers.SIGMAS, 1.0)}
MU = 2e-9
ANALYSIS = "binned" if xenon_peers.FILE.is_file() else "counting"
WHAT = f"{ANALYSIS} analysis, eight nuisances, yields held, at {xenon_peers.M4_MEV:g} MeV"


def rows(like, n):
    theta = np.array([[PLACE[name] for name in like.names]])
    return np.tile(theta, (n, 1))


def batch_way(n=10000):
    like = xenon_peers.likelihood(ANALYSIS)
    theta, base = rows(like, n), float(like(**CENTRE))
    return harness.Way(f"kernel, {n} places at once", lambda: float(like(theta)[-1]) - base, results=n)


def single_way():
    like = xenon_peers.likelihood(ANALYSIS)
    theta, base = rows(like, 1), float(like(**CENTRE))
    return harness.Way("kernel, a call for one place", lambda: float(like(theta)[0]) - base)


def profile_way(toys=500):
    like = xenon_peers.likelihood(ANALYSIS)
    sets = like.with_data(np.tile(like.data.values, (toys, 1)))
    base = float(like(**CENTRE))
    return harness.Way(
        f"kernel, {toys} data sets at once", lambda: float(sets.profile(mu_muB=MU)[-1]) - base, results=toys
    )


def test_likelihood():
    pytest.importorskip("pyhf", reason="pyhf is not installed")
    like = xenon_peers.likelihood(ANALYSIS)
    parts = xenon_peers.Parts(like)
    theirs = xenon_peers.Histograms(parts)
    numpy_base, pyhf_base = parts.log_likelihood(CENTRE), theirs.log_likelihood(CENTRE)
    peers = [
        harness.Way("numpy, a call for one place", lambda: parts.log_likelihood(PLACE) - numpy_base),
        harness.Way("pyhf, numpy backend, a call for one place", lambda: theirs.log_likelihood(PLACE) - pyhf_base),
    ]
    what = f"ln L over that at the centres: {WHAT}."
    core = harness.Core("xenon_cevns likelihood", what, peers[0].run(), batch_way(), peers, [single_way()])
    harness.store(harness.compare(core))


def test_profile():
    pytest.importorskip("pyhf", reason="pyhf is not installed")
    like = xenon_peers.likelihood(ANALYSIS)
    parts = xenon_peers.Parts(like)
    theirs = xenon_peers.Histograms(parts)
    numpy_base, pyhf_base = parts.log_likelihood(CENTRE), theirs.log_likelihood(CENTRE)
    peers = [
        harness.Way("iminuit, numpy", lambda: xenon_peers.minuit_fit(parts, like.names, MU) - numpy_base),
        harness.Way("pyhf, iminuit", lambda: theirs.fit(MU) - pyhf_base),
    ]
    base = float(like(**CENTRE))
    one = harness.Way("kernel, one data set", lambda: float(like.profile(mu_muB=MU)) - base)
    what = f"Largest ln L at mu = {MU:g}, over that at the centres: {WHAT}. The kernel's fits begin at five places."
    core = harness.Core("xenon_cevns profile", what, peers[0].run(), profile_way(), peers, [one])
    harness.store(harness.compare(core))
