"""The tables that a reader of the report gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nubounds import waterfall
from nubounds.constraints.neutron_star import heating, photometry
from nubounds.constraints.neutron_star.inputs import Capture, Halo, Instruments, Observation, Star
from nubounds.constraints.neutron_star.scans import WATERFALL_KEV
from nubounds.contract import Run, Status
from nubounds.inputs import declare

if TYPE_CHECKING:
    import pandas


def detectability(run: Run, star: Star, observation: Observation, instruments: Instruments) -> pandas.DataFrame:
    """What a telescope gets from stars at the temperatures of the contours.

    Parameters
    ----------
    run : with the tables of the scans
    star, observation, instruments : the inputs

    Returns
    -------
    a DataFrame with a row for each temperature
    """
    import pandas

    distance, wavelength = observation.distance_pc, observation.wavelength_um
    rows = []
    for T in sorted(set(run.tables["mixing_limits"]["T_inf_K"])):
        peak = photometry.peak_wavelength(T)
        row = {
            "T_inf_K": T,
            "peak_um": peak,
            "instruments_at_peak": "; ".join(instruments.covering(peak)) or "none",
        }
        for place, value in (("peak", peak), (f"{wavelength:g}_um", wavelength)):
            row[f"flux_at_{place}_Jy"] = photometry.flux_density(star, T, distance, value)
            row[f"flux_at_{place}_apparent_radius_Jy"] = photometry.flux_density(star, T, distance, value, "apparent")
        rows.append(row)
    return pandas.DataFrame(rows)


VARIATIONS = (
    ("as configured", {}),
    ("exact amplitude", {"amplitude": "exact"}),
    ("unpolarised neutrinos", {"amplitude": "unpolarised"}),
    ("capture 1 - exp(-x)", {"capture": "exponential"}),
    ("sharp decay at the age of the Universe", {"decay": "cut"}),
    ("no decay", {"decay": "none"}),
    ("energy conserved at infinity", {"bookkeeping": "infinity"}),
    ("no electrons", {"electron_factor": 1.0}),
    ("exact mean halo velocity 324.5 km/s", {"v_DM_km_s": 324.5135}),
    ("star at 500 K without dark matter", {"T_NS_K": 500.0}),
    ("p_F = 400 MeV", {"p_F_MeV": 400.0}),
    ("n_n of p_F = 450 MeV", {"n_n_per_cm3": 4.0055e38}),
    ("R = 12 km", {"R_km": 12.0}),
    ("M = 2 M_sun", {"M_Msun": 2.0}),
)


def variations(run: Run, star: Star, halo: Halo, capture: Capture) -> pandas.DataFrame:
    """How the limits at 10 keV and 1000 K, and the hottest star, move with each choice.

    Parameters
    ----------
    run : with the tables of the scans
    star, halo, capture : the inputs

    Returns
    -------
    a DataFrame with a row for each reading and choice
    """
    import pandas

    rows = []
    for reading in heating.READINGS:
        reference = None
        for name, change in VARIATIONS:
            calculation = heating.Heating(
                declare.build(Star, change, start=star),
                declare.build(Halo, change, start=halo),
                declare.build(Capture, change, start=capture),
                reading,
            )
            lower, upper, _, status = (a[0] for a in calculation.mixing(1000.0, 10.0))
            good = status == Status.OK
            reference = reference or (lower, upper)
            rows.append(
                {
                    "reading": reading,
                    "choice": name,
                    "lower": lower if good else np.nan,
                    "lower_ratio": lower / reference[0] if good else np.nan,
                    "upper": min(upper, 1.0) if good else np.nan,
                    "upper_ratio": min(upper, 1.0) / min(reference[1], 1.0) if good else np.nan,
                    "T_full_capture_K": (calculation.choices.T_NS_K**4 + calculation.full_heating()) ** 0.25,
                }
            )
    return pandas.DataFrame(rows)


def pieces(run: Run):
    """The smallest mixing after each piece of physics, from the paper's to the best.

    Parameters
    ----------
    run : with the tables of the scans

    Returns
    -------
    see :func:`nubounds.waterfall.table`
    """
    table = run.tables["pieces"]
    near = table[table["m_keV"].isin(waterfall.nearest(table["m_keV"], [WATERFALL_KEV]))]
    return waterfall.table(near, ("reading", "T_inf_K", "m_keV"), "sin2theta_bottom")


TABLES = {"detectability": detectability, "waterfall": pieces, "variations": variations}
