"""Progress of long work: one line that rewrites itself on a terminal, plain lines in a log."""

from __future__ import annotations

import atexit
import shlex
import sys
import time
from pathlib import Path


class Log:
    """Lines to standard error and, if a file is given, to that file: its first line is the command that repeats the
    step, its last one says how long the step took.
    """

    def __init__(self, path: Path | None = None, command: list[str] | None = None):
        self.file = None
        if path is not None:
            start = time.monotonic()
            # The last line of a step that ended by itself says how long it took; a killed one has none.
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
    """Counts finished items and says how much time is left."""

    def __init__(self, log: Log, what: str, total: int):
        self.log, self.what, self.total, self.done = log, what, total, 0
        self.start = self.last = time.monotonic()
        self.terminal = sys.stderr.isatty()

    def add(self, count: int) -> None:
        """Report `count` more finished items, at most once a second on a terminal and every ten seconds in a log."""
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
        """Clear the terminal's line."""
        if self.terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
