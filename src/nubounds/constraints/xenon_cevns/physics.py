"""The same physics, slow and plain: what kernel and likelihood are tested against.

Nothing here uses a kernel, its tables or its minimiser: spectra are integrated branch by branch, cross sections are
written out, templates are interpolated where a recoil lies, and the profile is found with a simplex over many starts
and bounded quasi-Newton steps inside each cell of the yields.

Energies in MeV unless a name says keV; T is the nuclear recoil energy, M the nuclear mass, x = mu/mu_B.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from pathlib import Path

import numpy as np

from nubounds.constants import ALPHA, G_F_PER_MEV2, HBARC_MEV_FM, M_ELECTRON_MEV, YEAR_S

DATA = Path(__file__).parents[2] / "solar/data"
HBARC2 = (HBARC_MEV_FM * 1e-13) ** 2  # MeV^2 cm^2
U_MEV, N_A = 931.49410242, 6.02214076e23
SIN2_THETA_W = 0.23857
S12, S23, S13, DM21, DM3L = 0.307, 0.572, 0.02203, 7.41e-5, 2.511e-3
TOTAL_FLUX = {"8b": 5.25e6, "hep": 7.93e3}  # [1/(cm2 s)]
SIGMA = {"f_eff": 0.25, "f_8b": 0.0381, "f_hep": 0.3, "f_ac_sr0": 0.0904, "f_ac_sr1": 0.0576, "f_ac_sr2": 0.0576}
SIGMA |= {"f_er": 1.0, "f_neutron": 0.58, "t_ly": 1.0, "t_qy": 1.0}


@cache
def _columns(name):
    lines = [line for line in (DATA / name).read_text().splitlines() if not line.startswith("#")]
    return np.array([[float(field) for field in line.split(",")] for line in lines[1:]]).T


def isotopes():
    """Z, A, nuclear mass [MeV] and nuclei per ton of natural xenon."""
    Z, A, mass, fraction = _columns("target_Xe.csv")
    fraction = fraction / fraction.sum()
    return Z, A, mass * U_MEV - Z * M_ELECTRON_MEV, N_A * 1e6 / (fraction @ mass) * fraction


# ---- recoils -------------------------------------------------------------------------------------------------------


def form_factor(T, A, M):
    """Klein and Nystrand's F with the hard-sphere radius 1.23 A^(1/3) fm."""
    from scipy.special import spherical_jn

    q = np.sqrt(2 * M * T) / HBARC_MEV_FM
    y = q * 1.23 * A ** (1 / 3)
    return 3 * spherical_jn(1, y) / y / (1 + (0.7 * q) ** 2)


def minimum_energy(T, m4, M):
    """Smallest neutrino energy for a recoil T."""
    return (m4**2 + 2 * M * T) / (2 * (np.sqrt(T * (T + 2 * M)) - T))


def sm_cross_section(E, T, Z, A, M):
    """Coherent scattering through the Z, in cm^2/MeV."""
    Q = (0.5 - 2 * SIN2_THETA_W) * Z - 0.5 * (A - Z)
    return G_F_PER_MEV2**2 * M / np.pi * Q**2 * form_factor(T, A, M) ** 2 * (1 - M * T / (2 * E**2)) * HBARC2


def dipole_cross_section(E, T, m4, x, Z, A, M):
    """Upscattering through a transition moment on a nucleus of spin 1/2, in cm^2/MeV."""
    bracket = (
        1 / T
        - 1 / E
        - m4**2 / (2 * T * E * M) * (1 - T / (2 * E) + M / (2 * E))
        - m4**4 / (8 * M * T**2 * E**2) * (1 - T / M)
    )
    return np.pi * ALPHA**2 / M_ELECTRON_MEV**2 * HBARC2 * (x * Z * form_factor(T, A, M)) ** 2 * bracket


def survival_probability(E, flux):
    """P_ee from the mixing angles in matter where the neutrino was produced."""
    total = 0.0
    for density, weight in _columns(f"production_{flux}.csv").T:
        A = 1.52651e-7 * density * E
        theta12, theta13 = np.arcsin(np.sqrt(S12)), np.arcsin(np.sqrt(S13))
        theta12m = 0.5 * np.arctan2(np.sin(2 * theta12), np.cos(2 * theta12) - A * np.cos(theta13) ** 2 / DM21)
        theta13m = 0.5 * np.arctan2(np.sin(2 * theta13), np.cos(2 * theta13) - A / (DM3L - S12 * DM21))
        two = 0.5 + 0.5 * np.cos(2 * theta12m) * np.cos(2 * theta12)
        total = total + weight * (
            (np.cos(theta13) * np.cos(theta13m)) ** 2 * two + (np.sin(theta13) * np.sin(theta13m)) ** 2
        )
    return total


def flavour_probability(E, flux, flavour):
    """Share of a flavour at Earth; `all` is 1."""
    if flavour == "all":
        return np.ones(np.shape(E))
    P = survival_probability(E, flux)
    return {"e": P, "mu": (1 - P) * (1 - S23), "tau": (1 - P) * S23}[flavour]


def flux_integral(function, E_min, flux, flavour):
    """Int_{E_min} phi P f(E) dE in 1/(cm2 s), branch by branch in s, E = Q - s^2, with 48 Gauss nodes."""
    x, w = np.polynomial.legendre.leggauss(48)
    total = 0.0
    for Q, share in _columns(f"spectrum_{flux}.csv").T:

        def shape(s, Q=Q):
            E, y = Q - s * s, s * s
            return 2 * s * E**2 * (y + M_ELECTRON_MEV) * np.sqrt(y * (y + 2 * M_ELECTRON_MEV))

        s = 0.5 * np.sqrt(Q) * (1 + x)
        norm = 0.5 * np.sqrt(Q) * (w @ shape(s))
        if E_min < Q:
            top = np.sqrt(Q - E_min)
            s = 0.5 * top * (1 + x)
            E = Q - s * s
            total += share / norm * 0.5 * top * (w @ (shape(s) * flavour_probability(E, flux, flavour) * function(E)))
    return TOTAL_FLUX[flux] * total


def recoil_rate(T_keV, component, m4=0.0, x=1e-9, flavour="all", fluxes=("8b", "hep")):
    """Recoils of natural xenon in 1/(keV t yr), for the component sm or dipole."""
    T, total = 1e-3 * T_keV, 0.0
    for Z, A, M, nuclei in zip(*isotopes(), strict=True):
        sm = component == "sm"
        E_min, seen = minimum_energy(T, 0.0 if sm else m4, M), "all" if sm else flavour

        def section(E, Z=Z, A=A, M=M, sm=sm):
            return sm_cross_section(E, T, Z, A, M) if sm else dipole_cross_section(E, T, m4, x, Z, A, M)

        total += nuclei * YEAR_S * 1e-3 * sum(flux_integral(section, E_min, flux, seen) for flux in fluxes)
    return total


def folded(energies_keV, efficiency, component, **options):
    """Counts per t yr: int dT rate(T) efficiency(T), the efficiency linear between `energies_keV`, 6 nodes in each."""
    x, w = np.polynomial.legendre.leggauss(6)
    total = 0.0
    for k in range(len(energies_keV) - 1):
        low, width = energies_keV[k], energies_keV[k + 1] - energies_keV[k]
        for node, weight in zip(0.5 * (1 + x), 0.5 * w, strict=True):
            seen = (1 - node) * efficiency[k] + node * efficiency[k + 1]
            total += width * weight * seen * recoil_rate(low + node * width, component, **options)
    return total


# ---- statistics ----------------------------------------------------------------------------------------------------


def bilinear(table, t_ly, t_qy):
    """`table`, shape (7, 7, ...), between its integers -3..3."""
    a, b = (min(int(np.floor(t + 3)), 5) for t in (t_ly, t_qy))
    u, v = t_ly + 3 - a, t_qy + 3 - b
    low = (1 - v) * table[a, b] + v * table[a, b + 1]
    high = (1 - v) * table[a + 1, b] + v * table[a + 1, b + 1]
    return (1 - u) * low + u * high


def expected(signals, neutron, ac, er, y, p):
    """Expected counts, shape (3, B).

    Parameters
    ----------
    signals : shape (4, 7, 7, 3, B): 8B and hep of the Standard Model, 8B and hep of the dipole at y = 1
    neutron : shape (7, 7, 3, B);  ac, er : shape (3, B)
    p : the ten nuisances by name
    """
    s8, sh, d8, dh = (bilinear(part, p["t_ly"], p["t_qy"]) for part in signals)
    signal = p["f_eff"] * (p["f_8b"] * (s8 + y * d8) + p["f_hep"] * (sh + y * dh))
    f_ac = np.array([[p["f_ac_sr0"]], [p["f_ac_sr1"]], [p["f_ac_sr2"]]])
    return signal + f_ac * ac + p["f_er"] * er + p["f_neutron"] * bilinear(neutron, p["t_ly"], p["t_qy"])


def log_likelihood(observed, content, p):
    """ln L without ln N! and norms, from every bin."""
    pulls = sum(((p[name] - (0 if name.startswith("t_") else 1)) / sigma) ** 2 for name, sigma in SIGMA.items())
    return float(np.sum(observed * np.log(content) - content)) - 0.5 * pulls


def profile(observed, arrays, y=None, cells=None):
    """max ln L over the nuisances, and over y >= 0 where it is None: a bounded fit in every cell of the yields.

    `arrays` are the first four arguments of :func:`expected`; `cells` lists cells (a, b), default those around 0.
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
