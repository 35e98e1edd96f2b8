"""What must fit before anything runs."""

from __future__ import annotations

from nubounds.constraints.dm_production import data
from nubounds.constraints.dm_production import opacity as opacities
from nubounds.constraints.dm_production.inputs import Opacity, Plasma


def check(plasma: Plasma, opacity: Opacity) -> None:
    """Read the data files of a user.

    Parameters
    ----------
    plasma, opacity : inputs that may name files

    Raises
    ------
    InputError
        For a file that cannot be read, with file and line.
    """
    if plasma.g_star_file is not None:
        data.degrees_of_freedom(plasma.g_star_file)
    if opacity.opacity_file is not None:
        opacities.read(opacity.opacity_file)
