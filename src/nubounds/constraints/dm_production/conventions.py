"""The choices that the slides leave open, each of them a switch, and the two readings that set all of them at once."""

from __future__ import annotations

from dataclasses import dataclass

from nubounds.constraints.dm_production.data import LARGEST_RATE
from nubounds.contract import InputError, choice, flag, number

# switch -> (what `physical` says, what `deck` says)
READINGS = {
    "flux": ("moller", "root"),  # 1 - cos, or sqrt(2 (1 - cos)) as in V(3.6)
    "g_star": ("table", 10.75),
    "v_sm": ("lepton_bath", "printed"),  # 2.1712 with the lepton's density, or V(2.6) as printed with 3.72
    "helicities": (2, 1),
    "doubling": (1, 2),  # the rate once, or together with its charge conjugate, L after Eq. (6)
}
RATE_COEFFICIENT = {"e": 1.27, "mu": 0.92, "tau": 0.92}  # V(2.7)
HOTTEST_MEV = 1e19  # no bath was hotter: tensor modes bound the reheating temperature by 7e15 GeV
Z_MAX = (1e-5, 1e9)  # end of the evolution: after the electroweak transition, before today (z = 4e9)
SHORTEST = 2.0  # ratio of the temperatures at the two ends: eight steps in ln z of the coarsest grid


@dataclass(frozen=True)
class Choices:
    """One complete set of choices; see `resolve`.  InputError where the evolution would end before it begins."""

    flux: str = "moller"
    g_star: str | float = "table"
    v_sm: str = "lepton_bath"
    helicities: int = 2
    doubling: int = 1
    rate_coefficient: float = 0.92
    flavour: str = "mu"
    off_shell: bool = True
    z_max: float = 10.0
    T_max_MeV: float = 1e5
    g_star_file: str | None = None
    opacity_file: str | None = None

    def __post_init__(self):
        for name, good, word in (
            ("z_max", Z_MAX[0] < self.z_max <= Z_MAX[1], f"above {Z_MAX[0]:g} and at most {Z_MAX[1]:g}"),
            ("T_max_MeV", 0 < self.T_max_MeV <= HOTTEST_MEV, f"above 0 and at most {HOTTEST_MEV:g}"),
            ("rate_coefficient", 0 <= self.rate_coefficient <= LARGEST_RATE, f"at least 0, at most {LARGEST_RATE:g}"),
        ):
            if not good:
                raise InputError(f"{name}={getattr(self, name)}: must be {word}")
        if self.z_max * self.T_max_MeV < SHORTEST:
            raise InputError(
                f"z_max={self.z_max:g}: must be at least {SHORTEST:g}/T_max_MeV = {SHORTEST / self.T_max_MeV:g}, "
                "because the evolution would end before or right after it begins"
            )


SWITCHES = (
    choice(
        "convention",
        ("physical", "deck"),
        "physical",
        "reading of the paper that all switches below follow unless given",
    ),
    choice("flavour", ("mu", "e", "tau"), "mu", "active flavour that mixes: sets the opacity and the lepton in V_SM"),
    choice("flux", ("convention", "moller", "root"), "convention", "flux factor: 1 - cos, or sqrt(2 (1 - cos))"),
    choice("g_star", ("convention", "table", 10.75), "convention", "degrees of freedom in H and in the entropy"),
    choice(
        "v_sm",
        ("convention", "lepton_bath", "printed"),
        "convention",
        "V_SM: 2.1712 with the lepton's density, or 3.72 as printed",
    ),
    choice("helicities", ("convention", 1, 2), "convention", "helicity states in the number density"),
    choice(
        "doubling", ("convention", 1, 2), "convention", "rate of the new interaction, once or with its charge conjugate"
    ),
    number(
        "rate_coefficient",
        default=None,
        minimum=0,
        maximum=LARGEST_RATE,
        meaning="y in Gamma_SM = y G_F^2 E T^4; none: that of the flavour",
    ),
    flag("off_shell", True, "whether scattering without an on-shell mediator counts"),
    number(
        "z_max",
        default=10.0,
        above=Z_MAX[0],
        maximum=Z_MAX[1],
        meaning="end of the evolution, z = MeV/T, at least twice 1/T_max_MeV",
    ),
    number("T_max_MeV", "MeV", 1e5, above=0, maximum=HOTTEST_MEV, meaning="temperature at its beginning"),
)


def resolve(
    convention="physical",
    flavour="mu",
    rate_coefficient=None,
    off_shell=True,
    z_max=10.0,
    T_max_MeV=1e5,
    g_star_file=None,
    opacity_file=None,
    **switches,
) -> Choices:
    """The choices of a convention, with single ones replaced; arguments as in `SWITCHES`."""
    which = ("physical", "deck").index(convention)
    chosen = {name: readings[which] for name, readings in READINGS.items()}
    chosen |= {name: value for name, value in switches.items() if value not in (None, "convention")}
    y = RATE_COEFFICIENT[flavour] if rate_coefficient is None else rate_coefficient
    return Choices(
        **chosen,
        rate_coefficient=y,
        flavour=flavour,
        off_shell=off_shell,
        z_max=z_max,
        T_max_MeV=T_max_MeV,
        g_star_file=g_star_file,
        opacity_file=opacity_file,
    )
