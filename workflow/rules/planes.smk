# Limits of several papers in common planes, from limit files alone: one job per plane.


rule draw_plane:
    input:
        [LAYOUT.limits_index(name) for name in PLAN],
        LAYOUT.fingerprint("comparison", "{plane}"),
    output:
        [
            report(LAYOUT.comparison("{plane}", ending), category="comparison planes")
            for ending in ENDINGS
        ],
        LAYOUT.comparison("{plane}", NUMBERS),
        LAYOUT.comparison("{plane}", CAPTION),
    log:
        LAYOUT.log("comparison", "{plane}"),
    conda:
        SOFTWARE
    params:
        config=CONFIG,
    shell:
        "python -m nubounds planes {wildcards.plane} --config {params.config:q} --log {log:q}"
