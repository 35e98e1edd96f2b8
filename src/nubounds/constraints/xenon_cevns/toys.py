"""Toys of the test statistic: how the asymptotic limits cover, and limits without them.

Counts of toys add up over blocks; a block's random numbers depend on the seed and its point alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from nubounds.constraints.xenon_cevns import expectation
from nubounds.constraints.xenon_cevns import likelihood as fits
from nubounds.constraints.xenon_cevns.inputs import Search, Toys
from nubounds.constraints.xenon_cevns.model import Xenon
from nubounds.constraints.xenon_cevns.templates import available
from nubounds.contract import Block, Status, groups
from nubounds.likelihood import Likelihood, ToyTest, toy_test
from nubounds.likelihood.toys import at_least

if TYPE_CHECKING:
    import pandas

FLAVOUR, RUNS, DOF = "all", "sr0_2", 1
LEVEL = 0.1  # 1 - C.L.
COUNTED = ("toys", "failed", "above_1dof", "above_2dof", "as_far", "as_far_below", "as_far_below_without_signal")


def toys(points: Mapping[str, np.ndarray], search: Search, plan: Toys) -> Block:
    """Toys at moments relative to the asymptotic limit with 1 degree of freedom, and at none.

    Parameters
    ----------
    points : arrays of length n by axis
    search : every input
    plan : how many toys, and their seed

    Returns
    -------
    the columns that ``constraint.yaml`` declares, with absolute errors, and statuses
    """
    n = len(points["toy_m4_MeV"])
    block = Block.empty(n, ["mu_muB", "q_observed"], COUNTED)
    for (analysis, m4), mine in groups(points, "analysis", "toy_m4_MeV"):
        if not available(search.release, analysis):
            continue
        made = expectation.weights(search, analysis, [m4])
        asymptotic = fits.moment_limits(search, made, FLAVOUR, RUNS, analysis, "observed", (DOF,))
        limit, error, status = (found[0, 0] for found in asymptotic)
        block.status[mine] = status
        if status != Status.OK:
            continue
        like = Likelihood(Xenon(search, FLAVOUR, RUNS, analysis)).fixed(m4_MeV=m4)
        of = fits.likelihood(search, m4, FLAVOUR, RUNS, analysis)
        for k in mine.tolist():
            ratio, number = float(points["tested_over_limit"][k]), int(points["toy_block"][k])
            seed = _seed(plan.toy_seed, analysis, m4, ratio, number)
            found = toy_test(like, "mu_muB", ratio * limit, 0.0, plan.toys_per_block, seed)
            for name, count in _counted(found).items():
                block.values[name][k] = count
            block.values["mu_muB"][k], block.errors["mu_muB"][k] = ratio * limit, ratio * error
            fitted = of.profile([np.nan, (ratio * limit) ** 2 * of.events])[1]
            block.values["q_observed"][k] = found.observed
            block.errors["q_observed"][k] = 2.0 * sum(of.error(theta) for theta in fitted)
    return block


def _seed(*of) -> int:
    """A seed for a point: the same whoever computes it."""
    return int.from_bytes(hashlib.blake2b(repr(of).encode(), digest_size=8).digest())


def _counted(found: ToyTest) -> dict[str, int]:
    above = found.observed_above
    return {
        "toys": len(found.tested),
        "failed": int(np.isnan(found.tested).sum() + np.isnan(found.nothing_above).sum()),
        "above_1dof": int((found.tested > fits.RISE[1]).sum()),
        "above_2dof": int((found.tested > fits.RISE[2]).sum()),
        "as_far": int(at_least(found.tested, found.observed).sum()),
        "as_far_below": int(at_least(found.tested_above, above).sum()),
        "as_far_below_without_signal": int(at_least(found.nothing_above, above).sum()),
    }


def together(table):
    """The toys of all blocks: a row for each mass, analysis and tested moment; shares with binomial errors.

    Parameters
    ----------
    table : of the scan

    Returns
    -------
    DataFrame with counts, ``..._share`` and ``..._error``, ``cls`` and ``cls_error``
    """
    table = table[table["status"] == "OK"]
    keys = ["analysis", "toy_m4_MeV", "tested_over_limit"]
    rows = table.groupby(keys, sort=True).agg(
        {"mu_muB": "first", "q_observed": "first"} | dict.fromkeys(COUNTED, "sum")
    )
    rows = rows.reset_index()
    thrown = rows["toys"]
    for name in ("above_1dof", "above_2dof", "as_far"):
        rows[f"{name}_share"], rows[f"{name}_error"] = _share(rows[name], thrown)
    below, below_error = _share(rows["as_far_below"], thrown)
    without, without_error = _share(rows["as_far_below_without_signal"], thrown)
    rows["cls"] = below / without
    rows["cls_error"] = rows["cls"] * np.hypot(below_error / np.maximum(below, 1 / thrown), without_error / without)
    return rows


def _share(count, thrown):
    """Share and its standard deviation, which is not 0 for a count of 0 or of all."""
    smooth = (count + 1.0) / (thrown + 2.0)
    return count / thrown, np.sqrt(smooth * (1.0 - smooth) / thrown)


def upper_limit(rows: pandas.DataFrame, share: str, error: str) -> tuple[float, float]:
    """Where a share falls through `LEVEL` for the last time, over the asymptotic limit, and its statistical error; NaN
    where the tested moments do not reach so far.

    Parameters
    ----------
    rows : of :func:`together`, one mass and analysis, ascending in the tested moment
    share, error : names of columns

    Returns
    -------
    value, error : of the tested moment over the asymptotic limit
    """
    x, y, doubt = (rows[name].to_numpy() for name in ("tested_over_limit", share, error))
    above = np.flatnonzero(y >= LEVEL)
    if not above.size or above[-1] + 1 == len(x):
        return np.nan, np.nan
    a, b = above[-1], above[-1] + 1
    slope = (y[b] - y[a]) / (x[b] - x[a])
    return float(x[a] + (LEVEL - y[a]) / slope), float(max(doubt[a], doubt[b]) / abs(slope))
