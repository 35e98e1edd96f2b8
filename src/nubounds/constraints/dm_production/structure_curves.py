"""Limits from structure in the planes of the figures: published limits on warm dark matter, through the half mode, as
limits on the mean momentum. They assume that sterile neutrinos are all of the dark matter.
"""

from __future__ import annotations

import numpy as np

from nubounds.constraints.dm_production import laboratory, mixing_range, production, structure
from nubounds.constraints.dm_production.inputs import Choices
from nubounds.constraints.dm_production.medium import COARSE, FAST
from nubounds.constraints.dm_production.ranges import LARGEST_MIXING
from nubounds.numerics import extrema

WALK = np.linspace(*np.log(production.COUPLING_RANGE), 21)  # ln(coupling)
CLEAR = 0.75  # of a mean momentum, from the limit: far more than it changes in a step of the walk beside no extremum
TOLERANCE = 1e-3  # of a mean momentum at an edge
SMALL_MIXING = 1e-15  # to which production is linear in the mixing
PER_DECADE = 2  # mixings of the smallest mass
MEDIATORS, COUPLINGS = 32, 63  # of the smallest mass
TYPICAL_MOMENTUM = 2.5  # <p>/T from which the iteration of mass and mixing starts
ITERATIONS = (COARSE, FAST)  # of mass and mixing: the curve is within 0.8 % of four, 80 mediators and 160 couplings
NEAR = 1.04  # times the smallest mass, up to which a point of the first iteration matters to the second
NEARLY_ALLOWED = 0.1  # of ln(coupling), by which such a point may lie above the lifetime's limit
LOG10_MIXING = (-24.0, -1.0)  # where allowed scalars are looked for


def largest_momentum(m4_keV: float, k_hm: float, choices: Choices) -> float:
    """<p>/T above which sterile neutrinos of a mass have a half mode below `k_hm` [h/Mpc].

    Parameters
    ----------
    m4_keV : mass of the sterile neutrino [keV]
    k_hm : half mode [h/Mpc]
    choices : switches, all settled (see `conventions.resolve`)

    Returns
    -------
    number
    """
    return structure.velocity_of(k_hm) / structure.velocity(1.0, m4_keV, structure.temperature_ratio(choices))


def excluded_couplings(
    model: str, m_mediator: float, choices: Choices, m4_keV: float, s2: float, k_hm: float
) -> tuple[float, float] | None:
    """The couplings around that of the hardest spectrum whose half mode lies below `k_hm`, at one mediator mass [MeV].

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)
    m4_keV : mass of the sterile neutrino [keV]
    s2 : sin^2 2theta
    k_hm : half mode [h/Mpc]

    Returns
    -------
    (lowest, highest) within COUPLING_RANGE, or None where structure allows every coupling.
    """
    largest = largest_momentum(m4_keV, k_hm, choices)

    def excess(t, resolution=FAST):
        mean, _ = production.mean_momenta(model, m_mediator, choices, np.exp(t), 1e-3 * m4_keV, s2, resolution)
        return mean - largest

    t = WALK[::2]
    values = excess(t, COARSE)
    near = (np.abs(values) < CLEAR) | (values == values.max())
    between = near[:-1] | near[1:] | ((values[:-1] < 0) != (values[1:] < 0))
    t, order = np.unique(np.concatenate([t, WALK[1::2][between]]), return_index=True)
    values = np.concatenate([values, excess(WALK[1::2][between], COARSE)])[order]
    hardest = t[np.argmax(values)]
    if values.max() < 0:
        return None
    edges = extrema.edges(excess, t, values, TOLERANCE).tolist()
    low = max((t for t in edges if t < hardest), default=WALK[0])
    high = min((t for t in edges if t > hardest), default=WALK[-1])
    return float(np.exp(low)), float(np.exp(high))


def smallest_masses(
    choices: Choices, target: float, k_hm: float, masses: int = MEDIATORS, couplings: int = COUPLINGS
) -> tuple[np.ndarray, np.ndarray]:
    """Smallest sterile mass that structure allows for each mixing that some allowed scalar turns into all dark matter.

    At a mixing every scalar between 5 MeV and 10 GeV with the wanted density counts, below the limits from kaons and
    from the lifetime, and the coolest of their spectra is taken, each with <p>/T at its own mass and mixing.

    Parameters
    ----------
    choices : switches, all settled (see `conventions.resolve`)
    target : Omega h^2 that is wanted
    k_hm : half mode [h/Mpc]
    masses : how many mediators between 5 MeV and 10 GeV
    couplings : of each

    Returns
    -------
    (m4 [keV], sin^2 2theta), arrays of equal length, the mixing ascending in steps of half a decade.
    """
    log_mixing = np.arange(*LOG10_MIXING, 1 / PER_DECADE)
    mediators = np.geomspace(*mixing_range.MASSES, masses)
    kaon = [laboratory.coupling_limit("kaon", m) for m in mediators.tolist()]
    tops = [min(mixing_range.COUPLINGS[1], np.inf if each is None else each) for each in kaon]
    coupling = np.geomspace(mixing_range.COUPLINGS[0], tops, couplings, axis=1)
    per_momentum = 1 / largest_momentum(1.0, k_hm, choices)
    m4, mixing = np.full(coupling.shape, per_momentum * TYPICAL_MOMENTUM), np.full(coupling.shape, SMALL_MIXING)

    def smallest_after(wanted, resolution):
        """The curve when the `wanted` couplings of each mediator have gone through one more iteration, and the paths
        that it lies on."""
        for k in np.flatnonzero(wanted.any(axis=1)).tolist():
            of = coupling[k, wanted[k]], 1e-3 * m4[k, wanted[k]], mixing[k, wanted[k]]
            mean, density = production.mean_momenta("scalar", float(mediators[k]), choices, *of, resolution)
            m4[k, wanted[k]] = per_momentum * mean
            mixing[k, wanted[k]] = np.minimum(of[2] * target / density, LARGEST_MIXING)
        room = np.log(laboratory.lifetime_limit(mediators[:, None], m4, mixing) / coupling)
        paths = np.stack([np.log10(mixing), m4, room])
        return _smallest_on(paths, log_mixing), paths

    coarse, fine = ITERATIONS
    smallest, paths = smallest_after(np.full(coupling.shape, True), coarse)
    done = np.full(coupling.shape, False)
    while (wanted := _that_matter(paths, log_mixing, smallest) & ~done).any():
        smallest, paths = smallest_after(wanted, fine)
        done |= wanted
    there = np.isfinite(smallest)
    return smallest[there], 10 ** log_mixing[there]


def _that_matter(paths: np.ndarray, at: np.ndarray, smallest: np.ndarray) -> np.ndarray:
    """Which points of the paths, shape (paths, n), may change the `smallest` masses at the mixings `at` with one more
    iteration: those near the curve in what is nearly allowed, and their neighbours.
    """
    log_mixing, m4, room = paths
    below = np.clip(np.searchsorted(at, log_mixing) - 1, 0, len(at) - 2)
    near = (m4 < NEAR * np.maximum(smallest[below], smallest[below + 1])) & (room > -NEARLY_ALLOWED)
    wanted = near.copy()
    wanted[:, 1:] |= near[:, :-1]
    wanted[:, :-1] |= near[:, 1:]
    return wanted


def _smallest_on(paths: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Smallest mass where paths of (log mixing, mass, room below the lifetime's limit), shape (3, paths, n), cross each
    mixing in what is allowed; infinite where none does.
    """
    before, after = paths[..., :-1].reshape(3, -1), paths[..., 1:].reshape(3, -1)
    k, step = np.nonzero((before[0] <= at[:, None]) != (after[0] <= at[:, None]))
    before, after = before[:, step], after[:, step]
    _, m4, room = before + (at[k] - before[0]) / (after[0] - before[0]) * (after - before)
    smallest = np.full(len(at), np.inf)
    np.minimum.at(smallest, k[room > 0], m4[room > 0])
    return smallest
