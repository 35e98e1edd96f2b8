"""What the constraint promises (see nubounds.contract), gathered from the modules that do it."""

from nubounds.constraints.dm_production import more_quantities, quantities
from nubounds.contract import Quantity

__all__ = ["QUANTITIES"]

QUANTITIES = tuple(
    {thing.name: thing for module in (quantities, more_quantities) for thing in vars(module).values() if isinstance(thing, Quantity)}.values()
)
