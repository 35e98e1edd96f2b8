"""Limits from structure in the planes of the figures: published limits on warm dark matter, through the half mode, as
limits on the mean momentum. They assume that sterile neutrinos are all of the dark matter.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.dm_production import laboratory, mixing_range, production, structure
from nubounds.constraints.dm_production.inputs import Choices
from nubounds.constraints.dm_production.medium import FAST, medium, momentum_grid
from nubounds.constraints.dm_production.ranges import LARGEST_MIXING
from nubounds.numerics import extrema

WALK = np.linspace(*np.log(production.COUPLING_RANGE), 21)  # ln(coupling)
TOLERANCE = 1e-3  # of a mean momentum at an edge
SMALL_MIXING = 1e-15  # to which production is linear in the mixing
PER_DECADE = 2  # mixings of the smallest mass
TYPICAL_MOMENTUM = 2.5  # <p>/T where the mean of many mediators is not known yet


def mean_momenta(
    model: str, m_mediator: float, choices: Choices, coupling: ArrayLike, m4_MeV: float, s2: float
) -> tuple[np.ndarray, np.ndarray]:
    """<p>/T at 1 MeV and Omega h^2 for many couplings of one mediator.

    Parameters
    ----------
    model : interaction of the active neutrinos
    m_mediator, m4_MeV : masses [MeV]
    choices : switches, all settled (see `conventions.resolve`)
    coupling : array of shape (n,)
    s2 : sin^2 2theta

    Returns
    -------
    (<p>/T, Omega h^2), arrays of shape (n,); to 1e-3, as on the fast grid.
    """
    around, grid = medium(model, m_mediator, choices, FAST), momentum_grid(FAST[0])
    shifted = replace(around, source=around.source * production.redshift(around.g_s, choices))
    heavier = replace(grid, weight=grid.weight * grid.x, coarse_weight=grid.coarse_weight * grid.x)
    number, momentum = (
        production.yields(each, medium_, coupling, m4_MeV, s2)[0]
        for each, medium_ in ((grid, around), (heavier, shifted))
    )
    return momentum / number, choices.helicities * production.OMEGA_PER_YIELD_AND_MEV * m4_MeV * number


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

    def excess(t, _=None):
        mean, _ = mean_momenta(model, m_mediator, choices, np.exp(t), 1e-3 * m4_keV, s2)
        return mean - largest

    values = excess(WALK)
    hardest = WALK[np.argmax(values)]
    if values.max() < 0:
        return None
    edges = extrema.edges(excess, WALK, values, TOLERANCE).tolist()
    low = max((t for t in edges if t < hardest), default=WALK[0])
    high = min((t for t in edges if t > hardest), default=WALK[-1])
    return float(np.exp(low)), float(np.exp(high))


def smallest_masses(choices: Choices, target: float, k_hm: float, masses: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Smallest sterile mass that structure allows for each mixing that some allowed scalar turns into all dark matter.

    At a mixing every scalar between 5 MeV and 10 GeV with the wanted density counts, below the limits from kaons and
    from the lifetime, and the coolest of their spectra is taken.  <p>/T depends weakly on the mass: one mass near the
    limit stands for all.

    Parameters
    ----------
    choices : switches, all settled (see `conventions.resolve`)
    target : Omega h^2 that is wanted
    k_hm : half mode [h/Mpc]
    masses : how many mediators between 5 MeV and 10 GeV

    Returns
    -------
    (m4 [keV], sin^2 2theta), arrays of equal length, the mixing ascending in steps of half a decade.
    """
    per_momentum = 1 / largest_momentum(1.0, k_hm, choices)
    m4 = per_momentum * TYPICAL_MOMENTUM
    found = []
    for m in np.geomspace(*mixing_range.MASSES, masses).tolist():
        kaon = laboratory.coupling_limit("kaon", m)
        top = min(mixing_range.COUPLINGS[1], np.inf if kaon is None else kaon)
        coupling = np.geomspace(mixing_range.COUPLINGS[0], top, 3 * len(WALK))
        mean, density = mean_momenta("scalar", m, choices, coupling, 1e-3 * m4, SMALL_MIXING)
        mixing = SMALL_MIXING * target / density
        lives = np.array([laboratory.lifetime_limit(m, m4, s2) for s2 in mixing.tolist()]) > coupling
        allowed = lives & (mixing < LARGEST_MIXING)
        found.append(np.stack([np.log10(mixing), mean])[:, allowed])
    log_mixing, mean = np.concatenate(found, axis=1)
    bins = np.floor(PER_DECADE * log_mixing).astype(int)
    there = np.unique(bins)
    coolest = np.array([mean[bins == each].min() for each in there])
    return per_momentum * coolest, 10 ** ((there + 0.5) / PER_DECADE)
