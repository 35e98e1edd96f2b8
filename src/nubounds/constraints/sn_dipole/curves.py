"""Limit curves of Fig. 1; where N are absorbed on their way out, regions with two edges, also beside the paper's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nubounds import waterfall
from nubounds.constraints.sn_dipole import closed_regions, criteria, diffuse, layers
from nubounds.constraints.sn_dipole.inputs import Arrival, EnergyLoss, Leptoquark, Production, Stars, stem
from nubounds.contract import Coordinate, Curve, Run, Side

MASS = Coordinate("M_MeV", "MeV", "sterile neutrino mass $M_N$")
MOMENT = Coordinate("d_per_MeV", "1/MeV", "transition moment coupling $d$")
PLANE = "magnetic_moment"
COMMON = {
    "x_axis": MASS,
    "y_axis": MOMENT,
    "source": "Fig. 1",
}
COUPLING = "flavour-universal d in L = d Nbar sigma F nu, moment mu = 2 d"
TRAPPING = "N leaves freely, no limit holds where it is trapped (above d of about 1e-10/MeV)"  # text, p. 1

# name -> label, confidence level, observed, convention
PROBES = {
    "cooling": ("SN1987A, energy loss", "", True, "energy in N above a share of the total"),
    "diffuse": (
        "diffuse photons of all past supernovae",
        "",
        True,
        "flux above the COMPTEL or EGRET background, N relativistic: M up to 10 MeV",
    ),
    "fermi_223": ("Fermi-LAT, 223 s, galactic supernova", "95%", False, ""),
    "fermi_3600": ("Fermi-LAT, 3600 s, galactic supernova", "95%", False, ""),
    "eastrogam": ("e-ASTROGAM, 3600 s, galactic supernova", "95%", False, ""),
    "eastrogam_223": ("e-ASTROGAM, 223 s, galactic supernova", "95%", False, ""),
    "kamiokande_imb": ("SN1987A neutrinos, Kamiokande-II and IMB above 70 MeV", "95%", True, ""),
    "low_energy": ("SN1987A neutrinos, Kamiokande-II and IMB, 10 to 50 MeV", "95%", True, ""),
    "hyperk": ("Hyper-Kamiokande, galactic supernova", "95%", False, ""),
    "dune": ("DUNE, galactic supernova", "95%", False, ""),
}
SMM = ("SN1987A photons, Solar Maximum Mission", "95%", True, "")
REGIONS = {
    **PROBES,
    "smm": SMM,
    "deposition": ("low-energy supernovae, heated by decays", "", True, "energy left in the star above a given one"),
}
WITHOUT_DELAY = ("cooling", "diffuse", "deposition")
NOT_COMPARED = ("eastrogam_223", "low_energy")  # one curve per experiment in the plane with other constraints


def _column(frame, probe: str, bound: bool):
    """Masses and limits where there is one that holds."""
    M = frame["M_MeV"].to_numpy(float)
    d = frame[f"d_{probe}{'_bound' if bound else ''}_per_MeV"].to_numpy(float)
    keep = (d > 0) & (frame["status"] == "OK").to_numpy()
    if probe == "diffuse":
        keep &= diffuse.M_MAX_MEV >= M
    return M[keep], d[keep]


COARSE = (
    "2 % at 11 masses (4 % for upper edges of light N), straight lines in between, 25 % next to the end of a region"
)
CRITERIA = {"integrated": "energy in N above a given one", "luminosity": "luminosity in N one second after bounce"}


def assumptions_of(production: Production, star: str = "") -> str:
    """What the curves take for granted.

    Parameters
    ----------
    production : how N are made, and leave
    star : what its star is called, where that is one of several

    Returns
    -------
    Words for the limit files
    """
    own = production.star
    star_used = f"star {star or own.name}" if star or not own.profile else own.name
    used = f"{COUPLING}; {star_used}, screening {production.scattering.screening}"
    if production.of_the_paper:
        return f"{used}; {TRAPPING}"
    escape = production.escape
    used += f", on {', '.join(production.targets)}, kinematics {production.kinematics}, gravity {escape.gravity}"
    if escape.absorption == "none":
        return f"{used}; {TRAPPING}"
    used += f"; absorption {escape.absorption}, above the upper edge N do not get out"
    early = layers.early_end(production)
    return f"{used}; {early}" if early else used


def _words(probe: str, loss: EnergyLoss, arrival: Arrival) -> str:
    """The convention of a limit."""
    convention = REGIONS[probe][3]
    if probe == "cooling":
        convention = CRITERIA.get(loss.cooling_criterion, convention)
    return convention if probe in WITHOUT_DELAY else arrival.description


def _excluded(
    rows, probe: str, chosen: tuple[Production, EnergyLoss, Arrival], preset: str = "", star: str = "", suffix: str = ""
) -> list[Curve]:
    """What one probe excludes: two edges, or the lower one where N leave freely and no upper one is known."""
    production, loss, arrival = chosen
    label, level, observed, _ = REGIONS[probe]
    rows = rows[rows["M_MeV"] <= diffuse.M_MAX_MEV] if probe == "diffuse" else rows
    (x, bottom), (x_top, top) = closed_regions.edges(rows)
    if production.escape.absorption == "none" and probe != "smm":
        x_top = x_top[:0]
    name = probe + (f"_{preset}_inputs" if preset else "") + (f"_star_{stem(star)}" if star else "")
    label += f", {star}" if star else suffix
    fields = {
        "confidence_level": level,
        "observed": observed,
        "convention": _words(probe, loss, arrival) + (f", preset {preset}" if preset else ""),
        "assumptions": assumptions_of(production, star) + (f"; {COARSE}" if preset else ""),
        "plane": "" if star or probe in NOT_COMPARED else PLANE,
        "preset": preset,
        **COMMON,
    }
    if not x.size:
        return []
    if not x_top.size:
        return [Curve(name, label, x, bottom, side=Side.UPPER, **fields)]
    return [
        Curve(f"{name}_bottom", label, x, bottom, side=Side.BOTTOM, region=name, **fields),
        Curve(f"{name}_top", label, x_top, top, side=Side.TOP, region=name, **fields),
    ]


def _of_other_presets(run: Run, production: Production, loss: EnergyLoss, arrival: Arrival) -> list[Curve]:
    """Limits with the paper's or today's best inputs, beside those of a run that has others."""
    found = []
    for preset, step in waterfall.other_presets(production, loss) if "pieces" in run.tables else ():
        table = run.tables["pieces"].rename(columns={"piece_M_MeV": "M_MeV"})
        table, inputs = table[table["physics"] == step], waterfall.at(step, production, loss)
        for probe, rows in table.groupby("piece_probe", sort=False):
            if (preset, probe) == (waterfall.PAPER, "deposition"):
                continue  # the paper has no such limit
            alone = probe == "deposition" and production.escape.absorption == "none"  # nor has this run
            suffix = f", {waterfall.INPUTS_OF[preset]}" if alone else ""
            found += _excluded(rows, probe, (*inputs, arrival), preset, suffix=suffix)
    return found


def _of_other_stars(run: Run, production: Production, loss: EnergyLoss, arrival: Arrival, others: Stars) -> list[Curve]:
    """The same limits in the stars that stand beside that of the run."""
    found = []
    table = run.tables["limits_by_star"] if others.stars else None
    for (label, probe), rows in () if table is None else table.groupby(["star", "probe"], sort=False):
        star = label.partition("@")[0]
        chosen = others.production_of(star, production), loss, arrival
        found += _excluded(rows, probe, chosen, star=star)
    return found


def limits(
    run: Run, production: Production, loss: EnergyLoss, arrival: Arrival, model: Leptoquark, others: Stars
) -> list[Curve]:
    """All curves of Fig. 1, limits in other stars, and limits with the paper's or today's best inputs where the run has
    others.

    Where N are absorbed on their way out, every limit is a region with two edges; where they leave freely, that of SMM
    is, and curves with the paper's bound on the delay stand beside the others.

    Parameters
    ----------
    run : with the tables of the scans and the limit curves
    production : how a supernova makes sterile neutrinos
    loss : how much energy sterile neutrinos may carry away
    arrival : which daughters arrive in time
    model : the leptoquark model of ref. 26
    others : stars that stand beside that of the run

    Returns
    -------
    d [1/MeV] against the mass of N [MeV].
    """
    if production.escape.absorption == "none":
        found, M = _free(run, production, loss, arrival), run.tables["limits"]["M_MeV"].to_numpy(float)
    else:
        table, found = run.tables["regions"], []
        for probe, rows in table.groupby("probe", sort=False):
            found += _excluded(rows, probe, (production, loss, arrival))
        M = np.unique(table["M_MeV"].to_numpy(float))
    note = f"d = 1e-13 MeV^-2 sqrt(m_nu M), m_nu = {model.leptoquark_m_nu_eV:g} eV"
    line = criteria.leptoquark(M, model)
    leptoquark = Curve("leptoquark", "leptoquark model", M, line, **COMMON, side=Side.LINE, observed=False, note=note)
    found.append(replace(leptoquark, plane=PLANE))
    found += _of_other_presets(run, production, loss, arrival)
    return found + _of_other_stars(run, production, loss, arrival, others)


def _free(run: Run, production: Production, loss: EnergyLoss, arrival: Arrival) -> list[Curve]:
    """Limits of N that leave freely, with the delay as it is and with the paper's bound."""
    frame, found = run.tables["limits"], []
    assumptions = assumptions_of(production)

    def add(name, probe, label, level, observed, convention, bound, **more):
        x, y = _column(frame, probe, bound)
        if x.size:
            fields = {
                "confidence_level": level,
                "observed": observed,
                "convention": convention,
                "assumptions": assumptions,
            }
            plane = "" if bound or probe in NOT_COMPARED else PLANE
            found.append(Curve(name, label, x, y, **COMMON, **fields, **more, plane=plane))

    for bound, ending, delay in (
        (False, "", arrival.description),
        (True, "_bound", "the paper's bound on the delay"),
    ):
        region = {"region": f"smm{ending}"}
        label, level, observed, _ = SMM
        add(f"smm_bottom{ending}", "smm", label, level, observed, delay, bound, side=Side.BOTTOM, **region)
        add(f"smm_top{ending}", "smm_upper", label, level, observed, delay, bound, side=Side.TOP, **region)
        for probe, (label, level, observed, convention) in PROBES.items():
            if probe in WITHOUT_DELAY and bound:
                continue
            if probe == "cooling":
                convention = CRITERIA.get(loss.cooling_criterion, convention)
            add(f"{probe}{ending}", probe, label, level, observed, convention or delay, bound, side="upper")
    return found
