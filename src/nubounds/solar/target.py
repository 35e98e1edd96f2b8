"""The target: isotopes with what each contributes to the rates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nubounds.contract import InputError
from nubounds.files.tables import read_csv
from nubounds.numerics.constants import ALPHA, G_F_PER_MEV2, HBARC_MEV_FM, M_ELECTRON_MEV, YEAR_S
from nubounds.solar import DATA
from nubounds.solar.inputs import Target, WeakMixing

U_MEV = 931.49410242  # atomic mass constant [MeV], CODATA 2018
N_A = 6.02214076e23  # Avogadro's number [1/mol], exact
R0_FM = 1.23  # hard-sphere radius R = R0 A^(1/3) [fm], Eq. (4)
A_KN_FM = 0.7  # range of the Yukawa folding [fm], Eq. (4)
HBARC2_MEV2_CM2 = HBARC_MEV_FM**2 * 1e-26  # (hbar c)^2 [MeV^2 cm^2]
DIPOLE_CM2 = math.pi * ALPHA**2 / M_ELECTRON_MEV**2 * HBARC2_MEV2_CM2  # pi alpha^2/m_e^2 [cm^2], Eq. (8)


def nuclear_mass(Z: float | np.ndarray, mass_u: float | np.ndarray) -> np.ndarray:
    """Nuclear mass of a neutral atom's mass.

    Parameters
    ----------
    Z : charge
    mass_u : atomic mass [u], in the shape of `Z`

    Returns
    -------
    In MeV; the electrons' binding is neglected, 2e-6 of the mass at most.
    """
    return np.asarray(mass_u) * U_MEV - np.asarray(Z) * M_ELECTRON_MEV


def weak_charge(Z: float | np.ndarray, N: float | np.ndarray, sin2_theta_W: float) -> float | np.ndarray:
    """Q_V^SM of a nucleus.

    Parameters
    ----------
    Z, N : numbers of protons and neutrons, any shape
    sin2_theta_W : weak mixing angle

    Returns
    -------
    In the shape of `Z`.

    References
    ----------
    Demirci and Mustamin (2025), Eqs. (2) and (3).
    """
    return (0.5 - 2.0 * sin2_theta_W) * Z - 0.5 * N


@dataclass(frozen=True)
class Nuclei:
    """The isotopes of a target; made by :func:`nuclei_of`.

    Attributes
    ----------
    Z, A, M_MeV, per_ton : shape (isotopes,), sorted by Z and A; M is the nuclear mass, `per_ton` the number of nuclei
    """

    Z: np.ndarray
    A: np.ndarray
    M_MeV: np.ndarray
    per_ton: np.ndarray

    @property
    def elements(self) -> list[float]:
        """The charges, each once, ascending."""
        return sorted(set(self.Z.tolist()))

    @property
    def are_germanium(self) -> bool:
        return self.elements == [32]

    @property
    def heaviest_MeV(self) -> float:
        return float(self.M_MeV.max())

    def kernel_rows(self, weak_mixing: WeakMixing, radius_fm: float = R0_FM) -> np.ndarray:
        """The kernel's `isotopes`.

        Parameters
        ----------
        weak_mixing : the coupling of coherent scattering
        radius_fm : a nucleus has the radius `radius_fm` A^(1/3)

        Returns
        -------
        Shape (isotopes, 4): nuclear mass [MeV], radius [fm], and the prefactors of Eqs. (1) and (8) with which rates
        come out in 1/(keV ton yr) for the recoil in MeV and fluxes in 1/(cm2 s).
        """
        Z, A, M = self.Z, self.A, self.M_MeV
        per_keV = self.per_ton * YEAR_S * 1e-3
        charge = weak_charge(Z, A - Z, weak_mixing.sin2_theta_W)
        sm = G_F_PER_MEV2**2 * M / math.pi * charge**2 * HBARC2_MEV2_CM2
        return np.ascontiguousarray(
            np.column_stack([M, radius_fm * np.cbrt(A), per_keV * sm, per_keV * DIPOLE_CM2 * Z**2])
        )


def _isotopes(target: Target) -> tuple[str, dict[str, np.ndarray]]:
    """Where the table of isotopes comes from, and the table."""
    path = target.target_file or DATA / f"target_{target.target}.csv"
    where = str(path) if target.target_file else f"target {target.target}"
    table = read_csv(path, ["Z", "A", "mass_u", "fraction"], minimum={"Z": 1, "A": 1, "mass_u": 0.5, "fraction": 0})
    if np.any(table["Z"] > table["A"]) or np.any(np.abs(table["mass_u"] - table["A"]) > 0.01 * table["A"] + 0.1):
        raise InputError(
            f"{where}: Z, A and mass_u of an isotope are inconsistent (mass_u is the atomic mass in u, close to A)"
        )
    return where, table


@lru_cache(maxsize=32)
def nuclei_of(target: Target) -> Nuclei:
    """The isotopes of a target, read once.

    Parameters
    ----------
    target : a natural element, a user's file, or an isotope mix

    Returns
    -------
    The isotopes with a fraction above 0.

    Raises
    ------
    InputError
        For a malformed file, or an isotope mix that does not add up to 1 or names an isotope that the target does not
        have.
    """
    where, table = _isotopes(target)
    fraction = table["fraction"]
    if target.isotope_mix:
        where, mix = "isotope_mix", target.isotope_mix
        known = [str(int(A)) for A in table["A"]]
        for A in mix:
            if A not in known:
                raise InputError(f"{where}: the target has no isotope of mass number {A}; valid: {', '.join(known)}")
        fraction = np.array([mix.get(A, 0.0) for A in known])
    total = float(fraction.sum())
    if abs(total - 1.0) > 2e-3:
        raise InputError(f"{where}: the fractions of the isotopes add up to {total:.6g}, not to 1")
    order = np.lexsort((table["A"], table["Z"]))
    order = order[fraction[order] > 0]
    Z, A, mass, fraction = (values[order] for values in (table["Z"], table["A"], table["mass_u"], fraction / total))
    per_ton = N_A * 1e6 / float(np.sum(fraction * mass)) * fraction
    return Nuclei(Z, A, nuclear_mass(Z, mass), per_ton)
