"""The target: isotopes with what each contributes to the rates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nubounds.constants import ALPHA, G_F_PER_MEV2, HBARC_MEV_FM, M_ELECTRON_MEV, YEAR_S
from nubounds.constraints.solar_cevns.inputs import DATA
from nubounds.contract import InputError
from nubounds.tables import read_csv

U_MEV = 931.49410242  # atomic mass constant [MeV], CODATA 2018
N_A = 6.02214076e23  # Avogadro's number [1/mol], exact
R0_FM = 1.23  # hard-sphere radius R = R0 A^(1/3) [fm], Eq. (4)
A_KN_FM = 0.7  # range of the Yukawa folding [fm], Eq. (4)
HBARC2_MEV2_CM2 = HBARC_MEV_FM**2 * 1e-26  # (hbar c)^2 [MeV^2 cm^2]
DIPOLE_CM2 = math.pi * ALPHA**2 / M_ELECTRON_MEV**2 * HBARC2_MEV2_CM2  # pi alpha^2/m_e^2 [cm^2], Eq. (8)

AVERAGE_Z, AVERAGE_A = 32, 72.63  # the one nucleus of `min_energy` and `cross_section`
AVERAGE_M_MEV = AVERAGE_A * U_MEV - AVERAGE_Z * M_ELECTRON_MEV


@dataclass(frozen=True)
class Target:
    """Isotopes of a target.

    Attributes
    ----------
    Z, A, M_MeV, nuclei_per_ton : shape (isotopes,), sorted by Z and A; M is the nuclear mass
    kernel_rows : shape (isotopes, 4), the kernel's `isotopes`; with them rates come out in 1/(keV ton yr) for the
        recoil in MeV and fluxes in 1/(cm2 s)
    """

    Z: np.ndarray
    A: np.ndarray
    M_MeV: np.ndarray
    nuclei_per_ton: np.ndarray
    kernel_rows: np.ndarray

    @property
    def is_germanium(self) -> bool:
        return bool(np.all(self.Z == 32))

    @property
    def heaviest_MeV(self) -> float:
        return float(self.M_MeV.max())


def nuclear_mass(Z, mass_u):
    """Nuclear mass [MeV] of a neutral atom's mass [u]; the electrons' binding is neglected."""
    return np.asarray(mass_u) * U_MEV - np.asarray(Z) * M_ELECTRON_MEV


def weak_charge(Z, N, sin2_theta_W):
    """Q_V^SM, Eqs. (2) and (3)."""
    return (0.5 - 2.0 * sin2_theta_W) * Z - 0.5 * N


def kernel_rows(Z, A, M, nuclei, sin2_theta_W) -> np.ndarray:
    """Nuclear mass, radius, and the prefactors of Eqs. (1) and (8) per keV, for `nuclei` target nuclei and one year."""
    Z, A, M = np.asarray(Z, float), np.asarray(A, float), np.asarray(M, float)
    per_keV = np.asarray(nuclei) * YEAR_S * 1e-3
    sm = G_F_PER_MEV2**2 * M / math.pi * weak_charge(Z, A - Z, sin2_theta_W) ** 2 * HBARC2_MEV2_CM2
    return np.ascontiguousarray(np.column_stack([M, R0_FM * np.cbrt(A), per_keV * sm, per_keV * DIPOLE_CM2 * Z**2]))


def _isotopes(inputs: Mapping) -> tuple[str, dict[str, np.ndarray]]:
    """The table of isotopes that the inputs name, and where it comes from."""
    if inputs["target_file"] is not None:
        path = inputs["target_file"]
    else:
        path = DATA / f"target_{inputs['target']}.csv"
        if not path.is_file():
            known = sorted(file.stem.removeprefix("target_") for file in DATA.glob("target_*.csv"))
            raise InputError(
                f"inputs.target: unknown target {inputs['target']}; "
                f"valid: {', '.join(known)}, or a csv as inputs.target_file"
            )
    table = read_csv(path, ["Z", "A", "mass_u", "fraction"], minimum={"Z": 1, "A": 1, "mass_u": 0.5, "fraction": 0})
    where = str(path) if inputs["target_file"] is not None else f"target {inputs['target']}"
    if np.any(table["Z"] > table["A"]) or np.any(np.abs(table["mass_u"] - table["A"]) > 0.01 * table["A"] + 0.1):
        raise InputError(
            f"{where}: Z, A and mass_u of an isotope do not belong together "
            "(mass_u is the atomic mass in u, close to A)"
        )
    return where, table


def load_target(inputs: Mapping) -> Target:
    """The target of `inputs`.

    Raises
    ------
    InputError
        For an unknown target, a malformed file, or an isotope mix that does not add up to 1 or names an isotope that
        the target does not have.
    """
    where, table = _isotopes(inputs)
    fraction = table["fraction"]
    if inputs["isotope_mix"]:
        where, mix = "inputs.isotope_mix", dict(inputs["isotope_mix"])
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
    nuclei = N_A * 1e6 / float(np.sum(fraction * mass)) * fraction
    M = nuclear_mass(Z, mass)
    return Target(Z, A, M, nuclei, kernel_rows(Z, A, M, nuclei, inputs["sin2_theta_W"]))
