"""Every number that a paper states, recomputed, with a verdict that claims no more than was shown."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nubounds import registry
from nubounds.answers import evaluation, propagation
from nubounds.config.ensemble import flat
from nubounds.contract import InputError

COLUMNS = (
    "constraint",
    "item",
    "where",
    "quantity",
    "args",
    "unit",
    "published",
    "computed",
    "ratio",
    "tolerance",
    "verdict",
    "remark",
    "missing",
    "band",
)
SOURCE_COLUMNS = (
    "item",
    "where",
    "quantity",
    "args",
    "component",
    "unit",
    "published",
    "tolerance",
    "choice",
    "remark",
)
EXTRA_COLUMNS = ("correct", "missing")  # a scorecard without errata or open questions does without them

REPRODUCED, BY_CHOICE, HOLDS, ERRATUM, NOT_REPRODUCED, NOT_COMPUTABLE = VERDICTS = (
    "reproduced",
    "reproduced by a stated choice",
    "inequality or order of magnitude holds",
    "erratum",
    "not reproduced",
    "not computable",
)
KINDS = dict(zip(VERDICTS, ("reproduced", "choice", "holds", "erratum", "open", "not"), strict=True))  # in one word
NOT_AS_PRINTED = (ERRATUM, NOT_REPRODUCED)  # verdicts on numbers that do not come out
INSIDE, NO_PRIOR, UNKNOWN = "inside the inputs' band", "no input with a prior moves it", "band not known"
MOST_BANDS = 100  # beyond, the inputs have nothing to do with it
BOUNDS = ("<", ">")  # tolerances of statements that only bound a number


@dataclass(frozen=True)
class Entry:
    """One row of a constraint's scorecard.csv."""

    item: str
    where: str
    quantity: str
    args: dict
    component: str
    unit: str
    published: float | None
    tolerance: str
    choice: str
    remark: str
    correct: str = ""  # what the derivation in the remark gives, with its own tolerance: "2.1712 0.1%"
    missing: str = ""  # what the paper does not state, without which the number cannot be reproduced
    digits: float = 0.0  # half a unit of the last printed digit


def _columns(names, where: str) -> None:
    named = tuple(names or ())
    if named[: len(SOURCE_COLUMNS)] != SOURCE_COLUMNS or not set(named[len(SOURCE_COLUMNS) :]) <= set(EXTRA_COLUMNS):
        extra = " and ".join(EXTRA_COLUMNS)
        raise InputError(f"{where}: columns must be {','.join(SOURCE_COLUMNS)}, then {extra} where they are needed")


def read(path: Path) -> list[Entry]:
    """The rows of a scorecard.csv; InputError with file and line for a malformed one."""
    entries = []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        _columns(reader.fieldnames, f"{path}:1")
        for row in reader:
            where = f"{path}:{reader.line_num}"
            if None in row or None in row.values():
                raise InputError(f"{where}: must have {len(reader.fieldnames)} fields (quote those with commas)")
            printed = row["published"]
            try:
                row["args"] = json.loads(row["args"] or "{}")
                row["published"] = float(printed) if printed else None
            except ValueError as problem:
                raise InputError(f"{where}: {problem}") from None
            if row["quantity"]:
                if row["published"] is None:
                    raise InputError(f"{where}: a row with a quantity needs a published number")
                agrees(1.0, 1.0, row["tolerance"], where)
            if row.get("correct"):
                _agrees_with_correct(1.0, row["correct"], where)
            entries.append(Entry(**row, digits=last_digit(printed)))
    return entries


def last_digit(printed: str) -> float:
    """Half a unit of the last digit of a number as it is printed: 0.05 for 12.3, 0.5 for 12, 5e-10 for 1.23e-7."""
    mantissa, _, exponent = printed.lower().partition("e")
    return 0.5 * 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2])) if printed else 0.0


def agrees(computed: float, published: float, tolerance: str, where: str = "", digits: float = 0.0) -> bool:
    """Whether `computed` is within `tolerance` of `published`.

    A tolerance is ``digits`` (it rounds to the number as printed, within half a unit of its last digit, `digits`),
    ``5%``, ``x3``, ``+-0.5``, ``<`` (published is an upper bound) or ``>``.

    Parameters
    ----------
    computed : the number of this project
    published : the paper's number, in the same unit
    tolerance : as described above
    where : place in the scorecard, for error messages
    digits : half a unit of the last printed digit

    Returns
    -------
    Whether it is.
    """
    word = tolerance.strip()
    if word == "digits":
        return abs(computed - published) <= digits * (1 + 1e-9)
    try:
        if word.endswith("%"):
            return abs(computed - published) <= float(word[:-1]) / 100 * abs(published)
        if word.startswith("x"):
            factor = float(word[1:])
            return computed * published > 0 and 1 / factor <= computed / published <= factor
        if word.startswith("+-"):
            return abs(computed - published) <= float(word[2:])
        if word in BOUNDS:
            return computed <= published if word == "<" else computed >= published
    except ValueError:
        pass
    raise InputError(f"{where}: tolerance {tolerance!r} must be like digits, 5%, x3, +-0.5, < or >")


def select(value: Any, component: str) -> Any:
    """The part of a quantity's value that a row speaks of: a key of an object, an index of a list, or the value.

    Parameters
    ----------
    value : value of the quantity; None where it has none
    component : the key or the index; empty for the whole value

    Returns
    -------
    The part; None where a list is too short for the index.
    """
    if value is None or component == "":
        return value
    if isinstance(value, list):
        index = int(component)
        return value[index] if -len(value) <= index < len(value) else None
    return value[component]


def bounds_only(tolerance: str) -> bool:
    """Whether a statement with this tolerance fixes no number: an inequality or an order of magnitude."""
    return tolerance in BOUNDS or tolerance.startswith("x")


def _agrees_with_correct(computed: float, correct: str, where: str = "") -> bool:
    """Whether `computed` is what a derivation gives: its number and its tolerance, with a space between them."""
    number, _, tolerance = correct.strip().partition(" ")
    try:
        value = float(number)
    except ValueError:
        raise InputError(f"{where}: correct {correct!r} must be a number and a tolerance, like 2.17 1%") from None
    return agrees(computed, value, tolerance or "digits", where, last_digit(number))


def judge(entry: Entry, computed: float | None) -> str:
    """The verdict on one row.

    Parameters
    ----------
    entry : row of the scorecard
    computed : the number of this project; None where there is none

    Returns
    -------
    One of the module's words for verdicts.
    """
    if not entry.quantity:
        return NOT_COMPUTABLE
    if computed is None or not math.isfinite(computed):
        return NOT_REPRODUCED
    if agrees(computed, entry.published, entry.tolerance, digits=entry.digits):
        if bounds_only(entry.tolerance):
            return HOLDS
        return BY_CHOICE if entry.choice else REPRODUCED
    if entry.correct and _agrees_with_correct(computed, entry.correct):
        return ERRATUM
    return NOT_REPRODUCED


class Answers:
    """What quantities answer, each request once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict] = {}

    def of(self, quantity: str, args: dict) -> dict:
        """The answer as :func:`nubounds.answers.evaluation.respond` gives it."""
        request = (quantity, json.dumps(args, sort_keys=True, default=str))
        if request not in self._known:
            self._known[request] = evaluation.respond(quantity, args)
        return self._known[request]


def band(entry: Entry, computed: float, answers: Answers) -> str:
    """How far the published number lies from the computed one, in standard deviations that the priors of its inputs
    allow: to first order, each input by itself; those that the statement itself sets are held.

    Parameters
    ----------
    entry : row of the scorecard
    computed : the number of this project
    answers : answers of quantities, each computed once

    Returns
    -------
    The distance in words; NO_PRIOR where no prior has a width, UNKNOWN where the width is not finite.
    """
    held = {key.split(".")[0] for key in entry.args}
    known = flat(evaluation.find(entry.quantity).inputs)
    inputs = {key: one for key, one in known.items() if key.split(".")[0] not in held}
    values = propagation.flat_values(inputs, answers.of(entry.quantity, entry.args)["args"])

    def ask(changes: dict) -> float | None:
        try:
            return select(answers.of(entry.quantity, entry.args | changes)["value"], entry.component)
        except InputError:  # inputs that do not fit together
            return None

    shifts = [one.shift for one in propagation.effects(ask, computed, inputs, values, elasticities=False)]
    width = abs(computed) * math.hypot(*shifts)
    if not width:
        return NO_PRIOR
    if not math.isfinite(width):
        return UNKNOWN
    away = abs(computed - entry.published) / width
    if away <= 1:
        return INSIDE
    return f"{away:.2g} bands out" if away <= MOST_BANDS else f"more than {MOST_BANDS} bands out"


def _reason(entry: Entry, note: str) -> str:
    """Why a verdict is as it is, in sentences that can be read without the row."""
    said = (entry.choice, entry.remark, note)
    return " ".join(words if words.endswith((".", "!", "?")) else f"{words}." for words in said if words)


def compute(constraint_name: str) -> list[dict]:
    """The scorecard of a constraint: one dict with :data:`COLUMNS` per row."""
    rows, answers = [], Answers()
    for entry in read(registry.get(constraint_name).folder / "scorecard.csv"):
        computed, note = None, ""
        if entry.quantity:
            answer = answers.of(entry.quantity, entry.args)
            computed = select(answer["value"], entry.component)
            note = answer.get("note") or "" if computed is None else ""
        verdict = judge(entry, computed)
        compared = verdict in NOT_AS_PRINTED and computed and math.isfinite(computed)
        fields = (
            constraint_name,
            entry.item,
            entry.where,
            f"{entry.quantity}:{entry.component}" if entry.component else entry.quantity,
            json.dumps(entry.args) if entry.quantity else "",
            entry.unit,
            entry.published,
            computed,
            computed / entry.published if computed is not None and entry.published else None,
            entry.tolerance,
            verdict,
            _reason(entry, note),
            entry.missing if verdict == NOT_REPRODUCED else "",
            band(entry, computed, answers) if compared else "",
        )
        rows.append(dict(zip(COLUMNS, fields, strict=True)))
    return rows


def to_csv(rows: list[dict]) -> str:
    """Rows as csv text; what else they hold than :data:`COLUMNS` is left out."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def verdicts(path: Path) -> dict[tuple[str, str], str]:
    """Verdicts of a scorecard that was written before, by statement and place; InputError for another file."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if not {"item", "where", "verdict"} <= set(reader.fieldnames or ()):
            raise InputError(f"{path}: no scorecard of nubounds (it has no columns item, where and verdict)")
        return {(row["item"], row["where"]): row["verdict"] for row in reader}


def changes(rows: list[dict], before: dict[tuple[str, str], str]) -> list[str]:
    """A line for each statement whose verdict is another one than before, that is new, or that is gone.

    Parameters
    ----------
    rows : rows of the scorecard, as computed now
    before : (item, where) -> verdict of an earlier run

    Returns
    -------
    The lines.
    """
    now = {(row["item"], row["where"]): row["verdict"] for row in rows}
    return [
        f"{item} ({where}): {before.get((item, where), 'not there')} before, {now.get((item, where), 'not there')} now"
        for item, where in dict.fromkeys([*before, *now])
        if before.get((item, where)) != now.get((item, where))
    ]
