"""What must fit together before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nubounds.constraints.sn_diffusion.inputs import Matter
from nubounds.constraints.sn_diffusion.shells import star_of
from nubounds.contract import InputError


def check(matter: Matter) -> None:
    """InputError for a user's shells that are malformed or have no TM1 state, with file and line.

    Parameters
    ----------
    matter : the shells

    Raises
    ------
    InputError
        For the first thing that is wrong.
    """
    star_of(matter)


def check_grid(grid: Mapping[str, Sequence[float]], matter: Matter) -> None:
    """InputError for a grid that leaves out shells, or snapshots of a user's: no diffusion time, no limit and no figure
    would come of them.

    Parameters
    ----------
    grid : values of each axis
    matter : the shells

    Raises
    ------
    InputError
        With what is missing.
    """
    star = star_of(matter)
    needed = {shell for snapshot_s, shell in star.dirac if snapshot_s in grid["snapshot_s"]}
    if missing := sorted(needed - set(grid["shell"])):
        raise InputError(f"grid.shell: a diffusion time needs all shells; missing here: {missing}")
    if matter.shells is not None and (missing := sorted(set(star.snapshots) - set(grid["snapshot_s"]))):
        raise InputError(f"grid.snapshot_s: {matter.shells} has snapshots that are missing here: {missing}")
