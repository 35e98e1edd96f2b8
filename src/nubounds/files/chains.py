"""The numbers of a prior that is made of samples."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from nubounds.contract import InputError, Parameter
from nubounds.files import tables
from nubounds.inputs import priors


@functools.lru_cache(maxsize=64)
def samples(file: str, column: str, stamp: int) -> np.ndarray:
    """The numbers of a column of a csv, ascending; `stamp` tells versions of the file apart.

    Parameters
    ----------
    file : path of the csv
    column : name of the column
    stamp : time of the last change of the file, so that an edited file is read again

    Returns
    -------
    The numbers, ascending, shape (n,).
    """
    header = tables.header_of(Path(file))
    if column not in header:
        raise InputError(f"{file}: no column {column}; found: {', '.join(header)}")
    return np.sort(tables.read_user_table(file, [column], [name for name in header if name != column])[column])


def chain(prior: priors.Samples, parameter: Parameter) -> np.ndarray:
    """The numbers of a prior of samples that lie within an input's bounds, ascending.

    Parameters
    ----------
    prior : the prior, which names the file and its column
    parameter : the input, whose bounds cut the samples

    Returns
    -------
    The numbers, ascending, shape (n,).

    Raises
    ------
    InputError
        For a file that is no table with that column, or has no number within the bounds.
    """
    low, high = parameter.ends
    found = samples(prior.file, prior.column, Path(prior.file).stat().st_mtime_ns)
    found = found[(found >= low) & (found <= high)]
    if not found.size:
        raise InputError(f"{prior.file}: column {prior.column}: no value between {low:g} and {high:g}")
    return found
