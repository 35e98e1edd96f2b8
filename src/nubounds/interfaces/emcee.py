"""emcee: an ensemble sampler that evaluates all walkers at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from nubounds.interfaces.posterior import Posterior, Ranges, flat_ranges
from nubounds.likelihood import Likelihood


def sampler(like: Likelihood, walkers: int, ranges: Ranges | None = None, **options: Any) -> Any:
    """An ``emcee.EnsembleSampler`` of the posterior.

    Parameters
    ----------
    like : with what is not to be sampled fixed (:meth:`nubounds.likelihood.Likelihood.fixed`)
    walkers : an even number, at least twice the number of parameters
    ranges : of parameters of interest, by name, for flat priors; default: their bounds
    **options : of emcee

    Returns
    -------
    The sampler.
    """
    import emcee

    return emcee.EnsembleSampler(walkers, len(like.parameters), Posterior(like, ranges), vectorize=True, **options)


def start(like: Likelihood, walkers: int, seed: int, ranges: Ranges | None = None) -> np.ndarray:
    """Places to start from, shape (walkers, d).

    Nuisances lie within one standard deviation of their centres, parameters of interest anywhere in their ranges.

    Parameters
    ----------
    like : with what is not to be sampled fixed
    walkers : number of walkers
    seed : seed of the random numbers
    ranges : of parameters of interest, by name; default: their bounds

    Returns
    -------
    Starting points, in the order of ``like.parameters``.
    """
    random, flat = np.random.default_rng(seed), flat_ranges(like, ranges)
    columns = []
    for one in like.parameters:
        if one.prior is None:
            columns.append(random.uniform(*flat[one.name], walkers))
        else:
            drawn = one.prior.mean + one.prior.sd * random.uniform(-1.0, 1.0, walkers)
            columns.append(np.clip(drawn, one.minimum, one.maximum))
    return np.stack(columns, axis=1)
