"""The lens's scan, which can be made to cost time and memory, and to fail."""

import os
import time

import numpy as np
from nubounds.constraints.lens.inputs import Load

from nubounds.contract import Block, Status
from nubounds.kernels import lens


def scan_focal_length(points, load: Load):
    value, error, status = lens.evaluate(points["a_cm"], load.optics.b_cm)
    ballast = np.ones(int(load.memory_MB * 125000))
    time.sleep(load.pause_s * len(value))
    del ballast
    if os.environ.get("LENS_BROKEN"):
        value = np.where(points["a_cm"] > 50, np.nan, value)
    status = np.where(points["a_cm"] > 90, Status.OUT_OF_DOMAIN, status)
    return Block({"f_cm": value, "index": (points["side"] == "right") * 1.0}, {"f_cm": error}, status)


SCANS = {"focal_length": scan_focal_length}
