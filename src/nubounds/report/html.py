"""Templates, and what they need of numbers, formulae and pictures."""

from __future__ import annotations

import base64
import io
import math
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from nubounds.contract import InputError
from nubounds.mathtext import to_html, to_text

FOLDER = Path(__file__).resolve().parent
THUMBNAIL = 480  # width in pixels


def asset(name: str) -> Markup:
    """A style sheet or script of this folder, as it stands."""
    return Markup((FOLDER / name).read_text(encoding="utf-8"))


def number(text) -> str:
    """A number to four digits, nothing for a missing one; other words as they are."""
    try:
        return "" if math.isnan(float(text)) else f"{float(text):.4g}"
    except ValueError:
        return str(text)


def data_url(png: bytes) -> str:
    """A png as part of the page."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


@cache
def environment() -> Environment:
    """The templates: everything that they are given is escaped; formulae become <i>, <sub> and <sup> by `tex`."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"tex": lambda text: Markup(to_html(text)), "plain": to_text, "number": number, "png": data_url}
    made.globals["asset"] = asset
    return made


def render(template: str, **content: Any) -> str:
    """A complete page: everything that it needs is in it.

    Parameters
    ----------
    template : file name of the template
    **content : what the template uses, by name

    Returns
    -------
    The HTML.
    """
    return environment().get_template(template).render(**content) + "\n"


def _thumbnail(path: Path) -> bytes:
    try:
        with Image.open(path) as full:
            picture = full.convert("RGB")
    except OSError as problem:
        raise InputError(f"{path}: no readable picture ({problem}); remove it and run again") from None
    with io.BytesIO() as small:
        picture.thumbnail((THUMBNAIL, picture.height), Image.Resampling.HAMMING)  # in half the time of the usual one
        picture.quantize(128, method=Image.Quantize.FASTOCTREE).save(small, "png")
        return small.getvalue()


def thumbnails(paths: list[Path]) -> list[bytes]:
    """Small versions of png files; several at a time, since nothing else is left to be done beside the report."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(_thumbnail, paths))
