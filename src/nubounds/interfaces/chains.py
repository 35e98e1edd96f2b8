"""Samples of a posterior as files that GetDist reads: a chain, the names of its parameters, and their ranges."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from nubounds.inputs.parameter import InputError
from nubounds.interfaces.posterior import Ranges, flat_ranges
from nubounds.likelihood import Likelihood


def write(
    root: str | Path,
    like: Likelihood,
    points: np.ndarray,
    log_posterior: np.ndarray,
    weights: np.ndarray | None = None,
    ranges: Ranges | None = None,
) -> list[Path]:
    """Write ``ROOT_1.txt``, ``ROOT.paramnames`` and ``ROOT.ranges``; ``getdist.loadMCSamples(ROOT)`` reads them.

    Parameters
    ----------
    root : where the files go, and how their names begin
    like : likelihood that was sampled
    points : shape (n, d), in the order of its parameters
    log_posterior : shape (n,), natural logarithms
    weights : shape (n,), all 1 where they are left out; rows with weight 0 are left out
    ranges : flat priors of parameters of interest, as the sampler got them

    Returns
    -------
    the files

    Raises
    ------
    InputError
        For arrays that do not fit together.
    """
    points, log_posterior = np.asarray(points, dtype=float), np.asarray(log_posterior, dtype=float)
    weights = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=float)
    if points.shape != (len(weights), len(like.parameters)) or log_posterior.shape != weights.shape:
        raise InputError(
            f"chain: points {points.shape}, log_posterior {log_posterior.shape} and weights {weights.shape} of "
            f"{len(like.parameters)} parameters do not fit together"
        )
    root, kept = Path(root), weights > 0
    root.parent.mkdir(parents=True, exist_ok=True)
    files = [root.with_name(f"{root.name}{ending}") for ending in ("_1.txt", ".paramnames", ".ranges")]
    np.savetxt(files[0], np.column_stack([weights, -log_posterior, points])[kept], fmt="%.10g")
    files[1].write_text("".join(f"{one.name}\t{_label(one.name)}\n" for one in like.parameters), encoding="utf-8")
    flat = flat_ranges(like, ranges)
    bounds = {one.name: flat.get(one.name, (one.minimum, one.maximum)) for one in like.parameters}
    lines = [" ".join([name, *(_bound(end) for end in ends)]) for name, ends in bounds.items()]
    files[2].write_text("\n".join(lines) + "\n", encoding="utf-8")
    return files


def _label(name: str) -> str:
    return r"\mathrm{" + name.replace("_", r"\_") + "}"


def _bound(end: float) -> str:
    return f"{end:.10g}" if math.isfinite(end) else "N"
