"""How fast N are made and absorbed at all places of a star: on all targets, for several masses at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from nubounds.constraints.sn_dipole import exchange, few_places, layers
from nubounds.constraints.sn_dipole.constants import ENOUGH, LIGHT_MEV
from nubounds.constraints.sn_dipole.inputs import E_MAX_MEV, Production, Scattering
from nubounds.constraints.sn_dipole.layers import Layer
from nubounds.constraints.sn_dipole.targets import Matter, gases

K_TOP_MEV = 1100.0  # momenta of N go as far, or as far as paper's spectra do above M
K_LOW = (1.0, 0.03)  # and from here [MeV], or from this share of M
MOMENTA = {"draft": 12, "paper": 18, "reference": 18}  # nodes of the spline in ln k, by precision
AT_ONCE = 16  # masses whose rates share their integrals
KINDS = (("electrons", "positrons"), ("protons", "neutrons"))  # targets that share them as well
MISSED = 1e-2  # mean relative error of rates that follow from others above which all places are worked out

Kind = tuple[str, ...]  # of targets


def momenta(M: float, production: Production, count: int = 0) -> np.ndarray:
    """Nodes in the momentum of N far away [MeV], shape (count,).

    Parameters
    ----------
    M : mass of N [MeV]
    production : how a supernova makes sterile neutrinos
    count : number of nodes; by default that of the precision

    Returns
    -------
    Momenta [MeV], ascending, in equal steps of their logarithm.
    """
    top = max(K_TOP_MEV, M + ENOUGH * layers.hottest(production.star))
    return np.geomspace(max(K_LOW[0], K_LOW[1] * M), top, count or MOMENTA[production.accuracy.precision])


def _joined(found: tuple[Layer, ...], kind: str):
    """Matter and neutrinos of all places of all snapshots in one."""
    columns = (np.concatenate([getattr(one.matter, name) for one in found]) for name in Matter.__dataclass_fields__)
    parts = [layers.active_neutrinos(one, kind) for one in found]
    around = (np.concatenate([getattr(part, name) for part in parts]) for name in ("mu", "dilution", "shapes"))
    return Matter(*columns), exchange.Neutrinos(*around)


def _target(name: str) -> str:
    """electron for electrons."""
    return name.removesuffix("s")


@dataclass(frozen=True, eq=False)
class Rates:
    """Rates of N of one mass on one kind of targets, shape (places, momenta).

    made : how many are made [MeV^4];  taken : Gamma^< + Gamma^> [MeV^3], or None where that is not needed;
    missed : mean relative error of rates that follow from those at a few places
    """

    made: np.ndarray
    taken: np.ndarray | None
    missed: float = 0.0


@dataclass(frozen=True, eq=False)
class AllPlaces:
    """All places of some snapshots: matter, neutrinos, lapse, the kernel's rows of each target, and perhaps a few
    places from which all follow.
    """

    matter: Matter
    around: exchange.Neutrinos
    lapse: np.ndarray
    rows: dict[str, np.ndarray]
    few: few_places.FewPlaces | None = None


def all_places(found: tuple[Layer, ...], production: Production) -> AllPlaces:
    """Places of some snapshots; those of the whole star are kept.

    Parameters
    ----------
    found : snapshots of the star
    production : how a supernova makes sterile neutrinos

    Returns
    -------
    The places, in the order of the snapshots.
    """
    return _star(production) if found is layers.layers(production) else _places_of(found, production)


def _places_of(found: tuple[Layer, ...], production: Production) -> AllPlaces:
    matter, around = _joined(found, production.neutrinos)
    scattering, names = production.scattering, tuple(map(_target, production.targets))
    rows = gases(matter, scattering.screening, scattering.form_factors, names)
    return AllPlaces(matter, around, np.concatenate([one.gravity.lapse(one.r) for one in found]), rows)


@lru_cache(maxsize=4)
def _star(production: Production) -> AllPlaces:
    at = _places_of(layers.layers(production), production)
    return replace(at, few=few_places.choose(at.matter, at.around, at.lapse, production.accuracy.precision))


def kinds(targets: Sequence[str]) -> list[Kind]:
    """Targets of about one mass together, of those that there are."""
    present = (tuple(name for name in kind if name in targets) for kind in KINDS)
    return [kind for kind in present if kind]


def _exchanged(
    E: Sequence[np.ndarray],
    masses: Sequence[float],
    kind: Kind,
    around: exchange.Neutrinos,
    at: AllPlaces,
    how: Scattering,
) -> list[tuple[np.ndarray, np.ndarray, float]]:
    """Gamma^< and Gamma^> [MeV^3] of each mass at all places, and the mean relative error of those that follow."""
    rows, few = [at.rows[_target(name)] for name in kind], at.few
    if few is None:
        return [(*found, 0.0) for found in exchange.star_exchange(E, masses, rows, around, how)]
    asked = np.concatenate([few.known, few.witnesses])
    some = [energy[asked] for energy in E], masses, [row[asked] for row in rows], around.some(asked), how
    known = [np.concatenate(rates, axis=1) for rates in zip(*exchange.star_exchange(*some), strict=True)]
    followed = few.everywhere(*known, np.concatenate(E, axis=1), at.matter.T, around)
    answers, ends = [], np.cumsum([energy.shape[1] for energy in E])
    for energy, M, end in zip(E, masses, ends, strict=True):
        part = slice(end - energy.shape[1], end)
        made, absorbed = (rates[:, part] for rates in followed)
        missed = few.missed(*(rates[:, part] for rates in known), made, absorbed)
        if missed > MISSED:
            ((made, absorbed),) = exchange.star_exchange([energy], [M], rows, around, how)
            missed = 0.0
        answers.append((made, absorbed, missed))
    return answers


def _scattering(
    at: AllPlaces, masses: Sequence[float], grids: Sequence[np.ndarray], production: Production
) -> list[dict[Kind, Rates]]:
    """Rates of each mass, of N whose momenta far away are its grid."""
    thermal = replace(at.around, shapes=at.around.shapes[:, :0])
    E = [np.hypot(k, M) / at.lapse[:, None] for k, M in zip(grids, masses, strict=True)]
    absorbing, exact = production.escape.absorption != "none", production.kinematics == "exact"
    answers: list[dict[Kind, Rates]] = [{} for _ in masses]
    for kind in kinds(production.targets):
        if exact or absorbing:
            exchanged = _exchanged(E, masses, kind, at.around if exact else thermal, at, production.scattering)
            for answer, (made, absorbed, missed) in zip(answers, exchanged, strict=True):
                answer[kind] = Rates(made, made + absorbed, missed)
        for answer, M, energy in zip(answers, masses, E, strict=True):
            if exact:
                per_state = answer[kind]
                answer[kind] = replace(per_state, made=per_state.made * np.sqrt(energy**2 - M**2) * energy / np.pi**2)
            else:
                rows = [at.rows[_target(name)] for name in kind]
                made = sum(_on_light_cone(energy, M, row, at, production) for row in rows)
                answer[kind] = replace(answer[kind], made=made) if kind in answer else Rates(made, None)
    return answers


def _on_light_cone(E, M: float, row, at: AllPlaces, production: Production):
    """Production rate [MeV^4] of N of energy E from parents of the energy (E + p)/2."""
    p = np.sqrt(E**2 - M**2)
    parent = 0.5 * (E + p)
    rate = exchange.scattering_rate(parent, M, row, production.scattering, exchange.STAR_RULE)
    made = parent**2 * at.around.present(parent, at.matter.T) * rate / (2 * np.pi**2)
    return made * parent / p if production.jacobian else made


def _expanded(M: float, production: Production) -> tuple[float, ...]:
    """Masses whose rates make up those of M: screened rates of light N are linear in M^2."""
    light = M < LIGHT_MEV and production.scattering.screening != "none"
    return (0.0, LIGHT_MEV) if light else (M,)


@lru_cache(maxsize=4)
def _shared(masses: tuple[float, ...], production: Production) -> dict[float, dict[Kind, Rates]]:
    """Rates in the whole star of some masses, which share their integrals."""
    grids = [momenta(0.0 if M <= LIGHT_MEV else M, production) for M in masses]
    return dict(zip(masses, _scattering(_star(production), masses, grids, production), strict=True))


@lru_cache(maxsize=4)
def _together(production: Production) -> list[tuple[float, ...]]:
    """Masses [MeV] that were last asked about together, a few at a time."""
    return []


def compute_together(masses: Iterable[float], production: Production) -> None:
    """Let several masses share the integrals of their rates: the same digits as one by one, at a part of the cost.

    Parameters
    ----------
    masses : masses of N [MeV]
    production : how a supernova makes sterile neutrinos
    """
    wanted = sorted({one for M in masses for one in _expanded(min(M, E_MAX_MEV), production)})
    _together(production)[:] = [tuple(wanted[i : i + AT_ONCE]) for i in range(0, len(wanted), AT_ONCE)]


def _rates_of(M: float, production: Production) -> dict[Kind, Rates]:
    masses = next((some for some in _together(production) if M in some), (M,))
    return _shared(masses, production)[M]


def scattering(found: tuple[layers.Layer, ...], k: np.ndarray, M: float, production: Production) -> dict[Kind, Rates]:
    """:func:`_scattering` of any mass at its usual momenta, or at others.

    Parameters
    ----------
    found : snapshots of the star
    k : momenta of N far away [MeV], shape (energies,)
    M : mass of N [MeV]
    production : how a supernova makes sterile neutrinos

    Returns
    -------
    Kind of targets -> rates at the places of the snapshots.
    """
    if found is not layers.layers(production) or k.size != MOMENTA[production.accuracy.precision]:
        return _scattering(all_places(found, production), [M], [k], production)[0]
    rates = [_rates_of(one, production) for one in _expanded(M, production)]
    if len(rates) == 1:
        return rates[0]
    massless, heaviest = rates
    share = (M / LIGHT_MEV) ** 2
    return {kind: _between(massless[kind], heaviest[kind], share) for kind in massless}


def _between(massless: Rates, heaviest: Rates, share: float) -> Rates:
    """Rates so far on the way from one mass to another."""
    taken = None
    if massless.taken is not None and heaviest.taken is not None:
        taken = massless.taken + share * (heaviest.taken - massless.taken)
    made = massless.made + share * (heaviest.made - massless.made)
    return Rates(made, taken, max(massless.missed, heaviest.missed))
