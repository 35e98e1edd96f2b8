"""Toys of counting experiments against sums over Poisson counts, and the function that their signals are read from."""

from itertools import product

import numpy as np
import pandas
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import poisson

import nubounds as nb
from close import close
from nubounds.constraints.sn_dipole import toys
from nubounds.constraints.sn_dipole.inputs import Analysis, Toys
from nubounds.constraints.sn_dipole.scans import SCANS
from nubounds.contract import Status
from nubounds.likelihood import shares
from nubounds.numerics.chebyshev import Panels

M = 100.0


@pytest.fixture(scope="module")
def block():
    """10,000 toys at 0.9 and 1 times the limits, and where there is none."""
    points = [*product(["kamiokande_imb", "smm"], [M], [0.9, 1.0], [0, 1]), ("smm", 1000.0, 1.0, 0)]
    axes = ("counted_by", "toy_M_MeV", "tested_over_limit", "toy_block")
    columns = {axis: np.array([point[k] for point in points]) for k, axis in enumerate(axes)}
    return columns, SCANS["toys"](columns, Analysis(), Toys())


def exactly(probe, ratio):
    """Shares of toys beyond 3.841, as far as the data, and CLs: sums over all counts, with another minimiser."""
    like = nb.constraint("sn_dipole").likelihood(probe)
    background = like.data.values
    limit = nb.evaluate("sn_dipole.coupling_limit", probe=probe, M_MeV=M)
    signal = like.expected(d_per_MeV=ratio * limit, M_MeV=M) - background
    share = signal / signal.sum()

    def best(counts):
        def minus(s):
            content = background + s * share
            return float(np.sum(content - counts * np.log(content)))

        found = minimize_scalar(
            minus, bounds=(0.0, 5.0 * counts.sum() + 5.0), method="bounded", options={"xatol": 1e-9}
        )
        return (found.x, -found.fun) if found.fun < minus(0.0) else (0.0, -minus(0.0))

    def statistic(counts):
        at, top = best(counts)
        content = background + signal
        q = 2 * (top - np.sum(counts * np.log(content) - content))
        return q, 0.0 if at > signal.sum() else q

    observed, below = statistic(background)
    ranges = [
        np.arange(int(max(0, b - 9 * np.sqrt(b))), int(b + s + 9 * np.sqrt(b + s) + 12))
        for b, s in zip(background, signal, strict=True)
    ]
    found = np.zeros(4)
    for counts in product(*ranges):
        counts = np.array(counts, float)
        with_it, without = (np.prod(poisson.pmf(counts, rate)) for rate in (background + signal, background))
        if max(with_it, without) < 1e-9:
            continue
        q, one_sided = statistic(counts)
        found += with_it * np.array([q > 3.841, q >= observed - 1e-6, one_sided >= below - 1e-6, 0])
        found[3] += without * (one_sided >= below - 1e-6)
    return found


@pytest.mark.parametrize("ratio", [0.9, 1.0])
@pytest.mark.parametrize("probe", ["kamiokande_imb", "smm"])
def test_shares_of_toys_are_those_of_all_counts(block, probe, ratio):
    columns, made = block
    mine = (columns["counted_by"] == probe) & (columns["tested_over_limit"] == ratio)
    mine &= columns["toy_M_MeV"] == M
    assert (made.status[mine] == Status.OK).all()
    names = (toys.ABOVE, "as_far", "as_far_below", "as_far_below_without_signal")
    thrown = made.values["toys"][mine].sum()
    assert thrown == 10000 and made.values["failed"][mine].sum() == 0
    for name, expected in zip(names, exactly(probe, ratio), strict=True):
        spread = np.sqrt(max(expected * (1 - expected), 1e-4) / thrown)
        assert made.values[name][mine].sum() / thrown == close(expected, abs=5 * spread), name


def test_tested_couplings_lie_where_eq_7_says(block):
    columns, made = block
    at_limit = (columns["tested_over_limit"] == 1.0) & (columns["toy_M_MeV"] == M)
    observed, error = made.values["q_observed"][at_limit], made.errors["q_observed"][at_limit]
    assert (np.abs(observed - 3.841) <= error + 1e-6).all() and (error < 0.02).all()
    assert made.status[-1] == Status.OUT_OF_DOMAIN and np.isnan(made.values["d_per_MeV"][-1])
    pairs = {tuple(made.values[name][k] for name in toys.COUNTED) for k in (0, 1)}
    assert len(pairs) == 2  # blocks are different toys


def test_a_block_is_the_same_whoever_computes_it(block):
    columns, made = block
    alone = SCANS["toys"]({name: values[3:4] for name, values in columns.items()}, Analysis(), Toys())
    for name in toys.COUNTED:
        assert alone.values[name][0] == made.values[name][3]


def test_limits_by_toys_are_between_the_tested_couplings():
    rows = pandas.DataFrame({"tested_over_limit": [0.9, 1.0, 1.1], "share": [0.10, 0.06, 0.03], "error": [0.004] * 3})
    assert shares.upper_limit(rows, "share", "error", 0.05) == close((1 + 0.1 / 3, 0.004 / 0.3), rel=1e-9)
    assert toys.level_of(3.841458820694124) == close(0.05, rel=1e-9)


def test_panels_are_the_function_and_ask_it_where_it_is_rough():
    def function(x):
        smooth = np.exp(-np.exp(2 * x)) * (1 + np.sin(x) ** 2)
        return np.where(x < 0, np.abs(x + 1), smooth)  # a kink at -1, a step at 0, nothing to speak of above 3.2

    made, x = Panels(function, -2.0, 4.0, 24), np.random.default_rng(1).uniform(-2.0, 4.0, 2000)
    assert made(x) == close(function(x), rel=1e-10, abs=1e-300)
    assert 0 < made.good.sum() < 24
    ends = np.array([-2.0, 4.0, 1.0])
    assert made(ends) == close(function(ends), rel=1e-10, abs=1e-300)
