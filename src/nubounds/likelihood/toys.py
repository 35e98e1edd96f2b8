"""Tests of one value of a parameter by toys: the distribution of 2 (ln L_best - ln L) where it is no chi-square."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nubounds.likelihood.face import Likelihood

TIE = 1e-8  # a statistic that is as large but for rounding


@dataclass(frozen=True)
class ToyTest:
    """What toys say of a tested value.

    Attributes
    ----------
    observed, observed_above : q = 2 (ln L_best - ln L_tested) of the data, and the same where the best value is below
        the tested one, else 0
    tested, tested_above : shape (toys,), those of toys thrown at the tested value, NaN where a fit did not converge
    nothing_above : shape (toys,), of toys thrown without any signal
    """

    observed: float
    observed_above: float
    tested: np.ndarray
    tested_above: np.ndarray
    nothing_above: np.ndarray

    @property
    def p_value(self) -> float:
        """Share of toys at the tested value that fit it no better than the data do: what is above 0.1 is inside the
        interval of Feldman and Cousins at 90 %.
        """
        return float(np.mean(at_least(self.tested, self.observed)))

    @property
    def cls(self) -> float:
        """Ratio of the shares of toys, at the tested value and without signal, that lie below it by as much as the
        data; an upper limit at 90 % is where it falls to 0.1.
        """
        without = np.mean(at_least(self.nothing_above, self.observed_above))
        return (
            float(np.mean(at_least(self.tested_above, self.observed_above)) / without) if without > 0 else float("nan")
        )


def at_least(q: np.ndarray, observed: float) -> np.ndarray:
    """Which toys have as large a statistic as the data.

    Parameters
    ----------
    q : test statistic of the toys
    observed : test statistic of the data

    Returns
    -------
    Boolean mask of the shape of `q`.
    """
    return q >= observed - TIE


def statistics(like: Likelihood, interest: str, value: float) -> tuple[np.ndarray, np.ndarray]:
    """q of `value` for all data sets of a likelihood with no other parameter of interest, and the one-sided q, which is
    0 where the best value lies above.

    Parameters
    ----------
    like : the likelihood, with one or more data sets
    interest : name of the parameter of interest
    value : value to test

    Returns
    -------
    q and one-sided q, each of shape (data sets,).
    """
    free, held = like.fit(), like.profile(**{interest: value})
    q = np.maximum(2.0 * (free.log_likelihood - held), 0.0)
    return q, np.where(free.parameters[interest] > value, 0.0, q)


def toy_test(like: Likelihood, interest: str, value: float, nothing: float, count: int, seed: int) -> ToyTest:
    """Test a value of the parameter of interest.

    Parameters
    ----------
    like : likelihood of the data, other parameters of interest fixed
    interest : name of the parameter that is tested
    value : what is tested;  nothing : its value without a signal
    nothing : its value without a signal
    count : toys at the tested value, and as many without signal
    seed : of the random numbers

    Returns
    -------
    :class:`ToyTest`

    Notes
    -----
    Toys are thrown with the nuisances that fit the data best at each of the two values, and with the centres of their
    priors around these.
    """
    observed, observed_above = statistics(like, interest, value)
    seeds = np.random.SeedSequence(seed).generate_state(2, np.uint64).tolist()
    found = []
    for truth, one in zip((value, nothing), seeds, strict=True):
        at = like.fit(**{interest: truth}).parameters
        toys = like.with_data(like.toys(count, one, **{name: float(x) for name, x in at.items()}))
        found.append(statistics(toys, interest, value))
    (tested, tested_above), (_, nothing_above) = found
    return ToyTest(float(observed), float(observed_above), tested, tested_above, nothing_above)
