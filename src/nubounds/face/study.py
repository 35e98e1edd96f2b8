"""One constraint with inputs of one's own, in memory: quantities, scans, limits, figures, what moves a number."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nubounds import config, registry, waterfall
from nubounds.answers import evaluation, propagation
from nubounds.code import build
from nubounds.code.lazy import Computed, Deferred
from nubounds.config import Section
from nubounds.config.ensemble import flat
from nubounds.contract import Answer, InputError, Inputs, Parameter, Quantity, Run, Settings
from nubounds.face.limit import Limit
from nubounds.files import user_limits
from nubounds.inputs import declare
from nubounds.inputs.parameter import hint, plain
from nubounds.numerics import grid
from nubounds.steps import scan as scanning

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

    from nubounds.likelihood import Likelihood

WIDEST = 40  # letters of a value in a printed table


class InputTable(Mapping):
    """The inputs of a constraint by key (``inputs["R_km"]`` or ``inputs.R_km``); prints as a table with units.

    Attributes
    ----------
    records : the typed records, as the constraint's functions get them
    """

    def __init__(self, records: tuple[Inputs, ...], parameters: Mapping[str, Parameter]):
        self.records, self._parameters = records, parameters
        self._values = {key: _value(records, key) for key in parameters}

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_") or key not in self._values:
            raise AttributeError(f"no input {key}{hint(key, self._values)}")
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self._values])

    def describe(self, key: str) -> Parameter:
        """How an input is declared.

        Parameters
        ----------
        key : str
            Name of the input.

        Returns
        -------
        nubounds.inputs.parameter.Parameter
            Unit, meaning, bounds, choices, prior, source.
        """
        return self._parameters[key]

    def to_pandas(self) -> pandas.DataFrame:
        """A table with a row for each input.

        Returns
        -------
        pandas.DataFrame
            Columns ``value``, ``unit``, ``meaning``, ``prior`` and ``source``; the index is the name.
        """
        import pandas

        rows = [
            {
                "input": key,
                "value": plain(value),
                "unit": self._parameters[key].unit,
                "meaning": self._parameters[key].meaning,
                "prior": self._parameters[key].prior,
                "source": self._parameters[key].source,
            }
            for key, value in self._values.items()
        ]
        return pandas.DataFrame(rows).set_index("input")

    def __str__(self) -> str:
        shown = {key: str(plain(value)) for key, value in self._values.items()}
        cells = [("input", "value", "unit", "meaning")] + [
            (key, value if len(value) <= WIDEST else f"{value[: WIDEST - 3]}...", known.unit, known.meaning)
            for (key, value), known in zip(shown.items(), self._parameters.values(), strict=True)
        ]
        widths = [max(len(row[place]) for row in cells) for place in range(3)]
        return "\n".join(
            "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]) for row in cells
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.to_pandas().to_html()


def _value(records: tuple[Inputs, ...], key: str) -> Any:
    """The value of `key` in the record that has it, parts of it included."""
    for record in records:
        if key in declare.own_parameters(type(record)):
            return getattr(record, key)
        inside = tuple(getattr(record, name) for name in declare.parts(type(record)))
        if any(key in declare.parameters(type(one)) for one in inside):
            return _value(inside, key)
    raise KeyError(key)


class Study:
    """One constraint with inputs of one's own; made by :func:`nubounds.constraint`.

    Attributes
    ----------
    name : str
        Name of the constraint.
    inputs : InputTable
        All inputs, with the typed records in ``inputs.records``.
    quantities : dict of str to nubounds.contract.Quantity
        By full name; methods take names without the constraint's as well.
    """

    def __init__(self, constraint: registry.Constraint, section: Section, folder: Path):
        self.name = constraint.name
        self._constraint, self._section, self._user_limits = constraint, section, folder
        self._settings = Settings(section.inputs)
        made = tuple(declare.build(record, section.inputs) for record in constraint.records)
        self.inputs = InputTable(made, constraint.inputs)
        self.quantities: dict[str, Quantity] = constraint.quantities

    def __repr__(self) -> str:
        return f"<constraint {self.name}: {self._constraint.declaration['title']}>"

    def _quantity(self, name: str) -> Quantity:
        full = name if name.startswith(f"{self.name}.") else f"{self.name}.{name}"
        return evaluation.find(full)

    def evaluate(self, name: str, /, **arguments: Any) -> Any:
        """Value of a quantity with these inputs; arguments and errors as for :func:`nubounds.evaluate`.

        Parameters
        ----------
        name : str
            With or without the constraint's name: ``coupling_limit``.
        **arguments : number, word, or array
            The quantity's arguments, and inputs that differ for this call.

        Returns
        -------
        float, None, list, dict or numpy.ndarray
            As from :func:`nubounds.evaluate`.
        """
        return evaluation.ask(self._quantity(name), arguments, self._settings).value

    def answer(self, name: str, /, **arguments: Any) -> Answer:
        """The value of a quantity with its error, status, note, unit and arguments.

        Parameters
        ----------
        name : str
            With or without the constraint's name.
        **arguments : number, word, or array
            As in :meth:`evaluate`.

        Returns
        -------
        nubounds.Answer
            As from :func:`nubounds.answer`.
        """
        return evaluation.complete(self._quantity(name), arguments, self._settings)

    @property
    def likelihoods(self) -> dict[str, str]:
        """The likelihoods and what they are; none where limits come from criteria alone."""
        return {name: made.summary for name, made in self._constraint.likelihoods.items()}

    def likelihood(self, name: str, /, **arguments: Any) -> Likelihood:
        """A likelihood with these inputs.

        Parameters
        ----------
        name : str
            One of :attr:`likelihoods`.
        **arguments : number or word
            Choices of its own (``analysis="counting"``), and inputs that differ for it.

        Returns
        -------
        nubounds.likelihood.Likelihood
            A function of its parameters.

        Raises
        ------
        InputError
            For an unknown name, argument or input, or data that are not installed.
        """
        known = self._constraint.likelihoods
        if not known:
            others = [other.name for other in registry.all_constraints() if other.likelihoods]
            raise InputError(
                f"{self.name} has no likelihood: its limits are criteria, not statistics; "
                f"constraints with likelihoods: {', '.join(others)}"
            )
        if name not in known:
            raise InputError(f"{self.name} has no likelihood {name}{hint(name, known)}; criteria are no likelihoods")
        made: Any = known[name].function(**known[name].bind(arguments, self._settings))
        return made

    @property
    def scans(self) -> dict[str, tuple[str, ...]]:
        """The axes of every scan."""
        return {name: tuple(scan["axes"]) for name, scan in self._constraint.scans.items()}

    def scan(self, name: str, **axes: Any) -> pandas.DataFrame:
        """The points of a scan, computed here: the same rows as in the table of a run.

        Parameters
        ----------
        name : str
            Name of the scan; :attr:`scans` has them with their axes.
        **axes : number, word, or list
            A value or several for each axis; those not given take the config's grid.

        Returns
        -------
        pandas.DataFrame
            A row for each combination, last axis fastest: axes, values, ``*_error`` (absolute numerical error),
            ``status``. Units are in ``attrs["units"]``.

        Raises
        ------
        InputError
            For an unknown scan or axis, or a value that an axis does not take.
        """
        import numpy as np

        known = self._constraint.scans
        if name not in known:
            raise InputError(f"{self.name} has no scan {name}{hint(name, known)}")
        declared = known[name]
        for axis in axes:
            if axis not in declared["axes"]:
                raise InputError(f"{self.name}.{name} has no axis {axis}{hint(axis, declared['axes'])}")
        given = {axis: {"values": np.atleast_1d(np.asarray(values)).tolist()} for axis, values in axes.items()}
        entries = {
            axis: self._entries(axis, given.pop(axis)["values"]) for axis in self._constraint.listed.keys() & axes
        }
        source, changed = f"nubounds.constraint({self.name!r}).scan", {self.name: {"grid": given}}
        checked = config.complete({"constraints": [self.name], **changed}, source, writes=False).sections[self.name]
        values = {axis: (checked if axis in axes else self._section).grid[axis] for axis in declared["axes"]}
        points = grid.product(values | entries)
        rows = scanning.evaluate_points(self._constraint, name, points, self._section.inputs)
        frame = scanning.frame(points, rows)
        units = {axis: self._constraint.axes[axis].get("unit", "1") for axis in values}
        for column in declared["columns"]:
            unit = declared["columns"][column]["unit"]
            units |= {name: unit for name in (column, f"{column}_error") if name in rows}
        frame.attrs = {"units": units, "constraint": self.name, "scan": name, "summary": declared["summary"]}
        return frame

    def _entries(self, axis: str, names: list) -> list[str]:
        """The values of an axis that stand for the entries `names` of its input."""
        known = {label.partition("@")[0]: label for label in self._section.grid[axis]}
        for name in names:
            if name not in known:
                raise InputError(
                    f"{self.name}: {axis}={name}: not in {self._constraint.axes[axis]['of']}{hint(name, known)}"
                )
        return [known[name] for name in names]

    def _bind(self, function: Callable) -> dict[str, Inputs]:
        return declare.bind(function, self._section.inputs)

    @cached_property
    def _run(self) -> Run:
        """What a run would have computed, each scan when a curve or a figure first asks for it."""
        tables = Computed(self._constraint.scans, self.scan)
        return Run(tables, Deferred(lambda: self._curves(tables)))

    def _curves(self, tables: Mapping[str, Any]) -> dict[str, Any]:
        made = self._constraint.limits(Run(tables), **self._bind(self._constraint.limits))
        return {curve.name: curve for curve in made}

    def limits(self) -> list[Limit]:
        """The limit curves, from scans over the config's grids (computed once for these inputs).

        Returns
        -------
        list of nubounds.Limit
            Every curve and every edge of a region.
        """
        paper = {"constraint": self.name, "reference": self._constraint.declaration["paper"]}
        return [Limit.of(curve, paper) for curve in self._run.curves.values()]

    @property
    def figures(self) -> dict[str, str]:
        """The figures and what they show."""
        return self._constraint.declaration["figures"]

    def figure(self, name: str) -> Figure:
        """Draw a figure of the paper; what it shows is computed when it is first needed.

        The style is that of the figures of a run, and does not touch what else is drawn in the session.

        Parameters
        ----------
        name : str
            Name of the figure; :attr:`figures` has them with their captions.

        Returns
        -------
        matplotlib.figure.Figure
            The figure, laid out.

        Raises
        ------
        InputError
            For an unknown figure.
        """
        with _style() as style:
            figure = self._drawn(name)
            style.finish(figure)
        return figure

    def _drawn(self, name: str) -> Figure:
        if name not in self.figures:
            raise InputError(f"{self.name} has no figure {name}{hint(name, self.figures)}")
        declared = self._constraint.declaration
        dropped = user_limits.read_folder(self._user_limits)
        mine = user_limits.of_figures(dropped, self.name, list(self.figures), declared["user_limits"])
        function = self._constraint.figure_functions[name]
        return function(dataclasses.replace(self._run, user_limits=mine[name]), **self._bind(function))

    def figure_data(self, name: str) -> pandas.DataFrame:
        """The numbers behind a figure: every curve, set of points, shaded region and map that it draws.

        Parameters
        ----------
        name : str
            Name of the figure; :attr:`figures` has them.

        Returns
        -------
        pandas.DataFrame
            A row for each point, as in ``figures/<name>.csv`` of a run: ``panel`` (counted from 1), ``x_name`` and
            ``y_name`` (the axes' labels), ``kind`` (curve, points, region, map, contour, bar, error bar), ``curve``
            (its label, or a number where it has none), ``x``, ``y``, and ``value`` (colour of a map, level of a
            contour, height of a bar, else NaN).
        """
        import pandas
        from matplotlib import pyplot

        from nubounds.style import drawn

        with _style():
            figure = self._drawn(name)
            try:
                return pandas.DataFrame(drawn.numbers(figure))
            finally:
                pyplot.close(figure)

    def sensitivity(self, name: str, /, **arguments: Any) -> pandas.DataFrame:
        """What moves a quantity: one row for each input with a prior that it depends on, the largest effect first.

        Parameters
        ----------
        name : str
            A quantity with a single number as its value.
        **arguments : number or word
            As in :meth:`evaluate`.

        Returns
        -------
        pandas.DataFrame
            Columns ``input`` (inside records with dots), ``value``, ``prior``, ``elasticity`` (d ln y/d ln x, central
            difference; NaN at x = 0 and for a choice) and ``shift``: relative change of y for one standard deviation,
            half of the difference between one up and one down (the 16% and 84% quantiles of the prior, moved to the
            value); of a choice, the standard deviation of y over its values by their weights, relative to y.

        Raises
        ------
        InputError
            For a quantity whose value is no single number, or is zero, with these arguments.
        """
        import pandas

        quantity = self._quantity(name)
        centre = self.evaluate(name, **arguments)
        if not isinstance(centre, float | int) or not centre:
            raise InputError(f"{quantity.name}: sensitivity needs a single number that is not zero, not {centre}")
        inputs = flat(quantity.inputs)
        values = propagation.flat_values(inputs, arguments, self._settings)

        def ask(changes: dict[str, Any]) -> Any:
            return self.evaluate(name, **{**arguments, **changes})

        found = propagation.effects(ask, float(centre), inputs, values)
        rows = [(one.input, one.value, one.prior, one.elasticity, one.shift) for one in found]
        frame = pandas.DataFrame(rows, columns=["input", "value", "prior", "elasticity", "shift"])
        order = frame["shift"].abs().sort_values(ascending=False, kind="stable").index
        return frame.loc[order].reset_index(drop=True)

    def waterfall(self, name: str, /, **arguments: Any) -> pandas.DataFrame:
        """From the paper's value of a quantity to today's best: one input after another is switched on.

        Parameters
        ----------
        name : str
            A quantity with a single number as its value.
        **arguments : number or word
            As in :meth:`evaluate`.  An input that is given stays as it is; so does one of this study that is neither at
            the paper's nor at the best value.

        Returns
        -------
        pandas.DataFrame
            A row for each step: ``step``, ``input`` (switched on at this step; ``paper`` at the first), ``paper`` and
            ``best`` (its two values), ``value`` (NaN where there is none), ``ratio`` to the value before.  Notes on
            missing values are in ``attrs["notes"]`` by step, the unit of ``value`` in ``attrs["unit"]``.

        Raises
        ------
        InputError
            For a quantity whose value is no single number, or that depends on no input with a best value.
        """
        import pandas

        quantity = self._quantity(name)
        found = waterfall.steps(evaluation.ask, quantity, arguments, self._settings)
        rows = [[getattr(one, column) for column in waterfall.COLUMNS] for one in found]
        frame = pandas.DataFrame(rows, columns=list(waterfall.COLUMNS))
        frame.attrs = {"unit": quantity.unit, "notes": {one.step: one.note for one in found if one.note}}
        return frame


@contextmanager
def _style() -> Iterator[Any]:
    """The figures' style, in here only: what else a session draws looks as it did."""
    from nubounds import style

    with style.context():
        yield style


def constraint(
    name: str,
    config: str | Path | Mapping[str, Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
    precision: str = "paper",
    preset: str = "paper",
) -> Study:
    """A constraint with inputs of one's own.

    Parameters
    ----------
    name : str
        Name of the constraint; :func:`nubounds.constraints` lists them.
    config : str, pathlib.Path or mapping, optional
        A config file, or its content, whose grids and inputs for this constraint count.
    inputs : mapping, optional
        Inputs that differ from the config's or the preset's, by name; ``nb.constraint(name).inputs`` shows all.
    precision : str
        Accuracy of integrals: draft, paper or reference.
    preset : str
        What an input is that nobody gives: paper or best.  A config's own precision and preset stand unless others than
        ``paper`` are asked for.

    Returns
    -------
    nubounds.face.study.Study
        The constraint: quantities, scans, limits, figures.

    Raises
    ------
    InputError
        For an unknown constraint or input, a value out of range, or inputs that do not fit together.

    Examples
    --------
    >>> import nubounds as nb
    >>> star = nb.constraint("neutron_star", inputs={"R_km": 12})
    >>> star.inputs.R_km
    12.0
    """
    return _study(name, config, inputs or {}, precision, preset)


def _study(name: str, given: Any, inputs: Mapping[str, Any], precision: str, preset: str) -> Study:
    build.require_fresh()
    known = registry.get(name)
    source = f"nubounds.constraint({name!r})"
    if given is not None and not isinstance(given, Mapping):
        source, given = str(given), config.read(given)
    whole = dict(given or {})
    section = dict(whole.get(name) or {})
    section["inputs"] = {**(section.get("inputs") or {}), **{key: plain(value) for key, value in inputs.items()}}
    if precision != "paper":
        whole["precision"] = precision
        if "precision" in known.inputs:
            section["inputs"].setdefault("precision", precision)
    if preset != "paper":
        section["preset"] = preset
    whole |= {"constraints": [name], name: section, "allow_outside_files": True}
    checked = config.complete(whole, source, writes=False)
    config.check_inputs(checked)
    return Study(known, checked.sections[name], checked.user_limits)
