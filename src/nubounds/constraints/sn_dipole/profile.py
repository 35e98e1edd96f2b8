"""The interior of the star as the production needs it: zones of space and time with temperature and chemical
potentials.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, fields
from functools import cache, cached_property, lru_cache

import numpy as np

from nubounds.constraints.sn_dipole import neutrinos, pns_8_8
from nubounds.constraints.sn_dipole.constants import ATOMIC_MASS_G, HBARC_MEV_CM, STARS

T_MIN_MEV = 1.5  # colder and
RHO_MIN = pns_8_8.FAINT_DENSITY  # thinner matter makes no sterile neutrinos to speak of
BLOCK = 20000  # zones that are worked on at a time
EDGE_DENSITY = pns_8_8.EDGE_DENSITY  # density of the neutrinos' surface R(t) [g/cm3]


def chemical_potential(density_MeV3: np.ndarray, T: np.ndarray, states: int) -> np.ndarray:
    """mu of a massless gas of particles minus antiparticles: n = g (mu^3 + pi^2 T^2 mu)/6 pi^2, the real root in
    closed form.

    Parameters
    ----------
    density_MeV3, T : arrays [MeV^3], [MeV]
    states : g, 2 for electrons, 1 for one neutrino species

    Returns
    -------
    [MeV], of the broadcast shape.
    """
    p, q = (np.pi * T) ** 2, 6 * np.pi**2 * density_MeV3 / states
    return 2 * np.sqrt(p / 3) * np.sinh(np.arcsinh(1.5 * q / p * np.sqrt(3 / p)) / 3)


def baryon_density(rho_gcc):
    """Baryons per volume in natural units [MeV^3]."""
    return rho_gcc / ATOMIC_MASS_G * HBARC_MEV_CM**3


@dataclass(frozen=True)
class Zones:
    """Volumes of the star in space and time, as arrays of one length.

    volume_cm3_s : 4 pi r^2 dr dt;  T, mu_e, mu_nu [MeV];  protons [MeV^3];  dilution : share of the neutrinos left,
        1 inside their surface
    """

    volume_cm3_s: np.ndarray
    T: np.ndarray
    mu_e: np.ndarray
    mu_nu: np.ndarray
    protons: np.ndarray
    dilution: np.ndarray

    @cached_property
    def blocks(self) -> tuple[Zones, ...]:
        """The same zones in pieces, so that a fine profile does not need much memory."""
        columns = [getattr(self, entry.name) for entry in fields(self)]
        return tuple(
            Zones(*(column[start : start + BLOCK] for column in columns)) for start in range(0, self.T.size, BLOCK)
        )

    @cached_property
    def gases(self) -> tuple[neutrinos.Gas, ...]:
        """The active neutrinos: nu_e, anti-nu_e and four nu_x."""
        return (
            neutrinos.gas(self.T, self.mu_nu),
            neutrinos.gas(self.T, -self.mu_nu),
            neutrinos.gas(self.T, 0.0, copies=4),
        )

    def neutrino_density(self, E) -> np.ndarray:
        """dn/dE [MeV^2] of all six species at E [MeV], diluted outside their surface; shape (zones, energies)."""
        return self.dilution[:, None] * sum(gas.per_energy(E) for gas in self.gases)


def dilution(x):
    """Share of the neutrinos' density left at x = r/R outside their surface, (1 - sqrt(1 - 1/x^2))/2; 1 inside."""
    outside = np.maximum(x, 1.0)
    return np.where(x <= 1, 1.0, 0.5 * (1 - np.sqrt(1 - 1 / outside**2)))


def make_zones(
    dt: np.ndarray,
    r: np.ndarray,
    dr: np.ndarray,
    R: np.ndarray,
    rho: np.ndarray,
    T: np.ndarray,
    Ye: np.ndarray,
    Ynu: np.ndarray,
    mu_e: np.ndarray | None = None,
    mu_nu: np.ndarray | None = None,
) -> Zones:
    """Zones from nodes and weights in time [s] and radius [km]; cold and faint ones are left out.

    Parameters
    ----------
    dt : weights in time [s], shape (n,)
    r : radii [km], shape (n,)
    dr : weights in radius [km], shape (n,)
    R : radius of the neutrinos' surface [km], shape (n,)
    rho : density [g/cm3], shape (n,)
    T : temperature [MeV], shape (n,)
    Ye : net electrons per baryon, shape (n,)
    Ynu : net electron neutrinos per baryon, shape (n,)
    mu_e : chemical potential of the electrons [MeV], shape (n,); that of `Ye` if left out
    mu_nu : chemical potential of the electron neutrinos [MeV], shape (n,); that of `Ynu` if left out

    Returns
    -------
    The zones that are hot and dense enough.
    """
    keep = (T >= T_MIN_MEV) & (rho >= RHO_MIN)
    baryons = baryon_density(rho)
    mu_e = chemical_potential(baryons * Ye, T, 2) if mu_e is None else mu_e
    mu_nu = chemical_potential(baryons * Ynu, T, 1) if mu_nu is None else mu_nu
    volume = 4 * np.pi * (r * 1e5) ** 2 * dr * 1e5 * dt
    return Zones(*(values[keep] for values in (volume, T, mu_e, mu_nu, baryons * Ye, dilution(r / R))))


_legendre = cache(np.polynomial.legendre.leggauss)


def gauss(low: float, high: float, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights on [low, high].

    Parameters
    ----------
    low : lower end
    high : upper end
    order : number of nodes

    Returns
    -------
    Nodes and weights, each of shape (order,).
    """
    nodes, weights = _legendre(order)
    return 0.5 * (low + high) + 0.5 * (high - low) * nodes, 0.5 * (high - low) * weights


@lru_cache(maxsize=STARS)
def embedded_zones(T0_MeV: float, orders: tuple = (10, 12, 6, 6), time_order: int = 3) -> Zones:
    """PNS-8.8A cut at all its kinks, Gauss nodes between them in r and in ln t.

    Parameters
    ----------
    T0_MeV : temperature that sets the scale of the profile [MeV]
    orders : Gauss nodes in r between the kinks
    time_order : Gauss nodes in ln t between the kinks

    Returns
    -------
    The zones.
    """
    edges, columns = pns_8_8.time_edges(), []
    for low, high in itertools.pairwise(edges):
        for log_t, weight in zip(*gauss(np.log(low), np.log(high), time_order), strict=True):
            t = float(np.exp(log_t))
            star = pns_8_8.Snapshot(t, T0_MeV)
            shells = zip(itertools.pairwise(star.edges_km), orders, strict=True)
            pieces = [gauss(inner, outer, order) for (inner, outer), order in shells if outer > inner]
            r, dr = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
            columns.append((np.full(r.size, weight * t), r, dr, np.full(r.size, star.R_km), *star.state(r)))
    return make_zones(*(np.concatenate(parts) for parts in zip(*columns, strict=True)))
