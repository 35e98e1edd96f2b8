"""The random walk of a neutrino from the star's surface: discretisation of the equation that the kernel steps.

Depths z are in units of the mean free path, l is the mean free path over the radius (0: a half-space); see
``cython_ext/random_walk.pxd``.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache

import numpy as np

from nubounds.contract import InputError
from nubounds.kernels import neutron_star as kernel

MAX_COLLISIONS = 4096
# Nodes per element, and for the error estimate.
NODES = {
    "draft": {"fixed": (8, 6), "exponential": (6, 4)},
    "paper": {"fixed": (12, 9), "exponential": (8, 6)},
    "reference": {"fixed": (16, 12), "exponential": (12, 9)},
}


@lru_cache(maxsize=32)
def survival(step: str, entry: str, l: float, at_least: int, precision: str) -> tuple[np.ndarray, np.ndarray]:
    """S_n for n = 0 .. N, where N is the power of two (16 or more) that reaches `at_least`, and its error.

    S_n is the probability that the flight after the n-th collision ends inside.  The discretisation depends on (step,
    entry, l, N, precision) alone.

    Parameters
    ----------
    step : fixed or exponential: flights of one length, or exponentially distributed
    entry : radial or cosine: straight inwards, or with the angles of an isotropic flux
    l : mean free path over the radius of the star; 0 for a half-space
    at_least : number of collisions that is wanted
    precision : draft, paper or reference

    Returns
    -------
    S_n and its absolute error, each of shape (N + 1,).
    """
    if at_least > MAX_COLLISIONS:
        raise InputError(f"collisions={at_least}: the walk is solved up to {MAX_COLLISIONS} collisions")
    flights = max(16, 1 << max(0, at_least - 1).bit_length())
    solve = _fixed if step == "fixed" else _exponential
    value, coarse = (solve(entry, l, flights, p) for p in NODES[precision][step])
    return value, np.abs(value - coarse) + 1e-14 * value


@cache
def _lagrange(p: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gauss nodes and weights on [0, 1], integrals of the Lagrange polynomials up to each node, barycentric weights."""
    x, w = np.polynomial.legendre.leggauss(p)
    legendre = np.polynomial.legendre.legvander(x, p)
    # Int_-1^x P_k = (P_(k+1) - P_(k-1))/(2k + 1), and the Lagrange polynomials are sums of (2k + 1)/2 w_j P_k(x_j) P_k
    integrals = np.empty((p, p))
    integrals[:, 0] = x + 1
    for k in range(1, p):
        integrals[:, k] = (legendre[:, k + 1] - legendre[:, k - 1]) / (2 * k + 1)
    antiderivative = 0.5 * integrals @ (legendre[:, :p] * (np.arange(p) + 0.5) * w[:, None]).T
    nodes = 0.5 + 0.5 * x
    barycentric = np.array([1 / np.prod([nodes[j] - nodes[i] for i in range(p) if i != j]) for j in range(p)])
    return nodes, 0.5 * w, np.ascontiguousarray(antiderivative), barycentric


def _fixed(entry: str, l: float, flights: int, p: int) -> np.ndarray:
    """Steps of fixed length: psi is a polynomial between breakpoints that a unit step maps onto each other."""
    radial = entry == "radial"
    if l > 2:
        return np.zeros(flights + 1)  # the first flight crosses the star
    if radial and l > 1:
        return np.array([1.0] + [0.0] * flights)  # the second one leaves it, as it starts beyond the centre
    nodes, weights, antiderivative, _ = _lagrange(p)
    whole_star = l > 0 and 2 / l <= flights + 2  # else the centre is too deep to matter
    whole = rest = 0
    if whole_star:
        units = math.floor(2 / l + 1e-9)
        rest = 2 / l - units if 2 / l - units > 1e-9 else 0.0
        widths = np.array([1.0] * units if rest == 0 else [rest, 1 - rest] * units + [rest])
        whole = len(widths)
        widths = widths[: (whole + 1) // 2]  # up to the centre; psi is odd beyond
    else:
        widths = np.ones(flights // 2 + 2)
    shift = 2 if rest else 1
    starts = np.concatenate([[0], np.cumsum(widths)[:-1]])
    z = (starts[:, None] + widths[:, None] * nodes).ravel()
    outside = 0.5 * (1 - z) + 0.25 * l * (1 - z) ** 2  # u_1, in the first unit of depth
    value, source = (1 - l * z, np.zeros_like(z)) if whole_star else (np.zeros_like(z), np.where(z < 1, outside, 0.0))
    at_centre = radial and 1 - l < 1e-6  # where psi/r is 0/0; from there the next flight ends at z = 0
    mean, entry_element = np.zeros_like(z), -1
    if radial:
        entry_element = shift if at_centre else 2 * shift
        entry_element = min(entry_element, whole - entry_element) if whole_star else entry_element  # Psi is even
    else:
        depth = 1.0 if l < 1 else 2 / l - 1
        mean = (widths[:, None] * weights).ravel() * np.where(z < depth, 2 * z + l * (1 - z * z), 0.0)
    result = np.empty(flights + 1)
    kernel.box_walk(value, source, widths, shift, whole, antiderivative, weights, mean, entry_element, result)
    if at_centre:
        return np.concatenate([[1.0, 1.0], result[1:-1]])
    if radial:
        result /= 1 - l
    first = 1.0 if radial else 1 - l * l / 4
    if not whole_star:
        return first - result
    result[0] = first
    return np.minimum(result, first)  # not above it by rounding


def _exponential(entry: str, l: float, flights: int, p: int) -> np.ndarray:
    """Exponential steps: product integration on elements that shrink towards the surface, where psi has a z ln z."""
    reach = 14 + 6 * math.sqrt(flights)
    whole_star = l > 0 and 1 / l <= reach
    z, weight, matrix = _exponential_equation(l, reach, whole_star, p)
    r = 1 - l * z
    outside = kernel.exponential_source(z, l)
    # first collision: e^-z along the diameter, or by reciprocity 4 r u_1 for an isotropic flux from outside
    chord = np.exp(-z)
    if whole_star:
        outside = outside - kernel.exponential_source(2 / l - z, l)
        chord = chord + np.exp(z - 2 / l)  # the far half of the diameter
        value, source = r, 0.0
    else:
        value, source = np.zeros_like(z), outside
    mean = weight * (chord / r if entry == "radial" else 4 * outside)
    crossing = 0.0
    if l > 0:
        crossing = math.exp(-2 / l) if entry == "radial" else _mean_crossing(2 / l)
    result = np.empty(flights + 1)
    for n in range(flights + 1):
        if n:
            value = source + matrix @ value
        result[n] = mean @ value
    if not whole_star:
        return 1 - crossing - result
    result[0] = 1 - crossing
    return result


@lru_cache(maxsize=8)
def _exponential_equation(l: float, reach: float, whole_star: bool, p: int):
    """Nodes and weights in depth, from the surface to the centre or to `reach`, and the equation's matrix on them."""
    nodes, weights, _, barycentric = _lagrange(p)
    edges = _graded(1 / l if whole_star else reach)
    rows = (len(edges) - 1) * p
    if whole_star:
        edges = np.concatenate([edges, 2 / l - edges[-2::-1]])
    widths = np.diff(edges)
    z = (edges[:-1, None] + widths[:, None] * nodes).ravel()
    matrix = kernel.exponential_kernel(z[:rows], z, edges, weights, barycentric)
    if whole_star:  # psi is odd at the centre: fold, so that rounding cannot mix in an even part, which lives longer
        matrix = matrix[:, :rows] - matrix[:, : rows - 1 : -1]
    return z[:rows], (widths[:, None] * weights).ravel()[:rows], matrix


def _graded(depth: float) -> np.ndarray:
    """Edges from 0 to `depth`: doubling from 2^-20 to 1, then growing slowly, as psi gets smoother with depth."""
    first = min(1.0, depth)
    edges = [0.0, *(first * 2.0 ** np.arange(-20, 1))]
    while edges[-1] < depth:
        edges.append(edges[-1] + max(1.5, 0.12 * edges[-1]))
    return np.array(edges) * np.where(np.array(edges) > first, depth / edges[-1], 1.0)


def _mean_crossing(t: float) -> float:
    """Int_0^1 2 mu e^(-t mu) d(mu): the part of a cosine flux that crosses the star without a collision."""
    if t < 1e-2:
        return 1 - t * (2 / 3 - t * (1 / 4 - t * (1 / 15 - t / 72)))
    return 2 * (-math.expm1(-t) - t * math.exp(-t)) / t**2
