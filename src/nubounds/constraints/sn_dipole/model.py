"""The constraint: quantities at one point, scans, limit curves, tables, checks of the inputs."""

from .curves import TABLES, limits
from .inputs import check
from .quantities import QUANTITIES
from .scans import SCANS

__all__ = ["QUANTITIES", "SCANS", "TABLES", "check", "limits"]
