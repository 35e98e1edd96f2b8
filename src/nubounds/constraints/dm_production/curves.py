"""From the scans' tables to curves: relic density by branch, laboratory limits, and mixing against mass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nubounds.constraints.dm_production import data, half_mode_limits, laboratory, opacity, xrays
from nubounds.constraints.dm_production import structure_curves as streaming
from nubounds.constraints.dm_production.conventions import resolve
from nubounds.constraints.dm_production.inputs import Accuracy, Benchmarks, Choices, HiggsCoupling, Structure, Wanted
from nubounds.constraints.dm_production.medium import LADDERS
from nubounds.constraints.dm_production.mixing_range import range_over
from nubounds.constraints.dm_production.s_curve_turns import with_turning_points
from nubounds.constraints.dm_production.scans import N_ROOTS
from nubounds.contract import EDGES, Coordinate, Curve, Run, Side

Y_NAME = {"scalar": "coupling_lambda", "vector": "g_neutrinophilic", "lmu_ltau": "g_mu_tau", "b_minus_l": "g_b_minus_l"}
Y_LABEL = {
    "scalar": r"coupling $\lambda_\phi$",
    "vector": r"coupling $\lambda_{\mu\mu}$",
    "lmu_ltau": r"gauge coupling $g_{\mu\tau}$",
    "b_minus_l": r"gauge coupling $g_{B-L}$",
}
SCALAR_MASS = Coordinate("m_mediator_MeV", "MeV", r"scalar mass $m_\phi$")
VECTOR_MASS = Coordinate("m_mediator_MeV", "MeV", "vector mass $m_V$")
STERILE_MASS = Coordinate("m4_keV", "keV", "sterile mass $m_4$")
MIXING = Coordinate("sin2_2theta", "1", r"mixing $\sin^2 2\theta$")
WORDS = {"scalar": "scalar", "vector": "neutrinophilic vector", "lmu_ltau": r"$L_\mu-L_\tau$", "b_minus_l": r"$B-L$"}
PLANE = {"scalar": "scalar", "b_minus_l": "b_minus_l"}
FIGURE = {"scalar": "L-Fig. 2", "vector": "V-Fig. 6", "lmu_ltau": "V-Fig. 7", "b_minus_l": "V-Fig. 8"}
BAND = ("sin2_2theta_min", "sin2_2theta_max")
BRANCHES = ("single", "C", "B", "A")  # of the S, in the order in which a path along it meets them
MASS_RANGE_MEV = (1.0, 1e5)  # of the laboratory limits, further down if the relic curves go there
STRUCTURE_MASSES = 24  # of the mediator, between which excluded couplings are joined
PROBES = {  # probe -> (models, label, equation, observed)
    "higgs_invisible": (("vector",), "invisible Higgs decays, Br < 24 %", "V(3.19)", True),
    "higgs_invisible_hllhc": (("vector",), "invisible Higgs decays at HL-LHC, Br < 2.5 %", "V(3.19)", False),
    "w_width": (("vector",), "width of the W", "V(3.20)", True),
    "kaon": (("scalar", "vector"), r"$K^+ \to \mu^+ + $ invisible", "Letter, Fig. 2; V section III.E", True),
    "pion": (("vector",), r"$\pi^+ \to \mu^+ + $ invisible", "V section III.E", True),
}


def pair_words(m4_keV: float, s2: float) -> str:
    """A benchmark point for a label.

    Parameters
    ----------
    m4_keV : mass of the sterile neutrino [keV]
    s2 : sin^2 2theta

    Returns
    -------
    words, with mathematics between dollars
    """
    mantissa, exponent = f"{s2:.1e}".split("e")
    factor = "" if float(mantissa) == 1 else rf"{float(mantissa):g}\times "
    return rf"$m_4$ = {m4_keV:g} keV, $\sin^2 2\theta = {factor}10^{{{int(exponent)}}}$"


def mass_of(model: str) -> Coordinate:
    """The mediator's mass.

    Parameters
    ----------
    model : interaction of the active neutrinos: sm, scalar, vector, lmu_ltau or b_minus_l

    Returns
    -------
    the axis
    """
    return SCALAR_MASS if model == "scalar" else VECTOR_MASS


def _plane_curve(model, name, label, x, y, plane=True, **more) -> Curve:
    return Curve(
        name,
        label,
        np.asarray(x),
        np.asarray(y),
        mass_of(model),
        Coordinate(Y_NAME[model], "1", Y_LABEL[model]),
        plane=PLANE.get(model, "") if plane else "",
        **more,
    )


def branches(masses: np.ndarray, roots: np.ndarray) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """The S in pieces that are functions of the mass: C and B where the S exists, A elsewhere joined to the piece it
    continues.

    `roots` has shape (m, N_ROOTS), ascending, 0 for none.  With three roots they are C, B, A from below.  A single
    root belongs to A above the S and to C
    below it; without any S all is one branch.

    Parameters
    ----------
    masses : of the mediator [MeV], ascending, shape (m,)
    roots : couplings, shape (m, N_ROOTS)

    Returns
    -------
    (name of the branch, masses, couplings), in the order C, B, A
    """
    count = np.count_nonzero(roots, axis=1)
    three = np.flatnonzero(count >= 3)
    if not three.size:
        there = count > 0
        return [("single", masses[there], roots[there, 0])]
    k = np.arange(len(masses))
    parts = {
        "C": ((count >= 1) & (k <= three[-1]), 0),
        "B": (count >= 3, 1),
        "A": ((count >= 3) | ((count >= 1) & (k > three[-1])), 2),
    }
    found = []
    for name, (where, column) in parts.items():
        y = np.where((count < 3) & where, roots[:, 0], roots[:, column])
        if where.any():
            found.append((name, masses[where], y[where]))
    return found


def _places(table, *names: str):
    """Distinct values of some columns, in the order of their first rows, with the numbers of these values' rows."""
    found: dict[tuple, list[int]] = {}
    for place, key in enumerate(zip(*(table[name].tolist() for name in names), strict=True)):
        found.setdefault(key, []).append(place)
    return [(key, np.array(places)) for key, places in found.items()]


def relic_curves(run: Run, accuracy: Accuracy, wanted: Wanted, benchmarks: Benchmarks, choices: Choices) -> list[Curve]:
    """Relic-density curves of every model, convention and benchmark point, one per branch; branches meet at their
    turning points.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    accuracy : how accurately relic densities are computed
    wanted : how much dark matter there is
    benchmarks : the pairs of mass and mixing of the S-curves
    choices : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    Coupling against the mediator's mass [MeV].
    """
    table, curves = run.tables["relic_roots"], []
    scanned, good = table["m_mediator_MeV"].to_numpy(float), table["status"].to_numpy() == "OK"
    couplings = table[[f"coupling_{k + 1}" for k in range(N_ROOTS)]].to_numpy(float)
    for (model, convention, number), rows in _places(table, "model", "convention", "benchmark"):
        pair = benchmarks.pair(number)
        rows = rows[good[rows]]
        if pair is None or not len(rows):
            continue
        m4, s2 = pair
        masses, roots = with_turning_points(
            scanned[rows],
            couplings[rows],
            model,
            resolve(convention, choices),
            1e-3 * m4,
            s2,
            wanted.target_relic_density,
            LADDERS[accuracy.precision],
        )
        for branch, x, y in branches(masses, roots):
            if not x.size:
                continue
            flagged = (
                " Some points lie outside validity (m < 5 MeV or coupling > 1): see outside_validity in the table."
                if x[0] < data.BBN_MASS_MEV or y.max() > 1
                else ""
            )
            curves.append(
                _plane_curve(
                    model,
                    f"{model}_relic_{int(number)}_{branch}_{convention}",
                    f"dark matter, {pair_words(m4, s2)}",
                    x,
                    y,
                    side=Side.LINE,
                    convention=convention,
                    assumptions=f"Omega h2 = {wanted.target_relic_density:g}, flavour {choices.flavour}"
                    + _opacity(choices),
                    source=f"{FIGURE[model]}, V(2.8)",
                    note=f"{WORDS[model]}, branch {branch} of the S-curve.{flagged}",
                )
            )
    return curves


def laboratory_curves(run: Run, benchmarks: Benchmarks, higgs: HiggsCoupling) -> list[Curve]:
    """Limits with a formula in the slides, in the planes of the scalar and of the neutrinophilic vector.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    benchmarks : the pairs of mass and mixing of the S-curves
    higgs : how the mediator couples to the Higgs boson

    Returns
    -------
    Coupling against the mediator's mass [MeV].
    """
    curves, (low, high) = [], MASS_RANGE_MEV
    low = min(low, run.tables["relic_roots"]["m_mediator_MeV"].astype(float).min())
    for probe, (models, label, source, observed) in PROBES.items():
        for model in models:
            end = min(high, laboratory.threshold(probe))
            masses = low * (0.999 * end / low) ** np.linspace(0, 1, 121)
            limit = np.array([laboratory.coupling_limit(probe, m, model, higgs=higgs) for m in masses])
            shown = limit < 10
            note = f"kappa = {higgs.kappa:g}" if probe.startswith("higgs") else ""
            curves.append(
                _plane_curve(
                    model,
                    f"{model}_{probe}",
                    label,
                    masses[shown],
                    limit[shown],
                    source=source,
                    observed=observed,
                    note=note,
                    confidence_level="90%" if probe in ("kaon", "pion") else "95%" if probe.startswith("higgs") else "",
                )
            )
    masses = np.geomspace(low, 1e4, 61)
    for k, (m4, s2) in enumerate(benchmarks.pairs, 1):
        limit = np.array([laboratory.lifetime_limit(m, m4, s2) for m in masses])
        shown = limit < 10
        words = f"lifetime of $\\nu_4$, {pair_words(m4, s2)}"
        curves.append(
            _plane_curve("scalar", f"scalar_lifetime_{k}", words, masses[shown], limit[shown], source="Letter, Fig. 2")
        )
    fermi = np.array([laboratory.fermi_line(m) for m in masses])
    curves.append(
        _plane_curve(
            "scalar",
            "scalar_fermi_line",
            r"$\lambda^2/m^2 = G_F$",
            masses,
            fermi,
            side=Side.LINE,
            source="Letter, Fig. 2",
        )
    )
    return curves


def structure_curves(
    run: Run, wanted: Wanted, benchmarks: Benchmarks, choices: Choices, seen: Structure
) -> list[Curve]:
    """What a published limit on warm dark matter excludes: couplings of every model, convention and benchmark point,
    and masses at each mixing.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    wanted : how much dark matter there is
    benchmarks : the pairs of mass and mixing of the S-curves
    choices : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open
    seen : what structure in the universe says of the streaming of dark matter

    Returns
    -------
    Couplings against the mediator's mass [MeV] and mixings against m4 [keV]; none without a published limit.
    """
    limit, curves = seen.published, []
    if limit is None:
        return []
    words = {
        "source": limit.source,
        "assumptions": f"nu4 is all of the dark matter; {limit.statement}, as k_hm > {limit.k_hm:g} h/Mpc",
        "note": half_mode_limits.MAPPED,
    }
    scanned = run.tables["relic_roots"]
    low = min(MASS_RANGE_MEV[0], scanned["m_mediator_MeV"].astype(float).min())
    masses = np.geomspace(low, MASS_RANGE_MEV[1], STRUCTURE_MASSES)
    for (model, convention, number), _ in _places(scanned, "model", "convention", "benchmark"):
        pair = benchmarks.pair(number)
        if pair is None:
            continue
        point = (resolve(convention, choices), *pair, limit.k_hm)
        found = [streaming.excluded_couplings(model, m, *point) for m in masses.tolist()]
        excluded = np.array([each is not None for each in found])
        if not excluded.any():
            continue
        edges = np.array([each for each in found if each is not None]).T
        region = f"{model}_structure_{int(number)}_{convention}"
        for side, values in zip(EDGES, edges, strict=True):
            curves.append(
                _plane_curve(
                    model,
                    f"{region}_{side}",
                    f"structure ({limit.name}), {pair_words(*pair)}",
                    masses[excluded],
                    values,
                    plane=False,
                    side=side,
                    region=region,
                    convention=convention,
                    **words,
                )
            )
    for convention in dict.fromkeys(run.tables["mixing_band"]["convention"]):
        m4, mixing = streaming.smallest_masses(resolve(convention, choices), wanted.target_relic_density, limit.k_hm)
        label = f"structure ({limit.name}), coolest scalar; excluded: lighter"
        curves.append(
            _mixing_curve(f"structure_{convention}", label, m4, mixing, side=Side.LINE, convention=convention, **words)
        )
    return curves


def _mixing_curve(name, label, x, y, **more) -> Curve:
    return Curve(name, label, np.asarray(x), np.asarray(y), STERILE_MASS, MIXING, plane="sterile_mixing", **more)


def _band(rows, choices: Choices, accuracy: Accuracy, wanted: Wanted):
    """Sterile masses [keV], and the smallest and largest mixing with any scalar between the lightest and the heaviest
    of the scan, not only with those that were scanned.
    """
    found = []
    for m4, mine in rows.groupby("m4_keV"):
        mine = mine[mine["m_band_MeV"] >= data.BBN_MASS_MEV].sort_values("m_band_MeV")
        if not len(mine):
            continue
        values = mine[[*BAND, *(f"{name}_error" for name in BAND)]].to_numpy(float).tolist()
        walked = [tuple(row) if word == "OK" else None for row, word in zip(values, mine["status"], strict=True)]
        entry = range_over(
            mine["m_band_MeV"].to_numpy(float),
            choices,
            1e-3 * m4,
            wanted.target_relic_density,
            walked,
            LADDERS[accuracy.precision][0],
            errors=False,
        )
        if entry is not None:
            found.append((float(m4), *entry[:2]))
    return zip(*found, strict=True) if found else ((), (), ())


def _opacity(choices: Choices) -> str:
    """What a curve assumes of the opacity, where that is not the plain constant."""
    return "" if (choices.opacity, choices.opacity_file) == ("constant", None) else f", {opacity.in_words(choices)}"


def mixing_curves(run: Run, accuracy: Accuracy, wanted: Wanted, choices: Choices) -> list[Curve]:
    """Dodelson-Widrow lines, the band that a scalar opens, and limits from X-rays.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    accuracy : how accurately relic densities are computed
    wanted : how much dark matter there is
    choices : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open

    Returns
    -------
    sin^2 2theta against m4 [keV].
    """
    curves = []
    for (convention, flavour), rows in run.tables["dodelson_widrow"].groupby(["convention", "flavour"], sort=False):
        rows = rows[rows["status"] == "OK"]
        if len(rows):
            x, y = rows["m4_keV"].to_numpy(float), rows["sin2_2theta_dw"].to_numpy(float)
            curves.append(
                _mixing_curve(
                    f"dodelson_widrow_{flavour}_{convention}",
                    "Dodelson-Widrow",
                    x,
                    y,
                    side=Side.LINE,
                    convention=f"{convention}; mixing with nu_{flavour}",
                    assumptions=_opacity(replace(choices, flavour=flavour)).removeprefix(", "),
                    source="V(2.5)-(2.8)",
                )
            )
    for convention, rows in run.tables["mixing_band"].groupby("convention", sort=False):
        masses, low, high = _band(rows, resolve(convention, choices), accuracy, wanted)
        if not masses:
            continue
        for side, values in zip(EDGES, (low, high), strict=True):
            curves.append(
                _mixing_curve(
                    f"scalar_band_{convention}_{side}",
                    "dark matter with some scalar (allowed)",
                    masses,
                    values,
                    side=side,
                    region=f"scalar_band_{convention}",
                    allowed=True,
                    convention=convention,
                    source="L-Fig. 5",
                    assumptions="5 MeV < m < 10 GeV, 1e-7 < coupling < 1, below the kaon and lifetime limits"
                    f"{_opacity(choices)}",
                    note="edges of the region that is allowed (not excluded); they are set by the limits imposed",
                )
            )
    return curves + xray_curves()


def xray_curves() -> list[Curve]:
    """Limits on the mixing from X-rays: published ones that are embedded as facts, and the sketch as a fallback.

    Returns
    -------
    curves in the plane of mass and mixing
    """
    curves = []
    for source in xrays.SOURCES:
        masses = np.geomspace(*xrays.RANGES[source], 41 if source == "sketch" else 2)
        if source == "sketch":
            words = {
                "source": "power law through published limits, 1.4-98 keV",
                "note": "fallback: scatter 0.4 dex, a guide to the eye, no substitute for the published curves",
                "sketch": True,
            }
            label = "X-ray telescopes (power-law sketch, fallback)"
        else:
            label = f"X-rays, {xrays.SHORT[source]}"
            words = {
                "source": xrays.REFERENCES[source],
                "note": xrays.NOTES[source],
                "assumptions": "nu4 is all of the dark matter",
                "confidence_level": xrays.LEVELS[source],
            }
        mixing = np.array([xrays.mixing_limit(m4, source) for m4 in masses.tolist()])
        curves.append(_mixing_curve(f"xray_{source}", label, masses, mixing, **words))
    return curves


def limits(
    run: Run,
    accuracy: Accuracy,
    wanted: Wanted,
    benchmarks: Benchmarks,
    choices: Choices,
    higgs: HiggsCoupling,
    seen: Structure,
) -> list[Curve]:
    """All curves.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    accuracy : how accurately relic densities are computed
    wanted : how much dark matter there is
    benchmarks : the pairs of mass and mixing of the S-curves
    choices : every switch; the physics works with those that `conventions.resolve` gives, of which none is left open
    higgs : how the mediator couples to the Higgs boson
    seen : what structure in the universe says of the streaming of dark matter

    Returns
    -------
    The curves.
    """
    return [
        *relic_curves(run, accuracy, wanted, benchmarks, choices),
        *laboratory_curves(run, benchmarks, higgs),
        *mixing_curves(run, accuracy, wanted, choices),
        *structure_curves(run, wanted, benchmarks, choices, seen),
    ]
