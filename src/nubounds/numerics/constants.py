"""Constants of nature that more than one constraint uses; a constraint's own inputs stand in its folder.

One line each, with value, unit and source.  Kernels import none of this: values arrive as arguments.
"""

HBARC_MEV_FM = 197.3269804  # hbar c [MeV fm], CODATA 2018
HBAR_MEV_S = 6.582119569e-22  # hbar [MeV s], CODATA 2018
C_M_PER_S = 2.99792458e8  # speed of light [m/s], exact
G_F_PER_MEV2 = 1.1663787e-11  # Fermi constant [MeV^-2], PDG 2020
ALPHA = 1.0 / 137.035999084  # fine-structure constant, CODATA 2018
M_ELECTRON_MEV = 0.51099895  # electron mass [MeV], CODATA 2018
K_B_EV_PER_K = 8.617333262e-5  # Boltzmann constant [eV/K], CODATA 2018
YEAR_S = 3.15576e7  # Julian year [s]
