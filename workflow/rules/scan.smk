# A chunk of points is one MPI job; the chunks of a scan are joined into its table.


rule scan_chunk:
    input:
        points=LAYOUT.points("{constraint}", "{scan}", "{chunk}"),
        fingerprint=LAYOUT.fingerprint("{constraint}", "scan_{scan}"),
    output:
        LAYOUT.chunk("{constraint}", "{scan}", "{chunk}"),
    log:
        LAYOUT.log("{constraint}", "scan_{scan}_{chunk}"),
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
        conda:
            SOFTWARE
        params:
            config=CONFIG,
            constraint=constraint,
        shell:
            "python -m nubounds collect {params.constraint} --config {params.config:q} --log {log:q}"
