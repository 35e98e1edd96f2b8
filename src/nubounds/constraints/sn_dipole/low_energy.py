"""The paper's low-energy analysis: inverse beta decay in Kamiokande-II and IMB between 10 and 50 MeV (note 4)."""

from __future__ import annotations

import numpy as np

from nubounds.constraints.sn_dipole import decay, detectors, probes
from nubounds.constraints.sn_dipole.constants import KPC_CM

BAND_MEV = (10.0, 50.0)
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


# mass [kt], window [s], efficiency, events expected from the emitted signal (the paper's stand-in for what was
# observed)
EXPERIMENTS = ((2.14, 13.0, efficiency_kamiokande, 6.19), (6.8, 6.0, efficiency_imb, 2.17))
THRESHOLD = 3.841


def limit(parents, delay: str, distance_kpc: float = 51.4, neutrinosphere_cm: float = 3e6) -> probes.Limit:
    """d [1/MeV] at which the two experiments' -2 ln L reaches the threshold."""
    signals = []
    for mass, window_s, efficiency, _ in EXPERIMENTS:
        window = decay.Window(neutrinosphere_cm, distance_kpc * KPC_CM, window_s, delay)
        E, weight, coarse = decay.panels(
            *BAND_MEV, [7 + detectors.PROTON_NEUTRON_MEV, 15.5 + detectors.PROTON_NEUTRON_MEV, 0.5 * parents.M], 0.3
        )
        factor = detectors.inverse_beta(E) * efficiency(E) * PROTONS_PER_WATER * detectors.molecules("water", mass) / 6
        signals.append(decay.Signal(decay.points(parents, E, weight * factor, coarse * factor, window), window))

    def strength(d):
        """Sum of q over the experiments divided by the threshold and by d^2, so that d^2 strength = 1 at the limit."""
        d = np.atleast_1d(d)
        counts = [signal(d)[0] * d**2 for signal in signals]
        q = np.zeros(d.size)
        for (*_, observed), count in zip(EXPERIMENTS, counts, strict=True):
            q += [detectors.log_likelihood_ratio(float(one), observed) for one in count]
        return q / THRESHOLD / d**2, np.zeros(d.size)

    return probes.solve(strength, 1.0, relative_error=parents.relative_error)
