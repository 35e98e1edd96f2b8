"""The quantities that anyone can ask for at one point."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from nubounds.constraints.sn_dipole import (
    criteria,
    decay,
    detectors,
    diffuse,
    exchange,
    layers,
    low_energy,
    monte_carlo,
    rates,
    star_content,
    targets,
    user_profile,
)
from nubounds.constraints.sn_dipole.constants import KPC_CM
from nubounds.constraints.sn_dipole.inputs import (
    CHANNELS,
    D_MAX,
    D_MIN,
    E_MAX_MEV,
    M_MIN_MEV,
    TARGETS,
    Analysis,
    Arrival,
    Deposition,
    Distances,
    History,
    LowEnergySearch,
    Neutrinosphere,
    PhotonMass,
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
from nubounds.constraints.sn_dipole.production import SpectrumError, compute_together, spectrum, spectrum_beyond
from nubounds.contract import Answer, InputError, Quantity, Status, choice, flag, integer, number, quantity
from nubounds.numerics.constants import M_ELECTRON_MEV

REGULATOR_MEV = 1e-9  # a mass or a screening at least: Q^2 goes down to M^4 m^2/s^2

MASS = number("M_MeV", "MeV", minimum=M_MIN_MEV, maximum=E_MAX_MEV, meaning="mass of the sterile neutrino")
COUPLING = number("d_per_MeV", "1/MeV", minimum=D_MIN, maximum=D_MAX, meaning="coupling; the moment is 2 d")
YE = number("Ye", "1", 0.1, minimum=1e-3, maximum=1, meaning="net electrons per nucleon")
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


def _of_masses(one: Quantity, arguments: dict[str, Any], production: Production) -> Answer:
    """A quantity at many points, whose masses share what they can.

    Parameters
    ----------
    one : the quantity
    arguments : its arguments, of which M_MeV and other numbers may be arrays of shape (n,)
    production : how a supernova makes sterile neutrinos, at all points

    Returns
    -------
    Answer : arrays of shape (n,)
    """
    compute_together(np.unique(arguments["M_MeV"]).tolist(), production)
    columns = {name: value.tolist() for name, value in arguments.items() if isinstance(value, np.ndarray)}
    answers = []
    for point in zip(*columns.values(), strict=True):
        try:
            answers.append(one.function(**arguments | dict(zip(columns, point, strict=True))))
        except ArithmeticError as problem:
            answers.append(Answer(None, None, f"no finite value ({problem})", Status.NOT_FINITE))
    value, error = (
        np.array([math.nan if part is None else part for part in parts], dtype=float)
        for parts in ([found.value for found in answers], [found.error for found in answers])
    )
    notes = "; ".join(dict.fromkeys(found.note for found in answers if found.note))
    return Answer(value, error, notes, [found.status for found in answers])


def sn1987a_window(window_s: float | None, delay: str | None, view: SolarMaximum, arrival: Arrival) -> decay.Window:
    """Photons of SN1987A, in the window of the Solar Maximum Mission and with the inputs' delay if none is given.

    Parameters
    ----------
    window_s : longest delay [s]; None for that of the Solar Maximum Mission
    delay : one of `decay.DELAYS`; None for that of the inputs
    view : photons of SN1987A as the Solar Maximum Mission saw them
    arrival : which daughters arrive in time

    Returns
    -------
    The window.
    """
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
def vacuum_cross_section(s_MeV2: float, M_MeV: float, k_screen_MeV: float) -> Answer:
    """sigma/d^2 of nu e -> N e in vacuum, zero below the threshold.

    Returns
    -------
    Answer : [1]

    Notes
    -----
    Closed form: errors are those of rounding.

    References
    ----------
    docs/sn_dipole.md, Formulae.
    """
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
    choice("target", targets.TARGETS, "electron", "what the neutrino scatters on"),
    YE,
    unit="MeV3",
    source="Eqs. (2), (A1): sigma n_e; other targets: docs/sn_dipole.md, Paper and best",
)
def medium_rate(
    E_MeV: float, T_MeV: float, mu_e_MeV: float, M_MeV: float, target: str, Ye: float, scattering: Scattering
) -> Answer:
    """Gamma/d^2 of nu e -> N e in a hot electron gas with Pauli blocking, or on another target.

    Returns
    -------
    Answer : [MeV^3]

    Notes
    -----
    Errors are the difference to a coarser rule.

    References
    ----------
    Eqs. (2), (A1); docs/sn_dipole.md, Paper and best.
    """
    if M_MeV < REGULATOR_MEV and scattering.screening == "none":
        raise InputError(f"M_MeV below {REGULATOR_MEV:g} with screening=none: the forward peak is not regulated")
    if target == "electron":
        return _trusted(*electron_rate(E_MeV, T_MeV, mu_e_MeV, M_MeV, scattering), LARGEST_ERROR)
    _require_matter((target,), E_MeV, T_MeV, mu_e_MeV, M_MeV)
    return _trusted(*exchange.point_rate(target, E_MeV, T_MeV, mu_e_MeV, M_MeV, Ye, scattering))


def electron_rate(
    E_MeV: float, T_MeV: float, mu_e_MeV: float, M_MeV: float, scattering: Scattering
) -> tuple[float, float]:
    """Gamma/d^2 of nu e -> N e and its error [MeV^3], with any screening.

    Parameters
    ----------
    E_MeV : energy of the neutrino [MeV]
    T_MeV : temperature [MeV]
    mu_e_MeV : chemical potential of the electrons [MeV]
    M_MeV : mass of N [MeV]
    scattering : how neutrinos scatter in the star

    Returns
    -------
    Value and error [MeV^3].

    Raises
    ------
    InputError
        For matter beyond what the plasma's response is made for.
    """
    if scattering.screening != "rpa":
        return rates.precise_rate(E_MeV, T_MeV, mu_e_MeV, M_MeV, scattering)
    _require_matter(("electron",), E_MeV, T_MeV, mu_e_MeV, M_MeV)
    return exchange.point_rate("electron", E_MeV, T_MeV, mu_e_MeV, M_MeV, 1.0, scattering)


PLASMA = {"E_MeV": (0.1, 3e3), "T_MeV": (0.5, 200.0), "mu_e_MeV": (-1e3, 1e3), "M_MeV": (0.0, 1e3)}  # of the new kernel
UNRELIABLE = 1e-2  # relative error of a rate that is refused
LARGEST_ERROR = 0.3  # of one on electrons, whose errors are honest far from the paper's matter too


def _require_matter(names, E_MeV: float, T_MeV: float, mu_e_MeV: float, M_MeV: float) -> None:
    """InputError for matter beyond what the rates of these targets are made for."""
    given = {"E_MeV": E_MeV, "T_MeV": T_MeV, "mu_e_MeV": mu_e_MeV, "M_MeV": M_MeV}
    for name, (low, high) in PLASMA.items():
        if not low <= given[name] <= high:
            raise InputError(f"{name}={given[name]:g}: with this target or screening between {low:g} and {high:g}")
    if mu_e_MeV <= 0 and {"proton", "neutron"} & set(names):
        raise InputError(f"mu_e_MeV={mu_e_MeV:g}: nucleons are as many as net electrons say, above 0")


def _trusted(value: float, error: float, most: float = UNRELIABLE) -> Answer:
    if error > most * value:
        return Answer(None, None, "the rate's integrals do not converge here", Status.NOT_CONVERGED)
    return Answer(value, error)


@quantity(
    "sn_dipole.absorption_rate",
    number("E_MeV", "MeV", minimum=PLASMA["E_MeV"][0], maximum=PLASMA["E_MeV"][1], meaning="energy of N, above M_MeV"),
    number("M_MeV", "MeV", minimum=M_MIN_MEV, maximum=E_MAX_MEV, meaning="mass of the sterile neutrino"),
    number("T_MeV", "MeV", minimum=PLASMA["T_MeV"][0], maximum=PLASMA["T_MeV"][1], meaning="temperature"),
    number("mu_e_MeV", "MeV", minimum=-1e3, maximum=1e3, meaning="chemical potential of the electrons"),
    number("mu_nue_MeV", "MeV", 0.0, minimum=-1e3, maximum=1e3, meaning="the same of the electron neutrinos"),
    YE,
    choice(
        "channel",
        ("total", *targets.TARGETS, "decay"),
        "total",
        "one target, decay (with photons and neutrinos around), or their total",
    ),
    choice("part", ("absorption", "production", "reduced"), "absorption", "Gamma^>, Gamma^<, or their sum"),
    unit="MeV3",
    source="detailed balance; docs/sn_dipole.md, Paper and best",
)
def absorption_rate(
    E_MeV: float,
    M_MeV: float,
    T_MeV: float,
    mu_e_MeV: float,
    mu_nue_MeV: float,
    Ye: float,
    channel: str,
    part: str,
    scattering: Scattering,
    photon: PhotonMass,
) -> Answer:
    """How fast matter absorbs N, mean of the two helicities, or fills its states, per d^2.

    Returns
    -------
    Answer : [MeV^3]

    Notes
    -----
    Errors of 1e-5 typically: the difference to a coarser rule.

    References
    ----------
    docs/sn_dipole.md, Paper and best.
    """
    if E_MeV <= M_MeV:
        raise InputError(f"E_MeV={E_MeV:g}: must be above M_MeV={M_MeV:g}")
    if not scattering.pauli:
        raise InputError("pauli=false has no detailed balance: absorption needs pauli=true")
    names = (*targets.TARGETS, "decay") if channel == "total" else (channel,)
    if channel == "total" and mu_e_MeV <= 0:
        names = ("electron", "positron", "decay")
    _require_matter(names, E_MeV, T_MeV, mu_e_MeV, M_MeV)
    matter = (M_MeV, T_MeV, mu_e_MeV, mu_nue_MeV, Ye)
    made, absorbed = exchange.point_exchange(names, E_MeV, *matter, scattering, photon.photon_mass)
    found = {"production": made, "absorption": absorbed, "reduced": made + absorbed}[part]
    return _trusted(float(found[0]), float(found[1]))


CHANNEL = choice("channel", (*CHANNELS, *TARGETS), "scattering", "all scattering, inverse decay, or one target")


def _numbers_made(production: Production, **arguments: Any) -> Answer:
    return _of_masses(number_made, {"production": production, **arguments}, production)


@quantity("sn_dipole.yield", MASS, CHANNEL, unit="MeV2", source="Eq. (A2)", many=_numbers_made)
def number_made(M_MeV: float, channel: str, production: Production) -> Answer:
    """N/d^2, the number of sterile neutrinos that a supernova makes (with gravity: with enough energy to leave).

    Returns
    -------
    Answer : [MeV^2]

    Notes
    -----
    Errors: rates, representative zones and finer ones; beyond the paper 1.5e-3 and the places.

    References
    ----------
    Eq. (A2); docs/sn_dipole.md, Paper and best.
    """
    group = "scattering" if channel in TARGETS else channel
    if group not in production.channels:
        return Answer(0.0, 0.0, f"channels does not name {group}")
    if channel in TARGETS and channel not in production.targets:
        return Answer(0.0, 0.0, f"targets does not name {channel}")
    if production.of_the_paper:  # which scatters on electrons, perhaps with protons at rest
        return Answer(*spectrum(M_MeV, production).moment(group))
    return Answer(*spectrum(M_MeV, production).moment(channel))


@quantity(
    "sn_dipole.energy_loss", MASS, COUPLING, unit="erg", source="text on energy loss; docs/sn_dipole.md, Paper and best"
)
def energy_loss(M_MeV: float, d_per_MeV: float, production: Production) -> Answer:
    """Energy that N carry out of the star.

    Returns
    -------
    Answer : [erg]; formal where it exceeds the star's energy, some 1e53 erg, which would cool at once

    References
    ----------
    docs/sn_dipole.md, Paper and best.
    """
    return _scaled(criteria.lost_energy(M_MeV, [d_per_MeV], production), d_per_MeV)


@quantity(
    "sn_dipole.luminosity",
    MASS,
    COUPLING,
    number("t_s", "s", 1.0, minimum=1e-6, maximum=100.0, meaning="time after bounce, within the star's profile"),
    unit="erg/s",
    source="docs/sn_dipole.md, Paper and best",
)
def luminosity(M_MeV: float, d_per_MeV: float, t_s: float, production: Production) -> Answer:
    """Luminosity in N at one time, as a distant observer has it.

    Returns
    -------
    Answer : [erg/s]

    References
    ----------
    docs/sn_dipole.md, Paper and best.
    """
    _require_inside(production.star, t_s)
    return _scaled(criteria.luminosity(M_MeV, [d_per_MeV], production, t_s), d_per_MeV)


@quantity(
    "sn_dipole.deposited_energy",
    MASS,
    COUPLING,
    number("radius_cm", "cm", None, minimum=1e9, maximum=1e16, meaning="of the star; default: deposition.radius_cm"),
    choice("share", ("photons", "all"), None, "half of the energy, or all; default: deposition.share"),
    unit="erg",
    source="Caputo et al., arXiv:2201.09890; docs/sn_dipole.md, Paper and best",
)
def deposited_energy(
    M_MeV: float,
    d_per_MeV: float,
    radius_cm: float | None,
    share: str | None,
    production: Production,
    heated: Deposition,
) -> Answer:
    """Energy that decays of N leave in the star around the supernova's core.

    Returns
    -------
    Answer : [erg]

    References
    ----------
    docs/sn_dipole.md, Paper and best.
    """
    radius_cm = heated.deposition.radius_cm if radius_cm is None else radius_cm
    share = share or heated.deposition.share
    return _scaled(criteria.deposited_energy(M_MeV, [d_per_MeV], production, radius_cm, share), d_per_MeV)


def _scaled(per_d2, d: float) -> Answer:
    value, error = (float(part[0]) * d**2 for part in per_d2)
    return Answer(value, error)


def _mean_energies(production: Production, **arguments: Any) -> Answer:
    return _of_masses(mean_energy, {"production": production, **arguments}, production)


@quantity(
    "sn_dipole.mean_energy",
    MASS,
    choice("channel", ("all", *CHANNELS), "all", "one way of making N, or all"),
    unit="MeV",
    source="text, p. 2; Fig. 5",
    many=_mean_energies,
)
def mean_energy(M_MeV: float, channel: str, production: Production) -> Answer:
    """<E_N> of the sterile neutrinos that a supernova makes.

    Returns
    -------
    Answer : [MeV]

    References
    ----------
    text, p. 2; Fig. 5.
    """
    parents = spectrum(M_MeV, production)
    used = [one for one in production.channels if channel in ("all", one)]
    total = sum(parents.moment(one)[0] for one in used)  # of what is made, with enough energy to leave
    energy, error = (sum(parents.moment(one, 1)[k] for one in used) for k in (0, 1))
    return Answer(energy / total, error / total) if total != 0 else Answer(None, None, "no sterile neutrinos are made")


def _photon_fluences(production: Production, **arguments: Any) -> Answer:
    return _of_masses(photon_fluence, {"production": production, **arguments}, production)


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
    many=_photon_fluences,
)
def photon_fluence(
    M_MeV: float,
    d_per_MeV: float,
    E_min_MeV: float | None,
    E_max_MeV: float | None,
    window_s: float | None,
    distance_kpc: float | None,
    radius_cm: float | None,
    delay: str | None,
    source: str,
    total: float,
    mean_energy_MeV: float,
    alpha: float,
    production: Production,
    arrival: Arrival,
    view: SolarMaximum,
) -> Answer:
    """Photons per area at the Earth in a band and a time window.

    Returns
    -------
    Answer : [1/cm2]

    References
    ----------
    Eq. (6).
    """
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
        parents, factor = spectrum_beyond(low, M_MeV, production, d_per_MeV), d_per_MeV**2
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
def count_limit(N_obs: float, level: Threshold) -> Answer:
    """Signal counts at which -2 ln L reaches the threshold.

    Returns
    -------
    Answer : [counts]

    References
    ----------
    Eq. (7).
    """
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


def _coupling_limits(inverse_decay: bool | None, analysis: Analysis, **arguments: Any) -> Answer:
    production = _with_inverse_decay(analysis.production, inverse_decay)
    return _of_masses(coupling_limit, {"inverse_decay": inverse_decay, "analysis": analysis, **arguments}, production)


@quantity(
    "sn_dipole.coupling_limit",
    choice("probe", criteria.PROBES, meaning="what limits d"),
    MASS,
    choice("edge", ("lower", "upper"), "lower", "the smallest or the largest d above the criterion"),
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
    many=_coupling_limits,
)
def coupling_limit(
    probe: str,
    M_MeV: float,
    edge: str,
    delay: str | None,
    inverse_decay: bool | None,
    SMM_counts: float | None,
    hyperk_mass_kt: float | None,
    analysis: Analysis,
) -> Answer:
    """Limit on d: the smallest d that reaches the probe's criterion (edge=upper, or smm_upper: the largest).

    Returns
    -------
    Answer : [1/MeV]; None with the reason where there is none

    Notes
    -----
    Errors are those of the signal over its slope, and grow towards the tip of a region.

    References
    ----------
    Fig. 1; docs/sn_dipole.md, Paper and best.
    """
    analysis = replace(analysis, production=_with_inverse_decay(analysis.production, inverse_decay))
    analysis = _with_changes(analysis, SMM_counts, hyperk_mass_kt)
    limit = criteria.coupling_limit(probe, M_MeV, delay or analysis.arrival.delay, analysis, edge == "upper")
    return Answer(limit.value, limit.error, limit.note)


def _low_energy_limits(production: Production, **arguments: Any) -> Answer:
    return _of_masses(low_energy_limit, {"production": production, **arguments}, production)


@quantity(
    "sn_dipole.low_energy_limit",
    MASS,
    choice("delay", decay.DELAYS, "bound", DELAY_MEANING, DELAY_NAMES),
    unit="1/MeV",
    source="Eq. (8), text on the low-energy analysis",
    many=_low_energy_limits,
)
def low_energy_limit(
    M_MeV: float, delay: str, production: Production, search: LowEnergySearch, sphere: Neutrinosphere, sn1987a: Sn1987a
) -> Answer:
    """Limit on d from inverse beta decay events of Kamiokande-II and IMB between 10 and 50 MeV.

    Returns
    -------
    Answer : [1/MeV]

    References
    ----------
    Eq. (8).
    """
    limit = low_energy.limit(spectrum(M_MeV, production), delay, search, sphere, sn1987a)
    return Answer(limit.value, limit.error, limit.note)


@quantity(
    "sn_dipole.diffuse_flux",
    number("E_MeV", "MeV", minimum=0.1, maximum=E_MAX_MEV, meaning="observed energy"),
    MASS,
    COUPLING,
    choice("daughter", ("photon", "nuebar"), "photon", "photons, or anti-nu_e: a sixth of the neutrinos"),
    unit="1/(MeV cm2 s sr)",
    source="Eq. (9); Figs. 4, 6",
)
def diffuse_flux(
    E_MeV: float, M_MeV: float, d_per_MeV: float, daughter: str, production: Production, history: History
) -> Answer:
    """Flux of daughters from all past supernovae.

    Returns
    -------
    Answer : [1/(MeV cm2 s sr)]

    References
    ----------
    Eq. (9); Figs. 4, 6.
    """
    parents = spectrum_beyond(E_MeV, M_MeV, production, d_per_MeV)
    value, error = (
        float(diffuse.flux(part, [E_MeV], history)(d_per_MeV)[0, 0])
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
    E_MeV: float,
    M_MeV: float,
    d_per_MeV: float,
    window_s: float | None,
    delay: str | None,
    production: Production,
    arrival: Arrival,
    view: SolarMaximum,
) -> Answer:
    """Photons per energy and area at the Earth from SN1987A.

    Returns
    -------
    Answer : [1/(MeV cm2)]

    References
    ----------
    Eq. (6); Fig. 3.
    """
    parents = spectrum_beyond(E_MeV, M_MeV, production, d_per_MeV)
    window = sn1987a_window(window_s, delay, view, arrival)
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
    "sn_dipole.lapse",
    number("t_s", **TIME),
    number("r_km", "km", minimum=0, maximum=1e6, meaning="radius"),
    unit="1",
    source="hydrostatic equilibrium; docs/sn_dipole.md, Paper and best",
)
def lapse(t_s: float, r_km: float, star: Star) -> Answer:
    """Lapse alpha of the star's gravity: N with an energy E far away have E/alpha there.

    Returns
    -------
    Answer : alpha; errors below 1e-5

    Notes
    -----
    The mass is that of the baryons, some 8 % more than the gravitating one of a cold star.

    References
    ----------
    docs/sn_dipole.md, Paper and best.
    """
    _require_inside(star, t_s)
    value = float(layers.field(t_s, star).lapse(r_km))
    return Answer(value, 1e-5)


@quantity(
    "sn_dipole.profile_state",
    number("t_s", **TIME),
    number("r_km", "km", minimum=0, maximum=user_profile.RANGES["r_km"][1], meaning="radius, within the profile"),
    unit="as named",
    source="PNS-8.8A (pns_8_8.py), or a user's profile",
)
def profile_state(t_s: float, r_km: float, star: Star) -> Answer:
    """State of the star at one time and radius.

    Returns
    -------
    Answer : a number for each column of a profile

    References
    ----------
    docs/sn_dipole.md.
    """
    _require_inside(star, t_s, r_km)
    value = star_content.state(star, t_s, r_km)
    return Answer(value, {name: abs(entry) * 1e-12 for name, entry in value.items()})


@quantity(
    "sn_dipole.profile_content",
    number("t_s", default=0.1, **TIME),
    unit="as named",
    source="PNS-8.8A (pns_8_8.py), or a user's profile",
)
def profile_content(t_s: float, star: Star) -> Answer:
    """Baryon mass, heat and lepton number of the star inside its edge R(t).

    Returns
    -------
    Answer : solar masses, erg, numbers

    References
    ----------
    docs/sn_dipole.md.
    """
    _require_inside(star, t_s)
    value = star_content.content_at(star, t_s)
    del value["R_km"]
    return Answer(value, {name: abs(entry) * 1e-6 for name, entry in value.items()})


@quantity(
    "sn_dipole.monte_carlo",
    MASS,
    COUPLING,
    choice("probe", criteria.PHOTON_PROBES, "smm", "whose band and window"),
    integer("particles", 200000, minimum=1, maximum=2 * 10**6, meaning="how many decays are followed"),
    integer("seed", None, minimum=0, maximum=2**63 - 1, meaning="default: mc_seed"),
    choice("source", ("profile", "alpha_fit"), "profile", "as for photon_fluence"),
    unit="as named",
    source="Eqs. (3), (5) with the whole geometry",
)
def simulated(
    M_MeV: float,
    d_per_MeV: float,
    probe: str,
    particles: int,
    seed: int | None,
    source: str,
    production: Production,
    photosphere: Photosphere,
    distances: Distances,
    telescopes: Telescopes,
    random: Seed,
) -> Answer:
    """Photons of a probe by following decays in flight one by one: fluence, its statistical error, largest arrival
    angle.

    Returns
    -------
    Answer : fluence [1/cm2] with its statistical error, angle [deg]

    References
    ----------
    Eqs. (3), (5).
    """
    parents = decay.AlphaFit(M_MeV) if source == "alpha_fit" else spectrum_beyond(0.0, M_MeV, production, d_per_MeV)
    seed = random.mc_seed if seed is None else seed
    radius, distance = photosphere.photosphere_cm, distances.of(probe)
    found = monte_carlo.simulate(parents, telescopes.of(probe), d_per_MeV, radius, distance, seed, 0, particles)
    factor = 1.0 if source == "alpha_fit" else d_per_MeV**2
    value = {"fluence_per_cm2": factor * found.fluence, "angle_deg": math.degrees(found.angle)}
    return Answer(value, {"fluence_per_cm2": factor * found.error, "angle_deg": 0.0})
