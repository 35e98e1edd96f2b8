"""One folder per constraint, all with the same names for the same roles (see :mod:`nubounds.contract`).

``nubounds.constraints()`` gives their names: the package can be called, because importing it makes it what the name
``nubounds.constraints`` stands for.
"""

import sys
import types


class _Package(types.ModuleType):
    def __call__(self) -> list[str]:
        """Names of all constraints, in alphabetical order."""
        from nubounds import registry

        return list(registry.names())


sys.modules[__name__].__class__ = _Package
