"""Check that the running code belongs to this checkout and that its compiled kernels match their sources."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from nubounds.code import sources
from nubounds.contract import InputError


def _mismatched_kernels(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return which kernels are stale (not built, or built from other sources) and which were replaced.

    A kernel was replaced if its compiled file is not the one that the build wrote.  An installed copy has no sources
    to compare with.
    """
    if sources.CHECKOUT is None:
        return [], []
    built, now = sources.built_kernels(), {name: sources.kernel_entry(name) for name in names}
    stale = [
        name
        for name, entry in now.items()
        if entry["binary"] is None or name not in built or built[name].get("sources") != entry["sources"]
    ]
    return stale, [name for name, entry in now.items() if name not in stale and built[name] != entry]


@cache
def require_fresh(names: frozenset[str] | None = None) -> None:
    """Check kernels against their sources and against what the build wrote, once per process.

    Parameters
    ----------
    names : names of the kernels; default: all

    Raises
    ------
    InputError
        If one is stale or was replaced; the message names the remedy.
    """
    stale, replaced = _mismatched_kernels(sources.kernel_names() if names is None else sorted(names))
    if stale:
        raise InputError(f"compiled kernels are out of date: {', '.join(stale)}; run `make build`")
    if replaced:
        raise InputError(
            f"compiled kernels were replaced since they were built: {', '.join(replaced)}; run `make build`"
        )


def require_own_checkout() -> None:
    """Raise InputError if the working directory lies in one checkout of nubounds but another one's code is running.

    This happens with the environment of a checkout that was copied or moved: results would come from the other
    folder's code but be labelled with this folder's commit.  An installed copy belongs to no checkout and records the
    commit it was built from.
    """
    if sources.CHECKOUT is None:
        return
    here = Path.cwd()
    for folder in (here, *here.parents):
        package = folder / "src" / "nubounds"
        if (package / "code" / "sources.py").is_file():
            if not package.samefile(sources.PACKAGE):
                raise InputError(
                    f"running the code of {sources.PROJECT}, not of this checkout ({folder}), whose environment "
                    "belongs to the other one; run `make env` here"
                )
            return
