"""How cost and memory grow: `python tests/benchmarks/growth.py` measures, and writes growth.csv and docs/growth.png.

    growth.py                  measure and draw (three minutes on an idle machine)
    growth.py --most SECONDS   let no measurement take more; the default is 2
    growth.py --draw           draw what growth.csv holds

Every measurement is a process of its own for each rank: its processor time after the imports, and its largest memory.
Sizes grow until the next would take too long.  With several ranks the busiest of each stretch between two of their
meetings counts, which is what an idle machine would show as wall time; how long MPI polls for the others does not.
"""

from __future__ import annotations

import argparse
import csv
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nubounds import config, registry, style
from nubounds.ensemble import blocks, member
from nubounds.numerics import grid
from nubounds.running.progress import Log
from nubounds.steps import scan

TABLE = Path(__file__).with_name("growth.csv")
FIGURE = Path(__file__).resolve().parents[2] / "docs" / "growth.png"
POINTS = {
    "neutron_star temperature_map": "sin2theta",
    "solar_cevns limits": "m4_MeV",
    "sn_diffusion coefficients": "m_mediator_MeV",
    "xenon_cevns limits": "m4_MeV",
    "dm_production mixing_band": "m_band_MeV",
}
MASSES = {
    "neutron_star mixing_limits": "m_keV",
    "solar_cevns limits": "m4_MeV",
    "sn_diffusion coefficients": "m_mediator_MeV",
    "xenon_cevns limits": "m4_MeV",
    "dm_production relic_roots": "m_mediator_MeV",
    "sn_dipole limits": "M_MeV",
}
BINS = ("solar_cevns limits",)
DRAWN = "drawing them"  # what a rank needs to know of its block before it computes
MEMBERS = ("neutron_star", "solar_cevns", "sn_diffusion", "xenon_cevns", DRAWN)
RANGE_KEVEE = 2.0  # that bins divide
# kind of size -> the smallest, the factor to the next, the largest (of bins: that the input may have)
SIZES = {"points": (100, 10, 10**6), "masses": (10, 10, 10**6), "bins": (10, 10, 1000), "members": (8, 4, 2**17)}


LEAST_S = 0.2  # the gain of a second rank is shown from there on: below, it is that of the first call of everything


class Cost(NamedTuple):
    """What a measurement found."""

    what: str  # kind of the size: points, masses, bins, members
    of: str  # scan or constraint
    ranks: int
    size: int
    seconds: float
    peak_MB: float  # of the rank that needs most


class Clocked:
    """A world of ranks that notes the processor time of each stretch of work between two meetings."""

    def __init__(self, world):
        self.world, self.stretches, self.start = world, [], time.process_time()

    def __getattr__(self, word: str) -> Callable:
        def meet(*arguments):
            self.stretches.append(time.process_time() - self.start)
            answer = getattr(self.world, word)(*arguments)
            self.start = time.process_time()
            return answer

        return meet


# ---- the work, in a process of its own -----------------------------------------------------------------------------


def scan_of(of: str, axis: str, size: int, one_curve: bool) -> Callable[[Clocked], object]:
    """A scan of about `size` points: the paper's with another number of values on an axis, or one curve of it."""
    name, scan_name = of.split()
    constraint, section = registry.get(name), config.complete({"constraints": [name]}, "paper").sections[name]
    axes = {key: section.grid[key] for key in constraint.scans[scan_name]["axes"]}
    if one_curve:
        axes = {key: values if key == axis else values[:1] for key, values in axes.items()}
    others = math.prod(len(values) for key, values in axes.items() if key != axis)
    axes[axis] = np.geomspace(min(axes[axis]), max(axes[axis]), max(2, round(size / others))).tolist()
    points = grid.product(axes)
    return lambda world: scan._compute(world, constraint, scan_name, points, section.inputs, Log())


def bins_of(of: str, size: int) -> Callable[[Clocked], object]:
    """Limits at 20 masses from `size` bins."""
    name, scan_name = of.split()
    words = {"flavour": "all", "scenario": "future_1", "statistics": "poisson", "flux": "all"}
    points = {"m4_MeV": np.geomspace(0.01, 10, 20)} | {axis: np.full(20, word) for axis, word in words.items()}
    inputs = config.complete({"constraints": [name]}, "paper").sections[name].inputs
    inputs = inputs | {"bins": size, "bin_width_keVee": RANGE_KEVEE / size}
    return lambda world: scan._compute(world, registry.get(name), scan_name, points, inputs, Log())


def members_of(of: str, size: int) -> Callable[[Clocked], object]:
    """The first members of a constraint's ensemble, or what it takes to draw those of neutron_star."""
    name = "neutron_star" if of == DRAWN else of
    constraint = registry.get(name)
    checked = config.complete({"constraints": [name], "ensemble": {"members": size}}, "ensemble")
    if of == DRAWN:
        blocks.asked_for(checked, name, "0_0")  # reads the sources, once for each rank
        return lambda world: world.gather(len(blocks.asked_for(checked, name, f"0_{size - 1}")))
    asked = blocks.asked_for(checked, name, f"0_{size - 1}")[1:]  # without the nominal one
    laboratory = member.Laboratory(constraint, checked.ensemble.constraints[name].grid)
    return lambda world: blocks._Work(world, laboratory).members(asked)


KINDS: dict[str, tuple[Iterable[str], Callable]] = {
    "points": (POINTS, lambda of, size: scan_of(of, POINTS[of], size, one_curve=False)),
    "masses": (MASSES, lambda of, size: scan_of(of, MASSES[of], size, one_curve=True)),
    "bins": (BINS, bins_of),
    "members": (MEMBERS, members_of),
}


def work(what: str, of: str, size: int) -> None:
    """Do it, and say what it took."""
    import pandas  # noqa: F401 - belongs to the start of a rank
    from mpi4py import MPI

    prepared, clock = KINDS[what][1](of, size), Clocked(MPI.COMM_WORLD)
    prepared(clock)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    every = MPI.COMM_WORLD.gather((clock.stretches, memory))
    if MPI.COMM_WORLD.Get_rank() == 0:
        seconds = sum(map(max, zip(*(stretches for stretches, _ in every), strict=True)))
        print("measured", seconds, max(megabytes for _, megabytes in every))


# ---- measurements ---------------------------------------------------------------------------------------------------


def measure(what: str, of: str, size: int, ranks: int) -> Cost:
    """One measurement."""
    launcher = [str(Path(sys.executable).with_name("mpiexec")), "-n", str(ranks)]
    command = [*launcher, sys.executable, "-m", "mpi4py", __file__, "--work", what, of, str(size)]
    output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=FIGURE.parents[1]).stdout
    seconds, megabytes = map(float, output.split("measured")[1].split())
    return Cost(what, of, ranks, size, seconds, megabytes)


def grown(what: str, of: str, most_s: float) -> Iterator[Cost]:
    """One rank, then two, for sizes that grow, until the next would take too long."""
    first, factor, last = SIZES[what]
    for ranks in (1, 2):
        size, before = first, Cost(what, of, ranks, 0, 0.0, 0.0)
        while size <= last:
            cost = measure(what, of, size, ranks)
            yield cost
            growth = (cost.seconds - before.seconds) / (cost.size - before.size)
            if before.size and cost.seconds + growth * (factor - 1) * cost.size > most_s:
                break
            if cost.seconds > most_s:
                break
            size, before = size * factor, cost


def measure_all(most_s: float) -> list[Cost]:
    """Every measurement, printed on the way."""
    found = []
    for what, (all_of, _) in KINDS.items():
        for of in all_of:
            for cost in grown(what, of, most_s):
                print(*cost, flush=True)
                found.append(cost)
    return found


def write(costs: Iterable[Cost]) -> None:
    """Write the table."""
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Cost._fields)
        writer.writerows((*cost[:4], f"{cost.seconds:.4g}", f"{cost.peak_MB:.0f}") for cost in costs)


def read() -> list[Cost]:
    """The committed table."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Cost(row["what"], row["of"], int(row["ranks"]), int(row["size"]), float(row["seconds"]), float(row["peak_MB"]))
        for row in rows
    ]


# ---- the figure -----------------------------------------------------------------------------------------------------


def draw(costs: list[Cost]) -> None:
    """A column for each kind of size: seconds, the gain of a second rank, memory."""
    from matplotlib.figure import Figure

    style.setup()
    figure = Figure(figsize=(2 * style.TWO_COLUMNS, 9), layout="constrained")
    panels = figure.subplots(3, len(KINDS), sharex="col", sharey="row")
    for (seconds, gain, memory), (what, (all_of, _)) in zip(panels.T, KINDS.items(), strict=True):
        for of, colour, line in zip(all_of, style.COLOURS, style.LINE_STYLES, strict=False):
            mine = {(cost.ranks, cost.size): cost for cost in costs if (cost.what, cost.of) == (what, of)}
            sizes = sorted(size for ranks, size in mine if ranks == 1)
            drawn = {"color": colour, "linestyle": line, "marker": "o", "markersize": 3}
            seconds.loglog(sizes, [mine[1, size].seconds for size in sizes], label=of, **drawn)
            both = [size for size in sizes if (2, size) in mine and mine[1, size].seconds >= LEAST_S]
            gain.semilogx(both, [mine[1, size].seconds / mine[2, size].seconds for size in both], **drawn)
            memory.semilogx(sizes, [mine[1, size].peak_MB for size in sizes], **drawn)
        gain.axhline(2, color="0.6", linewidth=0.8, zorder=0)
        seconds.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
        memory.set_xlabel(what)
    words = ("processor time [s]", "time of one rank over two", "peak memory of a rank [MB]")
    for panel, label in zip(panels[:, 0], words, strict=True):
        panel.set_ylabel(label)
    panels[1, 0].set_ylim(0, 2.5)
    panels[2, 0].set_ylim(0)
    style.save(figure, FIGURE, "png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--most", type=float, default=2.0, metavar="SECONDS", help="no measurement takes more")
    parser.add_argument("--draw", action="store_true", help="draw what growth.csv holds")
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(*asked.work[:2], int(asked.work[2]))
        return
    if not asked.draw:
        write(measure_all(asked.most))
    draw(read())


if __name__ == "__main__":
    main()
