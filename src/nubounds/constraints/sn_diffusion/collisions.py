"""Nodes and moments for collisions that the kernel does not tabulate: with electrons, and by charged currents.

Units MeV. u = q0/|q| with the target's kinetic energy transfer q0, v = 1 - u^2, Q^2 = v |q|^2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from nubounds.kernels import sn_diffusion as kernel

CUT = 40.0  # temperatures beyond a Fermi surface that count


@dataclass(frozen=True)
class Nodes:
    """Points of an integral over u and |q|, arrays of one shape (n,), with their weights for du d|q|."""

    u: np.ndarray
    v: np.ndarray
    q: np.ndarray
    weight: np.ndarray


legendre = cache(np.polynomial.legendre.leggauss)


def gauss(edges: ArrayLike, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights of `count` points between consecutive `edges`, which have shape (k, ...).

    Parameters
    ----------
    edges : (k, ...)
    count : nodes between two edges

    Returns
    -------
    nodes, weights : (k - 1, ..., count)
    """
    x, w = legendre(count)
    edges = np.asarray(edges, dtype=float)
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    nodes = middle[..., None] + half[..., None] * x
    return nodes, half[..., None] * w


def in_eta(edges: ArrayLike, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u, v and weights du of nodes in eta = artanh u between ascending `edges`.

    Parameters
    ----------
    edges : ascending, (k,)
    count : nodes between two edges

    Returns
    -------
    u, v, weight : (n,), v = 1 - u^2
    """
    eta, weight = (array.ravel() for array in gauss(edges, count))
    v = np.cosh(eta) ** -2
    return np.tanh(eta), v, weight * v


@dataclass(frozen=True)
class Moments:
    """Integrals over the target's energy e of f_i (1 - f_f) times 1, s = p.k, s^2, e, s e; (n,) each."""

    one: np.ndarray
    s: np.ndarray
    s2: np.ndarray
    e: np.ndarray
    se: np.ndarray


def moments(nodes: Nodes, T: float, E: float, E_out: np.ndarray, m: float, mu_i: float, mu_f: float) -> Moments:
    """The medium's moments for a neutrino of energy E that becomes a massless lepton of energy E_out.

    With x = e - E_min, c the cosine between k and q and r = sqrt(1 + 4 m^2/Q^2)

        <s> = E [e (1 - u c) + c v |q|/2],   variance = E^2 (1 - c^2) v x (x + |q| r)/2,

    averaged over the azimuth. f_i (1 - f_f) = (f_i - f_f)/(1 - exp(-w)), w = (q0 + mu_i - mu_f)/T, so the integrals
    over x are complete Fermi-Dirac integrals.

    Parameters
    ----------
    nodes : points in u = q0/|q| and |q|, shape (n,)
    T : temperature [MeV]
    E : energy of the neutrino [MeV]
    E_out : energy of the outgoing lepton [MeV], shape (n,)
    m : mass of the target [MeV]
    mu_i, mu_f : chemical potentials of the target before and after the collision [MeV]

    Returns
    -------
    The integrals, shape (n,) each.
    """
    u, v, q = nodes.u, nodes.v, nodes.q
    r = np.sqrt(1 + 4 * m**2 / (v * q**2))
    E_min = q * (r - u) / 2
    w = (u * q + mu_i - mu_f) / T
    eta = (mu_i - E_min) / T
    J = kernel.fermi_dirac(np.concatenate([eta, eta - w])).reshape(3, 2, -1)
    over = 1 / -np.expm1(np.minimum(-w, 600.0))
    I0, I1, I2 = (T ** (n + 1) * (J[n, 0] - J[n, 1]) * over for n in range(3))
    c = (E**2 + q**2 - E_out**2) / (2 * E * q)
    a1 = E * (1 - u * c)
    a0 = a1 * E_min + 0.5 * E * c * v * q
    b = np.maximum((E_out**2 - (E - q) ** 2) * ((E + q) ** 2 - E_out**2), 0) / (4 * q**2) * v / 2
    s2 = a0**2 * I0 + (2 * a0 * a1 + b * q * r) * I1 + (a1**2 + b) * I2
    se = a0 * E_min * I0 + (a0 + a1 * E_min) * I1 + a1 * I2
    return Moments(I0, a0 * I0 + a1 * I1, s2, E_min * I0 + I1, se)


def empty_share(E: np.ndarray, mu: float, T: float) -> np.ndarray:
    """1 - f of a lepton.

    Parameters
    ----------
    E, mu, T : energies (n,), chemical potential, temperature [MeV]

    Returns
    -------
    1 - f, (n,)
    """
    return 0.5 * (1 + np.tanh((E - mu) / (2 * T)))


def prefactor(nodes: Nodes, E: float) -> np.ndarray:
    """What multiplies |M|^2 in 1/lambda at each node: Eq. (19) with the flux E_N E_nu, and its azimuth done.

    Parameters
    ----------
    nodes : of the integral over u and |q|
    E : energy of the neutrino [MeV]

    Returns
    -------
    (n,)
    """
    return nodes.weight * nodes.q / (64 * math.pi**3 * E**2)
