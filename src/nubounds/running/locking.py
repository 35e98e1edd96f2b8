"""Allow one run at a time in a results folder, by a lock that the operating system releases when its holder ends.

So a killed run leaves nothing to unlock.  On a file system without such locks, a file with the host and the process
id takes their place: a holder on the same host that has died is recognised; for another host, the message tells the
user which file to delete.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import os
import sys
from pathlib import Path

from nubounds.contract import InputError

NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP)  # errors of file systems without flock
STAND_IN = ".held"  # extension of the file used instead of a lock

_held = {}  # path -> open file or path, kept because the lock must last as long as the process


def _holder() -> str:
    return f"process {os.getpid()} on {os.uname().nodename}"


def _in_use(path: Path, holder: str, advice: str = "wait for it or end it") -> InputError:
    return InputError(f"another run uses {path.parent.parent} ({holder or 'unknown'}); {advice}")


def hold(path: Path) -> None:
    """Hold the lock `path` until this process ends; InputError naming the holder if another process has it."""
    if path.resolve() in _held:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        if problem.errno in NO_LOCKS:
            _held[path.resolve()] = _stand_in(path, problem)
            return
        if isinstance(problem, BlockingIOError):
            raise _in_use(path, holder) from None
        raise
    file.seek(0)
    file.truncate()
    file.write(f"{_holder()}\n")
    file.flush()
    _held[path.resolve()] = file


def _stand_in(path: Path, problem: OSError) -> Path:
    """Create a file beside `path` instead of a lock, and delete it when this process exits normally."""
    mark = path.with_name(path.name + STAND_IN)
    print(f"{path.parent.parent}: no locks on this file system ({problem.strerror}); using {mark}", file=sys.stderr)
    if _is_left_behind(mark):
        mark.unlink(missing_ok=True)
    try:
        with mark.open("x", encoding="utf-8") as file:  # exclusive creation works without locks too
            file.write(f"{_holder()}\n")
    except FileExistsError:
        raise _in_use(path, _read(mark), f"wait for it or end it; if it has died, delete {mark}") from None
    process = os.getpid()
    atexit.register(lambda: os.getpid() == process and mark.unlink(missing_ok=True))
    return mark


def _read(mark: Path) -> str:
    try:
        return mark.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""


def _is_left_behind(mark: Path) -> bool:
    """Return whether the process named in a file ran on this host and no longer exists."""
    words = _read(mark).split()
    if len(words) != 4 or words[3] != os.uname().nodename or not words[1].isdecimal():
        return False
    try:
        os.kill(int(words[1]), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass
    return False
