"""How many sterile neutrinos of one mass a supernova makes, and with which energies, Eqs. (2), (A2).  Everything
is per d^2.

The distribution is kept over E = (E_N + p)/2, the energy of the parent neutrino in scattering and the upper end of the
daughters' box; with the rapidity y of N it is E = (M/2) e^y, E_N = M cosh y, p = M sinh y.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np

from nubounds.constants import HBAR_MEV_S
from nubounds.constraints.sn_dipole import profile, rates, stand_ins, user_profile
from nubounds.constraints.sn_dipole.constants import HBARC_MEV_CM
from nubounds.contract import Status

E_MAX_MEV = 1000.0  # parents above are left out: e^(-E/T) with T < 50 MeV
E_MIN_MEV = 1.0
ENERGIES = 48  # nodes of the spline in E
RAPIDITIES = 96  # nodes of the spline of the inverse decay
INVERSE_DECAY_ERROR = 1e-4  # from the zones; the rules over energies add 1e-6
LIGHT_MEV = 0.5  # below, a screened rate is linear in M^2: to 3e-6 at 1 MeV, 1e-9 at 50
CHANNELS = ("scattering", "inverse_decay")
PER_VOLUME_AND_TIME = 1.0 / (HBAR_MEV_S * HBARC_MEV_CM**3)  # MeV^4 to 1/(cm^3 s)


@dataclass(frozen=True)
class Options:
    """What a physicist may choose about the production.

    profile : path of a user's csv, "" for PNS-8.8A;  T0_MeV : temperature scale of PNS-8.8A;  mu_nu : false sets the
        neutrinos' chemical potential to zero;  precision : a key of rates.ORDERS
    jacobian : false is the paper's Eq. (2) as printed, without dE/dE_N (first erratum of constraint.yaml)
    """

    screening: str = "debye"
    pauli: bool = True
    protons: bool = False
    jacobian: bool = True
    channels: tuple[str, ...] = CHANNELS
    profile: str = ""
    T0_MeV: float = 33.0
    mu_nu: bool = True
    precision: str = "paper"

    @property
    def zones(self) -> profile.Zones:
        """The star's zones, kept for the process."""
        return _zones(self.profile, self.T0_MeV, self.mu_nu)


@cache
def _zones(path: str, T0_MeV: float, mu_nu: bool) -> profile.Zones:
    found = user_profile.read(path).zones() if path else profile.embedded_zones(T0_MeV)
    return found if mu_nu else replace(found, mu_nu=np.zeros_like(found.mu_nu))


def _rate_weights(zones: profile.Zones, E) -> np.ndarray:
    """(dn/dE) dV dt in units in which a rate in MeV gives sterile neutrinos per MeV; shape (zones, energies)."""
    return zones.neutrino_density(E) * zones.volume_cm3_s[:, None] * PER_VOLUME_AND_TIME


@cache
def _stand_ins(options: Options) -> stand_ins.StandIns:
    return stand_ins.choose(options.zones.T, options.zones.mu_e)


def _expanded_spectrum(E, M: float, options: Options) -> tuple[np.ndarray, np.ndarray, Status]:
    """`electron_spectrum` of any mass."""
    some = _stand_ins(options)
    weights, shorter = some.weights(
        sum(some.moments(block.T, block.mu_e, _rate_weights(block, E)) for block in options.zones.blocks)
    )
    rate, error, status = rates.medium_rate(
        E, some.T[:, None], some.mu_e[:, None], M, options.screening, options.pauli, rates.ORDERS[options.precision]
    )
    total = (weights * rate).sum(0)
    doubt = np.abs(total - (shorter * rate).sum(0)) + (np.abs(weights) * error).sum(0)
    return np.maximum(total, 0.0), doubt, Status(int(status.max()))


@cache
def _light_spectrum(E: tuple[float, ...], M: float, options: Options) -> tuple[np.ndarray, np.ndarray, Status]:
    return _expanded_spectrum(np.array(E), M, options)


def electron_spectrum(E, M: float, options: Options) -> tuple[np.ndarray, np.ndarray, Status]:
    """G(E) [MeV], its error, and the worst status of a rate, from nu e -> N e: sum over the zones of (dn/dE)
    Gamma/hbar, from rates in 61 zones that stand for all 1800 (stand_ins.py).

    A screened rate depends on the mass of light N through M^2, linearly: all masses below LIGHT_MEV share two spectra.
    """
    if options.screening == "none" or M >= LIGHT_MEV:
        return _expanded_spectrum(E, M, options)
    share = (M / LIGHT_MEV) ** 2
    (massless, doubt, one), (heaviest, _, other) = (
        _light_spectrum(tuple(E.tolist()), m, options) for m in (0.0, LIGHT_MEV)
    )
    return massless + share * (heaviest - massless), doubt, max(one, other)


def proton_spectrum(E, M: float, options: Options) -> np.ndarray:
    """The same [MeV] from nu p -> N p, an option that is not in the paper."""
    total = np.zeros_like(E)
    for block in options.zones.blocks:
        rate = rates.proton_rate(
            E[None, :], block.T[:, None], block.mu_e[:, None], block.protons[:, None], M, options.screening
        )
        total += (_rate_weights(block, E) * rate).sum(0)
    return total


@cache
def _coalescence(options: Options):
    """Spline of ln P(ln x, ln y): P = sum over the zones of volume times the neutrinos' occupation at x times the
    photons' at y (both in MeV).
    """
    from scipy.interpolate import RectBivariateSpline

    x, y = np.geomspace(1e-2, 2 * E_MAX_MEV, 128), np.geomspace(1e-4, 2 * E_MAX_MEV, 160)
    table = 0.0
    for block in options.zones.blocks:
        occupation = 2 * np.pi**2 * block.neutrino_density(x) / x**2 * block.volume_cm3_s[:, None]
        photons = 1.0 / np.expm1(np.minimum(y[None, :] / block.T[:, None], 700.0))
        table = table + np.einsum("zx,zy->xy", occupation, photons)
    return RectBivariateSpline(np.log(x), np.log(y), np.log(table + 1e-280), s=0), np.log(y[0])


def inverse_decay(E_N, p, M: float, options: Options, order: int = 64) -> np.ndarray:
    """dN/dE_N [MeV] of gamma nu -> N (docs/sn_dipole.md, Formulae): integral over the neutrino's energy x
    between (E_N -+ p)/2, with y = E_N - x the photon's.

    In u = ln(x/y), where dx = x y/E_N du, soft neutrinos and soft photons (whose number goes as T/y) are both resolved.
    """
    spline, lowest = _coalescence(options)
    nodes, weights = rates.gauss(order)
    half = 2 * np.log((E_N + p) / M)[:, None]
    u = half * nodes
    x, y = E_N[:, None] / (1 + np.exp(-u)), E_N[:, None] / (1 + np.exp(u))
    log_y = np.log(y)
    table = np.exp(
        spline.ev(np.log(x), np.maximum(log_y, lowest)) + np.maximum(lowest - log_y, 0.0)
    )  # photons ~ T/y below the table
    integral = (half * weights * x * y / E_N[:, None] * table).sum(1)
    return M**4 / (4 * np.pi**3) * integral * PER_VOLUME_AND_TIME


def _not_a_number(x):
    return np.full(np.shape(x), np.nan)


@dataclass(frozen=True)
class Spectrum:
    """Sterile neutrinos of one mass per supernova, per d^2, as a function of E = (E_N + p)/2.

    NaN wherever it is asked if a rate failed: `status` says how.
    """

    M: float
    options: Options

    @cached_property
    def E_low(self) -> float:
        return max(E_MIN_MEV, 0.5 * self.M)

    @cached_property
    def status(self) -> Status:
        """What became of the rates of the chosen channels: the worst status."""
        tables = {"scattering": "_scattering", "inverse_decay": "_inverse_decay"}
        return max(getattr(self, tables[channel])[-1] for channel in self.options.channels)

    @cached_property
    def _scattering(self):
        """Splines of ln G and of the relative error in ln E, and the status."""
        from scipy.interpolate import CubicSpline

        E = np.geomspace(self.E_low, E_MAX_MEV, ENERGIES)
        G, error, status = electron_spectrum(E, self.M, self.options)
        if self.options.protons:
            G = G + proton_spectrum(E, self.M, self.options)
        if status == Status.OK and not np.all(np.isfinite(G + error)):
            status = Status.NOT_FINITE
        if status != Status.OK:
            return _not_a_number, _not_a_number, status
        G = np.maximum(G, 1e-300)
        return CubicSpline(np.log(E), np.log(G)), CubicSpline(np.log(E), np.minimum(error / G, 1.0)), status

    @cached_property
    def _inverse_decay(self):
        """Spline of ln(dN/dE_N / p) in the rapidity of N, in which it is smooth through the threshold, and the
        status.
        """
        from scipy.interpolate import CubicSpline

        rapidity = np.linspace(0.0, np.log(2 * E_MAX_MEV / self.M), RAPIDITIES)
        inner = np.maximum(rapidity, 1e-4)
        E_N, p = self.M * np.cosh(inner), self.M * np.sinh(inner)
        value = inverse_decay(E_N, p, self.M, self.options) / p
        if not np.all(np.isfinite(value)):
            return _not_a_number, Status.NOT_FINITE
        return CubicSpline(rapidity, np.log(np.maximum(value, 1e-300))), Status.OK

    def kinematics(self, E):
        """E_N and p [MeV] at E."""
        shift = 0.25 * self.M**2 / E
        return E + shift, E - shift

    def rate(self, E):
        """G(E) [MeV], parents per energy that scatter into N; the paper's Eq. (2) takes it for dN/dE_N."""
        return np.exp(self._scattering[0](np.log(E)))

    def scattering(self, E):
        """dN/dE [MeV] from scattering: G(E), or (p/E) G(E) with the paper's missing Jacobian (`jacobian=False`)."""
        G = self.rate(E)
        return G if self.options.jacobian else G * self.kinematics(E)[1] / E

    def coalescence(self, E):
        """dN/dE [MeV] from inverse decay: (p/E) dN/dE_N."""
        p = self.kinematics(E)[1]
        return p**2 / E * np.exp(self._inverse_decay[0](np.log(2 * E / self.M)))

    def __call__(self, E):
        """dN/dE [MeV] of the chosen channels, E an array [MeV] between M/2 and E_MAX_MEV (0 below E_MIN_MEV for
        scattering).
        """
        total = np.zeros_like(E)
        if "scattering" in self.options.channels:
            inside = self.E_low <= E
            total[inside] += self.scattering(E[inside])
        if "inverse_decay" in self.options.channels:
            total += self.coalescence(E)
        return total

    @property
    def E_span(self) -> tuple[float, float]:
        """Energies between which there is anything that counts (below E_MIN_MEV light N come from inverse decay alone,
        in negligible numbers beside scattering).
        """
        return self._lowest("scattering" if "scattering" in self.options.channels else "inverse_decay"), E_MAX_MEV

    def _lowest(self, channel: str) -> float:
        """Least E of a channel [MeV]."""
        return self.E_low if channel == "scattering" else 0.5 * self.M

    def moment(self, channel: str, power: int = 0) -> tuple[float, float]:
        """Int E_N^power dN of one channel [MeV^(2 + power)], and its error (of scattering from coarser rules for rates
        and zones).
        """
        nodes, weights = rates.gauss(16)
        edges = np.linspace(np.log(self._lowest(channel)), np.log(E_MAX_MEV), 25)
        half = 0.5 * np.diff(edges)[:, None]
        log_E = (0.5 * (edges[1:] + edges[:-1])[:, None] + half * nodes).ravel()
        E, dE = np.exp(log_E), (half * weights).ravel() * np.exp(log_E)
        E_N, _ = self.kinematics(E)
        if channel == "scattering":
            values = self.scattering(E) * E_N**power * dE
            return float(values.sum()), float((values * np.abs(self._scattering[1](log_E))).sum())
        values = self.coalescence(E) * E_N**power * dE
        return float(values.sum()), INVERSE_DECAY_ERROR * float(values.sum())

    @cached_property
    def relative_error(self) -> float:
        """Error of the number of N, relative: what the spectrum adds to the error of a signal."""
        parts = [self.moment(channel) for channel in self.options.channels]
        total = sum(part for part, _ in parts)
        return sum(error for _, error in parts) / total if total > 0 else 0.0


@cache
def spectrum(M: float, options: Options) -> Spectrum:
    """The spectrum of one mass, kept for the process."""
    return Spectrum(M, options)
