"""Accuracy against cost: what more or fewer nodes give, and where the shipped settings sit.  Drawn for docs/performance.md."""

import bench_dm_production as dm
import bench_sn_diffusion as sn
import harness
import numpy as np

from nubounds.constraints.dm_production import phase_space
from nubounds.constraints.neutron_star import random_walk
from nubounds.constraints.sn_dipole import rates
from nubounds.constraints.solar_cevns.counts import counts_of
from nubounds.constraints.solar_cevns.inputs import Counting
from nubounds.kernels import sn_diffusion as sn_kernel
from nubounds.solar import rates as solar_rates

FIGURE = harness.DOCUMENT.with_name("accuracy.png")


def sn_diffusion():
    """Response tables with all node numbers scaled; the seven integrals of one state at five masses."""
    _, row = sn.state_and_row()
    shipped, masses = np.array([16, 14, 36, 24, 18, 20]), np.geomspace(1e-3, 1e3, 5)
    best = sn_kernel.Response(row, sn_kernel.Quadrature(*sn.FINEST)).integrals(masses)[0]
    for scale in (0.4, 0.5, 0.6, 0.75, 1.0, 1.25, 1.5):
        grid = sn_kernel.Quadrature(*np.maximum(2, scale * shipped).astype(int).tolist())
        value = sn_kernel.Response(row, grid).integrals(masses)[0]
        yield grid.nodes, np.max(np.abs(value / best - 1)), scale == 1.0


def sn_dipole():
    """Medium rates over energies and masses with n nodes per panel; n^2 nodes per pair of panels."""
    E, cells = (
        np.geomspace(30, 300, 12),
        [(T, mu, M) for T in (10.0, 30.0) for mu in (20.0, 150.0) for M in (1.0, 80.0)],
    )

    def all_rates(order):
        return np.array([rates.medium_rate(E, T, mu, M, orders=(order, 4))[0] for T, mu, M in cells])

    best = all_rates(40)
    some = best > 1e-6 * best.max(axis=1, keepdims=True)
    for order in (4, 6, 8, 10, 12, 16):
        yield order**2, np.max(np.abs(all_rates(order) / best - 1)[some]), order == rates.FINE


def dm_production():
    """f_s at one momentum against the number of steps in ln z."""
    best = dm.reference()
    for step in (0.04, 0.02, 0.01, 0.005, 0.0025):
        at = dm.line(step)
        value = phase_space.boltzmann(at, dm.M4, dm.COUPLING, dm.S2, False)[0][0]
        yield len(at.around.log_z), abs(value / best - 1), step == phase_space.LINE_STEP


def solar_cevns():
    """Binned rates for masses up to the end point against the nodes on a piece of a bin."""
    made, masses, shipped = counts_of(Counting()), np.geomspace(0.1, 15, 20), solar_rates.ORDERS

    def signals(order):
        solar_rates.ORDERS = {"paper": order}
        try:
            return made._rates("next_generation", masses, False)[0]  # signals keep those of the last masses
        finally:
            solar_rates.ORDERS = shipped

    best = signals(64)
    scale = best.max(axis=3, keepdims=True)
    for order in (4, 8, 12, 16, 24, 32):
        yield order - 1, np.max(np.abs(signals(order) - best) / np.maximum(scale, 1e-300)), order == shipped["paper"]


def neutron_star():
    """Survival after 100 collisions with exponential flights, from the equation with p nodes per element."""
    shipped = random_walk.NODES["paper"]["exponential"][0]

    def survival(p):
        return random_walk._exponential("radial", 0.1, 128, p)[100]

    best = survival(16)
    for p in (3, 4, 6, shipped, 10, 12):
        yield p, abs(survival(p) / best - 1), p == shipped


def test_curves():
    from nubounds import style

    rows = [
        "## accuracy and cost",
        "",
        "Worst relative error against the number of nodes; the shipped setting in bold.",
    ]
    figure, ax = style.new_figure(width=style.ONE_COLUMN * 1.4, height=3.2)
    for index, curve in enumerate((sn_diffusion, sn_dipole, dm_production, solar_cevns, neutron_star)):
        nodes, errors, shipped = (np.array(column) for column in zip(*curve(), strict=True))
        ax.plot(nodes, np.maximum(errors, 1e-16), marker=".", **style.line(index))
        ax.plot(nodes[shipped], np.maximum(errors[shipped], 1e-16), "o", color=style.COLOURS[index])
        style.label_curve(ax, nodes, np.maximum(errors, 1e-16), curve.__name__, color=style.COLOURS[index])
        cells = [f"**{n}: {e:.0e}**" if s else f"{n}: {e:.0e}" for n, e, s in zip(nodes, errors, shipped, strict=True)]
        rows += ["", f"{curve.__name__} ({curve.__doc__.split(chr(10))[0].rstrip('.')}): " + ", ".join(cells)]
        assert errors[-1] < errors[0]
    ax.set(xscale="log", yscale="log", xlabel="nodes", ylabel="worst relative error")
    style.finish(figure)
    style.save(figure, FIGURE, "png")
    harness.store("\n".join(rows) + "\n")
