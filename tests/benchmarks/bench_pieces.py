"""Pieces that only the instruction guard runs: what has no peer to be compared with in docs/benchmarks.md."""

import harness
import numpy as np

from nubounds.constraints.sn_diffusion import spectra, states
from nubounds.constraints.sn_diffusion.inputs import Interaction
from nubounds.constraints.sn_diffusion.shells import PAPER
from nubounds.constraints.sn_dipole import criteria, decay, escape, exchange, model, rates, targets
from nubounds.constraints.sn_dipole.inputs import Analysis, Scattering
from nubounds.constraints.xenon_cevns import likelihood
from nubounds.constraints.xenon_cevns.inputs import Search
from nubounds.ensemble import blocks, chaos
from nubounds.inputs import declare, priors
from nubounds.kernels import sn_dipole_escape, sn_dipole_places, xenon_cevns

MEMBERS = 64


def binned_way(places=200, bins=60):
    """ln L of three runs with made-up templates (those of the data release are not shipped), slope included."""
    rows = 3 * (1 + bins)
    shape = 1 + np.sin(np.arange(rows)) ** 2
    lattice = np.ones((1, 49, rows, 5)) * (0.1 * shape)[:, None] * (1 + 0.002 * np.arange(49))[:, None, None]
    lattice[:, :, :3] *= bins
    run = np.concatenate([np.arange(3), np.repeat(np.arange(3), bins)])
    model = xenon_cevns.Model(lattice, run, 0.1 * shape, 0.2 * shape, 3)
    data = xenon_cevns.Counts([0, rows - 3], np.arange(3, rows), np.ones(rows - 3), model)
    centres, one = likelihood.centres(places), likelihood.same(places)
    theta = centres + 0.001 * np.arange(places)[:, None]
    pulls = likelihood.nuisances(Search())
    return harness.Way(
        "kernel", lambda: xenon_cevns.log_likelihoods(model, data, pulls, theta, centres, one, one, True)[0].sum()
    )


def star_way(masses=5):
    """sn_dipole_star: rates of several masses at fourteen energies, in eight states of a star's electrons."""
    T, mu_e = np.linspace(5.0, 30.0, 8), np.linspace(20.0, 180.0, 8)
    grids = [(np.geomspace(20, 400, 14), mass) for mass in np.geomspace(1, 100, masses)]
    rule = rates.RULES["paper"][0]
    return harness.Way(
        "kernel", lambda: sum(value.sum() for value, _ in rates.rates_of_grids(grids, T, mu_e, Scattering(), rule))
    )


def exchange_way(masses=4):
    """sn_dipole_matter: production and absorption of N of some masses in the plasma of a zone, at 18 energies each."""
    row = targets.gases(targets.matter(np.array([25.0]), np.array([150.0]), 0.1), "rpa", True)["electron"]
    around, how, M = (
        exchange.thermal_neutrinos([20.0], [1.0]),
        Scattering(screening="rpa"),
        np.geomspace(1, 200, masses),
    )
    energies = [np.hypot(np.geomspace(max(1.0, 0.03 * m), 1100, 18), m)[None] for m in M]
    return harness.Way("kernel", lambda: exchange.star_exchange(energies, M, [row], around, how)[0][0].sum())


def places_way(places=200, known=50, energies=72):
    """sn_dipole_places: rates at all places of a star from those at a few, of four masses at 18 energies each."""
    rng = np.random.default_rng(3)
    made, weights = np.exp(rng.normal(size=(known, energies))), rng.uniform(0, 0.1, (places, 20))
    near = rng.integers(0, known, (places, 20), dtype=np.int32)
    E, around = np.tile(np.geomspace(5.0, 500.0, energies), (places, 1)), np.ones((places, 2))
    given = made, made, np.arange(known, dtype=np.int32), near, weights, E, np.full(places, 8.0), around
    return harness.Way("kernel", lambda: sn_dipole_places.everywhere(*given, np.empty((places, 0)))[1].sum())


def escape_way(places=28, energies=18):
    """sn_dipole_escape: optical depths from the places of one snapshot, and what leaves at eight couplings."""
    rng = np.random.default_rng(2)
    r, E = np.linspace(0.5, 40.0, places), np.geomspace(5.0, 1100.0, energies)
    absorbed, flat = np.exp(-r[:, None] / 5 + 0.1 * rng.normal(size=(places, energies))), np.ones((1, 160))
    cosines, shares = escape.directions("full")
    depth = (np.array([places]), r, np.array([40.0]), flat, flat, E, 1.0, cosines[cosines > 0], True, 1.0)

    def run():
        depths = sn_dipole_escape.optical_depths(absorbed, *depth, np.full(energies, 1e-3), 100.0)
        binned = sn_dipole_escape.bins(absorbed, depths, shares, 0.1)
        return sn_dipole_escape.leaving(*binned, np.geomspace(1e-3, 10.0, 8)).sum()

    return harness.Way("kernel", run)


class CountsOfFit(model.CountsModel):
    """The counts of the neutrinos of the fit (A3) to N in place of a star's, which takes long under callgrind."""

    def _whole_signal(self, M_MeV):
        return criteria.criterion(self.probe, decay.AlphaFit(M_MeV), self.analysis, self.delay)[0]


def counts_way(couplings=10_000):
    """ln L of the counts of Kamiokande-II and IMB at one mass."""
    counts = CountsOfFit(declare.defaults(Analysis), "kamiokande_imb", "full")
    theta = np.stack([np.geomspace(1e-13, 1e-10, couplings), np.full(couplings, 30.0)], axis=1)
    return harness.Way("likelihood", lambda: counts.log_likelihood(theta, counts.data).sum())


def matter_way():
    """sn_diffusion: TM1 matter of one shell at a given lepton fraction."""
    return harness.Way("kernel", lambda: states.matter_at(30.0, 0.3, 0.3, 1.0)[0].sum())


def spectrum_way(masses=100):
    """sn_diffusion: 1/lambda of antineutrinos at 16 energies in one shell, tables included, with today's best physics."""
    state, chosen = PAPER.state(1, 2, "nubar", "solved", 2.0), declare.defaults(Interaction, "best")
    kinds, rule = (spectra.Kind("nubar", "e", -state.mu_nu_e),), spectra.Rule(4, "paper", 0)
    m = np.geomspace(0.01, 3000, masses)

    def run():
        spectra.columns.cache_clear()
        return spectra.parts(state, kinds, m, chosen, rule).sum()

    return harness.Way("kernel", run)


def surrogate_way():
    """The sparse expansion of one output of an ensemble in three inputs."""
    axes = [chaos.axis_of(name, priors.Normal(0.0, 1.0), (-np.inf, np.inf)) for name in "abc"]
    drawn = np.random.default_rng(1).normal(size=(3, MEMBERS))
    basis, (a, b, c) = chaos.Basis(axes, list(drawn), MEMBERS), drawn
    output = np.exp(0.3 * a) + a * b + 0.2 * c**3
    return harness.Way("fit", lambda: basis.fit(output, np.arange(MEMBERS)).q2)


def members_way(curves=40, points=20):
    """The bytes of a block of members."""
    x, said = np.geomspace(1, 100, points), {"label": "a limit", "side": "above"}
    members = [
        blocks.Member(n, f"key {n}", curves={f"curve {k}": (x, x + n, said) for k in range(curves)})
        for n in range(MEMBERS)
    ]
    return harness.Way("pack", lambda: len(blocks.pack(members)))
