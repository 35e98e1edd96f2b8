"""Parents of the daughters that are looked for, where N do not leave freely: their spectrum depends on d."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from nubounds.constraints.sn_dipole.between_momenta import NOBODY, Places
from nubounds.constraints.sn_dipole.decay import Nodes
from nubounds.constraints.sn_dipole.emission import Emission, absorbed_error, emission
from nubounds.constraints.sn_dipole.inputs import Production
from nubounds.contract import Status

SLOWEST = 0.05  # of the least momentum that is computed: slower N are rarer than their momentum's cube
AT_ONCE = 16  # couplings
BETWEEN_NODES = 3.0  # spectra may be higher by this factor than where they are known


@dataclass(frozen=True)
class Leaving:
    """N of one mass that have left the matter at one coupling, per d^2; a *parents* object of decay.py.

    d : coupling [1/MeV], or 0 where absorption does not matter;  channel : scattering or inverse_decay alone
    """

    source: Emission
    d: float = 0.0
    channel: str = ""

    @property
    def M(self) -> float:
        """Mass of N [MeV]."""
        return self.source.M

    @property
    def production(self) -> Production:
        """How they were made."""
        return self.source.production

    @cached_property
    def values(self) -> np.ndarray:
        """dN/dE_N [MeV] at the nodes."""
        return self.source.made(self.channel) if self.channel else self.source.left(self.d)

    @property
    def E_span(self) -> tuple[float, float]:
        """Least and largest E = (E_N + p)/2 [MeV]."""
        ends = self.source.k[[0, -1]] * [SLOWEST, 1.0]
        low, high = 0.5 * (np.hypot(ends, self.M) + ends)
        return float(low), float(high)

    def __call__(self, E):
        """dN/dE [MeV] at E; below the nodes a power law goes on."""
        E = np.asarray(E, float)
        return self.source.places(E.ravel()).of(self.values[None])[0].reshape(E.shape)

    def error(self, E):
        """Error of dN/dE [MeV] at E."""
        return self.relative_error * self(E)

    def scattering(self, E):
        """dN/dE [MeV] from scattering alone, of N that are made with enough energy to leave."""
        return replace(self, channel="scattering")(E)

    def rate(self, E):
        """The same: parents per energy that scatter into N."""
        return self.scattering(E)

    def coalescence(self, E):
        """dN/dE [MeV] from inverse decay alone, of N that are made with enough energy to leave."""
        return replace(self, channel="inverse_decay")(E)

    @property
    def status(self) -> Status:
        """OK, or NOT_FINITE where a rate failed."""
        return Status.OK if np.all(np.isfinite(self.values)) else Status.NOT_FINITE

    @cached_property
    def relative_error(self) -> float:
        """Of the number of N: more where many of them are absorbed."""
        free = self.source.relative_error
        if self.d == 0:
            return free
        return free + absorbed_error(self.production) * max(
            1 - float(self.source.share_left(np.array([self.d]))[0]), 0.0
        )

    def moment(self, channel: str, power: int = 0) -> tuple[float, float]:
        """Int E_N^power dN of one channel [MeV^(2 + power)] of N that are made with enough energy to leave, and its
        error.
        """
        value = self.source.moment(channel, power)
        return value, self.source.relative_error * value


@dataclass(frozen=True)
class SignalOfLeaving:
    """A signal per d^2 of parents that depend on d themselves.

    Called with an array of d it gives (value, error), as the signals of decay.py.

    nodes : where it asks for parents, and how it follows from them
    """

    source: Emission
    nodes: Nodes

    @cached_property
    def _free(self):
        return self.nodes.of(Leaving(self.source))

    @cached_property
    def _places(self) -> Places:
        return self.source.places(self.nodes.E)

    def ceiling(self, d) -> np.ndarray:
        """An upper bound of the value at an array of d: that of parents that leave freely, times the largest share of
        them that is left at one of the energies.
        """
        d = np.atleast_1d(np.asarray(d, float))
        free = self._free.ceiling(d)
        return np.where(d < self.source.free_below(decays=False), 1.0, BETWEEN_NODES * self.source.most_left(d)) * free

    def __call__(self, d):
        d = np.atleast_1d(np.asarray(d, float))
        value, error = np.zeros(d.size), np.zeros(d.size)
        free = d < self.source.free_below(decays=False)
        if np.any(free):
            value[free], error[free] = (np.ravel(part) for part in self._free(d[free]))
        rest = np.flatnonzero(~free)
        for rows in np.split(rest, range(AT_ONCE, rest.size, AT_ONCE)):
            spectra = self.source.spectrum(d[rows], decays=False)
            some = spectra.max(axis=1, initial=0.0) > NOBODY
            rows, spectra = rows[some], spectra[some]
            absorbed = np.maximum(1 - self.source.share_left(d[rows]), 0.0)
            relative = self.source.relative_error + absorbed_error(self.source.production) * absorbed
            for i, density, more in zip(rows, self._places.of(spectra), relative, strict=True):
                value[i], error[i] = (float(part[0]) for part in self.nodes.signal(density)(d[i : i + 1]))
                error[i] += more * value[i]
        return value, error


def leaving(M: float, d: float, production: Production) -> Leaving:
    """The parents at one coupling.

    Parameters
    ----------
    M : mass of N [MeV]
    d : coupling [1/MeV], or 0
    production : how a supernova makes sterile neutrinos

    Returns
    -------
    Parents without the factor d^2
    """
    source = emission(M, production)
    return Leaving(source, 0.0 if d < source.free_below(decays=False) or math.isclose(d, 0.0) else d)
