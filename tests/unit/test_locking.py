"""Only one run at a time, even if the file system has no locks."""

import errno
import os
import socket
import subprocess
import sys

import pytest

from nubounds.contract import InputError
from nubounds.running import locking

HOLD = "import sys; from pathlib import Path; from nubounds.running import locking; locking.hold(Path(sys.argv[1])); {then}"
WITHOUT = (
    "import errno, fcntl, os\n"
    "def flock(*_): raise OSError(errno.{code}, os.strerror(errno.{code}))\n"
    "fcntl.flock = flock\n"
)


def program(path, code, then=""):
    """Run a process that holds the lock on a file system without locks."""
    command = [sys.executable, "-c", WITHOUT.format(code=code) + HOLD.format(then=then), str(path)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def lock(tmp_path, monkeypatch):
    monkeypatch.setattr(locking, "_held", {})
    return tmp_path / "results/.nubounds/lock"


def without_locks(monkeypatch, code):
    def flock(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(locking.fcntl, "flock", flock)


@pytest.mark.parametrize("code", ["ENOSYS", "ENOLCK", "EOPNOTSUPP"])
def test_a_file_is_used_instead_and_removed_with_its_process(lock, code):
    mark = lock.with_name("lock.held")
    done = program(lock, code, then="print(Path(sys.argv[1] + '.held').read_text(), end='')")
    assert done.returncode == 0, done.stderr
    words = done.stdout.split()
    assert words[0::2] == ["process", "on"] and words[3] == socket.gethostname()
    assert done.stderr.startswith(
        f"{lock.parent.parent}: no locks on this file system ({os.strerror(getattr(errno, code))})"
    )
    assert len(done.stderr.splitlines()) == 1
    assert not mark.exists()


def test_a_second_process_is_refused_and_told_which_file(lock, monkeypatch, capsys):
    without_locks(monkeypatch, errno.ENOLCK)
    locking.hold(lock)
    locking.hold(lock)  # has no effect in the same process
    assert capsys.readouterr().err.count("no locks on this file system") == 1
    done = program(lock, "ENOLCK")
    assert done.returncode == 1
    mark = lock.with_name("lock.held")
    assert f"another run uses {lock.parent.parent} (process {os.getpid()} on {socket.gethostname()})" in done.stderr
    assert f"if it has died, delete {mark}" in done.stderr
    assert mark.exists()


def test_a_killed_holder_of_this_host_is_recognised(lock):
    program(lock, "ENOSYS", then="import os; os._exit(9)")
    mark = lock.with_name("lock.held")
    assert mark.exists()
    done = program(lock, "ENOSYS", then="print(Path(sys.argv[1] + '.held').read_text(), end='')")
    assert done.returncode == 0, done.stderr
    assert not mark.exists()


def test_a_holder_of_another_host_is_left_alone(lock, monkeypatch):
    mark = lock.with_name("lock.held")
    for holder in ("process 999999999 on elsewhere", "", "something else"):
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(holder)
        without_locks(monkeypatch, errno.ENOSYS)
        with pytest.raises(InputError, match=f"another run uses .* \\({holder or 'unknown'}\\); .*delete .*lock.held"):
            locking.hold(lock)
        assert mark.read_text() == holder


def test_other_failures_are_passed_on(lock, monkeypatch):
    without_locks(monkeypatch, errno.EIO)
    with pytest.raises(OSError, match="Input/output error"):
        locking.hold(lock)
