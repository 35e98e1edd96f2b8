"""Every number that a paper states, recomputed, with a verdict."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass
from pathlib import Path

from nubounds import evaluation, registry
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
REPRODUCED, BY_CHOICE, CONTRADICTED, NOT_COMPUTABLE = (
    "reproduced",
    "reproduced by a stated choice",
    "contradicted",
    "not computable",
)


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


def read(path: Path) -> list[Entry]:
    """The rows of a scorecard.csv; InputError with file and line for a malformed one."""
    entries = []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != SOURCE_COLUMNS:
            raise InputError(f"{path}:1: columns must be {','.join(SOURCE_COLUMNS)}")
        for row in reader:
            where = f"{path}:{reader.line_num}"
            if None in row or None in row.values():
                raise InputError(f"{where}: must have {len(SOURCE_COLUMNS)} fields (quote those with commas)")
            try:
                row["args"] = json.loads(row["args"] or "{}")
                row["published"] = float(row["published"]) if row["published"] else None
            except ValueError as problem:
                raise InputError(f"{where}: {problem}") from None
            if row["quantity"]:
                if row["published"] is None:
                    raise InputError(f"{where}: a row with a quantity needs a published number")
                agrees(1.0, 1.0, row["tolerance"], where)
            entries.append(Entry(**row))
    return entries


def agrees(computed: float, published: float, tolerance: str, where: str = "") -> bool:
    """Whether `computed` is within `tolerance` of `published`: ``5%``, ``x3``, ``+-0.5``, ``<`` (published is an
    upper bound), ``>``.
    """
    word = tolerance.strip()
    try:
        if word.endswith("%"):
            return abs(computed - published) <= float(word[:-1]) / 100 * abs(published)
        if word.startswith("x"):
            factor = float(word[1:])
            return computed * published > 0 and 1 / factor <= computed / published <= factor
        if word.startswith("+-"):
            return abs(computed - published) <= float(word[2:])
        if word in ("<", ">"):
            return computed <= published if word == "<" else computed >= published
    except ValueError:
        pass
    raise InputError(f"{where}: tolerance {tolerance!r} must be like 5%, x3, +-0.5, < or >")


def select(value, component: str):
    """The part of a quantity's value that a row speaks of: a key of an object, an index of a list, or the value."""
    if value is None or component == "":
        return value
    if isinstance(value, list):
        index = int(component)
        return value[index] if -len(value) <= index < len(value) else None
    return value[component]


def judge(entry: Entry, computed: float | None) -> str:
    """The verdict on one row."""
    if not entry.quantity:
        return NOT_COMPUTABLE
    if computed is None or not math.isfinite(computed) or not agrees(computed, entry.published, entry.tolerance):
        return CONTRADICTED
    return BY_CHOICE if entry.choice else REPRODUCED


def compute(constraint_name: str) -> list[dict]:
    """The scorecard of a constraint: one dict with :data:`COLUMNS` per row."""
    rows, answers = [], {}
    for entry in read(registry.get(constraint_name).folder / "scorecard.csv"):
        computed, unit, remark = None, entry.unit, entry.remark
        if entry.quantity:
            request = (entry.quantity, json.dumps(entry.args, sort_keys=True))
            if request not in answers:
                answers[request] = evaluation.respond(entry.quantity, entry.args)
            answer = answers[request]
            computed = select(answer["value"], entry.component)
            if computed is None and answer.get("note"):
                remark = f"{remark} ({answer['note']})".strip()
        verdict = judge(entry, computed)
        if entry.choice:
            remark = f"{entry.choice}. {remark}".strip()
        ratio = computed / entry.published if computed is not None and entry.published else None
        name = f"{entry.quantity}:{entry.component}" if entry.component else entry.quantity
        args = json.dumps(entry.args) if entry.quantity else ""
        published, tolerance = entry.published, entry.tolerance
        fields = (
            constraint_name,
            entry.item,
            entry.where,
            name,
            args,
            unit,
            published,
            computed,
            ratio,
            tolerance,
            verdict,
            remark,
        )
        rows.append(dict(zip(COLUMNS, fields, strict=True)))
    return rows


def to_csv(rows: list[dict]) -> str:
    """Rows as csv text."""
    import io

    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
