"""Report why jobs wait in the queue of a cluster, which SLURM knows but Snakemake does not ask."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from nubounds.contract import InputError

FIRST_S, EVERY_S = 15, 60  # say nothing of jobs that start at once, and do not query the controller often
PATIENCE_S = 60  # time limit of a query


def jobs(folder: Path) -> dict[str, str]:
    """Count the user's jobs that were submitted from a folder.

    Returns
    -------
    A line for each state, and for each reason of pending jobs, in SLURM's own words:
    ``{"pending: PartitionDown": "3 pending: PartitionDown"}``.

    Raises
    ------
    InputError
        If there is no ``squeue``, or it does not answer.
    """
    command = ["squeue", "--noheader", f"--user={os.getuid()}", "--format=%T|%Z|%r"]
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=PATIENCE_S
        )
    except FileNotFoundError:
        raise InputError("no squeue here: run this on a machine that submits jobs to SLURM") from None
    except subprocess.TimeoutExpired:
        raise InputError(f"SLURM did not answer within {PATIENCE_S} s") from None
    if asked.returncode:
        raise InputError(f"SLURM does not answer: {(asked.stderr.strip() or 'squeue failed').splitlines()[-1]}")
    found = Counter()
    for line in asked.stdout.splitlines():
        state, _, rest = line.partition("|")
        where, _, reason = rest.rpartition("|")
        if Path(where) == folder.resolve():
            found[state.lower() + (f": {reason}" if state == "PENDING" else "")] += 1
    return {what: f"{count} {what}" for what, count in sorted(found.items())}


def watch(folder: Path, say: Callable[[str], None]) -> None:
    """Report why jobs wait, forever.

    Parameters
    ----------
    folder : folder from which the jobs were submitted
    say : called with a line for each reason that was not there at the previous query, a minute before
    """
    time.sleep(FIRST_S)
    before = {}
    while True:
        try:
            now = {what: line for what, line in jobs(folder).items() if what.startswith("pending")}
        except InputError as problem:
            now = {str(problem): str(problem)}
        for reason in now.keys() - before.keys():
            say(f"jobs: {now[reason]}")
        before = now
        time.sleep(EVERY_S)


def keep_jobs(executor: type) -> None:
    """Patch a class of executors: if SLURM does not answer, the plugin (2.8) forgets its jobs and waits forever."""
    check = executor.check_active_jobs

    async def check_active_jobs(self, active_jobs):
        answers = self._status_query_calls
        async for job in check(self, active_jobs):
            yield job
        if self._status_query_calls == answers:
            for job in active_jobs:
                yield job

    executor.check_active_jobs = check_active_jobs


def start(folder: Path, executor: type) -> None:
    """Report on standard error why the jobs of a run wait, and keep Snakemake from forgetting them.

    Parameters
    ----------
    folder : folder of the run
    executor : class of Snakemake's executors
    """
    keep_jobs(executor)

    def say(line):
        print(line, file=sys.stderr, flush=True)

    threading.Thread(target=watch, args=(folder, say), daemon=True).start()
