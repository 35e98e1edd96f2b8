"""What the constraint promises (see nubounds.contract), gathered from the modules that do it."""

from nubounds.constraints.sn_diffusion import quantities
from nubounds.constraints.sn_diffusion.scans import coefficients_scan
from nubounds.contract import Quantity

QUANTITIES = tuple(thing for thing in vars(quantities).values() if isinstance(thing, Quantity))
SCANS = {"coefficients": coefficients_scan}
