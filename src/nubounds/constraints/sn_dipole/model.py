"""The constraint: quantities at one point, scans, limit curves, tables, checks of the inputs."""

from nubounds.constraints.sn_dipole import quantities, statements
from nubounds.constraints.sn_dipole.curves import TABLES, limits
from nubounds.constraints.sn_dipole.inputs import check
from nubounds.constraints.sn_dipole.scans import SCANS

QUANTITIES = (*quantities.QUANTITIES, *statements.QUANTITIES)

__all__ = ["QUANTITIES", "SCANS", "TABLES", "check", "limits"]
