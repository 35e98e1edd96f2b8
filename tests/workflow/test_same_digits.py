"""Tables are the same bytes on every processor: the program against settings that stand for other processors."""

import os
import platform
import subprocess
import sys

import pytest
import yaml

from nubounds import registry
from nubounds.running import arithmetic

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="promised for x86-64 only")

# What libraries would choose on a processor without AVX-512, without AVX2, on another one.
PROCESSORS = {
    "this one": {},
    "without AVX-512": {
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
        "OPENBLAS_CORETYPE": "Haswell",
        "OPENBLAS_NUM_THREADS": "2",
    },
    "without AVX2": {
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F:glibc.malloc.check=0",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
        "OPENBLAS_CORETYPE": "Nehalem",
    },
}
MOST = 3  # values of a range


def environment(**settings):
    """Of this process, without what the tests themselves were started with."""
    ours = (*arithmetic.PINNED, arithmetic.CONTRADICTING, arithmetic.TUNABLES)
    return {name: value for name, value in os.environ.items() if name not in ours} | settings


def run(*command, folder, **settings):
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment(**settings), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def thinned(axis):
    """Fewer values of a range, its ends among them."""
    spec = axis["grid"].get("toy") or axis["grid"]["paper"]
    return spec | {"points": min(spec["points"], MOST)} if "points" in spec else spec


@pytest.mark.parametrize("name", registry.names())
def test_tables_do_not_depend_on_the_processor(name, tmp_path):
    grid = {axis: thinned(declared) for axis, declared in registry.get(name).gridded.items()}
    config = {"precision": "draft", "constraints": [name], name: {"grid": grid}}
    found = {}
    for processor, settings in PROCESSORS.items():
        folder = tmp_path / processor
        folder.mkdir()
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        run("-m", "nubounds", "scan", name, "--config", "config.yaml", folder=folder, **settings)
        found[processor] = {path.name: path.read_bytes() for path in folder.glob("results/*/tables/*.csv")}
    assert set(found["this one"]) == {f"{scan}.csv" for scan in registry.get(name).scans}
    for processor, tables in found.items():
        assert tables == found["this one"], processor


PROBE = """
import sys
from nubounds.running import arithmetic
arithmetic.start_pinned()
import ctypes, glob, numpy, os, scipy
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
print([name for name in __cpu_dispatch__ if __cpu_features__[name]])
for file in sorted(glob.glob(os.path.dirname(numpy.__file__) + "/../*.libs/*openblas*")):
    library = ctypes.CDLL(file)
    for ending in ("64_", ""):
        if hasattr(library, f"scipy_openblas_get_num_threads{ending}"):
            name = getattr(library, f"scipy_openblas_get_corename{ending}")
            name.restype = ctypes.c_char_p
            print(name().decode(), getattr(library, f"scipy_openblas_get_num_threads{ending}")())
print(sys.argv, os.environ["GLIBC_TUNABLES"])
"""


@pytest.mark.parametrize("processor", PROCESSORS)
def test_a_pinned_process_has_chosen_nothing(processor, tmp_path):
    (tmp_path / "probe.py").write_text(PROBE)
    lines = run("-W", "error", "probe.py", "a b", folder=tmp_path, **PROCESSORS[processor]).splitlines()
    assert lines[0] == "[]"
    assert len(lines) > 2
    assert set(lines[1:-1]) == {"Katmai 1"}  # OpenBLAS's first name for what it has for Prescott
    assert lines[-1].startswith("['probe.py', 'a b']")
    assert "-AVX2,-FMA" in lines[-1]
    assert ("glibc.malloc.check=0" in lines[-1]) == (processor == "without AVX2")


def test_a_pinned_process_is_not_started_again(tmp_path):
    once = {}
    arithmetic.pin(once)
    twice = dict(once)
    arithmetic.pin(twice)
    assert twice == once
