"""The inputs: the star, the dark matter around it, what happens to a neutrino inside, and who looks at it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nubounds.constraints.neutron_star.constants import (
    C_LIGHT,
    G_F,
    G_NEWTON,
    HBARC,
    M_NEUTRON,
    M_NEUTRON_G,
    SOLAR_MASS,
)
from nubounds.contract import PRECISIONS, InputError, Inputs, Named, given, part
from nubounds.inputs.priors import Normal, Uniform

# The rate is the leading order in (momentum transfer)/p_F and T/p_F: below these the error is under one per cent.
MAX_TRANSFER_OVER_P_F = 1 / 20
MAX_T_OVER_P_F = 1 / 1000

AMPLITUDES = ("paper", "exact", "unpolarised")
CAPTURES = ("min", "exponential")
DECAYS = ("exponential", "cut", "none")
# Of the power at infinity: a captured particle brings m, but Eq. (12) counts gamma m.  Others take gamma m at the rate
# seen from infinity and redshift the thermal radiation in full.
GAMMAS_LESS = {"surface": 0, "infinity": 1, "undilated": 2}


@dataclass(frozen=True)
class Accuracy(Inputs):
    """How accurately the random walk is solved."""

    precision: str = given(
        "paper",
        meaning="nodes of the equation for survival probabilities; rates of collisions reach 1e-8 in any case",
        choices=PRECISIONS,
    )


@dataclass(frozen=True)
class Star(Inputs):
    """The star of Section IV: a homogeneous sphere of degenerate neutrons.

    Its Fermi momentum and its density are separate inputs, as in the paper (p_F alone gives 4.0055e38/cm^3).
    """

    M_Msun: float = given(
        1.5,
        "M_sun",
        "mass of the star, in the paper's solar masses of 2e33 g",
        above=0,
        maximum=1e6,
        prior=Uniform(1.2, 2.0, "assumption: masses of known neutron stars"),
        source="Section IV",
    )
    R_km: float = given(
        10.0,
        "km",
        "radius of the star",
        above=0,
        maximum=1e6,
        prior=Normal(12.0, 0.8, "NICER and GW170817; the paper's 10 km lies outside"),
        source="Section IV",
    )
    p_F_MeV: float = given(
        450.0, "MeV", "Fermi momentum of the neutrons", minimum=1e-3, maximum=1e6, source="Section IV"
    )
    n_n_per_cm3: float = given(4e38, "1/cm3", "density of neutrons", minimum=1, maximum=1e60, source="Section IV")

    def check(self) -> None:
        if self.compactness >= 1:
            horizon = self.compactness * self.R_km
            raise InputError(
                f"R_km={self.R_km:g}: not above the Schwarzschild radius {horizon:.6g} km of M_Msun={self.M_Msun:g}"
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

    def rate_factor(self, E, k):
        """G^2 E_F^2/(8 pi^3 E k): from the kernel's I_0 to a rate [eV]; E, k in eV."""
        return G_F**2 * self.E_F**2 / (8 * math.pi**3 * E * k)


@dataclass(frozen=True)
class Halo(Inputs):
    """The dark matter that meets the star."""

    rho_DM_GeV_per_cm3: float = given(
        0.4,
        "GeV/cm3",
        "density of dark matter near the star",
        above=0,
        prior=Normal(0.40, 0.06, "assumption: spread of local determinations"),
        source="Section V",
    )
    v_DM_km_s: float = given(
        330.5,
        "km/s",
        "relative velocity of star and dark matter",
        above=0,
        prior=Normal(330.0, 30.0, "assumption"),
        source="Section V",
    )
    velocities: str = given(
        "single",
        meaning="one relative velocity for all, or Maxwellian velocities seen from a moving star, whose slow part is "
        "focused most",
        choices=("single", "maxwell"),
        best="maxwell",
        source="Section V; the average of 1/v over a shifted Maxwellian",
    )
    v_halo_km_s: float = given(
        230.0,
        "km/s",
        "most probable speed of the dark matter (velocities: maxwell)",
        minimum=1,
        maximum=1e4,
        prior=Normal(230.0, 15.0, "assumption"),
        source="after Eq. (12)",
    )
    v_star_km_s: float = given(
        207.0,
        "km/s",
        "speed of the star through the halo (velocities: maxwell)",
        minimum=0,
        maximum=1e4,
        source="after Eq. (12)",
    )

    @property
    def focusing_speed_km_s(self) -> float:
        """The speed whose inverse is the mean of 1/v: gravity focuses as 1/v^2, so the rate of capture goes as 1/v."""
        if self.velocities == "single":
            return self.v_DM_km_s
        y = self.v_star_km_s / self.v_halo_km_s
        if y < 1e-6:
            return 0.5 * math.sqrt(math.pi) * self.v_halo_km_s
        return self.v_star_km_s / math.erf(y)


@dataclass(frozen=True)
class Collision(Inputs):
    """How a neutrino scatters."""

    amplitude: str = given(
        "paper",
        meaning="squared amplitude of the collision with a neutron: as printed, exact, or for unpolarised neutrinos",
        choices=AMPLITUDES,
        source="Appendix B",
    )


@dataclass(frozen=True)
class Capture(Inputs):
    """How captured dark matter heats the star."""

    T_NS_K: float = given(0.0, "K", "temperature of the star without dark matter", minimum=0)
    collision: Collision = part(Collision)
    electron_factor: float = given(
        1.2, "1", "electrons' share in the cross section (reading literal only)", above=0, source="after Eq. (13)"
    )
    capture: str = given(
        "min",
        meaning="fraction captured: min(1, x), or 1 - exp(-x)",
        choices=CAPTURES,
        best="exponential",
        source="Eq. (13)",
    )
    decay: str = given(
        "exponential",
        meaning="decay of the dark matter: exponential, cut at the age of the Universe, or none",
        choices=DECAYS,
        source="Eq. (14)",
    )
    bookkeeping: str = given(
        "surface",
        meaning="energy counted at the surface, as printed; conserved at infinity (one gamma less); or at the surface "
        "with a rate that nobody dilated, then redshifted in full (two gammas less)",
        choices=tuple(GAMMAS_LESS),
        best="infinity",
        source="Eq. (12)",
    )


@dataclass(frozen=True)
class Walk(Inputs):
    """The random walk of Appendix D."""

    mfp_over_radius: float = given(
        0.0, "1", "mean free path of the random walk over the radius; 0 is a half-space", minimum=0
    )


@dataclass(frozen=True)
class Walkers(Inputs):
    """Its simulation."""

    walk: Walk = part(Walk)
    seed: int = given(20240801, meaning="seed of the simulated walk", minimum=0, maximum=2**63 - 1)
    walkers_per_block: int = given(
        20000,
        meaning="walkers in one block of the simulation; for more of them take more blocks",
        minimum=1,
        maximum=10**6,
    )


@dataclass(frozen=True)
class Observation(Inputs):
    """The star as a telescope sees it."""

    distance_pc: float = given(10.0, "pc", "distance of the star", above=0)
    wavelength_um: float = given(2.0, "um", "wavelength of the observation", above=0)


@dataclass(frozen=True)
class Instruments(Inputs):
    """Wavelength coverage of imaging instruments."""

    band_min_um: Named = given(
        Named(
            {
                "JWST NIRCam": 0.6,
                "JWST MIRI": 5.6,
                "ELT MICADO": 0.8,
                "ELT METIS": 3.0,
                "TMT WFOS": 0.31,
                "TMT IRIS": 0.84,
            }
        ),
        "um",
        "shortest wavelength of each instrument",
        above=0,
        source="NIRCam: archive.stsci.edu/jwst; MIRI: its imaging filters F560W to F2550W; MICADO: mpia.de, final "
        "design review, 2024; METIS: Brandl et al., The Messenger 182 (2021) 22; WFOS, IRIS: tmt.org",
    )
    band_max_um: Named = given(
        Named(
            {
                "JWST NIRCam": 5.0,
                "JWST MIRI": 25.5,
                "ELT MICADO": 2.4,
                "ELT METIS": 13.3,
                "TMT WFOS": 1.0,
                "TMT IRIS": 2.4,
            }
        ),
        "um",
        "longest wavelength of each instrument",
        above=0,
        source="as for band_min_um",
    )

    def check(self) -> None:
        low, high = self.band_min_um, self.band_max_um
        if set(low) != set(high):
            alone = ", ".join(sorted(set(low) ^ set(high)))
            raise InputError(f"band_min_um and band_max_um must name the same instruments; only in one: {alone}")
        for name in low:
            if not low[name] < high[name]:
                raise InputError(f"band_min_um.{name}: the band {low[name]:g} to {high[name]:g} um is empty")

    def covering(self, wavelength_um: float) -> list[str]:
        """Names of the instruments whose band contains a wavelength."""
        return [name for name in self.band_min_um if self.band_min_um[name] <= wavelength_um <= self.band_max_um[name]]


RECORDS = (Accuracy, Star, Halo, Capture, Walkers, Observation, Instruments)
