"""The scans: each maps points (arrays of axis values) to columns.  Points of one mediator share its medium; a row
depends on its own point alone.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from nubounds.constraints.dm_production import band, features, phase_space, production, self_interaction, validity
from nubounds.constraints.dm_production.conventions import Choices, resolve
from nubounds.constraints.dm_production.medium import FAST, LADDERS
from nubounds.contract import Block, InputError, Status

SWITCH_INPUTS = (
    "flavour",
    "flux",
    "g_star",
    "v_sm",
    "helicities",
    "doubling",
    "rate_coefficient",
    "off_shell",
    "z_max",
    "T_max_MeV",
    "g_star_file",
    "opacity_file",
)
DENSITY_ACCURACY = 1e-3  # error estimate above which a finer grid is taken
N_ROOTS = 5  # columns for couplings; the S has three
POINTS = ("A", "B", "C")


def choices_of(convention: str, inputs) -> Choices:
    """The choices of a convention with the switches of the config."""
    return resolve(
        convention, **{name: inputs[name] for name in SWITCH_INPUTS if name in inputs and inputs[name] is not None}
    )


def benchmark(number: float, inputs) -> tuple[float, float] | None:
    """m4 [keV] and sin^2 2theta of a benchmark point, counted from 1, or None if there is no such point."""
    k = int(number) - 1
    pairs = list(zip(inputs["benchmark_m4_keV"], inputs["benchmark_sin2_2theta"], strict=True))
    return pairs[k] if 0 <= k < len(pairs) else None


def named_point(name: str, model: str, choices: Choices, inputs) -> tuple[float, float] | None:
    """Coupling and mediator mass [MeV] of a point of the S-curve (0 and 1 for DW), or None if the curve has no such
    branch there.

    Unless the config gives couplings, A, B, C are the highest, the middle and the lowest coupling with the wanted
    relic density at their masses.
    """
    if name == "DW":
        return 0.0, 1.0
    k = POINTS.index(name)
    m = inputs["point_masses_MeV"][k]
    if inputs["point_couplings"] is not None:
        return inputs["point_couplings"][k], m
    roots = _roots_of_point(
        model, m, choices, inputs["point_m4_keV"], inputs["point_sin2_2theta"], inputs["target_relic_density"]
    )
    place = {"A": 2, "B": 1, "C": 0}[name]
    return (roots[place], m) if place < len(roots) else None


@cache
def _roots_of_point(model, m, choices, m4_keV, s2, target) -> tuple[float, ...]:
    """Couplings for A, B, C: every rank and every slice of its points asks for the same few."""
    return tuple(production.relic_couplings(model, m, choices, 1e-3 * m4_keV, s2, target, FAST)[0].tolist())


def _blank(count: int, columns, exact=()) -> Block:
    values = {name: np.full(count, np.nan) for name in (*columns, *exact)}
    errors = {name: np.full(count, np.nan) for name in columns}
    return Block(values, errors, np.full(count, Status.OUT_OF_DOMAIN, dtype=np.int8))


def _groups(points, names):
    """Positions of the points that share the values of `names`: (values, positions)."""
    found = {}
    for k, key in enumerate(zip(*(points[name].tolist() for name in names), strict=True)):
        found.setdefault(key, []).append(k)
    return ((key, np.array(where)) for key, where in found.items())


def relic_roots(points, inputs) -> Block:
    """All couplings with the wanted relic density, at each mediator mass."""
    count = len(points["m_mediator_MeV"])
    block = _blank(count, [f"coupling_{k + 1}" for k in range(N_ROOTS)], ["root_count", "outside_validity"])
    for k in range(count):
        pair, m = benchmark(points["benchmark"][k], inputs), float(points["m_mediator_MeV"][k])
        if pair is None:
            continue
        m4, s2 = pair
        point = (points["model"][k], m, choices_of(points["convention"][k], inputs), m4 * 1e-3, s2)
        roots, errors, status = production.relic_couplings_on(
            LADDERS[inputs["precision"]], inputs["target_relic_density"], *point
        )
        block.status[k] = Status.OK if status == Status.NO_SOLUTION else status
        block.values["root_count"][k] = len(roots)
        block.values["outside_validity"][k] = validity.outside(m4, max(roots, default=0.0), m).any()
        for j in range(N_ROOTS):
            there = j < len(roots)
            block.values[f"coupling_{j + 1}"][k] = roots[j] if there else 0.0
            block.errors[f"coupling_{j + 1}"][k] = errors[j] if there else 0.0
    return block


def density(points, inputs) -> Block:
    """Relic density on a map of masses, mixings and couplings."""
    block = _blank(len(points["coupling"]), ["omega_h2"], ["outside_validity"])
    for (convention, m), where in _groups(points, ["convention", "m_mediator_MeV"]):
        m4, s2, coupling = (points[name][where].astype(float) for name in ("m4_point_keV", "sin2_2theta", "coupling"))
        value, error, status = production.relic_densities_within(
            DENSITY_ACCURACY,
            inputs["map_model"],
            m,
            choices_of(convention, inputs),
            coupling,
            1e-3 * m4,
            s2,
            LADDERS[inputs["precision"]],
        )
        block.values["omega_h2"][where], block.errors["omega_h2"][where], block.status[where] = value, error, status
        block.values["outside_validity"][where] = validity.outside(m4, coupling, m).any(axis=0)
    return block


def mixing_band(points, inputs) -> Block:
    """Range of mixings that some allowed scalar coupling turns into all of the dark matter."""
    block = _blank(len(points["m4_keV"]), ["sin2_2theta_min", "sin2_2theta_max"], ["outside_validity"])
    for k, (convention, m4, m) in enumerate(
        zip(points["convention"], points["m4_keV"], points["m_band_MeV"], strict=True)
    ):
        found = band.mixing_range(
            float(m),
            choices_of(convention, inputs),
            1e-3 * float(m4),
            inputs["target_relic_density"],
            resolution=LADDERS[inputs["precision"]][0],
        )
        if found is None:
            block.status[k] = Status.NO_SOLUTION
            continue
        block.values["sin2_2theta_min"][k], block.values["sin2_2theta_max"][k] = found[:2]
        block.errors["sin2_2theta_min"][k], block.errors["sin2_2theta_max"][k] = found[2:]
        block.values["outside_validity"][k] = validity.outside(m4, None, m).any()
        block.status[k] = Status.OK
    return block


def dodelson_widrow(points, inputs) -> Block:
    """Mixing that gives the wanted relic density without new interactions."""
    block = _blank(len(points["m4_keV"]), ["sin2_2theta_dw"], ["outside_validity"])
    for (convention, flavour), where in _groups(points, ["convention", "flavour"]):
        m4 = points["m4_keV"][where].astype(float)
        choices = choices_of(convention, {**inputs, "flavour": flavour})
        mixing, error, status = production.relic_mixings(choices, 1e-3 * m4, inputs["target_relic_density"])
        block.values["sin2_2theta_dw"][where], block.errors["sin2_2theta_dw"][where] = mixing, error
        block.values["outside_validity"][where] = validity.outside(m4, None, None).any(axis=0)
        block.status[where] = status
    return block


ANATOMY = ("gamma_over_H", "potential_over_H", "splitting_over_H", "mixing_ratio", "df_dlnz")


def anatomy(points, inputs) -> Block:
    """Rates, mixing and production along the evolution at one x, for the points A, B, C and the Standard Model."""
    block = _blank(len(points["z"]), (), ANATOMY)
    m4, s2 = 1e-3 * inputs["point_m4_keV"], inputs["point_sin2_2theta"]
    for (model, convention, name), where in _groups(points, ["anatomy_model", "convention", "point"]):
        choices = choices_of(convention, inputs)
        point = named_point(name, model, choices, inputs)
        if point is None:
            block.status[where] = Status.NO_SOLUTION
            continue
        log_z = np.log(points["z"][where].astype(float))
        found = features.history(inputs["anatomy_x"], log_z, "sm" if name == "DW" else model, choices, m4, s2, *point)
        for column in ANATOMY:
            block.values[column][where] = found[column]
        block.status[where] = Status.OK
    return block


def spectra(points, inputs) -> Block:
    """Distribution of the sterile neutrinos' momenta at 1 MeV, absolute and normalised."""
    block = _blank(len(points["x"]), ["f_s", "x2_f_normalised"])
    m4, s2 = 1e-3 * inputs["point_m4_keV"], inputs["point_sin2_2theta"]
    for (convention, name), where in _groups(points, ["convention", "point"]):
        model, choices = ("sm" if name == "DW" else "scalar"), choices_of(convention, inputs)
        point = named_point(name, "scalar", choices, inputs)
        if point is None:
            block.status[where] = Status.NO_SOLUTION
            continue
        coupling, m = point
        number = production.number_at_1_MeV(model, m, choices, m4, coupling, s2)
        for k in where:
            x = float(points["x"][k])
            value, error = phase_space.redshifted(x, model, m, choices, m4, coupling, s2, step=0.02)
            block.values["f_s"][k], block.errors["f_s"][k] = value, error
            block.values["x2_f_normalised"][k], block.errors["x2_f_normalised"][k] = (
                x * x * value / number,
                x * x * error / number,
            )
            block.status[k] = Status.OK
    return block


def self_interaction_scan(points, inputs) -> Block:
    """Relic density with sterile neutrinos that also scatter on each other."""
    block = _blank(len(points["coupling_sterile"]), ["omega_h2"], ["outside_validity"])
    choices = replace(choices_of("physical", inputs), g_star=10.75)
    for k, coupling in enumerate(points["coupling_sterile"].astype(float)):
        bath = self_interaction.evolve(
            1e-3 * inputs["point_m4_keV"],
            inputs["point_sin2_2theta"],
            coupling,
            inputs["self_mediator_MeV"],
            choices,
            inputs["self_method"],
        )
        block.values["omega_h2"][k], block.errors["omega_h2"][k], block.status[k] = (
            bath.relic_density,
            bath.error,
            bath.status,
        )
        block.values["outside_validity"][k] = validity.outside(inputs["point_m4_keV"], coupling, None).any()
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


def check(inputs) -> None:
    """InputError for inputs that do not fit together or data files that cannot be read."""
    from nubounds.constraints.dm_production import data

    if len(inputs["benchmark_m4_keV"]) != len(inputs["benchmark_sin2_2theta"]):
        raise InputError("benchmark_m4_keV and benchmark_sin2_2theta: must have equal lengths, one of each per point")
    choices_of("physical", inputs)  # the ends of the evolution
    if inputs["point_couplings"] is not None and len(inputs["point_couplings"]) != len(POINTS):
        raise InputError(f"point_couplings: must be three couplings, for A, B and C, not {inputs['point_couplings']}")
    for file, other in (("g_star_file", "g_star"), ("opacity_file", "rate_coefficient")):
        if inputs[file] is not None and inputs[other] not in (None, "table"):
            raise InputError(f"{file}: would not be read, because {other} is {inputs[other]}; give one of the two")
    if inputs["g_star_file"] is not None:
        data.degrees_of_freedom(inputs["g_star_file"])
    if inputs["opacity_file"] is not None:
        data.opacity(inputs["opacity_file"])
