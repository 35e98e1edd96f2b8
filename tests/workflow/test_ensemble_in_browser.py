"""The pages of ensembles in a real browser: a slider's limit against the program's own number."""

import csv
import json

import pytest

from browser import AXE, CHROMIUM, Browser
from close import close

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed: pages are not tested in a browser")

ENSEMBLE = """
ensemble:
  members: 64
  priors:
    lens:
      b_cm: {normal: {mean: 10, sd: 1}}
      scale: {lognormal: {median: 1, factor: 1.1}}
      correlated: [{inputs: [b_cm, scale], correlation: [[1, 0.5], [0.5, 1]]}]
    mirror:
      b_cm: {uniform: {low: 8, high: 12}}
      scale: {choice: {1: 1, 2: 1}}
  grid: {lens: {a_cm: {values: [1, 3, 10, 30]}}, mirror: {a_cm: {values: [1, 3, 10, 30]}}}
"""
ROUGH = """
ensemble:
  members: 12
  constraints: [lens]
  priors: {lens: {b_cm: {loguniform: {low: 1.0e-100, high: 1.0e+100}}}}
  grid: {lens: {a_cm: {values: [1, 10]}}}
"""


def run(project):
    project.snakemake("ensemble", "--cores", "2")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def project(built_project, tmp_path_factory):
    """A project after an ensemble of two constraints."""
    from project import copy

    project = copy(built_project, tmp_path_factory.mktemp("explored") / "project", "results", ".snakemake")
    project.constraints = "lens, mirror"
    project.config(ENSEMBLE)
    run(project)
    return project


@pytest.fixture(scope="module")
def pages(project):
    return project.folder / "results/report"


def move(browser, name, part):
    """Move a slider to a part of its way."""
    browser.ask(
        f"(() => {{ const box = document.querySelector('input[name={name}]'); box.value = {part} * box.max;"
        " box.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_slider_shows_the_limit_within_the_stated_error(browser, project, pages, part):
    browser.open(pages / "lens_ensemble.html")
    move(browser, "b_cm", part)
    move(browser, "scale", 1 - part)
    found = browser.ask("document.querySelector('.explorer').explorer.limits()")
    inputs = browser.ask("document.querySelector('.explorer').explorer.inputs()")
    points = browser.ask("ENSEMBLES[0].curves[0].points.map(({x, largest, q2}) => [x, largest, q2])")
    assert browser.errors == [] and [x for x, _, _ in points] == [1, 3, 10, 30]
    assert inputs["b_cm"] != close(10, rel=1e-3) or part == 0.5
    lines = [json.dumps({"name": "lens.focal_length", "args": {"a_cm": x, "b_cm": inputs["b_cm"]}}) for x, *_ in points]
    (project.folder / "asked.jsonl").write_text("\n".join(lines))
    output = project.nubounds("evaluate", "--batch", "asked.jsonl")
    exact = [json.loads(line)["value"] * inputs["scale"] for line in output.splitlines() if line.startswith("{")]
    assert len(exact) == len(found) == 4
    for value, true, (_, largest, q2) in zip(found, exact, points, strict=True):
        assert q2 > 0.99 and largest < 0.01
        # Interpolation of a correlated input's scores costs less than 1e-4 besides.
        assert value == close(true, rel=float(largest) + 1e-4)
    shown = browser.ask("document.querySelector('.explorer .faint').textContent")
    assert "at 16 members that it has not seen" in shown


def test_a_choice_is_chosen_and_the_first_state_comes_back(browser, pages):
    browser.open(pages / "explorer.html")
    browser.ask(
        "(() => { const box = document.querySelector('select[name=constraint]'); box.value = 1; box.onchange(); })()"
    )
    limits = "document.querySelector('.explorer').explorer.limits()"
    first = browser.ask(limits)
    browser.ask("(() => { const box = document.querySelector('select[name=scale]'); box.value = 1; box.oninput(); })()")
    assert browser.ask(limits) == close([2 * value for value in first], rel=1e-3)
    browser.ask("document.querySelector('button[name=reset]').click()")
    assert browser.ask(limits) == first and browser.errors == []


@pytest.mark.parametrize("page", ["lens_ensemble", "mirror_ensemble", "explorer"])
@pytest.mark.parametrize("width", [1200, 390])
def test_a_page_is_whole_and_open_to_everyone(browser, pages, page, width):
    browser.open(pages / f"{page}.html", width, 900)
    assert browser.errors == [] and all(url.startswith(("file:", "data:")) for url in browser.requests)
    assert all(browser.ask("[...document.images].map(image => image.complete && image.naturalWidth > 0)"))
    assert browser.ask("document.documentElement.scrollWidth") <= width
    for link in browser.ask("[...document.querySelectorAll('a[href]')].map(link => link.getAttribute('href'))"):
        file, _, anchor = link.partition("#")
        target = pages / (file or f"{page}.html")
        assert link.startswith("http") or target.is_file(), link
        assert not anchor or f'id="{anchor}"' in target.read_text(), link
    if AXE.is_file():
        browser.ask("document.querySelectorAll('details').forEach(part => part.open = true)")
        browser.ask(AXE.read_text(encoding="utf-8") + "; 0")
        found = "axe.run().then(result => result.violations.filter(rule => ['serious', 'critical'].includes(rule.impact)).map(rule => [rule.id, rule.nodes[0].html.slice(0, 160)]))"
        assert browser.ask(found) == []


@pytest.mark.thorough
def test_a_bad_surrogate_has_no_sliders_and_says_why(browser, project, tmp_path):
    from project import copy

    rough = copy(project, tmp_path / "rough")
    rough.config(ROUGH)
    run(rough)
    browser.open(rough.folder / "results/report/lens_ensemble.html")
    assert browser.ask("document.querySelectorAll('.sliders input').length") == 0
    assert "0.99 is needed" in browser.ask("document.querySelector('.explorer .faint').textContent")
    browser.open(rough.folder / "results/report/explorer.html")
    move(browser, "member", 0.5)
    shown = browser.ask("document.querySelector('.explorer').explorer.limits()")
    lines = (rough.folder / "results/lens/ensemble/members.csv").read_text().splitlines()
    drawn = float(list(csv.DictReader(line for line in lines if not line.startswith("#")))[5]["b_cm"])
    assert shown == close([1 / (1 / a + 1 / drawn) for a in (1, 10)])


@pytest.mark.thorough
def test_the_report_links_ensembles_once_they_are_there_and_not_when_they_are_old(project, tmp_path):
    from project import copy

    again = copy(project, tmp_path / "linked")
    again.snakemake()
    index = again.folder / "results/report/index.html"
    assert "lens_ensemble.html" in index.read_text() and "explorer.html" in index.read_text()
    assert "Nothing to be done" in again.snakemake()
    again.config(ENSEMBLE.replace("sd: 1}", "sd: 2}"))
    again.snakemake()
    assert "lens_ensemble.html" not in index.read_text() and "mirror_ensemble.html" in index.read_text()
