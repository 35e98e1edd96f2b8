"""Samples of a posterior as files that GetDist and ArviZ read."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np

from nubounds.files import tables
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
    points, log_posterior, weights = _together(like, points, log_posterior, weights)
    root, kept = Path(root), weights > 0
    files = [root.with_name(f"{root.name}{ending}") for ending in ("_1.txt", ".paramnames", ".ranges")]
    with tables.write_aside(files[0]) as file:
        np.savetxt(file, np.column_stack([weights, -log_posterior, points])[kept], fmt="%.10g")
    tables.write_text(files[1], "".join(f"{one.name}\t{_label(one.name)}\n" for one in like.parameters))
    flat = flat_ranges(like, ranges)
    bounds = {one.name: flat.get(one.name, (one.minimum, one.maximum)) for one in like.parameters}
    lines = [" ".join([name, *(_bound(end) for end in ends)]) for name, ends in bounds.items()]
    tables.write_text(files[2], "\n".join(lines) + "\n")
    return files


def write_netcdf(
    path: str | Path,
    like: Likelihood,
    points: np.ndarray,
    log_posterior: np.ndarray,
    weights: np.ndarray | None = None,
    seed: int = 1,
) -> int:
    """Write draws that are all equally likely as a NetCDF file; ``arviz.from_netcdf(path)`` reads it.

    Parameters
    ----------
    path : where to, ending in ``.nc``
    like : likelihood that was sampled
    points : shape (n, d), in the order of its parameters
    log_posterior : shape (n,), natural logarithms
    weights : shape (n,), all 1 where they are left out; as many draws are made of weighted points as they are worth,
        n_eff = (sum w)^2 / sum w^2
    seed : of these draws and of their order

    Returns
    -------
    number of draws

    Raises
    ------
    InputError
        For arrays that do not fit together.
    """
    points, log_posterior, weights = _together(like, points, log_posterior, weights)
    random = np.random.default_rng(seed)
    count = max(1, int(weights.sum() ** 2 / np.sum(weights**2) * (1 + 1e-12)))
    steps = (np.arange(count) + random.random()) / count
    summed = np.cumsum(weights)
    chosen = random.permutation(np.minimum(np.searchsorted(summed, steps * summed[-1], side="right"), len(points) - 1))
    units = {one.name: one.unit for one in like.parameters}
    groups = {
        "posterior": {name: points[chosen, k] for k, name in enumerate(like.names)},
        "sample_stats": {"lp": log_posterior[chosen]},
    }
    with tables.write_aside(Path(path), "wb") as file:
        file.write(_netcdf(groups, units))
    return count


def _netcdf(groups: dict[str, dict[str, np.ndarray]], units: dict[str, str]) -> bytes:
    """One chain in groups of variables (draw,), in the form of NetCDF 4: HDF5 whose axes have names."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for group, variables in groups.items():
            inside = file.create_group(group)
            length = len(next(iter(variables.values())))
            axes = {"chain": np.arange(1), "draw": np.arange(length)}
            for axis, places in axes.items():
                inside.create_dataset(axis, data=places).make_scale(axis)
            for name, values in variables.items():
                made = inside.create_dataset(name, data=values[None])
                made.attrs["units"] = units.get(name, "1")
                for place, axis in enumerate(axes):
                    made.dims[place].attach_scale(inside[axis])
    return buffer.getvalue()


def _together(
    like: Likelihood, points: np.ndarray, log_posterior: np.ndarray, weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The three as arrays of floats; InputError where their shapes do not fit together."""
    points, log_posterior = np.asarray(points, dtype=float), np.asarray(log_posterior, dtype=float)
    weights = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=float)
    if points.shape != (len(weights), len(like.parameters)) or log_posterior.shape != weights.shape:
        raise InputError(
            f"chain: points {points.shape}, log_posterior {log_posterior.shape} and weights {weights.shape} of "
            f"{len(like.parameters)} parameters do not fit together"
        )
    return points, log_posterior, weights


def _label(name: str) -> str:
    return r"\mathrm{" + name.replace("_", r"\_") + "}"


def _bound(end: float) -> str:
    return f"{end:.10g}" if math.isfinite(end) else "N"
