"""The config file, which says what to compute.

A config is read, completed with the constraints' declarations, and checked before anything runs.  Every problem is
reported in one line that says what is wrong, where, and how to fix it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from nubounds import registry
from nubounds.code import sources
from nubounds.code.lazy import Deferred
from nubounds.config import axes, ensemble, posterior, schema
from nubounds.contract import InputError
from nubounds.files import folders
from nubounds.inputs import declare
from nubounds.inputs.parameter import Parameter
from nubounds.registry import Constraint

DEFAULT, VARIABLE = "config/config.yaml", "NUBOUNDS_CONFIG"  # `nubounds run` names another config in the variable
RESULTS, USER_LIMITS = Path("results"), Path("config/user_limits")
FILLED = ("comparison", "logs", "posterior", "report")  # folders of results besides those of the constraints
SEALED = ".seal"  # extension of the file beside an effective config
NO_MAPPING = "must be a mapping of keys"
MOST_POINTS = 10**8  # in a scan; more than anyone needs, or memory holds


class ConfigError(InputError):
    """Everything that is wrong with a config, one line per problem.

    Parameters
    ----------
    problems : the lines
    """

    def __init__(self, problems: list[str]):
        super().__init__(*problems)
        self.problems = problems


@dataclass(frozen=True)
class Section:
    """The complete configuration of one constraint.

    Attributes
    ----------
    axes : range or list of each axis, as given
    inputs : value of each input, as plain data
    points_per_job : number of points in a job, for each scan
    listed : axes whose values are the entries of an input, each with that input
    """

    axes: dict[str, dict]
    inputs: dict[str, Any]
    points_per_job: dict[str, int]
    listed: Mapping[str, Parameter] = field(default_factory=dict)

    @cached_property
    def grid(self) -> dict[str, list]:
        """The values of every axis, computed on first access: a job that computes a chunk does not need them."""
        entries = {name: one.convert(self.inputs[one.name]) for name, one in self.listed.items()}
        return {name: axes.values(spec) for name, spec in self.axes.items()} | {
            name: list(named.labels) if named else [] for name, named in entries.items()
        }


@dataclass(frozen=True)
class Config:
    """A complete, checked config.

    Attributes
    ----------
    source : name of the config in messages
    results : folder of the results
    user_limits : folder of the user's limit files
    sections : configuration of each constraint
    ensemble : configuration of the ensembles
    posteriors : configuration of each posterior
    """

    source: str
    results: Path
    user_limits: Path
    sections: dict[str, Section]
    ensemble: ensemble.Ensemble = field(default_factory=ensemble.Ensemble)
    posteriors: dict[str, posterior.Posterior] = field(default_factory=dict)

    def effective(self) -> dict:
        """Return the config with every default written out, as plain data that :func:`complete` accepts."""
        return {
            "results": str(self.results),
            "user_limits": str(self.user_limits),
            "allow_outside_files": True,
            "constraints": list(self.sections),
            "ensemble": self.ensemble.effective(),
            "posteriors": {name: one.effective() for name, one in self.posteriors.items()},
            **{
                name: {
                    "grid": section.axes,
                    "inputs": section.inputs,
                    "points_per_job": section.points_per_job,
                }
                for name, section in self.sections.items()
            },
        }


def _in_range(value: Any) -> Any:
    """Convert huge integers within `value` to floats, because they may have more digits than a float can hold."""
    if isinstance(value, dict):
        return {key: _in_range(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_in_range(entry) for entry in value]
    if isinstance(value, int) and abs(value) > 2**63:
        return float(value) if abs(value) < 10**308 else math.inf
    return value


def _numbers(value: Any) -> Any:
    """Convert the strings within `value` as if read from a file: Snakemake's command line keeps most as strings."""
    if isinstance(value, dict):
        return {key: _numbers(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_numbers(entry) for entry in value]
    if not isinstance(value, str):
        return _in_range(value)
    from nubounds.files import yaml_reader

    return yaml_reader.scalar(value)


def _not_finite(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict | list):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        return [line for key, entry in entries for line in _not_finite(entry, f"{path}.{key}" if path else str(key))]
    return [f"{path}: {value} is not a number"] if isinstance(value, float) and not math.isfinite(value) else []


def _outside(path: Path) -> bool:
    return not path.resolve().is_relative_to(Path.cwd().resolve())


def _check_folders(config: Config, outside: bool) -> list[str]:
    """Return what is wrong with the folders that a config names, one line each."""
    try:
        filled = [config.results, *folders.links(config.results, [*config.sections, *FILLED])]
        for path in filled:
            taken = folders.taken(path, {"the folder of limit files": config.user_limits})
            if taken:
                return [f"{config.source}: results: {taken}"]
        dropped = [config.user_limits]
        if not _outside(config.user_limits):
            dropped += [path for path in sorted(config.user_limits.glob("*")) if path.is_symlink()]
        named = [*(("results", path) for path in filled), *(("user_limits", path) for path in dropped)]
        return [
            f"{config.source}: {key}: {_lies_outside(path)}" for key, path in named if not outside and _outside(path)
        ]
    except (OSError, RuntimeError) as problem:  # a link to itself, or a name that is too long
        return [f"{config.source}: results: {str(problem)[:200]}"]


def _lies_outside(path: Path) -> str:
    return f"{path} lies outside the project; set allow_outside_files: true if that is intended"


def _check_file(path: Path, outside: bool) -> str | None:
    try:
        if not path.is_file():
            return f"no file {path}"
        return _lies_outside(path) if not outside and _outside(path) else None
    except OSError as problem:
        return f"{problem.strerror}: {str(path)[:100]}"


def _axes(constraint: Constraint, given: dict, resolution: str, where: str, problems: list[str]) -> dict[str, dict]:
    """Return the range or list of every axis: as given, else as declared for the resolution, else the paper's."""
    specs = {
        name: given.get(name) or axis["grid"].get(resolution) or axis["grid"]["paper"]
        for name, axis in constraint.gridded.items()
    }
    wrong = []
    for name, spec in specs.items():
        try:
            axes.check(spec, f"{where}.grid.{name}")
        except InputError as problem:
            wrong.append(str(problem))
    for scan, declared in constraint.scans.items():
        points = 0 if wrong else math.prod(axes.count(specs[axis]) for axis in declared["axes"] if axis in specs)
        if points > MOST_POINTS:
            wrong.append(f"{where}.grid: {scan} would have {float(points):.1e} points, more than {MOST_POINTS:.0e}")
    problems += wrong
    return specs


def _inputs(
    constraint: Constraint, given: dict, for_all: dict, preset: str, outside: bool, where: str, problems: list[str]
) -> dict[str, Any]:
    """Return the value of every input: given for the constraint, given for all of them, or else from the preset."""
    given = {**{name: value for name, value in for_all.items() if name in constraint.inputs}, **given}
    refused = {}
    for name, value in given.items():
        for path in constraint.inputs[name].paths(value):
            problem = _check_file(path, outside)
            refused |= {name: f"{where}.inputs.{name}: {problem}"} if problem else {}
    problems += refused.values()
    usable = {name: value for name, value in given.items() if name not in refused}
    complete: dict[str, Any] = {}
    for record in constraint.records:
        try:
            complete |= declare.build(record, usable, preset).as_plain()
        except InputError as problem:
            problems.append(f"{where}.inputs.{problem}")
    return complete


def _points_per_job(constraint: Constraint, given: int | dict | None, for_all: int | None) -> dict[str, int]:
    """Return the value for every scan: given for the scan, the constraint or all of them, or else as declared."""
    per_scan, default = (given, for_all) if isinstance(given, dict) else ({}, given or for_all)
    return {
        scan: int(per_scan.get(scan) or default or declared["points_per_job"])
        for scan, declared in constraint.scans.items()
    }


def complete(given: Any, source: str, writes: bool = True) -> Config:
    """Complete and check a config.

    Parameters
    ----------
    given : plain data as read from a config file; None for an empty one
    source : name of the config in messages
    writes : whether results will be written, so that the folders matter

    Returns
    -------
    The config with every default filled in.

    Raises
    ------
    ConfigError
        With one line for each problem.
    """
    given = _in_range({} if given is None else given)
    if not isinstance(given, dict):
        raise ConfigError([f"{source}: {NO_MAPPING}"])
    problems = [f"{source}: {line}" for line in _not_finite(given)] or schema.problems(given, source)
    if problems:
        raise ConfigError(problems)
    resolution, outside = given.get("resolution", "paper"), given.get("allow_outside_files", False)
    for_all = {"precision": given["precision"]} if "precision" in given else {}
    sections = {}
    for name in given.get("constraints", registry.names()):
        constraint, section, where = registry.get(name), given.get(name) or {}, f"{source}: {name}"
        preset = section.get("preset", given.get("preset", "paper"))
        sections[name] = Section(
            _axes(constraint, section.get("grid") or {}, resolution, where, problems),
            _inputs(constraint, section.get("inputs") or {}, for_all, preset, outside, where, problems),
            _points_per_job(constraint, section.get("points_per_job"), given.get("points_per_job")),
            constraint.listed,
        )
    constraints = {name: registry.get(name) for name in sections}
    varied, wrong = ensemble.complete(
        given.get("ensemble"), constraints, source, lambda path: _check_file(path, outside)
    )
    sampled, refused = posterior.complete(
        given.get("posteriors"), constraints, source, lambda path: _check_file(path, outside)
    )
    folders_of = Path(given.get("results", RESULTS)), Path(given.get("user_limits", USER_LIMITS))
    config = Config(source, *folders_of, sections, varied, sampled)
    problems += wrong + refused + (_check_folders(config, outside) if writes else [])
    if problems:
        raise ConfigError(problems)
    return config


def check_inputs(config: Config) -> None:
    """Let each constraint check its own inputs and data files; ConfigError with one line for each problem."""
    problems = []
    for name, section in config.sections.items():
        constraint = registry.get(name)
        if not constraint.has("checks"):
            continue
        module = constraint.module("checks")
        try:
            if hasattr(module, "check"):
                module.check(**declare.bind(module.check, section.inputs))
            if hasattr(module, "check_grid"):
                module.check_grid(section.grid, **declare.bind(module.check_grid, section.inputs))
        except InputError as problem:
            problems += [f"{config.source}: {name}: {line}" for line in str(problem).split("\n")]
    if problems:
        raise ConfigError(problems)


def read(path: str | Path) -> Any:
    """Read a config file as plain data; ConfigError of one line if it is missing or invalid YAML."""
    from nubounds.files import yaml_reader  # not at the top, because jobs read a config that was checked

    path = Path(path)
    try:
        if not (path.is_file() or path.is_dir()):
            raise ConfigError([f"no config file {path}"])
        return yaml_reader.read(path)
    except OSError as problem:
        raise ConfigError([f"{str(path)[:100]}: {problem.strerror}"]) from None
    except ConfigError:
        raise
    except InputError as problem:
        raise ConfigError([str(problem)]) from None


def assemble(paths: list[str | Path], changes: Any = None) -> Config:
    """Merge config files and changes from the command line into one complete config.

    Parameters
    ----------
    paths : the files; each overrides those before it.  Messages show paths relative to the working directory.
    changes : the values of Snakemake's ``--config``, as plain data; strings are converted as if read from a file

    Returns
    -------
    The complete config.

    Raises
    ------
    ConfigError
        With one line for each problem.
    """
    given, here = {}, Path.cwd()
    paths = [Path(path).relative_to(here) if Path(path).is_relative_to(here) else Path(path) for path in paths]
    for path in paths:
        found = read(path)
        if not isinstance(found, dict | None):
            raise ConfigError([f"{path}: {NO_MAPPING}"])
        given = _merged(given, found or {})
    return complete(_merged(given, _numbers(changes or {})), ", ".join(map(str, paths)))


def _merged(old: Any, new: Any) -> Any:
    """Merge `new` into `old`, key by key where both are mappings."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return old | {key: _merged(old.get(key), value) for key, value in new.items()}


def seal(path: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the seal of a checked config.

    Parameters
    ----------
    path : its file
    names : its constraints

    Returns
    -------
    A hash that changes with the config, and for each constraint one that changes with its declaration.
    """
    return {"": sources.file_hash(path)} | {name: sources.hash_files(registry.declaring_files(name)) for name in names}


def sealed(path: Path, names: Iterable[str]) -> str:
    """Return the text of the file beside a checked config.

    Parameters
    ----------
    path : the config's file
    names : its constraints

    Returns
    -------
    Its seal, and the declarations that it was checked with, as JSON.
    """
    return json.dumps([seal(path, names), {name: registry.get(name).declaration for name in names}])


def _sealed(path: Path, name: str | None) -> Config | None:
    """Return the effective config that a run wrote, if its seal is intact: checking it again would slow every job."""
    mark = path.with_suffix(SEALED)
    if not (path.is_file() and mark.is_file()):
        return None
    try:
        noted, declarations = json.loads(mark.read_bytes())
        names = [name] if name in noted else noted.keys() - {""}  # a job needs the declaration of its constraint alone
        if any(noted[key] != value for key, value in seal(path, names).items()):
            return None
    except (ValueError, TypeError, AttributeError, KeyError):  # a damaged seal
        return None
    for each in names:
        registry.trust(each, declarations[each])
    plain = json.loads(path.read_text(encoding="utf-8"))
    sections = {
        name: Section(
            plain[name]["grid"],
            plain[name]["inputs"],
            plain[name]["points_per_job"],
            Deferred(partial(_listed, name)),
        )
        for name in plain["constraints"]
    }
    varied = ensemble.from_effective(plain["ensemble"])
    sampled = {name: posterior.Posterior(**entry) for name, entry in plain["posteriors"].items()}
    return Config(str(path), Path(plain["results"]), Path(plain["user_limits"]), sections, varied, sampled)


def _listed(name: str) -> dict[str, Parameter]:
    return registry.get(name).listed


def load(path: str | Path, name: str | None = None) -> Config:
    """Read and check a config file, but not the data files that it names: see :func:`check_inputs`.

    Parameters
    ----------
    path : the file
    name : the only constraint that matters to the caller; default: all

    Returns
    -------
    The complete config.

    Raises
    ------
    ConfigError
        With one line for each problem.
    """
    return _sealed(Path(path), name) or complete(read(path), str(path))
