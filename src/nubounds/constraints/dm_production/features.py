"""What the slides say about curves rather than points: slopes, peaks, turning points, time scales."""

from __future__ import annotations

import numpy as np

from nubounds.constraints.dm_production import phase_space, production
from nubounds.constraints.dm_production.conventions import Choices
from nubounds.constraints.dm_production.medium import limits_of
from nubounds.kernels import dm_thermal

PEAK_STEP = 0.01  # in ln z


def scaling_exponent(
    of: str, model: str, choices: Choices, m4_MeV: float, s2: float, coupling: float, m: float, step: float = 0.02
):
    """dln(Omega h^2)/dln(of), of = coupling | m_mediator | m4 | mixing, by a symmetric difference: (value, error from
    twice the step).
    """

    def density(shift):
        factor = np.exp(shift)
        shifted = {"coupling": coupling, "m_mediator": m, "m4": m4_MeV, "mixing": s2}
        shifted[of] *= factor
        value, _, _ = production.relic_densities(
            model, shifted["m_mediator"], choices, [shifted["coupling"]], shifted["m4"], shifted["mixing"]
        )
        return np.log(value[0])

    fine, coarse = ((density(h) - density(-h)) / (2 * h) for h in (step, 2 * step))
    return float(fine), float(abs(fine - coarse))


def history(
    x: float, log_z: np.ndarray, model: str, choices: Choices, m4_MeV: float, s2: float, coupling: float, m: float
) -> dict:
    """Gamma/H, sin^2(2 theta_eff)/sin^2(2 theta) and df/dln z at one x and given ln z: arrays of the shape of log_z,
    V(2.5) and V(2.8).
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
    first, last = limits_of(choices)
    log_z = np.arange(first, last + step / 2, step)
    return log_z, history(x, log_z, model, choices, m4_MeV, s2, coupling, m)


def _log_production(values: dict) -> np.ndarray:
    """ln(df/dln z), -inf where nothing is produced."""
    production_rate = values["df_dlnz"]
    with np.errstate(divide="ignore"):
        return np.log(np.where(production_rate > production.NOTHING, production_rate, 0.0))


def production_peak(x: float, *args) -> tuple[float, float]:
    """z at which df/dz is largest, from a parabola through ln(df/dz) at three neighbours: (value, error from a grid
    twice as coarse), NaN where nothing is produced.
    """
    found = []
    for step in (PEAK_STEP, 2 * PEAK_STEP):
        log_z, values = _fine_history(x, *args, step=step)
        rate = _log_production(values) - log_z
        k = int(np.clip(np.argmax(rate), 1, len(rate) - 2))
        if not np.all(np.isfinite(rate[k - 1 : k + 2])):
            return np.nan, np.nan
        bend = rate[k + 1] - 2 * rate[k] + rate[k - 1]
        shift = 0.5 * (rate[k - 1] - rate[k + 1]) / bend if bend < 0 else 0.0
        found.append(np.exp(log_z[k] + step * np.clip(shift, -1, 1)))
    return float(found[0]), float(abs(found[0] - found[1]))


def production_slope(x: float, z: float, *args) -> tuple[float, float]:
    """dln(df/dz)/dln z at z: (value, error from twice the step), NaN where nothing is produced."""
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
    """m/T at which the thermal potential vanishes, by bisection: (value, error)."""
    low, high = 1e-3, 1e3
    for _ in range(60):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if dm_thermal.potential_at(x, middle)[0] > 0 else (low, middle)
    return float(low), float(high - low + 1e-12)


def turning_masses(
    model: str, choices: Choices, m4_MeV: float, s2: float, target: float, low=100.0, high=1e4
) -> dict[str, float | None]:
    """Lightest and heaviest mediator [MeV] with three couplings on the S, by bisection to 1e-4 between 1.1-fold
    steps.
    """

    def three(m):
        return len(production.relic_couplings(model, m, choices, m4_MeV, s2, target)[0]) >= 3

    masses = np.geomspace(low, high, 1 + int(np.ceil(np.log(high / low) / 0.1)))
    inside = [three(m) for m in masses]
    if not any(inside):
        return {"lightest": None, "heaviest": None}
    first, last = inside.index(True), len(inside) - 1 - inside[::-1].index(True)
    edges = {"lightest": (first - 1, first), "heaviest": (last + 1, last)}
    found = {}
    for name, (out, within) in edges.items():
        if not 0 <= out < len(masses):
            found[name] = None
            continue
        a, b = masses[out], masses[within]
        while abs(a / b - 1) > 1e-4:
            middle = np.sqrt(a * b)
            a, b = (a, middle) if three(middle) else (middle, b)
        found[name] = float(np.sqrt(a * b))
    return found
