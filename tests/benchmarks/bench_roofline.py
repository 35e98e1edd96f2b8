"""How far each kernel is from what this processor can do: elementary functions per result, and their speed.

Calls of exp, log and their like are counted by callgrind; divisions and square roots are instructions, which it does
not tell apart, so the bound has them only for loops in which they are counted by hand, and where it has none the
fraction is a lower limit of what is reached.
"""

import re
import shutil
import statistics
import time
from collections import Counter

import harness
import instructions
import numpy as np
import pytest

FUNCTIONS = ("exp", "expm1", "log", "log1p", "pow", "sinh", "cosh", "tanh", "asinh", "acosh", "atan", "sin", "cos")
SIZE = 4096
# Loops of kernels that have elementary functions of their own (vector_math.pxd): what a call of the loop evaluates.
# The last block of a result of sn_dipole is not full; it is counted so, which makes the bound a few per cent too high.  Lines of
# sn_diffusion have 64 nodes, 36 of them logarithmic, on the fine grid and 48 and 30 on the coarse one: means of all lines.
# The collisions of neutron_star have 128 nodes, 96 of them thermal, on the fine rules and 88 and 64 on the coarse ones.
# Those of the thermal potential are means over its three rules at the point of the table, without the nodes of series;
# resonant steps come by 32.
LOOPS = {
    "collision_sums": Counter(exp=108, expm1=80, sqrt=108, division=4 * 108 + 2 * 80),
    "node_sum": Counter(exp=2 * 128, expm1=128, log1p=2 * 128),
    "line_nodes": Counter(expm1=33),
    "line_moments": Counter(exp=2 * 57, expm1=57, log1p=2 * 57),
    "line_integrals": Counter(exp=57),
    "resonant_steps": Counter(log=58, exp=29, atan=29),
    "fermi_nodes": Counter(exp=27, log1p=27),
    "bose_nodes": Counter(expm1=28, log=28),
}


def nanoseconds(run, calls, repeats=15) -> float:
    """Median time of one of `calls` in a run."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(20):
            run()
        times.append(time.perf_counter() - start)
    return 1e9 * statistics.median(times) / (20 * calls)


def elementary() -> dict[str, tuple[float, float]]:
    """Nanoseconds of each function: one after the other (compiled loop over libm), and over an array (numpy's loops)."""
    import math

    import numba

    x, out = np.random.default_rng(1).uniform(0.1, 3.0, SIZE), np.empty(SIZE)
    names = {"atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh", "pow": "power"}
    costs = {}
    for name in (*FUNCTIONS, "division", "sqrt"):
        argument = x + 1 if name == "acosh" else x
        if name == "division":
            body, vector = numba.njit(lambda v: 1.0 / v), lambda: np.divide(1.0, x, out=out)
        elif name == "pow":
            body, vector = numba.njit(lambda v: v**1.7), lambda: np.power(x, 1.7, out=out)
        else:
            ufunc = getattr(np, names.get(name, name))
            body, vector = (
                numba.njit(eval(f"lambda v: math.{name}(v)", {"math": math})),
                lambda f=ufunc, a=argument: f(a, out=out),
            )

        @numba.njit
        def loop(values, body=body):
            total = 0.0
            for value in values:
                total += body(value)
            return total

        loop(argument)
        costs[name] = nanoseconds(lambda f=loop, a=argument: f(a), SIZE), nanoseconds(vector, SIZE)
    return costs


def calls(text: str) -> Counter:
    """How often libm's functions were called, from a file of callgrind; a wrapper and what it calls count once."""
    names, found, callee = {}, Counter(), ""
    for line in text.splitlines():
        if match := re.match(r"c?fn=\((\d+)\)(?: (.+))?$", line):
            if match.group(2):
                names[match.group(1)] = match.group(2)
            if line.startswith("cfn"):
                callee = names.get(match.group(1), "")
        elif line.startswith("calls="):
            found[callee] += int(line[6:].split()[0])
    functions = Counter()
    for callee, number in found.items():
        plain = re.sub(r"^__|(_fma4?|_avx2?|_sse2)?(@.*)?$", "", callee)
        if plain in FUNCTIONS:
            functions[plain] = max(functions[plain], number)
    for loop, inside in LOOPS.items():
        number = sum(n for callee, n in found.items() if re.fullmatch(rf"{loop}(_plain|_avx\w+)?", callee))
        functions.update({name: number * each for name, each in inside.items()})
    return functions


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
def test_table():
    costs = elementary()
    lines = [
        "## roofline",
        "",
        "Nanoseconds of a call here and now, one by one and over arrays, and how many calls a result of each kernel makes "
        "(error estimate included). The bound is the sum of calls times their cost; the fraction is bound over time.",
        "",
        "| | " + " | ".join(costs) + " |",
        "|---|" + "---|" * len(costs),
        "| one by one [ns] | " + " | ".join(f"{scalar:.1f}" for scalar, _ in costs.values()) + " |",
        "| over arrays [ns] | " + " | ".join(f"{vector:.1f}" for _, vector in costs.values()) + " |",
        "",
        "| kernel | calls per result | time | bound one by one | fraction | bound over arrays | fraction |",
        "|---|---|---|---|---|---|---|",
    ]
    # What pieces call is inlined in vectors, and not counted.
    cores = [core for core, (module, *_) in instructions.CORES.items() if module != "bench_pieces"]
    for core, (once, twice) in instructions.watch(cores).items():
        way, repeats = instructions.kernel(core), instructions.CORES[core][3]
        difference = calls(twice)
        difference.subtract(calls(once))
        counted = {name: number / repeats / way.results for name, number in difference.items() if number > 0}
        for _ in range(max(5, way.repeats)):
            way.measure()
        one, many = (1e-9 * sum(number * costs[name][kind] for name, number in counted.items()) for kind in (0, 1))
        words = ", ".join(f"{number:.3g} {name}" for name, number in sorted(counted.items(), key=lambda item: -item[1]))
        cells = (core, words, *(harness.duration(each) for each in (way.time, one)), f"{one / way.time:.0%}")
        lines.append("| " + " | ".join((*cells, harness.duration(many), f"{many / way.time:.0%}")) + " |")
    harness.store("\n".join(lines) + "\n")
