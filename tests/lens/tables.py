"""The paper's table."""


def table1(run):
    return run.tables["focal_length"].head(3)[["a_cm", "f_cm"]]


TABLES = {"table1": table1}
