"""Mappings whose values are computed when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any


class Computed(Mapping):
    """Values of known names, each computed when it is first asked for."""

    def __init__(self, names: Iterable[str], compute: Callable[[str], Any]):
        self._names, self._compute, self._known = tuple(names), compute, {}

    @property
    def used(self) -> list[str]:
        """The names that were asked for, in the order in which they were."""
        return list(self._known)

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._known:
            self._known[name] = self._compute(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Deferred(Mapping):
    """A mapping that is made as a whole when it is first looked into."""

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
