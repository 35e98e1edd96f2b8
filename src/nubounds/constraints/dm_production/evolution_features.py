"""What the slides say about the evolution: powers of the relic density, peaks and slopes of the production, time
scales.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nubounds.constraints.dm_production import phase_space, production
from nubounds.constraints.dm_production.inputs import Choices
from nubounds.constraints.dm_production.medium import limits_of
from nubounds.kernels import dm_thermal

PEAK_STEP = 0.01  # in ln z


def scaling_exponent(
    of: str, model: str, choices: Choices, m4_MeV: float, s2: float, coupling: float, m: float, step: float = 0.02
) -> tuple[float, float]:
    """dln(Omega h^2)/dln(of), of = coupling | m_mediator | m4 | mixing, by a symmetric difference: (value, error from
    twice the step, and from the errors of the densities, which jump from point to point near a narrow resonance).

    Parameters
    ----------
    of : what is varied
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV]
    s2 : sin^2 2theta
    coupling : lambda or g
    m : mass of the mediator [MeV]
    step : of the difference, in the logarithm

    Returns
    -------
    (value, error)
    """

    def density(shift):
        factor = np.exp(shift)
        shifted = {"coupling": coupling, "m_mediator": m, "m4": m4_MeV, "mixing": s2}
        shifted[of] *= factor
        value, error, _ = production.relic_densities(
            model, shifted["m_mediator"], choices, [shifted["coupling"]], shifted["m4"], shifted["mixing"]
        )
        return np.log(value[0]), error[0] / value[0]

    (above, error_above), (below, error_below) = density(step), density(-step)
    fine = (above - below) / (2 * step)
    coarse = (density(2 * step)[0] - density(-2 * step)[0]) / (4 * step)
    return float(fine), float(abs(fine - coarse) + (error_above + error_below) / (2 * step))


def history(
    x: float, log_z: np.ndarray, model: str, choices: Choices, m4_MeV: float, s2: float, coupling: float, m: float
) -> dict:
    """Gamma/H, sin^2(2 theta_eff)/sin^2(2 theta) and df/dln z at one x and given ln z: arrays of the shape of log_z,
    V(2.5) and V(2.8).

    Parameters
    ----------
    x : momentum over temperature
    log_z : ln(MeV/T), shape (n,)
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV]
    s2 : sin^2 2theta
    coupling : lambda or g
    m : mass of the mediator [MeV]

    Returns
    -------
    gamma_over_H, potential_over_H, splitting_over_H, mixing_ratio and df_dlnz, each of shape (n,)
    """
    at = phase_space.at_times(x, log_z, model, m, choices)
    D, d, gamma = (rate[0] for rate in at.rates(m4_MeV, coupling, s2))
    mixing = D**2 / (D**2 * s2 + 0.25 * gamma**2 + d**2)
    return {
        "gamma_over_H": gamma / at.background.stretch,
        "potential_over_H": at.potential(coupling)[0] / at.background.stretch,
        "splitting_over_H": D / at.background.stretch,
        "mixing_ratio": mixing,
        "df_dlnz": 0.25 * gamma * s2 * mixing * at.grid.f_a[0],
    }


def _fine_history(x, model, choices, m4_MeV, s2, coupling, m, step=PEAK_STEP):
    """Equal steps from the beginning of the evolution, and its end."""
    first, last = limits_of(choices)
    log_z = np.append(np.arange(first, last, step), last)
    return log_z, history(x, log_z, model, choices, m4_MeV, s2, coupling, m)


def _top(rate, log_z) -> float | None:
    """Where the parabola through three values at equal steps is highest; None where it is not bent downwards."""
    bend = rate[2] - 2 * rate[1] + rate[0]
    if not bend < 0:
        return None
    return log_z[1] + (log_z[1] - log_z[0]) * np.clip(0.5 * (rate[0] - rate[2]) / bend, -1, 1)


def _log_production(values: dict) -> np.ndarray:
    """ln(df/dln z), -inf where nothing is produced."""
    production_rate = values["df_dlnz"]
    with np.errstate(divide="ignore"):
        return np.log(np.where(production_rate > production.NOTHING, production_rate, 0.0))


def production_peak(x: float, *args: Any) -> tuple[float, float]:
    """z at which df/dz is largest, from a parabola through ln(df/dz) at three neighbours: (value, error from a grid
    twice as coarse and from a parabola ten times as narrow), NaN where nothing is produced.

    Parameters
    ----------
    x : momentum over temperature
    args : model, choices, m4 [MeV], sin^2 2theta, coupling, mass of the mediator [MeV]

    Returns
    -------
    (z, error)
    """

    def rate(log_z):
        return _log_production(history(x, log_z, *args)) - log_z

    found = []
    for step in (PEAK_STEP, 2 * PEAK_STEP):
        log_z, values = _fine_history(x, *args, step=step)
        values = _log_production(values) - log_z
        k = int(np.argmax(values))
        inside = 0 < k < len(values) - 2  # the last step is shorter
        if not np.all(np.isfinite(values[max(k - 1, 0) : k + 2])):
            return np.nan, np.nan
        place = _top(values[k - 1 : k + 2], log_z[k - 1 : k + 2]) if inside else None
        found.append(log_z[k] if place is None else place)
        if place is None and step == PEAK_STEP:  # at one of the ends, or within a step of it
            return float(np.exp(log_z[k])), float(np.exp(log_z[k]) * np.expm1(step))
    near = found[0] + 0.1 * PEAK_STEP * np.array([-1, 0, 1])
    again = _top(rate(near), near)
    doubt = PEAK_STEP if again is None else 2 * abs(again - found[0])
    return float(np.exp(found[0])), float(np.exp(found[0]) * (abs(found[1] - found[0]) + doubt + 1e-7))


def production_slope(x: float, z: float, *args: Any) -> tuple[float, float]:
    """dln(df/dz)/dln z at z: (value, error from twice the step), NaN where nothing is produced.

    Parameters
    ----------
    x : momentum over temperature
    z : MeV/T
    args : model, choices, m4 [MeV], sin^2 2theta, coupling, mass of the mediator [MeV]

    Returns
    -------
    (value, error)
    """
    slopes = []
    for h in (1e-3, 2e-3):
        rate = _log_production(history(x, np.log(z) + np.array([-h, h]), *args))
        if not np.all(np.isfinite(rate)):
            return np.nan, np.nan
        slopes.append((rate[1] - rate[0]) / (2 * h) - 1)
    return float(slopes[0]), float(abs(slopes[0] - slopes[1]))


def time_scales(
    x: float, model: str, choices: Choices, m4_MeV: float, s2: float, coupling: float, m: float
) -> dict[str, float | None]:
    """z0: Gamma falls below H for good; z1: D rises above max(|V|, Gamma) for good; z2 = MeV/m (V section III.A; the
    Letter calls z1 z0).

    Parameters
    ----------
    x : momentum over temperature
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l
    choices : switches, all settled (see `conventions.resolve`)
    m4_MeV : mass of the sterile neutrino [MeV]
    s2 : sin^2 2theta
    coupling : lambda or g
    m : mass of the mediator [MeV]

    Returns
    -------
    z0, z1 and z2, None where there is none within the evolution
    """
    log_z, rates = _fine_history(x, model, choices, m4_MeV, s2, coupling, m)
    hindrance = np.maximum(np.abs(rates["potential_over_H"]), rates["gamma_over_H"])
    return {
        "z0": _last_crossing(log_z, np.log(rates["gamma_over_H"])),
        "z1": _last_crossing(log_z, np.log(hindrance / rates["splitting_over_H"])),
        "z2": 1.0 / m,
    }


def _last_crossing(t, values) -> float | None:
    """e^t where `values` falls through zero for the last time, or None."""
    falls = np.flatnonzero((values[:-1] > 0) & (values[1:] <= 0))
    if not falls.size:
        return None
    k = falls[-1]
    return float(np.exp(t[k] + (t[k + 1] - t[k]) * values[k] / (values[k] - values[k + 1])))


def potential_zero(x: float) -> tuple[float, float]:
    """m/T at which the thermal potential vanishes, by bisection: (value, error).

    Parameters
    ----------
    x : momentum over temperature

    Returns
    -------
    (value, error)
    """
    low, high = 1e-3, 1e3
    for _ in range(60):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if dm_thermal.potential_at(x, middle)[0] > 0 else (low, middle)
    return float(low), float(high - low + 1e-12)
