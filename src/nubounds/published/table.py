"""The table of published limits: location, checksum, licence, units, confidence level and source of each."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from pathlib import Path

from nubounds.contract import InputError, Side

TABLE = Path(__file__).resolve().parent / "table.csv"
MASS_COLUMNS = {"keV": "m4_keV", "MeV": "m4_MeV", "GeV": "m4_GeV"}
COUPLING_COLUMNS = {
    "d in 1/GeV": "d_per_GeV",
    "d in 1/MeV": "d_per_MeV",
    "mu_B": "mu_muB",
    "sin^2 theta": "sin2theta",
    "sin^2 2theta": "sin2_2theta",
}
UNSETTLED = ("?", "to be confirmed")  # marks of unconfirmed units; such a file is fetched but not converted


@dataclass(frozen=True)
class Row:
    """A published limit: one row of the table, with the columns as strings.

    Attributes
    ----------
    repository, commit, path : location of the file on GitHub
    sha256 : checksum of the file
    licence : licence of the repository; begins with "none" if there is none
    plane : comparison plane
    label, flavour, source, remark : for figures and captions
    mass_unit, coupling : units of the two columns: keys of `MASS_COLUMNS` and `COUPLING_COLUMNS`
    side, region, confidence_level : as in :class:`nubounds.contract.Curve`
    """

    repository: str
    commit: str
    path: str
    sha256: str
    licence: str
    plane: str
    label: str
    flavour: str
    mass_unit: str
    coupling: str
    side: str
    region: str
    confidence_level: str
    source: str
    remark: str

    @property
    def where(self) -> str:
        """Description of the row for messages."""
        return f"published limit {self.label!r} ({self.repository}, {self.path})"

    @property
    def stem(self) -> str:
        """Name of the limit's files in the folder of its plane, without extension."""
        return Path(self.path).stem

    @property
    def licensed(self) -> bool:
        """Whether the file has a licence, so that anyone may fetch it."""
        return not self.licence.lower().startswith("none")

    @property
    def settled(self) -> bool:
        """Whether the meaning of the columns is confirmed."""
        words = (self.mass_unit, self.coupling)
        return all(words) and not any(mark in word for word in words for mark in UNSETTLED)


def read(path: Path = TABLE) -> list[Row]:
    """Read the table.

    Raises
    ------
    InputError
        With the line, for a wrong column, an unknown unit or side, or an invalid checksum.
    """
    rows = []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names = [field.name for field in fields(Row)]
        if reader.fieldnames != names:
            raise InputError(f"{path}:1: columns must be {','.join(names)}")
        for entry in reader:
            row, where = Row(**entry), f"{path}:{reader.line_num}"
            if len(row.sha256) != 64 or not set(row.sha256) <= set("0123456789abcdef"):
                raise InputError(f"{where}: {row.where}: sha256 must be 64 hexadecimal digits")
            if row.side not in list(Side):
                raise InputError(f"{where}: {row.where}: side {row.side!r} must be one of {', '.join(Side)}")
            for word, known in ((row.mass_unit, MASS_COLUMNS), (row.coupling, COUPLING_COLUMNS)):
                if row.settled and word not in known:
                    raise InputError(f"{where}: {row.where}: unknown unit {word!r}; valid: {', '.join(known)}")
            rows.append(row)
    return rows
