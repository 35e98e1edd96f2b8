"""Quantities behind the numbers that the paper states in passing, for its scorecard."""

from __future__ import annotations

import math

import numpy as np

from nubounds.constraints.neutron_star import elastic, heating, medium, photometry, relics
from nubounds.constraints.neutron_star.constants import (
    C_LIGHT,
    HBARC,
    K_B,
    M_ELECTRON,
    M_NEUTRON_G,
    SIN2_THETA_W,
)
from nubounds.constraints.neutron_star.inputs import Capture, Collision, Halo, Instruments, Star
from nubounds.contract import Answer, choice, number, quantity
from nubounds.kernels import neutron_star as kernel
from nubounds.numerics import roots

M_EV = number("m_eV", "eV", 0.1, above=0, meaning="mass of the relic neutrino")
T_K = number("T_K", "K", 1000.0, above=0, meaning="temperature of the star")


def exact(value) -> Answer:
    """An answer in closed form, whose error is rounding.

    Parameters
    ----------
    value : a number or a dict of them

    Returns
    -------
    the answer, with an error of 1e-14 of the value
    """
    return Answer(
        value,
        {name: 1e-14 * abs(part) for name, part in value.items()} if isinstance(value, dict) else 1e-14 * abs(value),
    )


@quantity("neutron_star.surface", unit="1, 1, 1, cm2, 1/cm3, g/cm3", source="Section IV, Eq. (9)")
def surface(star: Star):
    """The star as a neutrino that falls in sees it.

    Returns
    -------
    C = 2 G M/(R c^2), gamma, gamma - 1, the cross section of Eq. (9), density of neutrons by p_F alone, mass density;
    errors are rounding
    """
    return exact(
        {
            "compactness": star.compactness,
            "gamma": star.gamma,
            "kinetic_over_mass": star.gamma - 1,
            "sigma_threshold_cm2": star.sigma_threshold,
            "neutrons_of_p_F_per_cm3": (star.p_F / HBARC) ** 3 / (3 * math.pi**2),
            "rho_g_per_cm3": star.n_n_per_cm3 * M_NEUTRON_G,
        }
    )


@quantity("neutron_star.relic_background", unit="K, eV, 1/cm3, 1", source="Sections III, IV")
def relic_background():
    """Relic neutrinos far from the star: temperature, density per state, mean energy over T after thermalisation.

    Returns
    -------
    T [K], T [eV], density [1/cm3], <E>/T; errors are rounding
    """
    value = {"T_K": relics.T_NU / K_B, "T_eV": relics.T_NU, "n_per_cm3": relics.density_per_state()}
    return exact({**value, "mean_energy_over_T": relics.mean_thermal_energy()})


@quantity(
    "neutron_star.equivalent_temperature", number("E_eV", "eV", above=0, meaning="energy"), unit="K", source="Section V"
)
def equivalent_temperature(E_eV):
    """Temperature that corresponds to an energy.

    Returns
    -------
    E/k_B [K]; the error is rounding
    """
    return exact(E_eV / K_B)


@quantity(
    "neutron_star.coherence",
    number("q_eV", "eV", 0.1, above=0, meaning="momentum transfer"),
    unit="cm, 1",
    source="Eq. (3)",
)
def coherence(q_eV: float, star: Star) -> Answer:
    """De Broglie wavelength 2 pi/q and the number of neutrons in a sphere of that radius.

    Returns
    -------
    wavelength [cm], number of neutrons; errors are rounding

    References
    ----------
    Eq. (3).
    """
    wavelength, neutrons = relics.coherence(star, q_eV)
    return exact({"wavelength_cm": wavelength, "neutrons": neutrons})


@quantity(
    "neutron_star.weak_potential",
    number("rho_g_per_cm3", "g/cm3", 7e14, above=0, meaning="mass density"),
    unit="eV",
    source="Eq. (6)",
)
def weak_potential(rho_g_per_cm3):
    """Potential of a neutrino in neutron matter of this mass density.

    Returns
    -------
    U [eV]; the error is rounding

    References
    ----------
    Eq. (6).
    """
    return exact(relics.weak_potential(rho_g_per_cm3 / M_NEUTRON_G))


@quantity(
    "neutron_star.pauli_factor",
    number("T_eV", "eV", 0.1, above=0, meaning="temperature"),
    unit="1, 1",
    source="Section IV, before Eq. (8)",
)
def pauli_factor(T_eV: float, star: Star) -> Answer:
    """Suppression of scattering with E much below T by degeneracy: 3 T E_F/p_F^2, and the printed T/p_F.

    Returns
    -------
    both factors; errors are rounding
    """
    return exact(relics.pauli_factor(star, T_eV))


@quantity(
    "neutron_star.approximate_cross_section",
    choice("form", ("quadratic", "linear"), "quadratic", "G^2 E^2/pi (1), (A25), or 2 G^2 m_e E/pi (A24)"),
    number("E_eV", "eV", 0.1, above=0, meaning="energy of the neutrino"),
    unit="cm2",
    source="Eqs. (1), (A24), (A25)",
)
def approximate_cross_section(form: str, E_eV: float) -> Answer:
    """The paper's approximations of the elastic cross section.

    Returns
    -------
    [cm2]; the error is rounding

    References
    ----------
    Eqs. (1), (A24), (A25).
    """
    return exact(float(elastic.approximation(form, E_eV)))


@quantity(
    "neutron_star.approximation_ratio",
    choice("target", kernel.TARGETS, "electron", "what the neutrino scatters on"),
    choice("form", ("quadratic", "linear"), "linear", "which approximation"),
    number("E_eV", "eV", above=0, meaning="energy of the neutrino"),
    unit="1",
    source="Eqs. (A24), (A25)",
)
def approximation_ratio(target: str, form: str, E_eV: float) -> Answer:
    """Approximate over full elastic cross section of an electron neutrino.

    Returns
    -------
    the ratio; the error is that of the full cross section

    References
    ----------
    Eqs. (A24), (A25).
    """
    value, error, _ = (a[0] for a in elastic.cross_section(target, "e", False, E_eV))
    ratio = float(elastic.approximation(form, E_eV)) / value
    return Answer(ratio, ratio * error / value)


@quantity(
    "neutron_star.electron_to_neutron",
    number("E_eV", "eV", above=0, meaning="energy of the neutrino"),
    unit="1",
    source="Appendix A, after Eq. (A25)",
)
def electron_to_neutron(E_eV):
    """Cross section of an electron neutrino on an electron over that on a neutron, both free.

    Returns
    -------
    the ratio; the error is rounding
    """
    electron, neutron = (elastic.cross_section(target, "e", False, E_eV)[0][0] for target in ("electron", "neutron"))
    return exact(electron / neutron)


@quantity(
    "neutron_star.relic_cross_section",
    M_EV,
    number("T_K", "K", 0.1 / K_B, above=0, meaning="temperature of the star; default 0.1 eV"),
    choice(
        "method",
        ("sphere_at_q", "self_consistent", "estimate"),
        "sphere_at_q",
        "rate times N_C(q); (C4); G^2 E^2/pi N_C(q) T/p_F",
    ),
    number("q_eV", "eV", 0.1, above=0, meaning="momentum transfer in N_C"),
    unit="cm2",
    source="Eq. (8)",
)
def relic_cross_section(m_eV: float, T_K: float, method: str, q_eV: float, star: Star, collision: Collision) -> Answer:
    """Cross section per neutron of relic neutrinos in the star, with coherence and Pauli blocking, in three ways.

    Returns
    -------
    [cm2]; the error follows from that of the rate

    References
    ----------
    Eqs. (8), (C4).
    """
    path, error, sigma, status = (a[0] for a in medium.mean_free_path(star, m_eV, T_K, collision.amplitude))
    medium.require_answer(star, star.gamma * m_eV, T_K, status)
    relative = 4 * error / path
    if method == "self_consistent":
        value = 1 / (star.n_n_per_cm3 * path)
    elif method == "sphere_at_q":
        value = sigma * star.kappa / q_eV**3
    else:
        value, relative = (
            float(elastic.approximation("quadratic", m_eV)) * star.kappa / q_eV**3 * K_B * T_K / star.p_F,
            1e-14,
        )
    return Answer(value, value * (relative + 1e-14))


@quantity(
    "neutron_star.energy_gain",
    M_EV,
    T_K,
    choice(
        "coherence",
        ("constant", "capped"),
        "constant",
        "N_C constant, or (4 pi/3) n min(lambda, 2 pi/q)^3/2, lambda self-consistent",
    ),
    unit="%",
    source="Section IV, after Eq. (6)",
)
def energy_gain(m_eV: float, T_K: float, coherence: str, star: Star, collision: Collision) -> Answer:
    """Part of its energy that a relic neutrino gains in its first collision (negative: it loses).

    Returns
    -------
    [%]; the error is the difference to a coarser quadrature
    """
    E = star.gamma * m_eV
    result = medium.collisions(star, E, T_K, collision.amplitude, "equal_mass", "constant")
    medium.require_answer(star, E, T_K, result.status[0])
    if coherence == "capped":
        result = _capped(star, m_eV, E, T_K, collision.amplitude, result.rate[0])
        medium.require_answer(star, E, T_K, result.status[0])
    return Answer(-100 * result.transfer[0] / E, 100 * result.transfer_error[0] / E)


def _capped(star, m_eV, E, T_K, amplitude, constant_rate):
    """Collisions with N_C ~ min(lambda, 2 pi/q)^3: lambda^-4 of (C4) shrinks with the rate (fixed point)."""
    uncapped = path = medium.mean_free_path(star, m_eV, T_K, amplitude)[0][0]
    for _ in range(100):
        result = medium.collisions(star, E, T_K, amplitude, "equal_mass", "capped", 2 * math.pi * HBARC / path)
        previous, path = path, uncapped * (constant_rate / result.rate[0]) ** 0.25
        if abs(path / previous - 1) < 1e-13:
            break
    return result


@quantity(
    "neutron_star.turnover",
    choice("daughter", kernel.DAUGHTERS, "equal_mass", "mass of the neutrino after the collision"),
    unit="1, 1",
    source="Appendix C, Fig. 6",
)
def turnover(daughter: str, star: Star, collision: Collision) -> Answer:
    """Energy and kinetic energy over T at which the mean energy transfer changes its sign.

    Returns
    -------
    E/T and K/T, good to 1e-8
    """

    def cools(log_ratio):
        E = math.exp(log_ratio)
        return medium.collisions(star, E, 1 / K_B, collision.amplitude, daughter, "constant").transfer[0] < 0

    low, _ = roots.boundary(cools, 0.0, math.log(100))
    ratio = math.exp(low)
    value = {"E_over_T": ratio, "kinetic_over_T": ratio * (1 - 1 / star.gamma)}
    return Answer(value, {name: 1e-8 * entry for name, entry in value.items()})


@quantity(
    "neutron_star.mass_dependence",
    number("m_low_keV", "keV", 1.0, above=0, meaning="the smaller mass"),
    number("m_high_keV", "keV", 1000.0, above=0, meaning="the larger mass"),
    T_K,
    unit="1",
    source="Appendix B, last paragraph",
)
def mass_dependence(m_low_keV: float, m_high_keV: float, T_K: float, star: Star, collision: Collision) -> Answer:
    """Ratio of the sterile neutrino's cross sections at two masses.

    Returns
    -------
    sigma(high)/sigma(low); the error adds those of both
    """
    masses = np.array([m_low_keV, m_high_keV])
    sigma, error, _, _, status = medium.sterile_cross_section(star, masses, T_K, collision.amplitude)
    for m_keV, outcome in zip((m_low_keV, m_high_keV), status, strict=True):
        medium.require_answer(star, star.gamma * m_keV * 1e3, T_K, outcome)
    ratio = sigma[1] / sigma[0]
    return Answer(ratio, ratio * float(np.sum(error / sigma)))


@quantity(
    "neutron_star.electron_share",
    number("electrons_per_neutron", "1", 0.05, above=0, maximum=1, meaning="Y_e"),
    choice(
        "current",
        ("neutral", "with_charged"),
        "neutral",
        "neutral current, or with the charged current of electron neutrinos",
    ),
    unit="%",
    source="Section V, after Eq. (13)",
)
def electron_share(electrons_per_neutron: float, current: str, star: Star, collision: Collision) -> Answer:
    """Sterile neutrinos' cross section on degenerate electrons over that on neutrons, by the same formula.

    Returns
    -------
    [%]; the error adds those of both quadratures
    """
    n_e = electrons_per_neutron * star.n_n
    p_F = (3 * math.pi**2 * n_e) ** (1 / 3)
    electrons = Star(star.M_Msun, star.R_km, p_F * 1e-6, star.n_n_per_cm3 * electrons_per_neutron)
    E, m = np.array([star.gamma]), np.array([1.0])
    v_F = [star.v_F, p_F / math.hypot(p_F, M_ELECTRON)]
    moments = [
        kernel.collision_moments(E, m, np.zeros(1), v, 1e9, 1e9, 1.0, collision.amplitude, "massless", "sphere")
        for v in v_F
    ]
    J, J_electron = (value[0, 0] for value, _, _ in moments)
    g_R = SIN2_THETA_W
    g_L = g_R + (0.5 if current == "with_charged" else -0.5)
    surface_ratio = (p_F**2 + M_ELECTRON**2) / star.E_F**2
    share = surface_ratio * J_electron / J * electrons.kappa / star.kappa * 4 * (g_L**2 + g_R**2)
    relative = sum(error[0, 0] / value[0, 0] for value, error, _ in moments)
    return Answer(100 * share, 100 * share * relative)


@quantity(
    "neutron_star.decay_exponent",
    number("m_keV", "keV", above=0, meaning="mass of the sterile neutrino"),
    number("sin2theta", "1", minimum=0, maximum=1, meaning="mixing sin^2(theta)"),
    unit="1",
    source="Eq. (14)",
)
def decay_exponent(m_keV: float, sin2theta: float) -> Answer:
    """Age of the Universe over the lifetime of the sterile neutrino.

    Returns
    -------
    Gamma tau_U; the error is rounding

    References
    ----------
    Eq. (14).
    """
    return exact(float(heating.decay_exponent(m_keV, sin2theta)))


@quantity(
    "neutron_star.dark_matter_velocity",
    number("v_DM_km_s", "km/s", 230.0, above=0, meaning="most probable speed of the dark matter"),
    number("v_NS_km_s", "km/s", 207.0, minimum=0, meaning="speed of the star"),
    unit="km/s, km/s, km/s",
    source="Section V, after Eq. (12)",
)
def dark_matter_velocity(v_DM_km_s: float, v_NS_km_s: float) -> Answer:
    """Relative velocity of star and dark matter, combined in three ways.

    Returns
    -------
    quadrature, mean and mean_quadrature [km/s]; errors are rounding
    """
    return exact(relics.dark_matter_velocity(v_DM_km_s, v_NS_km_s))


@quantity(
    "neutron_star.escape_time",
    number("mfp_cm", "cm", 0.1, above=0, meaning="mean free path"),
    unit="s",
    source="Eq. (E1)",
)
def escape_time(mfp_cm: float, star: Star) -> Answer:
    """Time R^2/(lambda c) to walk out of the star.

    Returns
    -------
    [s]; the error is rounding

    References
    ----------
    Eq. (E1).
    """
    return exact(star.R**2 / (mfp_cm * C_LIGHT))


@quantity(
    "neutron_star.peak_wavelength",
    number("T_inf_K", "K", 2000.0, above=0, meaning="temperature at infinity"),
    unit="um",
    source="Section II",
)
def peak_wavelength(T_inf_K: float, instruments: Instruments) -> Answer:
    """Wavelength where the thermal spectrum per wavelength is largest.

    Returns
    -------
    [um]; the error is rounding; the note names the instruments
    """
    value = photometry.peak_wavelength(T_inf_K)
    return Answer(
        value,
        1e-14 * value,
        f"in the band of: {', '.join(instruments.covering(value)) or 'none of the known instruments'}",
    )


@quantity(
    "neutron_star.luminosity",
    number("m_keV", "keV", 10.0, above=0, meaning="mass of the sterile neutrino"),
    unit="erg/s",
    source="Eq. (12), full capture",
)
def luminosity(m_keV: float, star: Star, halo: Halo, capture: Capture) -> Answer:
    """Power that dark matter deposits in the star, as counted at its surface, if all of it is captured.

    Returns
    -------
    [erg/s]; the error is rounding

    References
    ----------
    Eq. (12).
    """
    calculation = heating.Heating(star, halo, capture, "literal")
    E = star.gamma * m_keV * 1e3
    return exact(calculation.power(1 - 3 * K_B * capture.T_NS_K / E))


@quantity("neutron_star.kinetic_temperature", unit="K", source="Eq. (12) with the kinetic energy alone")
def kinetic_temperature(star: Star, halo: Halo, capture: Capture) -> Answer:
    """Temperature at infinity of a star that captures all dark matter and keeps its kinetic energy, gamma - 1 of m.

    With 1.5 true solar masses, 10 km, 0.42 GeV/cm3 and 230 km/s: 2044 K as the paper counts, 1900 K with the energy
    conserved at infinity, 1766 K undilated.

    Returns
    -------
    T [K]; the error is rounding

    References
    ----------
    Eq. (12).
    """
    calculation = heating.Heating(star, halo, capture, "single_scatter")
    added = calculation.full_heating(1 - 1 / star.gamma)
    return exact((capture.T_NS_K**4 + added) ** 0.25)
