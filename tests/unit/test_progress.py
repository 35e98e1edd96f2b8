"""Progress reports: one updating line on a terminal, plain lines elsewhere, and the time left."""

import io
import sys

import pytest

from nubounds.running import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def run(clock, monkeypatch, stream, steps):
    """Return what is written while points are finished at the given times, in seconds, out of 100."""
    monkeypatch.setattr(sys, "stderr", stream)
    shown = progress.Progress(progress.Log(), "lens scan", 100)
    for seconds, count in steps:
        clock[0] = seconds
        shown.add(count)
    shown.close()
    return stream.getvalue()


def test_plain_lines_at_most_every_ten_seconds(clock, monkeypatch):
    text = run(clock, monkeypatch, io.StringIO(), [(5, 10), (20, 15), (25, 25), (40, 30), (50, 20)])
    assert text.splitlines() == [
        "lens scan: 25 of 100 points, about 60 s left",
        "lens scan: 80 of 100 points, about 10 s left",
    ]


def test_a_terminal_has_one_line_that_is_cleared_at_the_end(clock, monkeypatch):
    text = run(clock, monkeypatch, Terminal(), [(2, 25), (2.5, 5), (4, 20), (9, 50)])
    assert text == (
        "\rlens scan: 25 of 100 points, about 6 s left\x1b[K\rlens scan: 50 of 100 points, about 4 s left\x1b[K\r\x1b[K"
    )
