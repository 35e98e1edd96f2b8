"""The section ``posteriors`` of a config: which likelihood is sampled, in which parameters, with which priors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nubounds.contract import InputError
from nubounds.inputs import priors
from nubounds.registry import Constraint

N_LIVE, N_EFF, N_NETWORKS, SEED = 1000, 10000, 4, 1
LEAST_LIVE, MOST_POINTS = 100, 10**7
KINDS = ("uniform", "loguniform")  # priors of parameters of interest


@dataclass(frozen=True)
class Posterior:
    """One complete, checked entry of the section.

    Attributes
    ----------
    constraint, likelihood : what is sampled
    priors : prior of each parameter of interest that varies, as written in a config; nuisances have their own
    fixed : parameters that are held, with their values
    inputs : choices of the likelihood, and inputs that differ from those of the config
    n_live : live points of the sampler
    n_eff : effective number of independent samples at which it ends
    n_networks : neural networks that bound the sampled region; with 0, ellipsoids alone
    seed : of the random numbers
    """

    constraint: str
    likelihood: str
    priors: dict[str, dict]
    fixed: dict[str, float] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    n_live: int = N_LIVE
    n_eff: int = N_EFF
    n_networks: int = N_NETWORKS
    seed: int = SEED

    def effective(self) -> dict:
        """Return the same as plain data that :func:`complete` accepts."""
        return asdict(self)

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """Range of each parameter of interest that varies."""
        return {name: (prior["low"], prior["high"]) for name, ((_, prior),) in self._items()}

    @property
    def logarithmic(self) -> frozenset[str]:
        """The parameters whose logarithm has the flat prior."""
        return frozenset(name for name, ((kind, _),) in self._items() if kind == "loguniform")

    def _items(self) -> list[tuple[str, list[tuple[str, dict]]]]:
        return [(name, list(prior.items())) for name, prior in self.priors.items()]


def complete(
    given: Mapping[str, Any] | None,
    constraints: Mapping[str, Constraint],
    source: str,
    check_file: Callable[[Path], str | None],
) -> tuple[dict[str, Posterior], list[str]]:
    """Complete and check the section, but for what the likelihoods themselves must say.

    Parameters
    ----------
    given : the section, already valid by the schema; None for no posterior
    constraints : constraints of the run
    source : name of the config in messages
    check_file : returns what is wrong with a file that the config names, or None

    Returns
    -------
    The posteriors by name, and one line for each problem.
    """
    found, problems = {}, []
    for name, entry in (given or {}).items():
        where, owner = f"{source}: posteriors.{name}", entry["constraint"]
        if owner not in constraints:
            problems.append(f"{where}.constraint: {owner} is not among the constraints of this config")
            continue
        wrong = [f"priors.{key}: {problem}" for key, problem in _prior_problems(entry["priors"])]
        for key, value in (entry.get("inputs") or {}).items():
            declared = constraints[owner].inputs.get(key)
            problems_of = map(check_file, declared.paths(value) if declared else [])
            wrong += [f"inputs.{key}: {problem}" for problem in problems_of if problem]
        problems += [f"{where}.{line}" for line in wrong]
        found[name] = Posterior(**entry)
    return found, problems


def _prior_problems(given: Mapping[str, dict]) -> list[tuple[str, str]]:
    found = []
    for key, plain in given.items():
        try:
            priors.read(plain)
        except InputError as problem:
            found.append((key, str(problem)))
            continue
        ((kind, ends),) = plain.items()
        if not (ends["low"] < ends["high"] and math.isfinite(ends["high"] - ends["low"])):
            found.append((key, f"{kind}: low must be below high"))
    return found
