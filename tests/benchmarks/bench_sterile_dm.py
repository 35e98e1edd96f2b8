"""Dodelson-Widrow production beside sterile-dm: one relic density at its own settings, with the same bath."""

import functools

import harness
import numpy as np
import pytest
import sterile_dm

from nubounds.constraints.dm_production import production
from nubounds.constraints.dm_production.conventions import resolve
from nubounds.constraints.dm_production.medium import FINEST, medium

pytestmark = pytest.mark.skipif(not sterile_dm.PROGRAM, reason="NUBOUNDS_STERILE_DM does not name a built sterile-dm")

M4_MEV, S2 = 7.1e-3, 7e-11
Way = functools.partial(harness.Way, clock=harness.processor_time)
SETTINGS = (
    "Omega h^2 without lepton asymmetry at 7.1 keV, 7e-11, muon flavour, from 10 GeV to 10 MeV, in processor time. "
    "sterile-dm at its settings (1000 momenta for each helicity, Adams steps to 1e-6, 100 states kept) with g* and "
    "opacity from us; both with its numbers for today."
)


def core(name, what, choices, folder, n=200):
    """Its tables are written and our medium is made outside of the clock, but for the way that says otherwise."""
    sterile_dm.write_tables(folder, choices)
    scale = sterile_dm.omega_per_yield_and_MeV(choices) / production.OMEGA_PER_YIELD_AND_MEV

    def ours(count, **changes):
        mixings = np.full(count, S2)
        return scale * float(production.relic_densities("sm", 1.0, choices, 0.0, M4_MEV, mixings, **changes)[0][-1])

    def anew():
        production.evolution.cache_clear()
        medium.cache_clear()
        return ours(1)

    return harness.Core(
        name,
        f"{SETTINGS} {what}",
        ours(1, resolution=FINEST),
        Way(f"kernel, {n} mixings at once, with error estimates", lambda: ours(n), results=n),
        [Way("sterile-dm (right-hand sides)", lambda: sterile_dm.run(folder, M4_MEV, S2), repeats=3)],
        [Way("kernel, one mixing, its medium made anew", anew)],
    )


def choices_with(**changes):
    high, low = sterile_dm.T_MEV
    return resolve(flavour="mu", T_max_MeV=high, z_max=1 / low, **changes)


def test_plain_bath(tmp_path):
    plain = choices_with(opacity="constant", g_star=10.75)
    what = "g* = 10.75, constant opacity y."
    harness.store(harness.compare(core("dm_production Dodelson-Widrow", what, plain, tmp_path)))


def test_tables(tmp_path):
    what = (
        "g* and y(x, T) from our tables. What is between the two is the range of momenta of sterile-dm, p/T up to 20 at "
        "the beginning (7e-4), and that g_rho and g_s of our table keep d rho = T ds to 3e-3 only, while sterile-dm "
        "counts time by energy and we by entropy (2e-3); without both 1e-4 is left."
    )
    name = "dm_production Dodelson-Widrow, tables"
    harness.store(harness.compare(core(name, what, choices_with(opacity="table"), tmp_path)))
