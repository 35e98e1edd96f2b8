"""What a neutrino does in a shell, added up: the paper's scattering on nucleons, or what the inputs choose."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.sn_diffusion import charged, electrons, neutral, opacity
from nubounds.constraints.sn_diffusion.inputs import Interaction, Opacity
from nubounds.constraints.sn_diffusion.states import State
from nubounds.contract import InputError, Status


def require_paper(interaction: Interaction, where: str) -> None:
    """InputError if anything beyond the paper is chosen.

    Parameters
    ----------
    interaction : the inputs
    where : the place that knows no other physics, in words

    Raises
    ------
    InputError
        Naming the first choice beyond the paper.
    """
    if changed := interaction.beyond_paper:
        raise InputError(f"{changed[0]}: goes with convention=standard and azimuth=exact, not with {where}")


def stimulated(state: State) -> float:
    """1/(1 - f_nu(E)): undoes the neutrino's own blocking in a transport rate, as linear transport theory does.

    For absorption it is the stimulated part: 1/lambda_a -> 1/lambda_a + j.

    Parameters
    ----------
    state : of one shell and one energy

    Returns
    -------
    the factor, 1 or more
    """
    return 1 + math.exp(min((state.mu_nu - state.E_nu) / state.T, 700.0))


def wanted_by(interaction: Interaction, flavour: str) -> list[str]:
    """The processes that the inputs choose; mu and tau neutrinos have no charged currents.

    Parameters
    ----------
    interaction : the inputs
    flavour : e or x

    Returns
    -------
    names of processes, see :func:`by_process`
    """
    wanted = ["neutral_n", "neutral_p"] + ["electron"] * interaction.electrons
    return wanted + ["charged"] * (interaction.charged_currents and flavour == "e")


def by_process(
    states: Sequence[State],
    neutrino: str,
    m_mediator_MeV: ArrayLike,
    chosen: Interaction,
    precision: str,
    wanted: Sequence[str],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parts of 1/lambda of the processes `wanted`.

    Parameters
    ----------
    states : n shells, or energies in a shell
    neutrino : nu, nubar, or a Majorana kind
    m_mediator_MeV : m masses
    chosen : couplings, form factors, correlations, weight
    precision : a key of opacity.SCALE
    wanted : some of neutral_n, neutral_p, electron, charged

    Returns
    -------
    value, error : (n, processes, m, 4) in 1/m, parts as in opacity.PARTS
    status : (n, m)
    """
    masses = np.ascontiguousarray(m_mediator_MeV, dtype=float).reshape(-1)
    value, error = np.zeros((2, len(states), len(wanted), masses.size, len(opacity.PARTS)))
    status = np.full((len(states), masses.size), Status.OK)
    nucleons = [process for process in ("neutral_n", "neutral_p") if process in wanted]
    if nucleons:
        values, errors, status = neutral.by_nucleon(states, neutrino, masses, chosen, precision)
        for process in nucleons:
            i, j = wanted.index(process), ("neutral_n", "neutral_p").index(process)
            value[:, i], error[:, i] = values[:, j], errors[:, j]
    for k, state in enumerate(states):
        if "electron" in wanted:
            i = wanted.index("electron")
            both = electrons.parts(state, neutrino, masses, chosen, precision)
            value[k, i], error[k, i] = (opacity.MEV_TO_PER_M * array for array in both)
        if "charged" in wanted:
            i = wanted.index("charged")
            rate, rate_error = charged.rate(state, neutrino, chosen, precision)
            value[k, i, :, 0], error[k, i, :, 0] = opacity.MEV_TO_PER_M * rate, opacity.MEV_TO_PER_M * rate_error
        if chosen.weight == "transport":
            value[k] *= stimulated(state)
            error[k] *= stimulated(state)
    lost = (status == Status.OK) & ~np.isfinite(value + error).all(axis=(1, 3))
    return value, error, np.where(lost, Status.NOT_FINITE, status)


def coefficients(
    states: Sequence[State],
    neutrino: str,
    m_mediator_MeV: ArrayLike,
    chosen: Opacity,
    convention: str,
    azimuth: str = "exact",
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parts of 1/lambda as :func:`opacity.coefficients`, in the paper's physics or beyond it, as the inputs say.

    Parameters
    ----------
    states : n shells, or energies in a shell
    neutrino : nu, nubar, or a Majorana kind
    m_mediator_MeV : m masses
    chosen : everything that a mean free path depends on
    convention : the reading
    azimuth : how the azimuth is treated; exact beyond the paper

    Returns
    -------
    Value and error, (n, m, 4) in 1/m, and status, (n, m).

    Raises
    ------
    InputError
        For choices beyond the paper in a reading other than the standard one.
    """
    interaction, precision = chosen.interaction, chosen.accuracy.precision
    if not interaction.beyond_paper:
        return opacity.coefficients(
            states,
            neutrino,
            m_mediator_MeV,
            convention=convention,
            axial=interaction.axial,
            precision=precision,
            azimuth=azimuth,
        )
    if (convention, azimuth) != ("standard", "exact"):
        require_paper(interaction, f"convention={convention}, azimuth={azimuth}")
    wanted = wanted_by(interaction, "e")
    value, error, status = by_process(states, neutrino, m_mediator_MeV, interaction, precision, wanted)
    return value.sum(axis=1), error.sum(axis=1), status
