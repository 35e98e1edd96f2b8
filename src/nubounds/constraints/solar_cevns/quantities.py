"""The quantities anyone can ask for: one function each, with the kernel that the scans use."""

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

T_KEV = number("T_keV", "keV", above=0, meaning="nuclear recoil energy")
M4_MEV = number("m4_MeV", "MeV", minimum=0, meaning="mass of the heavy neutrino")
M4_DEFAULT = number("m4_MeV", "MeV", 0.1, minimum=0, meaning="mass of the heavy neutrino")
MU_MUB = number("mu_muB", "1", 1e-9, minimum=0, meaning="transition moment mu/mu_B")
COMPONENT = choice("component", ("sm", "dipole", "total"), "sm", "part of the rate; total is their sum")
FLAVOUR = choice("flavour", FLAVOURS, "all", "flavour with the moment; the Standard Model part is flavour-blind")
FLUX = choice("flux", FLUX_CHOICES, "all", "component of the solar flux")


@quantity("solar_cevns.min_energy", T_KEV, M4_MEV, unit="MeV", source="Eq. (13)")
def min_energy(T_keV, m4_MeV):
    """Smallest neutrino energy that gives germanium (A = 72.63) the recoil T while producing a neutrino of mass m4."""
    E = float(kernel.minimum_energies(np.array([1e-3 * T_keV]), np.array([m4_MeV]), average_nucleus.M_MEV)[0])
    return Answer(E, ROUNDING * E)


@quantity(
    "solar_cevns.cross_section",
    number("E_MeV", "MeV", above=0, meaning="neutrino energy"),
    T_KEV,
    M4_MEV,
    MU_MUB,
    choice("spin", ("half", "zero"), "half", "spin of the nucleus"),
    unit="cm2/keV",
    source="Eqs. (8), (10)",
)
def cross_section(E_MeV, T_keV, m4_MeV, mu_muB, spin):
    """Dipole cross section on one germanium nucleus (A = 72.63, form factor included), zero outside phase space."""
    half, extra = average_nucleus.dipole_brackets(E_MeV, T_keV, m4_MeV)
    scale = DIPOLE_CM2 * mu_muB**2 * average_nucleus.Z**2 * average_nucleus.squared_form_factor(T_keV) * 1e-3
    value = scale * (half + (extra if spin == "zero" else 0.0))
    return Answer(value, ROUNDING * scale / (1e-3 * T_keV))


@quantity(
    "solar_cevns.survival_probability",
    number("E_MeV", "MeV", minimum=0, meaning="neutrino energy"),
    choice("flux", FLUXES, "8b", "which fixes where in the Sun the neutrinos are produced"),
    unit="1",
    source="Eq. (17)",
)
def survival(E_MeV, flux, production: Production, oscillations: Oscillations):
    """Probability that a solar electron neutrino arrives as one, averaged over the production zone."""
    return Answer(float(survival_probability(E_MeV, production_zone(production, flux), oscillations)), ROUNDING)


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
)
def recoil_rate(T_keV, component, m4_MeV, mu_muB, flavour, flux, scattering: Scattering, fluxes: SolarFluxes):
    """Recoil spectrum on the target, natural germanium by default."""
    rates = rates_of(scattering)
    values, errors, _ = rates.recoil(T_keV, m4_MeV)
    return sum_of_parts(rates, values[0], errors[0], component, mu_muB, flavour, fluxes.of(flux))


def sum_of_parts(rates: Rates, values, errors, component: str, mu_muB: float, flavour: str, totals) -> Answer:
    """The rate of the parts that `component` names, from rates and errors at unit fluxes, shape (fluxes, 3)."""
    weights = np.zeros((2, 3))
    if component != "dipole":
        weights[:, 0] = totals
    if component != "sm":
        weights[:, 1:] = mu_muB**2 * rates.combination(flavour, totals)
    value = max(0.0, float(np.sum(weights * values)))
    return Answer(value, float(np.sum(np.abs(weights) * errors)) + INTERPOLATION * value)


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
)
def event_rate(
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
    """Recoils on the target, natural germanium by default, between two energies."""
    if T_max_keV <= T_min_keV:
        raise InputError(f"T_max_keV={T_max_keV}: must be above T_min_keV={T_min_keV} [keV]")
    if T_min_keV == 0 and m4_MeV == 0 and mu_muB > 0 and component != "sm":
        raise InputError(
            "T_min_keV=0: the dipole rate of a massless neutrino diverges like 1/T; give a T_min_keV above 0"
        )
    rates, edges, precision = rates_of(scattering), np.array([T_min_keV, T_max_keV]), accuracy.precision
    values, errors = np.zeros((2, 3)), np.zeros((2, 3))
    if component != "dipole":
        values[:, :1], errors[:, :1] = (part[:, :1, 0] for part in rates.between(edges, 0.0, precision, True))
    if component != "sm" and mu_muB > 0:
        values[:, 1:], errors[:, 1:] = (part[:, :, 0] for part in rates.between(edges, m4_MeV, precision, False))
    return sum_of_parts(rates, values, errors, component, mu_muB, flavour, fluxes.of(flux))


@quantity(
    "solar_cevns.moment_limit",
    choice("scenario", SCENARIOS, "next_generation", "projection, or CDEX-10 as inferred (current)"),
    FLAVOUR,
    M4_MEV,
    choice("statistics", STATISTICS, "poisson", "how a projection's variance is read; current ignores it"),
    FLUX,
    unit="1",
    source="Eq. (22)",
)
def moment_limit(scenario, flavour, m4_MeV, statistics, flux, measurement: Measurement):
    """Upper limit on mu/mu_B, at 90% C.L. with 2 degrees of freedom by default."""
    value, error, status, reason = chi_square_of(measurement).limit(scenario, flavour, m4_MeV, statistics, flux)
    if status != Status.OK:
        return Answer(None, None, reason)
    inferred = scenario == "current" and measurement.counting.current.is_inferred
    note = "inferred: the data of CDEX-10 are not public, their uncertainty is taken from the paper's own limits"
    return Answer(value, error, note if inferred else "")
