"""Work of a sampler dealt out among MPI ranks: rank 0 has the sampler, the others compute what it sends."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from typing import Any

SHARES = 8  # into which the sampler cuts its work, whatever the number of ranks: its random numbers depend on it


class Ranks:
    """All ranks of a job.

    Parameters
    ----------
    world : MPI's communicator, or None for a single rank
    likelihood : the function that every rank has of its own, so that it need not travel
    """

    def __init__(self, world: Any, likelihood: Callable[[Any], Any]):
        self.world, self.likelihood = world, likelihood

    def compute(self, function: Callable[[Any], Any] | None, tasks: Iterable[Any]) -> list[Any]:
        """Results of tasks in their order, whoever computes them; called on rank 0.

        Parameters
        ----------
        function : what to compute of each; None for the likelihood
        tasks : any number of arguments

        Returns
        -------
        The results.
        """
        tasks, packed = list(tasks), None if function is None else pickle.dumps(function)
        if self.world is None:
            return self._work(packed, tasks)
        size = self.world.Get_size()
        mine = self.world.scatter([(packed, tasks[rank::size]) for rank in range(size)])
        found: list[Any] = [None] * len(tasks)
        for rank, results in enumerate(self.world.gather(self._work(*mine))):
            found[rank::size] = results
        return found

    def serve(self) -> None:
        """Compute what rank 0 sends until it calls :meth:`dismiss`; called on all other ranks."""
        while (message := self.world.scatter(None)) is not None:
            self.world.gather(self._work(*message))

    def dismiss(self) -> None:
        """Let the other ranks go."""
        if self.world is not None:
            self.world.scatter([None] * self.world.Get_size())

    def _work(self, packed: bytes | None, tasks: list[Any]) -> list[Any]:
        """Each task gets a function of its own: the sampler's change the object that they belong to."""
        return [(self.likelihood if packed is None else pickle.loads(packed))(task) for task in tasks]


class Pool:
    """The face of :class:`Ranks` that nautilus takes for a pool of `SHARES` processes.

    Parameters
    ----------
    ranks : the ranks
    of_likelihood : whether it computes the likelihood, whatever function it is given
    """

    size = SHARES

    def __init__(self, ranks: Ranks, of_likelihood: bool = False):
        self.ranks, self.of_likelihood = ranks, of_likelihood

    def map(self, function: Callable[[Any], Any], tasks: Iterable[Any]) -> list[Any]:
        """Results of `function` for all tasks.

        Parameters
        ----------
        function : what to compute
        tasks : its arguments

        Returns
        -------
        The results, in the order of the tasks.
        """
        return self.ranks.compute(None if self.of_likelihood else function, tasks)
