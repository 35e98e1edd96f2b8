"""Limits as objects: curves with their meaning, which interpolate, plot and become tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nubounds.contract import Curve, InputError
from nubounds.mathtext import to_text
from nubounds.numerics import straight
from nubounds.steps import limits
from nubounds.steps.limits import Band

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes

SHADES = (("q025", "q975", 0.15), ("q160", "q840", 0.3))  # edges of a band, and how opaque it is


def shade(ax: Axes, band: Band, colour: Any) -> None:
    """Shade the ranges in which 68 and 95 % of the members have their limits.

    A shade ends where one of its edges has no limit.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    band : nubounds.steps.limits.Band
        Quantiles over the members.
    colour : color
        Any colour that matplotlib accepts.
    """
    for low, high, alpha in SHADES:
        edges = (np.where(np.isfinite(y), y, np.nan) for y in (band.columns[low], band.columns[high]))
        ax.fill_between(band.x, *edges, color=colour, alpha=alpha, linewidth=0)


@dataclass(frozen=True)
class Limit(Curve):
    """A limit curve or an edge of a region.

    Parameters
    ----------
    name : str
        Name of the curve, unique in its constraint.
    label : str
        What stands in figures; pieces of one curve, and readings of one limit in other conventions, share their label.
    x, y : numpy.ndarray
        Float arrays of shape (n,), in drawing order.
    x_axis, y_axis : nubounds.contract.Coordinate
        What they are; names with units are in `x_name` and `y_name`.
    side : nubounds.contract.Side
        ``upper`` (excluded above), ``lower``, ``bottom`` and ``top`` (edges of a region), ``line`` (excludes nothing).
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
    provenance : mapping
        Constraint, commit, hash of the config, paper.
    band : nubounds.steps.limits.Band, optional
        Of a limit file that an ensemble wrote: quantiles over the members, at places of its own.
    """

    provenance: Mapping[str, Any] = field(default_factory=dict, repr=False)
    band: Band | None = field(default=None, repr=False)

    @classmethod
    def of(cls, curve: Curve, provenance: Mapping[str, Any], band: Band | None = None) -> Limit:
        """A curve as a limit.

        Parameters
        ----------
        curve : nubounds.contract.Curve
            The curve.
        provenance : mapping
            Where it comes from.
        band : nubounds.steps.limits.Band, optional
            What an ensemble says of it.

        Returns
        -------
        Limit
            The same curve.
        """
        words = {one.name: getattr(curve, one.name) for one in dataclasses.fields(curve)}
        return cls(**words, provenance=provenance, band=band)

    def at(self, x: Any) -> Any:
        """The curve's y: straight between its points in a plane of logarithms, NaN outside.

        Parameters
        ----------
        x : array_like
            Number or array, in the unit of `x_name`.

        Returns
        -------
        float or numpy.ndarray
            In the shape of `x`, in the unit of `y_name`.

        Raises
        ------
        InputError
            For a curve that turns back, which has several y at one x.
        """
        steps = np.diff(self.x)
        if np.any(steps >= 0) and np.any(steps <= 0):
            raise InputError(f"{self.name}: the curve turns back: it has no single {self.y_name} at each {self.x_name}")
        values, _ = straight.between(self.x, self.y, np.asarray(x, dtype=float))
        return float(values) if values.ndim == 0 else values

    def to_pandas(self) -> pandas.DataFrame:
        """The points as a table.

        Returns
        -------
        pandas.DataFrame
            Two columns, named `x_name` and `y_name`; everything else in ``attrs``.  With a band a row for each of its
            places, NaN where the limit itself has none, and the columns ``q025``, ``q160``, ``q500``, ``q840``,
            ``q975`` (infinite for no limit), ``error`` (of the median), ``without_limit`` (members), and the errors of
            the other quantiles.
        """
        import pandas

        columns = {self.x_name: self.x, self.y_name: self.y}
        if self.band is not None:
            known = dict(zip(self.x.tolist(), self.y.tolist(), strict=True))
            y = [known.get(place, np.nan) for place in self.band.x.tolist()]
            columns = {self.x_name: self.band.x, self.y_name: np.array(y, dtype=float), **self.band.columns}
        frame = pandas.DataFrame(columns)
        frame.attrs = limits.describe(self) | {"provenance": dict(self.provenance)}
        return frame

    def plot(self, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw the curve, and shade the bands of 68 and 95 % of the members if it has them.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes; the current ones by default.  Empty ones become logarithmic and get the axes' names.
        **options : dict
            Options of matplotlib's ``plot``; ``label`` defaults to the limit's.

        Returns
        -------
        matplotlib.axes.Axes
            The axes.
        """
        from matplotlib import pyplot

        ax = pyplot.gca() if ax is None else ax
        if not ax.has_data():
            logarithmic = [bool(values.size and np.all(values > 0)) for values in (self.x, self.y)]
            ax.set(xlabel=self.x_label, ylabel=self.y_label)
            ax.set(xscale="log" if logarithmic[0] else "linear", yscale="log" if logarithmic[1] else "linear")
        (line,) = ax.plot(self.x, self.y, **{"label": self.label, **options})
        if self.band is not None:
            shade(ax, self.band, line.get_color())
        return ax

    def __str__(self) -> str:
        words = [to_text(self.label), limits.kind(self), self.convention]
        said = "; ".join(word for word in words if word)
        return f"{self.name}: {said} [{self.x_name}, {self.y_name}], {len(self.x)} points"


def read_limits(path: str | Path) -> list[Limit]:
    """The limits in the files of a run.

    Parameters
    ----------
    path : str or pathlib.Path
        Results folder of a run, a folder of JSON limit files (``ensemble/limits`` of a constraint has those with
        bands), or one such file.

    Returns
    -------
    list of Limit
        In the order of constraints and names.

    Raises
    ------
    InputError
        Where there is no limit file, or for a damaged one.

    Examples
    --------
    >>> import nubounds as nb
    >>> for limit in nb.read_limits("results"):  # doctest: +SKIP
    ...     limit.plot()
    """
    path = Path(path)
    if path.is_file():
        found = [path]
    else:
        folders = [path, *sorted(folder for folder in path.glob("*/limits") if folder.is_dir()), path / "limits"]
        found = [file for folder in folders for file in limits.files(folder) if "x_name" in file.read_text("utf-8")]
    if not found:
        raise InputError(f"{path}: no limit files there (the results folder of a run has them)")
    return [Limit.of(*limits.read_with_band(file)) for file in found]
