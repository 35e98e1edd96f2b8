"""Inverse mean free paths in the shells of a snapshot for any couplings: at one energy, or averaged over a spectrum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.sn_diffusion import averages, processes, rosseland
from nubounds.constraints.sn_diffusion.criteria import DEFAULT_NEUTRINO
from nubounds.constraints.sn_diffusion.inputs import Matter, Opacity, Spectrum
from nubounds.constraints.sn_diffusion.opacity import check_model, powers, require_finite
from nubounds.constraints.sn_diffusion.shells import NEUTRINOS, star_of
from nubounds.constraints.sn_diffusion.states import State
from nubounds.contract import Answer, InputError, groups
from nubounds.kernels import sn_diffusion as kernel

KINDS = (*NEUTRINOS, *averages.TOGETHER)
MOST_TOGETHER = 4096  # pairs of mass and coupling that are averaged at a time, for the memory they take


@dataclass(frozen=True)
class Question:
    """What is asked of the shells of a snapshot: whose paths, in which reading.

    neutrino : one of KINDS;  shells : their numbers from 1, None for all;  E_nu_MeV : at one energy, if not its own
    """

    snapshot_s: float
    neutrino: str
    chosen: Opacity
    spectrum: Spectrum
    convention: str = "standard"
    azimuth: str = "exact"
    shells: tuple[int, ...] | None = None
    E_nu_MeV: float | None = None

    @property
    def averaged(self) -> bool:
        """Whether paths are means over a spectrum; InputError where that does not go with the rest."""
        changed = (*self.spectrum.beyond_paper, *self.chosen.interaction.beyond_paper)
        if changed and (self.convention, self.azimuth) != ("standard", "exact"):
            where = f"convention={self.convention}, azimuth={self.azimuth}"
            raise InputError(f"{changed[0]}: goes with convention=standard and azimuth=exact, not with {where}")
        if self.spectrum.average == "rosseland":
            if self.E_nu_MeV is not None:
                raise InputError("E_nu_MeV: goes with average=single; a Rosseland mean takes all energies")
            return True
        if self.neutrino in averages.TOGETHER:
            raise InputError(f"neutrino={self.neutrino}: needs average=rosseland")
        return False

    @property
    def radii_m(self) -> np.ndarray:
        """Outer radii of the snapshot's shells [m], after a leading 0."""
        return star_of(self.chosen.matter).radii_m(self.snapshot_s)


def kind(neutrino: str | None, model: str, spectrum: Spectrum, otherwise: str = "") -> str:
    """The neutrinos that are meant where none may be named.

    Parameters
    ----------
    neutrino : as given
    model : sm, b_minus_l, lnc_scalar, lnv_scalar
    spectrum : whether all species diffuse in parallel
    otherwise : which kind where it is only one, if not that of limits

    Returns
    -------
    The kind of neutrino.

    Raises
    ------
    InputError
        For a pair of model and neutrino that do not go together.
    """
    if neutrino is None and (spectrum.species, spectrum.average) == ("all", "rosseland"):
        neutrino = "majorana_all" if model == "lnv_scalar" else "all"
    elif neutrino is None:
        neutrino = otherwise or DEFAULT_NEUTRINO[model]
    check_model(model, neutrino)
    return neutrino


def require_mediator(model: str, **values: Any) -> None:
    """InputError where a model needs an argument that is missing.

    Parameters
    ----------
    model : sm needs none
    **values : arguments by name, None where not given

    Raises
    ------
    InputError
        Naming the first that is missing.
    """
    for name, value in values.items():
        if model != "sm" and value is None:
            raise InputError(f"model={model} needs the argument {name}")


def require_tables(matter: Matter) -> None:
    """InputError where the shells are not those of Tables I and II."""
    if not matter.as_published:
        raise InputError("mean_free_paths=printed: Tables I and II are those of the paper's shells, not of a user's")


def states(matter: Matter, snapshot_s: float, neutrino: str, shells: tuple[int, ...] | None = None) -> list[State]:
    """The states of shells (all by default) as a neutrino sees them.

    Parameters
    ----------
    matter : the shells
    snapshot_s : one of their snapshots
    neutrino : nu, nubar, majorana_thermal, majorana_degenerate
    shells : their numbers from 1

    Returns
    -------
    a state for each shell

    Raises
    ------
    InputError
        For a snapshot or a shell that is not there.
    """
    star = star_of(matter)
    return [
        star.state(snapshot_s, shell, neutrino, matter.states, matter.helicities.g_nu)
        for shell in shells or star.shells(snapshot_s)
    ]


def at_one_energy(asked: Question) -> list[State]:
    """The states with the flavour and the energy that are asked for.

    Raises
    ------
    InputError
        For flavour=x with an energy that only electron neutrinos have.
    """
    found = states(asked.chosen.matter, asked.snapshot_s, asked.neutrino, asked.shells)
    if asked.spectrum.flavour == "x":
        if asked.neutrino == "majorana_degenerate":
            raise InputError("neutrino=majorana_degenerate: goes with flavour=e; mu and tau neutrinos have mu_nu = 0")
        found = [rosseland.as_flavour_x(state) for state in found]
    if asked.E_nu_MeV is not None:
        found = [replace(state, E_nu=asked.E_nu_MeV) for state in found]
    return found


def parts(asked: Question, m_mediator_MeV: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Parts of 1/lambda at one energy.

    Parameters
    ----------
    asked : whose paths, in which reading
    m_mediator_MeV : masses of the mediator [MeV], shape (m,)

    Returns
    -------
    value, error : (n, m, 4) in 1/m for n shells and m masses, parts as in opacity.PARTS
    """
    value, error, status = processes.coefficients(
        at_one_energy(asked), asked.neutrino, m_mediator_MeV, asked.chosen, asked.convention, asked.azimuth
    )
    require_finite(status)
    return value, error


def averaged(asked: Question, m_mediator_MeV: ArrayLike) -> averages.Averages:
    """The energy-resolved paths, with masses that could be computed.

    Parameters
    ----------
    asked : whose paths, in which reading
    m_mediator_MeV : masses of the mediator [MeV], shape (m,)

    Returns
    -------
    The averages, for masses in the order given.
    """
    masses = tuple(map(float, m_mediator_MeV))
    found = averages.of_snapshot(asked.snapshot_s, asked.neutrino, masses, asked.chosen, asked.spectrum, asked.shells)
    require_finite(found.status)
    return found


def combined(of_parts: np.ndarray, multiplied: np.ndarray) -> np.ndarray:
    """Sums over the last axis, part by part: digits do not depend on how many are summed together.

    Parameters
    ----------
    of_parts : (..., 4)
    multiplied : (..., 4), which broadcasts with it

    Returns
    -------
    (...)
    """
    return sum(multiplied[..., part] * of_parts[..., part] for part in range(of_parts.shape[-1]))


def inverse_paths(
    asked: Question, model: str, m_mediator_MeV: ArrayLike, coupling: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """1/lambda of n shells for c pairs of a mediator's mass and coupling.

    Parameters
    ----------
    asked : whose paths
    model : sm, b_minus_l, lnc_scalar, lnv_scalar
    m_mediator_MeV, coupling : (c,), not used by sm

    Returns
    -------
    value, error : (n, c) in 1/m

    Raises
    ------
    InputError
        Where a path cannot be computed.
    """
    if model == "sm":
        m_mediator_MeV, coupling = np.array([kernel.LIGHTEST_MEDIATOR]), np.array([0.0])
    masses, where = np.unique(m_mediator_MeV, return_inverse=True)
    of_parts = np.array([powers(model, one) for one in np.asarray(coupling, dtype=float).tolist()])
    if not asked.averaged:
        value, error = parts(asked, masses)
        return combined(value[:, where], of_parts), combined(error[:, where], of_parts)
    mean = averaged(asked, masses)
    found = [
        mean.at(where[first : first + MOST_TOGETHER]).paths(of_parts[first : first + MOST_TOGETHER])
        for first in range(0, len(where), MOST_TOGETHER)
    ]
    path, error = (np.concatenate(arrays, axis=1) for arrays in zip(*found, strict=True))
    return 1 / path, error / path**2


def per_group(ask: Callable[..., Any], apart: Sequence[Any], together: Sequence[Any]) -> Answer:
    """A quantity at many points, of which some share what is costly.

    Parameters
    ----------
    ask : function of a value of each of `apart` and an array of each of `together`, giving values and errors
    apart, together : numbers, None or arrays, which broadcast

    Returns
    -------
    value, error : (n,)
    """
    columns = np.broadcast_arrays(*(np.atleast_1d(np.asarray(one, dtype=object)) for one in (*apart, *together)))
    keys, arrays = columns[: len(apart)], [column.astype(float) for column in columns[len(apart) :]]
    value, error = np.empty((2, len(columns[0])))
    for key, members in groups({str(k): column for k, column in enumerate(keys)}, *map(str, range(len(keys)))):
        value[members], error[members] = ask(*key, *(array[members] for array in arrays))
    return Answer(value, error, status=np.zeros(len(value), dtype=int))


def one_of(found: Answer) -> Answer:
    """The answer at the only point of arrays."""
    return Answer(float(found.value[0]), float(found.error[0]), found.note)
