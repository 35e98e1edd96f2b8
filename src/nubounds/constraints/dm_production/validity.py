"""Where the calculation stops being trustworthy: said in a note with every answer, and in a column of every table."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.dm_production import data

REASONS = (
    "m4 above 1 MeV: the sterile neutrino is not relativistic when it is produced",
    "a coupling above 1 is not perturbative",
    f"a mediator below {data.BBN_MASS_MEV:g} MeV disturbs nucleosynthesis; below 1 MeV production goes on after z = 10",
)


def outside(m4_keV: ArrayLike, coupling: ArrayLike | None, m_mediator: ArrayLike | None) -> np.ndarray:
    """Shape (3, n): whether each of REASONS applies; None for what does not matter.

    Parameters
    ----------
    m4_keV : mass of the sterile neutrino [keV], a number or shape (n,)
    coupling : lambda or g, likewise, or None
    m_mediator : mass of the mediator [MeV], likewise, or None

    Returns
    -------
    boolean array of shape (3, n)
    """
    columns = np.broadcast_arrays(
        np.asarray(m4_keV, float) > 1000.0,
        np.asarray(0.0 if coupling is None else coupling, float) > 1.0,
        np.asarray(np.inf if m_mediator is None else m_mediator, float) < data.BBN_MASS_MEV,
    )
    return np.stack([np.atleast_1d(column) for column in columns])


def note(m4_keV: ArrayLike, coupling: ArrayLike | None = None, m_mediator: ArrayLike | None = None) -> str:
    """The reasons that apply, in words; empty where all is well.

    Parameters
    ----------
    m4_keV : mass of the sterile neutrino [keV]
    coupling : lambda or g, or None
    m_mediator : mass of the mediator [MeV], or None

    Returns
    -------
    words, or an empty text
    """
    return "; ".join(
        reason for reason, applies in zip(REASONS, outside(m4_keV, coupling, m_mediator), strict=True) if applies.any()
    )
