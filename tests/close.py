"""Comparison of numbers in tests: relative means relative."""

import pytest


def close(expected, rel=None, abs=None, nan_ok=False):
    """`pytest.approx` with a relative tolerance alone (1e-6) unless `abs` is given.

    pytest's own default also accepts every difference below 1e-12, so any two cross sections in cm2 would agree.
    """
    if abs is None:
        rel, abs = (1e-6 if rel is None else rel), 0.0
    return pytest.approx(expected, rel=rel, abs=abs, nan_ok=nan_ok)
