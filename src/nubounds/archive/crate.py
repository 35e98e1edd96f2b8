"""Describe a run as an RO-Crate: the metadata file of an archive, following the Workflow Run Crate profile."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass

from nubounds import __version__
from nubounds.code import provenance

METADATA = "ro-crate-metadata.json"
CRATE = "https://w3id.org/ro/crate/1.1"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
LICENCE = "https://spdx.org/licenses/BSD-3-Clause"
FORMATS = {
    ".csv": "text/csv",
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
    ".log": "text/plain",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".txt": "text/plain",
    ".yaml": "application/yaml",
}


@dataclass(frozen=True)
class Member:
    """A file in the archive.

    Attributes
    ----------
    path : path within the archive
    size : size in bytes
    sha256 : checksum, in hexadecimal
    """

    path: str
    size: int
    sha256: str


def _time(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="seconds")


def _file(member: Member) -> dict:
    suffix = f".{member.path.rpartition('.')[2]}"
    entity = {
        "@id": member.path,
        "@type": "File",
        "name": member.path.rpartition("/")[2],
        "contentSize": str(member.size),
        "sha256": member.sha256,
    }
    return entity | ({"encodingFormat": FORMATS[suffix]} if suffix in FORMATS else {})


def _profile(url: str, name: str) -> dict:
    return {"@id": url, "@type": "CreativeWork", "name": name, "version": url.rpartition("/")[2]}


def _links(paths) -> list[dict]:
    return [{"@id": path} for path in paths]


def metadata(
    members: list[Member],
    workflow: str,
    inputs: list[str],
    results: list[str],
    start: float,
    end: float,
    commits: list[str],
) -> str:
    """Return the text of the metadata file.

    Parameters
    ----------
    members : all files of the archive except the metadata and the manifest
    workflow : path of the main workflow file
    inputs, results : paths of the files that the run read and wrote
    start, end : start and end of the run, in seconds since the epoch
    commits : commits named in the limit files; the workflow's version is the commit that wrote the archive

    Returns
    -------
    JSON-LD.
    """
    versions = provenance.versions()
    files = {member.path: _file(member) for member in members}
    files[workflow] |= {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": "nubounds workflow",
        "programmingLanguage": {"@id": "#snakemake"},
        "version": f"{__version__}, commit {provenance.commit()}",
        "license": {"@id": LICENCE},
        "input": [{"@id": "#config"}],
        "output": [{"@id": "#results"}],
    }
    for path in inputs:
        files[path]["exampleOfWork"] = {"@id": "#config"}
    graph = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": _links([CRATE, "https://w3id.org/workflowhub/workflow-ro-crate/1.0"]),
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": "A run of nubounds",
            "description": "Tables, limits, figures, scorecards and report of one run, with config and workflow.",
            "datePublished": _time(end),
            "license": {"@id": LICENCE},
            "conformsTo": _links(PROFILES),
            "mainEntity": {"@id": workflow},
            "mentions": [{"@id": "#run"}],
            "hasPart": _links(files),
        },
        {
            "@id": "#run",
            "@type": "CreateAction",
            "name": "Run of the workflow",
            "instrument": {"@id": workflow},
            "object": _links(inputs),
            "result": _links(results),
            "startTime": _time(start),
            "endTime": _time(end),
            "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
            "description": ", ".join(f"{name} {number}" for name, number in versions.items())
            + f"; limit files of commit {', '.join(commits) or 'unknown'}",
        },
        {
            "@id": "#config",
            "@type": "FormalParameter",
            "additionalType": "File",
            "name": "config",
            "valueRequired": True,
            "conformsTo": {"@id": "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"},
        },
        {
            "@id": "#results",
            "@type": "FormalParameter",
            "additionalType": "Dataset",
            "name": "results",
            "conformsTo": {"@id": "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"},
        },
        {
            "@id": "#snakemake",
            "@type": "ComputerLanguage",
            "name": "Snakemake",
            "version": versions.get("snakemake", "unknown"),
            "url": {"@id": "https://snakemake.readthedocs.io"},
        },
        {"@id": LICENCE, "@type": "CreativeWork", "name": "BSD 3-Clause licence"},
        *(_profile(url, name) for url, name in PROFILES.items()),
        *files.values(),
    ]
    return json.dumps({"@context": f"{CRATE}/context", "@graph": graph}, indent=1) + "\n"
