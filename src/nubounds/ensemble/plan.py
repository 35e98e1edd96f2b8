"""From a config to the work of an ensemble: blocks of members, and the fingerprints that decide what is out of date."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nubounds import declare, digests, registry, sources, tables
from nubounds.config import Config
from nubounds.config.ensemble import Varied, variable
from nubounds.contract import InputError
from nubounds.ensemble import sampling
from nubounds.layout import Layout
from nubounds.registry import Constraint
from nubounds.steps.plan import digest, with_file_contents

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
    """Those of `inputs` that a member's curves depend on, each file by the hash of its content."""
    functions = [*constraint.scan_functions.values(), constraint.limits]
    names = {name for function in functions for name in declare.inputs_of(function)}
    return with_file_contents(constraint, {name: inputs[name] for name in sorted(names)})


def code(constraint: Constraint, varied: Varied) -> str:
    """Identity of everything but the inputs that a member's curves depend on."""
    columns = [constraint.scans[scan]["columns"] for scan in constraint.scans]
    return digest([constraint.code_hash("scans", "curves"), columns, varied.grid])


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


def prepare(config: Config) -> list[str]:
    """Write the fingerprints, forget blocks that are no longer planned, and remove what is not as it was written;
    returns a line for each such file.

    Raises
    ------
    InputError
        For samples that cannot be read, or of which none lies within an input's bounds.
    """
    layout, outputs = Layout(config.results), {}
    for name, planned in blocks(config).items():
        constraint, varied = registry.get(name), config.ensemble.constraints[name]
        try:
            sampling.draw(name, varied, variable(constraint), config.ensemble.seed, 0, 1)
        except InputError as problem:
            raise InputError(f"{config.source}: ensemble.priors.{name}: {problem}") from None
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
    return digests.repair(layout, outputs)


def step_of(block: str) -> str:
    """Where the digest of a block is noted."""
    return f"{BLOCK}/{block}"
