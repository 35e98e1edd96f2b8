"""iminuit: a minimiser of -ln L with its gradient and bounds."""

from __future__ import annotations

from typing import Any

import numpy as np

from nubounds.inputs.parameter import InputError
from nubounds.likelihood import Likelihood


def minuit(like: Likelihood, **start: float) -> Any:
    """An ``iminuit.Minuit`` of -ln L, whose errors are where ln L has fallen by one half.

    Parameters
    ----------
    like : with what is not to be fitted fixed
    **start : where parameters of interest begin; nuisances begin at their centres

    Returns
    -------
    The ``Minuit`` object, with limits and step sizes set and nothing fitted yet.
    """
    from iminuit import Minuit

    values = like.centres | start
    missing = [name for name in like.names if name not in values]
    if missing:
        raise InputError(f"minuit: where do {', '.join(missing)} begin?")
    begin = [values[name] for name in like.names]
    made = Minuit(lambda theta: -like(theta), begin, grad=lambda theta: -like.gradient(theta), name=like.names)
    made.errordef = Minuit.LIKELIHOOD
    for one in like.parameters:
        made.limits[one.name] = one.minimum, one.maximum
        made.errors[one.name] = one.prior.sd if one.prior else 0.1 * abs(values[one.name]) or 0.1
    if not np.isfinite(like(np.array(begin))):
        raise InputError("minuit: the likelihood is zero where the fit begins")
    return made
