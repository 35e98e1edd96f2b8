"""The star as escape needs it: snapshots in time, each with places along its radius, as far as there is matter.

Without absorption and gravity a sum over places is all there is (profile.py); here each place has its own matter, lapse
and way out.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from nubounds.constraints.sn_dipole import gravity, neutrinos, pns_8_8, user_profile
from nubounds.constraints.sn_dipole.constants import STARS
from nubounds.constraints.sn_dipole.exchange import Neutrinos, thermal_neutrinos
from nubounds.constraints.sn_dipole.inputs import Production, Star
from nubounds.constraints.sn_dipole.profile import (
    RHO_MIN,
    T_MIN_MEV,
    Zones,
    baryon_density,
    chemical_potential,
    dilution,
    gauss,
)
from nubounds.constraints.sn_dipole.targets import Matter

# Gauss nodes of PNS-8.8A between its anchors in ln t, and between its radii, by precision
PLACES = {"draft": (2, (3, 4, 3, 3, 4)), "paper": (2, (5, 8, 4, 3, 8)), "reference": (2, (5, 8, 4, 3, 8))}
SKIPPED = {"draft": 3, "paper": 1, "reference": 1}  # of so many anchors one is an end of an interval
CROWDED = 4  # places of the atmosphere crowd at its end with this power of the distance
USER_PIECES, USER_ORDER = 8, 3  # of the radius of a user's star, each with so many Gauss nodes
USER_STEP = (0.5, 0.15)  # longest step of its time, in ln t, and largest change of ln T over one
MATCHED_KM = 120.0  # nothing of PNS-8.8A outside this adds to its gravity
SHELLS = 160  # of the matter, on the way out
COLDEST_MEV = 0.5  # colder matter is left out: N of some MeV pass it


@dataclass(frozen=True)
class Layer:
    """The star at one time.

    t, dt : time and what it stands for [s];  r, dr : places and their weights [km], shape (n,);  matter, mu_nu, share:
    the state there, share the neutrinos' dilution;  r_out : where the matter ends [km];  gravity : lapse
    """

    t: float
    dt: float
    r: np.ndarray
    dr: np.ndarray
    rho: np.ndarray
    matter: Matter
    mu_nu: np.ndarray
    share: np.ndarray
    r_out: float
    gravity: gravity.Gravity

    @property
    def volume_cm3_s(self) -> np.ndarray:
        """Proper volume times the time of a distant clock, shape (n,)."""
        return 4 * np.pi * self.r**2 * self.dr * 1e15 * self.gravity.stretch(self.r) * self.dt

    @cached_property
    def shells(self) -> tuple[np.ndarray, np.ndarray]:
        """Lapse, and proper length per radius, in the middle of shells of equal width, from the first place on."""
        middle = np.maximum((np.arange(SHELLS) + 0.5) * self.r_out / SHELLS, self.r[0])
        return self.gravity.lapse(middle), self.gravity.stretch(middle)


def field(t: float, star: Star) -> gravity.Gravity:
    """The lapse of a star at one time after bounce [s].

    Parameters
    ----------
    t : time after bounce [s]
    star : the proto-neutron star: PNS-8.8A, or a user's

    Returns
    -------
    The lapse as a function of the radius.
    """
    if star.profile:
        profile = user_profile.of(star.profile)
        grid = np.unique(np.concatenate([[0.0], profile.r, np.linspace(0.0, float(profile.r[-1]), 400)]))
        return gravity.of_density(grid, profile.at(t, grid)["rho_gcc"])
    found = pns_8_8.Snapshot(t, star.T0_MeV)
    R = found.R_km
    outside = np.geomspace(1.5 * R, max(MATCHED_KM, 2 * R), 80)
    grid = np.concatenate([np.linspace(0.0, 1.5 * R, 301), outside[1:]])
    return gravity.of_density(grid, found.state(grid)[0])


def _layer(t, dt, r, dr, R, state, r_out, around, neutrino_potential) -> Layer:
    rho, T, Ye, Ynu = (state[name] for name in ("rho_gcc", "T_MeV", "Ye", "Ynu"))
    n = baryon_density(rho)
    mu_e = state.get("mu_e_MeV", chemical_potential(n * Ye, T, 2))
    mu_nu = state.get("mu_nue_MeV", chemical_potential(n * Ynu, T, 1))
    if not neutrino_potential:
        mu_nu = np.zeros_like(T)
    return Layer(t, dt, r, dr, rho, Matter(T, mu_e, n * Ye, n * (1 - Ye)), mu_nu, dilution(r / R), r_out, around)


def _embedded(t: float, dt: float, production: Production, orders) -> Layer:
    star, escape = pns_8_8.Snapshot(t, production.star.T0_MeV), production.escape
    edges, far_away = star.edges_km, False
    if escape.absorption != "none":
        faint, far = (
            min(star.R_km * (pns_8_8.EDGE_DENSITY / rho) ** (1 / star.fall), escape.escape_radius_km)
            for rho in (max(pns_8_8.FAINT_DENSITY, escape.atmosphere_gcc), escape.atmosphere_gcc)
        )
        edges = [0.0, *(min(x * star.R_km, far) for x in (star.x_peak, 0.9, 1.0)), faint, far]
        far_away = far > faint
    nodes = [gauss(a, b, n) for (a, b), n in zip(itertools.pairwise(edges), orders, strict=False) if b > a]
    if far_away:  # places crowd at the end, where N come from if the rest is opaque
        share, weight = gauss(0.0, 1.0, orders[-1])
        a, b = edges[-2:]
        nodes[-1] = b - (b - a) * (1 - share) ** CROWDED, CROWDED * (b - a) * (1 - share) ** (CROWDED - 1) * weight
    r, dr = (np.concatenate(column) for column in zip(*nodes, strict=True))
    state = dict(zip(user_profile.REQUIRED[2:], star.state(r), strict=True))
    around = field(t, production.star) if escape.gravity == "lapse" else gravity.none(edges[-1])
    return _kept(_layer(t, dt, r, dr, star.R_km, state, edges[-1], around, production.neutrino_potential), production)


def _kept(layer: Layer, production: Production) -> Layer:
    """Without absorption cold and faint matter is left out, as in profile.py; with it what is too cold to matter."""
    T = layer.matter.T
    keep = (T >= T_MIN_MEV) & (layer.rho >= RHO_MIN)
    if production.escape.absorption != "none":
        keep = T >= COLDEST_MEV
    if np.all(keep):
        return layer
    found = Matter(*(getattr(layer.matter, name)[keep] for name in ("T", "mu_e", "protons", "neutrons")))
    columns = {name: getattr(layer, name)[keep] for name in ("r", "dr", "rho", "mu_nu", "share")}
    outermost = int(np.flatnonzero(keep)[-1]) if np.any(keep) else keep.size - 1
    around = layer.r[outermost : outermost + 2]  # half-way to the next place nothing is left that N could meet
    r_out = layer.r_out if outermost == keep.size - 1 else float(around.mean())
    return replace(layer, matter=found, r_out=r_out, **columns)


def _user_radii(profile, t: float, r_out: float):
    """Gauss nodes [km] on pieces over which ln T, ln rho and the radius change by like amounts."""
    grid = np.unique(np.append(profile.r[profile.r < r_out], [0.0, r_out]))
    state = profile.at(t, grid)
    change = np.abs(np.diff(np.log(np.maximum(state["T_MeV"], COLDEST_MEV)))) / 0.4
    change += np.abs(np.diff(np.log(state["rho_gcc"]))) / 3 + np.diff(grid) / (0.3 * r_out)
    edges = np.interp(np.linspace(0, change.sum(), USER_PIECES + 1), np.concatenate([[0.0], np.cumsum(change)]), grid)
    parts = [gauss(a, b, USER_ORDER) for a, b in itertools.pairwise(edges)]
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def _from_user(t: float, dt: float, production: Production) -> Layer:
    profile, escape = user_profile.of(production.star.profile), production.escape
    r_out = float(profile.r[-1])
    if escape.absorption != "none":
        r_out = min(profile.edge(t, escape.atmosphere_gcc), escape.escape_radius_km)
    r, dr = _user_radii(profile, t, r_out)
    around = field(t, production.star) if escape.gravity == "lapse" else gravity.none(r_out)
    state = profile.at(t, r)
    found = _layer(t, dt, r, dr, profile.edge(t), state, r_out, around, production.neutrino_potential)
    return _kept(found, production)


def _user_times(profile) -> tuple[np.ndarray, np.ndarray]:
    """Times [s] and what they stand for: one node for rows that are near each other, two or more on long steps."""
    log_t = np.log(profile.t)
    heat = np.concatenate([[0.0], np.cumsum(profile.changes(axis=0))])
    edges = [0]
    for i in range(1, len(log_t)):
        far = log_t[i] - log_t[edges[-1]] > USER_STEP[0] or heat[i] - heat[edges[-1]] > USER_STEP[1]
        if far and i - 1 > edges[-1]:
            edges.append(i - 1)
    edges.append(len(log_t) - 1)
    times, weights = [], []
    for a, b in itertools.pairwise(edges):
        steps = max((log_t[b] - log_t[a]) / USER_STEP[0], (heat[b] - heat[a]) / USER_STEP[1])
        cuts = np.linspace(log_t[a], log_t[b], 1 + max(1, int(np.ceil(steps - 1e-9))))
        for low, high in itertools.pairwise(cuts):
            times.append(np.exp(0.5 * (low + high)))
            weights.append(np.exp(high) - np.exp(low))
    return np.array(times), np.array(weights)


def snapshot(t: float, production: Production, dt: float = 1.0, orders: tuple[int, ...] = ()) -> Layer:
    """The star at one time after bounce [s], standing for `dt` seconds.

    Parameters
    ----------
    t : time after bounce [s]
    production : how a supernova makes sterile neutrinos
    dt : what the snapshot stands for [s]
    orders : Gauss nodes of PNS-8.8A between the kinks of its radius; by default those of the precision

    Returns
    -------
    Places, weights and the state of matter.
    """
    if production.star.profile:
        return _from_user(t, dt, production)
    return _embedded(t, dt, production, orders or PLACES[production.accuracy.precision][1])


@lru_cache(maxsize=16)
def _layers(key: Production, times: int, orders: tuple, skipped: int) -> tuple[Layer, ...]:
    if key.star.profile:
        nodes = zip(*_user_times(user_profile.of(key.star.profile)), strict=True)
    else:
        nodes, edges = [], pns_8_8.time_edges()
        for low, high in itertools.pairwise([*edges[:-1:skipped], edges[-1]]):
            log_t, weight = gauss(np.log(low), np.log(high), times)
            share = weight * np.exp(log_t)
            nodes += zip(np.exp(log_t), share, strict=True)
    return tuple(snapshot(float(t), key, float(dt), orders) for t, dt in nodes)


def layers(production: Production, times: int = 0, orders: tuple[int, ...] = ()) -> tuple[Layer, ...]:
    """All snapshots of a star, kept for the process.

    Parameters
    ----------
    production : how a supernova makes sterile neutrinos
    times, orders : Gauss nodes of PNS-8.8A in ln t between its anchors, and between the kinks of its radius; by default
        those of the precision

    Returns
    -------
    The snapshots, whose `dt` add up to the duration
    """
    key = replace(
        Production(), star=production.star, neutrino_potential=production.neutrino_potential, escape=production.escape
    )
    usual = PLACES[production.accuracy.precision]
    return _layers(key, times or usual[0], orders or usual[1], SKIPPED[production.accuracy.precision])


def early_end(production: Production) -> str:
    """What there is to say of a user's star that lacks the thin matter around it, where N are absorbed; or nothing.

    Parameters
    ----------
    production : how a supernova makes sterile neutrinos
    """
    escape, file = production.escape, production.star.profile
    if not file or escape.absorption == "none":
        return ""
    profile = user_profile.of(file)
    if profile.r[-1] >= escape.escape_radius_km or profile.thickest_end <= escape.atmosphere_gcc:
        return ""
    return (
        f"the file ends at {profile.thickest_end:.1g} g/cm3 at one of its times, not at {escape.atmosphere_gcc:g}: "
        "upper edges of light N may be too low"
    )


def active_neutrinos(found: Layer, kind: str) -> Neutrinos:
    """The active neutrinos of a snapshot: fermi_dirac or pinched ones.

    Parameters
    ----------
    found : the snapshot
    kind : fermi_dirac, or anything else for pinched ones

    Returns
    -------
    The neutrinos at the places of the snapshot.
    """
    plain = thermal_neutrinos(found.mu_nu, found.share)
    if kind == "fermi_dirac":
        return plain
    gases = (
        neutrinos.gas(found.matter.T, found.mu_nu),
        neutrinos.gas(found.matter.T, -found.mu_nu),
        neutrinos.gas(found.matter.T, 0.0, copies=4),
    )
    return replace(plain, shapes=np.concatenate([gas.occupation_shape(found.share) for gas in gases], axis=1))


def as_zones(found: tuple[Layer, ...]) -> Zones:
    """The places of a star as zones of profile.py, those that are hot and dense enough for these."""
    columns = [
        np.concatenate(column)
        for column in zip(
            *(
                (
                    one.volume_cm3_s / one.gravity.stretch(one.r),
                    one.matter.T,
                    one.matter.mu_e,
                    one.mu_nu,
                    one.matter.protons,
                    one.share,
                    one.rho,
                )
                for one in found
            ),
            strict=True,
        )
    ]
    keep = (columns[1] >= T_MIN_MEV) & (columns[-1] >= RHO_MIN)
    return Zones(*(column[keep] for column in columns[:-1]))


@lru_cache(maxsize=STARS)
def hottest(star: Star) -> float:
    """Highest temperature [MeV] of a star's snapshots."""
    return max(float(one.matter.T.max()) for one in layers(replace(Production(), star=star)) if one.r.size)
