"""The sections of a paper's page."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from html import escape

from nubounds import provenance, tables
from nubounds.layout import Layout
from nubounds.mathtext import to_html
from nubounds.parameter import plain
from nubounds.report import html
from nubounds.report.timing import Step, Work
from nubounds.steps import limits

MOST_ROWS, FIRST_ROWS = 200, 20  # a longer table shows its first rows; all of them are in its csv file
TIME = "%Y-%m-%d %H:%M UTC"


def figures(layout: Layout, constraint) -> str:
    """All figures with their captions."""
    parts = []
    for name, caption in constraint.declaration["figures"].items():
        picture = html.image(layout.figure(constraint.name, name, "png").read_bytes(), f"{constraint.name} {name}")
        pdf = f"../{constraint.name}/figures/{name}.pdf"
        parts.append(
            f'<figure id="{name}">{picture}<figcaption><b>{name}.</b> {to_html(caption)} <a href="{pdf}">pdf'
            "</a></figcaption></figure>"
        )
    return "".join(parts)


def _cells(frame) -> dict[str, list[str]]:
    """Head and cells of every column of a table; X_paper, X_ours and X_ratio stand together in one cell."""
    groups: dict[str, list[str]] = {}
    for name in frame.columns:
        stem, _, word = name.rpartition("_")
        compared = word in ("paper", "ours", "ratio") and f"{stem}_ours" in frame
        groups.setdefault(stem if compared else name, []).append(name)
    cells = {}
    for head, names in groups.items():
        rows = frame[names].itertuples(index=False)
        words = " (paper / ours / ratio)" if len(names) == 3 else ""
        cells[head + words] = [" / ".join(html.number(str(value)) for value in row if value == value) for row in rows]
    return cells


def regenerated_tables(layout: Layout, constraint) -> str:
    """The paper's own tables, computed again."""
    parts = []
    for name, caption in constraint.declaration["tables"].items():
        frame = tables.read_table(layout.table(constraint.name, name))
        shown = frame if len(frame) <= MOST_ROWS else frame.head(FIRST_ROWS)
        cells = _cells(shown)
        rows = [
            "<tr>" + "".join(f'<td class="number">{cell}' for cell in row) + "</tr>"
            for row in zip(*cells.values(), strict=True)
        ]
        link = f'<a href="../{constraint.name}/tables/{name}.csv">csv</a>'
        head = [escape(column) for column in cells]
        rest = f"<p>{len(frame) - len(shown)} more rows are in the csv file.</p>" if len(shown) < len(frame) else ""
        content = html.folded(f"{len(frame)} rows", html.table(head, rows) + rest)
        parts.append(f"<h3>{name}</h3><p>{to_html(caption)} {link}</p>{content}")
    return "".join(parts)


def grids(layout: Layout, constraint) -> str:
    """The computed grids, with how many points have which status."""
    lines = []
    for scan, declared in constraint.scans.items():
        counts = Counter(tables.read_table(layout.table(constraint.name, scan))["status"])
        words = ", ".join(f"{count} {status}" for status, count in counts.items())
        lines.append(
            f'<li><a href="../{constraint.name}/tables/{scan}.csv">{scan}</a>: {to_html(declared["summary"])} '
            f"({words})</li>"
        )
    return f"<ul>{''.join(lines)}</ul>"


def limit_files(layout: Layout, name: str) -> str:
    """The limit files, with links."""
    rows = []
    for stem, entry in limits.read_index(layout, name).items():
        base = f"../{name}/limits/{stem}"
        said = "; ".join(entry[key] for key in ("convention", "assumptions", "note") if entry[key])
        rows.append(
            f'<tr><td class="words">{to_html(entry["label"])}<td>{escape(entry["kind"])}'
            f"<td>{escape(entry['x_name'])}, {escape(entry['y_name'])}<td "
            f"class='words'>{escape(said)}"
            f'<td><a href="{base}.txt">txt</a> <a href="{base}.json">json</a></tr>'
        )
    submission = f'<p><a href="../{name}/limits/hepdata/submission.yaml">HEPData submission</a></p>'
    table = html.table(["limit", "level", "columns", "convention, assumptions, note", "files"], rows)
    return html.folded(f"{len(rows)} limits", table) + submission


def errata(constraint) -> str:
    """What the paper prints and what a correct calculation says, with the reason."""
    rows = [
        "<tr>"
        + "".join(f'<td class="words">{to_html(entry[key])}' for key in ("where", "printed", "correct", "reason"))
        + "</tr>"
        for entry in constraint.declaration["errata"]
    ]
    return html.table(["where", "printed", "correct", "reason"], rows) if rows else "<p>None found.</p>"


def inputs(constraint, given: dict) -> str:
    """All inputs of the run; those that differ from the paper's say so."""
    declared = constraint.inputs
    changed = {name for name, value in given.items() if value != plain(declared[name].default)}
    rows = [
        f"<tr><td>{escape(name)}"
        f"<td>{escape(json.dumps(value))}{' <b>(changed)</b>' if name in changed else ''}"
        f'<td>{escape(declared[name].unit)}<td class="words">{to_html(declared[name].meaning)}</tr>'
        for name, value in given.items()
    ]
    summary = f"{len(rows)} inputs, {len(changed) or 'none'} changed from the paper's"
    return html.folded(summary, html.table(["input", "value", "unit", "meaning"], rows))


def _time(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime(TIME)


def _step(step: Step, with_owner: bool) -> str:
    points = f"{step.computed} points computed, {step.reused} reused" if step.computed + step.reused else ""
    owner = f"<td>{escape(step.of)}" if with_owner else ""
    return (
        f"<tr{' class=new' if step.new else ''}>{owner}<td>{escape(step.name)}<td class=number>{step.jobs}"
        f"<td class=number>{step.seconds:.1f} s<td>{_time(step.finished)}<td>{points}</tr>"
    )


def run_time(work: Work, steps: list[Step], with_owner: bool = False) -> str:
    """How long each step took, and what was recomputed since the report before this one."""
    seconds, jobs = sum(step.seconds for step in steps), sum(step.jobs for step in steps)
    total = f"<p>{seconds:.0f} s of computing in {jobs} jobs (their own times added up).</p>"
    new = [step for step in steps if step.new]
    if work.last_report is None:
        last = "<p>This is the first report of this results folder: everything in it was computed for it.</p>"
    elif new:
        names = ", ".join(escape(f"{step.of} {step.name}" if with_owner else step.name) for step in new)
        last = f"<p>Recomputed since the report of {work.last_report.strftime(TIME)}: {names}.</p>"
    else:
        last = f"<p>Nothing was recomputed since the report of {work.last_report.strftime(TIME)}.</p>"
    head = [*(["of"] if with_owner else []), "step", "jobs", "time", "finished", "points"]
    return total + last + html.table(head, [_step(step, with_owner) for step in steps])


def versions(now: datetime.datetime) -> str:
    """Commit and versions."""
    words = ", ".join(f"{name} {number}" for name, number in provenance.versions().items())
    return f'<p class="faint">commit {provenance.commit()}; {words}; report written {now.strftime(TIME)}</p>'
