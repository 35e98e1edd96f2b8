# nubounds: from grids of points to limits, figures and the report.
# Thin on purpose: the config is checked and the work is planned by the package, the rules are wiring.
import os
import sys
from pathlib import Path

import snakemake.utils

from nubounds.running import arithmetic

snakemake.utils.min_version("9.0")

# The interpreter that runs Snakemake is the one whose nubounds and whose MPI the jobs use.
BIN = str(Path(sys.executable).parent)
os.environ.update(PATH=os.pathsep.join([BIN, os.environ.get("PATH", os.defpath)]))
arithmetic.pin(os.environ)  # for jobs, which then need no second start
# A random.py in the project folder is no module of ours.
os.environ.update(PYTHONSAFEPATH="1")


include: "workflow/rules/common.smk"
include: "workflow/rules/scan.smk"
include: "workflow/rules/contour.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/planes.smk"
include: "workflow/rules/report.smk"


localrules:
    all,
    papers,


# Snakemake says that it has submitted a job, and no more until that has ended; and without an answer it forgets the job.
onstart:
    if workflow.executor_plugin.name == "slurm":
        from nubounds.running import waiting

        waiting.start(Path.cwd(), workflow.executor_plugin.executor)


rule all:
    default_target: True
    input:
        LAYOUT.report,
        papers(),
        plane_files(),


# Every constraint's tables, figures and limits, without the report.
rule papers:
    input:
        papers(),
