# What a Boltzmann code reads at the benchmark points, for constraints that have it.
for constraint in (name for name in PLAN if registry.get(name).has("class_input")):

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
