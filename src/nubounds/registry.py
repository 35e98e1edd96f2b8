"""The constraints there are: folders of ``nubounds/constraints`` with a ``constraint.yaml``."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType

from nubounds import yaml_reader
from nubounds.contract import InputError, Quantity
from nubounds.sources import PACKAGE, hash_files, kernel_source_hash, reachable_modules

FOLDER = PACKAGE / "constraints"
NEEDED = ("title", "paper", "summary", "axes", "scans")  # parts of a declaration
OPTIONAL = {"inputs": {}, "figures": {}, "tables": {}, "errata": [], "user_limits": None}


@dataclass(frozen=True)
class Constraint:
    """One constraint: its declaration (constraint.yaml) at once, its code when it is first asked for."""

    name: str
    declaration: dict

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @cached_property
    def model(self) -> ModuleType:
        """The model module, with its compiled kernel."""
        return importlib.import_module(f"nubounds.constraints.{self.name}.model")

    @cached_property
    def figures(self) -> ModuleType:
        """The figures module, which imports matplotlib."""
        return importlib.import_module(f"nubounds.constraints.{self.name}.figures")

    @property
    def quantities(self) -> dict[str, Quantity]:
        return {quantity.name: quantity for quantity in self.model.QUANTITIES}

    @property
    def axes(self) -> dict[str, dict]:
        return self.declaration["axes"]

    @property
    def scans(self) -> dict[str, dict]:
        return self.declaration["scans"]

    def code_hash(self, part: str) -> str:
        """Hash of every source that `part` (model or figures) depends on: python files, data, kernels and their
        flags.
        """
        files, kernels = reachable_modules(f"nubounds.constraints.{self.name}.{part}")
        data = [path for path in sorted((self.folder / "data").glob("*")) if path.is_file()]
        return hash_files([*files, *data], *(kernel_source_hash(kernel) for kernel in sorted(kernels)))


@cache
def names() -> tuple[str, ...]:
    """Names of all constraints, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in FOLDER.glob("*/constraint.yaml")))


@cache
def get(name: str) -> Constraint:
    """The constraint `name`; InputError naming the valid ones if there is none."""
    if name not in names():
        raise InputError(f"unknown constraint {name}; valid: {', '.join(names())}")
    file = FOLDER / name / "constraint.yaml"
    declaration = yaml_reader.read(file)
    missing = [part for part in NEEDED if part not in declaration]
    if missing:
        raise InputError(f"{file}: no {', '.join(missing)}")
    return Constraint(name, OPTIONAL | declaration)


def all_constraints() -> list[Constraint]:
    """All constraints."""
    return [get(name) for name in names()]
