"""One member: its scans at the ensemble's grid, and its curves.

A scan is computed for the inputs that it declares, so members that differ in other inputs share its table.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nubounds.code.lazy import Computed
from nubounds.contract import Curve, InputError, Run, Status
from nubounds.inputs import declare
from nubounds.inputs.parameter import plain
from nubounds.numerics import grid
from nubounds.registry import Constraint
from nubounds.steps import limits
from nubounds.steps import scan as scans

Columns = dict[str, np.ndarray]
UNEXPLAINED = [status for status in Status if not status.explained]


class MemberFailed(Exception):
    """A member has no limits, and why."""


def changed(inputs: Mapping[str, Any], drawn: Mapping[str, Any]) -> dict[str, Any]:
    """All inputs of a member: those of the config with what it draws, dotted keys inside of their mappings.

    Parameters
    ----------
    inputs : inputs of the config by key
    drawn : what the member draws, by key; an entry of a mapping has a dotted key

    Returns
    -------
    Inputs by key.
    """
    complete = {key: dict(value) if isinstance(value, Mapping) else value for key, value in inputs.items()}
    for key, value in drawn.items():
        *outer, last = key.split(".")
        place = complete
        for part in outer:
            place[part] = dict(place[part])
            place = place[part]
        place[last] = plain(value)
    return complete


def projection(function: Callable, inputs: Mapping[str, Any]) -> str:
    """What a function gets to see of `inputs`, as a word.

    Parameters
    ----------
    function : annotated with the records that it uses
    inputs : all inputs of a member by key

    Returns
    -------
    Those inputs that the function depends on, as JSON.
    """
    return json.dumps({key: inputs[key] for key in sorted(declare.inputs_of(function))}, sort_keys=True)


class Laboratory:
    """A constraint at the ensemble's grid: scans of any inputs, each distinct projection computed once.

    `rows` holds what is known: (scan, projection) -> columns, or the reason why there are none.
    """

    def __init__(self, constraint: Constraint, axes: Mapping[str, list]):
        self.constraint = constraint
        self.points = {
            scan: grid.product({axis: axes.get(axis, []) for axis in declared["axes"]})  # of a listed axis: none
            for scan, declared in constraint.scans.items()
        }
        self.rows: dict[tuple[str, str], Columns | str] = {}

    def key(self, scan: str, inputs: Mapping[str, Any]) -> tuple[str, str]:
        """Where the table of a scan is kept."""
        return scan, projection(self.constraint.scan_functions[scan], inputs)

    def compute(self, scan: str, inputs: Mapping[str, Any]) -> Columns | str:
        """The columns of a scan, or the reason why there are none."""
        key = self.key(scan, inputs)
        if key not in self.rows:
            try:
                self.rows[key] = scans.evaluate_points(self.constraint, scan, self.points[scan], dict(inputs))
            except (InputError, ArithmeticError) as problem:
                self.rows[key] = str(problem).partition("\n")[0]
        return self.rows[key]

    def table(self, scan: str, inputs: Mapping[str, Any]) -> Any:
        """The table of a scan as `limits` gets it; MemberFailed for one with a point that failed."""
        rows = self.compute(scan, inputs)
        if isinstance(rows, str):
            raise MemberFailed(rows)
        failed = np.isin(rows["status"], UNEXPLAINED)
        if failed.any():
            raise MemberFailed(f"{scan}: {failed.sum()} points failed ({Status(int(rows['status'][failed][0])).name})")
        return scans.frame(self.points[scan], rows)

    def curves(self, inputs: Mapping[str, Any]) -> tuple[list[Curve], list[str]]:
        """The curves of a member, and the scans that they use.

        Raises
        ------
        MemberFailed
            Where inputs do not fit together, or a point failed.
        """
        tables = Computed(self.points, lambda scan: self.table(scan, inputs))
        try:
            run = Run(tables, points=self.points)
            found = self.constraint.limits(run, **declare.bind(self.constraint.limits, inputs))
        except (InputError, ArithmeticError) as problem:
            raise MemberFailed(str(problem).partition("\n")[0]) from None
        return found, tables.used


def describe(curve: Curve) -> dict[str, Any]:
    """What is the same for all members of a curve, as JSON writes it."""
    axes = {axis: dataclasses.asdict(getattr(curve, axis)) for axis in ("x_axis", "y_axis")}
    return {word: getattr(curve, word) for word in limits.WORDS} | {"side": str(curve.side)} | axes
