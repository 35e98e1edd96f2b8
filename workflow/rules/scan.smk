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
    # Ranks are tasks: on one machine as many as threads, which count against --cores; on a cluster the profile sets them,
    # because a job's threads are cut down to the cores of one node.
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


rule collect_table:
    input:
        chunks=lambda wildcards: [
            LAYOUT.chunk(wildcards.constraint, wildcards.scan, chunk)
            for chunk in PLAN[wildcards.constraint][wildcards.scan]
        ],
    output:
        LAYOUT.table("{constraint}", "{scan}"),
    log:
        LAYOUT.log("{constraint}", "collect_{scan}"),
    conda:
        SOFTWARE
    params:
        config=CONFIG,
    shell:
        "python -m nubounds collect {wildcards.constraint} {wildcards.scan} --config {params.config:q} --log {log:q}"
