"""Toys of the test statistic: how the asymptotic limits cover, and limits without them.

Counts of toys add up over blocks; a block's random numbers depend on the seed and its point alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from nubounds.constraints.xenon_cevns import expectation
from nubounds.constraints.xenon_cevns import likelihood as fits
from nubounds.constraints.xenon_cevns.inputs import Search, Toys
from nubounds.constraints.xenon_cevns.model import Xenon
from nubounds.constraints.xenon_cevns.templates import available
from nubounds.contract import Block, Status, groups
from nubounds.likelihood import Likelihood, shares, toy_test

if TYPE_CHECKING:
    import pandas

FLAVOUR, RUNS, DOF = "all", "sr0_2", 1
LEVEL = 0.1  # 1 - C.L.
RISES = {"above_1dof": fits.RISE[1], "above_2dof": fits.RISE[2]}
COUNTED = ("toys", "failed", *RISES, *shares.FAR)


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
            seed = shares.seed_of(plan.toy_seed, analysis, m4, ratio, number)
            found = toy_test(like, "mu_muB", ratio * limit, 0.0, plan.toys_per_block, seed)
            for name, count in shares.counted(found, RISES).items():
                block.values[name][k] = count
            block.values["mu_muB"][k], block.errors["mu_muB"][k] = ratio * limit, ratio * error
            fitted = of.profile([np.nan, (ratio * limit) ** 2 * of.events])[1]
            block.values["q_observed"][k] = found.observed
            block.errors["q_observed"][k] = 2.0 * sum(of.error(theta) for theta in fitted)
    return block


def together(table):
    """The toys of all blocks: a row for each mass, analysis and tested moment; shares with binomial errors.

    Parameters
    ----------
    table : of the scan

    Returns
    -------
    DataFrame with counts, ``..._share`` and ``..._error``, ``cls`` and ``cls_error``
    """
    keys = ("analysis", "toy_m4_MeV", "tested_over_limit")
    return shares.together(table, keys, ("mu_muB", "q_observed"), tuple(RISES))


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
    return shares.upper_limit(rows, share, error, LEVEL)
