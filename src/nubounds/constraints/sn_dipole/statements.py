"""Quantities that stand for a sentence of the paper: ratios, crossings of curves, order-of-magnitude estimates."""

from __future__ import annotations

import math

from nubounds.constraints.sn_dipole import criteria, decay
from nubounds.constraints.sn_dipole.constants import HBARC_MEV_CM
from nubounds.constraints.sn_dipole.inputs import (
    E_MAX_MEV,
    M_MIN_MEV,
    Analysis,
    Arrival,
    DetectorMasses,
    Leptoquark,
    Production,
    Scattering,
    SolarMaximum,
)
from nubounds.constraints.sn_dipole.production import SpectrumError, spectrum_beyond
from nubounds.constraints.sn_dipole.quantities import COUPLING, DELAY, MASS, WINDOW, electron_rate, sn1987a_window
from nubounds.contract import Answer, choice, number, quantity


@quantity(
    "sn_dipole.leptoquark_moment",
    MASS,
    number("m_nu_eV", "eV", None, minimum=1e-12, maximum=1e9, meaning="active mass; default: leptoquark_m_nu_eV"),
    unit="1/MeV",
    source="text, p. 3 (ref. 26)",
)
def leptoquark_moment(M_MeV: float, m_nu_eV: float | None, model: Leptoquark) -> Answer:
    """d = 1e-13 MeV^-2 sqrt(m_nu M) of the leptoquark model.

    Returns
    -------
    d [1/MeV], exact but for rounding.
    """
    value = criteria.leptoquark(M_MeV, model if m_nu_eV is None else Leptoquark(m_nu_eV))
    return Answer(value, 1e-15 * value)


@quantity(
    "sn_dipole.trapping_moment",
    number("path_km", "km", 12.0, minimum=1e-6, maximum=1e12, meaning="mean free path at which N is trapped"),
    number("E_MeV", "MeV", 100.0, minimum=1e-3, maximum=1e5, meaning="energy of the neutrino"),
    number("T_MeV", "MeV", 30.0, minimum=0.1, maximum=1e4, meaning="temperature"),
    number("mu_e_MeV", "MeV", 150.0, minimum=0, maximum=1e4, meaning="chemical potential of the electrons"),
    number("M_MeV", "MeV", 1.0, minimum=M_MIN_MEV, maximum=E_MAX_MEV, meaning="mass of the sterile neutrino"),
    unit="1/MeV",
    source="text, p. 1: the upper end of the cooling bound",
)
def trapping_moment(
    path_km: float, E_MeV: float, T_MeV: float, mu_e_MeV: float, M_MeV: float, scattering: Scattering
) -> Answer:
    """d at which the mean free path hbar c/Gamma, with the rate of production standing in for absorption, equals a
    length.

    Returns
    -------
    d [1/MeV]; none where no N are made.
    """
    rate, error = electron_rate(E_MeV, T_MeV, mu_e_MeV, M_MeV, scattering)
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
def crossover_mass(curve: str, delay: str | None, analysis: Analysis, model: Leptoquark) -> Answer:
    """Mass at which inverse decay equals scattering, SMM overtakes the diffuse background, or a telescope reaches the
    leptoquark line.

    Returns
    -------
    Mass [MeV].
    """
    value, error = criteria.crossover(curve, delay or analysis.arrival.delay, analysis, model)
    return Answer(value, error)


@quantity(
    "sn_dipole.limit_ratio",
    choice("probe", (*criteria.PROBES, "low_energy"), meaning="whose limit is compared"),
    choice("reference", criteria.PROBES, meaning="with whose limit"),
    MASS,
    number(
        "reference_M_MeV",
        "MeV",
        None,
        minimum=M_MIN_MEV,
        maximum=E_MAX_MEV,
        meaning="mass of the reference; default: M_MeV",
    ),
    DELAY,
    unit="1",
    source="Fig. 1",
)
def limit_ratio(
    probe: str, reference: str, M_MeV: float, reference_M_MeV: float | None, delay: str | None, analysis: Analysis
) -> Answer:
    """Limit on d of one probe over that of another.

    Returns
    -------
    Ratio of the two; none where either has no limit.
    """
    delay = delay or analysis.arrival.delay
    first = criteria.coupling_limit(probe, M_MeV, delay, analysis)
    second = criteria.coupling_limit(reference, reference_M_MeV or M_MeV, delay, analysis)
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
    number("E_low_MeV", "MeV", 10.0, minimum=1e-3, maximum=E_MAX_MEV, meaning="energy of the numerator"),
    number("E_high_MeV", "MeV", 50.0, minimum=1e-3, maximum=E_MAX_MEV, meaning="energy of the denominator"),
    unit="1",
    source="Fig. 3: the plateau",
)
def spectrum_ratio(
    M_MeV: float,
    d_per_MeV: float,
    window_s: float | None,
    delay: str | None,
    E_low_MeV: float,
    E_high_MeV: float,
    production: Production,
    arrival: Arrival,
    view: SolarMaximum,
) -> Answer:
    """Photon spectrum at one energy over that at another.

    Returns
    -------
    Ratio of the two; none where there are no photons at E_high_MeV.
    """
    window = sn1987a_window(window_s, delay, view, arrival)
    energies = (E_low_MeV, E_high_MeV)
    parents = spectrum_beyond(max(energies), M_MeV, production, d_per_MeV)
    (low, below), (high, above) = decay.daughters_per_energy(parents, energies, window, d_per_MeV)
    if not high > 0:
        return Answer(None, None, "no photons at E_high_MeV")
    more = decay.daughters_per_energy(SpectrumError(parents), energies, window, d_per_MeV)[:, 0]
    return Answer(low / high, (1e-5 * low + below + more[0] + (above + more[1]) * low / high) / high)


@quantity("sn_dipole.detector_ratio", unit="1", source="text on the high-energy analysis")
def detector_ratio(masses: DetectorMasses):
    """Mass of Kamiokande-II over that of IMB."""
    return Answer(masses.detector_mass_kt.kamiokande / masses.detector_mass_kt.imb, 0.0)
