"""The inputs: how a supernova makes sterile neutrinos, how their daughters reach the Earth, and who looks for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from nubounds.constraints.sn_dipole.constants import DAY_S, KPC_CM
from nubounds.contract import PRECISIONS, DataFile, InputError, Inputs, NamedFiles, given, part
from nubounds.inputs.priors import Choice, LogNormal, Normal, Uniform

SCREENING = ("debye", "plasmon", "none", "rpa")
TARGETS = ("electrons", "positrons", "protons", "neutrons")
CHANNELS = ("scattering", "inverse_decay")
EMBEDDED, MOST_STARS = "PNS-8.8A", 20
M_MIN_MEV = 1e-6  # lighter N would be lighter than active neutrinos
E_MAX_MEV = 1000.0  # heavier N are not made, and nothing to speak of leaves a supernova with more energy
D_MIN, D_MAX = 1e-30, 1.0  # coupling d [1/MeV]


def _ascending(name: str, band: tuple[float, ...]) -> None:
    if band[1] <= band[0]:
        raise InputError(f"{name}={list(band)}: the second energy must be above the first")


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InputError(f"{name}: must be between {low:g} and {high:g}, not {value:g}")


def _masses_and_couplings(name: str, values: tuple[float, ...]) -> None:
    """InputError for values (mass [MeV], d [1/MeV], mass, d...) of which one is out of range."""
    for M, d in zip(values[::2], values[1::2], strict=True):
        _within(f"{name}: mass", M, M_MIN_MEV, E_MAX_MEV)
        _within(f"{name}: d", d, D_MIN, D_MAX)


# The supernova and the sterile neutrinos that it makes.


@dataclass(frozen=True)
class Accuracy(Inputs):
    """How accurately the rates are integrated."""

    precision: str = given(
        "paper",
        meaning="nodes of the rates: 2e-3, 6e-6 or 3e-7; splines and zones add 6e-6 to spectra; beyond the paper "
        "limits are good to 2e-2 (draft) or 3e-3",
        choices=PRECISIONS,
    )


@dataclass(frozen=True)
class Star(Inputs):
    """The proto-neutron star: PNS-8.8A, or a user's."""

    profile: DataFile | None = given(
        None,
        meaning="csv with t_s, r_km, rho_gcc, T_MeV, Ye, Ynu and perhaps mu_e_MeV, mu_nue_MeV on a rectangular grid; "
        "null: PNS-8.8A",
        columns="t_s, r_km, rho_gcc, T_MeV, Ye, Ynu, perhaps mu_e_MeV, mu_nue_MeV",
    )
    T0_MeV: float = given(
        33.0,
        "MeV",
        "temperature scale of PNS-8.8A",
        minimum=5,
        maximum=100,
        prior=Normal(33.0, 5.0, "assumption: spread of peak temperatures between published proto-neutron stars"),
    )

    @property
    def name(self) -> str:
        """The star in words, for curves and figures."""
        return "user's profile" if self.profile else EMBEDDED


@dataclass(frozen=True)
class Scattering(Inputs):
    """How neutrinos scatter in the star."""

    screening: str = given(
        "debye",
        meaning="screening of the exchanged photon (the paper does not say); rpa: the plasma's own response, dynamic",
        choices=SCREENING,
        prior=Choice.of({"debye": 0.5, "plasmon": 0.5}, "assumption"),
        best="rpa",
        source="none in the paper; best: random phase approximation of electrons and protons",
    )
    pauli: bool = given(True, meaning="Pauli blocking of the final electron", source="Eq. (A1)")
    form_factors: bool = given(
        True, meaning="dipole form factors of nucleons; false: their charges and magnetic moments at rest"
    )


@dataclass(frozen=True)
class PhotonMass(Inputs):
    """The photons of gamma nu -> N."""

    photon_mass: bool = given(
        False,
        meaning="whether photons have a mass in the plasma, m^2 = k_D^2/2, in decay and inverse decay",
        best=True,
        source="none in the paper; best: transverse plasmons",
    )


@dataclass(frozen=True)
class Escape(Inputs):
    """What happens to N on the way out of the star."""

    absorption: str = given(
        "none",
        meaning="absorption and decay of N before they are out: none, averaged over directions, or straight outward",
        choices=("none", "full", "radial"),
        best="full",
        source="none in the paper; best: detailed balance with the production",
    )
    escape_radius_km: float = given(
        100.0, "km", "with absorption: N that decay inside are not lost", minimum=10, maximum=1e6
    )
    atmosphere_gcc: float = given(
        1e9, "g/cm3", "with absorption: density down to which there is matter", minimum=1e7, maximum=1e11
    )
    gravity: str = given(
        "none",
        meaning="redshift and binding of N in the star's gravity: none, or its lapse",
        choices=("none", "lapse"),
        best="lapse",
        source="none in the paper; best: hydrostatic equilibrium",
    )


@dataclass(frozen=True)
class Production(Inputs):
    """How a supernova makes sterile neutrinos."""

    accuracy: Accuracy = part(Accuracy)
    star: Star = part(Star)
    neutrino_potential: bool = given(
        True, meaning="false: chemical potential of the electron neutrinos set to zero", source="Appendix A"
    )
    scattering: Scattering = part(Scattering)
    protons: bool = given(False, meaning="scattering on free protons too (not in the paper)")
    jacobian: bool = given(True, meaning="false: Eq. (2) as printed, without dE/dE_N", source="Eq. (2), first erratum")
    channels: tuple[str, ...] = given(CHANNELS, meaning="ways to make N", choices=CHANNELS, source="Appendix A")
    targets: tuple[str, ...] = given(
        TARGETS[:1],
        meaning="what neutrinos scatter on",
        choices=TARGETS,
        aliases={"all": TARGETS, "electrons_protons": ("electrons", "protons")},
        best=TARGETS,
        source="electrons in the paper; best: all that is charged or has a magnetic moment",
    )
    kinematics: str = given(
        "light_cone",
        meaning="energy of N: E + M^2/4E from a neutrino of energy E, or as it is (recoil)",
        choices=("light_cone", "exact"),
        best="exact",
        source="Eq. (2)",
    )
    neutrinos: str = given(
        "pinched",
        meaning="energies of the neutrinos that make N: pinched with the moments of Fermi-Dirac gases, or those gases",
        choices=("pinched", "fermi_dirac"),
        best="fermi_dirac",
        source="Appendix A; best: detailed balance",
    )
    photon: PhotonMass = part(PhotonMass)
    escape: Escape = part(Escape)

    def check(self) -> None:
        if not self.of_the_paper:
            if self.protons:
                raise InputError("protons=true is at rest and point-like: beyond the paper name protons in targets")
            if not self.jacobian and self.kinematics == "exact":
                raise InputError("jacobian=false belongs to kinematics=light_cone")
            if not self.scattering.pauli and self.escape.absorption != "none":
                raise InputError("pauli=false has no detailed balance: it needs absorption=none")

    @property
    def of_the_paper(self) -> bool:
        """Whether N are made as in the paper, from sums over the star, and leave it freely."""
        plain = (self.targets, self.kinematics, self.neutrinos) == (TARGETS[:1], "light_cone", "pinched")
        free = self.escape.absorption == self.escape.gravity == "none"
        return plain and free and not self.photon.photon_mass and self.scattering.screening != "rpa"


@dataclass(frozen=True)
class Stars(Inputs):
    """Stars to compare with that of the run; without any there is nothing to compare."""

    stars: NamedFiles | None = given(
        None,
        meaning="stars whose limits stand beside those of the run: a list of profiles (as above, called as the files "
        "are) or a mapping of names to profiles; PNS-8.8A is the embedded one",
        choices=(EMBEDDED,),
        columns="as profile",
    )

    def check(self) -> None:
        if len(self.stars or ()) > MOST_STARS:
            raise InputError(f"stars: {len(self.stars or ())} stars; at most {MOST_STARS} are compared")
        for name in (stems := [stem(one) for one in self.stars or ()]):
            if stems.count(name) > 1:
                raise InputError(f"stars: two names become {name} in the names of files; choose others")

    def production_of(self, name: str, production: Production) -> Production:
        """A production of the run, in one of these stars."""
        entry = (self.stars or {})[name]
        profile = entry if isinstance(entry, DataFile) else None
        return replace(production, star=replace(production.star, profile=profile))


def stem(star: str) -> str:
    """The name of a star in names of files."""
    return re.sub(r"\W+", "_", star)


# The way to the Earth.


@dataclass(frozen=True)
class Arrival(Inputs):
    """Which daughters arrive in time."""

    full_geometry: bool = given(
        True,
        meaning="the whole geometry of the delay; false: its leading order in L1/D (up to 27 % fewer photons below "
        "0.1 MeV)",
    )

    @property
    def delay(self) -> str:
        """The delay, wherever the paper's bound is not asked for."""
        return "full" if self.full_geometry else "leading"

    @property
    def description(self) -> str:
        """The same in words, for curves and figures."""
        return "whole geometry of the delay" if self.full_geometry else "delay to leading order in L1/D"


@dataclass(frozen=True)
class Photosphere(Inputs):
    """Where photons get out."""

    photosphere_cm: float = given(  # below the least distance, 3e18 cm
        3e12,
        "cm",
        "photons from decays inside are not seen",
        minimum=0,
        maximum=1e18,
        source="text below Eq. (5)",
    )


@dataclass(frozen=True)
class Neutrinosphere(Inputs):
    """Where neutrinos get out."""

    neutrinosphere_cm: float = given(3e6, "cm", "the same for neutrinos", minimum=0, maximum=1e18)


@dataclass(frozen=True)
class Sn1987a(Inputs):
    """The supernova that was seen."""

    sn1987a_distance_kpc: float = given(
        51.4,
        "kpc",
        "distance of SN1987A",
        minimum=1e-3,
        maximum=1e6,
        prior=Normal(51.4, 1.2, "Panagia 1999"),
    )

    @property
    def distance_cm(self) -> float:
        """The distance [cm]."""
        return self.sn1987a_distance_kpc * KPC_CM


@dataclass(frozen=True)
class Distances(Inputs):
    """Distances of the supernovae."""

    sn1987a: Sn1987a = part(Sn1987a)
    galactic_distance_kpc: float = given(
        10.0, "kpc", "distance of the next galactic supernova", minimum=1e-3, maximum=1e6
    )

    def of(self, probe: str) -> float:
        """Distance [cm] of the supernova that a probe looks at."""
        if probe in ("smm", "smm_upper", "kamiokande_imb"):
            return self.sn1987a.distance_cm
        return self.galactic_distance_kpc * KPC_CM


# Who looks for them.


@dataclass(frozen=True)
class EnergyLoss(Inputs):
    """How much energy sterile neutrinos may carry away."""

    cooling_share: float = given(
        0.1, "1", "share of the energy that N may carry away", minimum=1e-6, maximum=1, source="text on energy loss"
    )
    energy_erg: float = given(
        1.635e53,
        "erg",
        "energy available to neutrinos",
        minimum=1e45,
        maximum=1e60,
        prior=Uniform(1e53, 3e53, "assumption: energy that neutrinos of all species carry away"),
    )
    cooling_criterion: str = given(
        "share",
        meaning="what excludes: a share of the energy, an energy, or a luminosity one second after bounce",
        choices=("share", "integrated", "luminosity"),
        best="integrated",
        source="text on energy loss; best: the burst of SN1987A would have been too short",
    )
    cooling_energy_erg: float = given(3e52, "erg", "energy for integrated", minimum=1e45, maximum=1e60)
    cooling_luminosity_erg_s: float = given(
        3e52, "erg/s", "luminosity one second after bounce for luminosity", minimum=1e45, maximum=1e60
    )

    @property
    def limit_erg(self) -> float:
        """What N may carry away [erg], or [erg/s] with cooling_criterion luminosity."""
        share = self.cooling_share * self.energy_erg
        return {
            "share": share,
            "integrated": self.cooling_energy_erg,
            "luminosity": self.cooling_luminosity_erg_s,
        }[self.cooling_criterion]


@dataclass(frozen=True)
class Envelope(Inputs):
    """The star around a supernova of low energy, which decays of N would heat."""

    energy_erg: float = given(unit="erg", meaning="energy at the limit", minimum=1e45, maximum=1e60)
    radius_cm: float = given(unit="cm", meaning="radius of the star", minimum=1e9, maximum=1e16)
    share: str = given(meaning="what is deposited: the photon's half of the energy, or all", choices=("photons", "all"))


@dataclass(frozen=True)
class Deposition(Inputs):
    """How much energy decays may leave in the star."""

    deposition: Envelope = given(
        Envelope(1e50, 5e13, "photons"),
        "erg, cm, 1",
        "low-energy supernovae: energy, radius of the star, share (SN1987A: 1e51, 3e12, all)",
        source="Caputo et al., arXiv:2201.09890; not in the paper",
    )


@dataclass(frozen=True)
class Telescope(Inputs):
    """A count of photons."""

    E_min_MeV: float = given(unit="MeV", meaning="lower end of the band", minimum=1e-3, maximum=1e6)
    E_max_MeV: float = given(unit="MeV", meaning="upper end of the band", minimum=1e-3, maximum=1e6)
    window_s: float = given(unit="s", meaning="longest delay", minimum=1e-3, maximum=1e9)
    area_cm2: float = given(unit="cm2", meaning="effective area", minimum=1e-3, maximum=1e9)
    counts: float = given(unit="1", meaning="counts at the limit", minimum=1e-6, maximum=1e12)

    def check(self) -> None:
        if self.E_max_MeV <= self.E_min_MeV:
            raise InputError(f"E_max_MeV={self.E_max_MeV:g}: must be above E_min_MeV={self.E_min_MeV:g}")


TELESCOPE_UNIT = "MeV, s, cm2, 1"
FORECASTS = "text on Fermi-LAT and e-ASTROGAM"
HIGH_ENERGY, LOW_ENERGY = "text on the high-energy analysis", "text on the low-energy analysis"


@dataclass(frozen=True)
class Smm(Inputs):
    """The telescope that looked at SN1987A."""

    smm: Telescope = given(
        Telescope(25.0, 100.0, 223.0, 63.0, 76.0),
        TELESCOPE_UNIT,
        "Solar Maximum Mission: band, window, effective area, counts at the limit",
        source="text above Fig. 3",
    )


@dataclass(frozen=True)
class SolarMaximum(Inputs):
    """Photons of SN1987A as the Solar Maximum Mission saw them."""

    photosphere: Photosphere = part(Photosphere)
    sn1987a: Sn1987a = part(Sn1987a)
    telescope: Smm = part(Smm)


@dataclass(frozen=True)
class Telescopes(Inputs):
    """All counts of photons."""

    solar_maximum: Smm = part(Smm)
    fermi_223: Telescope = given(
        Telescope(100.0, 1e4, 223.0, 9500.0, 2.5),
        TELESCOPE_UNIT,
        "Fermi-LAT, short window",
        source="text on Fermi-LAT and e-ASTROGAM",
    )
    fermi_3600: Telescope = given(
        Telescope(100.0, 1e4, 3600.0, 9500.0, 4.9),
        TELESCOPE_UNIT,
        "Fermi-LAT, long window",
        source="text on Fermi-LAT and e-ASTROGAM",
    )
    eastrogam: Telescope = given(
        Telescope(1.0, 1e4, 3600.0, 9025.0, 4.4),
        TELESCOPE_UNIT,
        "e-ASTROGAM",
        source="text on Fermi-LAT and e-ASTROGAM",
    )
    eastrogam_223_counts: float = given(
        2.5,
        "1",
        "counts at the limit of e-ASTROGAM in the short window, 223 s (the paper gives none: Fermi-LAT's)",
        minimum=1e-6,
        maximum=1e12,
    )

    def of(self, probe: str) -> Telescope:
        """The telescope of a probe; e-ASTROGAM's short window is that of Fermi-LAT."""
        if probe in ("smm", "smm_upper"):
            return self.solar_maximum.smm
        if probe == "eastrogam_223":
            return replace(self.eastrogam, window_s=self.fermi_223.window_s, counts=self.eastrogam_223_counts)
        return getattr(self, probe)


MASS_KT = {"unit": "kt", "minimum": 1e-6, "maximum": 1e6}
SHARE = {"unit": "1", "minimum": 0.0, "maximum": 1.0}
WINDOW_S = {"unit": "s", "minimum": 1e-3, "maximum": 1e9}
COUNTS = {"unit": "1", "minimum": 1e-6, "maximum": 1e12}


@dataclass(frozen=True)
class MassesPerDetector(Inputs):
    """A mass for each neutrino detector."""

    kamiokande: float = given(2.14, meaning="Kamiokande-II", **MASS_KT)
    imb: float = given(6.8, meaning="IMB", **MASS_KT)
    hyperk: float = given(187.0, meaning="Hyper-Kamiokande", **MASS_KT)
    dune: float = given(40.0, meaning="DUNE", **MASS_KT)


@dataclass(frozen=True)
class EfficienciesPerDetector(Inputs):
    """An efficiency for each neutrino detector."""

    kamiokande: float = given(0.93, meaning="Kamiokande-II", **SHARE)
    imb: float = given(0.95, meaning="IMB", **SHARE)
    hyperk: float = given(1.0, meaning="Hyper-Kamiokande", **SHARE)
    dune: float = given(1.0, meaning="DUNE", **SHARE)


@dataclass(frozen=True)
class WindowsPerDetector(Inputs):
    """A window for each detector that saw the burst of SN1987A."""

    kamiokande: float = given(13.0, meaning="Kamiokande-II", **WINDOW_S)
    imb: float = given(6.0, meaning="IMB", **WINDOW_S)


@dataclass(frozen=True)
class CountsPerDetector(Inputs):
    """Events for each detector that saw the burst of SN1987A."""

    kamiokande: float = given(6.19, meaning="Kamiokande-II", **COUNTS)
    imb: float = given(2.17, meaning="IMB", **COUNTS)


@dataclass(frozen=True)
class DetectorMasses(Inputs):
    """The neutrino detectors' masses."""

    detector_mass_kt: MassesPerDetector = given(MassesPerDetector(), "kt", "masses", source=HIGH_ENERGY)


@dataclass(frozen=True)
class Threshold(Inputs):
    """What excludes a signal in a count."""

    threshold: float = given(
        3.841, "1", "-2 ln L at the limit of the neutrino searches", minimum=1e-6, maximum=1e6, source="Eq. (7)"
    )


@dataclass(frozen=True)
class CrossSections(Inputs):
    """How neutrinos are seen above 70 MeV."""

    cross_section_water: DataFile | None = given(
        None,
        meaning="csv E_MeV, sigma_cm2: nu_e plus anti-nu_e per H2O; null: own fits",
        columns="E_MeV, sigma_cm2",
    )
    cross_section_argon: DataFile | None = given(None, meaning="the same per Ar atom", columns="E_MeV, sigma_cm2")

    def of(self, target: str) -> DataFile | None:
        """The user's file for water or argon."""
        return self.cross_section_water if target == "water" else self.cross_section_argon


@dataclass(frozen=True)
class HighEnergySearch(Inputs):
    """The searches for neutrinos of more energy than the burst itself has."""

    neutrino_window_s: float = given(
        86400.0,
        "s",
        "window of the neutrino searches",
        minimum=1e-3,
        maximum=1e9,
        source=HIGH_ENERGY,
    )
    neutrino_band_MeV: tuple[float, ...] = given(
        (70.0, 600.0), "MeV", "band of the searches in water", minimum=0.1, maximum=1e4, length=2
    )
    argon_band_MeV: tuple[float, ...] = given(
        (70.0, 400.0), "MeV", "band of the search in argon", minimum=0.1, maximum=1e4, length=2
    )
    masses: DetectorMasses = part(DetectorMasses)
    detector_efficiency: EfficienciesPerDetector = given(
        EfficienciesPerDetector(), "1", "efficiencies above 70 MeV", source=HIGH_ENERGY
    )
    background_per_kt_day: float = given(
        0.29411764705882354,
        "1/(kt day)",
        "atmospheric neutrinos, 2 a day in the 6.8 kt of IMB; for argon a guess",
        minimum=0,
        maximum=1e6,
    )
    threshold: Threshold = part(Threshold)
    cross_sections: CrossSections = part(CrossSections)

    def check(self) -> None:
        _ascending("neutrino_band_MeV", self.neutrino_band_MeV)
        _ascending("argon_band_MeV", self.argon_band_MeV)

    @property
    def background_per_kt(self) -> float:
        """Background in the window [1/kt]."""
        return self.background_per_kt_day * self.neutrino_window_s / DAY_S

    def band(self, target: str) -> tuple[float, ...]:
        """Least and largest energy [MeV] of the search in water or argon."""
        return self.argon_band_MeV if target == "argon" else self.neutrino_band_MeV


@dataclass(frozen=True)
class LowEnergySearch(Inputs):
    """The search for more events in the burst of SN1987A itself."""

    masses: DetectorMasses = part(DetectorMasses)
    low_energy_band_MeV: tuple[float, ...] = given(
        (10.0, 50.0),
        "MeV",
        "band of the search for more events in the burst itself",
        minimum=0.1,
        maximum=1e4,
        length=2,
        source=LOW_ENERGY,
    )
    low_energy_window_s: WindowsPerDetector = given(
        WindowsPerDetector(), "s", "windows of that search", source=LOW_ENERGY
    )
    low_energy_counts: CountsPerDetector = given(
        CountsPerDetector(),
        "1",
        "events there from the supernova's own neutrinos, in place of N_obs",
        source=LOW_ENERGY,
    )
    threshold: Threshold = part(Threshold)

    def check(self) -> None:
        _ascending("low_energy_band_MeV", self.low_energy_band_MeV)


@dataclass(frozen=True)
class PowerLaw(Inputs):
    """A measured background, norm (E/pivot)^-index."""

    norm: float = given(unit="1/(MeV cm2 s sr)", meaning="flux at the pivot", minimum=1e-30, maximum=1e30)
    index: float = given(unit="1", meaning="how steeply it falls", minimum=0.0, maximum=10.0)


@dataclass(frozen=True)
class DiffuseBackground(Inputs):
    """The measured diffuse photons."""

    comptel: PowerLaw = given(
        PowerLaw(1.05e-4, 2.4),
        "1/(MeV cm2 s sr), 1",
        "diffuse background 1-30 MeV, norm (E/5 MeV)^-index",
        source="Fig. 4",
    )
    egret: PowerLaw = given(
        PowerLaw(7.32e-9, 2.1),
        "1/(MeV cm2 s sr), 1",
        "diffuse background 30-300 MeV, norm (E/451 MeV)^-index",
        source="Fig. 4",
    )
    diffuse_background: DataFile | None = given(
        None,
        meaning="csv E_MeV, flux_per_cm2_s_sr_MeV that replaces both",
        columns="E_MeV, flux_per_cm2_s_sr_MeV",
    )


@dataclass(frozen=True)
class History(Inputs):
    """Star formation and expansion of the Universe (Yuksel et al. 2008, ref. 73)."""

    collapses_per_Msun: float = given(
        0.0070,
        "1/Msun",
        "core collapses per solar mass of stars",
        minimum=1e-9,
        maximum=1e3,
        prior=Normal(0.0070, 0.0015, "assumption"),
        source="Eq. (9)",
    )
    star_formation: float = given(
        0.02,
        "Msun/(yr Mpc3)",
        "star formation rate scale today",
        minimum=1e-9,
        maximum=1e3,
        prior=LogNormal(0.02, 1.25, "assumption"),
        source="ref. 73",
    )
    star_formation_slopes: tuple[float, ...] = given(
        (3.4, -0.3, -3.5),
        "1",
        "powers of 1+z below, between and above the breaks",
        minimum=-10,
        maximum=10,
        length=3,
        source="ref. 73",
    )
    star_formation_breaks: tuple[float, ...] = given(
        (5000.0, 9.0),
        "1",
        "scales of 1+z in the second and third power law",
        minimum=0.1,
        maximum=1e6,
        length=2,
        source="ref. 73",
    )
    star_formation_smoothness: float = given(
        -10.0, "1", "smoothness of the breaks", minimum=-20, maximum=-0.1, source="ref. 73"
    )
    hubble: float = given(70.0, "km/s/Mpc", "Hubble constant", minimum=1, maximum=1000)
    matter: float = given(0.3, "1", "matter density in a flat universe", minimum=0, maximum=1)
    z_max: float = given(6.0, "1", "redshift of the first supernovae", minimum=0.01, maximum=20)


@dataclass(frozen=True)
class Analysis(Inputs):
    """Everything that a limit on d depends on besides mass, probe and delay."""

    production: Production = part(Production)
    arrival: Arrival = part(Arrival)
    photosphere: Photosphere = part(Photosphere)
    neutrinosphere: Neutrinosphere = part(Neutrinosphere)
    energy_loss: EnergyLoss = part(EnergyLoss)
    deposition: Deposition = part(Deposition)
    distances: Distances = part(Distances)
    telescopes: Telescopes = part(Telescopes)
    high_energy: HighEnergySearch = part(HighEnergySearch)
    low_energy: LowEnergySearch = part(LowEnergySearch)
    background: DiffuseBackground = part(DiffuseBackground)
    history: History = part(History)


# What the figures show, and the Monte Carlo.


@dataclass(frozen=True)
class NeutrinoLimit(Inputs):
    """A measured limit to compare with."""

    diffuse_neutrino_limit: DataFile | None = given(
        None,
        meaning="csv E_MeV, flux_per_cm2_s_MeV: upper limit on diffuse anti-nu_e, drawn in Fig. 6",
        columns="E_MeV, flux_per_cm2_s_MeV",
    )


@dataclass(frozen=True)
class Leptoquark(Inputs):
    """The leptoquark model of ref. 26."""

    leptoquark_m_nu_eV: float = given(
        0.1, "eV", "active mass in the leptoquark line", minimum=1e-12, maximum=1e9, source="text, p. 3"
    )


@dataclass(frozen=True)
class PhotonBenchmarks(Inputs):
    """The spectra of Fig. 3."""

    photon_benchmarks: tuple[float, ...] = given(
        (1.0, 1e-14, 100.0, 1e-15),
        "MeV, 1/MeV",
        "Fig. 3: mass, d, mass, d",
        minimum=D_MIN,
        maximum=E_MAX_MEV,
        length=4,
        source="Fig. 3",
    )

    def check(self) -> None:
        _masses_and_couplings("photon_benchmarks", self.photon_benchmarks)


@dataclass(frozen=True)
class DiffuseBenchmark(Inputs):
    """The particle of Figs. 4 and 6."""

    diffuse_benchmark: tuple[float, ...] = given(
        (0.1, 2e-14),
        "MeV, 1/MeV",
        "Figs. 4 and 6: mass, d",
        minimum=D_MIN,
        maximum=E_MAX_MEV,
        length=2,
        source="Figs. 4, 6",
    )

    def check(self) -> None:
        _masses_and_couplings("diffuse_benchmark", self.diffuse_benchmark)


@dataclass(frozen=True)
class SpectrumMoment(Inputs):
    """The coupling of Fig. 5."""

    spectrum_moment: float = given(1e-13, "1/MeV", "Fig. 5: d", minimum=D_MIN, maximum=D_MAX, source="Fig. 5")


@dataclass(frozen=True)
class Seed(Inputs):
    """The random numbers of the Monte Carlo."""

    mc_seed: int = given(1, meaning="seed of the Monte Carlo", minimum=0, maximum=2**63 - 1)


@dataclass(frozen=True)
class MonteCarlo(Inputs):
    """Decays that are followed one by one."""

    mc_particles: int = given(20000, meaning="particles of one block of the Monte Carlo", minimum=1, maximum=2 * 10**6)
    random: Seed = part(Seed)
    mc_moment: float = given(1e-15, "1/MeV", "d of the Monte Carlo", minimum=D_MIN, maximum=D_MAX)


@dataclass(frozen=True)
class Toys(Inputs):
    """Toys of the counts in detectors."""

    toys_per_block: int = given(
        5000, meaning="toys in a block, at each tested coupling and as many without signal", minimum=10, maximum=10**6
    )
    toy_seed: int = given(1, meaning="seed of the toys", minimum=0, maximum=2**63 - 1)


RECORDS = (
    Production,
    Stars,
    Arrival,
    Photosphere,
    Neutrinosphere,
    EnergyLoss,
    Deposition,
    Distances,
    Telescopes,
    HighEnergySearch,
    LowEnergySearch,
    DiffuseBackground,
    NeutrinoLimit,
    History,
    Leptoquark,
    PhotonBenchmarks,
    DiffuseBenchmark,
    SpectrumMoment,
    MonteCarlo,
    Toys,
)
