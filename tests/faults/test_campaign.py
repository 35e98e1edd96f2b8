"""A campaign of kills at random moments: `make faults` runs fifty, the tests a few.

The seed is printed; NUBOUNDS_FAULT_SEED and NUBOUNDS_FAULTS repeat or lengthen a campaign.
"""

import os
import random
import shutil
import signal
import subprocess
import time

import pytest

pytestmark = pytest.mark.faults
RANKS = ("--set-threads", "scan_chunk=2", "--cores", "2", "papers")
KILLS = int(os.environ.get("NUBOUNDS_FAULTS", "3"))


def test_random_kills(project, done):
    reference = done.rows()
    seed = int(os.environ.get("NUBOUNDS_FAULT_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {seed}")
    dice = random.Random(seed)
    project.config("lens: {inputs: {pause_s: 0.2}}\npoints_per_job: 2\n")
    for number in range(KILLS):
        if dice.random() < 0.5:
            shutil.rmtree(project.folder / "results", ignore_errors=True)
        else:
            shutil.rmtree(project.folder / "results/lens", ignore_errors=True)
        running = project.start(*project.workflow(*(RANKS if dice.random() < 0.5 else ("papers",))))
        time.sleep(dice.uniform(0.5, 8.0))
        victims = [running.pid, *project.ranks()]
        kind = dice.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
        victim = dice.choice(victims)
        print(f"kill {number}: {kind.name} to {'snakemake' if victim == running.pid else 'a rank'}")
        try:
            os.kill(victim, kind)
        except ProcessLookupError:
            print("it had ended already")
        try:
            running.wait(60)
        except subprocess.TimeoutExpired:
            # Snakemake's handler of SIGTERM takes a lock that its own thread may hold just then (exit_gracefully in
            # job_scheduler.py of 9.27), and waits for itself for ever: nothing is left to a user but to kill it.
            assert (victim, kind) == (running.pid, signal.SIGTERM)
            print("snakemake waits for itself: killed")
            os.killpg(running.pid, signal.SIGKILL)
            running.wait(10)
        project.snakemake("papers")
        assert project.rows() == reference, f"seed {seed}, kill {number}"
