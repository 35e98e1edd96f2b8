"""The paper's low-energy analysis: inverse beta decay in Kamiokande-II and IMB between 10 and 50 MeV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nubounds.constraints.sn_dipole import decay, detectors
from nubounds.constraints.sn_dipole.inputs import LowEnergySearch, Neutrinosphere, Sn1987a
from nubounds.constraints.sn_dipole.leaving import Leaving, SignalOfLeaving
from nubounds.constraints.sn_dipole.level_search import Limit, failed, solve
from nubounds.contract import Status

PROTONS_PER_WATER = 2


def efficiency_kamiokande(E):
    """At neutrino energy E [MeV]; zero for positrons below 7 MeV."""
    positron = np.maximum(E - detectors.PROTON_NEUTRON_MEV, 1e-9)
    return np.where(positron > 7, 0.93 * (1 - 0.29 / positron - (2.37 / positron) ** 2), 0.0)


def efficiency_imb(E):
    """At neutrino energy E [MeV], capped where the fit ends."""
    y = (E - detectors.PROTON_NEUTRON_MEV) / 15.5 - 1
    fit = 0.379 * y - 6e-3 * y**4 + 1e-3 * y**5
    return np.where(y < 0, 0.0, np.where(y > 3.5, 0.953, np.minimum(fit, 0.953)))


EFFICIENCIES = {"kamiokande": efficiency_kamiokande, "imb": efficiency_imb}


# where the efficiencies have a kink, in neutrino energy [MeV]
KINKS = [positron + detectors.PROTON_NEUTRON_MEV for positron in (7.0, 15.5)]


@dataclass(frozen=True)
class Strength:
    """-2 ln L of the experiments over its threshold, per d^2, as a function of d: (value, error), as the signals of
    decay.py.

    experiments : signal and expected counts of each
    """

    experiments: Sequence[tuple[decay.Signal, float]]
    threshold: float

    def __call__(self, d):
        d = np.atleast_1d(d)
        q = np.zeros(d.size)
        for signal, expected in self.experiments:
            q += [detectors.log_likelihood_ratio(float(count), expected) for count in signal(d)[0] * d**2]
        return q / self.threshold / d**2, np.zeros(d.size)

    def ceiling(self, d) -> np.ndarray:
        """An upper bound of the value at an array of d: q(S) is below 2 S and S^2/B."""
        total = np.zeros(np.size(d))
        for signal, expected in self.experiments:
            per_d2 = signal.ceiling(d)
            total += per_d2 * np.minimum(2.0, per_d2 * np.square(d) / max(expected, 1e-100))
        return total / self.threshold


def nodes(
    M: float, span: decay.Span, delay: str, search: LowEnergySearch, sphere: Neutrinosphere, sn1987a: Sn1987a
) -> decay.Nodes:
    """What excludes, at 1: -2 ln L of the experiments, added up, over the threshold, Eq. (8).

    The events that the supernova's own neutrinos are expected to make take the place of what was observed, as in the
    paper.

    Parameters
    ----------
    M : mass of the parents [MeV]
    span : range of their (E_N + p)/2 [MeV]
    delay : one of `decay.DELAYS`
    search : the search for more events in the burst of SN1987A itself
    sphere : where neutrinos get out
    sn1987a : the supernova that was seen

    Returns
    -------
    Nodes of the strength as a function of an array of d, giving (value, error)
    """
    parts, counts = [], []
    for name, efficiency in EFFICIENCIES.items():
        time_s = getattr(search.low_energy_window_s, name)
        window = decay.Window(sphere.neutrinosphere_cm, sn1987a.distance_cm, time_s, delay)
        _, E, weight, coarse = decay.panels(*search.low_energy_band_MeV, [[*KINKS, 0.5 * M]], 0.3)
        targets = PROTONS_PER_WATER * detectors.molecules("water", getattr(search.masses.detector_mass_kt, name))
        factor = detectors.inverse_beta(E) * efficiency(E) * targets / 6
        parts.append(decay.points(M, span, E, weight * factor, coarse * factor, window))
        counts.append(getattr(search.low_energy_counts, name))
    cuts = np.cumsum([part.E.size for part in parts])[:-1]

    def signal(density):
        found = [part.signal(some) for part, some in zip(parts, np.split(density, cuts), strict=True)]
        return Strength(list(zip(found, counts, strict=True)), search.threshold.threshold)

    return decay.Nodes(np.concatenate([part.E for part in parts]), signal)


def limit(
    parents: Any, delay: str, search: LowEnergySearch, sphere: Neutrinosphere, sn1987a: Sn1987a, last: bool = False
) -> Limit:
    """d at which the criterion is met.

    Parameters
    ----------
    parents : spectrum of N
    delay : one of `decay.DELAYS`
    search : the search for more events in the burst of SN1987A itself
    sphere : where neutrinos get out
    sn1987a : the supernova that was seen
    last : whether the largest d is asked for

    Returns
    -------
    d and its error [1/MeV], or a reason why there is none
    """
    if parents.status != Status.OK:
        return failed("spectrum of the sterile neutrinos", parents.status)
    asked = nodes(parents.M, parents.E_span, delay, search, sphere, sn1987a)
    signal = SignalOfLeaving(parents.source, asked) if isinstance(parents, Leaving) else asked.of(parents)
    return solve(signal, 1.0, last, parents.relative_error)
