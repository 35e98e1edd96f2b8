"""The report: an overview, one self-contained page per paper, and the planes; readable from disk without a network."""

from __future__ import annotations

from collections.abc import Callable

from nubounds.config import Config
from nubounds.files import digests, tables
from nubounds.files.layout import Layout
from nubounds.report import pages, planes
from nubounds.report.gather import gather
from nubounds.steps import scorecard


def write(config: Config, log: Callable[[str], None]) -> None:
    """Write the overview, one page per paper, the page of the planes and the joint scorecard.

    Parameters
    ----------
    config : the config
    log : called with lines for the user

    Raises
    ------
    InputError
        With a line for each result that is not as it was written.
    """
    layout, report = Layout(config.results), gather(config)
    folder = layout.report.parent
    with digests.noting(layout, "report", "report"):
        for paper in report.papers:
            tables.write_text(folder / f"{paper.name}.html", pages.paper(report, paper))
        tables.write_text(folder / planes.FILE, pages.comparison(report))
        tables.write_text(layout.report_scorecard, scorecard.to_csv(report.rows))
        tables.write_text(layout.report, pages.overview(report))
        tables.write_text(layout.report_time, report.now.isoformat() + "\n")
    log(f"report: {layout.report}")


def write_ensemble(config: Config, name: str, log: Callable[[str], None]) -> None:
    """Write the page of a constraint's ensemble; see :func:`nubounds.report.ensembles.write_page`.

    Parameters
    ----------
    config : the config
    name : name of the constraint
    log : called with lines for the user
    """
    from nubounds.report import ensembles  # which needs scipy and matplotlib, unlike the report

    ensembles.write_page(config, name, log)


def write_explorer(config: Config, log: Callable[[str], None]) -> None:
    """Write the explorer; see :func:`nubounds.report.ensembles.write_explorer`.

    Parameters
    ----------
    config : the config
    log : called with lines for the user
    """
    from nubounds.report import ensembles

    ensembles.write_explorer(config, log)
