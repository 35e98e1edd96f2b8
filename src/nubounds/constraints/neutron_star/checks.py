"""What must fit together before anything runs."""

from __future__ import annotations

from nubounds.constraints.neutron_star.constants import K_B
from nubounds.constraints.neutron_star.inputs import Capture, Star
from nubounds.contract import InputError


def check(star: Star, capture: Capture) -> None:
    """InputError for a star that is too hot for degenerate neutrons.

    Parameters
    ----------
    star, capture : the inputs

    Raises
    ------
    InputError
        If T_NS_K exceeds a thousandth of the Fermi momentum.
    """
    if star.T_max < capture.T_NS_K * K_B:
        raise InputError(
            f"inputs.T_NS_K: {capture.T_NS_K:g} K is too hot for degenerate neutrons with p_F_MeV={star.p_F_MeV:g}"
        )
