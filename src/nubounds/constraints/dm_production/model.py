"""What the constraint promises (see nubounds.contract), gathered from the modules that do it."""

from nubounds.constraints.dm_production import comparisons, feature_quantities, quantities
from nubounds.constraints.dm_production.curves import limits
from nubounds.constraints.dm_production.scans import SCANS, check
from nubounds.contract import Quantity

__all__ = ["QUANTITIES", "SCANS", "check", "limits"]

_MODULES = (quantities, feature_quantities, comparisons)
QUANTITIES = tuple(thing for module in _MODULES for thing in vars(module).values() if isinstance(thing, Quantity))
