"""From the scan's table to the limit curves of Figs. 4-6, and the table's parts as arrays for the figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nubounds import waterfall
from nubounds.constraints.sn_diffusion import criteria
from nubounds.constraints.sn_diffusion.couplings import snapshot_of
from nubounds.constraints.sn_diffusion.inputs import Criteria, Matter, Opacity, Species, Spectrum, Transport
from nubounds.constraints.sn_diffusion.opacity import CONVENTIONS
from nubounds.constraints.sn_diffusion.paths import kind
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
    "all": "all six species in parallel",
    "majorana_all": "Majorana neutrinos of all flavours in parallel",
}
ENERGY_WORDS = {
    "majorana_thermal": "; neutrino energy pi T",
    "majorana_degenerate": "; neutrino energy mu_nu + pi T",
}

FORWARD = {"transport": "; light exchange scatters forward, which does not slow diffusion: weaker than weight=total"}


def parts_of(
    run: Run, star: Star, convention: str, snapshot_s: float, neutrino: str, *, vacuum: bool = False
) -> tuple[np.ndarray, np.ndarray] | None:
    """Masses (m,) and parts (n shells, m, 4) [1/m] of a snapshot, or None if the table does not hold all its shells.

    Parameters
    ----------
    run : with the table `coefficients`
    star : the star, which says how many shells the snapshot has
    convention : the reading
    snapshot_s : time after bounce [s]
    neutrino : the kind of neutrino
    vacuum : whether to take the parts of 1/lambda_0 of Figs. 2 and 3

    Returns
    -------
    Masses [MeV] and parts [1/m], or None.
    """
    table = run.tables["coefficients"]
    # Arrays: pandas takes milliseconds for each selection, and an ensemble makes dozens for every member.
    mine = np.isfinite(table["sm_per_m"].to_numpy(dtype=float))
    for axis, value in (("convention", convention), ("snapshot_s", snapshot_s), ("neutrino", neutrino)):
        mine &= table[axis].to_numpy() == value
    rows, shells = np.flatnonzero(mine), table["shell"].to_numpy()[mine]
    by_shell = [rows[shells == shell] for shell in star.shells(snapshot_s)]
    masses = table["m_mediator_MeV"].to_numpy(dtype=float)[by_shell[0]]
    if not masses.size or any(len(shell) != masses.size for shell in by_shell):
        return None
    parts = np.column_stack([table[column].to_numpy(dtype=float) for column in COLUMNS[vacuum]])
    return masses, parts[np.stack(by_shell)]


def other_shells(matter: Matter) -> str:
    """Words for shells that are not the paper's; nothing for these.

    Parameters
    ----------
    matter : the shells

    Returns
    -------
    a phrase for a figure or a limit file
    """
    scales = {"T": matter.T_scale, "n_B": matter.n_B_scale, "R": matter.R_scale}
    scaled = ", ".join(f"{name} x {scale:g}" for name, scale in scales.items() if scale != 1)
    whose = f"shells of {Path(matter.shells).name}" if matter.shells is not None else "the paper's shells"
    return f"{whose} with {scaled}" if scaled else whose if matter.shells is not None else ""


@dataclass(frozen=True)
class _Choices:
    """The inputs of the limits."""

    opacity: Opacity
    spectrum: Spectrum
    criteria: Criteria
    species: Species
    transport: Transport


def _snapshot(chosen: _Choices, criterion: str) -> float:
    return snapshot_of(criterion, None, chosen.opacity.matter, chosen.species.limit_snapshot_s)


def _from_coefficients(run: Run, chosen: _Choices, convention: str, model: str, neutrino: str, criterion: str):
    """Masses and couplings in closed form, or None where the table does not hold all shells."""
    star, targets = star_of(chosen.opacity.matter), chosen.criteria
    snapshot_s = _snapshot(chosen, criterion)
    found = parts_of(run, star, convention, snapshot_s, neutrino)
    if found is None:
        return None
    transport = chosen.transport.transport if model == "lnc_scalar" else "eq21"
    masses, parts = found
    return masses, criteria.coupling_limit(parts, star.radii_m(snapshot_s), model, criterion, transport, targets)


def _from_pieces(run: Run, physics: str, model: str, criterion: str):
    """Masses and couplings with the inputs as configured, or with pieces of physics, or None."""
    table = run.tables["pieces"]
    mine = table[(table["physics"] == physics) & (table["model"] == model) & (table["criterion"] == criterion)]
    return (mine["m_mediator_MeV"].to_numpy(float), mine["coupling"].to_numpy(float)) if len(mine) else None


def _curve(
    chosen: _Choices, name: str, convention: str, model: str, neutrino: str, criterion: str, found, preset: str = ""
) -> Curve | None:
    """One limit as a curve, or None where there is none."""
    matter, targets = chosen.opacity.matter, chosen.criteria
    if found is None:
        return None
    masses, coupling = found
    ending = f"{preset}_inputs" if preset else convention
    others = other_shells(matter)
    states = f"{matter.states} states" if matter.as_published else f"solved {others}"
    states += f", {others}" if others and matter.as_published else ""
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
    interaction = chosen.opacity.interaction
    beyond = (*interaction.beyond_paper, *chosen.spectrum.beyond_paper)
    return Curve(
        name=f"{name}_{criterion}_{ending}",
        label=f"{MODEL_WORDS[model]}: {words[criterion]}",
        x=masses[there],
        y=coupling[there],
        x_axis=Coordinate("m_mediator_MeV", "MeV", "mediator mass $m$"),
        y_axis=Coordinate(Y_NAME[model], "1", Y_LABEL[model]),
        side=side,
        region=f"{name}_right_handed_{ending}" if side in EDGES else "",
        convention=f"{convention}{f', preset {preset}' if preset else ''}" + ENERGY_WORDS.get(neutrino, ""),
        assumptions=f"{NEUTRINO_WORDS[neutrino]}, {_snapshot(chosen, criterion):g} s after bounce, {states}, "
        f"axial {interaction.axial:g}"
        + "".join(f", {choice}" for choice in beyond)
        + (f", transport {chosen.transport.transport}" if model == "lnc_scalar" else "")
        + FORWARD.get(interaction.weight, ""),
        source=f"PRD 104 (2021) 063013, {EQUATION[criterion]}",
        plane=PLANE[model],
        preset=preset,
    )


def _as_configured(run: Run, chosen: _Choices) -> list[Curve | None]:
    """Every limit with the run's own inputs: of one energy in every convention of the table, else averaged."""
    one = chosen.species.neutrino
    if chosen.spectrum.beyond_paper:
        return [
            _curve(
                chosen, model, "standard", model, kind(None, model, chosen.spectrum, default), criterion,
                _from_pieces(run, waterfall.CONFIGURED, model, criterion),
            )
            for model, default in (("b_minus_l", one), ("lnc_scalar", one), ("lnv_scalar", ""))
            for criterion in criteria.CRITERIA
            if not criteria.missing(model, criterion)
        ]  # fmt: skip
    kinds = [("b_minus_l", one), ("lnc_scalar", one)]
    kinds += [("lnv_scalar", "majorana_thermal"), ("lnv_scalar", "majorana_degenerate")]
    return [
        _curve(
            chosen, f"{model}{ENERGY.get(neutrino, '')}", convention, model, neutrino, criterion,
            _from_coefficients(run, chosen, convention, model, neutrino, criterion),
        )
        for convention in CONVENTIONS
        for model, neutrino in kinds
        for criterion in criteria.CRITERIA
        if not criteria.missing(model, criterion)
    ]  # fmt: skip


def _of_preset(run: Run, chosen: _Choices, preset: str, step: str) -> list[Curve | None]:
    """Every limit with the inputs of a preset, which the table of pieces has as `step`."""
    opacity, spectrum = waterfall.at(step, chosen.opacity, chosen.spectrum)
    other, curves = replace(chosen, opacity=opacity, spectrum=spectrum), []
    for model in criteria.LIMITED_MODELS:
        neutrino = kind(None, model, spectrum, "" if model == "lnv_scalar" else chosen.species.neutrino)
        for criterion in criteria.CRITERIA:
            if not criteria.missing(model, criterion, neutrino):
                found = _from_pieces(run, step, model, criterion)
                curves.append(_curve(other, model, "standard", model, neutrino, criterion, found, preset))
    return curves


def limits(
    run: Run, opacity: Opacity, spectrum: Spectrum, targets: Criteria, species: Species, transport: Transport
) -> list[Curve]:
    """All curves of Figs. 4-6 as configured, and beside them the paper's and today's best.

    Parameters
    ----------
    run : with the table `coefficients`, and `pieces` for averages and the curves of other presets
    opacity, spectrum, targets, species, transport : the inputs

    Returns
    -------
    Curves with at least one point; those of another preset say so.
    """
    chosen = _Choices(opacity, spectrum, targets, species, transport)
    curves = _as_configured(run, chosen)
    for preset, step in waterfall.other_presets(opacity, spectrum):
        if run.holds("pieces", "physics", step):
            curves += _of_preset(run, chosen, preset, step)
    return [curve for curve in curves if curve is not None and curve.x.size]
