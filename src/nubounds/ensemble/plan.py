"""From a config to the work of an ensemble: blocks of members, and the fingerprints that decide what is out of date."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nubounds import registry
from nubounds.code import sources
from nubounds.config import Config, check_inputs
from nubounds.config.ensemble import Varied, variable
from nubounds.contract import InputError, Parameter
from nubounds.ensemble.member import changed
from nubounds.files import digests, tables
from nubounds.files.chains import chain
from nubounds.files.layout import CAPTION, ENDINGS, NUMBERS, Layout
from nubounds.inputs import declare, priors
from nubounds.registry import Constraint
from nubounds.steps import limits
from nubounds.steps.plan import digest, plane_names, with_file_contents

BLOCK, BANDS = "ensemble", "ensemble_bands"  # the two steps


def blocks(config: Config) -> dict[str, list[str]]:
    """The blocks of members of every constraint: ``0_15`` holds the members 0 to 15."""
    total, size = config.ensemble.members, config.ensemble.members_per_job
    names = [f"{first}_{min(first + size, total) - 1}" for first in range(0, total, size)]
    return {name: names for name in config.ensemble.constraints}


def span(block: str) -> tuple[int, int]:
    """First member of a block, and the one after its last."""
    first, _, last = block.partition("_")
    return int(first), int(last) + 1


def member_inputs(constraint: Constraint, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `inputs` that a member's curves depend on, each file by the hash of its content.

    Parameters
    ----------
    constraint : the constraint
    inputs : all of its inputs by key

    Returns
    -------
    Inputs by key, in alphabetical order.
    """
    functions = [*constraint.scan_functions.values(), constraint.limits]
    names = {name for function in functions for name in declare.inputs_of(function)}
    return with_file_contents(constraint, {name: inputs[name] for name in sorted(names)})


def code(constraint: Constraint, varied: Varied) -> str:
    """Identity of everything but the inputs that a member's curves, and what is kept of them, depend on.

    Parameters
    ----------
    constraint : the constraint
    varied : the constraint's section of the ensemble

    Returns
    -------
    A hash.
    """
    columns = [constraint.scans[scan]["columns"] for scan in constraint.scans]
    return digest([constraint.code_hash("scans", "curves"), columns, varied.grid, limits.WORDS])


def _drawn_from(varied: Varied) -> list:
    """The priors, each file of theirs by the hash of its content."""
    files = [Path(plain["samples"]["file"]) for plain in varied.priors.values() if "samples" in plain]
    return [varied.priors, varied.correlated, sources.hash_files(files)]


def _fingerprints(config: Config, constraint: Constraint, varied: Varied) -> dict[str, str]:
    seed, inputs = config.ensemble.seed, config.sections[constraint.name].inputs
    ours = {
        step: sources.hash_files(sources.reachable_modules(f"nubounds.ensemble.{module}")[0])
        for step, module in {BLOCK: "blocks", BANDS: "collect"}.items()
    }
    drawn = [_drawn_from(varied), seed, code(constraint, varied), member_inputs(constraint, inputs)]
    return {
        BLOCK: digest([ours[BLOCK], drawn]),
        BANDS: digest([ours[BANDS], drawn, config.ensemble.members, constraint.declaration["paper"]]),
    }


def _check_prior(config: Config, name: str, key: str, prior: Any, parameter: Parameter) -> None:
    """InputError for the files of a prior that cannot be used."""
    if isinstance(prior, priors.Samples):
        chain(prior, parameter)
    elif isinstance(prior, priors.Choice) and parameter.kind == "file":
        section = config.sections[name]
        for value, _ in prior.weights:
            inputs = changed(section.inputs, {key: parameter.convert(value)})
            check_inputs(dataclasses.replace(config, sections={name: dataclasses.replace(section, inputs=inputs)}))


def check(config: Config) -> None:
    """Read every file that a prior names, as a draw or a member would.

    Raises
    ------
    InputError
        A line for each prior whose samples cannot be read, or of which none lies within the input's bounds, and for
        each choice of files of which the constraint refuses one.
    """
    problems = []
    for name, varied in config.ensemble.constraints.items():
        parameters = variable(registry.get(name))
        for key, plain in varied.priors.items():
            try:
                _check_prior(config, name, key, priors.read(plain), parameters[key])
            except InputError as problem:
                words = str(problem).partition("\n")[0].removeprefix(f"{config.source}: {name}: ")
                problems.append(f"{config.source}: ensemble.priors.{name}.{key}: {words}")
    if problems:
        raise InputError("\n".join(problems))


def prepare(config: Config) -> list[str]:
    """Write the fingerprints, forget blocks that are no longer planned, and remove what is not as it was written;
    returns a line for each such file.

    Raises
    ------
    InputError
        For what :func:`check` finds.
    """
    check(config)
    layout, outputs = Layout(config.results), {}
    for name, planned in blocks(config).items():
        constraint, varied = registry.get(name), config.ensemble.constraints[name]
        for part, content in _fingerprints(config, constraint, varied).items():
            tables.write_if_changed(layout.fingerprint(name, part), content + "\n")
        wanted = set(planned)
        for path in layout.ensemble_block(name, "all").parent.glob("*.npz"):
            if path.stem not in wanted and layout.digests(name, step_of(path.stem)).exists():
                path.unlink()
        for block in planned:
            if layout.digests(name, step_of(block)).exists():
                outputs[name, step_of(block)] = [layout.ensemble_block(name, block)]
        outputs[name, BANDS] = layout.ensemble_files(name)
        outputs["report", f"{name}_ensemble"] = [layout.ensemble_page(name)]
    outputs["report", "explorer"] = [layout.explorer]
    for plane in plane_names():
        outputs["comparison", f"{plane}_bands"] = [
            layout.comparison_with_bands(plane, ending) for ending in (*ENDINGS, NUMBERS, CAPTION)
        ]
    lines = digests.repair(layout, outputs)
    tables.write_if_changed(layout.ensemble_pages, json.dumps(_pages(config, layout)) + "\n")
    return lines


def _pages(config: Config, layout: Layout) -> dict[str, str]:
    """The constraints whose ensemble has a page that is no older than what it depends on: the report links those and
    draws their bands, and waits for none of the others.  The hash of what an ensemble wrote makes the report anew with
    it.
    """
    return {
        name: sources.file_hash(layout.digests(name, BANDS))
        for name in config.ensemble.constraints
        if layout.ensemble_page(name).is_file()
        and layout.explorer.is_file()
        and layout.digests(name, BANDS).is_file()
        and layout.ensemble_page(name).stat().st_mtime >= layout.fingerprint(name, BANDS).stat().st_mtime
    }


def step_of(block: str) -> str:
    """Where the digest of a block is noted."""
    return f"{BLOCK}/{block}"
