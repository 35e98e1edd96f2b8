"""Every argument of every quantity and every input of every scan may lie anywhere in its declared range, at its ends
too: the answer is a value or one line, within ten seconds of processor time, and never the end of the process.

``NUBOUNDS_DRAWS`` raises the number of draws per quantity and per scan, ``NUBOUNDS_SEED`` takes others; no draw of a
constraint is made later than ``NUBOUNDS_TEST_S`` after the first.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from nubounds import config, registry
from nubounds.contract import InputError
from nubounds.inputs import declare

sys.path.insert(0, str(Path(__file__).parent))
import declared_ranges

DRAWS, SEED = int(os.environ.get("NUBOUNDS_DRAWS", "4")), os.environ.get("NUBOUNDS_SEED", "1")
NUMBERS = ("number", "integer")
LIMIT_S = float(os.environ.get("NUBOUNDS_TEST_S", "inf"))
SECONDS = os.environ.get("NUBOUNDS_CALL_S", "10")


class Answerer:
    """The process that answers; another one takes its place when it dies."""

    def __init__(self, errors: Path):
        self.errors, self.process = errors, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.communicate()

    def ask(self, task: dict) -> str:
        """What is wrong with the answer to a task; nothing if it is right."""
        if self.process is None:
            with self.errors.open("a") as errors:
                self.process = subprocess.Popen(
                    [sys.executable, declared_ranges.__file__, SECONDS],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                )
        before = self.errors.stat().st_size
        try:
            self.process.stdin.write(json.dumps(task) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline()
        if not line:
            status = self.process.wait()
            self.process = None
            if status == -signal.SIGPROF:
                return f"no answer in {SECONDS} s"
            return f"the process ended with status {status}: {self.errors.read_text()[before:][:2000]}"
        said = self.errors.read_text()[before:]
        return json.loads(line) or (said if "Exception ignored" in said else "")


def tasks(name: str):
    """The draws for a constraint, the same in every run: one of everything, then another of everything."""
    constraint = registry.get(name)
    quantities = {quantity: Random(f"{SEED} {quantity}") for quantity in constraint.quantities}
    scans = {scan: Random(f"{SEED} {name} {scan}") for scan in constraint.scans}
    for _ in range(DRAWS):
        yield from (declared_ranges.quantity_task(quantity, random) for quantity, random in quantities.items())
        yield from (declared_ranges.scan_task(name, scan, random) for scan, random in scans.items())


@pytest.mark.parametrize("name", registry.names())
def test_a_value_or_one_line(name, tmp_path):
    failures, begin = [], time.monotonic()
    with Answerer(tmp_path / "errors.txt") as answerer:
        for number, task in enumerate(tasks(name)):
            if number and time.monotonic() - begin > LIMIT_S:
                print(f"{name}: time for {number} draws")
                break
            verdict = answerer.ask(task)
            if verdict:
                failures.append(f"{verdict}\n    {json.dumps(task)}")
                print("wrong answer:", failures[-1], flush=True)
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("name", registry.names())
def test_one_step_beyond_is_one_line(name):
    constraint = registry.get(name)
    for quantity in constraint.quantities.values():
        own = [declared_ranges.declared(one) for one in quantity.parameters]
        needed = declared_ranges.needed(own, Random(0))
        for one in own:
            for value in declared_ranges.beyond(one) if one.kind in NUMBERS else ():
                with pytest.raises(InputError, match=f"^[^\n]*{one.name}[^\n]*$"):
                    quantity.own(needed | {one.name: value})
    for one in declared_ranges.flat(constraint.inputs.values()):
        for value in declared_ranges.beyond(one) if one.kind in NUMBERS else ():
            given = {"constraints": [name], name: {"inputs": declare.nest({one.name: value})}}
            with pytest.raises(InputError, match=f"^[^\n]*{one.name.split('.')[-1]}[^\n]*$"):
                config.complete(given, "config")


def test_a_hanging_and_a_dying_process_are_told(tmp_path, monkeypatch):
    """Of the test itself."""
    (tmp_path / "bad.py").write_text(
        "import os, signal, sys\n"
        "for line in sys.stdin:\n"
        "    signal.setitimer(signal.ITIMER_PROF, 0.2)\n"
        "    while 'hang' in line: pass\n"
        "    os.abort()\n"
    )
    monkeypatch.setattr(declared_ranges, "__file__", str(tmp_path / "bad.py"))
    with Answerer(tmp_path / "errors.txt") as answerer:
        assert answerer.ask({"quantity": "hang"}) == f"no answer in {SECONDS} s"
        assert answerer.ask({"quantity": "die"}).startswith("the process ended with status -6")
