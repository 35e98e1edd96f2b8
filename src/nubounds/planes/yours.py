"""A user's own limits on the planes."""

from __future__ import annotations

import difflib
from pathlib import Path

import numpy as np

from nubounds.contract import InputError
from nubounds.files import user_limits
from nubounds.files.user_limits import PLANES, UserLimit
from nubounds.planes import declaration


def _check_columns(limit: UserLimit) -> None:
    """InputError for a named plane that does not accept the columns (that it exists is checked before any run)."""
    for named in limit.figures:
        owner, _, figure = named.partition("/")
        if owner == PLANES and not declaration.get(figure).accepts(limit.x_name, limit.y_name):
            plane = declaration.get(figure)
            accepted = "; ".join(
                f"{axis}: " + ", ".join(name for name, entry in plane.columns.items() if entry["axis"] == axis)
                for axis in "xy"
            )
            raise InputError(f"{limit.path}: {named} knows no columns {limit.x_name} {limit.y_name} ({accepted})")


def _check_values(limit: UserLimit) -> None:
    """InputError for values that mean nothing on a plane that would draw them: a mixing above 1, an overflow."""
    for plane in map(declaration.get, declaration.names()):
        if drawn_on(plane, [limit]):
            for axis, column, values in (("x", limit.x_name, limit.x), ("y", limit.y_name, limit.y)):
                with np.errstate(over="ignore"):
                    converted = plane.convert(column, axis, values, str(limit.path))
                bad = np.flatnonzero(~(np.isfinite(converted) & (converted > 0)))
                if bad.size:
                    reason = f"has values that no {getattr(plane, axis)['name']} corresponds to"
                    where = f"{values[bad[0]]:g} on {PLANES}/{plane.name}"
                    raise InputError(f"{limit.path}: {column} {reason}: {where}")


def read(folder: Path) -> list[UserLimit]:
    """All limits of a user, with columns and values looked up that a plane accepts."""
    mine = user_limits.read_folder(folder)
    for limit in mine:
        _check_columns(limit)
        _check_values(limit)
    return mine


def drawn_on(plane: declaration.Plane, dropped: list[UserLimit]) -> list[UserLimit]:
    """Those of a user's limits that a plane draws.

    Parameters
    ----------
    plane : the plane
    dropped : everything in the user's folder

    Returns
    -------
    The limits, in the order given.
    """
    meant = user_limits.for_figure(dropped, PLANES, plane.name)
    return [limit for limit in meant if plane.accepts(limit.x_name, limit.y_name)]


def unknown(mine: list[UserLimit], folder: Path, indexes: dict[str, dict[str, dict]]) -> list[str]:
    """A line for each file of a user's folder whose columns belong to no plane and to no limit of the run (`indexes`
    of its limit files): usually a typo.

    Parameters
    ----------
    mine : the user's limits
    folder : the user's folder
    indexes : constraint -> name of the limit file -> its entry in the index

    Returns
    -------
    The lines.
    """
    entries = [entry for index in indexes.values() for entry in index.values()]
    pairs = {(entry["x_name"], entry["y_name"]) for entry in entries}
    planes = [declaration.get(name) for name in declaration.names()]
    columns = sorted(
        {column for plane in planes for column in plane.columns} | {name for pair in pairs for name in pair}
    )
    lines = user_limits.not_read(folder)
    for limit in mine:
        pair = (limit.x_name, limit.y_name)
        if pair in pairs or any(plane.accepts(*pair) for plane in planes):
            continue
        near = [name for word in pair if word not in columns for name in difflib.get_close_matches(word, columns, 2)]
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        lines.append(f"{limit.path}: not drawn: nothing in this run has the columns {' '.join(pair)}{hint}")
    return lines
