"""From the table to the limit."""

from nubounds.constraints.lens.inputs import Drawing

from nubounds.contract import Coordinate, Curve


def limits(run, drawing: Drawing):
    table = run.tables["focal_length"]
    table = table[(table["side"] == "left") & (table["status"] == "OK")]
    y = drawing.scale * table["f_cm"].to_numpy()
    axes = Coordinate("a_cm", "cm", "a"), Coordinate("f_cm", "cm", "f")
    return [Curve("focal_length", "focal length", table["a_cm"].to_numpy(), y, *axes)]
