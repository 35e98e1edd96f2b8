"""The paper's low-energy analysis: inverse beta decay in Kamiokande-II and IMB between 10 and 50 MeV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nubounds.constraints.sn_dipole import decay, detectors, probes
from nubounds.constraints.sn_dipole.constants import KPC_CM
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


@dataclass(frozen=True)
class Experiment:
    """A burst seen in water: mass [kt], window [s], efficiency as a function of the neutrino's energy, and the events
    that the supernova's own neutrinos are expected to make (the paper's stand-in for what was observed).
    """

    mass_kt: float
    window_s: float
    efficiency: Callable
    expected: float


@dataclass(frozen=True)
class Search:
    """Experiments with a common band [MeV], distance [kpc] and threshold of -2 ln L."""

    experiments: tuple[Experiment, ...] = (
        Experiment(2.14, 13.0, efficiency_kamiokande, 6.19),
        Experiment(6.8, 6.0, efficiency_imb, 2.17),
    )
    E_min: float = 10.0
    E_max: float = 50.0
    distance_kpc: float = 51.4
    threshold: float = 3.841


# where the efficiencies have a kink, in neutrino energy [MeV]
KINKS = [positron + detectors.PROTON_NEUTRON_MEV for positron in (7.0, 15.5)]


def limit(parents, delay: str, search: Search = Search(), neutrinosphere_cm: float = 3e6) -> probes.Limit:
    """d [1/MeV] at which the experiments' -2 ln L, added up, reaches the threshold."""
    if parents.status != Status.OK:
        return probes.failed("spectrum of the sterile neutrinos", parents.status)
    signals = []
    for one in search.experiments:
        window = decay.Window(neutrinosphere_cm, search.distance_kpc * KPC_CM, one.window_s, delay)
        _, E, weight, coarse = decay.panels(search.E_min, search.E_max, [[*KINKS, 0.5 * parents.M]], 0.3)
        targets = PROTONS_PER_WATER * detectors.molecules("water", one.mass_kt)
        factor = detectors.inverse_beta(E) * one.efficiency(E) * targets / 6
        signals.append(decay.Signal(decay.points(parents, E, weight * factor, coarse * factor, window), window))

    def strength(d):
        """Sum of q over the experiments divided by the threshold and by d^2, so that d^2 strength = 1 at the limit."""
        d = np.atleast_1d(d)
        q = np.zeros(d.size)
        for one, signal in zip(search.experiments, signals, strict=True):
            counts = signal(d)[0] * d**2
            q += [detectors.log_likelihood_ratio(float(count), one.expected) for count in counts]
        return q / search.threshold / d**2, np.zeros(d.size)

    return probes.solve(strength, 1.0, relative_error=parents.relative_error)
