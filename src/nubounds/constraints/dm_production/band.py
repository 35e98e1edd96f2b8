"""The mixings for which some mediator makes sterile neutrinos all of the dark matter, L-Fig. 5: allowed by the
imposed limits on the coupling.
"""

from __future__ import annotations

import numpy as np

from nubounds.constraints.dm_production import data, laboratory, production
from nubounds.constraints.dm_production.conventions import Choices
from nubounds.constraints.dm_production.medium import FAST

COUPLINGS = (1e-7, 1.0)
MASSES = (data.BBN_MASS_MEV, 1e4)  # of the mediator [MeV]


def mixing_range(m_mediator: float, choices: Choices, m4_MeV: float, target: float, points: int = 81, resolution=FAST):
    """Smallest and largest sin^2 2theta over scalar couplings in COUPLINGS that the kaon limit and the lifetime allow
    at one mediator mass.

    Omega h^2 is linear in the mixing, so sin^2 2theta = target/(Omega h^2/sin^2 2theta) at each coupling.  Below
    BBN_MASS_MEV nothing is allowed.

    Returns
    -------
    (lowest, highest, errors of both), or None where no coupling is allowed; the errors are the change on taking every
    second coupling.
    """
    if m_mediator < data.BBN_MASS_MEV:
        return None
    couplings = np.geomspace(*COUPLINGS, points)
    tiny = 1e-16
    density, _, _ = production.relic_densities("scalar", m_mediator, choices, couplings, m4_MeV, tiny, resolution)
    mixing = target * tiny / density
    kaon = laboratory.coupling_limit("kaon", m_mediator)
    allowed = np.ones(points, dtype=bool) if kaon is None else couplings < kaon
    allowed &= couplings < np.array([laboratory.lifetime_limit(m_mediator, 1e3 * m4_MeV, s2) for s2 in mixing])
    allowed &= mixing < 0.5
    if kaon is not None and couplings[0] < kaon < couplings[-1]:  # the edge itself, which sets the lowest mixing
        at_edge, _, _ = production.relic_densities("scalar", m_mediator, choices, [kaon], m4_MeV, tiny, resolution)
        couplings, mixing = np.append(couplings, kaon), np.append(mixing, target * tiny / at_edge)
        at_edge = mixing[-1] < 0.5 and kaon < laboratory.lifetime_limit(m_mediator, 1e3 * m4_MeV, mixing[-1])
        allowed = np.append(allowed, at_edge)
    if not allowed.any():
        return None
    every_second = allowed & (np.arange(len(allowed)) % 2 == 0)
    lowest, highest = mixing[allowed].min(), mixing[allowed].max()
    if not every_second.any():
        return lowest, highest, lowest, highest
    return lowest, highest, mixing[every_second].min() - lowest, highest - mixing[every_second].max()


def overall_range(choices: Choices, m4_MeV: float, target: float, masses: int = 60, points: int = 141):
    """The same over mediators between 5 MeV and 10 GeV: (lowest, highest, errors of both as a dict), or None."""
    every = [mixing_range(m, choices, m4_MeV, target, points) for m in np.geomspace(*MASSES, masses)]
    found = [entry for entry in every if entry is not None]
    if not found:
        return None
    lowest, highest = min(found, key=lambda entry: entry[0]), max(found, key=lambda entry: entry[1])
    coarse = [entry for entry in every[::2] if entry is not None] or found
    errors = {
        "lowest": lowest[2] + min(entry[0] for entry in coarse) - lowest[0],
        "highest": highest[3] + highest[1] - max(entry[1] for entry in coarse),
    }
    return lowest[0], highest[1], errors
