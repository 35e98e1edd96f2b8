"""Decays in flight followed one by one with the whole geometry of Eqs. (3) and (5): an oracle for Eq. (6) and an
option for the user.

Particle number i of a seed is the same whoever computes it, so blocks of particles can be dealt out over ranks in any
way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from nubounds.constraints.sn_dipole import decay
from nubounds.constraints.sn_dipole.inputs import Telescope
from nubounds.kernels import sn_dipole_flux as kernel

TABLE = 4001  # nodes of the parents' distribution function


@dataclass(frozen=True)
class Simulated:
    """Photons per area [1/cm2] (per d^2 for parents per d^2), statistical error, largest arrival angle [rad], and the
    sums they come from.
    """

    fluence: float
    error: float
    angle: float
    weight: float
    square: float


def distribution(parents) -> tuple[np.ndarray, np.ndarray, float]:
    """Distribution function of the parents on a grid of ln E, and their number: Simpson's rule between the nodes,
    linear within a step.
    """
    low, high = np.log(parents.E_span)
    log_E = np.linspace(low, high, TABLE)
    fine = np.exp(np.linspace(low, high, 2 * TABLE - 1))
    fine[0], fine[-1] = parents.E_span
    density = parents(fine) * fine
    steps = (density[:-1:2] + 4 * density[1::2] + density[2::2]) * (log_E[1] - log_E[0]) / 6
    total = float(steps.sum())
    return np.concatenate([[0.0], np.cumsum(steps) / total]), log_E, total


def simulate(
    parents: Any,
    telescope: Telescope,
    d: float,
    photosphere_cm: float,
    distance_cm: float,
    seed: int,
    first: int,
    count: int,
) -> Simulated:
    """Particles first ... first + count - 1 of `seed` through a telescope's band and window, Eqs. (3), (5).

    Parameters
    ----------
    parents : spectrum of N, per d^2 where the production is
    telescope : a count of photons
    d : coupling [1/MeV]
    photosphere_cm : radius inside of which decays are not seen [cm]
    distance_cm : distance of the supernova [cm]
    seed : seed of the random numbers
    first : number of the first particle
    count : how many particles

    Returns
    -------
    Photons per area [1/cm2], without d^2 for parents per d^2, with their statistical error
    """
    cumulative, log_E, total = distribution(parents)
    cumulative[-1] = 1.0
    window = decay.Window(photosphere_cm, distance_cm, telescope.window_s)
    length = decay.decay_length(parents.M) / d**2
    weight, square, angle = kernel.monte_carlo(
        cumulative,
        log_E,
        seed,
        first,
        count,
        parents.M,
        length,
        photosphere_cm,
        distance_cm,
        window.path,
        telescope.E_min_MeV,
        telescope.E_max_MeV,
    )
    return Simulated(*estimate(weight, square, count, total, distance_cm), angle, weight, square)


def estimate(weight: float, square: float, count: int, total: float, distance_cm: float) -> tuple[float, float]:
    """Fluence and its statistical error from the sums over `count` particles that stand for `total`.

    Parameters
    ----------
    weight : sum of the weights
    square : sum of their squares
    count : number of particles
    total : what they stand for
    distance_cm : distance of the supernova [cm]

    Returns
    -------
    Fluence [1/cm2] and its statistical error; without d^2 if `total` is.
    """
    scale = total / (4 * math.pi * distance_cm**2)
    mean = weight / count
    return scale * mean, scale * math.sqrt(max(square / count - mean**2, 0.0) / count)
