"""What a constraint promises to the rest of the project, in types.

A constraint is the folder ``nubounds/constraints/<name>/``:

``constraint.yaml``  declares title, citation, axes (with the paper's grids), inputs, scans with their columns, figures,
                     tables, errata.  An input `precision` moves its quadratures along accuracy against cost.
``model.py``         defines ``QUANTITIES`` (tuple of :class:`Quantity`), ``SCANS`` (scan name -> function of (points,
                     inputs) giving a :class:`Block`), ``limits(run)`` giving a list of :class:`Curve`, and where they
                     are needed ``TABLES`` (table name -> function of a :class:`Run` giving a DataFrame) and
                     ``check(inputs)`` and ``check_grid(grid, inputs)`` (raise :class:`InputError`).
``figures.py``       defines ``FIGURES`` (figure name -> function of a :class:`Run` giving a matplotlib figure).
``physics.py``       a slow, plain, independent second implementation of the kernel's formulae.
``scorecard.csv``    every number that the paper states.

Nothing here knows a constraint by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # `nubounds --help` has no use for it
    import numpy as np

REQUIRED = object()  # default of a parameter that has none
PRECISIONS = ("draft", "paper", "reference")  # choices of an input called precision, which the config sets for all


class Status(IntEnum):
    """What became of one point (the same numbers as ``cython_ext/status.pxd``)."""

    OK = 0
    OUT_OF_DOMAIN = 1
    NO_SOLUTION = 2
    NOT_CONVERGED = 3
    NOT_FINITE = 4

    @property
    def explained(self) -> bool:
        """Whether the point's missing value is an answer rather than a failure."""
        return self in (Status.OK, Status.OUT_OF_DOMAIN, Status.NO_SOLUTION)


class InputError(ValueError):
    """Something the user gave cannot be used; the message says what, where, and the valid choices."""


@dataclass(frozen=True)
class Parameter:
    """One argument of a quantity."""

    name: str
    kind: str  # number | integer | choice | flag
    unit: str = "1"
    default: Any = REQUIRED
    choices: tuple = ()
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    meaning: str = ""

    def convert(self, value: Any) -> Any:
        """`value` (a number or a word from the command line) as the parameter's type; InputError if it does not fit."""
        if self.default is None and value in (None, "none"):
            return None
        if self.kind == "choice":
            return self._choose(value)
        if self.kind == "flag":
            return self._flag(value)
        number = self._number(value)
        for bad, word in (
            (self.above is not None and number <= self.above, f"above {self.above}"),
            (self.minimum is not None and number < self.minimum, f"at least {self.minimum}"),
            (self.maximum is not None and number > self.maximum, f"at most {self.maximum}"),
        ):
            if bad:
                raise InputError(f"{self.name}={value}: must be {word} [{self.unit}]")
        return number

    def _choose(self, value):
        for choice in self.choices if not isinstance(value, bool) else ():
            if value == choice or str(value) == str(choice):
                return choice
            if isinstance(choice, int | float):
                try:
                    if float(value) == choice:
                        return choice
                except (TypeError, ValueError, OverflowError):
                    pass
        raise InputError(f"{self.name}={_shown(value)}: must be one of {', '.join(map(str, self.choices))}")

    def _flag(self, value):
        if isinstance(value, bool):
            return value
        words = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
        if str(value).lower() not in words:
            raise InputError(f"{self.name}={_shown(value)}: must be true or false")
        return words[str(value).lower()]

    def _number(self, value):
        try:
            if isinstance(value, bool):
                raise ValueError
            number = float(value)
        except (TypeError, ValueError):
            raise InputError(f"{self.name}={_shown(value)}: must be a number [{self.unit}]") from None
        except OverflowError:  # a whole number beyond the range of a float
            number = math.inf
        if not math.isfinite(number):
            raise InputError(f"{self.name}={_shown(value)}: must be finite [{self.unit}]")
        if self.kind == "integer":
            if number != int(number):
                raise InputError(f"{self.name}={value}: must be a whole number")
            return int(number)
        return number


def _shown(value) -> str:
    text = str(value) if not isinstance(value, int) or abs(value) < 10**40 else f"{'-' * (value < 0)}1e40 and more"
    return text if len(text) <= 60 else f"{text[:60]}..."


def number(name, unit="1", default=REQUIRED, *, minimum=None, maximum=None, above=None, meaning=""):
    """A real parameter; its bounds are inclusive except `above`."""
    return Parameter(name, "number", unit, default, (), minimum, maximum, above, meaning)


def integer(name, default=REQUIRED, *, minimum=None, maximum=None, meaning=""):
    """A whole-number parameter."""
    return Parameter(name, "integer", "1", default, (), minimum, maximum, None, meaning)


def choice(name, choices, default=REQUIRED, meaning=""):
    """A parameter with a closed list of values (words or numbers)."""
    return Parameter(name, "choice", "1", default, tuple(choices), meaning=meaning)


def flag(name, default=REQUIRED, meaning=""):
    """A parameter that is true or false."""
    return Parameter(name, "flag", "1", default, (), meaning=meaning)


@dataclass(frozen=True)
class Answer:
    """Value of a quantity: a float, None (no such limit: `note` says why), a list or a dict of floats.

    `error` is the absolute numerical error estimate in the same shape.
    """

    value: Any
    error: Any = None
    note: str = ""


@dataclass(frozen=True)
class Quantity:
    """Something anyone can ask for at one point; made by the :func:`quantity` decorator, called like a function."""

    name: str
    function: Callable[..., Answer]
    parameters: tuple[Parameter, ...]
    unit: str
    source: str
    summary: str

    def __call__(self, **args) -> Answer:
        return self.function(**self.arguments(args))

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """`given` converted and completed with the defaults; InputError for a wrong name, type, unit or range."""
        names = [parameter.name for parameter in self.parameters]
        for name in given:
            if name not in names:
                raise InputError(f"{self.name} has no argument {name}; valid: {', '.join(names)}")
        complete = {}
        for parameter in self.parameters:
            if parameter.name in given:
                complete[parameter.name] = parameter.convert(given[parameter.name])
            elif parameter.default is REQUIRED:
                raise InputError(f"{self.name} needs the argument {parameter.name} [{parameter.unit}]")
            else:
                complete[parameter.name] = parameter.default
        return complete


def quantity(name: str, *parameters: Parameter, unit: str, source: str):
    """Decorator that turns ``function(**arguments) -> Answer`` into a :class:`Quantity`."""

    def make(function):
        summary = " ".join((function.__doc__ or "").strip().split("\n\n")[0].split())
        return Quantity(name, function, parameters, unit, source, summary)

    return make


@dataclass
class Block:
    """Result of a scan function for n points: arrays of length n, one per declared column.

    A column declared ``exact: true`` in constraint.yaml has no entry in `errors`; every other one does.
    """

    values: dict[str, np.ndarray]
    errors: dict[str, np.ndarray]
    status: np.ndarray


@dataclass(frozen=True)
class Curve:
    """One limit or region boundary: `y` against `x`, ascending or in drawing order, finite numbers only.

    `side` is ``upper`` (excluded above), ``lower`` (excluded below), ``bottom`` and ``top`` (edges of a closed region),
    ``line`` (a line in the plane that excludes nothing by itself).  The edges of a region share `region`; its inside is
    excluded unless `allowed` says that it is the part of the plane where something is possible.  Pieces of one curve,
    and readings of one limit in other conventions, share their label.
    """

    name: str
    label: str
    x: np.ndarray
    y: np.ndarray
    x_name: str  # with its unit: m_mediator_MeV
    y_name: str
    x_label: str  # for axes and headers: mediator mass [MeV]
    y_label: str
    side: str = "upper"
    region: str = ""
    allowed: bool = False
    confidence_level: str = ""  # "90%", or "" where the criterion is none
    observed: bool = True  # False: projected
    convention: str = ""
    assumptions: str = ""
    source: str = ""
    plane: str = ""  # comparison plane, "" for none
    note: str = ""

    def __post_init__(self):
        import numpy as np

        for axis in ("x", "y"):
            values = np.asarray(getattr(self, axis), dtype=float)
            if not np.all(np.isfinite(values)):
                raise ValueError(f"curve {self.name}: {axis} must be finite; leave missing points out")
            object.__setattr__(self, axis, values)
        if self.x.shape != self.y.shape or self.x.ndim != 1:
            raise ValueError(f"curve {self.name}: x and y must be one-dimensional and of one length")


@dataclass(frozen=True)
class Run:
    """What a run has computed for one constraint, as `limits`, `TABLES` and `FIGURES` get to see it."""

    inputs: Mapping[str, Any]
    tables: Mapping[str, Any]  # scan name -> pandas.DataFrame, sorted in grid order
    curves: Mapping[str, Curve] = field(default_factory=dict)
    user_limits: Mapping[str, Any] = field(default_factory=dict)  # see nubounds.user_limits
