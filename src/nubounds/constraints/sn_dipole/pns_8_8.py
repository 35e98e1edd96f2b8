"""PNS-8.8A: the embedded model of a cooling proto-neutron star, in closed form.

The interior of the simulation that the paper used (an 8.8 solar-mass star) is not public.  The anchors below are
derived from the *emitted* neutrino signal of that run; the temperature scale `T0_MeV` = 33, the shape of the profile
and the share of neutrinos in the lepton number are choices.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from nubounds.constraints.sn_dipole.constants import SOLAR_MASS_G
from nubounds.files.tables import read_csv
from nubounds.numerics import roots

BARYON_MASS_G = 1.366 * SOLAR_MASS_G
T_START_S, T_STOP_S, R_STOP_KM = 0.005, 8.85, 40.0
EDGE_DENSITY = 1e11  # density of the edge R(t) [g/cm3]
FAINT_DENSITY = 1e10  # matter below is left out [g/cm3]

COLUMNS = ("t_s", "energy_to_come", "leptons_to_come", "mean_energy_MeV")
TRAPPED = 0.27  # the lepton number 2 l of the core saturates here
BOUNCE_S = 0.7  # until then the core heats up


@cache
def anchors() -> dict[str, np.ndarray]:
    """The columns of data/pns_8_8_anchors.csv."""
    return read_csv(Path(__file__).parent / "data" / "pns_8_8_anchors.csv", list(COLUMNS), ascending="t_s")


def _anchor(column: str, t: float) -> float:
    return float(np.interp(t, anchors()["t_s"], anchors()[column]))


@lru_cache(maxsize=1024)  # stars of other temperatures have the same
def _shape_exponent(k: float, target: float) -> float:
    """n with Gamma(3/n) / (n k^(3/n)) = target, by bisection: it gives the star its mass (the left side falls with n
    for k > 1).
    """

    def excess(n):
        return math.lgamma(3 / n) - math.log(n) - 3 / n * math.log(k) - math.log(target)

    rising = excess(60.0) > excess(0.6)
    return 0.5 * sum(roots.boundary(lambda n: (excess(n) > 0) != rising, 0.6, 60.0))


class Snapshot:
    """The star at one time after bounce, `t` in s; radii in km."""

    def __init__(self, t: float, T0_MeV: float):
        self.R_km = 14.5 + 40 * math.exp(-math.sqrt(t / 0.2))
        self.rho_c = 4.8e14 - 1.4e14 * math.exp(-t)
        self.k = math.log(self.rho_c / EDGE_DENSITY)
        self.n = _shape_exponent(self.k, BARYON_MASS_G / (4 * math.pi * self.rho_c * (self.R_km * 1e5) ** 3))
        self.fall = min(self.k * self.n, 12.0)  # rho ~ x^-fall outside
        heat = _anchor("energy_to_come", t) + 0.011
        if t < BOUNCE_S:
            self.T_peak = T0_MeV * (0.65 + 0.35 * t / BOUNCE_S)
        else:
            self.T_peak = T0_MeV * (heat / (_anchor("energy_to_come", BOUNCE_S) + 0.011)) ** 0.40
        self.T_surface = _anchor("mean_energy_MeV", t) / 3.1514
        self.x_peak = 0.40 * math.exp(-t / 1.5)
        self.T_centre = 0.45 + 0.55 * (1 - math.exp(-t))
        self.width = (1 - self.x_peak) / 1.5 * (1 + 0.45 * (1 - math.exp(-t / 1.5)))
        self.leptons = min(2 * _anchor("leptons_to_come", t), TRAPPED)

    @property
    def edges_km(self) -> list[float]:
        """Radii where the formulae change, from the centre to where the matter becomes faint or the model stops."""
        outer = min(self.R_km * (EDGE_DENSITY / FAINT_DENSITY) ** (1 / self.fall), R_STOP_KM)
        return [0.0, *(min(x * self.R_km, outer) for x in (self.x_peak, 0.9, 1.0)), outer]

    def state(self, r_km):
        """rho [g/cm3], T [MeV], Ye, Ynu at radii `r_km` (array)."""
        x = np.maximum(np.asarray(r_km, float), 1e-9) / self.R_km
        inside = self.rho_c * np.exp(-self.k * np.minimum(x, 1.0) ** self.n)
        rho = np.where(x < 1, inside, EDGE_DENSITY * x**-self.fall)
        rising = self.T_centre + (1 - self.T_centre) * np.sin(0.5 * np.pi * x / self.x_peak) ** 2
        falling = np.exp(-(((x - self.x_peak) / self.width) ** 2))
        T_in = self.T_peak * np.where(x < self.x_peak, rising, falling)
        T_out = self.T_surface * np.minimum(1.0, 1.0 / x)
        trapped = self.leptons * np.exp(-((x / 0.45) ** 4))
        Ye = 0.08 + 0.8 * trapped + 0.3 * np.clip((x - 0.9) / 0.6, 0.0, 1.0)
        return rho, np.hypot(T_in, T_out), Ye, 0.2 * trapped


def time_edges() -> list[float]:
    """Times [s] where the formulae have a kink: the anchors, and where the core's lepton number comes out of
    saturation.
    """
    t, lepton = anchors()["t_s"], 2 * anchors()["leptons_to_come"]
    i = int(np.flatnonzero(lepton > TRAPPED)[-1])
    release = t[i] + (t[i + 1] - t[i]) * (lepton[i] - TRAPPED) / (lepton[i] - lepton[i + 1])
    inner = sorted({*t[1:-1].tolist(), float(release)})
    return [T_START_S, *inner, T_STOP_S]
