"""Find the available constraints.

These are the folders of ``nubounds/constraints`` with a ``constraint.yaml``, and other packages with an entry point::

    [project.entry-points."nubounds.constraints"]
    my_constraint = "my_package"
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from nubounds.code import sources
from nubounds.code.sources import PACKAGE, hash_files, kernel_source_hash, reachable_modules
from nubounds.contract import InputError, Inputs, Parameter, Quantity
from nubounds.inputs import declaration as declared
from nubounds.inputs import declare
from nubounds.inputs.parameter import hint

if TYPE_CHECKING:  # not at run time, because it imports numpy
    from nubounds.files.data_release import DataRelease

_checked: dict[str, dict] = {}  # declarations that need not be read again

FOLDER, GROUP = PACKAGE / "constraints", "nubounds.constraints"


@dataclass(frozen=True)
class Constraint:
    """A constraint: its declaration, read from constraint.yaml, and its code, imported on first use.

    Attributes
    ----------
    name : name of the constraint
    declaration : the checked content of constraint.yaml
    """

    name: str
    declaration: dict

    @property
    def folder(self) -> Path:
        """Folder of the constraint."""
        return folder(self.name)

    @property
    def package(self) -> str:
        """Dotted name of the constraint's Python package."""
        return _home(self.name)[0]

    def has(self, role: str) -> bool:
        """Return whether the constraint has a module for `role` (see :mod:`nubounds.contract`)."""
        return (self.folder / f"{role}.py").is_file()

    def module(self, role: str) -> ModuleType:
        """Import and return the module for `role`."""
        return importlib.import_module(f"{self.package}.{role}")

    @cached_property
    def inputs(self) -> dict[str, Parameter]:
        """All inputs by key, in the order of the config."""
        return declare.merged(self.records)

    @property
    def records(self) -> tuple[type[Inputs], ...]:
        """Types of the records of inputs."""
        return self.module("inputs").RECORDS if self.has("inputs") else ()

    @cached_property
    def quantities(self) -> dict[str, Quantity]:
        """All quantities by name."""
        modules = [self.module(role) for role in ("quantities", "statements", "observables") if self.has(role)]
        things = [thing for module in modules for thing in vars(module).values() if isinstance(thing, Quantity)]
        return {quantity.name: quantity for quantity in things}

    @property
    def likelihoods(self) -> dict[str, Quantity]:
        """Functions that make likelihoods, by name; they take arguments and inputs as quantities do."""
        return self.module("likelihoods").LIKELIHOODS if self.has("likelihoods") else {}

    @property
    def scan_functions(self) -> dict[str, Callable]:
        """Functions that compute the scans, by scan."""
        return self.module("scans").SCANS

    @property
    def table_functions(self) -> dict[str, Callable]:
        """Functions that make the paper's tables, by table."""
        return self.module("tables").TABLES if self.has("tables") else {}

    @property
    def limits(self) -> Callable:
        """Function that derives the limit curves from the scans' tables."""
        return self.module("curves").limits

    @property
    def figure_functions(self) -> dict[str, Callable]:
        """Functions that draw the figures, by figure."""
        return self.module("figures").FIGURES

    @property
    def axes(self) -> dict[str, dict]:
        """Declared axes by name."""
        return self.declaration["axes"]

    @property
    def gridded(self) -> dict[str, dict]:
        """The axes whose grids a config gives."""
        return {name: axis for name, axis in self.axes.items() if axis["kind"] != "entries"}

    @property
    def listed(self) -> dict[str, Parameter]:
        """The other axes, each with the input whose entries are its values."""
        return {name: self.inputs[axis["of"]] for name, axis in self.axes.items() if axis["kind"] == "entries"}

    @property
    def scans(self) -> dict[str, dict]:
        """Declared scans by name."""
        return self.declaration["scans"]

    def require_complete(self) -> None:
        """Check that the declaration and the code agree.

        Raises
        ------
        InputError
            If they do not name the same scans, tables and figures, an axis is of an input that is no list of files, or
            a function uses a record that ``RECORDS`` does not list.
        """
        for name, axis in self.axes.items():
            lists = [key for key, one in self.inputs.items() if one.kind == "files"]
            if "of" in axis and axis["of"] not in lists:
                where = f"{self.folder / 'constraint.yaml'}: axes.{name}.of"
                raise InputError(f"{where}: {axis['of']} is no list of files{hint(axis['of'], lists)}")
        functions = {
            "scans": self.scan_functions,
            "tables": self.table_functions,
            "figures": self.figure_functions,
        }
        for part, made in functions.items():
            declared = self.declaration[part]
            for name in set(declared) - set(made):
                raise InputError(
                    f"{self.folder / 'constraint.yaml'}: {part}.{name}: no such function{hint(name, made)}"
                )
            for name in set(made) - set(declared):
                raise InputError(f"{self.folder / part}.py: {name} is not declared{hint(name, declared)}")
        used = [*(function for made in functions.values() for function in made.values()), self.limits]
        for function in used:
            unknown = set(declare.inputs_of(function)) - set(self.inputs)
            if unknown:
                where = f"{self.folder / 'inputs.py'}: RECORDS"
                raise InputError(f"{where}: missing {', '.join(sorted(unknown))}, which {function.__name__} uses")

    @property
    def folders(self) -> list[Path]:
        """The constraint's folder, and those of the physics whose inputs it shares with other constraints."""
        shared = {file.parent for file in declaring_files(self.name)} - {self.folder}
        return [self.folder, *sorted(shared)]

    @property
    def releases(self) -> dict[str, DataRelease]:
        """Public data releases that the constraint can use, by name."""
        return self.module("published_data").RELEASES if self.has("published_data") else {}

    def reached(self, *roles: str) -> tuple[set[Path], set[str]]:
        """Return the Python files and the kernels that the modules for `roles` use, directly or indirectly."""
        found = [reachable_modules(f"{self.package}.{role}") for role in roles if self.has(role)]
        return set().union(*(files for files, _ in found)), set().union(*(kernels for _, kernels in found))

    def code_hash(self, *roles: str) -> str:
        """Return a hash of every source that the modules for `roles` depend on.

        These are Python files, the data beside them, installed data releases, kernels and their compile flags.
        """
        files, kernels = self.reached(*roles)
        folders = {self.folder, *(file.parent for file in files)}
        data = [path for folder in folders for path in (folder / "data").glob("*") if path.is_file()]
        data += [release.installed for release in self.releases.values() if release.installed.is_file()]
        return hash_files([*files, *data], *(kernel_source_hash(kernel) for kernel in sorted(kernels)))


@cache
def names() -> tuple[str, ...]:
    """Return the names of all constraints, in alphabetical order."""
    return tuple(sorted(_homes()))


@cache
def _homes() -> dict[str, tuple[str, Path]]:
    """Return the package and the folder of every constraint."""
    import importlib.metadata  # a tenth of a job's start, which most jobs need not pay

    ours = [path.parent for path in FOLDER.glob("*/constraint.yaml")]
    found: dict[str, tuple[str, Path]] = {path.name: (f"nubounds.constraints.{path.name}", path) for path in ours}
    for entry in importlib.metadata.entry_points(group=GROUP):
        where = f"constraint {entry.name} of the package {entry.dist.name if entry.dist else entry.value}"
        if entry.name in found:
            raise InputError(f"{where}: another constraint has that name")
        try:
            spec = importlib.util.find_spec(entry.value)
        except ImportError:
            spec = None
        places = [Path(place) for place in (spec.submodule_search_locations if spec else None) or ()]
        if not any((place / "constraint.yaml").is_file() for place in places):
            raise InputError(f"{where}: no package {entry.value} with a constraint.yaml")
        home, (top, *inner) = places[0].resolve(), entry.value.split(".")
        sources.ROOTS[top] = home.parents[len(inner) - 1] if inner else home
        found[entry.name] = (entry.value, home)
    return found


def folder(name: str) -> Path:
    """Return the folder of a constraint."""
    return _home(name)[1]


def _home(name: str) -> tuple[str, Path]:
    """Return the package and the folder of a constraint; those of others are looked for only if it is not ours."""
    ours = f"nubounds.constraints.{name}", FOLDER / name
    return ours if _is_ours(name) else _homes().get(name, ours)


def _is_ours(name: str) -> bool:
    return name.isidentifier() and (FOLDER / name / "constraint.yaml").is_file()


def declaring_files(name: str) -> set[Path]:
    """Return the files that declare a constraint's axes, scans and inputs, those of shared records included."""
    package, home = _home(name)
    shared, _ = reachable_modules(f"{package}.inputs")
    own = [home / "constraint.yaml", home / "inputs.py"]
    return {*filter(Path.is_file, own), *(file for file in shared if file.name == "inputs.py")}


@cache
def get(name: str) -> Constraint:
    """Return the constraint `name`; InputError with the valid names if it does not exist."""
    if not _is_ours(name) and name not in names():
        raise InputError(f"unknown constraint {name}; valid: {', '.join(names())}")
    return Constraint(name, _checked.get(name) or _declaration(folder(name) / "constraint.yaml"))


def _declaration(file: Path) -> dict:
    from nubounds.files import yaml_reader  # a tenth of a job's start, which jobs of a run need not pay

    return declared.check(yaml_reader.read(file), file)


def trust(name: str, declaration: dict) -> None:
    """Take over a declaration instead of reading it again.

    Parameters
    ----------
    name : name of the constraint
    declaration : what was read and checked before, from a file that has not changed since
    """
    _checked[name] = declaration


def all_constraints() -> list[Constraint]:
    """Return all constraints, in alphabetical order."""
    return [get(name) for name in names()]
