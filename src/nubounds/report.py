"""The report: an overview and one self-contained page per paper, readable from disk without any network."""

from __future__ import annotations

import base64
import csv
import datetime
import json
from collections import Counter
from html import escape

from nubounds import provenance, registry, scorecard, tables
from nubounds.config import Config
from nubounds.layout import Layout
from nubounds.mathtext import to_html

STYLE = """
:root { color-scheme: light; --ink: #1b1f24; --faint: #5b6570; --rule: #d5dae0; --back: #fff; --accent: #0a5d9c; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.2rem; border-bottom: 1px solid var(--rule); }
a { color: var(--accent); } .faint { color: var(--faint); font-size: .9rem; }
figure { margin: 1.5rem 0; } figure img { max-width: 100%; height: auto; border: 1px solid var(--rule); } figcaption { max-width: 48rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; } th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid var(--rule); }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; } td.args { font-size: .75rem; color: var(--faint); max-width: 18rem; overflow-wrap: anywhere; }
.verdict { white-space: nowrap; font-weight: 600; } .reproduced { color: #05603a; } .choice { color: #0a5d9c; } .contradicted { color: #b3261e; } .not { color: #5b6570; }
.filters { display: flex; flex-wrap: wrap; gap: .5rem; margin: .8rem 0; } .filters label { border: 1px solid var(--rule); border-radius: 1rem; padding: .1rem .7rem; cursor: pointer; }
.filters input[type=search] { flex: 1 1 12rem; padding: .2rem .6rem; border: 1px solid var(--rule); border-radius: .3rem; font: inherit; }
@media print { .filters, nav { display: none; } figure { break-inside: avoid; } body { max-width: none; } }
"""

FILTER_SCRIPT = """
for (const section of document.querySelectorAll('[data-scorecard]')) {
  const rows = section.querySelectorAll('tbody tr');
  const shown = section.querySelector('[data-shown]');
  const update = () => {
    const allowed = new Set([...section.querySelectorAll('input[type=checkbox]:checked')].map(box => box.value));
    const word = section.querySelector('input[type=search]').value.toLowerCase();
    let count = 0;
    for (const row of rows) {
      row.hidden = !(allowed.has(row.dataset.verdict) && row.textContent.toLowerCase().includes(word));
      count += !row.hidden;
    }
    shown.textContent = count + ' of ' + rows.length + ' rows';
  };
  section.addEventListener('input', update);
  update();
}
"""

VERDICT_CLASS = {
    scorecard.REPRODUCED: "reproduced",
    scorecard.BY_CHOICE: "choice",
    scorecard.CONTRADICTED: "contradicted",
    scorecard.NOT_COMPUTABLE: "not",
}


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><link rel='icon' href='data:,'><style>{STYLE}</style></head>\n<body>\n{body}\n<script>{FILTER_SCRIPT}</script>\n</body></html>\n"
    )


def _number(text: str) -> str:
    try:
        return f"{float(text):.4g}"
    except ValueError:
        return escape(text)


def _read_scorecard(layout: Layout, name: str) -> list[dict]:
    with layout.scorecard(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _counts(rows: list[dict]) -> str:
    counts = Counter(row["verdict"] for row in rows)
    return ", ".join(f'<span class="{VERDICT_CLASS[verdict]}">{counts[verdict]} {verdict}</span>' for verdict in VERDICT_CLASS if counts[verdict])


def _scorecard_table(rows: list[dict]) -> str:
    boxes = "".join(f'<label><input type="checkbox" checked value="{VERDICT_CLASS[verdict]}"> {verdict}</label>' for verdict in VERDICT_CLASS)
    lines = []
    for row in rows:
        kind = VERDICT_CLASS[row["verdict"]]
        unit = "" if row["unit"] in ("", "1") else f" {escape(row['unit'])}"
        lines.append(
            f'<tr data-verdict="{kind}"><td>{to_html(row["item"])}</td><td>{escape(row["where"])}</td>'
            f'<td class="number">{_number(row["published"])}{unit}</td><td class="number">{_number(row["computed"])}{unit if row["computed"] else ""}</td>'
            f'<td class="number">{_number(row["ratio"])}</td><td class="number">{escape(row["tolerance"])}</td><td class="verdict {kind}">{row["verdict"]}</td>'
            f'<td>{to_html(row["remark"])}</td><td class="args">{escape(row["quantity"])} {escape(row["args"])}</td></tr>'
        )
    head = "<tr><th>statement<th>where<th>published<th>computed<th>ratio<th>tolerance<th>verdict<th>reason<th>computed by</tr>"
    return (
        f'<section data-scorecard><div class="filters">{boxes}<input type="search" placeholder="search" aria-label="search the scorecard">'
        f'<span class="faint" data-shown></span></div><div class="scroll"><table><thead>{head}</thead><tbody>{"".join(lines)}</tbody></table></div></section>'
    )


def _image(layout: Layout, name: str, figure: str) -> str:
    data = base64.b64encode(layout.figure(name, figure, "png").read_bytes()).decode()
    return f'<img alt="{escape(name)} {escape(figure)}" src="data:image/png;base64,{data}">'


def _figures(layout: Layout, constraint) -> str:
    parts = []
    for figure, caption in constraint.declaration["figures"].items():
        pdf = f"../{constraint.name}/figures/{figure}.pdf"
        parts.append(
            f'<figure id="{figure}">{_image(layout, constraint.name, figure)}<figcaption><b>{figure}.</b> {to_html(caption)} <a href="{pdf}">pdf</a></figcaption></figure>'
        )
    return "".join(parts)


def _tables(layout: Layout, constraint) -> str:
    parts = []
    for name, caption in constraint.declaration["tables"].items():
        frame = tables.read_table(layout.table(constraint.name, name))
        head = "".join(f"<th>{escape(str(column))}" for column in frame.columns)
        body = "".join("<tr>" + "".join(f'<td class="number">{_number(str(value))}</td>' for value in row) + "</tr>" for row in frame.itertuples(index=False))
        link = f'<a href="../{constraint.name}/tables/{name}.csv">csv</a>'
        parts.append(f"<h3>{name}</h3><p>{to_html(caption)} {link}</p><div class='scroll'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>")
    return "".join(parts)


def _scans(layout: Layout, constraint) -> str:
    lines = []
    for scan, declared in constraint.scans.items():
        counts = Counter(tables.read_table(layout.table(constraint.name, scan))["status"])
        words = ", ".join(f"{count} {status}" for status, count in counts.items())
        lines.append(f'<li><a href="../{constraint.name}/tables/{scan}.csv">{scan}</a>: {to_html(declared["summary"])} ({words})</li>')
    return f"<ul>{''.join(lines)}</ul>"


def _errata(constraint) -> str:
    rows = "".join(
        f"<tr><td>{to_html(entry['where'])}</td><td>{to_html(entry['printed'])}</td><td>{to_html(entry['correct'])}</td><td>{to_html(entry['reason'])}</td></tr>"
        for entry in constraint.declaration["errata"]
    )
    return f"<div class='scroll'><table><thead><tr><th>where<th>printed<th>correct<th>reason</tr></thead><tbody>{rows}</tbody></table></div>"


def _inputs(constraint, inputs: dict) -> str:
    declared = constraint.declaration["inputs"]
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(json.dumps(value))}{' (changed)' if value != declared[name]['default'] else ''}</td>"
        f"<td>{escape(declared[name].get('unit', '1'))}</td><td>{to_html(declared[name]['meaning'])}</td></tr>"
        for name, value in inputs.items()
    )
    return f"<div class='scroll'><table><thead><tr><th>input<th>value<th>unit<th>meaning</tr></thead><tbody>{rows}</tbody></table></div>"


def _versions() -> str:
    words = ", ".join(f"{name} {number}" for name, number in provenance.versions().items())
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f'<p class="faint">commit {provenance.commit()}; {words}; report written {now}</p>'


def _paper_page(config: Config, layout: Layout, name: str, rows: list[dict]) -> str:
    constraint = registry.get(name)
    declaration, paper = constraint.declaration, constraint.declaration["paper"]
    link = f' (<a href="https://arxiv.org/abs/{paper["arxiv"]}">arXiv:{paper["arxiv"]}</a>)' if paper.get("arxiv") else ""
    body = (
        f'<nav><a href="index.html">all papers</a></nav><h1>{to_html(declaration["title"])}</h1>'
        f"<p>{escape(paper['authors'])}, <i>{to_html(paper['title'])}</i>, {escape(paper['reference'])}{link}</p><p>{to_html(declaration['summary'])}</p>"
        f"<h2>Scorecard</h2><p>{_counts(rows)}</p>{_scorecard_table(rows)}"
        f"<h2>Figures</h2>{_figures(layout, constraint)}<h2>Tables</h2>{_tables(layout, constraint)}<h3>Computed grids</h3>{_scans(layout, constraint)}"
        f"<h2>Errata and findings</h2>{_errata(constraint)}<h2>Inputs</h2>{_inputs(constraint, config.sections[name].inputs)}<h2>Versions</h2>{_versions()}"
    )
    return _page(declaration["title"], body)


def _overview(config: Config, layout: Layout, scorecards: dict[str, list[dict]]) -> str:
    parts = []
    for name, rows in scorecards.items():
        constraint = registry.get(name)
        paper = constraint.declaration["paper"]
        figures = "".join(
            f'<figure><a href="{name}.html#{figure}">{_image(layout, name, figure)}</a><figcaption><b>{name} {figure}.</b> {to_html(caption)}</figcaption></figure>'
            for figure, caption in constraint.declaration["figures"].items()
        )
        parts.append(
            f'<h2><a href="{name}.html">{to_html(constraint.declaration["title"])}</a></h2><p>{escape(paper["authors"])}, {escape(paper["reference"])}. '
            f"{to_html(constraint.declaration['summary'])}</p><p>{_counts(rows)}; <a href='{name}.html'>scorecard, tables, errata, inputs</a></p>{figures}"
        )
    lead = (
        "<h1>nubounds: published constraints, regenerated</h1><p>Every number that the papers state was recomputed in this run; the verdicts say which came out, "
        "which did not, and why. <a href='scorecard.csv'>scorecard.csv</a> holds all rows.</p>"
    )
    return _page("nubounds report", lead + "".join(parts) + f"<h2>Versions</h2><p>config {escape(config.source)}</p>{_versions()}")


def write(config: Config, log) -> None:
    """Write the overview, one page per paper and the joint scorecard."""
    layout = Layout(config.results)
    scorecards = {name: _read_scorecard(layout, name) for name in config.sections}
    folder = layout.report.parent
    for name, rows in scorecards.items():
        tables.write_text(folder / f"{name}.html", _paper_page(config, layout, name, rows))
    tables.write_text(layout.report_scorecard, scorecard.to_csv([row for rows in scorecards.values() for row in rows]))
    tables.write_text(layout.report, _overview(config, layout, scorecards))
    log(f"report: {layout.report}")
