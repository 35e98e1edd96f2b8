"""From inverse mean free paths to diffusion times and limits, Eqs. (21)-(27): closed forms in the coupling."""

from __future__ import annotations

import numpy as np

from nubounds.constraints.sn_diffusion.inputs import Criteria
from nubounds.contract import InputError
from nubounds.numerics.constants import C_M_PER_S

CRITERIA = ("duration_10s", "twice_sm", "free_streaming", "trapping")
SNAPSHOT = {"duration_10s": 5, "twice_sm": 1}  # Eqs. (22) and (23); the snapshot of Eqs. (24)-(26) is free
OTHER_SNAPSHOT = 1  # of Eqs. (24)-(26), which the paper does not state
LIMITED_MODELS = ("b_minus_l", "lnc_scalar", "lnv_scalar")
DEFAULT_NEUTRINO = {"b_minus_l": "nubar", "lnc_scalar": "nubar", "lnv_scalar": "majorana_thermal"}


def diffusion_weights(radii_m: np.ndarray) -> np.ndarray:
    """(R_k^2 - R_(k-1)^2)/c [m s] of Eq. (21); `radii_m` begins with 0.

    Parameters
    ----------
    radii_m : (n + 1,) outer radii of shells, beginning with 0

    Returns
    -------
    (n,) [m s]
    """
    return np.diff(radii_m**2) / C_M_PER_S


def missing(model: str, criterion: str, neutrino: str = "") -> str:
    """Why there is no such limit, or an empty string.

    Parameters
    ----------
    model, criterion : of a limit
    neutrino : whose; matters for all species in parallel

    Returns
    -------
    the reason, or an empty string
    """
    if criterion in ("free_streaming", "trapping") and neutrino.endswith("all"):
        return f"criterion={criterion} is about one kind of neutrino in the shells, not about all in parallel"
    if criterion == "free_streaming" and model == "b_minus_l":
        return "Z' exchange makes no right-handed neutrinos that could stream freely (section II.B)"
    if criterion == "trapping" and model != "lnc_scalar":
        return "Eq. (26) is about right-handed neutrinos, which only the lepton-number conserving scalar makes"
    return ""


def check_transport(model: str, transport: str) -> None:
    """InputError for Eq. (27) outside the model that it describes.

    Parameters
    ----------
    model : of a limit
    transport : eq21 or eq27

    Raises
    ------
    InputError
        For eq27 with any model but lnc_scalar.
    """
    if transport == "eq27" and model != "lnc_scalar":
        raise InputError(f"transport=eq27: Eq. (27) is for lnc_scalar, not for {model}; use eq21")


def coupling_limit(
    parts: np.ndarray,
    radii_m: np.ndarray,
    model: str,
    criterion: str,
    transport: str,
    targets: Criteria,
) -> np.ndarray:
    """The coupling at which a criterion is met.

    With A + B g^2 + C g^4 the diffusion time (w-weighted sums over shells of the parts of 1/lambda; B = 0 for scalars):

    duration_10s    A + B g^2 + C g^4 = duration_s, Eq. (22)
    twice_sm        A + B g^2 + C g^4 = factor A, Eq. (23)
    free_streaming  sum_k w_k a_k c_k g^4 = 1, Eqs. (24), (25)
    trapping        sum_k (R_k - R_(k-1)) c_k g^4 = interactions, Eq. (26)

    With Eq. (27) A counts half on the left-hand sides, not in the target.

    Parameters
    ----------
    parts : (n shells, ..., 4) sm, interference, vector, scalar parts [1/m]
    radii_m : (n + 1,) outer radii [m], beginning with 0
    model : b_minus_l, lnc_scalar or lnv_scalar
    criterion : duration_10s, twice_sm, free_streaming or trapping
    transport : how the lepton-number conserving scalar's neutrinos get out, as the input of this name
    targets : what excludes a coupling: duration, factor, number of interactions

    Returns
    -------
    coupling : (...), NaN where the Standard Model alone exceeds the target
    """
    a = parts[..., 0]
    b = parts[..., 1] if model == "b_minus_l" else np.zeros_like(a)
    c = parts[..., 2] if model == "b_minus_l" else parts[..., 3]

    def over_shells(weights, of_shell):
        return sum(weight * of_shell[k] for k, weight in enumerate(weights))

    if criterion == "free_streaming":
        return over_shells(np.diff(radii_m**2), a * c) ** -0.25
    if criterion == "trapping":
        return (over_shells(np.diff(radii_m), c) / targets.interactions) ** -0.25
    weights = diffusion_weights(radii_m)
    A, B, C = (over_shells(weights, part) for part in (a, b, c))
    target = targets.duration_s if criterion == "duration_10s" else targets.factor * A
    rest = target - (0.5 * A if transport == "eq27" else A)
    with np.errstate(invalid="ignore"):
        root = np.sqrt(B**2 + 4 * C * np.where(rest > 0, rest, np.nan))
        squared = np.where(
            B > 0, 2 * rest / (B + root), (root - B) / (2 * C)
        )  # without cancellation for either sign of B
    return np.sqrt(squared)
