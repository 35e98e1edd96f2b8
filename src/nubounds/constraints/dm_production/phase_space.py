"""Evolution at single momenta: production along ln z, the final distribution with and without back-reaction, by
Boltzmann or density matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.dm_production import medium as media
from nubounds.constraints.dm_production import opacity
from nubounds.constraints.dm_production.inputs import Choices
from nubounds.constraints.dm_production.production import redshift
from nubounds.contract import Status
from nubounds.kernels import dm_density_matrix, dm_thermal
from nubounds.kernels import dm_production as kernel

LINE_STEP = 0.005  # in ln z, for single momenta
TABLES = 1e-9  # relative error of what the medium is read from, which twice the step does not show


@dataclass(frozen=True)
class Line:
    """The medium along ln z for the given momenta x (shape (n,)): tables made for these x alone."""

    grid: media.MomentumGrid
    around: media.Medium
    background: media.Background

    @cached_property
    def evolution(self) -> kernel.Evolution:
        """Momenta and medium as the kernel takes them."""
        return kernel.Evolution(self.grid, self.around)

    def potential(self, coupling: float) -> np.ndarray:
        """V in units of H/J, shape (n, n_z).

        Parameters
        ----------
        coupling : lambda or g

        Returns
        -------
        array of shape (n, n_z)
        """
        m = self.around
        return (
            coupling**2 / self.background.z * m.v_factor * m.v + self.grid.x[:, None] * m.v_sm
        ) / self.background.hubble

    def rates(self, m4_MeV: float, coupling: float, s2: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """D, d = D c - V and Gamma in units of H/J, each of shape (n, n_z).

        Parameters
        ----------
        m4_MeV : mass of the sterile neutrino [MeV]
        coupling : lambda or g
        s2 : sin^2 2theta

        Returns
        -------
        (D, d, Gamma)
        """
        x, m, H = self.grid.x[:, None], self.around, self.background.hubble
        T, l2 = 1 / self.background.z, coupling**2
        D = m4_MeV**2 / (2 * x * T) / H
        gamma = np.maximum(l2 * T * (m.a_factor * m.a + l2 * m.b_factor * m.b) + x * m.gamma_sm, 1e-300)
        return D, D * np.sqrt(1 - s2) - self.potential(coupling), gamma / H


def line(x: ArrayLike, model: str, m_mediator: float, choices: Choices, step: float = LINE_STEP) -> Line:
    """The medium along the whole evolution in equal steps, for momenta `x`, with the production per unit of f_s (not
    of the yield) as source.

    Parameters
    ----------
    x : momenta over temperature, shape (n,)
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)
    step : in ln z

    Returns
    -------
    the medium, for these momenta alone
    """
    log_m = 0.0 if model == "sm" else float(np.log(m_mediator))
    low, high = media.nodes_between(*media.limits_of(choices), log_m, step)
    return at_times(x, np.arange(low, high + 1) * step - log_m, model, m_mediator, choices)


def at_times(x: ArrayLike, log_z: np.ndarray, model: str, m_mediator: float, choices: Choices) -> Line:
    """The medium at the given ln z for momenta `x`, all pairs of both.

    Parameters
    ----------
    x : momenta over temperature, shape (n,)
    log_z : ln(MeV/T), shape (m,)
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)

    Returns
    -------
    the medium, tables of shape (n, m)
    """
    x = np.atleast_1d(np.asarray(x, float))
    around = media.background(log_z, choices)
    size = (len(x), len(log_z))
    v, a, b, scale = np.zeros(size), np.zeros(size), np.zeros(size), (0.0, 0.0, 0.0)
    if model != "sm":
        log_mu, excess = media.within_range(log_z + np.log(m_mediator))
        channels = np.zeros((len(dm_thermal.CHANNELS), *size))
        dm_thermal.fill(x, log_mu, dm_thermal.FLUXES[choices.flux], v, a, channels, 0, len(log_mu))
        v, a, channels = media.beyond_range(choices.flux, excess, v, a, channels)
        b, scale = media.off_shell_rate(model, channels, media.targets(model, around.z)), media.factors(model, choices)
    weights = np.ones_like(x)
    grid = media.MomentumGrid(x, 1 / (np.exp(x) + 1), weights, weights, cells=False)
    source = 1 / (4 * around.hubble)
    m = media.Medium(
        log_z,
        around.z,
        1 / around.z,
        source,
        around.v_sm,
        media.weak_rates(x, log_z, choices),
        v,
        a,
        b,
        *scale,
        *media.limits_of(choices),
        around.entropy,
        around.g_s,
    )
    return Line(grid, m, around)


def boltzmann(
    at: Line, m4_MeV: float, coupling: float, s2: float, back_reaction: bool
) -> tuple[np.ndarray, np.ndarray]:
    """f_s of one helicity at the end, V(2.8): (values, errors), shape (n,); back-reaction by f_a -> f_a - f_s at
    fixed x.

    Parameters
    ----------
    at : the medium at single momenta
    m4_MeV : mass of the sterile neutrino [MeV]
    coupling : lambda or g
    s2 : sin^2 2theta
    back_reaction : whether f_a becomes f_a - f_s

    Returns
    -------
    (values, errors), shape (n,); the error is the change on doubling the step
    """
    fine, coarse = np.empty(len(at.grid.x)), np.empty(len(at.grid.x))
    kernel.spectrum(at.evolution, coupling, m4_MeV, s2, fine, coarse)
    if back_reaction:
        fine, coarse = (-at.grid.f_a * np.expm1(-each / at.grid.f_a) for each in (fine, coarse))
    return fine, np.abs(fine - coarse)


def density_matrix(
    at: Line, m4_MeV: float, coupling: float, s2: float, rtol: float = 1e-6
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Status]:
    """f22 at the end by D(32), back-reaction included: (values, errors, steps, status) for every x.

    Parameters
    ----------
    at : the medium at single momenta
    m4_MeV : mass of the sterile neutrino [MeV]
    coupling : lambda or g
    s2 : sin^2 2theta
    rtol : relative tolerance of a step

    Returns
    -------
    (values, errors from a larger tolerance, steps), shape (n,), and the worst status
    """
    D, d, gamma = at.rates(m4_MeV, coupling, s2)
    expected, _ = boltzmann(at, m4_MeV, coupling, s2, True)
    m = at.around
    values, errors, steps, worst = [], [], [], Status.OK
    for i, f_a in enumerate(at.grid.f_a):
        results = []
        for tolerance in (rtol, 30 * rtol):
            results.append(
                dm_density_matrix.evolve(
                    D[i],
                    d[i],
                    gamma[i],
                    m.log_z[0],
                    m.log_z[1] - m.log_z[0],
                    m.first,
                    m.last,
                    f_a,
                    s2,
                    tolerance,
                    expected[i] / s2,
                )
            )
            worst = max(worst, Status(results[-1][2]))
        values.append(results[0][0])
        errors.append(abs(results[0][0] - results[1][0]))
        steps.append(results[0][1])
    return np.array(values), np.array(errors), np.array(steps), worst


def redshifted(
    y: ArrayLike,
    model: str,
    m_mediator: float,
    choices: Choices,
    m4_MeV: float,
    coupling: float,
    s2: float,
    step: float = 0.01,
) -> tuple[np.ndarray, np.ndarray]:
    """f_s of one helicity at 1 MeV and momenta y T, gathered along x = y/redshift at every time: (values, errors).

    Parameters
    ----------
    y : p/T at 1 MeV, shape (n,)
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV]
    coupling : lambda or g
    s2 : sin^2 2theta
    step : in ln z

    Returns
    -------
    (values, errors from twice the step and of the medium's tables), shape (n,)
    """
    log_m = 0.0 if model == "sm" else float(np.log(m_mediator))
    low, high = media.nodes_between(*media.limits_of(choices), log_m, step)
    log_z = np.arange(low, high + 1) * step - log_m
    around = media.background(log_z, choices)
    x, T, l2 = np.asarray(y, float)[:, None] / redshift(around.g_s, choices), 1 / around.z, coupling**2
    V, gamma = x * around.v_sm, x * opacity.weak_rate(x, log_z, choices)
    if model != "sm":
        v, a, channels = np.empty_like(x), np.empty_like(x), np.empty((len(dm_thermal.CHANNELS), *x.shape))
        log_mu, excess = media.within_range(log_z + log_m)
        dm_thermal.fill_lines(x, log_mu, dm_thermal.FLUXES[choices.flux], v, a, channels)
        v, a, channels = media.beyond_range(choices.flux, excess, v, a, channels)
        v_factor, a_factor, b_factor = media.factors(model, choices)
        V = V + l2 * T * v_factor * v
        gamma = gamma + l2 * T * (
            a_factor * a + l2 * b_factor * media.off_shell_rate(model, channels, media.targets(model, around.z))
        )
    gamma = np.maximum(gamma, 1e-300)
    D = m4_MeV**2 / (2 * x * T)
    A = gamma * D**2 * s2 / (4 * around.hubble * (np.exp(x) + 1))
    B2, d = np.maximum(D**2 * s2 + 0.25 * gamma**2, 1e-300), D * np.sqrt(1 - s2) - V
    found = [kernel.lorentzian_integral(*rows, step) for rows in zip(A, B2, d, strict=True)]
    values, errors = np.reshape(found, (-1, 2)).T
    return values, errors + TABLES * values
