"""Limit curves of Fig. 1 and the tables of the report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nubounds.constraints.sn_dipole import diffuse, monte_carlo, pns_8_8, probes, star, user_profile
from nubounds.constraints.sn_dipole import inputs as config
from nubounds.constraints.sn_dipole.constants import KPC_CM
from nubounds.contract import Curve

X_LABEL, Y_LABEL = "sterile neutrino mass $M_N$ [MeV]", "transition moment coupling $d$ [1/MeV]"
PLANE = "magnetic_moment"
COMMON = {
    "x_name": "M_MeV",
    "y_name": "d_per_MeV",
    "x_label": X_LABEL,
    "y_label": Y_LABEL,
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
WITHOUT_DELAY = ("cooling", "diffuse")
NOT_COMPARED = ("eastrogam_223", "low_energy")  # one curve per experiment in the plane with other constraints


def _column(frame, probe: str, bound: bool):
    """Masses and limits where there is one that holds."""
    M = frame["M_MeV"].to_numpy(float)
    d = frame[f"d_{probe}{'_bound' if bound else ''}_per_MeV"].to_numpy(float)
    keep = (d > 0) & (frame["status"] == "OK").to_numpy()
    if probe == "diffuse":
        keep &= diffuse.M_MAX_MEV >= M
    return M[keep], d[keep]


def limits(run) -> list[Curve]:
    """All curves of Fig. 1, with the delay as it is and with the paper's bound; the region of SMM has two edges."""
    frame, found = run.tables["limits"], []
    star_used = "user's profile" if run.inputs["profile"] else "star PNS-8.8A"
    assumptions = f"{COUPLING}; {star_used}, screening {run.inputs['screening']}; {TRAPPING}"

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
        (False, "", config.delay_name(run.inputs)),
        (True, "_bound", "the paper's bound on the delay"),
    ):
        region = {"region": f"smm{ending}"}
        label = "SN1987A photons, Solar Maximum Mission"
        add(f"smm_bottom{ending}", "smm", label, "95%", True, delay, bound, side="bottom", **region)
        add(f"smm_top{ending}", "smm_upper", label, "95%", True, delay, bound, side="top", **region)
        for probe, (label, level, observed, convention) in PROBES.items():
            if probe in WITHOUT_DELAY and bound:
                continue
            add(f"{probe}{ending}", probe, label, level, observed, convention or delay, bound, side="upper")
    M = frame["M_MeV"].to_numpy(float)
    note = f"d = 1e-13 MeV^-2 sqrt(m_nu M), m_nu = {run.inputs['leptoquark_m_nu_eV']:g} eV"
    line = probes.leptoquark(M, run.inputs["leptoquark_m_nu_eV"])
    leptoquark = Curve("leptoquark", "leptoquark model", M, line, **COMMON, side="line", observed=False, note=note)
    found.append(replace(leptoquark, plane=PLANE))
    return found


CONTENT_TIMES_S = (0.01, 0.1, 0.3, 1.0, 2.0, 4.0, 8.0)


def profile_content(run):
    """Global numbers of the star at a few times."""
    import pandas

    rows = []
    if run.inputs["profile"]:
        profile = user_profile.read(run.inputs["profile"])
        times = [t for t in CONTENT_TIMES_S if profile.t[0] <= t <= profile.t[-1]] or [float(profile.t[0])]
        rows = [{"t_s": t, "R_km": profile.edge(t)} | star.content(*star.from_user(profile, t)) for t in times]
    else:
        T0 = float(run.inputs["T0_MeV"])
        rows = [
            {"t_s": t, "R_km": pns_8_8.Snapshot(t, T0).R_km} | star.content(*star.embedded(t, T0))
            for t in CONTENT_TIMES_S
        ]
    return pandas.DataFrame(rows)


def monte_carlo_check(run):
    """Fluence of the Monte Carlo per mass, all blocks together, beside the closed form."""
    import pandas

    telescope = config.telescope("smm", run.inputs)
    rows = []
    for M, part in run.tables["monte_carlo"].groupby("check_M_MeV"):
        weight, square, count = (float(part[name].sum()) for name in ("weight", "square", "particles"))
        scale = float(run.inputs["mc_moment"]) ** 2
        value, error = (
            scale * x
            for x in monte_carlo.estimate(
                weight, square, count, float(part["number_MeV2"].iloc[0]), telescope.distance_kpc * KPC_CM
            )
        )
        closed = float(part["closed_form_per_cm2"].iloc[0])
        rows.append(
            {
                "M_MeV": M,
                "d_per_MeV": float(run.inputs["mc_moment"]),
                "particles": int(count),
                "monte_carlo_per_cm2": value,
                "error_per_cm2": error,
                "closed_form_per_cm2": closed,
                "deviations": (value - closed) / error if error > 0 else np.nan,
                "largest_angle_deg": float(part["angle_deg"].max()),
            }
        )
    return pandas.DataFrame(rows)


def star_profile(run):
    """The star in the columns of a user's csv, on 34 times and 81 radii."""
    import pandas

    inputs = run.inputs
    if inputs["profile"]:
        profile = user_profile.read(inputs["profile"])
        t, r = np.meshgrid(profile.t, profile.r, indexing="ij")
        columns = {name: values.ravel() for name, values in profile.columns.items()}
        return pandas.DataFrame({"t_s": t.ravel(), "r_km": r.ravel(), **columns})
    return pandas.DataFrame(user_profile.embedded_columns(T0_MeV=float(inputs["T0_MeV"])))


TABLES = {"star_profile": star_profile, "profile_content": profile_content, "monte_carlo_check": monte_carlo_check}
