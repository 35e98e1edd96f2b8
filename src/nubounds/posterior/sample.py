"""Sample a posterior with nautilus, over MPI ranks; a run that was killed goes on from its last checkpoint.

Rank 0 has the sampler.  The cuts of its work do not depend on the number of ranks, nor do its random numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from nubounds.code import build
from nubounds.config import Config
from nubounds.config.posterior import Posterior
from nubounds.contract import InputError
from nubounds.files import digests, tables
from nubounds.files.layout import Layout
from nubounds.interfaces import chains
from nubounds.interfaces.posterior import WithoutPriors
from nubounds.likelihood import Likelihood
from nubounds.posterior import plan
from nubounds.posterior.ranks import Pool, Ranks
from nubounds.running.progress import Log
from nubounds.steps.scan import communicator

CHECKPOINT_S = 20.0  # between checkpoints
QUANTILES = {"q025": 0.025, "q160": 0.16, "q500": 0.5, "q840": 0.84, "q975": 0.975}


def sample(config: Config, name: str, ranks: int, log_file: Path | None, command: list[str]) -> None:
    """Sample a posterior and write its chains and summary (rank 0).

    Parameters
    ----------
    config : the config
    name : of the posterior
    ranks : number of MPI ranks
    log_file : file that the log goes to; None for standard error only
    command : words of the command that repeats the step

    Raises
    ------
    InputError
        For an unknown posterior, one that cannot be sampled, or a sampler that is not installed.
    """
    if name not in config.posteriors:
        raise InputError(f"{config.source}: no posterior {name}; valid: {', '.join(config.posteriors) or 'none'}")
    plan.require_sampler()
    build.require_fresh()
    world = communicator(ranks)
    like, asked = plan.likelihood(config, name), config.posteriors[name]
    work = Ranks(world, WithoutPriors(like))
    if world and world.Get_rank():
        work.serve()
        return
    layout, log = Layout(config.results), Log(log_file, command)
    checkpoint = layout.checkpoint(name, plan.fingerprint(config, name))
    sampler = _sampler(like, asked, work, checkpoint, log)
    _run(sampler, asked, checkpoint, log)
    work.dismiss()
    points, log_weights, log_likelihood = sampler.posterior()
    with digests.noting(layout, name, plan.SAMPLES):
        write(layout, name, like, asked, points, np.exp(log_weights), log_likelihood, sampler.log_z)
    log(f"{name}: {len(points)} points, {sampler.n_eff:.0f} effective ones, ln Z = {sampler.log_z:.3f}, {ranks} ranks")


def _sampler(like: Likelihood, asked: Posterior, work: Ranks, checkpoint: Path, log: Log) -> Any:
    """The sampler, in the state of the checkpoint if there is one that can be read."""
    from nubounds.interfaces import nautilus

    pools = Pool(work, of_likelihood=True), Pool(work)
    options = {"n_live": asked.n_live, "n_networks": asked.n_networks, "seed": asked.seed, "pool": pools}
    if checkpoint.is_file():
        try:
            made = nautilus.sampler(like, asked.ranges, asked.logarithmic, filepath=checkpoint, **options)
            log(f"goes on after {made.n_like} evaluations of the likelihood")
        except (OSError, KeyError, ValueError) as problem:
            log(f"{checkpoint}: not used, begins anew ({problem})")
            checkpoint.unlink()
        else:
            made.filepath = None  # checkpoints are written here: nautilus's own are lost with a process that is killed
            return made
    return nautilus.sampler(like, asked.ranges, asked.logarithmic, **options)


def _run(sampler: Any, asked: Posterior, checkpoint: Path, log: Log) -> None:
    """Run the sampler to its end; where it stops for a checkpoint changes nothing of what it does."""
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    aside = checkpoint.with_suffix(".part.h5")
    while not sampler.run(n_eff=asked.n_eff, timeout=CHECKPOINT_S):
        sampler.write(aside, overwrite=True)
        aside.replace(checkpoint)
        log(f"{sampler.n_like} evaluations of the likelihood, {sampler.n_eff:.0f} effective samples of {asked.n_eff}")
    sampler.write(aside, overwrite=True)
    aside.replace(checkpoint)


def write(
    layout: Layout,
    name: str,
    like: Likelihood,
    asked: Posterior,
    points: np.ndarray,
    weights: np.ndarray,
    log_likelihood: np.ndarray,
    log_evidence: float,
) -> None:
    """Write what a sampler found.

    Parameters
    ----------
    layout : paths of the results
    name : of the posterior
    like : likelihood that was sampled
    asked : what the config says of it
    points : shape (n, d), in the order of its parameters
    weights : shape (n,)
    log_likelihood : shape (n,), without the priors of nuisances
    log_evidence : logarithm of the evidence, with the norms of all priors and without terms of ln L that never change
    """
    flat = [like.names.index(each) for each in sorted(asked.logarithmic)]
    log_posterior = log_likelihood + like.log_prior(points) - np.log(points[:, flat]).sum(axis=1)
    root = layout.posterior(name) / name
    chains.write(root, like, points, log_posterior, weights, asked.ranges)
    chains.write_netcdf(root.with_name(f"{name}.nc"), like, points, log_posterior, weights, asked.seed)
    _write_summary(layout, name, like, asked, points, weights / weights.sum(), log_evidence)


def _write_summary(
    layout: Layout,
    name: str,
    like: Likelihood,
    asked: Posterior,
    points: np.ndarray,
    weights: np.ndarray,
    log_evidence: float,
) -> None:
    mean = weights @ points
    sd = np.sqrt(weights @ (points - mean) ** 2)
    found = {key: [quantile(points[:, k], weights, q) for k in range(points.shape[1])] for key, q in QUANTILES.items()}
    columns = {"parameter": np.array(like.names), "unit": np.array([one.unit for one in like.parameters])}
    columns |= {"mean": mean, "sd": sd} | {key: np.array(values) for key, values in found.items()}
    held = ", ".join(f"{key} = {value:g}" for key, value in asked.fixed.items())
    header = [
        f"posterior {name}: {asked.constraint} {asked.likelihood}{f', {held}' if held else ''}",
        *([like.note] if like.note else []),
        f"effective samples {1 / np.sum(weights**2):.0f}; "
        f"ln evidence {log_evidence:.6g}, without constant terms of ln L",
        "quantiles of each parameter, all others marginalised",
    ]
    tables.write_columns(layout.posterior(name) / "summary.csv", columns, header)


def quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """Where the sum of the weights of smaller values passes a share of all.

    Parameters
    ----------
    values : shape (n,)
    weights : shape (n,)
    share : between 0 and 1

    Returns
    -------
    The quantile, linear between neighbours.
    """
    by_value = np.argsort(values, kind="stable")
    below = np.cumsum(weights[by_value]) - 0.5 * weights[by_value]
    return float(np.interp(share * weights.sum(), below, values[by_value]))
