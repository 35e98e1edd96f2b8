"""From the scan's table to the limit curves of Figs. 4-6, and the table's parts as arrays for the figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nubounds.constraints.sn_diffusion import criteria
from nubounds.constraints.sn_diffusion.inputs import Criteria, Interaction, Matter, Species, Transport
from nubounds.constraints.sn_diffusion.opacity import CONVENTIONS
from nubounds.constraints.sn_diffusion.scans import COLUMNS
from nubounds.constraints.sn_diffusion.shells import Star, star_of
from nubounds.contract import EDGES, Coordinate, Curve, Run, Side

Y_NAME = {"b_minus_l": "coupling_g", "lnc_scalar": "coupling_Y", "lnv_scalar": "coupling_Y"}
Y_LABEL = {
    "b_minus_l": r"gauge coupling $g_{B-L}$",
    "lnc_scalar": r"coupling $Y = \sqrt{C_\nu C_N}$",
    "lnv_scalar": r"coupling $Y = \sqrt{C_\nu C_N}$",
}
PLANE = {"b_minus_l": "b_minus_l", "lnc_scalar": "scalar", "lnv_scalar": "scalar"}
MODEL_WORDS = {"b_minus_l": "B-L", "lnc_scalar": "LNC scalar", "lnv_scalar": "LNV scalar"}
EQUATION = {
    "duration_10s": "Eq. (22)",
    "twice_sm": "Eq. (23)",
    "free_streaming": "Eqs. (24), (25)",
    "trapping": "Eq. (26)",
}
ENERGY = {"majorana_thermal": "_thermal", "majorana_degenerate": "_degenerate"}
NEUTRINO_WORDS = {
    "nu": "Dirac neutrinos",
    "nubar": "Dirac antineutrinos",
    "majorana_thermal": "Majorana neutrinos",
    "majorana_degenerate": "Majorana neutrinos",
}
ENERGY_WORDS = {
    "majorana_thermal": "; neutrino energy pi T",
    "majorana_degenerate": "; neutrino energy mu_nu + pi T",
}

FORWARD = {"transport": "; light exchange scatters forward, which does not slow diffusion: weaker than weight=total"}


def parts_of(run: Run, star: Star, convention: str, snapshot_s: int, neutrino: str, *, vacuum: bool = False):
    """Masses (m,) and parts (n shells, m, 4) [1/m] of a snapshot, or None if the table does not hold all its shells."""
    table = run.tables["coefficients"]
    rows = table[
        (table["convention"] == convention)
        & (table["snapshot_s"] == snapshot_s)
        & (table["neutrino"] == neutrino)
        & np.isfinite(table["sm_per_m"])
    ]
    by_shell = [rows[rows["shell"] == shell] for shell in star.shells(snapshot_s)]
    masses = by_shell[0]["m_mediator_MeV"].to_numpy(dtype=float)
    if not masses.size or any(len(shell) != masses.size for shell in by_shell):
        return None
    return masses, np.stack([shell[COLUMNS[vacuum]].to_numpy(dtype=float) for shell in by_shell])


def other_shells(matter: Matter) -> str:
    """Words for shells that are not the paper's; nothing for these."""
    scales = {"T": matter.T_scale, "n_B": matter.n_B_scale, "R": matter.R_scale}
    scaled = ", ".join(f"{name} x {scale:g}" for name, scale in scales.items() if scale != 1)
    whose = f"shells of {Path(matter.shells).name}" if matter.shells is not None else "the paper's shells"
    return f"{whose} with {scaled}" if scaled else whose if matter.shells is not None else ""


@dataclass(frozen=True)
class _Choices:
    """The inputs of the limits."""

    matter: Matter
    interaction: Interaction
    criteria: Criteria
    species: Species
    transport: Transport


def _curve(run: Run, chosen: _Choices, convention: str, model: str, neutrino: str, criterion: str) -> Curve | None:
    """One limit as a curve, or None where the table or the criterion has none."""
    star, matter, targets = star_of(chosen.matter), chosen.matter, chosen.criteria
    snapshot_s = criteria.SNAPSHOT.get(criterion, chosen.species.limit_snapshot_s)
    transport = chosen.transport.transport if model == "lnc_scalar" else "eq21"
    found = parts_of(run, star, convention, snapshot_s, neutrino)
    if found is None:
        return None
    masses, parts = found
    others = other_shells(matter)
    states = f"{matter.states} states" if matter.as_published else f"solved {others}"
    states += f", {others}" if others and matter.as_published else ""
    coupling = criteria.coupling_limit(parts, star.radii_m(snapshot_s), model, criterion, transport, targets)
    there = np.isfinite(coupling)
    words = {
        "duration_10s": f"diffusion time {targets.duration_s:g} s",
        "twice_sm": f"diffusion time {targets.factor:g} x Standard Model",
        "free_streaming": "one interaction during diffusion",
        "trapping": f"right-handed neutrinos trapped by {targets.interactions:g} interactions",
    }
    side = Side.UPPER
    if criterion in ("free_streaming", "trapping"):
        edge = {"free_streaming": Side.BOTTOM, "trapping": Side.TOP}[criterion]
        side = edge if model == "lnc_scalar" else Side.LINE
    name = f"{model}{ENERGY.get(neutrino, '')}"
    return Curve(
        name=f"{name}_{criterion}_{convention}",
        label=f"{MODEL_WORDS[model]}: {words[criterion]}",
        x=masses[there],
        y=coupling[there],
        x_axis=Coordinate("m_mediator_MeV", "MeV", "mediator mass $m$"),
        y_axis=Coordinate(Y_NAME[model], "1", Y_LABEL[model]),
        side=side,
        region=f"{name}_right_handed_{convention}" if side in EDGES else "",
        convention=convention + ENERGY_WORDS.get(neutrino, ""),
        assumptions=f"{NEUTRINO_WORDS[neutrino]}, {snapshot_s} s after bounce, {states}, "
        f"axial {chosen.interaction.axial:g}"
        + "".join(f", {choice}" for choice in chosen.interaction.beyond_paper)
        + (f", transport {transport}" if model == "lnc_scalar" else "")
        + FORWARD.get(chosen.interaction.weight, ""),
        source=f"PRD 104 (2021) 063013, {EQUATION[criterion]}",
        plane=PLANE[model],
    )


def limits(
    run: Run, matter: Matter, interaction: Interaction, targets: Criteria, species: Species, transport: Transport
) -> list[Curve]:
    """All curves of Figs. 4-6 for every convention in the table."""
    chosen = _Choices(matter, interaction, targets, species, transport)
    kinds = [("b_minus_l", species.neutrino), ("lnc_scalar", species.neutrino)]
    kinds += [("lnv_scalar", "majorana_thermal"), ("lnv_scalar", "majorana_degenerate")]
    curves = [
        _curve(run, chosen, convention, model, neutrino, criterion)
        for convention in CONVENTIONS
        for model, neutrino in kinds
        for criterion in criteria.CRITERIA
        if not criteria.missing(model, criterion)
    ]
    return [curve for curve in curves if curve is not None and curve.x.size]
