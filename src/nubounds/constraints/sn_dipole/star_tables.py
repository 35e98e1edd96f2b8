"""Tables of limits by star: which stars there are, and their limits over those of the run's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nubounds.constraints.sn_dipole.curves import REGIONS
from nubounds.constraints.sn_dipole.inputs import Production, Star, Stars
from nubounds.constraints.sn_dipole.scans import EDGES
from nubounds.contract import DataFile, Run
from nubounds.inputs.parameter import sha256

if TYPE_CHECKING:
    import pandas

RATIOS = ("bottom_ratio", "top_ratio")


def stars(run: Run, star: Star, others: Stars) -> pandas.DataFrame:
    """The stars whose limits stand beside each other.

    Parameters
    ----------
    run : with the tables of the scans
    star : the proto-neutron star of the run
    others : stars that stand beside it

    Returns
    -------
    A row for each star, that of the run first: its name, its file, and the SHA-256 of that.
    """
    import pandas

    named = {star.name: star.profile or star.name} if others.stars else {}
    rows = [*named.items(), *(others.stars or {}).items()]
    return pandas.DataFrame(
        [(name, str(entry), sha256(entry) if isinstance(entry, DataFile) else "embedded") for name, entry in rows],
        columns=["star", "file", "sha256"],
    )


def own_edges(run: Run, production: Production) -> pandas.DataFrame:
    """The limits in the star of the run, as the scan of other stars has them.

    Parameters
    ----------
    run : with the tables of the scans
    production : how a supernova makes sterile neutrinos

    Returns
    -------
    Columns M_MeV, probe, `EDGES`.
    """
    import pandas

    bottom, top = EDGES
    if production.escape.absorption != "none":
        return run.tables["regions"][["M_MeV", "probe", *EDGES]]
    table = run.tables["limits"]
    columns = {probe: (f"d_{probe}_per_MeV", f"d_{probe}_upper_per_MeV") for probe in REGIONS}
    parts = [
        pandas.DataFrame({"M_MeV": table["M_MeV"], "probe": probe, bottom: table[lower], top: table.get(upper)})
        for probe, (lower, upper) in columns.items()
        if lower in table
    ]
    return pandas.concat(parts, ignore_index=True)


def star_limits(run: Run, production: Production) -> pandas.DataFrame:
    """Limits in other stars, and their ratios to those in the star of the run.

    Parameters
    ----------
    run : with the tables of the scans
    production : how a supernova makes sterile neutrinos

    Returns
    -------
    A row for each star, probe and mass with a limit: both edges (nothing for one that does not exist), and their
    ratios.
    """
    rows = run.tables["limits_by_star"]
    rows = rows[rows["status"] == "OK"][["star", "probe", "M_MeV", *EDGES]]
    if rows.empty:
        return rows
    both = rows.merge(own_edges(run, production), on=["M_MeV", "probe"], how="left", suffixes=("", "_own"))
    own = [f"{edge}_own" for edge in EDGES]
    if production.escape.absorption == "none":  # the upper edge of photons alone is one: where N decay inside the star
        both.loc[both["probe"] != "smm", EDGES[1]] = np.nan
    both["star"] = both["star"].str.partition("@")[0]
    both[[*EDGES, *own]] = both[[*EDGES, *own]].astype(float).replace(0.0, np.nan)
    for edge, ratio in zip(EDGES, RATIOS, strict=True):
        both[ratio] = both[edge] / both[f"{edge}_own"]
    return both.drop(columns=own).dropna(subset=EDGES[0])


TABLES = {"stars": stars, "star_limits": star_limits}
