"""The data release of XENONnT that this constraint can use: where it is, and its files turned into one."""

from __future__ import annotations

import csv
import io

import numpy as np

from nubounds.constraints.xenon_cevns.inputs import RUNS
from nubounds.constraints.xenon_cevns.release import FILE, NAME, check_release, read_release
from nubounds.constraints.xenon_cevns.templates import ANCHORS, counting
from nubounds.contract import InputError
from nubounds.files import yaml_reader
from nubounds.files.data_release import DataRelease, Folder, hdf5_array

AXES = ("cs2", "s2_shadow_s2_time_shadow_quantile", "s1_bdt_score", "s2_bdt_score")
CELLS = (3, 3, 3, 3)
MOST_BYTES = 1_000_000  # of one of the release's files
MOST_EVENTS = 10_000
AGREEMENT = 2e-5  # of sums of the templates with the embedded table, which has six digits


def convert(folder: Folder) -> dict[str, np.ndarray]:
    """The release's own files as the arrays of the repacked file.

    Parameters
    ----------
    folder : the release's own files

    Returns
    -------
    dict of arrays, as the repacked file holds them

    Raises
    ------
    InputError
        For a file that is missing or makes no sense, or sums that differ from the embedded table.
    """
    table = counting()
    arrays = {"energy_keV": table.energy_keV, "t": ANCHORS, "exposure_ton_yr": table.exposure_ton_yr}
    arrays["edges"] = np.stack([_edges(folder, run) for run in RUNS])
    arrays["observed"] = np.stack([_observed(folder, run, arrays["edges"][k]) for k, run in enumerate(RUNS)])
    for name in ("ac", "er"):
        arrays[name] = np.stack([_template(folder, run, f"{name}/template_XENONnT_{run}_{name}_cevns") for run in RUNS])
    neutron = [[[_neutron(folder, run, a, b) for b in ANCHORS] for a in ANCHORS] for run in RUNS]
    nr = [[[[_mono(folder, run, E, a, b) for b in ANCHORS] for a in ANCHORS] for E in table.energy_keV] for run in RUNS]
    arrays["neutron"], arrays["nr"] = np.array(neutron, dtype=np.float32), np.array(nr, dtype=np.float32)
    check_release(arrays, str(folder.path))
    check_sums(arrays, str(folder.path))
    return arrays


def _neutron(folder: Folder, run: str, t_ly: float, t_qy: float) -> np.ndarray:
    return _template(folder, run, f"rg/template_XENONnT_{run}_rg_cevns_tly_{t_ly:.1f}_tqy_{t_qy:.1f}")


def _mono(folder: Folder, run: str, E_keV: float, t_ly: float, t_qy: float) -> np.ndarray:
    return _template(folder, run, f"mono/template_XENONnT_{run}_mono_{E_keV:.3f}_cevns_tly_{t_ly:.1f}_tqy_{t_qy:.1f}")


def _template(folder: Folder, run: str, name: str) -> np.ndarray:
    path = f"templates/{run}/{name}.h5"
    content = folder.bytes(path, MOST_BYTES)
    return hdf5_array(content, "templates/template", CELLS, f"{folder.path}: {path}").ravel()


def _edges(folder: Folder, run: str) -> np.ndarray:
    path = f"binning/{run}.yaml"
    found = yaml_reader.parse(folder.bytes(path, MOST_BYTES).decode("utf-8", errors="replace"), f"{folder.path}/{path}")
    try:
        edges = np.array([[float(edge) for edge in found[axis]] for axis in AXES])
    except (KeyError, TypeError, ValueError):
        edges = np.empty(0)
    if edges.shape != (4, 4):
        raise InputError(f"{folder.path}: {path}: must give four edges for each of {', '.join(AXES)}")
    return edges


def _observed(folder: Folder, run: str, edges: np.ndarray) -> np.ndarray:
    """Counts by bin, in C order of the axes; an event on the last edge belongs to the last bin."""
    path = f"data/{run}.csv"
    text = folder.bytes(path, MOST_BYTES).decode("utf-8", errors="replace")
    counts = np.zeros(CELLS, dtype=np.int16)
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), 2):
        where = f"{folder.path}: {path}:{number}"
        if number > MOST_EVENTS:
            raise InputError(f"{where}: more events than the release has")
        try:
            event = np.array([float(row[axis]) for axis in AXES])
        except (KeyError, TypeError, ValueError):
            raise InputError(f"{where}: must give a number for each of {', '.join(AXES)}") from None
        if not np.all((event >= edges[:, 0]) & (event <= edges[:, -1])):
            raise InputError(f"{where}: an event outside the bins")
        place = [min(int(np.searchsorted(edges[k], event[k], side="right")) - 1, 2) for k in range(4)]
        counts[tuple(place)] += 1
    return counts.ravel()


def check_sums(arrays: dict[str, np.ndarray], where: str) -> None:
    """InputError where sums over bins differ from the embedded table of the same release.

    Parameters
    ----------
    arrays : of the repacked file
    where : its name, for messages
    """
    table, exposure = counting(), arrays["exposure_ton_yr"]
    nominal = 3, 3
    compared = {
        "energies": (arrays["energy_keV"], table.energy_keV),
        "exposures": (exposure, table.exposure_ton_yr),
        "observed events": (arrays["observed"].sum(axis=1), table.observed[:, 0]),
        "accidental coincidences": (arrays["ac"].sum(axis=1) * exposure, table.ac[:, 0]),
        "electronic recoils": (arrays["er"].sum(axis=1) * exposure, table.er[:, 0]),
        "neutrons": (arrays["neutron"][:, *nominal].sum(axis=1, dtype=float) * exposure, table.neutron[24, :, 0]),
        "efficiencies": (arrays["nr"][:, :, *nominal].sum(axis=2, dtype=float).T, table.signal[:, 24, :, 0]),
    }
    for what, (found, embedded) in compared.items():
        if np.any(np.abs(found - embedded) > AGREEMENT * np.abs(embedded)):
            raise InputError(f"{where}: the {what} are not those of the release of 2026")


def read(path) -> dict[str, np.ndarray]:
    """The repacked file, held against the embedded table."""
    arrays = read_release(path)
    check_sums(arrays, str(path))
    return arrays


RELEASES = {
    NAME: DataRelease(
        name=NAME,
        title="XENONnT: solar 8B neutrinos and light dark matter, runs SR0-SR2",
        licence="CC-BY-4.0",
        citation="XENON collaboration, arXiv:2604.06002, and data release doi:10.5281/zenodo.20576156; "
        "repacked into one file by nubounds",
        address="https://github.com/XENONnT/cevns_data_release/archive/60d230dd7a5646fd4aa2368c5fdfba575ee0cb88.zip",
        file=FILE,
        read=read,
        convert=convert,
        sha256="c6260ef9ad5651269346611859639ee76b247e83d9e91193389edcb4bcea442c",
    )
}
