"""Write requirements.lock from what is installed here, and environment.yml from that: the one set that is tested.

``requirements.lock`` holds every package that nubounds can need, so pip takes it as ``--constraint`` file and installs
those of the extras that were asked for.
"""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK, ENVIRONMENT = ROOT / "requirements.lock", ROOT / "environment.yml"
NOT_OURS = ("nubounds", "pip", "wheel")
PYTHON = "3.11"
EXTRAS = ("workflow", "mpi", "test")  # of the conda environment
PIP_ONLY = ("hepdata-validator",)
COMPILERS = ("gcc", "make")
LOCK_HEADER = """\
# The exact versions that nubounds is tested with: pip install --constraint requirements.lock . (made by `make lock`)
"""
ENVIRONMENT_HEADER = """\
# conda env create -f environment.yml && conda activate nubounds && pip install --no-build-isolation --no-deps -e .
# Written by `make lock` from requirements.lock.
"""


def plain(name: str) -> str:
    """The name of a package as pip compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed() -> dict[str, str]:
    """Version of every package of the environment."""
    found = {plain(one.metadata["Name"]): one.version for one in distributions()}
    return {name: found[name] for name in sorted(found) if name not in NOT_OURS}


def read(text: str) -> dict[str, str]:
    """Versions by package of a lock file's text."""
    return dict(line.split("==") for line in text.splitlines() if line and not line.startswith("#"))


def lock_text(versions: dict[str, str]) -> str:
    """The lock file."""
    return LOCK_HEADER + "".join(f"{name}=={version}\n" for name, version in versions.items())


def required() -> list[str]:
    """Names of the packages that pyproject.toml asks for, those of `EXTRAS` and of the build included."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = pyproject["project"]
    words = [*project["dependencies"], *pyproject["build-system"]["requires"]]
    words += [word for extra in EXTRAS for word in project["optional-dependencies"][extra]]
    return list(dict.fromkeys(plain(re.split(r"[<>=!~;\[ ]", word)[0]) for word in words))


def environment_text(versions: dict[str, str]) -> str:
    """The conda environment: what is asked for, in the versions of the lock."""
    names = required()
    lines = [f"python={PYTHON}", *COMPILERS, *(f"{name}={versions[name]}" for name in names if name not in PIP_ONLY)]
    pip = [f"      - {name}=={versions[name]}" for name in names if name in PIP_ONLY]
    listed = [f"  - {line}" for line in [*lines, "pip"]]
    head = ["name: nubounds", "channels: [conda-forge, bioconda, nodefaults]", "dependencies:"]
    return ENVIRONMENT_HEADER + "\n".join([*head, *listed, "  - pip:", *pip]) + "\n"


if __name__ == "__main__":
    known = read(LOCK.read_text()) if LOCK.exists() else {}
    versions = dict(sorted({**known, **installed()}.items()))  # what another extra brought stays
    LOCK.write_text(lock_text(versions))
    ENVIRONMENT.write_text(environment_text(versions))
