"""Statements of the slides that compare two things, as ratios: each a quantity of its own."""

from __future__ import annotations

import math

from nubounds.constraints.dm_production import laboratory, production
from nubounds.constraints.dm_production.conventions import SWITCHES, resolve
from nubounds.constraints.dm_production.feature_quantities import KAPPA, POINT
from nubounds.constraints.dm_production.medium import MODELS
from nubounds.constraints.dm_production.quantities import (
    M4,
    MIXING,
    NEUTRINOPHILIC,
    TARGET,
    M,
    finish,
    interaction,
    model_choice,
)
from nubounds.contract import Answer, InputError, Status, choice, quantity


def limit_of(probe, *args) -> float:
    """A limit that exists; InputError where the decay is closed."""
    value = laboratory.coupling_limit(probe, *args)
    if value is None:
        raise InputError(f"probe={probe}: closed for m_mediator_MeV at or above {laboratory.threshold(probe):g}")
    return value


@quantity("dm_production.sensitivity", *POINT, *SWITCHES, unit="1", source="physics of each choice: conventions")
def sensitivity(model, m4_keV, sin2_2theta, coupling, m_mediator_MeV, convention, **switches):
    """Relic density with the given choices over that of the plain convention."""
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    args = ([coupling], m4_keV * 1e-3, sin2_2theta)
    changed, error, status = production.relic_densities(model, m, resolve(convention, **switches), *args)
    plain, plain_error, plain_status = production.relic_densities(model, m, resolve(convention), *args)
    if not min(changed[0], plain[0]) > production.NOTHING:
        return finish(math.nan, math.nan, Status.OK)
    ratio = changed[0] / plain[0]
    return finish(ratio, ratio * (error[0] / changed[0] + plain_error[0] / plain[0]), max(status[0], plain_status[0]))


@quantity(
    "dm_production.limit_ratio",
    choice("probe", laboratory.PROBES, "w_width", "numerator"),
    choice("over", laboratory.PROBES, "higgs_invisible", "denominator"),
    M,
    model_choice("vector", NEUTRINOPHILIC),
    unit="1",
    source="V section III",
)
def limit_ratio(probe, over, m_mediator_MeV, model):
    """One limit on the coupling over another."""
    ratio = limit_of(probe, m_mediator_MeV, model) / limit_of(over, m_mediator_MeV, model)
    return Answer(
        ratio, ratio * (laboratory.limit_error(probe, m_mediator_MeV) + laboratory.limit_error(over, m_mediator_MeV))
    )


@quantity(
    "dm_production.relic_over_limit",
    model_choice("vector", tuple(MODELS)),
    M4,
    MIXING,
    M,
    choice("probe", laboratory.PROBES, "higgs_invisible", "limit"),
    KAPPA,
    *SWITCHES,
    TARGET,
    unit="1",
    source="V-Fig. 6",
)
def relic_over_limit(model, m4_keV, sin2_2theta, m_mediator_MeV, probe, kappa, target, **switches):
    """Couplings with the wanted relic density over the limit of a probe: above 1 is excluded."""
    limit = limit_of(probe, m_mediator_MeV, "vector" if model != "scalar" else model, m4_keV, sin2_2theta, kappa)
    args = (model, m_mediator_MeV, resolve(**switches), m4_keV * 1e-3, sin2_2theta)
    roots, _, status = production.relic_couplings(*args, target)
    if status not in (Status.OK, Status.NO_SOLUTION):
        return finish(None, None, status)
    return Answer(
        list(roots / limit),
        list(production.root_errors(*args, roots) / limit),
        "" if len(roots) else "no coupling gives this relic density",
    )


@quantity(
    "dm_production.model_ratio",
    model_choice("lmu_ltau", tuple(MODELS)),
    M4,
    MIXING,
    M,
    *SWITCHES,
    TARGET,
    unit="1",
    source="V section IV",
)
def model_ratio(model, m4_keV, sin2_2theta, m_mediator_MeV, target, **switches):
    """Lowest coupling with the wanted relic density over that of the neutrinophilic vector."""
    args = (m_mediator_MeV, resolve(**switches), m4_keV * 1e-3, sin2_2theta)
    lowest = []
    for name in (model, "vector"):
        roots, _, _ = production.relic_couplings(name, *args, target)
        if not len(roots):
            return Answer(None, None, f"model={name}: no coupling gives this relic density")
        lowest.append((roots[0], production.root_errors(name, *args, roots[:1])[0]))
    (a, error_a), (b, error_b) = lowest
    return Answer(a / b, a / b * (error_a / a + error_b / b))


@quantity(
    "dm_production.benchmark_ratio",
    model_choice("vector", tuple(MODELS)),
    M,
    *SWITCHES,
    TARGET,
    unit="1",
    source="V section III.A",
)
def benchmark_ratio(model, m_mediator_MeV, target, **switches):
    """Lowest coupling for (50 keV, 1e-15) over that for (7.1 keV, 7e-11)."""
    lowest = []
    for m4, s2 in ((50e-3, 1e-15), (7.1e-3, 7e-11)):
        roots, _, _ = production.relic_couplings(model, m_mediator_MeV, resolve(**switches), m4, s2, target)
        if not len(roots):
            return Answer(None, None, f"no coupling gives this relic density for m4 = {1e3 * m4:g} keV")
        lowest.append(roots[0])
    return Answer(lowest[0] / lowest[1], 1e-4 * lowest[0] / lowest[1])


@quantity("dm_production.hardness", *POINT, *SWITCHES, unit="1", source="L-Fig. 4")
def hardness(model, m4_keV, sin2_2theta, coupling, m_mediator_MeV, **switches):
    """Mean momentum over that of the Dodelson-Widrow mechanism with the same mass and mixing."""
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    choices = resolve(**switches)
    value, error = production.mean_momentum(model, m, choices, m4_keV * 1e-3, coupling, sin2_2theta)
    standard, standard_error = production.mean_momentum("sm", 1.0, choices, m4_keV * 1e-3, 0.0, sin2_2theta)
    ratio = value / standard
    return finish(ratio, ratio * (error / value + standard_error / standard), Status.OK)
