"""Fonts of a pdf: the subset that we make against the font that it is made of."""

from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from fontTools.ttLib import TTFont
from matplotlib.ft2font import FT2Font, LoadFlags

from nubounds.style import fonts

FOLDER = Path(matplotlib.get_data_path()) / "fonts/ttf"
TEXT = "Exclusion: 2×10⁻³ αβγ é Å ﬃ ½ ₂"  # é, Å and others are composed of two glyphs
FLAGS = (LoadFlags.NO_HINTING, LoadFlags.NO_SCALE | LoadFlags.NO_HINTING)


@pytest.mark.parametrize("name", ["DejaVuSans", "DejaVuSans-Oblique", "DejaVuSans-Bold", "cmr10", "STIXGeneral"])
def test_a_subset_has_the_outlines_and_widths_of_its_font(name):
    path = FOLDER / f"{name}.ttf"
    whole = FT2Font(str(path))
    glyphs = {whole.get_char_index(ord(letter)) for letter in TEXT}
    content, numbers = fonts.read(str(path)).subset(glyphs)
    small = FT2Font(BytesIO(content))
    assert glyphs <= set(numbers) and numbers[0] == 0
    assert small.num_glyphs == len(numbers) < whole.num_glyphs / 1.5
    for flags in FLAGS:
        whole.set_size(9, 200)
        small.set_size(9, 200)
        for glyph, number in numbers.items():
            one, other = whole.load_glyph(glyph, flags=flags), small.load_glyph(number, flags=flags)
            assert (one.horiAdvance, one.bbox) == (other.horiAdvance, other.bbox)
            assert all(np.array_equal(*pair) for pair in zip(whole.get_path(), small.get_path(), strict=True))


def test_a_composite_glyph_brings_its_parts_along():
    path = str(FOLDER / "DejaVuSans.ttf")
    whole = FT2Font(path)
    composite, part = (whole.get_char_index(ord(letter)) for letter in "ée")
    assert part in fonts.read(path).subset([composite])[1]


def test_the_file_is_whole_by_another_reader():
    content, numbers = fonts.read(str(FOLDER / "DejaVuSans.ttf")).subset(range(40, 140))
    font = TTFont(BytesIO(content), checkChecksums=2)  # raises where a checksum is wrong
    assert len(font.getGlyphOrder()) == len(numbers) == font["maxp"].numGlyphs
    assert all(font["glyf"][name] is not None for name in font.getGlyphOrder())
    assert all(font.reader[table] for table in font.reader.tables)
    assert fonts._sum(content) == fonts.MAGIC


def test_what_is_no_truetype_font_is_left_to_fonttools(tmp_path):
    path = tmp_path / "font.otf"
    path.write_bytes(b"OTTO" + bytes(100))
    assert fonts.read(str(path)) is None
