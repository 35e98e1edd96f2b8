"""The scans: limits on the moment, the likelihood of the 8B flux, and toys.

The binned analysis needs the data release: without it its points have the status OUT_OF_DOMAIN.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nubounds.constraints.xenon_cevns import expectation, flux_fits, toys
from nubounds.constraints.xenon_cevns import likelihood as fits
from nubounds.constraints.xenon_cevns.inputs import Search
from nubounds.constraints.xenon_cevns.templates import available
from nubounds.contract import Block, Status, groups

DOF = {"mu_muB": 2, "mu_1dof_muB": 1}  # degrees of freedom of each column


def limits(points: Mapping[str, np.ndarray], search: Search) -> Block:
    """Limits on mu/mu_B; the recoil spectra of a mass serve all flavours, runs and data.

    Parameters
    ----------
    points : arrays of length n by axis
    search : every input

    Returns
    -------
    the columns that ``constraint.yaml`` declares, with absolute errors, and statuses
    """
    masses = np.asarray(points["m4_MeV"], dtype=float)
    block = Block.empty(masses.size, DOF)
    unique, place = np.unique(masses, return_inverse=True)
    for (analysis,), mine in groups(points, "analysis"):
        if not available(search.release, analysis):
            continue
        made, where = expectation.weights(search, analysis, unique), place[mine]
        for (flavour, runs, data), part in groups(
            {axis: np.asarray(points[axis])[mine] for axis in ("flavour", "runs", "data")}, "flavour", "runs", "data"
        ):
            rows, at = mine[part], where[part]
            few = made.of_masses(at)
            value, error, status = fits.moment_limits(search, few, flavour, runs, analysis, data, tuple(DOF.values()))
            block.status[rows] = worst = status.max(axis=1)
            good = worst == Status.OK
            for k, name in enumerate(DOF):
                block.values[name][rows[good]], block.errors[name][rows[good]] = value[good, k], error[good, k]
    return block


def flux(points: Mapping[str, np.ndarray], search: Search) -> Block:
    """2 (ln L_best - ln L) of the 8B flux, without a moment.

    Parameters
    ----------
    points : arrays of length n by axis
    search : every input

    Returns
    -------
    the columns that ``constraint.yaml`` declares, with absolute errors, and statuses
    """
    tested = np.asarray(points["tested_flux_per_cm2_s"], dtype=float)
    block = Block.empty(tested.size, ["two_delta_ln_L"])
    for (analysis, runs), mine in groups(points, "analysis", "runs"):
        if not available(search.release, analysis):
            continue
        value, error, status = flux_fits.flux_profile(search, runs, analysis, tested[mine])
        block.status[mine] = status
        block.values["two_delta_ln_L"][mine], block.errors["two_delta_ln_L"][mine] = value, error
    return block


SCANS = {"limits": limits, "flux": flux, "toys": toys.toys}
