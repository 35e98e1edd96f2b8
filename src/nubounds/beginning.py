"""The beginning of every run: plan it, remove damaged results, and tell whether anything is left to make.

Snakemake can tell the last too, but takes longer to start than all checks of our own.  It goes by the rules and by the
times of files (``rerun-triggers: mtime``).  When it has made everything, those times are recorded together with what
the rules depend on.  Whatever changes later shows: what a run plans is written where it has changed, and a damaged
result is removed, before the times are compared.  Everything unusual is left to Snakemake.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import os
import re
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from math import inf
from pathlib import Path
from typing import Any

from nubounds import registry
from nubounds.code import sources
from nubounds.config import Config
from nubounds.contract import InputError
from nubounds.ensemble import plan as ensemble_plan
from nubounds.files import tables
from nubounds.files.layout import Layout
from nubounds.planes import yours
from nubounds.posterior import plan as posterior_plan
from nubounds.running.launch import SNAKEFILES
from nubounds.steps import plan

NOTHING = "Nothing to be done (all requested files are present and up to date)."  # as Snakemake says it
# A Snakefile with our rules alone, so that the files they name are all that matters.
OURS = re.compile(
    r'(from nubounds import snakefile\s+)?include: (snakefile\("rules/main.smk"\)|"(workflow/)?rules/main.smk")'
    r"\s+rule all:\s+input:\s+everything\(\),\s*"
)
COMMENT = re.compile(r"^#.*\n", re.MULTILINE)
EXPANDED = (b"$", b"__use_yte__")  # a profile with one of these depends on more than its text
# Settings of Snakemake that have no say in which jobs there are.
WITHOUT_SAY = ("force_incomplete", "max_checksum_file_size", "max_inventory_wait_time", "rerun_triggers")

_profiles: list[Path] = []  # of the run without other options that this process goes on with as Snakemake


def begin(config: Config) -> dict[str, dict[str, list[str]]]:
    """Check everything, lock the results folder, write the plan, and remove results that were changed.

    Parameters
    ----------
    config : config of the run

    Returns
    -------
    Names of the chunks of each scan of each constraint.  A line on standard error names each result removed.

    Raises
    ------
    InputError
        See :func:`nubounds.steps.plan.prepare`; mistakes are found here, not after the scans.
    """
    planned = plan.prepare(config)
    yours.read(config.user_limits)
    for line in (*plan.repair(config, planned), *ensemble_plan.prepare(config), *posterior_plan.prepare(config)):
        print(line, file=sys.stderr)
    return planned


def is_done(config: Config, profile: Path) -> bool:
    """Return whether a run with this config and no other options would make nothing.

    Parameters
    ----------
    config : config of the run
    profile : folder of the profile

    Returns
    -------
    False if only Snakemake can tell.

    Raises
    ------
    InputError
        See :func:`begin`.
    """
    _profiles[:] = [profile]
    snakefile = next((Path(name).resolve() for name in SNAKEFILES if Path(name).is_file()), None)
    record = Layout(config.results).done
    if snakefile is None or not record.is_file():
        return False
    try:
        known = tables.read_json(record)
    except InputError:
        return False
    if known["question"] != _question(config, profile, snakefile):
        return False
    begin(config)
    return known["times"] == _times(known["times"])


def _question(config: Config, profile: Path, snakefile: Path) -> str | None:
    """Return a hash of all that decides which files there are to make; None if that cannot be known."""
    if not OURS.fullmatch(COMMENT.sub("", snakefile.read_text(encoding="utf-8"))) or not profile.is_dir():
        return None
    by_default = [Path("default"), *(folder / "profiles/default" for folder in (Path(), snakefile.parent))]
    settings = {path for folder in (profile, *by_default) for path in folder.rglob("*") if path.is_file()}
    if any(sign in path.read_bytes() for path in settings for sign in EXPANDED):
        return None
    homes = {sources.PACKAGE, *(registry.get(name).folder for name in config.sections)}
    code = {path for home in homes for ending in ("py", "yaml") for path in home.rglob(f"*.{ending}")}
    rules = (sources.PROJECT / "workflow").rglob("*.smk")
    try:
        versions = [sys.version, version("snakemake")]
    except PackageNotFoundError:
        return None
    variables = sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith("SNAKEMAKE_"))
    files = sources.hash_files(settings | code | {snakefile, *rules})
    return plan.digest([config.effective(), files, versions, variables])


def _times(paths: Iterable[str | Path]) -> dict[str, int | None]:
    """Return when each file was last written, in nanoseconds; None for one that does not exist."""
    return {str(path): Path(path).stat().st_mtime_ns if Path(path).exists() else None for path in paths}


def watch(workflow: Any, config: Config) -> None:
    """Forget what was recorded, because Snakemake may now make files, and record it anew once it has made everything.

    Parameters
    ----------
    workflow : Snakemake's object
    config : config of the run

    Raises
    ------
    InputError
        If the record cannot be removed.
    """
    record = Layout(config.results).done
    try:
        record.unlink(missing_ok=True)
    except OSError as problem:
        raise InputError(f"{record}: cannot be removed ({problem.strerror}); remove it") from None
    if _profiles:
        question = _question(config, _profiles[0], Path(workflow.main_snakefile).resolve())
        atexit.register(_record, workflow, Layout(config.results), question)


def _record(workflow: Any, layout: Layout, question: str | None) -> None:
    """Record the times of all files of a run that has made everything.

    Jobs were run: no file may be older than what it was made from.  None were: Snakemake has seen all to be in order.
    """
    if question is None or not _has_made_everything(workflow):
        return
    have_run = any(workflow.dag.needrun_jobs(exclude_finished=False))
    times = _times([layout.plan, *(path for path in layout.fingerprints.rglob("*") if path.is_file())])
    for job in workflow.dag.jobs:
        made_from, made = _times(job.input), _times(job.output)
        times |= made_from | made
        if have_run and (
            None in times.values() or max(made_from.values(), default=0) > min(made.values(), default=inf)
        ):
            return
    with contextlib.suppress(OSError):  # a full disk, at the end of a run that is complete
        tables.write_json(layout.done, {"question": question, "times": times})


def _has_made_everything(workflow: Any) -> bool:
    """Return whether Snakemake looked at all jobs, as our profiles have it do, and has none left to run."""
    if workflow.scheduler is None or workflow.dryrun or workflow.touch or workflow.overwrite_workdir:
        return False
    settings = workflow.dag_settings
    fields = [field for field in dataclasses.fields(settings) if field.name not in WITHOUT_SAY]
    plain = all((getattr(settings, field.name) or field.default) == field.default for field in fields)
    by_time = [trigger.name for trigger in settings.rerun_triggers] == ["MTIME"]
    return plain and by_time and not any(workflow.dag.needrun_jobs())
