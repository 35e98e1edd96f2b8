"""Limit files that a physicist takes away: two columns with three header lines, and JSON with all there is to say."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from nubounds import digests, provenance, registry, tables, waterfall
from nubounds.config import Config
from nubounds.contract import EDGES, Coordinate, Curve, InputError, Side
from nubounds.layout import Layout
from nubounds.mathtext import to_text

WORDS = tuple(
    field.name for field in dataclasses.fields(Curve) if field.name not in ("x", "y", "x_axis", "y_axis", "preset")
)


def file_stem(curve: Curve) -> str:
    """Name of a curve's files: its region with _bottom or _top, else its own name."""
    return f"{curve.region}_{curve.side}" if curve.side in EDGES and curve.region else curve.name


def kind(curve: Curve) -> str:
    """What a curve says, in words: its confidence level and whether it is observed, or that it excludes nothing."""
    if curve.allowed:
        return "edge of an allowed region"
    if curve.side is Side.LINE and not curve.confidence_level:
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
        **said(waterfall.preset(constraint.inputs, section["inputs"])),
    }


def said(preset: str) -> dict:
    """A preset as a field of a file, which has none where it is the paper's."""
    return {} if preset in ("", waterfall.PAPER) else {"preset": preset}


def cite(paper: dict) -> str:
    """A paper in a few words."""
    return f"arXiv:{paper['arxiv']}" if paper.get("arxiv") else paper["reference"]


def header(curve: Curve, source: dict) -> list[str]:
    """The three header lines of a text file."""
    more = "".join(f"; {words.rstrip('.')}" for words in (curve.assumptions, curve.note) if words)
    preset = "".join(f", preset {word}" for word in said(curve.preset or source.get("preset", "")).values())
    return [
        f"{to_text(curve.label)}, {kind(curve)}, {curve.side}",
        f"nubounds, after {cite(source['reference'])}; convention: {curve.convention or 'the only one'}{more}; "
        f"commit {source['commit']}, config {source['config']}, inputs of {source['inputs_date']}{preset}",
        f"{curve.x_name}  {curve.y_name}",
    ]


def as_text(curve: Curve, source: dict) -> str:
    """A curve as the text of its two-column file."""
    rows = [f"{x!r} {y!r}" for x, y in zip(curve.x.tolist(), curve.y.tolist(), strict=True)]
    return "\n".join([*(f"# {line}" for line in header(curve, source)), *rows]) + "\n"


def describe(curve: Curve) -> dict:
    """Everything that a curve says but its numbers."""
    words = {name: getattr(curve, name) for name in WORDS} | said(curve.preset)
    for axis in ("x", "y"):
        coordinate = getattr(curve, f"{axis}_axis")
        words |= {f"{axis}_{part}": getattr(coordinate, part) for part in ("name", "label", "unit")}
    return words


def as_json(curve: Curve, source: dict) -> dict:
    """A curve with everything there is to say about it; its columns go by their names."""
    if curve.preset:
        source = {key: value for key, value in source.items() if key != "preset"}
    return {**describe(curve), **source, curve.x_name: curve.x.tolist(), curve.y_name: curve.y.tolist()}


def _coordinate(content: dict, axis: str) -> Coordinate:
    name, label, unit = (content.pop(f"{axis}_{part}") for part in ("name", "label", "unit"))
    return Coordinate(name, unit, label.removesuffix(f" [{unit}]"))


def read(path: Path) -> tuple[Curve, dict]:
    """The curve of a JSON limit file, and where it comes from.

    Raises
    ------
    InputError
        For a file that is no limit file, with what is missing.
    """
    content = tables.read_json(path)
    try:
        words = {name: content.pop(name) for name in WORDS}
        axes = {f"{axis}_axis": _coordinate(content, axis) for axis in ("x", "y")}
        x, y = (np.array(content.pop(coordinate.name)) for coordinate in axes.values())
        return Curve(**words, **axes, x=x, y=y, preset=content.pop("preset", "")), content
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise InputError(f"{path}: not a limit file of nubounds ({type(problem).__name__}: {problem})") from None


def files(folder: Path) -> list[Path]:
    """The JSON limit files of a folder."""
    return sorted(path for path in folder.glob("*.json") if path.name != "index.json")


def write(config: Config, constraint_name: str, curves: Iterable[Curve], log) -> None:
    """Write txt and json for every curve of a constraint, remove our files of curves that are gone, write the index."""
    layout = Layout(config.results)
    folder, source = layout.limits(constraint_name), origin(config, constraint_name)
    by_stem: dict[str, Curve] = {}
    for curve in curves:
        stem = file_stem(curve)
        if stem in by_stem:
            raise ValueError(f"{constraint_name}: two curves would share the file {stem}")
        by_stem[stem] = curve
    for path in digests.ours(layout, constraint_name, "contour"):
        if path.parent == folder and path.stem not in (*by_stem, "index"):
            path.unlink()
    index = {stem: describe(curve) | {"kind": kind(curve), "points": len(curve.x)} for stem, curve in by_stem.items()}
    with digests.noting(layout, constraint_name, "contour"):
        for stem, curve in by_stem.items():
            tables.write_text(folder / f"{stem}.txt", as_text(curve, source))
            tables.write_json(folder / f"{stem}.json", as_json(curve, source))
        tables.write_json(layout.limits_index(constraint_name), index)
    log(f"{constraint_name}: {len(index)} limit files")


def read_index(layout: Layout, constraint_name: str) -> dict[str, dict]:
    """What the index says of each limit file of a constraint; empty where nothing is computed yet.

    Raises
    ------
    InputError
        With a line for each file of the limits that is not as it was written.
    """
    path = layout.limits_index(constraint_name)
    if not path.is_file():
        return {}
    digests.require(layout, constraint_name, "contour")
    index = tables.read_json(path)
    if not isinstance(index, dict):
        raise InputError(f"{path}: damaged or not an index of limit files")
    return index


def read_curves(layout: Layout, constraint_name: str) -> dict[str, Curve]:
    """The curves of a constraint by name, in the order in which it made them; InputError if there are none yet."""
    index, folder = read_index(layout, constraint_name), layout.limits(constraint_name)
    if not layout.limits_index(constraint_name).is_file():
        raise InputError(f"no limits in {folder}; run `nubounds contour {constraint_name}` first")
    curves = [read(folder / f"{stem}.json")[0] for stem in index]
    return {curve.name: curve for curve in curves}


def listing(config: Config) -> list[str]:
    """One line per limit file that is there."""
    layout, lines = Layout(config.results), []
    for name in config.sections:
        folder, index = layout.limits(name), read_index(layout, name)
        if not index:
            lines.append(f"{name}: not computed yet")
        for stem, entry in index.items():
            words = "; ".join(word for word in (to_text(entry["label"]), entry["kind"], entry["convention"]) if word)
            columns = f"[{entry['x_name']}, {entry['y_name']}]"
            lines.append(f"{folder / stem}.txt  {words}  {columns}  {entry['points']} points")
    return lines
