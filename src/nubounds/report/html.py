"""The frame of a page and its small parts."""

from __future__ import annotations

import base64
import math
from html import escape
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def asset(name: str) -> str:
    """A style sheet or script of this folder."""
    return (FOLDER / name).read_text(encoding="utf-8")


def page(title: str, body: str, script: str = "") -> str:
    """A complete page: everything that it needs is in it."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><link rel='icon' href='data:,'><style>{asset('page.css')}</style></head>\n"
        f"<body>\n{body}\n<script>{script}</script>\n</body></html>\n"
    )


def number(text: str) -> str:
    """A number to four digits, nothing for a missing one; other words as they are."""
    try:
        return "" if math.isnan(float(text)) else f"{float(text):.4g}"
    except ValueError:
        return escape(text)


def table(head: list[str], rows: list[str]) -> str:
    """A table that scrolls sideways where it is too wide; `rows` are finished lines of cells."""
    names = "".join(f"<th>{word}" for word in head)
    return f'<div class="scroll"><table><thead><tr>{names}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def image(path: Path, words: str) -> str:
    """A png as part of the page."""
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<img alt="{escape(words)}" src="data:image/png;base64,{data}">'
