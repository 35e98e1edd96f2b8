"""Benchmarks are run by hand and rarely: here each module is imported, and each way with a kernel is run once."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
MODULES = sorted(path.stem for path in BENCHMARKS.glob("*.py") if not path.stem.startswith(("test_", "conftest")))
# Ways with the kernels that are in no row of the table of instructions: (module, function, arguments).
MORE = (
    ("bench_neutron_star", "map_way", (3,)),
    ("bench_neutron_star", "walk_way", ()),
    ("bench_neutron_star", "sample_way", (100,)),
    ("bench_sn_dipole", "narrow_way", (2, 1)),
    ("bench_solar_cevns", "limits_way", (1,)),
    ("bench_xenon_cevns", "batch_way", (2,)),
    ("bench_xenon_cevns", "profile_way", (2,)),
)
# A process of its own, as benchmarks have: they import one another by plain names.
SCRIPT = """
import importlib, json, sys, traceback
folder, modules, more = json.loads(sys.argv[1])
sys.path.insert(0, folder)

def attempt(function):
    try:
        return {"value": function()}
    except Exception:
        return {"failure": traceback.format_exc()}

def value_of(way):
    answer = way.run()
    return answer[0] if isinstance(answer, tuple) else answer

done = {name: attempt(lambda: importlib.import_module(name) and None) for name in modules}
import instructions
for core in instructions.CORES:
    done[core] = attempt(lambda: value_of(instructions.kernel(core)))
for module, maker, arguments in more:
    done[f"{module}.{maker}"] = attempt(
        lambda: value_of(getattr(importlib.import_module(module), maker)(*arguments))
    )
print(json.dumps({"done": done, "cores": list(instructions.CORES)}))
"""


@pytest.fixture(scope="module")
def outcome():
    """What importing and running gave: name -> value or traceback; and the names of the cores."""
    command = [sys.executable, "-c", SCRIPT, json.dumps([str(BENCHMARKS), MODULES, MORE])]
    single = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    ran = subprocess.run(command, capture_output=True, text=True, env=os.environ | single, timeout=300)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.mark.parametrize("module", MODULES)
def test_a_benchmark_imports(outcome, module):
    assert "failure" not in outcome["done"][module], outcome["done"][module]["failure"]


def test_kernels_of_benchmarks_run(outcome):
    names = [*outcome["cores"], *(f"{module}.{maker}" for module, maker, _ in MORE)]
    failures = [outcome["done"][name]["failure"] for name in names if "failure" in outcome["done"][name]]
    assert not failures, "\n".join(failures)
    assert outcome["cores"]
    for core in outcome["cores"]:
        value = outcome["done"][core]["value"]
        assert math.isfinite(value), core
        assert value != 0, core  # a sum of ln L is negative
