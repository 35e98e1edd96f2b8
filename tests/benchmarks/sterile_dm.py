"""sterile-dm (Venumadhav, Cyr-Racine, Abazajian, Hirata 2016), run with the bath of ours: its tables and parameters.

The program is not part of this project; NUBOUNDS_STERILE_DM names its built executable.  Its tables of g* and of the
opacity are written from ours, on fine grids; those of what only a lepton
asymmetry needs hold constants, because the asymmetry is zero.
"""

import os
import subprocess

import numpy as np
from scipy.integrate import quad

from nubounds.constraints.dm_production import data, opacity
from nubounds.constraints.dm_production.medium import background
from nubounds.numerics.constants import G_F_PER_MEV2

PROGRAM = os.environ.get("NUBOUNDS_STERILE_DM", "")
T_MEV = (1e4, 10.0)  # where it begins and ends
T_NOW_K, KELVIN_IN_MEV, CRITICAL_DENSITY_MEV4 = 2.7255, 8.6173325e-11, 8.095921884e-35  # its numbers for today


def energy(ratio):
    """Energy density over T^4 of one degree of freedom of a fermion of mass m = ratio T."""
    value = quad(lambda p: p**2 * np.hypot(p, ratio) / (1 + np.exp(np.hypot(p, ratio))), 0, 60 + ratio, epsrel=1e-10)[0]
    return value / (2 * np.pi**2)


def write(path, *columns):
    np.savetxt(path, np.column_stack(columns), fmt="%.12e")


def write_tables(folder, choices):
    """Its input files, from our choices."""
    T = np.geomspace(0.5 * T_MEV[1], 2 * T_MEV[0], 400)
    around = background(-np.log(T), choices)
    g_rho = 90 / (8 * np.pi**3) * (around.hubble * around.stretch * data.M_PLANCK_MEV / T**2) ** 2
    write(folder / "g_star.dat", T, g_rho, around.g_s)
    ratio = np.append(0.0, np.geomspace(1e-3, 250, 200))
    write(folder / "energy.dat", ratio, [energy(each) for each in ratio])
    write(folder / "particles.dat", ratio, np.exp(-ratio))
    T = np.linspace(0.5 * T_MEV[1], 2 * T_MEV[0], 50)
    write(folder / "strong.dat", T, *np.ones((3, len(T))))
    write(folder / "asymmetry.dat", T, *np.zeros((8, len(T))))
    x, T = np.geomspace(1e-4, 60, 60), np.geomspace(0.9 * T_MEV[1], 1.1 * T_MEV[0], 80)
    y = np.array(np.broadcast_to(opacity.weak_rate(x[:, None], -np.log(T), choices), (len(x), len(T))))
    y /= G_F_PER_MEV2**2 * T**5
    temperatures = " ".join(f"{each:.8e}" for each in T)
    np.savetxt(
        folder / "rate.dat", np.column_stack([x, x[:, None] * y]), fmt="%.10e", header=f"p/T, rates\n{temperatures}"
    )


def omega_per_yield_and_MeV(choices):
    """As it goes from a yield at its end to Omega h^2: momenta fall with the temperature of the neutrinos."""
    g_s = float(background(-np.log(T_MEV[1:]), choices).g_s[0])
    return 2 * np.pi**2 / 45 * g_s * 4 / 11 * (T_NOW_K * KELVIN_IN_MEV) ** 3 / CRITICAL_DENSITY_MEV4


def run(folder, m4_MeV, s2):
    """Omega h^2 of both helicities, and how often it asked for the derivatives; tables lie in the folder."""
    files = {"gstarfile": "g_star", "pchifile": "particles", "EFfile": "energy", "chifile": "strong"}
    files |= {"ratefile_mu": "rate"} | {f"redistfile_{flavour}": "asymmetry" for flavour in ("e", "mu", "tau")}
    values = {key: f"{file}.dat" for key, file in files.items()}
    values |= {"omegadmh2": 0.12, "Tcmb": T_NOW_K, "qcdtemp": 178.0, "Tc": 178.000001}  # no gap in the table of rates
    values |= {"flavor": "mu", "ms": m4_MeV, "s2": s2, "leptasymi": "0.0D0"}
    (folder / "params.ini").write_text("".join(f"{key} = {value}\n" for key, value in values.items()))
    done = subprocess.run([PROGRAM, "params.ini"], cwd=folder, capture_output=True, text=True, check=True)
    calls = done.stdout.split("No. f-s =")[1].split()[0]
    (state,) = folder.glob("outfiles/*/state.dat")
    density = float(state.read_text().split()[-1])
    state.unlink()
    return density, int(calls)
