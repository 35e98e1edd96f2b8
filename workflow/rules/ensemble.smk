# Ensembles, whose members have inputs drawn from their priors.  A block of members is one MPI job.


rule ensemble_block:
    input:
        LAYOUT.fingerprint("{constraint}", "ensemble"),
    output:
        LAYOUT.ensemble_block("{constraint}", "{block}"),
    log:
        LAYOUT.log("{constraint}", "ensemble_{block}"),
    conda:
        SOFTWARE
    threads: 1
    # See the comment in scan.smk.
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
        "{params.launcher} ensemble {wildcards.constraint} --block {wildcards.block:q}"
        " --ranks {resources.tasks} --time-limit {resources.runtime} --config {params.config:q} --log {log:q}"


for constraint, blocks in ENSEMBLE.items():

    rule:
        name:
            f"ensemble_bands_{constraint}"
        input:
            [LAYOUT.ensemble_block(constraint, block) for block in blocks],
            LAYOUT.fingerprint(constraint, "ensemble_bands"),
        output:
            LAYOUT.ensemble_files(constraint),
        log:
            LAYOUT.log(constraint, "ensemble_bands"),
        conda:
            SOFTWARE
        params:
            config=CONFIG,
            constraint=constraint,
        shell:
            "python -m nubounds ensemble {params.constraint} --config {params.config:q} --log {log:q}"


# Bands and causes of every limit.  Blocks are listed too, so that a damaged one is made again.
rule ensemble:
    input:
        [
            LAYOUT.ensemble_block(name, block)
            for name, blocks in ENSEMBLE.items()
            for block in blocks
        ],
        [path for name in ENSEMBLE for path in LAYOUT.ensemble_files(name)],
