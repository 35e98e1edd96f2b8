"""Limit files with bands, on the ensemble's grid: csv, JSON and a HEPData submission, an edge or a branch a file.

They stand beside the ensemble's tables and not in place of the plain limit files, whose grid and bytes are those of a
run without an ensemble.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import numpy as np

from nubounds.code import provenance
from nubounds.config import Config
from nubounds.contract import Coordinate, Curve
from nubounds.ensemble import bands, plan
from nubounds.ensemble.sheets import Sheet
from nubounds.files import digests, tables
from nubounds.files.layout import Layout
from nubounds.steps import hepdata, limits


def nominal(sheet: Sheet) -> Curve:
    """The limit with the inputs of the config; an edge that it has not is a curve without points."""
    axes = {axis: Coordinate(**sheet.about[axis]) for axis in ("x_axis", "y_axis")}
    words = {word: sheet.about[word] for word in limits.WORDS} | {"name": sheet.name}
    there = np.isfinite(sheet.nominal)
    return Curve(**words, **axes, x=sheet.x[there], y=sheet.nominal[there])


def band_of(sheet: Sheet) -> limits.Band:
    """The band of a sheet."""
    columns = {name: values for name, values in bands.columns_of(sheet).items() if name != "members"}
    return limits.Band(sheet.x, columns, len(sheet.members))


def stem_of(sheet: Sheet) -> str:
    """Name of a sheet's files: that of its curve's, with the number of the branch behind it if it is one."""
    stem = limits.file_stem(dataclasses.replace(nominal(sheet), name=sheet.about["name"]))
    return f"{stem}_{sheet.branch}" if sheet.branch else stem


def _csv(sheet: Sheet, curve: Curve, band: limits.Band) -> dict[str, np.ndarray]:
    return {curve.x_name: band.x, curve.y_name: sheet.nominal, **band.columns}


def write(config: Config, name: str, sheets: list[Sheet], log: Callable[[str], None]) -> None:
    """Write the files of every sheet, and remove our files of those that are gone; inside of the step's note.

    Parameters
    ----------
    config : the config
    name : name of the constraint
    sheets : curves of the members on a common grid
    log : called with lines for the user
    """
    layout = Layout(config.results)
    folder, ensemble = layout.ensemble_limits(name), config.ensemble
    source = limits.origin(config, name)
    source["ensemble"] = {
        "members": ensemble.members,
        "seed": ensemble.seed,
        "config": provenance.text_hash(json.dumps(ensemble.effective(), sort_keys=True)),
    }
    found = {stem_of(sheet): (sheet, nominal(sheet), band_of(sheet)) for sheet in sheets}
    if len(found) < len(sheets):
        raise ValueError(f"{name}: two curves would share a limit file")
    for path in digests.ours(layout, name, plan.BANDS):
        if path.is_relative_to(folder) and path.stem not in (*found, "index", "submission"):
            path.unlink()
    index, entries = {}, []
    for stem, (sheet, curve, band) in found.items():
        index[stem] = limits.index_entry(curve, band)
        what, whence, _ = limits.header(curve, source)
        said = f"{ensemble.members} members, seed {ensemble.seed}; quantiles of {curve.y_name}, inf: no limit"
        tables.write_columns(folder / f"{stem}.csv", _csv(sheet, curve, band), [what, whence, said])
        tables.write_json(folder / f"{stem}.json", limits.as_json(curve, source, band))
        tables.write_text(folder / f"hepdata/{stem}.yaml", hepdata.dump([hepdata.table_with_band(curve, source, band)]))
        entries.append(hepdata.entry(curve, stem, f"ensemble/limits/{stem}.csv"))
    tables.write_text(folder / "hepdata/submission.yaml", hepdata.submission(name, entries, source))
    tables.write_json(folder / "index.json", index)
    log(f"{name}: {len(index)} limit files with bands")
