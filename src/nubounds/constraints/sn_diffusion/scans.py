"""The scans: parts of 1/lambda and 1/lambda_0; limits piece by piece from the paper to the best; a series in time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nubounds import waterfall
from nubounds.constraints.sn_diffusion import opacity as opacities
from nubounds.constraints.sn_diffusion import processes
from nubounds.constraints.sn_diffusion.couplings import coupling_limits, snapshot_of
from nubounds.constraints.sn_diffusion.criteria import diffusion_weights
from nubounds.constraints.sn_diffusion.inputs import Criteria, Opacity, Species, Spectrum, Transport
from nubounds.constraints.sn_diffusion.opacity import PARTS
from nubounds.constraints.sn_diffusion.paths import Question, inverse_paths, kind
from nubounds.constraints.sn_diffusion.shells import star_of
from nubounds.contract import Block, InputError, Status, groups

SHARED = ("convention", "snapshot_s", "neutrino", "shell")
COLUMNS = {False: [f"{part}_per_m" for part in PARTS], True: [f"{part}_vacuum_per_m" for part in PARTS]}


def coefficients_scan(points: Mapping[str, np.ndarray], opacity: Opacity) -> Block:
    """Couplings scale out; all masses of one (convention, snapshot, neutrino, shell) share one table of the medium.

    Parameters
    ----------
    points : arrays of convention, snapshot_s, neutrino, shell, m_mediator_MeV
    opacity : the matter and the interaction

    Returns
    -------
    the parts of 1/lambda and 1/lambda_0 [1/m]; OUT_OF_DOMAIN for shells that are not there
    """
    masses = np.asarray(points["m_mediator_MeV"], dtype=float)
    matter = opacity.matter
    star, block = star_of(matter), Block.empty(masses.size, [name for columns in COLUMNS.values() for name in columns])
    for (convention, snapshot_s, neutrino, shell), members in groups(points, *SHARED):
        if (snapshot_s, shell) not in star.dirac:
            continue
        if convention != "standard" and opacity.interaction.beyond_paper:
            continue  # only the standard reading goes beyond the paper
        try:
            state = star.state(snapshot_s, int(shell), neutrino, matter.states, matter.helicities.g_nu)
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


def _limits(model, criterion, snapshot_s, masses, opacity, spectrum, species, targets, transport):
    """Couplings, errors and statuses; NO_SOLUTION for matter that has none."""
    try:
        neutrino = kind(None, model, spectrum, "" if model == "lnv_scalar" else species.neutrino)
        asked = Question(snapshot_s, neutrino, opacity, spectrum)
        reading = transport if model == "lnc_scalar" else Transport()
        found = coupling_limits(asked, model, criterion, masses, targets, reading)
        return found.value, found.error, found.status
    except InputError:
        nothing = np.full(len(masses), np.nan)
        return nothing, nothing, np.full(len(masses), Status.NO_SOLUTION)


def pieces(
    points: Mapping[str, np.ndarray],
    opacity: Opacity,
    spectrum: Spectrum,
    species: Species,
    targets: Criteria,
    transport: Transport,
) -> Block:
    """Limits with the inputs as configured, as in the paper, and with today's physics switched on piece by piece.

    Parameters
    ----------
    points : arrays of the axes
    opacity, spectrum, species, targets, transport : the inputs

    Returns
    -------
    the coupling; NO_SOLUTION where a criterion has no limit
    """
    masses = np.asarray(points["m_mediator_MeV"], dtype=float)
    block = Block.empty(masses.size, ["coupling"])
    for (name, model, criterion), members in groups(points, "physics", "model", "criterion"):
        chosen, averaged = waterfall.at(name, opacity, spectrum)
        snapshot_s = snapshot_of(criterion, None, opacity.matter, species.limit_snapshot_s)
        found = _limits(model, criterion, snapshot_s, masses[members], chosen, averaged, species, targets, transport)
        block.values["coupling"][members], block.errors["coupling"][members], block.status[members] = found
    return block


def evolution(
    points: Mapping[str, np.ndarray],
    opacity: Opacity,
    spectrum: Spectrum,
    species: Species,
    targets: Criteria,
    transport: Transport,
) -> Block:
    """Every criterion at every snapshot.

    Parameters
    ----------
    points : arrays of the axes
    opacity, spectrum, species, targets, transport : the inputs

    Returns
    -------
    the coupling; NO_SOLUTION where a criterion has no limit, OUT_OF_DOMAIN for snapshots that are not there
    """
    masses = np.asarray(points["m_mediator_MeV"], dtype=float)
    block, times = Block.empty(masses.size, ["coupling"]), star_of(opacity.matter).snapshots
    for (snapshot_s, model, criterion), members in groups(points, "snapshot_s", "model", "criterion"):
        if snapshot_s in times:
            found = _limits(
                model, criterion, snapshot_s, masses[members], opacity, spectrum, species, targets, transport
            )
            block.values["coupling"][members], block.errors["coupling"][members], block.status[members] = found
    return block


def times(points: Mapping[str, np.ndarray], opacity: Opacity, spectrum: Spectrum, species: Species) -> Block:
    """Diffusion times of the Standard Model at every snapshot, of the neutrinos whose limits a model has.

    Parameters
    ----------
    points : arrays of snapshot_s and model
    opacity, spectrum, species : the inputs

    Returns
    -------
    the time [s]; OUT_OF_DOMAIN for snapshots that are not there
    """
    columns = [np.full(len(points["model"]), np.nan) for _ in range(2)]
    status = np.full(len(points["model"]), Status.OUT_OF_DOMAIN)
    for (snapshot_s, model), members in groups(points, "snapshot_s", "model"):
        if snapshot_s not in star_of(opacity.matter).snapshots:
            continue
        try:
            neutrino = kind(None, model, spectrum, "" if model == "lnv_scalar" else species.neutrino)
            asked = Question(snapshot_s, neutrino, opacity, spectrum)
            rates = inverse_paths(asked, "sm", None, None)
        except InputError:
            status[members] = Status.NO_SOLUTION
            continue
        for column, rate in zip(columns, rates, strict=True):
            column[members] = diffusion_weights(asked.radii_m) @ rate[:, 0]
        status[members] = Status.OK
    return Block.of(status, standard_time_s=tuple(columns))


SCANS = {"coefficients": coefficients_scan, "pieces": pieces, "evolution": evolution, "times": times}
