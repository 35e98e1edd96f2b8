"""Old neutron stars: relic neutrinos that cool them, sterile-neutrino dark matter that heats them."""

from nubounds.constraints.neutron_star.quantities import PUBLIC
from nubounds.constraints.neutron_star.statements import QUANTITIES as STATEMENTS

QUANTITIES = (*PUBLIC, *STATEMENTS)
