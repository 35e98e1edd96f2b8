"""The tests of the physics and a fuzz over declared ranges, with kernels that check what they do.

    make kernels-checked

The kernels are built a second time into ``build/checked``: bounds of memoryviews are checked, the sanitizers of gcc watch
addresses and undefined behaviour (a NaN that becomes an integer among it).  Some failures cannot be raised in a function
that is declared `noexcept`; python writes them to standard error ("Exception ignored in") and goes on, so the output is
searched for them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KERNELS = ROOT / "build" / "checked" / "nubounds" / "kernels"
TESTS = ("tests/unit/test_{}.py", ("dm_production", "neutron_star", "sn_diffusion", "sn_dipole", "solar_cevns"))
SIGNS = ("Exception ignored in", "PytestUnraisable", "AddressSanitizer", "runtime error:")
LIMIT_S = float(os.environ.get("NUBOUNDS_CHECKED_S", "900"))


def environment() -> dict[str, str]:
    """In which python finds the checked kernels and can load them."""
    library = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
    return os.environ | {
        "LD_PRELOAD": library.stdout.strip(),
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
        "PYTHONMALLOC": "malloc",  # else python's own pools hide what lies beside an object
        "PYTHONPATH": str(Path(__file__).parent),
        "NUBOUNDS_CHECKED_KERNELS": str(KERNELS),
        "NUBOUNDS_CALL_S": "60",  # the kernels are several times slower
    }
