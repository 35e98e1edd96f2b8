"""Public functions and classes are documented; in covered modules, with every parameter and the return value."""

import ast
import re

import pytest

from nubounds.sources import PACKAGE

# Public functions with two or more parameters have annotations and the numpydoc sections Parameters and Returns,
# everywhere but in these modules.  Take a name out once its module passes.
EXCEPTIONS = [
    "constraints.sn_dipole.checks",
    "constraints.sn_dipole.criteria",
    "constraints.sn_dipole.curves",
    "constraints.sn_dipole.decay",
    "constraints.sn_dipole.detectors",
    "constraints.sn_dipole.emission",
    "constraints.sn_dipole.escape",
    "constraints.sn_dipole.exchange",
    "constraints.sn_dipole.figures",
    "constraints.sn_dipole.gravity",
    "constraints.sn_dipole.history",
    "constraints.sn_dipole.layers",
    "constraints.sn_dipole.leaving",
    "constraints.sn_dipole.level_search",
    "constraints.sn_dipole.likelihoods",
    "constraints.sn_dipole.low_energy",
    "constraints.sn_dipole.monte_carlo",
    "constraints.sn_dipole.neutrinos",
    "constraints.sn_dipole.physics",
    "constraints.sn_dipole.production",
    "constraints.sn_dipole.profile",
    "constraints.sn_dipole.quantities",
    "constraints.sn_dipole.rates",
    "constraints.sn_dipole.representative_zones",
    "constraints.sn_dipole.scans",
    "constraints.sn_dipole.star_content",
    "constraints.sn_dipole.star_sum",
    "constraints.sn_dipole.statements",
    "constraints.sn_dipole.tables",
    "constraints.sn_dipole.targets",
    "constraints.sn_dipole.user_profile",
    "constraints.sn_dipole.zone_error",
]

PATHS = sorted(path for path in PACKAGE.rglob("*.py") if "kernels" not in path.parts)
SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)
NOTHING = ("None", "Iterator[None]")  # return annotations that need no section
ENTRY = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: ?:|$)", re.MULTILINE)


def name_of(path):
    """Name of a module below the package: ``config/axes.py`` is ``config.axes``."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def public(path):
    """The public functions and classes of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = ast.FunctionDef | ast.ClassDef
    return [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]


def sections_of(docstring):
    """The text of each numpydoc section, by its title."""
    parts = SECTION.split(docstring)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def described(section):
    """The names that a section describes; those that share a description stand on one line: ``x, y : ...``."""
    return {name.lstrip("*") for names in ENTRY.findall(section) for name in names.split(", ")}


def lacks(function):
    """What the documentation of a function with two or more parameters lacks."""
    arguments = function.args
    parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    parameters += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
    if len(parameters) < 2:
        return []
    sections = sections_of(ast.get_docstring(function) or "")
    known = described(sections.get("Parameters", ""))
    found = [f"annotation of {parameter.arg}" for parameter in parameters if parameter.annotation is None]
    found += [f"description of {parameter.arg}" for parameter in parameters if parameter.arg not in known]
    found += [f"parameter {name}" for name in sorted(known - {parameter.arg for parameter in parameters})]
    if function.returns is None:
        found.append("annotation of the return value")
    elif ast.unparse(function.returns) not in NOTHING and not any(
        sections.get(title, "").strip() for title in ("Returns", "Yields")
    ):
        found.append("Returns")
    return found


def all_that_is_lacking(path):
    """What the functions of a module lack, by function."""
    functions = [node for node in public(path) if isinstance(node, ast.FunctionDef)]
    return {function.name: lacks(function) for function in functions if lacks(function)}


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_public_functions_and_classes_have_docstrings(path):
    assert [node.name for node in public(path) if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("path", [path for path in PATHS if name_of(path) not in EXCEPTIONS], ids=name_of)
def test_parameters_and_return_values_are_described(path):
    assert all_that_is_lacking(path) == {}


def test_every_exception_is_a_module_that_needs_it():
    needed = {name_of(path) for path in PATHS if all_that_is_lacking(path)}
    assert [name for name in EXCEPTIONS if name not in needed] == []


@pytest.mark.parametrize(
    ("signature", "sections", "missing"),
    [
        ("x: float, *y: float) -> int", "Parameters\n----------\nx, *y : numbers\n\nReturns\n-------\nOne.", []),
        ("x: float) -> int", "", []),
        ("x: float, y: float) -> None", "Parameters\n----------\nx : one\n    y : more about it", ["description of y"]),
        ("x: float, y) -> None", "Parameters\n----------\nx, y\nz : other", ["annotation of y", "parameter z"]),
        ("x: int, y: int) -> int", "Parameters\n----------\nx : one\ny : another", ["Returns"]),
        ("x: int, y: int) -> int", "Parameters\n----------\nx, y : numbers\n\nReturns\n-------", ["Returns"]),
        ("x: int, y: int)", "Parameters\n----------\nx, y : numbers", ["annotation of the return value"]),
    ],
    ids=[
        "complete",
        "one parameter",
        "undescribed",
        "unannotated",
        "no returns",
        "empty returns",
        "no return annotation",
    ],
)
def test_what_a_docstring_lacks_is_found(signature, sections, missing):
    docstring = f"Do it.\n\n{sections}\n"
    (function,) = ast.parse(f"def f({signature}:\n    {docstring!r}\n").body
    assert lacks(function) == missing
