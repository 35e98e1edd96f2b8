"""Files that say the same thing in two places say the same."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from nubounds import __version__, config
from nubounds.code.sources import CYTHON_EXT
from nubounds.config import files as config_files
from nubounds.config import schema
from nubounds.contract import Status

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("lock", ROOT / "conda/lock.py")
lock = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(lock)
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("resolution", schema.RESOLUTIONS)
def test_shipped_configs_are_what_the_declarations_say(resolution):
    name = {"paper": "config"}.get(resolution, resolution)
    assert (ROOT / "config" / f"{name}.yaml").read_text() == config_files.config_text(resolution), "run `make config`"
    config.load(ROOT / "config" / f"{name}.yaml")


def test_schema_is_what_the_declarations_say():
    assert (ROOT / "workflow/schemas/config.schema.json").read_text() == config_files.schema_text(), "run `make config`"


LOCK = lock.read((ROOT / "requirements.lock").read_text())
EXTRAS = PYPROJECT["project"]["optional-dependencies"]


def test_conda_environment_is_what_the_lock_says():
    assert (ROOT / "environment.yml").read_text() == lock.environment_text(LOCK), "run `make lock`"
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert f"numpy={LOCK['numpy']}" in conda


@pytest.mark.parametrize("extra", [None, "build", *EXTRAS])
def test_the_lock_has_everything_that_can_be_asked_for(extra):
    """And what it has lies in the ranges that are declared."""
    words = {None: PYPROJECT["project"]["dependencies"], "build": PYPROJECT["build-system"]["requires"], **EXTRAS}[
        extra
    ]
    for requirement in map(Requirement, words):
        if requirement.name == "nubounds":
            assert requirement.extras <= set(EXTRAS)
        else:
            assert requirement.specifier.contains(LOCK[lock.plain(requirement.name)]), requirement


def test_dependencies_are_ranges():
    words = [*PYPROJECT["project"]["dependencies"], *PYPROJECT["build-system"]["requires"]]
    assert all(">=" in word and "==" not in word and "<" not in word for word in words)


def test_what_runs_the_tests_is_what_the_lock_says():
    found = lock.installed()
    assert {name: found[name] for name in lock.required() if name in found} == {
        name: LOCK[name] for name in lock.required() if name in found
    }


def test_the_conda_recipe_asks_for_what_the_package_asks_for():
    text = (ROOT / "conda/meta.yaml").read_text()
    for requirement in map(Requirement, PYPROJECT["project"]["dependencies"]):
        name = {"matplotlib": "matplotlib-base"}.get(requirement.name, requirement.name.lower())
        assert f"- {name} {requirement.specifier}\n" in text
    for word in PYPROJECT["build-system"]["requires"]:
        requirement = Requirement(word)
        assert f"- {requirement.name} {requirement.specifier}\n" in text
    assert f'version = "{__version__}"' in text


def test_what_the_workflow_catalog_reads():
    catalog = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())
    assert catalog["usage"]["software-stack-deployment"] and "mandatory-flags" in catalog["usage"]
    assert (ROOT / "workflow/Snakefile").is_file() and (ROOT / "config/README.md").is_file()


def test_both_ways_into_the_workflow_are_the_same():
    text = (ROOT / "workflow/Snakefile").read_text()
    assert (ROOT / "Snakefile").read_text() == text.replace('"rules/', '"workflow/rules/')


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
    own = ".".join(("pytest", "approx("))
    for path in (ROOT / "tests").rglob("*.py"):
        assert path.name == "close.py" or own not in path.read_text(encoding="utf-8"), path
