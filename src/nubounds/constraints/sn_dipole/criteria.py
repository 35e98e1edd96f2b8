"""What excludes a coupling, probe by probe: energy loss, gamma-ray telescopes, neutrino detectors, the diffuse
background; and the limits on d that follow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np

from nubounds.constraints.sn_dipole import decay, detectors, diffuse, layers, low_energy
from nubounds.constraints.sn_dipole.constants import MEV_PER_ERG
from nubounds.constraints.sn_dipole.emission import LAST_LAYER_ERROR, Emission, emission, luminous
from nubounds.constraints.sn_dipole.inputs import Analysis, EnergyLoss, Leptoquark, Production
from nubounds.constraints.sn_dipole.leaving import BETWEEN_NODES, Leaving, SignalOfLeaving
from nubounds.constraints.sn_dipole.level_search import Limit, Region, failed, region, solve
from nubounds.constraints.sn_dipole.production import Spectrum, spectrum, spectrum_beyond
from nubounds.contract import Status

PHOTON_PROBES = ("smm", "fermi_223", "fermi_3600", "eastrogam")
SEARCHES = {"kamiokande_imb": ("kamiokande", "imb"), "hyperk": ("hyperk",), "dune": ("dune",)}  # and their detectors
TARGETS = {"kamiokande": "water", "imb": "water", "hyperk": "water", "dune": "argon"}
PROBES = ("cooling", "smm", "smm_upper", *PHOTON_PROBES[1:], *SEARCHES, "diffuse", "deposition")


def _neutrino_nodes(M: float, span: decay.Span, probe: str, analysis: Analysis, delay: str) -> decay.Nodes:
    """Int dE (Phi_nu/6) sigma_sum [1/molecule]: one of six species, nu_e and anti-nu_e have equal fluxes."""
    search, target = analysis.high_energy, TARGETS[SEARCHES[probe][0]]
    low, high = search.band(target)
    sigma = detectors.per_molecule(target, search.cross_sections.of(target))
    radius, distance = analysis.neutrinosphere.neutrinosphere_cm, analysis.distances.of(probe)
    window = decay.Window(radius, distance, search.neutrino_window_s, delay)
    breaks = [*detectors.BREAKS[target], 0.5 * M]
    _, E, weight, coarse = decay.panels(low, min(high, span[1]), [breaks], longest=0.6)
    factor = sigma(E) / 6
    return decay.points(M, span, E, weight * factor, coarse * factor, window)


def neutrino_signal(parents: Spectrum, probe: str, analysis: Analysis, delay: str) -> decay.Signal:
    """Int dE (Phi_nu/6) sigma_sum [1/molecule]: one of six species, nu_e and anti-nu_e have equal fluxes.

    Parameters
    ----------
    parents : spectrum of N
    probe : one of `SEARCHES`
    analysis : everything that a limit on d depends on besides mass, probe and delay
    delay : one of `decay.DELAYS`

    Returns
    -------
    The signal as a function of d

    References
    ----------
    text on the high-energy analysis.
    """
    return _neutrino_nodes(parents.M, parents.E_span, probe, analysis, delay).of(parents)


def _signal_per_molecule(probe: str, analysis: Analysis) -> float:
    """Signal per 1e40 molecules at which the -2 ln L of the detectors of a search, added up, reaches the threshold."""
    search, shares = analysis.high_energy, []
    for name in SEARCHES[probe]:
        mass_kt, efficiency = getattr(search.masses.detector_mass_kt, name), getattr(search.detector_efficiency, name)
        seen = detectors.molecules(TARGETS[name], mass_kt) * efficiency * 1e-40
        shares.append((seen, search.background_per_kt * mass_kt))
    return detectors.signal_limit(tuple(shares), search.threshold.threshold)


@lru_cache(maxsize=4)
def _nodes(M: float, span: decay.Span, probe: str, analysis: Analysis, delay: str) -> decay.Nodes:
    """Where the signal of :func:`criterion` asks for parents of mass M, and how it follows from them."""
    if probe == "low_energy":
        sphere, sn1987a = analysis.neutrinosphere, analysis.distances.sn1987a
        return low_energy.nodes(M, span, delay, analysis.low_energy, sphere, sn1987a)
    if probe == "diffuse":
        return diffuse.excess_nodes(M, span, diffuse.backgrounds_of(analysis.background), analysis.history)
    if probe in SEARCHES:
        return _neutrino_nodes(M, span, probe, analysis, delay)
    telescope = analysis.telescopes.of(probe)
    radius, distance = analysis.photosphere.photosphere_cm, analysis.distances.of(probe)
    window = decay.Window(radius, distance, telescope.window_s, delay)
    return decay.photon_nodes(M, span, telescope.E_min_MeV, telescope.E_max_MeV, window)


def _level(probe: str, analysis: Analysis) -> float:
    """The value of d^2 signal at the limit; infinite where nothing could be seen."""
    if probe in ("diffuse", "low_energy"):
        return 1.0
    if probe in SEARCHES:
        return _signal_per_molecule(probe, analysis) * 1e-40
    telescope = analysis.telescopes.of(probe)
    return telescope.counts / telescope.area_cm2


def criterion(probe: str, parents: Spectrum, analysis: Analysis, delay: str) -> tuple[Callable[..., Any], float]:
    """What a probe compares.

    Parameters
    ----------
    probe : one of `PROBES` but for cooling and deposition, or eastrogam_223
    parents : spectrum of N
    analysis : everything that a limit on d depends on besides mass, probe and delay
    delay : one of `decay.DELAYS`

    Returns
    -------
    signal per d^2 as a function of an array of d, giving (value, error);  the value of d^2 signal at the limit
    """
    return _nodes(parents.M, parents.E_span, probe, analysis, delay).of(parents), _level(probe, analysis)


_criterion = lru_cache(maxsize=2)(criterion)  # a region's two edges have one signal


def _highest_threshold(probe: str, analysis: Analysis) -> float:
    """Above which energy of daughters [MeV] a probe may ask what there is."""
    if probe == "diffuse":
        return max(one.E_max for one in diffuse.backgrounds_of(analysis.background))
    return 0.0 if probe == "cooling" or probe in SEARCHES else analysis.telescopes.of(probe).E_min_MeV


def _cooling(parents: Spectrum, loss: EnergyLoss) -> Limit:
    """d at which N carries away a share of the energy (no decay, no trapping): d^2 scales out."""
    energy = error = 0.0
    for channel in parents.production.channels:
        part, part_error = parents.moment(channel, 1)
        energy, error = energy + part, error + part_error
    if not energy > 0:
        return Limit(None, None, "no sterile neutrinos are made")
    d = math.sqrt(loss.limit_erg * MEV_PER_ERG / energy)
    return Limit(d, 0.5 * d * error / energy)


def lost_energy(M: float, d: np.ndarray, production: Production) -> tuple[np.ndarray, np.ndarray]:
    """Energy/d^2 [erg MeV^2] that N carry away, and its error.

    Parameters
    ----------
    M : mass of N [MeV]
    d : coupling [1/MeV], shape (n,)
    production : how a supernova makes sterile neutrinos

    Returns
    -------
    value, error : shape (n,)
    """
    source = emission(M, production)
    energy = source.energy(d)
    return energy / MEV_PER_ERG, source.error(d, energy) * energy / MEV_PER_ERG


def luminosity(M: float, d: np.ndarray, production: Production, t_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Luminosity/d^2 [erg/s MeV^2] in N at one time after bounce [s], and its error; arguments as `lost_energy`.

    Parameters
    ----------
    M : mass of N [MeV]
    d : coupling [1/MeV], shape (n,)
    production : how a supernova makes sterile neutrinos
    t_s : time after bounce [s]

    Returns
    -------
    Value and error, shape (n,).
    """
    source = luminous(M, production, t_s)
    energy = source.energy(d)
    return energy / MEV_PER_ERG, source.error(d, energy) * energy / MEV_PER_ERG


def deposited_energy(
    M: float, d: np.ndarray, production: Production, radius_cm: float, share: str
) -> tuple[np.ndarray, np.ndarray]:
    """Energy/d^2 [erg MeV^2] that decays leave in a star of some radius, and its error.

    Parameters
    ----------
    M : mass of N [MeV]
    d : coupling [1/MeV], shape (n,)
    production : how a supernova makes sterile neutrinos
    radius_cm : radius of the star [cm]
    share : photons, which are half of the energy, or all; the others as `lost_energy`

    Returns
    -------
    value, error : shape (n,)
    """
    source = emission(M, production)
    energy = source.deposited(d, radius_cm, 1.0 if share == "all" else 0.5)
    lost = source.energy(d)
    relative = source.error(d, lost) + LAST_LAYER_ERROR * (lost < 1e-6 * source.free_energy)
    return energy / MEV_PER_ERG, relative * energy / MEV_PER_ERG


ONE_SECOND = 1.0  # after bounce, when the luminosity is compared


@dataclass(frozen=True)
class EnergySignal:
    """An energy/d^2 [erg MeV^2] that N carry, as a function of d.

    source : the N;  value : the energy and its error, of an array of d;  free : the energy [MeV^3] if nothing were
        absorbed
    """

    source: Emission
    value: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    free: Callable[[np.ndarray], np.ndarray]

    def __call__(self, d) -> tuple[np.ndarray, np.ndarray]:
        return self.value(d)

    def ceiling(self, d) -> np.ndarray:
        """An upper bound of the value."""
        return BETWEEN_NODES * self.source.most_left(d, decays=True) * self.free(d) / MEV_PER_ERG


def _energy(probe: str, M: float, analysis: Analysis) -> tuple[EnergySignal, float, str]:
    """The energy/d^2 that excludes, carried away or left in the star, its limit and unit."""
    production, loss, heated = analysis.production, analysis.energy_loss, analysis.deposition.deposition
    level, unit, source = loss.limit_erg, "erg", emission(M, production)
    value, free = partial(lost_energy, M, production=production), lambda d: source.free_energy
    if probe == "deposition":
        level, share = heated.energy_erg, {"all": 1.0, "photons": 0.5}[heated.share]
        value = partial(deposited_energy, M, production=production, radius_cm=heated.radius_cm, share=heated.share)
        free = partial(source.deposited, radius_cm=heated.radius_cm, share=share, free=True)
    elif loss.cooling_criterion == "luminosity":
        unit, source = "erg/s", luminous(M, production, ONE_SECOND)
        value = partial(luminosity, M, production=production, t_s=ONE_SECOND)
    return EnergySignal(source, value, free), level, unit


def _energetic(probe: str, M: float, last: bool, analysis: Analysis) -> Limit:
    """The limit by an energy: carried away, or left in the star."""
    signal, level, unit = _energy(probe, M, analysis)
    limit = solve(signal, level, last)
    if limit.highest is not None:
        return replace(limit, note=f"{limit.note}: {limit.highest * level:.4g} of {level:.4g} {unit}")
    return limit


def coupling_limit(probe: str, M: float, delay: str, analysis: Analysis, last: bool = False) -> Limit:
    """The limit of one probe on d: the smallest d that reaches the criterion, or the largest.

    Parameters
    ----------
    probe : one of `PROBES`, low_energy, or eastrogam_223
    M : mass of the sterile neutrino [MeV]
    delay : one of `decay.DELAYS`
    analysis : everything that a limit on d depends on besides mass, probe and delay
    last : whether the largest d is asked for (as `smm_upper` does)

    Returns
    -------
    d and its error [1/MeV], or a reason why there is none

    Raises
    ------
    InputError
        For a user's file that cannot be used.
    """
    last = last or probe == "smm_upper"
    limit = _coupling_limit(probe, M, delay, analysis, last)
    early = layers.early_end(analysis.production) if last and limit.value is not None else ""
    return replace(limit, note="; ".join(filter(None, [limit.note, early]))) if early else limit


def _coupling_limit(probe: str, M: float, delay: str, analysis: Analysis, last: bool) -> Limit:
    production = analysis.production
    plain = production.of_the_paper
    if probe == "deposition" or (
        probe == "cooling" and (last or not plain or analysis.energy_loss.cooling_criterion == "luminosity")
    ):
        return _energetic(probe, M, last, analysis)
    if probe == "low_energy":
        parents, sn1987a = spectrum(M, production), analysis.distances.sn1987a
        return low_energy.limit(parents, delay, analysis.low_energy, analysis.neutrinosphere, sn1987a, last)
    if not plain:
        return _leaving(probe, M, delay, analysis, last)
    parents = spectrum_beyond(_highest_threshold(probe, analysis), M, analysis.production)
    if parents.status != Status.OK:
        return failed("spectrum of the sterile neutrinos", parents.status)
    if probe == "cooling":
        return _cooling(parents, analysis.energy_loss)
    signal, level = _criterion("smm" if probe == "smm_upper" else probe, parents, analysis, delay)
    if not math.isfinite(level):
        return Limit(None, None, "detectors without efficiency see nothing")
    limit = solve(signal, level, last, parents.relative_error, probe == "diffuse" and not last)
    return _with_formal_note(limit, probe, M)


def _with_formal_note(limit: Limit, probe: str, M: float) -> Limit:
    if probe == "diffuse" and M > diffuse.M_MAX_MEV and limit.value is not None:
        note = f"formal: above {diffuse.M_MAX_MEV:g} MeV N is not relativistic and may decay inside its star"
        return replace(limit, note=note)
    return limit


def _leaving(probe: str, M: float, delay: str, analysis: Analysis, last: bool) -> Limit:
    """The limit by daughters of N that do not leave freely."""
    asked = _of_daughters(probe, M, delay, analysis)
    if isinstance(asked, Limit):
        return asked
    signal, level, error = asked
    return _with_formal_note(solve(signal, level, last, error), probe, M)


def _of_daughters(probe: str, M: float, delay: str, analysis: Analysis) -> tuple[SignalOfLeaving, float, float] | Limit:
    """Signal of N that do not leave freely, its level and relative error; or why there is none."""
    level = _level(probe, analysis)
    if not math.isfinite(level):
        return Limit(None, None, "detectors without efficiency see nothing")
    signal = signal_of_leaving(probe, M, delay, analysis)
    if signal is None:
        return failed("spectrum of the sterile neutrinos", Status.NOT_FINITE)
    return signal, level, signal.source.relative_error


def excluded_region(probe: str, M: float, delay: str, analysis: Analysis) -> Region:
    """Both edges of what a probe excludes, where N do not leave as in the paper.

    Parameters
    ----------
    probe, M, delay, analysis : as for `coupling_limit`; smm_upper is no probe here

    Returns
    -------
    The edges, as `coupling_limit` gives them one by one, and the coupling with the highest signal.
    """
    if probe in ("cooling", "deposition"):
        return region(*_energy(probe, M, analysis)[:2])
    asked = _of_daughters(probe, M, delay, analysis)
    return Region(asked, asked) if isinstance(asked, Limit) else region(*asked)


def signal_of_leaving(probe: str, M: float, delay: str, analysis: Analysis) -> SignalOfLeaving | None:
    """The signal of N that are absorbed and decay on their way out.

    Parameters
    ----------
    probe, M, delay, analysis : as for `coupling_limit`

    Returns
    -------
    signal per d^2 as a function of an array of d, giving (value, error); None where no spectrum could be computed
    """
    source = emission(M, analysis.production)
    free = Leaving(source)
    if free.status != Status.OK:
        return None
    return SignalOfLeaving(source, _nodes(free.M, free.E_span, probe, analysis, delay))


def leptoquark(M: float | np.ndarray, model: Leptoquark) -> float | np.ndarray:
    """d [1/MeV] of the leptoquark model (ref. 26): 1e-13 MeV^-2 sqrt(m_nu M), M in MeV, of any shape.

    Parameters
    ----------
    M : mass of N [MeV], of any shape
    model : the leptoquark model of ref. 26

    Returns
    -------
    Couplings [1/MeV] of that shape

    References
    ----------
    ref. 26 of the paper.
    """
    return 1e-13 * np.sqrt(model.leptoquark_m_nu_eV * 1e-6 * M)


CROSSED = 1e-3  # in ln of the ratio
CROSSOVERS = {"inverse_decay": (40.0, 60.0), "diffuse": (0.02, 0.06), "eastrogam": (1.5, 4.0), "smm": (50.0, 90.0)}


def crossover(curve: str, delay: str, analysis: Analysis, model: Leptoquark) -> tuple[float, float]:
    """Mass at which two curves cross, by the Illinois rule in ln M (see the quantity crossover_mass).

    Parameters
    ----------
    curve : a key of `CROSSOVERS`
    delay : one of `decay.DELAYS`
    analysis : everything that a limit on d depends on besides mass, probe and delay
    model : the leptoquark model of ref. 26

    Returns
    -------
    mass and its error [MeV]

    Raises
    ------
    ArithmeticError
        Where one of them has no limit.
    """

    def moment(probe, M):
        limit = coupling_limit(probe, M, delay, analysis)
        if limit.value is None:
            raise ArithmeticError(f"{probe} at {M:g} MeV: {limit.note}")
        return limit.value

    def difference(log_M):
        M = math.exp(log_M)
        if curve == "inverse_decay":
            parents = spectrum(M, analysis.production)
            return math.log(parents.moment("inverse_decay")[0] / parents.moment("scattering")[0])
        if curve == "diffuse":
            return math.log(moment("diffuse", M) / moment("smm", M))
        return math.log(leptoquark(M, model) / moment(curve, M))

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
