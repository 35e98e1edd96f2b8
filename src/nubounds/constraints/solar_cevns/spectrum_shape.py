"""Where the dipole's recoil spectrum is largest, and where it has fallen to a share of that."""

from __future__ import annotations

import math

import numpy as np

from nubounds.contract import Answer
from nubounds.kernels import solar_cevns as kernel
from nubounds.numerics import extrema
from nubounds.solar.rates import Rates

RECOILS = 4001  # tried for the largest rate, equal steps in ln T
PEAK_TOLERANCE = 1e-6  # of ln T at the largest rate
RATE_ERROR = 1e-9  # relative, of rates compared with each other
LEAST_RECOIL_KEV = 1e-100  # tried


def recoil_ends(rates: Rates, m4_MeV: float, E_MeV: float) -> tuple[float, float] | None:
    """Smallest and largest recoil of any isotope at a neutrino energy.

    Parameters
    ----------
    rates : whose isotopes recoil
    m4_MeV, E_MeV : mass, and energy of the neutrino

    Returns
    -------
    In keV, or None where there is no recoil.
    """
    E, m4 = np.array([E_MeV]), np.array([m4_MeV])
    ranges = np.array([1e3 * kernel.recoil_ranges(E, m4, M)[0][0] for M in rates.nuclei.M_MeV])
    there = np.isfinite(ranges).all(axis=1)
    return (ranges[there, 0].min(), ranges[there, 1].max()) if there.any() else None


def low_recoil_cutoff(
    rates: Rates, m4_MeV: float, fraction: float, flavour: str, totals: tuple[float, float]
) -> Answer:
    """Lowest recoil with a share of the largest dipole rate, and where the rate is largest.

    Parameters
    ----------
    rates : the target
    m4_MeV : mass of the heavy neutrino
    fraction : share of the largest rate
    flavour : flavour with the moment
    totals : total fluxes [1/(cm2 s)], as :meth:`nubounds.solar.inputs.SolarFluxes.of` gives them

    Returns
    -------
    T_keV and peak_keV, each with its error; no value where the rate vanishes or rises down to the least recoil tried.
    """
    weights = rates.combination(flavour, totals)
    ends = recoil_ends(rates, m4_MeV, rates.end_point(totals))
    if ends is None:
        return Answer(None, None, f"m4 = {m4_MeV:g} MeV is never produced: the rate vanishes")
    if ends[0] < LEAST_RECOIL_KEV:
        return Answer(None, None, f"the rate rises down to recoils below {LEAST_RECOIL_KEV:g} keV")

    def of_log(t):
        return np.einsum("nfc,fc->n", rates.recoil(np.exp(t), m4_MeV)[0][:, :, 1:], weights)

    t = extrema.grid(*np.log(ends), RECOILS, PEAK_TOLERANCE)
    peaks = extrema.maxima(lambda t: of_log(t)[None, :], t, of_log(t)[None, :], PEAK_TOLERANCE)
    t = np.union1d(t, peaks)
    values = of_log(t)
    k = int(np.argmax(values))
    top = values[k]
    if not top > 0:
        return Answer(None, None, "the rate vanishes")

    def first(share):
        """The lowest recoil with this share of the largest rate; the peak where rounding leaves none."""
        if share > 1 - RATE_ERROR:
            return math.exp(t[k])
        return math.exp(reaches(share)[0])

    def reaches(share):
        """ln T at which the rate begins or ceases to reach a share of the largest."""

        def lacking(found):
            return np.maximum(1 - found / (share * top), -1)

        return extrema.edges(lambda t: lacking(of_log(t)), t, lacking(values))

    nearly = reaches(1 - 2 * RATE_ERROR)
    low, high = np.exp(nearly[nearly <= t[k]]), np.exp(nearly[nearly >= t[k]])
    peak, cutoff = math.exp(t[k]), first(fraction)
    around = [abs(first(fraction * (1 + sign * 2 * RATE_ERROR)) - cutoff) for sign in (-1, 1)]
    errors = {
        "T_keV": max(around) + 1e-9 * cutoff,
        "peak_keV": float(max(peak - low.min(initial=peak), high.max(initial=peak) - peak)) + PEAK_TOLERANCE * peak,
    }
    return Answer({"T_keV": cutoff, "peak_keV": peak}, errors)
