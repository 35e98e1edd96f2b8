"""The grid of a scan: its points, their stable keys, and the chunks they travel in.

A point's key is a hash of its axis values alone, and a chunk is the set of points whose keys share their first bits.
So a new point lands in one chunk and leaves the others as they were, and a chunk of a finer or coarser split is a
part or the whole of known ones.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def product(axes: dict[str, list]) -> dict[str, np.ndarray]:
    """All combinations of the axes' values (last axis fastest): one array per axis, of length the product of their
    lengths.
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
    """A 64-bit key per point (uint64, shape (n,)): the same for the same axis values in any grid, on any machine."""
    total = np.zeros(len(next(iter(points.values()))), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for axis, values in points.items():
            unique, where = np.unique(values, return_inverse=True)
            hashes = np.array([_hash_value(axis, value) for value in unique.tolist()], dtype=np.uint64)
            total = _mix((total + _GOLDEN) ^ hashes[where])
    return total


def chunk_names(point_keys: np.ndarray, points_per_job: int) -> np.ndarray:
    """The name of each point's chunk.

    The name is the shared first bits of the keys as a word of 0 and 1 (``all`` for one chunk), so that about
    `points_per_job` points share one; with ``points_per_job=1`` it is the whole key in hexadecimal: one chunk per
    point.
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
    """Whether every point of a chunk belongs to the other one (of any two splits)."""
    return _bits(chunk).startswith(_bits(other))


def related(chunk: str, other: str) -> bool:
    """Whether two chunks (of any two splits) can hold common points: one lies within the other."""
    return within(chunk, other) or within(other, chunk)


def _bits(chunk: str) -> str:
    if chunk == "all":
        return ""
    return format(int(chunk, 16), "064b") if len(chunk) == 16 and not set(chunk) <= {"0", "1"} else chunk


def order(points: dict[str, np.ndarray], axes: dict[str, list]) -> np.ndarray:
    """Position of each point in the grid `axes` (int64, shape (n,)); KeyError for a point that is not on it."""
    position = np.zeros(len(next(iter(points.values()))), dtype=np.int64)
    for name, values in axes.items():
        lookup = {value: index for index, value in enumerate(values)}
        unique, where = np.unique(points[name], return_inverse=True)
        position = (
            position * len(values) + np.array([lookup[value] for value in unique.tolist()], dtype=np.int64)[where]
        )
    return position
