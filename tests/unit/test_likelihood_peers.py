"""XENONnT's likelihood beside the same model in pyhf, and in plain numpy with iminuit: to 1e-6."""

import numpy as np
import pytest

from benchmarks import xenon_peers
from close import close

needs_release = pytest.mark.skipif(not xenon_peers.FILE.is_file(), reason="the data release is not here")
MOMENTS = (0.0, 1e-9, 2e-9)


@pytest.fixture(scope="module", params=["counting", pytest.param("binned", marks=needs_release)])
def ours(request):
    like = xenon_peers.likelihood(request.param)
    return like, xenon_peers.Parts(like)


def places(like, n=20):
    random = np.random.default_rng(1)
    for _ in range(n):
        drawn = {name: abs(random.normal(1.0, sd)) for name, sd in xenon_peers.SIGMAS.items()}
        yield {"mu_muB": random.uniform(0, 3e-9), **drawn, "f_eff": random.uniform(0.5, 1.5)}


def test_plain_numpy_gives_the_same_value(ours):
    like, parts = ours
    for place in places(like):
        assert parts.log_likelihood(place) == close(float(like(**place)), abs=1e-8)


def test_pyhf_gives_the_same_value(ours):
    pytest.importorskip("pyhf", reason="pyhf is not installed")
    like, parts = ours
    theirs, centre = xenon_peers.Histograms(parts), {"mu_muB": 0.0, **dict.fromkeys(xenon_peers.SIGMAS, 1.0)}
    norm = theirs.log_likelihood(centre) - float(like(**centre))
    for place in places(like):
        assert theirs.log_likelihood(place) - norm == close(float(like(**place)), abs=1e-6)


def test_iminuit_finds_the_same_profile(ours):
    pytest.importorskip("iminuit", reason="iminuit is not installed")
    like, parts = ours
    found = [xenon_peers.minuit_fit(parts, like.names, mu) for mu in MOMENTS]
    assert np.array(found) == close(like.profile(mu_muB=MOMENTS), abs=1e-6)


def test_pyhf_finds_the_same_profile(ours):
    pytest.importorskip("pyhf", reason="pyhf is not installed")
    pytest.importorskip("iminuit", reason="iminuit is not installed")
    like, parts = ours
    theirs = xenon_peers.Histograms(parts)
    found = np.array([theirs.fit(mu) for mu in MOMENTS[1:]])
    expected = like.profile(mu_muB=MOMENTS[1:])
    assert found[1] - found[0] == close(expected[1] - expected[0], abs=1e-6)
