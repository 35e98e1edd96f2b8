"""Whether the code that runs is this checkout's, and its compiled kernels those that were built from these sources."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from nubounds import sources
from nubounds.contract import InputError


def _unlike_built() -> tuple[list[str], list[str]]:
    """Names of kernels that are stale (not built, or from other sources than the ones that are here), and of those
    whose compiled file is not the one that the build wrote.  An installed copy has no sources to compare with.
    """
    if sources.CHECKOUT is None:
        return [], []
    built, now = sources.built_kernels(), {name: sources.kernel_entry(name) for name in sources.kernel_names()}
    stale = [
        name
        for name, entry in now.items()
        if entry["binary"] is None or name not in built or built[name].get("sources") != entry["sources"]
    ]
    return stale, [name for name, entry in now.items() if name not in stale and built[name] != entry]


@cache
def require_fresh() -> None:
    """InputError that says what to type if a kernel is stale or exchanged; looked up once in a process."""
    stale, exchanged = _unlike_built()
    if stale:
        raise InputError(f"compiled kernels are out of date: {', '.join(stale)}; run `make build`")
    if exchanged:
        raise InputError(f"compiled kernels are not those that were built: {', '.join(exchanged)}; run `make build`")


def require_own_checkout() -> None:
    """InputError if we stand in a checkout of nubounds, but run the code of another one.

    It happens with the environment of a checkout that was copied or moved, and would compute with the other folder's
    code under this folder's commit.  An installed copy is nobody's checkout, and knows what it was built from.
    """
    if sources.CHECKOUT is None:
        return
    here = Path.cwd()
    for folder in (here, *here.parents):
        package = folder / "src" / "nubounds"
        if (package / "sources.py").is_file():
            if not package.samefile(sources.PACKAGE):
                raise InputError(
                    f"the code that runs is that of {sources.PROJECT}, not of this checkout ({folder}): its "
                    "environment is another one's; run `make env` here"
                )
            return
