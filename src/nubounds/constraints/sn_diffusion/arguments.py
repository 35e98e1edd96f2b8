"""The arguments that quantities share."""

from __future__ import annotations

from nubounds.constraints.sn_diffusion.opacity import CONVENTIONS, MODELS
from nubounds.constraints.sn_diffusion.paths import KINDS
from nubounds.contract import choice, integer, number
from nubounds.kernels import sn_diffusion as kernel

SNAPSHOT = number(
    "snapshot_s", "s", 1.0, minimum=0.0, maximum=1000.0, meaning="time after bounce: 1 or 5, or one of a user's shells"
)
SHELL = integer("shell", 1, minimum=1, maximum=1000, meaning="from the centre: 1-6 at 1 s, 1-5 at 5 s in the paper")
NEUTRINO = choice(
    "neutrino",
    KINDS,
    None,
    "species and energy; the two `all` go with average=rosseland; default: nu, or with species=all all of them",
)
MODEL = choice("model", MODELS, "sm", "what is added to the Standard Model")
COUPLING = number("coupling", default=None, minimum=0.0, maximum=1e9, meaning="g_B-L, or Y = sqrt(C_nu C_N)")
MASS = number(
    "m_mediator_MeV",
    "MeV",
    None,
    minimum=kernel.LIGHTEST_MEDIATOR,
    maximum=1e9,
    meaning="mass of the Z' or of the scalar",
)
MEDIATOR = (MODEL, COUPLING, MASS)
CONVENTION = choice("convention", tuple(CONVENTIONS), "standard", "reading of the paper, see docs/sn_diffusion.md")
AZIMUTH = choice("azimuth", tuple(kernel.AZIMUTH), "exact", "exact, or the roots of Eq. (18) taken literally")
E_NU = number(
    "E_nu_MeV", "MeV", None, minimum=1.0, maximum=1000.0, meaning="neutrino energy; default: as `neutrino` says"
)
