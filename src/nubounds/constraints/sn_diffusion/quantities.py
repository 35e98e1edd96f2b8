"""The quantities anyone can ask for: one function each."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from nubounds.constraints.sn_diffusion import criteria, form_factors, processes, rosseland
from nubounds.constraints.sn_diffusion.correlations import axial_suppression as suppression
from nubounds.constraints.sn_diffusion.correlations import horowitz2017
from nubounds.constraints.sn_diffusion.inputs import (
    SNAPSHOTS,
    Correlations,
    Criteria,
    Currents,
    Helicities,
    Matter,
    Opacity,
    Transport,
)
from nubounds.constraints.sn_diffusion.opacity import (
    CONVENTIONS,
    MODELS,
    PARTS,
    check_model,
    powers,
    require_finite,
)
from nubounds.constraints.sn_diffusion.opacity import coefficients as paper_coefficients
from nubounds.constraints.sn_diffusion.shells import NEUTRINOS, PAPER, star_of
from nubounds.constraints.sn_diffusion.states import State, nuclear_matter
from nubounds.contract import Answer, InputError, Status, choice, integer, number, quantity
from nubounds.kernels import sn_diffusion as kernel

SNAPSHOT = choice("snapshot_s", SNAPSHOTS, 1, "time after bounce [s]")
SHELL = integer("shell", 1, minimum=1, maximum=1000, meaning="from the centre: 1-6 at 1 s, 1-5 at 5 s in the paper")
NEUTRINO = choice("neutrino", NEUTRINOS, "nu", "species and energy")
MODEL = choice("model", MODELS, "sm", "what is added to the Standard Model")
COUPLING = number("coupling", default=None, minimum=0.0, maximum=1e9, meaning="g_B-L, or Y = sqrt(C_nu C_N)")
MASS = number(
    "m_mediator_MeV",
    "MeV",
    None,
    minimum=kernel.LIGHTEST_MEDIATOR,
    maximum=1e9,
    meaning="mass of the Z' or of the scalar",
)
CONVENTION = choice("convention", tuple(CONVENTIONS), "standard", "reading of the paper, see docs/sn_diffusion.md")
AZIMUTH = choice("azimuth", tuple(kernel.AZIMUTH), "exact", "exact, or the roots of Eq. (18) taken literally")

E_NU = number(
    "E_nu_MeV", "MeV", None, minimum=1.0, maximum=1000.0, meaning="neutrino energy; default: as `neutrino` says"
)

PROCESSES = ("neutral", "neutral_n", "neutral_p", "electron", "charged")
FORWARD = 2.0  # times weaker by the transport weight: worth saying

MEDIATOR = (MODEL, COUPLING, MASS)


def _mediator(model: str, m_mediator_MeV: float | None, coupling: float | None = 0.0) -> tuple[float, float]:
    """Mass and coupling for the kernel; InputError where the model needs one that is missing."""
    if model == "sm":
        return kernel.LIGHTEST_MEDIATOR, 0.0
    for name, value in (("m_mediator_MeV", m_mediator_MeV), ("coupling", coupling)):
        if value is None:
            raise InputError(f"model={model} needs the argument {name}")
    return m_mediator_MeV, coupling


def _shell_states(matter: Matter, snapshot_s: int, neutrino: str) -> list[State]:
    star = star_of(matter)
    return [
        star.state(snapshot_s, shell, neutrino, matter.states, matter.helicities.g_nu)
        for shell in star.shells(snapshot_s)
    ]


def _shell_state(matter: Matter, snapshot_s: int, shell: int, neutrino: str, E_nu_MeV: float | None = None) -> State:
    state = star_of(matter).state(snapshot_s, shell, neutrino, matter.states, matter.helicities.g_nu)
    return state if E_nu_MeV is None else replace(state, E_nu=E_nu_MeV)


def _require_tables(matter: Matter) -> None:
    if not matter.as_published:
        raise InputError("mean_free_paths=printed: Tables I and II are those of the paper's shells, not of a user's")


@quantity(
    "sn_diffusion.nuclear_state",
    number("T_MeV", "MeV", above=0.0, maximum=200.0, meaning="temperature"),
    number("n_B_per_fm3", "1/fm3", above=0.0, maximum=2.0, meaning="baryon density"),
    number(
        "Y_L", default=None, minimum=0.0, maximum=1.0, meaning="lepton fraction with neutrinos; ignored for majorana"
    ),
    choice("neutrino", ("dirac", "majorana"), "dirac", "trapped lepton fraction, or beta equilibrium with mu_nu = 0"),
    unit="MeV",
    source="section III.A, Tables I and II; TM1",
)
def nuclear_state(T_MeV, n_B_per_fm3, Y_L, neutrino, helicities: Helicities):
    """Effective mass, effective chemical potentials, mu_nu and proton fraction of TM1 matter."""
    if neutrino == "dirac" and Y_L is None:
        raise InputError("neutrino=dirac needs the argument Y_L [1]")
    value, error, status = nuclear_matter(T_MeV, n_B_per_fm3, Y_L if neutrino == "dirac" else None, helicities.g_nu)
    if status is not Status.OK:
        return Answer(None, None, "no TM1 solution at this temperature, density and lepton fraction")
    names = ("m_eff_MeV", "mu_n_MeV", "mu_p_MeV", "mu_nu_MeV", "Y_p")
    return Answer(dict(zip(names, value, strict=True)), dict(zip(names, error, strict=True)))


@quantity(
    "sn_diffusion.mean_free_path",
    SNAPSHOT,
    SHELL,
    NEUTRINO,
    *MEDIATOR,
    CONVENTION,
    AZIMUTH,
    E_NU,
    unit="m",
    source="Eq. (19)",
)
def mean_free_path(
    snapshot_s,
    shell,
    neutrino,
    model,
    coupling,
    m_mediator_MeV,
    convention,
    azimuth,
    E_nu_MeV,
    opacity: Opacity,
):
    """Mean free path of neutrinos scattering on nucleons in one shell, Standard Model included."""
    check_model(model, neutrino)
    mass, coupling = _mediator(model, m_mediator_MeV, coupling)
    state = _shell_state(opacity.matter, snapshot_s, shell, neutrino, E_nu_MeV)
    parts, errors, status = processes.coefficients(
        [state],
        neutrino,
        [mass],
        opacity,
        convention,
        azimuth,
    )
    require_finite(status)
    rate, error = (float(array[0, 0] @ powers(model, coupling)) for array in (parts, errors))
    return Answer(1 / rate, error / rate**2)


@quantity(
    "sn_diffusion.opacity",
    SNAPSHOT,
    SHELL,
    choice("neutrino", ("nu", "nubar", "majorana_thermal"), "nu", "species"),
    choice("process", PROCESSES, "neutral", "scattering on both nucleons, on n or on p; on electrons; absorption"),
    E_NU,
    choice("flavour", ("e", "x"), "e", "electron neutrinos; or mu and tau: mu_nu = 0, E = pi T, no charged currents"),
    unit="1/m",
    source="Eq. (19) and docs/sn_diffusion.md",
)
def opacity(snapshot_s, shell, neutrino, process, E_nu_MeV, flavour, opacity: Opacity):
    """Inverse mean free path of the Standard Model in one shell, process by process."""
    state = _shell_state(opacity.matter, snapshot_s, shell, neutrino)
    if flavour == "x":
        if process == "charged":
            raise InputError("process=charged: only electron neutrinos (flavour=e) are absorbed by nucleons")
        state = rosseland.as_flavour_x(state)
    if E_nu_MeV is not None:
        state = replace(state, E_nu=E_nu_MeV)
    wanted = ("neutral_n", "neutral_p") if process == "neutral" else (process,)
    value, error, status = processes.by_process(
        [state], neutrino, [kernel.LIGHTEST_MEDIATOR], opacity.interaction, opacity.accuracy.precision, wanted
    )
    require_finite(status)
    return Answer(*(float(array[0, :, 0, 0].sum()) for array in (value, error)))


@quantity(
    "sn_diffusion.diffusion_coefficient",
    SNAPSHOT,
    SHELL,
    choice("rosseland_power", rosseland.POWERS, 4, "power of E in the mean: 4 for the energy flux, 2 for numbers"),
    unit="m",
    source="Pons et al., ApJ 513 (1999) 780, D2 to D4",
)
def diffusion_coefficient(snapshot_s, shell, rosseland_power, opacity: Opacity):
    """Rosseland means of the Standard Model's mean free paths of electron (nu, nubar) and other Dirac neutrinos (x)."""
    found = {}
    for neutrino in ("nu", "nubar"):
        state = _shell_state(opacity.matter, snapshot_s, shell, neutrino)
        for name, one in ((neutrino, state), (f"{neutrino}_x", rosseland.as_flavour_x(state))):
            found[name] = rosseland.mean_path(
                one, neutrino, opacity.interaction, rosseland_power, opacity.accuracy.precision
            )
    names = ("nu", "nubar", "nu_x", "nubar_x")
    return Answer(*({name: found[name][k] for name in names} for k in range(2)))


@quantity(
    "sn_diffusion.axial_suppression",
    number("T_MeV", "MeV", minimum=1.0, maximum=200.0, meaning="temperature"),
    number("n_B_per_fm3", "1/fm3", minimum=1e-6, maximum=2.0, meaning="baryon density"),
    number("Y_p", minimum=0.0, maximum=1.0, meaning="proton fraction; rpa_static takes TM1 matter with it"),
    unit="1",
    source="docs/sn_diffusion.md; PRC 95 (2017) 025801",
)
def axial_suppression(T_MeV, n_B_per_fm3, Y_p, medium: Correlations):
    """Factor on the axial rate of neutral currents from correlations between nucleons."""
    if medium.correlations == "horowitz2017":
        return Answer(horowitz2017(T_MeV, n_B_per_fm3, Y_p), 0.0)
    value, _, status = nuclear_matter(T_MeV, n_B_per_fm3, Y_p, 0.0)
    if status is not Status.OK:
        return Answer(None, None, "no TM1 solution at this temperature, density and proton fraction")
    m_eff, mu_n, mu_p = map(float, value[:3])
    return Answer(suppression(T_MeV, m_eff, mu_n, mu_p, medium.correlations, medium.g_prime), 0.0)


@quantity(
    "sn_diffusion.form_factor",
    number("Q2_GeV2", "GeV2", minimum=0.0, maximum=10.0, meaning="Q^2 = -q^2 of the leptons"),
    choice("current", ("em", "z", "charged", "baryon"), "z", "the current; charged: n to p, without V_ud"),
    choice("nucleon", ("n", "p"), "n", "ignored for charged and baryon"),
    unit="1",
    source="docs/sn_diffusion.md",
)
def form_factor(Q2_GeV2, current, nucleon, currents: Currents):
    """Dirac, Pauli and axial form factors of a nucleon; F_A is positive for Z exchange on neutrons."""
    Q2 = np.array([1e6 * Q2_GeV2])
    F1, F2, *F_A = {
        "em": lambda: form_factors.electromagnetic(Q2, nucleon, currents.form_factors),
        "z": lambda: form_factors.weak_neutral(Q2, nucleon, currents),
        "charged": lambda: form_factors.charged(Q2, currents.form_factors),
        "baryon": lambda: form_factors.baryon(Q2, currents),
    }[current]()
    value = {"F1": float(F1[0]), "F2": float(F2[0]), "FA": float(F_A[0][0]) if F_A else None}
    return Answer(value, {name: None if number is None else 0.0 for name, number in value.items()})


@quantity(
    "sn_diffusion.diffusion_time",
    SNAPSHOT,
    NEUTRINO,
    *MEDIATOR,
    CONVENTION,
    AZIMUTH,
    choice(
        "mean_free_paths", ("computed", "printed"), "computed", "Eq. (19), or the columns of Tables I and II (sm only)"
    ),
    unit="s",
    source="Eq. (21)",
)
def diffusion_time(
    snapshot_s,
    neutrino,
    model,
    coupling,
    m_mediator_MeV,
    convention,
    azimuth,
    mean_free_paths,
    opacity: Opacity,
):
    """Diffusion time of neutrinos out of all shells of a snapshot."""
    check_model(model, neutrino)
    weights = criteria.diffusion_weights(star_of(opacity.matter).radii_m(snapshot_s))
    if mean_free_paths == "printed":
        if model != "sm":
            raise InputError(f"mean_free_paths=printed: the tables are for model=sm, not {model}")
        _require_tables(opacity.matter)
        table = PAPER.majorana if neutrino.startswith("majorana") else PAPER.dirac
        printed = [table[snapshot_s, shell][f"lambda_{neutrino}_m"] for shell in PAPER.shells(snapshot_s)]
        return Answer(float(weights @ (1 / np.array(printed))), 0.0)
    mass, coupling = _mediator(model, m_mediator_MeV, coupling)
    parts, errors, status = processes.coefficients(
        _shell_states(opacity.matter, snapshot_s, neutrino),
        neutrino,
        [mass],
        opacity,
        convention,
        azimuth,
    )
    require_finite(status)
    return Answer(*(float(weights @ (array[:, 0] @ powers(model, coupling))) for array in (parts, errors)))


@quantity(
    "sn_diffusion.optical_depth",
    SNAPSHOT,
    NEUTRINO,
    *MEDIATOR,
    CONVENTION,
    unit="1",
    source="Eq. (20)",
)
def optical_depth(
    snapshot_s,
    neutrino,
    model,
    coupling,
    m_mediator_MeV,
    convention,
    opacity: Opacity,
):
    """Optical depth from the centre to the outermost shell's radius; neutrinos diffuse where it exceeds 2/3."""
    check_model(model, neutrino)
    mass, coupling = _mediator(model, m_mediator_MeV, coupling)
    parts, errors, status = processes.coefficients(
        _shell_states(opacity.matter, snapshot_s, neutrino),
        neutrino,
        [mass],
        opacity,
        convention,
    )
    require_finite(status)
    thickness = np.diff(star_of(opacity.matter).radii_m(snapshot_s))
    return Answer(*(float(thickness @ (array[:, 0] @ powers(model, coupling))) for array in (parts, errors)))


def _coupling_limits(
    model,
    criterion,
    m_mediator_MeV,
    neutrino,
    snapshot_s,
    convention,
    opacity: Opacity,
    targets: Criteria,
    transport: Transport,
):
    """At masses of shape (n,), which share the states of the shells."""
    neutrino = neutrino or criteria.DEFAULT_NEUTRINO[model]
    check_model(model, neutrino)
    criteria.check_transport(model, transport.transport)
    if reason := criteria.missing(model, criterion):
        nothing = np.full(len(m_mediator_MeV), np.nan)
        return Answer(nothing, nothing, reason, np.full(nothing.shape, Status.NO_SOLUTION))
    snapshot_s = criteria.SNAPSHOT.get(criterion, snapshot_s)
    states = _shell_states(opacity.matter, snapshot_s, neutrino)
    parts, errors, status = processes.coefficients(states, neutrino, m_mediator_MeV, opacity, convention)
    require_finite(status)
    radii = star_of(opacity.matter).radii_m(snapshot_s)

    def limit(parts):
        return criteria.coupling_limit(parts, radii, model, criterion, transport.transport, targets)

    value = limit(parts)
    shifted = (parts + errors * (np.arange(len(PARTS)) == part) for part in range(len(PARTS)))
    error = sum(np.abs(limit(one) - value) for one in shifted)
    status = np.where(np.isfinite(value), Status.OK, Status.NO_SOLUTION)
    note = f"the Standard Model alone exceeds the target of {targets.duration_s} s" if np.any(status) else ""
    if opacity.interaction.weight == "transport" and not note:
        total = replace(opacity, interaction=replace(opacity.interaction, weight="total"))
        parts, _, _ = processes.coefficients(states, neutrino, m_mediator_MeV, total, convention)
        note = _forward_note(value / limit(parts))
    return Answer(value, error, note, status)


def _forward_note(weaker: np.ndarray) -> str:
    """What to say where the transport weight weakens a limit by more than FORWARD."""
    worst = np.nanmax(weaker, initial=0.0)
    if worst < FORWARD:
        return ""
    upto = "up to " if len(weaker) > 1 else ""
    return (
        f"weaker by {upto}a factor {worst:.3g} than with weight=total: exchange of a light mediator scatters forward, "
        "which does not slow diffusion"
    )


@quantity(
    "sn_diffusion.coupling_limit",
    choice("model", criteria.LIMITED_MODELS, meaning="what is added to the Standard Model"),
    choice("criterion", criteria.CRITERIA, "duration_10s", "Eqs. (22), (23), (24), (26)"),
    number(
        "m_mediator_MeV",
        "MeV",
        minimum=kernel.LIGHTEST_MEDIATOR,
        maximum=1e9,
        meaning="mass of the Z' or of the scalar",
    ),
    choice("neutrino", NEUTRINOS, None, "default: nubar, or majorana_thermal for lnv_scalar"),
    choice("snapshot_s", SNAPSHOTS, 1, "for free_streaming and trapping; duration_10s is at 5 s, twice_sm at 1 s"),
    CONVENTION,
    unit="1",
    source="Eqs. (21)-(27)",
    many=_coupling_limits,
)
def coupling_limit(
    model,
    criterion,
    m_mediator_MeV,
    neutrino,
    snapshot_s,
    convention,
    opacity: Opacity,
    targets: Criteria,
    transport: Transport,
):
    """Coupling g_B-L or Y at which a criterion on the neutrinos' diffusion is met."""
    found = _coupling_limits(
        model, criterion, [m_mediator_MeV], neutrino, snapshot_s, convention, opacity, targets, transport
    )
    if found.status[0] != Status.OK:
        return Answer(None, None, found.note)
    return Answer(float(found.value[0]), float(found.error[0]), found.note)


@quantity(
    "sn_diffusion.largest_momentum_transfer",
    SNAPSHOT,
    SHELL,
    NEUTRINO,
    unit="GeV2",
    source="section II.B",
)
def largest_momentum_transfer(snapshot_s, shell, neutrino, matter: Matter):
    """Largest |q^2|: a head-on collision with a neutron at the Fermi surface (at rest where there is none)."""
    state = _shell_state(matter, snapshot_s, shell, neutrino)
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
def energy_dependence(snapshot_s, shell, convention, mean_free_paths, opacity: Opacity):
    """Standard Model mean free path of Majorana neutrinos of energy pi T over that of energy mu_nu^D + pi T."""
    star_of(opacity.matter).require(snapshot_s, shell)
    kinds = ("majorana_thermal", "majorana_degenerate")
    if mean_free_paths == "printed":
        _require_tables(opacity.matter)
        thermal, degenerate = (PAPER.majorana[snapshot_s, shell][f"lambda_{kind}_m"] for kind in kinds)
        return Answer(thermal / degenerate, 0.0)
    rates = []
    for kind in kinds:
        state = _shell_state(opacity.matter, snapshot_s, shell, kind)
        mass = [kernel.LIGHTEST_MEDIATOR]
        parts, errors, status = processes.coefficients([state], kind, mass, opacity, convention)
        require_finite(status)
        rates.append((parts[0, 0, 0], errors[0, 0, 0]))
    (thermal, thermal_error), (degenerate, degenerate_error) = rates
    ratio = degenerate / thermal
    return Answer(ratio, ratio * (thermal_error / thermal + degenerate_error / degenerate))


@quantity(
    "sn_diffusion.medium_enhancement",
    SHELL,
    choice("snapshot_s", SNAPSHOTS, 5, "time after bounce [s]"),
    NEUTRINO,
    *MEDIATOR,
    choice("component", ("total", "sm", "interference", "new_physics"), "total", "all parts, or one part alone"),
    CONVENTION,
    unit="1",
    source="section IV, Figs. 2 and 3",
)
def medium_enhancement(
    shell,
    snapshot_s,
    neutrino,
    model,
    component,
    coupling,
    m_mediator_MeV,
    convention,
    opacity: Opacity,
):
    """Ratio lambda/lambda_0 of the mean free paths in the medium and without blocking and effective masses."""
    check_model(model, neutrino)
    if component in ("interference", "new_physics") and (
        model == "sm" or (component, model[-6:]) == ("interference", "scalar")
    ):
        raise InputError(f"component={component}: {model} has no such part")
    if component == "sm":
        model = "sm"
    processes.require_paper(opacity.interaction, "lambda_0 of Figs. 2 and 3")
    mass, coupling = _mediator(model, m_mediator_MeV, coupling if component == "total" else 0.0)
    chosen = {
        "total": powers(model, coupling),
        "sm": np.array([1.0, 0.0, 0.0, 0.0]),
        "interference": np.array([0.0, 1.0, 0.0, 0.0]),
        "new_physics": np.array([0.0, 0.0, 1.0, 0.0] if model == "b_minus_l" else [0.0, 0.0, 0.0, 1.0]),
    }[component]
    state = _shell_state(opacity.matter, snapshot_s, shell, neutrino)
    rates = []
    for vacuum in (True, False):
        parts, errors, status = paper_coefficients(
            [state],
            neutrino,
            [mass],
            convention=convention,
            axial=opacity.interaction.axial,
            precision=opacity.accuracy.precision,
            vacuum=vacuum,
        )
        require_finite(status)
        rates.append((float(parts[0, 0] @ chosen), float(errors[0, 0] @ np.abs(chosen))))
    (free, free_error), (medium, medium_error) = rates
    ratio = free / medium
    return Answer(ratio, abs(ratio) * (abs(free_error / free) + abs(medium_error / medium)))
