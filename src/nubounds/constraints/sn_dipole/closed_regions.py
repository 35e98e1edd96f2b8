"""Excluded regions over the mass: two edges, which meet where the signal just reaches its level."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas

BENT = np.array([0.4, 0.7, 0.9, 0.98])  # of the way in ln M from the last mass of a region to its end, where it bends


def _end(x, log_share, log_peak, edges, last: int, beyond: int):
    """Points from the last mass of a region to its end, each ln M and ln d of both edges; none if the end is not known.

    x, log_share, log_peak : ln M, highest signal over its level and its ln d there;  edges : ln d of both edges at the
    last mass
    """
    from scipy.interpolate import PchipInterpolator
    from scipy.optimize import brentq

    known = np.isfinite(log_share) & np.isfinite(log_peak)
    if not (known[last] and known[beyond] and log_share[beyond] < 0 < log_share[last]):
        return np.empty((0, 3))
    share, peak = (PchipInterpolator(x[known], column[known]) for column in (log_share, log_peak))
    end = brentq(share, x[last], x[beyond])
    where = np.append(x[last] + BENT * (end - x[last]), end)
    width = np.sqrt(np.clip(share(where), 0.0, None) / log_share[last])
    width[-1] = 0.0
    return np.stack([where, *(peak(where) + width * (edge - log_peak[last]) for edge in edges)], axis=1)


def edges(rows: pandas.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper edge of one limit.

    Parameters
    ----------
    rows : of the scans `regions` or `pieces`, of one probe and one choice of inputs; the mass is in the column M_MeV

    Returns
    -------
    bottom, top : masses [MeV] and couplings [1/MeV], shape (2, n) each; n is 0 for an edge that does not exist

    Notes
    -----
    A region ends where the highest signal is at its level; ln of that is interpolated in ln M, and edges approach each
    other there as its root does.  Tips are right to 1 % in the mass for the masses of the declared grids, edges between
    a tip and the last mass to 25 %.
    """
    rows = rows[rows["status"] == "OK"].sort_values("M_MeV")
    M, bottom, top, peak, share = (
        rows[name].to_numpy(float) for name in ("M_MeV", "d_bottom_per_MeV", "d_top_per_MeV", "d_peak_per_MeV", "share")
    )
    there = bottom > 0
    if not there.any():
        return np.empty((2, 0)), np.empty((2, 0))
    with np.errstate(divide="ignore"):
        x, log_share, log_peak = np.log(M), np.log(share), np.log(peak)
        both = np.log(np.stack([bottom, top], axis=1))
    first, last = np.flatnonzero(there)[[0, -1]]
    before = after = np.empty((0, 3))
    if first > 0 and top[first] > 0:
        before = _end(x, log_share, log_peak, both[first], first, first - 1)[::-1]
    if last < M.size - 1 and top[last] > 0:
        after = _end(x, log_share, log_peak, both[last], last, last + 1)
    middle = np.column_stack([x, both])[there]
    points = np.exp(np.concatenate([before, middle, after]))
    closed = points[:, 2] > 0
    return points[:, :2].T, points[closed][:, [0, 2]].T
