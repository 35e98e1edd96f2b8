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
TOLERANCE = 1e-3  # of a mean momentum at an edge
SMALL_MIXING = 1e-15  # to which production is linear in the mixing
PER_DECADE = 2  # mixings of the smallest mass
MEDIATORS, COUPLINGS = 32, 63  # of the smallest mass
TYPICAL_MOMENTUM = 2.5  # <p>/T from which the iteration of mass and mixing starts
ITERATIONS = (COARSE, FAST)  # of mass and mixing: the curve is within 0.8 % of four, 80 mediators and 160 couplings
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

    values = excess(WALK, COARSE)
    hardest = WALK[np.argmax(values)]
    if values.max() < 0:
        return None
    edges = extrema.edges(excess, WALK, values, TOLERANCE).tolist()
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
    smallest = np.full(len(log_mixing), np.inf)
    for m in np.geomspace(*mixing_range.MASSES, masses).tolist():
        kaon = laboratory.coupling_limit("kaon", m)
        top = min(mixing_range.COUPLINGS[1], np.inf if kaon is None else kaon)
        coupling = np.geomspace(mixing_range.COUPLINGS[0], top, couplings)
        m4, mixing = _at_the_limit(m, choices, target, k_hm, coupling)
        lives = [laboratory.lifetime_limit(m, *point) for point in zip(m4.tolist(), mixing.tolist(), strict=True)]
        path = np.stack([np.log10(mixing), m4, np.log(lives / coupling)])
        smallest = np.minimum(smallest, _smallest_on(path, log_mixing))
    there = np.isfinite(smallest)
    return smallest[there], 10 ** log_mixing[there]


def _at_the_limit(m_mediator, choices: Choices, target, k_hm, coupling) -> tuple[np.ndarray, np.ndarray]:
    """Mass [keV] whose half mode is `k_hm`, and mixing with the wanted density, for each coupling."""
    per_momentum = 1 / largest_momentum(1.0, k_hm, choices)
    m4, mixing = np.full(len(coupling), per_momentum * TYPICAL_MOMENTUM), np.full(len(coupling), SMALL_MIXING)
    for resolution in ITERATIONS:
        mean, density = production.mean_momenta("scalar", m_mediator, choices, coupling, 1e-3 * m4, mixing, resolution)
        m4, mixing = per_momentum * mean, np.minimum(mixing * target / density, LARGEST_MIXING)
    return m4, mixing


def _smallest_on(path: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Smallest mass where a path of (log mixing, mass, room below the lifetime's limit) crosses each mixing in what is
    allowed; infinite where it does not.
    """
    before, after = path[:, :-1], path[:, 1:]
    k, step = np.nonzero((before[0] <= at[:, None]) != (after[0] <= at[:, None]))
    before, after = before[:, step], after[:, step]
    _, m4, room = before + (at[k] - before[0]) / (after[0] - before[0]) * (after - before)
    smallest = np.full(len(at), np.inf)
    np.minimum.at(smallest, k[room > 0], m4[room > 0])
    return smallest
