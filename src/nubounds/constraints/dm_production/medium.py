"""The early universe on a grid in x = E/T and ln z = ln(MeV/T): tables of the new interaction, expansion, and the
Standard Model's part.

The steps in ln z are those of the tables in ln mu, mu = m/T = m z, shifted by ln m: a mediator of any mass reads the
tables without interpolation.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cache, lru_cache

import numpy as np

from nubounds.constraints.dm_production import data, opacity
from nubounds.constraints.dm_production.inputs import Choices, Opacity
from nubounds.constraints.dm_production.ranges import LOG_MU
from nubounds.contract import InputError
from nubounds.kernels import dm_thermal
from nubounds.numerics.constants import G_F_PER_MEV2

COARSE, FAST, STANDARD, FINE, FINEST = (
    (20, 0.08),
    (28, 0.04),
    (72, 0.02),
    (96, 0.01),
    (192, 0.01),
)  # intervals in u (x = X_MAX u^2), step in ln z
# A finer grid is taken where the error estimate asks for it.
LADDERS = {"draft": (COARSE,), "paper": (FAST, STANDARD), "reference": (FINE, FINEST)}
X_MAX = 24.0
LOG_MU_KERNEL = 20.0  # |ln(m/T)| up to which the kernel computes them; beyond, powers of m/T are right to 1e-8
BLOCK = 32  # columns that are filled together
KEPT, KEPT_PASSAGES = 256, 512  # media and passages of this process; 0.5 and 0.1 MB each at most, on the finest grid
LOG_LEPTON, LEPTON_STEP = (-14.0, 4.0), 0.001  # range of ln(m/T), beyond which a lepton is massless or gone, and step
V_SM_PHYSICAL = 7 * np.sqrt(2) * np.pi**2 / 45  # 2.1712: energy density of fermions
V_SM_PRINTED = 3.72  # V(2.6)

# model -> (channel of the neutrinophilic rate, factor of potential and on-shell rate, other neutrino flavours,
# charged leptons)
MEDIATORS = {
    "scalar": ("scalar", 1, 0, ()),
    "vector": ("vector", 2, 0, ()),
    "lmu_ltau": ("vector", 2, 1, ("mu", "tau")),
    "b_minus_l": ("vector", 2, 2, ("e", "mu", "tau")),
}


# Powers of m/T of V/(coupling^2 T), of the on-shell rate by flux, and of the off-shell rates by channel, for m << T;
# for m >> T potential and off-shell rates fall with the fourth power, and nothing is on shell.
MASSLESS = {"v": 0, "moller": 2, "root": 1, "scalar": 0, "vector": -2, "flavour": -2}
CONTACT = -4
ALONG = ("log_z", "z", "T", "source", "v_sm", "entropy", "g_s")  # arrays of a medium along ln z


@dataclass(frozen=True)
class MomentumGrid:
    """Nodes in x with the weights of x^2 dx/(2 pi^2): all of them, and every second one."""

    x: np.ndarray
    f_a: np.ndarray
    weight: np.ndarray
    coarse_weight: np.ndarray
    cells: bool = True  # every x stands for its cell, reaching half-way to its neighbours; False: for itself alone


def _clenshaw_curtis(n: int) -> np.ndarray:
    """Weights on [0, 1] for the nodes (1 - cos(k pi/n))/2, k = 0 .. n, n even."""
    k, j = np.arange(n + 1), np.arange(1, n // 2 + 1)
    terms = np.where(j == n // 2, 1.0, 2.0) / (4 * j**2 - 1) * np.cos(2 * np.outer(k, j) * np.pi / n)
    weights = (1 - terms.sum(axis=1)) / n
    weights[0] = weights[-1] = 0.5 * weights[0]
    return weights


@cache
def momentum_grid(n: int) -> MomentumGrid:
    """Clenshaw-Curtis nodes in u = sqrt(x/X_MAX), without the two ends, where x^2 f_a vanishes.

    Parameters
    ----------
    n : how many intervals in the root of x

    Returns
    -------
    x, weights of all nodes and of every second one
    """
    u = 0.5 * (1 - np.cos(np.arange(n + 1) * np.pi / n))
    measure = (X_MAX * u**2) ** 2 * 2 * X_MAX * u / (2 * np.pi**2)
    coarse = np.zeros(n + 1)
    coarse[::2] = _clenshaw_curtis(n // 2)
    x = X_MAX * u[1:-1] ** 2
    return MomentumGrid(x, 1 / (np.exp(x) + 1), (_clenshaw_curtis(n) * measure)[1:-1], (coarse * measure)[1:-1])


def within_range(log_mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ln(m/T) moved to the nearest end of the range of the kernel where it lies outside, and by how much.

    Parameters
    ----------
    log_mu : ln(m/T)

    Returns
    -------
    (ln(m/T) inside, what was taken off), arrays of its shape
    """
    inside = np.clip(log_mu, -LOG_MU_KERNEL, LOG_MU_KERNEL)
    return inside, log_mu - inside


def beyond_range(
    flux: str, excess: np.ndarray, v: np.ndarray, a: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Potential and rates, given at the ends of the range of ln(m/T), `excess` outside it: (v, a, b), z last.

    Parameters
    ----------
    flux : moller or root
    excess : how far ln(m/T) lies outside the kernel's range
    v : potential over coupling^2 T
    a : on-shell rate over coupling^2 T
    b : off-shell rates over coupling^4 T, channels first

    Returns
    -------
    (v, a, b) where ln(m/T) lies, arrays of their shapes
    """

    def power(name):
        return np.exp(np.where(excess < 0, MASSLESS[name], CONTACT) * excess)

    channels = [b[number] * power(name) for name, number in dm_thermal.CHANNELS.items()]
    return v * power("v"), a * power(flux), np.stack(channels)


class ThermalTables:
    """V/(coupling^2 T) and the rates on (x, ln mu = k step), in blocks of columns that are filled when first asked
    for; ln mu lies within LOG_MU.
    """

    def __init__(self, x: np.ndarray, flux: str, step: float):
        self.x, self.flux, self.step = x, flux, step
        self.first, self.last = (round(end / step) for end in LOG_MU)
        self.log_mu = np.arange(self.first, self.last + 1) * step
        size = (len(x), len(self.log_mu))  # zeros take no memory before they are written
        self.v, self.a, self.b = np.zeros(size), np.zeros(size), np.zeros((len(dm_thermal.CHANNELS), *size))
        self.filled = np.zeros(len(self.log_mu) // BLOCK + 1, dtype=bool)

    def columns(self, first: int, last: int) -> slice:
        """The columns of ln mu = first*step .. last*step, filled; InputError outside LOG_MU.

        Parameters
        ----------
        first : number of the first step in ln(m/T)
        last : number of the last

        Returns
        -------
        which columns of v, a and b
        """
        if not self.first <= first <= last <= self.last:
            raise InputError(
                f"m_mediator_MeV, T_max_MeV, z_max: ln(m/T) from {first * self.step:.4g} to {last * self.step:.4g} "
                f"must lie between {LOG_MU[0]:g} and {LOG_MU[1]:g}"
            )
        low, high = first - self.first, last - self.first + 1
        for block in range(low // BLOCK, (high - 1) // BLOCK + 1):
            if not self.filled[block]:
                self._fill(slice(block * BLOCK, (block + 1) * BLOCK))
                self.filled[block] = True
        return slice(low, high)

    def _fill(self, columns: slice):
        inside, excess = within_range(self.log_mu[columns])
        distinct, where = np.unique(inside, return_inverse=True)  # one column for all that lie outside
        size = (len(self.x), len(distinct))
        v, a, b = np.empty(size), np.empty(size), np.empty((len(dm_thermal.CHANNELS), *size))
        dm_thermal.fill(self.x, distinct, dm_thermal.FLUXES[self.flux], v, a, b, 0, len(distinct))
        parts = beyond_range(self.flux, excess, v[:, where], a[:, where], b[..., where])
        self.v[:, columns], self.a[:, columns], self.b[..., columns] = parts


@lru_cache(maxsize=16)
def thermal_tables(flux: str, n_x: int, step: float) -> ThermalTables:
    """The tables on a momentum grid, shared by everything in this process.

    Parameters
    ----------
    flux : moller or root
    n_x : intervals in the root of x
    step : in ln z

    Returns
    -------
    tables that fill themselves
    """
    return ThermalTables(momentum_grid(n_x).x, flux, step)


def lepton_density(flavour: str, z: np.ndarray) -> np.ndarray:
    """Energy density of a charged lepton relative to a massless one at z = MeV/T.

    Parameters
    ----------
    flavour : e, mu or tau
    z : MeV/T, shape (n,)

    Returns
    -------
    array of shape (n,), 1 for m << T, to 1e-12
    """
    cubics = _lepton_cubics()
    place = (np.log(data.LEPTON_MASS_MEV[flavour] * z) - LOG_LEPTON[0]) / LEPTON_STEP
    place = np.minimum(np.maximum(place, 0.0), len(cubics) - 1e-6)
    k = place.astype(int)
    t, (constant, linear, square, cube) = place - k, cubics[k].T
    return constant + t * (linear + t * (square + t * cube))


@cache
def _lepton_cubics() -> np.ndarray:
    """Coefficients of the powers of t, shape (intervals, 4), for the energy density relative to a massless lepton at
    ln(m/T) = LOG_LEPTON[0] + (k + t) LEPTON_STEP: through both ends of an interval and their neighbours.
    """
    intervals = round((LOG_LEPTON[1] - LOG_LEPTON[0]) / LEPTON_STEP)
    ratio = np.empty(intervals + 3)
    dm_thermal.lepton_density(np.exp(LOG_LEPTON[0] + LEPTON_STEP * np.arange(-1, intervals + 2)), ratio)
    before, here, after, beyond = ratio[:-3], ratio[1:-2], ratio[2:-1], ratio[3:]
    square, cube = 0.5 * (before + after) - here, (beyond - before) / 6 + 0.5 * (here - after)
    return np.stack([here, after - here - square - cube, square, cube], axis=1)


@dataclass(frozen=True)
class Background:
    """What does not know of x or the mediator, per z: H/J [MeV], J, S/T^3, g_s, V_SM/x [MeV] and T^5 [MeV^5]."""

    z: np.ndarray
    hubble: np.ndarray
    stretch: np.ndarray
    entropy: np.ndarray
    g_s: np.ndarray
    v_sm: np.ndarray
    T5: np.ndarray


def background(log_z: np.ndarray, choices: Choices) -> Background:
    """H (divided by J), entropy, and the Standard Model's potential at ln z (shape (n,)), V(2.6) and V(2.8).

    Parameters
    ----------
    log_z : ln(MeV/T), shape (n,)
    choices : switches, all settled (see `conventions.resolve`)

    Returns
    -------
    arrays of shape (n,)
    """
    z = np.exp(log_z)
    T = 1 / z
    if choices.g_star == "table":
        g_rho, g_s, J = data.degrees_of_freedom(choices.g_star_file)(-log_z)
    else:
        g_rho = g_s = np.full_like(z, float(choices.g_star))
        J = np.ones_like(z)
    hubble = np.sqrt(8 * np.pi**3 * g_rho / 90) * T**2 / data.M_PLANCK_MEV
    if choices.v_sm == "lepton_bath":
        coefficient, leptons = V_SM_PHYSICAL, lepton_density(choices.flavour, z)
    else:
        coefficient, leptons = V_SM_PRINTED, 1.0
    T5 = T**5
    v_sm = -coefficient * G_F_PER_MEV2 * (2 * leptons / data.M_W_MEV**2 + 1 / data.M_Z_MEV**2) * T5
    return Background(z, hubble / J, J, 2 * np.pi**2 / 45 * g_s, g_s, v_sm, T5)


def weak_rates(x: np.ndarray, log_z: np.ndarray, choices: Choices) -> np.ndarray:
    """Gamma_SM/x [MeV] at all pairs of x (n,) and ln z (m,), shape (n, m); the rows share their memory where y does not
    depend on x.

    Parameters
    ----------
    x : momenta over temperature, shape (n,)
    log_z : ln(MeV/T), shape (m,)
    choices : switches, all settled (see `conventions.resolve`)

    Returns
    -------
    array of shape (n, m), read-only
    """
    return np.broadcast_to(opacity.weak_rate(x[:, None], log_z, choices), (len(x), len(log_z)))


def targets(model: str, z: np.ndarray) -> np.ndarray | float:
    """What neutrinos of other flavours and charged leptons add to the off-shell rate, in flavours of neutrinos: charged
    leptons count by their density.

    Parameters
    ----------
    model : interaction of the active neutrinos: scalar, vector, lmu_ltau or b_minus_l
    z : MeV/T, shape (n,)

    Returns
    -------
    array of shape (n,), or 0 where nothing is added
    """
    _, _, flavours, leptons = MEDIATORS[model]
    if not flavours:
        return 0.0
    return flavours + 2 * sum(lepton_density(lepton, z) for lepton in leptons)  # a Dirac lepton is two flavours


def off_shell_rate(model: str, b: np.ndarray, others: np.ndarray | float) -> np.ndarray:
    """Off-shell rate/(coupling^4 T) of a model from the channels b (shape (channel, ..., z)).

    Parameters
    ----------
    model : interaction of the active neutrinos: scalar, vector, lmu_ltau or b_minus_l
    b : off-shell rates over coupling^4 T, channels first
    others : what `targets` gives along the last axis of b

    Returns
    -------
    array of the shape of one channel
    """
    channel, _, flavours, _ = MEDIATORS[model]
    rate = b[dm_thermal.CHANNELS[channel]]
    return rate + others * b[dm_thermal.CHANNELS["flavour"]] if flavours else rate


@dataclass(frozen=True)
class Medium:
    """All that the kernel needs to know of one mediator mass: arrays per z, tables' rows per x (`gamma_sm`, `v`, `a`,
    `b`), factors, and the ends of the evolution.
    """

    log_z: np.ndarray
    z: np.ndarray
    T: np.ndarray
    source: np.ndarray
    v_sm: np.ndarray
    gamma_sm: np.ndarray
    v: np.ndarray
    a: np.ndarray
    b: np.ndarray
    v_factor: float
    a_factor: float
    b_factor: float
    first: float
    last: float
    entropy: np.ndarray
    g_s: np.ndarray


def thinned(around: Medium) -> Medium:
    """The medium at every second x and every second time, for the momenta of half as many intervals.

    Parameters
    ----------
    around : the medium of a momentum grid

    Returns
    -------
    a medium with twice the step; its last step may begin before the evolution ends
    """
    along = {name: np.ascontiguousarray(getattr(around, name)[::2]) for name in ALONG}
    across = {name: np.ascontiguousarray(getattr(around, name)[1::2, ::2]) for name in ("gamma_sm", "v", "a", "b")}
    return replace(around, **along, **across, last=min(around.last, float(along["log_z"][-1])))


def limits_of(choices: Choices) -> tuple[float, float]:
    """ln z at the beginning and the end of the evolution.

    Parameters
    ----------
    choices : switches, all settled (see `conventions.resolve`)

    Returns
    -------
    (first, last)
    """
    return float(-np.log(choices.T_max_MeV)), float(np.log(choices.z_max))


def nodes_between(first: float, last: float, log_m: float, step: float) -> tuple[int, int]:
    """Numbers j of the first and last node ln z = j step - ln m that enclose [first, last].

    Parameters
    ----------
    first : ln z at the beginning
    last : ln z at the end
    log_m : ln of the mediator's mass [MeV]
    step : in ln z

    Returns
    -------
    (first, last)
    """
    return int(np.floor((first + log_m) / step)), int(np.ceil((last + log_m) / step))


def factors(model: str, choices: Choices) -> tuple[float, float, float]:
    """Factors of the scalar's potential, of the scalar's on-shell rate and of the off-shell rate.

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    choices : switches, all settled (see `conventions.resolve`)

    Returns
    -------
    three factors; 0 for what is switched off
    """
    factor = MEDIATORS[model][1]
    return factor, factor * choices.doubling, choices.doubling * choices.off_shell


@dataclass(frozen=True)
class Passage:
    """The evolution for one mediator mass, whatever the model: its nodes low .. high in ln(m/T), ln z, and what is
    there."""

    low: int
    high: int
    log_z: np.ndarray
    T: np.ndarray
    source: np.ndarray
    background: Background


@lru_cache(maxsize=64)
def without_opacity(choices: Choices) -> Choices:
    """The choices with the default opacity in place of their own: what passages depend on.

    Parameters
    ----------
    choices : switches, all settled (see `conventions.resolve`)

    Returns
    -------
    the choices; kept for the next call
    """
    return replace(choices, **{each.name: each.default for each in fields(Opacity)})


@lru_cache(maxsize=KEPT_PASSAGES)
def _passage(log_m: float, step: float, choices: Choices) -> Passage:
    """The passage of a mediator of mass e^log_m [MeV] in steps of ln z."""
    low, high = nodes_between(*limits_of(choices), log_m, step)
    log_z = np.arange(low, high + 1) * step - log_m
    around = background(log_z, choices)
    return Passage(low, high, log_z, 1 / around.z, 1 / (4 * around.hubble * around.entropy), around)


def passage(model: str, m_mediator: float, choices: Choices, step: float) -> Passage:
    """The passage of a mediator, which all models and opacities share.

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)
    step : in ln z

    Returns
    -------
    the evolution in steps of ln z; kept for the next call
    """
    return _passage(0.0 if model == "sm" else float(np.log(m_mediator)), step, without_opacity(choices))


@lru_cache(maxsize=KEPT_PASSAGES)
def _targets(model: str, log_m: float, step: float, choices: Choices) -> np.ndarray | float:
    """`targets` along a passage."""
    return targets(model, _passage(log_m, step, choices).background.z)


@lru_cache(maxsize=KEPT)
def medium(model: str, m_mediator: float, choices: Choices, resolution: tuple[int, float] = STANDARD) -> Medium:
    """The medium of a mediator of mass `m_mediator` [MeV] (any for the Standard Model); `source` is J/(4 H S/T^3).

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    m_mediator : mass of the mediator [MeV], any for the Standard Model
    choices : switches, all settled (see `conventions.resolve`)
    resolution : intervals in the root of x, and step in ln z

    Returns
    -------
    what the kernel reads; kept for the next call
    """
    n_x, step = resolution
    x = momentum_grid(n_x).x
    at = 0.0 if model == "sm" else float(np.log(m_mediator)), step, without_opacity(choices)
    along = _passage(*at)
    around, log_z = along.background, along.log_z
    if model == "sm":
        v = a = b = np.zeros((len(x), len(log_z)))
        scale = (0.0, 0.0, 0.0)
    else:
        table = thermal_tables(choices.flux, n_x, step)
        columns = table.columns(along.low, along.high)
        v, a, b = table.v[:, columns], table.a[:, columns], table.b[..., columns]
        b, scale = off_shell_rate(model, b, _targets(model, *at)), factors(model, choices)
    ends = limits_of(choices)
    weak = np.broadcast_to(opacity.rate_over_T5(x[:, None], log_z, choices) * around.T5, v.shape)
    rates = weak, v, a, b
    return Medium(
        log_z, around.z, along.T, along.source, around.v_sm, *rates, *scale, *ends, around.entropy, around.g_s
    )
