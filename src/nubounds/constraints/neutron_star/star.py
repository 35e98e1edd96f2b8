"""The star of Section IV and the constants of nature that only this constraint uses.

A homogeneous sphere of degenerate neutrons.  Its Fermi momentum and its density are separate inputs, as in the paper
(p_F alone gives 4.0055e38/cm^3).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nubounds import constants
from nubounds.contract import InputError, number

G_F = constants.G_F_PER_MEV2 * 1e-12  # Fermi constant [eV^-2]
HBARC = constants.HBARC_MEV_FM * 1e-7  # hbar c [eV cm]
HBAR = constants.HBAR_MEV_S * 1e6  # hbar [eV s]
C_LIGHT = constants.C_M_PER_S * 100  # [cm/s]
K_B = constants.K_B_EV_PER_K  # [eV/K]
EV_PER_ERG = 624.150907446e9  # CODATA 2018
G_NEWTON = 6.67430e-8  # [cm^3 g^-1 s^-2], CODATA 2018
SIGMA_SB = 5.670374419e-5  # Stefan-Boltzmann constant [erg cm^-2 s^-1 K^-4], CODATA 2018
SOLAR_MASS = 2e33  # [g], the paper's value
M_NEUTRON, M_PROTON, M_ELECTRON = 0.93956542052e9, 0.93827208816e9, constants.M_ELECTRON_MEV * 1e6  # [eV], CODATA 2018
M_NEUTRON_G = 1.67492749804e-24  # [g], CODATA 2018
SIN2_THETA_W = 0.23122  # PDG 2020
AGE_OF_UNIVERSE = 13.8e9 * constants.YEAR_S  # [s], the paper's tau_U

# The rate is the leading order in (momentum transfer)/p_F and T/p_F: below these the error is under one per cent.
MAX_TRANSFER_OVER_P_F = 1 / 20
MAX_T_OVER_P_F = 1 / 1000

PARAMETERS = (
    number(
        "M_Msun", "M_sun", 1.5, above=0, maximum=1e6, meaning="mass of the star, in the paper's solar masses of 2e33 g"
    ),
    number("R_km", "km", 10.0, above=0, maximum=1e6, meaning="radius of the star"),
    number("p_F_MeV", "MeV", 450.0, minimum=1e-3, maximum=1e6, meaning="Fermi momentum of the neutrons"),
    number("n_n_per_cm3", "1/cm3", 4e38, minimum=1, maximum=1e60, meaning="density of neutrons"),
)


@dataclass(frozen=True)
class Star:
    """Mass [2e33 g], radius [km], Fermi momentum [MeV] and density [1/cm^3] of the neutrons.

    Raises
    ------
    InputError
        If the radius does not exceed the Schwarzschild radius.
    """

    M_Msun: float = 1.5
    R_km: float = 10.0
    p_F_MeV: float = 450.0
    n_n_per_cm3: float = 4e38

    def __post_init__(self):
        if self.compactness >= 1:
            horizon = self.compactness * self.R_km
            raise InputError(
                f"R_km={self.R_km}: not above the Schwarzschild radius {horizon:.6g} km of M_Msun={self.M_Msun}"
            )

    @property
    def R(self) -> float:
        """Radius [cm]."""
        return self.R_km * 1e5

    @property
    def M(self) -> float:
        """Mass [g]."""
        return self.M_Msun * SOLAR_MASS

    @property
    def compactness(self) -> float:
        """C = 2 G M/(R c^2)."""
        return 2 * G_NEWTON * self.M / (self.R * C_LIGHT**2)

    @property
    def gamma(self) -> float:
        """Lorentz factor at the surface of what fell in from rest: E = gamma m."""
        return 1 / math.sqrt(1 - self.compactness)

    @property
    def p_F(self) -> float:
        """Fermi momentum [eV]."""
        return self.p_F_MeV * 1e6

    @property
    def E_F(self) -> float:
        """Fermi energy with rest mass [eV]."""
        return math.hypot(self.p_F, M_NEUTRON)

    @property
    def v_F(self) -> float:
        """Velocity of the neutrons at the Fermi surface."""
        return self.p_F / self.E_F

    @property
    def n_n(self) -> float:
        """Density of neutrons [eV^3]."""
        return self.n_n_per_cm3 * HBARC**3

    @property
    def kappa(self) -> float:
        """kappa [eV^3] of the neutrons kappa/q^3 in a sphere of radius 2 pi/q, Eq. (3)."""
        return 4 / 3 * math.pi * (2 * math.pi) ** 3 * self.n_n

    @property
    def sigma_threshold(self) -> float:
        """pi R^2 m_n/M [cm^2], Eq. (9): about one mean free path per star."""
        return math.pi * self.R**2 * M_NEUTRON_G / self.M

    @property
    def E_max(self) -> float:
        """Largest neutrino energy [eV] for the expansion in q/p_F: the momentum transfer reaches E + k."""
        return MAX_TRANSFER_OVER_P_F * self.p_F / (1 + math.sqrt(self.compactness))

    @property
    def T_max(self) -> float:
        """Largest temperature [eV] for the expansion in T/p_F."""
        return MAX_T_OVER_P_F * self.p_F

    @cached_property
    def v_rel(self) -> float:
        """Mean relative velocity of a neutrino that fell in from rest, Eq. (B17) at zero temperature.

        The average over the angle is elementary: with the larger and the smaller of both velocities, a and b, it is
        [b (1 + a^2) - (1 - a^2)(1 - b^2) artanh b]/(2 a b).
        """
        x, w = np.polynomial.legendre.leggauss(16)
        v = math.sqrt(self.compactness)
        same = M_NEUTRON * v * self.gamma  # momentum of a neutron as fast as the neutrino: a kink
        borders = [0.0, min(same, self.p_F), self.p_F]
        total = 0.0
        for low, high in itertools.pairwise(borders):
            p = 0.5 * (low + high) + 0.5 * (high - low) * x
            u = p / np.hypot(p, M_NEUTRON)
            a, b = np.maximum(u, v), np.minimum(u, v)
            mean = (b * (1 + a * a) - (1 - a * a) * (1 - b * b) * np.arctanh(b)) / (2 * a * b)
            total += 0.5 * (high - low) * np.sum(w * p * p * mean)
        return float(3 * total / self.p_F**3)

    def rate_factor(self, E, k):
        """G^2 E_F^2/(8 pi^3 E k): from the kernel's I_0 to a rate [eV]; E, k in eV."""
        return G_F**2 * self.E_F**2 / (8 * math.pi**3 * E * k)


def star_of(values) -> Star:
    """The star in a mapping of inputs or arguments (other keys are left alone)."""
    return Star(**{parameter.name: values[parameter.name] for parameter in PARAMETERS})
