"""A plugin of pytest: what would begin later than ``NUBOUNDS_TEST_S`` after the start is skipped, and says so."""

import os
import time

import pytest

LIMIT_S, BEGIN = float(os.environ["NUBOUNDS_TEST_S"]), time.monotonic()


@pytest.hookimpl(tryfirst=True)  # before fixtures are made
def pytest_runtest_setup(item):
    if time.monotonic() - BEGIN > LIMIT_S:
        pytest.skip(f"no test begins after {LIMIT_S:g} s")
