# A chunk of points is one MPI job; the chunks of a scan are joined into its table.


rule scan_chunk:
    input:
        points=LAYOUT.points("{constraint}", "{scan}", "{chunk}"),
        fingerprint=LAYOUT.fingerprint("{constraint}", "scan_{scan}"),
    output:
        LAYOUT.chunk("{constraint}", "{scan}", "{chunk}"),
    log:
        LAYOUT.log("{constraint}", "scan_{scan}_{chunk}"),
    # Limits first, then scorecards, then figures and planes: so there is something left to run in parallel at the end.
    priority: 2
    conda:
        SOFTWARE
    threads: 1
    # Each rank is a task.  On one machine there are as many as threads, which count against --cores; on a cluster the
    # profile sets them, because Snakemake limits a job's threads to the cores of one node.
    resources:
        tasks=lambda wildcards, threads: threads,
        cpus_per_task=1,
        runtime=60,
        mpi="mpiexec",
    params:
        config=CONFIG,
        launcher=lambda wildcards, resources: (
            f"{resources.mpi} -n {resources.tasks} python -m mpi4py -m nubounds"
            if resources.tasks > 1
            else "python -m nubounds"
        ),
    shell:
        "{params.launcher} scan {wildcards.constraint} {wildcards.scan} --chunk {wildcards.chunk:q}"
        " --ranks {resources.tasks} --time-limit {resources.runtime} --config {params.config:q} --log {log:q}"


# Scans that together fill no more than a job share one, with logs and chunks of their own: starting Python costs more.
# Not where the user or the profile has set ranks or resources of scan_chunk, because these jobs have other names.
SETTINGS = workflow.resource_settings
if "scan_chunk" in {*SETTINGS.overwrite_threads, *SETTINGS.overwrite_resources}:
    SHARED = {}
for constraint, jobs in SHARED.items():
    for scans in jobs:

        rule:
            name:
                f"scan_{constraint}_{scans[0]}_and_others"
            input:
                [LAYOUT.points(constraint, scan, "all") for scan in scans],
                [LAYOUT.fingerprint(constraint, f"scan_{scan}") for scan in scans],
            output:
                [LAYOUT.chunk(constraint, scan, "all") for scan in scans],
            log:
                [LAYOUT.log(constraint, f"scan_{scan}_all") for scan in scans],
            priority: 2
            conda:
                SOFTWARE
            resources:
                runtime=60,
            params:
                config=CONFIG,
                constraint=constraint,
                scans=scans,
            shell:
                "python -m nubounds scan {params.constraint} {params.scans} --chunk all"
                " --time-limit {resources.runtime} --config {params.config:q}"


# One process joins the chunks of all scans of a constraint.
for constraint in PLAN:

    rule:
        name:
            f"collect_tables_{constraint}"
        input:
            [
                LAYOUT.chunk(constraint, scan, chunk)
                for scan, chunks in PLAN[constraint].items()
                for chunk in chunks
            ],
        output:
            scan_tables(constraint),
        log:
            LAYOUT.log(constraint, "collect"),
        priority: 2
        conda:
            SOFTWARE
        params:
            config=CONFIG,
            constraint=constraint,
        shell:
            "python -m nubounds collect {params.constraint} --config {params.config:q} --log {log:q}"
