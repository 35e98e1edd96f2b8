"""Compute the points of chunks under MPI, with a cache of points, and collect chunks into a table.

This is the only module that imports mpi4py.  A point's row depends on the point alone, so tables are identical, byte
for byte, for any number of ranks, any split and any order.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nubounds import registry
from nubounds.code import build
from nubounds.config import Config
from nubounds.contract import InputError, Status
from nubounds.files import digests, tables
from nubounds.files.layout import Layout
from nubounds.inputs import declare
from nubounds.numerics import grid
from nubounds.registry import Constraint
from nubounds.running.progress import Log, Progress
from nubounds.steps import plan

if TYPE_CHECKING:  # not at run time, because jobs do not need it
    import pandas

BLOCKS = 4  # blocks of points assigned to each rank
SLICES = 20  # number of pieces in which a rank computes its points, so that progress can be shown


def communicator(ranks: int):
    """Return MPI's world communicator, or None for a single rank.

    A single rank must not initialise MPI: in an interactive allocation the launcher's environment variables are set
    although no launcher is running, and MPI would abort.

    Parameters
    ----------
    ranks : number of ranks that the launcher starts

    Raises
    ------
    InputError
        If the world has a different size, which means that the launcher does not belong to the MPI library.
    """
    if ranks == 1:
        return None
    # An interrupt ends a rank as a kill does, and the launcher then ends the others.  As an exception during MPI_Init
    # it would leave through MPI_Finalize, which waits for ever for ranks that wait for this one.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from mpi4py import MPI

    world = MPI.COMM_WORLD
    if world.Get_size() != ranks:
        library = MPI.Get_library_version().splitlines()[0]
        message = (
            f"{ranks} MPI ranks were asked for, but this process sees a world of {world.Get_size()}: "
            f"the launcher does not belong to the MPI library in use ({library}). "
            "Start it with that library's mpiexec, or under SLURM with `srun --mpi=pmi2` for MPICH "
            "(pip install mpi4py mpich) or `srun --mpi=pmix` for Open MPI: set it as `mpi` in the profile."
        )
        raise InputError(message)
    return world


def row_names(declared: dict) -> list[str]:
    """Return the names of a scan's columns other than its axes: values, their errors, status."""
    names = []
    for column, properties in declared["columns"].items():
        names += [column] if properties.get("exact") else [column, f"{column}_error"]
    return [*names, "status"]


def evaluate_points(
    constraint: Constraint, scan: str, points: dict[str, np.ndarray], inputs: dict
) -> dict[str, np.ndarray]:
    """Evaluate a constraint's scan function, and check the result against its declaration.

    Values that are not finite although their status says OK get the status NOT_FINITE.

    Parameters
    ----------
    constraint : the constraint
    scan : name of the scan
    points : values of each axis, shape (n,)
    inputs : inputs of the constraint, as plain data

    Returns
    -------
    Columns as named by :func:`row_names`, each of shape (n,); status as int8.

    Raises
    ------
    InputError
        If the inputs, though each within its bounds, together cause an overflow or another arithmetic error.
    """
    declared, function = constraint.scans[scan], constraint.scan_functions[scan]
    try:
        block = function(points, **declare.bind(function, inputs))
    except ArithmeticError as problem:  # in preparing the computation; kernels return a status instead
        raise InputError(f"{constraint.name}.{scan}: no finite value with these inputs ({problem})") from None
    count = len(next(iter(points.values())))
    status = np.array(block.status, dtype=np.int8)
    rows = {}
    for column, properties in declared["columns"].items():
        rows[column] = np.asarray(block.values[column], dtype=float)
        if not properties.get("exact"):
            rows[f"{column}_error"] = np.asarray(block.errors[column], dtype=float)
    for name, values in rows.items():
        if values.shape != (count,):
            raise ValueError(f"{constraint.name}.{scan}: column {name} has shape {values.shape}, not ({count},)")
        status[(status == Status.OK) & ~np.isfinite(values)] = Status.NOT_FINITE
    return {**rows, "status": status}


def status_words(codes: np.ndarray) -> np.ndarray:
    """Return the names of statuses from their codes, shape (n,)."""
    return np.array([status.name for status in Status])[codes]


def frame(points: dict[str, np.ndarray], rows: dict[str, np.ndarray]) -> pandas.DataFrame:
    """Return points and their rows as a DataFrame.

    Parameters
    ----------
    points : values of each axis, shape (n,)
    rows : see :func:`evaluate_points`

    Returns
    -------
    The columns, with the names of statuses as in a csv file.
    """
    import pandas

    return pandas.DataFrame({**points, **rows, "status": status_words(rows["status"])})


def _cached(layout: Layout, of: tuple[str, str], chunk: str, fingerprint: str, log: Log) -> dict[str, np.ndarray]:
    """Return the cached rows that may belong to a chunk and were computed with the same code and inputs.

    `of` is the constraint and the scan.
    """
    found = []
    for path in sorted(layout.cache(*of).glob("*.npz")):
        if not grid.related(chunk, path.stem):
            continue
        try:
            if not digests.is_as_noted(path, _noted(layout, *of, path.stem)):
                raise InputError(f"{path}: {digests.CHANGED}")
            content = tables.read_packed(path)
            if str(content.pop("fingerprint")) == fingerprint:
                found.append(content)
        except (InputError, KeyError) as problem:
            log(f"cache file ignored: {problem}")
    return {name: np.concatenate([content[name] for content in found]) for name in found[0]} if found else {}


def _step(scan: str, chunk: str) -> str:
    """Return the step under which a chunk's digest is recorded; the cache file is a copy of the chunk."""
    return f"scan_{scan}/{chunk}"


def _noted(layout: Layout, constraint_name: str, scan: str, chunk: str) -> str | None:
    noted = digests.read(layout, constraint_name, _step(scan, chunk))
    return noted.get(layout.chunk(constraint_name, scan, chunk))


def share(count: int, rank: int, size: int) -> np.ndarray:
    """Return the indices of the points that a rank computes: blocks of neighbours, assigned cyclically.

    Neighbours stay together because they share intermediate results for the same mass or medium.  Each rank gets
    blocks from all parts of the grid because the cost varies across it.

    Parameters
    ----------
    count : number of points
    rank : the rank
    size : number of ranks

    Returns
    -------
    Indices, ascending within a block, shape (points of this rank,).
    """
    return np.concatenate(np.array_split(np.arange(count), BLOCKS * size)[rank::size])


def _compute(world, constraint, scan, points, inputs, log) -> dict[str, np.ndarray] | None:
    """Compute the rows of all points, each rank its `share`; return them on rank 0 and None on other ranks."""
    count = len(next(iter(points.values())))
    rank, size = (world.Get_rank(), world.Get_size()) if world else (0, 1)
    mine = share(count, rank, size)
    progress = Progress(log, f"{constraint.name} {scan}", len(mine)) if rank == 0 else None
    pieces = []
    for piece in np.array_split(mine, max(1, min(SLICES, len(mine)))):
        if len(piece):
            pieces.append(
                evaluate_points(constraint, scan, {axis: values[piece] for axis, values in points.items()}, inputs)
            )
        if progress:
            progress.add(len(piece))
    rows = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]} if pieces else {}
    gathered = world.gather((mine, rows)) if world else [(mine, rows)]
    if progress:
        progress.close()
    if rank:
        return None
    return _assemble([entry for entry in gathered if len(entry[0])], count)


def _assemble(parts: list[tuple[np.ndarray, dict]], count: int) -> dict[str, np.ndarray]:
    """Assemble arrays of length `count` from pairs (positions, rows)."""
    complete = {name: np.empty(count, dtype=values.dtype) for name, values in parts[0][1].items()}
    for where, rows in parts:
        for name, values in rows.items():
            complete[name][where] = values
    return complete


def _split_known(point_keys: np.ndarray, cache: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return a mask of the points that are in the cache, and the cache's rows of these points."""
    if not cache:
        return np.zeros(len(point_keys), dtype=bool), np.zeros(0, dtype=int)
    by_key = np.argsort(cache["key"], kind="stable")
    place = np.searchsorted(cache["key"], point_keys, sorter=by_key)
    row = by_key[np.minimum(place, len(by_key) - 1)]
    known = cache["key"][row] == point_keys
    return known, row[known]


def compute_chunk(
    config: Config, constraint_name: str, scan: str, chunk: str, ranks: int, log_file: Path | None, command: list[str]
) -> None:
    """Compute the points of a chunk that are not in the cache, and write the chunk and the cache (on rank 0).

    Parameters
    ----------
    config : config of the run
    constraint_name, scan, chunk : the chunk
    ranks : number of MPI ranks that the launcher starts
    log_file : path of the log; None for none
    command : words of the command, for the log

    Raises
    ------
    InputError
        If the chunk is not part of the plan, the kernels are stale or MPI has a different number of ranks.
    """
    world = communicator(ranks)
    rank = world.Get_rank() if world else 0
    layout, constraint = Layout(config.results), registry.get(constraint_name)
    build.require_fresh(frozenset(constraint.reached("scans")[1]))
    section = config.sections[constraint_name]
    log = Log(log_file, command) if rank == 0 else Log()
    file = layout.points(constraint_name, scan, chunk)
    if not file.is_file():
        raise InputError(f"{constraint_name} {scan}: no chunk {chunk} in the plan of {config.results} (no file {file})")
    points = tables.read_packed(file)
    point_keys = grid.keys(points)
    fingerprint = plan.scan_fingerprint(constraint, scan, section)
    cache_folder = layout.cache(constraint_name, scan)
    cache = _cached(layout, (constraint_name, scan), chunk, fingerprint, log) if rank == 0 else {}
    known, rows_in_cache = _split_known(point_keys, cache)
    if world:
        known = world.bcast(known)
    missing = np.flatnonzero(~known)
    new = None
    if missing.size:
        left = {axis: values[missing] for axis, values in points.items()}
        new = _compute(world, constraint, scan, left, section.inputs, log)
    if rank:
        return
    parts = [(missing, new)] if missing.size else []
    if known.any():
        names = row_names(constraint.scans[scan])
        parts.append((np.flatnonzero(known), {name: cache[name][rows_in_cache] for name in names}))
    rows = _assemble(parts, len(point_keys))
    data = tables.pack({**points, **rows, "key": point_keys, "fingerprint": np.array(fingerprint)})
    with (
        digests.noting(layout, constraint_name, _step(scan, chunk)),
        tables.write_aside(layout.chunk(constraint_name, scan, chunk), "wb") as file,
    ):
        file.write(data)
    tables.share(layout.chunk(constraint_name, scan, chunk), cache_folder / f"{chunk}.npz")
    for path in cache_folder.glob("*.npz"):
        if path.stem != chunk and grid.within(path.stem, chunk):  # from a finer split; this file now holds its points
            path.unlink()
            layout.digests(constraint_name, _step(scan, path.stem)).unlink(missing_ok=True)
    log(
        f"{constraint_name} {scan} {chunk}: computed {missing.size}, reused {int(known.sum())} "
        f"of {len(point_keys)} points, {ranks} ranks"
    )


def _read_chunk(path: Path, digest: str | None, fingerprint: str) -> dict[str, np.ndarray]:
    """Read a chunk's table.

    A chunk that cannot be used is removed, so that the next run makes it again (from the cache where possible).
    """
    if not path.is_file():
        raise InputError(f"{path}: not computed yet (no such file): run the scan first")
    try:
        if digest is not None and not digests.is_as_noted(path, digest):
            raise InputError(f"{path}: {digests.CHANGED}")
        content = tables.read_packed(path)
        if str(content.get("fingerprint")) != fingerprint:
            raise InputError(f"{path}: was computed with other code or inputs")
    except InputError as problem:
        path.unlink(missing_ok=True)
        raise InputError(f"{problem}; the file was removed, run again") from None
    return content


def collect(config: Config, constraint_name: str, scan: str, log: Log) -> None:
    """Join the chunks of a scan into its csv table, in the order of the grid.

    Parameters
    ----------
    config : config of the run
    constraint_name, scan : the scan
    log : log of the step

    Raises
    ------
    InputError
        If a chunk is missing or damaged, or the points are not those of the grid.
    """
    layout, constraint = Layout(config.results), registry.get(constraint_name)
    section, declared = config.sections[constraint_name], constraint.scans[scan]
    axes = {axis: section.grid[axis] for axis in declared["axes"]}
    fingerprint = plan.scan_fingerprint(constraint, scan, section)
    parts = []
    for chunk in plan.read(config)[constraint_name][scan]:
        digest = _noted(layout, constraint_name, scan, chunk)
        parts.append(_read_chunk(layout.chunk(constraint_name, scan, chunk), digest, fingerprint))
    names = [*axes, *row_names(declared)]
    columns = {name: np.concatenate([part[name] for part in parts]) if parts else np.empty(0, int) for name in names}
    position = grid.order({axis: columns[axis] for axis in axes}, axes)
    total = int(np.prod([len(values) for values in axes.values()]))
    if not np.array_equal(np.sort(position), np.arange(total)):
        raise InputError(
            f"{constraint_name} {scan}: the chunk tables hold {len(position)} points, the grid has {total}"
        )
    columns = {name: values[np.argsort(position)] for name, values in columns.items()}
    columns["status"] = status_words(columns["status"])
    units = {axis: constraint.axes[axis].get("unit", "1") for axis in axes}
    units |= {name: properties["unit"] for name, properties in declared["columns"].items()}
    header = [
        f"{constraint_name}: {declared['summary']}",
        f"code and inputs {fingerprint}",
        "; ".join(f"{name} [{unit}]" for name, unit in units.items())
        + "; *_error: absolute numerical error of that column",
    ]
    with digests.noting(layout, constraint_name, "collect"):
        tables.write_columns(layout.table(constraint_name, scan), columns, header)
    words, numbers = np.unique(columns["status"], return_counts=True)
    counts = ", ".join(f"{count} {word}" for word, count in zip(words, numbers, strict=True))
    log(f"{constraint_name} {scan}: {total} points ({counts})")


def run_all(config: Config, constraint_name: str, ranks: int, log: Log) -> None:
    """Compute all scans of a constraint without the workflow, on a single rank or, under a launcher, on several.

    Parameters
    ----------
    config : config of the run
    constraint_name : name of the constraint
    ranks : number of MPI ranks that the launcher starts
    log : log of the step
    """
    world = communicator(ranks)
    first = world is None or world.Get_rank() == 0
    planned = plan.prepare(config)[constraint_name] if first else None
    for scan, chunks in (world.bcast(planned) if world else planned).items():
        for chunk in chunks:
            compute_chunk(config, constraint_name, scan, chunk, ranks, None, sys.argv)
        if first:
            collect(config, constraint_name, scan, log)
