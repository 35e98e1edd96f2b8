"""Mappings whose values are computed on first access."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any


class Computed(Mapping):
    """Mapping with known keys, whose values are each computed on first access.

    Parameters
    ----------
    names : the keys
    compute : function of a key that returns its value
    """

    def __init__(self, names: Iterable[str], compute: Callable[[str], Any]):
        self._names, self._compute, self._known = tuple(names), compute, {}

    @property
    def used(self) -> list[str]:
        """The keys accessed so far, in order of first access."""
        return list(self._known)

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._known:
            self._known[name] = self._compute(name)
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names  # without computing the value, as a Mapping would

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Deferred(Mapping):
    """Mapping that is created as a whole on first access.

    Parameters
    ----------
    make : function that returns the mapping
    """

    def __init__(self, make: Callable[[], Mapping[str, Any]]):
        self._make = make

    @cached_property
    def _made(self) -> Mapping[str, Any]:
        return self._make()

    def __getitem__(self, name: str) -> Any:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)
