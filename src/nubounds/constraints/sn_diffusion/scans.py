"""The scan `coefficients`: all parts of 1/lambda and 1/lambda_0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nubounds.constraints.sn_diffusion.opacity import PARTS, coefficients
from nubounds.constraints.sn_diffusion.shells import star_of
from nubounds.contract import Block, InputError, Status

SHARED = ("convention", "snapshot_s", "neutrino", "shell")
COLUMNS = {False: [f"{part}_per_m" for part in PARTS], True: [f"{part}_vacuum_per_m" for part in PARTS]}


def coefficients_scan(points: Mapping[str, np.ndarray], inputs: Mapping[str, Any]) -> Block:
    """Couplings scale out; all masses of one (convention, snapshot, neutrino, shell) share one table of the medium."""
    masses = np.asarray(points["m_mediator_MeV"], dtype=float)
    star, n = star_of(inputs), masses.size
    names = [name for columns in COLUMNS.values() for name in columns]
    values, errors = ({name: np.full(n, np.nan) for name in names} for _ in range(2))
    status = np.full(n, Status.OUT_OF_DOMAIN, dtype=int)
    groups: dict[tuple, list[int]] = {}
    for i, key in enumerate(zip(*(points[axis] for axis in SHARED), strict=True)):
        groups.setdefault(key, []).append(i)
    for (convention, snapshot_s, neutrino, shell), members in groups.items():
        if (snapshot_s, shell) not in star.dirac:
            continue
        try:
            state = star.state(int(snapshot_s), int(shell), str(neutrino), inputs["states"], float(inputs["g_nu"]))
        except InputError:
            status[members] = Status.NO_SOLUTION
            continue
        for vacuum, columns in COLUMNS.items():
            parts, part_errors, statuses = coefficients(
                [state],
                str(neutrino),
                masses[members],
                convention=str(convention),
                axial=inputs["axial"],
                vacuum=vacuum,
                precision=inputs["precision"],
            )
            for column, name in enumerate(columns):
                values[name][members], errors[name][members] = parts[0, :, column], part_errors[0, :, column]
            status[members] = statuses[0] if not vacuum else np.maximum(status[members], statuses[0])
    return Block(values, errors, status)
