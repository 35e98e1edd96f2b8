"""From the paper's number to today's best: which piece of physics moves it by how much.

A piece is an input whose declaration has a best value that differs from the paper's.  Pieces are switched on one after
another in the order of declaration; what a user chose otherwise stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nubounds.contract import REQUIRED, Answer, InputError, Inputs, Parameter, Quantity
from nubounds.inputs import declare
from nubounds.inputs.parameter import plain

if TYPE_CHECKING:
    import pandas
    from numpy.typing import ArrayLike

INPUTS_OF = {"best": "today's best inputs", "paper": "the paper's inputs"}  # presets in words
PAPER = "paper"  # the name of the first step, at which nothing is switched on
CONFIGURED = "configured"  # the inputs as they are, beside the steps
COLUMNS = ("step", "input", "paper", "best", "value", "ratio")


def pieces(inputs: Mapping[str, Parameter]) -> list[str]:
    """The inputs that have a best value beside the paper's, in the order of declaration."""
    return [key for key, one in inputs.items() if one.best is not REQUIRED and plain(one.best) != plain(one.default)]


def changes(
    inputs: Mapping[str, Parameter], upto: str, values: Mapping[str, Any], fixed: Collection[str] = ()
) -> dict[str, Any]:
    """The values of pieces when those up to and including one are switched on.

    Parameters
    ----------
    inputs : by key, as declared
    upto : the last piece that is switched on; PAPER for none
    values : what a user has of each input; where that is neither the paper's nor the best value it stays
    fixed : keys that stay in any case

    Returns
    -------
    values by key, of the pieces alone

    Raises
    ------
    InputError
        For a word that is no piece.
    """
    found = pieces(inputs)
    if upto not in (PAPER, *found):
        raise InputError(f"{upto}: no piece of physics; valid: {', '.join((PAPER, *found))}")
    reached = found.index(upto) + 1 if upto in found else 0
    return {
        key: inputs[key].best if place < reached else inputs[key].default
        for place, key in enumerate(found)
        if key not in fixed
        and plain(values.get(key, inputs[key].default)) in (plain(inputs[key].default), plain(inputs[key].best))
    }


def at(step: str, *records: Inputs) -> tuple[Any, ...]:
    """Records as they are (CONFIGURED), or with the pieces up to and including `step` switched on (:func:`changes`).

    Parameters
    ----------
    step : CONFIGURED, or the key of the last piece that is switched on
    *records : records of inputs

    Returns
    -------
    The records, in the order given.
    """
    if step == CONFIGURED:
        return records
    values = {key: value for record in records for key, value in record.as_plain().items()}
    switched = changes(declare.merged(map(type, records)), step, values)
    return tuple(declare.build(type(record), switched, start=record) for record in records)


def other_presets(*records: Inputs) -> list[tuple[str, str]]:
    """The presets that records are not at, each with its step: paper with PAPER, best with the last piece."""
    found = zip(declare.PRESETS, (PAPER, pieces(declare.merged(map(type, records)))[-1]), strict=True)
    return [(preset, step) for preset, step in found if at(step, *records) != records]


def nearest(values: ArrayLike, wanted: Iterable[float]) -> list[float]:
    """The values of a grid that are nearest to some in their logarithm.

    Parameters
    ----------
    values : of the grid, above 0, in any order, with repetitions
    wanted : what they should be next to

    Returns
    -------
    One for each of `wanted`, or none for a grid without values.
    """
    import numpy as np

    grid = np.unique(values)
    return [float(grid[np.argmin(np.abs(np.log(grid / one)))]) for one in wanted] if grid.size else []


def table(frame: pandas.DataFrame, limit: Sequence[str], value: str) -> pandas.DataFrame:
    """The table of a scan over pieces as one for readers.

    Parameters
    ----------
    frame : with a column `physics` (CONFIGURED, PAPER, pieces in their order), the columns `limit` and `value`
    limit : columns that together name a limit
    value : what the pieces move

    Returns
    -------
    A row for each limit and step, in order: `limit`, ``step``, ``physics``, `value`, ``ratio`` to the step before.
    Limits without any value are left out.
    """
    rows = frame[frame["physics"] != CONFIGURED].copy()
    order = {name: place for place, name in enumerate(dict.fromkeys(rows["physics"]))}
    rows["step"] = rows["physics"].map(order)
    rows = rows.sort_values([*limit, "step"], kind="stable")
    by_limit = rows.groupby(list(limit), sort=False)[value]
    rows["ratio"] = rows[value] / by_limit.shift()
    there = by_limit.transform("count") > 0
    return rows[there][[*limit, "step", "physics", value, "ratio"]].reset_index(drop=True)


def preset(inputs: Mapping[str, Parameter], values: Mapping[str, Any]) -> str:
    """Which preset complete `values` by key are: paper or best if all pieces are, else "between paper and best".

    Parameters
    ----------
    inputs : declarations of the inputs, by key
    values : their values

    Returns
    -------
    The word.
    """
    found = [key for key in pieces(inputs) if key in values]
    for name, of in ((PAPER, "default"), ("best", "best")):
        if all(plain(values[key]) == plain(getattr(inputs[key], of)) for key in found):
            return name
    return "between paper and best"


@dataclass(frozen=True)
class Step:
    """One step: which input was switched on (PAPER: none), its two values, and the quantity then (NaN: none, see note).

    ratio : of the value to that of the step before; NaN where one of them does not exist
    """

    step: int
    input: str
    paper: Any
    best: Any
    value: float
    ratio: float
    note: str = ""


def steps(
    ask: Callable[[Quantity, Mapping[str, Any], Mapping[str, Any] | None], Answer],
    quantity: Quantity,
    given: Mapping[str, Any],
    config: Mapping[str, Any] | None = None,
) -> list[Step]:
    """The waterfall of a quantity.

    Parameters
    ----------
    ask : gives the answer of a quantity for arguments and the inputs of a config
    quantity : with a single number as its value
    given : its arguments; inputs among them stay as they are
    config : further inputs by key; those at the paper's or the best value are pieces, others stay

    Returns
    -------
    The steps, the paper's inputs first.

    Raises
    ------
    InputError
        For a preset, a quantity without pieces, a value that is no single number, or what the quantity refuses at the
        paper's inputs.  A later step that is refused has no value, and the reason as its note.
    """
    inputs = quantity.inputs
    if "preset" in given:
        raise InputError("preset: a waterfall goes from the paper to the best; give single inputs instead")
    if not (mine := [key for key in pieces(inputs) if key in changes(inputs, PAPER, config or {}, given)]):
        raise InputError(f"{quantity.name}: no input that it depends on has a best value beside the paper's")
    found: list[Step] = []
    for number, key in enumerate([PAPER, *mine]):
        switched = changes(inputs, key, config or {}, given)
        try:
            answer = ask(quantity, {**given, **switched}, config)
        except InputError as problem:
            if key == PAPER:
                raise
            answer = Answer(None, None, str(problem))
        if not isinstance(answer.value, float | int | None):
            raise InputError(f"{quantity.name}: a waterfall needs a single number, not {answer.value}")
        value = math.nan if answer.value is None else float(answer.value)
        ratio = 1.0 if key == PAPER else value / found[-1].value if found[-1].value else math.nan
        both = ("", "") if key == PAPER else (plain(inputs[key].default), plain(inputs[key].best))
        found.append(Step(number, key, *both, value, ratio, answer.note if answer.value is None else ""))
    return found


def lines(found: list[Step]) -> list[str]:
    """A waterfall as a table for a terminal."""
    cells = [COLUMNS] + [
        (f"{one.step}", one.input, str(one.paper), str(one.best), f"{one.value:.6g}", f"{one.ratio:.4g}")
        for one in found
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(COLUMNS))]
    rows = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return rows + [f"step {one.step}: {one.note}" for one in found if one.note]
