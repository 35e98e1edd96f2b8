"""Public functions and classes are documented; of several parameters each is described, and the return value.

Arguments of a quantity are described where they are declared (test_constraints.py), and not again in a docstring.
"""

import ast
import re

import pytest

from nubounds.code.sources import PACKAGE

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


def is_quantity(function):
    """Whether a function is decorated with ``@quantity(...)``."""
    return any(ast.unparse(decorator).startswith("quantity(") for decorator in function.decorator_list)


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
    if not is_quantity(function):
        found += [f"description of {parameter.arg}" for parameter in parameters if parameter.arg not in known]
    found += [f"parameter {name}" for name in sorted(known - {parameter.arg for parameter in parameters})]
    if function.returns is None:
        found.append("annotation of the return value")
    elif ast.unparse(function.returns) not in NOTHING and not any(
        sections.get(title, "").strip() for title in ("Returns", "Yields")
    ):
        found.append("Returns")
    return found


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_public_functions_and_classes_have_docstrings(path):
    assert [node.name for node in public(path) if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_parameters_and_return_values_are_described(path):
    functions = [node for node in public(path) if isinstance(node, ast.FunctionDef)]
    assert {function.name: lacks(function) for function in functions if lacks(function)} == {}


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
