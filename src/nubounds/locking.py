"""One run at a time in a results folder, by a lock that dies with its holder: a killed run leaves nothing to unlock."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

from nubounds.contract import InputError

_held = {}  # path -> open file: the lock lasts as long as the process


def hold(path: Path) -> None:
    """Hold the lock `path` until this process ends; InputError that names the holder if another process has it."""
    if path.resolve() in _held:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise InputError(f"another run uses {path.parent.parent} ({holder}); wait for it or end it") from None
    file.seek(0)
    file.truncate()
    file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
    file.flush()
    _held[path.resolve()] = file
