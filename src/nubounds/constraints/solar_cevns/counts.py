"""Rates in the bins of the scenarios at unit fluxes, Standard Model and dipole, and what a user measured."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from nubounds.constraints.solar_cevns import experiment
from nubounds.constraints.solar_cevns.inputs import PROJECTIONS, Counting
from nubounds.solar.rates import rates_of


class Counts:
    """The bins of each scenario and the rates in them; made by :func:`counts_of`."""

    def __init__(self, counting: Counting):
        self.counting, self.rates = counting, rates_of(counting.scattering)
        self._last: tuple[tuple, tuple[np.ndarray, np.ndarray]] | None = None
        self._made: dict[tuple, Any] = {}  # binnings and Standard Model rates, once they are asked for

    @cached_property
    def data(self) -> experiment.Data | None:
        """The user's data for the scenario `current`, if there are any."""
        path = self.counting.current.cdex_data
        return None if path is None else experiment.load_data(path)

    def _once(self, what: str, scenario: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, made once; projections with one threshold share their bins."""
        projected = scenario in PROJECTIONS
        key = (what, self.counting.projections.threshold_keV[scenario] if projected else "current")
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def binning(self, scenario: str) -> experiment.Binning:
        """Bins of a scenario.

        Parameters
        ----------
        scenario : current or a projection

        Returns
        -------
        Bins in electron-equivalent and recoil energy; projections with one threshold share them.
        """
        return self._once("binning", scenario, lambda: self._make_binning(scenario))

    def _make_binning(self, scenario: str) -> experiment.Binning:
        counting, nuclei = self.counting, self.rates.nuclei
        if scenario in PROJECTIONS:
            threshold = counting.projections.threshold_keV[scenario]
            edges = experiment.projected_edges(nuclei, counting.quenching, counting.bins, threshold)
        elif self.data is None:
            edges = experiment.current_edges(counting.current, counting.bins)
        else:
            edges = self.data.edges_keVee
        return experiment.binning_of(nuclei, counting.quenching, edges)

    def _rates(self, scenario: str, m4_MeV, sm: bool) -> tuple[np.ndarray, np.ndarray]:
        bins, precision = self.binning(scenario), self.counting.accuracy.precision
        return self.rates.binned(m4_MeV, bins.intervals, bins.places, bins.n_bins, precision, sm)

    def sm_rates(self, scenario: str) -> np.ndarray:
        """Standard Model rate per bin at unit fluxes; it is flavour-blind.

        Parameters
        ----------
        scenario : current or a projection

        Returns
        -------
        Shape (fluxes, bins) [1/(ton yr) per 1/(cm2 s)].
        """
        return self._once("sm", scenario, lambda: self._rates(scenario, np.zeros(1), True)[0][0, :, 0])

    def signals(self, scenario: str, m4_MeV: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Dipole rates per bin at mu = mu_B and unit fluxes, and their errors.

        Those of the last masses are kept: all flavours, fluxes and readings of the statistics take the same.

        Parameters
        ----------
        scenario : current or a projection
        m4_MeV : shape (n,)

        Returns
        -------
        Two arrays [1/(ton yr)] of shape (n, fluxes, 2, bins).
        """
        masses = np.ascontiguousarray(m4_MeV, dtype=float)
        key = (id(self.binning(scenario)), masses.tobytes())
        if self._last is None or self._last[0] != key:
            self._last = (key, self._rates(scenario, masses, False))
        return self._last[1]


@lru_cache(maxsize=32)
def counts_of(counting: Counting) -> Counts:
    """The :class:`Counts` that a record describes, made once.

    Parameters
    ----------
    counting : target, quenching, bins, projections and data

    Returns
    -------
    The same object for equal records.

    Raises
    ------
    InputError
        For inconsistent data files.
    """
    return Counts(counting)
