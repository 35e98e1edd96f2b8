"""The limits of a plane, from limit files alone: computed ones, published ones of others, and a user's own."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nubounds.config import Config
from nubounds.contract import Coordinate, Curve
from nubounds.files.layout import PUBLISHED_LIMITS, Layout
from nubounds.files.user_limits import UserLimit
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
    band: limits.Band | None = None  # in the plane's coordinates
    variant: bool = False  # differs from a computed limit before it in its convention alone

    @property
    def other_preset(self) -> bool:
        """Whether it has the paper's or today's best inputs and the run has others: drawn in any case.

        It need not be a variant: a limit that exists with those inputs alone has none before it.
        """
        return self.kind == COMPUTED and bool(self.curve.preset)

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


def _converted_band(plane: Plane, curve: Curve, band: limits.Band, where: str) -> limits.Band:
    """The quantiles of a band in the plane's coordinates, without limit as infinity, and no longer with errors."""
    x = plane.convert(curve.x_name, "x", band.x, where)
    columns = {}
    for name, values in band.quantiles.items():
        finite = np.isfinite(values)
        y = plane.convert(curve.y_name, "y", np.where(finite, values, 1.0), where)
        columns[name] = np.where(finite, y, values)
    return limits.Band(x, columns, band.members)


@dataclass(frozen=True)
class Files:
    """What lies on disk for all planes: the indexes of limit files by constraint, computed limits, and a user's."""

    indexes: dict[str, dict[str, dict]]
    computed: list[tuple[str, Path, Curve, dict, limits.Band | None]]  # constraint, file, curve, source, band
    mine: list[UserLimit]


def read_files(config: Config, bands: bool = False) -> Files:
    """Every index and limit file of a run (with `bands`, of its ensembles) and the user's limits, each read once.

    Parameters
    ----------
    config : the config
    bands : whether to read the limits of the ensembles instead

    Returns
    -------
    Indexes, computed limits and the user's limits.

    Raises
    ------
    InputError
        For a limit file that is not as it was written, or a file of the user that is malformed.
    """
    layout = Layout(config.results)
    folder_of, names, step = layout.limits, list(config.sections), "contour"
    if bands:
        folder_of, names, step = layout.ensemble_limits, list(config.ensemble.constraints), "ensemble_bands"
    indexes = {name: limits.read_index(layout, name, folder_of(name), step) for name in names}
    computed = []
    for name, stems in indexes.items():
        for stem in stems:
            path = folder_of(name) / f"{stem}.json"
            computed.append((name, path, *limits.read_with_band(path)))
    return Files(indexes, computed, yours.read(config.user_limits))


def _limit(
    plane: Plane, path: Path, curve: Curve, source: dict, kind: str, group: str, band: limits.Band | None = None
) -> Limit:
    columns = (curve.x_name, curve.y_name)
    band = band and _converted_band(plane, curve, band, str(path))
    return Limit(_converted(plane, curve, str(path)), kind, group, limits.cite(source["reference"]), columns, band)


def _published(plane: Plane, folder: Path) -> list[Limit]:
    read = [(path, *limits.read(path)) for path in limits.files(folder)]
    return [_limit(plane, *parts, PUBLISHED, PUBLISHED) for parts in read if parts[1].plane == plane.name]


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


def _of_user(plane: Plane, mine: list[UserLimit]) -> list[Limit]:
    found = []
    for limit in yours.drawn_on(plane, mine):
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


def collect(
    plane: Plane, config: Config, published: Path = PUBLISHED_LIMITS, files: Files | None = None
) -> list[Limit]:
    """All limits of a plane, computed ones first; those with a single point are no curves and are left out.

    Parameters
    ----------
    plane : the plane
    config : the config
    published : folder of limits from the literature, with a subfolder for each plane
    files : what :func:`read_files` gave; read here if left out

    Returns
    -------
    The limits, each with its place in the plane.

    Raises
    ------
    InputError
        For a limit file that names this plane with columns that it does not know, or a file of the user that is
        malformed or names a figure that does not exist.
    """
    files = files or read_files(config)
    found = [
        _limit(plane, path, curve, source, COMPUTED, name, band)
        for name, path, curve, source, band in files.computed
        if curve.plane == plane.name
    ]
    found += _published(plane, published / plane.name)
    found += _of_user(plane, files.mine)
    return mark_variants([limit for limit in found if len(limit.curve.x) > 1])
