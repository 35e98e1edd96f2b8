"""Diffusion of a spectrum: Rosseland means of paths that depend on the energy, for any coupling.

At each energy 1/lambda = a + b g^2 + c g^4; the mean over energies (and over species that diffuse in parallel)

    lambda_k(g) = Sum_E W(E) / (a + b g^2 + c g^4) / Sum_E W(E),   W = E^n f (1 - f) dE,

is no polynomial any more, so that limits are roots of dt(g) = Sum_k w_k/lambda_k(g), which rises with g.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.sn_diffusion import criteria, processes, rosseland
from nubounds.constraints.sn_diffusion.inputs import Criteria, Opacity, Spectrum
from nubounds.constraints.sn_diffusion.opacity import PARTS, powers
from nubounds.constraints.sn_diffusion.shells import star_of
from nubounds.constraints.sn_diffusion.states import State
from nubounds.contract import InputError

# (neutrino, flavour, how many): what diffuses in parallel.
TOGETHER = {
    "all": (("nu", "e", 1), ("nubar", "e", 1), ("nu", "x", 2), ("nubar", "x", 2)),
    "majorana_all": (("majorana_thermal", "e", 1), ("majorana_thermal", "x", 2)),
}
LARGEST, STEPS, SETTLED = 1e12, 200, 1e-14  # of the search for a coupling


def kinds(neutrino: str, flavour: str) -> tuple[tuple[str, str, int], ...]:
    """What `neutrino` stands for: (nu, nubar or majorana_thermal; e or x; how many of them).

    Parameters
    ----------
    neutrino : nu, nubar, majorana_thermal, all, majorana_all
    flavour : e or x, of one kind

    Returns
    -------
    a tuple for each kind
    """
    return TOGETHER.get(neutrino, ((neutrino, flavour, 1),))


def _sum(parts: np.ndarray, of_parts: np.ndarray) -> np.ndarray:
    """(e, m) of (e, m, 4) and (m, 4), part by part: digits do not depend on how many masses there are."""
    return sum(parts[:, :, part] * of_parts[:, part] for part in range(len(PARTS)))


def _mean(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(m,) of (e,) and (e, m), added up one energy after another: numpy's sums depend on how many masses there are."""
    return np.cumsum(weights[:, None] * values, axis=0)[-1]


@dataclass(frozen=True)
class Shell:
    """The paths in one shell: weights (e,) that add up to 1; parts of 1/lambda [1/m] and their errors (e, m, 4)."""

    weights: np.ndarray
    parts: np.ndarray
    errors: np.ndarray

    def path(self, of_parts: np.ndarray) -> np.ndarray:
        """Mean [m] of 1/(sum of parts times `of_parts`), which has shape (m, 4): (m,)."""
        return _mean(self.weights, 1 / _sum(self.parts, of_parts))

    def slope(self, of_parts: np.ndarray, change: np.ndarray) -> np.ndarray:
        """Change of :meth:`path` [m] with `of_parts`, for a small `change` of it: (m,)."""
        rate, more = (_sum(self.parts, one) for one in (of_parts, change))
        return -_mean(self.weights, more / rate**2)


@lru_cache(maxsize=32)
def _spectrum(states: tuple[tuple[State, str, int], ...], power: int, precision: str, level: int):
    """States of one energy each with their neutrino, and the weights of the energies, over all kinds of a shell."""
    found, weights = [], []
    for state, neutrino, count in states:
        E, weight = rosseland.energies(state.mu_nu, state.T, power, precision, level)
        found.append((tuple(replace(state, E_nu=float(energy)) for energy in E), neutrino))
        weights.append(count * weight)
    joined = np.concatenate(weights)
    return found, joined / joined.sum()


def _shell(
    states: tuple[tuple[State, str, int], ...], masses: np.ndarray, chosen: Opacity, power: int, level: int
) -> tuple[Shell, np.ndarray]:
    """One shell at one level of accuracy, and the status of each mass."""
    precision = chosen.accuracy.precision
    by_kind, weights = _spectrum(states, power, precision, level)
    values, errors, statuses = [], [], []
    for of_energy, neutrino in by_kind:
        wanted = processes.wanted_by(chosen.interaction, of_energy[0].flavour)
        nodes = rosseland.INTEGRANDS[precision]
        value, error, status = processes.by_process(
            of_energy, neutrino, masses, chosen.interaction, nodes, wanted, with_error=level == 0
        )
        values.append(value.sum(axis=1))
        errors.append(error.sum(axis=1))
        statuses.append(status.max(axis=0))
    return Shell(weights, np.concatenate(values), np.concatenate(errors)), np.max(statuses, axis=0)


@dataclass(frozen=True)
class Averages:
    """All shells of a snapshot, on two rules over energies: the value's and a coarser one for its error.

    radii_m : (n + 1,), beginning with 0;  fine, coarse : n shells each;  status : (m,), of each mediator's mass
    """

    radii_m: np.ndarray
    fine: tuple[Shell, ...]
    coarse: tuple[Shell, ...]
    status: np.ndarray

    def paths(self, of_parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rosseland means of the path in each shell.

        Parameters
        ----------
        of_parts : (m, 4) what multiplies the four parts of 1/lambda: powers of the coupling

        Returns
        -------
        value, error : (n, m) [m]
        """
        value, coarse = (np.array([shell.path(of_parts) for shell in level]) for level in (self.fine, self.coarse))
        uncertain = np.zeros_like(value)
        for k, shell in enumerate(self.fine):
            rate, error = (_sum(part, of_parts) for part in (shell.parts, shell.errors))
            uncertain[k] = _mean(shell.weights, error / rate**2)
        return value, np.abs(value - coarse) + uncertain

    def at(self, where: np.ndarray) -> Averages:
        """The same for the masses at positions `where`, which may repeat."""
        fine, coarse = (
            tuple(replace(one, parts=one.parts[:, where], errors=one.errors[:, where]) for one in level)
            for level in (self.fine, self.coarse)
        )
        return Averages(self.radii_m, fine, coarse, self.status[where])

    def coupling_limit(self, model: str, criterion: str, transport: str, targets: Criteria):
        """The coupling at which a criterion is met, as :func:`criteria.coupling_limit`.

        Returns
        -------
        value, error : (m,), NaN where the Standard Model alone exceeds the target
        """

        def limit(shells: Sequence[Shell]) -> np.ndarray:
            return _limit(shells, self.radii_m, model, criterion, transport, targets)

        value = limit(self.fine)
        error = np.abs(limit(self.coarse) - value)
        for part in range(len(PARTS)):
            one = np.arange(len(PARTS)) == part
            shifted = [replace(shell, parts=shell.parts + shell.errors * one) for shell in self.fine]
            error += np.abs(limit(shifted) - value)
        return value, error


def averages(
    matter_states: Callable[[str], Sequence[State]],
    radii_m: np.ndarray,
    neutrino: str,
    m_mediator_MeV: ArrayLike,
    chosen: Opacity,
    spectrum: Spectrum,
) -> Averages:
    """The energy-resolved paths in shells that share a snapshot.

    Parameters
    ----------
    matter_states : gives the n shells' states as nu, nubar or majorana_thermal see them (flavour e)
    radii_m : (n + 1,) outer radii, beginning with 0
    neutrino : nu, nubar, majorana_thermal, or one of TOGETHER
    m_mediator_MeV : (m,)
    chosen, spectrum : the inputs

    Returns
    -------
    The mean paths of every shell, on two rules over energies.

    Raises
    ------
    InputError
        For majorana_degenerate, whose energy is not that of a spectrum in equilibrium.
    """
    if neutrino == "majorana_degenerate":
        raise InputError(
            "neutrino=majorana_degenerate: needs average=single; with average=rosseland the spectrum is that of "
            "majorana_thermal"
        )
    masses = np.ascontiguousarray(m_mediator_MeV, dtype=float).reshape(-1)
    by_kind = [
        [(rosseland.as_flavour_x(state) if flavour == "x" else state, name, count) for state in matter_states(name)]
        for name, flavour, count in kinds(neutrino, spectrum.flavour)
    ]
    power, levels, status = spectrum.mean.rosseland_power, [], np.zeros(masses.size, dtype=int)
    for level in range(2):
        shells = []
        for states in zip(*by_kind, strict=True):
            shell, of_mass = _shell(states, masses, chosen, power, level)
            shells.append(shell)
            status = np.maximum(status, of_mass)
        levels.append(tuple(shells))
    return Averages(radii_m, levels[0], levels[1], status)


@lru_cache(maxsize=8)
def of_snapshot(
    snapshot_s: float,
    neutrino: str,
    masses: tuple[float, ...],
    chosen: Opacity,
    spectrum: Spectrum,
    shells: tuple[int, ...] | None = None,
) -> Averages:
    """The averages of the shells of a snapshot; the last few are kept, for all models and criteria share them.

    Parameters
    ----------
    snapshot_s : time after bounce [s], one of the star's snapshots
    neutrino : nu, nubar, majorana_thermal, or one of TOGETHER
    masses : of the mediator [MeV]
    chosen, spectrum : the inputs
    shells : numbers of the shells, from 1; None for all

    Returns
    -------
    The averages, as :func:`averages` gives them.
    """
    star, matter = star_of(chosen.matter), chosen.matter

    def states(kind: str) -> list[State]:
        return [
            star.state(snapshot_s, shell, kind, matter.states, matter.helicities.g_nu)
            for shell in shells or star.shells(snapshot_s)
        ]

    return averages(states, star.radii_m(snapshot_s), neutrino, masses, chosen, spectrum)


def _limit(
    shells: Sequence[Shell], radii_m: np.ndarray, model: str, criterion: str, transport: str, targets: Criteria
) -> np.ndarray:
    standard, new = powers("sm", 0.0), powers(model, 1.0) - powers("sm", 0.0)
    count = shells[0].parts.shape[1]
    alone = np.tile(standard, (count, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        if criterion in ("free_streaming", "trapping"):
            c = np.array([1 / shell.path(np.tile(new, (count, 1))) for shell in shells])
            if criterion == "trapping":
                return (np.diff(radii_m) @ c / targets.interactions) ** -0.25
            a = np.array([1 / shell.path(alone) for shell in shells])
            return (np.diff(radii_m**2) @ (a * c)) ** -0.25
        weights = criteria.diffusion_weights(radii_m)
        share = np.array([0.5 if transport == "eq27" else 1.0, 1, 1, 1])
        standard_time = sum(w / shell.path(alone) for w, shell in zip(weights, shells, strict=True))
        target = targets.duration_s if criterion == "duration_10s" else targets.factor * standard_time
        time = _Time(tuple(shells), weights, model, share)
        return _root(time, np.broadcast_to(target, (count,)))


@dataclass(frozen=True)
class _Time:
    """dt [s] and its derivative by ln g, for couplings (m,)."""

    shells: tuple[Shell, ...]
    weights: np.ndarray
    model: str
    share: np.ndarray  # of the four parts: Eq. (27) halves the Standard Model's

    def __call__(self, coupling: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        squared, one = coupling**2, powers(self.model, 1.0)
        of_parts = one * self.share * np.stack([np.ones_like(squared), squared, squared**2, squared**2], axis=-1)
        change = of_parts * np.array([0, 2, 4, 4])
        time, slope = np.zeros((2, coupling.size))
        for weight, shell in zip(self.weights, self.shells, strict=True):
            path = shell.path(of_parts)
            time += weight / path
            slope -= weight * shell.slope(of_parts, change) / path**2
        return time, slope


def _root(time: _Time, target: np.ndarray) -> np.ndarray:
    """Couplings (m,) where `time` reaches `target`: Newton in ln dt and ln g between bounds that close in.

    NaN where it is longer without new physics already.
    """
    tiny = 1e-12
    low, high = np.full(target.shape, tiny), np.full(target.shape, 1e-4)
    possible = time(low)[0] < target
    for _ in range(STEPS):
        short = possible & (time(high)[0] < target)
        if not short.any():
            break
        low, high = np.where(short, high, low), np.where(short, 4 * high, high)
        if high.max() > LARGEST:
            break
    coupling = high.copy()
    moving = possible
    for _ in range(STEPS):
        value, slope = time(coupling)
        above = value >= target
        low, high = np.where(above, low, coupling), np.where(above, coupling, high)
        step = coupling * np.exp(np.clip(np.log(target / value) * value / slope, -700, 700))
        inside = (step > low) & (step < high)
        following = np.where(inside, step, np.sqrt(low * high))
        moving = moving & (np.abs(following - coupling) > SETTLED * coupling)
        if not moving.any():
            break
        coupling = np.where(moving, following, coupling)  # each mass stops by itself
    return np.where(possible, coupling, math.nan)
