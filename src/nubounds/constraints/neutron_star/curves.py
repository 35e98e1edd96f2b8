"""From tables to limit curves."""

from __future__ import annotations

import numpy as np

from nubounds import waterfall
from nubounds.constraints.neutron_star import heating, overlays
from nubounds.constraints.neutron_star.inputs import Capture, Halo, Star
from nubounds.contract import EDGES, Coordinate, Curve, Run, Side, Status
from nubounds.numerics import roots

AXES = {
    "x_axis": Coordinate("m_keV", "keV", "sterile neutrino mass $m_s$"),
    "y_axis": Coordinate("sin2theta", "1", "mixing $\\sin^2\\theta$"),
    "plane": "sterile_mixing",
}
SOURCE = "arXiv:2408.01484, Fig. 3"
READINGS = {
    "literal": "Eqs. (12), (13) as printed, electrons included",
    "single_scatter": "one collision with a neutron is enough",
}


def tip(calculation: heating.Heating, T_inf_K: float, inside_keV: float, outside_keV: float) -> tuple[float, float]:
    """Largest mass on a contour and the mixing there, between a mass on it and one beyond it.

    Parameters
    ----------
    calculation : star, dark matter, reading
    T_inf_K : of the contour
    inside_keV, outside_keV : masses on both sides of the tip

    Returns
    -------
    m [keV], sin^2(theta)
    """

    def reached(m_keV):
        return calculation.mixing(T_inf_K, m_keV)[3][0] == Status.OK

    inside_keV, _ = roots.boundary(reached, inside_keV, outside_keV, geometric=True)
    lower, upper, _, _ = (a[0] for a in calculation.mixing(T_inf_K, inside_keV))
    return inside_keV, float(np.sqrt(lower * upper))


def limits(run: Run, star: Star, halo: Halo, capture: Capture) -> list[Curve]:
    """Regions hotter than each temperature, for both readings, and the line of a lifetime of the Universe's age; beside
    them the regions with the paper's or today's best inputs, where the run has others.

    Parameters
    ----------
    run : with the table `mixing_limits`, and `pieces` for the regions of other presets
    star, halo, capture : the inputs

    Returns
    -------
    Curves; those of another preset say so.
    """
    curves = []
    frame = run.tables["mixing_limits"]
    for (reading, T), part in frame.groupby(["reading", "T_inf_K"], sort=False):
        curves += _region(heating.Heating(star, halo, capture, reading), float(T), part)
    for preset, step in waterfall.other_presets(star, halo, capture) if "pieces" in run.tables else ():
        table, inputs = run.tables["pieces"], waterfall.at(step, star, halo, capture)
        for (reading, T), part in table[table["physics"] == step].groupby(["reading", "T_inf_K"], sort=False):
            curves += _region(heating.Heating(*inputs, reading), float(T), part, preset)
    masses = np.unique(frame["m_keV"].to_numpy())
    line = overlays.lifetime_line(masses)
    if capture.decay != "none" and (line <= 1).sum() > 1:
        curves.append(
            Curve(
                "lifetime",
                "lifetime = age of the Universe",
                masses[line <= 1],
                line[line <= 1],
                side=Side.LINE,
                source="arXiv:2408.01484, Eq. (14)",
                **AXES,
            )
        )
    return curves


def _region(calculation: heating.Heating, T: float, part, preset: str = "") -> list[Curve]:
    good = (part["status"] == "OK").to_numpy()
    if not good.any():
        return []
    m = part["m_keV"].to_numpy()
    bottom, top = (part[f"sin2theta_{edge}"].to_numpy()[good] for edge in ("bottom", "top"))
    last = np.flatnonzero(good)[-1]
    m_end, s_end = [], []
    if last + 1 < len(m) and part["status"].iloc[last + 1] == "NO_SOLUTION":  # else open: the range of validity ends
        edge = tip(calculation, T, m[last], m[last + 1])
        m_end, s_end = [edge[0]], [min(edge[1], 1.0)]
    word, reading, choices = f"{T:g}".replace(".", "p"), calculation.reading, calculation.choices
    name = f"heating_{reading}_{word}K" + (f"_{preset}_inputs" if preset else "")
    shared = {
        "label": f"neutron star at {T:g} K",
        "region": name,
        "observed": False,
        "convention": f"{reading}: {READINGS[reading]}; amplitude {choices.collision.amplitude}; decay {choices.decay}"
        + (f"; preset {preset}" if preset else ""),
        "assumptions": "a star at that temperature or colder excludes the inside; "
        f"{calculation.halo.rho_DM_GeV_per_cm3:g} GeV/cm3",
        "source": SOURCE,
        "note": "the region is cut off at sin2theta = 1",
        "preset": preset,
        **AXES,
    }
    if preset and reading != heating.READINGS[0]:
        shared["plane"] = ""  # one best beside the paper's is enough there
    x = np.concatenate([m[good], m_end])
    return [
        Curve(f"{name}_{side}", x=x, y=np.concatenate([y, s_end]), side=side, **shared)
        for side, y in zip(EDGES, (bottom, top), strict=True)
    ]
