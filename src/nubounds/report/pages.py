"""The overview and the page of a paper, put together from their sections."""

from __future__ import annotations

import datetime
from html import escape

from nubounds import registry
from nubounds.config import Config
from nubounds.layout import Layout
from nubounds.mathtext import to_html
from nubounds.report import html, numbers, planes, sections
from nubounds.report.timing import Work


def _reference(paper: dict) -> str:
    links = []
    if paper.get("arxiv"):
        links.append(f'<a href="https://arxiv.org/abs/{escape(paper["arxiv"])}">arXiv:{escape(paper["arxiv"])}</a>')
    if paper.get("doi"):
        links.append(f'<a href="https://doi.org/{escape(paper["doi"])}">doi:{escape(paper["doi"])}</a>')
    where = f" ({', '.join(links)})" if links else ""
    return f"{escape(paper['authors'])}, <i>{to_html(paper['title'])}</i>, {escape(paper['reference'])}{where}"


def _short_reference(paper: dict) -> str:
    return f"arXiv:{escape(paper['arxiv'])}" if paper.get("arxiv") else escape(paper["reference"])


def paper(config: Config, layout: Layout, name: str, rows: list[dict], work: Work, now: datetime.datetime) -> str:
    """Everything about one paper."""
    constraint = registry.get(name)
    declaration = constraint.declaration
    parts = {
        "In short": f"<p>{numbers.counts(rows)}</p>{numbers.strip(rows)}<p>Why numbers are contradicted, the "
        f"reasons given most often:</p>{numbers.reasons(rows, most=5)}",
        "Errata and findings": sections.errata(constraint),
        "Figures": sections.figures(layout, constraint),
        "Scorecard": numbers.table(rows),
        "Paper against ours": numbers.by_place(rows),
        "Tables": sections.regenerated_tables(layout, constraint)
        or "<p>The paper has no table of computed numbers.</p>",
        "Computed grids": sections.grids(layout, constraint),
        "Limit files": sections.limit_files(layout, name),
        "Inputs": sections.inputs(constraint, config.sections[name].inputs),
        "Run time": sections.run_time(work, work.of(name)),
        "Versions": sections.versions(now),
    }
    jumps = "".join(f'<a href="#{_anchor(title)}">{title}</a>' for title in parts)
    body = (
        f'<nav><a href="index.html">all papers</a>{jumps}</nav><h1>{to_html(declaration["title"])}</h1>'
        f"<p>{_reference(declaration['paper'])}</p><p>{to_html(declaration['summary'])}</p>"
    )
    body += "".join(f'<h2 id="{_anchor(title)}">{title}</h2>{content}' for title, content in parts.items())
    return html.page(declaration["title"], body, html.asset("filter.js"))


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _summary(layout: Layout, name: str, rows: list[dict]) -> str:
    """A paper on the overview."""
    constraint = registry.get(name)
    captions = constraint.declaration["figures"]
    pictures = html.thumbnails([layout.figure(name, figure, "png") for figure in captions])
    thumbnails = "".join(
        f'<figure><a href="{name}.html#{figure}">{html.image(picture, f"{name} {figure}")}</a>'
        f"<figcaption><b>{figure}.</b> {to_html(caption)}</figcaption></figure>"
        for picture, (figure, caption) in zip(pictures, captions.items(), strict=True)
    )
    return (
        f'<h2><a href="{name}.html">{to_html(constraint.declaration["title"])}</a></h2>'
        f"<p>{_reference(constraint.declaration['paper'])}</p>"
        f"<p>{to_html(constraint.declaration['summary'])}</p><p>{numbers.counts(rows)}; <a "
        f"href='{name}.html'>scorecard, tables, errata, inputs</a></p>"
        f'{numbers.strip(rows)}<div class="thumbnails">{thumbnails}</div>'
    )


def overview(
    config: Config, layout: Layout, scorecards: dict[str, list[dict]], work: Work, now: datetime.datetime
) -> str:
    """The first page."""
    every = [row for rows in scorecards.values() for row in rows]
    links = "".join(f'<a href="{name}.html">{name}</a>' for name in scorecards)
    verdicts = [
        f"<tr><td><a href='{name}.html'>{to_html(registry.get(name).declaration['title'])}</a><br>"
        f"{_short_reference(registry.get(name).declaration['paper'])}"
        f"{numbers.cells(rows, f'{name}.html')}<td class='words'>{numbers.reasons(rows, most=3)}</tr>"
        for name, rows in scorecards.items()
    ]
    lead = (
        f"<h1>nubounds: published constraints, regenerated</h1><nav>{links}<a href='{planes.FILE}'>comparison "
        "planes</a><a href='#run-time'>run time</a></nav>"
        f"<p>Every number that the papers state, and what became of it in this run: {numbers.counts(every)}. "
        "<a href='scorecard.csv'>scorecard.csv</a> holds all rows.</p>"
        f"{html.table(['paper', *numbers.VERDICT_CLASS, 'why contradicted, most frequent first'], verdicts, 'stacked')}"
    )
    papers = "".join(_summary(layout, name, rows) for name, rows in scorecards.items())
    steps = f"<h2 id='run-time'>Run time</h2>{sections.run_time(work, work.steps, with_owner=True)}"
    origin = f"<h2>Versions</h2><p>config {escape(config.source)}</p>{sections.versions(now)}"
    return html.page("nubounds report", lead + planes.summary(layout) + papers + steps + origin)
