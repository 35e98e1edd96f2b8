"""How far the zones of a star are from finer ones, for parents of each energy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nubounds.constraints.sn_dipole.profile import Zones

ENERGIES_MEV = np.geomspace(1.0, 8000.0, 56)


def _like_production(zones) -> np.ndarray:
    """Sums over the zones that depend on the star as the production of N does, at ENERGIES_MEV: active neutrinos of
    that energy (Fermi-Dirac, all six species), times powers of T and mu_e that electrons which are degenerate, or not,
    may bring; shape (2, energies).
    """
    total = np.zeros((2, ENERGIES_MEV.size))
    for block in zones.blocks:
        T = block.T[:, None]
        neutrinos = sum(
            copies / (1.0 + np.exp(np.minimum((ENERGIES_MEV - mu[:, None]) / T, 700.0)))
            for copies, mu in ((1, block.mu_nu), (1, -block.mu_nu), (4, np.zeros_like(block.mu_nu)))
        )
        powers = np.stack([block.T * (block.mu_e**2 + 10 * block.T**2), block.T**3])
        total += np.einsum("pz,z,ze->pe", powers, block.volume_cm3_s * block.dilution, neutrinos, optimize=False)
    return total


def relative(usual: Zones, finer: Zones) -> Callable[[np.ndarray], np.ndarray]:
    """Relative error of sums over `usual` zones as a function of the energy [MeV], an array; at most 1.

    Parameters
    ----------
    usual : the zones that are used
    finer : finer ones

    Returns
    -------
    The function.
    """
    value, reference = _like_production(usual), _like_production(finer)
    error = (np.abs(value - reference) / np.maximum(reference, 1e-300)).max(axis=0)
    padded = np.pad(np.minimum(error, 1.0), 1, mode="edge")
    error = np.maximum.reduce([padded[:-2], padded[1:-1], padded[2:]])  # it changes its sign here and there
    return lambda E: np.interp(np.log(E), np.log(ENERGIES_MEV), error)
