# Posteriors of likelihoods, on request.  One is one MPI job, which goes on from its last checkpoint if it was killed.


rule sample_posterior:
    input:
        LAYOUT.fingerprint("posterior", "{posterior}"),
    output:
        LAYOUT.posterior_files("{posterior}"),
    log:
        LAYOUT.log("posterior", "{posterior}"),
    conda:
        SOFTWARE
    threads: 1
    # See the comment in scan.smk.
    resources:
        tasks=lambda wildcards, threads: threads,
        cpus_per_task=1,
        runtime=600,
        mpi="mpiexec",
    params:
        config=CONFIG,
        launcher=lambda wildcards, resources: (
            f"{resources.mpi} -n {resources.tasks} python -m mpi4py -m nubounds"
            if resources.tasks > 1
            else "python -m nubounds"
        ),
    shell:
        "{params.launcher} posterior {wildcards.posterior} --ranks {resources.tasks}"
        " --time-limit {resources.runtime} --config {params.config:q} --log {log:q}"


rule draw_posterior:
    input:
        lambda wildcards: LAYOUT.posterior_files(wildcards.posterior),
        LAYOUT.fingerprint("corner", "{posterior}"),
    output:
        [LAYOUT.posterior_corner("{posterior}", ending) for ending in ENDINGS],
    log:
        LAYOUT.log("posterior", "{posterior}_corner"),
    conda:
        SOFTWARE
    params:
        config=CONFIG,
    shell:
        "python -m nubounds posterior {wildcards.posterior} --corner --config {params.config:q} --log {log:q}"


# Chains, summary and corner plot of every posterior of the config.
if POSTERIORS:

    rule posterior:
        input:
            [path for name in POSTERIORS for path in LAYOUT.posterior_files(name)],
            [
                LAYOUT.posterior_corner(name, ending)
                for name in POSTERIORS
                for ending in ENDINGS
            ],

else:

    rule posterior:
        log:
            LAYOUT.log("posterior", "posterior"),
        conda:
            SOFTWARE
        params:
            line="no posterior: the config has none (its section posteriors says what is sampled)",
        shell:
            "echo {params.line:q} | tee {log:q} >&2"
