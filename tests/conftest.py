"""Fixtures with a copy of the project whose constraints cost nothing."""

import fcntl
import os
import shutil

import pytest

from project import Project, build_project, copy


def once(tmp_path_factory, name: str, make) -> Project:
    """The project that ``make(folder)`` makes, in the first test process that asks; the others wait and get the same.

    It is for all tests: they read it and copy it, and never change it.
    """
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, whole = base / name, base / f"{name}.whole"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a process that failed
            make(folder)
            whole.touch()
    return Project(folder)


@pytest.fixture(scope="session")
def built_project(tmp_path_factory):
    """The copied and compiled project, for the whole session."""
    return once(tmp_path_factory, "built", build_project)


@pytest.fixture
def project(built_project, tmp_path):
    """A copy of the built project for a single test, which may edit and break it."""
    return copy(built_project, tmp_path / "project", "results", ".snakemake")


@pytest.fixture(scope="session")
def finished_project(built_project, tmp_path_factory):
    """The project after one complete run."""

    def run(folder):
        project = copy(built_project, folder)
        project.constraints = "lens, mirror"
        project.config()
        project.snakemake()

    project = once(tmp_path_factory, "finished", run)
    project.constraints = "lens, mirror"
    return project


@pytest.fixture
def done(finished_project, tmp_path):
    """A copy of the project after one complete run, with the files' time stamps."""
    return copy(finished_project, tmp_path / "finished")
