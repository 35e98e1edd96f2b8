"""Expected counts: the templates as rows of bins, folded with recoil spectra, and what nuisances make of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from nubounds.constraints.xenon_cevns.inputs import RUN_SETS, Release, Search, Shapes
from nubounds.constraints.xenon_cevns.rates import INTERPOLATION, template_weights
from nubounds.constraints.xenon_cevns.templates import Templates, templates
from nubounds.kernels import xenon_cevns as kernel
from nubounds.solar.oscillations import flavour_shares

NOMINAL = 24  # of the 49 anchors, t_ly = t_qy = 0


@dataclass(frozen=True)
class Response:
    """Templates as rows: first the sum over the bins of each run, then bins, those of one run after the other.

    Attributes
    ----------
    signal : shape (46, 49, rows), expected counts for weights of 1/(t yr);  neutron : shape (49, rows)
    run, ac, er, observed : shape (rows,)
    totals : how many rows are sums
    """

    signal: np.ndarray
    neutron: np.ndarray
    run: np.ndarray
    ac: np.ndarray
    er: np.ndarray
    observed: np.ndarray
    totals: int


@lru_cache(maxsize=8)
def response(release: Release, analysis: str, runs: str, every_bin: bool) -> Response:
    """The rows of some runs: all their bins, or only those in which something was observed.

    Parameters
    ----------
    release : which data
    analysis, runs : choices, as for the limits
    every_bin : whether bins without an event are kept, as toys need them

    Returns
    -------
    :class:`Response`
    """
    source, chosen = templates(release, analysis), list(RUN_SETS[runs])
    run = np.repeat(chosen, source.bins)
    signal = source.signal[:, :, chosen] * source.exposure_ton_yr[chosen][:, None]
    keep = np.ones(len(run), bool) if every_bin else source.observed[chosen].ravel() > 0

    def rows(values):
        flat = values.reshape(*values.shape[:-2], -1)[..., keep]
        return np.ascontiguousarray(np.concatenate([values.sum(axis=-1), flat], axis=-1))

    return Response(
        rows(signal),
        rows(source.neutron[:, chosen]),
        np.concatenate([chosen, run[keep]]),
        rows(source.ac[chosen]),
        rows(source.er[chosen]),
        rows(source.observed[chosen]),
        len(chosen),
    )


@lru_cache(maxsize=4)
def sm_weights(shapes: Shapes, energies: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the Standard Model for unit fluxes, shape (2, 46): it is flavour-blind.

    Parameters
    ----------
    shapes : inputs of the recoil spectra
    energies : of the templates [keV], ascending

    Returns
    -------
    value, error : shape (2, 46) [cm2 s/(t yr)], 8B and hep
    """
    value, error = template_weights(shapes, np.array(energies), [0.0], sm=True)
    return value[0, :, 0], error[0, :, 0]


@dataclass(frozen=True)
class Weights:
    """Weights of the templates for unit fluxes [cm2 s/(t yr)] at n masses.

    Attributes
    ----------
    sm : shape (2, 46);  dipole : shape (n, 2, 2, 46), 8B and hep; all flavours and nu_e; with errors of equal shape
    """

    sm: np.ndarray
    sm_error: np.ndarray
    dipole: np.ndarray
    dipole_error: np.ndarray

    def of_masses(self, which) -> Weights:
        """The same for some of the masses, by index or slice."""
        return replace(self, dipole=self.dipole[which], dipole_error=self.dipole_error[which])


@lru_cache(maxsize=4)
def _dipole_weights(shapes, energies: tuple[float, ...], masses: tuple[float, ...]):
    return template_weights(shapes, np.array(energies), masses)


def weights(search: Search, analysis: str, m4_MeV: ArrayLike) -> Weights:
    """The weights at masses `m4_MeV`, shape (n,); both analyses have templates at the same energies and share them.

    Parameters
    ----------
    search : every input
    analysis : counting or binned
    m4_MeV : shape (n,)

    Returns
    -------
    :class:`Weights`
    """
    energies = tuple(templates(search.release, analysis).energy_keV.tolist())
    masses = tuple(float(m4) for m4 in m4_MeV)
    return Weights(*sm_weights(search.shapes, energies), *_dipole_weights(search.shapes, energies, masses))


@dataclass(frozen=True)
class Signals:
    """Standard Model and dipole in the rows of a response, at n masses.

    Attributes
    ----------
    sm : shape (2, 49, rows), counts of 8B and hep
    dipole : shape (n, 2, 49, rows), counts for mu = mu_B
    events : shape (n,), dipole counts of all rows for mu = mu_B and nominal nuisances
    uncertainty : shape (n,), relative numerical error of both
    """

    sm: np.ndarray
    dipole: np.ndarray
    events: np.ndarray
    uncertainty: np.ndarray


def signals(search: Search, at: Response, made: Weights, flavour: str) -> Signals:
    """The signals of one flavour.

    Parameters
    ----------
    search : every input
    at : rows of the response
    made : weights at n masses
    flavour : all, e, mu or tau

    Returns
    -------
    :class:`Signals`
    """
    whole, electron = flavour_shares(search.shapes.scattering.oscillations)[flavour]
    totals = np.array(search.fluxes.totals)
    n = len(made.dipole)
    mixed = totals[:, None] * (whole * made.dipole[:, :, 0] + electron * made.dipole[:, :, 1])
    doubt = totals[:, None] * (abs(whole) * made.dipole_error[:, :, 0] + abs(electron) * made.dipole_error[:, :, 1])
    folded = kernel.fold(np.ascontiguousarray(mixed.reshape(2 * n, -1)), at.signal)
    sm = kernel.fold(np.ascontiguousarray(totals[:, None] * made.sm), at.signal)
    nominal = np.ascontiguousarray(at.signal[:, NOMINAL, : at.totals].sum(axis=-1))
    dipole = folded.reshape(n, 2, *folded.shape[1:])
    events, error = (_sum(values.sum(axis=1), nominal) for values in (mixed, doubt))
    relative = np.divide(error, events, out=np.zeros(n), where=events > 0)
    return Signals(sm, dipole, events, relative + INTERPOLATION)


def _sum(values, factors):
    """Sums over energies, each row by itself."""
    total = np.zeros(len(values))
    for k, factor in enumerate(factors):
        total += values[:, k] * factor
    return total


def model(at: Response, found: Signals, *, only_sm: bool = False) -> kernel.Model:
    """Expected counts for the kernel, a signal for each mass; dipole counts per event.

    Parameters
    ----------
    at : rows of the response
    found : signals in them
    only_sm : leave the dipole out

    Returns
    -------
    the kernel's model, with a signal for each mass
    """
    n = 1 if only_sm else len(found.dipole)
    lattice = np.zeros((n, *at.neutron.shape, 5))
    lattice[..., 0], lattice[..., 1], lattice[..., 4] = found.sm[0], found.sm[1], at.neutron
    if not only_sm:
        scale = np.divide(1.0, found.events, out=np.zeros(n), where=found.events > 0)[:, None, None]
        lattice[..., 2], lattice[..., 3] = found.dipole[:, 0] * scale, found.dipole[:, 1] * scale
    return kernel.Model(lattice, at.run, at.ac, at.er, at.totals)


def expected(
    source: Templates, sm: np.ndarray, dipole: np.ndarray, mu2: float, at: dict[str, float]
) -> dict[str, np.ndarray]:
    """Expected counts of every bin by component, shape (3, B) each.

    Parameters
    ----------
    source : the templates, and what was observed
    sm, dipole : weights of 8B and hep, shape (2, 46), fluxes included, the dipole's for mu = mu_B
    mu2 : (mu/mu_B)^2
    at : nuisances by name

    Returns
    -------
    dict of arrays: sm, dipole, ac, er, neutron
    """
    flux_factors = np.array([at["f_8b"], at["f_hep"]])[:, None]
    corners = bilinear(at["t_ly"], at["t_qy"])
    efficiency = sum(share * source.signal[:, anchor] for anchor, share in corners)
    per_weight = at["f_eff"] * source.exposure_ton_yr[:, None] * efficiency
    f_ac = np.array([at[f"f_ac_sr{run}"] for run in range(3)])[:, None]
    return {
        "sm": np.tensordot((flux_factors * sm).sum(axis=0), per_weight, 1),
        "dipole": mu2 * np.tensordot((flux_factors * dipole).sum(axis=0), per_weight, 1),
        "ac": f_ac * source.ac,
        "er": at["f_er"] * source.er,
        "neutron": at["f_neutron"] * sum(share * source.neutron[anchor] for anchor, share in corners),
    }


def bilinear(t_ly: float, t_qy: float) -> list[tuple[int, float]]:
    """The four anchors around a place and their shares.

    Parameters
    ----------
    t_ly, t_qy : yields, -3 to 3

    Returns
    -------
    list of (anchor of 49, share); the shares add up to 1
    """
    a, b = (int(min(max(np.floor(t + 3), 0), 5)) for t in (t_ly, t_qy))
    u, v = t_ly + 3 - a, t_qy + 3 - b
    return [(7 * (a + i) + b + j, (u if i else 1 - u) * (v if j else 1 - v)) for i in (0, 1) for j in (0, 1)]
