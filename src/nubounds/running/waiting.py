"""Why jobs wait in the queue of a cluster: what SLURM knows, and Snakemake does not ask for."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from nubounds.contract import InputError

FIRST_S, EVERY_S = 15, 60  # a job that starts at once needs no word, and the controller should not be asked often
PATIENCE_S = 60


def jobs(folder: Path) -> dict[str, str]:
    """The user's jobs that were submitted from a folder: ``{"pending: PartitionDown": "3 pending: PartitionDown"}``.

    States and reasons are SLURM's own words.  InputError if there is no ``squeue``, or if it has no answer.
    """
    command = ["squeue", "--noheader", f"--user={os.getuid()}", "--format=%T|%Z|%r"]
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=PATIENCE_S
        )
    except FileNotFoundError:
        raise InputError("no squeue here: jobs are asked for on a machine that submits them to SLURM") from None
    except subprocess.TimeoutExpired:
        raise InputError(f"SLURM has not answered within {PATIENCE_S} s") from None
    if asked.returncode:
        raise InputError(f"SLURM does not answer: {(asked.stderr.strip() or 'squeue failed').splitlines()[-1]}")
    found = Counter()
    for line in asked.stdout.splitlines():
        state, _, rest = line.partition("|")
        where, _, reason = rest.rpartition("|")
        if Path(where) == folder.resolve():
            found[state.lower() + (f": {reason}" if state == "PENDING" else "")] += 1
    return {what: f"{count} {what}" for what, count in sorted(found.items())}


def watch(folder: Path, say) -> None:
    """Tell for ever, by `say(line)`, why jobs wait: a line whenever a reason comes that was not there a minute ago."""
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
    """Mend a class of executors: without an answer from SLURM the plugin (2.8) forgets its jobs and waits for ever."""
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
    """Accompany a run in a folder: jobs are kept, and why they wait is told on standard error, until the run ends."""
    keep_jobs(executor)

    def say(line):
        print(line, file=sys.stderr, flush=True)

    threading.Thread(target=watch, args=(folder, say), daemon=True).start()
