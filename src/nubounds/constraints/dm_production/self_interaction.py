"""Sterile neutrinos that also scatter on each other through a scalar, D(28)-(33): all momenta coupled by the rate
Gamma_s.

The normalisation is that of D(33), sigma = pi lambda_s^2 delta(s - m^2); D(28) as printed gives a quarter of it.  No
potential of the sterile bath (D(32) has none).  Momenta are comoving, in units of the temperature at 1 MeV: what is
produced before the QCD transition is red-shifted and diluted with the entropy, and still meets what is produced later
at the right energy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nubounds.constraints.dm_production.inputs import Choices
from nubounds.constraints.dm_production.medium import X_MAX, background, limits_of
from nubounds.constraints.dm_production.opacity import weak_rate
from nubounds.constraints.dm_production.production import omega_per_yield, redshift
from nubounds.contract import Status
from nubounds.kernels import dm_density_matrix

N_MOMENTA, STEP = 200, 0.01  # in u = sqrt(x/X_MAX), and in ln z
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
    first, last = limits_of(choices)
    log_z = np.linspace(first, last, 1 + int(np.ceil((last - first) / step)))
    around = background(log_z, choices)
    # comoving x belongs to p = x T r
    T, H, r = 1 / around.z, around.hubble, 1 / redshift(around.g_s, choices)
    p_over_T = x[:, None] * r
    D = m4_MeV**2 / (2 * p_over_T * T) / H
    d = D * np.sqrt(1 - s2) - p_over_T * around.v_sm / H
    f22, scratch, state = np.empty(n), np.empty((5, n + 1)), np.empty((n, 4))
    iterations, status = dm_density_matrix.evolve_together(
        x,
        X_MAX,
        1 / (np.exp(p_over_T) + 1),
        D,
        d,
        p_over_T * weak_rate(p_over_T, log_z, choices) / H,
        T * r / H,
        m_phi / (T * r),
        log_z[0],
        log_z[1] - log_z[0],
        s2,
        coupling,
        int(method == "density_matrix"),
        TOLERANCE,
        rtol,
        f22,
        scratch,
        state,
    )
    # trapezoid in u of x^2 f22 dx/du, over the entropy at 1 MeV
    number = np.sum(x**2 * f22 * 2 * X_MAX * u) / n / (2 * np.pi**2)
    entropy = background(np.zeros(1), choices).entropy[0]
    density = omega_per_yield(choices, m4_MeV) * number / entropy
    return x, f22, density, iterations, Status(status)


def evolve(
    m4_MeV: float,
    s2: float,
    coupling: float,
    m_phi: float,
    choices: Choices,
    method: str = "boltzmann",
    n: int = N_MOMENTA,
    step: float = STEP,
    rtol: float = 1e-6,
) -> Bath:
    """Distribution of sterile neutrinos of mass m4 that meet a scalar of mass `m_phi` [MeV]; the active ones have
    Standard Model rates only.

    `boltzmann` is the quasi-static form with f_a - f22, `density_matrix` is D(32).  The error is the change on
    halving the number of momenta plus that on doubling the step.

    Parameters
    ----------
    m4_MeV : mass of the sterile neutrino [MeV]
    s2 : sin^2 2theta
    coupling : lambda_s
    m_phi : mass of the scalar between sterile neutrinos [MeV]
    choices : switches, all settled (see `conventions.resolve`)
    method : boltzmann or density_matrix
    n : momenta
    step : in ln z
    rtol : relative tolerance of a step

    Returns
    -------
    distribution, relic density with its error, and status
    """
    args = (m4_MeV, s2, coupling, m_phi, choices, method)
    x, f22, density, iterations, status = _once(*args, n, step, rtol)
    error = 0.0
    for coarser in ((n // 2, step), (n, 2 * step)) if status == Status.OK else ():
        *_, coarse, _, coarse_status = _once(*args, *coarser, rtol)
        error, status = error + abs(density - coarse), max(status, coarse_status)
    return Bath(x, f22, density, error, iterations, status)
