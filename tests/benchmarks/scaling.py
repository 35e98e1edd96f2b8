"""How the workflow scales, measured: `make scaling` prints the tables of docs/scaling.md.

A constraint that costs nothing (tests/lens) shows what the workflow itself costs per point; the real constraints show
strong scaling over ranks, and a simulated schedule from their measured costs shows what a thousand ranks would do.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from nubounds import config, registry  # noqa: E402
from nubounds.numerics import grid  # noqa: E402
from nubounds.steps import scan  # noqa: E402
from project import build_project  # noqa: E402

RANK_START_S = 3.0  # start of Python with the scientific stack and MPI on a busy file system
SUBMIT_S = 3.0  # a SLURM job's submission and status check


def timed(project, *arguments):
    """Seconds and peak memory [MB] of a command in a project, and its output."""
    command = ["/usr/bin/env", "python", "-c", _MEASURE, json.dumps(arguments)]
    output = project.run(*command)
    seconds, megabytes = map(float, output.splitlines()[-1].split()[-2:])
    return seconds, megabytes, output


_MEASURE = """
import json, resource, subprocess, sys, time
start = time.monotonic()
subprocess.run(json.loads(sys.argv[1]), check=True)
print("\\nmeasured", time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000)
"""


def workflow_costs(project):
    """Plan, first run, unchanged rerun, one more point, for growing grids."""
    print(
        "| points | points per job | jobs | plan [s] | memory [MB] | first run [s] | per point [us] "
        "| unchanged [s] | one more point [s] | files |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for points, per_job in ((10**4, 500), (10**5, 10**4), (10**6, 10**5)):
        results = project.folder / f"results_{points}"
        target = f"{results}/lens/tables/focal_length.csv"

        def write(extra="", points=points, per_job=per_job, results=results):
            axis = f"{{min: 1, max: 100, points: {points}{extra}}}"
            project.config(f"lens: {{grid: {{a_cm: {axis}}}}}\npoints_per_job: {per_job}\nresults: {results}")

        run = ["snakemake", target, "--profile", "profiles/local", "--configfile", "lens.yaml"]
        write()
        plan, memory, output = timed(project, *run, "--dry-run")
        jobs = next(int(line.split()[1]) for line in output.splitlines() if line.startswith("scan_chunk"))
        first, _, _ = timed(project, *run)
        unchanged, _, _ = timed(project, *run)
        write(", extra: [7.77]")
        one_more, _, _ = timed(project, *run)
        files = sum(len(names) for _, _, names in os.walk(results))
        print(
            f"| {points:.0e} | {per_job:.0e} | {jobs} | {plan:.1f} | {memory:.0f} | {first:.1f} "
            f"| {1e6 * first / points:.0f} | {unchanged:.1f} | {one_more:.1f} | {files} |",
            flush=True,
        )


def point_costs(name, scan_name, sample=200):
    """Seconds that single points of a scan take, for a spread sample of the paper's grid, and the number of points."""
    constraint = registry.get(name)
    section = config.complete({"constraints": [name]}, "paper").sections[name]
    points = grid.product({axis: section.grid[axis] for axis in constraint.scans[scan_name]["axes"]})
    inputs = section.inputs
    total = len(next(iter(points.values())))
    seconds = []
    for index in np.unique(np.linspace(0, total - 1, min(sample, total)).astype(int)):
        one = {axis: values[index : index + 1] for axis, values in points.items()}
        start = time.perf_counter()
        scan.evaluate_points(constraint, scan_name, one, inputs)
        seconds.append(time.perf_counter() - start)
    return np.array(seconds[1:] or seconds), total  # the first point builds the shared tables


def makespan(costs, total, ranks, ranks_per_job=16):
    """Simulated seconds for `total` points of random measured costs, dealt cyclically to the ranks of jobs."""
    dice = np.random.default_rng(1)
    jobs = max(1, ranks // ranks_per_job)
    drawn = dice.choice(costs, total)
    loads = np.zeros(ranks)
    np.add.at(loads, np.arange(total) % ranks, drawn)
    return SUBMIT_S * max(1, jobs / 100) + RANK_START_S + loads.max(), drawn.sum()


def projection():
    """Strong scaling beyond this machine, from measured costs of uneven points, for a grid a hundred times the paper's."""
    print(
        "| scan | points | cost of a point: median, worst [ms] "
        "| 1 rank [s] | 16 | 128 | 1000 ranks [s] | efficiency at 1000 |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name in registry.names():
        for scan_name in registry.get(name).scans:
            costs, total = point_costs(name, scan_name)
            points = 100 * total
            times = [makespan(costs, points, ranks, min(16, ranks))[0] for ranks in (1, 16, 128, 1000)]
            work = makespan(costs, points, 1000)[1]
            row = " | ".join(f"{value:.0f}" for value in times)
            print(
                f"| {name} {scan_name} | {points} | {1e3 * np.median(costs):.3f}, {1e3 * costs.max():.3f} | {row} "
                f"| {work / 1000 / times[-1]:.2f} |",
                flush=True,
            )


def strong_scaling(wanted=()):
    """Processor time of a scan on one rank and on the busier of two: what an idle machine would show as wall time.

    What both ranks do (tables of a medium, inputs) counts on both.  The efficiency is half the ratio.
    """
    print("| scan | 1 rank [s] | busier of 2 ranks [s] | efficiency |")
    print("|---|---|---|---|")
    for name in wanted or registry.names():
        with tempfile.TemporaryDirectory() as folder:
            for scan_name in registry.get(name).scans:
                seconds = [_scan_time(name, scan_name, ranks, Path(folder)) for ranks in (1, 2)]
                print(
                    f"| {name} {scan_name} | {seconds[0]:.2f} | {seconds[1]:.2f} | {seconds[0] / 2 / seconds[1]:.2f} |",
                    flush=True,
                )


_KERNEL_TIME = """
import sys, time
from mpi4py import MPI
import numpy as np
from nubounds import config, registry  # noqa: E402
from nubounds.numerics import grid
from nubounds.steps import scan
from nubounds.running.progress import Log
name, scan_name = sys.argv[1:3]
constraint = registry.get(name)
section = config.complete({"constraints": [name]}, "paper").sections[name]
points = grid.product({axis: section.grid[axis] for axis in constraint.scans[scan_name]["axes"]})
inputs = section.inputs
world = MPI.COMM_WORLD
constraint.scan_functions
mine = scan.share(len(next(iter(points.values()))), world.Get_rank(), world.Get_size())
start = time.process_time()
scan._compute(None, constraint, scan_name, {axis: values[mine] for axis, values in points.items()}, inputs, Log())
seconds = world.gather(time.process_time() - start)
if world.Get_rank() == 0:
    print("kernel seconds", max(seconds))
"""


def _scan_time(name, scan_name, ranks, folder):
    script = folder / "kernel_time.py"
    script.write_text(_KERNEL_TIME)
    command = [
        Path(sys.executable).with_name("mpiexec"),
        "-n",
        str(ranks),
        sys.executable,
        "-m",
        "mpi4py",
        str(script),
        name,
        scan_name,
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(output.split("kernel seconds")[1].split()[0])


if __name__ == "__main__":
    if sys.argv[1:2] == ["ranks"]:
        strong_scaling(sys.argv[2:])
        sys.exit()
    with tempfile.TemporaryDirectory() as folder:
        workflow_costs(build_project(Path(folder) / "project"))
    print()
    strong_scaling()
    print()
    projection()
