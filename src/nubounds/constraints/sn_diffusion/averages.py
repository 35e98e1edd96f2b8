"""Diffusion of a spectrum: Rosseland means of paths that depend on the energy, for any coupling.

At each energy 1/lambda = a + b g^2 + c g^4; the mean over energies (and over species that diffuse in parallel)

    lambda_k(g) = Sum_E W(E) / (a + b g^2 + c g^4) / Sum_E W(E),   W = E^n f (1 - f) dE,

is no polynomial any more, so that limits are roots of dt(g) = Sum_k w_k/lambda_k(g), which rises with g.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.sn_diffusion import criteria, rosseland, spectra
from nubounds.constraints.sn_diffusion.inputs import Criteria, Opacity, Spectrum
from nubounds.constraints.sn_diffusion.opacity import PARTS, powers
from nubounds.constraints.sn_diffusion.shells import star_of
from nubounds.constraints.sn_diffusion.states import State
from nubounds.contract import InputError, Status
from nubounds.kernels import sn_diffusion as kernel
from nubounds.kernels import sn_diffusion_spectrum as spectrum_kernel

# (neutrino, flavour, how many): what diffuses in parallel.
TOGETHER = {
    "all": (("nu", "e", 1), ("nubar", "e", 1), ("nu", "x", 2), ("nubar", "x", 2)),
    "majorana_all": (("majorana_thermal", "e", 1), ("majorana_thermal", "x", 2)),
}


def kinds(neutrino: str, flavour: str) -> tuple[tuple[str, str, int], ...]:
    """What `neutrino` stands for: (nu, nubar or majorana_thermal; e or x; how many of them).

    Parameters
    ----------
    neutrino : nu, nubar, majorana_thermal, all, majorana_all
    flavour : e or x, of one kind

    Returns
    -------
    a tuple for each kind
    """
    return TOGETHER.get(neutrino, ((neutrino, flavour, 1),))


@dataclass(frozen=True)
class Level:
    """The paths in n shells on one rule over energies.

    weights : (n, e), adding up to 1 in a shell;  parts : (4, m, n, e) of 1/lambda [1/m]
    """

    weights: np.ndarray
    parts: np.ndarray

    def paths(self, of_parts: np.ndarray) -> np.ndarray:
        """Mean [m] of 1/(sum of parts times `of_parts`), which has shape (m, 4): (n, m)."""
        rates = sum(of_parts[:, part, None, None] * self.parts[part] for part in range(len(PARTS)))
        return np.cumsum(self.weights / rates, axis=2)[:, :, -1].T  # numpy's sums depend on how many masses there are


@dataclass(frozen=True)
class Averages:
    """All shells of a snapshot, on two rules: the value's, and a coarser one in energy and momenta for its error.

    radii_m : (n + 1,), beginning with 0;  alike : share of a value that both may miss;  status : (m,), of each mass
    """

    radii_m: np.ndarray
    fine: Level
    coarse: Level
    alike: float
    status: np.ndarray

    def _with_error(self, value: np.ndarray, coarse: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return value, np.abs(value - coarse) + self.alike * np.abs(value)

    def paths(self, of_parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rosseland means of the path in each shell.

        Parameters
        ----------
        of_parts : (m, 4) what multiplies the four parts of 1/lambda: powers of the coupling

        Returns
        -------
        value, error : (n, m) [m]
        """
        return self._with_error(self.fine.paths(of_parts), self.coarse.paths(of_parts))

    def at(self, where: np.ndarray) -> Averages:
        """The same for the masses at positions `where`, which may repeat."""
        fine, coarse = (replace(level, parts=level.parts[:, where]) for level in (self.fine, self.coarse))
        return replace(self, fine=fine, coarse=coarse, status=self.status[where])

    def coupling_limit(self, model: str, criterion: str, transport: str, targets: Criteria):
        """The coupling at which a criterion is met, as :func:`criteria.coupling_limit`.

        Returns
        -------
        value, error : (m,), NaN where the Standard Model alone exceeds the target
        """
        value = _limit(self.fine, self.radii_m, model, criterion, transport, targets)
        return self._with_error(value, _limit(self.coarse, self.radii_m, model, criterion, transport, targets, value))


def averages(
    matter_states: Callable[[str], Sequence[State]],
    radii_m: np.ndarray,
    neutrino: str,
    m_mediator_MeV: ArrayLike,
    chosen: Opacity,
    spectrum: Spectrum,
) -> Averages:
    """The energy-resolved paths in shells that share a snapshot.

    Parameters
    ----------
    matter_states : gives the n shells' states as nu, nubar or majorana_thermal see them (flavour e)
    radii_m : (n + 1,) outer radii, beginning with 0
    neutrino : nu, nubar, majorana_thermal, or one of TOGETHER
    m_mediator_MeV : (m,)
    chosen, spectrum : the inputs

    Returns
    -------
    The mean paths of every shell, on two rules over energies.

    Raises
    ------
    InputError
        For majorana_degenerate, whose energy is not that of a spectrum in equilibrium.
    """
    if neutrino == "majorana_degenerate":
        raise InputError(
            "neutrino=majorana_degenerate: needs average=single; with average=rosseland the spectrum is that of "
            "majorana_thermal"
        )
    masses = np.ascontiguousarray(m_mediator_MeV, dtype=float).reshape(-1)
    by_kind = [
        [rosseland.as_flavour_x(state) if flavour == "x" else state for state in matter_states(name)]
        for name, flavour, _ in kinds(neutrino, spectrum.flavour)
    ]
    names, counts = zip(*((name, count) for name, _, count in kinds(neutrino, spectrum.flavour)), strict=True)
    rules = [spectra.Rule(spectrum.mean.rosseland_power, chosen.accuracy.precision, level) for level in range(2)]
    levels = [_level(list(zip(*by_kind, strict=True)), names, counts, masses, chosen, rule) for rule in rules]
    finite = np.all([np.isfinite(level.parts).all(axis=(0, 2, 3)) for level in levels], axis=0)
    inside = masses >= kernel.LIGHTEST_MEDIATOR
    if any(spectra.degeneracy(state) > kernel.MOST_DEGENERATE for states in by_kind for state in states):
        inside = np.zeros_like(inside)
    status = np.where(inside & finite, Status.OK, np.where(inside, Status.NOT_FINITE, Status.OUT_OF_DOMAIN))
    return Averages(radii_m, *levels, spectra.ALIKE[chosen.accuracy.precision], status)


def _level(by_shell, names, counts, masses: np.ndarray, chosen: Opacity, rule: spectra.Rule) -> Level:
    """Shells, whose states are those of each kind, on one rule; filled up with energies of no weight."""
    found, all_weights = [], []
    for states in by_shell:
        kinds = tuple(spectra.Kind(name, one.flavour, one.mu_nu) for name, one in zip(names, states, strict=True))
        matter = replace(states[0], E_nu=0.0, mu_nu=0.0, flavour="")  # the same for all kinds of neutrinos
        found.append(spectra.columns(matter, kinds, rule, chosen.interaction))
        sizes = [rule.energies(kind.mu, matter.T)[0].size for kind in kinds]
        all_weights.append(found[-1].weights * np.repeat(np.array(counts, dtype=float), sizes))
    length = max(weights.size for weights in all_weights)
    length += -length % spectrum_kernel.LANES
    together = Level(np.zeros((len(found), length)), np.ones((len(PARTS), masses.size, len(found), length)))
    for shell, (columns, weights) in enumerate(zip(found, all_weights, strict=True)):
        together.weights[shell, : weights.size] = weights / weights.sum()
        columns.fill(masses, together.parts[:, :, shell, : weights.size])
    return together


@lru_cache(maxsize=8)
def of_snapshot(
    snapshot_s: float,
    neutrino: str,
    masses: tuple[float, ...],
    chosen: Opacity,
    spectrum: Spectrum,
    shells: tuple[int, ...] | None = None,
) -> Averages:
    """The averages of the shells of a snapshot; the last few are kept, for all models and criteria share them.

    Parameters
    ----------
    snapshot_s : time after bounce [s], one of the star's snapshots
    neutrino : nu, nubar, majorana_thermal, or one of TOGETHER
    masses : of the mediator [MeV]
    chosen, spectrum : the inputs
    shells : numbers of the shells, from 1; None for all

    Returns
    -------
    The averages, as :func:`averages` gives them.
    """
    star, matter = star_of(chosen.matter), chosen.matter

    def states(kind: str) -> list[State]:
        return [
            star.state(snapshot_s, shell, kind, matter.states, matter.helicities.g_nu)
            for shell in shells or star.shells(snapshot_s)
        ]

    return averages(states, star.radii_m(snapshot_s), neutrino, masses, chosen, spectrum)


def _limit(
    level: Level,
    radii_m: np.ndarray,
    model: str,
    criterion: str,
    transport: str,
    targets: Criteria,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """Couplings (m,) on one rule; `start` : where they are looked for first."""
    standard, new = powers("sm", 0.0), powers(model, 1.0) - powers("sm", 0.0)
    count = level.parts.shape[1]
    alone = replace(level, parts=level.parts[:, :1]).paths(standard[None])  # (n, 1): no mass matters to it
    with np.errstate(divide="ignore", invalid="ignore"):
        if criterion in ("free_streaming", "trapping"):
            c = 1 / level.paths(np.tile(new, (count, 1)))
            if criterion == "trapping":
                return (np.diff(radii_m) @ c / targets.interactions) ** -0.25
            return (np.diff(radii_m**2) @ (c / alone)) ** -0.25
    weights = criteria.diffusion_weights(radii_m)
    if criterion == "duration_10s":
        target = np.full(count, targets.duration_s)
    else:
        target = np.repeat(targets.factor * sum(weights[:, None] / alone), count)
    share = 0.5 if transport == "eq27" else 1.0
    squared, fourth = (PARTS.index("interference"), PARTS.index("vector")) if model == "b_minus_l" else (0, 3)
    start = np.full(count, np.nan) if start is None else start
    return spectrum_kernel.couplings(level.weights, weights, level.parts, squared, fourth, share, target, start)
