"""The scans: each maps points (arrays of axis values) to columns.  Points of one mediator share its medium; a row
depends on its own point alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from nubounds.constraints.dm_production import (
    evolution_features,
    phase_space,
    production,
    self_interaction,
    validity,
)
from nubounds.constraints.dm_production.conventions import resolve
from nubounds.constraints.dm_production.inputs import (
    POINTS,
    Accuracy,
    Anatomy,
    Bath,
    Benchmarks,
    Choices,
    CurvePoints,
    Evolution,
    Flavour,
    Map,
    Opacity,
    Sample,
    SelfInteraction,
    Wanted,
)
from nubounds.constraints.dm_production.medium import FAST, LADDERS
from nubounds.constraints.dm_production.mixing_range import mixing_range
from nubounds.contract import Block, Status, groups

DENSITY_ACCURACY = 1e-3  # error estimate above which a finer grid is taken
PLACE = {"A": 2, "B": 1, "C": 0}  # of a point among the couplings at its mass, ascending
N_ROOTS = 5  # columns for couplings; the S has three
CONSTANT_G_STAR = 10.75  # of the self-interacting bath


def named_point(
    name: str, model: str, choices: Choices, points: CurvePoints, wanted: Wanted
) -> tuple[float, float] | None:
    """Coupling and mediator mass [MeV] of a point of the S-curve (0 and 1 for DW), or None if the curve has no such
    branch there.

    Unless the config gives couplings, A, B, C are the highest, the middle and the lowest coupling with the wanted
    relic density at their masses.

    Parameters
    ----------
    name : A, B, C or DW
    model : interaction of the active neutrinos
    choices : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open
    points : masses of the points, and their couplings where the config gives them
    wanted : how much dark matter there is

    Returns
    -------
    Coupling and mass [MeV], or None.
    """
    if name == "DW":
        return 0.0, 1.0
    k = POINTS.index(name)
    m = points.point_masses_MeV[k]
    if points.point_couplings is not None:
        return points.point_couplings[k], m
    roots = _roots_of_point(model, m, choices, *points.pair, wanted.target_relic_density)
    return (roots[PLACE[name]], m) if PLACE[name] < len(roots) else None


@lru_cache(maxsize=1024)
def _roots_of_point(model, m, choices, m4_MeV, s2, target) -> tuple[float, ...]:
    """Couplings for A, B, C: every rank and every slice of its points asks for the same few."""
    return tuple(production.relic_couplings(model, m, choices, m4_MeV, s2, target, FAST)[0].tolist())


def self_interacting_choices(flavour: Flavour, opacity: Opacity, evolution: Evolution) -> Choices:
    """The choices of the self-interacting bath: those of standard physics, with constant g*.

    Parameters
    ----------
    flavour : what the sterile neutrino mixes with
    opacity : collisions of active neutrinos in the Standard Model
    evolution : when production begins and ends

    Returns
    -------
    The choices, none of which is left open.
    """
    return resolve("physical", flavour, opacity, evolution, g_star=CONSTANT_G_STAR)


def _settled(points: Mapping[str, np.ndarray], choices: Choices) -> dict[str, Choices]:
    """The choices by convention of the points."""
    return {convention: resolve(convention, choices) for convention in set(points["convention"])}


def relic_roots(
    points: Mapping[str, np.ndarray], accuracy: Accuracy, wanted: Wanted, benchmarks: Benchmarks, choices: Choices
) -> Block:
    """All couplings with the wanted relic density, at each mediator mass.

    Parameters
    ----------
    points : columns of the scan's axes, each of shape (n,)
    accuracy : how accurately relic densities are computed
    wanted : how much dark matter there is
    benchmarks : the pairs of mass and mixing of the S-curves
    choices : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    Couplings with errors, ascending, NaN where there are fewer; how many there are; and what is outside validity.
    """
    count, settled = len(points["m_mediator_MeV"]), _settled(points, choices)
    block = Block.empty(count, [f"coupling_{k + 1}" for k in range(N_ROOTS)], ["root_count", "outside_validity"])
    benchmark_m4, highest = np.zeros((2, count))
    for k in range(count):
        pair, m = benchmarks.pair(points["benchmark"][k]), float(points["m_mediator_MeV"][k])
        if pair is None:
            continue
        m4, s2 = pair
        point = (points["model"][k], m, settled[points["convention"][k]], m4 * 1e-3, s2)
        roots, errors, status = production.relic_couplings_on(
            LADDERS[accuracy.precision], wanted.target_relic_density, *point
        )
        block.status[k] = Status.OK if status == Status.NO_SOLUTION else status
        block.values["root_count"][k] = len(roots)
        benchmark_m4[k], highest[k] = m4, max(roots, default=0.0)
        for j in range(N_ROOTS):
            there = j < len(roots)
            block.values[f"coupling_{j + 1}"][k] = roots[j] if there else 0.0
            block.errors[f"coupling_{j + 1}"][k] = errors[j] if there else 0.0
    there = benchmark_m4 > 0
    outside = validity.outside(benchmark_m4, highest, points["m_mediator_MeV"]).any(axis=0)
    block.values["outside_validity"][there] = outside[there]
    return block


def density(points: Mapping[str, np.ndarray], accuracy: Accuracy, shown: Map, choices: Choices) -> Block:
    """Relic density on a map of masses, mixings and couplings.

    Parameters
    ----------
    points : columns of the scan's axes, each of shape (n,)
    accuracy : how accurately relic densities are computed
    shown : the map of the relic density
    choices : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    Omega h^2 with errors.
    """
    block = Block.empty(len(points["coupling"]), ["omega_h2"], ["outside_validity"])
    for (convention, m), where in groups(points, "convention", "m_mediator_MeV"):
        m4, s2, coupling = (points[name][where].astype(float) for name in ("m4_point_keV", "sin2_2theta", "coupling"))
        value, error, status = production.relic_densities_within(
            DENSITY_ACCURACY,
            shown.map_model,
            m,
            resolve(convention, choices),
            coupling,
            1e-3 * m4,
            s2,
            LADDERS[accuracy.precision],
        )
        block.values["omega_h2"][where], block.errors["omega_h2"][where], block.status[where] = value, error, status
        block.values["outside_validity"][where] = validity.outside(m4, coupling, m).any(axis=0)
    return block


def mixing_band(points: Mapping[str, np.ndarray], accuracy: Accuracy, wanted: Wanted, choices: Choices) -> Block:
    """Range of mixings that some allowed scalar coupling turns into all of the dark matter.

    Parameters
    ----------
    points : columns of the scan's axes, each of shape (n,)
    accuracy : how accurately relic densities are computed
    wanted : how much dark matter there is
    choices : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    Both ends of the range of sin^2 2theta, with errors.
    """
    block = Block.empty(len(points["m4_keV"]), ["sin2_2theta_min", "sin2_2theta_max"], ["outside_validity"])
    settled = _settled(points, choices)
    for k, (convention, m4, m) in enumerate(
        zip(points["convention"], points["m4_keV"], points["m_band_MeV"], strict=True)
    ):
        found = mixing_range(
            float(m),
            settled[convention],
            1e-3 * float(m4),
            wanted.target_relic_density,
            resolution=LADDERS[accuracy.precision][0],
        )
        if found is None:
            block.status[k] = Status.NO_SOLUTION
            continue
        block.values["sin2_2theta_min"][k], block.values["sin2_2theta_max"][k] = found[:2]
        block.errors["sin2_2theta_min"][k], block.errors["sin2_2theta_max"][k] = found[2:]
        block.status[k] = Status.OK
    there = block.status == Status.OK
    outside = validity.outside(points["m4_keV"], None, points["m_band_MeV"]).any(axis=0)
    block.values["outside_validity"][there] = outside[there]
    return block


def dodelson_widrow(points: Mapping[str, np.ndarray], wanted: Wanted, bath: Bath) -> Block:
    """Mixing that gives the wanted relic density without new interactions.

    Parameters
    ----------
    points : columns of the scan's axes, each of shape (n,)
    wanted : how much dark matter there is
    bath : every switch but the flavour

    Returns
    -------
    sin^2 2theta with errors.
    """
    block = Block.empty(len(points["m4_keV"]), ["sin2_2theta_dw"], ["outside_validity"])
    for (convention, flavour), where in groups(points, "convention", "flavour"):
        m4 = points["m4_keV"][where].astype(float)
        choices = resolve(convention, bath, flavour=flavour)
        mixing, error, status = production.relic_mixings(choices, 1e-3 * m4, wanted.target_relic_density)
        block.values["sin2_2theta_dw"][where], block.errors["sin2_2theta_dw"][where] = mixing, error
        block.values["outside_validity"][where] = validity.outside(m4, None, None).any(axis=0)
        block.status[where] = status
    return block


ANATOMY = ("gamma_over_H", "potential_over_H", "splitting_over_H", "mixing_ratio", "df_dlnz")


def anatomy(
    points: Mapping[str, np.ndarray], wanted: Wanted, curve: CurvePoints, momentum: Anatomy, switches: Choices
) -> Block:
    """Rates, mixing and production along the evolution at one x, for the points A, B, C and the Standard Model.

    Parameters
    ----------
    points : columns of the scan's axes, each of shape (n,)
    wanted : how much dark matter there is
    curve : the points A, B, C of the S-curve
    momentum : the momentum of the evolution plots
    switches : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    The columns of ANATOMY at each z; NO_SOLUTION for a point that is not on the curve.
    """
    block = Block.empty(len(points["z"]), (), ANATOMY)
    for (model, convention, name), where in groups(points, "anatomy_model", "convention", "point"):
        choices = resolve(convention, switches)
        point = named_point(name, model, choices, curve, wanted)
        if point is None:
            block.status[where] = Status.NO_SOLUTION
            continue
        log_z = np.log(points["z"][where].astype(float))
        of = ("sm" if name == "DW" else model, choices, *curve.pair, *point)
        found = evolution_features.history(momentum.anatomy_x, log_z, *of)
        for column in ANATOMY:
            block.values[column][where] = found[column]
        block.status[where] = Status.OK
    return block


def spectra(points: Mapping[str, np.ndarray], wanted: Wanted, curve: CurvePoints, switches: Choices) -> Block:
    """Distribution of the sterile neutrinos' momenta at 1 MeV, absolute and normalised.

    Parameters
    ----------
    points : columns of the scan's axes, each of shape (n,)
    wanted : how much dark matter there is
    curve : the points A, B, C of the S-curve
    switches : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    f_s and normalised x^2 f_s at each x, with errors; NO_SOLUTION for a point that is not on the curve.
    """
    block = Block.empty(len(points["x"]), ["f_s", "x2_f_normalised"])
    m4, s2 = curve.pair
    for (convention, name), where in groups(points, "convention", "point"):
        model, choices = ("sm" if name == "DW" else "scalar"), resolve(convention, switches)
        point = named_point(name, "scalar", choices, curve, wanted)
        if point is None:
            block.status[where] = Status.NO_SOLUTION
            continue
        coupling, m = point
        number = production.number_at_1_MeV(model, m, choices, m4, coupling, s2)
        x = points["x"][where].astype(float)
        value, error = phase_space.redshifted(x, model, m, choices, m4, coupling, s2, step=0.02)
        block.values["f_s"][where], block.errors["f_s"][where] = value, error
        block.values["x2_f_normalised"][where] = x * x * value / number
        block.errors["x2_f_normalised"][where] = x * x * error / number
        block.status[where] = Status.OK
    return block


def self_interaction_scan(
    points: Mapping[str, np.ndarray],
    sample: Sample,
    sterile: SelfInteraction,
    flavour: Flavour,
    opacity: Opacity,
    evolution: Evolution,
) -> Block:
    """Relic density with sterile neutrinos that also scatter on each other.

    Parameters
    ----------
    points : columns of the scan's axes, each of shape (n,)
    sample : the mass and mixing of the points A, B, C
    sterile : how sterile neutrinos scatter on each other
    flavour : what the sterile neutrino mixes with
    opacity : collisions of active neutrinos in the Standard Model
    evolution : when production begins and ends

    Returns
    -------
    Omega h^2 with errors.
    """
    block = Block.empty(len(points["coupling_sterile"]), ["omega_h2"], ["outside_validity"])
    choices = self_interacting_choices(flavour, opacity, evolution)
    for k, coupling in enumerate(points["coupling_sterile"].astype(float)):
        bath = self_interaction.evolve(*sample.pair, coupling, sterile.self_mediator_MeV, choices, sterile.self_method)
        block.values["omega_h2"][k], block.errors["omega_h2"][k] = bath.relic_density, bath.error
        block.values["outside_validity"][k] = validity.outside(sample.point_m4_keV, coupling, None).any()
        block.status[k] = bath.status
    return block


SCANS = {
    "relic_roots": relic_roots,
    "density": density,
    "mixing_band": mixing_band,
    "dodelson_widrow": dodelson_widrow,
    "anatomy": anatomy,
    "spectra": spectra,
    "self_interaction": self_interaction_scan,
}
