"""Further quantities: how the limits compare with each other, with the printed ones, and with other experiments."""

from __future__ import annotations

from nubounds.constraints.solar_cevns import experiment
from nubounds.constraints.solar_cevns.curves import printed_limits
from nubounds.constraints.solar_cevns.inputs import FLAVOURS, PROJECTIONS, SCENARIOS, STATISTICS
from nubounds.constraints.solar_cevns.quantities import FLAVOUR, FLUX, INTERPOLATION, M4_MEV, ROUNDING, limit_at
from nubounds.constraints.solar_cevns.setup import setup
from nubounds.contract import Answer, choice, number, quantity

SCENARIO = choice("scenario", SCENARIOS, "next_generation", "projection, or CDEX-10 as inferred (current)")
STATISTIC = choice("statistics", STATISTICS, "poisson", "how a projection's variance is read")
SOURCE = choice("source", ("computed", "printed"), "computed", "our limits at small m4, or the paper's")
PLATEAU_MEV = 0.01  # where the limits at "m4 < 0.1 MeV" are read


def _plateau(source, scenario, flavour, statistics, flux) -> tuple[float, float] | None:
    """A limit at small m4 and its error; None where the paper prints none."""
    if source == "printed":
        value = printed_limits().get((scenario, flavour, flux))
        return None if value is None else (value, 0.0)
    value, error, _, _ = limit_at(setup(), scenario, flavour, PLATEAU_MEV, statistics, flux)
    return value, error


@quantity(
    "solar_cevns.limit_ratio",
    SCENARIO,
    choice("relative_to", SCENARIOS, "current", "the limit that is divided"),
    FLAVOUR,
    STATISTIC,
    FLUX,
    choice("relative_flux", ("same", "all", "8b", "hep"), "same", "flux of the limit that is divided"),
    SOURCE,
    unit="1; %",
    source="Sec. 4.3",
)
def limit_ratio(scenario, relative_to, flavour, statistics, flux, relative_flux, source):
    """By which factor, and by how many per cent, one limit at small m4 is stronger than another."""
    own = _plateau(source, scenario, flavour, statistics, flux)
    other = _plateau(source, relative_to, flavour, statistics, flux if relative_flux == "same" else relative_flux)
    if own is None or other is None:
        return Answer(None, None, "the paper prints no such limit")
    factor = other[0] / own[0]
    relative = own[1] / own[0] + other[1] / other[0]
    value = {"factor": factor, "percent": 100.0 * (1.0 - 1.0 / factor)}
    return Answer(value, {"factor": factor * relative, "percent": 100.0 * relative / factor})


@quantity("solar_cevns.limit_growth", SCENARIO, FLAVOUR, M4_MEV, STATISTIC, FLUX, unit="1", source="Eq. (22)")
def limit_growth(scenario, flavour, m4_MeV, statistics, flux):
    """The limit over its value at m4 = 0.01 MeV."""
    value, error, _, reason = limit_at(setup(), scenario, flavour, m4_MeV, statistics, flux)
    if value is None:
        return Answer(None, None, reason)
    plateau, plateau_error = _plateau("computed", scenario, flavour, statistics, flux)
    growth = value / plateau
    return Answer(growth, growth * (error / value + plateau_error / plateau))


@quantity(
    "solar_cevns.sum_rule",
    SCENARIO,
    choice("over", ("flavours", "fluxes"), "flavours", "parts whose rates add up to those of the whole"),
    STATISTIC,
    SOURCE,
    unit="1",
    source="Eqs. (14)-(16), (22)",
)
def sum_rule(scenario, over, statistics, source):
    """The flavour-blind limit that the limits of the parts imply, 1/mu_all^2 = sum of 1/mu_f^2, beside the stated one.

    The rates add, and the parts' spectra have nearly one shape, so K^(1/2) adds.
    """
    parts = [("all", "8b"), ("all", "hep")] if over == "fluxes" else [(flavour, "all") for flavour in FLAVOURS[1:]]
    limits = [_plateau(source, scenario, flavour, statistics, flux) for flavour, flux in parts]
    stated, error = _plateau(source, scenario, "all", statistics, "all")
    implied = sum(value**-2 for value, _ in limits) ** -0.5
    implied_error = implied**3 * sum(e * value**-3 for value, e in limits)
    ratio = implied / stated
    value = {"implied": implied, "stated": stated, "ratio": ratio}
    errors = {"implied": implied_error, "stated": error, "ratio": implied_error / stated + ratio * error / stated}
    return Answer(value, errors)


@quantity("solar_cevns.flavour_ratios", SCENARIO, STATISTIC, SOURCE, unit="1", source="Eqs. (14)-(17)")
def flavour_ratios(scenario, statistics, source):
    """mu_mu/mu_tau, which must be tan(theta_23), and the mean P_ee = (mu_all/mu_e)^2 that the limits imply."""
    (everyone, a), (e, b), (mu, c), (tau, d) = (
        _plateau(source, scenario, flavour, statistics, "all") for flavour in FLAVOURS
    )
    value = {"mu_over_tau": mu / tau, "P_ee": (everyone / e) ** 2}
    errors = {"mu_over_tau": mu / tau * (c / mu + d / tau), "P_ee": 2 * value["P_ee"] * (a / everyone + b / e)}
    return Answer(value, errors)


@quantity(
    "solar_cevns.mass_reach",
    number("mu_muB", "1", above=0, meaning="transition moment mu/mu_B, for example another experiment's limit"),
    SCENARIO,
    FLAVOUR,
    STATISTIC,
    FLUX,
    unit="MeV",
    source="Eq. (22)",
)
def mass_reach(mu_muB, scenario, flavour, statistics, flux):
    """Largest m4 at which the limit is still below a given moment."""
    made = setup()

    def below(m4):
        limit = limit_at(made, scenario, flavour, m4, statistics, flux)[0]
        return limit is not None and limit <= mu_muB

    low, high = PLATEAU_MEV, made.largest_mass(flux)
    if not below(low):
        return Answer(None, None, f"the limit is weaker than {mu_muB:g} mu_B at every mass")
    for _ in range(45):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if below(middle) else (low, middle)
    return Answer(low, 1e-9 * low)


@quantity(
    "solar_cevns.deterioration_mass",
    SCENARIO,
    FLAVOUR,
    number("factor", "1", 2.0, above=1, meaning="how much weaker than at small masses"),
    STATISTIC,
    FLUX,
    unit="MeV",
    source="Sec. 4.3",
)
def deterioration_mass(scenario, flavour, factor, statistics, flux):
    """m4 at which the limit has become weaker than at m4 = 0.01 MeV by a factor."""
    plateau, _ = _plateau("computed", scenario, flavour, statistics, flux)
    return mass_reach(mu_muB=factor * plateau, scenario=scenario, flavour=flavour, statistics=statistics, flux=flux)


@quantity(
    "solar_cevns.expected_counts",
    choice("scenario", PROJECTIONS, "next_generation", "projection"),
    unit="1",
    source="Sec. 3.3",
)
def expected_counts(scenario):
    """Standard Model and background events in all bins of a projection."""
    made = setup()
    exposure = made.inputs["exposure_ton_yr"][scenario]
    sm = exposure * float(made.sm_rates(scenario).sum())
    background = exposure * experiment.background_per_bin(made.inputs, scenario) * made.binning(scenario).n_bins
    value = {"sm": sm, "background": background}
    return Answer(value, {"sm": INTERPOLATION * sm, "background": ROUNDING * background})


QUANTITIES = (
    limit_ratio,
    limit_growth,
    sum_rule,
    flavour_ratios,
    mass_reach,
    deterioration_mass,
    expected_counts,
)
