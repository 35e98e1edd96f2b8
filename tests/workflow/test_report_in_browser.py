"""The report as a reader gets it: opened from disk in a real browser, which is driven through its DevTools pipe."""

import base64
import csv
import io
import json
import re
import shutil
import zlib

import pytest

from browser import AXE, CHROMIUM, Browser
from close import close

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium is installed: the report is not tested in a browser"
)
PAGES = ("index", "lens", "mirror", "planes")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def report(finished_project, tmp_path_factory):
    """Folder of the report of a complete run, with two limits of a user in one plane."""
    folder = tmp_path_factory.mktemp("reported") / "project"
    shutil.copytree(finished_project.folder, folder)
    project = type(finished_project)(folder)
    dropped = folder / "config/user_limits"
    dropped.mkdir(parents=True)
    head = "# columns: m4_MeV mu_muB\n# source: arXiv:0000.00000\n# confidence_level: 90%\n"
    (dropped / "flat.txt").write_text(f"# label: flat limit\n{head}0.01 1e-9\n1000 1e-9\n")
    (dropped / "steep.txt").write_text(f"# label: steep limit\n{head}0.01 1e-16\n1 1e-13\n100 1e-10\n")
    project.nubounds("planes", "magnetic_moment", "--config", "lens.yaml")
    project.nubounds("report", "--config", "lens.yaml")
    return folder / "results/report"


@pytest.mark.parametrize("page", PAGES)
def test_page_opens_without_complaint_or_network_and_all_images_load(browser, report, page):
    browser.open(report / f"{page}.html")
    images = browser.ask("[...document.images].map(image => image.complete && image.naturalWidth > 0)")
    assert images and all(images)
    assert browser.errors == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in browser.requests)


@pytest.mark.parametrize("page", PAGES)
def test_links_inside_the_report_lead_somewhere(browser, report, page):
    browser.open(report / f"{page}.html")
    links = browser.ask("[...document.querySelectorAll('a[href]')].map(link => link.getAttribute('href'))")
    for link in links:
        file, _, anchor = link.partition("#")
        if link.startswith("http"):
            continue
        target = (report / file) if file else report / f"{page}.html"
        assert target.is_file(), link
        if anchor:
            assert f'id="{anchor}"' in target.read_text() or f"id='{anchor}'" in target.read_text(), link


def test_scorecard_filters(browser, report):
    browser.open(report / "lens.html")
    shown = "[...document.querySelectorAll('[data-scorecard] tbody tr')].filter(row => row.offsetParent).map(row => row.dataset.verdict)"
    assert browser.ask(shown) == ["reproduced", "erratum", "not"]
    browser.ask("document.querySelector('[data-scorecard] input[value=reproduced]').click()")
    assert browser.ask(shown) == ["erratum", "not"]
    assert browser.ask("document.querySelector('[data-shown]').textContent") == "2 of 3 rows"
    browser.ask(
        "(() => { const box = document.querySelector('input[type=search]'); box.value = 'TASTE';"
        " box.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    assert browser.ask(shown) == ["not"]
    assert browser.errors == []


def test_counts_on_the_first_page_lead_to_the_rows_of_a_verdict(browser, report):
    browser.open(report / "index.html")
    assert browser.ask("document.querySelector('table').getBoundingClientRect().top") < 900  # on the first screen
    browser.follow("a.erratum[href^=lens]")
    shown = "[...document.querySelectorAll('[data-scorecard] tbody tr')].filter(row => row.offsetParent).map(row => row.dataset.verdict)"
    assert browser.ask(shown) == ["erratum"]
    assert browser.errors == []


def test_what_is_folded_is_printed(browser, report):
    browser.open(report / "lens.html")
    opened = "[...document.querySelectorAll('details')].map(part => part.open)"
    assert browser.ask(opened) and not any(browser.ask(opened))
    browser.call("Page.printToPDF")
    assert all(browser.ask(opened))


@pytest.mark.parametrize("page", PAGES)
def test_readable_on_a_phone(browser, report, page):
    browser.open(report / f"{page}.html", 360, 740)
    assert browser.ask("document.documentElement.scrollWidth") <= 360
    assert browser.ask("parseFloat(getComputedStyle(document.body).fontSize)") >= 14
    wide = browser.ask(
        "[...document.querySelectorAll('img, p, h1, h2, .filters, svg')].filter(e => e.offsetParent !== null || e.tagName === 'svg')"
        ".filter(e => e.getBoundingClientRect().right > 361 && !e.closest('.scroll')).length"
    )
    assert wide == 0


@pytest.mark.parametrize("page", PAGES)
def test_printable(browser, report, page):
    browser.open(report / f"{page}.html")
    pdf = base64.b64decode(browser.call("Page.printToPDF", printBackground=True)["data"])
    assert pdf.startswith(b"%PDF") and len(pdf) > 10_000
    browser.call("Emulation.setEmulatedMedia", media="print")
    hidden = browser.ask("[...document.querySelectorAll('.filters, nav, .viewer')].every(e => e.offsetParent === null)")
    browser.ask("document.querySelectorAll('details').forEach(part => part.open = true)")
    cut = browser.ask("[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1).length")
    browser.call("Emulation.setEmulatedMedia", media="")
    assert hidden and cut == 0


def printed_pages(pdf):
    """How many bytes of drawing each page of a PDF of chromium has."""
    objects = dict(re.findall(rb"(\d+) 0 obj\s(.*?)\sendobj", pdf, re.DOTALL))
    sizes = []
    for body in objects.values():
        if re.search(rb"/Type\s*/Page\b", body):
            content = objects[re.search(rb"/Contents\s+(\d+) 0 R", body).group(1)]
            packed = content[content.index(b"stream") + len(b"stream") :].lstrip(b"\r\n")
            sizes.append(len(zlib.decompressobj().decompress(packed)))
    return sizes


@pytest.mark.parametrize("page", PAGES)
def test_no_printed_page_is_blank(browser, report, page):
    browser.open(report / f"{page}.html")
    sizes = printed_pages(base64.b64decode(browser.call("Page.printToPDF", printBackground=True)["data"]))
    assert sizes and min(sizes) > 1000


@pytest.mark.parametrize("width", [1200, 360])
@pytest.mark.parametrize("page", PAGES)
def test_nobody_is_kept_out(browser, report, page, width):
    if not AXE.is_file():
        pytest.skip(f"axe-core is not installed ({AXE})")
    browser.open(report / f"{page}.html", width, 900)
    browser.ask("document.querySelectorAll('details').forEach(part => part.open = true)")
    browser.ask(AXE.read_text(encoding="utf-8") + "; 0")
    found = browser.ask(
        "axe.run().then(result => result.violations.filter(rule => ['serious', 'critical'].includes(rule.impact))"
        ".map(rule => [rule.id, rule.nodes.slice(0, 3).map(node => node.html.slice(0, 160))]))"
    )
    assert found == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_one_main_part_and_scroll_regions_take_the_keyboard(browser, report, page):
    browser.open(report / f"{page}.html")
    assert browser.ask("document.querySelectorAll('main').length") == 1
    regions = browser.ask(
        "[...document.querySelectorAll('.scroll')].map(e => [e.tabIndex, !!e.getAttribute('aria-label')])"
    )
    assert all(region == [0, True] for region in regions)


def test_a_table_is_sorted_by_a_click_on_a_head(browser, report):
    browser.open(report / "lens.html")
    click = (
        "[...document.querySelectorAll('[data-scorecard] th button')].find(b => b.textContent === 'published').click()"
    )
    column = "[...document.querySelectorAll('[data-scorecard] tbody tr')].map(row => row.cells[2].textContent.trim())"
    browser.ask(click)
    assert browser.ask(column) == ["5 cm", "5", "8 cm"]
    browser.ask(click)
    assert browser.ask(column) == ["8 cm", "5 cm", "5"]
    assert browser.ask("document.querySelector('[data-scorecard] th[aria-sort]').textContent.trim()") == "published"
    assert browser.errors == []


def test_a_figure_says_how_to_make_it(browser, report):
    browser.open(report / "lens.html")
    text = browser.ask("document.querySelector('#fig1 figcaption').textContent")
    assert "nubounds figures lens --only fig1 --config lens.yaml" in text
    files = browser.ask("[...document.querySelectorAll('#fig1 a')].map(link => link.textContent)")
    assert {"pdf", "png"} <= set(files)


def viewer_point(browser, x, y):
    """Where a value lies in the window, from the ranges of the plane (log axes, margins of the drawing)."""
    return browser.ask(
        f"""(() => {{ const plane = PLANES[0], box = document.querySelector('.drawing > svg').getBoundingClientRect();
        const part = (value, [a, b]) => Math.log(value / a) / Math.log(b / a);
        const px = LEFT + part({x}, plane.x.range) * (WIDTH - LEFT - RIGHT), py = HEIGHT - BOTTOM + part({y}, plane.y.range) * (TOP - HEIGHT + BOTTOM);
        return [box.left + px * box.width / WIDTH, box.top + py * box.height / HEIGHT]; }})()"""
    )


READING = "document.querySelector('.reading').textContent"


def test_viewer_reads_the_limit_under_the_pointer(browser, report):
    browser.open(report / "planes.html")
    browser.mouse("mouseMoved", *viewer_point(browser, 10, 1e-9))
    text = browser.ask(READING)
    assert (
        "flat limit: transition moment μ/μ_B = 1×10⁻⁹ at sterile mass m_4 = " in text and " MeV; excluded above" in text
    )
    assert "arXiv:0000.00000" in text and "90% C.L." in text
    browser.mouse("mouseMoved", *viewer_point(browser, 1, 1e-13))
    assert "steep limit" in browser.ask(READING)
    browser.mouse("mouseMoved", *viewer_point(browser, 500, 1e-17))
    text = browser.ask(READING)
    assert text.startswith("No curve here: sterile mass m_4 = 5") and "transition moment μ/μ_B = " in text
    assert browser.errors == []


def test_a_tap_reads_a_limit_that_stays(browser, report):
    browser.open(report / "planes.html", 360, 740)
    browser.call("Emulation.setTouchEmulationEnabled", enabled=True)
    x, y = viewer_point(browser, 10, 1e-9)
    browser.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
    browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    text = browser.ask(READING)
    browser.call("Emulation.setTouchEmulationEnabled", enabled=False)
    assert "flat limit: transition moment μ/μ_B = 1×10⁻⁹ at sterile mass" in text


def test_viewer_toggles_and_downloads_what_is_shown(browser, report):
    browser.open(report / "planes.html")
    table = "document.querySelector('.viewer').viewer.csv()"
    rows = list(csv.reader(line for line in io.StringIO(browser.ask(table)) if not line.startswith("#")))
    assert rows[0] == ["limit", "source", "level", "side", "m4_MeV", "mu_muB", "quantile"]
    assert [(row[0], float(row[4]), float(row[5])) for row in rows[1:3]] == [
        ("flat limit", 0.01, 1e-9),
        ("flat limit", 1000.0, 1e-9),
    ]
    browser.ask("document.querySelector('.limits input').click()")
    assert "flat limit" not in browser.ask(table) and "steep limit" in browser.ask(table)
    assert browser.ask("document.querySelectorAll('.drawing > svg .curves path').length") == 1
    browser.ask("document.querySelector('button[name=none]').click()")
    assert browser.ask("document.querySelectorAll('.drawing > svg .curves path').length") == 0
    browser.ask("document.querySelector('button[name=all]').click()")
    browser.ask("document.querySelector('.limits button').click()")  # the name of a source turns all of it
    assert "steep limit" not in browser.ask(table)
    browser.ask("document.querySelector('.limits button').click()")
    assert "steep limit" in browser.ask(table)
    browser.ask("document.querySelector('button[name=download]').click()")
    browser.ask("document.querySelector('button[name=picture]').click()")
    assert browser.errors == []


def test_viewer_axes_and_zoom(browser, report):
    browser.open(report / "planes.html")
    path = "document.querySelector('.drawing > svg .curves path').getAttribute('d')"
    labels = browser.ask("[...document.querySelectorAll('.drawing > svg text')].map(text => text.textContent)")
    assert {"10⁻³", "10⁰", "10³", "10⁻¹⁸", "10⁻⁸"} <= set(labels)
    log = browser.ask(path)
    browser.ask("document.querySelector('input[name=logx]').click()")
    assert browser.ask(path) != log
    browser.ask("document.querySelector('input[name=logx]').click()")
    assert browser.ask(path) == log
    (x0, y0), (x1, y1) = viewer_point(browser, 0.1, 1e-8), viewer_point(browser, 100, 1e-10)
    browser.mouse("mousePressed", x0, y0, button="left", clickCount=1)
    browser.mouse("mouseMoved", x1, y1, button="left")
    browser.mouse("mouseReleased", x1, y1, button="left", clickCount=1)
    zoomed = browser.ask(path)
    assert zoomed != log
    browser.ask("document.querySelector('button[name=whole]').click()")
    assert browser.ask(path) == log
    for index in range(browser.ask("PLANES.length")):
        browser.ask(f"document.querySelector('.viewer').viewer.open({index})")
    assert browser.errors == []


def test_viewer_is_read_with_the_keyboard(browser, report):
    browser.open(report / "planes.html")
    browser.ask("document.querySelector('.drawing > svg').focus()")
    assert browser.ask("document.activeElement.getAttribute('aria-label')").startswith(
        "Active-sterile transition magnetic moment: 2 limits"
    )

    def press(key):
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key=key)
        return browser.ask(READING)

    first = press("ArrowRight")
    along = press("ArrowRight")
    other = press("ArrowUp")
    assert first.split(":")[0] == along.split(":")[0] != other.split(":")[0]
    assert first != along  # further along the same curve
    frame = browser.ask("location.hash")
    press("+")
    assert browser.ask("location.hash") != frame
    press("Escape")
    assert browser.ask("location.hash") == frame
    assert browser.errors == []


def test_a_link_shows_what_its_sender_saw(browser, report):
    browser.open(report / "planes.html")
    browser.ask("document.querySelector('.limits input').click()")
    browser.ask("document.querySelector('input[name=logy]').click()")
    shown = browser.ask("document.querySelector('.drawing > svg').innerHTML")
    link = browser.ask("location.hash")
    for url in ("about:blank", (report / "planes.html").as_uri() + link):
        browser.events.clear()
        browser.call("Page.navigate", url=url)
        browser._wait_for_the_page()
    assert browser.ask("document.querySelector('.drawing > svg').innerHTML") == shown
    assert browser.ask("document.querySelector('.limits input').checked") is False


def test_each_curve_has_its_own_line_and_points_to_what_it_excludes(browser, report):
    browser.open(report / "planes.html")
    looks = browser.ask(
        "[...document.querySelectorAll('.drawing > svg .curves path')].map(path => ['stroke', 'stroke-dasharray'].map(key => path.getAttribute(key)))"
    )
    assert len(looks) == len({tuple(look) for look in looks}) == 2
    assert browser.ask("document.querySelectorAll('.drawing > svg .strokes').length") == 2
    names = browser.ask("[...document.querySelectorAll('.drawing > svg .name')].map(text => text.textContent)")
    assert set(names) == {"flat limit", "steep limit"}


def test_the_picture_has_a_legend_units_and_a_title(browser, report):
    browser.open(report / "planes.html")
    picture = browser.ask("document.querySelector('.viewer').viewer.picture()")
    for words in (
        'xmlns="http://www.w3.org/2000/svg"',
        "[MeV]",
        "flat limit",
        " (arXiv:0000.00000; 90% C.L.",
        "Active-sterile",
    ):
        assert words in picture


def test_a_dropped_limit_file_is_drawn_and_stays_here(browser, report):
    browser.open(report / "planes.html")
    add = "document.querySelector('.viewer').viewer.add({text}, {name})"
    good = "# label: mine <b>\n# columns: m4_keV d_per_MeV\n1 1e-12\n1e4 1e-12\n"
    browser.ask(add.format(text=json.dumps(good), name=json.dumps("mine.txt")))
    table = browser.ask("document.querySelector('.viewer').viewer.csv()")
    row = next(csv.reader([line for line in table.splitlines() if line.startswith('"mine')]))
    assert row[0] == "mine <b>" and float(row[4]) == close(1e-3) and float(row[5]) == close(2e-12 / 0.296304)
    assert browser.ask("[...document.querySelectorAll('.limits span')].at(-1).textContent") == "mine <b>"
    for text, said in (
        ("# columns: a b\n1 2\n3 4\n", "no plane has the columns a and b"),
        ("# columns: m4_keV mu_muB\n1 x\n", "line 2"),
    ):
        browser.ask(add.format(text=json.dumps(text), name=json.dumps("odd.txt")))
        assert said in browser.ask("document.querySelector('.viewer > .faint').textContent")
    assert browser.errors == [] and all(url.startswith(("file:", "data:", "blob:")) for url in browser.requests)


BAND = {"q025": 1e-10, "q160": 5e-10, "q500": 1e-9, "q840": 2e-9, "q975": 4e-9}


def band_files():
    """The limit file of an ensemble in both of its formats: beyond 10 MeV some members have no limit."""
    quantiles = {name: [value, 10 * value, None if name == "q975" else 10 * value] for name, value in BAND.items()}
    said = {"label": "banded", "side": "upper", "confidence_level": "90%", "x_name": "m4_MeV", "y_name": "mu_muB"}
    values = {"m4_MeV": [0.1, 10, 100], "mu_muB": [1e-9, 1e-8, 1e-8]}
    content = said | values | {"band": {"members": 64, "m4_MeV": values["m4_MeV"], **quantiles}}
    columns = values | quantiles
    rows = zip(*(["inf" if value is None else value for value in column] for column in columns.values()), strict=True)
    head = ["# banded, 90% C.L., observed, upper", "# nubounds", "# 64 members, seed 1", ",".join(columns)]
    table = "\n".join([*head, *(",".join(map(str, row)) for row in rows)])
    return {"banded.json": json.dumps(content), "banded.csv": table}


@pytest.mark.parametrize("name", band_files())
def test_the_band_of_a_limit_is_drawn_named_and_read(browser, report, name):
    browser.open(report / "planes.html")
    viewer = "document.querySelector('.viewer').viewer"
    browser.ask(f"{viewer}.add({json.dumps(band_files()[name])}, {json.dumps(name)})")
    wide, narrow = browser.ask(
        "[...document.querySelectorAll('.drawing > svg .band')].map(band => band.getAttribute('d'))"
    )
    assert (wide.count("L"), narrow.count("L")) == (3, 5)  # corners of one piece: the wide range ends at 10 MeV
    browser.mouse("mouseMoved", *viewer_point(browser, 1, 1e-9 * 10**0.5))
    text = browser.ask(READING)
    assert text.startswith("banded: transition moment") and "90% C.L." in text
    low, high = (float(word) for word in re.search(r"68 % from ([\d.]+)×10⁻⁹ to ([\d.]+)×10⁻⁹", text).groups())
    assert (low, high) == (close(0.5 * 10**0.5, rel=0.02), close(2 * 10**0.5, rel=0.02))
    assert "Of 64 members with inputs drawn from their priors: " in text and "95 % from " in text
    browser.mouse("mouseMoved", *viewer_point(browser, 50, 1e-8))
    assert "95 % from 1×10⁻⁹ to no limit" in browser.ask(READING)
    legend = "Bands: the limits of 68 and 95 % of 64 members with inputs drawn from their priors."
    assert legend in browser.ask("document.querySelector('.limits').textContent")
    picture = browser.ask(f"{viewer}.picture()")
    assert legend in picture and picture.count('class="band"') == 2
    rows = [row.split(",") for row in browser.ask(f"{viewer}.csv()").splitlines() if row.startswith('"banded"')]
    found = {row[-1]: float(row[-2]) for row in reversed(rows)}  # at the first place
    assert found == close({"": 1e-9, "0.025": 1e-10, "0.16": 5e-10, "0.5": 1e-9, "0.84": 2e-9, "0.975": 4e-9})
    assert browser.errors == []
