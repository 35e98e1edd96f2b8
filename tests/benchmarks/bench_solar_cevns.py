"""Eq. (11): the dipole's recoil rate on natural germanium, five isotopes and two fluxes."""

import math

import harness
import numpy as np
from scipy.integrate import quad

from nubounds.constraints.solar_cevns import physics
from nubounds.constraints.solar_cevns.chi_square import chi_square_of
from nubounds.constraints.solar_cevns.inputs import SCENARIOS, Measurement
from nubounds.solar import physics as plain
from nubounds.solar.inputs import FLAVOURS, Scattering, SolarFluxes
from nubounds.solar.rates import rates_of

T_KEV, M4 = 1.0, 5.0
X = 1e-9


def branch_table():
    """One row per isotope and beta branch that reaches the recoil: M, end point, E_min, constant factor."""
    rows, T = [], 1e-3 * T_KEV
    for Z, A, M, nuclei in zip(*plain.isotopes("Ge"), strict=True):
        E_min = plain.minimum_energy(T, M4, M)
        coupling = math.pi * plain.ALPHA**2 / plain.M_ELECTRON_MEV**2 * plain.HBARC2
        factor = coupling * (X * Z * plain.form_factor(T, A, M)) ** 2 * nuclei * plain.YEAR_S * 1e-3
        for flux in ("8b", "hep"):
            rows += [
                (M, Q, E_min, factor * physics.TOTAL_FLUX[flux] * norm) for Q, norm in plain.branches(flux) if E_min < Q
            ]
    return np.array(rows)


def integrand(x, rows):
    """Sum over isotopes and branches at s = x sqrt(Q - E_min), E = Q - s^2; x has shape (n, 1)."""
    T, (M, Q, E_min, factor) = 1e-3 * T_KEV, rows.T
    top = np.sqrt(Q - E_min)
    s = x * top
    E = Q - s * s
    bracket = (
        1 / T
        - 1 / E
        - M4**2 / (2 * T * E * M) * (1 - T / (2 * E) + M / (2 * E))
        - M4**4 / (8 * M * T**2 * E**2) * (1 - T / M)
    )
    return (factor * top * 2 * s * plain.beta_shape(E, Q) * bracket).sum(axis=1)


def numba_way(rows, n=32):
    import numba

    m_e, T = plain.M_ELECTRON_MEV, 1e-3 * T_KEV

    @numba.njit
    def total(rows, x, w):
        result = 0.0
        for r in range(rows.shape[0]):
            M, Q, E_min, factor = rows[r]
            top = math.sqrt(Q - E_min)
            for i in range(x.size):
                s = top * x[i]
                y = s * s
                E = Q - y
                bracket = (
                    1 / T
                    - 1 / E
                    - M4**2 / (2 * T * E * M) * (1 - T / (2 * E) + M / (2 * E))
                    - M4**4 / (8 * M * T**2 * E**2) * (1 - T / M)
                )
                result += w[i] * factor * top * 2 * s * E**2 * (y + m_e) * math.sqrt(y * (y + 2 * m_e)) * bracket
        return result

    x, w = harness.gauss(n)
    return harness.Way(f"numba, {n} Gauss nodes per branch", lambda: (total(rows, x, w), n * len(rows)))


def kernel_way(n=1000):
    rates = rates_of(Scattering())
    T, m4 = np.full(n, T_KEV), np.full(n, M4)
    weights = X**2 * rates.combination("all", SolarFluxes().of("all"))

    def run():
        return float(np.sum(rates.recoil(T, m4)[0][-1, :, 1:] * weights))

    return harness.Way("kernel, all flavours and components with error estimates", run, results=n)


def limits_way(masses=200):
    """What the paper's figures need: rates in 20 bins for every mass, and every limit."""
    made, m4 = chi_square_of(Measurement()), np.geomspace(0.01, 18.7, masses)

    def run():
        for scenario in SCENARIOS:
            signal, error = made.counts.signals(scenario, m4)
            for flavour in FLAVOURS:
                made.limits(scenario, flavour, "poisson", "all", signal, error)

    return harness.Way(
        "kernel, a limit: 20 bins, each integrated over recoils", run, masses * len(SCENARIOS) * len(FLAVOURS), 3
    )


def core():
    rows = branch_table()

    def batch(x):
        return integrand(x, rows)

    x, w = harness.gauss(200)
    return harness.Core(
        "solar_cevns",
        "Dipole recoil rate at 1 keV for a heavy neutrino of 5 MeV on the five isotopes of germanium, 8B and hep. The "
        "kernel reads cumulative flux moments from a table made once per spectrum; the others integrate the spectrum.",
        float(w @ batch(x[:, None])),
        kernel_way(),
        [
            harness.Way(
                "scipy quad, branch by branch, 1e-10 asked",
                lambda: physics.recoil_rate(T_KEV, "dipole", M4, X),
                repeats=3,
            ),
            harness.cubature(batch, 1, 1e-8),
            harness.vegas(batch, 1, 2000),
            numba_way(rows),
        ],
        [limits_way()],
    )


def bin_core():
    """The dipole's rate in the first bin of the next generation, 1 to 1.489 keV."""
    made, masses = chi_square_of(Measurement()).counts, np.full(200, M4)
    weights = X**2 * made.rates.combination("all", SolarFluxes().of("all"))
    edges = 1e3 * made.binning("next_generation").intervals[0]

    def bins():
        signal, _ = made._rates("next_generation", masses, False)  # signals keep those of the last masses
        return float(np.sum(weights * signal[-1, :, :, 0]))

    def nested():
        """Adaptive in the recoil, and in the neutrino's energy at every recoil."""
        return quad(lambda T: physics.recoil_rate(T, "dipole", M4, X), *edges, epsabs=0, epsrel=1e-8)[0]

    return harness.Core(
        "solar_cevns bins",
        "The same rate integrated over the first bin of the next generation, 1 to 1.489 keV. The kernel's time is that of one of "
        "20 bins.",
        physics.binned_rate(*edges, "dipole", M4, X),
        harness.Way("kernel, a bin with its error estimate, all flavours", bins, 20 * len(masses), 3),
        [
            harness.Way("scipy quad per bin, scipy quad inside", nested, repeats=1),
            harness.Way(
                "scipy quad per bin, 48 Gauss nodes per branch inside",
                lambda: physics.binned_rate(*edges, "dipole", M4, X),
                repeats=1,
            ),
        ],
    )


def test_table():
    harness.store(harness.compare(core()))


def test_table_of_bins():
    harness.store(harness.compare(bin_core()))
