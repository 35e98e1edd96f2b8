"""The interior of the star that the production needs: embedded or from a user's csv, cut into zones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from nubounds.contract import InputError
from nubounds.tables import read_csv

from . import pns_8_8
from .constants import ATOMIC_MASS_G, HBARC_MEV_CM

REQUIRED = ["t_s", "r_km", "rho_gcc", "T_MeV", "Ye", "Ynu"]
OPTIONAL = ["mu_e_MeV", "mu_nue_MeV"]
T_MIN_MEV = 1.5  # colder and
RHO_MIN = pns_8_8.FAINT_DENSITY  # thinner matter makes no sterile neutrinos to speak of (note 2.6)
EDGE_DENSITY = pns_8_8.EDGE_DENSITY  # density of the neutrinos' surface R(t) [g/cm3]


def chemical_potential(density_MeV3, T, states: int):
    """mu of a massless gas of particles minus antiparticles: n = g (mu^3 + pi^2 T^2 mu)/6 pi^2, the real root in closed form.

    Parameters
    ----------
    density_MeV3, T : arrays [MeV^3], [MeV];  states : g, 2 for electrons, 1 for one neutrino species
    """
    p, q = (np.pi * T) ** 2, 6 * np.pi**2 * density_MeV3 / states
    return 2 * np.sqrt(p / 3) * np.sinh(np.arcsinh(1.5 * q / p * np.sqrt(3 / p)) / 3)


def baryon_density(rho_gcc):
    """Baryons per volume in natural units [MeV^3]."""
    return rho_gcc / ATOMIC_MASS_G * HBARC_MEV_CM**3


@dataclass(frozen=True)
class Zones:
    """Volumes of the star in space and time, as arrays of one length.

    volume_cm3_s : 4 pi r^2 dr dt;  T, mu_e, mu_nu [MeV];  protons [MeV^3];  dilution : W of note 2.3, 1 inside the neutrinos' surface
    """

    volume_cm3_s: np.ndarray
    T: np.ndarray
    mu_e: np.ndarray
    mu_nu: np.ndarray
    protons: np.ndarray
    dilution: np.ndarray
    t_s: np.ndarray
    r_km: np.ndarray
    rho_gcc: np.ndarray
    Ye: np.ndarray
    Ynu: np.ndarray
    t_weight_s: np.ndarray  # dt of each zone, for integrals at one time


def dilution(x):
    """Share of the neutrinos' density left at x = r/R outside their surface (note 2.3); 1 inside."""
    outside = np.maximum(x, 1.0)
    return np.where(x <= 1, 1.0, 0.5 * (1 - np.sqrt(1 - 1 / outside**2)))


def _zones(t, dt, r, dr, R, rho, T, Ye, Ynu, mu_e=None, mu_nu=None) -> Zones:
    keep = (T >= T_MIN_MEV) & (rho >= RHO_MIN)
    t, dt, r, dr, R, rho, T, Ye, Ynu = (values[keep] for values in (t, dt, r, dr, R, rho, T, Ye, Ynu))
    baryons = baryon_density(rho)
    mu_e = chemical_potential(baryons * Ye, T, 2) if mu_e is None else mu_e[keep]
    mu_nu = chemical_potential(baryons * Ynu, T, 1) if mu_nu is None else mu_nu[keep]
    volume = 4 * np.pi * (r * 1e5) ** 2 * dr * 1e5 * dt
    return Zones(volume, T, mu_e, mu_nu, baryons * Ye, dilution(r / R), t, r, rho, Ye, Ynu, dt)


def _gauss(low, high, order):
    nodes, weights = np.polynomial.legendre.leggauss(order)
    return 0.5 * (low + high) + 0.5 * (high - low) * nodes, 0.5 * (high - low) * weights


@cache
def embedded_zones(T0_MeV: float = 33.0, orders: tuple = (10, 12, 6, 6), time_order: int = 3) -> Zones:
    """PNS-8.8A cut at all its kinks, Gauss nodes between them in r and in ln t (note 3)."""
    edges, columns = pns_8_8.time_edges(), []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        for log_t, weight in zip(*_gauss(np.log(low), np.log(high), time_order), strict=True):
            t = float(np.exp(log_t))
            star = pns_8_8.Snapshot(t, T0_MeV)
            for (inner, outer), order in zip(zip(star.edges_km[:-1], star.edges_km[1:], strict=True), orders, strict=True):
                if outer > inner:
                    r, dr = _gauss(inner, outer, order)
                    columns.append((np.full(order, t), np.full(order, weight * t), r, dr, np.full(order, star.R_km), *star.state(r)))
    return _zones(*(np.concatenate(parts) for parts in zip(*columns, strict=True)))


@cache
def zones(path: str = "", T0_MeV: float = 33.0, mu_nu: bool = True) -> Zones:
    """Zones of the user's csv at `path`, or of PNS-8.8A; without the neutrinos' chemical potential if `mu_nu` is false."""
    found = user_zones(path) if path else embedded_zones(T0_MeV)
    return found if mu_nu else replace(found, mu_nu=np.zeros_like(found.mu_nu))


def user_zones(path):
    raise NotImplementedError


def embedded_csv(times: int = 34, radii: int = 81, T0_MeV: float = 33.0) -> str:
    """PNS-8.8A as the text of a csv in the columns of a user's profile: logarithmic times, equidistant radii."""
    lines = [
        "# PNS-8.8A, a model of a cooling proto-neutron star (closed form; written by nubounds)",
        "# time after bounce [s], radius [km], density [g/cm3], temperature [MeV], net electrons and electron neutrinos per baryon",
        ",".join(REQUIRED),
    ]
    for t in np.geomspace(pns_8_8.T_START_S, pns_8_8.T_STOP_S, times):
        r = np.linspace(0.0, pns_8_8.R_STOP_KM, radii)
        state = pns_8_8.Snapshot(float(t), T0_MeV).state(r)
        lines += [",".join(repr(float(value)) for value in (t, *row)) for row in zip(r, *state, strict=True)]
    return "\n".join(lines) + "\n"
