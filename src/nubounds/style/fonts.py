"""Fonts of a pdf cut down to the glyphs that it shows, in a tenth of the time that fontTools needs for it.

A pdf says itself where each glyph stands, what it means and which it is, so nothing of a font is read but outlines,
widths and instructions.  fontTools takes whole tables of thousands of names and glyphs apart for each font of each
figure, a tenth of the time that figures cost.  Tables are those of https://learn.microsoft.com/typography/opentype/spec.
"""

from __future__ import annotations

import importlib.util
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

KEPT = ("cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "prep")  # what a pdf has a use for, in order
TRUETYPE = b"\0\1\0\0"
# Flags of a part of a composite glyph: how long its numbers are, and whether another part follows.
WORDS, SCALE, MORE, TWO_SCALES, MATRIX = 0x1, 0x8, 0x20, 0x40, 0x80
MAGIC = 0xB1B0AFBA  # what the sum of a whole font is taken from


class Font:
    """The tables of a TrueType font that a subset is made of.

    Attributes
    ----------
    tables : content by name, those of KEPT that are there
    places : where each glyph begins in the table ``glyf``, and where the last one ends
    """

    def __init__(self, content: bytes):
        self.tables: dict[str, bytes] = {}
        for record in range(struct.unpack_from(">H", content, 4)[0]):
            name, _, start, length = struct.unpack_from(">4sLLL", content, 12 + 16 * record)
            if (word := name.decode("latin-1")) in KEPT:
                self.tables[word] = content[start : start + length]
        long = struct.unpack_from(">h", self.tables["head"], 50)[0]
        places = np.frombuffer(self.tables["loca"], ">u4" if long else ">u2")
        self.places = (places if long else 2 * places.astype(np.uint32)).tolist()

    def outline(self, glyph: int) -> bytes:
        """What the font says of the shape of a glyph; nothing for an empty one."""
        return self.tables["glyf"][self.places[glyph] : self.places[glyph + 1]]

    def metrics(self, glyph: int) -> bytes:
        """Width and left side bearing of a glyph: beyond the last width that is listed, all have that one."""
        widths, listed = self.tables["hmtx"], struct.unpack_from(">H", self.tables["hhea"], 34)[0]
        if glyph < listed:
            return widths[4 * glyph : 4 * glyph + 4]
        bearing = 4 * listed + 2 * (glyph - listed)
        return widths[4 * listed - 4 : 4 * listed - 2] + widths[bearing : bearing + 2]

    def subset(self, glyphs: Iterable[int]) -> tuple[bytes, dict[int, int]]:
        """The font with these glyphs, those that they are composed of, and the one for missing characters.

        Parameters
        ----------
        glyphs : their numbers

        Returns
        -------
        The font file, and the new number of each glyph in it.
        """
        kept = {0, *glyphs}
        found = list(kept)
        while found:
            new = {part for _, part in _parts(self.outline(found.pop()))} - kept
            kept |= new
            found += new
        order = {glyph: number for number, glyph in enumerate(sorted(kept))}
        outlines = []
        for glyph in order:
            outline = bytearray(self.outline(glyph))
            for place, part in _parts(outline):
                struct.pack_into(">H", outline, place, order[part])
            outlines.append(bytes(outline) + bytes(-len(outline) % 4))
        places = np.concatenate([[0], np.cumsum([len(outline) for outline in outlines])])
        tables = self.tables | {
            "glyf": b"".join(outlines),
            "head": _with(_with(self.tables["head"], 8, ">L", 0), 50, ">h", 1),
            "hhea": _with(self.tables["hhea"], 34, ">H", len(order)),
            "hmtx": b"".join(self.metrics(glyph) for glyph in order),
            "loca": places.astype(">u4").tobytes(),
            "maxp": _with(self.tables["maxp"], 4, ">H", len(order)),
        }
        return _file(tables), order


def _with(table: bytes, place: int, form: str, value: int) -> bytes:
    """A table with another number at one place."""
    changed = bytearray(table)
    struct.pack_into(form, changed, place, value)
    return bytes(changed)


def _parts(outline: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """The glyphs that a composite one is made of, each with the place of its number in the outline."""
    if not outline or struct.unpack_from(">h", outline)[0] >= 0:
        return
    place, flags = 10, MORE
    while flags & MORE:
        flags, part = struct.unpack_from(">HH", outline, place)
        yield place + 2, part
        place += 8 if flags & WORDS else 6
        place += 2 if flags & SCALE else 4 if flags & TWO_SCALES else 8 if flags & MATRIX else 0


def _sum(table: bytes) -> int:
    """Sum of a table as 32-bit numbers."""
    return int(np.frombuffer(table + bytes(-len(table) % 4), ">u4").sum(dtype=np.uint64)) & 0xFFFFFFFF


def _file(tables: dict[str, bytes]) -> bytes:
    """A font file of these tables."""
    names = [name for name in KEPT if name in tables]
    power = len(names).bit_length() - 1
    start, records = 12 + 16 * len(names), []
    for name in names:
        records.append(struct.pack(">4sLLL", name.encode(), _sum(tables[name]), start, len(tables[name])))
        start += len(tables[name]) + -len(tables[name]) % 4
    search = struct.pack(">HHHH", len(names), 16 << power, power, 16 * len(names) - (16 << power))
    content = TRUETYPE + search + b"".join(records)
    head = len(content) + sum(len(tables[name]) + -len(tables[name]) % 4 for name in names[: names.index("head")])
    content += b"".join(tables[name] + bytes(-len(tables[name]) % 4) for name in names)
    return _with(content, head + 8, ">L", (MAGIC - _sum(content)) & 0xFFFFFFFF)


@cache
def read(path: str) -> Font | None:
    """The font in a file; None where it is no single TrueType font."""
    content = Path(path).read_bytes()
    return Font(content) if content[:4] == TRUETYPE else None


def _import_when_used(package: str, name: str) -> None:
    """Put off the import of a module of a package to the moment where something of it is asked for."""
    full = f"{package}.{name}"
    spec = importlib.util.find_spec(full)
    if full not in sys.modules and spec is not None and spec.loader is not None:
        spec.loader = importlib.util.LazyLoader(spec.loader)
        module = sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        setattr(sys.modules[package], name, module)  # where `from package import name` looks first


def use() -> None:
    """Let matplotlib embed such fonts; what is no TrueType font goes the way of fontTools as before.

    The functions replaced are private to matplotlib (3.11): other versions keep their own.
    """
    _import_when_used("fontTools", "subset")
    from matplotlib.backends import _backend_pdf_ps as backend

    if not hasattr(backend, "SubsetResults"):
        return
    subset_before, as_file_before = backend.get_glyphs_subset, backend.font_as_file

    @contextmanager
    def subset(path: Any, glyphs: Iterable[int]) -> Iterator[Any]:
        font = read(path.path)
        if font is None:
            with subset_before(path, glyphs) as result:
                yield result
        else:
            yield backend.SubsetResults(*font.subset(glyphs))

    def as_file(font: Any) -> BytesIO:
        return BytesIO(font) if isinstance(font, bytes) else as_file_before(font)

    backend.get_glyphs_subset, backend.font_as_file = subset, as_file
