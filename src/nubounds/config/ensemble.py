"""The section ``ensemble`` of a config: which inputs vary, how, on which grid, and the number of members.

Anything left out comes from the declarations: every input with a prior varies, on the axes' grids for ensembles.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from nubounds.config import axes
from nubounds.contract import InputError, Parameter
from nubounds.inputs import declare, priors
from nubounds.inputs.parameter import hint
from nubounds.registry import Constraint

MEMBERS, SEED = 256, 1
MOST_MEMBERS = 2**30  # length of the Sobol sequence
LEAST_JOB, MOST_JOBS = 64, 64  # defaults: least members in a job, most jobs of a constraint
LEAST_SHARE = 1e-3  # minimum share of a prior within an input's bounds; with less, they contradict each other
VARIED_KINDS = ("number", "integer", "choice", "flag", "file")
CORRELATED = "correlated"

CheckFile = Callable[[Path], str | None]


@dataclass(frozen=True)
class Varied:
    """What varies in one constraint.

    Attributes
    ----------
    priors : prior of each varied input, as written in a config
    correlated : groups of inputs, each with the correlation matrix of their Gaussian copula
    axes : range or list of each axis
    """

    priors: dict[str, dict]
    correlated: list[dict]
    axes: dict[str, dict]

    @cached_property
    def grid(self) -> dict[str, list]:
        """The values of every axis."""
        return {name: axes.values(spec) for name, spec in self.axes.items()}


@dataclass(frozen=True)
class Ensemble:
    """The complete, checked section ``ensemble`` of a config.

    Attributes
    ----------
    members : number of members
    seed : seed of the scrambled Sobol sequence
    members_per_job : number of members in a job
    constraints : what varies, by constraint
    """

    members: int = MEMBERS
    seed: int = SEED
    members_per_job: int = LEAST_JOB
    constraints: dict[str, Varied] = field(default_factory=dict)

    def effective(self) -> dict:
        """Return the same as plain data that :func:`complete` accepts."""
        parts = self.constraints.items()
        return {
            "members": self.members,
            "seed": self.seed,
            "members_per_job": self.members_per_job,
            "constraints": list(self.constraints),
            "vary": {name: list(part.priors) for name, part in parts},
            "priors": {name: part.priors | {CORRELATED: part.correlated} for name, part in parts},
            "grid": {name: part.axes for name, part in parts},
        }


def from_effective(plain: Mapping[str, Any]) -> Ensemble:
    """Return the ensemble from the plain data of :meth:`Ensemble.effective`."""
    parts = {}
    for name in plain["constraints"]:
        known = dict(plain["priors"][name])
        parts[name] = Varied({key: known[key] for key in plain["vary"][name]}, known[CORRELATED], plain["grid"][name])
    return Ensemble(plain["members"], plain["seed"], plain["members_per_job"], parts)


def variable(constraint: Constraint) -> dict[str, Parameter]:
    """Return the inputs that can vary; those inside records and mappings have dotted keys."""
    return flat(constraint.inputs)


def flat(inputs: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Return those of `inputs` that can vary; those inside records and mappings have dotted keys."""
    found: dict[str, Parameter] = {}
    for key, parameter in inputs.items():
        found |= _inside(key, parameter)
    return found


def _inside(key: str, parameter: Parameter) -> dict[str, Parameter]:
    if parameter.kind == "record":
        return flat({f"{key}.{name}": inner for name, inner in declare.parameters(parameter.record).items()})
    if parameter.kind == "mapping" and isinstance(parameter.default, Mapping):
        one = dataclasses.replace(parameter, kind="number", prior=None)
        return {f"{key}.{name}": dataclasses.replace(one, name=f"{key}.{name}") for name in parameter.default}
    return {key: parameter} if parameter.kind in VARIED_KINDS else {}


def _prior_problem(parameter: Parameter, plain: Mapping[str, Any], check_file: CheckFile) -> str | None:
    """Return what is wrong with a prior for an input, or None."""
    try:
        prior = priors.read(plain)
        if isinstance(prior, priors.Choice):
            named = [Path(str(parameter.convert(value))) for value, _ in prior.weights]
            return next(filter(None, map(check_file, named)), None) if parameter.kind == "file" else None
        if parameter.kind not in ("number", "integer"):
            return f"{next(iter(plain))}: only a choice prior makes sense for this input"
        if isinstance(prior, priors.Samples):
            problem = check_file(Path(prior.file))
            return f"samples.file: {problem}" if problem else None
        low, high = parameter.ends
        share = priors.kept(prior, low, high)
    except InputError as problem:
        return str(problem)
    if share < LEAST_SHARE:
        return f"only {100 * share:.2g} % of it lies within the input's bounds, {low:g} to {high:g}"
    return None


def _correlation_problem(group: Mapping[str, Any], varied: Mapping[str, dict], taken: set[str]) -> str | None:
    import numpy as np

    names, matrix = group["inputs"], group["correlation"]
    for name in names:
        if name not in varied:
            return f"inputs: {name} does not vary{hint(name, varied)}"
        if name in taken:
            return f"inputs: {name} is in another group too"
        if "choice" in varied[name]:
            return f"inputs: {name} is a choice, whose values have no order and so cannot be correlated"
    if len(matrix) != len(names) or any(len(row) != len(names) for row in matrix):
        return f"correlation: must be {len(names)} rows of {len(names)} numbers"
    values = np.array(matrix, dtype=float)
    if not (np.array_equal(values, values.T) and np.all(np.diag(values) == 1)):
        return "correlation: must be symmetric with ones on its diagonal"
    try:
        np.linalg.cholesky(values)
    except np.linalg.LinAlgError:
        return "correlation: must be positive definite"
    return None


def _varied(
    constraint: Constraint,
    given: Mapping[str, Any],
    resolution: dict[str, dict],
    where: str,
    problems: list[str],
    check_file: CheckFile,
) -> Varied:
    name, inputs = constraint.name, variable(constraint)
    replaced = dict((given.get("priors") or {}).get(name) or {})
    correlated = list(replaced.pop(CORRELATED, ()))
    known = {key: priors.as_plain(parameter.prior) for key, parameter in inputs.items() if parameter.prior is not None}
    known |= replaced
    chosen = (given.get("vary") or {}).get(name)
    for key in chosen or ():
        if key not in known:
            problems.append(f"{where}.vary.{name}: {key} has no prior: give one in priors.{name}.{key}")
    varied = {key: known[key] for key in inputs if key in known and (chosen is None or key in chosen)}
    for key, plain in varied.items():
        problem = _prior_problem(inputs[key], plain, check_file)
        if problem:
            problems.append(f"{where}.priors.{name}.{key}: {problem}")
    taken: set[str] = set()
    for place, group in enumerate(correlated):
        problem = _correlation_problem(group, varied, taken)
        if problem:
            problems.append(f"{where}.priors.{name}.{CORRELATED}.{place}.{problem}")
        taken |= set(group["inputs"])
    specs = resolution | ((given.get("grid") or {}).get(name) or {})
    for axis, spec in specs.items():
        try:
            axes.check(spec, f"{where}.grid.{name}.{axis}")
        except InputError as problem:
            problems.append(str(problem))
    return Varied(varied, correlated, specs)


def _declared(grids: Mapping[str, dict]) -> dict:
    """Return the declared grid of an axis for ensembles, or else its coarsest one."""
    return next(grids[name] for name in ("ensemble", "toy", "paper") if name in grids)


def complete(
    given: Mapping[str, Any] | None,
    constraints: Mapping[str, Constraint],
    source: str,
    check_file: CheckFile,
) -> tuple[Ensemble, list[str]]:
    """Complete and check the section ``ensemble`` of a config.

    Parameters
    ----------
    given : the section, already valid by the schema; None to use the declarations alone
    constraints : constraints of the run
    source : name of the config in messages
    check_file : returns what is wrong with a file that the config names, or None

    Returns
    -------
    The complete ensemble, and one line for each problem.
    """
    asked, given, problems, parts = given is not None, given or {}, [], {}
    where = f"{source}: ensemble"
    for name in given.get("constraints", constraints):
        if name not in constraints:
            problems.append(f"{where}.constraints: {name} is not among the constraints of this config")
            continue
        constraint = constraints[name]
        declared = {axis: _declared(spec["grid"]) for axis, spec in constraint.gridded.items()}
        part = _varied(constraint, given, declared, where, problems, check_file)
        if part.priors:
            parts[name] = part
        elif asked and "constraints" in given:
            problems.append(f"{where}: {name} has no input with a prior: give one in priors.{name}")
    for key in ("vary", "priors", "grid"):
        for name in given.get(key) or {}:
            if name not in given.get("constraints", constraints):
                problems.append(f"{where}.{key}.{name}: this constraint is not in the ensemble")
    members = int(given.get("members", MEMBERS))
    per_job = max(LEAST_JOB, 2 ** math.ceil(math.log2(max(1, members / MOST_JOBS))))
    return (
        Ensemble(members, int(given.get("seed", SEED)), int(given.get("members_per_job", per_job)), parts),
        problems,
    )
