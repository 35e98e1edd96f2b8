"""The frame of a page and its small parts."""

from __future__ import annotations

import base64
import io
import math
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path

from PIL import Image

from nubounds.contract import InputError

FOLDER = Path(__file__).resolve().parent
THUMBNAIL = 480  # width in pixels


def asset(name: str) -> str:
    """A style sheet or script of this folder."""
    return (FOLDER / name).read_text(encoding="utf-8")


def page(title: str, body: str, script: str = "") -> str:
    """A complete page: everything that it needs is in it."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><link rel='icon' href='data:,'><style>{asset('page.css')}</style></head>\n"
        f"<body>\n{body}\n<script>{asset('print.js')}{script}</script>\n</body></html>\n"
    )


def number(text: str) -> str:
    """A number to four digits, nothing for a missing one; other words as they are."""
    try:
        return "" if math.isnan(float(text)) else f"{float(text):.4g}"
    except ValueError:
        return escape(text)


def table(head: list[str], rows: list[str], kind: str = "plain") -> str:
    """A table that scrolls where it is too wide or too long, or, if its kind is ``stacked``, whose cells stand below
    each other on a phone; `rows` are finished lines of cells.
    """
    names = "".join(f"<th>{word}" for word in head)
    content = f"<thead><tr>{names}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f'<div class="scroll"><table class="{kind}">{content}</table></div>'


def folded(summary: str, content: str) -> str:
    """Content behind a line that opens it; it opens by itself for a print or a search of the browser."""
    return f"<details><summary>{summary}</summary>{content}</details>"


def image(content: bytes, words: str) -> str:
    """A png as part of the page."""
    return f'<img alt="{escape(words)}" src="data:image/png;base64,{base64.b64encode(content).decode()}">'


def _thumbnail(path: Path) -> bytes:
    try:
        with Image.open(path) as full:
            picture = full.convert("RGB")
    except OSError as problem:
        raise InputError(f"{path}: no readable picture ({problem}); remove it and run again") from None
    with io.BytesIO() as small:
        picture.thumbnail((THUMBNAIL, picture.height))
        picture.quantize(128, method=Image.Quantize.FASTOCTREE).save(small, "png")
        return small.getvalue()


def thumbnails(paths: list[Path]) -> list[bytes]:
    """Small versions of png files; several at a time, since nothing else is left to be done beside the report."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(_thumbnail, paths))
