"""Write what a Boltzmann code reads, at the benchmark points of a constraint."""

from __future__ import annotations

from collections.abc import Callable

from nubounds import registry
from nubounds.config import Config
from nubounds.contract import InputError
from nubounds.files import digests, tables
from nubounds.files.layout import Layout
from nubounds.inputs import declare


def write(config: Config, constraint_name: str, log: Callable[[str], object]) -> None:
    """Write the files of every point that the constraint's ``class_input.points`` names, and an index: the files of a
    point, or the reason why it has none.

    Parameters
    ----------
    config : the checked config
    constraint_name : of a constraint with a module `class_input`
    log : takes a line for each point

    Raises
    ------
    InputError
        For a constraint without such files.
    """
    constraint, layout = registry.get(constraint_name), Layout(config.results)
    if not constraint.has("class_input"):
        raise InputError(f"{constraint_name}: has no files for a Boltzmann code")
    maker, inputs = constraint.module("class_input"), config.sections[constraint_name].inputs
    index = {}
    with digests.noting(layout, constraint_name, "class"):
        for name, given in maker.points(**declare.bind(maker.points, inputs)).items():
            try:
                maker.write(given, layout.class_file(constraint_name, name), force=True, config=inputs)
                index[name] = {"files": [f"{name}{kind}" for kind in maker.KINDS], "arguments": given}
            except InputError as problem:  # of this point alone
                index[name] = {"files": [], "arguments": given, "message": str(problem)}
            log(f"{constraint_name}: {name}")
        tables.write_json(layout.class_index(constraint_name), index)
