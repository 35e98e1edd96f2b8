"""Rates of nu e -> N e (and nu p -> N p) from the kernel, with the choices of screening (docs/sn_dipole.md, Formulae).
Everything is per d^2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.sn_dipole.constants import M_PROTON_MEV
from nubounds.constraints.sn_dipole.inputs import Scattering
from nubounds.contract import Status
from nubounds.kernels import sn_dipole as kernel
from nubounds.kernels import sn_dipole_star as star_kernel
from nubounds.numerics.constants import ALPHA, M_ELECTRON_MEV


@dataclass(frozen=True)
class Rule:
    """Steps of rows and nodes of rates that share their integrals (sn_dipole_star.pyx), and Gauss nodes per panel of
    those that do not.
    """

    order: int
    row_step: float
    step: float


# Each with the coarser rule that gives the error; the paper's: Gauss nodes 1e-6 typically, 1e-4 at worst.
RULES = {
    "draft": (Rule(6, 0.55, 0.35), Rule(5, 0.8, 0.5)),
    "paper": (Rule(10, 0.45, 0.25), Rule(8, 0.65, 0.38)),
    "reference": (Rule(16, 0.3, 0.12), Rule(12, 0.4, 0.2)),
}
FINE, COARSE = (rule.order for rule in RULES["paper"])
COMPARED = 7  # sums over a star: of so many energies one is computed by both rules
NO_RULE = np.empty((2, 0))
RESCUE = (32, 20)  # for the rare single points whose error is above TOLERANCE
TOLERANCE = 1e-4
PAPER = Scattering()


@cache
def gauss(order: int) -> np.ndarray:
    """Nodes and weights on [-1, 1], shape (2, order)."""
    return np.ascontiguousarray(np.polynomial.legendre.leggauss(order))


@cache
def polylogarithm_series() -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of -Li_2(1 - e^z) and -Li_3(1 - e^z) in powers z, z^2, ...

    With b(z) = z/(1 - e^-z) = sum of B_n z^n/n! (Bernoulli numbers, B_1 = +1/2):  dL_2/dz = b  and  dL_3/dz = (L_2/z)
    b.
    """
    terms = kernel.series_terms()
    bernoulli = [Fraction(1)]
    for n in range(1, terms):
        bernoulli.append(-sum(math.comb(n + 1, k) * bernoulli[k] for k in range(n)) / (n + 1))
    bernoulli[1] = Fraction(1, 2)
    b = [number / math.factorial(n) for n, number in enumerate(bernoulli)]
    second = [b[n] / (n + 1) for n in range(terms)]
    third = [sum(second[i] * b[n - i] for i in range(n + 1)) / (n + 1) for n in range(terms)]
    return np.array([float(c) for c in second]), np.array([float(c) for c in third])


def screening_k2(T: float | np.ndarray, mu_e: float | np.ndarray, screening: str) -> float | np.ndarray:
    """k^2 [MeV^2] in the photon's propagator, which the paper does not name: Debye, half of it (a plasmon's
    transverse mass, roughly), or none.

    Parameters
    ----------
    T : temperature [MeV]
    mu_e : chemical potential of the electrons [MeV]
    screening : debye, plasmon or none

    Returns
    -------
    k^2 [MeV^2], of the broadcast shape.
    """
    share = {"debye": 1.0, "plasmon": 0.5, "none": 0.0}[screening]
    return share * 4 * ALPHA / math.pi * (mu_e**2 + math.pi**2 * T**2 / 3)


def medium_rate(
    E: ArrayLike,
    T: ArrayLike,
    mu_e: ArrayLike,
    M: float,
    scattering: Scattering = PAPER,
    orders: tuple = (FINE, COARSE),
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gamma/d^2 of nu e -> N e in an electron gas, Eq. (A1).

    Parameters
    ----------
    E, T, mu_e : energy of the neutrino, temperature, chemical potential, arrays [MeV] that broadcast
    M : mass of N [MeV]
    scattering : how neutrinos scatter in the star
    orders : Gauss nodes of the rule, and of the one whose difference is the error (0: the error is not asked for)

    Returns
    -------
    value, error, status : arrays of the broadcast shape [MeV^3]
    """
    E, T, mu_e = np.broadcast_arrays(np.asarray(E, float), np.asarray(T, float), np.asarray(mu_e, float))
    rows = np.stack(
        [E, T, mu_e, screening_k2(T, mu_e, scattering.screening), np.full(E.shape, float(M))], axis=-1
    ).reshape(-1, 5)
    answers = kernel.evaluate(
        np.ascontiguousarray(rows),
        M_ELECTRON_MEV,
        ALPHA,
        scattering.pauli,
        gauss(orders[0]),
        gauss(orders[1]) if orders[1] else NO_RULE,
        *polylogarithm_series(),
    )
    return tuple(answer.reshape(E.shape) for answer in answers)


def compared(count: int) -> np.ndarray:
    """The energies, of so many in a row, at which errors are found, the first and the last among them.

    Parameters
    ----------
    count : number of energies

    Returns
    -------
    Positions, ascending.
    """
    return np.unique(np.append(np.arange(0, count, COMPARED), count - 1))


def largest_around(errors: np.ndarray, some: np.ndarray, count: int) -> np.ndarray:
    """Errors at all energies from those at some: the largest of the two on either side (they change sign here and
    there).

    Parameters
    ----------
    errors : relative errors, none negative, shape (..., k)
    some : positions of the k energies, the first and the last of all among them
    count : number of energies

    Returns
    -------
    Shape (..., count).
    """
    padded = np.pad(errors, [(0, 0)] * (errors.ndim - 1) + [(1, 1)])
    largest = np.maximum.reduce([padded[..., :-2], padded[..., 1:-1], padded[..., 2:]])
    after = np.searchsorted(some, np.arange(count))
    return np.maximum(largest[..., np.maximum(after - 1, 0)], largest[..., after])


Grid = tuple[np.ndarray, float]  # energies of neutrinos [MeV], ascending, and a mass of N [MeV]


def rates_of_grids(
    grids: Sequence[Grid], T: np.ndarray, mu_e: np.ndarray, scattering: Scattering, rule: Rule
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The same at all energies of some masses, in many states, by one rule.

    Masses share their integrals but where there is no screening, in very cold and dense matter, and where electrons
    need very much energy.  A rate does not depend on what it is computed with.

    Parameters
    ----------
    grids : energies of the neutrino and mass of N [MeV], each
    T, mu_e : temperature and chemical potential of the electrons [MeV], shape (n,)
    scattering : how neutrinos scatter in the star
    rule : steps and nodes

    Returns
    -------
    value [MeV^3] and status of each grid, shape (n, m)
    """
    if scattering.screening == "none":
        found = (medium_rate(E, T[:, None], mu_e[:, None], M, scattering, (rule.order, 0)) for E, M in grids)
        return [(value, status) for value, _, status in found]
    points = np.concatenate([np.stack([E, np.full(E.shape, float(M))], axis=1) for E, M in grids])
    states = np.stack([T, mu_e, screening_k2(T, mu_e, scattering.screening)], axis=1)
    steps = (rule.row_step, rule.step)
    values, codes = star_kernel.evaluate(
        states, points, M_ELECTRON_MEV, ALPHA, scattering.pauli, *steps, *polylogarithm_series()
    )
    answers = []
    ends = np.cumsum([E.size for E, _ in grids])[:-1]
    for (E, M), value, status in zip(grids, np.split(values, ends, 1), np.split(codes, ends, 1), strict=True):
        state, energy = np.nonzero(status == Status.OUT_OF_DOMAIN)
        alone = medium_rate(E[energy], T[state], mu_e[state], M, scattering, (rule.order, 0))
        value[state, energy], status[state, energy] = alone[0], alone[2]
        answers.append((value, status))
    return answers


def star_rates(
    grids: Sequence[Grid], T: np.ndarray, mu_e: np.ndarray, scattering: Scattering, precision: str
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The same with errors, as sums over a star need them.

    The error is found at some of the energies; that of an energy is the largest, relative, of those around.

    Parameters
    ----------
    grids : energies of the neutrino and mass of N [MeV], each
    T, mu_e : temperature and chemical potential of the electrons [MeV], shape (n,)
    scattering : how neutrinos scatter in the star
    precision : a key of `RULES`

    Returns
    -------
    value, error [MeV^3] and status of each grid, arrays of shape (n, m)
    """
    fine, coarse = RULES[precision]
    answers = []
    found = rates_of_grids(grids, T, mu_e, scattering, fine)
    others = rates_of_grids([(E[compared(E.size)], M) for E, M in grids], T, mu_e, scattering, coarse)
    for (E, _), (value, status), (other, other_status) in zip(grids, found, others, strict=True):
        some = compared(E.size)
        relative = np.abs(value[:, some] - other) / np.maximum(value[:, some], 1e-300)
        status[:, some] = np.maximum(status[:, some], other_status)
        answers.append((value, value * largest_around(relative, some, E.size), status))
    return answers


def precise_rate(E: float, T: float, mu_e: float, M: float, scattering: Scattering) -> tuple[float, float]:
    """One rate and its error, with many more nodes where the usual ones do not do (very cold and dense matter); NaN
    where there is none.

    Parameters
    ----------
    E : energy of the neutrino [MeV]
    T : temperature [MeV]
    mu_e : chemical potential of the electrons [MeV]
    M : mass of N [MeV]
    scattering : how neutrinos scatter in the star

    Returns
    -------
    Gamma/d^2 and its error [MeV^3].
    """
    value, error, status = medium_rate(E, T, mu_e, M, scattering)
    if error > TOLERANCE * value:
        value, error, status = medium_rate(E, T, mu_e, M, scattering, RESCUE)
    return (float(value), float(error)) if status == Status.OK else (math.nan, math.nan)


def vacuum_cross_section(s: ArrayLike, M: float, k2: ArrayLike, m: float = M_ELECTRON_MEV) -> np.ndarray:
    """sigma/d^2 [1] on a target of mass `m` at rest in vacuum, screened by k2 [MeV^2]; broadcasts s and k2 [MeV^2].

    Parameters
    ----------
    s : square of the centre-of-mass energy [MeV^2]
    M : mass of N [MeV]
    k2 : screening [MeV^2]
    m : mass of the target [MeV]

    Returns
    -------
    sigma/d^2, a pure number, of the broadcast shape.
    """
    S, k2 = np.broadcast_arrays(np.asarray(s, float) - m * m, np.asarray(k2, float))
    rows = np.stack([S, np.full(S.shape, m), np.full(S.shape, float(M)), k2], axis=-1).reshape(-1, 4)
    return kernel.vacuum_cross_section(np.ascontiguousarray(rows), ALPHA, gauss(FINE)).reshape(S.shape)


def proton_rate(
    E: np.ndarray, T: np.ndarray, mu_e: np.ndarray, protons: np.ndarray, M: float, screening: str
) -> np.ndarray:
    """Gamma/d^2 [MeV^3] on free protons at rest of density `protons` [MeV^3]; not in the paper, an option.

    Point-like charge, no recoil in the energy of N, no blocking.

    Parameters
    ----------
    E : energy of the neutrino [MeV]
    T : temperature [MeV]
    mu_e : chemical potential of the electrons [MeV]
    protons : density of the protons [MeV^3]
    M : mass of N [MeV]
    screening : debye, plasmon or none

    Returns
    -------
    Gamma/d^2 [MeV^3], of the broadcast shape.
    """
    s = M_PROTON_MEV**2 + 2 * M_PROTON_MEV * E
    return protons * vacuum_cross_section(s, M, screening_k2(T, mu_e, screening), M_PROTON_MEV)
