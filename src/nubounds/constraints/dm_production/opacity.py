"""Collisions of active neutrinos in the Standard Model, Gamma_SM = y G_F^2 E T^4: a constant y, or a table of y(T) or
y(x, T) that is embedded or a user's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nubounds.constraints.dm_production.data import FOLDER, require_temperatures
from nubounds.constraints.dm_production.inputs import EMBEDDED_FLAVOUR, Choices
from nubounds.constraints.dm_production.ranges import LARGEST_RATE
from nubounds.contract import DataFile, InputError
from nubounds.files import tables
from nubounds.numerics.constants import G_F_PER_MEV2

EMBEDDED = FOLDER / "opacity.csv"


@dataclass(frozen=True)
class Table:
    """y on (ln x, ln T), shape (n_x, n_T); without dependence on x a single row and no x."""

    log_x: np.ndarray
    log_T: np.ndarray
    y: np.ndarray

    def __call__(self, x, log_T):
        """y at momenta over temperature `x` and ln(T/MeV).

        Parameters
        ----------
        x : array that broadcasts with `log_T`, whose last axis is that of `log_T`
        log_T : array of shape (n,)

        Returns
        -------
        y, of shape (n,) for a table without x, otherwise of the broadcast shape: linear in ln x and ln T, and held at
        the nearest end outside the table.
        """
        at_nodes = np.stack([np.interp(log_T, self.log_T, row) for row in self.y])
        if len(at_nodes) == 1:
            return at_nodes[0]
        position = np.interp(np.log(x), self.log_x, np.arange(len(self.log_x)))
        low = np.minimum(position.astype(int), len(self.log_x) - 2)
        column = np.arange(len(log_T))
        below, above = at_nodes[low, column], at_nodes[low + 1, column]
        return below + (position - low) * (above - below)


@lru_cache(maxsize=8)
def read(path: DataFile) -> Table:
    """A csv with columns T_MeV, y or x, T_MeV, y.

    Raises
    ------
    InputError
        With file and line, where T_MeV or x leave their range, y is negative, or pairs of x and T_MeV are missing or
        double.

    Parameters
    ----------
    path : the file

    Returns
    -------
    the table, as it interpolates
    """
    table = tables.read_user_table(path, ["T_MeV", "y"], ["x"])
    table.require("y", (table["y"] >= 0) & (table["y"] <= LARGEST_RATE), f"must lie between 0 and {LARGEST_RATE:g}")
    if "x" not in table.columns:
        require_temperatures(table)
        return Table(np.zeros(0), np.log(table["T_MeV"]), table["y"][None, :])
    require_temperatures(table, ascending=False)
    table.require("x", (table["x"] >= 1e-10) & (table["x"] <= 1e6), "must lie between 1e-10 and 1e6")
    x, T = np.unique(table["x"]), np.unique(table["T_MeV"])
    for name, nodes in (("x", x), ("T_MeV", T)):
        if len(nodes) < 2:
            raise InputError(f"{path}: column {name}: needs at least two values, has {len(nodes)}")
        # as logarithms, in which neighbours may coincide that differ in their last digit
        if not np.all(np.diff(np.log(nodes)) > 0):
            raise InputError(f"{path}: column {name}: has values too close to each other")
    slow, fast = (("x", x), ("T_MeV", T)) if table["x"][0] == table["x"][1] else (("T_MeV", T), ("x", x))
    _require_rectangle(table, slow, fast)
    y = table["y"].reshape(len(slow[1]), len(fast[1]))
    return Table(np.log(x), np.log(T), y if slow[0] == "x" else y.T.copy())


def _require_rectangle(table: tables.UserTable, slow, fast) -> None:
    """InputError at the first row that is not that of a full rectangle, ascending in both columns."""
    (slow_name, outer), (fast_name, inner) = slow, fast
    expected = [(a, b) for a in outer for b in inner]
    for row, pair in enumerate(zip(table[slow_name], table[fast_name], strict=True)):
        if row == len(expected) or pair != expected[row]:
            wanted = "nothing" if row == len(expected) else f"{slow_name} = {expected[row][0]:g}, {fast_name} = "
            wanted += "" if row == len(expected) else f"{expected[row][1]:g}"
            table.refuse(
                row,
                f"columns x and T_MeV: must form a full rectangle, ascending in both; here {wanted} should stand, "
                f"not {slow_name} = {pair[0]:g}, {fast_name} = {pair[1]:g}",
            )
    if len(table.lines) < len(expected):
        missing = expected[len(table.lines)]
        table.refuse(-1, f"ends before {slow_name} = {missing[0]:g}, {fast_name} = {missing[1]:g}: the pair is missing")


def table_of(choices: Choices) -> Table | None:
    """The table that the choices name, or None for a constant y.

    Parameters
    ----------
    choices : switches, all settled (see `conventions.resolve`)

    Returns
    -------
    the table, or None
    """
    if choices.opacity_file is not None:
        return read(choices.opacity_file)
    embedded = choices.opacity == "table" and choices.flavour == EMBEDDED_FLAVOUR
    return read(EMBEDDED) if embedded else None


def weak_rate(x: np.ndarray, log_z: np.ndarray, choices: Choices) -> np.ndarray:
    """Gamma_SM/x [MeV], V(2.7).

    Parameters
    ----------
    x : array of momenta over temperature that broadcasts with `log_z`
    log_z : ln(MeV/T), shape (n,)
    choices : switches, all settled (see `conventions.resolve`)

    Returns
    -------
    array of shape (n,) where y does not depend on x, otherwise of the broadcast shape.
    """
    return rate_over_T5(x, log_z, choices) * (1 / np.exp(log_z)) ** 5


def rate_over_T5(x: np.ndarray, log_z: np.ndarray, choices: Choices) -> np.ndarray | float:
    """Gamma_SM/(x T^5) [1/MeV^4], V(2.7).

    Parameters
    ----------
    x : array of momenta over temperature that broadcasts with `log_z`
    log_z : ln(MeV/T), shape (n,)
    choices : switches, all settled (see `conventions.resolve`)

    Returns
    -------
    a number for constant y, otherwise an array as in `weak_rate`
    """
    table = table_of(choices)
    y = choices.y if table is None else table(x, -log_z)
    return choices.rate_scale * y * G_F_PER_MEV2**2


def in_words(choices: Choices) -> str:
    """The opacity for a caption: where y comes from, and its factor where there is one.

    Parameters
    ----------
    choices : switches, all settled (see `conventions.resolve`)

    Returns
    -------
    words
    """
    if choices.opacity_file is not None:
        y = "y from a table of the user"
    elif table_of(choices) is not None:
        y = "y(x, T) with hadrons"
    else:
        y = f"y = {choices.y:g}"
    return y if choices.rate_scale == 1 else f"{y}, times {choices.rate_scale:g}"
