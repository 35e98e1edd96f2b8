"""Flavour of solar neutrinos at Earth: adiabatic conversion averaged over the production zone, Eqs. (14)-(17)."""

from __future__ import annotations

import numpy as np

from nubounds.contract import InputError
from nubounds.files.tables import read_csv
from nubounds.solar import DATA
from nubounds.solar.inputs import Oscillations, Production

# 2 sqrt(2) G_F N_A cm^-3 [eV^2 per MeV of energy and unit of n_e/(N_A cm^-3)]
MATTER_EV2 = 1.52651e-7
DENSEST = 1000.0  # several times the Sun's centre (about 100); a larger n_e/(N_A cm^-3) is in another unit


def survival_probability(
    E_MeV: float | np.ndarray, zone: tuple[np.ndarray, np.ndarray], oscillations: Oscillations
) -> np.ndarray:
    """P_ee, Eq. (17) with the plus sign, averaged over the production zone.

    Parameters
    ----------
    E_MeV : any shape
    zone : densities n_e/(N_A cm^-3) and their weights, each of shape (k,), as :func:`production_zone` gives them
    oscillations : a negative dm2_3l_eV2 (m3^2 - m2^2) means inverted ordering

    Returns
    -------
    The probability, in the shape of `E_MeV`.
    """
    s12, s13 = oscillations.sin2_theta12, oscillations.sin2_theta13
    dm21, dm3l = oscillations.dm2_21_eV2, oscillations.dm2_3l_eV2
    dm_ee = dm3l - s12 * dm21 if dm3l > 0 else dm3l + (1.0 - s12) * dm21
    cos12, sin12_squared = 1.0 - 2.0 * s12, 4.0 * s12 * (1.0 - s12)
    cos13, sin13_squared = 1.0 - 2.0 * s13, 4.0 * s13 * (1.0 - s13)
    P = np.zeros(np.shape(E_MeV))
    for n, w in zip(*zone, strict=True):
        A = MATTER_EV2 * n * np.asarray(E_MeV, float)
        D12 = cos12 - A * (1.0 - s13) / dm21
        D13 = cos13 - A / dm_ee
        cos12m = D12 / np.sqrt(D12 * D12 + sin12_squared)
        c13m = 0.5 * (1.0 + D13 / np.sqrt(D13 * D13 + sin13_squared))
        P += w * ((1.0 - s13) * c13m * (0.5 + 0.5 * cos12m * cos12) + s13 * (1.0 - c13m))
    return P


def production_zone(production: Production, flux: str) -> tuple[np.ndarray, np.ndarray]:
    """Where neutrinos of a flux are produced.

    Parameters
    ----------
    production : the files of a user, or none for the embedded zones
    flux : 8b or hep

    Returns
    -------
    Densities n_e/(N_A cm^-3) and weights that add up to 1, each of shape (k,).

    Raises
    ------
    InputError
        For a malformed file, or densities that are in another unit.
    """
    path = getattr(production, f"production_{flux}") or DATA / f"production_{flux}.csv"
    table = read_csv(path, ["density", "weight"], minimum={"density": 0, "weight": 0})
    if table["density"].max() > DENSEST:
        raise InputError(
            f"{path}: density {table['density'].max():g}: "
            "n_e/(N_A cm^-3) is at most about 100 in the Sun; is the unit right?"
        )
    total = table["weight"].sum()
    if not total > 0:
        raise InputError(f"{path}: the weights add up to {total:g}")
    return table["density"], table["weight"] / total


def flavour_shares(oscillations: Oscillations) -> dict[str, tuple[float, float]]:
    """What each flavour has of the flux at Earth.

    Parameters
    ----------
    oscillations : the mixing angles

    Returns
    -------
    Flavour -> (a, b): its flux is a times the whole flux plus b times the electron flavour.

    References
    ----------
    Demirci and Mustamin (2025), Eqs. (14)-(16).
    """
    s23 = oscillations.sin2_theta23
    return {"all": (1.0, 0.0), "e": (0.0, 1.0), "mu": (1.0 - s23, s23 - 1.0), "tau": (s23, -s23)}
