"""The grids: limits and maps of the heating, kernels, elastic cross sections, the walk solved and simulated."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nubounds import waterfall
from nubounds.constraints.neutron_star import elastic, heating, medium, random_walk
from nubounds.constraints.neutron_star.constants import K_B
from nubounds.constraints.neutron_star.inputs import Accuracy, Capture, Halo, Star, Walk, Walkers
from nubounds.contract import Block, Status, groups
from nubounds.kernels import neutron_star as kernel

CHECKPOINTS = (1, 2, 5, 10, 20, 50, 100)  # collisions after which surviving walkers are counted
WATERFALL_KEV = 10.0  # mass at which the steps from paper to best are shown
SCALE_T_K = 1000.0  # temperature at which the scale-free kernel is tabulated: only m/T matters


def _empty(points, count):
    n = len(next(iter(points.values())))
    return [np.zeros(n) for _ in range(count)], np.zeros(n, dtype=np.int8)


def mixing_limits(points: Mapping[str, np.ndarray], star: Star, halo: Halo, capture: Capture) -> Block:
    """Edges in sin^2(theta) of the region that is hotter than T_inf_K; the upper edge is cut off at 1.

    Parameters
    ----------
    points : arrays of reading, T_inf_K, m_keV
    star, halo, capture : the inputs

    Returns
    -------
    both edges, with errors; NO_SOLUTION where no mixing up to 1 heats the star so far
    """
    (bottom, top, bottom_error, top_error), status = _empty(points, 4)
    for (reading,), where in groups(points, "reading"):
        calculation = heating.Heating(star, halo, capture, reading)
        lower, upper, relative, outcome = calculation.mixing(points["T_inf_K"][where], points["m_keV"][where])
        outcome = np.where((outcome == Status.OK) & (lower > 1), Status.NO_SOLUTION, outcome)
        with np.errstate(invalid="ignore"):
            bottom[where], top[where], status[where] = lower, np.minimum(upper, 1), outcome
            bottom_error[where], top_error[where] = lower * relative, np.where(upper < 1, upper * relative, 0)
    return Block.of(status, sin2theta_bottom=(bottom, bottom_error), sin2theta_top=(top, top_error))


def pieces(points: Mapping[str, np.ndarray], star: Star, halo: Halo, capture: Capture) -> Block:
    """The edges of the region as configured, as in the paper, and with today's physics piece by piece.

    Parameters
    ----------
    points : arrays of physics, reading, T_inf_K, m_keV
    star, halo, capture : the inputs

    Returns
    -------
    as :func:`mixing_limits`
    """
    (bottom, top, bottom_error, top_error), status = _empty(points, 4)
    for (step,), where in groups(points, "physics"):
        block = mixing_limits(
            {axis: values[where] for axis, values in points.items()}, *waterfall.at(step, star, halo, capture)
        )
        for column, edge, values in zip(
            (bottom, top, bottom_error, top_error),
            ("bottom", "top") * 2,
            (block.values, block.values, block.errors, block.errors),
            strict=True,
        ):
            column[where] = values[f"sin2theta_{edge}"]
        status[where] = block.status
    return Block.of(status, sin2theta_bottom=(bottom, bottom_error), sin2theta_top=(top, top_error))


def temperature_map(points: Mapping[str, np.ndarray], star: Star, halo: Halo, capture: Capture) -> Block:
    """Temperature at infinity over the plane of mass and mixing.

    Parameters
    ----------
    points : arrays of reading, m_keV, sin2theta
    star, halo, capture : the inputs

    Returns
    -------
    T [K] with its error
    """
    (value, error), status = _empty(points, 2)
    for (reading,), where in groups(points, "reading"):
        calculation = heating.Heating(star, halo, capture, reading)
        value[where], error[where], status[where] = calculation.temperature(
            points["m_keV"][where], points["sin2theta"][where]
        )
    return Block.of(status, temperature_K=(value, error))


def sterile_kernel(points: Mapping[str, np.ndarray], star: Star) -> Block:
    """Cross section and energy transfer of a sterile neutrino as functions of m/T.

    Parameters
    ----------
    points : arrays of amplitude, m_over_T
    star : the star

    Returns
    -------
    sigma [cm2] and <Delta E>/E with errors
    """
    columns, status = _empty(points, 4)
    for (amplitude,), where in groups(points, "amplitude"):
        m_keV = points["m_over_T"][where] * SCALE_T_K * K_B * 1e-3
        *results, outcome = medium.sterile_cross_section(star, m_keV, SCALE_T_K, amplitude)
        for column, result in zip(columns, results, strict=True):
            column[where] = result
        status[where] = outcome
    return Block.of(status, sigma_cm2=tuple(columns[:2]), transfer_over_E=tuple(columns[2:]))


def energy_transfer(points: Mapping[str, np.ndarray], star: Star) -> Block:
    """Mean energy given to the star per collision (Fig. 6).

    Parameters
    ----------
    points : arrays of amplitude, daughter, T_K, E_eV
    star : the star

    Returns
    -------
    <Delta E> [eV] with its error
    """
    (value, error), status = _empty(points, 2)
    for (amplitude, daughter), where in groups(points, "amplitude", "daughter"):
        result = medium.collisions(star, points["E_eV"][where], points["T_K"][where], amplitude, daughter, "constant")
        value[where], error[where], status[where] = result.transfer, result.transfer_error, result.status
    return Block.of(status, transfer_eV=(value, error))


def elastic_scattering(points):
    """Elastic cross sections on free targets (Fig. 5).

    Parameters
    ----------
    points : arrays of target, flavour, lepton, E_free_eV

    Returns
    -------
    sigma [cm2] with its error
    """
    (value, error), status = _empty(points, 2)
    for (target, flavour, lepton), where in groups(points, "target", "flavour", "lepton"):
        value[where], error[where], status[where] = elastic.cross_section(
            target, flavour, lepton == "nubar", points["E_free_eV"][where]
        )
    return Block.of(status, sigma_cm2=(value, error))


def survival(points: Mapping[str, np.ndarray], accuracy: Accuracy, walk: Walk) -> Block:
    """Probability of being inside after n collisions, solved (Fig. 7).

    Parameters
    ----------
    points : arrays of step, entry, collisions
    accuracy, walk : the inputs

    Returns
    -------
    S_n with its error
    """
    (value, error), status = _empty(points, 2)
    for (step, entry, collisions), where in groups(points, "step", "entry", "collisions"):
        if collisions > random_walk.MAX_COLLISIONS or collisions != int(collisions):
            status[where] = Status.OUT_OF_DOMAIN
            continue
        solved, solved_error = random_walk.survival(
            step, entry, walk.mfp_over_radius, int(collisions), accuracy.precision
        )
        value[where], error[where] = solved[int(collisions)], solved_error[int(collisions)]
    return Block.of(status, survival=(value, error))


def walkers(points: Mapping[str, np.ndarray], simulation: Walkers) -> Block:
    """Survivors among the walkers of one block, each of which has random numbers of its own.

    Parameters
    ----------
    points : arrays of step, entry, walker_block
    simulation : the inputs

    Returns
    -------
    numbers of survivors, exact
    """
    count = simulation.walkers_per_block
    columns, status = _empty(points, len(CHECKPOINTS))
    for (step, entry, number), where in groups(points, "step", "entry", "walker_block"):
        inside = kernel.walkers(
            simulation.seed,
            int(number) * count,
            count,
            CHECKPOINTS[-1] + 1,
            simulation.walk.mfp_over_radius,
            step,
            entry,
        )
        for column, collisions in zip(columns, CHECKPOINTS, strict=True):
            column[where] = inside[collisions]
    return Block.of(status, **{f"survivors_{n}": column for n, column in zip(CHECKPOINTS, columns, strict=True)})


SCANS = {
    "mixing_limits": mixing_limits,
    "pieces": pieces,
    "temperature_map": temperature_map,
    "sterile_kernel": sterile_kernel,
    "energy_transfer": energy_transfer,
    "elastic_scattering": elastic_scattering,
    "survival": survival,
    "walkers": walkers,
}
