"""Public data releases that a constraint can use but the project does not ship: what they are, how to read them."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from nubounds.contract import InputError
from nubounds.files.layout import published_data

MOST_MEMBERS = 50_000  # maximum number of files in an archive


@dataclass(frozen=True)
class DataRelease:
    """A public data release.

    Attributes
    ----------
    name, title, licence, citation : shown to the user, who must cite the release
    address : URL of a zip archive with the release's files
    file : name of the repacked file
    read : function of the repacked file's path that returns the checked arrays
    convert : function of the release's own files (a :class:`Folder`) that returns the same arrays
    sha256 : digest of the arrays as repacked by this project, see :func:`digest`
    """

    name: str
    title: str
    licence: str
    citation: str
    address: str
    file: str
    read: Callable[[Path], dict[str, np.ndarray]]
    convert: Callable[[Folder], dict[str, np.ndarray]]
    sha256: str

    @property
    def installed(self) -> Path:
        """Path of the repacked file once it is installed."""
        return published_data(self.name) / self.file


class Folder:
    """The files of a release, in a folder or a zip archive; each is read into memory, up to a maximum size."""

    def __init__(self, path: Path):
        self.path = path
        self._archive: zipfile.ZipFile | None = None
        self._members: dict[str, Any] = {}
        if path.is_dir():
            return
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as problem:
            raise InputError(f"{path}: neither a folder nor a zip archive ({problem})") from None
        members = [entry for entry in self._archive.infolist() if not entry.is_dir()]
        if len(members) > MOST_MEMBERS:
            raise InputError(f"{path}: {len(members)} files: not the release")
        # An archive of a repository wraps everything in one folder.
        tops = {PurePosixPath(entry.filename).parts[0] for entry in members if entry.filename.strip("/")}
        cut = len(next(iter(tops))) + 1 if len(tops) == 1 and len(members) > 1 else 0
        self._members = {entry.filename[cut:]: entry for entry in members}

    def bytes(self, name: str, most: int) -> bytes:
        """Return the content of a file.

        Parameters
        ----------
        name : path of the file within the release
        most : maximum size in bytes

        Raises
        ------
        InputError
            If the file is missing, damaged, or larger than `most`.
        """
        where = f"{self.path}: {name}"
        try:
            if self._archive is None:
                with (self.path / name).open("rb") as file:
                    content = file.read(most + 1)
            else:
                with self._archive.open(self._members[name]) as file:
                    content = file.read(most + 1)
        except (KeyError, FileNotFoundError):
            raise InputError(f"{where}: missing: not the release?") from None
        except (OSError, EOFError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as problem:
            raise InputError(f"{where}: {problem}") from None
        if len(content) > most:
            raise InputError(f"{where}: larger than {most} bytes: not the release")
        return content


def hdf5_array(content: bytes, name: str, shape: tuple[int, ...], where: str) -> np.ndarray:
    """Read a numeric dataset from an HDF5 file.

    Parameters
    ----------
    content : the bytes of the file
    name : path of the dataset within the file
    shape : the shape that it must have
    where : name of the file in messages

    Returns
    -------
    The dataset as a float array of shape `shape`.

    Raises
    ------
    InputError
        If h5py is not installed, or the dataset is missing, has another shape, or is stored outside the file or in
        chunks larger than itself.
    """
    try:
        import h5py
    except ImportError:
        raise InputError("the release's own files are HDF5: install h5py (pip install h5py) to convert them") from None
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            group = file
            for part in name.split("/"):
                if not isinstance(group.get(part, getlink=True), h5py.HardLink):
                    raise InputError(f"{where}: no dataset {name}")
                group = group[part]
            if not isinstance(group, h5py.Dataset) or group.shape != shape or group.dtype.kind not in "fiu":
                raise InputError(f"{where}: {name} must be numbers of shape {shape}")
            if group.external or group.is_virtual or (group.chunks and np.prod(group.chunks) > np.prod(shape)):
                raise InputError(f"{where}: {name} is stored in a way that the release does not use")
            return np.array(group[()], dtype=float)
    except (OSError, KeyError, RuntimeError, TypeError, ValueError) as problem:
        if isinstance(problem, InputError):
            raise
        raise InputError(f"{where}: damaged or not HDF5 ({problem})") from None


def digest(arrays: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 over the names, types, shapes and bytes of arrays, independent of any file format."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name])
        values = values.astype(values.dtype.newbyteorder("<"), copy=False)
        found.update(f"{name} {values.dtype.str} {values.shape}\n".encode())
        found.update(values.tobytes())
    return found.hexdigest()
