"""Rates of coherent scattering and of the dipole on a target, at unit fluxes: everything else is a linear combination.

The kernel gives three columns per flux: the Standard Model (flavour-blind), the dipole for the whole flux, and the
dipole for the electron flavour, both for mu = mu_B.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np

from nubounds.kernels import solar_cevns as kernel
from nubounds.numerics.constants import HBARC_MEV_FM
from nubounds.solar.flux import components_of
from nubounds.solar.inputs import Scattering
from nubounds.solar.oscillations import flavour_shares
from nubounds.solar.target import A_KN_FM, nuclei_of

# Order of the Clenshaw-Curtis rule on a piece of a bin; its even nodes make the coarser rule.
ORDERS = {"draft": 8, "paper": 16, "reference": 32}


@cache
def quadrature_rule(order: int) -> np.ndarray:
    """Clenshaw and Curtis' rule in u, T = u^2 (3 - 2 u).

    The map makes a singularity y^(3/2) at either end smooth and removes the end nodes.

    Parameters
    ----------
    order : even

    Returns
    -------
    Position, weight and coarser weight of nodes in (0, 1), shape (order - 1, 3).
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


class Rates:
    """Rates on one target at unit fluxes of 8B and hep; made by :func:`rates_of`.

    Wherever `totals` is an argument, it is the pair of total fluxes [1/(cm2 s)] that
    :meth:`nubounds.solar.inputs.SolarFluxes.of` gives.
    """

    def __init__(self, scattering: Scattering):
        self.nuclei = nuclei_of(scattering.target)
        self._rows = self.nuclei.kernel_rows(scattering.weak_mixing)
        self.components = components_of(scattering.spectra, scattering.production, scattering.oscillations)
        self._moments = [component.moments for component in self.components]
        self._shares = flavour_shares(scattering.oscillations)

    def combination(self, flavour: str, totals: Sequence[float]) -> np.ndarray:
        """Weights that turn the dipole's two columns of each flux into its rate at mu_B.

        Parameters
        ----------
        flavour : all, e, mu or tau
        totals : total fluxes

        Returns
        -------
        Shape (fluxes, 2) [1/(cm2 s)].
        """
        return np.array(totals)[:, None] * np.array(self._shares[flavour])

    def end_point(self, totals: Sequence[float]) -> float:
        """Largest neutrino energy of the fluxes that are not zero.

        Parameters
        ----------
        totals : total fluxes

        Returns
        -------
        In MeV; 0 where all fluxes are.
        """
        present = zip(self.components, totals, strict=True)
        return max((component.end_point_MeV for component, total in present if total > 0), default=0.0)

    def largest_mass(self, totals: Sequence[float]) -> float:
        """The mass that no flux reaches on the heaviest isotope.

        Parameters
        ----------
        totals : total fluxes

        Returns
        -------
        In MeV: m4 + m4^2/(2 M) = end point.
        """
        M, E = self.nuclei.heaviest_MeV, self.end_point(totals)
        return 2.0 * E / (1.0 + math.sqrt(1.0 + 2.0 * E / M))

    def recoil(
        self, T_keV: float | np.ndarray, m4_MeV: float | np.ndarray, Z: float | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Recoil spectra.

        Parameters
        ----------
        T_keV, m4_MeV : broadcast to n points; the recoil energies above 0
        Z : charge of the isotopes that count; all of them by default

        Returns
        -------
        Rates [1/(keV ton yr)] and their errors, shape (n, fluxes, 3), and the status, shape (n,).
        """
        T, m4 = (np.ascontiguousarray(values, dtype=float) for values in np.broadcast_arrays(T_keV, m4_MeV))
        rows = self._rows if Z is None else np.ascontiguousarray(self._rows[self.nuclei.Z == Z])
        return kernel.evaluate_rates(1e-3 * T.ravel(), m4.ravel(), rows, self._moments, A_KN_FM, HBARC_MEV_FM)

    def binned(
        self, m4_MeV: np.ndarray, intervals: np.ndarray, places: np.ndarray, n_bins: int, precision: str, sm: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rates in bins of recoil energy.

        Parameters
        ----------
        m4_MeV : shape (n,)
        intervals : shape (k, 2) [MeV];  places : shape (k, 2), bin and isotope of each, sorted by isotope
        precision : key of `ORDERS`
        sm : the Standard Model's rate, in the first column, instead of the dipole's two columns

        Returns
        -------
        Rates [1/(ton yr)] and their errors, shape (n, fluxes, 2, bins).
        """
        rule = quadrature_rule(ORDERS[precision])
        m4 = np.ascontiguousarray(m4_MeV, dtype=float)
        values, errors, _ = kernel.evaluate_bins(
            m4, intervals, places, n_bins, self._rows, self._moments, rule, A_KN_FM, HBARC_MEV_FM, sm
        )
        return 1e3 * values, 1e3 * errors  # the kernel integrates over MeV rates per keV

    def between(
        self, edges_keV: np.ndarray, m4_MeV: np.ndarray, precision: str, sm: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rates between neighbouring edges, the same for all isotopes.

        Parameters
        ----------
        edges_keV : ascending recoil energies
        m4_MeV, precision, sm : as in :meth:`binned`

        Returns
        -------
        Rates [1/(ton yr)] and their errors, shape (n, fluxes, 2, len(edges) - 1).
        """
        edges, n = 1e-3 * np.asarray(edges_keV, float), len(edges_keV) - 1
        isotopes = len(self.nuclei.Z)
        intervals = np.tile(np.column_stack([edges[:-1], edges[1:]]), (isotopes, 1))
        places = np.column_stack([np.tile(np.arange(n), isotopes), np.repeat(np.arange(isotopes), n)]).astype(np.intc)
        return self.binned(m4_MeV, intervals, places, n, precision, sm)


@lru_cache(maxsize=32)
def rates_of(scattering: Scattering) -> Rates:
    """The :class:`Rates` that a record describes, made once.

    Parameters
    ----------
    scattering : target, spectra, production zone and mixing

    Returns
    -------
    The same object for equal records.

    Raises
    ------
    InputError
        For inconsistent data files.
    """
    return Rates(scattering)
