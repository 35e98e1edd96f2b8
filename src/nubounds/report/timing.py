"""How long each step took and when, read from the logs; which steps are newer than the last report."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import Path

from nubounds.files.layout import Layout

_TOOK = re.compile(r"^took ([\d.]+) s$", re.MULTILINE)
_POINTS = re.compile(r"computed (\d+), reused (\d+)")


@dataclass
class Step:
    """One step of a run; the chunks of a scan are one step of several jobs."""

    of: str  # constraint, or what else the step belongs to
    name: str
    jobs: int
    seconds: float
    finished: float  # seconds since the epoch
    computed: int = 0
    reused: int = 0
    new: bool = True

    @property
    def when(self) -> datetime.datetime:
        """When it was finished."""
        return datetime.datetime.fromtimestamp(self.finished, datetime.UTC)


@dataclass(frozen=True)
class Work:
    """All steps whose logs are there, in order of time, and when the last report was written."""

    steps: list[Step]
    last_report: datetime.datetime | None

    def of(self, name: str) -> list[Step]:
        """The steps of one constraint."""
        return [step for step in self.steps if step.of == name]


def _name(stem: str, scans: list[str]) -> str:
    """The step of a log file: the chunks of a scan belong together."""
    for scan in sorted(scans, key=len, reverse=True):
        if stem.startswith(f"scan_{scan}_"):
            return f"scan {scan}"
    return stem.replace("_", " ")


def read(layout: Layout, scans: dict[str, list[str]]) -> Work:
    """All steps of a results folder; `scans` names the scans of each constraint.

    Parameters
    ----------
    layout : paths of the results
    scans : constraint -> names of its scans

    Returns
    -------
    The steps, with their time and points.
    """
    try:
        last = datetime.datetime.fromisoformat(layout.report_time.read_text(encoding="utf-8").strip())
    except (FileNotFoundError, ValueError):  # no report yet, or nobody knows when
        last = None
    steps: dict[tuple[str, str], Step] = {}
    for path in sorted(Path(layout.root / "logs").glob("*/*.log")):
        text = path.read_text(encoding="utf-8", errors="replace")
        took, points = _TOOK.findall(text), _POINTS.search(text)
        of, name = path.parent.name, _name(path.stem, scans.get(path.parent.name, []))
        step = steps.setdefault((of, name), Step(of, name, 0, 0.0, 0.0))
        step.jobs += 1
        step.seconds += float(took[-1]) if took else 0.0
        step.finished = max(step.finished, path.stat().st_mtime)
        if points:
            step.computed, step.reused = step.computed + int(points.group(1)), step.reused + int(points.group(2))
    for step in steps.values():
        step.new = last is None or step.finished > last.timestamp()
    return Work(sorted(steps.values(), key=lambda step: step.finished), last)
