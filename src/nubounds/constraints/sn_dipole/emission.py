"""N that a star makes and that leave it, place by place: on all targets, absorbed and held back on the way."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from typing import Any

import numpy as np

from nubounds.constraints.sn_dipole import escape, exchange, layers, profile, user_profile, zone_error
from nubounds.constraints.sn_dipole.between_momenta import Places, Splines
from nubounds.constraints.sn_dipole.constants import ENOUGH, HBARC_MEV_CM, LIGHT_MEV, PER_VOLUME_AND_TIME
from nubounds.constraints.sn_dipole.exchange import vacuum_width
from nubounds.constraints.sn_dipole.inputs import E_MAX_MEV, Production
from nubounds.constraints.sn_dipole.layers import Layer
from nubounds.constraints.sn_dipole.rates import gauss
from nubounds.constraints.sn_dipole.targets import Matter, gases
from nubounds.constraints.sn_dipole.ways_out import WaysOut

K_TOP_MEV = 1100.0  # momenta of N go as far, or as far as paper's spectra do above M
K_LOW = (1.0, 0.03)  # and from here [MeV], or from this share of M
MOMENTA = {"draft": 12, "paper": 18, "reference": 18}  # nodes of the spline in ln k, by precision
PANELS, NODES = 24, 8  # of integrals over it
AT_ONCE = 16  # masses whose rates share their integrals
KINDS = (("electrons", "positrons"), ("protons", "neutrons"))  # targets that share them as well
INVERSE_DECAY = "inverse_decay"
# of a spectrum: rules, places and times of PNS-8.8A; and more of it where most N are absorbed
NUMERICAL_ERROR = {"draft": 4e-2, "paper": 1.5e-3, "reference": 1.5e-3}
ABSORBED_ERROR = {"draft": 5e-2, "paper": 8e-3, "reference": 8e-3}
USER_ERROR = 0.4  # the same of a user's star: the edge of a coarse table
LAST_LAYER_ERROR = 0.25  # and of deposited energy, which may come from the last layer of the atmosphere alone
SMALLEST = 1e-300


def momenta(M: float, production: Production, count: int = 0) -> np.ndarray:
    """Nodes in the momentum of N far away [MeV], shape (count,).

    Parameters
    ----------
    M : mass of N [MeV]
    production : how a supernova makes sterile neutrinos
    count : number of nodes; by default that of the precision

    Returns
    -------
    Momenta [MeV], ascending, in equal steps of their logarithm.
    """
    top = max(K_TOP_MEV, M + ENOUGH * layers.hottest(production.star))
    return np.geomspace(max(K_LOW[0], K_LOW[1] * M), top, count or MOMENTA[production.accuracy.precision])


def _joined(found: tuple[Layer, ...], kind: str):
    """Matter and neutrinos of all places of all snapshots in one."""
    columns = (np.concatenate([getattr(one.matter, name) for one in found]) for name in Matter.__dataclass_fields__)
    parts = [layers.active_neutrinos(one, kind) for one in found]
    around = (np.concatenate([getattr(part, name) for part in parts]) for name in ("mu", "dilution", "shapes"))
    return Matter(*columns), exchange.Neutrinos(*around)


def _target(name: str) -> str:
    """electron for electrons."""
    return name.removesuffix("s")


@dataclass(frozen=True, eq=False)
class _Places:
    """All places of some snapshots: matter, neutrinos, lapse and the kernel's rows of each target."""

    matter: Matter
    around: exchange.Neutrinos
    lapse: np.ndarray
    rows: dict[str, np.ndarray]


def _places(found: tuple[Layer, ...], production: Production) -> _Places:
    """Kept for the whole star."""
    return _star(production) if found is layers.layers(production) else _places_of(found, production)


def _places_of(found: tuple[Layer, ...], production: Production) -> _Places:
    matter, around = _joined(found, production.neutrinos)
    scattering, names = production.scattering, tuple(map(_target, production.targets))
    rows = gases(matter, scattering.screening, scattering.form_factors, names)
    return _Places(matter, around, np.concatenate([one.gravity.lapse(one.r) for one in found]), rows)


@lru_cache(maxsize=4)
def _star(production: Production) -> _Places:
    return _places_of(layers.layers(production), production)


def kinds(targets: Sequence[str]) -> list[tuple[str, ...]]:
    """Targets of about one mass together, of those that there are."""
    present = (tuple(name for name in kind if name in targets) for kind in KINDS)
    return [kind for kind in present if kind]


def _scattering(at: _Places, masses: Sequence[float], grids: Sequence[np.ndarray], production: Production):
    """For each mass kind of targets -> (production rate [MeV^4], Gamma^< + Gamma^> [MeV^3]) at all places, shape
    (places, momenta), of N whose momenta far away are its grid.
    """
    thermal = replace(at.around, shapes=at.around.shapes[:, :0])
    E = [np.hypot(k, M) / at.lapse[:, None] for k, M in zip(grids, masses, strict=True)]
    absorbing, exact = production.escape.absorption != "none", production.kinematics == "exact"
    answers: list[dict[tuple[str, ...], tuple[Any, ...]]] = [{} for _ in masses]
    for kind in kinds(production.targets):
        rows = [at.rows[_target(name)] for name in kind]
        exchanged: Sequence[tuple[Any, Any]] = [(None, None)] * len(masses)
        if exact or absorbing:
            exchanged = exchange.star_exchange(E, masses, rows, at.around if exact else thermal, production.scattering)
        for answer, M, energy, (made, absorbed) in zip(answers, masses, E, exchanged, strict=True):
            taken = None if made is None else made + absorbed
            if exact:
                made = made * np.sqrt(energy**2 - M**2) * energy / np.pi**2
            else:
                made = sum(_on_light_cone(energy, M, row, at, production) for row in rows)
            answer[kind] = (made, taken)
    return answers


def _on_light_cone(E, M: float, row, at: _Places, production: Production):
    """Production rate [MeV^4] of N of energy E from parents of the energy (E + p)/2."""
    p = np.sqrt(E**2 - M**2)
    parent = 0.5 * (E + p)
    rate = exchange.scattering_rate(parent, M, row, production.scattering, exchange.STAR_RULE)
    made = parent**2 * at.around.present(parent, at.matter.T) * rate / (2 * np.pi**2)
    return made * parent / p if production.jacobian else made


def _expanded(M: float, production: Production) -> tuple[float, ...]:
    """Masses whose rates make up those of M: screened rates of light N are linear in M^2."""
    light = M < LIGHT_MEV and production.scattering.screening != "none"
    return (0.0, LIGHT_MEV) if light else (M,)


@lru_cache(maxsize=4)
def _shared(masses: tuple[float, ...], production: Production) -> dict[float, dict[tuple[str, ...], tuple[Any, ...]]]:
    """Rates in the whole star of some masses, which share their integrals."""
    grids = [momenta(0.0 if M <= LIGHT_MEV else M, production) for M in masses]
    return dict(zip(masses, _scattering(_star(production), masses, grids, production), strict=True))


@lru_cache(maxsize=4)
def _together(production: Production) -> list[tuple[float, ...]]:
    """Masses [MeV] that were last asked about together, a few at a time."""
    return []


def compute_together(masses: Iterable[float], production: Production) -> None:
    """Let several masses share the integrals of their rates: the same digits as one by one, at a part of the cost.

    Parameters
    ----------
    masses : masses of N [MeV]
    production : how a supernova makes sterile neutrinos
    """
    wanted = sorted({one for M in masses for one in _expanded(min(M, E_MAX_MEV), production)})
    _together(production)[:] = [tuple(wanted[i : i + AT_ONCE]) for i in range(0, len(wanted), AT_ONCE)]


def _rates_of(M: float, production: Production) -> dict[tuple[str, ...], tuple[Any, ...]]:
    masses = next((some for some in _together(production) if M in some), (M,))
    return _shared(masses, production)[M]


def scattering(
    found: tuple[layers.Layer, ...], k: np.ndarray, M: float, production: Production
) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """:func:`_scattering` of any mass at its usual momenta, or at others.

    Parameters
    ----------
    found : snapshots of the star
    k : momenta of N far away [MeV], shape (energies,)
    M : mass of N [MeV]
    production : how a supernova makes sterile neutrinos

    Returns
    -------
    kind of targets -> production rate [MeV^4] and Gamma^< + Gamma^> [MeV^3] (None where that is not needed),
    shape (places, energies)
    """
    if found is not layers.layers(production) or k.size != MOMENTA[production.accuracy.precision]:
        return _scattering(_places(found, production), [M], [k], production)[0]
    rates = [_rates_of(one, production) for one in _expanded(M, production)]
    if len(rates) == 1:
        return rates[0]
    massless, heaviest = rates
    share = (M / LIGHT_MEV) ** 2
    return {
        kind: tuple(
            None if one is None else one + share * (other - one)
            for one, other in zip(massless[kind], heaviest[kind], strict=True)
        )
        for kind in massless
    }


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
    def _rates(self):
        """kind of targets, or inverse decay -> (production rate, Gamma*)."""
        production, answers = self.production, {}
        if "scattering" in production.channels:
            answers |= scattering(self.found, self.k, self.M, production)
        if INVERSE_DECAY in production.channels:
            at = _places(self.found, production)
            E, heavy = self.E / at.lapse[:, None], production.photon.photon_mass
            made, absorbed = exchange.decay_exchange(E, self.M, at.matter, at.around, heavy, exchange.STAR_DECAY_NODES)
            answers[(INVERSE_DECAY,)] = (made * np.sqrt(E**2 - self.M**2) * E / np.pi**2, made + absorbed)
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
        return sum(((self._weights * self._rates[kind][0]).sum(0) for kind in wanted), np.zeros_like(self.k))

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
        for kind, (_, rate) in self._rates.items():
            if decays or INVERSE_DECAY not in kind:
                absorbed = absorbed + rate
        return escape.optical_depths(
            self.found, absorbed, self.k, self.E, self.M, options.absorption, options.escape_radius_km, decays
        )

    @cached_property
    def _sources(self) -> np.ndarray:
        """What each place adds to dN/dE [MeV], shape (places, momenta)."""
        return self._weights * sum((made for made, _ in self._rates.values()), np.zeros((1, self.k.size)))

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
        places = float((weight * _places_error(self.production)(self.E)).sum() / weight.sum())
        return NUMERICAL_ERROR[self.production.accuracy.precision] + places


def absorbed_error(production: Production) -> float:
    """Relative error of what is left where most N are absorbed."""
    return USER_ERROR if production.star.profile else ABSORBED_ERROR[production.accuracy.precision]


@cache
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
