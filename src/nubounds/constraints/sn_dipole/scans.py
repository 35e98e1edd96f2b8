"""The scans: limits over the mass (d scales out of the production and enters through the decay length alone), and the
Monte Carlo check.
"""

from __future__ import annotations

import math

import numpy as np

from nubounds.constraints.sn_dipole import decay, low_energy, monte_carlo, probes
from nubounds.constraints.sn_dipole import inputs as config
from nubounds.constraints.sn_dipole.constants import KPC_CM
from nubounds.constraints.sn_dipole.production import CHANNELS, spectrum
from nubounds.contract import Block, Status

DELAYED = (
    "smm",
    "smm_upper",
    "fermi_223",
    "fermi_3600",
    "eastrogam",
    "eastrogam_223",
    "kamiokande_imb",
    "low_energy",
    "hyperk",
    "dune",
)


def limit_columns() -> list[tuple[str, str, str]]:
    """(column, probe, delay) of every limit in the table; None is the delay that the inputs name."""
    plain = [(f"d_{probe}_per_MeV", probe, None) for probe in ("cooling", "diffuse", *DELAYED)]
    return plain + [(f"d_{probe}_bound_per_MeV", probe, "bound") for probe in DELAYED]


def scan_limits(points, given) -> Block:
    """Yields, energies and limits at each mass; a limit that does not exist is 0, one that could not be computed NaN,
    and the mass gets its status.
    """
    setup = config.setup(given)
    burst = config.low_energy_search(given)
    masses = np.asarray(points["M_MeV"], float)
    values, errors, status = {}, {}, np.zeros(masses.size, dtype=np.int8)

    def store(name, i, value, error):
        for table, entry in ((values, value), (errors, error)):
            table.setdefault(name, np.zeros(masses.size))[i] = entry

    for i, M in enumerate(masses.tolist()):
        parents = spectrum(M, setup.options)
        status[i] = parents.status
        for channel in CHANNELS:
            used = channel in setup.options.channels
            for name, power in ((f"yield_{channel}_MeV2", 0), (f"energy_{channel}_MeV3", 1)):
                store(name, i, *(parents.moment(channel, power) if used else (0.0, 0.0)))
        for name, probe, delay in limit_columns():
            chosen = delay or config.delay(given)
            if probe == "low_energy":
                limit = low_energy.limit(parents, chosen, burst, setup.neutrinosphere_cm)
            else:
                limit = probes.coupling_limit(probe, M, chosen, setup)
            status[i] = max(status[i], limit.status)
            nothing = 0.0 if limit.status == Status.OK else math.nan
            store(name, i, limit.value or nothing, limit.error or nothing)
    return Block(values, errors, status)


def scan_monte_carlo(points, given) -> Block:
    """One block of particles at one mass: the same numbers on whatever rank it is computed."""
    d, count = float(given["mc_moment"]), int(given["mc_particles"])
    options, telescope, radius = config.options(given), config.telescope("smm", given), float(given["photosphere_cm"])
    rows, status = [], []
    for M, block in zip(points["check_M_MeV"], points["block"], strict=True):
        parents = spectrum(float(M), options)
        status.append(parents.status)
        if parents.status != Status.OK:
            rows.append((math.nan,) * 7)
            continue
        found = monte_carlo.simulate(parents, telescope, d, radius, int(given["mc_seed"]), int(block) * count, count)
        window = decay.Window(radius, telescope.distance_kpc * KPC_CM, telescope.window_s)
        value, error = decay.photons(parents, telescope.E_min_MeV, telescope.E_max_MeV, window)(d)
        number = monte_carlo.distribution(parents)[2]
        rows.append(
            (count, found.weight, found.square, number, math.degrees(found.angle), d**2 * value[0], d**2 * error[0])
        )
    columns = np.array(rows, float).reshape(-1, 7).T
    names = ("particles", "weight", "square", "number_MeV2", "angle_deg", "closed_form_per_cm2")
    values = dict(zip(names, columns[:6], strict=True))
    return Block(values, {"closed_form_per_cm2": columns[6]}, np.array(status, dtype=np.int8))


SCANS = {"limits": scan_limits, "monte_carlo": scan_monte_carlo}
