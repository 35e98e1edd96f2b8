"""Solar CEvNS: the constraint as the project sees it."""

from nubounds.constraints.solar_cevns import quantities
from nubounds.constraints.solar_cevns.setup import check

QUANTITIES = (
    quantities.min_energy,
    quantities.cross_section,
    quantities.survival,
    quantities.recoil_rate,
    quantities.event_rate,
    quantities.moment_limit,
)
SCANS = {}

__all__ = ["QUANTITIES", "SCANS", "check"]
