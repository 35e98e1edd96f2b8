"""The tables that a reader of the report gets."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from nubounds.constraints.xenon_cevns import expectation, flux_fits, toys
from nubounds.constraints.xenon_cevns import likelihood as fits
from nubounds.constraints.xenon_cevns.curves import COLUMN, RUN_WORDS, best_analysis
from nubounds.constraints.xenon_cevns.inputs import ANALYSES, RUN_SETS, RUNS, Search
from nubounds.constraints.xenon_cevns.templates import available, templates
from nubounds.contract import Run

if TYPE_CHECKING:
    import pandas

TABLE_MASSES = (0.01, 0.1, 1, 3, 5, 8, 10, 12, 14)  # MeV
VARIED_MASSES = (0.1, 10.0)  # MeV
REFERENCE_MU = 1e-9
PUBLISHED_FLUX = {"sr0_1": (4.7e6, 2.3e6, 3.6e6, 2.73)}  # PRL 133 (2024) 191002: value, down, up, significance


def runs(run: Run, search: Search) -> pandas.DataFrame:
    """Counts by run and analysis.

    Parameters
    ----------
    run : what a run has computed
    search : every input

    Returns
    -------
    DataFrame with a row for each run and analysis
    """
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
    """Limits at the masses of the table that the grid has, and at the smallest one.

    Parameters
    ----------
    run : what a run has computed

    Returns
    -------
    DataFrame with a row for each flavour, set of runs, analysis, data and degrees of freedom; limits in 1e-9 mu_B
    """
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


def flux_table(run: Run, search: Search) -> pandas.DataFrame:
    """Fits of the 8B flux for each set of runs and analysis.

    Parameters
    ----------
    run : what a run has computed
    search : every input

    Returns
    -------
    DataFrame with a row for each set of runs and analysis, and one for what is published
    """
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


def variations(run: Run, search: Search) -> pandas.DataFrame:
    """Limits of one moment for all flavours and all runs with one thing changed.

    Parameters
    ----------
    run : what a run has computed
    search : every input

    Returns
    -------
    DataFrame with a row for each variation; limits in 1e-9 mu_B
    """
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


def toy_limits(run: Run):
    """Limits by toys beside the asymptotic one, and how often toys at that one are beyond the quantiles.

    Parameters
    ----------
    run : what a run has computed

    Returns
    -------
    DataFrame with a row for each analysis and mass; limits in 1e-9 mu_B with statistical errors
    """
    import pandas

    rows = []
    for (analysis, m4), part in toys.together(run.tables["toys"]).groupby(["analysis", "toy_m4_MeV"]):
        at_limit = part[part["tested_over_limit"] == 1]
        if at_limit.empty:
            continue
        one = at_limit.iloc[0]
        row = {"m4_MeV": m4, "analysis": analysis, "toys": int(one["toys"]), "asymptotic": 1e9 * one["mu_muB"]}
        for name, share in (("feldman_cousins", "as_far_share"), ("cls", "cls")):
            ratio, error = toys.upper_limit(part, share, share.replace("_share", "") + "_error")
            row |= {name: ratio * row["asymptotic"], f"{name}_error": error * row["asymptotic"]}
        columns = [f"above_{dof}dof_{what}" for dof in (1, 2) for what in ("share", "error")]
        rows.append(row | {name: one[name] for name in columns})
    return pandas.DataFrame(rows)


TABLES = {
    "runs": runs,
    "limits_at_masses": limits_at_masses,
    "flux_fits": flux_table,
    "toy_limits": toy_limits,
    "variations": variations,
}
