"""Where the S-curve turns: two couplings with the wanted relic density merge.  Turning points between the masses of a
scan with couplings on the way there, and the lightest and heaviest mediator with three couplings.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.polynomial import polynomial

from nubounds.constraints.dm_production import production
from nubounds.constraints.dm_production.inputs import Choices
from nubounds.constraints.dm_production.medium import FAST, LADDERS, STANDARD
from nubounds.numerics import extrema

ITERATIONS = 12
ACCURACY = 1e-4  # of Omega h^2 at the turning point
WIDEST = 0.4  # half the window in ln(coupling) in which the extremum is first looked for, at least
NARROWEST = 0.03  # at last
SETTLED = 1e-3  # of ln(Omega h^2) at the turning point, from where on the standard grid goes on
# Grids, and how far apart in ln(mass) masses with and without the pair may be: the next where the search fails.
TRIES = (FAST, 0.3), (FAST, 0.1), (STANDARD, 0.1)
ASTRAY = 0.1  # in ln(mass), by which the grids do not differ
DROP = 1e-3  # in ln(Omega h^2), below which it is taken for noise
ON_THE_WAY = 4  # steps from the last mass of the scan to the turning point, equal in ln(coupling) near it


@cache
def _fit(points: int, degree: int) -> tuple[np.ndarray, np.ndarray]:
    """Equidistant places on [-1, 1], and the matrix from values there to the coefficients of the best polynomial."""
    t = np.linspace(-1, 1, points)
    return t, np.linalg.pinv(np.vander(t, degree + 1, increasing=True))


def turning_point(
    model: str,
    choices: Choices,
    m4_MeV: float,
    s2: float,
    target: float,
    m: float,
    pair: Sequence[float],
    beyond: float,
    start: tuple[int, float] = FAST,
) -> tuple[float, float] | None:
    """Where the two couplings `pair` at mediator mass `m` [MeV] merge, before `beyond`: (mass, coupling), or None.

    There ln(Omega h^2/target) has an extremum of zero along the coupling.  Its height is brought to zero by the regula
    falsi in ln(mass) on the grid `start`, and by secants on the standard one.  Its place and height at one mass come
    from a polynomial through a few couplings around its last place.

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV]
    s2 : sin^2 2theta
    target : Omega h^2 that is wanted
    m : mass of the mediator [MeV]
    pair : two neighbouring couplings
    beyond : mass of a mediator [MeV] where they are gone
    start : intervals in the root of x, and step in ln z, of the first grid

    Returns
    -------
    (mass [MeV], coupling), or None
    """
    centre, width = 0.5 * np.log(pair[0] * pair[1]), max(0.5 * np.log(pair[1] / pair[0]), WIDEST)

    def extremum(log_m, resolution=start, points=7, degree=4):
        nonlocal centre
        t, coefficients = _fit(points, degree)
        couplings = np.exp(centre + width * t)
        density, _, _ = production.relic_densities(
            model, float(np.exp(log_m)), choices, couplings, m4_MeV, s2, resolution, errors=False
        )
        fit = coefficients @ np.log(density / target)
        slope = fit[1:] * np.arange(1, len(fit))
        places = [root.real for root in polynomial.polyroots(slope) if abs(root.imag) < 1e-9 and abs(root) <= 1.5]
        if not places:
            return np.nan
        place = min(places, key=abs)
        centre += width * place
        return polynomial.polyval(place, fit)

    (a, at_a), b = (np.log(m), extremum(np.log(m))), np.log(beyond)
    at_b = extremum(b)
    if not at_a * at_b < 0:
        return None
    for _ in range(ITERATIONS):
        width = max(0.4 * width, NARROWEST)
        middle = (a * at_b - b * at_a) / (at_b - at_a)
        height = extremum(middle)
        if not np.isfinite(height):
            return None
        slope = (height - at_b) / (middle - b)
        if abs(height) < SETTLED:
            break
        if height * at_b < 0:
            a, at_a = b, at_b
        else:  # Illinois: the end that stays counts half
            at_a *= 0.5
        b, at_b = middle, height
    before, width = None, NARROWEST
    for _ in range(ITERATIONS):
        height = extremum(middle, STANDARD, points=4, degree=3)
        if abs(height) < ACCURACY:
            return float(np.exp(middle)), float(np.exp(centre))
        if before is not None:
            slope = (height - before[1]) / (middle - before[0])
        before = middle, height
        middle -= height / slope
        if not abs(middle - b) < ASTRAY:
            return None
    return None


def with_turning_points(
    masses: np.ndarray,
    roots: np.ndarray,
    model: str,
    choices: Choices,
    m4_MeV: float,
    s2: float,
    target: float,
    grids: Sequence[tuple[int, float]] = LADDERS["paper"],
) -> tuple[np.ndarray, np.ndarray]:
    """`masses` (ascending) and `roots` (shape (m, k), ascending, 0 for none) with the ends of every interval of three
    couplings added, and masses on the way there, on the same `grids` as the roots.

    Parameters
    ----------
    masses : of mediators [MeV], shape (m,)
    roots : couplings, shape (m, k)
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV]
    s2 : sin^2 2theta
    target : Omega h^2 that is wanted
    grids : resolutions, from coarse to fine

    Returns
    -------
    (masses, roots), with more rows
    """
    args = (model, choices, m4_MeV, s2, target)

    def couplings_at(mass, between, one_in_each):
        point = (model, mass, choices, m4_MeV, s2)
        return production.relic_couplings_on(grids, target, *point, between=between, one_in_each=one_in_each)[0]

    three = np.count_nonzero(roots, axis=1) >= 3
    added = []
    for k in np.flatnonzero(three[:-1] != three[1:]):
        inside, outside = (k, k + 1) if three[k] else (k + 1, k)
        heavy = outside > inside  # B and C merge at the heavy end, A and B at the light one
        for resolution, close in TRIES:
            within, beyond, pair = _closer(masses, roots, inside, outside, *args, resolution, close)
            found = turning_point(*args, within, pair, beyond, resolution)
            if found is not None:
                break
        else:
            continue
        end, coupling = found
        between = _with_room(np.append(roots[inside, :3], pair))
        # Each of the three couplings moves steadily towards its own at the end: between the two there is one root.
        last, alone, beside = roots[inside, :3], 2 if heavy else 0, roots[outside][roots[outside] > 0]
        single = couplings_at(end, between, _ranges(last[[alone]], beside[-1:] if heavy else beside[:1]))
        ends = np.zeros(0)
        if single.size:
            ends = np.array([coupling, coupling, single[-1]] if heavy else [single[0], coupling, coupling])
            added.append((end, ends))
        for t in np.arange(1, ON_THE_WAY) / ON_THE_WAY:
            mass = masses[inside] * (end / masses[inside]) ** (1 - (1 - t) ** 2)
            couplings = couplings_at(mass, between, _ranges(last, ends))
            if couplings.size >= 3:
                last = couplings[:3]
                added.append((mass, last))
    if not added:
        return masses, roots
    more = np.zeros((len(added), roots.shape[1]))
    more[:, :3] = [row for _, row in added]
    masses = np.concatenate([masses, [mass for mass, _ in added]])
    order = np.argsort(masses, kind="stable")
    return masses[order], np.concatenate([roots, more])[order]


def _closer(masses, roots, inside: int, outside: int, model, choices, m4_MeV, s2, target, resolution, close):
    """A mass with three couplings, one without the pair that merges, not far from each other, and the pair."""
    within, beyond, heavy = masses[inside], masses[outside], outside > inside
    pair, others = (roots[inside, :2], roots[inside, 1:3]) if heavy else (roots[inside, 1:3], roots[inside, :2])
    (low, high), apart = _with_room(pair), np.sqrt(others.prod())  # the third coupling moves away from the pair
    around = (low, min(high, apart)) if heavy else (max(low, apart), high)
    while abs(np.log(beyond / within)) > close:
        middle = np.sqrt(within * beyond)
        closer, _, _ = production.relic_couplings(model, middle, choices, m4_MeV, s2, target, resolution, around)
        if closer.size >= 2:
            within, pair = middle, closer[:2] if heavy else closer[-2:]
        else:
            beyond = middle
    return within, beyond, pair


def _ranges(here: np.ndarray, there: np.ndarray) -> list[tuple[float, float]]:
    """The range between each coupling here and its own there; none without couplings there."""
    return [(min(pair), max(pair)) for pair in zip(here.tolist(), there.tolist(), strict=False)]


def _with_room(couplings) -> tuple[float, float]:
    """A range that holds all `couplings` and a factor of two around them."""
    lowest, highest = production.COUPLING_RANGE
    return max(0.5 * np.min(couplings), lowest), min(2 * np.max(couplings), highest)


def depth_of_s(
    model: str,
    m: float,
    choices: Choices,
    m4_MeV: float,
    s2: float,
    target: float,
    resolution: tuple[int, float] = STANDARD,
) -> tuple[float, float]:
    """How far ln(Omega h^2/target) rises above 0 and then falls below it along the coupling, the smaller of the two,
    and its error: above 0 three couplings give the wanted density; -inf where the density does not fall at all.

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m : mass of the mediator [MeV]
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV]
    s2 : sin^2 2theta
    target : Omega h^2 that is wanted
    resolution : intervals in the root of x, and step in ln z

    Returns
    -------
    (depth, error)
    """

    def curve(t, errors=False):
        density, error, _ = production.relic_densities(model, m, choices, np.exp(t), m4_MeV, s2, resolution, errors)
        return np.log(density / target), error / density

    def both_ways(t):
        height, _ = curve(t)
        return np.stack([height, -height])

    low, high = np.log(production.COUPLING_RANGE)
    t = np.linspace(low, high, 1 + round((high - low) / production.SCAN_STEP))
    walked, _ = curve(t)
    places = np.sort(np.append(t, extrema.maxima(both_ways, t, np.stack([walked, -walked]), 3e-3)))
    height, error = curve(places, errors=True)
    highest = np.maximum.accumulate(height)
    depth = np.where(highest - height > DROP, np.minimum(highest, -height), -np.inf)
    bottom = int(np.argmax(depth))
    top = int(np.argmax(height[: bottom + 1]))
    return float(depth[bottom]), float(max(error[top], error[bottom]))


def turning_masses(
    model: str, choices: Choices, m4_MeV: float, s2: float, target: float, low: float = 100.0, high: float = 1e4
) -> tuple[dict[str, float | None], dict[str, float | None]]:
    """Lightest and heaviest mediator [MeV] with three couplings on the S, by bisection to 1e-4 between 1.1-fold
    steps and the masses between them where the S is deepest: (values, errors).

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV]
    s2 : sin^2 2theta
    target : Omega h^2 that is wanted
    low : lightest mediator looked at [MeV]
    high : heaviest [MeV]

    Returns
    -------
    (lightest and heaviest [MeV], their errors); None where there is no S
    """

    def depth(log_m, resolution=STANDARD):
        args = (choices, m4_MeV, s2, target, resolution)
        return np.array([[depth_of_s(model, m, *args)[0] for m in np.exp(log_m).tolist()]])

    def fast(log_m):
        return depth(log_m, FAST)

    log_m = np.linspace(np.log(low), np.log(high), 1 + int(np.ceil(np.log(high / low) / 0.1)))
    walked = fast(log_m)
    tips = extrema.maxima(fast, log_m, np.where(walked > 0, np.inf, walked), 1e-3)
    log_m, first = np.unique(np.append(log_m, tips), return_index=True)
    inside = np.append(walked[0], fast(tips)[0])[first] > 0
    values, errors = {"lightest": None, "heaviest": None}, {"lightest": None, "heaviest": None}
    within = np.flatnonzero(inside)
    if not within.size:
        return values, errors
    for name, k, out in (("lightest", within[0], within[0] - 1), ("heaviest", within[-1], within[-1] + 1)):
        if not 0 <= out < len(log_m):
            continue
        a, b = log_m[out], log_m[k]
        while abs(a - b) > 1e-4:
            middle = 0.5 * (a + b)
            a, b = (a, middle) if depth(np.array([middle]))[0, 0] > 0 else (middle, b)
        centre = 0.5 * (a + b)
        _, error = depth_of_s(model, float(np.exp(centre)), choices, m4_MeV, s2, target)
        before, after = depth(centre + np.array([-0.01, 0.01]))[0]
        slope = abs(after - before) / 0.02
        values[name] = float(np.exp(centre))
        errors[name] = values[name] * float(1e-4 + error / max(slope, 1e-3))
    return values, errors
