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
from nubounds.kernels import sn_dipole_matter
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
STAR_RULE = Rule(3, 8, (0.3, 1.2, 3.0, 6.0, 12.0, 24.0, 48.0, 100.0, 200.0, 400.0), 2)  # where nothing is shared
# Gauss nodes of panels in q0 that energies and masses share: 5e-4, 2e-2 at worst (8e-2 slow N of a few MeV on
# electrons around the star); 4e-4 on sums
SHARED_RULE = 4
# the first panel, in widths of the transfer of LEAST_MEV; how many times further the next ones end, near and far; the
# longest, in temperatures; cells in a unit of ln(Q2 + k2)
SHARED_STEPS = (0.003, 8.0, 2.7, 5.0, 4.0)
LEAST_MEV = 1.0  # energy of N that these resolve
FLOOR = 1e-6  # relative error at least, of a single point
DECAY_NODES, STAR_DECAY_NODES = 64, 32  # of a point, and of a star's places: 2e-4 there, 1e-5 on sums
SPECIES = 6.0  # of active neutrinos, which share N's decays


@dataclass(frozen=True)
class Neutrinos:
    """Active neutrinos at n places: chemical potential of nu_e [MeV], dilution outside their surface, and perhaps
    ln c, a, b of three shapes c E^(a - 2) e^(-b E) in place of thermal ones; shapes (n,), (n,), (n, 9) or (n, 0).
    """

    mu: np.ndarray
    dilution: np.ndarray
    shapes: np.ndarray

    @property
    def around(self) -> np.ndarray:
        """mu and dilution, as the kernels want them; shape (n, 2)."""
        return np.ascontiguousarray(np.stack([self.mu, self.dilution], axis=-1), dtype=float)

    def some(self, which: np.ndarray) -> Neutrinos:
        """Those at some of the places."""
        return Neutrinos(self.mu[which], self.dilution[which], self.shapes[which])

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
    made, absorbed = kernel.exchange_rates(
        E_N,
        float(M),
        row,
        neutrinos.around,
        neutrinos.shapes,
        plasma,
        scattering.pauli,
        ALPHA,
        *rule.arguments,
        *_series(),
    )
    return _per_state(E_N, M, made), _per_state(E_N, M, absorbed)


def _per_state(E, M, rates):
    return rates / (2 * E * np.sqrt(np.maximum(E**2 - M**2, 1e-300)))


def star_exchange(
    E_N: Sequence[np.ndarray],
    M: Sequence[float],
    rows: Sequence[np.ndarray],
    neutrinos: Neutrinos,
    scattering: Scattering,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The same for several masses, as sums over a star need it, and on targets of about one mass together: they share
    how these answer.

    What is found for a mass does not depend on the others.  Nothing is shared without screening or without blocking.

    Parameters
    ----------
    E_N : energies of N of each mass at n places, shape (n, k) [MeV], above the mass
    M : masses of N [MeV]
    rows : gases of each target at these places, shape (n, 9) (:func:`targets.gases`)
    neutrinos : active neutrinos at these places
    scattering : how neutrinos scatter in the star

    Returns
    -------
    made, absorbed : of each mass, shape (n, k) [MeV^3]
    """
    if scattering.screening == "none" or not scattering.pauli:
        alone = [
            [scattering_exchange(E, m, row, neutrinos, scattering, STAR_RULE) for row in rows]
            for E, m in zip(E_N, M, strict=True)
        ]
        return [(sum(made for made, _ in each), sum(absorbed for _, absorbed in each)) for each in alone]
    energies, masses = np.concatenate(E_N, axis=1), np.repeat(M, [E.shape[1] for E in E_N]).astype(float)
    order = np.argsort(energies[0], kind="stable") if len(energies) else np.arange(masses.size)
    found = sn_dipole_matter.exchange_rates(
        np.ascontiguousarray(energies[:, order]),
        masses[order],
        LEAST_MEV,
        np.stack(rows, axis=1),
        neutrinos.around,
        neutrinos.shapes,
        scattering.screening == "rpa",
        ALPHA,
        gauss(SHARED_RULE),
        np.array(SHARED_STEPS),
        *_series(),
    )
    back, ends = np.argsort(order), np.cumsum([E.shape[1] for E in E_N])[:-1]
    parts = zip(*(np.split(_per_state(energies, masses, rates[:, back]), ends, axis=1) for rates in found), strict=True)
    return list(parts)


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

    Parameters
    ----------
    E_N : energies of N at n places, shape (n, k) [MeV], above M
    M : mass of N [MeV]
    found : matter at these places
    neutrinos : active neutrinos at these places
    photon_mass : whether photons have one
    order : Gauss nodes on each of two panels

    Returns
    -------
    made, absorbed : shape (n, k) [MeV^3]; 0 where the photon is heavier than N
    """
    E_N, T = (np.ascontiguousarray(column, dtype=float) for column in (E_N, found.T))
    m2 = np.ascontiguousarray(photon_mass2(T, found.mu_e) if photon_mass else np.zeros_like(T))
    return sn_dipole_matter.decay_rates(E_N, float(M), T, m2, neutrinos.around, neutrinos.shapes, gauss(order))


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
