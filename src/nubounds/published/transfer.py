"""Ask a web server: tries repeated, a time limit for all of them, every answer that is none in one line."""

from __future__ import annotations

import http.client
import queue
import threading
import time
import urllib.error
import urllib.parse
from collections.abc import Callable
from typing import TypeVar

from nubounds.contract import InputError

TRIES, PAUSE_S = 4, 0.5
T = TypeVar("T")


def check_base_url(base_url: str) -> None:
    """InputError for an invalid base URL: only a web server is asked, never a file of this machine."""
    try:
        parts = urllib.parse.urlsplit(base_url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and base_url.isascii()
    except ValueError:
        good = False
    if not good or not base_url.isprintable() or " " in base_url:
        raise InputError(f"--base-url {base_url[:200]!r}: not the address of a web server (https://...)")


def repeated(
    ask: Callable[[], T], where: str, what: str, longest_s: float, pause_s: float = PAUSE_S, advice: str = ""
) -> T:
    """What `ask` returns, tried again where the server fails.

    Parameters
    ----------
    ask : raises OSError, HTTPException or ValueError for what another try may mend, InputError for what none does
    where, what : begin of a message, and what the server was asked for ("file")
    longest_s : time limit, all tries included
    advice : end of the message after the last try

    Raises
    ------
    InputError
        For something that is gone, or a server that does not answer, answers nonsense, or takes too long over it.
    """
    problem, end = None, time.monotonic() + longest_s
    for attempt in range(TRIES):
        if attempt:
            time.sleep(pause_s * 2 ** (attempt - 1))
        try:
            return _within(end - time.monotonic(), ask)
        except InputError:
            raise
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429:
                raise InputError(f"{where}: {error.code} {one_line(error.reason)}: the {what} has moved") from None
            problem = f"{error.code} {error.reason}"
        except (OSError, http.client.HTTPException, ValueError) as error:
            # ValueError: an announced length that is no number, a redirect to an invalid address
            problem = getattr(error, "reason", error)
            if time.monotonic() >= end:
                raise InputError(f"{where}: no {what} within {longest_s:g} s ({one_line(problem)})") from None
    raise InputError(f"{where}: no answer after {TRIES} tries ({one_line(problem)}){advice}")


def _within(seconds: float, function: Callable[[], T]) -> T:
    """What a function returns or raises; TimeoutError if it takes longer, and then it is left to itself.

    The time limit of a socket begins anew with each byte, so a server that drips would hold us for ever.
    """
    answer: queue.SimpleQueue = queue.SimpleQueue()

    def work():
        try:
            answer.put((function(), None))
        except Exception as problem:
            answer.put((None, problem))

    threading.Thread(target=work, daemon=True).start()
    try:
        result, problem = answer.get(timeout=max(seconds, 0.0))
    except queue.Empty:
        raise TimeoutError(f"the transfer took longer than {seconds:.0f} s") from None
    if problem is not None:
        raise problem
    return result


def one_line(words) -> str:
    """What a server said, fit for a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in str(words))[:200]
