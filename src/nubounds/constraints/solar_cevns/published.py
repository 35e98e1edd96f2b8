"""Numbers that the paper prints or quotes, from our csv files."""

from __future__ import annotations

import csv
from pathlib import Path

DATA = Path(__file__).parent / "data"


def read_words(name: str) -> list[dict]:
    """Rows of one of our csv files that hold words beside numbers.

    Parameters
    ----------
    name : file in the folder data

    Returns
    -------
    A mapping of columns to words for each row.
    """
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def printed_limits() -> dict[tuple[str, str, str], float]:
    """The paper's limits on mu/mu_B.

    Returns
    -------
    (scenario, flavour, flux) -> limit.

    References
    ----------
    Demirci and Mustamin (2025), Table 1 and Sec. 4.3.
    """
    rows = read_words("published_limits.csv")
    return {(row["scenario"], row["flavour"], row["flux"]): float(row["mu_muB"]) for row in rows}
