"""The limits of a plane, from limit files alone: computed ones, published ones of others, and a user's own."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nubounds.config import Config
from nubounds.contract import Coordinate, Curve
from nubounds.layout import PUBLISHED_LIMITS, Layout
from nubounds.planes import yours
from nubounds.planes.declaration import Plane
from nubounds.steps import limits

COMPUTED, PUBLISHED, YOURS = "computed", "published", "yours"


@dataclass(frozen=True)
class Limit:
    """A curve in a plane's coordinates, and where it comes from."""

    curve: Curve
    kind: str  # computed | published | yours
    group: str  # what belongs together: a constraint, a collection of published limits
    reference: str
    columns: tuple[str, str]  # of its file, before the conversion
    variant: bool = False  # differs from a computed limit before it in its convention alone

    @property
    def family(self) -> tuple[str, str]:
        """What looks alike and is labelled once: edges of a region, pieces of a curve, and their variants."""
        return self.group, self.curve.label


def _converted(plane: Plane, curve: Curve, where: str) -> Curve:
    x = plane.convert(curve.x_name, "x", curve.x, where)
    y = plane.convert(curve.y_name, "y", curve.y, where)
    good = np.isfinite(x) & np.isfinite(y) & (x > 0) & (y > 0)
    return dataclasses.replace(
        curve, x=x[good], y=y[good], plane=plane.name, x_axis=plane.coordinate("x"), y_axis=plane.coordinate("y")
    )


def _from_files(plane: Plane, paths: list[Path], kind: str, group: str) -> list[Limit]:
    found = []
    for path in paths:
        curve, source = limits.read(path)
        if curve.plane == plane.name:
            columns = (curve.x_name, curve.y_name)
            found.append(
                Limit(_converted(plane, curve, str(path)), kind, group, limits.cite(source["reference"]), columns)
            )
    return found


def mark_variants(found: list[Limit]) -> list[Limit]:
    """The same limits; of computed ones that share their label, those in another convention than the first are
    variants.
    """
    first: dict[tuple[str, str], str] = {}
    return [
        dataclasses.replace(
            limit,
            variant=limit.kind == COMPUTED
            and limit.curve.convention != first.setdefault(limit.family, limit.curve.convention),
        )
        for limit in found
    ]


def _of_user(plane: Plane, folder: Path) -> list[Limit]:
    found = []
    for limit in yours.on_plane(plane, folder):
        curve = Curve(
            limit.path.stem,
            limit.label,
            limit.x,
            limit.y,
            Coordinate(limit.x_name, "1", ""),  # replaced by the plane's own
            Coordinate(limit.y_name, "1", ""),
            side=limit.side,
            confidence_level=limit.confidence_level,
            source=limit.source,
        )
        converted = _converted(plane, curve, str(limit.path))
        reference = limit.source or limit.path.name
        found.append(Limit(converted, YOURS, YOURS, reference, (limit.x_name, limit.y_name)))
    return found


def collect(plane: Plane, config: Config, published: Path = PUBLISHED_LIMITS) -> list[Limit]:
    """All limits of a plane, computed ones first; those with a single point are no curves and are left out.

    Raises
    ------
    InputError
        For a limit file that names this plane with columns that it does not know, or a file of the user that is
        malformed or names a figure that does not exist.
    """
    layout, found = Layout(config.results), []
    for name in config.sections:
        stems = limits.read_index(layout, name)
        found += _from_files(plane, [layout.limits(name) / f"{stem}.json" for stem in stems], COMPUTED, name)
    found += _from_files(plane, limits.files(published / plane.name), PUBLISHED, PUBLISHED)
    found += _of_user(plane, config.user_limits)
    return mark_variants([limit for limit in found if len(limit.curve.x) > 1])
