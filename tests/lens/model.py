"""A constraint that costs nothing, with everything a constraint can have."""

import os
import time

import numpy as np

from nubounds.contract import Answer, Block, Curve, Status, number, quantity
from nubounds.kernels import lens
from nubounds.tables import read_csv


@quantity(
    "lens.focal_length", number("a_cm", "cm", above=0), number("b_cm", "cm", 10.0, above=0), unit="cm", source="Eq. (1)"
)
def focal_length(a_cm, b_cm):
    """Focal length of a thin lens."""
    value, error, _ = lens.evaluate(np.array([a_cm]), b_cm)
    return Answer(value[0], error[0])


QUANTITIES = (focal_length,)


def check(inputs):
    if inputs["table"] is not None:
        read_csv(inputs["table"], ["a_cm", "factor"], ascending="a_cm", minimum={"factor": 0.0})


def scan_focal_length(points, inputs):
    value, error, status = lens.evaluate(points["a_cm"], inputs["b_cm"])
    ballast = np.ones(int(inputs["memory_MB"] * 125000))
    time.sleep(inputs["pause_s"] * len(value))
    del ballast
    if os.environ.get("LENS_BROKEN"):
        value = np.where(points["a_cm"] > 50, np.nan, value)
    status = np.where(points["a_cm"] > 90, Status.OUT_OF_DOMAIN, status)
    return Block({"f_cm": value, "index": (points["side"] == "right") * 1.0}, {"f_cm": error}, status)


SCANS = {"focal_length": scan_focal_length}


def limits(run):
    table = run.tables["focal_length"]
    table = table[(table["side"] == "left") & (table["status"] == "OK")]
    y = run.inputs["scale"] * table["f_cm"].to_numpy()
    return [Curve("focal_length", "focal length", table["a_cm"].to_numpy(), y, "a_cm", "f_cm", "a [cm]", "f [cm]")]


def table1(run):
    return run.tables["focal_length"].head(3)[["a_cm", "f_cm"]]


TABLES = {"table1": table1}
