"""How many sterile neutrinos of one mass a supernova makes, and with which energies, Eqs. (2), (A2).  Everything
is per d^2.

The distribution is kept over E = (E_N + p)/2, the energy of the parent neutrino in scattering and the upper end of the
daughters' box; with the rapidity y of N it is E = (M/2) e^y, E_N = M cosh y, p = M sinh y.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial

import numpy as np

from nubounds.constraints.sn_dipole import place_rates, profile, rates, star_sum, user_profile, zone_error
from nubounds.constraints.sn_dipole.constants import ENOUGH, LIGHT_MEV, PER_VOLUME_AND_TIME, SMALLEST, STARS
from nubounds.constraints.sn_dipole.inputs import CHANNELS, E_MAX_MEV, Production, Star
from nubounds.constraints.sn_dipole.leaving import Leaving, leaving
from nubounds.contract import Status
from nubounds.kernels import sn_dipole_nodes as kernel

BEYOND = 20.0  # spectra end so many temperatures above an energy that is asked about, at least
STEP_BEYOND = 0.06  # of the spline above E_MAX_MEV, in ln E
REACH_STEP_MEV = 500.0  # energies that are asked about share spectra
USELESS = 0.3  # nobody should use a spectrum with a relative error as large as this
E_MIN_MEV = 1.0  # and they begin here, or at a twentieth of the highest temperature
ENERGIES = 48  # nodes of the spline in E
RAPIDITIES = 96  # nodes of the spline of the inverse decay
NO_KNOTS, NO_COEFFICIENTS = np.empty(0), np.empty((4, 0))
INVERSE_DECAY_ERROR = 1e-4  # or that of the zones; the rules over energies add 1e-6
SPECTRA = 8192  # of one star that are kept
FINER = (2.0, ((18, 20, 10, 10), 5))  # zones to compare with: pieces of a user's star, Gauss nodes of PNS-8.8A


@lru_cache(maxsize=STARS)
def _zones(star: Star, neutrino_potential: bool) -> profile.Zones:
    found = user_profile.of(star.profile).zones() if star.profile else profile.embedded_zones(star.T0_MeV)
    return found if neutrino_potential else replace(found, mu_nu=np.zeros_like(found.mu_nu))


def zones_of(production: Production) -> profile.Zones:
    """The star's zones, kept for a while."""
    return _zones(production.star, production.neutrino_potential)


@lru_cache(maxsize=STARS)
def _zone_error(star: Star):
    """Relative error of a star's zones as a function of the parents' energy [MeV]."""
    if star.profile:
        return zone_error.relative(_zones(star, True), user_profile.of(star.profile).zones(FINER[0]))
    return zone_error.relative(_zones(star, True), profile.embedded_zones(star.T0_MeV, *FINER[1]))


def _rate_weights(zones: profile.Zones, E) -> np.ndarray:
    """(dn/dE) dV dt in units in which a rate in MeV gives sterile neutrinos per MeV; shape (zones, energies)."""
    return zones.neutrino_density(E) * zones.volume_cm3_s[:, None] * PER_VOLUME_AND_TIME


@lru_cache(maxsize=STARS)
def _star(production: Production) -> star_sum.Part:
    return star_sum.Part(zones_of(production))


class _Together:
    """Rates of some masses in the states of a star's representatives: computed for all of them at once, whichever is
    asked about first.
    """

    def __init__(self, grids: Sequence[rates.Grid], production: Production):
        self.scattering, self.precision = production.scattering, production.accuracy.precision
        self.grids = list(grids)
        self.some = [(E[rates.compared(E.size)], M) for E, M in grids]
        self.rates: dict[bytes, list] = {}
        self.rates_at_some: dict[bytes, list] = {}

    def rate(self, number: int, T, mu_e):
        """Value, error and status of one of the grids, shape (states, energies)."""
        key = T.tobytes() + mu_e.tobytes()
        if key not in self.rates:
            self.rates[key] = rates.star_rates(self.grids, T, mu_e, self.scattering, self.precision)
        return self.rates[key][number]

    def rate_at_some(self, number: int, T, mu_e):
        """The values alone at the compared energies."""
        key, rule = T.tobytes() + mu_e.tobytes(), rates.RULES[self.precision][0]
        if key not in self.rates_at_some:
            self.rates_at_some[key] = rates.rates_of_grids(self.some, T, mu_e, self.scattering, rule)
        return self.rates_at_some[key][number][0]


@lru_cache(maxsize=STARS)
def _expanded_spectra(production: Production) -> dict[tuple[bytes, float], tuple[np.ndarray, np.ndarray, Status]]:
    """`electron_spectrum` of all energies and masses that were asked about, filled by `_expand`."""
    return {}


def _expand(grids: Sequence[rates.Grid], production: Production) -> None:
    """Compute what is not known yet of `_expanded_spectra`."""
    known = _expanded_spectra(production)
    wanted = {(E.tobytes(), M): (E, M) for E, M in grids}
    if len(known) > SPECTRA and not wanted.keys() <= known.keys():
        known.clear()
    some = {key: grid for key, grid in wanted.items() if key not in known}
    star = _star(production)
    weights = {key: partial(_rate_weights, E=E) for (key, _), (E, _) in some.items()}  # masses have them in common

    def arguments(number, together):
        """Of a sum over the star: weights, rates and witness."""
        E, _ = together.grids[number]
        witness = star_sum.Witness(rates.compared(E.size), partial(together.rate_at_some, number))
        return weights[E.tobytes()], partial(together.rate, number), witness

    together = _Together(list(some.values()), production)
    whole = {key: star.sums(*arguments(number, together)) for number, key in enumerate(some)}
    known |= {key: star_sum.added([leaf]) for key, leaf in whole.items()}
    missing = [key for key, leaf in whole.items() if star_sum.needs_more(leaf)]
    further = _Together([some[key] for key in missing], production)  # the others need no more rates
    for number, key in enumerate(missing):
        known[key] = star_sum.total(star, *arguments(number, further), whole[key])


def _expanded_spectrum(E, M: float, production: Production) -> tuple[np.ndarray, np.ndarray, Status]:
    """`electron_spectrum` of any mass."""
    _expand([(E, M)], production)
    return _expanded_spectra(production)[E.tobytes(), M]


def _expanded(M: float, production: Production) -> tuple[float, ...]:
    """Masses whose spectra make up that of M: a screened rate is linear in M^2 for light N."""
    return (0.0, LIGHT_MEV) if M < LIGHT_MEV and production.scattering.screening != "none" else (M,)


def electron_spectrum(E: np.ndarray, M: float, production: Production) -> tuple[np.ndarray, np.ndarray, Status]:
    """G(E), parents per energy that scatter into N by nu e -> N e: sum over the zones of (dn/dE) Gamma/hbar.

    The rates of 61 zones represent those of all 1800 (representative_zones.py).  A screened rate depends on the mass of
    light N through M^2, linearly: all masses below LIGHT_MEV share two spectra.

    Parameters
    ----------
    E : energies of the neutrinos [MeV], shape (energies,)
    M : mass of N [MeV]
    production : how a supernova makes sterile neutrinos

    Returns
    -------
    value, error : shape (energies,) [MeV], per d^2;  the worst status of a rate
    """
    masses = _expanded(M, production)
    _expand([(E, m) for m in masses], production)
    found = [_expanded_spectra(production)[E.tobytes(), m] for m in masses]
    if len(found) == 1:
        return found[0]
    (massless, error, one), (heaviest, _, other) = found
    return massless + (M / LIGHT_MEV) ** 2 * (heaviest - massless), error, max(one, other)


def proton_spectrum(E: np.ndarray, M: float, production: Production) -> np.ndarray:
    """The same as :func:`electron_spectrum` [MeV], shape (energies,), from nu p -> N p, which is not in the paper.

    Parameters
    ----------
    E : energies of the neutrinos [MeV], shape (energies,)
    M : mass of N [MeV]
    production : how a supernova makes sterile neutrinos

    Returns
    -------
    Parents per energy and d^2 [MeV], shape (energies,).
    """
    total = np.zeros_like(E)
    for block in zones_of(production).blocks:
        rate = rates.proton_rate(
            E[None, :],
            block.T[:, None],
            block.mu_e[:, None],
            block.protons[:, None],
            M,
            production.scattering.screening,
        )
        total += (_rate_weights(block, E) * rate).sum(0)
    return total


def _line(low: float, points: int, high: float):
    """Energies [MeV] in equal ratios from `low` to 2 E_MAX_MEV, and in the same ratio on to `high`."""
    line = np.geomspace(low, 2 * E_MAX_MEV, points)
    step = math.log(line[1] / line[0])
    more = math.ceil(max(math.log(high / line[-1]), 0.0) / step)
    return np.append(line, line[-1] * np.exp(step * np.arange(1, more + 1)))


def _end(M: float, zones: profile.Zones) -> float:
    """Where the spectrum of N of mass M fades [MeV], whatever the neutrinos' chemical potential."""
    return float((np.maximum(M, np.abs(zones.mu_nu)) + ENOUGH * zones.T).max())


@lru_cache(maxsize=STARS)
def _coalescence(production: Production):
    """Spline of ln P(ln x, ln y): P = sum over the zones of volume times the neutrinos' occupation at x times the
    photons' at y (both in MeV).
    """
    from scipy.interpolate import RectBivariateSpline

    end = _end(E_MAX_MEV, zones_of(production))  # of the heaviest N; they have an energy of E + M^2/4E there
    x, y = (_line(low, points, end + E_MAX_MEV**2 / (4 * end)) for low, points in ((1e-2, 128), (1e-4, 160)))
    table = 0.0
    for block in zones_of(production).blocks:
        occupation = 2 * np.pi**2 * block.neutrino_density(x) / x**2 * block.volume_cm3_s[:, None]
        photons = 1.0 / np.expm1(np.minimum(y[None, :] / block.T[:, None], 700.0))
        table = table + np.einsum("zx,zy->xy", occupation, photons)
    return RectBivariateSpline(np.log(x), np.log(y), np.log(table + 1e-280), s=0), np.log(y[0])


def inverse_decay(E_N: np.ndarray, p: np.ndarray, M: float, production: Production, order: int = 64) -> np.ndarray:
    """dN/dE_N of gamma nu -> N (docs/sn_dipole.md, Formulae).

    Integral over the neutrino's energy x between (E_N -+ p)/2, with y = E_N - x the photon's.  In u = ln(x/y), where
    dx = x y/E_N du, soft neutrinos and soft photons (whose number goes as T/y) are both resolved.

    Parameters
    ----------
    E_N, p : energies and momenta of N [MeV], shape (n,)
    M : mass of N [MeV]
    production : how a supernova makes sterile neutrinos
    order : Gauss nodes

    Returns
    -------
    Shape (n,) [MeV], per d^2
    """
    spline, lowest = _coalescence(production)
    nodes, weights = rates.gauss(order)
    half = 2 * np.log((E_N + p) / M)[:, None]
    u = half * nodes
    x, y = E_N[:, None] / (1 + np.exp(-u)), E_N[:, None] / (1 + np.exp(u))
    log_x, log_y = np.log(x), np.log(y)
    table = kernel.bicubic(log_x.ravel(), log_y.ravel(), *spline.tck).reshape(x.shape)
    table = np.exp(table + np.maximum(lowest - log_y, 0.0))  # photons ~ T/y below the table
    integral = (half * weights * x * y / E_N[:, None] * table).sum(1)
    return M**4 / (4 * np.pi**3) * integral * PER_VOLUME_AND_TIME


def _not_a_number(x):
    return np.full(np.shape(x), np.nan)


@dataclass(frozen=True)
class Spectrum:
    """Sterile neutrinos of one mass per supernova, per d^2, as a function of E = (E_N + p)/2.

    NaN wherever it is asked if a rate failed: `status` says how.
    """

    M: float
    production: Production
    reach: float = 0.0  # energy that is asked about [MeV]

    @cached_property
    def E_top(self) -> float:
        """Where the spectrum ends [MeV]: what is above is below 1e-6 of the whole, and of what is above `reach`."""
        zones = zones_of(self.production)
        return max(E_MAX_MEV, _end(self.M, zones), self.reach + BEYOND * float(zones.T.max()))

    @cached_property
    def E_low(self) -> float:
        return max(min(E_MIN_MEV, 0.05 * float(zones_of(self.production).T.max())), 0.5 * self.M)

    @cached_property
    def status(self) -> Status:
        """What became of the chosen channels: the worst status of a rate, or NOT_CONVERGED where the number or energy
        of N is too uncertain to be used.
        """
        return max(self._tables(channel)[-1] for channel in self.production.channels)

    def _zone_error(self, E):
        return _zone_error(self.production.star)(E)

    def _tables(self, channel: str):
        return self._scattering if channel == "scattering" else self._inverse_decay

    @cached_property
    def _energies(self) -> np.ndarray:
        """Nodes of the spline in E."""
        E = np.geomspace(self.E_low, E_MAX_MEV, ENERGIES)
        if self.E_top > E_MAX_MEV:
            steps = 1 + math.ceil(math.log(self.E_top / E_MAX_MEV) / STEP_BEYOND)
            E = np.concatenate([E, np.geomspace(E_MAX_MEV, self.E_top, 1 + steps)[1:]])
        return E

    @property
    def grids(self) -> list[rates.Grid]:
        """Energies and masses at which rates on electrons are needed."""
        if "scattering" not in self.production.channels:
            return []
        return [(self._energies, m) for m in _expanded(self.M, self.production)]

    @cached_property
    def _scattering(self):
        """Splines of ln G and of the relative error in ln E, and the status."""
        from scipy.interpolate import CubicSpline

        E = self._energies
        G, error, status = electron_spectrum(E, self.M, self.production)
        if self.production.protons:
            G = G + proton_spectrum(E, self.M, self.production)
        error = np.where(G > SMALLEST, error + self._zone_error(self.kinematics(E)[0]) * G, SMALLEST)
        G = np.maximum(G, SMALLEST)
        if status == Status.OK and not np.all(np.isfinite(G + error)):
            status = Status.NOT_FINITE
        if status == Status.OK and any((error @ E**k) > USELESS * (G @ E**k) for k in (1, 2)):
            status = Status.NOT_CONVERGED
        if status != Status.OK:
            return _not_a_number, _not_a_number, status
        return CubicSpline(np.log(E), np.log(G)), CubicSpline(np.log(E), np.minimum(error / G, 1.0)), status

    @cached_property
    def _inverse_decay(self):
        """Spline of ln(dN/dE_N / p) in the rapidity of N, in which it is smooth through the threshold, and the
        status.
        """
        from scipy.interpolate import CubicSpline

        rapidity = np.linspace(0.0, np.log(2 * self.E_top / self.M), RAPIDITIES)
        inner = np.maximum(rapidity, 1e-4)
        E_N, p = self.M * np.cosh(inner), self.M * np.sinh(inner)
        value = inverse_decay(E_N, p, self.M, self.production) / p
        if not np.all(np.isfinite(value)):
            return _not_a_number, Status.NOT_FINITE
        shares = value * p**2 * np.stack([np.ones_like(E_N), E_N])
        if np.any(shares @ self._inverse_decay_error(0.5 * (E_N + p)) > USELESS * shares.sum(1)):
            return _not_a_number, Status.NOT_CONVERGED
        return CubicSpline(rapidity, np.log(np.maximum(value, 1e-300))), Status.OK

    def kinematics(self, E):
        """E_N and p [MeV] at E."""
        shift = 0.25 * self.M**2 / E
        return E + shift, E - shift

    def rate(self, E):
        """G(E) [MeV], parents per energy that scatter into N; the paper's Eq. (2) takes it for dN/dE_N."""
        return np.exp(self._scattering[0](np.log(E)))

    def scattering(self, E):
        """dN/dE [MeV] from scattering: G(E), or (p/E) G(E) with the paper's missing Jacobian (`jacobian=False`)."""
        G = self.rate(E)
        return G if self.production.jacobian else G * self.kinematics(E)[1] / E

    def coalescence(self, E):
        """dN/dE [MeV] from inverse decay: (p/E) dN/dE_N."""
        p = self.kinematics(E)[1]
        return p**2 / E * np.exp(self._inverse_decay[0](np.log(2 * E / self.M)))

    @cached_property
    def _splines(self) -> list[np.ndarray]:
        """Knots and coefficients of the splines of scattering and inverse decay, empty of a channel that was not
        chosen.
        """
        found = []
        for channel in CHANNELS:
            used = channel in self.production.channels
            found += [self._tables(channel)[0].x, self._tables(channel)[0].c] if used else [NO_KNOTS, NO_COEFFICIENTS]
        return [np.ascontiguousarray(part) for part in found]

    def __call__(self, E):
        """dN/dE [MeV] of the chosen channels, E an array [MeV] between M/2 and E_top (0 below E_MIN_MEV for
        scattering).
        """
        if self.status != Status.OK:
            return _not_a_number(E)
        return kernel.density(
            np.ascontiguousarray(E, dtype=float), self.M, self.E_low, self.production.jacobian, *self._splines
        )

    def error(self, E):
        """Error of dN/dE [MeV] at E."""
        total = np.zeros_like(E)
        if "scattering" in self.production.channels:
            inside = self.E_low <= E
            relative = np.abs(self._scattering[1](np.log(E[inside])))
            total[inside] += self.scattering(E[inside]) * relative
        if "inverse_decay" in self.production.channels:
            total += self._inverse_decay_error(E) * self.coalescence(E)
        return total

    def _inverse_decay_error(self, E):
        return np.maximum(INVERSE_DECAY_ERROR, self._zone_error(self.kinematics(E)[0]))

    @property
    def E_span(self) -> tuple[float, float]:
        """Energies between which there is anything that counts (below E_MIN_MEV light N come from inverse decay alone,
        in negligible numbers beside scattering).
        """
        return self._lowest("scattering" if "scattering" in self.production.channels else "inverse_decay"), self.E_top

    def _lowest(self, channel: str) -> float:
        """Least E of a channel [MeV]."""
        return self.E_low if channel == "scattering" else 0.5 * self.M

    def moment(self, channel: str, power: int = 0) -> tuple[float, float]:
        """Int E_N^power dN of one channel [MeV^(2 + power)], and its error (from coarser rules for rates, fewer
        representatives, finer zones), kept for the next probe.
        """
        if (channel, power) not in self._moments:
            self._moments[channel, power] = self._moment(channel, power)
        return self._moments[channel, power]

    @cached_property
    def _moments(self) -> dict[tuple[str, int], tuple[float, float]]:
        return {}

    def _moment(self, channel: str, power: int) -> tuple[float, float]:
        nodes, weights = rates.gauss(16)
        edges = np.linspace(np.log(self._lowest(channel)), np.log(self.E_top), 25)
        half = 0.5 * np.diff(edges)[:, None]
        log_E = (0.5 * (edges[1:] + edges[:-1])[:, None] + half * nodes).ravel()
        E, dE = np.exp(log_E), (half * weights).ravel() * np.exp(log_E)
        E_N, _ = self.kinematics(E)
        if channel == "scattering":
            values = self.scattering(E) * E_N**power * dE
            return float(values.sum()), float((values * np.abs(self._scattering[1](log_E))).sum())
        values = self.coalescence(E) * E_N**power * dE
        return float(values.sum()), float((values * self._inverse_decay_error(E)).sum())

    @cached_property
    def relative_error(self) -> float:
        """Error of the number of N, relative: what the spectrum adds to the error of a signal."""
        parts = [self.moment(channel) for channel in self.production.channels]
        total = sum(part for part, _ in parts)
        return sum(error for _, error in parts) / total if total > 0 else 0.0


@dataclass(frozen=True)
class SpectrumError:
    """The error of a spectrum [MeV], at the same energies: what it adds to the error of a signal is its signal."""

    parents: Spectrum | Leaving

    @property
    def M(self) -> float:
        return self.parents.M

    @property
    def E_span(self) -> tuple[float, float]:
        return self.parents.E_span

    def __call__(self, E):
        return self.parents.error(E)


@lru_cache(maxsize=SPECTRA)
def spectrum(M: float, production: Production, reach: float = 0.0) -> Spectrum | Leaving:
    """The spectrum of sterile neutrinos of mass M [MeV], kept for a while: Eqs. (2), (A2), or beyond the paper
    those that have enough energy to leave, with absorption left out (d to 0).

    Parameters
    ----------
    M : mass of N [MeV]
    production : how a supernova makes sterile neutrinos
    reach : energy of daughters [MeV] above which all parents that count are needed

    Returns
    -------
    Parents without the factor d^2
    """
    return Spectrum(M, production, reach) if production.of_the_paper else leaving(M, 0.0, production)


def spectrum_beyond(E: float, M: float, production: Production, d: float = 0.0) -> Spectrum | Leaving:
    """The same with all parents that count above the energy E [MeV], up to E_MAX_MEV: the usual one if it goes so
    far.

    Parameters
    ----------
    E : energy of daughters [MeV] above which all parents that count are needed
    M : mass of N [MeV]
    production : how a supernova makes sterile neutrinos
    d : coupling [1/MeV] at which N leave, which matters beyond the paper

    Returns
    -------
    Parents without the factor d^2
    """
    if not production.of_the_paper:
        return leaving(M, d, production)
    E = min(E, E_MAX_MEV)
    needed, reach = E + BEYOND * zones_of(production).T.max(), REACH_STEP_MEV * math.ceil(E / REACH_STEP_MEV)
    if needed <= spectrum(M, production).E_top:
        return spectrum(M, production)
    if M in (together := _together(production)):
        others = [m for m in together if needed > spectrum(m, production).E_top]
        _expand([grid for m in others for grid in spectrum(m, production, reach).grids], production)
    return spectrum(M, production, reach)


@lru_cache(maxsize=STARS)
def _together(production: Production) -> list[float]:
    """Masses of N [MeV] that were last asked about together: what one of them needs, the others need too."""
    return []


def compute_together(masses: Iterable[float], production: Production) -> None:
    """Compute the spectra of several masses at once, so that :func:`spectrum` has them: the same digits as one by one,
    at a small part of the cost.

    Parameters
    ----------
    masses : masses of N [MeV]
    production : how a supernova makes sterile neutrinos
    """
    if production.of_the_paper:
        _together(production)[:] = masses
        _expand([grid for M in _together(production) for grid in spectrum(M, production).grids], production)
    else:
        place_rates.compute_together(masses, production)
