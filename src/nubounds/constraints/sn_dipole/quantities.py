"""The quantities that anyone can ask for at one point."""

from __future__ import annotations

import math
from dataclasses import replace

from nubounds.constants import M_ELECTRON_MEV
from nubounds.constraints.sn_dipole import (
    criteria,
    decay,
    detectors,
    diffuse,
    low_energy,
    monte_carlo,
    rates,
    star_content,
    user_profile,
)
from nubounds.constraints.sn_dipole.constants import KPC_CM
from nubounds.constraints.sn_dipole.inputs import (
    CHANNELS,
    D_MAX,
    D_MIN,
    E_MAX_MEV,
    M_MIN_MEV,
    Analysis,
    Arrival,
    Distances,
    History,
    LowEnergySearch,
    Neutrinosphere,
    Photosphere,
    Production,
    Scattering,
    Seed,
    Sn1987a,
    SolarMaximum,
    Star,
    Telescopes,
    Threshold,
)
from nubounds.constraints.sn_dipole.production import SpectrumError, spectrum, spectrum_beyond
from nubounds.contract import Answer, InputError, choice, flag, integer, number, quantity

REGULATOR_MEV = 1e-9  # a mass or a screening at least: Q^2 goes down to M^4 m^2/s^2

MASS = number("M_MeV", "MeV", minimum=M_MIN_MEV, maximum=E_MAX_MEV, meaning="mass of the sterile neutrino")
COUPLING = number("d_per_MeV", "1/MeV", minimum=D_MIN, maximum=D_MAX, meaning="coupling; the moment is 2 d")
WINDOW = number(
    "window_s",
    "s",
    None,
    minimum=1e-3,
    maximum=1e9,
    meaning="longest delay after the prompt neutrinos; default: smm.window_s",
)
DELAY_NAMES = {"exact": "leading"}  # an older name: it is exact in alpha, not in L1/D
DELAY_MEANING = "which daughters arrive in time: the whole geometry, leading order in L1/D, the paper's bound"
DELAY = choice("delay", decay.DELAYS, None, f"{DELAY_MEANING}; default: as full_geometry says", DELAY_NAMES)


def sn1987a_window(window_s: float | None, delay: str | None, view: SolarMaximum, arrival: Arrival) -> decay.Window:
    """Photons of SN1987A, in the window of the Solar Maximum Mission and with the inputs' delay if none is given."""
    window_s = view.telescope.smm.window_s if window_s is None else window_s
    return decay.Window(view.photosphere.photosphere_cm, view.sn1987a.distance_cm, window_s, delay or arrival.delay)


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
    unit="MeV3",
    source="Eqs. (2), (A1): sigma n_e",
)
def medium_rate(E_MeV, T_MeV, mu_e_MeV, M_MeV, scattering: Scattering):
    """Gamma/d^2 of nu e -> N e in a hot electron gas with Pauli blocking."""
    if M_MeV < REGULATOR_MEV and scattering.screening == "none":
        raise InputError(f"M_MeV below {REGULATOR_MEV:g} with screening=none: the forward peak is not regulated")
    return Answer(*rates.precise_rate(E_MeV, T_MeV, mu_e_MeV, M_MeV, scattering))


@quantity("sn_dipole.yield", MASS, choice("channel", CHANNELS, "scattering"), unit="MeV2", source="Eq. (A2)")
def number_made(M_MeV, channel, production: Production):
    """N/d^2, the number of sterile neutrinos that a supernova makes."""
    if channel not in production.channels:
        return Answer(0.0, 0.0, f"channels does not name {channel}")
    return Answer(*spectrum(M_MeV, production).moment(channel))


@quantity(
    "sn_dipole.mean_energy",
    MASS,
    choice("channel", ("all", *CHANNELS), "all"),
    unit="MeV",
    source="text, p. 2; Fig. 5",
)
def mean_energy(M_MeV, channel, production: Production):
    """<E_N> of the sterile neutrinos that a supernova makes."""
    parents = spectrum(M_MeV, production)
    used = [one for one in production.channels if channel in ("all", one)]
    total = sum(parents.moment(one)[0] for one in used)
    energy, error = (sum(parents.moment(one, 1)[k] for one in used) for k in (0, 1))
    return Answer(energy / total, error / total) if total != 0 else Answer(None, None, "no sterile neutrinos are made")


@quantity(
    "sn_dipole.photon_fluence",
    MASS,
    COUPLING,
    number("E_min_MeV", "MeV", None, minimum=1e-3, maximum=1e6, meaning="lower end of the band; default: that of smm"),
    number("E_max_MeV", "MeV", None, minimum=1e-3, maximum=1e6, meaning="upper end of the band; default: that of smm"),
    WINDOW,
    number("distance_kpc", "kpc", None, minimum=1e-3, maximum=1e6, meaning="distance; default: sn1987a_distance_kpc"),
    number(
        "radius_cm",
        "cm",
        None,
        minimum=0,
        maximum=1e18,
        meaning="photosphere, decays inside are not seen; default: photosphere_cm",
    ),
    DELAY,
    choice("source", ("profile", "alpha_fit"), "profile", "the supernova, or a plain shape in E_N"),
    number("total", "1", decay.AlphaFit.total, minimum=1.0, maximum=1e80, meaning="number of N (alpha_fit)"),
    number(
        "mean_energy_MeV",
        "MeV",
        decay.AlphaFit.mean_energy_MeV,
        minimum=0.1,
        maximum=1e4,
        meaning="mean energy of the shape (alpha_fit)",
    ),
    number("alpha", "1", decay.AlphaFit.alpha, minimum=0.1, maximum=100, meaning="pinching of the shape (alpha_fit)"),
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
    production: Production,
    arrival: Arrival,
    view: SolarMaximum,
):
    """Photons per area at the Earth in a band and a time window."""
    low = view.telescope.smm.E_min_MeV if E_min_MeV is None else E_min_MeV
    high = view.telescope.smm.E_max_MeV if E_max_MeV is None else E_max_MeV
    if high <= low:
        raise InputError(f"E_max_MeV={high:g} must be above E_min_MeV={low:g}")
    window = sn1987a_window(window_s, delay, view, arrival)
    if distance_kpc is not None:
        window = replace(window, D=distance_kpc * KPC_CM)
    if radius_cm is not None:
        window = replace(window, R=radius_cm)
    if source == "alpha_fit":
        parents, factor = decay.AlphaFit(M_MeV, total, mean_energy_MeV, alpha), 1.0
    elif low > E_MAX_MEV:
        raise InputError(f"E_min_MeV={low:g}: a supernova sends nothing to speak of above {E_MAX_MEV:g} MeV")
    else:
        parents, factor = spectrum_beyond(low, M_MeV, production), d_per_MeV**2
    value, error = (float(part[0]) for part in decay.photons(parents, low, high, window)(d_per_MeV))
    if source == "profile":
        error += float(decay.photons(SpectrumError(parents), low, high, window)(d_per_MeV)[0][0])
    return Answer(factor * value, factor * error)


@quantity(
    "sn_dipole.count_limit",
    number("N_obs", "1", minimum=0, maximum=1e12, meaning="counts observed, all of them background"),
    unit="counts",
    source="Eq. (7)",
)
def count_limit(N_obs, level: Threshold):
    """Signal counts at which -2 ln L reaches the threshold."""
    value = detectors.count_limit(N_obs, level.threshold)
    return Answer(value, 1e-12 * value)


def _with_inverse_decay(production: Production, wanted: bool | None) -> Production:
    """The production with or without gamma nu -> N, whatever its channels say."""
    if wanted is None or wanted == ("inverse_decay" in production.channels):
        return production
    others = tuple(channel for channel in production.channels if channel != "inverse_decay")
    return replace(production, channels=(*others, "inverse_decay") if wanted else others)


def _with_changes(analysis: Analysis, smm_counts: float | None, hyperk_mass_kt: float | None) -> Analysis:
    """The analysis with other counts of SMM and another mass of Hyper-Kamiokande (its background scales)."""
    if smm_counts is not None:
        before = analysis.telescopes
        smm = replace(before.solar_maximum.smm, counts=smm_counts)
        telescopes = replace(before, solar_maximum=replace(before.solar_maximum, smm=smm))
        analysis = replace(analysis, telescopes=telescopes)
    if hyperk_mass_kt is not None:
        search = analysis.high_energy
        masses = replace(search.masses.detector_mass_kt, hyperk=hyperk_mass_kt)
        search = replace(search, masses=replace(search.masses, detector_mass_kt=masses))
        analysis = replace(analysis, high_energy=search)
    return analysis


@quantity(
    "sn_dipole.coupling_limit",
    choice("probe", criteria.PROBES),
    MASS,
    DELAY,
    flag("inverse_decay", None, "gamma nu -> N too; default: as channels says"),
    number(
        "SMM_counts",
        "1",
        None,
        minimum=1e-6,
        maximum=1e12,
        meaning="photons at the limit of SMM; default: smm.counts",
    ),
    number(
        "hyperk_mass_kt",
        "kt",
        None,
        minimum=1e-6,
        maximum=1e6,
        meaning="mass of Hyper-Kamiokande; default: detector_mass_kt.hyperk",
    ),
    unit="1/MeV",
    source="Fig. 1",
)
def coupling_limit(probe, M_MeV, delay, inverse_decay, SMM_counts, hyperk_mass_kt, analysis: Analysis):
    """Limit on d: the smallest d that reaches the probe's criterion (smm_upper: the largest)."""
    analysis = replace(analysis, production=_with_inverse_decay(analysis.production, inverse_decay))
    analysis = _with_changes(analysis, SMM_counts, hyperk_mass_kt)
    limit = criteria.coupling_limit(probe, M_MeV, delay or analysis.arrival.delay, analysis)
    return Answer(limit.value, limit.error, limit.note)


@quantity(
    "sn_dipole.low_energy_limit",
    MASS,
    choice("delay", decay.DELAYS, "bound", DELAY_MEANING, DELAY_NAMES),
    unit="1/MeV",
    source="Eq. (8), text on the low-energy analysis",
)
def low_energy_limit(
    M_MeV, delay, production: Production, search: LowEnergySearch, sphere: Neutrinosphere, sn1987a: Sn1987a
):
    """Limit on d from inverse beta decay events of Kamiokande-II and IMB between 10 and 50 MeV."""
    limit = low_energy.limit(spectrum(M_MeV, production), delay, search, sphere, sn1987a)
    return Answer(limit.value, limit.error, limit.note)


@quantity(
    "sn_dipole.diffuse_flux",
    number("E_MeV", "MeV", minimum=0.1, maximum=E_MAX_MEV, meaning="observed energy"),
    MASS,
    COUPLING,
    choice("daughter", ("photon", "nuebar"), "photon"),
    unit="1/(MeV cm2 s sr)",
    source="Eq. (9); Figs. 4, 6",
)
def diffuse_flux(E_MeV, M_MeV, d_per_MeV, daughter, production: Production, history: History):
    """Flux of daughters from all past supernovae."""
    parents = spectrum_beyond(E_MeV, M_MeV, production)
    value, error = (
        float(diffuse.Flux(part, [E_MeV], history)(d_per_MeV)[0, 0])
        * (d_per_MeV**2 / (6 if daughter == "nuebar" else 1))
        for part in (parents, SpectrumError(parents))
    )
    return Answer(value, error + diffuse.FLUX_ERROR * value)


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
def photon_spectrum(
    E_MeV, M_MeV, d_per_MeV, window_s, delay, production: Production, arrival: Arrival, view: SolarMaximum
):
    """Photons per energy and area at the Earth from SN1987A."""
    parents, window = spectrum_beyond(E_MeV, M_MeV, production), sn1987a_window(window_s, delay, view, arrival)
    ((per_d2, error),) = decay.daughters_per_energy(parents, [E_MeV], window, d_per_MeV)
    ((of_spectrum, _),) = decay.daughters_per_energy(SpectrumError(parents), [E_MeV], window, d_per_MeV)
    value = per_d2 * d_per_MeV**2
    return Answer(value, (error + of_spectrum) * d_per_MeV**2 + 1e-5 * value)


T_MIN_S, T_MAX_S = user_profile.RANGES["t_s"]
TIME = {"unit": "s", "minimum": T_MIN_S, "maximum": T_MAX_S, "meaning": "time after bounce, within the star's profile"}


def _require_inside(star: Star, t_s: float, r_km: float = 0.0) -> None:
    """InputError for a time or radius beyond the star's profile."""
    for name, value, (low, high) in zip(("t_s", "r_km"), (t_s, r_km), star_content.span(star), strict=True):
        if not low <= value <= high:
            raise InputError(f"{name}={value:g}: {star.name} reaches from {low:g} to {high:g}")


@quantity(
    "sn_dipole.profile_state",
    number("t_s", **TIME),
    number("r_km", "km", minimum=0, maximum=user_profile.RANGES["r_km"][1], meaning="radius, within the profile"),
    unit="as named",
    source="PNS-8.8A (pns_8_8.py), or a user's profile",
)
def profile_state(t_s, r_km, star: Star):
    """State of the star at one time and radius."""
    _require_inside(star, t_s, r_km)
    value = star_content.state(star, t_s, r_km)
    return Answer(value, {name: abs(entry) * 1e-12 for name, entry in value.items()})


@quantity(
    "sn_dipole.profile_content",
    number("t_s", default=0.1, **TIME),
    unit="as named",
    source="PNS-8.8A (pns_8_8.py), or a user's profile",
)
def profile_content(t_s, star: Star):
    """Baryon mass, heat and lepton number of the star inside its edge R(t)."""
    _require_inside(star, t_s)
    value = star_content.content_at(star, t_s)
    del value["R_km"]
    return Answer(value, {name: abs(entry) * 1e-6 for name, entry in value.items()})


@quantity(
    "sn_dipole.monte_carlo",
    MASS,
    COUPLING,
    choice("probe", criteria.PHOTON_PROBES, "smm"),
    integer("particles", 200000, minimum=1, maximum=2 * 10**6),
    integer("seed", None, minimum=0, maximum=2**63 - 1, meaning="default: mc_seed"),
    choice("source", ("profile", "alpha_fit"), "profile"),
    unit="as named",
    source="Eqs. (3), (5) with the whole geometry",
)
def simulated(
    M_MeV,
    d_per_MeV,
    probe,
    particles,
    seed,
    source,
    production: Production,
    photosphere: Photosphere,
    distances: Distances,
    telescopes: Telescopes,
    random: Seed,
):
    """Photons of a probe by following decays in flight one by one: fluence, its statistical error, largest arrival
    angle.
    """
    parents = decay.AlphaFit(M_MeV) if source == "alpha_fit" else spectrum(M_MeV, production)
    seed = random.mc_seed if seed is None else seed
    radius, distance = photosphere.photosphere_cm, distances.of(probe)
    found = monte_carlo.simulate(parents, telescopes.of(probe), d_per_MeV, radius, distance, seed, 0, particles)
    factor = 1.0 if source == "alpha_fit" else d_per_MeV**2
    value = {"fluence_per_cm2": factor * found.fluence, "angle_deg": math.degrees(found.angle)}
    return Answer(value, {"fluence_per_cm2": factor * found.error, "angle_deg": 0.0})
