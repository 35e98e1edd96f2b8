"""Logs of steps, and progress of long computations: one updating line on a terminal, plain lines in a log."""

from __future__ import annotations

import atexit
import shlex
import sys
import time
from pathlib import Path


class Log:
    """Write lines to standard error and, optionally, to a file.

    The first line of the file is the command that repeats the step; the last one is the time that it took.

    Parameters
    ----------
    path : path of the file; None for standard error only
    command : words of the command
    """

    def __init__(self, path: Path | None = None, command: list[str] | None = None):
        self.file = None
        if path is not None:
            start = time.monotonic()
            # A step that is killed does not write this line.
            atexit.register(lambda: self._write(f"took {time.monotonic() - start:.2f} s"))
            path.parent.mkdir(parents=True, exist_ok=True)
            self.file = path.open("w", encoding="utf-8")
            self._write(f"$ {shlex.join(command or [])}")

    def _write(self, line: str) -> None:
        self.file.write(f"{line}\n")
        self.file.flush()

    def __call__(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)
        if self.file:
            self._write(line)


class Progress:
    """Count finished points and report the time left.

    Parameters
    ----------
    log : where to report if standard error is not a terminal
    what : name of the work
    total : number of points
    """

    def __init__(self, log: Log, what: str, total: int):
        self.log, self.what, self.total, self.done = log, what, total, 0
        self.start = self.last = time.monotonic()
        self.terminal = sys.stderr.isatty()

    def add(self, count: int) -> None:
        """Count finished points; report at most once a second on a terminal, every ten seconds in a log."""
        self.done += count
        now = time.monotonic()
        if now - self.last < (1.0 if self.terminal else 10.0) or self.done >= self.total:
            return
        self.last = now
        left = (now - self.start) * (self.total - self.done) / max(self.done, 1)
        line = f"{self.what}: {self.done} of {self.total} points, about {left:.0f} s left"
        if self.terminal:
            print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)
        else:
            self.log(line)

    def close(self) -> None:
        """Clear the line on the terminal."""
        if self.terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
