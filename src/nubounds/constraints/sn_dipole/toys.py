"""Toys of the counts of Kamiokande-II with IMB and of the Solar Maximum Mission: how the limits on d cover, and limits
by toys.

The expected signal is worked out once for each mass and detector; toys are Poisson counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from nubounds.constraints.sn_dipole import criteria
from nubounds.constraints.sn_dipole.inputs import D_MIN, Analysis, Toys
from nubounds.constraints.sn_dipole.model import CountsModel
from nubounds.contract import Block, Status, groups
from nubounds.likelihood import Likelihood, shares, toy_test

if TYPE_CHECKING:
    import pandas

ABOVE = "above_threshold"
COUNTED = ("toys", "failed", ABOVE, *shares.FAR)


def toys(points: Mapping[str, np.ndarray], analysis: Analysis, plan: Toys) -> Block:
    """Toys at couplings relative to the limit, and as many without a signal.

    Parameters
    ----------
    points : columns of the scan's axes, each of shape (n,)
    analysis : everything that a limit on d depends on besides mass, probe and delay
    plan : how many toys, and their seed

    Returns
    -------
    Counts of toys; OUT_OF_DOMAIN where there is no limit.
    """
    block = Block.empty(len(points["toy_M_MeV"]), ["d_per_MeV", "q_observed"], COUNTED)
    delay, threshold = analysis.arrival.delay, analysis.high_energy.threshold.threshold
    for (probe, M), mine in groups(points, "counted_by", "toy_M_MeV"):
        limit = criteria.coupling_limit(probe, M, delay, analysis)
        if limit.value is None or not np.isfinite(limit.value):
            block.status[mine] = limit.status if limit.status != Status.OK else Status.OUT_OF_DOMAIN
            continue
        like = Likelihood(CountsModel(analysis, probe, delay)).fixed(M_MeV=M)
        for k in mine.tolist():
            ratio, number = float(points["tested_over_limit"][k]), int(points["toy_block"][k])
            seed = shares.seed_of(plan.toy_seed, probe, M, ratio, number)
            d, doubt = ratio * limit.value, ratio * limit.error
            found = toy_test(like, "d_per_MeV", d, D_MIN, plan.toys_per_block, seed)
            for name, count in shares.counted(found, {ABOVE: threshold}).items():
                block.values[name][k] = count
            block.values["d_per_MeV"][k], block.errors["d_per_MeV"][k] = d, doubt
            block.values["q_observed"][k] = found.observed
            beside = like.profile(d_per_MeV=[d - doubt, d, d + doubt])
            block.errors["q_observed"][k] = 2.0 * np.abs(beside - beside[1]).max()
            block.status[k] = Status.OK
    return block


def together(table: pandas.DataFrame) -> pandas.DataFrame:
    """The toys of all blocks.

    Parameters
    ----------
    table : of the scan

    Returns
    -------
    A row for each probe, mass and tested coupling: counts, shares with binomial errors, and CLs.
    """
    keys = ("counted_by", "toy_M_MeV", "tested_over_limit")
    return shares.together(table, keys, ("d_per_MeV", "q_observed"), (ABOVE,))


def level_of(threshold: float) -> float:
    """Share of a chi-square with one degree of freedom beyond the threshold of Eq. (7): 1 - C.L.

    Parameters
    ----------
    threshold : of -2 ln L

    Returns
    -------
    The share.
    """
    return math.erfc(math.sqrt(0.5 * threshold))
