"""How far the tables of the thermal rates reach, and the ranges of the inputs that follow from it (light: no numpy)."""

LOG_MU = (-60.0, 45.0)  # ln(m/T) of the tables: any mediator of MEDIATOR_MEV at any temperature of an evolution
MEDIATOR_MEV = (1e-6, 1e10)
HOTTEST_MEV = 1e19  # no bath was hotter: tensor modes bound the reheating temperature by 7e15 GeV
Z_MAX = (1e-5, 1e9)  # end of the evolution: after the electroweak transition, before today (z = 4e9)
SHORTEST = 2.0  # ratio of the temperatures at the two ends: eight steps in ln z of the coarsest grid
LARGEST_RATE = 1e6  # y; opacities of the bath stay below 1e2
LARGEST_MIXING = 0.5  # sin^2 2theta
M4_KEV = (1e-3, 1e6)
