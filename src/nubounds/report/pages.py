"""What each page says, handed to its template."""

from __future__ import annotations

from nubounds.report import html, numbers, planes
from nubounds.report.gather import Paper, Report
from nubounds.steps import scorecard

TIME = "%Y-%m-%d %H:%M UTC"
STRIP = {"ticks": numbers.TICKS, "width": numbers.WIDTH, "height": numbers.HEIGHT}


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _verdict(rows: list[dict]) -> list[str]:
    """What came out of the statements `rows`, in two sentences."""
    found = {entry.kind: entry.count for entry in numbers.counts(rows)}
    return [
        f"Of {_number(len(rows), 'statement')}, {found['reproduced']} come out as published and {found['choice']} with "
        f"a choice that is named; {found['holds']} only bound a number, and hold.",
        f"Where they do not come out, a derivation says what is right instead ({found['erratum']}), something that is "
        f"needed is not stated ({found['open']}), or nothing here can compute it ({found['not']}).",
    ]


def _first_page(report: Report) -> list[str]:
    """What came out, in three sentences."""
    curves = sum(len(paper.limits) for paper in report.papers)
    figures = sum(len(paper.figures) for paper in report.papers)
    changed = [f"{name} of {paper.name}" for paper in report.papers for name in paper.changed]
    inputs = f"with other inputs than the papers' ({', '.join(changed)})" if changed else "with the papers' own inputs"
    first = (
        f"This run recomputed {_number(len(report.papers), 'paper')} {inputs}: {_number(curves, 'limit curve')}, "
        f"{_number(figures, 'figure')} and {_number(len(report.rows), 'statement')} that the papers make."
    )
    return [first, *_verdict(report.rows)]


def overview(report: Report) -> str:
    """The first page."""
    return html.render(
        "index.html",
        report=report,
        sentences=_first_page(report),
        verdicts=list(scorecard.VERDICTS),
        counts={paper.name: numbers.counts(paper.rows) for paper in report.papers},
        reasons={paper.name: numbers.reasons(paper.rows, most=3) for paper in report.papers},
        strips={paper.name: numbers.strip(paper.rows) for paper in report.papers},
        time=TIME,
        **STRIP,
    )


def paper(report: Report, paper: Paper) -> str:
    """Everything about one paper.

    Parameters
    ----------
    report : everything that the report says
    paper : the paper that the page is about

    Returns
    -------
    The HTML.
    """
    return html.render(
        "paper.html",
        report=report,
        paper=paper,
        sentences=_verdict(paper.rows),
        counts=numbers.counts(paper.rows),
        counts_of=numbers.counts,
        reasons=numbers.reasons(paper.rows, most=5),
        points=numbers.strip(paper.rows),
        places=numbers.by_place(paper.rows),
        time=TIME,
        **STRIP,
    )


def comparison(report: Report) -> str:
    """The planes, with the viewer."""
    return html.render("planes.html", report=report, data=planes.script_data(report.planes))
