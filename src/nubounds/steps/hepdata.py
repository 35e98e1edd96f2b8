"""A HEPData submission per paper: one table per limit curve, in the format that hepdata-validator accepts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import yaml

from nubounds import registry
from nubounds.config import Config
from nubounds.contract import EDGES, Coordinate, Curve
from nubounds.files import digests, tables
from nubounds.files.layout import Layout
from nubounds.steps import limits

NAME_LENGTH = 64  # the most that HEPData allows for the name of a table
NO_LIMIT = "-"
INTERVALS = (("inputs, 68 %", "q160", "q840"), ("inputs, 95 %", "q025", "q975"))


def dump(documents: list) -> str:
    """Return documents as a YAML text."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump_all(documents, Dumper=dumper, sort_keys=False, allow_unicode=True, width=1000)


def _number(value: float) -> str:
    """A finite number as YAML has it, which asks for a point before an exponent."""
    digits = repr(value)
    return digits if "." in digits else digits.replace("e", ".0e")


def dump_table(made: dict) -> str:
    """Return a table whose values are finite numbers, with no errors, as the text that :func:`dump` gives, sooner.

    Parameters
    ----------
    made : what :func:`table` gave

    Returns
    -------
    YAML.
    """
    text = []
    for key, variables in made.items():
        text.append(f"{key}:\n")
        for variable in variables:
            text.append(dump([[{name: said for name, said in variable.items() if name != "values"}]]))
            text.append("  values:\n")
            text += [f"  - value: {_number(entry['value'])}\n" for entry in variable["values"]]
    return "".join(text)


def column(coordinate: Coordinate) -> dict:
    """Header of a column: what it is, and its unit."""
    header = {"name": coordinate.words or coordinate.name}
    return header if coordinate.unit == "1" else header | {"units": coordinate.unit}


def _errors(band: limits.Band, place: int) -> list[dict]:
    """The uncertainties of the median at a place: intervals of 68 % and 95 % of the members, those that
    have an end and a width (HEPData takes no uncertainty of zero).
    """
    middle, found = float(band.columns["q500"][place]), []
    for label, low, high in INTERVALS:
        minus, plus = (float(band.columns[name][place]) - middle for name in (low, high))
        if math.isfinite(minus) and math.isfinite(plus) and plus > minus:
            found.append({"asymerror": {"minus": minus, "plus": plus}, "label": label})
    return found


def _median(band: limits.Band, place: int) -> dict:
    middle = float(band.columns["q500"][place])
    if not math.isfinite(middle):
        return {"value": NO_LIMIT}
    errors = _errors(band, place)
    return {"value": middle} | ({"errors": errors} if errors else {})


def table_with_band(curve: Curve, source: dict, band: limits.Band) -> dict:
    """One curve and the median of an ensemble with its uncertainties, at the places of the band.

    Parameters
    ----------
    curve : the curve
    source : where the limits come from (:func:`nubounds.steps.limits.origin`)
    band : quantiles of the ensemble

    Returns
    -------
    The table, ready for YAML.
    """
    made, nominal = table(curve, source), dict(zip(curve.x.tolist(), curve.y.tolist(), strict=True))
    (known,) = made["dependent_variables"]
    places = band.x.tolist()
    made["independent_variables"][0]["values"] = [{"value": value} for value in places]
    known["values"] = [{"value": nominal.get(value, NO_LIMIT)} for value in places]
    header = known["header"] | {"name": f"{known['header']['name']}, median of {band.members} members"}
    words = f"inputs drawn from their priors; '{NO_LIMIT}': no limit; an interval without an end or a width is left out"
    qualifiers = [*known["qualifiers"], {"name": "Ensemble", "value": words}]
    values = [_median(band, place) for place in range(len(places))]
    made["dependent_variables"].append({"header": header, "qualifiers": qualifiers, "values": values})
    return made


def table(curve: Curve, source: dict) -> dict:
    """One curve as a HEPData table.

    Parameters
    ----------
    curve : the curve
    source : where the limits come from (:func:`nubounds.steps.limits.origin`)

    Returns
    -------
    The table, ready for YAML.
    """
    said = {
        "Limit": curve.label,
        "Side": curve.side.value,
        "Kind": limits.kind(curve),
        "Convention": curve.convention,
        "Assumptions": curve.assumptions,
        "Preset": "".join(limits.said(curve.preset or source.get("preset", "")).values()),
        "nubounds commit": source["commit"],
        "Configuration": source["config"],
        "Inputs of": source["inputs_date"],
    }
    return {
        "independent_variables": [
            {"header": column(curve.x_axis), "values": [{"value": value} for value in curve.x.tolist()]}
        ],
        "dependent_variables": [
            {
                "header": column(curve.y_axis),
                "qualifiers": [{"name": name, "value": value} for name, value in said.items() if value],
                "values": [{"value": value} for value in curve.y.tolist()],
            }
        ],
    }


def entry(curve: Curve, stem: str, file: str = "") -> dict:
    """What the submission says about one table, which stands in `file` too.

    Parameters
    ----------
    curve : the curve
    stem : name of the limit file without its ending
    file : where the numbers stand in this run; default: the text file of the limit

    Returns
    -------
    The entry, ready for YAML.
    """
    region = f" This is the {curve.side} edge of the region {curve.region}." if curve.side in EDGES else ""
    what = f"{curve.label}: {curve.y_label} against {curve.x_label}"
    remarks = " ".join(word for word in (curve.source, curve.note) if word)
    return {
        "name": stem[:NAME_LENGTH],
        "location": f"{file or f'limits/{stem}.txt'} of this run",
        "description": f"{what}, {limits.kind(curve)}.{region} {remarks}".strip(),
        "keywords": [
            {"name": "observables", "values": [curve.y_name]},
            {"name": "phrases", "values": [word for word in (curve.plane.replace("_", " "), "limit") if word]},
        ],
        "data_file": f"{stem}.yaml",
    }


def submission(constraint_name: str, entries: list[dict], source: dict) -> str:
    """The text of submission.yaml.

    Parameters
    ----------
    constraint_name : name of the constraint
    entries : what :func:`entry` gave for each table
    source : where the limits come from (:func:`nubounds.steps.limits.origin`)

    Returns
    -------
    YAML.
    """
    paper = source["reference"]
    comment = (
        f"Limits of {paper['title']} ({paper['authors']}, {paper['reference']}), computed again by nubounds "
        f"({constraint_name}); not the authors' own numbers. "
        f"Commit {source['commit']}, configuration {source['config']}, inputs of {source['inputs_date']}."
    )
    return dump([{"comment": comment}, *entries])


def write(config: Config, constraint_name: str, curves: Iterable[Curve], log: Callable[[str], None]) -> Path:
    """Write the submission of a constraint, a table for each of its curves; what we wrote there before goes.

    Parameters
    ----------
    config : the config
    constraint_name : name of the constraint
    curves : the curves
    log : called with lines for the user

    Returns
    -------
    Path of submission.yaml.
    """
    layout = Layout(config.results)
    target = layout.hepdata(constraint_name)
    source = limits.origin(config, constraint_name)
    by_stem = {limits.file_stem(curve): curve for curve in curves}
    for path in digests.ours(layout, constraint_name, "contour"):
        if path.parent == target.parent and path.stem not in by_stem:
            path.unlink()
    entries = [entry(curve, stem) for stem, curve in sorted(by_stem.items())]
    assert len({item["name"] for item in entries}) == len(entries), (
        "two limit files share the first letters of their names"
    )
    with digests.noting(layout, constraint_name, "contour"):
        for stem, curve in by_stem.items():
            made = table(curve, source)
            plain = curve.x.size and np.isfinite([curve.x, curve.y]).all()
            tables.write_text(target.parent / f"{stem}.yaml", dump_table(made) if plain else dump([made]))
        tables.write_text(target, submission(registry.get(constraint_name).name, entries, source))
    log(f"{constraint_name}: HEPData submission with {len(entries)} tables")
    return target
