"""What all benchmarks share: a core, the ways to compute its integral, and the table that sets them side by side.

Every way computes the same number in the same process.  Repeats are interleaved (first every way once, then every way
again), so that a busy moment of the machine hits all alike; the table shows medians.  Tables are printed and kept in
docs/benchmarks.md, each in its own section, so that one core can be measured again by itself.
"""

from __future__ import annotations

import platform
import re
import resource
import statistics
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench`: our kernel beside the tools that one would otherwise take, the same integral, the same machine,
the same run, repeats interleaved, medians. The error is the relative distance to a converged value; `evaluations` are
evaluations of the integrand (or of the right-hand side). A way that is stopped after so many evaluations is marked;
"no result" means that it had none to give by then, or gave up. Times are of one result where a call gives many.
"""


class EnoughError(Exception):
    """A capped integrand was asked once too often, or a solver gave up."""


class Counted:
    """A function that counts its evaluations and stops after `cap` of them.

    `size(arguments)` says how many points one call evaluates.
    """

    def __init__(self, function: Callable, cap: float = np.inf, size: Callable = lambda *arguments: 1):
        self.function, self.cap, self.size, self.count = function, cap, size, 0

    def __call__(self, *arguments):
        self.count += self.size(*arguments)
        if self.count > self.cap:
            raise EnoughError
        return self.function(*arguments)


def processor_time() -> float:
    """Seconds that this process and the programs that it ran to their end have computed, whoever else is busy."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def points(x) -> int:
    """How many points a batch of shape (n, dimensions) holds."""
    return len(x)


@dataclass
class Way:
    """One way to compute the core's number.

    `run()` returns the number, or (the number, evaluations); `results` is how many results one call gives.
    """

    name: str
    run: Callable
    results: int = 1
    repeats: int = 5
    clock: Callable[[], float] = time.perf_counter
    seconds: list[float] = field(default_factory=list)
    value: float | None = None
    evaluations: int | None = None
    stopped: bool = False

    def measure(self) -> None:
        """Run once, keep the time and the result."""
        start = self.clock()
        try:
            answer = self.run()
        except EnoughError:
            answer, self.stopped = None, True
        self.seconds.append(self.clock() - start)
        self.value, self.evaluations = answer if isinstance(answer, tuple) else (answer, None)

    @property
    def time(self) -> float:
        """Median seconds of one result."""
        return statistics.median(self.seconds) / self.results


@dataclass
class Core:
    """An integral at the heart of a constraint: a converged value, our kernel, and the other ways."""

    name: str
    what: str
    reference: float
    kernel: Way
    peers: list[Way]
    more: list[Way] = field(default_factory=list)  # our kernel in other settings


def compare(core: Core) -> str:
    """Measure all ways of a core; returns its section of the document."""
    ways = [core.kernel, *core.more, *core.peers]
    for way in ways:
        way.run() if way.repeats > 1 else None  # caches and compilers warm up outside the clock
    for turn in range(max(way.repeats for way in ways)):
        for way in ways:
            if turn < way.repeats:
                way.measure()
    lines = [
        f"## {core.name}",
        "",
        core.what,
        "",
        "| way | time of one result | relative to the kernel | evaluations | error |",
        "|---|---|---|---|---|",
    ]
    for way in ways:
        error = "no result" if way.stopped else ""
        if way.value is not None:
            error = f"{abs(way.value / core.reference - 1):.0e}"
        evaluations = "" if way.evaluations is None else str(way.evaluations)
        lines.append(
            f"| {way.name} | {duration(way.time)} | {significant(way.time / core.kernel.time)} | {evaluations} | {error} |"
        )
    return "\n".join(lines) + "\n"


def duration(seconds: float) -> str:
    """Three digits with a unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def significant(number: float) -> str:
    """Two digits, without exponent."""
    return f"{float(f'{number:.2g}'):,.10g}"


def store(section: str) -> None:
    """Print a section and put it into docs/benchmarks.md in place of an older one."""
    print("\n" + section)
    old = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.is_file() else ""
    sections = {part.split("\n")[0]: part.rstrip() + "\n" for part in re.split(r"^## ", old, flags=re.MULTILINE)[1:]}
    lines = [line if line.startswith("|") else textwrap.fill(line, 120) for line in section.splitlines()]
    new = "\n".join(lines).removeprefix("## ").rstrip() + "\n"
    sections[new.split("\n")[0]] = new
    text = "\n".join([HEAD, machine(), *(f"## {sections[name]}" for name in sorted(sections))])
    DOCUMENT.write_text(text, encoding="utf-8")


def machine() -> str:
    """The processor and the versions that a table belongs to."""
    import scipy

    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        found = re.search(r"^model name\s*:\s*(.+)$", info.read_text(), flags=re.MULTILINE)
        cpu = found.group(1) if found else cpu
    return f"Processor: {cpu}. Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}.\n"


# ---- the usual tools, for an integrand on the unit cube -------------------------------------------------------------


def nquad(integrand, dimensions: int, cap: int, epsrel: float = 1e-6) -> Way:
    """scipy's nested adaptive quadrature of the scalar function `integrand(x)`, x of shape (1, dimensions)."""
    from scipy.integrate import nquad

    def run():
        counted = Counted(lambda *x: float(integrand(np.array([x]))[0]), cap)
        value = nquad(counted, [(0, 1)] * dimensions, opts={"epsrel": epsrel, "epsabs": 0})[0]
        return value, counted.count

    return Way(f"scipy nquad, {epsrel:g} asked, stopped at {cap} evaluations", run, repeats=1)


def cubature(integrand, dimensions: int, rtol: float = 1e-6, max_subdivisions: int = 300, repeats: int = 3) -> Way:
    """scipy's cubature with batches of points, Genz and Malik's rule (or Gauss and Kronrod's in one dimension)."""
    from scipy.integrate import cubature

    rule = "gk21" if dimensions == 1 else "genz-malik"

    def run():
        counted = Counted(integrand, size=points)
        low, high = np.zeros(dimensions), np.ones(dimensions)
        value = cubature(counted, low, high, rule=rule, rtol=rtol, atol=0, max_subdivisions=max_subdivisions).estimate
        return float(value), counted.count

    return Way(f"scipy cubature, {rule}, {rtol:g} asked, at most {max_subdivisions} subdivisions", run, repeats=repeats)


def vegas(integrand, dimensions: int, neval: int, repeats: int = 3) -> Way:
    """vegas with batches: 5 iterations to adapt, 10 that count."""
    import vegas

    def run():
        counted = Counted(integrand, size=points)
        batch = vegas.lbatchintegrand(counted)
        integrator = vegas.Integrator([[0, 1]] * dimensions, ran_array_generator=np.random.default_rng(1).random)
        integrator(batch, nitn=5, neval=neval)
        return float(integrator(batch, nitn=10, neval=neval).mean), counted.count

    return Way(f"vegas, batches, 15 x {neval} points", run, repeats=repeats)


def gauss(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights on [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(n)
    return 0.5 + 0.5 * x, 0.5 * w
