"""The tests of the physics and a fuzz over declared ranges, with kernels that check what they do.

    make kernels-checked

The kernels are built a second time into ``build/checked``: bounds of memoryviews are checked, the sanitizers of gcc watch
addresses and undefined behaviour (a NaN that becomes an integer among it).  What is wrong in a function that is declared
`noexcept` cannot be raised; python writes it to standard error ("Exception ignored in") and goes on, so the output is
searched as well.

``NUBOUNDS_CHECKED_S`` limits the time [s]; ``python tests/checked/run.py PYTEST-ARGUMENTS`` runs other tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KERNELS = ROOT / "build" / "checked" / "nubounds" / "kernels"
SIGNS = ("Exception ignored in", "AddressSanitizer", "runtime error:")
LIMIT_S = float(os.environ.get("NUBOUNDS_CHECKED_S", "900"))


def tests() -> list[str]:
    """The fuzz, then the tests of each constraint's physics."""
    constraints = sorted(path.parent.name for path in ROOT.glob("src/nubounds/constraints/*/constraint.yaml"))
    units = [f"tests/unit/test_{name}.py" for name in constraints]
    return ["tests/conformance/test_declared_ranges.py", *(path for path in units if (ROOT / path).is_file())]


def environment() -> dict[str, str]:
    """In which python finds the checked kernels and can load them."""
    found = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
    return {
        "NUBOUNDS_CALL_S": "100",  # the kernels are several times slower
        **os.environ,
        "LD_PRELOAD": found.stdout.strip(),
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
        "PYTHONMALLOC": "malloc",  # else python's own pools hide what lies beside an object
        "PYTHONPATH": str(Path(__file__).parent),
        "NUBOUNDS_CHECKED_KERNELS": str(KERNELS),
        "OMP_NUM_THREADS": "1",
    }


def main(arguments: list[str]) -> int:
    """Run the tests; the exit status is 0 if they pass and nothing was written that should not be."""
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-p", "no:unraisableexception"]
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        done = subprocess.Popen(
            [*command, *(arguments or tests())], cwd=ROOT, env=environment(), stdout=output, stderr=output
        )
        try:
            status = done.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            done.kill()
            done.wait()
            status = f"stopped after {LIMIT_S:g} s"
        output.seek(0)
        said = output.read()
    signs = [line for line in said.splitlines() if any(sign in line for sign in SIGNS)]
    print(said if status or signs else said.splitlines()[-1])
    print(*signs, sep="\n", end="\n" * bool(signs))
    print(f"kernels-checked: status {status}, {len(signs)} signs of faults")
    return int(bool(status or signs))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
