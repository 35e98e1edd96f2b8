"""Fixtures with a copy of the project whose constraints cost nothing."""

import pytest

from project import build_project, copy


@pytest.fixture(scope="session")
def built_project(tmp_path_factory):
    """The copied and compiled project, for the whole session."""
    return build_project(tmp_path_factory.mktemp("built") / "project")


@pytest.fixture
def project(built_project, tmp_path):
    """A copy of the built project for a single test, which may edit and break it."""
    return copy(built_project, tmp_path / "project", "results", ".snakemake")


@pytest.fixture(scope="session")
def finished_project(built_project, tmp_path_factory):
    """The project after one complete run."""
    project = copy(built_project, tmp_path_factory.mktemp("finished") / "project")
    project.constraints = "lens, mirror"
    project.config()
    project.snakemake()
    return project


@pytest.fixture
def done(finished_project, tmp_path):
    """A copy of the project after one complete run, with the files' time stamps."""
    return copy(finished_project, tmp_path / "finished")
