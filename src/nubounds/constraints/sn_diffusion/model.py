"""What the constraint promises (see nubounds.contract), gathered from the modules that do it."""

from nubounds.constraints.sn_diffusion import quantities, tables
from nubounds.constraints.sn_diffusion.curves import check, check_grid, limits
from nubounds.constraints.sn_diffusion.scans import coefficients_scan
from nubounds.contract import Quantity

__all__ = ["QUANTITIES", "SCANS", "TABLES", "check", "check_grid", "limits"]

QUANTITIES = tuple(thing for thing in vars(quantities).values() if isinstance(thing, Quantity))
SCANS = {"coefficients": coefficients_scan}
TABLES = {"table1": tables.table1, "table2": tables.table2, "shells": tables.shells}
