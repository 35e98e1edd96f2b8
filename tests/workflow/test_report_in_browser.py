"""The report as a reader gets it: opened from disk in a real browser, which is driven through its DevTools pipe."""

import base64
import csv
import fcntl
import io
import json
import os
import select
import shutil
import subprocess
import time

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium is installed: the report is not tested in a browser"
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
]
PAGES = ("index", "lens", "mirror", "planes")


class Browser:
    """A headless chromium with one page; `errors` collects what it complains about, `requests` what it asks for."""

    def __init__(self, profile):
        self.sent, self.buffer, self.errors, self.requests, self.events = 0, b"", [], [], []
        # The browser reads its commands from descriptor 3 and answers on 4; ours lie out of the way.
        command_out, command_in = (fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in os.pipe())
        answer_out, answer_in = (fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in os.pipe())

        def descriptors():
            os.dup2(command_out, 3)
            os.dup2(answer_in, 4)

        self.process = subprocess.Popen(
            [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=descriptors,
            pass_fds=(3, 4),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(command_out)
        os.close(answer_in)
        self.write_to, self.read_from, self.session = command_in, answer_out, None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def _message(self, timeout=20.0):
        end = time.monotonic() + timeout
        while b"\0" not in self.buffer:
            assert select.select([self.read_from], [], [], max(end - time.monotonic(), 0))[0], (
                "the browser does not answer"
            )
            data = os.read(self.read_from, 1 << 20)
            assert data, "the browser has ended"
            self.buffer += data
        text, _, self.buffer = self.buffer.partition(b"\0")
        message = json.loads(text)
        method, said = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.errors.append(said["exceptionDetails"]["text"] + str(said["exceptionDetails"].get("exception", "")))
        elif method == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning", "assert"):
            self.errors.append(str(said["args"]))
        elif method == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            self.errors.append(said["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])
        if method:
            self.events.append(method)
        return message

    def call(self, method, **params):
        """Send a command and wait for its answer."""
        self.sent += 1
        request = {"id": self.sent, "method": method, "params": params} | (
            {"sessionId": self.session} if self.session else {}
        )
        os.write(self.write_to, json.dumps(request).encode() + b"\0")
        while True:
            message = self._message()
            if message.get("id") == self.sent:
                assert "error" not in message, message
                return message["result"]

    def open(self, path, width=1200, height=900):
        """Open a file in a window of this size."""
        self.errors.clear()
        self.requests.clear()
        self.events.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.call("Page.navigate", url=path.as_uri())
        self._wait_for_the_page()

    def follow(self, selector):
        """Click a link and wait for the page that it leads to."""
        self.events.clear()
        self.ask(f"document.querySelector({selector!r}).click()")
        self._wait_for_the_page()

    def _wait_for_the_page(self):
        while "Page.loadEventFired" not in self.events:
            self._message()

    def ask(self, script):
        """Value of a JavaScript expression."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        os.close(self.write_to)
        os.close(self.read_from)


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
    assert browser.ask(shown) == ["reproduced", "contradicted", "not"]
    browser.ask("document.querySelector('[data-scorecard] input[value=reproduced]').click()")
    assert browser.ask(shown) == ["contradicted", "not"]
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
    browser.follow("a.contradicted[href^=lens]")
    shown = "[...document.querySelectorAll('[data-scorecard] tbody tr')].filter(row => row.offsetParent).map(row => row.dataset.verdict)"
    assert browser.ask(shown) == ["contradicted"]
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
    assert "flat limit: mu_muB = 1e-9 at m4_MeV = " in text and "arXiv:0000.00000" in text and "90% C.L." in text
    browser.mouse("mouseMoved", *viewer_point(browser, 1, 1e-13))
    assert "steep limit" in browser.ask(READING)
    browser.mouse("mouseMoved", *viewer_point(browser, 500, 1e-17))
    assert browser.ask(READING) == "Point at a curve."
    assert browser.errors == []


def test_a_tap_reads_a_limit_that_stays(browser, report):
    browser.open(report / "planes.html", 360, 740)
    browser.call("Emulation.setTouchEmulationEnabled", enabled=True)
    x, y = viewer_point(browser, 10, 1e-9)
    browser.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
    browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    text = browser.ask(READING)
    browser.call("Emulation.setTouchEmulationEnabled", enabled=False)
    assert "flat limit: mu_muB = 1e-9 at m4_MeV = " in text


def test_viewer_toggles_and_downloads_what_is_shown(browser, report):
    browser.open(report / "planes.html")
    table = "document.querySelector('.viewer').viewer.csv()"
    rows = list(csv.reader(line for line in io.StringIO(browser.ask(table)) if not line.startswith("#")))
    assert rows[0] == ["limit", "source", "level", "side", "m4_MeV", "mu_muB"]
    assert [(row[0], float(row[4]), float(row[5])) for row in rows[1:3]] == [
        ("flat limit", 0.01, 1e-9),
        ("flat limit", 1000.0, 1e-9),
    ]
    browser.ask("document.querySelector('.limits input').click()")
    assert "flat limit" not in browser.ask(table) and "steep limit" in browser.ask(table)
    assert browser.ask("document.querySelectorAll('.drawing > svg path').length") == 1
    browser.ask("document.querySelector('button[name=none]').click()")
    assert browser.ask("document.querySelectorAll('.drawing > svg path').length") == 0
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
    path = "document.querySelector('.drawing > svg path').getAttribute('d')"
    labels = browser.ask("[...document.querySelectorAll('.drawing > svg text')].map(text => text.textContent)")
    assert {"0.001", "1", "1000", "1e-18", "1e-8"} <= set(labels)
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
