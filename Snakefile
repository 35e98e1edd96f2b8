# nubounds: from grids of points to limits, figures and the report.
# Thin on purpose: the config is checked and the work is planned by the package, the rules are wiring.
include: "workflow/rules/main.smk"


rule all:
    input:
        everything(),
