"""The tests of the physics and a fuzz over declared ranges, with kernels that check what they do.

    make kernels-checked

The kernels are built a second time into ``build/checked``: bounds of memoryviews are checked, the sanitizers of gcc watch
addresses and undefined behaviour (a NaN that becomes an integer among it).  What is wrong in a function that is declared
`noexcept` cannot be raised; python writes it to standard error ("Exception ignored in") and goes on, so the output is
searched as well.

``NUBOUNDS_CHECKED_S`` limits the time on each processor [s], of which the fuzz gets a good part and the files of tests
equal shares: what is not reached by then is not run.
``python tests/checked/run.py PYTEST-ARGUMENTS`` runs other tests.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KERNELS = ROOT / "build" / "checked" / "nubounds" / "kernels"
SIGNS = ("Exception ignored in", "AddressSanitizer", "runtime error:", "wrong answer:")
LIMIT_S, GRACE_S = float(os.environ.get("NUBOUNDS_CHECKED_S", "80")), 60.0
FUZZ, FUZZ_SHARES = "tests/conformance/test_declared_ranges.py", 6  # of the time, where another file has one
LONGEST = 10  # times its processor time that a file may take on a busy machine
INTERRUPTED, FAILED = 2, re.compile(r"\d+ (failed|error)")  # pytest's exit status, and its words


def tests() -> list[str]:
    """The fuzz, then the tests of each constraint's physics: test_<name>.py and test_<name>_*.py."""
    constraints = sorted(path.parent.name for path in ROOT.glob("src/nubounds/constraints/*/constraint.yaml"))
    units = [path for name in constraints for path in sorted((ROOT / "tests" / "unit").glob(f"test_{name}*.py"))]
    return [FUZZ, *(str(path.relative_to(ROOT)) for path in units)]


def spent(pid: int) -> float:
    """Processor time of a process and of its children that have ended [s]."""
    times = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:15]
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def wait(process: subprocess.Popen, limit_s: float) -> int | None:
    """The exit status, or None if the process has used its processor time before it ends."""
    latest = time.monotonic() + LONGEST * limit_s
    while process.poll() is None:
        if spent(process.pid) > limit_s or time.monotonic() > latest:
            return None
        time.sleep(0.2)
    return process.returncode


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


def run(target: list[str], limit_s: float = LIMIT_S) -> bool:
    """Run tests until they end or their time is over; whether nothing was wrong until then."""
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-p", "no:unraisableexception"]
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen([*command, *target], cwd=ROOT, env=environment(), stdout=output, stderr=output)
        status = wait(process, limit_s)
        if over := status is None:
            process.send_signal(signal.SIGINT)  # pytest then says what it has done
            try:
                status = process.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                status = process.wait()
        output.seek(0)
        said = output.read()
    signs = [line for line in said.splitlines() if any(sign in line for sign in SIGNS)]
    good = not signs and (status == 0 or (over and status == INTERRUPTED and not FAILED.search(said)))
    summary = said.splitlines()[-1] if said else ""
    print(f"{' '.join(target)}: {summary}{f' (stopped after {limit_s:g} s)' if over else ''}" if good else said)
    print(*signs, sep="\n", end="\n" * bool(signs))
    return good


def main(arguments: list[str]) -> int:
    """Run the given tests or all of them; the exit status is 0 if nothing was wrong."""
    targets = [arguments] if arguments else [[path] for path in tests()]
    processors = min(len(os.sched_getaffinity(0)), len(targets))
    with ThreadPoolExecutor(processors) as pool:  # each only waits for a process of its own
        shares = [FUZZ_SHARES if target == [FUZZ] else 1 for target in targets]
        good = list(pool.map(run, targets, [LIMIT_S * processors * share / sum(shares) for share in shares]))
    print(f"kernels-checked: {'nothing was wrong' if all(good) else 'FAILED'}")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
