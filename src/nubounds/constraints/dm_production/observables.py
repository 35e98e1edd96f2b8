"""From production to the sky: the spectrum for Boltzmann codes, structure formation, X-rays.

All but `late_spectrum` and `class_input` assume that sterile neutrinos are all of the dark matter.
"""

from __future__ import annotations

import math

from nubounds.constraints.dm_production import data, half_mode_limits, production, structure, validity, xrays
from nubounds.constraints.dm_production.conventions import CONVENTION, resolve
from nubounds.constraints.dm_production.inputs import Choices
from nubounds.constraints.dm_production.late_spectrum import Point
from nubounds.constraints.dm_production.quantities import (
    COUPLING,
    M4,
    MASS,
    MIXING,
    WANTED_ACCURACY,
    finish,
    interaction,
    model_choice,
    refined,
)
from nubounds.contract import Answer, Status, choice, number, quantity

POINT = (model_choice("sm"), M4, MIXING, COUPLING, MASS, CONVENTION)
OCCUPATION_NOTED, OCCUPATION_REFUSED = 0.05, 0.5
SMALL_MIXING = 1e-15  # of the smallest mass: <q> does not depend on a small mixing
DENSITIES = 1e9 * data.CRITICAL_DENSITY_GEV_PER_CM3 / structure.CRITICAL_EV_PER_CM3  # of the papers over that of CLASS
NOTHING = "no value: nothing is produced with these arguments"
NEAR_DECOUPLING = "a mediator below 5 MeV: T_nu = T_gamma is assumed while neutrinos decouple"
FIT = f"the fit was compared with CLASS for k_hm from {structure.FITTED[0]:g} to {structure.FITTED[1]:g} h/Mpc only"


def point_of(
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    choices: Choices,
) -> Point:
    """The point with its arguments checked.

    Parameters
    ----------
    model : interaction of the active neutrinos
    m4_keV : mass of the sterile neutrino [keV]
    sin2_2theta : sin^2 2theta
    coupling : lambda or g; not needed for sm
    m_mediator_MeV : mass of the mediator [MeV]; not needed for sm
    convention : reading of the paper that settles every switch that is left open
    choices : the switches

    Returns
    -------
    The point, with no switch left open.
    """
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    return Point(model, m, coupling, m4_keV, sin2_2theta, resolve(convention, choices))


def note_of(point: Point, *more: str) -> str:
    """What there is to say about a point.

    Parameters
    ----------
    point : model, mass, mixing and couplings
    *more : further things to say, empty ones left out

    Returns
    -------
    The note; empty where there is nothing to say.
    """
    m = None if point.model == "sm" else point.m_mediator
    decoupling = NEAR_DECOUPLING if m is not None and m < 5 else ""
    return "; ".join(filter(None, (validity.note(point.m4_keV, point.coupling, m), decoupling, *more)))


def moment(point: Point, power: int) -> tuple[float, float]:
    """<q^power> and its error, on ever finer grids; NaN where nothing is produced.

    Parameters
    ----------
    point : model, mass, mixing and couplings
    power : which moment

    Returns
    -------
    Value and error; q is p/T.
    """
    value, error = refined(lambda resolution: point.moment(power, resolution), WANTED_ACCURACY)
    return float(value), float(error)


def half_mode_of(point: Point, moments: str = "mean") -> tuple[float, float, str] | tuple[None, None, str]:
    """(k_hm [h/Mpc], its error, note), or (None, None, reason): errors of the fit and of the moments, added.

    dln k_hm/dln <q> = -1 + 1/ln(B/u), at most 1 (and 1.4 with the second moment).

    Parameters
    ----------
    point : model, mass, mixing and couplings
    moments : ``mean``, or ``two`` to fit with the mean square as well

    Returns
    -------
    Wavenumber, error and note.
    """
    mean, error = moment(point, 1)
    if not math.isfinite(mean):
        return None, None, NOTHING
    width, relative = 1.0, error / mean
    if moments == "two":
        square, square_error = moment(point, 2)
        width, relative = math.sqrt(square) / mean, 1.4 * relative + 0.2 * square_error / square
    k = structure.half_mode(point.velocity(mean), width, moments)
    low, high = structure.TRUSTED
    if not low <= k <= high:
        return None, None, f"no value: k_hm is not between {low:g} and {high:g} h/Mpc, where the fit may be used"
    inside = structure.FITTED[0] <= k <= structure.FITTED[1]
    return k, k * (structure.half_mode_error(k, moments) + relative), note_of(point, "" if inside else FIT)


@quantity(
    "dm_production.late_spectrum",
    number("q", minimum=1e-3, maximum=100, meaning="p/T at 1 MeV and later"),
    *POINT,
    unit="1",
    source="V(2.8), red-shifted with the entropy; L-Fig. 4",
)
def late_spectrum(
    q: float,
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    choices: Choices,
) -> Answer:
    """F(q) of one helicity at 1 MeV, gathered over all production along q T a = const.

    The error is that of the sum over ln z and the change on the last refinement of its step.

    Returns
    -------
    F(q), a pure number.
    """
    point = point_of(model, m4_keV, sin2_2theta, coupling, m_mediator_MeV, convention, choices)
    value, error = point.spectrum_at(q)
    return finish(value, error, Status.OK, note_of(point))


def class_values(point: Point) -> tuple[dict[str, float], dict[str, float]] | None:
    """Values and errors of `class_input`, or None where nothing is produced."""
    mean, mean_error = moment(point, 1)
    if not math.isfinite(mean):
        return None
    square, square_error = moment(point, 2)

    def density(resolution):
        args = (point.model, point.m_mediator, point.choices, [point.coupling], 1e-3 * point.m4_keV, point.s2)
        value, error, _ = production.relic_densities(*args, resolution)
        return float(value[0]), float(error[0])

    omega, omega_error = refined(density, WANTED_ACCURACY)
    rms, occupation = math.sqrt(square), point.occupation()
    values = {
        "m_ncdm_eV": 1e3 * point.m4_keV,
        "T_ncdm": point.temperature_ratio,
        "deg_ncdm": 1.0,
        "mean_q": mean,
        "rms_q": rms,
        "omega_h2_class": DENSITIES * omega,
        "largest_occupation": occupation,
    }
    errors = {
        "m_ncdm_eV": 0.0,
        "T_ncdm": 0.0,
        "deg_ncdm": 0.0,
        "mean_q": mean_error,
        "rms_q": 0.5 * square_error / rms,
        "omega_h2_class": DENSITIES * omega_error,
        "largest_occupation": 0.05 * occupation,
    }
    return values, errors


@quantity("dm_production.class_input", *POINT, unit="eV; 1", source="V(2.8); background.c of CLASS 3.4.1")
def class_input(
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    choices: Choices,
) -> Answer:
    """What CLASS needs beside the spectrum, and what it will find: mass [eV], T_ncdm/T_gamma, degeneracy, mean and rms
    q, Omega h^2 with its critical density, and the largest F/f_a.

    The largest F/f_a is taken over 120 momenta, 6 % apart up to q = 25: its error is taken as 5 %.

    Returns
    -------
    Mass [eV], and pure numbers, by name; no value where nothing is produced or back-reaction would matter.
    """
    point = point_of(model, m4_keV, sin2_2theta, coupling, m_mediator_MeV, convention, choices)
    found = class_values(point)
    if found is None:
        return Answer(None, None, NOTHING)
    values, errors = found
    filled = values["largest_occupation"]
    if filled > OCCUPATION_REFUSED:
        return Answer(None, None, f"no value: f_s is {filled:.2g} f_a, and back-reaction is left out")
    warning = f"f_s reaches {filled:.2g} f_a: back-reaction is left out" if filled > OCCUPATION_NOTED else ""
    return Answer(values, errors, note_of(point, warning))


@quantity("dm_production.free_streaming", *POINT, unit="Mpc/h", source="standard cosmology, from <q>")
def free_streaming(
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    choices: Choices,
) -> Answer:
    """Comoving length that a sterile neutrino of the mean momentum streams until today.

    The error is that of <q>; the length grows less than in proportion to it.

    Returns
    -------
    Comoving length [Mpc/h]; no value where nothing is produced.
    """
    point = point_of(model, m4_keV, sin2_2theta, coupling, m_mediator_MeV, convention, choices)
    mean, error = moment(point, 1)
    if not math.isfinite(mean):
        return Answer(None, None, NOTHING)
    value = structure.free_streaming(point.velocity(mean))
    return Answer(value, value * (error / mean + 1e-8), note_of(point))


@quantity(
    "dm_production.half_mode_wavenumber",
    *POINT,
    choice("moments", tuple(structure.FITS), "mean", "fit with the mean momentum, or also with the mean square"),
    unit="h/Mpc",
    source="fit to 30 runs of CLASS 3.4.1",
)
def half_mode_wavenumber(
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    moments: str,
    choices: Choices,
) -> Answer:
    """Wavenumber where the power is a quarter of that of cold dark matter.

    The error is the fit's worst deviation from CLASS, growing outside its runs, and that of the moments.

    Returns
    -------
    Wavenumber [h/Mpc].
    """
    point = point_of(model, m4_keV, sin2_2theta, coupling, m_mediator_MeV, convention, choices)
    return Answer(*half_mode_of(point, moments))


@quantity("dm_production.half_mode_mass", *POINT, unit="M_sun", source="(4 pi/3) Omega_m rho_c (pi/k_hm)^3")
def half_mode_mass(
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    choices: Choices,
) -> Answer:
    """Mass in a sphere of half the half-mode wavelength; three times the relative error of the wavenumber.

    Returns
    -------
    Mass [M_sun]; no value where there is no half mode.
    """
    point = point_of(model, m4_keV, sin2_2theta, coupling, m_mediator_MeV, convention, choices)
    k, error, note = half_mode_of(point)
    if k is None:
        return Answer(None, None, note)
    value = structure.half_mode_mass(k)
    return Answer(value, 3.2 * value * error / k, note)


@quantity(
    "dm_production.thermal_equivalent_mass",
    *POINT,
    choice("mapping", structure.MAPPINGS, "class", "from half mode to thermal mass: CLASS, or a published formula"),
    unit="keV",
    source="CLASS 3.4.1; arXiv:2210.10753; astro-ph/0501562",
)
def thermal_equivalent_mass(
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    mapping: str,
    choices: Choices,
) -> Answer:
    """Mass of the thermal relic with the same half mode; its relative error is at most that of the wavenumber.

    Returns
    -------
    Mass [keV]; no value where there is no half mode.
    """
    point = point_of(model, m4_keV, sin2_2theta, coupling, m_mediator_MeV, convention, choices)
    k, error, note = half_mode_of(point)
    if k is None:
        return Answer(None, None, note)
    value = structure.thermal_mass(point.velocity(moment(point, 1)[0]), mapping)
    return Answer(value, value * error / k, note)


@quantity(
    "dm_production.transfer",
    *POINT,
    number("k_h_Mpc", "h/Mpc", 10.0, minimum=1e-4, maximum=1e4, meaning="wavenumber"),
    unit="1",
    source="fit to CLASS 3.4.1",
)
def transfer(
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    k_h_Mpc: float,
    choices: Choices,
) -> Answer:
    """T^2, the power over that of cold dark matter.

    The error is 0.03 for the shape, at most 1 - T^2, and what the half mode's error changes.

    Returns
    -------
    T^2, between 0 and 1; no value where there is no half mode.
    """
    point = point_of(model, m4_keV, sin2_2theta, coupling, m_mediator_MeV, convention, choices)
    k, error, note = half_mode_of(point)
    if k is None:
        return Answer(None, None, note)
    value = structure.transfer(k_h_Mpc, k)
    moved = structure.transfer(k_h_Mpc, k + error) - structure.transfer(k_h_Mpc, k - error)
    small = "" if value > 0.03 else "the shape was checked for T^2 above 0.03 only"
    shape = min(structure.SHAPE_ERROR, 1 - value)
    return Answer(value, shape + moved, "; ".join(filter(None, (note, small))))


@quantity(
    "dm_production.structure_mass_limit",
    choice("probe", tuple(half_mode_limits.LIMITS), half_mode_limits.MILKY_WAY, "published limit on warm dark matter"),
    model_choice("sm"),
    COUPLING,
    MASS,
    CONVENTION,
    unit="keV",
    source="; ".join(dict.fromkeys(limit.source for limit in half_mode_limits.LIMITS.values())),
)
def structure_mass_limit(
    probe: str, model: str, coupling: float | None, m_mediator_MeV: float | None, convention: str, choices: Choices
) -> Answer:
    """Smallest m4 that a published limit on the half mode allows.

    m4 = <q>(m4) T_ncdm T_gamma/u is iterated to 1e-5; the error is that of the fit of the half mode and of <q>.

    Returns
    -------
    Mass [keV]; no value where nothing is produced, or where it would lie outside the range of m4_keV.
    """
    limit = half_mode_limits.LIMITS[probe]
    u, m4 = structure.velocity_of(limit.k_hm), 20.0
    for _ in range(40):
        point = point_of(model, m4, SMALL_MIXING, coupling, m_mediator_MeV, convention, choices)
        mean, error = moment(point, 1)
        if not math.isfinite(mean):
            return Answer(None, None, NOTHING)
        before, m4 = m4, m4 * point.velocity(mean) / u
        if not M4.minimum <= m4 <= M4.maximum:
            return Answer(None, None, "no value: the smallest mass would lie outside the range of m4_keV")
        if abs(m4 - before) < 1e-5 * m4:
            break
    else:
        return Answer(None, None, "no value: the iteration of <q> and m4 does not settle")
    relative = 1.3 * structure.half_mode_error(limit.k_hm) + 2 * error / mean + 2e-5
    return Answer(m4, relative * m4, note_of(point, limit.statement, half_mode_limits.MAPPED))


@quantity(
    "dm_production.xray_mixing_limit",
    M4,
    choice("source", xrays.SOURCES, "sketch", "which limit"),
    unit="1",
    source="arXiv:2510.24560; arXiv:2211.06200; astro-ph/0512509; a power law through published limits",
)
def xray_mixing_limit(m4_keV: float, source: str) -> Answer:
    """Largest sin^2 2theta that X-rays allow if nu4 is all dark matter (none outside the masses of the source).

    Returns
    -------
    sin^2 2theta; no value outside the masses of the source.
    """
    value = xrays.mixing_limit(m4_keV, source)
    if value is None:
        low, high = xrays.RANGES[source]
        return Answer(None, None, f"{source}: says nothing outside m4_keV from {low:g} to {high:g}")
    return Answer(value, 1.5 * value if source == "sketch" else 0.0, xrays.NOTES[source])


@quantity(
    "dm_production.xray_line_flux",
    M4,
    MIXING,
    number(
        "column_GeV_per_cm2",
        "GeV/cm2",
        1e22,
        above=0,
        minimum=1e10,
        maximum=1e30,
        meaning="integral of the density of dark matter along the line of sight",
    ),
    number("fraction", "1", 1.0, above=0, minimum=1e-12, maximum=1, meaning="part of the dark matter that is sterile"),
    unit="1/(cm2 s sr)",
    source="decay at rest; Pal and Wolfenstein",
)
def xray_line_flux(m4_keV: float, sin2_2theta: float, column_GeV_per_cm2: float, fraction: float) -> Answer:
    """Photons of the line at m4/2 from nu4 -> nu gamma, per solid angle: Gamma/(4 pi m4) times the column.

    No absorption; the red-shift of distant sources is left out.

    Returns
    -------
    Intensity of the line [1/(cm2 s sr)], exact but for rounding.
    """
    return Answer(xrays.line_flux(m4_keV, sin2_2theta, fraction * column_GeV_per_cm2), 0.0)
