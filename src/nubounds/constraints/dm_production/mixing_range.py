"""The mixings for which some mediator makes sterile neutrinos all of the dark matter, L-Fig. 5: allowed by the
imposed limits on the coupling.
"""

from __future__ import annotations

import math

import numpy as np

from nubounds.constraints.dm_production import data, laboratory, production
from nubounds.constraints.dm_production.inputs import Choices
from nubounds.constraints.dm_production.medium import COARSE, FAST
from nubounds.constraints.dm_production.ranges import LARGEST_MIXING
from nubounds.contract import Status
from nubounds.numerics import extrema

COUPLINGS = (1e-7, 1.0)
MASSES = (data.BBN_MASS_MEV, 1e4)  # of the mediator [MeV]
SMALL_MIXING = 1e-9  # to which Omega h^2 is linear in the mixing
SETTLED = 1e-6  # relative change of a mixing at which its own non-linearity is accounted for
TOLERANCE = 1e-3  # of ln(coupling) at an extremum
ROUNDING = 1e-6  # of an extremum known to that
WALK, BETWEEN = 41, 21  # couplings at a mass of the scan, and at one between them
UNSURE = 0.3  # of a logarithm, far more than the coarse grid is wrong by
EDGE_TOLERANCE = 1e-8  # of what is left of the lifetime at an edge
WORTH = 1e-4  # of a mixing: between masses, less is not looked for
ROOM = 2.0  # times what a concave curve may rise between its neighbours, a maximum is looked for
SHIFTS = np.array([[0.0], [-1.0], [1.0]])  # of every mixing, in units of its error; the first alone without errors
MASS_TOLERANCE = 1e-2  # of ln(mass) at an extremum


def wanted_mixing(
    m_mediator: float,
    choices: Choices,
    m4_MeV: float,
    target: float,
    coupling: np.ndarray,
    resolution: tuple[int, float] = FAST,
    errors: bool = True,
    walk: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """ln(sin^2 2theta) with which scalars of one mass [MeV] and couplings, shape (n,), give Omega h^2 = target, and
    its error; above ln(LARGEST_MIXING) where no mixing does.

    Parameters
    ----------
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV]
    target : Omega h^2 that is wanted
    coupling : array of shape (n,)
    resolution : intervals in the root of x, and step in ln z
    errors : whether errors are estimated; otherwise they are NaN
    walk : whether values that are right to about a per cent will do

    Returns
    -------
    (ln(sin^2 2theta), error), shape (n,)
    """
    at = production.evolution("scalar", m_mediator, choices, resolution, walk)
    per_yield = production.omega_per_yield(choices, m4_MeV)
    mixing, error, again = np.full(coupling.shape, 1e-16), np.zeros(coupling.shape), slice(None)
    for _ in range(20):
        number, uncertain, status = production.yields(at, coupling[again], m4_MeV, mixing[again], errors)
        usable = (status == Status.OK) & (number > 0)
        density = np.where(usable, per_yield * number, 1e-300)
        found = target * mixing[again] / density
        error[again] = np.where(usable, per_yield * uncertain / density, 0.0)
        bent = (found > SMALL_MIXING) & (found < LARGEST_MIXING)
        if bent.any():
            bent &= np.abs(found / mixing[again] - 1) > SETTLED
        mixing[again] = found
        if not bent.any():
            break
        again = np.arange(len(coupling))[again][bent]
    return np.log(mixing), error


def mixing_range(
    m_mediator: float,
    choices: Choices,
    m4_MeV: float,
    target: float,
    points: int = WALK,
    resolution: tuple[int, float] = FAST,
    errors: bool = True,
) -> tuple[float, float, float, float] | None:
    """Smallest and largest sin^2 2theta over scalar couplings in COUPLINGS that the kaon limit and the lifetime allow
    at one mediator mass.

    Omega h^2 is almost linear in the mixing, so each coupling has one mixing with Omega h^2 = target.  Below
    BBN_MASS_MEV nothing is allowed.

    Parameters
    ----------
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV]
    target : Omega h^2 that is wanted
    points : couplings of the walk
    resolution : intervals in the root of x, and step in ln z
    errors : whether errors are estimated, which triples the time; otherwise they are NaN

    Returns
    -------
    (lowest, highest, errors of both), or None where no coupling is allowed; the errors are what changes when every
    relic density moves by its own, which moves the edges too.
    """
    if m_mediator < data.BBN_MASS_MEV:
        return None
    kaon = laboratory.coupling_limit("kaon", m_mediator)
    top = math.log(min(COUPLINGS[1], math.inf if kaon is None else kaon))
    lifetime = math.log(laboratory.lifetime_limit(m_mediator, 1e3 * m4_MeV, 1.0))

    def log_mixing(t, errors=errors, resolution=resolution, walk=False):
        mixing, error = wanted_mixing(m_mediator, choices, m4_MeV, target, np.exp(t), resolution, errors, walk)
        return mixing, error if errors else np.zeros(len(error))

    def excess(t, mixing):
        """Above 0 where the sterile neutrino does not live long enough, or no mixing is large enough."""
        return np.maximum(t + 0.25 * mixing - lifetime, mixing - math.log(LARGEST_MIXING))

    def curves(t):
        mixing, _ = log_mixing(t, errors=False)
        over = excess(t, mixing)
        return np.stack([mixing, -mixing, over, -over])

    t = extrema.grid(math.log(COUPLINGS[0]), top, points, TOLERANCE)
    if errors and resolution != COARSE:  # which cost as much as the mixings: most do not matter
        mixing, error = log_mixing(t, errors=False, resolution=COARSE, walk=True)
        fine = _near_the_ends(mixing, excess(t, mixing))
        mixing[fine], error[fine] = log_mixing(t[fine])
    else:
        mixing, error = log_mixing(t)
    over = excess(t, mixing)
    walked = np.stack([mixing, -mixing, over, -over])
    peaks = extrema.maxima(curves, t, walked, TOLERANCE, _that_matter(t, walked))
    if peaks.size:
        t, order = np.unique(np.concatenate([t, peaks]), return_index=True)
        mixing, error = (np.concatenate(pair)[order] for pair in zip((mixing, error), log_mixing(peaks), strict=True))

    shifts = SHIFTS if errors else SHIFTS[:1]
    moved = mixing + shifts * error
    over = excess(t, moved)
    row, inside, outside = extrema.crossings(over)
    shift = shifts[row, 0]

    def excess_at(places, k):
        mixing, error = log_mixing(places)
        return excess(places, mixing + shift[k] * error)

    if row.size:
        ends = (t[inside], over[row, inside], t[outside], over[row, outside])
        at_edges, uncertain = log_mixing(extrema.closed(excess_at, *ends, EDGE_TOLERANCE))
        at_edges += shift * uncertain
    found = []
    for k in range(len(shifts)):
        every = moved[k][over[k] < 0]
        every = np.exp(np.concatenate([every, at_edges[row == k]]) if row.size else every)
        found.append((float(every.min()), float(every.max())) if every.size else None)
    if found[0] is None:
        return None
    (lowest, highest), *shifted = found
    if not shifted:
        return lowest, highest, math.nan, math.nan
    lows, highs = zip(*(entry or (0.0, 2 * highest) for entry in shifted), strict=True)  # nothing is left: all is open
    return (
        lowest,
        highest,
        max(abs(low - lowest) for low in lows) + ROUNDING * lowest,
        max(abs(high - highest) for high in highs) + ROUNDING * highest,
    )


def _near_the_ends(mixing, over):
    """Which couplings may have an extreme allowed mixing or be next to an edge, and their neighbours, where mixings are
    right to half of UNSURE.
    """
    allowed = over < -UNSURE
    lowest, highest = mixing[allowed].min(initial=np.inf), mixing[allowed].max(initial=-np.inf)
    near = (np.abs(over) < UNSURE) | (over < 0) & ((mixing < lowest + UNSURE) | (mixing > highest - UNSURE))
    edge = (over[:-1] < 0) != (over[1:] < 0)
    near[:-1] |= edge
    near[1:] |= edge
    return np.convolve(near, np.ones(3), "same") > 0


def _that_matter(t, walked):
    """Which extrema of the mixing and of the excess, rows of `walked`, may lie beyond what was walked over: extreme
    mixings next to an allowed coupling, and forbidden or allowed couplings between two of the other kind.
    """
    allowed = walked[2] < 0
    near = np.convolve(allowed, np.ones(3), "same") > 0
    reach = walked + ROOM * extrema.rise(t, walked)
    highest = np.max(walked[:2], axis=1, initial=-np.inf, where=allowed)
    return np.stack([*(near & (reach[:2] > highest[:, None])), allowed & (reach[2] > 0), ~allowed & (reach[3] > 0)])


def overall_range(
    choices: Choices, m4_MeV: float, target: float, masses: int = 60
) -> tuple[float, float, dict[str, float]] | None:
    """The same over mediators between 5 MeV and 10 GeV: (lowest, highest, errors of both as a dict), or None.

    Parameters
    ----------
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV]
    target : Omega h^2 that is wanted
    masses : how many mediators

    Returns
    -------
    (lowest, highest, their errors as `lowest` and `highest`), or None
    """
    return range_over(np.geomspace(*MASSES, masses), choices, m4_MeV, target)


def range_over(
    masses: np.ndarray,
    choices: Choices,
    m4_MeV: float,
    target: float,
    walked: list | None = None,
    resolution: tuple[int, float] = FAST,
    errors: bool = True,
) -> tuple[float, float, dict[str, float]] | None:
    """The same over mediators between the first and the last of `masses` [MeV], ascending; `walked` are their ranges
    where they are known.

    Parameters
    ----------
    masses : of mediators [MeV], ascending
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV]
    target : Omega h^2 that is wanted
    walked : what `mixing_range` gives at each, if it is known
    resolution : intervals in the root of x, and step in ln z
    errors : whether errors are estimated at masses that are not `walked`; otherwise they may be NaN

    Returns
    -------
    (lowest, highest, their errors as `lowest` and `highest`), or None
    """
    log_m = np.log(masses)
    if walked is None:
        walked = [mixing_range(float(m), choices, m4_MeV, target, resolution=resolution) for m in masses]
    known = dict(zip(log_m.tolist(), walked, strict=True))

    def ranges(places):
        """Shape (2, n): -ln(lowest), ln(highest)."""
        for place in places.tolist():
            if place not in known:
                known[place] = mixing_range(math.exp(place), choices, m4_MeV, target, BETWEEN, resolution, errors)
        found = [known[place] for place in places.tolist()]
        return np.array([(-math.log(e[0]), math.log(e[1])) if e else (-math.inf, -math.inf) for e in found]).T

    # Between the ends, also places close to them, and the mass where kaon decays close: the lowest mixing has a corner.
    between = np.array([log_m[0] + MASS_TOLERANCE, math.log(laboratory.threshold("kaon")), log_m[-1] - MASS_TOLERANCE])
    between = between[(between > log_m[0]) & (between < log_m[-1])]
    after = np.searchsorted(log_m, between)
    matter = _that_reach_the_top(log_m, ranges(log_m)).any(axis=0)
    log_m = np.union1d(log_m, between[matter[after - 1] | matter[after]])
    values = ranges(log_m)
    extrema.maxima(ranges, log_m, values, MASS_TOLERANCE, _that_reach_the_top(log_m, values), ROOM)
    places = np.sort([*known])
    lowest, highest = ranges(places)
    if not np.isfinite(highest).any():
        return None
    at_lowest, at_highest = (known[places[np.argmax(values)]] for values in (lowest, highest))
    errors = {
        "lowest": at_lowest[2] + at_lowest[0] * _left_open(places, lowest),
        "highest": at_highest[3] + at_highest[1] * _left_open(places, highest),
    }
    return at_lowest[0], at_highest[1], errors


def _that_reach_the_top(places, values):
    """Places of each row next to which a value may lie that is higher than all of them."""
    return values + ROOM * extrema.rise(places, values) > values.max(axis=1, keepdims=True) + WORTH


def _left_open(places, values) -> float:
    """How much a concave curve through `values` may rise above the largest of them between its neighbours."""
    room = extrema.rise(places, values[None, :])[0, np.argmax(values)]
    return float(room) if np.isfinite(room) else 1.0
