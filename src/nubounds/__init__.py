"""nubounds: published neutrino and dark-matter constraints, regenerated, changed and extended.

>>> import nubounds as nb
>>> names = nb.constraints()
>>> nb.evaluate("neutron_star.flux_density", T_inf_K=[1000, 2000]).shape  # a number, or an array of them
(2,)
>>> limits = nb.constraint("neutron_star", config={"resolution": "toy"}).limits()  # they plot and interpolate
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

# Where each public name lives; modules are imported when a name is first asked for.
_HOMES = {
    "Answer": "contract",
    "InputError": "contract",
    "Limit": "face.limit",
    "Status": "contract",
    "Study": "face.study",
    "answer": "answers.evaluation",
    "constraint": "face.study",
    "constraints": "constraints",  # the package of that name, which can be called
    "evaluate": "answers.evaluation",
    "read_limits": "face.limit",
    "read_table": "files.tables",
    "snakefile": "code.sources",
}

__all__ = [
    "Answer",
    "InputError",
    "Limit",
    "Status",
    "Study",
    "__version__",
    "answer",
    "constraint",
    "constraints",
    "evaluate",
    "read_limits",
    "read_table",
    "snakefile",
]

if TYPE_CHECKING:
    from nubounds.answers.evaluation import answer, evaluate
    from nubounds.code.sources import snakefile
    from nubounds.contract import Answer, InputError, Status
    from nubounds.face.limit import Limit, read_limits
    from nubounds.face.study import Study, constraint
    from nubounds.files.tables import read_table

    def constraints() -> list[str]: ...


def __getattr__(name: str):
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module 'nubounds' has no attribute {name!r}")
    module = importlib.import_module(f"nubounds.{_HOMES[name]}")
    value = module if name == _HOMES[name] else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
