"""What the slides state in words: features of curves, and comparisons of two things as ratios."""

from __future__ import annotations

import math
from typing import Any

from nubounds.constraints.dm_production import (
    data,
    evolution_features,
    half_mode_limits,
    laboratory,
    phase_space,
    production,
    s_curve_turns,
    structure_curves,
)
from nubounds.constraints.dm_production.conventions import CONVENTION, resolve
from nubounds.constraints.dm_production.inputs import (
    MODELS,
    Benchmarks,
    Choices,
    Flavour,
    HiggsCoupling,
    Wanted,
)
from nubounds.constraints.dm_production.quantities import (
    COUPLING,
    M4,
    MASS,
    MIXING,
    NEUTRINOPHILIC,
    TARGET,
    M,
    finish,
    interaction,
    model_choice,
)
from nubounds.contract import Answer, InputError, Status, choice, number, quantity
from nubounds.numerics.constants import G_F_PER_MEV2

POINT = (model_choice(), M4, MIXING, COUPLING, MASS)
X1 = number("x", default=1.0, minimum=1e-4, maximum=100, meaning="E/T")


@quantity("dm_production.fermi_line", M, unit="1", source="L-Fig. 2, right")
def fermi_line(m_mediator_MeV):
    """Coupling at which coupling^2/m^2 = G_F."""
    return Answer(laboratory.fermi_line(m_mediator_MeV), 0.0)


@quantity(
    "dm_production.mixing_of_angle",
    number("theta", "rad", 4e-6, above=0, maximum=0.78, meaning="mixing angle"),
    unit="1",
    source="Letter, after Eq. (7)",
)
def mixing_of_angle(theta):
    """sin^2 2theta of a mixing angle."""
    return Answer(math.sin(2 * theta) ** 2, 0.0)


@quantity(
    "dm_production.potential_coefficient",
    choice(
        "v_sm",
        ("lepton_bath", "printed"),
        "lepton_bath",
        "energy density of fermions, or of bosons, which is what was printed",
    ),
    unit="1; GeV^-4",
    source="V(2.6)",
)
def potential_coefficient(v_sm: str, mixing: Flavour) -> Answer:
    """V_SM = -number G_F E T^4 (2 or 0/M_W^2 + 1/M_Z^2) = -per_GeV4 E T^4 where electrons are the only charged
    leptons left.

    Returns
    -------
    The coefficient as a pure number, and in GeV^-4.
    """
    fermions, bosons = (n * math.sqrt(2) * math.pi**2 / 45 for n in (7, 12))
    coefficient = bosons if v_sm == "printed" else fermions
    leptons = 2.0 if mixing.flavour == "e" or v_sm == "printed" else 0.0
    per_GeV4 = coefficient * G_F_PER_MEV2 * (leptons / data.M_W_MEV**2 + 1 / data.M_Z_MEV**2) * 1e12
    return Answer({"number": coefficient, "per_GeV4": per_GeV4}, {"number": 0.0, "per_GeV4": 0.0})


@quantity(
    "dm_production.scaling_exponent",
    choice("of", ("coupling", "m_mediator", "m4", "mixing"), "coupling", "what is varied"),
    *POINT,
    CONVENTION,
    unit="1",
    source="Letter, regimes A, B, C",
)
def scaling_exponent(
    of: str,
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    choices: Choices,
) -> Answer:
    """Logarithmic derivative of the relic density.

    Returns
    -------
    Exponent, with the error from a step twice as wide.
    """
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    return Answer(
        *evolution_features.scaling_exponent(
            of, model, resolve(convention, choices), m4_keV * 1e-3, sin2_2theta, coupling, m
        )
    )


@quantity("dm_production.production_peak", X1, *POINT, CONVENTION, unit="1", source="L-Fig. 3")
def production_peak(
    x: float,
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    choices: Choices,
) -> Answer:
    """z at which df_s/dz is largest.

    Returns
    -------
    z = MeV/T; no value where nothing is produced.
    """
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    found = evolution_features.production_peak(
        x, model, resolve(convention, choices), m4_keV * 1e-3, sin2_2theta, coupling, m
    )
    return finish(*found, Status.OK)


@quantity(
    "dm_production.production_slope",
    number("z", default=0.01, minimum=1e-6, maximum=100, meaning="MeV/T"),
    X1,
    *POINT,
    CONVENTION,
    unit="1",
    source="L-Fig. 3",
)
def production_slope(
    z: float,
    x: float,
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    choices: Choices,
) -> Answer:
    """Logarithmic slope of df_s/dz against z.

    Returns
    -------
    dln(df_s/dz)/dln z; no value where nothing is produced.
    """
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    found = evolution_features.production_slope(
        x, z, model, resolve(convention, choices), m4_keV * 1e-3, sin2_2theta, coupling, m
    )
    return finish(*found, Status.OK)


@quantity("dm_production.time_scales", X1, *POINT, CONVENTION, unit="1", source="V section III.A, V-Fig. 5")
def time_scales(
    x: float,
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    choices: Choices,
) -> Answer:
    """z0 (Gamma = H), z1 (vacuum splitting = larger of potential and rate), z2 = MeV/m.

    Returns
    -------
    z0, z1, z2 by name.
    """
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    found = evolution_features.time_scales(
        x, model, resolve(convention, choices), m4_keV * 1e-3, sin2_2theta, coupling, m
    )
    note = "" if None not in found.values() else "a time scale outside 1/T_max_MeV < z < z_max is none"
    return Answer(found, {name: None if value is None else 1e-4 * value for name, value in found.items()}, note)


@quantity("dm_production.potential_zero", X1, unit="1", source="L(7), footnote 1 of the Letter")
def potential_zero(x):
    """m/T at which the thermal potential of the mediator changes its sign."""
    return Answer(*evolution_features.potential_zero(x))


@quantity("dm_production.resonance_time", X1, M, unit="1", source="footnote 1 of the Letter")
def resonance_time(x: float, m_mediator_MeV: float) -> Answer:
    """z = MeV/T at which the thermal potential of the mediator vanishes.

    Returns
    -------
    z = MeV/T.
    """
    zero, error = evolution_features.potential_zero(x)
    return Answer(zero / m_mediator_MeV, error / m_mediator_MeV)


@quantity("dm_production.density_matrix_ratio", X1, *POINT, CONVENTION, unit="1", source="D(32), V(2.8)")
def density_matrix_ratio(
    x: float,
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    choices: Choices,
) -> Answer:
    """f_s of the density matrix over that of the Boltzmann equation with back-reaction.

    Returns
    -------
    Ratio of the two.
    """
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    at = phase_space.line(x, model, m, resolve(convention, choices))
    expected, uncertain = phase_space.boltzmann(at, m4_keV * 1e-3, coupling, sin2_2theta, True)
    if not expected[0] > production.NOTHING:
        return finish(math.nan, math.nan, Status.OK)
    value, error, _, status = phase_space.density_matrix(at, m4_keV * 1e-3, coupling, sin2_2theta)
    return finish(value[0] / expected[0], (error[0] + uncertain[0]) / expected[0], status)


@quantity(
    "dm_production.turning_masses",
    model_choice("scalar", MODELS),
    M4,
    MIXING,
    CONVENTION,
    TARGET,
    unit="MeV",
    source="L-Fig. 2, V-Fig. 6",
)
def turning_masses(
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    target: float | None,
    convention: str,
    choices: Choices,
    wanted: Wanted,
) -> Answer:
    """Lightest and heaviest mediator for which three couplings give the wanted relic density.

    Returns
    -------
    Both masses [MeV] by name; none where it does not exist, or is not between 100 MeV and 10 GeV.
    """
    target = wanted.density(target)
    found, errors = s_curve_turns.turning_masses(
        model, resolve(convention, choices), m4_keV * 1e-3, sin2_2theta, target
    )
    note = "" if None not in found.values() else "no mass with three couplings, or not between 100 MeV and 10 GeV"
    return Answer(found, errors, note)


def limit_of(probe: str, m_mediator_MeV: float, model: str, higgs: HiggsCoupling, **point: Any) -> float:
    """A limit that exists; InputError where the decay is closed.

    Parameters
    ----------
    probe : a key of the laboratory's limits
    m_mediator_MeV : mass of the mediator [MeV]
    model : interaction of the active neutrinos
    higgs : how the mediator couples to the Higgs boson
    **point : further arguments of the limit: mass and mixing, for the lifetime

    Returns
    -------
    Largest coupling that the probe allows.
    """
    value = laboratory.coupling_limit(probe, m_mediator_MeV, model, higgs=higgs, **point)
    if value is None:
        raise InputError(f"probe={probe}: closed for m_mediator_MeV at or above {laboratory.threshold(probe):g}")
    return value


@quantity("dm_production.sensitivity", *POINT, CONVENTION, unit="1", source="physics of each choice: conventions")
def sensitivity(
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    choices: Choices,
) -> Answer:
    """Relic density with the given choices over that of the plain convention.

    Returns
    -------
    Ratio of the two.
    """
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    args = ([coupling], m4_keV * 1e-3, sin2_2theta)
    changed, error, status = production.relic_densities(model, m, resolve(convention, choices), *args)
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
def limit_ratio(probe: str, over: str, m_mediator_MeV: float, model: str, higgs: HiggsCoupling) -> Answer:
    """One limit on the coupling over another.

    Returns
    -------
    Ratio of the two.
    """
    ratio = limit_of(probe, m_mediator_MeV, model, higgs) / limit_of(over, m_mediator_MeV, model, higgs)
    return Answer(
        ratio, ratio * (laboratory.limit_error(probe, m_mediator_MeV) + laboratory.limit_error(over, m_mediator_MeV))
    )


@quantity(
    "dm_production.relic_over_limit",
    model_choice("vector", MODELS),
    M4,
    MIXING,
    M,
    choice("probe", laboratory.PROBES, "higgs_invisible", "limit"),
    CONVENTION,
    TARGET,
    unit="1",
    source="V-Fig. 6",
)
def relic_over_limit(
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    m_mediator_MeV: float,
    probe: str,
    target: float | None,
    convention: str,
    choices: Choices,
    wanted: Wanted,
    higgs: HiggsCoupling,
) -> Answer:
    """Couplings with the wanted relic density over the limit of a probe: above 1 is excluded.

    Returns
    -------
    Ratios, in ascending order of the couplings; an empty list where no coupling gives this relic density.
    """
    target = wanted.density(target)
    kind = "vector" if model != "scalar" else model
    limit = limit_of(probe, m_mediator_MeV, kind, higgs, m4_keV=m4_keV, s2=sin2_2theta)
    args = (model, m_mediator_MeV, resolve(convention, choices), m4_keV * 1e-3, sin2_2theta)
    roots, _, status = production.relic_couplings(*args, target)
    if status not in (Status.OK, Status.NO_SOLUTION):
        return finish(None, None, status)
    return Answer(
        (roots / limit).tolist(),
        (production.root_errors(*args, roots) / limit).tolist(),
        "" if len(roots) else "no coupling gives this relic density",
    )


@quantity(
    "dm_production.model_ratio",
    model_choice("lmu_ltau", MODELS),
    M4,
    MIXING,
    M,
    CONVENTION,
    TARGET,
    unit="1",
    source="V section IV",
)
def model_ratio(
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    m_mediator_MeV: float,
    target: float | None,
    convention: str,
    choices: Choices,
    wanted: Wanted,
) -> Answer:
    """Lowest coupling with the wanted relic density over that of the neutrinophilic vector.

    Returns
    -------
    Ratio of the two; no value where either model has no such coupling.
    """
    target = wanted.density(target)
    args = (m_mediator_MeV, resolve(convention, choices), m4_keV * 1e-3, sin2_2theta)
    lowest = []
    for name in (model, "vector"):
        roots, _, _ = production.relic_couplings(name, *args, target)
        if not len(roots):
            return Answer(None, None, f"model={name}: no coupling gives this relic density")
        lowest.append((float(roots[0]), float(production.root_errors(name, *args, roots[:1])[0])))
    (a, error_a), (b, error_b) = lowest
    return Answer(a / b, a / b * (error_a / a + error_b / b))


@quantity(
    "dm_production.benchmark_ratio",
    model_choice("vector", MODELS),
    M,
    CONVENTION,
    TARGET,
    unit="1",
    source="V section III.A",
)
def benchmark_ratio(
    model: str,
    m_mediator_MeV: float,
    target: float | None,
    convention: str,
    choices: Choices,
    wanted: Wanted,
    benchmarks: Benchmarks,
) -> Answer:
    """Lowest coupling for the second benchmark point (50 keV, 1e-15) over that for the first (7.1 keV, 7e-11).

    Returns
    -------
    Ratio of the two; no value where either point has no such coupling.
    """
    target = wanted.density(target)
    if len(benchmarks.pairs) < 2:
        return Answer(None, None, "only one benchmark point")
    lowest = []
    for m4, s2 in benchmarks.pairs[1::-1]:
        args = (resolve(convention, choices), 1e-3 * m4, s2, target)
        roots, _, _ = production.relic_couplings(model, m_mediator_MeV, *args)
        if not len(roots):
            return Answer(None, None, f"no coupling gives this relic density for m4 = {m4:g} keV")
        lowest.append(float(roots[0]))
    return Answer(lowest[0] / lowest[1], 1e-4 * lowest[0] / lowest[1])


@quantity("dm_production.hardness", *POINT, CONVENTION, unit="1", source="L-Fig. 4")
def hardness(
    model: str,
    m4_keV: float,
    sin2_2theta: float,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    choices: Choices,
) -> Answer:
    """Mean momentum over that of the Dodelson-Widrow mechanism with the same mass and mixing.

    Returns
    -------
    Ratio of the two.
    """
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    choices = resolve(convention, choices)
    value, error = production.mean_momentum(model, m, choices, m4_keV * 1e-3, coupling, sin2_2theta)
    standard, standard_error = production.mean_momentum("sm", 1.0, choices, m4_keV * 1e-3, 0.0, sin2_2theta)
    ratio = value / standard
    return finish(ratio, ratio * (error / value + standard_error / standard), Status.OK)


@quantity(
    "dm_production.coolest_mass_limit",
    choice("probe", tuple(half_mode_limits.LIMITS), half_mode_limits.MILKY_WAY, "published limit on warm dark matter"),
    MIXING,
    CONVENTION,
    TARGET,
    unit="keV",
    source="arXiv:2301.08299, its 37 keV",
)
def coolest_mass_limit(
    probe: str, sin2_2theta: float, target: float | None, convention: str, choices: Choices, wanted: Wanted
) -> Answer:
    """Smallest m4 that structure allows, for the coolest spectrum of any allowed scalar with this mixing that makes all
    of the dark matter.

    The error is half the change of the mass between two mixings of the curve, 1 % for the half mode and 1 % for the
    mediators and couplings that are tried.

    Returns
    -------
    Mass [keV]; no value where no allowed scalar makes all of the dark matter.
    """
    masses, mixings = structure_curves.smallest_masses(
        resolve(convention, choices), wanted.density(target), half_mode_limits.LIMITS[probe].k_hm
    )
    at = math.log(sin2_2theta)
    if not len(mixings):
        return Answer(None, None, "no allowed scalar makes dark matter with this density")
    logs = [math.log(mixing) for mixing in mixings.tolist()]
    if not logs[0] <= at <= logs[-1]:
        note = f"no allowed scalar makes dark matter near the limit with a mixing outside {mixings[0]:.1e} to "
        return Answer(None, None, f"{note}{mixings[-1]:.1e}")
    k = min(max(sum(log <= at for log in logs), 1), len(logs) - 1)
    part = (at - logs[k - 1]) / (logs[k] - logs[k - 1])
    low, high = float(masses[k - 1]), float(masses[k])
    value = low + part * (high - low)
    return Answer(value, 0.5 * abs(high - low) + 0.02 * value, half_mode_limits.MAPPED)
