# One process draws all figures of a paper.
for constraint in PLAN:

    rule:
        name:
            f"draw_figures_{constraint}"
        input:
            scan_tables(constraint),
            LAYOUT.limits_index(constraint),
            LAYOUT.fingerprint(constraint, "figures"),
        output:
            [
                report(path, category="figures", subcategory=constraint)
                for path in figure_files(constraint)
            ],
        log:
            LAYOUT.log(constraint, "figures"),
        conda:
            SOFTWARE
        params:
            config=CONFIG,
            constraint=constraint,
        shell:
            "python -m nubounds figures {params.constraint} --config {params.config:q} --log {log:q}"
