"""Names of tests say what they test: no time, address or order of a set in them, or two workers disagree on the list."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def names(hash_seed: str) -> list[str]:
    """What pytest collects in a process of its own."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    run = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    return [line for line in run.stdout.splitlines() if "::" in line]


@pytest.mark.thorough
def test_two_collections_have_the_same_names():
    first, second = names("1"), names("2")  # one after the other: clocks differ by seconds
    assert len(first) > 1000
    assert first == second
