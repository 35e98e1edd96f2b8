"""The config file: what to compute.  Read, completed with the constraints' declarations, and checked before anything
runs; every problem is one line that says what, where, and the way out.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from nubounds import axes, config_schema, folders, registry, sources
from nubounds.contract import InputError
from nubounds.registry import Constraint

RESULTS, USER_LIMITS = Path("results"), Path("config/user_limits")
FILLED = ("comparison", "logs", "report")  # folders of results besides those of the constraints
SEALED = ".seal"  # ending of the file beside an effective config
MOST_POINTS = 10**8  # of a scan: beyond any use, and beyond memory


class ConfigError(InputError):
    """Everything that is wrong with a config, one line each."""

    def __init__(self, problems: list[str]):
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Section:
    """What the config says of one constraint, completed.

    `axes` maps an axis to its range or list as given; `points_per_job` maps a scan to a number.
    """

    axes: dict[str, dict]
    inputs: dict[str, Any]
    points_per_job: dict[str, int]

    @cached_property
    def grid(self) -> dict[str, list]:
        """The values of every axis (made when first asked for: a job that computes a chunk has no use for them)."""
        return {name: axes.values(spec) for name, spec in self.axes.items()}


@dataclass(frozen=True)
class Config:
    """A complete, checked config."""

    source: str
    results: Path
    user_limits: Path
    sections: dict[str, Section]

    def effective(self) -> dict:
        """The same config with every default written out, as plain data that :func:`complete` accepts again."""
        return {
            "results": str(self.results),
            "user_limits": str(self.user_limits),
            "allow_outside_files": True,
            "constraints": list(self.sections),
            **{
                name: {
                    "grid": section.axes,
                    "inputs": section.inputs,
                    "points_per_job": section.points_per_job,
                }
                for name, section in self.sections.items()
            },
        }


def _numbers(value: Any) -> Any:
    """`value` with its numbers as they are meant: Snakemake's reader (YAML 1.1) takes 1e-5 for a word, and a whole
    number may have more digits than a float can hold.
    """
    if isinstance(value, dict):
        return {key: _numbers(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_numbers(entry) for entry in value]
    if isinstance(value, int) and abs(value) > 2**63:
        return float(value) if abs(value) < 10**308 else math.inf
    if isinstance(value, str) and value[:1] in "+-.0123456789" and "e" in value.lower():
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _not_finite(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict | list):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        return [line for key, entry in entries for line in _not_finite(entry, f"{path}.{key}" if path else str(key))]
    return [f"{path}: {value} is not a number"] if isinstance(value, float) and not math.isfinite(value) else []


def _outside(path: Path) -> bool:
    return not path.resolve().is_relative_to(Path.cwd().resolve())


def _check_folders(config: Config, outside: bool) -> list[str]:
    """Whether the folders that a config names are ones that a run may use."""
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
    except (OSError, RuntimeError) as problem:  # a link to itself, a name that is too long
        return [f"{config.source}: results: {str(problem)[:200]}"]


def _lies_outside(path: Path) -> str:
    return f"{path} lies outside the project; set allow_outside_files: true if that is meant"


def _check_file(path: Path, outside: bool) -> str | None:
    try:
        if not path.is_file():
            return f"no file {path}"
        return _lies_outside(path) if not outside and _outside(path) else None
    except OSError as problem:
        return f"{problem.strerror}: {str(path)[:100]}"


def _axes(constraint: Constraint, given: dict, resolution: str, where: str, problems: list[str]) -> dict[str, dict]:
    """The range or list of every axis: the given one, else the one declared for the resolution, else the paper's."""
    specs = {
        name: given.get(name) or axis["grid"].get(resolution) or axis["grid"]["paper"]
        for name, axis in constraint.axes.items()
    }
    wrong = []
    for name, spec in specs.items():
        try:
            axes.check(spec, f"{where}.grid.{name}")
        except InputError as problem:
            wrong.append(str(problem))
    for scan, declared in constraint.scans.items():
        points = 0 if wrong else math.prod(axes.count(specs[axis]) for axis in declared["axes"])
        if points > MOST_POINTS:
            wrong.append(f"{where}.grid: {scan} would have {float(points):.1e} points, more than {MOST_POINTS:.0e}")
    problems += wrong
    return specs


def _inputs(
    constraint: Constraint, given: dict, for_all: dict, outside: bool, where: str, problems: list[str]
) -> dict[str, Any]:
    """Per input: what is given for it, for all constraints, or else what it declares."""
    inputs = {}
    for name, declared in constraint.declaration["inputs"].items():
        value = given.get(name, for_all.get(name, declared["default"]))
        if declared["kind"] == "file" and value is not None:
            problem = _check_file(Path(value), outside)
            problems += [f"{where}.inputs.{name}: {problem}"] if problem else []
        inputs[name] = int(value) if declared["kind"] == "integer" and value is not None else value
    return inputs


def _points_per_job(constraint: Constraint, given: int | dict | None, for_all: int | None) -> dict[str, int]:
    """Per scan: what is given for it, for the constraint, for all constraints, or else what it declares."""
    per_scan, default = (given, for_all) if isinstance(given, dict) else ({}, given or for_all)
    return {
        scan: int(per_scan.get(scan) or default or declared["points_per_job"])
        for scan, declared in constraint.scans.items()
    }


def complete(given: Any, source: str) -> Config:
    """The complete config of the plain data `given`; ConfigError with one line for each problem."""
    given = _numbers({} if given is None else given)
    if not isinstance(given, dict):
        raise ConfigError([f"{source}: must be a mapping of keys"])
    problems = [f"{source}: {line}" for line in _not_finite(given)] or config_schema.problems(given, source)
    if problems:
        raise ConfigError(problems)
    resolution, outside = given.get("resolution", "paper"), given.get("allow_outside_files", False)
    for_all = {"precision": given["precision"]} if "precision" in given else {}
    sections = {}
    for name in given.get("constraints", registry.names()):
        constraint, section, where = registry.get(name), given.get(name) or {}, f"{source}: {name}"
        sections[name] = Section(
            _axes(constraint, section.get("grid") or {}, resolution, where, problems),
            _inputs(constraint, section.get("inputs") or {}, for_all, outside, where, problems),
            _points_per_job(constraint, section.get("points_per_job"), given.get("points_per_job")),
        )
    config = Config(source, Path(given.get("results", RESULTS)), Path(given.get("user_limits", USER_LIMITS)), sections)
    problems += _check_folders(config, outside)
    if problems:
        raise ConfigError(problems)
    return config


def check_inputs(config: Config) -> None:
    """Let each constraint look at its own inputs and data files; ConfigError if any of them refuses."""
    problems = []
    for name, section in config.sections.items():
        model = registry.get(name).model
        try:
            if hasattr(model, "check"):
                model.check(section.inputs)
            if hasattr(model, "check_grid"):
                model.check_grid(section.grid, section.inputs)
        except InputError as problem:
            problems += [f"{config.source}: {name}: {line}" for line in str(problem).split("\n")]
    if problems:
        raise ConfigError(problems)


def read(path: str | Path) -> Any:
    """The plain data of a config file; ConfigError with the line for a file that is no YAML."""
    path = Path(path)
    if not path.is_file():
        raise ConfigError([f"no config file {path}"])
    try:
        with path.open(encoding="utf-8") as file:
            return yaml.load(file, registry.Loader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        reason = getattr(problem, "problem", None) or str(problem).splitlines()[0]
        raise ConfigError([f"{path}{line}: not YAML: {reason}"]) from None
    except InputError:  # a key given twice
        raise
    except UnicodeDecodeError as problem:
        raise ConfigError([f"{path}: not text in UTF-8: byte {problem.start}"]) from None
    except RecursionError:
        raise ConfigError([f"{path}: brackets within brackets without end"]) from None
    except ValueError as problem:  # a number of thousands of digits
        raise ConfigError([f"{path}: {problem}"]) from None


def seal(path: Path) -> str:
    """What stands in the file beside a checked config; it breaks when the config or a declaration changes."""
    return sources.hash_files([path, *(registry.FOLDER / name / "constraint.yaml" for name in registry.names())])


def _sealed(path: Path) -> Config | None:
    """The effective config that a run wrote, if its seal is whole: checking it again would take every job longer."""
    mark = path.with_suffix(SEALED)
    if not (path.is_file() and mark.is_file() and mark.read_bytes() == seal(path).encode()):
        return None
    plain = json.loads(path.read_text(encoding="utf-8"))
    sections = {
        name: Section(plain[name]["grid"], plain[name]["inputs"], plain[name]["points_per_job"])
        for name in plain["constraints"]
    }
    return Config(str(path), Path(plain["results"]), Path(plain["user_limits"]), sections)


def load(path: str | Path) -> Config:
    """Read and check a config file (without looking into data files: see :func:`check_inputs`)."""
    return _sealed(Path(path)) or complete(read(path), str(path))
