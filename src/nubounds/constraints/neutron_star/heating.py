"""Heating by sterile-neutrino dark matter (Section V): temperature at infinity and the mixing that explains it.

With s = sin^2(theta):  T_inf^4 = T_NS^4 + T_full^4 g(s),  g = min(1, s/s_sat) exp(-b s).  Full capture alone fixes
T_full; s_sat is where the star becomes thick; b s is the age of the Universe over the lifetime.  All three come from
the mass, so a map or a contour costs one rate per mass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.neutron_star import medium
from nubounds.constraints.neutron_star.constants import AGE_OF_UNIVERSE, C_LIGHT, EV_PER_ERG, G_F, HBAR, K_B, SIGMA_SB
from nubounds.constraints.neutron_star.inputs import GAMMAS_LESS, Capture, Halo, Star
from nubounds.contract import Status
from nubounds.kernels import neutron_star as kernel

READINGS = ("literal", "single_scatter")


def capture_parameter(star: Star, v_km_s: float) -> float:
    """Largest impact parameter that hits the star [cm], Eq. (4).

    Parameters
    ----------
    star : the star
    v_km_s : velocity far away

    Returns
    -------
    b_max [cm]
    """
    return math.sqrt(star.compactness) * C_LIGHT / (v_km_s * 1e5) * star.R * star.gamma


def decay_exponent(m_keV: ArrayLike, sin2theta: ArrayLike = 1.0) -> float | np.ndarray:
    """Age of the Universe times the width of the decay into three neutrinos, Eq. (14).

    Parameters
    ----------
    m_keV : mass, a number or an array
    sin2theta : mixing

    Returns
    -------
    Gamma tau_U, of the shape of both
    """
    m = np.asarray(m_keV) * 1e3
    return G_F**2 * (m * m * m * m * m) / (96 * math.pi**3 * HBAR) * AGE_OF_UNIVERSE * sin2theta


@dataclass(frozen=True)
class Heating:
    """One calculation: star, dark matter, and how it is captured; `reading` is one of `READINGS`."""

    star: Star
    halo: Halo
    choices: Capture
    reading: str

    def by_mass(self, m_keV):
        """What the mass fixes: T_full^4 [K^4], s_sat, b, relative error of s_sat, status; arrays of shape (n,).

        Literal: Eq. (13) with the energy given in one collision, electrons included. Single scatter: one collision is
        enough, because the active daughter soon thermalises.
        """
        star, m_keV = self.star, np.atleast_1d(np.asarray(m_keV, dtype=float))
        sigma, sigma_error, transfer, transfer_error, status = medium.sterile_cross_section(
            star, m_keV, self.choices.T_NS_K, self.choices.collision.amplitude
        )
        E = star.gamma * m_keV * 1e3
        gain = E - 3 * K_B * self.choices.T_NS_K
        threshold, relative_error = star.sigma_threshold, sigma_error / np.where(sigma > 0, sigma, 1)
        if self.reading == "literal":
            with np.errstate(divide="ignore", invalid="ignore"):
                many = gain / (transfer * E)
                several = status == Status.OK
                several &= many > 1
            threshold = threshold * np.where(several, many, 1.0)
            relative_error = relative_error + np.where(
                several, transfer_error / np.where(transfer != 0, np.abs(transfer), 1), 0.0
            )
            sigma = sigma * self.choices.electron_factor
        with np.errstate(divide="ignore", invalid="ignore"):
            s_sat = threshold / sigma
        return self.full_heating(gain / E), s_sat, decay_exponent(m_keV), relative_error, status

    def power(self, gain=1.0):
        """Power [erg/s] at the surface if each neutrino is captured and leaves the part `gain` of its energy, Eq. (12).

        The mass cancels: many light neutrinos carry as much as few heavy ones.

        Parameters
        ----------
        gain : part of the energy gamma m that stays in the star

        Returns
        -------
        [erg/s]
        """
        v = self.halo.focusing_speed_km_s
        area = math.pi * capture_parameter(self.star, v) ** 2
        flux = area * v * 1e5 * self.halo.rho_DM_GeV_per_cm3 * 1e9  # rest energy [eV/s]
        return flux * self.star.gamma / EV_PER_ERG * gain

    def full_heating(self, gain=1.0):
        """T^4 [K^4] at infinity that this power sustains.

        Parameters
        ----------
        gain : part of the energy gamma m that stays in the star

        Returns
        -------
        [K^4]
        """
        star, redshift = self.star, 1 - self.star.compactness
        for _ in range(GAMMAS_LESS[self.choices.bookkeeping]):
            redshift /= star.gamma
        return self.power(gain) * redshift / (4 * math.pi * star.R**2 * SIGMA_SB)

    def temperature(self, m_keV, sin2theta):
        """Temperature at infinity [K], its error, status; arrays of shape (n,).

        Parameters
        ----------
        m_keV, sin2theta : arrays that broadcast

        Returns
        -------
        T [K], error [K], status : (n,)
        """
        m_keV, s = (np.ascontiguousarray(a, dtype=float) for a in np.broadcast_arrays(np.atleast_1d(m_keV), sin2theta))
        mass, where = np.unique(m_keV, return_inverse=True)
        full4, s_sat, b, relative_error, status = (a[where] for a in self.by_mass(mass))
        value, outcome = kernel.heating_map(
            s, full4, s_sat, b, self.choices.T_NS_K**4, self.choices.capture, self.choices.decay
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            added = value**4 - self.choices.T_NS_K**4
            error = np.where(value > 0, np.abs(added) * (relative_error + 1e-14) / (4 * value**3), 0.0)
        return value, error, np.where(status != Status.OK, status, outcome)

    def mixing(self, T_inf_K, m_keV):
        """Lower and upper sin^2(theta) that give T_inf_K, their relative errors, status; arrays of shape (n,).

        NO_SOLUTION where heating cannot lead there; both may exceed 1, upper is infinite if nothing decays.

        Parameters
        ----------
        T_inf_K, m_keV : arrays that broadcast

        Returns
        -------
        lower, upper, relative error, status : (n,)
        """
        T, m_keV = (np.ascontiguousarray(a, dtype=float) for a in np.broadcast_arrays(np.atleast_1d(T_inf_K), m_keV))
        mass, where = np.unique(m_keV, return_inverse=True)
        full4, s_sat, b, relative_error, status = (a[where] for a in self.by_mass(mass))
        with np.errstate(divide="ignore", invalid="ignore"):
            f = (T**4 - self.choices.T_NS_K**4) / full4
        lower, upper, outcome = kernel.mixing_edges(
            np.ascontiguousarray(f), s_sat, b, self.choices.capture, self.choices.decay
        )
        outcome = np.where((self.choices.T_NS_K >= T) | ~(f > 0), Status.NO_SOLUTION, outcome)
        return lower, upper, relative_error + 1e-14, np.where(status != Status.OK, status, outcome)
