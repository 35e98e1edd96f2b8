"""How much matter N of each energy see on the way out: optical depths along straight rays in all directions.

All is per d^2: N of the coupling d leave with e^(-d^2 tau).
"""

from __future__ import annotations

import numpy as np

from nubounds.constraints.sn_dipole.constants import HBARC_MEV_CM
from nubounds.constraints.sn_dipole.exchange import vacuum_width
from nubounds.constraints.sn_dipole.layers import Layer
from nubounds.constraints.sn_dipole.rates import gauss
from nubounds.kernels import sn_dipole_escape

DIRECTIONS = 7  # Gauss nodes in the cosine, inward and outward
PER_KM = 1e5 / HBARC_MEV_CM  # MeV to 1/km


def directions(absorption: str) -> tuple[np.ndarray, np.ndarray]:
    """Cosines of the rays, and their shares of all directions; shape (m,)."""
    if absorption == "radial":
        return np.ones(1), np.ones(1)
    nodes, weights = gauss(DIRECTIONS)
    cosines = np.concatenate([0.5 * (nodes - 1), 0.5 * (nodes + 1)])
    return cosines, 0.25 * np.concatenate([weights, weights])


def optical_depths(
    found: tuple[Layer, ...],
    absorbed: np.ndarray,
    k: np.ndarray,
    E: np.ndarray,
    M: float,
    absorption: str,
    escape_radius_km: float,
    decays: bool,
) -> np.ndarray:
    """tau/d^2 from each place of a star in each direction.

    Parameters
    ----------
    found : snapshots of the star
    absorbed : Gamma^> + Gamma^< at all their places [MeV^3], shape (n, energies), for N of energy E far away
    k, E : momenta and energies far away [MeV], shape (energies,)
    M : mass of N [MeV]
    absorption : full or radial
    escape_radius_km : where they are out
    decays : whether they may decay between the matter and there

    Returns
    -------
    Shape (n, m, energies) [MeV^2]

    Notes
    -----
    Outside the matter gravity is left out: with it more heavy N would get through (3 % of their energy at 100 MeV and
    d = 1e-12/MeV).
    """
    found = tuple(one for one in found if one.r.size)
    cosines, _ = directions(absorption)
    lapse, stretch = (np.array([one.shells[i] for one in found]) for i in (0, 1))
    return sn_dipole_escape.optical_depths(
        np.ascontiguousarray(absorbed),
        np.cumsum([one.r.size for one in found]),
        np.concatenate([one.r for one in found]),
        np.array([one.r_out for one in found]),
        lapse,
        stretch,
        E,
        M,
        np.ascontiguousarray(cosines[cosines > 0]),
        bool(np.any(cosines < 0)),
        PER_KM,
        vacuum_width(M) * M / k * PER_KM,  # N that have left the matter have their energy far away
        escape_radius_km if decays else 0.0,
    )
