"""From the blocks of members to bands, causes, the surrogate and their figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from nubounds import registry, style
from nubounds.config import Config
from nubounds.config.ensemble import variable
from nubounds.contract import InputError
from nubounds.ensemble import bands, blocks, causes, figures, limit_files, plan, sampling, sheets
from nubounds.ensemble import shares as share_maps
from nubounds.files import digests, tables
from nubounds.files.layout import Layout
from nubounds.inputs.parameter import plain
from nubounds.registry import Constraint

BAND_UNITS = (
    "quantiles over all members that came out; no limit is inf (-inf for edges that exclude downwards or end a "
    "region); error: sampling error of q500, q025_error that of q025 and so on (68 %); empty: too few members to tell"
)


def read_members(config: Config, name: str) -> dict[int, blocks.Member]:
    """All members of a constraint by number, the nominal one among them.

    Parameters
    ----------
    config : the config
    name : name of the constraint

    Returns
    -------
    number -> member

    Raises
    ------
    InputError
        For a block that is missing or damaged (it is removed, so that the next run makes it again), with what to run,
        and where the nominal member has no limits.
    """
    layout, members = Layout(config.results), {}
    paths = {block: layout.ensemble_block(name, block) for block in plan.blocks(config)[name]}
    missing = [block for block, path in paths.items() if not path.is_file()]
    if missing:
        raise InputError(
            f"{name}: {len(missing)} of {len(paths)} blocks of members are not computed; `nubounds run --config "
            f"{config.source} ensemble` computes them all, `nubounds ensemble {name} --block {missing[0]}` one of them"
        )
    for path in paths.values():
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


@dataclass(frozen=True)
class Members:
    """All members of a constraint: what they drew and their curves.

    `good` are the numbers of those that came out, which `sheets` and `kept` (the inputs that they drew) hold in this
    order; `drawn` has the inputs of all.
    """

    all: dict[int, blocks.Member]
    good: list[int]
    cube: np.ndarray
    drawn: dict[str, list]
    sheets: list[sheets.Sheet]

    @property
    def kept(self) -> dict[str, list]:
        """The inputs of the members that came out."""
        return {key: [values[number] for number in self.good] for key, values in self.drawn.items()}


def gather(config: Config, name: str) -> Members:
    """The members of one constraint, with their curves on a common grid; InputError as for :func:`read_members`, for a
    constraint that is not in the ensemble, and where no member came out.

    Parameters
    ----------
    config : the config
    name : name of the constraint

    Returns
    -------
    The members, with their curves.
    """
    ensemble = config.ensemble
    if name not in ensemble.constraints:
        raise InputError(f"{name} is not in the ensemble; valid: {', '.join(ensemble.constraints)}")
    varied, members = ensemble.constraints[name], read_members(config, name)
    good = [number for number in range(ensemble.members) if members[number].status == blocks.OK]
    if not good:
        raise InputError(f"{name}: no member has limits; the first: {members[0].status}")
    cube, drawn = sampling.draw(name, varied, variable(registry.get(name)), ensemble.seed, 0, ensemble.members)
    curves = [members[number].curves for number in good]
    made = sheets.sheets(members[blocks.NOMINAL].curves, curves, varied.grid)
    return Members(members, good, cube, drawn, made)


def collect(config: Config, name: str, log: Callable[[str], None]) -> None:
    """Write everything that an ensemble of one constraint gives.

    Parameters
    ----------
    config : the config
    name : name of the constraint
    log : called with lines for the user
    """
    members = gather(config, name)
    layout, constraint, ensemble = Layout(config.results), registry.get(name), config.ensemble
    varied, made = ensemble.constraints[name], members.sheets
    found = causes.design(varied, variable(constraint), members.cube[members.good], members.kept)
    with digests.noting(layout, name, plan.BANDS):
        folder = layout.ensemble(name)
        _write_members(config, constraint, members.drawn, members.all)
        band = bands.rows(made)
        tables.write_columns(folder / "bands.csv", band, _header(config, constraint, BAND_UNITS))
        analyses = causes.analyse_all(made, found)
        shares = causes.sensitivities(analyses, found)
        words = "Sobol indices of the limit's logarithm (of the limit where it is not positive); error: of both kinds"
        tables.write_columns(folder / "sensitivity.csv", shares, _header(config, constraint, words))
        tables.write_json(folder / "surrogate.json", causes.surrogate(made, analyses, found, varied.correlated))
        limit_files.write(config, name, made, log)
        excluded = list(share_maps.maps(made))
        words = "share: of the members that exclude (x, y); of a branch of a curve that turns back: by this edge alone"
        tables.write_columns(folder / "shares.csv", share_maps.rows(excluded), _header(config, constraint, words))
        style.setup()
        drawings = {"bands": figures.bands(made), "causes": figures.causes(made, shares)}
        for figure, drawing in (drawings | {"shares_map": figures.shares(excluded)}).items():
            style.finish(drawing)
            style.save_all(drawing, partial(_figure, folder, figure))
    failed = ensemble.members - len(members.good)
    counts = f"{len(members.good)} members, {failed} failed, {len(made)} curves, {len(shares['x'])} indices"
    log(f"{name} ensemble: {counts}")


def _figure(folder, name: str, ending: str):
    return folder / f"{name}.{ending}"
