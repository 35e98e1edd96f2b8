"""How uncertain an input is: distributions by their quantiles, cut off at the input's bounds.

An input declares its prior with a source, or with the word assumption.  Ensembles draw from it, sensitivities take its
standard deviation; a config may replace it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from nubounds.inputs.parameter import InputError


@dataclass(frozen=True)
class Normal:
    """A Gaussian.

    Parameters
    ----------
    mean : float
        Centre.
    sd : float
        Standard deviation; 0 for a value that is certain.
    source : str
        Who says so, or the word assumption.
    """

    mean: float
    sd: float
    source: str = ""

    def cdf(self, x: Any) -> Any:
        """The share of the distribution below a value.

        Parameters
        ----------
        x : array_like
            Values, of any shape.

        Returns
        -------
        float or numpy.ndarray
            Shares between 0 and 1, in the shape of `x`.
        """
        if self.sd == 0:
            return (x >= self.mean) * 1.0
        z = (x - self.mean) / self.sd
        if isinstance(z, float):  # a bound: every run checks some, and scipy is slow to import
            return 0.5 * math.erfc(-z / math.sqrt(2))
        from scipy.special import ndtr

        return ndtr(z)

    def quantile(self, u: Any) -> Any:
        """The value below which a share of the distribution lies.

        Parameters
        ----------
        u : array_like
            Shares between 0 and 1, of any shape.

        Returns
        -------
        float or numpy.ndarray
            Values, in the shape of `u`.
        """
        from scipy.special import ndtri

        return self.mean + self.sd * ndtri(u) if self.sd > 0 else self.mean + 0.0 * u


@dataclass(frozen=True)
class LogNormal:
    """A Gaussian in the logarithm.

    Parameters
    ----------
    median : float
        Median, above 0.
    factor : float
        One standard deviation is a factor either way from the median; at least 1.
    source : str
        Who says so, or the word assumption.
    """

    median: float
    factor: float
    source: str = ""

    def _log(self) -> Normal:
        return Normal(math.log(self.median), math.log(self.factor))

    def cdf(self, x: Any) -> Any:
        """The share below `x`; as for :meth:`Normal.cdf`.

        Parameters
        ----------
        x : array_like
            Values, of any shape.

        Returns
        -------
        float or numpy.ndarray
            Shares, in the shape of `x`.
        """
        import numpy as np

        return self._log().cdf(np.log(np.maximum(x, 1e-300)))

    def quantile(self, u: Any) -> Any:
        """The value below which the share `u` lies; as for :meth:`Normal.quantile`.

        Parameters
        ----------
        u : array_like
            Shares between 0 and 1, of any shape.

        Returns
        -------
        float or numpy.ndarray
            Values, in the shape of `u`.
        """
        import numpy as np

        return np.exp(self._log().quantile(u))

    @property
    def sd(self) -> float:
        """Standard deviation of the value itself."""
        s2 = math.log(self.factor) ** 2
        return self.median * math.exp(0.5 * s2) * math.sqrt(math.expm1(s2))


@dataclass(frozen=True)
class Uniform:
    """Every value between two ends equally likely.

    Parameters
    ----------
    low : float
        Lower end.
    high : float
        Upper end.
    source : str
        Who says so, or the word assumption.
    """

    low: float
    high: float
    source: str = ""

    def cdf(self, x: Any) -> Any:
        """The share below `x`; as for :meth:`Normal.cdf`.

        Parameters
        ----------
        x : array_like
            Values, of any shape.

        Returns
        -------
        float or numpy.ndarray
            Shares, in the shape of `x`.
        """
        import numpy as np

        width = self.high - self.low
        return np.clip((x - self.low) / width, 0.0, 1.0) if width > 0 else (x >= self.low) * 1.0

    def quantile(self, u: Any) -> Any:
        """The value below which the share `u` lies; as for :meth:`Normal.quantile`.

        Parameters
        ----------
        u : array_like
            Shares between 0 and 1, of any shape.

        Returns
        -------
        float or numpy.ndarray
            Values, in the shape of `u`.
        """
        return self.low + (self.high - self.low) * u

    @property
    def sd(self) -> float:
        """Standard deviation."""
        return (self.high - self.low) / math.sqrt(12.0)


@dataclass(frozen=True)
class LogUniform:
    """Every logarithm between those of two ends equally likely.

    Parameters
    ----------
    low : float
        Lower end, above 0.
    high : float
        Upper end.
    source : str
        Who says so, or the word assumption.
    """

    low: float
    high: float
    source: str = ""

    def cdf(self, x: Any) -> Any:
        """The share below `x`; as for :meth:`Normal.cdf`.

        Parameters
        ----------
        x : array_like
            Values, of any shape.

        Returns
        -------
        float or numpy.ndarray
            Shares, in the shape of `x`.
        """
        import numpy as np

        return Uniform(math.log(self.low), math.log(self.high)).cdf(np.log(np.maximum(x, 1e-300)))

    def quantile(self, u: Any) -> Any:
        """The value below which the share `u` lies; as for :meth:`Normal.quantile`.

        Parameters
        ----------
        u : array_like
            Shares between 0 and 1, of any shape.

        Returns
        -------
        float or numpy.ndarray
            Values, in the shape of `u`.
        """
        import numpy as np

        return np.exp(Uniform(math.log(self.low), math.log(self.high)).quantile(u))

    @property
    def sd(self) -> float:
        """Standard deviation of the value itself."""
        ratio = math.log(self.high / self.low)
        if ratio == 0:
            return 0.0
        mean = (self.high - self.low) / ratio
        return math.sqrt(max(0.0, (self.high**2 - self.low**2) / (2 * ratio) - mean**2))


@dataclass(frozen=True)
class Triangular:
    """A density that rises linearly to the mode and falls linearly from there.

    Parameters
    ----------
    low : float
        Lower end.
    mode : float
        Most likely value.
    high : float
        Upper end.
    source : str
        Who says so, or the word assumption.
    """

    low: float
    mode: float
    high: float
    source: str = ""

    def cdf(self, x: Any) -> Any:
        """The share below `x`; as for :meth:`Normal.cdf`.

        Parameters
        ----------
        x : array_like
            Values, of any shape.

        Returns
        -------
        float or numpy.ndarray
            Shares, in the shape of `x`.
        """
        import numpy as np

        a, c, b = self.low, self.mode, self.high
        x = np.clip(x, a, b)
        left = (x - a) ** 2 / ((b - a) * (c - a)) if c > a else 0.0 * x
        right = 1.0 - (b - x) ** 2 / ((b - a) * (b - c)) if b > c else 1.0 + 0.0 * x
        return np.where(x < c, left, right)

    def quantile(self, u: Any) -> Any:
        """The value below which the share `u` lies; as for :meth:`Normal.quantile`.

        Parameters
        ----------
        u : array_like
            Shares between 0 and 1, of any shape.

        Returns
        -------
        float or numpy.ndarray
            Values, in the shape of `u`.
        """
        import numpy as np

        a, c, b = self.low, self.mode, self.high
        split = (c - a) / (b - a)
        rising, falling = a + np.sqrt(u * (b - a) * (c - a)), b - np.sqrt((1 - u) * (b - a) * (b - c))
        return np.where(u < split, rising, falling)

    @property
    def sd(self) -> float:
        """Standard deviation."""
        a, c, b = self.low, self.mode, self.high
        return math.sqrt((a * a + b * b + c * c - a * b - a * c - b * c) / 18.0)


@dataclass(frozen=True)
class Choice:
    """One of several values.

    Parameters
    ----------
    weights : tuple of (value, float)
        Values with their weights, which need not add up to 1.
    source : str
        Who says so, or the word assumption.
    """

    weights: tuple[tuple[Any, float], ...]
    source: str = ""

    @classmethod
    def of(cls, weights: Mapping[Any, float], source: str = "") -> Choice:
        """The choice with a weight for each value.

        Parameters
        ----------
        weights : mapping
            Weight by value.
        source : str
            Who says so, or the word assumption.

        Returns
        -------
        Choice
            The prior.
        """
        return cls(tuple(weights.items()), source)

    def quantile(self, u: Any) -> Any:
        """The values in the order in which they are listed.

        Parameters
        ----------
        u : array_like
            Shares between 0 and 1, of any shape.

        Returns
        -------
        numpy.ndarray
            Values as objects, in the shape of `u`.
        """
        import numpy as np

        edges = np.cumsum([weight for _, weight in self.weights])
        place = np.searchsorted(edges / edges[-1], u, side="right")
        values = np.array([value for value, _ in self.weights], dtype=object)
        return values[np.minimum(place, len(values) - 1)]


@dataclass(frozen=True)
class Samples:
    """The values of a column of a csv file, each equally likely: a posterior chain.

    Parameters
    ----------
    file : str
        Path of the csv.
    column : str
        Name of the column.
    source : str
        Who says so, or the word assumption.
    """

    file: str
    column: str
    source: str = ""


Continuous = Normal | LogNormal | Uniform | LogUniform | Triangular
Prior = Continuous | Choice | Samples


def truncated(prior: Continuous, u: Any, lower: float = -math.inf, upper: float = math.inf) -> Any:
    """Quantiles of a prior between two bounds: what lies beyond is cut off and the rest scaled up.

    Parameters
    ----------
    prior : Normal, LogNormal, Uniform, LogUniform or Triangular
        The distribution.
    u : array_like
        Shares between 0 and 1, of any shape.
    lower, upper : float
        Bounds; infinite for none.

    Returns
    -------
    numpy.ndarray
        Values, in the shape of `u`.
    """
    import numpy as np

    low, high = _shares(prior, lower, upper)
    return np.clip(prior.quantile(low + (high - low) * np.asarray(u)), lower, upper)


def _shares(prior: Continuous, lower: float, upper: float) -> tuple[float, float]:
    """Shares of `prior` below two bounds."""
    return prior.cdf(lower) if lower > -math.inf else 0.0, prior.cdf(upper) if upper < math.inf else 1.0


def kept(prior: Continuous, lower: float = -math.inf, upper: float = math.inf) -> float:
    """The share of a prior that lies within two bounds; a prior of zero width lies within them or not at all.

    Parameters
    ----------
    prior : Normal, LogNormal, Uniform, LogUniform or Triangular
        The distribution.
    lower, upper : float
        Bounds; infinite for none.

    Returns
    -------
    float
        Between 0 and 1.
    """
    if prior.sd == 0:
        return float(lower <= float(prior.quantile(0.5)) <= upper)
    low, high = _shares(prior, lower, upper)
    return float(high - low)


KINDS: dict[str, type] = {
    "normal": Normal,
    "lognormal": LogNormal,
    "uniform": Uniform,
    "loguniform": LogUniform,
    "triangular": Triangular,
    "choice": Choice,
    "samples": Samples,
}
WORDS = {kind: name for name, kind in KINDS.items()}


def numbers_of(name: str) -> list[str]:
    """The numbers that a kind of prior needs."""
    return [field.name for field in fields(KINDS[name]) if field.type == "float"]


def read(plain: Mapping[str, Any]) -> Any:
    """The prior of what a config says.

    Parameters
    ----------
    plain : mapping
        One entry: the kind, and its numbers, ``{normal: {mean: 1, sd: 0.1}}``.

    Returns
    -------
    Normal, LogNormal, Uniform, LogUniform, Triangular, Choice or Samples
        The prior.

    Raises
    ------
    InputError
        For numbers that make no distribution: a width below zero, a range that is empty.
    """
    ((name, given),) = plain.items()
    given = dict(given)
    if name == "choice":
        return Choice(tuple(given.items()))
    wrong = next((reason for reason, bad in _MISTAKES.get(name, {}).items() if bad(**_numbers(name, given))), None)
    if wrong:
        raise InputError(f"{name}: {wrong}")
    return KINDS[name](**given)


def _numbers(name: str, given: Mapping[str, Any]) -> dict[str, float]:
    return {key: float(given[key]) for key in numbers_of(name)}


_MISTAKES: dict[str, dict[str, Any]] = {
    "normal": {"sd must not be below 0": lambda mean, sd: sd < 0},
    "lognormal": {
        "median must be above 0": lambda median, factor: median <= 0,
        "factor must not be below 1": lambda median, factor: factor < 1,
    },
    "uniform": {"low must not be above high": lambda low, high: low > high},
    "loguniform": {
        "low must be above 0": lambda low, high: low <= 0,
        "low must not be above high": lambda low, high: low > high,
    },
    "triangular": {
        "low, mode and high must ascend": lambda low, mode, high: not low <= mode <= high,
        "low must be below high": lambda low, mode, high: low == high,
    },
}


def as_plain(prior: Any) -> dict[str, Any]:
    """A prior as a config writes it."""
    if isinstance(prior, Choice):
        return {"choice": {_word(value): weight for value, weight in prior.weights}}
    given = {field.name: getattr(prior, field.name) for field in fields(prior)}
    return {WORDS[type(prior)]: {key: value for key, value in given.items() if key != "source" or value}}


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def in_words(prior: Any) -> str:
    """A prior in a few words, with its source.

    Parameters
    ----------
    prior : Normal, LogNormal, Uniform, LogUniform, Triangular, Choice or Samples
        The prior.

    Returns
    -------
    str
        As in ``normal: mean 1, sd 0.1 (source)``.
    """
    ((name, given),) = as_plain(prior).items()
    shown = ", ".join(
        f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in given.items()
        if key != "source"
    )
    return f"{name}: {shown}" + (f" ({prior.source})" if prior.source else "")
