"""The branch-free elementary functions of cython_ext/include/vector_math.h, compiled on their own: errors, ends, digits of
all vector widths.
"""

import ctypes
import math
import shutil
import subprocess
from fractions import Fraction

import numpy as np
import pytest

from close import close
from nubounds.code.sources import COMPILE_FLAGS, CYTHON_EXT

FUNCTIONS = ("vector_exp", "vector_expm1", "vector_log1p", "vector_log", "vector_atan")
WIDTHS = {2: "", 4: "VECTOR_AVX2", 8: "VECTOR_AVX512"}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Loops over arrays of every function for every width, and the sum by lanes."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")
    header = (CYTHON_EXT / "include" / "vector_math.h").read_text(encoding="utf-8")
    loops = [
        f"{version} void {function}_{width}(int n, const double* restrict x, double* restrict y)"
        f"{{ for (int k = 0; k < n; k++) y[k] = {function}(x[k]); }}"
        for width, version in WIDTHS.items()
        for function in FUNCTIONS
    ]
    sums = [
        f"{version} double sum_{width}(int n, const double* x) {{ return sum_by_lanes(n, x); }}"
        for width, version in WIDTHS.items()
    ]
    folder = tmp_path_factory.mktemp("vector_math")
    source, built = folder / "loops.c", folder / "loops.so"
    source.write_text("\n".join([header, *loops, *sums, "int width(int widest) { return vector_width(widest); }"]))
    subprocess.run([compiler, *COMPILE_FLAGS, "-shared", "-fPIC", str(source), "-o", str(built)], check=True)
    return ctypes.CDLL(str(built))


def widths(library):
    return sorted({library.width(widest) for widest in WIDTHS})


def call(library, function, x, width=2):
    y = np.empty_like(x)
    pointers = (array.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for array in (x, y))
    getattr(library, f"{function}_{width}")(x.size, *pointers)
    return y


def arguments(function):
    rng = np.random.default_rng(1)
    if function in ("vector_log1p", "vector_atan"):
        return np.concatenate([rng.uniform(0, 1, 20000), 10.0 ** rng.uniform(-300, 0, 2000), [0.0, 1.0, 2**0.5 - 1]])
    if function == "vector_log":
        near_1 = 1 + rng.choice([-1, 1], 2000) * 10.0 ** rng.uniform(-16, -1, 2000)
        return np.concatenate(
            [rng.uniform(0.1, 10, 20000), 10.0 ** rng.uniform(-307, 308, 20000), near_1, [1.0, 0.5**0.5]]
        )
    small = rng.choice([-1, 1], 2000) * 10.0 ** rng.uniform(-300, 0, 2000)
    return np.concatenate([rng.uniform(-708, 709, 20000), rng.uniform(-1, 1, 20000), small, [0.0, 709.0, -708.0]])


@pytest.mark.parametrize(
    ("function", "units"),
    [("vector_exp", 1), ("vector_expm1", 2), ("vector_log1p", 2), ("vector_log", 2), ("vector_atan", 2)],
)
def test_errors_in_units_of_the_last_place(library, function, units):
    """Against the mathematical library's long doubles."""
    x = arguments(function)
    exact = getattr(np, function.removeprefix("vector_").replace("atan", "arctan"))(x.astype(np.longdouble))
    if np.finfo(np.longdouble).eps > 1e-18:
        pytest.skip("long doubles are doubles here")
    unit = np.spacing(np.maximum(np.abs(exact.astype(float)), 1e-307))
    assert np.max(np.abs(call(library, function, x) - exact) / unit) <= units


def test_ends(library):
    x = np.array([-np.inf, -1e4, 1e4, np.inf, np.nan])
    exp, expm1 = call(library, "vector_exp", x), call(library, "vector_expm1", x)
    assert exp[0] == exp[1] == 0 and exp[2] == exp[3] == close(math.exp(709))
    assert expm1[0] == expm1[1] == -1 and math.isnan(exp[4]) and math.isnan(expm1[4])
    assert math.isnan(call(library, "vector_log1p", x)[4])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_digits_do_not_depend_on_the_width(library, function):
    x = arguments(function)
    plain = call(library, function, x)
    for width in widths(library):
        assert call(library, function, x, width).tobytes() == plain.tobytes()


def test_sum_by_lanes(library):
    x = np.random.default_rng(2).normal(size=800) * 10.0 ** np.random.default_rng(3).uniform(-8, 8, 800)
    pointer = x.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
    found = set()
    for width in widths(library):
        total = getattr(library, f"sum_{width}")
        total.restype = ctypes.c_double
        found.add(total(x.size, pointer))
    (value,) = found
    assert value == close(float(sum(map(Fraction, x.tolist()))), rel=1e-12)
