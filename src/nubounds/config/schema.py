"""The JSON schema of a config, composed from the declarations of all constraints, and messages for its violations.

A new constraint adds its own keys.  Each problem is reported in one line that says what is wrong and where:
``config/config.yaml: sn_diffusion.grid.m_mediator_MeV.points: 0 is less than the minimum of 2``.
"""

from __future__ import annotations

import copy
import difflib
from functools import cache
from itertools import islice
from typing import Any

from nubounds import registry
from nubounds.config import ensemble, posterior
from nubounds.inputs import declare, priors
from nubounds.inputs.declare import PRECISIONS, PRESETS
from nubounds.inputs.parameter import Parameter

RESOLUTIONS = ("paper", "toy", "hires")
KINDS = {
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
LISTS_OF_FILES = [
    {"type": "array", "items": {"type": "string"}},
    {"type": "object", "additionalProperties": {"type": "string"}},
]
BOUNDS = {"minimum": "minimum", "maximum": "maximum", "above": "exclusiveMinimum", "below": "exclusiveMaximum"}
TYPES = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "string": "text",
    "array": "a list",
    "object": "a mapping of keys",
    "null": "empty",
}
# Braces are wildcards in the workflow's file names; control characters only cause trouble.
FOLDER = {"type": "string", "pattern": r"^[^\x00-\x1f\x7f{}]+$"}
MOST_PROBLEMS = 20
LONGEST = 100  # characters of a value that a message shows


def _bounds(declared: dict) -> dict:
    return {keyword: declared[key] for key, keyword in BOUNDS.items() if key in declared}


def _description(declared: dict) -> str:
    return f"{declared['meaning']} [{declared.get('unit', '1')}]"


def _input(parameter: Parameter) -> dict:
    """Return the schema of one input."""
    description = {"description": f"{parameter.meaning} [{parameter.unit}]"}
    if parameter.kind == "files":
        return {"anyOf": [*([{"type": "null"}] if parameter.optional else []), *LISTS_OF_FILES]} | description
    if parameter.kind == "record":
        schema = _object({name: _input(inner) for name, inner in declare.parameters(parameter.record).items()})
    else:
        schema = copy.deepcopy(KINDS[parameter.kind])
    inner = (
        schema if parameter.kind == "record" else schema.get("items") or schema.get("additionalProperties") or schema
    )
    inner.update({word: getattr(parameter, key) for key, word in BOUNDS.items() if getattr(parameter, key) is not None})
    choices = [*parameter.choices, *(alias for alias, _ in parameter.aliases)]
    if choices:
        inner["enum"] = choices
    if parameter.length is not None:
        schema["minItems"] = schema["maxItems"] = parameter.length
    if parameter.kind == "words":
        schema["minItems"] = 1
    if parameter.optional:
        schema = {"enum": [None, *choices]} if parameter.kind == "choice" else {"anyOf": [{"type": "null"}, schema]}
    return schema | description


def _axis(declared: dict) -> dict:
    if declared["kind"] == "choice":
        keys = {"values": {"type": "array", "minItems": 1, "items": {"enum": declared["choices"]}}}
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
    return _object(keys) | {"description": _description(declared)}


def _prior() -> dict:
    """Return the schema of a prior: one kind with its parameters."""
    words = {"source": {"type": "string"}}
    kinds = {
        name: _object({key: {"type": "number"} for key in priors.numbers_of(name)} | words)
        | {"required": priors.numbers_of(name)}
        for name in priors.KINDS
    }
    kinds["choice"] = {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
    }
    files = {"file": {"type": "string"}, "column": {"type": "string"}}
    kinds["samples"] = _object(files | words) | {"required": list(files)}
    return _object(kinds) | {"minProperties": 1, "maxProperties": 1}


def _ensemble() -> dict:
    """Return the schema of the section `ensemble`."""
    vary, varied, grids = {}, {}, {}
    for constraint in registry.all_constraints():
        keys = list(ensemble.variable(constraint))
        words = {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": keys}}
        numbers = {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}
        group = _object({"inputs": words, "correlation": numbers}) | {"required": ["inputs", "correlation"]}
        if keys:
            vary[constraint.name] = words
            priors_of = {key: {"$ref": "#/$defs/prior"} for key in keys}
            varied[constraint.name] = _nullable(
                _object(priors_of | {ensemble.CORRELATED: {"type": "array", "items": group}})
            )
        grids[constraint.name] = {"$ref": f"#/properties/{constraint.name}/properties/grid"}
    names = {"type": "array", "uniqueItems": True, "items": {"enum": list(registry.names())}}
    whole = {"type": "integer", "minimum": 1}
    return _nullable(
        _object(
            {
                "members": {"type": "integer", "minimum": 2, "maximum": ensemble.MOST_MEMBERS},
                "seed": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
                "members_per_job": whole,
                "constraints": names | {"description": "default: all with an input that has a prior"},
                "vary": _object(vary) | {"description": "default: every input that has a prior"},
                "priors": _object(varied) | {"description": "priors that replace those that the inputs declare"},
                "grid": _object(grids) | {"description": "default: the declared grids for ensembles"},
            }
        )
    ) | {"description": "ensembles of the constraints, with inputs drawn from their priors"}


def _posteriors() -> dict:
    """Return the schema of the section `posteriors`: entries by a name that becomes that of a folder."""
    names = [constraint.name for constraint in registry.all_constraints() if constraint.has("likelihoods")]
    return {
        "type": ["object", "null"],
        "propertyNames": {"pattern": r"^\w{1,60}$"},
        "additionalProperties": _posterior(names),
        "description": "posteriors that `nubounds run posterior` samples, by name",
    }


def _posterior(names: list[str]) -> dict:
    """Return the schema of one posterior of the constraints `names`, which have a likelihood."""
    word, plain = {"type": "string"}, {"type": ["string", "number", "boolean", "null", "object", "array"]}
    ends = _object({end: {"type": "number"} for end in ("low", "high")}) | {"required": ["low", "high"]}
    prior = _object(dict.fromkeys(posterior.KINDS, ends)) | {"minProperties": 1, "maxProperties": 1}
    properties = {
        "constraint": {"enum": names},
        "likelihood": word | {"description": "one of the constraint's likelihoods"},
        "priors": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": prior,
            "description": "priors of the parameters of interest; nuisances have those that the likelihood declares",
        },
        "fixed": {
            "type": "object",
            "additionalProperties": {"type": "number"},
            "description": "parameters that are held, with their values",
        },
        "inputs": {
            "type": "object",
            "additionalProperties": plain,
            "description": "choices of the likelihood, and inputs that differ from those of the constraint's section",
        },
        "n_live": {"type": "integer", "minimum": posterior.LEAST_LIVE, "maximum": posterior.MOST_POINTS},
        "n_eff": {"type": "integer", "minimum": 1, "maximum": posterior.MOST_POINTS},
        "n_networks": {"type": "integer", "minimum": 0, "maximum": 64},
        "seed": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
    }
    return _object(properties) | {"required": ["constraint", "likelihood", "priors"]}


def _object(properties: dict) -> dict:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _nullable(schema: dict) -> dict:
    """Allow a section to be empty, as it is when all of its keys are commented out."""
    return schema | {"type": ["object", "null"]}


def compose() -> dict:
    """Return the schema of a whole config."""
    jobs = {"type": "integer", "minimum": 1}
    sections = {
        constraint.name: _nullable(
            _object(
                {
                    "grid": _nullable(_object({name: _axis(axis) for name, axis in constraint.gridded.items()})),
                    "inputs": _nullable(_object({name: _input(p) for name, p in constraint.inputs.items()})),
                    "preset": {"enum": list(PRESETS), "description": "preset of this constraint alone"},
                    "points_per_job": {"anyOf": [jobs, _object({scan: jobs for scan in constraint.scans})]},
                }
            )
        )
        for constraint in registry.all_constraints()
    }
    names = list(registry.names())
    top = {
        "results": FOLDER | {"description": "folder of the results"},
        "resolution": {
            "enum": list(RESOLUTIONS),
            "description": "which of the declared grids to use for axes not given here",
        },
        "constraints": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": names}},
        "preset": {
            "enum": list(PRESETS),
            "description": "value of inputs that are not given: the paper's, or today's best-supported one",
        },
        "precision": {
            "enum": list(PRECISIONS),
            "description": "accuracy of the integrals, in all constraints with this input",
        },
        "points_per_job": jobs | {"description": "grid points per job, for all scans; 1 means one job per grid point"},
        "ensemble": _ensemble(),
        "posteriors": _posteriors(),
        "user_limits": FOLDER | {"description": "folder of the user's limit files"},
        "allow_outside_files": {
            "type": "boolean",
            "description": "results, limit files and data files may lie outside the project",
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nubounds config",
        "$defs": {"prior": _prior()},
        **_object(top | sections),
    }


@cache
def _validator():
    import jsonschema

    return jsonschema.Draft202012Validator(compose())


def problems(given: Any, source: str) -> list[str]:
    """Check a config against the schema.

    Parameters
    ----------
    given : plain data of the config
    source : name of the config in messages

    Returns
    -------
    One line for each problem, in the order of the keys.
    """
    found = list(islice(_validator().iter_errors(given), MOST_PROBLEMS))
    found.sort(key=lambda error: list(map(str, error.absolute_path)))
    lines = [line for error in found for line in _describe(error, source)]
    return [*lines, f"{source}: and more"] if len(found) == MOST_PROBLEMS else lines


def _describe(error, source: str) -> list[str]:
    """Return the lines for one violation: a single one, or one for each unknown key."""
    path = ".".join(map(str, error.absolute_path))
    where = f"{source}: {path}" if path else source
    if error.validator == "additionalProperties":
        valid = list(error.schema["properties"])
        unknown = [key for key in error.instance if key not in valid][:MOST_PROBLEMS]
        return [f"{where}: unknown key {_shown(key, str)}{_hint(str(key), valid)}" for key in unknown]
    if error.validator == "anyOf":
        # Of the alternatives, report one that says more than "wrong type".
        return _describe(min(_alternatives(error), key=lambda inner: inner.validator == "type"), source)
    return [f"{where}: {_reason(error)}"]


def _alternatives(error) -> list:
    return [inner for inner in error.context if (inner.validator, inner.validator_value) != ("type", "null")]


def _hint(key: str, valid: list[str]) -> str:
    hint = ""
    for close in difflib.get_close_matches(key, valid, 1, 0.6):
        (mine, _, unit), (yours, _, right) = key.rpartition("_"), close.rpartition("_")
        units = mine == yours != "" and not difflib.get_close_matches(unit, [right], 1, 0.8)
        hint = f" (did you mean {close}? the unit is in the name)" if units else f" (did you mean {close}?)"
    return f"{hint}; valid: {', '.join(valid)}"


def _meant(word: Any, valid: list) -> str:
    close = difflib.get_close_matches(word, list(map(str, valid)), 1, 0.6) if isinstance(word, str) else []
    return f" (did you mean {close[0]}?)" if close else ""


def _reason(error) -> str:
    shown, wanted = _shown(error.instance), error.validator_value
    match error.validator:
        case "type":
            return f"must be {TYPES[wanted if isinstance(wanted, str) else wanted[0]]}, not {shown}"
        case "enum":
            return f"{shown} is not one of {', '.join(map(str, wanted))}{_meant(error.instance, wanted)}"
        case "required":
            return f"no {next(key for key in wanted if key not in error.instance)}"
        case "minProperties" | "maxProperties":
            return f"must be one of {', '.join(error.schema.get('properties', ['a value with its weight']))}"
        case "exclusiveMinimum":
            return f"{shown} must be above {wanted}"
        case "exclusiveMaximum":
            return f"{shown} must be below {wanted}"
        case "minimum":
            return f"{shown} is less than the minimum of {wanted}"
        case "maximum":
            return f"{shown} is greater than the maximum of {wanted}"
        case "uniqueItems":
            return f"{shown}: duplicate entry"
        case "pattern":
            return f"{shown} must name a folder, without braces or control characters"
    return error.message.replace(repr(error.instance), shown)


def _shown(value: Any, write=repr) -> str:
    text = "nothing" if value is None else write(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
