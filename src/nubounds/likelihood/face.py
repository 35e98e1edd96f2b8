"""What users hold: a likelihood that knows its parameters by name, their bounds, and its data."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from nubounds.inputs.parameter import InputError, hint
from nubounds.likelihood.model import Data, Fit, LikelihoodParameter, Model, log_priors, nuisance_columns

MOST_EXPECTED = 1e15  # counts of a bin that are thrown
MOST_THROWN = 10**8  # values of all toys together: a gigabyte


class Likelihood:
    """The likelihood of data as a function of parameters; made by :meth:`nubounds.Study.likelihood`.

    Arrays of parameters have a last axis in the order of `parameters`; by name they broadcast.  With many data sets
    every result has their axis behind its own.

    Parameters
    ----------
    model : Model
        What computes it, from its constraint.

    Attributes
    ----------
    parameters : tuple of LikelihoodParameter
        Names, units, priors and bounds.
    data : Data
        What was observed, unless :meth:`with_data` made it.
    note : str
        What there is to say of the likelihood.
    """

    def __init__(self, model: Model):
        self._model, self._fixed = model, np.full(len(model.parameters), np.nan)
        self.parameters, self.note = model.parameters, model.note
        self._use(model.data)

    def __repr__(self) -> str:
        sets = f", {len(self.data)} data sets" if self.data.many else ""
        return f"<likelihood of {', '.join(self.names)}{sets}>"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(one.name for one in self.parameters)

    @property
    def centres(self) -> dict[str, float]:
        """Centres of the priors of the nuisances, by name, as declared."""
        return {one.name: one.prior.mean for one in self.parameters if one.prior is not None}

    # ---- ln L ------------------------------------------------------------------------------------------------------

    def __call__(self, theta: Any = None, /, **named: Any) -> Any:
        """Natural logarithm of the likelihood, with the priors of nuisances and without terms that never change.

        Parameters
        ----------
        theta : array_like, optional
            Parameters, shape (n, d), or (d,) for a single place.
        **named : array_like
            Instead of `theta`: numbers or arrays that broadcast; nuisances that are left out are at their centres.

        Returns
        -------
        float or numpy.ndarray
            Shape (n,), or that of the named arrays: -inf outside the bounds, NaN where a parameter is NaN.

        Raises
        ------
        InputError
            For an array of another shape, or a name that is missing or unknown.
        """
        rows, shape = self._rows(theta, named)
        value = np.where(np.isnan(rows).any(axis=1), np.nan, -np.inf)[:, None] + np.zeros(len(self.data))
        inside = self._inside(rows)
        if inside.any():
            value[inside] = self._model.log_likelihood(rows[inside], self._sets)
        return self._shaped(value, shape)

    def gradient(self, theta: Any = None, /, **named: Any) -> Any:
        """Derivatives of ln L.

        Parameters
        ----------
        theta : array_like, optional
            As for a call.
        **named : array_like
            As for a call.

        Returns
        -------
        numpy.ndarray
            Shape (n, d), in the order of `parameters`; NaN where the likelihood is zero.

        Notes
        -----
        Derivatives in masses, and in whatever else a model has no closed form for, are differences of fourth order in
        the logarithm of the parameter: good to 1e-6 of what ln L varies by over an e-fold.  At a kink the derivative is
        that of one side.
        """
        rows, shape = self._rows(theta, named)
        free = np.isnan(self._fixed)
        value = np.full((len(rows), len(self.data), free.sum()), np.nan)
        inside = self._inside(rows)
        if inside.any():
            value[inside] = self._model.gradient(rows[inside], self._sets, free)[:, :, free]
        return self._shaped(value, shape)

    def log_prior(self, theta: Any = None, /, **named: Any) -> Any:
        """The part of ln L that the priors of nuisances make, for samplers that have priors of their own.

        Parameters
        ----------
        theta : array_like, optional
            As for a call.
        **named : array_like
            As for a call.

        Returns
        -------
        float or numpy.ndarray
            Shape (n,).
        """
        rows, shape = self._rows(theta, named)
        return self._shaped(log_priors(self._model.parameters, rows, self._sets.centres), shape)

    # ---- profiles --------------------------------------------------------------------------------------------------

    def profile(self, **held: Any) -> Any:
        """Maximum of ln L over every parameter that is not given.

        Parameters
        ----------
        **held : array_like
            Parameters of interest, and nuisances if they are to be fixed; numbers or arrays that broadcast.

        Returns
        -------
        float or numpy.ndarray
            In the shape of the arrays: -inf outside the bounds, NaN where a parameter is NaN or no fit converged.
        """
        return self.fit(**held).log_likelihood

    def fit(self, **held: Any) -> Fit:
        """The maximum of :meth:`profile` and where it is.

        Parameters
        ----------
        **held : array_like
            As for :meth:`profile`.

        Returns
        -------
        Fit
            Arrays in the shape of the given ones.
        """
        for name in self._model.held:
            if name not in held and np.isnan(self._fixed[self._place(name)]):
                raise InputError(f"the profile needs {name}: no fit is free in it")
        given, shape = self._broadcast(held)
        rows = np.tile(self._fixed, (math.prod(shape), 1))
        for name, values in given.items():
            rows[:, self._place(name)] = values.ravel()
        known = [self._place(name) for name in given]
        free = np.isnan(self._fixed)
        free[known] = False
        value = np.where(np.isnan(rows[:, known]).any(axis=1), np.nan, -np.inf)[:, None] + np.zeros(len(self.data))
        where = np.full((*value.shape, rows.shape[1]), np.nan)
        inside = self._inside(rows, ~free)
        if inside.any():
            value[inside], where[inside] = self._model.maximise(rows[inside], free, self._sets)
        found = {name: self._shaped(where[..., self._place(name)], shape) for name in self.names}
        return Fit(self._shaped(value, shape), found)

    # ---- data ------------------------------------------------------------------------------------------------------

    def expected(self, theta: Any = None, /, **named: Any) -> Any:
        """Expected values of the bins.

        Parameters
        ----------
        theta : array_like, optional
            As for a call, within the bounds.
        **named : array_like
            As for a call.

        Returns
        -------
        numpy.ndarray
            Shape (n, bins).
        """
        rows, shape = self._rows(theta, named)
        if not self._inside(rows).all():
            raise InputError("expected values: a parameter is outside of its bounds")
        value = self._model.expected(rows)
        return value.reshape((*shape, value.shape[1]))

    def toys(self, count: int, seed: int, **truth: Any) -> Data:
        """Data sets thrown at a truth: the bins, and the centres of the nuisances around their true values.

        Parameters
        ----------
        count : int
            How many; more of the same seed begin with the fewer.
        seed : int
            Seed of the random numbers.
        **truth : float
            One number for each parameter of interest, and for nuisances that are not at their centres.

        Returns
        -------
        Data
            For :meth:`with_data`, values of shape (count, bins).

        Raises
        ------
        InputError
            For a truth outside the bounds, or with more counts than can be thrown.
        """
        if not (_whole(count) and count >= 1 and _whole(seed) and seed >= 0):
            raise InputError(
                f"toys(count={count}, seed={seed}): whole numbers are needed, count above 0, seed not below"
            )
        theta, shape = self._rows(None, truth)
        if shape:
            raise InputError("toys: one number for each parameter of the truth, no arrays")
        expected = self.expected(**truth)
        if count * len(expected) > MOST_THROWN:
            raise InputError(f"toys(count={count}): at most {MOST_THROWN // len(expected)} with {len(expected)} bins")
        bins, centres = (np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(2))
        if self._model.sigma is not None:
            values = bins.normal(expected, self._model.sigma, (count, len(expected)))
        elif expected.max(initial=0.0) > MOST_EXPECTED:
            raise InputError(f"toys: a bin expects {expected.max():.3g} counts, too many to be thrown")
        else:
            values = bins.poisson(expected, (count, len(expected))).astype(float)
        true, sd = _nuisances(self._model.parameters, theta[0])
        return Data(values, centres.normal(true, sd, (count, len(sd))))

    def with_data(self, data: Any) -> Likelihood:
        """The likelihood of other data.

        Parameters
        ----------
        data : Data or array_like
            What :meth:`toys` gives, or values of shape (bins,) or (sets, bins) with the priors of the nuisances centred
            as declared.

        Returns
        -------
        Likelihood
            The same model with these data.

        Raises
        ------
        InputError
            For data that do not fit the bins.
        """
        if not isinstance(data, Data):
            values, centres = _floats(data, "data"), self._model.data.centres
            data = Data(values, np.tile(centres, (len(values), 1)) if values.ndim == 2 else centres)
        bins, pulls = self._model.data.values.shape[-1], self._model.data.centres.shape[-1]
        sets = data.values.shape[:-1]
        if len(sets) > 1 or data.values.shape != (*sets, bins) or data.centres.shape != (*sets, pulls):
            raise InputError(
                f"data of shapes {data.values.shape}, {data.centres.shape}: there are {bins} bins and {pulls} nuisances"
            )
        if not (np.isfinite(data.values).all() and np.isfinite(data.centres).all()):
            raise InputError("data must be finite numbers")
        if self._model.sigma is None and (data.values < 0).any():
            raise InputError("counts must not be below 0")
        changed = copy.copy(self)
        changed._use(data)
        return changed

    def fixed(self, **values: float) -> Likelihood:
        """The likelihood with some parameters held, which are none of its parameters any more.

        Parameters
        ----------
        **values : float
            A number within its bounds for each.

        Returns
        -------
        Likelihood
            Of the other parameters.

        Raises
        ------
        InputError
            For an unknown name or a value outside the bounds.
        """
        given, shape = self._broadcast(values)
        if shape:
            raise InputError("fixed: one number for each parameter, no arrays")
        changed = copy.copy(self)
        changed._fixed = self._fixed.copy()
        for name, value in given.items():
            one = self._model.parameters[self._place(name)]
            if not one.minimum <= value <= one.maximum:
                raise InputError(f"{name}={value:g}: must be between {one.minimum:g} and {one.maximum:g} [{one.unit}]")
            changed._fixed[self._place(name)] = value
        changed.parameters = tuple(one for one in self.parameters if one.name not in given)
        return changed

    # ---- shapes and names ------------------------------------------------------------------------------------------

    def _use(self, data: Data) -> None:
        self.data = data
        self._sets = data if data.many else Data(data.values[None], data.centres[None])  # with an axis of sets

    def _place(self, name: str) -> int:
        return next(k for k, one in enumerate(self._model.parameters) if one.name == name)

    def _broadcast(self, named: dict[str, Any]) -> tuple[dict[str, np.ndarray], tuple[int, ...]]:
        for name in named:
            if name not in self.names:
                raise InputError(f"the likelihood has no parameter {name}{hint(name, self.names)}")
        arrays = [_floats(values, name) for name, values in named.items()]
        try:
            spread = np.broadcast_arrays(*arrays)
        except ValueError:
            shapes = ", ".join(f"{name} {array.shape}" for name, array in zip(named, arrays, strict=True))
            raise InputError(f"these shapes do not fit together: {shapes}") from None
        return dict(zip(named, spread, strict=True)), (spread[0].shape if arrays else ())

    def _rows(self, theta: Any, named: dict[str, Any]) -> tuple[np.ndarray, tuple[int, ...]]:
        """All of the model's parameters, shape (n, d), and the shape of the result."""
        if theta is None:
            return self._named_rows(named)
        if named:
            raise InputError("parameters come as an array or by name, not both")
        theta = _floats(theta, "theta")
        if theta.ndim not in (1, 2) or theta.shape[-1] != len(self.parameters):
            wanted = f"(n, {len(self.parameters)}): {', '.join(self.names)}"
            raise InputError(f"theta has shape {theta.shape}, not {wanted}")
        rows = np.tile(self._fixed, (math.prod(theta.shape[:-1]), 1))
        rows[:, np.isnan(self._fixed)] = theta.reshape(-1, len(self.parameters))
        return rows, theta.shape[:-1]

    def _named_rows(self, named: dict[str, Any]) -> tuple[np.ndarray, tuple[int, ...]]:
        given, shape = self._broadcast(named)
        missing = [name for name in self.names if name not in given and name not in self.centres]
        if missing:
            raise InputError(f"the likelihood needs {', '.join(missing)}")
        rows = np.tile(self._fixed, (math.prod(shape), 1))
        for name in self.names:
            rows[:, self._place(name)] = given[name].ravel() if name in given else self.centres[name]
        return rows, shape

    def _inside(self, rows: np.ndarray, which: Any = slice(None)) -> np.ndarray:
        """Which rows lie within the bounds of the parameters `which`, and are finite."""
        low, high = (np.array([getattr(one, end) for one in self._model.parameters]) for end in ("minimum", "maximum"))
        good = (rows >= low) & (rows <= high) & np.isfinite(rows)
        return good[:, which].all(axis=1)

    def _shaped(self, value: np.ndarray, shape: tuple[int, ...]) -> Any:
        """`value`, shape (n, sets, ...), in the shape that a user gets."""
        sets = (len(self.data),) if self.data.many else ()
        return value.reshape((*shape, *sets, *value.shape[2:]))[()]


def _nuisances(parameters: Iterable[LikelihoodParameter], theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values and standard deviations of the nuisances, shape (nuisances,) each."""
    columns = nuisance_columns(parameters)
    return np.array([theta[k] for k, _ in columns]), np.array([sd for _, sd in columns])


def _whole(number: Any) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def _floats(values: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "iuf":
            raise TypeError
        return array.astype(float)
    except (TypeError, ValueError):
        raise InputError(f"{name}: must be a number or an array of numbers") from None
