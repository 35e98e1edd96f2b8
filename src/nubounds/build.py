"""Whether the compiled kernels are those of the sources that are here."""

from __future__ import annotations

import json
from functools import cache

from nubounds import sources
from nubounds.contract import InputError


def stale_kernels() -> list[str]:
    """Names of kernels that are not built, or were built from other sources than the ones that are here."""
    manifest = sources.PACKAGE / "kernels" / "manifest.json"
    built = json.loads(manifest.read_text()) if manifest.is_file() else {}
    compiled = {path.name.split(".")[0] for path in manifest.parent.glob("*.so")}
    return [
        name
        for name in sources.kernel_names()
        if name not in compiled or built.get(name) != sources.kernel_source_hash(name)
    ]


@cache
def require_fresh() -> None:
    """InputError that says what to type if a kernel is stale; looked up once in a process."""
    stale = stale_kernels()
    if stale:
        raise InputError(f"compiled kernels are out of date: {', '.join(stale)}; run `make build`")
