"""Limit files that a physicist takes away: two columns with three header lines, and JSON with everything there is to say."""

from __future__ import annotations

import dataclasses
import json

from nubounds import derive, provenance, registry, tables
from nubounds.config import Config
from nubounds.contract import Curve
from nubounds.layout import Layout

ENDINGS = {"bottom": "_bottom", "top": "_top"}


def file_stem(curve: Curve) -> str:
    """Name of a curve's files: its region with _bottom or _top, else its own name."""
    return f"{curve.region}{ENDINGS[curve.side]}" if curve.side in ENDINGS and curve.region else curve.name


def header(curve: Curve, source: str) -> list[str]:
    """The three header lines of a text file."""
    kind = "observed" if curve.observed else "projected"
    level = f"{curve.confidence_level} C.L." if curve.confidence_level else "no confidence level (a criterion)"
    return [
        f"{curve.label}, {level}, {kind}, {curve.side}",
        f"{source}; convention: {curve.convention or 'the only one'}{'; ' + curve.assumptions if curve.assumptions else ''}",
        f"{curve.x_name}  {curve.y_name}",
    ]


def as_text(curve: Curve, source: str) -> str:
    """A curve as the text of its two-column file."""
    rows = [f"{x!r} {y!r}" for x, y in zip(curve.x.tolist(), curve.y.tolist(), strict=True)]
    return "\n".join([*(f"# {line}" for line in header(curve, source)), *rows]) + "\n"


def write(config: Config, constraint_name: str, log) -> None:
    """Write txt and json for every curve of a constraint, remove files of curves that are gone, and write the index."""
    layout, constraint = Layout(config.results), registry.get(constraint_name)
    folder = layout.limits(constraint_name)
    paper = constraint.declaration["paper"]
    source = f"nubounds, after arXiv:{paper['arxiv']}" if paper.get("arxiv") else f"nubounds, after {paper['reference']}"
    origin = {
        "commit": provenance.commit(),
        "config": provenance.file_hash(layout.effective_config),
        "reference": paper,
    }
    index = {}
    for curve in derive.read_curves(layout.contours(constraint_name)).values():
        stem = file_stem(curve)
        if stem in index:
            raise ValueError(f"{constraint_name}: two curves would share the file {stem}")
        fields = {key: value for key, value in dataclasses.asdict(curve).items() if key not in ("x", "y")}
        index[stem] = {**fields, "points": len(curve.x)}
        tables.write_text(folder / f"{stem}.txt", as_text(curve, source))
        tables.write_json(folder / f"{stem}.json", {**fields, **origin, curve.x_name: curve.x.tolist(), curve.y_name: curve.y.tolist()})
    for path in folder.glob("*"):
        if path.stem not in (*index, "index", "hepdata") and path.suffix in (".txt", ".json"):
            path.unlink()
    tables.write_json(layout.limits_index(constraint_name), index)
    log(f"{constraint_name}: {len(index)} limit files")


def listing(config: Config) -> list[str]:
    """One line per limit file that is there."""
    layout, lines = Layout(config.results), []
    for name in config.sections:
        path = layout.limits_index(name)
        if not path.is_file():
            lines.append(f"{name}: not computed yet")
            continue
        for stem, entry in json.loads(path.read_text(encoding="utf-8")).items():
            lines.append(f"{path.parent / stem}.txt  {entry['label']}  [{entry['x_name']}, {entry['y_name']}]  {entry['points']} points")
    return lines
