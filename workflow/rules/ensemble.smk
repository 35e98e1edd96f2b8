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


rule draw_plane_with_bands:
    input:
        [LAYOUT.ensemble_limits(name) / "index.json" for name in ENSEMBLE],
        LAYOUT.fingerprint("comparison", "{plane}"),
    output:
        [LAYOUT.comparison_with_bands("{plane}", ending) for ending in ENDINGS],
        LAYOUT.comparison_with_bands("{plane}", NUMBERS),
        LAYOUT.comparison_with_bands("{plane}", CAPTION),
    log:
        LAYOUT.log("comparison", "{plane}_bands"),
    conda:
        SOFTWARE
    params:
        config=CONFIG,
    shell:
        "python -m nubounds planes {wildcards.plane} --bands --config {params.config:q} --log {log:q}"


rule write_ensemble_page:
    input:
        lambda wildcards: LAYOUT.ensemble_files(wildcards.constraint),
        LAYOUT.fingerprint("{constraint}", "report"),
    output:
        LAYOUT.ensemble_page("{constraint}"),
    log:
        LAYOUT.log("report", "{constraint}_ensemble"),
    conda:
        SOFTWARE
    params:
        config=CONFIG,
    shell:
        "python -m nubounds report --ensemble {wildcards.constraint} --config {params.config:q} --log {log:q}"


rule write_explorer:
    input:
        [path for name in ENSEMBLE for path in LAYOUT.ensemble_files(name)],
        [LAYOUT.fingerprint(name, "report") for name in ENSEMBLE],
        planes_with_bands(),
    output:
        LAYOUT.explorer,
    log:
        LAYOUT.log("report", "explorer"),
    conda:
        SOFTWARE
    params:
        config=CONFIG,
    shell:
        "python -m nubounds report --explorer --config {params.config:q} --log {log:q}"


# Bands and causes of every limit.  Blocks are named too, so that one that was damaged is made again.
if ENSEMBLE:

    rule ensemble:
        input:
            [
                LAYOUT.ensemble_block(name, block)
                for name, blocks in ENSEMBLE.items()
                for block in blocks
            ],
            [path for name in ENSEMBLE for path in LAYOUT.ensemble_files(name)],
            planes_with_bands(),
            [LAYOUT.ensemble_page(name) for name in ENSEMBLE],
            LAYOUT.explorer,

else:

    rule ensemble:
        log:
            LAYOUT.log("comparison", "ensemble"),
        conda:
            SOFTWARE
        params:
            line="no ensemble: no input of these constraints has a prior"
            " (nubounds list --priors; ensemble.priors of the config)",
        shell:
            "echo {params.line:q} | tee {log:q} >&2"
