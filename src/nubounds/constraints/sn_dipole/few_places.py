"""A few places of a star whose rates stand for those of all.

Logarithms of rates are smooth functions of the state of matter, whatever a star does in time and along its radius.
They are taken for a Gaussian process over the state (kriging): every place follows from the nearest of some known
ones, and these are always the ones that the earlier ones say least about.  So states far from all others are known
themselves, and many places of one state cost one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nubounds.constraints.sn_dipole.constants import SMALLEST
from nubounds.constraints.sn_dipole.exchange import Neutrinos
from nubounds.constraints.sn_dipole.targets import Matter
from nubounds.kernels import sn_dipole_places

ALIKE = 3.0  # distance in state over which rates change beyond a straight line
LINEAR = 100.0  # variance of that line, in units of what is beyond it
# variance, in these units, of a place that need not be known, by precision; with `reference` all are worked out
UNKNOWN = {"draft": 1e-5, "paper": 1e-9}
ROUNDING = 1e-8  # variance that is added to known places, so that equations for nearly equal ones can be solved
NEAREST = 20  # known places that another one follows from
SPARED = 0.6  # share of the places above which all are worked out
WITNESSES, SHARE = 24, 0.05  # places at which both ways are compared: so many, or this share of all
FEWEST = 64  # places below which all are worked out


@dataclass(frozen=True, eq=False)
class FewPlaces:
    """Which of n places are known, and how the others follow.

    known : numbers of m places;  nearest : among the m, shape (n, k);  weights : of the logarithms of their rates,
    shape (n, k);  witnesses : numbers of places that are not known
    """

    known: np.ndarray
    nearest: np.ndarray
    weights: np.ndarray
    witnesses: np.ndarray

    def everywhere(
        self, made: np.ndarray, absorbed: np.ndarray, E: np.ndarray, T: np.ndarray, around: Neutrinos
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rates at all places.

        Parameters
        ----------
        made, absorbed : Gamma^< and Gamma^> at the known places and perhaps others behind them, shape (m, energies)
        E : energy of N at all places [MeV], shape (n, energies)
        T : temperature at all places [MeV], shape (n,)
        around : active neutrinos there

        Returns
        -------
        Gamma^< and Gamma^>, shape (n, energies).
        """
        known = [np.ascontiguousarray(rates[: self.known.size]) for rates in (made, absorbed)]
        how = self.known, self.nearest, self.weights
        return sn_dipole_places.everywhere(*known, *how, E, T, around.around, around.shapes)

    def missed(self, made, absorbed, all_made, all_absorbed) -> float:
        """Mean relative error at the witnesses, whose own rates stand behind those of the known places: of all that is
        made at one, and of how it is absorbed.  Sums over places, where errors of both signs meet, miss less.
        """
        if not self.witnesses.size:
            return 0.0
        made, absorbed = made[self.known.size :], absorbed[self.known.size :]
        share = made / np.maximum(made.sum(1), SMALLEST)[:, None]
        pairs = (all_made[self.witnesses], made), (all_absorbed[self.witnesses], absorbed)
        off = [(share * (follows / np.maximum(rate, SMALLEST) - 1)).sum(1) for follows, rate in pairs]
        return float(max(np.abs(one).mean() for one in off))


def _state(matter: Matter, around: Neutrinos, lapse: np.ndarray) -> np.ndarray:
    """Coordinates in which rates are smooth, shape (places, 7)."""
    T, tiny = matter.T, 1e-6
    columns = (
        2 * np.log(T),
        1.5 * np.copysign(np.sqrt(np.abs(matter.mu_e / T)), matter.mu_e),
        0.5 * np.log(np.maximum(matter.protons, 0.0) / T**3 + tiny),
        0.5 * np.log(np.maximum(matter.neutrons, 0.0) / T**3 + tiny),
        0.5 * around.mu / T,
        np.log(np.maximum(around.dilution, tiny)),
        5 * lapse,
    )
    state = np.stack(columns, axis=1) / ALIKE
    return state - state.mean(axis=0)


def _covariance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of places in states a and b: shapes (..., n, 7), (..., m, 7) to (..., n, m)."""
    along = sum(a[..., :, None, i] * b[..., None, :, i] for i in range(a.shape[-1]))
    apart = (a**2).sum(-1)[..., :, None] + (b**2).sum(-1)[..., None, :] - 2 * along
    return np.exp(-0.5 * apart) + LINEAR * (1 + along)


def _least_known_first(state: np.ndarray, most: int, enough: float) -> np.ndarray | None:
    """Places until the others are known from them: a Cholesky decomposition with pivots; None if `most` do not do.

    enough : variance of a place that need not be known
    """
    unknown = 1 + LINEAR * (1 + (state**2).sum(axis=1))
    factors, chosen = np.empty((most, len(state))), np.empty(most, dtype=np.int32)
    for k in range(most):
        place = int(np.argmax(unknown))
        if unknown[place] < enough:
            return chosen[:k]
        explained = np.einsum("ij,i->j", factors[:k], factors[:k, place])
        factors[k] = (_covariance(state[place, None], state)[0] - explained) / np.sqrt(unknown[place])
        unknown = np.maximum(unknown - factors[k] ** 2, 0.0)
        unknown[place] = 0.0
        chosen[k] = place
    return None


def choose(matter: Matter, around: Neutrinos, lapse: np.ndarray, precision: str) -> FewPlaces | None:
    """Places from which all others follow.

    Parameters
    ----------
    matter : at n places
    around : active neutrinos there
    lapse : there, shape (n,)
    precision : draft, paper or reference

    Returns
    -------
    The known places, or None where about all must be known.
    """
    count = lapse.size
    if count < FEWEST or precision not in UNKNOWN:
        return None
    state = _state(matter, around, lapse)
    known = _least_known_first(state, int(SPARED * count), UNKNOWN[precision])
    if known is None:
        return None
    there, near = state[known], min(NEAREST, len(known))
    apart = sum((state[:, None, i] - there[None, :, i]) ** 2 for i in range(state.shape[1]))
    nearest = np.sort(np.argsort(apart, axis=1, kind="stable")[:, :near], axis=1)
    some = there[nearest]
    equations = _covariance(some, some) + ROUNDING * np.eye(near)
    weights = np.linalg.solve(equations, _covariance(some, state[:, None]))[..., 0]
    others = np.setdiff1d(np.arange(count), known)
    asked = min(WITNESSES, int(SHARE * count))
    witnesses = others[np.linspace(0, others.size - 1, asked + 2).astype(int)[1:-1]] if others.size else others
    return FewPlaces(known, nearest.astype(np.int32), np.ascontiguousarray(weights), witnesses)
