"""Plan a run: split the points into chunks, and write the fingerprints that decide what is out of date.

Files are written only when their content changes, and the workflow compares only their time stamps.  So touching a
source file reruns nothing, and an edit reruns exactly what depends on it.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from nubounds import registry
from nubounds.code import build, sources
from nubounds.config import SEALED, USER_LIMITS, Config, Section, check_inputs, sealed
from nubounds.contract import InputError, Parameter
from nubounds.files import digests, tables, user_limits
from nubounds.files.layout import CAPTION, ENDINGS, NUMBERS, PUBLISHED_LIMITS, Layout
from nubounds.inputs import declare
from nubounds.numerics import grid
from nubounds.registry import Constraint
from nubounds.running import locking

CLOCK_TOLERANCE_S = 2.0
PLANES, PAGES = sources.PACKAGE / "planes", sources.PACKAGE / "report"


def digest(value) -> str:
    """Return the SHA-256 of plain data."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def with_file_contents(constraint: Constraint, inputs: dict) -> dict:
    """Replace each file among the inputs by the hash of its content.

    Parameters
    ----------
    constraint : the constraint
    inputs : values of its inputs, as plain data

    Returns
    -------
    A copy of `inputs`.
    """

    def content(parameter: Parameter, value):
        if isinstance(value, dict):
            return {name: content(parameter, entry) for name, entry in value.items()}
        named = parameter.paths(value)
        return sources.hash_files(named) if named else value

    return {name: content(constraint.inputs[name], value) for name, value in inputs.items()}


def inputs_for(constraint: Constraint, section: Section, *functions: Callable) -> dict:
    """Return the inputs that functions depend on.

    Parameters
    ----------
    constraint : the constraint
    section : its configuration
    functions : scan, table, curve or figure functions of the constraint

    Returns
    -------
    Values by name, with each file replaced by the hash of its content.
    """
    names = {name for function in functions for name in declare.inputs_of(function)}
    return with_file_contents(constraint, {name: section.inputs[name] for name in sorted(names)})


def scan_fingerprint(constraint: Constraint, scan: str, section: Section) -> str:
    """Return the fingerprint of a scan.

    Parameters
    ----------
    constraint : the constraint
    scan : name of the scan
    section : configuration of the constraint

    Returns
    -------
    Hash of everything that a scan's result depends on, other than the point itself: where an axis has the entries of
    an input, the point says which content it is for.
    """
    inputs = inputs_for(constraint, section, constraint.scan_functions[scan])
    for axis in constraint.scans[scan]["axes"]:
        inputs.pop(constraint.axes[axis].get("of", ""), None)
    return digest([constraint.code_hash("scans"), constraint.scans[scan]["columns"], inputs])


def _fingerprints(constraint: Constraint, config: Config) -> dict[str, str]:
    section = config.sections[constraint.name]
    dropped = user_limits.files(config.user_limits)
    steps = {
        step: sources.hash_files(sources.reachable_modules(f"nubounds.steps.{module}")[0])
        for step, module in {
            "contour": "hepdata",  # the last module of the step, which imports derive and limits
            "figures": "figures",
            "scorecard": "scorecard",
            "class": "class_files",
        }.items()
    }
    report = sources.reachable_modules("nubounds.report")[0]
    derived = inputs_for(constraint, section, constraint.limits, *constraint.table_functions.values())
    drawn = inputs_for(constraint, section, *constraint.figure_functions.values())
    exported = {}
    if constraint.has("class_input"):
        inputs = inputs_for(constraint, section, constraint.module("class_input").points)
        exported["class"] = digest([constraint.code_hash("class_input"), inputs, steps["class"]])
    return {
        **exported,
        **{f"scan_{scan}": scan_fingerprint(constraint, scan, section) for scan in constraint.scans},
        "contour": digest(
            [constraint.code_hash("curves", "tables"), derived, steps["contour"], constraint.declaration["paper"]]
        ),
        "figures": digest([constraint.code_hash("figures"), drawn, steps["figures"], _drawn(constraint, dropped)]),
        "scorecard": digest(
            [
                constraint.code_hash("quantities", "statements"),
                steps["scorecard"],
                sources.hash_files([constraint.folder / "scorecard.csv"]),
            ]
        ),
        "report": digest(
            [
                constraint.declaration,
                sources.hash_files([*report, *_page_parts(), *dropped]),
                user_limits.not_read(config.user_limits),
            ]
        ),
    }


def _page_parts() -> list[Path]:
    """Return the style sheets, scripts and templates of the report."""
    return sorted(path for ending in ("css", "js", "html") for path in PAGES.rglob(f"*.{ending}"))


def _drawn(constraint: Constraint, dropped: list[Path]) -> str:
    """Return a hash of those of the user's limits that any figure of a constraint receives."""
    limits, declaration = [user_limits.read(path) for path in dropped], constraint.declaration
    seen = user_limits.of_figures(limits, constraint.name, declaration["figures"], declaration["user_limits"])
    return sources.hash_files({limit.path for mine in seen.values() for limit in mine})


def plane_names() -> list[str]:
    """Return the names of the comparison planes: one per YAML file."""
    return sorted(path.stem for path in PLANES.glob("*.yaml"))


def planes_of(config: Config) -> list[str]:
    """Return the names of the planes that show anything: limits of this run, of other groups, or of the user."""
    declared = [registry.get(name).declaration["planes"] for name in config.sections]
    dropped = user_limits.read_folder(config.user_limits)
    return [
        name
        for name in plane_names()
        if any(planes is None or name in planes for planes in declared)
        or any(PUBLISHED_LIMITS.glob(f"{name}/*.json"))
        or _dropped_on(name, dropped)
    ]


def _dropped_on(name: str, dropped: list[user_limits.UserLimit]) -> list[Path]:
    """Return the files of the user's limits that a plane draws."""
    from nubounds.files import yaml_reader  # which jobs need not import

    limits = user_limits.for_figure(dropped, user_limits.PLANES, name)
    columns = yaml_reader.read(PLANES / f"{name}.yaml")["columns"]
    return [limit.path for limit in limits if user_limits.fit(columns, limit.x_name, limit.y_name)]


def _plane_fingerprint(name: str, config: Config) -> str:
    """Return a hash of everything that a plane shows, other than the computed limits."""
    dropped = _dropped_on(name, user_limits.read_folder(config.user_limits))
    published = sorted(PUBLISHED_LIMITS.glob(f"{name}/*.json"))
    code = sources.reachable_modules("nubounds.planes.draw")[0]
    said = {each: registry.get(each).declaration["words"] for each in config.sections}
    return digest([sources.hash_files([*code, PLANES / f"{name}.yaml", *dropped, *published]), said])


def _split(constraint: Constraint, scan: str, section: Section, layout: Layout) -> list[str]:
    """Write the points of every chunk of a scan, and return the chunks' names.

    Files of chunks that are no longer part of the plan are removed.
    """
    axes = {axis: section.grid[axis] for axis in constraint.scans[scan]["axes"]}
    points = grid.product(axes)
    names = grid.chunk_names(grid.keys(points), section.points_per_job[scan])
    sequence = names.argsort(kind="stable")
    chunks, starts = (array.tolist() for array in np.unique(names[sequence], return_index=True))
    for chunk, members in zip(chunks, _pieces(sequence, starts), strict=True):
        tables.write_if_changed(
            layout.points(constraint.name, scan, chunk),
            tables.pack({axis: values[members] for axis, values in points.items()}),
        )
    wanted = set(chunks)
    for path in layout.points(constraint.name, scan, "all").parent.glob("*.npz"):
        if path.stem not in wanted:
            path.unlink()
    for path in layout.chunk(constraint.name, scan, "all").parent.glob("*.npz"):
        if path.stem not in wanted and layout.digests(constraint.name, f"scan_{scan}/{path.stem}").exists():
            path.unlink()
    return chunks


def _pieces(sequence, starts: list[int]):
    ends = [*starts, len(sequence)][1:]
    return [sequence[start:end] for start, end in zip(starts, ends, strict=True)]


def _reset_future_timestamps(results: Path) -> None:
    """Set the time of files dated in the future to the present; the clock was wrong when they were written.

    Otherwise an edit made now would look older than they are, and nothing would rerun.
    """
    now = time.time()
    for folder, _, files in os.walk(results):
        for name in files:
            path = os.path.join(folder, name)  # noqa: PTH118  a string is faster, and there may be a million files
            if os.lstat(path).st_mtime > now + CLOCK_TOLERANCE_S:
                os.utime(path, (now - 1.0, now - 1.0), follow_symlinks=False)


def check(config: Config) -> None:
    """Check everything that can be checked before a run, without writing anything.

    Raises
    ------
    InputError
        For a stale build, an incomplete constraint, an invalid data file or limit file, or a results folder that is
        not writable.
    """
    build.require_own_checkout()
    build.require_fresh()
    for name in config.sections:
        registry.get(name).require_complete()
    check_inputs(config)
    check_user_limits(config)
    _require_writable(config)


def check_user_limits(config: Config) -> None:
    """Raise InputError if the folder of limit files is missing, or a file is invalid or names an unknown figure."""
    folder = config.user_limits
    if folder != USER_LIMITS and not folder.is_dir():
        raise InputError(f"{config.source}: user_limits: no folder {folder}")
    known = [f"comparison/{name}" for name in plane_names()]
    known += [f"{c.name}/{figure}" for c in registry.all_constraints() for figure in c.declaration["figures"]]
    for limit in user_limits.read_folder(folder):
        for figure in limit.figures:
            if figure not in known:
                raise InputError(f"{limit.path}: '# figures:' names {figure}; valid: {', '.join(known)}")


def _require_writable(config: Config) -> None:
    import tempfile

    try:
        folder = config.results
        while not folder.exists():
            folder = folder.parent
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as problem:
        raise _unwritable(config, problem) from None


def _unwritable(config: Config, problem: OSError) -> InputError:
    return InputError(f"{config.source}: results: cannot write to {config.results} ({problem.strerror})")


def prepare(config: Config) -> dict[str, dict[str, list[str]]]:
    """Check everything, lock the results folder for this process, and write the plan.

    Parameters
    ----------
    config : config of the run

    Returns
    -------
    Names of the chunks of each scan of each constraint.

    Raises
    ------
    InputError
        Before anything is written, if :func:`check` finds a problem or another run uses the same folder.
    """
    check(config)
    layout = Layout(config.results)
    try:
        locking.hold(layout.lock)
        tables.write_if_changed(layout.effective_config, json.dumps(config.effective(), indent=1) + "\n")
        beside = layout.effective_config.with_suffix(SEALED)
        tables.write_if_changed(beside, sealed(layout.effective_config, config.sections))
    except OSError as problem:
        raise _unwritable(config, problem) from None
    _reset_future_timestamps(config.results)
    plan = {}
    for name, section in config.sections.items():
        constraint = registry.get(name)
        for part, content in _fingerprints(constraint, config).items():
            tables.write_if_changed(layout.fingerprint(name, part), content + "\n")
        plan[name] = {scan: _split(constraint, scan, section, layout) for scan in constraint.scans}
    for name in plane_names():
        tables.write_if_changed(layout.fingerprint("comparison", name), _plane_fingerprint(name, config) + "\n")
    tables.write_if_changed(layout.plan, json.dumps(plan) + "\n")
    return plan


def read(config: Config) -> dict[str, dict[str, list[str]]]:
    """Return the plan that :func:`prepare` wrote, for the jobs of a running workflow."""
    return tables.read_json(Layout(config.results).plan)


def shared_jobs(config: Config, plan: dict[str, dict[str, list[str]]]) -> dict[str, list[list[str]]]:
    """Return which scans share a job, because together they fill no more than one: starting a process costs more.

    Parameters
    ----------
    config : config of the run
    plan : see :func:`prepare`

    Returns
    -------
    Names of the scans of each such job (two or more, each with a single chunk), by constraint.
    """
    shared = {}
    for name, scans in plan.items():
        section, declared, jobs, loads = config.sections[name], registry.get(name).scans, [], []
        for scan in (scan for scan, chunks in scans.items() if chunks == ["all"]):
            points = math.prod(len(section.grid[axis]) for axis in declared[scan]["axes"])
            load = points / section.points_per_job[scan]
            place = next((index for index, other in enumerate(loads) if other + load <= 1), None)
            if place is None:
                jobs.append([scan])
                loads.append(load)
            else:
                jobs[place].append(scan)
                loads[place] += load
        shared[name] = [job for job in jobs if len(job) > 1]
    return shared


def repair(config: Config, plan: dict[str, dict[str, list[str]]]) -> list[str]:
    """Remove results that were changed after they were written, so that the workflow makes them again.

    Parameters
    ----------
    config : config of the run
    plan : see :func:`prepare`

    Returns
    -------
    A line for each result that will be recomputed.
    """
    layout = Layout(config.results)
    outputs = {("report", "report"): [layout.report, layout.report_scorecard]}
    for name in plane_names():
        outputs["comparison", name] = [layout.comparison(name, ending) for ending in (*ENDINGS, NUMBERS, CAPTION)]
    for name, scans in plan.items():
        declared = registry.get(name).declaration
        for scan, chunks in scans.items():
            for chunk in chunks:
                outputs[name, f"scan_{scan}/{chunk}"] = [layout.chunk(name, scan, chunk)]
        outputs[name, "collect"] = [layout.table(name, scan) for scan in scans]
        outputs[name, "contour"] = [layout.limits_index(name), layout.hepdata(name)]
        outputs[name, "contour"] += [layout.table(name, table) for table in declared["tables"]]
        outputs[name, "figures"] = [
            layout.figure(name, figure, ending) for figure in declared["figures"] for ending in (*ENDINGS, NUMBERS)
        ]
        outputs[name, "scorecard"] = [layout.scorecard(name)]
        if registry.get(name).has("class_input"):
            outputs[name, "class"] = [layout.class_index(name)]
    return digests.repair(layout, outputs)
