"""The grids: limits and maps of the heating, kernels, elastic cross sections, the walk solved and simulated."""

from __future__ import annotations

import numpy as np

from nubounds.constraints.neutron_star import elastic, heating, medium, walk
from nubounds.constraints.neutron_star.star import K_B, star_of
from nubounds.contract import Block, Status
from nubounds.kernels import neutron_star as kernel

CHECKPOINTS = (1, 2, 5, 10, 20, 50, 100)  # collisions after which surviving walkers are counted
SCALE_T_K = 1000.0  # temperature at which the scale-free kernel is tabulated: only m/T matters


def block(status, **columns) -> Block:
    """A block from column=(value, error) or column=value (an exact column), NaN where the status is not OK."""
    status = np.asarray(status, dtype=np.int8)
    missing = status != Status.OK
    values, errors = {}, {}
    for name, column in columns.items():
        value, error = column if isinstance(column, tuple) else (column, None)
        values[name] = np.where(missing, np.nan, value)
        if error is not None:
            errors[name] = np.where(missing, np.nan, error)
    return Block(values, errors, status)


def groups(points, *axes):
    """Positions of the points that share a value of each of `axes`, with these values."""
    keys = list(zip(*(points[axis].tolist() for axis in axes), strict=True))
    for key in sorted(set(keys)):
        yield key, np.array([i for i, other in enumerate(keys) if other == key])


def _empty(points, count):
    n = len(next(iter(points.values())))
    return [np.zeros(n) for _ in range(count)], np.zeros(n, dtype=np.int8)


def mixing_limits(points, inputs):
    """Edges in sin^2(theta) of the region that is hotter than T_inf_K; the upper edge is cut off at 1."""
    (bottom, top, bottom_error, top_error), status = _empty(points, 4)
    for (reading,), where in groups(points, "reading"):
        calculation = heating.heating_of(inputs, reading)
        lower, upper, relative, outcome = calculation.mixing(points["T_inf_K"][where], points["m_keV"][where])
        outcome = np.where((outcome == Status.OK) & (lower > 1), Status.NO_SOLUTION, outcome)
        with np.errstate(invalid="ignore"):
            bottom[where], top[where], status[where] = lower, np.minimum(upper, 1), outcome
            bottom_error[where], top_error[where] = lower * relative, np.where(upper < 1, upper * relative, 0)
    return block(status, sin2theta_bottom=(bottom, bottom_error), sin2theta_top=(top, top_error))


def temperature_map(points, inputs):
    """Temperature at infinity over the plane of mass and mixing."""
    (value, error), status = _empty(points, 2)
    for (reading,), where in groups(points, "reading"):
        calculation = heating.heating_of(inputs, reading)
        value[where], error[where], status[where] = calculation.temperature(
            points["m_keV"][where], points["sin2theta"][where]
        )
    return block(status, temperature_K=(value, error))


def sterile_kernel(points, inputs):
    """Cross section and energy transfer of a sterile neutrino as functions of m/T."""
    star = star_of(inputs)
    columns, status = _empty(points, 4)
    for (amplitude,), where in groups(points, "amplitude"):
        m_keV = points["m_over_T"][where] * SCALE_T_K * K_B * 1e-3
        *results, outcome = medium.sterile_cross_section(star, m_keV, SCALE_T_K, amplitude)
        for column, result in zip(columns, results, strict=True):
            column[where] = result
        status[where] = outcome
    return block(status, sigma_cm2=tuple(columns[:2]), transfer_over_E=tuple(columns[2:]))


def energy_transfer(points, inputs):
    """Mean energy given to the star per collision (Fig. 6)."""
    star = star_of(inputs)
    (value, error), status = _empty(points, 2)
    for (amplitude, daughter), where in groups(points, "amplitude", "daughter"):
        result = medium.collisions(star, points["E_eV"][where], points["T_K"][where], amplitude, daughter, "constant")
        value[where], error[where], status[where] = result.transfer, result.transfer_error, result.status
    return block(status, transfer_eV=(value, error))


def elastic_scattering(points, inputs):
    """Elastic cross sections on free targets (Fig. 5)."""
    (value, error), status = _empty(points, 2)
    for (target, flavour, lepton), where in groups(points, "target", "flavour", "lepton"):
        value[where], error[where], status[where] = elastic.cross_section(
            target, flavour, lepton == "nubar", points["E_free_eV"][where]
        )
    return block(status, sigma_cm2=(value, error))


def survival(points, inputs):
    """Probability of being inside after n collisions, solved (Fig. 7)."""
    (value, error), status = _empty(points, 2)
    for (step, entry, collisions), where in groups(points, "step", "entry", "collisions"):
        if collisions > walk.MAX_COLLISIONS or collisions != int(collisions):
            status[where] = Status.OUT_OF_DOMAIN
            continue
        solved, solved_error = walk.survival(
            step, entry, inputs["mfp_over_radius"], int(collisions), inputs["precision"]
        )
        value[where], error[where] = solved[int(collisions)], solved_error[int(collisions)]
    return block(status, survival=(value, error))


def walkers(points, inputs):
    """Survivors among the walkers of one block, each of which has random numbers of its own."""
    count = inputs["walkers_per_block"]
    columns, status = _empty(points, len(CHECKPOINTS))
    for (step, entry, number), where in groups(points, "step", "entry", "walker_block"):
        inside = kernel.walkers(
            inputs["seed"], int(number) * count, count, CHECKPOINTS[-1] + 1, inputs["mfp_over_radius"], step, entry
        )
        for column, collisions in zip(columns, CHECKPOINTS, strict=True):
            column[where] = inside[collisions]
    return block(status, **{f"survivors_{n}": column for n, column in zip(CHECKPOINTS, columns, strict=True)})


SCANS = {
    "mixing_limits": mixing_limits,
    "temperature_map": temperature_map,
    "sterile_kernel": sterile_kernel,
    "energy_transfer": energy_transfer,
    "elastic_scattering": elastic_scattering,
    "survival": survival,
    "walkers": walkers,
}
