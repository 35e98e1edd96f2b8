# One process draws all figures of a paper; a single figure has a rule of its own (`nubounds run fig6b`).
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
            figure_tables(constraint),
        log:
            LAYOUT.log(constraint, "figures"),
        conda:
            SOFTWARE
        params:
            config=CONFIG,
            constraint=constraint,
        shell:
            "python -m nubounds figures {params.constraint} --config {params.config:q} --log {log:q}"

    for figure in registry.get(constraint).declaration["figures"]:

        rule:
            name:
                LAYOUT.figure_target(constraint, figure)
            input:
                scan_tables(constraint),
                LAYOUT.limits_index(constraint),
            log:
                LAYOUT.log(constraint, f"figure_{figure}"),
            conda:
                SOFTWARE
            params:
                config=CONFIG,
                constraint=constraint,
                figure=figure,
            shell:
                "python -m nubounds figures {params.constraint} --only {params.figure}"
                " --config {params.config:q} --log {log:q}"
