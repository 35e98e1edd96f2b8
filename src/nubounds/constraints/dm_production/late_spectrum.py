"""The spectrum F(q) at 1 MeV, q = p/T there and ever after, and what a Boltzmann code needs to know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.dm_production import phase_space, production, structure
from nubounds.constraints.dm_production.inputs import Choices

STEPS = (0.01, 0.005, 0.002)  # in ln z
ACCURACY = 1e-4
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

    def spectrum(self, q: float, steps: Sequence[float] = STEPS) -> tuple[float, float]:
        """F(q) of one helicity and its error: that of the sum, and the change from the last step in ln z.

        Parameters
        ----------
        q : p/T at 1 MeV and later
        steps : steps in ln z, from coarse to fine

        Returns
        -------
        (value, error)
        """
        before = None
        for step in steps:
            value, error = phase_space.redshifted(
                q, self.model, self.m_mediator, self.choices, 1e-3 * self.m4_keV, self.coupling, self.s2, step
            )
            if before is not None:
                error += abs(value - before)
                if error <= ACCURACY * value:
                    break
            before = value
        return float(value), float(error)

    def spectra(self, q: ArrayLike) -> np.ndarray:
        """F at an array of momenta.

        Parameters
        ----------
        q : p/T at 1 MeV, shape (n,)

        Returns
        -------
        array of shape (n,)
        """
        return np.array([self.spectrum(each, STEPS[:2])[0] for each in np.asarray(q).tolist()])

    def occupation(self) -> float:
        """Largest F/f_a over q: production counts it as small.

        Returns
        -------
        number, on 120 momenta
        """
        return float(np.max(self.spectra(Q_OCCUPATION) * (np.exp(Q_OCCUPATION) + 1)))

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
