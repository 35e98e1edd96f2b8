"""Files that say the same thing in two places say the same."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from nubounds import __version__, config
from nubounds.config import files as config_files
from nubounds.config import schema
from nubounds.contract import Status
from nubounds.sources import CYTHON_EXT

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("resolution", schema.RESOLUTIONS)
def test_shipped_configs_are_what_the_declarations_say(resolution):
    name = {"paper": "config"}.get(resolution, resolution)
    assert (ROOT / "config" / f"{name}.yaml").read_text() == config_files.config_text(resolution), "run `make config`"
    config.load(ROOT / "config" / f"{name}.yaml")


def test_schema_is_what_the_declarations_say():
    assert (ROOT / "workflow/schemas/config.schema.json").read_text() == config_files.schema_text(), "run `make config`"


def test_conda_environment_has_the_same_versions():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    words = [word for word in conda if isinstance(word, str)] + [
        word for entry in conda if isinstance(entry, dict) for word in entry["pip"]
    ]
    versions = dict(re.split("=+", word) for word in words if "=" in word)
    wanted = (
        PYPROJECT["project"]["dependencies"]
        + PYPROJECT["project"]["optional-dependencies"]["test"]
        + PYPROJECT["build-system"]["requires"]
    )
    renamed = {"PyYAML": "pyyaml"}
    for requirement in wanted:
        name, version = requirement.split("==")
        assert versions[renamed.get(name, name)] == version, name


def test_versions_agree():
    assert PYPROJECT["project"]["version"] == __version__
    assert f"version: {__version__}" in (ROOT / "CITATION.cff").read_text()
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_status_numbers_agree_with_the_kernels():
    text = (CYTHON_EXT / "status.pxd").read_text()
    assert {name: int(value) for name, value in re.findall(r"(\w+) = (\d)", text)} == {
        status.name: status.value for status in Status
    }


def test_relative_means_relative():
    """pytest's own comparison accepts every difference below 1e-12: tests use `close` instead."""
    for path in (ROOT / "tests").rglob("*.py"):
        if path.name != "close.py" and path != Path(__file__):
            assert "close(" not in path.read_text(encoding="utf-8"), path
