"""The formulae, slow and plain: what the kernel is tested against.

Equation numbers are those of Demirci and Mustamin (2025); corrections to it are marked.  Energies in MeV, lengths in
cm unless a name says otherwise; T is the nuclear recoil energy, M the nuclear mass, x = mu/mu_B.  Cross sections, flux
and rates, which other constraints share, stand in :mod:`nubounds.solar.physics`.  Valid for coherent
scattering of neutrinos of up to some tens of MeV, on nuclei at rest.  Convention of Eq. (5):
L = (mu/2) nubar sigma F nu4, so mu = 2 d for papers with L = d nubar sigma F N.

Nothing here uses the kernel, its tables or its closed forms: spectra are integrated branch by branch, cross sections
are as printed or from explicit traces of gamma matrices, the pulls of Eq. (22) are minimised by linear least squares,
quenching is inverted by root finding.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from nubounds.numerics.constants import ALPHA, M_ELECTRON_MEV
from nubounds.solar import physics as plain
from nubounds.solar.physics import HBARC2, form_factor

TOTAL_FLUX = {"8b": 5.691e6, "hep": 7.930e3}  # BS05(OP) [1/(cm2 s)]


def traced_cross_section(
    E: float, T: float, m4: float, x: float, Z: float, A: float, M: float, spin: str = "half"
) -> float:
    """The dipole cross section, |M|^2/(32 pi M E^2), from Eqs. (6) and (7) with explicit gamma matrices.

    Parameters
    ----------
    E, T, m4 : energies of neutrino and recoil, and mass [MeV]
    x : moment mu/mu_B
    Z, A, M : charge, mass number and mass [MeV] of the nucleus
    spin : half or zero

    Returns
    -------
    In cm^2/MeV; only inside phase space.
    """
    metric = np.diag([1.0, -1, -1, -1])
    pauli = [np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1.0 + 0j, -1])]
    gamma = [np.kron(np.diag([1.0 + 0j, -1]), np.eye(2))] + [np.kron(np.array([[0, 1], [-1, 0]]), s) for s in pauli]
    left = 0.5 * (np.eye(4) - 1j * gamma[0] @ gamma[1] @ gamma[2] @ gamma[3])

    def slash(p):
        return sum(metric[a, a] * p[a] * gamma[a] for a in range(4))

    p_out = np.sqrt(T * (T + 2 * M))
    energy_4 = E - T
    cosine = (E**2 + p_out**2 - (energy_4**2 - m4**2)) / (2 * E * p_out)
    nu, nucleus = np.array([E, 0, 0, E]), np.array([M, 0, 0, 0])
    nucleus_out = np.array([M + T, p_out * np.sqrt(1 - cosine**2), 0, p_out * cosine])
    nu4 = nu + nucleus - nucleus_out
    q = nucleus_out - nucleus
    sigma_q = [
        sum(0.5j * (gamma[a] @ gamma[b] - gamma[b] @ gamma[a]) * metric[b, b] * q[b] for b in range(4))
        for a in range(4)
    ]
    vertex = [s @ left for s in sigma_q]
    bar = [gamma[0] @ v.conj().T @ gamma[0] for v in vertex]
    u_nu, u_nu4 = slash(nu), slash(nu4) + m4 * np.eye(4)
    leptons = np.array([[np.trace(u_nu4 @ vertex[a] @ u_nu @ bar[b]) for b in range(4)] for a in range(4)])
    if spin == "half":
        before, after = slash(nucleus) + M * np.eye(4), slash(nucleus_out) + M * np.eye(4)
        hadrons = np.array([[0.5 * np.trace(after @ gamma[a] @ before @ gamma[b]) for b in range(4)] for a in range(4)])
    else:
        hadrons = np.outer(nucleus + nucleus_out, nucleus + nucleus_out)
    lowered = metric @ hadrons @ metric
    q2 = -2 * M * T
    mu = x * np.sqrt(4 * np.pi * ALPHA) / (2 * M_ELECTRON_MEV)
    squared = (mu * Z * form_factor(T, A, M)) ** 2 * 4 * np.pi * ALPHA * np.sum(leptons * lowered).real / q2**2
    return squared / (32 * np.pi * M * E**2) * HBARC2


# ---- rates and limits ----------------------------------------------------------------------------------------------


def recoil_rate(
    T_keV: float,
    component: str,
    m4: float = 0.0,
    x: float = 1e-9,
    flavour: str = "all",
    fluxes: Iterable[str] = ("8b", "hep"),
    adaptive: bool = True,
) -> float:
    """Eq. (11) on natural germanium.

    Parameters
    ----------
    T_keV : recoil energy
    component : sm or dipole
    m4, x : mass [MeV] and moment mu/mu_B
    flavour : all, e, mu or tau
    fluxes : 8b, hep or both
    adaptive : whether to integrate adaptively, or with 48 Gauss nodes

    Returns
    -------
    In 1/(keV ton yr), relative error 1e-10 if adaptive.
    """
    sizes = {flux: TOTAL_FLUX[flux] for flux in fluxes}
    return plain.recoil_rate("Ge", sizes, T_keV, component, m4, x, flavour, adaptive)


def recoil_range(E: float, m4: float, M: float) -> tuple[float, float] | None:
    """Recoils at angles 0 and pi in the centre of mass.

    Parameters
    ----------
    E, m4, M : energy of the neutrino, mass, mass of the nucleus [MeV]

    Returns
    -------
    Smallest and largest recoil [MeV], None below threshold.
    """
    s = M * (M + 2 * E)
    p_in = (s - M**2) / (2 * np.sqrt(s))
    inside = (s - (m4 + M) ** 2) * (s - (m4 - M) ** 2)
    if inside < 0 or np.sqrt(s) < m4 + M:
        return None
    p_out = np.sqrt(inside / (4 * s))
    E_in, E_out = np.hypot(p_in, M), np.hypot(p_out, M)
    return tuple((E_in * E_out - sign * p_in * p_out - M**2) / M for sign in (1, -1))


def binned_rate(
    T_low_keV: float,
    T_high_keV: float,
    component: str,
    m4: float = 0.0,
    x: float = 1e-9,
    flavour: str = "all",
    fluxes: Iterable[str] = ("8b", "hep"),
) -> float:
    """Rate between two recoil energies, adaptively, cut at the ends of each flux's phase space.

    Parameters
    ----------
    T_low_keV, T_high_keV : recoil energies
    component, m4, x, flavour, fluxes : as for :func:`recoil_rate`

    Returns
    -------
    In 1/(ton yr), relative error 1e-7.
    """
    from scipy.integrate import quad

    cuts = []
    for flux in fluxes:
        for M in plain.isotopes("Ge")[2]:
            cuts += [1e3 * T for T in recoil_range(plain.branches(flux)[-1][0], m4, M) or ()]
    edges = [T_low_keV, *sorted(T for T in set(cuts) if T_low_keV < T < T_high_keV), T_high_keV]
    pieces = pairwise(edges)

    def integrand(T):
        return recoil_rate(T, component, m4, x, flavour, fluxes, adaptive=False)

    return sum(quad(integrand, a, b, epsabs=0, epsrel=1e-7, limit=50)[0] for a, b in pieces)


def quenching(T_keV: float | np.ndarray, Z: float = 32, k: float = 0.162) -> float | np.ndarray:
    """Lindhard's Y, Eq. (19).

    Parameters
    ----------
    T_keV : recoil energy, any shape
    Z : charge of the nucleus
    k : Lindhard's k

    Returns
    -------
    The share Y that is seen, in the shape of `T_keV`.
    """
    e = 11.5 * Z ** (-7 / 3) * T_keV
    g = 3 * e**0.15 + 0.7 * e**0.6 + e
    return k * g / (1 + k * g)


def low_energy_quenching(T_keV: float | np.ndarray) -> float | np.ndarray:
    """Y of Eq. (20) at 15-254 eV; it does not join Lindhard's.

    Parameters
    ----------
    T_keV : recoil energy, any shape

    Returns
    -------
    The share Y that is seen, in the shape of `T_keV`.
    """
    return 0.18 * (1 - np.exp((15 - 1e3 * T_keV) / 71.03))


def recoil_edges(first_keVee: float, bins: int = 20, width_keVee: float = 0.1) -> list[float]:
    """Recoil energies of bin edges in T_ee, Eq. (18) inverted by root finding.

    Parameters
    ----------
    first_keVee : where the first bin begins
    bins, width_keVee : number and width of the bins

    Returns
    -------
    Energies [keV], one more than there are bins.
    """
    from scipy.optimize import brentq

    return [
        brentq(lambda T, e=e: quenching(T) * T - e, 1e-9, 1e3, xtol=1e-14)
        for e in first_keVee + width_keVee * np.arange(bins + 1)
    ]


def chi_square(y: float, signal: np.ndarray, variance: np.ndarray, pulls: np.ndarray, residual: np.ndarray) -> float:
    """Eq. (22) at y = x^2, minimised over the pulls by linear least squares.

    Parameters
    ----------
    y : x^2
    signal, variance, residual : shape (bins,), the signal at y = 1
    pulls : shape (pulls, bins), shift of the rates by one standard deviation

    Returns
    -------
    The least chi^2.
    """
    scale = 1 / np.sqrt(variance)
    rows = np.vstack([scale[:, None] * pulls.T, np.eye(len(pulls))])
    target = np.concatenate([scale * (residual - y * signal), np.zeros(len(pulls))])
    best = np.linalg.lstsq(rows, target, rcond=None)[0]
    return float(np.sum((target - rows @ best) ** 2))


def upper_limit(
    signal: np.ndarray, variance: np.ndarray, pulls: np.ndarray, residual: np.ndarray, delta_chi2: float
) -> float:
    """Where chi^2 has risen by `delta_chi2` above its best y >= 0.

    Parameters
    ----------
    signal, variance, pulls, residual : as for :func:`chi_square`
    delta_chi2 : rise of chi^2 at the limit

    Returns
    -------
    The limit on x = sqrt(y), relative error 1e-12.
    """
    from scipy.optimize import brentq

    unit = 1 / np.sqrt(np.sum(signal**2 / variance))  # chi^2 is a parabola: three values fix it

    def chi(y):
        return chi_square(y * unit, signal, variance, pulls, residual)

    c0, c1, c2 = chi(0.0), chi(1.0), chi(2.0)
    a, b = 0.5 * (c2 - 2 * c1 + c0), 0.5 * (4 * c1 - 3 * c0 - c2)
    best = max(0.0, -b / (2 * a))
    floor = chi(best)
    high = best + 1.0
    while chi(high) - floor < delta_chi2:
        high *= 2
    return np.sqrt(unit * brentq(lambda y: chi(y) - floor - delta_chi2, best, high, xtol=1e-12, rtol=1e-12))
