"""nautilus: importance nested sampling, vectorised; with ``filepath=`` it resumes where it was interrupted."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from nubounds.interfaces.posterior import Ranges, WithoutPriors, flat_ranges
from nubounds.likelihood import Likelihood


def prior(like: Likelihood, ranges: Ranges | None = None, logarithmic: Collection[str] = ()) -> Any:
    """A ``nautilus.Prior``: nuisances as declared and cut off at their bounds, parameters of interest flat.

    Parameters
    ----------
    like : with what is not to be sampled fixed
    ranges : of parameters of interest, by name; default: their bounds
    logarithmic : parameters of interest that are flat in their logarithm instead; their ranges are above 0

    Returns
    -------
    The ``Prior`` object.
    """
    from nautilus import Prior
    from scipy.stats import loguniform, truncnorm

    made, flat = Prior(), flat_ranges(like, ranges)
    for one in like.parameters:
        if one.prior is None:
            ends = flat[one.name]
            made.add_parameter(one.name, loguniform(*ends) if one.name in logarithmic else ends)
        else:
            mean, sd = one.prior.mean, one.prior.sd
            ends = (one.minimum - mean) / sd, (one.maximum - mean) / sd
            made.add_parameter(one.name, truncnorm(*ends, loc=mean, scale=sd))
    return made


def sampler(like: Likelihood, ranges: Ranges | None = None, logarithmic: Collection[str] = (), **options: Any) -> Any:
    """A ``nautilus.Sampler`` of the posterior.

    Parameters
    ----------
    like, ranges, logarithmic : as for :func:`prior`
    **options : of nautilus: ``n_live``, ``pool``, ``seed``, ``filepath``

    Returns
    -------
    The ``Sampler`` object.
    """
    from nautilus import Sampler

    return Sampler(prior(like, ranges, logarithmic), WithoutPriors(like), vectorized=True, pass_dict=False, **options)
