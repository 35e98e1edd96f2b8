# Scorecards, which recompute every number stated in a paper, and the report.


rule compute_scorecard:
    input:
        LAYOUT.fingerprint("{constraint}", "scorecard"),
    output:
        LAYOUT.scorecard("{constraint}"),
    log:
        LAYOUT.log("{constraint}", "scorecard"),
    # See the comment in scan.smk.
    priority: 1
    conda:
        SOFTWARE
    params:
        config=CONFIG,
    shell:
        "python -m nubounds scorecard {wildcards.constraint} --config {params.config:q} --log {log:q}"


rule write_report:
    input:
        [LAYOUT.scorecard(name) for name in PLAN],
        [LAYOUT.limits_index(name) for name in PLAN],
        [LAYOUT.fingerprint(name, "report") for name in PLAN],
        [path for name in PLAN for path in figure_files(name)],
        [path for name in PLAN for path in scan_tables(name)],
        plane_files(),
        LAYOUT.ensemble_pages,
    output:
        LAYOUT.report,
        LAYOUT.report_scorecard,
    log:
        LAYOUT.log("report", "report"),
    conda:
        SOFTWARE
    params:
        config=CONFIG,
    shell:
        "python -m nubounds report --config {params.config:q} --log {log:q}"
