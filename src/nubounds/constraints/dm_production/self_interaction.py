"""Sterile neutrinos that also scatter on each other through a scalar, D(28)-(33): all momenta coupled by the rate
Gamma_s.

The normalisation is that of D(33), sigma = pi lambda_s^2 delta(s - m^2); D(28) as printed gives a quarter of it.  No
potential of the sterile bath (D(32) has none).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nubounds.constraints.dm_production.conventions import Choices
from nubounds.constraints.dm_production.medium import X_MAX
from nubounds.constraints.dm_production.phase_space import line
from nubounds.constraints.dm_production.production import OMEGA_PER_YIELD_AND_MEV
from nubounds.contract import Status
from nubounds.kernels import dm_density_matrix

N_MOMENTA = 800
TOLERANCE = 1e-8  # of the iteration that couples the momenta


@dataclass(frozen=True)
class Bath:
    """Final distribution f22 on x, with Omega h^2, its error, and how the calculation ended."""

    x: np.ndarray
    f22: np.ndarray
    relic_density: float
    error: float
    iterations: int
    status: Status


def _once(m4_MeV, s2, coupling, m_phi, choices: Choices, method, n, step, rtol):
    u = np.arange(1, n + 1) / n
    x = X_MAX * u**2
    at = line(x, "sm", 1.0, choices, step)
    D, d, gamma = (np.ascontiguousarray(rate) for rate in at.rates(m4_MeV, 0.0, s2))
    f22, scratch, state = np.empty(n), np.empty((5, n + 1)), np.empty((n, 4))
    z = at.background.z
    iterations, status = dm_density_matrix.evolve_together(
        x,
        X_MAX,
        at.grid.f_a,
        D,
        d,
        gamma,
        1 / (z * at.background.hubble),
        m_phi * z,
        at.around.log_z[0],
        step,
        s2,
        coupling,
        int(method == "density_matrix"),
        TOLERANCE,
        rtol,
        f22,
        scratch,
        state,
    )
    # trapezoid in u of x^2 f22 dx/du; the entropy is that at the end, where production of these masses is long over
    number = np.sum(x**2 * f22 * 2 * X_MAX * u) / n / (2 * np.pi**2)
    density = choices.helicities * OMEGA_PER_YIELD_AND_MEV * m4_MeV * number / at.around.entropy[-1]
    return x, f22, density, iterations, Status(status)


def evolve(
    m4_MeV, s2, coupling, m_phi, choices: Choices, method="boltzmann", n=N_MOMENTA, step=0.01, rtol=1e-6
) -> Bath:
    """Distribution of sterile neutrinos of mass m4 that meet a scalar of mass `m_phi` [MeV]; the active ones have
    Standard Model rates only.

    `boltzmann` is the quasi-static form with f_a - f22, `density_matrix` is D(32).  The error is the change on
    halving the momenta and doubling the step.
    """
    x, f22, density, iterations, status = _once(m4_MeV, s2, coupling, m_phi, choices, method, n, step, rtol)
    *_, coarse, _, coarse_status = _once(m4_MeV, s2, coupling, m_phi, choices, method, n // 2, 2 * step, rtol)
    return Bath(x, f22, density, abs(density - coarse), iterations, max(status, coarse_status))
