"""The tests of the physics and a fuzz over declared ranges, with kernels that check what they do.

    make kernels-checked

The kernels are built a second time into ``build/checked``: bounds of memoryviews are checked, the sanitizers of gcc watch
addresses and undefined behaviour (a NaN that becomes an integer among it).  What is wrong in a function that is declared
`noexcept` cannot be raised; python writes it to standard error ("Exception ignored in") and goes on, so the output is
searched as well.

``NUBOUNDS_CHECKED_S`` is the time on each processor [s], of which every file of tests and the fuzz of every constraint
gets its share: what would begin later is left out (`limited_time.py`).  Nothing is interrupted, because an interrupt
may fall where it looks like a fault: in a kernel that cannot raise, or while pytest clears up.
``python tests/checked/run.py PYTEST-ARGUMENTS`` runs other tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KERNELS = ROOT / "build" / "checked" / "nubounds" / "kernels"
SIGNS = ("Exception ignored in", "AddressSanitizer", "runtime error:", "wrong answer:")
LIMIT_S = float(os.environ.get("NUBOUNDS_CHECKED_S", "100"))
HANGS_S = 600.0  # longer than any test and what was begun before it
FUZZ, FUZZ_SHARES = "tests/conformance/test_declared_ranges.py::test_a_value_or_one_line", 3  # where a file has one


def tests() -> dict[str, int]:
    """The fuzz and the tests of each constraint's physics, test_<name>.py and test_<name>_*.py, with shares of the time."""
    constraints = sorted(path.parent.name for path in ROOT.glob("src/nubounds/constraints/*/constraint.yaml"))
    units = [path for name in constraints for path in sorted((ROOT / "tests" / "unit").glob(f"test_{name}*.py"))]
    fuzz = {f"{FUZZ}[{name}]": FUZZ_SHARES for name in constraints}
    return fuzz | {str(path.relative_to(ROOT)): 1 for path in units}


def environment() -> dict[str, str]:
    """In which python finds the checked kernels and can load them.

    The sanitizer looks for what throws exceptions of C++ when it starts, and other packages (matplotlib) throw some.
    """
    names = ("libasan.so", "libstdc++.so.6")
    found = [subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True) for name in names]
    return {
        "NUBOUNDS_CALL_S": "100",  # the kernels are several times slower
        **os.environ,
        "LD_PRELOAD": " ".join(one.stdout.strip() for one in found),
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
        "PYTHONMALLOC": "malloc",  # else python's own pools hide what lies beside an object
        "PYTHONPATH": str(Path(__file__).parent),
        "NUBOUNDS_CHECKED_KERNELS": str(KERNELS),
        "OMP_NUM_THREADS": "1",
    }


def run(target: list[str], limit_s: float = LIMIT_S) -> bool:
    """Run tests, of which none begins after ``limit_s``; whether nothing was wrong."""
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "limited_time"]
    command += ["-p", "no:cacheprovider", "-p", "no:unraisableexception"]
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        limited = environment() | {"NUBOUNDS_TEST_S": str(limit_s)}
        process = subprocess.Popen([*command, *target], cwd=ROOT, env=limited, stdout=output, stderr=output)
        try:
            status = process.wait(limit_s + HANGS_S)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        output.seek(0)
        said = output.read()
    signs = [line for line in said.splitlines() if any(sign in line for sign in SIGNS)]
    good = not signs and status == 0
    print(f"{' '.join(target)}: {said.splitlines()[-1] if said else ''}" if good else said, flush=True)
    print(*signs, sep="\n", end="\n" * bool(signs))
    return good


def main(arguments: list[str]) -> int:
    """Run the given tests or all of them; the exit status is 0 if nothing was wrong."""
    targets = [(arguments, 1)] if arguments else [([path], share) for path, share in tests().items()]
    processors = min(len(os.sched_getaffinity(0)), len(targets))
    share_s = LIMIT_S * processors / sum(share for _, share in targets)
    with ThreadPoolExecutor(processors) as pool:  # each only waits for a process of its own
        good = list(pool.map(lambda target: run(target[0], target[1] * share_s), targets))
    print(f"kernels-checked: {'nothing was wrong' if all(good) else 'FAILED'}")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
