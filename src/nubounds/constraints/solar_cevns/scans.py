"""The scans: limits on a grid of masses, and recoil spectra."""

from __future__ import annotations

import numpy as np

from nubounds.constraints.solar_cevns import quenching
from nubounds.constraints.solar_cevns.quantities import INTERPOLATION
from nubounds.constraints.solar_cevns.setup import setup
from nubounds.contract import Block

REFERENCE_MU = 1e-9  # mu/mu_B of the dipole rates in the table of spectra


def _groups(points: dict, axes: tuple[str, ...]):
    """Every combination of words that occurs in `axes`, with the indices of its points."""
    words = np.stack([np.asarray(points[axis]) for axis in axes], axis=1)
    combinations, where = np.unique(words, axis=0, return_inverse=True)
    for k, combination in enumerate(combinations.tolist()):
        yield combination, np.flatnonzero(where.ravel() == k)


def limits(points: dict, inputs: dict) -> Block:
    """Limit on mu/mu_B at every point; the rates of a mass serve all flavours, fluxes and statistics."""
    made = setup(inputs)
    m4 = np.asarray(points["m4_MeV"], float)
    value, error = np.full(m4.shape, np.nan), np.full(m4.shape, np.nan)
    status = np.zeros(m4.shape, dtype=np.int8)
    for (scenario,), rows in _groups(points, ("scenario",)):
        masses, where = np.unique(m4[rows], return_inverse=True)
        signal, signal_error = made.signals(scenario, masses)
        mine = {axis: np.asarray(points[axis])[rows] for axis in ("flavour", "statistics", "flux")}
        for (flavour, statistics, flux), part in _groups(mine, ("flavour", "statistics", "flux")):
            at = where[part]
            values, errors, states = made.limits(scenario, flavour, statistics, flux, signal[at], signal_error[at])
            value[rows[part]], error[rows[part]] = values, errors + INTERPOLATION * values
            status[rows[part]] = states
            for k in rows[part]:
                refused = made.refusal(scenario, statistics, flux, m4[k])
                if refused:
                    value[k], error[k], status[k] = np.nan, np.nan, refused[0]
    return Block({"mu_muB": value}, {"mu_muB": error}, status)


def spectra(points: dict, inputs: dict) -> Block:
    """Standard Model and dipole rates at every (T, m4, flavour), with the electron-equivalent energy."""
    made = setup(inputs)
    T, m4 = np.asarray(points["T_keV"], float), np.asarray(points["spectrum_m4_MeV"], float)
    rates, errors, status = made.rates(T, m4)
    weights = np.array([REFERENCE_MU**2 * made.combination(flavour, "all") for flavour in points["flavour"]])
    T_ee, slope = quenching.electron_equivalent(quenching.branches(made.inputs, float(made.target.Z[0])), T)
    sm, dipole = rates[:, :, 0] @ made.totals, np.einsum("nfc,nfc->n", rates[:, :, 1:], weights)
    return Block(
        {"sm_per_keV_ton_yr": sm, "dipole_per_keV_ton_yr": dipole, "T_ee_keVee": T_ee, "dT_ee_dT": slope},
        {
            "sm_per_keV_ton_yr": errors[:, :, 0] @ made.totals + INTERPOLATION * sm,
            "dipole_per_keV_ton_yr": np.einsum("nfc,nfc->n", errors[:, :, 1:], np.abs(weights))
            + INTERPOLATION * dipole,
        },
        status,
    )


SCANS = {"limits": limits, "spectra": spectra}
