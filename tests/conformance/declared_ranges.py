"""Arguments and inputs drawn from their declared ranges, and a process that answers them one by one.

    python tests/conformance/declared_ranges.py SECONDS      reads one JSON task a line, writes one JSON answer a line

The process dies at a task that takes more than SECONDS of processor time, so that its reader knows which one it was.
"""

from __future__ import annotations

import json
import math
import signal
import sys
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from nubounds import config, registry
from nubounds.answers import evaluation
from nubounds.contract import REQUIRED, InputError
from nubounds.inputs import declare
from nubounds.inputs.parameter import plain
from nubounds.numerics import grid
from nubounds.steps import scan

TINY, HUGE = 5e-324, 1e300
MOST_POINTS = 4  # of a scan that one task computes


@dataclass(frozen=True)
class Declared:
    """One argument, input or axis, as far as a draw has to know it."""

    name: str
    kind: str
    default: Any
    choices: tuple
    bounds: dict


def declared(parameter) -> Declared:
    bounds = {key: getattr(parameter, key) for key in ("minimum", "maximum", "above", "below")}
    return Declared(parameter.name, parameter.kind, plain(parameter.default), parameter.choices, bounds)


def flat(parameters) -> list[Declared]:
    """Parameters, each key of a nested record by its dotted name."""
    found = []
    for one in parameters:
        inside = flat(declare.parameters(one.record).values()) if one.record else [declared(one)]
        found += [replace(key, name=f"{one.name}.{key.name}") if one.record else key for key in inside]
    return found


def arguments(quantity) -> list[Declared]:
    """What a quantity takes: its own arguments and the inputs that it depends on."""
    return flat([*quantity.parameters, *quantity.inputs.values()])


def inputs(constraint, scan_name: str) -> list[Declared]:
    """What a scan depends on."""
    return flat(declare.inputs_of(constraint.scan_functions[scan_name]).values())


def axes(constraint, scan_name: str) -> list[Declared]:
    """The axes of a scan, their toy grids as defaults."""
    found = {
        name: constraint.gridded[name] for name in constraint.scans[scan_name]["axes"] if name in constraint.gridded
    }
    return [
        _from_yaml(name, one | {"default": one["grid"].get("toy") or one["grid"]["paper"]})
        for name, one in found.items()
    ]


def _from_yaml(name, one):
    return Declared(name, one["kind"], one["default"], tuple(one.get("choices", ())), one)


def beyond(one: Declared) -> list[float]:
    """The numbers one step outside of each end of a declared range."""
    steps = {"minimum": -math.inf, "maximum": math.inf}
    found = [one.bounds[end] for end in ("above", "below") if one.bounds.get(end) is not None]
    for end, where in steps.items():
        bound = one.bounds.get(end)
        if bound is not None:
            whole = bound + math.copysign(1, where)
            found.append(whole if one.kind == "integer" else math.nextafter(bound, where))
    return found


def number(one: Declared, random: Random) -> float:
    """A number of the declared range: one of its ends, a special one, or any magnitude in between."""
    low, high = one.bounds.get("minimum"), one.bounds.get("maximum")
    if one.bounds.get("above") is not None:
        low = math.nextafter(one.bounds["above"], math.inf)
    if one.bounds.get("below") is not None:
        high = math.nextafter(one.bounds["below"], -math.inf)
    low, high = -HUGE if low is None else low, HUGE if high is None else high
    special = [low, high, 0.0, TINY, 1e-300, HUGE, 1.0, -1.0]
    inside = [value for value in special if low <= value <= high]
    if high > 0 and random.random() < 0.5:
        least, most = math.log10(max(low, 1e-30, high * 1e-60)), math.log10(min(high, 1e30))
        inside = [min(max(10 ** random.uniform(min(least, most), most), low), high)]
    value = random.choice(inside)
    return round(value) if one.kind == "integer" and low <= round(value) <= high else value


def draw(one: Declared, random: Random) -> Any:
    """A value of any kind."""
    if one.kind in ("choice", "flag"):
        return random.choice(one.choices or (True, False))
    if one.kind in ("number", "integer"):
        return number(one, random)
    if one.kind == "numbers" and one.default:
        return [number(one, random) if random.random() < 0.5 else value for value in one.default]
    if one.kind == "mapping" and one.default:
        return {key: number(one, random) if random.random() < 0.5 else value for key, value in one.default.items()}
    return one.default


def ordinary(one: Declared, random: Random) -> Any:
    """A value that an argument without default takes while others are varied."""
    if one.kind in ("choice", "flag"):
        return draw(one, random)
    low = one.bounds.get("minimum") or one.bounds.get("above") or 0.0
    high = one.bounds.get("maximum") or one.bounds.get("below") or HUGE
    return min(max(10 ** random.uniform(-2, 2), low + (one.bounds.get("above") is not None)), high)


def some(declared: list[Declared], random: Random) -> dict[str, Any]:
    """One to three of what is declared, drawn anew."""
    chosen = random.sample(declared, min(len(declared), random.choice((1, 1, 2, 3))))
    return {one.name: draw(one, random) for one in chosen}


def needed(taken: list[Declared], random: Random) -> dict[str, Any]:
    """Values of all that has no default."""
    return {one.name: ordinary(one, random) for one in taken if one.default is REQUIRED}


def quantity_task(name: str, random: Random) -> dict:
    """A call of a quantity."""
    taken = arguments(evaluation.find(name))
    return {"quantity": name, "args": needed(taken, random) | some(taken, random)}


def scan_task(name: str, scan_name: str, random: Random) -> dict:
    """A few points of a scan with changed inputs, as a config would ask for them."""
    constraint = registry.get(name)
    specs = {}
    for axis in axes(constraint, scan_name):
        spec = {"values": axis.default["values"]} if "values" in axis.default else axis.default | {"points": 2}
        if axis.kind != "choice" and random.random() < 0.3:
            spec["extra" if "points" in spec else "values"] = [*spec.get("values", ()), number(axis, random)]
            spec["values"] = sorted(set(spec["values"])) if "values" in spec else None
        specs[axis.name] = {key: value for key, value in spec.items() if value is not None}
    return {
        "scan": scan_name,
        "constraint": name,
        "inputs": some(inputs(constraint, scan_name), random),
        "grid": specs,
        "seed": random.random(),
    }


def answer(task: dict) -> None:
    """Compute a task; InputError where it is refused, AssertionError where the answer is none."""
    if "quantity" in task:
        response = evaluation.respond(task["quantity"], task["args"])
        json.dumps(response, allow_nan=False)
        assert response["value"] is not None or response.get("note"), "neither a value nor a reason"
        assert not isinstance(response["value"], float) or response["error"] is not None, "a value without an error"
        return
    name, random = task["constraint"], Random(task["seed"])
    given = {"inputs": declare.nest(task["inputs"]), "grid": task["grid"]}
    checked = config.complete({"constraints": [name], name: given}, "config")
    config.check_inputs(checked)
    constraint, section = registry.get(name), checked.sections[name]
    declared = constraint.scans[task["scan"]]
    points = grid.product({axis: section.grid[axis] for axis in declared["axes"]})
    count = len(next(iter(points.values())))
    chosen = sorted(random.sample(range(count), min(count, MOST_POINTS)))
    points = {axis: values[chosen] for axis, values in points.items()}
    scan.evaluate_points(constraint, task["scan"], points, section.inputs)


def serve(seconds: float) -> None:
    """Answer tasks until there are no more."""
    for line in sys.stdin:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            answer(json.loads(line))
            verdict = ""
        except InputError as problem:
            verdict = "" if str(problem).strip() else "refused without a word"
        except Exception as problem:
            place = problem.__traceback__
            while place.tb_next:
                place = place.tb_next
            where = f"{place.tb_frame.f_code.co_filename.rsplit('/', 2)[-2:]}:{place.tb_lineno}"
            verdict = f"{type(problem).__name__}: {problem} ({where})".replace("\n", " ")
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps(verdict), flush=True)


if __name__ == "__main__":
    serve(float(sys.argv[1]))
