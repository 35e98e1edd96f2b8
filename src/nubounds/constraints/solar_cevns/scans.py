"""The scans: limits on a grid of masses, and recoil spectra."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nubounds.constraints.solar_cevns import quenching
from nubounds.constraints.solar_cevns.chi_square import INTERPOLATION, chi_square_of
from nubounds.constraints.solar_cevns.inputs import Measurement, Quenching
from nubounds.contract import Block, Status, groups
from nubounds.solar.inputs import Scattering, SolarFluxes
from nubounds.solar.rates import rates_of

REFERENCE_MU = 1e-9  # mu/mu_B of the dipole rates in the table of spectra


def limits(points: Mapping[str, np.ndarray], measurement: Measurement) -> Block:
    """Limit on mu/mu_B at every point; the rates of a mass serve all flavours, fluxes and statistics.

    Parameters
    ----------
    points : columns of the scan's axes, each of shape (n,)
    measurement : everything that a limit depends on

    Returns
    -------
    Limits with errors and status, shape (n,).

    References
    ----------
    Demirci and Mustamin (2025), Eq. (22).
    """
    chi_square, m4 = chi_square_of(measurement), np.asarray(points["m4_MeV"], float)
    block = Block.empty(m4.size, ["mu_muB"])
    value, error = block.values["mu_muB"], block.errors["mu_muB"]
    for (scenario,), rows in groups(points, "scenario"):
        masses, where = np.unique(m4[rows], return_inverse=True)
        signal, signal_error = chi_square.counts.signals(scenario, masses)
        mine = {axis: np.asarray(points[axis])[rows] for axis in ("flavour", "statistics", "flux")}
        refused: dict[tuple[str, str], np.ndarray] = {}  # of each mass; the same for all flavours
        for (flavour, statistics, flux), part in groups(mine, "flavour", "statistics", "flux"):
            at, here = where[part], rows[part]
            found = chi_square.limits(scenario, flavour, statistics, flux, signal[at], signal_error[at])
            value[here], error[here], block.status[here] = found[0], found[1] + INTERPOLATION * found[0], found[2]
            if (statistics, flux) not in refused:
                refused[statistics, flux] = chi_square.refused(scenario, statistics, flux, masses)
            without = refused[statistics, flux][at]
            missing = here[without != Status.OK]
            value[missing] = error[missing] = np.nan
            block.status[missing] = without[without != Status.OK]
    return block


def spectra(points: Mapping[str, np.ndarray], scattering: Scattering, fluxes: SolarFluxes, quench: Quenching) -> Block:
    """Standard Model and dipole rates at every (T, m4, flavour), with the electron-equivalent energy.

    Parameters
    ----------
    points : columns of the scan's axes, each of shape (n,)
    scattering, fluxes, quench : target, flux and quenching

    Returns
    -------
    Rates with errors and status, shape (n,).

    References
    ----------
    Demirci and Mustamin (2025), Eqs. (11) and (18).
    """
    found, totals = rates_of(scattering), fluxes.of("all")
    T, m4 = np.asarray(points["T_keV"], float), np.asarray(points["spectrum_m4_MeV"], float)
    rates, errors, status = found.recoil(T, m4)
    weights = np.array([REFERENCE_MU**2 * found.combination(flavour, totals) for flavour in points["flavour"]])
    T_ee, slope = quenching.electron_equivalent(quenching.branches(quench, found.nuclei.elements[0]), T)
    sm, dipole = rates[:, :, 0] @ np.array(totals), np.einsum("nfc,nfc->n", rates[:, :, 1:], weights)
    return Block(
        {"sm_per_keV_ton_yr": sm, "dipole_per_keV_ton_yr": dipole, "T_ee_keVee": T_ee, "dT_ee_dT": slope},
        {
            "sm_per_keV_ton_yr": errors[:, :, 0] @ np.array(totals) + INTERPOLATION * sm,
            "dipole_per_keV_ton_yr": np.einsum("nfc,nfc->n", errors[:, :, 1:], np.abs(weights))
            + INTERPOLATION * dipole,
        },
        status,
    )


SCANS = {"limits": limits, "spectra": spectra}
