"""Parts of 1/lambda at all energies of a spectrum, from tables of the matter that its energies and kinds share.

The processes are those of `neutral.py`, `electrons.py` and `charged.py`, in the variables Q and eta with
q0 = Q sinh(eta), |q| = Q cosh(eta). What matter does at a node in them does not depend on the neutrino. A neutrino's
energy says where eta ends, at Q e^eta = 2 E, and what is left of it is a polynomial in E and the room in the final
state (sn_diffusion_spectrum.pyx). At each Q the sum over eta leaves three numbers,

    C = 2 S_2 - X S_1 + X^2 S_0/4,   S_1 - X S_0/4,   S_0,   X = Q^2,

on which form factors, couplings and propagators act, because they depend on Q alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nubounds.constraints.sn_diffusion import electrons, form_factors, neutral, processes, rosseland
from nubounds.constraints.sn_diffusion.charged import SIGN, V_UD, electron_potential, potential_difference
from nubounds.constraints.sn_diffusion.collisions import gauss, legendre
from nubounds.constraints.sn_diffusion.correlations import axial_suppression
from nubounds.constraints.sn_diffusion.inputs import Currents, Interaction
from nubounds.constraints.sn_diffusion.opacity import MEV_TO_PER_M, PARTS
from nubounds.constraints.sn_diffusion.states import M_NUCLEON, TM1, State
from nubounds.kernels import sn_diffusion as kernel
from nubounds.kernels import sn_diffusion_spectrum as spectrum_kernel
from nubounds.numerics.constants import G_F_PER_MEV2

MEASURE = 1 / (64 * math.pi**3)
LIGHT, LOGARITHMIC, GROWTH = 0.1, 3.0, 0.5  # Q/T below which mediators decide, and to which panels are logarithmic
LOGARITHMIC_PANELS = 3
TAIL = 24.0  # temperatures beyond a Fermi surface that count: e^-24
HEATED = 12.0  # temperatures that a neutrino may gain where Q is largest
THERMAL = 4.0  # temperatures around an even exchange of energy between which eta has nodes of its own


@dataclass(frozen=True)
class Grid:
    """Numbers of nodes: in Q for light mediators, in each panel of Q, in each of the seven pieces of eta."""

    light: int
    panel: int
    piece: int


# Of the value, and of its error.
GRIDS = {
    "draft": (Grid(20, 10, 8), Grid(15, 7, 6)),
    "paper": (Grid(22, 14, 12), Grid(18, 10, 8)),
    "reference": (Grid(26, 18, 16), Grid(22, 14, 12)),
}
ALIKE = {"draft": 1e-4, "paper": 5e-5, "reference": 1e-5}  # share of a mean that both may miss


@dataclass(frozen=True)
class Gas:
    """Targets: temperature, mass, chemical potentials before and after, potential energy that goes to the lepton."""

    T: float
    m: float
    mu_in: float
    mu_out: float
    gain: float = 0.0


def degeneracy(state: State) -> float:
    """The largest of the nucleons' and the neutrinos' Fermi energies, in temperatures.

    Parameters
    ----------
    state : of one shell

    Returns
    -------
    a number, below 0 where nothing is degenerate
    """
    return max(state.mu_n - state.m_eff, state.mu_p - state.m_eff, abs(state.mu_nu_e)) / state.T


def highest(gas: Gas, top: float) -> float:
    """The largest Q [MeV] that neutrinos of energies up to `top` [MeV] reach, with as much energy as the gas can give.

    Parameters
    ----------
    gas : the targets
    top : largest energy of a neutrino [MeV]

    Returns
    -------
    Q [MeV]: at an energy A/2 of the lepton, and q0 = -c, it is (A^2 + 2 A c)^(1/2)
    """
    A, c = 2 * top + gas.gain, max(gas.mu_in - gas.mu_out, 0.0) + HEATED * gas.T
    return math.sqrt(max(A, 0.0) * (max(A, 0.0) + 2 * c))


@lru_cache(maxsize=64)
def momenta(T: float, end: float, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Q [MeV] of the rows, with their weights; both filled up to whole vectors.

    Parameters
    ----------
    T, end : temperature, and the largest Q [MeV]
    grid : numbers of nodes

    Returns
    -------
    Q, weight : (r,) [MeV]
    """
    lightest, low = kernel.LIGHTEST_MEDIATOR, LIGHT * T
    t, weight_t = (array.ravel() for array in gauss([0.0, math.asinh(low / lightest)], grid.light))
    logarithms = np.linspace(math.log(low), math.log(LOGARITHMIC * T), LOGARITHMIC_PANELS + 1)
    log_Q, weight_log = (array.ravel() for array in gauss(logarithms, grid.panel))
    edges = [LOGARITHMIC * T]
    while edges[-1] < end:
        edges.append(edges[-1] * (1 + GROWTH))
    Q, weight = (array.ravel() for array in gauss(edges, grid.panel))
    Q = np.concatenate([lightest * np.sinh(t), np.exp(log_Q), Q])
    weight = np.concatenate([lightest * np.cosh(t) * weight_t, np.exp(log_Q) * weight_log, weight])
    missing = -Q.size % spectrum_kernel.LANES
    return np.pad(Q, (0, missing), mode="edge"), np.pad(weight, (0, missing))


def pieces(Q: np.ndarray, gas: Gas, top: float) -> np.ndarray:
    """Edges in eta of the pieces of each row.

    With sinh(xi) = Q/2m the target's least energy is m cosh(eta - xi) before and m cosh(eta + xi) after the collision,
    so that the Fermi surfaces are known. Others are an even exchange of energy, and temperatures around it.

    Parameters
    ----------
    Q : of the rows [MeV], (r,)
    gas : the targets
    top : largest energy of a neutrino [MeV]

    Returns
    -------
    (r, 8), ascending
    """
    T, m, change = gas.T, gas.m, gas.mu_in - gas.mu_out
    xi = np.arcsinh(Q / (2 * m))
    fermi_in, fermi_out = (math.acosh(max(mu, m + 3 * T) / m) for mu in (gas.mu_in, gas.mu_out))
    reach = math.acosh((max(gas.mu_in, m) + TAIL * T) / m)
    lower = np.maximum(xi - reach, -np.arcsinh((TAIL * T + change) / Q))
    upper = np.minimum(xi + reach, np.log(max(2 * top + gas.gain, 1e-300) / Q))
    if gas.gain > 0:  # |q| is more than what the lepton gains or loses
        lower = np.maximum(lower, np.log(gas.gain / Q))
    elif gas.gain < 0:
        upper = np.minimum(upper, np.log(-Q / gas.gain))
    inner = [np.arcsinh((step * T - change) / Q) for step in (-THERMAL, 0, THERMAL)]
    inner += [-xi - fermi_out, np.maximum(fermi_out - xi, xi - fermi_in), xi + fermi_in]
    upper = np.maximum(upper, lower)
    return np.ascontiguousarray(np.sort(np.clip(np.stack([lower, *inner, upper]), lower, upper), axis=0).T)


@lru_cache(maxsize=32)  # about 0.4 MB each
def table(gas: Gas, top: float, grid: Grid, currents: tuple[tuple[str, float], ...] = ()) -> spectrum_kernel.Collisions:
    """What the targets do at all nodes.

    Parameters
    ----------
    gas : the targets
    top : largest energy of a neutrino [MeV]
    grid : numbers of nodes
    currents : of charged currents, as the kernel's structure; neutral ones if empty

    Returns
    -------
    the table, for any energy up to `top`
    """
    Q, weight = momenta(gas.T, highest(gas, top), grid)
    x, w = legendre(grid.piece)
    of_gas = (gas.T, gas.m, gas.mu_in, gas.mu_out, gas.gain)
    series, edges = kernel.polylogarithms(), pieces(Q, gas, top)
    return spectrum_kernel.Collisions(of_gas, series, Q, Q * weight, edges, x, w, dict(currents) or None)


@dataclass(frozen=True)
class Energies:
    """Energies of a Rosseland mean, by what they follow from."""

    mu: float
    T: float
    power: int
    precision: str
    level: int

    @property
    def values(self) -> np.ndarray:
        """The energies [MeV]."""
        return rosseland.energies(self.mu, self.T, self.power, self.precision, self.level)[0]

    @property
    def weights(self) -> np.ndarray:
        """Their weights, of E^power f (1 - f) dE."""
        return rosseland.energies(self.mu, self.T, self.power, self.precision, self.level)[1]

    @property
    def grid(self) -> Grid:
        """Nodes of the integrals at each."""
        return GRIDS[rosseland.INTEGRANDS[self.precision]][self.level]


@lru_cache(maxsize=256)  # 0.05 MB each; flavours of Majorana neutrinos share them, as do species where mu_nu = 0
def _sums(gas: Gas, top: float, E: Energies, mu: float, transport: bool, currents=()) -> np.ndarray:
    """Sums over eta (e, channels, r) with room in the final state of the lepton's chemical potential `mu`."""
    return table(gas, top, E.grid, currents).sums(E.values, mu, transport)


def _current(V, f, V_B, f_B, X: np.ndarray, m2: float) -> np.ndarray:
    """What multiplies C, S_1 - X S_0/4 and S_0 in the vector part of neutral.py, bilinear in two currents: (3, r)."""
    VV, ff, Vf = V * V_B, f * f_B, 0.5 * (V * f_B + f * V_B)
    without = -0.5 * m2 * X * VV + X * X * (ff * (1 / 8 - X / (16 * m2)) + 0.5 * Vf)
    return np.stack([VV + ff * X / (4 * m2), np.zeros_like(X), without])


@lru_cache(maxsize=64)  # all kinds of neutrinos share them
def _nucleon(T: float, end: float, grid: Grid, nucleon: str, m: float, S_A: float, currents: Currents) -> np.ndarray:
    """What multiplies the channels in six columns, (6, 3, r): of the Standard Model, of interference (both without and
    with helicity), of vector and of scalar exchange.
    """
    X, m2 = momenta(T, end, grid)[0] ** 2, m**2
    known = form_factors.nucleons(X, currents.form_factors)
    V, F2, F_A = form_factors.weak_neutral(X, nucleon, currents, known)
    V_B, F2_B = form_factors.baryon(X, currents, known)
    moment, zero = currents.pauli_factor(m, M_NUCLEON), np.zeros_like(X)
    f, f_B, mixed = moment * F2, moment * F2_B, -2 * math.sqrt(S_A) * F_A * X
    scalar = form_factors.dipole(X, currents.form_factors) ** 2 * X * (4 * m2 + X)
    axial = S_A * F_A**2 * np.stack([np.ones_like(X), zero, 0.5 * m2 * X])
    return np.stack(
        [
            neutral.WEAK * (_current(V, f, V, f, X, m2) + axial),
            neutral.WEAK * np.stack([zero, mixed * (V + f), zero]),
            neutral.MIXED * _current(V, f, V_B, f_B, X, m2),
            neutral.MIXED * np.stack([zero, 0.5 * mixed * (V_B + f_B), zero]),
            8 * _current(V_B, f_B, V_B, f_B, X, m2),
            np.stack([zero, zero, scalar]),
        ]
    )


def _add_electrons(columns: np.ndarray, state: State, top: float, E: Energies, X: np.ndarray, chosen: Interaction):
    """Add scattering on electrons and positrons to columns (e, 6, r)."""
    mu_e, m = electron_potential(state), TM1["m_e"]
    C_A = electrons.W_EXCHANGE[state.flavour]
    C_V = 2 * chosen.currents.sin2_theta_w + C_A
    for sign in (+1, -1) if mu_e < electrons.NO_POSITRONS * state.T else (+1,):
        gas = Gas(state.T, m, sign * mu_e, sign * mu_e)
        C, linear, zeroth = _sums(gas, top, E, state.mu_nu, chosen.weight == "transport").transpose(1, 0, 2)
        mass, mixed = 0.5 * m**2 * X * zeroth, sign * 2 * X * linear
        columns[:, 0] += electrons.WEAK * (C_V**2 * (C - mass) + C_A**2 * (C + mass))
        columns[:, 1] += electrons.WEAK * C_A * C_V * mixed
        columns[:, 2] -= electrons.MIXED * C_V * (C - mass)
        columns[:, 3] -= electrons.MIXED * 0.5 * C_A * mixed
        columns[:, 4] += 8 * (C - mass)


def _absorbed(state: State, sign: int, top: float, E: Energies, chosen: Interaction) -> np.ndarray:
    """1/lambda (e,) [MeV] by charged currents, of neutrinos (sign +1) or antineutrinos (-1)."""
    mu_in, mu_out = (state.mu_n, state.mu_p)[::sign]
    gas = Gas(state.T, state.m_eff, mu_in, mu_out, sign * potential_difference(state))
    currents = {
        "helicity": sign,
        "pauli": chosen.currents.pauli_factor(state.m_eff, M_NUCLEON),
        "running": chosen.currents.form_factors == "dipole",
        "M": M_NUCLEON,
        "vector_mass2": form_factors.VECTOR_MASS2,
        "axial_mass2": form_factors.AXIAL_MASS**2,
        "moment_p": form_factors.MAGNETIC_MOMENTS["p"],
        "moment_n": form_factors.MAGNETIC_MOMENTS["n"],
        "g_A": form_factors.AXIAL_ISOVECTOR,
    }
    sums = _sums(gas, top, E, sign * electron_potential(state), False, tuple(currents.items()))
    return (G_F_PER_MEV2 * V_UD) ** 2 * MEASURE * sums[:, 0].sum(axis=1) / E.values**2


@lru_cache(maxsize=128)  # about 0.1 MB each; all masses share them, and x neutrinos and antineutrinos
def _of_matter(state: State, E: Energies, chosen: Interaction):
    """X (r,) of the rows; 1/lambda (2, e) of scattering in the Standard Model, without and with helicity, and the
    columns (e, 4, r) that wait for propagators, all in 1/m; and the largest energy of all kinds [MeV].
    """
    values, transport, fit = E.values, chosen.weight == "transport", chosen.medium
    top = max(
        rosseland.energies(mu, E.T, E.power, E.precision, 0)[0].max() for mu in (state.mu_nu_e, -state.mu_nu_e, 0.0)
    )
    end = highest(Gas(E.T, 0.0, 0.0, 0.0), top)
    X = momenta(E.T, end, E.grid)[0] ** 2
    S_A = axial_suppression(state.T, state.m_eff, state.mu_n, state.mu_p, fit.correlations, fit.g_prime)
    columns = np.zeros((values.size, 6, X.size))
    for nucleon, mu in (("n", state.mu_n), ("p", state.mu_p)):
        sums = _sums(Gas(state.T, state.m_eff, mu, mu), top, E, state.mu_nu, transport)
        factors = _nucleon(state.T, end, E.grid, nucleon, state.m_eff, S_A, chosen.currents)
        for channel in range(sums.shape[1]):
            columns += sums[:, channel, None] * factors[:, channel]
    if chosen.electrons:
        _add_electrons(columns, state, top, E, X, chosen)
    if transport:  # 1 - cos(theta) = X/(2 E E'), of which E' is in the sums
        columns *= X / (2 * values[:, None, None])
    columns *= MEV_TO_PER_M * MEASURE / values[:, None, None] ** 2
    return X, columns[:, :2].sum(axis=2).T, columns[:, 2:].copy(), top


def parts(state: State, neutrino: str, masses: np.ndarray, chosen: Interaction, E: Energies) -> np.ndarray:
    """Parts of 1/lambda of everything that the inputs choose.

    Parameters
    ----------
    state : of one shell, as the kind of neutrino sees it; its energy does not matter
    neutrino : nu, nubar, majorana_thermal
    masses : of the mediator [MeV], (m,)
    chosen : couplings, form factors, correlations, weight, processes
    E : the energies

    Returns
    -------
    (4, m, e) [1/m], parts as in opacity.PARTS, couplings taken out
    """
    values, helicity = E.values, SIGN.get(neutrino, 0)
    X, standard, columns, top = _of_matter(state, E, chosen)
    exchanged = spectrum_kernel.exchanges(X, columns, masses)
    sm = standard[0] + helicity * standard[1]
    if "charged" in processes.wanted_by(chosen, state.flavour):
        signs = (helicity,) if helicity else (+1, -1)
        sm = sm + MEV_TO_PER_M * sum(_absorbed(state, sign, top, E, chosen) for sign in signs) / len(signs)
    found = np.empty((len(PARTS), masses.size, values.size))
    found[0] = sm
    found[1] = exchanged[0] + helicity * exchanged[1]
    found[2:] = exchanged[2:]
    if chosen.weight == "transport":
        found *= 1 + np.exp(np.minimum((state.mu_nu - values) / state.T, 700.0))  # processes.stimulated
    return found
