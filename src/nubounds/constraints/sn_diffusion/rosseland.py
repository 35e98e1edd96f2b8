"""Rosseland means of the transport mean free path over the neutrinos' spectrum.

    lambda = Int E^n f (1 - f) lambda(E) dE / Int E^n f (1 - f) dE,   n = 2, 3, 4: D2, D3, D4 of Pons et al. (1999),

the number flux from a gradient of mu/T, cross terms, and the energy flux from a gradient of T. E^2 lambda is smooth, so
n = 3, 4 take the Gauss rule of weight E^(n-2) f (1 - f); n = 2, where low energies count, takes panels.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from nubounds.constraints.sn_diffusion import processes
from nubounds.constraints.sn_diffusion.collisions import gauss
from nubounds.constraints.sn_diffusion.inputs import Interaction
from nubounds.constraints.sn_diffusion.opacity import require_finite
from nubounds.constraints.sn_diffusion.states import State
from nubounds.kernels import sn_diffusion as kernel

POWERS = (4, 2, 3)
NODES = (16, 12)  # of the Gauss rule: value, and coarser for its error
PANEL_NODES = (10, 8)


def as_flavour_x(state: State) -> State:
    """The same matter for mu or tau neutrinos: mu_nu = 0, E = pi T."""
    return replace(state, flavour="x", mu_nu=0.0, E_nu=math.pi * state.T)


def _panels(mu: float, T: float) -> list[float]:
    """Edges [MeV] between which f (1 - f) is smooth."""
    if mu > 2 * T:
        edges = [mu / 2, mu - 5 * T, mu, mu + 5 * T, mu + 11 * T, mu + 20 * T, mu + 32 * T]
        return sorted({0.0, *(edge for edge in edges if edge > 0)})
    return [0.0, 2 * T, 5 * T, 9 * T, 15 * T, 24 * T, 36 * T]


def _spectrum(mu: float, T: float, count: int):
    """Energies and weights of f (1 - f) dE in panels."""
    E, weight = (array.ravel() for array in gauss(_panels(mu, T), count))
    x = np.exp(-np.abs(E - mu) / T)
    return E, weight * x / (1 + x) ** 2


def gauss_rule(x: np.ndarray, weight: np.ndarray, count: int):
    """Nodes and weights of the Gauss rule of a discrete measure, from its recurrence (Stieltjes, Golub and Welsch)."""
    scale = x.max()
    x, before, now, norm_before = x / scale, np.zeros_like(x), np.ones_like(x), 1.0
    diagonal, squares = np.zeros(count), np.zeros(count)
    for k in range(count):
        norm = weight @ now**2
        diagonal[k], squares[k] = weight @ (x * now**2) / norm, norm / norm_before if k else 0.0
        before, now, norm_before = now, (x - diagonal[k]) * now - squares[k] * before, norm
    off = np.sqrt(squares[1:])
    nodes, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1))
    return scale * nodes, weight.sum() * vectors[0] ** 2


def energies(mu: float, T: float, power: int, level: int):
    """Energies, and weights of E^power f (1 - f) dE."""
    if power == 2:
        E, weight = _spectrum(mu, T, PANEL_NODES[level])
        return E, weight * E**2
    E, weight = _spectrum(mu, T, 60)
    E, weight = gauss_rule(E, weight * E ** (power - 2), NODES[level])
    return E, weight * E**2


def mean_path(state: State, neutrino: str, chosen: Interaction, power: int, precision: str) -> tuple[float, float]:
    """Rosseland mean of the Standard Model's mean free path [m], and its error.

    Parameters
    ----------
    state : of one shell, for the flavour wanted; its energy is not used
    """
    means, uncertain = [], 0.0
    for level in range(2):
        E, weight = energies(state.mu_nu, state.T, power, level)
        states = [replace(state, E_nu=float(energy)) for energy in E]
        wanted = processes.wanted_by(chosen, state.flavour)
        value, error, status = processes.by_process(
            states, neutrino, [kernel.LIGHTEST_MEDIATOR], chosen, precision, wanted
        )
        require_finite(status)
        rate, error = (array[:, :, 0, 0].sum(axis=1) for array in (value, error))
        means.append(float(weight @ (1 / rate) / weight.sum()))
        if level == 0:
            uncertain = float(weight @ (error / rate**2) / weight.sum())
    return means[0], abs(means[0] - means[1]) + uncertain
