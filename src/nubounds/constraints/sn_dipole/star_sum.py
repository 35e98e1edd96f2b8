"""Sums over all zones of a star, of a function of T and mu_e that is costly: from a few zones wherever they will do.

Representatives (representative_zones.py) are enough for most stars as a whole.  Where their witnesses disagree, some
more of them are asked.  If that does not do, the star is divided in the plane (T, mu_e), always the worst part first; a
part of few states is summed as it is.  So any star comes out right, and the error says how well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache

import numpy as np

from nubounds.constraints.sn_dipole.constants import SMALLEST
from nubounds.constraints.sn_dipole.profile import Zones
from nubounds.constraints.sn_dipole.rates import largest_around
from nubounds.constraints.sn_dipole.representative_zones import LONGER, Representatives, choose, coordinates
from nubounds.contract import Status

TOLERANCE = 8e-4  # of the expansion, relative to the sum
FEW = 90  # so many states are summed as they are: hardly more than representatives and witnesses
MARGIN = 3.0  # of what the witnesses say: on a curve they see all of the error, but hardly more
NOTHING = 1e-12  # smaller sums than this share of the largest need no such care
MOST = 6000  # values of the function that a sum may cost; beyond, the error says what is missing


@dataclass(frozen=True)
class Witness:
    """Some of m neighbouring sums, the first and the last among them, and the function for these alone: of T and mu_e
    to values of shape (n, k).
    """

    some: np.ndarray
    function: Callable


@dataclass(frozen=True)
class States:
    """All different states of a part, shape (n,) [MeV]."""

    T: np.ndarray
    mu_e: np.ndarray

    def tally(self, T, mu_e, weights) -> np.ndarray:
        """Weights (zones, m) of each state, shape (n, m); adds up over zones."""
        found = np.zeros((self.T.size, weights.shape[1]))
        np.add.at(found, np.searchsorted(self.T + 1j * self.mu_e, T + 1j * mu_e), weights)
        return found


Answers = tuple[np.ndarray, np.ndarray, np.ndarray]  # of the function: value, error and status, shape (n, m)


@dataclass(frozen=True)
class Leaf:
    """Sums over a part, shape (m,): value, error, and that part of the error that smaller parts would not have.

    answers : of the function at the representatives
    """

    part: Part
    value: np.ndarray
    error: np.ndarray
    curable: np.ndarray
    status: int
    cost: int
    answers: Answers | None = None


@dataclass(frozen=True, eq=False)
class Part:
    """Zones of a star whose states are neighbours."""

    zones: Zones

    @cached_property
    def rule(self) -> States | Representatives:
        """What the sum needs to know the function at."""
        T, mu_e = self.zones.T, self.zones.mu_e
        states = np.unique(T + 1j * mu_e)
        return States(states.real, states.imag) if states.size <= FEW else choose(T, mu_e)

    @cached_property
    def longer(self) -> Representatives:
        """The same representatives and more."""
        return choose(self.zones.T, self.zones.mu_e, LONGER)

    @cached_property
    def halves(self) -> tuple[Part, Part]:
        """The part cut in the middle of its temperatures or chemical potentials, whichever differ more."""
        x = max(coordinates(self.zones.T, self.zones.mu_e), key=lambda x: np.ptp(x) / max(np.abs(x).max(), 1e-300))
        low, high = x.min(), x.max()
        first = x <= min(low + 0.5 * (high - low), np.nextafter(high, low))
        columns = [getattr(self.zones, entry.name) for entry in fields(Zones)]
        return tuple(Part(Zones(*(column[side] for column in columns))) for side in (first, ~first))

    def sums(self, weights: Callable, function: Callable, witness: Witness | None = None) -> Leaf:
        """The sums of the part by its rule (arguments as in `total`)."""
        if isinstance(self.rule, Representatives):
            return self._expanded(self.rule, weights, function, witness)
        share = sum(self.rule.tally(block.T, block.mu_e, weights(block)) for block in self.zones.blocks)
        value, error, status = function(self.rule.T, self.rule.mu_e)
        total = (share * value).sum(0)
        return Leaf(self, total, (share * error).sum(0), np.zeros_like(total), int(status.max()), self.rule.T.size)

    def longer_sums(self, known: Leaf, weights: Callable, function: Callable, witness: Witness | None = None) -> Leaf:
        """The same by a longer expansion, which asks the function about the additional representatives alone; `known`
        itself where there are none.
        """
        if known.answers is None or self.longer.T.size == len(known.answers[0]):
            return known
        return self._expanded(self.longer, weights, function, witness, known.answers)

    def _expanded(
        self,
        rule: Representatives,
        weights: Callable,
        function: Callable,
        witness: Witness | None,
        known: Answers | None = None,
    ) -> Leaf:
        """The sums from representatives; `known` are the answers at the first of them."""
        share, shorter, around = _weights_of(rule, self, weights)
        start = len(known[0]) if known else 0
        answers = function(rule.T[start:], rule.mu_e[start:])
        if known:
            answers = tuple(np.concatenate(both) for both in zip(known, answers, strict=True))
        value, error, status = answers
        states = rule.witness_T, rule.witness_mu_e
        some, seen = (
            (witness.some, witness.function(*states)) if witness else (np.arange(value.shape[1]), function(*states)[0])
        )
        total = (share * value).sum(0)
        surprise = (around[:, some] * rule.surprise(value[:, some], seen)).sum(0)
        if some.size < total.size:
            scale = np.maximum((np.abs(share) * np.abs(value)).sum(0), SMALLEST)
            surprise = scale * largest_around(surprise / scale[some], some, total.size)
        missed = np.maximum(np.abs(total - (shorter * value).sum(0)), MARGIN * surprise)
        errors, least = (np.abs(share) * error).sum(0), np.abs((share * error).sum(0))
        curable = missed + np.maximum(errors - 2 * least, 0.0)  # errors of values that nearly cancel
        cost = rule.T.size + seen.shape[0]
        return Leaf(self, total, missed + errors, curable, int(status.max()), cost, answers)


@lru_cache(maxsize=2)
def _weights_of(rule: Representatives, part: Part, weights: Callable) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights of representatives, those of the shorter expansion, and those around witnesses, kept for functions that
    have them in common.
    """
    blocks = [(block.T, block.mu_e, weights(block)) for block in part.zones.blocks]
    share, shorter = rule.weights(sum(rule.moments(*block) for block in blocks))
    return share, shorter, np.sum([rule.around_witnesses(*block) for block in blocks], axis=0)


def _to_divide(leaves: list[Leaf]) -> int | None:
    """Which of the leaves smaller parts would serve most; None where the sum of all is accurate or cost enough."""
    value = np.sum([leaf.value for leaf in leaves], axis=0)
    scale = np.maximum(np.abs(value), NOTHING * np.abs(value).max())
    missing = [float((leaf.curable / np.maximum(scale, 1e-300)).max()) for leaf in leaves]
    if not sum(missing) > TOLERANCE or sum(leaf.cost for leaf in leaves) > MOST:
        return None
    return int(np.argmax(missing))


def added(leaves: list[Leaf]) -> tuple[np.ndarray, np.ndarray, Status]:
    """The sums over parts that make up a star: value, error, of shape (m,), and the worst status."""
    value, error = (np.sum([getattr(leaf, name) for leaf in leaves], axis=0) for name in ("value", "error"))
    return np.maximum(value, 0.0), error, Status(max(leaf.status for leaf in leaves))


def needs_more(leaf: Leaf) -> bool:
    """Whether the sums over a star by its rule are not accurate enough."""
    return _to_divide([leaf]) is not None


def total(
    star: Part, weights: Callable, function: Callable, witness: Witness | None = None, whole: Leaf | None = None
) -> tuple[np.ndarray, np.ndarray, Status]:
    """m sums over all zones of weight times function, their errors, and the worst status of a value.

    Parameters
    ----------
    star : the zones, or a part of them
    weights : of zones, `Zones` to shape (zones, m), none negative
    function : of T and mu_e [MeV], shape (n,), to (value, error, status) of shape (n, m)
    witness : where witnesses need not be asked about all m sums
    whole : the sums over the star as a whole, where they are known

    Returns
    -------
    value, error : shape (m,);  status
    """
    leaf = whole or star.sums(weights, function, witness)
    if needs_more(leaf):
        leaf = star.longer_sums(leaf, weights, function, witness)
    leaves = [leaf]
    while (worst := _to_divide(leaves)) is not None:
        part = leaves.pop(worst).part
        leaves += [half.sums(weights, function, witness) for half in part.halves]
    return added(leaves)
