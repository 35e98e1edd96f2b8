"""docs/adding_a_constraint.md, followed to the letter: its files written, its commands run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from close import close

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    *("Snakefile", "environment.yml", "workflow", "src", "cython_ext", "profiles", "setup.py", "pyproject.toml"),
    *("README.md", "tests"),
)
BLOCK = re.compile(r"^```(\w+)(?: title=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GUIDE = (ROOT / "docs/adding_a_constraint.md").read_text(encoding="utf-8")
# What the make target does in an environment that is there already.
BUILD = f"{sys.executable} setup.py -q build_ext && {sys.executable} -m compileall -q src"


def copy(folder):
    """Copy the project, compiled kernels included."""
    for name in COPIED:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)


def write(project):
    """Write every block of the guide that has a title."""
    for _, title, content in BLOCK.findall(GUIDE):
        if title:
            (project / title).parent.mkdir(parents=True, exist_ok=True)
            (project / title).write_text(content)


def environment(project):
    """Of commands that mean this copy."""
    return os.environ | {
        "PYTHONPATH": str(project / "src"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with the example of the guide, its kernel compiled beside the others."""
    project = tmp_path_factory.mktemp("guided") / "project"
    project.mkdir()
    copy(project)
    write(project)
    subprocess.run(BUILD, shell=True, cwd=project, env=environment(project), check=True, capture_output=True)
    return project


@pytest.mark.slow
def test_the_guide_builds_a_constraint(project):
    env, outputs = environment(project), {}
    for language, _, content in BLOCK.findall(GUIDE):
        if language != "console":
            continue
        for command in content.splitlines():
            words = command.removeprefix("$ ")
            done = subprocess.run(
                BUILD if words == "make build" else words,
                shell=True,
                cwd=project,
                env=env,
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
            outputs[words] = done.stdout
    limits = [float(text.split("=")[1].split()[0]) for words, text in outputs.items() if "evaluate" in words]
    assert limits[1] / limits[0] == close((2.7e13 / 1e13) ** 0.5, rel=1e-9)
    assert (project / "results/reactor/reactor_moment/limits/threshold.txt").is_file()
    assert (project / "results/reactor/report/reactor_moment.html").is_file()


SLIPS = {
    # file of the example: (what is written, what is written instead, what the one line must say)
    "mininum": (
        "constraint.yaml",
        "above: 0 ",
        "abvoe: 0 ",
        r"constraint.yaml:\d+: axes.T_min_keV.abvoe: .*did you mean above",
    ),
    "kind": (
        "constraint.yaml",
        "kind: number ",
        "kind: nubmer ",
        r"constraint.yaml:\d+: .*kind: nubmer.*did you mean number",
    ),
    "tabels": ("constraint.yaml", "tables:", "tabels:", r"constraint.yaml:\d+: tabels: .*did you mean tables"),
    "meaning": (
        "constraint.yaml",
        "    meaning: lowest recoil energy\n",
        "",
        r"constraint.yaml:\d+: axes.T_min_keV: no meaning",
    ),
    "axis": (
        "constraint.yaml",
        "axes: [T_min_keV]",
        "axes: [T_min_kev]",
        r"constraint.yaml:\d+: .*did you mean T_min_keV",
    ),
    "record": (
        "scans.py",
        "points, exposure: Exposure",
        "points, exposure: Exposrue",
        r"scans.py:\d+: .*did you mean Exposure",
    ),
}


@pytest.fixture(scope="module")
def example(project, tmp_path_factory):
    """The project with the example alone."""
    alone = tmp_path_factory.mktemp("example") / "project"
    shutil.copytree(project, alone, ignore=shutil.ignore_patterns("results", ".snakemake"))
    for other in (alone / "src/nubounds/constraints").glob("*/constraint.yaml"):
        if other.parent.name != "reactor_moment":
            shutil.rmtree(other.parent)
    for kernel in (alone / "cython_ext").glob("*.pyx"):
        if kernel.stem != "reactor_moment":
            kernel.unlink()
    return alone


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_of_a_newcomer_is_one_line(slip, example):
    name, before, after, words = SLIPS[slip]
    write(example)
    file = example / "src/nubounds/constraints/reactor_moment" / name
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))
    command = [sys.executable, "-m", "nubounds", "check", "my.yaml"]
    done = subprocess.run(command, cwd=example, env=environment(example), capture_output=True, text=True)
    assert done.returncode == 2, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1 and re.search(words, done.stderr), done.stderr
