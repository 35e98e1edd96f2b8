"""The quantities that anyone can ask for at one point: production of sterile neutrinos, rates, limits on mediators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nubounds.constraints.dm_production import (
    laboratory,
    mixing_range,
    phase_space,
    production,
    ranges,
    self_interaction,
    validity,
)
from nubounds.constraints.dm_production.conventions import CONVENTION, resolve, settle
from nubounds.constraints.dm_production.inputs import (
    MODELS,
    Choices,
    Flux,
    HiggsCoupling,
    SelfInteraction,
    Wanted,
)
from nubounds.constraints.dm_production.medium import FAST, FINE, FINEST, MEDIATORS, STANDARD
from nubounds.contract import (
    Answer,
    InputError,
    Inputs,
    Parameter,
    Status,
    choice,
    flag,
    groups,
    number,
    quantity,
)
from nubounds.inputs.declare import own_parameters
from nubounds.kernels import dm_thermal

M4 = number(
    "m4_keV",
    "keV",
    7.1,
    above=0,
    minimum=ranges.M4_KEV[0],
    maximum=ranges.M4_KEV[1],
    meaning="mass of the sterile neutrino",
)
MIXING = number("sin2_2theta", default=7e-11, minimum=1e-30, maximum=ranges.LARGEST_MIXING, meaning="sin^2 2theta")
M = number(
    "m_mediator_MeV",
    "MeV",
    minimum=ranges.MEDIATOR_MEV[0],
    maximum=ranges.MEDIATOR_MEV[1],
    meaning="mass of the mediator",
)
MASS = replace(M, default=None, meaning="mass of the mediator (not for model=sm)")
COUPLING = number("coupling", default=None, minimum=0, maximum=1e3, meaning="lambda or g (not for model=sm)")
X = number("x", minimum=1e-6, maximum=600, meaning="E/T")
MU = number("m_over_T", minimum=1e-8, maximum=1e8, meaning="mediator mass in units of the temperature")
ALL_MODELS = ("sm", *MODELS)
NEUTRINOPHILIC = ("scalar", "vector")
RESOLUTIONS = (STANDARD, FINE, FINEST)
WANTED_ACCURACY = 3e-4  # relative error estimate above which a point is computed again on a finer grid
WANTED_ROOT = 1e-4
ROOT_RESOLUTIONS = (FAST, *RESOLUTIONS)  # nearly all roots are good enough on the first, as in the scan
NONE = Status.NO_SOLUTION  # of a point without a value


def instead_of(record: type[Inputs], key: str, name: str, meaning: str) -> Parameter:
    """An argument that may be given in place of an input: none takes the input.

    Parameters
    ----------
    record : the record that declares the input
    key : the input
    name : of the argument
    meaning : of the argument

    Returns
    -------
    The parameter, with the unit and the bounds of the input.
    """
    declared = own_parameters(record)[key]
    return replace(declared, name=name, default=None, meaning=f"{meaning}; none: {key}", prior=None)


TARGET = instead_of(Wanted, "target_relic_density", "target", "relic density wanted")


def model_choice(default: str = "scalar", choices: Sequence[str] = ALL_MODELS) -> Parameter:
    """The parameter that picks a model.

    Parameters
    ----------
    default : the model where none is given
    choices : the valid models

    Returns
    -------
    The parameter.
    """
    return choice("model", choices, default, "interaction of the active neutrinos")


def interaction(model: str, coupling: Any, m_mediator_MeV: Any) -> tuple[Any, Any]:
    """Coupling and mass as numbers; InputError where a model needs them and they are missing.

    Parameters
    ----------
    model : interaction of the active neutrinos
    coupling : lambda or g, a number or an array; None where not given
    m_mediator_MeV : mass of the mediator [MeV], a number or an array; None where not given

    Returns
    -------
    Coupling and mass [MeV]; 0 and 1 for sm.
    """
    if model == "sm":
        return 0.0, 1.0
    for name, value in (("coupling", coupling), ("m_mediator_MeV", m_mediator_MeV)):
        if value is None:
            raise InputError(f"model={model} needs the argument {name}")
    return coupling, m_mediator_MeV


def refined(compute: Callable[[Any], tuple[Any, Any]], accuracy: float) -> tuple[Any, Any]:
    """`compute(resolution)` -> (value, error) on ever finer grids until the estimated relative error is below
    `accuracy`.

    Parameters
    ----------
    compute : gives value and error, numbers or arrays, on a grid of some resolution
    accuracy : relative error that is good enough

    Returns
    -------
    Value and error on the last grid.
    """
    for resolution in RESOLUTIONS:
        value, error = compute(resolution)
        if np.all(np.asarray(error) <= accuracy * np.abs(np.asarray(value))):
            break
    return value, error


def finish(value: Any, error: Any, status: Any, note: str = "") -> Answer:
    """An answer, or none with the reason where the kernel gave a status instead of a number.

    Parameters
    ----------
    value : a number
    error : its absolute error
    status : number of :class:`Status`
    note : what there is to say about the value

    Returns
    -------
    Value and error, or none with the reason.
    """
    if status != Status.OK:
        return Answer(None, None, f"no value: {Status(status).name}")
    if not np.isfinite(value):
        return Answer(None, None, "no value: nothing is produced with these arguments")
    return Answer(float(value), float(error), note)


def _relic_densities(
    model, m4_keV, sin2_2theta, coupling, m_mediator_MeV, convention, choices: Choices, accuracy=WANTED_ACCURACY
) -> Answer:
    """`relic_density` at many points: those with the same mediator share its tables, and one call of the kernel."""
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    points = np.broadcast_arrays(*(np.asarray(each, float) for each in (m, coupling, m4_keV, sin2_2theta)))
    value, error = np.empty((2, len(points[0])))
    status = np.empty(len(value), dtype=int)
    for (mediator,), where in groups({"m": points[0]}, "m"):
        lam, m4, s2 = (column[where] for column in points[1:])
        found = production.relic_densities_within(
            accuracy, model, mediator, resolve(convention, choices), lam, m4 * 1e-3, s2, RESOLUTIONS
        )
        value[where], error[where], status[where] = found
    return Answer(value, error, status=np.where((status == Status.OK) & np.isfinite(value), Status.OK, NONE))


def _relic_mixings(m4_keV, target, convention, choices: Choices, wanted: Wanted) -> Answer:
    """`relic_mixing` for many masses, in one call of the kernel."""
    m4, target = np.broadcast_arrays(m4_keV, wanted.density(target))
    value, error, status = production.relic_mixings(resolve(convention, choices), m4 * 1e-3, target)
    return Answer(value, error, status=np.where((status == Status.OK) & np.isfinite(value), Status.OK, NONE))


@quantity(
    "dm_production.relic_density",
    model_choice("sm"),
    M4,
    MIXING,
    COUPLING,
    MASS,
    CONVENTION,
    unit="1",
    source="V(2.8), L(3), L(4)",
    many=_relic_densities,
)
def relic_density(
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    choices: Choices,
) -> Answer:
    """Omega h^2 of sterile neutrinos produced by oscillations and collisions, without back-reaction.

    Returns
    -------
    Omega h^2, with the error from a coarser calculation.
    """
    choices = resolve(convention, choices)
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    status = Status.OK

    def compute(resolution):
        nonlocal status
        value, error, code = production.relic_densities(
            model, m, choices, [coupling], m4_keV * 1e-3, sin2_2theta, resolution
        )
        status = Status(code[0])
        return value[0], error[0]

    value, error = refined(compute, WANTED_ACCURACY)
    return finish(value, error, status, validity.note(m4_keV, coupling, None if model == "sm" else m))


@quantity(
    "dm_production.relic_couplings",
    model_choice("scalar", MODELS),
    M4,
    MIXING,
    M,
    CONVENTION,
    TARGET,
    unit="1",
    source="V(2.8), L-Fig. 2",
)
def relic_couplings(
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    m_mediator_MeV: float,
    target: float | None,
    convention: str,
    choices: Choices,
    wanted: Wanted,
) -> Answer:
    """All couplings between 1e-8 and 3 with the wanted relic density, ascending (three on the S).

    Returns
    -------
    Couplings, ascending; an empty list where none gives this relic density.
    """
    target = wanted.density(target)
    choices = resolve(convention, choices)
    for resolution in ROOT_RESOLUTIONS:
        args = (model, m_mediator_MeV, choices, m4_keV * 1e-3, sin2_2theta)
        roots, _, status = production.relic_couplings(*args, target, resolution)
        errors = production.root_errors(*args, roots, resolution)
        if np.all(errors <= WANTED_ROOT * roots):
            break
    if status not in (Status.OK, Status.NO_SOLUTION):
        return finish(None, None, status)
    notes = [validity.note(m4_keV, max(roots, default=0.0), m_mediator_MeV)]
    if not len(roots):
        notes.append("no coupling between 1e-8 and 3 gives this relic density")
    return Answer(roots.tolist(), errors.tolist(), "; ".join(filter(None, notes)))


@quantity(
    "dm_production.relic_mixing",
    M4,
    CONVENTION,
    TARGET,
    unit="1",
    source="V(2.8) with V(2.6), V(2.7)",
    many=_relic_mixings,
)
def relic_mixing(m4_keV: float, target: float | None, convention: str, choices: Choices, wanted: Wanted) -> Answer:
    """sin^2 2theta with the wanted relic density in the Standard Model (Dodelson-Widrow).

    Returns
    -------
    sin^2 2theta; no value where no mixing gives this relic density.
    """
    target = wanted.density(target)
    mixing, error, status = production.relic_mixings(resolve(convention, choices), [m4_keV * 1e-3], target)
    if status[0] == Status.NO_SOLUTION:
        return Answer(None, None, f"no mixing up to {production.LARGEST_MIXING:g} gives this relic density")
    return finish(mixing[0], error[0], status[0], validity.note(m4_keV))


@quantity(
    "dm_production.thermal_potential",
    X,
    MU,
    model_choice("scalar", NEUTRINOPHILIC),
    unit="1",
    source="L(7), V(3.3), with the sign of the limits L(7), V(3.4)",
)
def thermal_potential(x: float, m_over_T: float, model: str) -> Answer:
    """Thermal potential V/(coupling^2 T) of an active neutrino.

    Returns
    -------
    V/(coupling^2 T), a pure number.
    """
    value, error, status = dm_thermal.potential_at(x, m_over_T)
    factor = MEDIATORS[model][1]
    return finish(factor * value, factor * error, status)


@quantity(
    "dm_production.collision_rate",
    X,
    MU,
    choice("part", ("on_shell", "off_shell"), "on_shell", "mediator produced, or exchanged"),
    model_choice("scalar", NEUTRINOPHILIC),
    CONVENTION,
    unit="1",
    source="L(5), L(6), V(3.5), V(3.6), V(3.11), D(33)",
)
def collision_rate(x: float, m_over_T: float, part: str, model: str, convention: str, collision: Flux) -> Answer:
    """Collision rate: Gamma/(coupling^2 T) on shell, Gamma/(coupling^4 T) off shell; once, without the charge
    conjugate.

    Returns
    -------
    Gamma/(coupling^2 T) or Gamma/(coupling^4 T), a pure number.
    """
    flux = dm_thermal.FLUXES[settle("flux", convention, collision.flux)]
    on_shell, off_shell, errors, status = dm_thermal.rates_at(x, m_over_T, flux)
    if part == "on_shell":
        value = MEDIATORS[model][1] * on_shell
        return finish(value, 1e-12 * value, status)
    channel = dm_thermal.CHANNELS[MEDIATORS[model][0]]
    return finish(off_shell[channel], errors[channel], status)


@quantity(
    "dm_production.phase_space",
    number("x", default=1.0, minimum=1e-4, maximum=100, meaning="E/T"),
    model_choice(),
    M4,
    MIXING,
    COUPLING,
    MASS,
    choice(
        "method", ("boltzmann", "density_matrix"), "boltzmann", "V(2.8), or D(32), which contains the back-reaction"
    ),
    flag("back_reaction", False, "f_a -> f_a - f_s at fixed x"),
    CONVENTION,
    unit="1",
    source="V(2.8), L(3); D(32)",
)
def phase_space_density(
    x: float,
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    method: str,
    back_reaction: bool,
    convention: str,
    choices: Choices,
) -> Answer:
    """f_s(x) of one helicity at the end of the evolution, at fixed x.

    Returns
    -------
    f_s(x), a pure number.
    """
    choices = resolve(convention, choices)
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    note = validity.note(m4_keV, coupling, None if model == "sm" else m)
    for step in (phase_space.LINE_STEP, phase_space.LINE_STEP / 5):
        at = phase_space.line(x, model, m, choices, step)
        if method == "density_matrix":
            value, error, _, status = phase_space.density_matrix(at, m4_keV * 1e-3, coupling, sin2_2theta)
            return finish(value[0], error[0] + 1e-7 * value[0], status, note)
        value, error = phase_space.boltzmann(at, m4_keV * 1e-3, coupling, sin2_2theta, back_reaction)
        if error[0] <= 1e-4 * value[0]:
            break
    return finish(value[0], error[0], Status.OK, note)


@quantity(
    "dm_production.mean_momentum",
    model_choice("sm"),
    M4,
    MIXING,
    COUPLING,
    MASS,
    CONVENTION,
    unit="1",
    source="L-Fig. 4",
)
def mean_momentum(
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    choices: Choices,
) -> Answer:
    """Mean momentum <p>/T of the sterile neutrinos at 1 MeV.

    Returns
    -------
    <p>/T, a pure number.
    """
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    choices = resolve(convention, choices)
    value, error = refined(
        lambda resolution: production.mean_momentum(
            model, m, choices, m4_keV * 1e-3, coupling, sin2_2theta, resolution
        ),
        WANTED_ACCURACY,
    )
    return finish(value, error, Status.OK, validity.note(m4_keV, coupling, None if model == "sm" else m))


@quantity(
    "dm_production.coupling_limit",
    choice("probe", laboratory.PROBES, "higgs_invisible", "what excludes larger couplings"),
    M,
    M4,
    MIXING,
    model_choice("scalar", NEUTRINOPHILIC),
    unit="1",
    source="V(3.19), V(3.20), V section III.E; Letter, Fig. 2",
)
def coupling_limit(
    probe: str, m_mediator_MeV: float, m4_keV: float, sin2_2theta: float, model: str, higgs: HiggsCoupling
) -> Answer:
    """Largest coupling that a laboratory probe or the lifetime of the sterile neutrino allows (vector for Higgs and
    W; scalar for the lifetime).

    Returns
    -------
    Coupling; no value where the decay is closed.
    """
    value = laboratory.coupling_limit(probe, m_mediator_MeV, model, m4_keV, sin2_2theta, higgs)
    if value is None:
        return Answer(None, None, f"{probe}: closed for m_mediator_MeV at or above {laboratory.threshold(probe):g}")
    error = laboratory.limit_error(probe, m_mediator_MeV)
    return Answer(value, error * value, validity.note(1.0, value, m_mediator_MeV))


@quantity(
    "dm_production.mediator_width",
    model_choice("scalar", MODELS),
    M,
    COUPLING,
    unit="MeV",
    source="V(3.11), V(4.6)",
)
def mediator_width(model: str, m_mediator_MeV: float, coupling: float | None) -> Answer:
    """Total width of the mediator to leptons.

    Returns
    -------
    Width [MeV], exact but for rounding.
    """
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    return Answer(laboratory.mediator_width(model, m, coupling), 0.0)


@quantity(
    "dm_production.cross_section",
    number("s_over_m2", above=0, minimum=1e-12, maximum=1e12, meaning="s/m^2, away from 1"),
    choice(
        "channel",
        ("scalar", "vector", "flavour"),
        "scalar",
        "nu nu and nu nubar, or what one more neutrino flavour adds for a gauge boson",
    ),
    unit="1",
    source="L(5), V(3.5)",
)
def cross_section(s_over_m2: float, channel: str) -> Answer:
    """Off-shell cross section of an active neutrino, both channels summed, in coupling^4/m^2.

    Returns
    -------
    sigma m^2/coupling^4, a pure number; no value on the pole.
    """
    if s_over_m2 == 1.0:
        return Answer(None, None, "on the pole: the finite part is defined in the integral only")
    value = dm_thermal.cross_section_at(s_over_m2, dm_thermal.CHANNELS[channel])
    return Answer(value, 1e-12 * abs(value))


@quantity("dm_production.mixing_band", M4, CONVENTION, TARGET, unit="1", source="L-Fig. 5")
def mixing_band(m4_keV: float, target: float | None, convention: str, choices: Choices, wanted: Wanted) -> Answer:
    """Smallest and largest sin^2 2theta for which some allowed scalar between 5 MeV and 10 GeV makes all of the dark
    matter.

    Returns
    -------
    Both mixings; no value where no allowed scalar makes all of the dark matter.
    """
    target = wanted.density(target)
    found = mixing_range.overall_range(resolve(convention, choices), m4_keV * 1e-3, target)
    if found is None:
        return Answer(None, None, "no allowed scalar makes all of the dark matter with a mixing below 0.5")
    lowest, highest, errors = found
    return Answer({"lowest": lowest, "highest": highest}, errors, validity.note(m4_keV))


@quantity(
    "dm_production.self_interacting_density",
    M4,
    MIXING,
    number("coupling_sterile", default=1e-5, minimum=0, maximum=1, meaning="lambda_s"),
    instead_of(SelfInteraction, "self_mediator_MeV", "m_mediator_MeV", "mass of the scalar"),
    instead_of(SelfInteraction, "self_method", "method", "quasi-static with f_a - f_22, or D(32)"),
    CONVENTION,
    unit="1",
    source="D(28)-(33)",
)
def self_interacting_density(
    m4_keV: float,
    sin2_2theta: float,
    coupling_sterile: float,
    m_mediator_MeV: float | None,
    method: str | None,
    convention: str,
    choices: Choices,
    sterile: SelfInteraction,
) -> Answer:
    """Omega h^2 with collisions among the sterile neutrinos; the active ones have Standard Model interactions.

    Returns
    -------
    Omega h^2, with its error.
    """
    m = sterile.self_mediator_MeV if m_mediator_MeV is None else m_mediator_MeV
    bath = self_interaction.evolve(
        m4_keV * 1e-3,
        sin2_2theta,
        coupling_sterile,
        m,
        resolve(convention, choices),
        method or sterile.self_method,
    )
    return finish(bath.relic_density, bath.error, bath.status, validity.note(m4_keV, coupling_sterile))


@quantity(
    "dm_production.xray_rate",
    M4,
    MIXING,
    unit="1/s",
    source="slide 'Sterile neutrinos as dark matter'; Pal and Wolfenstein",
)
def xray_rate(m4_keV: float, sin2_2theta: float) -> Answer:
    """Rate of nu4 -> nu gamma, with the line at half the mass.

    Returns
    -------
    Rate [1/s], exact but for rounding.
    """
    return Answer(laboratory.xray_rate(m4_keV, sin2_2theta), 0.0)
