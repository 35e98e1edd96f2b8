"""Decay in flight and arrival at the Earth, Eqs. (3)-(6): nodes over parents and daughters, worked out once per mass
and window, for any number of d.

A *parents* object has `M`, `E_span` and a call that gives dN/dE [1/MeV, per d^2 where the production is] over E = (E_N
+ p)/2, the upper end of the box of daughter energies: [M^2/4E, E].
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.sn_dipole.constants import C_CM_PER_S, HBARC_MEV_CM
from nubounds.constraints.sn_dipole.neutrinos import shape
from nubounds.kernels import sn_dipole_flux as kernel
from nubounds.kernels import sn_dipole_nodes as nodes_kernel

PANEL = 0.25  # longest panel in ln E
STEEP_LAW = (60.0, 130.0)  # lifetimes before the surface at which nodes in time begin to fail, and of no use any more
RULE = (9, (1, 4, 7))  # Gauss nodes per panel; the coarser rule leaves these out
DELAYS = ("full", "leading", "bound")
SHORT_RULE, LONG_PANEL = (7, (3,)), 0.6  # of `photons_by_time`, which has all kinks at the ends of panels
STEEP_MEV = 35.0  # longest panel of parents near the least energy: they fall as e^(-E/T)
NOWHERE_CM = 1e-30  # a photosphere that not even the shortest decay lengths notice
NEVER = 1e300  # end of a stretch that no N outlives, per d^2


@dataclass(frozen=True)
class AlphaFit:
    """Parents with the pinched shape of neutrinos.py in E_N, for E_N > M, not renormalised: a check that needs no
    supernova.
    """

    M: float
    total: float = 1e55
    mean_energy_MeV: float = 100.0
    alpha: float = 2.0

    @property
    def E_span(self) -> tuple[float, float]:
        """Up to where the shape is e^-60 of its peak or less."""
        a = self.alpha
        return 0.5 * self.M, max(self.M, self.mean_energy_MeV * (a + 60 + 12 * math.sqrt(a)) / (1 + a))

    def __call__(self, E):
        shift = 0.25 * self.M**2 / E
        return self.total * shape(E + shift, self.mean_energy_MeV, self.alpha) * (E - shift) / E


@dataclass(frozen=True)
class Window:
    """Where and how long: everything in cm, and which delay (the whole geometry, its leading order in L1/D, or the
    paper's bound).
    """

    R: float
    D: float
    time_s: float
    delay: str = "full"

    def __post_init__(self):
        object.__setattr__(self, "R", self.R if self.R > NOWHERE_CM else 0.0)

    @property
    def path(self) -> float:
        """c times the time [cm]."""
        return C_CM_PER_S * self.time_s


@cache
def rules(order: int, dropped: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gauss nodes on [-1, 1], their weights, and weights of the interpolating rule that leaves the `dropped` ones
    out.

    Parameters
    ----------
    order : number of nodes
    dropped : positions of the nodes that the coarse rule leaves out

    Returns
    -------
    Nodes, weights and coarse weights, each of shape (order,).
    """
    nodes, weights = np.polynomial.legendre.leggauss(order)
    kept = [i for i in range(order) if i not in dropped]
    powers = np.arange(len(kept))
    moments = np.where(powers % 2 == 0, 2.0 / (powers + 1), 0.0)
    coarse = np.zeros(order)
    coarse[kept] = np.linalg.solve(nodes[kept][None, :] ** powers[:, None], moments)
    return nodes, weights, coarse


def panels(
    low: ArrayLike, high: ArrayLike, breaks: ArrayLike, longest: float = PANEL, rule: tuple[int, tuple[int, ...]] = RULE
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gauss nodes in ln E over the ranges low ... high, shape (n,), cut at `breaks`, shape (n, m), and into pieces that
    are no longer than `longest`; nothing for an empty range.

    Parameters
    ----------
    low, high : ends of the ranges [MeV], shape (n,)
    breaks : where to cut [MeV], shape (n, m)
    longest : of a piece, in ln E
    rule : arguments of :func:`rules`

    Returns
    -------
    range, E, weight, coarse weight : arrays of shape (nodes,); number of the range, [MeV]
    """
    ends = np.broadcast_arrays(np.atleast_1d(np.asarray(low, float)), high)
    low, high = (np.ascontiguousarray(end, dtype=float) for end in ends)
    return nodes_kernel.panels(low, high, np.asarray(breaks, float), longest, *rules(*rule))


def decay_length(M: float) -> float:
    """L d^2/p [cm/MeV^3]: L = (p/M) hbar c/Gamma_N with Gamma_N = 6 d^2 M^3/4 pi."""
    return HBARC_MEV_CM * 4 * math.pi / (6 * M**4)


def _p(E, M):
    return E - 0.25 * M * M / E


def _E_of_p(p, M):
    return 0.5 * (p + np.hypot(p, M))


def _E_of_E_N(E_N, M):
    return 0.5 * (E_N + np.sqrt(np.maximum(E_N**2 - M**2, 0.0)))


def _path_ends(X: float, M: float, energies, T: float) -> list[np.ndarray]:
    """E at which the longest path equals X, to leading order in X/D: of daughters of given energies, and of those at
    the ends of the box (the softer end if it is ever in time).
    """
    columns = [_E_of_p(X * M * M / (2 * T * energies), M)]
    columns.append(np.full_like(energies, math.sqrt(X * M * M / (2 * T) + 0.25 * M * M)))
    if 2 * X < T:
        columns.append(np.full_like(energies, 0.5 * M / math.sqrt(1 - 2 * X / T)))
    return columns


def _path_breaks(M: float, energies, window: Window) -> np.ndarray:
    """E at which the longest path of a daughter equals the photosphere or the distance, for daughters of given energies
    and those at the ends of the box, and E above which their delay never exceeds the window: shape (energies, m).
    """
    T = window.path
    columns = _path_ends(window.R, M, energies, T) + _path_ends(window.D, M, energies, T)
    if window.delay == "full":
        reach = (M * (window.D + T)) ** 2 / (4 * T * (2 * window.D + T))
        columns.append(_E_of_E_N(energies + reach / energies, M))
    return np.stack(columns, axis=1)


def paths_in_time(E: np.ndarray, E_g: np.ndarray, M: float, window: Window) -> list[tuple[np.ndarray, np.ndarray]]:
    """Stretches (from, to) [cm] of the way of N from which a daughter of energy E_g arrives in time; empty
    where to <= from.

    The delay L1 (1/beta - cos alpha) - L1^2 sin^2 alpha/(D + sqrt(D^2 - L1^2 sin^2 alpha)) has a maximum: to leading
    order in L1/D there is one stretch from the photosphere on, in the whole geometry (`full`) there is a second one
    that ends at the Earth if N itself is there in time and the daughter flies forward.

    Parameters
    ----------
    E : (E_N + p)/2 of N [MeV], shape (n,)
    E_g : energy of the daughter [MeV], shape (n,)
    M : mass of N [MeV]
    window : surface, distance, duration, and which daughters arrive in time

    Returns
    -------
    For each stretch where it begins and ends, each of shape (n,).
    """
    p, T, D = _p(E, M), window.path, window.D
    start = np.full_like(E, window.R)
    if window.delay == "bound":
        return [(start, np.minimum(2 * E * p * T / M**2, D))]
    K = M * M / (2 * E_g * p)  # 1/beta - cos(alpha)
    if window.delay == "leading":
        return [(start, np.minimum(T / K, D))]
    forward = M * M / (p * (E + 0.25 * M * M / E + p))  # 1/beta - 1
    s2 = (K - forward) * (2 - K + forward)  # sin^2(alpha)
    square = 2 * D * T + T * T
    inside = ((D + T) * K) ** 2 - (K * K + s2) * square
    root = np.sqrt(np.maximum(inside, 0.0))
    first = np.minimum(np.where(inside < 0, D, square / ((D + T) * K + root)), D)
    ends_in_time = (inside >= 0) & (forward * D <= T) & (K * D <= D + T)
    again = np.where(ends_in_time, ((D + T) * K + root) / (K * K + s2), D)
    return [(start, first), (np.maximum(np.minimum(again, D), start), np.full_like(E, D))]


@dataclass(frozen=True)
class Signal:
    """A number of daughters as a function of d: fluence [1/cm2] in a band, or one weighted with a cross section.

    Called with an array of d it gives (value, error), for parents per d^2 without that factor.
    """

    nodes: np.ndarray
    window: Window
    length: float = 0.0  # 0: nodes of kernel.decays
    rates: np.ndarray | None = None  # more of those, for a part of the signal that has a factor d^2 itself

    def __call__(self, d) -> tuple[np.ndarray, np.ndarray]:
        d = np.ascontiguousarray(np.atleast_1d(d), dtype=float)
        if self.length:
            leading = self.window.delay == "leading"
            value, error, _ = kernel.fluence(d, self.nodes, self.window.R, self.window.D, self.length, leading)
        else:
            value, error, _ = kernel.decays(d, self.nodes)
        if self.rates is not None:
            more, more_error, _ = kernel.decays(d, self.rates)
            more_error = more_error + self._unresolved(d) * more
            value, error = value + d**2 * more, error + d**2 * more_error
        sphere = 4 * math.pi * self.window.D**2
        return value / sphere, error / sphere

    def _unresolved(self, d: np.ndarray) -> np.ndarray:
        """Relative error of the integral over the time of decay where hardly any N gets out: the exponential law falls
        too steeply for its nodes, which both rules may miss alike.
        """
        before = d**2 * self.rates[:, 0].min() if self.rates is not None and len(self.rates) else np.zeros_like(d)
        return np.where(before > STEEP_LAW[0], np.minimum((before / STEEP_LAW[1]) ** 8, 1.0), 0.0)

    @cached_property
    def _bounds(self) -> list[tuple[float, float, float]]:
        """(S, W, a) of each part of the signal, which is below e^(-a d^2) min(d^2 S, W)."""
        found = []
        if len(self.nodes) and self.length:
            p, low, high, slope, weight, _ = self.nodes.T
            leading = self.window.delay == "leading"
            longest = np.minimum(slope * high, self.window.D) if leading else slope
            size, per_d2 = np.abs(weight) * np.maximum(high - low, 0.0), 1 / (self.length * p)
            rate = float((size * longest * per_d2).sum())
            found.append((rate, float(size.sum()), self.window.R * float(per_d2.min())))
        elif len(self.nodes):
            first, stretch, weight, _ = self.nodes.T
            found.append((float((np.abs(weight) * stretch).sum()), float(np.abs(weight).sum()), float(first.min())))
        if self.rates is not None and len(self.rates):
            found.append((float(np.abs(self.rates[:, 2]).sum()), math.inf, float(self.rates[:, 0].min())))
        return found

    def ceiling(self, d) -> np.ndarray:
        """An upper bound of the value at an array of d: 1 - e^-x is below x and 1."""
        d2 = np.square(np.atleast_1d(d))
        total = sum(np.exp(-d2 * a) * np.minimum(d2 * S, W) for S, W, a in self._bounds)
        return total / (4 * math.pi * self.window.D**2)


@dataclass(frozen=True)
class Nodes:
    """Where a signal asks for parents, and how it follows from them: the same for all couplings.

    E : (E_N + p)/2 [MeV], shape (n,);  signal : dN/dE there, shape (n,) [MeV] -> the signal
    """

    E: np.ndarray
    signal: Callable[[np.ndarray], Any]

    def of(self, parents: Any) -> Any:
        """The signal of parents."""
        return self.signal(parents(self.E))


Span = tuple[float, float]


def points(M: float, span: Span, E_g: np.ndarray, weight_g: np.ndarray, coarse_g: np.ndarray, window: Window) -> Nodes:
    """The sum over daughters of some energies, with weights.

    Parameters
    ----------
    M : mass of the parents [MeV]
    span : range of their (E_N + p)/2 [MeV]
    E_g : energies of the daughters [MeV], shape (n,)
    weight_g : their weights, shape (n,)
    coarse_g : their weights in the coarse rule, shape (n,)
    window : surface, distance, duration, and which daughters arrive in time

    Returns
    -------
    Nodes of a :class:`Signal`
    """
    low, high = span
    start = np.maximum(low, np.maximum(E_g, 0.25 * M * M / E_g))
    which, E, dE, dE_coarse = panels(start, high, _path_breaks(M, E_g, window))
    p = _p(E, M)
    length, fine, coarse = decay_length(M) * p, dE * weight_g[which] / p, dE_coarse * coarse_g[which] / p
    columns, stretches = np.empty((0, 4)), []
    for first, last in paths_in_time(E, E_g[which], M, window):
        seen = np.flatnonzero(last > first)
        rows = np.stack([first / length, (last - first) / length, fine, coarse], axis=1)[seen]
        columns, stretches = np.concatenate([columns, rows]), [*stretches, seen]
    seen = np.concatenate(stretches)

    def signal(density):
        nodes = columns.copy()
        nodes[:, 2:] *= density[seen, None]
        return Signal(nodes, window)

    return Nodes(E, signal)


def _roots(a, b, c) -> list:
    """The s > 0 with a s^2 - b s + c = 0 for b, c > 0 (b/2a twice if there is none), without cancellation."""
    q = b + np.sqrt(np.maximum(b * b - 4 * a * c, 0.0))
    return [2 * c / q, q / (2 * a)]


def photons_by_time(M: float, span: Span, E_min: float, E_max: float, window: Window) -> Nodes:
    """Photons of a band in the whole geometry, as an integral over the proper time at which N decays.

    With s = c times that time, L1 = s p/M and S^2 = T (2D + T), the photons that a decay sends to the Earth in time
    are those with

        E_g > s [M (D + T) - s E_N]/(S^2 - s^2),   s < S

    linear in E_N.  So the rate at which photons of the band are made, H(s) = Int dE g/p Int dE_g, does not know d, and
    the fluence is its integral with the exponential law of the decay, exp(-s/ctau)/ctau with 1/ctau ~ d^2.

    Parameters
    ----------
    M : mass of the parents [MeV]
    span : range of their (E_N + p)/2 [MeV]
    E_min : lower end of the band [MeV]
    E_max : upper end of the band [MeV]
    window : surface, distance, duration, and which daughters arrive in time

    Returns
    -------
    Nodes of the fluence [1/cm2] as a function of d, without d^2 for parents per d^2.
    """
    T, R, D = window.path, window.R, window.D
    low, high = span
    mid, S2, reach = 0.25 * M * M, T * (2 * D + T), M * (D + T)
    low = max(low, 0.5 * M * (1 + 1e-12), E_min, mid / E_max)
    if low >= high:
        return Nodes(np.empty(0), lambda density: Signal(np.empty((0, 4)), window))
    rate = 1.0 / (M * decay_length(M))  # 1/(ctau d^2)
    band = np.array([E_min, E_max])

    # until `first` H is constant if there is no photosphere; nothing decays before it if there is one
    softest = max(E_min, mid / high)
    first = min(0.5 * softest * S2 / reach, 0.5 * math.sqrt(S2), D * M / _p(high, M))
    start, end = R * M / _p(high, M) if R > 0 else first, min(math.sqrt(S2), D * M / _p(low, M))
    breaks = [2 * E * S2 / reach for E in band]
    breaks += [R * M / _p(E, M) for E in np.ravel(_path_ends(R, M, band, T)) if low < E]
    for E in (low, *(E for E in band if low < E < high), high):
        breaks += [X * M / _p(E, M) for X in (R, D)]
        for E_g in band:
            if E + mid / E > E_g:
                breaks += _roots(E + mid / E - E_g, reach, E_g * S2)
    _, s, ds, ds_coarse = panels(start, end, [breaks], LONG_PANEL, SHORT_RULE)
    if R == 0:
        s, ds, ds_coarse = (np.append(column, value) for column, value in ((s, first), (ds, 0.0), (ds_coarse, 0.0)))

    hardest, box = _roots(S2, reach * s, mid * s * s), _roots(s * s, reach * s, mid * S2)  # E_g is at an end of the box
    kinks = [np.full_like(s, E) for E in (*band, *(mid / E for E in band))]
    kinks += [*hardest, *box, *(_E_of_E_N((reach - E_g * (S2 - s * s) / s) / s, M) for E_g in band)]
    from_R, to_D = (np.clip(_E_of_p(X * M / s, M), low, high) for X in (R, D))
    longest = min(LONG_PANEL, STEEP_MEV / low)
    which, E, dE, dE_coarse = panels(from_R, to_D, np.stack(kinks, axis=1), longest, SHORT_RULE)
    at, shift = s[which], mid / E
    least = np.maximum(at * (reach - at * (E + shift)) / (S2 - at * at), np.maximum(E_min, shift))
    share = np.maximum(np.minimum(E, E_max) - least, 0.0) / (E - shift)
    fine, coarse = share * dE, share * dE_coarse

    def signal(density):
        H, H_coarse = (np.bincount(which, density * weight, minlength=s.size) for weight in (fine, coarse))
        rates = np.stack([rate * s, np.full_like(s, NEVER), rate * H * ds, rate * H_coarse * ds_coarse], axis=1)
        if R > 0:
            return Signal(np.empty((0, 4)), window, rates=rates)
        return Signal(np.array([[0.0, rate * first, H[-1], H_coarse[-1]]]), window, rates=rates[:-1])

    return Nodes(E, signal)


def photon_nodes(M: float, span: Span, E_min: float, E_max: float, window: Window) -> Nodes:
    """Photons of a band, Eq. (6) integrated over it.

    Parameters
    ----------
    M : mass of the parents [MeV]
    span : range of their (E_N + p)/2 [MeV]
    E_min, E_max : the band [MeV]
    window : surface, distance, duration, and which daughters arrive in time

    Returns
    -------
    Nodes of the fluence [1/cm2] and its error as a function of an array of d [1/MeV], without d^2 for parents per d^2
    """
    if window.delay == "full":
        return photons_by_time(M, span, E_min, E_max, window)
    low, high = span
    band = np.array([E_min, E_max])
    breaks = np.concatenate([[E_max], 0.25 * M * M / band, _path_breaks(M, band, window).ravel()])
    _, E, dE, dE_coarse = panels(max(low, E_min), high, breaks[None, :])
    p, softest = _p(E, M), 0.25 * M * M / E
    slope = 2 * p * window.path / M**2
    if window.delay == "bound":
        slope = np.minimum(slope * E, window.D)
    ends = [np.maximum(E_min, softest), np.minimum(E_max, E)]
    columns = np.stack([p, *ends, slope, dE / p, dE_coarse / p], axis=1)

    def signal(density):
        nodes = columns.copy()
        nodes[:, 4:] *= density[:, None]
        return Signal(nodes, window, decay_length(M))

    return Nodes(E, signal)


def photons(parents: Any, E_min: float, E_max: float, window: Window) -> Signal:
    """The same of parents.

    Parameters
    ----------
    parents : spectrum of N, see above
    E_min, E_max : the band [MeV]
    window : surface, distance, duration, and which daughters arrive in time

    Returns
    -------
    The fluence [1/cm2] and its error as a function of an array of d [1/MeV], without d^2 for parents per d^2
    """
    return photon_nodes(parents.M, parents.E_span, E_min, E_max, window).of(parents)


def daughters_per_energy(parents: Any, energies: ArrayLike, window: Window, d: float) -> np.ndarray:
    """Spectrum at the Earth of photons, or of neutrinos of all six species, Eq. (6).

    Parameters
    ----------
    parents : spectrum of N, see above
    energies : of the daughters [MeV]
    window : surface, distance, duration, and which daughters arrive in time
    d : coupling [1/MeV]

    Returns
    -------
    dN/dE/dA [1/MeV/cm2] and its error, shape (energies, 2), without d^2 for parents per d^2
    """
    one = np.ones(1)
    nodes = (points(parents.M, parents.E_span, np.array([energy]), one, one, window) for energy in energies)
    signals = (some.of(parents) for some in nodes)
    return np.array([[float(part[0]) for part in signal(d)] for signal in signals])
