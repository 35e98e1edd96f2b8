"""Limit files that a physicist takes away: two columns with three header lines, and JSON with all there is to say."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nubounds import registry, waterfall
from nubounds.code import provenance
from nubounds.config import Config
from nubounds.contract import EDGES, Coordinate, Curve, InputError, Side
from nubounds.files import digests, tables
from nubounds.files.layout import Layout
from nubounds.mathtext import to_text

WORDS = tuple(
    field.name for field in dataclasses.fields(Curve) if field.name not in ("x", "y", "x_axis", "y_axis", "preset")
)
BAND = "band"  # key of a limit file


def no_limit(side: str) -> float:
    """The number that stands for no limit: nothing is excluded above it, or below it."""
    return -np.inf if side in (Side.LOWER, Side.TOP) else np.inf


@dataclass(frozen=True)
class Band:
    """What an ensemble says of a limit: quantiles of y over its members.

    Attributes
    ----------
    x : places, shape (n,); also those where the limit itself has none
    columns : ``q025`` to ``q975``, infinite for no limit; the sampling error of each (68 %), ``error`` that of the
        median, NaN where there is none; ``without_limit``, the number of members without one.  All of shape (n,)
    members : how many there are
    """

    x: np.ndarray
    columns: Mapping[str, np.ndarray]
    members: int

    @property
    def quantiles(self) -> dict[str, np.ndarray]:
        """The quantiles by their names, ascending."""
        return {name: values for name, values in self.columns.items() if name.startswith("q") and "_" not in name}

    def plain(self, x_name: str) -> dict:
        """As JSON has it: null for no limit, and for an error that there is not."""
        columns = {x_name: self.x} | dict(self.columns)
        return {"members": self.members} | {
            name: [value if np.isfinite(value) else None for value in values.tolist()]
            for name, values in columns.items()
        }

    @classmethod
    def of(cls, plain: Mapping, x_name: str, side: Side) -> Band:
        """What :meth:`plain` wrote."""
        missing = {name: no_limit(side) if "error" not in name else np.nan for name in plain}
        columns = {
            name: np.array([missing[name] if value is None else value for value in values], dtype=float)
            for name, values in plain.items()
            if name != "members"
        }
        return cls(columns.pop(x_name), columns, plain["members"])


def file_stem(curve: Curve) -> str:
    """Name of a curve's files: its region with _bottom or _top, else its own name."""
    return f"{curve.region}_{curve.side}" if curve.side in EDGES and curve.region else curve.name


def kind(curve: Curve) -> str:
    """What a curve says, in words: its confidence level and whether it is observed, or why it has none."""
    if curve.allowed:
        return "edge of an allowed region"
    if curve.sketch:
        return "a sketch, at no confidence level"
    if curve.side is Side.LINE and not curve.confidence_level:
        return "a line that excludes nothing"
    level = f"{curve.confidence_level} C.L." if curve.confidence_level else "no confidence level (a criterion)"
    return f"{level}, {'observed' if curve.observed else 'projected'}"


def origin(config: Config, constraint_name: str) -> dict:
    """Where this run's limits of a constraint come from: commit, hash of its config, date of its inputs, paper.

    Parameters
    ----------
    config : the config
    constraint_name : name of the constraint

    Returns
    -------
    By name, as limit files have it.
    """
    constraint, section = registry.get(constraint_name), config.effective()[constraint_name]
    given = [path for name, parameter in constraint.inputs.items() for path in parameter.paths(section["inputs"][name])]
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
    """The three header lines of a text file.

    Parameters
    ----------
    curve : the curve
    source : where the limits come from (:func:`origin`)

    Returns
    -------
    The lines, without comment signs.
    """
    more = "".join(f"; {words.rstrip('.')}" for words in (curve.assumptions, curve.note) if words)
    preset = "".join(f", preset {word}" for word in said(curve.preset or source.get("preset", "")).values())
    return [
        f"{to_text(curve.label)}, {kind(curve)}, {curve.side}",
        f"nubounds, after {cite(source['reference'])}; convention: {curve.convention or 'the only one'}{more}; "
        f"commit {source['commit']}, config {source['config']}, inputs of {source['inputs_date']}{preset}",
        f"{curve.x_name}  {curve.y_name}",
    ]


def as_text(curve: Curve, source: dict) -> str:
    """A curve as the text of its two-column file.

    Parameters
    ----------
    curve : the curve
    source : where the limits come from (:func:`origin`)

    Returns
    -------
    The text.
    """
    rows = [f"{x!r} {y!r}" for x, y in zip(curve.x.tolist(), curve.y.tolist(), strict=True)]
    return "\n".join([*(f"# {line}" for line in header(curve, source)), *rows]) + "\n"


def describe(curve: Curve) -> dict:
    """Everything that a curve says but its numbers."""
    words = {name: getattr(curve, name) for name in WORDS} | said(curve.preset)
    for axis in ("x", "y"):
        coordinate = getattr(curve, f"{axis}_axis")
        words |= {f"{axis}_{part}": getattr(coordinate, part) for part in ("name", "label", "unit")}
    return words


def as_json(curve: Curve, source: dict, band: Band | None = None) -> dict:
    """A curve with everything there is to say about it; its columns go by their names.

    Parameters
    ----------
    curve : the curve
    source : where the limits come from (:func:`origin`)
    band : of an ensemble, to be kept with the curve

    Returns
    -------
    The object, ready for JSON.
    """
    if curve.preset:
        source = {key: value for key, value in source.items() if key != "preset"}
    columns = {curve.x_name: curve.x.tolist(), curve.y_name: curve.y.tolist()}
    return {**describe(curve), **source, **columns, **({BAND: band.plain(curve.x_name)} if band else {})}


def index_entry(curve: Curve, band: Band | None = None) -> dict:
    """What an index says of a limit file.

    Parameters
    ----------
    curve : the curve
    band : of an ensemble

    Returns
    -------
    The object, ready for JSON.  What is drawn from limit files is made anew when their index changes, so that it has a
    hash of all numbers and words.
    """
    content = provenance.text_hash(json.dumps(as_json(curve, {}, band)))
    return describe(curve) | {"kind": kind(curve), "points": len(curve.x), "content": content}


def _coordinate(content: dict, axis: str) -> Coordinate:
    name, label, unit = (content.pop(f"{axis}_{part}") for part in ("name", "label", "unit"))
    return Coordinate(name, unit, label.removesuffix(f" [{unit}]"))


def read(path: Path) -> tuple[Curve, dict]:
    """The curve of a JSON limit file, and where it comes from; InputError as for :func:`read_with_band`."""
    curve, source, _ = read_with_band(path)
    return curve, source


def read_with_band(path: Path) -> tuple[Curve, dict, Band | None]:
    """The curve of a JSON limit file, where it comes from, and its band if an ensemble wrote it.

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
        curve = Curve(**words, **axes, x=x, y=y, preset=content.pop("preset", ""))
        band = content.pop(BAND, None)
        return curve, content, Band.of(band, curve.x_name, curve.side) if band else None
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise InputError(f"{path}: not a limit file of nubounds ({type(problem).__name__}: {problem})") from None


def files(folder: Path) -> list[Path]:
    """The JSON limit files of a folder."""
    return sorted(path for path in folder.glob("*.json") if path.name != "index.json")


def write(config: Config, constraint_name: str, curves: Iterable[Curve], log: Callable[[str], None]) -> None:
    """Write txt and json for every curve of a constraint, remove our files of curves that are gone, write the index.

    Parameters
    ----------
    config : the config
    constraint_name : name of the constraint
    curves : the curves
    log : called with lines for the user
    """
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
    index = {stem: index_entry(curve) for stem, curve in by_stem.items()}
    with digests.noting(layout, constraint_name, "contour"):
        for stem, curve in by_stem.items():
            tables.write_text(folder / f"{stem}.txt", as_text(curve, source))
            tables.write_json(folder / f"{stem}.json", as_json(curve, source))
        tables.write_json(layout.limits_index(constraint_name), index)
    log(f"{constraint_name}: {len(index)} limit files")


def read_index(
    layout: Layout, constraint_name: str, folder: Path | None = None, step: str = "contour"
) -> dict[str, dict]:
    """What the index says of each limit file of a constraint; empty where nothing is computed yet.

    Parameters
    ----------
    layout : paths of the results
    constraint_name : name of the constraint
    folder, step : where the limit files are and what wrote them; by default the plain ones

    Returns
    -------
    name of the limit file without its ending -> its entry

    Raises
    ------
    InputError
        With a line for each file of the limits that is not as it was written.
    """
    path = (folder or layout.limits(constraint_name)) / "index.json"
    if not path.is_file():
        return {}
    digests.require(layout, constraint_name, step)
    index = tables.read_json(path)
    if not isinstance(index, dict):
        raise InputError(f"{path}: damaged or not an index of limit files")
    return index


def read_curves(layout: Layout, constraint_name: str) -> dict[str, Curve]:
    """The curves of a constraint by name, in the order in which it made them; InputError if there are none yet.

    Parameters
    ----------
    layout : paths of the results
    constraint_name : name of the constraint

    Returns
    -------
    name of the curve -> curve
    """
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
