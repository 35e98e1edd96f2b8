"""How N are made and absorbed at one place, with the energy of N as it is: on electrons, positrons, protons and
neutrons, and by decay, gamma nu <-> N (docs/sn_dipole.md, Paper and best).  Everything is per d^2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.sn_dipole.inputs import Scattering
from nubounds.constraints.sn_dipole.rates import gauss, polylogarithm_series, screening_k2
from nubounds.constraints.sn_dipole.targets import DAWSON_STEP, Matter, dawson_table, gases, matter
from nubounds.kernels import sn_dipole_best as kernel
from nubounds.numerics.constants import ALPHA


@dataclass(frozen=True)
class Rule:
    """Gauss nodes per panel in the energy and over Q2, and where the panels end: in widths of the transfer from the
    energy at which nothing is transferred, with so many more around that in the plasma's response.
    """

    energies: int
    transfers: int
    away: tuple[float, ...]
    sharper: int

    @property
    def arguments(self) -> tuple:
        """As the kernel wants them."""
        return gauss(self.energies), gauss(self.transfers), np.array(self.away), self.sharper


DENSE = (0.03, 0.15, 0.5, 1.2, 2.5, 5.0, 9.0, 16.0, 27.0, 45.0, 90.0, 180.0, 360.0, 720.0)
RULES = (Rule(16, 32, DENSE, 6), Rule(11, 22, DENSE, 6))  # of a single point, and the coarser one for its error
# of a star's places: 4e-4 on sums, some 1e-3 at a place
STAR_RULE = Rule(3, 8, (0.3, 1.2, 3.0, 6.0, 12.0, 24.0, 48.0, 100.0, 200.0, 400.0), 2)
DRAFT_RULE = Rule(2, 8, STAR_RULE.away, 2)  # 5e-3 on upper edges of light N
FLOOR = 1e-6  # relative error at least, of a single point
DECAY_NODES = 64
SPECIES = 6.0  # of active neutrinos, which share N's decays


@dataclass(frozen=True)
class Neutrinos:
    """Active neutrinos at n places: chemical potential of nu_e [MeV], dilution outside their surface, and perhaps
    ln c, a, b of three shapes c E^(a - 2) e^(-b E) in place of thermal ones; shapes (n,), (n,), (n, 9) or (n, 0).
    """

    mu: np.ndarray
    dilution: np.ndarray
    shapes: np.ndarray

    def present(self, E, T) -> np.ndarray:
        """Occupation of all six species at E [MeV], shape (n, ...), that makes N."""
        if self.shapes.shape[1] == 0:
            return self.thermal(E, T)
        c, a, b = (_spread(self.shapes[:, k::3], E) for k in range(3))
        log_E = np.log(E)[..., None]
        return np.exp(c + (a - 2) * log_E - b * E[..., None]).sum(-1)

    def thermal(self, E, T) -> np.ndarray:
        """The same of Fermi-Dirac gases."""
        T, mu, share = (column.reshape(-1, *(1,) * (E.ndim - 1)) for column in (T, self.mu, self.dilution))
        total = sum(
            copies / (1.0 + np.exp(np.minimum((E - sign * mu) / T, 700.0)))
            for copies, sign in ((1, 1), (1, -1), (4, 0))
        )
        return share * total


def _spread(columns, E):
    """Columns of shape (n, 3) against E of shape (n, ...)."""
    return columns.reshape(columns.shape[0], *(1,) * (E.ndim - 1), 3)


def thermal_neutrinos(mu: ArrayLike, dilution: ArrayLike) -> Neutrinos:
    """Fermi-Dirac gases of nu_e with chemical potential mu [MeV], anti-nu_e with -mu and four others with none.

    Parameters
    ----------
    mu, dilution : shape (n,)

    Returns
    -------
    Neutrinos at n places
    """
    mu = np.asarray(mu, float)
    return Neutrinos(mu, np.asarray(dilution, float), np.empty((mu.size, 0)))


def _series() -> tuple:
    return (*polylogarithm_series(), dawson_table(), DAWSON_STEP)


def scattering_rate(
    E: ArrayLike, M: float, row: np.ndarray, scattering: Scattering, rule: Rule = RULES[0]
) -> np.ndarray:
    """Gamma/d^2 [MeV^3] of nu T -> N T.

    Parameters
    ----------
    E : energies of the neutrino at n places, shape (n, k) [MeV]
    M : mass of N [MeV]
    row : the target's gases at these places, shape (n, 9) (:func:`targets.gases`)
    scattering : how neutrinos scatter in the star
    rule : nodes of the integrals

    Returns
    -------
    Shape (n, k)
    """
    E = np.ascontiguousarray(E, dtype=float)
    plasma = scattering.screening == "rpa"
    return kernel.scattering_rate(E, float(M), row, plasma, scattering.pauli, ALPHA, *rule.arguments, *_series())


def scattering_exchange(
    E_N: ArrayLike, M: float, row: np.ndarray, neutrinos: Neutrinos, scattering: Scattering, rule: Rule = RULES[0]
) -> tuple[np.ndarray, np.ndarray]:
    """Gamma^< and Gamma^> of nu T <-> N T: how fast the occupation of N grows, and how fast N are absorbed.

    Parameters
    ----------
    E_N : energies of N at n places, shape (n, k) [MeV], above M
    M : mass of N [MeV]
    row : the target's gases at these places, shape (n, 9) (:func:`targets.gases`)
    neutrinos : active neutrinos at these places
    scattering : how neutrinos scatter in the star
    rule : nodes of the integrals

    Returns
    -------
    made, absorbed : shape (n, k) [MeV^3]
    """
    E_N = np.ascontiguousarray(E_N, dtype=float)
    plasma = scattering.screening == "rpa"
    around = np.ascontiguousarray(np.stack([neutrinos.mu, neutrinos.dilution], axis=-1), dtype=float)
    made, absorbed = kernel.exchange_rates(
        E_N, float(M), row, around, neutrinos.shapes, plasma, scattering.pauli, ALPHA, *rule.arguments, *_series()
    )
    per_state = 2 * E_N * np.sqrt(np.maximum(E_N**2 - M**2, 1e-300))
    return made / per_state, absorbed / per_state


def photon_mass2(T: float | np.ndarray, mu_e: float | np.ndarray) -> float | np.ndarray:
    """m_gamma^2 = k_D^2/2 [MeV^2] of transverse photons; arrays [MeV] broadcast.

    Parameters
    ----------
    T : temperature [MeV]
    mu_e : chemical potential of the electrons [MeV]

    Returns
    -------
    [MeV^2], of the broadcast shape.
    """
    return screening_k2(T, mu_e, "plasmon")


def decay_exchange(
    E_N: ArrayLike, M: float, found: Matter, neutrinos: Neutrinos, photon_mass: bool, order: int = DECAY_NODES
) -> tuple[np.ndarray, np.ndarray]:
    """Gamma^< and Gamma^> of gamma nu <-> N, with photons and neutrinos around.

    Int dE1 [M^2 (M^2 - m^2) - 2 m^2 E1^2 sin^2] over the neutrino's energy E1, m the photon's mass and the angle that
    between both.  In u = ln(E1/omega) soft neutrinos and soft photons are resolved.

    Parameters
    ----------
    E_N : energies of N at n places, shape (n, k) [MeV], above M
    M : mass of N [MeV]
    found : matter at these places
    neutrinos : active neutrinos at these places
    photon_mass : whether photons have one
    order : Gauss nodes on each of three panels

    Returns
    -------
    made, absorbed : shape (n, k) [MeV^3]; 0 where the photon is heavier than N
    """
    E_N = np.asarray(E_N, float)
    p = np.sqrt(np.maximum(E_N**2 - M**2, 1e-300))
    m2 = np.broadcast_to(photon_mass2(found.T, found.mu_e)[:, None] if photon_mass else 0.0, E_N.shape)
    share = np.maximum(1 - m2 / M**2, 0.0)
    low, high = 0.5 * share * M**2 / (E_N + p), 0.5 * share * (E_N + p)
    softest = 0.5 * (M**2 / (E_N + p) + (E_N + p) * m2 / M**2)  # photon: E_N - high
    first = np.log(np.where(share > 0, low / (E_N - low), 1.0))
    last = np.log(np.where(share > 0, high / softest, 1.0))
    surface = np.clip(neutrinos.mu, 1e-3 * found.T, None)[:, None]  # of degenerate neutrinos
    surface = np.minimum(surface / (E_N - np.minimum(surface, 0.999 * E_N)), 1e300)
    kink = np.clip(np.log(surface), first, last)
    nodes, weights = gauss(order)
    made = absorbed = 0.0
    for a, b in ((first, kink), (kink, last)):
        u = 0.5 * (a + b)[..., None] + 0.5 * (b - a)[..., None] * nodes
        E1, omega = E_N[..., None] / (1 + np.exp(-u)), E_N[..., None] / (1 + np.exp(u))
        factor = 0.5 * (b - a)[..., None] * weights * E1 * omega / E_N[..., None]
        mass2 = m2[..., None]
        if photon_mass:
            k2 = np.maximum(omega**2 - mass2, 1e-300)
            along2 = (p[..., None] ** 2 - E1**2 - k2) ** 2 / (4 * k2)
            factor = factor * (M**2 * (M**2 - mass2) - 2 * mass2 * np.maximum(E1**2 - along2, 0.0))
        else:
            factor = factor * M**4
        T = found.T[:, None, None]
        photons = 1 / np.expm1(np.minimum(omega / T, 700.0))
        thermal = neutrinos.thermal(E1, found.T)
        present = neutrinos.present(E1, found.T) if neutrinos.shapes.shape[1] else thermal
        made = made + (factor * present * photons).sum(-1)
        absorbed = absorbed + (factor * (SPECIES - thermal) * (1 + photons)).sum(-1)
    per_state = np.where(share > 0, 1 / (4 * math.pi * p * E_N), 0.0)
    return made * per_state, absorbed * per_state


def vacuum_width(M: float) -> float:
    """Gamma_N/d^2 [MeV^3] of N at rest: 6 M^3/4 pi."""
    return SPECIES * M**3 / (4 * math.pi)


def point_rate(
    target: str, E: float, T: float, mu_e: float, M: float, Ye: float, scattering: Scattering
) -> tuple[float, float]:
    """Gamma/d^2 of nu T -> N T and its error at one point.

    Parameters
    ----------
    target : electron, positron, proton or neutron
    E, T, mu_e, M, Ye : energy of the neutrino, temperature, chemical potential of the electrons, mass of N [MeV], net
        electrons per nucleon
    scattering : how neutrinos scatter in the star

    Returns
    -------
    value, error : [MeV^3]
    """
    found = matter(np.array([T]), np.array([mu_e]), Ye)
    row = gases(found, scattering.screening, scattering.form_factors, (target,))[target]
    fine, coarse = (float(scattering_rate([[E]], M, row, scattering, rule)[0, 0]) for rule in RULES)
    return fine, abs(fine - coarse) + FLOOR * fine


def point_exchange(
    channels: Sequence[str],
    E: float,
    M: float,
    T: float,
    mu_e: float,
    mu_nue: float,
    Ye: float,
    scattering: Scattering,
    photon_mass: bool,
) -> np.ndarray:
    """Gamma^< and Gamma^> at one point, inside the neutrinos' surface, with their errors.

    Parameters
    ----------
    channels : of electron, positron, proton, neutron, decay
    E : energy of N [MeV]
    M, T, mu_e, mu_nue, Ye : mass of N, temperature, chemical potentials [MeV], net electrons per nucleon
    scattering : how neutrinos scatter in the star
    photon_mass : whether photons have a mass

    Returns
    -------
    Shape (2, 2): value and error of each [MeV^3]
    """
    found = matter(np.array([T]), np.array([mu_e]), Ye)
    neutrinos, total = thermal_neutrinos([mu_nue], [1.0]), np.zeros((2, 2))
    rows = gases(found, scattering.screening, scattering.form_factors, [one for one in channels if one != "decay"])
    for channel in channels:
        if channel == "decay":
            fine, coarse = (
                np.ravel(decay_exchange([[E]], M, found, neutrinos, photon_mass, order))
                for order in (DECAY_NODES, DECAY_NODES // 2)
            )
        else:
            fine, coarse = (
                np.ravel(scattering_exchange([[E]], M, rows[channel], neutrinos, scattering, rule)) for rule in RULES
            )
        total += np.stack([fine, np.abs(fine - coarse) + FLOOR * fine], axis=1)
    return total
