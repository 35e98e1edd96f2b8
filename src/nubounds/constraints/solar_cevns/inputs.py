"""Inputs of the constraint: the paper's defaults, and completion of what a config leaves out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from nubounds import yaml_reader
from nubounds.contract import InputError

FOLDER = Path(__file__).parent
DATA = FOLDER / "data"
PROJECTIONS = ("next_generation", "future_1", "future_2")
SCENARIOS = (*PROJECTIONS, "current")
FLAVOURS = ("all", "e", "mu", "tau")
FLUXES = ("8b", "hep")
STATISTICS = ("poisson", "fractional", "fitted")


@cache
def _declared() -> dict:
    return yaml_reader.read(FOLDER / "constraint.yaml")["inputs"]


def defaults() -> dict:
    """The paper's inputs, as declared in constraint.yaml."""
    return {name: declaration["default"] for name, declaration in _declared().items()}


def complete(given: Mapping) -> dict:
    """`given` with the paper's value for every input, and every scenario of an input by scenario, that it leaves out.

    Raises
    ------
    InputError
        For a scenario that does not exist.
    """
    inputs = defaults() | dict(given)
    for name in ("threshold_keV", "exposure_ton_yr", "background_per_keVee_kg_d", "fractional_uncertainty"):
        for scenario in inputs[name]:
            if scenario not in PROJECTIONS:
                raise InputError(f"inputs.{name}: unknown scenario {scenario}; valid: {', '.join(PROJECTIONS)}")
        inputs[name] = _declared()[name]["default"] | inputs[name]
    inputs["isotope_mix"] = {str(A): fraction for A, fraction in inputs["isotope_mix"].items()}
    return inputs


def identity(inputs: Mapping) -> str:
    """A word that is the same for the same inputs and contents of files."""
    stamps = {
        name: [Path(value).stat().st_mtime_ns, Path(value).stat().st_size]
        for name, value in inputs.items()
        if _declared()[name]["kind"] == "file" and value is not None and Path(value).is_file()
    }
    return json.dumps([dict(inputs), stamps], sort_keys=True)
