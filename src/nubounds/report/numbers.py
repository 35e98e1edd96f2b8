"""Paper against ours: the scorecard with its filters, the ratios at a glance, and tables by place in the paper."""

from __future__ import annotations

import csv
import math
import re
import textwrap
from collections import Counter
from html import escape

from nubounds.layout import Layout
from nubounds.mathtext import to_html, to_text
from nubounds.report import html
from nubounds.steps import scorecard

BOUNDS = ("<", ">")  # tolerances of statements that bound a number
VERDICT_CLASS = {
    scorecard.REPRODUCED: "reproduced",
    scorecard.BY_CHOICE: "choice",
    scorecard.CONTRADICTED: "contradicted",
    scorecard.NOT_COMPUTABLE: "not",
}
HEAD = ["statement", "where", "published", "computed", "ratio", "tolerance", "verdict", "reason", "computed by"]
_PLACE = re.compile(r"(?:Table|Tab\.|Figs?\.|Figure|Eqs?\.|Sec\.|Section|App\.)\s*~?\(?[\w.]+", re.IGNORECASE)
REASON_LENGTH = 170  # letters
_DECADES = 1.0  # the strip of ratios shows a factor of ten to either side


def read(layout: Layout, name: str) -> list[dict]:
    """The scorecard of a constraint as words."""
    with layout.scorecard(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counts(rows: list[dict]) -> str:
    """How many statements have which verdict, in words."""
    found = Counter(row["verdict"] for row in rows)
    words = [
        f'<span class="{kind}">{found[verdict]} {verdict}</span>'
        for verdict, kind in VERDICT_CLASS.items()
        if found[verdict]
    ]
    return ", ".join(words)


def cells(rows: list[dict], page: str) -> str:
    """How many statements have which verdict, as cells of a table that lead to them."""
    found = Counter(row["verdict"] for row in rows)
    return "".join(
        f'<td class="number" data-name="{verdict}"><a class="{kind}" href="{page}#only-{kind}">{found[verdict]}</a>'
        for verdict, kind in VERDICT_CLASS.items()
    )


def reasons(rows: list[dict], most: int) -> str:
    """Why numbers are contradicted: the reasons given most often, with how many numbers each explains."""
    statements: dict[str, list[str]] = {}
    for row in rows:
        if row["verdict"] == scorecard.CONTRADICTED:
            statements.setdefault(to_text(row["remark"]), []).append(to_text(row["item"]))
    ranked = sorted(statements.items(), key=lambda pair: -len(pair[1]))
    lines = []
    for reason, items in ranked[:most]:
        words = reason if len(items) > 1 else f"{items[0]}: {reason}"
        count = f" <span class='faint'>({len(items)} numbers)</span>" if len(items) > 1 else ""
        lines.append(f"<li>{escape(textwrap.shorten(words, REASON_LENGTH, placeholder=' ...'))}{count}")
    rest = sum(len(items) for _, items in ranked[most:])
    if rest:
        lines.append(f"<li class='faint'>{rest} more")
    return f"<ul>{''.join(lines)}</ul>" if lines else "none"


def _cells(row: dict) -> str:
    """Published, computed and ratio of a row."""
    unit = "" if row["unit"] in ("", "1") else f" {escape(row['unit'])}"
    published = f"{html.number(row['published'])}{unit}" if row["published"] else ""
    computed = f"{html.number(row['computed'])}{unit}" if row["computed"] else ""
    return "".join(f'<td class="number">{text}' for text in (published, computed, html.number(row["ratio"])))


def table(rows: list[dict]) -> str:
    """The whole scorecard, with filters."""
    boxes = "".join(
        f'<label id="only-{kind}"><input type="checkbox" checked value="{kind}"> {verdict}</label>'
        for verdict, kind in VERDICT_CLASS.items()
    )
    lines = []
    for row in rows:
        kind = VERDICT_CLASS[row["verdict"]]
        lines.append(
            f'<tr data-verdict="{kind}"><td class="words">{to_html(row["item"])}<td>{escape(row["where"])}{_cells(row)}'
            f'<td class="number">{escape(row["tolerance"])}<td class="verdict {kind}">{row["verdict"]}'
            f'<td class="words">{to_html(row["remark"])}<td '
            f'class="args">{escape(row["quantity"])} {escape(row["args"])}</tr>'
        )
    return (
        f'<section data-scorecard><div class="filters">{boxes}<input type="search" placeholder="search" '
        'aria-label="search the scorecard">'
        f'<span class="faint" data-shown></span></div>{html.table(HEAD, lines)}</section>'
    )


def strip(rows: list[dict]) -> str:
    """Computed over published for every number that is stated as such (no bound), on a log axis: circles agree,
    triangles do not.
    """
    points = []
    for row in rows:
        if row["tolerance"] in BOUNDS:
            continue
        try:
            ratio = float(row["ratio"])
        except ValueError:
            continue
        if ratio > 0 and math.isfinite(ratio):
            points.append((ratio, VERDICT_CLASS[row["verdict"]], row["item"]))
    if not points:
        return ""
    width, height, marks = 640, 70, []
    for index, (ratio, kind, item) in enumerate(points):
        x = width * (0.5 + 0.47 * max(-1.0, min(1.0, math.log10(ratio) / _DECADES)))
        y = 10 + 36 * ((index * 0.618034) % 1)
        shape = (
            f'<path d="M{x - 4:.1f} {y + 3:.1f}h8l-4 -7z" '
            if kind == "contradicted"
            else f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" '
        )
        marks.append(
            f'{shape}class="{kind}" fill-opacity=".75"><title>{escape(item)}: {ratio:.4g}'
            f"</title>{'</path>' if kind == 'contradicted' else '</circle>'}"
        )
    ticks = "".join(
        f'<line x1="{x}" x2="{x}" y1="4" y2="50" stroke="#d5dae0"/><text x="{x}" y="64" text-anchor="middle" '
        f'font-size="11" fill="#5b6570">{text}</text>'
        for text, value in (("0.1", -1), ("0.5", math.log10(0.5)), ("1", 0), ("2", math.log10(2)), ("10", 1))
        for x in [f"{width * (0.5 + 0.47 * value):.1f}"]
    )
    return (
        f'<figure><svg viewBox="0 0 {width} {height}" width="100%" role="img" aria-label="ratios of computed '
        f'to published numbers">{ticks}{"".join(marks)}</svg>'
        f"<figcaption class='faint'>Computed over published, {len(points)} numbers; circles within the stated "
        "tolerance, triangles outside; beyond a factor of ten at the edge; statements that only bound a number are "
        "left out.</figcaption></figure>"
    )


def place(where: str) -> str:
    """The table, figure, equation or section that a statement stands in, without the finer words."""
    found = _PLACE.search(where)
    return re.sub(r"[\s~]+", " ", found.group(0)).rstrip(".,").replace("(", "") if found else where


def by_place(rows: list[dict]) -> str:
    """Tables of paper against ours, one for each place with at least two numbers."""
    groups: dict[str, list[dict]] = {}
    for row in rows:
        if row["published"] and row["computed"]:
            groups.setdefault(place(row["where"]), []).append(row)
    parts = []
    for where, members in groups.items():
        if len(members) > 1:
            lines = [
                f'<tr><td class="words">{to_html(row["item"])}{_cells(row)}<td '
                f'class="verdict {VERDICT_CLASS[row["verdict"]]}">{row["verdict"]}</tr>'
                for row in members
            ]
            head = ["statement", "paper", "ours", "ratio", "verdict"]
            parts.append(html.folded(f"<b>{escape(where)}</b>: {counts(members)}", html.table(head, lines)))
    return "".join(parts) or "<p>No place in the paper states two numbers or more that are computed here.</p>"
