"""From the spectrum of one mass to the limits on d: cooling, gamma-ray telescopes, neutrino detectors, the diffuse
background.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from nubounds.constraints.sn_dipole import decay, detectors, diffuse
from nubounds.constraints.sn_dipole.constants import KPC_CM, MEV_PER_ERG
from nubounds.constraints.sn_dipole.production import Options, Spectrum, spectrum, spectrum_beyond
from nubounds.contract import Status

PHOTON_PROBES = ("smm", "fermi_223", "fermi_3600", "eastrogam")
NEUTRINO_PROBES = ("kamiokande_imb", "hyperk", "dune")
PROBES = ("cooling", "smm", "smm_upper", *PHOTON_PROBES[1:], *NEUTRINO_PROBES, "diffuse")
D_RANGE = (1e-24, 1e-4)  # where a limit is looked for [1/MeV]
PER_DECADE = 16
SCANNED = 32  # values of d at a time
CLOSED = 1e-10  # how far a signal may be from its level, relative
TIP_ROUNDS = 5  # of a search for a maximum between two values of d: each looks 15 times closer


@dataclass(frozen=True)
class Telescope:
    """A count of photons: band, window, effective area, counts at the limit, distance of the supernova."""

    E_min_MeV: float
    E_max_MeV: float
    window_s: float
    area_cm2: float
    counts: float
    distance_kpc: float


@dataclass(frozen=True)
class Detector:
    """A count of neutrinos: target, mass [kt], efficiency, background in the window."""

    target: str
    mass_kt: float
    efficiency: float
    background: float


@dataclass(frozen=True)
class Search:
    """Detectors with a common signal: band [MeV], window [s], distance [kpc], threshold of -2 ln L."""

    detectors: tuple[Detector, ...]
    E_min: float
    E_max: float
    window_s: float
    distance_kpc: float
    threshold: float


IMB_MASS = 6.8  # [kt]
IMB_BACKGROUND = 2.0  # atmospheric events a day above 70 MeV in IMB; those of the other detectors go by their mass


def default_telescopes() -> dict[str, Telescope]:
    return {
        "smm": Telescope(25.0, 100.0, 223.0, 63.0, 76.0, 51.4),
        "fermi_223": Telescope(100.0, 1e4, 223.0, 9500.0, 2.5, 10.0),
        "fermi_3600": Telescope(100.0, 1e4, 3600.0, 9500.0, 4.9, 10.0),
        "eastrogam": Telescope(1.0, 1e4, 3600.0, 9025.0, 4.4, 10.0),
    }


def default_searches() -> dict[str, Search]:
    def scaled(mass):
        return IMB_BACKGROUND * mass / IMB_MASS

    kamiokande = Detector("water", 2.14, 0.93, scaled(2.14))
    imb = Detector("water", IMB_MASS, 0.95, IMB_BACKGROUND)
    return {
        "kamiokande_imb": Search((kamiokande, imb), 70.0, 600.0, 86400.0, 51.4, 3.841),
        "hyperk": Search((Detector("water", 187.0, 1.0, scaled(187.0)),), 70.0, 600.0, 86400.0, 10.0, 3.841),
        "dune": Search((Detector("argon", 40.0, 1.0, scaled(40.0)),), 70.0, 400.0, 86400.0, 10.0, 3.841),
    }


BACKGROUNDS = (
    diffuse.PowerLaw(1.05e-4, 5.0, 2.4, 1.0, 30.0),
    diffuse.PowerLaw(7.32e-9, 451.0, 2.10, 30.0, 300.0),
)  # COMPTEL, EGRET


@dataclass(frozen=True)
class Setup:
    """Everything that a limit depends on besides mass, probe and delay."""

    options: Options = field(default_factory=Options)
    telescopes: dict[str, Telescope] = field(default_factory=default_telescopes)
    searches: dict[str, Search] = field(default_factory=default_searches)
    photosphere_cm: float = 3e12
    neutrinosphere_cm: float = 3e6
    cooling_share: float = 0.1
    energy_erg: float = 1.635e53
    history: diffuse.History = field(default_factory=diffuse.History)
    backgrounds: tuple = BACKGROUNDS
    cross_sections: dict[str, str] = field(default_factory=dict)  # target -> user's csv

    def highest_threshold(self, probe: str) -> float:
        """Above which energy of daughters [MeV] a probe may ask what there is."""
        if probe == "diffuse":
            return max(one.E_max for one in self.backgrounds)
        one = (self.telescopes | {"smm_upper": self.telescopes["smm"]}).get(probe)
        return one.E_min_MeV if one else 0.0

    def with_changes(self, smm_counts: float, hyperk_mass_kt: float) -> Setup:
        """The same with another number of counts for SMM and mass of Hyper-Kamiokande (its background scales)."""
        search = self.searches["hyperk"]
        (old,) = search.detectors
        new = replace(old, mass_kt=hyperk_mass_kt, background=old.background * hyperk_mass_kt / old.mass_kt)
        telescopes = self.telescopes | {"smm": replace(self.telescopes["smm"], counts=smm_counts)}
        return replace(
            self, telescopes=telescopes, searches=self.searches | {"hyperk": replace(search, detectors=(new,))}
        )


@dataclass(frozen=True)
class Limit:
    """d [1/MeV] and its error, or None with the reason: there is none (status OK), or it could not be computed."""

    value: float | None
    error: float | None = None
    note: str = ""
    status: Status = Status.OK


def failed(what: str, status: Status) -> Limit:
    """No limit, because something that it needs could not be computed."""
    return Limit(None, None, f"the {what} could not be computed: {status.name}", status)


def neutrino_signal(parents, search: Search, setup: Setup, delay: str) -> decay.Signal:
    """Int dE (Phi_nu/6) sigma_sum [1/molecule]: one of six species, nu_e and anti-nu_e have equal fluxes."""
    target = search.detectors[0].target
    sigma = detectors.per_molecule(target, setup.cross_sections.get(target, ""))
    window = decay.Window(setup.neutrinosphere_cm, search.distance_kpc * KPC_CM, search.window_s, delay)
    breaks = [*detectors.BREAKS[target], 0.5 * parents.M]
    _, E, weight, coarse = decay.panels(search.E_min, min(search.E_max, parents.E_span[1]), [breaks], longest=0.6)
    factor = sigma(E) / 6
    return decay.Signal(decay.points(parents, E, weight * factor, coarse * factor, window), window)


def criterion(probe: str, parents, setup: Setup, delay: str):
    """(signal per d^2 as a function of d, the value of d^2 signal at the limit)."""
    if probe == "diffuse":
        return diffuse.Excess(parents, setup.backgrounds, setup.history), 1.0
    if probe in NEUTRINO_PROBES:
        search = setup.searches[probe]
        shares = [
            (detectors.molecules(one.target, one.mass_kt) * one.efficiency * 1e-40, one.background)
            for one in search.detectors
        ]
        return neutrino_signal(parents, search, setup, delay), detectors.signal_limit(shares, search.threshold) * 1e-40
    telescope = setup.telescopes["smm" if probe == "smm_upper" else probe]
    window = decay.Window(setup.photosphere_cm, telescope.distance_kpc * KPC_CM, telescope.window_s, delay)
    return decay.photons(
        parents, telescope.E_min_MeV, telescope.E_max_MeV, window
    ), telescope.counts / telescope.area_cm2


def _cooling(parents: Spectrum, setup: Setup) -> Limit:
    """d at which N carries away a share of the energy (no decay, no trapping): d^2 scales out."""
    energy = error = 0.0
    for channel in parents.options.channels:
        part, doubt = parents.moment(channel, 1)
        energy, error = energy + part, error + doubt
    if not energy > 0:
        return Limit(None, None, "no sterile neutrinos are made")
    d = math.sqrt(setup.cooling_share * setup.energy_erg * MEV_PER_ERG / energy)
    return Limit(d, 0.5 * d * error / energy)


def tip(excess, a: float, b: float) -> tuple[float, float]:
    """Place and height of the highest point between a and b, or of the first one found above 0: grids inside grids."""
    for _ in range(TIP_ROUNDS):
        grid = np.linspace(a, b, SCANNED)
        values = excess(grid)
        top = int(np.argmax(values))
        if values[top] > 0:
            break
        a, b = grid[max(top - 1, 0)], grid[min(top + 1, SCANNED - 1)]
    return float(grid[top]), float(values[top])


def bracket(excess, grid, values):
    """((a, b), (excess at a, at b)) with a the first point along `grid` that is above 0 and b one before it that is
    not, b None if there is none; or the highest point and its height, if it is not above 0.

    The signal may rise above 0 and fall again between two nodes, so each local maximum of the scan is looked at.
    """
    above = np.flatnonzero(values > 0)
    first = int(above[0]) if above.size else values.size
    best = (float(grid[np.argmax(values)]), float(values.max()))
    scanned = values[:first]
    maxima = 1 + np.flatnonzero((scanned[1:-1] >= scanned[:-2]) & (scanned[1:-1] > scanned[2:]))
    for i in maxima:
        top, height = tip(excess, grid[i - 1], grid[i + 1])
        if height > 0:
            return (top, float(grid[i - 1])), (height, float(values[i - 1]))
        best = max(best, (top, height), key=lambda point: point[1])
    if first == values.size:
        return best
    if first == 0:
        return (float(grid[0]), None), (float(values[0]), None)
    return (float(grid[first]), float(grid[first - 1])), (float(values[first]), float(values[first - 1]))


def shift(doubt: float, slope: float, bend: float) -> float:
    """How far a root moves when the function does by `doubt`: doubt/slope, and more near a tip, where the function
    bends back (or no farther than across it).
    """
    inside = slope * slope - 2 * bend * doubt
    return 2 * doubt / (slope + math.sqrt(inside)) if inside > 0 else (slope + math.sqrt(2 * bend * doubt)) / bend


def solve(signal, level: float, last: bool = False, relative_error: float = 0.0, rising: bool = False) -> Limit:
    """Smallest (or, with `last`, largest) d with d^2 signal(d) = level: a scan in ln d, and a closer look at its
    maxima, find the bracket, secants close it.  Where d^2 signal(d) is `rising`, the ends of the range are a bracket.
    """
    low, high = np.log(D_RANGE[0]), np.log(D_RANGE[1])
    grid = np.linspace(low, high, round((high - low) / math.log(10) * PER_DECADE) + 1)

    def excess(log_d):
        with np.errstate(divide="ignore"):  # no signal at all: -inf
            return np.log(signal(np.exp(log_d))[0]) + 2 * log_d - math.log(level)

    if rising:
        grid = grid[[0, -1]]
    if last:
        grid = grid[::-1]
    values = np.empty(0)
    while values.size < grid.size and not np.any(values > 0):  # no farther than to the first d that is above
        values = np.append(values, excess(grid[values.size : values.size + SCANNED]))
    if np.any(np.isnan(values) | (values == math.inf)):
        return failed("signal", Status.NOT_FINITE)
    ends, heights = bracket(excess, grid, values)
    if not isinstance(ends, tuple):
        return Limit(
            None, None, f"the signal stays below the limit for every d (at most {math.exp(heights):.6g} of it)"
        )
    (a, b), (fa, fb) = ends, heights
    if b is None:
        return Limit(
            None, None, f"the signal exceeds the limit up to the edge of the range, d = {math.exp(a):.3g} per MeV"
        )
    side = 0  # of the end that was moved last: the other end counts half if it stays twice (Illinois rule)
    for _ in range(60):
        c = a - fa * (b - a) / (fb - fa)
        if not min(a, b) < c < max(a, b):
            c = 0.5 * (a + b)
        fc = float(excess(np.array([c]))[0])
        if fc > 0:
            a, fa, fb, side = c, fc, fb * (0.5 if side > 0 else 1.0), 1
        else:
            b, fb, fa, side = c, fc, fa * (0.5 if side < 0 else 1.0), -1
        if abs(fc) < CLOSED or abs(a - b) < 1e-11:
            break
    value, error = (float(part[0]) for part in signal(np.exp(np.array([c]))))
    step = 1e-4
    around = excess(np.array([c - step, c, c + step]))
    slope, bend = abs(around[2] - around[0]) / (2 * step), abs(np.diff(around, 2)[0]) / step**2
    d = math.exp(c)
    error = d * shift(error / value + relative_error + CLOSED, float(slope), float(bend))
    return Limit(d, error) if math.isfinite(error) else failed("signal", Status.NOT_FINITE)


def coupling_limit(probe: str, M: float, delay: str, setup: Setup) -> Limit:
    """The limit of one probe on d [1/MeV] at one mass [MeV]: the smallest d that reaches the criterion (`smm_upper`:
    the largest).
    """
    parents = spectrum_beyond(setup.highest_threshold(probe), M, setup.options)
    if parents.status != Status.OK:
        return failed("spectrum of the sterile neutrinos", parents.status)
    if probe == "cooling":
        return _cooling(parents, setup)
    signal, level = criterion(probe, parents, setup, delay)
    if not math.isfinite(level):
        return Limit(None, None, "detectors without efficiency see nothing")
    limit = solve(signal, level, probe == "smm_upper", parents.relative_error, probe == "diffuse")
    if probe == "diffuse" and M > diffuse.M_MAX_MEV and limit.value is not None:
        note = f"formal: above {diffuse.M_MAX_MEV:g} MeV N is not relativistic and may decay inside its star"
        return replace(limit, note=note)
    return limit


def leptoquark(M, m_nu_eV: float = 0.1):
    """d [1/MeV] of the leptoquark model (ref. 26): 1e-13 MeV^-2 sqrt(m_nu M), M in MeV."""
    return 1e-13 * np.sqrt(m_nu_eV * 1e-6 * M)


CROSSED = 1e-3  # in ln of the ratio
CROSSOVERS = {"inverse_decay": (40.0, 60.0), "diffuse": (0.02, 0.06), "eastrogam": (1.5, 4.0), "smm": (50.0, 90.0)}


def crossover(curve: str, delay: str, setup: Setup) -> tuple[float, float]:
    """Mass [MeV] and its error at which two curves cross, by the Illinois rule in ln M (see the quantity
    crossover_mass).

    Raises
    ------
    ArithmeticError
        Where one of them has no limit.
    """

    def moment(probe, M):
        limit = coupling_limit(probe, M, delay, setup)
        if limit.value is None:
            raise ArithmeticError(f"{probe} at {M:g} MeV: {limit.note}")
        return limit.value

    def difference(log_M):
        M = math.exp(log_M)
        if curve == "inverse_decay":
            parents = spectrum(M, setup.options)
            return math.log(parents.moment("inverse_decay")[0] / parents.moment("scattering")[0])
        if curve == "diffuse":
            return math.log(moment("diffuse", M) / moment("smm", M))
        return math.log(leptoquark(M) / moment(curve, M))

    a, b = (math.log(edge) for edge in CROSSOVERS[curve])
    fa, fb = difference(a), difference(b)
    for _ in range(12):
        c = a - fa * (b - a) / (fb - fa)
        fc = difference(c)
        if abs(fc) < CROSSED:
            break
        if fc * fb < 0:
            a, fa = b, fb
        else:
            fa *= 0.5
        b, fb = c, fc
    slope = abs((fb - fa) / (b - a)) if b != a else 1.0
    return math.exp(c), math.exp(c) * (abs(fc) + CROSSED) / max(slope, 1e-3)
