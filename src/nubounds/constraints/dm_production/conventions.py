"""The two readings of the slides, each of which settles every switch that is left open."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from nubounds.constraints.dm_production.inputs import CONVENTIONS, OPEN, Choices
from nubounds.contract import Inputs, choice

# switch -> (what `physical` says, what `deck` says)
READINGS = {
    "flux": ("moller", "root"),  # 1 - cos, or sqrt(2 (1 - cos)) as in V(3.6)
    "g_star": ("table", 10.75),
    "v_sm": ("lepton_bath", "printed"),  # 2.1712 with the lepton's density, or V(2.6) as printed with 3.72
    "helicities": (2, 1),
    "doubling": (1, 2),  # the rate once, or together with its charge conjugate, L after Eq. (6)
}
IN_WORDS = {"physical": "standard rates", "deck": "formulae as printed"}  # for the corners of figures
CONVENTION = choice(
    "convention", CONVENTIONS, "physical", "reading of the paper that settles every switch that is left open"
)


def settle(switch: str, convention: str, given: Any) -> Any:
    """The value of one switch: what is given, or what the convention says.

    Parameters
    ----------
    switch : a key of READINGS
    convention : physical or deck
    given : what a user said, or None

    Returns
    -------
    the value
    """
    return READINGS[switch][CONVENTIONS.index(convention)] if given in (None, OPEN) else given


def resolve(convention: str = "physical", *records: Inputs, **changes: Any) -> Choices:
    """The choices of a convention.

    Parameters
    ----------
    convention : physical or deck
    records : parts of `Choices` with the user's switches; what none of them says keeps its default
    changes : single switches that replace theirs

    Returns
    -------
    Choices with every switch settled; without a table of g* that would not be read.

    Raises
    ------
    InputError
        For an evolution that would end before it begins.
    """
    values = {entry.name: getattr(record, entry.name) for record in records for entry in fields(record)} | changes
    values |= {name: settle(name, convention, values.get(name)) for name in READINGS}
    if values["g_star"] != "table":
        values["g_star_file"] = None
    return Choices(**values)
