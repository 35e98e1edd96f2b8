"""Form factors of nucleons in electromagnetic, weak and baryon currents.

Sachs form factors as dipoles of mass^2 0.71 GeV^2 (G_E^n: Galster), the axial one as a dipole of 1.026 GeV; magnetic
moments of the Particle Data Group. Conserved vector current: the Z couples to (1 - 4 sin^2 theta_W) p - n halved.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nubounds.constraints.sn_diffusion.inputs import Currents
from nubounds.constraints.sn_diffusion.states import M_NUCLEON

MAGNETIC_MOMENTS = {"p": 2.7928473, "n": -1.9130427}  # nuclear magnetons
AXIAL_ISOVECTOR = 1.2754  # g_A of neutron decay
VECTOR_MASS2, AXIAL_MASS = 0.71e6, 1026.0  # MeV^2, MeV
OTHER = {"p": "n", "n": "p"}


def dipole(Q2: np.ndarray, form_factors: str) -> np.ndarray:
    """G_D of the vector currents at Q2 [MeV^2]; 1 for point nucleons.

    Parameters
    ----------
    Q2 : minus the square of the four-momentum transfer [MeV^2]
    form_factors : point or dipole

    Returns
    -------
    of the shape of `Q2`
    """
    return np.ones_like(Q2) if form_factors == "point" else 1 / (1 + Q2 / VECTOR_MASS2) ** 2


def axial_dipole(Q2: np.ndarray, form_factors: str) -> np.ndarray:
    """The same for axial currents.

    Parameters
    ----------
    Q2 : minus the square of the four-momentum transfer [MeV^2]
    form_factors : point or dipole

    Returns
    -------
    G_D of the axial currents, of the shape of `Q2`.
    """
    return np.ones_like(Q2) if form_factors == "point" else 1 / (1 + Q2 / AXIAL_MASS**2) ** 2


def electromagnetic(Q2: np.ndarray, nucleon: str, form_factors: str) -> tuple[np.ndarray, np.ndarray]:
    """Dirac and Pauli form factors F1, F2 of a nucleon at Q2 [MeV^2], an array.

    Parameters
    ----------
    Q2 : minus the square of the four-momentum transfer [MeV^2]
    nucleon : n or p
    form_factors : point or dipole

    Returns
    -------
    F1, F2 : of the shape of `Q2`; F2 in units of 1/(2 M)
    """
    moment = MAGNETIC_MOMENTS[nucleon]
    if form_factors == "point":
        charge = 1.0 if nucleon == "p" else 0.0
        return np.full_like(Q2, charge), np.full_like(Q2, moment - charge)
    tau, G = Q2 / (4 * M_NUCLEON**2), dipole(Q2, form_factors)
    electric = G if nucleon == "p" else -moment * tau * G / (1 + 5.6 * tau)
    magnetic = moment * G
    return (electric + tau * magnetic) / (1 + tau), (magnetic - electric) / (1 + tau)


def nucleons(Q2: np.ndarray, form_factors: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """F1 and F2 of both nucleons by name, at Q2 [MeV^2].

    Parameters
    ----------
    Q2 : minus the square of the four-momentum transfer [MeV^2]
    form_factors : point or dipole

    Returns
    -------
    (F1, F2) by nucleon
    """
    return {nucleon: electromagnetic(Q2, nucleon, form_factors) for nucleon in OTHER}


def weak_neutral(
    Q2: np.ndarray, nucleon: str, currents: Currents, known: Mapping[str, tuple[np.ndarray, np.ndarray]] | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """V, F2 and F_A of Z exchange; F_A is positive for neutrons.  `known` : of :func:`nucleons`, if at hand.

    Parameters
    ----------
    Q2 : minus the square of the four-momentum transfer [MeV^2]
    nucleon : n or p
    currents : couplings, weak mixing angle, kind of form factors
    known : what :func:`nucleons` gave at these `Q2`; computed here if left out

    Returns
    -------
    V, F2, F_A : of the shape of `Q2`
    """
    known = known or nucleons(Q2, currents.form_factors)
    w = 1 - 4 * currents.sin2_theta_w
    V, F2 = ((w * mine - others) / 2 for mine, others in zip(known[nucleon], known[OTHER[nucleon]], strict=True))
    isovector = currents.axial if nucleon == "n" else -currents.axial
    return V, F2, (isovector + currents.strange_axial) / 2 * axial_dipole(Q2, currents.form_factors)


def baryon(
    Q2: np.ndarray, currents: Currents, known: Mapping[str, tuple[np.ndarray, np.ndarray]] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """F1 and F2 of the baryon current, the same for both nucleons.  `known` : of :func:`nucleons`, if at hand.

    Parameters
    ----------
    Q2 : minus the square of the four-momentum transfer [MeV^2]
    currents : kind of form factors
    known : what :func:`nucleons` gave at these `Q2`; computed here if left out

    Returns
    -------
    F1, F2 : of the shape of `Q2`
    """
    known = known or nucleons(Q2, currents.form_factors)
    return tuple(proton + neutron for proton, neutron in zip(known["p"], known["n"], strict=True))


def charged(Q2: np.ndarray, form_factors: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """F1, F2 and F_A of the charged weak current, without V_ud.

    Parameters
    ----------
    Q2 : minus the square of the four-momentum transfer [MeV^2]
    form_factors : point or dipole

    Returns
    -------
    F1, F2, F_A : of the shape of `Q2`
    """
    proton, neutron = (electromagnetic(Q2, nucleon, form_factors) for nucleon in "pn")
    return proton[0] - neutron[0], proton[1] - neutron[1], -AXIAL_ISOVECTOR * axial_dipole(Q2, form_factors)
