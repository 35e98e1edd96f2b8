"""Heating by sterile-neutrino dark matter (Section V): temperature at infinity and the mixing that explains it.

With s = sin^2(theta):  T_inf^4 = T_NS^4 + T_full^4 g(s),  g = min(1, s/s_sat) exp(-b s).  Full capture alone fixes
T_full; s_sat is where the star becomes thick; b s is the age of the Universe over the lifetime.  All three come from
the mass, so a map or a contour costs one rate per mass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from nubounds.constraints.neutron_star import medium
from nubounds.constraints.neutron_star.star import (
    AGE_OF_UNIVERSE,
    C_LIGHT,
    EV_PER_ERG,
    G_F,
    HBAR,
    K_B,
    PARAMETERS,
    SIGMA_SB,
    Star,
    star_of,
)
from nubounds.contract import Status, choice, number
from nubounds.kernels import neutron_star as kernel

READINGS = ("literal", "single_scatter")
OPTIONS = (
    number("rho_DM_GeV_per_cm3", "GeV/cm3", 0.4, above=0, meaning="density of dark matter near the star"),
    number("v_DM_km_s", "km/s", 330.5, above=0, meaning="relative velocity of star and dark matter"),
    choice("amplitude", kernel.AMPLITUDES, "paper", "amplitude of the collision with a neutron"),
    number(
        "electron_factor", "1", 1.2, above=0, meaning="electrons' share in the cross section (reading literal only)"
    ),
    choice("capture", kernel.CAPTURES, "min", "fraction captured: min(1, x), or 1 - exp(-x)"),
    choice(
        "decay",
        kernel.DECAYS,
        "exponential",
        "decay of the dark matter: exponential, cut at the age of the Universe, or none",
    ),
    choice(
        "bookkeeping",
        ("surface", "infinity"),
        "surface",
        "energy counted at the surface, as printed, or conserved at infinity (one gamma less)",
    ),
)


def capture_parameter(star: Star, v_km_s):
    """Largest impact parameter that hits the star [cm], Eq. (4)."""
    return math.sqrt(star.compactness) * C_LIGHT / (v_km_s * 1e5) * star.R * star.gamma


def decay_exponent(m_keV, sin2theta=1.0):
    """Age of the Universe times the width of the decay into three neutrinos, Eq. (14)."""
    m = np.asarray(m_keV) * 1e3
    return G_F**2 * (m * m * m * m * m) / (96 * math.pi**3 * HBAR) * AGE_OF_UNIVERSE * sin2theta


@dataclass(frozen=True)
class Heating:
    """Star, halo and the choices of one calculation."""

    star: Star = field(default_factory=Star)
    reading: str = "literal"
    T_NS_K: float = 0.0
    rho_DM_GeV_per_cm3: float = 0.4
    v_DM_km_s: float = 330.5
    amplitude: str = "paper"
    electron_factor: float = 1.2
    capture: str = "min"
    decay: str = "exponential"
    bookkeeping: str = "surface"

    def by_mass(self, m_keV):
        """What the mass fixes: T_full^4 [K^4], s_sat, b, relative error of s_sat, status; arrays of shape (n,).

        Literal: Eq. (13) with the energy given in one collision, electrons included. Single scatter: one collision is
        enough, because the active daughter soon thermalises.
        """
        star, m_keV = self.star, np.atleast_1d(np.asarray(m_keV, dtype=float))
        sigma, sigma_error, transfer, transfer_error, status = medium.sterile_cross_section(
            star, m_keV, self.T_NS_K, self.amplitude
        )
        E = star.gamma * m_keV * 1e3
        gain = E - 3 * K_B * self.T_NS_K
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
            sigma = sigma * self.electron_factor
        with np.errstate(divide="ignore", invalid="ignore"):
            s_sat = threshold / sigma
        return self.full_heating(gain / E), s_sat, decay_exponent(m_keV), relative_error, status

    def power(self, gain=1.0):
        """Power [erg/s] at the surface if each neutrino is captured and leaves the part `gain` of its energy, Eq. (12).

        The mass cancels: many light neutrinos carry as much as few heavy ones.
        """
        area = math.pi * capture_parameter(self.star, self.v_DM_km_s) ** 2
        flux = area * self.v_DM_km_s * 1e5 * self.rho_DM_GeV_per_cm3 * 1e9  # rest energy [eV/s]
        return flux * self.star.gamma / EV_PER_ERG * gain

    def full_heating(self, gain=1.0):
        """T^4 [K^4] at infinity that this power sustains."""
        star, redshift = self.star, 1 - self.star.compactness
        if self.bookkeeping == "infinity":
            redshift /= star.gamma
        return self.power(gain) * redshift / (4 * math.pi * star.R**2 * SIGMA_SB)

    def temperature(self, m_keV, sin2theta):
        """Temperature at infinity [K], its error, status; arrays of shape (n,)."""
        m_keV, s = (np.ascontiguousarray(a, dtype=float) for a in np.broadcast_arrays(np.atleast_1d(m_keV), sin2theta))
        mass, where = np.unique(m_keV, return_inverse=True)
        full4, s_sat, b, relative_error, status = (a[where] for a in self.by_mass(mass))
        value, outcome = kernel.heating_map(s, full4, s_sat, b, self.T_NS_K**4, self.capture, self.decay)
        with np.errstate(divide="ignore", invalid="ignore"):
            added = value**4 - self.T_NS_K**4
            error = np.where(value > 0, np.abs(added) * (relative_error + 1e-14) / (4 * value**3), 0.0)
        return value, error, np.where(status != Status.OK, status, outcome)

    def mixing(self, T_inf_K, m_keV):
        """Lower and upper sin^2(theta) that give T_inf_K, their relative errors, status; arrays of shape (n,).

        NO_SOLUTION where heating cannot lead there; both may exceed 1, upper is infinite if nothing decays.
        """
        T, m_keV = (np.ascontiguousarray(a, dtype=float) for a in np.broadcast_arrays(np.atleast_1d(T_inf_K), m_keV))
        mass, where = np.unique(m_keV, return_inverse=True)
        full4, s_sat, b, relative_error, status = (a[where] for a in self.by_mass(mass))
        with np.errstate(divide="ignore", invalid="ignore"):
            f = (T**4 - self.T_NS_K**4) / full4
        lower, upper, outcome = kernel.mixing_edges(np.ascontiguousarray(f), s_sat, b, self.capture, self.decay)
        outcome = np.where((self.T_NS_K >= T) | ~(f > 0), Status.NO_SOLUTION, outcome)
        return lower, upper, relative_error + 1e-14, np.where(status != Status.OK, status, outcome)


def heating_of(values, reading: str) -> Heating:
    """The calculation described by a mapping of inputs or arguments."""
    return Heating(
        star_of(values), reading, values["T_NS_K"], **{option.name: values[option.name] for option in OPTIONS}
    )


T_NS = number("T_NS_K", "K", 0.0, minimum=0, meaning="temperature of the star without dark matter")
ARGUMENTS = (T_NS, *OPTIONS, *PARAMETERS)
