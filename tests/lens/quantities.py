"""A number at a point."""

import numpy as np
from nubounds.constraints.lens.inputs import Optics

from nubounds.contract import Answer, number, quantity
from nubounds.kernels import lens


@quantity("lens.focal_length", number("a_cm", "cm", above=0), unit="cm", source="Eq. (1)")
def focal_length(a_cm, optics: Optics):
    """Focal length of a thin lens."""
    value, error, _ = lens.evaluate(np.array([a_cm]), optics.b_cm)
    return Answer(value[0], error[0])
