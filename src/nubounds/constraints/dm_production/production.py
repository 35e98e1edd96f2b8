"""Relic density, the couplings and mixings that give it, and the mean momentum: the kernel with its media."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.dm_production import data
from nubounds.constraints.dm_production.inputs import Choices
from nubounds.constraints.dm_production.medium import (
    FAST,
    KEPT,
    KEPT_PASSAGES,
    LADDERS,
    STANDARD,
    Medium,
    medium,
    momentum_grid,
    passage,
    thinned,
    without_opacity,
)
from nubounds.constraints.dm_production.ranges import LARGEST_MIXING
from nubounds.contract import Status
from nubounds.kernels import dm_production as kernel

COUPLING_RANGE = (1e-8, 3.0)
SCAN_STEP = 0.15  # in ln(coupling), of the coarse walk
NEAR = 0.4  # |ln(Omega/target)| below which the coarse walk is not trusted
FARTHEST, TARGET_STEP = 0.5, 1.1  # |ln(rate_scale)| up to which one walk serves all, and ratio of its targets
ROUGH = 0.1  # of ln(Omega h^2), by which the grid of the walk may be wrong
KEPT_WALKS = 2048  # of a kilobyte each
LINEAR_MIXING = 1e-4  # up to here Omega h^2 is linear in the mixing, to as much
ROOT_ACCURACY = 1e-3  # error estimate above which a finer grid is taken
ROOT_TOLERANCE = 1e-6  # in ln(coupling)
NOTHING = 1e-250  # a yield of nothing but the floor of the rate in the kernel
OMEGA_PER_YIELD_AND_MEV = data.ENTROPY_TODAY_PER_CM3 / (data.CRITICAL_DENSITY_GEV_PER_CM3 * 1e3)


def omega_per_yield(choices: Choices, m4_MeV: float | np.ndarray) -> float | np.ndarray:
    """Omega h^2 for each unit of the yield of one helicity.

    Parameters
    ----------
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV], a number or an array

    Returns
    -------
    Of the shape of the mass.
    """
    return choices.helicities * OMEGA_PER_YIELD_AND_MEV * m4_MeV


def relic_densities(
    model: str,
    m_mediator: float,
    choices: Choices,
    coupling: ArrayLike,
    m4_MeV: ArrayLike,
    s2: ArrayLike,
    resolution: tuple[int, float] = STANDARD,
    errors: bool = True,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Omega h^2 for arrays (coupling, m4 [MeV], sin^2 2theta) of equal length at one mediator mass [MeV]: (value,
    error, status), V(2.8).

    Without back-reaction; exactly linear in s2 but for cos 2theta and the vacuum term of the denominator.

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)
    coupling : array of shape (n,), or one number
    m4_MeV : mass of the sterile neutrino [MeV], likewise
    s2 : sin^2 2theta, likewise
    resolution : intervals in the root of x, and step in ln z
    errors : whether errors are estimated; otherwise they are NaN

    Returns
    -------
    (value, error, status), arrays of shape (n,); the error is the change on coarser grids in x and ln z
    """
    value, error, status = yields(evolution(model, m_mediator, choices, resolution), coupling, m4_MeV, s2, errors)
    scale = omega_per_yield(choices, np.asarray(m4_MeV, float))
    return scale * value, scale * error, status


@lru_cache(maxsize=KEPT)
def evolution(
    model: str, m_mediator: float, choices: Choices, resolution: tuple[int, float], walk: bool = False
) -> kernel.Evolution:
    """The momenta and the medium of a resolution, as the kernel takes them; kept for the next call.

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)
    resolution : intervals in the root of x, and step in ln z
    walk : whether values that are right to about a per cent will do, in less time

    Returns
    -------
    both, found to fit together
    """
    return kernel.Evolution(momentum_grid(resolution[0]), medium(model, m_mediator, choices, resolution), walk)


@lru_cache(maxsize=KEPT)
def thinned_evolution(
    model: str, m_mediator: float, choices: Choices, resolution: tuple[int, float]
) -> kernel.Evolution:
    """What `evolution` gives for a walk, at every second x and every second time; kept for the next call.

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)
    resolution : intervals in the root of x, and step in ln z, before they are thinned

    Returns
    -------
    momenta and medium, found to fit together
    """
    around = thinned(medium(model, m_mediator, choices, resolution))
    return kernel.Evolution(momentum_grid(resolution[0] // 2), around, True)


def yields(
    at: kernel.Evolution, coupling: ArrayLike, m4_MeV: ArrayLike, s2: ArrayLike, errors: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number per entropy of one helicity, the sum over the grid's momenta with its weights: (value, error, status) for
    arrays as in `relic_densities`.

    Parameters
    ----------
    at : momenta with weights, and the medium of the mediator
    coupling : array of shape (n,), or one number
    m4_MeV : mass of the sterile neutrino [MeV], likewise
    s2 : sin^2 2theta, likewise
    errors : whether errors are estimated, which doubles the time; otherwise they are NaN

    Returns
    -------
    (value, error, status), arrays of shape (n,)
    """
    rows = _rows(coupling, m4_MeV, s2)
    value, error, status = np.empty(len(rows)), np.full(len(rows), np.nan), np.empty(len(rows), dtype=np.int8)
    kernel.evaluate(at, rows, value, error if errors else None, status)
    return value, error, status


def _rows(coupling, m4_MeV, s2) -> np.ndarray:
    """Points of one mediator as the kernel wants them, shape (n, 3)."""
    rows = np.empty((np.broadcast(coupling, m4_MeV, s2).size, 3))
    rows[:, 0], rows[:, 1], rows[:, 2] = coupling, m4_MeV, s2
    return rows


def mean_momenta(
    model: str,
    m_mediator: float,
    choices: Choices,
    coupling: ArrayLike,
    m4_MeV: ArrayLike,
    s2: ArrayLike,
    resolution: tuple[int, float] = FAST,
) -> tuple[np.ndarray, np.ndarray]:
    """<p>/T at 1 MeV and Omega h^2 for many points of one mediator, without errors.

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)
    coupling : array of shape (n,)
    m4_MeV : mass of the sterile neutrino [MeV], one or shape (n,)
    s2 : sin^2 2theta, one or shape (n,)
    resolution : intervals in the root of x, and step in ln z

    Returns
    -------
    (<p>/T, Omega h^2), arrays of shape (n,); to 1e-3 on the fast grid.
    """
    rows = _rows(coupling, m4_MeV, s2)
    number, momentum = np.empty((2, len(rows)))
    shift = _redshift_along(model, m_mediator, without_opacity(choices), resolution[1])
    kernel.moments(evolution(model, m_mediator, choices, resolution), rows, shift, number, momentum)
    return momentum / number, omega_per_yield(choices, m4_MeV) * number


def relic_densities_within(
    accuracy: float,
    model: str,
    m_mediator: float,
    choices: Choices,
    coupling: ArrayLike,
    m4_MeV: ArrayLike,
    s2: ArrayLike,
    grids: Sequence[tuple[int, float]] = LADDERS["paper"],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `relic_densities`, on the first of `grids`, and on the next where the estimated relative error is above
    `accuracy`: (value, error, status).

    Parameters
    ----------
    accuracy : relative error that is wanted
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)
    coupling : array of shape (n,), or one number
    m4_MeV : mass of the sterile neutrino [MeV], likewise
    s2 : sin^2 2theta, likewise
    grids : resolutions, from coarse to fine

    Returns
    -------
    (value, error, status), arrays of shape (n,)
    """
    columns = np.stack([np.asarray(column, float) for column in np.broadcast_arrays(coupling, m4_MeV, s2)])
    found = relic_densities(model, m_mediator, choices, *columns, grids[0])
    for resolution in grids[1:]:
        again = found[1] > accuracy * found[0]
        if again.any():
            finer = relic_densities(model, m_mediator, choices, *columns[:, again], resolution)
            for old, new in zip(found, finer, strict=True):
                old[again] = new
    return found


def relic_couplings(
    model: str,
    m_mediator: float,
    choices: Choices,
    m4_MeV: float,
    s2: float,
    target: float,
    resolution: tuple[int, float] = STANDARD,
    between: tuple[float, float] = COUPLING_RANGE,
    near: float = NEAR,
) -> tuple[np.ndarray, int, int]:
    """All couplings in the range `between` with Omega h^2 = target, ascending: (couplings, evaluations, status).

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV]
    s2 : sin^2 2theta
    target : Omega h^2 that is wanted
    resolution : intervals in the root of x, and step in ln z
    between : lowest and highest coupling
    near : |ln(Omega/target)| below which the coarse walk is not trusted to have seen every root

    Returns
    -------
    (couplings, ascending; number of evaluations of the kernel; status)
    """
    found, of = np.zeros(16), (model, m_mediator, choices, resolution)
    steps = 1 + max(round(np.log(between[1] / between[0]) / SCAN_STEP), 1)
    before, astray = None, abs(np.log(choices.rate_scale))
    if between == COUPLING_RANGE and 0 < astray < FARTHEST:
        nearby = TARGET_STEP ** round(np.log(target) / np.log(TARGET_STEP))
        before = _walked(model, m_mediator, _of_plain_rate(choices), resolution, m4_MeV, s2, nearby)
        astray += abs(np.log(target / nearby)) + ROUGH
    wanted = target / omega_per_yield(choices, m4_MeV)
    count, evaluations, status = kernel.roots(
        evolution(*of),
        thinned_evolution(*of),
        m4_MeV,
        s2,
        wanted,
        *between,
        steps,
        near,
        ROOT_TOLERANCE,
        before,
        astray,
        found,
    )
    return found[:count], evaluations, status


@lru_cache(maxsize=64)
def _of_plain_rate(choices: Choices) -> Choices:
    """The choices without a factor on the weak rate."""
    return replace(choices, rate_scale=1.0)


@lru_cache(maxsize=KEPT_WALKS)
def _walked(
    model: str,
    m_mediator: float,
    choices: Choices,
    resolution: tuple[int, float],
    m4_MeV: float,
    s2: float,
    target: float,
) -> np.ndarray:
    """The walk through COUPLING_RANGE for this target and all weak rates and targets nearby; kept.

    The integrand is Gamma/(B^2 + d^2) with Gamma^2/4 in B^2, so ln(Omega h^2) changes by no more than ln(rate_scale).
    """
    excesses = np.empty(1 + round(np.log(COUPLING_RANGE[1] / COUPLING_RANGE[0]) / SCAN_STEP))
    wanted = target / omega_per_yield(choices, m4_MeV)
    coarser = thinned_evolution(model, m_mediator, choices, resolution)
    kernel.walked(coarser, m4_MeV, s2, wanted, *COUPLING_RANGE, FARTHEST + 0.5 * np.log(TARGET_STEP) + ROUGH, excesses)
    return excesses


def relic_mixings(choices: Choices, m4_MeV: ArrayLike, target: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """sin^2 2theta with Omega h^2 = target in the Standard Model for an array of m4 [MeV], and one target or an array
    of them: (value, error, status), with status NO_SOLUTION where it would be above LARGEST_MIXING.

    Omega h^2 is linear in a small mixing; a large one is found again with its own cos 2theta and vacuum term.

    Parameters
    ----------
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV], array of shape (n,)
    target : Omega h^2 that is wanted, one or shape (n,)

    Returns
    -------
    (value, error, status), arrays of shape (n,)
    """
    tiny = 1e-14
    m4_MeV, target = (np.array(each, float) for each in np.broadcast_arrays(m4_MeV, target))
    value, error, status = relic_densities("sm", 1.0, choices, np.zeros(len(m4_MeV)), m4_MeV, tiny)
    with np.errstate(divide="ignore", invalid="ignore"):
        mixing = target * tiny / value
        error = mixing * error / value
    for k in np.flatnonzero((mixing > LINEAR_MIXING) & (mixing <= LARGEST_MIXING)):
        for _ in range(60):
            before = mixing[k]
            density, uncertain, _ = relic_densities("sm", 1.0, choices, [0.0], m4_MeV[k], before)
            mixing[k] = min(before * target[k] / density[0], 0.5 * (1 + LARGEST_MIXING))
            change = abs(mixing[k] - before)
            if change < 1e-9 * before:
                break
        error[k] = mixing[k] * uncertain[0] / density[0] + change
    good = mixing <= LARGEST_MIXING
    status[(status == Status.OK) & ~good] = Status.NO_SOLUTION
    return np.where(good, mixing, np.nan), np.where(good, error, np.nan), status


def root_errors(
    model: str,
    m_mediator: float,
    choices: Choices,
    m4_MeV: float,
    s2: float,
    couplings: np.ndarray,
    resolution: tuple[int, float] = STANDARD,
) -> np.ndarray:
    """Error of each root: that of Omega h^2 divided by the slope of the curve.

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV]
    s2 : sin^2 2theta
    couplings : array of shape (n,)
    resolution : intervals in the root of x, and step in ln z

    Returns
    -------
    array of shape (n,)
    """
    if len(couplings) == 0:
        return np.zeros(0)
    step = 1e-3
    density, error, _ = relic_densities(model, m_mediator, choices, couplings, m4_MeV, s2, resolution)
    beside = (model, m_mediator, choices, couplings * np.exp(step), m4_MeV, s2, resolution)
    shifted, _, _ = relic_densities(*beside, errors=False)
    slope = np.abs(np.log(shifted / density)) / step
    return couplings * (error / density / np.maximum(slope, 1e-3) + ROOT_TOLERANCE)


def relic_couplings_on(
    grids: Sequence[tuple[int, float]],
    target: float,
    *point: Any,
    between: tuple[float, float] = COUPLING_RANGE,
    one_in_each: Sequence[tuple[float, float]] = (),
) -> tuple[np.ndarray, np.ndarray, int]:
    """As `relic_couplings` at a point (model, mediator mass, choices, m4, s2), on the first of `grids` on which every
    root is known to ROOT_ACCURACY, or on the last: (couplings, errors, status).

    Parameters
    ----------
    grids : resolutions, from coarse to fine
    target : Omega h^2 that is wanted
    point : model, mass of the mediator [MeV], choices, m4 [MeV], sin^2 2theta
    between : lowest and highest coupling
    one_in_each : ranges, ascending, that should hold one root each: these roots alone are wanted.  All of `between` is
        searched where a range does not

    Returns
    -------
    (couplings, their errors, status)
    """
    for resolution in grids:
        found = [relic_couplings(*point, target, resolution, each, near=0.0) for each in one_in_each]
        if found and all(len(roots) == 1 for roots, _, _ in found):
            roots, status = np.concatenate([root for root, _, _ in found]), max(each for _, _, each in found)
        else:
            roots, _, status = relic_couplings(*point, target, resolution, between)
        errors = root_errors(*point, roots, resolution)
        if np.all(errors < ROOT_ACCURACY * roots):
            break
    return roots, errors, status


def mean_momentum(
    model: str,
    m_mediator: float,
    choices: Choices,
    m4_MeV: float,
    coupling: float,
    s2: float,
    resolution: tuple[int, float] = STANDARD,
    power: int = 1,
) -> tuple[float, float]:
    """<(p/T)^power> at 1 MeV, number-weighted over all production, each contribution red-shifted by (g_s(T)/g_s(1
    MeV))^(-1/3): (value, error), NaN where nothing is produced.

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV]
    coupling : lambda or g
    s2 : sin^2 2theta
    resolution : intervals in the root of x, and step in ln z
    power : of the momentum

    Returns
    -------
    (value, error); the error is the change on taking every second x, and that on doubling the step
    """
    around, grid = medium(model, m_mediator, choices, resolution), momentum_grid(resolution[0])
    shifted = replace(around, source=around.source * redshift(around.g_s, choices) ** power)
    number, momentum = (
        _sums(grid, each, coupling, m4_MeV, s2, factor) for each, factor in ((around, 1.0), (shifted, grid.x**power))
    )
    if not number[0] > NOTHING:
        return np.nan, np.nan
    fine, half, coarse = (p / n for p, n in zip(momentum, number, strict=True))
    return fine, abs(fine - half) + abs(half - coarse)


def _sums(grid, around: Medium, coupling, m4_MeV, s2, factor):
    """Weighted sum over x of x-dependent `factor` times the production: all x, every second x, and this with twice the
    step.
    """
    fine, coarse = np.empty(len(grid.x)), np.empty(len(grid.x))
    kernel.spectrum(kernel.Evolution(grid, around), coupling, m4_MeV, s2, fine, coarse)
    rules = ((grid.weight, fine), (grid.coarse_weight, fine), (grid.coarse_weight, coarse))
    return [np.sum(weight * factor * values) for weight, values in rules]


def redshift(g_s: np.ndarray, choices: Choices) -> np.ndarray:
    """Momentum over temperature at 1 MeV, relative to that at production: (g_s(T)/g_s(1 MeV))^(-1/3).

    Parameters
    ----------
    g_s : array of effective degrees of freedom of the entropy
    choices : switches, all settled (see `conventions.resolve`)

    Returns
    -------
    array of the shape of `g_s`, 1 at 1 MeV
    """
    if choices.g_star != "table":
        return np.ones_like(g_s)
    return (g_s / data.entropy_degrees_at_1_MeV(choices.g_star_file)) ** (-1 / 3)


@lru_cache(maxsize=KEPT_PASSAGES)
def _redshift_along(model: str, m_mediator: float, choices: Choices, step: float) -> np.ndarray:
    """`redshift` along the passage of a mediator, for choices without an opacity of their own; kept."""
    return redshift(passage(model, m_mediator, choices, step).background.g_s, choices)


def number_at_1_MeV(
    model: str, m_mediator: float, choices: Choices, m4_MeV: float, coupling: float, s2: float, accuracy: float = 3e-4
) -> float:
    """Int dx x^2 f_s of one helicity at 1 MeV: the sum over all production, diluted with the entropy; on the standard
    grid where the fast one's estimated relative error is above `accuracy`.

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV]
    coupling : lambda or g
    s2 : sin^2 2theta
    accuracy : relative error that is wanted

    Returns
    -------
    number, in units of T^3/(2 pi^2)
    """
    for resolution in (FAST, STANDARD):
        around, grid = medium(model, m_mediator, choices, resolution), momentum_grid(resolution[0])
        # n/S with the weights of d^3p/(2 pi)^3 per T^3
        produced, half, coarse = _sums(grid, around, coupling, m4_MeV, s2, 1.0)
        if abs(produced - half) + abs(half - coarse) <= accuracy * produced:
            break
    g_s = 10.75 if choices.g_star != "table" else data.entropy_degrees_at_1_MeV(choices.g_star_file)
    return float(2 * np.pi**2 * produced * 2 * np.pi**2 / 45 * g_s)
