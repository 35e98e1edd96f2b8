"""The coupling at which a criterion on the neutrinos' diffusion is met: at one energy a closed form, else a root."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nubounds.constraints.sn_diffusion import criteria
from nubounds.constraints.sn_diffusion.averages import TOGETHER
from nubounds.constraints.sn_diffusion.inputs import Criteria, Matter, Transport
from nubounds.constraints.sn_diffusion.opacity import PARTS
from nubounds.constraints.sn_diffusion.paths import Question, averaged, parts
from nubounds.constraints.sn_diffusion.shells import star_of
from nubounds.contract import Status

FORWARD = 2.0  # times weaker by the transport weight: worth saying


@dataclass(frozen=True)
class Limits:
    """Couplings (m,), NaN where there are none, their errors, statuses, and what is to be said of them."""

    value: np.ndarray
    error: np.ndarray
    status: np.ndarray
    note: str = ""


def snapshot_of(
    criterion: str, snapshot_s: float | None, matter: Matter, otherwise_s: float = criteria.OTHER_SNAPSHOT
) -> float:
    """The snapshot at which a criterion is asked [s].

    Parameters
    ----------
    criterion : of the paper's shells duration_10s is at 5 s and twice_sm at 1 s, whatever is given
    snapshot_s : one of the star's, or None for the nearest to those times, and of the other criteria to `otherwise_s`
    matter : the shells
    otherwise_s : time after bounce of the snapshot for other criteria [s]

    Returns
    -------
    Time after bounce of the snapshot [s].
    """
    star = star_of(matter)
    fixed = criteria.SNAPSHOT.get(criterion)
    if snapshot_s is None or (fixed is not None and matter.shells is None):
        return star.nearest(otherwise_s if fixed is None else fixed)
    return snapshot_s


def coupling_limits(
    asked: Question, model: str, criterion: str, m_mediator_MeV: np.ndarray, targets: Criteria, transport: Transport
) -> Limits:
    """Limits at masses that share the states of the shells.

    Parameters
    ----------
    asked : whose paths, at which snapshot
    model, criterion : b_minus_l, lnc_scalar, lnv_scalar; one of criteria.CRITERIA
    m_mediator_MeV : (m,)
    targets, transport : the inputs

    Returns
    -------
    Values, errors and status, shape (m,), with a note.

    Raises
    ------
    InputError
        For choices that do not go together, or paths that cannot be computed.
    """
    criteria.check_transport(model, transport.transport)
    if reason := criteria.missing(model, criterion, asked.neutrino):
        nothing = np.full(len(m_mediator_MeV), np.nan)
        return Limits(nothing, nothing, np.full(nothing.shape, Status.NO_SOLUTION), reason)
    if asked.averaged:
        value, error = averaged(asked, m_mediator_MeV).coupling_limit(model, criterion, transport.transport, targets)
    else:
        value, error = _at_one_energy(asked, model, criterion, m_mediator_MeV, targets, transport)
    status = np.where(np.isfinite(value), Status.OK, Status.NO_SOLUTION)
    note = f"the Standard Model alone exceeds the target of {targets.duration_s} s" if np.any(status) else ""
    return Limits(value, error, status, note)


def _at_one_energy(asked: Question, model, criterion, m_mediator_MeV, targets, transport):
    of_parts, errors = parts(asked, m_mediator_MeV)

    def limit(of_parts):
        return criteria.coupling_limit(of_parts, asked.radii_m, model, criterion, transport.transport, targets)

    value = limit(of_parts)
    shifted = (of_parts + errors * (np.arange(len(PARTS)) == part) for part in range(len(PARTS)))
    return value, sum(np.abs(limit(one) - value) for one in shifted)


def forward_note(
    asked: Question, model: str, criterion: str, m_mediator_MeV: np.ndarray, targets: Criteria, transport: Transport
) -> str:
    """What to say where the transport weight weakens a limit by more than FORWARD: by the limits at one energy, of
    antineutrinos where all species diffuse.  Arguments as for :func:`coupling_limits`.

    Parameters
    ----------
    asked : whose paths, at which snapshot
    model : b_minus_l, lnc_scalar, lnv_scalar
    criterion : one of criteria.CRITERIA
    m_mediator_MeV : masses of the mediator [MeV], shape (m,)
    targets : what excludes a coupling
    transport : how the scalar's neutrinos get out

    Returns
    -------
    The note; empty where there is nothing to say.
    """
    if asked.chosen.interaction.weight != "transport":
        return ""
    one = {"all": "nubar", "majorana_all": "majorana_thermal"}.get(asked.neutrino, asked.neutrino)
    spectrum, interaction = replace(asked.spectrum, average="single"), asked.chosen.interaction
    by_weight = []
    for weight in ("transport", "total"):
        chosen = replace(asked.chosen, interaction=replace(interaction, weight=weight))
        single = replace(asked, neutrino=one, spectrum=spectrum, chosen=chosen)
        by_weight.append(_at_one_energy(single, model, criterion, m_mediator_MeV, targets, transport)[0])
    worst = np.nanmax(by_weight[0] / by_weight[1], initial=0.0)
    if worst < FORWARD:
        return ""
    upto = "up to " if len(m_mediator_MeV) > 1 else ""
    about = "about " if asked.neutrino in TOGETHER or asked.spectrum.average != "single" else ""
    return (
        f"weaker by {upto}{about}a factor {worst:.3g} than with weight=total: exchange of a light mediator scatters "
        "forward, which does not slow diffusion"
    )
