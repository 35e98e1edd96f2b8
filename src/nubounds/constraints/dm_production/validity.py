"""Where the calculation stops being trustworthy: said in a note with every answer, and in a column of every table."""

from __future__ import annotations

import numpy as np

from nubounds.constraints.dm_production import data

REASONS = (
    "m4 above 1 MeV: the sterile neutrino is not relativistic when it is produced",
    "a coupling above 1 is not perturbative",
    f"a mediator below {data.BBN_MASS_MEV:g} MeV disturbs nucleosynthesis; below 1 MeV production goes on after z = 10",
)


def outside(m4_keV, coupling, m_mediator) -> np.ndarray:
    """Shape (3, n): whether each of REASONS applies; None for what does not matter."""
    columns = np.broadcast_arrays(
        np.asarray(m4_keV, float) > 1000.0,
        np.asarray(0.0 if coupling is None else coupling, float) > 1.0,
        np.asarray(np.inf if m_mediator is None else m_mediator, float) < data.BBN_MASS_MEV,
    )
    return np.stack([np.atleast_1d(column) for column in columns])


def note(m4_keV, coupling=None, m_mediator=None) -> str:
    """The reasons that apply, in words; empty where all is well."""
    return "; ".join(
        reason for reason, applies in zip(REASONS, outside(m4_keV, coupling, m_mediator), strict=True) if applies.any()
    )
