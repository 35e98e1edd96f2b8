"""No kernel needs many more instructions than it did: see instructions.py."""

import importlib.util
import platform
import shutil
import sys
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("instructions", Path(__file__).with_name("instructions.py"))
instructions = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(instructions)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="the table is for Linux on x86-64"
)
def test_no_core_needs_many_more_instructions():
    counts, expected = instructions.count(list(instructions.CORES)), instructions.read_table()
    assert set(counts) == set(expected)
    assert instructions.report(counts, expected) == []
