"""The config file: what to compute.  Read, completed with the constraints' declarations, and checked before anything
runs.

The schema is composed from every ``constraint.yaml``, so a new constraint brings its own keys.  A problem is one line
that says what, where, and the way out: ``config/config.yaml: sn_diffusion.grid.m_mediator_MeV.points: 0 is less than
the minimum of 2``.
"""

from __future__ import annotations

import difflib
import json
import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from nubounds import registry
from nubounds.contract import InputError
from nubounds.registry import Constraint

RESOLUTIONS = ("paper", "toy", "hires")
_KIND_TYPES = {
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "flag": {"type": "boolean"},
    "choice": {},
    "text": {"type": "string"},
    "numbers": {"type": "array", "items": {"type": "number"}},
    "words": {"type": "array", "items": {"type": "string"}},
    "mapping": {"type": "object", "additionalProperties": {"type": "number"}},
    "file": {"type": "string"},
}


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
        return {name: axis_values(spec) for name, spec in self.axes.items()}


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


def _bounds(declared: dict) -> dict:
    keys = {"minimum": "minimum", "maximum": "maximum", "above": "exclusiveMinimum", "below": "exclusiveMaximum"}
    return {keyword: declared[key] for key, keyword in keys.items() if key in declared}


def _input_schema(declared: dict) -> dict:
    schema = json.loads(json.dumps(_KIND_TYPES[declared["kind"]]))
    inner = schema.get("items") or schema.get("additionalProperties") or schema
    inner.update(_bounds(declared))
    if "choices" in declared:
        inner["enum"] = declared["choices"]
    if declared["kind"] == "numbers" and "length" in declared:
        schema["minItems"] = schema["maxItems"] = declared["length"]
    if declared.get("default") is None:
        schema = (
            {"anyOf": [{"type": "null"}, schema]}
            if declared["kind"] != "choice"
            else {"enum": [None, *declared["choices"]]}
        )
    return schema | {"description": f"{declared['meaning']} [{declared.get('unit', '1')}]"}


def _axis_schema(declared: dict) -> dict:
    if declared["kind"] == "choice":
        items = {"enum": declared["choices"]}
        keys = {"values": {"type": "array", "minItems": 1, "items": items}}
    else:
        value = {"type": "number", **_bounds(declared)}
        keys = {
            "min": value,
            "max": value,
            "points": {"type": "integer", "minimum": 2},
            "spacing": {"enum": ["log", "linear"]},
            "extra": {"type": "array", "items": value},
            "values": {"type": "array", "minItems": 1, "items": value},
        }
    return {
        "type": "object",
        "description": f"{declared['meaning']} [{declared.get('unit', '1')}]",
        "properties": keys,
        "additionalProperties": False,
    }


def _object(properties: dict) -> dict:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def schema() -> dict:
    """The JSON schema of a config, composed from all constraints."""
    jobs = {"type": "integer", "minimum": 1}
    sections = {
        constraint.name: _object(
            {
                "grid": _object({name: _axis_schema(axis) for name, axis in constraint.axes.items()}),
                "inputs": _object({name: _input_schema(d) for name, d in constraint.declaration["inputs"].items()}),
                "points_per_job": {"anyOf": [jobs, _object({scan: jobs for scan in constraint.scans})]},
            }
        )
        for constraint in registry.all_constraints()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nubounds config",
        **_object(
            {
                "results": {"type": "string", "description": "folder of the results"},
                "resolution": {
                    "enum": list(RESOLUTIONS),
                    "description": "which of the declared grids stands in for axes not given here",
                },
                "constraints": {"type": "array", "minItems": 1, "items": {"enum": list(registry.names())}},
                "points_per_job": {
                    **jobs,
                    "description": "grid points in one job, for all scans; 1 is one job per grid point",
                },
                "user_limits": {"type": "string", "description": "folder of limit files that a user drops in"},
                "allow_outside_files": {"type": "boolean", "description": "data files may lie outside the project"},
                **sections,
            }
        ),
    }


def _describe(error, source: str) -> str:
    """One line for one violation of the schema."""
    path = ".".join(map(str, error.absolute_path))
    where = f"{source}: {path}" if path else source
    if error.validator == "additionalProperties":
        valid = list(error.schema["properties"])
        unknown = [key for key in error.instance if key not in valid]
        lines = []
        for key in unknown:
            close = difflib.get_close_matches(str(key), valid, 1, 0.6)
            hint = f" (did you mean {close[0]}?)" if close else ""
            if close and "_" in str(key) and str(key).rpartition("_")[0] == close[0].rpartition("_")[0]:
                hint = f" (did you mean {close[0]}? the unit is in the name)"
            lines.append(f"{where}: unknown key {key}{hint}; valid: {', '.join(valid)}")
        return "\n".join(lines)
    if error.validator == "enum":
        return f"{where}: {error.instance!r} is not one of {', '.join(map(str, error.validator_value))}"
    if error.validator == "anyOf":
        deepest = [inner for inner in error.context if inner.validator != "type" or inner.validator_value != "null"]
        return f"{where}: {deepest[0].message if deepest else error.message}"
    if error.validator in ("exclusiveMinimum", "exclusiveMaximum"):
        word = "above" if error.validator == "exclusiveMinimum" else "below"
        return f"{where}: {error.instance} must be {word} {error.validator_value}"
    return f"{where}: {error.message}"


def _numbers_from_words(value: Any) -> Any:
    """1e-5 reads as a word in YAML 1.1 (Snakemake's reader): turn words that are numbers in exponent notation into
    numbers.
    """
    if isinstance(value, dict):
        return {key: _numbers_from_words(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_numbers_from_words(entry) for entry in value]
    if isinstance(value, str) and value[:1] in "+-.0123456789" and "e" in value.lower():
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _not_finite(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [
            line for key, entry in value.items() for line in _not_finite(entry, f"{path}.{key}" if path else str(key))
        ]
    if isinstance(value, list):
        return [line for index, entry in enumerate(value) for line in _not_finite(entry, f"{path}.{index}")]
    return [f"{path}: {value} is not a number"] if isinstance(value, float) and not math.isfinite(value) else []


def check_range(spec: dict, where: str) -> None:
    """InputError for an empty, unsorted or contradictory range or list."""
    if "values" in spec:
        values = spec["values"]
        for key in ("min", "max", "points", "spacing"):
            if key in spec:
                raise InputError(f"{where}.{key}: an axis has either values or a range (min, max, points), not both")
        if isinstance(values[0], str):
            if len(set(values)) != len(values):
                raise InputError(f"{where}.values: a value stands twice")
        elif any(b <= a for a, b in pairwise(values)):
            raise InputError(f"{where}.values: must be strictly ascending")
        return
    for key in ("min", "max", "points"):
        if key not in spec:
            raise InputError(f"{where}.{key}: missing (an axis needs min, max and points, or values)")
    if not spec["min"] < spec["max"]:
        raise InputError(f"{where}: the range is empty: min {spec['min']} is not below max {spec['max']}")
    if spec.get("spacing", "log") == "log" and spec["min"] <= 0:
        raise InputError(f"{where}.min: {spec['min']} must be above 0 for log spacing")


def axis_values(spec: dict) -> list:
    """The values of an axis from its range or list, ascending and without repetition.

    Numbers have twelve digits, so that the same physical point is the same (and found in the cache) in a refined grid.
    """
    if "values" in spec:
        values = spec["values"]
        if isinstance(values[0], str):
            return values
    else:
        low, high, last = float(spec["min"]), float(spec["max"]), spec["points"] - 1
        if spec.get("spacing", "log") == "log":
            values = [low * (high / low) ** (i / last) for i in range(last + 1)]
        else:
            values = [low + (high - low) * i / last for i in range(last + 1)]
    return sorted({float(f"{value:.12g}") for value in [*values, *spec.get("extra", [])]})


def _axes(constraint: Constraint, given: dict, resolution: str) -> dict[str, dict]:
    """The range or list of every axis: the given one, else the one declared for the resolution, else the paper's."""
    return {
        name: given.get(name) or axis["grid"].get(resolution) or axis["grid"]["paper"]
        for name, axis in constraint.axes.items()
    }


def _check_ranges(axes: dict[str, dict], where: str, problems: list[str]) -> None:
    for name, spec in axes.items():
        try:
            check_range(spec, f"{where}.grid.{name}")
        except InputError as problem:
            problems.append(str(problem))


def _inputs(constraint: Constraint, given: dict, outside: bool, where: str, problems: list[str]) -> dict[str, Any]:
    inputs = {}
    for name, declared in constraint.declaration["inputs"].items():
        inputs[name] = given.get(name, declared["default"])
        if declared["kind"] == "file" and inputs[name] is not None:
            path = Path(inputs[name])
            if not path.is_file():
                problems.append(f"{where}.inputs.{name}: no file {path}")
            elif not outside and not path.resolve().is_relative_to(Path.cwd().resolve()):
                problems.append(
                    f"{where}.inputs.{name}: {path} lies outside the project; "
                    "set allow_outside_files: true if that is meant"
                )
    return inputs


def complete(given: dict, source: str) -> Config:
    """The complete config of the plain data `given`; ConfigError with one line for each problem."""
    import jsonschema

    given = _numbers_from_words(given or {})
    if not isinstance(given, dict):
        raise ConfigError([f"{source}: must be a mapping of keys"])
    validator = jsonschema.Draft202012Validator(schema())
    errors = sorted(validator.iter_errors(given), key=lambda error: list(map(str, error.absolute_path)))
    problems = [f"{source}: {line}" for line in _not_finite(given)] + [_describe(error, source) for error in errors]
    if problems:
        raise ConfigError(problems)
    sections = {}
    for name in given.get("constraints", registry.names()):
        constraint, section, where = registry.get(name), given.get(name) or {}, f"{source}: {name}"
        axes = _axes(constraint, section.get("grid") or {}, given.get("resolution", "paper"))
        _check_ranges(axes, where, problems)
        inputs = _inputs(
            constraint, section.get("inputs") or {}, given.get("allow_outside_files", False), where, problems
        )
        jobs = section.get("points_per_job", given.get("points_per_job"))
        per_scan = jobs if isinstance(jobs, dict) else {}
        default = jobs if isinstance(jobs, int) else given.get("points_per_job")
        points_per_job = {
            scan: per_scan.get(scan) or default or declared["points_per_job"]
            for scan, declared in constraint.scans.items()
        }
        sections[name] = Section(axes, inputs, points_per_job)
    if problems:
        raise ConfigError(problems)
    return Config(
        source, Path(given.get("results", "results")), Path(given.get("user_limits", "config/user_limits")), sections
    )


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


def load(path: str | Path) -> Config:
    """Read and check a config file (without looking into data files: see :func:`check_inputs`)."""
    path = Path(path)
    if not path.is_file():
        raise ConfigError([f"no config file {path}"])
    try:
        with path.open(encoding="utf-8") as file:
            given = yaml.load(file, registry.Loader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise ConfigError([f"{path}{line}: not YAML: {getattr(problem, 'problem', problem)}"]) from None
    return complete(given, str(path))
