"""The quantities that anyone can ask for at one point."""

from __future__ import annotations

import math

import numpy as np

from nubounds.constants import M_ELECTRON_MEV
from nubounds.constraints.sn_dipole import (
    decay,
    detectors,
    diffuse,
    inputs,
    low_energy,
    monte_carlo,
    pns_8_8,
    probes,
    profile,
    rates,
    star,
)
from nubounds.constraints.sn_dipole.constants import KPC_CM
from nubounds.constraints.sn_dipole.production import CHANNELS, E_MAX_MEV, Doubt, Options, spectrum, spectrum_beyond
from nubounds.contract import Answer, InputError, choice, flag, integer, number, quantity

M_MIN, M_MAX = inputs.M_MIN_MEV, E_MAX_MEV
REGULATOR_MEV = 1e-9  # a mass or a screening at least: Q^2 goes down to M^4 m^2/s^2

MASS = number("M_MeV", "MeV", minimum=M_MIN, maximum=M_MAX, meaning="mass of the sterile neutrino")
SCREENING = choice("screening", rates.SCREENING, "debye", "of the photon exchanged with the electrons")
PAULI = flag("pauli", True, "blocking of the final electron")
COUPLING = number("d_per_MeV", "1/MeV", minimum=1e-30, maximum=1.0, meaning="coupling; the moment is 2 d")
WINDOW = number("window_s", "s", 223.0, minimum=1e-3, maximum=1e9, meaning="longest delay after the prompt neutrinos")
PRODUCTION = (
    SCREENING,
    PAULI,
    flag("protons", False, "scattering on free protons too"),
    flag("jacobian", True, "false: Eq. (2) as printed, without dE/dE_N"),
    number("T0_MeV", "MeV", 33.0, minimum=5, maximum=100, meaning="temperature scale of PNS-8.8A"),
    flag("neutrino_potential", True, "false: mu_nu = 0"),
)
DELAYS = (*decay.DELAYS, *decay.OLDER_NAMES)
DELAY = choice(
    "delay",
    DELAYS,
    "full",
    "which daughters arrive in time: the whole geometry, leading order in L1/D (exact is its older name), the paper's "
    "bound",
)


def options(screening, pauli, protons, jacobian, T0_MeV, neutrino_potential, inverse_decay=True) -> Options:
    channels = CHANNELS if inverse_decay else CHANNELS[:1]
    return Options(screening, pauli, protons, jacobian, channels, "", T0_MeV, neutrino_potential)


def sn1987a(window_s: float, delay: str) -> decay.Window:
    """Photons from SN1987A as the telescopes of Fig. 3 see them."""
    setup = probes.Setup()
    return decay.Window(setup.photosphere_cm, setup.telescopes["smm"].distance_kpc * KPC_CM, window_s, delay)


@quantity(
    "sn_dipole.vacuum_cross_section",
    number("s_MeV2", "MeV2", minimum=1e-6, maximum=1e10, meaning="square of the centre-of-mass energy"),
    number("M_MeV", "MeV", minimum=0, maximum=1e5, meaning="mass of the sterile neutrino"),
    number("k_screen_MeV", "MeV", 0.0, minimum=0, maximum=1e5, meaning="screening wave number"),
    unit="1",
    source="tree level; docs/sn_dipole.md, Formulae",
)
def vacuum_cross_section(s_MeV2, M_MeV, k_screen_MeV):
    """sigma/d^2 of nu e -> N e in vacuum, zero below the threshold."""
    if max(M_MeV, k_screen_MeV) < REGULATOR_MEV:
        raise InputError(f"M_MeV and k_screen_MeV below {REGULATOR_MEV:g}: the forward peak is not regulated")
    value = float(rates.vacuum_cross_section(s_MeV2, M_MeV, k_screen_MeV**2))
    above_threshold = 1 - (M_MeV + M_ELECTRON_MEV) ** 2 / s_MeV2
    return Answer(value, value * (1e-12 + 1e-14 / above_threshold) if value > 0 else 0.0)  # rounding of s


@quantity(
    "sn_dipole.medium_rate",
    number("E_MeV", "MeV", minimum=1e-3, maximum=1e5, meaning="energy of the active neutrino"),
    number("T_MeV", "MeV", minimum=0.1, maximum=1e4, meaning="temperature"),
    number("mu_e_MeV", "MeV", minimum=-1e4, maximum=1e4, meaning="chemical potential of the electrons"),
    number("M_MeV", "MeV", minimum=0, maximum=1e4, meaning="mass of the sterile neutrino"),
    SCREENING,
    PAULI,
    unit="MeV3",
    source="Eqs. (2), (A1): sigma n_e",
)
def medium_rate(E_MeV, T_MeV, mu_e_MeV, M_MeV, screening, pauli):
    """Gamma/d^2 of nu e -> N e in a hot electron gas with Pauli blocking."""
    if M_MeV < REGULATOR_MEV and screening == "none":
        raise InputError(f"M_MeV below {REGULATOR_MEV:g} with screening=none: the forward peak is not regulated")
    return Answer(*rates.precise_rate(E_MeV, T_MeV, mu_e_MeV, M_MeV, screening, pauli))


@quantity(
    "sn_dipole.yield", MASS, choice("channel", CHANNELS, "scattering"), *PRODUCTION, unit="MeV2", source="Eq. (A2)"
)
def number_made(M_MeV, channel, **production):
    """N/d^2, the number of sterile neutrinos that a supernova makes."""
    return Answer(*spectrum(M_MeV, options(**production)).moment(channel))


@quantity(
    "sn_dipole.mean_energy",
    MASS,
    choice("channel", ("all", *CHANNELS), "all"),
    *PRODUCTION,
    unit="MeV",
    source="text, p. 2; Fig. 5",
)
def mean_energy(M_MeV, channel, **production):
    """<E_N> of the sterile neutrinos that a supernova makes."""
    parents = spectrum(M_MeV, options(**production))
    used = CHANNELS if channel == "all" else (channel,)
    total = sum(parents.moment(one)[0] for one in used)
    energy, error = (sum(parents.moment(one, 1)[k] for one in used) for k in (0, 1))
    return Answer(energy / total, error / total) if total != 0 else Answer(None, None, "no sterile neutrinos are made")


@quantity(
    "sn_dipole.photon_fluence",
    MASS,
    COUPLING,
    number("E_min_MeV", "MeV", 25.0, minimum=1e-3, maximum=1e6, meaning="lower end of the band"),
    number("E_max_MeV", "MeV", 100.0, minimum=1e-3, maximum=1e6, meaning="upper end of the band"),
    WINDOW,
    number("distance_kpc", "kpc", 51.4, minimum=1e-3, maximum=1e6, meaning="distance"),
    number("radius_cm", "cm", 3e12, minimum=0, maximum=1e18, meaning="photosphere: decays inside are not seen"),
    DELAY,
    choice("source", ("profile", "alpha_fit"), "profile", "the supernova, or a plain shape in E_N"),
    number("total", "1", 1e55, minimum=1.0, maximum=1e80, meaning="number of N (alpha_fit)"),
    number("mean_energy_MeV", "MeV", 100.0, minimum=0.1, maximum=1e4, meaning="mean energy of the shape (alpha_fit)"),
    number("alpha", "1", 2.0, minimum=0.1, maximum=100, meaning="pinching of the shape (alpha_fit)"),
    unit="cm-2",
    source="Eq. (6)",
)
def photon_fluence(
    M_MeV,
    d_per_MeV,
    E_min_MeV,
    E_max_MeV,
    window_s,
    distance_kpc,
    radius_cm,
    delay,
    source,
    total,
    mean_energy_MeV,
    alpha,
):
    """Photons per area at the Earth in a band and a time window."""
    if E_max_MeV <= E_min_MeV:
        raise InputError(f"E_max_MeV={E_max_MeV:g} must be above E_min_MeV={E_min_MeV:g}")
    if radius_cm >= distance_kpc * KPC_CM:
        raise InputError(f"radius_cm={radius_cm:g} must be below the distance {distance_kpc * KPC_CM:g} cm")
    window = decay.Window(radius_cm, distance_kpc * KPC_CM, window_s, delay)
    if source == "alpha_fit":
        parents, factor = decay.AlphaFit(M_MeV, total, mean_energy_MeV, alpha), 1.0
    elif E_min_MeV > E_MAX_MEV:
        raise InputError(f"E_min_MeV={E_min_MeV:g}: a supernova sends nothing to speak of above {E_MAX_MEV:g} MeV")
    else:
        parents, factor = spectrum_beyond(E_min_MeV, M_MeV, Options()), d_per_MeV**2
    value, error = (float(part[0]) for part in decay.photons(parents, E_min_MeV, E_max_MeV, window)(d_per_MeV))
    if source == "profile":
        error += float(decay.photons(Doubt(parents), E_min_MeV, E_max_MeV, window)(d_per_MeV)[0][0])
    return Answer(factor * value, factor * error)


@quantity(
    "sn_dipole.count_limit",
    number("N_obs", "1", minimum=0, maximum=1e12, meaning="counts observed, all of them background"),
    number("threshold", "1", 3.841, minimum=1e-6, maximum=1e6, meaning="of -2 ln L"),
    unit="counts",
    source="Eq. (7)",
)
def count_limit(N_obs, threshold):
    """Signal counts at which -2 ln L reaches the threshold."""
    value = detectors.count_limit(N_obs, threshold)
    return Answer(value, 1e-12 * value)


@quantity(
    "sn_dipole.coupling_limit",
    choice("probe", probes.PROBES),
    MASS,
    DELAY,
    *PRODUCTION,
    flag("inverse_decay", True, "gamma nu -> N too"),
    number("SMM_counts", "1", 76.0, minimum=1e-6, maximum=1e12, meaning="photons at SMM's limit"),
    number("hyperk_mass_kt", "kt", 187.0, minimum=1e-6, maximum=1e6, meaning="mass of Hyper-Kamiokande"),
    unit="1/MeV",
    source="Fig. 1",
)
def coupling_limit(probe, M_MeV, delay, SMM_counts, hyperk_mass_kt, inverse_decay, **production):
    """Limit on d: the smallest d that reaches the probe's criterion (smm_upper: the largest)."""
    setup = probes.Setup(options(**production, inverse_decay=inverse_decay)).with_changes(SMM_counts, hyperk_mass_kt)
    limit = probes.coupling_limit(probe, M_MeV, delay, setup)
    return Answer(limit.value, limit.error, limit.note)


@quantity(
    "sn_dipole.low_energy_limit",
    MASS,
    choice("delay", DELAYS, "bound"),
    unit="1/MeV",
    source="Eq. (8), text on the low-energy analysis",
)
def low_energy_limit(M_MeV, delay):
    """Limit on d from inverse beta decay events of Kamiokande-II and IMB between 10 and 50 MeV."""
    limit = low_energy.limit(spectrum(M_MeV, Options()), delay)
    return Answer(limit.value, limit.error, limit.note)


@quantity(
    "sn_dipole.diffuse_flux",
    number("E_MeV", "MeV", minimum=0.1, maximum=1000, meaning="observed energy"),
    MASS,
    COUPLING,
    choice("daughter", ("photon", "nuebar"), "photon"),
    unit="1/(MeV cm2 s sr)",
    source="Eq. (9); Figs. 4, 6",
)
def diffuse_flux(E_MeV, M_MeV, d_per_MeV, daughter):
    """Flux of daughters from all past supernovae."""
    parents = spectrum_beyond(E_MeV, M_MeV, Options())
    value, doubt = (
        float(diffuse.Flux(part, [E_MeV], diffuse.History())(d_per_MeV)[0, 0])
        * (d_per_MeV**2 / (6 if daughter == "nuebar" else 1))
        for part in (parents, Doubt(parents))
    )
    return Answer(value, doubt + diffuse.FLUX_ERROR * value)


@quantity(
    "sn_dipole.photon_spectrum",
    number("E_MeV", "MeV", minimum=1e-3, maximum=E_MAX_MEV, meaning="energy of the photon"),
    MASS,
    COUPLING,
    WINDOW,
    DELAY,
    unit="1/(MeV cm2)",
    source="Eq. (6); Fig. 3",
)
def photon_spectrum(E_MeV, M_MeV, d_per_MeV, window_s, delay):
    """Photons per energy and area at the Earth from SN1987A."""
    parents, window = spectrum_beyond(E_MeV, M_MeV, Options()), sn1987a(window_s, delay)
    ((per_d2, error),) = decay.daughters_per_energy(parents, [E_MeV], window, d_per_MeV)
    ((doubt, _),) = decay.daughters_per_energy(Doubt(parents), [E_MeV], window, d_per_MeV)
    value = per_d2 * d_per_MeV**2
    return Answer(value, (error + doubt) * d_per_MeV**2 + 1e-5 * value)


@quantity(
    "sn_dipole.profile_state",
    number("t_s", "s", minimum=pns_8_8.T_START_S, maximum=pns_8_8.T_STOP_S, meaning="time after bounce"),
    number("r_km", "km", minimum=0, maximum=pns_8_8.R_STOP_KM, meaning="radius"),
    unit="as named",
    source="PNS-8.8A (pns_8_8.py)",
)
def profile_state(t_s, r_km):
    """State of PNS-8.8A at one time and radius."""
    snapshot = pns_8_8.Snapshot(t_s)
    rho, T, Ye, Ynu = (float(value[0]) for value in snapshot.state(np.array([r_km])))
    n = profile.baryon_density(rho)
    mu = {
        name: float(profile.chemical_potential(n * Y, T, g))
        for name, Y, g in (("mu_e_MeV", Ye, 2), ("mu_nue_MeV", Ynu, 1))
    }
    value = {"rho_gcc": rho, "T_MeV": T, "Ye": Ye, "Ynu": Ynu, **mu, "R_km": snapshot.R_km}
    return Answer(value, {name: abs(entry) * 1e-12 for name, entry in value.items()})


@quantity(
    "sn_dipole.profile_content",
    number("t_s", "s", 0.1, minimum=pns_8_8.T_START_S, maximum=pns_8_8.T_STOP_S, meaning="time after bounce"),
    unit="as named",
    source="PNS-8.8A (pns_8_8.py)",
)
def profile_content(t_s):
    """Baryon mass, heat and lepton number of PNS-8.8A inside its edge R(t)."""
    value = star.content(*star.embedded(t_s))
    return Answer(value, {name: abs(entry) * 1e-6 for name, entry in value.items()})


@quantity(
    "sn_dipole.monte_carlo",
    MASS,
    COUPLING,
    choice("probe", probes.PHOTON_PROBES, "smm"),
    integer("particles", 200000, minimum=1, maximum=2 * 10**6),
    integer("seed", 1, minimum=0, maximum=2**63 - 1),
    choice("source", ("profile", "alpha_fit"), "profile"),
    unit="as named",
    source="Eqs. (3), (5) with the whole geometry",
)
def simulated(M_MeV, d_per_MeV, probe, particles, seed, source):
    """Photons of a probe by following decays in flight one by one: fluence, its statistical error, largest arrival
    angle.
    """
    parents = decay.AlphaFit(M_MeV) if source == "alpha_fit" else spectrum(M_MeV, Options())
    telescope = probes.default_telescopes()[probe]
    found = monte_carlo.simulate(parents, telescope, d_per_MeV, probes.Setup().photosphere_cm, seed, 0, particles)
    factor = 1.0 if source == "alpha_fit" else d_per_MeV**2
    value = {"fluence_per_cm2": factor * found.fluence, "angle_deg": math.degrees(found.angle)}
    return Answer(value, {"fluence_per_cm2": factor * found.error, "angle_deg": 0.0})


QUANTITIES = (
    vacuum_cross_section,
    medium_rate,
    number_made,
    mean_energy,
    photon_fluence,
    count_limit,
    coupling_limit,
    low_energy_limit,
    diffuse_flux,
    photon_spectrum,
    profile_state,
    profile_content,
    simulated,
)
