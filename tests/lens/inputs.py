"""The lens's inputs, among them ballast for the tests of scaling."""

from __future__ import annotations

from dataclasses import dataclass

from nubounds.contract import DataFile, Inputs, given, part


@dataclass(frozen=True)
class Optics(Inputs):
    """Where the image is."""

    b_cm: float = given(10.0, "cm", "image distance", above=0)


@dataclass(frozen=True)
class Drawing(Inputs):
    """How the limit is drawn."""

    scale: float = given(1.0, "1", "factor on the limit curve alone", minimum=0)


@dataclass(frozen=True)
class Load(Inputs):
    """What a point costs."""

    optics: Optics = part(Optics)
    pause_s: float = given(0.0, "s", "time that each point takes", minimum=0)
    memory_MB: float = given(0.0, "MB", "memory that a batch of points takes", minimum=0)
    table: DataFile | None = given(None, meaning="csv with columns a_cm and factor", columns="a_cm, factor")


RECORDS = (Optics, Drawing, Load)
