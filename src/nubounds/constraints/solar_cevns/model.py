"""Solar CEvNS: the constraint as the project sees it."""

from nubounds.constraints.solar_cevns import comparisons, findings, quantities
from nubounds.constraints.solar_cevns.curves import TABLES, limits
from nubounds.constraints.solar_cevns.scans import SCANS
from nubounds.constraints.solar_cevns.setup import check

QUANTITIES = (
    quantities.min_energy,
    quantities.cross_section,
    quantities.survival,
    quantities.recoil_rate,
    quantities.event_rate,
    quantities.moment_limit,
    *findings.QUANTITIES,
    *comparisons.QUANTITIES,
)

__all__ = ["QUANTITIES", "SCANS", "TABLES", "check", "limits"]
