"""Parts of 1/lambda at all energies of a spectrum, from tables of the matter that its energies and kinds share.

The processes are those of `neutral.py`, `electrons.py` and `charged.py`, in the variables Q and eta with
q0 = Q sinh(eta), |q| = Q cosh(eta). What matter does at a node in them does not depend on the neutrino. A neutrino's
energy says where eta ends, at Q e^eta = 2 E, and what is left of it is a polynomial in E and the room in the final
state (sn_diffusion_spectrum.pyx). At each Q the sum over eta leaves three numbers,

    C = 2 S_2 - X S_1 + X^2 S_0/4,   S_1 - X S_0/4,   S_0,   X = Q^2,

on which form factors, couplings and propagators act, because they depend on Q alone. In six columns they add up over
all targets: Standard Model and interference, both without and with helicity, vector and scalar exchange.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

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
HEATED = 12.0  # temperatures that a neutrino may gain where Q is largest
NO_POSITRONS = 10.0  # mu_e/T from which they are a share of e^-10 or less of what electrons do
COLUMNS, CHANNELS = 6, 3
TABLE = 1 << 16  # numbers for which there is memory; larger tables, as of the reference, have their own


@dataclass(frozen=True)
class Grid:
    """Numbers of nodes: in Q for light mediators and in each panel above; the same for charged currents, which no
    mediator makes; in each piece of eta, and in that in which an energy ends, for each kind of target.
    """

    Q: tuple[int, int]
    charged_Q: tuple[int, int]
    nucleons: tuple[int, int]
    electrons: tuple[int, int]
    charged: tuple[int, int]


# Of the value, and of its error.
GRIDS = {
    "draft": (
        Grid((18, 10), (10, 10), nucleons=(7, 8), electrons=(8, 6), charged=(7, 6)),
        Grid((14, 6), (6, 7), nucleons=(5, 5), electrons=(6, 4), charged=(5, 5)),
    ),
    "paper": (
        Grid((22, 14), (8, 14), nucleons=(12, 12), electrons=(12, 12), charged=(12, 12)),
        Grid((18, 10), (6, 10), nucleons=(8, 8), electrons=(8, 8), charged=(8, 8)),
    ),
    "reference": (
        Grid((26, 18), (10, 18), nucleons=(16, 16), electrons=(16, 16), charged=(16, 16)),
        Grid((22, 14), (8, 14), nucleons=(12, 12), electrons=(12, 12), charged=(12, 12)),
    ),
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


@dataclass(frozen=True)
class Kind:
    """A kind of neutrino: nu, nubar or majorana_thermal; flavour e or x; its chemical potential [MeV]."""

    neutrino: str
    flavour: str
    mu: float


@dataclass(frozen=True)
class Rule:
    """A rule over energies: power of the mean, precision, 0 for the value or 1 for the coarser rule of its error."""

    power: int
    precision: str
    level: int

    def energies(self, mu: float, T: float) -> tuple[np.ndarray, np.ndarray]:
        """Energies [MeV] and weights of neutrinos of chemical potential `mu`, as :func:`rosseland.energies`."""
        return rosseland.energies(mu, T, self.power, self.precision, self.level)

    @property
    def grid(self) -> Grid:
        """Nodes of the integrals at each."""
        return GRIDS[rosseland.INTEGRANDS[self.precision]][self.level]


@dataclass(frozen=True)
class Columns:
    """What all targets do to kinds of neutrinos, at e energies of all kinds one after another.

    X : (r,) Q^2 [MeV^2];  columns : (s, 6, r) at different energies or chemical potentials;  source : (e,) which of
    them;  helicity : (e,);  factor : (e,) makes 1/lambda [1/m] of sums over rows;  standard : (e,) the Standard Model
    [1/m];  weights : (e,) of the mean over energies
    """

    X: np.ndarray
    columns: np.ndarray
    source: np.ndarray
    helicity: np.ndarray
    factor: np.ndarray
    standard: np.ndarray
    weights: np.ndarray

    def fill(self, masses: np.ndarray, parts: np.ndarray) -> None:
        """Parts of 1/lambda for mediators of some masses.

        Parameters
        ----------
        masses : [MeV], (m,)
        parts : (4, m, e) [1/m], parts as in opacity.PARTS, couplings taken out; filled
        """
        parts[0] = self.standard
        spectrum_kernel.exchanges(self.X, self.columns, masses, self.source, self.helicity, self.factor, parts[1:])


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


@lru_cache(maxsize=16)
def _panels(count: int, panels: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights in Q/T above LIGHT: in logarithmic panels, and in `panels` that grow."""
    logarithms = np.linspace(math.log(LIGHT), math.log(LOGARITHMIC), LOGARITHMIC_PANELS + 1)
    log_Q, weight_log = (array.ravel() for array in gauss(logarithms, count))
    Q, weight = (array.ravel() for array in gauss(LOGARITHMIC * (1 + GROWTH) ** np.arange(panels + 1), count))
    return np.concatenate([np.exp(log_Q), Q]), np.concatenate([np.exp(log_Q) * weight_log, weight])


def momenta(T: float, end: float, light: int, panel: int) -> tuple[np.ndarray, np.ndarray]:
    """Q [MeV] of the rows, with their weights; both filled up to whole vectors.

    Parameters
    ----------
    T, end : temperature, and the largest Q [MeV]
    light, panel : numbers of nodes, below LIGHT temperatures and in each panel above

    Returns
    -------
    Q, weight : (r,) [MeV]
    """
    lightest, reach = kernel.LIGHTEST_MEDIATOR, math.asinh(LIGHT * T / kernel.LIGHTEST_MEDIATOR)
    x, w = legendre(light)
    t = 0.5 * reach * (1 + x)
    growing = math.ceil(math.log(max(end / (LOGARITHMIC * T), 1.0), 1 + GROWTH))
    above, weight_above = _panels(panel, growing)
    rows = light + above.size
    Q, weight = np.zeros((2, rows + -rows % spectrum_kernel.LANES))
    Q[:light], weight[:light] = lightest * np.sinh(t), 0.5 * reach * w * lightest * np.cosh(t)
    Q[light:rows], weight[light:rows] = T * above, T * weight_above
    Q[rows:] = Q[rows - 1]
    return Q, weight


def _table(
    gas: Gas, Q: np.ndarray, weight: np.ndarray, top: float, nodes: tuple[int, int], memory: np.ndarray, currents=None
):
    """What the targets do at all nodes, for neutrinos of energies up to `top` and rows with weights for dQ; `memory` is
    that of the table before.
    """
    of_gas = (gas.T, gas.m, gas.mu_in, gas.mu_out, gas.gain)
    series = kernel.polylogarithms()
    return spectrum_kernel.Collisions(of_gas, series, Q, Q * weight, top, *map(_rule, nodes), currents, 8, memory)


@cache
def _rule(count: int) -> np.ndarray:
    return np.array(legendre(count))


def _nucleons(X: np.ndarray, m: float, S_A: float, currents: Currents) -> np.ndarray:
    """What multiplies the channels in the columns, (2, 6, 3, r), of neutrons and protons: the squared matrix element of
    neutral.py, bilinear in two currents.
    """
    known = form_factors.nucleons(X, currents.form_factors)
    V, F2, F_A = np.stack([form_factors.weak_neutral(X, nucleon, currents, known) for nucleon in "np"], axis=1)
    V_B, F2_B = form_factors.baryon(X, currents, known)
    moment, light, heavy = currents.pauli_factor(m, M_NUCLEON), X / (4 * m**2), 0.5 * m**2 * X
    f, f_B, pauli, half = moment * F2, moment * F2_B, X * X * (1 / 8 - X / (16 * m**2)), 0.25 * X * X
    mixed, axial = -2 * math.sqrt(S_A) * F_A * X, S_A * F_A**2

    def vector(V, f, V_other, f_other):
        VV, ff = V * V_other, f * f_other
        return VV + ff * light, ff * pauli - heavy * VV + half * (V * f_other + f * V_other)

    weak, interfering, exchanged = vector(V, f, V, f), vector(V, f, V_B, f_B), vector(V_B, f_B, V_B, f_B)
    factors = np.zeros((2, COLUMNS, CHANNELS, X.size))
    factors[:, 0, 0], factors[:, 0, 2] = neutral.WEAK * (weak[0] + axial), neutral.WEAK * (weak[1] + axial * heavy)
    factors[:, 1, 1] = neutral.WEAK * mixed * (V + f)
    factors[:, 2, 0], factors[:, 2, 2] = neutral.MIXED * interfering[0], neutral.MIXED * interfering[1]
    factors[:, 3, 1] = neutral.MIXED * 0.5 * mixed * (V_B + f_B)
    factors[:, 4, 0], factors[:, 4, 2] = 8 * exchanged[0], 8 * exchanged[1]
    factors[:, 5, 2] = form_factors.dipole(X, currents.form_factors) ** 2 * X * (4 * m**2 + X)
    return factors


def _electrons(X: np.ndarray, flavours: Sequence[str], sign: int, sin2_theta_w: float) -> np.ndarray:
    """The same, (k, 6, 3, r), of electrons (sign +1) or positrons (-1) for neutrinos of k flavours."""
    factors = np.zeros((len(flavours), COLUMNS, CHANNELS, X.size))
    mass, mixed = 0.5 * TM1["m_e"] ** 2 * X, sign * 2 * X
    for of, flavour in zip(factors, flavours, strict=True):
        C_A = electrons.W_EXCHANGE[flavour]
        C_V = 2 * sin2_theta_w + C_A
        of[0, 0], of[0, 2] = electrons.WEAK * (C_V**2 + C_A**2), electrons.WEAK * (C_A**2 - C_V**2) * mass
        of[1, 1] = electrons.WEAK * C_A * C_V * mixed
        of[2, 0], of[2, 2] = -electrons.MIXED * C_V, electrons.MIXED * C_V * mass
        of[3, 1] = -electrons.MIXED * 0.5 * C_A * mixed
        of[4, 0], of[4, 2] = 8.0, -8 * mass
    return factors


def _absorbed(matter: State, sign: int, top: float, E: np.ndarray, chosen: Interaction, grid: Grid, memory):
    """1/lambda (e,) [MeV] by charged currents, of neutrinos (sign +1) or antineutrinos (-1)."""
    mu_in, mu_out = (matter.mu_n, matter.mu_p)[::sign]
    gas = Gas(matter.T, matter.m_eff, mu_in, mu_out, sign * potential_difference(matter))
    currents = {
        "helicity": sign,
        "pauli": chosen.currents.pauli_factor(matter.m_eff, M_NUCLEON),
        "running": chosen.currents.form_factors == "dipole",
        "M": M_NUCLEON,
        "vector_mass2": form_factors.VECTOR_MASS2,
        "axial_mass2": form_factors.AXIAL_MASS**2,
        "moment_p": form_factors.MAGNETIC_MOMENTS["p"],
        "moment_n": form_factors.MAGNETIC_MOMENTS["n"],
        "g_A": form_factors.AXIAL_ISOVECTOR,
    }
    Q, weight = momenta(gas.T, highest(gas, top), *grid.charged_Q)
    table = _table(gas, Q, weight, top, grid.charged, memory, currents)
    sums = table.sums(E, sign * electron_potential(matter), False)
    return (G_F_PER_MEV2 * V_UD) ** 2 * MEASURE * sums[:, 0].sum(axis=1) / E**2


def _scattering(matter: State, sets, top: float, rule: Rule, chosen: Interaction, memory):
    """X (r,) of the rows, and the columns (s, 6, r) of scattering on all targets.

    sets : energies (e,) and the chemical potential and flavour of the kinds that share them
    """
    grid, transport = rule.grid, chosen.weight == "transport"
    Q, weight = momenta(matter.T, highest(Gas(matter.T, 0.0, 0.0, 0.0), top), *grid.Q)
    X = Q**2
    if transport:  # 1 - cos(theta) = X/(2 E E'), of which E' is in the sums
        weight = weight * X / 2
    fit = chosen.medium
    S_A = axial_suppression(matter.T, matter.m_eff, matter.mu_n, matter.mu_p, fit.correlations, fit.g_prime)
    ends = np.cumsum([len(kinds) * E.size for E, kinds in sets])
    found = np.zeros((ends[-1], COLUMNS, X.size))
    columns = [
        of_set.reshape(len(kinds), E.size, COLUMNS, X.size)
        for of_set, (E, kinds) in zip(np.split(found, ends[:-1]), sets, strict=True)
    ]
    potentials = [np.array([mu for mu, _ in kinds]) for _, kinds in sets]
    for mu, factors in zip((matter.mu_n, matter.mu_p), _nucleons(X, matter.m_eff, S_A, chosen.currents), strict=True):
        table = _table(Gas(matter.T, matter.m_eff, mu, mu), Q, weight, top, grid.nucleons, memory)
        for (E, _), of_kinds, into in zip(sets, potentials, columns, strict=True):
            table.add(E, of_kinds, transport, factors[None], into)
    if chosen.electrons:
        mu_e = electron_potential(matter)
        for sign in (+1, -1) if mu_e < NO_POSITRONS * matter.T else (+1,):
            gas = Gas(matter.T, TM1["m_e"], sign * mu_e, sign * mu_e)
            table = _table(gas, Q, weight, top, grid.electrons, memory)
            for (E, kinds), of_kinds, into in zip(sets, potentials, columns, strict=True):
                factors = _electrons(X, [flavour for _, flavour in kinds], sign, chosen.currents.sin2_theta_w)
                table.add(E, of_kinds, transport, factors, into)
    return X, found


@lru_cache(maxsize=128)  # about 0.5 MB each; all masses share them
def columns(matter: State, kinds: tuple[Kind, ...], rule: Rule, chosen: Interaction) -> Columns:
    """What everything that the inputs choose does to kinds of neutrinos in one shell.

    Parameters
    ----------
    matter : of the shell; what it says of a neutrino does not matter
    kinds : of neutrinos
    rule : energies
    chosen : couplings, form factors, correlations, weight, processes

    Returns
    -------
    the columns, for mediators of any mass
    """
    T = matter.T
    top = max(rosseland.energies(mu, T, rule.power, rule.precision, 0)[0].max() for mu in (abs(matter.mu_nu_e), 0.0))
    shared: dict[float, list[tuple[float, str]]] = {}
    for kind in kinds:
        of = shared.setdefault(rosseland.centre(kind.mu, T), [])
        of += [(kind.mu, kind.flavour)] * ((kind.mu, kind.flavour) not in of)
    sets = [(rule.energies(of[0][0], T)[0], of) for of in shared.values()]
    places = {one: k for k, one in enumerate((mu, flavour) for _, of in sets for mu, flavour in of)}
    memory = np.empty(TABLE)  # of one table after the other
    X, found = _scattering(matter, sets, top, rule, chosen, memory)
    first = np.cumsum([0, *(E.size for E, of in sets for _ in of)])
    rules = [rule.energies(kind.mu, T) for kind in kinds]
    E, weights = (np.concatenate(arrays) for arrays in zip(*rules, strict=True))
    sizes = [of_kind.size for of_kind, _ in rules]
    source = np.concatenate(
        [first[places[kind.mu, kind.flavour]] + np.arange(sizes[k]) for k, kind in enumerate(kinds)]
    )
    helicity = np.repeat([float(SIGN.get(kind.neutrino, 0)) for kind in kinds], sizes)
    stimulated = np.ones_like(E)
    if chosen.weight == "transport":  # processes.stimulated
        stimulated += np.exp(np.minimum((np.repeat([kind.mu for kind in kinds], sizes) - E) / T, 700.0))
    factor = MEV_TO_PER_M * MEASURE * stimulated / (E**3 if chosen.weight == "transport" else E**2)
    standard = found[:, :2].sum(axis=2)[source]
    rate = factor * (standard[:, 0] + helicity * standard[:, 1])
    for k, kind in enumerate(kinds):
        if "charged" in processes.wanted_by(chosen, kind.flavour):
            mine = slice(sum(sizes[:k]), sum(sizes[: k + 1]))
            signs = (SIGN[kind.neutrino],) if kind.neutrino in SIGN else (+1, -1)
            absorbed = sum(_absorbed(matter, sign, top, E[mine], chosen, rule.grid, memory) for sign in signs)
            rate[mine] += MEV_TO_PER_M * stimulated[mine] * absorbed / len(signs)
    return Columns(X, found, source, helicity, factor, rate, weights)


def parts(matter: State, kinds: tuple[Kind, ...], masses: np.ndarray, chosen: Interaction, rule: Rule) -> np.ndarray:
    """Parts of 1/lambda of everything that the inputs choose.

    Parameters
    ----------
    matter, kinds, rule, chosen : as for :func:`columns`
    masses : of the mediator [MeV], (m,)

    Returns
    -------
    (4, m, e) [1/m], parts as in opacity.PARTS, couplings taken out, at the energies of all kinds one after another
    """
    found = columns(matter, kinds, rule, chosen)
    of_parts = np.empty((len(PARTS), masses.size, found.weights.size))
    found.fill(masses, of_parts)
    return of_parts
