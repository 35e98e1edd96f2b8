"""Consistency of the inputs, checked before a run."""

from __future__ import annotations

from nubounds.constraints.solar_cevns.counts import counts_of
from nubounds.constraints.solar_cevns.inputs import PROJECTIONS, Counting
from nubounds.contract import InputError
from nubounds.solar.inputs import SolarFluxes


def check(counting: Counting, fluxes: SolarFluxes) -> None:
    """Refuse inconsistent inputs.

    Parameters
    ----------
    counting : the target, its quenching and the bins of the scenarios
    fluxes : total fluxes, whose end point fixes the largest recoil

    Raises
    ------
    InputError
        For inconsistent files, and for a threshold above the largest recoil.
    """
    counts = counts_of(counting)
    E = counts.rates.end_point(fluxes.of("all"))
    largest = 1e3 * 2.0 * E * E / (float(counts.rates.nuclei.M_MeV.min()) + 2.0 * E)
    for scenario in PROJECTIONS:
        threshold = counting.projections.threshold_keV[scenario]
        if threshold >= largest:
            raise InputError(
                f"inputs.threshold_keV.{scenario}: {threshold:g} keV is at or above the end point, {largest:.4g} keV: "
                f"the largest recoil that a neutrino of {E:g} MeV gives to this target"
            )
        if not len(counts.binning(scenario).intervals):
            raise InputError(f"inputs.threshold_keV.{scenario}: no recoil falls into the bins with this quenching")
    counts.binning("current")
