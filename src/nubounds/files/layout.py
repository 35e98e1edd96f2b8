"""Paths of everything in a results folder; the only place that names files, for the workflow and the program."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ENDINGS = ("pdf", "png")  # formats of every figure
NUMBERS = "csv"  # format of the table of the data that a figure shows, beside it
CAPTION = "txt"  # the caption of a comparison plane, beside its figure
PUBLISHED_LIMITS = Path("published_limits")  # limits of other groups, fetched on request; ignored by git
PUBLISHED_DATA = Path("published_data")  # public data releases, converted on request; ignored by git


def published_data(name: str) -> Path:
    """Return the folder of a data release, below `PUBLISHED_DATA` or the environment variable NUBOUNDS_DATA."""
    return Path(os.environ.get("NUBOUNDS_DATA") or PUBLISHED_DATA) / name


@dataclass(frozen=True)
class Layout:
    """Paths below the results folder `root`."""

    root: Path

    @property
    def state(self) -> Path:
        """Folder of the workflow's own files: plan, fingerprints, digests, cache."""
        return self.root / ".nubounds"

    @property
    def effective_config(self) -> Path:
        """The checked config with all defaults written out."""
        return self.state / "config.json"

    @property
    def plan(self) -> Path:
        """Names of all chunks."""
        return self.state / "plan.json"

    @property
    def lock(self) -> Path:
        """Lock that a run holds."""
        return self.state / "lock"

    @property
    def done(self) -> Path:
        """Times of all files of the last run that made everything."""
        return self.state / "done.json"

    @property
    def fingerprints(self) -> Path:
        """Folder of the fingerprints."""
        return self.state / "fingerprints"

    def fingerprint(self, constraint: str, part: str) -> Path:
        """Identity of the code and inputs that a part of a constraint's results depends on."""
        return self.fingerprints / constraint / f"{part}.txt"

    def digests(self, of: str, step: str) -> Path:
        """Digests of the files that a step of a constraint (or of the planes, or the report) wrote."""
        return self.state / "digests" / of / f"{step}.json"

    def points(self, constraint: str, scan: str, chunk: str) -> Path:
        """Points of a chunk, as planned."""
        return self.state / "points" / constraint / scan / f"{chunk}.npz"

    def cache(self, constraint: str, scan: str) -> Path:
        """Folder of the computed points of a scan."""
        return self.state / "cache" / constraint / scan

    def log(self, constraint: str, step: str) -> Path:
        """Log of a step."""
        return self.root / "logs" / constraint / f"{step}.log"

    def chunk(self, constraint: str, scan: str, chunk: str) -> Path:
        """Computed rows of a chunk."""
        return self.root / constraint / "chunks" / scan / f"{chunk}.npz"

    def table(self, constraint: str, name: str) -> Path:
        """Table of a scan, or of the paper."""
        return self.root / constraint / "tables" / f"{name}.csv"

    def limits(self, constraint: str) -> Path:
        """Folder of the limit files."""
        return self.root / constraint / "limits"

    def limits_index(self, constraint: str) -> Path:
        """List of the limit files."""
        return self.limits(constraint) / "index.json"

    def figure(self, constraint: str, name: str, ending: str) -> Path:
        """Figure of the paper, in one of the formats `ENDINGS`."""
        return self.root / constraint / "figures" / f"{name}.{ending}"

    @staticmethod
    def figure_target(constraint: str, name: str) -> str:
        """Name of the workflow's rule that draws a single figure."""
        return f"draw_{constraint}_{name}"

    def hepdata(self, constraint: str) -> Path:
        """HEPData submission of the limits."""
        return self.limits(constraint) / "hepdata" / "submission.yaml"

    def comparison(self, plane: str, ending: str) -> Path:
        """Comparison plane, in one of the formats `ENDINGS`, or its `CAPTION`."""
        return self.root / "comparison" / f"{plane}.{ending}"

    def ensemble(self, constraint: str) -> Path:
        """Folder of the ensemble."""
        return self.root / constraint / "ensemble"

    def ensemble_block(self, constraint: str, block: str) -> Path:
        """Limits of a block of members."""
        return self.ensemble(constraint) / "blocks" / f"{block}.npz"

    def ensemble_limits(self, constraint: str) -> Path:
        """The limit files with bands, on the ensemble's grid."""
        return self.ensemble(constraint) / "limits"

    def ensemble_files(self, constraint: str) -> list[Path]:
        """All files that an ensemble produces: tables, the surrogate, limit files (by their index), figures."""
        figures = [f"{name}.{ending}" for name in ("bands", "causes", "shares_map") for ending in ENDINGS]
        limits = ["limits/index.json", "limits/hepdata/submission.yaml"]
        names = ["members.csv", "bands.csv", "sensitivity.csv", "surrogate.json", "shares.csv", *limits, *figures]
        return [self.ensemble(constraint) / name for name in names]

    def comparison_with_bands(self, plane: str, ending: str) -> Path:
        """Comparison plane drawn from the limit files of ensembles."""
        return self.comparison(f"{plane}_bands", ending)

    def posterior(self, name: str) -> Path:
        """Folder of a posterior."""
        return self.root / "posterior" / name

    def posterior_files(self, name: str) -> list[Path]:
        """What the sampler leaves: chains for GetDist and for ArviZ, and a summary."""
        endings = ("_1.txt", ".paramnames", ".ranges", ".nc")
        return [*(self.posterior(name) / f"{name}{ending}" for ending in endings), self.posterior(name) / "summary.csv"]

    def posterior_corner(self, name: str, ending: str) -> Path:
        """Corner plot of a posterior, in one of the formats `ENDINGS`."""
        return self.posterior(name) / f"corner.{ending}"

    def checkpoint(self, name: str, fingerprint: str) -> Path:
        """State of a sampler that has not finished, of the code and inputs with this fingerprint."""
        return self.state / "posterior" / f"{name}.{fingerprint[:16]}.h5"

    def class_file(self, constraint: str, name: str) -> Path:
        """What a Boltzmann code reads at a point, without the ends of its names."""
        return self.root / constraint / "class" / name

    def class_index(self, constraint: str) -> Path:
        return self.class_file(constraint, "index.json")

    def scorecard(self, constraint: str) -> Path:
        """Recomputed numbers of the paper, with verdicts."""
        return self.root / constraint / "scorecard.csv"

    @property
    def report(self) -> Path:
        """First page of the report."""
        return self.root / "report" / "index.html"

    def ensemble_page(self, constraint: str) -> Path:
        """The page of the report on an ensemble."""
        return self.report.with_name(f"{constraint}_ensemble.html")

    @property
    def ensemble_pages(self) -> Path:
        """The constraints whose ensembles the report shows, each with the hash of what its ensemble wrote."""
        return self.fingerprint("report", "ensembles").with_suffix(".json")

    @property
    def explorer(self) -> Path:
        """The page on which a reader changes inputs."""
        return self.report.with_name("explorer.html")

    @property
    def report_scorecard(self) -> Path:
        """Scorecards of all constraints in one table."""
        return self.root / "report" / "scorecard.csv"

    @property
    def report_time(self) -> Path:
        """Time at which the last report was written."""
        return self.state / "report_time.txt"
