"""The scan `coefficients`: all parts of 1/lambda and 1/lambda_0."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nubounds.constraints.sn_diffusion import opacity as opacities
from nubounds.constraints.sn_diffusion import processes
from nubounds.constraints.sn_diffusion.inputs import Opacity
from nubounds.constraints.sn_diffusion.opacity import PARTS
from nubounds.constraints.sn_diffusion.shells import star_of
from nubounds.contract import Block, InputError, Status, groups

SHARED = ("convention", "snapshot_s", "neutrino", "shell")
COLUMNS = {False: [f"{part}_per_m" for part in PARTS], True: [f"{part}_vacuum_per_m" for part in PARTS]}


def coefficients_scan(points: Mapping[str, np.ndarray], opacity: Opacity) -> Block:
    """Couplings scale out; all masses of one (convention, snapshot, neutrino, shell) share one table of the medium."""
    masses = np.asarray(points["m_mediator_MeV"], dtype=float)
    matter = opacity.matter
    star, block = star_of(matter), Block.empty(masses.size, [name for columns in COLUMNS.values() for name in columns])
    for (convention, snapshot_s, neutrino, shell), members in groups(points, *SHARED):
        if (snapshot_s, shell) not in star.dirac:
            continue
        if convention != "standard" and opacity.interaction.beyond_paper:
            continue  # only the standard reading goes beyond the paper
        try:
            state = star.state(int(snapshot_s), int(shell), neutrino, matter.states, matter.helicities.g_nu)
        except InputError:
            block.status[members] = Status.NO_SOLUTION
            continue
        for vacuum, columns in COLUMNS.items():
            if vacuum:
                parts, part_errors, statuses = opacities.coefficients(
                    [state],
                    neutrino,
                    masses[members],
                    convention=convention,
                    axial=opacity.interaction.axial,
                    precision=opacity.accuracy.precision,
                    vacuum=True,
                )
            else:
                parts, part_errors, statuses = processes.coefficients(
                    [state], neutrino, masses[members], opacity, convention
                )
            for column, name in enumerate(columns):
                block.values[name][members], block.errors[name][members] = (
                    parts[0, :, column],
                    part_errors[0, :, column],
                )
            block.status[members] = statuses[0] if not vacuum else np.maximum(block.status[members], statuses[0])
    return block


SCANS = {"coefficients": coefficients_scan}
