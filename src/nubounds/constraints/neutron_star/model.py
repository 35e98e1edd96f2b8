"""Old neutron stars: relic neutrinos that cool them, sterile-neutrino dark matter that heats them."""

from nubounds.constraints.neutron_star.curves import TABLES, check, limits
from nubounds.constraints.neutron_star.quantities import PUBLIC
from nubounds.constraints.neutron_star.scans import SCANS
from nubounds.constraints.neutron_star.statements import QUANTITIES as STATEMENTS

QUANTITIES = (*PUBLIC, *STATEMENTS)

__all__ = ["QUANTITIES", "SCANS", "TABLES", "check", "limits"]
