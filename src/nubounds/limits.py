"""Limit files that a physicist takes away: two columns with three header lines, and JSON with all there is to say."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np

from nubounds import derive, provenance, registry, tables
from nubounds.config import Config
from nubounds.contract import Curve, InputError
from nubounds.layout import Layout
from nubounds.mathtext import to_text

ENDINGS = {"bottom": "_bottom", "top": "_top"}
FIELDS = tuple(field.name for field in dataclasses.fields(Curve) if field.name not in ("x", "y"))


def file_stem(curve: Curve) -> str:
    """Name of a curve's files: its region with _bottom or _top, else its own name."""
    return f"{curve.region}{ENDINGS[curve.side]}" if curve.side in ENDINGS and curve.region else curve.name


def kind(curve: Curve) -> str:
    """What a curve says, in words: its confidence level and whether it is observed, or that it excludes nothing."""
    if curve.allowed:
        return "edge of an allowed region"
    if curve.side == "line" and not curve.confidence_level:
        return "a line that excludes nothing"
    level = f"{curve.confidence_level} C.L." if curve.confidence_level else "no confidence level (a criterion)"
    return f"{level}, {'observed' if curve.observed else 'projected'}"


def origin(config: Config, constraint_name: str) -> dict:
    """Where this run's limits of a constraint come from: commit, hash of its config, date of its inputs, paper."""
    constraint, section = registry.get(constraint_name), config.effective()[constraint_name]
    given = [
        Path(section["inputs"][name])
        for name, parameter in constraint.inputs.items()
        if parameter.kind == "file" and section["inputs"][name] is not None
    ]
    return {
        "constraint": constraint_name,
        "commit": provenance.commit(),
        "config": provenance.text_hash(json.dumps(section, sort_keys=True)),
        "inputs_date": provenance.inputs_date(constraint.folders, given),
        "reference": constraint.declaration["paper"],
    }


def cite(paper: dict) -> str:
    """A paper in a few words."""
    return f"arXiv:{paper['arxiv']}" if paper.get("arxiv") else paper["reference"]


def header(curve: Curve, source: dict) -> list[str]:
    """The three header lines of a text file."""
    said = "".join(f"; {words.rstrip('.')}" for words in (curve.assumptions, curve.note) if words)
    return [
        f"{to_text(curve.label)}, {kind(curve)}, {curve.side}",
        f"nubounds, after {cite(source['reference'])}; convention: {curve.convention or 'the only one'}{said}; "
        f"commit {source['commit']}, config {source['config']}, inputs of {source['inputs_date']}",
        f"{curve.x_name}  {curve.y_name}",
    ]


def as_text(curve: Curve, source: dict) -> str:
    """A curve as the text of its two-column file."""
    rows = [f"{x!r} {y!r}" for x, y in zip(curve.x.tolist(), curve.y.tolist(), strict=True)]
    return "\n".join([*(f"# {line}" for line in header(curve, source)), *rows]) + "\n"


def as_json(curve: Curve, source: dict) -> dict:
    """A curve with everything there is to say about it; its columns go by their names."""
    fields = {name: getattr(curve, name) for name in FIELDS}
    return {**fields, **source, curve.x_name: curve.x.tolist(), curve.y_name: curve.y.tolist()}


def read(path: Path) -> tuple[Curve, dict]:
    """The curve of a JSON limit file, and where it comes from.

    Raises
    ------
    InputError
        For a file that is no limit file, with what is missing.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        fields = {name: content.pop(name) for name in FIELDS}
        x, y = content.pop(fields["x_name"]), content.pop(fields["y_name"])
        return Curve(**fields, x=np.array(x), y=np.array(y)), content
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError) as problem:
        raise InputError(f"{path}: not a limit file of nubounds ({type(problem).__name__}: {problem})") from None


def files(folder: Path) -> list[Path]:
    """The JSON limit files of a folder."""
    return sorted(path for path in folder.glob("*.json") if path.name != "index.json")


def write(config: Config, constraint_name: str, log) -> None:
    """Write txt and json for every curve of a constraint, remove files of curves that are gone, and write the index."""
    layout = Layout(config.results)
    folder, source = layout.limits(constraint_name), origin(config, constraint_name)
    index = {}
    for curve in derive.read_curves(layout.contours(constraint_name)).values():
        stem = file_stem(curve)
        if stem in index:
            raise ValueError(f"{constraint_name}: two curves would share the file {stem}")
        index[stem] = {name: getattr(curve, name) for name in FIELDS} | {"kind": kind(curve), "points": len(curve.x)}
        tables.write_text(folder / f"{stem}.txt", as_text(curve, source))
        tables.write_json(folder / f"{stem}.json", as_json(curve, source))
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
            words = "; ".join(word for word in (to_text(entry["label"]), entry["kind"], entry["convention"]) if word)
            columns = f"[{entry['x_name']}, {entry['y_name']}]"
            lines.append(f"{path.parent / stem}.txt  {words}  {columns}  {entry['points']} points")
    return lines
