# From scan tables to limit curves, limit files and the paper's own tables.
for constraint in PLAN:

    rule:
        name:
            f"derive_contours_{constraint}"
        input:
            scan_tables(constraint),
            LAYOUT.fingerprint(constraint, "contour"),
        output:
            LAYOUT.limits_index(constraint),
            LAYOUT.hepdata(constraint),
            [
                LAYOUT.table(constraint, name)
                for name in registry.get(constraint).declaration["tables"]
            ],
        log:
            LAYOUT.log(constraint, "contour"),
        priority: 2
        conda:
            SOFTWARE
        params:
            config=CONFIG,
            constraint=constraint,
        shell:
            "python -m nubounds contour {params.constraint} --config {params.config:q} --log {log:q}"
