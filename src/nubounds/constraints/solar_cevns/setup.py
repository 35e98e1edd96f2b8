"""What follows from the inputs, computed once (target, fluxes, bins), and the rates and limits made with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from nubounds.constants import HBARC_MEV_FM
from nubounds.constraints.solar_cevns import experiment
from nubounds.constraints.solar_cevns import inputs as declared
from nubounds.constraints.solar_cevns.flux import Flux, load_fluxes
from nubounds.constraints.solar_cevns.oscillations import flavour_shares
from nubounds.constraints.solar_cevns.target import A_KN_FM, Target, load_target
from nubounds.contract import InputError, Status
from nubounds.kernels import solar_cevns as kernel

# Order of the Clenshaw-Curtis rule on a piece of a bin; its even nodes make the coarser rule.
ORDERS = {"draft": 8, "paper": 16, "reference": 32}
FLUX_CHOICES = {"all": (1.0, 1.0), "8b": (1.0, 0.0), "hep": (0.0, 1.0)}


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


@dataclass
class Setup:
    """What one set of inputs means; made by :func:`setup`."""

    inputs: Mapping
    target: Target
    fluxes: list[Flux]
    shares: dict[str, tuple[float, float]]
    _made: dict = field(default_factory=dict)  # data, binnings and Standard Model rates, once they are asked for

    @property
    def tables(self) -> list:
        return [flux.table for flux in self.fluxes]

    @property
    def totals(self) -> np.ndarray:
        return np.array([flux.total for flux in self.fluxes])

    @property
    def delta_chi2(self) -> float:
        """Rise of chi^2 at the limit, for the confidence level and the degrees of freedom."""
        level, dof = self.inputs["confidence_level"], self.inputs["degrees_of_freedom"]
        if dof == 2:
            return -2.0 * math.log1p(-level)
        from scipy.special import gammaincinv

        return 2.0 * float(gammaincinv(0.5 * dof, level))

    def combination(self, flavour: str, flux: str) -> np.ndarray:
        """Weights, shape (fluxes, 2), that turn (whole, electron) of each flux into the dipole's rate."""
        return (self.totals * FLUX_CHOICES[flux])[:, None] * np.array(self.shares[flavour])

    def end_point(self, flux: str) -> float:
        """Largest neutrino energy [MeV] of a flux that is not zero."""
        present = zip(self.fluxes, FLUX_CHOICES[flux], strict=True)
        return max((component.end_point_MeV for component, on in present if on and component.total > 0), default=0.0)

    def largest_mass(self, flux: str) -> float:
        """m4 [MeV] that no flux reaches on the heaviest isotope: m4 + m4^2/(2 M) = end point."""
        M, E = self.target.heaviest_MeV, self.end_point(flux)
        return 2.0 * E / (1.0 + math.sqrt(1.0 + 2.0 * E / M))

    # ---- spectra ---------------------------------------------------------------------------------------------------

    def rates(self, T_keV, m4_MeV) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The kernel's rates at unit fluxes, shape (n, fluxes, 3) [1/(keV ton yr)], their errors, and the status."""
        T, m4 = (np.ascontiguousarray(values, dtype=float) for values in np.broadcast_arrays(T_keV, m4_MeV))
        return kernel.evaluate_rates(
            1e-3 * T.ravel(), m4.ravel(), self.target.kernel_rows, self.tables, A_KN_FM, HBARC_MEV_FM
        )

    def integrals(self, edges_keV, m4_MeV: float, sm: bool) -> tuple[np.ndarray, np.ndarray]:
        """Rates between neighbouring `edges_keV` at unit fluxes, shape (fluxes, 2, len(edges) - 1), and errors."""
        edges, n = 1e-3 * np.asarray(edges_keV, float), len(edges_keV) - 1
        isotopes = len(self.target.Z)
        intervals = np.tile(np.column_stack([edges[:-1], edges[1:]]), (isotopes, 1))
        places = np.column_stack([np.tile(np.arange(n), isotopes), np.repeat(np.arange(isotopes), n)]).astype(np.intc)
        values, errors, _ = self._bins(np.array([m4_MeV]), intervals, places, n, sm)
        return values[0], errors[0]

    def _bins(self, m4, intervals, places, n_bins, sm):
        # The kernel integrates over MeV rates per keV.
        rule = quadrature_rule(ORDERS[self.inputs["precision"]])
        values, errors, status = kernel.evaluate_bins(
            m4, intervals, places, n_bins, self.target.kernel_rows, self.tables, rule, A_KN_FM, HBARC_MEV_FM, sm
        )
        return 1e3 * values, 1e3 * errors, status

    # ---- scenarios -------------------------------------------------------------------------------------------------

    def _once(self, key, make):
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def data(self) -> experiment.Data | None:
        """The user's data for the scenario `current`, if there are any."""
        path = self.inputs["cdex_data"]
        return None if path is None else self._once("data", lambda: experiment.load_data(path))

    def _bins_of(self, scenario: str):
        """What tells the bins of scenarios apart: projections with one threshold share them."""
        return self.inputs["threshold_keV"].get(scenario, "current")

    def binning(self, scenario: str) -> experiment.Binning:
        """Bins of a scenario."""
        return self._once(("binning", self._bins_of(scenario)), lambda: self._make_binning(scenario))

    def _make_binning(self, scenario):
        if scenario in declared.PROJECTIONS:
            threshold = self.inputs["threshold_keV"][scenario]
            edges = experiment.projected_edges(self.target, self.inputs, threshold)
        else:
            data = self.data()
            edges = experiment.current_edges(self.inputs) if data is None else data.edges_keVee
        return experiment.make_binning(self.target, self.inputs, edges)

    def sm_rates(self, scenario: str) -> np.ndarray:
        """Standard Model rate per bin for each flux, shape (fluxes, bins) [1/(ton yr)]; it is flavour-blind."""
        return self._once(("sm", self._bins_of(scenario)), lambda: self._make_sm_rates(self.binning(scenario)))

    def _make_sm_rates(self, binning):
        values, _, _ = self._bins(np.zeros(1), binning.intervals, binning.places, binning.n_bins, True)
        return self.totals[:, None] * values[0, :, 0]

    def signals(self, scenario: str, m4_MeV) -> tuple[np.ndarray, np.ndarray]:
        """Dipole rates per bin at mu = mu_B and normalised fluxes, shape (n, fluxes, 2, bins), and their errors."""
        binning = self.binning(scenario)
        m4 = np.ascontiguousarray(m4_MeV, dtype=float)
        values, errors, _ = self._bins(m4, binning.intervals, binning.places, binning.n_bins, False)
        return values, errors

    def limits(self, scenario: str, flavour: str, statistics: str, flux: str, signal, signal_error):
        """Limits on mu/mu_B for the rows of :meth:`signals`, their errors, and the status, each of shape (n,)."""
        weights = self.combination(flavour, flux)
        rate = np.einsum("nfcb,fc->nb", signal, weights)
        rate_error = np.einsum("nfcb,fc->nb", signal_error, np.abs(weights))
        on = np.array(FLUX_CHOICES[flux])
        sm = on[:, None] * self.sm_rates(scenario)
        pull = np.array([component.uncertainty for component in self.fluxes])[:, None] * sm
        if scenario in declared.PROJECTIONS:
            variance = experiment.variance(self.inputs, scenario, statistics, sm.sum(axis=0))
            residual, efficiency = np.zeros(len(variance)), np.ones(len(variance))
        else:
            variance, residual, efficiency = self._measured(sm.sum(axis=0))
        # A bin with neither background nor Standard Model lies beyond the end point: it has no signal and no weight.
        weight = np.divide(1.0, variance, out=np.zeros_like(variance), where=variance > 0)
        arrays = (rate * efficiency, rate_error * efficiency, weight, pull * efficiency, residual)
        return kernel.evaluate_limits(*(np.ascontiguousarray(array) for array in arrays), self.delta_chi2)

    def _measured(self, sm):
        data = self.data()
        if data is None:
            per_bin = (
                self.inputs["current_sigma_per_keVee_kg_d"] * self.inputs["bin_width_keVee"] * experiment.PER_TON_YR
            )
            return np.full(sm.shape, per_bin**2), np.zeros(sm.shape), np.ones(sm.shape)
        return data.sigma**2, data.rate - data.background - data.efficiency * sm, data.efficiency

    def refusal(self, scenario: str, statistics: str, flux: str, m4_MeV: float) -> tuple[Status, str] | None:
        """Why there is no limit at this point before any rate is looked at, or None."""
        if (
            scenario != "current"
            and statistics == "fitted"
            and experiment.background_per_bin(self.inputs, scenario) == 0
        ):
            return Status.OUT_OF_DOMAIN, "the fitted variance is a share of the background, which is 0"
        if scenario == "current" and self.data() is None and not self.target.is_germanium:
            return (
                Status.OUT_OF_DOMAIN,
                "the inferred data of `current` belong to germanium; give cdex_data for another target",
            )
        if m4_MeV == 0 and not self.binning(scenario).intervals[:, 0].all():
            return Status.OUT_OF_DOMAIN, "the dipole rate of a massless neutrino diverges in a bin that begins at 0"
        name = {"all": "8B and hep", "8b": "8B", "hep": "hep"}[flux]
        if self.end_point(flux) == 0:
            return Status.NO_SOLUTION, f"the {name} flux is set to 0"
        if m4_MeV >= self.largest_mass(flux):
            end = f"the {name} flux ends at {self.end_point(flux):g} MeV"
            return Status.NO_SOLUTION, f"m4 = {m4_MeV:g} MeV: {end} and cannot produce the heavy neutrino"
        return None


_SETUPS: dict[str, Setup] = {}


def setup(inputs: Mapping | None = None) -> Setup:
    """The :class:`Setup` of `inputs` (the paper's where they leave something out), cached per process.

    Raises
    ------
    InputError
        For inputs or data files that make no sense.
    """
    complete = declared.complete(inputs or {})
    key = declared.identity(complete)
    if key not in _SETUPS:
        if len(_SETUPS) > 8:
            _SETUPS.clear()
        _SETUPS[key] = Setup(complete, load_target(complete), load_fluxes(complete), flavour_shares(complete))
    return _SETUPS[key]


def check(inputs: Mapping) -> None:
    """Refuse inputs that do not fit together; InputError with one line that says what and where."""
    if abs(inputs["dm2_3l_eV2"]) <= inputs["dm2_21_eV2"]:
        raise InputError("inputs.dm2_3l_eV2: must be larger in size than dm2_21_eV2, of either sign")
    made = setup(inputs)
    E = made.end_point("all")
    if E == 0:
        raise InputError("inputs.flux_8b_per_cm2_s and flux_hep_per_cm2_s: both fluxes are 0")
    lightest = float(made.target.M_MeV.min())
    largest = 1e3 * 2.0 * E * E / (lightest + 2.0 * E)
    for scenario, threshold in made.inputs["threshold_keV"].items():
        if threshold >= largest:
            raise InputError(
                f"inputs.threshold_keV.{scenario}: {threshold:g} keV is at or above the end point, {largest:.4g} keV: "
                f"the largest recoil that a neutrino of {E:g} MeV gives to this target"
            )
        if not len(made.binning(scenario).intervals):
            raise InputError(f"inputs.threshold_keV.{scenario}: no recoil falls into the bins with this quenching")
    made.binning("current")
