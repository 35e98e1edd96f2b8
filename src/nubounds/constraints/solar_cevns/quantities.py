"""The quantities anyone can ask for: one function each, with the kernel that the scans use.

A point is an array of length one to the functions that compute, which also serve arrays of many points.
"""

from __future__ import annotations

import numpy as np

from nubounds.constraints.solar_cevns import average_nucleus
from nubounds.constraints.solar_cevns.chi_square import INTERPOLATION, chi_square_of
from nubounds.constraints.solar_cevns.inputs import SCENARIOS, STATISTICS, Measurement
from nubounds.contract import Answer, InputError, Status, choice, number, quantity
from nubounds.kernels import solar_cevns as kernel
from nubounds.solar.inputs import (
    FLAVOURS,
    FLUX_CHOICES,
    FLUXES,
    Accuracy,
    Oscillations,
    Production,
    Scattering,
    SolarFluxes,
)
from nubounds.solar.oscillations import production_zone, survival_probability
from nubounds.solar.rates import Rates, rates_of
from nubounds.solar.target import DIPOLE_CM2

ROUNDING = 1e-14  # relative error of a closed formula

T_KEV = number("T_keV", "keV", minimum=1e-30, meaning="nuclear recoil energy")
M4_MEV = number("m4_MeV", "MeV", minimum=0, meaning="mass of the heavy neutrino")
M4_DEFAULT = number("m4_MeV", "MeV", 0.1, minimum=0, meaning="mass of the heavy neutrino")
MU_MUB = number("mu_muB", "1", 1e-9, minimum=0, meaning="transition moment mu/mu_B")
COMPONENT = choice("component", ("sm", "dipole", "total"), "sm", "part of the rate; total is their sum")
FLAVOUR = choice("flavour", FLAVOURS, "all", "flavour with the moment; the Standard Model part is flavour-blind")
FLUX = choice("flux", FLUX_CHOICES, "all", "component of the solar flux")


def single(found: Answer) -> Answer:
    """The answer at a point from that of arrays of length one.

    Parameters
    ----------
    found : value, error and status of shape (1,)

    Returns
    -------
    Value and error as numbers, or None where there is none.
    """
    if isinstance(found.status, np.ndarray) and found.status[0] != Status.OK:
        return Answer(None, None, found.note, Status(int(found.status[0])))
    return Answer(float(found.value[0]), float(found.error[0]), found.note)


def _min_energies(T_keV, m4_MeV):
    T, m4 = average_nucleus.together(T_keV, m4_MeV)
    E = kernel.minimum_energies(1e-3 * T, m4, average_nucleus.M_MEV)
    return Answer(E, ROUNDING * E)


@quantity("solar_cevns.min_energy", T_KEV, M4_MEV, unit="MeV", source="Eq. (13)", many=_min_energies)
def min_energy(T_keV: float, m4_MeV: float) -> Answer:
    """Smallest neutrino energy that gives germanium (A = 72.63) the recoil T while producing a neutrino of mass m4.

    Returns
    -------
    Neutrino energy [MeV], exact but for rounding.
    """
    return single(_min_energies(T_keV, m4_MeV))


def _cross_sections(E_MeV, T_keV, m4_MeV, mu_muB, spin):
    E, T, m4, mu = average_nucleus.together(E_MeV, T_keV, m4_MeV, mu_muB)
    half, extra = average_nucleus.dipole_brackets(E, T, m4)
    scale = DIPOLE_CM2 * mu**2 * average_nucleus.Z**2 * average_nucleus.squared_form_factor(T) * 1e-3
    return Answer(scale * (half + (extra if spin == "zero" else 0.0)), ROUNDING * scale / (1e-3 * T))


@quantity(
    "solar_cevns.cross_section",
    number("E_MeV", "MeV", above=0, meaning="neutrino energy"),
    T_KEV,
    M4_MEV,
    MU_MUB,
    choice("spin", ("half", "zero"), "half", "spin of the nucleus"),
    unit="cm2/keV",
    source="Eqs. (8), (10)",
    many=_cross_sections,
)
def cross_section(E_MeV: float, T_keV: float, m4_MeV: float, mu_muB: float, spin: str) -> Answer:
    """Dipole cross section on one germanium nucleus (A = 72.63, form factor included), zero outside phase space.

    Returns
    -------
    Cross section per recoil energy [cm2/keV].
    """
    return single(_cross_sections(E_MeV, T_keV, m4_MeV, mu_muB, spin))


def _survival(E_MeV, flux, production: Production, oscillations: Oscillations):
    P = survival_probability(np.atleast_1d(E_MeV), production_zone(production, flux), oscillations)
    return Answer(P, np.full(P.shape, ROUNDING))


@quantity(
    "solar_cevns.survival_probability",
    number("E_MeV", "MeV", minimum=0, meaning="neutrino energy"),
    choice("flux", FLUXES, "8b", "which fixes where in the Sun the neutrinos are produced"),
    unit="1",
    source="Eq. (17)",
    many=_survival,
)
def survival(E_MeV: float, flux: str, production: Production, oscillations: Oscillations) -> Answer:
    """Probability that a solar electron neutrino arrives as one, averaged over the production zone.

    Returns
    -------
    P_ee, a pure number.
    """
    return single(_survival(E_MeV, flux, production, oscillations))


def _recoil_rates(T_keV, component, m4_MeV, mu_muB, flavour, flux, scattering: Scattering, fluxes: SolarFluxes):
    rates = rates_of(scattering)
    T, m4, mu = average_nucleus.together(T_keV, m4_MeV, mu_muB)
    values, errors, _ = rates.recoil(T, m4)
    return sum_of_parts(rates, values, errors, component, mu, flavour, fluxes.of(flux))


@quantity(
    "solar_cevns.recoil_rate",
    T_KEV,
    COMPONENT,
    M4_DEFAULT,
    MU_MUB,
    FLAVOUR,
    FLUX,
    unit="1/(keV ton yr)",
    source="Eq. (11)",
    many=_recoil_rates,
)
def recoil_rate(
    T_keV: float,
    component: str,
    m4_MeV: float,
    mu_muB: float,
    flavour: str,
    flux: str,
    scattering: Scattering,
    fluxes: SolarFluxes,
) -> Answer:
    """Recoil spectrum on the target, natural germanium by default.

    Returns
    -------
    Rate [1/(keV ton yr)].
    """
    return single(_recoil_rates(T_keV, component, m4_MeV, mu_muB, flavour, flux, scattering, fluxes))


def sum_of_parts(
    rates: Rates,
    values: np.ndarray,
    errors: np.ndarray,
    component: str,
    mu_muB: np.ndarray,
    flavour: str,
    totals: tuple[float, float],
) -> Answer:
    """The rate of the parts that `component` names.

    Parameters
    ----------
    rates : whose shares of the flavours are taken
    values, errors : at unit fluxes and mu = mu_B, shape (n, fluxes, 3)
    component : sm, dipole or total
    mu_muB : shape (n,)
    flavour : flavour with the moment
    totals : total fluxes [1/(cm2 s)]

    Returns
    -------
    Rates and their errors in the unit of `values`, shape (n,).
    """
    weights = np.zeros(values.shape)
    if component != "dipole":
        weights[:, :, 0] = totals
    if component != "sm":
        weights[:, :, 1:] = (mu_muB**2)[:, None, None] * rates.combination(flavour, totals)
    parts, uncertain = (product.reshape(len(mu_muB), -1) for product in (weights * values, np.abs(weights) * errors))
    value = np.maximum(0.0, parts.sum(axis=1))
    return Answer(value, uncertain.sum(axis=1) + INTERPOLATION * value)


def _event_rates(
    T_min_keV,
    T_max_keV,
    component,
    m4_MeV,
    mu_muB,
    flavour,
    flux,
    accuracy: Accuracy,
    scattering: Scattering,
    fluxes: SolarFluxes,
):
    low, high, m4, mu = average_nucleus.together(T_min_keV, T_max_keV, m4_MeV, mu_muB)
    for k in np.flatnonzero(high <= low)[:1]:
        raise InputError(f"T_max_keV={high[k]}: must be above T_min_keV={low[k]} [keV]")
    if component != "sm" and np.any((low == 0) & (m4 == 0) & (mu > 0)):
        raise InputError(
            "T_min_keV=0: the dipole rate of a massless neutrino diverges like 1/T; give a T_min_keV above 0"
        )
    rates, precision = rates_of(scattering), accuracy.precision
    values, errors = np.zeros((2, len(m4), 2, 3))
    edges, members = np.unique(np.column_stack([low, high]), axis=0, return_inverse=True)
    for k, pair in enumerate(edges):
        here = np.flatnonzero(members.ravel() == k)
        if component != "dipole":
            for part, found in zip((values, errors), rates.between(pair, np.zeros(1), precision, True), strict=True):
                part[here, :, 0] = found[0, :, 0, 0]
        moving = here[mu[here] > 0]
        if component != "sm" and len(moving):
            masses, where = np.unique(m4[moving], return_inverse=True)
            for part, found in zip((values, errors), rates.between(pair, masses, precision, False), strict=True):
                part[moving, :, 1:] = found[where, :, :, 0]
    return sum_of_parts(rates, values, errors, component, mu, flavour, fluxes.of(flux))


@quantity(
    "solar_cevns.event_rate",
    number("T_min_keV", "keV", minimum=0, meaning="smallest nuclear recoil energy"),
    number("T_max_keV", "keV", 30.0, above=0, meaning="largest nuclear recoil energy"),
    COMPONENT,
    M4_DEFAULT,
    MU_MUB,
    FLAVOUR,
    FLUX,
    unit="1/(ton yr)",
    source="Eq. (11), integrated",
    many=_event_rates,
)
def event_rate(
    T_min_keV: float,
    T_max_keV: float,
    component: str,
    m4_MeV: float,
    mu_muB: float,
    flavour: str,
    flux: str,
    accuracy: Accuracy,
    scattering: Scattering,
    fluxes: SolarFluxes,
) -> Answer:
    """Recoils on the target, natural germanium by default, between two energies.

    Returns
    -------
    Rate [1/(ton yr)].
    """
    return single(
        _event_rates(T_min_keV, T_max_keV, component, m4_MeV, mu_muB, flavour, flux, accuracy, scattering, fluxes)
    )


INFERRED = "inferred: the data of CDEX-10 are not public, their uncertainty is taken from the paper's own limits"


def limits_at(
    scenario: str, flavour: str, m4_MeV: float | np.ndarray, statistics: str, flux: str, measurement: Measurement
) -> Answer:
    """Upper limits on mu/mu_B at many masses.

    Parameters
    ----------
    m4_MeV : one or shape (n,)
    scenario, flavour, statistics, flux, measurement : as for :func:`moment_limit`

    Returns
    -------
    An answer of arrays of shape (n,), NaN without a limit.
    """
    masses = np.atleast_1d(m4_MeV)
    value, error, status, reason = chi_square_of(measurement).at_masses(scenario, flavour, masses, statistics, flux)
    without = np.count_nonzero(status != Status.OK)
    if without:
        note = reason if len(masses) == 1 else f"{without} of {len(masses)} masses without a limit, the first: {reason}"
    else:
        note = INFERRED if scenario == "current" and measurement.counting.current.is_inferred else ""
    return Answer(value, error, note, status)


@quantity(
    "solar_cevns.moment_limit",
    choice("scenario", SCENARIOS, "next_generation", "projection, or CDEX-10 as inferred (current)"),
    FLAVOUR,
    M4_MEV,
    choice("statistics", STATISTICS, "poisson", "how a projection's variance is read; current ignores it"),
    FLUX,
    unit="1",
    source="Eq. (22)",
    many=limits_at,
)
def moment_limit(
    scenario: str, flavour: str, m4_MeV: float, statistics: str, flux: str, measurement: Measurement
) -> Answer:
    """Upper limit on mu/mu_B, at 90% C.L. with 2 degrees of freedom by default.

    Returns
    -------
    mu/mu_B.
    """
    return single(limits_at(scenario, flavour, m4_MeV, statistics, flux, measurement))
