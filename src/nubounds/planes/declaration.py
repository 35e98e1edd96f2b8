"""What a plane declares, and the conversion of a limit's columns to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from nubounds.contract import Coordinate, InputError
from nubounds.files import user_limits, yaml_reader
from nubounds.numerics import units

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Plane:
    """One comparison plane, as its YAML file says."""

    name: str
    title: str
    x: dict
    y: dict
    columns: dict[str, dict]
    convention: str
    guides: list[dict]
    right: dict | None = None

    def coordinate(self, axis: str) -> Coordinate:
        """The plane's own coordinate on an axis; its unit stands in brackets behind the label."""
        declared = getattr(self, axis)
        words, _, unit = declared["label"].partition(" [")
        return Coordinate(declared["name"], unit.removesuffix("]") or "1", words)

    def accepts(self, x_name: str, y_name: str) -> bool:
        """Whether a limit with these columns can be drawn."""
        return user_limits.fit(self.columns, x_name, y_name)

    def convert(self, column: str, axis: str, values: np.ndarray, where: str) -> np.ndarray:
        """Values of a limit's column in the plane's coordinate, NaN for those that mean nothing there.

        Raises
        ------
        InputError
            For a column that the plane does not know, naming those it knows.
        """
        declared = self.columns.get(column)
        if declared is None or declared["axis"] != axis:
            known = ", ".join(name for name, entry in self.columns.items() if entry["axis"] == axis)
            raise InputError(
                f"{where}: the plane {self.name} knows no column {column} for its {axis} axis; it accepts {known}"
            )
        if "maximum" in declared:
            values = np.where(values > declared["maximum"], np.nan, values)
        if "convert" in declared:
            values = getattr(units, declared["convert"])(values)
        return declared.get("factor", 1.0) * values


@cache
def names() -> tuple[str, ...]:
    """Names of all planes, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def get(name: str) -> Plane:
    """The plane `name`; InputError naming the valid ones if there is none."""
    if name not in names():
        raise InputError(f"unknown plane {name}; valid: {', '.join(names())}")
    return Plane(name, **yaml_reader.read(FOLDER / f"{name}.yaml"))
