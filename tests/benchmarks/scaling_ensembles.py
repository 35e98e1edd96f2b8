"""How ensembles scale, measured: `python tests/benchmarks/scaling_ensembles.py` prints the tables of docs/scaling.md.

The real constraints show what a member costs, alone and shared by two ranks; a constraint that costs nothing
(tests/lens) shows what the workflow adds; and both together say what a cluster would take for 10^5 members.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from scaling import RANK_START_S, SUBMIT_S, timed  # noqa: E402

from nubounds import registry  # noqa: E402
from project import Project, build_project  # noqa: E402

MEMBERS = 32  # of each real constraint
FEW, MANY, PLANNED = 256, 2048, 10**5  # of the lens
RANKS, RANKS_PER_JOB, JOBS = 1000, 16, 64  # of the cluster; jobs of a constraint

_COST = """
import sys
import pandas
from mpi4py import MPI
from nubounds import config, registry
from nubounds.ensemble import blocks
from nubounds.ensemble.member import Laboratory
name, members = sys.argv[1], int(sys.argv[2])
sys.path.insert(0, sys.argv[3])
from growth import Clocked
constraint = registry.get(name)
checked = config.complete({"constraints": [name], "ensemble": {"members": members}}, "ensemble")
asked = blocks.asked_for(checked, name, f"0_{members - 1}")
constraint.scan_functions, constraint.limits
laboratory = Laboratory(constraint, checked.ensemble.constraints[name].grid)
world = Clocked(MPI.COMM_WORLD)
blocks._Work(world, laboratory).members(asked)
every = MPI.COMM_WORLD.gather(world.stretches)
if MPI.COMM_WORLD.Get_rank() == 0:
    print("block seconds", sum(map(max, zip(*every))), len(asked))
"""


def block_cost(name: str, ranks: int) -> tuple[float, int]:
    """Processor time of the ranks that compute the first members of a constraint [s], and the number of members.

    Of each stretch between two meetings of the ranks that of the busiest counts: what an idle machine would show as wall
    time.  Imports are not counted; they belong to the start of a rank.
    """
    mpi = [Path(sys.executable).with_name("mpiexec"), "-n", str(ranks)]
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "cost.py"
        script.write_text(_COST, encoding="utf-8")
        command = [*mpi, sys.executable, "-m", "mpi4py", script, name, str(MEMBERS), str(Path(__file__).parent)]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seconds, number = output.split("block seconds")[1].split()[:2]
    return float(seconds), int(number)


def members() -> None:
    """What a member costs, the efficiency of two ranks, and 10^5 members on a cluster."""
    print(f"| constraint | a member [s] | efficiency of 2 ranks | {PLANNED:.0e} on {RANKS} ranks [s] | efficiency |")
    print("|---|---|---|---|---|")
    for name in registry.names():
        (alone, number), (shared, _) = block_cost(name, 1), block_cost(name, 2)
        work = PLANNED * alone / number
        # A job's ranks take turns at its members; the last ones may wait for one member.
        jobs = max(1, min(JOBS, RANKS // RANKS_PER_JOB))
        wall = SUBMIT_S * jobs / 100 + RANK_START_S + work / (jobs * RANKS_PER_JOB) + alone / number
        row = f"{alone / number:.3f} | {alone / 2 / shared:.2f} | {wall:.0f} | {work / RANKS / wall:.2f}"
        print(f"| {name} | {row} |", flush=True)


def workflow(project: Project) -> None:
    """What the workflow itself costs: a plan of many members, and the time that each one adds."""
    run = ["nubounds", "run", "ensemble", "--config", "lens.yaml"]

    def ensemble(number: int) -> None:
        project.config(f"results: results_{number}\nensemble: {{members: {number}}}")

    ensemble(PLANNED)
    plan, memory, _ = timed(project, *run, "-n")
    walls = []
    for number in (FEW, MANY):
        ensemble(number)
        walls.append(timed(project, *run)[0])
    print(f"plan of {PLANNED:.0e} members: {plan:.1f} s, {memory:.0f} MB")
    print(f"a member of the lens: {1e3 * (walls[1] - walls[0]) / (MANY - FEW):.2f} ms")


if __name__ == "__main__":
    members()
    with tempfile.TemporaryDirectory() as folder:
        workflow(build_project(Path(folder) / "project"))
