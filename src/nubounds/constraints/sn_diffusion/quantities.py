"""The quantities anyone can ask for: one function each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from nubounds.constraints.sn_diffusion import criteria, form_factors, processes, rosseland
from nubounds.constraints.sn_diffusion.arguments import (
    AZIMUTH,
    CONVENTION,
    E_NU,
    MEDIATOR,
    NEUTRINO,
    SHELL,
    SNAPSHOT,
)
from nubounds.constraints.sn_diffusion.correlations import horowitz2017, rpa_static
from nubounds.constraints.sn_diffusion.couplings import coupling_limits, forward_note, snapshot_of
from nubounds.constraints.sn_diffusion.inputs import (
    Correlations,
    Criteria,
    Currents,
    Flavour,
    Helicities,
    Mean,
    Opacity,
    Spectrum,
    Transport,
)
from nubounds.constraints.sn_diffusion.opacity import require_finite
from nubounds.constraints.sn_diffusion.paths import (
    KINDS,
    Question,
    inverse_paths,
    kind,
    one_of,
    per_group,
    require_mediator,
    require_tables,
    states,
)
from nubounds.constraints.sn_diffusion.shells import PAPER, star_of
from nubounds.constraints.sn_diffusion.states import matter_at, nuclear_matter
from nubounds.contract import Answer, InputError, Status, choice, groups, number, quantity
from nubounds.kernels import sn_diffusion as kernel

PROCESSES = ("neutral", "neutral_n", "neutral_p", "electron", "charged")


STATE = ("m_eff_MeV", "mu_n_MeV", "mu_p_MeV", "mu_nu_MeV", "Y_p")
NO_STATE = "no TM1 solution at this temperature, density and lepton fraction"


def _lepton_fraction(neutrino: str, Y_L: Any) -> Any:
    """The lepton fraction of trapped neutrinos; None for Majorana neutrinos."""
    if neutrino == "dirac" and Y_L is None:
        raise InputError("neutrino=dirac needs the argument Y_L [1]")
    return Y_L if neutrino == "dirac" else None


def _nuclear_states(T_MeV, n_B_per_fm3, Y_L, neutrino, helicities: Helicities):
    value, error, status = matter_at(T_MeV, n_B_per_fm3, _lepton_fraction(neutrino, Y_L), helicities.g_nu)
    note = NO_STATE if np.any(status) else ""
    return Answer(*(dict(zip(STATE, array.T, strict=True)) for array in (value, error)), note, status)


def _one_of_each(found: Answer) -> Answer:
    """The answer at the only point of a dict of arrays; None where an entry has no value."""
    lost = {name for name, array in found.value.items() if np.isnan(array[0])}
    return Answer(
        *(
            {name: None if name in lost else float(array[0]) for name, array in one.items()}
            for one in (found.value, found.error)
        )
    )


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
    many=_nuclear_states,
)
def nuclear_state(T_MeV: float, n_B_per_fm3: float, Y_L: float | None, neutrino: str, helicities: Helicities) -> Answer:
    """Effective mass, effective chemical potentials, mu_nu and proton fraction of TM1 matter.

    Returns
    -------
    m_eff_MeV, mu_n_MeV, mu_p_MeV (effective chemical potentials), mu_nu_MeV, Y_p; the error is the difference to a
    coarser quadrature.  None where TM1 has no solution.
    """
    fraction = _lepton_fraction(neutrino, Y_L)
    value, error, status = nuclear_matter(T_MeV, n_B_per_fm3, fraction, helicities.g_nu)  # cached: it takes 10 ms
    if status != Status.OK:
        return Answer(None, None, NO_STATE)
    return Answer(*(dict(zip(STATE, array.tolist(), strict=True)) for array in (value, error)))


def _mean_free_paths(
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
    spectrum: Spectrum,
):
    neutrino = kind(neutrino, model, spectrum, "nu")
    require_mediator(model, m_mediator_MeV=m_mediator_MeV, coupling=coupling)

    def ask(snapshot_s, E_nu_MeV, masses, couplings):
        asked = Question(snapshot_s, neutrino, opacity, spectrum, convention, azimuth, (shell,), E_nu_MeV)
        rate, error = (of_shells[0] for of_shells in inverse_paths(asked, model, masses, couplings))
        return 1 / rate, error / rate**2

    return per_group(ask, (snapshot_s, E_nu_MeV), (m_mediator_MeV, coupling))


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
    many=_mean_free_paths,
)
def mean_free_path(
    snapshot_s: float,
    shell: int,
    neutrino: str | None,
    model: str,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    azimuth: str,
    E_nu_MeV: float | None,
    opacity: Opacity,
    spectrum: Spectrum,
) -> Answer:
    """Mean free path of neutrinos in one shell, Standard Model included.

    Returns
    -------
    lambda [m], or its Rosseland mean; the error is the difference to coarser grids in momentum and energy.

    References
    ----------
    Eq. (19); Pons et al., ApJ 513 (1999) 780.
    """
    return one_of(
        _mean_free_paths(
            snapshot_s,
            shell,
            neutrino,
            model,
            coupling,
            m_mediator_MeV,
            convention,
            azimuth,
            E_nu_MeV,
            opacity,
            spectrum,
        )
    )


@quantity(
    "sn_diffusion.opacity",
    SNAPSHOT,
    SHELL,
    choice("neutrino", ("nu", "nubar", "majorana_thermal"), "nu", "species"),
    choice("process", PROCESSES, "neutral", "scattering on both nucleons, on n or on p; on electrons; absorption"),
    E_NU,
    unit="1/m",
    source="Eq. (19) and docs/sn_diffusion.md",
)
def opacity(
    snapshot_s: float, shell: int, neutrino: str, process: str, E_nu_MeV: float | None, opacity: Opacity, which: Flavour
) -> Answer:
    """Inverse mean free path of the Standard Model in one shell at one energy, process by process.

    Returns
    -------
    1/lambda [1/m]; the error is the difference to a coarser grid.
    """
    (state,) = states(opacity.matter, snapshot_s, neutrino, (shell,))
    if which.flavour == "x":
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
    unit="m",
    source="Pons et al., ApJ 513 (1999) 780, D2 to D4",
)
def diffusion_coefficient(snapshot_s: float, shell: int, opacity: Opacity, mean: Mean) -> Answer:
    """Rosseland means of the Standard Model's mean free paths of electron (nu, nubar) and other Dirac neutrinos (x).

    Returns
    -------
    nu, nubar, nu_x, nubar_x [m]; the error is the difference to coarser grids in momentum and energy.

    References
    ----------
    Pons, Reddy, Prakash, Lattimer, Miralles, ApJ 513 (1999) 780.
    """
    found = {}
    for flavour in ("e", "x"):
        spectrum = Spectrum(average="rosseland", mean=mean, kind=Flavour(flavour))
        for neutrino in ("nu", "nubar"):
            asked = Question(snapshot_s, neutrino, opacity, spectrum, shells=(shell,))
            rate, error = (float(array[0, 0]) for array in inverse_paths(asked, "sm", None, None))
            found[neutrino if flavour == "e" else f"{neutrino}_x"] = 1 / rate, error / rate**2
    return Answer(*({name: pair[k] for name, pair in found.items()} for k in range(2)))


def _axial_suppressions(T_MeV, n_B_per_fm3, Y_p, medium: Correlations):
    points = np.broadcast_arrays(*(np.atleast_1d(one) for one in (T_MeV, n_B_per_fm3, Y_p)))
    value, status = np.ones(points[0].shape), np.zeros(points[0].shape, dtype=int)
    if medium.correlations == "horowitz2017":
        value = np.array([horowitz2017(*point) for point in zip(*(one.tolist() for one in points), strict=True)])
    elif medium.correlations == "rpa_static":
        states, _, status = matter_at(*points, 0.0)
        for k in np.flatnonzero(status == Status.OK):
            m_eff, mu_n, mu_p = map(float, states[k, :3])
            value[k] = rpa_static(float(points[0][k]), m_eff, mu_n, mu_p, medium.g_prime)
    note = "no TM1 solution at this temperature, density and proton fraction" if np.any(status) else ""
    return Answer(value, np.zeros_like(value), note, status)


@quantity(
    "sn_diffusion.axial_suppression",
    number("T_MeV", "MeV", minimum=1.0, maximum=200.0, meaning="temperature"),
    number("n_B_per_fm3", "1/fm3", minimum=1e-6, maximum=2.0, meaning="baryon density"),
    number("Y_p", minimum=0.0, maximum=1.0, meaning="proton fraction; rpa_static takes TM1 matter with it"),
    unit="1",
    source="docs/sn_diffusion.md; PRC 95 (2017) 025801",
    many=_axial_suppressions,
)
def axial_suppression(T_MeV: float, n_B_per_fm3: float, Y_p: float, medium: Correlations) -> Answer:
    """Factor on the axial rate of neutral currents from correlations between nucleons.

    Returns
    -------
    S_A, 1 for correlations=none.  The formulae are closed or quadratures good to rounding; None where rpa_static finds
    no TM1 matter.

    References
    ----------
    Horowitz, Caballero, Lin, O'Connor, Schwenk, PRC 95 (2017) 025801; static ring sum, docs/sn_diffusion.md.
    """
    found = _axial_suppressions(T_MeV, n_B_per_fm3, Y_p, medium)
    return one_of(found) if found.status[0] == Status.OK else Answer(None, None, found.note)


def _form_factors(Q2_GeV2, current, nucleon, currents: Currents):
    Q2 = 1e6 * np.atleast_1d(Q2_GeV2)
    F1, F2, *F_A = {
        "em": lambda: form_factors.electromagnetic(Q2, nucleon, currents.form_factors),
        "z": lambda: form_factors.weak_neutral(Q2, nucleon, currents),
        "charged": lambda: form_factors.charged(Q2, currents.form_factors),
        "baryon": lambda: form_factors.baryon(Q2, currents),
    }[current]()
    value = {"F1": F1, "F2": F2, "FA": F_A[0] if F_A else np.full(Q2.shape, np.nan)}
    return Answer(value, {name: 0.0 * array for name, array in value.items()}, "", np.zeros(Q2.shape, dtype=int))


@quantity(
    "sn_diffusion.form_factor",
    number("Q2_GeV2", "GeV2", minimum=0.0, maximum=10.0, meaning="Q^2 = -q^2 of the leptons"),
    choice("current", ("em", "z", "charged", "baryon"), "em", "the current; charged: n to p, without V_ud"),
    choice("nucleon", ("n", "p"), "n", "ignored for charged and baryon"),
    unit="1",
    source="docs/sn_diffusion.md",
    many=_form_factors,
)
def form_factor(Q2_GeV2: float, current: str, nucleon: str, currents: Currents) -> Answer:
    """Dirac, Pauli and axial form factors of a nucleon; F_A is positive for Z exchange on neutrons.

    Returns
    -------
    F1, F2, FA: exact; FA is None for em and baryon

    References
    ----------
    Dipoles of 0.71 GeV^2 (vector; Galster for G_E^n) and 1.026 GeV (axial): docs/sn_diffusion.md.
    """
    return _one_of_each(_form_factors(Q2_GeV2, current, nucleon, currents))


def _diffusion_times(
    snapshot_s,
    neutrino,
    model,
    coupling,
    m_mediator_MeV,
    convention,
    azimuth,
    mean_free_paths,
    opacity: Opacity,
    spectrum: Spectrum,
):
    neutrino = kind(neutrino, model, spectrum, "nu")
    if mean_free_paths == "printed":
        return per_group(lambda snapshot_s, _: _printed(snapshot_s, neutrino, model, opacity), (snapshot_s,), (0,))
    require_mediator(model, m_mediator_MeV=m_mediator_MeV, coupling=coupling)

    def ask(snapshot_s, masses, couplings):
        asked = Question(snapshot_s, neutrino, opacity, spectrum, convention, azimuth)
        rates = inverse_paths(asked, model, masses, couplings)
        weights = criteria.diffusion_weights(asked.radii_m)
        return tuple(sum(weight * rate[k] for k, weight in enumerate(weights)) for rate in rates)

    return per_group(ask, (snapshot_s,), (m_mediator_MeV, coupling))


def _printed(snapshot_s, neutrino, model, opacity: Opacity):
    """Diffusion time with the mean free paths of Tables I and II, and no error."""
    if model != "sm":
        raise InputError(f"mean_free_paths=printed: the tables are for model=sm, not {model}")
    require_tables(opacity.matter)
    table = PAPER.majorana if neutrino.startswith("majorana") else PAPER.dirac
    if f"lambda_{neutrino}_m" not in table[1, 1]:
        raise InputError(f"mean_free_paths=printed: the tables have no column for neutrino={neutrino}")
    paths = np.array([table[snapshot_s, shell][f"lambda_{neutrino}_m"] for shell in PAPER.shells(snapshot_s)])
    return criteria.diffusion_weights(star_of(opacity.matter).radii_m(snapshot_s)) @ (1 / paths), 0.0


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
    many=_diffusion_times,
)
def diffusion_time(
    snapshot_s: float,
    neutrino: str | None,
    model: str,
    coupling: float | None,
    m_mediator_MeV: float | None,
    convention: str,
    azimuth: str,
    mean_free_paths: str,
    opacity: Opacity,
    spectrum: Spectrum,
) -> Answer:
    """Diffusion time of neutrinos out of all shells of a snapshot.

    Returns
    -------
    dt [s]; the error is the difference to coarser grids in momentum and energy, 0 for printed paths.
    """
    return one_of(
        _diffusion_times(
            snapshot_s,
            neutrino,
            model,
            coupling,
            m_mediator_MeV,
            convention,
            azimuth,
            mean_free_paths,
            opacity,
            spectrum,
        )
    )


def _coupling_limits(
    model,
    criterion,
    m_mediator_MeV,
    neutrino,
    snapshot_s,
    convention,
    opacity: Opacity,
    spectrum: Spectrum,
    targets: Criteria,
    transport: Transport,
):
    neutrino, notes = kind(neutrino, model, spectrum), []
    masses, times = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(one, object)) for one in (m_mediator_MeV, snapshot_s))
    )
    masses, value, error = masses.astype(float), *np.empty((2, len(masses)))
    status = np.zeros(len(masses), dtype=int)
    for (time,), members in groups({"time": times}, "time"):
        asked = Question(snapshot_of(criterion, time, opacity.matter), neutrino, opacity, spectrum, convention)
        found = coupling_limits(asked, model, criterion, masses[members], targets, transport)
        value[members], error[members], status[members] = found.value, found.error, found.status
        notes.append(found.note)
        if not np.any(found.status):
            notes.append(forward_note(asked, model, criterion, masses[members], targets, transport))
    return Answer(value, error, "; ".join(dict.fromkeys(filter(None, notes))), status)


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
    choice(
        "neutrino",
        KINDS,
        None,
        "the two `all` go with average=rosseland; default: nubar, or majorana_thermal for lnv_scalar, or with "
        "species=all all of them",
    ),
    number(
        "snapshot_s",
        "s",
        None,
        minimum=0.0,
        maximum=1000.0,
        meaning="for free_streaming and trapping (default: nearest to 1 s), and of a user's shells; of the paper's "
        "duration_10s is at 5 s, twice_sm at 1 s (of a user's by default nearest to these)",
    ),
    CONVENTION,
    unit="1",
    source="Eqs. (21)-(27)",
    many=_coupling_limits,
)
def coupling_limit(
    model: str,
    criterion: str,
    m_mediator_MeV: float,
    neutrino: str | None,
    snapshot_s: float | None,
    convention: str,
    opacity: Opacity,
    spectrum: Spectrum,
    targets: Criteria,
    transport: Transport,
) -> Answer:
    """Coupling g_B-L or Y at which a criterion on the neutrinos' diffusion is met.

    Returns
    -------
    The coupling; its error follows from the differences to coarser grids in momentum and energy.  None where there is
    no such limit: the note says why.
    """
    found = _coupling_limits(
        model, criterion, m_mediator_MeV, neutrino, snapshot_s, convention, opacity, spectrum, targets, transport
    )
    return one_of(found) if found.status[0] == Status.OK else Answer(None, None, found.note)
