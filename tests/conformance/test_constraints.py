"""What every constraint of the registry must keep: parametrised over all of them, so a new one is tested by being
there.
"""

import ast
import json
import math

import numpy as np
import pytest

from nubounds import config, registry
from nubounds.answers import evaluation
from nubounds.code import sources
from nubounds.contract import PRECISIONS, REQUIRED, InputError, Status
from nubounds.inputs import declare
from nubounds.inputs.parameter import plain
from nubounds.numerics import grid
from nubounds.steps import scan, scorecard

NEEDED = (
    "constraint.yaml",
    "inputs.py",
    "quantities.py",
    "scans.py",
    "curves.py",
    "figures.py",
    "physics.py",
    "scorecard.csv",
)

NAMES = registry.names()
SCANS = [(name, scan_name) for name in NAMES for scan_name in registry.get(name).scans]
QUANTITIES = [(name, quantity) for name in NAMES for quantity in registry.get(name).quantities]


@pytest.fixture(scope="module")
def toy():
    """Toy grids; where files are an axis, what may stand for them."""
    listed = {name: registry.get(name).listed.values() for name in NAMES}
    inputs = {name: {"inputs": {one.name: list(one.choices) for one in lists}} for name, lists in listed.items()}
    return config.complete({"resolution": "toy"} | inputs, "toy")


def points_of(toy, name, scan_name, most=40):
    """Up to `most` points of a scan's toy grid, spread evenly."""
    section = toy.sections[name]
    points = grid.product({axis: section.grid[axis] for axis in registry.get(name).scans[scan_name]["axes"]})
    count = len(next(iter(points.values())))
    chosen = np.unique(np.linspace(0, count - 1, min(most, count)).astype(int))
    return {axis: values[chosen] for axis, values in points.items()}


def rows_of(toy, name, scan_name, points, **changed):
    constraint = registry.get(name)
    return scan.evaluate_points(constraint, scan_name, points, toy.sections[name].inputs | changed)


def test_there_are_constraints():
    assert NAMES


@pytest.mark.parametrize("name", NAMES)
def test_declaration_and_code_agree(name):
    constraint = registry.get(name)
    constraint.require_complete()
    assert set(constraint.declaration["user_limits"] or {}) <= set(constraint.declaration["figures"])
    if "precision" in constraint.inputs:
        assert constraint.inputs["precision"].choices == PRECISIONS


@pytest.mark.parametrize("name", NAMES)
def test_folder_keeps_the_layout(name):
    folder, *shared = registry.get(name).folders
    for file in NEEDED:
        assert (folder / file).is_file(), file
    if folder.parent == registry.FOLDER:  # another package may have its own ways to be fast
        assert (sources.CYTHON_EXT / f"{name}.pyx").is_file()
    for path in (path for place in (folder, *shared) for path in (place / "data").glob("*")):
        assert path.read_text(encoding="utf-8").startswith("#"), (
            f"{path} needs a header: quantity [unit], source, licence"
        )


@pytest.mark.parametrize("name", NAMES)
def test_quantities_stand_in_their_modules(name):
    for quantity in registry.get(name).quantities.values():
        assert quantity.function.__module__.rpartition(".")[2] in ("quantities", "statements", "observables")


@pytest.mark.parametrize("name", NAMES)
def test_no_default_of_an_input_stands_in_two_places(name):
    """Neither an argument of a quantity nor a field of another class nor an argument of a function repeats one.

    An argument that a quantity declares itself may share the name of an input only where it means something else: then
    the quantity does not depend on that input, and its default or its choices differ.
    """
    constraint = registry.get(name)
    for quantity in constraint.quantities.values():
        for parameter in quantity.parameters:
            assert parameter.name not in quantity.inputs, f"{quantity.name}: {parameter.name} is an input"
            twin = constraint.inputs.get(parameter.name)
            same = twin and (parameter.default, parameter.choices) == (twin.default, twin.choices)
            assert not same or parameter.default is REQUIRED, f"{quantity.name}: {parameter.name} repeats an input"
    for path in (path for folder in constraint.folders for path in folder.rglob("*.py")):
        if path.name in ("inputs.py", "physics.py"):
            continue
        for argument, default in defaults_in(ast.parse(path.read_text(encoding="utf-8"))):
            declared = constraint.inputs.get(argument)
            assert declared is None or plain(declared.default) != default or default is None, (
                f"{path}: {argument}={default} repeats the default of an input"
            )


def defaults_in(tree):
    """(name, value) of every literal default of an argument or of a field of a class."""
    for node in ast.walk(tree):
        pairs = []
        if isinstance(node, ast.FunctionDef):
            positional = node.args.posonlyargs + node.args.args
            pairs += zip(positional[len(positional) - len(node.args.defaults) :], node.args.defaults, strict=True)
            pairs += [pair for pair in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if pair[1]]
            pairs = [(argument.arg, value) for argument, value in pairs]
        elif isinstance(node, ast.ClassDef):
            fields = [entry for entry in node.body if isinstance(entry, ast.AnnAssign) and entry.value]
            pairs = [(entry.target.id, entry.value) for entry in fields]
        for argument, value in pairs:
            try:
                yield argument, ast.literal_eval(value)
            except ValueError:  # an expression
                continue


@pytest.mark.parametrize(("name", "quantity"), QUANTITIES)
def test_arguments_of_quantities_are_declared_in_full(name, quantity):
    """Where they are declared and nowhere else: `nubounds list` shows what stands there."""
    declared = registry.get(name).quantities[quantity].parameters
    assert [parameter.name for parameter in declared if not parameter.meaning] == []


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_declared_in_full(name):
    for parameter in registry.get(name).inputs.values():
        assert parameter.meaning
        if parameter.prior is not None:
            assert parameter.prior.source, f"{parameter.name}: the prior names no source and no assumption"


IDLE = {("sn_dipole", "regions")}  # computes nothing unless inputs beyond the paper's ask for it
OF_ONE_PRECISION = {("sn_dipole", "pieces")}  # that of a draft


@pytest.mark.parametrize(("name", "scan_name"), SCANS)
def test_scan_gives_finite_values_with_small_errors_or_a_status(toy, name, scan_name):
    rows = rows_of(toy, name, scan_name, points_of(toy, name, scan_name))
    status = rows["status"]
    assert set(status.tolist()) <= {int(Status.OK), int(Status.OUT_OF_DOMAIN), int(Status.NO_SOLUTION)}
    assert (status == Status.OK).any() != ((name, scan_name) in IDLE)
    for column, declared in registry.get(name).scans[scan_name]["columns"].items():
        good = status == Status.OK
        assert np.isfinite(rows[column][good]).all(), column
        if not declared.get("exact"):
            error = rows[f"{column}_error"][good]
            assert (error >= 0).all(), column


@pytest.mark.parametrize(("name", "scan_name"), SCANS)
def test_a_point_does_not_depend_on_its_neighbours(toy, name, scan_name):
    points = points_of(toy, name, scan_name, most=12)
    together = rows_of(toy, name, scan_name, points)
    count = len(together["status"])
    for chosen in (np.arange(count)[::-1], np.arange(0, count, 3), np.array([count // 2])):
        alone = rows_of(toy, name, scan_name, {axis: values[chosen] for axis, values in points.items()})
        for column, values in alone.items():
            assert values.tobytes() == together[column][chosen].tobytes(), column


WITH_PRECISION = [
    (name, scan)
    for name, scan in SCANS
    if "precision" in declare.inputs_of(registry.get(name).scan_functions[scan])
    and (name, scan) not in IDLE | OF_ONE_PRECISION
]


@pytest.mark.parametrize(("name", "scan_name"), WITH_PRECISION)
def test_precision_moves_towards_the_reference(toy, name, scan_name):
    """In the worst relative distance over all columns with errors; each step must make a difference."""
    points, declared = points_of(toy, name, scan_name, most=12), registry.get(name).scans[scan_name]
    columns = [column for column, properties in declared["columns"].items() if not properties.get("exact")]
    rows = [rows_of(toy, name, scan_name, points, precision=precision) for precision in PRECISIONS]
    good = np.all([row["status"] == 0 for row in rows], axis=0)
    values = [np.stack([row[column][good] for column in columns]) for row in rows]
    scale = np.abs(values[-1]) + (values[-1] == 0)
    draft, paper = (np.max(np.abs(value - values[-1]) / scale) for value in values[:-1])
    assert 0 < paper < draft < 0.05, (draft, paper)


@pytest.mark.parametrize(("name", "quantity_name"), QUANTITIES)
def test_quantity_answers_or_refuses_clearly(name, quantity_name):
    quantity = evaluation.find(quantity_name)
    assert quantity_name.startswith(f"{name}.")
    assert quantity.summary and quantity.source and quantity.unit
    missing = [parameter for parameter in quantity.parameters if parameter.default is REQUIRED]
    sample = {parameter.name: parameter.choices[0] if parameter.choices else 1.0 for parameter in missing}
    try:
        response = evaluation.respond(quantity_name, sample)
    except InputError as problem:
        assert str(problem)
        return
    text = json.dumps(response, allow_nan=False)
    assert set(json.loads(text)) >= {"name", "value", "unit", "error", "args"}
    assert set(response["args"]) == {*(parameter.name for parameter in quantity.parameters), *quantity.inputs}
    assert response["value"] is not None or response["note"]


@pytest.mark.parametrize(("name", "quantity_name"), QUANTITIES)
def test_quantity_names_the_valid_arguments(name, quantity_name):
    with pytest.raises(InputError, match="no argument nonsense; valid"):
        evaluation.respond(quantity_name, {"nonsense": 1})
    quantity = evaluation.find(quantity_name)
    for parameter in (*quantity.parameters, *quantity.inputs.values()):
        if parameter.kind == "choice":
            with pytest.raises(InputError, match=f"{parameter.name}=.*must be one of"):
                parameter.convert("no such word")
        elif parameter.kind in ("number", "integer"):
            with pytest.raises(InputError, match=f"{parameter.name}=.*must be"):
                parameter.convert("nan")


@pytest.mark.parametrize("name", NAMES)
def test_scorecard_computes(name):
    rows = scorecard.compute(name)
    assert rows
    entries = scorecard.read(registry.get(name).folder / "scorecard.csv")
    assert len({(row["item"], row["where"]) for row in rows}) == len(rows), "a statement has two rows"
    for row, entry in zip(rows, entries, strict=True):
        assert row["verdict"] in scorecard.VERDICTS
        assert row["computed"] is None or math.isfinite(row["computed"])
        if row["verdict"] not in (scorecard.REPRODUCED, scorecard.HOLDS):
            assert row["remark"], f"{row['item']}: a verdict of {row['verdict']} needs a reason"
        if row["verdict"] == scorecard.NOT_REPRODUCED:
            assert entry.missing, f"{row['item']}: what is missing to reproduce it is not named"
        if row["verdict"] == scorecard.ERRATUM:
            assert entry.remark, f"{row['item']}: an erratum needs its derivation"
        if entry.correct:
            assert row["verdict"] == scorecard.ERRATUM, f"{row['item']}: the derived number does not come out"


@pytest.mark.parametrize("name", registry.names())
def test_declared_columns_of_user_limits_are_those_that_figures_ask_for(name):
    """Each call of `draw_user_limits` asks for two columns; those that stand there as words must be declared."""
    constraint = registry.get(name)
    declared = {tuple(columns) for columns in (constraint.declaration["user_limits"] or {}).values()}
    assert all(len(columns) == 2 for columns in declared)
    calls = [
        node
        for path in constraint.folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "draw_user_limits"
    ]
    assert bool(calls) == bool(declared)
    for call in calls:
        x, y = (getattr(argument, "value", None) for argument in call.args[2:4])
        found = [columns for columns in declared if columns[0] == x and (columns[1] == y or not isinstance(y, str))]
        assert found, f"{x} {y} is not declared"
