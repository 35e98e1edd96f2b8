"""What a constraint promises to the rest of the project, in types.

A constraint is the folder ``nubounds/constraints/<name>/``, with the same names for the same roles in each:

``constraint.yaml``  title, citation, axes (with the paper's grids), scans with their columns, figures, tables, errata.
``inputs.py``        the inputs as typed records (:mod:`nubounds.inputs.declare`); ``RECORDS`` lists them in the order
                     of the config.  An input `precision` moves quadratures along accuracy against cost.
``checks.py``        where needed ``check(...)``, which reads data files and looks at what must fit together, and
                     ``check_grid(grid, ...)``; both raise :class:`InputError`.
``quantities.py``    numbers at a point: functions decorated with :func:`quantity`.
``statements.py``    where needed: further quantities, each a number for one sentence of the paper.
``observables.py``   where needed: further quantities, what follows from the paper's results for observations.
``class_input.py``   where needed ``write(...)``, which writes the input of a Boltzmann code (`nubounds class-input`),
                     and ``points(records...)``, the arguments at the benchmark points, whose files a run makes.
``likelihoods.py``   where there are counts or a chi-square ``LIKELIHOODS``: name -> function decorated with
                     :func:`quantity` that gives a :class:`nubounds.likelihood.Likelihood`.
``scans.py``         ``SCANS``: scan name -> function of (points, records...) giving a :class:`Block`.
``curves.py``        ``limits(run, records...)`` giving a list of :class:`Curve`.
``tables.py``        where needed ``TABLES``: table name -> function of (run, records...) giving a DataFrame.
``figures.py``       ``FIGURES``: figure name -> function of (run, records...) giving a matplotlib figure.
``physics.py``       a slow, plain, independent second implementation of the kernel's formulae.
``scorecard.csv``    every number that the paper states.

A function gets the records of inputs that its arguments are annotated with, and depends on no others.
Nothing here knows a constraint by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nubounds.inputs import declare
from nubounds.inputs.declare import PRECISIONS, DeclarationError, Inputs, given, part
from nubounds.inputs.parameter import (
    REQUIRED,
    DataFile,
    InputError,
    Named,
    NamedFiles,
    Parameter,
    choice,
    flag,
    integer,
    number,
)

if TYPE_CHECKING:  # `nubounds --help` has no use for it
    import numpy as np

__all__ = [
    "EDGES",
    "PRECISIONS",
    "REQUIRED",
    "Answer",
    "Block",
    "Coordinate",
    "Curve",
    "DataFile",
    "DeclarationError",
    "InputError",
    "Inputs",
    "Named",
    "NamedFiles",
    "Parameter",
    "Quantity",
    "Run",
    "Settings",
    "Side",
    "Status",
    "choice",
    "flag",
    "given",
    "groups",
    "integer",
    "number",
    "part",
    "quantity",
]


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

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Answer:
    """Value of a quantity, with all that there is to say about it.

    Parameters
    ----------
    value : float, None, list or dict of floats
        The value; None where there is no such limit (`note` says why).  Where arguments are arrays, float arrays with
        NaN instead of None.
    error : float, list or dict of floats, or arrays
        Absolute numerical error, in the shape of `value`.
    note : str
        What there is to say about the value, or why there is none.
    status : Status or numpy.ndarray
        OK where there is a value; an array of numbers where arguments are arrays.
    unit : str
        Unit of value and error.
    arguments : mapping
        All arguments and inputs that the value depends on, by name.
    """

    value: Any
    error: Any = None
    note: str = ""
    status: Any = None
    unit: str = ""
    arguments: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.status is None:
            object.__setattr__(self, "status", Status.OK if self.value is not None else Status.NO_SOLUTION)


@dataclass(frozen=True)
class Quantity:
    """Something anyone can ask for at one point; made by the :func:`quantity` decorator, called like a function.

    Its arguments are the `parameters` that it declares itself, and behind them every input of the records that its
    function is annotated with (`inputs`).

    Parameters
    ----------
    name : str
        ``constraint.quantity``.
    function : callable
        What computes it.
    parameters : tuple of Parameter
        Its own arguments.
    unit : str
        Unit of the value.
    source : str
        Equation or section of the paper.
    summary : str
        What it is, in a sentence: the first paragraph of the function's docstring.
    many : callable, optional
        The same function for arrays of numbers, where one call costs less than a call for each: it gets every number
        that is an array as a float array of shape (n,), and returns an :class:`Answer` of arrays of shape (n,) or
        dicts of them.
    """

    name: str
    function: Callable[..., Answer]
    parameters: tuple[Parameter, ...]
    unit: str
    source: str
    summary: str
    many: Callable[..., Answer] | None = None

    def __call__(self, **args: Any) -> Answer:
        return self.function(**self.bind(args))

    @property
    def inputs(self) -> dict[str, Parameter]:
        """The constraint's inputs that the quantity depends on, by key."""
        return declare.inputs_of(self.function)

    def own(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The quantity's own arguments, converted and completed with their defaults.

        Parameters
        ----------
        given : mapping
            Arguments by name; others are left alone.

        Returns
        -------
        dict
            Every own argument by name.

        Raises
        ------
        InputError
            For a value that does not fit, or one that is missing.
        """
        complete = {}
        for parameter in self.parameters:
            if parameter.name in given:
                complete[parameter.name] = parameter.convert(given[parameter.name])
            elif parameter.default is REQUIRED:
                raise InputError(f"{self.name} needs the argument {parameter.name} [{parameter.unit}]")
            else:
                complete[parameter.name] = parameter.default
        return complete

    def bind(self, given: Mapping[str, Any], config: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The function's arguments: own ones and records.

        Parameters
        ----------
        given : mapping
            Arguments and inputs by name; ``preset`` picks the value of every input that is not given.
        config : mapping, optional
            Inputs that a config sets; they give way to `given`.

        Returns
        -------
        dict
            What the function is called with.

        Raises
        ------
        InputError
            For a wrong name, type, unit or range.
        """
        given = declare.nest(given)
        preset = PRESET.convert(given.pop("preset", PRESET.default))
        names = {parameter.name for parameter in self.parameters}
        for name in given:
            if name not in names and name not in self.inputs:
                valid = [*(parameter.name for parameter in self.parameters), *self.inputs]
                raise InputError(f"{self.name} has no argument {name}; valid: {', '.join(valid)}")
        inputs = {name: value for name, value in given.items() if name not in names}
        return self.own(given) | self._records(inputs, config, preset)

    def _records(self, inputs: dict[str, Any], config: Mapping[str, Any] | None, preset: str) -> dict[str, Inputs]:
        """The records of inputs; those that were made before are used again, unless a file may have changed."""
        if not any(self.inputs[name].kind in ("file", "files") for name in inputs):
            try:
                key = tuple((name, type(value), value) for name, value in inputs.items())
                return _remembered(self.function, config, key, preset)
            except TypeError:  # a list or a mapping
                pass
        return declare.bind(self.function, {**(config or {}), **inputs}, preset)

    def written_out(self, bound: Mapping[str, Any]) -> dict[str, Any]:
        """All arguments by name, as JSON writes them.

        Parameters
        ----------
        bound : mapping
            What :meth:`bind` gave.

        Returns
        -------
        dict
            Arguments and inputs.
        """
        records = declare.records_of(self.function)
        inputs = {key: value for name in records for key, value in bound[name].as_plain().items()}
        return {name: value for name, value in bound.items() if name not in records} | inputs


@lru_cache(maxsize=512)
def _remembered(function: Callable, config: Settings | None, inputs: tuple, preset: str) -> dict[str, Inputs]:
    given = {name: value for name, _, value in inputs}
    return declare.bind(function, {**(config or {}), **given}, preset)


class Settings(dict):
    """Inputs by key that nobody changes any more, so that records can be remembered by them."""

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other


PRESET = choice(
    "preset", declare.PRESETS, "paper", "value of every input that is not given: the paper's or today's best"
)


def quantity(
    name: str, *parameters: Parameter, unit: str, source: str, many: Callable[..., Answer] | None = None
) -> Callable[[Callable[..., Answer]], Quantity]:
    """Decorator that turns ``function(**arguments) -> Answer`` into a :class:`Quantity`.

    An argument annotated with a record of inputs gets that record; all others are the `parameters`.

    Parameters
    ----------
    name : str
        ``constraint.quantity``.
    *parameters : Parameter
        The own arguments, in their order.
    unit : str
        Unit of the value.
    source : str
        Equation or section of the paper.
    many : callable, optional
        The same function for arrays, where that is cheaper (see :class:`Quantity`).

    Returns
    -------
    callable
        The decorator.
    """

    def make(function: Callable[..., Answer]) -> Quantity:
        summary = " ".join((function.__doc__ or "").strip().split("\n\n")[0].split())
        return Quantity(name, function, parameters, unit, source, summary, many)

    return make


@dataclass
class Block:
    """Result of a scan function for n points.

    Parameters
    ----------
    values : dict of str to numpy.ndarray
        Float arrays of shape (n,), one per declared column.
    errors : dict of str to numpy.ndarray
        Absolute numerical errors; a column declared ``exact: true`` in constraint.yaml has none.
    status : numpy.ndarray
        Numbers of :class:`Status`, shape (n,).
    """

    values: dict[str, np.ndarray]
    errors: dict[str, np.ndarray]
    status: np.ndarray

    @classmethod
    def empty(cls, count: int, columns: Iterable[str], exact: Iterable[str] = ()) -> Block:
        """A block of NaN and OUT_OF_DOMAIN, to be filled in.

        Parameters
        ----------
        count : int
            Number of points.
        columns : iterable of str
            Columns with errors.
        exact : iterable of str
            Columns without.

        Returns
        -------
        Block
            Arrays of shape (count,).
        """
        import numpy as np

        columns = tuple(columns)
        values = {name: np.full(count, np.nan) for name in (*columns, *exact)}
        errors = {name: np.full(count, np.nan) for name in columns}
        return cls(values, errors, np.full(count, Status.OUT_OF_DOMAIN, dtype=np.int8))

    @classmethod
    def of(cls, status: Any, **columns: Any) -> Block:
        """A block of columns, NaN where the status is not OK.

        Parameters
        ----------
        status : array_like
            Numbers of :class:`Status`, shape (n,).
        **columns : (array_like, array_like) or array_like
            By column: value and error, or the value alone of an exact column.

        Returns
        -------
        Block
            The block.
        """
        import numpy as np

        status = np.asarray(status, dtype=np.int8)
        missing, values, errors = status != Status.OK, {}, {}
        for name, column in columns.items():
            value, error = column if isinstance(column, tuple) else (column, None)
            values[name] = np.where(missing, np.nan, value)
            if error is not None:
                errors[name] = np.where(missing, np.nan, error)
        return cls(values, errors, status)


def groups(points: Mapping[str, np.ndarray], *axes: str) -> Iterator[tuple[tuple, np.ndarray]]:
    """The points that share a value of each of some axes, in sorted order.

    Parameters
    ----------
    points : mapping of str to numpy.ndarray
        Values of the axes, shape (n,), as a scan function gets them.
    *axes : str
        Names of axes.

    Yields
    ------
    key : tuple
        The values of these axes.
    positions : numpy.ndarray
        Where the points stand.
    """
    import numpy as np

    found: dict[tuple, list[int]] = {}
    for position, key in enumerate(zip(*(np.asarray(points[axis]).tolist() for axis in axes), strict=True)):
        found.setdefault(key, []).append(position)
    for key in sorted(found):
        yield key, np.array(found[key])


class Side(StrEnum):
    """What a curve excludes."""

    UPPER = "upper"  # what is above it
    LOWER = "lower"  # what is below it
    BOTTOM = "bottom"  # with its partner the inside of a region: this is the lower edge
    TOP = "top"  # the upper edge of a region
    LINE = "line"  # nothing by itself


EDGES = (Side.BOTTOM, Side.TOP)


@dataclass(frozen=True)
class Coordinate:
    """One axis of a curve.

    Parameters
    ----------
    name : str
        Name of the column, with its unit (``m_keV``).
    unit : str
        Unit; "1" for a pure number.
    words : str
        What it is, in words.
    """

    name: str
    unit: str
    words: str

    @property
    def label(self) -> str:
        """For axes and headers: words and unit, ``sterile neutrino mass [keV]``."""
        return self.words if self.unit == "1" else f"{self.words} [{self.unit}]"


@dataclass(frozen=True)
class Curve:
    """One limit or boundary of a region: finite numbers only, ascending or in drawing order.

    Parameters
    ----------
    name : str
        Name, unique in its constraint: that of its files.
    label : str
        What stands in figures.  Pieces of one curve, and readings of one limit in other conventions, share their label.
    x, y : numpy.ndarray
        Float arrays of shape (n,).
    x_axis, y_axis : Coordinate
        What they are.
    side : Side
        What the curve excludes.
    region : str
        Name that the two edges of a region share.
    allowed : bool
        Whether the inside of the region is where something is possible, instead of what is excluded.
    confidence_level : str
        Such as 90%; nothing where the criterion is none.
    observed : bool
        False for a projection.
    sketch : bool
        Whether it is a guide to the eye, which excludes nothing at any level.
    convention : str
        In which convention the axes are to be read.
    assumptions : str
        What the limit rests on.
    source : str
        Reference.
    plane : str
        Comparison plane; nothing for none.
    note : str
        Anything else.
    preset : str
        Paper or best, where that is not what the run's inputs are.
    """

    name: str
    label: str
    x: np.ndarray
    y: np.ndarray
    x_axis: Coordinate
    y_axis: Coordinate
    side: Side = Side.UPPER
    region: str = ""
    allowed: bool = False
    confidence_level: str = ""  # "90%", or "" where the criterion is none
    observed: bool = True  # False: projected
    sketch: bool = False  # a guide to the eye
    convention: str = ""
    assumptions: str = ""
    source: str = ""
    plane: str = ""  # comparison plane, "" for none
    note: str = ""
    preset: str = ""  # paper or best, where that is not what the run's inputs are

    def __post_init__(self) -> None:
        import numpy as np

        object.__setattr__(self, "side", Side(self.side))
        for axis in ("x", "y"):
            values = np.asarray(getattr(self, axis), dtype=float)
            if not np.all(np.isfinite(values)):
                raise ValueError(f"curve {self.name}: {axis} must be finite; leave missing points out")
            object.__setattr__(self, axis, values)
        if self.x.shape != self.y.shape or self.x.ndim != 1:
            raise ValueError(f"curve {self.name}: x and y must be one-dimensional and of one length")

    @property
    def x_name(self) -> str:
        """Name of the column of `x`."""
        return self.x_axis.name

    @property
    def y_name(self) -> str:
        """Name of the column of `y`."""
        return self.y_axis.name

    @property
    def x_label(self) -> str:
        """Label of the axis of `x`."""
        return self.x_axis.label

    @property
    def y_label(self) -> str:
        """Label of the axis of `y`."""
        return self.y_axis.label


@dataclass(frozen=True)
class Run:
    """What a run has computed for one constraint, as `limits`, `TABLES` and `FIGURES` get to see it.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        By scan, sorted in the order of the grid.
    curves : mapping of str to Curve
        By name.
    user_limits : mapping
        The user's limits that a figure may draw.
    points : mapping
        Values of each axis by scan, shape (n,), where they are known without the table.
    """

    tables: Mapping[str, Any]  # scan name -> pandas.DataFrame, sorted in grid order
    curves: Mapping[str, Curve] = field(default_factory=dict)
    user_limits: Mapping[str, Any] = field(default_factory=dict)  # see nubounds.files.user_limits
    points: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # scan name -> axis -> values

    def holds(self, scan: str, axis: str, value: Any) -> bool:
        """Whether the table of a scan has rows with a value of an axis; none is computed where its points are known.

        Parameters
        ----------
        scan : str
            Name of the scan.
        axis : str
            Name of one of its axes.
        value
            Of the axis.

        Returns
        -------
        bool
            False also where there is no such table.
        """
        return scan in self.tables and value in set((self.points.get(scan) or self.tables[scan])[axis])
