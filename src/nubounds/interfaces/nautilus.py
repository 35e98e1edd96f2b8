"""nautilus: importance nested sampling, vectorised; with ``filepath=`` it resumes where it was interrupted."""

from __future__ import annotations

from typing import Any

from nubounds.interfaces.posterior import Ranges, WithoutPriors, flat_ranges
from nubounds.likelihood import Likelihood


def prior(like: Likelihood, ranges: Ranges | None = None) -> Any:
    """A ``nautilus.Prior``: nuisances as declared and cut off at their bounds, parameters of interest flat.

    Parameters
    ----------
    like : with what is not to be sampled fixed
    ranges : of parameters of interest, by name; default: their bounds

    Returns
    -------
    The ``Prior`` object.
    """
    from nautilus import Prior
    from scipy.stats import truncnorm

    made, flat = Prior(), flat_ranges(like, ranges)
    for one in like.parameters:
        if one.prior is None:
            made.add_parameter(one.name, flat[one.name])
        else:
            mean, sd = one.prior.mean, one.prior.sd
            ends = (one.minimum - mean) / sd, (one.maximum - mean) / sd
            made.add_parameter(one.name, truncnorm(*ends, loc=mean, scale=sd))
    return made


def sampler(like: Likelihood, ranges: Ranges | None = None, **options: Any) -> Any:
    """A ``nautilus.Sampler`` of the posterior.

    Parameters
    ----------
    like, ranges : as for :func:`prior`
    **options : of nautilus: ``n_live``, ``pool``, ``seed``, ``filepath``

    Returns
    -------
    The ``Sampler`` object.
    """
    from nautilus import Sampler

    return Sampler(prior(like, ranges), WithoutPriors(like), vectorized=True, pass_dict=False, **options)
