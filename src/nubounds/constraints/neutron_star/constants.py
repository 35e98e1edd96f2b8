"""The constants of nature that only this constraint uses."""

from nubounds.numerics import constants

G_F = constants.G_F_PER_MEV2 * 1e-12  # Fermi constant [eV^-2]
HBARC = constants.HBARC_MEV_FM * 1e-7  # hbar c [eV cm]
HBAR = constants.HBAR_MEV_S * 1e6  # hbar [eV s]
C_LIGHT = constants.C_M_PER_S * 100  # [cm/s]
K_B = constants.K_B_EV_PER_K  # [eV/K]
EV_PER_ERG = 624.150907446e9  # CODATA 2018
G_NEWTON = 6.67430e-8  # [cm^3 g^-1 s^-2], CODATA 2018
SIGMA_SB = 5.670374419e-5  # Stefan-Boltzmann constant [erg cm^-2 s^-1 K^-4], CODATA 2018
SOLAR_MASS = 2e33  # [g], the paper's value
M_NEUTRON, M_PROTON, M_ELECTRON = 0.93956542052e9, 0.93827208816e9, constants.M_ELECTRON_MEV * 1e6  # [eV], CODATA 2018
M_NEUTRON_G = 1.67492749804e-24  # [g], CODATA 2018
SIN2_THETA_W = 0.23122  # PDG 2020
AGE_OF_UNIVERSE = 13.8e9 * constants.YEAR_S  # [s], the paper's tau_U
