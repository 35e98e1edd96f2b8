"""Give the same digits on every processor.

numpy, OpenBLAS (in numpy and in scipy) and glibc select implementations of, say, `exp` or a dot product by processor,
and these differ in the last digits.  A process of the program `nubounds` therefore uses the implementations for the
baseline of all x86-64 processors.  The libraries read these settings when they are loaded, and glibc before Python
starts, so the program sets them and restarts itself; the workflow sets them for its jobs, which need no restart.

The kernels depend on this only for the functions of glibc that they call: their own vector functions give the same
digits for all vector widths (``cython_ext/vector_math.pxd``).  A process that only imports nubounds is left unchanged.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

PINNED = {
    "NPY_ENABLE_CPU_FEATURES": "X86_V2",  # numpy's baseline only
    "OPENBLAS_CORETYPE": "Prescott",  # SSE3
    "OPENBLAS_NUM_THREADS": "1",  # otherwise the partial sums would depend on the number of cores
}
CONTRADICTING = "NPY_DISABLE_CPU_FEATURES"  # numpy does not accept both variables
TUNABLES, HWCAPS = "GLIBC_TUNABLES", "glibc.cpu.hwcaps"
# Features by which glibc selects exp, log, pow, sin, ...; glibc before 2.33 uses the suffix.
WITHOUT = ",".join(f"-{name}{suffix}" for suffix in ("", "_Usable") for name in ("AVX2", "FMA", "FMA4"))


def pin(environment: MutableMapping[str, str]) -> None:
    """Put the settings above into `environment`, keeping other tunables of glibc."""
    others = [word for word in environment.get(TUNABLES, "").split(":") if word and not word.startswith(f"{HWCAPS}=")]
    environment.pop(CONTRADICTING, None)
    environment.update(PINNED | {TUNABLES: ":".join([*others, f"{HWCAPS}={WITHOUT}"])})


def start_pinned() -> None:
    """Restart this process with the settings above, unless it has them: same command, process id and open files."""
    wanted = dict(os.environ)
    pin(wanted)
    if wanted != os.environ:
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], wanted)
