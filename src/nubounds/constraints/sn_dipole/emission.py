"""N that a star makes and that leave it, place by place: on all targets, absorbed and held back on the way."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from nubounds.constraints.sn_dipole import escape, exchange, layers, profile, user_profile, zone_error
from nubounds.constraints.sn_dipole.between_momenta import Places, Splines
from nubounds.constraints.sn_dipole.constants import HBARC_MEV_CM, PER_VOLUME_AND_TIME, SMALLEST, STARS
from nubounds.constraints.sn_dipole.exchange import vacuum_width
from nubounds.constraints.sn_dipole.inputs import E_MAX_MEV, Production
from nubounds.constraints.sn_dipole.layers import Layer
from nubounds.constraints.sn_dipole.place_rates import Kind, Rates, all_places, momenta, scattering
from nubounds.constraints.sn_dipole.rates import gauss
from nubounds.constraints.sn_dipole.ways_out import WaysOut

PANELS, NODES = 24, 8  # of integrals over it
INVERSE_DECAY = "inverse_decay"
# of a spectrum: rules, places and times of PNS-8.8A; and more of it where most N are absorbed
NUMERICAL_ERROR = {"draft": 4e-2, "paper": 1.5e-3, "reference": 1.5e-3}
ABSORBED_ERROR = {"draft": 5e-2, "paper": 8e-3, "reference": 8e-3}
USER_ERROR = 0.4  # the same of a user's star: the edge of a coarse table
LAST_LAYER_ERROR = 0.25  # and of deposited energy, which may come from the last layer of the atmosphere alone


@dataclass(frozen=True, eq=False)
class Emission:
    """N of one mass that leave the star in all its snapshots, per d^2, as a function of d.

    k, E : momenta and energies far away [MeV], shape (momenta,)
    """

    M: float
    production: Production
    found: tuple[Layer, ...]
    count: int = 0

    @cached_property
    def k(self) -> np.ndarray:
        return momenta(self.M, self.production, self.count)

    @cached_property
    def E(self) -> np.ndarray:
        return np.hypot(self.k, self.M)

    @cached_property
    def _absorbing(self) -> bool:
        return self.production.escape.absorption != "none"

    @cached_property
    def _rates(self) -> dict[Kind, Rates]:
        """Of each kind of targets, and of inverse decay."""
        production, answers = self.production, {}
        if "scattering" in production.channels:
            answers |= scattering(self.found, self.k, self.M, production)
        if INVERSE_DECAY in production.channels:
            at = all_places(self.found, production)
            E, heavy = self.E / at.lapse[:, None], production.photon.photon_mass
            made, absorbed = exchange.decay_exchange(E, self.M, at.matter, at.around, heavy, exchange.STAR_DECAY_NODES)
            answers[(INVERSE_DECAY,)] = Rates(made * np.sqrt(E**2 - self.M**2) * E / np.pi**2, made + absorbed)
        return answers

    @cached_property
    def _weights(self) -> np.ndarray:
        return np.concatenate([one.volume_cm3_s for one in self.found])[:, None] * PER_VOLUME_AND_TIME

    def made(self, channel: str) -> np.ndarray:
        """dN/dE [MeV] of N that are made with enough energy to leave, of one channel or of all scattering; shape
        (momenta,).
        """
        if channel in self.production.targets and (channel,) not in self._rates:  # it shares rates with another one
            alone = replace(self.production, targets=(channel,))
            return Emission(self.M, alone, self.found, self.count).made(channel)
        scattered = channel == "scattering"
        wanted = [kind for kind in self._rates if channel in kind or (scattered and INVERSE_DECAY not in kind)]
        return sum(((self._weights * self._rates[kind].made).sum(0) for kind in wanted), np.zeros_like(self.k))

    def _ways_out(self, decays: bool) -> WaysOut:
        """With or without decay on the way, kept."""
        if decays not in self._ways:
            _, shares = escape.directions(self.production.escape.absorption)
            self._ways[decays] = WaysOut(self._sources, self.depths(decays), shares)
        return self._ways[decays]

    @cached_property
    def _ways(self) -> dict[bool, WaysOut]:
        return {}

    def depths(self, decays: bool) -> np.ndarray:
        """tau/d^2 of all places, directions and momenta [MeV^2]: with or without decay on the way."""
        options, absorbed = self.production.escape, np.zeros((self._weights.size, self.k.size))
        for kind, rates in self._rates.items():
            if decays or INVERSE_DECAY not in kind:
                absorbed = absorbed + rates.taken
        return escape.optical_depths(
            self.found, absorbed, self.k, self.E, self.M, options.absorption, options.escape_radius_km, decays
        )

    @cached_property
    def _sources(self) -> np.ndarray:
        """What each place adds to dN/dE [MeV], shape (places, momenta)."""
        return self._weights * sum((rates.made for rates in self._rates.values()), np.zeros((1, self.k.size)))

    def spectrum(self, d, decays: bool = True) -> np.ndarray:
        """dN/dE [MeV] per d^2 of N that leave, at E.

        Parameters
        ----------
        d : coupling [1/MeV], shape (n,);  decays : whether N that decay before they are out are left out

        Returns
        -------
        Shape (n, momenta)
        """
        d = np.atleast_1d(np.asarray(d, float))
        if not self._absorbing:
            return np.broadcast_to(self._sources.sum(0), (d.size, self.k.size))
        return self._ways_out(decays).spectra(d)

    def left(self, d: float) -> np.ndarray:
        """dN/dE [MeV] per d^2 of N that scattering lets through at one d [1/MeV], shape (momenta,)."""
        return self.spectrum(d, decays=False)[0]

    def places(self, E: np.ndarray) -> Places:
        """Where spectra are asked for: dN/dE at some (E_N + p)/2 [MeV], shape (n,)."""
        p = E - 0.25 * self.M**2 / E
        return self._splines.places(p, p / E)

    @cached_property
    def _splines(self) -> Splines:
        return Splines.through(self.k)

    def share_left(self, d: np.ndarray) -> np.ndarray:
        """Share of the number of N that is `left` at d [1/MeV], shape (n,)."""
        return self.integral(self.spectrum(d, decays=False), lambda E, k: 1.0) / self._free_number

    @cached_property
    def _free_number(self) -> float:
        return float(self.integral(self.spectrum(np.zeros(1), decays=False), lambda E, k: 1.0)[0])

    def most_left(self, d, decays: bool = False) -> np.ndarray:
        """An upper bound of the share of N of any energy that leave at couplings d [1/MeV], shape (n,)."""
        return self._ways_out(decays).most_left(d) if self._absorbing else np.ones(np.shape(d))

    def free_below(self, decays: bool) -> float:
        """d [1/MeV] below which all N leave, to 1e-6."""
        return self._ways_out(decays).free_below if self._absorbing else math.inf

    @cached_property
    def _fine(self) -> tuple[np.ndarray, np.ndarray, Places]:
        """k and the weights in ln k of integrals over it, and spectra there."""
        nodes, weights = gauss(NODES)
        edges = np.linspace(math.log(self.k[0]), math.log(self.k[-1]), PANELS + 1)
        half = 0.5 * np.diff(edges)[:, None]
        log_k = (0.5 * (edges[1:] + edges[:-1])[:, None] + half * nodes).ravel()
        k = np.exp(log_k)
        return k, (half * weights).ravel(), self._splines.places(k, np.ones_like(k))

    def integral(self, spectrum, weight) -> np.ndarray:
        """Int dE weight(E, k) dN/dE of spectra at the nodes, shape (n, momenta); shape (n,)."""
        k, dlog_k, places = self._fine
        E = np.hypot(k, self.M)
        return (places.of(spectrum) * weight(E, k) * k**2 / E * dlog_k).sum(-1)

    def moment(self, channel: str, power: int = 0) -> float:
        """Int E^power dN [MeV^(2 + power)], per d^2, of what `made` gives."""
        made = self.made(channel)
        return float(self.integral(made[None], lambda E, k: E**power)[0]) if np.any(made > 0) else 0.0

    def energy(self, d) -> np.ndarray:
        """Energy/d^2 [MeV^3] of N that are lost, shape of d [1/MeV]."""
        return self.integral(self.spectrum(d), lambda E, k: E)

    @cached_property
    def free_energy(self) -> float:
        """The same if nothing were absorbed."""
        return float(self.energy(np.zeros(1))[0])

    def deposited(self, d, radius_cm: float, share: float, free: bool = False) -> np.ndarray:
        """Energy/d^2 [MeV^3] that N leave by decays inside a radius around the star, shape of d [1/MeV].

        Parameters
        ----------
        share : of the energy of N that stays there;  free : as if nothing were absorbed on the way out
        """
        d = np.atleast_1d(np.asarray(d, float))
        path = max(radius_cm - self.production.escape.escape_radius_km * 1e5, 0.0) / HBARC_MEV_CM
        width = vacuum_width(self.M) * self.M * path
        left = self.spectrum(np.zeros(1) if free else d)
        return self.integral(left, lambda E, k: -share * E * np.expm1(-(d[:, None] ** 2) * width / k))

    def error(self, d, energy) -> np.ndarray:
        """Relative error of energies/d^2 at d: more where most N are absorbed."""
        free = max(self.free_energy, SMALLEST)
        return self.relative_error + absorbed_error(self.production) * np.clip(1 - energy / free, 0.0, 1.0)

    @cached_property
    def relative_error(self) -> float:
        """Of numbers and energies of N that leave freely."""
        spectrum = self._sources.sum(0)
        if not np.any(spectrum > 0):
            return 0.0
        weight = spectrum * self.k**2
        of_places = float((weight * _places_error(self.production)(self.E)).sum() / weight.sum())
        missed = max((rates.missed for rates in self._rates.values()), default=0.0)
        return NUMERICAL_ERROR[self.production.accuracy.precision] + of_places + missed


def absorbed_error(production: Production) -> float:
    """Relative error of what is left where most N are absorbed."""
    return USER_ERROR if production.star.profile else ABSORBED_ERROR[production.accuracy.precision]


@lru_cache(maxsize=STARS)
def _error_of_places(key: Production):
    """Relative error of sums over a star's places, against zones of profile.py, as a function of the energy [MeV]."""
    plain = replace(key, escape=Production().escape)
    star = key.star
    reference = user_profile.of(star.profile).zones() if star.profile else profile.embedded_zones(star.T0_MeV)
    if not key.neutrino_potential:
        reference = replace(reference, mu_nu=np.zeros_like(reference.mu_nu))
    return zone_error.relative(layers.as_zones(layers.layers(plain)), reference)


def _places_error(production: Production):
    return _error_of_places(
        replace(Production(), star=production.star, neutrino_potential=production.neutrino_potential)
    )


@lru_cache(maxsize=32)
def luminous(M: float, production: Production, t_s: float) -> Emission:
    """The same of a star at one time after bounce [s], per second.

    Parameters
    ----------
    M : mass of N [MeV]
    production : how a supernova makes sterile neutrinos
    t_s : time after bounce [s]

    Returns
    -------
    The N that leave in one second.
    """
    return Emission(min(M, E_MAX_MEV), production, (layers.snapshot(t_s, production),))


@lru_cache(maxsize=32)
def emission(M: float, production: Production) -> Emission:
    """The N of mass M [MeV] of a star, kept for a while.

    Parameters
    ----------
    M : mass of N [MeV]
    production : how a supernova makes sterile neutrinos

    Returns
    -------
    The N that leave, as a function of d.
    """
    return Emission(min(M, E_MAX_MEV), production, layers.layers(production))
