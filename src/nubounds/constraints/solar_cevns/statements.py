"""Further quantities, each for numbers that the paper states: kinematics, spin, nucleus, quenching, spectra, and how
the limits compare with each other, with the printed ones, and with other experiments.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from nubounds.constraints.solar_cevns import average_nucleus, experiment, quenching, spectrum_shape
from nubounds.constraints.solar_cevns.chi_square import INTERPOLATION, chi_square_of
from nubounds.constraints.solar_cevns.counts import counts_of
from nubounds.constraints.solar_cevns.inputs import (
    PROJECTIONS,
    SCENARIOS,
    STATISTICS,
    Counting,
    Lindhard,
    Measurement,
    Quenching,
)
from nubounds.constraints.solar_cevns.published import printed_limits
from nubounds.constraints.solar_cevns.quantities import (
    COMPONENT,
    FLAVOUR,
    FLUX,
    M4_DEFAULT,
    M4_MEV,
    MU_MUB,
    ROUNDING,
    T_KEV,
    limits_at,
    single,
    sum_of_parts,
)
from nubounds.contract import Answer, Status, choice, number, quantity
from nubounds.kernels import solar_cevns as kernel
from nubounds.numerics import roots
from nubounds.solar.flux import spectrum_of
from nubounds.solar.inputs import FLAVOURS, FLUXES, Scattering, SolarFluxes, Spectra, Target, WeakMixing
from nubounds.solar.rates import rates_of
from nubounds.solar.target import A_KN_FM, nuclei_of
from nubounds.solar.target import weak_charge as charge_of

E_MEV = number("E_MeV", "MeV", 10.0, above=0, meaning="neutrino energy")
T_EE_KEVEE = number("T_ee_keVee", "keVee", above=0, meaning="electron-equivalent energy")
MODEL = choice(
    "model",
    ("lindhard", "low_energy"),
    None,
    "Eq. (19), or Eq. (20) at 15-254 eV and Eq. (19) above; none: as the input quenching says",
)
SCENARIO = choice("scenario", SCENARIOS, "next_generation", "projection, or CDEX-10 as inferred (current)")
STATISTIC = choice("statistics", STATISTICS, "poisson", "how a projection's variance is read")
SOURCE = choice("source", ("computed", "printed"), "computed", "our limits at small m4, or the paper's")
PLATEAU_MEV = 0.01  # where the limits at "m4 < 0.1 MeV" are read


# ---- kinematics, spin and nucleus ----------------------------------------------------------------------------------


@quantity("solar_cevns.least_energy", M4_MEV, unit="MeV; keV", source="Eq. (13)")
def least_energy(m4_MeV):
    """The minimum of E_min over the recoil energy, and where it lies (germanium, A = 72.63)."""
    M = average_nucleus.M_MEV
    E, T = m4_MeV + m4_MeV**2 / (2.0 * M), 1e3 * m4_MeV**2 / (2.0 * (M + m4_MeV))
    return Answer({"E_MeV": E, "T_keV": T}, {"E_MeV": ROUNDING * E, "T_keV": ROUNDING * T})


@quantity("solar_cevns.recoil_range", E_MEV, M4_MEV, unit="keV", source="Eq. (13) solved for T")
def recoil_range(E_MeV: float, m4_MeV: float) -> Answer:
    """Smallest and largest recoil of germanium (A = 72.63) at one neutrino energy.

    Returns
    -------
    Both energies [keV]; no value below the threshold of m4.
    """
    M = average_nucleus.M_MEV
    values, status = kernel.recoil_ranges(np.array([E_MeV]), np.array([m4_MeV]), M)
    if status[0] != Status.OK:
        threshold = m4_MeV + m4_MeV**2 / (2.0 * M)
        return Answer(None, None, f"no recoil: the threshold for m4 = {m4_MeV:g} MeV is {threshold:.7g} MeV")
    low, high = (1e3 * values[0]).tolist()
    return Answer({"T_min_keV": low, "T_max_keV": high}, {"T_min_keV": ROUNDING * low, "T_max_keV": ROUNDING * high})


def _spin_differences(E_MeV, T_keV, m4_MeV):
    half, extra = average_nucleus.dipole_brackets(E_MeV, T_keV, m4_MeV)
    inside = half != 0
    delta = np.divide(np.abs(extra), half, out=np.full(half.shape, np.nan), where=inside)
    note = "" if inside.all() else "outside phase space: both cross sections are zero"
    return Answer(delta, 1e-10 * delta, note, np.where(inside, Status.OK, Status.NO_SOLUTION))


@quantity("solar_cevns.spin_difference", E_MEV, T_KEV, M4_MEV, unit="1", source="Eq. (23)", many=_spin_differences)
def spin_difference(E_MeV: float, T_keV: float, m4_MeV: float) -> Answer:
    """Relative difference of the dipole cross sections of a spin-0 and a spin-1/2 nucleus (A = 72.63).

    Returns
    -------
    Relative difference, a pure number.
    """
    return single(_spin_differences(E_MeV, T_keV, m4_MeV))


@quantity("solar_cevns.spin_difference_range", E_MEV, M4_MEV, unit="1; keV", source="Eq. (23)")
def spin_difference_range(E_MeV: float, m4_MeV: float) -> Answer:
    """Largest relative difference of the spins inside phase space, and the recoil m4^2/M where it vanishes.

    Returns
    -------
    Largest difference [1] and recoil energy [keV]; no value at threshold.
    """
    allowed = recoil_range(E_MeV=E_MeV, m4_MeV=m4_MeV)
    if allowed.value is None:
        return allowed
    low, high = allowed.value["T_min_keV"], allowed.value["T_max_keV"]
    low = max(low, 1e-12 * high)  # the largest is never further down
    just_inside = np.clip([low * (1 + 1e-9), high * (1 - 1e-9)], low, high)  # rounding may put the ends outside
    T = np.concatenate([np.geomspace(low, high, 4001), just_inside])
    n, M = len(T), average_nucleus.M_MEV
    half, extra = kernel.dipole_brackets(np.full(n, E_MeV), 1e-3 * T, np.full(n, m4_MeV), M).T
    inside = half > 0
    if not inside.any():
        return Answer(None, None, "at threshold: phase space has no extent")
    largest, dip = float(np.max(np.abs(extra[inside]) / half[inside])), 1e3 * m4_MeV**2 / M
    return Answer({"largest": largest, "dip_keV": dip}, {"largest": 1e-6 * largest, "dip_keV": ROUNDING * dip})


@quantity("solar_cevns.weak_charge", unit="1", source="Eqs. (2), (3)")
def weak_charge(weak_mixing: WeakMixing):
    """Vector couplings of proton and neutron, and the weak charge of the average germanium nucleus."""
    Z, N, sin2 = average_nucleus.Z, average_nucleus.A - average_nucleus.Z, weak_mixing.sin2_theta_W
    value = {"proton": charge_of(1, 0, sin2), "neutron": charge_of(0, 1, sin2), "germanium": charge_of(Z, N, sin2)}
    return Answer(value, {name: ROUNDING * abs(entry) for name, entry in value.items()})


@quantity("solar_cevns.form_factor", T_KEV, unit="1; fm", source="Eq. (4)")
def form_factor(T_keV):
    """F^2 of germanium (A = 72.63), the radius R of its hard sphere, and the rms radius that belongs to F."""
    R = average_nucleus.RADIUS_FM
    rms = math.sqrt(0.6 * R**2 + 6.0 * A_KN_FM**2)
    value = {"F2": float(average_nucleus.squared_form_factor(T_keV)[0]), "sphere_fm": R, "rms_fm": rms}
    return Answer(value, {name: ROUNDING * entry for name, entry in value.items()})


@quantity("solar_cevns.flux_end_point", FLUX, unit="MeV", source="Fig. 3")
def flux_end_point(flux: str, fluxes: SolarFluxes, spectra: Spectra) -> Answer:
    """Largest energy of the 8B and hep neutrinos, of those whose flux is not 0.

    Returns
    -------
    Energy [MeV]; no value if the flux is set to 0.
    """
    present = [name for name, total in zip(FLUXES, fluxes.of(flux), strict=True) if total > 0]
    if not present:
        return Answer(None, None, f"the {flux} flux is set to 0")
    return Answer(max(float(spectrum_of(spectra, name).breaks[-1]) for name in present), 0.0)


# ---- recoil and electron-equivalent energy -------------------------------------------------------------------------


def _branches(model: str | None, quench: Quenching, Z: float) -> list[quenching.Branch]:
    """The branches for a nucleus of charge `Z`, with `model` instead of the input's where it is given."""
    chosen = quench if model is None else dataclasses.replace(quench, quenching=model, quenching_file=None)
    return quenching.branches(chosen, Z)


def _recoils(T_ee_keVee: float, branches: list[quenching.Branch]) -> list[tuple[quenching.Branch, float]]:
    """The recoil energies [keV] that are seen as `T_ee_keVee`, each with the branch that it lies on."""
    return [
        (branch, float(branch.recoil(T_ee_keVee)))
        for branch in branches
        if branch.T_ee(branch.T_low) <= T_ee_keVee <= branch.T_ee(branch.T_high)
    ]


@quantity("solar_cevns.quenching", T_KEV, MODEL, unit="1; keVee", source="Eqs. (18)-(20)")
def quenching_factor(T_keV: float, model: str | None, target: Target, quench: Quenching) -> Answer:
    """Share of the recoil energy that is seen as ionisation, for the lightest element of the target.

    Returns
    -------
    Factor [1], and the energy seen [keVee].
    """
    branches = _branches(model, quench, nuclei_of(target).elements[0])
    T_ee, slope = (float(part) for part in quenching.electron_equivalent(branches, T_keV))
    value = {"Y": T_ee / T_keV, "T_ee_keVee": T_ee, "dT_ee_dT": slope}
    return Answer(value, {name: 1e-11 * abs(entry) for name, entry in value.items()})


@quantity("solar_cevns.quenching_joint", unit="1", source="Eqs. (19), (20)")
def quenching_joint(lindhard: Lindhard):
    """Eqs. (20) and (19) for germanium at 254 eV, where the paper goes from one to the other, and their ratio."""
    low = float(quenching.low_energy(quenching.JOINT_KEV))
    high = float(quenching.lindhard(quenching.JOINT_KEV, 32, lindhard.lindhard_k))
    value = {"low_energy": low, "lindhard": high, "ratio": low / high}
    return Answer(value, {name: ROUNDING * entry for name, entry in value.items()})


@quantity("solar_cevns.recoil_energy", T_EE_KEVEE, MODEL, unit="keV", source="Eq. (18) inverted")
def recoil_energy(T_ee_keVee: float, model: str | None, target: Target, quench: Quenching) -> Answer:
    """Recoil energies of the target's lightest element that are seen as one electron-equivalent energy: two in the
    overlap of Eq. (20).

    Returns
    -------
    Recoil energies [keV]; no value where none is seen as this energy.
    """
    found = [T for _, T in _recoils(T_ee_keVee, _branches(model, quench, nuclei_of(target).elements[0]))]
    note = "" if found else "no recoil is seen at this energy"
    return Answer(found or None, [1e-12 * T for T in found] or None, note)


@quantity(
    "solar_cevns.electron_equivalent_rate",
    T_EE_KEVEE,
    COMPONENT,
    M4_DEFAULT,
    MU_MUB,
    FLAVOUR,
    FLUX,
    MODEL,
    unit="1/(keVee ton yr)",
    source="Eq. (21)",
)
def electron_equivalent_rate(
    T_ee_keVee: float,
    component: str,
    m4_MeV: float,
    mu_muB: float,
    flavour: str,
    flux: str,
    model: str | None,
    scattering: Scattering,
    fluxes: SolarFluxes,
    quench: Quenching,
) -> Answer:
    """Spectrum on the target in electron-equivalent energy; the recoils of all elements and branches add.

    Returns
    -------
    Rate [1/(keVee ton yr)].
    """
    rates, value, error = rates_of(scattering), 0.0, 0.0
    for Z in rates.nuclei.elements:
        for branch, T in _recoils(T_ee_keVee, _branches(model, quench, Z)):
            values, errors, _ = rates.recoil(T, m4_MeV, Z)
            part = single(sum_of_parts(rates, values, errors, component, np.array([mu_muB]), flavour, fluxes.of(flux)))
            value += part.value / float(branch.slope(T))
            error += part.error / float(branch.slope(T))
    return Answer(value, error)


@quantity(
    "solar_cevns.low_recoil_cutoff",
    M4_MEV,
    number("fraction", "1", 0.5, minimum=1e-6, maximum=1, meaning="share of the largest rate"),
    FLAVOUR,
    FLUX,
    unit="keV",
    source="Fig. 5",
)
def low_recoil_cutoff(
    m4_MeV: float, fraction: float, flavour: str, flux: str, scattering: Scattering, fluxes: SolarFluxes
) -> Answer:
    """Recoil energy below which the dipole rate is less than a share of its largest, and where that is.

    Returns
    -------
    Both recoil energies [keV].
    """
    return spectrum_shape.low_recoil_cutoff(rates_of(scattering), m4_MeV, fraction, flavour, fluxes.of(flux))


# ---- limits compared -----------------------------------------------------------------------------------------------


def _plateau(source, scenario, flavour, statistics, flux, measurement: Measurement) -> Answer:
    """A limit at small m4."""
    if source == "printed":
        value = printed_limits().get((scenario, flavour, flux))
        return Answer(None, None, "the paper prints no such limit") if value is None else Answer(value, 0.0)
    value, error, _, reason = chi_square_of(measurement).limit(scenario, flavour, PLATEAU_MEV, statistics, flux)
    return Answer(value, error, reason)


def _missing(*answers: Answer) -> Answer | None:
    """The first answer that has no value."""
    return next((answer for answer in answers if answer.value is None), None)


@quantity(
    "solar_cevns.limit_ratio",
    SCENARIO,
    choice("relative_to", SCENARIOS, "current", "the limit that is divided"),
    FLAVOUR,
    STATISTIC,
    FLUX,
    choice("relative_flux", ("same", "all", "8b", "hep"), "same", "flux of the limit that is divided"),
    SOURCE,
    unit="1; %",
    source="Sec. 4.3",
)
def limit_ratio(
    scenario: str,
    relative_to: str,
    flavour: str,
    statistics: str,
    flux: str,
    relative_flux: str,
    source: str,
    measurement: Measurement,
) -> Answer:
    """By which factor, and by how many per cent, one limit at small m4 is stronger than another.

    Returns
    -------
    The factor [1], and the gain in per cent; no value where a limit is missing.
    """
    other_flux = flux if relative_flux == "same" else relative_flux
    own = _plateau(source, scenario, flavour, statistics, flux, measurement)
    other = _plateau(source, relative_to, flavour, statistics, other_flux, measurement)
    if missing := _missing(own, other):
        return missing
    factor = other.value / own.value
    relative = own.error / own.value + other.error / other.value
    value = {"factor": factor, "percent": 100.0 * (1.0 - 1.0 / factor)}
    return Answer(value, {"factor": factor * relative, "percent": 100.0 * relative / factor})


def _growths(scenario, flavour, m4_MeV, statistics, flux, measurement: Measurement):
    found = limits_at(scenario, flavour, m4_MeV, statistics, flux, measurement)
    plateau = _plateau("computed", scenario, flavour, statistics, flux, measurement)
    if plateau.value is None:
        nothing = np.full(found.value.shape, np.nan)
        return Answer(nothing, nothing, plateau.note, np.full(nothing.shape, plateau.status))
    growth = found.value / plateau.value
    note = "" if np.all(found.status == Status.OK) else found.note
    error = growth * (found.error / found.value + plateau.error / plateau.value)
    return Answer(growth, error, note, found.status)


@quantity(
    "solar_cevns.limit_growth",
    SCENARIO,
    FLAVOUR,
    M4_MEV,
    STATISTIC,
    FLUX,
    unit="1",
    source="Eq. (22)",
    many=_growths,
)
def limit_growth(
    scenario: str, flavour: str, m4_MeV: float, statistics: str, flux: str, measurement: Measurement
) -> Answer:
    """The limit over its value at m4 = 0.01 MeV.

    Returns
    -------
    Ratio of the two.
    """
    return single(_growths(scenario, flavour, m4_MeV, statistics, flux, measurement))


@quantity(
    "solar_cevns.sum_rule",
    SCENARIO,
    choice("over", ("flavours", "fluxes"), "flavours", "parts whose rates add up to those of the whole"),
    STATISTIC,
    SOURCE,
    unit="1",
    source="Eqs. (14)-(16), (22)",
)
def sum_rule(scenario: str, over: str, statistics: str, source: str, measurement: Measurement) -> Answer:
    """The flavour-blind limit that the limits of the parts imply, 1/mu_all^2 = sum of 1/mu_f^2, beside the stated one.

    The rates add, and the parts' spectra have nearly one shape, so K^(1/2) adds.

    Returns
    -------
    Both limits mu/mu_B; no value where a limit is missing.
    """
    parts = [("all", "8b"), ("all", "hep")] if over == "fluxes" else [(flavour, "all") for flavour in FLAVOURS[1:]]
    limits = [_plateau(source, scenario, flavour, statistics, flux, measurement) for flavour, flux in parts]
    whole = _plateau(source, scenario, "all", statistics, "all", measurement)
    if missing := _missing(*limits, whole):
        return missing
    stated, error = whole.value, whole.error
    implied = sum(limit.value**-2 for limit in limits) ** -0.5
    implied_error = implied**3 * sum(limit.error * limit.value**-3 for limit in limits)
    ratio = implied / stated
    value = {"implied": implied, "stated": stated, "ratio": ratio}
    errors = {"implied": implied_error, "stated": error, "ratio": implied_error / stated + ratio * error / stated}
    return Answer(value, errors)


@quantity("solar_cevns.flavour_ratios", SCENARIO, STATISTIC, SOURCE, unit="1", source="Eqs. (14)-(17)")
def flavour_ratios(scenario: str, statistics: str, source: str, measurement: Measurement) -> Answer:
    """mu_mu/mu_tau, which must be tan(theta_23), and the mean P_ee = (mu_all/mu_e)^2 that the limits imply.

    Returns
    -------
    Both ratios; no value where a limit is missing.
    """
    limits = [_plateau(source, scenario, flavour, statistics, "all", measurement) for flavour in FLAVOURS]
    if missing := _missing(*limits):
        return missing
    (everyone, a), (e, b), (mu, c), (tau, d) = ((limit.value, limit.error) for limit in limits)
    value = {"mu_over_tau": mu / tau, "P_ee": (everyone / e) ** 2}
    errors = {"mu_over_tau": mu / tau * (c / mu + d / tau), "P_ee": 2 * value["P_ee"] * (a / everyone + b / e)}
    return Answer(value, errors)


def _reach(mu_muB, scenario, flavour, statistics, flux, measurement: Measurement) -> Answer:
    """Largest m4 [MeV] at which the limit is still below a moment."""
    chi_square = chi_square_of(measurement)

    def below(m4):
        limit = chi_square.limit(scenario, flavour, m4, statistics, flux)[0]
        return limit is not None and limit <= mu_muB

    if not below(PLATEAU_MEV):
        return Answer(None, None, f"the limit is weaker than {mu_muB:g} mu_B at every mass")
    largest = chi_square.counts.rates.largest_mass(measurement.fluxes.of(flux))
    mass, _ = roots.boundary(below, PLATEAU_MEV, largest, steps=45)
    return Answer(mass, 1e-9 * mass)


@quantity(
    "solar_cevns.mass_reach",
    number("mu_muB", "1", above=0, meaning="transition moment mu/mu_B, for example another experiment's limit"),
    SCENARIO,
    FLAVOUR,
    STATISTIC,
    FLUX,
    unit="MeV",
    source="Eq. (22)",
)
def mass_reach(
    mu_muB: float, scenario: str, flavour: str, statistics: str, flux: str, measurement: Measurement
) -> Answer:
    """Largest m4 at which the limit is still below a given moment.

    Returns
    -------
    Mass m4 [MeV].
    """
    plateau = _plateau("computed", scenario, flavour, statistics, flux, measurement)
    return _missing(plateau) or _reach(mu_muB, scenario, flavour, statistics, flux, measurement)


@quantity(
    "solar_cevns.deterioration_mass",
    SCENARIO,
    FLAVOUR,
    number("factor", "1", 2.0, above=1, meaning="how much weaker than at small masses"),
    STATISTIC,
    FLUX,
    unit="MeV",
    source="Sec. 4.3",
)
def deterioration_mass(
    scenario: str, flavour: str, factor: float, statistics: str, flux: str, measurement: Measurement
) -> Answer:
    """m4 at which the limit has become weaker than at m4 = 0.01 MeV by a factor.

    Returns
    -------
    Mass m4 [MeV].
    """
    plateau = _plateau("computed", scenario, flavour, statistics, flux, measurement)
    if missing := _missing(plateau):
        return missing
    return _reach(factor * plateau.value, scenario, flavour, statistics, flux, measurement)


@quantity(
    "solar_cevns.expected_counts",
    choice("scenario", PROJECTIONS, "next_generation", "projection"),
    unit="1",
    source="Sec. 3.3",
)
def expected_counts(scenario: str, counting: Counting, fluxes: SolarFluxes) -> Answer:
    """Standard Model and background events in all bins of a projection.

    Returns
    -------
    Counts of the Standard Model and of the background, by name.
    """
    counts, projections, bins = counts_of(counting), counting.projections, counting.bins
    exposure = projections.exposure_ton_yr[scenario]
    sm = exposure * float((np.array(fluxes.of("all"))[:, None] * counts.sm_rates(scenario)).sum())
    background = exposure * experiment.background_per_bin(projections, bins, scenario) * bins.bins
    return Answer({"sm": sm, "background": background}, {"sm": INTERPOLATION * sm, "background": ROUNDING * background})
