"""The C headers of the kernels: each compiles by itself, and a program in C holds them against the C library."""

import shutil
import subprocess

import pytest

from nubounds.code import sources
from nubounds.code.sources import CYTHON_EXT, PROJECT

INCLUDE = CYTHON_EXT / "include"
HEADERS = sorted([*CYTHON_EXT.glob("*.h"), *INCLUDE.glob("*.h")])
COMPILE = [
    "gcc",
    "-std=gnu11",
    "-Wall",
    "-Wextra",
    "-Wno-unused-function",
    "-Werror",
    f"-I{INCLUDE}",
    f"-I{CYTHON_EXT}",
]

pytestmark = pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc")


@pytest.mark.parametrize("header", HEADERS, ids=lambda path: path.name)
def test_a_header_includes_what_it_uses(header):
    done = subprocess.run([*COMPILE, "-fsyntax-only", "-x", "c", str(header)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_functions_against_the_c_library(tmp_path):
    program = tmp_path / "headers"
    flags = [flag for flag in sources.COMPILE_FLAGS if not flag.startswith("-W")]
    subprocess.run([*COMPILE, *flags, str(PROJECT / "tests/headers.c"), "-o", str(program), "-lm"], check=True)
    done = subprocess.run([str(program)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_headers_belong_to_the_sources_of_their_kernels():
    users = {header: set() for header in HEADERS}
    for kernel in sources.kernel_names():
        for path in sources.kernel_sources(kernel):
            if path in users:
                users[path].add(kernel)
    for header, kernels in users.items():
        assert kernels, f"{header}: no kernel includes it"
        shared = header.parent == INCLUDE
        assert shared == (len(kernels) > 1), f"{header}: used by {', '.join(kernels)}; shared ones lie in include/"


def test_no_c_in_string_literals():
    for path in [*CYTHON_EXT.glob("*.pyx"), *CYTHON_EXT.glob("*.pxd")]:
        assert "cdef extern from *" not in path.read_text(encoding="utf-8"), path
