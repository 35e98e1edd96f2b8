"""Inputs that constraints from solar neutrinos share: target, spectra, production zone, oscillations, fluxes.

A constraint composes its own records of these with ``part(...)``.  Defaults are those of Demirci and Mustamin (2025);
one that wants another default derives a record and declares that field anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from nubounds.contract import PRECISIONS, DataFile, InputError, Inputs, Named, given, part
from nubounds.inputs.priors import Normal

TARGETS = ("Ge", "Xe", "Si", "CsI", "Ar")  # data/target_*.csv
FLAVOURS = ("all", "e", "mu", "tau")
FLUXES = ("8b", "hep")
FLUX_CHOICES = ("all", *FLUXES)

NUFIT = "NuFIT 6.0 (2024), normal ordering with Super-Kamiokande's atmospheric data, at second hand"
BS05 = "BS05(OP), Bahcall, Serenelli and Basu, ApJ 621 (2005) L85"


@dataclass(frozen=True)
class Accuracy(Inputs):
    """How accurately rates are integrated over bins of recoil energy."""

    precision: str = given("paper", meaning="nodes on a piece of a bin: 2e-6, 2e-11 or 1e-11", choices=PRECISIONS)


@dataclass(frozen=True)
class Target(Inputs):
    """The nuclei that recoil."""

    target: str = given("Ge", meaning="target with embedded isotopes", choices=TARGETS)
    target_file: DataFile | None = given(
        None,
        meaning="csv of isotopes instead of an embedded target: atomic masses, and fractions of all nuclei that add up "
        "to 1",
        columns="Z, A, mass_u, fraction",
    )
    isotope_mix: Named = given(
        Named({}),
        "1",
        "mass number: fraction of the nuclei, for enriched targets; adds up to 1; empty for the fractions of the "
        "target's file",
        minimum=0,
        maximum=1,
    )


@dataclass(frozen=True)
class WeakMixing(Inputs):
    """The coupling of coherent scattering."""

    sin2_theta_W: float = given(
        0.23857,
        "1",
        "weak mixing angle at low momentum transfer",
        minimum=0,
        maximum=1,
        prior=Normal(0.23857, 0.00005, "PDG, MS-bar at low momentum transfer"),
        source="PDG, MS-bar at low momentum transfer",
    )


@dataclass(frozen=True)
class SolarFluxes(Inputs):
    """Total fluxes at Earth."""

    flux_8b_per_cm2_s: float = given(
        5.691e6,
        "1/(cm2 s)",
        "total 8B flux",
        minimum=0,
        maximum=1e20,
        prior=Normal(5.691e6, 0.038 * 5.691e6, "relative uncertainty of SNO's neutral currents, PRC 88 (2013) 025501"),
        source=BS05,
    )
    flux_hep_per_cm2_s: float = given(
        7.930e3,
        "1/(cm2 s)",
        "total hep flux",
        minimum=0,
        maximum=1e20,
        prior=Normal(7.930e3, 0.30 * 7.930e3, "relative uncertainty of B16, Vinyoles et al., ApJ 835 (2017) 202"),
        source=BS05,
    )

    def check(self) -> None:
        if not any(self.of("all")):
            raise InputError("flux_8b_per_cm2_s and flux_hep_per_cm2_s: both fluxes are 0")

    def of(self, flux: str) -> tuple[float, float]:
        """The two total fluxes.

        Parameters
        ----------
        flux : all, 8b or hep

        Returns
        -------
        Total 8B and hep flux [1/(cm2 s)], 0 for one that is not part of `flux`.
        """
        totals = (self.flux_8b_per_cm2_s, self.flux_hep_per_cm2_s)
        return tuple(total if flux in ("all", name) else 0.0 for name, total in zip(FLUXES, totals, strict=True))


@dataclass(frozen=True)
class Spectra(Inputs):
    """Shapes of the spectra."""

    spectrum_8b: DataFile | None = given(
        None,
        meaning="csv of the 8B spectrum in any norm instead of the embedded one; linear in between",
        columns="E_MeV, intensity",
    )
    spectrum_hep: DataFile | None = given(
        None,
        meaning="csv of the hep spectrum in any norm instead of the embedded one; linear in between",
        columns="E_MeV, intensity",
    )


@dataclass(frozen=True)
class Production(Inputs):
    """Where in the Sun neutrinos are produced."""

    production_8b: DataFile | None = given(
        None,
        meaning="csv of the electron densities n_e/(N_A cm^-3) where 8B neutrinos are produced, with weights",
        columns="density, weight",
    )
    production_hep: DataFile | None = given(
        None,
        meaning="csv of the electron densities n_e/(N_A cm^-3) where hep neutrinos are produced, with weights",
        columns="density, weight",
    )


@dataclass(frozen=True)
class Oscillations(Inputs):
    """Mixing of the three active neutrinos."""

    sin2_theta12: float = given(
        0.307,
        "1",
        "solar mixing angle",
        minimum=0,
        maximum=1,
        prior=Normal(0.308, 0.0115, NUFIT),
        source="NuFIT 5.3, normal ordering",
    )
    sin2_theta23: float = given(
        0.572,
        "1",
        "atmospheric mixing angle",
        minimum=0,
        maximum=1,
        prior=Normal(0.470, 0.015, f"{NUFIT}; a second octant exists, at 0.55 to 0.57"),
        source="NuFIT 5.3, normal ordering",
    )
    sin2_theta13: float = given(
        0.02203,
        "1",
        "reactor mixing angle",
        minimum=0,
        maximum=1,
        prior=Normal(0.02215, 0.00057, NUFIT),
        source="NuFIT 5.3, normal ordering",
    )
    dm2_21_eV2: float = given(
        7.41e-5,
        "eV2",
        "solar mass splitting",
        minimum=1e-15,
        maximum=1,
        prior=Normal(7.49e-5, 0.19e-5, NUFIT),
        source="NuFIT 5.3, normal ordering",
    )
    dm2_3l_eV2: float = given(
        2.511e-3,
        "eV2",
        "atmospheric mass splitting: m3^2 - m1^2 > 0 (normal ordering) or m3^2 - m2^2 < 0 (inverted)",
        minimum=-10,
        maximum=10,
        prior=Normal(2.513e-3, 0.020e-3, NUFIT),
        source="NuFIT 5.3, normal ordering",
    )

    def check(self) -> None:
        if abs(self.dm2_3l_eV2) <= self.dm2_21_eV2:
            raise InputError("dm2_3l_eV2: must be larger in magnitude than dm2_21_eV2, with either sign")


@dataclass(frozen=True)
class Scattering(Inputs):
    """Everything that recoil rates at unit fluxes depend on."""

    target: Target = part(Target)
    weak_mixing: WeakMixing = part(WeakMixing)
    spectra: Spectra = part(Spectra)
    production: Production = part(Production)
    oscillations: Oscillations = part(Oscillations)
