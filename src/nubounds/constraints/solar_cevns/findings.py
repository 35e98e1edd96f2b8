"""Further quantities: the numbers that the paper states beside its limits, and how they hang together."""

from __future__ import annotations

import numpy as np

from nubounds.constraints.solar_cevns import experiment, quenching, target
from nubounds.constraints.solar_cevns.curves import read_words
from nubounds.constraints.solar_cevns.inputs import FLAVOURS, PROJECTIONS, SCENARIOS, STATISTICS, defaults
from nubounds.constraints.solar_cevns.quantities import (
    COMPONENT,
    FLAVOUR,
    FLUX,
    INTERPOLATION,
    M4_DEFAULT,
    M4_MEV,
    MU_MUB,
    ROUNDING,
    T_KEV,
    dipole_bracket,
    limit_at,
    recoil_rate,
)
from nubounds.constraints.solar_cevns.setup import setup
from nubounds.contract import Answer, Status, choice, number, quantity
from nubounds.kernels import solar_cevns as kernel

SCENARIO = choice("scenario", SCENARIOS, "next_generation", "projection, or CDEX-10 as inferred (current)")
STATISTIC = choice("statistics", STATISTICS, "poisson", "how a projection's variance is read")
SOURCE = choice("source", ("computed", "printed"), "computed", "our limits at small m4, or the paper's")
PLATEAU_MEV = 0.01  # where the limits at "m4 < 0.1 MeV" are read
E_MEV = number("E_MeV", "MeV", 10.0, above=0, meaning="neutrino energy")
MODEL = choice("model", ("lindhard", "low_energy"), "lindhard", "Eq. (19), or Eq. (20) at 15-254 eV and Eq. (19) above")


# ---- kinematics and spin -------------------------------------------------------------------------------------------


@quantity("solar_cevns.least_energy", M4_MEV, unit="MeV; keV", source="Eq. (13)")
def least_energy(m4_MeV):
    """The minimum of E_min over the recoil energy, and where it lies (germanium, A = 72.63)."""
    M = target.AVERAGE_M_MEV
    E, T = m4_MeV + m4_MeV**2 / (2.0 * M), 1e3 * m4_MeV**2 / (2.0 * (M + m4_MeV))
    return Answer({"E_MeV": E, "T_keV": T}, {"E_MeV": ROUNDING * E, "T_keV": ROUNDING * T})


@quantity("solar_cevns.recoil_range", E_MEV, M4_MEV, unit="keV", source="Eq. (13) solved for T")
def recoil_range(E_MeV, m4_MeV):
    """Smallest and largest recoil of germanium (A = 72.63) at one neutrino energy."""
    values, status = kernel.recoil_ranges(np.array([E_MeV]), np.array([m4_MeV]), target.AVERAGE_M_MEV)
    if status[0] != Status.OK:
        threshold = m4_MeV + m4_MeV**2 / (2.0 * target.AVERAGE_M_MEV)
        return Answer(None, None, f"no recoil: the threshold for m4 = {m4_MeV:g} MeV is {threshold:.7g} MeV")
    low, high = (1e3 * values[0]).tolist()
    return Answer({"T_min_keV": low, "T_max_keV": high}, {"T_min_keV": ROUNDING * low, "T_max_keV": ROUNDING * high})


@quantity("solar_cevns.spin_difference", E_MEV, T_KEV, M4_MEV, unit="1", source="Eq. (23)")
def spin_difference(E_MeV, T_keV, m4_MeV):
    """Relative difference of the dipole cross sections of a spin-0 and a spin-1/2 nucleus (A = 72.63)."""
    half, extra = dipole_bracket(E_MeV, T_keV, m4_MeV)
    if half == 0:
        return Answer(None, None, "outside phase space: both cross sections are zero")
    delta = abs(extra) / half
    return Answer(delta, 1e-10 * delta)


@quantity("solar_cevns.spin_difference_range", E_MEV, M4_MEV, unit="1; keV", source="Eq. (23)")
def spin_difference_range(E_MeV, m4_MeV):
    """Largest relative difference of the spins inside phase space, and the recoil m4^2/M where it vanishes."""
    allowed = recoil_range(E_MeV=E_MeV, m4_MeV=m4_MeV)
    if allowed.value is None:
        return allowed
    low, high = allowed.value["T_min_keV"], allowed.value["T_max_keV"]
    T = np.geomspace(max(low, 1e-12 * high) * (1 + 1e-9), high * (1 - 1e-9), 4001)
    n = len(T)
    half, extra = kernel.dipole_brackets(np.full(n, E_MeV), 1e-3 * T, np.full(n, m4_MeV), target.AVERAGE_M_MEV).T
    largest, dip = float(np.max(np.abs(extra) / half)), 1e3 * m4_MeV**2 / target.AVERAGE_M_MEV
    return Answer({"largest": largest, "dip_keV": dip}, {"largest": 1e-6 * largest, "dip_keV": ROUNDING * dip})


@quantity("solar_cevns.weak_charge", unit="1", source="Eqs. (2), (3)")
def weak_charge():
    """Vector couplings of proton and neutron, and the weak charge of the average germanium nucleus."""
    sin2 = defaults()["sin2_theta_W"]
    N = target.AVERAGE_A - target.AVERAGE_Z
    value = {
        "proton": float(target.weak_charge(1, 0, sin2)),
        "neutron": float(target.weak_charge(0, 1, sin2)),
        "germanium": float(target.weak_charge(target.AVERAGE_Z, N, sin2)),
    }
    return Answer(value, {name: ROUNDING * abs(entry) for name, entry in value.items()})


# ---- recoil and electron-equivalent energy -------------------------------------------------------------------------


@quantity("solar_cevns.quenching", T_KEV, MODEL, unit="1; keVee", source="Eqs. (18)-(20)")
def quenching_factor(T_keV, model):
    """Share of the recoil energy that is seen as ionisation in germanium."""
    branches = quenching.branches(defaults() | {"quenching": model}, 32)
    T_ee, slope = (float(part) for part in quenching.electron_equivalent(branches, T_keV))
    value = {"Y": T_ee / T_keV, "T_ee_keVee": T_ee, "dT_ee_dT": slope}
    return Answer(value, {name: 1e-11 * abs(entry) for name, entry in value.items()})


@quantity("solar_cevns.quenching_joint", unit="1", source="Eqs. (19), (20)")
def quenching_joint():
    """Eqs. (20) and (19) at 254 eV, where the paper goes from one to the other, and their ratio."""
    low = float(quenching.low_energy(quenching.JOINT_KEV))
    high = float(quenching.lindhard(quenching.JOINT_KEV, 32, defaults()["lindhard_k"]))
    value = {"low_energy": low, "lindhard": high, "ratio": low / high}
    return Answer(value, {name: ROUNDING * entry for name, entry in value.items()})


@quantity(
    "solar_cevns.recoil_energy",
    number("T_ee_keVee", "keVee", above=0, meaning="electron-equivalent energy"),
    MODEL,
    unit="keV",
    source="Eq. (18) inverted",
)
def recoil_energy(T_ee_keVee, model):
    """Recoil energies that are seen as one electron-equivalent energy in germanium: two in the overlap of Eq. (20)."""
    found = _recoils(T_ee_keVee, model)
    note = "" if found else "no recoil is seen at this energy"
    return Answer(found or None, [1e-12 * T for T in found] or None, note)


def _recoils(T_ee_keVee, model) -> list[float]:
    branches = quenching.branches(defaults() | {"quenching": model}, 32)
    return [
        float(branch.recoil(T_ee_keVee))
        for branch in branches
        if branch.T_ee(branch.T_low) <= T_ee_keVee <= branch.T_ee(branch.T_high)
    ]


@quantity(
    "solar_cevns.electron_equivalent_rate",
    number("T_ee_keVee", "keVee", above=0, meaning="electron-equivalent energy"),
    COMPONENT,
    M4_DEFAULT,
    MU_MUB,
    FLAVOUR,
    FLUX,
    MODEL,
    unit="1/(keVee ton yr)",
    source="Eq. (21)",
)
def electron_equivalent_rate(T_ee_keVee, component, m4_MeV, mu_muB, flavour, flux, model):
    """Spectrum on natural germanium in electron-equivalent energy; the recoils of both branches add."""
    branches = quenching.branches(defaults() | {"quenching": model}, 32)
    value = error = 0.0
    for T in _recoils(T_ee_keVee, model):
        branch = next(branch for branch in branches if branch.T_low <= T <= branch.T_high)
        part = recoil_rate(T_keV=T, component=component, m4_MeV=m4_MeV, mu_muB=mu_muB, flavour=flavour, flux=flux)
        value += part.value / float(branch.slope(T))
        error += part.error / float(branch.slope(T))
    return Answer(value, error)


@quantity(
    "solar_cevns.low_recoil_cutoff",
    M4_MEV,
    number("fraction", "1", 0.5, above=0, maximum=1, meaning="share of the largest rate"),
    FLAVOUR,
    FLUX,
    unit="keV",
    source="Fig. 5",
)
def low_recoil_cutoff(m4_MeV, fraction, flavour, flux):
    """Recoil energy below which the dipole rate is less than a share of its largest, and where that is."""
    made = setup()
    weights = made.combination(flavour, flux)

    def rate(T):
        return np.einsum("nfc,fc->n", made.rates(T, m4_MeV)[0][:, :, 1:], weights)

    T = np.geomspace(1e-4, 12.0, 4001)
    values = rate(T)
    k = int(np.argmax(values))
    if values[k] == 0 or k == 0:
        return Answer(None, None, "the rate falls from the lowest recoils on, or vanishes")
    T = np.linspace(T[k - 1], T[k + 1], 2001)
    peak, top = float(T[np.argmax(rate(T))]), float(rate(T).max())
    low, high = 1e-4, peak
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if rate(middle)[0] < fraction * top else (low, middle)
    return Answer({"T_keV": high, "peak_keV": peak}, {"T_keV": 1e-9 * high, "peak_keV": 1e-3 * peak})


# ---- limits --------------------------------------------------------------------------------------------------------


def printed_limits() -> dict[tuple[str, str, str], float]:
    """The paper's limits on mu/mu_B by (scenario, flavour, flux)."""
    rows = read_words("published_limits.csv")
    return {(row["scenario"], row["flavour"], row["flux"]): float(row["mu_muB"]) for row in rows}


def _plateau(source, scenario, flavour, statistics, flux) -> tuple[float, float] | None:
    """A limit at small m4 and its error; None where the paper prints none."""
    if source == "printed":
        value = printed_limits().get((scenario, flavour, flux))
        return None if value is None else (value, 0.0)
    value, error, _, _ = limit_at(setup(), scenario, flavour, PLATEAU_MEV, statistics, flux)
    return value, error


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
def limit_ratio(scenario, relative_to, flavour, statistics, flux, relative_flux, source):
    """By which factor, and by how many per cent, one limit at small m4 is stronger than another."""
    own = _plateau(source, scenario, flavour, statistics, flux)
    other = _plateau(source, relative_to, flavour, statistics, flux if relative_flux == "same" else relative_flux)
    if own is None or other is None:
        return Answer(None, None, "the paper prints no such limit")
    factor = other[0] / own[0]
    relative = own[1] / own[0] + other[1] / other[0]
    value = {"factor": factor, "percent": 100.0 * (1.0 - 1.0 / factor)}
    return Answer(value, {"factor": factor * relative, "percent": 100.0 * relative / factor})


@quantity("solar_cevns.limit_growth", SCENARIO, FLAVOUR, M4_MEV, STATISTIC, FLUX, unit="1", source="Eq. (22)")
def limit_growth(scenario, flavour, m4_MeV, statistics, flux):
    """The limit over its value at m4 = 0.01 MeV."""
    value, error, _, reason = limit_at(setup(), scenario, flavour, m4_MeV, statistics, flux)
    if value is None:
        return Answer(None, None, reason)
    plateau, plateau_error = _plateau("computed", scenario, flavour, statistics, flux)
    growth = value / plateau
    return Answer(growth, growth * (error / value + plateau_error / plateau))


@quantity(
    "solar_cevns.sum_rule",
    SCENARIO,
    choice("over", ("flavours", "fluxes"), "flavours", "parts whose rates add up to those of the whole"),
    STATISTIC,
    SOURCE,
    unit="1",
    source="Eqs. (14)-(16), (22)",
)
def sum_rule(scenario, over, statistics, source):
    """The flavour-blind limit that the limits of the parts imply, 1/mu_all^2 = sum of 1/mu_f^2, beside the stated one.

    The rates add, and the parts' spectra have nearly one shape, so K^(1/2) adds.
    """
    parts = [("all", "8b"), ("all", "hep")] if over == "fluxes" else [(flavour, "all") for flavour in FLAVOURS[1:]]
    limits = [_plateau(source, scenario, flavour, statistics, flux) for flavour, flux in parts]
    stated, error = _plateau(source, scenario, "all", statistics, "all")
    implied = sum(value**-2 for value, _ in limits) ** -0.5
    implied_error = implied**3 * sum(e * value**-3 for value, e in limits)
    ratio = implied / stated
    value = {"implied": implied, "stated": stated, "ratio": ratio}
    errors = {"implied": implied_error, "stated": error, "ratio": implied_error / stated + ratio * error / stated}
    return Answer(value, errors)


@quantity("solar_cevns.flavour_ratios", SCENARIO, STATISTIC, SOURCE, unit="1", source="Eqs. (14)-(17)")
def flavour_ratios(scenario, statistics, source):
    """mu_mu/mu_tau, which must be tan(theta_23), and the mean P_ee = (mu_all/mu_e)^2 that the limits imply."""
    (everyone, a), (e, b), (mu, c), (tau, d) = (
        _plateau(source, scenario, flavour, statistics, "all") for flavour in FLAVOURS
    )
    value = {"mu_over_tau": mu / tau, "P_ee": (everyone / e) ** 2}
    errors = {"mu_over_tau": mu / tau * (c / mu + d / tau), "P_ee": 2 * value["P_ee"] * (a / everyone + b / e)}
    return Answer(value, errors)


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
def mass_reach(mu_muB, scenario, flavour, statistics, flux):
    """Largest m4 at which the limit is still below a given moment."""
    made = setup()

    def limit(m4):
        return limit_at(made, scenario, flavour, m4, statistics, flux)[0]

    low, high = PLATEAU_MEV, made.largest_mass(flux)
    if limit(low) > mu_muB:
        return Answer(None, None, f"the limit is weaker than {mu_muB:g} mu_B at every mass")
    for _ in range(45):
        middle = 0.5 * (low + high)
        value = limit(middle)
        low, high = (middle, high) if value is not None and value <= mu_muB else (low, middle)
    return Answer(low, 1e-9 * low)


@quantity(
    "solar_cevns.expected_counts",
    choice("scenario", PROJECTIONS, "next_generation", "projection"),
    unit="1",
    source="Sec. 3.3",
)
def expected_counts(scenario):
    """Standard Model and background events in all bins of a projection."""
    made = setup()
    exposure = made.inputs["exposure_ton_yr"][scenario]
    sm = exposure * float(made.sm_rates(scenario).sum())
    background = exposure * experiment.background_per_bin(made.inputs, scenario) * made.binning(scenario).n_bins
    value = {"sm": sm, "background": background}
    return Answer(value, {"sm": INTERPOLATION * sm, "background": ROUNDING * background})


@quantity("solar_cevns.flux_end_point", FLUX, unit="MeV", source="Fig. 3")
def flux_end_point(flux):
    """Largest energy of the 8B and hep neutrinos."""
    return Answer(setup().end_point(flux), 0.0)


QUANTITIES = (
    least_energy,
    recoil_range,
    spin_difference,
    spin_difference_range,
    weak_charge,
    quenching_factor,
    quenching_joint,
    recoil_energy,
    electron_equivalent_rate,
    low_recoil_cutoff,
    limit_ratio,
    limit_growth,
    sum_rule,
    flavour_ratios,
    mass_reach,
    expected_counts,
    flux_end_point,
)
