"""Recoil spectra of solar neutrinos on xenon, and their weights on the monoenergetic templates.

Every rate here is for unit fluxes and mu = mu_B: fluxes, moment and nuisances are factors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from nubounds import solar
from nubounds.constants import ALPHA, G_F_PER_MEV2, HBARC_MEV_FM, M_ELECTRON_MEV, YEAR_S
from nubounds.constraints.xenon_cevns.inputs import Oscillation, Shapes
from nubounds.constraints.xenon_cevns.inputs import Target as TargetInputs
from nubounds.constraints.xenon_cevns.spectra import sources
from nubounds.contract import InputError
from nubounds.kernels import solar_cevns as kernel
from nubounds.tables import read_csv

U_MEV = 931.49410242  # atomic mass constant [MeV], CODATA 2018
N_A = 6.02214076e23  # Avogadro's number [1/mol], exact
HBARC2_MEV2_CM2 = HBARC_MEV_FM**2 * 1e-26  # (hbar c)^2 [MeV^2 cm^2]
DIPOLE_CM2 = math.pi * ALPHA**2 / M_ELECTRON_MEV**2 * HBARC2_MEV2_CM2  # pi alpha^2/m_e^2 [cm^2]

ORDERS = {"draft": 8, "paper": 16, "reference": 32}  # of the rule on a piece; its even nodes make the coarser rule
INTERPOLATION = 1e-9  # relative error of the interpolated moments that the coarser table does not see
MASSES_AT_ONCE = 32  # keeps the nodes of a batch in tens of megabytes
SM, DIPOLE = 0, slice(1, 3)  # of the kernel's components


@dataclass(frozen=True)
class Target:
    """Isotopes: nuclear masses [MeV], shape (isotopes,), and the kernel's rows for one ton and one year."""

    M_MeV: np.ndarray
    rows: np.ndarray


@lru_cache(maxsize=8)
def load_target(inputs: TargetInputs) -> Target:
    """The target; InputError for a file whose isotopes or fractions make no sense."""
    path = inputs.target_file or solar.DATA / "target_Xe.csv"
    table = read_csv(path, ["Z", "A", "mass_u", "fraction"], minimum={"Z": 1, "A": 1, "mass_u": 0.5, "fraction": 0})
    Z, A, mass, fraction = (table[name] for name in ("Z", "A", "mass_u", "fraction"))
    if np.any(Z > A) or np.any(np.abs(mass - A) > 0.01 * A + 0.1):
        raise InputError(f"{path}: Z, A and mass_u of an isotope do not belong together (mass_u is close to A)")
    if abs(fraction.sum() - 1.0) > 2e-3:
        raise InputError(f"{path}: the fractions of the isotopes add up to {fraction.sum():.6g}, not to 1")
    Z, A, mass, fraction = (values[fraction > 0] for values in (Z, A, mass, fraction / fraction.sum()))
    M = mass * U_MEV - Z * M_ELECTRON_MEV
    charge = (0.5 - 2.0 * inputs.sin2_theta_W) * Z - 0.5 * (A - Z)
    per_keV = N_A * 1e6 / float(np.sum(fraction * mass)) * fraction * YEAR_S * 1e-3
    sm = G_F_PER_MEV2**2 * M / math.pi * charge**2 * HBARC2_MEV2_CM2
    rows = [M, inputs.nuclear_radius_fm * np.cbrt(A), per_keV * sm, per_keV * DIPOLE_CM2 * Z**2]
    return Target(M, np.ascontiguousarray(np.column_stack(rows)))


def shares(mixing: Oscillation, flavour: str) -> tuple[float, float]:
    """(a, b): a flavour's flux is a times the whole flux plus b times the electron flavour's."""
    s23 = mixing.sin2_theta23
    return {"all": (1.0, 0.0), "e": (0.0, 1.0), "mu": (1.0 - s23, s23 - 1.0), "tau": (s23, -s23)}[flavour]


def recoil_rates(shapes: Shapes, T_keV, m4_MeV):
    """Recoil spectra.

    Parameters
    ----------
    T_keV, m4_MeV : arrays that broadcast to n points

    Returns
    -------
    value, error : shape (n, 2, 3) [1/(keV t yr)]: 8B and hep; Standard Model, dipole of all flavours and of nu_e
    """
    T, m4 = (np.ascontiguousarray(values, dtype=float).ravel() for values in np.broadcast_arrays(T_keV, m4_MeV))
    return _rates(shapes, load_target(shapes.target).rows, 1e-3 * T, m4)


def _rates(shapes, rows, T_MeV, m4):
    tables, range_fm = sources(shapes.spectra, shapes.oscillation).tables, shapes.target.yukawa_range_fm
    value, error, _ = kernel.evaluate_rates(T_MeV, m4, np.ascontiguousarray(rows), tables, range_fm, HBARC_MEV_FM)
    return value, error + INTERPOLATION * value


@cache
def quadrature_rule(order: int) -> np.ndarray:
    """Position, weight and coarser weight of nodes in (0, 1), shape (order - 1, 3).

    Clenshaw and Curtis' rule in u, T = u^2 (3 - 2 u): the map makes a singularity y^(3/2) at either end smooth and
    removes the end nodes.
    """

    def weights(n):
        k = np.arange(0, n + 1, 2)
        terms = 2.0 / (1.0 - k**2) * np.cos(np.outer(np.arange(n + 1), k) * np.pi / n)
        terms[:, 0] *= 0.5
        terms[:, -1] *= 0.5
        values = terms.sum(axis=1) * 2.0 / n
        values[[0, -1]] *= 0.5
        return values

    u = np.sin(0.5 * np.pi * np.arange(order + 1) / order) ** 2
    coarse = np.zeros(order + 1)
    coarse[::2] = weights(order // 2)
    jacobian = 6.0 * u * (1.0 - u)
    rule = np.column_stack([u * u * (3.0 - 2.0 * u), 0.5 * weights(order) * jacobian, 0.5 * coarse * jacobian])
    return np.ascontiguousarray(rule[1:-1])


def template_weights(shapes: Shapes, energy_keV: np.ndarray, m4_MeV, *, sm: bool = False):
    """Weights of monoenergetic templates: integrals of the recoil spectrum times the hat around each energy.

    Between the energies, efficiencies are linear; there is no signal outside.  The range is cut at the energies and
    wherever E_min(T) passes an energy at which a spectrum is not smooth.

    Parameters
    ----------
    energy_keV : shape (k,), ascending
    m4_MeV : shape (n,)
    sm : the Standard Model (then m4 must be 0) instead of the dipole

    Returns
    -------
    value, error : shape (n, 2, 2, k) [1/(t yr)]: 8B and hep; all flavours and nu_e (equal for the Standard Model);
        errors are differences to a rule with half the nodes
    """
    m4 = np.asarray(m4_MeV, dtype=float)
    value, error = np.zeros((2, len(m4), 2, 2, len(energy_keV)))
    for start in range(0, len(m4), MASSES_AT_ONCE):
        part = slice(start, start + MASSES_AT_ONCE)
        for isotope, M in enumerate(load_target(shapes.target).M_MeV):
            _add_isotope(shapes, energy_keV, m4[part], isotope, M, sm, value[part], error[part])
    return value, error + 1e-14 * value


def _pieces(energy, m4, M, breaks):
    """Ends of the pieces of the recoil energy [keV], shape (n, pieces + 1); many have no width."""
    n, k = len(m4), len(breaks)
    ranges, _ = kernel.recoil_ranges(np.tile(breaks, n), np.repeat(m4, k), float(M))
    cuts = 1e3 * np.nan_to_num(ranges.reshape(n, 2 * k))
    return np.sort(np.concatenate([np.tile(energy, (n, 1)), np.clip(cuts, energy[0], energy[-1])], axis=1), axis=1)


def _add_isotope(shapes, energy, m4, isotope, M, sm, value, error):
    n, k = len(m4), len(energy)
    rule = quadrature_rule(ORDERS[shapes.accuracy.precision])
    ends = _pieces(energy, m4, M, sources(shapes.spectra, shapes.oscillation).breaks)
    low, width = ends[:, :-1], np.diff(ends, axis=1)
    # only pieces with a width: their order is that of the masses, so that each mass adds up the same numbers
    mass, piece = np.nonzero(width > 0)
    low, width = low[mass, piece], width[mass, piece]
    T = low[:, None] + width[:, None] * rule[:, 0]
    rows = load_target(shapes.target).rows[isotope : isotope + 1]
    rates, rate_errors = _rates(shapes, rows, 1e-3 * T.ravel(), np.repeat(m4[mass], len(rule)))
    parts = [SM, SM] if sm else [1, 2]
    rates = rates[:, :, parts].reshape(*T.shape, 2, 2)
    rate_errors = rate_errors[:, :, parts].reshape(*T.shape, 2, 2)
    interval = np.clip(np.searchsorted(energy, low + 0.5 * width) - 1, 0, k - 2)
    share = (T - energy[interval][:, None]) / np.diff(energy)[interval][:, None]  # of the upper template
    for offset, hat in ((0, 1.0 - share), (1, share)):
        place = mass * k + interval + offset
        for flux in range(2):
            for part in range(2):
                fine, rough = np.zeros((2, len(low)))
                for j in range(len(rule)):  # in a fixed order, whatever else is in the batch
                    term = hat[:, j] * rates[:, j, flux, part]
                    fine += rule[j, 1] * term
                    rough += rule[j, 2] * term - rule[j, 1] * (hat[:, j] * rate_errors[:, j, flux, part])
                value[:, flux, part] += np.bincount(place, width * fine, n * k).reshape(n, k)
                error[:, flux, part] += np.bincount(place, width * np.abs(fine - rough), n * k).reshape(n, k)
