# nubounds: from grids of points to limits, figures and the report.
# Kept thin: the package checks the config and plans the work; the rules only connect the steps.
include: "workflow/rules/main.smk"


rule all:
    input:
        everything(),
