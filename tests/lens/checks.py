"""The lens's data file."""

from nubounds.constraints.lens.inputs import Load

from nubounds.files.tables import read_csv


def check(load: Load):
    if load.table is not None:
        read_csv(load.table, ["a_cm", "factor"], ascending="a_cm", minimum={"factor": 0.0})
