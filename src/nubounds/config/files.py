"""Write the shipped config files and their schema from the constraints' declarations (``make config``).

A test checks that they are up to date.
"""

from __future__ import annotations

import json
import textwrap

import yaml

from nubounds import registry
from nubounds.config import schema
from nubounds.inputs.declare import PRECISIONS, PRESETS
from nubounds.inputs.parameter import plain

TITLES = {
    "paper": "What to compute: the grids and inputs of the papers.",
    "toy": "Everything on coarse grids, in about half a minute, to check that it all works.",
    "hires": "Finer grids than the papers', for smooth curves.",
}


def schema_text() -> str:
    """Return the JSON schema of a config, for editors that check while one types."""
    return json.dumps(schema.compose(), indent=1, sort_keys=True) + "\n"


def _flow(value) -> str:
    """Return a value as YAML in a line, or in several if it is long."""
    text = yaml.safe_dump(_short(value), default_flow_style=True, sort_keys=False, width=90)
    return text.removesuffix("\n").removesuffix("\n...").replace("\n", "\n    ")


def _comment(text: str) -> list[str]:
    """Return the lines of a comment above a key."""
    return textwrap.wrap(text, 112, initial_indent="    # ", subsequent_indent="    # ")


def _short(value):
    """Write floats that are whole numbers as integers, as a person would."""
    if isinstance(value, dict):
        return {key: _short(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_short(entry) for entry in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e6 else value


def _section(constraint, resolution: str) -> list[str]:
    lines = ["", f"{constraint.name}:  # {constraint.declaration['title']}", "  grid:"]
    for name, axis in constraint.gridded.items():
        spec = axis["grid"].get(resolution) or axis["grid"]["paper"]
        unit = f" [{axis['unit']}]" if axis.get("unit", "1") != "1" else ""
        lines += [*_comment(f"{axis['meaning']}{unit}"), f"    {name}: {_flow(spec)}"]
    lines.append("  inputs:")
    for name, parameter in constraint.inputs.items():
        if name == "precision":
            lines += _comment(f"precision: {parameter.default}  # default: as above; {parameter.meaning}")
            continue
        unit = f" [{parameter.unit}]" if parameter.unit != "1" else ""
        choices = f" ({', '.join(map(str, parameter.choices))})" if parameter.choices else ""
        lines += [*_comment(f"{parameter.meaning}{unit}{choices}"), f"    {name}: {_flow(plain(parameter.default))}"]
    if not constraint.inputs:
        lines[-1] += " {}"
    return lines


def config_text(resolution: str) -> str:
    """Return a complete config file with every axis and input of every constraint, commented.

    Parameters
    ----------
    resolution : paper, toy or hires: which of the declared grids to write
    """
    results = "results" if resolution == "paper" else f"results/{resolution}"
    lines = [
        f"# {TITLES[resolution]}",
        "# Written by `make config` from the constraints' declarations; edit it freely.",
        "# Keys that are left out take the paper's values.",
        "# An axis is a range {min, max, points, spacing: log or linear}, to which extra: [...] adds values,",
        "# or a list {values: [...]}.",
        "",
        f"results: {results}",
        f"resolution: {resolution}",
        f"preset: paper  # values of inputs that are not given: {' or '.join(PRESETS)}",
        f"precision: paper  # accuracy of the integrals: {', '.join(PRECISIONS)}",
        "user_limits: config/user_limits  # limit files in this folder are drawn in the figures",
        "# constraints: [" + ", ".join(registry.names()) + "]  # default: all",
        "# points_per_job: 1  # one job per grid point; default: what each scan declares",
        "# ensemble: {members: 256, seed: 1}  # how inputs vary: docs/ensembles.md; default: every input with a prior",
        "# posteriors: {}  # what `nubounds run posterior` samples: docs/likelihoods.md; default: none",
        "# allow_outside_files: true  # allow paths in this file that lie outside the project; default: false",
    ]
    for constraint in registry.all_constraints():
        lines += _section(constraint, resolution)
    return "\n".join(lines) + "\n"
