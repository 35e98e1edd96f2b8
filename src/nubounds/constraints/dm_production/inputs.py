"""The inputs: what the slides leave open (switches), the points they show, and what the figures say."""

from __future__ import annotations

from dataclasses import dataclass

from nubounds.constraints.dm_production import half_mode_limits, ranges
from nubounds.contract import PRECISIONS, DataFile, InputError, Inputs, given
from nubounds.inputs.priors import LogNormal, Normal

CONVENTIONS = ("physical", "deck")
MODELS = ("scalar", "vector", "lmu_ltau", "b_minus_l")
POINTS = ("A", "B", "C")  # of the S-curve: highest, middle and lowest coupling
OPEN = "convention"  # a switch that follows the convention, null in a config


def _m4(default: float | tuple[float, ...], meaning: str):
    low, high = ranges.M4_KEV
    return given(default, "keV", meaning, minimum=low, maximum=high)


def _mixing(default: float | tuple[float, ...], meaning: str):
    return given(default, "1", meaning, minimum=1e-30, maximum=ranges.LARGEST_MIXING)


def _switch(*choices, meaning: str):
    return given(OPEN, meaning=f"{meaning}; null: the convention's", choices=(OPEN, *choices), aliases={None: OPEN})


@dataclass(frozen=True)
class Accuracy(Inputs):
    """How accurately relic densities are computed."""

    precision: str = given(
        "paper", meaning="grids in x and ln z of relic densities: 1e-2, 1e-3 or 1e-4", choices=PRECISIONS
    )


@dataclass(frozen=True)
class Wanted(Inputs):
    """How much dark matter there is."""

    target_relic_density: float = given(
        0.12,
        "1",
        "relic density $\\Omega h^2$ that defines the curves",
        minimum=1e-12,
        maximum=1e6,
        prior=Normal(0.1200, 0.0012, "Planck 2018"),
        source="Letter",
    )

    def density(self, given: float | None = None) -> float:
        """The relic density that is given, or else the input."""
        return self.target_relic_density if given is None else given


@dataclass(frozen=True)
class Benchmarks(Inputs):
    """The pairs of mass and mixing of the S-curves."""

    benchmark_m4_keV: tuple[float, ...] = _m4((7.1, 50.0), "masses of the benchmark points")
    benchmark_sin2_2theta: tuple[float, ...] = _mixing((7e-11, 1e-15), "mixings of the benchmark points")

    def check(self) -> None:
        if len(self.benchmark_m4_keV) != len(self.benchmark_sin2_2theta):
            raise InputError(
                "benchmark_m4_keV and benchmark_sin2_2theta: must have equal lengths, one of each per point"
            )

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """m4 [keV] and sin^2 2theta of every point."""
        return list(zip(self.benchmark_m4_keV, self.benchmark_sin2_2theta, strict=True))

    def pair(self, number: float) -> tuple[float, float] | None:
        """m4 [keV] and sin^2 2theta of a point, counted from 1, or None if there is no such point."""
        k = int(number) - 1
        return self.pairs[k] if 0 <= k < len(self.pairs) else None


@dataclass(frozen=True)
class Flavour(Inputs):
    """What the sterile neutrino mixes with."""

    flavour: str = given(
        "mu",
        meaning="active flavour that mixes: sets the opacity and the lepton in V_SM",
        choices=("mu", "e", "tau"),
    )


@dataclass(frozen=True)
class Flux(Inputs):
    """How two neutrinos meet."""

    flux: str = _switch("moller", "root", meaning="flux factor: 1 - cos, or sqrt(2 (1 - cos))")


@dataclass(frozen=True)
class Plasma(Inputs):
    """The early universe, and how often collisions and states are counted."""

    g_star: str | float = _switch("table", 10.75, meaning="degrees of freedom in H and in the entropy")
    g_star_file: DataFile | None = given(
        None,
        meaning="csv with columns T_MeV, g_rho, g_s in place of the embedded table (not of the constant 10.75 that "
        "deck takes unless g_star is table)",
        columns="T_MeV, g_rho, g_s",
    )
    v_sm: str = _switch(
        "lepton_bath", "printed", meaning="coefficient of V_SM: 2.1712 with the lepton's density, or 3.72 as printed"
    )
    helicities: str | int = _switch(1, 2, meaning="helicity states in the number density")
    doubling: str | int = _switch(1, 2, meaning="rate of the new interaction, once or with its charge conjugate")
    off_shell: bool = given(True, meaning="whether scattering without an on-shell mediator counts")

    def check(self) -> None:
        if self.g_star_file is not None and self.g_star not in (OPEN, "table"):
            raise InputError(f"g_star_file: would not be read, because g_star is {self.g_star}; give one of the two")
        super().check()


@dataclass(frozen=True)
class Opacity(Inputs):
    """Collisions of active neutrinos in the Standard Model."""

    opacity: str = given(
        "constant",
        meaning="y of Gamma_SM = y G_F^2 E T^4: a constant, or the embedded table in E/T and T with muons, hadrons and "
        "quarks (mixing with mu; other flavours keep their constant)",
        choices=("constant", "table"),
        best="table",
        source="V(2.7); arXiv:1507.06655",
    )
    rate_coefficient: float | None = given(
        None,
        "1",
        "constant y in Gamma_SM = y G_F^2 E T^4; null: that of the flavour",
        minimum=0,
        maximum=ranges.LARGEST_RATE,
        source="V(2.7)",
    )
    rate_scale: float = given(
        1.0,
        "1",
        "factor on y, constant or from a table",
        minimum=0,
        maximum=10,
        prior=LogNormal(1.0, 1.15, "assumption: hadronic contributions near the QCD transition"),
    )
    opacity_file: DataFile | None = given(
        None,
        meaning="csv with columns T_MeV, y or x, T_MeV, y in place of a constant or the embedded table",
        columns="T_MeV, y or x, T_MeV, y",
    )

    def check(self) -> None:
        if self.opacity == "table" and self.rate_coefficient is not None:
            raise InputError(
                f"rate_coefficient: {self.rate_coefficient:g} would not be read, because opacity is table; "
                "give opacity=constant with it"
            )
        if (self.rate_coefficient or 0.0) * self.rate_scale > ranges.LARGEST_RATE:
            raise InputError(
                f"rate_coefficient={self.rate_coefficient:g}: times rate_scale={self.rate_scale:g}, "
                f"must be at most {ranges.LARGEST_RATE:g}"
            )
        if self.opacity_file is not None and self.rate_coefficient is not None:
            raise InputError(
                f"opacity_file: would not be read, because rate_coefficient is {self.rate_coefficient}; "
                "give one of the two"
            )
        super().check()


@dataclass(frozen=True)
class Evolution(Inputs):
    """When production begins and ends."""

    z_max: float = given(
        10.0,
        "1",
        "end of the evolution, z = MeV/T, at least twice 1/T_max_MeV",
        above=ranges.Z_MAX[0],
        maximum=ranges.Z_MAX[1],
    )
    T_max_MeV: float = given(1e5, "MeV", "temperature at its beginning", above=0, maximum=ranges.HOTTEST_MEV)

    def check(self) -> None:
        if self.z_max * self.T_max_MeV < ranges.SHORTEST:
            raise InputError(
                f"z_max={self.z_max:g}: must be at least {ranges.SHORTEST:g}/T_max_MeV = "
                f"{ranges.SHORTEST / self.T_max_MeV:g}, because the evolution would end before or right after it begins"
            )
        super().check()


@dataclass(frozen=True)
class Bath(Evolution, Opacity, Plasma, Flux):
    """Every switch but the flavour."""


@dataclass(frozen=True)
class Choices(Bath, Flavour):
    """Every switch; the physics works with those that `conventions.resolve` gives, of which none is left open."""

    @property
    def y(self) -> float:
        """Coefficient y of Gamma_SM = y G_F^2 E T^4 without a table and without `rate_scale`."""
        return RATE_COEFFICIENT[self.flavour] if self.rate_coefficient is None else self.rate_coefficient


EMBEDDED_FLAVOUR = "mu"  # of the embedded table of opacities
RATE_COEFFICIENT = {"e": 1.27, "mu": 0.92, "tau": 0.92}  # V(2.7)


@dataclass(frozen=True)
class Map(Inputs):
    """The map of the relic density."""

    map_model: str = given("scalar", meaning="model of the map of the relic density", choices=MODELS)


@dataclass(frozen=True)
class Sample(Inputs):
    """The mass and mixing of the points A, B, C."""

    point_m4_keV: float = _m4(7.1, "sterile mass of A, B, C, of the sketch and of the self-interaction")
    point_sin2_2theta: float = _mixing(7e-11, "the mixing there")

    @property
    def pair(self) -> tuple[float, float]:
        """m4 [MeV] and sin^2 2theta."""
        return 1e-3 * self.point_m4_keV, self.point_sin2_2theta


@dataclass(frozen=True)
class CurvePoints(Sample):
    """The points A, B, C of the S-curve."""

    point_masses_MeV: tuple[float, ...] = given(
        (1000.0, 1000.0, 100.0),
        "MeV",
        "mediator masses of the points A, B, C (not stated in the slides)",
        minimum=ranges.MEDIATOR_MEV[0],
        maximum=ranges.MEDIATOR_MEV[1],
        length=len(POINTS),
    )
    point_couplings: tuple[float, ...] | None = given(
        None,
        "1",
        "their couplings; null: highest, middle and lowest on the S-curve",
        above=0,
        maximum=1e3,
        length=len(POINTS),
    )


@dataclass(frozen=True)
class Anatomy(Inputs):
    """The momentum of the evolution plots."""

    anatomy_x: float = given(1.0, "1", "E/T of the evolution plots", minimum=1e-4, maximum=100)


@dataclass(frozen=True)
class SelfInteraction(Inputs):
    """How sterile neutrinos scatter on each other."""

    self_mediator_MeV: float = given(
        1.0,
        "MeV",
        "mass of the scalar between sterile neutrinos",
        minimum=ranges.MEDIATOR_MEV[0],
        maximum=ranges.MEDIATOR_MEV[1],
    )
    self_method: str = given(
        "boltzmann",
        meaning="equations of the self-interacting bath",
        choices=("boltzmann", "density_matrix"),
    )


@dataclass(frozen=True)
class HiggsCoupling(Inputs):
    """How the mediator couples to the Higgs boson."""

    kappa: float = given(
        1.0,
        "1",
        "1 for the Higgs coupling lambda h/v as printed, 0.5 for 2 lambda h/v",
        minimum=1e-6,
        maximum=1e6,
        source="V(3.1)",
    )


@dataclass(frozen=True)
class Structure(Inputs):
    """What structure in the universe says of the streaming of dark matter."""

    structure_limit: str = given(
        half_mode_limits.MILKY_WAY,
        meaning="published limit on warm dark matter that is drawn, if sterile neutrinos are all of the dark matter; "
        "none: no curves of it",
        choices=(*half_mode_limits.LIMITS, "none"),
        source="; ".join(dict.fromkeys(limit.source for limit in half_mode_limits.LIMITS.values())),
    )

    @property
    def published(self) -> half_mode_limits.Published | None:
        """The published limit, or None."""
        return half_mode_limits.LIMITS.get(self.structure_limit)


@dataclass(frozen=True)
class Shown(Inputs):
    """What the figures show."""

    figure_convention: str = given("physical", meaning="convention of the figures that show one", choices=CONVENTIONS)


RECORDS = (
    Accuracy,
    Wanted,
    Benchmarks,
    Choices,
    Map,
    CurvePoints,
    Anatomy,
    SelfInteraction,
    HiggsCoupling,
    Structure,
    Shown,
)
