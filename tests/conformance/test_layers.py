"""Imports go downwards only, and heavy libraries stay in their rooms."""

import ast
import re

import pytest

from nubounds import registry
from nubounds.code.sources import CHECKOUT, CYTHON_EXT, PACKAGE, kernel_names

# From the ground up: a module may import modules of lower floors only (and those named beside it).
FLOORS = [
    {"inputs", "numerics", "mathtext"},
    {"contract"},
    {"code", "likelihood", "waterfall"},
    {"files"},
    {"style", "solar"},
    {"constraints"},
    {"registry"},
    {"answers"},
    {"config"},
    {"running", "starter"},
    {"steps"},
    {"ensemble"},
    {"face"},
    {"planes", "interfaces"},
    {"published", "report", "archive", "posterior"},
    {"beginning"},
    {"cli"},
    {"__main__", "__init__"},
]
TYPES = "TYPE_CHECKING"
SHARED = {"solar"}  # physics that several constraints share, with kernels and data
FLOOR = {module: level for level, modules in enumerate(FLOORS) for module in modules}


def room(path):
    """The module or, inside constraints/ and kernels/, the folder that a file belongs to."""
    if path == PACKAGE / "constraints" / "__init__.py":  # nubounds.constraints(), a part of the face
        return "__init__"
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """Dotted names that a file imports, each with the names taken from it; types alone cost nothing and do not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == TYPES]
    left_out = {id(inner) for node in for_types for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def test_every_floor_is_lived_on():
    assert set(FLOOR) == {room(path) for path in PACKAGE.rglob("*.py")} - {"kernels"}


FILES = sorted(path for path in PACKAGE.rglob("*.py") if "kernels" not in path.parts)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(path):
    mine = room(path)
    assert mine in FLOOR, f"{mine} has no floor: give it one in this test"
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "snakemake":
            raise AssertionError(f"{path}: nothing in the package imports Snakemake")
        if parts[0] == "mpi4py":
            assert path == PACKAGE / "steps/scan.py", f"{path}: only scan imports mpi4py"
        if parts[0] in ("matplotlib", "pylab"):
            drawing = mine in ("style", "planes", "face") or path.name.endswith(("figures.py", "planes.py"))
            assert drawing, f"{path}: imports matplotlib"
        if parts[0] != "nubounds" or len(parts) < 2:
            continue
        if parts[1] == "constraints":
            assert mine == "constraints", f"{path}: only a constraint imports a constraint's code"
            assert parts[2] == path.relative_to(PACKAGE).parts[1], f"{path}: imports another constraint"
        elif parts[1] == "kernels":
            assert mine in ("constraints", *SHARED), f"{path}: only physics imports a kernel"
        elif parts[1] in FLOOR and mine not in ("__init__", "__main__", parts[1]):
            assert FLOOR[parts[1]] < FLOOR[mine], f"{path}: {mine} imports {parts[1]}, which is not below it"


@pytest.mark.parametrize("kernel", kernel_names())
def test_a_kernel_imports_no_constants(kernel):
    text = (CYTHON_EXT / f"{kernel}.pyx").read_text(encoding="utf-8")
    assert not re.search(r"nubounds|scipy\.constants", re.sub(r"#.*|\"\"\"(?:.|\n)*?\"\"\"", "", text))


def test_nothing_outside_its_folder_knows_a_constraint_by_name():
    words = re.compile(r"\b(" + "|".join(registry.names()) + r")\b")
    for path in [
        *FILES,
        *(CHECKOUT / "workflow").rglob("*.smk"),
        CHECKOUT / "workflow/Snakefile",
        CHECKOUT / "Snakefile",
    ]:
        if room(path) == "constraints" if path.is_relative_to(PACKAGE) else False:
            continue
        code = path.read_text(encoding="utf-8")
        if path.suffix == ".py":
            code = ast.unparse(_without_kernels(_without_docstrings(ast.parse(code))))
        assert not words.search(code), f"{path} names a constraint"


def _without_docstrings(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Pass()
    return tree


def _without_kernels(tree):
    """Without imports of kernels: one that several constraints share has the name of the first that used it."""
    tree.body = [
        node for node in tree.body if not (isinstance(node, ast.ImportFrom) and node.module == "nubounds.kernels")
    ]
    return tree
