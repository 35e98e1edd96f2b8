# Rules shared by all entry points; each defines `rule all` itself, because an included file cannot set the default.
import os
import sys
from pathlib import Path

import snakemake.utils

from nubounds.running import arithmetic

snakemake.utils.min_version("9.0")

# Jobs use the nubounds and the MPI of the interpreter that runs Snakemake.
BIN = str(Path(sys.executable).parent)
os.environ.update(PATH=os.pathsep.join([BIN, os.environ.get("PATH", os.defpath)]))
arithmetic.pin(os.environ)  # so that jobs need not restart themselves
os.environ.update(
    PYTHONSAFEPATH="1"
)  # so that a random.py in the project folder does not shadow the standard module


include: "common.smk"
include: "scan.smk"
include: "contour.smk"
include: "figures.smk"
include: "class.smk"
include: "planes.smk"
include: "report.smk"
include: "ensemble.smk"
include: "posterior.smk"


# On one machine, jobs need no limit per second.  With one, Snakemake looks at all waiting jobs again every second, once
# more for each job that has ended, and waits for its last timer before it ends.
# On a cluster, Snakemake does not say why a submitted job waits, and forgets the job if SLURM does not answer.
onstart:
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None
    if workflow.executor_plugin.name == "slurm":
        from nubounds.running import waiting

        waiting.start(Path.cwd(), workflow.executor_plugin.executor)


# Not reached if there was nothing to do, which Snakemake reports in one line.
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
