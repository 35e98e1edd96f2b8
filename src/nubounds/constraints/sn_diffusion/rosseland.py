"""Energies and weights of Rosseland means over the neutrinos' spectrum.

    lambda = Int E^n f (1 - f) lambda(E) dE / Int E^n f (1 - f) dE,   n = 2, 3, 4: D2, D3, D4 of Pons et al. (1999),

the number flux from a gradient of mu/T, cross terms, and the energy flux from a gradient of T. E^2 lambda is smooth, so
n = 3, 4 take the Gauss rule of weight E^(n-2) f (1 - f); n = 2, where low energies count, takes panels. Neutrinos with
mu_nu up to 2 T share the energies of mu_nu = 0, as the ratio of their weights is smooth.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np

from nubounds.constraints.sn_diffusion.collisions import gauss
from nubounds.constraints.sn_diffusion.states import State

# Nodes of the value and, coarser, of its error: of the Gauss rule, and in each panel.
NODES = {"draft": (12, 8), "paper": (16, 12), "reference": (24, 16)}
PANEL_NODES = {"draft": (8, 6), "paper": (10, 8), "reference": (14, 10)}
# A mean is good to 1e-4 with 16 energies; the integrals at each need be no better.
INTEGRANDS = {"draft": "draft", "paper": "draft", "reference": "paper"}
SHARED = 2.0  # temperatures: the largest mu_nu of neutrinos with the energies of mu_nu = 0


def as_flavour_x(state: State) -> State:
    """The same matter for mu or tau neutrinos: mu_nu = 0, E = pi T.

    Parameters
    ----------
    state : as electron neutrinos see it

    Returns
    -------
    the state; mu_e stays that of equilibrium
    """
    return replace(state, flavour="x", mu_nu=0.0, E_nu=math.pi * state.T)


def _panels(mu: float, T: float) -> list[float]:
    """Edges [MeV] between which f (1 - f) is smooth."""
    if mu > SHARED * T:
        edges = [mu / 2, mu - 5 * T, mu, mu + 5 * T, mu + 11 * T, mu + 20 * T, mu + 32 * T]
        return sorted({0.0, *(edge for edge in edges if edge > 0)})
    return [0.0, 2 * T, 5 * T, 9 * T, 15 * T, 24 * T, 36 * T]


def _share(mu: float, T: float, E: np.ndarray) -> np.ndarray:
    """f (1 - f) of neutrinos at energies E."""
    x = np.exp(-np.abs(E - mu) / T)
    return x / (1 + x) ** 2


def _spectrum(mu: float, T: float, count: int):
    """Energies and weights of f (1 - f) dE in panels."""
    E, weight = (array.ravel() for array in gauss(_panels(mu, T), count))
    return E, weight * _share(mu, T, E)


def gauss_rule(x: np.ndarray, weight: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of the Gauss rule of a discrete measure, from its recurrence (Stieltjes, Golub and Welsch).

    Parameters
    ----------
    x, weight : of the measure, (m,)
    count : nodes of the rule

    Returns
    -------
    nodes, weights : (count,); polynomials up to 2 count - 1 come out as by the measure
    """
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


@lru_cache(maxsize=16)
def _at_rest(power: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss rule of weight x^(power - 2) f (1 - f) at mu = 0, x = E/T; the weights leave f (1 - f) out."""
    x, weight = _spectrum(0.0, 1.0, 60)
    x, weight = gauss_rule(x, weight * x ** (power - 2), count)
    return x, weight / _share(0.0, 1.0, x)


def centre(mu: float, T: float) -> float:
    """The chemical potential that energies follow from: kinds of neutrinos with one centre share them.

    Parameters
    ----------
    mu, T : chemical potential and temperature of the neutrinos [MeV]

    Returns
    -------
    mu, or 0 up to SHARED temperatures [MeV]
    """
    return mu if mu > SHARED * T else 0.0


@lru_cache(maxsize=256)
def energies(mu: float, T: float, power: int, precision: str, level: int) -> tuple[np.ndarray, np.ndarray]:
    """Energies of a Rosseland mean, and their weights.

    Parameters
    ----------
    mu, T : chemical potential and temperature of the neutrinos [MeV]
    power : n of the mean, 2 to 4
    precision : a key of NODES
    level : 0 for the value, 1 for the coarser rule

    Returns
    -------
    E, weight : (e,) [MeV], and of E^power f (1 - f) dE
    """
    if power == 2:
        E, weight = _spectrum(mu, T, PANEL_NODES[precision][level])
    elif centre(mu, T):
        E, weight = _spectrum(mu, T, 60)
        E, weight = gauss_rule(E, weight * E ** (power - 2), NODES[precision][level])
    else:
        x, weight = _at_rest(power, NODES[precision][level])
        E, weight = T * x, T ** (power - 1) * weight * _share(mu, T, T * x)
    return E, weight * E**2
