"""Limits as objects: curves with their meaning, which interpolate, plot and become tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nubounds import straight
from nubounds.contract import Curve, InputError
from nubounds.mathtext import to_text
from nubounds.steps import limits
from nubounds.steps.limits import Band

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes

SHADES = (("q025", "q975", 0.15), ("q160", "q840", 0.3))  # edges of a band, and how opaque it is


def shade(ax: Axes, band: Band, colour: Any) -> None:
    """Shade where 68 and 95 % of the members have their limits; a shade ends where one of its edges has no limit."""
    for low, high, alpha in SHADES:
        edges = (np.where(np.isfinite(y), y, np.nan) for y in (band.columns[low], band.columns[high]))
        ax.fill_between(band.x, *edges, color=colour, alpha=alpha, linewidth=0)


@dataclass(frozen=True)
class Limit(Curve):
    """A limit curve or an edge of a region.

    Attributes
    ----------
    name, label : of the curve; pieces of one curve, and readings of one limit in other conventions, share their label
    x, y : float arrays of shape (n,), in drawing order; names with units in `x_name`, `y_name`
    side : ``upper`` (excluded above), ``lower``, ``bottom`` and ``top`` (edges of a region), ``line``
    confidence_level : such as 90%, or nothing where the criterion is none
    provenance : constraint, commit, hash of the config, paper
    band : of a limit file that an ensemble wrote, else None: :class:`nubounds.steps.limits.Band`, with quantiles over
        the members at places of its own

    Further attributes are those of :class:`nubounds.contract.Curve`.
    """

    provenance: Mapping[str, Any] = field(default_factory=dict, repr=False)
    band: Band | None = field(default=None, repr=False)

    @classmethod
    def of(cls, curve: Curve, provenance: Mapping[str, Any], band: Band | None = None) -> Limit:
        """A curve as a limit."""
        words = {one.name: getattr(curve, one.name) for one in dataclasses.fields(curve)}
        return cls(**words, provenance=provenance, band=band)

    def at(self, x: Any) -> Any:
        """The curve's y at `x`: straight between its points in a plane of logarithms, NaN outside.

        Parameters
        ----------
        x : number or array, in the unit of `x_name`

        Returns
        -------
        float, or float array of the shape of `x`

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
        """The points as a table of two columns; everything else in its ``attrs``.

        With a band a row for each of its places, NaN where the limit itself has none, and the columns ``q025``,
        ``q160``, ``q500``, ``q840``, ``q975`` (infinite for no limit), ``error`` (of the median), ``without_limit``
        (members), and the errors of the other quantiles.
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
        """Draw the curve, and shade the bands of 68 and 95 % of the members if it has them; returns the axes.

        Parameters
        ----------
        ax : matplotlib axes; the current ones by default.  Empty ones become logarithmic and get the axes' names
        **options : of matplotlib's ``plot``; ``label`` defaults to the limit's
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
    path : results folder of a run, a folder of JSON limit files (``ensemble/limits`` of a constraint has those with
        bands), or one such file

    Raises
    ------
    InputError
        Where there is no limit file, or for a damaged one.
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
