# Limit curves to the files that a physicist takes away.


rule write_limits:
    input:
        LAYOUT.contours("{constraint}"),
        LAYOUT.fingerprint("{constraint}", "limits"),
    output:
        LAYOUT.limits_index("{constraint}"),
        LAYOUT.hepdata("{constraint}"),
    log:
        LAYOUT.log("{constraint}", "limits"),
    conda:
        SOFTWARE
    params:
        config=CONFIG,
    shell:
        "python -m nubounds limits {wildcards.constraint} --config {params.config:q} --log {log:q}"
