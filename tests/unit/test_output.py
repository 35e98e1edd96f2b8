"""What the program writes reaches every terminal, and nobody hears of a reader who has left."""

import json
import os
import subprocess
import sys

import pytest

from nubounds.steps import scan

LIMIT = {
    "label": "$\\mu_\\nu$ of CDEX",
    "kind": "90% C.L.",
    "convention": "",
    "x_name": "m",
    "y_name": "mu",
    "points": 2,
}


@pytest.fixture
def results(tmp_path):
    """A folder with one limit file whose label has a Greek letter, and a config that names it."""
    folder = tmp_path / "results/solar_cevns/limits"
    folder.mkdir(parents=True)
    (folder / "index.json").write_text(json.dumps({"cdex": LIMIT}))
    (tmp_path / "cfg.yaml").write_text("constraints: [solar_cevns]")
    return tmp_path


def shell(command, folder, **env):
    command = command.replace("nubounds", f"{sys.executable} -m nubounds")
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=os.environ | env, capture_output=True, text=True, errors="replace"
    )


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-8"])
def test_a_terminal_without_greek_letters(results, encoding):
    done = shell("nubounds limits --list --config cfg.yaml", results, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert "cdex.txt" in done.stdout
    assert ("μ_ν" if encoding == "utf-8" else r"\u03bc_\u03bd") in done.stdout


@pytest.mark.parametrize(
    "words", ["list", "limits --list --config cfg.yaml", "config", "--help", "evaluate --batch many"]
)
def test_a_reader_who_has_left(results, words):
    (results / "many").write_text("\n" * 5000)
    done = shell(f"nubounds {words} | true; echo ${{PIPESTATUS[0]}}", results)
    assert done.stderr == ""
    assert done.stdout.strip() in ("0", "1")


@pytest.mark.parametrize("name", ["PMI_RANK", "PMI_SIZE", "PMIX_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"])
def test_one_rank_needs_no_mpi(monkeypatch, name):
    """Variables of a launcher are inherited inside an interactive allocation, where no launcher answers."""
    monkeypatch.setenv(name, "0")
    monkeypatch.setitem(sys.modules, "mpi4py", None)  # its import fails
    assert scan.communicator(1) is None
