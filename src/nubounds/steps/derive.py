"""Derive a constraint's limit curves and the paper's own tables from its scan tables."""

from __future__ import annotations

import dataclasses

from nubounds import registry
from nubounds.config import Config
from nubounds.contract import Curve, InputError, Run, Status
from nubounds.files import digests, tables
from nubounds.files.layout import Layout
from nubounds.inputs import declare
from nubounds.running.progress import Log


def load_run(config: Config, constraint_name: str) -> Run:
    """Read the scan tables of a constraint.

    Parameters
    ----------
    config : config of the run
    constraint_name : name of the constraint

    Returns
    -------
    The tables, without curves.

    Raises
    ------
    InputError
        If a table is missing or damaged, or a point in it failed (NOT_CONVERGED, NOT_FINITE): no limit is drawn
        through such a point.
    """
    layout, constraint = Layout(config.results), registry.get(constraint_name)
    paths, frames = {scan: layout.table(constraint_name, scan) for scan in constraint.scans}, {}
    digests.require(layout, constraint_name, "collect", paths.values())
    for scan, path in paths.items():
        if not path.is_file():
            raise InputError(f"no table {path}; run `nubounds scan {constraint_name}` first")
        frame = tables.read_table(path)
        try:
            explained = {word: Status[word].explained for word in frame["status"].unique()}
            failed = frame[[not explained[word] for word in frame["status"]]]
        except KeyError as problem:  # an unknown status, or no column of that name
            raise InputError(f"{path}: damaged or not a table of a scan ({problem})") from None
        if len(failed):
            axes = constraint.scans[scan]["axes"]
            where = ", ".join(f"{axis}={failed.iloc[0][axis]}" for axis in axes)
            raise InputError(
                f"{path}: {len(failed)} points failed, the first at {where} ({failed.iloc[0]['status']}); "
                "no limit is drawn from this table"
            )
        frames[scan] = frame
    return Run(frames)


def contour(config: Config, constraint_name: str, log: Log) -> list[Curve]:
    """Derive the limit curves of a constraint, and write the paper's tables.

    Parameters
    ----------
    config : config of the run
    constraint_name : name of the constraint
    log : log of the step

    Returns
    -------
    The curves.

    Raises
    ------
    InputError
        As :func:`load_run`, and if a curve belongs to a plane that the constraint does not declare.
    """
    layout, constraint = Layout(config.results), registry.get(constraint_name)
    run, inputs = load_run(config, constraint_name), config.sections[constraint_name].inputs
    curves = constraint.limits(run, **declare.bind(constraint.limits, inputs))
    names = [curve.name for curve in curves]
    if len(set(names)) != len(names):
        raise ValueError(f"{constraint_name}: two curves share a name")
    planes = constraint.declaration["planes"]
    for curve in curves:
        if curve.plane and planes is not None and curve.plane not in planes:
            raise InputError(f"{constraint_name}: {curve.name} belongs to {curve.plane}, which planes: does not name")
    run = dataclasses.replace(run, curves={curve.name: curve for curve in curves})
    with digests.noting(layout, constraint_name, "contour"):
        for name, caption in constraint.declaration["tables"].items():
            function = constraint.table_functions[name]
            frame = function(run, **declare.bind(function, inputs))
            tables.write_csv(layout.table(constraint_name, name), frame, [f"{constraint_name}: {caption}"])
    log(f"{constraint_name}: {len(curves)} curves, {len(constraint.declaration['tables'])} tables")
    return curves
