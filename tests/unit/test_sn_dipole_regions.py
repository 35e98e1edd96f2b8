"""Excluded regions of N that are absorbed on their way out: both edges from one scan, tips, curves, steps to the best."""

import math
from dataclasses import replace

import numpy as np
import pandas
import pytest
from scipy.optimize import brentq
from scipy.special import lambertw

from close import close
from nubounds import waterfall
from nubounds.constraints.sn_dipole import closed_regions, criteria, curves, level_search, scans, tables
from nubounds.constraints.sn_dipole.inputs import Accuracy, Analysis, Arrival, EnergyLoss, Leptoquark, Production, Stars
from nubounds.constraints.sn_dipole.layers import layers
from nubounds.constraints.sn_dipole.pns_8_8 import Snapshot
from nubounds.constraints.sn_dipole.profile import dilution
from nubounds.contract import Run, Status
from nubounds.inputs import declare

BEST = declare.defaults(Analysis, "best")


def opaque(strength):
    """Signal per d^2 that falls as exp(-(d/1e-10)^2), as N that are absorbed do."""
    return lambda d: (strength * np.exp(-((d / 1e-10) ** 2)), 1e-6 * strength * np.exp(-((d / 1e-10) ** 2)))


def roots(share):
    """Both d at which x e^(1 - x) is 1/share, with x = (d/1e-10)^2."""
    x = [-float(lambertw(-1 / (math.e * share), branch).real) for branch in (0, -1)]
    return [1e-10 * math.sqrt(one) for one in x]


@pytest.mark.parametrize("share", [1.0005, 2.0, 1e6], ids=["next to the tip", "narrow", "wide"])
def test_both_edges_from_one_scan(share):
    found = level_search.region(opaque(share * math.e * 1e20), 1.0)
    assert [found.lower.value, found.upper.value] == close(roots(share), rel=1e-7)
    assert found.peak == close(1e-10, rel=0.1) and found.share == close(share, rel=1e-2)
    for edge, limit in ((False, found.lower), (True, found.upper)):
        assert limit.value == close(level_search.solve(opaque(share * math.e * 1e20), 1.0, edge).value, rel=1e-7)


def test_no_region_has_the_highest_signal():
    found = level_search.region(opaque(0.7 * math.e * 1e20), 1.0)
    assert found.lower.value is found.upper.value is None and found.lower.status == Status.OK
    assert found.share == close(0.7, rel=1e-6) and found.peak == close(1e-10, rel=1e-2)


def test_a_region_without_an_end():
    found = level_search.region(lambda d: (np.full(d.shape, 1e20), np.zeros(d.shape)), 1.0)
    assert found.lower.value == close(1e-10, rel=1e-9) and found.upper.value is None
    assert "up to the edge of the range" in found.upper.note


def share_of(M):
    """Of a made-up probe, 1 at 170 MeV."""
    return 1e4 * np.exp(-np.log(1e4) * (M / 170.0) ** 2)


def test_edges_meet_where_the_signal_reaches_its_level():
    masses = np.array([0.1, 1.0, 10.0, 30.0, 100.0, 150.0, 200.0, 320.0])
    rows = [
        (M, *(roots(share_of(M)) if share_of(M) > 1 else (0.0, 0.0)), 1e-10, share_of(M), "OK") for M in masses.tolist()
    ]
    columns = ["M_MeV", "d_bottom_per_MeV", "d_top_per_MeV", "d_peak_per_MeV", "share", "status"]
    bottom, top = closed_regions.edges(pandas.DataFrame(rows, columns=columns))
    assert bottom[0, -1] == top[0, -1] == close(170.0, rel=5e-3)
    assert bottom[1, -1] == top[1, -1] == close(1e-10, rel=1e-3)
    end = brentq(lambda M: share_of(M) - 1, 100, 300)
    for edge, index in ((bottom, 0), (top, 1)):
        near = [(M, d) for M, d in edge.T.tolist() if 150 < M < min(end, bottom[0, -1])]
        assert len(near) >= 3
        assert [d for _, d in near] == close([roots(share_of(M))[index] for M, _ in near], rel=0.2)
    whole = closed_regions.edges(pandas.DataFrame(rows[:3], columns=columns))
    assert whole[0].shape == whole[1].shape == (2, 3)  # no end is in sight
    assert closed_regions.edges(pandas.DataFrame(rows[-2:], columns=columns))[0].shape == (2, 0)


# lower and upper edge at M = 100 MeV from a separate program
PUBLISHED = {
    "cooling": (3.225e-13, 5.468e-12),
    "smm": (2.54e-16, 1.7e-14),
    "kamiokande_imb": (1.484e-13, 1.359e-11),
    "deposition": (2.586e-14, 9.02e-12),
}


@pytest.fixture(scope="module")
def steps():
    """The scan of pieces at 100 MeV."""
    names = ["configured", "paper", "gravity", "cooling_criterion"]
    points = [(step, 100.0, probe) for step in names for probe in PUBLISHED] + [("gravity", 30.0, "smm")]
    axes = dict(zip(("physics", "piece_M_MeV", "piece_probe"), map(np.array, zip(*points, strict=True)), strict=True))
    block = scans.scan_pieces(axes, Analysis())
    errors = {f"{name}_error": column for name, column in block.errors.items()}
    words = [Status(code).name for code in block.status]
    return pandas.DataFrame(axes | block.values | errors | {"status": words})


def test_steps_from_the_paper_to_the_best(steps):
    def at(step, probe):
        return steps[(steps["physics"] == step) & (steps["piece_probe"] == probe)].iloc[0]

    assert set(steps[steps["physics"] == "configured"]["status"]) == {"OUT_OF_DOMAIN"}
    assert at("gravity", "smm")["status"] == "OK" and steps.iloc[-1]["status"] == "OUT_OF_DOMAIN"
    for probe, expected in PUBLISHED.items():
        best = at("cooling_criterion", probe)
        for name, value in zip(scans.EDGES, expected, strict=True):
            assert best[name] == close(value, rel=1.5e-2)
            assert abs(best[name] - value) < best[f"{name}_error"] + 2e-3 * value
    assert at("paper", "cooling")["d_bottom_per_MeV"] == close(1.842e-13, rel=2e-3)
    assert at("paper", "cooling")["d_top_per_MeV"] == 0.0
    # the energy loss is the only one that the criterion moves
    ratios = [at("cooling_criterion", p)["d_bottom_per_MeV"] / at("gravity", p)["d_bottom_per_MeV"] for p in PUBLISHED]
    assert ratios[0] == close(3.225 / 2.36, rel=1e-2) and ratios[1:] == close([1.0] * 3, rel=1e-12)


def test_table_of_the_waterfall(steps):
    found = tables.pieces(Run({"pieces": steps}))
    assert list(found.columns) == ["probe", "edge", "M_MeV", "step", "physics", "d_per_MeV", "ratio"]
    loss = found[(found["probe"] == "cooling") & (found["edge"] == "upper")]
    assert loss["physics"].tolist() == ["paper", "gravity", "cooling_criterion"]
    assert np.isnan(loss["d_per_MeV"].iloc[0]) and loss["d_per_MeV"].iloc[2] < loss["d_per_MeV"].iloc[1]


def test_curves_beside_the_papers(steps):
    free = pandas.DataFrame({"M_MeV": [1.0, 100.0], "status": "OK"})
    free = free.assign(**{name: 1e-13 for name, *_ in scans.LIMITS})
    records = Production(), EnergyLoss(), Arrival(), Leptoquark(), Stars()
    made = curves.limits(Run({"limits": free, "pieces": steps}), *records)
    found = {curve.name: curve for curve in made}
    both = [found[f"{probe}_best_inputs_{side}"] for probe in PUBLISHED for side in ("bottom", "top")]
    assert all(curve.preset == "best" and "preset best" in curve.convention for curve in both)
    assert found["cooling_best_inputs_top"].region == "cooling_best_inputs" and found["cooling"].preset == ""
    assert "integrated" not in found["cooling"].convention and "2 %" in both[0].assumptions
    assert found["cooling_best_inputs_top"].label == found["cooling"].label
    assert found["deposition_best_inputs_top"].label == "low-energy supernovae, heated by decays, today's best inputs"


def test_curves_of_absorbed_N_are_regions():
    rows = [(M, "cooling", 1e-13, 1e-11, 1e-12, 10.0, "OK") for M in (1.0, 10.0)]
    names = ["M_MeV", "probe", "d_bottom_per_MeV", "d_top_per_MeV", "d_peak_per_MeV", "share", "status"]
    table = pandas.DataFrame(rows, columns=names)
    made = curves.limits(Run({"regions": table}), BEST.production, BEST.energy_loss, Arrival(), Leptoquark(), Stars())
    assert [curve.name for curve in made] == ["cooling_bottom", "cooling_top", "leptoquark"]
    assert "absorption full" in made[0].assumptions and curves.TRAPPING not in made[0].assumptions


def test_no_upper_edges_are_looked_for_where_N_leave_freely(monkeypatch):
    monkeypatch.setattr(criteria, "excluded_region", None)
    block = scans.scan_regions({"M_MeV": np.array([1.0]), "probe": np.array(["smm"])}, Analysis())
    assert block.status.tolist() == [Status.OUT_OF_DOMAIN]


def test_steps_of_a_run_at_the_best_have_the_papers_beside_them():
    axes = {"physics": np.array(["paper", "gravity"]), "piece_M_MeV": np.array([100.0, 30.0])}
    block = scans.scan_pieces(axes | {"piece_probe": np.full(2, "cooling")}, BEST)
    assert block.status.tolist() == [Status.OK, Status.OUT_OF_DOMAIN]
    assert [preset for preset, _ in waterfall.other_presets(BEST)] == ["paper"]


def test_an_opaque_star_shines_as_a_black_body():
    """Light N of a large coupling come from where matter ends, with as many as there are of each diluted neutrino."""
    quick = replace(BEST.production, accuracy=Accuracy("draft"), targets=("electrons",))
    production = replace(quick, escape=replace(quick.escape, gravity="none"))
    d = np.array([2e-7])
    found = float((d**2 * criteria.deposited_energy(0.1, d, production, 5e13, "all")[0])[0])
    total = 0.0
    for one in layers(production):
        star = Snapshot(one.t, production.star.T0_MeV)
        T = float(star.state(np.array([one.r_out]))[1][0])
        flux = 2 * 7 / 8 * math.pi**2 / 120 * T**4 * 2.998e10 / (1.9732698e-11) ** 3  # two helicities [MeV/cm2/s]
        share = float(dilution(np.array([one.r_out / star.R_km]))[0])
        total += one.dt * 4 * math.pi * (1e5 * one.r_out) ** 2 * flux * share * 1.602177e-6
    assert found == close(total, rel=0.25)
