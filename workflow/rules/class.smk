# Input for a Boltzmann code at the benchmark points, for constraints that have it.  On request: it takes as long as all
# else of its paper together.
WITH_CLASS = [name for name in PLAN if registry.get(name).has("class_input")]


rule class_files:
    input:
        [LAYOUT.class_index(name) for name in WITH_CLASS],


for constraint in WITH_CLASS:

    rule:
        name:
            f"write_class_files_{constraint}"
        input:
            LAYOUT.fingerprint(constraint, "class"),
        output:
            LAYOUT.class_index(constraint),
        log:
            LAYOUT.log(constraint, "class"),
        conda:
            SOFTWARE
        params:
            config=CONFIG,
            constraint=constraint,
        shell:
            "python -m nubounds class-files {params.constraint} --config {params.config:q} --log {log:q}"
