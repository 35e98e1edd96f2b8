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


def tips(
    calculation: heating.Heating, T_inf_K: np.ndarray, inside_keV: np.ndarray, outside_keV: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Largest mass on contours and the mixing there, between a mass on each and one beyond it.

    Parameters
    ----------
    calculation : star, dark matter, reading
    T_inf_K : of the contours, shape (n,)
    inside_keV, outside_keV : masses on both sides of the tips, shape (n,)

    Returns
    -------
    m [keV], sin^2(theta), shape (n,)
    """

    def reached(m_keV):
        return calculation.mixing(T_inf_K, m_keV)[3] == Status.OK

    inside_keV, _ = roots.boundaries(reached, inside_keV, outside_keV, geometric=True)
    lower, upper, _, _ = calculation.mixing(T_inf_K, inside_keV)
    return inside_keV, np.sqrt(lower * upper)


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
    for reading, part in frame.groupby("reading", sort=False):
        curves += _regions(heating.Heating(star, halo, capture, reading), part)
    for preset, step in waterfall.other_presets(star, halo, capture) if "pieces" in run.tables else ():
        table, inputs = run.tables["pieces"], waterfall.at(step, star, halo, capture)
        for reading, part in table[table["physics"] == step].groupby("reading", sort=False):
            curves += _regions(heating.Heating(*inputs, reading), part, preset)
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


def _regions(calculation: heating.Heating, table, preset: str = "") -> list[Curve]:
    """The regions of all temperatures; the tips of their contours are found together, as each step costs the same."""
    contours, open_ends = [], []
    for T, part in table.groupby("T_inf_K", sort=False):
        good = np.flatnonzero((part["status"] == "OK").to_numpy())
        if good.size:
            m, last = part["m_keV"].to_numpy(), good[-1]
            bottom, top = (part[f"sin2theta_{edge}"].to_numpy()[good] for edge in ("bottom", "top"))
            contours.append([float(T), m[good], bottom, top])
            if last + 1 < len(m) and part["status"].iloc[last + 1] == "NO_SOLUTION":  # else the range of validity ends
                open_ends.append((contours[-1], m[last], m[last + 1]))
    if open_ends:
        contour, inside, outside = zip(*open_ends, strict=True)
        ends = tips(calculation, np.array([one[0] for one in contour]), np.array(inside), np.array(outside))
        for one, m_end, s_end in zip(contour, *ends, strict=True):
            edge = min(s_end, 1.0)
            one[1:] = [np.append(values, end) for values, end in zip(one[1:], (m_end, edge, edge), strict=True)]
    return [curve for contour in contours for curve in _region(calculation, *contour, preset)]


def _region(calculation: heating.Heating, T: float, m_keV, bottom, top, preset: str) -> list[Curve]:
    """Both edges of the region that is hotter than T."""
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
    return [
        Curve(f"{name}_{side}", x=m_keV, y=y, side=side, **shared) for side, y in zip(EDGES, (bottom, top), strict=True)
    ]
