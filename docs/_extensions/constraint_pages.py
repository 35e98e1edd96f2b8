"""What a constraint declares, put below the prose of its page: inputs, quantities, errata, and its scorecard.

The page of a constraint is ``docs/<name>.md``; the tables are made from the declarations and from the scorecard of the
toy run, so they say what the code says.
"""

import re
from pathlib import Path

from nubounds import registry
from nubounds.files import tables
from nubounds.inputs import declare
from nubounds.inputs.parameter import BOUNDS, REQUIRED, Parameter, plain

TOY_RUN = Path(__file__).resolve().parents[2] / "results/toy"
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#~|])")  # what Markdown would read as more than a letter
INPUT_COLUMNS = ("input", "value", "valid", "meaning", "prior, best value, source")
SCORE_COLUMNS = ("statement", "where", "printed", "computed", "unit", "tolerance", "verdict", "remark")


def escaped(text) -> str:
    """Text as Markdown shows it letter by letter, formulae between dollars left alone."""
    parts = re.split(r"(\$[^$]*\$)", " ".join(str(text).split()))
    return "".join(part if place % 2 else SPECIAL.sub(r"\\\1", part) for place, part in enumerate(parts))


def code(text) -> str:
    """A name or a value in the letters of a program."""
    return f"`{text}`" if str(text) else ""


def table(head, rows) -> list[str]:
    """Lines of a table of cells that are Markdown already."""
    lines = [":::{list-table}", ":header-rows: 1", ""]
    for row in [head, *rows]:
        lines += [f"{'  ' if place else '* '}- {cell}" for place, cell in enumerate(row)]
    return [*lines, ":::", ""]


def flat(parameters: dict[str, Parameter], value_of=lambda parameter: parameter.default, before=""):
    """Every input with its key and default, those inside of another one with a dot in their key."""
    for key, parameter in parameters.items():
        default = value_of(parameter)
        if parameter.kind == "record":
            yield from flat(
                declare.parameters(parameter.record), lambda one, whole=default: getattr(whole, one.name), f"{key}."
            )
        else:
            yield f"{before}{key}", parameter, default


def valid(parameter: Parameter) -> str:
    """The values that an input takes."""
    if parameter.kind == "files":
        return ", ".join(["csv files", *map(code, parameter.choices)])
    if parameter.choices:
        return ", ".join(code(choice) for choice in parameter.choices)
    bounds = {words: getattr(parameter, attribute) for attribute, _, words in BOUNDS}
    said = [f"{words} {bound:g}" for words, bound in bounds.items() if bound is not None]
    return ", ".join(said) or {"file": "a csv file", "flag": "true, false"}.get(parameter.kind, "")


def known(parameter: Parameter) -> str:
    """What is known of a value: prior, best value, source."""
    from nubounds.inputs import priors

    said = [escaped(priors.in_words(parameter.prior))] if parameter.prior is not None else []
    if parameter.best is not REQUIRED:
        said.append(f"best: {code(plain(parameter.best))}")
    return "; ".join([*said, *([escaped(parameter.source)] if parameter.source else [])])


def inputs(constraint: registry.Constraint) -> list[str]:
    """A table for each record of inputs."""
    lines = [
        "## Inputs",
        "",
        f"All of them stand under `{constraint.name}: inputs:` in a config, and are arguments of the quantities that",
        "depend on them. Values are the paper's, unless a source says otherwise.",
        "",
    ]
    for record in constraint.records:
        rows = []
        for key, parameter, default in flat(declare.parameters(record)):
            unit = f" {escaped(parameter.unit)}" if parameter.unit != "1" else ""
            shown = "none" if default is None else code(plain(default)) + unit
            rows.append((code(key), shown, valid(parameter), escaped(parameter.meaning), known(parameter)))
        title = escaped((record.__doc__ or record.__name__).split("\n\n")[0].rstrip(". "))
        lines += [f"### {title}", "", *table(INPUT_COLUMNS, rows)]
    return lines


def quantities(constraint: registry.Constraint) -> list[str]:
    """What `nubounds.evaluate` answers."""
    rows = [(code(one.name), escaped(one.unit), escaped(one.summary)) for one in constraint.quantities.values()]
    said = f"Arguments of one: `nubounds list {constraint.name}.NAME`."
    return ["## Quantities", "", said, "", *table(("name", "unit", "meaning"), rows)]


def errata(constraint: registry.Constraint) -> list[str]:
    """Where the paper is wrong."""
    rows = [[escaped(one[key]) for key in ("where", "printed", "correct", "reason")] for one in
            constraint.declaration["errata"]]  # fmt: skip
    found = table(("where", "printed", "correct", "reason"), rows) if rows else ["None are known.", ""]
    return ["## Errata", "", *found]


def scorecard(constraint: registry.Constraint) -> list[str]:
    """Every number that the paper states, beside the computed one."""
    found = tables.read_table(TOY_RUN / constraint.name / "scorecard.csv").fillna("")
    numbers = {
        name: [f"{value:.4g}" if value != "" else "" for value in found[name]] for name in ("published", "computed")
    }
    cells = {
        "statement": map(escaped, found["item"]),
        "where": map(escaped, found["where"]),
        "printed": numbers["published"],
        "computed": numbers["computed"],
        "unit": ("" if unit == 1 or unit == "1" else escaped(unit) for unit in found["unit"]),
        "tolerance": map(escaped, found["tolerance"]),
        "verdict": map(escaped, found["verdict"]),
        "remark": map(escaped, found["remark"]),
    }
    rows = list(zip(*(cells[name] for name in SCORE_COLUMNS), strict=True))
    said = "Each number that the paper states, recomputed; [what the verdicts mean](figures.md#verdicts)."
    return ["## Scorecard", "", said, "", *table(SCORE_COLUMNS, rows)]


def extend(app, docname, source) -> None:
    """Put the tables below the page of a constraint."""
    if docname in registry.names():
        constraint = registry.get(docname)
        parts = (inputs, quantities, errata, scorecard)
        source[0] = "\n".join([source[0], *(line for part in parts for line in part(constraint))])


def setup(app):
    app.connect("source-read", extend)
    return {"parallel_read_safe": True}
