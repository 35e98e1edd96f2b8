# What every way in shares (an included file cannot say what is made by default, so `rule all` stands in those).
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
os.environ.update(
    PYTHONSAFEPATH="1"
)  # a random.py in the project folder is no module of ours


include: "common.smk"
include: "scan.smk"
include: "contour.smk"
include: "figures.smk"
include: "class.smk"
include: "planes.smk"
include: "report.smk"
include: "ensemble.smk"


# Snakemake says that it has submitted a job, and no more until that has ended; and without an answer it forgets the job.
onstart:
    if workflow.executor_plugin.name == "slurm":
        from nubounds.running import waiting

        waiting.start(Path.cwd(), workflow.executor_plugin.executor)


# Not reached where nothing was to be done, which Snakemake says in one line.
onsuccess:
    if LAYOUT.report.is_file():
        print(
            f"figures, tables, limit files: {LAYOUT.root}/; report: {LAYOUT.report}",
            file=sys.stderr,
        )


# Every constraint's tables, figures and limits, without the report.
rule papers:
    input:
        papers(),
