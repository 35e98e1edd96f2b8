"""The tables of the report: the star as it was used, what it holds, the Monte Carlo beside the quadrature, and the
limits piece by piece from the paper to the best; those of star_tables.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nubounds import waterfall
from nubounds.constraints.sn_dipole import monte_carlo, star_content, star_tables, toys, user_profile
from nubounds.constraints.sn_dipole.inputs import HighEnergySearch, MonteCarlo, Sn1987a, Star
from nubounds.constraints.sn_dipole.scans import WATERFALL_MEV
from nubounds.contract import Run
from nubounds.likelihood import shares

if TYPE_CHECKING:
    import pandas

CONTENT_TIMES_S = (0.01, 0.1, 0.3, 1.0, 2.0, 4.0, 8.0)


def star_profile(run: Run, star: Star) -> pandas.DataFrame:
    """The star in the columns of a user's csv; PNS-8.8A on 34 times and 81 radii.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    star : the proto-neutron star: PNS-8.8A, or a user's

    Returns
    -------
    A row for each time and radius.
    """
    import pandas

    if star.profile:
        profile = user_profile.of(star.profile)
        t, r = np.meshgrid(profile.t, profile.r, indexing="ij")
        columns = {name: values.ravel() for name, values in profile.columns.items()}
        return pandas.DataFrame({"t_s": t.ravel(), "r_km": r.ravel(), **columns})
    return pandas.DataFrame(user_profile.embedded_columns(T0_MeV=star.T0_MeV))


def profile_content(run: Run, star: Star) -> pandas.DataFrame:
    """Global numbers of the star at a few times.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    star : the proto-neutron star: PNS-8.8A, or a user's

    Returns
    -------
    A row for each time.
    """
    import pandas

    (first, last), _ = star_content.span(star)
    times = [t for t in CONTENT_TIMES_S if first <= t <= last] or [first]
    return pandas.DataFrame([{"t_s": t} | star_content.content_at(star, t) for t in times])


def monte_carlo_check(run: Run, sn1987a: Sn1987a, simulation: MonteCarlo) -> pandas.DataFrame:
    """Fluence of the Monte Carlo per mass, all blocks together, beside the closed form.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    sn1987a : the supernova that was seen
    simulation : decays that are followed one by one

    Returns
    -------
    A row for each mass.
    """
    import pandas

    d, rows = simulation.mc_moment, []
    for M, part in run.tables["monte_carlo"].groupby("check_M_MeV"):
        weight, square, count = (float(part[name].sum()) for name in ("weight", "square", "particles"))
        total = float(part["number_MeV2"].iloc[0])
        value, error = (d**2 * x for x in monte_carlo.estimate(weight, square, count, total, sn1987a.distance_cm))
        closed = float(part["closed_form_per_cm2"].iloc[0])
        rows.append(
            {
                "M_MeV": M,
                "d_per_MeV": d,
                "particles": int(count),
                "monte_carlo_per_cm2": value,
                "error_per_cm2": error,
                "closed_form_per_cm2": closed,
                "deviations": (value - closed) / error if error > 0 else np.nan,
                "largest_angle_deg": float(part["angle_deg"].max()),
            }
        )
    return pandas.DataFrame(rows)


def toy_limits(run: Run, search: HighEnergySearch) -> pandas.DataFrame:
    """Limits by toys over those of Eq. (7), and how often toys at these are beyond the threshold.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    search : the threshold

    Returns
    -------
    A row for each detector and mass.
    """
    import pandas

    rows, level = [], toys.level_of(search.threshold.threshold)
    for (probe, M), part in toys.together(run.tables["toys"]).groupby(["counted_by", "toy_M_MeV"]):
        at_limit = part[part["tested_over_limit"] == 1]
        if at_limit.empty:
            continue
        one = at_limit.iloc[0]
        row = {"M_MeV": M, "counted_by": probe, "toys": int(one["toys"]), "limit_per_MeV": one["d_per_MeV"]}
        for name, share in (("feldman_cousins", "as_far"), ("cls", "cls")):
            column = "cls" if share == "cls" else f"{share}_share"
            ratio, error = shares.upper_limit(part, column, f"{share}_error", level)
            row |= {f"{name}_over_limit": ratio, f"{name}_error": error}
        rows.append(row | {name: one[name] for name in (f"{toys.ABOVE}_share", f"{toys.ABOVE}_error")})
    return pandas.DataFrame(rows)


EDGES = {"d_bottom_per_MeV": "lower", "d_top_per_MeV": "upper"}


def edges(frame: pandas.DataFrame) -> pandas.DataFrame:
    """The scan of pieces at the masses of the waterfall, a row for each edge.

    Parameters
    ----------
    frame : table of the scan `pieces`

    Returns
    -------
    Columns physics, probe, M_MeV, edge, d_per_MeV; NaN for an edge that does not exist.
    """
    rows = frame[frame["piece_M_MeV"].isin(WATERFALL_MEV)]
    rows = rows.rename(columns={"piece_probe": "probe", "piece_M_MeV": "M_MeV", **EDGES})
    rows = rows.melt(["physics", "probe", "M_MeV"], list(EDGES.values()), "edge", "d_per_MeV")
    return rows.replace({"d_per_MeV": 0.0}, np.nan)


def pieces(run: Run) -> pandas.DataFrame:
    """The limits after each piece of physics, from the paper's to the best.

    Parameters
    ----------
    run : with the tables of the scans

    Returns
    -------
    see :func:`nubounds.waterfall.table`
    """
    return waterfall.table(edges(run.tables["pieces"]), ("probe", "edge", "M_MeV"), "d_per_MeV")


TABLES = {
    "star_profile": star_profile,
    "profile_content": profile_content,
    "toy_limits": toy_limits,
    "monte_carlo_check": monte_carlo_check,
    "waterfall": pieces,
    **star_tables.TABLES,
}
