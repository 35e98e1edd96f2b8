"""Collisions in the degenerate neutron sea (Appendices B, C): from the kernel's moments to the paper's quantities."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.neutron_star.constants import HBARC, K_B, M_NEUTRON
from nubounds.constraints.neutron_star.inputs import Star
from nubounds.contract import InputError, Status
from nubounds.kernels import neutron_star as kernel


@dataclass(frozen=True)
class Collisions:
    """Rate [eV] and mean energy given to the star [eV], arrays of shape (n,), with absolute errors and status."""

    rate: np.ndarray
    rate_error: np.ndarray
    transfer: np.ndarray
    transfer_error: np.ndarray
    status: np.ndarray


@lru_cache(maxsize=64)
def relative_velocity(star: Star) -> float:
    """Mean relative velocity of a neutrino that fell in from rest, Eq. (B17) at zero temperature.

    The average over the angle is elementary: with the larger and the smaller of both velocities, a and b, it is
    [b (1 + a^2) - (1 - a^2)(1 - b^2) artanh b]/(2 a b).

    Parameters
    ----------
    star : the star

    Returns
    -------
    <v_rel>, in units of c
    """
    x, w = np.polynomial.legendre.leggauss(16)
    v = math.sqrt(star.compactness)
    same = M_NEUTRON * v * star.gamma  # momentum of a neutron as fast as the neutrino: a kink
    borders = [0.0, min(same, star.p_F), star.p_F]
    total = 0.0
    for low, high in itertools.pairwise(borders):
        p = 0.5 * (low + high) + 0.5 * (high - low) * x
        u = p / np.hypot(p, M_NEUTRON)
        a, b = np.maximum(u, v), np.minimum(u, v)
        mean = (b * (1 + a * a) - (1 - a * a) * (1 - b * b) * np.arctanh(b)) / (2 * a * b)
        total += 0.5 * (high - low) * np.sum(w * p * p * mean)
    return float(3 * total / star.p_F**3)


def collisions(
    star: Star, E: ArrayLike, T_K: ArrayLike, amplitude: str, daughter: str, coherence: str, cap: float = 1.0
) -> Collisions:
    """Collisions of neutrinos of energy E [eV] that fell in from rest (mass E/gamma), at temperature T_K [K].

    `coherence`: constant (N_C = 1), sphere (N_C = q^-3, q in eV), capped (N_C = min(1, (cap/q)^3), `cap` in eV).

    Parameters
    ----------
    star : the star
    E : energy at the surface [eV], shape (n,)
    T_K : temperature of the star [K], broadcasts with `E`
    amplitude : how the neutron's spin enters: paper, exact or unpolarised
    daughter : equal_mass or massless: the outgoing neutrino
    coherence : constant, sphere or capped, as above
    cap : scale of capped [eV]

    Returns
    -------
    Rates and energy transfers, shape (n,).
    """
    E, T = (np.ascontiguousarray(a, dtype=float) for a in np.broadcast_arrays(np.atleast_1d(E), np.asarray(T_K) * K_B))
    value, error, status = kernel.collision_moments(
        E, E / star.gamma, T, star.v_F, star.E_max, star.T_max, cap, amplitude, daughter, coherence
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = star.rate_factor(E, E * math.sqrt(star.compactness))
        mean = value[:, 1] / value[:, 0]
        mean_error = (error[:, 1] + np.abs(mean) * error[:, 0]) / value[:, 0]
    return Collisions(factor * value[:, 0], factor * error[:, 0], mean, mean_error, status)


def require_answer(star: Star, E: float, T_K: float, status: int) -> None:
    """InputError that says which input left the range of validity, if the status says so.

    Parameters
    ----------
    star : the star
    E : energy at the surface [eV]
    T_K : temperature
    status : of a point

    Raises
    ------
    InputError
        For an energy or a temperature out of range, or an integral that did not converge.
    """
    if status == Status.OUT_OF_DOMAIN:
        reasons = []
        if star.E_max < E:
            reasons.append(
                f"an energy of {E:.6g} eV at the surface is above {star.E_max:.6g} eV (mass above "
                f"{star.E_max / star.gamma / 1e3:.6g} keV), where the leading order in (momentum transfer)/p_F is no "
                "longer good to one per cent"
            )
        if star.T_max < T_K * K_B:
            reasons.append(
                f"T={T_K:.6g} K is above {star.T_max / K_B:.6g} K, where the neutrons are not degenerate enough"
            )
        raise InputError("; ".join(reasons) or f"E={E} eV, T={T_K} K: outside the kernel's domain")
    if status == Status.NOT_CONVERGED:
        raise InputError(f"E={E} eV, T={T_K} K: the integral did not reach its accuracy for this star")


def sterile_cross_section(star: Star, m_keV: ArrayLike, T_K: ArrayLike, amplitude: str) -> tuple[np.ndarray, ...]:
    """Cross section per neutron [cm^2] of a sterile neutrino that turns into a massless one, for sin^2(theta) = 1.

    Parameters
    ----------
    star : the star
    m_keV : mass of the sterile neutrino [keV], shape (n,)
    T_K : temperature of the star [K], broadcasts with `m_keV`
    amplitude : how the neutron's spin enters: paper, exact or unpolarised

    Returns
    -------
    sigma, error [cm^2], mean energy transfer / E, its error, status : arrays of shape (n,)
    """
    E = star.gamma * np.atleast_1d(m_keV) * 1e3
    c = collisions(star, E, T_K, amplitude, "massless", "sphere")
    to_cm2 = star.kappa / (star.n_n * relative_velocity(star)) * HBARC**2
    return c.rate * to_cm2, c.rate_error * to_cm2, c.transfer / E, c.transfer_error / E, c.status


def mean_free_path(star: Star, m_eV: ArrayLike, T_K: ArrayLike, amplitude: str) -> tuple[np.ndarray, ...]:
    """Self-consistent mean free path [cm] of relic neutrinos, Eq. (C4): N_C = half a sphere of radius lambda.

    Parameters
    ----------
    star : the star
    m_eV : mass of the relic neutrinos [eV], shape (n,)
    T_K : temperature of the star [K], broadcasts with `m_eV`
    amplitude : how the neutron's spin enters: paper, exact or unpolarised

    Returns
    -------
    lambda, error [cm], cross section for N_C = 1 [cm^2], status : arrays of shape (n,)
    """
    c = collisions(star, star.gamma * np.atleast_1d(m_eV), T_K, amplitude, "equal_mass", "constant")
    to_cm2 = HBARC**2 / (star.n_n * relative_velocity(star))
    sigma = c.rate * to_cm2
    with np.errstate(divide="ignore", invalid="ignore"):
        path = (sigma * star.n_n_per_cm3**2 * (2 * math.pi / 3)) ** -0.25
        return path, path * c.rate_error / (4 * c.rate), sigma, c.status
