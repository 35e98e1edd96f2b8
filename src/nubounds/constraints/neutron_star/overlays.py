"""Lines of Fig. 3 that are not this constraint's: formulae, and fits to curves published elsewhere."""

from __future__ import annotations

import numpy as np

from nubounds.constraints.neutron_star.heating import decay_exponent

# Satellite galaxies, Nadler et al., PRL 126 (2021) 091101: lower bound, depends on the production.
DES_KEV = 6.5
SEESAW_EV = 0.05  # active mass that the seesaw line gives


def lifetime_line(m_keV):
    """sin^2(theta) with a lifetime of the age of the Universe, Eq. (14).

    Parameters
    ----------
    m_keV : an array

    Returns
    -------
    of the shape of `m_keV`
    """
    return 1 / decay_exponent(m_keV)


def seesaw_line(m_keV):
    """sin^2(theta) = 0.05 eV/m.

    Parameters
    ----------
    m_keV : a number or an array

    Returns
    -------
    of the shape of `m_keV`
    """
    return SEESAW_EV / (np.asarray(m_keV) * 1e3)


def tristan():
    """TRISTAN's sensitivity (m_keV, sin2theta): a fit, good to 0.09 dex, of the curve in the collection of [105].

    Returns
    -------
    m [keV], sin^2(theta) : (120,)
    """
    m = np.geomspace(0.2, 17.9, 120)
    return m, 10 ** (-5.85 - 1.49 * np.log10(m) - 0.82 * np.log10(1 - m / 18.3))


# HUNTER's three phases: plateaus of the curves in the same collection, as a fit; label -> (lowest mass, highest mass
# [keV], sin2theta)
HUNTER = {"HUNTER 1": (68.0, 180.0, 1.3e-3), "HUNTER 2": (14.0, 180.0, 3.9e-6), "HUNTER 3": (16.0, 130.0, 5.1e-10)}
