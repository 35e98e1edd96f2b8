"""Numbers for single sentences and figures of the paper."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from nubounds.constraints.sn_diffusion import processes
from nubounds.constraints.sn_diffusion.arguments import CONVENTION, MEDIATOR, NEUTRINO, SHELL, SNAPSHOT
from nubounds.constraints.sn_diffusion.inputs import Matter, Opacity, Spectrum
from nubounds.constraints.sn_diffusion.opacity import check_model, coefficients, powers, require_finite
from nubounds.constraints.sn_diffusion.paths import (
    Question,
    combined,
    inverse_paths,
    kind,
    one_of,
    per_group,
    require_mediator,
    require_tables,
    states,
)
from nubounds.constraints.sn_diffusion.shells import NEUTRINOS, PAPER, star_of
from nubounds.contract import Answer, InputError, choice, quantity
from nubounds.kernels import sn_diffusion as kernel

ENERGY = choice("neutrino", NEUTRINOS, "nu", "species and energy")


def _optical_depths(
    snapshot_s, neutrino, model, coupling, m_mediator_MeV, convention, opacity: Opacity, spectrum: Spectrum
):
    require_mediator(model, m_mediator_MeV=m_mediator_MeV, coupling=coupling)
    neutrino = kind(neutrino, model, spectrum, "nu")

    def ask(snapshot_s, masses, couplings):
        asked = Question(snapshot_s, neutrino, opacity, spectrum, convention)
        thickness = np.diff(asked.radii_m)
        rates = inverse_paths(asked, model, masses, couplings)
        return tuple(sum(one * rate[k] for k, one in enumerate(thickness)) for rate in rates)

    return per_group(ask, (snapshot_s,), (m_mediator_MeV, coupling))


@quantity(
    "sn_diffusion.optical_depth",
    SNAPSHOT,
    NEUTRINO,
    *MEDIATOR,
    CONVENTION,
    unit="1",
    source="Eq. (20)",
    many=_optical_depths,
)
def optical_depth(
    snapshot_s: float,
    neutrino: str | None,
    model: str,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    opacity: Opacity,
    spectrum: Spectrum,
) -> Answer:
    """Optical depth from the centre to the outermost shell's radius; neutrinos diffuse where it exceeds 2/3.

    Returns
    -------
    Sum of thickness/lambda; the error is the difference to coarser grids in momentum and energy.
    """
    return one_of(_optical_depths(snapshot_s, neutrino, model, coupling, m_mediator_MeV, convention, opacity, spectrum))


@quantity(
    "sn_diffusion.largest_momentum_transfer",
    SNAPSHOT,
    SHELL,
    ENERGY,
    unit="GeV2",
    source="section II.B",
)
def largest_momentum_transfer(snapshot_s: float, shell: int, neutrino: str, matter: Matter) -> Answer:
    """Largest |q^2|: a head-on collision with a neutron at the Fermi surface (at rest where there is none).

    Returns
    -------
    |q^2| [GeV^2], exact for the given state
    """
    (state,) = states(matter, snapshot_s, neutrino, (shell,))
    E_N = max(state.mu_n, state.m_eff)
    pk = state.E_nu * (E_N + math.sqrt(E_N**2 - state.m_eff**2))
    return Answer(1e-6 * 4 * pk**2 / (state.m_eff**2 + 2 * pk), 0.0)


@quantity(
    "sn_diffusion.energy_dependence",
    SNAPSHOT,
    SHELL,
    CONVENTION,
    choice("mean_free_paths", ("computed", "printed"), "computed", "Eq. (19), or Table II"),
    unit="1",
    source="section III.B",
)
def energy_dependence(snapshot_s: float, shell: int, convention: str, mean_free_paths: str, opacity: Opacity) -> Answer:
    """Standard Model mean free path of Majorana neutrinos of energy pi T over that of energy mu_nu^D + pi T.

    Returns
    -------
    The ratio; the error adds those of both paths.
    """
    star_of(opacity.matter).require(snapshot_s, shell)
    kinds = ("majorana_thermal", "majorana_degenerate")
    if mean_free_paths == "printed":
        require_tables(opacity.matter)
        thermal, degenerate = (PAPER.majorana[snapshot_s, shell][f"lambda_{kind}_m"] for kind in kinds)
        return Answer(thermal / degenerate, 0.0)
    rates = []
    for energy in kinds:
        asked = Question(snapshot_s, energy, opacity, Spectrum(), convention, shells=(shell,))
        rates.append([float(array[0, 0]) for array in inverse_paths(asked, "sm", None, None)])
    (thermal, thermal_error), (degenerate, degenerate_error) = rates
    ratio = degenerate / thermal
    return Answer(ratio, ratio * (thermal_error / thermal + degenerate_error / degenerate))


def _medium_enhancements(
    shell, snapshot_s, neutrino, model, component, coupling, m_mediator_MeV, convention, opacity: Opacity
):
    check_model(model, neutrino)
    if component in ("interference", "new_physics") and (
        model == "sm" or (component, model[-6:]) == ("interference", "scalar")
    ):
        raise InputError(f"component={component}: {model} has no such part")
    if component == "sm":
        model = "sm"
    processes.require_paper(opacity.interaction, "lambda_0 of Figs. 2 and 3")
    coupling = coupling if component == "total" else 0.0
    require_mediator(model, m_mediator_MeV=m_mediator_MeV, coupling=coupling)
    alone = {
        "sm": np.array([1.0, 0.0, 0.0, 0.0]),
        "interference": np.array([0.0, 1.0, 0.0, 0.0]),
        "new_physics": np.array([0.0, 0.0, 1.0, 0.0] if model == "b_minus_l" else [0.0, 0.0, 0.0, 1.0]),
    }.get(component)

    def ask(snapshot_s, masses, couplings):
        (state,) = states(opacity.matter, snapshot_s, neutrino, (shell,))
        masses = np.full(len(masses), kernel.LIGHTEST_MEDIATOR) if model == "sm" else masses
        masses, where = np.unique(masses, return_inverse=True)
        chosen = np.array([powers(model, one) if alone is None else alone for one in couplings.tolist()])
        rates = []
        for vacuum in (True, False):
            parts, errors, status = coefficients(
                [state],
                neutrino,
                masses,
                convention=convention,
                axial=opacity.interaction.axial,
                precision=opacity.accuracy.precision,
                vacuum=vacuum,
            )
            require_finite(status)
            rates.append((combined(parts[0, where], chosen), combined(errors[0, where], np.abs(chosen))))
        (free, free_error), (medium, medium_error) = rates
        ratio = free / medium
        return ratio, np.abs(ratio) * (np.abs(free_error / free) + np.abs(medium_error / medium))

    return per_group(ask, (snapshot_s,), (m_mediator_MeV, coupling))


@quantity(
    "sn_diffusion.medium_enhancement",
    SHELL,
    replace(SNAPSHOT, default=5.0),
    ENERGY,
    *MEDIATOR,
    choice("component", ("total", "sm", "interference", "new_physics"), "total", "all parts, or one part alone"),
    CONVENTION,
    unit="1",
    source="section IV, Figs. 2 and 3",
    many=_medium_enhancements,
)
def medium_enhancement(
    shell: int,
    snapshot_s: float,
    neutrino: str,
    model: str,
    component: str,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    opacity: Opacity,
) -> Answer:
    """Ratio lambda/lambda_0 of the mean free paths in the medium and without blocking and effective masses.

    Returns
    -------
    The ratio; the error adds those of both paths.
    """
    return one_of(
        _medium_enhancements(
            shell, snapshot_s, neutrino, model, component, coupling, m_mediator_MeV, convention, opacity
        )
    )
