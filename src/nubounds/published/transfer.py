"""Query a web server with repeated attempts and an overall time limit; any failure is reported in one line."""

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
    """Raise InputError unless the URL is that of a web server; local files are never read."""
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
    """Call a function, repeatedly if the server fails.

    Parameters
    ----------
    ask : the function; raises OSError, HTTPException or ValueError if another attempt may succeed, otherwise InputError
    where : beginning of messages
    what : what is requested, for messages ("file")
    longest_s : time limit, all attempts included
    pause_s : pause before the second attempt, doubled before each further one
    advice : end of the message after the last attempt

    Returns
    -------
    The function's result.

    Raises
    ------
    InputError
        If the requested item no longer exists, or the server does not answer, sends an invalid response, or takes too
        long.
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
            # ValueError: a content length that is not a number, or a redirect to an invalid URL
            problem = getattr(error, "reason", error)
            if time.monotonic() >= end:
                raise InputError(f"{where}: no {what} within {longest_s:g} s ({one_line(problem)})") from None
    raise InputError(f"{where}: no answer after {TRIES} tries ({one_line(problem)}){advice}")


def _within(seconds: float, function: Callable[[], T]) -> T:
    """Return the result of a function, or raise TimeoutError after some seconds and abandon its thread.

    A socket's timeout restarts with every byte, so a server that sends byte by byte could block us forever.
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
    """Return a server's message as one line that is safe to print."""
    return "".join(letter if letter.isprintable() else " " for letter in str(words))[:200]
