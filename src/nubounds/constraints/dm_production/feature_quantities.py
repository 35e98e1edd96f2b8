"""Limits of the laboratory, and the features of curves that the slides state in words: each a quantity of its own."""

from __future__ import annotations

import math
from dataclasses import replace

from nubounds.constants import G_F_PER_MEV2
from nubounds.constraints.dm_production import (
    band,
    data,
    features,
    laboratory,
    phase_space,
    production,
    self_interaction,
    validity,
)
from nubounds.constraints.dm_production.conventions import SWITCHES, resolve
from nubounds.constraints.dm_production.medium import MODELS
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
from nubounds.contract import Answer, Status, choice, number, quantity
from nubounds.kernels import dm_thermal

POINT = (model_choice(), M4, MIXING, COUPLING, MASS)
X1 = number("x", default=1.0, minimum=1e-4, maximum=100, meaning="E/T")
KAPPA = number(
    "kappa",
    default=1.0,
    minimum=1e-6,
    maximum=1e6,
    meaning="1 for the Higgs coupling lambda h/v as printed, 0.5 for 2 lambda h/v",
)


@quantity(
    "dm_production.coupling_limit",
    choice("probe", laboratory.PROBES, "higgs_invisible", "what excludes larger couplings"),
    M,
    M4,
    MIXING,
    model_choice("scalar", NEUTRINOPHILIC),
    KAPPA,
    unit="1",
    source="V(3.19), V(3.20), V section III.E; Letter, Fig. 2",
)
def coupling_limit(probe, m_mediator_MeV, m4_keV, sin2_2theta, model, kappa):
    """Largest coupling that a laboratory probe or the lifetime of the sterile neutrino allows (vector for Higgs and
    W; scalar for the lifetime).
    """
    value = laboratory.coupling_limit(probe, m_mediator_MeV, model, m4_keV, sin2_2theta, kappa)
    if value is None:
        return Answer(None, None, f"{probe}: closed for m_mediator_MeV at or above {laboratory.threshold(probe):g}")
    error = laboratory.limit_error(probe, m_mediator_MeV)
    return Answer(value, error * value, validity.note(1.0, value, m_mediator_MeV))


@quantity("dm_production.fermi_line", M, unit="1", source="L-Fig. 2, right")
def fermi_line(m_mediator_MeV):
    """Coupling at which coupling^2/m^2 = G_F."""
    return Answer(laboratory.fermi_line(m_mediator_MeV), 0.0)


@quantity(
    "dm_production.xray_rate",
    M4,
    MIXING,
    unit="1/s",
    source="slide 'Sterile neutrinos as dark matter'; Pal and Wolfenstein",
)
def xray_rate(m4_keV, sin2_2theta):
    """Rate of nu4 -> nu gamma, with the line at half the mass."""
    return Answer(laboratory.xray_rate(m4_keV, sin2_2theta), 0.0)


@quantity(
    "dm_production.mediator_width",
    model_choice("scalar", tuple(MODELS)),
    M,
    COUPLING,
    unit="MeV",
    source="V(3.11), V(4.6)",
)
def mediator_width(model, m_mediator_MeV, coupling):
    """Total width of the mediator to leptons."""
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    return Answer(laboratory.mediator_width(model, m, coupling), 0.0)


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
    choice("flavour", ("mu", "e", "tau"), "mu", "whether the electrons' loop counts at T << m_mu"),
    unit="1; GeV^-4",
    source="V(2.6)",
)
def potential_coefficient(v_sm, flavour):
    """V_SM = -number G_F E T^4 (2 or 0/M_W^2 + 1/M_Z^2) = -per_GeV4 E T^4 where electrons are the only charged
    leptons left.
    """
    fermions, bosons = (n * math.sqrt(2) * math.pi**2 / 45 for n in (7, 12))
    coefficient = bosons if v_sm == "printed" else fermions
    leptons = 2.0 if flavour == "e" or v_sm == "printed" else 0.0
    per_GeV4 = coefficient * G_F_PER_MEV2 * (leptons / data.M_W_MEV**2 + 1 / data.M_Z_MEV**2) * 1e12
    return Answer({"number": coefficient, "per_GeV4": per_GeV4}, {"number": 0.0, "per_GeV4": 0.0})


@quantity(
    "dm_production.cross_section",
    number("s_over_m2", above=0, minimum=1e-12, maximum=1e12, meaning="s/m^2, away from 1"),
    choice(
        "channel",
        ("scalar", "vector", "flavour"),
        "scalar",
        "nu nu and nu nubar, or what one more neutrino flavour adds for a gauge boson",
    ),
    unit="1",
    source="L(5), V(3.5)",
)
def cross_section(s_over_m2, channel):
    """Off-shell cross section of an active neutrino, both channels summed, in coupling^4/m^2."""
    if s_over_m2 == 1.0:
        return Answer(None, None, "on the pole: the finite part is defined in the integral only")
    value = dm_thermal.cross_section_at(s_over_m2, dm_thermal.CHANNELS[channel])
    return Answer(value, 1e-12 * abs(value))


@quantity(
    "dm_production.scaling_exponent",
    choice("of", ("coupling", "m_mediator", "m4", "mixing"), "coupling", "what is varied"),
    *POINT,
    *SWITCHES,
    unit="1",
    source="Letter, regimes A, B, C",
)
def scaling_exponent(of, model, m4_keV, sin2_2theta, coupling, m_mediator_MeV, **switches):
    """Logarithmic derivative of the relic density."""
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    return Answer(*features.scaling_exponent(of, model, resolve(**switches), m4_keV * 1e-3, sin2_2theta, coupling, m))


@quantity("dm_production.production_peak", X1, *POINT, *SWITCHES, unit="1", source="L-Fig. 3")
def production_peak(x, model, m4_keV, sin2_2theta, coupling, m_mediator_MeV, **switches):
    """z at which df_s/dz is largest."""
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    found = features.production_peak(x, model, resolve(**switches), m4_keV * 1e-3, sin2_2theta, coupling, m)
    return finish(*found, Status.OK)


@quantity(
    "dm_production.production_slope",
    number("z", default=0.01, minimum=1e-6, maximum=100, meaning="MeV/T"),
    X1,
    *POINT,
    *SWITCHES,
    unit="1",
    source="L-Fig. 3",
)
def production_slope(z, x, model, m4_keV, sin2_2theta, coupling, m_mediator_MeV, **switches):
    """Logarithmic slope of df_s/dz against z."""
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    found = features.production_slope(x, z, model, resolve(**switches), m4_keV * 1e-3, sin2_2theta, coupling, m)
    return finish(*found, Status.OK)


@quantity("dm_production.time_scales", X1, *POINT, *SWITCHES, unit="1", source="V section III.A, V-Fig. 5")
def time_scales(x, model, m4_keV, sin2_2theta, coupling, m_mediator_MeV, **switches):
    """z0 (Gamma = H), z1 (vacuum splitting = larger of potential and rate), z2 = MeV/m."""
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    found = features.time_scales(x, model, resolve(**switches), m4_keV * 1e-3, sin2_2theta, coupling, m)
    note = "" if None not in found.values() else "a time scale outside 1/T_max_MeV < z < z_max is none"
    return Answer(found, {name: None if value is None else 1e-4 * value for name, value in found.items()}, note)


@quantity("dm_production.potential_zero", X1, unit="1", source="L(7), footnote 1 of the Letter")
def potential_zero(x):
    """m/T at which the thermal potential of the mediator changes its sign."""
    return Answer(*features.potential_zero(x))


@quantity("dm_production.resonance_time", X1, M, unit="1", source="footnote 1 of the Letter")
def resonance_time(x, m_mediator_MeV):
    """z = MeV/T at which the thermal potential of the mediator vanishes."""
    zero, error = features.potential_zero(x)
    return Answer(zero / m_mediator_MeV, error / m_mediator_MeV)


@quantity("dm_production.density_matrix_ratio", X1, *POINT, *SWITCHES, unit="1", source="D(32), V(2.8)")
def density_matrix_ratio(x, model, m4_keV, sin2_2theta, coupling, m_mediator_MeV, **switches):
    """f_s of the density matrix over that of the Boltzmann equation with back-reaction."""
    coupling, m = interaction(model, coupling, m_mediator_MeV)
    at = phase_space.line(x, model, m, resolve(**switches))
    expected, uncertain = phase_space.boltzmann(at, m4_keV * 1e-3, coupling, sin2_2theta, True)
    if not expected[0] > production.NOTHING:
        return finish(math.nan, math.nan, Status.OK)
    value, error, _, status = phase_space.density_matrix(at, m4_keV * 1e-3, coupling, sin2_2theta)
    return finish(value[0] / expected[0], (error[0] + uncertain[0]) / expected[0], status)


@quantity("dm_production.mixing_band", M4, *SWITCHES, TARGET, unit="1", source="L-Fig. 5")
def mixing_band(m4_keV, target, **switches):
    """Smallest and largest sin^2 2theta for which some allowed scalar between 5 MeV and 10 GeV makes all of the dark
    matter.
    """
    found = band.overall_range(resolve(**switches), m4_keV * 1e-3, target)
    if found is None:
        return Answer(None, None, "no allowed scalar makes all of the dark matter with a mixing below 0.5")
    lowest, highest, errors = found
    return Answer({"lowest": lowest, "highest": highest}, errors, validity.note(m4_keV))


@quantity(
    "dm_production.turning_masses",
    model_choice("scalar", tuple(MODELS)),
    M4,
    MIXING,
    *SWITCHES,
    TARGET,
    unit="MeV",
    source="L-Fig. 2, V-Fig. 6",
)
def turning_masses(model, m4_keV, sin2_2theta, target, **switches):
    """Lightest and heaviest mediator for which three couplings give the wanted relic density."""
    found, errors = features.turning_masses(model, resolve(**switches), m4_keV * 1e-3, sin2_2theta, target)
    note = "" if None not in found.values() else "no mass with three couplings, or not between 100 MeV and 10 GeV"
    return Answer(found, errors, note)


@quantity(
    "dm_production.self_interacting_density",
    M4,
    MIXING,
    number("coupling_sterile", default=1e-5, minimum=0, maximum=1, meaning="lambda_s"),
    replace(M, default=1.0, meaning="mass of the scalar"),
    choice("method", ("boltzmann", "density_matrix"), "boltzmann", "quasi-static with f_a - f_22, or D(32)"),
    *SWITCHES,
    unit="1",
    source="D(28)-(33)",
)
def self_interacting_density(m4_keV, sin2_2theta, coupling_sterile, m_mediator_MeV, method, **switches):
    """Omega h^2 with collisions among the sterile neutrinos; the active ones have Standard Model interactions."""
    bath = self_interaction.evolve(
        m4_keV * 1e-3, sin2_2theta, coupling_sterile, m_mediator_MeV, resolve(**switches), method
    )
    return finish(bath.relic_density, bath.error, bath.status, validity.note(m4_keV, coupling_sterile))
