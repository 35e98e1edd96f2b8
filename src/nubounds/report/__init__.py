"""The report: an overview, one self-contained page per paper, and the planes; readable from disk without a network."""

from __future__ import annotations

import datetime

from nubounds import digests, registry, tables
from nubounds.config import Config
from nubounds.layout import Layout
from nubounds.report import numbers, pages, planes, timing
from nubounds.steps import scorecard


def write(config: Config, log) -> None:
    """Write the overview, one page per paper, the page of the planes and the joint scorecard.

    Raises
    ------
    InputError
        With a line for each result that is not as it was written.
    """
    layout, now = Layout(config.results), datetime.datetime.now(datetime.UTC)
    folder = layout.report.parent
    for name in config.sections:
        for step in ("collect", "contour", "figures", "scorecard"):
            digests.require(layout, name, step)
    scorecards = {name: numbers.read(layout, name) for name in config.sections}
    work = timing.read(layout, {name: list(registry.get(name).scans) for name in config.sections})
    with digests.noting(layout, "report", "report"):
        for name, rows in scorecards.items():
            tables.write_text(folder / f"{name}.html", pages.paper(config, layout, name, rows, work, now))
        tables.write_text(folder / planes.FILE, planes.page(config, layout))
        joint = [row for rows in scorecards.values() for row in rows]
        tables.write_text(layout.report_scorecard, scorecard.to_csv(joint))
        tables.write_text(layout.report, pages.overview(config, layout, scorecards, work, now))
        tables.write_text(layout.report_time, now.isoformat() + "\n")
    log(f"report: {layout.report}")
