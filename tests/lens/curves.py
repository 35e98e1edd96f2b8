"""From the table to the limit."""

from nubounds.constraints.lens.inputs import Drawing

from nubounds.contract import Curve


def limits(run, drawing: Drawing):
    table = run.tables["focal_length"]
    table = table[(table["side"] == "left") & (table["status"] == "OK")]
    y = drawing.scale * table["f_cm"].to_numpy()
    return [Curve("focal_length", "focal length", table["a_cm"].to_numpy(), y, "a_cm", "f_cm", "a [cm]", "f [cm]")]
