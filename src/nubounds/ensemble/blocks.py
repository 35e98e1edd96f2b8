"""A block of members is one MPI job; what is known of a member is kept by its inputs, whatever block it was in.

A member's curves depend on the member alone, so everything is the same bytes for any number of ranks and any blocks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nubounds import registry
from nubounds.code import build
from nubounds.config import Config
from nubounds.config.ensemble import variable
from nubounds.contract import InputError
from nubounds.ensemble import plan, sampling
from nubounds.ensemble.member import Laboratory, MemberFailed, changed, describe
from nubounds.files import digests, tables
from nubounds.files.layout import Layout
from nubounds.running.progress import Log
from nubounds.steps.plan import digest
from nubounds.steps.scan import communicator

OK = "OK"
NOMINAL = -1  # number of the member with the inputs of the config, which travels in the first block


@dataclass
class Member:
    """Number, identity and curves (name -> x, y, what it is) of a member; `status` is OK or why there are none."""

    number: int
    key: str
    status: str = OK
    curves: dict[str, tuple[np.ndarray, np.ndarray, dict]] = field(default_factory=dict)


def pack(members: Iterable[Member]) -> bytes:
    """Members as the bytes of an npz file, in the order of their numbers."""
    members = sorted(members, key=lambda member: member.number)
    about: dict[str, dict] = {}
    for member in members:
        for name, (_, _, said) in member.curves.items():
            about.setdefault(name, said)
    place = {name: index for index, name in enumerate(about)}
    pieces = [(member.number, place[name], x, y) for member in members for name, (x, y, _) in member.curves.items()]
    return tables.pack(
        {
            "number": np.array([member.number for member in members], dtype=np.int64),
            "key": np.array([member.key for member in members], dtype=str),
            "status": np.array([member.status for member in members], dtype=str),
            "curve": np.array(list(about), dtype=str),
            "about": np.array([json.dumps(said, sort_keys=True) for said in about.values()], dtype=str),
            "piece": np.array([piece[:2] for piece in pieces], dtype=np.int64).reshape(-1, 2),
            "length": np.array([len(x) for _, _, x, _ in pieces], dtype=np.int64),
            "x": np.concatenate([np.zeros(0), *(x for _, _, x, _ in pieces)]),
            "y": np.concatenate([np.zeros(0), *(y for _, _, _, y in pieces)]),
        }
    )


def unpack(path: Path) -> dict[int, Member]:
    """The members of a block's file by number; InputError for a damaged one."""
    content = tables.read_packed(path)
    try:
        columns = (content[name].tolist() for name in ("number", "key", "status"))
        members = {number: Member(number, key, status) for number, key, status in zip(*columns, strict=True)}
        names = content["curve"].tolist()
        about = [json.loads(said) for said in content["about"].tolist()]
        start = 0
        for (number, place), length in zip(content["piece"].tolist(), content["length"].tolist(), strict=True):
            part = slice(start, start + length)
            members[number].curves[names[place]] = content["x"][part], content["y"][part], about[place]
            start += length
    except (KeyError, ValueError, IndexError) as problem:
        raise InputError(f"{path}: damaged or no block of members ({problem})") from None
    return members


class _Work:
    """What a rank does for its share of the members: they are dealt out in turn."""

    def __init__(self, world, laboratory: Laboratory):
        self.world, self.laboratory = world, laboratory
        self.rank, self.size = (world.Get_rank(), world.Get_size()) if world else (0, 1)
        self.used: set[str] = set()

    def curves(self, asked: list[tuple[int, str, dict]]) -> list[Member]:
        """The members of this rank's share."""
        found = []
        for number, key, inputs in asked[self.rank :: self.size]:
            member = Member(number, key)
            try:
                curves, used = self.laboratory.curves(inputs)
                self.used.update(used)
                member.curves = {curve.name: (curve.x, curve.y, describe(curve)) for curve in curves}
            except MemberFailed as problem:
                member.status = f"FAILED: {problem}"
            found.append(member)
        return found

    def exchange(self, mine: Any) -> list[Any]:
        """What every rank has to say."""
        return self.world.allgather(mine) if self.world else [mine]

    def share(self, mine: dict) -> None:
        """Let every rank know the tables that each has computed."""
        for rows in self.exchange(mine):
            self.laboratory.rows |= rows

    def needed(self, asked: list[tuple[int, str, dict]]) -> dict[tuple[str, str], tuple[str, dict, set[int]]]:
        """Each distinct table that members need: scan, inputs, and the ranks with these members.

        One scan after the other, so that no rank gets all tables of a dear one.
        """
        found: dict[tuple[str, str], tuple[str, dict, set[int]]] = {}
        for scan in sorted(self.used):
            for place, (_, _, inputs) in enumerate(asked):
                found.setdefault(self.laboratory.key(scan, inputs), (scan, inputs, set()))[2].add(place % self.size)
        return found

    def members(self, asked: list[tuple[int, str, dict]]) -> list[Member] | None:
        """All members; complete on rank 0, None elsewhere.

        The first of each rank tell which tables curves use.  A table that members of several ranks need is dealt out
        and made known to all; one that a single rank needs stays there, and nobody waits for it.
        """
        first, rest = asked[: self.size], asked[self.size :]
        found = self.curves(first)
        self.used = set().union(*self.exchange(self.used))
        needed = self.needed(rest)
        self.share({key: rows for key, rows in self.laboratory.rows.items() if key in needed})
        left = [key for key, (*_, ranks) in needed.items() if len(ranks) > 1 and key not in self.laboratory.rows]
        self.share({key: self.laboratory.compute(*needed[key][:2]) for key in left[self.rank :: self.size]})
        found += self.curves(rest)
        gathered = self.world.gather(found) if self.world else [found]
        return None if self.rank else [member for part in gathered for member in part]

    def tables(self) -> int:
        """How many distinct tables all ranks have computed."""
        return len(set().union(*self.exchange(set(self.laboratory.rows))))


def _known(folder: Path, asked: list[tuple[int, str, dict]], log: Log) -> dict[int, Member]:
    """The members that earlier blocks hold, with the same code and inputs."""
    wanted = {number: key for number, key, _ in asked}
    found: dict[int, Member] = {}
    for path in sorted(folder.glob("*.npz")):
        first, last = plan.span(path.stem)
        if not any(first <= number < last or (number == NOMINAL and first == 0) for number in wanted):
            continue
        try:
            members = unpack(path)
        except InputError as problem:
            log(f"cache file ignored: {problem}")
            continue
        found |= {number: member for number, member in members.items() if wanted.get(number) == member.key}
    return found


def asked_for(config: Config, name: str, block: str) -> list[tuple[int, str, dict]]:
    """Number, identity and all inputs of every member of a block.

    Parameters
    ----------
    config : the config
    name : name of the constraint
    block : name of the block, which says which members it holds

    Returns
    -------
    For each member: its number, its identity (a hash) and its inputs by key.
    """
    first, last = plan.span(block)
    constraint, ensemble, inputs = registry.get(name), config.ensemble, config.sections[name].inputs
    varied = ensemble.constraints[name]
    _, drawn = sampling.draw(name, varied, variable(constraint), ensemble.seed, first, last)
    complete = {
        first + place: changed(inputs, {key: values[place] for key, values in drawn.items()})
        for place in range(last - first)
    }
    if first == 0:
        complete = {NOMINAL: inputs, **complete}
    code = plan.code(constraint, varied)
    return [(number, digest([code, plan.member_inputs(constraint, mine)]), mine) for number, mine in complete.items()]


def compute(
    config: Config, name: str, block: str, ranks: int, log_file: Path | None, command: list[str]
) -> dict[str, Any] | None:
    """Compute the members of one block that no earlier block holds, and write it (rank 0).

    Parameters
    ----------
    config : the config
    name : name of the constraint
    block : name of the block, which says which members it holds
    ranks : number of MPI ranks
    log_file : file that the log goes to; None for standard error only
    command : words of the command that repeats the step

    Returns
    -------
    How many members were computed, and how many tables for them; None on all ranks but 0.
    """
    world = communicator(ranks)
    rank = world.Get_rank() if world else 0
    build.require_fresh()
    layout, log = Layout(config.results), Log(log_file, command) if rank == 0 else Log()
    if block not in plan.blocks(config).get(name, ()):
        raise InputError(f"{name}: no block {block} is planned; valid: {', '.join(plan.blocks(config).get(name, ()))}")
    asked = asked_for(config, name, block)
    cache = layout.cache(name, plan.BLOCK)
    known = _known(cache, asked, log) if rank == 0 else {}
    numbers = world.bcast(set(known)) if world else set(known)
    missing = [entry for entry in asked if entry[0] not in numbers]
    work = _Work(world, Laboratory(registry.get(name), config.ensemble.constraints[name].grid))
    new = work.members(missing) if missing else []
    made = work.tables()
    if rank:
        return None
    path = layout.ensemble_block(name, block)
    data = pack([*known.values(), *new])
    with digests.noting(layout, name, plan.step_of(block)), tables.write_aside(path, "wb") as file:
        file.write(data)
    tables.share(path, cache / path.name)
    _forget_parts(cache, block)
    failed = sum(member.status != OK for member in new)
    log(
        f"{name} ensemble {block}: computed {len(missing)}, reused {len(known)} members, {failed} failed, "
        f"{made} tables, {ranks} ranks"
    )
    return {"computed": len(missing), "tables": made}


def _forget_parts(cache: Path, block: str) -> None:
    """Remove smaller blocks whose members this one holds."""
    first, last = plan.span(block)
    for path in cache.glob("*.npz"):
        low, high = plan.span(path.stem)
        if path.stem != block and first <= low and high <= last:
            path.unlink(missing_ok=True)
