"""Quantities that stand for a sentence of the paper: ratios, crossings of curves, order-of-magnitude estimates."""

from __future__ import annotations

import math

from nubounds.constraints.sn_dipole import decay, low_energy, probes, rates
from nubounds.constraints.sn_dipole.constants import HBARC_MEV_CM
from nubounds.constraints.sn_dipole.production import E_MAX_MEV, Doubt, Options, spectrum, spectrum_beyond
from nubounds.constraints.sn_dipole.quantities import COUPLING, DELAY, M_MAX, M_MIN, MASS, WINDOW, sn1987a
from nubounds.contract import Answer, choice, number, quantity


@quantity(
    "sn_dipole.leptoquark_moment",
    MASS,
    number("m_nu_eV", "eV", 0.1, minimum=1e-12, maximum=1e9, meaning="active mass"),
    unit="1/MeV",
    source="text, p. 3 (ref. 26)",
)
def leptoquark_moment(M_MeV, m_nu_eV):
    """d = 1e-13 MeV^-2 sqrt(m_nu M) of the leptoquark model."""
    value = probes.leptoquark(M_MeV, m_nu_eV)
    return Answer(value, 1e-15 * value)


@quantity(
    "sn_dipole.trapping_moment",
    number("path_km", "km", 12.0, minimum=1e-6, maximum=1e12, meaning="mean free path at which N is trapped"),
    number("E_MeV", "MeV", 100.0, minimum=1e-3, maximum=1e5),
    number("T_MeV", "MeV", 30.0, minimum=0.1, maximum=1e4),
    number("mu_e_MeV", "MeV", 150.0, minimum=0, maximum=1e4),
    number("M_MeV", "MeV", 1.0, minimum=M_MIN, maximum=M_MAX),
    unit="1/MeV",
    source="text, p. 1: the upper end of the cooling bound",
)
def trapping_moment(path_km, E_MeV, T_MeV, mu_e_MeV, M_MeV):
    """d at which the mean free path hbar c/Gamma, with the rate of production standing in for absorption, equals a
    length.
    """
    rate, error = rates.precise_rate(E_MeV, T_MeV, mu_e_MeV, M_MeV, "debye", True)
    if rate == 0:
        return Answer(None, None, "no N are made here: the neutrino has too little energy for this mass")
    value = math.sqrt(HBARC_MEV_CM / (path_km * 1e5) / rate)
    return Answer(value, 0.5 * value * error / rate)


@quantity(
    "sn_dipole.crossover_mass",
    choice("curve", ("inverse_decay", "diffuse", "eastrogam", "smm"), meaning="the curve that takes over"),
    DELAY,
    unit="MeV",
    source="Fig. 1",
)
def crossover_mass(curve, delay):
    """Mass at which inverse decay equals scattering, SMM overtakes the diffuse background, or a telescope reaches the
    leptoquark line.
    """
    value, error = probes.crossover(curve, delay, probes.Setup())
    return Answer(value, error)


@quantity(
    "sn_dipole.limit_ratio",
    choice("probe", (*probes.PROBES, "low_energy")),
    choice("reference", probes.PROBES),
    MASS,
    number("reference_M_MeV", "MeV", None, minimum=M_MIN, maximum=M_MAX, meaning="mass of the reference, if another"),
    DELAY,
    unit="1",
    source="Fig. 1",
)
def limit_ratio(probe, reference, M_MeV, reference_M_MeV, delay):
    """Limit on d of one probe over that of another."""
    setup = probes.Setup()
    if probe == "low_energy":
        first = low_energy.limit(spectrum(M_MeV, setup.options), delay)
    else:
        first = probes.coupling_limit(probe, M_MeV, delay, setup)
    second = probes.coupling_limit(reference, reference_M_MeV or M_MeV, delay, setup)
    if first.value is None or second.value is None:
        return Answer(None, None, first.note or second.note)
    ratio = first.value / second.value
    return Answer(ratio, ratio * (first.error / first.value + second.error / second.value))


@quantity(
    "sn_dipole.spectrum_ratio",
    MASS,
    COUPLING,
    WINDOW,
    DELAY,
    number("E_low_MeV", "MeV", 10.0, minimum=1e-3, maximum=E_MAX_MEV),
    number("E_high_MeV", "MeV", 50.0, minimum=1e-3, maximum=E_MAX_MEV),
    unit="1",
    source="Fig. 3: the plateau",
)
def spectrum_ratio(M_MeV, d_per_MeV, window_s, delay, E_low_MeV, E_high_MeV):
    """Photon spectrum at one energy over that at another."""
    window = sn1987a(window_s, delay)
    energies = (E_low_MeV, E_high_MeV)
    parents = spectrum_beyond(max(energies), M_MeV, Options())
    (low, below), (high, above) = decay.daughters_per_energy(parents, energies, window, d_per_MeV)
    if not high > 0:
        return Answer(None, None, "no photons at E_high_MeV")
    doubt = decay.daughters_per_energy(Doubt(parents), energies, window, d_per_MeV)[:, 0]
    return Answer(low / high, (1e-5 * low + below + doubt[0] + (above + doubt[1]) * low / high) / high)


@quantity("sn_dipole.detector_ratio", unit="1", source="text on the high-energy analysis")
def detector_ratio():
    """Mass of Kamiokande-II over that of IMB."""
    kamiokande, imb = probes.default_searches()["kamiokande_imb"].detectors
    return Answer(kamiokande.mass_kt / imb.mass_kt, 0.0)


QUANTITIES = (
    leptoquark_moment,
    trapping_moment,
    crossover_mass,
    limit_ratio,
    spectrum_ratio,
    detector_ratio,
)
