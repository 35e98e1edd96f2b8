"""Every command of the tutorial, run in its order in a copy of the project; what it shows as output must come out."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    "Snakefile",
    "environment.yml",
    "workflow",
    "src",
    "cython_ext",
    "profiles",
    "slurm",
    "setup.py",
    "pyproject.toml",
)
BLOCK = re.compile(r"^```(\w+)(?: title=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks():
    """The fenced blocks of the tutorial: language, title, content."""
    return BLOCK.findall((ROOT / "docs/tutorial.md").read_text(encoding="utf-8"))


def commands(content):
    """Commands of a console block, each with the lines of output that it shows (... stands for anything)."""
    found = []
    for line in content.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


@pytest.fixture
def project(tmp_path):
    """A copy of the project, compiled kernels included."""
    for name in COPIED:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir() and not source.is_symlink():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target, follow_symlinks=False)
    return tmp_path


def test_every_block_is_run_or_written():
    kinds = {(language, bool(title)) for language, title, _ in blocks()}
    assert kinds <= {("console", False), ("yaml", True), ("text", True)}


@pytest.mark.thorough
@pytest.mark.slow
def test_tutorial(project):
    env = os.environ | {
        "PYTHONPATH": str(project / "src"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
    }
    for _, title, content in blocks():
        if title:
            (project / title).parent.mkdir(parents=True, exist_ok=True)
            (project / title).write_text(content)
            continue
        for command, shown in commands(content):
            done = subprocess.run(
                ["bash", "-c", f"set -eo pipefail; {command}"],
                cwd=project,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            assert done.returncode == 0, f"$ {command}\n{done.stdout}"
            for line in shown:
                pattern = re.sub(r"[\[\]*?]", "?", line).replace("...", "*")
                assert any(fnmatch.fnmatchcase(out, pattern) for out in done.stdout.splitlines()), (
                    f"$ {command}\n{done.stdout}"
                )
