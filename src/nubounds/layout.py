"""Where everything in a results folder lies: the one place that names files, used by the workflow and the program
alike.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ENDINGS = ("pdf", "png")  # of every figure
CAPTION = "txt"  # of a comparison plane, beside its figure
PUBLISHED_LIMITS = Path("published_limits")  # limits of others, fetched for a user who asks; ignored by git
PUBLISHED_DATA = Path("published_data")  # public data releases, converted for a user who asks; ignored by git


def published_data(name: str) -> Path:
    """The folder of a data release: below `PUBLISHED_DATA`, or where the environment variable NUBOUNDS_DATA says."""
    return Path(os.environ.get("NUBOUNDS_DATA") or PUBLISHED_DATA) / name


@dataclass(frozen=True)
class Layout:
    """Paths below the results folder `root`."""

    root: Path

    @property
    def state(self) -> Path:
        """What the workflow keeps for itself: plan, fingerprints, cache, logs."""
        return self.root / ".nubounds"

    @property
    def effective_config(self) -> Path:
        return self.state / "config.json"

    @property
    def plan(self) -> Path:
        return self.state / "plan.json"

    @property
    def lock(self) -> Path:
        return self.state / "lock"

    def fingerprint(self, constraint: str, part: str) -> Path:
        return self.state / "fingerprints" / constraint / f"{part}.txt"

    def digests(self, of: str, step: str) -> Path:
        """What a step of a constraint (or of planes, or the report) notes of the files that it wrote."""
        return self.state / "digests" / of / f"{step}.json"

    def points(self, constraint: str, scan: str, chunk: str) -> Path:
        return self.state / "points" / constraint / scan / f"{chunk}.npz"

    def cache(self, constraint: str, scan: str) -> Path:
        return self.state / "cache" / constraint / scan

    def log(self, constraint: str, step: str) -> Path:
        return self.root / "logs" / constraint / f"{step}.log"

    def chunk(self, constraint: str, scan: str, chunk: str) -> Path:
        return self.root / constraint / "chunks" / scan / f"{chunk}.npz"

    def table(self, constraint: str, name: str) -> Path:
        return self.root / constraint / "tables" / f"{name}.csv"

    def limits(self, constraint: str) -> Path:
        return self.root / constraint / "limits"

    def limits_index(self, constraint: str) -> Path:
        return self.limits(constraint) / "index.json"

    def figure(self, constraint: str, name: str, ending: str) -> Path:
        return self.root / constraint / "figures" / f"{name}.{ending}"

    def hepdata(self, constraint: str) -> Path:
        return self.limits(constraint) / "hepdata" / "submission.yaml"

    def comparison(self, plane: str, ending: str) -> Path:
        return self.root / "comparison" / f"{plane}.{ending}"

    def ensemble(self, constraint: str) -> Path:
        return self.root / constraint / "ensemble"

    def ensemble_block(self, constraint: str, block: str) -> Path:
        return self.ensemble(constraint) / "blocks" / f"{block}.npz"

    def ensemble_limits(self, constraint: str) -> Path:
        """The limit files with bands, on the ensemble's grid."""
        return self.ensemble(constraint) / "limits"

    def ensemble_files(self, constraint: str) -> list[Path]:
        """What an ensemble gives: tables, the surrogate, limit files (by their index), figures."""
        figures = [f"{name}.{ending}" for name in ("bands", "causes", "shares_map") for ending in ENDINGS]
        limits = ["limits/index.json", "limits/hepdata/submission.yaml"]
        names = ["members.csv", "bands.csv", "sensitivity.csv", "surrogate.json", "shares.csv", *limits, *figures]
        return [self.ensemble(constraint) / name for name in names]

    def comparison_with_bands(self, plane: str, ending: str) -> Path:
        """A comparison plane drawn from the limit files of ensembles."""
        return self.comparison(f"{plane}_bands", ending)

    def scorecard(self, constraint: str) -> Path:
        return self.root / constraint / "scorecard.csv"

    @property
    def report(self) -> Path:
        return self.root / "report" / "index.html"

    def ensemble_page(self, constraint: str) -> Path:
        """The page of the report on an ensemble."""
        return self.report.with_name(f"{constraint}_ensemble.html")

    @property
    def ensemble_pages(self) -> Path:
        """Names of the constraints whose pages on ensembles the report links."""
        return self.fingerprint("report", "ensembles").with_suffix(".json")

    @property
    def explorer(self) -> Path:
        """The page on which a reader changes inputs."""
        return self.report.with_name("explorer.html")

    @property
    def report_scorecard(self) -> Path:
        return self.root / "report" / "scorecard.csv"

    @property
    def report_time(self) -> Path:
        """When the last report was written."""
        return self.state / "report_time.txt"
