"""How much matter N of each energy see on the way out: optical depths along straight rays in all directions.

All is per d^2: N of the coupling d leave with e^(-d^2 tau).
"""

from __future__ import annotations

import numpy as np

from nubounds.constraints.sn_dipole.constants import HBARC_MEV_CM
from nubounds.constraints.sn_dipole.exchange import vacuum_width
from nubounds.constraints.sn_dipole.layers import Layer
from nubounds.constraints.sn_dipole.rates import gauss

SHELLS = 160  # of the matter
DIRECTIONS = 7  # Gauss nodes in the cosine, inward and outward
SMALLEST = 1e-300
PER_KM = 1e5 / HBARC_MEV_CM  # MeV to 1/km


def directions(absorption: str) -> tuple[np.ndarray, np.ndarray]:
    """Cosines of the rays, and their shares of all directions; shape (m,)."""
    if absorption == "radial":
        return np.ones(1), np.ones(1)
    nodes, weights = gauss(DIRECTIONS)
    cosines = np.concatenate([0.5 * (nodes - 1), 0.5 * (nodes + 1)])
    return cosines, 0.25 * np.concatenate([weights, weights])


def chords(r: np.ndarray, cosines: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Path [km] of rays from radii r through shells.

    Parameters
    ----------
    r : shape (n,) [km]
    cosines : with the outward direction, shape (m,)
    edges : of the shells, ascending from 0,
        shape (s + 1,); the last one at or outside all r

    Returns
    -------
    Shape (n, m, s)
    """
    r = r[:, None, None]
    impact2 = r**2 * (1 - cosines[:, None] ** 2)

    def along(R):
        return np.sqrt(np.maximum(R**2 - impact2, 0.0))

    outward = np.diff(along(np.maximum(edges, r)), axis=2)
    inward = np.diff(along(np.minimum(edges, r)), axis=2)
    return outward + np.where(cosines[:, None] < 0, 2 * inward, 0.0)


def optical_depths(
    layer: Layer,
    absorbed: np.ndarray,
    k: np.ndarray,
    E: np.ndarray,
    M: float,
    absorption: str,
    escape_radius_km: float,
    decays: bool,
) -> np.ndarray:
    """tau/d^2 from each place of a snapshot in each direction.

    Parameters
    ----------
    layer : the snapshot
    absorbed : Gamma^> + Gamma^< at the places [MeV^3], shape (n, energies), for N of energy E far away
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
    from scipy.interpolate import PchipInterpolator

    edges = np.linspace(0.0, layer.r_out, SHELLS + 1)
    middle = np.clip(0.5 * (edges[1:] + edges[:-1]), layer.r[0], None)
    curve = PchipInterpolator(layer.r, np.log(np.maximum(absorbed, SMALLEST)), axis=0)
    rate = np.exp(np.minimum(curve(middle), 600.0))
    local = E / layer.gravity.lapse(middle)[:, None]
    rate *= local / np.sqrt(local**2 - M**2) * layer.gravity.stretch(middle)[:, None] * PER_KM
    if decays and escape_radius_km > layer.r_out:  # one more shell, in which N have their energy far away
        edges = np.append(edges, escape_radius_km)
        rate = np.concatenate([rate, [vacuum_width(M) * M / k * PER_KM]])
    cosines, _ = directions(absorption)
    return chords(layer.r, cosines, edges) @ rate
