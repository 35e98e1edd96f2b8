"""The quantities of QUANTITIES: one point at a time, with the kernel that the scans use and the paper's inputs."""

from __future__ import annotations

import numpy as np

from nubounds.constants import HBARC_MEV_FM
from nubounds.constraints.solar_cevns import target
from nubounds.constraints.solar_cevns.inputs import FLAVOURS, FLUXES, SCENARIOS, STATISTICS, defaults
from nubounds.constraints.solar_cevns.oscillations import load_production, survival_probability
from nubounds.constraints.solar_cevns.setup import FLUX_CHOICES, setup
from nubounds.contract import Answer, InputError, Status, choice, number, quantity
from nubounds.kernels import solar_cevns as kernel

ROUNDING = 1e-14  # relative error of a closed formula
INTERPOLATION = 1e-9  # relative error of the interpolated moments that the coarser table does not see

T_KEV = number("T_keV", "keV", above=0, meaning="nuclear recoil energy")
M4_MEV = number("m4_MeV", "MeV", minimum=0, meaning="mass of the heavy neutrino")
M4_DEFAULT = number("m4_MeV", "MeV", 0.1, minimum=0, meaning="mass of the heavy neutrino")
MU_MUB = number("mu_muB", "1", 1e-9, minimum=0, meaning="transition moment mu/mu_B")
COMPONENT = choice("component", ("sm", "dipole", "total"), "sm", "part of the rate; total is their sum")
FLAVOUR = choice("flavour", FLAVOURS, "all", "flavour with the moment; the Standard Model part is flavour-blind")
FLUX = choice("flux", tuple(FLUX_CHOICES), "all", "component of the solar flux")


def squared_form_factor(T_keV: float) -> float:
    """F^2 of the one nucleus, A = 72.63."""
    Z, A, M = [target.AVERAGE_Z], [target.AVERAGE_A], [target.AVERAGE_M_MEV]
    nucleus = target.kernel_rows(Z, A, M, 1.0, defaults()["sin2_theta_W"])
    return float(kernel.form_factors(np.array([1e-3 * T_keV]), nucleus, target.A_KN_FM, HBARC_MEV_FM)[0, 0])


@quantity("solar_cevns.min_energy", T_KEV, M4_MEV, unit="MeV", source="Eq. (13)")
def min_energy(T_keV, m4_MeV):
    """Smallest neutrino energy that gives germanium (A = 72.63) the recoil T while producing a neutrino of mass m4."""
    E = float(kernel.minimum_energies(np.array([1e-3 * T_keV]), np.array([m4_MeV]), target.AVERAGE_M_MEV)[0])
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
    half, extra = dipole_bracket(E_MeV, T_keV, m4_MeV)
    scale = target.DIPOLE_CM2 * mu_muB**2 * target.AVERAGE_Z**2 * squared_form_factor(T_keV) * 1e-3
    value = scale * (half + (extra if spin == "zero" else 0.0))
    return Answer(value, ROUNDING * scale / (1e-3 * T_keV))


def dipole_bracket(E_MeV, T_keV, m4_MeV) -> tuple[float, float]:
    """The brackets [1/MeV] of Eq. (8) and of what Eq. (10) adds, on the one nucleus."""
    arrays = (np.array([E_MeV]), np.array([1e-3 * T_keV]), np.array([m4_MeV]))
    return tuple(kernel.dipole_brackets(*arrays, target.AVERAGE_M_MEV)[0].tolist())


@quantity(
    "solar_cevns.survival_probability",
    number("E_MeV", "MeV", minimum=0, meaning="neutrino energy"),
    choice("flux", FLUXES, "8b", "which fixes where in the Sun the neutrinos are produced"),
    unit="1",
    source="Eq. (17)",
)
def survival(E_MeV, flux):
    """Probability that a solar electron neutrino arrives as one, averaged over the production zone."""
    density, weight = load_production(defaults(), flux)
    P = float(survival_probability(E_MeV, density, weight, defaults()))
    return Answer(P, ROUNDING)


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
def recoil_rate(T_keV, component, m4_MeV, mu_muB, flavour, flux):
    """Recoil spectrum on natural germanium."""
    made = setup()
    values, errors, _ = made.rates(T_keV, m4_MeV)
    value, error = _combine(made, values[0], errors[0], component, mu_muB, flavour, flux)
    return Answer(value, error + INTERPOLATION * value)


def _combine(made, values, errors, component, mu_muB, flavour, flux) -> tuple[float, float]:
    """Sum of the parts that `component` names, from (fluxes, 3) rates at normalised fluxes."""
    weights = np.zeros((2, 3))
    if component != "dipole":
        weights[:, 0] = made.totals * FLUX_CHOICES[flux]
    if component != "sm":
        weights[:, 1:] = mu_muB**2 * made.combination(flavour, flux)
    return max(0.0, float(np.sum(weights * values))), float(np.sum(np.abs(weights) * errors))


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
def event_rate(T_min_keV, T_max_keV, component, m4_MeV, mu_muB, flavour, flux):
    """Recoils on natural germanium between two energies."""
    if T_max_keV <= T_min_keV:
        raise InputError(f"T_max_keV={T_max_keV}: must be above T_min_keV={T_min_keV} [keV]")
    if T_min_keV == 0 and m4_MeV == 0 and mu_muB > 0 and component != "sm":
        raise InputError(
            "T_min_keV=0: the dipole rate of a massless neutrino diverges like 1/T; give a T_min_keV above 0"
        )
    made, edges = setup(), np.array([T_min_keV, T_max_keV])
    values, errors = np.zeros((2, 3)), np.zeros((2, 3))
    if component != "dipole":
        values[:, :1], errors[:, :1] = (part[:, :1, 0] for part in made.integrals(edges, 0.0, True))
    if component != "sm" and mu_muB > 0:
        values[:, 1:], errors[:, 1:] = (part[:, :, 0] for part in made.integrals(edges, m4_MeV, False))
    value, error = _combine(made, values, errors, component, mu_muB, flavour, flux)
    return Answer(value, error + INTERPOLATION * value)


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
def moment_limit(scenario, flavour, m4_MeV, statistics, flux):
    """Upper limit on mu/mu_B at 90% C.L. (2 degrees of freedom)."""
    value, error, status, reason = limit_at(setup(), scenario, flavour, m4_MeV, statistics, flux)
    note = (
        "inferred: the data of CDEX-10 are not public, their uncertainty is taken from the paper's own limits"
        if scenario == "current"
        else ""
    )
    return Answer(value, error, note) if status == Status.OK else Answer(None, None, reason)


def limit_at(made, scenario, flavour, m4_MeV, statistics, flux):
    """Limit on mu/mu_B at one point with a :class:`Setup`: value, error, status, reason."""
    refused = made.refusal(scenario, statistics, flux, m4_MeV)
    if refused:
        return None, None, *refused
    signal, signal_error = made.signals(scenario, np.array([m4_MeV]))
    values, errors, status = made.limits(scenario, flavour, statistics, flux, signal, signal_error)
    if status[0] != Status.OK:
        return None, None, Status(int(status[0])), f"m4 = {m4_MeV:g} MeV: no recoil falls into the bins of {scenario}"
    value = float(values[0])
    return value, float(errors[0]) + INTERPOLATION * value, Status.OK, ""
