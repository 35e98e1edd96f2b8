"""From the blocks of members to bands, causes, the surrogate and their figures."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from nubounds import digests, registry, style, tables
from nubounds.config import Config
from nubounds.config.ensemble import variable
from nubounds.contract import InputError
from nubounds.ensemble import bands, blocks, causes, figures, plan, sampling, sheets
from nubounds.layout import Layout
from nubounds.parameter import plain
from nubounds.registry import Constraint

BAND_UNITS = (
    "quantiles over all members that came out; no limit is inf (-inf for edges that exclude downwards or end a "
    "region); error: sampling error of q500 (68 %)"
)


def read_members(config: Config, name: str) -> dict[int, blocks.Member]:
    """All members of a constraint by number, the nominal one among them.

    Raises
    ------
    InputError
        For a block that is missing or damaged (it is removed, so that the next run makes it again), and where the
        nominal member has no limits.
    """
    layout, members = Layout(config.results), {}
    for block in plan.blocks(config)[name]:
        path = layout.ensemble_block(name, block)
        try:
            members |= blocks.unpack(path)
        except InputError as problem:
            path.unlink(missing_ok=True)
            raise InputError(f"{problem}; run again") from None
    wanted = {blocks.NOMINAL, *range(config.ensemble.members)}
    if wanted - set(members):
        raise InputError(f"{name}: {len(wanted - set(members))} members are missing; run again")
    if members[blocks.NOMINAL].status != blocks.OK:
        raise InputError(f"{name}: no limits with the inputs of the config ({members[blocks.NOMINAL].status})")
    return members


def _header(config: Config, constraint: Constraint, more: str) -> list[str]:
    ensemble = config.ensemble
    varied = ", ".join(ensemble.constraints[constraint.name].priors)
    return [
        f"{constraint.name}: {constraint.declaration['title']}",
        f"{ensemble.members} members, scrambled Sobol sequence of seed {ensemble.seed}; varied: {varied}",
        more,
    ]


def _write_members(config: Config, constraint: Constraint, drawn: dict[str, list], members: dict) -> None:
    inputs, count = variable(constraint), config.ensemble.members
    columns: dict[str, Any] = {"member": np.arange(count)}
    columns |= {name: np.array([plain(value) for value in values]) for name, values in drawn.items()}
    columns["status"] = np.array([members[number].status.replace(",", ";") for number in range(count)])
    units = "; ".join(f"{name} [{inputs[name].unit}]" for name in drawn)
    path = Layout(config.results).ensemble(constraint.name) / "members.csv"
    tables.write_columns(path, columns, _header(config, constraint, units))


def collect(config: Config, name: str, log) -> None:
    """Write everything that an ensemble of one constraint gives."""
    layout, constraint, ensemble = Layout(config.results), registry.get(name), config.ensemble
    if name not in ensemble.constraints:
        raise InputError(f"{name} is not in the ensemble; valid: {', '.join(ensemble.constraints)}")
    varied, inputs = ensemble.constraints[name], variable(constraint)
    members = read_members(config, name)
    good = [number for number in range(ensemble.members) if members[number].status == blocks.OK]
    if not good:
        raise InputError(f"{name}: no member has limits; the first: {members[0].status}")
    cube, drawn = sampling.draw(name, varied, inputs, ensemble.seed, 0, ensemble.members)
    made = sheets.sheets(members[blocks.NOMINAL].curves, [members[number].curves for number in good], varied.grid)
    kept = {key: [values[number] for number in good] for key, values in drawn.items()}
    found = causes.design(varied, inputs, cube[good], kept)
    with digests.noting(layout, name, plan.BANDS):
        folder = layout.ensemble(name)
        _write_members(config, constraint, drawn, members)
        band = bands.rows(made)
        tables.write_columns(folder / "bands.csv", band, _header(config, constraint, BAND_UNITS))
        analyses = causes.analyse_all(made, found)
        shares = causes.sensitivities(analyses, found)
        words = "Sobol indices of the limit's logarithm (of the limit where it is not positive); error: of both kinds"
        tables.write_columns(folder / "sensitivity.csv", shares, _header(config, constraint, words))
        tables.write_json(folder / "surrogate.json", causes.surrogate(made, analyses, found, varied.correlated))
        style.setup()
        for figure, drawing in (("bands", figures.bands(made)), ("causes", figures.causes(made, shares))):
            style.finish(drawing)
            style.save_all(drawing, partial(_figure, folder, figure))
    failed = ensemble.members - len(good)
    log(f"{name} ensemble: {len(good)} members, {failed} failed, {len(made)} curves, {len(shares['x'])} indices")


def _figure(folder, name: str, ending: str):
    return folder / f"{name}.{ending}"
