"""From tables to limit files, and the tables that a reader of the report gets."""

from __future__ import annotations

import dataclasses

import numpy as np

from nubounds.constraints.neutron_star import heating, light, overlays
from nubounds.constraints.neutron_star.star import K_B, star_of
from nubounds.contract import Curve, InputError, Run, Status

X_LABEL, Y_LABEL = "sterile neutrino mass $m_s$ [keV]", "mixing $\\sin^2\\theta$"
AXES = {"x_name": "m_keV", "y_name": "sin2theta", "x_label": X_LABEL, "y_label": Y_LABEL, "plane": "sterile_mixing"}
SOURCE = "arXiv:2408.01484, Fig. 3"
READINGS = {
    "literal": "Eqs. (12), (13) as printed, electrons included",
    "single_scatter": "one collision with a neutron is enough",
}


def tip(calculation: heating.Heating, T_inf_K: float, inside_keV: float, outside_keV: float) -> tuple[float, float]:
    """Largest mass on a contour and the mixing there, between a mass on it and one beyond it."""
    for _ in range(60):
        middle = float(np.sqrt(inside_keV * outside_keV))
        reached = calculation.mixing(T_inf_K, middle)[3][0] == Status.OK
        inside_keV, outside_keV = (middle, outside_keV) if reached else (inside_keV, middle)
    lower, upper, _, _ = (a[0] for a in calculation.mixing(T_inf_K, inside_keV))
    return inside_keV, float(np.sqrt(lower * upper))


def limits(run: Run) -> list[Curve]:
    """Regions hotter than each temperature, for both readings, and the line of a lifetime of the Universe's age."""
    curves = []
    frame = run.tables["mixing_limits"]
    for (reading, T), part in frame.groupby(["reading", "T_inf_K"], sort=False):
        curves += _region(run, reading, float(T), part)
    masses = np.unique(frame["m_keV"].to_numpy())
    line = overlays.lifetime_line(masses)
    if run.inputs["decay"] != "none" and (line <= 1).sum() > 1:
        curves.append(
            Curve(
                "lifetime",
                "lifetime = age of the Universe",
                masses[line <= 1],
                line[line <= 1],
                side="line",
                source="arXiv:2408.01484, Eq. (14)",
                **AXES,
            )
        )
    return curves


def _region(run: Run, reading: str, T: float, part) -> list[Curve]:
    good = (part["status"] == "OK").to_numpy()
    if not good.any():
        return []
    m = part["m_keV"].to_numpy()
    bottom, top = (part[f"sin2theta_{edge}"].to_numpy()[good] for edge in ("bottom", "top"))
    last = np.flatnonzero(good)[-1]
    m_end, s_end = [], []
    if last + 1 < len(m) and part["status"].iloc[last + 1] == "NO_SOLUTION":  # else open: the range of validity ends
        edge = tip(heating.heating_of(run.inputs, reading), T, m[last], m[last + 1])
        m_end, s_end = [edge[0]], [min(edge[1], 1.0)]
    word, inputs = f"{T:g}".replace(".", "p"), run.inputs
    shared = {
        "label": f"neutron star at {T:g} K",
        "region": f"heating_{reading}_{word}K",
        "observed": False,
        "convention": f"{reading}: {READINGS[reading]}; amplitude {inputs['amplitude']}; decay {inputs['decay']}",
        "assumptions": "a star at that temperature or colder excludes the inside; "
        f"{inputs['rho_DM_GeV_per_cm3']:g} GeV/cm3",
        "source": SOURCE,
        "note": "the region is cut off at sin2theta = 1",
        **AXES,
    }
    x = np.concatenate([m[good], m_end])
    return [
        Curve(f"heating_{reading}_{word}K_{side}", x=x, y=np.concatenate([y, s_end]), side=side, **shared)
        for side, y in (("bottom", bottom), ("top", top))
    ]


def bands(inputs) -> dict[str, tuple[float, float]]:
    """Instruments and their wavelengths [um] from the inputs."""
    low, high = inputs["band_min_um"], inputs["band_max_um"]
    return {name: (low[name], high[name]) for name in low}


def check(inputs) -> None:
    """Refuse inputs that do not fit together.

    Raises
    ------
    InputError
        For a star inside its Schwarzschild radius, a temperature without degeneracy, or a band without both ends.
    """
    star = star_of(inputs)
    if inputs["T_NS_K"] * K_B > star.T_max:
        raise InputError(
            f"inputs.T_NS_K: {inputs['T_NS_K']} K is too hot for degenerate neutrons with p_F_MeV={star.p_F_MeV}"
        )
    low, high = inputs["band_min_um"], inputs["band_max_um"]
    if set(low) != set(high):
        alone = ", ".join(sorted(set(low) ^ set(high)))
        raise InputError(f"inputs.band_min_um and band_max_um must name the same instruments; only in one: {alone}")
    for name in low:
        if not 0 < low[name] < high[name]:
            raise InputError(f"inputs.band_min_um.{name}: the band {low[name]} to {high[name]} um is empty")


def detectability(run: Run):
    """What a telescope gets from stars at the temperatures of the contours."""
    import pandas

    star, distance, wavelength = star_of(run.inputs), run.inputs["distance_pc"], run.inputs["wavelength_um"]
    rows = []
    for T in sorted(set(run.tables["mixing_limits"]["T_inf_K"])):
        peak = light.peak_wavelength(T)
        row = {
            "T_inf_K": T,
            "peak_um": peak,
            "instruments_at_peak": "; ".join(light.instruments(peak, bands(run.inputs))) or "none",
        }
        for place, value in (("peak", peak), (f"{wavelength:g}_um", wavelength)):
            row[f"flux_at_{place}_Jy"] = light.flux_density(star, T, distance, value)
            row[f"flux_at_{place}_apparent_radius_Jy"] = light.flux_density(star, T, distance, value, "apparent")
        rows.append(row)
    return pandas.DataFrame(rows)


VARIATIONS = (
    ("as configured", {}, {}),
    ("exact amplitude", {"amplitude": "exact"}, {}),
    ("unpolarised neutrinos", {"amplitude": "unpolarised"}, {}),
    ("capture 1 - exp(-x)", {"capture": "exponential"}, {}),
    ("sharp decay at the age of the Universe", {"decay": "cut"}, {}),
    ("no decay", {"decay": "none"}, {}),
    ("energy conserved at infinity", {"bookkeeping": "infinity"}, {}),
    ("no electrons", {"electron_factor": 1.0}, {}),
    ("exact mean halo velocity 324.5 km/s", {"v_DM_km_s": 324.5135}, {}),
    ("star at 500 K without dark matter", {"T_NS_K": 500.0}, {}),
    ("p_F = 400 MeV", {}, {"p_F_MeV": 400.0}),
    ("n_n of p_F = 450 MeV", {}, {"n_n_per_cm3": 4.0055e38}),
    ("R = 12 km", {}, {"R_km": 12.0}),
    ("M = 2 M_sun", {}, {"M_Msun": 2.0}),
)


def variations(run: Run):
    """How the limits at 10 keV and 1000 K, and the hottest star, move with each choice."""
    import pandas

    rows = []
    for reading in heating.READINGS:
        base = heating.heating_of(run.inputs, reading)
        reference = None
        for name, changes, star_changes in VARIATIONS:
            star = dataclasses.replace(base.star, **star_changes)
            calculation = dataclasses.replace(base, star=star, **changes)
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
                    "T_full_capture_K": (calculation.T_NS_K**4 + calculation.full_heating()) ** 0.25,
                }
            )
    return pandas.DataFrame(rows)


TABLES = {"detectability": detectability, "variations": variations}
