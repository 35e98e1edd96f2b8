"""Recoil spectra of solar neutrinos on xenon, and their weights on the monoenergetic templates.

Every rate here is for unit fluxes and mu = mu_B: fluxes, moment and nuisances are factors.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.xenon_cevns.inputs import Shapes
from nubounds.kernels import solar_cevns as kernel
from nubounds.numerics.constants import HBARC_MEV_FM
from nubounds.solar.flux import components_of, spectrum_of
from nubounds.solar.inputs import FLUXES
from nubounds.solar.rates import ORDERS, quadrature_rule
from nubounds.solar.target import nuclei_of

INTERPOLATION = 1e-9  # relative error of the interpolated moments that the coarser table does not see
MASSES_AT_ONCE = 32  # keeps the nodes of a batch in tens of megabytes
SM, DIPOLE = 0, slice(1, 3)  # of the kernel's components


@lru_cache(maxsize=8)
def isotopes(shapes: Shapes) -> np.ndarray:
    """The kernel's isotopes for one ton and one year, shape (isotopes, 4), nuclear masses [MeV] in the first column.

    Parameters
    ----------
    shapes : inputs of the recoil spectra

    Raises
    ------
    InputError
        For a target that makes no sense.
    """
    scattering = shapes.scattering
    return nuclei_of(scattering.target).kernel_rows(scattering.weak_mixing, shapes.form_factor.nuclear_radius_fm)


@lru_cache(maxsize=8)
def _breaks(shapes: Shapes) -> np.ndarray:
    """Neutrino energies at which a spectrum is not smooth [MeV]."""
    return np.concatenate([spectrum_of(shapes.scattering.spectra, flux).breaks for flux in FLUXES])


def recoil_rates(shapes: Shapes, T_keV: ArrayLike, m4_MeV: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Recoil spectra.

    Parameters
    ----------
    shapes : inputs of the recoil spectra
    T_keV, m4_MeV : arrays that broadcast to n points

    Returns
    -------
    value, error : shape (n, 2, 3) [1/(keV t yr)]: 8B and hep; Standard Model, dipole of all flavours and of nu_e
    """
    T, m4 = (np.ascontiguousarray(values, dtype=float).ravel() for values in np.broadcast_arrays(T_keV, m4_MeV))
    return _rates(shapes, isotopes(shapes), 1e-3 * T, m4)


def _rates(shapes, rows, T_MeV, m4):
    scattering, range_fm = shapes.scattering, shapes.form_factor.yukawa_range_fm
    fluxes = components_of(scattering.spectra, scattering.production, scattering.oscillations)
    moments = [component.moments for component in fluxes]
    value, error, _ = kernel.evaluate_rates(T_MeV, m4, rows, moments, range_fm, HBARC_MEV_FM)
    return value, error + INTERPOLATION * value


def template_weights(
    shapes: Shapes, energy_keV: np.ndarray, m4_MeV: ArrayLike, *, sm: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Weights of monoenergetic templates: integrals of the recoil spectrum times the hat around each energy.

    Between the energies, efficiencies are linear; there is no signal outside.  The range is cut at the energies and
    wherever E_min(T) passes an energy at which a spectrum is not smooth.

    Parameters
    ----------
    shapes : inputs of the recoil spectra
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
        for row in isotopes(shapes):
            _add_isotope(shapes, energy_keV, m4[part], row, sm, value[part], error[part])
    return value, error + 1e-14 * value


def _pieces(energy, m4, M, breaks):
    """Ends of the pieces of the recoil energy [keV], shape (n, pieces + 1); many have no width."""
    n, k = len(m4), len(breaks)
    ranges, _ = kernel.recoil_ranges(np.tile(breaks, n), np.repeat(m4, k), float(M))
    cuts = 1e3 * np.nan_to_num(ranges.reshape(n, 2 * k))
    return np.sort(np.concatenate([np.tile(energy, (n, 1)), np.clip(cuts, energy[0], energy[-1])], axis=1), axis=1)


def _add_isotope(shapes, energy, m4, isotope, sm, value, error):
    n, k = len(m4), len(energy)
    rule = quadrature_rule(ORDERS[shapes.accuracy.precision])
    ends = _pieces(energy, m4, isotope[0], _breaks(shapes))
    low, width = ends[:, :-1], np.diff(ends, axis=1)
    # only pieces with a width: their order is that of the masses, so that each mass adds up the same numbers
    mass, piece = np.nonzero(width > 0)
    low, width = low[mass, piece], width[mass, piece]
    T = low[:, None] + width[:, None] * rule[:, 0]
    rates, rate_errors = _rates(shapes, isotope[None], 1e-3 * T.ravel(), np.repeat(m4[mass], len(rule)))
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
