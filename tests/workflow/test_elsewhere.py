"""A constraint in another package: the skeleton that `nubounds init --constraint` writes, installed beside nubounds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from close import close

ROOT = Path(__file__).resolve().parents[2]
NAME = "invented_beam"


class Beside:
    """A folder with the package installed in it, and programs that see it beside nubounds."""

    def __init__(self, folder):
        self.folder, self.site = folder, folder / "site"
        self.env = os.environ | {
            "PYTHONPATH": str(self.site),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def run(self, *command, status=0, where=""):
        done = subprocess.run(
            [sys.executable, *command], cwd=self.folder / where, env=self.env, capture_output=True, text=True
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def nubounds(self, *arguments, **options):
        return self.run("-m", "nubounds", *arguments, **options)

    def install(self):
        words = ["--quiet", "--no-deps", "--no-build-isolation", "--upgrade", "--target", str(self.site)]
        self.run("-m", "pip", "install", *words, str(self.folder / NAME))


@pytest.fixture(scope="module")
def beside(tmp_path_factory):
    place = Beside(tmp_path_factory.mktemp("beside"))
    assert f"pip install -e {NAME}" in place.nubounds("init", "--constraint", NAME)
    place.install()
    return place


def test_it_is_there_like_the_others(beside):
    assert f"{NAME}.coupling_limit [1]" in beside.nubounds("list")
    code = (
        f"import nubounds as nb; print(nb.constraints(), nb.evaluate('{NAME}.coupling_limit', m_mediator_MeV=[1, 10]))"
    )
    assert f"'{NAME}'" in beside.run("-c", code)


def test_the_skeleton_passes_the_conformance_tests(beside):
    tests = str(ROOT / "tests/conformance/test_constraints.py")
    output = beside.run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), tests, "-k", NAME
    )
    assert " passed" in output and "failed" not in output


def test_both_implementations_agree(beside):
    code = (
        f"import nubounds as nb; from {NAME}.physics import coupling_limit\n"
        f"for m in (0.1, 30.0, 1e4): print(nb.evaluate('{NAME}.coupling_limit', m_mediator_MeV=m), coupling_limit(m, 2.3, 1e20, 30.0))"
    )
    for line in beside.run("-c", code).splitlines():
        ours, plain = map(float, line.split())
        assert ours == close(plain, rel=1e-12)


def test_it_runs_in_a_project_and_reruns_when_its_code_changes(beside):
    beside.nubounds("init", "project", "--constraints", NAME, "--resolution", "toy")
    beside.nubounds("run", where="project")
    results = beside.folder / "project/results"
    assert (results / "report/index.html").is_file() and (results / NAME / f"limits/{NAME}.json").is_file()
    assert "Nothing to be done" in beside.nubounds("run", where="project")
    model = beside.folder / NAME / "src" / NAME / "model.py"
    model.write_text(model.read_text().replace("EVENTS_PER_TARGET = 1e-4", "EVENTS_PER_TARGET = 2e-4"))
    beside.install()
    assert "scan_chunk" in beside.nubounds("run", "-n", "--", "--quiet", "host", where="project")


def test_nothing_is_overwritten_and_names_are_names(beside):
    for words, message in (
        (["--constraint", NAME], f"{NAME}: a constraint or a Python package of that name exists already"),
        (["--constraint", "2fast"], "the name of a constraint must be an identifier"),
        (["--constraint", "json"], "json: a constraint or a Python package"),
        ([], "init needs a FOLDER"),
        (["new", "--constraints", "nonsense"], "unknown constraint nonsense"),
        (["new", "--resolution", "coarse"], "no resolution coarse"),
        (["project"], "already exists; nothing was written"),
    ):
        output = beside.nubounds("init", *words, status=2)
        assert message in output and len(output.splitlines()) == 1
    assert not (beside.folder / "new").exists()


def test_a_broken_entry_point_is_one_line(beside, tmp_path):
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[nubounds.constraints]\nbroken = no_such_package\n")
    done = subprocess.run(
        [sys.executable, "-m", "nubounds", "list"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert "constraint broken of the package broken: no package no_such_package with a constraint.yaml" in done.stderr
