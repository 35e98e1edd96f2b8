"""Draw the figures of a paper: one process per paper, each figure as pdf and png, with its numbers as csv."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial

from nubounds import registry, style
from nubounds.config import Config
from nubounds.contract import InputError
from nubounds.files import digests, user_limits
from nubounds.files.layout import NUMBERS, Layout
from nubounds.inputs import declare
from nubounds.steps import derive, limits
from nubounds.style import drawn


def draw(config: Config, constraint_name: str, only: list[str] | None, log: Callable[[str], None]) -> None:
    """Draw all figures of a constraint, or those named in `only`.

    Parameters
    ----------
    config : the config
    constraint_name : name of the constraint
    only : figures to draw; None for all
    log : called with lines for the user

    Raises
    ------
    InputError
        For an unknown figure or a malformed limit file of the user.
    """
    style.setup()
    layout, constraint = Layout(config.results), registry.get(constraint_name)
    declared, paper = list(constraint.declaration["figures"]), constraint.declaration["paper"]
    for name in only or []:
        if name not in declared:
            raise InputError(f"{constraint_name} has no figure {name}; valid: {', '.join(declared)}")
    dropped = user_limits.read_folder(config.user_limits)
    run = dataclasses.replace(
        derive.load_run(config, constraint_name), curves=limits.read_curves(layout, constraint_name)
    )
    inputs = config.sections[constraint_name].inputs
    mine = user_limits.of_figures(dropped, constraint_name, declared, constraint.declaration["user_limits"])
    with digests.noting(layout, constraint_name, "figures"):
        for name in only or declared:
            function = constraint.figure_functions[name]
            figure = function(dataclasses.replace(run, user_limits=mine[name]), **declare.bind(function, inputs))
            style.finish(figure)
            header = [f"{constraint_name} {name}: {constraint.declaration['figures'][name]}", limits.cite(paper)]
            drawn.write(figure, layout.figure(constraint_name, name, NUMBERS), header)
            style.save_all(figure, partial(layout.figure, constraint_name, name))
            log(f"{constraint_name}: {name}")
    if not dropped:
        log(f"no limit files of other experiments in {config.user_limits}: only computed curves are drawn")
