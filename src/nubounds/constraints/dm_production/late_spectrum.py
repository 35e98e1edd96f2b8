"""The spectrum F(q) at 1 MeV, q = p/T there and ever after, and what a Boltzmann code needs to know of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.dm_production import phase_space, production, structure
from nubounds.constraints.dm_production.inputs import Choices

STEP, FINER = 0.005, 0.002  # in ln z
ACCURACY = 5e-5  # relative change on doubling the step, above which the finer one is taken
TOGETHER = 64  # momenta: with all their times as much memory as is reasonable
Q_OCCUPATION = np.geomspace(0.03, 25.0, 120)  # where F/f_a is looked for: all of a file


@dataclass(frozen=True)
class Point:
    """Where sterile neutrinos are produced: model, mediator [MeV], coupling, m4 [keV], mixing and settled choices."""

    model: str
    m_mediator: float
    coupling: float
    m4_keV: float
    s2: float
    choices: Choices

    def moment(self, power: int, resolution: tuple[int, float] = production.STANDARD) -> tuple[float, float]:
        """<q^power> and its error, from the grid without every second momentum and with twice the step.

        Parameters
        ----------
        power : of the momentum
        resolution : intervals in the root of x, and step in ln z

        Returns
        -------
        (value, error)
        """
        args = (self.model, self.m_mediator, self.choices, 1e-3 * self.m4_keV, self.coupling, self.s2)
        return production.mean_momentum(*args, resolution, power)

    def spectrum(self, q: ArrayLike, step: float = STEP) -> tuple[np.ndarray, np.ndarray]:
        """F(q) of one helicity and its error: the change on doubling the step in ln z, twice.

        Parameters
        ----------
        q : p/T at 1 MeV and later, shape (n,)
        step : in ln z

        Returns
        -------
        (values, errors), shape (n,)
        """
        q = np.asarray(q, float)
        point = (self.model, self.m_mediator, self.choices, 1e-3 * self.m4_keV, self.coupling, self.s2, step)
        parts = [phase_space.redshifted(q[k : k + TOGETHER], *point) for k in range(0, len(q), TOGETHER)]
        values, errors = np.concatenate(parts, axis=1)
        return values, 2 * errors

    def spectrum_at(self, q: float) -> tuple[float, float]:
        """F and its error at one momentum, on a finer step where the usual one is not good enough.

        Parameters
        ----------
        q : p/T at 1 MeV and later

        Returns
        -------
        (value, error)
        """
        for step in (STEP, FINER):
            (value,), (error,) = self.spectrum([q], step)
            if error <= 2 * ACCURACY * value:
                break
        return float(value), float(error)

    def occupation(self) -> float:
        """Largest F/f_a over q: production counts it as small.

        Returns
        -------
        number, on 120 momenta
        """
        return float(np.max(self.spectrum(Q_OCCUPATION)[0] * (np.exp(Q_OCCUPATION) + 1)))

    @property
    def temperature_ratio(self) -> float:
        """T_ncdm/T_gamma today.

        Returns
        -------
        number
        """
        return structure.temperature_ratio(self.choices)

    def velocity(self, mean_q: float) -> float:
        """<v>/c today.

        Parameters
        ----------
        mean_q : <p>/T at 1 MeV

        Returns
        -------
        number
        """
        return structure.velocity(mean_q, self.m4_keV, self.temperature_ratio)
