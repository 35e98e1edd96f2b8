"""The spectrum F(q) at 1 MeV, q = p/T there and ever after, and what a Boltzmann code needs to know of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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

    def moment(self, power: int, resolution=production.STANDARD) -> tuple[float, float]:
        """<q^power> and its error, from the grid without every second momentum and with twice the step."""
        args = (self.model, self.m_mediator, self.choices, 1e-3 * self.m4_keV, self.coupling, self.s2)
        return production.mean_momentum(*args, resolution, power)

    def spectrum(self, q: float, steps=STEPS) -> tuple[float, float]:
        """F(q) of one helicity and its error: that of the sum, and the change from the last step in ln z."""
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

    def spectra(self, q) -> np.ndarray:
        """F at an array of momenta."""
        return np.array([self.spectrum(each, STEPS[:2])[0] for each in np.asarray(q).tolist()])

    def occupation(self) -> float:
        """Largest F/f_a over q: production counts it as small."""
        return float(np.max(self.spectra(Q_OCCUPATION) * (np.exp(Q_OCCUPATION) + 1)))

    @property
    def temperature_ratio(self) -> float:
        """T_ncdm/T_gamma today."""
        return structure.temperature_ratio(self.choices)

    def velocity(self, mean_q: float) -> float:
        """<v>/c today."""
        return structure.velocity(mean_q, self.m4_keV, self.temperature_ratio)
