"""Everything that the report shows, read once."""

from __future__ import annotations

import datetime
import shlex
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from nubounds import registry
from nubounds.code import provenance
from nubounds.config import Config
from nubounds.files import digests, tables
from nubounds.files.layout import CAPTION, ENDINGS, NUMBERS, Layout
from nubounds.inputs import declare
from nubounds.inputs.parameter import plain
from nubounds.planes import collect, declaration, yours
from nubounds.planes.collect import Limit
from nubounds.planes.declaration import Plane
from nubounds.planes.words import in_words
from nubounds.report import html, numbers, timing
from nubounds.report.timing import Step, Work

MOST_ROWS, FIRST_ROWS = 200, 20  # a longer table shows its first rows; all of them are in its csv file


@dataclass(frozen=True)
class Figure:
    """A figure, its files relative to the report, and how to make it."""

    name: str
    caption: str
    png: bytes
    thumbnail: bytes
    files: dict[str, str]
    command: str
    inputs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Table:
    """A table of the paper, computed again: cells of each column by its head."""

    name: str
    caption: str
    columns: dict[str, list[str]]
    rows: int
    shown: int


@dataclass(frozen=True)
class Input:
    """An input of the run, and whether it is another one than the paper's."""

    name: str
    value: object
    unit: str
    meaning: str
    changed: bool


@dataclass(frozen=True)
class Paper:
    """Everything about one paper."""

    name: str
    declaration: dict
    rows: list[dict]
    figures: list[Figure]
    tables: list[Table]
    grids: dict[str, dict[str, int]]  # points by status
    limits: dict[str, dict]
    inputs: list[Input]
    steps: list[Step]

    @property
    def changed(self) -> list[str]:
        """Inputs that are not the paper's."""
        return [entry.name for entry in self.inputs if entry.changed]


@dataclass(frozen=True)
class PlaneFigure:
    """A plane with its limits and its figure, which one without limits need not have."""

    plane: Plane
    found: list[Limit]
    figure: Figure | None
    bands: list[Limit] = field(default_factory=list)  # the limits of the run's ensembles, each with its band


@dataclass(frozen=True)
class Report:
    """All that the pages are written from."""

    config: str
    now: datetime.datetime
    papers: list[Paper]
    planes: list[PlaneFigure]
    unknown: list[str]  # a line for each file of the user that is drawn nowhere
    work: Work
    commit: str
    versions: dict[str, str]
    ensembles: list[str]  # the constraints with a page on their ensemble

    @property
    def rows(self) -> list[dict]:
        """The scorecards of all papers, one after the other."""
        return [row for paper in self.papers for row in paper.rows]


def _cells(columns: dict[str, list[str]]) -> dict[str, list[str]]:
    """Head and cells of every column of a table; X_paper, X_ours and X_ratio stand together in one cell."""
    groups: dict[str, list[str]] = {}
    for name in columns:
        stem, _, word = name.rpartition("_")
        compared = word in ("paper", "ours", "ratio") and f"{stem}_ours" in columns
        groups.setdefault(stem if compared else name, []).append(name)
    cells = {}
    for head, names in groups.items():
        rows = zip(*(columns[name] for name in names), strict=True)
        said = " (paper / ours / ratio)" if len(names) == 3 else ""
        cells[head + said] = [" / ".join(html.number(word) for word in row if word) for row in rows]
    return cells


def _table(layout: Layout, constraint: str, name: str, caption: str) -> Table:
    columns = tables.read_words(layout.table(constraint, name))
    rows = len(next(iter(columns.values())))
    shown = rows if rows <= MOST_ROWS else FIRST_ROWS
    cells = _cells({name: words[:shown] for name, words in columns.items()})
    return Table(name, caption, cells, rows, shown)


def _files(path_of) -> dict[str, str]:
    """Links to the files of a figure that are there, from the folder of the report."""
    paths = {ending: path_of(ending) for ending in (*ENDINGS, NUMBERS)}
    return {ending: f"../{'/'.join(path.parts[-3:])}" for ending, path in paths.items() if path.is_file()}


def _figures(layout: Layout, constraint, config: Config) -> list[Figure]:
    captions = constraint.declaration["figures"]
    paths = [layout.figure(constraint.name, figure, "png") for figure in captions]
    found = []
    for (name, caption), path, small in zip(captions.items(), paths, html.thumbnails(paths), strict=True):
        command = f"nubounds figures {constraint.name} --only {name} --config {shlex.quote(config.source)}"
        files = _files(lambda ending, name=name: layout.figure(constraint.name, name, ending))
        used = list(declare.inputs_of(constraint.figure_functions[name]))
        found.append(Figure(name, caption, path.read_bytes(), small, files, command, used))
    return found


def _inputs(constraint, given: dict) -> list[Input]:
    declared = constraint.inputs
    return [
        Input(name, value, declared[name].unit, declared[name].meaning, value != plain(declared[name].default))
        for name, value in given.items()
    ]


def _limits(name: str, index: dict[str, dict]) -> dict[str, dict]:
    """The entries of the index of limit files, what they say in words."""
    texts = ("convention", "assumptions")
    return {stem: entry | {text: in_words(name, entry[text]) for text in texts} for stem, entry in index.items()}


def _paper(config: Config, layout: Layout, name: str, work: Work, index: dict[str, dict]) -> Paper:
    constraint = registry.get(name)
    statuses = {scan: dict(Counter(tables.read_words(layout.table(name, scan))["status"])) for scan in constraint.scans}
    return Paper(
        name,
        constraint.declaration,
        numbers.read(layout, name),
        _figures(layout, constraint, config),
        [_table(layout, name, table, caption) for table, caption in constraint.declaration["tables"].items()],
        statuses,
        _limits(name, index),
        _inputs(constraint, config.sections[name].inputs),
        work.of(name),
    )


def _bands(config: Config, ensembles: list[str]) -> dict[str, list[Limit]]:
    """The limits of these ensembles on each plane."""
    if not ensembles:
        return {}
    files = collect.read_files(config, bands=True)
    found = {name: collect.collect(declaration.get(name), config, files=files) for name in declaration.names()}
    return {name: [limit for limit in limits if limit.group in ensembles] for name, limits in found.items()}


def _planes(config: Config, layout: Layout, files: collect.Files, ensembles: list[str]) -> list[PlaneFigure]:
    limits = {name: collect.collect(declaration.get(name), config, files=files) for name in declaration.names()}
    bands = _bands(config, ensembles)
    names = [name for name, found in limits.items() if found and layout.comparison(name, "png").is_file()]
    pictures = [layout.comparison(name, "png") for name in names]
    figures = {}
    for name, path, small in zip(names, pictures, html.thumbnails(pictures), strict=True):
        command = f"nubounds planes {name} --config {shlex.quote(config.source)}"
        links = _files(lambda ending, name=name: layout.comparison(name, ending))
        links = {ending: f"../comparison/{Path(link).name}" for ending, link in links.items()}
        text = layout.comparison(name, CAPTION).read_text(encoding="utf-8")
        figures[name] = Figure(name, text, path.read_bytes(), small, links, command)
    return [
        PlaneFigure(declaration.get(name), found, figures.get(name), bands.get(name, []))
        for name, found in limits.items()
    ]


def gather(config: Config) -> Report:
    """Read everything, each file once.

    Raises
    ------
    InputError
        With a line for each result that is not as it was written.
    """
    layout = Layout(config.results)
    for name in config.sections:
        for step in ("collect", "figures", "scorecard"):
            digests.require(layout, name, step)
    work = timing.read(layout, {name: list(registry.get(name).scans) for name in config.sections})
    files = collect.read_files(config)
    ensembles = list(tables.read_json(layout.ensemble_pages)) if layout.ensemble_pages.is_file() else []
    return Report(
        config.source,
        datetime.datetime.now(datetime.UTC),
        [_paper(config, layout, name, work, files.indexes[name]) for name in config.sections],
        _planes(config, layout, files, ensembles),
        yours.unknown(files.mine, config.user_limits, files.indexes),
        work,
        provenance.commit(),
        provenance.versions(),
        ensembles,
    )
