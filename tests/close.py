"""Compare numbers in tests, with tolerances that are relative only."""

import pytest


def close(expected, rel=None, abs=None, nan_ok=False):
    """`pytest.approx` with only a relative tolerance (1e-6), unless `abs` is given.

    pytest's own default also accepts any difference below 1e-12, so that any two cross sections in cm2 would agree.
    """
    if abs is None:
        rel, abs = (1e-6 if rel is None else rel), 0.0
    return pytest.approx(expected, rel=rel, abs=abs, nan_ok=nan_ok)
