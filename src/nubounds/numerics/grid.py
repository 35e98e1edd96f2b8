"""The grid of a scan: its points, their stable keys, and the chunks in which they are computed.

A point's key is a hash of its axis values alone, and a chunk is the set of points whose keys share their leading bits.
So a new point affects a single chunk, and a chunk of a finer or coarser split is contained in, or made up of, known
chunks.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def product(axes: dict[str, list]) -> dict[str, np.ndarray]:
    """Return all combinations of the axes' values, the last axis varying fastest.

    Parameters
    ----------
    axes : values of each axis

    Returns
    -------
    One array per axis, of shape (n,), where n is the product of the axes' lengths.
    """
    if not axes:
        return {}
    indices = np.indices([len(values) for values in axes.values()]).reshape(len(axes), -1)
    return {name: np.asarray(values)[index] for (name, values), index in zip(axes.items(), indices, strict=True)}


def _mix(words: np.ndarray) -> np.ndarray:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014), on an array."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _hash_value(axis: str, value) -> int:
    text = f"{axis}={value}" if isinstance(value, str) else f"{axis}={float(value)!r}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def keys(points: dict[str, np.ndarray]) -> np.ndarray:
    """Return a 64-bit key per point, which depends on the point's axis values alone, in any grid, on any machine.

    Parameters
    ----------
    points : one array of shape (n,) per axis

    Returns
    -------
    Keys, uint64, shape (n,).
    """
    total = np.zeros(len(next(iter(points.values()))), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for axis, values in points.items():
            unique, where = np.unique(values, return_inverse=True)
            hashes = np.array([_hash_value(axis, value) for value in unique.tolist()], dtype=np.uint64)
            total = _mix((total + _GOLDEN) ^ hashes[where])
    return total


def chunk_names(point_keys: np.ndarray, points_per_job: int) -> np.ndarray:
    """Return the name of each point's chunk.

    Parameters
    ----------
    point_keys : see :func:`keys`, shape (n,)
    points_per_job : approximate number of points in a chunk

    Returns
    -------
    Names, shape (n,): the leading bits that the keys of a chunk share, as a string of 0 and 1 (``all`` for a single
    chunk); with ``points_per_job=1`` the whole key in hexadecimal, so that each point has its own chunk.
    """
    if points_per_job == 1:
        return np.array([f"{int(key):016x}" for key in point_keys])
    bits = max(0, math.ceil(math.log2(max(1.0, len(point_keys) / points_per_job))))
    if bits == 0:
        return np.full(len(point_keys), "all")
    prefixes = (point_keys >> np.uint64(64 - bits)).astype(np.int64)
    unique, where = np.unique(prefixes, return_inverse=True)
    return np.array([format(prefix, f"0{bits}b") for prefix in unique.tolist()])[where]


def within(chunk: str, other: str) -> bool:
    """Return whether one chunk contains another.

    Parameters
    ----------
    chunk, other : names of two chunks, perhaps from different splits

    Returns
    -------
    Whether every point of `chunk` belongs to `other`.
    """
    return _bits(chunk).startswith(_bits(other))


def related(chunk: str, other: str) -> bool:
    """Return whether two chunks can share points.

    Parameters
    ----------
    chunk, other : names of two chunks, perhaps from different splits

    Returns
    -------
    Whether one of them contains the other.
    """
    return within(chunk, other) or within(other, chunk)


def _bits(chunk: str) -> str:
    if chunk == "all":
        return ""
    return format(int(chunk, 16), "064b") if len(chunk) == 16 and not set(chunk) <= {"0", "1"} else chunk


def order(points: dict[str, np.ndarray], axes: dict[str, list]) -> np.ndarray:
    """Return the position of each point in a grid.

    Parameters
    ----------
    points : one array of shape (n,) per axis
    axes : values of each axis of the grid

    Returns
    -------
    Positions, int64, shape (n,).

    Raises
    ------
    KeyError
        For a point that is not on the grid.
    """
    position = np.zeros(len(next(iter(points.values()))), dtype=np.int64)
    for name, values in axes.items():
        lookup = {value: index for index, value in enumerate(values)}
        unique, where = np.unique(points[name], return_inverse=True)
        position = (
            position * len(values) + np.array([lookup[value] for value in unique.tolist()], dtype=np.int64)[where]
        )
    return position
