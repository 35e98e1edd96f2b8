"""The data release of XENONnT, repacked into one file: checked, wherever it comes from, array by array."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from nubounds.contract import DataFile, InputError
from nubounds.files.layout import published_data

NAME = "xenonnt"
FILE = "xenonnt_2026.npz"
SHAPES = {
    "energy_keV": (46,),
    "t": (7,),
    "exposure_ton_yr": (3,),
    "edges": (3, 4, 4),
    "observed": (3, 81),
    "nr": (3, 46, 7, 7, 81),
    "neutron": (3, 7, 7, 81),
    "ac": (3, 81),
    "er": (3, 81),
}
MOST_BYTES = 64_000_000  # of a file and of an array once unpacked; the release has 14 million


def installed() -> DataFile | None:
    """The repacked release in the folder of published data, if it is there.

    Returns
    -------
    file, None where there is none
    """
    path = published_data(NAME) / FILE
    return DataFile.of(path) if path.is_file() else None


def read_release(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a repacked release.

    Raises
    ------
    InputError
        For a file that is damaged, too large, or holds other arrays than the release, or pickled objects.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: larger than {MOST_BYTES} bytes: not the release")
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                name = member.filename.removesuffix(".npy")
                if name not in SHAPES:
                    raise InputError(f"{path}: unknown array {name[:60]!r}; valid: {', '.join(SHAPES)}")
                if member.file_size > MOST_BYTES:
                    raise InputError(f"{path}: {name} would unpack to {member.file_size} bytes: not the release")
            arrays = {}
            for name, shape in SHAPES.items():
                with archive.open(f"{name}.npy") as file:
                    arrays[name] = _read_array(file, shape, f"{path}: {name}")
    except KeyError as problem:
        raise InputError(f"{path}: an array is missing: {problem.args[0]}") from None
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError) as problem:
        if isinstance(problem, InputError):
            raise
        raise InputError(f"{path}: damaged or not the repacked release ({problem})") from None
    check_release(arrays, str(path))
    return arrays


def _read_array(file, shape: tuple[int, ...], where: str) -> np.ndarray:
    """One array, after its header says that it has the right shape and holds numbers."""
    version = np.lib.format.read_magic(file)
    read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in read_header:
        raise InputError(f"{where}: unknown version of the format")
    found, fortran, dtype = read_header[version](file)
    if found != shape or fortran or dtype.kind not in "fiu":
        raise InputError(f"{where}: must be numbers of shape {shape}, not {dtype} of shape {found}")
    size = dtype.itemsize * int(np.prod(shape))
    content = file.read(size)
    if len(content) != size:
        raise InputError(f"{where}: {len(content)} of {size} bytes")
    return np.frombuffer(content, dtype=dtype).reshape(shape)


def check_release(arrays: dict[str, np.ndarray], where: str) -> None:
    """InputError where the arrays cannot be the release's: not finite, negative, other energies or anchors.

    Parameters
    ----------
    arrays : by name
    where : the file, for messages
    """
    for name, values in arrays.items():
        if not np.all(np.isfinite(values)):
            raise InputError(f"{where}: {name} holds numbers that are not finite")
        if name not in ("t", "edges") and np.any(values < 0):
            raise InputError(f"{where}: {name} holds negative numbers")
    if not np.array_equal(arrays["t"], np.arange(-3.0, 4.0)):
        raise InputError(f"{where}: t must be the integers from -3 to 3")
    if np.any(np.diff(arrays["energy_keV"]) <= 0) or np.any(np.diff(arrays["edges"], axis=2) <= 0):
        raise InputError(f"{where}: energies and edges must increase")
    if np.any(arrays["energy_keV"] <= 0) or np.any(arrays["exposure_ton_yr"] <= 0):
        raise InputError(f"{where}: energies and exposures must be above 0")
    if np.any(arrays["nr"].sum(axis=-1) > 1.0 + 1e-6):
        raise InputError(f"{where}: an efficiency is above 1")
