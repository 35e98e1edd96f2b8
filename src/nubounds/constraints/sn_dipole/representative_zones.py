"""A few zones of the star that stand for all of them in sums of a function that is smooth in T and sqrt(mu_e).

The function is taken for a polynomial.  Its sum over all zones, with any weights, then follows from its values at as
many zones as the polynomial has terms: exactly for a polynomial, and to the accuracy of the expansion otherwise.  The
zones fill a band of the plane (T, mu_e); their own states cover it, and no value is ever asked for outside.

Whether the function is such a polynomial is asked at witnesses, zones far from all representatives.  Each of them
answers for the zones around it.  A longer expansion has the same representatives, and more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

POWERS = (8, 12)  # highest powers of T and sqrt(mu_e)
SHORTER = 0.8  # share of them that the shorter expansion keeps, for the error
LONGER = 1.25  # times these powers where they do not do
CANDIDATES = 20000  # of a very fine profile not every zone
ALIKE = 1e-9  # narrower stars have one temperature, or one chemical potential
# a polynomial that is smaller everywhere once it vanishes at the representatives is left out: on a curve it is a
# multiple of the earlier ones, and its weights would nearly cancel (PNS-8.8A leaves 0.17 or more of each)
DEPENDENT = 1e-2
WITNESSES = 16


def _highest(length: float) -> tuple[int, int]:
    """Highest powers of T and sqrt(mu_e) of an expansion."""
    return int(length * POWERS[0]), int(length * POWERS[1])


@lru_cache(maxsize=32)
def _terms(length: float) -> list[tuple[float, int, int]]:
    """(share of `POWERS`, power of T, power of sqrt(mu_e)) of the polynomials, shares ascending to `length`."""
    of_T, of_mu = _highest(length)
    pairs = ((i / POWERS[0] + j / POWERS[1], i, j) for i in range(of_T + 1) for j in range(of_mu + 1))
    return sorted(pair for pair in pairs if pair[0] <= length + 1e-12)


def coordinates(T: np.ndarray, mu_e: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """T and the square root of mu_e (negative for negative mu_e).

    Parameters
    ----------
    T, mu_e : temperature and chemical potential of the electrons [MeV]

    Returns
    -------
    Both coordinates.
    """
    return T, np.copysign(np.sqrt(np.abs(mu_e)), mu_e)


@dataclass(frozen=True, eq=False)
class Representatives:
    """Representative zones, n of them, for moments of the polynomials.

    T, mu_e : their states, shape (n,) [MeV];  ends : least and largest T and sqrt(mu_e) of the star;
    length : highest powers of the expansion over `POWERS`;
    cardinal : column k is the combination of polynomials that is 1 at representative k and 0 at the others, shape
    (terms, n);
    shorter : the same for the shorter expansion, 0 for representatives that it does without;
    witness_T, witness_mu_e : states of the witnesses, shape (k,) [MeV]
    """

    T: np.ndarray
    mu_e: np.ndarray
    ends: tuple[tuple[float, float], ...]
    length: float
    cardinal: np.ndarray
    shorter: np.ndarray
    witness_T: np.ndarray
    witness_mu_e: np.ndarray

    def moments(self, T, mu_e, weights) -> np.ndarray:
        """Sum over zones of polynomials times weights of shape (zones, m): shape (terms, m); adds up over zones.

        (No sum goes through a threaded library: the digits must not depend on the number of threads.)
        """
        return np.einsum("zt,zm->tm", _polynomials(T, mu_e, self.ends, self.length), weights)

    def weights(self, moments) -> tuple[np.ndarray, np.ndarray]:
        """Weights of the representatives, and those of the shorter expansion, shape (n, m)."""
        return np.einsum("tn,tm->nm", self.cardinal, moments), np.einsum("tn,tm->nm", self.shorter, moments)

    def around_witnesses(self, T, mu_e, weights) -> np.ndarray:
        """Sum of the weights, shape (zones, m), of the zones nearest to each witness: shape (k, m); adds up over
        zones.
        """
        zones, witnesses = _scaled(T, mu_e, self.ends), _scaled(self.witness_T, self.witness_mu_e, self.ends)
        nearest = np.argmin(sum((z[:, None] - w) ** 2 for z, w in zip(zones, witnesses, strict=True)), axis=1)
        return np.einsum("zk,zm->km", (nearest[:, None] == np.arange(self.witness_T.size)).astype(float), weights)

    def surprise(self, values, at_witnesses) -> np.ndarray:
        """By how much the expansion of a function misses its values at the witnesses: (n, m) and (k, m) to (k, m)."""
        polynomials = _polynomials(self.witness_T, self.witness_mu_e, self.ends, self.length)
        return np.abs(at_witnesses - np.einsum("kt,tn,nm->km", polynomials, self.cardinal, values, optimize=False))


def _scaled(T, mu_e, ends) -> list[np.ndarray]:
    """T and sqrt(mu_e), each between -1 and 1."""
    return [
        (2 * values - low - high) / max(high - low, ALIKE)
        for values, (low, high) in zip(coordinates(T, mu_e), ends, strict=True)
    ]


def _polynomials(T, mu_e, ends, length: float) -> np.ndarray:
    """Products of Chebyshev polynomials of T and sqrt(mu_e), shape (zones, terms)."""
    lines = []
    for x, highest in zip(_scaled(T, mu_e, ends), _highest(length), strict=True):
        line = [np.ones_like(x), x]
        while len(line) <= highest:
            line.append(2 * x * line[-1] - line[-2])
        lines.append(line)
    return np.stack([lines[0][i] * lines[1][j] for _, i, j in _terms(length)], axis=1)


def _witnesses(T, mu_e, ends, chosen) -> list[int]:
    """The zones farthest from the chosen ones and from each other."""
    zones, found = _scaled(T, mu_e, ends), []

    def distance(zone):
        return sum((x - x[zone]) ** 2 for x in zones)

    nearest = np.minimum.reduce([distance(zone) for zone in chosen])
    while len(found) < WITNESSES:
        found.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, distance(found[-1]))
    return found


def choose(T: np.ndarray, mu_e: np.ndarray, length: float = 1.0) -> Representatives:
    """Representatives by elimination: always the zone where the next polynomial, once it vanishes at all earlier ones,
    is largest (T, mu_e of all zones, shape (zones,) [MeV]).

    Parameters
    ----------
    T, mu_e : temperature and chemical potential of the electrons of all zones [MeV], shape (zones,)
    length : highest powers of the expansion over `POWERS`; the representatives of a shorter one come first

    Returns
    -------
    The representatives, and how all zones follow from them.
    """
    ends = tuple((float(line.min()), float(line.max())) for line in coordinates(T, mu_e))
    thinned = slice(None, None, 1 + T.size // CANDIDATES)
    T, mu_e = T[thinned], mu_e[thinned]
    polynomials = np.ascontiguousarray(_polynomials(T, mu_e, ends, length).T)
    values = polynomials.copy()  # from the k-th on: without what is left at the representatives so far
    cardinal, chosen, used, shorter = np.eye(len(values)), [], [], None
    for k, (share, _, _) in enumerate(_terms(length)):
        if share > SHORTER * length and shorter is None:
            shorter = cardinal[:, used].copy()
        zone = int(np.argmax(np.abs(values[k])))
        pivot = values[k, zone]
        if abs(pivot) < DEPENDENT:
            continue
        there = np.einsum("t,tk->k", polynomials[:, zone], cardinal)
        there[k:] = values[k:, zone]
        column = cardinal[:, k] / pivot
        cardinal -= column[:, None] * there
        cardinal[:, k] = column
        values[k + 1 :] -= np.multiply.outer(there[k + 1 :], values[k] / pivot)
        chosen.append(zone)
        used.append(k)
    shorter = np.pad(shorter, ((0, 0), (0, len(used) - shorter.shape[1])))
    witnesses = _witnesses(T, mu_e, ends, chosen)
    states = T[chosen], mu_e[chosen]
    return Representatives(*states, ends, length, cardinal[:, used], shorter, T[witnesses], mu_e[witnesses])
