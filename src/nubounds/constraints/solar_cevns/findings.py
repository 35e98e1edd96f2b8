"""Further quantities: kinematics, spin, nucleus, quenching and spectra, where the paper states numbers."""

from __future__ import annotations

import math

import numpy as np

from nubounds import extrema
from nubounds.constraints.solar_cevns import quenching, target
from nubounds.constraints.solar_cevns.inputs import defaults
from nubounds.constraints.solar_cevns.quantities import (
    COMPONENT,
    FLAVOUR,
    FLUX,
    M4_DEFAULT,
    M4_MEV,
    MU_MUB,
    ROUNDING,
    T_KEV,
    dipole_bracket,
    recoil_rate,
    squared_form_factor,
)
from nubounds.constraints.solar_cevns.setup import setup
from nubounds.contract import Answer, Status, choice, number, quantity
from nubounds.kernels import solar_cevns as kernel

E_MEV = number("E_MeV", "MeV", 10.0, above=0, meaning="neutrino energy")
MODEL = choice("model", ("lindhard", "low_energy"), "lindhard", "Eq. (19), or Eq. (20) at 15-254 eV and Eq. (19) above")
RECOILS = 4001  # tried for the largest rate, equal steps in ln T
PEAK_TOLERANCE = 1e-6  # of ln T at the largest rate
RATE_ERROR = 1e-9  # relative, of rates compared with each other
LEAST_RECOIL_KEV = 1e-100  # tried


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
    low = max(low, 1e-12 * high)  # the largest is never further down
    just_inside = np.clip([low * (1 + 1e-9), high * (1 - 1e-9)], low, high)  # rounding may put the ends outside
    T = np.concatenate([np.geomspace(low, high, 4001), just_inside])
    n = len(T)
    half, extra = kernel.dipole_brackets(np.full(n, E_MeV), 1e-3 * T, np.full(n, m4_MeV), target.AVERAGE_M_MEV).T
    inside = half > 0
    if not inside.any():
        return Answer(None, None, "at threshold: phase space has no extent")
    largest, dip = float(np.max(np.abs(extra[inside]) / half[inside])), 1e3 * m4_MeV**2 / target.AVERAGE_M_MEV
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


@quantity("solar_cevns.form_factor", T_KEV, unit="1; fm", source="Eq. (4)")
def form_factor(T_keV):
    """F^2 of germanium (A = 72.63), the radius R of its hard sphere, and the rms radius that belongs to F."""
    R, a = target.R0_FM * target.AVERAGE_A ** (1.0 / 3.0), target.A_KN_FM
    value = {"F2": squared_form_factor(T_keV), "sphere_fm": R, "rms_fm": math.sqrt(0.6 * R**2 + 6.0 * a**2)}
    return Answer(value, {name: ROUNDING * entry for name, entry in value.items()})


@quantity("solar_cevns.flux_end_point", FLUX, unit="MeV", source="Fig. 3")
def flux_end_point(flux):
    """Largest energy of the 8B and hep neutrinos."""
    return Answer(setup().end_point(flux), 0.0)


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
    found = [T for _, T in _recoils(T_ee_keVee, model)]
    note = "" if found else "no recoil is seen at this energy"
    return Answer(found or None, [1e-12 * T for T in found] or None, note)


def _recoils(T_ee_keVee, model) -> list[tuple[quenching.Branch, float]]:
    """The recoil energies [keV] that are seen as `T_ee_keVee`, each with the branch of the model that it lies on."""
    return [
        (branch, float(branch.recoil(T_ee_keVee)))
        for branch in quenching.branches(defaults() | {"quenching": model}, 32)
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
    value = error = 0.0
    for branch, T in _recoils(T_ee_keVee, model):
        part = recoil_rate(T_keV=T, component=component, m4_MeV=m4_MeV, mu_muB=mu_muB, flavour=flavour, flux=flux)
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
def low_recoil_cutoff(m4_MeV, fraction, flavour, flux):
    """Recoil energy below which the dipole rate is less than a share of its largest, and where that is."""
    made = setup()
    weights = made.combination(flavour, flux)
    ends = _recoil_ends(made, m4_MeV, flux)
    if ends is None:
        return Answer(None, None, f"m4 = {m4_MeV:g} MeV is never produced: the rate vanishes")
    if ends[0] < LEAST_RECOIL_KEV:
        return Answer(None, None, f"the rate rises down to recoils below {LEAST_RECOIL_KEV:g} keV")

    def rate(T):
        return np.einsum("nfc,fc->n", made.rates(T, m4_MeV)[0][:, :, 1:], weights)

    def of_log(t):
        return rate(np.exp(t))

    t = extrema.grid(*np.log(ends), RECOILS, PEAK_TOLERANCE)
    peaks = extrema.maxima(lambda t: of_log(t)[None, :], t, of_log(t)[None, :], PEAK_TOLERANCE)
    t = np.union1d(t, peaks)
    values = of_log(t)
    k = int(np.argmax(values))
    top = values[k]
    if not top > 0:
        return Answer(None, None, "the rate vanishes")

    def first(share):
        """The lowest recoil with this share of the largest rate; the peak where rounding leaves none."""
        if share > 1 - RATE_ERROR:
            return math.exp(t[k])
        return math.exp(reaches(share)[0])

    def reaches(share):
        """ln T at which the rate begins or ceases to reach a share of the largest."""

        def lacking(rates):
            return np.maximum(1 - rates / (share * top), -1)

        return extrema.edges(lambda t: lacking(of_log(t)), t, lacking(values))

    nearly = reaches(1 - 2 * RATE_ERROR)
    low, high = np.exp(nearly[nearly <= t[k]]), np.exp(nearly[nearly >= t[k]])
    peak, cutoff = math.exp(t[k]), first(fraction)
    around = [abs(first(fraction * (1 + sign * 2 * RATE_ERROR)) - cutoff) for sign in (-1, 1)]
    errors = {
        "T_keV": max(around) + 1e-9 * cutoff,
        "peak_keV": float(max(peak - low.min(initial=peak), high.max(initial=peak) - peak)) + PEAK_TOLERANCE * peak,
    }
    return Answer({"T_keV": cutoff, "peak_keV": peak}, errors)


def _recoil_ends(made, m4_MeV, flux) -> tuple[float, float] | None:
    """Smallest and largest recoil [keV] of any isotope at the end of the fluxes, or None where there is none."""
    E, m4 = np.array([made.end_point(flux)]), np.array([m4_MeV])
    ranges = np.array([1e3 * kernel.recoil_ranges(E, m4, M)[0][0] for M in made.target.M_MeV])
    there = np.isfinite(ranges).all(axis=1)
    return (ranges[there, 0].min(), ranges[there, 1].max()) if there.any() else None


QUANTITIES = (
    least_energy,
    recoil_range,
    spin_difference,
    spin_difference_range,
    weak_charge,
    form_factor,
    quenching_factor,
    quenching_joint,
    recoil_energy,
    electron_equivalent_rate,
    low_recoil_cutoff,
    flux_end_point,
)
