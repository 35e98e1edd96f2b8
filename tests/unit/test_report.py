"""Parts of the report that need no run: times from logs, ratios at a glance, places in a paper, plain formulae."""

import datetime
import io
import os

import pytest

from close import close
from nubounds.contract import InputError
from nubounds.files.layout import Layout
from nubounds.mathtext import to_text
from nubounds.report import html, numbers, timing
from nubounds.report.gather import _cells
from nubounds.steps import scorecard


def row(item, ratio, verdict=scorecard.REPRODUCED, where="Table I", tolerance="1%", remark="", missing=""):
    return {
        "item": item,
        "where": where,
        "published": "2",
        "computed": "3",
        "ratio": ratio,
        "unit": "cm",
        "tolerance": tolerance,
        "verdict": verdict,
        "kind": scorecard.KINDS[verdict],
        "remark": remark,
        "missing": missing,
        "quantity": "q",
        "args": "{}",
    }


@pytest.mark.parametrize(
    ("text", "shown"), [("27.83427", "27.83"), ("nan", ""), ("next generation", "next generation")]
)
def test_numbers_of_a_table(text, shown):
    assert html.number(text) == shown


def test_chunks_of_a_scan_are_one_step_and_old_steps_are_old(tmp_path):
    layout = Layout(tmp_path)
    logs = {
        "thing/scan_fine_grid_a.log": "$ x\ncomputed 3, reused 4 of 7 points\ntook 1.50 s\n",
        "thing/scan_fine_grid_b.log": "$ x\ncomputed 1, reused 0 of 1 points\ntook 0.50 s\n",
        "thing/contour.log": "$ x\nkilled before its end\n",
        "comparison/plane.log": "$ x\ntook 2.00 s\n",
    }
    for index, (name, text) in enumerate(logs.items()):
        path = tmp_path / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (1000 + index, 1000 + index))
    work = timing.read(layout, {"thing": ["fine", "fine_grid"]})
    assert all(step.new for step in work.steps)
    scan, contour = work.of("thing")
    assert (scan.name, scan.jobs, scan.seconds, scan.computed, scan.reused) == ("scan fine_grid", 2, 2.0, 4, 4)
    assert (contour.name, contour.seconds) == ("contour", 0.0)
    layout.report_time.parent.mkdir(parents=True)
    layout.report_time.write_text(datetime.datetime.fromtimestamp(1002.5, datetime.UTC).isoformat())
    new = [step.name for step in timing.read(layout, {"thing": ["fine_grid"]}).steps if step.new]
    assert new == ["plane"]


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("Table II, row 3", "Table II"),
        ("caption of Fig. 3", "Fig. 3"),
        ("below Eq. (14)", "Eq. 14"),
        ("p. 4", "p. 4"),
        ("Sec. IV.A", "Sec. IV.A"),
    ],
)
def test_statements_are_grouped_by_their_place(where, place):
    assert numbers.place(where) == place


def test_places_with_one_number_have_no_table():
    places = numbers.by_place([row("a", "1"), row("b", "1.5", scorecard.ERRATUM), row("c", "1", where="Fig. 1")])
    assert {where: [each["item"] for each in members] for where, members in places.items()} == {"Table I": ["a", "b"]}


def test_the_strip_leaves_out_what_has_no_ratio():
    points = numbers.strip([row("a", "1.02"), row("c", "40", scorecard.NOT_REPRODUCED), row("d", ""), row("e", "-1")])
    assert [(point.item, point.kind) for point in points] == [("a", "reproduced"), ("c", "open")]
    assert points[0].x == close(numbers.TICKS["1"], abs=3) and points[1].x == numbers.TICKS["10"]  # at the edge


def test_bounds_are_no_ratios():
    assert numbers.strip([row("at most", "0.1", tolerance="<"), row("at least", "9", tolerance=">")]) == []


def test_reasons_come_by_how_much_they_explain_and_need_no_row():
    rows = [
        row("good", "1", remark="never shown"),
        row("one", "2", scorecard.ERRATUM, remark="A slip.", where="Eq. (7)"),
        row("two", "2", scorecard.NOT_REPRODUCED, remark="Ours.", missing="the <bins>"),
        row("three", "2", scorecard.NOT_REPRODUCED, remark="Others.", missing="the <bins>"),
        row("four", "2", scorecard.ERRATUM, remark="A typo."),
    ]
    told, rest = numbers.reasons(rows, most=2)
    assert [(reason.count, reason.words) for reason in told] == [
        (2, "Table I: not stated: the <bins>."),
        (1, "one (Eq. (7)): A slip."),
    ]
    assert rest == 1
    assert numbers.reasons(rows[:1], most=2) == ([], 0)


def test_what_pages_are_given_is_escaped():
    told = [numbers.Reason("open", "the <bins> of $\\mu$", 2)]
    parts = html.environment().get_template("parts.html").module
    page = str(parts.reasons(told, 0))
    assert "the &lt;bins&gt; of <i>μ</i>" in page and "(2 statements)" in page
    point = numbers.Point(1.0, 2.0, 1.02, "open", "a < b")
    assert "a &lt; b: 1.02" in str(parts.strip([point], numbers.TICKS, 640, 70))


def test_small_pictures(tmp_path):
    import numpy as np
    from matplotlib import image

    files = [tmp_path / f"{name}.png" for name in ("dark", "bright")]
    for file, brightness in zip(files, (0.2, 0.8), strict=True):
        image.imsave(file, np.full((1500, 3000), brightness), vmin=0, vmax=1, cmap="gray")
    small = html.thumbnails(files)
    for content, brightness in zip(small, (0.2, 0.8), strict=True):
        pixels = image.imread(io.BytesIO(content))
        assert pixels.shape[:2] == (240, html.THUMBNAIL)
        assert pixels[..., :3].mean() == close(brightness, abs=0.01)
    assert html.data_url(small[0]).startswith("data:image/png;base64,")


def test_a_picture_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "half.png").write_bytes(b"\x89PNG")
    with pytest.raises(InputError, match=r"half\.png: no readable picture .*remove it and run again"):
        html.thumbnails([tmp_path / "half.png"])


def test_formulae_as_plain_words():
    assert to_text(r"lifetime of $\nu_4$, $\sin^2 2\theta$ = 1e-15") == "lifetime of ν_4, sin^2 2θ = 1e-15"
    assert to_text(r"$\theta = 7\times 10^{-2}$, $K \to \mu$") == "θ = 7×10^-2, K → μ"
    assert to_text(r"$10^{-26}$/s") == "10^-26/s"
    assert to_text(r"$\bar\nu_e p$, $\bar{\nu}$, $\bar p$") == "ν\u0304_e p, ν\u0304, p\u0304"
    assert to_text("no formula") == "no formula"


def test_paper_ours_and_ratio_stand_in_one_cell():
    columns = {"shell": ["1", "2"], "m_paper": ["2.0", "0.0"], "m_ours": ["3.0", "4.0"], "m_ratio": ["1.5", ""]}
    assert _cells(columns) == {"shell": ["1", "2"], "m (paper / ours / ratio)": ["2 / 3 / 1.5", "0 / 4"]}
    assert list(_cells({name: columns[name] for name in ("shell", "m_ours")})) == ["shell", "m"]
    assert list(_cells({name: columns[name] for name in ("shell", "m_ratio")})) == ["shell", "m_ratio"]
