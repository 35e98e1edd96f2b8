"""The tables that a reader of the report gets."""

from __future__ import annotations

import dataclasses

import numpy as np

from nubounds.constraints.xenon_cevns import expectation, flux_fits
from nubounds.constraints.xenon_cevns import likelihood as fits
from nubounds.constraints.xenon_cevns.curves import COLUMN, RUN_WORDS, best_analysis
from nubounds.constraints.xenon_cevns.inputs import ANALYSES, RUN_SETS, RUNS, Search
from nubounds.constraints.xenon_cevns.scans import available
from nubounds.constraints.xenon_cevns.templates import templates
from nubounds.contract import Run

TABLE_MASSES = (0.01, 0.1, 1, 3, 5, 8, 10, 12, 14)  # MeV
VARIED_MASSES = (0.1, 10.0)  # MeV
REFERENCE_MU = 1e-9
PUBLISHED_FLUX = {"sr0_1": (4.7e6, 2.3e6, 3.6e6, 2.73)}  # PRL 133 (2024) 191002: value, down, up, significance


def runs(run: Run, search: Search):
    """Counts by run and analysis."""
    import pandas

    rows = []
    for analysis in ANALYSES:
        if not available(search.release, analysis):
            continue
        source, made = templates(search.release, analysis), expectation.weights(search, analysis, [0.1])
        totals = np.array(search.fluxes.totals)[:, None]
        weights = totals * made.sm, totals * made.dipole[0, :, 0]
        found = expectation.expected(source, *weights, REFERENCE_MU**2, fits.CENTRES)
        for k, name in enumerate(RUNS):
            expected = {f"expected_{part}": float(values[k].sum()) for part, values in found.items()}
            counts = {"exposure_ton_yr": source.exposure_ton_yr[k], "observed": int(source.observed[k].sum())}
            rows.append({"run": RUN_WORDS[name], "analysis": analysis, **counts, **expected})
    return pandas.DataFrame(rows)


def limits_at_masses(run: Run):
    """Limits at the masses of the table that the grid has, and at the smallest one."""
    import pandas

    table, rows = run.tables["limits"], []
    table = table[table["status"] == "OK"]
    for keys, part in table.groupby(["runs", "flavour", "analysis", "data"], sort=False):
        for dof, column in COLUMN.items():
            values = dict(zip(part["m4_MeV"], part[column], strict=True))
            row = dict(zip(("runs", "flavour", "analysis", "data"), keys, strict=True)) | {"dof": dof}
            at = {f"at_{m:g}_MeV": 1e9 * values[m] for m in TABLE_MASSES if m in values}
            rows.append(row | at)
    return pandas.DataFrame(rows)


def flux_table(run: Run, search: Search):
    """Fits of the 8B flux for each set of runs and analysis."""
    import pandas

    rows = []
    for analysis in ANALYSES:
        for name in RUN_SETS:
            if not available(search.release, analysis):
                continue
            fit = flux_fits.flux_fit(search, name, analysis)
            row = {"runs": RUN_WORDS[name], "analysis": analysis, "flux_8b_per_cm2_s": fit.flux_8b}
            row |= {"minus": fit.flux_8b - fit.lower, "plus": fit.upper - fit.flux_8b}
            rows.append(row | {"significance": fit.significance})
    for name, (value, minus, plus, significance) in PUBLISHED_FLUX.items():
        row = {"runs": RUN_WORDS[name], "analysis": "published 2024", "flux_8b_per_cm2_s": value}
        rows.append(row | {"minus": minus, "plus": plus, "significance": significance})
    return pandas.DataFrame(rows)


VARIATIONS = (
    ("as configured", {}),
    ("efficiency uncertain by 35 %", {"sigma_f_eff": 0.35}),
    ("efficiency uncertain by 10 %", {"sigma_f_eff": 0.10}),
    ("efficiency fixed", {"sigma_f_eff": 0.0}),
    ("yields fixed", {"sigma_t_ly": 0.0, "sigma_t_qy": 0.0}),
    ("yields and efficiency fixed", {"sigma_t_ly": 0.0, "sigma_t_qy": 0.0, "sigma_f_eff": 0.0}),
    ("8B flux of B16", {"flux_8b": "b16"}),
    ("8B flux of BS05", {"flux_8b": "bs05"}),
    ("accidentals of SR2 uncertain by 3 %", {"sigma_f_ac_sr2": 0.03}),
    ("accidentals of SR2 uncertain by 12 %", {"sigma_f_ac_sr2": 0.12}),
    ("accidentals of SR2 uncertain by 25 %", {"sigma_f_ac_sr2": 0.25}),
)


def variations(run: Run, search: Search):
    """Limits of one moment for all flavours and all runs with one thing changed."""
    import pandas

    analysis, rows = best_analysis(run), []
    if analysis is None:
        return pandas.DataFrame(columns=["what", "analysis"])
    made = expectation.weights(search, analysis, VARIED_MASSES)  # neither sigmas nor fluxes touch them
    for words, change in VARIATIONS:
        fluxes = {key: value for key, value in change.items() if key == "flux_8b"}
        changed = dataclasses.replace(
            search,
            fluxes=dataclasses.replace(search.fluxes, **fluxes),
            systematics=dataclasses.replace(
                search.systematics, **{key: value for key, value in change.items() if key not in fluxes}
            ),
        )
        value, _, _ = fits.moment_limits(changed, made, "all", "sr0_2", analysis, "observed", tuple(COLUMN))
        row = {"what": words, "analysis": analysis}
        for m4, limits_at in zip(VARIED_MASSES, value, strict=True):
            row |= {f"at_{m4:g}_MeV_{dof}dof": 1e9 * limit for dof, limit in zip(COLUMN, limits_at, strict=True)}
        rows.append(row)
    return pandas.DataFrame(rows)


TABLES = {"runs": runs, "limits_at_masses": limits_at_masses, "flux_fits": flux_table, "variations": variations}
