"""What the detector makes of a recoil: the release's templates, or the embedded table of efficiencies.

Both are the same thing, with 81 bins a run or with one: templates at recoil energies and at integers of the yields.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from nubounds.constraints.xenon_cevns.inputs import RUNS, Release
from nubounds.constraints.xenon_cevns.release import installed, read_release
from nubounds.contract import InputError
from nubounds.files.tables import read_csv

DATA = Path(__file__).parent / "data"
ANCHORS = np.arange(-3.0, 4.0)  # of each yield


@dataclass(frozen=True)
class Templates:
    """Data and expectations of three runs with B bins each.

    Attributes
    ----------
    energy_keV : shape (46,);  exposure_ton_yr : shape (3,);  observed : shape (3, B)
    signal : shape (46, 49, 3, B), efficiency at each energy and (t_ly, t_qy)
    neutron : shape (49, 3, B);  ac, er : shape (3, B): expected counts
    edges : shape (3, 4, 4) of the release's axes (run, axis, edge), None for the table
    """

    energy_keV: np.ndarray
    exposure_ton_yr: np.ndarray
    observed: np.ndarray
    signal: np.ndarray
    neutron: np.ndarray
    ac: np.ndarray
    er: np.ndarray
    edges: np.ndarray | None = None

    @property
    def bins(self) -> int:
        """How many bins a run has."""
        return self.observed.shape[1]


@cache
def counting() -> Templates:
    """The embedded table: one bin a run, efficiencies as a product of light and charge yield, floored at zero.

    Returns
    -------
    :class:`Templates` with B = 1
    """
    runs = read_csv(DATA / "runs.csv", ["run", "exposure_ton_yr", "observed", "ac", "er", "neutron"], ascending="run")
    columns = ["run", "E_keV", "efficiency", "ly_minus", "ly_plus", "qy_minus", "qy_plus"]
    table = read_csv(DATA / "efficiency.csv", columns)
    signal = []
    for run in range(len(RUNS)):
        mine = {name: values[table["run"] == run] for name, values in table.items()}
        light, charge = (np.stack([_factor(mine, yield_, t) for t in ANCHORS], axis=1) for yield_ in ("ly", "qy"))
        signal.append(mine["efficiency"][:, None, None] * light[:, :, None] * charge[:, None, :])
    energy = table["E_keV"][table["run"] == 0]
    return Templates(
        energy,
        runs["exposure_ton_yr"],
        runs["observed"][:, None],
        np.stack(signal, axis=-1).reshape(len(energy), ANCHORS.size**2, len(RUNS), 1),
        np.tile(runs["neutron"], (ANCHORS.size**2, 1))[:, :, None],
        runs["ac"][:, None],
        runs["er"][:, None],
    )


def _factor(table, yield_: str, t: float) -> np.ndarray:
    changed = table[f"{yield_}_plus"] if t >= 0 else table[f"{yield_}_minus"]
    return np.maximum(1.0 + abs(t) * (changed / table["efficiency"] - 1.0), 0.0)


@lru_cache(maxsize=2)
def _binned(file) -> Templates:
    arrays = read_release(Path(file))
    exposure, shape = arrays["exposure_ton_yr"], arrays["observed"].shape
    nr = np.transpose(arrays["nr"].astype(float), (1, 2, 3, 0, 4)).reshape(len(arrays["energy_keV"]), -1, *shape)
    neutron = np.transpose(arrays["neutron"].astype(float), (1, 2, 0, 3)).reshape(-1, *shape)
    return Templates(
        arrays["energy_keV"],
        exposure,
        arrays["observed"].astype(float),
        np.ascontiguousarray(nr),
        neutron * exposure[:, None],
        arrays["ac"] * exposure[:, None],
        arrays["er"] * exposure[:, None],
        arrays["edges"],
    )


def available(release: Release, analysis: str) -> bool:
    """Whether the data of an analysis are here.

    Parameters
    ----------
    release : which data
    analysis : counting or binned

    Returns
    -------
    bool
    """
    return analysis == "counting" or release.data_file is not None or installed() is not None


def templates(release: Release, analysis: str) -> Templates:
    """The templates of an analysis, counting or binned.

    Parameters
    ----------
    release : which data
    analysis : counting or binned

    Returns
    -------
    :class:`Templates`

    Raises
    ------
    InputError
        For the binned analysis where the release is not installed, or for a file that is not it.
    """
    if analysis == "counting":
        return counting()
    file = release.data_file or installed()
    if file is None:
        raise InputError("analysis=binned needs the data release: nubounds published-data xenonnt [--from FOLDER]")
    return _binned(file)
