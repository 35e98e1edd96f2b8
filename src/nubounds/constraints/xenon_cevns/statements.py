"""Quantities behind numbers that the collaboration states, for the scorecard."""

from __future__ import annotations

from nubounds.constraints.xenon_cevns import flux_fits
from nubounds.constraints.xenon_cevns.inputs import RUN_SETS, Search
from nubounds.constraints.xenon_cevns.quantities import RUN_SET, SOURCE, TABLE
from nubounds.constraints.xenon_cevns.templates import available, counting
from nubounds.contract import Answer, Status, quantity


@quantity("xenon_cevns.data_taken", RUN_SET, unit="t yr, 1", source=SOURCE)
def data_taken(runs):
    """Exposure and observed events.

    Returns
    -------
    dict: exposure_ton_yr [t yr], observed [1]
    """
    chosen, table = list(RUN_SETS[runs]), counting()
    exposure, observed = float(table.exposure_ton_yr[chosen].sum()), float(table.observed[chosen].sum())
    return Answer({"exposure_ton_yr": exposure, "observed": observed}, {"exposure_ton_yr": TABLE, "observed": 0.0})


@quantity("xenon_cevns.best_flux_fit", RUN_SET, unit="1/(cm2 s); significance: 1", source=SOURCE)
def best_flux_fit(runs: str, search: Search) -> Answer:
    """The 8B flux in the better of the two analyses whose data are here: binned with the release, else counting.

    Returns
    -------
    dict: flux_8b, minus, plus [1/(cm2 s)], significance [1]
    """
    analysis = "binned" if available(search.release, "binned") else "counting"
    fit = flux_fits.flux_fit(search, runs, analysis)
    if fit.status != Status.OK:
        return Answer(None, None, "the fit did not converge")
    value = {"flux_8b": fit.flux_8b, "minus": fit.flux_8b - fit.lower, "plus": fit.upper - fit.flux_8b}
    value["significance"] = fit.significance
    return Answer(value, {name: fit.uncertainty * fit.upper for name in value}, f"{analysis} analysis")
