"""The inputs: the shells of the star, the neutrinos' interaction, the criteria, and the axes of the figures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from nubounds.contract import PRECISIONS, DataFile, InputError, Inputs, given, part
from nubounds.inputs.priors import Normal, Uniform

SNAPSHOTS = (1, 5)  # seconds after bounce
TRANSPORTS = ("eq21", "eq27")
FORM_FACTORS = ("point", "dipole")
ROSSELAND_POWERS = (2, 3, 4)


@dataclass(frozen=True)
class Accuracy(Inputs):
    """How accurately the medium's response is integrated."""

    precision: str = given("paper", meaning="nodes of the medium's response: 3e-4, 1e-6 or 1e-9", choices=PRECISIONS)


@dataclass(frozen=True)
class Helicities(Inputs):
    """Neutrinos in chemical equilibrium."""

    g_nu: float = given(
        2.0, "1", "neutrino helicities that share the chemical potential (solved states)", minimum=0, maximum=100
    )


@dataclass(frozen=True)
class Matter(Inputs):
    """The shells of the proto-neutron star and the state of their matter."""

    shells: DataFile | None = given(
        None,
        meaning="csv with snapshot_s (one or any number of them), R_km, T_MeV, n_B_per_fm3, Y_L, one line per shell "
        "from the centre; their states are always solved; null: Tables I and II, at 1 and 5 s",
        columns="snapshot_s, R_km, T_MeV, n_B_per_fm3, Y_L",
    )
    states: str = given(
        "printed",
        meaning="m*, mu* and mu_nu of Tables I and II as printed, or solved with TM1",
        choices=("printed", "solved"),
        best="solved",
        source="Tables I, II",
    )
    helicities: Helicities = part(Helicities)
    T_scale: float = given(
        1.0,
        "1",
        "factor on the temperature of every shell; if it is not 1 the states are solved",
        minimum=0.5,
        maximum=2,
        prior=Normal(1.0, 0.1, "assumption: spread between published proto-neutron stars"),
    )
    n_B_scale: float = given(
        1.0,
        "1",
        "factor on the baryon density of every shell; if it is not 1 the states are solved",
        minimum=0.5,
        maximum=2,
        prior=Normal(1.0, 0.1, "assumption: spread between published proto-neutron stars"),
    )
    R_scale: float = given(
        1.0,
        "1",
        "factor on the radii of all shells",
        minimum=0.5,
        maximum=2,
        prior=Normal(1.0, 0.05, "assumption: spread between published proto-neutron stars"),
    )

    @property
    def as_published(self) -> bool:
        """Whether the states of Tables I and II can be those of these shells."""
        return self.shells is None and self.T_scale == self.n_B_scale == 1


@dataclass(frozen=True)
class Currents(Inputs):
    """The nucleons' neutral currents."""

    axial: float = given(
        1.47,
        "1",
        "neutral-current axial coupling, twice |F_A|; the isovector value is 1.27",
        minimum=0,
        maximum=1e3,
        prior=Uniform(1.27, 1.47, "the isovector value against the paper's"),
        best=1.2754,
        source="section II.B",
    )
    strange_axial: float = given(
        0.0,
        "1",
        "strange quarks' axial coupling: twice |F_A| is axial - strange_axial for p, axial + strange_axial for n",
        minimum=-1,
        maximum=1,
        best=-0.05,
        source="none in the paper; best: between 0 and -0.15 of lattice and scattering data",
    )
    sin2_theta_w: float = given(
        0.23125,
        "1",
        "weak mixing angle in the nucleons' vector coupling",
        minimum=0,
        maximum=1,
        best=0.23863,
        source="F_1^p of section II.B; best: low-energy value of the Particle Data Group",
    )
    form_factors: str = given(
        "point",
        meaning="values at Q^2 = 0, or dipoles in Q^2",
        choices=FORM_FACTORS,
        best="dipole",
        source="section II.B",
    )
    weak_magnetism: bool = given(
        False, meaning="whether Z and Z' couple to the nucleons' anomalous magnetic moments", best=True
    )
    pauli_mass: str = given(
        "vacuum",
        meaning="nucleon mass in the magnetic coupling: 939 MeV, or m* (a band rather than a choice)",
        choices=("vacuum", "effective"),
    )

    def pauli_factor(self, m_eff: float, vacuum: float) -> float:
        """What multiplies F_2 in f: m*/M, or 1 for the effective mass; 0 without weak magnetism."""
        return self.weak_magnetism * (1.0 if self.pauli_mass == "effective" else m_eff / vacuum)


@dataclass(frozen=True)
class Correlations(Inputs):
    """Correlations between nucleons."""

    correlations: str = given(
        "none",
        meaning="factor on the axial rate: none, static RPA, or the fit of Horowitz et al. (2017), a lower bound",
        choices=("none", "rpa_static", "horowitz2017"),
        best="rpa_static",
        source="none in the paper; PRC 95 (2017) 025801",
    )
    g_prime: float = given(
        0.6, "1", "Landau-Migdal parameter of rpa_static", minimum=0, maximum=2, source="pion-nucleon phenomenology"
    )


@dataclass(frozen=True)
class Interaction(Inputs):
    """How neutrinos scatter on nucleons."""

    currents: Currents = part(Currents)
    medium: Correlations = part(Correlations)
    weight: str = given(
        "total",
        meaning="cross section in a mean free path: total, or with 1 - cos(theta) and without the neutrino's own "
        "blocking, as diffusion needs it",
        choices=("total", "transport"),
        best="transport",
        source="Eq. (19)",
    )
    electrons: bool = given(
        False,
        meaning="whether neutrinos scatter on electrons and positrons too",
        best=True,
        source="none in the paper; best: W and Z exchange at tree level",
    )
    charged_currents: bool = given(
        False,
        meaning="whether electron neutrinos are absorbed on nucleons too",
        best=True,
        source="none in the paper; best: nucleons with the mean-field energies of TM1",
    )

    @property
    def axial(self) -> float:
        """The axial coupling, which the paper's formulae leave free."""
        return self.currents.axial

    @cached_property
    def beyond_paper(self) -> tuple[str, ...]:
        """What is chosen that the paper's formulae do not have, as key=value."""
        plain, paper = self.as_plain(), type(self)().as_plain()
        return tuple(
            f"{key}={plain[key]}" for key in plain if key not in ("axial", "g_prime") and plain[key] != paper[key]
        )


@dataclass(frozen=True)
class Opacity(Inputs):
    """Everything that a mean free path depends on."""

    accuracy: Accuracy = part(Accuracy)
    matter: Matter = part(Matter)
    interaction: Interaction = part(Interaction)


@dataclass(frozen=True)
class Flavour(Inputs):
    """Which neutrinos."""

    flavour: str = given(
        "e",
        meaning="electron neutrinos, or x: mu and tau (mu_nu = 0, E = pi T, no charged currents); all species: ignored",
        choices=("e", "x"),
    )


@dataclass(frozen=True)
class Mean(Inputs):
    """Which mean over the spectrum."""

    rosseland_power: int = given(
        4,
        meaning="power of E in a Rosseland mean: 2 for the flux of numbers, 4 for that of energy, 3 for cross terms",
        choices=ROSSELAND_POWERS,
        source="Pons et al., ApJ 513 (1999) 780: D2, D3, D4",
    )


@dataclass(frozen=True)
class Spectrum(Inputs):
    """Whose mean free paths a time or a limit is made of, and at which energies."""

    average: str = given(
        "single",
        meaning="one energy in each shell, or the Rosseland mean over the neutrinos' spectrum",
        choices=("single", "rosseland"),
        best="rosseland",
        source="section III.B; best: diffusion of a thermal spectrum",
    )
    mean: Mean = part(Mean)
    species: str = given(
        "one",
        meaning="one kind of neutrino, or (average: rosseland) all six species in parallel where no kind is named",
        choices=("one", "all"),
        best="all",
        source="section III; best: all of them carry energy out",
    )
    kind: Flavour = part(Flavour)

    @property
    def flavour(self) -> str:
        """The neutrinos' flavour."""
        return self.kind.flavour

    @cached_property
    def beyond_paper(self) -> tuple[str, ...]:
        """What is chosen that the paper does not have, as key=value."""
        chosen = {"average": self.average, "flavour": self.flavour}
        return tuple(f"{key}={value}" for key, value in chosen.items() if value not in ("single", "e"))


@dataclass(frozen=True)
class Criteria(Inputs):
    """What excludes a coupling."""

    duration_s: float = given(
        10.0, "s", "longest diffusion time that SN 1987A allows, Eq. (22)", above=0, source="Eq. (22)"
    )
    factor: float = given(
        2.0, "1", "longest diffusion time in units of the Standard Model's, Eq. (23)", above=1, source="Eq. (23)"
    )
    interactions: float = given(
        100.0, "1", "interactions that trap a right-handed neutrino, Eq. (26)", above=0, source="Eq. (26)"
    )


@dataclass(frozen=True)
class Species(Inputs):
    """Whose limits the curves are."""

    limit_snapshot_s: float = given(
        1.0,
        "s",
        "the snapshot of Eqs. (24) and (26) is that nearest to this time; not stated in the paper",
        minimum=0,
        maximum=1000,
    )
    neutrino: str = given(
        "nubar",
        meaning="species of the limits on Dirac neutrinos (B-L, lepton-number conserving scalar)",
        choices=("nu", "nubar"),
    )


@dataclass(frozen=True)
class Transport(Inputs):
    """How the lepton-number conserving scalar's neutrinos get out."""

    transport: str = given(
        "eq21",
        meaning="diffusion time of the lepton-number conserving scalar: Eq. (21), or Eq. (27), half of it as nu_R",
        choices=TRANSPORTS,
        source="Eqs. (21), (27)",
    )


def _ascending(name: str, pair: tuple[float, ...]) -> None:
    if pair[0] >= pair[1]:
        raise InputError(f"{name}: must be two ascending numbers, not {list(pair)}")


@dataclass(frozen=True)
class Fig2(Inputs):
    """What Fig. 2 shows."""

    fig2_b_minus_l: tuple[float, ...] = given(
        (1e-5, 1e-3), "1", "couplings g_B-L of Fig. 2 (not stated in the paper)", above=0, length=2
    )
    fig2_scalar: tuple[float, ...] = given(
        (1e-4, 2e-3), "1", "couplings Y of Fig. 2 (not stated in the paper)", above=0, length=2
    )
    fig2_ratio_max: float = given(18.0, "1", "top of the axis of Fig. 2", above=0)


@dataclass(frozen=True)
class Fig3(Inputs):
    """What Fig. 3 shows."""

    fig3_ratio_max: float = given(24.0, "1", "top of the axis of Fig. 3", above=0)


@dataclass(frozen=True)
class RatioAxis(Inputs):
    """The masses of Figs. 2 and 3."""

    fig2_mass_range_MeV: tuple[float, ...] = given(
        (0.1, 3000.0), "MeV", "mass axis of Figs. 2 and 3", above=0, length=2
    )

    def check(self) -> None:
        _ascending("fig2_mass_range_MeV", self.fig2_mass_range_MeV)


@dataclass(frozen=True)
class LimitAxes(Inputs):
    """The plane of Figs. 4 to 6."""

    fig4_mass_range_MeV: tuple[float, ...] = given(
        (0.01, 1000.0), "MeV", "mass axis of Figs. 4 to 6", above=0, length=2
    )
    fig4_coupling_range: tuple[float, ...] = given((1e-6, 0.1), "1", "coupling axis of Figs. 4 to 6", above=0, length=2)

    def check(self) -> None:
        _ascending("fig4_mass_range_MeV", self.fig4_mass_range_MeV)
        _ascending("fig4_coupling_range", self.fig4_coupling_range)


RECORDS = (Opacity, Spectrum, Criteria, Species, Transport, Fig2, Fig3, RatioAxis, LimitAxes)
