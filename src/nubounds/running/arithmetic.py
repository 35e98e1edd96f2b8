"""The same digits on every processor.

numpy, OpenBLAS (in numpy and in scipy) and glibc look at the processor and choose among versions of `exp`, of a dot
product, that differ in the last digits.  A process of the program `nubounds` therefore starts with the versions that
every x86-64 processor has.  The libraries read these settings when they are loaded, glibc before Python begins, so the
program sets them and then starts itself once more; the workflow sets them for its jobs, which need no second start.

The kernels need it only for what they call in glibc: their own vectors have the same digits in all widths
(``cython_ext/vector_math.pxd``).  A process that only imports nubounds is left as it is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

PINNED = {
    "NPY_ENABLE_CPU_FEATURES": "X86_V2",  # numpy's baseline and nothing beyond
    "OPENBLAS_CORETYPE": "Prescott",  # SSE3
    "OPENBLAS_NUM_THREADS": "1",  # the parts of a sum would follow the number of cores
}
CONTRADICTING = "NPY_DISABLE_CPU_FEATURES"  # numpy refuses to be told both
TUNABLES, HWCAPS = "GLIBC_TUNABLES", "glibc.cpu.hwcaps"
# What the versions of exp, log, pow, sin, ... are chosen by; with the suffix in glibc before 2.33.
WITHOUT = ",".join(f"-{name}{suffix}" for suffix in ("", "_Usable") for name in ("AVX2", "FMA", "FMA4"))


def pin(environment: MutableMapping[str, str]) -> None:
    """Put the settings above into `environment`; other tunables of glibc stay as they are."""
    others = [word for word in environment.get(TUNABLES, "").split(":") if word and not word.startswith(f"{HWCAPS}=")]
    environment.pop(CONTRADICTING, None)
    environment.update(PINNED | {TUNABLES: ":".join([*others, f"{HWCAPS}={WITHOUT}"])})


def start_pinned() -> None:
    """Start this process once more, same command, same number, same open files, unless its settings are right."""
    wanted = dict(os.environ)
    pin(wanted)
    if wanted != os.environ:
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], wanted)
