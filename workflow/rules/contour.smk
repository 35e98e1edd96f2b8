# Tables to limit curves and to the paper's own tables.
for constraint in PLAN:

    rule:
        name:
            f"derive_contours_{constraint}"
        input:
            scan_tables(constraint),
            LAYOUT.fingerprint(constraint, "contour"),
        output:
            LAYOUT.contours(constraint),
            [
                LAYOUT.table(constraint, name)
                for name in registry.get(constraint).declaration["tables"]
            ],
        log:
            LAYOUT.log(constraint, "contour"),
        params:
            constraint=constraint,
        shell:
            "{NUBOUNDS} contour {params.constraint} --config {CONFIG:q} --log {log:q}"
