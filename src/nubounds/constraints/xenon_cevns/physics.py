"""The same physics, slow and plain: what kernel and likelihood are tested against.

Nothing here uses a kernel, its tables or its minimiser: spectra are integrated branch by branch, cross sections are
written out, templates are interpolated where a recoil lies, and the profile is found with a simplex over many starts
and bounded quasi-Newton steps inside each cell of the yields.

Energies in MeV unless a name says keV; T is the nuclear recoil energy, M the nuclear mass, x = mu/mu_B.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from nubounds.solar import physics as plain

TOTAL_FLUX = {"8b": 5.25e6, "hep": 7.93e3}  # [1/(cm2 s)]
SIGMA = {"f_eff": 0.25, "f_8b": 0.0381, "f_hep": 0.3, "f_ac_sr0": 0.0904, "f_ac_sr1": 0.0576, "f_ac_sr2": 0.0576}
SIGMA |= {"f_er": 1.0, "f_neutron": 0.58, "t_ly": 1.0, "t_qy": 1.0}


# ---- recoils -------------------------------------------------------------------------------------------------------


def recoil_rate(T_keV: float, component: str, m4: float = 0.0, x: float = 1e-9, flavour: str = "all") -> float:
    """Recoils of natural xenon in 1/(keV t yr), for the component sm or dipole.

    Parameters
    ----------
    T_keV : recoil energy
    component : sm or dipole
    m4 : mass of the heavy neutrino [MeV]
    x : mu/mu_B
    flavour : all, e, mu or tau

    Returns
    -------
    float [1/(keV t yr)]
    """
    return plain.recoil_rate("Xe", TOTAL_FLUX, T_keV, component, m4, x, flavour, adaptive=False)


def folded(
    energies_keV: Sequence[float] | np.ndarray, efficiency: Sequence[float] | np.ndarray, component: str, **options: Any
) -> float:
    """Counts per t yr: int dT rate(T) efficiency(T), the efficiency linear between `energies_keV`, 6 nodes in each.

    Parameters
    ----------
    energies_keV, efficiency : shape (k,)
    component, **options : as for :func:`recoil_rate`

    Returns
    -------
    float [1/(t yr)]
    """
    x, w = np.polynomial.legendre.leggauss(6)
    total = 0.0
    for k in range(len(energies_keV) - 1):
        low, width = energies_keV[k], energies_keV[k + 1] - energies_keV[k]
        for node, weight in zip(0.5 * (1 + x), 0.5 * w, strict=True):
            seen = (1 - node) * efficiency[k] + node * efficiency[k + 1]
            total += width * weight * seen * recoil_rate(low + node * width, component, **options)
    return total


# ---- statistics ----------------------------------------------------------------------------------------------------


def bilinear(table: np.ndarray, t_ly: float, t_qy: float) -> np.ndarray:
    """`table`, shape (7, 7, ...), between its integers -3..3.

    Parameters
    ----------
    table : shape (7, 7, ...)
    t_ly, t_qy : yields, -3 to 3

    Returns
    -------
    shape (...)
    """
    a, b = (min(int(np.floor(t + 3)), 5) for t in (t_ly, t_qy))
    u, v = t_ly + 3 - a, t_qy + 3 - b
    low = (1 - v) * table[a, b] + v * table[a, b + 1]
    high = (1 - v) * table[a + 1, b] + v * table[a + 1, b + 1]
    return (1 - u) * low + u * high


def expected(
    signals: Sequence[np.ndarray] | np.ndarray,
    neutron: np.ndarray,
    ac: np.ndarray,
    er: np.ndarray,
    y: float,
    p: Mapping[str, float],
) -> np.ndarray:
    """Expected counts, shape (3, B).

    Parameters
    ----------
    signals : shape (4, 7, 7, 3, B): 8B and hep of the Standard Model, 8B and hep of the dipole at y = 1
    neutron : shape (7, 7, 3, B)
    ac, er : shape (3, B)
    y : (mu/mu_B)^2, in the unit of the dipole's signals
    p : the ten nuisances by name

    Returns
    -------
    shape (3, B)
    """
    s8, sh, d8, dh = (bilinear(part, p["t_ly"], p["t_qy"]) for part in signals)
    signal = p["f_eff"] * (p["f_8b"] * (s8 + y * d8) + p["f_hep"] * (sh + y * dh))
    f_ac = np.array([[p["f_ac_sr0"]], [p["f_ac_sr1"]], [p["f_ac_sr2"]]])
    return signal + f_ac * ac + p["f_er"] * er + p["f_neutron"] * bilinear(neutron, p["t_ly"], p["t_qy"])


def log_likelihood(observed: np.ndarray, content: np.ndarray, p: Mapping[str, float]) -> float:
    """ln L without ln N! and norms, from every bin.

    Parameters
    ----------
    observed, content : counts and expected counts, shape (3, B)
    p : the ten nuisances by name

    Returns
    -------
    float
    """
    pulls = sum(((p[name] - (0 if name.startswith("t_") else 1)) / sigma) ** 2 for name, sigma in SIGMA.items())
    return float(np.sum(observed * np.log(content) - content)) - 0.5 * pulls


def profile(
    observed: np.ndarray, arrays: Sequence[Any], y: float | None = None, cells: Iterable[tuple[int, int]] | None = None
) -> float:
    """max ln L over the nuisances, and over y >= 0 where it is None: a bounded fit in every cell of the yields.

    `arrays` are the first four arguments of :func:`expected`; `cells` lists cells (a, b), default those around 0.

    Parameters
    ----------
    observed : shape (3, B)
    arrays : first four arguments of :func:`expected`
    y : (mu/mu_B)^2, None to maximise over it
    cells : cells (a, b) of the yields to look in

    Returns
    -------
    float, the largest ln L
    """
    from scipy.optimize import minimize

    names, best = list(SIGMA), -np.inf
    for a, b in cells or product((1, 2, 3, 4), repeat=2):
        bounds = {name: (0.0, None) for name in names} | {"f_eff": (0.5, 1.5)}
        bounds |= {"t_ly": (a - 3.0, a - 2.0), "t_qy": (b - 3.0, b - 2.0)}

        def worth(theta):
            p = dict(zip(names, theta[: len(names)], strict=True))
            content = expected(*arrays, theta[-1] if y is None else y, p)
            return -log_likelihood(observed, np.maximum(content, 1e-300), p)

        start = [min(max(0.0 if n.startswith("t_") else 1.0, bounds[n][0]), bounds[n][1] or 9.0) for n in names]
        limits = [bounds[name] for name in names]
        if y is None:
            start, limits = [*start, 0.1], [*limits, (0.0, None)]
        found = minimize(worth, start, bounds=limits, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-9})
        best = max(best, -found.fun)
    return best
