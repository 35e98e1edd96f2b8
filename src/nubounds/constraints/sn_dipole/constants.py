"""Numbers of nature and conversions of this constraint, in MeV, cm, s."""

from __future__ import annotations

from nubounds.numerics.constants import C_M_PER_S, HBAR_MEV_S, HBARC_MEV_FM

HBARC_MEV_CM = HBARC_MEV_FM * 1e-13  # hbar c [MeV cm]
C_CM_PER_S = C_M_PER_S * 1e2
C_KM_PER_S = C_M_PER_S * 1e-3
M_PROTON_MEV = 938.27208816  # proton mass [MeV], CODATA 2018
M_NEUTRON_MEV = 939.56542052  # neutron mass [MeV], CODATA 2018
ATOMIC_MASS_G = 1.66053907e-24  # atomic mass unit [g], CODATA 2018
SOLAR_MASS_G = 1.98847e33  # solar mass [g], IAU 2015 and G of CODATA 2018
KPC_CM = 3.0856775815e21  # kiloparsec [cm], IAU 2015
MPC_CM = 1e3 * KPC_CM
MEV_PER_ERG = 1.0 / 1.602176634e-6  # exact
AVOGADRO = 6.02214076e23  # [1/mol], exact
KILOTON_G = 1e9
DAY_S = 86400.0
PER_VOLUME_AND_TIME = 1.0 / (HBAR_MEV_S * HBARC_MEV_CM**3)  # MeV^4 to 1/(cm^3 s)
# choices that spectra of all kinds share
ENOUGH = 25.0  # they end at their usual energy, or so many temperatures above M (or mu_nu)
LIGHT_MEV = 0.5  # below, a screened rate is linear in M^2: to 3e-6 at 1 MeV, 1e-9 at 50
SMALLEST = 1e-300  # stands for nothing where one divides
STARS = 32  # what is worked out for the last stars is kept: a sampler may ask for any number of them
