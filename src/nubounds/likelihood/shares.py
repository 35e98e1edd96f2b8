"""Toys of many blocks added up: how often limits cover, and limits by toys.

A block of toys is a point of a scan: counts of toys add up over blocks, and a block's random numbers depend on the seed
and its point alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nubounds.likelihood.toys import ToyTest, at_least

if TYPE_CHECKING:
    import pandas

FAR = ("as_far", "as_far_below", "as_far_below_without_signal")


def seed_of(*point: Any) -> int:
    """A seed for a point: the same whoever computes it.

    Parameters
    ----------
    *point : the seed of all toys, and numbers and words that say which block it is

    Returns
    -------
    A number of 64 bits.
    """
    return int.from_bytes(hashlib.blake2b(repr(point).encode(), digest_size=8).digest())


def counted(found: ToyTest, rises: Mapping[str, float]) -> dict[str, int]:
    """Counts of the toys of a block.

    Parameters
    ----------
    found : the toys
    rises : name -> quantile of q

    Returns
    -------
    ``toys`` and ``failed``; for each of `rises` the toys at the tested value that lie above; toys that are as far from
    it as the data: ``as_far``, ``as_far_below`` (on the side below), ``as_far_below_without_signal``
    """
    above = found.observed_above
    return {
        "toys": len(found.tested),
        "failed": int(np.isnan(found.tested).sum() + np.isnan(found.nothing_above).sum()),
        **{name: int((found.tested > rise).sum()) for name, rise in rises.items()},
        "as_far": int(at_least(found.tested, found.observed).sum()),
        "as_far_below": int(at_least(found.tested_above, above).sum()),
        "as_far_below_without_signal": int(at_least(found.nothing_above, above).sum()),
    }


def together(
    table: pandas.DataFrame, keys: Sequence[str], kept: Sequence[str], rises: Sequence[str]
) -> pandas.DataFrame:
    """The toys of all blocks: shares with binomial errors, and CLs.

    Parameters
    ----------
    table : of the scan
    keys : columns that say what was tested
    kept : columns that are the same in all blocks
    rises : columns of toys above quantiles

    Returns
    -------
    DataFrame with a row for each value of the keys: counts, ``..._share`` and ``..._error``, ``cls`` and ``cls_error``
    """
    table = table[table["status"] == "OK"]
    rows = table.groupby(list(keys), sort=True).agg(
        dict.fromkeys(kept, "first") | dict.fromkeys(("toys", "failed", *rises, *FAR), "sum")
    )
    rows = rows.reset_index()
    thrown = rows["toys"]
    for name in (*rises, "as_far"):
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


def upper_limit(rows: pandas.DataFrame, share: str, error: str, level: float) -> tuple[float, float]:
    """Where a share falls through a level for the last time, over the asymptotic limit, and its statistical error; NaN
    where the tested values do not reach so far.

    Parameters
    ----------
    rows : of :func:`together`, ascending in the column ``tested_over_limit``
    share, error : names of columns
    level : 1 - C.L.

    Returns
    -------
    value, error : of the tested value over the asymptotic limit
    """
    x, y, doubt = (rows[name].to_numpy() for name in ("tested_over_limit", share, error))
    above = np.flatnonzero(y >= level)
    if not above.size or above[-1] + 1 == len(x):
        return np.nan, np.nan
    a, b = above[-1], above[-1] + 1
    slope = (y[b] - y[a]) / (x[b] - x[a])
    return float(x[a] + (level - y[a]) / slope), float(max(doubt[a], doubt[b]) / abs(slope))
