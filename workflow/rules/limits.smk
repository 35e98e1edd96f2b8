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
    shell:
        "{NUBOUNDS} limits {wildcards.constraint} --config {CONFIG:q} --log {log:q}"
