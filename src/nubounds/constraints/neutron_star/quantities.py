"""The quantities that an outside reader asks for: rates, energies, cooling, heating, the random walk."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nubounds.constraints.neutron_star import elastic, heating, medium, photometry, random_walk, relics
from nubounds.constraints.neutron_star.inputs import (
    Accuracy,
    Capture,
    Collision,
    Halo,
    Instruments,
    Observation,
    Star,
    Walk,
)
from nubounds.contract import Answer, InputError, Status, choice, flag, integer, number, quantity
from nubounds.kernels import neutron_star as kernel

T_K = number("T_K", "K", minimum=0, meaning="temperature of the neutrons")
READING = choice(
    "reading", heating.READINGS, "literal", "Eq. (13) with electrons, or one scatter on neutrons is enough"
)
E_EV = number("E_eV", "eV", above=0, meaning="energy of the neutrino")
TARGET = (
    choice("target", kernel.TARGETS, "neutron", "what the neutrino scatters on"),
    choice("flavour", ("e", "mu", "tau"), "e", "matters for the target electron only"),
    flag("antineutrino", False, "an antineutrino instead of a neutrino"),
)


def _elastic_many(target, flavour, antineutrino, E_eV, Q2_GeV2=-1.0):
    """Total, or per Q^2 where that is not negative; 0 for a Q^2 that cannot occur."""
    value, error, status = elastic.cross_section(target, flavour, antineutrino, E_eV, Q2_GeV2)
    for place in np.flatnonzero(status == Status.OUT_OF_DOMAIN):
        energy = np.broadcast_to(E_eV, status.shape)[place]
        raise InputError(f"E_eV={energy}: the {target}'s form factors are fitted up to {elastic.E_MAX_NUCLEON:g} eV")
    impossible = status == Status.NO_SOLUTION
    note = "this Q^2 cannot occur at this energy" if np.any(impossible) else ""
    value, error = (np.where(impossible, 0.0, array) for array in (value, error))
    return Answer(value, error, note, np.where(impossible, Status.OK, status))


def _at_a_point(found: Answer) -> Answer:
    """The answer at the first point of arrays, which has a value."""
    return Answer(found.value[0], found.error[0], found.note)


@quantity("neutron_star.cross_section", *TARGET, E_EV, unit="cm2", source="Eqs. (A1)-(A23)", many=_elastic_many)
def cross_section(target: str, flavour: str, antineutrino: bool, E_eV: float) -> Answer:
    """Total elastic cross section on a free target at rest.

    Returns
    -------
    sigma [cm2]; the error is the difference to a coarser quadrature (nucleons), or rounding (electrons).

    Raises
    ------
    InputError
        For energies above the range of the nucleons' form factors.

    References
    ----------
    Eqs. (A1)-(A23), corrected as the errata say.
    """
    return _at_a_point(_elastic_many(target, flavour, antineutrino, E_eV))


@quantity(
    "neutron_star.differential_cross_section",
    *TARGET,
    E_EV,
    number("Q2_GeV2", "GeV2", minimum=0, meaning="momentum transfer squared; for electrons Q^2 = 2 m_e (E - E')"),
    unit="cm2/GeV2",
    source="Eqs. (A1), (A20)",
    many=_elastic_many,
)
def differential_cross_section(target: str, flavour: str, antineutrino: bool, E_eV: float, Q2_GeV2: float) -> Answer:
    """Elastic cross section per Q^2 on a free target at rest.

    Returns
    -------
    dsigma/dQ^2 [cm2/GeV2], exact but for rounding; 0 for a Q^2 that cannot occur.

    References
    ----------
    Eqs. (A1), (A20), corrected as the errata say.
    """
    return _at_a_point(_elastic_many(target, flavour, antineutrino, E_eV, Q2_GeV2))


def _checked(star: Star, E_eV, T_K, value, error, status) -> Answer:
    """The answer at many points, or InputError for the first that has none: an energy or a temperature out of range."""
    E_eV, T_K, status = np.broadcast_arrays(E_eV, T_K, status)
    for place in np.flatnonzero(status):
        medium.require_answer(star, E_eV[place], T_K[place], status[place])
    return Answer(value, error, "", status)


def _sterile(star: Star, m_keV, T_K, collision: Collision, what: int) -> Answer:
    """Cross section (what=0) or part of the energy given to the star (what=2), with errors."""
    found = medium.sterile_cross_section(star, m_keV, T_K, collision.amplitude)
    return _checked(star, star.gamma * np.atleast_1d(m_keV) * 1e3, T_K, found[what], found[what + 1], found[4])


def _thermal_cross_sections(m_keV, T_K, star: Star, collision: Collision):
    return _sterile(star, m_keV, T_K, collision, 0)


@quantity(
    "neutron_star.thermal_cross_section",
    number("m_keV", "keV", above=0, meaning="mass of the sterile neutrino"),
    replace(T_K, default=0.0),
    unit="cm2",
    source="Eqs. (B15), (B37) corrected, massless daughter, N_C of Eq. (3)",
    many=_thermal_cross_sections,
)
def thermal_cross_section(m_keV: float, T_K: float, star: Star, collision: Collision) -> Answer:
    """Cross section per neutron of a sterile neutrino that becomes a massless active one, for sin^2(theta) = 1.

    Returns
    -------
    sigma [cm2] with the coherence factor N_C of Eq. (3); the error is the difference to a coarser quadrature.

    Raises
    ------
    InputError
        Where leading order in (momentum transfer)/p_F and T/p_F is no longer good to one per cent.

    References
    ----------
    Eqs. (B15), (B37), corrected as the errata say.
    """
    return _at_a_point(_thermal_cross_sections(m_keV, T_K, star, collision))


def _sterile_energy_transfers(m_keV, T_K, star: Star, collision: Collision):
    return _sterile(star, m_keV, T_K, collision, 2)


@quantity(
    "neutron_star.sterile_energy_transfer",
    number("m_keV", "keV", above=0, meaning="mass of the sterile neutrino"),
    replace(T_K, default=0.0),
    unit="1",
    source="Eq. (C1) corrected, massless daughter, N_C of Eq. (3)",
    many=_sterile_energy_transfers,
)
def sterile_energy_transfer(m_keV: float, T_K: float, star: Star, collision: Collision) -> Answer:
    """Mean part of its energy that a sterile neutrino gives to the star in one collision.

    Parameters, Returns and Raises as for :func:`thermal_cross_section`, of <Delta E>/E [1] instead.

    Returns
    -------
    Mean energy transfer over the energy, a pure number; the error is the difference to a coarser quadrature.

    References
    ----------
    Eq. (C1), corrected as the errata say.
    """
    return _at_a_point(_sterile_energy_transfers(m_keV, T_K, star, collision))


def _mean_energy_transfers(E_eV, T_K, daughter, star: Star, collision: Collision):
    found = medium.collisions(star, E_eV, T_K, collision.amplitude, daughter, "constant")
    return _checked(star, E_eV, T_K, found.transfer, found.transfer_error, found.status)


@quantity(
    "neutron_star.mean_energy_transfer",
    E_EV,
    T_K,
    choice("daughter", kernel.DAUGHTERS, "equal_mass", "mass of the neutrino after the collision"),
    unit="eV",
    source="Eq. (C1), Fig. 6",
    many=_mean_energy_transfers,
)
def mean_energy_transfer(E_eV: float, T_K: float, daughter: str, star: Star, collision: Collision) -> Answer:
    """Mean energy given to the star in one collision, coherence factor constant; negative: the star cools.

    Returns
    -------
    <Delta E> [eV]; the error is the difference to a coarser quadrature.

    Raises
    ------
    InputError
        Where leading order in (momentum transfer)/p_F and T/p_F is no longer good to one per cent.

    References
    ----------
    Eq. (C1), Fig. 6.
    """
    return _at_a_point(_mean_energy_transfers(E_eV, T_K, daughter, star, collision))


def _mean_free_paths(m_eV, T_K, star: Star, collision: Collision):
    value, error, _, status = medium.mean_free_path(star, m_eV, T_K, collision.amplitude)
    return _checked(star, star.gamma * np.atleast_1d(m_eV), T_K, value, error, status)


@quantity(
    "neutron_star.mean_free_path",
    number("m_eV", "eV", above=0, meaning="mass of the relic neutrino"),
    T_K,
    unit="cm",
    source="Eq. (C4)",
    many=_mean_free_paths,
)
def mean_free_path(m_eV: float, T_K: float, star: Star, collision: Collision) -> Answer:
    """Self-consistent mean free path of relic neutrinos at the surface.

    Returns
    -------
    lambda [cm], with N_C that of half a sphere of radius lambda; the error follows from a coarser quadrature.

    Raises
    ------
    InputError
        Where leading order in (momentum transfer)/p_F and T/p_F is no longer good to one per cent.

    References
    ----------
    Eq. (C4).
    """
    return _at_a_point(_mean_free_paths(m_eV, T_K, star, collision))


def _relic_coolings(m_eV, T_K, velocity, n_nu_per_cm3, star: Star):
    m_eV, T_K, n_nu_per_cm3 = np.broadcast_arrays(*map(np.atleast_1d, (m_eV, T_K, n_nu_per_cm3)))
    value = relics.cooling(star, m_eV, T_K, velocity, n_nu_per_cm3)
    error = {name: 1e-14 * entry for name, entry in value.items()}
    return Answer(value, error, status=np.zeros(m_eV.shape, dtype=int))


@quantity(
    "neutron_star.relic_cooling",
    number("m_eV", "eV", 0.1, above=0, meaning="mass of the relic neutrino"),
    number("T_K", "K", 1000.0, above=0, meaning="temperature of the star"),
    choice(
        "velocity",
        relics.VELOCITIES,
        "maxwell_mean",
        "sqrt(8T/pi m), the printed sqrt(3T/2m), or <p>/m of the frozen spectrum",
    ),
    number("n_nu_per_cm3", "1/cm3", 56.0, above=0, meaning="relic neutrinos per state"),
    unit="km/s, cm, 1/s, 1, 1",
    source="Eqs. (4), (5), (7), (10), (11)",
    many=_relic_coolings,
)
def relic_cooling(m_eV: float, T_K: float, velocity: str, n_nu_per_cm3: float, star: Star) -> Answer:
    """Cooling by one mass eigenstate of relic neutrinos, against the photons.

    Returns
    -------
    v_rel_km_s, b_max_cm, capture_rate_per_s, luminosity_ratio (neutrinos over photons) and overdensity_needed, its
    inverse; errors are rounding.

    Raises
    ------
    InputError
        For neutrinos so light that they are relativistic.

    References
    ----------
    Eqs. (4), (5), (7), (10), (11), corrected as the errata say.
    """
    found = _relic_coolings(m_eV, T_K, velocity, n_nu_per_cm3, star)
    return Answer(*({name: float(array[0]) for name, array in one.items()} for one in (found.value, found.error)))


def _require_answers(star: Star, m_keV, T_K: float, status) -> None:
    masses, status = np.broadcast_arrays(m_keV, status)
    for place in np.flatnonzero(status):
        medium.require_answer(star, star.gamma * masses[place] * 1e3, T_K, status[place])


def _temperatures(m_keV, sin2theta, reading, star: Star, halo: Halo, capture: Capture):
    value, error, status = heating.Heating(star, halo, capture, reading).temperature(m_keV, sin2theta)
    _require_answers(star, m_keV, capture.T_NS_K, status)
    return Answer(value, error, NO_STEADY_TEMPERATURE if np.any(status) else "", status)


NO_STEADY_TEMPERATURE = "neutrinos this light would carry away more than the star radiates: no steady temperature"


@quantity(
    "neutron_star.temperature_at_infinity",
    number("m_keV", "keV", above=0, meaning="mass of the sterile neutrino"),
    number("sin2theta", "1", minimum=0, maximum=1, meaning="mixing sin^2(theta)"),
    READING,
    unit="K",
    source="Eqs. (12)-(14), with decayed dark matter left out",
    many=_temperatures,
)
def temperature_at_infinity(
    m_keV: float, sin2theta: float, reading: str, star: Star, halo: Halo, capture: Capture
) -> Answer:
    """Temperature at infinity of a star heated by sterile-neutrino dark matter.

    Returns
    -------
    T [K]; the error follows from that of the cross section.  None where the star has no steady temperature.

    Raises
    ------
    InputError
        Where leading order in (momentum transfer)/p_F and T/p_F is no longer good to one per cent.

    References
    ----------
    Eqs. (12)-(14); docs/neutron_star.md on what `bookkeeping` counts.
    """
    calculation = heating.Heating(star, halo, capture, reading)
    value, error, status = (a[0] for a in calculation.temperature(m_keV, sin2theta))
    medium.require_answer(star, star.gamma * m_keV * 1e3, capture.T_NS_K, status)
    if status == Status.NO_SOLUTION:
        return Answer(None, None, NO_STEADY_TEMPERATURE)
    return Answer(value, error)


def _mixings(T_inf_K, m_keV, branch, reading, star: Star, halo: Halo, capture: Capture):
    calculation = heating.Heating(star, halo, capture, reading)
    lower, upper, relative_error, status = calculation.mixing(T_inf_K, m_keV)
    value = lower if branch == "lower" else upper
    _require_answers(star, m_keV, capture.T_NS_K, status)
    status = np.where((status == Status.OK) & (value > 1), Status.NO_SOLUTION, status)
    note = f"no {branch} mixing of at most 1 heats the star so far at this mass" if np.any(status) else ""
    return Answer(value, value * relative_error, note, status)


@quantity(
    "neutron_star.mixing_limit",
    number("T_inf_K", "K", above=0, meaning="temperature at infinity"),
    number("m_keV", "keV", above=0, meaning="mass of the sterile neutrino"),
    choice("branch", ("lower", "upper"), "lower", "the smaller or the larger mixing that gives this temperature"),
    READING,
    unit="1",
    source="Fig. 3",
    many=_mixings,
)
def mixing_limit(
    T_inf_K: float, m_keV: float, branch: str, reading: str, star: Star, halo: Halo, capture: Capture
) -> Answer:
    """sin^2(theta) at which the star has the temperature T_inf_K, in closed form.

    Returns
    -------
    sin^2(theta); the error follows from that of the cross section.  None where no mixing up to 1 heats the star so far.

    Raises
    ------
    InputError
        Where leading order in (momentum transfer)/p_F and T/p_F is no longer good to one per cent.

    References
    ----------
    Fig. 3; the inverse of Eqs. (12)-(14) by Lambert's W.
    """
    calculation = heating.Heating(star, halo, capture, reading)
    lower, upper, relative_error, status = (a[0] for a in calculation.mixing(T_inf_K, m_keV))
    medium.require_answer(star, star.gamma * m_keV * 1e3, capture.T_NS_K, status)
    if T_inf_K <= capture.T_NS_K:
        return Answer(None, None, f"the star is as warm as {capture.T_NS_K} K without dark matter")
    if status == Status.NO_SOLUTION:
        return Answer(None, None, f"no mixing heats the star to {T_inf_K} K at this mass")
    value = lower if branch == "lower" else upper
    if value > 1:
        return Answer(None, None, f"the {branch} solution exceeds sin2theta = 1")
    return Answer(value, value * relative_error)


@quantity(
    "neutron_star.survival_probability",
    integer("collisions", minimum=0, maximum=random_walk.MAX_COLLISIONS, meaning="number of collisions n"),
    choice("step", kernel.STEPS, "fixed", "flights of one length, or exponentially distributed"),
    choice("entry", kernel.ENTRIES, "radial", "straight inwards, or with the angles of an isotropic flux"),
    unit="1",
    source="Appendix D, Fig. 7",
)
def survival_probability(collisions: int, step: str, entry: str, accuracy: Accuracy, walk: Walk) -> Answer:
    """Probability that the flight after the n-th collision ends inside the star.

    Returns
    -------
    S_n; the error is the difference to a coarser solution.

    References
    ----------
    Appendix D, Fig. 7.
    """
    value, error = random_walk.survival(step, entry, walk.mfp_over_radius, collisions, accuracy.precision)
    return Answer(value[collisions], error[collisions])


def _flux_densities(T_inf_K, radius, star: Star, observation: Observation, instruments: Instruments):
    distance, wavelength = observation.distance_pc, observation.wavelength_um
    value = photometry.flux_densities(star, T_inf_K, distance, wavelength, radius)
    return Answer(value, 1e-14 * value, status=np.zeros(value.shape, dtype=int))


@quantity(
    "neutron_star.flux_density",
    number("T_inf_K", "K", 2000.0, above=0, meaning="temperature at infinity"),
    choice("radius", ("star", "apparent"), "star", "R, or gamma R as seen from far away"),
    unit="Jy",
    source="Section V",
    many=_flux_densities,
)
def flux_density(T_inf_K: float, radius: str, star: Star, observation: Observation, instruments: Instruments) -> Answer:
    """Spectral flux density of a star, pi B_nu (R/d)^2; with the answer, the instruments that cover the wavelength.

    Returns
    -------
    f_nu [Jy]; the error is rounding.

    References
    ----------
    Section V, corrected as the errata say.
    """
    wavelength = observation.wavelength_um
    value = photometry.flux_density(star, T_inf_K, observation.distance_pc, wavelength, radius)
    names = ", ".join(instruments.covering(wavelength)) or "none of the known instruments"
    return Answer(
        value, 1e-14 * value, f"in the band of: {names}; B_lambda peaks at {photometry.peak_wavelength(T_inf_K):.3g} um"
    )
