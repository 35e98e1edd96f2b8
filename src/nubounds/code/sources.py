"""Dependencies between source files: kernels, the headers that they cimport, the modules that a module imports.

Used by the build (what to recompile), by the program (is the build stale?) and by the fingerprints that tell the
workflow which results an edit invalidates.  Imports the standard library only, because the build imports this module
before anything else is installed.
"""

import ast
import hashlib
import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
# A checkout runs the code in its src folder; an installed copy contains the workflow, the profiles and the configs.
CHECKOUT = PACKAGE.parents[1] if (PACKAGE.parents[1] / "cython_ext").is_dir() else None
PROJECT = CHECKOUT or PACKAGE / "project"
CYTHON_EXT = PROJECT / "cython_ext"
ROOTS = {"nubounds": PACKAGE}  # packages that results may depend on; the registry adds others with constraints
KERNELS = PACKAGE / "kernels"
MANIFEST = "manifest.json"  # beside the kernels: hashes of each kernel's sources and of the compiled file

# No fast-math (it disables NaN checks and changes digits), no contraction and no -march=native: a kernel built on a
# login node runs on every node and gives the same digits there (arithmetic.py pins glibc's functions).
COMPILE_FLAGS = ("-O3", "-ffp-contract=off", "-fno-math-errno", "-Wno-unused-function")

_IMPORT = re.compile(r"^[ \t]*((?:from|import)[ \t](?:[^\n(\\]|\\\n|\([^)]*\))+)", re.MULTILINE)
_CIMPORT = re.compile(r"^\s*(?:from\s+(\w+)\s+cimport|cimport\s+(\w+))", re.MULTILINE)
_INCLUDE = re.compile(r'^\s*(?:cdef extern from|#include)\s+"(\w+\.h)"', re.MULTILINE)


def snakefile(part: str = "Snakefile") -> str:
    """Return the path of the workflow of this nubounds, to use as a ``module`` in another Snakefile.

    Parameters
    ----------
    part : str
        A file of the workflow; to ``include:`` the rules under their own names, use ``rules/main.smk``.

    Returns
    -------
    str
        The path.
    """
    return str(PROJECT / "workflow" / part)


def kernel_names() -> list[str]:
    """Return the names of all kernels: one per ``cython_ext/*.pyx``, or those of an installed copy."""
    return sorted(path.stem for path in CYTHON_EXT.glob("*.pyx")) if CHECKOUT else sorted(built_kernels())


def kernel_sources(name: str) -> list[Path]:
    """Return the pyx file of a kernel and all of the project's headers that it includes, directly or indirectly."""
    found, to_read = set(), [CYTHON_EXT / f"{name}.pyx"]
    while to_read:
        path = to_read.pop()
        found.add(path)
        headers = [CYTHON_EXT / name for name in _included(path.read_text(encoding="utf-8"))]
        to_read += [header for header in headers if header.exists() and header not in found]
    return sorted(found)


@cache
def _included(text: str) -> tuple[str, ...]:
    """Return the headers that a source may include, relative to their folder; kernels share most of them."""
    names = [f"{one or other}.pxd" for one, other in _CIMPORT.findall(text)]
    for header in _INCLUDE.findall(text):
        names += [header, f"include/{header}"]
    return tuple(names)


def hash_files(paths: Iterable[Path], *extra: str) -> str:
    """Return one SHA-256 over the names and contents of files.

    Parameters
    ----------
    paths : the files; their names enter the hash relative to the checkout, wherever that is
    extra : further strings to include in the hash

    Returns
    -------
    The hash, in hexadecimal.
    """
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{_name(path)}\0".encode())
        digest.update(path.read_bytes())
    for word in extra:
        digest.update(f"\0{word}".encode())
    return digest.hexdigest()


@cache
def _name(path: Path) -> Path:
    """Return the path of one of our files relative to its checkout, or what it would be there."""
    for root, folder in ROOTS.items():
        if path.is_relative_to(folder):
            return Path("src", root) / path.relative_to(folder)
    return path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path


def kernel_source_hash(name: str) -> str:
    """Return a hash of a kernel's sources and compile flags, or of its compiled file if there are no sources."""
    return hash_files(kernel_sources(name), *COMPILE_FLAGS) if CHECKOUT else file_hash(kernel_file(name))


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def kernel_file(name: str, folder: Path | None = None) -> Path:
    """Return the path of a kernel's compiled file.

    Parameters
    ----------
    name : name of the kernel
    folder : folder of the kernels; default: that of this package

    Returns
    -------
    The path, with the extension that this Python imports.
    """
    return (folder or KERNELS) / f"{name}{EXTENSION_SUFFIXES[0]}"


def kernel_entry(name: str, folder: Path | None = None) -> dict[str, str | None]:
    """Return the entry that the manifest has for a kernel that is up to date.

    Parameters
    ----------
    name : name of the kernel
    folder : folder of the kernels; default: that of this package

    Returns
    -------
    Hashes of the sources and of the compiled file; None for a file that does not exist.
    """
    path = kernel_file(name, folder)
    return {"sources": kernel_source_hash(name), "binary": file_hash(path) if path.is_file() else None}


def built_kernels(folder: Path | None = None) -> dict[str, dict[str, str]]:
    """Return the entries of the manifest by kernel; empty if the manifest is missing or damaged."""
    try:
        built = json.loads(((folder or KERNELS) / MANIFEST).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    entries = built.items() if isinstance(built, dict) else ()
    return {name: entry for name, entry in entries if isinstance(entry, dict)}


def _import_statements(text: str) -> list[ast.AST]:
    """Return the import statements of Python source, found by their keywords: parsing it all would slow every job."""
    try:
        return [node for statement in _IMPORT.findall(text) for node in ast.parse(statement).body]
    except SyntaxError:  # prose that begins with a keyword, or a bracket in a comment
        return [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]


@cache
def _imports_of(path: Path) -> tuple[str, ...]:
    """Return the dotted names within `ROOTS` that a Python file imports, with `y` of ``from x import y`` included."""
    root, folder = next((root, folder) for root, folder in ROOTS.items() if path.is_relative_to(folder))
    package = ".".join((root, *path.relative_to(folder).parent.parts))
    names = []
    for node in _import_statements(path.read_text(encoding="utf-8")):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return tuple(name for name in names if name.partition(".")[0] in ROOTS and name != "nubounds")


@cache
def module_file(name: str) -> Path | None:
    """Return the file of a module, Python or compiled; None if the dotted name is not a module (a function, say)."""
    first, *rest = name.split(".")
    base = ROOTS[first].joinpath(*rest)
    for candidate in (base.with_suffix(".py"), base / "__init__.py", base.with_suffix(EXTENSION_SUFFIXES[0])):
        if candidate.is_file():
            return candidate
    return None


@cache
def reachable_modules(name: str) -> tuple[frozenset[Path], frozenset[str]]:
    """Return all Python files and all kernels that module `name` uses, directly or indirectly."""
    files, kernels, to_read = set(), set(), [name]
    while to_read:
        current = to_read.pop()
        if current.startswith("nubounds.kernels."):
            kernels.add(current.split(".")[2])
            continue
        path = module_file(current)
        if path is None or path in files:
            continue
        files.add(path)
        to_read += _imports_of(path) if path.suffix == ".py" else ()
    return frozenset(files), frozenset(kernels)
