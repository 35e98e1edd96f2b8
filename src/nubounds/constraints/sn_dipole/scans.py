"""The scans: limits over the mass (d scales out of the production and enters through the decay length alone), both
edges of them where N do not leave freely, steps from the paper to the best, other stars, the Monte Carlo check, and
toys of counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from nubounds import waterfall
from nubounds.constraints.sn_dipole import criteria, decay, monte_carlo, toys
from nubounds.constraints.sn_dipole.inputs import (
    CHANNELS,
    Accuracy,
    Analysis,
    MonteCarlo,
    Production,
    SolarMaximum,
    Stars,
)
from nubounds.constraints.sn_dipole.level_search import Limit, Region
from nubounds.constraints.sn_dipole.production import compute_together, spectrum
from nubounds.contract import Block, InputError, Status

DELAYED = (
    "smm",
    "smm_upper",
    "fermi_223",
    "fermi_3600",
    "eastrogam",
    "eastrogam_223",
    "kamiokande_imb",
    "low_energy",
    "hyperk",
    "dune",
)
YIELDS = [(f"yield_{channel}_MeV2", channel, 0) for channel in CHANNELS]
ENERGIES = [(f"energy_{channel}_MeV3", channel, 1) for channel in CHANNELS]
# column, probe, delay of every limit in the table; None is the delay that the inputs name
LIMITS = [
    *((f"d_{probe}_per_MeV", probe, None) for probe in ("cooling", "diffuse", *DELAYED)),
    *((f"d_{probe}_bound_per_MeV", probe, "bound") for probe in DELAYED),
]


def _number(limit: Limit) -> tuple[float, float]:
    """An edge and its error: 0 where there is none, NaN where it could not be computed."""
    nothing = 0.0 if limit.status == Status.OK else math.nan
    return limit.value or nothing, limit.error or nothing


def scan_limits(points: Mapping[str, np.ndarray], analysis: Analysis) -> Block:
    """Yields, energies and limits at each mass; a limit that does not exist is 0, one that could not be computed NaN,
    and the mass gets its status.

    Parameters
    ----------
    points : columns of the scan's axes, each of shape (n,)
    analysis : everything that a limit on d depends on besides mass, probe and delay

    Returns
    -------
    The columns of `YIELDS`, `ENERGIES` and `LIMITS`.
    """
    masses = np.asarray(points["M_MeV"], float)
    block = Block.empty(masses.size, [name for name, *_ in (*YIELDS, *ENERGIES, *LIMITS)])
    production = analysis.production
    compute_together(masses.tolist(), production)
    for i, M in enumerate(masses.tolist()):
        parents = spectrum(M, production)
        status = parents.status
        for name, channel, power in (*YIELDS, *ENERGIES):
            used = channel in production.channels
            block.values[name][i], block.errors[name][i] = parents.moment(channel, power) if used else (0.0, 0.0)
        for name, probe, delay in LIMITS:
            limit = criteria.coupling_limit(probe, M, delay or analysis.arrival.delay, analysis)
            status = max(status, limit.status)
            block.values[name][i], block.errors[name][i] = _number(limit)
        block.status[i] = status
    return block


def scan_monte_carlo(
    points: Mapping[str, np.ndarray], production: Production, view: SolarMaximum, simulation: MonteCarlo
) -> Block:
    """One block of particles at one mass: the same numbers on whatever rank it is computed.

    Parameters
    ----------
    points : columns of the scan's axes, each of shape (n,)
    production : how a supernova makes sterile neutrinos
    view : photons of SN1987A as the Solar Maximum Mission saw them
    simulation : decays that are followed one by one

    Returns
    -------
    Sums over the particles of each block.
    """
    d, count, telescope = simulation.mc_moment, simulation.mc_particles, view.telescope.smm
    radius, distance = view.photosphere.photosphere_cm, view.sn1987a.distance_cm
    rows, status = [], []
    for M, block in zip(points["check_M_MeV"], points["block"], strict=True):
        parents = spectrum(float(M), production)
        status.append(parents.status)
        if parents.status != Status.OK:
            rows.append((math.nan,) * 7)
            continue
        seed, first = simulation.random.mc_seed, int(block) * count
        found = monte_carlo.simulate(parents, telescope, d, radius, distance, seed, first, count)
        window = decay.Window(radius, distance, telescope.window_s)
        value, error = decay.photons(parents, telescope.E_min_MeV, telescope.E_max_MeV, window)(d)
        number = monte_carlo.distribution(parents)[2]
        rows.append(
            (count, found.weight, found.square, number, math.degrees(found.angle), d**2 * value[0], d**2 * error[0])
        )
    columns = np.array(rows, float).reshape(-1, 7).T
    names = ("particles", "weight", "square", "number_MeV2", "angle_deg")
    exact = dict(zip(names, columns, strict=False))
    return Block.of(np.array(status, dtype=np.int8), **exact, closed_form_per_cm2=(columns[5], columns[6]))


EDGES = ("d_bottom_per_MeV", "d_top_per_MeV")
PEAK = ("d_peak_per_MeV", "share")
WATERFALL_MEV = (1.0, 100.0)  # masses of the steps from paper to best


def _fill(block: Block, i: int, found: Region) -> None:
    for name, limit in zip(EDGES, (found.lower, found.upper), strict=True):
        block.values[name][i], block.errors[name][i] = _number(limit)
    for name, value in zip(PEAK, (found.peak, found.share), strict=True):
        block.values[name][i] = value
    block.status[i] = max(found.lower.status, found.upper.status)


def scan_regions(points: Mapping[str, np.ndarray], analysis: Analysis) -> Block:
    """Both edges of every limit where N are absorbed on their way out; nothing where they leave freely.

    Parameters
    ----------
    points : columns of the scan's axes, each of shape (n,)
    analysis : everything that a limit on d depends on besides mass, probe and delay

    Returns
    -------
    Edges (0 for one that does not exist), and where the signal is highest; OUT_OF_DOMAIN where N leave freely.
    """
    block = Block.empty(len(points["probe"]), EDGES, PEAK)
    if analysis.production.escape.absorption != "none":
        compute_together(points["M_MeV"].tolist(), analysis.production)
        for i, (M, probe) in enumerate(zip(points["M_MeV"].tolist(), points["probe"], strict=True)):
            _fill(block, i, criteria.excluded_region(probe, M, analysis.arrival.delay, analysis))
    return block


def _as_in_the_paper(probe: str, M: float, analysis: Analysis) -> Region:
    """Edges of N that leave freely: the upper one is where they decay too early; none of energy loss."""
    delay = analysis.arrival.delay
    lower, upper = criteria.coupling_limit(probe, M, delay, analysis), Limit(None)
    if probe != "cooling":
        upper = criteria.coupling_limit(probe, M, delay, analysis, last=True)
    return Region(lower, upper, 0.0, 0.0)


def _both_edges(probe: str, M: float, analysis: Analysis) -> Region:
    if analysis.production.of_the_paper:
        return _as_in_the_paper(probe, M, analysis)
    return criteria.excluded_region(probe, M, analysis.arrival.delay, analysis)


def scan_pieces(points: Mapping[str, np.ndarray], analysis: Analysis) -> Block:
    """Edges with the inputs of the presets that the run is not at, and at the masses of the waterfall with today's
    physics switched on piece by piece; with the precision `draft`, because this stands beside other limits.

    Parameters
    ----------
    points : columns of the scan's axes, each of shape (n,)
    analysis : everything that a limit on d depends on besides mass, probe and delay

    Returns
    -------
    As :func:`scan_regions`; OUT_OF_DOMAIN for the inputs as configured and for steps at other masses.
    """
    presets = {step for _, step in waterfall.other_presets(analysis)}
    quick = replace(analysis, production=replace(analysis.production, accuracy=Accuracy("draft")))
    block = Block.empty(len(points["piece_probe"]), EDGES, PEAK)
    rows: dict[str, list[tuple[int, float, str]]] = {}
    columns = zip(points["physics"], points["piece_M_MeV"].tolist(), points["piece_probe"], strict=True)
    for i, (step, M, probe) in enumerate(columns):
        if step in presets or (step != waterfall.CONFIGURED and M in WATERFALL_MEV):
            rows.setdefault(step, []).append((i, M, probe))
    for step, some in rows.items():
        (chosen,) = waterfall.at(step, quick)
        compute_together([M for _, M, _ in some], chosen.production)
        for i, M, probe in some:
            _fill(block, i, _both_edges(probe, M, chosen))
    return block


def scan_stars(points: Mapping[str, np.ndarray], analysis: Analysis, others: Stars) -> Block:
    """Both edges of every limit in other stars than that of the run.

    Parameters
    ----------
    points : columns of the scan's axes, each of shape (n,)
    analysis : everything that a limit on d depends on besides mass, probe and delay
    others : the stars

    Returns
    -------
    As :func:`scan_regions`; OUT_OF_DOMAIN for the deposition with the paper's inputs, which has no such limit.

    Raises
    ------
    InputError
        For a star whose file changed after the run was planned.
    """
    block = Block.empty(len(points["probe"]), EDGES, PEAK)
    names = others.stars.labels if others.stars and len(points["probe"]) else {}
    labels, masses = np.asarray(points["star"]), np.asarray(points["M_MeV"], float)
    for label in dict.fromkeys(labels.tolist()):
        if label not in names:
            raise InputError(f"stars: {label}: the file is another one now; run again")
        compute_together(masses[labels == label].tolist(), others.production_of(names[label], analysis.production))
    for i, (label, M, probe) in enumerate(zip(labels.tolist(), masses.tolist(), points["probe"], strict=True)):
        production = others.production_of(names[label], analysis.production)
        if probe != "deposition" or not production.of_the_paper:
            _fill(block, i, _both_edges(probe, M, replace(analysis, production=production)))
    return block


SCANS = {
    "limits": scan_limits,
    "regions": scan_regions,
    "pieces": scan_pieces,
    "limits_by_star": scan_stars,
    "monte_carlo": scan_monte_carlo,
    "toys": toys.toys,
}
