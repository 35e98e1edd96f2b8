"""Files for CLASS: the spectrum, an ini that runs as it is, and what it should find.

background.c has n = deg 4 pi (T/hbar c)^3 Int q^2 f0 dq, so f0 = N_h F(q)/(2 pi)^3 with deg_ncdm = 1.  The table needs
no header, no comma, f0 > 0 and a falling end; `tol_ncdm` would be overwritten by `tol_ncdm_synchronous`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nubounds import __version__
from nubounds.constraints.dm_production import observables, production, structure
from nubounds.constraints.dm_production.conventions import resolve
from nubounds.constraints.dm_production.inputs import (
    POINTS,
    Accuracy,
    Benchmarks,
    Choices,
    CurvePoints,
    Shown,
    Wanted,
)
from nubounds.constraints.dm_production.late_spectrum import Point
from nubounds.constraints.dm_production.medium import LADDERS
from nubounds.constraints.dm_production.quantities import relic_couplings
from nubounds.constraints.dm_production.scans import PLACE
from nubounds.contract import InputError
from nubounds.files import tables

KINDS = ("_psd.dat", ".json", ".ini")  # ends of the names of a point's files
RANGES = {"points": (20, 2000), "q_max": (10.0, 60.0), "smooth": (0.0, 0.5)}
LOWEST_Q = 0.05  # below the first q CLASS holds f0 constant
NEGLIGIBLE = 1e-14  # of the largest q^2 f0
FINE = 600  # momenta of the smoothed spectrum

INI = """# {name}: sterile-neutrino dark matter, nubounds {version}
# {arguments}
# expected: Omega h^2 = {omega:.6g} (critical density 1.05367e-5 h^2 GeV/cm^3; the papers' 1.05e-5 gives {papers:.6g})
# {structure}
# add omega_b, A_s, n_s and tau_reio as you like
h = 0.6736
omega_cdm = 1e-10
N_ur = 3.044
N_ncdm = 1
use_ncdm_psd_files = 1
ncdm_psd_filenames = {name}_psd.dat
m_ncdm = {mass!r}
T_ncdm = {ratio:.9g}
deg_ncdm = 1
tol_ncdm_synchronous = 1e-5
ncdm_fluid_approximation = 3
k_per_decade_for_pk = 20
output = mPk
P_k_max_h/Mpc = {k_max:.4g}
"""


def _in_range(name: str, value: float) -> None:
    low, high = RANGES[name]
    if not low <= value <= high:
        raise InputError(f"--{name.replace('_', '-')}: {value:g} must lie between {low:g} and {high:g}")


def points(
    curve: CurvePoints, wanted: Wanted, benchmarks: Benchmarks, accuracy: Accuracy, shown: Shown, choices: Choices
) -> dict[str, dict[str, Any]]:
    """The arguments of `write` at the benchmark points, by the name of their files: each with the couplings of the
    scalar that A, B, C name at their mediator masses, where the S has that branch.

    Parameters
    ----------
    curve : masses of the points A, B, C
    wanted : the relic density that is wanted
    benchmarks : pairs of mass and mixing
    accuracy : of the couplings
    shown : which convention
    choices : switches that a user set

    Returns
    -------
    arguments of the quantity `class_input`, by the name of the files
    """
    found = {}
    settled, grids = resolve(shown.figure_convention, choices), LADDERS[accuracy.precision]
    for number, (m4_keV, s2) in enumerate(benchmarks.pairs, 1):
        for name, m in zip(POINTS, curve.point_masses_MeV, strict=True):
            point = ("scalar", m, settled, 1e-3 * m4_keV, s2)
            roots, _, _ = production.relic_couplings_on(grids, wanted.target_relic_density, *point)
            if len(roots) > PLACE[name]:
                found[f"benchmark_{number}_{name}"] = {
                    "model": "scalar",
                    "m4_keV": m4_keV,
                    "sin2_2theta": s2,
                    "coupling": float(roots[PLACE[name]]),
                    "m_mediator_MeV": m,
                    "convention": shown.figure_convention,
                }
    return found


def on_branch(branch: str, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments with the coupling of a branch of the S: A the highest, B the middle, C the lowest of three.

    Parameters
    ----------
    branch : A, B or C
    given : arguments of the quantity `relic_couplings`

    Returns
    -------
    arguments of the quantity `class_input`
    """
    if branch not in POINTS:
        raise InputError(f"branch={branch}: must be one of {', '.join(POINTS)}")
    if "coupling" in given:
        raise InputError("branch: give it or coupling, not both")
    roots = relic_couplings(**{"model": "scalar", **given}).value or []
    if len(roots) != 3:
        raise InputError(f"branch={branch}: there are {len(roots)} couplings with the wanted Omega h^2 here, not three")
    return {**given, "coupling": float(sorted(roots, reverse=True)[POINTS.index(branch)])}


def smoothed(point: Point, q: np.ndarray, width: float) -> np.ndarray:
    """F at `q` averaged with a Gaussian of `width` in ln q, of q^2 F dq, which keeps the number of neutrinos.

    Parameters
    ----------
    point : where sterile neutrinos are produced
    q : p/T at 1 MeV and later, ascending, shape (n,)
    width : in ln q

    Returns
    -------
    array of shape (n,)
    """
    log_q = np.linspace(math.log(0.2 * q[0]), math.log(1.3 * q[-1]), FINE)
    fine = np.exp(log_q)
    number = fine**3 * point.spectrum(fine)[0]
    kernel = np.exp(-0.5 * ((np.log(q)[:, None] - log_q) / width) ** 2)
    return kernel @ number * (log_q[1] - log_q[0]) / (math.sqrt(2 * math.pi) * width) / q**3


def table(point: Point, points: int, q_max: float, smooth: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """(q, f0) on q = q_max (i/points)^1.5, cut where q^2 f0 is negligible; InputError where CLASS could not read it.

    Parameters
    ----------
    point : where sterile neutrinos are produced
    points : how many momenta
    q_max : the largest
    smooth : width in ln q over which the spectrum is averaged, 0 for none

    Returns
    -------
    (q, f0), arrays of equal length
    """
    q = q_max * (np.arange(1, points + 1) / points) ** 1.5
    if q[0] > LOWEST_Q:
        raise InputError(f"--points: too few, the first q would be {q[0]:.3g} and must be at most {LOWEST_Q:g}")
    F = smoothed(point, q, smooth) if smooth else point.spectrum(q)[0]
    f0 = point.choices.helicities * F / (2 * math.pi) ** 3
    kept = f0 * q**2 > NEGLIGIBLE * np.max(f0 * q**2)
    last = int(np.flatnonzero(kept)[-1]) + 1 if kept.any() else 0
    q, f0 = q[:last], f0[:last]
    if last < 20 or not np.all(f0 > 0) or not f0[-1] < f0[-2]:
        raise InputError("the spectrum has no tail that CLASS could continue: f0 must be positive and fall at its end")
    return q, f0


def write(
    given: dict[str, Any],
    output: Path,
    points: int = 100,
    q_max: float = 25.0,
    smooth: float = 0.0,
    force: bool = False,
    config: Mapping[str, Any] | None = None,
) -> list[str]:
    """Write NAME_psd.dat, NAME.json and NAME.ini for `output` = DIR/NAME.

    Parameters
    ----------
    given : arguments and inputs of the quantity `class_input`, and `branch` in place of a coupling
    output : folder and first part of the names of the files
    points, q_max : how many momenta, and the largest
    smooth : width in ln q over which the spectrum is averaged, 0 for none
    force : whether files that are there are replaced
    config : inputs that a config sets

    Returns
    -------
    The lines that run CLASS, behind a note where there is one.

    Raises
    ------
    InputError
        For arguments that the quantity `class_input` refuses, for files that are there without `force`.
    """
    for name, value in (("points", points), ("q_max", q_max), ("smooth", smooth)):
        _in_range(name, value)
    if 0 < smooth < 0.02:
        raise InputError(f"--smooth: {smooth:g} must be 0 or at least 0.02")
    name = output.name
    if not name or not all(letter.isalnum() or letter in "._-" for letter in name):
        raise InputError(f"--output: {name!r} must consist of letters, digits and . _ -, for CLASS to read the ini")
    files = {kind: output.with_name(name + kind) for kind in KINDS}
    there = [str(path) for path in files.values() if path.exists()]
    if there and not force:
        raise InputError(f"{', '.join(there)}: there already; --force replaces")
    given = dict(given)
    if "branch" in given:
        given = on_branch(given.pop("branch"), given)
    quantity = observables.class_input
    bound = quantity.bind(given, config)
    answer = quantity.function(**bound)
    if answer.value is None:
        raise InputError(answer.note)
    arguments = quantity.written_out(bound)
    point = observables.point_of(**bound)
    q, f0 = table(point, points, q_max, smooth)
    k_hm, _, why = observables.half_mode_of(point)
    value = {key: float(entry) for key, entry in answer.value.items()}
    thermal = structure.thermal_mass(point.velocity(value["mean_q"]))
    known = why if k_hm is None else f"half mode at {k_hm:.5g} h/Mpc, like a thermal relic of {thermal:.5g} keV"
    own = {key: entry for key, entry in arguments.items() if entry is not None}
    text = INI.format(
        name=name,
        version=__version__,
        arguments=" ".join(f"{key}={entry}" for key, entry in own.items()),
        omega=value["omega_h2_class"],
        papers=value["omega_h2_class"] / observables.DENSITIES,
        structure=known,
        mass=value["m_ncdm_eV"],
        ratio=value["T_ncdm"],
        k_max=max(50.0, 3 * (k_hm or 0.0)),
    )
    record = {
        "class_input": value,
        "arguments": arguments,
        "points": points,
        "q_max": q_max,
        "smooth": smooth,
        "note": answer.note,
        "version": __version__,
    }
    rows = "".join(f"{a:.10e} {b:.10e}\n" for a, b in zip(q, f0, strict=True))
    tables.write_text(files["_psd.dat"], rows)
    tables.write_text(files[".json"], json.dumps(record, indent=1) + "\n")
    tables.write_text(files[".ini"], text)
    notes = [f"note: {answer.note}"] if answer.note else []
    return [*notes, f"cd {output.parent}", f"class {name}.ini"]
